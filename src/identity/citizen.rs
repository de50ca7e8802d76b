//! Citizens who have proved an e-mail address: the tables `citizen_login` and `citizen_session`. No password: a link by mail
//! opens a session, once. Nobody needs an account, and nothing is kept of her but the session and what is sealed in it.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{self, Bytea, Jsonb, Timestamptz};
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::seal::{Place, Secret, Token};
use crate::kernel::{AuthorityId, new_id};
use crate::platform::schema::{citizen_login, citizen_session};
use crate::platform::{BATCH, Beside, Renewal, Result, Tx, renew};

/// The cookie that holds a citizen's session.
pub const CITIZEN_COOKIE: &str = "__Host-citizen";
/// How long a link by mail may be used.
pub const LOGIN_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// How long a citizen stays signed in.
pub const CITIZEN_SESSION_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);

const EMAIL_COLUMN: &str = "citizen_login.email_sealed";
const DETAILS_COLUMN: &str = "citizen_session.details_sealed";

/// What she is offered as answers: her own words from before, and the address that she has proved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Her e-mail address.
    pub email: String,
    /// Her name as she last gave it.
    pub name: Option<String>,
    /// Her telephone number as she last gave it.
    pub phone: Option<String>,
}

/// Somebody whose e-mail address is proved.
#[derive(Clone)]
pub struct Citizen {
    session_id: Uuid,
    /// What she is offered as answers.
    pub details: Details,
}

/// A keyed hash of an e-mail address, however its letters are written: what a case keeps to be found by. It is another at
/// each council, and nobody reads the address from it.
#[must_use]
pub fn email_key(secret: &Secret, at: AuthorityId, email: &str) -> String {
    secret.derived_token("citizen", at, &email.trim().to_lowercase()).expose().to_owned()
}

/// The same from each secret that is known, the present one first: a case may have been opened under a former one.
#[must_use]
pub fn email_keys(secret: &Secret, at: AuthorityId, email: &str) -> Vec<String> {
    let email = email.trim().to_lowercase();
    let keys = secret.derived_tokens("citizen", at, &email);
    keys.map(|key| key.expose().to_owned()).collect()
}

/// Begins to prove an address; says the id of the link that is to be sent there.
///
/// # Errors
/// The database's.
pub fn ask_in(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, email: &str) -> Result<Uuid> {
    let id = new_id(now);
    let place = Place { tenant: tx.actor(), column: EMAIL_COLUMN, row: id };
    diesel::insert_into(citizen_login::table)
        .values((
            citizen_login::tenant_id.eq(tx.actor()),
            citizen_login::id.eq(id),
            citizen_login::token_hash.eq(link_token(tx, secret, id).hash()),
            citizen_login::email_sealed.eq(secret.seal(&place, email.as_bytes())),
            citizen_login::expires_at.eq((now + LOGIN_LIFE).to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Made again when the link is sent, so that until then it is written nowhere.
fn link_token(tx: &Tx<'_>, secret: &Secret, id: Uuid) -> Token {
    secret.derived_token("citizen-login", tx.actor(), &id.to_string())
}

/// Where a link goes and its secret part; none if it can no longer be used.
///
/// # Errors
/// The database's.
pub fn link_to_send(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, id: Uuid) -> Result<Option<(String, Token)>> {
    let sealed: Option<Vec<u8>> = citizen_login::table
        .find((tx.actor(), id))
        .filter(citizen_login::used_at.is_null())
        .filter(citizen_login::expires_at.gt(now.to_diesel()))
        .select(citizen_login::email_sealed)
        .first(tx.conn)
        .optional()?;
    let email = sealed.and_then(|sealed| opened_text(tx, secret, id, &sealed));
    Ok(email.map(|email| (email, link_token(tx, secret, id))))
}

/// Whether a link may still be used. Looking does not use it up: mail scanners look.
///
/// # Errors
/// The database's.
pub fn may_come_in(tx: &mut Tx<'_>, now: Timestamp, link: &Token) -> Result<bool> {
    let unused = citizen_login::table
        .filter(citizen_login::tenant_id.eq(tx.actor()))
        .filter(citizen_login::token_hash.eq(link.hash()))
        .filter(citizen_login::used_at.is_null())
        .filter(citizen_login::expires_at.gt(now.to_diesel()));
    Ok(unused.select(citizen_login::id).first::<Uuid>(tx.conn).optional()?.is_some())
}

/// Uses a link up; the address that it proves, or none if it was used before, has expired, or is no link of this council's.
///
/// # Errors
/// The database's.
pub fn use_link(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, link: &Token) -> Result<Option<String>> {
    let unused = citizen_login::table
        .filter(citizen_login::tenant_id.eq(tx.actor()))
        .filter(citizen_login::token_hash.eq(link.hash()))
        .filter(citizen_login::used_at.is_null())
        .filter(citizen_login::expires_at.gt(now.to_diesel()));
    let used: Option<(Uuid, Vec<u8>)> = diesel::update(unused)
        .set(citizen_login::used_at.eq(now.to_diesel()))
        .returning((citizen_login::id, citizen_login::email_sealed))
        .get_result(tx.conn)
        .optional()?;
    Ok(used.and_then(|(id, sealed)| opened_text(tx, secret, id, &sealed)))
}

/// Opens a session for somebody who has proved her address; says what her cookie holds.
///
/// # Errors
/// The database's.
pub fn open_citizen_session(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, details: &Details) -> Result<Token> {
    let (id, token) = (new_id(now), Token::random());
    let place = Place { tenant: tx.actor(), column: DETAILS_COLUMN, row: id };
    let plain = serde_json::to_vec(details).map_err(anyhow::Error::from)?;
    diesel::insert_into(citizen_session::table)
        .values((
            citizen_session::tenant_id.eq(tx.actor()),
            citizen_session::id.eq(id),
            citizen_session::token_hash.eq(token.hash()),
            citizen_session::details_sealed.eq(secret.seal(&place, &plain)),
            citizen_session::started_at.eq(now.to_diesel()),
            citizen_session::expires_at.eq((now + CITIZEN_SESSION_LIFE).to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(token)
}

/// The citizen whom a cookie names, if her session lasts: one statement. With it come her details, which a form may offer
/// as answers; she who is not signed in is offered none.
///
/// # Errors
/// The database's.
pub fn citizen(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, cookie: Option<&Token>) -> Result<Option<Citizen>> {
    let brought = citizen_beside(tx, now, cookie).map(|beside| beside.load(tx.conn)).transpose()?;
    Ok(citizen_brought(tx, secret, brought.flatten()))
}

/// The same, looked up in another statement if there is a cookie; [`citizen_brought`] reads what that brings.
#[must_use]
pub fn citizen_beside(tx: &Tx<'_>, now: Timestamp, cookie: Option<&Token>) -> Option<Beside> {
    let cookie = cookie?;
    Some(Beside::new(
        sql::<Jsonb>(
            "(select jsonb_build_array(id, encode(details_sealed, 'hex')) from citizen_session where tenant_id = ",
        )
        .bind::<sql_types::Uuid, _>(tx.actor())
        .sql(" and token_hash = ")
        .bind::<Bytea, _>(cookie.hash())
        .sql(" and revoked_at is null and expires_at > ")
        .bind::<Timestamptz, _>(now.to_diesel())
        .sql(")"),
    ))
}

/// Reads what [`citizen_beside`] brought.
#[must_use]
pub fn citizen_brought(tx: &Tx<'_>, secret: &Secret, brought: Option<serde_json::Value>) -> Option<Citizen> {
    let (session_id, sealed): (Uuid, String) = serde_json::from_value(brought?).ok()?;
    let plain = opened(tx, secret, DETAILS_COLUMN, session_id, &hex::decode(sealed).ok()?)?;
    Some(Citizen { session_id, details: serde_json::from_slice(&plain).ok()? })
}

/// Seals the next batch of addresses that links were asked for anew, after one of them.
///
/// # Errors
/// The database's.
pub fn renew_logins(tx: &mut Tx<'_>, secret: &Secret, after: Uuid) -> Result<Renewal> {
    let rows = citizen_login::table
        .filter(citizen_login::tenant_id.eq(tx.actor()))
        .filter(citizen_login::id.gt(after))
        .order(citizen_login::id)
        .limit(BATCH)
        .select((citizen_login::id, citizen_login::email_sealed))
        .for_update()
        .load(tx.conn)?;
    renew(tx, secret, EMAIL_COLUMN, rows, |tx, id, sealed| {
        let login = diesel::update(citizen_login::table.find((tx.actor(), id)));
        login.set(citizen_login::email_sealed.eq(sealed)).execute(tx.conn)?;
        Ok(())
    })
}

/// The same of what citizens' sessions hold.
///
/// # Errors
/// The database's.
pub fn renew_citizen_sessions(tx: &mut Tx<'_>, secret: &Secret, after: Uuid) -> Result<Renewal> {
    let rows = citizen_session::table
        .filter(citizen_session::tenant_id.eq(tx.actor()))
        .filter(citizen_session::id.gt(after))
        .order(citizen_session::id)
        .limit(BATCH)
        .select((citizen_session::id, citizen_session::details_sealed))
        .for_update()
        .load(tx.conn)?;
    renew(tx, secret, DETAILS_COLUMN, rows, |tx, id, sealed| {
        let session = diesel::update(citizen_session::table.find((tx.actor(), id)));
        session.set(citizen_session::details_sealed.eq(sealed)).execute(tx.conn)?;
        Ok(())
    })
}

fn opened(tx: &Tx<'_>, secret: &Secret, column: &str, row: Uuid, sealed: &[u8]) -> Option<Vec<u8>> {
    secret.open(&Place { tenant: tx.actor(), column, row }, sealed)
}

fn opened_text(tx: &Tx<'_>, secret: &Secret, login: Uuid, sealed: &[u8]) -> Option<String> {
    opened(tx, secret, EMAIL_COLUMN, login, sealed).and_then(|plain| String::from_utf8(plain).ok())
}

/// Ends her session at once.
///
/// # Errors
/// The database's.
pub fn leave(tx: &mut Tx<'_>, now: Timestamp, who: &Citizen) -> Result<()> {
    diesel::update(citizen_session::table.find((tx.actor(), who.session_id)))
        .filter(citizen_session::revoked_at.is_null())
        .set(citizen_session::revoked_at.eq(now.to_diesel()))
        .execute(tx.conn)?;
    Ok(())
}

/// Erases links and sessions that can no longer be used; says how many.
///
/// # Errors
/// The database's.
pub fn forget_citizens(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize> {
    let me = tx.actor();
    let links = citizen_login::table
        .filter(citizen_login::tenant_id.eq(me))
        .filter(citizen_login::used_at.is_not_null().or(citizen_login::expires_at.le(now.to_diesel())));
    let links = diesel::delete(links).execute(tx.conn)?;
    let sessions = citizen_session::table
        .filter(citizen_session::tenant_id.eq(me))
        .filter(citizen_session::revoked_at.is_not_null().or(citizen_session::expires_at.le(now.to_diesel())));
    Ok(links + diesel::delete(sessions).execute(tx.conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_key_at_each_council() {
        let (secret, other) = (Secret::new(&[1; 32]), Secret::new(&[2; 32]));
        let [a, b] = [1, 2].map(|n| AuthorityId(Uuid::from_u128(n)));
        let key = email_key(&secret, a, "Sam.Okafor@example.org ");
        assert_eq!(key, email_key(&secret, a, "sam.okafor@EXAMPLE.org"));
        assert_ne!(key, email_key(&secret, b, "sam.okafor@example.org"));
        assert_ne!(key, email_key(&other, a, "sam.okafor@example.org"));
        assert_ne!(key, email_key(&secret, a, "sam.okafor@example.com"));
    }
}
