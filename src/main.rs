//! The command line, nothing else.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use jiff::civil::Date;
use moothall::app::{self, Demo, Part};
use moothall::forms::{self, Written};
use moothall::identity::{NewStaff, Role};
use moothall::kernel::document::Mistake;
use moothall::kernel::time::{long_date, long_moment};
use moothall::kernel::{Actor, Month, Pence, billing_date};
use moothall::platform::blob::Blobs;
use moothall::platform::config::{Config, DatabaseConfig};
use moothall::platform::telemetry::{Style, start_logging};
use moothall::platform::{Clock, Db, Error, Scope, installation, migrate};
use moothall::setup::{self, Files, Options, Source, Take};
use moothall::site::Texts;
use moothall::tenancy::{Authority, Directory};
use moothall::{billing, identity, places, tenancy};

/// Requests make and drop many strings on many threads, and uploads large buffers: this one gives back what they leave.
/// mimalloc kept four times as much of a hundred uploads at once (docs/decisions/0014).
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
enum Service {
    /// Publish a service's draft, or an earlier version again, as its next version
    Publish {
        /// The council's folder name, such as marlhaven
        council: String,
        /// The service's file name without .toml, such as pothole
        service: String,
        /// The day from which it is in force, such as 2026-12-01; today by default
        #[arg(long, value_name = "DAY")]
        from: Option<Date>,
        /// Go back: publish what this version said instead of the draft
        #[arg(long, value_name = "VERSION")]
        again: Option<i32>,
    },
    /// Offer a service no longer; forms that were begun are finished
    Retire {
        /// The council's folder name, such as marlhaven
        council: String,
        /// The service's file name without .toml, such as pothole
        service: String,
    },
    /// Prove a service's file, or each below a folder, and report how its texts read
    Check {
        /// The file or the folder
        path: PathBuf,
    },
    /// Write what citizens would see of a service's file as pages that open in any browser
    Preview {
        /// The file, in its council's folder
        file: PathBuf,
        /// Where the pages go
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Say in words what changed from one version of a service to another
    ///
    /// Each is a file, or a version in the database: marlhaven/pothole@3, or marlhaven/pothole@draft.
    Diff {
        /// The earlier one
        old: String,
        /// The later one
        new: String,
    },
    /// Print the list of links that GOV.UK sends its visitors by, as comma-separated values
    ExportLinks {
        /// Only of this council, by its folder name
        council: Option<String>,
    },
    /// List a council's services, their versions and how each stands
    List {
        /// The council's folder name, such as marlhaven
        council: String,
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
    /// Prepare the drafts of a month's bills, for a person to review and another to issue
    Run {
        /// The month, such as 2026-10, or last
        #[arg(long, default_value = "last", value_parser = period)]
        period: Period,
        /// Only for this provider, by folder name; otherwise for every authority
        #[arg(long, value_name = "AUTHORITY")]
        provider: Option<String>,
    },
}

#[derive(Clone, Copy)]
enum Period {
    Last,
    Of(Month),
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
        Command::Service(command) => run_service(command),
        Command::Staff(Staff::Add { authority, email, name, roles, limit }) => {
            add_staff(&authority, &email, &name, &roles, Pence(i64::from(limit) * 100))
        }
        Command::Bill(Bill::Run { period, provider }) => run_bills(period, provider.as_deref()),
        Command::Keys(Keys::Rotate) => rotate_keys(),
        Command::Verify => verify(),
    }
}

fn run_service(command: Service) -> anyhow::Result<ExitCode> {
    let now = Clock::real().now();
    let of = |council: &str| -> anyhow::Result<(Db, Arc<Authority>)> {
        let db = database()?;
        let directory = db.router(tenancy::load)?;
        let council = authority(&directory, council)?.id;
        let known = directory.by_id(council).context("the authority is in the directory")?;
        Ok((db, Arc::clone(known)))
    };
    match command {
        Service::Publish { council, service, from, again } => {
            let (db, known) = of(&council)?;
            let from = from.unwrap_or_else(|| billing_date(now));
            let source = again.map_or(Source::Draft, Source::Again);
            let version = setup::publish_service(&db, now, &known, &service, source, from)?;
            let from = long_date(from);
            println!("{council}: the service {service} is published, version {version}, in force from {from}");
        }
        Service::Check { path } => {
            let reports = setup::check_services(&path)?;
            for report in &reports {
                println!("{report}");
            }
            let wrong = reports.iter().filter(|report| !report.mistakes.is_empty()).count();
            match wrong {
                0 => println!("{}: nothing keeps them from going live.", count(reports.len(), "service")),
                n => println!("{}, of which {n} may not go live.", count(reports.len(), "service")),
            }
            return Ok(ExitCode::from(if wrong == 0 { 0 } else { MISTAKES }));
        }
        Service::Preview { file, out } => {
            let pages = setup::preview_service(&file, &out)?;
            println!(
                "{}: {}, beginning with {}",
                file.display(),
                count(pages, "page"),
                out.join("index.html").display()
            );
        }
        Service::Diff { old, new } => {
            let said = forms::diff(&version_of(&old)?, &version_of(&new)?)?;
            for line in &said {
                println!("{line}");
            }
            if said.is_empty() {
                println!("They say the same.");
            }
        }
        Service::ExportLinks { council } => {
            let db = database()?;
            let today = billing_date(now);
            let (directory, services) = db.router(|conn| Ok((tenancy::load(conn)?, forms::load(conn, today)?)))?;
            if let Some(council) = &council {
                authority(&directory, council)?;
            }
            let links = setup::local_links(&directory, &services, council.as_deref());
            print!("{}", links.csv);
            for line in &links.left_out {
                eprintln!("{line}");
            }
        }
        Service::Retire { council, service } => {
            let (db, known) = of(&council)?;
            setup::retire_service(&db, now, &known, &service)?;
            println!("{council}: the service {service} is retired; forms that were begun can be finished");
        }
        Service::List { council } => {
            let (db, known) = of(&council)?;
            let (versions, known) =
                db.scoped(Scope::own(known.id), |tx| Ok((forms::versions(tx)?, forms::known(tx)?)))?;
            for version in &versions {
                let how = version.state(&versions, billing_date(now));
                println!("{:<24} {:>3}  {how} {}", version.slug, version.version, long_date(version.from));
            }
            for (slug, _) in known.iter().filter(|(_, known)| known.draft.is_some()) {
                println!("{slug:<24}      draft");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A service as a file or the database has it: `tenants/marlhaven/services/pothole.toml`, `marlhaven/pothole@3`,
/// `marlhaven/pothole@draft`.
fn version_of(which: &str) -> anyhow::Result<Written> {
    let Some((service, version)) = which.rsplit_once('@').filter(|_| !Path::new(which).exists()) else {
        return setup::read_service(Path::new(which));
    };
    let (council, service) = service.split_once('/').context("write a file, or council/service@version")?;
    let db = database()?;
    let directory = db.router(tenancy::load)?;
    let owner = authority(&directory, council)?.id;
    let found = match version {
        "draft" => db.scoped(Scope::own(owner), |tx| forms::read_draft(tx, service))?,
        number => {
            let number =
                number.parse().with_context(|| format!("{number:?} is neither a version's number nor draft"))?;
            match db.scoped(Scope::own(owner), |tx| forms::published(tx, owner, service, number)) {
                Err(Error::NotFound) => None,
                found => Some(found?),
            }
        }
    };
    found.with_context(|| format!("{council} has no {which}"))
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

fn unless_mistaken<T>(read: Result<T, Vec<Mistake>>) -> Option<T> {
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
        for one in billing::prepare_all(&db, provider.id, month, &operator_at_the_keyboard(provider), now)? {
            let what = format!("{} for {}, {month}", one.reference, directory.name(one.consumer));
            match one.run {
                Ok(_) => {
                    prepared += 1;
                    println!("{what}: prepared; somebody else reviews and issues it at /commercial");
                }
                Err(error) => {
                    failed += 1;
                    println!("{what}: {}", in_words(&error));
                }
            }
        }
    }
    println!("{} prepared.", count(prepared, "bill"));
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
