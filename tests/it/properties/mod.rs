//! The invariants of billing, whatever two councils do in whatever order: a generator makes up an agreement with prices of
//! every shape and a history under it (usage, what is sent again, corrections, what comes late, runs, disputes, credits,
//! payments, months that close, a clock that moves both ways); the product's own functions live it on PostgreSQL as the
//! server's restricted role; then each invariant is looked at by its name. What fails is made as small as it gets.
//!
//! `HISTORIES=500 cargo test --test it properties::` tries so many of them; `PROPTEST_RNG_SEED` gives others.

mod history;
mod invariants;
mod life;

use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

use crate::harness::Database;

/// As many as the gate has time for.
const HISTORIES: u32 = 48;

#[test]
fn every_invariant_of_billing_holds_whatever_happens_in_any_order() {
    let database = Database::with_strangers();
    let db = database.db();
    let given = Config::default();
    let config = Config {
        cases: std::env::var("HISTORIES").map_or(HISTORIES, |n| n.parse().unwrap()),
        rng_seed: if given.rng_seed == RngSeed::Random { RngSeed::Fixed(2026) } else { given.rng_seed },
        failure_persistence: None,
        max_shrink_iters: given.max_shrink_iters.min(150),
        ..given
    };
    let outcome = TestRunner::new(config).run(&history::history(), |history| {
        let life = life::Life::lived(&database, &db, &history)?;
        invariants::check(&life)
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, history)) => panic!("{why}\n{history:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}
