//! The pages under `/operator`, on the operator's own host only: who is on the platform, and whether the machinery runs.
//!
//! Invariant: an operator sees what is public of a council and counts of the platform's work, and nothing that belongs to
//! a council: not a case, not a message, not who works there. The one exception is the demonstration's mail catcher, which
//! holds only what the demonstration made up.

mod database;
mod mail;
mod overview;
mod queue;

use std::sync::Arc;

use actix_web::Route;
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::web::{self, ServiceConfig};

use crate::identity::Role;
use crate::tenancy::Authority;

/// Who may see these pages.
const OPERATORS: &[Role] = &[Role::Operator];

/// This room's addresses.
pub fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/operator", get().to(overview::page))
        .route("/operator/queue", get().to(queue::page))
        .route("/operator/queue/revive", post().to(queue::revive))
        .route("/operator/database", get().to(database::page))
        .route("/operator/mail", get().to(mail::list))
        .route("/operator/mail/{mail}", get().to(mail::one));
}

fn get() -> Route {
    web::get().guard(fn_guard(on_operators_host))
}

fn post() -> Route {
    web::post().guard(fn_guard(on_operators_host))
}

/// On a council's host there is no such address.
fn on_operators_host(request: &GuardContext<'_>) -> bool {
    request.req_data().get::<Arc<Authority>>().is_some_and(|here| here.is_operator())
}
