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
    for authority in authorities {
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
            balances.look(match (out_by, postings) {
                (_, 0) => Some(format!("{label} in the book of {authority} has no postings")),
                (Pence(0), _) => None,
                _ => Some(format!("{label} in the book of {authority} is out by {out_by}")),
            });
        }
    }
    Ok(vec![balances])
}
