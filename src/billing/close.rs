//! Closing a month of a book: what was used and not billed by then is accrued on its last day and comes back on the first of
//! the next, so that each month bears its own. Each party closes its own book, in its own time, and may open the month again until it is
//! closed for good.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use uuid::Uuid;

use super::build::runs_of;
use super::so_far::so_far;
use crate::agreements;
use crate::audit;
use crate::kernel::{Actor, AuthorityId, Month, Pence, billing_date, new_id};
use crate::ledger::{self, Account, Entered, Entry};
use crate::metering;
use crate::platform::{Result, Tx};

/// What a month is owed under an agreement and not billed, before VAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accrual {
    /// What both parties call the agreement.
    pub reference: String,
    /// The other party.
    pub partner: AuthorityId,
    /// Whether we earn it.
    pub is_income: bool,
    /// The month that it was used in.
    pub month: Month,
    /// How much.
    pub amount: Pence,
}

/// What would be accrued if a month were closed now: of it and of the eleven before it, what no issued bill covers.
///
/// # Errors
/// The database's.
pub fn accruals(tx: &mut Tx<'_>, through: Month) -> Result<Vec<Accrual>> {
    let (me, agreements) = (tx.actor(), agreements::list(tx)?);
    let all: Vec<_> = agreements.iter().map(|agreement| (agreement.consumer, agreement.id)).collect();
    let first_uses = metering::first_uses(tx, &all)?;
    let mut begun = Vec::with_capacity(agreements.len());
    for agreement in &agreements {
        let runs = runs_of(tx, agreement.consumer, agreement.id)?;
        let issued: Vec<Month> = runs.iter().filter(|run| run.issued_seq.is_some()).map(|run| run.month).collect();
        let first = match issued.iter().min() {
            Some(first) => Some(*first),
            // What was used before the platform counted anything was billed elsewhere.
            None => first_uses.get(&agreement.id).map(|day| Month::of(*day)),
        };
        begun.push((first, issued));
    }
    let mut all = Vec::new();
    for month in std::iter::successors(Some(through), |month| Some(month.previous())).take(12) {
        let is_due = |(first, issued): &(Option<Month>, Vec<Month>)| {
            first.is_some_and(|first| first <= month) && !issued.contains(&month)
        };
        if !begun.iter().any(is_due) {
            continue;
        }
        for so_far in so_far(tx, &agreements, month)? {
            let (Some(agreement), Some(begun)) = (agreements.get(so_far.at), begun.get(so_far.at)) else { continue };
            let amount = so_far.rated.net();
            if is_due(begun) && amount.0 != 0 {
                let (partner, is_income) = (agreement.partner_of(me), agreement.provider == me);
                all.push(Accrual { reference: agreement.reference.clone(), partner, is_income, month, amount });
            }
        }
    }
    all.sort_by(|a, b| (a.month, &a.reference).cmp(&(b.month, &b.reference)));
    Ok(all)
}

/// Closes a month of the acting authority's book: softly, with its accruals, or after that for good.
///
/// # Errors
/// [`Error::Conflict`](crate::platform::Error::Conflict) if it is not its turn; the database's.
pub fn close_month(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, month: Month, for_good: bool) -> Result<()> {
    if !for_good {
        for accrual in accruals(tx, month)? {
            accrue(tx, now, month, &accrual)?;
        }
    }
    ledger::close(tx, now, &by.name, month, billing_date(now), for_good)?;
    let entry = audit::Entry {
        action: if for_good { "book.close" } else { "book.soft-close" },
        subject_kind: "book",
        subject_id: new_id(now),
        subject_label: &month.code(),
        purpose: "a month of the book is closed",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

/// Opens the month that was closed softly last, for a reason: what was accrued when it closed is taken out of both months again,
/// and accrued anew when it closes.
///
/// # Errors
/// [`Error::Conflict`](crate::platform::Error::Conflict) if it is not closed softly or a later one is closed; the database's.
pub fn reopen_month(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, month: Month, reason: &str) -> Result<()> {
    ledger::reopen(tx, now, &by.name, month, reason)?;
    // The month is open from here on, and so is the next: each entry is undone on its own day.
    let entered = ledger::entries(tx, None, month.last(), month.until().saturating_add(1.day()))?;
    for (purpose, day, undoing) in
        [("accrue", month.last(), "accrue-undone"), ("accrue-back", month.until(), "accrue-back-undone")]
    {
        let undone: Vec<Uuid> =
            entered.iter().filter(|entry| entry.purpose == undoing).map(|entry| entry.source_id).collect();
        let made = entered.iter().filter(|entry| entry.purpose == purpose && entry.effective_on == day);
        let mut by_source: BTreeMap<Uuid, Vec<&Entered>> = BTreeMap::new();
        for entry in made.filter(|entry| !undone.contains(&entry.source_id)) {
            by_source.entry(entry.source_id).or_default().push(entry);
        }
        for (source_id, entries) in by_source {
            let Some(first) = entries.first() else { continue };
            let postings: Vec<(Account, Pence)> =
                entries.iter().filter_map(|entry| Some((Account::read(&entry.account)?, -entry.amount))).collect();
            let entry = Entry {
                source_id,
                purpose: undoing,
                description: &first.description,
                counterparty: first.counterparty,
                effective_on: day,
                postings: &postings,
            };
            ledger::post(tx, now, &entry)?;
        }
    }
    let entry = audit::Entry {
        action: "book.reopen",
        subject_kind: "book",
        subject_id: new_id(now),
        subject_label: &month.code(),
        purpose: reason,
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

/// Dr accrued income, Cr income; or Dr expenditure, Cr accrued expenditure: and back on the next day.
fn accrue(tx: &mut Tx<'_>, now: Timestamp, closing: Month, of: &Accrual) -> Result<()> {
    let (debit, credit) = if of.is_income {
        (Account::AccruedIncome, Account::Income)
    } else {
        (Account::Expenditure, Account::AccruedExpenditure)
    };
    let (source_id, description) = (new_id(now), format!("{} {}", of.reference, of.month.code()));
    for (purpose, effective_on, sign) in [("accrue", closing.last(), 1), ("accrue-back", closing.until(), -1)] {
        let amount = Pence(sign * of.amount.0);
        let entry = Entry {
            source_id,
            purpose,
            description: &description,
            counterparty: of.partner,
            effective_on,
            postings: &[(debit, amount), (credit, -amount)],
        };
        ledger::post(tx, now, &entry)?;
    }
    Ok(())
}
