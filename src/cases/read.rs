//! How staff find and read cases.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::model::{Case, CaseFile, Cursor, QueueFilter, QueueRow, SeenBy, State, Tab};
use super::store;
use super::{conflict, files, time};
use crate::audit::{self, Entry};
use crate::kernel::{Actor, AuthorityId};
use crate::platform::schema::cases;
use crate::platform::{Result, Tx};

/// How many of the newest entries about a case its page goes through.
const LOOKED: i64 = 50;

#[derive(Queryable, Selectable)]
#[diesel(table_name = cases)]
struct QueueColumns {
    id: Uuid,
    tenant_id: AuthorityId,
    handler_id: AuthorityId,
    reference: String,
    title: String,
    state: String,
    service: String,
    due_on: jiff_diesel::Date,
    taken_by_name: Option<String>,
    outcome: Option<String>,
    unread: bool,
    rank: i16,
}

/// One page of a queue: first those that citizens have asked about because they are late, then soonest due first; but of
/// those that are done the latest due first. One statement, read along an index.
///
/// # Errors
/// The database's.
pub fn queue(tx: &mut Tx<'_>, filter: &QueueFilter, after: Option<Cursor>, limit: i64) -> Result<Vec<QueueRow>> {
    let me = tx.actor();
    let mut query = cases::table.select(QueueColumns::as_select()).limit(limit).into_boxed();
    query = match filter.tab {
        Tab::WithPartners => {
            query.filter(cases::tenant_id.eq(me)).filter(cases::handler_id.ne(me)).filter(cases::closed.eq(false))
        }
        _ => query.filter(cases::handler_id.eq(me)),
    };
    query = match filter.tab {
        Tab::Open | Tab::WithPartners => query.filter(cases::closed.eq(false)),
        Tab::Mine(staff) => query.filter(cases::closed.eq(false)).filter(cases::taken_by.eq(staff)),
        Tab::Unread => query.filter(cases::closed.eq(false)).filter(cases::unread),
        Tab::Late(today) => query.filter(cases::closed.eq(false)).filter(cases::due_on.lt(today.to_diesel())),
        Tab::Closed => query.filter(cases::closed.eq(true)),
    };
    query = match filter.cleared {
        Some(staff) => query.filter(cases::id.ne_all(conflict::kept_from(me, staff))),
        None => query.filter(diesel::dsl::not(cases::sensitive)),
    };
    if let Some(service) = &filter.service {
        query = query.filter(cases::service.eq(service));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(cases::tenant_id.eq(owner));
    }
    // Spelled so that the index on (…, rank, due_on, id) gives the starting point.
    let backwards = filter.tab == Tab::Closed;
    query = match after.map(|a| (if a.chased { store::FIRST } else { store::BY_DATE }, a.due_on.to_diesel(), a.id)) {
        // What is done has no rank of its own.
        Some((_, due, id)) if backwards => {
            query.filter(cases::due_on.le(due)).filter(cases::due_on.lt(due).or(cases::id.lt(id)))
        }
        Some((rank, due, id)) => query
            .filter(cases::rank.ge(rank))
            .filter(cases::rank.gt(rank).or(cases::due_on.ge(due).and(cases::due_on.gt(due).or(cases::id.gt(id))))),
        None => query,
    };
    query = if backwards {
        query.order((cases::rank.desc(), cases::due_on.desc(), cases::id.desc()))
    } else {
        query.order((cases::rank, cases::due_on, cases::id))
    };
    let rows = query.load(tx.conn)?;
    Ok(rows
        .into_iter()
        .map(|row: QueueColumns| QueueRow {
            id: row.id,
            owner: row.tenant_id,
            handler: row.handler_id,
            reference: row.reference,
            title: row.title,
            state: State::read(&row.state),
            service: row.service,
            due_on: row.due_on.into(),
            taken_by_name: row.taken_by_name,
            outcome: row.outcome,
            unread: row.unread,
            chased: row.rank == store::FIRST,
        })
        .collect())
}

/// What citizens said once their cases were resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rated {
    /// How many said that it is sorted.
    pub sorted: i64,
    /// How many said that it is not.
    pub not_sorted: i64,
}

/// What citizens said of the cases that the acting authority works or worked.
///
/// # Errors
/// The database's.
pub fn rated(tx: &mut Tx<'_>) -> Result<Rated> {
    let counts: Vec<(Option<bool>, i64)> = cases::table
        .filter(cases::handler_id.eq(tx.actor()))
        .filter(cases::sorted.is_not_null())
        .group_by(cases::sorted)
        .select((cases::sorted, diesel::dsl::count_star()))
        .load(tx.conn)?;
    let of = |said: bool| counts.iter().find(|(sorted, _)| *sorted == Some(said)).map_or(0, |(_, n)| *n);
    Ok(Rated { sorted: of(true), not_sorted: of(false) })
}

/// A case of `owner`'s that the acting authority may see.
///
/// # Errors
/// [`crate::platform::Error::NotFound`].
pub fn find(tx: &mut Tx<'_>, owner: AuthorityId, reference: &str) -> Result<Case> {
    tx.turned(owner, |tx| Ok(store::by_reference(tx, reference)?.into_case()))
}

/// Everything about a case, and the audit's entry that this person has looked. What the citizen has written counts as read
/// once somebody of the authority that works the case has opened it.
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
        let minutes = time::total(tx, case.id)?;
        audit::record(tx, now, by, &entry(&case, "case.read", "working the case"))?;
        if case.unread && case.handler == tx.actor() {
            store::set_read(tx, case.id)?;
        }
        let looked = audit::about(tx, case.id, LOOKED)?;
        Ok(CaseFile { case, sheet, files, timeline, own_notes, minutes, looked })
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

/// Those of these cases of `owner`'s that the acting authority may see, and the audit's entry for each that somebody looked which
/// they are, because what was counted for them is doubted.
///
/// # Errors
/// The database's.
pub fn doubted(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    ids: &[Uuid],
    by: &Actor,
    purpose: &str,
) -> Result<Vec<Case>> {
    tx.turned(owner, |tx| {
        let cases = store::by_ids(tx, ids)?;
        for case in &cases {
            audit::record(tx, now, by, &entry(case, "case.doubted", purpose))?;
        }
        Ok(cases)
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
