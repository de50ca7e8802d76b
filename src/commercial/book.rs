//! `/commercial/book`: our own book of the business with other councils: what each account holds, which months are closed and opened again, what
//! would be accrued, what our ledger calls the accounts; the journal and the payments over £500 as files.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Query;
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use super::csv::{Cell, Csv};
use super::fields::{Days, Fault, SPEAKERS, fault, fault_of};
use crate::billing::{self, Accrual};
use crate::identity::{Role, Staff};
use crate::kernel::time::long_moment;
use crate::kernel::{Language, Month, Pence, billing_date};
use crate::ledger::{self, Account, Period, Reopened};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Proof, Texts, Visit};

/// What accounts come to, by their words.
type Sums = BTreeMap<String, Pence>;

/// The longest code of an account, in characters.
const CODE: usize = 30;
/// The longest reason for opening a month again, in characters.
const REASON: usize = 200;
/// What is published is every item above this (Local Government Transparency Code 2015, paragraph 28).
const PUBLISHED_ABOVE: Pence = Pence(50_000);

/// Which month; the last that is over if it is none.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    month: String,
}

#[derive(Template)]
#[template(path = "commercial/book.html")]
struct BookPage {
    p: Frame,
    month: Month,
    months: Vec<Month>,
    rows: Vec<Row>,
    moved: Pence,
    balance: Pence,
    periods: Vec<Period>,
    /// Months that were closed softly and are open again.
    reopened: Vec<Reopened>,
    /// The month that can be closed softly, and those that can be closed for good.
    next: Option<Month>,
    final_next: Option<Month>,
    /// The month that can be opened again.
    reopens: Option<Month>,
    accruals: Vec<Shown>,
    quarters: Vec<Quarter>,
    may_close: bool,
    may_finish: bool,
    demonstration: bool,
    /// Why a month is opened again, as typed.
    reason: String,
    faults: Vec<Fault>,
}

impl BookPage {
    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }
}

/// An account.
struct Row {
    account: Account,
    code: String,
    moved: Pence,
    balance: Pence,
}

/// What would be accrued, as shown.
struct Shown {
    accrual: Accrual,
    partner: String,
}

/// A quarter that is over: what was spent in it is published within a month.
struct Quarter {
    from: Month,
    to: Month,
}

/// What the page shows of our book.
struct Read {
    /// What the accounts came to before the month, and at its end.
    sums: (Sums, Sums),
    periods: Vec<Period>,
    reopened: Vec<Reopened>,
    codes: BTreeMap<String, String>,
    accruals: Vec<Accrual>,
}

fn read(tx: &mut Tx<'_>, month: Month, last: Month) -> Result<Read> {
    let periods = ledger::periods(tx)?;
    let accruals = match next(&periods, last) {
        Some(next) => billing::accruals(tx, next)?,
        None => Vec::new(),
    };
    Ok(Read {
        sums: (ledger::sums(tx, None, month.first())?, ledger::sums(tx, None, month.until())?),
        reopened: ledger::reopened(tx)?,
        codes: ledger::codes(tx)?,
        periods,
        accruals,
    })
}

/// `GET /commercial/book`
pub(super) async fn page(visit: Visit, asked: Query<Asked>) -> Result<HttpResponse> {
    let last = Month::of(billing_date(visit.now)).previous();
    let month = Month::parse(&asked.month).filter(|month| months(&visit).contains(month)).unwrap_or(last);
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, month, last)).await?;
    show(&visit, &me, month, found, (String::new(), Vec::new()))
}

/// The months that can be shown: this one and twelve before it.
fn months(visit: &Visit) -> Vec<Month> {
    let this = Month::of(billing_date(visit.now));
    std::iter::successors(Some(this), |month| Some(month.previous())).take(13).collect()
}

fn show(
    visit: &Visit,
    me: &Staff,
    month: Month,
    found: Read,
    (reason, faults): (String, Vec<Fault>),
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let today = billing_date(visit.now);
    let Read { sums, periods, reopened, codes, accruals } = found;
    let rows = rows(&sums, &codes);
    let directory = visit.site.directory.get();
    let page = BookPage {
        p: visit.staff_frame(Area::Commercial, me),
        moved: rows.iter().map(|row| row.moved).sum(),
        balance: rows.iter().map(|row| row.balance).sum(),
        rows,
        next: next(&periods, Month::of(today).previous()),
        final_next: periods.iter().rev().find(|period| !period.is_closed).map(|period| period.month),
        reopens: periods.first().filter(|newest| !newest.is_closed).map(|newest| newest.month),
        periods,
        reopened,
        accruals: accruals
            .into_iter()
            .map(|accrual| Shown { partner: directory.short_name(accrual.partner).to_owned(), accrual })
            .collect(),
        quarters: quarters(today),
        may_close: me.has(SPEAKERS),
        may_finish: me.has(&[Role::Approver]),
        demonstration: visit.site.demonstration,
        month,
        months: months(visit),
        reason,
        faults,
    };
    visit.html(status, &page)
}

/// The month that is closed next: the one after the last that was, or the last that is over.
fn next(periods: &[Period], last: Month) -> Option<Month> {
    let next = periods.first().map_or(last, |period| period.month.next());
    (next <= last).then_some(next)
}

/// Each account, given what it came to before the month and at its end.
fn rows((before, after): &(Sums, Sums), codes: &BTreeMap<String, String>) -> Vec<Row> {
    let row = |account: &Account| {
        let of = |sums: &Sums| sums.get(account.word()).copied().unwrap_or_default();
        Row {
            account: *account,
            code: codes.get(account.word()).cloned().unwrap_or_default(),
            moved: of(after) - of(before),
            balance: of(after),
        }
    };
    Account::ALL.iter().map(row).collect()
}

/// The last four quarters of financial years that are over, the newest first.
fn quarters(today: Date) -> Vec<Quarter> {
    let this = Month::of(today);
    let begins = |month: &Month| (month.first().month() - 1) % 3 == 0;
    let back = std::iter::successors(Some(this), |month| Some(month.previous()));
    let of = |from: Month| Quarter { from, to: from.next().next() };
    back.filter(begins).skip(1).take(4).map(of).collect()
}

/// `POST /commercial/book`: closes a month, opens one again, or says what our ledger calls the accounts.
pub(super) async fn post(form: Posted) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (act, month) = (form.get("act").to_owned(), Month::parse(form.get("month")));
    let codes: Vec<(Account, String)> = Account::ALL
        .into_iter()
        .map(|account| (account, form.get(account.word()).chars().take(CODE).collect()))
        .collect();
    let (reason, proof) = (form.get("reason").to_owned(), Proof::sent(&form));
    let (here, now, t) = (visit.here.clone(), visit.now, Texts::of(Language::En));
    let (last, why) = (Month::of(billing_date(now)).previous(), reason.clone());
    let roles: &'static [Role] = if matches!(act.as_str(), "close" | "reopen") { &[Role::Approver] } else { SPEAKERS };
    let (me, refused) = visit
        .staff(roles, move |tx, me| {
            let by = me.actor(&here.name);
            match (act.as_str(), month) {
                ("codes", _) => codes.iter().try_for_each(|(account, code)| ledger::set_code(tx, *account, code))?,
                ("soft" | "close", Some(month)) => billing::close_month(tx, now, &by, month, act == "close")?,
                ("reopen", Some(month)) => {
                    let refused = |tx: &mut Tx<'_>, field: &str, key: &str| {
                        Ok(Some((read(tx, last, last)?, vec![fault(field, t, key, &[])])))
                    };
                    if why.is_empty() || why.chars().count() > REASON {
                        return refused(tx, "reason", "book-reopen-reason");
                    }
                    if !proof.holds(tx, me)? {
                        return refused(tx, "password", "commercial-wrong-proof");
                    }
                    billing::reopen_month(tx, now, &by, month, &why)?;
                }
                _ => return Err(Error::Malformed("no such act")),
            }
            Ok(None)
        })
        .await?;
    match refused {
        None => visit.see_other("/commercial/book"),
        Some((found, faults)) => show(visit, &me, last, found, (reason, faults)),
    }
}

/// `GET /commercial/journal.csv`: every posting of our book, in our ledger's codes.
pub(super) async fn journal(visit: Visit, days: Query<Days>) -> Result<HttpResponse> {
    let (from, to) = days.of(billing_date(visit.now));
    let until = to.tomorrow().unwrap_or(to);
    let (_, (entered, codes)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| Ok((ledger::entries(tx, None, from, until)?, ledger::codes(tx)?)))
        .await?;
    let directory = visit.site.directory.get();
    let mut csv = Csv::new(&["Day", "What", "Reference", "Other council", "Account", "Code", "Debit", "Credit"]);
    for entry in &entered {
        let side = |is_debit: bool| {
            let amount = if (entry.amount.0 >= 0) == is_debit { Pence(entry.amount.0.abs()) } else { Pence(0) };
            Cell::Figure(if amount.0 == 0 { String::new() } else { amount.plain() })
        };
        csv.row([
            Cell::Figure(entry.effective_on.to_string()),
            Cell::Text(entry.purpose.clone()),
            Cell::Text(entry.description.clone()),
            Cell::Text(directory.name(entry.counterparty).to_owned()),
            Cell::Text(entry.account.clone()),
            Cell::Text(codes.get(&entry.account).cloned().unwrap_or_default()),
            side(true),
            side(false),
        ]);
    }
    Ok(csv.download(&format!("journal-{from}-{to}")))
}

/// `GET /commercial/transparency.csv`: what a council publishes of its spending each quarter, here with other councils: each
/// document above £500 without VAT, credit notes among them.
pub(super) async fn transparency(visit: Visit, days: Query<Days>) -> Result<HttpResponse> {
    let (from, to) = days.of(billing_date(visit.now));
    let (_, documents) = visit.staff(Role::COMMERCIAL, move |tx, _| billing::received(tx, from, to)).await?;
    let mut csv = Csv::new(&[
        "Body name",
        "Date",
        "Transaction number",
        "Supplier name",
        "Department",
        "Purpose of expenditure",
        "Amount (£)",
        "Irrecoverable VAT (£)",
        "Procurement category",
        "Merchant category",
    ]);
    let above = |amount: Pence| Pence(amount.0.abs()) > PUBLISHED_ABOVE;
    for printed in documents.iter().filter(|printed| above(printed.net)) {
        let text = |text: &str| Cell::Text(text.to_owned());
        csv.row([
            text(&printed.customer.name),
            Cell::Figure(printed.issued_on.map(|day| day.to_string()).unwrap_or_default()),
            text(printed.number.as_deref().unwrap_or_default()),
            text(&printed.supplier.name),
            text(&printed.agreement.reference),
            Cell::Text(format!("{}, {}", printed.agreement.title, printed.month())),
            Cell::Figure(printed.net.plain()),
            // A council recovers it (Value Added Tax Act 1994, section 33).
            Cell::Figure(Pence(0).plain()),
            text("Services from another public body"),
            text(""),
        ]);
    }
    Ok(csv.download(&format!("spending-over-500-{from}-{to}")))
}
