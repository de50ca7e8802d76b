//! `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use super::load::{Sample, program};
use super::measure::{MEMORY_MOST, Pair, Results, median};
use super::rated;
use super::seed::{CONSUMER, PROVIDER};
use super::uploads;

/// What a front page should not exceed, compressed, besides fonts.
const WEIGHT_AIM: f64 = 60.0;

/// The whole page.
pub fn page(results: &Results) -> anyhow::Result<String> {
    let mut text = String::from(
        "# Benchmarks\n\n`make bench` measures the product and writes this page. Each figure is the median of alternating \
         runs; load, server and database share one machine. The figure beside it is what PostgreSQL, or memory, does alone \
         there at the same time with as many connections, so that the ratio says what the product adds, whatever the \
         machine.\n\n",
    );
    text.push_str(
        "| what | a second | against | a second | ratio | at least | aim | |\n|---|--:|---|--:|--:|--:|--:|---|\n",
    );
    for pair in &results.pairs {
        let bound = |b: Option<f64>| b.map_or_else(String::new, |b| format!("{b:.2}"));
        writeln!(
            text,
            "| {} | {:.0} | {} | {:.0} | **{:.2}** | {} | {} | {} |",
            pair.what,
            median(&pair.ours),
            pair.against,
            median(&pair.theirs),
            pair.ratio(),
            bound(pair.at_least),
            bound(pair.aim),
            verdict(pair)
        )?;
    }
    recorded(results, &mut text)?;
    statements(results, &mut text)?;
    how(results, &mut text)?;
    runs(results, &mut text)?;
    Ok(text)
}

fn verdict(pair: &Pair) -> &'static str {
    match (pair.at_least, pair.aim) {
        (None, _) => "recorded",
        (Some(_), _) if !pair.is_met() => "**missed**",
        (Some(_), Some(aim)) if pair.ratio() >= aim => "met, and the aim",
        (Some(_), _) => "met",
    }
}

fn recorded(results: &Results, text: &mut String) -> anyhow::Result<()> {
    let within = |figure: f64, aim: f64| if figure <= aim { "within the aim" } else { "**beyond the aim**" };
    let (rest, most) = results.memory;
    text.push_str("\n## Also recorded\n\n| what | figure | aim | |\n|---|--:|--:|---|\n");
    writeln!(
        text,
        "| resident memory at rest, {} tenants, 40 services each | {rest:.0} MB | {MEMORY_MOST:.0} MB, demanded | {} |",
        results.arguments.tenants,
        if rest <= MEMORY_MOST { "met" } else { "**missed**" }
    )?;
    writeln!(
        text,
        "| what {} files of 20 MB at once add to the server's memory | {:.0} MB | {:.0} MB, demanded | {} |",
        uploads::CITIZENS,
        results.uploads,
        uploads::MOST,
        if results.uploads <= uploads::MOST { "met" } else { "**missed**" }
    )?;
    for parsed in &results.parsed {
        writeln!(
            text,
            "| answers of {} questions with {} conditions read, on one core | {:.0} a second, {:.2} ms each | {:.0} a \
             second, demanded | {} |",
            parsed.questions,
            parsed.conditions,
            parsed.per_second,
            1000.0 / parsed.per_second,
            parsed.at_least,
            if parsed.is_met() { "met" } else { "**missed**" }
        )?;
    }
    writeln!(
        text,
        "| lines of bills rated, on one core | {:.0} a second | {:.0} a second, demanded | {} |",
        results.rated,
        rated::AT_LEAST,
        if results.rated >= rated::AT_LEAST { "met" } else { "**missed**" }
    )?;
    writeln!(text, "| resident memory at its highest under all these loads | {most:.0} MB | | |")?;
    let ms = results.started_in.as_secs_f64() * 1000.0;
    writeln!(text, "| start of the process to `/readyz`, {} tenants | {ms:.0} ms | | |", results.arguments.tenants)?;
    for (slug, bytes) in &results.weights {
        let kilobytes = f64::from(u32::try_from(*bytes)?) / 1000.0;
        writeln!(
            text,
            "| front page of {slug} with sheets, scripts and pictures, compressed, without fonts | {kilobytes:.1} kB | \
             {WEIGHT_AIM:.0} kB | {} |",
            within(kilobytes, WEIGHT_AIM)
        )?;
    }
    for (what, plans) in &results.plans {
        writeln!(text, "| statements of one {what}, between begin and commit | {} | | |", plans.len())?;
    }
    Ok(())
}

fn statements(results: &Results, text: &mut String) -> anyhow::Result<()> {
    text.push_str(
        "\n## The statements\n\nExamined with `EXPLAIN (ANALYZE, BUFFERS)` as the server's own role, behind row level \
         security, with the plan for unknown values and with that for the given ones. No table of more than 1,000 rows is \
         read from end to end, and at most 10 rows are read for each row shown.\n\n\
         | request | statement | rows read | shown or written | blocks | |\n|---|---|--:|--:|--:|---|\n",
    );
    for (what, plans) in &results.plans {
        for plan in plans {
            let first: String = plan.statement.replace('"', "").chars().take(60).collect();
            let fine = if plan.faults.is_empty() { "good" } else { "**bad**" };
            writeln!(
                text,
                "| {what} | `{}…` | {} | {} | {} | {fine} |",
                first.trim(),
                plan.read,
                plan.shown,
                plan.blocks
            )?;
        }
    }
    Ok(())
}

fn how(results: &Results, text: &mut String) -> anyhow::Result<()> {
    let shown = &results.arguments;
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory =
        memory.lines().next().unwrap_or_default().split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok());
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    text.push_str("\n## How\n\n");
    writeln!(
        text,
        "- Machine: {cores} cores, {}, {:.0} GB of memory; {}.",
        model.trim_start_matches([' ', '\t', ':']),
        memory.unwrap_or_default() / 1_048_576.0,
        first_line("uname", &["-sr"])
    )?;
    writeln!(
        text,
        "- {}; {}; {}; built with the release profile.",
        first_line(&program("postgres")?.display().to_string(), &["--version"]),
        first_line("rustc", &["--version"]),
        first_line("wrk", &["-v"])
    )?;
    writeln!(
        text,
        "- Database: {} councils, {} cases in all, {} of them at {CONSUMER} and as many at {PROVIDER}, with timelines and \
         answer sheets, {}; `shared_buffers` 2 GB, everything else as PostgreSQL has it (`fsync` and `synchronous_commit` \
         on), with a checkpoint before each run.",
        shown.tenants, shown.cases, shown.large, results.database
    )?;
    writeln!(
        text,
        "- {} runs of {} s of each side in turn after one that warms up; wrk with one thread and 8 connections; the server \
         with 2 threads and 8 database connections, its log lines written to `/dev/null`; `pgbench -M prepared` with 8 \
         clients in 2 threads.",
        shown.runs, shown.seconds
    )?;
    text.push_str(
        "- pgbench says what the server says: the statements are taken from the database's log while the server answers \
         (`benches/bench/capture.rs`), with the same parameters and as many round trips: what begins a transaction goes in \
         one message on both sides.\n\
         - The final submit is the last POST of a finished form whose case a partner accepts and which is metered: each \
         request has a draft of its own, and after every run the cases, and what was metered, are counted.\n\
         - A form page is the POST of one page of a form that is nearly filled in: each request has a draft of its own, and \
         after every run the drafts that were saved are counted.\n\
         - Track follows 512 private links; the queue is the first page of ten officers.\n\
         - Memory serves the bytes and headers of the front page, or of the search, compressed as browsers ask for it, from a \
         bare handler of the same web server with as many threads. Every council has 40 services.\n\
         - Row level security is switched off for a moment on every table of the measured copy, and on again.\n\n\
         To run it: `make bench`, on a machine that does nothing else. The database is made once, in `target/bench` (or where \
         the `postgres` user can reach, which it prints); it takes some minutes and 8 GB. For a quick look at a smaller \
         scale, which does not write this page: `cargo bench --bench bench -- --tenants 40 --cases 20000 --large 2000 --runs 1 \
         --seconds 2`.\n",
    );
    Ok(())
}

fn runs(results: &Results, text: &mut String) -> anyhow::Result<()> {
    text.push_str("\n## Every run\n\n| what | ours, a second | half within, 99 of 100 within | theirs, a second |\n|---|---|---|---|\n");
    for pair in &results.pairs {
        let rates =
            |samples: &[Sample]| samples.iter().map(|s| format!("{:.0}", s.per_second)).collect::<Vec<_>>().join(", ");
        let middle = pair.ours.get(pair.ours.len() / 2);
        let times = middle.map_or_else(String::new, |s| format!("{}, {}", s.median, s.slowest));
        let times = times.trim_end_matches(", ");
        writeln!(text, "| {} | {} | {times} | {} |", pair.what, rates(&pair.ours), rates(&pair.theirs))?;
    }
    Ok(())
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).output().map(|o| [o.stdout, o.stderr].concat()).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or("unknown").trim().to_owned()
}
