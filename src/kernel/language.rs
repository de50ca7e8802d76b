//! The languages that pages are in, and texts that councils write in one or in both.

use serde::{Deserialize, Serialize};

/// A language that a page can be in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English: everybody has it, so it is what a text falls back to.
    #[default]
    En,
    /// Welsh.
    Cy,
}

impl Language {
    /// Each of them.
    pub const ALL: [Language; 2] = [Language::En, Language::Cy];

    /// The code in files, addresses, the database and `lang` attributes (ISO 639-1): `en` or `cy`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Cy => "cy",
        }
    }

    /// The language with this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }
}

/// A text for people as a council writes it: `"Bins"`, which is English, or `{ en = "Bins", cy = "Biniau" }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Words {
    en: String,
    cy: Option<String>,
}

/// [`Words`] in a file, and in `jsonb`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    English(String),
    ByLanguage(ByLanguage),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByLanguage {
    en: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cy: Option<String>,
}

impl Words {
    /// A text in both languages.
    #[must_use]
    pub fn both(en: impl Into<String>, cy: impl Into<String>) -> Words {
        Words { en: en.into(), cy: Some(cy.into()) }
    }

    /// The text in a language; in English where that language is missing.
    #[must_use]
    pub fn of(&self, language: Language) -> &str {
        match (language, &self.cy) {
            (Language::Cy, Some(cy)) => cy,
            _ => &self.en,
        }
    }

    /// Whether it was written in this language.
    #[must_use]
    pub fn has(&self, language: Language) -> bool {
        language == Language::En || self.cy.is_some()
    }

    /// Each language that it was written in, with the text.
    pub fn each(&self) -> impl Iterator<Item = (Language, &str)> {
        Language::ALL.into_iter().filter(|language| self.has(*language)).map(|language| (language, self.of(language)))
    }
}

impl From<&str> for Words {
    fn from(english: &str) -> Words {
        Words::from(english.to_owned())
    }
}

impl From<String> for Words {
    fn from(english: String) -> Words {
        Words { en: english, cy: None }
    }
}

impl From<Written> for Words {
    fn from(written: Written) -> Words {
        match written {
            Written::English(en) => Words { en, cy: None },
            Written::ByLanguage(ByLanguage { en, cy }) => Words { en, cy },
        }
    }
}

impl From<Words> for Written {
    fn from(Words { en, cy }: Words) -> Written {
        match cy {
            None => Written::English(en),
            cy => Written::ByLanguage(ByLanguage { en, cy }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_written_as_a_text_or_by_language() {
        for (json, words) in
            [(r#""Bins""#, Words::from("Bins")), (r#"{"en":"Bins","cy":"Biniau"}"#, Words::both("Bins", "Biniau"))]
        {
            assert_eq!(serde_json::from_str::<Words>(json).unwrap(), words);
            assert_eq!(serde_json::to_string(&words).unwrap(), json);
        }
        assert_eq!(serde_json::from_str::<Words>(r#"{"en":"Bins"}"#).unwrap(), Words::from("Bins"));
        assert!(serde_json::from_str::<Words>(r#"{"cy":"Biniau"}"#).is_err());
        assert!(serde_json::from_str::<Words>(r#"{"en":"Bins","fr":"Poubelles"}"#).is_err());
    }

    #[test]
    fn what_is_not_in_welsh_is_read_in_english() {
        let both = Words::both("Bins", "Biniau");
        let english = Words::from("Bins");
        assert_eq!((both.of(Language::En), both.of(Language::Cy)), ("Bins", "Biniau"));
        assert_eq!((english.of(Language::Cy), english.has(Language::Cy)), ("Bins", false));
        assert_eq!(both.each().collect::<Vec<_>>(), [(Language::En, "Bins"), (Language::Cy, "Biniau")]);
        assert!(Language::ALL.into_iter().all(|language| Language::parse(language.code()) == Some(language)));
        assert_eq!(Language::parse("fr"), None);
    }
}
