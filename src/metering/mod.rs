//! What was done for whom, counted: usage events and their daily sums. Knows quantities, never prices.
//!
//! Invariants: an event is written in the transaction of the act that it counts, once for each act and meter; it is never
//! changed, only reversed, at most once, by an event of the opposite quantity on the same billing date. Daily sums equal
//! their events. No personal data, ever: a case is its reference.
//!
//! Ids and clocks commit out of order, so "everything after the last one I saw" would lose events. Each event therefore
//! also leaves a pending row; [`fold`] consumes those into numbered batches, and a bill says through which batch it counts.

mod fold;
mod record;
mod usage;
mod verify;

pub use fold::{fold, fold_all};
pub use record::{NewUsage, events_of, record, record_past, reverse, reverse_event};
pub use usage::{
    Batches, Counted, Day, EventFilter, Position, UsageEvent, counted, days, days_of, events, first_uses, last_batch,
    some_events, subjects_of,
};
pub use verify::verify;
