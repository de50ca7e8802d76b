//! The table `outturn`: what members of a cost share spent in a financial year. The lead enters it for all of them at once, so
//! that each reads the same; one that was wrong is entered again with the reason, and the later one counts.

use std::collections::BTreeMap;

use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::document::{BilledLine, DocumentFilter, SharedCosts, SharedRow, documents, snapshots};
use super::model::Part;
use super::pool::{Contribution, Outturn, Pool, Settled, pool_of, settled, total, year_label};
use super::run::provided;
use super::tariffs::tariffs_of;
use crate::agreements::{self, Agreement, Kind};
use crate::audit;
use crate::kernel::time::financial_year;
use crate::kernel::{Actor, Month, Pence, billing_date, new_id};
use crate::platform::schema::outturn;
use crate::platform::{Error, Result, Tx};
use crate::tenancy;

/// An outturn, as entered.
#[derive(Clone, Debug)]
pub struct Entered {
    /// What it says.
    pub outturn: Outturn,
    /// 1 for the first of its year.
    pub seq: i32,
    /// Why it was entered again; empty of the first.
    pub because: String,
    /// Who entered it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outturn)]
struct Row {
    year: i32,
    seq: i32,
    costs: serde_json::Value,
    used: serde_json::Value,
    because: String,
    by_name: String,
    at: jiff_diesel::Timestamp,
}

/// Every outturn of an agreement, by year, the one that counts last.
///
/// # Errors
/// The database's.
pub fn outturns(tx: &mut Tx<'_>, agreement: &Agreement) -> Result<Vec<Entered>> {
    if agreement.kind != Kind::CostShare {
        return Ok(Vec::new());
    }
    let rows = outturn::table
        .filter(outturn::tenant_id.eq(agreement.consumer))
        .filter(outturn::agreement_id.eq(agreement.id))
        .order((outturn::year, outturn::seq))
        .select(Row::as_select())
        .load(tx.conn)?;
    let whole = |row: Row| {
        Ok(Entered {
            outturn: Outturn {
                year: i16::try_from(row.year).map_err(anyhow::Error::from)?,
                costs: serde_json::from_value(row.costs).map_err(anyhow::Error::from)?,
                used: serde_json::from_value(row.used).map_err(anyhow::Error::from)?,
            },
            seq: row.seq,
            because: row.because,
            by: row.by_name,
            at: row.at.into(),
        })
    };
    rows.into_iter().map(whole).collect()
}

/// What was known of each year before a moment.
pub(super) fn known(entered: Vec<Entered>, as_of: Timestamp) -> Vec<Outturn> {
    let mut known: BTreeMap<i16, Outturn> = BTreeMap::new();
    for one in entered.into_iter().filter(|one| one.at < as_of) {
        known.insert(one.outturn.year, one.outturn);
    }
    known.into_values().collect()
}

/// The pool of an agreement in a month, as its consumer is billed for it.
///
/// # Errors
/// The database's.
pub fn pool_in(tx: &mut Tx<'_>, agreement: &Agreement, month: Month) -> Result<Option<Pool>> {
    Ok(pool_of(&tariffs_of(tx, agreement.id)?, month).cloned())
}

/// The agreements that a month is billed under together: of a cost share those of every member but the lead, of any other the
/// agreement alone. In the month, or in the last one before it that the agreement was bound in.
///
/// # Errors
/// [`Error::Conflict`] if a member has not signed the same terms: a pool is shared by all or by none.
pub(super) fn together(tx: &mut Tx<'_>, agreement: &Agreement, month: Month) -> Result<Vec<Agreement>> {
    if agreement.kind != Kind::CostShare {
        return Ok(vec![agreement.clone()]);
    }
    let unsigned = || Error::Conflict("error-share-unsigned".to_owned());
    let binds = agreement.binds().ok_or_else(unsigned)?;
    let last = Month::of(binds.until.yesterday().unwrap_or(binds.until));
    let month = month.min(last);
    let shared = pool_in(tx, agreement, month)?.ok_or_else(unsigned)?;
    let mut all = agreements::list(tx)?;
    all.retain(|other| {
        let binds_then = other.binds().is_some_and(|days| days.holds(month.first()));
        (other.provider, &other.reference, other.kind) == (agreement.provider, &agreement.reference, Kind::CostShare)
            && binds_then
    });
    let mut payers: Vec<String> = Vec::new();
    for other in &all {
        let pool = pool_in(tx, other, month)?.filter(|pool| pool.is_same_pool(&shared)).ok_or_else(unsigned)?;
        payers.push(pool.payer);
    }
    let unbilled = shared.members.iter().filter(|member| !payers.contains(&member.party)).count();
    // The lead pays nobody.
    if unbilled == 1 { Ok(all) } else { Err(unsigned()) }
}

/// What is to be entered of a year.
#[derive(Clone, Debug)]
pub struct NewOutturn {
    /// Under which member's agreement it was written; it is entered under all.
    pub agreement_id: Uuid,
    /// What was spent, and what each used.
    pub outturn: Outturn,
    /// Why, where there was one.
    pub because: String,
}

/// Enters what was spent in a year, for every member, as the lead.
///
/// # Errors
/// [`Error::NotFound`] for anybody but the lead; [`Error::Conflict`] if the year is not over, somebody has not signed, or the
/// last one says the same; [`Error::Malformed`] for what the page would not have sent.
pub fn enter_outturn(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, new: &NewOutturn) -> Result<()> {
    let agreement = provided(tx, new.agreement_id)?;
    if agreement.kind != Kind::CostShare {
        return Err(Error::NotFound);
    }
    let year = new.outturn.year;
    let last = last_month(&agreement, year).ok_or(Error::Malformed("no year of the agreement"))?;
    if billing_date(now) < last.until() {
        return Err(Error::Conflict("error-outturn-early".to_owned()));
    }
    let pool = pool_in(tx, &agreement, last)?.ok_or(Error::Malformed("no pool"))?;
    let is_member = |party: &String| pool.members.iter().any(|member| member.party == *party);
    let all_used = pool.members.iter().all(|member| new.outturn.used.contains_key(&member.party));
    if new.outturn.costs.is_empty()
        || !new.outturn.costs.iter().all(|cost| is_member(&cost.borne_by) && cost.amount.0 >= 0)
        || pool.basis.counts_use() != all_used
    {
        return Err(Error::Malformed("no such outturn"));
    }
    let partners = together(tx, &agreement, last)?;
    let costs = serde_json::to_value(&new.outturn.costs).map_err(anyhow::Error::from)?;
    let used = serde_json::to_value(&new.outturn.used).map_err(anyhow::Error::from)?;
    let ids: Vec<Uuid> = partners.iter().map(|partner| partner.id).collect();
    tx.lock("billing.outturn", &ids)?;
    for partner in &partners {
        let before = outturns(tx, partner)?.into_iter().rfind(|one| one.outturn.year == year);
        if before.as_ref().is_some_and(|one| one.outturn == new.outturn) {
            return Err(Error::Conflict("error-outturn-same".to_owned()));
        }
        let seq = before.map_or(1, |one| one.seq + 1);
        tx.turned(partner.consumer, |tx| {
            let id = new_id(now);
            diesel::insert_into(outturn::table)
                .values((
                    outturn::tenant_id.eq(partner.consumer),
                    outturn::id.eq(id),
                    outturn::provider_id.eq(partner.provider),
                    outturn::party_id.eq(partner.provider),
                    outturn::agreement_id.eq(partner.id),
                    outturn::year.eq(i32::from(year)),
                    outturn::seq.eq(seq),
                    outturn::costs.eq(&costs),
                    outturn::used.eq(&used),
                    outturn::total_pence.eq(total(&new.outturn.costs)),
                    outturn::because.eq(if seq == 1 { "" } else { new.because.as_str() }),
                    outturn::by_name.eq(&by.name),
                    outturn::at.eq(now.to_diesel()),
                ))
                .execute(tx.conn)?;
            let entry = audit::Entry {
                action: "outturn.enter",
                subject_kind: "agreement",
                subject_id: partner.id,
                subject_label: &format!("{} {}", partner.reference, year_label(year)),
                purpose: "what was spent together in a year",
                handler: None,
            };
            audit::record(tx, now, by, &entry)
        })?;
    }
    Ok(())
}

/// The last month of a financial year that an agreement binds in.
#[must_use]
pub fn last_month(agreement: &Agreement, year: i16) -> Option<Month> {
    let binds = agreement.binds()?;
    let (first, after) = (Date::new(year, 4, 1).ok()?, Date::new(year + 1, 4, 1).ok()?);
    let (from, until) = (binds.from.max(first), binds.until.min(after));
    (from < until).then(|| Month::of(until.yesterday().unwrap_or(until)))
}

/// What is printed of what members share, on each of their bills for a month alike: the month's costs, and each year's whose
/// outturn is on it.
///
/// # Errors
/// The database's.
pub(super) fn shared_costs(
    tx: &mut Tx<'_>,
    agreement: &Agreement,
    (month, as_of): (Month, Timestamp),
    lines: &[BilledLine],
) -> Result<Vec<SharedCosts>> {
    let Some(binds) = agreement.binds().filter(|_| agreement.kind == Kind::CostShare) else { return Ok(Vec::new()) };
    let tariffs = tariffs_of(tx, agreement.id)?;
    let directory = tenancy::load(tx.conn)?;
    let name = |slug: &str| directory.by_slug(slug).map_or_else(|| slug.to_owned(), |council| council.name.clone());
    let mut printed = Vec::new();
    if let Some(pool) = pool_of(&tariffs, month).filter(|_| binds.holds(month.first())) {
        let row = |(at, part): (usize, Contribution)| {
            let party = pool.members.get(at).map(|member| member.party.clone()).unwrap_or_default();
            let Contribution { share, borne, .. } = part;
            SharedRow { name: name(&party), party, weight: pool.words(at), share, borne, charged: Pence(0) }
        };
        let all = pool.in_month(month)?;
        let whole = all.first().map(|one| one.whole).unwrap_or_default();
        printed.push(SharedCosts { year: None, whole, members: all.into_iter().enumerate().map(row).collect() });
    }
    for outturn in known(outturns(tx, agreement)?, as_of) {
        let is_on_it = |billed: &BilledLine| {
            billed.line.charge.part == Part::Outturn && financial_year(billed.line.from) == outturn.year
        };
        if !lines.iter().any(is_on_it) {
            continue;
        }
        let row = |one: Settled| SharedRow {
            name: name(&one.party),
            party: one.party,
            weight: one.weight,
            share: one.really.share,
            borne: one.really.borne,
            charged: one.charged.to_pay(),
        };
        let members = settled(&tariffs, binds, &outturn)?.into_iter().map(row).collect();
        printed.push(SharedCosts { year: Some(outturn.year), whole: total(&outturn.costs), members });
    }
    Ok(printed)
}

/// How a financial year of a cost share stands.
#[derive(Clone, Debug, Default)]
pub struct SharedYear {
    /// The pool of its last month.
    pub pool: Option<Pool>,
    /// What its months charge each member with in all, in the members' order.
    pub planned: Vec<Settled>,
    /// What issued bills have charged each with until now, the lead with what is left: below nothing, it got that.
    pub charged: BTreeMap<String, Pence>,
    /// What was entered of it, the one that counts last.
    pub entered: Vec<Entered>,
    /// What each owes by that one.
    pub settled: Vec<Settled>,
}

/// How a financial year stands, as either party of a member's agreement reads it.
///
/// # Errors
/// The database's.
pub fn shared_year(tx: &mut Tx<'_>, agreement: &Agreement, year: i16) -> Result<SharedYear> {
    let (Some(binds), Some(last)) = (agreement.binds(), last_month(agreement, year)) else {
        return Ok(SharedYear::default());
    };
    let tariffs = tariffs_of(tx, agreement.id)?;
    let pool = pool_of(&tariffs, last).cloned();
    let mut entered = outturns(tx, agreement)?;
    entered.retain(|one| one.outturn.year == year);
    let plan = Outturn { year, costs: Vec::new(), used: BTreeMap::new() };
    let settled_by = |outturn: &Outturn| settled(&tariffs, binds, outturn);
    let filter = DocumentFilter { agreement: Some(agreement.id), limit: MOST_BILLS, ..DocumentFilter::default() };
    let bills: Vec<Uuid> = documents(tx, filter)?.iter().filter(|b| b.number.is_some()).map(|b| b.id).collect();
    let mut charged: BTreeMap<String, Pence> = BTreeMap::new();
    for (_, bill) in snapshots(tx, &bills)? {
        let is_of_year = |part: &&SharedCosts| part.year.unwrap_or(financial_year(bill.period_from)) == year;
        for row in bill.shared.iter().filter(is_of_year).flat_map(|part| &part.members) {
            *charged.entry(row.party.clone()).or_default() += row.to_pay();
        }
    }
    Ok(SharedYear {
        pool,
        planned: settled_by(&plan)?,
        charged,
        settled: entered.last().map(|one| settled_by(&one.outturn)).transpose()?.unwrap_or_default(),
        entered,
    })
}

/// What an outturn would come to for each member, before it is entered.
///
/// # Errors
/// The database's.
pub fn settle(tx: &mut Tx<'_>, agreement: &Agreement, outturn: &Outturn) -> Result<Vec<Settled>> {
    let Some(binds) = agreement.binds() else { return Ok(Vec::new()) };
    Ok(settled(&tariffs_of(tx, agreement.id)?, binds, outturn)?)
}

/// More than one agreement has in the years that a page shows.
const MOST_BILLS: i64 = 60;
