//! What tells one set of usage events from every other: a number that is added up, so that a day's, a batch's or a line's
//! comes of its parts, in whatever order they came.

use std::iter::Sum;
use std::ops::AddAssign;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::kernel::seal::sha256_hex;

/// How many hashes an event's number is made of.
const HASHES: u8 = 8;
/// And of how many words.
const WORDS: usize = 32;
/// And of how many bytes.
const BYTES: usize = 8 * WORDS;

/// Of an event: eight SHA-256 side by side, the first in front, of its id, a space and a digit from 0 to 7. Of several: the
/// sum, without what goes beyond 2048 bits. So wide a sum is not hit by another set of events
/// (`docs/decisions/0017-bills-come-from-the-rollup.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventDigest([u64; WORDS]);

impl EventDigest {
    /// Of no events.
    pub const NONE: EventDigest = EventDigest([0; WORDS]);

    /// Of one event.
    #[must_use]
    pub fn of(event: Uuid) -> EventDigest {
        let mut buffer = Uuid::encode_buffer();
        let id: &str = event.hyphenated().encode_lower(&mut buffer);
        let mut bytes = [0; BYTES];
        for (digit, place) in (0..HASHES).zip(bytes.chunks_exact_mut(32)) {
            place.copy_from_slice(&Sha256::new().chain_update(id).chain_update([b' ', b'0' + digit]).finalize());
        }
        EventDigest::from_bytes(&bytes)
    }

    /// The highest byte first.
    fn from_bytes(bytes: &[u8; BYTES]) -> EventDigest {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().rev().zip(bytes.as_chunks().0) {
            *word = u64::from_be_bytes(*bytes);
        }
        EventDigest(words)
    }

    /// As it is kept: the highest byte first.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        self.0.iter().rev().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// As a bill says it: the SHA-256 of those bytes.
    #[must_use]
    pub fn hex(self) -> String {
        sha256_hex(&self.to_bytes())
    }
}

impl AddAssign for EventDigest {
    fn add_assign(&mut self, other: EventDigest) {
        let mut carry = false;
        for (word, more) in self.0.iter_mut().zip(other.0) {
            let (sum, over) = word.overflowing_add(more);
            let (sum, over_by_carry) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, over || over_by_carry);
        }
    }
}

impl Sum for EventDigest {
    fn sum<I: Iterator<Item = EventDigest>>(all: I) -> EventDigest {
        all.fold(EventDigest::NONE, |mut sum, one| {
            sum += one;
            sum
        })
    }
}

impl TryFrom<Vec<u8>> for EventDigest {
    type Error = String;

    fn try_from(bytes: Vec<u8>) -> Result<EventDigest, String> {
        let bytes = bytes.as_slice().try_into().map_err(|_| format!("a digest of {} bytes", bytes.len()))?;
        Ok(EventDigest::from_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(n: u128) -> impl Iterator<Item = EventDigest> {
        (1..=n).map(|id| EventDigest::of(Uuid::from_u128(id)))
    }

    #[test]
    fn a_digest_is_what_the_decision_says() {
        // As the program in docs/decisions/0017 computes them.
        assert_eq!(EventDigest::NONE.hex(), "5341e6b2646979a70e57653007a1f310169421ec9bdd9f1a5648f75ade005af1");
        assert_eq!(
            events(1).sum::<EventDigest>().hex(),
            "a907742537889f1e8a0dc693e80407f2c3dd68259ffabb81c0b3a385d3e3720b"
        );
        assert_eq!(
            events(1_000).sum::<EventDigest>().hex(),
            "ae0c4d4665e6b410fbdde1e2a71c4696abc3bf958534a570fa968e70aac33f22"
        );
    }

    #[test]
    fn a_digest_is_kept_as_it_is() {
        let digest: EventDigest = events(3).sum();
        assert_eq!(EventDigest::try_from(digest.to_bytes()), Ok(digest));
        assert!(EventDigest::try_from(vec![0; 32]).is_err());
        let mut most = EventDigest([u64::MAX; WORDS]);
        let mut one = [0; WORDS];
        one[0] = 1;
        most += EventDigest(one);
        assert_eq!(most, EventDigest::NONE, "what goes beyond is left out");
    }

    proptest! {
        /// Whatever the order, and however they were put together.
        #[test]
        fn a_digest_comes_of_its_parts(
            ids in prop::collection::btree_set(any::<u128>(), 1..40),
            keys in prop::collection::vec(any::<u32>(), 40),
            cuts in prop::collection::vec(1_usize..7, 40),
        ) {
            let whole: EventDigest = ids.iter().map(|id| EventDigest::of(Uuid::from_u128(*id))).sum();
            let mut mixed: Vec<u128> = ids.iter().copied().collect();
            let mut keys = keys.iter();
            mixed.sort_by_cached_key(|_| keys.next());
            let (mut rest, mut parts) = (mixed.as_slice(), Vec::new());
            for cut in cuts {
                let (part, left) = rest.split_at(cut.min(rest.len()));
                parts.push(part.iter().map(|id| EventDigest::of(Uuid::from_u128(*id))).sum::<EventDigest>());
                rest = left;
            }
            prop_assert_eq!(parts.into_iter().sum::<EventDigest>(), whole);
            let without: EventDigest = ids.iter().skip(1).map(|id| EventDigest::of(Uuid::from_u128(*id))).sum();
            prop_assert_ne!(without, whole);
        }
    }
}
