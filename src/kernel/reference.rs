//! Case references: `MAR-7K3Q-9F2TX`. Council prefix, eight random characters (40 bits), one check character.
//!
//! The alphabet is Crockford's base 32, without I, L, O and U; what people mishear or misread (O for 0, I or L for 1,
//! U for V) is understood. The check character is a weighted sum over GF(32) with distinct weights, so every single
//! wrong character and every swap of two is caught.

use rand::Rng;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RANDOM: usize = 8;

/// A well-formed case reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference(String);

impl Reference {
    /// A new random reference for the council whose prefix is given.
    #[must_use]
    pub fn random(prefix: &str, rng: &mut impl Rng) -> Reference {
        let values: [u8; RANDOM] = std::array::from_fn(|_| rng.random_range(0..32));
        Reference::from_values(prefix, &values)
    }

    fn from_values(prefix: &str, values: &[u8; RANDOM]) -> Reference {
        let letter = |v: &u8| char::from(ALPHABET[usize::from(*v)]);
        let (first, last): (String, String) =
            (values[..4].iter().map(letter).collect(), values[4..].iter().map(letter).collect());
        Reference(format!("{prefix}-{first}-{last}{}", letter(&check(values))))
    }

    /// Reads what a person typed: any case, with or without spaces and dashes, with or without the prefix.
    /// `None` if the characters or the check character cannot be right.
    #[must_use]
    pub fn parse(prefix: &str, typed: &str) -> Option<Reference> {
        let clean: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        let code = if clean.len() == prefix.len() + RANDOM + 1 { clean.strip_prefix(prefix)? } else { &clean };
        let values: Vec<u8> = code.bytes().map(value).collect::<Option<_>>()?;
        let (random, given) = (values.get(..RANDOM)?.try_into().ok()?, values.get(RANDOM..)?);
        (given == [check(&random)]).then(|| Reference::from_values(prefix, &random))
    }

    /// The reference as shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A code that opens a form which was put aside: sixteen random characters of the same alphabet (80 bits), for whoever has no
/// e-mail address to write down. `K7QM-4T2P-9XHD-2C6R`.
#[derive(Clone, PartialEq, Eq)]
pub struct ResumeCode(String);

impl ResumeCode {
    /// A new random code.
    #[must_use]
    pub fn random(rng: &mut impl Rng) -> ResumeCode {
        ResumeCode((0..16).map(|_| char::from(ALPHABET[rng.random_range(0..32)])).collect())
    }

    /// Reads what a person typed: any case, with or without spaces and dashes. `None` if it cannot be a code.
    #[must_use]
    pub fn parse(typed: &str) -> Option<ResumeCode> {
        let letters = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
        let values: Vec<u8> = letters.map(|c| value(u8::try_from(c).ok()?)).collect::<Option<_>>()?;
        let code = values.iter().map(|v| char::from(ALPHABET[usize::from(*v)])).collect();
        (values.len() == 16).then_some(ResumeCode(code))
    }

    /// Its sixteen characters, for addresses and for what is kept of it.
    #[must_use]
    pub fn plain(&self) -> &str {
        &self.0
    }

    /// As shown, four by four.
    #[must_use]
    pub fn shown(&self) -> String {
        [&self.0[..4], &self.0[4..8], &self.0[8..12], &self.0[12..]].join("-")
    }
}

fn value(c: u8) -> Option<u8> {
    let meant = match c {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        b'U' => b'V',
        c => c,
    };
    ALPHABET.iter().position(|a| *a == meant).and_then(|p| u8::try_from(p).ok())
}

fn check(values: &[u8; RANDOM]) -> u8 {
    // Σ αⁱ·vᵢ, Horner's rule; α = x is primitive for x⁵+x²+1.
    values.iter().rev().fold(0, |sum, v| times_x(sum ^ v))
}

fn times_x(v: u8) -> u8 {
    let shifted = v << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { shifted ^ 0b10_0101 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(values: [u8; 8]) {
            let reference = Reference::from_values("MAR", &values.map(|v| v % 32));
            prop_assert_eq!(Reference::parse("MAR", reference.as_str()), Some(reference.clone()));
            let spoken = reference.as_str().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            prop_assert_eq!(Reference::parse("MAR", &spoken), Some(reference.clone()));
            prop_assert_eq!(Reference::parse("MAR", &reference.as_str()[4..]), Some(reference));
        }

        #[test]
        fn one_wrong_character_or_a_swap_is_caught(values: [u8; 8], at in 0usize..9, other in 0usize..9, wrong in 1u8..32) {
            let shown = Reference::from_values("MAR", &values.map(|v| v % 32)).to_string().replace('-', "");
            let mut code: Vec<u8> = shown.bytes().skip(3).collect();
            let original = code.clone();
            code[at] = ALPHABET[usize::from((value(code[at]).unwrap() + wrong) % 32)];
            prop_assert_eq!(Reference::parse("MAR", std::str::from_utf8(&code).unwrap()), None);
            let mut swapped = original.clone();
            swapped.swap(at, other);
            if swapped != original {
                prop_assert_eq!(Reference::parse("MAR", std::str::from_utf8(&swapped).unwrap()), None);
            }
        }
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = ResumeCode::random(&mut rand::rng());
        let written = code.shown().to_lowercase().replace('-', "  ").replace('0', "o").replace('1', "i");
        assert!(ResumeCode::parse(&written) == Some(code.clone()) && ResumeCode::parse(code.plain()) == Some(code));
        assert!(
            ["", "K7QM-4T2P-9XHD", "K7QM-4T2P-9XHD-2C6RR", "K7QM-4T2P-9XHD-2C6é"]
                .iter()
                .all(|t| ResumeCode::parse(t).is_none())
        );
    }

    #[test]
    fn nonsense_is_not_a_reference() {
        for typed in ["", "MAR", "MAR-0000-00001", "WEA-0000-00000", "MAR-0000-0000", "£££££££££", "MAR-0000-000000"]
        {
            assert_eq!(Reference::parse("MAR", typed), None, "{typed}");
        }
        assert!(Reference::parse("MAR", "MAR-0000-00000").is_some());
    }
}
