//! The pages that every council's portal must have: help, accessibility, privacy, cookies.

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

use crate::forms::Services;
use crate::platform::Result;
use crate::site::{Area, Frame, Visit};
use crate::tenancy::Current;

/// Headings and the paragraphs below each; what comes first has none.
type Sections = &'static [(Option<&'static str>, &'static [&'static str])];

#[derive(Template)]
#[template(path = "portal/words.html")]
struct WordsTemplate {
    p: Frame,
    topic: &'static str,
    sections: Sections,
    services: Vec<(String, String, u16)>,
}

fn show(
    visit: &Visit,
    topic: &'static str,
    sections: Sections,
    services: Vec<(String, String, u16)>,
) -> Result<HttpResponse> {
    visit.ok(&WordsTemplate { p: visit.frame(Area::Portal), topic, sections, services })
}

/// `GET /help`.
///
/// # Errors
/// If the template fails.
pub async fn help(visit: Visit) -> Result<HttpResponse> {
    show(&visit, "words-help", &[(None, &["words-help-1", "words-help-2"])], vec![])
}

/// `GET /accessibility`: the statement that the Public Sector Bodies Accessibility Regulations 2018 ask for.
///
/// # Errors
/// If the template fails.
pub async fn accessibility(visit: Visit) -> Result<HttpResponse> {
    show(
        &visit,
        "words-accessibility",
        &[
            (None, &["words-accessibility-1", "words-accessibility-2"]),
            (Some("words-accessibility-format"), &["words-accessibility-3"]),
            (Some("words-accessibility-problem"), &["words-accessibility-4"]),
            (Some("words-accessibility-enforced"), &["words-accessibility-5"]),
            (Some("words-accessibility-status"), &["words-accessibility-6", "words-accessibility-7"]),
            (Some("words-accessibility-tested"), &["words-accessibility-8"]),
        ],
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
        &[(None, &["words-privacy-1", "words-privacy-2", "words-privacy-3", "words-privacy-4"])],
        rows.collect(),
    )
}

/// `GET /cookies`.
///
/// # Errors
/// If the template fails.
pub async fn cookies(visit: Visit) -> Result<HttpResponse> {
    show(&visit, "words-cookies", &[(None, &["words-cookies-1", "words-cookies-2", "words-cookies-3"])], vec![])
}
