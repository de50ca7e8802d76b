//! The first page of a service: what it is, who will handle it, how what she tells is used; and its start button.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use jiff::Timestamp;
use uuid::Uuid;

use super::Throttles;
use crate::agreements;
use crate::forms::{self, Definition, Published, QuestionType, Services};
use crate::kernel::{Language, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Visit};
use crate::tenancy::{Current, Directory};

/// The first page of a sensitive service: how to leave, before anything is asked.
#[derive(Template)]
#[template(path = "portal/safe.html")]
pub(super) struct SafeTemplate {
    pub(super) p: Frame,
    pub(super) definition: Arc<Definition>,
    pub(super) partner: Option<String>,
}

#[derive(Template)]
#[template(path = "portal/service.html")]
pub(super) struct ServiceTemplate {
    pub(super) p: Frame,
    pub(super) definition: Arc<Definition>,
    pub(super) partner: Option<String>,
    /// The form that this browser has begun and not sent.
    pub(super) begun: Option<Uuid>,
}

impl ServiceTemplate {
    /// What somebody may have to fetch: it is better known before she begins.
    fn files(&self) -> Vec<&str> {
        let files = self.definition.questions().filter(|(_, q)| q.kind == QuestionType::File);
        files.map(|(_, q)| q.label.as_str()).collect()
    }
}

#[derive(Template)]
#[template(path = "portal/retired.html")]
struct RetiredTemplate {
    p: Frame,
    name: String,
}

pub(super) fn published(services: &Current<Services>, visit: &Visit, slug: &str) -> Result<Arc<Published>> {
    services.get().find(visit.here.id, slug).cloned().ok_or(Error::NotFound)
}

/// The name of the partner that will handle a case opened now; none if it stays in-house.
pub(super) fn partner_name(
    tx: &mut Tx<'_>,
    now: Timestamp,
    directory: &Directory,
    language: Language,
    service: &str,
    partner: Option<&str>,
) -> Result<Option<String>> {
    let Some(partner) = partner.and_then(|slug| directory.by_slug(slug)) else { return Ok(None) };
    let agreement = agreements::in_force(tx, service, billing_date(now))?;
    Ok(agreement.filter(|a| a.provider == partner.id).map(|a| directory.name_in(language, a.provider).to_owned()))
}

/// `GET /services/{service}`.
///
/// # Errors
/// [`Error::NotFound`] for a service that this council does not offer.
pub async fn start_page(visit: Visit, path: Path<String>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    if let Some(gone) = services.get().find_retired(visit.here.id, &path) {
        return retired(&visit, gone);
    }
    let definition = published(&services, &visit, &path)?.definition(visit.language)?;
    let (directory, asked, now) = (visit.site.directory.get(), Arc::clone(&definition), visit.now);
    let language = visit.language;
    let browser = (!visit.browser_is_new && !definition.sensitive).then(|| visit.browser().clone());
    let (partner, begun) = match (&definition.routing.partner, &browser) {
        (None, None) => (None, None),
        _ => {
            visit
                .scoped(move |tx| {
                    let partner = asked.routing.partner.as_deref();
                    let partner = partner_name(tx, now, &directory, language, &asked.slug, partner)?;
                    let begun = match browser {
                        Some(browser) => forms::begun(tx, now, &browser, &asked.slug)?,
                        None => None,
                    };
                    Ok((partner, begun))
                })
                .await?
        }
    };
    if definition.sensitive {
        if visit.has_left {
            return visit.see_other("/");
        }
        let p = Frame { exit: true, ..visit.frame(Area::Portal) };
        return visit.ok(&SafeTemplate { p, definition, partner });
    }
    visit.ok(&ServiceTemplate { p: visit.frame(Area::Portal), definition, partner, begun })
}

/// The page of a service that is no longer offered: forms that were begun go on, and nobody is left at a dead end.
fn retired(visit: &Visit, service: &Published) -> Result<HttpResponse> {
    let listing = service.of(visit.language);
    if listing.sensitive && visit.has_left {
        return visit.see_other("/");
    }
    let p = Frame { exit: listing.sensitive, ..visit.frame(Area::Portal) };
    visit.html(StatusCode::GONE, &RetiredTemplate { p, name: listing.public_name().to_owned() })
}

/// `POST /services/{service}`: each start makes a new draft.
///
/// # Errors
/// [`Error::TooMany`] from an address that has started very many.
pub async fn start(
    posted: Posted,
    path: Path<String>,
    services: Data<Current<Services>>,
    throttles: Data<Throttles>,
) -> Result<HttpResponse> {
    let visit = posted.visit;
    if let Some(gone) = services.get().find_retired(visit.here.id, &path) {
        return retired(&visit, gone);
    }
    let service = published(&services, &visit, &path)?;
    throttles.starts.check(&(visit.here.id, visit.client))?;
    let (browser, now, slug) = (visit.browser().clone(), visit.now, service.of(Language::En).slug.clone());
    let (language, definition) = (visit.language, service.definition(Language::En)?);
    let id = visit.scoped(move |tx| forms::start_draft(tx, now, &slug, service.version, language, &browser)).await?;
    let first = definition.pages.first().map_or("check", |p| &p.id);
    visit.see_other(&format!("/forms/{id}/{first}"))
}
