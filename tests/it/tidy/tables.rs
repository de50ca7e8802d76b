//! Who names a table, and who writes it.

use std::collections::BTreeMap;

use super::arrows::is_above;
use super::regex;
use super::source::Source;

/// The one file that writes each table.
const WRITERS: &[(&str, &str)] = &[
    ("account_code", "src/ledger/period.rs"),
    ("address", "src/places/store.rs"),
    ("agreement", "src/agreements/store.rs"),
    ("agreement_notice", "src/agreements/dates.rs"),
    ("agreement_service", "src/agreements/store.rs"),
    ("allocation", "src/billing/remittance.rs"),
    ("answer_sheet", "src/cases/store.rs"),
    ("api_key", "src/identity/keys.rs"),
    ("applied_part", "src/setup/store.rs"),
    ("audit_entry", "src/audit/mod.rs"),
    ("authority", "src/tenancy/store.rs"),
    ("authority_host", "src/tenancy/store.rs"),
    ("bank_account", "src/billing/payee.rs"),
    ("bill_run", "src/billing/run.rs"),
    ("book_period", "src/ledger/period.rs"),
    ("budget", "src/billing/budget.rs"),
    ("budget_alert", "src/billing/budget.rs"),
    ("budget_threshold", "src/billing/budget.rs"),
    ("case_conflict", "src/cases/conflict.rs"),
    ("case_event", "src/cases/store.rs"),
    ("case_file", "src/cases/files.rs"),
    ("case_time", "src/cases/time.rs"),
    ("cases", "src/cases/store.rs"),
    ("citizen_login", "src/identity/citizen.rs"),
    ("citizen_session", "src/identity/citizen.rs"),
    ("council_postcode", "src/places/store.rs"),
    ("dispute_entry", "src/billing/dispute.rs"),
    ("document", "src/billing/run.rs"),
    ("document_line", "src/billing/run.rs"),
    ("draft", "src/forms/draft.rs"),
    ("draft_upload", "src/forms/upload.rs"),
    ("installation", "src/platform/migrate.rs"),
    ("erased_case", "src/cases/erase.rs"),
    ("job", "src/platform/jobs.rs"),
    ("journal_entry", "src/ledger/store.rs"),
    ("journey_count", "src/forms/counts.rs"),
    ("line_dispute", "src/billing/dispute.rs"),
    ("message", "src/notify/store.rs"),
    ("missed_search", "src/forms/missed.rs"),
    ("number_series", "src/ledger/store.rs"),
    ("outturn", "src/billing/outturn.rs"),
    ("outbox", "src/platform/outbox.rs"),
    ("outturn", "src/billing/outturn.rs"),
    ("own_note", "src/cases/store.rs"),
    ("parked_run", "src/billing/month.rs"),
    ("posting", "src/ledger/store.rs"),
    ("remittance", "src/billing/remittance.rs"),
    ("remittance_entry", "src/billing/remittance.rs"),
    ("review_entry", "src/billing/review.rs"),
    ("saved_draft", "src/forms/saved.rs"),
    ("service_draft", "src/forms/store.rs"),
    ("service_version", "src/forms/store.rs"),
    ("signature", "src/agreements/store.rs"),
    ("staff", "src/identity/store.rs"),
    ("staff_invite", "src/identity/store.rs"),
    ("staff_session", "src/identity/store.rs"),
    ("tariff_version", "src/billing/tariffs.rs"),
    ("task_move", "src/forms/tasks.rs"),
    ("task_place", "src/forms/tasks.rs"),
    ("usage_cursor", "src/metering/fold.rs"),
    ("usage_day", "src/metering/fold.rs"),
    ("usage_event", "src/metering/record.rs"),
    ("usage_fold", "src/metering/fold.rs"),
    ("usage_intake", "src/billing/intake.rs"),
    ("usage_item", "src/metering/fold.rs"),
    // The act adds to it, the folder takes from it.
    ("usage_pending", "src/metering/record.rs"),
    ("usage_pending", "src/metering/fold.rs"),
    ("variation_draft", "src/agreements/draft.rs"),
    ("work_tally", "src/platform/jobs.rs"),
];

/// Who else reads a table, by joining it.
const READERS: &[(&str, &str)] = &[("src/billing/document.rs", "agreement")];

fn rust(sources: &[Source]) -> impl Iterator<Item = &Source> {
    let not_generated = |s: &&Source| s.path != "src/platform/schema.rs" && !s.path.ends_with("/tests.rs");
    sources.iter().filter(|s| s.path.starts_with("src/") && s.path.ends_with(".rs")).filter(not_generated)
}

/// The tables of the generated schema.
fn tables(sources: &[Source]) -> Vec<String> {
    let schema = sources.iter().find(|s| s.path == "src/platform/schema.rs").unwrap();
    regex(r"diesel::table! \{\s*(\w+) ").captures_iter(&schema.text).map(|found| found[1].to_owned()).collect()
}

pub fn written_once(sources: &[Source]) -> Vec<String> {
    let tables = tables(sources);
    let write =
        regex(r"(?s)\b(?:insert_into|update|delete)\(\s*(\w+)::table|\b(?:insert into|update|delete from)\s+(\w+)\s");
    let bare = regex(r"\bdiesel::(?:update|delete|insert_into)\(");
    let mut written: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut faults = Vec::new();
    for source in rust(sources) {
        for found in write.captures_iter(&source.code) {
            let table = found.get(1).or(found.get(2)).unwrap();
            let Some((listed, file)) = WRITERS.iter().find(|(t, file)| *t == table.as_str() && *file == source.path)
            else {
                if tables.iter().any(|t| t == table.as_str()) {
                    faults.push(source.fault(table.start(), &format!("{} is written by another file", table.as_str())));
                }
                continue;
            };
            written.entry(listed).or_default().push(file);
        }
        if bare.is_match(&source.code) && !WRITERS.iter().any(|(_, file)| *file == source.path) {
            faults.push(source.fault(bare.find(&source.code).unwrap().start(), "this file is not one that writes"));
        }
    }
    for (table, file) in WRITERS {
        if !tables.iter().any(|t| t == table) {
            faults.push(format!("{table}: has a writer and does not exist"));
        } else if !written.get(table).is_some_and(|files| files.contains(file)) {
            faults.push(format!("{file}: does not write {table}, as the list says"));
        }
    }
    let unlisted = tables.iter().filter(|table| !WRITERS.iter().any(|(t, _)| t == table));
    faults.extend(unlisted.map(|table| format!("{table}: has no writer")));
    faults
}

pub fn named_at_home(sources: &[Source]) -> Vec<String> {
    let home: BTreeMap<&str, &str> = WRITERS
        .iter()
        .map(|(table, file)| (*table, file.trim_start_matches("src/").split('/').next().unwrap_or_default()))
        .collect();
    let import = regex(r"(?s)\bschema::(?:\{([^}]*)\}|(\w+))");
    let sql = regex(r"\b(?:from|join|into|update)\s+(\w+)\b");
    let name = regex(r"\w+");
    let mut faults = Vec::new();
    for source in rust(sources) {
        let imported = import.captures_iter(&source.code).flat_map(|found| {
            let group = found.get(1).or(found.get(2)).unwrap();
            name.find_iter(group.as_str())
                .map(|n| (group.start() + n.start(), n.as_str().to_owned()))
                .collect::<Vec<_>>()
        });
        let queried = sql.captures_iter(&source.code).map(|found| (found.get(1).unwrap().start(), found[1].to_owned()));
        for (at, table) in imported.chain(queried) {
            let Some(room) = home.get(table.as_str()) else { continue };
            // What verifies compares tables, and may look at those of the rooms above it.
            let may_look =
                source.path.ends_with("/verify.rs") && source.room().is_some_and(|mine| is_above(room, mine));
            let joins = READERS.contains(&(source.path.as_str(), table.as_str()));
            if source.room() != Some(room) && !may_look && !joins {
                faults.push(source.fault(at, &format!("{table} belongs to {room}: ask it, or read a view of it")));
            }
        }
    }
    faults
}
