//! The tables `staff`, `staff_session` and `staff_invite`.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::{Claims, Staff};
use crate::kernel::Pence;
use crate::platform::schema::{staff, staff_session};
use crate::platform::{Error, Result, Tx};

/// Reads the session that a token names, and who is in it: one statement, in the handler's own transaction.
///
/// # Errors
/// [`Error::SignedOut`] if the session has ended or was revoked, or the person is no longer active.
pub fn authenticate(tx: &mut Tx<'_>, claims: Option<&Claims>, now: Timestamp) -> Result<Staff> {
    let claims = claims.ok_or(Error::SignedOut)?;
    let (id, email, name, roles, sign_limit) = staff_session::table
        .inner_join(
            staff::table.on(staff::tenant_id.eq(staff_session::tenant_id).and(staff::id.eq(staff_session::staff_id))),
        )
        .filter(staff_session::tenant_id.eq(tx.actor()))
        .filter(staff_session::id.eq(claims.sid))
        .filter(staff_session::staff_id.eq(claims.sub))
        .filter(staff_session::revoked_at.is_null())
        .filter(staff_session::expires_at.gt(now.to_diesel()))
        .filter(staff::active)
        .select((staff::id, staff::email, staff::name, staff::roles, staff::sign_limit_pence))
        .first::<(Uuid, String, String, serde_json::Value, Pence)>(tx.conn)
        .optional()?
        .ok_or(Error::SignedOut)?;
    let roles = serde_json::from_value(roles).map_err(anyhow::Error::from)?;
    Ok(Staff { id, email, name, roles, sign_limit, session_id: claims.sid })
}
