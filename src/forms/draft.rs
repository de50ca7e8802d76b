//! Drafts: what a citizen has typed so far. Each start makes a new one; the browser's token opens it, for a day.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::define_sql_function;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use serde_json::Value;
use uuid::Uuid;

use super::counts::{self, Journey};
use super::model::Definition;
use super::parse::Raw;
use super::{saved, upload};
use crate::kernel::seal::{Place, Renewed, Secret, Token};
use crate::kernel::{Language, new_id};
use crate::platform::schema::draft;
use crate::platform::{BATCH, Beside, Error, Fate, Renewal, Result, Tx, execute_prepared, load_prepared};

/// How long a draft is kept after it was last touched.
pub const DRAFT_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// More than anybody types into a form, in bytes: a draft is read whole for each of its pages.
const MOST_TYPED: usize = 1024 * 1024;

/// A draft as its pages need it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// In the form's addresses.
    pub id: Uuid,
    /// Which service.
    pub service: String,
    /// Which version of it: who began on one finishes on it.
    pub version: i32,
    /// What was typed.
    pub answers: Raw,
    /// Once submitted: the case and its reference.
    pub submitted: Option<(Uuid, String)>,
    /// When it is erased, unless it is touched before.
    pub expires_at: Timestamp,
}

type Columns = (Uuid, String, i32, Vec<u8>, Value, Option<Uuid>, Option<String>, jiff_diesel::Timestamp);

/// Begins a draft for the browser that holds `browser`.
///
/// # Errors
/// The database's.
pub fn start_draft(
    tx: &mut Tx<'_>,
    now: Timestamp,
    service: &str,
    version: i32,
    language: Language,
    browser: &Token,
) -> Result<Uuid> {
    let id = new_id(now);
    diesel::insert_into(draft::table)
        .values((
            draft::tenant_id.eq(tx.actor()),
            draft::id.eq(id),
            draft::service.eq(service),
            draft::version.eq(version),
            draft::token_hash.eq(browser.hash()),
            draft::language.eq(language.code()),
            draft::answers.eq(serde_json::json!({})),
            draft::started_at.eq(now.to_diesel()),
            draft::expires_at.eq((now + DRAFT_LIFE).to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// The draft, if it is this browser's and has not expired.
///
/// # Errors
/// [`Error::NotFound`] otherwise.
pub fn find_draft(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, id: Uuid, browser: &Token) -> Result<Draft> {
    let it = draft::table.find((tx.actor(), id)).filter(draft::expires_at.gt(now.to_diesel()));
    let columns = it.select(COLUMNS).first(tx.conn)?;
    read(tx, secret, columns, browser)
}

/// The same, locked until the transaction ends: two submits of one draft follow each other.
///
/// # Errors
/// [`Error::NotFound`] as [`find_draft`].
pub fn lock_draft(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret, id: Uuid, browser: &Token) -> Result<Draft> {
    let it = draft::table.find((tx.actor(), id)).filter(draft::expires_at.gt(now.to_diesel()));
    let columns = it.select(COLUMNS).for_update().first(tx.conn)?;
    read(tx, secret, columns, browser)
}

/// As [`find_draft`], with what is looked up beside it, if anything is.
///
/// # Errors
/// [`Error::NotFound`] as [`find_draft`].
pub fn find_draft_beside(
    tx: &mut Tx<'_>,
    now: Timestamp,
    secret: &Secret,
    id: Uuid,
    browser: &Token,
    beside: Option<Beside>,
) -> Result<(Draft, Option<Value>)> {
    let Some(beside) = beside else { return Ok((find_draft(tx, now, secret, id, browser)?, None)) };
    let it = draft::table.find((tx.actor(), id)).filter(draft::expires_at.gt(now.to_diesel()));
    let rows = load_prepared(tx.conn, it.select((COLUMNS, beside)))?;
    read_beside(tx, secret, rows, browser)
}

/// As [`lock_draft`], with what is looked up beside it, if anything is.
///
/// # Errors
/// [`Error::NotFound`] as [`find_draft`].
pub fn lock_draft_beside(
    tx: &mut Tx<'_>,
    now: Timestamp,
    secret: &Secret,
    id: Uuid,
    browser: &Token,
    beside: Option<Beside>,
) -> Result<(Draft, Option<Value>)> {
    let Some(beside) = beside else { return Ok((lock_draft(tx, now, secret, id, browser)?, None)) };
    let it = draft::table.find((tx.actor(), id)).filter(draft::expires_at.gt(now.to_diesel()));
    let rows = load_prepared(tx.conn, it.select((COLUMNS, beside)).for_update())?;
    read_beside(tx, secret, rows, browser)
}

const COLUMNS: (
    draft::id,
    draft::service,
    draft::version,
    draft::token_hash,
    draft::answers,
    draft::case_id,
    draft::reference,
    draft::expires_at,
) = (
    draft::id,
    draft::service,
    draft::version,
    draft::token_hash,
    draft::answers,
    draft::case_id,
    draft::reference,
    draft::expires_at,
);

fn read(
    tx: &Tx<'_>,
    secret: &Secret,
    (id, service, version, hash, answers, case_id, reference, expires_at): Columns,
    browser: &Token,
) -> Result<Draft> {
    if !browser.matches(&hash) {
        return Err(Error::NotFound);
    }
    let mut answers: Raw = serde_json::from_value(answers).map_err(anyhow::Error::from)?;
    unseal(tx, secret, id, &mut answers);
    Ok(Draft { id, service, version, answers, submitted: case_id.zip(reference), expires_at: expires_at.into() })
}

fn read_beside(
    tx: &Tx<'_>,
    secret: &Secret,
    rows: Vec<(Columns, Option<Value>)>,
    browser: &Token,
) -> Result<(Draft, Option<Value>)> {
    let (columns, brought) = rows.into_iter().next().ok_or(Error::NotFound)?;
    Ok((read(tx, secret, columns, browser)?, brought))
}

/// Keeps the draft's answers after one page was left, right or wrong, and puts off the draft's end. `step` is that page,
/// `ended` the end that its answers bring; both are for the counts of how far people come.
///
/// # Errors
/// [`Error::NotFound`] if the draft has been submitted.
pub fn save_answers(
    tx: &mut Tx<'_>,
    now: Timestamp,
    secret: &Secret,
    definition: &Definition,
    draft: &Draft,
    step: &str,
    ended: Option<&str>,
) -> Result<()> {
    let size: usize =
        draft.answers.iter().map(|(name, values)| name.len() + values.iter().map(String::len).sum::<usize>()).sum();
    if size > MOST_TYPED {
        return Err(Error::TooLarge);
    }
    let mut answers = draft.answers.clone();
    seal(tx, secret, draft.id, definition, &mut answers);
    let kept = diesel::update(draft::table.find((tx.actor(), draft.id)).filter(draft::submitted_at.is_null())).set((
        draft::answers.eq(serde_json::to_value(answers).map_err(anyhow::Error::from)?),
        draft::at_step.eq(step),
        draft::ended.eq(ended),
        draft::expires_at.eq(later_of(draft::expires_at, (now + DRAFT_LIFE).to_diesel())),
    ));
    if execute_prepared(tx.conn, kept)? == 1 { Ok(()) } else { Err(Error::NotFound) }
}

define_sql_function! {
    /// The later of two moments.
    #[sql_name = "greatest"]
    fn later_of(a: Timestamptz, b: Timestamptz) -> Timestamptz;
}

/// Puts off the draft's end, for somebody who means to come back.
pub(super) fn keep_until(tx: &mut Tx<'_>, id: Uuid, until: Timestamp) -> Result<()> {
    let open = draft::table.find((tx.actor(), id)).filter(draft::submitted_at.is_null());
    diesel::update(open).set(draft::expires_at.eq(until.to_diesel())).execute(tx.conn)?;
    Ok(())
}

/// Hands the draft to another browser: from here on its pages open there and nowhere else. Says no if it has expired or was sent.
pub(super) fn hand_to(tx: &mut Tx<'_>, now: Timestamp, id: Uuid, browser: &Token) -> Result<bool> {
    let open = draft::table
        .find((tx.actor(), id))
        .filter(draft::expires_at.gt(now.to_diesel()))
        .filter(draft::submitted_at.is_null());
    Ok(diesel::update(open).set(draft::token_hash.eq(browser.hash())).execute(tx.conn)? == 1)
}

/// The newest form of a service that this browser has begun and not sent, and was at within the hour.
///
/// # Errors
/// The database's.
pub fn begun(tx: &mut Tx<'_>, now: Timestamp, browser: &Token, service: &str) -> Result<Option<Uuid>> {
    let open = draft::table
        .filter(draft::tenant_id.eq(tx.actor()))
        .filter(draft::token_hash.eq(browser.hash()))
        .filter(draft::service.eq(service))
        .filter(draft::submitted_at.is_null())
        .filter(draft::at_step.ne(""))
        // Touched within the hour: devices are shared. What was put aside has a code.
        .filter(draft::expires_at.gt((now + DRAFT_LIFE - SignedDuration::from_hours(1)).to_diesel()))
        .filter(draft::id.ne_all(saved::saved_drafts(tx.actor())));
    Ok(open.order(draft::id.desc()).select(draft::id).first(tx.conn).optional()?)
}

/// A draft's answers as they are kept, sealed where they are, and the draft locked until the transaction ends; none if there is
/// no such draft.
pub(super) fn lock_answers(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Raw>> {
    let row = draft::table.find((tx.actor(), id)).select(draft::answers).for_update();
    let answers: Option<Value> = row.first(tx.conn).optional()?;
    Ok(answers.map(serde_json::from_value).transpose().map_err(anyhow::Error::from)?)
}

/// Writes what [`lock_answers`] read.
pub(super) fn put_answers(tx: &mut Tx<'_>, id: Uuid, answers: &Raw) -> Result<()> {
    let answers = serde_json::to_value(answers).map_err(anyhow::Error::from)?;
    diesel::update(draft::table.find((tx.actor(), id))).set(draft::answers.eq(answers)).execute(tx.conn)?;
    Ok(())
}

/// What a sealed value begins with: no browser can send it, because control characters are taken out of what it sends.
const SEALED: char = '\u{1}';
const COLUMN: &str = "draft.answers";

/// Seals what the definition says is to be sealed, to this draft.
fn seal(tx: &Tx<'_>, secret: &Secret, draft: Uuid, definition: &Definition, answers: &mut Raw) {
    let place = Place { tenant: tx.actor(), column: COLUMN, row: draft };
    let fields: Vec<String> =
        definition.questions().filter(|(_, q)| q.kind.is_sealed()).flat_map(|(_, q)| q.fields()).collect();
    for (name, values) in answers {
        let field = name.rsplit('.').next().unwrap_or(name);
        let is_sealed = fields.iter().any(|f| f == field);
        for value in values {
            value.retain(|c| c != SEALED);
            if is_sealed && !value.is_empty() {
                *value = format!("{SEALED}{}", STANDARD.encode(secret.seal(&place, value.as_bytes())));
            }
        }
    }
}

/// Opens what was sealed; what does not open is as good as never typed.
fn unseal(tx: &Tx<'_>, secret: &Secret, draft: Uuid, answers: &mut Raw) {
    let place = Place { tenant: tx.actor(), column: COLUMN, row: draft };
    for value in answers.values_mut().flatten() {
        if let Some(sealed) = value.strip_prefix(SEALED) {
            let plain = STANDARD.decode(sealed).ok().and_then(|bytes| secret.open(&place, &bytes));
            *value = plain.and_then(|plain| String::from_utf8(plain).ok()).unwrap_or_default();
        }
    }
}

/// Seals what is sealed in the next batch of drafts anew, after one of them.
///
/// # Errors
/// The database's.
pub fn renew_drafts(tx: &mut Tx<'_>, secret: &Secret, after: Uuid) -> Result<Renewal> {
    let rows: Vec<(Uuid, Value)> = draft::table
        .filter(draft::tenant_id.eq(tx.actor()))
        .filter(draft::id.gt(after))
        .order(draft::id)
        .limit(BATCH)
        .select((draft::id, draft::answers))
        .for_update()
        .load(tx.conn)?;
    let mut renewal = Renewal::default();
    for (id, answers) in rows {
        let mut answers: Raw = serde_json::from_value(answers).map_err(anyhow::Error::from)?;
        let place = Place { tenant: tx.actor(), column: COLUMN, row: id };
        let mut fates = Vec::new();
        for value in answers.values_mut().flatten() {
            let Some(sealed) = value.strip_prefix(SEALED) else { continue };
            let renewed = STANDARD.decode(sealed).map_or(Renewed::Lost, |sealed| secret.renewed(&place, &sealed));
            fates.push(Fate::from(&renewed));
            if let Renewed::Anew(sealed) = renewed {
                *value = format!("{SEALED}{}", STANDARD.encode(sealed));
            }
        }
        if fates.contains(&Fate::Renewed) {
            let answers = serde_json::to_value(answers).map_err(anyhow::Error::from)?;
            diesel::update(draft::table.find((tx.actor(), id))).set(draft::answers.eq(answers)).execute(tx.conn)?;
        }
        renewal.count(id, fates);
    }
    Ok(renewal)
}

/// Ends the draft: what was typed goes, and every later submit of it answers with this receipt.
///
/// # Errors
/// [`Error::NotFound`] if the draft has been submitted, so that no case is opened for it twice.
pub fn mark_submitted(tx: &mut Tx<'_>, now: Timestamp, id: Uuid, case_id: Uuid, reference: &str) -> Result<()> {
    let open = draft::table.find((tx.actor(), id)).filter(draft::submitted_at.is_null());
    let ended = diesel::update(open).set((
        draft::submitted_at.eq(now.to_diesel()),
        draft::case_id.eq(case_id),
        draft::reference.eq(reference),
        draft::answers.eq(serde_json::json!({})),
        draft::expires_at.eq((now + DRAFT_LIFE).to_diesel()),
    ));
    if execute_prepared(tx.conn, ended)? == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Erases everything that a browser has typed or added and neither sent nor put aside; says which files are to be removed once the
/// transaction is committed.
///
/// # Errors
/// The database's.
pub fn discard_drafts(tx: &mut Tx<'_>, browser: &Token) -> Result<Vec<Uuid>> {
    let open = draft::table
        .filter(draft::tenant_id.eq(tx.actor()))
        .filter(draft::token_hash.eq(browser.hash()))
        .filter(draft::submitted_at.is_null())
        .filter(draft::id.ne_all(saved::saved_drafts(tx.actor())));
    // Locked, so that no file is added to one of them before it is gone.
    let ids = open.select(draft::id).for_update().load(tx.conn)?;
    erase(tx, &ids)
}

type Expired = (Uuid, String, jiff_diesel::Timestamp, Option<jiff_diesel::Timestamp>, String, Option<String>);

/// Erases the drafts that have expired, and what was added to them, and counts how they ended; says which files are to be
/// removed once the transaction is committed.
///
/// # Errors
/// The database's.
pub fn expire_drafts(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Uuid>> {
    let expired = draft::table.filter(draft::tenant_id.eq(tx.actor())).filter(draft::expires_at.le(now.to_diesel()));
    let rows: Vec<Expired> = expired
        .select((draft::id, draft::service, draft::started_at, draft::submitted_at, draft::at_step, draft::ended))
        .for_update()
        .load(tx.conn)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, ..)| *id).collect();
    let journeys: Vec<Journey> = rows
        .into_iter()
        .map(|(_, service, started_at, submitted_at, at_step, ended)| Journey {
            service,
            started_at: started_at.into(),
            submitted_at: submitted_at.map(Into::into),
            at_step,
            ended,
        })
        .collect();
    counts::count(tx, &journeys)?;
    erase(tx, &ids)
}

fn erase(tx: &mut Tx<'_>, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let blobs = upload::blobs_of(tx, ids)?;
    let gone = draft::table.filter(draft::tenant_id.eq(tx.actor())).filter(draft::id.eq_any(ids));
    diesel::delete(gone).execute(tx.conn)?;
    Ok(blobs)
}
