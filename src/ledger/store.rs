//! The tables `journal_entry`, `posting` and `number_series`.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::Entry;
use crate::kernel::{Pence, new_id};
use crate::platform::schema::{journal_entry, number_series, posting};
use crate::platform::{Result, Tx};

/// Writes an entry in the acting authority's book; says whether it is new. The same source and purpose again writes
/// nothing, so a job may be done twice.
///
/// # Errors
/// If the postings do not sum to nothing; the database's.
pub fn post(tx: &mut Tx<'_>, now: Timestamp, entry: &Entry<'_>) -> Result<bool> {
    let sum: Pence = entry.postings.iter().map(|(_, amount)| *amount).sum();
    if sum != Pence(0) {
        return Err(anyhow::anyhow!("the entry {} for {} is out by {sum}", entry.purpose, entry.source_id).into());
    }
    let (me, id) = (tx.actor(), new_id(now));
    let written = diesel::insert_into(journal_entry::table)
        .values((
            journal_entry::tenant_id.eq(me),
            journal_entry::id.eq(id),
            journal_entry::source_id.eq(entry.source_id),
            journal_entry::purpose.eq(entry.purpose),
            journal_entry::description.eq(entry.description),
            journal_entry::counterparty_id.eq(entry.counterparty),
            journal_entry::effective_on.eq(entry.effective_on.to_diesel()),
            journal_entry::recorded_at.eq(now.to_diesel()),
        ))
        .on_conflict((journal_entry::tenant_id, journal_entry::source_id, journal_entry::purpose))
        .do_nothing()
        .execute(tx.conn)?;
    if written == 0 {
        return Ok(false);
    }
    let postings: Vec<_> = (1..)
        .zip(entry.postings)
        .map(|(n, (account, amount))| {
            (
                posting::tenant_id.eq(me),
                posting::entry_id.eq(id),
                posting::n.eq(n),
                posting::account.eq(account.word()),
                posting::amount_pence.eq(amount),
            )
        })
        .collect();
    diesel::insert_into(posting::table).values(postings).execute(tx.conn)?;
    Ok(true)
}

/// Takes the next number of one of the acting authority's series: 1, 2, 3 …, for each financial year. The row stays
/// locked until the transaction ends, so nobody else takes it, and a rollback gives it back.
///
/// # Errors
/// The database's.
pub fn next_number(tx: &mut Tx<'_>, series: &str, financial_year: i16) -> Result<i32> {
    Ok(diesel::insert_into(number_series::table)
        .values((
            number_series::tenant_id.eq(tx.actor()),
            number_series::series.eq(series),
            number_series::financial_year.eq(i32::from(financial_year)),
            number_series::last.eq(1),
        ))
        .on_conflict((number_series::tenant_id, number_series::series, number_series::financial_year))
        .do_update()
        .set(number_series::last.eq(number_series::last + 1))
        .returning(number_series::last)
        .get_result(tx.conn)?)
}
