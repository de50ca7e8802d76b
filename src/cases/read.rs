//! How staff find and read cases.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::files;
use super::model::{Case, CaseFile, Cursor, QueueFilter, QueueRow, SeenBy, State, Tab};
use super::store;
use crate::audit::{self, Entry};
use crate::kernel::{Actor, AuthorityId};
use crate::platform::schema::cases;
use crate::platform::{Result, Tx};

/// How many of the newest entries about a case its page goes through.
const LOOKED: i64 = 50;

type QueueColumns =
    (Uuid, AuthorityId, AuthorityId, String, String, String, String, jiff_diesel::Date, Option<String>, Option<String>);

/// One page of a queue, soonest due first, but of those that are done the latest due first: one statement, read along
/// an index.
///
/// # Errors
/// The database's.
pub fn queue(tx: &mut Tx<'_>, filter: &QueueFilter, after: Option<Cursor>, limit: i64) -> Result<Vec<QueueRow>> {
    let me = tx.actor();
    let mut query = cases::table
        .select((
            cases::id,
            cases::tenant_id,
            cases::handler_id,
            cases::reference,
            cases::title,
            cases::state,
            cases::service,
            cases::due_on,
            cases::taken_by_name,
            cases::outcome,
        ))
        .limit(limit)
        .into_boxed();
    query = match filter.tab {
        Tab::WithPartners => {
            query.filter(cases::tenant_id.eq(me)).filter(cases::handler_id.ne(me)).filter(cases::closed.eq(false))
        }
        _ => query.filter(cases::handler_id.eq(me)),
    };
    query = match filter.tab {
        Tab::Open | Tab::WithPartners => query.filter(cases::closed.eq(false)),
        Tab::Mine(staff) => query.filter(cases::closed.eq(false)).filter(cases::taken_by.eq(staff)),
        Tab::Late(today) => query.filter(cases::closed.eq(false)).filter(cases::due_on.lt(today.to_diesel())),
        Tab::Closed => query.filter(cases::closed.eq(true)),
    };
    if let Some(service) = &filter.service {
        query = query.filter(cases::service.eq(service));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(cases::tenant_id.eq(owner));
    }
    // Spelled so that the index on (…, due_on, id) gives the starting point.
    let backwards = filter.tab == Tab::Closed;
    query = match after.map(|a| (a.due_on.to_diesel(), a.id)) {
        Some((due, id)) if backwards => {
            query.filter(cases::due_on.le(due)).filter(cases::due_on.lt(due).or(cases::id.lt(id)))
        }
        Some((due, id)) => query.filter(cases::due_on.ge(due)).filter(cases::due_on.gt(due).or(cases::id.gt(id))),
        None => query,
    };
    query = if backwards {
        query.order((cases::due_on.desc(), cases::id.desc()))
    } else {
        query.order((cases::due_on, cases::id))
    };
    let rows: Vec<QueueColumns> = query.load(tx.conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, owner, handler, reference, title, state, service, due_on, taken_by_name, outcome)| QueueRow {
            id,
            owner,
            handler,
            reference,
            title,
            state: State::read(&state),
            service,
            due_on: due_on.into(),
            taken_by_name,
            outcome,
        })
        .collect())
}

/// A case of `owner`'s that the acting authority may see.
///
/// # Errors
/// [`crate::platform::Error::NotFound`].
pub fn find(tx: &mut Tx<'_>, owner: AuthorityId, reference: &str) -> Result<Case> {
    tx.turned(owner, |tx| Ok(store::by_reference(tx, reference)?.into_case()))
}

/// Everything about a case, and the audit's entry that this person has looked.
///
/// # Errors
/// [`crate::platform::Error::NotFound`].
pub fn read(tx: &mut Tx<'_>, now: Timestamp, owner: AuthorityId, reference: &str, by: &Actor) -> Result<CaseFile> {
    tx.turned(owner, |tx| {
        let case = store::by_reference(tx, reference)?.into_case();
        let sheet = store::sheet(tx, case.id)?;
        let files = files::of_case(tx, case.id)?;
        let timeline = store::timeline(tx, case.id, SeenBy::Staff)?;
        let own_notes = store::own_notes(tx, case.id)?;
        audit::record(tx, now, by, &entry(&case, "case.read", "working the case"))?;
        let looked = audit::about(tx, case.id, LOOKED)?;
        Ok(CaseFile { case, sheet, files, timeline, own_notes, looked })
    })
}

/// The citizen's name, e-mail address and telephone number, shown for a reason that the audit keeps.
///
/// # Errors
/// [`crate::platform::Error::NotFound`].
pub fn contact(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    by: &Actor,
    reason: &str,
) -> Result<[Option<String>; 3]> {
    tx.turned(owner, |tx| {
        let row = store::by_reference(tx, reference)?;
        let shown = [row.contact_name.clone(), row.contact_email.clone(), row.contact_phone.clone()];
        audit::record(tx, now, by, &entry(&row.into_case(), "case.contact", reason))?;
        Ok(shown)
    })
}

/// An audit entry about a case.
pub(super) fn entry<'a>(case: &'a Case, action: &'static str, purpose: &'a str) -> Entry<'a> {
    Entry {
        action,
        subject_kind: "case",
        subject_id: case.id,
        subject_label: &case.reference,
        purpose,
        handler: case.is_with_partner().then_some(case.handler),
    }
}
