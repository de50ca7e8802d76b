//! Prices: every shape that a tariff may have, as both parties sign it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::files::{PriceFile, ShapeFile, TariffFile, TariffsFile};
use super::format::check_alone;
use super::model::{Vat, VatCategory};
use super::pool::{Basis, Member, Pool, PooledCost};
use crate::agreements::Term;
use crate::kernel::document::{self, Faults, Mistake, Place};
use crate::kernel::seal::sha256_hex;
use crate::kernel::{Pence, Percent, Quantity, Rate};

/// What is counted: what a service's acts come to on one meter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Counts {
    /// Slug of the service.
    pub service: String,
    /// What is counted of it.
    pub meter: String,
}

/// One band of a tariff: from the end of the band before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// Through this quantity; none for the last band.
    pub up_to: Option<Quantity>,
    /// For one unit.
    pub unit_rate: Rate,
}

/// Between which amounts a charge stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// At least.
    pub least: Option<Pence>,
    /// At most.
    pub most: Option<Pence>,
}

/// One price of a tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// As printed.
    pub description: String,
    /// Its VAT treatment; none for a cap, which follows what it takes off.
    pub vat: Option<Vat>,
    /// How the charge comes about.
    #[serde(flatten)]
    pub shape: Shape,
}

/// How a charge comes about. Months are London calendar months; what is for a month is for its days where only some are
/// covered. Quantities count from the beginning of the month, also where the price changes within it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    /// The same for each unit.
    Unit {
        /// What is counted.
        #[serde(flatten)]
        of: Counts,
        /// For one.
        unit_rate: Rate,
    },
    /// Each unit at the rate of the band that it falls in.
    Graduated {
        /// What is counted.
        #[serde(flatten)]
        of: Counts,
        /// From the first unit on.
        bands: Vec<Band>,
    },
    /// All units at the rate of the band that the month's total falls in.
    Volume {
        /// What is counted.
        #[serde(flatten)]
        of: Counts,
        /// From the first unit on.
        bands: Vec<Band>,
    },
    /// For each package begun, after some units that are free.
    Package {
        /// What is counted.
        #[serde(flatten)]
        of: Counts,
        /// How many units make a package.
        size: Quantity,
        /// For one package.
        price: Pence,
        /// Units of a month before the first package.
        free: Quantity,
    },
    /// A monthly fee with units in it, and a price for each beyond them.
    Allowance {
        /// What is counted.
        #[serde(flatten)]
        of: Counts,
        /// For a whole month.
        monthly: Pence,
        /// Units of a whole month in it.
        included: Quantity,
        /// For each beyond.
        unit_rate: Rate,
    },
    /// Units paid for at the beginning of the tariff, and a price for each beyond them.
    Prepaid {
        /// What is counted.
        #[serde(flatten)]
        of: Counts,
        /// How many, until the tariff ends.
        units: Quantity,
        /// For all of them, billed in its first month.
        price: Pence,
        /// For each beyond.
        unit_rate: Rate,
    },
    /// A share of the value that passed.
    Percentage {
        /// Of whose value.
        #[serde(flatten)]
        of: Counts,
        /// How much of it.
        percent: Percent,
        /// For each item.
        item: Limits,
        /// For the month.
        month: Limits,
    },
    /// For each month, whatever is counted.
    Standing {
        /// For a whole month.
        monthly: Pence,
    },
    /// What is counted costs at least this in a month.
    MonthlyMinimum {
        /// In a whole month.
        amount: Pence,
    },
    /// And at least this in a financial year, billed with its last month.
    YearlyMinimum {
        /// In a whole financial year.
        amount: Pence,
    },
    /// What is counted costs at most this in a month.
    Cap {
        /// In a whole month.
        amount: Pence,
    },
    /// A member's share of what several authorities spend together.
    Share(Pool),
}

impl Shape {
    /// What it counts, if it counts anything.
    #[must_use]
    pub fn counts(&self) -> Option<&Counts> {
        match self {
            Shape::Unit { of, .. }
            | Shape::Graduated { of, .. }
            | Shape::Volume { of, .. }
            | Shape::Package { of, .. }
            | Shape::Allowance { of, .. }
            | Shape::Prepaid { of, .. }
            | Shape::Percentage { of, .. } => Some(of),
            Shape::Standing { .. }
            | Shape::MonthlyMinimum { .. }
            | Shape::YearlyMinimum { .. }
            | Shape::Cap { .. }
            | Shape::Share(_) => None,
        }
    }

    /// What is to be paid for each whole month, whatever is counted.
    #[must_use]
    pub fn monthly(&self) -> Option<Pence> {
        match self {
            Shape::Allowance { monthly, .. } | Shape::Standing { monthly } => Some(*monthly),
            _ => None,
        }
    }

    /// Whether it must be known of each item what passed.
    #[must_use]
    pub fn is_by_item(&self) -> bool {
        matches!(self, Shape::Percentage { item, .. } if *item != Limits::default())
    }

    /// Whether a month's charge depends on the months before it.
    #[must_use]
    pub fn carries(&self) -> bool {
        self.spans_variations() || matches!(self, Shape::Share(_))
    }

    /// Whether it is counted over a whole agreement, so that a variation would begin it anew.
    #[must_use]
    pub fn spans_variations(&self) -> bool {
        matches!(self, Shape::Prepaid { .. } | Shape::YearlyMinimum { .. })
    }

    /// What members spend together, where it is a share of that.
    #[must_use]
    pub fn pool(&self) -> Option<&Pool> {
        if let Shape::Share(pool) = self { Some(pool) } else { None }
    }
}

impl Price {
    /// Reads a file's price.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(file: &PriceFile) -> Result<Price, String> {
        let vat = match &file.vat {
            None => None,
            Some(word) => {
                let category = VatCategory::parse(word).ok_or_else(|| {
                    let known = VatCategory::ALL.map(VatCategory::word).join(", ");
                    format!("{word:?} is no VAT treatment; use one of {known}")
                })?;
                Some(Vat {
                    category,
                    basis_points: category.basis_points(),
                    reason: file.vat_reason.clone().unwrap_or_default(),
                    approver: file.vat_approver.clone().unwrap_or_default(),
                })
            }
        };
        let shape = Shape::parse(&file.shape)?;
        if vat.is_none() != matches!(shape, Shape::Cap { .. }) {
            return Err(format!("{:?} needs a VAT treatment, and only a cap has none", file.description));
        }
        Ok(Price { description: file.description.clone(), vat, shape })
    }

    /// Whether two prices are for the same thing: the same count of the same service, its value, or a charge of the same kind
    /// and name.
    #[must_use]
    pub fn is_same_charge(&self, other: &Price) -> bool {
        let is_share = |shape: &Shape| matches!(shape, Shape::Percentage { .. });
        match (self.shape.counts(), other.shape.counts()) {
            (Some(a), Some(b)) => a == b && is_share(&self.shape) == is_share(&other.shape),
            (None, None) => {
                std::mem::discriminant(&self.shape) == std::mem::discriminant(&other.shape)
                    && (!matches!(self.shape, Shape::Standing { .. }) || self.description == other.description)
            }
            _ => false,
        }
    }

    /// `£6.85 each`, `£450.00 a month`.
    #[must_use]
    pub fn amount(&self) -> String {
        let bands = |bands: &[Band]| -> String {
            let mut from = None;
            let each = bands.iter().map(|band| {
                let of = words_of_band(from, band.up_to);
                from = band.up_to;
                format!("{of}: {}", band.unit_rate)
            });
            each.collect::<Vec<_>>().join("; ")
        };
        let limits = |limits: &Limits, what: &str| -> String {
            let least = limits.least.map(|least| format!(", at least {least} {what}"));
            let most = limits.most.map(|most| format!(", at most {most} {what}"));
            [least, most].into_iter().flatten().collect()
        };
        match &self.shape {
            Shape::Unit { unit_rate, .. } => format!("{unit_rate} each"),
            Shape::Graduated { bands: b, .. } => format!("{} each", bands(b)),
            Shape::Volume { bands: b, .. } => format!("{} each, for all of a month alike", bands(b)),
            Shape::Package { size, price, free, .. } if free.0 == 0 => format!("{price} for every {size} begun"),
            Shape::Package { size, price, free, .. } => {
                format!("{price} for every {size} begun, after {free} in a month that are free")
            }
            Shape::Allowance { monthly, included, unit_rate, .. } => {
                format!("{monthly} a month with {included} included, then {unit_rate} each")
            }
            Shape::Prepaid { units, price, unit_rate, .. } => {
                format!("{price} for {units} in advance, then {unit_rate} each")
            }
            Shape::Percentage { percent: Percent::ALL, item, month, .. }
                if [item, month] == [&Limits::default(); 2] =>
            {
                "at cost".to_owned()
            }
            Shape::Percentage { percent, item, month, .. } => {
                format!("{percent} of the value{}{}", limits(item, "for each"), limits(month, "a month"))
            }
            Shape::Standing { monthly } => format!("{monthly} a month"),
            Shape::MonthlyMinimum { amount } => format!("at least {amount} a month"),
            Shape::YearlyMinimum { amount } => format!("at least {amount} a financial year"),
            Shape::Cap { amount } => format!("at most {amount} a month"),
            Shape::Share(pool) => format!("{} a financial year shared: {}", pool.budget(), pool.all_words()),
        }
    }
}

/// `1 to 1,000`, `1,001 to 5,000`, `above 5,000`.
pub(super) fn words_of_band(after: Option<Quantity>, up_to: Option<Quantity>) -> String {
    match (after, up_to) {
        (None, None) => "all".to_owned(),
        (None, Some(to)) => format!("1 to {to}"),
        (Some(after), Some(to)) => format!("{} to {to}", after + Quantity::ONE),
        (Some(after), None) => format!("above {after}"),
    }
}

impl Shape {
    fn parse(file: &ShapeFile) -> Result<Shape, String> {
        let rate = |text: &str| Rate::parse(text).map_err(|why| format!("{text:?} {why}"));
        let amount = |text: &str| Pence::parse(text).map_err(|why| format!("{text:?} {why}"));
        let limit = |text: &Option<String>| text.as_deref().map(amount).transpose();
        let of = |service: &str, meter: &str| Counts { service: service.to_owned(), meter: meter.to_owned() };
        let units = |n: &i64| Quantity(n.saturating_mul(Quantity::ONE.0));
        let bands = |files: &[super::files::BandFile]| -> Result<Vec<Band>, String> {
            files
                .iter()
                .map(|band| Ok(Band { up_to: band.up_to.as_ref().map(units), unit_rate: rate(&band.unit_price)? }))
                .collect()
        };
        Ok(match file {
            ShapeFile::Unit { service, meter, unit_price } => {
                Shape::Unit { of: of(service, meter), unit_rate: rate(unit_price)? }
            }
            ShapeFile::Graduated { service, meter, band } => {
                Shape::Graduated { of: of(service, meter), bands: bands(band)? }
            }
            ShapeFile::Volume { service, meter, band } => Shape::Volume { of: of(service, meter), bands: bands(band)? },
            ShapeFile::Package { service, meter, size, price, free } => {
                Shape::Package { of: of(service, meter), size: units(size), price: amount(price)?, free: units(free) }
            }
            ShapeFile::Allowance { service, meter, monthly, included, unit_price } => Shape::Allowance {
                of: of(service, meter),
                monthly: amount(monthly)?,
                included: units(included),
                unit_rate: rate(unit_price)?,
            },
            ShapeFile::Prepaid { service, meter, units: bought, price, unit_price } => Shape::Prepaid {
                of: of(service, meter),
                units: units(bought),
                price: amount(price)?,
                unit_rate: rate(unit_price)?,
            },
            ShapeFile::Percentage { service, meter, percent, item_minimum, item_maximum, minimum, maximum } => {
                Shape::Percentage {
                    of: of(service, meter),
                    percent: Percent::parse(percent).map_err(|why| format!("{percent:?} {why}"))?,
                    item: Limits { least: limit(item_minimum)?, most: limit(item_maximum)? },
                    month: Limits { least: limit(minimum)?, most: limit(maximum)? },
                }
            }
            ShapeFile::Standing { monthly } => Shape::Standing { monthly: amount(monthly)? },
            ShapeFile::MonthlyMinimum { amount: text } => Shape::MonthlyMinimum { amount: amount(text)? },
            ShapeFile::YearlyMinimum { amount: text } => Shape::YearlyMinimum { amount: amount(text)? },
            ShapeFile::Cap { amount: text } => Shape::Cap { amount: amount(text)? },
            ShapeFile::Share { basis, fixed_percent, cost, member, payer } => {
                let basis = Basis::parse(basis).ok_or_else(|| format!("{basis:?} is nothing to share by"))?;
                let fixed = match basis {
                    Basis::Ratio | Basis::Population | Basis::Assets => Percent::ALL,
                    Basis::Use => Percent(0),
                    Basis::Hybrid => {
                        let text = fixed_percent.as_deref().unwrap_or_default();
                        Percent::parse(text).map_err(|why| format!("{text:?} {why}"))?
                    }
                };
                let costs = cost.iter().map(|cost| {
                    Ok(PooledCost {
                        description: cost.description.clone(),
                        borne_by: cost.borne_by.clone(),
                        amount: amount(&cost.yearly)?,
                    })
                });
                let members = member.iter().map(|member| Member {
                    party: member.party.clone(),
                    share: member.share.unsigned_abs(),
                    used: member.used.unsigned_abs(),
                });
                Shape::Share(Pool {
                    basis,
                    fixed,
                    costs: costs.collect::<Result<_, String>>()?,
                    members: members.collect(),
                    payer: payer.clone(),
                })
            }
        })
    }
}

/// The prices of an agreement for a stretch of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// Its id.
    pub id: Uuid,
    /// 1 for the first of its agreement.
    pub version: i32,
    /// The days it is for.
    pub days: Term,
    /// The prices.
    pub prices: Vec<Price>,
}

/// Whether it must be known of each item what passed.
pub(super) fn is_by_item(tariffs: &[Tariff]) -> bool {
    priced(tariffs).any(|price| price.shape.is_by_item())
}

/// Whether a month's charges depend on the months before it.
pub(super) fn carries(tariffs: &[Tariff]) -> bool {
    priced(tariffs).any(|price| price.shape.carries())
}

/// Every price of some tariffs.
pub(super) fn priced(tariffs: &[Tariff]) -> impl Iterator<Item = &Price> {
    tariffs.iter().flat_map(|tariff| &tariff.prices)
}

/// The prices of a file, read, with the days each set is for.
///
/// # Errors
/// Says what is wrong: a price, tariffs out of order, a meter priced twice.
pub fn parse_tariffs(files: &[TariffFile], term: Term) -> Result<Vec<(Term, Vec<Price>)>, String> {
    let mut tariffs = Vec::with_capacity(files.len());
    for (at, file) in files.iter().enumerate() {
        let until: Date = files.get(at + 1).map_or(term.until, |next| next.from);
        if file.from >= until || file.from < term.from {
            return Err(format!("the prices from {} lie outside the term or are out of order", file.from));
        }
        let prices: Vec<Price> = file.prices.iter().map(Price::parse).collect::<Result<_, _>>()?;
        for (n, price) in prices.iter().enumerate() {
            if prices.iter().take(n).any(|earlier| earlier.is_same_charge(price)) {
                return Err(format!("the prices from {} charge {:?} twice", file.from, price.description));
            }
        }
        tariffs.push((Term { from: file.from, until }, prices));
    }
    Ok(tariffs)
}

/// The prices of a text that holds them alone, with the days each set is for; the last are for all time, unless the text says
/// when the term ends.
///
/// # Errors
/// Every mistake in it, by its line.
pub fn read_tariffs(text: &str) -> Result<Vec<(Term, Vec<Price>)>, Vec<Mistake>> {
    let mut faults = Faults::of("");
    if let Some(root) = document::read(text, &mut faults) {
        check_alone(&root, &mut faults);
    }
    let mistakes = faults.into_mistakes();
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let wrong = |what: String| vec![Mistake { path: String::new(), place: Place::START, what }];
    let file: TariffsFile = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
    let always = Term { from: Date::constant(1, 1, 1), until: Date::MAX };
    parse_tariffs(&file.tariffs, file.term.unwrap_or(always)).map_err(wrong)
}

/// What stands for the prices in the content that both parties sign.
///
/// # Errors
/// As [`parse_tariffs`].
pub fn prices_hash(files: &[TariffFile], term: Term) -> Result<String, String> {
    let tariffs = parse_tariffs(files, term)?;
    Ok(sha256_hex(serde_json::json!(tariffs).to_string().as_bytes()))
}
