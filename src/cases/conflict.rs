//! The table `case_conflict`: who of the acting authority's staff must not see a case, whatever their role. Each authority keeps
//! its own people from a case; which they are is nobody else's business.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::model::Case;
use crate::audit::{self, Entry};
use crate::kernel::{Actor, AuthorityId};
use crate::platform::schema::case_conflict;
use crate::platform::{Error, Result, Tx};

/// Somebody who must not see a case.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// Who.
    pub staff_id: Uuid,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by_name: String,
}

/// Keeps somebody of the acting authority, by id and name, from a case from now on. Said twice, the first reason stays.
///
/// # Errors
/// The database's: somebody who is not of its staff.
pub fn block(tx: &mut Tx<'_>, now: Timestamp, case: &Case, who: (Uuid, &str), reason: &str, by: &Actor) -> Result<()> {
    diesel::insert_into(case_conflict::table)
        .values((
            case_conflict::tenant_id.eq(tx.actor()),
            case_conflict::case_id.eq(case.id),
            case_conflict::staff_id.eq(who.0),
            case_conflict::reason.eq(reason),
            case_conflict::by_name.eq(&by.name),
            case_conflict::at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    record(tx, now, case, "case.block", who.1, by)
}

/// Lets somebody, by id and name, see a case again.
///
/// # Errors
/// [`Error::NotFound`] if nothing kept them from it.
pub fn unblock(tx: &mut Tx<'_>, now: Timestamp, case: &Case, who: (Uuid, &str), by: &Actor) -> Result<()> {
    let gone = diesel::delete(case_conflict::table.find((tx.actor(), who.0, case.id))).execute(tx.conn)?;
    if gone == 0 {
        return Err(Error::NotFound);
    }
    record(tx, now, case, "case.unblock", who.1, by)
}

/// The entry is in the scope of the authority that acts: who of its people knows a citizen, and why, is not the owner's to read.
fn record(tx: &mut Tx<'_>, now: Timestamp, case: &Case, action: &'static str, name: &str, by: &Actor) -> Result<()> {
    let entry = Entry {
        action,
        subject_kind: "case",
        subject_id: case.id,
        subject_label: "A private case",
        purpose: name,
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

/// Who is kept from a case.
///
/// # Errors
/// The database's.
pub fn conflicts(tx: &mut Tx<'_>, case_id: Uuid) -> Result<Vec<Conflict>> {
    let rows: Vec<(Uuid, String, String)> = case_conflict::table
        .filter(case_conflict::tenant_id.eq(tx.actor()))
        .filter(case_conflict::case_id.eq(case_id))
        .order(case_conflict::at)
        .select((case_conflict::staff_id, case_conflict::reason, case_conflict::by_name))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(staff_id, reason, by_name)| Conflict { staff_id, reason, by_name }).collect())
}

/// Whether somebody is kept from any of these cases.
///
/// # Errors
/// The database's.
pub fn is_blocked(tx: &mut Tx<'_>, cases: &[Uuid], staff_id: Uuid) -> Result<bool> {
    let any = kept_from(tx.actor(), staff_id).filter(case_conflict::case_id.eq_any(cases));
    Ok(diesel::select(diesel::dsl::exists(any)).get_result(tx.conn)?)
}

/// Erases who of the acting authority's was kept from a case that is erased.
pub(super) fn forget(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    let theirs =
        case_conflict::table.filter(case_conflict::tenant_id.eq(tx.actor())).filter(case_conflict::case_id.eq(case_id));
    diesel::delete(theirs).execute(tx.conn)?;
    Ok(())
}

/// The cases that somebody is kept from, for a queue that leaves them out.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn kept_from(owner: AuthorityId, staff_id: Uuid) -> _ {
    case_conflict::table
        .filter(case_conflict::tenant_id.eq(owner))
        .filter(case_conflict::staff_id.eq(staff_id))
        .select(case_conflict::case_id)
}
