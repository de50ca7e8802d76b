//! `/commercial/payments/file`: a file of payments from a finance system, one row for each bill that is paid. It is looked at
//! whole first: every mistake is named by its row, and nothing is entered until somebody has seen what would be.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::csv;
use super::fields::{REFERENCE, SPEAKERS, date, pounds, rows};
use crate::billing::{self, Balance, NewRemittance, Pair, Remittance, Which};
use crate::identity::Staff;
use crate::kernel::time::long_date;
use crate::kernel::{Actor, AuthorityId, Language, Pence, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};

const HEADINGS: [&str; 4] = ["document", "amount", "paid on", "reference"];
/// The most rows of one file.
const MOST: usize = 300;
/// The most mistakes that are told one by one.
const MISTAKES: usize = 50;

#[derive(Template)]
#[template(path = "commercial/remittance_file.html")]
struct FilePage {
    p: Frame,
    rows: String,
    /// The line, and what is wrong with it.
    mistakes: Vec<(u64, String)>,
    more: usize,
    payments: Vec<Planned>,
    total: Pence,
}

/// The payments of a file, or every mistake with its line.
type Read = std::result::Result<Vec<Plan>, Vec<(u64, String)>>;

/// A payment of a file, with the numbers of the bills that it pays.
struct Plan {
    new: NewRemittance,
    bills: Vec<String>,
    /// The payment that its consumer advised, which this says came.
    advised: Option<Uuid>,
}

/// What a payment of a file has in common with the rows of its other bills.
type Key = (Pair, Date, String);

/// Which bills a payment pays, each with how much and by its number.
#[derive(Default)]
struct Paid {
    parts: Vec<(Uuid, Pence)>,
    bills: Vec<String>,
}

impl Paid {
    fn total(&self) -> Pence {
        self.parts.iter().map(|(_, part)| *part).sum()
    }
}

/// A payment that the file would enter.
struct Planned {
    new: NewRemittance,
    partner: String,
    is_ours: bool,
    is_advised: bool,
    bills: Vec<String>,
}

/// `GET /commercial/payments/file`
pub(super) async fn page(visit: Visit) -> Result<HttpResponse> {
    let (me, ()) = visit.staff(SPEAKERS, |_, _| Ok(())).await?;
    show(&visit, &me, String::new(), Ok(Vec::new()))
}

fn show(visit: &Visit, me: &Staff, rows: String, read: Read) -> Result<HttpResponse> {
    let status = if read.is_err() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (payments, mut mistakes) = match read {
        Ok(payments) => (payments, Vec::new()),
        Err(mistakes) => (Vec::new(), mistakes),
    };
    let more = mistakes.len().saturating_sub(MISTAKES);
    mistakes.truncate(MISTAKES);
    let (directory, here) = (visit.site.directory.get(), visit.here.id);
    let planned = payments.into_iter().map(|Plan { new, bills, advised }| {
        let is_ours = new.pair.consumer == here;
        let partner: AuthorityId = if is_ours { new.pair.provider } else { new.pair.consumer };
        Planned { partner: directory.name(partner).to_owned(), is_ours, is_advised: advised.is_some(), bills, new }
    });
    let payments: Vec<Planned> = planned.collect();
    let page = FilePage {
        p: visit.staff_frame(Area::Commercial, me),
        total: payments.iter().map(|planned| planned.new.amount).sum(),
        rows,
        mistakes,
        more,
        payments,
    };
    visit.html(status, &page)
}

/// `POST /commercial/payments/file`: looks at the rows; with `enter`, enters what was seen.
pub(super) async fn post(form: Posted) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (rows, enters) = (rows(form.get("rows")), form.get("act") == "enter");
    let (here, now, text) = (visit.here.clone(), visit.now, rows.clone());
    let t = Texts::of(Language::En);
    let (me, read) = visit
        .staff(SPEAKERS, move |tx, me| {
            let read = read(tx, &text, billing_date(now), t)?;
            let Ok(payments) = &read else { return Ok(Some(read)) };
            let by = me.actor(&here.name);
            // What only entering them would show is a mistake like the others, and none is entered.
            match tx.rehearsed(|tx| enter(tx, now, &by, payments)) {
                Err(Error::Conflict(key)) => return Ok(Some(Err(vec![(1, t.get(&key))]))),
                rehearsed => rehearsed?,
            }
            if !enters {
                return Ok(Some(read));
            }
            enter(tx, now, &by, payments)?;
            Ok(None)
        })
        .await?;
    match read {
        None => visit.see_other("/commercial/payments#payments"),
        Some(read) => show(visit, &me, rows, read),
    }
}

/// Enters the payments, and says of those that were advised that they came.
fn enter(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, payments: &[Plan]) -> Result<()> {
    for plan in payments {
        match plan.advised {
            Some(advised) => billing::receive(tx, now, by, advised)?,
            None => billing::enter(tx, now, by, &plan.new).map(drop)?,
        }
    }
    Ok(())
}

/// Reads the rows against what is open: payments with the numbers of their bills, or every mistake with its line.
fn read(tx: &mut Tx<'_>, text: &str, today: Date, t: Texts) -> Result<Read> {
    let (open, advised) = (billing::balances(tx, Which::Open)?, billing::advised(tx)?);
    let (me, mut mistakes) = (tx.actor(), Vec::new());
    let mut wrong = |line: u64, key: &str, variables: &[(&str, &str)]| mistakes.push((line, t.with(key, variables)));
    let Some(rows) = csv::rows(text, HEADINGS, MOST) else {
        wrong(1, "remittance-file-headings", &[]);
        return Ok(Err(mistakes));
    };
    // Rows of one payment have its day and reference in common; what they pay is between the same two.
    let mut payments: BTreeMap<Key, Paid> = BTreeMap::new();
    let mut paid: BTreeMap<Uuid, Pence> = BTreeMap::new();
    for row in rows {
        let (line, cells) = match row {
            Ok(row) => row,
            Err(csv::NoRow::Unread(line)) => {
                wrong(line, "remittance-file-row", &[]);
                continue;
            }
            Err(csv::NoRow::Long(line)) => {
                wrong(line, "remittance-file-long", &[("most", &MOST.to_string())]);
                break;
            }
        };
        let [number, amount, day, reference] = cells.each_ref().map(String::as_str);
        let bill: Option<&Balance> = open.iter().find(|bill| bill.number.eq_ignore_ascii_case(number));
        let (amount, day) = (pounds(amount).filter(|amount| amount.0 != 0), date(day));
        if bill.is_none() {
            wrong(line, "remittance-file-document", &[("number", number)]);
        }
        if amount.is_none() {
            wrong(line, "remittance-file-amount", &[]);
        }
        if day.is_none() {
            wrong(line, "remittance-day", &[]);
        }
        if reference.is_empty() || reference.chars().count() > REFERENCE {
            wrong(line, "remittance-reference", &[("most", &REFERENCE.to_string())]);
        }
        let (Some(bill), Some(amount), Some(day)) = (bill, amount, day) else { continue };
        let pair = Pair { consumer: bill.consumer, provider: bill.provider };
        if day > today && pair.provider == me {
            wrong(line, "remittance-day-future", &[]);
        }
        let sum = paid.entry(bill.document_id).or_default();
        *sum += amount;
        // What was advised is still owed to whoever is paid: the row may be the advice itself.
        let most = if pair.provider == me { bill.owed() } else { bill.open() };
        if sum.0.signum() != most.0.signum() || sum.0.abs() > most.0.abs() {
            wrong(line, "remittance-part", &[("bill", &bill.number), ("most", &most.to_string())]);
        }
        let payment = payments.entry((pair, day, reference.to_owned())).or_default();
        payment.parts.push((bill.document_id, amount));
        payment.bills.push(bill.number.clone());
    }
    for ((pair, _, reference), payment) in &payments {
        if payment.total().0 < 0 && pair.provider != me {
            wrong(1, "remittance-file-negative", &[("reference", reference)]);
        }
    }
    if payments.is_empty() && mistakes.is_empty() {
        mistakes.push((1, t.get("remittance-file-empty")));
    }
    if !mistakes.is_empty() {
        return Ok(Err(mistakes));
    }
    let plan = |((pair, paid_on, reference), payment): (Key, Paid)| {
        let amount = payment.total();
        let is_it = |advice: &&Remittance| pair.provider == me && advice.pair == pair && advice.amount == amount;
        let advised = advised.iter().find(is_it).map(|advice| advice.id);
        let allocations = Some(payment.parts);
        let new = NewRemittance { pair, amount, paid_on, reference, allocations, is_another: false };
        Plan { new, bills: payment.bills, advised }
    };
    Ok(Ok(payments.into_iter().map(plan).collect()))
}
