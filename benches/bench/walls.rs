//! What row level security costs: it is measured with and without.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;

/// Whether row level security is on.
#[derive(Clone, Copy)]
pub enum Walls {
    Up,
    Down,
}

/// Switches it on every table that has policies.
pub fn walls(conn: &mut PgConnection, state: Walls) -> anyhow::Result<()> {
    let verb = match state {
        Walls::Up => "enable",
        Walls::Down => "disable",
    };
    Ok(conn.batch_execute(&format!(
        "do $$ declare name text; begin \
         for name in select distinct polrelid::regclass::text from pg_policy loop \
         execute format('alter table %s {verb} row level security', name); end loop; end $$"
    ))?)
}
