//! The front page and the search behind its bar. The front page is the same for everybody: it is made once, when what it
//! shows changes, and served from memory.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::forms::{self, Kind, Published, Services};
use crate::kernel::{AuthorityId, Language};
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Visit, gzip, spoken};
use crate::tenancy::{Authority, Current, Directory, LaneLink};

/// A lane with its entries.
struct Lane {
    kind: Kind,
    title: String,
    entries: Vec<Entry>,
}

struct Entry {
    label: String,
    address: String,
}

#[derive(Template)]
#[template(path = "portal/front.html")]
struct FrontTemplate {
    p: Frame,
    lanes: Vec<Lane>,
    information: Vec<LaneLink>,
}

/// The front page of every council in each of its languages, as bytes.
#[derive(Default)]
pub struct FrontPages(HashMap<(AuthorityId, Language), (Bytes, Bytes)>);

impl FrontPages {
    /// Makes them all.
    ///
    /// # Errors
    /// If the template fails.
    pub fn new(directory: &Directory, services: &Services) -> Result<FrontPages> {
        let mut pages = HashMap::new();
        for here in directory.iter() {
            for &language in &here.languages {
                let html = render(here, language, services.of(here.id))?;
                pages.insert((here.id, language), (Bytes::from(gzip(html.as_bytes())), Bytes::from(html)));
            }
        }
        Ok(FrontPages(pages))
    }
}

fn render(here: &Arc<Authority>, language: Language, services: &[Arc<Published>]) -> Result<String> {
    let p = Frame::bare(Arc::clone(here), language, "?".to_owned());
    let lanes = Kind::ALL
        .into_iter()
        .map(|kind| {
            // A sensitive service is found by search and by its address: a front page is read over shoulders.
            let ours = services.iter().map(|s| s.of(language)).filter(|d| d.kind == kind && !d.sensitive);
            let links = here.portal.links.iter().filter(|l| l.lane == kind.word());
            let mut entries: Vec<Entry> =
                ours.map(|d| Entry { label: d.name.clone(), address: format!("/services/{}", d.slug) }).collect();
            entries
                .extend(links.map(|l| Entry { label: p.say(&l.label).to_owned(), address: p.say(&l.url).to_owned() }));
            Lane { kind, title: p.t.get(&format!("front-lane-{}", kind.word())), entries }
        })
        .filter(|lane| !lane.entries.is_empty())
        .collect();
    let information = here.portal.links.iter().filter(|l| l.lane == "information").cloned().collect();
    Ok(FrontTemplate { p, lanes, information }.render().map_err(anyhow::Error::from)?)
}

/// `GET /`.
///
/// # Errors
/// None but for a council that has just been added.
pub async fn page(request: HttpRequest, pages: Data<Current<FrontPages>>) -> Result<HttpResponse> {
    let here = request.extensions().get::<Arc<Authority>>().cloned().ok_or(Error::NotFound)?;
    let pages = pages.get();
    let (gzipped, plain) = pages.0.get(&(here.id, spoken(&request))).ok_or(Error::Busy)?;
    let accepts =
        request.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("gzip"));
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((VARY, "Accept-Encoding, Accept-Language, Cookie"));
    if accepts {
        return Ok(response.insert_header((CONTENT_ENCODING, "gzip")).body(gzipped.clone()));
    }
    Ok(response.body(plain.clone()))
}

/// What was typed.
#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "portal/search.html")]
struct SearchTemplate {
    p: Frame,
    typed: String,
    found: Vec<(String, String, String)>,
    links: Vec<LaneLink>,
}

/// `GET /search`.
///
/// # Errors
/// If the template fails.
pub async fn find(visit: Visit, query: Query<Search>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let typed: String = query.q.trim().chars().take(100).collect();
    let services = services.get();
    let found = forms::search(services.of(visit.here.id), visit.language, &typed)
        .into_iter()
        .map(|d| (d.name.clone(), format!("/services/{}", d.slug), d.summary.clone()))
        .collect();
    let words: Vec<String> =
        typed.to_lowercase().split_whitespace().filter(|w| w.len() > 2).map(str::to_owned).collect();
    let language = visit.language;
    let fits = |l: &&LaneLink| {
        !words.is_empty() && words.iter().all(|w| l.label.of(language).to_lowercase().contains(w.as_str()))
    };
    let links = visit.here.portal.links.iter().filter(fits).cloned().collect();
    visit.ok(&SearchTemplate { p: visit.frame(Area::Portal), typed, found, links })
}
