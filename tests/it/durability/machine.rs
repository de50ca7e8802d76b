//! The product as it runs on a machine: PostgreSQL with its own settings, `moothall serve` and `moothall work` as processes,
//! a mail server; and the ways in which each can fail.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use jiff::ToSpan as _;
use moothall::forms::{self, Services};
use moothall::kernel::billing_date;
use moothall::notify::catcher::{Catcher, newest};
use moothall::platform::config::DatabaseConfig;
use moothall::platform::{Clock, Db, migrate};
use moothall::setup;
use moothall::tenancy::{self, Directory};

use super::wire::{DatabaseLine, MailLine};
use crate::attack::lines;
use crate::harness::OwnCluster;

const DATABASE: &str = "moothall";
/// Whatever is waited for comes in this time, or it does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something to be so.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL, as nothing else would be a fault.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The whole of it.
pub struct Machine {
    server: Mutex<Option<Running>>,
    worker: Mutex<Option<Running>>,
    /// Where the portals are.
    pub web: SocketAddr,
    admin: [SocketAddr; 2],
    /// Between server and database.
    pub database_line: DatabaseLine,
    /// Between worker and mail server.
    pub mail_line: MailLine,
    mails: PathBuf,
    _catcher: Catcher,
    /// Who is on the platform.
    pub directory: Directory,
    /// What they offer.
    pub services: Services,
    /// Dropped last.
    pub cluster: OwnCluster,
}

impl Machine {
    /// Starts everything, with the four councils of `tenants/`.
    pub fn start() -> Machine {
        let cluster = OwnCluster::start("durability", &[]);
        let now = Clock::real().now();
        migrate::create_database(&cluster.url("postgres", "postgres"), DATABASE, false, now).unwrap();
        let db = Db::new(&DatabaseConfig::from_template(&cluster.url("{role}", DATABASE), 2));
        let mut files = setup::read(Path::new("tenants")).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        for agreement in &mut files.agreements {
            // The processes go by the real clock, and this test is to outlive the agreements.
            agreement.file.term.until = billing_date(now) + 1.year();
        }
        let options = setup::Options { take: None, now, demonstration: true };
        setup::apply(&db, &files, options).unwrap();
        let (directory, services) =
            db.router(|conn| Ok((tenancy::load(conn)?, forms::load(conn, billing_date(now))?))).unwrap();

        let (mails, wire) = (cluster.dir().join("mails"), cluster.dir().join("wire"));
        fs::create_dir_all(&wire).unwrap();
        let catcher = Catcher::start(&mails, Clock::real()).unwrap();
        let ports = free_ports();
        let machine = Machine {
            server: Mutex::default(),
            worker: Mutex::default(),
            web: ports[0],
            admin: [ports[1], ports[2]],
            database_line: DatabaseLine::lay(&wire, &cluster.socket()),
            mail_line: MailLine::lay(&catcher.url()),
            mails,
            _catcher: catcher,
            directory,
            services,
            cluster,
        };
        machine.start_server(&[]);
        machine.start_worker();
        machine
    }

    fn command(&self, subcommand: &str, socket: &Path) -> Command {
        let url = |role: &str| {
            let socket = socket.display().to_string().replace('/', "%2F");
            format!("postgres://{role}@{socket}/{DATABASE}")
        };
        // The kernel kills it when the thread that starts it ends, however that comes about.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig=KILL", "--", env!("CARGO_BIN_EXE_moothall"), subcommand])
            .env_clear()
            .env("DATABASE_URL", url("moothall_app"))
            .env("DATABASE_ROUTER_URL", url("moothall_router"))
            .env("DATABASE_SYSTEM_URL", url("moothall_system"))
            .env("SECRET_KEY", "5e".repeat(32))
            .env("FILES_URL", format!("file://{}/files", self.cluster.dir().display()))
            .env("SMTP_URL", self.mail_line.url())
            .env("MAIL_FROM", "no-reply@moothall.example")
            .env("PUBLIC_SCHEME", "http")
            .env("TRUSTED_PROXIES", "127.0.0.1")
            .env("STARTS_PER_HOUR", "100000")
            .env("SUBMITS_PER_HOUR", "100000")
            .env("SERVICE_SUBMITS_PER_HOUR", "100000")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, command: &mut Command, name: &str, admin: SocketAddr) -> Running {
        let log = File::options().create(true).append(true).open(self.log(name)).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log).env("ADMIN_ADDR", admin.to_string());
        let mut running = Running(command.spawn().unwrap());
        eventually(&format!("moothall {name} is ready"), || {
            let ended = running.0.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "moothall {name} ended ({ended:?}): {}",
                fs::read_to_string(self.log(name)).unwrap()
            );
            reqwest::blocking::get(format!("http://{admin}/readyz")).ok().filter(|answer| answer.status() == 200)
        });
        running
    }

    fn log(&self, name: &str) -> PathBuf {
        self.cluster.dir().join(format!("{name}.log"))
    }

    /// Starts `moothall serve`, and waits until it is ready.
    pub fn start_server(&self, settings: &[(&str, &str)]) {
        let mut command = self.command("serve", self.database_line.socket());
        command.env("LISTEN_ADDR", self.web.to_string()).envs(settings.iter().copied());
        *self.server.lock().unwrap() = Some(self.run(&mut command, "serve", self.admin[0]));
    }

    /// `kill -9`.
    pub fn kill_server(&self) {
        *self.server.lock().unwrap() = None;
    }

    /// Starts `moothall work`, and waits until it is ready.
    pub fn start_worker(&self) {
        let mut command = self.command("work", &self.cluster.socket());
        *self.worker.lock().unwrap() = Some(self.run(&mut command, "work", self.admin[1]));
    }

    /// `kill -9`.
    pub fn kill_worker(&self) {
        *self.worker.lock().unwrap() = None;
    }

    /// The superuser's connection, as soon as there is one to be had.
    pub fn superuser(&self) -> PgConnection {
        let url = self.cluster.url("postgres", DATABASE);
        eventually("the database takes connections", || PgConnection::establish(&url).ok())
    }

    /// What a query says, its column `line`; asked again where the database goes away meanwhile.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        eventually("the database answers", || lines(&mut self.superuser(), sql).ok())
    }

    /// A number.
    pub fn count(&self, sql: &str) -> i64 {
        self.ask(&format!("select ({sql})::bigint::text as line"))[0].parse().unwrap()
    }

    /// What waits in the queue.
    pub fn waiting(&self) -> i64 {
        self.count("(select count(*) from outbox) + (select count(*) from usage_pending)")
    }

    /// A minute passes: what a dead worker had claimed is anybody's again, and what failed is due.
    pub fn let_leases_end(&self) {
        self.ask(
            "with due as (update outbox set locked_until = null, not_before = created_at where dead_at is null returning 1) \
             select count(*)::text as line from due",
        );
    }

    /// Every mail that the mail server has taken: recipient, Message-ID and all its bytes.
    pub fn mails(&self) -> Vec<moothall::notify::catcher::Caught> {
        newest(&self.mails, usize::MAX).unwrap()
    }

    /// `moothall verify`: what it prints, once it finds nothing wrong.
    pub fn verify(&self) -> String {
        let output = self.command("verify", &self.cluster.socket()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    /// Nothing that ran has panicked.
    pub fn nothing_panicked(&self) {
        for name in ["serve", "work"] {
            let log = fs::read_to_string(self.log(name)).unwrap();
            let panicked: Vec<&str> = log.lines().filter(|line| line.contains("panicked")).collect();
            assert!(panicked.is_empty(), "{name}: {panicked:#?}");
        }
    }
}

/// Ports below those that the kernel gives out by itself, so that they are free again after a restart.
fn free_ports() -> Vec<SocketAddr> {
    let first = 20_000 + u16::try_from(process::id() % 10_000).unwrap();
    let free = (first..32_000).map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    free.filter(|address| TcpListener::bind(address).is_ok()).take(3).collect()
}
