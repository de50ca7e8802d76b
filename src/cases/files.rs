//! The table `case_file`: the files that came with a form. And looking into files, a draft's or a case's: whoever
//! submits does not wait for it, so a file may become the case's before anybody has looked.

use std::io;

use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::model::SeenBy;
use super::news::{News, NewsKind};
use super::read::entry;
use super::store::{self, NewEvent};
use crate::audit;
use crate::forms::{self, Examine, Examined, FileState, Upload};
use crate::kernel::{Actor, AuthorityId};
use crate::platform::blob::Stored;
use crate::platform::clamd::{self, Scanned};
use crate::platform::outbox;
use crate::platform::picture::{self, Failed};
use crate::platform::schema::case_file;
use crate::platform::{Error, Result, Scope, Tx};
use crate::site::{FILE_LIMIT, Site, Texts};

/// Only what was begun so long ago is taken for left over: a younger file's row may not be committed yet.
const LEFT_OVER: SignedDuration = SignedDuration::from_hours(24);

/// Hangs a draft's files on its case, in one statement.
pub(super) fn insert(tx: &mut Tx<'_>, case_id: Uuid, handler: AuthorityId, files: &[Upload]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = files
        .iter()
        .map(|file| {
            (
                case_file::tenant_id.eq(tx.tenant()),
                case_file::id.eq(file.id),
                case_file::case_id.eq(case_id),
                case_file::handler_id.eq(handler),
                case_file::n.eq(file.n),
                case_file::field.eq(&file.field),
                case_file::blob.eq(file.blob),
                case_file::name.eq(&file.name),
                case_file::kind.eq(file.kind.word()),
                case_file::size.eq(forms::bytes(file.size)),
                case_file::sha256.eq(&file.sha256),
                case_file::state.eq(file.state.word()),
                case_file::added_at.eq(file.added_at.to_diesel()),
            )
        })
        .collect();
    diesel::insert_into(case_file::table).values(rows).execute(tx.conn)?;
    Ok(())
}

const COLUMNS: (
    case_file::id,
    case_file::n,
    case_file::field,
    case_file::blob,
    case_file::name,
    case_file::kind,
    case_file::size,
    case_file::sha256,
    case_file::state,
    case_file::added_at,
) = (
    case_file::id,
    case_file::n,
    case_file::field,
    case_file::blob,
    case_file::name,
    case_file::kind,
    case_file::size,
    case_file::sha256,
    case_file::state,
    case_file::added_at,
);

/// The files of a case, in the order in which they came.
pub(super) fn of_case(tx: &mut Tx<'_>, case_id: Uuid) -> Result<Vec<Upload>> {
    case_file::table
        .filter(case_file::tenant_id.eq(tx.tenant()))
        .filter(case_file::case_id.eq(case_id))
        .order(case_file::n)
        .select(COLUMNS)
        .load(tx.conn)?
        .into_iter()
        .map(forms::upload_of)
        .collect()
}

/// Where the files of a case are, those still to be looked at among them.
pub(super) fn blobs_of(tx: &mut Tx<'_>, case_id: Uuid) -> Result<Vec<Uuid>> {
    let files = case_file::table.filter(case_file::tenant_id.eq(tx.tenant())).filter(case_file::case_id.eq(case_id));
    let kept = files.filter(case_file::blob.is_not_null());
    Ok(kept.select(case_file::blob.assume_not_null()).load(tx.conn)?)
}

/// Gives a case's files to the owner's own staff, with the case.
pub(super) fn bring_home(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    let owner = tx.tenant();
    let files = case_file::table.filter(case_file::tenant_id.eq(owner)).filter(case_file::case_id.eq(case_id));
    diesel::update(files).set(case_file::handler_id.eq(owner)).execute(tx.conn)?;
    Ok(())
}

/// A file of a case of `owner`'s that the acting authority may see, for somebody who is about to be given it, and the
/// audit's entry that they were: where it is, and what it is called. Only what may be opened.
///
/// # Errors
/// [`Error::NotFound`].
pub fn file(
    tx: &mut Tx<'_>,
    now: Timestamp,
    owner: AuthorityId,
    reference: &str,
    id: Uuid,
    by: &Actor,
) -> Result<(Uuid, Upload)> {
    tx.turned(owner, |tx| {
        let case = store::by_reference(tx, reference)?.into_case();
        let one = case_file::table.find((tx.tenant(), id)).filter(case_file::case_id.eq(case.id));
        let file = forms::upload_of(one.select(COLUMNS).first(tx.conn)?)?;
        let blob = file.blob.filter(|_| file.state.may_be_opened()).ok_or(Error::NotFound)?;
        audit::record(tx, now, by, &entry(&case, "case.file", "working the case"))?;
        Ok((blob, file))
    })
}

/// Looks into a file: has it scanned where there is a scanner, and makes a picture anew. The scanner and the disk are
/// spoken to outside any transaction. Done twice, it does nothing the second time.
///
/// # Errors
/// What is worth another attempt: the database's, the disk's, or a scanner that cannot be reached or does not say.
pub fn examine(site: &Site, owner: AuthorityId, job: &Examine) -> Result<()> {
    let scope = Scope::own(owner);
    let found = site.db.scoped(scope, |tx| match forms::find_upload(tx, job.file)? {
        Some(upload) => Ok(Some(upload)),
        None => find(tx, job.file),
    })?;
    // It was taken off the draft, or the draft has expired, or this was done before.
    let Some((file, blob)) = found.filter(|f| f.state == FileState::Waiting).and_then(|f| f.blob.map(|blob| (f, blob)))
    else {
        return Ok(());
    };
    let (examined, mut renewed) = look(site, owner, &file, blob)?;
    let kept = site.db.scoped(scope, |tx| {
        let is_a_drafts = forms::set_examined(tx, file.id, &examined)?;
        let case = if is_a_drafts { None } else { set_examined(tx, file.id, &examined)? };
        let is_named = is_a_drafts || case.is_some();
        // Before the commit: if it is not known to have come about, the sweep finds the file, and nobody has lost one.
        if let Some(renewed) = renewed.take_if(|_| is_named) {
            renewed.keep();
        }
        if let Some(case) = case.filter(|_| examined.state.is_lost()) {
            tell_of_loss(tx, site.clock.now(), case, &file.name, examined.state)?;
        }
        Ok(is_named)
    })?;
    if kept && examined.blob != Some(blob) {
        site.blobs.remove(owner, blob).map_err(anyhow::Error::from)?;
    }
    Ok(())
}

fn look(site: &Site, owner: AuthorityId, file: &Upload, blob: Uuid) -> Result<(Examined, Option<Stored>)> {
    let read = || site.blobs.read(owner, blob).map_err(anyhow::Error::from);
    let examined = |state, blob| Examined { state, blob, size: file.size, sha256: file.sha256.clone() };
    let state = match &site.config.files.clamd {
        None => FileState::Unscanned,
        Some(address) => match clamd::scan(address, &mut read()?).map_err(|error| unanswered(&error))? {
            Scanned::Infected => return Ok((examined(FileState::Infected, None), None)),
            Scanned::Clean => FileState::Clean,
        },
    };
    if !file.kind.is_picture() {
        return Ok((examined(state, Some(blob)), None));
    }
    let mut renewed = site.blobs.create(owner, site.clock.now()).map_err(anyhow::Error::from)?;
    match picture::renew(file.kind, read()?, FILE_LIMIT, &mut renewed) {
        Ok(()) => {}
        Err(Failed::Unreadable) => return Ok((examined(FileState::Unreadable, None), None)),
        Err(Failed::Io(error)) => return Err(Error::Other(error.into())),
    }
    let stored = renewed.finish().map_err(anyhow::Error::from)?;
    let (size, sha256) = (stored.size(), stored.sha256().to_owned());
    Ok((Examined { state, blob: Some(stored.key()), size, sha256 }, Some(stored)))
}

fn unanswered(error: &io::Error) -> anyhow::Error {
    anyhow::anyhow!("the scanner: {error}")
}

fn find(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Upload>> {
    let row = case_file::table.find((tx.tenant(), id)).select(COLUMNS).first(tx.conn).optional()?;
    row.map(forms::upload_of).transpose()
}

/// Says whose file it is, if it waited.
fn set_examined(tx: &mut Tx<'_>, id: Uuid, examined: &Examined) -> Result<Option<Uuid>> {
    let one = case_file::table.find((tx.tenant(), id)).filter(case_file::state.eq(FileState::Waiting.word()));
    let changed = diesel::update(one).set((
        case_file::state.eq(examined.state.word()),
        case_file::blob.eq(examined.blob),
        case_file::size.eq(forms::bytes(examined.size)),
        case_file::sha256.eq(&examined.sha256),
    ));
    Ok(changed.returning(case_file::case_id).get_result(tx.conn).optional()?)
}

/// Whoever has sent a file that could not be kept learns it from her case, and by mail.
fn tell_of_loss(tx: &mut Tx<'_>, now: Timestamp, case_id: Uuid, name: &str, state: FileState) -> Result<()> {
    let case = store::by_id(tx, case_id)?.into_case();
    let t = Texts::of(case.language);
    let key = if state == FileState::Infected { "cases-event-file-infected" } else { "cases-event-file-unreadable" };
    let event = NewEvent {
        kind: "file-lost",
        seen_by: SeenBy::Citizen,
        actor_name: &t.get("cases-automatic"),
        by_name: None,
        body: &t.one(key, "name", name),
    };
    let event_id = store::insert_event(tx, now, case_id, case.handler, &event)?;
    if case.can_be_told {
        outbox::publish(tx, now, &News { case_id, event_id, kind: NewsKind::Update })?;
    }
    Ok(())
}

/// Removes an authority's files that no row names: what a crash between a commit and a removal leaves, or a transaction
/// that was rolled back. Says how many.
///
/// # Errors
/// The database's, the disk's or the bucket's.
pub fn sweep(site: &Site, owner: AuthorityId, now: Timestamp) -> Result<usize> {
    let old = site.blobs.begun_before(owner, now - LEFT_OVER).map_err(anyhow::Error::from)?;
    let mut removed = 0;
    for some in old.chunks(500) {
        let used = site.db.scoped(Scope::own(owner), |tx| {
            let mut used = forms::blobs_in_use(tx, some)?;
            let cases = case_file::table
                .filter(case_file::tenant_id.eq(tx.tenant()))
                .filter(case_file::blob.eq_any(some))
                .select(case_file::blob.assume_not_null());
            used.extend(cases.load::<Uuid>(tx.conn)?);
            Ok(used)
        })?;
        for blob in some.iter().filter(|blob| !used.contains(blob)) {
            site.blobs.remove(owner, *blob).map_err(anyhow::Error::from)?;
            removed += 1;
        }
    }
    Ok(removed)
}
