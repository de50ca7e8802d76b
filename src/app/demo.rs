//! `moothall demo`: an embedded PostgreSQL, the councils of `tenants/`, three months and a bit of history, mail that is
//! caught, and everything served from one process. The second start finds what the first has made.

use std::fs;
use std::io::{IsTerminal, Write as _, stderr};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use jiff::Timestamp;

use super::{House, Part, Process, examine, house, settle};
use crate::identity::Role;
use crate::kernel::billing_date;
use crate::kernel::seal::Token;
use crate::kernel::time::{long_date, start_of};
use crate::notify::catcher::Catcher;
use crate::platform::config::{self, Config, DatabaseConfig, FilesConfig, Limits, MailConfig};
use crate::platform::postgres::{self, Postgres};
use crate::platform::telemetry::{self, Style};
use crate::platform::{Clock, Db, migrate};
use crate::setup::{self, DEMO_PASSWORD, PEOPLE, Scene};

/// The finished database, and its name while it is being made.
const DATABASE: &str = "moothall_demo";
const MAKING: &str = "moothall_demo_making";

/// What a demonstration is told.
pub struct Demo {
    /// The folder of the councils' files.
    pub tenants: PathBuf,
    /// Where its database and its mail are kept.
    pub dir: PathBuf,
    /// Where it is served.
    pub listen: SocketAddr,
    /// Health and numbers.
    pub admin: SocketAddr,
    /// A superuser's URL of a PostgreSQL server to use instead of the embedded one.
    pub server: Option<String>,
    /// Only make the database, then stop.
    pub only_make: bool,
}

/// Runs it until Ctrl-C. Called on the main thread, which outlives the database server.
///
/// # Errors
/// Whatever is missing, in a sentence.
pub fn demo(told: &Demo) -> anyhow::Result<()> {
    telemetry::start_logging(Style::Human);
    let begun = Instant::now();
    let dir = postgres::reachable_dir(&told.dir)?;
    if dir != told.dir.canonicalize()? {
        say(&format!("The postgres user cannot reach {}: the database is in {}", told.dir.display(), dir.display()));
    }
    let server = match &told.server {
        Some(_) => None,
        None => Some(start_postgres(&dir)?),
    };
    let admin_url = match (&told.server, &server) {
        (Some(url), _) => url.clone(),
        (None, Some(server)) => server.url("postgres").replace("{role}", "postgres"),
        (None, None) => bail!("there is no database server"),
    };
    let secret = secret(&told.dir)?;
    let mail = told.dir.join("mail");
    let files = told.dir.canonicalize()?.join("files");
    let catcher = Catcher::start(&mail, Clock::real()).context("cannot catch mail")?;
    let config = |database: &str| -> anyhow::Result<Config> {
        Ok(Config {
            listen: told.listen,
            admin: told.admin,
            database: databases(&admin_url, database)?,
            mail: MailConfig { smtp_url: catcher.url(), from: "no-reply@moothall.example".to_owned() },
            files: FilesConfig { url: format!("file://{}", files.display()), clamd: None },
            secret: secret.clone(),
            trusted_proxies: Vec::new(),
            public_scheme: "http".to_owned(),
            public_port: Some(told.listen.port()),
            limits: Limits::default(),
            workers: 2,
            mail_catcher: Some(mail.clone()),
            drain_seconds: 0,
        })
    };
    if !migrate::exists(&admin_url, DATABASE)? {
        make(told, &admin_url, &config(MAKING)?)?;
    }
    migrate::migrate(&migrate::with_database(&admin_url, DATABASE)?, true, Clock::real().now())?;
    if told.only_make {
        return Ok(());
    }
    let config = config(DATABASE)?;
    let process = Process::bind(&config, Part::Both)?;
    let house = house(config, Clock::real())?;
    examine(&house.db, Part::Both)?;
    greet(&house, told.listen.port(), begun);
    process.run(&house)
}

fn start_postgres(dir: &Path) -> anyhow::Result<Postgres> {
    say("Starting PostgreSQL");
    Postgres::start(dir, &[("shared_buffers", "256MB"), ("max_connections", "60")])
}

/// The three roles' URLs on a server, from a superuser's: the same server, the role's name, no password.
fn databases(admin_url: &str, database: &str) -> anyhow::Result<DatabaseConfig> {
    let url = migrate::with_database(admin_url, database)?;
    let (scheme, rest) = url.split_once("://").context("DATABASE_URL is not a URL")?;
    let host = rest.split_once('@').map_or(rest, |(_, host)| host);
    Ok(DatabaseConfig::from_template(&format!("{scheme}://{{role}}@{host}"), 8))
}

/// The demonstration's own secret, made once and kept.
fn secret(dir: &Path) -> anyhow::Result<crate::kernel::seal::Secret> {
    let path = dir.join("secret");
    if !path.exists() {
        let made = hex::encode([Token::random().hash(), Token::random().hash()].concat());
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(made.as_bytes())?;
    }
    config::secret(&fs::read_to_string(&path)?)
}

/// Makes the database under another name, so that a start cut short begins again.
fn make(told: &Demo, admin_url: &str, config: &Config) -> anyhow::Result<()> {
    let now = Clock::real().now();
    say("Making the database");
    migrate::drop_database(admin_url, MAKING)?;
    migrate::create_database(admin_url, MAKING, true, now)?;
    let begun = start_of(setup::first_day(billing_date(now)));
    let db = Db::new(&config.database);
    let files = setup::read(&told.tenants).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{} has mistakes:\n{}", told.tenants.display(), lines.join("\n"))
    })?;
    say("Bringing in the councils");
    let options = setup::Options { take: None, now: begun, demonstration: true };
    let plan = setup::apply(&db, &files, options)?;
    if !plan.refused.is_empty() {
        bail!("{} cannot be applied: {:?}", told.tenants.display(), plan.refused);
    }
    let clock = Clock::standing(begun);
    let house = house(config.clone(), clock.clone())?;
    let people = setup::add_people(&house.db, &house.directory.get(), begun)?;
    live(&house, &clock, &people, now)?;
    drop((house, db));
    migrate::rename_database(admin_url, MAKING, DATABASE)
}

fn live(house: &House, clock: &Clock, people: &[setup::Someone], now: Timestamp) -> anyhow::Result<()> {
    let (directory, services) = (house.directory.get(), house.services.get());
    let scene = Scene {
        db: &house.db,
        directory: &directory,
        services: &services,
        clock,
        secret: &house.config.secret,
        people,
    };
    let line = stderr().is_terminal();
    let mut month = None;
    setup::live(
        &scene,
        now,
        || settle(house).map(drop),
        |day| {
            if line {
                eprint!("\rLiving through the last three months: {}   ", long_date(day));
            } else if month.replace(day.month()) != Some(day.month()) {
                say(&format!("Living through the last three months: {}", day.strftime("%B %Y")));
            }
        },
    )?;
    if line {
        eprintln!();
    }
    Ok(())
}

fn say(words: &str) {
    eprintln!("{words}");
}

fn greet(house: &House, port: u16, begun: Instant) {
    let directory = house.directory.get();
    println!(
        "\nMoothall is up after {:.1} seconds. Everybody's password is {DEMO_PASSWORD} and the code may be left empty.\n",
        begun.elapsed().as_secs_f32()
    );
    for authority in directory.iter() {
        println!("{:<28} http://{}:{port}/", authority.name, authority.hosts.first().map_or("", String::as_str));
        for person in PEOPLE.iter().filter(|p| p.council == authority.slug) {
            let roles: Vec<&str> = person.roles.iter().map(|r| Role::word(*r)).collect();
            println!("    {:<30} {}", person.email, roles.join(", "));
        }
    }
    println!(
        "\nStaff sign in at /staff, commercial teams come to /commercial, the operator to /operator. Ctrl-C stops it."
    );
}
