//! The format of `tenants/<slug>/services/<service>.toml`, and what its values owe to each other.

use std::collections::HashMap;

use jiff::civil::date;

use super::parse::date_rule;
use crate::kernel::document::{Faults, Place, Table};
use crate::kernel::format::{Form, Format, line, may, must, sentence, slug};

use Form::{Tables, Text, Texts, Truth, Whole, Word};

static SERVICE: Format = Format(&[
    must("kind", Word(&["report", "pay", "request"]), "\"report\""),
    must("name", Text(line), "\"Report a pothole\""),
    must("noun", Text(line), "\"Pothole\""),
    must("summary", Text(sentence), "\"Tell us about a hole or damage in a road or pavement.\""),
    may("keywords", Texts(line, 0), "[\"road damage\", \"tyre\"]"),
    may("lgsl", Whole(1, 9999), "525"),
    must("target_working_days", Whole(1, 365), "5"),
    must("retention_months", Whole(1, 1200), "24"),
    must("outcomes", Texts(line, 1), "[\"Repaired\", \"No action needed\"]"),
    must("routing", Form::Table(&ROUTING), "[routing] with team"),
    must("privacy", Form::Table(&PRIVACY), "[privacy] with purpose and legal_basis"),
    must("confirmation", Form::Table(&CONFIRMATION), "[confirmation] with next"),
    must("page", Tables(&PAGE), "[[page]] with id, title and a [[page.question]]"),
]);

static ROUTING: Format =
    Format(&[must("team", Text(line), "\"Highways\""), may("partner", Text(slug), "\"wealdshire\"")]);

static PRIVACY: Format = Format(&[
    must("purpose", Text(sentence), "\"to find and repair the damage and tell you what was done\""),
    must("legal_basis", Text(sentence), "\"our duty to maintain highways (Highways Act 1980, section 41)\""),
]);

static CONFIRMATION: Format =
    Format(&[must("next", Texts(sentence, 1), "[\"An inspector looks at it within 2 working days.\"]")]);

static PAGE: Format = Format(&[
    must("id", Text(slug), "\"where\""),
    must("title", Text(line), "\"Where is the pothole?\""),
    must("question", Tables(&QUESTION), "[[page.question]] with id, type and label"),
]);

static QUESTION: Format = Format(&[
    must("id", Text(question_id), "\"location\""),
    must("type", Word(&TYPES), "\"text\""),
    must("label", Text(line), "\"Road name and nearest landmark\""),
    may("hint", Text(sentence), "\"For example, Quay Street, outside the chandlery\""),
    may("required", Truth, "false"),
    may("summary", Truth, "true"),
    may("contact", Word(&["name", "email", "phone"]), "\"email\""),
    may("options", Tables(&OPTION), "options = [{ value = \"road\", label = \"The road\" }]"),
    may("min", Whole(-1_000_000_000, 1_000_000_000), "1"),
    may("max", Whole(-1_000_000_000, 1_000_000_000), "1000"),
    may("unit", Text(line), "\"cm\""),
    may("max_length", Whole(1, 10_000), "1000"),
    may("earliest", Text(day), "\"today-90\""),
    may("latest", Text(day), "\"today\""),
]);

const TYPES: [&str; 11] =
    ["text", "long_text", "number", "date", "yes_no", "one_of", "many_of", "email", "telephone", "address", "location"];

static OPTION: Format = Format(&[
    must("value", Text(option_value), "\"road\""),
    must("label", Text(line), "\"The road\""),
    may("hint", Text(sentence), "\"Deeper than a golf ball\""),
    may("exclusive", Truth, "true"),
]);

/// Keys of a question that only some types have.
const ONLY: [(&str, &[&str]); 7] = [
    ("options", &["one_of", "many_of"]),
    ("min", &["number"]),
    ("max", &["number"]),
    ("unit", &["number"]),
    ("max_length", &["text", "long_text"]),
    ("earliest", &["date"]),
    ("latest", &["date"]),
];

/// Addresses of a form that are not questions'.
const RESERVED: [&str; 1] = ["check"];

/// Adds every mistake of a service's file that shows without looking at other files.
pub fn check(file: &Table, faults: &mut Faults<'_>) {
    SERVICE.check(file, faults);
    unique("outcome", file.texts("outcomes"), faults);
    unique("page id", file.tables("page").filter_map(|page| Some((page.text("id")?, page.at("id")))), faults);
    for page in file.tables("page") {
        if let Some(id) = page.text("id").filter(|id| RESERVED.contains(id)) {
            faults.add(page.at("id"), format!("the page id \"{id}\" is the product's own; write another"));
        }
    }
    let questions: Vec<&Table> = file.tables("page").flat_map(|page| page.tables("question")).collect();
    unique("question id", questions.iter().filter_map(|q| Some((q.text("id")?, q.at("id")))), faults);
    for question in &questions {
        check_question(question, faults);
    }
    check_contacts(file, &questions, faults);
    let mut summaries = questions.iter().filter(|q| q.truth("summary") == Some(true));
    summaries.next();
    for second in summaries {
        faults.add(second.at("summary"), "another question already completes the case's title; only one can");
    }
}

fn check_question(question: &Table, faults: &mut Faults<'_>) {
    let Some(kind) = question.text("type") else { return };
    for (key, kinds) in ONLY {
        if question.has(key) && !kinds.contains(&kind) && TYPES.contains(&kind) {
            faults.add(
                question.at(key),
                format!("\"{key}\" is only for the types {}, and this one is {kind}; remove it", kinds.join(" and ")),
            );
        }
    }
    if matches!(kind, "one_of" | "many_of") {
        if !question.has("options") {
            faults.add(
                question.place,
                "a choice needs options; write for example options = [{ value = \"road\", label = \"The road\" }]",
            );
        }
        let options = || question.tables("options");
        unique("option value", options().filter_map(|o| Some((o.text("value")?, o.at("value")))), faults);
        unique("option label", options().filter_map(|o| Some((o.text("label")?, o.at("label")))), faults);
    }
    if kind != "many_of" {
        for option in question.tables("options").filter(|option| option.has("exclusive")) {
            faults.add(option.at("exclusive"), "\"exclusive\" is only for the options of many_of; remove it");
        }
    }
    if let (Some(min), Some(max)) = (question.whole("min"), question.whole("max"))
        && min > max
    {
        faults.add(question.at("max"), format!("\"max\" is {max} and \"min\" is {min}; write a max of at least {min}"));
    }
    if let (Some(earliest), Some(latest)) = (question.text("earliest"), question.text("latest"))
        && earliest.starts_with("today") == latest.starts_with("today")
        // Both count from the same day, so that any day shows which comes first.
        && let (Some(first), Some(last)) = (date_rule(earliest, ANY_DAY), date_rule(latest, ANY_DAY))
        && first > last
    {
        faults.add(
            question.at("latest"),
            format!("\"latest\" is {latest}, before \"earliest\", which is {earliest}; no date could be right"),
        );
    }
}

const ANY_DAY: jiff::civil::Date = date(2026, 1, 1);

/// Every service asks for a name and an e-mail address, once each, and may ask for a telephone number.
fn check_contacts(file: &Table, questions: &[&Table], faults: &mut Faults<'_>) {
    for (role, kind, needed) in [("name", "text", true), ("email", "email", true), ("phone", "telephone", false)] {
        let mut asked = questions.iter().filter(|q| q.text("contact") == Some(role));
        match asked.next() {
            None if needed => faults.add(
                file.place,
                format!(
                    "no question asks for the citizen's {role}; write contact = \"{role}\" in one of type \"{kind}\""
                ),
            ),
            None => {}
            Some(first) => {
                check_contact(first, role, kind, faults);
                for second in asked {
                    faults.add(
                        second.at("contact"),
                        format!("another question already asks for the citizen's {role}; only one can"),
                    );
                }
            }
        }
    }
}

fn check_contact(question: &Table, role: &str, kind: &str, faults: &mut Faults<'_>) {
    if question.text("type").is_some_and(|found| found != kind && TYPES.contains(&found)) {
        faults.add(
            question.at("type"),
            format!("a question with contact = \"{role}\" must have type = \"{kind}\", so that the answer can be used"),
        );
    }
    if question.truth("summary") == Some(true) {
        faults.add(
            question.at("summary"),
            "how to reach the citizen must not be in the case's title, which every list shows; remove summary",
        );
    }
}

fn unique<'a>(what: &str, all: impl Iterator<Item = (&'a str, Place)>, faults: &mut Faults<'_>) {
    let mut seen: HashMap<&str, Place> = HashMap::new();
    for (text, place) in all {
        if let Some(first) = seen.get(text) {
            faults.add(place, format!("the {what} \"{text}\" is already on line {}; each must be its own", first.line));
        } else {
            seen.insert(text, place);
        }
    }
}

fn question_id(text: &str) -> Option<String> {
    let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && text.len() <= 60;
    (!fits).then(|| "which is not a short name of small letters, digits and underscores".to_owned())
}

fn option_value(text: &str) -> Option<String> {
    let fits = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
        && text.len() <= 60;
    (!fits).then(|| "which is not a short name of small letters, digits, underscores and dashes".to_owned())
}

fn day(text: &str) -> Option<String> {
    date_rule(text, ANY_DAY).is_none().then(|| "which is neither a real date nor today with days added".to_owned())
}
