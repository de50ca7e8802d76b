//! The product's own server on a free port, for one test.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use jiff::Timestamp;
use moothall::app;
use moothall::app::House;
use moothall::forms::{self, Services};
use moothall::kernel::seal::Secret;
use moothall::kernel::{AuthorityId, billing_date};
use moothall::platform::config::{Config, FilesConfig, Limits, MailConfig};
use moothall::platform::{Clock, Result, Scope, Tx};
use moothall::tenancy::Authority;

use super::cluster::Database;
use super::visitor::Visitor;

/// When tests happen, until they move their clock: a Friday morning in London.
pub const NOW: &str = "2026-11-20T10:30:00Z";

/// A running server and its database.
pub struct App {
    /// What the server has at hand.
    pub site: House,
    /// Its database.
    pub database: Database,
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    jobs_may_be_left: Cell<bool>,
    /// What was read of services before, which is not read again.
    services: RefCell<Arc<Services>>,
}

impl App {
    /// A server on a new database with the four councils, its clock standing at [`NOW`].
    pub fn start() -> App {
        App::start_with(|_| {})
    }

    /// The same, told something else from outside.
    pub fn start_with(change: impl FnOnce(&mut Config)) -> App {
        App::start_on(Database::with_councils(), change)
    }

    /// A server on a database that the test has prepared.
    pub fn start_on(database: Database, change: impl FnOnce(&mut Config)) -> App {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = config(&database, address.port());
        change(&mut config);
        let site = app::house(config, Clock::standing(NOW.parse().unwrap())).unwrap();
        let (sender, receiver) = mpsc::channel();
        let served = site.clone();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = app::serve(&served, listener).unwrap();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = receiver.recv().expect("the server starts");
        App {
            site,
            database,
            address,
            handle,
            thread: Some(thread),
            jobs_may_be_left: Cell::new(false),
            services: RefCell::default(),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The present moment of its clock.
    pub fn now(&self) -> Timestamp {
        self.site.clock.now()
    }

    /// Moves its clock.
    pub fn set_clock(&self, at: &str) {
        self.site.clock.set(at.parse().unwrap());
    }

    /// An authority, by the name of its folder.
    pub fn authority(&self, slug: &str) -> Arc<Authority> {
        Arc::clone(self.site.directory.get().by_slug(slug).unwrap_or_else(|| panic!("no authority {slug}")))
    }

    /// Its id.
    pub fn id(&self, slug: &str) -> AuthorityId {
        self.authority(slug).id
    }

    /// Works in one transaction as a council.
    pub fn scoped<T>(&self, slug: &str, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> T {
        self.site.db.scoped(Scope::own(self.id(slug)), f).unwrap()
    }

    /// Reads the directory again, as a running server does each second.
    pub fn refresh(&self) {
        app::refresh(&self.site, &mut None).unwrap();
    }

    /// What is in force on the day of its clock.
    pub fn services(&self) -> Arc<Services> {
        let known = Arc::clone(&self.services.borrow());
        let renewed = self.site.db.router(|conn| forms::renew(conn, billing_date(self.now()), &known)).unwrap();
        self.services.replace(Arc::new(renewed));
        Arc::clone(&self.services.borrow())
    }

    /// Somebody at home with a browser, on a council's first host. Each has an address of their own, so that no throttle
    /// takes two for one.
    pub fn visitor(&self, slug: &str) -> Visitor {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let address = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + NEXT.fetch_add(1, Ordering::Relaxed));
        Visitor::new(self.address, &self.authority(slug).hosts[0], &address.to_string())
    }

    /// The test leaves the outbox as it is, on purpose.
    pub fn leave_jobs(&self) {
        self.jobs_may_be_left.set(true);
    }

    /// What waits in the queues: topic and number.
    pub fn jobs(&self) -> Vec<(String, i64)> {
        #[derive(QueryableByName)]
        struct Waiting {
            #[diesel(sql_type = Text)]
            topic: String,
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        let sql = "select topic, count(*) as n from outbox group by topic union all \
                   select 'usage_pending', count(*) from usage_pending having count(*) > 0 order by 1";
        let waiting: Vec<Waiting> = diesel::sql_query(sql).load(&mut self.database.connect("postgres")).unwrap();
        waiting.into_iter().map(|w| (w.topic, w.n)).collect()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // The command is sent by the call; the future only waits for the end, as the join does.
        drop(self.handle.stop(false));
        let ended = self.thread.take().map(JoinHandle::join);
        if thread::panicking() {
            return;
        }
        assert!(matches!(ended, Some(Ok(()))), "the server panicked");
        if !self.jobs_may_be_left.get() {
            assert_eq!(self.jobs(), [], "jobs are left over: run them, or say app.leave_jobs()");
        }
    }
}

fn config(database: &Database, port: u16) -> Config {
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Config {
        listen: nowhere,
        admin: nowhere,
        database: database.config(),
        mail: MailConfig { smtp_url: "smtp://127.0.0.1:9".to_owned(), from: "no-reply@moothall.example".to_owned() },
        files: FilesConfig { url: format!("file://{}", database.files().display()), clamd: None },
        secret: Secret::new(b"the secret of the tests, 32 bytes long or more"),
        // Visitors say where they come from as a proxy would.
        trusted_proxies: vec![IpAddr::from(Ipv4Addr::LOCALHOST)],
        public_scheme: "http".to_owned(),
        public_port: Some(port),
        limits: Limits::default(),
        workers: 1,
        drain_seconds: 0,
        mail_catcher: None,
    }
}
