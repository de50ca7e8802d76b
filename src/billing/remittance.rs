//! Remittances: what a consumer pays its provider, and which bills that settles. Either enters it; it counts, and is in both
//! books, once its provider says that the money came.
//!
//! Invariants: of a remittance no more is put against bills than it came to, and against a bill no more than is owed on it
//! at that moment; nothing that was entered is changed: an advice is withdrawn, a payment that bounced is reversed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use diesel::prelude::*;
use diesel::sql_types::Uuid as SqlUuid;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::balance::{Balance, Which, balances, oldest_first};
use super::book::book_remittance;
use crate::agreements;
use crate::audit;
use crate::kernel::{Actor, AuthorityId, Pence, billing_date, new_id};
use crate::platform::schema::{allocation, document, remittance, remittance_entry};
use crate::platform::{Error, Result, Tx};

/// How far ahead a consumer may say when it pays, and how far back a payment may lie.
const AHEAD_DAYS: i32 = 31;
const BACK_DAYS: i32 = 400;

/// Who pays whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair {
    /// Who pays.
    pub consumer: AuthorityId,
    /// Who is paid.
    pub provider: AuthorityId,
}

/// A payment to be entered.
#[derive(Clone, Debug)]
pub struct NewRemittance {
    /// Who pays whom; the acting authority is one of them.
    pub pair: Pair,
    /// How much; nothing where bills are set off against each other, below nothing where the provider pays back.
    pub amount: Pence,
    /// On which day.
    pub paid_on: Date,
    /// What the bank statement says.
    pub reference: String,
    /// Which bills it pays, each with how much; none for the oldest first.
    pub allocations: Option<Vec<(Uuid, Pence)>>,
    /// Whether it is another payment than one of the same amount that the consumer has advised.
    pub is_another: bool,
}

/// A payment.
#[derive(Clone, Debug)]
pub struct Remittance {
    /// Its id.
    pub id: Uuid,
    /// Who pays whom.
    pub pair: Pair,
    /// How much.
    pub amount: Pence,
    /// On which day.
    pub paid_on: Date,
    /// What the bank statement says.
    pub reference: String,
    /// Who entered it.
    pub by: String,
    /// For whom.
    pub party: AuthorityId,
    /// When.
    pub at: Timestamp,
    /// What became of it, oldest first.
    pub entries: Vec<RemittanceEntry>,
    /// Which bills it pays.
    pub allocations: Vec<Allocation>,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its consumer says that it pays; its provider has not confirmed it.
    Advised,
    /// The money came.
    Received,
    /// Its consumer took the advice back.
    Withdrawn,
    /// It came and went back.
    Reversed,
    /// It did not come.
    Refused,
}

impl Stage {
    /// As shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Stage::Advised => "Advised",
            Stage::Received => "Received",
            Stage::Withdrawn => "Withdrawn",
            Stage::Reversed => "Reversed",
            Stage::Refused => "Did not come",
        }
    }
}

/// What became of a payment.
#[derive(Clone, Debug)]
pub struct RemittanceEntry {
    /// Into which stage it brought it.
    pub stage: Stage,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What of a payment goes to a bill.
#[derive(Clone, Debug)]
pub struct Allocation {
    /// The bill.
    pub document_id: Uuid,
    /// Its number.
    pub number: String,
    /// How much; less than nothing where what a bill gives back is used.
    pub amount: Pence,
}

impl Remittance {
    /// Where it stands.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let has = |stage| self.entries.iter().any(|entry| entry.stage == stage);
        [Stage::Withdrawn, Stage::Refused, Stage::Reversed, Stage::Received]
            .into_iter()
            .find(|s| has(*s))
            .unwrap_or(Stage::Advised)
    }

    /// What is not put against any bill yet.
    #[must_use]
    pub fn rest(&self) -> Pence {
        self.amount - self.allocations.iter().map(|part| part.amount).sum()
    }
}

/// Enters a payment: as its consumer an advice, as its provider money that came. Says its id.
///
/// # Errors
/// [`Error::NotFound`] if the acting authority neither pays nor is paid, or the two have no agreement; [`Error::Conflict`] if
/// the same payment was entered before or is advised, its day cannot be, or a bill is owed less than it is to get.
pub fn enter(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, new: &NewRemittance) -> Result<Uuid> {
    let (me, pair, today) = (tx.actor(), new.pair, billing_date(now));
    if (me != pair.consumer && me != pair.provider) || pair.consumer == pair.provider {
        return Err(Error::NotFound);
    }
    let latest = if me == pair.provider { today } else { today.saturating_add(AHEAD_DAYS.days()) };
    let earliest = today.saturating_sub(BACK_DAYS.days());
    if !(earliest..=latest).contains(&new.paid_on) {
        return Err(conflict("error-remittance-day"));
    }
    if new.amount > Pence::MOST || new.amount < -Pence::MOST || (new.amount.0 < 0 && me != pair.provider) {
        return Err(conflict("error-remittance-parts"));
    }
    if !agreements::are_partners(tx, pair.consumer, pair.provider)? {
        return Err(Error::NotFound);
    }
    let id = new_id(now);
    tx.turned(pair.consumer, |tx| {
        lock(tx, pair)?;
        if is_known(tx, new)? {
            return Err(conflict("error-remittance-twice"));
        }
        // The provider says of an advice that it came: entered besides, the same money would count twice.
        let is_advised = |paid: &Remittance| paid.pair == pair && paid.amount == new.amount;
        if me == pair.provider && !new.is_another && advised(tx)?.iter().any(is_advised) {
            return Err(conflict("error-remittance-advised"));
        }
        let open = open_between(tx, pair)?;
        let parts = new.allocations.clone().unwrap_or_else(|| oldest_first(&open, new.amount));
        // Nobody settles what is in dispute by setting it off, but whoever pays.
        let is_free = new.amount.0 != 0 || me == pair.consumer;
        fits(&open, &parts, new.amount.min(Pence(0))..=new.amount.max(Pence(0)), is_free)?;
        if new.amount.0 == 0 && parts.is_empty() {
            return Err(conflict("error-remittance-nothing"));
        }
        diesel::insert_into(remittance::table)
            .values((
                remittance::tenant_id.eq(pair.consumer),
                remittance::id.eq(id),
                remittance::provider_id.eq(pair.provider),
                remittance::amount_pence.eq(new.amount),
                remittance::paid_on.eq(new.paid_on.to_diesel()),
                remittance::reference.eq(&new.reference),
                remittance::by_name.eq(&by.name),
                remittance::at.eq(now.to_diesel()),
            ))
            .execute(tx.conn)?;
        put_parts(tx, now, by, (id, pair), &parts)?;
        record(tx, now, by, "remittance.enter", (id, &new.reference))
    })?;
    if me == pair.provider {
        receive(tx, now, by, id)?;
    }
    Ok(id)
}

/// Says, as whoever is paid, that the money came: it counts from here on, in both books.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it came before, was withdrawn, or its day is still to come.
pub fn receive(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid) -> Result<()> {
    let found = remittance(tx, id)?;
    if found.paid_on > billing_date(now) {
        return Err(conflict("error-remittance-day"));
    }
    decide(tx, now, by, (id, Stage::Received), "")
}

/// Takes an advice back, as whoever pays.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if the money came or it was withdrawn before.
pub fn withdraw(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, reason: &str) -> Result<()> {
    decide(tx, now, by, (id, Stage::Withdrawn), reason)
}

/// Says, as whoever is paid, that an advised payment did not come: the bills are open again.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it came or was withdrawn before.
pub fn refuse(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, reason: &str) -> Result<()> {
    decide(tx, now, by, (id, Stage::Refused), reason)
}

/// Says, as whoever is paid, that money which came went back or never came: the bills are owed again.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it had not come or was reversed before.
pub fn reverse(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, reason: &str) -> Result<()> {
    decide(tx, now, by, (id, Stage::Reversed), reason)
}

/// Puts what is left of a payment against bills, as either party.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it no longer counts, or there is not so much left of it or owed.
pub fn allocate(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, parts: &[(Uuid, Pence)]) -> Result<()> {
    let pair = remittance(tx, id)?.pair;
    tx.turned(pair.consumer, |tx| {
        lock(tx, pair)?;
        let found = remittance(tx, id)?;
        if !matches!(found.stage(), Stage::Advised | Stage::Received) {
            return Err(conflict("error-remittance-state"));
        }
        // What a bill gives back may be taken into the payment again, as far as the payment goes.
        let (rest, used) = (found.rest(), found.amount - found.rest());
        let within = if found.amount.0 < 0 { rest..=-used } else { -used..=rest };
        fits(&open_between(tx, pair)?, parts, within, tx.actor() == pair.consumer)?;
        put_parts(tx, now, by, (id, pair), parts)?;
        record(tx, now, by, "remittance.allocate", (id, &found.reference))
    })
}

fn decide(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, (id, to): (Uuid, Stage), reason: &str) -> Result<()> {
    let found = remittance(tx, id)?;
    let (whose, from, kind, action) = match to {
        Stage::Received => (found.pair.provider, Stage::Advised, "receive", "remittance.receive"),
        Stage::Refused => (found.pair.provider, Stage::Advised, "refuse", "remittance.refuse"),
        Stage::Reversed => (found.pair.provider, Stage::Received, "reverse", "remittance.reverse"),
        _ => (found.pair.consumer, Stage::Advised, "withdraw", "remittance.withdraw"),
    };
    if tx.actor() != whose {
        return Err(Error::NotFound);
    }
    tx.turned(found.pair.consumer, |tx| {
        lock(tx, found.pair)?;
        let found = remittance(tx, id)?;
        if found.stage() != from {
            return Err(conflict("error-remittance-state"));
        }
        diesel::insert_into(remittance_entry::table)
            .values((
                remittance_entry::tenant_id.eq(found.pair.consumer),
                remittance_entry::id.eq(new_id(now)),
                remittance_entry::remittance_id.eq(id),
                remittance_entry::provider_id.eq(found.pair.provider),
                remittance_entry::kind.eq(kind),
                remittance_entry::reason.eq(reason),
                remittance_entry::by_name.eq(&by.name),
                remittance_entry::at.eq(now.to_diesel()),
            ))
            .execute(tx.conn)?;
        record(tx, now, by, action, (id, &found.reference))?;
        if matches!(to, Stage::Withdrawn | Stage::Refused) {
            return Ok(());
        }
        book_remittance(tx, now, &found, to == Stage::Reversed)
    })
}

/// Whether a payment of the same day, reference and amount counts already.
fn is_known(tx: &mut Tx<'_>, new: &NewRemittance) -> Result<bool> {
    let same = remittance::table
        .filter(remittance::tenant_id.eq(new.pair.consumer))
        .filter(remittance::provider_id.eq(new.pair.provider))
        .filter(remittance::paid_on.eq(new.paid_on.to_diesel()))
        .filter(remittance::reference.eq(&new.reference))
        .filter(remittance::amount_pence.eq(new.amount))
        .select(Row::as_select())
        .load(tx.conn)?;
    let same = complete(tx, same)?;
    Ok(same.iter().any(|old| matches!(old.stage(), Stage::Advised | Stage::Received)))
}

/// The bills between two on which something may be paid, by the day they are due.
fn open_between(tx: &mut Tx<'_>, pair: Pair) -> Result<Vec<Balance>> {
    let other = if tx.actor() == pair.consumer { pair.provider } else { pair.consumer };
    let mut open = balances(tx, Which::OpenWith(other))?;
    open.retain(|balance| (balance.consumer, balance.provider) == (pair.consumer, pair.provider));
    Ok(open)
}

/// Whether these parts are of bills between the two, no more than is open on each, and together within these bounds.
/// `is_free` may pay what is in dispute.
fn fits(open: &[Balance], parts: &[(Uuid, Pence)], within: RangeInclusive<Pence>, is_free: bool) -> Result<()> {
    let mut sums: BTreeMap<Uuid, i128> = BTreeMap::new();
    for (id, part) in parts {
        *sums.entry(*id).or_default() += i128::from(part.0);
    }
    let is_owed = |(id, part): (&Uuid, &i128)| {
        let room = |b: &Balance| if is_free { b.open() } else { b.payable() };
        let owed = open.iter().find(|balance| balance.document_id == *id).map(|b| i128::from(room(b).0));
        owed.is_some_and(|owed| *part != 0 && part.signum() == owed.signum() && part.abs() <= owed.abs())
    };
    let total: i128 = sums.values().sum();
    if parts.iter().all(|(_, part)| part.0 != 0)
        && sums.iter().all(is_owed)
        && (i128::from(within.start().0)..=i128::from(within.end().0)).contains(&total)
    {
        return Ok(());
    }
    Err(conflict("error-remittance-parts"))
}

fn put_parts(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    (id, pair): (Uuid, Pair),
    parts: &[(Uuid, Pence)],
) -> Result<()> {
    let rows: Vec<_> = parts
        .iter()
        .map(|(document, part)| {
            (
                allocation::tenant_id.eq(pair.consumer),
                allocation::id.eq(new_id(now)),
                allocation::remittance_id.eq(id),
                allocation::document_id.eq(*document),
                allocation::provider_id.eq(pair.provider),
                allocation::amount_pence.eq(*part),
                allocation::by_name.eq(&by.name),
                allocation::at.eq(now.to_diesel()),
            )
        })
        .collect();
    diesel::insert_into(allocation::table).values(rows).execute(tx.conn)?;
    Ok(())
}

/// Payments between two are entered and decided one after the other.
fn lock(tx: &mut Tx<'_>, pair: Pair) -> Result<()> {
    tx.lock("billing.remittance", &[pair.consumer.0, pair.provider.0])
}

fn conflict(key: &str) -> Error {
    Error::Conflict(key.to_owned())
}

fn record(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, action: &'static str, (id, label): (Uuid, &str)) -> Result<()> {
    let entry = audit::Entry {
        action,
        subject_kind: "remittance",
        subject_id: id,
        subject_label: label,
        purpose: "bills between authorities are paid",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = remittance)]
struct Row {
    tenant_id: AuthorityId,
    id: Uuid,
    provider_id: AuthorityId,
    party_id: AuthorityId,
    amount_pence: Pence,
    paid_on: jiff_diesel::Date,
    reference: String,
    by_name: String,
    at: jiff_diesel::Timestamp,
}

/// A payment of the acting authority's, on either side.
///
/// # Errors
/// [`Error::NotFound`] for another's.
pub fn remittance(tx: &mut Tx<'_>, id: Uuid) -> Result<Remittance> {
    let me = tx.actor();
    let row = remittance::table
        .filter(remittance::tenant_id.eq(me).or(remittance::provider_id.eq(me)))
        .filter(remittance::id.eq(id))
        .select(Row::as_select())
        .first(tx.conn)?;
    complete(tx, vec![row])?.pop().ok_or(Error::NotFound)
}

/// The payments of the acting authority's, on either side, the newest day first, after a place in that list.
///
/// # Errors
/// The database's.
pub fn remittances(tx: &mut Tx<'_>, after: Option<(Date, Uuid)>, limit: i64) -> Result<Vec<Remittance>> {
    let me = tx.actor();
    let mut query = remittance::table
        .filter(remittance::tenant_id.eq(me).or(remittance::provider_id.eq(me)))
        .order((remittance::paid_on.desc(), remittance::id))
        .limit(limit)
        .select(Row::as_select())
        .into_boxed();
    if let Some((day, id)) = after {
        let day = day.to_diesel();
        query = query.filter(remittance::paid_on.lt(day).or(remittance::paid_on.eq(day).and(remittance::id.gt(id))));
    }
    let rows = query.load(tx.conn)?;
    complete(tx, rows)
}

/// The payments of the acting authority's, on either side, that were advised and have neither come nor been withdrawn.
///
/// # Errors
/// The database's.
pub fn advised(tx: &mut Tx<'_>) -> Result<Vec<Remittance>> {
    let me = tx.actor();
    let decided = remittance_entry::table
        .filter(remittance_entry::tenant_id.eq(remittance::tenant_id))
        .filter(remittance_entry::remittance_id.eq(remittance::id));
    let rows = remittance::table
        .filter(remittance::tenant_id.eq(me).or(remittance::provider_id.eq(me)))
        .filter(diesel::dsl::not(diesel::dsl::exists(decided)))
        .order((remittance::paid_on, remittance::id))
        .select(Row::as_select())
        .load(tx.conn)?;
    complete(tx, rows)
}

/// What is not put against any bill of the payments that came, between the acting authority and each other.
///
/// # Errors
/// The database's.
pub fn unused(tx: &mut Tx<'_>) -> Result<Vec<(Pair, Pence)>> {
    let rows: Vec<UnusedRow> = diesel::sql_query(
        "select r.tenant_id, r.provider_id, sum(r.amount_pence - coalesce((select sum(a.amount_pence) from allocation a \
           where a.tenant_id = r.tenant_id and a.remittance_id = r.id), 0))::bigint as rest \
         from remittance r where (r.tenant_id = $1 or r.provider_id = $1) \
           and exists (select from remittance_entry e where e.tenant_id = r.tenant_id and e.remittance_id = r.id \
             and e.kind = 'receive') \
           and not exists (select from remittance_entry e where e.tenant_id = r.tenant_id and e.remittance_id = r.id \
             and e.kind = 'reverse') \
         group by r.tenant_id, r.provider_id order by r.tenant_id, r.provider_id",
    )
    .bind::<SqlUuid, _>(tx.actor())
    .load(tx.conn)?;
    let pair = |row: UnusedRow| (Pair { consumer: row.tenant_id, provider: row.provider_id }, row.rest);
    Ok(rows.into_iter().map(pair).collect())
}

#[derive(QueryableByName)]
struct UnusedRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: AuthorityId,
    #[diesel(sql_type = SqlUuid)]
    provider_id: AuthorityId,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    rest: Pence,
}

/// The payments that put something against a bill, oldest first.
///
/// # Errors
/// The database's.
pub fn remittances_for(tx: &mut Tx<'_>, document_id: Uuid) -> Result<Vec<Remittance>> {
    let me = tx.actor();
    let ids: Vec<Uuid> = allocation::table
        .filter(allocation::tenant_id.eq(me).or(allocation::provider_id.eq(me)))
        .filter(allocation::document_id.eq(document_id))
        .select(allocation::remittance_id)
        .distinct()
        .load(tx.conn)?;
    let rows = remittance::table
        .filter(remittance::tenant_id.eq(me).or(remittance::provider_id.eq(me)))
        .filter(remittance::id.eq_any(ids))
        .order((remittance::paid_on, remittance::id))
        .select(Row::as_select())
        .load(tx.conn)?;
    complete(tx, rows)
}

fn complete(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Remittance>> {
    let me = tx.actor();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let entries: Vec<(Uuid, String, String, String, jiff_diesel::Timestamp)> = remittance_entry::table
        .filter(remittance_entry::tenant_id.eq(me).or(remittance_entry::provider_id.eq(me)))
        .filter(remittance_entry::remittance_id.eq_any(&ids))
        .order(remittance_entry::id)
        .select((
            remittance_entry::remittance_id,
            remittance_entry::kind,
            remittance_entry::reason,
            remittance_entry::by_name,
            remittance_entry::at,
        ))
        .load(tx.conn)?;
    let parts: Vec<(Uuid, Uuid, Option<String>, Pence)> = allocation::table
        .inner_join(
            document::table
                .on(document::tenant_id.eq(allocation::tenant_id).and(document::id.eq(allocation::document_id))),
        )
        .filter(allocation::tenant_id.eq(me).or(allocation::provider_id.eq(me)))
        .filter(allocation::remittance_id.eq_any(&ids))
        .order(allocation::id)
        .select((allocation::remittance_id, allocation::document_id, document::number_text, allocation::amount_pence))
        .load(tx.conn)?;
    let of = |row: Row| Remittance {
        id: row.id,
        pair: Pair { consumer: row.tenant_id, provider: row.provider_id },
        amount: row.amount_pence,
        paid_on: row.paid_on.into(),
        reference: row.reference,
        by: row.by_name,
        party: row.party_id,
        at: row.at.into(),
        entries: Vec::new(),
        allocations: Vec::new(),
    };
    let mut all: Vec<Remittance> = rows.into_iter().map(of).collect();
    for (of, kind, reason, by, at) in entries {
        let stage = match kind.as_str() {
            "receive" => Stage::Received,
            "reverse" => Stage::Reversed,
            "refuse" => Stage::Refused,
            _ => Stage::Withdrawn,
        };
        if let Some(found) = all.iter_mut().find(|r| r.id == of) {
            found.entries.push(RemittanceEntry { stage, reason, by, at: at.into() });
        }
    }
    for (of, document_id, number, amount) in parts {
        if let Some(found) = all.iter_mut().find(|r| r.id == of) {
            found.allocations.push(Allocation { document_id, number: number.unwrap_or_default(), amount });
        }
    }
    Ok(all)
}
