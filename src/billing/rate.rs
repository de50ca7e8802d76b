//! Rating: quantities × tariffs → lines, and lines → VAT. Pure; no clock, no database, no floats.

use std::collections::BTreeMap;

use jiff::civil::Date;
use uuid::Uuid;

use super::model::{Charge, Line, Price, RATE_OF_A_PENNY, Tariff, VatCategory, VatGroup, is_same_charge};
use crate::agreements::Term;
use crate::kernel::money::round_half_away;
use crate::kernel::time::long_date;
use crate::kernel::{Month, Pence, Quantity, Rate};

/// A quantity to be charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The day it counts for.
    pub date: Date,
    /// Slug of the service.
    pub service: String,
    /// What was counted.
    pub meter: String,
    /// How much; negative for a reversal.
    pub quantity: Quantity,
}

/// What rating came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rated {
    /// The lines.
    pub lines: Vec<Line>,
    /// What no tariff has a price for: never dropped in silence.
    pub unpriced: Vec<Used>,
}

impl Rated {
    /// The sum of the lines.
    #[must_use]
    pub fn net(&self) -> Pence {
        self.lines.iter().map(|line| line.net).sum()
    }
}

/// A month's charges under an agreement that binds on the days of `binds`: the order of `used` does not matter.
#[must_use]
pub fn rate(used: &[Used], tariffs: &[Tariff], month: Month, binds: Term) -> Rated {
    let mut rated = rate_units(used, &Billed::default(), tariffs, month, binds);
    rated.lines.extend(rate_standing(tariffs, month, binds));
    rated
}

/// The quantities already billed for a tariff version's counts.
#[derive(Clone, Debug, Default)]
pub struct Billed(BTreeMap<(Uuid, String, String), Quantity>);

impl Billed {
    /// Adds what an issued line billed.
    pub fn add(&mut self, tariff: Uuid, service: String, meter: String, quantity: Quantity) {
        *self.0.entry((tariff, service, meter)).or_default() += quantity;
    }

    fn of(&self, tariff: Uuid, service: &str, meter: &str) -> Quantity {
        self.0.get(&(tariff, service.to_owned(), meter.to_owned())).copied().unwrap_or_default()
    }
}

/// The charges for a month's units, of which `billed` were billed before. What comes later is charged as
/// rate(all) − rate(billed), so that the month's bills together are exact to the penny however they were split.
#[must_use]
pub fn rate_units(used: &[Used], billed: &Billed, tariffs: &[Tariff], month: Month, binds: Term) -> Rated {
    let mut rated = Rated::default();
    let stretches = stretches(tariffs, month, binds);
    for (tariff, days) in &stretches {
        for price in &tariff.prices {
            let Price::Unit { service, meter, description, unit_rate, vat } = price else { continue };
            let counted = |u: &&Used| days.holds(u.date) && u.service == *service && u.meter == *meter;
            let Some(quantity) = used.iter().filter(counted).map(|u| u.quantity).reduce(|a, b| a + b) else { continue };
            let before = billed.of(tariff.id, service, meter);
            rated.lines.push(Line {
                charge: Charge::Unit { service: service.clone(), meter: meter.clone() },
                description: describe(description, *days, month),
                from: days.from,
                until: days.until,
                quantity,
                unit_rate: *unit_rate,
                net: (before + quantity).at(*unit_rate) - before.at(*unit_rate),
                vat: vat.clone(),
                tariff_id: tariff.id,
                tariff_version: tariff.version,
            });
        }
    }
    rated.unpriced = used
        .iter()
        .filter(|u| !rated.lines.iter().any(|line| line.counts(u.date, &u.service, &u.meter)))
        .cloned()
        .collect();
    rated
}

/// A month's standing charges. A fee that covers part of the month is charged by calendar days of that month; when its
/// price changes within the month, the segments share the rounding by largest remainder, so equal prices sum to the fee.
#[must_use]
pub fn rate_standing(tariffs: &[Tariff], month: Month, binds: Term) -> Vec<Line> {
    let whole = days_between(month.first(), month.until());
    let mut fees: Vec<Vec<(&Tariff, Term, &Price)>> = Vec::new();
    for (tariff, days) in stretches(tariffs, month, binds) {
        for price in tariff.prices.iter().filter(|p| matches!(p, Price::Standing { .. })) {
            let segment = (tariff, days, price);
            match fees.iter_mut().find(|fee| fee.iter().any(|(.., other)| is_same_charge(other, price))) {
                Some(fee) => fee.push(segment),
                None => fees.push(vec![segment]),
            }
        }
    }
    let mut lines = Vec::new();
    for fee in fees {
        let exact: Vec<i128> = fee
            .iter()
            .map(|(_, days, price)| match price {
                Price::Standing { monthly, .. } => {
                    i128::from(monthly.0) * i128::from(days_between(days.from, days.until))
                }
                Price::Unit { .. } => 0,
            })
            .collect();
        for ((tariff, days, price), net) in fee.into_iter().zip(apportion(&exact, i128::from(whole))) {
            let covered = days_between(days.from, days.until);
            let mut description = describe(price.description(), days, month);
            if covered < whole {
                description.push_str(&format!(" ({covered} of {whole} days)"));
            }
            lines.push(Line {
                charge: Charge::Standing,
                description,
                from: days.from,
                until: days.until,
                quantity: Quantity::ONE,
                unit_rate: Rate(net.0 * RATE_OF_A_PENNY),
                net,
                vat: price.vat().clone(),
                tariff_id: tariff.id,
                tariff_version: tariff.version,
            });
        }
    }
    lines
}

/// The standing charges of a whole term: what an agreement commits the consumer to, whatever is counted.
#[must_use]
pub fn committed(tariffs: &[Tariff], term: Term) -> Pence {
    let months = std::iter::successors(Some(Month::of(term.from)), |month| Some(month.next()))
        .take_while(|month| month.first() < term.until);
    months.flat_map(|month| rate_standing(tariffs, month, term)).map(|line| line.net).sum()
}

/// Divides each of `parts` by `whole` in whole pence, so that they sum to their rounded sum: floors first, the pennies
/// left over to the largest remainders, the earlier one where two are equal.
fn apportion(parts: &[i128], whole: i128) -> Vec<Pence> {
    let total = round_half_away(parts.iter().sum(), whole);
    let mut shares: Vec<i64> =
        parts.iter().map(|part| i64::try_from(part.div_euclid(whole)).unwrap_or(i64::MAX)).collect();
    let left = usize::try_from(total - shares.iter().sum::<i64>()).unwrap_or(0);
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(parts.get(*at).map_or(0, |part| part.rem_euclid(whole))));
    for at in order.into_iter().take(left) {
        if let Some(share) = shares.get_mut(at) {
            *share += 1;
        }
    }
    shares.into_iter().map(Pence).collect()
}

/// Each tariff with the days on which it prices this month.
fn stretches(tariffs: &[Tariff], month: Month, binds: Term) -> Vec<(&Tariff, Term)> {
    let clipped = |tariff: &Tariff| Term {
        from: tariff.days.from.max(month.first()).max(binds.from),
        until: tariff.days.until.min(month.until()).min(binds.until),
    };
    let mut found: Vec<_> =
        tariffs.iter().map(|t| (t, clipped(t))).filter(|(_, days)| days.from < days.until).collect();
    found.sort_by_key(|(_, days)| days.from);
    found
}

fn describe(description: &str, days: Term, month: Month) -> String {
    if days.from == month.first() && days.until == month.until() {
        return description.to_owned();
    }
    let last = days.until.yesterday().unwrap_or(days.until);
    format!("{description}, {} to {}", days.from.day(), long_date(last))
}

fn days_between(from: Date, until: Date) -> i32 {
    from.until(until).map_or(0, |span| span.get_days())
}

/// The VAT of lines, for each category and rate: rounded once for the group, half away from zero.
#[must_use]
pub fn vat_groups(lines: &[Line]) -> Vec<VatGroup> {
    let mut sums: BTreeMap<(VatCategory, std::cmp::Reverse<i32>), Pence> = BTreeMap::new();
    for line in lines {
        *sums.entry((line.vat.category, std::cmp::Reverse(line.vat.basis_points))).or_default() += line.net;
    }
    sums.into_iter()
        .map(|((category, std::cmp::Reverse(basis_points)), net)| VatGroup {
            category,
            basis_points,
            net,
            vat: net.basis_points(i64::from(basis_points)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::model::{Series, Vat};
    use super::*;

    const ALWAYS: Term = Term { from: Date::constant(2020, 4, 1), until: Date::constant(2040, 4, 1) };

    fn vat(category: VatCategory) -> Vat {
        let basis_points = category.basis_points();
        Vat { category, basis_points, reason: "why".to_owned(), approver: "who".to_owned() }
    }

    fn standing(monthly: i64) -> Price {
        Price::Standing {
            description: "Standing charge".to_owned(),
            monthly: Pence(monthly),
            vat: vat(VatCategory::Standard),
        }
    }

    fn unit(service: &str, rate: &str) -> Price {
        Price::Unit {
            service: service.to_owned(),
            meter: "case.accepted".to_owned(),
            description: format!("{service} accepted"),
            unit_rate: Rate::parse(rate).unwrap(),
            vat: vat(VatCategory::Standard),
        }
    }

    fn tariff(version: i32, from: Date, until: Date, prices: Vec<Price>) -> Tariff {
        Tariff { id: Uuid::from_u128(version.unsigned_abs().into()), version, days: Term { from, until }, prices }
    }

    fn used(day: Date, quantity: i64) -> Used {
        Used {
            date: day,
            service: "pothole".to_owned(),
            meter: "case.accepted".to_owned(),
            quantity: Quantity(quantity * 1000),
        }
    }

    fn month(code: &str) -> Month {
        Month::parse(code).unwrap()
    }

    #[test]
    fn part_of_a_month_is_charged_by_its_london_days() {
        let charged = |monthly, from| {
            let tariffs = [tariff(1, from, ALWAYS.until, vec![standing(monthly)])];
            rate(&[], &tariffs, Month::of(from), ALWAYS).net()
        };
        assert_eq!(charged(185_000, date(2026, 6, 12)), Pence(117_167));
        assert_eq!(charged(100_000, date(2028, 2, 15)), Pence(51_724));
        assert_eq!(charged(100_000, date(2027, 3, 28)), Pence(12_903), "by hours it would be 12,786");
        assert_eq!(charged(185_000, date(2026, 6, 1)), Pence(185_000));
    }

    #[test]
    fn an_agreement_that_begins_or_ends_within_the_month_pays_for_its_days() {
        let tariffs = [tariff(1, ALWAYS.from, ALWAYS.until, vec![standing(185_000)])];
        let rest = Term { from: date(2026, 6, 12), ..ALWAYS };
        let first = Term { until: date(2026, 6, 12), ..ALWAYS };
        let lines = rate_standing(&tariffs, month("2026-06"), rest);
        assert_eq!(lines[0].net, Pence(117_167));
        assert_eq!(lines[0].description, "Standing charge, 12 to 30 June 2026 (19 of 30 days)");
        assert_eq!(rate_standing(&tariffs, month("2026-06"), first)[0].net, Pence(67_833));
        assert_eq!(rate_standing(&tariffs, month("2026-07"), first), []);
    }

    #[test]
    fn an_agreement_commits_to_its_standing_charges() {
        let tariffs = [tariff(1, ALWAYS.from, ALWAYS.until, vec![standing(185_000), unit("pothole", "6.85")])];
        let term = Term { from: date(2026, 6, 12), until: date(2026, 9, 1) };
        assert_eq!(committed(&tariffs, term), Pence(117_167 + 2 * 185_000));
    }

    #[test]
    fn segments_of_one_fee_sum_to_the_fee() {
        let tariffs = [
            tariff(1, ALWAYS.from, date(2026, 6, 12), vec![standing(185_000)]),
            tariff(2, date(2026, 6, 12), date(2026, 6, 20), vec![standing(185_000)]),
            tariff(3, date(2026, 6, 20), ALWAYS.until, vec![standing(185_000)]),
        ];
        let lines = rate_standing(&tariffs, month("2026-06"), ALWAYS);
        assert_eq!(lines.iter().map(|l| l.net).sum::<Pence>(), Pence(185_000));
        assert_eq!(
            lines.iter().map(|l| l.net.0).collect::<Vec<_>>(),
            [67_834, 49_333, 67_833],
            "the earlier of two equal remainders"
        );
    }

    #[test]
    fn a_change_of_price_splits_the_quantities_at_its_day() {
        let tariffs = [
            tariff(1, ALWAYS.from, date(2026, 6, 12), vec![unit("pothole", "6.85")]),
            tariff(2, date(2026, 6, 12), ALWAYS.until, vec![unit("pothole", "7.00")]),
        ];
        let rated = rate(&[used(date(2026, 6, 11), 2), used(date(2026, 6, 12), 3)], &tariffs, month("2026-06"), ALWAYS);
        let nets: Vec<_> = rated.lines.iter().map(|l| (l.quantity, l.net)).collect();
        assert_eq!(nets, [(Quantity(2_000), Pence(1_370)), (Quantity(3_000), Pence(2_100))]);
        assert_eq!(rated.unpriced, []);
    }

    #[test]
    fn what_has_no_price_is_named() {
        let tariffs = [tariff(1, ALWAYS.from, ALWAYS.until, vec![unit("kerb", "48.50")])];
        let stray = used(date(2026, 6, 11), 2);
        let rated = rate(std::slice::from_ref(&stray), &tariffs, month("2026-06"), ALWAYS);
        assert_eq!((rated.lines.len(), rated.unpriced), (0, vec![stray]));
    }

    #[test]
    fn an_event_and_its_reversal_leave_a_line_of_nothing() {
        let tariffs = [tariff(1, ALWAYS.from, ALWAYS.until, vec![unit("pothole", "6.85")])];
        let both = [used(date(2026, 6, 11), 1), used(date(2026, 6, 11), -1)];
        let rated = rate(&both, &tariffs, month("2026-06"), ALWAYS);
        assert_eq!((rated.lines[0].quantity, rated.lines[0].net), (Quantity(0), Pence(0)));
    }

    #[test]
    fn vat_is_rounded_once_for_each_category_and_rate() {
        use VatCategory::{Exempt, OutsideScope, Standard, Zero};
        let line = |category, net| Line {
            charge: Charge::Standing,
            description: String::new(),
            from: ALWAYS.from,
            until: ALWAYS.until,
            quantity: Quantity::ONE,
            unit_rate: Rate(0),
            net: Pence(net),
            vat: vat(category),
            tariff_id: Uuid::nil(),
            tariff_version: 1,
        };
        let all = [
            line(Standard, 123_457),
            line(Standard, 8_766),
            line(Exempt, 64_000),
            line(Zero, 12_000),
            line(OutsideScope, 500_000),
        ];
        let (invoice, demand): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|l| l.vat.category.series() == Series::Invoice);
        let total = |lines: &[Line]| {
            let groups = vat_groups(lines);
            (groups.iter().map(|g| g.net).sum::<Pence>(), groups.iter().map(|g| g.vat).sum::<Pence>())
        };
        assert_eq!(total(&invoice), (Pence(208_223), Pence(26_445)), "line by line the VAT would be 26,444");
        assert_eq!(total(&demand), (Pence(500_000), Pence(0)));
    }

    fn uses() -> impl Strategy<Value = Vec<Used>> {
        let one = (0i32..30, -3i64..8).prop_map(|(day, quantity)| used(date(2026, 6, 1) + day.days(), quantity));
        prop::collection::vec(one, 0..40)
    }

    proptest! {
        #[test]
        fn the_order_of_events_does_not_matter(used in uses(), rotate in 0usize..40) {
            let tariffs = [
                tariff(1, ALWAYS.from, date(2026, 6, 12), vec![unit("pothole", "7.425"), standing(27_500)]),
                tariff(2, date(2026, 6, 12), ALWAYS.until, vec![unit("pothole", "0.0425"), standing(30_000)]),
            ];
            let mut other = used.clone();
            other.rotate_left(rotate % used.len().max(1));
            prop_assert_eq!(rate(&used, &tariffs, month("2026-06"), ALWAYS), rate(&other, &tariffs, month("2026-06"), ALWAYS));
        }

        #[test]
        fn a_month_billed_in_parts_costs_what_it_costs_at_once(used in uses(), cut in 0usize..40, again in 0usize..40) {
            let tariffs = [tariff(1, ALWAYS.from, ALWAYS.until, vec![unit("pothole", "7.425")])];
            let at_once = rate_units(&used, &Billed::default(), &tariffs, month("2026-06"), ALWAYS).net();
            let (first, rest) = used.split_at(cut.min(used.len()));
            let (second, third) = rest.split_at(again.min(rest.len()));
            let mut billed = Billed::default();
            let mut parts = Pence(0);
            for part in [first, second, third] {
                let rated = rate_units(part, &billed, &tariffs, month("2026-06"), ALWAYS);
                parts += rated.net();
                for line in rated.lines {
                    billed.add(line.tariff_id, "pothole".to_owned(), "case.accepted".to_owned(), line.quantity);
                }
            }
            prop_assert_eq!(parts, at_once);
        }

        #[test]
        fn segments_lose_no_penny(prices in prop::collection::vec(0i64..1_000_000, 1..6)) {
            let exact: Vec<i128> = prices.iter().map(|p| i128::from(*p) * 7).collect();
            let shares = apportion(&exact, 31);
            let total = round_half_away(exact.iter().sum(), 31);
            prop_assert_eq!(shares.iter().map(|s| s.0).sum::<i64>(), total);
            for (share, part) in shares.iter().zip(&exact) {
                prop_assert!((i128::from(share.0) * 31 - part).abs() < 31);
            }
        }
    }
}
