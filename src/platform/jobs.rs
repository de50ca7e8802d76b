//! Housekeeping: which jobs ran when, and how much was done a day. Several workers may run; a job's row gives the turn
//! to one of them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Integer, Text, Timestamptz};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;

use super::db::Db;
use super::error::Result;
use super::schema::{job, work_tally};

/// Takes a job's turn: false if it ran within `every`, here or in another worker.
///
/// # Errors
/// The database's.
pub fn take_turn(db: &Db, name: &str, every: SignedDuration, now: Timestamp) -> Result<bool> {
    db.system("jobs.take_turn", |conn| {
        let taken = diesel::sql_query(
            "insert into job (name, every_seconds, started_at) values ($1, $2, $3) \
             on conflict (name) do update set every_seconds = $2, started_at = $3 where job.started_at <= $4",
        )
        .bind::<Text, _>(name)
        .bind::<Integer, _>(i32::try_from(every.as_secs()).unwrap_or(i32::MAX))
        .bind::<Timestamptz, _>(now.to_diesel())
        .bind::<Timestamptz, _>((now - every).to_diesel())
        .execute(conn)?;
        Ok(taken == 1)
    })
}

/// Notes how a job ended.
///
/// # Errors
/// The database's.
pub fn ended(db: &Db, name: &str, now: Timestamp, failure: Option<&str>) -> Result<()> {
    db.system("jobs.ended", |conn| {
        let row = job::table.find(name);
        match failure {
            None => diesel::update(row).set(job::finished_at.eq(now.to_diesel())).execute(conn)?,
            Some(why) => {
                diesel::update(row).set((job::failed_at.eq(now.to_diesel()), job::last_error.eq(why))).execute(conn)?
            }
        };
        Ok(())
    })
}

/// A job, as the operator sees it.
#[derive(Debug, Clone)]
pub struct Job {
    /// `room.job`.
    pub name: String,
    /// How often it is meant to run.
    pub every: SignedDuration,
    /// When it last began.
    pub started_at: Timestamp,
    /// When it last succeeded.
    pub finished_at: Option<Timestamp>,
    /// When it last failed.
    pub failed_at: Option<Timestamp>,
    /// Why.
    pub last_error: Option<String>,
}

/// Every job that ever ran, by name.
///
/// # Errors
/// The database's.
pub fn list(db: &Db) -> Result<Vec<Job>> {
    type Moment = jiff_diesel::Timestamp;
    type Row = (String, i32, Moment, Option<Moment>, Option<Moment>, Option<String>);
    let rows: Vec<Row> = db.system("jobs.list", |conn| Ok(job::table.order(job::name).load(conn)?))?;
    let job = |(name, every, started_at, finished_at, failed_at, last_error): Row| Job {
        name,
        every: SignedDuration::from_secs(every.into()),
        started_at: started_at.into(),
        finished_at: finished_at.map(Into::into),
        failed_at: failed_at.map(Into::into),
        last_error,
    };
    Ok(rows.into_iter().map(job).collect())
}

/// Adds to the day's counts.
///
/// # Errors
/// The database's.
pub fn add_to_tally(db: &Db, day: Date, counts: &[(String, i64)]) -> Result<()> {
    db.system("jobs.tally", |conn| {
        for (what, n) in counts {
            diesel::sql_query(
                "insert into work_tally (day, what, n) values ($1, $2, $3) \
                 on conflict (day, what) do update set n = work_tally.n + excluded.n",
            )
            .bind::<SqlDate, _>(day.to_diesel())
            .bind::<Text, _>(what)
            .bind::<BigInt, _>(n)
            .execute(conn)?;
        }
        Ok(())
    })
}

/// The counts since a day, newest day first.
///
/// # Errors
/// The database's.
pub fn tally_since(db: &Db, day: Date) -> Result<Vec<(Date, String, i64)>> {
    db.system("jobs.tallies", |conn| {
        let rows = work_tally::table
            .filter(work_tally::day.ge(day.to_diesel()))
            .order((work_tally::day.desc(), work_tally::what))
            .load::<(jiff_diesel::Date, String, i64)>(conn)?;
        Ok(rows.into_iter().map(|(day, what, n)| (day.into(), what, n)).collect())
    })
}
