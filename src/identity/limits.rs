//! How often somebody may try to prove who they are.

use std::time::Duration;

use crate::kernel::AuthorityId;
use crate::kernel::seal::sha256_hex;
use crate::platform::Result;
use crate::platform::http::{ClientNetwork, Throttle};

const PERIOD: Duration = Duration::from_mins(10);
/// A whole office may share one address.
const BY_NETWORK: u32 = 100;
const BY_ACCOUNT: u32 = 10;

/// Throttles by the client's network, and by account and network together. Never by account alone: that would let
/// anybody lock another person out.
pub struct SignInLimits {
    network: Throttle<ClientNetwork>,
    account: Throttle<(AuthorityId, String, ClientNetwork)>,
}

impl Default for SignInLimits {
    fn default() -> SignInLimits {
        SignInLimits { network: Throttle::new(BY_NETWORK, PERIOD), account: Throttle::new(BY_ACCOUNT, PERIOD) }
    }
}

impl SignInLimits {
    /// Counts an attempt to be this person.
    ///
    /// # Errors
    /// [`crate::platform::Error::TooMany`].
    pub fn check(&self, at: AuthorityId, email: &str, client: ClientNetwork) -> Result<()> {
        self.network.check(&client)?;
        // The hash is short whatever was typed, and no list of addresses lies in memory.
        self.account.check(&(at, sha256_hex(email.to_ascii_lowercase().as_bytes()), client))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn nobody_locks_another_person_out() {
        let limits = SignInLimits::default();
        let at = AuthorityId(Uuid::from_u128(1));
        let net = |text: &str| ClientNetwork(text.parse().unwrap());
        for _ in 0..BY_ACCOUNT {
            limits.check(at, "p.iqbal@w.example", net("192.0.2.1")).unwrap();
        }
        assert!(limits.check(at, "P.Iqbal@W.example", net("192.0.2.1")).is_err(), "the attacker is stopped");
        limits.check(at, "p.iqbal@w.example", net("192.0.2.2")).unwrap();
        limits.check(at, "a.rees@w.example", net("192.0.2.1")).unwrap();
        limits.check(AuthorityId(Uuid::from_u128(2)), "p.iqbal@w.example", net("192.0.2.1")).unwrap();
        let mut tried = 0;
        while limits.check(at, &format!("{tried}@w.example"), net("192.0.2.1")).is_ok() {
            tried += 1;
            assert!(tried < 2 * BY_NETWORK, "one network cannot go through everybody");
        }
    }
}
