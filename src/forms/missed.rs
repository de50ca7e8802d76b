//! Searches that found nothing: the table `missed_search`, and what is only in memory before it. Words are kept once they
//! have come on five days from five browsers, so that they are what people call something, and nobody's own; what does
//! not come so often is dropped.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use diesel::prelude::*;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;

use super::terms;
use crate::kernel::AuthorityId;
use crate::kernel::seal::Token;
use crate::platform::schema::missed_search;
use crate::platform::{Result, Tx};

/// So many days, and so many browsers.
const ENOUGH: usize = 5;
/// The most words of one council that are waited for.
const MOST_PER_COUNCIL: usize = 500;
/// The most letters of what is kept.
const LONGEST: usize = 60;
/// What has not come again for so long is dropped, and what was kept is after a year.
const PATIENCE_DAYS: i64 = 60;
const KEPT_WEEKS: i64 = 52;

/// A day on which words came, and enough of the browser's token's hash to tell it from another.
type Sighting = (Date, [u8; 8]);

/// What this process has seen. Each process counts alone.
#[derive(Debug, Default)]
pub struct MissedSearches(Mutex<HashMap<AuthorityId, HashMap<String, Vec<Sighting>>>>);

impl MissedSearches {
    /// Notes that a search found nothing. Gives the words back when they are to be kept: then they are here no more.
    pub fn note(&self, council: AuthorityId, typed: &str, today: Date, browser: &Token) -> Option<String> {
        let words = keepable(typed)?;
        let hash = browser.hash();
        let browser: [u8; 8] = hash.get(..8)?.try_into().ok()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.entry(council).or_default();
        if !waiting.contains_key(&words) && waiting.len() >= MOST_PER_COUNCIL {
            make_room(waiting, today);
        }
        let seen = waiting.entry(words.clone()).or_default();
        if seen.iter().all(|(day, from)| *day != today && *from != browser) {
            seen.push((today, browser));
        }
        if seen.len() < ENOUGH {
            return None;
        }
        waiting.remove(&words);
        Some(words)
    }
}

/// What has not come for long goes; if nothing has, what has come least and longest ago.
fn make_room(waiting: &mut HashMap<String, Vec<Sighting>>, today: Date) {
    let last = |seen: &[Sighting]| seen.iter().map(|(day, _)| *day).max();
    waiting.retain(|_, seen| last(seen) >= Some(today - PATIENCE_DAYS.days()));
    if waiting.len() >= MOST_PER_COUNCIL {
        let least = waiting.iter().min_by_key(|(_, seen)| (seen.len(), last(seen))).map(|(words, _)| words.clone());
        least.map(|words| waiting.remove(&words));
    }
}

/// The words in one form; nothing of an address, a number that somebody has, or more than anybody calls a thing.
fn keepable(typed: &str) -> Option<String> {
    let words = terms::plain(typed).join(" ");
    let digits = words.chars().filter(char::is_ascii_digit).count();
    let fits = (3..=LONGEST).contains(&words.chars().count()) && digits < 4 && !typed.contains('@');
    fits.then_some(words)
}

/// Keeps words that came often enough.
///
/// # Errors
/// The database's.
pub fn keep_missed(tx: &mut Tx<'_>, words: &str, today: Date) -> Result<()> {
    diesel::insert_into(missed_search::table)
        .values((
            missed_search::tenant_id.eq(tx.actor()),
            missed_search::words.eq(words),
            missed_search::times.eq(i64::try_from(ENOUGH).unwrap_or_default()),
            missed_search::last_on.eq(today.to_diesel()),
        ))
        .on_conflict((missed_search::tenant_id, missed_search::words))
        .do_update()
        .set((
            missed_search::times.eq(missed_search::times + i64::try_from(ENOUGH).unwrap_or_default()),
            missed_search::last_on.eq(today.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What people looked for in vain, what came most first: the words, how often at least, and when last.
///
/// # Errors
/// The database's.
pub fn missed(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(String, i64, Date)>> {
    let rows: Vec<(String, i64, jiff_diesel::Date)> = missed_search::table
        .filter(missed_search::tenant_id.eq(tx.actor()))
        .order((missed_search::times.desc(), missed_search::words))
        .limit(limit)
        .select((missed_search::words, missed_search::times, missed_search::last_on))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(words, times, on)| (words, times, on.into())).collect())
}

/// Drops what has not come for a year.
pub(super) fn forget(tx: &mut Tx<'_>, week: Date) -> Result<()> {
    let old = missed_search::table
        .filter(missed_search::tenant_id.eq(tx.actor()))
        .filter(missed_search::last_on.lt((week - KEPT_WEEKS.weeks()).to_diesel()));
    diesel::delete(old).execute(tx.conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    const COUNCIL: AuthorityId = AuthorityId(Uuid::nil());

    #[test]
    fn words_are_kept_once_they_came_on_five_days_from_five_browsers() {
        let browsers: Vec<Token> = (0..6).map(|_| Token::random()).collect();
        let day = |n: i8| date(2026, 11, n);
        let missed = MissedSearches::default();
        let note = |words: &str, on: i8, browser: usize| missed.note(COUNCIL, words, day(on), &browsers[browser]);
        for on in 1..=9 {
            assert_eq!(note("Allotments", on, 0), None, "one browser");
        }
        for browser in 1..6 {
            assert_eq!(note("allotments!", 9, browser), None, "one day");
        }
        assert_eq!(note("allotments", 10, 1), None);
        assert_eq!(note("allotments", 11, 2), None);
        assert_eq!(note("allotments", 12, 3), None);
        assert_eq!(note("ALLOTMENTS", 13, 4).as_deref(), Some("allotments"));
        assert_eq!(note("allotments", 14, 5), None, "from the beginning");
    }

    #[test]
    fn what_may_be_somebodys_own_is_not_looked_at() {
        for typed in ["sam@example.org", "07700 900123", "MH1 2AB 1234", "ab", &"long ".repeat(20)] {
            assert_eq!(keepable(typed), None, "{typed}");
        }
        assert_eq!(keepable(" School  meals? ").as_deref(), Some("school meals"));
    }

    #[test]
    fn memory_is_bounded() {
        let missed = MissedSearches::default();
        for n in 0..2_000 {
            let words: String = format!("{n:03}").bytes().map(|b| char::from(b - b'0' + b'a')).collect();
            missed.note(COUNCIL, &format!("word {words}"), date(2026, 11, 1), &Token::random());
        }
        assert_eq!(missed.0.lock().unwrap()[&COUNCIL].len(), MOST_PER_COUNCIL);
    }
}
