//! What the prices that were typed come to: each one's curve beside that of today, and last year's counts under both.

use super::super::chart::{self, Lines};
use super::{Around, Basis};
use crate::billing::{self, Cliff, Months, Price, Priced};
use crate::kernel::{Month, Pence};
use crate::platform::{Result, Tx};

/// What is shown of it.
pub(super) enum Outcome {
    /// Nothing, while something is wrong; so many things.
    Waits(usize),
    Is(Box<Worked>),
}

/// What prices come to.
pub(super) struct Worked {
    pub(super) curves: Vec<CurveView>,
    /// Each month's cost as it is and as it would be.
    pub(super) months: Vec<(Month, Pence, Pence)>,
    pub(super) totals: [Pence; 2],
    /// In how many months anything was counted.
    pub(super) counted: usize,
}

impl Worked {
    pub(super) fn more(&self) -> Pence {
        self.totals[1] - self.totals[0]
    }

    pub(super) fn less(&self) -> Pence {
        self.totals[0] - self.totals[1]
    }
}

/// One price's curve.
pub(super) struct CurveView {
    pub(super) name: String,
    /// What is counted, or whose value passes.
    pub(super) service: String,
    pub(super) meter: String,
    pub(super) is_of_value: bool,
    pub(super) is_by_item: bool,
    pub(super) is_new: bool,
    pub(super) lines: Lines,
    /// How many or how much, what it costs today, and what it would.
    pub(super) rows: Vec<(String, Option<Pence>, Pence)>,
    pub(super) cliffs: Vec<CliffView>,
}

/// A cliff in words: one more than so many, by how much less or more.
pub(super) struct CliffView {
    pub(super) last: String,
    pub(super) next: String,
    pub(super) less: Option<Pence>,
    pub(super) more: Pence,
}

impl CliffView {
    fn of(cliff: &Cliff) -> CliffView {
        let falls = cliff.falls_by();
        CliffView {
            last: chart::amount(cliff.last, false),
            next: chart::amount(cliff.last + 1, false),
            less: Some(falls).filter(|falls| falls.0 > 0),
            more: Pence(0) - falls,
        }
    }
}

pub(super) fn outcome(tx: &mut Tx<'_>, basis: &Basis, around: &Around) -> Result<Outcome> {
    let offered = match basis.checked(around)? {
        Ok(offered) => offered,
        Err(faults) => return Ok(Outcome::Waits(faults.len())),
    };
    let both = || basis.present_tariffs.iter().chain(&offered.tariffs);
    let by_item = both().flat_map(|tariff| &tariff.prices).any(|price| price.shape.is_by_item());
    let months = billing::last_year(tx, &basis.family, Month::of(around.today), by_item)?;
    let costs = billing::cost_over(&months, &basis.present_tariffs, &basis.present.service_levels)?.into_iter();
    let costs: Vec<(Month, Pence, Pence)> = costs
        .zip(billing::cost_over(&months, &offered.tariffs, &offered.file.service_levels)?)
        .map(|((month, is), (_, would))| (month, is, would))
        .collect();
    let last = |tariffs: &[billing::Tariff]| tariffs.last().map(|tariff| tariff.prices.clone()).unwrap_or_default();
    let (present, proposed) = (last(&basis.present_tariffs), last(&offered.tariffs));
    let mut curves = Vec::new();
    for (at, price) in proposed.iter().enumerate() {
        let before = present.iter().position(|other| other.is_same_charge(price));
        let beside = before.map(|at| Priced { prices: &present, at });
        if let Some(of) = price.shape.counts() {
            let curve = billing::curve(Priced { prices: &proposed, at }, beside, most(&months, price))?;
            let row =
                |point: &billing::Point| (chart::amount(point.amount, curve.is_of_value), point.beside, point.cost);
            curves.push(CurveView {
                name: price.description.clone(),
                service: super::super::service_name(&around.services, basis.newest().consumer, &of.service),
                meter: of.meter.clone(),
                is_of_value: curve.is_of_value,
                is_by_item: price.shape.is_by_item(),
                is_new: before.is_none(),
                lines: chart::lines(&curve),
                rows: curve.points.iter().map(row).collect(),
                cliffs: curve.cliffs.iter().map(CliffView::of).collect(),
            });
        }
    }
    let totals = [costs.iter().map(|(_, is, _)| *is).sum(), costs.iter().map(|(.., would)| *would).sum()];
    let counted = months.iter().filter(|(_, used)| !used.is_empty()).count();
    Ok(Outcome::Is(Box::new(Worked { curves, months: costs, totals, counted })))
}

/// The most of what a price counts that any month had; of a price with limits for each item, the most that one had.
fn most(months: &Months, price: &Price) -> i64 {
    let is_of_value = matches!(price.shape, billing::Shape::Percentage { .. });
    let of_month = |(_, used): &(Month, Vec<billing::Used>)| {
        let ours = used.iter().filter(|one| Some(&one.of) == price.shape.counts());
        let each =
            ours.map(|one| if is_of_value { one.value.0 } else { one.quantity.0 / crate::kernel::Quantity::ONE.0 });
        if price.shape.is_by_item() { each.max().unwrap_or(0) } else { each.sum() }
    };
    months.iter().map(of_month).max().unwrap_or(0)
}
