//! Passwords: argon2id, a few at a time, and the same work whether or not anybody has the e-mail address.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use anyhow::anyhow;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::platform::{Error, Result};

/// The fewest characters of a password (NCSC and NIST SP 800-63B: length counts, composition rules do not help).
pub const MIN_PASSWORD: usize = 12;
/// More than this is not a password but a way to keep the server busy.
const MAX_PASSWORD: usize = 200;
/// Each hash takes 19 MiB and most of a core, so that no more than this many run at once.
const AT_ONCE: usize = 2;
/// How long an attempt waits for its turn before the answer is "busy".
const PATIENCE: Duration = Duration::from_secs(4);
/// What a password is compared with where there is none: no password has this hash, and it costs as much as any.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bW9vdGhhbGwvbm9ib2R5IQ$DNoVd61CdCD4ZFKa2EjLyD3n00sBVfN/ZzodKH3uBPU";

/// Turns at hashing.
struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

static TURNS: Turns = Turns { free: Mutex::new(AT_ONCE), freed: Condvar::new() };

impl Turns {
    fn take<T>(&self, patience: Duration, work: impl FnOnce() -> T) -> Result<T> {
        struct Turn<'a>(&'a Turns);
        impl Drop for Turn<'_> {
            fn drop(&mut self) {
                if let Ok(mut free) = self.0.free.lock() {
                    *free += 1;
                }
                self.0.freed.notify_one();
            }
        }
        let poisoned = || anyhow!("a thread panicked while it counted turns at hashing");
        let free = self.free.lock().map_err(|_| poisoned())?;
        let (mut free, late) =
            self.freed.wait_timeout_while(free, patience, |free| *free == 0).map_err(|_| poisoned())?;
        if late.timed_out() {
            return Err(Error::Busy);
        }
        *free -= 1;
        drop(free);
        let _turn = Turn(self);
        Ok(work())
    }
}

/// What is wrong with a new password, as the key of a sentence; `None` if it will do.
#[must_use]
pub fn fault(password: &str, email: &str, name: &str) -> Option<&'static str> {
    let length = password.chars().count();
    let plain =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let same = |other: &str| plain(password) == plain(other);
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    match () {
        () if length < MIN_PASSWORD => Some("staff-password-short"),
        () if length > MAX_PASSWORD => Some("staff-password-long"),
        () if same(email) || same(name) || email.split('@').next().is_some_and(same) => Some("staff-password-yours"),
        () if different.len() < 5 => Some("staff-password-simple"),
        () => None,
    }
}

/// Hashes a new password.
///
/// # Errors
/// [`Error::Busy`] if too many are being hashed.
pub fn hash(password: &str) -> Result<String> {
    let hashed = TURNS
        .take(PATIENCE, || PasswordHasher::<PasswordHash>::hash_password(&Argon2::default(), password.as_bytes()))?;
    Ok(hashed.map_err(|e| anyhow!("hashing a password: {e}"))?.to_string())
}

/// Whether the password has this hash. Where there is none the answer is no, after the same work.
///
/// # Errors
/// [`Error::Busy`] if too many are being hashed.
pub fn is_right(password: &str, hash: Option<&str>) -> Result<bool> {
    let expected = PasswordHash::new(hash.unwrap_or(NOBODYS)).map_err(|e| anyhow!("a stored password hash: {e}"))?;
    // Nothing longer was ever accepted; the work is done all the same.
    let presented = if password.len() > 4 * MAX_PASSWORD { "" } else { password };
    let same = TURNS.take(PATIENCE, || Argon2::default().verify_password(presented.as_bytes(), &expected).is_ok())?;
    Ok(same && hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_not_who_you_are() {
        let fault = |password: &str| fault(password, "priya.iqbal@wealdshire.example", "Priya Iqbal-Whitcombe");
        assert_eq!(fault("elevenchars"), Some("staff-password-short"));
        assert_eq!(fault("twelve chars"), None);
        assert_eq!(fault("ÅÄÖåäöÅÄÖåäö"), None, "characters count, not bytes");
        assert_eq!(fault(&"ab".repeat(8)), Some("staff-password-simple"));
        assert_eq!(fault(&"correct horse ".repeat(20)), Some("staff-password-long"));
        for own in ["Priya.Iqbal@Wealdshire.example", "PRIYA IQBAL WHITCOMBE", "priya iqbal-whitcombe!"] {
            assert_eq!(fault(own), Some("staff-password-yours"), "{own}");
        }
        assert_eq!(super::fault("administrator", "Administrator@w.example", "A. Rees"), Some("staff-password-yours"));
    }

    #[test]
    fn only_the_right_password_opens_and_nobody_costs_as_much_as_somebody() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(is_right("correct horse battery", Some(&stored)).unwrap());
        assert!(!is_right("Correct horse battery", Some(&stored)).unwrap());
        assert!(!is_right("", None).unwrap());
        assert!(!is_right(&"x".repeat(100_000), Some(&stored)).unwrap());
        let work = |phc: &str| phc.rsplit('$').nth(2).unwrap().to_owned();
        assert_eq!(work(NOBODYS), work(&stored), "the same parameters, so the same time");
        PasswordHash::new(NOBODYS).unwrap();
    }

    #[test]
    fn turns_come_back_even_from_a_panic() {
        let turns = Turns { free: Mutex::new(1), freed: Condvar::new() };
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| turns.take(PATIENCE, || panic!("inside"))));
        assert!(panicked.is_err());
        turns
            .take(PATIENCE, || {
                assert!(matches!(turns.take(Duration::from_millis(5), || ()), Err(Error::Busy)), "one at a time");
            })
            .unwrap();
        turns.take(PATIENCE, || ()).unwrap();
    }
}
