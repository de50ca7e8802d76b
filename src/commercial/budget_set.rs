//! `/commercial/budget/set`: the budgets of this financial year or the next, one field for each service under each agreement
//! that binds in it.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use super::budget::{Names, year_name};
use super::fields::{Fault, SPEAKERS, fault, fault_of, pounds};
use crate::agreements::{self, Agreement};
use crate::billing::{self, BudgetKey};
use crate::forms::Services;
use crate::identity::Staff;
use crate::kernel::time::financial_year;
use crate::kernel::{AuthorityId, Language, Pence, billing_date};
use crate::platform::{Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::Current;

/// Which year; this one if it is neither.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    year: String,
}

/// This financial year or the next, as an address or a form says it.
fn year_of(typed: &str, today: Date) -> i16 {
    let this = financial_year(today);
    if typed == (this + 1).to_string() { this + 1 } else { this }
}

/// What can have a budget in a financial year: every service under the agreements that bind in it, with what is of none.
pub(super) fn keys(agreements: &[Agreement], me: AuthorityId, year: i16) -> BTreeSet<BudgetKey> {
    let (from, until) = (Date::constant(year, 4, 1), Date::constant(year + 1, 4, 1));
    let in_year = |agreement: &&Agreement| agreement.binds().is_some_and(|b| b.from < until && from < b.until);
    let of = |agreement: &Agreement| {
        let services = agreement.services.iter().map(|service| service.slug.as_str()).chain([""]);
        services.map(|service| BudgetKey::of(agreement, me, service)).collect::<Vec<_>>()
    };
    agreements.iter().filter(in_year).flat_map(of).collect()
}

/// Those, and whatever has a budget, each with what it is.
fn known(tx: &mut Tx<'_>, year: i16) -> Result<BTreeMap<BudgetKey, Option<Pence>>> {
    let (me, agreements) = (tx.actor(), agreements::list(tx)?);
    let mut all: BTreeMap<BudgetKey, Option<Pence>> =
        keys(&agreements, me, year).into_iter().map(|key| (key, None)).collect();
    all.extend(billing::budgets(tx, year)?.into_iter().map(|(key, amount)| (key, Some(amount))));
    Ok(all)
}

/// The name of a budget's field: of the budget, so that what is typed goes nowhere else.
fn field(key: &BudgetKey) -> String {
    let side = if key.is_income { "earned" } else { "owed" };
    format!("{side}.{}.{}.{}", key.partner, key.reference, key.service)
}

#[derive(Template)]
#[template(path = "commercial/budget_set.html")]
struct SetPage {
    p: Frame,
    year: i16,
    this: i16,
    rows: Vec<Row>,
    faults: Vec<Fault>,
}

struct Row {
    id: String,
    field: String,
    is_income: bool,
    partner: String,
    reference: String,
    service: String,
    typed: String,
}

impl SetPage {
    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }
}

/// `GET /commercial/budget/set`
pub(super) async fn page(visit: Visit, asked: Query<Asked>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let year = year_of(&asked.year, billing_date(visit.now));
    let (me, known) = visit.staff(SPEAKERS, move |tx, _| known(tx, year)).await?;
    show(&visit, &me, year, &known, &BTreeMap::new(), &services.get())
}

/// With what was typed, where that is wrong somewhere.
fn show(
    visit: &Visit,
    me: &Staff,
    year: i16,
    known: &BTreeMap<BudgetKey, Option<Pence>>,
    typed: &BTreeMap<String, String>,
    services: &Services,
) -> Result<HttpResponse> {
    let (directory, t) = (visit.site.directory.get(), Texts::of(Language::En));
    let names = Names { directory: &directory, services, here: visit.here.id };
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let place = |key: &&BudgetKey| (key.is_income, key.partner, key.reference.clone(), key.service.is_empty());
    let mut keys: Vec<&BudgetKey> = known.keys().collect();
    keys.sort_by_key(place);
    for (n, key) in keys.into_iter().enumerate() {
        let (id, field) = (format!("b{n}"), field(key));
        let kept = known.get(key).copied().flatten().map(Pence::plain).unwrap_or_default();
        let words = typed.get(&field).cloned().unwrap_or(kept);
        if amount(&words).is_err() {
            faults.push(fault(&id, t, "budget-amount", &[("most", &Pence::MOST.to_string())]));
        }
        rows.push(Row {
            id,
            field,
            is_income: key.is_income,
            partner: names.partner(key),
            reference: key.reference.clone(),
            service: names.service(key),
            typed: words,
        });
    }
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let this = financial_year(billing_date(visit.now));
    visit.html(status, &SetPage { p: visit.staff_frame(Area::Commercial, me), year, this, rows, faults })
}

/// An amount that a budget may have; none where nothing is written.
pub(super) fn amount(typed: &str) -> std::result::Result<Option<Pence>, ()> {
    if typed.is_empty() {
        return Ok(None);
    }
    pounds(typed).filter(|amount| (0..=Pence::MOST.0).contains(&amount.0)).map(Some).ok_or(())
}

/// `POST /commercial/budget/set`
pub(super) async fn post(form: Posted, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let year = year_of(form.get("year"), billing_date(visit.now));
    let typed: BTreeMap<String, String> =
        form.fields().iter().map(|(name, value)| (name.clone(), value.trim().to_owned())).collect();
    let (here, now, sent) = (visit.here.clone(), visit.now, typed.clone());
    let (me, refused) = visit
        .staff(SPEAKERS, move |tx, me| {
            let known = known(tx, year)?;
            let fields = known.keys().filter_map(|key| Some((key.clone(), amount(sent.get(&field(key))?))));
            let wanted: Vec<_> = fields.collect();
            if wanted.iter().any(|(_, amount)| amount.is_err()) {
                return Ok(Some(known));
            }
            let wanted: Vec<_> = wanted.into_iter().map(|(key, amount)| (key, amount.unwrap_or_default())).collect();
            billing::set_budgets(tx, now, &me.actor(&here.name), year, &wanted)?;
            Ok(None)
        })
        .await?;
    match refused {
        Some(known) => show(visit, &me, year, &known, &typed, &services.get()),
        None if year == financial_year(billing_date(visit.now)) => visit.see_other("/commercial/budget"),
        None => visit.see_other(&format!("/commercial/budget/set?year={year}")),
    }
}
