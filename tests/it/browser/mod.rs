//! The product in a real Chromium: the whole thread as its people live it, wide and narrow, with JavaScript and without;
//! axe on every state of every page. Pictures of each page land in `target/screenshots/`.

mod access;
mod brands;
mod budgets;
mod disputes;
mod driver;
mod exit;
mod files;
mod follow;
mod front;
mod keyboard;
mod payments;
mod questions;
mod rare;
mod shares;
mod story;
mod time;
mod variations;
