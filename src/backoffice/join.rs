//! `/staff/join/{link}`: somebody new chooses a password and sets up their codes.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::{Faults, sign_in};
use crate::identity::{self, Invite, Joining};
use crate::platform::Result;
use crate::site::{Area, Frame, Posted, Visit};

#[derive(Template)]
#[template(path = "backoffice/join.html")]
struct JoinPage {
    p: Frame,
    faults: Faults,
    invite: Option<Invite>,
    demonstration: bool,
}

/// `GET /staff/join/{link}`
pub(super) async fn page(visit: Visit, link: web::Path<String>) -> Result<HttpResponse> {
    let (secret, now) = (visit.secret().clone(), visit.now);
    let invite = visit.scoped(move |tx| identity::invite(tx, &secret, &link, now)).await?;
    show(&visit, Faults::default(), invite)
}

/// Whatever is wrong with a link, the page is the same.
fn show(visit: &Visit, faults: Faults, invite: Option<Invite>) -> Result<HttpResponse> {
    let status = match &invite {
        None => StatusCode::NOT_FOUND,
        Some(_) if faults.is_empty() => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let demonstration = visit.site.demonstration;
    let mut p = visit.frame(Area::Casework);
    if invite.is_none() {
        // Without a form the page has no use for a token, and every such page has the same bytes.
        p.csrf.clear();
    }
    visit.html(status, &JoinPage { p, faults, invite, demonstration })
}

/// `POST /staff/join/{link}`
pub(super) async fn join(form: Posted, link: web::Path<String>) -> Result<HttpResponse> {
    let visit = &form.visit;
    // The link is what is being guessed at, so it stands for the account.
    visit.site.sign_in_limits.check(visit.here.id, &link, visit.client)?;
    let (password, code) = (form.get("password").to_owned(), form.get("code").to_owned());
    let (here, secret, now) = (visit.here.clone(), visit.secret().clone(), visit.now);
    let joining = visit.with_db(move |db| identity::join(db, &here, &secret, &link, &password, &code, now)).await?;
    match joining {
        Joining::NoInvite => show(visit, Faults::default(), None),
        Joining::Faults(faults, invite) => show(visit, faults.into(), Some(*invite)),
        Joining::In(who) => form.visit.signed_in(&who, sign_in::home(&who.roles)),
    }
}
