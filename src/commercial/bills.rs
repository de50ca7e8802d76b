//! `/commercial/bills`: every document we issued or were issued, and our drafts.

use actix_web::HttpResponse;
use actix_web::web::Query;
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use crate::billing::{self, Balance, DocumentFilter, Heading, Standing, Which};
use crate::identity::Role;
use crate::kernel::time::long_date;
use crate::kernel::{Pence, billing_date};
use crate::platform::Result;
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
    rows: Vec<Row>,
    is_first: bool,
    next: Option<String>,
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
    let (me, (mut bills, balances)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            let bills = billing::documents(tx, DocumentFilter { agreement: None, after, limit })?;
            let ids: Vec<Uuid> = bills.iter().map(|bill| bill.id).collect();
            let balances = billing::balances(tx, Which::Of(&ids))?;
            Ok((bills, balances))
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
    visit.ok(&BillsPage {
        p: visit.staff_frame(Area::Commercial, &me),
        rows: rows.collect(),
        is_first: after.is_none(),
        next,
    })
}
