//! The table `applied_part`: what a file brought in, and what the database held right after.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use crate::platform::schema::applied_part;
use crate::platform::{Result, Tx};

/// The hashes of both sides at the last apply.
pub(super) struct Applied {
    pub(super) file_hash: String,
    pub(super) database_hash: String,
}

/// A part of the authority at work, if a file ever brought it in.
pub(super) fn find(tx: &mut Tx<'_>, part: &str) -> Result<Option<Applied>> {
    let found: Option<(String, String)> = applied_part::table
        .find((tx.actor(), part))
        .select((applied_part::file_hash, applied_part::database_hash))
        .first(tx.conn)
        .optional()?;
    Ok(found.map(|(file_hash, database_hash)| Applied { file_hash, database_hash }))
}

/// Keeps both sides' hashes.
pub(super) fn keep(tx: &mut Tx<'_>, part: &str, applied: &Applied, now: Timestamp) -> Result<()> {
    let renewed = (
        applied_part::file_hash.eq(&applied.file_hash),
        applied_part::database_hash.eq(&applied.database_hash),
        applied_part::applied_at.eq(now.to_diesel()),
    );
    let known = diesel::update(applied_part::table.find((tx.actor(), part))).set(renewed).execute(tx.conn)?;
    if known == 0 {
        diesel::insert_into(applied_part::table)
            .values((applied_part::tenant_id.eq(tx.actor()), applied_part::part.eq(part), renewed))
            .execute(tx.conn)?;
    }
    Ok(())
}
