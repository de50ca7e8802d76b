//! `/commercial/budget`: what we expected to earn and to spend this financial year by agreement and service, against what it
//! comes to; which thresholds were passed; and what makes up each figure. Nobody but our own council sees any of it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::chart::{Beams, WIDTH, against};
use super::csv::{Cell, Csv};
use super::fields::{Fault, SPEAKERS, fault, fault_of};
use super::service_name;
use crate::agreements;
use crate::billing::{self, Actual, BudgetAlert, BudgetKey, InMonth, SpentLine, Thresholds};
use crate::forms::Services;
use crate::identity::{Role, Staff};
use crate::kernel::time::{financial_year, long_date};
use crate::kernel::{AuthorityId, Language, Month, Pence, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::{Current, Directory};

/// The most lines of bills that are listed for one figure.
const LINES: usize = 300;

/// What budgets are called.
pub(super) struct Names<'a> {
    pub(super) directory: &'a Directory,
    pub(super) services: &'a Services,
    pub(super) here: AuthorityId,
}

impl Names<'_> {
    pub(super) fn partner(&self, key: &BudgetKey) -> String {
        self.directory.name(key.partner).to_owned()
    }

    /// The service; what is of none has a name too.
    pub(super) fn service(&self, key: &BudgetKey) -> String {
        let consumer = if key.is_income { key.partner } else { self.here };
        match key.service.as_str() {
            "" => Texts::default().get("budget-fees"),
            slug => service_name(self.services, consumer, slug),
        }
    }
}

/// `2026/27`.
pub(super) fn year_name(year: i16) -> String {
    format!("{year}/{:02}", (year + 1) % 100)
}

#[derive(Template)]
#[template(path = "commercial/budget.html")]
struct BudgetPage {
    p: Frame,
    year: i16,
    /// The last day that is counted whole.
    counted_to: Date,
    sides: Vec<Side>,
    /// Those that nobody has seen, and those seen.
    alerts: Vec<Alert>,
    newest: Option<Timestamp>,
    seen: bool,
    may_set: bool,
    percents: String,
    on_forecast: bool,
    faults: Vec<Fault>,
}

impl BudgetPage {
    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }
}

/// What is earned, or what is spent.
struct Side {
    is_income: bool,
    rows: Vec<Row>,
    chart: Beams,
    budget: Pence,
    billed: Pence,
    unbilled: Pence,
    year_end: Pence,
    /// By how much the budgets are more than what has one comes to.
    left: Pence,
}

/// A service under an agreement.
struct Row {
    partner: String,
    service: String,
    actual: Actual,
}

impl Row {
    /// Where its figures come from.
    fn link(&self) -> String {
        let agreement = self.actual.agreement.unwrap_or_default();
        format!("/commercial/budget/of/{agreement}?service={}", self.actual.key.service)
    }
}

struct Alert {
    alert: BudgetAlert,
    partner: String,
    service: String,
}

/// What one transaction reads.
struct Read {
    actuals: Vec<Actual>,
    alerts: Vec<BudgetAlert>,
    thresholds: Thresholds,
}

fn read(tx: &mut Tx<'_>, today: Date) -> Result<Read> {
    let agreements = agreements::list(tx)?;
    let outlooks = billing::forecasts(tx, &agreements, today)?;
    Ok(Read {
        actuals: billing::actuals(tx, &agreements, &outlooks, today)?,
        alerts: billing::alerts(tx, financial_year(today))?,
        thresholds: billing::thresholds(tx)?,
    })
}

/// `GET /commercial/budget`
pub(super) async fn page(visit: Visit, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let today = billing_date(visit.now);
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, today)).await?;
    show(&visit, &me, found, &services.get(), None)
}

/// With `wrong` the thresholds as they were typed, and what is wrong with them.
fn show(
    visit: &Visit,
    me: &Staff,
    found: Read,
    services: &Services,
    wrong: Option<(String, bool, Fault)>,
) -> Result<HttpResponse> {
    let today = billing_date(visit.now);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let directory = visit.site.directory.get();
    let names = Names { directory: &directory, services, here: visit.here.id };
    let percents: Vec<String> = found.thresholds.percents.iter().map(i16::to_string).collect();
    let (percents, on_forecast, faults) = match wrong {
        Some((percents, on_forecast, fault)) => (percents, on_forecast, vec![fault]),
        None => (percents.join(", "), found.thresholds.on_forecast, Vec::new()),
    };
    let rows = |is_income: bool| {
        let of = found.actuals.iter().filter(move |actual| actual.key.is_income == is_income);
        let row = |actual: &Actual| Row {
            partner: names.partner(&actual.key),
            service: names.service(&actual.key),
            actual: actual.clone(),
        };
        of.map(row).collect::<Vec<Row>>()
    };
    let sides = [false, true].map(|is_income| side(is_income, rows(is_income)));
    let alert =
        |alert: BudgetAlert| Alert { partner: names.partner(&alert.key), service: names.service(&alert.key), alert };
    let page = BudgetPage {
        p: visit.staff_frame(Area::Commercial, me),
        year: financial_year(today),
        counted_to: today.yesterday().unwrap_or(today),
        sides: sides.into_iter().flatten().collect(),
        newest: found.alerts.iter().filter(|alert| alert.seen_by.is_none()).map(|alert| alert.at).max(),
        seen: found.alerts.iter().any(|alert| alert.seen_by.is_some()),
        alerts: found.alerts.into_iter().map(alert).collect(),
        may_set: me.has(SPEAKERS),
        percents,
        on_forecast,
        faults,
    };
    visit.html(status, &page)
}

fn side(is_income: bool, rows: Vec<Row>) -> Option<Side> {
    if rows.is_empty() {
        return None;
    }
    let sum = |of: fn(&Actual) -> Pence| rows.iter().map(|row| of(&row.actual)).sum::<Pence>();
    let beam = |row: &Row| {
        let actual = &row.actual;
        let label = format!("{}, {}", row.service, row.partner);
        (label, actual.budget, actual.billed() + actual.unbilled(), actual.year_end())
    };
    Some(Side {
        is_income,
        chart: against(&rows.iter().map(beam).collect::<Vec<_>>()),
        budget: sum(|actual| actual.budget.unwrap_or_default()),
        billed: sum(Actual::billed),
        unbilled: sum(Actual::unbilled),
        year_end: sum(Actual::year_end),
        left: sum(|actual| actual.left().unwrap_or_default()),
        rows,
    })
}

/// `POST /commercial/budget`: says that the alerts were seen, or sets the thresholds.
pub(super) async fn post(form: Posted, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (act, until) = (form.get("act").to_owned(), form.get("until").parse::<Timestamp>());
    let (typed, on_forecast) = (form.get("percents").to_owned(), form.get("on_forecast") == "yes");
    let (here, now, t) = (visit.here.clone(), visit.now, Texts::of(Language::En));
    let (today, percents) = (billing_date(visit.now), typed.clone());
    let (me, refused) = visit
        .staff(SPEAKERS, move |tx, me| {
            match (act.as_str(), until) {
                ("seen", Ok(until)) => {
                    billing::see_alerts(tx, now, &me.actor(&here.name), financial_year(today), until)?;
                }
                ("thresholds", _) => match parse(&percents) {
                    Some(percents) => billing::set_thresholds(tx, &Thresholds { percents, on_forecast })?,
                    None => return Ok(Some(read(tx, today)?)),
                },
                _ => return Err(Error::Malformed("no such act")),
            }
            Ok(None)
        })
        .await?;
    match refused {
        None => visit.see_other("/commercial/budget"),
        Some(found) => {
            let wrong = (typed, on_forecast, fault("percents", t, "budget-thresholds", &[]));
            show(visit, &me, found, &services.get(), Some(wrong))
        }
    }
}

/// Thresholds as people write them: 80, 100. None at all is an answer too.
fn parse(typed: &str) -> Option<Vec<i16>> {
    let parts = typed.split([',', ' ', ';']).filter(|part| !part.is_empty());
    let percents: Option<Vec<i16>> = parts
        .map(|part| part.trim_end_matches('%').parse().ok().filter(|percent| (1..=1_000).contains(percent)))
        .collect();
    let mut percents = percents?;
    percents.sort_unstable();
    percents.dedup();
    (percents.len() <= 5).then_some(percents)
}

/// `GET /commercial/budget.csv`: the same figures, in a form in which budgets can be brought in again.
pub(super) async fn csv(visit: Visit, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let today = billing_date(visit.now);
    let (_, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, today)).await?;
    let (directory, services, year) = (visit.site.directory.get(), services.get(), financial_year(today));
    let names = Names { directory: &directory, services: &services, here: visit.here.id };
    let mut csv = Csv::new(&[
        "Year",
        "Side",
        "Council",
        "Agreement",
        "Service",
        "Budget",
        "Billed",
        "Not billed yet",
        "By the end of the year",
        "Left",
    ]);
    for actual in &found.actuals {
        let figure = |amount: Option<Pence>| Cell::Figure(amount.map(Pence::plain).unwrap_or_default());
        csv.row([
            Cell::Figure(year_name(year)),
            Cell::Text(if actual.key.is_income { "Earned" } else { "Owed" }.to_owned()),
            Cell::Text(names.partner(&actual.key)),
            Cell::Text(actual.key.reference.clone()),
            Cell::Text(names.service(&actual.key)),
            figure(actual.budget),
            figure(Some(actual.billed())),
            figure(Some(actual.unbilled())),
            figure(actual.is_foreseen.then(|| actual.year_end())),
            figure(actual.left().filter(|_| actual.is_foreseen)),
        ]);
    }
    Ok(csv.download(&format!("budget-{}", year_name(year))))
}

/// Which service; empty for what is of none.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    service: String,
}

#[derive(Template)]
#[template(path = "commercial/budget_of.html")]
struct OfPage {
    p: Frame,
    agreement: Uuid,
    reference: String,
    partner: String,
    service: String,
    this: Month,
    actual: Actual,
    months: Vec<(Month, InMonth)>,
    lines: Vec<SpentLine>,
    is_cut: bool,
}

/// `GET /commercial/budget/of/{agreement}`: what makes up the figures of one service.
pub(super) async fn one(
    visit: Visit,
    id: Path<Uuid>,
    asked: Query<Asked>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (id, slug, today) = (*id, asked.service.clone(), billing_date(visit.now));
    let (me, (agreement, actual, mut lines)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let (me, all) = (tx.actor(), agreements::list(tx)?);
            let agreement = all.iter().find(|agreement| agreement.id == id).cloned().ok_or(Error::NotFound)?;
            let outlooks = billing::forecasts(tx, &all, today)?;
            let key = BudgetKey::of(&agreement, me, &slug);
            let actual = billing::actuals(tx, &all, &outlooks, today)?.into_iter().find(|actual| actual.key == key);
            let of: Vec<Uuid> = all.iter().filter(|one| key.is_under(one, me)).map(|one| one.id).collect();
            let most = i64::try_from(LINES + 1).unwrap_or(i64::MAX);
            let lines = billing::spent_lines(tx, &of, &slug, financial_year(today), most)?;
            Ok((agreement, actual.ok_or(Error::NotFound)?, lines))
        })
        .await?;
    let (directory, services) = (visit.site.directory.get(), services.get());
    let names = Names { directory: &directory, services: &services, here: visit.here.id };
    let is_cut = lines.len() > LINES;
    lines.truncate(LINES);
    visit.ok(&OfPage {
        p: visit.staff_frame(Area::Commercial, &me),
        agreement: agreement.id,
        reference: agreement.reference,
        partner: names.partner(&actual.key),
        service: names.service(&actual.key),
        this: Month::of(today),
        months: actual.months.iter().map(|(month, of)| (*month, *of)).collect(),
        actual,
        lines,
        is_cut,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_read_as_people_write_them() {
        assert_eq!(parse("100, 80,80"), Some(vec![80, 100]));
        assert_eq!((parse("50%; 75 %"), parse("")), (None, Some(vec![])));
        assert_eq!((parse("50%"), parse("0"), parse("1001"), parse("80.5")), (Some(vec![50]), None, None, None));
        assert_eq!((parse("1 2 3 4 5 6"), year_name(2099)), (None, "2099/00".to_owned()));
    }
}
