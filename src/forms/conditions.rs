//! Checks the conditions of a service's file by their places: every name exists and was asked earlier, every type fits.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use super::parse::date_rule;
use crate::kernel::document::{Faults, Node, Place, Table, Value};
use crate::kernel::format::{Form, Format, may, must, nearest};

static COUNT: Format = Format(&[
    must("repeat", Form::Elsewhere, "\"children\""),
    may("at_least", Form::Whole(0, 1_000), "2"),
    may("at_most", Form::Whole(0, 1_000), "2"),
]);

static TEST: Format = Format(&[
    must("question", Form::Elsewhere, "\"surface\""),
    may("is", Form::Elsewhere, "\"road\""),
    may("is_one_of", Form::Elsewhere, "[\"road\", \"pavement\"]"),
    may("includes", Form::Elsewhere, "\"road\""),
    may("at_least", Form::Whole(-1_000_000_000, 1_000_000_000), "18"),
    may("at_most", Form::Whole(-1_000_000_000, 1_000_000_000), "18"),
    may("before", Form::Elsewhere, "\"today-28\""),
    may("after", Form::Elsewhere, "\"2026-04-01\""),
    may("answered", Form::Truth, "true"),
]);

static GROUP: Format = Format(&[
    may("all", Form::Elsewhere, "[{ question = \"surface\", is = \"road\" }]"),
    may("any", Form::Elsewhere, "[{ question = \"surface\", is = \"road\" }]"),
    may("not", Form::Elsewhere, "{ question = \"surface\", is = \"road\" }"),
]);

const EXAMPLE: &str = "write for example when = { question = \"surface\", is = \"road\" }";
const ANY_DAY: Date = date(2026, 1, 1);

/// A question, as conditions may name it.
struct Asked<'a> {
    question: &'a Table,
    kind: &'a str,
    /// The repeat that its page belongs to.
    repeat: Option<&'a str>,
    /// The number of its page.
    page: usize,
}

/// The conditions of one file.
pub(super) struct Conditions<'a> {
    file: &'a Table,
    asked: BTreeMap<&'a str, Asked<'a>>,
    /// The number of each repeat's last page.
    repeats: BTreeMap<&'a str, usize>,
}

/// From where a condition looks back.
#[derive(Clone, Copy)]
struct From<'a> {
    /// Questions of pages before this number may be named.
    page: usize,
    /// The repeat that its page belongs to.
    repeat: Option<&'a str>,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(file: &'a Table) -> Conditions<'a> {
        let (mut asked, mut repeats) = (BTreeMap::new(), BTreeMap::new());
        for (n, page) in file.tables("page").enumerate() {
            let repeat = page.text("repeat");
            if let Some(repeat) = repeat {
                repeats.insert(repeat, n);
            }
            for question in page.tables("question") {
                if let (Some(id), Some(kind)) = (question.text("id"), question.text("type")) {
                    asked.insert(id, Asked { question, kind, repeat, page: n });
                }
            }
        }
        Conditions { file, asked, repeats }
    }

    /// Adds every mistake in them.
    pub(super) fn check(&self, faults: &mut Faults<'_>) {
        for (n, page) in self.file.tables("page").enumerate() {
            let before = From { page: n, repeat: page.text("repeat") };
            self.when(page, before, faults);
            for question in page.tables("question") {
                self.when(question, before, faults);
                question.tables("options").for_each(|option| self.when(option, before, faults));
            }
            let after = From { page: n + 1, ..before };
            page.tables("end").for_each(|end| self.when(end, after, faults));
        }
        let last = From { page: usize::MAX, repeat: None };
        let routes = self.file.table("routing").into_iter().flat_map(|routing| routing.tables("route"));
        routes.for_each(|route| self.when(route, last, faults));
    }

    fn when(&self, holder: &Table, from: From<'_>, faults: &mut Faults<'_>) {
        if let Some(node) = holder.get("when") {
            self.node(node, from, faults);
        }
    }

    fn node(&self, node: &Node, from: From<'_>, faults: &mut Faults<'_>) {
        let Some(table) = node.table() else {
            let what = format!("a condition is a table, and this is {}; {EXAMPLE}", node.value.type_name());
            return faults.add(node.place, what);
        };
        if table.has("question") {
            TEST.check(table, faults);
            self.test(table, from, faults);
        } else if table.has("repeat") {
            COUNT.check(table, faults);
            self.count(table, from, faults);
        } else {
            self.group(table, from, faults);
        }
    }

    fn group(&self, table: &Table, from: From<'_>, faults: &mut Faults<'_>) {
        GROUP.check(table, faults);
        if ["all", "any", "not"].iter().filter(|key| table.has(key)).count() != 1 {
            faults
                .add(table.place, format!("a condition has question, repeat, all, any or not, one of them; {EXAMPLE}"));
        }
        for key in ["all", "any"] {
            match table.get(key).map(|node| (&node.value, node.place)) {
                None => {}
                Some((Value::List(parts), place)) if parts.is_empty() => {
                    faults.add(place, format!("\"{key}\" holds no condition; {EXAMPLE}"));
                }
                Some((Value::List(parts), _)) => parts.iter().for_each(|part| self.node(part, from, faults)),
                Some((other, place)) => {
                    faults.add(place, format!("\"{key}\" is a list of conditions, and this is {}", other.type_name()));
                }
            }
        }
        if let Some(node) = table.get("not") {
            self.node(node, from, faults);
        }
    }

    fn count(&self, table: &Table, from: From<'_>, faults: &mut Faults<'_>) {
        let Some(id) = table.text("repeat") else { return };
        match self.repeats.get(id) {
            None => faults.add(table.at("repeat"), unknown("repeat", id, self.repeats.keys().copied())),
            Some(last) if *last >= from.page => {
                faults.add(
                    table.at("repeat"),
                    format!("the repeat \"{id}\" is not over yet where this is asked; ask it on a later page"),
                );
            }
            Some(_) => {}
        }
        if !table.has("at_least") && !table.has("at_most") {
            faults.add(table.place, "a count needs at_least or at_most");
        }
    }

    fn test(&self, table: &Table, from: From<'_>, faults: &mut Faults<'_>) {
        let Some(id) = table.text("question") else {
            return faults.add(table.at("question"), "\"question\" is the id of a question, in quotation marks");
        };
        let place = table.at("question");
        let Some(asked) = self.asked.get(id) else {
            return faults.add(place, unknown("question", id, self.asked.keys().copied()));
        };
        if asked.page >= from.page {
            faults.add(
                place,
                format!(
                    "\"{id}\" is asked later; a condition looks back at earlier pages only; move that page forward"
                ),
            );
        } else if asked.repeat.is_some() && asked.repeat != from.repeat {
            let what = format!(
                "\"{id}\" is asked of each of several things, so it has no one answer here; count the things instead"
            );
            faults.add(place, what);
        }
        let keys = ["is", "is_one_of", "includes", "at_least", "at_most", "before", "after", "answered"];
        let tests: Vec<&str> = keys.into_iter().filter(|key| table.has(key)).collect();
        if tests.is_empty() {
            faults
                .add(table.place, "says a question and not what its answer has to be; write is, includes, at_least …");
        }
        for key in tests {
            let wrong = match (key, asked.kind) {
                ("answered", _)
                | ("includes", "many_of")
                | ("is_one_of", "one_of" | "select")
                | ("at_least" | "at_most", "number" | "money")
                | ("before" | "after", "date")
                | ("is", "one_of" | "select" | "yes_no" | "text") => None,
                (_, kind) => Some(format!(
                    "\"{key}\" cannot be asked of \"{id}\", whose type is {kind}; write {}",
                    fitting(kind)
                )),
            };
            match wrong {
                Some(wrong) => faults.add(table.at(key), wrong),
                None => values(key, table, asked, faults),
            }
        }
    }
}

/// The tests that a kind of question takes.
fn fitting(kind: &str) -> &'static str {
    match kind {
        "one_of" | "select" => "is, is_one_of or answered",
        "yes_no" | "text" => "is or answered",
        "many_of" => "includes or answered",
        "number" | "money" => "at_least, at_most or answered",
        "date" => "before, after or answered",
        _ => "answered",
    }
}

/// What a test compares with fits the question.
fn values(key: &str, table: &Table, asked: &Asked<'_>, faults: &mut Faults<'_>) {
    let Some(node) = table.get(key) else { return };
    match (key, asked.kind, &node.value) {
        ("is", "yes_no", Value::Truth(_)) | ("is", "text", Value::Text(_)) => {}
        ("is", "yes_no", _) => faults.add(node.place, "the answer is yes or no; write true or false"),
        ("is" | "includes", _, Value::Text(value)) => option(value, node.place, asked, faults),
        ("is_one_of", _, Value::List(items)) => {
            for item in items {
                match &item.value {
                    Value::Text(value) => option(value, item.place, asked, faults),
                    other => faults.add(item.place, format!("an option is text, and this is {}", other.type_name())),
                }
            }
        }
        ("is" | "includes" | "is_one_of", _, other) => {
            faults.add(node.place, format!("\"{key}\" cannot be {}", other.type_name()));
        }
        ("before" | "after", _, _) if node.text().and_then(|rule| date_rule(rule, ANY_DAY)).is_none() => {
            faults.add(node.place, format!("\"{key}\" is a date or today with days, such as \"today-28\""));
        }
        _ => {}
    }
}

fn option(value: &str, place: Place, asked: &Asked<'_>, faults: &mut Faults<'_>) {
    let options: Vec<&str> = asked.question.tables("options").filter_map(|option| option.text("value")).collect();
    if !options.contains(&value) {
        faults.add(place, unknown("option", value, options.into_iter()));
    }
}

fn unknown<'a>(what: &str, found: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(found, &known) {
        Some(near) => format!("there is no {what} \"{found}\"; did you mean \"{near}\"?"),
        None => format!("there is no {what} \"{found}\"; there are {}", known.join(", ")),
    }
}
