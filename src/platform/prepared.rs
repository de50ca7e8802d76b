//! Statements that a connection keeps prepared although diesel, by itself, would not. diesel has an update, SQL written by
//! hand and an insert of a list parsed and planned anew at each execution, since their text may differ each time. Those
//! that go through here have the same text each time, without values in it, and are kept by it.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::LoadQuery;
use diesel::sql_types::Integer;

/// Loads what a statement returns.
///
/// # Errors
/// The database's.
pub fn load_prepared<'q, Q, U>(conn: &mut PgConnection, statement: Q) -> QueryResult<Vec<U>>
where
    Prepared<Q>: LoadQuery<'q, PgConnection, U>,
{
    Prepared(statement).load(conn)
}

/// Executes a statement that returns nothing; says how many rows it touched.
///
/// # Errors
/// The database's.
pub fn execute_prepared<'q, Q>(conn: &mut PgConnection, statement: Q) -> QueryResult<usize>
where
    Prepared<Touched<Q>>: LoadQuery<'q, PgConnection, i32>,
{
    // diesel asks only of what is loaded whether it may be kept.
    Ok(load_prepared(conn, Touched(statement))?.len())
}

/// See [`load_prepared`].
#[derive(Clone, Copy, Debug)]
pub struct Prepared<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Without a type's id, the text is what it is kept by.
impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<PgConnection> for Prepared<Q> {}

/// A statement that returns a number for each row that it touches: no column, which would take the right to read it.
#[derive(Clone, Copy, Debug, QueryId)]
pub struct Touched<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Touched<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" RETURNING 1");
        Ok(())
    }
}

impl<Q> Query for Touched<Q> {
    type SqlType = Integer;
}
