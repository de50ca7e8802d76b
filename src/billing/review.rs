//! The days on which a consumer may read a bill's drafts before they are issued: what both say about them, and that it
//! agrees, which ends the wait. What was said of drafts that were prepared again since is kept and no longer counts.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::build::{Run, RunRow};
use super::run::{lock, run};
use crate::audit;
use crate::kernel::{Actor, AuthorityId, new_id};
use crate::platform::schema::{bill_run, review_entry};
use crate::platform::{Error, Result, Tx};

/// Something that was said of drafts in review.
#[derive(Clone, Debug)]
pub struct ReviewEntry {
    /// Whether it agrees to them.
    pub agrees: bool,
    /// In words.
    pub body: String,
    /// When the drafts were prepared that it is about.
    pub prepared_at: Timestamp,
    /// Of which party.
    pub party: AuthorityId,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Says something of drafts in review that were prepared at that moment, as either party.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if they are not in review, or were prepared again meanwhile.
pub fn comment(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, run_id: Uuid, read: Timestamp, body: &str) -> Result<()> {
    let found = as_read(tx, run_id, read)?;
    tx.turned(found.consumer, |tx| enter(tx, now, by, &found, ("message", body)))
}

/// Agrees to the drafts that were prepared at that moment, as whoever is billed: they may be issued at once.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if they are not in review, or were prepared again meanwhile.
pub fn agree_to(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, run_id: Uuid, read: Timestamp, body: &str) -> Result<()> {
    if tx.actor() != run(tx, run_id)?.consumer {
        return Err(Error::NotFound);
    }
    let found = as_read(tx, run_id, read)?;
    enter(tx, now, by, &found, ("agree", body))?;
    let entry = audit::Entry {
        action: "bill.agree",
        subject_kind: "bill",
        subject_id: run_id,
        subject_label: &found.month.code(),
        purpose: "the drafts of a month's bill",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

/// The drafts that are in review as somebody has read them; nobody prepares them again until the transaction ends.
fn as_read(tx: &mut Tx<'_>, run_id: Uuid, read: Timestamp) -> Result<Run> {
    let agreement = run(tx, run_id)?.agreement_id;
    lock(tx, agreement)?;
    let found = run(tx, run_id)?;
    if found.prepared_at != read {
        return Err(Error::Conflict("error-bill-stale".to_owned()));
    }
    if found.review_until.is_none() || found.issued_seq.is_some() {
        return Err(Error::Conflict("error-bill-not-in-review".to_owned()));
    }
    Ok(found)
}

fn enter(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, of: &Run, (kind, body): (&str, &str)) -> Result<()> {
    diesel::insert_into(review_entry::table)
        .values((
            review_entry::tenant_id.eq(of.consumer),
            review_entry::id.eq(new_id(now)),
            review_entry::run_id.eq(of.id),
            review_entry::provider_id.eq(of.provider),
            review_entry::kind.eq(kind),
            review_entry::body.eq(body),
            review_entry::prepared_at.eq(of.prepared_at.to_diesel()),
            review_entry::by_name.eq(&by.name),
            review_entry::at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What was said of a run's drafts, oldest first.
///
/// # Errors
/// The database's.
pub fn review_of(tx: &mut Tx<'_>, of: &Run) -> Result<Vec<ReviewEntry>> {
    type Row = (String, String, jiff_diesel::Timestamp, AuthorityId, String, jiff_diesel::Timestamp);
    let rows: Vec<Row> = review_entry::table
        .filter(review_entry::tenant_id.eq(of.consumer))
        .filter(review_entry::run_id.eq(of.id))
        .order(review_entry::id)
        .select((
            review_entry::kind,
            review_entry::body,
            review_entry::prepared_at,
            review_entry::party_id,
            review_entry::by_name,
            review_entry::at,
        ))
        .load(tx.conn)?;
    let said = |(kind, body, prepared_at, party, by, at): Row| ReviewEntry {
        agrees: kind == "agree",
        body,
        prepared_at: prepared_at.into(),
        party,
        by,
        at: at.into(),
    };
    Ok(rows.into_iter().map(said).collect())
}

/// Whether its consumer agreed to the drafts as they are.
pub(super) fn is_agreed(tx: &mut Tx<'_>, of: &Run) -> Result<bool> {
    Ok(review_of(tx, of)?.iter().any(|entry| entry.agrees && entry.prepared_at == of.prepared_at))
}

/// The runs in review of the acting authority's, on either side, the one that ends first first.
///
/// # Errors
/// The database's.
pub fn in_review(tx: &mut Tx<'_>) -> Result<Vec<Run>> {
    let me = tx.actor();
    let rows = bill_run::table
        .filter(bill_run::tenant_id.eq(me).or(bill_run::provider_id.eq(me)))
        .filter(bill_run::shared_at.is_not_null())
        .filter(bill_run::issued_at.is_null())
        .order((bill_run::review_until, bill_run::id))
        .select(RunRow::as_select())
        .load(tx.conn)?;
    Ok(rows.into_iter().map(Run::from).collect())
}
