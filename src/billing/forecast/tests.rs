//! The forecast's rules, each against figures worked out by hand.

use jiff::civil::date;

use super::super::model::{Vat, VatCategory};
use super::super::price::{Band, Limits, Price, Shape};
use super::*;
use crate::kernel::{Percent, Rate};

const TODAY: Date = Date::constant(2026, 11, 24);
const ALWAYS: Term = Term { from: Date::constant(2020, 4, 1), until: Date::constant(2040, 4, 1) };

fn of() -> Counts {
    Counts { service: "pothole".to_owned(), meter: "case.accepted".to_owned() }
}

fn price(shape: Shape) -> Price {
    let category = VatCategory::Standard;
    let vat = Vat { category, basis_points: 2_000, reason: "why".to_owned(), approver: "who".to_owned() };
    let vat = Some(vat).filter(|_| !matches!(shape, Shape::Cap { .. }));
    Price { description: "Charge".to_owned(), vat, shape }
}

fn unit(pounds: &str) -> Price {
    price(Shape::Unit { of: of(), unit_rate: Rate::parse(pounds).unwrap() })
}

fn tariff(prices: Vec<Price>) -> Vec<Tariff> {
    vec![Tariff { id: Uuid::nil(), version: 1, days: ALWAYS, prices }]
}

fn used(date: Date, units: i64, value: i64) -> Used {
    Used { date, of: of(), quantity: Quantity(units * 1_000), value: Pence(value), items: 1 }
}

/// So many a day from a day until yesterday.
fn counted(from: Date, units: impl Fn(Date) -> i64) -> Vec<Used> {
    days(from, TODAY).map(|day| used(day, units(day), 0)).collect()
}

fn outlook_of(tariffs: &[Tariff], binds: Term, counted: &[Used], today: Date) -> Outlook {
    outlook(&[Text { binds, tariffs, levels: &[], counted }], None, today).unwrap()
}

fn forecast(prices: Vec<Price>, binds: Term, counted: &[Used]) -> Forecast {
    outlook_of(&tariff(prices), binds, counted, TODAY).forecast.unwrap()
}

#[test]
fn what_is_the_same_every_day_is_forecast_exactly() {
    let standing = price(Shape::Standing { monthly: Pence(1_000) });
    let counts = counted(date(2026, 1, 1), |_| 2);
    let outlook = outlook_of(&tariff(vec![unit("1"), standing]), ALWAYS, &counts, TODAY);
    // 23 days are counted; 7 more follow. The year has 365 days and 12 fees.
    assert_eq!((outlook.so_far, outlook.month_end()), (Pence(5_600), Pence(7_000)));
    assert_eq!(outlook.year_end(), Pence(73_000 + 12_000));
    let forecast = outlook.forecast.unwrap();
    // On 24 December 2025 nothing had been counted; on 24 January there were 23 days.
    assert_eq!((forecast.back_test.len(), forecast.back_test[0].month.code()), (10, "2026-01".to_owned()));
    assert_eq!((forecast.range, forecast.mean_error_bp), (Some((Pence(7_000), Pence(7_000))), Some(0)));
}

#[test]
fn working_days_and_others_have_means_of_their_own() {
    let counts = counted(date(2026, 8, 1), |day| if WorkingDays::NATIONAL.include(day) { 3 } else { 1 });
    let forecast = forecast(vec![unit("1")], ALWAYS, &counts);
    // November has 21 working days; December too, for the 25th and the 28th are off.
    assert_eq!((forecast.month_end, forecast.coming[0].1), (Pence(7_200), Pence(7_300)));
}

#[test]
fn what_is_forecast_is_rated_not_extrapolated() {
    let band = |up_to, rate| Band { up_to, unit_rate: Rate::parse(rate).unwrap() };
    let bands = vec![band(Some(Quantity(50_000)), "2"), band(None, "1")];
    let graduated = || price(Shape::Graduated { of: of(), bands: bands.clone() });
    let counts = counted(date(2026, 1, 1), |_| 2);
    // 46 until now, all in the dear band; of the 14 to come 10 fall in the cheap one.
    assert_eq!(forecast(vec![graduated()], ALWAYS, &counts).month_end, Pence(11_000));
    let capped = forecast(vec![graduated(), price(Shape::Cap { amount: Pence(10_500) })], ALWAYS, &counts);
    assert_eq!((capped.month_end, capped.coming[0].1), (Pence(10_500), Pence(10_500)));
    let minimum = price(Shape::MonthlyMinimum { amount: Pence(20_000) });
    assert_eq!(forecast(vec![graduated(), minimum], ALWAYS, &counts).month_end, Pence(20_000));
}

#[test]
fn two_weeks_are_too_little_and_what_counts_nothing_needs_none() {
    let of = |prices: Vec<Price>, counts: &[Used]| outlook_of(&tariff(prices), ALWAYS, counts, TODAY);
    let short = of(vec![unit("1")], &counted(date(2026, 11, 11), |_| 2));
    assert_eq!((&short.forecast, short.so_far, short.month_end()), (&None, Pence(2_600), Pence(2_600)));
    assert_eq!(of(vec![unit("1")], &counted(date(2026, 11, 10), |_| 2)).month_end(), Pence(4_200));
    assert_eq!(of(vec![unit("1")], &[]).forecast, None);
    // What was never counted nor billed here was billed elsewhere until last month.
    let (standing, binds) = (tariff(vec![price(Shape::Standing { monthly: Pence(500) })]), ALWAYS);
    let billed =
        |first| outlook(&[Text { binds, tariffs: &standing, levels: &[], counted: &[] }], first, TODAY).unwrap();
    assert_eq!(billed(None).year_end(), Pence(3_000));
    assert_eq!(billed(Month::parse("2026-04")).year_end(), Pence(6_000));
}

#[test]
fn the_method_is_tried_without_what_came_later() {
    let (september, day) = (Month::of(date(2026, 9, 1)), date(2026, 9, 24));
    let tried = |later: i64| {
        let counts = counted(date(2026, 5, 1), |on| if on < day { 2 } else { later });
        let tests = forecast(vec![unit("1")], ALWAYS, &counts).back_test;
        tests.into_iter().find(|test| test.month == september).unwrap()
    };
    let (same, more) = (tried(2), tried(5));
    assert_eq!((same.forecast, same.came_to, same.error_bp()), (Pence(6_000), Pence(6_000), Some(0)));
    assert_eq!((more.forecast, more.came_to, more.error_bp()), (Pence(6_000), Pence(8_100), Some(3_500)));
    // On the 31st a shorter month is tried on its last day.
    let counts = days(date(2026, 1, 1), date(2026, 12, 31)).map(|day| used(day, 1, 0)).collect::<Vec<_>>();
    let late = outlook_of(&tariff(vec![unit("1")]), ALWAYS, &counts, date(2026, 12, 31)).forecast.unwrap();
    assert_eq!((late.back_test.len(), late.month_end), (11, Pence(3_100)));
}

#[test]
fn errors_are_of_the_forecast_and_the_range_holds_it() {
    let month = Month::of(TODAY);
    let errors = [(10_000, 10_325), (10_000, 9_900), (-10_000, -9_900), (0, 0), (0, 1)]
        .map(|(forecast, came_to)| BackTest { month, forecast: Pence(forecast), came_to: Pence(came_to) });
    assert_eq!(errors.map(|test| test.error_bp()), [Some(325), Some(-100), Some(100), Some(0), None]);
    assert_eq!((mean_error_bp(&errors[..2]), mean_error_bp(&errors[4..])), (Some(213), None));
    let of = |so_far, capped, errors: &[i64]| {
        range(Pence(10_000), Pence(so_far), capped, errors).map(|(low, high)| (low.0, high.0))
    };
    assert_eq!(of(4_000, false, &[325, -100, 50]), Some((9_900, 10_325)));
    assert_eq!(of(4_000, false, &[325, -100]), None);
    assert_eq!(of(4_000, false, &[325, 100, 50]), Some((10_000, 10_325)));
    assert_eq!(of(9_950, true, &[325, -100, 50]), Some((9_950, 10_000)));
}

#[test]
fn a_variation_goes_on_where_the_one_before_stopped_and_nothing_binds_after_the_end() {
    let (counts, change) = (counted(date(2026, 4, 1), |_| 2), date(2026, 11, 15));
    let (old, new) = counts.split_at(counts.partition_point(|one| one.date < change));
    let (cheap, dear) = (tariff(vec![unit("1")]), tariff(vec![unit("2")]));
    let before = Text { binds: Term { until: change, ..ALWAYS }, tariffs: &cheap, levels: &[], counted: old };
    let binds = Term { from: change, until: date(2026, 12, 11) };
    let after = Text { binds, tariffs: &dear, levels: &[], counted: new };
    let both = outlook(&[before, after], None, TODAY).unwrap().forecast.unwrap();
    // 14 days at £1, 16 at £2; then 10 days of December.
    assert_eq!((both.month_end, both.coming[0].1, both.coming[1].1), (Pence(9_200), Pence(4_000), Pence(0)));
    // A year's minimum for 275 of its 365 days, charged once, with the last of them.
    let minimum = price(Shape::YearlyMinimum { amount: Pence(100_000) });
    let binds = Term { until: date(2027, 1, 1), ..ALWAYS };
    assert_eq!(forecast(vec![unit("1"), minimum], binds, &counts).year_end, Pence(75_342));
}

#[test]
fn what_has_limits_for_each_item_comes_in_items_like_those_counted() {
    let item = Limits { least: Some(Pence(20)), most: Some(Pence(500)) };
    let percent = Percent::parse("1.25").unwrap();
    let share = price(Shape::Percentage { of: of(), percent, item, month: Limits::default() });
    let values = [400, 6_000, 50_000].into_iter().cycle();
    let counts: Vec<Used> = days(date(2026, 6, 1), TODAY).zip(values).map(|(day, v)| used(day, 1, v)).collect();
    let outlook = outlook_of(&tariff(vec![share]), ALWAYS, &counts, TODAY);
    // 20p, 75p and £5 in turn; of the 7 items to come 2 are small, 3 middling and 2 large.
    assert_eq!(outlook.month_end() - outlook.so_far, Pence(2 * 20 + 3 * 75 + 2 * 500));
}
