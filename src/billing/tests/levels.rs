//! What levels that were not kept give back.

use super::*;
use crate::agreements::{CreditStep, Measure, ServiceLevel};

/// At least 95%; below it 2% is given back, below 90% 5%.
fn level(service: &str) -> ServiceLevel {
    let percent = |text| Percent::parse(text).unwrap();
    let step = |below, back| CreditStep { below: percent(below), percent: percent(back) };
    ServiceLevel {
        service: service.to_owned(),
        measure: Measure::ClosedByTarget,
        description: format!("{service} by their target"),
        at_least: percent("95"),
        credits: vec![step("95", "2"), step("90", "5")],
    }
}

/// So many closed, so many of them late.
fn closed(service: &str, all: i64, late: i64) -> Vec<Used> {
    let counted = |meter: &str, n| {
        let of = Counts { service: service.to_owned(), meter: meter.to_owned() };
        Used { of, ..used(JUNE, n) }
    };
    vec![counted("case.closed", all), counted("case.late", late)]
}

fn rated(used: &[Used], levels: &[ServiceLevel], tariffs: &[Tariff]) -> Vec<Line> {
    let account = Account { used, levels, outturns: &[], tariffs, month: month("2026-06"), binds: ALWAYS };
    let rated = rate(account, &mut Carried::default()).unwrap();
    assert_eq!(rated.unpriced, [], "what is only measured needs no price");
    rated.lines
}

#[test]
fn service_credits_come_off_last() {
    let minimum = price("Minimum", Shape::MonthlyMinimum { amount: Pence(1_152_138) });
    let dear = always(vec![graduated()]);
    let credited = |n, tariffs: &[Tariff], late| {
        let used = [vec![used(JUNE, n)], closed("pothole", 100, late)].concat();
        rated(&used, &[level("pothole")], tariffs)
    };
    let lines = credited(7_321, &dear, 6);
    let last = lines.last().unwrap();
    assert_eq!((last.net, last.quantity, last.unit_rate), (Pence(-23_043), units(-1), pounds("230.43")));
    assert_eq!(last.description, "pothole by their target: 94 of 100 (94%), below 95%: 2% of £11,521.38");
    assert_eq!(last.charge.of.as_ref().map(|of| of.meter.as_str()), Some("case.late"), "its events are the late cases");
    let groups = vat_groups(&lines);
    assert_eq!((groups[0].net, groups[0].vat), (Pence(1_129_095), Pence(225_819)));
    // Kept, and with nothing closed, nothing is given back; a worse month gives back the worse step alone.
    assert_eq!(net(&credited(7_321, &dear, 5)), 1_152_138);
    assert_eq!(net(&lines_of_none()), 1_152_138);
    assert_eq!(net(&credited(7_321, &dear, 11)), 1_152_138 - 57_607);
    // No minimum takes the remedy away.
    assert_eq!(net(&credited(5_000, &always(vec![graduated(), minimum]), 6)), 1_152_138 - 23_043);
}

fn lines_of_none() -> Vec<Line> {
    rated(&[used(JUNE, 7_321)], &[level("pothole")], &always(vec![graduated()]))
}

#[test]
fn a_level_gives_back_of_its_own_service() {
    let exempt = Price { vat: Some(vat(VatCategory::Exempt)), ..unit("kerb", "0.03") };
    let both = vec![unit("pothole", "0.01"), exempt, standing(5_000)];
    let some = [
        vec![used(JUNE, 10_000), Used { of: of("kerb"), ..used(JUNE, 10_000) }],
        closed("pothole", 10, 1),
        closed("kerb", 10, 5),
    ]
    .concat();
    let levels = [level("pothole"), level("kerb")];
    let off = |prices: Vec<Price>| -> Vec<(VatCategory, i64)> {
        let lines = rated(&some, &levels, &always(prices));
        let credits = lines.iter().filter(|line| line.charge.part == Part::ServiceCredit);
        credits.map(|line| (line.vat.category, line.net.0)).collect()
    };
    assert_eq!(off(both.clone()), [(VatCategory::Standard, -200), (VatCategory::Exempt, -1_500)]);
    // Of what a cap leaves, each service has its share: 2% of £50 and 5% of £150.
    let capped = [both, vec![price("Cap", Shape::Cap { amount: Pence(20_000) })]].concat();
    assert_eq!(off(capped), [(VatCategory::Standard, -100), (VatCategory::Exempt, -750)]);
}

#[test]
fn a_late_count_changes_what_is_given_back_by_the_difference() {
    let tariffs = always(vec![unit("pothole", "1.00")]);
    let levels = [level("pothole")];
    let of = |late| rated(&[vec![used(JUNE, 100)], closed("pothole", 100, late)].concat(), &levels, &tariffs);
    let net_of = |lines: Vec<Line>| lines.iter().map(|line| (line.net.0, line.quantity)).collect::<Vec<_>>();
    assert_eq!(net_of(beyond(of(11), of(6), &[])), [(-300, units(-1))]);
    assert_eq!(net_of(beyond(of(6), of(11), &[])), [(300, units(1))]);
    assert_eq!(net_of(beyond(of(5), of(6), &[])), [(200, units(1))], "kept after all, it is charged again");
    assert_eq!(net_of(beyond(of(6), [of(5), beyond(of(11), of(5), &[])].concat(), &[])), [(300, units(1))]);
}
