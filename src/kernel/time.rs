//! London time: billing months and financial years. Everything stored is UTC; everything counted is by the London date.

use jiff::civil::Date;
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

/// The Monday of a date's week.
#[must_use]
pub fn monday(date: Date) -> Date {
    date - i64::from(date.weekday().to_monday_zero_offset()).days()
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

/// Reads a date of a file, or of what we stored of one; none where there is none.
///
/// # Errors
/// If there is something else.
pub fn any_date<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    use serde::Deserialize;
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Stored(Date),
        Filed(#[serde(deserialize_with = "toml_date")] Date),
        None(()),
    }
    Ok(match Given::deserialize(from)? {
        Given::Stored(date) | Given::Filed(date) => Some(date),
        Given::None(()) => None,
    })
}

/// A date as a date field sends it or people write it: 2026-11-24, 24/11/2026.
#[must_use]
pub fn typed_date(typed: &str) -> Option<Date> {
    let read = typed.parse().ok().or_else(|| {
        let mut parts = typed.split(['/', '.', ' ']);
        let [day, month, year] = [parts.next()?, parts.next()?, parts.next()?];
        if parts.next().is_some() {
            return None;
        }
        let year: i16 = year.parse().ok()?;
        let year = if (0..100).contains(&year) { 2000 + year } else { year };
        Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
    });
    // Nothing that is entered here is of another age, and a database has no room for every year.
    read.filter(|date: &Date| (2000..=2199).contains(&date.year()))
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
    fn dates_are_read_as_people_write_them() {
        let day = Some(date(2026, 11, 24));
        let typed = ["2026-11-24", "24/11/2026", "24 11 2026", "24/11/26"].map(typed_date);
        assert_eq!(typed, [day; 4]);
        for wrong in ["0026-11-24", "-009999-01-01", "31/11/2026", "11-24-2026", "24/11/2026/1", ""] {
            assert_eq!(typed_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_financial_year_turns_in_london() {
        let year = |s: &str| financial_year(billing_date(s.parse().unwrap()));
        assert_eq!(year("2026-03-31T22:59:59Z"), 2025);
        assert_eq!(year("2026-03-31T23:00:00Z"), 2026);
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
