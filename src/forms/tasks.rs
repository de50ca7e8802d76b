//! The order of a council's tasks on its front page, which follows what its people complete: the tables `task_place`, which
//! everybody may read, and `task_move`, which says the council why.
//!
//! Once a week a task may go past the one before it, if clearly more people need it; so the page changes slowly, and a
//! task that is found today is found there tomorrow. Sensitive services have no place.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_diesel::ToDiesel;

use super::counts;
use super::store;
use crate::audit;
use crate::kernel::time::monday;
use crate::kernel::{Actor, AuthorityId, billing_date};
use crate::platform::schema::{task_move, task_place};
use crate::platform::{Error, Result, Tx};
use crate::tenancy;

/// So many weeks before, and as many of the year before, say what is needed.
const WEEKS: i64 = 4;
/// Moves are remembered for half a year.
const REMEMBERED_WEEKS: i64 = 26;

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub place: i32,
    /// Before all that are not.
    pub pinned: bool,
    /// Not on the front page.
    pub hidden: bool,
}

/// How many people have completed something lately, and in the weeks to come a year ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// In the four whole weeks before this one.
    pub recent: i64,
    /// In this week and the three after it, a year ago.
    pub season: i64,
}

impl Need {
    /// From the numbers of weeks, by their Mondays.
    #[must_use]
    pub fn of(completed: &[(Date, i64)], week: Date) -> Need {
        let between = |from: Date| {
            let until = from + WEEKS.weeks();
            completed.iter().filter(|(at, _)| (from..until).contains(at)).map(|(_, n)| n).sum()
        };
        Need { recent: between(week - WEEKS.weeks()), season: between(week - 52.weeks()) }
    }

    /// What is compared: what happens now counts twice what happened a year ago.
    fn weight(self) -> i64 {
        2 * self.recent + self.season
    }

    /// Whether it is needed clearly more: by a quarter, and by ten completed forms.
    fn clearly_exceeds(self, other: Need) -> bool {
        let (more, less) = (self.weight(), other.weight());
        4 * more >= 5 * less && more - less >= 20
    }
}

/// The order a week later, and who went past whom: nobody moves by more than one place, and only past one who is needed
/// clearly less.
#[must_use]
pub fn reorder(order: &[String], need: &BTreeMap<String, Need>) -> (Vec<String>, Vec<(String, String)>) {
    let of = |task: &String| need.get(task).copied().unwrap_or_default();
    let (mut after, mut moved) = (order.to_vec(), Vec::new());
    let mut at = 1;
    while at < after.len() {
        if of(&after[at]).clearly_exceeds(of(&after[at - 1])) {
            moved.push((after[at].clone(), after[at - 1].clone()));
            after.swap(at - 1, at);
            at += 1;
        }
        at += 1;
    }
    (after, moved)
}

/// Every council's places, by service.
pub(super) fn load(conn: &mut PgConnection) -> Result<HashMap<AuthorityId, HashMap<String, Place>>> {
    let rows: Vec<(AuthorityId, String, i32, bool, bool)> = task_place::table
        .select((task_place::tenant_id, task_place::service, task_place::place, task_place::pinned, task_place::hidden))
        .load(conn)?;
    let mut places: HashMap<AuthorityId, HashMap<String, Place>> = HashMap::new();
    for (authority, service, place, pinned, hidden) in rows {
        places.entry(authority).or_default().insert(service, Place { place, pinned, hidden });
    }
    Ok(places)
}

/// The places of the council at work as they are at this moment, by service.
///
/// # Errors
/// The database's.
pub fn places(tx: &mut Tx<'_>) -> Result<HashMap<String, Place>> {
    let rows: Vec<(String, i32, bool, bool)> = task_place::table
        .filter(task_place::tenant_id.eq(tx.actor()))
        .select((task_place::service, task_place::place, task_place::pinned, task_place::hidden))
        .load(tx.conn)?;
    let place = |(service, place, pinned, hidden)| (service, Place { place, pinned, hidden });
    Ok(rows.into_iter().map(place).collect())
}

/// Works out the week's order of the council at work, unless that was done; also forgets what is too old to be of use.
///
/// # Errors
/// The database's.
pub fn order_tasks(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    // Drafts live for a day: on Tuesday the week before is counted.
    let week = monday(billing_date(now) - 1.day());
    let places = own_places(tx)?;
    if places.iter().filter_map(|(_, _, ordered_in)| *ordered_in).max() >= Some(week) {
        return Ok(());
    }
    counts::forget(tx, week)?;
    super::missed::forget(tx, week)?;
    let offered = store::offered(tx, billing_date(now))?;
    let known = places.iter().map(|(service, ..)| service).filter(|service| offered.contains(service));
    let new = offered.iter().filter(|service| !places.iter().any(|(known, ..)| known == *service));
    let before: Vec<String> = known.chain(new).cloned().collect();
    let mut completed: BTreeMap<String, Vec<(Date, i64)>> = BTreeMap::new();
    for (service, week, n) in counts::completed(tx)? {
        completed.entry(service).or_default().push((week, n));
    }
    let need: BTreeMap<String, Need> =
        completed.into_iter().map(|(service, weeks)| (service, Need::of(&weeks, week))).collect();
    let (after, moved) = reorder(&before, &need);
    let gone =
        task_place::table.filter(task_place::tenant_id.eq(tx.actor())).filter(task_place::service.ne_all(&after));
    diesel::delete(gone).execute(tx.conn)?;
    for (place, service) in (1..).zip(&after) {
        put(tx, service, place, week)?;
    }
    remember(tx, week, &after, &moved, &need)?;
    // What a public row says has changed only if a task has moved, come or gone.
    if places.iter().map(|(service, ..)| service).ne(&after) {
        tenancy::mark_changed(tx, now)?;
    }
    Ok(())
}

type Row = (String, i32, Option<Date>);

/// The council's own, in order.
fn own_places(tx: &mut Tx<'_>) -> Result<Vec<Row>> {
    let rows: Vec<(String, i32, Option<jiff_diesel::Date>)> = task_place::table
        .filter(task_place::tenant_id.eq(tx.actor()))
        .order((task_place::place, task_place::service))
        .select((task_place::service, task_place::place, task_place::ordered_in))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(service, place, week)| (service, place, week.map(Into::into))).collect())
}

fn put(tx: &mut Tx<'_>, service: &str, place: i32, week: Date) -> Result<()> {
    let placed = (task_place::place.eq(place), task_place::ordered_in.eq(week.to_diesel()));
    diesel::insert_into(task_place::table)
        .values((task_place::tenant_id.eq(tx.actor()), task_place::service.eq(service), placed))
        .on_conflict((task_place::tenant_id, task_place::service))
        .do_update()
        .set(placed)
        .execute(tx.conn)?;
    Ok(())
}

fn remember(
    tx: &mut Tx<'_>,
    week: Date,
    after: &[String],
    moved: &[(String, String)],
    need: &BTreeMap<String, Need>,
) -> Result<()> {
    let old = task_move::table
        .filter(task_move::tenant_id.eq(tx.actor()))
        .filter(task_move::week.lt((week - REMEMBERED_WEEKS.weeks()).to_diesel()));
    diesel::delete(old).execute(tx.conn)?;
    let of = |service: &String| need.get(service).copied().unwrap_or_default();
    let rows: Vec<_> = moved
        .iter()
        .map(|(service, passed)| {
            let place = after.iter().position(|s| s == service).map_or(0, |at| at + 1);
            (
                task_move::tenant_id.eq(tx.actor()),
                task_move::week.eq(week.to_diesel()),
                task_move::service.eq(service),
                task_move::place.eq(i32::try_from(place).unwrap_or(i32::MAX)),
                task_move::recent.eq(of(service).recent),
                task_move::season.eq(of(service).season),
                task_move::passed.eq(passed),
                task_move::passed_recent.eq(of(passed).recent),
                task_move::passed_season.eq(of(passed).season),
            )
        })
        .collect();
    diesel::insert_into(task_move::table).values(rows).execute(tx.conn)?;
    Ok(())
}

/// A task that went past another.
#[derive(Clone, Debug)]
pub struct Move {
    /// In the week of this Monday.
    pub week: Date,
    /// Which.
    pub service: String,
    /// Where to.
    pub place: i32,
    /// How much it was needed.
    pub need: Need,
    /// Past which.
    pub passed: String,
    /// How much that was needed.
    pub passed_need: Need,
}

/// The latest moves of the council at work, latest first.
///
/// # Errors
/// The database's.
pub fn moves(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Move>> {
    type Columns = (jiff_diesel::Date, String, i32, i64, i64, String, i64, i64);
    let rows: Vec<Columns> = task_move::table
        .filter(task_move::tenant_id.eq(tx.actor()))
        .order((task_move::week.desc(), task_move::place))
        .limit(limit)
        .select((
            task_move::week,
            task_move::service,
            task_move::place,
            task_move::recent,
            task_move::season,
            task_move::passed,
            task_move::passed_recent,
            task_move::passed_season,
        ))
        .load(tx.conn)?;
    let read = |(week, service, place, recent, season, passed, passed_recent, passed_season): Columns| Move {
        week: week.into(),
        service,
        place,
        need: Need { recent, season },
        passed,
        passed_need: Need { recent: passed_recent, season: passed_season },
    };
    Ok(rows.into_iter().map(read).collect())
}

/// What an officer may do with a task on the front page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Put it before all others.
    Pin,
    /// Let it have its place again.
    Unpin,
    /// Take it off.
    Hide,
    /// Bring it back.
    Show,
}

impl Show {
    /// As a form says it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Show> {
        match word {
            "pin" => Some(Show::Pin),
            "unpin" => Some(Show::Unpin),
            "hide" => Some(Show::Hide),
            "show" => Some(Show::Show),
            _ => None,
        }
    }

    fn action(self) -> &'static str {
        match self {
            Show::Pin => "task.pin",
            Show::Unpin => "task.unpin",
            Show::Hide => "task.hide",
            Show::Show => "task.show",
        }
    }
}

/// Does it, and records who did.
///
/// # Errors
/// [`Error::NotFound`] for a service that the council does not offer, and for a sensitive one, which is never shown.
pub fn show_task(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, service: &str, show: Show) -> Result<()> {
    let offered = store::offered(tx, billing_date(now))?;
    if !offered.iter().any(|known| known == service) {
        return Err(Error::NotFound);
    }
    let places = own_places(tx)?;
    let task = task_place::table.find((tx.actor(), service));
    if !places.iter().any(|(known, ..)| known == service) {
        let last = places.iter().map(|(_, place, _)| *place).max().unwrap_or(0) + 1;
        diesel::insert_into(task_place::table)
            .values((task_place::tenant_id.eq(tx.actor()), task_place::service.eq(service), task_place::place.eq(last)))
            .execute(tx.conn)?;
    }
    // Of pinned and hidden, the later wins: nobody means both.
    let (pinned, hidden) = match show {
        Show::Pin => (true, false),
        Show::Hide => (false, true),
        Show::Unpin | Show::Show => (false, false),
    };
    diesel::update(task).set((task_place::pinned.eq(pinned), task_place::hidden.eq(hidden))).execute(tx.conn)?;
    tenancy::mark_changed(tx, now)?;
    let entry = audit::Entry {
        action: show.action(),
        subject_kind: "service",
        // A service has no id of its own: its entries stand under its council's.
        subject_id: tx.actor().0,
        subject_label: service,
        purpose: "the order of the front page",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const WEEK: Date = date(2026, 11, 16);

    fn needs(of: &[(&str, i64)]) -> BTreeMap<String, Need> {
        of.iter().map(|(task, recent)| ((*task).to_owned(), Need { recent: *recent, season: 0 })).collect()
    }

    fn names(of: &[&str]) -> Vec<String> {
        of.iter().map(|task| (*task).to_owned()).collect()
    }

    #[test]
    fn need_is_of_the_weeks_before_and_of_the_season() {
        let weeks =
            [(date(2026, 11, 16), 100), (date(2026, 11, 9), 3), (date(2026, 10, 19), 4), (date(2026, 10, 12), 9)];
        assert_eq!(Need::of(&weeks, WEEK), Need { recent: 7, season: 0 });
        let year_before =
            [(date(2025, 11, 10), 9), (date(2025, 11, 17), 5), (date(2025, 12, 8), 6), (date(2025, 12, 15), 9)];
        assert_eq!(Need::of(&year_before, WEEK), Need { recent: 0, season: 11 });
    }

    #[test]
    fn a_task_goes_up_by_one_place_and_only_past_one_clearly_less_needed() {
        let order = names(&["a", "b", "c", "d"]);
        let (after, moved) = reorder(&order, &needs(&[("a", 5), ("b", 5), ("c", 90), ("d", 100)]));
        assert_eq!((after, moved), (names(&["a", "c", "b", "d"]), vec![("c".to_owned(), "b".to_owned())]));
        // A quarter more is not enough among few, nor ten among many.
        assert_eq!(reorder(&order, &needs(&[("a", 4), ("b", 13)])).1, []);
        assert_eq!(reorder(&order, &needs(&[("a", 100), ("b", 124)])).1, []);
        assert_eq!(reorder(&order, &needs(&[("a", 100), ("b", 125)])).0, names(&["b", "a", "c", "d"]));
    }

    proptest! {
        /// Whatever is needed: the same tasks, none moved by more than one place, each move justified; and with the same
        /// need week after week, the order comes to rest with everything clearly needed more in front of its neighbour.
        #[test]
        fn the_order_moves_slowly_and_comes_to_rest(recent in prop::collection::vec(0i64..400, 1..14)) {
            let order: Vec<String> = (0..recent.len()).map(|n| format!("task-{n:02}")).collect();
            let need: BTreeMap<String, Need> =
                order.iter().zip(&recent).map(|(t, n)| (t.clone(), Need { recent: *n, season: n % 7 })).collect();
            let mut now = order.clone();
            for week in 0.. {
                let (after, moved) = reorder(&now, &need);
                let mut sorted = after.clone();
                sorted.sort();
                prop_assert_eq!(&sorted, &order);
                for (at, task) in after.iter().enumerate() {
                    prop_assert!(now.iter().position(|t| t == task).unwrap().abs_diff(at) <= 1);
                }
                prop_assert!(moved.iter().all(|(up, past)| need[up].clearly_exceeds(need[past])));
                if moved.is_empty() {
                    break;
                }
                prop_assert!(week < 200);
                now = after;
            }
            prop_assert!(now.windows(2).all(|two| !need[&two[1]].clearly_exceeds(need[&two[0]])));
        }
    }
}
