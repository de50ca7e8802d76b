//! `tenants/agreements/<name>.toml` as parsed, but for its prices, which `billing` reads.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{DataProtection, Running};
use crate::kernel::time::toml_date;

/// An agreement's file, after `setup` has checked it.
#[derive(Clone, Debug, Deserialize)]
pub struct AgreementFile {
    /// What both parties call it.
    pub reference: String,
    /// What it is about.
    pub title: String,
    /// Slug of the authority that provides.
    pub provider: String,
    /// Slug of the authority that is provided for.
    pub consumer: String,
    /// The power under which they agree.
    pub legal_basis: String,
    /// Days from issue until a bill is due.
    pub payment_terms_days: u16,
    /// The consumer's order number, to be printed on every bill.
    #[serde(default)]
    pub purchase_order: Option<String>,
    /// From when until when.
    pub term: Term,
    /// How it is run.
    #[serde(default)]
    pub running: Running,
    /// What is provided, and what is counted.
    #[serde(rename = "service")]
    pub services: Vec<ServicePart>,
    /// Who answers for which personal data.
    pub data_protection: DataProtection,
    /// Signatures given on paper.
    #[serde(default, rename = "signature")]
    pub signatures: Vec<SignaturePart>,
}

/// The term of an agreement, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Its first day.
    #[serde(deserialize_with = "toml_date")]
    pub from: Date,
    /// The first day after it.
    #[serde(deserialize_with = "toml_date")]
    pub until: Date,
}

impl Term {
    /// Whether a day lies within it.
    #[must_use]
    pub fn holds(self, day: Date) -> bool {
        self.from <= day && day < self.until
    }
}

/// A service that an agreement names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePart {
    /// Its slug.
    pub slug: String,
    /// What is counted.
    pub meter: String,
    /// Why a count is taken back.
    pub reversed_when: Vec<String>,
}

/// A signature on paper, as a file records it.
#[derive(Clone, Debug, Deserialize)]
pub struct SignaturePart {
    /// Slug of the authority that signed.
    pub party: String,
    /// Who signed for it.
    pub name: String,
    /// Their office.
    pub office: String,
    /// On which day.
    #[serde(deserialize_with = "toml_date")]
    pub signed_on: Date,
    /// Where the paper is.
    pub document: String,
}
