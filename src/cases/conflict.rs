//! The table `case_conflict`: who of the acting authority's staff must not see a case, whatever their role. Each authority keeps
//! its own people from a case; which they are is nobody else's business.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::model::Case;
use super::read::entry;
use crate::audit;
use crate::kernel::{Actor, AuthorityId};
use crate::platform::schema::case_conflict;
use crate::platform::{Result, Tx};

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

/// Keeps somebody of the acting authority from a case from now on. Said twice, the first reason stays.
///
/// # Errors
/// The database's: somebody who is not of its staff.
pub fn block(tx: &mut Tx<'_>, now: Timestamp, case: &Case, staff_id: Uuid, reason: &str, by: &Actor) -> Result<()> {
    diesel::insert_into(case_conflict::table)
        .values((
            case_conflict::tenant_id.eq(tx.actor()),
            case_conflict::case_id.eq(case.id),
            case_conflict::staff_id.eq(staff_id),
            case_conflict::reason.eq(reason),
            case_conflict::by_name.eq(&by.name),
            case_conflict::at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn)?;
    record(tx, now, case, "case.block", reason, by)
}

/// Lets somebody see a case again.
///
/// # Errors
/// [`crate::platform::Error::NotFound`] if nothing kept them from it.
pub fn unblock(tx: &mut Tx<'_>, now: Timestamp, case: &Case, staff_id: Uuid, by: &Actor) -> Result<()> {
    let gone: String = diesel::delete(case_conflict::table.find((tx.actor(), staff_id, case.id)))
        .returning(case_conflict::reason)
        .get_result(tx.conn)?;
    record(tx, now, case, "case.unblock", &gone, by)
}

/// The audit's entry is in the owner's scope, as all about a case are.
fn record(tx: &mut Tx<'_>, now: Timestamp, case: &Case, action: &'static str, reason: &str, by: &Actor) -> Result<()> {
    tx.turned(case.owner, |tx| audit::record(tx, now, by, &entry(case, action, reason)))
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

/// Whether somebody is kept from a case.
///
/// # Errors
/// The database's.
pub fn is_blocked(tx: &mut Tx<'_>, case_id: Uuid, staff_id: Uuid) -> Result<bool> {
    let one = case_conflict::table.find((tx.actor(), staff_id, case_id));
    Ok(diesel::select(diesel::dsl::exists(one)).get_result(tx.conn)?)
}

/// The cases that somebody is kept from, for a queue that leaves them out.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn kept_from(owner: AuthorityId, staff_id: Uuid) -> _ {
    case_conflict::table
        .filter(case_conflict::tenant_id.eq(owner))
        .filter(case_conflict::staff_id.eq(staff_id))
        .select(case_conflict::case_id)
}
