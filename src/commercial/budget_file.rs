//! `/commercial/budget/file`: budgets from a spreadsheet, one row for each service under each agreement. The file is looked at
//! whole first: every mistake is named by its row, and nothing is kept until somebody has seen what would change. What
//! `budget.csv` says can be changed and brought in again.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use super::budget::{Names, year_name};
use super::budget_set::{amount, keys};
use super::csv;
use super::fields::{SPEAKERS, rows};
use crate::agreements;
use crate::billing::{self, BudgetKey};
use crate::forms::Services;
use crate::identity::Staff;
use crate::kernel::time::financial_year;
use crate::kernel::{Language, Pence, billing_date};
use crate::platform::{Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::Current;

const HEADINGS: [&str; 6] = ["year", "side", "council", "agreement", "service", "budget"];
/// The most rows of one file.
const MOST: usize = 1_000;
/// The most mistakes that are told one by one.
const MISTAKES: usize = 50;

#[derive(Template)]
#[template(path = "commercial/budget_file.html")]
struct FilePage {
    p: Frame,
    rows: String,
    /// The line, and what is wrong with it.
    mistakes: Vec<(u64, String)>,
    more: usize,
    /// Whether the rows were looked at and are right.
    is_seen: bool,
    same: usize,
    changes: Vec<Shown>,
}

/// A budget that would change, as shown.
struct Shown {
    year: i16,
    is_income: bool,
    partner: String,
    reference: String,
    service: String,
    was: Option<Pence>,
    becomes: Option<Pence>,
}

/// A row of the file: the budget, what it was and what it becomes.
struct Change {
    year: i16,
    key: BudgetKey,
    was: Option<Pence>,
    becomes: Option<Pence>,
}

/// The budgets of a file, or every mistake with its line.
type Read = std::result::Result<Vec<Change>, Vec<(u64, String)>>;

/// `GET /commercial/budget/file`
pub(super) async fn page(visit: Visit, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let (me, ()) = visit.staff(SPEAKERS, |_, _| Ok(())).await?;
    show(&visit, &me, String::new(), None, &services.get())
}

fn show(visit: &Visit, me: &Staff, rows: String, read: Option<Read>, services: &Services) -> Result<HttpResponse> {
    let is_seen = matches!(read, Some(Ok(_)));
    let (changes, mut mistakes) = match read {
        Some(Ok(changes)) => (changes, Vec::new()),
        Some(Err(mistakes)) => (Vec::new(), mistakes),
        None => (Vec::new(), Vec::new()),
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let more = mistakes.len().saturating_sub(MISTAKES);
    mistakes.truncate(MISTAKES);
    let directory = visit.site.directory.get();
    let names = Names { directory: &directory, services, here: visit.here.id };
    let (same, changes): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(|one| one.was == one.becomes);
    let shown = |change: Change| Shown {
        year: change.year,
        is_income: change.key.is_income,
        partner: names.partner(&change.key),
        service: names.service(&change.key),
        reference: change.key.reference,
        was: change.was,
        becomes: change.becomes,
    };
    let page = FilePage {
        p: visit.staff_frame(Area::Commercial, me),
        rows,
        mistakes,
        more,
        is_seen,
        same: same.len(),
        changes: changes.into_iter().map(shown).collect(),
    };
    visit.html(status, &page)
}

/// `POST /commercial/budget/file`: looks at the rows; with `keep`, keeps what was seen.
pub(super) async fn post(form: Posted, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (rows, keeps) = (rows(form.get("rows")), form.get("act") == "keep");
    let (here, now, text) = (visit.here.clone(), visit.now, rows.clone());
    let (directory, known) = (visit.site.directory.get(), services.get());
    let (me, read) = visit
        .staff(SPEAKERS, move |tx, me| {
            let names = Names { directory: &directory, services: &known, here: here.id };
            let read = read(tx, &text, financial_year(billing_date(now)), &names)?;
            let Ok(changes) = &read else { return Ok(Some(read)) };
            if !keeps {
                return Ok(Some(read));
            }
            let mut by_year: BTreeMap<i16, Vec<(BudgetKey, Option<Pence>)>> = BTreeMap::new();
            for change in changes {
                by_year.entry(change.year).or_default().push((change.key.clone(), change.becomes));
            }
            for (year, wanted) in by_year {
                billing::set_budgets(tx, now, &me.actor(&here.name), year, &wanted)?;
            }
            Ok(None)
        })
        .await?;
    match read {
        None => visit.see_other("/commercial/budget"),
        read => show(visit, &me, rows, read, &services.get()),
    }
}

/// Reads the rows: what each budget was and becomes, or every mistake with its line.
fn read(tx: &mut Tx<'_>, text: &str, this: i16, names: &Names<'_>) -> Result<Read> {
    let (t, me, agreements) = (Texts::of(Language::En), tx.actor(), agreements::list(tx)?);
    let mut years: Vec<(i16, BTreeSet<BudgetKey>, BTreeMap<BudgetKey, Pence>)> = Vec::new();
    for year in [this, this + 1] {
        let budgets = billing::budgets(tx, year)?;
        let mut all = keys(&agreements, me, year);
        all.extend(budgets.keys().cloned());
        years.push((year, all, budgets));
    }
    let mut mistakes = Vec::new();
    let mut wrong = |line: u64, key: &str, variables: &[(&str, &str)]| mistakes.push((line, t.with(key, variables)));
    let Some(rows) = csv::rows(text, HEADINGS, MOST) else {
        wrong(1, "budget-file-headings", &[]);
        return Ok(Err(mistakes));
    };
    let (mut changes, mut seen) = (Vec::new(), BTreeMap::new());
    for row in rows {
        let (line, cells) = match row {
            Ok(row) => row,
            Err(csv::NoRow::Unread(line)) => {
                wrong(line, "budget-file-row", &[]);
                continue;
            }
            Err(csv::NoRow::Long(line)) => {
                wrong(line, "budget-file-long", &[("most", &MOST.to_string())]);
                break;
            }
        };
        let [year, side, council, reference, service, typed] = cells.each_ref().map(String::as_str);
        let known = years.iter().find(|(of, ..)| year == of.to_string() || year == year_name(*of));
        if known.is_none() {
            wrong(line, "budget-file-year", &[("this", &year_name(this)), ("next", &year_name(this + 1))]);
        }
        let is_income = match side.to_lowercase().as_str() {
            "earned" => Some(true),
            "owed" => Some(false),
            _ => None,
        };
        if is_income.is_none() {
            wrong(line, "budget-file-side", &[]);
        }
        let is_it = |name: &str| name.eq_ignore_ascii_case(council);
        let partner = names.directory.iter().find(|a| is_it(&a.slug) || is_it(&a.name) || is_it(&a.short_name));
        if partner.is_none() {
            wrong(line, "budget-file-council", &[]);
        }
        let amount = amount(typed);
        if amount.is_err() {
            wrong(line, "budget-file-amount", &[("most", &Pence::MOST.to_string())]);
        }
        let (Some((year, keys, budgets)), Some(is_income), Some(partner)) = (known, is_income, partner) else {
            continue;
        };
        let under: Vec<&BudgetKey> = keys
            .iter()
            .filter(|key| (key.is_income, key.partner) == (is_income, partner.id))
            .filter(|key| key.reference.eq_ignore_ascii_case(reference))
            .collect();
        if under.is_empty() {
            wrong(line, "budget-file-agreement", &[("reference", reference)]);
            continue;
        }
        let is_it = |key: &&&BudgetKey| {
            key.service.eq_ignore_ascii_case(service) || names.service(key).eq_ignore_ascii_case(service)
        };
        let Some(key) = under.iter().find(is_it) else {
            wrong(line, "budget-file-service", &[]);
            continue;
        };
        if let Some(first) = seen.insert((*year, *key), line) {
            wrong(line, "budget-file-twice", &[("line", &first.to_string())]);
        }
        let Ok(becomes) = amount else { continue };
        changes.push(Change { year: *year, key: (*key).clone(), was: budgets.get(*key).copied(), becomes });
    }
    if changes.is_empty() && mistakes.is_empty() {
        mistakes.push((1, t.get("budget-file-empty")));
    }
    Ok(if mistakes.is_empty() { Ok(changes) } else { Err(mistakes) })
}
