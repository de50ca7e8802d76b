//! The command line, nothing else.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use moothall::platform::config::DatabaseConfig;
use moothall::platform::telemetry::{Style, start_logging};
use moothall::platform::{Clock, Db, installation, migrate};
use moothall::setup::{self, Files, Options, Plan, Take};
use moothall::tenancy;

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
    /// Bring the database up to this program's version
    Migrate,
    /// Authorities, their services and agreements, from files
    #[command(subcommand)]
    Tenant(Tenant),
    /// Services of a council
    #[command(subcommand)]
    Service(Service),
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
enum Service {
    /// Publish a service's draft as its next version
    Publish {
        /// The council's folder name, such as marlhaven
        council: String,
        /// The service's file name without .toml, such as pothole
        service: String,
    },
}

/// The command did its work and found mistakes, which it has printed.
const MISTAKES: u8 = 1;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("moothall: {error:#}");
            ExitCode::from(MISTAKES)
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Migrate => migrate_database(),
        Command::Tenant(Tenant::Check { dir }) => Ok(check(&dir)),
        Command::Tenant(Tenant::Apply { dir, dry_run, take }) => apply(&dir, dry_run, take),
        Command::Tenant(Tenant::List) => list(),
        Command::Service(Service::Publish { council, service }) => {
            let version = setup::publish_service(&database()?, Clock::real().now(), &council, &service)?;
            println!("{council}: the service {service} is published, version {version}");
            Ok(ExitCode::SUCCESS)
        }
    }
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
    match setup::read(dir) {
        Ok(files) => Some(files),
        Err(mistakes) => {
            for mistake in &mistakes {
                println!("{mistake}");
            }
            println!("{}.", count(mistakes.len(), "mistake"));
            None
        }
    }
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
    print(&plan);
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

fn print(plan: &Plan) {
    for change in &plan.changes {
        println!("{change}");
    }
    for note in &plan.notes {
        println!("note: {note}");
    }
    for refused in &plan.refused {
        println!("refused: {}", refused.what);
        for line in &refused.difference {
            println!("    {line}");
        }
        if !refused.difference.is_empty() {
            println!("    say --take file or --take database");
        }
    }
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

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
