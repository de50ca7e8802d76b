//! Making and upgrading a database: the cluster's roles, the embedded migrations, and the row that says what kind of
//! installation this is. Only deploy-time commands come here; the server's own roles may do none of it.
//!
//! Migrations run as `moothall_owner`, whom row level security binds (FORCE): one that changes rows, rather than tables,
//! does so between `set local role moothall_migrate` and `set local role moothall_owner`, or it silently touches none.

use anyhow::{Context, bail};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Timestamptz};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
const ROLES: &str = include_str!("../../migrations/roles.sql");
/// Two upgrades at once wait for each other on this advisory lock ("moothall").
const LOCK: i64 = 0x6d6f_6f74_6861_6c6c;

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

fn connect(url: &str) -> anyhow::Result<PgConnection> {
    PgConnection::establish(url).context("cannot connect to the database as its administrator")
}

fn ask(conn: &mut PgConnection, question: &str) -> anyhow::Result<bool> {
    Ok(diesel::sql_query(format!("select ({question}) as yes")).get_result::<Answer>(conn)?.yes)
}

/// The same server and role with another database.
///
/// # Errors
/// If the URL does not name a database.
pub fn with_database(url: &str, name: &str) -> anyhow::Result<String> {
    let (rest, options) = url.split_once('?').unwrap_or((url, ""));
    let (server, _) = rest
        .rsplit_once('/')
        .filter(|(server, _)| !server.ends_with('/'))
        .context("a database URL looks like postgres://role@host/database")?;
    let separator = if options.is_empty() { "" } else { "?" };
    Ok(format!("{server}/{name}{separator}{options}"))
}

/// Makes the cluster's roles where the connecting role may, which takes a superuser; otherwise they must be there.
///
/// # Errors
/// If they are missing and cannot be made.
pub fn ensure_roles(conn: &mut PgConnection) -> anyhow::Result<()> {
    if ask(conn, "select rolsuper from pg_roles where rolname = current_user")? {
        return conn.batch_execute(ROLES).context("cannot make the roles of migrations/roles.sql");
    }
    if ask(
        conn,
        "select count(*) = 6 from pg_roles where rolname in ('moothall_owner', 'moothall_migrate', \
                  'moothall_backup', 'moothall_app', 'moothall_router', 'moothall_system')",
    )? {
        return Ok(());
    }
    bail!(
        "the cluster lacks Moothall's roles, and this role may not make them: run migrations/roles.sql once as a superuser"
    )
}

/// Makes a database on the server of `admin_url` and migrates it. The roles are made too where they may be.
///
/// # Errors
/// If the database exists, or the role may not make one.
pub fn create_database(admin_url: &str, name: &str, demonstration: bool, now: Timestamp) -> anyhow::Result<()> {
    let mut conn = connect(admin_url)?;
    ensure_roles(&mut conn)?;
    new_database(&mut conn, name, "template1")?;
    migrate(&with_database(admin_url, name)?, demonstration, now)?;
    Ok(())
}

fn new_database(conn: &mut PgConnection, name: &str, template: &str) -> anyhow::Result<()> {
    let (name, template) = (identifier(name)?, identifier(template)?);
    conn.batch_execute(&format!("create database {name} template {template} owner moothall_owner"))
        .with_context(|| format!("cannot make the database {name}"))?;
    keep_out_strangers(conn, name)
}

/// PUBLIC may otherwise make temporary tables in any database, and the server's roles with it.
fn keep_out_strangers(conn: &mut PgConnection, database: &str) -> anyhow::Result<()> {
    let quoted = database.replace('"', "\"\"");
    Ok(conn.batch_execute(&format!("revoke create, temporary on database \"{quoted}\" from public"))?)
}

/// A name that needs no quoting, because it is written into SQL that takes no parameters.
fn identifier(name: &str) -> anyhow::Result<&str> {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain && !name.is_empty() && !name.as_bytes()[0].is_ascii_digit() && name.len() < 64 {
        return Ok(name);
    }
    bail!("{name:?} cannot be a database's name here: use small letters, digits and _")
}

/// Brings the database of `url` up to this program's version and says which migrations that took. On first use it also
/// writes whether this is a demonstration, which never changes afterwards.
///
/// # Errors
/// If a migration fails (it is rolled back, and those before it stay), or the role may not act as `moothall_owner`.
pub fn migrate(url: &str, demonstration: bool, now: Timestamp) -> anyhow::Result<Vec<String>> {
    let mut conn = connect(url)?;
    conn.batch_execute(&format!("select pg_advisory_lock({LOCK})"))?;
    ensure_roles(&mut conn)?;
    conn.batch_execute("set role moothall_owner")
        .context("migrations need a superuser or the role moothall_migrate")?;
    if !ask(&mut conn, "select datdba = current_user::regrole from pg_database where datname = current_database()")? {
        bail!("this database belongs to another role: alter database … owner to moothall_owner");
    }
    let applied = conn
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| anyhow::anyhow!("a migration failed: {error}"))?
        .iter()
        .map(ToString::to_string)
        .collect();
    let name = diesel::select(sql::<Text>("current_database()::text")).get_result::<String>(&mut conn)?;
    keep_out_strangers(&mut conn, &name)?;
    // The server looks there at start, to refuse a database older than itself.
    conn.batch_execute(
        "grant select on __diesel_schema_migrations to moothall_app, moothall_router, moothall_backup; \
         revoke all on __diesel_schema_migrations from public",
    )?;
    diesel::sql_query("insert into installation (demonstration, created_at) values ($1, $2) on conflict do nothing")
        .bind::<Bool, _>(demonstration)
        .bind::<Timestamptz, _>(now.to_diesel())
        .execute(&mut conn)?;
    Ok(applied)
}

/// The migrations of this program that the database has not had: a server does not start on an older database. Works as
/// any role that may read the table of migrations.
///
/// # Errors
/// The database's; also where nothing was ever migrated.
pub fn pending(conn: &mut PgConnection) -> anyhow::Result<Vec<String>> {
    let known: Vec<String> = diesel::sql_query("select version::text as version from __diesel_schema_migrations")
        .load::<Version>(conn)
        .context("this database was never migrated: run moothall migrate")?
        .into_iter()
        .map(|row| row.version)
        .collect();
    let migrations: Vec<Box<dyn Migration<Pg>>> =
        MIGRATIONS.migrations().map_err(|error| anyhow::anyhow!("the embedded migrations are unreadable: {error}"))?;
    let mut missing: Vec<String> = migrations
        .iter()
        .filter(|migration| !known.contains(&migration.name().version().to_string()))
        .map(|migration| migration.name().to_string())
        .collect();
    missing.sort();
    Ok(missing)
}

/// Copies a database that nobody is connected to, which takes some 40 ms: how the tests get one each.
///
/// # Errors
/// If somebody is connected to the template, or the copy exists.
pub fn clone_database(admin_url: &str, template: &str, name: &str) -> anyhow::Result<()> {
    new_database(&mut connect(admin_url)?, name, template)
}

/// Removes a database, ending its sessions.
///
/// # Errors
/// The server's.
pub fn drop_database(admin_url: &str, name: &str) -> anyhow::Result<()> {
    let name = identifier(name)?;
    connect(admin_url)?
        .batch_execute(&format!("drop database if exists {name} with (force)"))
        .with_context(|| format!("cannot remove the database {name}"))
}

/// Whether the server has a database of this name.
///
/// # Errors
/// The server's.
pub fn exists(admin_url: &str, name: &str) -> anyhow::Result<bool> {
    let name = identifier(name)?;
    ask(&mut connect(admin_url)?, &format!("select count(*) = 1 from pg_database where datname = '{name}'"))
}

/// Gives a database another name, ending its sessions.
///
/// # Errors
/// The server's: a database of that name exists.
pub fn rename_database(admin_url: &str, name: &str, new: &str) -> anyhow::Result<()> {
    let (name, new) = (identifier(name)?, identifier(new)?);
    let mut conn = connect(admin_url)?;
    conn.batch_execute(&format!("alter database {name} with allow_connections false"))?;
    conn.batch_execute(&format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"))?;
    conn.batch_execute(&format!("alter database {name} rename to {new}"))
        .and_then(|()| conn.batch_execute(&format!("alter database {new} with allow_connections true")))
        .with_context(|| format!("cannot rename the database {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_can_name_another_database() {
        let other = |url: &str| with_database(url, "b").ok();
        assert_eq!(other("postgres://x@%2Ftmp%2Fs/a").as_deref(), Some("postgres://x@%2Ftmp%2Fs/b"));
        assert_eq!(
            other("postgres://x:y@h:5/a?sslmode=require").as_deref(),
            Some("postgres://x:y@h:5/b?sslmode=require")
        );
        assert_eq!(other("postgres://host"), None);
    }

    #[test]
    fn names_need_no_quoting() {
        assert!(identifier("moothall_2").is_ok());
        for bad in ["", "2x", "a-b", "A", "a\"b", "a;b"] {
            assert!(identifier(bad).is_err(), "{bad}");
        }
    }
}
