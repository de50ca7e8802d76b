//! Reading what was counted, day by day: all that rating and a bill need, without any event.

use std::collections::HashMap;

use diesel::dsl::{min, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Date as SqlDate, Text, Uuid as SqlUuid};
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::digest::EventDigest;
use crate::kernel::{AuthorityId, Pence, Quantity};
use crate::platform::schema::{usage_cursor, usage_day, usage_item};
use crate::platform::{Result, Tx};

/// What was counted on one day.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
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
    pub value: Pence,
    /// In how many events, reversals among them.
    pub events: i64,
}

/// The daily sums of days from `from` until before `until`, under those of these agreements, each with its consumer, that
/// the acting authority is party to.
///
/// # Errors
/// The database's.
pub fn days(tx: &mut Tx<'_>, of: &[(AuthorityId, Uuid)], from: Date, until: Date) -> Result<Vec<Day>> {
    let (mut consumers, ids): (Vec<AuthorityId>, Vec<Uuid>) = of.iter().copied().unzip();
    consumers.sort_unstable();
    consumers.dedup();
    let (agreement, date) = (usage_day::agreement_id, usage_day::billing_date);
    let all = usage_day::table
        .filter(usage_day::tenant_id.eq_any(consumers))
        .filter(agreement.eq_any(ids))
        .filter(date.ge(from.to_diesel()))
        .filter(date.lt(until.to_diesel()))
        .group_by((agreement, date, usage_day::service, usage_day::meter))
        .order((agreement, date, usage_day::service, usage_day::meter))
        .select((
            agreement,
            date,
            usage_day::service,
            usage_day::meter,
            sql::<BigInt>("sum(quantity)::bigint"),
            sql::<BigInt>("sum(value_pence)::bigint"),
            sql::<BigInt>("sum(events)::bigint"),
        ));
    Ok(all.load(tx.conn)?)
}

/// The number of the last batch of an agreement's that was closed; 0 before the first.
///
/// # Errors
/// The database's.
pub fn closed_batch(tx: &mut Tx<'_>, consumer: AuthorityId, agreement: Uuid) -> Result<i64> {
    let closed =
        usage_cursor::table.find((consumer, agreement)).select(usage_cursor::closed_batch).first(tx.conn).optional()?;
    Ok(closed.unwrap_or(0))
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
        .select((usage_day::agreement_id, min(usage_day::billing_date)))
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

impl Batches {
    /// All that there are.
    pub const ALL: Batches = Batches { after: 0, through: i64::MAX };
}

/// A stretch of what was counted under one agreement.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// The authority provided for.
    pub consumer: AuthorityId,
    /// Under which agreement.
    pub agreement: Uuid,
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
    /// Folded in these.
    pub batches: Batches,
}

impl Reach {
    /// A statement whose first six parameters are its own.
    pub(super) fn bound<'q>(&self, sql: &str) -> BoxedSqlQuery<'q, Pg, SqlQuery> {
        diesel::sql_query(sql)
            .into_boxed()
            .bind::<SqlUuid, _>(self.consumer)
            .bind::<SqlUuid, _>(self.agreement)
            .bind::<SqlDate, _>(self.from.to_diesel())
            .bind::<SqlDate, _>(self.until.to_diesel())
            .bind::<BigInt, _>(self.batches.after)
            .bind::<BigInt, _>(self.batches.through)
    }
}

/// What a batch holds of one day, service and meter.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = usage_day)]
pub struct Counted {
    /// The day it counts for.
    #[diesel(deserialize_as = jiff_diesel::Date)]
    pub billing_date: Date,
    /// Slug of the service.
    pub service: String,
    /// What was counted.
    pub meter: String,
    /// In which batch.
    pub batch: i64,
    /// How much, reversals taken off.
    pub quantity: Quantity,
    /// What passed, reversals taken off.
    #[diesel(column_name = value_pence)]
    pub value: Pence,
    /// In how many events, reversals among them.
    pub events: i64,
    /// Which events.
    #[diesel(deserialize_as = Vec<u8>)]
    pub digest: EventDigest,
}

/// Of what a batch holds of one day, service and meter: the items of one value.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = usage_item)]
pub struct Items {
    /// The day they count for.
    #[diesel(sql_type = SqlDate, deserialize_as = jiff_diesel::Date)]
    pub billing_date: Date,
    /// Slug of the service.
    pub service: String,
    /// What was counted.
    pub meter: String,
    /// In which batch.
    pub batch: i64,
    /// What passed in each.
    #[diesel(column_name = value_pence)]
    pub value: Pence,
    /// How many, less those taken back.
    pub items: i64,
}

/// Where what was counted is taken from: the rollup says what its events say, which `moothall verify` proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The rollup, as every bill is made.
    Rollup,
    /// The events, one by one.
    Events,
}

/// What was counted, by day, service, meter and batch.
///
/// # Errors
/// The database's.
pub fn counted(tx: &mut Tx<'_>, reach: &Reach, source: Source) -> Result<Vec<Counted>> {
    if source == Source::Events {
        return recounted(tx, reach);
    }
    let rows = usage_day::table
        .filter(usage_day::tenant_id.eq(reach.consumer))
        .filter(usage_day::agreement_id.eq(reach.agreement))
        .filter(usage_day::billing_date.ge(reach.from.to_diesel()))
        .filter(usage_day::billing_date.lt(reach.until.to_diesel()))
        .filter(usage_day::batch.gt(reach.batches.after))
        .filter(usage_day::batch.le(reach.batches.through))
        .order((usage_day::billing_date, usage_day::service, usage_day::meter, usage_day::batch))
        .select(Counted::as_select());
    Ok(rows.load(tx.conn)?)
}

/// What passed in single items, where anything did, by day, service, meter, batch and value.
///
/// # Errors
/// The database's.
pub fn items(tx: &mut Tx<'_>, reach: &Reach, source: Source) -> Result<Vec<Items>> {
    if source == Source::Events {
        return Ok(reach.bound(EVENT_ITEMS).load(tx.conn)?);
    }
    let rows = usage_item::table
        .filter(usage_item::tenant_id.eq(reach.consumer))
        .filter(usage_item::agreement_id.eq(reach.agreement))
        .filter(usage_item::billing_date.ge(reach.from.to_diesel()))
        .filter(usage_item::billing_date.lt(reach.until.to_diesel()))
        .filter(usage_item::batch.gt(reach.batches.after))
        .filter(usage_item::batch.le(reach.batches.through))
        .order((
            usage_item::billing_date,
            usage_item::service,
            usage_item::meter,
            usage_item::batch,
            usage_item::value_pence,
        ))
        .select(Items::as_select());
    Ok(rows.load(tx.conn)?)
}

#[derive(QueryableByName)]
struct Recounted {
    #[diesel(sql_type = SqlDate, deserialize_as = jiff_diesel::Date)]
    billing_date: Date,
    #[diesel(sql_type = Text)]
    service: String,
    #[diesel(sql_type = Text)]
    meter: String,
    #[diesel(sql_type = BigInt)]
    batch: i64,
    #[diesel(sql_type = BigInt)]
    quantity: Quantity,
    #[diesel(sql_type = BigInt)]
    value: Pence,
    #[diesel(sql_type = Array<SqlUuid>)]
    ids: Vec<Uuid>,
}

fn recounted(tx: &mut Tx<'_>, reach: &Reach) -> Result<Vec<Counted>> {
    let rows: Vec<Recounted> = reach.bound(EVENT_DAYS).load(tx.conn)?;
    let counted = |row: Recounted| Counted {
        billing_date: row.billing_date,
        service: row.service,
        meter: row.meter,
        batch: row.batch,
        quantity: row.quantity,
        value: row.value,
        events: i64::try_from(row.ids.len()).unwrap_or(i64::MAX),
        digest: row.ids.into_iter().map(EventDigest::of).sum(),
    };
    Ok(rows.into_iter().map(counted).collect())
}

const EVENT_DAYS: &str = "\
    select e.billing_date, e.service, e.meter, f.batch, sum(e.quantity)::bigint as quantity, \
      sum(e.value_pence)::bigint as value, array_agg(e.id) as ids \
    from usage_event e join usage_fold f on f.tenant_id = e.tenant_id and f.event_id = e.id \
    where e.tenant_id = $1 and f.tenant_id = $1 and e.agreement_id = $2 and f.agreement_id = $2 \
      and e.billing_date >= $3 and e.billing_date < $4 and f.batch > $5 and f.batch <= $6 \
    group by 1, 2, 3, 4 order by 1, 2, 3, 4";

const EVENT_ITEMS: &str = "\
    select e.billing_date, e.service, e.meter, f.batch, abs(e.value_pence) as value_pence, \
      sum(sign(e.value_pence))::bigint as items \
    from usage_event e join usage_fold f on f.tenant_id = e.tenant_id and f.event_id = e.id \
    where e.tenant_id = $1 and f.tenant_id = $1 and e.agreement_id = $2 and f.agreement_id = $2 \
      and e.billing_date >= $3 and e.billing_date < $4 and f.batch > $5 and f.batch <= $6 and e.value_pence <> 0 \
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5";
