//! What this database is: a council's, or a demonstration's.

use diesel::prelude::*;

use super::error::Result;
use super::schema::installation;

/// Whether `make demo` made this database; it was marked at creation and no server role can change the mark.
///
/// # Errors
/// The database's.
pub fn is_demonstration(conn: &mut PgConnection) -> Result<bool> {
    Ok(installation::table.select(installation::demonstration).first(conn).optional()?.unwrap_or(false))
}
