//! The format of `tenants/agreements/<name>.toml` but for its prices, and what its values owe to each other.

use super::level::check_levels;
use super::meters::check_meters;
use crate::kernel::document::{Faults, Place, Table};
use crate::kernel::format::{Form, Format, line, may, must, sentence, slug};

use Form::{Tables, Text, Texts, Whole, Word, Words};

static AGREEMENT: Format = Format(&[
    must("reference", Text(line), "\"WCC-MCC-2026-03\""),
    must("title", Text(line), "\"Highways customer services\""),
    must("provider", Text(slug), "\"wealdshire\""),
    may("kind", Word(&["supply", "cost_share", "on_behalf"]), "\"supply\""),
    may("consumer", Text(slug), "\"marlhaven\""),
    may("members", Texts(slug, 1), "[\"eastmere\", \"marlhaven\"]"),
    must("legal_basis", Text(sentence), "\"Local Authorities (Goods and Services) Act 1970, section 1\""),
    must("payment_terms_days", Whole(0, 365), "30"),
    may("purchase_order", Text(line), "\"MCC-PO-88120\""),
    may("running", Form::Table(&RUNNING), "[running] with bill_review_days, order_required, review_on and notice_days"),
    must("term", Form::Table(&TERM), "[term] with from and until"),
    may("service", Tables(&SERVICE), "[[service]] with slug, meter and reversed_when"),
    must("tariff", Form::Elsewhere, "[[tariff]] with from and a [[tariff.price]]"),
    must(
        "data_protection",
        Form::Table(&DATA_PROTECTION),
        "[data_protection] with both roles, purpose, data_subjects, data_categories, sub_processors, breach_contact, breach_notice_hours and end_of_term",
    ),
    may(
        "service_level",
        Tables(&super::level::FORMAT),
        "[[service_level]] with service, measure, description, at_least and credit",
    ),
    may("signature", Tables(&SIGNATURE), "[[signature]] with party, name, office, signed_on and document"),
]);

static TERM: Format =
    Format(&[must("from", Form::Date, "2026-04-01"), must("until", Form::Date, "2029-04-01 (the first day after)")]);

static RUNNING: Format = Format(&[
    may("bill_review_days", Whole(0, 30), "5"),
    may("order_required", Form::Truth, "true"),
    may("review_on", Form::Date, "2027-04-01"),
    may("notice_days", Whole(0, 730), "180"),
    may("contact", Tables(&CONTACT), "[[running.contact]] with party, name, office and email"),
]);

static CONTACT: Format = Format(&[
    must("party", Text(slug), "\"wealdshire\""),
    must("name", Text(line), "\"Ruth Penhallow\""),
    must("office", Text(line), "\"Head of Commercial Services\""),
    must("email", Text(line), "\"ruth.penhallow@wealdshire.example\""),
]);

static SERVICE: Format = Format(&[
    must("slug", Text(slug), "\"pothole\""),
    must("meter", Text(line), "\"case.accepted\""),
    may("outcomes", Texts(line, 1), "[\"Repaired\", \"Made safe\"]"),
    must("reversed_when", Words(&["duplicate", "not-ours", "withdrawn"], 0), "[\"duplicate\", \"not-ours\"]"),
]);

/// In years: longer than anybody binds a council.
const LONGEST_TERM: i32 = 50;

const ROLES: [&str; 3] = ["controller", "joint controller", "processor"];

static DATA_PROTECTION: Format = Format(&[
    must("consumer_role", Word(&ROLES), "\"controller\""),
    must("provider_role", Word(&ROLES), "\"processor\""),
    must("purpose", Text(sentence), "\"Taking in, working and closing reports about roads\""),
    must("data_subjects", Texts(line, 1), "[\"People who report a pothole\"]"),
    must("data_categories", Texts(line, 1), "[\"Name, email address and phone number\"]"),
    must(
        "sub_processors",
        Form::List(&SUB_PROCESSOR),
        "sub_processors = [{ name = \"Hosting Limited\", purpose = \"Runs the servers\", location = \"United Kingdom\" }], or [] for none",
    ),
    must("breach_contact", Text(line), "\"dpo@marlhaven.example\""),
    must("breach_notice_hours", Whole(1, 72), "24"),
    must("end_of_term", Text(sentence), "\"Wealdshire hands over a full copy and deletes its own within 60 days.\""),
]);

static SUB_PROCESSOR: Format = Format(&[
    must("name", Text(line), "\"Hosting Limited\""),
    must("purpose", Text(line), "\"Runs the servers and keeps the backups\""),
    must("location", Text(line), "\"United Kingdom\""),
]);

static SIGNATURE: Format = Format(&[
    must("party", Text(slug), "\"wealdshire\""),
    must("name", Text(line), "\"Helen Ashdown\""),
    must("office", Text(line), "\"Director of Economy, Transport and Environment\""),
    must("signed_on", Form::Date, "2026-03-19"),
    must("document", Text(line), "\"Sealed agreement WCC/2026/131, page 16\""),
]);

/// Adds every mistake of an agreement's file, but for its prices, that shows without looking at other files.
pub fn check(file: &Table, faults: &mut Faults<'_>) {
    AGREEMENT.check(file, faults);
    check_parties(file, faults);
    let parties = parties(file);
    if let Some(term) = file.table("term")
        && let (Some(from), Some(until)) = (term.date("from"), term.date("until"))
        && until <= from
    {
        faults.add(
            term.at("until"),
            format!(
                "the term's \"until\" is {until}, not after its \"from\", {from}; write the first day after the term"
            ),
        );
    }
    if let Some(term) = file.table("term")
        && let (Some(from), Some(until)) = (term.date("from"), term.date("until"))
        && i32::from(until.year()) - i32::from(from.year()) > LONGEST_TERM
    {
        let what = format!("the term lasts more than {LONGEST_TERM} years; write an earlier end, and renew it then");
        faults.add(term.at("until"), what);
    }
    let services: Vec<&Table> = file.tables("service").collect();
    for (n, service) in services.iter().enumerate() {
        let same = |other: &&&Table| {
            other.text("slug") == service.text("slug") && other.text("meter") == service.text("meter")
        };
        if let Some(slug) = service.text("slug")
            && services.iter().take(n).any(|other| same(&other))
        {
            faults.add(service.place, format!("the service \"{slug}\" with this meter is here twice; write it once"));
        }
    }
    check_meters(&services, faults);
    check_levels(file, faults);
    if let Some(running) = file.table("running") {
        for contact in running.tables("contact") {
            if let Some(party) = contact.text("party").filter(|party| !parties.contains(party)) {
                faults.add(contact.at("party"), no_party(party, &parties));
            }
        }
        if let (Some(day), Some(term)) = (running.date("review_on"), file.table("term"))
            && let (Some(from), Some(until)) = (term.date("from"), term.date("until"))
            && !(from <= day && day <= until)
        {
            let what = format!("\"review_on\" is {day}, outside the term, {from} until {until}");
            faults.add(running.at("review_on"), what);
        }
    }
    let signatures: Vec<&Table> = file.tables("signature").collect();
    for (n, signature) in signatures.iter().enumerate() {
        let Some(party) = signature.text("party") else { continue };
        if !parties.contains(&party) {
            faults.add(signature.at("party"), no_party(party, &parties));
        } else if signatures.iter().take(n).any(|before| before.text("party") == Some(party)) {
            faults.add(signature.at("party"), format!("\"{party}\" has signed above; each party signs once"));
        }
    }
}

/// Two authorities, or a lead and those who share with it. What either kind has not is told.
fn check_parties(file: &Table, faults: &mut Faults<'_>) {
    let is_shared = file.text("kind") == Some("cost_share");
    for (key, is_needed, example) in [
        ("consumer", !is_shared, "consumer = \"marlhaven\""),
        ("members", is_shared, "members = [\"eastmere\", \"marlhaven\"], those who share with the lead"),
    ] {
        match file.has(key) {
            true if !is_needed => faults.add(
                file.at(key),
                format!("an agreement of this kind has no \"{key}\"; remove it, or write another \"kind\""),
            ),
            false if is_needed => {
                faults.add(file.place, format!("\"{key}\" is missing; write for example {example}"));
            }
            _ => {}
        }
    }
    match (is_shared, file.has("service")) {
        (true, true) => faults.add(
            file.at("service"),
            "members who share costs are not billed by what is counted; remove it, or write an agreement of its own",
        ),
        (false, false) => {
            let what = "\"service\" is missing; write [[service]] with slug, meter and reversed_when";
            faults.add(file.place, what);
        }
        _ => {}
    }
    let Some(provider) = file.text("provider") else { return };
    if let Some(consumer) = file.text("consumer").filter(|consumer| *consumer == provider) {
        let what =
            format!("\"consumer\" is \"{consumer}\", as is \"provider\"; an agreement is between two authorities");
        faults.add(file.at("consumer"), what);
    }
    let members: Vec<(&str, Place)> = file.texts("members").collect();
    for (n, (member, place)) in members.iter().enumerate() {
        if *member == provider {
            let what = format!("\"members\" holds \"{member}\", the lead, which is a member anyhow; remove it");
            faults.add(*place, what);
        } else if members.iter().take(n).any(|(before, _)| before == member) {
            faults.add(*place, format!("\"members\" holds \"{member}\" twice; write it once"));
        }
    }
}

/// The slugs of those who make the agreement.
fn parties(file: &Table) -> Vec<&str> {
    let members = file.texts("members").map(|(member, _)| member);
    file.text("provider").into_iter().chain(file.text("consumer")).chain(members).collect()
}

fn no_party(party: &str, parties: &[&str]) -> String {
    let quoted: Vec<String> = parties.iter().map(|party| format!("\"{party}\"")).collect();
    format!("\"{party}\" is not a party to this agreement; write {}", quoted.join(" or "))
}
