//! Secrets at rest and tokens. Values are sealed with AES-256-GCM, bound to the row they belong to, so that a sealed
//! value copied to another tenant, column or row does not open. Tokens are stored only as SHA-256 hashes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac, rand as secure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::AuthorityId;

/// The deployment's secret, from which one key per purpose is derived (HKDF-SHA256), and the former secrets whose work is
/// still recognised until `moothall keys rotate` has done it anew.
#[derive(Clone)]
pub struct Secret {
    current: Keys,
    former: Vec<Keys>,
}

/// What is derived from one secret.
#[derive(Clone)]
struct Keys {
    seal: [u8; 32],
    sign: [u8; 32],
    token: [u8; 32],
    file: [u8; 32],
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

struct Key32;
impl hkdf::KeyType for Key32 {
    fn len(&self) -> usize {
        32
    }
}

/// A sealed value, seen by whoever seals anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// It was sealed with the present secret.
    Current,
    /// It was sealed with a former one; the same value, sealed with the present one.
    Anew(Vec<u8>),
    /// It opens with no secret that is known.
    Lost,
}

impl Secret {
    /// Derives the keys from at least 32 bytes of secret.
    #[must_use]
    pub fn new(material: &[u8]) -> Secret {
        Secret { current: Keys::new(material), former: Vec::new() }
    }

    /// The same, which still recognises what a former secret has done.
    #[must_use]
    pub fn after(mut self, former: &[u8]) -> Secret {
        self.former.push(Keys::new(former));
        self
    }

    /// Whether there is a former secret.
    #[must_use]
    pub fn has_former(&self) -> bool {
        !self.former.is_empty()
    }

    fn all(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.current).chain(&self.former)
    }

    /// The key that signs session tokens.
    #[must_use]
    pub fn signing_key(&self) -> &[u8; 32] {
        &self.current.sign
    }

    /// The keys that a session token may be signed with.
    pub fn signing_keys(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.all().map(|keys| &keys.sign)
    }

    /// Seals a value for one place.
    ///
    /// # Panics
    /// If the system has no randomness, without which nothing here is safe.
    #[must_use]
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        secure::fill(&mut nonce).expect("the system has randomness");
        let mut sealed = plain.to_vec();
        self.current
            .aead()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.bytes()), &mut sealed)
            .expect("a secret is far below the cipher's limit");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for the same place; `None` for anything else.
    #[must_use]
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        self.all().find_map(|keys| keys.open(place, sealed))
    }

    /// Seals a value for its place anew, if the present secret has not sealed it.
    #[must_use]
    pub fn renewed(&self, place: &Place<'_>, sealed: &[u8]) -> Renewed {
        if self.current.open(place, sealed).is_some() {
            return Renewed::Current;
        }
        self.open(place, sealed).map_or(Renewed::Lost, |plain| Renewed::Anew(self.seal(place, &plain)))
    }

    /// A token that can be made again from what it is for, such as the private link to a case.
    #[must_use]
    pub fn derived_token(&self, purpose: &str, tenant: AuthorityId, about: &str) -> Token {
        self.current.derived_token(purpose, tenant, about)
    }

    /// The same from each secret that is known, the present one first.
    pub fn derived_tokens(&self, purpose: &str, tenant: AuthorityId, about: &str) -> impl Iterator<Item = Token> {
        self.all().map(move |keys| keys.derived_token(purpose, tenant, about))
    }

    /// The seal of one file: a key of its own, made from whose it is and where it is kept. Whatever is sealed with it is
    /// written once.
    #[must_use]
    pub fn file_seal(&self, tenant: AuthorityId, file: Uuid) -> FileSeal {
        self.current.file_seal(tenant, file)
    }

    /// The seals that a file may have, that of the present secret first.
    pub fn file_seals(&self, tenant: AuthorityId, file: Uuid) -> impl Iterator<Item = FileSeal> {
        self.all().map(move |keys| keys.file_seal(tenant, file))
    }
}

impl Keys {
    fn new(material: &[u8]) -> Keys {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"moothall/1").extract(material);
        let key = |purpose: &'static [u8]| {
            let mut out = [0; 32];
            let info = [purpose];
            root.expand(&info, Key32).and_then(|okm| okm.fill(&mut out)).expect("32 bytes are within HKDF's limit");
            out
        };
        Keys { seal: key(b"seal"), sign: key(b"sign"), token: key(b"token"), file: key(b"file") }
    }

    fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = rest.to_vec();
        let plain = self.aead().open_in_place(nonce, Aad::from(place.bytes()), &mut buffer).ok()?;
        Some(plain.to_vec())
    }

    fn derived_token(&self, purpose: &str, tenant: AuthorityId, about: &str) -> Token {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.token);
        let text = format!("{purpose}\n{tenant}\n{about}");
        Token(URL_SAFE_NO_PAD.encode(&hmac::sign(&key, text.as_bytes()).as_ref()[..20]))
    }

    fn file_seal(&self, tenant: AuthorityId, file: Uuid) -> FileSeal {
        let about = format!("{tenant}\n{file}");
        let info = [about.as_bytes()];
        let mut key = [0; 32];
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &self.file)
            .expand(&info, Key32)
            .and_then(|okm| okm.fill(&mut key))
            .expect("32 bytes are within HKDF's limit");
        FileSeal(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("the key is 32 bytes")))
    }

    fn aead(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.seal).expect("the key is 32 bytes"))
    }
}

/// Where a sealed value lives.
pub struct Place<'a> {
    /// Whose row.
    pub tenant: AuthorityId,
    /// `table.column`.
    pub column: &'a str,
    /// Which row.
    pub row: Uuid,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}\n{}\n{}", self.tenant, self.column, self.row).into_bytes()
    }
}

/// Seals and opens a file piece by piece. A piece is bound to its place among the others, and the last to being the last,
/// so that pieces left out, changed about or cut off do not open (the STREAM construction, Hoang and others 2015).
pub struct FileSeal(LessSafeKey);

impl FileSeal {
    /// By how much a sealed piece is longer.
    pub const TAG: usize = 16;

    /// Seals the `n`th piece where it lies.
    ///
    /// # Panics
    /// If a piece is longer than the cipher allows, which is 64 GiB.
    pub fn seal(&self, n: u32, last: bool, piece: &mut Vec<u8>) {
        self.0
            .seal_in_place_append_tag(FileSeal::nonce(n, last), Aad::empty(), piece)
            .expect("a piece is far below the cipher's limit");
    }

    /// Opens it; false if it is not the `n`th piece of this file as it was sealed.
    pub fn open(&self, n: u32, last: bool, piece: &mut Vec<u8>) -> bool {
        let opened = self.0.open_in_place(FileSeal::nonce(n, last), Aad::empty(), piece).map(|plain| plain.len());
        opened.map(|length| piece.truncate(length)).is_ok()
    }

    /// Never the same twice under one key: the key is one file's alone.
    fn nonce(n: u32, last: bool) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[..4].copy_from_slice(&n.to_be_bytes());
        nonce[NONCE_LEN - 1] = u8::from(last);
        Nonce::assume_unique_for_key(nonce)
    }
}

/// A bearer token: shown once, stored as its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new random token of 160 bits.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn random() -> Token {
        let mut bytes = [0; 20];
        secure::fill(&mut bytes).expect("the system has randomness");
        Token(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Takes a token as somebody presents it.
    #[must_use]
    pub fn presented(text: &str) -> Token {
        Token(text.to_owned())
    }

    /// What the database holds of it.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    /// Whether its hash is this one, in constant time.
    #[must_use]
    pub fn matches(&self, hash: &[u8]) -> bool {
        self.hash().ct_eq(hash).into()
    }

    /// The token itself, for a link or a cookie.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let secret = Secret::new(&[7; 32]);
        let (a, b) = (AuthorityId(Uuid::from_u128(1)), AuthorityId(Uuid::from_u128(2)));
        let place = |tenant, column, row| Place { tenant, column, row: Uuid::from_u128(row) };
        let sealed = secret.seal(&place(a, "staff.totp", 1), b"seed");
        assert_eq!(secret.open(&place(a, "staff.totp", 1), &sealed).as_deref(), Some(b"seed".as_slice()));
        assert_eq!(secret.open(&place(b, "staff.totp", 1), &sealed), None);
        assert_eq!(secret.open(&place(a, "staff.other", 1), &sealed), None);
        assert_eq!(secret.open(&place(a, "staff.totp", 2), &sealed), None);
        assert_eq!(Secret::new(&[8; 32]).open(&place(a, "staff.totp", 1), &sealed), None);
        assert_eq!(secret.open(&place(a, "staff.totp", 1), b"short"), None);
    }

    #[test]
    fn what_a_former_secret_sealed_opens_until_it_is_forgotten() {
        let (old, new) = (Secret::new(&[7; 32]), Secret::new(&[8; 32]));
        let both = new.clone().after(&[7; 32]);
        let a = AuthorityId(Uuid::from_u128(1));
        let place = Place { tenant: a, column: "staff.totp", row: Uuid::from_u128(1) };
        let sealed = old.seal(&place, b"seed");
        assert_eq!((both.open(&place, &sealed).as_deref(), new.open(&place, &sealed)), (Some(&b"seed"[..]), None));
        let Renewed::Anew(again) = both.renewed(&place, &sealed) else { panic!("it is sealed anew") };
        assert_eq!(new.open(&place, &again).as_deref(), Some(b"seed".as_slice()));
        assert_eq!((both.renewed(&place, &again), new.renewed(&place, &sealed)), (Renewed::Current, Renewed::Lost));
        let tokens: Vec<Token> = both.derived_tokens("track", a, "x").collect();
        assert_eq!(tokens, [new.derived_token("track", a, "x"), old.derived_token("track", a, "x")]);
        assert_eq!(both.signing_keys().collect::<Vec<_>>(), [new.signing_key(), old.signing_key()]);
    }

    #[test]
    fn a_piece_of_a_file_opens_only_in_its_place() {
        let secret = Secret::new(&[7; 32]);
        let (a, b) = (AuthorityId(Uuid::from_u128(1)), AuthorityId(Uuid::from_u128(2)));
        let seal = |tenant, file| secret.file_seal(tenant, Uuid::from_u128(file));
        let mut sealed = b"piece".to_vec();
        seal(a, 1).seal(3, false, &mut sealed);
        assert_eq!(sealed.len(), 5 + FileSeal::TAG);
        let opens = |tenant, file, n, last| seal(tenant, file).open(n, last, &mut sealed.clone());
        assert!(opens(a, 1, 3, false));
        let elsewhere = [opens(b, 1, 3, false), opens(a, 2, 3, false), opens(a, 1, 2, false), opens(a, 1, 3, true)];
        assert_eq!(elsewhere, [false; 4]);
    }

    #[test]
    fn a_token_matches_its_own_hash() {
        let token = Token::random();
        assert!(Token::presented(token.expose()).matches(&token.hash()));
        assert!(!Token::random().matches(&token.hash()));
    }
}
