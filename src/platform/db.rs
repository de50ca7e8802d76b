//! Connections and scopes. There is no connection without a scope, and one way to get each kind:
//!
//! - [`Db::scoped`] for everything about tenants' rows: the transaction begins with the tenant and the actor set, in one
//!   round trip that diesel tracks (a raw `BEGIN` leaked the old tenant through the pool when it was tried).
//! - [`Db::router`] for what is public: hosts, brands, published services.
//! - [`Db::system`] for the queue and the folds; its callers are listed in a test.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool, PooledConnection};
use diesel::sql_types::Text;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::config::DatabaseConfig;
use super::error::{Error, Result};
use super::turns::Turns;
use crate::kernel::AuthorityId;

type PgPool = Pool<ConnectionManager<PgConnection>>;

/// Whose rows are worked on, and which authority acts. They are equal unless a room that may turn the scope has done so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    tenant: AuthorityId,
    actor: AuthorityId,
}

impl Scope {
    /// An authority working on its own rows.
    #[must_use]
    pub fn own(authority: AuthorityId) -> Scope {
        Scope { tenant: authority, actor: authority }
    }

    /// Whose rows.
    #[must_use]
    pub fn tenant(self) -> AuthorityId {
        self.tenant
    }

    /// Who acts.
    #[must_use]
    pub fn actor(self) -> AuthorityId {
        self.actor
    }
}

/// A transaction in a scope: the only thing that queries on tenants' tables accept.
pub struct Tx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a mut PgConnection,
    scope: Scope,
}

impl Tx<'_> {
    /// Whose rows are being worked on.
    #[must_use]
    pub fn tenant(&self) -> AuthorityId {
        self.scope.tenant
    }

    /// Which authority acts. Never changes within a transaction.
    #[must_use]
    pub fn actor(&self) -> AuthorityId {
        self.scope.actor
    }

    /// Works on `owner`'s rows for the rest of `f`, still acting as the same authority; row level security decides what
    /// that shows. Only `cases`, `agreements` and `billing` may call this (a `tidy` test sees to it).
    ///
    /// # Errors
    /// What `f` returns, or the database's.
    pub fn turned<T>(&mut self, owner: AuthorityId, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let before = self.scope.tenant;
        if owner == before {
            return f(self);
        }
        set_tenant(self.conn, owner)?;
        let mut turned = Tx { conn: &mut *self.conn, scope: Scope { tenant: owner, actor: self.scope.actor } };
        let done = f(&mut turned);
        // Also after what was refused, which a caller may go on from; a transaction that is broken ends anyhow.
        let back = set_tenant(self.conn, before);
        let done = done?;
        back.map(|()| done)
    }

    /// Waits for its turn at these things, and keeps it until the transaction ends.
    ///
    /// # Errors
    /// The database's, also if the turn does not come in time.
    pub fn lock(&mut self, what: &str, ids: &[Uuid]) -> Result<()> {
        let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        diesel::sql_query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<Text, _>(format!("{what} {}", ids.join(" ")))
            .execute(self.conn)?;
        Ok(())
    }

    /// Does `f` and undoes it: says what would come of it, and changes nothing.
    ///
    /// # Errors
    /// What `f` returns, or the database's.
    pub fn rehearsed<T>(&mut self, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let (scope, mut came) = (self.scope, None);
        let undone = self.conn.transaction::<(), diesel::result::Error, _>(|conn| {
            came = Some(f(&mut Tx { conn, scope }));
            Err(diesel::result::Error::RollbackTransaction)
        });
        match (came, undone) {
            (Some(came), Err(diesel::result::Error::RollbackTransaction)) => came,
            (_, Err(error)) => Err(error.into()),
            (_, Ok(())) => Err(Error::Busy),
        }
    }
}

fn set_tenant(conn: &mut PgConnection, tenant: AuthorityId) -> Result<()> {
    // SET takes no parameters; the id is a typed UUID, so nothing can be smuggled in.
    conn.batch_execute(&format!("SET LOCAL app.tenant = '{tenant}'")).map_err(Error::from)
}

/// The pools, one for each of the server's database roles.
#[derive(Clone)]
pub struct Db {
    app: PgPool,
    router: PgPool,
    system: PgPool,
    turns: Turns,
    /// The snapshot that every transaction reads, within [`Db::frozen`].
    snapshot: Option<String>,
}

impl Db {
    /// Prepares the pools; connects when first used.
    ///
    /// # Errors
    /// If a pool cannot be built.
    #[must_use]
    pub fn new(config: &DatabaseConfig) -> Db {
        let pool = |url: &str, size: u32| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(0))
                // The default pings on every checkout, which costs a fifth of the throughput; a broken
                // connection is found by its first statement and thrown away.
                .test_on_check_out(false)
                .connection_timeout(Duration::from_millis(config.pool_wait_ms))
                .idle_timeout(Some(Duration::from_mins(5)))
                .build_unchecked(ConnectionManager::new(url))
        };
        Db {
            app: pool(&config.app_url, config.pool_size),
            router: pool(&config.router_url, 2),
            system: pool(&config.system_url, 2),
            turns: Turns::new(
                "a database connection",
                config.pool_size as usize,
                Duration::from_millis(config.pool_wait_ms),
            ),
            snapshot: None,
        }
    }

    /// Gives `f` a way to the database that reads one moment, in whichever scope and however long it takes: what is
    /// compared across scopes is compared as it stood together, though others go on writing. It writes nothing.
    ///
    /// # Errors
    /// What `f` returns; [`Error::Busy`] if no connection came free in time.
    pub fn frozen<T>(&self, f: impl FnOnce(&Db) -> Result<T>) -> Result<T> {
        if self.snapshot.is_some() {
            return f(self);
        }
        // The snapshot lasts as long as the transaction that gave it away, which waits meanwhile.
        let begin =
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0";
        transaction(&self.router, begin, |conn| {
            let snapshot = diesel::select(diesel::dsl::sql::<Text>("pg_export_snapshot()")).get_result(conn)?;
            f(&Db { snapshot: Some(snapshot), ..self.clone() })
        })
    }

    /// A turn at the application's connections, to be held while one is used.
    ///
    /// # Errors
    /// [`Error::Busy`] if none came free in time.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        self.turns.next().await
    }

    fn begin(&self, settings: &str) -> String {
        match &self.snapshot {
            None => format!("BEGIN{settings}"),
            Some(snapshot) => format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '{snapshot}'; \
                 SET LOCAL statement_timeout = 0{settings}"
            ),
        }
    }

    /// Runs `f` in one transaction in the given scope; commits if it succeeds, rolls back if it fails or panics.
    ///
    /// # Errors
    /// What `f` returns; [`Error::Busy`] if no connection came free in time.
    pub fn scoped<T>(&self, scope: Scope, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let settings = format!("; SET LOCAL app.tenant = '{}'; SET LOCAL app.actor = '{}'", scope.tenant, scope.actor);
        transaction(&self.app, &self.begin(&settings), |conn| f(&mut Tx { conn, scope }))
    }

    /// Reads what is public, before anybody's tenant is known.
    ///
    /// # Errors
    /// What `f` returns; [`Error::Busy`] if no connection came free in time.
    pub fn router<T>(&self, f: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
        transaction(&self.router, &self.begin(""), f)
    }

    /// Works on the queue and the folds. `_job` names the caller for the test that lists them.
    ///
    /// # Errors
    /// What `f` returns; [`Error::Busy`] if no connection came free in time.
    pub fn system<T>(&self, _job: &'static str, f: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
        transaction(&self.system, &self.begin(""), f)
    }

    /// The pools by role.
    #[must_use]
    pub fn pools(&self) -> [PoolState; 3] {
        self.named().map(|(role, pool)| {
            let state = pool.state();
            PoolState {
                role,
                in_use: state.connections - state.idle_connections,
                open: state.connections,
                max: pool.max_size(),
            }
        })
    }

    /// Whether every role reaches the database.
    ///
    /// # Errors
    /// The first that does not.
    pub fn ping(&self) -> Result<()> {
        self.named()
            .into_iter()
            .try_for_each(|(_, pool)| transaction(pool, "BEGIN", |conn| Ok(conn.batch_execute("SELECT 1")?)))
    }

    fn named(&self) -> [(&'static str, &PgPool); 3] {
        [("app", &self.app), ("router", &self.router), ("system", &self.system)]
    }
}

/// What a pool holds at the moment.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// `app`, `router` or `system`.
    pub role: &'static str,
    /// Connections that somebody is using.
    pub in_use: u32,
    /// Connections that are open.
    pub open: u32,
    /// The most there may be.
    pub max: u32,
}

fn transaction<T>(pool: &PgPool, begin: &str, f: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
    let mut pooled = begun(pool, begin)?;
    let conn: &mut PgConnection = &mut pooled;
    match f(conn) {
        Ok(done) => {
            AnsiTransactionManager::commit_transaction(conn).map_err(unavailable)?;
            Ok(done)
        }
        Err(error) => {
            // A failed rollback leaves the connection broken, and the pool throws it away.
            if let Err(rollback) = AnsiTransactionManager::rollback_transaction(conn) {
                tracing::warn!(error = %rollback, "rolling back failed");
            }
            Err(match error {
                Error::Database(error) => unavailable(error),
                error => error,
            })
        }
    }
}

/// A connection with its transaction begun. After the database has restarted every idle connection is dead, and the first
/// statement finds out: nothing is done by then, so the next one is tried, until the pool has shed them all.
fn begun(pool: &PgPool, begin: &str) -> Result<PooledConnection<ConnectionManager<PgConnection>>> {
    let mut left = pool.max_size();
    loop {
        #[expect(clippy::disallowed_methods, reason = "this is where connections get their scope")]
        let mut pooled = pool.get().map_err(|error| {
            tracing::warn!(%error, "no database connection came free");
            Error::Busy
        })?;
        match AnsiTransactionManager::begin_transaction_sql(&mut *pooled, begin).map_err(unavailable) {
            Ok(()) => return Ok(pooled),
            Err(Error::Busy) if left > 0 => left -= 1,
            Err(error) => return Err(error),
        }
    }
}

/// A connection that died, a server going down, or rows that somebody else held too long, are worth trying again; the rest
/// is not.
fn unavailable(error: diesel::result::Error) -> Error {
    use diesel::result::{DatabaseErrorKind, Error as Diesel};
    let error = match error {
        // A commit that failed is rolled back, which fails as well where the connection is gone.
        Diesel::RollbackErrorOnCommit { commit_error, .. } => *commit_error,
        error => error,
    };
    match &error {
        Diesel::BrokenTransactionManager
        | Diesel::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure,
            _,
        ) => {
            tracing::warn!(%error, "the database went away or is too busy");
            Error::Busy
        }
        Diesel::DatabaseError(_, info) => {
            let text = info.message();
            let gone = [
                "server closed the connection",
                "terminating connection",
                "the database system is",
                "connection to server",
                "canceling statement due to lock timeout",
                "canceling statement due to statement timeout",
                "deadlock detected",
            ];
            if gone.iter().any(|phrase| text.contains(phrase)) {
                tracing::warn!(%error, "the database went away or is too busy");
                return Error::Busy;
            }
            Error::from(error)
        }
        _ => Error::from(error),
    }
}

#[cfg(test)]
mod tests {
    use diesel::result::{DatabaseErrorKind, Error as Diesel};

    use super::*;

    #[test]
    fn whoever_meets_a_dying_database_is_told_to_try_again() {
        let of = |kind, words: &str| Diesel::DatabaseError(kind, Box::new(words.to_owned()));
        let closed = || of(DatabaseErrorKind::ClosedConnection, "server closed the connection unexpectedly");
        let commit = |commit| Diesel::RollbackErrorOnCommit {
            commit_error: Box::new(commit),
            rollback_error: Box::new(closed()),
        };
        for error in [
            closed(),
            Diesel::BrokenTransactionManager,
            of(DatabaseErrorKind::Unknown, "terminating connection because of crash of another server process"),
            commit(closed()),
        ] {
            assert!(matches!(unavailable(error), Error::Busy));
        }
        let wrong = || of(DatabaseErrorKind::CheckViolation, "violates check constraint");
        for error in [wrong(), commit(wrong())] {
            assert!(matches!(unavailable(error), Error::Database(_)));
        }
    }
}
