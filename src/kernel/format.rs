//! The format of a file as a table that people can read and [`Format::check`] compares a [`Table`] with. Each room
//! describes the sections that it reads.

use super::document::{Faults, Node, Place, Table, Value};
use super::language::Language;
use super::money::Percent;

const CODES: [&str; 2] = [Language::En.code(), Language::Cy.code()];

/// What is wrong with a text, to continue `"key" is "text", …`; nothing if it will do.
pub type Rule = fn(&str) -> Option<String>;

/// The keys that a table may hold.
#[derive(Debug)]
pub struct Format(pub &'static [Key]);

/// One of them.
#[derive(Debug)]
pub struct Key {
    name: &'static str,
    needed: bool,
    form: Form,
    /// What somebody might write, shown when they have written something else: a value, or for tables what to add.
    example: &'static str,
}

/// What a key may hold.
#[derive(Debug)]
pub enum Form {
    /// A text that keeps the rule.
    Text(Rule),
    /// A text for people ([`Words`](super::Words)) that keeps the rule in each language: a text, which is English, or a
    /// table of texts by language. Every language that the file claims must be there ([`Faults::claim`]).
    Wording(Rule),
    /// A list of them; at least so many.
    Wordings(Rule, usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, at least and at most.
    Whole(i64, i64),
    /// `true` or `false`.
    Truth,
    /// A date, without quotation marks.
    Date,
    /// A list of texts that keep the rule; at least so many.
    Texts(Rule, usize),
    /// A list of these words; at least so many, none twice.
    Words(&'static [&'static str], usize),
    /// A table.
    Table(&'static Format),
    /// A list of tables; at least one where the key is needed.
    Tables(&'static Format),
    /// A list of tables that may be empty even where the key is needed.
    List(&'static Format),
    /// A list of tables of several formats, told apart by the word of their key `kind`.
    Kinds(&'static [(&'static str, &'static Format)]),
    /// What another room describes and checks.
    Elsewhere,
}

/// A key that must be there.
#[must_use]
pub const fn must(name: &'static str, form: Form, example: &'static str) -> Key {
    Key { name, needed: true, form, example }
}

/// A key that may be there.
#[must_use]
pub const fn may(name: &'static str, form: Form, example: &'static str) -> Key {
    Key { name, needed: false, form, example }
}

impl Format {
    /// Adds every key that is unknown, missing, or of the wrong form, here and in the tables within.
    pub fn check(&self, table: &Table, faults: &mut Faults<'_>) {
        for (name, place, _) in table.entries() {
            if !self.0.iter().any(|key| key.name == name) {
                faults.add(place, self.unknown(name));
            }
        }
        self.check_known(table, faults);
        for key in self.0.iter().filter(|key| key.needed && !table.has(key.name)) {
            faults.add(table.place, key.missing());
        }
    }

    /// Adds what is of the wrong form among the keys described here, for a room that reads one section of a table.
    pub fn check_known(&self, table: &Table, faults: &mut Faults<'_>) {
        for key in self.0 {
            if let Some(node) = table.get(key.name) {
                key.check(node, faults);
            }
        }
    }

    fn unknown(&self, name: &str) -> String {
        let known: Vec<&str> = self.0.iter().map(|key| key.name).collect();
        match nearest(name, &known) {
            Some(near) => format!("there is no key \"{name}\"; did you mean \"{near}\"?"),
            None => format!("there is no key \"{name}\" here; there are {}", known.join(", ")),
        }
    }
}

impl Key {
    fn missing(&self) -> String {
        format!("\"{}\" is missing; {}", self.name, self.advice())
    }

    /// What to write instead.
    fn advice(&self) -> String {
        match self.form {
            Form::Table(_) | Form::Tables(_) | Form::List(_) | Form::Kinds(_) | Form::Elsewhere => {
                format!("write {}", self.example)
            }
            _ => format!("write for example {} = {}", self.name, self.example),
        }
    }

    fn check(&self, node: &Node, faults: &mut Faults<'_>) {
        let name = self.name;
        match (&self.form, &node.value) {
            (Form::Text(rule), Value::Text(text)) => self.keeps(*rule, text, node.place, faults),
            (Form::Wording(rule), Value::Text(_) | Value::Table(_)) => self.wording(*rule, node, faults),
            (Form::Wordings(rule, least), Value::List(items)) => {
                self.long_enough(items, *least, node.place, faults);
                for item in items {
                    match &item.value {
                        Value::Text(_) | Value::Table(_) => self.wording(*rule, item, faults),
                        other => faults.add(item.place, self.wrong_item(other)),
                    }
                }
            }
            (Form::Word(words), Value::Text(text)) => {
                if !words.contains(&text.as_str()) {
                    faults.add(node.place, wrong_word(name, text, words));
                }
            }
            (Form::Whole(least, most), Value::Whole(number)) => {
                if !(least..=most).contains(&number) {
                    faults.add(node.place, format!("\"{name}\" is {number}; write a number from {least} to {most}"));
                }
            }
            (Form::Truth, Value::Truth(_)) | (Form::Date, Value::Date(_)) | (Form::Elsewhere, _) => {}
            (Form::Texts(rule, least), Value::List(items)) => {
                self.long_enough(items, *least, node.place, faults);
                for item in items {
                    match &item.value {
                        Value::Text(text) => self.keeps(*rule, text, item.place, faults),
                        other => faults.add(item.place, self.wrong_item(other)),
                    }
                }
            }
            (Form::Words(words, least), Value::List(items)) => {
                self.long_enough(items, *least, node.place, faults);
                for (n, item) in items.iter().enumerate() {
                    match &item.value {
                        Value::Text(text) if !words.contains(&text.as_str()) => {
                            faults.add(item.place, wrong_word(name, text, words));
                        }
                        Value::Text(text) if items.iter().take(n).any(|before| before.text() == Some(text)) => {
                            faults.add(item.place, format!("\"{name}\" holds \"{text}\" twice; write it once"));
                        }
                        Value::Text(_) => {}
                        other => faults.add(item.place, self.wrong_item(other)),
                    }
                }
            }
            (Form::Table(format), Value::Table(table)) => format.check(table, faults),
            (Form::Tables(_) | Form::List(_) | Form::Kinds(_), Value::List(items)) => {
                let least = usize::from(self.needed && !matches!(self.form, Form::List(_)));
                self.long_enough(items, least, node.place, faults);
                for item in items {
                    match &item.value {
                        Value::Table(table) => self.check_one(table, faults),
                        other => faults.add(item.place, self.wrong_item(other)),
                    }
                }
            }
            (_, other) => faults.add(node.place, self.wrong_type(other)),
        }
    }

    /// One table of a list.
    fn check_one(&self, table: &Table, faults: &mut Faults<'_>) {
        match &self.form {
            Form::Tables(format) | Form::List(format) => format.check(table, faults),
            Form::Kinds(kinds) => {
                let words: Vec<&str> = kinds.iter().map(|(word, _)| *word).collect();
                match table.text("kind") {
                    Some(kind) => match kinds.iter().find(|(word, _)| *word == kind) {
                        Some((_, format)) => format.check(table, faults),
                        None => faults.add(table.at("kind"), wrong_word("kind", kind, &words)),
                    },
                    None => faults.add(
                        table.at("kind"),
                        format!("\"kind\" of a {} is missing; it is one of {}", self.name, quoted(&words)),
                    ),
                }
            }
            _ => {}
        }
    }

    /// A text for people, in the languages that it is written in.
    fn wording(&self, rule: Rule, node: &Node, faults: &mut Faults<'_>) {
        let name = self.name;
        if let Value::Table(table) = &node.value {
            for (code, place, node) in table.entries() {
                match node.text() {
                    _ if Language::parse(code).is_none() => {
                        faults.add(place, format!("\"{name}\" has no language \"{code}\"; write {}", quoted(&CODES)));
                    }
                    Some(text) => self.keeps(rule, text, node.place, faults),
                    None => faults.add(node.place, self.wrong_type(&node.value)),
                }
            }
        } else if let Value::Text(text) = &node.value {
            self.keeps(rule, text, node.place, faults);
        }
        let has = |language: Language| match &node.value {
            Value::Table(table) => table.has(language.code()),
            _ => language == Language::En,
        };
        let missing: Vec<Language> = Language::ALL
            .into_iter()
            .filter(|language| *language == Language::En || faults.claimed().contains(language))
            .filter(|language| !has(*language))
            .collect();
        for language in missing {
            let code = language.code();
            faults.add(
                node.place,
                format!("\"{name}\" is not there in \"{code}\"; write {name} = {{ en = \"…\", cy = \"…\" }}"),
            );
        }
    }

    fn keeps(&self, rule: Rule, text: &str, place: Place, faults: &mut Faults<'_>) {
        if let Some(wrong) = rule(text) {
            let shown: String = text.chars().take(60).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            let name = self.name;
            faults.add(place, format!("\"{name}\" is {shown:?}{more}, {wrong}; write for example {}", self.example));
        }
    }

    fn long_enough(&self, items: &[Node], least: usize, place: Place, faults: &mut Faults<'_>) {
        if items.len() < least {
            let name = self.name;
            let count = items.len();
            faults.add(place, format!("\"{name}\" holds {count} and needs at least {least}; {}", self.advice()));
        }
    }

    fn wrong_item(&self, found: &Value) -> String {
        let wanted = if matches!(self.form, Form::Texts(..) | Form::Words(..) | Form::Wordings(..)) {
            "texts"
        } else {
            "tables"
        };
        format!("\"{}\" is a list of {wanted}, and this is {}; {}", self.name, found.type_name(), self.advice())
    }

    fn wrong_type(&self, found: &Value) -> String {
        let wanted = match self.form {
            Form::Text(_) | Form::Word(_) => "text in quotation marks",
            Form::Wording(_) => "text in quotation marks, or a table of texts by language",
            Form::Whole(..) => "a whole number without quotation marks",
            Form::Truth => "true or false without quotation marks",
            Form::Date => "a real date without quotation marks",
            Form::Texts(..) | Form::Words(..) | Form::Wordings(..) => "a list of texts",
            Form::Table(_) | Form::Elsewhere => "a table",
            Form::Tables(_) | Form::List(_) | Form::Kinds(_) => "a list of tables",
        };
        format!("\"{}\" is {} and must be {wanted}; {}", self.name, found.type_name(), self.advice())
    }
}

/// The sentence for a word that is not among those allowed.
#[must_use]
pub fn wrong_word(name: &str, found: &str, words: &[&str]) -> String {
    if let [only] = words {
        return format!("\"{name}\" is \"{found}\" and can only be \"{only}\"");
    }
    match nearest(found, words) {
        Some(near) => format!("\"{name}\" is \"{found}\"; did you mean \"{near}\"? It is one of {}", quoted(words)),
        None => format!("\"{name}\" is \"{found}\"; it is one of {}", quoted(words)),
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

/// The one that somebody who wrote `found` most likely meant, if one is near.
#[must_use]
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let allowed = (found.chars().count() / 3).clamp(1, 3);
    known
        .iter()
        .map(|word| (distance(found, word), *word))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, word)| word)
}

/// Letters added, dropped, changed or swapped with a neighbour (optimal string alignment); `-`, `_` and case are one.
fn distance(a: &str, b: &str) -> usize {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_").chars().collect::<Vec<char>>();
    let (a, b) = (plain(a), plain(b));
    let (mut before, mut row): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (row[j] + usize::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

/// One line of text: not empty, at most 200 characters, nothing that breaks a line.
#[must_use]
pub fn line(text: &str) -> Option<String> {
    short(text, 200)
}

/// A sentence or a few: as [`line`], but up to 2,000 characters.
#[must_use]
pub fn sentence(text: &str) -> Option<String> {
    short(text, 2000)
}

fn short(text: &str, most: usize) -> Option<String> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        Some("which is empty".to_owned())
    } else if length > most {
        Some(format!("which has {length} characters of at most {most}"))
    } else if text.chars().any(char::is_control) {
        Some("which breaks the line or holds a control character".to_owned())
    } else if text.trim() != text {
        Some("which begins or ends with a space".to_owned())
    } else {
        None
    }
}

/// A name in addresses and folders: small letters, digits and dashes.
#[must_use]
pub fn slug(text: &str) -> Option<String> {
    let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.ends_with('-')
        && text.len() <= 60;
    (!fits).then(|| "which is not a short name of small letters, digits and dashes".to_owned())
}

/// Per cent with at most four decimals, as [`Percent::parse`] reads it.
#[must_use]
pub fn percent(text: &str) -> Option<String> {
    Percent::parse(text).err().map(|wrong| format!("which {wrong}"))
}

/// An address that begins with `https://`.
#[must_use]
pub fn https(text: &str) -> Option<String> {
    let host = text.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let fits = host.is_some_and(|host| host.contains('.') && !host.starts_with('.') && !host.contains('@'))
        && text.chars().all(|c| c.is_ascii_graphic() && !"<>\"'\\`{}|^".contains(c))
        && text.len() <= 500;
    (!fits).then(|| "which is not an address that begins with https://".to_owned())
}

/// An e-mail address.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    (!super::contact::is_email(text)).then(|| "which is not an e-mail address".to_owned())
}

/// A telephone number as people write it.
#[must_use]
pub fn telephone(text: &str) -> Option<String> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let fits = (6..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || " +()".contains(c));
    (!fits).then(|| "which is not a telephone number".to_owned())
}

/// A postcode, as it is usually written.
#[must_use]
pub fn postcode(text: &str) -> Option<String> {
    match super::contact::postcode(text) {
        Some(usual) if usual == text => None,
        Some(usual) => Some(format!("which is usually written \"{usual}\"")),
        None => Some("which is not a postcode".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_the_nearest_word() {
        let keys = ["retention_months", "routing", "name", "noun", "page"];
        for (written, meant) in [
            ("retention-months", Some("retention_months")),
            ("retention_month", Some("retention_months")),
            ("ruoting", Some("routing")),
            ("Name", Some("name")),
            ("colour", None),
            ("no", None),
        ] {
            assert_eq!(nearest(written, &keys), meant, "{written}");
        }
    }

    #[test]
    fn rules_take_what_is_right_and_refuse_the_rest() {
        assert!(["https://a.example", "https://a.example/b?c=d#e"].iter().all(|t| https(t).is_none()));
        assert!(
            ["http://a.example", "https://", "https://a", "https://u@a.example/", "https://a.example/<b>", "a.example"]
                .iter()
                .all(|t| https(t).is_some())
        );
        assert!(["pothole", "dropped-kerb", "a1"].iter().all(|t| slug(t).is_none()));
        assert!(["", "Pothole", "1a", "a_b", "a-", "é"].iter().all(|t| slug(t).is_some()));
        assert!(telephone("01632 960 100").is_none() && telephone("999").is_some() && telephone("call us").is_some());
        assert!(line("a\nb").is_some() && line("").is_some() && line(&"a".repeat(201)).is_some());
        assert_eq!(postcode("mh11aa").as_deref(), Some("which is usually written \"MH1 1AA\""));
    }

    #[test]
    fn texts_for_people_are_there_in_each_language_that_is_claimed() {
        static FORMAT: Format =
            Format(&[may("a", Form::Wording(line), "\"Bins\""), may("b", Form::Wordings(line, 1), "[\"missed bin\"]")]);
        let found = |claimed: &[Language], text: &str| {
            let mut faults = Faults::of("x.toml");
            faults.claim(claimed.iter().copied());
            let table = super::super::document::read(text, &mut faults).unwrap();
            FORMAT.check(&table, &mut faults);
            faults.into_mistakes().into_iter().map(|m| m.to_string()).collect::<Vec<_>>()
        };
        let (english, both) = (&[Language::En][..], &Language::ALL[..]);
        let right = "a = { en = \"Bins\", cy = \"Biniau\" }\nb = [{ en = \"bin\", cy = \"bin\" }]";
        assert!(found(both, right).is_empty() && found(english, right).is_empty());
        assert!(found(english, "a = \"Bins\"\nb = [\"bin\"]").is_empty());
        let missing = "is not there in \"cy\"; write a = { en = \"…\", cy = \"…\" }";
        assert_eq!(found(both, "a = \"Bins\""), [format!("x.toml:1:5: \"a\" {missing}")]);
        assert_eq!(found(both, "\na = { en = \"Bins\" }"), [format!("x.toml:2:5: \"a\" {missing}")]);
        assert_eq!(found(both, "b = [{ en = \"bin\", cy = \"bin\" },\n\"tip\"]").len(), 1);
        for wrong in ["a = { cy = \"Biniau\" }", "a = { en = \"\" }", "a = { en = 1 }", "a = 1", "b = []", "b = [1]"] {
            assert_eq!(found(english, wrong).len(), 1, "{wrong}");
        }
        let french = found(english, "a = { en = \"Bins\", fr = \"Poubelles\" }");
        assert_eq!(french, ["x.toml:1:20: \"a\" has no language \"fr\"; write \"en\", \"cy\""]);
    }
}
