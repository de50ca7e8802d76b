//! Settling a doubt about a sensitive service: a first officer of the provider's proposes what to do, a second confirms it, and
//! only then is the credit note made or the dispute rejected; or the proposal is sent back, and either may propose anew. That
//! both have the role for such services is for the page to see to: who has which is known to their own authority alone.
//!
//! Invariants: nobody confirms what they proposed, or something else than they read; the decision keeps both names.

use jiff::Timestamp;
use uuid::Uuid;

use super::dispute::{Dispute, DisputeAct, credit, dispute, enter, open, record, within};
use super::document::{Document, document};
use crate::kernel::{Actor, Pence};
use crate::platform::{Error, Result, Tx};

/// Proposes to accept an open dispute for an amount, or to reject it where none is given, as the provider.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it was decided, needs no two, waits already, or the amount is more
/// than is doubted.
pub fn propose(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, amount: Option<Pence>, body: &str) -> Result<()> {
    let act = amount.map_or(DisputeAct::ProposeReject, DisputeAct::ProposeAccept);
    as_provider(tx, id, |tx, found, bill| {
        if !found.is_private {
            return Err(Error::Conflict("error-dispute-needs-one".to_owned()));
        }
        if found.proposal().is_some() {
            return Err(Error::Conflict("error-dispute-waits".to_owned()));
        }
        amount.map_or(Ok(()), |amount| within(found, amount))?;
        enter(tx, now, by, found, act, body, None)?;
        record(tx, now, by, "dispute.propose", id, bill)
    })
}

/// Confirms what another officer proposed in this entry, as the provider: the dispute is decided so.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it was decided or sent back meanwhile, or this officer proposed it.
pub fn confirm(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, proposal: Uuid) -> Result<()> {
    as_provider(tx, id, |tx, found, bill| {
        let first = waiting(found, proposal)?;
        if by.staff_id.is_none() || first.by_id.is_none() || first.by_id == by.staff_id {
            return Err(Error::Conflict("error-dispute-same-person".to_owned()));
        }
        match first.act {
            DisputeAct::ProposeAccept(amount) => {
                credit(tx, now, by, (found, bill), (amount, &first.body), Some(first)).map(drop)
            }
            _ => {
                enter(tx, now, by, found, DisputeAct::Reject, &first.body, Some(first))?;
                record(tx, now, by, "dispute.reject", id, bill)
            }
        }
    })
}

/// Sends back what was proposed in this entry, as the provider; whoever proposed it takes it back so.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it was decided or sent back meanwhile.
pub fn send_back(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, proposal: Uuid, body: &str) -> Result<()> {
    as_provider(tx, id, |tx, found, bill| {
        waiting(found, proposal)?;
        enter(tx, now, by, found, DisputeAct::SendBack(proposal), body, None)?;
        record(tx, now, by, "dispute.send-back", id, bill)
    })
}

fn waiting(dispute: &Dispute, proposal: Uuid) -> Result<&super::DisputeEntry> {
    let waits = dispute.proposal().filter(|entry| entry.id == proposal);
    waits.ok_or_else(|| Error::Conflict("error-dispute-stale".to_owned()))
}

/// Runs `f` on an open dispute whose bills are locked, as its provider.
fn as_provider(
    tx: &mut Tx<'_>,
    id: Uuid,
    f: impl FnOnce(&mut Tx<'_>, &Dispute, &Document) -> Result<()>,
) -> Result<()> {
    let found = dispute(tx, id)?;
    if tx.actor() != found.provider {
        return Err(Error::NotFound);
    }
    let bill = document(tx, found.document_id)?;
    tx.turned(found.consumer, |tx| {
        let found = open(tx, &bill, id)?;
        f(tx, &found, &bill)
    })
}
