//! Signing in, proving oneself again, signing out.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::store::{self, Credentials, Whose};
use super::totp::Seed;
use super::{Claims, Role, Staff, password};
use crate::audit;
use crate::kernel::Actor;
use crate::kernel::seal::{Place, Secret};
use crate::platform::{Db, Result, Scope, Tx, installation};
use crate::tenancy::{self, Authority};

/// However busy its holder, a session ends after a working day.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// Where a person's one-time secret is sealed.
pub(super) const TOTP_COLUMN: &str = "staff.totp_sealed";

/// What somebody gives to sign in.
pub struct Attempt {
    /// As typed.
    pub email: String,
    /// As typed.
    pub password: String,
    /// As typed; it may be left empty only in a demonstration.
    pub code: String,
    /// The session that the browser held before: it ends.
    pub previous: Option<Claims>,
}

/// Somebody who has just proved who they are.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub staff_id: Uuid,
    /// Their new session.
    pub session_id: Uuid,
    /// What they may do.
    pub roles: Vec<Role>,
}

/// Signs somebody in; `None` if anything is wrong, whatever it is. The password is hashed between two transactions, so
/// that no connection waits for it.
///
/// # Errors
/// [`crate::platform::Error::Busy`] if too many passwords are being hashed, or the database's.
pub fn sign_in(
    db: &Db,
    at: &Authority,
    secret: &Secret,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Option<SignedIn>> {
    let scope = Scope::own(at.id);
    let email = attempt.email.to_ascii_lowercase();
    let known = db.scoped(scope, |tx| store::credentials(tx, &Whose::Email(&email)))?;
    let hash = known.as_ref().and_then(|k| k.password_hash.as_deref());
    let right = password::is_right(&attempt.password, hash)?;
    db.scoped(scope, |tx| {
        // The password may have changed, or the person have left, while it was being hashed.
        let still = store::credentials(tx, &Whose::Email(&email))?.filter(|s| s.password_hash.as_deref() == hash);
        let proved = match &still {
            Some(who) if right => proves_code(tx, secret, who, &attempt.code, now)?,
            _ => false,
        };
        let Some(who) = still.filter(|_| proved) else {
            let nobody = Actor { staff_id: None, name: String::new(), authority_name: at.name.clone() };
            note(tx, now, &nobody, "staff.sign-in-failed", known.as_ref().map_or(Uuid::nil(), |k| k.id))?;
            return Ok(None);
        };
        if let Some(previous) = &attempt.previous {
            store::revoke(tx, previous.sid, now)?;
        }
        let session_id = store::open_session(tx, who.id, now)?;
        let by = Actor { staff_id: Some(who.id), name: who.name.clone(), authority_name: at.name.clone() };
        note(tx, now, &by, "staff.sign-in", who.id)?;
        Ok(Some(SignedIn { staff_id: who.id, session_id, roles: who.roles()? }))
    })
}

/// Whether the person signed in gives their password, and a new one-time code, again: before they sign or issue
/// anything. A failure is in the audit; the caller throttles attempts ([`super::SignInLimits`]).
///
/// # Errors
/// [`crate::platform::Error::Busy`] if too many passwords are being hashed, or the database's.
pub fn confirm(
    tx: &mut Tx<'_>,
    me: &Staff,
    secret: &Secret,
    password: &str,
    code: &str,
    now: Timestamp,
) -> Result<bool> {
    let known = store::credentials(tx, &Whose::Id(me.id))?;
    let right = password::is_right(password, known.as_ref().and_then(|k| k.password_hash.as_deref()))?;
    let proved = match known {
        Some(who) if right => proves_code(tx, secret, &who, code, now)?,
        _ => false,
    };
    if !proved {
        let by = me.actor(&tenancy::own_name(tx)?);
        note(tx, now, &by, "staff.confirm-failed", me.id)?;
    }
    Ok(proved)
}

/// Whether this is a one-time code of theirs that was not used before; it is used up.
fn proves_code(tx: &mut Tx<'_>, secret: &Secret, who: &Credentials, code: &str, now: Timestamp) -> Result<bool> {
    if code.trim().is_empty() {
        return installation::is_demonstration(tx.conn);
    }
    let place = Place { tenant: tx.actor(), column: TOTP_COLUMN, row: who.id };
    let seed = who.totp_sealed.as_deref().and_then(|sealed| secret.open(&place, sealed)).and_then(Seed::of);
    match seed.and_then(|seed| seed.step_of(code, now)) {
        Some(step) => store::use_step(tx, who.id, step),
        None => Ok(false),
    }
}

/// Seals a seed for its person's row.
pub(super) fn sealed(tx: &Tx<'_>, secret: &Secret, person: Uuid, seed: &Seed) -> Vec<u8> {
    secret.seal(&Place { tenant: tx.actor(), column: TOTP_COLUMN, row: person }, seed.bytes())
}

/// Ends this session.
///
/// # Errors
/// The database's.
pub fn sign_out(tx: &mut Tx<'_>, me: &Staff, by: &Actor, now: Timestamp) -> Result<()> {
    store::revoke(tx, me.session_id, now)?;
    note(tx, now, by, "staff.sign-out", me.id)
}

/// Ends every session of theirs, wherever it is.
///
/// # Errors
/// The database's.
pub fn sign_out_everywhere(tx: &mut Tx<'_>, me: &Staff, by: &Actor, now: Timestamp) -> Result<()> {
    store::revoke_all(tx, me.id, now)?;
    note(tx, now, by, "staff.sign-out-everywhere", me.id)
}

fn note(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, action: &'static str, person: Uuid) -> Result<()> {
    let entry = audit::Entry {
        action,
        subject_kind: "staff",
        subject_id: person,
        subject_label: "",
        purpose: "",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}
