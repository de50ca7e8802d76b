//! `/staff/account`: who am I, and the ways out.

use actix_web::HttpResponse;
use askama::Template;

use crate::identity::{self, Role, Staff};
use crate::platform::Result;
use crate::site::{Area, Frame, Posted, Visit};

#[derive(Template)]
#[template(path = "backoffice/account.html")]
struct AccountPage {
    p: Frame,
    me: Staff,
}

/// `GET /staff/account`
pub(super) async fn page(visit: Visit) -> Result<HttpResponse> {
    let (me, ()) = visit.staff(&Role::ALL, |_, _| Ok(())).await?;
    visit.ok(&AccountPage { p: visit.staff_frame(Area::Casework, &me), me })
}

/// `POST /staff/sign-out`
pub(super) async fn sign_out(form: Posted) -> Result<HttpResponse> {
    let (here, now) = (form.visit.here.clone(), form.visit.now);
    form.visit.staff(&Role::ALL, move |tx, me| identity::sign_out(tx, me, &me.actor(&here.name), now)).await?;
    form.visit.signed_out("/staff/sign-in")
}

/// `POST /staff/sign-out-everywhere`
pub(super) async fn sign_out_everywhere(form: Posted) -> Result<HttpResponse> {
    let (here, now) = (form.visit.here.clone(), form.visit.now);
    form.visit
        .staff(&Role::ALL, move |tx, me| identity::sign_out_everywhere(tx, me, &me.actor(&here.name), now))
        .await?;
    form.visit.signed_out("/staff/sign-in")
}
