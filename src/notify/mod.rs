//! Messages out: what a citizen is told by e-mail.
//!
//! Invariants: a message is asked for in the transaction of the act it tells of, so none is lost and none speaks of
//! something that did not happen; it is sent at least once, always under the same Message-ID, and never again once the
//! mail server has taken it. Nothing of its text or its recipient is ever logged.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::platform::outbox::Topic;

/// A message that a room asks for, published in the scope of the authority that it comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outgoing {
    /// The case that it tells of, where there is one.
    pub case_id: Option<Uuid>,
    /// The recipient's address.
    pub to: String,
    /// Its subject, in the recipient's language.
    pub subject: String,
    /// Its text, in the recipient's language.
    pub body: String,
    /// Which language that is: `en`, `cy`.
    pub language: String,
}

impl Topic for Outgoing {
    const NAME: &'static str = "notify.message";
}
