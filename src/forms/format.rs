//! The format of `tenants/<slug>/services/<service>.toml`, and what its values owe to each other.

use std::collections::HashMap;

use jiff::civil::date;

use super::conditions::Conditions;
use super::parse::date_rule;
use super::proof;
use super::reading;
use crate::kernel::document::{Faults, Place, Table};
use crate::kernel::format::{Form, Format, line, may, must, sentence, slug};

use Form::{Elsewhere, Tables, Text, Truth, Whole, Word, Wording, Wordings};

static SERVICE: Format = Format(&[
    must("kind", Word(&["report", "pay", "request"]), "\"report\""),
    must("name", Wording(line), "\"Report a pothole\""),
    must("noun", Wording(line), "\"Pothole\""),
    must("summary", Wording(sentence), "\"Tell us about a hole or damage in a road or pavement.\""),
    may("keywords", Wordings(line, 0), "[\"road damage\", \"tyre\"]"),
    may("lgsl", Whole(1, 9999), "525"),
    may("lgil", Whole(0, 99), "8"),
    must("target_working_days", Whole(1, 365), "5"),
    must("retention_months", Whole(1, 1200), "24"),
    must("outcomes", Wordings(line, 1), "[\"Repaired\", \"No action needed\"]"),
    must("routing", Form::Table(&ROUTING), "[routing] with team"),
    must("privacy", Form::Table(&PRIVACY), "[privacy] with purpose and legal_basis"),
    must("confirmation", Form::Table(&CONFIRMATION), "[confirmation] with next"),
    may("sensitive", Truth, "true"),
    may("neutral_name", Wording(line), "\"A private matter\""),
    may("reviewed_by", Form::Table(&REVIEWED), "{ cy = \"Nia Rees, translator\" }"),
    may("repeat", Tables(&REPEAT), "[[repeat]] with id, title, item and max"),
    must("page", Tables(&PAGE), "[[page]] with id, title and a [[page.question]]"),
]);

static ROUTING: Format = Format(&[
    must("team", Wording(line), "\"Highways\""),
    may("partner", Text(slug), "\"wealdshire\""),
    may("because", Wording(sentence), "\"Highways looks after every public road.\""),
    may("route", Tables(&ROUTE), "[[routing.route]] with when, team and because"),
]);

static ROUTE: Format = Format(&[
    must("when", Elsewhere, "when = { question = \"surface\", is = \"road\" }"),
    must("team", Wording(line), "\"Housing\""),
    may("partner", Text(slug), "\"wealdshire\""),
    must("because", Wording(sentence), "\"You told us that the home is rented from us.\""),
]);

static REVIEWED: Format =
    Format(&[may("en", Text(line), "\"Sam Price, web editor\""), may("cy", Text(line), "\"Nia Rees, translator\"")]);

static REPEAT: Format = Format(&[
    must("id", Text(slug), "\"children\""),
    must("title", Wording(line), "\"Children\""),
    must("item", Wording(line), "\"Child\""),
    must("max", Whole(2, 50), "10"),
]);

static PRIVACY: Format = Format(&[
    must("purpose", Wording(sentence), "\"to find and repair the damage and tell you what was done\""),
    must("legal_basis", Wording(sentence), "\"our duty to maintain highways (Highways Act 1980, section 41)\""),
]);

static CONFIRMATION: Format =
    Format(&[must("next", Wordings(sentence, 1), "[\"An inspector looks at it within 2 working days.\"]")]);

static PAGE: Format = Format(&[
    must("id", Text(slug), "\"where\""),
    must("title", Wording(line), "\"Where is the pothole?\""),
    may("text", Wordings(sentence, 1), "[\"We only repair public roads.\"]"),
    may("repeat", Text(slug), "\"children\""),
    may("when", Elsewhere, "when = { question = \"surface\", is = \"road\" }"),
    may("question", Tables(&QUESTION), "[[page.question]] with id, type and label"),
    may("end", Tables(&END), "[[page.end]] with id, when, title and text"),
]);

static END: Format = Format(&[
    must("id", Text(slug), "\"not-ours\""),
    must("when", Elsewhere, "when = { question = \"road\", is = \"motorway\" }"),
    must("title", Wording(line), "\"You need National Highways\""),
    must("text", Wordings(sentence, 1), "[\"They look after motorways.\"]"),
    may("link", Form::Table(&LINK), "{ label = \"Report it to National Highways\", url = \"https://…\" }"),
]);

static LINK: Format = Format(&[
    must("label", Wording(line), "\"Report it to National Highways\""),
    must("url", Text(address), "\"https://report.nationalhighways.co.uk/\""),
]);

static QUESTION: Format = Format(&[
    must("id", Text(question_id), "\"location\""),
    must("type", Word(&QUESTION_TYPES), "\"text\""),
    must("label", Wording(sentence), "\"Road name and nearest landmark\""),
    may("hint", Wording(sentence), "\"For example, Quay Street, outside the chandlery\""),
    may("when", Elsewhere, "when = { question = \"surface\", is = \"road\" }"),
    may("required", Truth, "false"),
    may("summary", Truth, "true"),
    may("contact", Word(&["name", "email", "phone"]), "\"email\""),
    may("options", Tables(&OPTION), "options = [{ value = \"road\", label = \"The road\" }]"),
    may("min", Whole(-1_000_000_000, 1_000_000_000), "1"),
    may("max", Whole(-1_000_000_000, 1_000_000_000), "1000"),
    may("unit", Wording(line), "\"cm\""),
    may("max_length", Whole(1, 10_000), "1000"),
    may("earliest", Text(day), "\"today-90\""),
    may("latest", Text(day), "\"today\""),
    may("max_files", Whole(1, 10), "3"),
    may("photos_only", Truth, "true"),
]);

/// Every kind of question, as a definition's `type` names it.
pub const QUESTION_TYPES: [&str; 22] = [
    "text",
    "long_text",
    "number",
    "money",
    "date",
    "time",
    "yes_no",
    "one_of",
    "many_of",
    "select",
    "email",
    "telephone",
    "web",
    "name",
    "national_insurance",
    "vehicle",
    "bank",
    "declaration",
    "address",
    "location",
    "safe_contact",
    "file",
];

static OPTION: Format = Format(&[
    must("value", Text(option_value), "\"road\""),
    must("label", Wording(line), "\"The road\""),
    may("hint", Wording(sentence), "\"Deeper than a golf ball\""),
    may("exclusive", Truth, "true"),
    may("when", Elsewhere, "when = { question = \"surface\", is = \"road\" }"),
]);

/// Keys of a question that only some types have.
const ONLY: [(&str, &[&str]); 9] = [
    ("options", &["one_of", "many_of", "select"]),
    ("min", &["number", "money"]),
    ("max", &["number", "money"]),
    ("unit", &["number"]),
    ("max_length", &["text", "long_text"]),
    ("earliest", &["date"]),
    ("latest", &["date"]),
    ("max_files", &["file"]),
    ("photos_only", &["file"]),
];

/// Addresses of a form that are not questions'.
const RESERVED: [&str; 5] = ["check", "receipt", "save", "leave", "end"];

/// Adds every mistake of a service's file that shows without looking at other files.
pub fn check(file: &Table, faults: &mut Faults<'_>) {
    SERVICE.check(file, faults);
    unique("outcome", file.texts("outcomes"), faults);
    for page in file.tables("page").chain(file.tables("repeat")) {
        if let Some(id) = page.text("id").filter(|id| RESERVED.contains(id)) {
            faults.add(page.at("id"), format!("the page id \"{id}\" is the product's own; write another"));
        }
    }
    let repeats: Vec<&str> = file.tables("repeat").filter_map(|repeat| repeat.text("id")).collect();
    let addresses = file.tables("page").chain(file.tables("repeat"));
    unique("page id", addresses.filter_map(|page| Some((page.text("id")?, page.at("id")))), faults);
    let ends = file.tables("page").flat_map(|page| page.tables("end"));
    unique("end's id", ends.filter_map(|end| Some((end.text("id")?, end.at("id")))), faults);
    let questions: Vec<&Table> = file.tables("page").flat_map(|page| page.tables("question")).collect();
    unique("question id", questions.iter().filter_map(|q| Some((q.text("id")?, q.at("id")))), faults);
    for question in &questions {
        check_question(question, faults);
    }
    check_pages(file, &repeats, faults);
    check_contacts(file, &questions, faults);
    let mut summaries = questions.iter().filter(|q| q.truth("summary") == Some(true));
    summaries.next();
    for second in summaries {
        faults.add(second.at("summary"), "another question already completes the case's title; only one can");
    }
    Conditions::of(file).check(faults);
    // What is proved is a definition that can be read.
    if faults.is_empty() {
        proof::check(file, faults);
        reading::check(file, faults);
    }
}

/// What pages owe to repeats, and sensitive services to whoever uses them.
fn check_pages(file: &Table, repeats: &[&str], faults: &mut Faults<'_>) {
    let mut closed: Vec<&str> = Vec::new();
    let mut open: Option<&str> = None;
    for page in file.tables("page") {
        let repeat = page.text("repeat");
        if let Some(id) = repeat {
            if !repeats.contains(&id) {
                faults.add(
                    page.at("repeat"),
                    format!("there is no [[repeat]] with the id \"{id}\"; add it, or remove the key"),
                );
            } else if closed.contains(&id) {
                let what = format!("the pages of \"{id}\" do not stand next to each other; move them together");
                faults.add(page.at("repeat"), what);
            }
            if let Some(end) = page.tables("end").next() {
                faults.add(
                    end.place,
                    "a page that is asked for each of several things cannot end the journey; move the end to another",
                );
            }
            for question in page.tables("question") {
                for key in ["contact", "summary"].into_iter().filter(|key| question.has(key)) {
                    let what =
                        format!("\"{key}\" is for a question that is asked once, and this page is repeated; remove it");
                    faults.add(question.at(key), what);
                }
            }
        }
        if let Some(before) = open.filter(|before| repeat != Some(before)) {
            closed.push(before);
        }
        open = repeat;
        if !page.has("question") && !page.has("text") {
            faults.add(page.place, "a page without questions has nothing to read either; write text = [\"…\"]");
        }
    }
    let sensitive = file.truth("sensitive") == Some(true);
    if sensitive != file.has("neutral_name") {
        let what = if sensitive {
            "a sensitive service needs a \"neutral_name\"; write for example neutral_name = \"A private matter\""
        } else {
            "\"neutral_name\" is for sensitive services only; write sensitive = true, or remove it"
        };
        faults.add(file.at("neutral_name"), what);
    }
    if sensitive {
        let ends = file.tables("page").flat_map(|page| page.tables("end"));
        for part in file.tables("page").chain(file.tables("repeat")).chain(ends) {
            let numbered = |id: &str| {
                id.rsplit_once('-').is_some_and(|(word, n)| matches!(word, "step" | "end") && n.parse::<u8>().is_ok())
            };
            if let Some(id) = part.text("id").filter(|id| !numbered(id)) {
                let what =
                    "stands in addresses, which a browser keeps; write one that says nothing, such as \"step-3\"";
                faults.add(part.at("id"), format!("the id \"{id}\" {what}"));
            }
        }
    }
    let safe = |q: &&Table| q.text("type") == Some("safe_contact");
    let mut asked = file.tables("page").flat_map(|page| page.tables("question")).filter(safe);
    match (sensitive, asked.next()) {
        (true, None) => faults.add(file.place, "a sensitive service asks how to reach her safely; add a safe_contact"),
        (false, Some(question)) => faults.add(
            question.at("type"),
            "safe_contact is for sensitive services only; write another type, or sensitive = true",
        ),
        _ => {}
    }
    if let Some(second) = asked.next() {
        faults.add(second.at("type"), "another question already asks for the safe contact; only one can");
    }
}

fn check_question(question: &Table, faults: &mut Faults<'_>) {
    let Some(kind) = question.text("type") else { return };
    for (key, kinds) in ONLY {
        if question.has(key) && !kinds.contains(&kind) && QUESTION_TYPES.contains(&kind) {
            faults.add(
                question.at(key),
                format!("\"{key}\" is only for the types {}, and this one is {kind}; remove it", kinds.join(" and ")),
            );
        }
    }
    if matches!(kind, "one_of" | "many_of" | "select") {
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
    let asks = file.truth("sensitive") != Some(true);
    for (role, kind, needed) in [("name", "text", asks), ("email", "email", asks), ("phone", "telephone", false)] {
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
    let fits = |found: &str| found == kind || (role, found) == ("name", "name");
    if question.text("type").is_some_and(|found| !fits(found) && QUESTION_TYPES.contains(&found)) {
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

/// Where an end leads: a page elsewhere, or a telephone.
fn address(text: &str) -> Option<String> {
    match text.strip_prefix("tel:") {
        Some(number) => {
            let fits = (3..=15).contains(&number.len()) && number.chars().all(|c| c.is_ascii_digit() || c == '+');
            (!fits).then(|| "which is not tel: and a number without spaces".to_owned())
        }
        None => crate::kernel::format::https(text).map(|_| "which begins with neither https:// nor tel:".to_owned()),
    }
}
