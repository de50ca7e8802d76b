//! Working days: weekdays but for the bank holidays of England and Wales and the days on which a council is closed.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// The days on which a council works, given those on which it is closed besides weekends and bank holidays.
#[derive(Clone, Copy, Debug)]
pub struct WorkingDays<'a>(pub &'a [Date]);

impl WorkingDays<'_> {
    /// Every council's: weekends and bank holidays are off, nothing else.
    pub const NATIONAL: WorkingDays<'static> = WorkingDays(&[]);

    /// Whether work is done on this day.
    #[must_use]
    pub fn include(self, date: Date) -> bool {
        !is_weekend(date) && !self.0.contains(&date) && !bank_holidays(date.year()).contains(&date)
    }

    /// The date `days` working days after `from`, which does not itself count.
    ///
    /// # Panics
    /// At the end of time.
    #[must_use]
    pub fn after(self, from: Date, days: u16) -> Date {
        let mut date = from;
        let mut left = days;
        while left > 0 {
            date = date.tomorrow().expect("a target is far from the end of time");
            left -= u16::from(self.include(date));
        }
        date
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// What proclamations under section 1(2) and (3) of the Banking and Financial Dealings Act 1971 have changed since 2018:
/// the day that was no bank holiday that year, if one was moved, and the day that was one instead or besides.
/// Source: gov.uk/bank-holidays (England and Wales) and its archive; the London Gazette has each proclamation.
const PROCLAIMED: &[(Option<Date>, Date)] = &[
    // The 75th anniversary of VE Day took the early May day's place.
    (Some(date(2020, 5, 4)), date(2020, 5, 8)),
    // The Platinum Jubilee: the spring day moved to the Thursday, and the Friday besides.
    (Some(date(2022, 5, 30)), date(2022, 6, 2)),
    (None, date(2022, 6, 3)),
    // The funeral of Queen Elizabeth II.
    (None, date(2022, 9, 19)),
    // The coronation of King Charles III.
    (None, date(2023, 5, 8)),
];

/// The bank holidays of England and Wales in a year: Easter Monday, the last Mondays of May and August and the days of
/// Christmas by the Banking and Financial Dealings Act 1971, schedule 1; Good Friday and Christmas Day by common law; New
/// Year's Day (since 1974), the first Monday of May (since 1978) and the substitutes for weekends by yearly proclamation;
/// and what was proclaimed once.
fn bank_holidays(year: i16) -> BTreeSet<Date> {
    let day = |month, day| Date::new(year, month, day).expect("a fixed day of the calendar");
    let easter = easter_sunday(year);
    let first = |from: Date, fits: fn(Date) -> bool| {
        (0..7).map(|n| from + n.days()).find(|d| fits(*d)).expect("a week has each of its days")
    };
    let monday = |from| first(from, |d| d.weekday() == Weekday::Monday);
    let weekday = |from| first(from, |d| !is_weekend(d));
    // Of Christmas on a Sunday, Boxing Day keeps Monday and Christmas moves to Tuesday: the pair is the same.
    let christmas = weekday(day(12, 25));
    let boxing = weekday(christmas + 1.day());
    let mut days = BTreeSet::from([
        weekday(day(1, 1)),
        easter - 2.days(),
        easter + 1.day(),
        monday(day(5, 1)),
        monday(day(5, 25)),
        monday(day(8, 25)),
        christmas,
        boxing,
    ]);
    for (moved, proclaimed) in PROCLAIMED.iter().filter(|(_, proclaimed)| proclaimed.year() == year) {
        if let Some(moved) = moved {
            days.remove(moved);
        }
        days.insert(*proclaimed);
    }
    days
}

/// The anonymous Gregorian computus (Nature, 20 April 1876).
fn easter_sunday(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    let part = |v: i32| i8::try_from(v).expect("the computus yields a month and a day");
    Date::new(year, part(n / 31), part(n % 31 + 1)).expect("the computus yields a date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bank_holidays_agree_with_the_published_list() {
        // gov.uk/bank-holidays, England and Wales.
        let published = |year, days: &[(i8, i8)]| {
            let mine: Vec<Date> = bank_holidays(year).into_iter().collect();
            assert_eq!(mine, days.iter().map(|(m, d)| date(year, *m, *d)).collect::<Vec<_>>(), "{year}");
        };
        published(2020, &[(1, 1), (4, 10), (4, 13), (5, 8), (5, 25), (8, 31), (12, 25), (12, 28)]);
        published(2021, &[(1, 1), (4, 2), (4, 5), (5, 3), (5, 31), (8, 30), (12, 27), (12, 28)]);
        published(2022, &[(1, 3), (4, 15), (4, 18), (5, 2), (6, 2), (6, 3), (8, 29), (9, 19), (12, 26), (12, 27)]);
        published(2023, &[(1, 2), (4, 7), (4, 10), (5, 1), (5, 8), (5, 29), (8, 28), (12, 25), (12, 26)]);
        published(2024, &[(1, 1), (3, 29), (4, 1), (5, 6), (5, 27), (8, 26), (12, 25), (12, 26)]);
        published(2025, &[(1, 1), (4, 18), (4, 21), (5, 5), (5, 26), (8, 25), (12, 25), (12, 26)]);
        published(2026, &[(1, 1), (4, 3), (4, 6), (5, 4), (5, 25), (8, 31), (12, 25), (12, 28)]);
        published(2027, &[(1, 1), (3, 26), (3, 29), (5, 3), (5, 31), (8, 30), (12, 27), (12, 28)]);
        published(2028, &[(1, 3), (4, 14), (4, 17), (5, 1), (5, 29), (8, 28), (12, 25), (12, 26)]);
    }

    #[test]
    fn working_days_skip_weekends_holidays_and_closures() {
        assert_eq!(WorkingDays::NATIONAL.after(date(2026, 12, 23), 3), date(2026, 12, 30));
        assert_eq!(WorkingDays::NATIONAL.after(date(2026, 11, 20), 1), date(2026, 11, 23));
        let closed = [date(2026, 12, 29), date(2026, 12, 30)];
        assert_eq!(WorkingDays(&closed).after(date(2026, 12, 23), 3), date(2027, 1, 4));
        assert_eq!(WorkingDays(&closed).after(date(2026, 12, 23), 0), date(2026, 12, 23));
        assert!(!WorkingDays(&closed).include(date(2026, 12, 30)) && WorkingDays(&closed).include(date(2026, 12, 31)));
    }
}
