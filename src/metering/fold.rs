//! The folder: pending rows become numbered batches and daily sums, in one transaction of the system's.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel::upsert::excluded;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use crate::kernel::{AuthorityId, Pence, Quantity};
use crate::platform::schema::{usage_cursor, usage_day, usage_fold, usage_pending};
use crate::platform::{Db, Result};

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
    #[diesel(sql_type = diesel::sql_types::Date)]
    billing_date: jiff_diesel::Date,
}

fn batch(conn: &mut PgConnection, tenant: AuthorityId) -> Result<i64> {
    // One folder per tenant at a time: a bill's run that folds first must not overtake a folder that has taken rows but
    // not committed, or it would pin a batch that lacks them.
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('metering.fold ' || $1::text, 0))")
        .bind::<SqlUuid, _>(tenant)
        .execute(conn)?;
    let pending: Vec<Pending> = diesel::sql_query(
        "delete from usage_pending where tenant_id = $1 \
           and event_id in (select event_id from usage_pending where tenant_id = $1 order by event_id limit $2) \
         returning event_id, provider_id, agreement_id, service, meter, quantity, value_pence, billing_date",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<BigInt, _>(AT_ONCE)
    .load(conn)?;
    let mut by_agreement: BTreeMap<(Uuid, AuthorityId), Vec<&Pending>> = BTreeMap::new();
    for event in &pending {
        by_agreement.entry((event.agreement_id, event.provider_id)).or_default().push(event);
    }
    for ((agreement, provider), events) in by_agreement {
        let batch: i64 = diesel::insert_into(usage_cursor::table)
            .values((
                usage_cursor::tenant_id.eq(tenant),
                usage_cursor::agreement_id.eq(agreement),
                usage_cursor::provider_id.eq(provider),
                usage_cursor::last_batch.eq(1),
            ))
            .on_conflict((usage_cursor::tenant_id, usage_cursor::agreement_id))
            .do_update()
            .set(usage_cursor::last_batch.eq(usage_cursor::last_batch + 1))
            .returning(usage_cursor::last_batch)
            .get_result(conn)?;
        let folded: Vec<_> = events
            .iter()
            .map(|event| {
                (
                    usage_fold::tenant_id.eq(tenant),
                    usage_fold::event_id.eq(event.event_id),
                    usage_fold::agreement_id.eq(agreement),
                    usage_fold::provider_id.eq(provider),
                    usage_fold::batch.eq(batch),
                )
            })
            .collect();
        diesel::insert_into(usage_fold::table).values(folded).execute(conn)?;
        add_to_days(conn, tenant, agreement, provider, &events)?;
    }
    Ok(i64::try_from(pending.len()).unwrap_or(AT_ONCE))
}

fn add_to_days(
    conn: &mut PgConnection,
    tenant: AuthorityId,
    agreement: Uuid,
    provider: AuthorityId,
    events: &[&Pending],
) -> Result<()> {
    let mut days: BTreeMap<(Date, &str, &str), (Quantity, Pence, i64)> = BTreeMap::new();
    for event in events {
        let day = days.entry((event.billing_date.into(), &event.service, &event.meter)).or_default();
        day.0 += event.quantity;
        day.1 += event.value_pence;
        day.2 += 1;
    }
    let rows: Vec<_> = days
        .into_iter()
        .map(|((date, service, meter), (quantity, value, count))| {
            (
                usage_day::tenant_id.eq(tenant),
                usage_day::agreement_id.eq(agreement),
                usage_day::provider_id.eq(provider),
                usage_day::billing_date.eq(date.to_diesel()),
                usage_day::service.eq(service.to_owned()),
                usage_day::meter.eq(meter.to_owned()),
                usage_day::quantity.eq(quantity),
                usage_day::value_pence.eq(value),
                usage_day::events.eq(count),
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
        ))
        .do_update()
        .set((
            usage_day::quantity.eq(usage_day::quantity + excluded(usage_day::quantity)),
            usage_day::value_pence.eq(usage_day::value_pence + excluded(usage_day::value_pence)),
            usage_day::events.eq(usage_day::events + excluded(usage_day::events)),
        ))
        .execute(conn)?;
    Ok(())
}
