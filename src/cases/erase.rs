//! Erasing cases that were closed so long ago as their service says, and the table `erased_case`: what is left of them, for
//! whoever follows a count on a bill to the case. What was counted stays as it is: it names no citizen.
//!
//! A case's answers, timeline and files hang on it by foreign keys that cascade, so that no part of it outlives it. The partner
//! who worked it forgets its own notes in its own scope, by the outbox.

use diesel::dsl::exists;
use diesel::prelude::*;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_diesel::ToDiesel;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::Case;
use super::{conflict, files, store};
use crate::forms::{self, Retention};
use crate::kernel::time::start_of;
use crate::kernel::{AuthorityId, billing_date};
use crate::platform::outbox::{self, Topic};
use crate::platform::schema::erased_case;
use crate::platform::{Error, Result, Tx};
use crate::tenancy::Authority;
use crate::{agreements, notify};

/// How many cases of a version are erased in one transaction.
const AT_ONCE: i64 = 200;

/// A case that is no longer there.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = erased_case)]
pub struct Erased {
    /// Its id within the owner.
    #[diesel(column_name = case_id)]
    pub id: Uuid,
    /// What it was called.
    pub reference: String,
    /// Of a sensitive service: only who has the role for it learns that it was.
    pub sensitive: bool,
    /// Slug of its service.
    pub service: String,
    /// The version that it began on.
    pub version: i32,
    /// For how many months after closing that keeps its cases.
    #[diesel(column_name = retention_months)]
    pub months: i32,
    /// When it was closed.
    #[diesel(deserialize_as = jiff_diesel::Date)]
    pub closed_on: Date,
    /// When it was erased.
    #[diesel(deserialize_as = jiff_diesel::Date)]
    pub erased_on: Date,
}

/// Some cases that were erased.
#[derive(Debug, Default)]
pub struct ErasedBatch {
    /// Their files, to be removed once the transaction is committed.
    pub blobs: Vec<Uuid>,
    /// Whether there may be more.
    pub is_full: bool,
}

/// Asks the partner who worked a case to forget what it keeps of it, in the partner's scope.
#[derive(Debug, Serialize, Deserialize)]
pub struct Forget {
    /// Whose case it was.
    pub owner: AuthorityId,
    /// Which.
    pub case_id: Uuid,
}

impl Topic for Forget {
    const NAME: &'static str = "cases.forget";
}

/// Erases the acting authority's cases that are past their time, but for those that are `kept`.
///
/// # Errors
/// The database's.
pub fn erase_past(tx: &mut Tx<'_>, now: Timestamp, kept: &[Uuid]) -> Result<ErasedBatch> {
    let today = billing_date(now);
    let mut batch = ErasedBatch::default();
    for rule in forms::retentions(tx)? {
        let before = start_of(today.saturating_sub(rule.months.months()));
        let past = store::lock_past(tx, (&rule.service, rule.version), before, kept, AT_ONCE)?;
        batch.is_full |= i64::try_from(past.len()).unwrap_or(AT_ONCE) == AT_ONCE;
        let under: Vec<Uuid> = past.iter().filter_map(|case| case.agreement_id).collect();
        let providers = agreements::providers(tx, &under)?;
        for case in past {
            let provider = case.agreement_id.and_then(|agreement| providers.get(&agreement)).copied();
            batch.blobs.extend(erase(tx, now, today, &case, &rule, provider)?);
        }
    }
    Ok(batch)
}

fn erase(
    tx: &mut Tx<'_>,
    now: Timestamp,
    today: Date,
    case: &Case,
    rule: &Retention,
    provider: Option<AuthorityId>,
) -> Result<Vec<Uuid>> {
    let blobs = files::blobs_of(tx, case.id)?;
    diesel::insert_into(erased_case::table)
        .values((
            erased_case::tenant_id.eq(case.owner),
            erased_case::case_id.eq(case.id),
            erased_case::provider_id.eq(provider.unwrap_or(case.owner)),
            erased_case::reference.eq(&case.reference),
            erased_case::sensitive.eq(case.sensitive),
            erased_case::service.eq(&case.service),
            erased_case::version.eq(case.version),
            erased_case::retention_months.eq(rule.months),
            erased_case::closed_on.eq(case.closed_at.map_or(today, billing_date).to_diesel()),
            erased_case::erased_on.eq(today.to_diesel()),
        ))
        .execute(tx.conn)?;
    notify::forget(tx, case.id)?;
    forget_own(tx, case.id)?;
    if let Some(provider) = provider {
        let job = Forget { owner: case.owner, case_id: case.id };
        tx.turned(provider, |tx| outbox::publish(tx, now, &job))?;
    }
    store::erase(tx, case.id)?;
    Ok(blobs)
}

/// Forgets what the acting authority keeps of a case of another's that was erased.
///
/// # Errors
/// [`Error::NotFound`] for one that was not, or that it had nothing to do with.
pub fn forget(tx: &mut Tx<'_>, _: Timestamp, _: &Authority, job: &Forget) -> Result<()> {
    let one = erased_case::table.find((job.owner, job.case_id));
    if !diesel::select(exists(one)).get_result(tx.conn)? {
        return Err(Error::NotFound);
    }
    forget_own(tx, job.case_id)
}

fn forget_own(tx: &mut Tx<'_>, case_id: Uuid) -> Result<()> {
    store::erase_own_notes(tx, case_id)?;
    conflict::forget(tx, case_id)
}

/// A case of `owner`'s that was erased and that the acting authority could have seen.
///
/// # Errors
/// [`Error::NotFound`].
pub fn erased(tx: &mut Tx<'_>, owner: AuthorityId, reference: &str) -> Result<Erased> {
    let one = erased_case::table.filter(erased_case::tenant_id.eq(owner)).filter(erased_case::reference.eq(reference));
    Ok(one.select(Erased::as_select()).first(tx.conn)?)
}

/// Those of these cases of `owner`'s that were erased and that the acting authority could have seen.
///
/// # Errors
/// The database's.
pub fn erased_among(tx: &mut Tx<'_>, owner: AuthorityId, ids: &[Uuid]) -> Result<Vec<Erased>> {
    let some = erased_case::table.filter(erased_case::tenant_id.eq(owner)).filter(erased_case::case_id.eq_any(ids));
    Ok(some.select(Erased::as_select()).load(tx.conn)?)
}
