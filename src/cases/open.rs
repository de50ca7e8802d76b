//! Opening a case, and routing it: at once to a partner under an agreement in force, or to the council's own team; and
//! again when a partner returns it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::files;
use super::model::{SeenBy, State};
use super::news::{News, NewsKind};
use super::store::{self, NewEvent, NewRow};
use crate::agreements;
use crate::forms::{Answers, ContactRole, Definition, Upload};
use crate::kernel::seal::Secret;
use crate::kernel::time::add_working_days;
use crate::kernel::{AuthorityId, Quantity, Reference, billing_date, new_id};
use crate::metering::{self, NewUsage};
use crate::platform::outbox::{self, Topic};
use crate::platform::{Result, Tx};
use crate::site::Texts;
use crate::tenancy::Authority;

/// What is counted when a case is opened with a partner as its handler.
pub const CASE_ACCEPTED: &str = "case.accepted";
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
    /// The authority that the definition's routing names, if it is on the platform.
    pub partner: Option<AuthorityId>,
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
    let accepted = match new.partner {
        Some(partner) => agreements::in_force(tx, &definition.slug, today)?.filter(|a| a.provider == partner),
        None => None,
    };
    let handler = accepted.as_ref().map_or(tx.tenant(), |a| a.provider);
    let because = match (&accepted, new.partner) {
        (Some(a), _) => format!("agreement {}", a.reference),
        (None, Some(_)) => "no agreement in force".to_owned(),
        (None, None) => "own service".to_owned(),
    };
    let contact = |role| definition.contact(new.answers, role);
    let (name, email, phone) = (contact(ContactRole::Name), contact(ContactRole::Email), contact(ContactRole::Phone));
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
            team: &definition.routing.team,
            contact_name: name.as_deref(),
            contact_email: email.as_deref(),
            contact_phone: phone.as_deref(),
            track_hash: token.hash(),
            due_on: add_working_days(today, definition.target_working_days),
        };
        if store::insert(tx, now, &row)? {
            break reference.to_string();
        }
    };
    let t = Texts;
    let sheet = definition.sheet(new.answers, &|yes| t.get(if yes { "forms-yes" } else { "forms-no" }));
    store::insert_sheet(tx, id, handler, &sheet)?;
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
        for meter in agreement.meters.iter().filter(|m| m.meter == CASE_ACCEPTED) {
            let usage = NewUsage {
                provider: agreement.provider,
                agreement_id: agreement.agreement_id,
                service: &definition.slug,
                meter: &meter.meter,
                source_id: event_id,
                subject_id: id,
                reference: &reference,
                quantity: Quantity::ONE,
                reversed_when: &meter.reversed_when,
            };
            metering::record(tx, now, &usage)?;
        }
    }
    if email.is_some() {
        outbox::publish(tx, now, &News { case_id: id, event_id, kind: NewsKind::Received })?;
    }
    Ok(Opened { id, reference })
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
    let t = Texts;
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
