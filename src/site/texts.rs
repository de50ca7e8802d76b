//! The catalogue of sentences for people (Fluent). Rust code names keys; `locales/` has the words.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

static ENGLISH: &str = include_str!("locales/en.ftl");

fn english() -> &'static FluentBundle<FluentResource> {
    static BUNDLE: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let resource = FluentResource::try_new(ENGLISH.to_owned()).unwrap_or_else(|(partial, errors)| {
            debug_assert!(errors.is_empty(), "en.ftl does not parse: {errors:?}");
            partial
        });
        let mut bundle = FluentBundle::new_concurrent(vec!["en-GB".parse().expect("en-GB is a language tag")]);
        bundle.set_use_isolating(false);
        let added = bundle.add_resource(resource);
        debug_assert!(added.is_ok(), "en.ftl says a key twice: {added:?}");
        bundle
    })
}

/// The sentences in one language.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts;

impl Texts {
    /// The sentence of a key; the key itself where there is none, which a test turns into a failure.
    #[must_use]
    pub fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The sentence of a key with its variables filled in.
    #[must_use]
    pub fn with(&self, key: &str, variables: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in variables {
            args.set(*name, *value);
        }
        let bundle = english();
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

    /// Whether the catalogue has this key.
    #[must_use]
    pub fn has(key: &str) -> bool {
        english().has_message(key)
    }
}
