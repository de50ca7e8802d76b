//! Pages.

use actix_web::web::ServiceConfig;

/// This room's addresses.
pub fn routes(_routes: &mut ServiceConfig) {}
