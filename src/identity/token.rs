//! The token in the session cookie (RFC 7519): HS256 pinned; issuer, audience, expiry and subject demanded.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::AuthorityId;
use crate::kernel::seal::Secret;

/// The cookie that holds the token.
pub const SESSION_COOKIE: &str = "__Host-staff";
/// How long a token lasts; one in use is renewed, so this is the idle limit.
pub const TOKEN_LIFE: jiff::SignedDuration = jiff::SignedDuration::from_mins(60);

const ISSUER: &str = "moothall";

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    /// The authority that the session is at.
    aud: String,
    /// The member of staff.
    pub sub: Uuid,
    /// The session.
    pub sid: Uuid,
    /// Issued, in seconds since 1970.
    pub iat: i64,
    exp: i64,
}

/// Signs a token for a session.
///
/// # Errors
/// If signing fails, which it does not with a key of 32 bytes.
pub fn issue_token(
    secret: &Secret,
    audience: AuthorityId,
    staff: Uuid,
    session: Uuid,
    now: Timestamp,
) -> anyhow::Result<String> {
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: audience.to_string(),
        sub: staff,
        sid: session,
        iat: now.as_second(),
        exp: (now + TOKEN_LIFE).as_second(),
    };
    Ok(encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.signing_key()))?)
}

/// Reads a token that was signed for this authority and has not expired at `now`; `None` for anything else.
#[must_use]
pub fn read_token(secret: &Secret, audience: AuthorityId, token: &str, now: Timestamp) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[audience.to_string()]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    // The library would read the machine's clock; ours is passed in.
    validation.validate_exp = false;
    let mut signed =
        secret.signing_keys().map(|key| decode::<Claims>(token, &DecodingKey::from_secret(key), &validation));
    let claims = signed.find_map(Result::ok)?.claims;
    (claims.exp > now.as_second()).then_some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_its_own_door() {
        let (secret, now) = (Secret::new(&[1; 32]), "2026-11-20T10:00:00Z".parse().unwrap());
        let (a, b) = (AuthorityId(Uuid::from_u128(1)), AuthorityId(Uuid::from_u128(2)));
        let token = issue_token(&secret, a, Uuid::from_u128(3), Uuid::from_u128(4), now).unwrap();
        assert_eq!(read_token(&secret, a, &token, now).unwrap().sid, Uuid::from_u128(4));
        assert!(read_token(&secret, b, &token, now).is_none(), "another authority's");
        assert!(read_token(&secret, a, &token, now + TOKEN_LIFE).is_none(), "expired");
        assert!(read_token(&Secret::new(&[2; 32]), a, &token, now).is_none(), "another key's");
        let unsigned = token.rsplit_once('.').unwrap().0;
        assert!(read_token(&secret, a, &format!("{unsigned}."), now).is_none(), "unsigned");
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", token.split('.').nth(1).unwrap());
        assert!(read_token(&secret, a, &none, now).is_none(), "algorithm none");
        for missing in ["iss", "aud", "exp", "sub"] {
            let claims = serde_json::json!({"iss": "moothall", "aud": a.to_string(), "sub": Uuid::from_u128(3), "sid": Uuid::from_u128(4), "iat": 0, "exp": 9_999_999_999_i64});
            let mut claims = claims.as_object().unwrap().clone();
            claims.remove(missing);
            let forged =
                encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.signing_key()))
                    .unwrap();
            assert!(read_token(&secret, a, &forged, now).is_none(), "without {missing}");
        }
    }
}
