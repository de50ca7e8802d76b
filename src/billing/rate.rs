//! Rating: quantities × tariffs → lines, and lines → VAT. Pure; no clock, no database, no floats.
//!
//! In this order, month by month: what is counted is charged by its prices, fees are charged by days, a cap takes off, a
//! minimum adds, service credits take off. VAT follows from the lines. `docs/tariffs.md` says it with examples.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use uuid::Uuid;

use super::level::service_credits;
use super::model::{Charge, Line, Part, Vat};
use super::pool::{Outturn, Provisional};
use super::price::{Band, Counts, Limits, Price, Shape, Tariff, words_of_band};
use super::share::{apportion, share};
use crate::agreements::{ServiceLevel, Term};
use crate::kernel::money::{TooMuch, round_half_away};
use crate::kernel::time::{financial_year, long_date};
use crate::kernel::{Month, Pence, Percent, Quantity, Rate};

/// A quantity to be charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The day it counts for.
    pub date: Date,
    /// What was counted.
    pub of: Counts,
    /// How much; negative for a reversal.
    pub quantity: Quantity,
    /// What passed, where a price is a share of it: in each item, where a price has limits for each.
    pub value: Pence,
    /// How many items of that value, less those taken back.
    pub items: i64,
}

impl Used {
    /// What passed in all its items.
    #[must_use]
    pub fn passed(&self) -> Pence {
        Pence(self.value.0.saturating_mul(self.items))
    }
}

/// What rating came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rated {
    /// The lines.
    pub lines: Vec<Line>,
    /// What no tariff has a price for: never dropped in silence.
    pub unpriced: Vec<Used>,
}

impl Rated {
    /// The sum of the lines.
    #[must_use]
    pub fn net(&self) -> Pence {
        self.lines.iter().map(|line| line.net).sum()
    }
}

/// What the months of an agreement leave to those after them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// How much of what was paid for in advance is used, by tariff and price.
    prepaid: BTreeMap<(Uuid, i16), Quantity>,
    /// What a financial year's counts have cost so far.
    year: BTreeMap<i16, Pence>,
    /// What a financial year's shares have been so far.
    shares: BTreeMap<i16, Provisional>,
}

/// A month to be rated, under an agreement that binds on the days of `binds`.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Everything that counts for the month; the order does not matter.
    pub used: &'a [Used],
    /// What is promised: where it is not kept, something is given back.
    pub levels: &'a [ServiceLevel],
    /// What members spent together, of the years of which it is known.
    pub outturns: &'a [Outturn],
    /// The agreement's tariffs.
    pub tariffs: &'a [Tariff],
    /// The month.
    pub month: Month,
    /// The days on which the agreement binds.
    pub binds: Term,
}

/// A tariff, and the days on which it prices the month.
struct Stretch<'a> {
    tariff: &'a Tariff,
    days: Term,
}

impl<'a> Stretch<'a> {
    /// All of a month, for what is charged once in it.
    fn whole(tariff: &'a Tariff, month: Month) -> Stretch<'a> {
        Stretch { tariff, days: Term { from: month.first(), until: month.until() } }
    }

    fn prices(&self) -> impl Iterator<Item = (i16, &'a Price)> {
        (0_i16..).zip(&self.tariff.prices)
    }

    fn length(&self) -> i32 {
        days_between(self.days.from, self.days.until)
    }
}

/// A month's charges.
///
/// # Errors
/// [`TooMuch`] if an amount is beyond what money may be.
pub fn rate(account: Account<'_>, carried: &mut Carried) -> Result<Rated, TooMuch> {
    let Account { used, levels, tariffs, month, binds, .. } = account;
    let stretches = stretches(tariffs, month, binds);
    let mut lines = Vec::new();
    let mut fees = fees(&stretches, month, binds)?;
    let mut so_far: BTreeMap<&Counts, Quantity> = BTreeMap::new();
    for stretch in &stretches {
        let mut here: BTreeMap<&Counts, Vec<&Used>> = BTreeMap::new();
        for one in used.iter().filter(|u| stretch.days.holds(u.date)) {
            here.entry(&one.of).or_default().push(one);
        }
        for (n, price) in stretch.prices() {
            lines.extend(fees.remove(&(stretch.tariff.id, n)));
            if let (Shape::Share(pool), Some(vat)) = (&price.shape, &price.vat) {
                let year = carried.shares.entry(financial_year(month.first())).or_default();
                let charges = year.charges(pool, month, binds.until, account.outturns)?;
                let pieces = charges.into_iter().map(|(part, net, note)| Piece::of_amount(part, net, Some(note)));
                lines.extend(stretch.lines(n, price, vat, month, true, pieces.collect()));
            }
            let (Some(of), Some(vat)) = (price.shape.counts(), &price.vat) else { continue };
            let counted = here.get(of).map(Vec::as_slice).unwrap_or_default();
            let before = so_far.get(of).copied().unwrap_or_default();
            let parts = match &price.shape {
                Shape::Percentage { percent, item, month: limits, .. } => {
                    let limits = limits.for_days(stretch.length(), days_of(month));
                    share_of_value(*percent, item, &limits, counted)?
                }
                Shape::Prepaid { .. } => {
                    let used = carried.prepaid.entry((stretch.tariff.id, n)).or_default();
                    let parts = parts(&price.shape, *used, sum(counted), Quantity(0))?;
                    *used += sum(counted);
                    parts
                }
                Shape::Volume { .. } => parts(&price.shape, before, sum(counted), total(used, of, &stretches))?,
                Shape::Allowance { .. } => {
                    let of_month = price.shape.with_included(included(&stretches, of, month));
                    parts(&of_month, before, sum(counted), Quantity(0))?
                }
                shape => parts(shape, before, sum(counted), Quantity(0))?,
            };
            lines.extend(stretch.lines(n, price, vat, month, counted.is_empty(), parts));
        }
        for (of, counted) in here {
            *so_far.entry(of).or_default() += sum(&counted);
        }
    }
    adjust(&mut lines, &account, &stretches, carried)?;
    Ok(Rated { lines, unpriced: unpriced(used, levels, &stretches) })
}

/// Everything used that no price is for, and that no level only measures.
fn unpriced(used: &[Used], levels: &[ServiceLevel], stretches: &[Stretch<'_>]) -> Vec<Used> {
    let priced: Vec<(Term, HashSet<&Counts>)> = stretches
        .iter()
        .map(|stretch| (stretch.days, stretch.prices().filter_map(|(_, price)| price.shape.counts()).collect()))
        .collect();
    let is_priced = |u: &Used| priced.iter().any(|(days, counts)| days.holds(u.date) && counts.contains(&u.of));
    let is_measured = |u: &Used| levels.iter().any(|level| level.counts(&u.of.service, &u.of.meter));
    used.iter().filter(|u| !is_priced(u) && !is_measured(u)).cloned().collect()
}

fn sum(used: &[&Used]) -> Quantity {
    used.iter().map(|one| one.quantity).sum()
}

/// What is counted of one thing in all of the month that is priced.
fn total(used: &[Used], of: &Counts, stretches: &[Stretch<'_>]) -> Quantity {
    let priced = |u: &&Used| u.of == *of && stretches.iter().any(|stretch| stretch.days.holds(u.date));
    used.iter().filter(priced).map(|u| u.quantity).sum()
}

/// How many units of this the fees of the month hold, each by its days.
fn included(stretches: &[Stretch<'_>], of: &Counts, month: Month) -> Quantity {
    let held = |stretch: &Stretch<'_>| -> i128 {
        let each = stretch.prices().map(|(_, price)| match &price.shape {
            Shape::Allowance { of: o, included, .. } if o == of => {
                i128::from(included.0) * i128::from(stretch.length())
            }
            _ => 0,
        });
        each.sum()
    };
    Quantity(round_half_away(stretches.iter().map(held).sum(), i128::from(days_of(month))))
}

/// What becomes a line.
struct Piece {
    part: Part,
    quantity: Quantity,
    unit_rate: Rate,
    net: Pence,
    /// What is said of it beside the price's description.
    note: Option<String>,
}

impl Piece {
    fn of_units(part: Part, quantity: Quantity, unit_rate: Rate) -> Result<Piece, TooMuch> {
        Ok(Piece { part, quantity, unit_rate, net: quantity.at(unit_rate)?, note: None })
    }

    fn noted(self, note: String) -> Piece {
        Piece { note: Some(note), ..self }
    }

    /// One, for this amount: taken off where it is below zero, for a unit's price never is.
    fn of_amount(part: Part, net: Pence, note: Option<String>) -> Piece {
        let quantity = if net.0 < 0 { -Quantity::ONE } else { Quantity::ONE };
        Piece { part, quantity, unit_rate: Rate::of(net), net, note }
    }
}

/// What a quantity comes to that follows `before` in its month. `total` is the month's, where all units have one price.
fn parts(shape: &Shape, before: Quantity, counted: Quantity, total: Quantity) -> Result<Vec<Piece>, TooMuch> {
    let after = before + counted;
    match shape {
        Shape::Unit { unit_rate, .. } => Ok(vec![Piece::of_units(Part::Units, counted, *unit_rate)?]),
        Shape::Graduated { bands, .. } => edges(bands)
            .map(|(part, from, band)| {
                // What lies below zero is taken back at the first band's rate.
                let low = |q: Quantity| if part == Part::Band(1) { q } else { q.max(from) };
                let within = |q: Quantity| band.up_to.map_or(low(q), |to| low(q).min(to));
                let piece = Piece::of_units(part, within(after) - within(before), band.unit_rate)?;
                Ok(piece.noted(band_words(from, band)))
            })
            .collect(),
        Shape::Volume { bands, .. } => edges(bands)
            .find(|(_, _, band)| band.up_to.is_none_or(|to| total <= to))
            .map(|(part, from, band)| Ok(Piece::of_units(part, counted, band.unit_rate)?.noted(band_words(from, band))))
            .into_iter()
            .collect(),
        Shape::Package { size, price, free, .. } => {
            let begun =
                |q: Quantity| (q.0 - free.0).max(0).div_euclid(size.0) + i64::from((q.0 - free.0).max(0) % size.0 > 0);
            let packages = Quantity((begun(after) - begun(before)) * Quantity::ONE.0);
            Ok(vec![Piece::of_units(Part::Packages, packages, Rate::of(*price))?])
        }
        Shape::Allowance { included: held, unit_rate, .. } | Shape::Prepaid { units: held, unit_rate, .. } => {
            let over = |q: Quantity| Quantity((q.0 - held.0).max(0));
            Ok(vec![Piece::of_units(Part::Over, over(after) - over(before), *unit_rate)?])
        }
        Shape::Percentage { .. }
        | Shape::Standing { .. }
        | Shape::MonthlyMinimum { .. }
        | Shape::YearlyMinimum { .. }
        | Shape::Cap { .. }
        | Shape::Share(_) => Ok(vec![]),
    }
}

fn band_words(from: Quantity, band: &Band) -> String {
    words_of_band(Some(from).filter(|from| from.0 > 0), band.up_to)
}

/// Each band with its part and where it begins.
fn edges(bands: &[Band]) -> impl Iterator<Item = (Part, Quantity, &Band)> {
    let from = std::iter::once(Quantity(0)).chain(bands.iter().filter_map(|band| band.up_to));
    (1_u8..).zip(from).zip(bands).map(|((n, from), band)| (Part::Band(n), from, band))
}

/// The share of what passed: exact for each item, within its limits, and rounded once for all of them.
fn share_of_value(percent: Percent, item: &Limits, month: &Limits, items: &[&Used]) -> Result<Vec<Piece>, TooMuch> {
    let millionths = |pence: Pence| i128::from(pence.0) * 1_000_000;
    let of_item = |used: &&Used| {
        let size = i128::from(used.value.0.unsigned_abs()) * i128::from(percent.0);
        let least = item.least.map_or(size, |least| size.max(millionths(least)));
        item.most.map_or(least, |most| least.min(millionths(most)))
            * i128::from(used.value.0.signum())
            * i128::from(used.items)
    };
    let net = Pence::rounded(items.iter().map(of_item).sum(), 1_000_000)?;
    let value: Pence = items.iter().map(|used| used.passed()).sum();
    let limited = month.most.map_or(net, |most| net.min(most)).max(month.least.unwrap_or(Pence(i64::MIN)));
    let mut note = format!("{percent} of {value}");
    if limited != net {
        note.push_str(if limited > net { ", at least" } else { ", at most" });
    }
    let is_at_cost = percent == Percent::ALL && limited == value;
    Ok(vec![Piece::of_amount(Part::Value, limited, Some(note).filter(|_| !is_at_cost))])
}

impl Limits {
    fn for_days(&self, days: i32, whole: i32) -> Limits {
        let part = |amount: Pence| Pence(for_days(amount.0, days, whole));
        Limits { least: self.least.map(part), most: self.most.map(part) }
    }
}

impl Shape {
    /// An allowance with so many units in it.
    fn with_included(&self, units: Quantity) -> Shape {
        match self.clone() {
            Shape::Allowance { of, monthly, unit_rate, .. } => {
                Shape::Allowance { of, monthly, included: units, unit_rate }
            }
            other => other,
        }
    }
}

impl Stretch<'_> {
    /// The lines of a price. Nothing of nothing is no line, but for what was counted and came to nothing: its events stand
    /// at the first.
    fn lines(&self, n: i16, price: &Price, vat: &Vat, month: Month, is_unused: bool, pieces: Vec<Piece>) -> Vec<Line> {
        let mut lines = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let is_nothing = piece.quantity == Quantity(0) && piece.net == Pence(0)
                || piece.part == Part::Value && piece.net == Pence(0) && is_unused;
            let stands_for_all =
                at == 0 && !is_unused && pieces.iter().all(|p| p.quantity == Quantity(0) && p.net == Pence(0));
            if !is_nothing || stands_for_all {
                lines.push(self.line(n, price, vat, month, piece));
            }
        }
        lines
    }

    fn line(&self, n: i16, price: &Price, vat: &Vat, month: Month, piece: &Piece) -> Line {
        let mut description = price.description.clone();
        if let Some(note) = &piece.note {
            description.push_str(&format!(": {note}"));
        }
        Line {
            charge: Charge { price: n, part: piece.part, of: price.shape.counts().cloned() },
            description: describe(&description, self.days, month),
            from: self.days.from,
            until: self.days.until,
            quantity: piece.quantity,
            unit_rate: piece.unit_rate,
            net: piece.net,
            vat: vat.clone(),
            tariff_id: self.tariff.id,
            tariff_version: self.tariff.version,
        }
    }
}

/// The month's fees, by tariff and price: by calendar days of that month where it is not covered whole; where the price of
/// one changes within the month, its segments share the rounding by largest remainder, so that equal prices sum to the fee.
fn fees(stretches: &[Stretch<'_>], month: Month, binds: Term) -> Result<BTreeMap<(Uuid, i16), Line>, TooMuch> {
    let whole = days_of(month);
    let mut segments: Vec<Vec<(&Stretch<'_>, i16, &Price, Pence)>> = Vec::new();
    let mut lines = BTreeMap::new();
    for stretch in stretches {
        for (n, price) in stretch.prices() {
            if let (Shape::Prepaid { units, price: paid, .. }, Some(vat)) = (&price.shape, &price.vat)
                && stretch.days.from == stretch.tariff.days.from.max(binds.from)
            {
                let piece = Piece::of_amount(Part::Advance, *paid, Some(format!("{units} in advance")));
                lines.insert((stretch.tariff.id, n), stretch.line(n, price, vat, month, &piece));
            }
            let Some(monthly) = price.shape.monthly() else { continue };
            let segment = (stretch, n, price, monthly);
            match segments.iter_mut().find(|fee| fee.iter().any(|(_, _, other, _)| other.is_same_charge(price))) {
                Some(fee) => fee.push(segment),
                None => segments.push(vec![segment]),
            }
        }
    }
    for fee in segments {
        let exact: Vec<i128> =
            fee.iter().map(|(stretch, _, _, monthly)| i128::from(monthly.0) * i128::from(stretch.length())).collect();
        for ((stretch, n, price, _), net) in fee.into_iter().zip(apportion(&exact, i128::from(whole))?) {
            let Some(vat) = &price.vat else { continue };
            let held = match &price.shape {
                Shape::Allowance { included, .. } => Some(format!("{included} a month included")),
                _ => None,
            };
            let mut line = stretch.line(n, price, vat, month, &Piece::of_amount(Part::Fee, net, held));
            if stretch.length() < whole {
                line.description.push_str(&format!(" ({} of {whole} days)", stretch.length()));
            }
            lines.insert((stretch.tariff.id, n), line);
        }
    }
    Ok(lines)
}

/// A bound on what is counted, of the tariffs that have it.
struct Bound<'a> {
    /// The last of those tariffs, at which the difference stands, and the price's place in it.
    tariff: &'a Tariff,
    n: i16,
    price: &'a Price,
    /// By the days of each.
    amount: Pence,
    tariffs: HashSet<Uuid>,
}

/// The bound that some shapes make on days of each tariff, out of `whole` days that its amounts are for.
fn bound<'a>(
    tariffs: impl Iterator<Item = (&'a Tariff, i32)>,
    whole: i32,
    amount_of: impl Fn(&Shape) -> Option<Pence>,
) -> Result<Option<Bound<'a>>, TooMuch> {
    let (mut exact, mut ids, mut last) = (0, HashSet::new(), None);
    for (tariff, days) in tariffs.filter(|(_, days)| *days > 0) {
        for (n, price) in (0_i16..).zip(&tariff.prices) {
            if let Some(amount) = amount_of(&price.shape) {
                exact += i128::from(amount.0) * i128::from(days);
                ids.insert(tariff.id);
                last = Some((tariff, n, price));
            }
        }
    }
    let Some((tariff, n, price)) = last else { return Ok(None) };
    Ok(Some(Bound { tariff, n, price, amount: Pence::rounded(exact, i128::from(whole))?, tariffs: ids }))
}

/// What a cap takes off, a minimum adds and service credits take off, of what is counted. A bound holds for what is counted
/// under the tariffs that have it.
fn adjust(
    lines: &mut Vec<Line>,
    account: &Account<'_>,
    stretches: &[Stretch<'_>],
    carried: &mut Carried,
) -> Result<(), TooMuch> {
    let (month, whole) = (account.month, days_of(account.month));
    let in_month = || stretches.iter().map(|stretch| (stretch.tariff, stretch.length()));
    let cap = bound(in_month(), whole, |shape| match shape {
        Shape::Cap { amount } => Some(*amount),
        _ => None,
    })?;
    if let Some(cap) = cap {
        let of_it: Vec<Line> = lines.iter().filter(|line| cap.tariffs.contains(&line.tariff_id)).cloned().collect();
        let over = cap.amount - counted(&of_it);
        if over.0 < 0 {
            let charge = Charge { price: cap.n, part: Part::Cap, of: None };
            let off =
                Off { charge, description: cap.price.description.clone(), amount: over, month, tariff: cap.tariff };
            lines.extend(off.spread(&of_it)?);
        }
    }
    let minimum = bound(in_month(), whole, |shape| match shape {
        Shape::MonthlyMinimum { amount } => Some(*amount),
        _ => None,
    })?;
    if let Some(least) = minimum {
        let short = least.amount - counted_under(lines, &least.tariffs);
        lines.extend(least.top_up(Part::MonthlyMinimum, short, month));
    }
    let year = financial_year(month.first());
    let (first, after) = year_of(year);
    let in_year = account.tariffs.iter().map(|tariff| {
        let from = tariff.days.from.max(account.binds.from).max(first);
        (tariff, days_between(from, tariff.days.until.min(account.binds.until).min(after)))
    });
    let yearly = bound(in_year, days_between(first, after), |shape| match shape {
        Shape::YearlyMinimum { amount } => Some(*amount),
        _ => None,
    })?;
    if let Some(least) = yearly {
        let so_far = carried.year.entry(year).or_default();
        *so_far += counted_under(lines, &least.tariffs);
        // Once: a run of a month after the end bills only what comes late.
        let is_bound = month.first() < account.binds.until;
        let is_last = is_bound && (financial_year(month.until()) != year || month.until() >= account.binds.until);
        let short = if is_last { least.amount - *so_far } else { Pence(0) };
        lines.extend(least.top_up(Part::YearlyMinimum, short, month));
    }
    let days: Vec<Term> = stretches.iter().map(|stretch| stretch.days).collect();
    if let Some(stretch) = stretches.last() {
        lines.extend(service_credits(account, lines, stretch.tariff, &days)?);
    }
    Ok(())
}

fn counted_under(lines: &[Line], tariffs: &HashSet<Uuid>) -> Pence {
    lines.iter().filter(|line| tariffs.contains(&line.tariff_id)).map(|line| counted(std::slice::from_ref(line))).sum()
}

impl Bound<'_> {
    fn top_up(&self, part: Part, short: Pence, month: Month) -> Option<Line> {
        let vat = self.price.vat.as_ref().filter(|_| short.0 > 0)?;
        let piece = Piece::of_amount(part, short, None);
        Some(Stretch::whole(self.tariff, month).line(self.n, self.price, vat, month, &piece))
    }
}

/// What is counted comes to: everything but standing charges, units in advance, and what is given back.
pub(super) fn counted(lines: &[Line]) -> Pence {
    let is_counted = |line: &&Line| match line.charge.part {
        Part::ServiceCredit | Part::Advance | Part::Share | Part::Borne | Part::Outturn => false,
        Part::Fee => line.charge.of.is_some(),
        _ => true,
    };
    lines.iter().filter(is_counted).map(|line| line.net).sum()
}

/// What is taken off a month.
pub(super) struct Off<'a> {
    pub(super) charge: Charge,
    pub(super) description: String,
    pub(super) amount: Pence,
    pub(super) month: Month,
    pub(super) tariff: &'a Tariff,
}

impl Off<'_> {
    /// A line for each VAT treatment of these, with its share.
    pub(super) fn spread(self, lines: &[Line]) -> Result<Vec<Line>, TooMuch> {
        let Off { charge, description, amount, month, tariff } = self;
        let mut groups: Vec<(&Vat, Pence)> = Vec::new();
        for line in lines.iter().filter(|line| counted(std::slice::from_ref(*line)) != Pence(0)) {
            match groups.iter_mut().find(|(vat, _)| vat.is_treated_as(&line.vat)) {
                Some((_, net)) => *net += line.net,
                None => groups.push((&line.vat, line.net)),
            }
        }
        let weights: Vec<u64> = groups.iter().map(|(_, net)| u64::try_from(net.0).unwrap_or(0)).collect();
        let shares = share(amount, &weights)?;
        let of = |((vat, _), net): ((&Vat, Pence), Pence)| Line {
            charge: charge.clone(),
            description: description.clone(),
            from: month.first(),
            until: month.until(),
            quantity: -Quantity::ONE,
            unit_rate: Rate::of(net),
            net,
            vat: vat.clone(),
            tariff_id: tariff.id,
            tariff_version: tariff.version,
        };
        Ok(groups.into_iter().zip(shares).filter(|(_, net)| net.0 != 0).map(of).collect())
    }
}

/// What an agreement commits the consumer to over a whole term, whatever is counted: its fees and its minimums.
///
/// # Errors
/// [`TooMuch`] if an amount is beyond what money may be.
pub fn committed(tariffs: &[Tariff], term: Term) -> Result<Pence, TooMuch> {
    let months = std::iter::successors(Some(Month::of(term.from)), |month| Some(month.next()))
        .take_while(|month| month.first() < term.until);
    let mut carried = Carried::default();
    let of = |month| rate(Account { used: &[], levels: &[], outturns: &[], tariffs, month, binds: term }, &mut carried);
    months.map(of).map(|rated| Ok(rated?.net())).sum()
}

/// Each tariff with the days on which it prices this month.
fn stretches(tariffs: &[Tariff], month: Month, binds: Term) -> Vec<Stretch<'_>> {
    let clipped = |tariff: &Tariff| Term {
        from: tariff.days.from.max(month.first()).max(binds.from),
        until: tariff.days.until.min(month.until()).min(binds.until),
    };
    let mut found: Vec<_> = tariffs
        .iter()
        .map(|tariff| Stretch { tariff, days: clipped(tariff) })
        .filter(|stretch| stretch.days.from < stretch.days.until)
        .collect();
    found.sort_by_key(|stretch| stretch.days.from);
    found
}

fn describe(description: &str, days: Term, month: Month) -> String {
    if days.from == month.first() && days.until == month.until() {
        return description.to_owned();
    }
    let last = days.until.yesterday().unwrap_or(days.until);
    format!("{description}, {} to {}", days.from.day(), long_date(last))
}

fn days_between(from: Date, until: Date) -> i32 {
    from.until(until).map_or(0, |span| span.get_days()).max(0)
}

fn days_of(month: Month) -> i32 {
    days_between(month.first(), month.until())
}

/// What an amount for `whole` days is for some of them.
fn for_days(amount: i64, days: i32, whole: i32) -> i64 {
    round_half_away(i128::from(amount) * i128::from(days), i128::from(whole))
}

/// A financial year's first day, and the day after its last.
fn year_of(year: i16) -> (Date, Date) {
    (Date::constant(year, 4, 1), Date::constant(year + 1, 4, 1))
}
