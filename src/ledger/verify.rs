//! The ledger's invariants, for `moothall verify`.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};

use crate::kernel::{AuthorityId, Pence};
use crate::platform::verify::Check;
use crate::platform::{Db, Result, Scope};

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    label: String,
    #[diesel(sql_type = BigInt)]
    out_by: Pence,
    #[diesel(sql_type = BigInt)]
    postings: i64,
}

/// Checks every authority's book.
///
/// # Errors
/// The database's.
pub fn verify(db: &Db, authorities: &[AuthorityId]) -> Result<Vec<Check>> {
    let mut balances = Check::new("every journal entry balances");
    let mut closed = Check::new("nothing is dated into a closed month, and what is accrued comes back");
    for authority in authorities {
        let late: Vec<Breach> = db.scoped(Scope::own(*authority), |tx| {
            Ok(diesel::sql_query(CLOSED).bind::<SqlUuid, _>(tx.actor()).load(tx.conn)?)
        })?;
        closed.breaches.extend(late.into_iter().map(|breach| format!("{} in the book of {authority}", breach.what)));
        let sums: Vec<Sum> = db.scoped(Scope::own(*authority), |tx| {
            Ok(diesel::sql_query(
                "select j.description || ' (' || j.purpose || ')' as label, \
                   coalesce(sum(p.amount_pence), 0)::bigint as out_by, count(p.n) as postings \
                 from journal_entry j left join posting p on p.tenant_id = j.tenant_id and p.entry_id = j.id \
                 where j.tenant_id = $1 group by j.tenant_id, j.id order by j.id",
            )
            .bind::<SqlUuid, _>(tx.actor())
            .load(tx.conn)?)
        })?;
        for Sum { label, out_by, postings } in sums {
            closed.checked += 1;
            balances.look(match (out_by, postings) {
                (_, 0) => Some(format!("{label} in the book of {authority} has no postings")),
                (Pence(0), _) => None,
                _ => Some(format!("{label} in the book of {authority} is out by {out_by}")),
            });
        }
    }
    Ok(vec![balances, closed])
}

#[derive(QueryableByName)]
struct Breach {
    #[diesel(sql_type = Text)]
    what: String,
}

/// What was entered after its month had closed and is dated into it; an accrual that does not come back.
const CLOSED: &str = "\
    with closed as (select period_start, min(at) as at from book_period p where tenant_id = $1 and state <> 'open' \
        and n > coalesce((select max(o.n) from book_period o \
          where o.tenant_id = p.tenant_id and o.period_start = p.period_start and o.state = 'open'), 0) \
      group by period_start) \
    select j.description || ' (' || j.purpose || ') was dated into ' || to_char(c.period_start, 'YYYY-MM') || ' after it had closed' as what \
    from journal_entry j join closed c on date_trunc('month', j.effective_on)::date = c.period_start and j.recorded_at > c.at \
    where j.tenant_id = $1 \
    union all \
    select j.description || ' was accrued (' || j.purpose || ') and does not come back' from journal_entry j \
    where j.tenant_id = $1 and j.purpose in ('accrue', 'accrue-undone') and not exists (select from journal_entry b \
      where b.tenant_id = j.tenant_id and b.source_id = j.source_id \
        and b.purpose = replace(j.purpose, 'accrue', 'accrue-back')) \
    union all \
    select to_char(p.period_start, 'YYYY-MM') || ' took a step after it was closed for good' from book_period p \
    where p.tenant_id = $1 and exists (select from book_period c \
      where c.tenant_id = p.tenant_id and c.period_start = p.period_start and c.state = 'closed' and c.n < p.n)";
