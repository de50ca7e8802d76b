//! What a financial year comes to, service by service under each agreement, beside its budget: see [`super::budget`] for what
//! is counted how.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date as SqlDate, Integer, Text, Uuid as SqlUuid};
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::budget::{BudgetKey, budgets};
use super::forecast::Outlook;
use crate::agreements::Agreement;
use crate::kernel::time::financial_year;
use crate::kernel::{AuthorityId, Month, Pence};
use crate::platform::{Result, Tx};

/// One service under one agreement in the financial year: its budget, and what it comes to.
#[derive(Clone, Debug)]
pub struct Actual {
    /// What it is.
    pub key: BudgetKey,
    /// The variation that binds today, or its nearest; none where the agreement is not there any more.
    pub agreement: Option<Uuid>,
    /// What is expected; none where nobody said.
    pub budget: Option<Pence>,
    /// The year's months, from April.
    pub months: BTreeMap<Month, InMonth>,
    /// Whether there is a forecast; without one the year's end is what is known so far.
    pub is_foreseen: bool,
}

/// What a month of it comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InMonth {
    /// The lines of bills.
    pub billed: Pence,
    /// The lines of credit notes, below nothing.
    pub credited: Pence,
    /// What was counted before today comes to.
    pub came_to: Pence,
    /// What the month comes to by its end.
    pub expected: Pence,
}

impl Actual {
    fn new(key: BudgetKey, agreement: Option<Uuid>) -> Actual {
        Actual { key, agreement, budget: None, months: BTreeMap::new(), is_foreseen: false }
    }

    fn sum(&self, of: impl Fn(&InMonth) -> Pence) -> Pence {
        self.months.values().map(of).sum()
    }

    /// What was billed, less what was credited.
    #[must_use]
    pub fn billed(&self) -> Pence {
        self.sum(|month| month.billed + month.credited)
    }

    /// What was counted and is on no bill yet; below nothing where a bill charged for more than is known today.
    #[must_use]
    pub fn unbilled(&self) -> Pence {
        self.sum(|month| month.came_to - month.billed)
    }

    /// What the year comes to by its end.
    #[must_use]
    pub fn year_end(&self) -> Pence {
        self.sum(|month| month.expected + month.credited)
    }

    /// By how much the budget is more than the year comes to.
    #[must_use]
    pub fn left(&self) -> Option<Pence> {
        Some(self.budget? - self.year_end())
    }
}

/// Every service under every agreement that binds in the financial year of `today`, was billed for it or has a budget, given
/// the [`forecasts`] of that day: what is earned first, by council, agreement and service, what is of no service last.
///
/// # Errors
/// The database's.
pub fn actuals(
    tx: &mut Tx<'_>,
    agreements: &[Agreement],
    outlooks: &[(usize, Outlook)],
    today: Date,
) -> Result<Vec<Actual>> {
    let (me, year) = (tx.actor(), financial_year(today));
    let mut all: BTreeMap<BudgetKey, Actual> = BTreeMap::new();
    let mut nearest: BTreeMap<(bool, AuthorityId, &str), Uuid> = BTreeMap::new();
    for (at, outlook) in outlooks {
        let Some(agreement) = agreements.get(*at) else { continue };
        nearest.insert((agreement.provider == me, agreement.partner_of(me), &agreement.reference), agreement.id);
        let services = agreement.services.iter().map(|service| service.slug.as_str());
        for service in services.chain(outlook.services.keys().map(String::as_str)) {
            let key = BudgetKey::of(agreement, me, service);
            let actual = all.entry(key.clone()).or_insert_with(|| Actual::new(key, Some(agreement.id)));
            actual.is_foreseen = outlook.forecast.is_some();
            let Some(of) = outlook.services.get(service) else { continue };
            for (month, amount) in &of.over {
                actual.months.insert(*month, InMonth { came_to: *amount, expected: *amount, ..InMonth::default() });
            }
            let this = of.ahead.get(&outlook.month).copied().unwrap_or(of.so_far);
            actual.months.insert(outlook.month, InMonth { came_to: of.so_far, expected: this, ..InMonth::default() });
            for (month, amount) in of.ahead.iter().filter(|(month, _)| **month > outlook.month) {
                actual.months.insert(*month, InMonth { expected: *amount, ..InMonth::default() });
            }
        }
    }
    let of_key = |key: &BudgetKey| {
        let known = nearest.get(&(key.is_income, key.partner, key.reference.as_str())).copied();
        known.or_else(|| agreements.iter().find(|agreement| key.is_under(agreement, me)).map(|agreement| agreement.id))
    };
    for row in billed(tx, year)? {
        let Some(agreement) = agreements.iter().find(|agreement| agreement.id == row.agreement_id) else { continue };
        let key = BudgetKey::of(agreement, me, &row.service);
        let actual = all.entry(key.clone()).or_insert_with(|| Actual::new(key.clone(), of_key(&key)));
        let month = actual.months.entry(Month::of(row.month.into())).or_default();
        *(if row.is_credit { &mut month.credited } else { &mut month.billed }) += row.net;
    }
    for (key, amount) in budgets(tx, year)? {
        let actual = all.entry(key.clone()).or_insert_with(|| Actual::new(key.clone(), of_key(&key)));
        actual.budget = Some(amount);
    }
    let mut all: Vec<Actual> = all.into_values().collect();
    let place = |key: &BudgetKey| (!key.is_income, key.partner, key.reference.clone(), key.service.is_empty());
    all.sort_by_key(|actual| place(&actual.key));
    Ok(all)
}

#[derive(QueryableByName)]
struct Billed {
    #[diesel(sql_type = SqlUuid)]
    agreement_id: Uuid,
    #[diesel(sql_type = Text)]
    service: String,
    #[diesel(sql_type = SqlDate)]
    month: jiff_diesel::Date,
    #[diesel(sql_type = Bool)]
    is_credit: bool,
    #[diesel(sql_type = BigInt)]
    net: Pence,
}

/// The first day of a financial year, and that of the next.
fn days_of(year: i16) -> (Date, Date) {
    (Date::constant(year, 4, 1), Date::constant(year + 1, 4, 1))
}

/// The lines of issued documents for a year's months, summed.
fn billed(tx: &mut Tx<'_>, year: i16) -> Result<Vec<Billed>> {
    let (from, until) = days_of(year);
    Ok(diesel::sql_query(
        "select d.agreement_id, coalesce(l.service, '') as service, date_trunc('month', l.period_from)::date as month, \
           d.kind = 'credit' as is_credit, sum(l.net_pence)::bigint as net \
         from document_line l join document d on d.tenant_id = l.tenant_id and d.id = l.document_id \
         where (d.tenant_id = $1 or d.provider_id = $1) and d.issued_at is not null \
           and l.period_from >= $2 and l.period_from < $3 group by 1, 2, 3, 4",
    )
    .bind::<SqlUuid, _>(tx.actor())
    .bind::<SqlDate, _>(from.to_diesel())
    .bind::<SqlDate, _>(until.to_diesel())
    .load(tx.conn)?)
}

/// A line of an issued document that counts for a budget.
#[derive(Clone, Debug, QueryableByName)]
pub struct SpentLine {
    /// Its document.
    #[diesel(sql_type = SqlUuid)]
    pub document_id: Uuid,
    /// That one's number.
    #[diesel(sql_type = Text)]
    pub number: String,
    /// The line's place in it.
    #[diesel(sql_type = Integer)]
    pub n: i32,
    /// As printed.
    #[diesel(sql_type = Text)]
    pub description: String,
    /// The first day that it charges for.
    #[diesel(sql_type = SqlDate)]
    from: jiff_diesel::Date,
    /// Without VAT.
    #[diesel(sql_type = BigInt)]
    pub net: Pence,
}

impl SpentLine {
    /// The month that it charges for.
    #[must_use]
    pub fn month(&self) -> Month {
        Month::of(self.from.into())
    }
}

/// What makes up what was billed of a service under an agreement with these variations in a financial year: by month, at
/// most so many.
///
/// # Errors
/// The database's.
pub fn spent_lines(
    tx: &mut Tx<'_>,
    variations: &[Uuid],
    service: &str,
    year: i16,
    most: i64,
) -> Result<Vec<SpentLine>> {
    let (from, until) = days_of(year);
    Ok(diesel::sql_query(
        "select d.id as document_id, d.number_text as number, l.n, l.description, l.period_from as \"from\", \
           l.net_pence as net \
         from document_line l join document d on d.tenant_id = l.tenant_id and d.id = l.document_id \
         where (d.tenant_id = $1 or d.provider_id = $1) and d.issued_at is not null and d.agreement_id = any($2) \
           and coalesce(l.service, '') = $3 and l.period_from >= $4 and l.period_from < $5 \
         order by l.period_from, d.issued_at, d.id, l.n limit $6",
    )
    .bind::<SqlUuid, _>(tx.actor())
    .bind::<Array<SqlUuid>, _>(variations)
    .bind::<Text, _>(service)
    .bind::<SqlDate, _>(from.to_diesel())
    .bind::<SqlDate, _>(until.to_diesel())
    .bind::<BigInt, _>(most)
    .load(tx.conn)?)
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::civil::date;

    use super::*;

    pub(in super::super) fn actual(is_income: bool, budget: i64, months: &[InMonth]) -> Actual {
        let partner = AuthorityId(Uuid::nil());
        let key = BudgetKey { is_income, partner, reference: "A-1".to_owned(), service: String::new() };
        let first = Month::of(date(2026, 4, 1));
        let months = std::iter::successors(Some(first), |month| Some(month.next())).zip(months.iter().copied());
        Actual { budget: Some(Pence(budget)), is_foreseen: true, months: months.collect(), ..Actual::new(key, None) }
    }

    pub(in super::super) fn month(billed: i64, credited: i64, came_to: i64, expected: i64) -> InMonth {
        let [billed, credited, came_to, expected] = [billed, credited, came_to, expected].map(Pence);
        InMonth { billed, credited, came_to, expected }
    }

    #[test]
    fn what_was_credited_is_spent_no_more_and_is_not_to_be_billed_again() {
        let it = actual(false, 1_000, &[month(500, -100, 520, 520), month(0, 0, 80, 200), month(0, 0, 0, 300)]);
        assert_eq!((it.billed(), it.unbilled(), it.year_end()), (Pence(400), Pence(100), Pence(920)));
        assert_eq!(it.left(), Some(Pence(80)));
    }
}
