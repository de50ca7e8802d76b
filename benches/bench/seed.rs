//! The database that is measured: made once, kept until the schema, the councils' files or the scale change, and copied
//! for each run, so that every run finds the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use moothall::cases;
use moothall::kernel::seal::{Secret, sha256_hex};
use moothall::kernel::{AuthorityId, Reference};
use moothall::platform::config::DatabaseConfig;
use moothall::platform::postgres::{self, Postgres};
use moothall::platform::{Db, migrate};
use moothall::setup;
use rand::SeedableRng;
use rand::rngs::StdRng;
use uuid::Uuid;

use super::{Arguments, say};

/// Whose citizens send and follow reports.
pub const CONSUMER: &str = "marlhaven";
/// Whose officers work them.
pub const PROVIDER: &str = "wealdshire";
/// How many cases are followed.
pub const TRACKED: usize = 512;
/// The copy that is measured.
const MEASURED: &str = "measured";

/// What a server in production would be given on such a machine; `fsync` and `synchronous_commit` are on, as always.
const SETTINGS: &[(&str, &str)] = &[
    ("shared_buffers", "2GB"),
    ("max_connections", "100"),
    // A checkpoint in the middle of a run would be luck: each run begins with one.
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "30min"),
    ("log_line_prefix", "<%u> "),
];

/// PostgreSQL with the databases in it.
pub struct Cluster {
    server: Postgres,
    /// Where everything of the bench's is kept.
    pub dir: PathBuf,
    /// The database with the councils of `tenants/` alone.
    pub few: String,
    seeded: String,
}

/// A case that a citizen follows.
pub struct Followed {
    /// The path of its private link.
    pub path: String,
}

impl Cluster {
    /// Starts it, and makes what is not there yet.
    pub fn start(arguments: &Arguments, secret: &Secret, now: Timestamp) -> anyhow::Result<Cluster> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dir = postgres::reachable_dir(&root.join("target/bench"))?;
        let server = Postgres::start(&dir, SETTINGS)?;
        let councils = fingerprint(root, &["migrations", "tenants", "benches/bench/seed.rs"], "")?;
        let scale = format!("{} {} {}", arguments.tenants, arguments.cases, arguments.large);
        let all =
            fingerprint(root, &["migrations", "tenants", "benches/bench/seed.rs", "benches/bench/seed.sql"], &scale)?;
        let cluster = Cluster { server, dir, few: format!("few_{councils}"), seeded: format!("seeded_{all}") };
        cluster.clear_away()?;
        if !cluster.exists(&cluster.few)? {
            cluster.make_few(now)?;
        }
        if !cluster.exists(&cluster.seeded)? {
            cluster.make_seeded(arguments, secret, now)?;
        }
        let begun = Instant::now();
        migrate::drop_database(&cluster.url("postgres", "postgres"), MEASURED)?;
        let copy =
            format!("create database {MEASURED} template {} owner moothall_owner strategy file_copy", cluster.seeded);
        cluster.connect("postgres")?.batch_execute(&copy)?;
        cluster.connect(MEASURED)?.batch_execute("revoke create, temporary on database measured from public")?;
        say(&format!("copied the database in {:.0} s", begun.elapsed().as_secs_f64()));
        Ok(cluster)
    }

    /// The superuser's connection to one of its databases.
    pub fn connect(&self, database: &str) -> anyhow::Result<PgConnection> {
        PgConnection::establish(&self.url("postgres", database))
            .with_context(|| format!("cannot connect to {database}"))
    }

    /// The superuser's connection to the copy that is measured.
    pub fn measured(&self) -> anyhow::Result<PgConnection> {
        self.connect(MEASURED)
    }

    /// How a role reaches a database.
    pub fn url(&self, role: &str, database: &str) -> String {
        self.server.url(database).replace("{role}", role)
    }

    /// How a role reaches the copy that is measured.
    pub fn measured_url(&self, role: &str) -> String {
        self.url(role, MEASURED)
    }

    /// Where its socket is and what the measured copy is called, for pgbench.
    pub fn address(&self) -> (PathBuf, &'static str) {
        (self.server.socket_dir(), MEASURED)
    }

    /// What it writes of its work.
    pub fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn exists(&self, database: &str) -> anyhow::Result<bool> {
        Ok(names(&mut self.connect("postgres")?)?.iter().any(|name| name == database))
    }

    /// Removes what was made of other files, and what a run that was stopped had begun.
    fn clear_away(&self) -> anyhow::Result<()> {
        let admin = self.url("postgres", "postgres");
        for name in names(&mut self.connect("postgres")?)? {
            let ours = ["few_", "seeded_", "making_"].iter().any(|prefix| name.starts_with(prefix));
            if ours && name != self.few && name != self.seeded {
                migrate::drop_database(&admin, &name)?;
            }
        }
        Ok(())
    }

    fn make_few(&self, now: Timestamp) -> anyhow::Result<()> {
        const MAKING: &str = "making_few";
        let admin = self.url("postgres", "postgres");
        migrate::create_database(&admin, MAKING, false, now)?;
        let files = setup::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants")).map_err(|mistakes| {
            anyhow::anyhow!("tenants/ has {} mistakes: moothall tenant check tenants", mistakes.len())
        })?;
        let db = Db::new(&DatabaseConfig::from_template(&self.server.url(MAKING), 2));
        let plan = setup::apply(&db, &files, setup::Options { take: None, now, demonstration: true })?;
        anyhow::ensure!(plan.refused.is_empty(), "tenants/ was refused");
        drop(db);
        self.rename(MAKING, &self.few)
    }

    fn make_seeded(&self, arguments: &Arguments, secret: &Secret, now: Timestamp) -> anyhow::Result<()> {
        const MAKING: &str = "making_seeded";
        say(&format!("making a database of {} cases; this is done once and takes some minutes", arguments.cases));
        let begun = Instant::now();
        migrate::clone_database(&self.url("postgres", "postgres"), &self.few, MAKING)?;
        let mut conn = self.connect(MAKING)?;
        let sql = include_str!("seed.sql")
            .replace("{tenants}", &arguments.tenants.to_string())
            .replace("{cases}", &arguments.cases.to_string())
            .replace("{large}", &arguments.large.to_string())
            .replace("{consumer}", CONSUMER)
            .replace("{provider}", PROVIDER)
            .replace("{now}", &now.to_string());
        for part in sql.split("\n\n") {
            conn.batch_execute(part)?;
            let what = part.lines().find_map(|line| line.strip_prefix("-- ")).unwrap_or_default();
            say(&format!("{:4.0} s  {what}", begun.elapsed().as_secs_f64()));
        }
        let mut rng = StdRng::seed_from_u64(1);
        for case in to_follow(&mut conn)? {
            let reference = Reference::random(&case.prefix, &mut rng);
            diesel::sql_query("update cases set reference = $1, track_hash = $2 where tenant_id = $3 and id = $4")
                .bind::<Text, _>(reference.as_str())
                .bind::<Binary, _>(cases::track_token(secret, case.tenant_id, case.id).hash())
                .bind::<SqlUuid, _>(case.tenant_id)
                .bind::<SqlUuid, _>(case.id)
                .execute(&mut conn)?;
        }
        conn.batch_execute("vacuum (freeze, analyze)")?;
        drop(conn);
        say(&format!("made the database in {:.0} s", begun.elapsed().as_secs_f64()));
        self.rename(MAKING, &self.seeded)
    }

    /// A database has its name only once it is finished. Pools let go of their connections only in time.
    fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        Ok(self.connect("postgres")?.batch_execute(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{from}'; \
             alter database {from} rename to {to}"
        ))?)
    }
}

/// The private links of the cases that are followed.
pub fn followed(conn: &mut PgConnection, secret: &Secret) -> anyhow::Result<Vec<Followed>> {
    let cases = to_follow(conn)?.into_iter().map(|case| {
        let token = cases::track_token(secret, case.tenant_id, case.id);
        Followed { path: format!("/track/{}/{}", case.reference, token.expose()) }
    });
    Ok(cases.collect())
}

#[derive(QueryableByName)]
struct ToFollow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: AuthorityId,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = Text)]
    prefix: String,
}

fn to_follow(conn: &mut PgConnection) -> anyhow::Result<Vec<ToFollow>> {
    let sql = format!(
        "select c.tenant_id, c.id, c.reference, a.prefix from cases c join authority a using (tenant_id) \
         where a.slug = '{CONSUMER}' order by md5(c.id::text) limit {TRACKED}"
    );
    Ok(diesel::sql_query(sql).load(conn)?)
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(conn: &mut PgConnection) -> anyhow::Result<Vec<String>> {
    let rows: Vec<Name> = diesel::sql_query("select datname::text as name from pg_database").load(conn)?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// A short hash of everything below some paths.
fn fingerprint(root: &Path, paths: &[&str], more: &str) -> anyhow::Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect(&root.join(path), &mut files)?;
    }
    files.sort();
    let mut text = more.to_owned();
    for file in files {
        text.push_str(&sha256_hex(&fs::read(&file)?));
    }
    Ok(sha256_hex(text.as_bytes())[..12].to_owned())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else {
        files.push(path.to_owned());
    }
    Ok(())
}
