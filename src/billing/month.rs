//! A whole month: drafts for every agreement under which an authority provides, each in a transaction of its own. What cannot be
//! prepared is parked with its reason, and a run that was broken off is taken up by the next.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::outturn::together;
use super::run::{HAS_RUN, prepare, prepare_new, provided};
use crate::agreements::{self, Agreement, Kind};
use crate::kernel::{Actor, AuthorityId, Month, billing_date};
use crate::metering;
use crate::platform::schema::{bill_run, parked_run};
use crate::platform::{Db, Error, Result, Scope, Tx};

/// Prepares the drafts of one agreement's month: closes what was counted until now, then [`prepare`]s. Says which run it is.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_run(
    db: &Db,
    provider: AuthorityId,
    agreement_id: Uuid,
    month: Month,
    by: &Actor,
    now: Timestamp,
) -> Result<Uuid> {
    let scope = Scope::own(provider);
    let closing = db.scoped(scope, |tx| to_close(tx, agreement_id, month))?;
    closing.into_iter().try_for_each(|(consumer, agreement)| metering::close(db, consumer, &[agreement]))?;
    db.scoped(scope, |tx| prepare(tx, now, by, agreement_id, month))
}

/// The agreements, each with its consumer, of which what was counted until now is to be closed before one is prepared.
///
/// # Errors
/// As [`prepare`].
pub fn to_close(tx: &mut Tx<'_>, agreement_id: Uuid, month: Month) -> Result<Vec<(AuthorityId, Uuid)>> {
    let agreement = provided(tx, agreement_id)?;
    Ok(together(tx, &agreement, month)?.into_iter().map(|one| (one.consumer, one.id)).collect())
}

/// What became of one agreement when a month was prepared for all.
#[derive(Debug)]
pub struct Prepared {
    /// What both parties call it.
    pub reference: String,
    /// Who is billed.
    pub consumer: AuthorityId,
    /// What became of it.
    pub outcome: Outcome,
}

/// What becomes of an agreement's month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has drafts now: the run.
    Drafted(Uuid),
    /// It had a run, which nobody touched.
    Had,
    /// There is nothing to bill.
    Nothing,
    /// It is parked: the key of the message that says why.
    Parked(String),
}

/// Prepares a month's bill for every agreement under which an authority provides and that has none yet. Run again, it does
/// what was left: it changes no run that there is.
///
/// # Errors
/// [`Error::Conflict`] if the month is not over; if the agreements cannot be read.
pub fn prepare_all(db: &Db, provider: AuthorityId, month: Month, by: &Actor, now: Timestamp) -> Result<Vec<Prepared>> {
    if billing_date(now) < month.until() {
        return Err(Error::Conflict("error-bill-month-running".to_owned()));
    }
    let scope = Scope::own(provider);
    let (all, had) = db.scoped(scope, |tx| Ok((agreements::list(tx)?, with_run(tx, month)?)))?;
    let mut mine: Vec<Agreement> = all.into_iter().filter(|a| a.provider == provider && a.binds().is_some()).collect();
    let mut consumers: BTreeMap<AuthorityId, Vec<Uuid>> = BTreeMap::new();
    for agreement in mine.iter().filter(|a| !had.contains(&a.id)) {
        consumers.entry(agreement.consumer).or_default().push(agreement.id);
    }
    // Members who share are prepared together, with the first of them.
    let mut shared = HashSet::new();
    mine.retain(|a| {
        a.kind != Kind::CostShare || a.binds().is_some_and(|days| shared.insert((a.reference.clone(), days.from)))
    });
    let closed: BTreeMap<AuthorityId, Result<()>> =
        consumers.into_iter().map(|(consumer, ids)| (consumer, metering::close(db, consumer, &ids))).collect();
    let of = |agreement: Agreement| {
        let outcome = if had.contains(&agreement.id) {
            Outcome::Had
        } else {
            let prepared = match closed.get(&agreement.consumer) {
                Some(Err(error)) => Err(Error::Conflict(reason(error))),
                _ => db.scoped(scope, |tx| prepare_new(tx, now, by, &agreement, month)),
            };
            settle(db, &agreement, month, by, now, prepared)?
        };
        Ok(Prepared { reference: agreement.reference, consumer: agreement.consumer, outcome })
    };
    mine.into_iter().map(of).collect()
}

/// The agreements that have a run of this month.
fn with_run(tx: &mut Tx<'_>, month: Month) -> Result<Vec<Uuid>> {
    Ok(bill_run::table
        .filter(bill_run::provider_id.eq(tx.actor()))
        .filter(bill_run::period_start.eq(month.first().to_diesel()))
        .select(bill_run::agreement_id)
        .load(tx.conn)?)
}

/// Parks what could not be prepared; what is nothing is not parked.
fn settle(
    db: &Db,
    agreement: &Agreement,
    month: Month,
    by: &Actor,
    now: Timestamp,
    prepared: Result<Uuid>,
) -> Result<Outcome> {
    let scope = Scope::own(agreement.provider);
    match prepared {
        Ok(run) => Ok(Outcome::Drafted(run)),
        Err(Error::Conflict(key)) if key == HAS_RUN => Ok(Outcome::Had),
        Err(Error::Conflict(key)) if key == "error-bill-nothing" => {
            db.scoped(scope, |tx| unpark(tx, agreement.id, month))?;
            Ok(Outcome::Nothing)
        }
        Err(error) => {
            let reason = reason(&error);
            db.scoped(scope, |tx| park(tx, now, by, agreement.id, month, &reason))?;
            Ok(Outcome::Parked(reason))
        }
    }
}

/// The key of the message that says why.
fn reason(error: &Error) -> String {
    match error {
        Error::Conflict(key) => key.clone(),
        error => {
            tracing::error!(%error, "a bill could not be prepared");
            "error-bill-failed".to_owned()
        }
    }
}

/// What a run of a whole month could not prepare.
#[derive(Clone, Debug)]
pub struct Parked {
    /// Under which agreement.
    pub agreement_id: Uuid,
    /// The month.
    pub month: Month,
    /// The key of the message that says why.
    pub reason: String,
    /// Who tried last.
    pub by_name: String,
    /// When.
    pub at: Timestamp,
}

/// What of the acting authority's is parked, the oldest month first.
///
/// # Errors
/// The database's.
pub fn parked(tx: &mut Tx<'_>) -> Result<Vec<Parked>> {
    let rows: Vec<(Uuid, jiff_diesel::Date, String, String, jiff_diesel::Timestamp)> = parked_run::table
        .filter(parked_run::tenant_id.eq(tx.actor()))
        .order((parked_run::period_start, parked_run::agreement_id))
        .select((
            parked_run::agreement_id,
            parked_run::period_start,
            parked_run::reason,
            parked_run::by_name,
            parked_run::at,
        ))
        .load(tx.conn)?;
    let parked =
        |(agreement_id, start, reason, by_name, at): (Uuid, jiff_diesel::Date, _, _, jiff_diesel::Timestamp)| Parked {
            agreement_id,
            month: Month::of(start.into()),
            reason,
            by_name,
            at: at.into(),
        };
    Ok(rows.into_iter().map(parked).collect())
}

fn park(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, agreement: Uuid, month: Month, reason: &str) -> Result<()> {
    let of_now = (parked_run::reason.eq(reason), parked_run::by_name.eq(&by.name), parked_run::at.eq(now.to_diesel()));
    diesel::insert_into(parked_run::table)
        .values((
            parked_run::tenant_id.eq(tx.actor()),
            parked_run::agreement_id.eq(agreement),
            parked_run::period_start.eq(month.first().to_diesel()),
            of_now,
        ))
        .on_conflict((parked_run::tenant_id, parked_run::agreement_id, parked_run::period_start))
        .do_update()
        .set(of_now)
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn unpark(tx: &mut Tx<'_>, agreement: Uuid, month: Month) -> Result<()> {
    diesel::delete(parked_run::table.find((tx.actor(), agreement, month.first().to_diesel()))).execute(tx.conn)?;
    Ok(())
}
