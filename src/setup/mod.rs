//! From the files of `tenants/` to the database, and back to certainty that both are right.
//!
//! Files bring things in; the database is the truth afterwards (DESIGN: "Files and database"). [`read`] finds every
//! mistake of the folder at once; [`plan`] says what [`apply`] would do. Nothing signed or published is altered by a file,
//! and nothing is deleted because a file lost it.

mod across;
mod agreed;
mod apply;
mod check;
mod files;
mod fill;
mod history;
mod links;
mod part;
mod people;
mod preview;
mod rotate;
mod services;
mod store;
mod verify;

pub use apply::{Options, Plan, apply, import_addresses, plan};
pub use check::{check_services, read_service};
pub use files::{AgreementFiles, Files, TenantFiles, read};
pub use fill::fill;
pub use history::{Scene, first_day, live};
pub use links::{LocalLinks, local_links};
pub use part::{Refused, Take};
pub use people::{DEMO_PASSWORD, PEOPLE, Someone, add_people};
pub use preview::preview_service;
pub use rotate::{Rotated, rotate};
pub use services::{Source, publish_service, retire_service};
pub use verify::verify;

#[cfg(test)]
mod tests;
