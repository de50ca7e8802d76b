//! Opening a case, and routing it: at once to a partner under an agreement in force, or to the council's own team; and
//! again when a partner returns it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::files;
use super::model::{SeenBy, State};
use super::news::{News, NewsKind};
use super::store::{self, NewEvent, NewRow};
use super::usage::{Act, CASE_ACCEPTED, Counted, count_under};
use crate::agreements;
use crate::forms::{Answers, ContactRole, Definition, Sheet, Upload};
use crate::identity;
use crate::kernel::seal::{Place, Secret};
use crate::kernel::{AuthorityId, Language, Reference, billing_date, new_id};
use crate::platform::outbox::{self, Topic};
use crate::platform::{Result, Tx};
use crate::site::Texts;
use crate::tenancy::{Authority, Directory};

/// How long after its end a partner still reads a case, or the cases of an agreement.
const PARTNER_READS: SignedDuration = SignedDuration::from_hours(24 * 90);

/// A finished form.
pub struct NewCase<'a> {
    /// The council whose citizen sent it.
    pub owner: &'a Authority,
    /// The version that was answered.
    pub definition: &'a Definition,
    /// Its number.
    pub version: i32,
    /// The answers.
    pub answers: &'a Answers,
    /// What was added to it, taken off its draft ([`crate::forms::take_uploads`]).
    pub files: &'a [Upload],
    /// The language of the form.
    pub language: Language,
    /// Who is on the platform, to whom the definition may route it.
    pub directory: &'a Directory,
    /// From which the private link is made.
    pub secret: &'a Secret,
}

/// What the citizen is told.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The case.
    pub id: Uuid,
    /// What to quote.
    pub reference: String,
}

/// Opens the case. Called within the transaction that ends the draft.
///
/// # Errors
/// The database's.
pub fn open(tx: &mut Tx<'_>, now: Timestamp, new: &NewCase<'_>) -> Result<Opened> {
    let definition = new.definition;
    let today = billing_date(now);
    let id = new_id(now);
    let route = definition.destination(new.answers, today);
    let partner = route.partner.and_then(|slug| new.directory.by_slug(slug)).map(|partner| partner.id);
    let accepted = match partner {
        Some(partner) => agreements::in_force(tx, &definition.slug, today)?.filter(|a| a.provider == partner),
        None => None,
    };
    let handler = accepted.as_ref().map_or(tx.tenant(), |a| a.provider);
    let because = match (&accepted, partner) {
        (Some(a), _) => format!("agreement {}", a.reference),
        (None, Some(_)) => "no agreement in force".to_owned(),
        (None, None) => "own service".to_owned(),
    };
    let because = route.because.map_or_else(|| because.clone(), |told| format!("{told} ({because})"));
    let contact = |role| definition.contact(new.answers, role);
    let (name, email, phone) = (contact(ContactRole::Name), contact(ContactRole::Email), contact(ContactRole::Phone));
    // What is sensitive is not in her account either.
    let email_key = email
        .as_deref()
        .filter(|_| !definition.sensitive)
        .map(|email| identity::email_key(new.secret, tx.tenant(), email));
    let title = definition.title(new.answers);
    let token = super::track_token(new.secret, tx.tenant(), id);
    let reference = loop {
        let reference = Reference::random(&new.owner.prefix, &mut rand::rng());
        let row = NewRow {
            id,
            handler,
            agreement_id: accepted.as_ref().map(|a| a.agreement_id),
            reference: reference.as_str(),
            service: &definition.slug,
            version: new.version,
            kind: definition.kind.word(),
            title: &title,
            routed_because: &because,
            team: route.team,
            contact_name: name.as_deref(),
            contact_email: email.as_deref(),
            contact_phone: phone.as_deref(),
            email_key: email_key.as_deref(),
            track_hash: token.hash(),
            language: new.language,
            sensitive: definition.sensitive,
            due_on: new.owner.working_days().after(today, definition.target_working_days),
        };
        if store::insert(tx, now, &row)? {
            break reference.to_string();
        }
    };
    let t = Texts::of(new.language);
    let mut sheet = definition.sheet(new.answers, new.language, &|key: &str| t.get(key));
    seal(&mut sheet, new.secret, tx.tenant(), id);
    store::insert_sheet(tx, id, handler, sheet)?;
    files::insert(tx, id, handler, new.files)?;
    let event = NewEvent {
        kind: "opened",
        seen_by: SeenBy::Citizen,
        actor_name: &new.owner.name,
        by_name: None,
        body: &t.get("cases-event-opened"),
    };
    let event_id = store::insert_event(tx, now, id, handler, &event)?;
    if let Some(agreement) = &accepted {
        let of = Counted { id, service: &definition.slug, reference: &reference, is_private: definition.sensitive };
        count_under(tx, now, agreement, &of, &Act::one(event_id, CASE_ACCEPTED, now))?;
    }
    if email.is_some() {
        outbox::publish(tx, now, &News { case_id: id, event_id, kind: NewsKind::Received })?;
    }
    Ok(Opened { id, reference })
}

/// The column that sealed answers are sealed to.
pub(super) const SHEET: &str = "answer_sheet.sheet";

/// Seals what only who gives a reason may read, to the case.
fn seal(sheet: &mut Sheet, secret: &Secret, tenant: AuthorityId, case: Uuid) {
    let place = Place { tenant, column: SHEET, row: case };
    for row in sheet.rows.iter_mut().filter(|row| !row.in_full.is_empty()) {
        row.sealed = Some(STANDARD.encode(secret.seal(&place, std::mem::take(&mut row.in_full).join("\n").as_bytes())));
    }
}

/// The sealed answers of a case in full: the question and its lines. Whoever shows them has a reason for it written down.
#[must_use]
pub fn unsealed(sheet: &Sheet, secret: &Secret, tenant: AuthorityId, case: Uuid) -> Vec<(String, Vec<String>)> {
    let place = Place { tenant, column: SHEET, row: case };
    let open = |sealed: &String| {
        let bytes = STANDARD.decode(sealed).ok()?;
        String::from_utf8(secret.open(&place, &bytes)?).ok()
    };
    let rows = sheet.rows.iter().filter_map(|row| Some((row.asked(), open(row.sealed.as_ref()?)?)));
    rows.map(|(question, lines)| (question, lines.lines().map(str::to_owned).collect())).collect()
}

/// Asks for a returned case to be routed again, in the owner's scope.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reroute {
    /// Which case.
    pub case_id: Uuid,
}

impl Topic for Reroute {
    const NAME: &'static str = "cases.reroute";
}

/// Routes a returned case again: to the owner's own team, since the partner has said it is not for them. Done twice, it
/// does nothing the second time.
///
/// # Errors
/// The database's.
pub fn reroute(tx: &mut Tx<'_>, now: Timestamp, owner: &Authority, job: &Reroute) -> Result<()> {
    // Locked, or two workers at once would both find it returned.
    let case = store::lock_by_id(tx, job.case_id)?.into_case();
    if case.state != State::Returned {
        return Ok(());
    }
    let t = Texts::default();
    store::bring_home(tx, case.id)?;
    store::set_rerouted(tx, case.id, "returned by the partner")?;
    let body = t.one("cases-event-rerouted", "team", &case.team);
    let event =
        NewEvent { kind: "routed", seen_by: SeenBy::Staff, actor_name: &owner.name, by_name: None, body: &body };
    store::insert_event(tx, now, case.id, tx.tenant(), &event)?;
    Ok(())
}

/// Ends what partners may read: cases closed, or whose agreement ended, more than ninety days ago. Who did the work stays
/// on the case. Says how many.
///
/// # Errors
/// The database's.
pub fn end_partner_access(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize> {
    let before = now - PARTNER_READS;
    let ended = agreements::ended_before(tx, billing_date(before))?;
    let past = store::past_sharing(tx, before, &ended)?;
    for case_id in &past {
        store::bring_home(tx, *case_id)?;
    }
    Ok(past.len())
}
