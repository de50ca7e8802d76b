//! What every room stands on: configuration, connections and scopes, the outbox, the web's edge, telemetry.

mod beside;
pub mod blob;
pub mod catalogue;
pub mod clamd;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod http;
pub mod installation;
pub mod jobs;
pub mod migrate;
pub mod outbox;
pub mod picture;
pub mod postgres;
mod prepared;
mod renew;
#[allow(missing_docs, reason = "generated from the database, whose migrations document it")]
pub mod schema;
pub mod telemetry;
pub mod turns;
pub mod verify;

pub use beside::Beside;
pub use clock::Clock;
pub use db::{Db, Scope, Tx};
pub use error::{Error, Result};
pub use prepared::{execute_prepared, load_prepared};
pub use renew::{BATCH, Fate, Renewal, renew};
pub use turns::Turns;
