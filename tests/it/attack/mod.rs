//! The attack suite: what a stranger, and what a partner, must not get at. Every council has rows of the same shapes, and
//! every value that somebody else must not see carries a canary that says whose it is ([`canary`]).

mod acts;
mod bill;
mod canary;
mod edge;
mod errors;
mod forms;
mod ids;
mod leaks;
mod pool;
mod rows;
mod seed;
mod tokens;

pub use ids::bytes;
pub use seed::{World, answers, lines, published};
