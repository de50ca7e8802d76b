//! The tables `staff`, `staff_session` and `staff_invite`.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::people::INVITE_COLUMN;
use super::sign_in::TOTP_COLUMN;
use super::{Claims, NewStaff, Person, Role, SESSION_LIFE, Staff};
use crate::kernel::seal::Secret;
use crate::kernel::{Pence, new_id};
use crate::platform::schema::{staff, staff_invite, staff_session};
use crate::platform::{BATCH, Error, Renewal, Result, Tx, renew};

/// Reads the session that a token names, and who is in it: one statement, in the handler's own transaction.
///
/// # Errors
/// [`Error::SignedOut`] if the session has ended or was revoked, or the person is no longer active.
pub fn authenticate(tx: &mut Tx<'_>, claims: Option<&Claims>, now: Timestamp) -> Result<Staff> {
    let claims = claims.ok_or(Error::SignedOut)?;
    let (id, email, name, roles, sign_limit) = staff_session::table
        .inner_join(
            staff::table.on(staff::tenant_id.eq(staff_session::tenant_id).and(staff::id.eq(staff_session::staff_id))),
        )
        .filter(staff_session::tenant_id.eq(tx.actor()))
        .filter(staff_session::id.eq(claims.sid))
        .filter(staff_session::staff_id.eq(claims.sub))
        .filter(staff_session::revoked_at.is_null())
        .filter(staff_session::expires_at.gt(now.to_diesel()))
        .filter(staff::active)
        .select((staff::id, staff::email, staff::name, staff::roles, staff::sign_limit_pence))
        .first::<(Uuid, String, String, serde_json::Value, Pence)>(tx.conn)
        .optional()?
        .ok_or(Error::SignedOut)?;
    Ok(Staff { id, email, name, roles: roles_of(roles)?, sign_limit, session_id: claims.sid })
}

fn roles_of(stored: serde_json::Value) -> Result<Vec<Role>> {
    Ok(serde_json::from_value(stored).map_err(anyhow::Error::from)?)
}

/// Opens a session for somebody who has proved who they are.
///
/// # Errors
/// The database's.
pub fn open_session(tx: &mut Tx<'_>, staff_id: Uuid, now: Timestamp) -> Result<Uuid> {
    let id = new_id(now);
    diesel::insert_into(staff_session::table)
        .values((
            staff_session::tenant_id.eq(tx.actor()),
            staff_session::id.eq(id),
            staff_session::staff_id.eq(staff_id),
            staff_session::started_at.eq(now.to_diesel()),
            staff_session::expires_at.eq((now + SESSION_LIFE).to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Ends one session at once.
pub(super) fn revoke(tx: &mut Tx<'_>, session: Uuid, now: Timestamp) -> Result<()> {
    diesel::update(staff_session::table.find((tx.actor(), session)))
        .filter(staff_session::revoked_at.is_null())
        .set(staff_session::revoked_at.eq(now.to_diesel()))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends every session of a person at once.
pub(super) fn revoke_all(tx: &mut Tx<'_>, person: Uuid, now: Timestamp) -> Result<()> {
    diesel::update(staff_session::table)
        .filter(staff_session::tenant_id.eq(tx.actor()))
        .filter(staff_session::staff_id.eq(person))
        .filter(staff_session::revoked_at.is_null())
        .set(staff_session::revoked_at.eq(now.to_diesel()))
        .execute(tx.conn)?;
    Ok(())
}

/// What a person proves themselves with.
#[derive(Queryable, Selectable, Clone)]
#[diesel(table_name = staff)]
pub(super) struct Credentials {
    pub id: Uuid,
    pub name: String,
    pub roles: serde_json::Value,
    pub password_hash: Option<String>,
    pub totp_sealed: Option<Vec<u8>>,
}

impl Credentials {
    pub(super) fn roles(&self) -> Result<Vec<Role>> {
        roles_of(self.roles.clone())
    }
}

/// Whose credentials.
pub(super) enum Whose<'a> {
    Email(&'a str),
    Id(Uuid),
}

/// The credentials of somebody who is active.
pub(super) fn credentials(tx: &mut Tx<'_>, whose: &Whose<'_>) -> Result<Option<Credentials>> {
    let mut query = staff::table.filter(staff::tenant_id.eq(tx.actor())).filter(staff::active).into_boxed();
    query = match whose {
        Whose::Email(email) => query.filter(staff::email.eq((*email).to_owned())),
        Whose::Id(id) => query.filter(staff::id.eq(*id)),
    };
    Ok(query.select(Credentials::as_select()).first(tx.conn).optional()?)
}

/// Uses up the step of a one-time code; false if it, or a later one, was used before.
pub(super) fn use_step(tx: &mut Tx<'_>, person: Uuid, step: i64) -> Result<bool> {
    let used = diesel::update(staff::table.find((tx.actor(), person)))
        .filter(staff::totp_last_step.lt(step))
        .set(staff::totp_last_step.eq(step))
        .execute(tx.conn)?;
    Ok(used == 1)
}

/// Changes what a person is called and may do.
pub(super) fn change(tx: &mut Tx<'_>, person: Uuid, to: &NewStaff) -> Result<()> {
    let changed = diesel::update(staff::table.find((tx.actor(), person)))
        .set((
            staff::name.eq(to.name()),
            staff::roles.eq(serde_json::to_value(to.roles()).map_err(anyhow::Error::from)?),
            staff::sign_limit_pence.eq(to.sign_limit()),
        ))
        .execute(tx.conn)?;
    if changed == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Adds a person; `None` if the e-mail address is taken.
pub(super) fn add(
    tx: &mut Tx<'_>,
    new: &NewStaff,
    password_hash: Option<&str>,
    now: Timestamp,
) -> Result<Option<Uuid>> {
    let id = new_id(now);
    let roles = serde_json::to_value(new.roles()).map_err(anyhow::Error::from)?;
    let added = diesel::insert_into(staff::table)
        .values((
            staff::tenant_id.eq(tx.actor()),
            staff::id.eq(id),
            staff::email.eq(new.email()),
            staff::name.eq(new.name()),
            staff::password_hash.eq(password_hash),
            staff::roles.eq(roles),
            staff::sign_limit_pence.eq(new.sign_limit()),
            staff::created_at.eq(now.to_diesel()),
        ))
        .on_conflict((staff::tenant_id, staff::email))
        .do_nothing()
        .execute(tx.conn)?;
    Ok((added == 1).then_some(id))
}

type PersonRow = (Uuid, String, String, serde_json::Value, Pence, bool, Option<String>);
const PERSON: (
    staff::id,
    staff::email,
    staff::name,
    staff::roles,
    staff::sign_limit_pence,
    staff::active,
    staff::password_hash,
) = (staff::id, staff::email, staff::name, staff::roles, staff::sign_limit_pence, staff::active, staff::password_hash);

fn person_of((id, email, name, roles, sign_limit, active, password): PersonRow) -> Result<Person> {
    Ok(Person { id, email, name, roles: roles_of(roles)?, sign_limit, active, joined: password.is_some() })
}

/// Everybody of the authority at work, by name, those who have left last.
///
/// # Errors
/// The database's.
pub fn people(tx: &mut Tx<'_>) -> Result<Vec<Person>> {
    let rows: Vec<PersonRow> = staff::table
        .filter(staff::tenant_id.eq(tx.actor()))
        .order((staff::active.desc(), staff::name, staff::id))
        .select(PERSON)
        .load(tx.conn)?;
    rows.into_iter().map(person_of).collect()
}

/// One person of the authority at work.
///
/// # Errors
/// [`Error::NotFound`], or the database's.
pub fn person(tx: &mut Tx<'_>, id: Uuid) -> Result<Person> {
    person_of(staff::table.find((tx.actor(), id)).select(PERSON).first(tx.conn)?)
}

/// Lets a person in, or no longer.
pub(super) fn set_active(tx: &mut Tx<'_>, id: Uuid, active: bool) -> Result<()> {
    diesel::update(staff::table.find((tx.actor(), id))).set(staff::active.eq(active)).execute(tx.conn)?;
    Ok(())
}

/// Gives a person a password and a one-time code, whose step up to now is used up.
pub(super) fn set_credentials(
    tx: &mut Tx<'_>,
    id: Uuid,
    password_hash: &str,
    totp_sealed: &[u8],
    step: i64,
) -> Result<()> {
    diesel::update(staff::table.find((tx.actor(), id)))
        .set((
            staff::password_hash.eq(password_hash),
            staff::totp_sealed.eq(totp_sealed),
            staff::totp_last_step.eq(step),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Seals the next batch of people's one-time-code seeds anew, after one of them.
///
/// # Errors
/// The database's.
pub fn renew_staff(tx: &mut Tx<'_>, secret: &Secret, after: Uuid) -> Result<Renewal> {
    let rows = staff::table
        .filter(staff::tenant_id.eq(tx.actor()))
        .filter(staff::id.gt(after))
        .filter(staff::totp_sealed.is_not_null())
        .order(staff::id)
        .limit(BATCH)
        .select((staff::id, staff::totp_sealed.assume_not_null()))
        .for_update()
        .load(tx.conn)?;
    renew(tx, secret, TOTP_COLUMN, rows, |tx, id, sealed| {
        diesel::update(staff::table.find((tx.actor(), id))).set(staff::totp_sealed.eq(sealed)).execute(tx.conn)?;
        Ok(())
    })
}

/// The same of invitations.
///
/// # Errors
/// The database's.
pub fn renew_invites(tx: &mut Tx<'_>, secret: &Secret, after: Uuid) -> Result<Renewal> {
    let rows = staff_invite::table
        .filter(staff_invite::tenant_id.eq(tx.actor()))
        .filter(staff_invite::id.gt(after))
        .order(staff_invite::id)
        .limit(BATCH)
        .select((staff_invite::id, staff_invite::totp_sealed))
        .for_update()
        .load(tx.conn)?;
    renew(tx, secret, INVITE_COLUMN, rows, |tx, id, sealed| {
        let invite = diesel::update(staff_invite::table.find((tx.actor(), id)));
        invite.set(staff_invite::totp_sealed.eq(sealed)).execute(tx.conn)?;
        Ok(())
    })
}

/// An invitation as stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = staff_invite)]
pub(super) struct InviteRow {
    pub id: Uuid,
    pub staff_id: Uuid,
    pub token_hash: Vec<u8>,
    pub totp_sealed: Vec<u8>,
}

pub(super) fn add_invite(tx: &mut Tx<'_>, row: &InviteRow, expires_at: Timestamp) -> Result<()> {
    diesel::insert_into(staff_invite::table)
        .values((
            staff_invite::tenant_id.eq(tx.actor()),
            staff_invite::id.eq(row.id),
            staff_invite::staff_id.eq(row.staff_id),
            staff_invite::token_hash.eq(&row.token_hash),
            staff_invite::totp_sealed.eq(&row.totp_sealed),
            staff_invite::expires_at.eq(expires_at.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// An invitation that may still be used.
pub(super) fn invite(tx: &mut Tx<'_>, id: Uuid, now: Timestamp) -> Result<Option<InviteRow>> {
    Ok(staff_invite::table
        .find((tx.actor(), id))
        .filter(staff_invite::used_at.is_null())
        .filter(staff_invite::expires_at.gt(now.to_diesel()))
        .select(InviteRow::as_select())
        .first(tx.conn)
        .optional()?)
}

/// Uses up every invitation of a person; says how many there were.
pub(super) fn use_invites(tx: &mut Tx<'_>, person: Uuid, now: Timestamp) -> Result<usize> {
    Ok(diesel::update(staff_invite::table)
        .filter(staff_invite::tenant_id.eq(tx.actor()))
        .filter(staff_invite::staff_id.eq(person))
        .filter(staff_invite::used_at.is_null())
        .set(staff_invite::used_at.eq(now.to_diesel()))
        .execute(tx.conn)?)
}
