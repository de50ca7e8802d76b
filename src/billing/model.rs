//! Prices and what becomes of them: tariffs, lines, VAT groups, series.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::files::{PriceFile, TariffFile};
use crate::agreements::Term;
use crate::kernel::seal::sha256_hex;
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

/// One price of a tariff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Price {
    /// For each unit counted.
    Unit {
        /// Slug of the service.
        service: String,
        /// What is counted.
        meter: String,
        /// As printed.
        description: String,
        /// For one unit.
        unit_rate: Rate,
        /// Its VAT treatment.
        vat: Vat,
    },
    /// For each calendar month.
    Standing {
        /// As printed.
        description: String,
        /// For a whole month.
        monthly: Pence,
        /// Its VAT treatment.
        vat: Vat,
    },
}

impl Price {
    /// Reads a file's price.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(file: &PriceFile) -> Result<Price, String> {
        let treatment = |word: &str, reason: &str, approver: &str| {
            let category = VatCategory::parse(word).ok_or_else(|| {
                let known = VatCategory::ALL.map(VatCategory::word).join(", ");
                format!("{word:?} is no VAT treatment; use one of {known}")
            })?;
            let basis_points = category.basis_points();
            Ok::<_, String>(Vat { category, basis_points, reason: reason.to_owned(), approver: approver.to_owned() })
        };
        match file {
            PriceFile::Unit { service, meter, description, unit_price, vat, vat_reason, vat_approver } => {
                Ok(Price::Unit {
                    service: service.clone(),
                    meter: meter.clone(),
                    description: description.clone(),
                    unit_rate: Rate::parse(unit_price).map_err(|why| format!("{unit_price:?} {why}"))?,
                    vat: treatment(vat, vat_reason, vat_approver)?,
                })
            }
            PriceFile::Standing { description, monthly, vat, vat_reason, vat_approver } => {
                let rate = Rate::parse(monthly).map_err(|why| format!("{monthly:?} {why}"))?;
                if rate.0 % RATE_OF_A_PENNY != 0 {
                    return Err(format!("{monthly:?} is not a whole number of pence"));
                }
                Ok(Price::Standing {
                    description: description.clone(),
                    monthly: Pence(rate.0 / RATE_OF_A_PENNY),
                    vat: treatment(vat, vat_reason, vat_approver)?,
                })
            }
        }
    }

    /// As printed.
    #[must_use]
    pub fn description(&self) -> &str {
        match self {
            Price::Unit { description, .. } | Price::Standing { description, .. } => description,
        }
    }

    /// Its VAT treatment.
    #[must_use]
    pub fn vat(&self) -> &Vat {
        match self {
            Price::Unit { vat, .. } | Price::Standing { vat, .. } => vat,
        }
    }

    /// `£6.85 each`, `£450.00 a month`.
    #[must_use]
    pub fn amount(&self) -> String {
        match self {
            Price::Unit { unit_rate, .. } => format!("{unit_rate} each"),
            Price::Standing { monthly, .. } => format!("{monthly} a month"),
        }
    }
}

/// A penny as a rate: rates are in millionths of a pound.
pub(super) const RATE_OF_A_PENNY: i64 = 10_000;

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

/// The prices of a file, read, with the days each set is for.
///
/// # Errors
/// Says what is wrong: a price, tariffs out of order, a meter priced twice.
pub fn parse_tariffs(files: &[TariffFile], term: Term) -> Result<Vec<(Term, Vec<Price>)>, String> {
    let mut tariffs = Vec::with_capacity(files.len());
    for (at, file) in files.iter().enumerate() {
        let until = files.get(at + 1).map_or(term.until, |next| next.from);
        if file.from >= until || file.from < term.from {
            return Err(format!("the prices from {} lie outside the term or are out of order", file.from));
        }
        let prices: Vec<Price> = file.prices.iter().map(Price::parse).collect::<Result<_, _>>()?;
        for (n, price) in prices.iter().enumerate() {
            if prices.iter().take(n).any(|earlier| is_same_charge(earlier, price)) {
                return Err(format!("the prices from {} charge {:?} twice", file.from, price.description()));
            }
        }
        tariffs.push((Term { from: file.from, until }, prices));
    }
    Ok(tariffs)
}

/// Whether two prices are for the same thing: the same count of the same service, or a standing charge of the same name.
pub(super) fn is_same_charge(a: &Price, b: &Price) -> bool {
    match (a, b) {
        (Price::Unit { service: s, meter: m, .. }, Price::Unit { service, meter, .. }) => (s, m) == (service, meter),
        (Price::Standing { description: d, .. }, Price::Standing { description, .. }) => d == description,
        _ => false,
    }
}

/// What stands for the prices in the content that both parties sign.
///
/// # Errors
/// As [`parse_tariffs`].
pub fn prices_hash(files: &[TariffFile], term: Term) -> Result<String, String> {
    let tariffs = parse_tariffs(files, term)?;
    Ok(sha256_hex(serde_json::json!(tariffs).to_string().as_bytes()))
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

/// What a line charges for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Charge {
    /// Units counted.
    Unit {
        /// Slug of the service.
        service: String,
        /// What was counted.
        meter: String,
    },
    /// A month's standing charge, or the days of it.
    Standing,
}

impl Charge {
    /// The word in the database.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Charge::Unit { .. } => "unit",
            Charge::Standing => "standing",
        }
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
    pub fn counts(&self, on: Date, of_service: &str, of_meter: &str) -> bool {
        let is_for = |charge: &Charge| matches!(charge, Charge::Unit { service, meter } if service == of_service && meter == of_meter);
        self.from <= on && on < self.until && is_for(&self.charge)
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
