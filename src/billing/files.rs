//! The `[[tariff]]` sections of `tenants/agreements/<name>.toml`, as parsed.

use jiff::civil::Date;
use serde::Deserialize;

use crate::kernel::time::toml_date;

/// The prices of an agreement's file: the same text as [`crate::agreements::AgreementFile`], read for its tariffs.
#[derive(Clone, Debug, Deserialize)]
pub struct TariffsFile {
    /// Each from its day until the next one's, the last until the agreement's end.
    #[serde(rename = "tariff")]
    pub tariffs: Vec<TariffFile>,
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

/// One price, with its VAT treatment.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PriceFile {
    /// For each unit counted.
    Unit {
        /// Slug of the service.
        service: String,
        /// What is counted.
        meter: String,
        /// As printed on the bill.
        description: String,
        /// Pounds, up to six decimals.
        unit_price: String,
        /// `standard`, `reduced`, `zero`, `exempt` or `outside_scope`.
        vat: String,
        /// Why it is treated so.
        vat_reason: String,
        /// Who decided that.
        vat_approver: String,
    },
    /// For each month, by calendar days where only part of it is covered.
    Standing {
        /// As printed on the bill.
        description: String,
        /// Pounds and pence.
        monthly: String,
        /// `standard`, `reduced`, `zero`, `exempt` or `outside_scope`.
        vat: String,
        /// Why it is treated so.
        vat_reason: String,
        /// Who decided that.
        vat_approver: String,
    },
}
