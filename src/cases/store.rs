//! The tables `cases`, `answer_sheet`, `case_event` and `own_note`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::model::{Case, OwnNote, SeenBy, State, TimelineEntry};
use super::open::SHEET;
use super::{files, time};
use crate::forms::Sheet;
use crate::identity;
use crate::kernel::seal::{Place, Renewed, Secret, Token};
use crate::kernel::{Actor, AuthorityId, Language, new_id};
use crate::platform::schema::{answer_sheet, case_event, cases, own_note};
use crate::platform::{BATCH, Error, Fate, Renewal, Result, Tx, execute_prepared};

#[derive(Queryable, Selectable)]
#[diesel(table_name = cases)]
pub(super) struct Row {
    pub id: Uuid,
    pub tenant_id: AuthorityId,
    pub handler_id: AuthorityId,
    pub agreement_id: Option<Uuid>,
    pub sensitive: bool,
    pub reference: String,
    pub service: String,
    pub version: i32,
    pub title: String,
    pub state: String,
    pub routed_because: String,
    pub team: String,
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub language: String,
    pub track_hash: Vec<u8>,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub opened_at: Timestamp,
    #[diesel(deserialize_as = jiff_diesel::Date)]
    pub due_on: Date,
    pub taken_by: Option<Uuid>,
    pub taken_by_name: Option<String>,
    pub outcome: Option<String>,
    #[diesel(deserialize_as = jiff_diesel::NullableTimestamp)]
    pub closed_at: Option<Timestamp>,
    pub done_by: Option<AuthorityId>,
    pub unread: bool,
    #[diesel(deserialize_as = jiff_diesel::NullableDate)]
    pub chased_on: Option<Date>,
    pub rank: i16,
    pub sorted: Option<bool>,
}

/// A case's place in its queue: asked about because it is late, or as its date has it.
pub(super) const FIRST: i16 = 0;
pub(super) const BY_DATE: i16 = 1;

impl Row {
    /// Whether a token opens it: one that was mailed under any secret.
    pub(super) fn opens_with(&self, token: &Token) -> bool {
        self.track_hash.chunks_exact(HASH).any(|hash| token.matches(hash))
    }

    pub(super) fn into_case(self) -> Case {
        Case {
            id: self.id,
            owner: self.tenant_id,
            handler: self.handler_id,
            agreement_id: self.agreement_id,
            sensitive: self.sensitive,
            language: Language::parse(&self.language).unwrap_or_default(),
            reference: self.reference,
            service: self.service,
            version: self.version,
            title: self.title,
            state: State::read(&self.state),
            routed_because: self.routed_because,
            team: self.team,
            opened_at: self.opened_at,
            due_on: self.due_on,
            taken_by: self.taken_by,
            taken_by_name: self.taken_by_name,
            outcome: self.outcome,
            closed_at: self.closed_at,
            done_by: self.done_by,
            unread: self.unread,
            chased_on: self.chased_on,
            chased: self.rank == FIRST,
            sorted: self.sorted,
            can_be_told: self.contact_email.is_some(),
        }
    }
}

/// What a new case's row holds besides its ids.
pub(super) struct NewRow<'a> {
    pub id: Uuid,
    pub handler: AuthorityId,
    pub agreement_id: Option<Uuid>,
    pub reference: &'a str,
    pub service: &'a str,
    pub version: i32,
    pub kind: &'a str,
    pub title: &'a str,
    pub routed_because: &'a str,
    pub team: &'a str,
    pub contact_name: Option<&'a str>,
    pub contact_email: Option<&'a str>,
    pub contact_phone: Option<&'a str>,
    pub language: Language,
    pub email_key: Option<&'a str>,
    pub sensitive: bool,
    pub track_hash: Vec<u8>,
    pub due_on: Date,
}

/// Adds a case; says no if the reference is taken.
pub(super) fn insert(tx: &mut Tx<'_>, now: Timestamp, row: &NewRow<'_>) -> Result<bool> {
    let added = diesel::insert_into(cases::table)
        .values((
            cases::tenant_id.eq(tx.tenant()),
            cases::id.eq(row.id),
            cases::handler_id.eq(row.handler),
            cases::agreement_id.eq(row.agreement_id),
            cases::reference.eq(row.reference),
            cases::service.eq(row.service),
            cases::version.eq(row.version),
            cases::kind.eq(row.kind),
            (
                cases::title.eq(row.title),
                cases::state.eq(State::New.word()),
                cases::closed.eq(false),
                cases::routed_because.eq(row.routed_because),
                cases::team.eq(row.team),
                cases::contact_name.eq(row.contact_name),
                cases::contact_email.eq(row.contact_email),
                cases::contact_phone.eq(row.contact_phone),
                cases::email_key.eq(row.email_key),
                cases::sensitive.eq(row.sensitive),
                cases::language.eq(row.language.code()),
                cases::track_hash.eq(&row.track_hash),
                cases::opened_at.eq(now.to_diesel()),
                cases::due_on.eq(row.due_on.to_diesel()),
            ),
        ))
        .on_conflict((cases::tenant_id, cases::reference))
        .do_nothing()
        .execute(tx.conn)?;
    Ok(added == 1)
}

/// Keeps a sheet, which never changes; what is sealed in it stands apart, so that it can be sealed anew.
pub(super) fn insert_sheet(tx: &mut Tx<'_>, case_id: Uuid, handler: AuthorityId, mut sheet: Sheet) -> Result<()> {
    let sealed: Sealed = sheet.rows.iter_mut().map(|row| row.sealed.take()).collect();
    diesel::insert_into(answer_sheet::table)
        .values((
            answer_sheet::tenant_id.eq(tx.tenant()),
            answer_sheet::case_id.eq(case_id),
            answer_sheet::handler_id.eq(handler),
            answer_sheet::sheet.eq(serde_json::to_value(&sheet).map_err(anyhow::Error::from)?),
            answer_sheet::sealed.eq(serde_json::to_value(sealed).map_err(anyhow::Error::from)?),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// An entry to add to the timeline.
pub(super) struct NewEvent<'a> {
    pub kind: &'static str,
    pub seen_by: SeenBy,
    pub actor_name: &'a str,
    pub by_name: Option<&'a str>,
    pub body: &'a str,
}

/// Adds to the timeline; says the entry's id.
pub(super) fn insert_event(
    tx: &mut Tx<'_>,
    now: Timestamp,
    case_id: Uuid,
    handler: AuthorityId,
    event: &NewEvent<'_>,
) -> Result<Uuid> {
    let id = new_id(now);
    insert_event_once(tx, now, id, case_id, handler, event)?;
    Ok(id)
}

/// Adds an entry that has its id already; says no if the timeline has it.
pub(super) fn insert_event_once(
    tx: &mut Tx<'_>,
    now: Timestamp,
    id: Uuid,
    case_id: Uuid,
    handler: AuthorityId,
    event: &NewEvent<'_>,
) -> Result<bool> {
    let added = diesel::insert_into(case_event::table)
        .values((
            case_event::tenant_id.eq(tx.tenant()),
            case_event::id.eq(id),
            case_event::case_id.eq(case_id),
            case_event::handler_id.eq(handler),
            case_event::kind.eq(event.kind),
            case_event::seen_by.eq(event.seen_by.word()),
            case_event::actor_id.eq(tx.actor()),
            case_event::actor_name.eq(event.actor_name),
            case_event::by_name.eq(event.by_name),
            case_event::body.eq(event.body),
            case_event::at.eq(now.to_diesel()),
        ))
        .on_conflict((case_event::tenant_id, case_event::id))
        .do_nothing()
        .execute(tx.conn)?;
    Ok(added == 1)
}

pub(super) fn insert_own_note(tx: &mut Tx<'_>, now: Timestamp, case_id: Uuid, by: &Actor, body: &str) -> Result<()> {
    diesel::insert_into(own_note::table)
        .values((
            own_note::tenant_id.eq(tx.actor()),
            own_note::id.eq(new_id(now)),
            own_note::case_id.eq(case_id),
            own_note::by_name.eq(&by.name),
            own_note::body.eq(body),
            own_note::at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// A case of the tenant whose rows are being worked on.
pub(super) fn by_reference(tx: &mut Tx<'_>, reference: &str) -> Result<Row> {
    let mine = cases::table.filter(cases::tenant_id.eq(tx.tenant())).filter(cases::reference.eq(reference));
    Ok(mine.select(Row::as_select()).first(tx.conn)?)
}

/// The same, locked until the transaction ends.
pub(super) fn lock(tx: &mut Tx<'_>, reference: &str) -> Result<Row> {
    let mine = cases::table.filter(cases::tenant_id.eq(tx.tenant())).filter(cases::reference.eq(reference));
    Ok(mine.select(Row::as_select()).for_update().first(tx.conn)?)
}

pub(super) fn by_id(tx: &mut Tx<'_>, id: Uuid) -> Result<Row> {
    Ok(cases::table.find((tx.tenant(), id)).select(Row::as_select()).first(tx.conn)?)
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[Uuid]) -> Result<Vec<Case>> {
    let some = cases::table.filter(cases::tenant_id.eq(tx.tenant())).filter(cases::id.eq_any(ids)).order(cases::id);
    Ok(some.select(Row::as_select()).load(tx.conn)?.into_iter().map(Row::into_case).collect())
}

/// The same, locked until the transaction ends.
pub(super) fn lock_by_id(tx: &mut Tx<'_>, id: Uuid) -> Result<Row> {
    Ok(cases::table.find((tx.tenant(), id)).select(Row::as_select()).for_update().first(tx.conn)?)
}

/// What a receipt shows: the answer sheet without what is sealed, whether mail goes to the citizen, and when it was opened.
pub(super) fn receipt(tx: &mut Tx<'_>, case_id: Uuid) -> Result<(Sheet, bool, Timestamp)> {
    let (sheet, is_told, at): (serde_json::Value, bool, jiff_diesel::Timestamp) = cases::table
        .inner_join(
            answer_sheet::table
                .on(answer_sheet::tenant_id.eq(cases::tenant_id).and(answer_sheet::case_id.eq(cases::id))),
        )
        .filter(cases::tenant_id.eq(tx.tenant()))
        .filter(cases::id.eq(case_id))
        .select((answer_sheet::sheet, cases::contact_email.is_not_null(), cases::opened_at))
        .first(tx.conn)?;
    Ok((serde_json::from_value(sheet).map_err(anyhow::Error::from)?, is_told, at.into()))
}

pub(super) fn sheet(tx: &mut Tx<'_>, case_id: Uuid) -> Result<Sheet> {
    let (sheet, sealed): (serde_json::Value, serde_json::Value) = answer_sheet::table
        .find((tx.tenant(), case_id))
        .select((answer_sheet::sheet, answer_sheet::sealed))
        .first(tx.conn)?;
    let mut sheet: Sheet = serde_json::from_value(sheet).map_err(anyhow::Error::from)?;
    let sealed: Sealed = serde_json::from_value(sealed).map_err(anyhow::Error::from)?;
    for (row, sealed) in sheet.rows.iter_mut().zip(sealed) {
        row.sealed = sealed;
    }
    Ok(sheet)
}

/// Seals what is sealed in the next batch of sheets anew, after one of them.
///
/// # Errors
/// The database's.
pub fn renew_sheets(tx: &mut Tx<'_>, secret: &Secret, after: Uuid) -> Result<Renewal> {
    let rows: Vec<(Uuid, serde_json::Value)> = answer_sheet::table
        .filter(answer_sheet::tenant_id.eq(tx.tenant()))
        .filter(answer_sheet::case_id.gt(after))
        .order(answer_sheet::case_id)
        .limit(BATCH)
        .select((answer_sheet::case_id, answer_sheet::sealed))
        .for_update()
        .load(tx.conn)?;
    let mut renewal = Renewal::default();
    for (case_id, sealed) in rows {
        let mut sealed: Sealed = serde_json::from_value(sealed).map_err(anyhow::Error::from)?;
        let place = Place { tenant: tx.tenant(), column: SHEET, row: case_id };
        let mut fates = Vec::new();
        for value in sealed.iter_mut().flatten() {
            let renewed = STANDARD.decode(&*value).map_or(Renewed::Lost, |bytes| secret.renewed(&place, &bytes));
            fates.push(Fate::from(&renewed));
            if let Renewed::Anew(bytes) = renewed {
                *value = STANDARD.encode(bytes);
            }
        }
        if fates.contains(&Fate::Renewed) {
            let sealed = serde_json::to_value(sealed).map_err(anyhow::Error::from)?;
            let sheet = diesel::update(answer_sheet::table.find((tx.tenant(), case_id)));
            sheet.set(answer_sheet::sealed.eq(sealed)).execute(tx.conn)?;
        }
        renewal.count(case_id, fates);
    }
    Ok(renewal)
}

/// Makes the next batch of cases known by the present secret: to the citizen's account, and to the private links that are
/// mailed from now on. Those that were mailed before go on opening them.
///
/// # Errors
/// The database's.
pub fn renew_cases(tx: &mut Tx<'_>, secret: &Secret, after: Uuid) -> Result<Renewal> {
    type Columns = (Uuid, Option<String>, Option<String>, Vec<u8>);
    let rows: Vec<Columns> = cases::table
        .filter(cases::tenant_id.eq(tx.tenant()))
        .filter(cases::id.gt(after))
        .order(cases::id)
        .limit(BATCH)
        .select((cases::id, cases::email_key, cases::contact_email, cases::track_hash))
        .for_update()
        .load(tx.conn)?;
    let mut renewal = Renewal::default();
    for (id, key, email, mut links) in rows {
        // A case that is in no account, because it is of a sensitive service, is in none afterwards.
        let email = email.filter(|_| key.is_some());
        let new_key = email.map(|email| identity::email_key(secret, tx.tenant(), &email)).or_else(|| key.clone());
        let link = super::track_token(secret, tx.tenant(), id).hash();
        let is_known = links.chunks_exact(HASH).any(|known| known == link);
        if is_known && new_key == key {
            renewal.count(id, [Fate::Kept]);
            continue;
        }
        if !is_known {
            links.extend(link);
        }
        let case = diesel::update(cases::table.find((tx.tenant(), id)));
        case.set((cases::email_key.eq(new_key), cases::track_hash.eq(links))).execute(tx.conn)?;
        renewal.count(id, [Fate::Renewed]);
    }
    Ok(renewal)
}

/// The length of a token's hash.
const HASH: usize = 32;
/// What is sealed of each row of a sheet, in order.
type Sealed = Vec<Option<String>>;

type EventColumns = (String, String, String, Option<String>, String, jiff_diesel::Timestamp);

/// The timeline, newest first; only what the citizen sees, or all of it.
pub(super) fn timeline(tx: &mut Tx<'_>, case_id: Uuid, reader: SeenBy) -> Result<Vec<TimelineEntry>> {
    let mut query = case_event::table
        .filter(case_event::tenant_id.eq(tx.tenant()))
        .filter(case_event::case_id.eq(case_id))
        .order((case_event::at.desc(), case_event::id.desc()))
        .select((
            case_event::kind,
            case_event::seen_by,
            case_event::actor_name,
            case_event::by_name,
            case_event::body,
            case_event::at,
        ))
        .into_boxed();
    if reader == SeenBy::Citizen {
        query = query.filter(case_event::seen_by.eq(SeenBy::Citizen.word()));
    }
    let rows: Vec<EventColumns> = query.load(tx.conn)?;
    Ok(rows
        .into_iter()
        .map(|(kind, seen_by, actor_name, by_name, body, at)| TimelineEntry {
            kind,
            citizen_sees: seen_by == SeenBy::Citizen.word(),
            actor_name,
            by_name,
            body,
            at: at.into(),
        })
        .collect())
}

/// One entry's words, for the message about it.
pub(super) fn event_body(tx: &mut Tx<'_>, event_id: Uuid) -> Result<String> {
    Ok(case_event::table.find((tx.tenant(), event_id)).select(case_event::body).first(tx.conn)?)
}

/// What the acting authority alone reads about a case, newest first.
pub(super) fn own_notes(tx: &mut Tx<'_>, case_id: Uuid) -> Result<Vec<OwnNote>> {
    let rows: Vec<(String, String, jiff_diesel::Timestamp)> = own_note::table
        .filter(own_note::tenant_id.eq(tx.actor()))
        .filter(own_note::case_id.eq(case_id))
        .order((own_note::at.desc(), own_note::id.desc()))
        .select((own_note::by_name, own_note::body, own_note::at))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(by_name, body, at)| OwnNote { by_name, body, at: at.into() }).collect())
}

pub(super) fn set_taken(tx: &mut Tx<'_>, case_id: Uuid, by: &Actor) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id)))
        .set((
            cases::state.eq(State::InProgress.word()),
            cases::taken_by.eq(by.staff_id),
            cases::taken_by_name.eq(&by.name),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn set_resolved(tx: &mut Tx<'_>, now: Timestamp, case_id: Uuid, outcome: &str) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id)))
        .set((
            cases::state.eq(State::Resolved.word()),
            cases::closed.eq(true),
            cases::outcome.eq(outcome),
            cases::closed_at.eq(now.to_diesel()),
            cases::done_by.eq(tx.actor()),
            cases::unread.eq(false),
            cases::chased_on.eq(None::<jiff_diesel::Date>),
            cases::rank.eq(BY_DATE),
            // She is asked anew: what she said was of an earlier end.
            cases::sorted.eq(None::<bool>),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The citizen's words have been read.
pub(super) fn set_read(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id))).set(cases::unread.eq(false)).execute(tx.conn)?;
    Ok(())
}

/// The citizen has been answered.
pub(super) fn set_answered(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id)))
        .set((cases::unread.eq(false), cases::rank.eq(BY_DATE)))
        .execute(tx.conn)?;
    Ok(())
}

/// The citizen has written.
pub(super) fn set_unread(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    let unread = diesel::update(cases::table.find((tx.tenant(), case_id))).set(cases::unread.eq(true));
    execute_prepared(tx.conn, unread)?;
    Ok(())
}

/// The citizen has asked why it is late.
pub(super) fn set_chased(tx: &mut Tx<'_>, case_id: Uuid, on: Date) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id)))
        .set((cases::chased_on.eq(on.to_diesel()), cases::rank.eq(FIRST)))
        .execute(tx.conn)?;
    Ok(())
}

/// The citizen no longer needs it.
pub(super) fn set_withdrawn(tx: &mut Tx<'_>, now: Timestamp, case_id: Uuid) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id)))
        .set((
            cases::state.eq(State::Withdrawn.word()),
            cases::closed.eq(true),
            cases::closed_at.eq(now.to_diesel()),
            cases::unread.eq(false),
            cases::chased_on.eq(None::<jiff_diesel::Date>),
            cases::rank.eq(BY_DATE),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// It is open again, with whoever had it.
pub(super) fn set_reopened(tx: &mut Tx<'_>, case: &Case, due_on: Date) -> Result<()> {
    let state = if case.taken_by.is_some() { State::InProgress } else { State::New };
    diesel::update(cases::table.find((tx.tenant(), case.id)))
        .set((
            cases::state.eq(state.word()),
            cases::closed.eq(false),
            cases::due_on.eq(due_on.to_diesel()),
            cases::outcome.eq(None::<String>),
            cases::closed_at.eq(None::<jiff_diesel::Timestamp>),
            cases::done_by.eq(None::<AuthorityId>),
            cases::unread.eq(true),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn set_sorted(tx: &mut Tx<'_>, case_id: Uuid, sorted: bool) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id))).set(cases::sorted.eq(sorted)).execute(tx.conn)?;
    Ok(())
}

pub(super) fn set_returned(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id)))
        .set((
            cases::state.eq(State::Returned.word()),
            cases::done_by.eq(tx.actor()),
            cases::taken_by.eq(None::<Uuid>),
            cases::taken_by_name.eq(None::<String>),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives a case and all its children to the owner's own staff. Only the owner's scope can.
pub(super) fn bring_home(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    let owner = tx.tenant();
    diesel::update(cases::table.find((owner, case_id))).set(cases::handler_id.eq(owner)).execute(tx.conn)?;
    diesel::update(answer_sheet::table.find((owner, case_id)))
        .set(answer_sheet::handler_id.eq(owner))
        .execute(tx.conn)?;
    diesel::update(case_event::table.filter(case_event::tenant_id.eq(owner)).filter(case_event::case_id.eq(case_id)))
        .set(case_event::handler_id.eq(owner))
        .execute(tx.conn)?;
    files::bring_home(tx, case_id)?;
    time::bring_home(tx, case_id)
}

pub(super) fn set_rerouted(tx: &mut Tx<'_>, case_id: Uuid, because: &str) -> Result<()> {
    diesel::update(cases::table.find((tx.tenant(), case_id)))
        .set((cases::state.eq(State::New.word()), cases::routed_because.eq(because)))
        .execute(tx.conn)?;
    Ok(())
}

/// The next closed cases of the owner's on this version of a service that were closed before a moment, but for those that are
/// `kept`, locked until the transaction ends.
pub(super) fn lock_past(
    tx: &mut Tx<'_>,
    (service, version): (&str, i32),
    before: Timestamp,
    kept: &[Uuid],
    limit: i64,
) -> Result<Vec<Case>> {
    let past = cases::table
        .filter(cases::tenant_id.eq(tx.tenant()))
        .filter(cases::closed)
        .filter(cases::service.eq(service))
        .filter(cases::version.eq(version))
        .filter(cases::closed_at.lt(before.to_diesel()))
        .filter(cases::id.ne_all(kept))
        .order(cases::id)
        .limit(limit);
    Ok(past.select(Row::as_select()).for_update().load(tx.conn)?.into_iter().map(Row::into_case).collect())
}

/// Erases a closed case, and with it its answers, its timeline and what is known of its files. Only the owner's scope can.
pub(super) fn erase(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    diesel::delete(cases::table.find((tx.tenant(), case_id))).execute(tx.conn)?;
    Ok(())
}

/// Erases the acting authority's own notes about a case.
pub(super) fn erase_own_notes(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    let notes = own_note::table.filter(own_note::tenant_id.eq(tx.actor())).filter(own_note::case_id.eq(case_id));
    diesel::delete(notes).execute(tx.conn)?;
    Ok(())
}

/// Cases of the owner's whose partner should no longer see them: closed before `closed_before`, or under an agreement
/// among `ended`.
pub(super) fn past_sharing(tx: &mut Tx<'_>, closed_before: Timestamp, ended: &[Uuid]) -> Result<Vec<Uuid>> {
    Ok(cases::table
        .filter(cases::tenant_id.eq(tx.tenant()))
        .filter(cases::handler_id.ne(tx.tenant()))
        .filter(cases::closed_at.lt(closed_before.to_diesel()).or(cases::agreement_id.eq_any(ended)))
        .select(cases::id)
        .limit(500)
        .load(tx.conn)?)
}

/// A conflict unless the case is still open.
pub(super) fn still_open(row: &Row) -> Result<()> {
    if matches!(State::read(&row.state), State::New | State::InProgress) {
        Ok(())
    } else {
        Err(Error::Conflict("error-conflict-state".to_owned()))
    }
}
