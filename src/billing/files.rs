//! The `[[tariff]]` sections of `tenants/agreements/<name>.toml`, as parsed.

use jiff::civil::Date;
use serde::Deserialize;

use crate::agreements::{ServiceLevel, Term};
use crate::kernel::time::toml_date;

/// The prices of an agreement's file: the same text as [`crate::agreements::AgreementFile`], read for its tariffs.
#[derive(Clone, Debug, Deserialize)]
pub struct TariffsFile {
    /// From when until when; in a file of tariffs alone it may be left out.
    pub term: Option<Term>,
    /// Each from its day until the next one's, the last until the agreement's end.
    #[serde(rename = "tariff")]
    pub tariffs: Vec<TariffFile>,
    /// What is promised, of which prices know only what is then given back.
    #[serde(default, rename = "service_level")]
    pub service_levels: Vec<ServiceLevel>,
}

/// Prices from a day on.
#[derive(Clone, Debug, Deserialize)]
pub struct TariffFile {
    /// The first day they apply.
    #[serde(deserialize_with = "toml_date")]
    pub from: Date,
    /// The prices.
    #[serde(rename = "price")]
    pub prices: Vec<PriceFile>,
}

/// One price, with its VAT treatment: a cap has none.
#[derive(Clone, Debug, Deserialize)]
pub struct PriceFile {
    /// As printed on the bill.
    pub description: String,
    /// `standard`, `reduced`, `zero`, `exempt` or `outside_scope`.
    pub vat: Option<String>,
    /// Why it is treated so.
    pub vat_reason: Option<String>,
    /// Who decided that.
    pub vat_approver: Option<String>,
    /// How the charge comes about.
    #[serde(flatten)]
    pub shape: ShapeFile,
}

/// As [`super::Shape`], whose documentation says what each is. Prices of a unit are pounds with up to six decimals, other
/// amounts pounds and pence; quantities are whole units.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs, reason = "each field is a key of the file; docs/tariffs.md describes them")]
pub enum ShapeFile {
    Unit {
        service: String,
        meter: String,
        unit_price: String,
    },
    Graduated {
        service: String,
        meter: String,
        band: Vec<BandFile>,
    },
    Volume {
        service: String,
        meter: String,
        band: Vec<BandFile>,
    },
    Package {
        service: String,
        meter: String,
        size: i64,
        price: String,
        #[serde(default)]
        free: i64,
    },
    Allowance {
        service: String,
        meter: String,
        monthly: String,
        included: i64,
        unit_price: String,
    },
    Prepaid {
        service: String,
        meter: String,
        units: i64,
        price: String,
        unit_price: String,
    },
    Percentage {
        service: String,
        meter: String,
        percent: String,
        item_minimum: Option<String>,
        item_maximum: Option<String>,
        minimum: Option<String>,
        maximum: Option<String>,
    },
    Standing {
        monthly: String,
    },
    MonthlyMinimum {
        amount: String,
    },
    YearlyMinimum {
        amount: String,
    },
    Cap {
        amount: String,
    },
    Share {
        basis: String,
        fixed_percent: Option<String>,
        cost: Vec<CostFile>,
        member: Vec<MemberFile>,
        /// Left out of an agreement's file, which has one for each member that is billed.
        #[serde(default)]
        payer: String,
    },
}

/// What a member spends for all in a financial year.
#[derive(Clone, Debug, Deserialize)]
pub struct CostFile {
    /// What on.
    pub description: String,
    /// Slug of the member that pays for it.
    pub borne_by: String,
    /// Pounds and pence.
    pub yearly: String,
}

/// A member of a cost share.
#[derive(Clone, Debug, Deserialize)]
pub struct MemberFile {
    /// Its slug.
    pub party: String,
    /// Points of the ratio, people, assets.
    #[serde(default)]
    pub share: i64,
    /// What it is expected to use in a year.
    #[serde(default)]
    pub used: i64,
}

impl TariffsFile {
    /// The same prices as one member is billed by them.
    #[must_use]
    pub fn billed_to(mut self, consumer: &str) -> TariffsFile {
        for price in self.tariffs.iter_mut().flat_map(|tariff| &mut tariff.prices) {
            if let ShapeFile::Share { payer, .. } = &mut price.shape {
                consumer.clone_into(payer);
            }
        }
        self
    }
}

/// A band: from the end of the one before it.
#[derive(Clone, Debug, Deserialize)]
pub struct BandFile {
    /// Through this many units; left out of the last band.
    pub up_to: Option<i64>,
    /// For each.
    pub unit_price: String,
}
