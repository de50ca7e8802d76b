//! Cost sharing: what several authorities spend together in a financial year, and who bears which part of it.
//!
//! The lead authority provides, the other members are its consumers, each by an agreement of its own that says the same. A
//! month's share is provisional: a twelfth of the year's budget by the members' weights, less a twelfth of what the member
//! itself was to spend. When the year is over the outturn says what was spent, by whom and, where use counts, for whom; its
//! line brings what was billed to exactly what the member owes.

pub(super) mod format;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::model::Part;
use super::price::Tariff;
use super::share::share;
use crate::agreements::Term;
use crate::kernel::money::TooMuch;
use crate::kernel::time::financial_year;
use crate::kernel::{Month, Pence, Percent, Quantity};

/// By what members share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A ratio that they have agreed.
    Ratio,
    /// Who lives there.
    Population,
    /// What they own: devices, vehicles, kilometres of road.
    Assets,
    /// What they use.
    Use,
    /// A part by ratio, the rest by use.
    Hybrid,
}

impl Basis {
    /// Each, in the order shown.
    pub const ALL: [Basis; 5] = [Basis::Ratio, Basis::Population, Basis::Assets, Basis::Use, Basis::Hybrid];

    /// The word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Basis::Ratio => "ratio",
            Basis::Population => "population",
            Basis::Assets => "assets",
            Basis::Use => "use",
            Basis::Hybrid => "hybrid",
        }
    }

    /// Of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Basis> {
        Basis::ALL.into_iter().find(|basis| basis.word() == word)
    }

    /// Whether what each has used must be known.
    #[must_use]
    pub fn counts_use(self) -> bool {
        matches!(self, Basis::Use | Basis::Hybrid)
    }
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its slug.
    pub party: String,
    /// Its weight: points of the ratio, heads, assets.
    pub share: u64,
    /// What it is expected to use in a year.
    pub used: u64,
}

/// What a member spends for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PooledCost {
    /// What on.
    pub description: String,
    /// The member that pays for it.
    pub borne_by: String,
    /// In a financial year.
    pub amount: Pence,
}

/// What members spend together in a whole financial year, as one of them is billed for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// By what they share.
    pub basis: Basis,
    /// How much of it they share by their weights, the rest by use.
    pub fixed: Percent,
    /// The budget.
    pub costs: Vec<PooledCost>,
    /// Who shares, in the order in which pennies left over fall.
    pub members: Vec<Member>,
    /// Who of them is billed.
    pub payer: String,
}

/// What was spent in a financial year, known when it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outturn {
    /// The year that begins in April of this one.
    pub year: i16,
    /// On what, by whom.
    pub costs: Vec<PooledCost>,
    /// What each member used; empty where use does not count.
    pub used: BTreeMap<String, u64>,
}

/// What somebody is charged with and what is set against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contribution {
    /// What is shared.
    pub whole: Pence,
    /// The member's share of it.
    pub share: Pence,
    /// What the member bears itself.
    pub borne: Pence,
}

impl Contribution {
    fn plus(self, other: Contribution) -> Contribution {
        Contribution {
            whole: self.whole + other.whole,
            share: self.share + other.share,
            borne: self.borne + other.borne,
        }
    }

    /// What it pays; below zero, what it is paid.
    #[must_use]
    pub fn to_pay(self) -> Pence {
        self.share - self.borne
    }
}

impl Pool {
    /// What a whole year costs all members.
    #[must_use]
    pub fn budget(&self) -> Pence {
        total(&self.costs)
    }

    /// An amount among the members, in their order: by what they were expected to use, or have used.
    ///
    /// # Errors
    /// [`TooMuch`] if the amount is beyond what money may be.
    pub fn among(&self, amount: Pence, used: Option<&BTreeMap<String, u64>>) -> Result<Vec<Pence>, TooMuch> {
        let fixed = Pence::rounded(i128::from(amount.0) * i128::from(self.fixed.0), 1_000_000)?;
        let used_by = |member: &Member| match used {
            Some(used) => used.get(&member.party).copied().unwrap_or(0),
            None => member.used,
        };
        let weights: Vec<u64> = self.members.iter().map(|member| member.share).collect();
        let by_use = share(amount - fixed, &self.members.iter().map(used_by).collect::<Vec<_>>())?;
        Ok(share(fixed, &weights)?.into_iter().zip(by_use).map(|(fixed, rest)| fixed + rest).collect())
    }

    /// Everybody's contribution to a month, in the members' order: twelfths of the year's costs, the pennies left over in its
    /// first months. A month's shares come to what all shares through it are, less what they were before, so that twelve of
    /// them are the year's share exactly, too.
    ///
    /// # Errors
    /// [`TooMuch`] if an amount is beyond what money may be.
    pub fn in_month(&self, month: Month) -> Result<Vec<Contribution>, TooMuch> {
        let at = usize::try_from((month.first().month() + 8) % 12).unwrap_or(0);
        let through = |amount: Pence, months: usize| -> Result<Pence, TooMuch> {
            Ok(share(amount, &[1; 12])?.into_iter().take(months).sum())
        };
        let (mut before, mut after) = (Pence(0), Pence(0));
        for cost in &self.costs {
            before += through(cost.amount, at)?;
            after += through(cost.amount, at + 1)?;
        }
        let shares = self.among(after, None)?.into_iter().zip(self.among(before, None)?);
        let of = |(member, (after_it, before_it)): (&Member, (Pence, Pence))| {
            let mine = self.costs.iter().filter(|cost| cost.borne_by == member.party);
            let borne = mine.map(|cost| Ok(through(cost.amount, at + 1)? - through(cost.amount, at)?));
            let borne = borne.sum::<Result<Pence, TooMuch>>()?;
            Ok(Contribution { whole: after - before, share: after_it - before_it, borne })
        };
        self.members.iter().zip(shares).map(of).collect()
    }

    /// The place of whoever is billed among the members.
    #[must_use]
    pub fn payer_at(&self) -> Option<usize> {
        self.members.iter().position(|member| member.party == self.payer)
    }

    /// Whether both say the same, whoever of the members is billed.
    #[must_use]
    pub fn is_same_pool(&self, other: &Pool) -> bool {
        Pool { payer: String::new(), ..self.clone() } == Pool { payer: String::new(), ..other.clone() }
    }

    /// What each member's share comes from: `wealdshire 55 of 100 parts, …`.
    pub(super) fn all_words(&self) -> String {
        let each = (0..self.members.len()).map(|at| format!("{} {}", self.members[at].party, self.words(at)));
        each.collect::<Vec<_>>().join(", ")
    }

    /// How a member's share of an outturn comes about, by what each really used.
    fn used_words(&self, at: usize, outturn: &Outturn) -> String {
        let mut pool = self.clone();
        for member in pool.members.iter_mut().filter(|_| self.basis.counts_use()) {
            member.used = outturn.used.get(&member.party).copied().unwrap_or(0);
        }
        pool.words(at)
    }

    /// How a member's share comes about: `24 of 100 parts`.
    pub(super) fn words(&self, at: usize) -> String {
        let Some(member) = self.members.get(at) else { return String::new() };
        let plain = |n: u64| Quantity(i64::try_from(n).unwrap_or(i64::MAX / 1_000) * 1_000);
        let of = |weight: fn(&Member) -> u64| {
            format!("{} of {}", plain(weight(member)), plain(self.members.iter().map(weight).sum()))
        };
        let (by_share, by_use) = (|| of(|m| m.share), || format!("{} used", of(|m| m.used)));
        match self.basis {
            Basis::Ratio => format!("{} parts", by_share()),
            Basis::Population => format!("{} people", by_share()),
            Basis::Assets => format!("{} assets", by_share()),
            Basis::Use => by_use(),
            Basis::Hybrid => format!("{} by {} parts, the rest by {}", self.fixed, by_share(), by_use()),
        }
    }
}

/// What costs come to.
pub fn total<'a>(costs: impl IntoIterator<Item = &'a PooledCost>) -> Pence {
    costs.into_iter().map(|cost| cost.amount).sum()
}

/// What a financial year's months have charged the payer with so far, by the pool under which they did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Provisional(Vec<(Pool, Contribution)>);

impl Provisional {
    /// A month's provisional share, what is set against it, and in a year's last month, or the last before `until`, once it
    /// is known what was spent, the difference: each part with its words.
    pub(super) fn charges(
        &mut self,
        pool: &Pool,
        month: Month,
        until: Date,
        outturns: &[Outturn],
    ) -> Result<Vec<(Part, Pence, String)>, TooMuch> {
        let year = financial_year(month.first());
        let charged = self.charge(pool, month)?;
        let words = pool.payer_at().map(|at| pool.words(at)).unwrap_or_default();
        let mut parts = vec![
            (Part::Share, charged.share, format!("{words}, of {}", charged.whole)),
            (Part::Borne, -charged.borne, "less what it bears itself".to_owned()),
        ];
        let is_last = financial_year(month.until()) != year || month.until() >= until;
        if let Some(outturn) = outturns.iter().find(|outturn| outturn.year == year).filter(|_| is_last) {
            let (really, so_far) = (self.really(outturn)?, self.charged());
            let Contribution { whole, share, borne } = really;
            let note =
                format!("outturn {}: {share} of {whole}, less {borne} borne, less {so_far} charged", year_label(year));
            parts.push((Part::Outturn, really.to_pay() - so_far, note));
        }
        parts.retain(|(_, amount, _)| amount.0 != 0);
        Ok(parts)
    }

    /// Charges another month, and says what with.
    fn charge(&mut self, pool: &Pool, month: Month) -> Result<Contribution, TooMuch> {
        let all = pool.in_month(month)?;
        let charged = pool.payer_at().and_then(|at| all.get(at)).copied().unwrap_or_default();
        match self.0.iter_mut().find(|(other, _)| other == pool) {
            Some((_, sum)) => *sum = sum.plus(charged),
            None => self.0.push((pool.clone(), charged)),
        }
        Ok(charged)
    }

    /// What was charged.
    fn charged(&self) -> Pence {
        self.0.iter().map(|(_, sum)| sum.to_pay()).sum()
    }

    /// What the year really was for the payer: where the weights changed within it, each takes as much of the outturn as its
    /// months had of the budget.
    fn really(&self, outturn: &Outturn) -> Result<Contribution, TooMuch> {
        let whole = total(&outturn.costs);
        let budgets: Vec<u64> = self.0.iter().map(|(_, sum)| sum.whole.0.unsigned_abs()).collect();
        let mut owed = Contribution { whole, ..Contribution::default() };
        for ((pool, _), part) in self.0.iter().zip(share(whole, &budgets)?) {
            let shares = pool.among(part, Some(&outturn.used).filter(|_| pool.basis.counts_use()))?;
            owed.share += pool.payer_at().and_then(|at| shares.get(at)).copied().unwrap_or_default();
            let mine = outturn.costs.iter().filter(|cost| cost.borne_by == pool.payer);
            owed.borne = total(mine);
        }
        Ok(owed)
    }
}

/// What a member owes of a year, and was charged with before it was over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its slug.
    pub party: String,
    /// What its share comes from.
    pub weight: String,
    /// What the months charged.
    pub charged: Contribution,
    /// What it owes.
    pub really: Contribution,
}

/// What every member owes of a year, in the members' order.
///
/// # Errors
/// [`TooMuch`] if an amount is beyond what money may be.
pub(super) fn settled(tariffs: &[Tariff], binds: Term, outturn: &Outturn) -> Result<Vec<Settled>, TooMuch> {
    let of_year = |month: &Month| financial_year(month.first()) == outturn.year;
    let months: Vec<Month> = std::iter::successors(Some(Month::of(binds.from)), |month| Some(month.next()))
        .take_while(|month| month.first() < binds.until)
        .filter(of_year)
        .collect();
    let pools: Vec<(Month, &Pool)> = months.iter().filter_map(|m| Some((*m, pool_of(tariffs, *m)?))).collect();
    let Some((_, last)) = pools.last() else { return Ok(Vec::new()) };
    let of = |(at, member): (usize, &Member)| {
        let mut year = Provisional::default();
        for (month, pool) in &pools {
            year.charge(&Pool { payer: member.party.clone(), ..(*pool).clone() }, *month)?;
        }
        let charged = year.0.iter().fold(Contribution::default(), |sum, (_, part)| sum.plus(*part));
        let weight = last.used_words(at, outturn);
        Ok(Settled { party: member.party.clone(), weight, charged, really: year.really(outturn)? })
    };
    last.members.iter().enumerate().map(of).collect()
}

/// The pool that a month is shared by.
#[must_use]
pub fn pool_of(tariffs: &[Tariff], month: Month) -> Option<&Pool> {
    let of_month = tariffs.iter().find(|tariff| tariff.days.holds(month.first()))?;
    of_month.prices.iter().find_map(|price| price.shape.pool())
}

/// `2026/27`.
#[must_use]
pub fn year_label(year: i16) -> String {
    format!("{year}/{:02}", (year + 1) % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pool(basis: Basis, fixed: i64, members: &[(&str, u64, u64)], costs: &[(&str, i64)]) -> Pool {
        let member = |&(party, share, used): &(&str, u64, u64)| Member { party: party.to_owned(), share, used };
        Pool {
            basis,
            fixed: Percent(fixed),
            costs: spent(costs),
            members: members.iter().map(member).collect(),
            payer: members[1].0.to_owned(),
        }
    }

    fn spent(costs: &[(&str, i64)]) -> Vec<PooledCost> {
        let cost = |&(by, amount): &(&str, i64)| PooledCost {
            description: "Staff".to_owned(),
            borne_by: by.to_owned(),
            amount: Pence(amount),
        };
        costs.iter().map(cost).collect()
    }

    fn year(pool: &Pool) -> Provisional {
        let mut year = Provisional::default();
        for month in std::iter::successors(Month::parse("2026-04"), |month| Some(month.next())).take(12) {
            year.charge(pool, month).unwrap();
        }
        year
    }

    const ORBIS: [(&str, u64, u64); 3] = [("surrey", 55, 0), ("east-sussex", 24, 0), ("brighton", 21, 0)];

    #[test]
    fn the_outturn_brings_each_share_to_what_was_spent() {
        // billing.md §4.3: 300,000,000 provisional, 293,144,217 actual.
        let spent = Outturn { year: 2026, costs: spent(&[("surrey", 293_144_217)]), used: BTreeMap::new() };
        for (payer, provisional, due) in [
            ("surrey", 165_000_000 - 300_000_000, -3_770_681 + 6_855_783),
            ("east-sussex", 72_000_000, -1_645_388),
            ("brighton", 63_000_000, -1_439_714),
        ] {
            let pool =
                Pool { payer: payer.to_owned(), ..pool(Basis::Ratio, 1_000_000, &ORBIS, &[("surrey", 300_000_000)]) };
            let year = year(&pool);
            assert_eq!(year.charged(), Pence(provisional), "{payer}");
            assert_eq!(year.really(&spent).unwrap().to_pay() - year.charged(), Pence(due), "{payer}");
        }
    }

    #[test]
    fn a_year_of_months_is_the_year() {
        let pool = pool(Basis::Ratio, 1_000_000, &ORBIS, &[("surrey", 1_000_003), ("east-sussex", 7)]);
        let month = |text| pool.in_month(Month::parse(text).unwrap()).unwrap()[0].whole;
        // The pennies left over fall in the year's first months.
        assert_eq!((month("2026-04"), month("2027-03")), (Pence(83_335), Pence(83_333)));
        let whole = year(&pool).0[0].1;
        assert_eq!((whole.whole, whole.share), (pool.budget(), pool.among(pool.budget(), None).unwrap()[1]));
    }

    #[test]
    fn use_and_a_part_by_use_share_as_worked_out() {
        let used = BTreeMap::from([("a".to_owned(), 8_412), ("b".to_owned(), 3_977), ("c".to_owned(), 2_611)]);
        let members = [("a", 0, 1), ("b", 0, 1), ("c", 0, 1)];
        let by_use = pool(Basis::Use, 0, &members, &[("a", 25_000_000)]);
        let pence = |all: [i64; 3]| all.map(Pence).to_vec();
        let shared = by_use.among(Pence(25_000_000), Some(&used)).unwrap();
        assert_eq!(shared, pence([14_020_000, 6_628_333, 4_351_667]));
        // 40% by 2 : 1 : 1, the rest by use.
        let members = [("a", 2, 1), ("b", 1, 1), ("c", 1, 1)];
        let hybrid = pool(Basis::Hybrid, 400_000, &members, &[("a", 25_000_000)]);
        let shared = hybrid.among(Pence(25_000_000), Some(&used)).unwrap();
        assert_eq!(shared, pence([5_000_000 + 8_412_000, 2_500_000 + 3_977_000, 2_500_000 + 2_611_000]));
        assert_eq!(hybrid.words(1), "40% by 1 of 4 parts, the rest by 1 of 3 used");
    }

    #[test]
    fn weights_that_change_within_a_year_each_take_their_months_part() {
        let first = pool(Basis::Ratio, 1_000_000, &[("a", 1, 0), ("b", 1, 0)], &[("a", 12_000)]);
        let second = pool(Basis::Ratio, 1_000_000, &[("a", 3, 0), ("b", 1, 0)], &[("a", 12_000)]);
        let mut year = Provisional::default();
        for (n, month) in
            std::iter::successors(Month::parse("2026-04"), |month| Some(month.next())).take(12).enumerate()
        {
            year.charge(if n < 6 { &first } else { &second }, month).unwrap();
        }
        let spent = Outturn { year: 2026, costs: spent(&[("a", 24_000)]), used: BTreeMap::new() };
        assert_eq!(year.charged(), Pence(3_000 + 1_500));
        assert_eq!(year.really(&spent).unwrap().to_pay(), Pence(6_000 + 3_000));
    }

    proptest! {
        #[test]
        fn what_all_pay_and_bear_is_what_was_spent(
            weights in prop::collection::vec((1u64..1_000_000, 0u64..1_000_000), 2..7),
            costs in prop::collection::vec((0usize..7, 0i64..10_000_000_000), 1..6),
            actual in prop::collection::vec((0usize..7, 0i64..10_000_000_000), 1..6),
            fixed in 0i64..=1_000_000,
        ) {
            let names: Vec<String> = (0..weights.len()).map(|n| format!("m{n}")).collect();
            let members: Vec<_> = names.iter().zip(&weights).map(|(name, (s, u))| (name.as_str(), *s, *u)).collect();
            let by = |costs: &[(usize, i64)]| -> Vec<PooledCost> {
                spent(&costs.iter().map(|(at, amount)| (names[at % names.len()].as_str(), *amount)).collect::<Vec<_>>())
            };
            let outturn = Outturn { year: 2026, costs: by(&actual), used: names.iter().cloned().zip(weights.iter().map(|(_, u)| *u)).collect() };
            let mut sums = (Pence(0), Pence(0));
            for payer in &names {
                let shared = Pool { costs: by(&costs), payer: payer.clone(), ..pool(Basis::Hybrid, fixed, &members, &[]) };
                let year = year(&shared);
                sums.0 += year.charged();
                sums.1 += year.really(&outturn).unwrap().to_pay();
            }
            // What one pays another gets: between them nothing is left, provisionally and in the end.
            prop_assert_eq!(sums, (Pence(0), Pence(0)));
        }
    }
}
