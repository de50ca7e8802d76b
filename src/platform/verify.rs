//! What `moothall verify` reports: rooms check their own invariants against the database and say what they found.

/// One invariant, checked.
#[derive(Clone, Debug)]
pub struct Check {
    /// The invariant, as a sentence that holds when there is no breach.
    pub name: &'static str,
    /// How many things were looked at.
    pub checked: i64,
    /// What breaks it, one line each.
    pub breaches: Vec<String>,
}

impl Check {
    /// Nothing looked at yet.
    #[must_use]
    pub fn new(name: &'static str) -> Check {
        Check { name, checked: 0, breaches: Vec::new() }
    }

    /// Counts one thing looked at; `breach` says what is wrong with it, if anything.
    pub fn look(&mut self, breach: Option<String>) {
        self.checked += 1;
        self.breaches.extend(breach);
    }

    /// Whether the invariant holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }
}
