//! `/commercial/shares/{agreement}`: a financial year of a cost share: who has which share, what is planned, charged and really
//! spent. Every member reads the same; the lead enters the outturn.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::fields::{Fault, LONGEST, fault, fault_of, pounds};
use crate::agreements::{self, Agreement, Kind};
use crate::billing::{self, Entered, NewOutturn, Outturn, Pool, PooledCost, Settled, SharedYear, year_label};
use crate::identity::{Role, Staff};
use crate::kernel::time::{financial_year, long_moment};
use crate::kernel::{Language, Month, Pence, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};

/// Rows beyond the planned ones in which more may be written.
const MORE_ROWS: usize = 3;
/// The most that is written of one cost.
const WHAT: usize = 200;

#[derive(Template)]
#[template(path = "commercial/share.html")]
struct SharePage {
    p: Frame,
    agreement: Agreement,
    lead: String,
    year: i16,
    years: Vec<i16>,
    rows: Vec<Row>,
    costs: Vec<(String, PooledCost)>,
    whole: Pence,
    /// Each with its costs, by whom.
    entered: Vec<(Entered, Vec<(String, PooledCost)>)>,
    /// What each owes by the outturn that counts, or by the one that is being tried.
    settled: Vec<Row>,
    is_tried: bool,
    may_enter: bool,
    /// The year's last month, where it is not over.
    runs_until: Option<Month>,
    typed: Typed,
    members: Vec<(String, String)>,
    counts_use: bool,
    faults: Vec<Fault>,
}

impl SharePage {
    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }

    fn is_shown(&self, year: &i16) -> bool {
        *year == self.year
    }
}

/// A member, as shown.
struct Row {
    name: String,
    is_here: bool,
    weight: String,
    share: Pence,
    borne: Pence,
    /// What it is to pay in the year; below nothing, to get.
    to_pay: Pence,
    charged: Pence,
}

/// What was typed of an outturn.
#[derive(Clone, Default)]
struct Typed {
    rows: Vec<TypedRow>,
    used: BTreeMap<String, String>,
    because: String,
}

impl Typed {
    fn used(&self, party: &str) -> &str {
        self.used.get(party).map(String::as_str).unwrap_or_default()
    }
}

#[derive(Clone, Default)]
struct TypedRow {
    what: String,
    by: String,
    amount: String,
}

/// Which year an address asks about.
#[derive(Deserialize)]
pub(super) struct Asked {
    year: Option<i16>,
}

struct Read {
    agreement: Agreement,
    year: SharedYear,
}

fn read(tx: &mut Tx<'_>, id: Uuid, year: i16) -> Result<Read> {
    let agreement = agreements::read(tx, id)?;
    if agreement.kind != Kind::CostShare {
        return Err(Error::NotFound);
    }
    Ok(Read { year: billing::shared_year(tx, &agreement, year)?, agreement })
}

/// `GET /commercial/shares/{agreement}`
pub(super) async fn page(visit: Visit, id: Path<Uuid>, asked: Query<Asked>) -> Result<HttpResponse> {
    let (id, year) = (*id, asked.year.unwrap_or(financial_year(billing_date(visit.now))));
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, id, year)).await?;
    show(&visit, &me, found, year, None, Vec::new())
}

/// `POST /commercial/shares/{agreement}`: what a year came to, tried or entered, as the lead.
pub(super) async fn outturn(form: Posted, id: Path<Uuid>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let id = *id;
    // Without a year nothing is found, as with another's id.
    let year: i16 = form.get("year").parse().unwrap_or_default();
    let is_entered = form.get("act") == "enter";
    let rows = (0..).map_while(|n| {
        let what = form.fields().iter().find(|(name, _)| *name == format!("what{n}"))?.1.trim().to_owned();
        let field = |name: &str| form.get(&format!("{name}{n}")).trim().to_owned();
        Some(TypedRow { what, by: field("by"), amount: field("amount") })
    });
    let used = form.fields().iter().filter_map(|(name, value)| {
        name.strip_prefix("used-").map(|party| (party.to_owned(), value.trim().to_owned()))
    });
    let typed =
        Typed { rows: rows.take(50).collect(), used: used.collect(), because: form.get("because").trim().to_owned() };
    let (here, now, again) = (visit.here.clone(), visit.now, typed.clone());
    let (me, refused) = visit
        .staff(&[Role::Preparer], move |tx, me| {
            let mut found = read(tx, id, year)?;
            let pool =
                found.year.pool.clone().filter(|_| found.agreement.provider == here.id).ok_or(Error::NotFound)?;
            let outturn = match parse(&typed, &pool, year, !found.year.entered.is_empty()) {
                Ok(outturn) => outturn,
                Err(faults) => return Ok(Some((found, faults))),
            };
            if !is_entered {
                found.year.settled = billing::settle(tx, &found.agreement, &outturn)?;
                return Ok(Some((found, Vec::new())));
            }
            let new = NewOutturn { agreement_id: id, outturn, because: typed.because };
            billing::enter_outturn(tx, now, &me.actor(&here.name), &new)?;
            Ok(None)
        })
        .await?;
    match refused {
        None => visit.see_other(&format!("/commercial/shares/{id}?year={year}#outturn")),
        Some((found, faults)) => show(visit, &me, found, year, Some(again), faults),
    }
}

/// Reads what was typed, or says by field what is wrong with it.
fn parse(typed: &Typed, pool: &Pool, year: i16, is_again: bool) -> std::result::Result<Outturn, Vec<Fault>> {
    let t = Texts::of(Language::En);
    let (mut costs, mut used, mut faults) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (n, row) in typed.rows.iter().enumerate().filter(|(_, row)| !row.what.is_empty() || !row.amount.is_empty()) {
        if row.what.is_empty() || row.what.chars().count() > WHAT {
            faults.push(fault(&format!("what{n}"), t, "outturn-what", &[]));
        }
        if !pool.members.iter().any(|member| member.party == row.by) {
            faults.push(fault(&format!("by{n}"), t, "outturn-by", &[]));
        }
        match pounds(&row.amount).filter(|amount| amount.0 >= 0) {
            Some(amount) => {
                costs.push(PooledCost { description: row.what.clone(), borne_by: row.by.clone(), amount });
            }
            None => faults.push(fault(&format!("amount{n}"), t, "outturn-amount", &[])),
        }
    }
    if costs.is_empty() && faults.is_empty() {
        faults.push(fault("what0", t, "outturn-nothing", &[]));
    }
    for member in pool.members.iter().filter(|_| pool.basis.counts_use()) {
        match typed.used(&member.party).replace(',', "").parse::<u64>() {
            Ok(count) if count <= 1_000_000_000 => {
                used.insert(member.party.clone(), count);
            }
            _ => faults.push(fault(&format!("used-{}", member.party), t, "outturn-used", &[])),
        }
    }
    if pool.basis.counts_use() && faults.is_empty() && used.values().all(|count| *count == 0) {
        faults.push(fault(&format!("used-{}", pool.members[0].party), t, "outturn-unused", &[]));
    }
    if is_again && (typed.because.is_empty() || typed.because.chars().count() > LONGEST) {
        faults.push(fault("because", t, "outturn-because", &[]));
    }
    if faults.is_empty() { Ok(Outturn { year, costs, used }) } else { Err(faults) }
}

fn show(
    visit: &Visit,
    me: &Staff,
    Read { agreement, year: found }: Read,
    year: i16,
    typed: Option<Typed>,
    faults: Vec<Fault>,
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (directory, here) = (visit.site.directory.get(), &visit.here);
    let name = |slug: &str| directory.by_slug(slug).map_or_else(|| slug.to_owned(), |council| council.name.clone());
    let named = |costs: &[PooledCost]| costs.iter().map(|cost| (name(&cost.borne_by), cost.clone())).collect();
    let row = |one: &Settled, is_real: bool| {
        let of = if is_real { one.really } else { one.charged };
        Row {
            name: name(&one.party),
            is_here: one.party == here.slug,
            weight: one.weight.clone(),
            share: of.share,
            borne: of.borne,
            to_pay: of.to_pay(),
            charged: if is_real {
                one.charged.to_pay()
            } else {
                found.charged.get(&one.party).copied().unwrap_or_default()
            },
        }
    };
    let binds = agreement.binds();
    let years = binds.map(|days| {
        let last = days.until.yesterday().unwrap_or(days.until);
        (financial_year(days.from)..=financial_year(last)).take(50).collect()
    });
    let pool = found.pool.as_ref();
    let last = billing::last_month(&agreement, year);
    let is_over = last.is_some_and(|month| billing_date(visit.now) >= month.until());
    let is_tried = typed.is_some() && faults.is_empty();
    let plain = |cost: &PooledCost| TypedRow {
        what: cost.description.clone(),
        by: cost.borne_by.clone(),
        amount: cost.amount.plain(),
    };
    let begun = || {
        let last = found.entered.last().map(|one| &one.outturn);
        let costs = last.map_or_else(|| pool.map(|pool| &pool.costs), |outturn| Some(&outturn.costs));
        let used = last.map(|outturn| outturn.used.iter().map(|(party, n)| (party.clone(), n.to_string())).collect());
        let mut rows: Vec<TypedRow> = costs.into_iter().flatten().map(plain).collect();
        rows.extend(std::iter::repeat_n(TypedRow::default(), MORE_ROWS));
        Typed { rows, used: used.unwrap_or_default(), because: String::new() }
    };
    let page = SharePage {
        p: visit.staff_frame(Area::Commercial, me),
        lead: directory.name(agreement.provider).to_owned(),
        year,
        years: years.unwrap_or_default(),
        rows: found.planned.iter().map(|one| row(one, false)).collect(),
        costs: named(pool.map(|pool| pool.costs.as_slice()).unwrap_or_default()),
        whole: pool.map(Pool::budget).unwrap_or_default(),
        settled: found.settled.iter().map(|one| row(one, true)).collect(),
        entered: found.entered.iter().rev().map(|one| (one.clone(), named(&one.outturn.costs))).collect(),
        is_tried,
        may_enter: is_over && agreement.provider == here.id && me.has(&[Role::Preparer]),
        runs_until: last.filter(|_| !is_over),
        typed: typed.unwrap_or_else(begun),
        members: pool.iter().flat_map(|pool| &pool.members).map(|m| (m.party.clone(), name(&m.party))).collect(),
        counts_use: pool.is_some_and(|pool| pool.basis.counts_use()),
        faults,
        agreement,
    };
    visit.html(status, &page)
}
