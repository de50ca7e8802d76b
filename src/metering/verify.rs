//! Metering's invariants, for `moothall verify`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use jiff::civil::Date;
use uuid::Uuid;

use super::rollup::{Batches, Counted, Reach, Source, counted, items};
use crate::kernel::AuthorityId;
use crate::platform::schema::{usage_day, usage_event, usage_fold, usage_pending};
use crate::platform::verify::Check;
use crate::platform::{Db, Result, Scope, Tx};

#[derive(QueryableByName)]
struct Breach {
    #[diesel(sql_type = Text)]
    what: String,
}

/// Checks the usage of every authority that is provided for.
///
/// # Errors
/// The database's.
pub fn verify(db: &Db, consumers: &[AuthorityId]) -> Result<Vec<Check>> {
    let mut sums = Check::new("daily sums equal a full recount of their events");
    let mut folds = Check::new("every usage event is in a batch or waits for one");
    let mut reversals = Check::new("every reversal takes back one event exactly");
    for consumer in consumers {
        let pending_before = pending(db, *consumer)?;
        let (events, unfolded) = db.scoped(Scope::own(*consumer), |tx| {
            for agreement in agreements_of(tx, *consumer)? {
                recount(tx, *consumer, agreement, &mut sums)?;
            }
            let reversing = usage_event::table.filter(usage_event::tenant_id.eq(consumer));
            reversals.checked +=
                reversing.filter(usage_event::reversal_of.is_not_null()).count().get_result::<i64>(tx.conn)?;
            reversals.breaches.extend(run(tx.conn, REVERSALS, *consumer)?);
            let folded = usage_fold::table
                .filter(usage_fold::tenant_id.eq(usage_event::tenant_id))
                .filter(usage_fold::event_id.eq(usage_event::id));
            let unfolded: Vec<Uuid> = usage_event::table
                .filter(usage_event::tenant_id.eq(consumer))
                .filter(diesel::dsl::not(diesel::dsl::exists(folded)))
                .select(usage_event::id)
                .load(tx.conn)?;
            let events: i64 = reversing.count().get_result(tx.conn)?;
            Ok((events, unfolded.into_iter().collect::<HashSet<_>>()))
        })?;
        // The server may be at work: what was pending before or is now, waits; what was throughout, must be unfolded.
        let pending_after = pending(db, *consumer)?;
        folds.checked += events;
        let lost = unfolded.iter().filter(|id| !pending_before.contains(id) && !pending_after.contains(id));
        folds
            .breaches
            .extend(lost.map(|id| format!("event {id} of {consumer} is in no batch and does not wait for one")));
        let stray = pending_before.intersection(&pending_after).filter(|id| !unfolded.contains(id));
        folds
            .breaches
            .extend(stray.map(|id| format!("event {id} of {consumer} waits, but is in a batch or does not exist")));
    }
    Ok(vec![sums, folds, reversals])
}

fn pending(db: &Db, tenant: AuthorityId) -> Result<HashSet<Uuid>> {
    db.system("metering.verify", |conn| {
        let ids = usage_pending::table.filter(usage_pending::tenant_id.eq(tenant)).select(usage_pending::event_id);
        Ok(ids.load::<Uuid>(conn)?.into_iter().collect())
    })
}

/// Every agreement under which anything was counted.
fn agreements_of(tx: &mut Tx<'_>, consumer: AuthorityId) -> Result<BTreeSet<Uuid>> {
    let days = usage_day::table.filter(usage_day::tenant_id.eq(consumer)).select(usage_day::agreement_id);
    let folds = usage_fold::table.filter(usage_fold::tenant_id.eq(consumer)).select(usage_fold::agreement_id);
    let mut all: BTreeSet<Uuid> = days.distinct().load(tx.conn)?.into_iter().collect();
    all.extend(folds.distinct().load::<Uuid>(tx.conn)?);
    Ok(all)
}

/// Whether the rollup of an agreement says what its events say: how much, how many, which, and of what value.
fn recount(tx: &mut Tx<'_>, consumer: AuthorityId, agreement: Uuid, sums: &mut Check) -> Result<()> {
    let (from, until) = (Date::constant(1900, 1, 1), Date::constant(2200, 1, 1));
    let reach = Reach { consumer, agreement, from, until, batches: Batches::ALL };
    let place = |day: &Counted| (day.billing_date, day.service.clone(), day.meter.clone(), day.batch);
    let mut stored: BTreeMap<_, Counted> = BTreeMap::new();
    stored.extend(counted(tx, &reach, Source::Rollup)?.into_iter().map(|day| (place(&day), day)));
    let told = |place: &(Date, String, String, i64)| {
        let (date, service, meter, batch) = place;
        format!("{service} {meter} on {date}, batch {batch}, under agreement {agreement}")
    };
    for day in counted(tx, &reach, Source::Events)? {
        let of = place(&day);
        let kept = stored.remove(&of);
        sums.look((kept.as_ref() != Some(&day)).then(|| {
            let kept = kept.map_or_else(|| "nothing".to_owned(), |kept| said(&kept));
            format!("{}: stored {kept}, recounted {}", told(&of), said(&day))
        }));
    }
    sums.breaches
        .extend(stored.iter().map(|(of, day)| format!("{}: stored {}, recounted nothing", told(of), said(day))));
    let items = |tx: &mut Tx<'_>, source| -> Result<BTreeSet<_>> {
        let all = items(tx, &reach, source)?.into_iter();
        Ok(all.map(|one| (one.billing_date, one.service, one.meter, one.batch, one.value, one.items)).collect())
    };
    let (stored, recounted) = (items(tx, Source::Rollup)?, items(tx, Source::Events)?);
    sums.breaches.extend(stored.symmetric_difference(&recounted).map(|(date, service, meter, batch, value, n)| {
        format!(
            "{service} {meter} on {date}, batch {batch}, under agreement {agreement}: {n} of {value} on one side only"
        )
    }));
    Ok(())
}

/// `12 in 14 events`, and the beginning of their digest.
fn said(day: &Counted) -> String {
    let digest = day.digest.hex();
    format!("{} ({}) in {} events {}", day.quantity, day.value, day.events, &digest[..8])
}

fn run(conn: &mut PgConnection, sql: &str, tenant: AuthorityId) -> Result<Vec<String>> {
    let breaches: Vec<Breach> = diesel::sql_query(sql).bind::<SqlUuid, _>(tenant).load(conn)?;
    Ok(breaches.into_iter().map(|b| b.what).collect())
}

const REVERSALS: &str = "\
    select format('event %s does not take back %s exactly', r.id, r.reversal_of) as what \
    from usage_event r left join usage_event e on e.tenant_id = r.tenant_id and e.id = r.reversal_of \
    where r.tenant_id = $1 and r.reversal_of is not null \
      and (e.id is null or e.reversal_of is not null or r.quantity <> -e.quantity or r.value_pence <> -e.value_pence \
        or (r.agreement_id, r.provider_id, r.service, r.meter, r.subject_id, r.billing_date) \
           is distinct from (e.agreement_id, e.provider_id, e.service, e.meter, e.subject_id, e.billing_date))";
