//! Plain types and rules that every room shares. No I/O, no clock: whoever needs the time is given it.

pub mod contact;
pub mod days;
pub mod document;
pub mod file_kind;
pub mod format;
mod ids;
mod language;
pub mod money;
pub mod reference;
pub mod seal;
pub mod time;

pub use days::WorkingDays;
pub use file_kind::FileKind;
pub use ids::{Actor, AuthorityId, new_id};
pub use language::{Language, Words};
pub use money::{Pence, Percent, Quantity, Rate};
pub use reference::{Reference, ResumeCode};
pub use time::{Month, billing_date};
