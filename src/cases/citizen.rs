//! What a citizen has with one council, by the address that she has proved. Cases of sensitive services are never among it.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::model::State;
use super::store;
use crate::audit::{self, Seen};
use crate::forms::Sheet;
use crate::platform::schema::cases;
use crate::platform::{Result, Tx};

/// Of how many of her newest cases she reads who has looked.
const LOOKED_AT: i64 = 500;

/// One of her cases.
#[derive(Clone, Debug)]
pub struct OwnCase {
    /// Its id.
    pub id: Uuid,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: State,
    /// Whether its work is over.
    pub closed: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// By when it is meant to be done.
    pub due_on: Date,
}

/// What a citizen keeps of having sent a form.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What she was asked and answered; of sealed answers what may be shown.
    pub sheet: Sheet,
    /// Whether she is told by mail what happens.
    pub is_told: bool,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// The receipt of a case of the council at work, for whoever holds the draft that it was.
///
/// # Errors
/// [`crate::platform::Error::NotFound`].
pub fn receipt(tx: &mut Tx<'_>, case_id: Uuid) -> Result<Receipt> {
    let (sheet, is_told, sent_at) = store::receipt(tx, case_id)?;
    Ok(Receipt { sheet, is_told, sent_at })
}

/// Her cases, newest first, those before one if it is given. `keys` are [`crate::identity::email_keys`].
///
/// # Errors
/// The database's.
pub fn of_citizen(tx: &mut Tx<'_>, keys: &[String], before: Option<Uuid>, limit: i64) -> Result<Vec<OwnCase>> {
    type Columns = (Uuid, String, String, String, bool, jiff_diesel::Timestamp, jiff_diesel::Date);
    let mut query = cases::table
        .filter(cases::tenant_id.eq(tx.tenant()))
        .filter(cases::email_key.eq_any(keys))
        .filter(diesel::dsl::not(cases::sensitive))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(cases::id.lt(before));
    }
    let rows: Vec<Columns> = query
        .order(cases::id.desc())
        .limit(limit)
        .select((
            cases::id,
            cases::reference,
            cases::title,
            cases::state,
            cases::closed,
            cases::opened_at,
            cases::due_on,
        ))
        .load(tx.conn)?;
    let row = |(id, reference, title, state, closed, opened_at, due_on): Columns| OwnCase {
        id,
        reference,
        title,
        state: State::read(&state),
        closed,
        opened_at: opened_at.into(),
        due_on: due_on.into(),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The name and the telephone number that she gave last.
///
/// # Errors
/// The database's.
pub fn last_contact(tx: &mut Tx<'_>, keys: &[String]) -> Result<(Option<String>, Option<String>)> {
    let last = cases::table
        .filter(cases::tenant_id.eq(tx.tenant()))
        .filter(cases::email_key.eq_any(keys))
        .filter(diesel::dsl::not(cases::sensitive))
        .order(cases::id.desc())
        .select((cases::contact_name, cases::contact_phone));
    Ok(last.first(tx.conn).optional()?.unwrap_or_default())
}

/// Who has looked at her cases or at how to reach her, newest first, those before an entry if one is given.
///
/// # Errors
/// The database's.
pub fn looked_at(tx: &mut Tx<'_>, keys: &[String], before: Option<Uuid>, limit: i64) -> Result<Vec<Seen>> {
    let hers = cases::table
        .filter(cases::tenant_id.eq(tx.tenant()))
        .filter(cases::email_key.eq_any(keys.to_vec()))
        .filter(diesel::dsl::not(cases::sensitive))
        .order(cases::id.desc())
        .limit(LOOKED_AT)
        .select(cases::id);
    audit::about_any(tx, hers, &["case.read", "case.contact"], before, limit)
}
