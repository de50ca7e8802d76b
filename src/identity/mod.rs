//! Staff: who they are, what they may do, and their sessions.
//!
//! Invariants: a session is a row that can be revoked at once; the token in the cookie only names it, is signed for one
//! authority, and expires. Nothing is allowed unless a role grants it. Nobody can lock another person out.

mod store;
mod token;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use store::*;
pub use token::{Claims, SESSION_COOKIE, TOKEN_LIFE, issue_token, read_token};

use crate::kernel::{Actor, Pence};
use crate::platform::{Error, Result};

/// What a member of staff may do for their own authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Works cases.
    Officer,
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
    pub const ALL: [Role; 7] = [
        Role::Officer,
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
            Role::Designer => "designer",
            Role::Preparer => "preparer",
            Role::Approver => "approver",
            Role::Signatory => "signatory",
            Role::Administrator => "administrator",
            Role::Operator => "operator",
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
