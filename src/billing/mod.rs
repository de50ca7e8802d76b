//! Tariffs, rating, bill runs, documents.

mod files;
mod format;
mod model;
mod rate;
mod tariffs;

pub use files::{PriceFile, TariffFile, TariffsFile};
pub use format::check;
pub use model::*;
pub use rate::{Billed, Rated, Used, rate, rate_standing, rate_units, vat_groups};
pub use tariffs::{put_tariffs, tariffs};
