//! Doubting a line of a bill, and settling it: `/commercial/documents/{document}/lines/{line}/dispute` and
//! `/commercial/disputes/{dispute}`. Both parties open the same page of the same dispute.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::document::Paper;
use super::fields::{Fault, SPEAKERS, amount, fault, fault_of, words_fault};
use super::service_name;
use crate::billing::{self, BilledLine, Dispute, DisputeAct, DisputeEntry, Document, Doubt};
use crate::forms::Services;
use crate::identity::{self, Role, Staff};
use crate::kernel::time::{in_london, long_moment};
use crate::kernel::{AuthorityId, Language, Pence};
use crate::metering::UsageEvent;
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::Current;

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

/// A bill of the acting authority's as its consumer, one of its lines, and how much of that may be doubted.
fn doubtable(tx: &mut Tx<'_>, id: Uuid, n: i32) -> Result<(Document, BilledLine, Pence)> {
    let bill = billing::document(tx, id)?;
    if bill.consumer != tx.actor() || bill.run_id.is_none() || bill.issued_at.is_none() {
        return Err(Error::NotFound);
    }
    let line = bill.snapshot.line(n).cloned().ok_or(Error::NotFound)?;
    let left = billing::disputable(tx, &bill, n)?;
    Ok((bill, line, left))
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
    (bill, line, left): (Document, BilledLine, Pence),
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
            let (bill, line, left) = doubtable(tx, id, n)?;
            let mut faults: Vec<Fault> = words_fault("reason", t, &reason).into_iter().collect();
            let amount = amount("amount", t, &typed_amount, left).map_err(|fault| faults.insert(0, fault)).ok();
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
                _ => billing::some_line_events(tx, &bill, &line.line, &spelt, &[])?,
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
                return Ok(((bill, line, left), Err(faults)));
            };
            let doubted = events.iter().map(|event| event.id).collect();
            let doubt = Doubt { document_id: id, line: n, amount, reason, doubted };
            let raised = billing::raise(tx, now, &me.actor(&here.name), &doubt)?;
            Ok(((bill, line, left), Ok(raised)))
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
    may_say: bool,
    may_decide: bool,
    demonstration: bool,
    typed: Typed,
    faults: Vec<Fault>,
}

/// An entry as shown.
struct Shown {
    who: String,
    when: String,
    entry: DisputeEntry,
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
    fn anchor<'a>(&'a self, field: &'a str) -> &'a str {
        if field == "body" { &self.typed.act } else { field }
    }

    /// What is wrong with a field of the form for an act.
    fn fault_of(&self, act: &str, field: &str) -> Option<&str> {
        let of = self.faults.iter().find(|fault| fault.field == field && self.typed.act == act);
        of.map(|fault| fault.words.as_str())
    }

    fn typed_body(&self, act: &str) -> &str {
        if self.typed.act == act { &self.typed.body } else { "" }
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
}

fn read(tx: &mut Tx<'_>, id: Uuid) -> Result<Read> {
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
    Ok(Read { dispute, bill, line, events, credit })
}

/// `GET /commercial/disputes/{dispute}`
pub(super) async fn page(visit: Visit, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let id = *id;
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, id)).await?;
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
    let Read { dispute, bill, line, events, credit } = found;
    let directory = visit.site.directory.get();
    let name = |of: AuthorityId| directory.name(of).to_owned();
    let is_open = dispute.decided().is_none();
    let is_ours = dispute.provider == visit.here.id;
    let page = DisputePage {
        p: visit.staff_frame(Area::Commercial, me),
        service: line.line.charge.of.as_ref().map(|of| service_name(services, bill.consumer, &of.service)),
        provider: name(dispute.provider),
        consumer: name(dispute.consumer),
        raised: long_moment(dispute.at),
        entries: dispute
            .entries
            .iter()
            .map(|entry| Shown {
                who: format!("{}, {}", entry.by, name(entry.party)),
                when: long_moment(entry.at),
                entry: entry.clone(),
            })
            .collect(),
        may_say: me.has(SPEAKERS),
        may_decide: is_open && me.has(if is_ours { &[Role::Approver] } else { SPEAKERS }),
        is_open,
        is_ours,
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

/// `POST /commercial/disputes/{dispute}`: says something, withdraws, rejects, or accepts; the last with password and code again.
pub(super) async fn act(form: Posted, id: Path<Uuid>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let id = *id;
    let field = |name: &str| form.get(name).to_owned();
    let typed = Typed { act: field("act"), body: field("body"), amount: field("amount") };
    let (password, code) = (field("password"), field("code"));
    let (here, secret, now, t) = (visit.here.clone(), visit.secret().clone(), visit.now, Texts::of(Language::En));
    let (limits, client) = (visit.site.sign_in_limits.clone(), visit.client);
    let roles: &'static [Role] =
        if matches!(typed.act.as_str(), "accept" | "reject") { &[Role::Approver] } else { SPEAKERS };
    let Typed { act, body, amount: typed_amount } = typed.clone();
    let (me, refused) = visit
        .staff(roles, move |tx, me| {
            let found = read(tx, id)?;
            let by = me.actor(&here.name);
            let mut faults: Vec<Fault> = words_fault("body", t, &body).into_iter().collect();
            match act.as_str() {
                "accept" => {
                    let amount = amount("amount", t, &typed_amount, found.dispute.amount);
                    let amount = amount.map_err(|fault| faults.insert(0, fault)).ok();
                    if let (Some(amount), true) = (amount, faults.is_empty()) {
                        limits.check(here.id, &me.email, client)?;
                        if identity::confirm(tx, me, &secret, &password, &code, now)? {
                            billing::accept(tx, now, &by, id, amount, &body)?;
                            return Ok(None);
                        }
                        faults.push(fault("password", t, "commercial-wrong-proof", &[]));
                    }
                }
                _ if !faults.is_empty() => {}
                "reject" | "withdraw" => billing::decide(tx, now, &by, id, act == "withdraw", &body)?,
                "say" => billing::say(tx, now, &by, id, &body)?,
                _ => return Err(Error::Malformed("no such act")),
            }
            Ok(Some((found, faults)).filter(|(_, faults)| !faults.is_empty()))
        })
        .await?;
    match refused {
        None => visit.see_other(&format!("/commercial/disputes/{id}")),
        Some((found, faults)) => show(visit, &me, found, &services.get(), typed, faults),
    }
}
