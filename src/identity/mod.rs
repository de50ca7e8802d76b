//! Staff: who they are, what they may do, and their sessions. And citizens who have proved their e-mail address.
//!
//! Invariants: a session is a row that can be revoked at once; the token in the cookie only names it, is signed for one
//! authority, and expires. Nothing is allowed unless a role grants it. Nobody can lock another person out.

mod citizen;
mod keys;
mod limits;
mod password;
mod people;
mod sign_in;
mod store;
mod token;
mod totp;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use citizen::{
    CITIZEN_COOKIE, CITIZEN_SESSION_LIFE, Citizen, Details, LOGIN_LIFE, ask_in, citizen, citizen_beside,
    citizen_brought, email_key, email_keys, forget_citizens, leave, link_to_send, may_come_in, open_citizen_session,
    renew_citizen_sessions, renew_logins, use_link,
};
pub use keys::{ApiKey, key_of, keys, make_key, revoke_key};
pub use limits::SignInLimits;
pub use password::MIN_PASSWORD;
pub use people::{
    Fault, INVITE_LIFE, Invitation, Invite, Joining, NewStaff, add, add_demo, change, deactivate, invite, invite_again,
    join,
};
pub use sign_in::{Attempt, SESSION_LIFE, SignedIn, confirm, sign_in, sign_out, sign_out_everywhere};
pub use store::{authenticate, open_session, people, person, renew_invites, renew_staff};
pub use token::{Claims, SESSION_COOKIE, TOKEN_LIFE, issue_token, read_token};
pub use totp::Seed;

use crate::kernel::{Actor, Pence};
use crate::platform::{Error, Result};

/// What a member of staff may do for their own authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Works cases.
    Officer,
    /// May see, besides, the cases of sensitive services.
    Safeguarding,
    /// Changes services.
    Designer,
    /// Prepares bills.
    Preparer,
    /// Issues bills that somebody else prepared.
    Approver,
    /// Signs agreements, up to a limit.
    Signatory,
    /// Manages staff and sees the audit.
    Administrator,
    /// Runs the platform; only at the operator's authority.
    Operator,
}

impl Role {
    /// Every role, in the order shown.
    pub const ALL: [Role; 8] = [
        Role::Officer,
        Role::Safeguarding,
        Role::Designer,
        Role::Preparer,
        Role::Approver,
        Role::Signatory,
        Role::Administrator,
        Role::Operator,
    ];

    /// The word in the database, in commands and on pages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Role::Officer => "officer",
            Role::Safeguarding => "safeguarding",
            Role::Designer => "designer",
            Role::Preparer => "preparer",
            Role::Approver => "approver",
            Role::Signatory => "signatory",
            Role::Administrator => "administrator",
            Role::Operator => "operator",
        }
    }

    /// For people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Role::Officer => "Officer",
            Role::Safeguarding => "Safeguarding (sees sensitive cases)",
            Role::Designer => "Service designer",
            Role::Preparer => "Commercial preparer",
            Role::Approver => "Commercial approver",
            Role::Signatory => "Signatory",
            Role::Administrator => "Administrator",
            Role::Operator => "Platform operator",
        }
    }

    /// The roles that open `/commercial`.
    pub const COMMERCIAL: &'static [Role] = &[Role::Preparer, Role::Approver, Role::Signatory];
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Role, String> {
        Role::ALL.into_iter().find(|r| r.word() == text).ok_or_else(|| {
            let known: Vec<_> = Role::ALL.iter().map(|r| r.word()).collect();
            format!("{text:?} is not a role; use one of {}", known.join(", "))
        })
    }
}

/// Somebody who works, or worked, here.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their id within their authority.
    pub id: Uuid,
    /// Their sign-in.
    pub email: String,
    /// As shown.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// The most they may sign for.
    pub sign_limit: Pence,
    /// Whether they may sign in.
    pub active: bool,
    /// Whether they have used their link and chosen a password.
    pub joined: bool,
}

/// A signed-in member of staff.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Their id within their authority.
    pub id: Uuid,
    /// Their sign-in.
    pub email: String,
    /// As shown.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// The most they may sign for.
    pub sign_limit: Pence,
    /// The session they are in.
    pub session_id: Uuid,
}

impl Staff {
    /// Whether they hold any of these roles.
    #[must_use]
    pub fn has(&self, any: &[Role]) -> bool {
        any.iter().any(|role| self.roles.contains(role))
    }

    /// Demands one of these roles.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub fn require(&self, any: &[Role]) -> Result<()> {
        if self.has(any) { Ok(()) } else { Err(Error::Denied(any.first().map_or("none", |r| r.word()))) }
    }

    /// As the timeline and the audit name them.
    #[must_use]
    pub fn actor(&self, authority_name: &str) -> Actor {
        Actor { staff_id: Some(self.id), name: self.name.clone(), authority_name: authority_name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_allowed_unless_a_role_grants_it() {
        let me = |roles: &[Role]| Staff {
            id: Uuid::nil(),
            email: String::new(),
            name: String::new(),
            roles: roles.to_vec(),
            sign_limit: Pence(0),
            session_id: Uuid::nil(),
        };
        assert!(matches!(me(&[]).require(Role::ALL.as_slice()), Err(Error::Denied(_))));
        assert!(matches!(me(&Role::ALL).require(&[]), Err(Error::Denied(_))), "no role opens what names none");
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(role));
            assert!(me(&[role]).has(&[role]));
            let others: Vec<Role> = Role::ALL.into_iter().filter(|r| *r != role).collect();
            assert!(!me(&[role]).has(&others), "{role:?} grants only itself");
        }
        assert!("root".parse::<Role>().is_err());
    }
}
