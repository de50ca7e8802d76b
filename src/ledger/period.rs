//! The tables `book_period` and `account_code`: which months of a book are closed, and what a council's own ledger calls our
//! accounts.

use std::collections::BTreeMap;

use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;

use super::Account;
use crate::kernel::Month;
use crate::platform::schema::{account_code, book_period};
use crate::platform::{Error, Result, Tx};

/// How a month of a book stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Which month.
    pub month: Month,
    /// Whether it is closed for good; otherwise softly, its accruals made.
    pub is_closed: bool,
    /// Who closed it, in that way.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A month that was closed softly and is open again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopened {
    /// Which month.
    pub month: Month,
    /// Why.
    pub reason: String,
    /// Who opened it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The last step of a month.
#[derive(Queryable, Selectable)]
#[diesel(table_name = book_period)]
struct Step {
    #[diesel(deserialize_as = jiff_diesel::Date)]
    period_start: Date,
    n: i32,
    state: String,
    reason: Option<String>,
    by_name: String,
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    at: Timestamp,
}

/// The last step of every month of the acting authority's book that had one, the newest month first.
fn last_steps(tx: &mut Tx<'_>) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = book_period::table
        .filter(book_period::tenant_id.eq(tx.actor()))
        .order((book_period::period_start.desc(), book_period::n.desc()))
        .select(Step::as_select())
        .load(tx.conn)?;
    steps.dedup_by_key(|step| step.period_start);
    Ok(steps)
}

/// The closed months of the acting authority's book, the newest first, each with its last step.
///
/// # Errors
/// The database's.
pub fn periods(tx: &mut Tx<'_>) -> Result<Vec<Period>> {
    let closed = last_steps(tx)?.into_iter().filter(|step| step.state != OPEN).map(|step| Period {
        month: Month::of(step.period_start),
        is_closed: step.state == CLOSED,
        by: step.by_name,
        at: step.at,
    });
    Ok(closed.collect())
}

/// The months of the acting authority's book that were closed softly and are open again, the newest first.
///
/// # Errors
/// The database's.
pub fn reopened(tx: &mut Tx<'_>) -> Result<Vec<Reopened>> {
    let open = last_steps(tx)?.into_iter().filter(|step| step.state == OPEN).map(|step| Reopened {
        month: Month::of(step.period_start),
        reason: step.reason.unwrap_or_default(),
        by: step.by_name,
        at: step.at,
    });
    Ok(open.collect())
}

const SOFT: &str = "soft";
const OPEN: &str = "open";
const CLOSED: &str = "closed";

/// Takes a month one step further: open, softly closed, closed. Months close in their order.
///
/// # Errors
/// [`Error::Conflict`] if it is not over, an earlier month is open, or it is closed already.
pub fn close(tx: &mut Tx<'_>, now: Timestamp, by: &str, month: Month, today: Date, for_good: bool) -> Result<()> {
    lock(tx)?;
    let periods = periods(tx)?;
    let mine = periods.iter().find(|period| period.month == month);
    let is_next = periods.first().is_none_or(|last| last.month.next() == month);
    let earlier_closed = periods.iter().filter(|period| period.month < month).all(|period| period.is_closed);
    let may = match mine {
        None => !for_good && is_next && today >= month.until(),
        Some(period) => for_good && !period.is_closed && earlier_closed,
    };
    if !may {
        return Err(Error::Conflict("error-book-close".to_owned()));
    }
    step(tx, now, by, month, (if for_good { CLOSED } else { SOFT }, None))
}

/// Opens the newest closed month again, if it is closed softly.
///
/// # Errors
/// [`Error::Conflict`] if it is open, a later month is closed, or it is closed for good.
pub fn reopen(tx: &mut Tx<'_>, now: Timestamp, by: &str, month: Month, reason: &str) -> Result<()> {
    lock(tx)?;
    let may = periods(tx)?.first().is_some_and(|newest| newest.month == month && !newest.is_closed);
    if !may {
        return Err(Error::Conflict("error-book-reopen".to_owned()));
    }
    step(tx, now, by, month, (OPEN, Some(reason)))
}

/// A book's months take their steps one after the other.
fn lock(tx: &mut Tx<'_>) -> Result<()> {
    let me = tx.actor();
    tx.lock("ledger.period", &[me.0])
}

fn step(tx: &mut Tx<'_>, now: Timestamp, by: &str, month: Month, (state, reason): (&str, Option<&str>)) -> Result<()> {
    let last = last_steps(tx)?.into_iter().find(|step| step.period_start == month.first());
    diesel::insert_into(book_period::table)
        .values((
            book_period::tenant_id.eq(tx.actor()),
            book_period::period_start.eq(month.first().to_diesel()),
            book_period::n.eq(last.map_or(1, |last| last.n + 1)),
            book_period::state.eq(state),
            book_period::reason.eq(reason),
            book_period::by_name.eq(by),
            book_period::at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The day an entry of a day counts for: its own, or the first of an open month.
pub(super) fn open_day(tx: &mut Tx<'_>, day: Date) -> Result<Date> {
    Ok(periods(tx)?.first().map_or(day, |last| day.max(last.month.until())))
}

/// What the acting authority's ledger calls our accounts, by their words; those without a code are not in it.
///
/// # Errors
/// The database's.
pub fn codes(tx: &mut Tx<'_>) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = account_code::table
        .filter(account_code::tenant_id.eq(tx.actor()))
        .select((account_code::account, account_code::code))
        .load(tx.conn)?;
    Ok(rows.into_iter().collect())
}

/// Says what the acting authority's ledger calls an account.
///
/// # Errors
/// The database's.
pub fn set_code(tx: &mut Tx<'_>, account: Account, code: &str) -> Result<()> {
    diesel::insert_into(account_code::table)
        .values((
            account_code::tenant_id.eq(tx.actor()),
            account_code::account.eq(account.word()),
            account_code::code.eq(code),
        ))
        .on_conflict((account_code::tenant_id, account_code::account))
        .do_update()
        .set(account_code::code.eq(code))
        .execute(tx.conn)?;
    Ok(())
}
