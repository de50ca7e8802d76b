//! Doubting a line of a bill, and settling it: `/commercial/documents/{document}/lines/{line}/dispute` and
//! `/commercial/disputes/{dispute}`. Both parties open the same page of the same dispute.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use jiff::Timestamp;
use uuid::Uuid;

use super::document::Paper;
use super::fields::{Fault, SPEAKERS, amount, fault, fault_of, words_fault};
use super::service_name;
use crate::agreements::{self, Agreement, Contact};
use crate::billing::{self, BilledLine, Dispute, DisputeAct, DisputeEntry, Document, Doubt, Escalated};
use crate::cases;
use crate::forms::Services;
use crate::identity::{Role, Staff};
use crate::kernel::time::{in_london, long_date, long_moment};
use crate::kernel::{AuthorityId, Language, Pence, billing_date};
use crate::metering::UsageEvent;
use crate::notify::Outgoing;
use crate::platform::config::Config;
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Proof, Texts, Visit};
use crate::tenancy::{Authority, Current, Directory};

/// The most cases that one dispute names.
const MOST_REFERENCES: usize = 200;

#[derive(Template)]
#[template(path = "commercial/doubt.html")]
struct DoubtPage {
    p: Frame,
    paper: Paper,
    line: BilledLine,
    service: Option<String>,
    /// How much of it may be doubted.
    left: Pence,
    /// Of a sensitive service.
    is_private: bool,
    amount: String,
    reason: String,
    references: String,
    faults: Vec<Fault>,
}

impl DoubtPage {
    /// The input that a fault's link leads to.
    fn anchor<'a>(&self, field: &'a str) -> &'a str {
        field
    }

    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }
}

/// A bill of the acting authority's as its consumer, and one of its lines.
struct Doubtable {
    bill: Document,
    line: BilledLine,
    /// How much of it may be doubted.
    left: Pence,
    /// Of a sensitive service.
    is_private: bool,
}

fn doubtable(tx: &mut Tx<'_>, id: Uuid, n: i32) -> Result<Doubtable> {
    let bill = billing::document(tx, id)?;
    if bill.consumer != tx.actor() || bill.run_id.is_none() || bill.issued_at.is_none() {
        return Err(Error::NotFound);
    }
    let line = bill.snapshot.line(n).cloned().ok_or(Error::NotFound)?;
    let left = billing::disputable(tx, &bill, n)?;
    let is_private = billing::is_private(tx, &bill, &line)?;
    Ok(Doubtable { bill, line, left, is_private })
}

/// `GET /commercial/documents/{document}/lines/{line}/dispute`
pub(super) async fn doubt(
    visit: Visit,
    which: Path<(Uuid, i32)>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (id, n) = *which;
    let (me, found) = visit.staff(SPEAKERS, move |tx, _| doubtable(tx, id, n)).await?;
    show_doubt(&visit, &me, found, &services.get(), [String::new(), String::new(), String::new()], Vec::new())
}

fn show_doubt(
    visit: &Visit,
    me: &Staff,
    Doubtable { bill, line, left, is_private }: Doubtable,
    services: &Services,
    [amount, reason, references]: [String; 3],
    faults: Vec<Fault>,
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = DoubtPage {
        p: visit.staff_frame(Area::Commercial, me),
        service: line.line.charge.of.as_ref().map(|of| service_name(services, bill.consumer, &of.service)),
        paper: Paper::of(bill),
        line,
        left,
        is_private,
        amount,
        reason,
        references,
        faults,
    };
    visit.html(status, &page)
}

/// `POST /commercial/documents/{document}/lines/{line}/dispute`
pub(super) async fn raise(
    form: Posted,
    which: Path<(Uuid, i32)>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (id, n) = *which;
    let typed = ["amount", "reason", "references"].map(|name| form.get(name).to_owned());
    let [typed_amount, reason, references] = typed.clone();
    let (here, now, t) = (visit.here.clone(), visit.now, Texts::of(Language::En));
    let (me, (found, raised)) = visit
        .staff(SPEAKERS, move |tx, me| {
            let found = doubtable(tx, id, n)?;
            let Doubtable { bill, line, left, .. } = &found;
            let mut faults: Vec<Fault> = words_fault("reason", t, &reason).into_iter().collect();
            let amount = amount("amount", t, &typed_amount, *left).map_err(|fault| faults.insert(0, fault)).ok();
            let named: Vec<String> = references.split_whitespace().map(str::to_owned).collect();
            // However it is typed: cases' references are in capitals, the numbers of private events are not.
            let spelt = named.iter().flat_map(|name| {
                [name.to_uppercase(), format!("P-{}", name.get(2..).unwrap_or_default().to_lowercase())]
            });
            let spelt: Vec<String> = spelt.collect();
            let events = match named.len() {
                0 => Vec::new(),
                n if n > MOST_REFERENCES => {
                    faults.push(fault("references", t, "dispute-references-many", &[("most", "200")]));
                    Vec::new()
                }
                _ => billing::some_line_events(tx, bill, &line.line, &spelt, &[])?,
            };
            let unknown: Vec<&str> = named
                .iter()
                .filter(|name| {
                    named.len() <= MOST_REFERENCES
                        && !events.iter().any(|event| event.reference.eq_ignore_ascii_case(name))
                })
                .map(String::as_str)
                .collect();
            if !unknown.is_empty() {
                faults.push(fault("references", t, "dispute-references-unknown", &[("unknown", &unknown.join(", "))]));
            }
            let (Some(amount), true) = (amount, faults.is_empty()) else {
                return Ok((found, Err(faults)));
            };
            let doubted = events.iter().map(|event| event.id).collect();
            let doubt = Doubt { document_id: id, line: n, amount, reason, doubted };
            let raised = billing::raise(tx, now, &me.actor(&here.name), &doubt)?;
            Ok((found, Ok(raised)))
        })
        .await?;
    match raised {
        Ok(dispute) => visit.see_other(&format!("/commercial/disputes/{dispute}")),
        Err(faults) => show_doubt(visit, &me, found, &services.get(), typed, faults),
    }
}

#[derive(Template)]
#[template(path = "commercial/dispute.html")]
struct DisputePage {
    p: Frame,
    paper: Paper,
    dispute: Dispute,
    line: BilledLine,
    service: Option<String>,
    provider: String,
    consumer: String,
    raised: String,
    entries: Vec<Shown>,
    events: Vec<UsageEvent>,
    /// The credit note's number and id.
    credit: Option<(String, Uuid)>,
    is_open: bool,
    is_ours: bool,
    /// Whether the reader may know which cases are doubted: of a private dispute few do.
    is_cleared: bool,
    told: Told,
    /// The day on which it was escalated.
    escalated_on: Option<String>,
    may_say: bool,
    may_decide: bool,
    may_confirm: bool,
    /// Whether the reader has proposed what waits.
    is_proposer: bool,
    demonstration: bool,
    typed: Typed,
    faults: Vec<Fault>,
}

/// An entry as shown.
struct Shown {
    council: String,
    when: String,
    entry: DisputeEntry,
}

/// Whom the agreement names for a dispute that is escalated.
struct Told {
    /// With their councils.
    contacts: Vec<(Contact, String)>,
    /// The councils for which it names nobody.
    missing: Vec<String>,
}

/// What was typed, shown again where something is wrong with it.
#[derive(Clone, Default)]
struct Typed {
    act: String,
    body: String,
    amount: String,
}

impl DisputePage {
    /// The input that a fault's link leads to.
    fn anchor(&self, field: &str) -> String {
        match (field, self.typed.act.as_str()) {
            ("body", act) => act.to_owned(),
            ("password", act @ ("reject" | "confirm")) => format!("{act}-password"),
            _ => field.to_owned(),
        }
    }

    /// What is wrong with a field of the form for an act.
    fn fault_of(&self, act: &str, field: &str) -> Option<&str> {
        let of = self.faults.iter().find(|fault| fault.field == field && self.typed.act == act);
        of.map(|fault| fault.words.as_str())
    }

    fn typed_body(&self, act: &str) -> &str {
        if self.typed.act == act { &self.typed.body } else { "" }
    }

    /// The amount that the form for accepting begins with.
    fn typed_amount(&self) -> String {
        if self.typed.act == "accept" { self.typed.amount.clone() } else { self.dispute.amount.plain() }
    }

    /// When an event happened; of a private one only the month.
    fn when(event: &UsageEvent) -> String {
        let at = in_london(event.occurred_at);
        at.strftime(if event.is_private { "%b %Y" } else { "%-d %b %Y, %H:%M" }).to_string()
    }
}

/// What one transaction reads of a dispute.
struct Read {
    dispute: Dispute,
    bill: Document,
    line: BilledLine,
    events: Vec<UsageEvent>,
    credit: Option<(String, Uuid)>,
    /// Whose contacts are told if it is escalated, or were.
    agreement: Agreement,
    is_cleared: bool,
}

fn read(tx: &mut Tx<'_>, now: Timestamp, me: &Staff, id: Uuid) -> Result<Read> {
    let dispute = billing::dispute(tx, id)?;
    let bill = billing::document(tx, dispute.document_id)?;
    let line = bill.snapshot.line(dispute.line).cloned().ok_or(Error::NotFound)?;
    let events = billing::doubted_events(tx, &bill, &dispute)?;
    let credit = match dispute.decided().map(|entry| entry.act) {
        Some(DisputeAct::Accept(_, credit)) => {
            Some((billing::document(tx, credit)?.snapshot.number.unwrap_or_default(), credit))
        }
        _ => None,
    };
    let agreement = match dispute.escalated().map(|entry| entry.act) {
        Some(DisputeAct::Escalate(agreement)) => agreements::read(tx, agreement)?,
        _ => billing::told_under(tx, now, &bill)?,
    };
    let is_cleared = is_cleared(tx, me, &dispute, &events)?;
    Ok(Read { dispute, bill, line, events, credit, agreement, is_cleared })
}

/// Whether somebody may know which cases are doubted, and settle it: of a private dispute only who has the role for such cases
/// and is kept from none of these.
pub(super) fn is_cleared(tx: &mut Tx<'_>, me: &Staff, dispute: &Dispute, events: &[UsageEvent]) -> Result<bool> {
    let doubted: Vec<Uuid> = events.iter().map(|event| event.subject_id).collect();
    Ok(!dispute.is_private || me.has(&[Role::Safeguarding]) && !cases::is_blocked(tx, &doubted, me.id)?)
}

/// `GET /commercial/disputes/{dispute}`
pub(super) async fn page(visit: Visit, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let (id, now) = (*id, visit.now);
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, me| read(tx, now, me, id)).await?;
    show(&visit, &me, found, &services.get(), Typed::default(), Vec::new())
}

fn show(
    visit: &Visit,
    me: &Staff,
    found: Read,
    services: &Services,
    typed: Typed,
    faults: Vec<Fault>,
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let Read { dispute, bill, line, events, credit, agreement, is_cleared } = found;
    let directory = visit.site.directory.get();
    let name = |of: AuthorityId| directory.name(of).to_owned();
    let is_open = dispute.decided().is_none();
    let is_ours = dispute.provider == visit.here.id;
    let may = |act: Act| act.require(me, is_ours, &dispute, is_cleared).is_ok();
    let proposal = dispute.proposal();
    let page = DisputePage {
        p: visit.staff_frame(Area::Commercial, me),
        service: line.line.charge.of.as_ref().map(|of| service_name(services, bill.consumer, &of.service)),
        provider: name(dispute.provider),
        consumer: name(dispute.consumer),
        raised: long_moment(dispute.at),
        entries: dispute
            .entries
            .iter()
            .map(|entry| Shown { council: name(entry.party), when: long_moment(entry.at), entry: entry.clone() })
            .collect(),
        escalated_on: dispute.escalated().map(|entry| long_date(billing_date(entry.at))),
        told: told(&agreement, &directory),
        may_say: me.has(SPEAKERS),
        may_decide: is_open && may(if is_ours { Act::Accept } else { Act::Withdraw }),
        may_confirm: proposal.is_some_and(|first| first.by_id != Some(me.id)) && may(Act::Confirm),
        is_proposer: proposal.is_some_and(|first| first.by_id == Some(me.id)),
        is_open,
        is_ours,
        is_cleared,
        demonstration: visit.site.demonstration,
        paper: Paper::of(bill),
        dispute,
        line,
        events,
        credit,
        typed,
        faults,
    };
    visit.html(status, &page)
}

fn told(agreement: &Agreement, directory: &Directory) -> Told {
    let mut told = Told { contacts: Vec::new(), missing: Vec::new() };
    for party in [agreement.provider, agreement.consumer].into_iter().filter_map(|party| directory.by_id(party)) {
        let named = agreement.running.contacts.iter().filter(|contact| contact.party == party.slug);
        let before = told.contacts.len();
        told.contacts.extend(named.map(|contact| (contact.clone(), party.name.clone())));
        if told.contacts.len() == before {
            told.missing.push(party.name.clone());
        }
    }
    told
}

/// What can be done with a dispute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Say,
    Escalate,
    Withdraw,
    /// Of a private dispute: proposes it to a second officer; so does [`Act::Reject`].
    Accept,
    Reject,
    Confirm,
    SendBack,
}

impl Act {
    fn read(word: &str) -> Result<Act> {
        match word {
            "say" => Ok(Act::Say),
            "escalate" => Ok(Act::Escalate),
            "withdraw" => Ok(Act::Withdraw),
            "accept" => Ok(Act::Accept),
            "reject" => Ok(Act::Reject),
            "confirm" => Ok(Act::Confirm),
            "send-back" => Ok(Act::SendBack),
            _ => Err(Error::Malformed("no such act")),
        }
    }

    /// Refuses it to whoever may not: the consumer withdraws, the provider settles. An approver does, but for what a second
    /// officer still has to confirm; about a sensitive service both know such cases.
    fn require(self, me: &Staff, is_ours: bool, dispute: &Dispute, is_cleared: bool) -> Result<()> {
        let settles = matches!(self, Act::Accept | Act::Reject | Act::Confirm | Act::SendBack);
        if settles != is_ours && (settles || self == Act::Withdraw) {
            return Err(Error::NotFound);
        }
        if settles && !is_cleared {
            return Err(Error::Denied(Role::Safeguarding.word()));
        }
        let is_last = self == Act::Confirm || settles && !dispute.is_private;
        me.require(if is_last { &[Role::Approver] } else { SPEAKERS })
    }

    /// What is wrong with what was typed for it, and the amount.
    fn check(self, t: Texts, typed: &Typed, dispute: &Dispute) -> (Option<Pence>, Vec<Fault>) {
        let mut faults = Vec::new();
        let amount = match self {
            Act::Accept => amount("amount", t, &typed.amount, dispute.amount).map_err(|fault| faults.push(fault)).ok(),
            _ => None,
        };
        if self != Act::Confirm {
            faults.extend(words_fault("body", t, &typed.body));
        }
        (amount, faults)
    }

    /// Whether it asks for password and code again.
    fn asks_proof(self, dispute: &Dispute) -> bool {
        matches!(self, Act::Accept | Act::Confirm) || self == Act::Reject && dispute.is_private
    }
}

/// `POST /commercial/disputes/{dispute}`: says something, escalates, withdraws, settles; what commits the council with password
/// and code again.
pub(super) async fn act(form: Posted, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let id = *id;
    let field = |name: &str| form.get(name).to_owned();
    let typed = Typed { act: field("act"), body: field("body"), amount: field("amount") };
    let proposal: Option<Uuid> = form.get("proposal").parse().ok();
    let (here, now, t, proof) = (visit.here.clone(), visit.now, Texts::of(Language::En), Proof::sent(&form));
    let given = typed.clone();
    let (me, refused) = visit
        .staff(SPEAKERS, move |tx, me| {
            let found = read(tx, now, me, id)?;
            let (act, dispute) = (Act::read(&given.act)?, &found.dispute);
            act.require(me, dispute.provider == here.id, dispute, found.is_cleared)?;
            let (amount, mut faults) = act.check(t, &given, dispute);
            if faults.is_empty() && act.asks_proof(dispute) && !proof.holds(tx, me)? {
                faults.push(fault("password", t, "commercial-wrong-proof", &[]));
            }
            if !faults.is_empty() {
                return Ok(Some((found, faults)));
            }
            let (by, body) = (me.actor(&here.name), given.body.as_str());
            let proposal = proposal.ok_or(Error::Malformed("no proposal was read"));
            match (act, amount) {
                (Act::Say, _) => billing::say(tx, now, &by, id, body),
                (Act::Escalate, _) => billing::escalate(tx, now, &by, id, body),
                (Act::Withdraw, _) => billing::decide(tx, now, &by, id, true, body),
                (Act::Confirm, _) => billing::confirm(tx, now, &by, id, proposal?),
                (Act::SendBack, _) => billing::send_back(tx, now, &by, id, proposal?, body),
                _ if dispute.is_private => billing::propose(tx, now, &by, id, amount, body),
                (_, Some(amount)) => billing::accept(tx, now, &by, id, amount, body).map(drop),
                (_, None) => billing::decide(tx, now, &by, id, false, body),
            }?;
            Ok(None)
        })
        .await?;
    match refused {
        None => visit.see_other(&format!("/commercial/disputes/{id}")),
        Some((found, faults)) => show(visit, &me, found, &services.get(), typed, faults),
    }
}

/// Writes to a contact of a council's that a dispute was escalated: its bill, the amount and where it is, and nothing of what
/// it is about.
///
/// # Errors
/// [`Error::NotFound`] for another's, or where the agreement names no such contact of the council's.
pub fn compose_escalated(
    tx: &mut Tx<'_>,
    _: Timestamp,
    config: &Config,
    council: &Authority,
    news: &Escalated,
) -> Result<Option<Outgoing>> {
    let dispute = billing::dispute(tx, news.dispute_id)?;
    let Some(DisputeAct::Escalate(under)) = dispute.escalated().map(|entry| entry.act) else {
        return Err(Error::NotFound);
    };
    let agreement = agreements::read(tx, under)?;
    let named = agreement.running.contacts.into_iter().nth(news.contact);
    let contact = named.filter(|contact| contact.party == council.slug).ok_or(Error::NotFound)?;
    let number = billing::document(tx, dispute.document_id)?.snapshot.number.unwrap_or_default();
    let host = council.hosts.first().map_or("localhost", String::as_str);
    let link = config.link(host, &format!("/commercial/disputes/{}", dispute.id));
    let amount = dispute.amount.to_string();
    let variables = [("number", number.as_str()), ("amount", &amount), ("link", &link)];
    let t = Texts::of(Language::En);
    Ok(Some(Outgoing {
        case_id: None,
        to: contact.email,
        subject: t.with("mail-escalated-subject", &variables),
        body: t.with("mail-escalated-body", &variables),
        language: Language::En,
    }))
}
