//! What an agreement says, and what follows from its signatures and its term.

use serde::{Deserialize, Serialize};

/// The data-protection schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataProtection {
    /// `controller`, `joint controller` or `processor`.
    pub consumer_role: String,
    /// Likewise.
    pub provider_role: String,
    /// What the personal data are used for.
    pub purpose: String,
    /// Whose data they are.
    pub data_subjects: Vec<String>,
    /// What is held about them.
    pub data_categories: Vec<String>,
    /// Who else the processor gives them to.
    pub sub_processors: Vec<SubProcessor>,
    /// Whom to tell of a breach, by e-mail or telephone.
    pub breach_contact: String,
    /// How soon, in hours.
    pub breach_notice_hours: u16,
    /// What happens to the data when the agreement ends.
    pub end_of_term: String,
}

/// Somebody who processes data for the processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubProcessor {
    /// Its name.
    pub name: String,
    /// What it does with the data.
    pub purpose: String,
    /// Where.
    pub location: String,
}
