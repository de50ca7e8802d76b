//! Entering a payment between councils, and what becomes of it: `/commercial/payments/{way}/{council}` and
//! `/commercial/payments/{remittance}`. Both parties open the same page of the same payment.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use jiff::civil::Date;
use uuid::Uuid;

use super::fields::{Fault, REFERENCE, SPEAKERS, date, fault, fault_of, pounds, words_fault};
use crate::billing::{self, Balance, NewRemittance, Pair, Remittance, Stage, Which};
use crate::identity::{Role, Staff};
use crate::kernel::time::{long_date, long_moment};
use crate::kernel::{AuthorityId, Language, Pence, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};

#[derive(Template)]
#[template(path = "commercial/remittance_new.html")]
struct NewPage {
    p: Frame,
    /// The other council.
    partner: String,
    slug: String,
    /// Whether we pay.
    is_ours: bool,
    /// What they say they paid us and we have not confirmed.
    advised: Vec<Remittance>,
    open: Vec<Open>,
    owed: Pence,
    typed: Typed,
    faults: Vec<Fault>,
}

impl NewPage {
    fn amount_hint(&self) -> &'static str {
        if self.is_ours {
            "0, if bills are only set off against each other"
        } else {
            "0, if bills are only set off against each other; with a minus, what we pay back"
        }
    }

    fn paid_on_label(&self) -> &'static str {
        if self.is_ours { "Paid on" } else { "Came on" }
    }

    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }
}

/// A bill that may be paid, and what was typed for it.
struct Open {
    bill: Balance,
    typed: String,
}

impl Open {
    fn field(&self) -> String {
        format!("pay-{}", self.bill.document_id)
    }
}

/// What was typed.
#[derive(Clone, Default)]
struct Typed {
    amount: String,
    paid_on: String,
    reference: String,
    /// Whether it was said to be another payment than one that is advised.
    another: bool,
    /// By bill.
    parts: BTreeMap<Uuid, String>,
}

impl Typed {
    fn of(form: &Posted) -> Typed {
        let part = |(name, value): &(String, String)| {
            let id = name.strip_prefix("pay-")?.parse().ok()?;
            Some((id, value.trim().to_owned())).filter(|(_, value)| !value.is_empty())
        };
        Typed {
            amount: form.get("amount").to_owned(),
            paid_on: form.get("paid_on").to_owned(),
            reference: form.get("reference").to_owned(),
            another: !form.get("another").is_empty(),
            parts: form.fields().iter().filter_map(part).collect(),
        }
    }
}

/// The pair that the address names: what we pay `to` a council, or get `from` it.
fn pair(visit: &Visit, way: &str, council: &str) -> Result<(Pair, AuthorityId)> {
    let (directory, here) = (visit.site.directory.get(), visit.here.id);
    let partner = directory.by_slug(council).map(|a| a.id).filter(|id| *id != here).ok_or(Error::NotFound)?;
    match way {
        "to" => Ok((Pair { consumer: here, provider: partner }, partner)),
        "from" => Ok((Pair { consumer: partner, provider: here }, partner)),
        _ => Err(Error::NotFound),
    }
}

/// The bills of a pair that may be paid.
fn payable(tx: &mut Tx<'_>, pair: Pair, partner: AuthorityId) -> Result<Vec<Balance>> {
    let mut open = billing::balances(tx, Which::OpenWith(partner))?;
    open.retain(|bill| bill.consumer == pair.consumer && bill.provider == pair.provider && bill.open().0 != 0);
    Ok(open)
}

/// What the payer of a pair has advised and the acting authority, which is paid, may confirm.
fn advised(tx: &mut Tx<'_>, pair: Pair) -> Result<Vec<Remittance>> {
    let me = tx.actor();
    let mut advised = billing::advised(tx)?;
    advised.retain(|paid| paid.pair == pair && pair.provider == me);
    Ok(advised)
}

/// `GET /commercial/payments/{way}/{council}`
pub(super) async fn new(visit: Visit, which: Path<(String, String)>) -> Result<HttpResponse> {
    let (pair, partner) = pair(&visit, &which.0, &which.1)?;
    let (me, found) = visit.staff(SPEAKERS, move |tx, _| Ok((payable(tx, pair, partner)?, advised(tx, pair)?))).await?;
    let typed = Typed { paid_on: billing_date(visit.now).to_string(), ..Typed::default() };
    show_new(&visit, &me, (pair, partner), found, typed, Vec::new())
}

fn show_new(
    visit: &Visit,
    me: &Staff,
    (pair, partner): (Pair, AuthorityId),
    (open, advised): (Vec<Balance>, Vec<Remittance>),
    typed: Typed,
    faults: Vec<Fault>,
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let directory = visit.site.directory.get();
    let page = NewPage {
        advised,
        p: visit.staff_frame(Area::Commercial, me),
        partner: directory.name(partner).to_owned(),
        slug: directory.by_id(partner).map(|a| a.slug.clone()).unwrap_or_default(),
        is_ours: pair.consumer == visit.here.id,
        owed: open.iter().map(Balance::open).sum(),
        open: open
            .into_iter()
            .map(|bill| Open { typed: typed.parts.get(&bill.document_id).cloned().unwrap_or_default(), bill })
            .collect(),
        typed,
        faults,
    };
    visit.html(status, &page)
}

/// What is right of what was typed for a payment between these two on this day, or everything that is wrong.
fn checked(
    typed: &Typed,
    pair: Pair,
    open: &[Balance],
    (today, is_ours): (Date, bool),
    t: Texts,
) -> std::result::Result<NewRemittance, Vec<Fault>> {
    let mut faults = Vec::new();
    let amount = pounds(&typed.amount)
        .filter(|amount| (amount.0 >= 0 || !is_ours) && *amount <= Pence::MOST && *amount >= -Pence::MOST);
    if amount.is_none() {
        faults.push(fault("amount", t, "remittance-amount", &[]));
    }
    let paid_on = date(&typed.paid_on);
    match paid_on {
        None => faults.push(fault("paid_on", t, "remittance-day", &[])),
        Some(day) if day > today && !is_ours => faults.push(fault("paid_on", t, "remittance-day-future", &[])),
        Some(_) => {}
    }
    if typed.reference.is_empty() || typed.reference.chars().count() > REFERENCE {
        faults.push(fault("reference", t, "remittance-reference", &[("most", &REFERENCE.to_string())]));
    }
    let within = amount.map(|amount| amount.min(Pence(0))..=amount.max(Pence(0)));
    let parts = parts(&typed.parts, open, (within, "amount"), t, &mut faults);
    let allocations = (!typed.parts.is_empty()).then_some(parts);
    let is_another = typed.another;
    match (amount, paid_on) {
        (Some(amount), Some(paid_on)) if faults.is_empty() => {
            Ok(NewRemittance { pair, amount, paid_on, reference: typed.reference.clone(), allocations, is_another })
        }
        _ => Err(faults),
    }
}

/// What goes to each bill.
fn parts(
    typed: &BTreeMap<Uuid, String>,
    open: &[Balance],
    (within, field): (Option<RangeInclusive<Pence>>, &str),
    t: Texts,
    faults: &mut Vec<Fault>,
) -> Vec<(Uuid, Pence)> {
    let mut parts = Vec::new();
    // What was open when the form was made, and is no longer: the money goes nowhere else unasked.
    if typed.keys().any(|id| open.iter().all(|bill| bill.document_id != *id)) {
        faults.push(fault(field, t, "remittance-part-gone", &[]));
    }
    for bill in open {
        let Some(text) = typed.get(&bill.document_id) else { continue };
        let (most, field) = (bill.open(), format!("pay-{}", bill.document_id));
        match pounds(text) {
            Some(Pence(0)) => {}
            Some(part) if part.0.signum() == most.0.signum() && part.0.abs() <= most.0.abs() => {
                parts.push((bill.document_id, part));
            }
            _ => {
                faults.push(fault(
                    &field,
                    t,
                    "remittance-part",
                    &[("bill", &bill.number), ("most", &most.to_string())],
                ));
            }
        }
    }
    let sum: Pence = parts.iter().map(|(_, part)| *part).sum();
    if let Some(within) = within
        && !within.contains(&sum)
        && faults.is_empty()
    {
        let words = [("sum", sum.to_string()), ("amount", within.end().to_string())];
        faults.push(fault(field, t, "remittance-sum", &words.each_ref().map(|(name, value)| (*name, value.as_str()))));
    }
    parts
}

/// `POST /commercial/payments/{way}/{council}`
pub(super) async fn enter(form: Posted, which: Path<(String, String)>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (pair, partner) = pair(visit, &which.0, &which.1)?;
    let (typed, t) = (Typed::of(&form), Texts::of(Language::En));
    let (here, now, again) = (visit.here.clone(), visit.now, typed.clone());
    let (me, (found, entered)) = visit
        .staff(SPEAKERS, move |tx, me| {
            let (open, advised) = (payable(tx, pair, partner)?, advised(tx, pair)?);
            let new = match checked(&typed, pair, &open, (billing_date(now), pair.consumer == here.id), t) {
                Ok(new) => new,
                Err(faults) => return Ok(((open, advised), Err(faults))),
            };
            match billing::enter(tx, now, &me.actor(&here.name), &new) {
                Ok(id) => Ok(((open, advised), Ok(id))),
                // Nothing was written yet.
                Err(Error::Conflict(key)) => {
                    let field = if key == "error-remittance-day" { "paid_on" } else { "amount" };
                    Ok(((open, advised), Err(vec![fault(field, t, &key, &[])])))
                }
                Err(error) => Err(error),
            }
        })
        .await?;
    match entered {
        Ok(id) => visit.see_other(&format!("/commercial/payments/{id}")),
        Err(faults) => show_new(visit, &me, (pair, partner), found, again, faults),
    }
}

#[derive(Template)]
#[template(path = "commercial/remittance.html")]
struct OnePage {
    p: Frame,
    payment: Remittance,
    consumer: String,
    provider: String,
    entered: String,
    history: Vec<(String, String)>,
    /// Whether we pay.
    is_ours: bool,
    may_act: bool,
    has_come: bool,
    open: Vec<Open>,
    typed: (String, String),
    faults: Vec<Fault>,
}

impl OnePage {
    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }
}

fn read(tx: &mut Tx<'_>, id: Uuid) -> Result<(Remittance, Vec<Balance>)> {
    let payment = billing::remittance(tx, id)?;
    let partner = if payment.pair.consumer == tx.actor() { payment.pair.provider } else { payment.pair.consumer };
    let mut open = payable(tx, payment.pair, partner)?;
    // With nothing left, only what gives back can be taken into it.
    open.retain(|bill| (payment.rest().0 > 0 && bill.open().0 > 0) || bill.open().0 < 0);
    Ok((payment, open))
}

/// `GET /commercial/payments/{remittance}`
pub(super) async fn page(visit: Visit, id: Path<Uuid>) -> Result<HttpResponse> {
    let id = *id;
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, id)).await?;
    show(&visit, &me, found, (String::new(), String::new()), &BTreeMap::new(), Vec::new())
}

fn show(
    visit: &Visit,
    me: &Staff,
    (payment, open): (Remittance, Vec<Balance>),
    typed: (String, String),
    parts: &BTreeMap<Uuid, String>,
    faults: Vec<Fault>,
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let directory = visit.site.directory.get();
    let name = |of: AuthorityId| directory.name(of).to_owned();
    let entry = |entry: &billing::RemittanceEntry| {
        let who = format!("{}: {}, {}", entry.stage.word(), entry.by, long_moment(entry.at));
        (who, entry.reason.clone())
    };
    let counts = matches!(payment.stage(), Stage::Advised | Stage::Received);
    let page = OnePage {
        p: visit.staff_frame(Area::Commercial, me),
        consumer: name(payment.pair.consumer),
        provider: name(payment.pair.provider),
        entered: format!("{}, {}, {}", payment.by, name(payment.party), long_moment(payment.at)),
        history: payment.entries.iter().map(entry).collect(),
        is_ours: payment.pair.consumer == visit.here.id,
        may_act: me.has(SPEAKERS),
        has_come: payment.paid_on <= billing_date(visit.now),
        open: open
            .into_iter()
            .filter(|_| counts)
            .map(|bill| Open { typed: parts.get(&bill.document_id).cloned().unwrap_or_default(), bill })
            .collect(),
        payment,
        typed,
        faults,
    };
    visit.html(status, &page)
}

/// `POST /commercial/payments/{remittance}`: says that it came or went back, withdraws it, or puts what is left of it
/// against bills.
pub(super) async fn act(form: Posted, id: Path<Uuid>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (id, act, reason) = (*id, form.get("act").to_owned(), form.get("reason").to_owned());
    let typed = Typed::of(&form);
    let (here, now, t) = (visit.here.clone(), visit.now, Texts::of(Language::En));
    let (again, parts_again) = ((act.clone(), reason.clone()), typed.parts.clone());
    let (me, refused) = visit
        .staff(SPEAKERS, move |tx, me| {
            let found = read(tx, id)?;
            let by = me.actor(&here.name);
            let mut faults = Vec::new();
            match act.as_str() {
                "receive" => billing::receive(tx, now, &by, id)?,
                "reverse" | "withdraw" | "refuse" => {
                    // Before what was typed: whose act it is, and whether it may be done.
                    let pair = found.0.pair;
                    let (whose, from) = match act.as_str() {
                        "reverse" => (pair.provider, Stage::Received),
                        "refuse" => (pair.provider, Stage::Advised),
                        _ => (pair.consumer, Stage::Advised),
                    };
                    if whose != here.id {
                        return Err(Error::NotFound);
                    }
                    match words_fault("reason", t, &reason) {
                        Some(fault) if found.0.stage() == from => faults.push(fault),
                        _ if act == "reverse" => billing::reverse(tx, now, &by, id, &reason)?,
                        _ if act == "refuse" => billing::refuse(tx, now, &by, id, &reason)?,
                        _ => billing::withdraw(tx, now, &by, id, &reason)?,
                    }
                }
                "allocate" => {
                    let (rest, amount) = (found.0.rest(), found.0.amount);
                    let used = amount - rest;
                    let within = if amount.0 < 0 { rest..=-used } else { -used..=rest };
                    let parts = parts(&typed.parts, &found.1, (Some(within), "parts"), t, &mut faults);
                    if parts.is_empty() && faults.is_empty() {
                        faults.push(fault("parts", t, "remittance-parts-missing", &[]));
                    }
                    if faults.is_empty() {
                        billing::allocate(tx, now, &by, id, &parts)?;
                    }
                }
                _ => return Err(Error::Malformed("no such act")),
            }
            Ok(Some((found, faults)).filter(|(_, faults)| !faults.is_empty()))
        })
        .await?;
    match refused {
        None => visit.see_other(&format!("/commercial/payments/{id}")),
        Some((found, faults)) => show(visit, &me, found, again, &parts_again, faults),
    }
}
