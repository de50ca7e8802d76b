//! Who works here: adding people, their one-time links, and letting them go.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::sign_in::{SignedIn, sealed};
use super::store::{self, InviteRow};
use super::totp::Seed;
use super::{Person, Role, password};
use crate::audit;
use crate::kernel::seal::{Place, Secret, Token};
use crate::kernel::{Actor, Pence, new_id};
use crate::platform::{Db, Error, Result, Scope, Tx, installation};
use crate::tenancy::Authority;

/// How long a one-time link works.
pub const INVITE_LIFE: SignedDuration = SignedDuration::from_hours(48);
pub(super) const INVITE_COLUMN: &str = "staff_invite.totp_sealed";

/// What is wrong with a field: its name, and the key of the sentence that says so.
pub type Fault = (&'static str, &'static str);

/// Somebody to be added, checked.
#[derive(Debug, Clone)]
pub struct NewStaff {
    email: String,
    name: String,
    roles: Vec<Role>,
    sign_limit: Pence,
}

impl NewStaff {
    /// Checks what was typed. Only the operator's own people may run the platform; only a signatory has a limit.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn new(
        at: &Authority,
        email: &str,
        name: &str,
        roles: &[Role],
        sign_limit: Pence,
    ) -> std::result::Result<NewStaff, Vec<Fault>> {
        let mut faults = Vec::new();
        let (email, name) = (email.trim().to_ascii_lowercase(), name.trim());
        if !is_email(&email) {
            faults.push(("email", "staff-email-wrong"));
        }
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            faults.push(("name", "staff-name-wrong"));
        }
        // In the order of `ALL`, each once.
        let roles: Vec<Role> = Role::ALL.into_iter().filter(|r| roles.contains(r)).collect();
        faults.extend(role_faults(&roles, sign_limit, at.is_operator()));
        if faults.is_empty() { Ok(NewStaff { email, name: name.to_owned(), roles, sign_limit }) } else { Err(faults) }
    }

    /// Lower case.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// As shown.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What they may do: never empty.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The most they may sign for; zero for all but signatories.
    #[must_use]
    pub fn sign_limit(&self) -> Pence {
        self.sign_limit
    }
}

fn role_faults(roles: &[Role], sign_limit: Pence, runs_platform: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    if roles.is_empty() {
        faults.push(("roles", "staff-roles-none"));
    } else if roles.contains(&Role::Operator) && !runs_platform {
        faults.push(("roles", "staff-roles-operator"));
    }
    match (roles.contains(&Role::Signatory), sign_limit > Pence(0)) {
        (true, false) => faults.push(("limit", "staff-limit-missing")),
        (false, true) => faults.push(("limit", "staff-limit-without")),
        _ => {}
    }
    faults
}

fn is_email(text: &str) -> bool {
    let plain = text.len() <= 254 && text.bytes().all(|b| b.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&b));
    let parts = text.split_once('@').filter(|(local, domain)| !local.is_empty() && !domain.contains('@'));
    plain && parts.is_some_and(|(_, domain)| domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.'))
}

/// A one-time link, shown once.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Whom it lets in.
    pub staff_id: Uuid,
    /// Its address on the council's host.
    pub path: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Adds somebody, who cannot sign in until they have used the link.
///
/// # Errors
/// [`Error::Conflict`] if the e-mail address is taken, or the database's.
pub fn add(tx: &mut Tx<'_>, secret: &Secret, now: Timestamp, by: &Actor, new: &NewStaff) -> Result<Invitation> {
    let id = store::add(tx, new, None, now)?.ok_or_else(|| Error::Conflict("staff-email-taken".to_owned()))?;
    note(tx, now, by, "staff.add", id, new.name())?;
    new_invitation(tx, secret, now, id)
}

/// Gives somebody a new link, with which they choose a new password and set up codes again. Their older links stop
/// working; somebody who had left is let back in.
///
/// # Errors
/// [`Error::NotFound`], or the database's.
pub fn invite_again(tx: &mut Tx<'_>, secret: &Secret, now: Timestamp, by: &Actor, id: Uuid) -> Result<Invitation> {
    let person = store::person(tx, id)?;
    store::use_invites(tx, id, now)?;
    store::set_active(tx, id, true)?;
    note(tx, now, by, "staff.invite", id, &person.name)?;
    new_invitation(tx, secret, now, id)
}

fn new_invitation(tx: &mut Tx<'_>, secret: &Secret, now: Timestamp, staff_id: Uuid) -> Result<Invitation> {
    let (id, token) = (new_id(now), Token::random());
    let place = Place { tenant: tx.actor(), column: INVITE_COLUMN, row: id };
    let totp_sealed = secret.seal(&place, Seed::random().bytes());
    let expires_at = now + INVITE_LIFE;
    store::add_invite(tx, &InviteRow { id, staff_id, token_hash: token.hash(), totp_sealed }, expires_at)?;
    Ok(Invitation { staff_id, path: format!("/staff/join/{}.{}", id.simple(), token.expose()), expires_at })
}

/// Lets somebody go: every session and link of theirs ends at once. Nobody can do it to themselves, so that an
/// authority keeps an administrator.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] for oneself, or the database's.
pub fn deactivate(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid) -> Result<()> {
    let person = store::person(tx, id)?;
    if by.staff_id == Some(id) {
        return Err(Error::Conflict("staff-not-yourself".to_owned()));
    }
    store::set_active(tx, id, false)?;
    store::revoke_all(tx, id, now)?;
    store::use_invites(tx, id, now)?;
    note(tx, now, by, "staff.deactivate", id, &person.name)
}

/// Gives somebody another name, other roles or another limit, from their next request on; the address is theirs and stays.
/// Nobody can do it to themselves, so that an authority keeps an administrator.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] for oneself, or the database's.
pub fn change(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, to: &NewStaff) -> Result<()> {
    if by.staff_id == Some(id) {
        return Err(Error::Conflict("staff-not-your-roles".to_owned()));
    }
    store::change(tx, id, to)?;
    note(tx, now, by, "staff.change", id, &to.name)
}

/// Adds somebody with a password, for the demonstration's people.
///
/// # Errors
/// [`Error::Conflict`] in any database but a demonstration's, or if the e-mail address is taken.
pub fn add_demo(tx: &mut Tx<'_>, now: Timestamp, new: &NewStaff, password: &str) -> Result<Uuid> {
    if !installation::is_demonstration(tx.conn)? {
        return Err(Error::Conflict("staff-demonstration-only".to_owned()));
    }
    let hash = password::hash(password)?;
    store::add(tx, new, Some(&hash), now)?.ok_or_else(|| Error::Conflict("staff-email-taken".to_owned()))
}

/// An invitation that may be used, as its page shows it.
pub struct Invite {
    id: Uuid,
    /// Whom it is for.
    pub person: Person,
    /// What their app will share.
    pub seed: Seed,
}

/// Reads the invitation that the last part of a link names; `None` whatever is wrong with it.
///
/// # Errors
/// The database's.
pub fn invite(tx: &mut Tx<'_>, secret: &Secret, link: &str, now: Timestamp) -> Result<Option<Invite>> {
    let Some((id, token)) =
        link.split_once('.').and_then(|(id, token)| Some((Uuid::try_parse(id).ok()?, Token::presented(token))))
    else {
        return Ok(None);
    };
    let Some(row) = store::invite(tx, id, now)?.filter(|row| token.matches(&row.token_hash)) else {
        return Ok(None);
    };
    let place = Place { tenant: tx.actor(), column: INVITE_COLUMN, row: row.id };
    let seed = secret.open(&place, &row.totp_sealed).and_then(Seed::of);
    let seed = seed
        .ok_or_else(|| anyhow::anyhow!("the secret of invitation {} does not open: was SECRET_KEY changed?", row.id))?;
    Ok(Some(Invite { id: row.id, person: store::person(tx, row.staff_id)?, seed }))
}

/// How joining went.
pub enum Joining {
    /// There is no such invitation, or no longer.
    NoInvite,
    /// Something typed will not do.
    Faults(Vec<Fault>, Box<Invite>),
    /// They are in.
    In(SignedIn),
}

/// Uses an invitation: sets the password and the one-time codes, ends every older session and signs them in.
///
/// # Errors
/// [`Error::Busy`] if too many passwords are being hashed, or the database's.
pub fn join(
    db: &Db,
    at: &Authority,
    secret: &Secret,
    link: &str,
    password: &str,
    code: &str,
    now: Timestamp,
) -> Result<Joining> {
    let scope = Scope::own(at.id);
    let seen = db.scoped(scope, |tx| {
        let invite = invite(tx, secret, link, now)?;
        Ok((invite, installation::is_demonstration(tx.conn)?))
    })?;
    let (Some(found), may_skip_code) = seen else { return Ok(Joining::NoInvite) };
    let mut faults = Vec::new();
    if let Some(key) = password::fault(password, &found.person.email, &found.person.name) {
        faults.push(("password", key));
    }
    let skipped = code.trim().is_empty() && may_skip_code;
    let step = if skipped { Some(0) } else { found.seed.step_of(code, now) };
    let Some(step) = step.filter(|_| faults.is_empty()) else {
        if step.is_none() {
            faults.push(("code", "staff-code-wrong"));
        }
        return Ok(Joining::Faults(faults, Box::new(found)));
    };
    let hash = password::hash(password)?;
    db.scoped(scope, |tx| {
        let who = found.person.id;
        // Another request may have used the link while the password was being hashed; the update is the arbiter.
        if invite(tx, secret, link, now)?.is_none_or(|again| again.id != found.id)
            || store::use_invites(tx, who, now)? == 0
        {
            return Ok(Joining::NoInvite);
        }
        let totp = sealed(tx, secret, who, &found.seed);
        store::set_credentials(tx, who, &hash, &totp, step)?;
        store::revoke_all(tx, who, now)?;
        let session_id = store::open_session(tx, who, now)?;
        let by = Actor { staff_id: Some(who), name: found.person.name.clone(), authority_name: at.name.clone() };
        note(tx, now, &by, "staff.join", who, "")?;
        Ok(Joining::In(SignedIn { staff_id: who, session_id, roles: found.person.roles.clone() }))
    })
}

fn note(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, action: &'static str, person: Uuid, label: &str) -> Result<()> {
    let entry = audit::Entry {
        action,
        subject_kind: "staff",
        subject_id: person,
        subject_label: label,
        purpose: "",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_given_within_the_rules() {
        let keys = |roles: &[Role], limit: i64, runs_platform| -> Vec<&str> {
            role_faults(roles, Pence(limit), runs_platform).into_iter().map(|(_, key)| key).collect()
        };
        assert!(keys(&[Role::Officer, Role::Administrator], 0, false).is_empty());
        assert_eq!(keys(&[], 0, false), ["staff-roles-none"]);
        assert_eq!(keys(&[Role::Operator], 0, false), ["staff-roles-operator"], "a council does not run the platform");
        assert!(keys(&[Role::Operator], 0, true).is_empty());
        assert_eq!(keys(&[Role::Signatory], 0, false), ["staff-limit-missing"]);
        assert_eq!(keys(&[Role::Officer], 100, false), ["staff-limit-without"]);
        assert!(keys(&[Role::Signatory], 5_000_000, false).is_empty());
        for key in ["staff-roles-none", "staff-roles-operator", "staff-limit-missing", "staff-limit-without"] {
            assert!(include_str!("../site/locales/staff.ftl").contains(&format!("\n{key} = ")), "{key}");
        }
    }

    #[test]
    fn addresses_are_plain() {
        for good in ["p.iqbal@wealdshire.example", "o'neil+x@a.b"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "@", "a@b", "a@.b", "a@b.", "a b@c.d", "a@b@c.d", "a@b.c\nBcc: x@y.z", "Ann <a@b.c>", "ä@b.c"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
