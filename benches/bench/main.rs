//! `make bench`: what the product does in a second, against what PostgreSQL and memory alone do on the same machine at the
//! same time. The statements are those that the running server sends, taken from the database's log, so that they cannot
//! drift from the code. First it is proved that they are good statements: a slow one would make a fine ratio.
//!
//! It fails if a ratio of `docs/benchmarks.md`, which it writes, is missed.

mod capture;
mod load;
mod measure;
mod memory;
mod parse;
mod plans;
mod rated;
mod report;
mod seed;
mod server;
mod uploads;
mod walls;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use measure::Bench;

/// Measures the product. Without arguments: at full scale, and `docs/benchmarks.md` is written.
#[derive(Parser, Clone)]
struct Arguments {
    /// Councils in the database
    #[arg(long, default_value_t = 400)]
    tenants: u32,
    /// Cases in all
    #[arg(long, default_value_t = 1_000_000)]
    cases: u32,
    /// Of those, at each of the two large councils
    #[arg(long, default_value_t = 100_000)]
    large: u32,
    /// Alternating runs of each pair
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// How long each run takes
    #[arg(long, default_value_t = 6)]
    seconds: u32,
    /// Only the pair of this name: "form page", "final submit", "track", "staff queue", "landing" or "search"
    #[arg(long)]
    only: Option<String>,
    /// Write the page although the scale is another
    #[arg(long)]
    write: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
    /// Serve what this file holds from memory: the program starts itself so
    #[arg(long, hide = true)]
    memory: Option<PathBuf>,
}

impl Arguments {
    fn is_full_scale(&self) -> bool {
        (self.tenants, self.cases, self.large) == (400, 1_000_000, 100_000)
            && self.runs >= 5
            && self.seconds >= 5
            && self.only.is_none()
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.memory {
        Some(page) => memory::serve(page).map(|()| true),
        None => run(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut bench = Bench::prepare(arguments)?;
    let results = bench.measure()?;
    let page = report::page(&results)?;
    println!("{page}");
    if arguments.is_full_scale() || arguments.write {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/benchmarks.md"), &page)?;
    }
    Ok(results.are_met())
}

/// Says what is being done, for whoever waits.
fn say(what: &str) {
    eprintln!("bench: {what}");
}
