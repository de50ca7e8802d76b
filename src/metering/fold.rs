//! The folder: pending rows become numbered batches and daily sums, in one transaction of the system's.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Text, Uuid as SqlUuid};
use diesel::upsert::excluded;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::digest::EventDigest;
use crate::kernel::{AuthorityId, Pence, Quantity};
use crate::platform::schema::{usage_cursor, usage_day, usage_fold, usage_item, usage_pending};
use crate::platform::{Db, Result, execute_prepared, load_prepared};

/// How many events one transaction takes: its statements stay well below the protocol's 65,535 parameters.
const AT_ONCE: i64 = 5_000;

/// Folds everything that one tenant's acts have left pending, and says how many events that was.
///
/// # Errors
/// The database's.
pub fn fold(db: &Db, tenant: AuthorityId) -> Result<i64> {
    let mut folded = 0;
    loop {
        let some = db.system("metering.fold", |conn| batch(conn, tenant))?;
        folded += some;
        if some < AT_ONCE {
            return Ok(folded);
        }
    }
}

/// Folds what any tenant's acts have left pending. Which tenants that is, is one question, because a worker asks it every
/// other second; a tenant whose fold fails does not keep the others waiting.
///
/// # Errors
/// The database's; of several tenants' the first.
pub fn fold_all(db: &Db) -> Result<()> {
    let pending: Vec<AuthorityId> = db.system("metering.pending", |conn| {
        Ok(usage_pending::table.select(usage_pending::tenant_id).distinct().load(conn)?)
    })?;
    let mut first = Ok(());
    for tenant in pending {
        first = first.and(fold(db, tenant).map(drop));
    }
    first
}

/// Folds what one tenant's acts have left pending, and closes the batches of these agreements: what is folded after that is
/// in no bill that was cut before.
///
/// # Errors
/// The database's.
pub fn close(db: &Db, tenant: AuthorityId, agreements: &[Uuid]) -> Result<()> {
    fold(db, tenant)?;
    db.system("metering.close", |conn| {
        diesel::update(usage_cursor::table)
            .filter(usage_cursor::tenant_id.eq(tenant))
            .filter(usage_cursor::agreement_id.eq_any(agreements))
            .filter(usage_cursor::closed_batch.lt(usage_cursor::last_batch))
            .set(usage_cursor::closed_batch.eq(usage_cursor::last_batch))
            .execute(conn)?;
        Ok(())
    })
}

#[derive(QueryableByName)]
struct Pending {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    provider_id: AuthorityId,
    #[diesel(sql_type = SqlUuid)]
    agreement_id: Uuid,
    #[diesel(sql_type = Text)]
    service: String,
    #[diesel(sql_type = Text)]
    meter: String,
    #[diesel(sql_type = BigInt)]
    quantity: Quantity,
    #[diesel(sql_type = BigInt)]
    value_pence: Pence,
    #[diesel(sql_type = SqlDate, deserialize_as = jiff_diesel::Date)]
    billing_date: Date,
}

fn batch(conn: &mut PgConnection, tenant: AuthorityId) -> Result<i64> {
    // One folder per tenant at a time: a bill's run that folds first must not overtake a folder that has taken rows but
    // not committed, or it would close a batch that lacks them.
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('metering.fold ' || $1::text, 0))")
        .bind::<SqlUuid, _>(tenant)
        .execute(conn)?;
    let taken = diesel::sql_query(
        "delete from usage_pending where tenant_id = $1 \
           and event_id in (select event_id from usage_pending where tenant_id = $1 order by event_id limit $2) \
         returning event_id, provider_id, agreement_id, service, meter, quantity, value_pence, billing_date",
    );
    let pending: Vec<Pending> = load_prepared(conn, taken.bind::<SqlUuid, _>(tenant).bind::<BigInt, _>(AT_ONCE))?;
    if pending.is_empty() {
        return Ok(0);
    }
    let open = open_batches(conn, tenant, &pending)?;
    let folded: Vec<_> = pending
        .iter()
        .map(|event| {
            (
                usage_fold::tenant_id.eq(tenant),
                usage_fold::event_id.eq(event.event_id),
                usage_fold::agreement_id.eq(event.agreement_id),
                usage_fold::provider_id.eq(event.provider_id),
                usage_fold::batch.eq(open[&event.agreement_id]),
            )
        })
        .collect();
    execute_prepared(conn, diesel::insert_into(usage_fold::table).values(folded))?;
    add_to_days(conn, tenant, &pending, &open)?;
    add_to_items(conn, tenant, &pending, &open)?;
    Ok(i64::try_from(pending.len()).unwrap_or(AT_ONCE))
}

/// The open batch of each agreement, begun where the last was closed, and kept open until this transaction ends.
fn open_batches(conn: &mut PgConnection, tenant: AuthorityId, events: &[Pending]) -> Result<BTreeMap<Uuid, i64>> {
    let parties: BTreeMap<Uuid, AuthorityId> =
        events.iter().map(|event| (event.agreement_id, event.provider_id)).collect();
    let rows: Vec<_> = parties
        .into_iter()
        .map(|(agreement, provider)| {
            (
                usage_cursor::tenant_id.eq(tenant),
                usage_cursor::agreement_id.eq(agreement),
                usage_cursor::provider_id.eq(provider),
                usage_cursor::last_batch.eq(1),
            )
        })
        .collect();
    let open: Vec<(Uuid, i64)> = diesel::insert_into(usage_cursor::table)
        .values(rows)
        .on_conflict((usage_cursor::tenant_id, usage_cursor::agreement_id))
        .do_update()
        .set(usage_cursor::last_batch.eq(usage_cursor::closed_batch + 1))
        .returning((usage_cursor::agreement_id, usage_cursor::last_batch))
        .get_results(conn)?;
    Ok(open.into_iter().collect())
}

/// What of one agreement's day: its service and meter.
type Place<'a> = (Uuid, Date, &'a str, &'a str);

impl Pending {
    fn place(&self) -> Place<'_> {
        (self.agreement_id, self.billing_date, &self.service, &self.meter)
    }
}

/// The same, as the database says it.
type KnownPlace = (Uuid, Date, String, String);

/// What is added to a day.
struct Sum {
    provider: AuthorityId,
    quantity: Quantity,
    value: Pence,
    events: i64,
    digest: EventDigest,
}

fn add_to_days(
    conn: &mut PgConnection,
    tenant: AuthorityId,
    events: &[Pending],
    open: &BTreeMap<Uuid, i64>,
) -> Result<()> {
    let mut days: BTreeMap<Place<'_>, Sum> = BTreeMap::new();
    for event in events {
        let day = days.entry(event.place()).or_insert_with(|| Sum {
            provider: event.provider_id,
            quantity: Quantity(0),
            value: Pence(0),
            events: 0,
            digest: EventDigest::NONE,
        });
        day.quantity += event.quantity;
        day.value += event.value_pence;
        day.events += 1;
        day.digest += EventDigest::of(event.event_id);
    }
    // No others add to a tenant's days meanwhile, and a digest is added up here.
    let mut known = digests(conn, tenant, &days, open)?;
    for ((agreement, date, service, meter), day) in &mut days {
        if let Some(digest) = known.remove(&(*agreement, *date, (*service).to_owned(), (*meter).to_owned())) {
            day.digest += EventDigest::try_from(digest).map_err(anyhow::Error::msg)?;
        }
    }
    let rows: Vec<_> = days
        .into_iter()
        .map(|((agreement, date, service, meter), day)| {
            (
                usage_day::tenant_id.eq(tenant),
                usage_day::agreement_id.eq(agreement),
                usage_day::provider_id.eq(day.provider),
                usage_day::billing_date.eq(date.to_diesel()),
                usage_day::service.eq(service),
                usage_day::meter.eq(meter),
                usage_day::batch.eq(open[&agreement]),
                usage_day::quantity.eq(day.quantity),
                usage_day::value_pence.eq(day.value),
                usage_day::events.eq(day.events),
                usage_day::digest.eq(day.digest.to_bytes()),
            )
        })
        .collect();
    diesel::insert_into(usage_day::table)
        .values(rows)
        .on_conflict((
            usage_day::tenant_id,
            usage_day::agreement_id,
            usage_day::billing_date,
            usage_day::service,
            usage_day::meter,
            usage_day::batch,
        ))
        .do_update()
        .set((
            usage_day::quantity.eq(usage_day::quantity + excluded(usage_day::quantity)),
            usage_day::value_pence.eq(usage_day::value_pence + excluded(usage_day::value_pence)),
            usage_day::events.eq(usage_day::events + excluded(usage_day::events)),
            usage_day::digest.eq(excluded(usage_day::digest)),
        ))
        .execute(conn)?;
    Ok(())
}

/// The digests that the open batches have already of these days, and of some between them.
fn digests(
    conn: &mut PgConnection,
    tenant: AuthorityId,
    days: &BTreeMap<Place<'_>, Sum>,
    open: &BTreeMap<Uuid, i64>,
) -> Result<HashMap<KnownPlace, Vec<u8>>> {
    type Known = (Uuid, jiff_diesel::Date, String, String, i64, Vec<u8>);
    let dates: BTreeSet<Date> = days.keys().map(|(_, date, ..)| *date).collect();
    let known: Vec<Known> = usage_day::table
        .filter(usage_day::tenant_id.eq(tenant))
        .filter(usage_day::agreement_id.eq_any(open.keys().copied().collect::<Vec<Uuid>>()))
        .filter(usage_day::billing_date.eq_any(dates.into_iter().map(ToDiesel::to_diesel).collect::<Vec<_>>()))
        .select((
            usage_day::agreement_id,
            usage_day::billing_date,
            usage_day::service,
            usage_day::meter,
            usage_day::batch,
            usage_day::digest,
        ))
        .load(conn)?;
    let in_open = |(agreement, .., batch, _): &Known| open.get(agreement) == Some(batch);
    let keyed =
        |(agreement, date, service, meter, _, digest): Known| ((agreement, date.into(), service, meter), digest);
    Ok(known.into_iter().filter(in_open).map(keyed).collect())
}

fn add_to_items(
    conn: &mut PgConnection,
    tenant: AuthorityId,
    events: &[Pending],
    open: &BTreeMap<Uuid, i64>,
) -> Result<()> {
    let mut items: BTreeMap<(Place<'_>, i64), (AuthorityId, i64)> = BTreeMap::new();
    for event in events.iter().filter(|event| event.value_pence != Pence(0)) {
        let of_value = items.entry((event.place(), event.value_pence.0.abs())).or_insert((event.provider_id, 0));
        of_value.1 += event.value_pence.0.signum();
    }
    if items.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = items
        .into_iter()
        .map(|(((agreement, date, service, meter), value), (provider, items))| {
            (
                usage_item::tenant_id.eq(tenant),
                usage_item::agreement_id.eq(agreement),
                usage_item::provider_id.eq(provider),
                usage_item::billing_date.eq(date.to_diesel()),
                usage_item::service.eq(service),
                usage_item::meter.eq(meter),
                usage_item::batch.eq(open[&agreement]),
                usage_item::value_pence.eq(value),
                usage_item::items.eq(items),
            )
        })
        .collect();
    diesel::insert_into(usage_item::table)
        .values(rows)
        .on_conflict((
            usage_item::tenant_id,
            usage_item::agreement_id,
            usage_item::billing_date,
            usage_item::service,
            usage_item::meter,
            usage_item::batch,
            usage_item::value_pence,
        ))
        .do_update()
        .set(usage_item::items.eq(usage_item::items + excluded(usage_item::items)))
        .execute(conn)?;
    Ok(())
}
