//! `tenants/agreements/<name>.toml` as parsed, but for its prices, which `billing` reads.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{DataProtection, Kind, Running, ServiceLevel};
use crate::kernel::time::toml_date;

/// An agreement's file, after `setup` has checked it.
#[derive(Clone, Debug, Deserialize)]
pub struct AgreementFile {
    /// What both parties call it.
    pub reference: String,
    /// What it is about.
    pub title: String,
    /// What kind of agreement it is.
    #[serde(default)]
    pub kind: Kind,
    /// Slug of the authority that provides; of a cost share, of its lead.
    pub provider: String,
    /// Slug of the authority that is provided for.
    #[serde(default)]
    pub consumer: String,
    /// Of a cost share, slugs of those who share with its lead instead: each signs an agreement of its own, which says the
    /// same.
    #[serde(default)]
    pub members: Vec<String>,
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
    #[serde(default, rename = "service")]
    pub services: Vec<ServicePart>,
    /// What is promised of them.
    #[serde(default, rename = "service_level")]
    pub service_levels: Vec<ServiceLevel>,
    /// Who answers for which personal data.
    pub data_protection: DataProtection,
    /// Signatures given on paper.
    #[serde(default, rename = "signature")]
    pub signatures: Vec<SignaturePart>,
}

impl AgreementFile {
    /// The agreements that it makes, each between two authorities: one, or one for each who shares with the lead.
    #[must_use]
    pub fn between_two(self) -> Vec<AgreementFile> {
        if self.kind != Kind::CostShare {
            return vec![self];
        }
        let of = |consumer: &String| {
            let is_party = |party: &String| *party == self.provider || party == consumer;
            let mut one = AgreementFile { consumer: consumer.clone(), ..self.clone() };
            one.signatures.retain(|signature| is_party(&signature.party));
            one
        };
        self.members.iter().map(of).collect()
    }
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
    /// Of closings, those with one of these outcomes; all of them if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<String>,
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
