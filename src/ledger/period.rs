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

/// The closed months of the acting authority's book, the newest first, each with its last step.
///
/// # Errors
/// The database's.
pub fn periods(tx: &mut Tx<'_>) -> Result<Vec<Period>> {
    let rows: Vec<(jiff_diesel::Date, String, String, jiff_diesel::Timestamp)> = book_period::table
        .filter(book_period::tenant_id.eq(tx.actor()))
        .order((book_period::period_start.desc(), book_period::state))
        .select((book_period::period_start, book_period::state, book_period::by_name, book_period::at))
        .load(tx.conn)?;
    let mut periods: Vec<Period> = rows
        .into_iter()
        .map(|(month, state, by, at)| Period {
            month: Month::of(month.into()),
            is_closed: state == "closed",
            by,
            at: at.into(),
        })
        .collect();
    // "closed" stands before "soft".
    periods.dedup_by_key(|period| period.month);
    Ok(periods)
}

/// Takes a month one step further: open, softly closed, closed. Months close in their order.
///
/// # Errors
/// [`Error::Conflict`] if it is not over, an earlier month is open, or it is closed already.
pub fn close(tx: &mut Tx<'_>, now: Timestamp, by: &str, month: Month, today: Date, for_good: bool) -> Result<()> {
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
    diesel::insert_into(book_period::table)
        .values((
            book_period::tenant_id.eq(tx.actor()),
            book_period::period_start.eq(month.first().to_diesel()),
            book_period::state.eq(if for_good { "closed" } else { "soft" }),
            book_period::by_name.eq(by),
            book_period::at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The day an entry of a day counts for: its own, or the first of an open month.
pub(super) fn open_day(tx: &mut Tx<'_>, day: Date) -> Result<Date> {
    let last: Option<jiff_diesel::Date> = book_period::table
        .filter(book_period::tenant_id.eq(tx.actor()))
        .select(diesel::dsl::max(book_period::period_start))
        .first(tx.conn)?;
    Ok(last.map_or(day, |last| day.max(Month::of(last.into()).until())))
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
