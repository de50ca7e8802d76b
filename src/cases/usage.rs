//! Counting what is done to a case under the agreement that its handler works under, in the transaction of the act.

use jiff::Timestamp;
use uuid::Uuid;

use super::model::Case;
use crate::agreements::{self, InForce};
use crate::kernel::{Pence, Quantity, billing_date};
use crate::metering::{self, NewUsage};
use crate::platform::{Result, Tx};

/// A case that was taken on by its handler.
pub(super) const CASE_ACCEPTED: &str = "case.accepted";
/// A case that was ended with one of its outcomes.
pub(super) const CASE_CLOSED: &str = "case.closed";
/// That it was ended after its target: never charged, but a service level counts it.
pub(super) const CASE_LATE: &str = "case.late";
/// A case that its citizen opened again.
pub(super) const CASE_REOPENED: &str = "case.reopened";
/// Minutes that staff booked to a case.
pub(super) const STAFF_MINUTES: &str = "staff.minutes";

/// What is done to a case and may be counted.
pub(super) struct Act<'a> {
    /// The case event, or the booking.
    pub(super) id: Uuid,
    pub(super) meter: &'static str,
    /// What it was closed with, where it was.
    pub(super) outcome: Option<&'a str>,
    pub(super) quantity: Quantity,
    /// When it was done: its London day is the one that it counts for.
    pub(super) at: Timestamp,
}

impl<'a> Act<'a> {
    /// One act of now.
    pub(super) fn one(id: Uuid, meter: &'static str, at: Timestamp) -> Act<'a> {
        Act { id, meter, outcome: None, quantity: Quantity::ONE, at }
    }
}

/// Counts an act on a case that a partner handles, if the agreement in force on its day counts it: says which does.
///
/// # Errors
/// The database's.
pub(super) fn count(tx: &mut Tx<'_>, now: Timestamp, case: &Case, act: &Act<'_>) -> Result<Option<Uuid>> {
    if case.agreement_id.is_none() || !case.is_with_partner() {
        return Ok(None);
    }
    let bound = agreements::in_force(tx, &case.service, billing_date(act.at))?.filter(|a| a.provider == case.handler);
    let Some(agreement) = bound else { return Ok(None) };
    let of = Counted { id: case.id, service: &case.service, reference: &case.reference, is_private: case.sensitive };
    let is_counted = count_under(tx, now, &agreement, &of, act)?;
    Ok(is_counted.then_some(agreement.agreement_id))
}

/// What a count says of its case.
pub(super) struct Counted<'a> {
    pub(super) id: Uuid,
    pub(super) service: &'a str,
    pub(super) reference: &'a str,
    pub(super) is_private: bool,
}

/// Counts an act under an agreement, if that counts it: says whether it does.
///
/// # Errors
/// The database's.
pub(super) fn count_under(
    tx: &mut Tx<'_>,
    now: Timestamp,
    agreement: &InForce,
    of: &Counted<'_>,
    act: &Act<'_>,
) -> Result<bool> {
    let mut is_counted = false;
    for rule in agreement.meters.iter().filter(|rule| rule.counts(act.meter, act.outcome)) {
        let usage = NewUsage {
            provider: agreement.provider,
            agreement_id: agreement.agreement_id,
            service: of.service,
            meter: &rule.meter,
            source_id: act.id,
            subject_id: of.id,
            reference: of.reference,
            quantity: act.quantity,
            value: Pence(0),
            reversed_when: &rule.reversed_when,
            is_private: of.is_private,
        };
        metering::record_past(tx, now, act.at, &usage)?;
        is_counted = true;
    }
    Ok(is_counted)
}
