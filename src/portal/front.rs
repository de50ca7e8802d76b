//! The front page, and the page of everything that can be done. The front page is the same for everybody: it is made once,
//! when what it shows changes, and served from memory.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;

use crate::forms::{Kind, Published, Services};
use crate::kernel::{AuthorityId, Language};
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Visit, gzip, spoken};
use crate::tenancy::{Authority, Current, Directory, LaneLink};

/// What stands first, of whatever kind.
const TOP: usize = 6;
/// A front page with fewer tasks than this has nothing to choose from.
const FEWEST_FOR_TOP: usize = 4;
/// How many entries of a lane the front page shows.
const SHORT: usize = 5;

/// A lane with its entries.
struct Lane {
    kind: Kind,
    title: String,
    entries: Vec<Entry>,
    /// The words of the link to all of them, where not all are shown.
    all: Option<String>,
}

struct Entry {
    label: String,
    address: String,
    is_outside: bool,
}

impl Entry {
    fn service(service: &Published, language: Language) -> Entry {
        let d = service.of(language);
        Entry { label: d.name.clone(), address: format!("/services/{}", d.slug), is_outside: false }
    }
}

#[derive(Template)]
#[template(path = "portal/front.html")]
struct FrontTemplate {
    p: Frame,
    /// In the search box: nothing yet.
    typed: &'static str,
    top: Vec<Entry>,
    lanes: Vec<Lane>,
    information: Vec<LaneLink>,
}

#[derive(Template)]
#[template(path = "portal/services.html")]
struct ServicesTemplate {
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
                let html = render(here, language, services)?;
                pages.insert((here.id, language), (Bytes::from(gzip(html.as_bytes())), Bytes::from(html)));
            }
        }
        Ok(FrontPages(pages))
    }
}

fn render(here: &Arc<Authority>, language: Language, services: &Services) -> Result<String> {
    let p = Frame::bare(Arc::clone(here), language, "?".to_owned());
    let tasks = services.tasks(here.id);
    let top = if tasks.len() < FEWEST_FOR_TOP { &[] } else { &tasks[..TOP.min(tasks.len())] };
    let top = top.iter().map(|task| Entry::service(task, language)).collect();
    let mut lanes = lanes(&p, &tasks);
    for lane in &mut lanes {
        // One entry less is not worth a link to it.
        if lane.entries.len() > SHORT + 1 {
            lane.all = Some(p.t.one(&format!("front-all-{}", lane.kind.word()), "count", lane.entries.len()));
            lane.entries.truncate(SHORT);
        }
    }
    let page = FrontTemplate { typed: "", top, lanes, information: information(here), p };
    Ok(page.render().map_err(anyhow::Error::from)?)
}

/// What can be done here, in the order given, then what the council's own site does.
fn lanes(p: &Frame, services: &[&Arc<Published>]) -> Vec<Lane> {
    let lane = |kind: Kind| {
        let ours = services.iter().filter(|s| s.of(Language::En).kind == kind);
        let links = p.here.portal.links.iter().filter(|l| l.lane == kind.word());
        let links = links.map(|l| Entry {
            label: p.say(&l.label).to_owned(),
            address: p.say(&l.url).to_owned(),
            is_outside: true,
        });
        let entries: Vec<Entry> = ours.map(|s| Entry::service(s, p.t.language())).chain(links).collect();
        Lane { kind, title: p.t.get(&format!("front-lane-{}", kind.word())), entries, all: None }
    };
    Kind::ALL.into_iter().map(lane).filter(|lane| !lane.entries.is_empty()).collect()
}

fn information(here: &Authority) -> Vec<LaneLink> {
    here.portal.links.iter().filter(|l| l.lane == "information").cloned().collect()
}

/// `GET /services`: everything that can be done here, lane by lane, those too that the front page has no room for.
///
/// # Errors
/// If the template fails.
pub async fn services(visit: Visit, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let (p, services) = (visit.frame(Area::Portal), services.get());
    let lanes = lanes(&p, &services.listed(visit.here.id));
    visit.ok(&ServicesTemplate { lanes, information: information(&visit.here), p })
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
