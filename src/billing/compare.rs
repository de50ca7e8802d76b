//! What changes between two variations of an agreement. What that comes to is [`cost_over`](super::cost_over)'s.
//!
//! Prices are compared day by day: of each stretch of days for which the newer variation has prices, those with what the
//! older one has for them. Where it has none for a day, because its term begins later or ends before, its nearest stand.
//! Two prices are one that changed if they charge for the same thing, as [`parse_tariffs`](super::parse_tariffs) tells them
//! apart: the same count of the same service whatever its kind, a fee of the same name, the one minimum, the one cap.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::price::{Price, Tariff};
use crate::agreements::{Agreement, Contact, DataProtection, Running, ServiceLevel, ServicePart, SubProcessor, Term};

/// A variation and its prices.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What is signed, but for the prices.
    pub agreement: &'a Agreement,
    /// The prices.
    pub tariffs: &'a [Tariff],
}

/// What something was in the older variation and is in the newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<T> {
    /// In the older.
    pub was: T,
    /// In the newer.
    pub now: T,
}

/// What of a list is no longer there, and what is new in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChange<T> {
    /// Only in the older variation.
    pub gone: Vec<T>,
    /// Only in the newer.
    pub new: Vec<T>,
}

/// One difference between two variations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// What it is about.
    Title(Change<String>),
    /// The power under which they agree.
    LegalBasis(Change<String>),
    /// Days from issue until a bill is due.
    PaymentDays(Change<i32>),
    /// The consumer's order number.
    OrderNumber(Change<Option<String>>),
    /// From when until when.
    Term(Change<Term>),
    /// Working days on which the consumer may read drafts.
    ReviewDays(Change<u16>),
    /// Whether a bill needs the order number.
    OrderRequired(Change<bool>),
    /// By when both look at it again.
    ReviewOn(Change<Option<Date>>),
    /// How many days' notice ends it.
    NoticeDays(Change<u16>),
    /// Whom to ask.
    Contacts(ListChange<Contact>),
    /// Something more is provided and counted.
    ServiceAdded(ServicePart),
    /// Something no longer is.
    ServiceRemoved(ServicePart),
    /// Why a count is taken back.
    ReversedWhen(Change<ServicePart>),
    /// Which closings are counted, by their outcomes.
    Outcomes(Change<ServicePart>),
    /// Something is promised.
    LevelAdded(ServiceLevel),
    /// Something no longer is.
    LevelRemoved(ServiceLevel),
    /// Another level is promised, or something else given back.
    LevelChanged(Change<ServiceLevel>),
    /// From which days there are prices.
    PriceDays(Change<Vec<Date>>),
    /// Prices, of those days of the newer variation.
    Prices {
        /// For which the changes are the same.
        days: Term,
        /// At least one.
        changes: Vec<PriceChange>,
    },
    /// Whether the consumer is controller or processor.
    ConsumerRole(Change<String>),
    /// Likewise the provider.
    ProviderRole(Change<String>),
    /// What the personal data are used for.
    Purpose(Change<String>),
    /// Whose data they are.
    DataSubjects(ListChange<String>),
    /// What is held about them.
    DataCategories(ListChange<String>),
    /// Who else the processor gives them to.
    SubProcessors(ListChange<SubProcessor>),
    /// Whom to tell of a breach.
    BreachContact(Change<String>),
    /// How soon, in hours.
    BreachNotice(Change<u16>),
    /// What happens to the data at the end.
    EndOfTerm(Change<String>),
}

/// How one price changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceChange {
    /// It is new.
    Added(Price),
    /// It is no longer there.
    Removed(Price),
    /// Its name, its amount or its VAT treatment, the reason and the approver among it.
    Changed(Change<Price>),
}

impl PriceChange {
    /// The price of the older variation.
    #[must_use]
    pub fn was(&self) -> Option<&Price> {
        match self {
            PriceChange::Added(_) => None,
            PriceChange::Removed(price) => Some(price),
            PriceChange::Changed(change) => Some(&change.was),
        }
    }

    /// The price of the newer one.
    #[must_use]
    pub fn now(&self) -> Option<&Price> {
        match self {
            PriceChange::Added(price) => Some(price),
            PriceChange::Removed(_) => None,
            PriceChange::Changed(change) => Some(&change.now),
        }
    }

    /// The newer price; the older where there is no newer.
    #[must_use]
    pub fn price(&self) -> &Price {
        match self {
            PriceChange::Added(price) | PriceChange::Removed(price) => price,
            PriceChange::Changed(change) => &change.now,
        }
    }

    /// What it was called, where it is called something else now.
    #[must_use]
    pub fn other_name(&self) -> Option<&str> {
        let name = self.was().map(|price| price.description.as_str());
        name.filter(|name| *name != self.price().description)
    }

    /// Whether there is VAT, its reason or its approver to be told: anything but a price that keeps all three.
    #[must_use]
    pub fn is_of_vat(&self) -> bool {
        match self {
            PriceChange::Added(_) | PriceChange::Removed(_) => true,
            PriceChange::Changed(change) => change.was.vat != change.now.vat,
        }
    }
}

/// Every difference, in the order in which an agreement is read; none if both say the same.
#[must_use]
pub fn differences(old: Side<'_>, new: Side<'_>) -> Vec<Difference> {
    let (was, now) = (old.agreement, new.agreement);
    let mut all: Vec<Difference> = [
        change(&was.title, &now.title).map(Difference::Title),
        change(&was.legal_basis, &now.legal_basis).map(Difference::LegalBasis),
        change(&was.payment_terms_days, &now.payment_terms_days).map(Difference::PaymentDays),
        change(&was.purchase_order, &now.purchase_order).map(Difference::OrderNumber),
        change(&was.term, &now.term).map(Difference::Term),
    ]
    .into_iter()
    .flatten()
    .collect();
    all.extend(running(&was.running, &now.running));
    all.extend(services(&was.services, &now.services));
    all.extend(levels(&was.service_levels, &now.service_levels));
    all.extend(change(&begins(old.tariffs), &begins(new.tariffs)).map(Difference::PriceDays));
    all.extend(prices(old.tariffs, new.tariffs));
    all.extend(data_protection(&was.data_protection, &now.data_protection));
    all
}

fn change<T: Clone + PartialEq>(was: &T, now: &T) -> Option<Change<T>> {
    (was != now).then(|| Change { was: was.clone(), now: now.clone() })
}

/// Another order is no change.
fn list_change<T: Clone + PartialEq>(was: &[T], now: &[T]) -> Option<ListChange<T>> {
    let only = |mine: &[T], theirs: &[T]| mine.iter().filter(|one| !theirs.contains(one)).cloned().collect::<Vec<T>>();
    let (gone, new) = (only(was, now), only(now, was));
    (!gone.is_empty() || !new.is_empty()).then_some(ListChange { gone, new })
}

fn running(was: &Running, now: &Running) -> impl Iterator<Item = Difference> {
    [
        change(&was.bill_review_days, &now.bill_review_days).map(Difference::ReviewDays),
        change(&was.order_required, &now.order_required).map(Difference::OrderRequired),
        change(&was.review_on, &now.review_on).map(Difference::ReviewOn),
        change(&was.notice_days, &now.notice_days).map(Difference::NoticeDays),
        list_change(&was.contacts, &now.contacts).map(Difference::Contacts),
    ]
    .into_iter()
    .flatten()
}

fn services(was: &[ServicePart], now: &[ServicePart]) -> Vec<Difference> {
    let is_same = |a: &ServicePart, b: &ServicePart| (&a.slug, &a.meter) == (&b.slug, &b.meter);
    let mut all = Vec::new();
    for part in now {
        match was.iter().find(|before| is_same(before, part)) {
            None => all.push(Difference::ServiceAdded(part.clone())),
            Some(before) => {
                let both = || Change { was: before.clone(), now: part.clone() };
                let reasons = list_change(&before.reversed_when, &part.reversed_when);
                let outcomes = list_change(&before.outcomes, &part.outcomes);
                all.extend(reasons.map(|_| Difference::ReversedWhen(both())));
                all.extend(outcomes.map(|_| Difference::Outcomes(both())));
            }
        }
    }
    let gone = was.iter().filter(|part| !now.iter().any(|after| is_same(part, after)));
    all.extend(gone.cloned().map(Difference::ServiceRemoved));
    all
}

fn levels(was: &[ServiceLevel], now: &[ServiceLevel]) -> Vec<Difference> {
    let is_same = |a: &ServiceLevel, b: &ServiceLevel| (&a.service, a.measure) == (&b.service, b.measure);
    let mut all = Vec::new();
    for level in now {
        match was.iter().find(|before| is_same(before, level)) {
            None => all.push(Difference::LevelAdded(level.clone())),
            Some(before) => all.extend(change(before, level).map(Difference::LevelChanged)),
        }
    }
    let gone = was.iter().filter(|level| !now.iter().any(|after| is_same(level, after)));
    all.extend(gone.cloned().map(Difference::LevelRemoved));
    all
}

fn data_protection(was: &DataProtection, now: &DataProtection) -> impl Iterator<Item = Difference> {
    [
        change(&was.consumer_role, &now.consumer_role).map(Difference::ConsumerRole),
        change(&was.provider_role, &now.provider_role).map(Difference::ProviderRole),
        change(&was.purpose, &now.purpose).map(Difference::Purpose),
        list_change(&was.data_subjects, &now.data_subjects).map(Difference::DataSubjects),
        list_change(&was.data_categories, &now.data_categories).map(Difference::DataCategories),
        list_change(&was.sub_processors, &now.sub_processors).map(Difference::SubProcessors),
        change(&was.breach_contact, &now.breach_contact).map(Difference::BreachContact),
        change(&was.breach_notice_hours, &now.breach_notice_hours).map(Difference::BreachNotice),
        change(&was.end_of_term, &now.end_of_term).map(Difference::EndOfTerm),
    ]
    .into_iter()
    .flatten()
}

/// The first day of each set of prices.
fn begins(tariffs: &[Tariff]) -> Vec<Date> {
    tariffs.iter().map(|tariff| tariff.days.from).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The prices for a day; before the first and after the last, the nearest.
fn prices_on(tariffs: &[Tariff], day: Date) -> &[Price] {
    let begun = tariffs.iter().filter(|tariff| tariff.days.from <= day).max_by_key(|tariff| tariff.days.from);
    let nearest = begun.or_else(|| tariffs.iter().min_by_key(|tariff| tariff.days.from));
    nearest.map(|tariff| tariff.prices.as_slice()).unwrap_or_default()
}

fn prices(old: &[Tariff], new: &[Tariff]) -> Vec<Difference> {
    let of = if new.is_empty() { old } else { new };
    let first = of.iter().map(|tariff| tariff.days.from).min();
    let Some((first, end)) = first.zip(of.iter().map(|tariff| tariff.days.until).max()) else { return Vec::new() };
    let from: BTreeSet<Date> =
        begins(old).into_iter().chain(begins(new)).filter(|day| first <= *day && *day < end).chain([first]).collect();
    let until = from.iter().copied().skip(1).chain([end]);
    let mut stretches: Vec<(Term, Vec<PriceChange>)> = Vec::new();
    for (from, until) in from.iter().copied().zip(until) {
        let changes = price_changes(prices_on(old, from), prices_on(new, from));
        match stretches.last_mut() {
            Some((days, same)) if *same == changes => days.until = until,
            _ => stretches.push((Term { from, until }, changes)),
        }
    }
    let changed = stretches.into_iter().filter(|(_, changes)| !changes.is_empty());
    changed.map(|(days, changes)| Difference::Prices { days, changes }).collect()
}

fn price_changes(was: &[Price], now: &[Price]) -> Vec<PriceChange> {
    let mut all = Vec::new();
    for price in now {
        match was.iter().find(|before| before.is_same_charge(price)) {
            None => all.push(PriceChange::Added(price.clone())),
            Some(before) => all.extend(change(before, price).map(PriceChange::Changed)),
        }
    }
    let gone = was.iter().filter(|price| !now.iter().any(|after| after.is_same_charge(price)));
    all.extend(gone.cloned().map(PriceChange::Removed));
    all
}

#[cfg(test)]
mod tests;
