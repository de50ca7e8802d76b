//! Reading usage, as either party: both get the same rows.

use std::collections::HashMap;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Bool, Date as SqlDate, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use crate::kernel::{AuthorityId, Pence, Quantity};
use crate::platform::schema::{usage_cursor, usage_day, usage_event};
use crate::platform::{Result, Tx};

/// What was counted on one day.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = usage_day)]
pub struct Day {
    /// Under which agreement.
    pub agreement_id: Uuid,
    /// Which day.
    #[diesel(deserialize_as = jiff_diesel::Date)]
    pub billing_date: Date,
    /// Slug of the service.
    pub service: String,
    /// What was counted.
    pub meter: String,
    /// How much, reversals taken off.
    pub quantity: Quantity,
    /// What passed, reversals taken off.
    #[diesel(column_name = value_pence)]
    pub value: Pence,
    /// In how many events, reversals among them.
    pub events: i64,
}

/// The daily sums of days from `from` until before `until`, under every agreement that the acting authority is party to.
///
/// # Errors
/// The database's.
pub fn days(tx: &mut Tx<'_>, from: Date, until: Date) -> Result<Vec<Day>> {
    let me = tx.actor();
    let all = usage_day::table
        .filter(usage_day::tenant_id.eq(me).or(usage_day::provider_id.eq(me)))
        .filter(usage_day::billing_date.ge(from.to_diesel()))
        .filter(usage_day::billing_date.lt(until.to_diesel()))
        .order((usage_day::agreement_id, usage_day::billing_date, usage_day::service, usage_day::meter))
        .select(Day::as_select());
    Ok(all.load(tx.conn)?)
}

/// Those of one agreement.
///
/// # Errors
/// The database's.
pub fn days_of(tx: &mut Tx<'_>, consumer: AuthorityId, agreement: Uuid, from: Date, until: Date) -> Result<Vec<Day>> {
    let of_it = usage_day::table
        .filter(usage_day::tenant_id.eq(consumer))
        .filter(usage_day::agreement_id.eq(agreement))
        .filter(usage_day::billing_date.ge(from.to_diesel()))
        .filter(usage_day::billing_date.lt(until.to_diesel()))
        .order((usage_day::billing_date, usage_day::service, usage_day::meter))
        .select(Day::as_select());
    Ok(of_it.load(tx.conn)?)
}

/// The number of an agreement's newest batch; 0 before the first.
///
/// # Errors
/// The database's.
pub fn last_batch(tx: &mut Tx<'_>, consumer: AuthorityId, agreement: Uuid) -> Result<i64> {
    let last =
        usage_cursor::table.find((consumer, agreement)).select(usage_cursor::last_batch).first(tx.conn).optional()?;
    Ok(last.unwrap_or(0))
}

/// The first day on which anything was used under each of these agreements, given with their consumers; those under which
/// nothing ever was are left out.
///
/// # Errors
/// The database's.
pub fn first_uses(tx: &mut Tx<'_>, agreements: &[(AuthorityId, Uuid)]) -> Result<HashMap<Uuid, Date>> {
    let (consumers, ids): (Vec<AuthorityId>, Vec<Uuid>) = agreements.iter().copied().unzip();
    let rows: Vec<(Uuid, Option<jiff_diesel::Date>)> = usage_day::table
        .filter(usage_day::tenant_id.eq_any(consumers))
        .filter(usage_day::agreement_id.eq_any(ids))
        .group_by(usage_day::agreement_id)
        .select((usage_day::agreement_id, diesel::dsl::min(usage_day::billing_date)))
        .load(tx.conn)?;
    Ok(rows.into_iter().filter_map(|(id, first)| Some((id, first?.into()))).collect())
}

/// A range of an agreement's batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    /// Those with a higher number than this,
    pub after: i64,
    /// and at most this.
    pub through: i64,
}

/// One event as a bill counts it.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Counted {
    /// The event.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The day it counts for.
    #[diesel(sql_type = SqlDate, deserialize_as = jiff_diesel::Date)]
    pub billing_date: Date,
    /// Slug of the service.
    #[diesel(sql_type = Text)]
    pub service: String,
    /// What was counted.
    #[diesel(sql_type = Text)]
    pub meter: String,
    /// How much; negative for a reversal.
    #[diesel(sql_type = BigInt)]
    pub quantity: Quantity,
    /// What passed; negative for a reversal.
    #[diesel(sql_type = BigInt)]
    pub value: Pence,
}

/// Every event of an agreement that counts for days from `from` until before `until` and was folded in `batches`, by id.
///
/// # Errors
/// The database's.
pub fn counted(
    tx: &mut Tx<'_>,
    consumer: AuthorityId,
    agreement: Uuid,
    from: Date,
    until: Date,
    batches: Batches,
) -> Result<Vec<Counted>> {
    Ok(diesel::sql_query(
        "select e.id, e.billing_date, e.service, e.meter, e.quantity, e.value_pence as value from usage_event e \
         join usage_fold f on f.tenant_id = e.tenant_id and f.event_id = e.id \
         where e.tenant_id = $1 and f.tenant_id = $1 and e.agreement_id = $2 and f.agreement_id = $2 \
           and e.billing_date >= $3 and e.billing_date < $4 and f.batch > $5 and f.batch <= $6 order by e.id",
    )
    .bind::<SqlUuid, _>(consumer)
    .bind::<SqlUuid, _>(agreement)
    .bind::<SqlDate, _>(from.to_diesel())
    .bind::<SqlDate, _>(until.to_diesel())
    .bind::<BigInt, _>(batches.after)
    .bind::<BigInt, _>(batches.through)
    .load(tx.conn)?)
}

/// Which events to list: those of one line of a bill.
#[derive(Clone, Debug)]
pub struct EventFilter<'a> {
    /// The authority provided for.
    pub consumer: AuthorityId,
    /// Under which agreement.
    pub agreement: Uuid,
    /// Slug of the service.
    pub service: &'a str,
    /// What was counted.
    pub meter: &'a str,
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
    /// Folded in these.
    pub batches: Batches,
}

/// Where in a list of events one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The day.
    pub date: Date,
    /// The event.
    pub id: Uuid,
}

/// One event, for people.
#[derive(Clone, Debug, QueryableByName)]
pub struct UsageEvent {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The case's reference.
    #[diesel(sql_type = Text)]
    pub reference: String,
    /// The case, for whoever may see it.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
    /// When it happened.
    #[diesel(sql_type = Timestamptz, deserialize_as = jiff_diesel::Timestamp)]
    pub occurred_at: Timestamp,
    /// The day it counts for.
    #[diesel(sql_type = SqlDate, deserialize_as = jiff_diesel::Date)]
    pub billing_date: Date,
    /// How much; negative for a reversal.
    #[diesel(sql_type = BigInt)]
    pub quantity: Quantity,
    /// The event that it takes back.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub reversal_of: Option<Uuid>,
    /// Why it does.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// Of a sensitive service: of when it happened only the month is shown, and its reference is no case's.
    #[diesel(sql_type = Bool)]
    pub is_private: bool,
    /// Why it was itself taken back, if it was.
    #[diesel(sql_type = Nullable<Text>)]
    pub reversed_because: Option<String>,
}

impl UsageEvent {
    /// Where it stands in the list.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { date: self.billing_date, id: self.id }
    }
}

const EVENTS: &str = "\
    select e.id, e.reference, e.subject_id, e.occurred_at, e.billing_date, e.quantity, e.reversal_of, e.reason, e.is_private, \
      r.reason as reversed_because \
    from usage_event e \
    join usage_fold f on f.tenant_id = e.tenant_id and f.event_id = e.id \
    left join usage_event r on r.tenant_id = e.tenant_id and r.reversal_of = e.id \
    where e.tenant_id = $1 and e.agreement_id = $2 and e.service = $3 and e.meter = $4 \
      and e.billing_date >= $5 and e.billing_date < $6 and f.batch > $7 and f.batch <= $8 ";

/// A page of events by day, after a position.
///
/// # Errors
/// The database's.
pub fn events(
    tx: &mut Tx<'_>,
    filter: &EventFilter<'_>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<UsageEvent>> {
    let after = after.unwrap_or(Position { date: filter.from, id: Uuid::nil() });
    let sql = format!("{EVENTS} and (e.billing_date, e.id) > ($9, $10) order by e.billing_date, e.id limit $11");
    Ok(filter
        .bound(diesel::sql_query(sql).into_boxed())
        .bind::<SqlDate, _>(after.date.to_diesel())
        .bind::<SqlUuid, _>(after.id)
        .bind::<BigInt, _>(limit)
        .load(tx.conn)?)
}

/// The events of a filter that have one of these references or ids, by day.
///
/// # Errors
/// The database's.
pub fn some_events(
    tx: &mut Tx<'_>,
    filter: &EventFilter<'_>,
    references: &[String],
    ids: &[Uuid],
) -> Result<Vec<UsageEvent>> {
    let sql = format!("{EVENTS} and (e.reference = any($9) or e.id = any($10)) order by e.billing_date, e.id");
    Ok(filter
        .bound(diesel::sql_query(sql).into_boxed())
        .bind::<Array<Text>, _>(references.to_vec())
        .bind::<Array<SqlUuid>, _>(ids.to_vec())
        .load(tx.conn)?)
}

/// What these events of the acting authority's as the consumer were counted for: the cases.
///
/// # Errors
/// The database's.
pub fn subjects_of(tx: &mut Tx<'_>, events: &[Uuid]) -> Result<Vec<Uuid>> {
    let some = usage_event::table.filter(usage_event::tenant_id.eq(tx.actor())).filter(usage_event::id.eq_any(events));
    Ok(some.select(usage_event::subject_id).distinct().load(tx.conn)?)
}

impl EventFilter<'_> {
    fn bound<'q>(&self, query: BoxedSqlQuery<'q, Pg, SqlQuery>) -> BoxedSqlQuery<'q, Pg, SqlQuery> {
        query
            .bind::<SqlUuid, _>(self.consumer)
            .bind::<SqlUuid, _>(self.agreement)
            .bind::<Text, _>(self.service.to_owned())
            .bind::<Text, _>(self.meter.to_owned())
            .bind::<SqlDate, _>(self.from.to_diesel())
            .bind::<SqlDate, _>(self.until.to_diesel())
            .bind::<BigInt, _>(self.batches.after)
            .bind::<BigInt, _>(self.batches.through)
    }
}
