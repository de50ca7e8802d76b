//! The frame of every page: which council is visited, its look, the language, security headers, error pages, and the
//! two ways into a handler — [`Visit`] for reading, [`Posted`] for forms, which exists only when the form's token is right
//! ([`PostedWithFiles`] for those that may bring files).

pub mod assets;
mod edge;
mod language;
mod observe;
mod proof;
mod texts;
mod threads;
mod upload;
mod visit;

pub use assets::gzip;
pub use edge::{brand, edge};
pub use language::spoken;
pub use observe::observe;
pub use proof::Proof;
pub use texts::Texts;
pub use upload::{FILE_LIMIT, File, PostedWithFiles, Refusal, Refused, download};
pub use visit::{Area, Frame, Posted, Site, Visit};

/// What a page says to browsers that must not tell the next site where they were (Referrer Policy).
pub const NO_REFERRER: &str = "no-referrer";
