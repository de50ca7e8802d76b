//! Messages out: what a citizen is told by e-mail.
//!
//! Invariants: a message is asked for in the transaction of the act it tells of, so none is lost and none speaks of
//! something that did not happen; it is sent at least once, always with the same bytes and Message-ID, and never again
//! once the mail server has taken it. Nothing of its text or its recipient is ever logged.

pub mod catcher;
mod mail;
mod store;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use mail::Mailer;
use mail::{Letterhead, Refusal};
use store::Stored;

use crate::kernel::Language;
use crate::platform::outbox::{Item, Topic};
use crate::platform::{Error, Result, Scope, Tx};
use crate::site::Site;

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
    /// Which language that is.
    pub language: Language,
}

impl Topic for Outgoing {
    const NAME: &'static str = "notify.message";
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The mail server has taken it, now or at an earlier attempt.
    Sent,
    /// It cannot be delivered to this address; the message keeps why.
    Refused,
}

/// Sends the message that an item asks for. The message is written down first and has the item's id, so that a second
/// attempt finds it; the mail server is spoken to outside any transaction.
///
/// # Errors
/// What is worth another attempt: the database's, or a mail server that cannot be reached or says "later".
pub fn deliver(site: &Site, mailer: &Mailer, item: &Item) -> Result<Delivery> {
    // The payload holds personal data, and so would the parser's complaint.
    let outgoing: Outgoing =
        serde_json::from_value(item.payload.clone()).map_err(|_| anyhow::anyhow!("the payload is not a message"))?;
    send(site, mailer, item, outgoing)
}

/// The same for a message that was put together from an item of another topic: the item's id is the message's, so that
/// however often the item is done and whatever has changed meanwhile, the message is one.
///
/// # Errors
/// As [`deliver`].
pub fn send(site: &Site, mailer: &Mailer, item: &Item, outgoing: Outgoing) -> Result<Delivery> {
    let directory = site.directory.get();
    let sender =
        directory.by_id(item.tenant_id).ok_or_else(|| anyhow::anyhow!("the sender is not in the directory"))?;
    let scope = Scope::own(item.tenant_id);
    let asked_at = asked_at(item.id)?;
    let stored = site.db.scoped(scope, |tx| store::keep(tx, item.id, outgoing, asked_at))?;
    let outgoing = match stored {
        Stored::Sent => return Ok(Delivery::Sent),
        Stored::Refused => return Ok(Delivery::Refused),
        Stored::Waiting(outgoing) => outgoing,
    };
    let name = sender.names.name.of(outgoing.language);
    let head = Letterhead { id: item.id, asked_at, name, reply_to: &sender.contact.email };
    match mailer.send(&head, &outgoing) {
        Ok(()) => {
            site.db.scoped(scope, |tx| store::mark_sent(tx, item.id, site.clock.now()))?;
            Ok(Delivery::Sent)
        }
        Err(Refusal::Forever(why)) => {
            tracing::warn!(message = %item.id, why, "a message was refused");
            site.db.scoped(scope, |tx| store::mark_refused(tx, item.id, &why, site.clock.now()))?;
            Ok(Delivery::Refused)
        }
        Err(Refusal::Now(why)) => Err(Error::Other(anyhow::anyhow!(why))),
    }
}

/// Erases what the acting authority wrote about a case that is erased.
///
/// # Errors
/// The database's.
pub fn forget(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    store::forget(tx, case_id)
}

/// When the message was asked for: its id is a UUIDv7, made from the clock of that moment. It is the mail's date, the
/// same at every attempt.
fn asked_at(id: Uuid) -> Result<Timestamp> {
    let (seconds, nanos) = id.get_timestamp().ok_or_else(|| anyhow::anyhow!("the item's id holds no time"))?.to_unix();
    let seconds = i64::try_from(seconds).map_err(anyhow::Error::from)?;
    let nanos = i32::try_from(nanos).map_err(anyhow::Error::from)?;
    Ok(Timestamp::new(seconds, nanos).map_err(anyhow::Error::from)?)
}
