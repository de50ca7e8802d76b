//! What can go wrong in a request, as the edge needs to tell it apart. Causes are logged once, never sent.

use std::time::Duration;

use crate::kernel::money::TooMuch;

/// The result of a verb.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or may not be seen: the two look the same (404).
    #[error("not found")]
    NotFound,
    /// Nobody is signed in, or the session has ended (to the sign-in page).
    #[error("signed out")]
    SignedOut,
    /// The signed-in person lacks the role that this needs (403).
    #[error("needs the role {0}")]
    Denied(&'static str),
    /// The form's token is missing or wrong, or the request came from another site (403).
    #[error("cross-site request")]
    Forged,
    /// It has changed meanwhile, or its state does not allow this: the sentence says which (409).
    #[error("{0}")]
    Conflict(String),
    /// Too many attempts; try again after this time (429).
    #[error("too many attempts")]
    TooMany(Duration),
    /// No connection came free in time (503 with Retry-After).
    #[error("busy")]
    Busy,
    /// The request is malformed in a way no page produces (400).
    #[error("malformed request: {0}")]
    Malformed(&'static str),
    /// The request is longer than anything a page of ours sends (413).
    #[error("the request is too large")]
    TooLarge,
    /// The database refused or failed.
    #[error("database: {0}")]
    Database(diesel::result::Error),
    /// Anything else that should not happen.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl From<TooMuch> for Error {
    fn from(_: TooMuch) -> Self {
        Error::Conflict("error-bill-too-much".to_owned())
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Error::NotFound,
            error => Error::Database(error),
        }
    }
}
