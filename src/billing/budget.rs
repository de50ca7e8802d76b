//! Budgets: what a council expects to spend with others, or to earn from them, in a financial year, against what it comes to.
//! The tables `budget`, `budget_threshold` and `budget_alert`, which are the council's own: a partner never sees them.
//!
//! A budget is of an agreement with all its variations and of one service, before VAT; the empty service is what is of none,
//! as fees, minimums and caps are. What it is compared with, by months of the year:
//!
//! - *billed*: the lines of issued bills by the month that they charge for, less the lines of credit notes;
//! - *not billed yet*: what was counted before today comes to ([`forecasts`]), less the lines of bills;
//! - *by the year's end*: the forecast, less the lines of credit notes, of which the forecast knows nothing.
//!
//! A threshold is passed once for each amount that a budget has: raised or lowered, it is watched anew.

use std::collections::BTreeMap;

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::actual::{Actual, actuals};
use super::forecast::forecasts;
use crate::agreements::{self, Agreement};
use crate::audit;
use crate::kernel::time::financial_year;
use crate::kernel::{Actor, AuthorityId, Pence, billing_date};
use crate::platform::schema::{budget, budget_alert, budget_threshold};
use crate::platform::verify::Check;
use crate::platform::{Result, Tx};

/// What a budget is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetKey {
    /// Whether it is earned; otherwise it is spent.
    pub is_income: bool,
    /// The other council.
    pub partner: AuthorityId,
    /// What both call the agreement.
    pub reference: String,
    /// The service's slug, or empty.
    pub service: String,
}

impl BudgetKey {
    /// Of a service under an agreement of `me`.
    #[must_use]
    pub fn of(agreement: &Agreement, me: AuthorityId, service: &str) -> BudgetKey {
        BudgetKey {
            is_income: agreement.provider == me,
            partner: agreement.partner_of(me),
            reference: agreement.reference.clone(),
            service: service.to_owned(),
        }
    }

    /// Whether it is of this agreement.
    #[must_use]
    pub fn is_under(&self, agreement: &Agreement, me: AuthorityId) -> bool {
        (self.is_income, self.partner, self.reference.as_str())
            == (agreement.provider == me, agreement.partner_of(me), agreement.reference.as_str())
    }
}

/// The budgets of the acting authority for a financial year.
///
/// # Errors
/// The database's.
pub fn budgets(tx: &mut Tx<'_>, year: i16) -> Result<BTreeMap<BudgetKey, Pence>> {
    type Row = (AuthorityId, bool, String, String, Pence);
    let rows: Vec<Row> = budget::table
        .filter(budget::tenant_id.eq(tx.actor()))
        .filter(budget::financial_year.eq(i32::from(year)))
        .select((budget::partner_id, budget::is_income, budget::reference, budget::service, budget::amount_pence))
        .load(tx.conn)?;
    let key = |(partner, is_income, reference, service, amount)| {
        (BudgetKey { is_income, partner, reference, service }, amount)
    };
    Ok(rows.into_iter().map(key).collect())
}

/// Sets budgets of the acting authority for a financial year, or takes them away; says how many that changed.
///
/// # Errors
/// The database's.
pub fn set_budgets(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    year: i16,
    wanted: &[(BudgetKey, Option<Pence>)],
) -> Result<usize> {
    tx.lock("budgets", &[tx.actor().0])?;
    let (me, known) = (tx.actor(), budgets(tx, year)?);
    let changed: Vec<&(BudgetKey, Option<Pence>)> =
        wanted.iter().filter(|(key, amount)| known.get(key) != amount.as_ref()).collect();
    for (key, amount) in &changed {
        let row = (me, i32::from(year), key.partner, key.is_income, &key.reference, &key.service);
        match amount {
            None => diesel::delete(budget::table.find(row)).execute(tx.conn)?,
            Some(amount) => {
                let (tenant, year, partner, is_income, reference, service) = row;
                let new =
                    (budget::amount_pence.eq(*amount), budget::by_name.eq(&by.name), budget::at.eq(now.to_diesel()));
                diesel::insert_into(budget::table)
                    .values((
                        budget::tenant_id.eq(tenant),
                        budget::financial_year.eq(year),
                        budget::partner_id.eq(partner),
                        budget::is_income.eq(is_income),
                        budget::reference.eq(reference),
                        budget::service.eq(service),
                        new,
                    ))
                    .on_conflict((
                        budget::tenant_id,
                        budget::financial_year,
                        budget::partner_id,
                        budget::is_income,
                        budget::reference,
                        budget::service,
                    ))
                    .do_update()
                    .set(new)
                    .execute(tx.conn)?
            }
        };
    }
    let mut references: Vec<&str> = changed.iter().map(|(key, _)| key.reference.as_str()).collect();
    references.sort_unstable();
    references.dedup();
    for reference in references {
        let entry = audit::Entry {
            action: "budget.set",
            subject_kind: "budget",
            subject_id: me.0,
            subject_label: &format!("{year}/{:02} {reference}", (year + 1) % 100),
            purpose: "a budget of the financial year",
            handler: None,
        };
        audit::record(tx, now, by, &entry)?;
    }
    Ok(changed.len())
}

/// When a council wants to be told of a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// At how many per cent spent, the lowest first.
    pub percents: Vec<i16>,
    /// When the forecast of what is spent goes above the budget, or that of what is earned below.
    pub on_forecast: bool,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds { percents: vec![80, 100], on_forecast: true }
    }
}

impl Thresholds {
    /// Those that are passed, each in per cent (0 is the forecast) with the amount that passed it.
    fn passed(&self, actual: &Actual) -> Vec<(i16, Pence)> {
        let Some(budget) = actual.budget else { return Vec::new() };
        let (spent, year_end) = (actual.billed() + actual.unbilled(), actual.year_end());
        let mut passed = Vec::new();
        if !actual.key.is_income {
            let is_passed = |percent: &&i16| is_passed(**percent, false, budget, spent);
            passed.extend(self.percents.iter().filter(is_passed).map(|percent| (*percent, spent)));
        }
        if self.on_forecast && actual.is_foreseen && is_passed(0, actual.key.is_income, budget, year_end) {
            passed.push((0, year_end));
        }
        passed
    }
}

/// Whether an amount passes a threshold of a budget.
fn is_passed(percent: i16, is_income: bool, budget: Pence, reached: Pence) -> bool {
    match percent {
        0 if is_income => reached < budget,
        0 => reached > budget,
        percent => reached.0 > 0 && i128::from(reached.0) * 100 >= i128::from(budget.0) * i128::from(percent),
    }
}

/// The acting authority's thresholds.
///
/// # Errors
/// The database's.
pub fn thresholds(tx: &mut Tx<'_>) -> Result<Thresholds> {
    let row: Option<(serde_json::Value, bool)> = budget_threshold::table
        .find(tx.actor())
        .select((budget_threshold::percents, budget_threshold::on_forecast))
        .first(tx.conn)
        .optional()?;
    let Some((percents, on_forecast)) = row else { return Ok(Thresholds::default()) };
    Ok(Thresholds { percents: serde_json::from_value(percents).map_err(anyhow::Error::from)?, on_forecast })
}

/// Sets them.
///
/// # Errors
/// The database's.
pub fn set_thresholds(tx: &mut Tx<'_>, wanted: &Thresholds) -> Result<()> {
    let new = (
        budget_threshold::percents.eq(serde_json::json!(wanted.percents)),
        budget_threshold::on_forecast.eq(wanted.on_forecast),
    );
    diesel::insert_into(budget_threshold::table)
        .values((budget_threshold::tenant_id.eq(tx.actor()), new.clone()))
        .on_conflict(budget_threshold::tenant_id)
        .do_update()
        .set(new)
        .execute(tx.conn)?;
    Ok(())
}

/// A threshold that was passed.
#[derive(Clone, Debug)]
pub struct BudgetAlert {
    /// Of which budget.
    pub key: BudgetKey,
    /// How much that was.
    pub budget: Pence,
    /// In per cent; 0 is the forecast.
    pub threshold: i16,
    /// What passed it.
    pub reached: Pence,
    /// When.
    pub at: Timestamp,
    /// Who has seen it.
    pub seen_by: Option<String>,
}

/// The alerts of a financial year, the newest first.
///
/// # Errors
/// The database's.
pub fn alerts(tx: &mut Tx<'_>, year: i16) -> Result<Vec<BudgetAlert>> {
    type Row = (AuthorityId, bool, String, String, Pence, i16, Pence, jiff_diesel::Timestamp, Option<String>);
    let rows: Vec<Row> = budget_alert::table
        .filter(budget_alert::tenant_id.eq(tx.actor()))
        .filter(budget_alert::financial_year.eq(i32::from(year)))
        .order((budget_alert::at.desc(), budget_alert::reference, budget_alert::service, budget_alert::threshold))
        .select((
            budget_alert::partner_id,
            budget_alert::is_income,
            budget_alert::reference,
            budget_alert::service,
            budget_alert::amount_pence,
            budget_alert::threshold,
            budget_alert::reached_pence,
            budget_alert::at,
            budget_alert::seen_by_name,
        ))
        .load(tx.conn)?;
    let alert = |(partner, is_income, reference, service, budget, threshold, reached, at, seen_by): Row| BudgetAlert {
        key: BudgetKey { is_income, partner, reference, service },
        budget,
        threshold,
        reached,
        at: at.into(),
        seen_by,
    };
    Ok(rows.into_iter().map(alert).collect())
}

/// Those that were written at one moment.
///
/// # Errors
/// The database's.
pub fn alerts_at(tx: &mut Tx<'_>, at: Timestamp) -> Result<Vec<BudgetAlert>> {
    let year = financial_year(billing_date(at));
    Ok(alerts(tx, year)?.into_iter().filter(|alert| alert.at == at).collect())
}

/// Says that what is on the page of a financial year was seen: the alerts until a moment.
///
/// # Errors
/// The database's.
pub fn see_alerts(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, year: i16, until: Timestamp) -> Result<()> {
    let unseen = budget_alert::table
        .filter(budget_alert::tenant_id.eq(tx.actor()))
        .filter(budget_alert::financial_year.eq(i32::from(year)))
        .filter(budget_alert::at.le(until.to_diesel()))
        .filter(budget_alert::seen_at.is_null());
    diesel::update(unseen)
        .set((budget_alert::seen_by_name.eq(&by.name), budget_alert::seen_at.eq(now.to_diesel())))
        .execute(tx.conn)?;
    Ok(())
}

/// Looks which thresholds of the year's budgets are passed today and were not before; says at which moment they are noted, if
/// any are: see [`alerts_at`].
///
/// # Errors
/// The database's.
pub fn watch_budgets(tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>> {
    let (today, me) = (billing_date(now), tx.actor());
    let year = financial_year(today);
    if budgets(tx, year)?.is_empty() {
        return Ok(None);
    }
    // As exactly as the database keeps it.
    let now = Timestamp::from_microsecond(now.as_microsecond()).map_err(anyhow::Error::from)?;
    let (wanted, agreements) = (thresholds(tx)?, agreements::list(tx)?);
    let outlooks = forecasts(tx, &agreements, today)?;
    let known = alerts(tx, year)?;
    let mut new = 0;
    for actual in actuals(tx, &agreements, &outlooks, today)? {
        let Some(budget) = actual.budget else { continue };
        for (threshold, reached) in wanted.passed(&actual) {
            let is_it =
                |alert: &BudgetAlert| (&alert.key, alert.budget, alert.threshold) == (&actual.key, budget, threshold);
            if known.iter().any(is_it) {
                continue;
            }
            new += diesel::insert_into(budget_alert::table)
                .values((
                    budget_alert::tenant_id.eq(me),
                    budget_alert::financial_year.eq(i32::from(year)),
                    budget_alert::partner_id.eq(actual.key.partner),
                    budget_alert::is_income.eq(actual.key.is_income),
                    budget_alert::reference.eq(&actual.key.reference),
                    budget_alert::service.eq(&actual.key.service),
                    budget_alert::amount_pence.eq(budget),
                    budget_alert::threshold.eq(threshold),
                    budget_alert::reached_pence.eq(reached),
                    budget_alert::at.eq(now.to_diesel()),
                ))
                .on_conflict_do_nothing()
                .execute(tx.conn)?;
        }
    }
    Ok((new > 0).then_some(now))
}

/// Every budget is of an agreement of ours, and every alert passed what it says.
pub(super) fn check(tx: &mut Tx<'_>, check: &mut Check) -> Result<()> {
    let (me, agreements) = (tx.actor(), agreements::list(tx)?);
    let years: Vec<i32> =
        budget::table.filter(budget::tenant_id.eq(me)).select(budget::financial_year).distinct().load(tx.conn)?;
    for year in years.into_iter().filter_map(|year| i16::try_from(year).ok()) {
        for key in budgets(tx, year)?.into_keys() {
            let is_ours = agreements.iter().any(|agreement| key.is_under(agreement, me));
            check
                .look((!is_ours).then(|| format!("a budget of {me} for {year} is of no agreement: {}", key.reference)));
        }
        for alert in alerts(tx, year)? {
            let is_true = is_passed(alert.threshold, alert.key.is_income, alert.budget, alert.reached);
            check.look((!is_true).then(|| {
                format!("{me}: {} does not pass {} per cent of {}", alert.reached, alert.threshold, alert.budget)
            }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::actual::tests::{actual, month};
    use super::*;

    #[test]
    fn thresholds_are_passed_by_what_is_spent_and_by_the_forecast() {
        let usual = Thresholds::default();
        let passed = |is_income, budget, spent, year_end| {
            let passed = usual.passed(&actual(is_income, budget, &[month(0, 0, spent, year_end)]));
            passed.into_iter().map(|(percent, reached)| (percent, reached.0)).collect::<Vec<_>>()
        };
        assert_eq!(passed(false, 1_000, 799, 1_000), []);
        assert_eq!(passed(false, 1_000, 800, 1_000), [(80, 800)]);
        assert_eq!(passed(false, 1_000, 800, 1_001), [(80, 800), (0, 1_001)]);
        assert_eq!(passed(false, 1_000, 1_000, 1_001), [(80, 1_000), (100, 1_000), (0, 1_001)]);
        assert_eq!(passed(false, 0, 0, 0), [], "nothing is nothing");
        assert_eq!(passed(false, 0, 1, 1), [(80, 1), (100, 1), (0, 1)]);
        // What is earned is watched for falling short.
        assert_eq!((passed(true, 1_000, 1_500, 1_500), passed(true, 1_000, 0, 999)), (vec![], vec![(0, 999)]));
        let unforeseen = Actual { is_foreseen: false, ..actual(true, 1_000, &[month(0, 0, 1, 1)]) };
        assert_eq!(usual.passed(&unforeseen), []);
    }
}
