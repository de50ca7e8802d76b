//! What the citizen sees of her case afterwards.

use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::model::{Case, SeenBy, TimelineEntry};
use super::store::{self, Row};
use crate::kernel::AuthorityId;
use crate::kernel::seal::{Secret, Token};
use crate::platform::{Error, Result, Tx};

/// A case as its citizen sees it.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// The case.
    pub case: Case,
    /// What she may see of what happened, newest first.
    pub timeline: Vec<TimelineEntry>,
}

/// The private link to a case, as somebody presents it: it proves that the case is theirs.
#[derive(Clone, Debug)]
pub struct Link {
    /// The case's reference.
    pub reference: String,
    /// The link's secret part.
    pub token: Token,
}

impl Link {
    /// The case that it opens, locked until the transaction ends.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it opens none.
    pub(super) fn lock(&self, tx: &mut Tx<'_>) -> Result<Row> {
        let row = store::lock(tx, &self.reference)?;
        if row.opens_with(&self.token) { Ok(row) } else { Err(Error::NotFound) }
    }
}

/// The token of a case's private link.
#[must_use]
pub fn track_token(secret: &Secret, owner: AuthorityId, case_id: Uuid) -> Token {
    secret.derived_token("track", owner, &case_id.to_string())
}

/// Finds a case by its reference and the e-mail address or telephone number given with it. Two statements, and the same
/// answer whichever of the two is wrong.
///
/// # Errors
/// [`Error::NotFound`].
pub fn track_by_contact(tx: &mut Tx<'_>, reference: &str, contact: &str) -> Result<Tracked> {
    let row = store::by_reference(tx, reference)?;
    if is_contact(&row, contact) { with_timeline(tx, row) } else { Err(Error::NotFound) }
}

/// Finds a case by its private link.
///
/// # Errors
/// [`Error::NotFound`].
pub fn track_by_link(tx: &mut Tx<'_>, link: &Link) -> Result<Tracked> {
    let row = store::by_reference(tx, &link.reference)?;
    if row.opens_with(&link.token) { with_timeline(tx, row) } else { Err(Error::NotFound) }
}

fn with_timeline(tx: &mut Tx<'_>, row: Row) -> Result<Tracked> {
    let timeline = store::timeline(tx, row.id, SeenBy::Citizen)?;
    Ok(Tracked { case: row.into_case(), timeline })
}

fn is_contact(row: &Row, given: &str) -> bool {
    let same = |known: Option<&String>, plain: &dyn Fn(&str) -> String| {
        known
            .map(|k| plain(k))
            .filter(|k| !k.is_empty())
            .is_some_and(|k| bool::from(k.as_bytes().ct_eq(plain(given).as_bytes())))
    };
    same(row.contact_email.as_ref(), &|e| e.trim().to_lowercase()) || same(row.contact_phone.as_ref(), &phone_digits)
}

/// The digits of a telephone number, with +44 read as 0.
fn phone_digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("44") {
        Some(rest) if text.trim().starts_with('+') || digits.len() > 11 => format!("0{}", rest.trim_start_matches('0')),
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::phone_digits;

    #[test]
    fn telephone_numbers_are_the_same_however_written() {
        for written in ["07700 900123", "+44 7700 900123", "(07700) 900-123", "+44 (0)7700 900123"] {
            assert_eq!(phone_digits(written), "07700900123", "{written}");
        }
    }
}
