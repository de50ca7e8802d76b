//! The catalogues of sentences for people (Fluent). Rust code names keys; `locales/` has the words.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::kernel::Language;

type Bundle = FluentBundle<FluentResource>;

/// What citizens read in English, and what staff read: they work in English.
static ENGLISH: LazyLock<Bundle> =
    LazyLock::new(|| bundle("en-GB", &[include_str!("locales/en.ftl"), include_str!("locales/staff.ftl")]));
/// What citizens read in Welsh.
static WELSH: LazyLock<Bundle> = LazyLock::new(|| bundle("cy", &[include_str!("locales/cy.ftl")]));

fn bundle(tag: &str, catalogues: &[&str]) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().expect("a language tag of ours")]);
    bundle.set_use_isolating(false);
    for catalogue in catalogues {
        let resource = FluentResource::try_new((*catalogue).to_owned()).unwrap_or_else(|(partial, errors)| {
            debug_assert!(errors.is_empty(), "a catalogue of {tag} does not parse: {errors:?}");
            partial
        });
        let added = bundle.add_resource(resource);
        debug_assert!(added.is_ok(), "the catalogues of {tag} say a key twice: {added:?}");
    }
    bundle
}

/// The sentences in one language; by default in English.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts(Language);

impl Texts {
    /// The sentences in this language.
    #[must_use]
    pub fn of(language: Language) -> Texts {
        Texts(language)
    }

    /// The language.
    #[must_use]
    pub fn language(self) -> Language {
        self.0
    }

    /// The sentence of a key; the key itself where there is none, which a test turns into a failure.
    #[must_use]
    pub fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The sentence of a key with its variables filled in. A whole number chooses the form of the words beside it.
    #[must_use]
    pub fn with(&self, key: &str, variables: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in variables {
            args.set(*name, number(value).unwrap_or_else(|| FluentValue::from(*value)));
        }
        let bundle = match self.0 {
            Language::En => &ENGLISH,
            // Staff's sentences are only there in English.
            Language::Cy if !WELSH.has_message(key) => &ENGLISH,
            Language::Cy => &WELSH,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            tracing::error!(key, "a sentence is missing from the catalogue");
            return key.to_owned();
        };
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }

    /// With one variable: what templates mostly need.
    #[must_use]
    pub fn one(&self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        self.with(key, &[(name, &value.to_string())])
    }

    /// Whether the catalogues have this key.
    #[must_use]
    pub fn has(key: &str) -> bool {
        ENGLISH.has_message(key)
    }
}

/// A whole number that is printed as it was written.
fn number(text: &str) -> Option<FluentValue<'static>> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then(|| FluentValue::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beside_a_number_follow_it() {
        let said = |language, days| Texts::of(language).one("receipt-target", "days", days);
        assert!(said(Language::En, 1).contains("1 working day."));
        assert!(said(Language::En, 2).contains("2 working days."));
        assert!(said(Language::Cy, 1).contains("1 diwrnod gwaith."));
        assert!(said(Language::Cy, 2).contains("2 ddiwrnod gwaith."));
        assert!(said(Language::Cy, 3000).contains("3000 diwrnod gwaith."));
        assert_eq!(Texts::of(Language::Cy).one("error-call", "phone", "0300"), "Neu ffoniwch ni ar 0300.");
    }

    #[test]
    fn staff_read_english() {
        assert_eq!(Texts::of(Language::Cy).get("staff-done-note"), "Your note is saved.");
    }
}
