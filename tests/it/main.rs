//! One test binary: the harness, and a module for each thing tested from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]
#![allow(clippy::too_many_lines, clippy::type_complexity, reason = "a story is told in one piece")]

mod account;
mod addresses;
mod attack;
mod backup;
mod bills;
mod book;
mod browser;
mod casework;
mod concurrency;
mod disputes;
mod durability;
mod exports;
mod follow;
mod front;
mod gate;
mod harness;
mod html;
mod input;
mod intake;
mod invariants;
mod journeys;
mod keys;
mod languages;
mod later;
mod matrix;
mod operator;
mod payments;
mod promises;
mod properties;
mod schema;
mod services;
mod shares;
mod shipping;
mod sign_in;
mod statements;
mod tariffs;
mod tenants;
mod thread;
mod tidy;
mod uploads;
mod versions;
mod walls;
mod watch;
mod work;
