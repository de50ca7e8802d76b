//! `/operator/database`: its size, who is connected, its largest tables.

use actix_web::HttpResponse;
use askama::Template;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz};

use super::OPERATORS;
use crate::kernel::time::long_moment;
use crate::platform::db::PoolState;
use crate::platform::{Result, migrate};
use crate::site::{Area, Frame, Visit};

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Timestamptz)]
    since: jiff_diesel::Timestamp,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = Integer)]
    connections: i32,
    #[diesel(sql_type = Integer)]
    most: i32,
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

#[derive(Template)]
#[template(path = "operator/database.html")]
struct DatabasePage {
    p: Frame,
    catches_mail: bool,
    facts: Facts,
    since: String,
    pending: Vec<String>,
    pools: [PoolState; 3],
    size: String,
    tables: Vec<(String, i64, String)>,
}

/// `GET /operator/database`
pub(super) async fn page(visit: Visit) -> Result<HttpResponse> {
    let (me, ()) = visit.staff(OPERATORS, |_, _| Ok(())).await?;
    let (facts, tables, pending, pools) = visit
        .with_db(|db| {
            let (facts, tables) = db.system("operator.database", |conn| Ok((facts(conn)?, largest(conn)?)))?;
            let pending = db.router(|conn| Ok(migrate::pending(conn)?))?;
            Ok((facts, tables, pending, db.pools()))
        })
        .await?;
    visit.ok(&DatabasePage {
        p: visit.staff_frame(Area::Operator, &me),
        catches_mail: visit.site.config.mail_catcher.is_some(),
        since: long_moment(facts.since.into()),
        size: size(facts.bytes),
        facts,
        pending,
        pools,
        tables: tables.into_iter().map(|table| (table.name, table.rows, size(table.bytes))).collect(),
    })
}

fn facts(conn: &mut PgConnection) -> QueryResult<Facts> {
    diesel::sql_query(
        "select current_setting('server_version') as version, pg_postmaster_start_time() as since, \
         pg_database_size(current_database()) as bytes, current_setting('max_connections')::integer as most, \
         numbackends as connections from pg_stat_database where datname = current_database()",
    )
    .get_result(conn)
}

/// The server's own estimates: counting would read every row of every council's.
fn largest(conn: &mut PgConnection) -> QueryResult<Vec<Table>> {
    diesel::sql_query(
        "select relname::text as name, n_live_tup as rows, pg_total_relation_size(relid) as bytes \
         from pg_stat_user_tables where schemaname = 'public' order by 3 desc, 1 limit 12",
    )
    .load(conn)
}

/// `12 MB`.
fn size(bytes: i64) -> String {
    let unit = ["bytes", "kB", "MB", "GB"].iter().zip([1, 1_000, 1_000_000, 1_000_000_000]);
    let (unit, one) = unit.rev().find(|(_, one)| bytes >= 10 * one).unwrap_or((&"bytes", 1));
    format!("{} {unit}", bytes / one)
}
