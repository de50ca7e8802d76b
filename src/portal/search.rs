//! The search behind the front page's bar: its page, and what is suggested while somebody types.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::{Deserialize, Serialize};

use crate::forms::{self, Finder, Found, MissedSearches, Thing};
use crate::kernel::{Language, billing_date};
use crate::platform::Result;
use crate::site::{Area, Frame, Texts, Visit};
use crate::tenancy::Current;

/// So much of what is typed is read.
const LONGEST: usize = 100;
/// What is suggested at a time.
const SUGGESTED: usize = 6;

/// What was typed.
#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

impl Search {
    fn typed(&self) -> String {
        self.q.trim().chars().take(LONGEST).collect()
    }
}

/// Something found, as it is shown.
struct Entry {
    label: String,
    address: String,
    /// What it lets somebody do, and where.
    does: String,
    /// Who does it, where that is not this council.
    whose: Option<String>,
    summary: String,
}

#[derive(Template)]
#[template(path = "portal/search.html")]
struct SearchTemplate {
    p: Frame,
    typed: String,
    /// Whether what was typed is said again: not beside something private.
    is_echoed: bool,
    found: Vec<Entry>,
}

/// One line below the box while somebody types.
#[derive(Serialize)]
struct Suggestion {
    label: String,
    address: String,
    does: String,
}

/// `GET /search`. A search that finds nothing may be one of five from which the council learns what it lacks.
///
/// # Errors
/// The database's, once in five such searches.
pub async fn page(
    visit: Visit,
    search: Query<Search>,
    finder: Data<Current<Finder>>,
    missed: Data<MissedSearches>,
) -> Result<HttpResponse> {
    let (typed, finder) = (search.typed(), finder.get());
    let things = finder.find(visit.here.id, &typed);
    let is_echoed = !things.iter().any(is_private);
    let found: Vec<Entry> = things.iter().map(|found| entry(&visit, found)).collect();
    if found.is_empty() {
        let today = billing_date(visit.now);
        if let Some(words) = missed.note(visit.here.id, &typed, today, visit.browser()) {
            visit.scoped(move |tx| forms::keep_missed(tx, &words, today)).await?;
        }
    }
    visit.ok(&SearchTemplate { p: visit.frame(Area::Portal), typed, is_echoed, found })
}

/// `GET /search/suggest`: the same, shorter, for the box. What is half typed has missed nothing.
///
/// # Errors
/// None.
pub async fn suggest(visit: Visit, search: Query<Search>, finder: Data<Current<Finder>>) -> Result<HttpResponse> {
    let finder = finder.get();
    let found = finder.find(visit.here.id, &search.typed());
    let suggestions: Vec<Suggestion> = found
        .iter()
        .take(SUGGESTED)
        .map(|found| {
            let Entry { label, address, does, whose, .. } = entry(&visit, found);
            let does = whose.map_or(does.clone(), |whose| format!("{does}. {whose}"));
            Suggestion { label, address, does }
        })
        .collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(suggestions))
}

fn is_private(found: &Found<'_>) -> bool {
    matches!(found.thing, Thing::Service(service) if service.of(Language::En).sensitive)
}

fn entry(visit: &Visit, found: &Found<'_>) -> Entry {
    let (t, language) = (Texts::of(visit.language), visit.language);
    let does = |kind: &str, is_here: bool| {
        let does = t.get(&format!("search-does-{kind}"));
        if is_here { does } else { t.one("search-there", "does", does) }
    };
    let whose = |council: &str| Some(t.one("search-whose", "council", council));
    match found.thing {
        Thing::Service(service) => {
            let d = service.of(language);
            let path = format!("/services/{}", d.slug);
            let directory = visit.site.directory.get();
            let theirs = directory.by_id(found.owner).filter(|owner| owner.id != visit.here.id);
            let host = theirs.and_then(|owner| owner.hosts.first());
            Entry {
                label: d.public_name().to_owned(),
                address: host.map_or_else(|| path.clone(), |host| visit.site.config.link(host, &path)),
                does: does(d.kind.word(), theirs.is_none()),
                whose: theirs.and_then(|owner| whose(owner.names.name.of(language))),
                summary: if d.sensitive { t.get("search-private") } else { d.summary.clone() },
            }
        }
        Thing::Link(link) => Entry {
            label: link.label.of(language).to_owned(),
            address: link.url.of(language).to_owned(),
            does: does(&link.lane, false),
            whose: None,
            summary: String::new(),
        },
        Thing::Elsewhere(there) => Entry {
            label: there.label.of(language).to_owned(),
            address: there.url.of(language).to_owned(),
            does: does("elsewhere", true),
            whose: whose(there.council.of(language)),
            summary: String::new(),
        },
    }
}
