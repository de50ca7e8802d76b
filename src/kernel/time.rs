//! London time: billing months, financial years, and working days. Everything stored is UTC; everything counted is
//! by the London date.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::language::Language;

/// The time zone of every date that a person reads or a bill counts.
#[must_use]
pub fn london() -> TimeZone {
    TimeZone::get("Europe/London").expect("the bundled time zone database has Europe/London")
}

/// The moment as London's clocks show it.
#[must_use]
pub fn in_london(at: Timestamp) -> Zoned {
    at.to_zoned(london())
}

/// The London date on which a moment falls: the date by which it is billed.
#[must_use]
pub fn billing_date(at: Timestamp) -> Date {
    in_london(at).date()
}

/// A London calendar month, half-open in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

impl Month {
    /// The month that a date falls in.
    #[must_use]
    pub fn of(date: Date) -> Month {
        Month { first: date.first_of_month() }
    }

    /// Reads `2026-10`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Month> {
        let (year, month) = text.split_once('-').filter(|(y, m)| y.len() == 4 && m.len() == 2)?;
        Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok().map(Month::of)
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.first
    }

    /// The first day of the next month.
    #[must_use]
    pub fn until(self) -> Date {
        self.next().first
    }

    /// Its last day, for people.
    #[must_use]
    pub fn last(self) -> Date {
        self.first.last_of_month()
    }

    /// The month after.
    #[must_use]
    pub fn next(self) -> Month {
        Month { first: self.first.checked_add(1.month()).expect("a billing month is far from the end of time") }
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Month {
        Month { first: self.first.checked_sub(1.month()).expect("a billing month is far from the start of time") }
    }

    /// The UTC moments at which it begins and the next begins.
    #[must_use]
    pub fn bounds(self) -> (Timestamp, Timestamp) {
        (start_of(self.first), start_of(self.until()))
    }

    /// `2026-10`, for addresses and files.
    #[must_use]
    pub fn code(self) -> String {
        self.first.strftime("%Y-%m").to_string()
    }
}

impl std::fmt::Display for Month {
    /// `October 2026`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.first.strftime("%B %Y"))
    }
}

/// The moment a London date begins.
#[must_use]
pub fn start_of(date: Date) -> Timestamp {
    date.to_zoned(london()).expect("a date of this era").timestamp()
}

/// The local-government financial year a date falls in, named by the year it starts (1 April): 2026 is 2026/27.
#[must_use]
pub fn financial_year(date: Date) -> i16 {
    if date.month() >= 4 { date.year() } else { date.year() - 1 }
}

/// Reads a date of a TOML file, for serde's `deserialize_with`.
///
/// # Errors
/// If it is anything but a whole date.
pub fn toml_date<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    use serde::Deserialize;
    use serde::de::Error;
    let given = toml::value::Datetime::deserialize(from)?;
    match (given.date, given.time, given.offset) {
        (Some(date), None, None) => date.to_string().parse().map_err(D::Error::custom),
        _ => Err(D::Error::custom("is not a date such as 2026-04-01")),
    }
}

/// `1 October 2026`, as staff read it.
#[must_use]
pub fn long_date(date: Date) -> String {
    date_in(Language::En, date)
}

/// `20 November 2026, 6:40pm` in London, as staff read it.
#[must_use]
pub fn long_moment(at: Timestamp) -> String {
    moment_in(Language::En, at)
}

/// `1 October 2026`, `1 Hydref 2026`.
#[must_use]
pub fn date_in(language: Language, date: Date) -> String {
    format!("{} {} {}", date.day(), month_in(language, date), date.year())
}

/// `20 November 2026, 6:40pm`, `20 Tachwedd 2026, 6:40pm` in London. GOV.UK's Welsh writes `am` and `pm` too.
#[must_use]
pub fn moment_in(language: Language, at: Timestamp) -> String {
    let local = in_london(at);
    let half = if local.hour() < 12 { "am" } else { "pm" };
    format!("{}, {}{half}", date_in(language, local.date()), local.strftime("%-I:%M"))
}

/// `Monday 23 November`, `dydd Llun 23 Tachwedd`: for a day near enough that its year is known.
#[must_use]
pub fn weekday_in(language: Language, date: Date) -> String {
    let weekday = WEEKDAYS[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())];
    format!("{} {} {}", named(language, weekday), date.day(), month_in(language, date))
}

fn month_in(language: Language, date: Date) -> &'static str {
    named(language, MONTHS[usize::from(date.month().unsigned_abs()) - 1])
}

fn named(language: Language, (en, cy): (&'static str, &'static str)) -> &'static str {
    match language {
        Language::En => en,
        Language::Cy => cy,
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("January", "Ionawr"),
    ("February", "Chwefror"),
    ("March", "Mawrth"),
    ("April", "Ebrill"),
    ("May", "Mai"),
    ("June", "Mehefin"),
    ("July", "Gorffennaf"),
    ("August", "Awst"),
    ("September", "Medi"),
    ("October", "Hydref"),
    ("November", "Tachwedd"),
    ("December", "Rhagfyr"),
];

const WEEKDAYS: [(&str, &str); 7] = [
    ("Monday", "dydd Llun"),
    ("Tuesday", "dydd Mawrth"),
    ("Wednesday", "dydd Mercher"),
    ("Thursday", "dydd Iau"),
    ("Friday", "dydd Gwener"),
    ("Saturday", "dydd Sadwrn"),
    ("Sunday", "dydd Sul"),
];

/// The date `days` working days after `from`, which does not itself count.
#[must_use]
pub fn add_working_days(from: Date, days: u16) -> Date {
    let mut date = from;
    let mut left = days;
    while left > 0 {
        date = date.tomorrow().expect("a target is far from the end of time");
        if is_working_day(date) {
            left -= 1;
        }
    }
    date
}

/// Working days from one date to a later one; negative when `to` is earlier.
#[must_use]
pub fn working_days_between(from: Date, to: Date) -> i32 {
    let (start, end, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
    let mut count = 0;
    let mut date = start;
    while date < end {
        date = date.tomorrow().expect("a target is far from the end of time");
        count += i32::from(is_working_day(date));
    }
    sign * count
}

/// Neither a weekend nor a bank holiday of England and Wales.
#[must_use]
pub fn is_working_day(date: Date) -> bool {
    !is_weekend(date) && !bank_holidays(date.year()).contains(&date)
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The bank holidays of England and Wales by rule (Banking and Financial Dealings Act 1971, with the substitute days
/// that proclamations give when one falls on a weekend). One-off proclaimed days are not known here.
fn bank_holidays(year: i16) -> [Date; 8] {
    let day = |month, day| Date::new(year, month, day).expect("a fixed day of the calendar");
    let easter = easter_sunday(year);
    let monday_from = |from: Date| {
        (0..7).map(|n| from + n.days()).find(|d| d.weekday() == Weekday::Monday).expect("a week has a Monday")
    };
    let substitute =
        |from: Date| (0..7).map(|n| from + n.days()).find(|d| !is_weekend(*d)).expect("a week has a weekday");
    let christmas = substitute(day(12, 25));
    let boxing = if christmas == day(12, 25) { substitute(day(12, 26)) } else { substitute(christmas + 1.day()) };
    // Christmas on a Sunday: Boxing Day keeps Monday 26th, Christmas moves to Tuesday 27th; the pair is the same.
    [
        substitute(day(1, 1)),
        easter - 2.days(),
        easter + 1.day(),
        monday_from(day(5, 1)),
        monday_from(day(5, 25)),
        monday_from(day(8, 25)),
        christmas,
        boxing,
    ]
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
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_are_london_months() {
        let march = Month::parse("2026-03").unwrap();
        let (from, until) = march.bounds();
        assert_eq!(from.to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(until.to_string(), "2026-03-31T23:00:00Z");
        assert_eq!((until.as_second() - from.as_second()) / 3600, 743);
        let (from, until) = Month::parse("2026-10").unwrap().bounds();
        assert_eq!((until.as_second() - from.as_second()) / 3600, 745);
        assert_eq!(until.to_string(), "2026-11-01T00:00:00Z");
    }

    #[test]
    fn dates_are_said_in_both_languages() {
        let day = date(2026, 11, 23);
        let at = "2026-07-01T17:40:00Z".parse().unwrap();
        assert_eq!(
            (date_in(Language::En, day), date_in(Language::Cy, day)),
            ("23 November 2026".into(), "23 Tachwedd 2026".into())
        );
        assert_eq!(
            (moment_in(Language::En, at), moment_in(Language::Cy, at)),
            ("1 July 2026, 6:40pm".into(), "1 Gorffennaf 2026, 6:40pm".into())
        );
        assert_eq!(
            (weekday_in(Language::En, day), weekday_in(Language::Cy, day)),
            ("Monday 23 November".into(), "dydd Llun 23 Tachwedd".into())
        );
    }

    #[test]
    fn the_financial_year_turns_in_london() {
        let year = |s: &str| financial_year(billing_date(s.parse().unwrap()));
        assert_eq!(year("2026-03-31T22:59:59Z"), 2025);
        assert_eq!(year("2026-03-31T23:00:00Z"), 2026);
    }

    #[test]
    fn bank_holidays_agree_with_the_published_list() {
        // gov.uk/bank-holidays, England and Wales.
        let published = |year, days: &[(i8, i8)]| {
            let mut mine = bank_holidays(year).to_vec();
            mine.sort();
            assert_eq!(mine, days.iter().map(|(m, d)| date(year, *m, *d)).collect::<Vec<_>>(), "{year}");
        };
        published(2024, &[(1, 1), (3, 29), (4, 1), (5, 6), (5, 27), (8, 26), (12, 25), (12, 26)]);
        published(2026, &[(1, 1), (4, 3), (4, 6), (5, 4), (5, 25), (8, 31), (12, 25), (12, 28)]);
        published(2027, &[(1, 1), (3, 26), (3, 29), (5, 3), (5, 31), (8, 30), (12, 27), (12, 28)]);
        published(2028, &[(1, 3), (4, 14), (4, 17), (5, 1), (5, 29), (8, 28), (12, 25), (12, 26)]);
    }

    #[test]
    fn working_days_skip_weekends_and_holidays() {
        assert_eq!(add_working_days(date(2026, 12, 23), 3), date(2026, 12, 30));
        assert_eq!(add_working_days(date(2026, 11, 20), 1), date(2026, 11, 23));
        assert_eq!(working_days_between(date(2026, 12, 23), date(2026, 12, 30)), 3);
        assert_eq!(working_days_between(date(2026, 12, 30), date(2026, 12, 23)), -3);
    }

    proptest::proptest! {
        #[test]
        fn months_tile_time(days in 0i64..40_000) {
            let d = date(1990, 1, 1) + days.days();
            let month = Month::of(d);
            proptest::prop_assert!(month.first() <= d && d < month.until());
            proptest::prop_assert_eq!(month.bounds().1, month.next().bounds().0);
            proptest::prop_assert_eq!(month.next().previous(), month);
        }
    }
}
