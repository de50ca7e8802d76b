//! Tariffs, rating, bill runs, documents.

mod files;

pub use files::{PriceFile, TariffFile, TariffsFile};
