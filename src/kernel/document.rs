//! A file that people write (TOML), as a tree that knows where everything in it stands, so that a mistake can be told
//! by its place. Reading is lenient: what is there can be asked for, whatever is wrong elsewhere in the file.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::language::Language;

/// A line and a column in characters, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl Place {
    /// The beginning of a file.
    pub const START: Place = Place { line: 1, column: 1 };
}

/// What is wrong in a file, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file.
    pub path: String,
    /// Where in it.
    pub place: Place,
    /// A sentence.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.place.line, self.place.column, self.what)
    }
}

/// The mistakes found in one file.
#[derive(Debug)]
pub struct Faults<'a> {
    path: &'a str,
    claimed: Vec<Language>,
    found: Vec<Mistake>,
}

impl<'a> Faults<'a> {
    /// None yet, in the file named.
    #[must_use]
    pub fn of(path: &'a str) -> Faults<'a> {
        Faults { path, claimed: vec![Language::En], found: Vec::new() }
    }

    /// From here on a text for people has to be there in each of these languages; in English until this is said.
    pub fn claim(&mut self, languages: impl IntoIterator<Item = Language>) {
        self.claimed = languages.into_iter().collect();
    }

    /// The languages that a text for people has to be there in.
    #[must_use]
    pub fn claimed(&self) -> &[Language] {
        &self.claimed
    }

    /// Adds one.
    pub fn add(&mut self, place: Place, what: impl Into<String>) {
        self.found.push(Mistake { path: self.path.to_owned(), place, what: what.into() });
    }

    /// Whether nothing was found yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them.
    #[must_use]
    pub fn into_mistakes(self) -> Vec<Mistake> {
        self.found
    }
}

/// A table of the file, and where it begins: at its header, its brace, or the file's first line.
#[derive(Clone, Debug)]
pub struct Table {
    /// Where a missing key is reported.
    pub place: Place,
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: Place,
    value: Node,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// A value of a file.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// True or false.
    Truth(bool),
    /// A date without a time.
    Date(Date),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
    /// Something no file of ours holds, by its name.
    Other(&'static str),
}

impl Value {
    /// The name of its type, to continue "is".
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Whole(_) => "a whole number",
            Value::Truth(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(name) => name,
        }
    }
}

/// Reads a file, or adds its errors of syntax, the first of each line: the rest of a line is guesswork after one.
pub fn read(text: &str, faults: &mut Faults<'_>) -> Option<Table> {
    let lines = Lines::of(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Some(table(Place::START, root.get_ref(), &lines));
    }
    let mut found: Vec<(Place, &str)> = errors
        .iter()
        .map(|error| (error.span().map_or(Place::START, |span| lines.place(&span)), error.message().trim()))
        .collect();
    found.sort();
    found.dedup_by_key(|(place, _)| place.line);
    for (place, message) in found {
        faults.add(place, format!("this is not TOML ({message})"));
    }
    None
}

impl Table {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// A key's text, if it is text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    /// A key's whole number, if it is one.
    #[must_use]
    pub fn whole(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(|node| if let Value::Whole(number) = node.value { Some(number) } else { None })
    }

    /// A key's truth, if it is one.
    #[must_use]
    pub fn truth(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(|node| if let Value::Truth(truth) = node.value { Some(truth) } else { None })
    }

    /// A key's date, if it is one.
    #[must_use]
    pub fn date(&self, key: &str) -> Option<Date> {
        self.get(key).and_then(|node| if let Value::Date(date) = node.value { Some(date) } else { None })
    }

    /// A key's table, if it is one.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<&Table> {
        self.get(key).and_then(Node::table)
    }

    /// The tables in a key's list.
    pub fn tables(&self, key: &str) -> impl Iterator<Item = &Table> {
        self.list(key).iter().filter_map(Node::table)
    }

    /// The texts in a key's list, with their places.
    pub fn texts(&self, key: &str) -> impl Iterator<Item = (&str, Place)> {
        self.list(key).iter().filter_map(|node| Some((node.text()?, node.place)))
    }

    fn list(&self, key: &str) -> &[Node] {
        match self.get(key) {
            Some(Node { value: Value::List(items), .. }) => items,
            _ => &[],
        }
    }

    /// Whether the key is there, right or wrong.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Where a key's value stands; where the table begins if there is no such key.
    #[must_use]
    pub fn at(&self, key: &str) -> Place {
        self.get(key).map_or(self.place, |node| node.place)
    }

    /// Every key with its own place and its value, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Place, &Node)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry.key, &entry.value))
    }
}

impl Node {
    /// The text, if it is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The table, if it is one.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        if let Value::Table(table) = &self.value { Some(table) } else { None }
    }
}

fn table(place: Place, source: &DeTable<'_>, lines: &Lines<'_>) -> Table {
    let entries = source
        .iter()
        .map(|(key, value)| {
            let entry = Entry { key: lines.place(&key.span()), value: node(value, lines) };
            (key.get_ref().to_string(), entry)
        })
        .collect();
    Table { place, entries }
}

fn node(source: &Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Node {
    let place = lines.place(&source.span());
    let value = match source.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
            .map_or(Value::Other("a number beyond all use"), Value::Whole),
        DeValue::Float(_) => Value::Other("a number with decimals"),
        DeValue::Boolean(truth) => Value::Truth(*truth),
        DeValue::Datetime(moment) => match (&moment.date, &moment.time) {
            (Some(day), None) => {
                day.to_string().parse().map_or(Value::Other("a date that does not exist"), Value::Date)
            }
            _ => Value::Other("a time"),
        },
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(item, lines)).collect()),
        DeValue::Table(inner) => Value::Table(table(place, inner, lines)),
    };
    Node { place, value }
}

/// The place of a range of bytes of a text.
#[must_use]
pub fn place(text: &str, span: &Range<usize>) -> Place {
    Lines::of(text).place(span)
}

/// From bytes to lines and columns.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Lines<'a> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts }
    }

    fn place(&self, span: &Range<usize>) -> Place {
        let line = self.starts.partition_point(|start| *start <= span.start);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..span.start).map_or(0, |before| before.chars().count()) + 1;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place { line: number(line.max(1)), column: number(column) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut faults = Faults::of("x.toml");
        let root = read("a = 1\n[b]\n\"é\" = { c = \"ü\", d = 2026-02-03 }\n", &mut faults).unwrap();
        let b = root.table("b").unwrap();
        assert_eq!((b.place.line, b.place.column), (2, 1));
        let inline = b.table("é").unwrap();
        assert_eq!((inline.place.line, inline.place.column), (3, 7));
        assert_eq!((inline.at("d").line, inline.at("d").column), (3, 22));
        assert_eq!(inline.date("d").map(|d| d.to_string()).as_deref(), Some("2026-02-03"));
    }

    #[test]
    fn an_error_of_syntax_is_one_mistake_of_its_line() {
        let mut faults = Faults::of("x.toml");
        assert!(read("a = 1\nb = \nc = \"x\nd = 2\nd == 3\n[e\n", &mut faults).is_none());
        let found: Vec<_> = faults.into_mistakes().iter().map(|m| (m.place.line, m.place.column)).collect();
        assert_eq!(found, [(2, 5), (3, 7), (5, 1), (6, 3)]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-c\\[\\]{}=,.\"'0-9é\n -]{0,60}") {
            let mut faults = Faults::of("x.toml");
            let read = read(&text, &mut faults).is_some();
            proptest::prop_assert_eq!(read, faults.into_mistakes().is_empty());
        }
    }
}
