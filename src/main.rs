//! The command line, nothing else.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use moothall::app::{self, Demo, Part};
use moothall::billing::Outcome;
use moothall::identity::{NewStaff, Role};
use moothall::kernel::time::long_moment;
use moothall::kernel::{Actor, Month, Pence, billing_date};
use moothall::platform::blob::Blobs;
use moothall::platform::config::{Config, DatabaseConfig};
use moothall::platform::telemetry::{Style, start_logging};
use moothall::platform::{Clock, Db, Error, Scope, installation, migrate};
use moothall::setup::{self, Files, Options, Take};
use moothall::site::Texts;
use moothall::tenancy::{Authority, Directory};
use moothall::{billing, identity, places, tenancy};

/// Requests make and drop many strings on many threads, and uploads large buffers: this one gives back what they leave.
/// mimalloc kept four times as much of a hundred uploads at once (docs/decisions/0014).
mod service_commands;

use service_commands::Service;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Transaction services and inter-authority billing for councils.
///
/// Settings are environment variables: docs/running.md has the table.
#[derive(Parser)]
#[command(name = "moothall", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portals
    Serve,
    /// Do the work that waits in the outbox
    Work,
    /// Show the product: an embedded PostgreSQL, five authorities, three months of history, everything served
    Demo {
        /// The folder of the councils' files
        #[arg(long, default_value = "tenants")]
        tenants: PathBuf,
        /// Where its database and mail are kept
        #[arg(long, default_value = "var/demo")]
        dir: PathBuf,
        /// Where it is served
        #[arg(long, env = "LISTEN_ADDR", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Health and numbers
        #[arg(long, env = "ADMIN_ADDR", default_value = "127.0.0.1:9080")]
        admin: SocketAddr,
        /// A superuser's URL of a server to use instead of the embedded one
        #[arg(long, env = "DATABASE_URL")]
        server: Option<String>,
        /// Make the database, then stop
        #[arg(long)]
        only_make: bool,
    },
    /// Bring the database up to this program's version
    Migrate,
    /// Authorities, their services and agreements, from files
    #[command(subcommand)]
    Tenant(Tenant),
    /// Addresses of a council
    #[command(subcommand)]
    Address(Address),
    /// Services of a council
    #[command(subcommand)]
    Service(Service),
    /// Staff of an authority
    #[command(subcommand)]
    Staff(Staff),
    /// Bills between authorities
    #[command(subcommand)]
    Bill(Bill),
    /// The secret that signs and seals
    #[command(subcommand)]
    Keys(Keys),
    /// Check everything that must always hold, and count what was looked at
    Verify,
}

#[derive(Subcommand)]
enum Tenant {
    /// Report every mistake in a folder such as tenants/
    Check {
        /// The folder
        dir: PathBuf,
    },
    /// Bring a folder such as tenants/ into the database; a running server shows it within a second
    Apply {
        /// The folder
        dir: PathBuf,
        /// Print what would change and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Which side wins where the files and the database have both changed
        #[arg(long, value_name = "SIDE")]
        take: Option<Take>,
    },
    /// List the authorities in the database
    List,
}

#[derive(Subcommand)]
enum Address {
    /// Replace a council's addresses by those of a file: the gazetteer's DTF 7.3, or uprn,line1,line2,town,postcode
    Import {
        /// The council's folder name, such as marlhaven
        council: String,
        /// The file
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum Staff {
    /// Add somebody, and print the one-time link with which they choose a password
    Add {
        /// The authority's folder name, such as marlhaven
        authority: String,
        /// Their sign-in
        #[arg(long)]
        email: String,
        /// As shown to others
        #[arg(long)]
        name: String,
        /// What they may do; can be given more than once
        #[arg(long = "role", required = true, value_name = "ROLE")]
        roles: Vec<Role>,
        /// The most a signatory may sign for, in whole pounds
        #[arg(long, value_name = "POUNDS", default_value_t = 0)]
        limit: u32,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Seal with the present secret what former ones have sealed, so that they can be removed
    Rotate,
}

#[derive(Subcommand)]
enum Bill {
    /// Prepare the drafts of a month's bills, for a person to review and another to issue: those that there are stay
    Run {
        /// The month, such as 2026-10, or last
        #[arg(long, default_value = "last", value_parser = period)]
        period: Period,
        /// Only for this provider, by folder name; otherwise for every authority
        #[arg(long, value_name = "AUTHORITY")]
        provider: Option<String>,
    },
    /// Price usage by a tariff from two files, without a database, and print the lines as JSON
    Rate {
        /// A file of [[tariff]] sections, as in tenants/agreements (docs/tariffs.md)
        #[arg(long, value_name = "FILE")]
        tariff: PathBuf,
        /// A JSON file of what was counted
        #[arg(long, value_name = "FILE")]
        usage: PathBuf,
        /// The month, such as 2026-10
        #[arg(long, value_parser = month)]
        period: Month,
    },
}

#[derive(Clone, Copy)]
enum Period {
    Last,
    Of(Month),
}

fn month(text: &str) -> Result<Month, String> {
    let known = Month::parse(text).filter(|month| (2000..2200).contains(&month.first().year()));
    known.ok_or_else(|| "write a month such as 2026-10".to_owned())
}

fn period(text: &str) -> Result<Period, String> {
    match text {
        "last" => Ok(Period::Last),
        text => Month::parse(text).map(Period::Of).ok_or_else(|| "write last, or a month such as 2026-10".to_owned()),
    }
}

/// The command did its work and found mistakes, which it has printed.
const MISTAKES: u8 = 1;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            match error.downcast_ref() {
                Some(known) => eprintln!("moothall: {}", in_words(known)),
                None => eprintln!("moothall: {error:#}"),
            }
            ExitCode::from(MISTAKES)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => serve(Part::Web),
        Command::Work => serve(Part::Worker),
        Command::Demo { tenants, dir, listen, admin, server, only_make } => {
            app::demo(&Demo { tenants, dir, listen, admin, server, only_make })?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Migrate => migrate_database(),
        Command::Tenant(Tenant::Check { dir }) => Ok(check(&dir)),
        Command::Tenant(Tenant::Apply { dir, dry_run, take }) => apply(&dir, dry_run, take),
        Command::Tenant(Tenant::List) => list(),
        Command::Address(Address::Import { council, file }) => import_addresses(&council, &file),
        Command::Service(command) => service_commands::run(command),
        Command::Staff(Staff::Add { authority, email, name, roles, limit }) => {
            add_staff(&authority, &email, &name, &roles, Pence(i64::from(limit) * 100))
        }
        Command::Bill(Bill::Run { period, provider }) => run_bills(period, provider.as_deref()),
        Command::Bill(Bill::Rate { tariff, usage, period }) => rate_usage(&tariff, &usage, period),
        Command::Keys(Keys::Rotate) => rotate_keys(),
        Command::Verify => verify(),
    }
}

fn serve(part: Part) -> anyhow::Result<ExitCode> {
    start_logging(Style::Json);
    app::start(Config::from_env()?, part)?;
    Ok(ExitCode::SUCCESS)
}

fn database() -> anyhow::Result<Db> {
    start_logging(Style::Human);
    Ok(Db::new(&DatabaseConfig::from_env()?))
}

fn migrate_database() -> anyhow::Result<ExitCode> {
    let done = migrate::migrate(&DatabaseConfig::migrate_url_from_env()?, false, Clock::real().now())?;
    match done.as_slice() {
        [] => println!("The database is up to date."),
        done => println!("Migrated: {}.", done.join(", ")),
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a folder, or prints its mistakes.
fn read(dir: &Path) -> Option<Files> {
    unless_mistaken(setup::read(dir))
}

fn unless_mistaken<T>(read: Result<T, Vec<impl Display>>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(mistakes) => {
            for mistake in &mistakes {
                println!("{mistake}");
            }
            println!("{}.", count(mistakes.len(), "mistake"));
            None
        }
    }
}

fn import_addresses(council: &str, file: &Path) -> anyhow::Result<ExitCode> {
    let Some(addresses) = unless_mistaken(places::read(file)) else { return Ok(ExitCode::from(MISTAKES)) };
    let db = database()?;
    let directory = db.router(tenancy::load)?;
    setup::import_addresses(&db, Clock::real().now(), authority(&directory, council)?, &addresses)?;
    println!("{council}: {} addresses imported.", addresses.len());
    Ok(ExitCode::SUCCESS)
}

fn check(dir: &Path) -> ExitCode {
    let Some(files) = read(dir) else { return ExitCode::from(MISTAKES) };
    let services = files.tenants.iter().map(|tenant| tenant.services.len()).sum();
    println!(
        "{} is right: {}, {}, {}.",
        dir.display(),
        if files.tenants.len() == 1 {
            "1 authority".to_owned()
        } else {
            format!("{} authorities", files.tenants.len())
        },
        count(services, "service"),
        count(files.agreements.len(), "agreement")
    );
    ExitCode::SUCCESS
}

fn apply(dir: &Path, dry_run: bool, take: Option<Take>) -> anyhow::Result<ExitCode> {
    let Some(files) = read(dir) else { return Ok(ExitCode::from(MISTAKES)) };
    let db = database()?;
    let demonstration = db.router(installation::is_demonstration)?;
    let options = Options { take, now: Clock::real().now(), demonstration };
    let plan = if dry_run { setup::plan(&db, &files, options) } else { setup::apply(&db, &files, options) }?;
    print!("{plan}");
    if !plan.refused.is_empty() {
        println!("Nothing was applied.");
        return Ok(ExitCode::from(MISTAKES));
    }
    match (plan.changes.len(), dry_run) {
        (0, _) => println!("There is nothing to change."),
        (n, true) => println!("{} to apply; nothing was changed.", count(n, "change")),
        (n, false) => println!("{} applied.", count(n, "change")),
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> anyhow::Result<ExitCode> {
    let directory = database()?.router(tenancy::load)?;
    for authority in directory.iter() {
        let demonstration = if authority.demonstration { " (demonstration)" } else { "" };
        println!(
            "{:<16} {:<10} {} {}  {}{demonstration}",
            authority.slug,
            authority.kind,
            authority.prefix,
            authority.name,
            authority.hosts.join(", ")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// An authority, by the name of its folder.
fn authority<'a>(directory: &'a Directory, slug: &str) -> anyhow::Result<&'a Authority> {
    directory.by_slug(slug).map(AsRef::as_ref).with_context(|| {
        let known: Vec<&str> = directory.iter().map(|authority| authority.slug.as_str()).collect();
        format!("there is no authority {slug:?}; there are {}", known.join(", "))
    })
}

/// Who acts when somebody at the command line does.
fn operator_at_the_keyboard(authority: &Authority) -> Actor {
    Actor { staff_id: None, name: "Command line of the platform".to_owned(), authority_name: authority.name.clone() }
}

/// An error as a sentence: the catalogue's where pages say it too.
fn in_words(error: &Error) -> String {
    match error {
        Error::Conflict(key) if Texts::has(key) => Texts::default().get(key),
        Error::Busy => "the database cannot be reached: does DATABASE_URL name a server that runs?".to_owned(),
        error => error.to_string(),
    }
}

fn add_staff(slug: &str, email: &str, name: &str, roles: &[Role], limit: Pence) -> anyhow::Result<ExitCode> {
    start_logging(Style::Human);
    let config = Config::from_env()?;
    let db = Db::new(&config.database);
    let directory = db.router(tenancy::load)?;
    let authority = authority(&directory, slug)?;
    let new = NewStaff::new(authority, email, name, roles, limit).map_err(|faults| {
        let said: Vec<String> =
            faults.iter().map(|(field, key)| format!("{field}: {}", Texts::default().get(key))).collect();
        anyhow::anyhow!(said.join("\n"))
    })?;
    let (now, by) = (Clock::real().now(), operator_at_the_keyboard(authority));
    let invitation = db.scoped(Scope::own(authority.id), |tx| identity::add(tx, &config.secret, now, &by, &new))?;
    let host = authority.hosts.first().context("the authority has no host")?;
    println!(
        "{} can choose a password at this address, once, until {}:",
        new.name(),
        long_moment(invitation.expires_at)
    );
    println!("{}", config.link(host, &invitation.path));
    Ok(ExitCode::SUCCESS)
}

fn run_bills(period: Period, provider: Option<&str>) -> anyhow::Result<ExitCode> {
    let db = database()?;
    let now = Clock::real().now();
    let month = match period {
        Period::Last => Month::of(billing_date(now)).previous(),
        Period::Of(month) => month,
    };
    let directory = db.router(tenancy::load)?;
    let providers: Vec<&Authority> = match provider {
        Some(slug) => vec![authority(&directory, slug)?],
        None => directory.iter().map(AsRef::as_ref).collect(),
    };
    let (mut prepared, mut failed) = (0, 0);
    for provider in providers {
        let done = match billing::prepare_all(&db, provider.id, month, &operator_at_the_keyboard(provider), now) {
            Ok(done) => done,
            Err(error) => anyhow::bail!("{month} of {}: {}", directory.name(provider.id), in_words(&error)),
        };
        for one in done {
            let what = format!("{} for {}, {month}", one.reference, directory.name(one.consumer));
            match one.outcome {
                Outcome::Drafted(_) => {
                    prepared += 1;
                    println!("{what}: prepared; somebody else reviews and issues it at /commercial");
                }
                Outcome::Had => println!("{what}: was prepared before, and stays as it is"),
                Outcome::Nothing => println!("{what}: nothing to bill"),
                Outcome::Parked(reason) => {
                    failed += 1;
                    println!("{what}: parked. {}", in_words(&Error::Conflict(reason)));
                }
            }
        }
    }
    println!("{} prepared, {failed} parked.", count(prepared, "bill"));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(MISTAKES) })
}

fn verify() -> anyhow::Result<ExitCode> {
    let checks = setup::verify(&database()?)?;
    let mut breaches = 0;
    for check in &checks {
        let word = if check.holds() { "holds" } else { "BREACH" };
        println!("{word:<7}{:>9}  {}", check.checked, check.name);
        for breach in &check.breaches {
            println!("                   {breach}");
        }
        breaches += check.breaches.len();
    }
    println!(
        "{}, {}.",
        count(checks.len(), "invariant"),
        if breaches == 1 { "1 breach".to_owned() } else { format!("{breaches} breaches") }
    );
    Ok(if breaches == 0 { ExitCode::SUCCESS } else { ExitCode::from(MISTAKES) })
}

fn rate_usage(tariff: &Path, usage: &Path, period: Month) -> anyhow::Result<ExitCode> {
    let read =
        |path: &Path| std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()));
    let (prices, counted) = (read(tariff)?, read(usage)?);
    let (tariff, usage) = (tariff.display().to_string(), usage.display().to_string());
    let sources = (billing::Source { path: &tariff, text: &prices }, billing::Source { path: &usage, text: &counted });
    let Some(lines) = unless_mistaken(billing::quote(sources.0, sources.1, period)) else {
        return Ok(ExitCode::from(MISTAKES));
    };
    println!("{lines:#}");
    Ok(ExitCode::SUCCESS)
}

fn rotate_keys() -> anyhow::Result<ExitCode> {
    start_logging(Style::Human);
    let config = Config::from_env()?;
    anyhow::ensure!(
        config.secret.has_former(),
        "SECRET_KEY_PREVIOUS is not set: write the old secret there and the new one in SECRET_KEY"
    );
    let db = Db::new(&config.database);
    let blobs = Blobs::new(&config.files.url, &config.secret)?;
    let directory = db.router(tenancy::load)?;
    let rotated = setup::rotate(&db, Clock::real().now(), &blobs, &config.secret, &directory)?;
    for (what, done) in &rotated {
        let lost = if done.lost == 0 { String::new() } else { format!(", {} OPEN WITH NO KEY", done.lost) };
        println!("{:>9} {what}, {} renewed{lost}", done.seen, done.renewed);
    }
    let lost: usize = rotated.iter().map(|(_, done)| done.lost).sum();
    if lost == 0 {
        println!("SECRET_KEY_PREVIOUS is no longer needed.");
    }
    Ok(ExitCode::from(if lost == 0 { 0 } else { MISTAKES }))
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
