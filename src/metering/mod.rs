//! What was done for whom, counted: usage events and their daily sums. Knows quantities, never prices.
//!
//! Invariants: an event is written in the transaction of the act that it counts, once for each act and meter; it is never
//! changed, only reversed, at most once, by an event of the opposite quantity on the same billing date. Daily sums equal
//! their events. No personal data, ever: a case is its reference.
//!
//! Ids and clocks commit out of order, so "everything after the last one I saw" would lose events. Each event therefore
//! also leaves a pending row; [`fold`] consumes those into the open batch of each agreement. A bill [`close`]s that batch and says
//! through which it counts: so [`counted`] says all that a bill needs, by day and batch, in as many rows however many events.

mod digest;
mod fold;
mod record;
mod rollup;
mod usage;
mod verify;

pub use digest::EventDigest;
pub use fold::{close, fold, fold_all};
pub use record::{NewUsage, events_of, record, record_past, reverse, reverse_event};
pub use rollup::{Batches, Counted, Day, Items, Reach, Source, closed_batch, counted, days, first_uses, items};
pub use usage::{EventFilter, Position, UsageEvent, events, some_events, subjects_of};
pub use verify::verify;
