//! What people type into the commercial forms, and what is wrong with it.

use jiff::civil::Date;
use serde::Deserialize;

use crate::identity::Role;
use crate::kernel::Pence;
use crate::kernel::time::financial_year;
pub(super) use crate::kernel::time::typed_date as date;
use crate::site::Texts;

/// Who speaks for an authority about a bill.
pub(super) const SPEAKERS: &[Role] = &[Role::Preparer, Role::Approver];
/// The longest reason or message, in characters.
pub(super) const LONGEST: usize = 2_000;

/// The longest reference of a payment, in characters: what a bank statement has room for.
pub(super) const REFERENCE: usize = 35;

/// A field and what is wrong with it, in words.
pub(super) struct Fault {
    pub(super) field: String,
    pub(super) words: String,
}

pub(super) fn fault(field: &str, t: Texts, key: &str, variables: &[(&str, &str)]) -> Fault {
    Fault { field: field.to_owned(), words: t.with(key, variables) }
}

/// What is wrong with a field, if something is.
pub(super) fn fault_of<'a>(faults: &'a [Fault], field: &str) -> Option<&'a str> {
    faults.iter().find(|fault| fault.field == field).map(|fault| fault.words.as_str())
}

pub(super) fn words_fault(field: &str, t: Texts, words: &str) -> Option<Fault> {
    match words.chars().count() {
        0 => Some(fault(field, t, "dispute-words-missing", &[])),
        n if n > LONGEST => Some(fault(field, t, "dispute-words-long", &[("most", "2,000")])),
        _ => None,
    }
}

/// An amount as people type it, with a pound sign and commas or without; below nothing with a minus or a dash.
pub(super) fn pounds(typed: &str) -> Option<Pence> {
    let plain = plain(typed);
    let (sign, plain) = match plain.strip_prefix(['-', '−', '–']) {
        Some(rest) => (-1, rest),
        None => (1, plain.as_str()),
    };
    Pence::parse(plain).ok().filter(|amount| amount.0 >= 0).map(|amount| Pence(sign * amount.0))
}

/// A figure without its pound sign, its spaces, and the commas that part thousands, as in 1,234.50: a comma anywhere else may
/// have been meant as a point, and stays.
pub(super) fn plain(typed: &str) -> String {
    let plain: String = typed.trim().chars().filter(|c| !matches!(c, '£' | ' ')).collect();
    let whole = plain.split('.').next().unwrap_or_default();
    let parts_thousands = whole.split(',').skip(1).all(|group| group.len() == 3)
        && plain.rfind(',').is_none_or(|last| last < whole.len());
    if parts_thousands { plain.replace(',', "") } else { plain }
}

/// Which days an address asks about; what is missing is this financial year until today.
#[derive(Deserialize)]
pub(super) struct Days {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

impl Days {
    /// The first and the last.
    pub(super) fn of(&self, today: Date) -> (Date, Date) {
        let to = date(&self.to).unwrap_or(today);
        let from = date(&self.from).or_else(|| Date::new(financial_year(to), 4, 1).ok()).unwrap_or(to);
        (from.min(to), to)
    }
}

/// Rows as a browser sends them, with the line ends by which lines are counted.
pub(super) fn rows(typed: &str) -> String {
    typed.replace("\r\n", "\n")
}

/// An amount above nothing and at most `most`.
pub(super) fn amount(field: &str, t: Texts, typed: &str, most: Pence) -> Result<Pence, Fault> {
    match pounds(typed) {
        Some(amount) if amount.0 > 0 && amount <= most => Ok(amount),
        _ => Err(fault(field, t, "dispute-amount", &[("most", &most.to_string())])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        assert_eq!(pounds("£ 1,234.50"), Some(Pence(123_450)));
        assert_eq!(pounds("−62"), Some(Pence(-6_200)));
        assert_eq!((pounds("300,50"), pounds("1,2345"), pounds("1,234,567")), (None, None, Some(Pence(123_456_700))));
        assert_eq!((pounds(""), pounds("1.234"), pounds("--1"), pounds("1e3")), (None, None, None, None));
    }
}
