//! What a price comes to as what it counts grows: the points of its curve, and where one more costs less. Pure: each point is
//! rated as a bill is.

use std::collections::BTreeSet;

use jiff::civil::Date;
use uuid::Uuid;

use super::price::{Counts, Price, Shape, Tariff};
use super::rate::{Account, Carried, Used, rate};
use crate::agreements::Term;
use crate::kernel::money::TooMuch;
use crate::kernel::{Month, Pence, Quantity};

/// One of some prices that hold together.
#[derive(Clone, Copy, Debug)]
pub struct Priced<'a> {
    /// All of them: the month's minimum and cap bound what it comes to.
    pub prices: &'a [Price],
    /// Its place among them.
    pub at: usize,
}

/// What a price comes to, beside another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// Whether it is a share of a value, so that amounts are counted and not units.
    pub is_of_value: bool,
    /// From nothing on; as far as a whole number of steps.
    pub points: Vec<Point>,
    /// A round one.
    pub step: i64,
    /// In order.
    pub cliffs: Vec<Cliff>,
}

/// What so much comes to in a whole month, with nothing else counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Whole units, or pence of value.
    pub amount: i64,
    /// Before VAT.
    pub cost: Pence,
    /// Under the other price.
    pub beside: Option<Pence>,
}

/// Where the total changes the price of all units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cliff {
    /// The last unit before it.
    pub last: i64,
    /// What so many cost.
    pub before: Pence,
    /// What one more cost.
    pub after: Pence,
}

impl Cliff {
    /// How much less one more costs; below nothing where it costs more than its own price.
    #[must_use]
    pub fn falls_by(self) -> Pence {
        self.before - self.after
    }
}

/// Into how many even steps a curve is parted.
const STEPS: i64 = 10;
/// How many packages are drawn each with its step.
const MOST_PACKAGES: i64 = 12;

impl Priced<'_> {
    fn price(&self) -> Option<(&Price, &Counts)> {
        let price = self.prices.get(self.at)?;
        Some((price, price.shape.counts()?))
    }

    /// What so many units, or one item of so many pence, come to in a whole month: with the units in advance, as of a first
    /// month, and within the month's minimum and cap.
    ///
    /// # Errors
    /// If an amount is beyond what money may be.
    pub fn cost(&self, amount: i64) -> Result<Pence, TooMuch> {
        let Some((price, of)) = self.price() else { return Ok(Pence(0)) };
        let bounds = |price: &&Price| matches!(price.shape, Shape::MonthlyMinimum { .. } | Shape::Cap { .. });
        let prices = std::iter::once(price).chain(self.prices.iter().filter(bounds)).cloned().collect();
        let month = Month::of(Date::constant(2026, 4, 1));
        let days = Term { from: month.first(), until: month.until() };
        let tariffs = [Tariff { id: Uuid::nil(), version: 1, days, prices }];
        let is_of_value = matches!(price.shape, Shape::Percentage { .. });
        let (quantity, value) = if is_of_value { (1, amount) } else { (amount, 0) };
        let used = [Used {
            date: days.from,
            of: of.clone(),
            quantity: Quantity(quantity.saturating_mul(Quantity::ONE.0)),
            value: Pence(value),
            items: 1,
        }];
        let used = if amount == 0 { &used[..0] } else { &used[..] };
        let account = Account { used, levels: &[], outturns: &[], tariffs: &tariffs, month, binds: days };
        Ok(rate(account, &mut Carried::default())?.net())
    }

    /// The last unit, or penny, of each stretch on which every further one costs the same.
    fn edges(&self) -> Vec<i64> {
        let Some((price, _)) = self.price() else { return Vec::new() };
        let units = |quantity: Quantity| quantity.0 / Quantity::ONE.0;
        match &price.shape {
            Shape::Graduated { bands, .. } | Shape::Volume { bands, .. } => {
                bands.iter().filter_map(|band| band.up_to).map(units).collect()
            }
            Shape::Package { size, free, .. } => (0..MOST_PACKAGES).map(|n| units(*free) + n * units(*size)).collect(),
            Shape::Allowance { included, .. } => vec![units(*included)],
            Shape::Prepaid { units: bought, .. } => vec![units(*bought)],
            Shape::Percentage { percent, item, month, .. } if percent.0 > 0 => {
                let limits = [item.least, item.most, month.least, month.most].into_iter().flatten();
                limits.map(|limit| limit.0.saturating_mul(1_000_000) / percent.0).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Where the total puts all units at another price and one more costs less than one fewer, or more than its own price.
    ///
    /// # Errors
    /// As [`Priced::cost`].
    pub fn cliffs(&self) -> Result<Vec<Cliff>, TooMuch> {
        let Some((Price { shape: Shape::Volume { bands, .. }, .. }, _)) = self.price() else { return Ok(Vec::new()) };
        let mut cliffs = Vec::new();
        for (band, next) in bands.iter().zip(bands.iter().skip(1)) {
            let Some(last) = band.up_to.map(|up_to| up_to.0 / Quantity::ONE.0) else { continue };
            let (before, after) = (self.cost(last)?, self.cost(last.saturating_add(1))?);
            let is_dearer = next.unit_rate > band.unit_rate && after - before > Quantity::ONE.at(next.unit_rate)?;
            if after < before || is_dearer {
                cliffs.push(Cliff { last, before, after });
            }
        }
        Ok(cliffs)
    }
}

/// The curve of a price, beside that of another that is for the same thing, as far as half more than the most that was counted
/// in a month and beyond every band.
///
/// # Errors
/// If an amount is beyond what money may be.
pub fn curve(of: Priced<'_>, beside: Option<Priced<'_>>, counted: i64) -> Result<Curve, TooMuch> {
    let is_of_value = of.price().is_some_and(|(price, _)| matches!(price.shape, Shape::Percentage { .. }));
    let edges: BTreeSet<i64> = of.edges().into_iter().chain(beside.iter().flat_map(Priced::edges)).collect();
    let least = if is_of_value { 10_000 } else { STEPS };
    let beyond = edges.last().map_or(0, |edge| edge.saturating_add(edge / 4));
    let most = beyond.max(counted.saturating_add(counted / 2)).clamp(least, i64::from(u32::MAX));
    let step = round_step(most);
    let steps = (0..=(most + step - 1) / step).map(|n| n * step);
    let end = (most + step - 1) / step * step;
    let of_edges =
        edges.iter().flat_map(|edge| [*edge, edge.saturating_add(1)]).filter(|amount| (0..=end).contains(amount));
    let mut amounts: BTreeSet<i64> = steps.chain(of_edges).collect();
    for priced in [Some(of), beside].into_iter().flatten() {
        let known: Vec<i64> = amounts.iter().copied().collect();
        for (low, high) in known.iter().zip(known.iter().skip(1)) {
            amounts.extend(bend(priced, *low, *high)?);
        }
    }
    let mut points = Vec::with_capacity(amounts.len());
    for amount in amounts {
        let beside = beside.map(|other| other.cost(amount)).transpose()?;
        points.push(Point { amount, cost: of.cost(amount)?, beside });
    }
    Ok(Curve { is_of_value, points, step, cliffs: of.cliffs()? })
}

/// Where, between two amounts, a minimum ends or a cap begins: the last on the first side and the first on the other.
fn bend(of: Priced<'_>, low: i64, high: i64) -> Result<Vec<i64>, TooMuch> {
    let bound = |price: &Price| match price.shape {
        Shape::MonthlyMinimum { amount } | Shape::Cap { amount } => Some(amount),
        _ => None,
    };
    let mut bends = Vec::new();
    for bound in of.prices.iter().filter_map(bound) {
        let is_at = |amount: i64| -> Result<bool, TooMuch> { Ok(of.cost(amount)? == bound) };
        let first = is_at(low)?;
        if first == is_at(high)? {
            continue;
        }
        let (mut low, mut high) = (low, high);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_at(middle)? == first { low = middle } else { high = middle }
        }
        bends.extend([low, high]);
    }
    Ok(bends)
}

/// A round step of which so much has at most ten.
fn round_step(most: i64) -> i64 {
    let mut unit = 1;
    loop {
        for factor in [1, 2, 5] {
            if unit * factor * STEPS >= most {
                return unit * factor;
            }
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::model::{Vat, VatCategory};
    use super::super::price::{Band, Limits};
    use super::*;
    use crate::kernel::{Percent, Rate};

    fn price(shape: Shape) -> Price {
        let (reason, approver) = (String::new(), String::new());
        let vat = Vat { category: VatCategory::Standard, basis_points: 2_000, reason, approver };
        let vat = Some(vat).filter(|_| !matches!(shape, Shape::Cap { .. }));
        Price { description: "It".to_owned(), vat, shape }
    }

    fn of() -> Counts {
        Counts { service: "pothole".to_owned(), meter: "case.accepted".to_owned() }
    }

    fn units(n: i64) -> Quantity {
        Quantity(n * Quantity::ONE.0)
    }

    /// Bands with these ends, and rates in pence.
    fn bands(bands: &[(i64, i64)]) -> Vec<Band> {
        let last = bands.len() - 1;
        let band = |(n, (to, pence)): (usize, &(i64, i64))| Band {
            up_to: (n < last).then(|| units(*to)),
            unit_rate: Rate::of(Pence(*pence)),
        };
        bands.iter().enumerate().map(band).collect()
    }

    fn volume(of_bands: &[(i64, i64)]) -> Price {
        price(Shape::Volume { of: of(), bands: bands(of_bands) })
    }

    #[test]
    fn a_volume_falls_where_a_band_begins_and_is_told() {
        let prices = [volume(&[(1_000, 185), (5_000, 162), (0, 200)])];
        let priced = Priced { prices: &prices, at: 0 };
        let cliffs = priced.cliffs().unwrap();
        let expected = [
            Cliff { last: 1_000, before: Pence(185_000), after: Pence(162_162) },
            Cliff { last: 5_000, before: Pence(810_000), after: Pence(1_000_200) },
        ];
        assert_eq!(cliffs, expected);
        assert_eq!((cliffs[0].falls_by(), cliffs[1].falls_by()), (Pence(22_838), Pence(-190_200)));
        let drawn = curve(priced, None, 0).unwrap();
        let amounts: Vec<i64> = drawn.points.iter().map(|point| point.amount).collect();
        assert_eq!(amounts, [0, 1_000, 1_001, 2_000, 3_000, 4_000, 5_000, 5_001, 6_000, 7_000]);
        assert_eq!((drawn.points[2].cost, drawn.cliffs.len()), (Pence(162_162), 2));
    }

    #[test]
    fn a_cap_and_a_minimum_bend_the_curve_where_they_begin_to_hold() {
        let unit = price(Shape::Unit { of: of(), unit_rate: Rate::of(Pence(100)) });
        let bounds = |least, most| {
            let least = price(Shape::MonthlyMinimum { amount: Pence(least) });
            [unit.clone(), least, price(Shape::Cap { amount: Pence(most) })]
        };
        let (prices, others) = (bounds(2_550, 7_000), bounds(0, 9_000));
        let beside = Priced { prices: &others, at: 0 };
        let drawn = curve(Priced { prices: &prices, at: 0 }, Some(beside), 70).unwrap();
        let cost = |amount: i64| drawn.points.iter().find(|point| point.amount == amount).map(|point| point.cost.0);
        assert_eq!((cost(0), cost(25), cost(26), cost(70)), (Some(2_550), Some(2_550), Some(2_600), Some(7_000)));
        assert_eq!(drawn.points.last().map(|point| (point.amount, point.cost.0)), Some((120, 7_000)));
        assert_eq!(drawn.points.last().and_then(|point| point.beside), Some(Pence(9_000)));
    }

    #[test]
    fn every_shape_that_counts_has_a_curve() {
        let (each, fee) = (Rate::of(Pence(725)), Pence(245_000));
        let item = Limits { least: Some(Pence(20)), most: Some(Pence(500)) };
        let percent = Percent(12_500);
        let first_and_edge = |shape: Shape, edge: i64| {
            let prices = [price(shape)];
            let drawn = curve(Priced { prices: &prices, at: 0 }, None, 0).unwrap();
            let at = |amount: i64| drawn.points.iter().find(|point| point.amount == amount).map(|point| point.cost.0);
            (at(0), at(edge), at(edge + 1))
        };
        let package = Shape::Package { of: of(), size: units(50), price: Pence(3_600), free: units(100) };
        assert_eq!(first_and_edge(package, 150), (Some(0), Some(3_600), Some(7_200)));
        let allowance = Shape::Allowance { of: of(), monthly: fee, included: units(400), unit_rate: each };
        assert_eq!(first_and_edge(allowance, 400), (Some(245_000), Some(245_000), Some(245_725)));
        let prepaid = Shape::Prepaid { of: of(), units: units(1_000), price: fee, unit_rate: each };
        assert_eq!(first_and_edge(prepaid, 1_000), (Some(245_000), Some(245_000), Some(245_725)));
        let share = Shape::Percentage { of: of(), percent, item, month: Limits::default() };
        assert_eq!(first_and_edge(share, 40_000), (Some(0), Some(500), Some(500)));
        let graduated = Shape::Graduated { of: of(), bands: bands(&[(1_000, 185), (0, 162)]) };
        assert_eq!(first_and_edge(graduated, 1_000), (Some(0), Some(185_000), Some(185_162)));
    }

    proptest! {
        /// Counting one by one finds the same falls; and nothing but a volume ever falls.
        #[test]
        fn falls_are_where_counting_finds_them(
            steps in proptest::collection::vec((1_i64..15, 0_i64..400), 1..5),
            cap in proptest::option::of(0_i64..5_000),
            least in proptest::option::of(0_i64..2_000),
        ) {
            let mut end = 0;
            let ends: Vec<(i64, i64)> = steps.iter().map(|(width, pence)| { end += width; (end, *pence) }).collect();
            for is_volume in [true, false] {
                let first = if is_volume { volume(&ends) } else { price(Shape::Graduated { of: of(), bands: bands(&ends) }) };
                let mut prices = vec![first];
                prices.extend(least.map(|amount| price(Shape::MonthlyMinimum { amount: Pence(amount) })));
                prices.extend(cap.filter(|cap| least.is_none_or(|least| least <= *cap)).map(|amount| price(Shape::Cap { amount: Pence(amount) })));
                let priced = Priced { prices: &prices, at: 0 };
                let counted: Vec<i64> = (0..end + 3).filter(|n| priced.cost(n + 1).unwrap() < priced.cost(*n).unwrap()).collect();
                let told: Vec<i64> =
                    priced.cliffs().unwrap().iter().filter(|cliff| cliff.falls_by().0 > 0).map(|cliff| cliff.last).collect();
                prop_assert_eq!(&told, &counted);
                prop_assert!(is_volume || counted.is_empty());
                let drawn = curve(priced, None, end).unwrap();
                prop_assert!(drawn.points.windows(2).all(|two| two[0].amount < two[1].amount));
            }
        }
    }
}
