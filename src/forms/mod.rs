//! What a citizen is asked: service definitions, how answers are read, drafts, and finding a service.
//!
//! Invariants: a definition that is published never changes, a new version is published; who began on one version
//! finishes on it. Nothing typed is lost: a page is kept as it is left, wrong answers too. Reading answers
//! ([`Definition::parse`]) is pure. What is counted of forms and searches is numbers, never whose they were.

mod address;
mod answers;
mod conditions;
mod counts;
mod diff;
mod draft;
mod format;
mod in_words;
mod journey;
mod missed;
mod model;
mod parse;
mod proof;
mod reading;
mod report;
mod saved;
mod search;
mod services;
mod store;
mod tasks;
mod terms;
#[cfg(test)]
mod tests;
mod upload;
mod when;
mod written;

pub use address::{AddressBy, address_by, set_address_by, set_chosen, set_outside};
pub use answers::{Answer, Answers, SafeContact, SafeWay, Sheet, SheetRow, Value, Words};

pub use counts::{Figure, Figures, figures};
pub use diff::diff;
pub use draft::{
    DRAFT_LIFE, Draft, begun, discard_drafts, expire_drafts, find_draft, find_draft_beside, lock_draft,
    lock_draft_beside, mark_submitted, renew_drafts, save_answers, start_draft,
};
pub use format::{QUESTION_TYPES, check};
pub use journey::{Destination, Journey, Step};
pub use missed::{MissedSearches, keep_missed, missed};
pub use model::{
    Confirmation, ContactRole, Definition, End, Kind, Link, Page, Privacy, Question, QuestionOption, QuestionType,
    Repeat, Route, Routing,
};
pub use parse::{FieldError, Raw, date_rule};
pub use proof::{Finding, prove};
pub use report::{Report, report};
pub use saved::{
    SAVED_LIFE, Saved, about_to_end, close_here, renew_saved, resume, save_for_later, saved, send_to, service_of_draft,
};
pub use search::{Finder, Found, Thing};
pub use services::{Listing, Published, Services};
pub use store::{
    Known, Retention, State, Version, definition, drop_draft, known, load, publish, published, put_draft, read_draft,
    renew, retentions, retire, versions,
};
pub use tasks::{Move, Need, Place, Show, moves, order_tasks, places, reorder, show_task};
pub use upload::{
    Attached, Examine, Examined, FileState, Upload, attach, blobs_in_use, bytes, find_upload, remove_upload,
    remove_uploads_of, set_examined, shown_size, take_uploads, upload_of, uploads_of,
};
pub use when::{Count, Is, Test, When};
pub use written::Written;
