//! What these pages share: the faults of a form, and the words for an action in the audit.

use crate::identity::Fault;
use crate::site::Texts;

/// The faults of a form, in the order of its fields: each a field's name and the key of a sentence.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    /// The one fault of a field.
    pub(super) fn one(field: &'static str, key: &'static str) -> Faults {
        Faults(vec![(field, key)])
    }

    /// Adds one.
    pub(super) fn add(&mut self, field: &'static str, key: &'static str) {
        self.0.push((field, key));
    }

    /// What is wrong with a field, if anything is.
    pub(super) fn of(&self, field: &str) -> Option<&'static str> {
        self.0.iter().find(|(f, _)| *f == field).map(|(_, key)| *key)
    }

    /// All of them, for the summary.
    pub(super) fn list(&self) -> &[Fault] {
        &self.0
    }

    /// Whether the form will do.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Faults {
        Faults(faults)
    }
}

/// What people call an action that the audit names.
pub(super) fn action_words(action: &str) -> String {
    let key = format!("audit-{}", action.replace('.', "-"));
    if Texts::has(&key) { Texts::default().get(&key) } else { action.to_owned() }
}
