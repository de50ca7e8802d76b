//! Where things are: a council's addresses as its gazetteer has them, and which postcodes are whose.
//!
//! Invariants: a council's addresses are replaced whole, in one transaction, from a file without mistakes; its postcodes
//! are those of its addresses. Nobody but the council reads its addresses; whose a postcode is, everybody may know.

mod dtf;
mod file;
mod store;

pub use file::{Address, digest, read};
pub use store::{Found, Wanted, Whose, all, replace};
