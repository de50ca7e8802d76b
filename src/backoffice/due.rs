//! By when, as the queue and the case say it.

use jiff::civil::Date;

/// How a due date lies from today. The template has the words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Days ago.
    Late(i32),
    /// Today.
    Today,
    /// Tomorrow.
    Tomorrow,
    /// Within this many days, on this day of the week.
    Soon(i32, String),
    /// In this many days.
    Later(i32),
}

impl Due {
    pub(super) fn of(due: Date, today: Date) -> Due {
        let days = (due - today).get_days();
        match days {
            ..=-1 => Due::Late(-days),
            0 => Due::Today,
            1 => Due::Tomorrow,
            2..=4 => Due::Soon(days, due.strftime("%a").to_string()),
            _ => Due::Later(days),
        }
    }
}

/// `27 Nov`, with the year where it is another.
pub(super) fn short_date(date: Date, today: Date) -> String {
    let shape = if date.year() == today.year() { "%-d %b" } else { "%-d %b %Y" };
    date.strftime(shape).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn due_dates_are_said_from_today() {
        let today = date(2026, 11, 23);
        assert_eq!(Due::of(date(2026, 11, 20), today), Due::Late(3));
        assert_eq!(Due::of(date(2026, 11, 22), today), Due::Late(1));
        assert_eq!(Due::of(today, today), Due::Today);
        assert_eq!(Due::of(date(2026, 11, 24), today), Due::Tomorrow);
        assert_eq!(Due::of(date(2026, 11, 27), today), Due::Soon(4, "Fri".to_owned()));
        assert_eq!(Due::of(date(2027, 1, 2), today), Due::Later(40));
        assert_eq!(short_date(date(2026, 12, 1), today), "1 Dec");
        assert_eq!(short_date(date(2027, 1, 2), today), "2 Jan 2027");
    }
}
