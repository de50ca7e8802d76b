//! Money is integer pence; rates are millionths of a pound; quantities are thousandths. One rounding, no floats.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use serde::{Deserialize, Serialize};

macro_rules! bigint {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl ToSql<diesel::sql_types::BigInt, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                ToSql::<diesel::sql_types::BigInt, Pg>::to_sql(&self.0, out)
            }
        }
        impl FromSql<diesel::sql_types::BigInt, Pg> for $name {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Ok($name(FromSql::<diesel::sql_types::BigInt, Pg>::from_sql(value)?))
            }
        }
        impl Add for $name {
            type Output = $name;
            fn add(self, other: $name) -> $name { $name(self.0 + other.0) }
        }
        impl Sub for $name {
            type Output = $name;
            fn sub(self, other: $name) -> $name { $name(self.0 - other.0) }
        }
        impl Neg for $name {
            type Output = $name;
            fn neg(self) -> $name { $name(-self.0) }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: $name) { self.0 += other.0; }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = $name>>(all: I) -> $name { all.fold($name(0), |a, b| a + b) }
        }
    };
}

bigint!(
    /// An amount of money in pence.
    Pence
);
bigint!(
    /// A price per unit in millionths of a pound.
    Rate
);
bigint!(
    /// A quantity in thousandths of a unit.
    Quantity
);

/// `numerator / denominator`, rounded half away from zero: symmetrical, so that a reversal negates exactly.
///
/// # Panics
/// If the denominator is not positive, or the result is beyond `i64`: no sum of money in pence is.
#[must_use]
pub fn round_half_away(numerator: i128, denominator: i128) -> i64 {
    assert!(denominator > 0, "a denominator is positive");
    let rounded = (numerator.abs() * 2 + denominator) / (denominator * 2);
    i64::try_from(rounded * numerator.signum()).expect("an amount of money fits 64 bits")
}

/// A penny as a rate: rates are in millionths of a pound.
const RATE_OF_A_PENNY: i64 = 10_000;

/// An integer with its decimal point, without zeros at the end, for files that machines read.
#[must_use]
pub fn decimal(value: i64, places: usize) -> String {
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{whole}.{part}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Quantity {
    /// Plain digits, for files that machines read: `-1.25`.
    #[must_use]
    pub fn plain(self) -> String {
        decimal(self.0, 3)
    }

    /// Reads units with at most three decimals: `12`, `-1.5`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
        let (whole, part) = size.split_once('.').unwrap_or((size, ""));
        let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
        if whole.is_empty() || part.len() > 3 || !digits(whole) || !digits(part) || size.ends_with('.') {
            return Err("is no quantity such as 12 or 1.5, with at most three decimals");
        }
        match format!("{whole}{part:0<3}").parse::<i64>() {
            Ok(size) if size <= 1_000_000_000_000 => Ok(Quantity(sign * size)),
            _ => Err("is more than 1,000,000,000"),
        }
    }

    /// One whole unit.
    pub const ONE: Quantity = Quantity(1000);

    /// So many whole units.
    #[must_use]
    pub const fn whole(units: i32) -> Quantity {
        Quantity(units as i64 * 1000)
    }

    /// The charge for this quantity at `rate`.
    ///
    /// # Errors
    /// [`TooMuch`] if it is beyond what money may be.
    pub fn at(self, rate: Rate) -> Result<Pence, TooMuch> {
        // thousandths × millionths of a pound = 10⁻⁹ £; a penny is 10⁷ of those.
        Pence::rounded(i128::from(self.0) * i128::from(rate.0), 10_000_000)
    }
}

impl std::fmt::Display for Quantity {
    /// Whole units with thousands separators; up to three decimals where there are any.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        let sign = if self.0 < 0 { "−" } else { "" };
        let decimals = if part == 0 { String::new() } else { format!(".{part:03}").trim_end_matches('0').to_owned() };
        write!(f, "{sign}{}{decimals}", thousands(whole))
    }
}

/// An amount beyond £10 billion: between councils there is none, so that it is a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount is beyond £10,000,000,000")]
pub struct TooMuch;

impl Pence {
    /// The most that an amount may be, either way.
    pub const MOST: Pence = Pence(1_000_000_000_000);

    /// Reads pounds and pence: `450.00`, `7`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Pence, &'static str> {
        let rate = Rate::parse(text)?;
        if text.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 2) {
            return Err("has more than two decimals");
        }
        Ok(Pence(rate.0 / RATE_OF_A_PENNY))
    }

    /// `numerator / denominator` in pence, rounded half away from zero.
    ///
    /// # Errors
    /// [`TooMuch`] if it is beyond [`Pence::MOST`].
    pub fn rounded(numerator: i128, denominator: i128) -> Result<Pence, TooMuch> {
        let most = i128::from(Pence::MOST.0) * denominator;
        if numerator.abs() > most { Err(TooMuch) } else { Ok(Pence(round_half_away(numerator, denominator))) }
    }

    /// What amounts come to together.
    ///
    /// # Errors
    /// [`TooMuch`] if it is beyond [`Pence::MOST`].
    pub fn total(all: impl IntoIterator<Item = Pence>) -> Result<Pence, TooMuch> {
        Pence::rounded(all.into_iter().map(|amount| i128::from(amount.0)).sum(), 1)
    }

    /// The share of this amount given in basis points (a hundredth of a per cent): VAT at 20% is 2,000.
    #[must_use]
    pub fn basis_points(self, points: i64) -> Pence {
        Pence(round_half_away(i128::from(self.0) * i128::from(points), 10_000))
    }

    /// Pounds and pence as plain digits, for files that machines read: `-1234.05`.
    #[must_use]
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

impl std::fmt::Display for Pence {
    /// `£1,234.05`, and `−£0.50` below zero.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "−" } else { "" };
        write!(f, "{sign}£{}.{:02}", thousands(self.0.unsigned_abs() / 100), self.0.unsigned_abs() % 100)
    }
}

impl Rate {
    /// What one costs that costs this amount, whatever its sign: a price is never below zero.
    #[must_use]
    pub fn of(amount: Pence) -> Rate {
        Rate(amount.0.saturating_abs().saturating_mul(RATE_OF_A_PENNY))
    }

    /// Plain digits, for files that machines read: `6.85`.
    #[must_use]
    pub fn plain(self) -> String {
        decimal(self.0, 6)
    }

    /// The most that one thing may cost.
    pub const MOST: Rate = Rate(Pence::MOST.0 * RATE_OF_A_PENNY);

    /// Reads pounds with at most six decimals: `6.85`, `0.042`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Rate, &'static str> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        if part.len() > 6 {
            return Err("has more than six decimals");
        }
        let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(part) || (text.contains('.') && part.is_empty()) {
            return Err("is not an amount in pounds such as \"6.85\"");
        }
        match format!("{whole}{part:0<6}").parse() {
            Ok(rate) if rate <= Rate::MOST.0 => Ok(Rate(rate)),
            _ => Err("is more than £10,000,000,000"),
        }
    }
}

impl std::fmt::Display for Rate {
    /// `£6.85`; more decimals only where the rate has them: `£0.0425`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let sign = if self.0 < 0 { "−" } else { "" };
        let six = format!("{part:06}");
        let decimals = six.trim_end_matches('0');
        write!(f, "{sign}£{}.{decimals:0<2}", thousands(whole))
    }
}

/// A share of an amount, in parts per million: 1.25% is 12,500.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(pub i64);

impl std::fmt::Display for Percent {
    /// `1.25%`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 10_000, format!("{:04}", self.0 % 10_000));
        let part = part.trim_end_matches('0');
        write!(f, "{whole}{}{part}%", if part.is_empty() { "" } else { "." })
    }
}

impl Percent {
    /// The whole of it.
    pub const ALL: Percent = Percent(1_000_000);

    /// Reads per cent with at most four decimals: `1.25`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Percent, &'static str> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
        if whole.is_empty() || part.len() > 4 || !digits(whole) || !digits(part) || text.ends_with('.') {
            return Err("is not a percentage such as \"1.25\", with at most four decimals");
        }
        match format!("{whole}{part:0<4}").parse() {
            Ok(parts) if parts <= 1_000_000 => Ok(Percent(parts)),
            _ => Err("is more than 100"),
        }
    }

    /// This share of an amount.
    ///
    /// # Errors
    /// [`TooMuch`] if it is beyond what money may be.
    pub fn of(self, amount: Pence) -> Result<Pence, TooMuch> {
        Pence::rounded(i128::from(amount.0) * i128::from(self.0), 1_000_000)
    }
}

/// Reads per cent of a file, or what we stored of it, for serde's `deserialize_with`.
///
/// # Errors
/// If there is something else.
pub fn any_percent<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Percent, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Stored(Percent),
        Filed(String),
    }
    match Given::deserialize(from)? {
        Given::Stored(percent) => Ok(percent),
        Given::Filed(text) => Percent::parse(&text).map_err(serde::de::Error::custom),
    }
}

fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero_on_both_sides() {
        for (n, d, want) in [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (-4, 10, 0), (15, 10, 2), (-15, 10, -2), (0, 3, 0)] {
            assert_eq!(round_half_away(n, d), want, "{n}/{d}");
        }
    }

    #[test]
    fn charges_and_vat_follow_the_worked_examples() {
        assert_eq!(Quantity(7_321_000).at(Rate::parse("1.375").unwrap()), Ok(Pence(1_006_638)));
        assert_eq!(Quantity(7_321_000_000).at(Rate::parse("9000000000").unwrap()), Err(TooMuch));
        assert_eq!(Pence(1_152_138).basis_points(2000), Pence(230_428));
        assert_eq!(Pence(-1_152_138).basis_points(2000), Pence(-230_428));
    }

    #[test]
    fn shows_money_as_people_write_it() {
        assert_eq!(Pence(123_456_705).to_string(), "£1,234,567.05");
        assert_eq!(Pence(-50).to_string(), "−£0.50");
        assert_eq!(Pence(-123_405).plain(), "-1234.05");
        assert_eq!(Rate::parse("0.0425").unwrap().to_string(), "£0.0425");
        assert_eq!(Rate::parse("6").unwrap().to_string(), "£6.00");
        assert_eq!(Quantity(1_234_500).to_string(), "1,234.5");
        assert!(Rate::parse("6.1234567").is_err() && Rate::parse("-1").is_err() && Rate::parse("6.").is_err());
    }

    proptest::proptest! {
        #[test]
        fn a_reversal_negates_its_charge(q in -1_000_000_000i64..1_000_000_000, r in 0i64..1_000_000_000) {
            proptest::prop_assert_eq!(Quantity(-q).at(Rate(r)), Quantity(q).at(Rate(r)).map(|charge| -charge));
        }
    }
}
