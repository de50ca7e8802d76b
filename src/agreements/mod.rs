//! Inter-authority agreements: who provides what to whom, for how long, counted how, and who signed.
//!
//! Invariants: an agreement that both parties can read is never changed; a changed file becomes a new *variation* under
//! the same reference. What its provider drafts of one is the provider's alone until it is offered. A signature is a row
//! of its own party's and counts only for the content it was given for. What state an agreement is in follows from its
//! signatures and its term; no column says it.

mod dates;
mod draft;
mod files;
mod format;
mod level;
mod meters;
mod model;
mod store;

pub use dates::{AFTER_DAYS, LAST_DAYS, Lapse, MARGIN_DAYS, Notice, lapses, tell};
pub use draft::{Draft, draft, put_draft, take_draft};
pub use files::{AgreementFile, ServicePart, SignaturePart, Term};
pub use format::check;
pub use level::{CreditStep, FORMAT as LEVEL_FORMAT, Measure, Reached, ServiceLevel, check_levels};
pub use meters::{CLOSED_AS, FED_METERS, METERS, is_meter};
pub use model::{Agreement, Contact, DataProtection, Kind, Running, Signature, State, SubProcessor, overlap};
pub use store::{
    InForce, MeterRule, Offer, are_partners, ended_before, in_force, list, providers, put_offer, put_signature, read,
    sign,
};
