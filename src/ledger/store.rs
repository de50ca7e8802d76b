//! The tables `journal_entry`, `posting` and `number_series`.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Nullable, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::Entry;
use super::period::open_day;
use crate::kernel::{AuthorityId, Pence, new_id};
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
    let (me, id, effective_on) = (tx.actor(), new_id(now), open_day(tx, entry.effective_on)?);
    let written = diesel::insert_into(journal_entry::table)
        .values((
            journal_entry::tenant_id.eq(me),
            journal_entry::id.eq(id),
            journal_entry::source_id.eq(entry.source_id),
            journal_entry::purpose.eq(entry.purpose),
            journal_entry::description.eq(entry.description),
            journal_entry::counterparty_id.eq(entry.counterparty),
            journal_entry::effective_on.eq(effective_on.to_diesel()),
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

/// What an entry did to one account.
#[derive(Clone, Debug)]
pub struct Entered {
    /// What it comes from.
    pub source_id: Uuid,
    /// What happened to that.
    pub purpose: String,
    /// For people.
    pub description: String,
    /// The authority on the other side.
    pub counterparty: AuthorityId,
    /// The day it counts for.
    pub effective_on: Date,
    /// The account's word.
    pub account: String,
    /// Debits positive, credits negative.
    pub amount: Pence,
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    account: String,
    #[diesel(sql_type = BigInt)]
    amount: Pence,
}

/// What each account of the acting authority's book comes to for days before `until`, by the accounts' words: with one
/// counterparty or with all.
///
/// # Errors
/// The database's.
pub fn sums(tx: &mut Tx<'_>, with: Option<AuthorityId>, until: Date) -> Result<BTreeMap<String, Pence>> {
    let sums: Vec<Sum> = diesel::sql_query(
        "select p.account, sum(p.amount_pence)::bigint as amount from journal_entry j \
         join posting p on p.tenant_id = j.tenant_id and p.entry_id = j.id \
         where j.tenant_id = $1 and j.effective_on < $2 and ($3 is null or j.counterparty_id = $3) group by 1",
    )
    .bind::<SqlUuid, _>(tx.actor())
    .bind::<SqlDate, _>(until.to_diesel())
    .bind::<Nullable<SqlUuid>, _>(with)
    .load(tx.conn)?;
    Ok(sums.into_iter().map(|sum| (sum.account, sum.amount)).collect())
}

/// What the acting authority's book holds for days from `from` until before `until`, by day: with one counterparty or with
/// all.
///
/// # Errors
/// The database's.
pub fn entries(tx: &mut Tx<'_>, with: Option<AuthorityId>, from: Date, until: Date) -> Result<Vec<Entered>> {
    type Row = (Uuid, String, String, AuthorityId, jiff_diesel::Date, String, Pence);
    let mut query = journal_entry::table
        .inner_join(
            posting::table
                .on(posting::tenant_id.eq(journal_entry::tenant_id).and(posting::entry_id.eq(journal_entry::id))),
        )
        .filter(journal_entry::tenant_id.eq(tx.actor()))
        .filter(journal_entry::effective_on.ge(from.to_diesel()))
        .filter(journal_entry::effective_on.lt(until.to_diesel()))
        .order((journal_entry::effective_on, journal_entry::id, posting::n))
        .select((
            journal_entry::source_id,
            journal_entry::purpose,
            journal_entry::description,
            journal_entry::counterparty_id,
            journal_entry::effective_on,
            posting::account,
            posting::amount_pence,
        ))
        .into_boxed();
    if let Some(with) = with {
        query = query.filter(journal_entry::counterparty_id.eq(with));
    }
    let rows: Vec<Row> = query.load(tx.conn)?;
    let entered = rows.into_iter().map(|(source_id, purpose, description, counterparty, day, account, amount)| {
        Entered { source_id, purpose, description, counterparty, effective_on: day.into(), account, amount }
    });
    Ok(entered.collect())
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
