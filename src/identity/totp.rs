//! One-time codes (RFC 6238: SHA-1, six digits, thirty seconds, which is what every authenticator app knows).

use jiff::Timestamp;
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, TOTP};

use crate::platform::http::percent_encoded;

const STEP: i64 = 30;
/// A code from one step before or after still counts: clocks differ.
const SKEW: i64 = 1;
/// RFC 4226 recommends 160 bits.
const SEED_BYTES: usize = 20;

/// The secret that an authenticator app and the server share.
pub struct Seed(TOTP);

impl Seed {
    /// A new one.
    ///
    /// # Panics
    /// If the system has no randomness, without which nothing here is safe.
    #[must_use]
    pub fn random() -> Seed {
        let mut bytes = vec![0; SEED_BYTES];
        aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
        Seed::of(bytes).expect("twenty bytes are enough for a seed")
    }

    /// From the bytes that were sealed; `None` if they are no seed.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Option<Seed> {
        TOTP::new(Algorithm::SHA1, 6, 0, STEP.unsigned_abs(), bytes).ok().map(Seed)
    }

    /// The bytes, for sealing.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.secret
    }

    /// For typing into an app, in groups of four.
    #[must_use]
    pub fn base32(&self) -> String {
        let text: Vec<char> = self.0.get_secret_base32().chars().collect();
        text.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    /// What an app opens, or reads as a picture (the Key URI format).
    #[must_use]
    pub fn otpauth(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", self.0.get_secret_base32())
    }

    /// The code of a moment.
    #[must_use]
    pub fn code_at(&self, at: Timestamp) -> String {
        self.0.generate(at.as_second().unsigned_abs())
    }

    /// The step whose code this is, near `now`; `None` if it is nobody's. Whoever accepts it must also see to it that no
    /// step at or before it is accepted again.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let here = now.as_second().div_euclid(STEP);
        let mut found = None;
        // Every step is compared, in constant time, so that the time taken says nothing.
        for step in here - SKEW..=here + SKEW {
            let expected = self.0.generate((step * STEP).unsigned_abs());
            if bool::from(expected.as_bytes().ct_eq(typed.as_bytes())) {
                found = Some(step);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    fn seed() -> Seed {
        Seed::of(b"12345678901234567890".to_vec()).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, its last six digits.
        for (second, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(seed().code_at(Timestamp::from_second(second).unwrap()), code);
        }
        assert_eq!(seed().base32(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            seed().otpauth("Wealdshire County Council", "p.iqbal@wealdshire.example"),
            "otpauth://totp/Wealdshire%20County%20Council:p.iqbal%40wealdshire.example\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Wealdshire%20County%20Council"
        );
    }

    #[test]
    fn a_code_is_good_for_its_step_and_its_neighbours() {
        let now: Timestamp = "2026-11-20T10:00:15Z".parse().unwrap();
        let code = seed().code_at(now);
        let step = now.as_second() / 30;
        assert_eq!(seed().step_of(&code, now), Some(step));
        assert_eq!(seed().step_of(&format!(" {} {} ", &code[..3], &code[3..]), now + 30.seconds()), Some(step));
        assert_eq!(seed().step_of(&code, now - 30.seconds()), Some(step));
        assert_eq!(seed().step_of(&code, now + 60.seconds()), None);
        for wrong in ["", "000000", "12345", "1234567", "abcdef"] {
            assert_eq!(seed().step_of(wrong, now), None, "{wrong:?}");
        }
        assert_eq!(Seed::random().step_of(&code, now), None, "another person's");
        assert!(Seed::of(vec![1; 8]).is_none(), "too short to be a seed");
    }
}
