//! `/commercial/payments`: what is owed between us and each other council and how late it is, how quickly each pays, and the
//! payments themselves.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Query;
use askama::Template;
use jiff::civil::Date;

use super::bills::After;
use super::csv::{Cell, Csv};
use super::fields::SPEAKERS;
use crate::billing::{self, Aged, Balance, DaysToPay, Pair, Remittance, Stage, Standing, Which};
use crate::identity::Role;
use crate::kernel::time::{financial_year, long_date};
use crate::kernel::{AuthorityId, Pence, billing_date};
use crate::platform::Result;
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Directory;

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "commercial/payments.html")]
struct PaymentsPage {
    p: Frame,
    /// What others owe us, and what we owe.
    sides: Vec<Side>,
    payments: Vec<Shown>,
    year: i16,
    may_enter: bool,
    is_first: bool,
    next: Option<String>,
}

/// One direction, by the other council.
struct Side {
    is_income: bool,
    rows: Vec<Row>,
    total: Aged,
    unused: Pence,
}

struct Row {
    partner: String,
    slug: String,
    aged: Aged,
    /// What came and is not put against any bill.
    unused: Pence,
    pace: Option<DaysToPay>,
}

impl Side {
    fn together(&self) -> Pence {
        self.total.total() - self.unused
    }
}

impl Row {
    /// What the statement says: what is owed, less what came for nothing yet.
    fn together(&self) -> Pence {
        self.aged.total() - self.unused
    }

    /// Days from issue to payment, on average of the year's bills.
    fn average(&self) -> String {
        self.pace.as_ref().map_or_else(
            || "–".to_owned(),
            |pace| {
                let days = (pace.days + pace.bills / 2) / pace.bills.max(1);
                format!("{days} day{}", if days == 1 { "" } else { "s" })
            },
        )
    }

    /// How many of the year's bills within 30 days.
    fn in_30(&self) -> String {
        self.pace.as_ref().map_or_else(String::new, |pace| format!("{} of {} within 30 days", pace.in_30, pace.bills))
    }
}

/// A payment in the list.
struct Shown {
    payment: Remittance,
    partner: String,
    is_ours: bool,
}

/// `GET /commercial/payments`
pub(super) async fn page(visit: Visit, asked: Query<After>) -> Result<HttpResponse> {
    let after = asked.position();
    let today = billing_date(visit.now);
    let year = financial_year(today);
    let since = Date::new(year, 4, 1).unwrap_or(today);
    let (me, (open, pace, unused, mut payments)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            Ok((
                billing::balances(tx, Which::Open)?,
                billing::days_to_pay(tx, since)?,
                billing::unused(tx)?,
                billing::remittances(tx, after, limit)?,
            ))
        })
        .await?;
    let more = payments.len() > PAGE;
    payments.truncate(PAGE);
    let next = payments.last().filter(|_| more);
    let next = next.map(|last| format!("/commercial/payments?after={}.{}", last.paid_on, last.id));
    let (directory, here) = (visit.site.directory.get(), visit.here.id);
    let shown = payments.into_iter().map(|payment| {
        let is_ours = payment.pair.consumer == here;
        let partner = if is_ours { payment.pair.provider } else { payment.pair.consumer };
        Shown { partner: directory.name(partner).to_owned(), is_ours, payment }
    });
    let sides = [true, false].map(|is_income| side(&open, (&pace, &unused), &directory, (here, is_income), today));
    visit.ok(&PaymentsPage {
        p: visit.staff_frame(Area::Commercial, &me),
        sides: sides.into_iter().filter(|side| !side.rows.is_empty()).collect(),
        payments: shown.collect(),
        year,
        may_enter: me.has(SPEAKERS),
        is_first: after.is_none(),
        next,
    })
}

fn side(
    open: &[Balance],
    (pace, unused): (&[DaysToPay], &[(Pair, Pence)]),
    directory: &Directory,
    (here, is_income): (AuthorityId, bool),
    today: Date,
) -> Side {
    let partner = |pair: Pair| match (pair.provider == here, pair.consumer == here) {
        (true, _) if is_income => Some(pair.consumer),
        (_, true) if !is_income => Some(pair.provider),
        _ => None,
    };
    let mut by_partner: BTreeMap<AuthorityId, Vec<&Balance>> = BTreeMap::new();
    for balance in open {
        if let Some(partner) = partner(Pair { consumer: balance.consumer, provider: balance.provider }) {
            by_partner.entry(partner).or_default().push(balance);
        }
    }
    let mut paces: BTreeMap<AuthorityId, DaysToPay> = BTreeMap::new();
    for pace in pace {
        if let Some(partner) = partner(Pair { consumer: pace.consumer, provider: pace.provider }) {
            paces.insert(partner, pace.clone());
            by_partner.entry(partner).or_default();
        }
    }
    let mut rest: BTreeMap<AuthorityId, Pence> = BTreeMap::new();
    for (pair, amount) in unused {
        if let Some(partner) = partner(*pair) {
            rest.insert(partner, *amount);
            by_partner.entry(partner).or_default();
        }
    }
    let total = Aged::of(by_partner.values().flatten().copied(), today);
    let rows = by_partner.into_iter().map(|(id, balances)| Row {
        partner: directory.name(id).to_owned(),
        slug: directory.by_id(id).map(|a| a.slug.clone()).unwrap_or_default(),
        aged: Aged::of(balances, today),
        unused: rest.get(&id).copied().unwrap_or_default(),
        pace: paces.remove(&id),
    });
    Side { is_income, rows: rows.collect(), total, unused: rest.values().copied().sum() }
}

/// `GET /commercial/open.csv`: every bill on which something is owed, with how old it is.
pub(super) async fn open_csv(visit: Visit) -> Result<HttpResponse> {
    let today = billing_date(visit.now);
    let (_, open) = visit.staff(Role::COMMERCIAL, |tx, _| billing::balances(tx, Which::Open)).await?;
    let directory = visit.site.directory.get();
    let mut csv = Csv::new(&[
        "Document",
        "Supplier",
        "Customer",
        "Month",
        "Issued",
        "Due",
        "Billed",
        "Credited",
        "Paid",
        "Advised",
        "In dispute",
        "Owed",
        "Days late",
    ]);
    for bill in &open {
        let late = match bill.standing(today) {
            Standing::Overdue(days) => days.to_string(),
            _ => String::new(),
        };
        csv.row([
            Cell::Text(bill.number.clone()),
            Cell::Text(directory.name(bill.provider).to_owned()),
            Cell::Text(directory.name(bill.consumer).to_owned()),
            Cell::Figure(bill.month.code()),
            Cell::Figure(bill.issued_on.to_string()),
            Cell::Figure(bill.next_due().unwrap_or(bill.due_on).to_string()),
            Cell::Figure(bill.billed.plain()),
            Cell::Figure(bill.credited.plain()),
            Cell::Figure(bill.paid.plain()),
            Cell::Figure(bill.advised.plain()),
            Cell::Figure(bill.held.plain()),
            Cell::Figure(bill.owed().plain()),
            Cell::Figure(late),
        ]);
    }
    Ok(csv.download(&format!("open-bills-{today}")))
}
