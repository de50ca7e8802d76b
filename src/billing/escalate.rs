//! Escalating a dispute: either party brings it before the contacts that their agreement names on both sides. Who decides stays
//! as it was. Each contact is written to in the scope of their own council; the outbox names none of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::dispute::{DisputeAct, dispute, enter, open, record};
use super::document::{Document, document};
use crate::agreements::{self, Agreement, State};
use crate::kernel::{Actor, billing_date};
use crate::platform::outbox::{self, Topic};
use crate::platform::{Error, Result, Tx};
use crate::tenancy;

/// Asks for a contact to be told of an escalated dispute, in the scope of their council.
#[derive(Debug, Serialize, Deserialize)]
pub struct Escalated {
    /// Which dispute.
    pub dispute_id: Uuid,
    /// Which of the agreement's contacts, from 0.
    pub contact: usize,
}

impl Topic for Escalated {
    const NAME: &'static str = "billing.escalated";
}

/// The agreement whose contacts are told of what is doubted of a bill: the variation that binds now, or else the bill's own.
///
/// # Errors
/// The database's.
pub fn told_under(tx: &mut Tx<'_>, now: Timestamp, bill: &Document) -> Result<Agreement> {
    let own = agreements::read(tx, bill.agreement_id)?;
    let today = billing_date(now);
    let mut all = agreements::list(tx)?.into_iter();
    let now = all.find(|other| {
        (other.consumer, other.provider, &other.reference) == (own.consumer, own.provider, &own.reference)
            && other.state(today) == State::InForce
    });
    Ok(now.unwrap_or(own))
}

/// Escalates an open dispute, as either party.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it was decided or escalated before.
pub fn escalate(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, body: &str) -> Result<()> {
    let found = dispute(tx, id)?;
    let bill = document(tx, found.document_id)?;
    let agreement = told_under(tx, now, &bill)?;
    tx.turned(found.consumer, |tx| {
        if open(tx, &bill, id)?.escalated().is_some() {
            return Err(Error::Conflict("error-dispute-escalated".to_owned()));
        }
        enter(tx, now, by, &found, DisputeAct::Escalate(agreement.id), body, None)?;
        record(tx, now, by, "dispute.escalate", id, &bill)
    })?;
    for party in [found.consumer, found.provider] {
        let slug = tenancy::read(tx.conn, party)?.slug;
        tx.turned(party, |tx| {
            let named = agreement.running.contacts.iter().enumerate().filter(|(_, contact)| contact.party == slug);
            named
                .map(|(contact, _)| Escalated { dispute_id: id, contact })
                .try_for_each(|news| outbox::publish(tx, now, &news))
        })?;
    }
    Ok(())
}
