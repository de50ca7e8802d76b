//! The PostgreSQL of the test run and the databases in it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};
use std::{fs, process, thread};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use moothall::agreements::Kind;
use moothall::platform::config::DatabaseConfig;
use moothall::platform::postgres::Postgres;
use moothall::platform::{Db, migrate};
use moothall::setup::{self, Files, Options};

use super::server::NOW;

/// When the councils' services came into force: before anything that happens in tests.
const PUBLISHED: &str = "2026-07-01T09:00:00Z";

/// What may be lost when the machine stops, which is everything here, need not be waited for. The tests of durability
/// start servers of their own, with PostgreSQL's own settings.
const SETTINGS: &[(&str, &str)] =
    &[("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off"), ("max_connections", "200")];

/// The server that all tests of this process share.
pub struct Cluster {
    /// `{role}` and `{database}` are to be filled in.
    url: String,
}

impl Cluster {
    /// The URL of one of its databases for a role.
    pub fn url(&self, role: &str, database: &str) -> String {
        self.url.replace("{role}", role).replace("{database}", database)
    }

    /// Its superuser's way in.
    pub fn admin_url(&self) -> String {
        self.url("postgres", "postgres")
    }
}

/// The shared server, started by whoever asks first.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        remove_what_earlier_runs_left("moothall-it-");
        let (sender, receiver) = mpsc::channel();
        // The kernel stops the server when the thread that started it ends: this one lasts as long as the process.
        thread::spawn(move || {
            let dir = std::env::temp_dir().join(format!("moothall-it-{}", process::id()));
            fs::create_dir_all(&dir).unwrap();
            let server = Postgres::start(&dir, SETTINGS).expect("the tests need a PostgreSQL: tests/install.sh");
            sender.send(server.url("{database}")).unwrap();
            loop {
                thread::park();
            }
        });
        Cluster { url: receiver.recv().expect("PostgreSQL starts") }
    })
}

/// Directories of this prefix and the id of a process that is no more.
pub(super) fn remove_what_earlier_runs_left(prefix: &str) {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix(prefix) else { continue };
        if !Path::new("/proc").join(pid).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A database that lasts as long as this value.
pub struct Database {
    name: String,
}

impl Database {
    /// A migrated database with nobody in it.
    pub fn empty() -> Database {
        Database::copy_of(migrated().0)
    }

    /// A database with what `tenants/` brings: four councils and the operator, their services, two agreements about what is
    /// counted.
    pub fn with_councils() -> Database {
        static COUNCILS: OnceLock<Template> = OnceLock::new();
        Database::copy_of(
            COUNCILS
                .get_or_init(|| {
                    Template::filled("template_councils", |files| {
                        files.agreements.retain(|agreement| agreement.file.kind == Kind::Supply);
                    })
                })
                .0,
        )
    }

    /// The same, and a partnership that shares its costs.
    pub fn with_partnership() -> Database {
        static PARTNERS: OnceLock<Template> = OnceLock::new();
        Database::copy_of(PARTNERS.get_or_init(|| Template::filled("template_partners", |_| {})).0)
    }

    /// The same councils, who have published nothing and agreed nothing.
    pub fn with_strangers() -> Database {
        static STRANGERS: OnceLock<Template> = OnceLock::new();
        Database::copy_of(
            STRANGERS
                .get_or_init(|| {
                    Template::filled("template_strangers", |files| {
                        files.tenants.iter_mut().for_each(|tenant| tenant.services.clear());
                        files.agreements.clear();
                    })
                })
                .0,
        )
    }

    /// A database of ours that was never migrated.
    pub fn bare() -> Database {
        // Whoever makes the template makes the roles.
        migrated();
        Database::copy_of("template1")
    }

    /// Keeps what this database holds under a name, for [`Database::kept`]. Whoever is connected is cut off.
    pub fn keep_as(&self, name: &'static str) {
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname = ";
        let mut admin = PgConnection::establish(&cluster().admin_url()).unwrap();
        admin.batch_execute(&format!("{cut}'{}'", self.name)).unwrap();
        migrate::clone_database(&cluster().admin_url(), &self.name, name).unwrap();
        Template::close(name);
    }

    /// A copy of what a test has kept.
    pub fn kept(name: &'static str) -> Database {
        Database::copy_of(name)
    }

    /// A copy of it as it stands. Whoever is connected to it is cut off.
    pub fn copy(&self) -> Database {
        cut_off(&self.name);
        Database::copy_of(&self.name)
    }

    fn copy_of(original: &str) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("it_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        migrate::clone_database(&cluster().admin_url(), original, &name).unwrap();
        Database { name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory of the files that its rows name.
    pub fn files(&self) -> PathBuf {
        std::env::temp_dir().join(format!("moothall-it-{}", process::id())).join("files").join(&self.name)
    }

    /// How one of the roles reaches it.
    pub fn url(&self, role: &str) -> String {
        cluster().url(role, &self.name)
    }

    /// The settings of a server on it.
    pub fn config(&self) -> DatabaseConfig {
        config(&self.name)
    }

    /// The three pools of a server on it.
    pub fn db(&self) -> Db {
        Db::new(&self.config())
    }

    /// A connection of its own.
    pub fn connect(&self, role: &str) -> PgConnection {
        PgConnection::establish(&self.url(role)).unwrap()
    }

    /// The texts that a query finds in its column `text`, as the superuser, past every wall.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            text: String,
        }
        let rows: Vec<Row> = diesel::sql_query(sql).load(&mut self.connect("postgres")).unwrap();
        rows.into_iter().map(|row| row.text).collect()
    }

    /// Runs statements as the superuser, past every wall.
    pub fn force(&self, sql: &str) {
        self.connect("postgres").batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.files());
        let removed = migrate::drop_database(&cluster().admin_url(), &self.name);
        if !thread::panicking() {
            removed.unwrap();
        }
    }
}

/// A database that nobody may connect to, so that it can be copied.
struct Template(&'static str);

impl Template {
    /// What `tenants/` brings, but for what is taken out.
    fn filled(name: &'static str, take_out: impl FnOnce(&mut Files)) -> Template {
        migrate::clone_database(&cluster().admin_url(), migrated().0, name).unwrap();
        let mut files = setup::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants")).unwrap();
        take_out(&mut files);
        let options = Options { take: None, now: PUBLISHED.parse().unwrap(), demonstration: true };
        let plan = setup::apply(&Db::new(&config(name)), &files, options).unwrap();
        assert!(plan.refused.is_empty(), "{plan:?}");
        Template::close(name)
    }

    fn close(name: &'static str) -> Template {
        // The pools that filled it let go of their connections only in time.
        let sql = format!("alter database {name} allow_connections false");
        PgConnection::establish(&cluster().admin_url()).unwrap().batch_execute(&sql).unwrap();
        cut_off(name);
        Template(name)
    }
}

fn cut_off(name: &str) {
    let sql = format!("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'");
    PgConnection::establish(&cluster().admin_url()).unwrap().batch_execute(&sql).unwrap();
}

fn migrated() -> &'static Template {
    static MIGRATED: OnceLock<Template> = OnceLock::new();
    MIGRATED.get_or_init(|| {
        let name = "template_migrated";
        migrate::create_database(&cluster().admin_url(), name, true, NOW.parse().unwrap()).unwrap();
        Template::close(name)
    })
}

fn config(database: &str) -> DatabaseConfig {
    DatabaseConfig::from_template(&cluster().url("{role}", database), 4)
}
