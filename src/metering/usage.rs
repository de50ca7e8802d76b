//! Reading single events, as either party: both get the same rows.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Bool, Date as SqlDate, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::rollup::Reach;
use crate::kernel::Quantity;
use crate::platform::schema::usage_event;
use crate::platform::{Result, Tx};

/// Which events to list: those of one line of a bill.
#[derive(Clone, Debug)]
pub struct EventFilter<'a> {
    /// Of what was counted.
    pub reach: Reach,
    /// Slug of the service.
    pub service: &'a str,
    /// What was counted.
    pub meter: &'a str,
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
    where e.tenant_id = $1 and e.agreement_id = $2 and e.billing_date >= $3 and e.billing_date < $4 \
      and f.batch > $5 and f.batch <= $6 and e.service = $7 and e.meter = $8 ";

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
    let after = after.unwrap_or(Position { date: filter.reach.from, id: Uuid::nil() });
    let sql = format!("{EVENTS} and (e.billing_date, e.id) > ($9, $10) order by e.billing_date, e.id limit $11");
    Ok(filter
        .bound(&sql)
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
        .bound(&sql)
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
    fn bound<'q>(&self, sql: &str) -> BoxedSqlQuery<'q, Pg, SqlQuery> {
        self.reach.bound(sql).bind::<Text, _>(self.service.to_owned()).bind::<Text, _>(self.meter.to_owned())
    }
}
