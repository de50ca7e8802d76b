//! Tariffs, rating, bill runs and documents: what was counted, times what was agreed, as both parties see it.
//!
//! Invariants: rating is a pure function of quantities and tariffs; an issued document never changes, says exactly the
//! events at its run's cut-off, and carries the hash of what it says; a document with lines outside the scope of VAT holds
//! no others; nobody issues what they prepared; a late event is billed by the next run, never lost and never twice.
//!
//! A line that its consumer doubts is settled by a dispute ([`raise`]); one that is accepted makes a credit note. About a sensitive
//! service two officers settle it ([`propose`], [`confirm`]).
//!
//! A run goes: [`prepare_all`] closes what was counted and writes each agreement's drafts, which only the provider sees;
//! [`issue`] computes them again, and if nothing has changed numbers and shares them, writes the provider's book, and leaves
//! [`Issued`] in the outbox, from which [`post_consumer_book`] writes the consumer's.

mod actual;
mod api;
mod balance;
mod book;
mod budget;
mod build;
mod close;
mod compare;
mod cost;
mod credit;
mod curve;
mod dispute;
mod document;
mod escalate;
mod files;
mod forecast;
mod format;
mod intake;
mod late;
mod level;
mod model;
mod month;
mod outturn;
mod payee;
mod pool;
mod price;
mod quote;
mod rate;
mod remittance;
mod review;
mod run;
mod share;
mod so_far;
mod tariffs;
#[cfg(test)]
mod tests;
mod two;
mod ubl;
mod used;
mod verify;

pub use actual::{Actual, InMonth, SpentLine, actuals, spent_lines};
pub use api::routes;
pub use balance::{Aged, Balance, DaysToPay, Standing, Which, balances, days_to_pay, oldest_first};
pub use book::{Issued, Remitted, post_consumer_book, post_consumer_remittance};
pub use budget::{
    BudgetAlert, BudgetKey, Thresholds, alerts, alerts_at, budgets, see_alerts, set_budgets, set_thresholds,
    thresholds, watch_budgets,
};
pub use build::{Run, line_events, some_line_events};
pub use close::{Accrual, accruals, close_month, reopen_month};
pub use compare::{Change, Difference, ListChange, PriceChange, Side, differences};
pub use cost::{Months, cost_over, last_year, unpriced_over};
pub use credit::{Credited, credited};
pub use curve::{Cliff, Curve, Point, Priced, curve};
pub use dispute::{
    Dispute, DisputeAct, DisputeEntry, Doubt, accept, cases_in_doubt, decide, disputable, dispute, disputes_of,
    doubted_events, is_private, open_disputes, raise, say,
};
pub use document::{
    AgreementPart, BilledLine, Corrected, Document, DocumentFilter, Heading, Lack, MonthTotal, Party, PayTo,
    SharedCosts, SharedRow, Snapshot, amounts_in_review, canonical, credits_of, document, documents, documents_of_run,
    month_totals, received, snapshot_hash, title,
};
pub use escalate::{Escalated, escalate, told_under};
pub use files::{BandFile, CostFile, MemberFile, PriceFile, ShapeFile, TariffFile, TariffsFile};
pub use forecast::{
    BackTest, ENOUGH_MONTHS, Forecast, LEAST_DAYS, MEAN_DAYS, OfService, Outlook, TRIED_MONTHS, forecasts,
    mean_error_bp,
};
pub use format::{begins_anew, check, check_variation};
pub use intake::{Item, ItemFault, MOST_ITEMS, RawItem, Sent, Taken, Waiting, read_items, take_in, try_again, waiting};
pub use late::beyond;
pub use model::*;
pub use month::{Outcome, Parked, Prepared, parked, prepare_all, prepare_run, to_close};
pub use outturn::{Entered, NewOutturn, SharedYear, enter_outturn, last_month, outturns, pool_in, settle, shared_year};
pub use payee::{BankAccount, bank_accounts, confirm_bank_account, enter_bank_account, in_use, pay_to};
pub use pool::{Basis, Contribution, Member, Outturn, Pool, PooledCost, Settled, pool_of, total, year_label};
pub use price::{Band, Counts, Limits, Price, Shape, Tariff, parse_tariffs, prices_hash, read_tariffs};
pub use quote::{Source, Wrong, quote};
pub use rate::{Account, Carried, Rated, Used, committed, rate};
pub use remittance::{
    Allocation, NewRemittance, Pair, Remittance, RemittanceEntry, Stage, advised, allocate, enter, receive, refuse,
    remittance, remittances, remittances_for, reverse, unused, withdraw,
};
pub use review::{ReviewEntry, agree_to, comment, in_review, review_of};
pub use run::{drafts, issue, issue_run, prepare, provided, run, send_for_review};
pub use share::share;
pub use so_far::{SoFar, late_events, so_far, unprepared};
pub use tariffs::{put_tariffs, tariffs, tariffs_of};
pub use two::{confirm, propose, send_back};
pub use ubl::ubl;
pub use verify::verify;
