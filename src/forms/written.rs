//! A service definition as a council writes it: texts in every language that it claims.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::Definition;
use crate::kernel::Language;
use crate::kernel::document::{self, Faults, Mistake};

/// What stands in a file and in the database. [`Written::read`] makes of it the definition in one language, which is what
/// pages work with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Written(Value);

impl Written {
    /// The definition of the service with this name.
    #[must_use]
    pub fn new(slug: &str, mut value: Value) -> Written {
        if let Some(object) = value.as_object_mut() {
            object.insert("slug".to_owned(), slug.into());
        }
        Written(value)
    }

    /// The service's name in addresses.
    #[must_use]
    pub fn slug(&self) -> &str {
        self.0.get("slug").and_then(Value::as_str).unwrap_or_default()
    }

    /// The languages that some text of it is in besides English.
    #[must_use]
    pub fn languages(&self) -> BTreeSet<Language> {
        let mut found = BTreeSet::from([Language::En]);
        languages(&self.0, &mut found);
        found
    }

    /// Whether somebody is named who answers for its texts in a language.
    #[must_use]
    pub fn is_reviewed(&self, language: Language) -> bool {
        self.0.get(REVIEWED).is_some_and(|by| by.get(language.code()).is_some())
    }

    /// Every mistake of it, as in a file that says the same; a text for people has to be there in each of these languages.
    /// What is published is proved so, wherever it comes from.
    ///
    /// # Errors
    /// If it cannot be written as a file.
    pub fn mistakes(&self, claimed: impl IntoIterator<Item = Language>) -> anyhow::Result<Vec<Mistake>> {
        let mut content = self.0.clone();
        if let Some(object) = content.as_object_mut() {
            object.remove("slug");
        }
        let mut faults = Faults::of(self.slug());
        faults.claim(claimed);
        if let Some(file) = document::read(&toml::to_string(&content)?, &mut faults) {
            super::check(&file, &mut faults);
        }
        Ok(faults.into_mistakes())
    }

    /// The definition in one language; in English where that language is missing.
    ///
    /// # Errors
    /// If this program cannot read it.
    pub fn read(&self, language: Language) -> anyhow::Result<Definition> {
        let mut value = self.0.clone();
        resolve(&mut value, language);
        Ok(serde_json::from_value(value)?)
    }
}

/// Whether an object is a text by language: no other table of a definition has such keys only.
fn is_wording(value: &Value) -> bool {
    let object = value.as_object().filter(|object| object.contains_key("en"));
    object.is_some_and(|object| object.iter().all(|(key, text)| Language::parse(key).is_some() && text.is_string()))
}

fn languages(value: &Value, found: &mut BTreeSet<Language>) {
    match value {
        Value::Object(object) if is_wording(value) => {
            found.extend(object.keys().filter_map(|key| Language::parse(key)));
        }
        Value::Object(object) => {
            for (_, value) in object.iter().filter(|(key, _)| *key != REVIEWED) {
                languages(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| languages(item, found)),
        _ => {}
    }
}

/// Who answered for each language: the one table whose keys are languages and which is no text.
const REVIEWED: &str = "reviewed_by";

fn resolve(value: &mut Value, language: Language) {
    if is_wording(value) {
        let text = value.get(language.code()).or_else(|| value.get(Language::En.code())).cloned();
        *value = text.unwrap_or_default();
        return;
    }
    match value {
        Value::Object(object) => {
            object.iter_mut().filter(|(key, _)| *key != REVIEWED).for_each(|(_, value)| resolve(value, language));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, language)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_gets_its_texts_and_english_where_there_is_none() {
        let written = Written::new(
            "x",
            serde_json::json!({
                "kind": "report", "name": { "en": "Bins", "cy": "Biniau" }, "noun": "Bin", "summary": "S",
                "target_working_days": 1, "retention_months": 1, "outcomes": ["Done"], "reviewed_by": { "cy": "Nia", "en": "Sam" },
                "routing": { "team": "T" }, "privacy": { "purpose": "p", "legal_basis": "l" },
                "confirmation": { "next": [{ "en": "n", "cy": "nesaf" }] }, "page": [],
            }),
        );
        assert_eq!(written.slug(), "x");
        assert_eq!(written.languages(), BTreeSet::from(Language::ALL));
        let (english, welsh) = (written.read(Language::En).unwrap(), written.read(Language::Cy).unwrap());
        assert_eq!((english.name.as_str(), welsh.name.as_str(), welsh.noun.as_str()), ("Bins", "Biniau", "Bin"));
        assert_eq!((&english.confirmation.next[0][..], &welsh.confirmation.next[0][..]), ("n", "nesaf"));
        assert_eq!(welsh.reviewed_by.get("cy").map(String::as_str), Some("Nia"));
    }
}
