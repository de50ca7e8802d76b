//! The pages that every council's portal must have: help, accessibility, privacy, cookies.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

use crate::forms::Services;
use crate::platform::Result;
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Current;

#[derive(Template)]
#[template(path = "portal/words.html")]
struct WordsTemplate {
    p: Frame,
    topic: &'static str,
    paragraphs: Vec<&'static str>,
    services: Vec<(String, String, u16)>,
}

fn show(
    visit: &Visit,
    topic: &'static str,
    paragraphs: &[&'static str],
    services: Vec<(String, String, u16)>,
) -> Result<HttpResponse> {
    visit.ok(&WordsTemplate { p: visit.frame(Area::Portal), topic, paragraphs: paragraphs.to_vec(), services })
}

/// `GET /help`.
///
/// # Errors
/// If the template fails.
pub async fn help(visit: Visit) -> Result<HttpResponse> {
    show(&visit, "words-help", &["words-help-1", "words-help-2"], vec![])
}

/// `GET /accessibility`: the statement that the Public Sector Bodies Accessibility Regulations 2018 ask for.
///
/// # Errors
/// If the template fails.
pub async fn accessibility(visit: Visit) -> Result<HttpResponse> {
    show(
        &visit,
        "words-accessibility",
        &["words-accessibility-1", "words-accessibility-2", "words-accessibility-3", "words-accessibility-4"],
        vec![],
    )
}

/// `GET /privacy`: for each service, why the council may ask (UK GDPR, articles 12 to 14).
///
/// # Errors
/// If the template fails.
pub async fn privacy(visit: Visit, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let services = services.get();
    let rows = services.of(visit.here.id).iter().map(|s| {
        let d = s.of(visit.language);
        (d.name.clone(), d.legal_basis.clone(), d.retention_months)
    });
    show(
        &visit,
        "words-privacy",
        &["words-privacy-1", "words-privacy-2", "words-privacy-3", "words-privacy-4"],
        rows.collect(),
    )
}

/// `GET /cookies`.
///
/// # Errors
/// If the template fails.
pub async fn cookies(visit: Visit) -> Result<HttpResponse> {
    show(&visit, "words-cookies", &["words-cookies-1", "words-cookies-2", "words-cookies-3"], vec![])
}
