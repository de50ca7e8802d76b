//! The catalogue of sentences, and what templates may hold.

use std::collections::{BTreeMap, BTreeSet};

use super::regex;
use super::source::Source;

/// What citizens read, in each language; and what only staff read.
const ENGLISH: &str = "src/site/locales/en.ftl";
const WELSH: &str = "src/site/locales/cy.ftl";
const STAFF: &str = "src/site/locales/staff.ftl";
/// Names that look like keys of the catalogue and are none: threads.
const NOT_KEYS: &[&str] = &["mail-catcher", "mail-session"];

/// The keys of a catalogue, each with the variables of its sentence.
fn catalogue(sources: &[Source], path: &str) -> BTreeMap<String, BTreeSet<String>> {
    let catalogue = sources.iter().find(|s| s.path == path).unwrap();
    let variable = regex(r"\$([a-z]+)");
    let mut keys = BTreeMap::<String, BTreeSet<String>>::new();
    for found in regex(r"(?m)^([a-z][a-z0-9-]*) =((?:.*\n)(?:(?:[ }].*)?\n)*)").captures_iter(&catalogue.text) {
        let said = variable.captures_iter(&found[2]).map(|name| name[1].to_owned());
        keys.entry(found[1].to_owned()).or_default().extend(said);
    }
    keys
}

fn keys(sources: &[Source]) -> BTreeSet<String> {
    [ENGLISH, STAFF].iter().flat_map(|path| catalogue(sources, path).into_keys()).collect()
}

/// Both languages have the same keys with the same variables.
pub fn gaps(sources: &[Source]) -> Vec<String> {
    let (english, welsh) = (catalogue(sources, ENGLISH), catalogue(sources, WELSH));
    let keys: BTreeSet<&String> = english.keys().chain(welsh.keys()).collect();
    keys.into_iter()
        .filter_map(|key| match (english.get(key), welsh.get(key)) {
            (Some(en), Some(cy)) if en == cy => None,
            (Some(en), Some(cy)) => Some(format!("{key} has {en:?} in English and {cy:?} in Welsh")),
            (Some(_), None) => Some(format!("{WELSH}: {key} is missing")),
            (None, _) => Some(format!("{ENGLISH}: {key} is missing")),
        })
        .collect()
}

/// The citizens' pages say nothing that is only there for staff, and no council's name but in the page's language.
pub fn only_english(sources: &[Source]) -> Vec<String> {
    let staff = catalogue(sources, STAFF);
    let portal: Vec<Source> = sources.iter().filter(|s| is_for_citizens(s)).cloned().collect();
    let (literals, _) = literals(&portal);
    let said = literals.into_iter().filter(|(key, _)| staff.contains_key(key)).map(|(_, fault)| fault);
    said.chain(Source::grep_code(&portal, r"here\.(?:name|short_name)\b|\blong_(?:date|moment)\b", &[])).collect()
}

fn is_for_citizens(source: &Source) -> bool {
    source.path.starts_with("src/portal/")
        || source.path == "src/site/layout.html"
        || source.path == "src/site/error.html"
}

/// The literals shaped like keys, with where they are; and the beginnings of those put together, up to the first hole.
fn literals(sources: &[Source]) -> (Vec<(String, String)>, Vec<String>) {
    let whole = regex(r#""([a-z]+(?:-[a-z0-9]+)+)""#);
    let begun = regex(r#""([a-z]+-(?:[a-z0-9]+-)*)\{"#);
    let mut literals = Vec::new();
    let mut beginnings = Vec::new();
    for source in sources.iter().filter(|s| s.path.starts_with("src/") && s.is_code()) {
        literals.extend(whole.captures_iter(&source.code).map(|found| {
            let at = found.get(1).unwrap();
            (at.as_str().to_owned(), source.fault(at.start(), at.as_str()))
        }));
        beginnings.extend(begun.captures_iter(&source.code).map(|found| found[1].to_owned()));
    }
    (literals, beginnings)
}

fn is_stem(stem: &str, keys: &BTreeSet<String>) -> bool {
    keys.iter().any(|key| key.strip_prefix(stem).is_some_and(|rest| rest.starts_with('-')))
}

/// A key belongs to the catalogue if its first word does; a stem that code completes counts as its keys.
pub fn missing(sources: &[Source]) -> Vec<String> {
    let keys = keys(sources);
    let first = |key: &str| key.split('-').next().unwrap_or_default().to_owned();
    let rooms: BTreeSet<String> = keys.iter().map(|key| first(key)).collect();
    let (literals, beginnings) = literals(sources);
    let unknown = literals
        .into_iter()
        .filter(|(literal, _)| rooms.contains(&first(literal)) && !keys.contains(literal) && !is_stem(literal, &keys))
        .filter(|(literal, _)| !NOT_KEYS.contains(&literal.as_str()))
        .map(|(_, fault)| format!("{fault} is not in the catalogue"));
    let empty = beginnings
        .iter()
        .filter(|begun| rooms.contains(&first(begun)) && !keys.iter().any(|key| key.starts_with(*begun)))
        .map(|begun| format!("{begun}…: nothing in the catalogue begins so"));
    unknown.chain(empty).collect()
}

pub fn unused(sources: &[Source]) -> Vec<String> {
    let (literals, beginnings) = literals(sources);
    let said: BTreeSet<&str> = literals.iter().map(|(literal, _)| literal.as_str()).collect();
    let keys = keys(sources);
    let stems: Vec<&str> = said.iter().copied().filter(|literal| !keys.contains(*literal)).collect();
    let used = |key: &String| {
        said.contains(key.as_str())
            || beginnings.iter().any(|begun| key.starts_with(begun))
            || stems.iter().any(|stem| key.strip_prefix(stem).is_some_and(|rest| rest.starts_with('-')))
    };
    keys.iter().filter(|key| !used(key)).map(|key| format!("{key} is asked for nowhere")).collect()
}

fn templates(sources: &[Source]) -> Vec<Source> {
    sources.iter().filter(|s| s.path.starts_with("src/") && s.path.ends_with(".html")).cloned().collect()
}

/// Text between tags, and in the attributes that are read out, must come from the catalogue.
pub fn in_portal_templates(sources: &[Source]) -> Vec<String> {
    let code = regex(r"(?s)\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|&\w+;|<!doctype html>");
    let spoken = regex(r#"(?s)\b(?:alt|title|placeholder|aria-label|content)="([^"]*)"|>([^<]*)<"#);
    let mut faults = Vec::new();
    for source in templates(sources).iter().filter(|s| is_for_citizens(s)) {
        // What askama fills in leaves no letters; lengths stay, so that places do.
        let bare = code.replace_all(&source.code, |found: &regex::Captures<'_>| {
            found[0]
                .chars()
                .map(|c| if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) })
                .collect::<String>()
        });
        let bare = format!(">{bare}<");
        for found in spoken.captures_iter(&bare) {
            let words = found.get(1).or(found.get(2)).unwrap();
            let technical = words.as_str().starts_with("width=device-width") || words.as_str() == "noindex";
            if words.as_str().chars().any(char::is_alphabetic) && !technical {
                faults.push(source.fault(words.start().saturating_sub(1), words.as_str().trim()));
            }
        }
    }
    faults
}

pub fn inline(sources: &[Source]) -> Vec<String> {
    let pattern = r#"(?i)\sstyle\s*=|<style|<script(?:\s+(?:type|defer|async)(?:="[^"]*")?)*\s*>|\son[a-z]+\s*=\s*["']|javascript:"#;
    Source::grep_code(&templates(sources), pattern, &[])
}
