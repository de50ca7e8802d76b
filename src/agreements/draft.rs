//! The table `variation_draft`: what a provider is writing of the next variation of an agreement. What was typed is kept as
//! it was typed, also where it is wrong; what comes of it is checked when it is offered.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::Agreement;
use crate::kernel::Actor;
use crate::platform::schema::variation_draft;
use crate::platform::{Error, Result, Tx};

/// A draft of the next variation.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What was typed, in the shape that its page gives it.
    pub content: serde_json::Value,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// By whom, as shown.
    pub changed_by: String,
}

/// The acting authority's draft of the next variation of an agreement that it provides under.
///
/// # Errors
/// The database's.
pub fn draft(tx: &mut Tx<'_>, of: &Agreement) -> Result<Option<Draft>> {
    let found: Option<(serde_json::Value, jiff_diesel::Timestamp, String)> = variation_draft::table
        .find((tx.actor(), of.consumer, &of.reference))
        .select((variation_draft::content, variation_draft::changed_at, variation_draft::changed_by))
        .first(tx.conn)
        .optional()?;
    Ok(found.map(|(content, at, changed_by)| Draft { content, changed_at: at.into(), changed_by }))
}

/// Keeps what was typed, in place of what was there.
///
/// # Errors
/// The database's.
pub fn put_draft(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    of: &Agreement,
    content: &serde_json::Value,
) -> Result<()> {
    let change = (
        variation_draft::content.eq(content),
        variation_draft::changed_at.eq(now.to_diesel()),
        variation_draft::changed_by.eq(&by.name),
    );
    diesel::insert_into(variation_draft::table)
        .values((
            variation_draft::tenant_id.eq(tx.actor()),
            variation_draft::consumer_id.eq(of.consumer),
            variation_draft::reference.eq(&of.reference),
            change,
        ))
        .on_conflict((variation_draft::tenant_id, variation_draft::consumer_id, variation_draft::reference))
        .do_update()
        .set(change)
        .execute(tx.conn)?;
    Ok(())
}

/// Takes the draft away, because it is offered or given up.
///
/// # Errors
/// [`Error::Conflict`] if there is none: somebody was quicker.
pub fn take_draft(tx: &mut Tx<'_>, of: &Agreement) -> Result<()> {
    let gone =
        diesel::delete(variation_draft::table.find((tx.actor(), of.consumer, &of.reference))).execute(tx.conn)?;
    if gone == 0 { Err(Error::Conflict("error-conflict-state".to_owned())) } else { Ok(()) }
}
