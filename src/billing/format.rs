//! The format of the `[[tariff]]` sections of `tenants/agreements/<name>.toml`, and what their values owe to each other
//! and to the agreement.

use crate::agreements::METERS;
use crate::kernel::Rate;
use crate::kernel::document::{Faults, Table};
use crate::kernel::format::{Form, Format, Key, line, must, sentence, slug};

use Form::{Text, Word};

/// The part of an agreement's file that billing reads.
static TARIFFS: Format =
    Format(&[must("tariff", Form::Tables(&TARIFF), "[[tariff]] with from and a [[tariff.price]]")]);

static TARIFF: Format = Format(&[
    must("from", Form::Date, "2026-04-01"),
    must("price", Form::Kinds(&PRICES), "[[tariff.price]] with kind, description, an amount and its VAT treatment"),
]);

static PRICES: [(&str, &Format); 2] = [("unit", &UNIT), ("standing", &STANDING)];

static UNIT: Format = Format(&[
    KIND,
    must("service", Text(slug), "\"pothole\""),
    must("meter", Word(&METERS), "\"case.accepted\""),
    DESCRIPTION,
    must("unit_price", Text(pounds), "\"6.85\""),
    VAT,
    VAT_REASON,
    VAT_APPROVER,
]);

static STANDING: Format =
    Format(&[KIND, DESCRIPTION, must("monthly", Text(pounds_and_pence), "\"450.00\""), VAT, VAT_REASON, VAT_APPROVER]);

const KIND: Key = must("kind", Word(&["unit", "standing"]), "\"unit\"");
const DESCRIPTION: Key = must("description", Text(line), "\"Pothole report accepted for work\"");
const VAT: Key = must("vat", Word(&["standard", "reduced", "zero", "exempt", "outside_scope"]), "\"standard\"");
const VAT_REASON: Key = must("vat_reason", Text(sentence), "\"Any contact centre could do this work.\"");
const VAT_APPROVER: Key = must("vat_approver", Text(line), "\"Gareth Pugh-Lowe, VAT Officer\"");

/// Adds every mistake of an agreement's prices.
pub fn check(file: &Table, faults: &mut Faults<'_>) {
    TARIFFS.check_known(file, faults);
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
        check_units(file, tariff, faults);
        check_standing(tariff, faults);
    }
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

/// Every metered service has exactly one price in every tariff, and nothing else is priced by the unit.
fn check_units(file: &Table, tariff: &Table, faults: &mut Faults<'_>) {
    // A meter that does not exist has been told of already; no price can mend it.
    let metered: Vec<(&str, &str)> = file
        .tables("service")
        .filter_map(|s| Some((s.text("slug")?, s.text("meter")?)))
        .filter(|(_, meter)| METERS.contains(meter))
        .collect();
    let units: Vec<(&str, &str, &Table)> = tariff
        .tables("price")
        .filter(|price| price.text("kind") == Some("unit"))
        .filter_map(|price| Some((price.text("service")?, price.text("meter")?, price)))
        .collect();
    for (n, (service, meter, price)) in units.iter().enumerate() {
        if !metered.contains(&(service, meter)) {
            faults.add(
                price.at("service"),
                format!("the agreement has no [[service]] \"{service}\" that counts \"{meter}\"; add it or remove this price"),
            );
        } else if units.iter().take(n).any(|(s, m, _)| (s, m) == (service, meter)) {
            faults.add(price.at("service"), format!("\"{service}\" has a price in this tariff already; write one"));
        }
    }
    for (service, meter) in metered {
        if !units.iter().any(|(s, m, _)| (*s, *m) == (service, meter)) {
            faults.add(
                tariff.place,
                format!(
                    "this tariff has no unit price for \"{service}\" ({meter}); add a [[tariff.price]] with \
                     kind = \"unit\" and service = \"{service}\""
                ),
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

fn pounds_and_pence(text: &str) -> Option<String> {
    let too_fine = text.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 2);
    pounds(text).or_else(|| too_fine.then(|| "which has more than two decimals".to_owned()))
}
