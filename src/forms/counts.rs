//! How forms end, in numbers alone: the table `journey_count`. A draft is counted when it expires and is erased, in the
//! same transaction, so that no request writes anything for it; one of a sensitive service never is.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::upsert::excluded;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_diesel::ToDiesel;

use super::store;
use crate::kernel::billing_date;
use crate::kernel::time::monday;
use crate::platform::schema::journey_count;
use crate::platform::{Result, Tx};

/// The numbers are kept for two years and a little: the same weeks of the year before are compared.
const KEPT_WEEKS: i64 = 106;
/// The longest that a form takes, in minutes: what was left lying about says nothing about it.
const LONGEST: i64 = 240;
/// What is below is not shown as a number.
const SMALL: i64 = 10;

/// How a form ended.
pub(super) struct Journey {
    pub service: String,
    pub started_at: Timestamp,
    pub submitted_at: Option<Timestamp>,
    pub at_step: String,
    pub ended: Option<String>,
}

impl Journey {
    /// What is counted of it: the kind and the key.
    fn counted(&self) -> Vec<(&'static str, String)> {
        match (self.submitted_at, &self.ended) {
            (Some(at), _) => {
                let minutes = at.duration_since(self.started_at).as_mins().clamp(0, LONGEST);
                vec![("completed", String::new()), ("minutes", minutes.to_string())]
            }
            (None, Some(end)) => vec![("ended", end.clone())],
            // Which of several children it was does not matter.
            (None, None) => vec![("left", self.at_step.split('.').next().unwrap_or_default().to_owned())],
        }
    }
}

/// Adds forms to the numbers of the weeks in which they were begun.
pub(super) fn count(tx: &mut Tx<'_>, journeys: &[Journey]) -> Result<()> {
    let mut counts: BTreeMap<(Date, &str, &str, String), i64> = BTreeMap::new();
    let countable = store::countable(tx, journeys.iter().map(|journey| journey.service.as_str()).collect())?;
    for journey in journeys.iter().filter(|journey| countable.contains(&journey.service)) {
        let week = monday(billing_date(journey.started_at));
        for (what, key) in journey.counted() {
            *counts.entry((week, &journey.service, what, key)).or_default() += 1;
        }
    }
    let rows: Vec<_> = counts
        .into_iter()
        .map(|((week, service, what, key), n)| {
            (
                journey_count::tenant_id.eq(tx.actor()),
                journey_count::week.eq(week.to_diesel()),
                journey_count::service.eq(service.to_owned()),
                journey_count::what.eq(what),
                journey_count::key.eq(key),
                journey_count::n.eq(n),
            )
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    diesel::insert_into(journey_count::table)
        .values(rows)
        .on_conflict((
            journey_count::tenant_id,
            journey_count::week,
            journey_count::service,
            journey_count::what,
            journey_count::key,
        ))
        .do_update()
        .set(journey_count::n.eq(journey_count::n + excluded(journey_count::n)))
        .execute(tx.conn)?;
    Ok(())
}

/// Drops the numbers that are too old to be compared with anything.
pub(super) fn forget(tx: &mut Tx<'_>, week: Date) -> Result<()> {
    let old = journey_count::table
        .filter(journey_count::tenant_id.eq(tx.actor()))
        .filter(journey_count::week.lt((week - KEPT_WEEKS.weeks()).to_diesel()));
    diesel::delete(old).execute(tx.conn)?;
    Ok(())
}

/// How many forms of each service were completed, by the week.
pub(super) fn completed(tx: &mut Tx<'_>) -> Result<Vec<(String, Date, i64)>> {
    let rows: Vec<(String, jiff_diesel::Date, i64)> = journey_count::table
        .filter(journey_count::tenant_id.eq(tx.actor()))
        .filter(journey_count::what.eq("completed"))
        .select((journey_count::service, journey_count::week, journey_count::n))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(service, week, n)| (service, week.into(), n)).collect())
}

/// A number that may be too small to be shown. All that is shown of a service is such numbers, each of forms of its own,
/// never their sum: nothing can be taken from anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Fewer than ten, or none.
    Few,
    /// So many.
    Many(i64),
}

impl Figure {
    /// As it may be shown.
    #[must_use]
    pub fn of(n: i64) -> Figure {
        if n < SMALL { Figure::Few } else { Figure::Many(n) }
    }

    /// To the nearest ten, where it stands beside one of an overlapping time.
    #[must_use]
    pub fn about(n: i64) -> Figure {
        if n < SMALL { Figure::Few } else { Figure::Many((n + 5) / 10 * 10) }
    }
}

/// How the forms of one service ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Sent.
    pub completed: Figure,
    /// The minutes that half of those took at most, unless they were few.
    pub median: Option<i64>,
    /// Left for good after this page; none if not even the first was filled in.
    pub left: BTreeMap<String, Figure>,
    /// Ended early, by the end.
    pub ended: BTreeMap<String, Figure>,
}

/// The figures of each service over some whole weeks before this one.
///
/// # Errors
/// The database's.
pub fn figures(tx: &mut Tx<'_>, today: Date, weeks: i64) -> Result<BTreeMap<String, Figures>> {
    let until = monday(today);
    let rows: Vec<(String, String, String, i64)> = journey_count::table
        .filter(journey_count::tenant_id.eq(tx.actor()))
        .filter(journey_count::week.ge((until - weeks.weeks()).to_diesel()))
        .filter(journey_count::week.lt(until.to_diesel()))
        .select((journey_count::service, journey_count::what, journey_count::key, journey_count::n))
        .load(tx.conn)?;
    let mut sums: BTreeMap<String, BTreeMap<(String, String), i64>> = BTreeMap::new();
    for (service, what, key, n) in rows {
        *sums.entry(service).or_default().entry((what, key)).or_default() += n;
    }
    Ok(sums.into_iter().map(|(service, sums)| (service, shown(&sums))).collect())
}

fn shown(sums: &BTreeMap<(String, String), i64>) -> Figures {
    let of = |wanted: &str| {
        let wanted = wanted.to_owned();
        sums.iter().filter(move |((what, _), _)| *what == wanted).map(|((_, key), n)| (key, *n))
    };
    let figures = |what: &str| of(what).map(|(key, n)| (key.clone(), Figure::of(n))).collect();
    let completed = of("completed").map(|(_, n)| n).sum();
    let mut minutes: Vec<(i64, i64)> = of("minutes").filter_map(|(key, n)| Some((key.parse().ok()?, n))).collect();
    minutes.sort_unstable();
    let median = (completed >= SMALL).then(|| median(&minutes)).flatten();
    Figures { completed: Figure::of(completed), median, left: figures("left"), ended: figures("ended") }
}

/// The value that half of them reach at most; each with how often it came, in order.
fn median(values: &[(i64, i64)]) -> Option<i64> {
    let all: i64 = values.iter().map(|(_, n)| n).sum();
    let mut so_far = 0;
    values.iter().find_map(|(value, n)| {
        so_far += n;
        (so_far * 2 >= all).then_some(*value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_not_shown() {
        assert_eq!([0, 9, 10].map(Figure::of), [Figure::Few, Figure::Few, Figure::Many(10)]);
        assert_eq!(
            [9, 14, 15, 96].map(Figure::about),
            [Figure::Few, Figure::Many(10), Figure::Many(20), Figure::Many(100)]
        );
        let sums = |completed: i64| {
            let of = |what: &str, key: &str, n| ((what.to_owned(), key.to_owned()), n);
            shown(&BTreeMap::from([
                of("completed", "", completed),
                of("minutes", "2", completed - 1),
                of("minutes", "30", 1),
                of("left", "where", 9),
                of("left", "name", 12),
                of("ended", "trunk-road", 3),
            ]))
        };
        let few = sums(9);
        assert_eq!((few.completed, few.median), (Figure::Few, None));
        let many = sums(10);
        assert_eq!((many.completed, many.median), (Figure::Many(10), Some(2)));
        assert_eq!((many.left["where"], many.left["name"]), (Figure::Few, Figure::Many(12)));
        assert_eq!(many.ended["trunk-road"], Figure::Few);
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[(1, 1), (5, 1), (60, 1)]), Some(5));
        assert_eq!(median(&[(2, 10), (60, 9)]), Some(2));
    }
}
