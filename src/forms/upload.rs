//! The table `draft_upload`: files that were added to a draft, until the form is sent and they become the case's.
//!
//! Rows come first and go first: a file is removed only after the deletion of its row is committed, and what is left over
//! by a crash between the two is found by the sweep ([`blobs_in_use`] says what it must leave).

use std::fmt;

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answers::Answers;
use super::draft::{self, Draft};
use super::model::Question;
use crate::kernel::{FileKind, new_id};
use crate::platform::outbox::{self, Topic};
use crate::platform::schema::draft_upload;
use crate::platform::{Result, Tx};
use crate::site::{File, Refusal, Refused};

/// The most files of one draft, whatever its questions allow.
const MOST_OF_A_DRAFT: usize = 30;

/// What is known of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Nobody has looked into it yet: nobody gets it.
    Waiting,
    /// The scanner found nothing.
    Clean,
    /// There is no scanner here.
    Unscanned,
    /// The scanner found something: the file is gone.
    Infected,
    /// It is no such picture as it seemed: the file is gone.
    Unreadable,
}

impl FileState {
    const ALL: [FileState; 5] =
        [FileState::Waiting, FileState::Clean, FileState::Unscanned, FileState::Infected, FileState::Unreadable];

    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FileState::Waiting => "waiting",
            FileState::Clean => "clean",
            FileState::Unscanned => "unscanned",
            FileState::Infected => "infected",
            FileState::Unreadable => "unreadable",
        }
    }

    /// Reads [`FileState::word`]; what is not known is not handed out.
    #[must_use]
    pub fn read(word: &str) -> FileState {
        FileState::ALL.into_iter().find(|state| state.word() == word).unwrap_or(FileState::Waiting)
    }

    /// Whether staff may open it.
    #[must_use]
    pub fn may_be_opened(self) -> bool {
        matches!(self, FileState::Clean | FileState::Unscanned)
    }

    /// Whether it will never do, so that the citizen has to add another.
    #[must_use]
    pub fn is_lost(self) -> bool {
        matches!(self, FileState::Infected | FileState::Unreadable)
    }

    /// The sentence for whoever added it: that nobody scans files here is the council's to know.
    #[must_use]
    pub fn told(self) -> &'static str {
        if self == FileState::Unscanned { "upload-added" } else { self.key() }
    }

    /// The sentence that says so.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            FileState::Waiting => "upload-waiting",
            FileState::Clean => "upload-clean",
            FileState::Unscanned => "upload-unscanned",
            FileState::Infected => "upload-infected",
            FileState::Unreadable => "upload-unreadable",
        }
    }
}

/// A file that somebody has added to a form.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its id, which it keeps when it becomes the case's.
    pub id: Uuid,
    /// Its place among the files of the form, in the order in which they came.
    pub n: i32,
    /// The question's field: `photos`, `children.2.evidence`.
    pub field: String,
    /// Where its bytes are; none once they were thrown away.
    pub blob: Option<Uuid>,
    /// Its name, fit to be shown and saved.
    pub name: String,
    /// What it is, by its content.
    pub kind: FileKind,
    /// In bytes.
    pub size: u64,
    /// The hash of its bytes, in hexadecimal.
    pub sha256: String,
    /// What is known of it.
    pub state: FileState,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What a draft's answers say of a file, in one value of its question's field ([`Attached::value`]), so that reading answers
/// stays pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Its id.
    pub id: Uuid,
    /// In bytes.
    pub size: u64,
    /// What is known of it.
    pub state: FileState,
    /// Its name, fit to be shown.
    pub name: String,
}

impl Attached {
    fn of(upload: &Upload) -> Attached {
        Attached { id: upload.id, size: upload.size, state: upload.state, name: upload.name.clone() }
    }

    /// Reads [`Attached::value`].
    #[must_use]
    pub fn read(value: &str) -> Option<Attached> {
        let mut parts = value.splitn(4, ' ');
        let (id, size, state, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (id, size) = (Uuid::try_parse(id).ok()?, size.parse().ok()?);
        Some(Attached { id, size, state: FileState::read(state), name: name.to_owned() })
    }

    /// As a value among the answers.
    #[must_use]
    pub fn value(&self) -> String {
        format!("{} {} {} {}", self.id, self.size, self.state.word(), self.name)
    }
}

/// `letter.pdf (1.2 MB)`.
impl fmt::Display for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, shown_size(self.size))
    }
}

/// A number of bytes as people read it.
#[must_use]
pub fn shown_size(bytes: u64) -> String {
    const KB: u64 = 1024;
    match bytes {
        0..KB => format!("{bytes} B"),
        KB..1_047_552 => format!("{} KB", (bytes + KB / 2) / KB),
        bytes => {
            let tenths = (bytes * 10 + KB * KB / 2) / (KB * KB);
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

/// Somebody must look into a file. Its id alone: it may be a draft's or, by then, a case's.
#[derive(Debug, Serialize, Deserialize)]
pub struct Examine {
    /// Which.
    pub file: Uuid,
}

impl Topic for Examine {
    const NAME: &'static str = "forms.examine";
}

/// What came of looking into a file: what its row says from then on.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What is known of it.
    pub state: FileState,
    /// Where its bytes are from now on.
    pub blob: Option<Uuid>,
    /// In bytes.
    pub size: u64,
    /// Their hash.
    pub sha256: String,
}

/// Adds a file to a draft, which the caller has found open and locked, and to the answers of its question. `had` is what the
/// draft has ([`uploads_of`]) and gains the new one.
///
/// # Errors
/// The database's. The inner one: it will not do, or there are too many by now.
pub fn attach(
    tx: &mut Tx<'_>,
    now: Timestamp,
    draft: &mut Draft,
    question: &Question,
    had: &mut Vec<Upload>,
    file: File,
) -> Result<std::result::Result<(), Refused>> {
    let many =
        had.len() >= MOST_OF_A_DRAFT || had.iter().filter(|u| u.field == file.field).count() >= question.most_files();
    let why = match () {
        () if question.photos_only && !file.kind.is_picture() => Some(Refusal::NoPicture),
        () if many => Some(Refusal::TooMany),
        () => None,
    };
    if let Some(why) = why {
        return Ok(Err(Refused { field: file.field, name: file.name, why }));
    }
    let upload = Upload {
        id: new_id(now),
        n: had.iter().map(|u| u.n).max().unwrap_or(0) + 1,
        field: file.field,
        blob: Some(file.stored.key()),
        name: file.name,
        kind: file.kind,
        size: file.stored.size(),
        sha256: file.stored.sha256().to_owned(),
        state: FileState::Waiting,
        added_at: now,
    };
    diesel::insert_into(draft_upload::table)
        .values((
            draft_upload::tenant_id.eq(tx.actor()),
            draft_upload::id.eq(upload.id),
            draft_upload::draft_id.eq(draft.id),
            draft_upload::n.eq(upload.n),
            draft_upload::field.eq(&upload.field),
            draft_upload::blob.eq(upload.blob),
            draft_upload::name.eq(&upload.name),
            draft_upload::kind.eq(upload.kind.word()),
            draft_upload::size.eq(bytes(upload.size)),
            draft_upload::sha256.eq(&upload.sha256),
            draft_upload::state.eq(upload.state.word()),
            draft_upload::added_at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    outbox::publish(tx, now, &Examine { file: upload.id })?;
    file.stored.keep();
    draft.answers.entry(upload.field.clone()).or_default().push(Attached::of(&upload).value());
    had.push(upload);
    Ok(Ok(()))
}

/// A size as the database holds it.
#[must_use]
pub fn bytes(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

type Columns = (Uuid, i32, String, Option<Uuid>, String, String, i64, String, String, jiff_diesel::Timestamp);

const COLUMNS: (
    draft_upload::id,
    draft_upload::n,
    draft_upload::field,
    draft_upload::blob,
    draft_upload::name,
    draft_upload::kind,
    draft_upload::size,
    draft_upload::sha256,
    draft_upload::state,
    draft_upload::added_at,
) = (
    draft_upload::id,
    draft_upload::n,
    draft_upload::field,
    draft_upload::blob,
    draft_upload::name,
    draft_upload::kind,
    draft_upload::size,
    draft_upload::sha256,
    draft_upload::state,
    draft_upload::added_at,
);

/// An upload from the columns of its row, or of its case's row.
///
/// # Errors
/// If its kind is none that this program knows.
pub fn upload_of((id, n, field, blob, name, kind, size, sha256, state, added_at): Columns) -> Result<Upload> {
    let kind = FileKind::read(&kind).ok_or_else(|| anyhow::anyhow!("a file of an unknown kind"))?;
    let (size, state) = (u64::try_from(size).unwrap_or_default(), FileState::read(&state));
    Ok(Upload { id, n, field, blob, name, kind, size, sha256, state, added_at: added_at.into() })
}

/// The files of a draft, in the order in which they came.
///
/// # Errors
/// The database's.
pub fn uploads_of(tx: &mut Tx<'_>, draft: Uuid) -> Result<Vec<Upload>> {
    let rows: Vec<Columns> = draft_upload::table
        .filter(draft_upload::tenant_id.eq(tx.actor()))
        .filter(draft_upload::draft_id.eq(draft))
        .order(draft_upload::n)
        .select(COLUMNS)
        .load(tx.conn)?;
    rows.into_iter().map(upload_of).collect()
}

/// Takes one file off a draft, which the caller has found open and locked, and out of the answers of its field. Its blob, if
/// it still has one, is to be removed once the transaction is committed.
///
/// # Errors
/// [`crate::platform::Error::NotFound`] if there is no such file in the field.
pub fn remove_upload(tx: &mut Tx<'_>, draft: &mut Draft, field: &str, id: Uuid) -> Result<Option<Uuid>> {
    let one = draft_upload::table
        .find((tx.actor(), id))
        .filter(draft_upload::draft_id.eq(draft.id))
        .filter(draft_upload::field.eq(field));
    let blob = diesel::delete(one).returning(draft_upload::blob).get_result(tx.conn)?;
    if let Some(values) = draft.answers.get_mut(field) {
        values.retain(|value| Attached::read(value).is_none_or(|file| file.id != id));
    }
    Ok(blob)
}

/// Takes off a draft, which the caller has found open and locked, the files of fields that begin so: those of a thing that is
/// removed. Says which blobs are to be removed once the transaction is committed.
///
/// # Errors
/// The database's.
pub fn remove_uploads_of(tx: &mut Tx<'_>, draft: Uuid, prefix: &str) -> Result<Vec<Uuid>> {
    // To `like` an underscore, which ids may have, is any letter: another repeat's files would go.
    let fields = format!("{}%", prefix.replace('_', "\\_"));
    let gone = draft_upload::table
        .filter(draft_upload::tenant_id.eq(tx.actor()))
        .filter(draft_upload::draft_id.eq(draft))
        .filter(draft_upload::field.like(fields));
    let blobs: Vec<Option<Uuid>> = diesel::delete(gone).returning(draft_upload::blob).get_results(tx.conn)?;
    Ok(blobs.into_iter().flatten().collect())
}

/// Takes all files off a draft that is being sent: those that are among its answers, for [`crate::forms`]' callers to hang on
/// the case, and the blobs of the others, which are asked for no more; they are to be removed once the transaction is committed.
///
/// # Errors
/// The database's.
pub fn take_uploads(tx: &mut Tx<'_>, draft: &Draft, answers: &Answers) -> Result<(Vec<Upload>, Vec<Uuid>)> {
    // Each has a value among what was typed: most drafts have none, and need not be asked.
    if !draft.answers.values().flatten().any(|value| Attached::read(value).is_some()) {
        return Ok((vec![], vec![]));
    }
    let mine =
        draft_upload::table.filter(draft_upload::tenant_id.eq(tx.actor())).filter(draft_upload::draft_id.eq(draft.id));
    let rows: Vec<Columns> = diesel::delete(mine).returning(COLUMNS).get_results(tx.conn)?;
    let taken = rows.into_iter().map(upload_of).collect::<Result<Vec<_>>>()?;
    let (mut sent, others): (Vec<_>, Vec<_>) =
        taken.into_iter().partition(|upload| answers.files().any(|file| file.id == upload.id));
    sent.sort_by_key(|upload| upload.n);
    Ok((sent, others.into_iter().filter_map(|upload| upload.blob).collect()))
}

/// The blobs of the drafts that have expired, whose rows go with their drafts'.
pub(super) fn blobs_of(tx: &mut Tx<'_>, drafts: &[Uuid]) -> Result<Vec<Uuid>> {
    let gone = draft_upload::table
        .filter(draft_upload::tenant_id.eq(tx.actor()))
        .filter(draft_upload::draft_id.eq_any(drafts));
    let blobs: Vec<Option<Uuid>> = diesel::delete(gone).returning(draft_upload::blob).get_results(tx.conn)?;
    Ok(blobs.into_iter().flatten().collect())
}

/// A draft's file by its id.
///
/// # Errors
/// The database's.
pub fn find_upload(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Upload>> {
    let row: Option<Columns> = draft_upload::table.find((tx.actor(), id)).select(COLUMNS).first(tx.conn).optional()?;
    row.map(upload_of).transpose()
}

/// Writes down what came of looking into a draft's file, in its row and in the draft's answers; says no if no file of a draft
/// waits under this id.
///
/// # Errors
/// The database's.
pub fn set_examined(tx: &mut Tx<'_>, id: Uuid, examined: &Examined) -> Result<bool> {
    let of: Option<(Uuid, String)> = draft_upload::table
        .find((tx.actor(), id))
        .select((draft_upload::draft_id, draft_upload::field))
        .first(tx.conn)
        .optional()?;
    let Some((draft, field)) = of else { return Ok(false) };
    // The draft first, as whoever adds, removes or sends does: else two would wait for each other.
    let answers = draft::lock_answers(tx, draft)?;
    let one = draft_upload::table.find((tx.actor(), id)).filter(draft_upload::state.eq(FileState::Waiting.word()));
    let changed = diesel::update(one)
        .set((
            draft_upload::state.eq(examined.state.word()),
            draft_upload::blob.eq(examined.blob),
            draft_upload::size.eq(bytes(examined.size)),
            draft_upload::sha256.eq(&examined.sha256),
        ))
        .execute(tx.conn)?;
    let Some(mut answers) = answers.filter(|_| changed == 1) else { return Ok(changed == 1) };
    for value in answers.get_mut(&field).into_iter().flatten() {
        if let Some(file) = Attached::read(value).filter(|file| file.id == id) {
            *value = Attached { size: examined.size, state: examined.state, ..file }.value();
        }
    }
    draft::put_answers(tx, draft, &answers)?;
    Ok(true)
}

/// Which of these blobs are drafts' files.
///
/// # Errors
/// The database's.
pub fn blobs_in_use(tx: &mut Tx<'_>, blobs: &[Uuid]) -> Result<Vec<Uuid>> {
    let used =
        draft_upload::table.filter(draft_upload::tenant_id.eq(tx.actor())).filter(draft_upload::blob.eq_any(blobs));
    Ok(used.select(draft_upload::blob.assume_not_null()).load(tx.conn)?)
}
