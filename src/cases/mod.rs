//! The work that a finished form starts: opening, routing, working, returning, closing.
//!
//! Invariants:
//! - One transaction opens a case: the case, its answer sheet, the timeline's first entry, the usage event where a
//!   partner handles it, the message to the citizen, the draft's end.
//! - The rows of a case belong to the council whose citizen it is, whoever handles it. A handler works on them by turning
//!   its scope to the owner; it can return a case, never give it away.
//! - The case's handler stands on the case and on each of its children, and is the same on all.
//! - What a stranger may learn by guessing a reference is nothing: a wrong contact looks like a wrong reference.

mod files;
mod model;
mod news;
mod open;
mod read;
mod store;
mod track;
mod verify;
mod work;

pub use files::{examine, file, sweep};
pub use model::{
    Case, CaseFile, Cursor, OwnNote, QueueFilter, QueueRow, ReturnReason, SeenBy, State, Tab, TimelineEntry,
};
pub use news::{News, compose};
pub use open::{NewCase, Opened, Reroute, end_partner_access, open, reroute};
pub use read::{contact, find, queue, read};
pub use track::{Tracked, track_by_contact, track_by_link, track_token};
pub use verify::verify;
pub use work::{note, own_note, resolve, return_case, take, update};
