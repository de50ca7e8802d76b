//! What becomes of prices: lines, VAT groups, series.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::price::Counts;
use crate::kernel::{Pence, Quantity, Rate};

/// How VAT treats a supply. The provider's VAT officer decides, nothing here does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VatCategory {
    /// At the standard rate.
    Standard,
    /// At the reduced rate.
    Reduced,
    /// Taxable at nothing.
    Zero,
    /// Exempt.
    Exempt,
    /// No business activity: outside the scope of VAT.
    OutsideScope,
}

impl VatCategory {
    /// Every category, in the order shown.
    pub const ALL: [VatCategory; 5] = [
        VatCategory::Standard,
        VatCategory::Reduced,
        VatCategory::Zero,
        VatCategory::Exempt,
        VatCategory::OutsideScope,
    ];

    /// The word in files and in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            VatCategory::Standard => "standard",
            VatCategory::Reduced => "reduced",
            VatCategory::Zero => "zero",
            VatCategory::Exempt => "exempt",
            VatCategory::OutsideScope => "outside_scope",
        }
    }

    /// The category of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<VatCategory> {
        VatCategory::ALL.into_iter().find(|c| c.word() == word)
    }

    /// Today's rate in basis points. A price keeps the one it was made with: when the law changes the rate, a new
    /// tariff version says so from its day.
    #[must_use]
    pub fn basis_points(self) -> i32 {
        match self {
            VatCategory::Standard => 2_000,
            VatCategory::Reduced => 500,
            VatCategory::Zero | VatCategory::Exempt | VatCategory::OutsideScope => 0,
        }
    }

    /// Which of the two series a line of this category is billed in: an invoice with an outside-scope group may hold no
    /// other (EN 16931, BR-O-11).
    #[must_use]
    pub fn series(self) -> Series {
        if self == VatCategory::OutsideScope { Series::Demand } else { Series::Invoice }
    }
}

/// The VAT treatment of a price, and who answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vat {
    /// The category.
    pub category: VatCategory,
    /// The rate in hundredths of a per cent.
    pub basis_points: i32,
    /// Why.
    pub reason: String,
    /// Who decided that.
    pub approver: String,
}

impl Vat {
    /// Whether the same VAT comes of both.
    pub(super) fn is_treated_as(&self, other: &Vat) -> bool {
        self.category == other.category && self.basis_points == other.basis_points
    }

    /// `VAT at 20%`, `Exempt from VAT`.
    #[must_use]
    pub fn label(&self) -> String {
        vat_label(self.category, self.basis_points)
    }
}

/// `VAT at 20%`, `Exempt from VAT`.
#[must_use]
pub fn vat_label(category: VatCategory, basis_points: i32) -> String {
    match category {
        VatCategory::Standard | VatCategory::Reduced | VatCategory::Zero => {
            let (whole, part) = (basis_points / 100, basis_points % 100);
            let decimals =
                if part == 0 { String::new() } else { format!(".{part:02}").trim_end_matches('0').to_owned() };
            format!("VAT at {whole}{decimals}%")
        }
        VatCategory::Exempt => "Exempt from VAT".to_owned(),
        VatCategory::OutsideScope => "Outside the scope of VAT".to_owned(),
    }
}

/// The two series of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// VAT invoices: everything within the scope of VAT.
    Invoice,
    /// Demands for payment: what is outside it.
    Demand,
}

impl Series {
    /// Both.
    pub const ALL: [Series; 2] = [Series::Invoice, Series::Demand];

    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Series::Invoice => "invoice",
            Series::Demand => "demand",
        }
    }

    /// The series of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Series> {
        Series::ALL.into_iter().find(|s| s.word() == word)
    }

    /// The letters in a document's number.
    #[must_use]
    pub fn letters(self) -> &'static str {
        match self {
            Series::Invoice => "INV",
            Series::Demand => "DEM",
        }
    }
}

/// What a line charges for: one part of one price of a tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The price's place in its tariff, from 0.
    pub price: i16,
    /// Which part of it.
    pub part: Part,
    /// What it counts; none for what is charged whatever is counted.
    pub of: Option<Counts>,
}

/// One part of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Part {
    /// Units, all at one rate.
    Units,
    /// Units of one band, from 1.
    Band(u8),
    /// Packages begun.
    Packages,
    /// A month's fee.
    Fee,
    /// Units paid for in advance.
    Advance,
    /// Units beyond those that a fee holds.
    Over,
    /// A share of a value.
    Value,
    /// What a month's minimum adds.
    MonthlyMinimum,
    /// What a financial year's minimum adds.
    YearlyMinimum,
    /// What a cap takes off.
    Cap,
    /// What missed service levels take off.
    ServiceCredit,
    /// A month's share of what members spend together.
    Share,
    /// What the member spends for all itself, which is set against its share.
    Borne,
    /// What brings a year's shares to what was really spent.
    Outturn,
}

impl Part {
    /// Whether it is so many at a rate, rather than an amount.
    #[must_use]
    pub fn is_counted(self) -> bool {
        matches!(self, Part::Units | Part::Band(_) | Part::Packages | Part::Over)
    }
}

impl std::fmt::Display for Part {
    /// The word in the database: `units`, `band-2`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Units => "units",
            Part::Band(n) => return write!(f, "band-{n}"),
            Part::Packages => "packages",
            Part::Fee => "fee",
            Part::Advance => "advance",
            Part::Over => "over",
            Part::Value => "value",
            Part::MonthlyMinimum => "monthly-minimum",
            Part::YearlyMinimum => "yearly-minimum",
            Part::Cap => "cap",
            Part::ServiceCredit => "credit",
            Part::Share => "share",
            Part::Borne => "borne",
            Part::Outturn => "outturn",
        })
    }
}

impl From<Part> for String {
    fn from(part: Part) -> String {
        part.to_string()
    }
}

impl TryFrom<String> for Part {
    type Error = String;

    fn try_from(word: String) -> Result<Part, String> {
        const PLAIN: [Part; 13] = [
            Part::Units,
            Part::Packages,
            Part::Fee,
            Part::Advance,
            Part::Over,
            Part::Value,
            Part::MonthlyMinimum,
            Part::YearlyMinimum,
            Part::Cap,
            Part::ServiceCredit,
            Part::Share,
            Part::Borne,
            Part::Outturn,
        ];
        let band = word.strip_prefix("band-").and_then(|n| n.parse().ok()).map(Part::Band);
        band.or_else(|| PLAIN.into_iter().find(|part| part.to_string() == word))
            .ok_or_else(|| format!("{word:?} is no part of a price"))
    }
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it charges for.
    pub charge: Charge,
    /// As printed.
    pub description: String,
    /// The first day it covers.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
    /// How much.
    pub quantity: Quantity,
    /// For one.
    pub unit_rate: Rate,
    /// The charge without VAT.
    pub net: Pence,
    /// Its VAT treatment.
    pub vat: Vat,
    /// The tariff version that priced it.
    pub tariff_id: Uuid,
    /// Its number, for people.
    pub tariff_version: i32,
}

impl Line {
    /// Whether it charges for this count on this day.
    #[must_use]
    pub fn counts(&self, on: Date, service: &str, meter: &str) -> bool {
        let is_for = |of: &Counts| of.service == service && of.meter == meter;
        self.from <= on && on < self.until && self.charge.of.as_ref().is_some_and(is_for)
    }
}

/// The net of one VAT category and rate, and its VAT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatGroup {
    /// The category.
    pub category: VatCategory,
    /// The rate.
    pub basis_points: i32,
    /// The sum of its lines.
    pub net: Pence,
    /// The VAT on that sum, rounded once.
    pub vat: Pence,
}

impl VatGroup {
    /// `VAT at 20%`, `Exempt from VAT`.
    #[must_use]
    pub fn label(&self) -> String {
        vat_label(self.category, self.basis_points)
    }
}

/// The VAT of lines, for each category and rate: rounded once for the group, half away from zero.
#[must_use]
pub fn vat_groups(lines: &[Line]) -> Vec<VatGroup> {
    let mut sums: BTreeMap<(VatCategory, Reverse<i32>), Pence> = BTreeMap::new();
    for line in lines {
        *sums.entry((line.vat.category, Reverse(line.vat.basis_points))).or_default() += line.net;
    }
    sums.into_iter()
        .map(|((category, Reverse(basis_points)), net)| VatGroup {
            category,
            basis_points,
            net,
            vat: net.basis_points(i64::from(basis_points)),
        })
        .collect()
}
