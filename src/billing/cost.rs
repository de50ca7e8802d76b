//! What a year of the same counts comes to under the prices of one variation of an agreement or another.

use std::collections::{BTreeMap, BTreeSet};

use super::price::{Counts, Tariff};
use super::rate::{Account, Carried, Used, rate};
use super::used::all_used;
use crate::agreements::{Agreement, ServiceLevel, Term};
use crate::kernel::{Month, Pence, Quantity};
use crate::metering::{self, Batches, Reach, Source};
use crate::platform::{Result, Tx};

/// How many months [`last_year`] reads.
const MONTHS: usize = 12;

/// What was counted in each of some months.
pub type Months = Vec<(Month, Vec<Used>)>;

/// Those of an agreement's prices that hold last.
fn newest(tariffs: &[Tariff]) -> Option<&Tariff> {
    tariffs.iter().max_by_key(|tariff| tariff.days.from)
}

/// What each of these months, which follow one another, comes to before VAT under the newest of these prices, as if both
/// the prices and the agreement had held from the first of them through the last and on no other day. So every month has its
/// whole fees, minimums and caps; units in advance are paid for in the first month and used up from there on; a yearly minimum
/// is, of each financial year that the months touch, for its days among them, and stands at the last of those. What
/// the levels give back is taken off. Credit notes, which somebody decides, are in none, and what the prices are not for
/// costs nothing: [`unpriced_over`] says what that is. Without prices every month comes to nothing.
///
/// # Errors
/// [`Error::Conflict`](crate::platform::Error::Conflict) if an amount is beyond what money may be.
pub fn cost_over(
    months: &[(Month, Vec<Used>)],
    tariffs: &[Tariff],
    levels: &[ServiceLevel],
) -> Result<Vec<(Month, Pence)>> {
    let (first, last) = (months.iter().map(|(month, _)| month).min(), months.iter().map(|(month, _)| month).max());
    let Some((first, last)) = first.zip(last) else { return Ok(Vec::new()) };
    let binds = Term { from: first.first(), until: last.until() };
    let tariffs: Vec<Tariff> =
        newest(tariffs).into_iter().map(|tariff| Tariff { days: binds, ..tariff.clone() }).collect();
    let mut carried = Carried::default();
    let of = |(month, used): &(Month, Vec<Used>)| {
        let account = Account { used, levels, outturns: &[], tariffs: &tariffs, month: *month, binds };
        Ok((*month, rate(account, &mut carried)?.net()))
    };
    months.iter().map(of).collect()
}

/// What was counted in these months that the newest of these prices are not for, and no level only measures: how much of it.
#[must_use]
pub fn unpriced_over(
    months: &[(Month, Vec<Used>)],
    tariffs: &[Tariff],
    levels: &[ServiceLevel],
) -> Vec<(Counts, Quantity)> {
    let prices = newest(tariffs).map(|tariff| tariff.prices.as_slice()).unwrap_or_default();
    let priced: BTreeSet<&Counts> = prices.iter().filter_map(|price| price.shape.counts()).collect();
    let mut sums: BTreeMap<&Counts, Quantity> = BTreeMap::new();
    let is_measured = |of: &Counts| levels.iter().any(|level| level.counts(&of.service, &of.meter));
    let is_for_none = |used: &&Used| !priced.contains(&used.of) && !is_measured(&used.of);
    for used in months.iter().flat_map(|(_, used)| used).filter(is_for_none) {
        *sums.entry(&used.of).or_default() += used.quantity;
    }
    sums.into_iter().filter(|(_, sum)| sum.0 != 0).map(|(of, sum)| (of.clone(), sum)).collect()
}

/// What was counted under all variations of one agreement in the twelve whole months before one, the oldest first; a month
/// without any is there too. `by_item` says whether a price has limits for each item, so that items are needed and not their
/// daily sums.
///
/// # Errors
/// The database's.
pub fn last_year(tx: &mut Tx<'_>, variations: &[Agreement], before: Month, by_item: bool) -> Result<Months> {
    let mut months = twelve_before(before);
    let Some(from) = months.keys().next().map(|month| month.first()) else { return Ok(Vec::new()) };
    let until = before.first();
    let mut used = Vec::new();
    if by_item {
        for one in variations {
            let reach = Reach { consumer: one.consumer, agreement: one.id, from, until, batches: Batches::ALL };
            used.extend(all_used(tx, &reach, true, Source::Rollup)?);
        }
    } else {
        let of: Vec<_> = variations.iter().map(|one| (one.consumer, one.id)).collect();
        used.extend(metering::days(tx, &of, from, until)?.into_iter().map(Used::from));
    }
    for one in used {
        months.entry(Month::of(one.date)).or_default().push(one);
    }
    Ok(months.into_iter().collect())
}

fn twelve_before(month: Month) -> BTreeMap<Month, Vec<Used>> {
    let back = std::iter::successors(Some(month.previous()), |month| Some(month.previous()));
    back.take(MONTHS).map(|month| (month, Vec::new())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_whole_months_come_before_a_month() {
        let all: Vec<String> = twelve_before(Month::parse("2026-11").unwrap()).into_keys().map(Month::code).collect();
        assert_eq!((all.len(), all[0].as_str(), all[11].as_str()), (12, "2025-11", "2026-10"));
    }
}
