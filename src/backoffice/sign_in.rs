//! `/staff/sign-in`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Faults;
use crate::identity::{self, Attempt, Role};
use crate::platform::Result;
use crate::site::{Area, Frame, Posted, Visit};

#[derive(Template)]
#[template(path = "backoffice/sign_in.html")]
struct SignInPage {
    p: Frame,
    faults: Faults,
    email: String,
    next: String,
    demonstration: bool,
}

/// Where the visitor was going.
#[derive(Deserialize)]
pub(super) struct Going {
    #[serde(default)]
    next: String,
}

/// `GET /staff/sign-in`
pub(super) async fn page(visit: Visit, going: web::Query<Going>) -> Result<HttpResponse> {
    let next = safe_next(&going.next).unwrap_or_default().to_owned();
    show(&visit, StatusCode::OK, Faults::default(), String::new(), next)
}

fn show(visit: &Visit, status: StatusCode, faults: Faults, email: String, next: String) -> Result<HttpResponse> {
    let demonstration = visit.site.demonstration;
    visit.html(status, &SignInPage { p: visit.frame(Area::Casework), faults, email, next, demonstration })
}

/// `POST /staff/sign-in`
pub(super) async fn sign_in(form: Posted) -> Result<HttpResponse> {
    let visit = &form.visit;
    let email = form.get("email").to_owned();
    visit.site.sign_in_limits.check(visit.here.id, &email, visit.client)?;
    let attempt = Attempt {
        email: email.clone(),
        password: form.get("password").to_owned(),
        code: form.get("code").to_owned(),
        previous: visit.claims.clone(),
    };
    let next = safe_next(form.get("next")).map(str::to_owned);
    let (here, secret, now) = (visit.here.clone(), visit.secret().clone(), visit.now);
    let entered = visit.with_db(move |db| identity::sign_in(db, &here, &secret, &attempt, now)).await?;
    match entered {
        Some(who) => {
            let to = next.unwrap_or_else(|| home(&who.roles).to_owned());
            form.visit.signed_in(&who, &to)
        }
        None => {
            let faults = Faults::one("email", "staff-sign-in-failed");
            show(visit, StatusCode::UNPROCESSABLE_ENTITY, faults, email, next.unwrap_or_default())
        }
    }
}

/// The page that somebody's work begins on.
pub(super) fn home(roles: &[Role]) -> &'static str {
    let has = |any: &[Role]| any.iter().any(|role| roles.contains(role));
    match () {
        () if has(&[Role::Officer]) => "/staff",
        () if has(Role::COMMERCIAL) => "/commercial",
        () if has(&[Role::Operator]) => "/operator",
        () if has(&[Role::Administrator]) => "/staff/people",
        () => "/staff/account",
    }
}

/// The address to go on to, if it is a page of ours for people who are signed in: never another site's.
fn safe_next(next: &str) -> Option<&str> {
    let ours = ["/staff", "/commercial", "/operator"]
        .into_iter()
        .filter_map(|area| next.strip_prefix(area))
        .any(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let plain = next.len() <= 500 && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#');
    let path = next.split('?').next().unwrap_or_default();
    let begins_again = ["/staff/sign-", "/staff/join"].iter().any(|p| path.starts_with(p));
    (ours && plain && !begins_again && !path.contains("//") && !path.contains("..")).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_only_to_pages_of_ours() {
        for good in [
            "/staff",
            "/staff/cases/marlhaven/MAR-7K3Q-9F2T",
            "/staff?tab=late&service=pothole",
            "/commercial/runs",
            "/operator",
        ] {
            assert_eq!(safe_next(good), Some(good));
        }
        for bad in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/staff",
            "/staffing",
            "/staff.evil.example",
            "/staff//evil.example",
            "/staff/../report",
            "/staff/\\evil.example",
            "/staff/a\r\nLocation: x",
            "/staff/sign-in?next=/staff",
            "/staff/sign-out",
            "/staff/join/x",
            "/report/pothole",
        ] {
            assert_eq!(safe_next(bad), None, "{bad}");
        }
    }

    #[test]
    fn everybody_lands_where_their_work_is() {
        assert_eq!(home(&[Role::Administrator, Role::Officer]), "/staff");
        assert_eq!(home(&[Role::Approver, Role::Administrator]), "/commercial");
        assert_eq!(home(&[Role::Operator]), "/operator");
        assert_eq!(home(&[Role::Administrator]), "/staff/people");
        assert_eq!(home(&[Role::Designer]), "/staff/account");
    }
}
