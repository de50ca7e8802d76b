//! `/commercial/bills`: every document we issued or were issued, our drafts, and what could not be drafted.

use actix_web::HttpResponse;
use actix_web::web::Query;
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use crate::agreements::{self, Agreement};
use crate::billing::{self, Balance, DocumentFilter, Heading, Parked, Standing, Which};
use crate::identity::Role;
use crate::kernel::time::{long_date, long_moment};
use crate::kernel::{Pence, billing_date};
use crate::platform::{Result, Tx};
use crate::site::{Area, Frame, Visit};

const PAGE: usize = 50;

/// After which place of a list; what no page of ours makes is as if it were not there.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: String,
}

impl After {
    /// Reads `2026-10-01.<id>`.
    pub(super) fn position(&self) -> Option<(Date, Uuid)> {
        let (date, id) = self.after.split_once('.')?;
        let date: Date = date.parse().ok()?;
        Some((date, id.parse().ok()?)).filter(|(date, _)| (2000..=2199).contains(&date.year()))
    }
}

#[derive(Template)]
#[template(path = "commercial/bills.html")]
struct BillsPage {
    p: Frame,
    parked: Vec<Shown>,
    may_prepare: bool,
    rows: Vec<Row>,
    is_first: bool,
    next: Option<String>,
}

/// A month that could not be prepared, as shown.
struct Shown {
    parked: Parked,
    reference: String,
    partner: String,
}

struct Row {
    bill: Heading,
    partner: String,
    is_ours: bool,
    standing: Option<Standing>,
    /// What is still owed on it, of an issued bill.
    owed: Option<Pence>,
}

/// `GET /commercial/bills`
pub(super) async fn page(visit: Visit, asked: Query<After>) -> Result<HttpResponse> {
    let (after, today) = (asked.position(), billing_date(visit.now));
    let is_first = after.is_none();
    let (me, (mut bills, balances, parked)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            let bills = billing::documents(tx, DocumentFilter { agreement: None, after, limit })?;
            let ids: Vec<Uuid> = bills.iter().map(|bill| bill.id).collect();
            let balances = billing::balances(tx, Which::Of(&ids))?;
            let parked = if is_first { parked(tx)? } else { Vec::new() };
            Ok((bills, balances, parked))
        })
        .await?;
    let more = bills.len() > PAGE;
    bills.truncate(PAGE);
    let next = bills.last().filter(|_| more).map(|last| {
        let (month, id) = last.position();
        format!("/commercial/bills?after={month}.{id}")
    });
    let (directory, here) = (visit.site.directory.get(), visit.here.id);
    let rows = bills.into_iter().map(|bill| {
        let is_ours = bill.provider == here;
        let partner = if is_ours { bill.consumer } else { bill.provider };
        let balance = balances.iter().find(|balance| balance.document_id == bill.id);
        Row {
            partner: directory.name(partner).to_owned(),
            is_ours,
            standing: balance.map(|balance| balance.standing(today)),
            owed: balance.map(Balance::owed),
            bill,
        }
    });
    let parked = parked.into_iter().map(|(parked, agreement)| Shown {
        partner: directory.name(agreement.consumer).to_owned(),
        reference: agreement.reference,
        parked,
    });
    visit.ok(&BillsPage {
        p: visit.staff_frame(Area::Commercial, &me),
        parked: parked.collect(),
        may_prepare: me.has(&[Role::Preparer]),
        rows: rows.collect(),
        is_first,
        next,
    })
}

/// What a run of a whole month could not prepare, with its agreements.
fn parked(tx: &mut Tx<'_>) -> Result<Vec<(Parked, Agreement)>> {
    let parked = billing::parked(tx)?;
    if parked.is_empty() {
        return Ok(Vec::new());
    }
    let agreements = agreements::list(tx)?;
    let of = |parked: Parked| {
        let agreement = agreements.iter().find(|agreement| agreement.id == parked.agreement_id)?;
        Some((parked, agreement.clone()))
    };
    Ok(parked.into_iter().filter_map(of).collect())
}
