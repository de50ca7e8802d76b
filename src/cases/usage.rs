//! Counting what is done to a case under the agreement that its handler works under, in the transaction of the act.

use jiff::Timestamp;
use uuid::Uuid;

use super::model::Case;
use crate::agreements;
use crate::kernel::{Pence, Quantity, billing_date};
use crate::metering::{self, NewUsage};
use crate::platform::{Result, Tx};

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
    for rule in agreement.meters.iter().filter(|rule| rule.meter == meter) {
        let usage = NewUsage {
            provider: agreement.provider,
            agreement_id: agreement.agreement_id,
            service: &case.service,
            meter,
            source_id: act,
            subject_id: case.id,
            reference: &case.reference,
            quantity: Quantity::ONE,
            value: Pence(0),
            reversed_when: &rule.reversed_when,
            is_private: case.sensitive,
        };
        metering::record(tx, now, &usage)?;
    }
    Ok(())
}
