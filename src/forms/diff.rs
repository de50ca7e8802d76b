//! What changed between two versions of a service, in words, for whoever signs off the next. Pages, questions, options and
//! ends are told apart by their ids; texts are compared in each language that both versions are in.

use super::in_words::day;
use super::model::{Definition, End, Kind, Page, Question, QuestionOption, QuestionType, Repeat, Routing};
use super::when::When;
use super::written::Written;
use crate::kernel::Language;

/// Every difference, one sentence each; none if the two say the same.
///
/// # Errors
/// If this program cannot read one of them.
pub fn diff(old: &Written, new: &Written) -> anyhow::Result<Vec<String>> {
    let (before, after) = (old.languages(), new.languages());
    let shared = before.intersection(&after).copied();
    let read = |language| Ok((language, old.read(language)?, new.read(language)?));
    let by_language = shared.map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let mut diff = Diff { by_language, said: Vec::new() };
    for language in after.difference(&before) {
        diff.say("", format!("It is now in {} too", name(*language)));
    }
    for language in before.difference(&after) {
        diff.say("", format!("It is no longer in {}", name(*language)));
    }
    diff.service();
    diff.pages();
    Ok(diff.said)
}

/// What changed between two definitions in one language.
struct Diff {
    /// English first, as everything is in it.
    by_language: Vec<(Language, Definition, Definition)>,
    said: Vec<String>,
}

fn name(language: Language) -> &'static str {
    match language {
        Language::En => "English",
        Language::Cy => "Welsh",
    }
}

/// `“Road name”`
fn quoted(text: &str) -> String {
    format!("“{text}”")
}

/// What makes two things of two versions the same one.
trait Known {
    fn id(&self) -> &str;
}

impl Known for Page {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Known for Question {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Known for QuestionOption {
    fn id(&self) -> &str {
        &self.value
    }
}

impl Known for End {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Known for Repeat {
    fn id(&self) -> &str {
        &self.id
    }
}

fn by_id<'a, T: Known>(all: &'a [T], id: &str) -> Option<&'a T> {
    all.iter().find(|one| one.id() == id)
}

/// Whether what both have comes in another order.
fn reordered<T: Known>(old: &[T], new: &[T]) -> bool {
    let shared = |mine: &[T], theirs: &[T]| -> Vec<String> {
        mine.iter().map(Known::id).filter(|id| by_id(theirs, id).is_some()).map(str::to_owned).collect()
    };
    shared(old, new) != shared(new, old)
}

impl Diff {
    fn say(&mut self, place: &str, what: String) {
        self.said.push(if place.is_empty() { format!("{what}.") } else { format!("{place}: {what}.") });
    }

    /// One text in each language.
    fn text(&mut self, place: &str, what: &str, of: impl Fn(&Definition) -> Option<&str>) {
        // What is not there in a language is read in English, whose change is told already.
        let english = self.by_language.first().map(|(_, old, new)| (of(old), of(new)));
        let changed: Vec<String> = self
            .by_language
            .iter()
            .filter(|(language, old, new)| {
                of(old) != of(new) && (*language == Language::En || english != Some((of(old), of(new))))
            })
            .map(|(language, old, new)| {
                let tongue = if *language == Language::En { String::new() } else { format!(" in {}", name(*language)) };
                match (of(old), of(new)) {
                    (None, Some(new)) => format!("{what}{tongue} is new: {}", quoted(new)),
                    (Some(old), None) => format!("{what}{tongue} is gone: {}", quoted(old)),
                    (old, new) => {
                        format!("{what}{tongue} was {}, is {}", quoted(old.unwrap_or("")), quoted(new.unwrap_or("")))
                    }
                }
            })
            .collect();
        for what in changed {
            self.say(place, what);
        }
    }

    /// A list of texts in each language.
    fn texts(&mut self, place: &str, what: &str, of: impl Fn(&Definition) -> &[String]) {
        let mut changed = Vec::new();
        let english = self.by_language.first().map(|(_, old, new)| (of(old), of(new)));
        for (language, old, new) in &self.by_language {
            if *language != Language::En && english == Some((of(old), of(new))) {
                continue;
            }
            let tongue = if *language == Language::En { String::new() } else { format!(" in {}", name(*language)) };
            let (old, new) = (of(old), of(new));
            let gone = old.iter().filter(|text| !new.contains(text));
            let come = new.iter().filter(|text| !old.contains(text));
            changed.extend(gone.map(|text| format!("{what}{tongue}: gone is {}", quoted(text))));
            changed.extend(come.map(|text| format!("{what}{tongue}: new is {}", quoted(text))));
            if old != new && old.len() == new.len() && old.iter().all(|text| new.contains(text)) {
                changed.push(format!("{what}{tongue}: the order changed"));
            }
        }
        for what in changed {
            self.say(place, what);
        }
    }

    /// Anything that reads as one word or number.
    fn value(&mut self, place: &str, what: &str, old: Option<String>, new: Option<String>) {
        match (old, new) {
            (old, new) if old == new => {}
            (None, Some(new)) => self.say(place, format!("{what} is now {new}")),
            (Some(old), None) => self.say(place, format!("{what} is no longer set; it was {old}")),
            (Some(old), Some(new)) => self.say(place, format!("{what} is {new} instead of {old}")),
            (None, None) => {}
        }
    }

    fn when(&mut self, place: &str, what: &str, old: Option<&When>, new: Option<&When>) {
        if old == new {
            return;
        }
        let (before, after) = self.english();
        let (old, new) = (old.map(|w| w.in_words(&before)), new.map(|w| w.in_words(&after)));
        match (old, new) {
            (None, Some(new)) => self.say(place, format!("{what} now comes only when {new}")),
            (Some(old), None) => self.say(place, format!("{what} now always comes; before only when {old}")),
            (Some(old), Some(new)) if old != new => {
                self.say(place, format!("{what} comes when {new}; before when {old}"));
            }
            _ => {}
        }
    }

    fn english(&self) -> (Definition, Definition) {
        let (_, old, new) = self.by_language.first().expect("every definition is in English");
        (old.clone(), new.clone())
    }

    fn service(&mut self) {
        let (old, new) = self.english();
        let kind = |kind: Kind| Some(kind.word().to_owned());
        self.value("", "The kind", kind(old.kind), kind(new.kind));
        self.text("", "The name", |d| Some(&d.name));
        self.text("", "The name in lists", |d| Some(&d.noun));
        self.text("", "The summary", |d| Some(&d.summary));
        self.texts("", "The words for search", |d| &d.keywords);
        let number = |n: Option<u32>| n.map(|n| n.to_string());
        self.value("", "The number in the services list (LGSL)", number(old.lgsl), number(new.lgsl));
        self.value("", "The number in the interactions list (LGIL)", number(old.lgil), number(new.lgil));
        let days = |d: &Definition| Some(format!("{} working days", d.target_working_days));
        self.value("", "The target", days(&old), days(&new));
        let months = |d: &Definition| Some(format!("{} months", d.retention_months));
        self.value("", "The retention after closing", months(&old), months(&new));
        self.texts("", "What a case is resolved with", |d| &d.outcomes);
        self.text("", "The purpose in the privacy notice", |d| Some(&d.privacy.purpose));
        self.text("", "The law in the privacy notice", |d| Some(&d.privacy.legal_basis));
        self.texts("", "What happens next", |d| &d.confirmation.next);
        match (old.sensitive, new.sensitive) {
            (false, true) => self.say("", "It is now a sensitive service".to_owned()),
            (true, false) => self.say("", "It is no longer a sensitive service".to_owned()),
            _ => {}
        }
        self.text("", "The neutral name", |d| d.neutral_name.as_deref());
        for language in Language::ALL {
            let by = |d: &Definition| d.reviewed_by.get(language.code()).cloned();
            self.value("", &format!("Who reviewed the {}", name(language)), by(&old), by(&new));
        }
        self.routing(&old, &new);
        self.repeats(&old, &new);
    }

    fn routing(&mut self, old: &Definition, new: &Definition) {
        let to = |team: &str, partner: Option<&str>| match partner {
            Some(partner) => format!("{team} at {partner}"),
            None => team.to_owned(),
        };
        let usual = |Routing { team, partner, .. }: &Routing| to(team, partner.as_deref());
        let otherwise = if new.routing.routes.is_empty() { "" } else { " when nothing else holds" };
        if usual(&old.routing) != usual(&new.routing) {
            let (old, new) = (usual(&old.routing), usual(&new.routing));
            self.say("", format!("It goes to {new} instead of {old}{otherwise}"));
        }
        self.text("", "Why it goes there", |d| d.routing.because.as_deref());
        for route in &new.routing.routes {
            let (now, when) = (to(&route.team, route.partner.as_deref()), route.when.in_words(new));
            match old.routing.routes.iter().find(|before| before.when == route.when) {
                None => self.say("", format!("It now goes to {now} when {when}")),
                Some(before) => {
                    let was = to(&before.team, before.partner.as_deref());
                    if was != now {
                        self.say("", format!("It goes to {now} instead of {was} when {when}"));
                    }
                    let condition = route.when.clone();
                    self.text("", &format!("Why it goes to {now}"), |d| {
                        d.routing.routes.iter().find(|r| r.when == condition).map(|r| r.because.as_str())
                    });
                }
            }
        }
        for route in &old.routing.routes {
            if !new.routing.routes.iter().any(|after| after.when == route.when) {
                let was = to(&route.team, route.partner.as_deref());
                self.say("", format!("It no longer goes to {was} when {}", route.when.in_words(old)));
            }
        }
    }

    fn repeats(&mut self, old: &Definition, new: &Definition) {
        for repeat in &new.repeats {
            let place = format!("List {}", quoted(&repeat.title));
            let Some(before) = by_id(&old.repeats, &repeat.id) else {
                self.say("", format!("New list {}", quoted(&repeat.title)));
                continue;
            };
            let id = repeat.id.clone();
            self.text(&place, "the heading", |d| d.repeat(&id).map(|r| r.title.as_str()));
            self.text(&place, "the name of one of them", |d| d.repeat(&id).map(|r| r.item.as_str()));
            self.value(&place, "the most there may be", Some(before.max.to_string()), Some(repeat.max.to_string()));
        }
        for repeat in old.repeats.iter().filter(|repeat| by_id(&new.repeats, &repeat.id).is_none()) {
            self.say("", format!("The list {} is gone", quoted(&repeat.title)));
        }
    }

    fn pages(&mut self) {
        let (old, new) = self.english();
        if reordered(&old.pages, &new.pages) {
            self.say("", "The pages come in another order".to_owned());
        }
        let mut last: Option<&Page> = None;
        for page in &new.pages {
            let place = format!("Page {}", quoted(&page.title));
            match by_id(&old.pages, &page.id) {
                None => {
                    let after = last
                        .map_or_else(|| "at the beginning".to_owned(), |last| format!("after {}", quoted(&last.title)));
                    let only = page.when.as_ref().map_or_else(String::new, |w| format!(", when {}", w.in_words(&new)));
                    self.say("", format!("New page {} {after}{only}", quoted(&page.title)));
                    for question in &page.questions {
                        self.arrived(&place, &old, question);
                    }
                }
                Some(before) => self.page(&place, (&old, before), (&new, page)),
            }
            last = Some(page);
        }
        for page in old.pages.iter().filter(|page| by_id(&new.pages, &page.id).is_none()) {
            self.say("", format!("The page {} is gone", quoted(&page.title)));
        }
        for (page, question) in old.questions() {
            let stays = new.questions().any(|(_, q)| q.id == question.id);
            if !stays {
                let place = format!("Page {}", quoted(&page.title));
                self.say(&place, format!("the question {} is gone", quoted(&question.label)));
            }
        }
    }

    /// A question that was not on this page.
    fn arrived(&mut self, place: &str, old: &Definition, question: &Question) {
        let label = quoted(&question.label);
        match old.questions().find(|(_, q)| q.id == question.id) {
            Some((from, _)) => {
                let what = format!("the question {label} comes here from the page {}", quoted(&from.title));
                self.say(place, what);
            }
            None => {
                let must = if question.required { "" } else { ", which need not be answered" };
                self.say(place, format!("new question {label}{must}"));
            }
        }
    }

    fn page(&mut self, place: &str, (old, before): (&Definition, &Page), (new, page): (&Definition, &Page)) {
        let id = page.id.clone();
        self.text(place, "the heading", |d| d.page(&id).map(|(_, p)| p.title.as_str()));
        self.texts(place, "the text", |d| d.page(&id).map_or(&[], |(_, p)| p.text.as_slice()));
        self.when(place, "the page", before.when.as_ref(), page.when.as_ref());
        let list = |repeat: &Option<String>, d: &Definition| {
            repeat.as_deref().and_then(|id| d.repeat(id)).map(|repeat| quoted(&repeat.title))
        };
        self.value(place, "the list it belongs to", list(&before.repeat, old), list(&page.repeat, new));
        if reordered(&before.questions, &page.questions) {
            self.say(place, "the questions come in another order".to_owned());
        }
        for question in &page.questions {
            if by_id(&before.questions, &question.id).is_none() {
                self.arrived(place, old, question);
            }
            if let Some((_, was)) = old.questions().find(|(_, q)| q.id == question.id) {
                self.question(place, was, question);
            }
        }
        for end in &page.ends {
            match by_id(&before.ends, &end.id) {
                None => {
                    let when = end.when.in_words(new);
                    self.say(place, format!("the form now ends with {} when {when}", quoted(&end.title)));
                }
                Some(was) => self.end(place, was, end),
            }
        }
        for end in before.ends.iter().filter(|end| by_id(&page.ends, &end.id).is_none()) {
            let when = end.when.in_words(old);
            self.say(place, format!("the form no longer ends with {} when {when}", quoted(&end.title)));
        }
    }

    fn end(&mut self, place: &str, old: &End, new: &End) {
        let of = |d: &Definition, id: &str| d.pages.iter().find_map(|p| by_id(&p.ends, id)).cloned();
        let name = format!("the end {}", quoted(&new.title));
        self.when(place, &name, Some(&old.when), Some(&new.when));
        let ends: Vec<(Language, Option<End>, Option<End>)> =
            self.by_language.iter().map(|(l, old, fresh)| (*l, of(old, &new.id), of(fresh, &new.id))).collect();
        let mut english = None;
        for (language, before, after) in ends {
            let tongue = if language == Language::En { String::new() } else { format!(" in {}", self::name(language)) };
            let texts = |end: Option<End>| {
                end.map(|end| {
                    let link = end.link.map(|link| format!("{} ({})", link.label, link.url));
                    [vec![end.title], end.text, link.into_iter().collect()].concat().join(" / ")
                })
                .unwrap_or_default()
            };
            let both = (texts(before), texts(after));
            let is_told = english.as_ref() == Some(&both);
            let (before, after) = &both;
            if before != after && !is_told {
                self.say(place, format!("{name}{tongue} said {}, says {}", quoted(before), quoted(after)));
            }
            english.get_or_insert(both);
        }
    }

    fn question(&mut self, place: &str, old: &Question, new: &Question) {
        let name = format!("the question {}", quoted(&new.label));
        self.question_texts(place, &name, &new.id);
        let kind = |q: &Question| Some(type_in_words(q.kind).to_owned());
        self.value(place, &format!("{name}: the answer"), kind(old), kind(new));
        match (old.required, new.required) {
            (true, false) => self.say(place, format!("{name} is no longer required")),
            (false, true) => self.say(place, format!("{name} is now required")),
            _ => {}
        }
        match (old.summary, new.summary) {
            (true, false) => self.say(place, format!("{name} no longer completes the case's title")),
            (false, true) => self.say(place, format!("{name} now completes the case's title")),
            _ => {}
        }
        if old.contact != new.contact {
            self.say(place, format!("{name} has another part in how the citizen is reached"));
        }
        self.when(place, &name, old.when.as_ref(), new.when.as_ref());
        let number = |n: Option<i64>| n.map(|n| n.to_string());
        self.value(place, &format!("{name}: the least"), number(old.min), number(new.min));
        self.value(place, &format!("{name}: the most"), number(old.max), number(new.max));
        let length = |n: Option<u32>| n.map(|n| format!("{n} characters"));
        self.value(place, &format!("{name}: the longest answer"), length(old.max_length), length(new.max_length));
        let files = |q: &Question| (q.kind == QuestionType::File).then(|| q.most_files().to_string());
        self.value(place, &format!("{name}: the most files"), files(old), files(new));
        if old.photos_only != new.photos_only {
            let what = if new.photos_only { "now takes photos only" } else { "now takes documents too" };
            self.say(place, format!("{name} {what}"));
        }
        let rule = |rule: &Option<String>| rule.as_deref().map(day);
        self.value(place, &format!("{name}: the first day"), rule(&old.earliest), rule(&new.earliest));
        self.value(place, &format!("{name}: the last day"), rule(&old.latest), rule(&new.latest));
        if reordered(&old.options, &new.options) {
            self.say(place, format!("{name}: the options come in another order"));
        }
        for option in &new.options {
            match by_id(&old.options, &option.value) {
                None => self.say(place, format!("{name} has the new option {}", quoted(&option.label))),
                Some(was) => {
                    let what = format!("the option {}", quoted(&option.label));
                    self.when(place, &format!("{name}: {what}"), was.when.as_ref(), option.when.as_ref());
                    if was.exclusive != option.exclusive {
                        let alone = if option.exclusive { "is now chosen alone" } else { "is no longer chosen alone" };
                        self.say(place, format!("{name}: {what} {alone}"));
                    }
                }
            }
        }
        for option in old.options.iter().filter(|option| by_id(&new.options, &option.value).is_none()) {
            self.say(place, format!("{name} no longer has the option {}", quoted(&option.label)));
        }
    }

    /// What is read of a question and its options, in each language.
    fn question_texts(&mut self, place: &str, name: &str, id: &str) {
        fn find<'d>(d: &'d Definition, id: &str) -> Option<&'d Question> {
            d.questions().map(|(_, q)| q).find(|q| q.id == id)
        }
        self.text(place, &format!("{name}: the label"), |d| find(d, id).map(|q| q.label.as_str()));
        self.text(place, &format!("{name}: the hint"), |d| find(d, id).and_then(|q| q.hint.as_deref()));
        self.text(place, &format!("{name}: the unit"), |d| find(d, id).and_then(|q| q.unit.as_deref()));
        let (old, new) = self.english();
        let values = |d| find(d, id).map(|q| q.options.iter().map(|o| o.value.clone()).collect()).unwrap_or_default();
        let (before, after): (Vec<String>, Vec<String>) = (values(&old), values(&new));
        for value in after.iter().filter(|value| before.contains(value)) {
            fn option<'d>(d: &'d Definition, id: &str, value: &str) -> Option<&'d QuestionOption> {
                find(d, id).and_then(|q| by_id(&q.options, value))
            }
            let what = format!("{name}: the option {value}");
            self.text(place, &what, |d| option(d, id, value).map(|o| o.label.as_str()));
            self.text(place, &format!("{what}, its hint"), |d| option(d, id, value).and_then(|o| o.hint.as_deref()));
        }
    }
}

/// A type of question, as somebody who is no developer calls it.
pub(super) fn type_in_words(kind: QuestionType) -> &'static str {
    match kind {
        QuestionType::Text => "a line of text",
        QuestionType::LongText => "a longer text",
        QuestionType::Number => "a number",
        QuestionType::Money => "an amount of money",
        QuestionType::Date => "a date",
        QuestionType::Time => "a time",
        QuestionType::YesNo => "yes or no",
        QuestionType::OneOf => "one of several options",
        QuestionType::ManyOf => "any of several options",
        QuestionType::Select => "one option of a list",
        QuestionType::Email => "an email address",
        QuestionType::Telephone => "a phone number",
        QuestionType::Web => "a web address",
        QuestionType::Name => "a name",
        QuestionType::NationalInsurance => "a national insurance number",
        QuestionType::Vehicle => "a registration number",
        QuestionType::Bank => "a bank account",
        QuestionType::Declaration => "a declaration",
        QuestionType::Address => "an address",
        QuestionType::Location => "a place",
        QuestionType::SafeContact => "a safe way to be reached",
        QuestionType::File => "files",
    }
}

#[cfg(test)]
mod tests;
