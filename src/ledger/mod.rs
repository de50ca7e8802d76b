//! Each authority's own books: journal entries that balance, and the number series of its documents. Knows nothing of
//! prices or cases; what an entry is about is an id and a purpose.
//!
//! Invariants: every entry's postings sum to nothing, and one that does not is refused; an entry is written once per
//! source and purpose and never changed, nor dated into a month that is closed (a month that is closed for good stays so); a series has no gaps, because a number is taken in the transaction that uses it.

mod period;
mod store;
mod verify;

use jiff::civil::Date;
use uuid::Uuid;

pub use period::{Period, Reopened, close, codes, periods, reopen, reopened, set_code};
pub use store::{Entered, entries, next_number, post, sums};
pub use verify::verify;

use crate::kernel::{AuthorityId, Pence};

/// An account of an authority's book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// What others owe us.
    Receivable,
    /// What we earned, without VAT.
    Income,
    /// VAT that we charged.
    OutputVat,
    /// What we spent, without VAT.
    Expenditure,
    /// VAT that we were charged.
    InputVat,
    /// What we owe others.
    Payable,
    /// What came and went by the bank.
    Bank,
    /// What we earned and have not billed.
    AccruedIncome,
    /// What we spent and were not billed.
    AccruedExpenditure,
}

impl Account {
    /// Every account, in the order shown.
    pub const ALL: [Account; 9] = [
        Account::Receivable,
        Account::AccruedIncome,
        Account::Income,
        Account::OutputVat,
        Account::Expenditure,
        Account::InputVat,
        Account::Payable,
        Account::AccruedExpenditure,
        Account::Bank,
    ];

    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Account::Receivable => "receivable",
            Account::Income => "income",
            Account::OutputVat => "output-vat",
            Account::Expenditure => "expenditure",
            Account::InputVat => "input-vat",
            Account::Payable => "payable",
            Account::Bank => "bank",
            Account::AccruedIncome => "accrued-income",
            Account::AccruedExpenditure => "accrued-expenditure",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn read(word: &str) -> Option<Account> {
        Account::ALL.into_iter().find(|account| account.word() == word)
    }
}

/// An entry to be written. Debits are positive, credits negative.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// What it comes from: a document.
    pub source_id: Uuid,
    /// What happened to that: `issue`.
    pub purpose: &'static str,
    /// For people: the document's number.
    pub description: &'a str,
    /// The authority on the other side.
    pub counterparty: AuthorityId,
    /// The day it counts for, unless its month is closed: then the first day of the next that is open.
    pub effective_on: Date,
    /// Which account, how much.
    pub postings: &'a [(Account, Pence)],
}
