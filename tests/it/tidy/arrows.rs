//! Who may know whom.

use super::regex;
use super::source::Source;

/// Each row may import the rows above it, never its own.
const ROWS: &[&[&str]] = &[
    &["kernel"],
    &["platform"],
    &["audit"],
    &["tenancy"],
    &["identity", "agreements", "metering", "ledger", "places"],
    &["site"],
    &["notify", "payments", "booking", "sharing"],
    &["forms"],
    &["cases"],
    &["billing"],
    &["portal", "backoffice", "commercial", "operator", "privacy", "analytics"],
    &["setup"],
    &["app"],
];

/// The files that are no room: the map and the command line.
const DOORS: &[&str] = &["lib", "main", "service_commands"];

/// The rooms that may turn a scope to the owner of what their actor is party to.
const MAY_TURN: &[&str] = &["cases", "agreements", "billing", "platform"];

/// Who works past the scopes, with the queue and the folds.
const SYSTEM_CALLERS: &[(&str, &str)] = &[
    ("src/billing/verify.rs", "billing.verify"),
    ("src/metering/fold.rs", "metering.close"),
    ("src/metering/fold.rs", "metering.fold"),
    ("src/metering/fold.rs", "metering.pending"),
    ("src/metering/verify.rs", "metering.verify"),
    ("src/operator/database.rs", "operator.database"),
    ("src/platform/catalogue/mod.rs", "catalogue.refuse_unfit"),
    ("src/platform/jobs.rs", "jobs.ended"),
    ("src/platform/jobs.rs", "jobs.list"),
    ("src/platform/jobs.rs", "jobs.take_turn"),
    ("src/platform/jobs.rs", "jobs.tallies"),
    ("src/platform/jobs.rs", "jobs.tally"),
    ("src/platform/outbox.rs", "outbox.claim"),
    ("src/platform/outbox.rs", "outbox.fail"),
    ("src/platform/outbox.rs", "outbox.finish"),
    ("src/platform/outbox.rs", "outbox.health"),
    ("src/platform/outbox.rs", "outbox.release"),
    ("src/platform/outbox.rs", "outbox.revive"),
    ("src/platform/outbox.rs", "outbox.set_aside"),
    ("src/platform/outbox.rs", "outbox.tenants"),
];

fn row(room: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&room))
}

/// Whether one room lies in a row above another's.
pub fn is_above(room: &str, other: &str) -> bool {
    row(room).zip(row(other)).is_some_and(|(mine, theirs)| mine < theirs)
}

pub fn upwards(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|s| s.path.starts_with("src/")) {
        let Some(room) = source.room().filter(|room| !DOORS.contains(room)) else { continue };
        let Some(mine) = row(room) else { continue };
        for (at, other) in imports(source) {
            match row(&other) {
                Some(theirs) if other == room || theirs < mine => {}
                Some(_) => faults.push(source.fault(at, &format!("{room} may not know {other}"))),
                None => faults.push(source.fault(at, &format!("crate::{other} is no room"))),
            }
        }
    }
    faults
}

/// The first name of every path from the crate's root, those of a group one by one.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // From a room's own `mod.rs`, `super` is the root; elsewhere two steps would leave the room.
    let root = if source.path.matches('/').count() == 2 && source.path.ends_with("/mod.rs") {
        r"\b(?:crate|super)::"
    } else {
        r"\bcrate::"
    };
    for path in regex(root).find_iter(&source.code) {
        let rest = &source.code[path.end()..];
        let Some(group) = rest.strip_prefix('{') else {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push((path.start(), name));
            continue;
        };
        let mut depth = 1;
        let mut first = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                let name = first.split("::").next().unwrap_or_default().trim().to_owned();
                found.extend((!name.is_empty()).then_some((path.start(), name)));
                first.clear();
            } else {
                first.push(c);
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

pub fn unknown_rooms(sources: &[Source]) -> Vec<String> {
    let rooms = sources.iter().filter_map(|s| Some((s, s.room()?)));
    rooms
        .filter(|(_, room)| row(room).is_none() && !DOORS.contains(room))
        .map(|(source, room)| format!("{}: {room} is not a room of the design", source.path))
        .collect()
}

pub fn turned(sources: &[Source]) -> Vec<String> {
    let elsewhere: Vec<Source> =
        sources.iter().filter(|s| s.room().is_some_and(|room| !MAY_TURN.contains(&room))).cloned().collect();
    Source::grep_code(&elsewhere, r"\.turned\(|\bset_tenant\(|SET LOCAL", &[])
}

pub fn system_callers(sources: &[Source]) -> Vec<String> {
    let call = regex(r#"\.system\(\s*(?:"([^"]*)")?"#);
    let mut faults = Vec::new();
    let mut seen = Vec::new();
    for source in sources.iter().filter(|s| s.path.starts_with("src/")) {
        for found in call.captures_iter(&source.code) {
            let name = found.get(1).map_or("", |name| name.as_str());
            if SYSTEM_CALLERS.contains(&(source.path.as_str(), name)) {
                seen.push((source.path.as_str(), name));
            } else {
                faults.push(source.fault(
                    found.get(0).unwrap().start(),
                    &format!("{name:?} is not listed as a caller of the system role"),
                ));
            }
        }
    }
    let gone = SYSTEM_CALLERS.iter().filter(|caller| !seen.contains(caller));
    faults.extend(
        gone.map(|(path, name)| format!("{path}: {name} is listed as a caller of the system role and is gone")),
    );
    faults
}
