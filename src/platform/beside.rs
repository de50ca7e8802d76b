//! What is looked up in the statement of something else: each statement costs a journey to the database and back.

use std::marker::PhantomData;

use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Jsonb, Nullable};
use serde_json::Value;

use super::prepared::load_prepared;

/// One value, most often of JSON, for any statement. Its room writes it and reads it; whoever carries it along does neither.
pub struct Beside<Type = Nullable<Jsonb>>(Box<dyn QueryFragment<Pg> + Send>, PhantomData<fn() -> Type>);

impl Beside {
    /// A scalar expression, usually a subquery in brackets, whose text is the same each time.
    #[must_use]
    pub fn new(scalar: impl QueryFragment<Pg> + Send + 'static) -> Beside {
        Beside(Box::new(scalar), PhantomData)
    }

    /// Looks it up by itself.
    ///
    /// # Errors
    /// The database's.
    pub fn load(self, conn: &mut PgConnection) -> QueryResult<Option<Value>> {
        let rows: Vec<Option<Value>> = load_prepared(conn, diesel::select(self))?;
        Ok(rows.into_iter().next().flatten())
    }
}

impl Beside<Bool> {
    /// Whether a column's value is among those that another room's query of one column finds.
    #[must_use]
    pub fn among(
        column: impl QueryFragment<Pg> + Send + 'static,
        query: impl QueryFragment<Pg> + Send + 'static,
    ) -> Self {
        Beside(Box::new(Among(column, query)), PhantomData)
    }
}

struct Among<Column, Query>(Column, Query);

impl<Column: QueryFragment<Pg>, Query: QueryFragment<Pg>> QueryFragment<Pg> for Among<Column, Query> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" IN (");
        self.1.walk_ast(pass.reborrow())?;
        pass.push_sql(")");
        Ok(())
    }
}

impl<Type: TypedExpressionType> Expression for Beside<Type> {
    type SqlType = Type;
}

impl<Type, Source> AppearsOnTable<Source> for Beside<Type> where Beside<Type>: Expression {}

impl<Type, Source> SelectableExpression<Source> for Beside<Type> where Beside<Type>: Expression {}

impl<Type> ValidGrouping<()> for Beside<Type> {
    type IsAggregate = is_aggregate::Never;
}

impl<Type> QueryFragment<Pg> for Beside<Type> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }
}

/// Its text is what it is kept by.
impl<Type> QueryId for Beside<Type> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
