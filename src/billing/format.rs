//! The format of the `[[tariff]]` sections of `tenants/agreements/<name>.toml`, and what their values owe to each other
//! and to the agreement.

use std::collections::BTreeSet;

use super::pool::format::{self as pool, SHARE};
use super::price::Price;
use crate::agreements::{LEVEL_FORMAT, check_levels, is_meter};
use crate::kernel::document::{Faults, Table};
use crate::kernel::format::{Form, Format, Key, line, may, must, percent, sentence, slug};
use crate::kernel::{Pence, Rate};

use Form::{Text, Word};

/// The part of an agreement's file that billing reads.
static TARIFFS: Format =
    Format(&[must("tariff", Form::Tables(&TARIFF), "[[tariff]] with from and a [[tariff.price]]")]);

static TARIFF: Format = Format(&[
    must("from", Form::Date, "2026-04-01"),
    must("price", Form::Kinds(&PRICES), "[[tariff.price]] with kind, description, an amount and its VAT treatment"),
]);

static PRICES: [(&str, &Format); 12] = [
    ("unit", &UNIT),
    ("graduated", &BANDED),
    ("volume", &BANDED),
    ("package", &PACKAGE),
    ("allowance", &ALLOWANCE),
    ("prepaid", &PREPAID),
    ("percentage", &PERCENTAGE),
    ("standing", &STANDING),
    ("monthly_minimum", &MINIMUM),
    ("yearly_minimum", &MINIMUM),
    ("cap", &CAP),
    ("share", &SHARE),
];

static UNIT: Format = Format(&[KIND, SERVICE, METER, DESCRIPTION, UNIT_PRICE, VAT, VAT_REASON, VAT_APPROVER]);

static BANDED: Format = Format(&[
    KIND,
    SERVICE,
    METER,
    DESCRIPTION,
    must("band", Form::Tables(&BAND), "band = [{ up_to = 1000, unit_price = \"1.85\" }, { unit_price = \"1.62\" }]"),
    VAT,
    VAT_REASON,
    VAT_APPROVER,
]);

static BAND: Format = Format(&[may("up_to", Form::Whole(1, MOST_UNITS), "1000"), UNIT_PRICE]);

static PACKAGE: Format = Format(&[
    KIND,
    SERVICE,
    METER,
    DESCRIPTION,
    must("size", Form::Whole(1, MOST_UNITS), "50"),
    must("price", Text(pounds_and_pence), "\"36.00\""),
    may("free", Form::Whole(0, MOST_UNITS), "100"),
    VAT,
    VAT_REASON,
    VAT_APPROVER,
]);

static ALLOWANCE: Format = Format(&[
    KIND,
    SERVICE,
    METER,
    DESCRIPTION,
    must("monthly", Text(pounds_and_pence), "\"2450.00\""),
    must("included", Form::Whole(0, MOST_UNITS), "400"),
    UNIT_PRICE,
    VAT,
    VAT_REASON,
    VAT_APPROVER,
]);

static PREPAID: Format = Format(&[
    KIND,
    SERVICE,
    METER,
    DESCRIPTION,
    must("units", Form::Whole(1, MOST_UNITS), "1000"),
    must("price", Text(pounds_and_pence), "\"6500.00\""),
    UNIT_PRICE,
    VAT,
    VAT_REASON,
    VAT_APPROVER,
]);

static PERCENTAGE: Format = Format(&[
    KIND,
    SERVICE,
    METER,
    DESCRIPTION,
    must("percent", Text(percent), "\"1.25\""),
    may("item_minimum", Text(pounds_and_pence), "\"0.20\""),
    may("item_maximum", Text(pounds_and_pence), "\"5.00\""),
    may("minimum", Text(pounds_and_pence), "\"100.00\""),
    may("maximum", Text(pounds_and_pence), "\"2500.00\""),
    VAT,
    VAT_REASON,
    VAT_APPROVER,
]);

static STANDING: Format =
    Format(&[KIND, DESCRIPTION, must("monthly", Text(pounds_and_pence), "\"450.00\""), VAT, VAT_REASON, VAT_APPROVER]);

static MINIMUM: Format = Format(&[KIND, DESCRIPTION, AMOUNT, VAT, VAT_REASON, VAT_APPROVER]);

/// A cap follows the VAT of what it takes off.
static CAP: Format = Format(&[KIND, DESCRIPTION, AMOUNT]);

/// More than anybody can explain.
const MOST_BANDS: usize = 50;
/// More than anybody counts in a month.
const MOST_UNITS: i64 = 1_000_000_000;

/// By which [`PRICES`] tells its formats apart, so that it is one of them.
pub(super) const KIND: Key = must("kind", Text(line), "\"unit\"");
const SERVICE: Key = must("service", Text(slug), "\"pothole\"");
const METER: Key = must("meter", Text(line), "\"case.accepted\"");
const UNIT_PRICE: Key = must("unit_price", Text(pounds), "\"6.85\"");
const AMOUNT: Key = must("amount", Text(pounds_and_pence), "\"12000.00\"");
pub(super) const DESCRIPTION: Key = must("description", Text(line), "\"Pothole report accepted for work\"");
pub(super) const VAT: Key =
    must("vat", Word(&["standard", "reduced", "zero", "exempt", "outside_scope"]), "\"standard\"");
pub(super) const VAT_REASON: Key = must("vat_reason", Text(sentence), "\"Any contact centre could do this work.\"");
pub(super) const VAT_APPROVER: Key = must("vat_approver", Text(line), "\"Gareth Pugh-Lowe, VAT Officer\"");

/// A file of tariffs alone.
static ALONE: Format = Format(&[
    must("tariff", Form::Tables(&TARIFF), "[[tariff]] with from and a [[tariff.price]]"),
    may("term", Form::Table(&TERM), "[term] with from and until"),
    may(
        "service_level",
        Form::Tables(&LEVEL_FORMAT),
        "[[service_level]] with service, measure, description, at_least and credit",
    ),
]);

static TERM: Format =
    Format(&[must("from", Form::Date, "2026-04-01"), must("until", Form::Date, "2029-04-01 (the first day after)")]);

/// Adds every mistake of a file of tariffs that belongs to no agreement.
pub(super) fn check_alone(file: &Table, faults: &mut Faults<'_>) {
    ALONE.check(file, faults);
    check_levels(file, faults);
    check_tariffs(file, faults);
    check_payers(file, faults);
}

/// Adds every mistake of an agreement's prices.
pub fn check(file: &Table, faults: &mut Faults<'_>) {
    TARIFFS.check_known(file, faults);
    check_tariffs(file, faults);
    pool::check_kind(file, faults);
    for tariff in file.tables("tariff") {
        check_metered(file, tariff, faults);
    }
}

/// Without an agreement a share says itself who is billed.
fn check_payers(file: &Table, faults: &mut Faults<'_>) {
    let shares = file.tables("tariff").flat_map(|tariff| tariff.tables("price"));
    for price in shares.filter(|price| price.text("kind") == Some("share") && !price.has("payer")) {
        faults.add(price.place, "\"payer\" is missing; write which member is billed, payer = \"eastmere\"");
    }
}

/// Adds every price that a variation may not have.
pub fn check_variation(file: &Table, faults: &mut Faults<'_>) {
    let prices = file.tables("tariff").flat_map(|tariff| tariff.tables("price"));
    for price in prices.filter(|price| matches!(price.text("kind"), Some("prepaid" | "yearly_minimum"))) {
        faults.add(price.at("kind"), BEGINS_ANEW);
    }
}

/// What a variation takes over from the text before it, it would count from nothing.
#[must_use]
pub fn begins_anew(prices: &[Price]) -> Option<&'static str> {
    prices.iter().any(|price| price.shape.spans_variations()).then_some(BEGINS_ANEW)
}

const BEGINS_ANEW: &str = "units in advance and a yearly minimum are counted over a whole agreement, which a variation would begin anew; \
                           end this agreement and begin another";

fn check_tariffs(file: &Table, faults: &mut Faults<'_>) {
    let term = file.table("term").and_then(|term| Some((term.date("from")?, term.date("until")?)));
    let mut before = None;
    for (n, tariff) in file.tables("tariff").enumerate() {
        if let Some(from) = tariff.date("from") {
            match term {
                Some((start, _)) if n == 0 && from != start => faults.add(
                    tariff.at("from"),
                    format!("the first tariff begins on {from}, and the term on {start}; write from = {start}"),
                ),
                Some((_, end)) if from >= end => faults.add(
                    tariff.at("from"),
                    format!("this tariff begins on {from}, when the term has ended ({end}); write an earlier day"),
                ),
                _ => {}
            }
            if let Some(earlier) = before.filter(|earlier| *earlier >= from) {
                faults.add(
                    tariff.at("from"),
                    format!("this tariff begins on {from}, not after the one above it ({earlier}); put them in order"),
                );
            }
            before = Some(from);
        }
        check_prices(tariff, faults);
    }
}

/// What the values of each price owe to each other, and to the other prices of their tariff.
fn check_prices(tariff: &Table, faults: &mut Faults<'_>) {
    pool::check(tariff, faults);
    check_standing(tariff, faults);
    check_twice(tariff, faults);
    for price in tariff.tables("price") {
        check_bands(price, faults);
        check_limits(price, ("item_minimum", "item_maximum"), faults);
        check_limits(price, ("minimum", "maximum"), faults);
    }
    let of_kind = |kind: &'static str| tariff.tables("price").filter(move |price| price.text("kind") == Some(kind));
    for kind in ["monthly_minimum", "yearly_minimum", "cap"] {
        for again in of_kind(kind).skip(1) {
            faults.add(again.at("kind"), format!("this tariff has a {kind} already; write one"));
        }
    }
    if let (Some(minimum), Some(cap)) = (of_kind("monthly_minimum").next(), of_kind("cap").next())
        && let (Some(least), Some(most)) = (amount_of(minimum, "amount"), amount_of(cap, "amount"))
        && least > most
    {
        let what = format!("the monthly minimum, {least}, is above the cap, {most}; lower it or raise the cap");
        faults.add(minimum.at("amount"), what);
    }
}

/// What is counted of a service has one price, and its value one.
fn check_twice(tariff: &Table, faults: &mut Faults<'_>) {
    let mut seen = BTreeSet::new();
    for price in tariff.tables("price") {
        let (Some(service), Some(meter)) = (price.text("service"), price.text("meter")) else { continue };
        if !seen.insert((service, meter, price.text("kind") == Some("percentage"))) {
            faults.add(price.at("service"), format!("\"{service}\" has a price in this tariff already; write one"));
        }
    }
}

/// Each band ends after the one before it, and only the last has no end: so they neither overlap nor leave a gap.
fn check_bands(price: &Table, faults: &mut Faults<'_>) {
    let bands: Vec<&Table> = price.tables("band").collect();
    if bands.len() > MOST_BANDS {
        faults.add(price.at("band"), format!("\"band\" holds {} and may hold {MOST_BANDS}; use fewer", bands.len()));
    }
    let mut before = 0;
    for (n, band) in bands.iter().enumerate() {
        let is_last = n + 1 == bands.len();
        match band.whole("up_to") {
            Some(_) if is_last => {
                let what =
                    "the last band has no \"up_to\", or what comes above it has no price; remove it, or add a band";
                faults.add(band.at("up_to"), what);
            }
            Some(to) if to <= before => {
                let what = format!("this band ends at {to}, and the one before it at {before}; write a higher number");
                faults.add(band.at("up_to"), what);
            }
            Some(to) => before = to,
            None if !is_last => {
                faults.add(band.place, "only the last band has no end; write where this one ends, for example 1000");
            }
            None => {}
        }
    }
}

fn check_limits(price: &Table, (low, high): (&str, &str), faults: &mut Faults<'_>) {
    if let (Some(least), Some(most)) = (amount_of(price, low), amount_of(price, high))
        && least > most
    {
        faults.add(price.at(low), format!("\"{low}\", {least}, is above \"{high}\", {most}; lower it"));
    }
}

fn amount_of(price: &Table, key: &str) -> Option<Pence> {
    Pence::parse(price.text(key)?).ok()
}

/// Standing charges are told apart by what is printed.
fn check_standing(tariff: &Table, faults: &mut Faults<'_>) {
    let standing: Vec<(&str, &Table)> = tariff
        .tables("price")
        .filter(|price| price.text("kind") == Some("standing"))
        .filter_map(|price| Some((price.text("description")?, price)))
        .collect();
    for (n, (description, price)) in standing.iter().enumerate() {
        if standing.iter().take(n).any(|(before, _)| before == description) {
            let what = "another standing charge of this tariff has this description; write one that tells them apart";
            faults.add(price.at("description"), what);
        }
    }
}

/// Every metered service has exactly one price for its count in every tariff, and nothing else is priced by its count. A
/// share of its value may come beside.
fn check_metered(file: &Table, tariff: &Table, faults: &mut Faults<'_>) {
    // A meter that does not exist has been told of already; no price can mend it.
    let metered: Vec<(&str, &str)> = file
        .tables("service")
        .filter_map(|s| Some((s.text("slug")?, s.text("meter")?)))
        .filter(|(_, meter)| is_meter(meter))
        .collect();
    let priced: Vec<(&str, &str, &Table)> = tariff
        .tables("price")
        .filter_map(|price| Some((price.text("service")?, price.text("meter")?, price)))
        .collect();
    for (service, meter, price) in &priced {
        if !metered.contains(&(service, meter)) {
            faults.add(
                price.at("service"),
                format!(
                    "the agreement has no service \"{service}\" that counts \"{meter}\"; add it or remove this price"
                ),
            );
        }
    }
    for (service, meter) in metered {
        if !priced.iter().any(|(s, m, ..)| (*s, *m) == (service, meter)) {
            faults.add(
                tariff.place,
                format!("this tariff has no price for \"{service}\" ({meter}); add one, of a kind such as \"unit\""),
            );
        }
    }
}

fn pounds(text: &str) -> Option<String> {
    match Rate::parse(text) {
        Ok(_) => None,
        Err(wrong) => Some(format!("which {wrong}")),
    }
}

pub(super) fn pounds_and_pence(text: &str) -> Option<String> {
    Pence::parse(text).err().map(|wrong| format!("which {wrong}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::document;

    fn told(prices: &str) -> Vec<String> {
        let text = format!("[[tariff]]\nfrom = 2026-04-01\n{prices}");
        let mut faults = Faults::of("t.toml");
        let table = document::read(&text, &mut faults).unwrap();
        check_alone(&table, &mut faults);
        let mistakes = faults.into_mistakes();
        mistakes.iter().map(|m| format!("{}: {}", m.place.line, m.what)).collect()
    }

    const VAT: &str = "vat = \"standard\"\nvat_reason = \"Anybody could.\"\nvat_approver = \"The VAT officer\"\n";

    fn price(kind: &str, keys: &str) -> String {
        let vat = if kind == "cap" { "" } else { VAT };
        format!("[[tariff.price]]\nkind = \"{kind}\"\ndescription = \"It\"\n{vat}{keys}\n")
    }

    const OF: &str = "service = \"pothole\"\nmeter = \"case.accepted\"\n";

    #[test]
    fn prices_that_contradict_themselves_are_refused_with_the_reason() {
        let banded = |bands: &str| told(&price("graduated", &format!("{OF}band = [{bands}]")));
        let no_end = r#"{ unit_price = "1" }"#;
        let to = |n| format!(r#"{{ up_to = {n}, unit_price = "1" }}"#);
        assert_eq!(banded(&format!("{}, {}, {no_end}", to(10), to(20))), [""; 0]);
        for (bands, wrong) in [
            (
                format!("{}, {}, {no_end}", to(20), to(20)),
                "this band ends at 20, and the one before it at 20; write a higher number",
            ),
            (to(20), "the last band has no \"up_to\", or what comes above it has no price; remove it, or add a band"),
            (
                format!("{no_end}, {no_end}"),
                "only the last band has no end; write where this one ends, for example 1000",
            ),
        ] {
            assert_eq!(banded(&bands), [format!("11: {wrong}")]);
        }
        let (least, most) = (price("monthly_minimum", "amount = \"12.01\""), price("cap", "amount = \"12.00\""));
        assert_eq!(
            told(&format!("{least}{most}")),
            ["9: the monthly minimum, £12.01, is above the cap, £12.00; lower it or raise the cap"]
        );
        assert_eq!(told(&format!("{most}{most}")), ["8: this tariff has a cap already; write one"]);
        let share = |limits: &str| told(&price("percentage", &format!("{OF}percent = \"1.25\"\n{limits}")));
        assert_eq!(
            share("item_minimum = \"5.00\"\nitem_maximum = \"0.20\""),
            ["12: \"item_minimum\", £5.00, is above \"item_maximum\", £0.20; lower it"]
        );
        let one = price("unit", &format!("{OF}unit_price = \"1\""));
        let beside = price("percentage", &format!("{OF}percent = \"1.25\""));
        assert_eq!(told(&format!("{one}{beside}")), [""; 0]);
        let again = told(&format!("{one}{beside}{}", price("package", &format!("{OF}size = 5\nprice = \"1.00\""))));
        assert_eq!(again, ["27: \"pothole\" has a price in this tariff already; write one"]);
        assert_eq!(
            told(&price("standing", "monthly = \"10000000000.01\"")),
            ["9: \"monthly\" is \"10000000000.01\", which is more than £10,000,000,000; write for example \"450.00\""]
        );
    }
}
