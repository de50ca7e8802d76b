//! The citizens' pages: the front page, finding a service, a form from start to receipt, following a case, and the account
//! for whoever wants one.

mod account;
mod end;
mod exit;
mod finish;
mod follow;
mod form;
mod front;
mod later;
mod offer;
mod preview;
mod questions;
mod receipt;
mod save;
mod search;
mod service;
mod track;
mod words;

use std::time::Duration;

use actix_web::web::{self, ServiceConfig};

use crate::kernel::AuthorityId;
use crate::platform::config::Limits;
use crate::platform::http::{ClientNetwork, Throttle};

pub use account::{LoginLink, compose_login};
pub use front::FrontPages;
pub use later::{DraftLink, compose_draft_link, warn_of_end};
pub use preview::{Preview, preview};

/// Links to sign in with that one network may have sent to one address in an hour.
const LINKS_PER_HOUR: u32 = 5;

/// Links to drafts that one network may have sent in an hour.
const DRAFT_LINKS_PER_HOUR: u32 = 20;

/// How often strangers may do what costs somebody something. Addresses are shared (a library, a mobile network), so the
/// limits by address are generous, and each service has one of its own.
pub struct Throttles {
    starts: Throttle<(AuthorityId, ClientNetwork)>,
    submits: Throttle<(AuthorityId, String, ClientNetwork)>,
    service: Throttle<(AuthorityId, String)>,
    tracks: Throttle<(AuthorityId, ClientNetwork)>,
    /// Links to sign in with, by council, address and network.
    logins: Throttle<(AuthorityId, String, ClientNetwork)>,
    draft_links: Throttle<(AuthorityId, ClientNetwork)>,
}

impl Throttles {
    /// As configured.
    #[must_use]
    pub fn new(limits: &Limits) -> Throttles {
        let hour = Duration::from_hours(1);
        Throttles {
            starts: Throttle::new(limits.starts_per_hour, hour),
            submits: Throttle::new(limits.submits_per_hour, hour),
            service: Throttle::new(limits.service_submits_per_hour, hour),
            tracks: Throttle::new(limits.tracks_per_hour, hour),
            logins: Throttle::new(LINKS_PER_HOUR, hour),
            draft_links: Throttle::new(DRAFT_LINKS_PER_HOUR, hour),
        }
    }
}

/// This room's addresses.
pub fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/", web::get().to(front::page))
        .route("/search", web::get().to(search::page))
        .route("/search/suggest", web::get().to(search::suggest))
        .route("/services", web::get().to(front::services))
        .route("/exit", web::get().to(exit::exit))
        .route("/services/{service}", web::get().to(service::start_page))
        .route("/services/{service}", web::post().to(service::start))
        .route("/forms/{draft}/check", web::get().to(finish::check))
        .route("/forms/{draft}/check", web::post().to(finish::submit))
        .route("/forms/{draft}/receipt", web::get().to(receipt::receipt))
        .route("/forms/{draft}/end/{end}", web::get().to(end::end))
        .route("/forms/{draft}/save", web::get().to(later::page))
        .route("/forms/{draft}/save", web::post().to(later::send))
        .route("/forms/{draft}/leave", web::post().to(later::leave))
        .route("/forms/{draft}/{page}", web::get().to(form::page))
        .route("/forms/{draft}/{page}", web::post().to(save::save))
        .route("/return", web::get().to(later::ask))
        .route("/return", web::post().to(later::resume))
        .route("/return/{code}", web::get().to(later::link))
        .route("/track", web::get().to(track::ask))
        .route("/track", web::post().to(track::by_contact))
        .route("/track/{reference}/{token}", web::get().to(track::by_link))
        .route("/track/{reference}/{token}/{act}", web::get().to(follow::page))
        .route("/track/{reference}/{token}/{act}", web::post().to(follow::act))
        .route("/account", web::get().to(account::page))
        .route("/account", web::post().to(account::ask))
        .route("/account/in/{link}", web::get().to(account::link))
        .route("/account/in/{link}", web::post().to(account::come_in))
        .route("/account/sign-out", web::post().to(account::sign_out))
        .route("/account/looked", web::get().to(account::looked))
        .route("/help", web::get().to(words::help))
        .route("/accessibility", web::get().to(words::accessibility))
        .route("/privacy", web::get().to(words::privacy))
        .route("/cookies", web::get().to(words::cookies));
}
