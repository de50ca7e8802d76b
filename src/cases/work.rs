//! What staff do with a case. Each verb turns the scope to the owner, locks the case, checks that it may be done, and
//! writes the change, the timeline and the audit together.

use jiff::Timestamp;

use super::model::{Case, ReturnReason, SeenBy};
use super::news::{News, NewsKind};
use super::open::Reroute;
use super::read::entry;
use super::store::{self, NewEvent};
use super::usage::{Act, CASE_CLOSED, CASE_LATE, count};
use crate::audit::{self, Entry};
use crate::kernel::{Actor, AuthorityId, billing_date};
use crate::metering;
use crate::platform::{Error, Result, Tx, outbox};
use crate::site::Texts;

/// Takes the case, also from a colleague.
///
/// # Errors
/// [`Error::NotFound`] unless the acting authority handles it; [`Error::Conflict`] if it is done.
pub fn take(tx: &mut Tx<'_>, now: Timestamp, owner: AuthorityId, reference: &str, by: &Actor) -> Result<()> {
    tx.turned(owner, |tx| {
        let case = lock_to_work(tx, reference)?;
        store::set_taken(tx, case.id, by)?;
        let body = Texts::default().one("cases-event-taken", "name", &by.name);
        log(tx, now, &case, by, "taken", SeenBy::Staff, &body)?;
        audit::record(tx, now, by, &entry(&case, "case.take", "working the case"))
    })
}

/// Adds a note that the staff of owner and handler read. Either may, also when the case is done.
///
/// # Errors
/// [`Error::NotFound`] unless the acting authority sees the case.
pub fn note(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    by: &Actor,
    words: &str,
) -> Result<()> {
    tx.turned(owner, |tx| {
        let case = store::lock(tx, reference)?.into_case();
        log(tx, now, &case, by, "note", SeenBy::Staff, words)?;
        audit::record(tx, now, by, &entry(&case, "case.note", "working the case"))
    })
}

/// Adds a note that only the writer's own council reads.
///
/// # Errors
/// [`Error::NotFound`] unless the acting authority sees the case.
pub fn own_note(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    by: &Actor,
    words: &str,
) -> Result<()> {
    let case = tx.turned(owner, |tx| Ok(store::by_reference(tx, reference)?.into_case()))?;
    store::insert_own_note(tx, now, case.id, by, words)?;
    // In the writer's own audit: the other council learns of nothing.
    audit::record(tx, now, by, &Entry { handler: None, ..entry(&case, "case.own-note", "working the case") })
}

/// Tells the citizen something.
///
/// # Errors
/// [`Error::NotFound`] unless the acting authority handles it; [`Error::Conflict`] if it is done.
pub fn update(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    by: &Actor,
    words: &str,
) -> Result<()> {
    tx.turned(owner, |tx| {
        let case = lock_to_work(tx, reference)?;
        let event_id = log(tx, now, &case, by, "update", SeenBy::Citizen, words)?;
        if case.unread || case.chased {
            store::set_answered(tx, case.id)?;
        }
        tell(tx, now, &case, event_id, NewsKind::Update)?;
        audit::record(tx, now, by, &entry(&case, "case.update", "working the case"))
    })
}

/// Ends the work with one of the service's outcomes, and words for the citizen.
///
/// # Errors
/// [`Error::NotFound`] unless the acting authority handles it; [`Error::Conflict`] if it is done already.
pub fn resolve(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    by: &Actor,
    outcome: &str,
    words: &str,
) -> Result<()> {
    tx.turned(owner, |tx| {
        let case = lock_to_work(tx, reference)?;
        store::set_resolved(tx, now, case.id, outcome)?;
        let body = if words.is_empty() { outcome.to_owned() } else { format!("{outcome}. {words}") };
        let event_id = log(tx, now, &case, by, "resolved", SeenBy::Citizen, &body)?;
        let closed = Act { outcome: Some(outcome), ..Act::one(event_id, CASE_CLOSED, now) };
        count(tx, now, &case, &closed)?;
        if billing_date(now) > case.due_on {
            count(tx, now, &case, &Act::one(event_id, CASE_LATE, now))?;
        }
        tell(tx, now, &case, event_id, NewsKind::Resolved)?;
        audit::record(tx, now, by, &entry(&case, "case.resolve", "working the case"))
    })
}

/// Returns a case to its owner, whose routing runs again; what the agreement says is not charged then is reversed in the
/// same transaction.
///
/// # Errors
/// [`Error::NotFound`] unless the acting authority handles it for another; [`Error::Conflict`] if it is done.
pub fn return_case(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    by: &Actor,
    reason: ReturnReason,
    words: &str,
) -> Result<()> {
    tx.turned(owner, |tx| {
        let case = lock_to_work(tx, reference)?;
        if !case.is_with_partner() {
            return Err(Error::NotFound);
        }
        store::set_returned(tx, case.id)?;
        let (kind, why) = match reason {
            ReturnReason::NotOurs => ("returned.not-ours", "cases-return-not-ours"),
            ReturnReason::Duplicate => ("returned.duplicate", "cases-return-duplicate"),
        };
        let event_id =
            log(tx, now, &case, by, kind, SeenBy::Staff, &format!("{}: {words}", Texts::default().get(why)))?;
        metering::reverse(tx, now, case.id, event_id, reason.word())?;
        outbox::publish(tx, now, &Reroute { case_id: case.id })?;
        audit::record(tx, now, by, &entry(&case, "case.return", reason.word()))
    })
}

/// The case, locked, if the acting authority handles it and it is open.
fn lock_to_work(tx: &mut Tx<'_>, reference: &str) -> Result<Case> {
    let row = store::lock(tx, reference)?;
    if row.handler_id != tx.actor() {
        return Err(Error::NotFound);
    }
    store::still_open(&row)?;
    Ok(row.into_case())
}

fn log(
    tx: &mut Tx<'_>,
    now: Timestamp,
    case: &Case,
    by: &Actor,
    kind: &'static str,
    seen_by: SeenBy,
    body: &str,
) -> Result<uuid::Uuid> {
    let event = NewEvent { kind, seen_by, actor_name: &by.authority_name, by_name: Some(&by.name), body };
    store::insert_event(tx, now, case.id, case.handler, &event)
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, case: &Case, event_id: uuid::Uuid, kind: NewsKind) -> Result<()> {
    if case.can_be_told {
        outbox::publish(tx, now, &News { case_id: case.id, event_id, kind })?;
    }
    Ok(())
}
