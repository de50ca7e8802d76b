//! The format of `[[tariff.price]]` with `kind = "share"`, and what its values owe to each other and to the agreement.

use super::Basis;
use crate::billing::format::{DESCRIPTION, KIND, VAT, VAT_APPROVER, VAT_REASON, pounds_and_pence};
use crate::kernel::document::{Faults, Table};
use crate::kernel::format::{Form, Format, line, may, must, percent, slug};

use Form::{Text, Whole, Word};

pub(in crate::billing) static SHARE: Format = Format(&[
    KIND,
    DESCRIPTION,
    must("basis", Word(&["ratio", "population", "assets", "use", "hybrid"]), "\"ratio\""),
    may("fixed_percent", Text(percent), "\"40\""),
    must(
        "cost",
        Form::Tables(&COST),
        "cost = [{ description = \"Audit staff\", borne_by = \"wealdshire\", yearly = \"480000.00\" }]",
    ),
    must(
        "member",
        Form::Tables(&MEMBER),
        "member = [{ party = \"wealdshire\", share = 55 }, { party = \"eastmere\", share = 45 }]",
    ),
    may("payer", Text(slug), "\"eastmere\""),
    VAT,
    VAT_REASON,
    VAT_APPROVER,
]);

static COST: Format = Format(&[
    must("description", Text(line), "\"Audit staff\""),
    must("borne_by", Text(slug), "\"wealdshire\""),
    must("yearly", Text(pounds_and_pence), "\"480000.00\""),
]);

static MEMBER: Format = Format(&[
    must("party", Text(slug), "\"wealdshire\""),
    may("share", Whole(0, MOST), "55"),
    may("used", Whole(0, MOST), "8412"),
]);

/// More people, assets or uses than there are.
const MOST: i64 = 1_000_000_000;

/// Adds every mistake of a price that is a share, by itself.
pub(in crate::billing) fn check(tariff: &Table, faults: &mut Faults<'_>) {
    for price in tariff.tables("price").filter(|price| price.text("kind") == Some("share")) {
        if let Some(from) = tariff.date("from").filter(|from| from.day() != 1) {
            let what =
                format!("shares are for whole months, and this tariff begins on {from}; write the first of a month");
            faults.add(tariff.at("from"), what);
        }
        let members: Vec<(&str, &Table)> =
            price.tables("member").filter_map(|member| Some((member.text("party")?, member))).collect();
        for (n, (party, member)) in members.iter().enumerate() {
            if members.iter().take(n).any(|(before, _)| before == party) {
                faults.add(member.at("party"), format!("\"{party}\" is a member above; write it once"));
            }
        }
        if members.len() < 2 {
            faults.add(price.at("member"), "at least two share what they spend; write another member");
        }
        let named = [price.text("payer").map(|party| (party, price.at("payer")))].into_iter().flatten();
        let bearers = price.tables("cost").filter_map(|cost| Some((cost.text("borne_by")?, cost.at("borne_by"))));
        for (party, place) in named.chain(bearers) {
            if !members.iter().any(|(member, _)| *member == party) {
                let names: Vec<&str> = members.iter().map(|(party, _)| *party).collect();
                faults.add(place, format!("\"{party}\" is no member; the members are {}", names.join(", ")));
            }
        }
        check_weights(price, faults);
    }
}

/// Each weight that the basis goes by is there, and is something; no other is.
fn check_weights(price: &Table, faults: &mut Faults<'_>) {
    let Some(basis) = price.text("basis").and_then(Basis::parse) else { return };
    let (goes_by_share, goes_by_use) = (basis != Basis::Use, basis.counts_use());
    for (key, is_needed) in [("share", goes_by_share), ("used", goes_by_use)] {
        let word = basis.word();
        for member in price.tables("member") {
            match member.has(key) {
                true if !is_needed => {
                    faults.add(member.at(key), format!("by {word}, nothing goes by \"{key}\"; remove it"));
                }
                false if is_needed => {
                    faults.add(member.place, format!("\"{key}\" is missing; write what {word} goes by, {key} = 55"));
                }
                _ => {}
            }
        }
        if is_needed && price.tables("member").all(|member| member.whole(key).is_none_or(|n| n == 0)) {
            faults.add(price.at("member"), format!("nobody has any \"{key}\"; write more than 0 for one of them"));
        }
    }
    match (basis == Basis::Hybrid, price.has("fixed_percent")) {
        (true, false) => {
            let what = "\"fixed_percent\" is missing: how much goes by \"share\" before the rest goes by \"used\"";
            faults.add(price.place, format!("{what}; write for example fixed_percent = \"40\""));
        }
        (false, true) => faults.add(
            price.at("fixed_percent"),
            "only a hybrid has a part by \"share\" and the rest by \"used\"; remove it, or write basis = \"hybrid\"",
        ),
        _ => {}
    }
}

/// Adds what an agreement's kind and its prices owe to each other: who shares costs is a member, and nothing but the share
/// is charged; what is managed for another is passed on at cost.
pub(in crate::billing) fn check_kind(file: &Table, faults: &mut Faults<'_>) {
    let kind = file.text("kind").unwrap_or("supply");
    let parties: Vec<&str> =
        file.text("provider").into_iter().chain(file.texts("members").map(|(party, _)| party)).collect();
    for tariff in file.tables("tariff") {
        let prices: Vec<&Table> = tariff.tables("price").collect();
        for price in &prices {
            let is_share = price.text("kind") == Some("share");
            if is_share != (kind == "cost_share") {
                let what = if is_share {
                    "a share is charged where the agreement has kind = \"cost_share\", and members"
                } else {
                    "members who share costs are charged a share and nothing else; write kind = \"share\""
                };
                faults.add(price.at("kind"), what);
            }
            if kind == "on_behalf" && !is_at_cost(price) {
                let what = "what is managed on behalf of another is passed on at cost: write kind = \"percentage\", \
                            meter = \"cost.incurred\", percent = \"100\" and no limits";
                faults.add(price.place, what);
            }
            if !is_share {
                continue;
            }
            for member in price.tables("member") {
                if let Some(party) = member.text("party").filter(|party| !parties.contains(party)) {
                    let what = format!(
                        "\"{party}\" is neither \"provider\" nor one of \"members\"; the parties are {}",
                        parties.join(", ")
                    );
                    faults.add(member.at("party"), what);
                }
            }
            for party in parties.iter().filter(|party| price.tables("member").all(|m| m.text("party") != Some(party))) {
                faults
                    .add(price.at("member"), format!("\"{party}\" is a party and has no share; write a member for it"));
            }
            if let Some((_, place)) = price.text("payer").map(|payer| (payer, price.at("payer"))) {
                faults.add(place, "each of \"members\" is billed; remove \"payer\"");
            }
        }
        if kind == "cost_share" && prices.len() > 1 {
            faults.add(tariff.place, "this tariff has more than one share; write all that is spent as \"cost\" of one");
        }
    }
    let days = file.table("term").map(|term| [("from", term.date("from")), ("until", term.date("until"))]);
    for (key, day) in days.into_iter().flatten().filter(|_| kind == "cost_share") {
        if let (Some(day), Some(term)) = (day.filter(|day| day.day() != 1), file.table("term")) {
            let what = format!("shares are for whole months, and \"{key}\" is {day}; write the first of a month");
            faults.add(term.at(key), what);
        }
    }
}

fn is_at_cost(price: &Table) -> bool {
    price.text("kind") == Some("percentage")
        && price.text("meter") == Some("cost.incurred")
        && price.text("percent") == Some("100")
        && ["item_minimum", "item_maximum", "minimum", "maximum"].iter().all(|key| !price.has(key))
}
