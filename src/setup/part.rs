//! One part of what files bring in, on its two sides: what the file says and what the database holds. Pure, but for the
//! hashes kept of the last apply.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::store::{self, Applied};
use crate::kernel::seal::sha256_hex;
use crate::platform::{Result, Tx};

/// Which side wins where both have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Take {
    /// The file's.
    File,
    /// The database's.
    Database,
}

/// A part that has changed on both sides, or that the files cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which part, and why.
    pub what: String,
    /// Where its two sides differ, one line each.
    pub difference: Vec<String>,
}

/// What is to become of a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is as the files left it, or the files have not changed since.
    Leave,
    /// Nothing changes but the hashes: both sides say the same, or the database's was taken.
    Settle,
    /// The file's is brought in.
    Bring,
    /// Neither, until somebody says which.
    Refuse(Vec<String>),
}

/// Decides it by the hashes of the last apply.
pub(super) fn fate(
    tx: &mut Tx<'_>,
    part: &str,
    file: &Value,
    database: Option<&Value>,
    take: Option<Take>,
) -> Result<Fate> {
    Ok(decide(store::find(tx, part)?, file, database, take))
}

fn decide(applied: Option<Applied>, file: &Value, database: Option<&Value>, take: Option<Take>) -> Fate {
    let Some(database) = database else { return Fate::Bring };
    let (file_changed, database_changed) = match &applied {
        Some(applied) => (applied.file_hash != hash(file), applied.database_hash != hash(database)),
        // Made by other means: nothing says that either side is the older.
        None => (true, true),
    };
    match (file_changed, database_changed, take) {
        (false, ..) => Fate::Leave,
        (true, ..) if file == database => Fate::Settle,
        (true, false, _) | (true, true, Some(Take::File)) => Fate::Bring,
        (true, true, Some(Take::Database)) => Fate::Settle,
        (true, true, None) => Fate::Refuse(difference(file, database)),
    }
}

/// The same for the same content, in whatever order its keys come.
pub(super) fn hash(content: &Value) -> String {
    sha256_hex(in_order(content).to_string().as_bytes())
}

fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            entries.into_iter().map(|(key, value)| (key.clone(), in_order(value))).collect()
        }
        Value::Array(items) => items.iter().map(in_order).collect(),
        plain => plain.clone(),
    }
}

/// Where two sides differ: `brand.link: the file has "#00596f", the database "#112233"`.
pub(super) fn difference(file: &Value, database: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", file, database, &mut found);
    found
}

fn compare(at: &str, file: &Value, database: &Value, found: &mut Vec<String>) {
    let inner = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match (file, database) {
        _ if file == database => {}
        (Value::Object(f), Value::Object(d)) => {
            let keys: BTreeSet<&String> = f.keys().chain(d.keys()).collect();
            for key in keys {
                let side = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                compare(&inner(key), &side(f), &side(d), found);
            }
        }
        (Value::Array(f), Value::Array(d)) => {
            for n in 0..f.len().max(d.len()) {
                let side = |items: &[Value]| items.get(n).cloned().unwrap_or(Value::Null);
                compare(&inner(&(n + 1).to_string()), &side(f), &side(d), found);
            }
        }
        _ => found.push(format!("{at}: the file has {}, the database {}", shown(file), shown(database))),
    }
}

/// The names of what differs, at most three.
pub(super) fn changed_keys(file: &Value, database: &Value) -> String {
    let all = difference(file, database);
    let keys: Vec<&str> = all.iter().filter_map(|line| line.split(": the file has").next()).collect();
    match keys.as_slice() {
        [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a}, {b}, {c} and {} more", rest.len()),
        few => few.join(", "),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        value => {
            let text = value.to_string();
            let short: String = text.chars().take(100).collect();
            if short.len() < text.len() { format!("{short}…") } else { short }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(file: &Value, database: &Value) -> Option<Applied> {
        Some(Applied { file_hash: hash(file), database_hash: hash(database) })
    }

    #[test]
    fn a_side_that_changed_alone_wins_and_two_that_changed_wait_for_a_word() {
        let (old, f, d) = (json!({"a": 1}), json!({"a": 2}), json!({"a": 3}));
        assert_eq!(decide(None, &f, None, None), Fate::Bring);
        assert_eq!(decide(applied(&old, &old), &old, Some(&old), None), Fate::Leave);
        assert_eq!(decide(applied(&old, &old), &f, Some(&old), None), Fate::Bring);
        assert_eq!(decide(applied(&old, &old), &old, Some(&d), None), Fate::Leave);
        assert_eq!(decide(applied(&old, &old), &f, Some(&f), None), Fate::Settle);
        let refused = Fate::Refuse(vec!["a: the file has 2, the database 3".to_owned()]);
        assert_eq!(decide(applied(&old, &old), &f, Some(&d), None), refused);
        assert_eq!(decide(None, &f, Some(&d), None), refused);
        assert_eq!(decide(applied(&old, &old), &f, Some(&d), Some(Take::File)), Fate::Bring);
        assert_eq!(decide(applied(&old, &old), &f, Some(&d), Some(Take::Database)), Fate::Settle);
    }

    #[test]
    fn what_differs_is_named_by_its_place() {
        let file = json!({"brand": {"link": "#1"}, "hosts": ["a", "b"], "notice": null, "same": [1]});
        let database = json!({"same": [1], "brand": {"link": "#2"}, "hosts": ["a"], "notice": {"text": "x"}});
        assert_eq!(
            difference(&file, &database),
            [
                "brand.link: the file has \"#1\", the database \"#2\"",
                "hosts.2: the file has \"b\", the database nothing",
                "notice: the file has nothing, the database {\"text\":\"x\"}",
            ]
        );
        assert_eq!(hash(&json!({"a": 1, "b": [{"c": 2, "d": 3}]})), hash(&json!({"b": [{"d": 3, "c": 2}], "a": 1})));
    }
}
