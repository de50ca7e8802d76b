//! The outbox: what must still happen, written in the transaction that makes it so. A topic is an event that another
//! room subscribes to (`app.rs` says which) or a job; either way it is done at least once, in the scope of the tenant
//! in the row, whatever the payload says.
//!
//! Any scope adds rows; only the system role reads and changes them.

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::{SignedDuration, Timestamp, ToSpan};
use jiff_diesel::ToDiesel;
use serde::Serialize;
use uuid::Uuid;

use super::db::{Db, Tx};
use super::error::Result;
use super::schema::outbox;
use crate::kernel::{AuthorityId, new_id};

/// After this many failures an item is set aside for the operator: with the pauses between them, about a day, so that a
/// mail server may be away for a night.
pub const MAX_ATTEMPTS: i32 = 36;
/// How long a claimed item is left alone before another worker may take it.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// A kind of item: its topic's name and what its payload holds.
pub trait Topic: Serialize + serde::de::DeserializeOwned {
    /// `room.event`, never reused with another payload.
    const NAME: &'static str;
}

/// One claimed item.
#[derive(Debug, Clone, QueryableByName)]
pub struct Item {
    /// In whose scope it is to be done.
    #[diesel(sql_type = SqlUuid)]
    pub tenant_id: AuthorityId,
    /// Its id, from which anything that must be the same on every attempt is derived.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// See [`Topic::NAME`].
    #[diesel(sql_type = Text)]
    pub topic: String,
    /// See [`Topic`].
    #[diesel(sql_type = Jsonb)]
    pub payload: serde_json::Value,
    /// How often it was tried before.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// Adds an item for the tenant whose rows are being worked on.
///
/// # Errors
/// The database's.
pub fn publish<T: Topic>(tx: &mut Tx<'_>, now: Timestamp, payload: &T) -> Result<()> {
    publish_for(tx, tx.tenant(), now, payload)
}

fn publish_for<T: Topic>(tx: &mut Tx<'_>, tenant: AuthorityId, now: Timestamp, payload: &T) -> Result<()> {
    let payload = serde_json::to_value(payload).map_err(anyhow::Error::from)?;
    diesel::insert_into(outbox::table)
        .values((
            outbox::tenant_id.eq(tenant),
            outbox::id.eq(new_id(now)),
            outbox::topic.eq(T::NAME),
            outbox::payload.eq(payload),
            outbox::created_at.eq(now.to_diesel()),
            outbox::not_before.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Claims up to `limit` due items of one tenant: one shard, fair between tenants. Those of the topics that take long come
/// after all others.
///
/// # Errors
/// The database's.
pub fn claim(db: &Db, tenant: AuthorityId, now: Timestamp, limit: i32, slow: &[&str]) -> Result<Vec<Item>> {
    db.system("outbox.claim", |conn| {
        Ok(diesel::sql_query(
            "update outbox set locked_until = $3, attempts = attempts + 1 \
             where tenant_id = $1 and id in (select id from outbox where tenant_id = $1 and dead_at is null \
               and not_before <= $2 and (locked_until is null or locked_until <= $2) \
               order by topic = any($5), not_before, id limit $4 for update skip locked) \
             returning tenant_id, id, topic, payload, attempts - 1 as attempts",
        )
        .bind::<SqlUuid, _>(tenant)
        .bind::<Timestamptz, _>(now.to_diesel())
        .bind::<Timestamptz, _>((now + LEASE).to_diesel())
        .bind::<Integer, _>(limit)
        .bind::<Array<Text>, _>(slow)
        .load(conn)?)
    })
}

/// Which tenants have due items: one question for all of them, because a worker asks it twice a second.
///
/// # Errors
/// The database's.
pub fn tenants_with_work(db: &Db, now: Timestamp) -> Result<Vec<AuthorityId>> {
    db.system("outbox.tenants", |conn| {
        let due = outbox::table.filter(outbox::dead_at.is_null()).filter(outbox::not_before.le(now.to_diesel()));
        Ok(due.select(outbox::tenant_id).distinct().load(conn)?)
    })
}

/// The item is done: it goes.
///
/// # Errors
/// The database's.
pub fn finish(db: &Db, item: &Item) -> Result<()> {
    db.system("outbox.finish", |conn| {
        diesel::delete(outbox::table.filter(outbox::tenant_id.eq(item.tenant_id)).filter(outbox::id.eq(item.id)))
            .execute(conn)?;
        Ok(())
    })
}

/// The item failed: it is tried again later (1 s doubling to an hour, with jitter), or set aside after
/// [`MAX_ATTEMPTS`]. If the lease ended meanwhile and another worker has claimed it, it is that one's to say: each claim
/// counts as an attempt, so the number tells the claims apart.
///
/// # Errors
/// The database's.
pub fn fail(db: &Db, item: &Item, now: Timestamp, why: &str) -> Result<()> {
    let tried = item.attempts + 1;
    let dead = (tried >= MAX_ATTEMPTS).then(|| now.to_diesel());
    let ceiling = 2_i64.saturating_pow(u32::try_from(tried).unwrap_or(12)).min(3600) * 1000;
    let wait = rand::Rng::random_range(&mut rand::rng(), ceiling / 2..=ceiling);
    db.system("outbox.fail", |conn| {
        diesel::update(outbox::table.find((item.tenant_id, item.id)).filter(outbox::attempts.eq(tried)))
            .set((
                outbox::locked_until.eq(None::<jiff_diesel::Timestamp>),
                outbox::not_before.eq((now + wait.milliseconds()).to_diesel()),
                outbox::last_error.eq(why),
                outbox::dead_at.eq(dead),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// Gives back items that were claimed and not begun, so that they need not wait for the lease to end; those that another
/// worker has claimed since stay that one's.
///
/// # Errors
/// The database's.
pub fn release(db: &Db, items: &[Item]) -> Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    db.system("outbox.release", |conn| {
        for item in items {
            diesel::update(
                outbox::table.find((item.tenant_id, item.id)).filter(outbox::attempts.eq(item.attempts + 1)),
            )
            .set((outbox::locked_until.eq(None::<jiff_diesel::Timestamp>), outbox::attempts.eq(item.attempts)))
            .execute(conn)?;
        }
        Ok(())
    })
}

/// What the operator sees of the queue.
#[derive(Debug, Clone, QueryableByName)]
pub struct QueueHealth {
    /// Whose.
    #[diesel(sql_type = SqlUuid)]
    pub tenant_id: AuthorityId,
    /// The kind of item.
    #[diesel(sql_type = Text)]
    pub topic: String,
    /// Not yet done.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub waiting: i64,
    /// Waiting after a failure.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub retrying: i64,
    /// Set aside.
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub dead: i64,
    /// Since when the longest has waited that is not set aside.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest: Option<jiff_diesel::Timestamp>,
}

/// Counts what waits, by tenant and topic.
///
/// # Errors
/// The database's.
pub fn health(db: &Db) -> Result<Vec<QueueHealth>> {
    db.system("outbox.health", |conn| {
        Ok(diesel::sql_query(
            "select tenant_id, topic, count(*) filter (where dead_at is null) as waiting, \
             count(*) filter (where dead_at is null and attempts > 0) as retrying, \
             count(*) filter (where dead_at is not null) as dead, \
             min(created_at) filter (where dead_at is null) as oldest from outbox group by 1, 2 order by 1, 2",
        )
        .load(conn)?)
    })
}

/// Why items of a topic were set aside, and how many for that reason.
///
/// # Errors
/// The database's.
pub fn set_aside(db: &Db) -> Result<Vec<(String, String, i64)>> {
    db.system("outbox.set_aside", |conn| {
        let rows = outbox::table
            .filter(outbox::dead_at.is_not_null())
            .group_by((outbox::topic, outbox::last_error))
            .order((outbox::topic, diesel::dsl::count_star().desc()))
            .select((outbox::topic, outbox::last_error, diesel::dsl::count_star()))
            .load::<(String, Option<String>, i64)>(conn)?;
        Ok(rows.into_iter().map(|(topic, why, n)| (topic, why.unwrap_or_default(), n)).collect())
    })
}

/// Puts the items of a topic that were set aside back in the queue; says how many.
///
/// # Errors
/// The database's.
pub fn revive(db: &Db, topic: &str, now: Timestamp) -> Result<usize> {
    db.system("outbox.revive", |conn| {
        let dead = outbox::table.filter(outbox::topic.eq(topic)).filter(outbox::dead_at.is_not_null());
        Ok(diesel::update(dead)
            .set((
                outbox::dead_at.eq(None::<jiff_diesel::Timestamp>),
                outbox::attempts.eq(0),
                outbox::not_before.eq(now.to_diesel()),
                outbox::locked_until.eq(None::<jiff_diesel::Timestamp>),
            ))
            .execute(conn)?)
    })
}
