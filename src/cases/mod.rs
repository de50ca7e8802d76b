//! The work that a finished form starts: opening, routing, working, returning, closing, erasing, and what its citizen does with it.
//!
//! Invariants:
//! - One transaction opens a case: the case, its answer sheet, the timeline's first entry, the usage event where a
//!   partner handles it, the message to the citizen, the draft's end.
//! - The rows of a case belong to the council whose citizen it is, whoever handles it. A handler works on them by turning
//!   its scope to the owner; it can return a case, never give it away.
//! - The case's handler stands on the case and on each of its children, and is the same on all.
//! - Time that is booked to a case is counted in the same transaction, where an agreement counts it; else it is the case's own.
//! - A citizen's act is written in the owner's scope, whoever handles the case: she has told her own council.
//! - A closed case is kept as long as its service says, then erased whole; that it was is all that is left.
//! - What a stranger may learn by guessing a reference is nothing: a wrong contact looks like a wrong reference.

mod citizen;
mod conflict;
mod erase;
mod files;
mod follow;
mod model;
mod news;
mod open;
mod read;
mod store;
mod time;
mod track;
mod usage;
mod verify;
mod work;

pub use citizen::{OwnCase, Receipt, last_contact, looked_at, of_citizen, receipt};
pub use conflict::{Conflict, block, conflicts, is_blocked, unblock};
pub use erase::{Erased, ErasedBatch, Forget, erase_past, erased, erased_among, forget};
pub use files::{examine, file, sweep};
pub use follow::{MayFollow, chase, message, rate, reopen, withdraw};
pub use model::{
    Case, CaseFile, Cursor, OwnNote, QueueFilter, QueueRow, ReturnReason, SeenBy, State, Tab, TimelineEntry,
};
pub use news::{News, compose};
pub use open::{NewCase, Opened, Reroute, end_partner_access, open, reroute, unsealed};
pub use read::{Rated, contact, doubted, find, queue, rated, read};
pub use store::{renew_cases, renew_sheets};
pub use time::{BackReason, Booked, LONGEST as LONGEST_TIME, NewTime, Work, book, booked, take_back, takes_time};
pub use track::{Link, Tracked, track_by_contact, track_by_link, track_token};
pub use verify::verify;
pub use work::{note, own_note, resolve, return_case, take, update};
