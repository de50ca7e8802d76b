//! `moothall verify`: every room's invariants, checked against the database.

use crate::kernel::AuthorityId;
use crate::platform::verify::Check;
use crate::platform::{Db, Result};
use crate::{billing, cases, ledger, metering, tenancy};

/// Checks everything that must always hold, in the order in which a case becomes money, as it stands at one moment: the
/// server may be at work meanwhile.
///
/// # Errors
/// The database's.
pub fn verify(db: &Db) -> Result<Vec<Check>> {
    db.frozen(|db| {
        let everyone: Vec<AuthorityId> = db.router(tenancy::load)?.iter().map(|authority| authority.id).collect();
        let mut checks = cases::verify(db, &everyone)?;
        checks.extend(metering::verify(db, &everyone)?);
        checks.extend(billing::verify(db, &everyone)?);
        checks.extend(ledger::verify(db, &everyone)?);
        Ok(checks)
    })
}
