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
/// A case that its citizen opened again.
pub(super) const CASE_REOPENED: &str = "case.reopened";

/// Counts an act on a case that a partner handles, if the agreement in force counts it.
///
/// # Errors
/// The database's.
pub(super) fn count(tx: &mut Tx<'_>, now: Timestamp, case: &Case, meter: &str, act: Uuid) -> Result<()> {
    if case.agreement_id.is_none() || !case.is_with_partner() {
        return Ok(());
    }
    let bound = agreements::in_force(tx, &case.service, billing_date(now))?.filter(|a| a.provider == case.handler);
    let Some(agreement) = bound else { return Ok(()) };
    let of = Counted { id: case.id, service: &case.service, reference: &case.reference, is_private: case.sensitive };
    count_under(tx, now, &agreement, &of, (meter, act))
}

/// What a count says of its case.
pub(super) struct Counted<'a> {
    pub(super) id: Uuid,
    pub(super) service: &'a str,
    pub(super) reference: &'a str,
    pub(super) is_private: bool,
}

/// Counts an act under an agreement, if that counts it.
///
/// # Errors
/// The database's.
pub(super) fn count_under(
    tx: &mut Tx<'_>,
    now: Timestamp,
    agreement: &InForce,
    of: &Counted<'_>,
    (meter, act): (&str, Uuid),
) -> Result<()> {
    for rule in agreement.meters.iter().filter(|rule| rule.meter == meter) {
        let usage = NewUsage {
            provider: agreement.provider,
            agreement_id: agreement.agreement_id,
            service: of.service,
            meter,
            source_id: act,
            subject_id: of.id,
            reference: of.reference,
            quantity: Quantity::ONE,
            value: Pence(0),
            reversed_when: &rule.reversed_when,
            is_private: of.is_private,
        };
        metering::record(tx, now, &usage)?;
    }
    Ok(())
}
