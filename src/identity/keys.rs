//! Keys by which an authority's own systems show whose they are: made by a person, shown once, kept as a hash.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use crate::audit;
use crate::kernel::seal::Token;
use crate::kernel::{Actor, new_id};
use crate::platform::schema::api_key;
use crate::platform::{Error, Result, Tx};

/// A key as people see it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// Which system has it: that system's batches come from this source.
    pub name: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
    /// Who took it back, and when.
    pub revoked: Option<(String, Timestamp)>,
}

/// Makes a key for one of the acting authority's systems; says the key, which is never shown again.
///
/// # Errors
/// The database's.
pub fn make_key(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, name: &str) -> Result<Token> {
    let (id, key) = (new_id(now), Token::random());
    diesel::insert_into(api_key::table)
        .values((
            api_key::tenant_id.eq(tx.actor()),
            api_key::id.eq(id),
            api_key::name.eq(name),
            api_key::hash.eq(hex::encode(key.hash())),
            api_key::made_by.eq(&by.name),
            api_key::made_at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    record(tx, now, by, "key.make", (id, name))?;
    Ok(key)
}

/// Takes a key back: from here on it opens nothing.
///
/// # Errors
/// [`Error::NotFound`] for none of ours, or one that was taken back.
pub fn revoke_key(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid) -> Result<()> {
    let found = keys(tx)?.into_iter().find(|key| key.id == id && key.revoked.is_none()).ok_or(Error::NotFound)?;
    diesel::update(api_key::table.find((tx.actor(), id)))
        .set((api_key::revoked_by.eq(&by.name), api_key::revoked_at.eq(now.to_diesel())))
        .execute(tx.conn)?;
    record(tx, now, by, "key.revoke", (id, &found.name))
}

fn record(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, action: &'static str, (id, name): (Uuid, &str)) -> Result<()> {
    let entry = audit::Entry {
        action,
        subject_kind: "key",
        subject_id: id,
        subject_label: name,
        purpose: "a system that sends usage",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

/// Which of the acting authority's systems this key belongs to; none for a key that opens nothing.
///
/// # Errors
/// The database's.
pub fn key_of(tx: &mut Tx<'_>, presented: &Token) -> Result<Option<String>> {
    Ok(api_key::table
        .filter(api_key::tenant_id.eq(tx.actor()))
        .filter(api_key::hash.eq(hex::encode(presented.hash())))
        .filter(api_key::revoked_at.is_null())
        .select(api_key::name)
        .first(tx.conn)
        .optional()?)
}

/// The acting authority's keys, the newest first.
///
/// # Errors
/// The database's.
pub fn keys(tx: &mut Tx<'_>) -> Result<Vec<ApiKey>> {
    type Row = (Uuid, String, String, jiff_diesel::Timestamp, Option<String>, Option<jiff_diesel::Timestamp>);
    let rows: Vec<Row> = api_key::table
        .filter(api_key::tenant_id.eq(tx.actor()))
        .order(api_key::id.desc())
        .select((
            api_key::id,
            api_key::name,
            api_key::made_by,
            api_key::made_at,
            api_key::revoked_by,
            api_key::revoked_at,
        ))
        .load(tx.conn)?;
    let key = |(id, name, made_by, made_at, by, at): Row| ApiKey {
        id,
        name,
        made_by,
        made_at: made_at.into(),
        revoked: by.zip(at).map(|(by, at)| (by, at.into())),
    };
    Ok(rows.into_iter().map(key).collect())
}
