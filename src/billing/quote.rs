//! `moothall bill rate`: what usage comes to under a tariff, from two files and without a database. What it prints depends on
//! the files and the month alone. `docs/tariffs.md` describes both files.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::files::TariffsFile;
use super::format::check_alone;
use super::model::{Line, vat_groups};
use super::pool::{Outturn, PooledCost};
use super::price::{Counts, Tariff, parse_tariffs};
use super::rate::{Account, Carried, Rated, Used, rate};
use crate::agreements::{ServiceLevel, Term};
use crate::kernel::document::{self, Faults, Mistake, Place};
use crate::kernel::{Month, Pence, Percent, Quantity};

/// A file by its name, as mistakes in it are told.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its path.
    pub path: &'a str,
    /// What is in it.
    pub text: &'a str,
}

/// What is wrong in a usage file, by its place in it: `usage.json: usage[3].date: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong(String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Mistake> for Wrong {
    fn from(mistake: Mistake) -> Wrong {
        Wrong(mistake.to_string())
    }
}

/// The lines of a month, its VAT and its totals, as JSON: amounts are texts in pounds and pence, quantities and prices texts in
/// units and pounds, days the first and the last.
///
/// # Errors
/// Every mistake of either file; nothing is priced then.
pub fn quote(tariff: Source<'_>, usage: Source<'_>, month: Month) -> Result<Value, Vec<Wrong>> {
    let tariffs = read_tariffs(tariff);
    let counted = read_usage(usage, month);
    let (Terms { tariffs, levels, term }, (used, outturns)) = match (tariffs, counted) {
        (Ok(tariffs), Ok(counted)) => (tariffs, counted),
        (tariffs, counted) => return Err([tariffs.err(), counted.err()].into_iter().flatten().flatten().collect()),
    };
    let too_much = |_| vec![Wrong(format!("{}: an amount would be beyond £10,000,000,000", usage.path))];
    let rated = rate_through(&used, (&levels, &outturns), &tariffs, month, term).map_err(too_much)?;
    if !rated.unpriced.is_empty() {
        let of = |u: &Used| {
            let Used { date, of: Counts { service, meter }, .. } = u;
            Wrong(format!("{}: the tariff has no price for \"{service}\" ({meter}) on {date}", usage.path))
        };
        return Err(rated.unpriced.iter().map(of).collect());
    }
    Ok(shown(&rated, month))
}

/// Rates the month after those before it, which it may depend on.
fn rate_through(
    used: &[Used],
    (levels, outturns): (&[ServiceLevel], &[Outturn]),
    tariffs: &[Tariff],
    month: Month,
    binds: Term,
) -> Result<Rated, crate::kernel::money::TooMuch> {
    let first = Month::of(binds.from).min(month);
    let before = used.iter().filter(|u| Month::of(u.date) < first).cloned().collect();
    let (mut carried, mut rated) = (Carried::default(), Rated { unpriced: before, ..Rated::default() });
    for of in std::iter::successors(Some(first), |of| Some(of.next())).take_while(|of| *of <= month) {
        let of_month: Vec<Used> = used.iter().filter(|u| Month::of(u.date) == of).cloned().collect();
        let mut next = rate(Account { used: &of_month, levels, outturns, tariffs, month: of, binds }, &mut carried)?;
        next.unpriced.splice(0..0, rated.unpriced);
        rated = next;
    }
    Ok(rated)
}

/// What a file says.
struct Terms {
    tariffs: Vec<Tariff>,
    levels: Vec<ServiceLevel>,
    term: Term,
}

fn read_tariffs(source: Source<'_>) -> Result<Terms, Vec<Wrong>> {
    let mut faults = Faults::of(source.path);
    let table = document::read(source.text, &mut faults);
    if let Some(table) = &table {
        check_alone(table, &mut faults);
    }
    let mistakes = faults.into_mistakes();
    if !mistakes.is_empty() {
        return Err(mistakes.into_iter().map(Wrong::from).collect());
    }
    let wrong = |what: String| vec![Wrong::from(Mistake { path: source.path.to_owned(), place: Place::START, what })];
    let file: TariffsFile = toml::from_str(source.text).map_err(|error| wrong(error.to_string()))?;
    let from = file.tariffs.first().map_or(Date::MIN, |tariff| tariff.from);
    let term = file.term.unwrap_or(Term { from, until: Date::MAX });
    let parsed = parse_tariffs(&file.tariffs, term).map_err(wrong)?;
    let tariffs = (1_i32..).zip(parsed).map(|(version, (days, prices))| Tariff {
        id: Uuid::from_u128(version.unsigned_abs().into()),
        version,
        days,
        prices,
    });
    Ok(Terms { tariffs: tariffs.collect(), levels: file.service_levels, term })
}

type Counted = (Vec<Used>, Vec<Outturn>);

fn read_usage(source: Source<'_>, month: Month) -> Result<Counted, Vec<Wrong>> {
    let mut reader = Reader { path: source.path, wrong: Vec::new() };
    let (mut used, mut outturns) = (Vec::new(), Vec::new());
    match serde_json::from_str(source.text) {
        Ok(Value::Object(root)) => {
            reader.keys("", &root, &["usage", "outturns"]);
            for (at, item) in reader.list("", &root, "usage") {
                used.extend(reader.used(&at, &item, month));
            }
            for (at, item) in reader.list("", &root, "outturns") {
                outturns.extend(reader.outturn(&at, &item));
            }
        }
        Ok(_) => reader.add("", "write an object, {\"usage\": []}"),
        Err(error) => reader.add("", format!("is no JSON ({error})")),
    }
    if reader.wrong.is_empty() { Ok((used, outturns)) } else { Err(reader.wrong) }
}

/// Reads values, and keeps what is wrong with its place.
struct Reader<'a> {
    path: &'a str,
    wrong: Vec<Wrong>,
}

impl Reader<'_> {
    fn add(&mut self, at: &str, what: impl fmt::Display) {
        let at = if at.is_empty() { String::new() } else { format!(" {at}:") };
        self.wrong.push(Wrong(format!("{}:{at} {what}", self.path)));
    }

    fn keys(&mut self, at: &str, object: &Map<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            self.add(at, format!("there is no key \"{key}\" here; there are {}", known.join(", ")));
        }
    }

    /// The objects of a list, with the place of each.
    fn list(&mut self, at: &str, root: &Map<String, Value>, key: &str) -> Vec<(String, Map<String, Value>)> {
        let place = if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
        let items = match root.get(key) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.add(&place, "write a list, []");
                return Vec::new();
            }
        };
        let mut objects = Vec::with_capacity(items.len());
        for (n, item) in items.iter().enumerate() {
            let at = format!("{place}[{n}]");
            match item {
                Value::Object(object) => objects.push((at, object.clone())),
                _ => self.add(&at, "write an object, {}"),
            }
        }
        objects
    }

    /// A value as text; numbers are taken by their digits.
    fn text(&mut self, at: &str, object: &Map<String, Value>, key: &str, example: &str) -> Option<String> {
        match object.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(_) => {
                self.add(&format!("{at}.{key}"), format!("write for example {example}"));
                None
            }
            None => {
                self.add(at, format!("\"{key}\" is missing; write for example \"{key}\": {example}"));
                None
            }
        }
    }

    fn parsed<T>(&mut self, at: &str, key: &str, text: &str, read: Result<T, &str>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(why) => {
                self.add(&format!("{at}.{key}"), format!("\"{text}\" {why}"));
                None
            }
        }
    }

    fn used(&mut self, at: &str, object: &Map<String, Value>, month: Month) -> Option<Used> {
        self.keys(at, object, &["date", "service", "meter", "quantity", "value"]);
        let date = self.text(at, object, "date", "\"2026-10-03\"");
        let date = date.and_then(|text| {
            let on = Date::from_str(&text).map_err(|_| "is no date such as 2026-10-03");
            let on = on.and_then(|on| if on < month.until() { Ok(on) } else { Err("is after the period") });
            self.parsed(at, "date", &text, on)
        });
        let service = self.text(at, object, "service", "\"pothole\"");
        let meter = self.text(at, object, "meter", "\"case.accepted\"");
        let quantity = self.text(at, object, "quantity", "12");
        let quantity = quantity.and_then(|text| self.parsed(at, "quantity", &text, Quantity::parse(&text)));
        let value = match object.get("value") {
            None => Some(Pence(0)),
            Some(_) => self.text(at, object, "value", "\"48317.45\"").and_then(|text| {
                let (sign, amount) = text.strip_prefix('-').map_or((1, text.as_str()), |amount| (-1, amount));
                self.parsed(at, "value", &text, Pence::parse(amount).map(|amount| Pence(sign * amount.0)))
            }),
        };
        let of = Counts { service: service?, meter: meter? };
        Some(Used { date: date?, of, quantity: quantity?, value: value?, items: 1 })
    }

    fn outturn(&mut self, at: &str, object: &Map<String, Value>) -> Option<Outturn> {
        self.keys(at, object, &["year", "costs", "used"]);
        let year = self.text(at, object, "year", "2026");
        let year =
            year.and_then(|text| self.parsed(at, "year", &text, text.parse().map_err(|_| "is no year such as 2026")));
        let (mut costs, mut used) = (Vec::new(), BTreeMap::new());
        for (at, cost) in self.list(at, object, "costs") {
            self.keys(&at, &cost, &["description", "borne_by", "amount"]);
            let description = self.text(&at, &cost, "description", "\"Audit staff\"");
            let borne_by = self.text(&at, &cost, "borne_by", "\"wealdshire\"");
            let amount = self.text(&at, &cost, "amount", "\"478316.20\"");
            let amount = amount.and_then(|text| self.parsed(&at, "amount", &text, Pence::parse(&text)));
            if let (Some(description), Some(borne_by), Some(amount)) = (description, borne_by, amount) {
                costs.push(PooledCost { description, borne_by, amount });
            }
        }
        for (at, member) in self.list(at, object, "used") {
            self.keys(&at, &member, &["party", "used"]);
            let party = self.text(&at, &member, "party", "\"eastmere\"");
            let count = self.text(&at, &member, "used", "3977");
            let count =
                count.and_then(|text| self.parsed(&at, "used", &text, text.parse().map_err(|_| "is no whole number")));
            used.extend(party.zip(count));
        }
        Some(Outturn { year: year?, costs, used })
    }
}

fn shown(rated: &Rated, month: Month) -> Value {
    let line = |line: &Line| {
        json!({
            "description": line.description,
            "from": line.from,
            "to": line.until.yesterday().unwrap_or(line.until),
            "service": line.charge.of.as_ref().map(|of| &of.service),
            "meter": line.charge.of.as_ref().map(|of| &of.meter),
            "part": line.charge.part,
            "quantity": line.quantity.plain(),
            "unit_price": line.unit_rate.plain(),
            "net": line.net.plain(),
            "vat": line.vat.category,
            "tariff": line.tariff_version,
        })
    };
    let groups = vat_groups(&rated.lines);
    let vat_total: Pence = groups.iter().map(|group| group.vat).sum();
    let group = |group: &super::model::VatGroup| {
        json!({
            "vat": group.category,
            "percent": Percent(i64::from(group.basis_points) * 100).to_string(),
            "net": group.net.plain(),
            "vat_total": group.vat.plain(),
        })
    };
    json!({
        "period": month.code(),
        "lines": rated.lines.iter().map(line).collect::<Vec<_>>(),
        "vat": groups.iter().map(group).collect::<Vec<_>>(),
        "net": rated.net().plain(),
        "vat_total": vat_total.plain(),
        "gross": (rated.net() + vat_total).plain(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARIFF: &str = "[[tariff]]\nfrom = 2026-04-01\n[[tariff.price]]\nkind = \"unit\"\nservice = \"pothole\"\n\
        meter = \"case.accepted\"\ndescription = \"Pothole\"\nunit_price = \"6.85\"\nvat = \"standard\"\n\
        vat_reason = \"Anybody could do it.\"\nvat_approver = \"The VAT officer\"\n";

    fn told(tariff: &str, usage: &str) -> Vec<String> {
        let sources = (Source { path: "t.toml", text: tariff }, Source { path: "u.json", text: usage });
        let said = quote(sources.0, sources.1, Month::parse("2026-10").unwrap());
        said.unwrap_err().iter().map(Wrong::to_string).collect()
    }

    #[test]
    fn every_mistake_of_both_files_is_told_at_once() {
        let wrong_price = TARIFF.replace("6.85", "6,85");
        let usage = r#"{ "usage": [
            { "date": "2026-10-32", "service": "pothole", "meter": "case.accepted", "quantity": "1.2345" },
            { "date": "2026-11-01", "service": "pothole", "meter": "case.accepted", "quantity": 1, "vlaue": "1" },
            { "service": "pothole", "meter": 1, "quantity": true, "value": "1.001" }, 7
        ] }"#;
        assert_eq!(
            told(&wrong_price, usage),
            [
                "t.toml:8:14: \"unit_price\" is \"6,85\", which is not an amount in pounds such as \"6.85\"; write for example \"6.85\"",
                "u.json: usage[3]: write an object, {}",
                "u.json: usage[0].date: \"2026-10-32\" is no date such as 2026-10-03",
                "u.json: usage[0].quantity: \"1.2345\" is no quantity such as 12 or 1.5, with at most three decimals",
                "u.json: usage[1]: there is no key \"vlaue\" here; there are date, service, meter, quantity, value",
                "u.json: usage[1].date: \"2026-11-01\" is after the period",
                "u.json: usage[2]: \"date\" is missing; write for example \"date\": \"2026-10-03\"",
                "u.json: usage[2].quantity: write for example 12",
                "u.json: usage[2].value: \"1.001\" has more than two decimals",
            ]
        );
        let stray = r#"{ "usage": [{ "date": "2026-10-03", "service": "kerb", "meter": "m", "quantity": 1 }] }"#;
        assert_eq!(told(TARIFF, stray), ["u.json: the tariff has no price for \"kerb\" (m) on 2026-10-03"]);
        assert!(told(TARIFF, "{").concat().starts_with("u.json: is no JSON"));
    }
}
