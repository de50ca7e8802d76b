//! Dump, restore into another cluster, verify; and what the two deploy-time roles can do that the server's cannot.

use std::collections::BTreeMap;
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use moothall::app;
use moothall::platform::config::DatabaseConfig;
use moothall::platform::postgres::binaries;
use moothall::platform::{Clock, Db, catalogue};
use moothall::setup;

use crate::attack::{World, lines};
use crate::harness::OwnCluster;

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(binaries().unwrap().join(program)).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// How many rows each table has, and what they hold.
fn contents(conn: &mut PgConnection) -> BTreeMap<String, String> {
    let tables =
        "select relname as line from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace";
    let tables = lines(conn, tables).unwrap();
    let read = tables.into_iter().map(|table| {
        let sql = format!(
            "select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text collate \"C\")), '') as line \
             from {table} t"
        );
        (table, lines(conn, &sql).unwrap().remove(0))
    });
    read.collect()
}

#[test]
fn a_backup_is_restored_into_a_new_cluster_whole() {
    let world = World::start();
    let cluster = OwnCluster::start("backup", &[("fsync", "off")]);
    let dump = cluster.dir().join("moothall.dump");
    let file = format!("--file={}", dump.display());
    run("pg_dump", &["--format=custom", &file, &world.database.url("moothall_app")]).unwrap_err();
    run("pg_dump", &["--format=custom", &file, &world.database.url("moothall_backup")]).unwrap();

    let admin = cluster.url("postgres", "postgres");
    let roles = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/roles.sql");
    run("psql", &["--quiet", "--set=ON_ERROR_STOP=1", "--file", roles, &admin]).unwrap();
    let made = "create database moothall owner moothall_owner";
    run("psql", &["--quiet", "--command", made, &admin]).unwrap();
    let strangers = "revoke all on database moothall from public; grant connect on database moothall \
                     to moothall_app, moothall_router, moothall_system, moothall_migrate, moothall_backup";
    run("psql", &["--quiet", "--command", strangers, &admin]).unwrap();
    let restored = cluster.url("postgres", "moothall");
    let into = format!("--dbname={restored}");
    run("pg_restore", &["--exit-on-error", "--no-owner", "--role=moothall_owner", &into, dump.to_str().unwrap()])
        .unwrap();

    let before = contents(&mut world.database.connect("postgres"));
    let after = contents(&mut PgConnection::establish(&restored).unwrap());
    assert_eq!(before, after);
    let full = before.values().filter(|rows| !rows.starts_with("0 ")).count();
    assert!(full >= 25, "the backup is of a database in which {full} tables hold something");
    let config = DatabaseConfig::from_template(&cluster.url("{role}", "moothall"), 2);
    let db = Db::new(&config);
    catalogue::refuse_unfit(&db).unwrap();
    let breaches: Vec<_> = setup::verify(&db).unwrap().into_iter().filter(|check| !check.holds()).collect();
    assert!(breaches.is_empty(), "{breaches:?}");
    // It works on: a worker finds the queue as it was left, and the next act is counted.
    let mut server = (*world.site.config).clone();
    server.database = config;
    let house = app::house(server, Clock::standing(world.now())).unwrap();
    app::settle(&house).unwrap();
    assert!(setup::verify(&db).unwrap().iter().all(moothall::platform::verify::Check::holds));
}

/// FORCE binds the owner too: a migration that changes rows does it as `moothall_migrate`, or changes none and says nothing.
#[test]
fn a_migration_of_rows_reaches_every_row() {
    let world = World::start();
    let all: i64 = world.one("select count(*)::text as line from cases").parse().unwrap();
    assert!(all > 0);
    let mut conn = world.database.connect("moothall_migrate");
    let mut changed = |role: &str| {
        conn.batch_execute(&format!("set role {role}")).unwrap();
        diesel::sql_query("update cases set team = team || ' (moved)'").execute(&mut conn).unwrap()
    };
    assert_eq!(changed("moothall_owner"), 0, "the trap");
    assert_eq!(i64::try_from(changed("moothall_migrate")).unwrap(), all);
    let mut backup = world.database.connect("moothall_backup");
    assert_eq!(lines(&mut backup, "select count(*)::text as line from cases").unwrap(), [all.to_string()]);
    diesel::sql_query("update cases set team = ''").execute(&mut backup).unwrap_err();
}
