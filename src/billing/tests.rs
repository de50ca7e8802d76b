//! The worked examples, and what holds whatever is counted under whatever prices.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use super::late::beyond;
use super::model::{Series, Vat, VatCategory};
use super::price::{Band, Limits};
use super::rate::*;
use super::*;
use crate::agreements::Term;
use crate::kernel::{Month, Pence, Percent, Quantity, Rate};
use jiff::civil::Date;
use uuid::Uuid;

mod levels;

const ALWAYS: Term = Term { from: Date::constant(2020, 4, 1), until: Date::constant(2040, 4, 1) };

fn vat(category: VatCategory) -> Vat {
    let basis_points = category.basis_points();
    Vat { category, basis_points, reason: "why".to_owned(), approver: "who".to_owned() }
}

fn price(description: &str, shape: Shape) -> Price {
    let is_cap = matches!(shape, Shape::Cap { .. });
    Price { description: description.to_owned(), vat: (!is_cap).then(|| vat(VatCategory::Standard)), shape }
}

fn of(service: &str) -> Counts {
    Counts { service: service.to_owned(), meter: "case.accepted".to_owned() }
}

fn pounds(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

fn units(n: i64) -> Quantity {
    Quantity(n * 1000)
}

fn standing(monthly: i64) -> Price {
    price("Standing charge", Shape::Standing { monthly: Pence(monthly) })
}

fn unit(service: &str, rate: &str) -> Price {
    price(&format!("{service} accepted"), Shape::Unit { of: of(service), unit_rate: pounds(rate) })
}

/// 0–1,000 at 185p, to 5,000 at 162p, above at 137.5p.
fn bands() -> Vec<Band> {
    let band = |up_to: Option<i64>, rate| Band { up_to: up_to.map(units), unit_rate: pounds(rate) };
    vec![band(Some(1000), "1.85"), band(Some(5000), "1.62"), band(None, "1.375")]
}

fn graduated() -> Price {
    price("Calls", Shape::Graduated { of: of("pothole"), bands: bands() })
}

fn volume() -> Price {
    price("Calls", Shape::Volume { of: of("pothole"), bands: bands() })
}

fn package() -> Price {
    price("Blocks", Shape::Package { of: of("pothole"), size: units(50), price: Pence(3_600), free: units(100) })
}

fn allowance() -> Price {
    let (monthly, included, unit_rate) = (Pence(245_000), units(400), pounds("7.25"));
    price("Desk", Shape::Allowance { of: of("pothole"), monthly, included, unit_rate })
}

fn prepaid() -> Price {
    let (bought, paid, unit_rate) = (units(1_000), Pence(650_000), pounds("7.25"));
    price("Licences", Shape::Prepaid { of: of("pothole"), units: bought, price: paid, unit_rate })
}

fn percentage(item: Limits, month: Limits) -> Price {
    price("Payments", Shape::Percentage { of: of("pothole"), percent: Percent::parse("1.25").unwrap(), item, month })
}

fn tariff(version: i32, from: Date, until: Date, prices: Vec<Price>) -> Tariff {
    Tariff { id: Uuid::from_u128(version.unsigned_abs().into()), version, days: Term { from, until }, prices }
}

fn always(prices: Vec<Price>) -> Vec<Tariff> {
    vec![tariff(1, ALWAYS.from, ALWAYS.until, prices)]
}

fn used(day: Date, quantity: i64) -> Used {
    Used { date: day, of: of("pothole"), quantity: units(quantity), value: Pence(0), items: 1 }
}

fn month(code: &str) -> Month {
    Month::parse(code).unwrap()
}

const JUNE: Date = Date::constant(2026, 6, 10);

fn lines(used: &[Used], tariffs: &[Tariff], of: &str, binds: Term) -> Vec<Line> {
    let account = Account { used, levels: &[], outturns: &[], tariffs, month: month(of), binds };
    let rated = rate(account, &mut Carried::default()).unwrap();
    assert_eq!(rated.unpriced, []);
    rated.lines
}

fn net(lines: &[Line]) -> i64 {
    lines.iter().map(|line| line.net.0).sum()
}

#[test]
fn t10_a_count_follows_the_worked_examples_at_each_edge() {
    let parts = |price: Price, n| -> (i64, Vec<i64>) {
        let lines = lines(&[used(JUNE, n)], &always(vec![price]), "2026-06", ALWAYS);
        (net(&lines), lines.iter().map(|line| line.net.0).collect())
    };
    let total = |price: Price, n| parts(price, n).0;
    for (n, want) in [
        (0, 0),
        (999, 184_815),
        (1_000, 185_000),
        (1_001, 185_162),
        (4_999, 832_838),
        (5_000, 833_000),
        (5_001, 833_138),
    ] {
        assert_eq!(total(graduated(), n), want, "graduated {n}");
    }
    assert_eq!(parts(graduated(), 7_321), (1_152_138, vec![185_000, 648_000, 319_138]));
    assert_eq!(total(graduated(), 1_010) - total(graduated(), 990), 3_470);
    assert_eq!(total(graduated(), 7_351) - total(graduated(), 7_321), 4_125);
    for (n, want) in [
        (0, 0),
        (999, 184_815),
        (1_000, 185_000),
        (1_001, 162_162),
        (4_999, 809_838),
        (5_000, 810_000),
        (5_001, 687_638),
    ] {
        assert_eq!(total(volume(), n), want, "volume {n}");
    }
    for (n, want) in
        [(0, 0), (99, 0), (100, 0), (101, 3_600), (149, 3_600), (150, 3_600), (151, 7_200), (1_234, 82_800)]
    {
        assert_eq!(total(package(), n), want, "package {n}");
    }
    for (n, want) in [(0, 245_000), (380, 245_000), (399, 245_000), (400, 245_000), (401, 245_725), (463, 290_675)] {
        assert_eq!(total(allowance(), n), want, "allowance {n}");
    }
    // No event at all is no line, but for the fee.
    for price in [graduated(), volume(), package()] {
        assert_eq!(lines(&[], &always(vec![price]), "2026-06", ALWAYS), []);
    }
    assert_eq!(net(&lines(&[], &always(vec![allowance()]), "2026-06", ALWAYS)), 245_000);
}

#[test]
fn what_was_paid_in_advance_is_used_up_over_months() {
    let tariffs = vec![tariff(1, date(2026, 4, 1), ALWAYS.until, vec![prepaid()])];
    let mut carried = Carried::default();
    let mut month_of = |of: &str, n| {
        let used = [used(month(of).first(), n)];
        let account =
            Account { used: &used, levels: &[], outturns: &[], tariffs: &tariffs, month: month(of), binds: ALWAYS };
        let rated = rate(account, &mut carried).unwrap();
        rated.lines.iter().map(|line| (line.charge.part, line.quantity, line.net)).collect::<Vec<_>>()
    };
    let nothing = (Part::Over, units(0), Pence(0));
    assert_eq!(month_of("2026-04", 640), [(Part::Advance, units(1), Pence(650_000)), nothing]);
    assert_eq!(month_of("2026-05", 500), [(Part::Over, units(140), Pence(101_500))]);
    assert_eq!(month_of("2026-06", -600), [(Part::Over, units(-140), Pence(-101_500))]);
}

#[test]
fn a_share_of_what_passed_is_rounded_once() {
    let items =
        |values: &[i64]| -> Vec<Used> { values.iter().map(|v| Used { value: Pence(*v), ..used(JUNE, 1) }).collect() };
    let limits = |least: Option<i64>, most: Option<i64>| Limits { least: least.map(Pence), most: most.map(Pence) };
    let share = |item, month, values: &[i64]| {
        net(&lines(&items(values), &always(vec![percentage(item, month)]), "2026-06", ALWAYS))
    };
    let none = Limits::default();
    assert_eq!(share(none, none, &[4_000_000, 831_745]), 60_397);
    let each = price("Each", Shape::Unit { of: of("pothole"), unit_rate: pounds("0.08") });
    let both = always(vec![percentage(none, none), each]);
    let mut all = items(&[4_831_745]);
    all.push(Used { quantity: units(1_203), ..used(JUNE, 0) });
    assert_eq!(net(&lines(&all, &both, "2026-06", ALWAYS)), 60_397 + 9_632);
    assert_eq!(share(limits(Some(20), Some(500)), none, &[400, 6_000, 50_000]), 595);
    assert_eq!(share(limits(Some(20), Some(500)), none, &[400, 6_000, 50_000, -400]), 575);
    // 3 of £4, 2 of £60 and one of £500 that was taken back, as a batch says them.
    let of_value = |value, items| Used { value: Pence(value), items, ..used(JUNE, 0) };
    let said = [used(JUNE, 4), of_value(400, 3), of_value(6_000, 2), of_value(50_000, -1)];
    let each = always(vec![percentage(limits(Some(20), Some(500)), none)]);
    assert_eq!(net(&lines(&said, &each, "2026-06", ALWAYS)), 3 * 20 + 2 * 75 - 500);
    assert_eq!(share(none, limits(Some(10_000), Some(50_000)), &[]), 10_000);
    assert_eq!(share(none, limits(Some(10_000), Some(50_000)), &[4_831_745]), 50_000);
}

#[test]
fn minimum_and_cap_bound_what_is_counted() {
    let minimum = |amount| price("Minimum", Shape::MonthlyMinimum { amount: Pence(amount) });
    let cap = |amount| price("Cap", Shape::Cap { amount: Pence(amount) });
    let penny = |n| vec![used(JUNE, n)];
    let bound = |n, more: Price| {
        let prices = vec![unit("pothole", "0.01"), standing(5_000), more];
        let lines = lines(&penny(n), &always(prices), "2026-06", ALWAYS);
        let last = lines.last().unwrap();
        (last.charge.part, last.net.0, last.quantity, last.unit_rate)
    };
    assert_eq!(bound(987_654, minimum(1_200_000)).1, 212_346);
    assert_eq!(bound(1_300_000, minimum(1_200_000)).0, Part::Fee);
    // BR-27: what is taken off is a negative quantity, never a negative price.
    assert_eq!(bound(1_583_210, cap(1_500_000)), (Part::Cap, -83_210, units(-1), pounds("832.10")));
    assert_eq!(bound(1_500_000, cap(1_500_000)).0, Part::Fee);
    // Nobody used anything: the minimum is owed once.
    let idle = lines(&[], &always(vec![unit("pothole", "0.01"), minimum(1_200_000)]), "2026-06", ALWAYS);
    assert_eq!((idle.len(), net(&idle)), (1, 1_200_000));
    // Half of the days, half of the bounds.
    let rest = Term { from: date(2026, 6, 16), ..ALWAYS };
    assert_eq!(net(&lines(&[], &always(vec![minimum(1_200_000)]), "2026-06", rest)), 600_000);
    // What is above the cap comes off each VAT treatment by its share, and the pennies are not lost.
    let exempt = Price { vat: Some(vat(VatCategory::Exempt)), ..unit("kerb", "0.01") };
    let both = always(vec![unit("pothole", "0.01"), exempt, cap(1_000)]);
    let used = [used(JUNE, 1_000), Used { of: of("kerb"), ..used(JUNE, 2_001) }];
    let capped = lines(&used, &both, "2026-06", ALWAYS);
    let off: Vec<(VatCategory, i64)> = capped[2..].iter().map(|line| (line.vat.category, line.net.0)).collect();
    assert_eq!(off, [(VatCategory::Standard, -667), (VatCategory::Exempt, -1_334)]);
    assert_eq!(net(&capped), 1_000);
}

#[test]
fn a_bound_holds_for_the_days_that_have_it() {
    let cap = || price("Cap", Shape::Cap { amount: Pence(150_000) });
    let penny = || unit("pothole", "0.01");
    let half = |first: Vec<Price>, second: Vec<Price>| {
        [tariff(1, ALWAYS.from, date(2026, 6, 16), first), tariff(2, date(2026, 6, 16), ALWAYS.until, second)]
    };
    let used = [used(date(2026, 6, 15), 100_000), used(date(2026, 6, 16), 50_000)];
    // £750 for the fifteen days with a cap; the other fifteen have none.
    let late = half(vec![penny()], vec![penny(), cap()]);
    assert_eq!(net(&lines(&used, &late, "2026-06", ALWAYS)), 150_000);
    let early = half(vec![penny(), cap()], vec![penny()]);
    assert_eq!(net(&lines(&used, &early, "2026-06", ALWAYS)), 75_000 + 50_000);
    // What is included is for its days: 100 for 29 of 30 and 1,000 for one.
    let holds = |monthly, units_of| {
        let (monthly, included, unit_rate) = (Pence(monthly), units(units_of), pounds("1"));
        vec![price("Desk", Shape::Allowance { of: of("pothole"), monthly, included, unit_rate })]
    };
    let tariffs = [
        tariff(1, ALWAYS.from, date(2026, 6, 30), holds(10_000, 100)),
        tariff(2, date(2026, 6, 30), ALWAYS.until, holds(100_000, 1_000)),
    ];
    let over = lines(
        &[Used { date: date(2026, 6, 30), of: of("pothole"), quantity: units(1_000), value: Pence(0), items: 1 }],
        &tariffs,
        "2026-06",
        ALWAYS,
    );
    assert_eq!(over.last().unwrap().quantity, units(870));
}

#[test]
fn a_years_minimum_is_settled_with_its_last_month() {
    let yearly = price("Year", Shape::YearlyMinimum { amount: Pence(12_000_000) });
    let tariffs = always(vec![unit("pothole", "0.01"), yearly]);
    let year = |binds: Term| -> Vec<i64> {
        let mut carried = Carried::default();
        let months = std::iter::successors(Some(month("2026-04")), |m| Some(m.next())).take(13);
        months
            .map(|of| {
                let n = if of == month("2027-03") { 340_025 } else { 1_000_000 };
                let used = [used(of.first(), n)];
                let account = Account { used: &used, levels: &[], outturns: &[], tariffs: &tariffs, month: of, binds };
                rate(account, &mut carried).unwrap().net().0
            })
            .collect()
    };
    let all = year(ALWAYS);
    assert_eq!(all[11], 340_025 + 659_975);
    assert_eq!((all[0], all[12]), (1_000_000, 1_000_000), "the next year begins anew");
    // An agreement of half a year owes half: 183 of 365 days.
    let half = Term { from: date(2026, 10, 1), until: date(2027, 4, 1) };
    assert_eq!(year(half)[11], 340_025 + (12_000_000 * 182 / 365 + 1 - 5_340_025));
    // One that ends within the year settles with its last month, and not again with those after.
    let ended = Term { from: date(2026, 4, 1), until: date(2026, 6, 15) };
    let mut carried = Carried::default();
    let nets = ["2026-05", "2026-06", "2026-07", "2027-03"].map(|of| {
        let account =
            Account { used: &[], levels: &[], outturns: &[], tariffs: &tariffs, month: month(of), binds: ended };
        rate(account, &mut carried).unwrap().net().0
    });
    assert_eq!(nets, [0, 2_465_753, 0, 0], "75 of 365 days");
}

#[test]
fn t6_part_of_a_month_is_charged_by_its_london_days() {
    let charged = |monthly, from| {
        let tariffs = [tariff(1, from, ALWAYS.until, vec![standing(monthly)])];
        net(&lines(&[], &tariffs, &Month::of(from).code(), ALWAYS))
    };
    assert_eq!(charged(185_000, date(2026, 6, 12)), 117_167);
    assert_eq!(charged(100_000, date(2028, 2, 15)), 51_724);
    assert_eq!(charged(100_000, date(2027, 3, 28)), 12_903, "by hours it would be 12,786");
    assert_eq!(charged(185_000, date(2026, 6, 1)), 185_000);
}

#[test]
fn an_agreement_that_begins_or_ends_within_the_month_pays_for_its_days() {
    let tariffs = always(vec![standing(185_000)]);
    let rest = Term { from: date(2026, 6, 12), ..ALWAYS };
    let first = Term { until: date(2026, 6, 12), ..ALWAYS };
    let of = lines(&[], &tariffs, "2026-06", rest);
    assert_eq!(of[0].net, Pence(117_167));
    assert_eq!(of[0].description, "Standing charge, 12 to 30 June 2026 (19 of 30 days)");
    assert_eq!(lines(&[], &tariffs, "2026-06", first)[0].net, Pence(67_833));
    assert_eq!(lines(&[], &tariffs, "2026-07", first), []);
}

#[test]
fn an_agreement_commits_to_its_fees_and_minimums() {
    let tariffs = always(vec![standing(185_000), unit("pothole", "6.85")]);
    let term = Term { from: date(2026, 6, 12), until: date(2026, 9, 1) };
    assert_eq!(committed(&tariffs, term), Ok(Pence(117_167 + 2 * 185_000)));
}

#[test]
fn t6_segments_of_one_fee_sum_to_the_fee() {
    let tariffs = [
        tariff(1, ALWAYS.from, date(2026, 6, 12), vec![standing(185_000)]),
        tariff(2, date(2026, 6, 12), date(2026, 6, 20), vec![standing(185_000)]),
        tariff(3, date(2026, 6, 20), ALWAYS.until, vec![standing(185_000)]),
    ];
    let lines = lines(&[], &tariffs, "2026-06", ALWAYS);
    let nets: Vec<i64> = lines.iter().map(|l| l.net.0).collect();
    assert_eq!(nets, [67_834, 49_333, 67_833], "the earlier of two equal remainders");
}

#[test]
fn t14_a_change_of_price_splits_the_quantities_at_its_day() {
    let change = |before: Vec<Price>, after: Vec<Price>| {
        [tariff(1, ALWAYS.from, date(2026, 6, 12), before), tariff(2, date(2026, 6, 12), ALWAYS.until, after)]
    };
    let use_both = |a, b| [used(date(2026, 6, 11), a), used(date(2026, 6, 12), b)];
    let tariffs = change(vec![unit("pothole", "6.85")], vec![unit("pothole", "7.00")]);
    let nets: Vec<_> =
        lines(&use_both(2, 3), &tariffs, "2026-06", ALWAYS).iter().map(|l| (l.quantity, l.net)).collect();
    assert_eq!(nets, [(units(2), Pence(1_370)), (units(3), Pence(2_100))]);
    // A variation that leaves a price alone leaves its charge alone: bands, packages and what is included go on.
    for price in [graduated, volume, package, allowance] {
        let tariffs = change(vec![price()], vec![price()]);
        let split = net(&lines(&use_both(990, 244), &tariffs, "2026-06", ALWAYS));
        let whole = net(&lines(&use_both(1_234, 0), &always(vec![price()]), "2026-06", ALWAYS));
        assert_eq!(split, whole, "{:?}", price().shape);
    }
}

#[test]
fn what_has_no_price_is_named() {
    let tariffs = always(vec![unit("kerb", "48.50")]);
    let stray = used(JUNE, 2);
    let of = std::slice::from_ref(&stray);
    let account =
        Account { used: of, levels: &[], outturns: &[], tariffs: &tariffs, month: month("2026-06"), binds: ALWAYS };
    let rated = rate(account, &mut Carried::default()).unwrap();
    assert_eq!((rated.lines.len(), rated.unpriced), (0, vec![stray]));
}

#[test]
fn an_event_and_its_reversal_leave_a_line_of_nothing() {
    let both = [used(JUNE, 1), used(JUNE, -1)];
    for price in [unit("pothole", "6.85"), graduated(), package()] {
        let of = lines(&both, &always(vec![price]), "2026-06", ALWAYS);
        assert_eq!(of.iter().map(|l| (l.quantity, l.net)).collect::<Vec<_>>(), [(units(0), Pence(0))]);
    }
}

#[test]
fn more_than_ten_billion_is_refused() {
    let tariffs = always(vec![unit("pothole", "9000000000")]);
    let rated = |n| {
        let used = [used(JUNE, n)];
        let account = Account {
            used: &used,
            levels: &[],
            outturns: &[],
            tariffs: &tariffs,
            month: month("2026-06"),
            binds: ALWAYS,
        };
        rate(account, &mut Carried::default()).map(|rated| rated.net())
    };
    assert_eq!(rated(1), Ok(Pence(900_000_000_000)));
    assert!(rated(2).is_err());
}

#[test]
fn late_volume_that_falls_into_a_cheaper_band_takes_back_the_old_rate() {
    let tariffs = always(vec![volume()]);
    let (first, second) = ([used(JUNE, 990)], used(JUNE, 20));
    let billed = lines(&first, &tariffs, "2026-06", ALWAYS);
    let all = lines(&[first[0].clone(), second.clone()], &tariffs, "2026-06", ALWAYS);
    let late = beyond(all, billed, &[second]);
    let shown: Vec<_> = late.iter().map(|l| (l.charge.part, l.quantity, l.unit_rate, l.net)).collect();
    assert_eq!(
        shown,
        [
            (Part::Band(2), units(1_010), pounds("1.62"), Pence(163_620)),
            (Part::Band(1), units(-990), pounds("1.85"), Pence(-183_150)),
        ]
    );
}

#[test]
fn vat_is_rounded_once_for_each_category_and_rate() {
    use VatCategory::{Exempt, OutsideScope, Standard, Zero};
    let line = |category, amount| {
        let price = Price { vat: Some(vat(category)), ..standing(amount) };
        lines(&[], &always(vec![price]), "2026-06", ALWAYS).remove(0)
    };
    let all = [
        line(Standard, 123_457),
        line(Standard, 8_766),
        line(Exempt, 64_000),
        line(Zero, 12_000),
        line(OutsideScope, 500_000),
    ];
    let (invoice, demand): (Vec<_>, Vec<_>) = all.into_iter().partition(|l| l.vat.category.series() == Series::Invoice);
    let total = |lines: &[Line]| {
        let groups = vat_groups(lines);
        (groups.iter().map(|g| g.net).sum::<Pence>(), groups.iter().map(|g| g.vat).sum::<Pence>())
    };
    assert_eq!(total(&invoice), (Pence(208_223), Pence(26_445)), "line by line the VAT would be 26,444");
    assert_eq!(total(&demand), (Pence(500_000), Pence(0)));
}

/// Prices of one count, in any shape.
fn shapes() -> impl Strategy<Value = Price> {
    let rate = || (0i64..20_000_000).prop_map(Rate);
    let bands = || {
        (prop::collection::btree_set(1i64..60, 0..3), prop::collection::vec(rate(), 4)).prop_map(|(ends, rates)| {
            let ends = ends.into_iter().map(|end| Some(units(end))).chain([None]);
            ends.zip(rates).map(|(up_to, unit_rate)| Band { up_to, unit_rate }).collect::<Vec<Band>>()
        })
    };
    let shape = prop_oneof![
        rate().prop_map(|unit_rate| Shape::Unit { of: of("pothole"), unit_rate }),
        bands().prop_map(|bands| Shape::Graduated { of: of("pothole"), bands }),
        bands().prop_map(|bands| Shape::Volume { of: of("pothole"), bands }),
        (1i64..20, 0i64..9_999, 0i64..20).prop_map(|(size, price, free)| Shape::Package {
            of: of("pothole"),
            size: units(size),
            price: Pence(price),
            free: units(free)
        }),
        (0i64..99_999, 0i64..40, rate()).prop_map(|(monthly, included, unit_rate)| Shape::Allowance {
            of: of("pothole"),
            monthly: Pence(monthly),
            included: units(included),
            unit_rate
        }),
        (1i64..80, 0i64..99_999, rate()).prop_map(|(bought, price, unit_rate)| Shape::Prepaid {
            of: of("pothole"),
            units: units(bought),
            price: Pence(price),
            unit_rate
        }),
    ];
    shape.prop_map(|shape| price("It", shape))
}

fn bounds() -> impl Strategy<Value = Vec<Price>> {
    let amount = || (0i64..200_000).prop_map(Pence);
    let monthly = |amount| price("Least", Shape::MonthlyMinimum { amount });
    let yearly = |amount| price("Year", Shape::YearlyMinimum { amount });
    let cap = |amount| price("Most", Shape::Cap { amount });
    (prop::option::of(amount()), prop::option::of(amount()), prop::option::of(amount()), prop::option::of(amount()))
        .prop_map(move |(a, b, c, fee)| {
            // A minimum above the cap is refused when the file is read.
            let (least, most) = match (a, b) {
                (Some(a), Some(b)) => (Some(a.min(b)), Some(a.max(b))),
                other => other,
            };
            let all = [least.map(monthly), most.map(cap), c.map(yearly), fee.map(|fee| standing(fee.0))];
            all.into_iter().flatten().collect()
        })
}

/// Prices that change once, on a day of the three months from May 2026 on.
fn tariffs() -> impl Strategy<Value = Vec<Tariff>> {
    (shapes(), bounds(), shapes(), bounds(), 0i32..92).prop_map(|(a, more_a, b, more_b, day)| {
        let (from, change) = (date(2026, 5, 1), date(2026, 5, 1) + day.days());
        let prices = |one: Price, more: Vec<Price>| std::iter::once(one).chain(more).collect();
        let all = [tariff(1, from, change, prices(a, more_a)), tariff(2, change, date(2026, 8, 1), prices(b, more_b))];
        all.into_iter().filter(|tariff| tariff.days.from < tariff.days.until).collect()
    })
}

/// Events of those months; a reversal takes back one that is there.
fn events() -> impl Strategy<Value = Vec<Used>> {
    let one = (0i32..92, 1i64..9, any::<bool>());
    prop::collection::vec(one, 0..40).prop_map(|all| {
        let event = |(day, n, back): (i32, i64, bool)| {
            let on = date(2026, 5, 1) + day.days();
            std::iter::once(used(on, n)).chain(back.then(|| used(on, -n)))
        };
        all.into_iter().flat_map(event).collect()
    })
}

const TERM: Term = Term { from: Date::constant(2026, 5, 1), until: Date::constant(2026, 8, 1) };
const MONTHS: [&str; 3] = ["2026-05", "2026-06", "2026-07"];

/// What each month comes to when all of this is known.
fn account(known: &[Used], tariffs: &[Tariff]) -> Vec<Vec<Line>> {
    let mut carried = Carried::default();
    MONTHS
        .map(|code| {
            let of = month(code);
            let used: Vec<Used> = known.iter().filter(|u| Month::of(u.date) == of).cloned().collect();
            let account = Account { used: &used, levels: &[], outturns: &[], tariffs, month: of, binds: TERM };
            let rated = rate(account, &mut carried).unwrap();
            assert_eq!(rated.unpriced, []);
            rated.lines
        })
        .into()
}

proptest! {
    #[test]
    fn the_order_of_events_does_not_matter(known in events(), tariffs in tariffs(), turn in 0usize..40) {
        let mut other = known.clone();
        other.rotate_left(turn % known.len().max(1));
        prop_assert_eq!(account(&known, &tariffs), account(&other, &tariffs));
    }

    #[test]
    fn months_billed_in_parts_cost_what_they_cost_at_once(
        known in events(), tariffs in tariffs(), cuts in prop::collection::vec(0usize..80, 0..4),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(known.len())).chain([known.len()]).collect();
        cuts.sort_unstable();
        let (mut billed, mut before): (Vec<Vec<Line>>, usize) = (vec![vec![]; 3], 0);
        for cut in cuts {
            for (n, rated) in account(&known[..cut], &tariffs).into_iter().enumerate() {
                let owed = beyond(rated, billed[n].clone(), &known[before..cut]);
                for line in &owed {
                    // A unit's price is never below zero, and so many at that price come to the line (Peppol R120).
                    let exact = i128::from(line.quantity.0) * i128::from(line.unit_rate.0);
                    prop_assert!(line.unit_rate.0 >= 0);
                    prop_assert!((exact - i128::from(line.net.0) * 10_000_000).abs() <= 20_000_000, "{:?}", line);
                }
                billed[n].extend(owed);
            }
            before = cut;
        }
        for (n, rated) in account(&known, &tariffs).into_iter().enumerate() {
            prop_assert_eq!(net(&billed[n]), net(&rated));
            // And so does each VAT group, or the bills together would owe another VAT.
            prop_assert_eq!(vat_groups(&rated).iter().map(|g| g.net).sum::<Pence>(), Pence(net(&billed[n])));
        }
    }

    #[test]
    fn more_never_costs_less_but_by_volume(price in shapes(), n in 0i64..100, more in 0i64..50) {
        prop_assume!(!matches!(price.shape, Shape::Volume { .. }));
        let tariffs = always(vec![price]);
        let cost = |n| net(&lines(&[used(JUNE, n)], &tariffs, "2026-06", ALWAYS));
        prop_assert!(cost(n) <= cost(n + more));
    }

    #[test]
    fn what_is_counted_stays_between_minimum_and_cap(n in 0i64..200, one in shapes(), least in 0i64..99_999, over in 0i64..99_999) {
        prop_assume!(!matches!(one.shape, Shape::Prepaid { .. }));
        let bounds = [Shape::MonthlyMinimum { amount: Pence(least) }, Shape::Cap { amount: Pence(least + over) }];
        let prices: Vec<Price> = std::iter::once(one).chain(bounds.map(|shape| price("Bound", shape))).collect();
        let charge = net(&lines(&[used(JUNE, n)], &always(prices), "2026-06", ALWAYS));
        prop_assert!((least..=least + over).contains(&charge), "{}", charge);
    }
}
