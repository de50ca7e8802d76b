//! Metering's invariants, for `moothall verify`.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::kernel::AuthorityId;
use crate::platform::schema::{usage_day, usage_event, usage_fold, usage_pending};
use crate::platform::verify::Check;
use crate::platform::{Db, Result, Scope};

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
            let days: i64 = usage_day::table.filter(usage_day::tenant_id.eq(consumer)).count().get_result(tx.conn)?;
            sums.checked += days;
            sums.breaches.extend(run(tx.conn, RECOUNT, *consumer)?);
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

fn run(conn: &mut PgConnection, sql: &str, tenant: AuthorityId) -> Result<Vec<String>> {
    let breaches: Vec<Breach> = diesel::sql_query(sql).bind::<SqlUuid, _>(tenant).load(conn)?;
    Ok(breaches.into_iter().map(|b| b.what).collect())
}

const RECOUNT: &str = "\
    with recount as (\
      select e.agreement_id, e.provider_id, e.billing_date, e.service, e.meter, sum(e.quantity)::bigint as quantity, sum(e.value_pence)::bigint as value_pence, count(*) as events \
      from usage_event e join usage_fold f on f.tenant_id = e.tenant_id and f.event_id = e.id \
      where e.tenant_id = $1 group by 1, 2, 3, 4, 5), \
    stored as (select * from usage_day where tenant_id = $1) \
    select format('%s %s on %s under agreement %s: stored %s in %s events, recounted %s in %s', service, meter, \
      billing_date, agreement_id, coalesce(d.quantity, 0), coalesce(d.events, 0), coalesce(r.quantity, 0), coalesce(r.events, 0)) as what \
    from stored d full join recount r using (agreement_id, provider_id, billing_date, service, meter) \
    where (d.quantity, d.value_pence, d.events) is distinct from (r.quantity, r.value_pence, r.events)";

const REVERSALS: &str = "\
    select format('event %s does not take back %s exactly', r.id, r.reversal_of) as what \
    from usage_event r left join usage_event e on e.tenant_id = r.tenant_id and e.id = r.reversal_of \
    where r.tenant_id = $1 and r.reversal_of is not null \
      and (e.id is null or e.reversal_of is not null or r.quantity <> -e.quantity or r.value_pence <> -e.value_pence \
        or (r.agreement_id, r.provider_id, r.service, r.meter, r.subject_id, r.billing_date) \
           is distinct from (e.agreement_id, e.provider_id, e.service, e.meter, e.subject_id, e.billing_date))";
