//! Around every request: the host names the council, other sites' forms are refused, headers are set, and errors become
//! pages in the council's look (or `application/problem+json` for machines, RFC 9457).

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION, ORIGIN,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;

use super::assets::IMMUTABLE;
use super::language::{Spoken, is_for_staff, spoken};
use super::texts::Texts;
use super::visit::{Area, Frame, Sent, Site, Visit};
use crate::kernel::Language;
use crate::platform::http::{ErrorPage, SIGN_IN, percent_encoded};
use crate::platform::{Error, Result};
use crate::tenancy::Authority;

const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
                   form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The middleware.
///
/// # Errors
/// Only what the server itself fails at.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let site =
        request.app_data::<web::Data<Site>>().cloned().ok_or_else(|| Error::Other(anyhow::anyhow!("no site")))?;
    let Some(here) = visited(&request, &site) else {
        let response = HttpResponse::build(StatusCode::MISDIRECTED_REQUEST)
            .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
            .body(Texts::default().get("error-unknown-host"));
        return Ok(request.into_response(response));
    };
    request.extensions_mut().insert(Arc::clone(&here));
    let speaks = Spoken::by(request.request(), &here);
    request.extensions_mut().insert(speaks);
    let refused = match () {
        () if cross_site(&request) => Some(Error::Forged),
        () if holds_nul(&request) => Some(Error::NotFound),
        () => None,
    };
    let mut response = if let Some(error) = refused {
        request.into_response(error.error_response()).map_into_boxed_body()
    } else {
        match next.call(request).await {
            Ok(response) => response.map_into_boxed_body(),
            Err(error) => return Err(error),
        }
    };
    let status = response.status();
    if status == StatusCode::SEE_OTHER {
        come_back(&mut response);
    }
    if status.is_client_error() || status.is_server_error() {
        response = error_page(response, &here);
    }
    let speaks = response.request().extensions().get::<Spoken>().copied().filter(|speaks| speaks.chosen);
    if let Some(speaks) = speaks {
        response.response_mut().add_cookie(&speaks.cookie()).map_err(|error| Error::Other(error.into()))?;
    }
    secure(response.headers_mut(), site.config.public_scheme == "https");
    Ok(response)
}

/// Whoever must sign in first comes back to the page they asked for.
fn come_back(response: &mut ServiceResponse<BoxBody>) {
    if response.headers().get(LOCATION).map(HeaderValue::as_bytes) != Some(SIGN_IN.as_bytes())
        || response.request().method() != Method::GET
    {
        return;
    }
    let wanted = response.request().uri().path_and_query().map_or("", |p| p.as_str());
    if let Ok(to) = HeaderValue::from_str(&format!("{SIGN_IN}?next={}", percent_encoded(wanted))) {
        response.headers_mut().insert(LOCATION, to);
    }
}

/// The council that the one `Host` header names. Forwarded hosts are never believed.
fn visited(request: &ServiceRequest, site: &Site) -> Option<Arc<Authority>> {
    let mut hosts = request.headers().get_all(HOST);
    let host = hosts.next()?.to_str().ok()?;
    let another = request.uri().authority().is_some_and(|a| !a.as_str().eq_ignore_ascii_case(host));
    if hosts.next().is_some() || another {
        return None;
    }
    site.directory.get().by_host(host).cloned()
}

/// A change asked for by a page of another origin (Fetch Metadata; `Origin` for browsers without it).
fn cross_site(request: &ServiceRequest) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match (header(ORIGIN.as_str()), header(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").map(|(_, h)| h) != Some(host),
        _ => false,
    }
}

/// A NUL in the address: no page of ours has one, and PostgreSQL would fail at it.
fn holds_nul(request: &ServiceRequest) -> bool {
    request.uri().path_and_query().is_some_and(|address| address.as_str().contains("%00"))
}

fn secure(headers: &mut actix_web::http::header::HeaderMap, https: bool) {
    let fixed: [(HeaderName, &'static str); 5] = [
        (CONTENT_SECURITY_POLICY, CSP),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ];
    for (name, value) in fixed {
        // A file brings a stricter policy of its own.
        if !(name == CONTENT_SECURITY_POLICY && headers.contains_key(&name)) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}

#[derive(Template)]
#[template(path = "site/error.html")]
struct ErrorTemplate {
    p: Frame,
    message: String,
    again: Option<Again>,
}

/// What was sent to a page that was not up to it just now: with the button that sends it again, nothing typed is lost.
struct Again {
    action: String,
    token: String,
    sent: Sent,
}

impl Again {
    fn of(request: &HttpRequest) -> Option<Again> {
        let sent = request.extensions().get::<Sent>().cloned()?;
        let token = Visit::of(request).ok()?.csrf();
        Some(Again { action: request.uri().to_string(), token, sent })
    }
}

fn error_page(response: ServiceResponse<BoxBody>, here: &Arc<Authority>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let carried = response.response().extensions().get::<ErrorPage>().map(|page| page.message.clone());
    let key = match carried {
        Some(key) => key,
        // A page that a handler made itself, such as a form with mistakes, has a body of its own.
        None if response.headers().contains_key(CONTENT_TYPE) && !is_bare(&response) => return response,
        None if status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED => {
            "error-not-found".to_owned()
        }
        None if status.is_server_error() => "error-internal".to_owned(),
        None => "error-malformed".to_owned(),
    };
    // One face for what is not there: a route without this method looks like no route.
    let status = if status == StatusCode::METHOD_NOT_ALLOWED { StatusCode::NOT_FOUND } else { status };
    let (request, old) = response.into_parts();
    let mut new = HttpResponse::build(status);
    for (name, value) in old.headers().iter().filter(|(n, _)| n.as_str() == "retry-after") {
        new.insert_header((name.clone(), value.clone()));
    }
    new.insert_header((CACHE_CONTROL, "no-store"));
    let response = if wants_json(&request) {
        new.content_type("application/problem+json").body(problem(status, spoken(&request), &key))
    } else {
        let area = if is_for_staff(&request) { Area::Casework } else { Area::Portal };
        // Without the address that was asked for: what is hidden and what was never there have the same bytes.
        let p = Frame { area, ..Frame::bare(Arc::clone(here), spoken(&request), "?".to_owned()) };
        let may_work_later = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let again = may_work_later.then(|| Again::of(&request)).flatten();
        let page = ErrorTemplate { message: p.t.get(&key), again, p };
        new.content_type("text/html; charset=utf-8").body(page.render().unwrap_or(page.message))
    };
    ServiceResponse::new(request, response)
}

/// Whether a response came from the framework rather than from a handler's page.
fn is_bare(response: &ServiceResponse<BoxBody>) -> bool {
    response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|t| t.starts_with("text/plain"))
}

fn wants_json(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accept.contains("application/json") || accept.contains("application/problem+json")
}

fn problem(status: StatusCode, language: Language, key: &str) -> String {
    serde_json::json!({
        "type": format!("urn:moothall:{key}"),
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": Texts::of(language).get(key),
    })
    .to_string()
}

/// `GET /brand/{hash}/{file}`: the council's sheet and pictures. Any hash serves the present ones; an old one is not
/// kept by browsers beyond the page that named it.
///
/// # Errors
/// [`Error::NotFound`] for a file there is none of.
pub async fn brand(request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let here = request.extensions().get::<Arc<Authority>>().cloned().ok_or(Error::NotFound)?;
    let (hash, file) = path.into_inner();
    let (media_type, body) = match file.as_str() {
        "tenant.css" => ("text/css; charset=utf-8", Some(Arc::clone(&here.sheet))),
        "logo.svg" => ("image/svg+xml", Some(Arc::clone(&here.logo_svg))),
        "hero.svg" => ("image/svg+xml", here.hero_svg.clone()),
        _ => return Err(Error::NotFound),
    };
    // The sheet names the art by the art's own hash, the page names the sheet by the whole brand's.
    let current = hash == here.brand_hash || here.sheet.contains(&format!("/brand/{hash}/"));
    let cache = if current { IMMUTABLE } else { "no-store" };
    let body = body.ok_or(Error::NotFound)?.to_string();
    Ok(HttpResponse::Ok().content_type(media_type).insert_header((CACHE_CONTROL, cache)).body(body))
}
