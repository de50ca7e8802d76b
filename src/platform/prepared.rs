//! Statements that a connection keeps prepared although diesel, by itself, would not.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// See [`prepared`].
#[derive(Clone, Copy, Debug)]
pub struct Prepared<Q>(Q);

/// Marks a statement whose text is the same each time. diesel prepares an update, SQL written by hand and an insert of a
/// list anew at each execution, since their text may differ each time: two journeys instead of one, and parsing and
/// planning again. What is marked is kept by its text, so its text must not hold values.
pub fn prepared<Q>(statement: Q) -> Prepared<Q> {
    Prepared(statement)
}

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
