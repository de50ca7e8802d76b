//! From the files of `tenants/` to the database, and back to certainty that both are right.
//!
//! Files bring things in; the database is the truth afterwards (DESIGN: "Files and database"). [`read`] finds every
//! mistake of the folder at once.

mod across;
mod files;
mod history;
mod people;

pub use files::{AgreementFiles, Files, TenantFiles, read};
pub use history::{Scene, first_day, live};
pub use people::{DEMO_PASSWORD, PEOPLE, Someone, add_people};

#[cfg(test)]
mod tests;
