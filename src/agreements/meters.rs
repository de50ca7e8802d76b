//! What an agreement can count, and which closings of a service each of its meters counts.

use crate::kernel::document::{Faults, Table};
use crate::kernel::format::{slug, wrong_word};

/// What can be counted. Of closings a part too, under a name of its own after [`CLOSED_AS`].
pub const METERS: [&str; 8] = [
    "case.accepted",
    "case.closed",
    "case.reopened",
    "payment.taken",
    "message.sent",
    "staff.minutes",
    "cost.incurred",
    "unit",
];

/// Of these, what other systems count and send: cases are counted here.
pub const FED_METERS: &[&str] = &["payment.taken", "message.sent", "staff.minutes", "cost.incurred", "unit"];

/// Cases that are closed, with any outcome or those that the agreement names.
pub(super) const CLOSED: &str = "case.closed";

/// Before the name that an agreement gives to closings with some outcomes, `case.closed.repaired`: they have a price of their own.
pub const CLOSED_AS: &str = "case.closed.";

/// Whether something is a meter: one of [`METERS`], or closings under a name.
#[must_use]
pub fn is_meter(word: &str) -> bool {
    METERS.contains(&word) || word.strip_prefix(CLOSED_AS).is_some_and(|name| slug(name).is_none())
}

/// Every meter exists, and a closing is counted by one of a service's.
pub(super) fn check_meters(services: &[&Table], faults: &mut Faults<'_>) {
    // By service and outcome the meter that counts it; no outcome stands for all.
    let mut counted: Vec<(&str, Option<&str>, &str)> = Vec::new();
    for service in services {
        let Some(meter) = service.text("meter") else { continue };
        let is_named = meter.starts_with(CLOSED_AS);
        if !is_meter(meter) {
            faults.add(service.at("meter"), wrong_word("meter", meter, &METERS));
        } else if is_named && !service.has("outcomes") {
            let what = format!("\"{meter}\" is for some outcomes; write which, for example outcomes = [\"Repaired\"]");
            faults.add(service.at("meter"), what);
        } else if service.has("outcomes") && !is_named && meter != CLOSED {
            let what = format!("\"outcomes\" is for \"{CLOSED}\" and its parts, and this is \"{meter}\"; remove it");
            faults.add(service.at("outcomes"), what);
        }
        let Some(slug) = service.text("slug").filter(|_| is_named || meter == CLOSED) else { continue };
        let named = service.texts("outcomes").map(|(outcome, place)| (Some(outcome), place));
        let all = (!service.has("outcomes")).then(|| (None, service.at("meter")));
        for (outcome, place) in named.chain(all) {
            let is_same = |(of, other, _): &&(&str, Option<&str>, &str)| {
                *of == slug && (*other == outcome || other.is_none() || outcome.is_none())
            };
            if let Some((.., by)) = counted.iter().find(is_same) {
                let which = outcome.map_or("any outcome".to_owned(), |outcome| format!("\"{outcome}\""));
                let what = format!(
                    "closings of \"{slug}\" with {which} are counted by \"{by}\" above; write each outcome once"
                );
                faults.add(place, what);
            }
            counted.push((slug, outcome, meter));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::document;

    fn told(services: &str) -> Vec<String> {
        let mut faults = Faults::of("a.toml");
        let root = document::read(services, &mut faults).unwrap();
        check_meters(&root.tables("service").collect::<Vec<_>>(), &mut faults);
        faults.into_mistakes().into_iter().map(|m| format!("{}: {}", m.place.line, m.what)).collect()
    }

    #[test]
    fn each_outcome_of_a_service_is_counted_once() {
        let part =
            |meter: &str, outcomes: &str| format!("[[service]]\nslug = 'pothole'\nmeter = '{meter}'\n{outcomes}\n");
        let repaired = part("case.closed.repaired", "outcomes = ['Repaired', 'Made safe']");
        let nothing = part("case.closed.nothing-done", "outcomes = ['No action needed']");
        assert_eq!(told(&format!("{repaired}{nothing}{}", part("case.accepted", ""))), [""; 0]);
        assert_eq!(told(&part("case.closed", "outcomes = ['Repaired']")), [""; 0]);
        assert_eq!(
            told(&part("case.closed.repaired", "")),
            ["3: \"case.closed.repaired\" is for some outcomes; write which, for example outcomes = [\"Repaired\"]"]
        );
        assert_eq!(
            told(&part("case.accepted", "outcomes = ['Repaired']")),
            ["4: \"outcomes\" is for \"case.closed\" and its parts, and this is \"case.accepted\"; remove it"]
        );
        assert_eq!(
            told(&format!("{repaired}{}", part("case.closed", "outcomes = ['Made safe']"))),
            [
                "8: closings of \"pothole\" with \"Made safe\" are counted by \"case.closed.repaired\" above; write each outcome once"
            ]
        );
        assert_eq!(
            told(&format!("{repaired}{}", part("case.closed", ""))),
            [
                "7: closings of \"pothole\" with any outcome are counted by \"case.closed.repaired\" above; write each outcome once"
            ]
        );
        let wrong = told(&part("case.closed.Made safe", "outcomes = ['Made safe']"));
        assert!(wrong[0].starts_with("3: \"meter\" is \"case.closed.Made safe\"; it is one of"), "{wrong:?}");
    }
}
