//! Identifiers. An authority's id is a type of its own, so that no other id is ever taken for a tenant.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A public body on the platform, and so also its tenant: the two ids are the same.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Uuid)]
#[serde(transparent)]
pub struct AuthorityId(pub Uuid);

impl std::fmt::Display for AuthorityId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ToSql<diesel::sql_types::Uuid, Pg> for AuthorityId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<diesel::sql_types::Uuid, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<diesel::sql_types::Uuid, Pg> for AuthorityId {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(AuthorityId(FromSql::<diesel::sql_types::Uuid, Pg>::from_sql(value)?))
    }
}

/// A new time-ordered id (UUIDv7, RFC 9562) whose time is the passed clock's.
#[must_use]
pub fn new_id(now: Timestamp) -> Uuid {
    let since_epoch = u64::try_from(now.as_millisecond()).unwrap_or_default();
    let time = uuid::Timestamp::from_unix_time(
        since_epoch / 1000,
        u32::try_from(since_epoch % 1000).unwrap_or_default() * 1_000_000,
        0,
        0,
    );
    Uuid::new_v7(time)
}

/// Who does something, as the timeline and the audit show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The member of staff; none for a citizen or the system itself.
    pub staff_id: Option<Uuid>,
    /// The name shown at the time: kept, so that a later change of name rewrites no history.
    pub name: String,
    /// The authority's name shown at the time.
    pub authority_name: String,
}
