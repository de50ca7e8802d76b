//! What a month comes to before anything of it is billed, and which months are still to be billed.

use std::collections::HashMap;

use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::build::{Cut, runs_of, unbilled};
use super::price::{Tariff, carries, is_by_item, priced};
use super::rate::{Account, Carried, Rated, Used, rate};
use super::tariffs::tariffs;
use super::used::all_used;
use crate::agreements::{Agreement, Term};
use crate::kernel::{Month, Quantity};
use crate::metering::{self, Batches, Reach, Source};
use crate::platform::schema::bill_run;
use crate::platform::{Result, Tx};

/// A month under one agreement, rated from what was counted.
#[derive(Clone, Debug)]
pub struct SoFar {
    /// The agreement's place in the list that was asked about.
    pub at: usize,
    /// How much was counted.
    pub counted: Quantity,
    /// What the month comes to, the whole standing charge included.
    pub rated: Rated,
}

/// What a month comes to under each of these agreements that binds in it.
///
/// # Errors
/// The database's; [`Error::Conflict`] if an amount is beyond what money may be.
pub fn so_far(tx: &mut Tx<'_>, agreements: &[Agreement], month: Month) -> Result<Vec<SoFar>> {
    let mut prices: HashMap<Uuid, Vec<Tariff>> = HashMap::new();
    for (agreement, tariff) in tariffs(tx, None)? {
        prices.entry(agreement).or_default().push(tariff);
    }
    let in_month = |binds: &Term| binds.from < month.until() && month.first() < binds.until;
    let of = |a: &Agreement| prices.get(&a.id).map(Vec::as_slice).unwrap_or_default();
    // Where a month depends on those before it, they are rated first.
    let first = |a: &Agreement, binds: Term| if carries(of(a)) { Month::of(binds.from).min(month) } else { month };
    let binding: Vec<(usize, &Agreement, Term)> =
        agreements.iter().enumerate().filter_map(|(at, a)| Some((at, a, a.binds().filter(in_month)?))).collect();
    let from = binding.iter().map(|(_, a, binds)| first(a, *binds)).min().unwrap_or(month);
    let mut used: HashMap<(Uuid, Month), Vec<Used>> = HashMap::new();
    let ours: Vec<_> = binding.iter().map(|(_, a, _)| (a.consumer, a.id)).collect();
    for day in metering::days(tx, &ours, from.first(), month.until())? {
        used.entry((day.agreement_id, Month::of(day.billing_date))).or_default().push(Used::from(day));
    }
    let mut all = Vec::with_capacity(binding.len());
    for (at, agreement, binds) in binding {
        let (tariffs, levels) = (of(agreement), agreement.service_levels.as_slice());
        let first = first(agreement, binds);
        if is_by_item(tariffs) {
            let (consumer, agreement, until) = (agreement.consumer, agreement.id, month.until());
            let reach = Reach { consumer, agreement, from: first.first(), until, batches: Batches::ALL };
            used.retain(|(of, _), _| *of != agreement);
            for one in all_used(tx, &reach, true, Source::Rollup)? {
                used.entry((agreement, Month::of(one.date))).or_default().push(one);
            }
        }
        let (mut carried, mut rated, mut counted) = (Carried::default(), Rated::default(), Quantity(0));
        for of in std::iter::successors(Some(first), |of| Some(of.next())).take_while(|of| *of <= month) {
            let used = used.get(&(agreement.id, of)).map(Vec::as_slice).unwrap_or_default();
            rated = rate(Account { used, levels, outturns: &[], tariffs, month: of, binds }, &mut carried)?;
            // What is only measured is no more of what was counted.
            let is_measured = |one: &&Used| levels.iter().any(|level| level.counts(&one.of.service, &one.of.meter));
            let is_priced = |one: &&Used| priced(tariffs).any(|price| price.shape.counts() == Some(&one.of));
            counted = used.iter().filter(|u| is_priced(u) || !is_measured(u)).map(|one| one.quantity).sum();
        }
        all.push(SoFar { at, counted, rated });
    }
    Ok(all)
}

/// The months that are over, were used or billed before, and have no run yet: of those agreements under which the acting
/// authority provides, oldest first, with the agreement's place in the list.
///
/// # Errors
/// The database's.
pub fn unprepared(tx: &mut Tx<'_>, agreements: &[Agreement], today: Date) -> Result<Vec<(usize, Month)>> {
    let me = tx.actor();
    let rows: Vec<(Uuid, jiff_diesel::Date, bool)> = bill_run::table
        .filter(bill_run::provider_id.eq(me))
        .select((bill_run::agreement_id, bill_run::period_start, bill_run::issued_at.is_not_null()))
        .load(tx.conn)?;
    let mut runs: HashMap<Uuid, Vec<(Month, bool)>> = HashMap::new();
    for (agreement, month, issued) in rows {
        runs.entry(agreement).or_default().push((Month::of(month.into()), issued));
    }
    let is_billed =
        |agreement: &Agreement| runs.get(&agreement.id).is_some_and(|of| of.iter().any(|(_, issued)| *issued));
    let fresh = agreements.iter().filter(|a| a.provider == me && a.binds().is_some() && !is_billed(a));
    let first_uses = metering::first_uses(tx, &fresh.map(|a| (a.consumer, a.id)).collect::<Vec<_>>())?;
    let mut due = Vec::new();
    for (at, agreement) in agreements.iter().enumerate().filter(|(_, a)| a.provider == me) {
        let Some(binds) = agreement.binds() else { continue };
        let runs = runs.get(&agreement.id).map(Vec::as_slice).unwrap_or_default();
        // Months that were passed over are due as well.
        let first = match runs.iter().filter(|(_, issued)| *issued).map(|(month, _)| *month).min() {
            Some(first) => first,
            // What happened before the platform counted anything for an agreement was billed elsewhere.
            None => first_uses.get(&agreement.id).map_or(Month::of(today).previous(), |day| Month::of(*day)),
        };
        due.extend(months_due(binds, first, runs, today).into_iter().map(|month| (at, month)));
    }
    due.sort_by_key(|(_, month)| *month);
    Ok(due)
}

fn months_due(binds: Term, first: Month, runs: &[(Month, bool)], today: Date) -> Vec<Month> {
    let last = Month::of(today).previous();
    std::iter::successors(Some(first.max(Month::of(binds.from))), |month| Some(month.next()))
        .take_while(|month| *month <= last && month.first() < binds.until)
        .filter(|month| !runs.iter().any(|(of, _)| of == month))
        .collect()
}

/// How many events of an agreement belong to months that were billed before these events were folded: the next run bills
/// them.
///
/// # Errors
/// The database's.
pub fn late_events(tx: &mut Tx<'_>, agreement: &Agreement) -> Result<i64> {
    let runs = runs_of(tx, agreement.consumer, agreement.id)?;
    let Some(last) = runs.iter().filter(|run| run.issued_seq.is_some()).map(|run| run.month).max() else {
        return Ok(0);
    };
    let cut = Cut { month: last, batch: i64::MAX, as_of: Timestamp::MAX, issued_seq: None };
    let late = unbilled(tx, agreement, &runs, cut, Source::Rollup)?;
    Ok(late.values().flatten().map(|day| day.events).sum())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_are_due_when_they_are_over() {
        let binds = Term { from: date(2026, 4, 1), until: date(2027, 1, 15) };
        let month = |code: &str| Month::parse(code).unwrap();
        let due = |first: &str, runs: &[(Month, bool)], today| {
            months_due(binds, month(first), runs, today).iter().map(|m| m.code()).collect::<Vec<_>>()
        };
        assert_eq!(due("2026-09", &[], date(2026, 11, 30)), ["2026-09", "2026-10"]);
        assert_eq!(due("2026-01", &[], date(2026, 5, 1)), ["2026-04"]);
        assert_eq!(due("2026-09", &[(month("2026-09"), false)], date(2026, 11, 30)), ["2026-10"], "a draft is a run");
        assert_eq!(due("2026-12", &[], date(2027, 6, 1)), ["2026-12", "2027-01"], "and then it has ended");
    }
}
