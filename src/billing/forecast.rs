//! What this month and this financial year will come to, from what was counted before today.
//!
//! The method, for an agreement with all its variations as one:
//!
//! 1. Of each service and meter, what a working day and what another day brings are the means of the last [`MEAN_DAYS`] days
//!    before today, or of those since its first count where they are fewer, though of no fewer than [`LEAST_DAYS`]: quantities
//!    in thousandths, values in pence, rounded half away from nothing. Working days are [`WorkingDays::NATIONAL`]. With a
//!    first count fewer than [`LEAST_DAYS`] days old an agreement has no forecast, unless its prices count nothing.
//! 2. Every day from today until the month's end brings these means. With what was counted before today they are rated by
//!    [`rate`], under the prices of their days and only where the agreement binds: bands, fees, what is included, minimums
//!    and caps are honoured, and money is never extrapolated. Where a price has limits for each item, the items to come are
//!    as many as the means say, in whole items, spread evenly over the values counted in those days.
//! 3. The financial year's later months are rated on the same means over their own calendars; those that are over are what
//!    their counts come to, and nothing before the first month that was counted or billed here, as they were billed elsewhere
//!    (with neither, before last month). Service credits follow from the counts and are in all; what only a
//!    decision takes off, a credit note, is in none.
//! 4. The method is tried on each of the last [`TRIED_MONTHS`] whole months, as on the same day of that month (its last, where
//!    it is shorter), with nothing counted for that day or a later one. How far what the month came to lies from the forecast,
//!    in basis points of the forecast, is its error. From [`ENOUGH_MONTHS`] errors on there is a range: the forecast changed by
//!    the smallest and by the largest, the forecast itself always within it, never below what is counted already, and never
//!    above a forecast that reaches a cap.
//!
//! A count stands at the day that it is for, whenever it came or was taken back: in the months tried, too.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

use super::build::unit;
use super::document::month_totals;
use super::model::Part;
use super::price::{Counts, Tariff, carries, is_by_item, priced};
use super::rate::{Account, Carried, Rated, Used, rate};
use super::tariffs::tariffs;
use super::used::{Values, all_used};
use crate::agreements::{Agreement, ServiceLevel, Term};
use crate::kernel::money::round_half_away;
use crate::kernel::time::financial_year;
use crate::kernel::{AuthorityId, Month, Pence, Quantity, WorkingDays};
use crate::metering::{self, Batches, Reach, Source};
use crate::platform::{Result, Tx};

/// Of how many days before today the means are.
pub const MEAN_DAYS: i64 = 91;
/// Of how many at least.
pub const LEAST_DAYS: i64 = 14;
/// On how many earlier months the method is tried, at most.
pub const TRIED_MONTHS: usize = 12;
/// On how many it must have been tried for a range.
pub const ENOUGH_MONTHS: usize = 3;

/// What an agreement comes to in the financial year, before VAT: what is known, and the forecast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The year's months that are over, from April, and what each comes to.
    pub over: Vec<(Month, Pence)>,
    /// This month.
    pub month: Month,
    /// What it comes to of what was counted before today, with the whole month's fees.
    pub so_far: Pence,
    /// The same by service, with the year's months; what is of none, as fees, minimums and caps are, under the empty one.
    pub services: BTreeMap<String, OfService>,
    /// None where too little was counted.
    pub forecast: Option<Forecast>,
}

/// What one service comes to, before VAT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfService {
    /// The year's months that are over.
    pub over: BTreeMap<Month, Pence>,
    /// This month, of what was counted before today.
    pub so_far: Pence,
    /// This month by its end and those to come, through March; empty without a forecast.
    pub ahead: BTreeMap<Month, Pence>,
}

impl OfService {
    /// The year's months that are over, and this one so far.
    #[must_use]
    pub fn year_so_far(&self) -> Pence {
        self.over.values().copied().sum::<Pence>() + self.so_far
    }

    /// The financial year by its end; what is known of it where there is no forecast.
    #[must_use]
    pub fn year_end(&self) -> Pence {
        if self.ahead.is_empty() {
            return self.year_so_far();
        }
        self.over.values().chain(self.ahead.values()).copied().sum()
    }
}

/// What a month and its financial year will come to, before VAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// This month.
    pub month_end: Pence,
    /// Between which amounts, as far off as the method was before; none where it was tried on too few months.
    pub range: Option<(Pence, Pence)>,
    /// The year's months after this one, through March.
    pub coming: Vec<(Month, Pence)>,
    /// The financial year: its months that are over, this one and those to come.
    pub year_end: Pence,
    /// The months that the method was tried on, the oldest first.
    pub back_test: Vec<BackTest>,
    /// How far off it was on average, either way, in basis points of the forecast.
    pub mean_error_bp: Option<i64>,
}

/// An earlier month, as it would have been forecast on the same day of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackTest {
    /// The month.
    pub month: Month,
    /// What it would have been said to come to.
    pub forecast: Pence,
    /// What it came to.
    pub came_to: Pence,
}

impl Outlook {
    /// The year's months that are over, and this one so far.
    #[must_use]
    pub fn year_so_far(&self) -> Pence {
        self.over.iter().map(|(_, amount)| *amount).sum::<Pence>() + self.so_far
    }

    /// This month by its end; what is known of it where there is no forecast.
    #[must_use]
    pub fn month_end(&self) -> Pence {
        self.forecast.as_ref().map_or(self.so_far, |forecast| forecast.month_end)
    }

    /// The financial year by its end, likewise.
    #[must_use]
    pub fn year_end(&self) -> Pence {
        self.forecast.as_ref().map_or_else(|| self.year_so_far(), |forecast| forecast.year_end)
    }
}

impl BackTest {
    /// By how much the month came to more than its forecast, in basis points of the forecast; below zero where it came to
    /// less. None of a forecast of nothing.
    #[must_use]
    pub fn error_bp(&self) -> Option<i64> {
        let off = self.came_to - self.forecast;
        match self.forecast.0.abs() {
            0 => (off == Pence(0)).then_some(0),
            size => Some(round_half_away(i128::from(off.0) * 10_000, i128::from(size))),
        }
    }
}

/// How far off these were on average, either way, in basis points of their forecasts.
#[must_use]
pub fn mean_error_bp<'a>(tests: impl IntoIterator<Item = &'a BackTest>) -> Option<i64> {
    let sizes: Vec<i128> = tests.into_iter().filter_map(BackTest::error_bp).map(|bp| i128::from(bp).abs()).collect();
    let count = i128::try_from(sizes.len()).ok().filter(|count| *count > 0)?;
    Some(round_half_away(sizes.iter().sum(), count))
}

/// A variation that binds on some days, with its place in the list.
type Listed<'a> = (usize, &'a Agreement, Term);

/// What each agreement that binds in the financial year of `today` comes to, with the place in the list of the variation
/// that binds today, or of its nearest. All variations of an agreement are one.
///
/// # Errors
/// The database's; [`Error::Conflict`](crate::platform::Error::Conflict) if an amount is beyond what money may be.
pub fn forecasts(tx: &mut Tx<'_>, agreements: &[Agreement], today: Date) -> Result<Vec<(usize, Outlook)>> {
    let mut variations: BTreeMap<(&str, AuthorityId, AuthorityId), Vec<Listed<'_>>> = BTreeMap::new();
    for (at, agreement) in agreements.iter().enumerate() {
        if let Some(binds) = agreement.binds() {
            let key = (agreement.reference.as_str(), agreement.provider, agreement.consumer);
            variations.entry(key).or_default().push((at, agreement, binds));
        }
    }
    let (year, next_year) = year_of(today);
    let in_year = |binds: Term| binds.from < next_year.first() && year.first() < binds.until;
    variations.retain(|_, all| all.iter().any(|(_, _, binds)| in_year(*binds)));
    if variations.is_empty() {
        return Ok(Vec::new());
    }
    let mut prices: HashMap<Uuid, Vec<Tariff>> = HashMap::new();
    for (agreement, tariff) in tariffs(tx, None)? {
        prices.entry(agreement).or_default().push(tariff);
    }
    let of = |a: &Agreement| prices.get(&a.id).map(Vec::as_slice).unwrap_or_default();
    // Where a month depends on those before it, they are rated first.
    let usual = before(Month::of(today), TRIED_MONTHS).first() - MEAN_DAYS.days();
    let first = |a: &Agreement, binds: Term| if carries(of(a)) { binds.from.min(usual) } else { usual };
    let from = variations.values().flatten().map(|(_, a, binds)| first(a, *binds)).min().unwrap_or(usual);
    let mut used: HashMap<Uuid, Vec<Used>> = HashMap::new();
    let ours: Vec<_> = variations.values().flatten().map(|(_, a, _)| (a.consumer, a.id)).collect();
    for day in metering::days(tx, &ours, from, today)? {
        used.entry(day.agreement_id).or_default().push(Used::from(day));
    }
    let mut billed: HashMap<Uuid, Month> = HashMap::new();
    for total in month_totals(tx, year)? {
        let first = billed.entry(total.agreement_id).or_insert(total.month);
        *first = total.month.min(*first);
    }
    let mut outlooks = BTreeMap::new();
    for mut all in variations.into_values() {
        all.sort_by_key(|(_, _, binds)| binds.from);
        if all.iter().any(|(_, a, _)| is_by_item(of(a))) {
            for (_, agreement, binds) in &all {
                let (consumer, agreement, from) = (agreement.consumer, agreement.id, first(agreement, *binds));
                let reach = Reach { consumer, agreement, from, until: today, batches: Batches::ALL };
                let mut items = all_used(tx, &reach, true, Source::Rollup)?;
                items.sort_by_key(|item| item.date);
                used.insert(agreement, items);
            }
        }
        let texts: Vec<Text<'_>> = all
            .iter()
            .map(|(_, a, binds)| {
                let counted = used.get(&a.id).map(Vec::as_slice).unwrap_or_default();
                Text { binds: *binds, tariffs: of(a), levels: &a.service_levels, counted }
            })
            .collect();
        let nearest = all.iter().rfind(|(_, _, binds)| binds.from <= today).or_else(|| all.first());
        let Some((at, _, _)) = nearest else { continue };
        let billed = all.iter().filter_map(|(_, a, _)| billed.get(&a.id)).min();
        outlooks.insert(*at, outlook(&texts, billed.copied(), today)?);
    }
    Ok(outlooks.into_iter().collect())
}

/// One variation of an agreement.
#[derive(Clone, Copy, Debug)]
struct Text<'a> {
    /// The days on which it binds.
    binds: Term,
    tariffs: &'a [Tariff],
    /// What is given back where it is not kept.
    levels: &'a [ServiceLevel],
    /// What was counted under it, by day; single items where a price has limits for each.
    counted: &'a [Used],
}

impl<'a> Text<'a> {
    /// What was counted for days from `from` until before `until`.
    fn counted(&self, from: Date, until: Date) -> &'a [Used] {
        let at = |day| self.counted.partition_point(|one| one.date < day);
        self.counted.get(at(from)..at(until)).unwrap_or_default()
    }

    /// What a month comes to: nothing, where no day of it is one on which the variation binds.
    fn rate(&self, month: Month, used: &[Used], carried: &mut Carried) -> Result<Rated> {
        if month.until() <= self.binds.from || self.binds.until <= month.first() {
            return Ok(Rated::default());
        }
        let Text { binds, tariffs, levels, .. } = *self;
        Ok(rate(Account { used, levels, outturns: &[], tariffs, month, binds }, carried)?)
    }
}

/// A variation with its months until now.
struct Past<'a> {
    text: Text<'a>,
    /// What the months before left to each.
    carried: BTreeMap<Month, Carried>,
    /// What they left to this month and those after it.
    left: Carried,
}

/// What is expected of one service and meter.
struct Mean<'a> {
    of: &'a Counts,
    working_day: (Quantity, Pence),
    other_day: (Quantity, Pence),
    /// The values of single items, the smallest first, where a price has limits for each.
    items: Option<Values>,
}

/// What the means are taken of.
struct History<'a> {
    texts: &'a [Text<'a>],
    working: BTreeSet<Date>,
    /// The day of the first count of each.
    begun: BTreeMap<&'a Counts, Date>,
    by_item: BTreeSet<&'a Counts>,
    /// Whether any price counts anything.
    is_counted: bool,
}

/// What an agreement comes to by its variations, oldest first, given the year's first month billed, if any. Pure.
fn outlook(texts: &[Text<'_>], billed: Option<Month>, today: Date) -> Result<Outlook> {
    let this = Month::of(today);
    let (year, next_year) = year_of(today);
    let oldest = year.min(before(this, TRIED_MONTHS));
    let history = History::of(texts, oldest.first() - MEAN_DAYS.days(), next_year.first());
    let known = history.begun.values().map(|day| Month::of(*day)).chain(billed).min().unwrap_or(this.previous());
    let mut came_to: BTreeMap<Month, Pence> = BTreeMap::new();
    let mut services: BTreeMap<String, OfService> = BTreeMap::new();
    let mut past = Vec::with_capacity(texts.len());
    for text in texts {
        let begins = Month::of(text.binds.from);
        let first = if carries(text.tariffs) { begins } else { begins.max(oldest) };
        let (mut carried, mut left) = (BTreeMap::new(), Carried::default());
        for month in months(first, text.binds.until.min(this.first())) {
            carried.insert(month, left.clone());
            let rated = text.rate(month, text.counted(month.first(), month.until()), &mut left)?;
            *came_to.entry(month).or_default() += rated.net();
            if month >= year.max(known) {
                each_service(&rated, &mut services, |of, net| *of.over.entry(month).or_default() += net);
            }
        }
        past.push(Past { text: *text, carried, left });
    }
    came_to.retain(|month, _| *month >= known);
    let mut so_far = Pence(0);
    for one in &past {
        let rated = one.text.rate(this, one.text.counted(this.first(), today), &mut one.left.clone())?;
        so_far += rated.net();
        each_service(&rated, &mut services, |of, net| of.so_far += net);
    }
    let over = months(year, this.first()).map(|month| (month, came_to.get(&month).copied().unwrap_or_default()));
    let mut outlook = Outlook { over: over.collect(), month: this, so_far, services, forecast: None };
    if let Some(means) = history.means(today) {
        let back_test = history.back_test(&past, &came_to, today)?;
        let mut ahead: BTreeMap<Month, Pence> = months(this, next_year.first()).map(|m| (m, Pence(0))).collect();
        let mut is_capped = false;
        for Past { text, left, .. } in &mut past {
            for (month, sum) in &mut ahead {
                let rated = text.rate(*month, &history.expected(text, &means, *month, today), left)?;
                *sum += rated.net();
                each_service(&rated, &mut outlook.services, |of, net| *of.ahead.entry(*month).or_default() += net);
                is_capped |= *month == this && rated.lines.iter().any(|line| line.charge.part == Part::Cap);
            }
        }
        let month_end = ahead.remove(&this).unwrap_or_default();
        let coming: Vec<(Month, Pence)> = ahead.into_iter().collect();
        let errors: Vec<i64> = back_test.iter().filter_map(BackTest::error_bp).collect();
        outlook.forecast = Some(Forecast {
            month_end,
            range: range(month_end, so_far, is_capped, &errors),
            year_end: outlook.over.iter().chain(&coming).map(|(_, amount)| *amount).sum::<Pence>() + month_end,
            coming,
            mean_error_bp: mean_error_bp(&back_test),
            back_test,
        });
    }
    Ok(outlook)
}

/// Adds each line's charge to its service.
fn each_service(rated: &Rated, services: &mut BTreeMap<String, OfService>, add: impl Fn(&mut OfService, Pence)) {
    for line in &rated.lines {
        let service = unit(line).map_or("", |(service, _)| service);
        add(services.entry(service.to_owned()).or_default(), line.net);
    }
}

/// The forecast changed by the smallest and the largest of these errors, in basis points.
fn range(month_end: Pence, so_far: Pence, is_capped: bool, errors: &[i64]) -> Option<(Pence, Pence)> {
    let (least, most) = (errors.iter().min()?, errors.iter().max()?);
    let changed = |by: i64| {
        let off = Pence::rounded(i128::from(month_end.0.abs()) * i128::from(by), 10_000);
        month_end + off.unwrap_or(Pence(Pence::MOST.0 * by.signum()))
    };
    let low = changed(*least.min(&0)).max(so_far.min(month_end));
    let high = if is_capped { month_end } else { changed(*most.max(&0)) };
    (errors.len() >= ENOUGH_MONTHS).then_some((low, high))
}

impl<'a> History<'a> {
    /// With the working days from `from` until before `until`.
    fn of(texts: &'a [Text<'a>], from: Date, until: Date) -> History<'a> {
        let mut begun: BTreeMap<&Counts, Date> = BTreeMap::new();
        for one in texts.iter().flat_map(|text| text.counted) {
            let first = begun.entry(&one.of).or_insert(one.date);
            *first = one.date.min(*first);
        }
        let prices = || texts.iter().flat_map(|text| priced(text.tariffs));
        History {
            texts,
            working: days(from, until).filter(|day| WorkingDays::NATIONAL.include(*day)).collect(),
            begun,
            by_item: prices().filter(|price| price.shape.is_by_item()).filter_map(|p| p.shape.counts()).collect(),
            is_counted: prices().any(|price| price.shape.counts().is_some()),
        }
    }

    /// What a day brings, from what was counted for days before `today`; none where that is too little.
    fn means(&self, today: Date) -> Option<Vec<Mean<'a>>> {
        let (window, least) = (today - MEAN_DAYS.days(), today - LEAST_DAYS.days());
        if self.is_counted && self.begun.values().min().is_none_or(|first| *first > least) {
            return None;
        }
        let mut counted: BTreeMap<&Counts, Vec<&Used>> = BTreeMap::new();
        for one in self.texts.iter().flat_map(|text| text.counted(window, today)) {
            counted.entry(&one.of).or_default().push(one);
        }
        let mean = |(of, counted): (&'a Counts, Vec<&'a Used>)| {
            let first = self.begun.get(of).copied().unwrap_or(window).max(window).min(least);
            let working = self.working.range(first..today).count();
            let mean = |is_working: bool, days: usize| {
                let days = i128::try_from(days).unwrap_or(i128::MAX).max(1);
                let of_day = |one: &&&Used| self.working.contains(&one.date) == is_working;
                let quantity = counted.iter().filter(of_day).map(|one| i128::from(one.quantity.0)).sum();
                let value = counted.iter().filter(of_day).map(|one| i128::from(one.passed().0)).sum();
                (Quantity(round_half_away(quantity, days)), Pence(round_half_away(value, days)))
            };
            let items = self.by_item.contains(of).then(|| Values::of(&counted));
            let other = days(first, today).count() - working;
            Mean { of, working_day: mean(true, working), other_day: mean(false, other), items }
        };
        Some(counted.into_iter().map(mean).collect())
    }

    /// A month under one variation: what was counted for its days before `today`, and what the means say of the others.
    fn expected(&self, text: &Text<'_>, means: &[Mean<'_>], month: Month, today: Date) -> Vec<Used> {
        let mut used = text.counted(month.first(), today.min(month.until())).to_vec();
        let (from, until) = (month.first().max(today).max(text.binds.from), month.until().min(text.binds.until));
        for mean in means {
            let of_day = |day: &Date| if self.working.contains(day) { mean.working_day } else { mean.other_day };
            let one = |date, (quantity, value)| Used { date, of: mean.of.clone(), quantity, value, items: 1 };
            match &mean.items {
                None => used.extend(days(from, until).map(|day| one(day, of_day(&day)))),
                Some(values) => {
                    let whole = |quantity: Quantity| round_half_away(quantity.0.into(), 1_000);
                    let all = whole(days(from, until).map(|day| of_day(&day).0).sum());
                    let (mut reached, mut next) = (Quantity(0), 0);
                    for day in days(from, until) {
                        reached += of_day(&day).0;
                        while next < whole(reached).min(all) {
                            let value = values.at((2 * next + 1) * values.len() / (2 * all));
                            used.extend(value.map(|value| one(day, (Quantity::ONE, value))));
                            next += 1;
                        }
                    }
                }
            }
        }
        used
    }

    /// The method tried on the months before this one.
    fn back_test(&self, past: &[Past<'_>], came_to: &BTreeMap<Month, Pence>, today: Date) -> Result<Vec<BackTest>> {
        let (this, mut tests) = (Month::of(today), Vec::new());
        for month in months(before(this, TRIED_MONTHS), this.first()) {
            let day = (month.first() + (i64::from(today.day()) - 1).days()).min(month.last());
            let (Some(came_to), Some(means)) = (came_to.get(&month), self.means(day)) else { continue };
            let mut forecast = Pence(0);
            for Past { text, carried, .. } in past {
                if let Some(carried) = carried.get(&month) {
                    let used = self.expected(text, &means, month, day);
                    forecast += text.rate(month, &used, &mut carried.clone())?.net();
                }
            }
            tests.push(BackTest { month, forecast, came_to: *came_to });
        }
        Ok(tests)
    }
}

/// The first month of a day's financial year, and of the next year.
fn year_of(day: Date) -> (Month, Month) {
    let april = |year| Month::of(Date::constant(year, 4, 1));
    (april(financial_year(day)), april(financial_year(day) + 1))
}

/// The month so many months before.
fn before(month: Month, count: usize) -> Month {
    (0..count).fold(month, |month, _| month.previous())
}

/// The months from this one that begin before a day.
fn months(from: Month, until: Date) -> impl Iterator<Item = Month> {
    std::iter::successors(Some(from), |month| Some(month.next())).take_while(move |month| month.first() < until)
}

/// The days from one until before another.
fn days(from: Date, until: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(move |day| *day < until)
}

#[cfg(test)]
mod tests;
