//! Service levels: what a provider promises of a service in each month, and what it gives back of that service's charges of
//! a month in which it does not keep it. What is measured is two counts of usage that both parties read, so that the level
//! of a month is a ratio of whole numbers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::kernel::document::{Faults, Table};
use crate::kernel::format::{Form, Format, line, must, percent, slug};
use crate::kernel::money::any_percent;
use crate::kernel::{Percent, Quantity};

/// The keys of a `[[service_level]]`.
pub static FORMAT: Format = Format(&[
    must("service", Form::Text(slug), "\"pothole\""),
    must("measure", Form::Word(&["closed_by_target"]), "\"closed_by_target\""),
    must("description", Form::Text(line), "\"Potholes dealt with by their target\""),
    must("at_least", Form::Text(percent), "\"95\""),
    must(
        "credit",
        Form::Tables(&CREDIT),
        "credit = [{ below = \"95\", percent = \"2\" }, { below = \"90\", percent = \"5\" }]",
    ),
]);

static CREDIT: Format =
    Format(&[must("below", Form::Text(percent), "\"95\""), must("percent", Form::Text(percent), "\"2\"")]);

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Of the cases closed in a month, how many were closed by their target. One that is opened again and closed again
    /// counts again, by the target that it then has.
    ClosedByTarget,
}

impl Measure {
    /// The meters by which it is counted: of all that is measured, and of what of that missed.
    #[must_use]
    pub fn meters(self) -> (&'static str, &'static str) {
        match self {
            Measure::ClosedByTarget => ("case.closed", "case.late"),
        }
    }
}

/// What is promised of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevel {
    /// Its slug.
    pub service: String,
    /// What is measured.
    pub measure: Measure,
    /// As printed.
    pub description: String,
    /// Of how many at least it is to be kept.
    #[serde(deserialize_with = "any_percent")]
    pub at_least: Percent,
    /// What is given back, the mildest step first.
    #[serde(rename = "credit")]
    pub credits: Vec<CreditStep>,
}

/// What is given back of a month's charges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditStep {
    /// Where it was kept of fewer than this.
    #[serde(deserialize_with = "any_percent")]
    pub below: Percent,
    /// How much.
    #[serde(deserialize_with = "any_percent")]
    pub percent: Percent,
}

/// What a level came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Of how many.
    pub all: Quantity,
    /// Of how many it was kept.
    pub kept: Quantity,
    /// What share that is, cut off after two decimals: what lies below a threshold is never shown as reaching it.
    pub share: Percent,
    /// Whether the promise was kept.
    pub is_kept: bool,
    /// What is given back, if anything is.
    pub step: Option<CreditStep>,
}

impl ServiceLevel {
    /// Whether it counts this.
    #[must_use]
    pub fn counts(&self, service: &str, meter: &str) -> bool {
        let (all, missed) = self.measure.meters();
        self.service == service && (meter == all || meter == missed)
    }

    /// What was reached where `missed` of `all` missed; nothing where there was nothing to reach.
    #[must_use]
    pub fn reached(&self, all: Quantity, missed: Quantity) -> Option<Reached> {
        if all.0 <= 0 {
            return None;
        }
        let kept = (all - missed).clamp(Quantity(0), all);
        let (whole, part) = (i128::from(all.0), i128::from(kept.0));
        let is_below = |percent: Percent| part * 1_000_000 < whole * i128::from(percent.0);
        let share = Percent(i64::try_from(part * 10_000 / whole).unwrap_or(0) * 100);
        let step = self.credits.iter().rfind(|step| is_below(step.below)).copied();
        Some(Reached { all, kept, share, is_kept: !is_below(self.at_least), step })
    }
}

/// Adds every contradiction within the levels of a file, and between them and its services where it has any.
pub fn check_levels(file: &Table, faults: &mut Faults<'_>) {
    let services: BTreeSet<&str> = file.tables("service").filter_map(|service| service.text("slug")).collect();
    let mut seen = BTreeSet::new();
    for level in file.tables("service_level") {
        let Some(service) = level.text("service") else { continue };
        if !services.is_empty() && !services.contains(service) {
            let what = format!("the agreement has no [[service]] \"{service}\"; add it or remove this level");
            faults.add(level.at("service"), what);
        }
        let is_part = |of: &&Table| {
            of.text("slug") == Some(service) && of.text("meter") == Some("case.closed") && of.has("outcomes")
        };
        if let Some(part) = file.tables("service").find(is_part) {
            let what = "a level measures closings with any outcome, so that \"case.closed\" cannot be those with some; \
                        name them, for example \"case.closed.repaired\"";
            faults.add(part.at("meter"), what);
        }
        if !seen.insert((service, level.text("measure"))) {
            faults.add(level.place, format!("\"{service}\" has a level of this measure already; write one"));
        }
        check_steps(level, faults);
    }
}

/// Each step is for a worse level than the one before it, and gives back more.
fn check_steps(level: &Table, faults: &mut Faults<'_>) {
    let read = |table: &Table, key: &str| Percent::parse(table.text(key)?).ok();
    let (mut ceiling, mut least) = (read(level, "at_least"), Percent(0));
    for (n, step) in level.tables("credit").enumerate() {
        if let Some(below) = read(step, "below") {
            match ceiling {
                Some(at_least) if n == 0 && below > at_least => {
                    let what = format!(
                        "this step is for below {below}, and the level is kept from {at_least} on; write {at_least} or less"
                    );
                    faults.add(step.at("below"), what);
                }
                Some(before) if n > 0 && below >= before => {
                    let what =
                        format!("this step is for below {below}, and the one before it for below {before}; write less");
                    faults.add(step.at("below"), what);
                }
                _ => {}
            }
            ceiling = Some(below);
        }
        if let Some(percent) = read(step, "percent") {
            if percent <= least {
                let what =
                    format!("this step gives back {percent}, not more than {least}; a worse level gives back more");
                faults.add(step.at("percent"), what);
            }
            least = percent;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::document;

    fn percent(text: &str) -> Percent {
        Percent::parse(text).unwrap()
    }

    fn level() -> ServiceLevel {
        let step = |below, back| CreditStep { below: percent(below), percent: percent(back) };
        ServiceLevel {
            service: "pothole".to_owned(),
            measure: Measure::ClosedByTarget,
            description: "Potholes by their target".to_owned(),
            at_least: percent("95"),
            credits: vec![step("95", "2"), step("90", "5")],
        }
    }

    fn units(n: i64) -> Quantity {
        Quantity(n * 1000)
    }

    #[test]
    fn a_level_is_a_ratio_of_whole_numbers() {
        let of = |all, missed| {
            let reached = level().reached(units(all), units(missed))?;
            Some((reached.share.to_string(), reached.is_kept, reached.step.map(|step| step.percent.to_string())))
        };
        let says =
            |share: &str, is_kept, back: Option<&str>| Some((share.to_owned(), is_kept, back.map(str::to_owned)));
        assert_eq!(of(0, 0), None, "nothing closed, nothing promised");
        assert_eq!(of(0, 1), None);
        assert_eq!(of(100, 5), says("95%", true, None));
        assert_eq!(of(100, 6), says("94%", false, Some("2%")));
        assert_eq!(of(100, 10), says("90%", false, Some("2%")));
        assert_eq!(of(1_000, 101), says("89.9%", false, Some("5%")));
        // 94.9995… is not rounded up to what was promised.
        assert_eq!(of(100_001, 5_001), says("94.99%", false, Some("2%")));
        assert_eq!(of(3, 3), says("0%", false, Some("5%")));
        assert_eq!(of(3, 4), says("0%", false, Some("5%")));
    }

    #[test]
    fn what_was_stored_of_a_file_reads_as_the_file_does() {
        let text = "service = \"pothole\"\nmeasure = \"closed_by_target\"\ndescription = \"Potholes by their target\"\n\
            at_least = \"95\"\ncredit = [{ below = \"95\", percent = \"2\" }, { below = \"90\", percent = \"5\" }]\n";
        let read: ServiceLevel = toml::from_str(text).unwrap();
        assert_eq!(read, level());
        assert_eq!(serde_json::from_value::<ServiceLevel>(serde_json::to_value(&read).unwrap()).unwrap(), read);
    }

    #[test]
    fn levels_that_contradict_themselves_are_refused_with_their_place() {
        let told = |level: &str| -> Vec<String> {
            let text = format!("[[service]]\nslug = \"pothole\"\n[[service_level]]\nservice = \"pothole\"\n{level}");
            let mut faults = Faults::of("a.toml");
            let table = document::read(&text, &mut faults).unwrap();
            for level in table.tables("service_level") {
                FORMAT.check(level, &mut faults);
            }
            check_levels(&table, &mut faults);
            faults.into_mistakes().iter().map(|m| format!("{}: {}", m.place.line, m.what)).collect()
        };
        let with = |at_least: &str, credit: &str| {
            format!(
                "measure = \"closed_by_target\"\ndescription = \"It\"\nat_least = \"{at_least}\"\ncredit = [{credit}]\n"
            )
        };
        let step = |below: &str, back: &str| format!("{{ below = \"{below}\", percent = \"{back}\" }}");
        let steps = |a: (&str, &str), b: (&str, &str)| format!("{}, {}", step(a.0, a.1), step(b.0, b.1));
        assert_eq!(told(&with("95", &steps(("95", "2"), ("90", "5")))), [""; 0]);
        for (at_least, credit, wrong) in [
            (
                "95",
                steps(("90", "2"), ("95", "5")),
                "this step is for below 95%, and the one before it for below 90%; write less",
            ),
            (
                "95",
                steps(("95", "5"), ("90", "5")),
                "this step gives back 5%, not more than 5%; a worse level gives back more",
            ),
            (
                "95",
                step("95.5", "2"),
                "this step is for below 95.5%, and the level is kept from 95% on; write 95% or less",
            ),
            ("95", step("95", "0"), "this step gives back 0%, not more than 0%; a worse level gives back more"),
            ("95", step("95", "101"), "\"percent\" is \"101\", which is more than 100; write for example \"2\""),
        ] {
            assert_eq!(told(&with(at_least, &credit)), [format!("8: {wrong}")], "{credit}");
        }
        let one = with("95", &step("95", "2"));
        assert_eq!(
            told(&format!(
                "{one}[[service_level]]\nservice = \"kerb\"\n{one}[[service_level]]\nservice = \"pothole\"\n{one}"
            )),
            [
                "10: the agreement has no [[service]] \"kerb\"; add it or remove this level",
                "15: \"pothole\" has a level of this measure already; write one"
            ]
        );
    }

    proptest! {
        #[test]
        fn a_worse_month_gives_back_no_less(all in 1i64..5_000, missed in 0i64..5_000) {
            let back = |missed: i64| level().reached(units(all), units(missed)).unwrap().step.map_or(0, |s| s.percent.0);
            prop_assert!(back(missed) <= back(missed + 1));
            let reached = level().reached(units(all), units(missed)).unwrap();
            prop_assert_eq!(reached.is_kept, reached.step.is_none());
            prop_assert!(reached.is_kept || reached.share < percent("95"));
        }
    }
}
