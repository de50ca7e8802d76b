//! Each term and price that differs is told, and what a year comes to under either.

use std::collections::BTreeMap;

use jiff::civil::date;
use uuid::Uuid;

use super::super::model::{Vat, VatCategory};
use super::super::price::{Band, Shape};
use super::super::{Counts, Months, Used, cost_over, unpriced_over};
use super::*;
use crate::agreements::{CreditStep, Kind, Measure};
use crate::kernel::{AuthorityId, Month, Pence, Percent, Quantity, Rate};

const TERM: Term = Term { from: Date::constant(2026, 4, 1), until: Date::constant(2029, 4, 1) };

fn part(slug: &str, reversed_when: &[&str]) -> ServicePart {
    let reversed_when = reversed_when.iter().map(|reason| (*reason).to_owned()).collect();
    ServicePart { slug: slug.to_owned(), meter: "case.accepted".to_owned(), reversed_when, outcomes: Vec::new() }
}

fn agreement() -> Agreement {
    Agreement {
        id: Uuid::from_u128(3),
        consumer: AuthorityId(Uuid::from_u128(1)),
        provider: AuthorityId(Uuid::from_u128(2)),
        reference: "A-1".to_owned(),
        kind: Kind::Supply,
        variation: 1,
        title: "Roads".to_owned(),
        legal_basis: "The Act".to_owned(),
        payment_terms_days: 30,
        purchase_order: None,
        term: TERM,
        running: Running::default(),
        data_protection: DataProtection {
            consumer_role: "controller".to_owned(),
            provider_role: "processor".to_owned(),
            purpose: String::new(),
            data_subjects: Vec::new(),
            data_categories: vec!["Name".to_owned(), "Place".to_owned()],
            sub_processors: Vec::new(),
            breach_contact: String::new(),
            breach_notice_hours: 24,
            end_of_term: String::new(),
        },
        content_hash: String::new(),
        services: vec![part("pothole", &["duplicate"]), part("kerb", &[])],
        service_levels: Vec::new(),
        signatures: Vec::new(),
        replaced_from: None,
    }
}

fn of(service: &str) -> Counts {
    Counts { service: service.to_owned(), meter: "case.accepted".to_owned() }
}

fn pounds(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

fn price(description: &str, shape: Shape) -> Price {
    let (category, basis_points) = (VatCategory::Standard, 2_000);
    let vat = Vat { category, basis_points, reason: "It competes".to_owned(), approver: "Officer".to_owned() };
    Price { description: description.to_owned(), vat: Some(vat), shape }
}

fn unit(service: &str, rate: &str) -> Price {
    price(service, Shape::Unit { of: of(service), unit_rate: pounds(rate) })
}

fn standing(monthly: i64) -> Price {
    price("Standing charge", Shape::Standing { monthly: Pence(monthly) })
}

fn bands() -> Vec<Band> {
    let band = |up_to, rate| Band { up_to, unit_rate: pounds(rate) };
    vec![band(Some(Quantity(1_000_000)), "1.85"), band(None, "1.62")]
}

fn tariff(from: Date, until: Date, prices: Vec<Price>) -> Tariff {
    Tariff { id: Uuid::from_u128(4), version: 1, days: Term { from, until }, prices }
}

fn always(prices: Vec<Price>) -> Vec<Tariff> {
    vec![tariff(TERM.from, TERM.until, prices)]
}

fn of_prices(old: &[Tariff], new: &[Tariff]) -> Vec<Difference> {
    let same = agreement();
    differences(Side { agreement: &same, tariffs: old }, Side { agreement: &same, tariffs: new })
}

fn months(all: &[(&str, &str, i64)]) -> Months {
    let mut months: BTreeMap<Month, Vec<Used>> = BTreeMap::new();
    for (month, service, n) in all {
        let month = Month::parse(month).unwrap();
        let one = Used { date: month.last(), of: of(service), quantity: Quantity(n * 1000), value: Pence(0), items: 1 };
        months.entry(month).or_default().push(one);
    }
    months.into_iter().collect()
}

fn cost(months: &[(Month, Vec<Used>)], prices: Vec<Price>) -> Vec<i64> {
    cost_over(months, &always(prices), &[]).unwrap().into_iter().map(|(_, pence)| pence.0).collect()
}

#[test]
fn two_that_say_the_same_do_not_differ() {
    let mut other = agreement();
    other.variation = 2;
    other.services.reverse();
    other.data_protection.data_categories.reverse();
    let tariffs = always(vec![unit("pothole", "7.425"), standing(27_500)]);
    let turned = always(vec![standing(27_500), unit("pothole", "7.425")]);
    let old = Side { agreement: &agreement(), tariffs: &tariffs };
    assert_eq!(differences(old, Side { agreement: &other, tariffs: &turned }), []);
}

#[test]
fn every_term_that_differs_is_told_as_it_was_and_is() {
    let old = agreement();
    let mut new = agreement();
    new.payment_terms_days = 45;
    new.purchase_order = Some("PO 2".to_owned());
    new.term.until = date(2030, 4, 1);
    new.running.notice_days = 90;
    new.services = vec![part("pothole", &["duplicate", "not-ours"]), part("sign", &[])];
    new.data_protection.data_categories = vec!["Place".to_owned(), "Photo".to_owned()];
    new.data_protection.breach_notice_hours = 12;
    let all = differences(Side { agreement: &old, tariffs: &[] }, Side { agreement: &new, tariffs: &[] });
    let expected = [
        Difference::PaymentDays(Change { was: 30, now: 45 }),
        Difference::OrderNumber(Change { was: None, now: Some("PO 2".to_owned()) }),
        Difference::Term(Change { was: old.term, now: new.term }),
        Difference::NoticeDays(Change { was: 180, now: 90 }),
        Difference::ReversedWhen(Change { was: old.services[0].clone(), now: new.services[0].clone() }),
        Difference::ServiceAdded(part("sign", &[])),
        Difference::ServiceRemoved(part("kerb", &[])),
        Difference::DataCategories(ListChange { gone: vec!["Name".to_owned()], new: vec!["Photo".to_owned()] }),
        Difference::BreachNotice(Change { was: 24, now: 12 }),
    ];
    assert_eq!(all, expected);
}

#[test]
fn a_dearer_unit_is_one_change_and_so_much_money() {
    let (old, new) = (unit("pothole", "7.425"), unit("pothole", "7.90"));
    let all = of_prices(&always(vec![old.clone()]), &always(vec![new.clone()]));
    let changed = PriceChange::Changed(Change { was: old.clone(), now: new.clone() });
    assert_eq!((changed.was().map(Price::amount), changed.is_of_vat()), (Some("£7.425 each".to_owned()), false));
    assert_eq!(all, [Difference::Prices { days: TERM, changes: vec![changed] }]);
    let counted = months(&[("2026-10", "pothole", 1_000)]);
    assert_eq!((cost(&counted, vec![old]), cost(&counted, vec![new])), (vec![742_500], vec![790_000]));
}

#[test]
fn fees_names_and_vat_that_change_are_told_and_a_price_gone_is_named() {
    let kerb = unit("kerb", "48.50");
    let mut exempt = unit("pothole", "7.425");
    exempt.description = "Pothole report".to_owned();
    exempt.vat = exempt.vat.map(|vat| Vat { approver: "Another".to_owned(), ..vat });
    let old = always(vec![unit("pothole", "7.425"), kerb.clone(), standing(27_500)]);
    let new = always(vec![exempt.clone(), standing(30_000)]);
    let all = of_prices(&old, &new);
    let Some(Difference::Prices { changes, .. }) = all.first() else { panic!("{all:?}") };
    let [vat, fee, gone] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!((vat.is_of_vat(), vat.other_name(), vat.now()), (true, Some("pothole"), Some(&exempt)));
    assert_eq!(*fee, PriceChange::Changed(Change { was: standing(27_500), now: standing(30_000) }));
    assert_eq!(*gone, PriceChange::Removed(kerb));
    let counted = months(&[("2026-10", "pothole", 100), ("2026-11", "kerb", 2)]);
    assert_eq!(cost(&counted, old[0].prices.clone()), [74_250 + 27_500, 9_700 + 27_500]);
    assert_eq!(cost(&counted, new[0].prices.clone()), [74_250 + 30_000, 30_000]);
    assert_eq!(unpriced_over(&counted, &old, &[]), []);
    assert_eq!(unpriced_over(&counted, &new, &[]), [(of("kerb"), Quantity(2_000))]);
}

#[test]
fn prices_that_change_later_are_told_of_those_days() {
    let (now, later) = (unit("pothole", "7.425"), unit("pothole", "7.90"));
    let turn = date(2027, 4, 1);
    let old = always(vec![now.clone()]);
    let new = vec![tariff(TERM.from, turn, vec![now.clone()]), tariff(turn, TERM.until, vec![later.clone()])];
    let raised = PriceChange::Changed(Change { was: now, now: later });
    let expected = [
        Difference::PriceDays(Change { was: vec![TERM.from], now: vec![TERM.from, turn] }),
        Difference::Prices { days: Term { from: turn, until: TERM.until }, changes: vec![raised.clone()] },
    ];
    assert_eq!(of_prices(&old, &new), expected);
    // The newest prices are the ones that are tried.
    let counted = months(&[("2026-10", "pothole", 1_000)]);
    assert_eq!(cost_over(&counted, &new, &[]).unwrap(), [(counted[0].0, Pence(790_000))]);
    // A fresh term is compared with what held last.
    let fresh = vec![tariff(TERM.until, date(2032, 4, 1), vec![unit("pothole", "7.425")])];
    let Some(Difference::Prices { days, changes }) = of_prices(&new, &fresh).pop() else { panic!("no change") };
    assert_eq!((days, changes.len()), (fresh[0].days, 1));
}

#[test]
fn a_volume_has_its_cliff_and_a_change_of_kind_is_one_change() {
    let graduated = price("Calls", Shape::Graduated { of: of("pothole"), bands: bands() });
    let volume = price("Calls", Shape::Volume { of: of("pothole"), bands: bands() });
    let all = of_prices(&always(vec![graduated.clone()]), &always(vec![volume.clone()]));
    let changes = vec![PriceChange::Changed(Change { was: graduated.clone(), now: volume.clone() })];
    assert_eq!(all, [Difference::Prices { days: TERM, changes }]);
    let counted = months(&[("2026-10", "pothole", 1_000), ("2026-11", "pothole", 1_001)]);
    assert_eq!(cost(&counted, vec![graduated]), [185_000, 185_162]);
    assert_eq!(cost(&counted, vec![volume]), [185_000, 162_162]);
}

#[test]
fn months_before_the_prices_are_whole_months_of_a_first_year() {
    let counted = months(&[("2025-03", "pothole", 60), ("2025-04", "pothole", 60)]);
    let (units, paid) = (Quantity(100_000), Pence(50_000));
    let advance = Shape::Prepaid { of: of("pothole"), units, price: paid, unit_rate: pounds("7.25") };
    assert_eq!(cost(&counted, vec![price("In advance", advance), standing(1_000)]), [51_000, 20 * 725 + 1_000]);
    // 31 days of the one financial year, 30 of the other.
    let least = price("Least", Shape::YearlyMinimum { amount: Pence(36_500) });
    assert_eq!(cost(&counted, vec![unit("pothole", "0.10"), least]), [3_100, 3_000]);
    assert_eq!(cost_over(&[], &always(vec![standing(1_000)]), &[]).unwrap(), []);
    assert_eq!(cost_over(&counted[..1], &[], &[]).unwrap(), [(counted[0].0, Pence(0))]);
}

#[test]
fn a_level_is_told_as_it_was_and_is_and_costs_what_it_gives_back() {
    let of_hundred = |text: &str| Percent::parse(text).unwrap();
    let level = |at_least: &str, back: &str| ServiceLevel {
        service: "pothole".to_owned(),
        measure: Measure::ClosedByTarget,
        description: "By their target".to_owned(),
        at_least: of_hundred(at_least),
        credits: vec![CreditStep { below: of_hundred(at_least), percent: of_hundred(back) }],
    };
    let with = |levels: &[ServiceLevel]| Agreement { service_levels: levels.to_vec(), ..agreement() };
    let differ = |old: &[ServiceLevel], new: &[ServiceLevel]| {
        differences(Side { agreement: &with(old), tariffs: &[] }, Side { agreement: &with(new), tariffs: &[] })
    };
    let (one, other) = (level("95", "2"), level("90", "5"));
    assert_eq!(differ(&[], std::slice::from_ref(&one)), [Difference::LevelAdded(one.clone())]);
    assert_eq!(differ(std::slice::from_ref(&one), &[]), [Difference::LevelRemoved(one.clone())]);
    let changed = Difference::LevelChanged(Change { was: one.clone(), now: other.clone() });
    assert_eq!(differ(std::slice::from_ref(&one), std::slice::from_ref(&other)), [changed]);
    // 100 accepted, 20 closed, two of them late: 90%, which the one promises and the other does not.
    let month = Month::parse("2026-10").unwrap();
    let used = |meter: &str, n: i64| Used {
        date: month.first(),
        of: Counts { service: "pothole".to_owned(), meter: meter.to_owned() },
        quantity: Quantity(n * 1000),
        value: Pence(0),
        items: 1,
    };
    let counted = [(month, vec![used("case.accepted", 100), used("case.closed", 20), used("case.late", 2)])];
    let tariffs = always(vec![unit("pothole", "10.00")]);
    let cost = |levels: &[ServiceLevel]| cost_over(&counted, &tariffs, levels).unwrap()[0].1.0;
    assert_eq!((cost(&[]), cost(std::slice::from_ref(&one)), cost(&[other])), (100_000, 98_000, 100_000));
    assert_eq!(unpriced_over(&counted, &tariffs, &[one]), []);
    assert_eq!(unpriced_over(&counted, &tariffs, &[]).len(), 2);
}
