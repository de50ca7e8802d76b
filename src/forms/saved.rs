//! Drafts that were put aside, to be gone on with later or elsewhere: the table `saved_draft`. A code opens one; the link that is
//! sent by mail holds the same code.

use diesel::helper_types::{Eq, Filter, Select};
use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::draft::{self, Draft};
use crate::kernel::seal::{Place, Secret, Token};
use crate::kernel::{AuthorityId, Language, ResumeCode};
use crate::platform::schema::{draft as drafts, saved_draft};
use crate::platform::{BATCH, Error, Renewal, Result, Tx, renew};

/// How long a draft is kept that was put aside.
pub const SAVED_LIFE: SignedDuration = SignedDuration::from_hours(24 * 28);
/// So long before its end whoever gave an address is warned.
const WARNED_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 3);

const COLUMN: &str = "saved_draft.sealed";

/// What is sealed of a draft that was put aside.
#[derive(Clone, Serialize, Deserialize)]
struct Sealed {
    code: String,
    email: Option<String>,
}

/// A draft that was put aside.
#[derive(Clone)]
pub struct Saved {
    /// What opens it.
    pub code: ResumeCode,
    /// Where the link was sent.
    pub email: Option<String>,
    /// When it is erased.
    pub until: Timestamp,
}

/// Puts a draft aside, which the caller has found open and locked. Done twice, the code stays.
///
/// # Errors
/// The database's.
pub fn save_for_later(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, draft: &Draft) -> Result<()> {
    draft::keep_until(tx, draft.id, now + SAVED_LIFE)?;
    let code = ResumeCode::random(&mut rand::rng());
    let sealed = Sealed { code: code.plain().to_owned(), email: None };
    diesel::insert_into(saved_draft::table)
        .values((
            saved_draft::tenant_id.eq(tx.actor()),
            saved_draft::draft_id.eq(draft.id),
            saved_draft::code_hash.eq(hash(&code)),
            saved_draft::sealed.eq(seal(tx, secret, draft.id, &sealed)?),
        ))
        .on_conflict((saved_draft::tenant_id, saved_draft::draft_id))
        .do_nothing()
        .execute(tx.conn)?;
    Ok(())
}

/// What opens a draft that was put aside, where its link was sent, and until when it is kept.
///
/// # Errors
/// [`Error::NotFound`] if it was not put aside, or has been sent or erased since.
pub fn saved(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, draft: Uuid) -> Result<Saved> {
    let (sealed, until): (Vec<u8>, jiff_diesel::Timestamp) = saved_draft::table
        .inner_join(
            drafts::table.on(drafts::tenant_id.eq(saved_draft::tenant_id).and(drafts::id.eq(saved_draft::draft_id))),
        )
        .filter(saved_draft::tenant_id.eq(tx.actor()))
        .filter(saved_draft::draft_id.eq(draft))
        .filter(drafts::submitted_at.is_null())
        .filter(drafts::expires_at.gt(now.to_diesel()))
        .select((saved_draft::sealed, drafts::expires_at))
        .first(tx.conn)?;
    let Sealed { code, email } = open(tx, secret, draft, &sealed).ok_or(Error::NotFound)?;
    let code = ResumeCode::parse(&code).ok_or(Error::NotFound)?;
    Ok(Saved { code, email, until: until.into() })
}

/// Keeps the address to which the link goes. Where another address was given before, there is a new code: the first may have
/// reached a stranger.
///
/// # Errors
/// [`Error::NotFound`] if the draft was not put aside.
pub fn send_to(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, draft: Uuid, email: &str) -> Result<()> {
    let known = saved(tx, now, secret, draft)?;
    let is_corrected = known.email.is_some_and(|before| before != email);
    let code = if is_corrected { ResumeCode::random(&mut rand::rng()) } else { known.code };
    let sealed = Sealed { code: code.plain().to_owned(), email: Some(email.to_owned()) };
    let sealed = seal(tx, secret, draft, &sealed)?;
    diesel::update(saved_draft::table.find((tx.actor(), draft)))
        .set((saved_draft::code_hash.eq(hash(&code)), saved_draft::sealed.eq(sealed), saved_draft::to_warn.eq(true)))
        .execute(tx.conn)?;
    Ok(())
}

/// Closes a draft that was put aside where it is open: from here on only its code opens it.
///
/// # Errors
/// [`Error::NotFound`] if it was not put aside.
pub fn close_here(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, draft: Uuid) -> Result<()> {
    saved(tx, now, secret, draft)?;
    draft::hand_to(tx, now, draft, &Token::random())?;
    Ok(())
}

/// Hands the draft that a code opens to a browser; none if it opens none.
///
/// # Errors
/// The database's.
pub fn resume(tx: &mut Tx<'_>, now: Timestamp, code: &ResumeCode, browser: &Token) -> Result<Option<Uuid>> {
    let found: Option<Uuid> = saved_draft::table
        .filter(saved_draft::tenant_id.eq(tx.actor()))
        .filter(saved_draft::code_hash.eq(hash(code)))
        .select(saved_draft::draft_id)
        .first(tx.conn)
        .optional()?;
    match found {
        Some(draft) if draft::hand_to(tx, now, draft, browser)? => Ok(Some(draft)),
        _ => Ok(None),
    }
}

/// The drafts whose end is near and whose citizens gave an address and were not warned yet; from here on they count as warned.
///
/// # Errors
/// The database's.
pub fn about_to_end(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Uuid>> {
    let near: Vec<Uuid> = saved_draft::table
        .inner_join(
            drafts::table.on(drafts::tenant_id.eq(saved_draft::tenant_id).and(drafts::id.eq(saved_draft::draft_id))),
        )
        .filter(saved_draft::tenant_id.eq(tx.actor()))
        .filter(saved_draft::to_warn)
        .filter(drafts::submitted_at.is_null())
        .filter(drafts::expires_at.le((now + WARNED_BEFORE).to_diesel()))
        .select(saved_draft::draft_id)
        .load(tx.conn)?;
    let warned =
        saved_draft::table.filter(saved_draft::tenant_id.eq(tx.actor())).filter(saved_draft::draft_id.eq_any(&near));
    diesel::update(warned).set(saved_draft::to_warn.eq(false)).execute(tx.conn)?;
    Ok(near)
}

/// Whose draft it is and in which language, for the message with its link.
///
/// # Errors
/// [`Error::NotFound`] if it is gone.
pub fn service_of_draft(tx: &mut Tx<'_>, draft: Uuid) -> Result<(String, i32, Language)> {
    let (service, version, language): (String, i32, String) = drafts::table
        .find((tx.actor(), draft))
        .select((drafts::service, drafts::version, drafts::language))
        .first(tx.conn)?;
    Ok((service, version, Language::parse(&language).unwrap_or_default()))
}

/// Seals what is sealed of the next batch of drafts that were put aside anew, after one of them.
///
/// # Errors
/// The database's.
pub fn renew_saved(tx: &mut Tx<'_>, secret: &Secret, after: Uuid) -> Result<Renewal> {
    let rows = saved_draft::table
        .filter(saved_draft::tenant_id.eq(tx.actor()))
        .filter(saved_draft::draft_id.gt(after))
        .order(saved_draft::draft_id)
        .limit(BATCH)
        .select((saved_draft::draft_id, saved_draft::sealed))
        .for_update()
        .load(tx.conn)?;
    renew(tx, secret, COLUMN, rows, |tx, draft, sealed| {
        let one = diesel::update(saved_draft::table.find((tx.actor(), draft)));
        one.set(saved_draft::sealed.eq(sealed)).execute(tx.conn)?;
        Ok(())
    })
}

type SavedDrafts = Select<Filter<saved_draft::table, Eq<saved_draft::tenant_id, AuthorityId>>, saved_draft::draft_id>;

/// Which drafts were put aside: they are not erased with what a browser leaves behind.
pub(super) fn saved_drafts(owner: AuthorityId) -> SavedDrafts {
    saved_draft::table.filter(saved_draft::tenant_id.eq(owner)).select(saved_draft::draft_id)
}

fn hash(code: &ResumeCode) -> Vec<u8> {
    Token::presented(code.plain()).hash()
}

fn seal(tx: &Tx<'_>, secret: &Secret, draft: Uuid, sealed: &Sealed) -> Result<Vec<u8>> {
    let plain = serde_json::to_vec(sealed).map_err(anyhow::Error::from)?;
    Ok(secret.seal(&Place { tenant: tx.actor(), column: COLUMN, row: draft }, &plain))
}

fn open(tx: &Tx<'_>, secret: &Secret, draft: Uuid, sealed: &[u8]) -> Option<Sealed> {
    serde_json::from_slice(&secret.open(&Place { tenant: tx.actor(), column: COLUMN, row: draft }, sealed)?).ok()
}
