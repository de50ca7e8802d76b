//! Moothall: one deployment that hosts the transaction services of several councils.
//!
//! # The rooms
//! Each row imports only from rows above it, never from its own (a `tidy` test sees to it):
//!
//! | row | rooms | what lives there |
//! |---|---|---|
//! | 1 | [`kernel`] | ids, money in pence, London time, references, seals: no I/O |
//! | 2 | [`platform`] | configuration, connections and scopes, the catalogue gate, the outbox, the web's edge, telemetry |
//! | 3 | [`audit`] | who did and who looked |
//! | 4 | [`tenancy`] | host → authority; brand; the directory |
//! | 5 | [`identity`] · [`agreements`] · [`metering`] · [`ledger`] · [`places`] | staff, and citizens who want an account; what two authorities signed; what was done, counted; books; addresses, and whose a postcode is |
//! | 6 | [`site`] | the frame of every page, [`site::Visit`] and [`site::Posted`] |
//! | 7 | [`notify`] | messages out |
//! | 8 | [`forms`] | service definitions, answers, drafts, search |
//! | 9 | [`cases`] | opening, routing, working, returning, closing; what its citizen does with a case |
//! | 10 | [`billing`] | tariffs, rating, bill runs, documents |
//! | 11 | [`portal`] · [`backoffice`] · [`commercial`] · [`operator`] | the pages, by who uses them |
//! | 12 | [`setup`] | `tenants/` files → plan → apply; the demonstration's history |
//! | 13 | [`app`] | the only room that knows every room: routes, jobs, subscribers, processes |
//!
//! News that must travel upwards goes through the outbox; `app::work` says who subscribes.
//!
//! # What always holds
//! - There is no connection without a scope: whose rows ([`platform::Tx::tenant`]) and who acts ([`platform::Tx::actor`]).
//!   Row level security in the database decides what that shows, whatever a query forgets.
//! - An act, its usage event, its audit entry and its messages are written in one transaction, or none of them is.
//! - Ledgers are appended to: reversed, never edited. An issued document never changes.
//! - Money is whole pence; time is passed in; dates are London's.
//! - A reference that a citizen has seen is in the database.
//!
//! # One walk through the house: a citizen sends a report
//! 1. `site::edge`: the `Host` header names the council ([`tenancy::Directory::by_host`]); no host, no council, 421.
//! 2. Each page that she leaves is kept, right or wrong (`portal/save.rs`): words in the draft, files in [`platform::blob`].
//! 3. `portal/finish.rs::submit` takes a [`site::Posted`], which exists only if the form's token is right, and opens one
//!    transaction as that council: [`forms::lock_draft`], then `Definition::journey`: pure, all mistakes or [`forms::Answers`].
//! 4. [`cases::open`]: [`agreements::in_force`] says whether a partner handles it; the case, its answer sheet, the
//!    timeline, [`metering::record`], the outbox; [`forms::mark_submitted`]. Commit, and 303 to the receipt.
//! 5. The worker tells the citizen ([`cases::compose`], [`notify::send`]), looks into her files ([`cases::examine`]) and folds
//!    the usage ([`metering::fold`]).
//! 6. At the month's end [`billing`] rates what was counted and issues the document that both councils read.

pub mod agreements;
pub mod app;
pub mod audit;
pub mod backoffice;
pub mod billing;
pub mod cases;
pub mod commercial;
pub mod forms;
pub mod identity;
pub mod kernel;
pub mod ledger;
pub mod metering;
pub mod notify;
pub mod operator;
pub mod places;
pub mod platform;
pub mod portal;
pub mod setup;
pub mod site;
pub mod tenancy;
