//! Moothall: one deployment that hosts the transaction services of several councils.

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
pub mod platform;
pub mod portal;
pub mod setup;
pub mod site;
pub mod tenancy;
