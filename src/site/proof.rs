//! Proving again who one is, before what commits a council: signing, issuing, crediting, bank details.

use std::sync::Arc;

use jiff::Timestamp;

use super::visit::Posted;
use crate::identity::{self, SignInLimits, Staff};
use crate::kernel::AuthorityId;
use crate::kernel::seal::Secret;
use crate::platform::http::ClientNetwork;
use crate::platform::{Result, Tx};

/// The password and the code that came with a form.
pub struct Proof {
    password: String,
    code: String,
    secret: Secret,
    limits: Arc<SignInLimits>,
    client: ClientNetwork,
    here: AuthorityId,
    now: Timestamp,
}

impl Proof {
    /// What a form brings.
    #[must_use]
    pub fn sent(form: &Posted) -> Proof {
        let visit = &form.visit;
        Proof {
            password: form.get("password").to_owned(),
            code: form.get("code").to_owned(),
            secret: visit.secret().clone(),
            limits: Arc::clone(&visit.site.sign_in_limits),
            client: visit.client,
            here: visit.here.id,
            now: visit.now,
        }
    }

    /// Whether it proves that somebody is who is signed in. It counts as an attempt to be them, so ask last.
    ///
    /// # Errors
    /// [`crate::platform::Error::TooMany`] after too many attempts; as [`identity::confirm`].
    pub fn holds(&self, tx: &mut Tx<'_>, me: &Staff) -> Result<bool> {
        self.limits.check(self.here, &me.email, self.client)?;
        identity::confirm(tx, me, &self.secret, &self.password, &self.code, self.now)
    }
}
