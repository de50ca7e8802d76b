//! The pages under `/staff`: signing in, the queue, cases and the time booked to them, the council's people, what its services are used for,
//! who has looked.

mod account;
mod act;
mod case;
mod conflict;
mod due;
mod forms;
mod join;
mod looked;
mod people;
mod queue;
mod services;
mod sign_in;
mod time;

use actix_web::web::{self, ServiceConfig};

use forms::{Faults, action_words};

/// This room's addresses.
pub fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/staff", web::get().to(queue::page))
        .route("/staff/cases", web::get().to(queue::open))
        .route("/staff/cases/{owner}/{reference}", web::get().to(case::page))
        .route("/staff/cases/{owner}/{reference}/take", web::post().to(case::take))
        .route("/staff/cases/{owner}/{reference}/note", web::post().to(case::note))
        .route("/staff/cases/{owner}/{reference}/contact", web::post().to(case::contact))
        .route("/staff/cases/{owner}/{reference}/files/{upload}", web::get().to(case::file))
        .route("/staff/cases/{owner}/{reference}/conflicts", web::get().to(conflict::page))
        .route("/staff/cases/{owner}/{reference}/conflicts", web::post().to(conflict::block))
        .route("/staff/cases/{owner}/{reference}/conflicts/{person}/lift", web::post().to(conflict::lift))
        .route("/staff/cases/{owner}/{reference}/time", web::get().to(time::page))
        .route("/staff/cases/{owner}/{reference}/time", web::post().to(time::book))
        .route("/staff/cases/{owner}/{reference}/time/{booking}/back", web::post().to(time::take_back))
        .route("/staff/cases/{owner}/{reference}/{act}", web::get().to(act::page))
        .route("/staff/cases/{owner}/{reference}/{act}", web::post().to(act::act))
        .route("/staff/sign-in", web::get().to(sign_in::page))
        .route("/staff/sign-in", web::post().to(sign_in::sign_in))
        .route("/staff/sign-out", web::post().to(account::sign_out))
        .route("/staff/sign-out-everywhere", web::post().to(account::sign_out_everywhere))
        .route("/staff/account", web::get().to(account::page))
        .route("/staff/join/{link}", web::get().to(join::page))
        .route("/staff/join/{link}", web::post().to(join::join))
        .route("/staff/people", web::get().to(people::page))
        .route("/staff/people", web::post().to(people::add))
        .route("/staff/people/{person}", web::get().to(people::person))
        .route("/staff/people/{person}", web::post().to(people::change))
        .route("/staff/people/{person}/link", web::post().to(people::invite_again))
        .route("/staff/people/{person}/deactivate", web::post().to(people::deactivate))
        .route("/staff/services", web::get().to(services::page))
        .route("/staff/services/{service}", web::post().to(services::change))
        .route("/staff/looked", web::get().to(looked::page));
}
