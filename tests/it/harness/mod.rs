//! What every test stands on: one PostgreSQL for the run, a database for each test (a copy of a migrated template with
//! the four councils of `tenants/` in it), a server on a free port, and visitors who behave as browsers do.
//!
//! ```ignore
//! let app = App::start();
//! let mut citizen = app.visitor("marlhaven");
//! let page = citizen.get("/").is(200);
//! let mut officer = app.signed_in(&app.person("wealdshire", &[Role::Officer]));
//! ```
//!
//! A test ends with the outbox empty, or says [`App::leave_jobs`].

mod cluster;
mod own_cluster;
mod page;
mod people;
mod server;
mod visitor;

pub use cluster::Database;
pub use own_cluster::OwnCluster;
pub use page::{Form, Page};
pub use server::{App, NOW};
pub use visitor::{Visitor, encode};
