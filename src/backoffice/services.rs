//! `/staff/services`: what stands on the front page and why, which services another council stops providing, how forms end, and
//! what people looked for in vain; for whoever designs services, and for administrators.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::agreements::{self, Lapse};
use crate::forms::{self, Definition, Figure, Figures, Move, Place, Published, Services, Show};
use crate::identity::Role;
use crate::kernel::time::{long_date, monday};
use crate::kernel::{Language, billing_date};
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::Current;

/// Who sees the numbers and orders the front page.
const ROLES: &[Role] = &[Role::Designer, Role::Administrator];
/// The weeks that the figures are of.
const WEEKS: i64 = 12;
/// The moves and the searches that are shown.
const SHOWN: i64 = 20;

/// A task on the front page.
struct Task {
    slug: String,
    name: String,
    place: Option<Place>,
    /// The first day on which nobody provides it.
    without: Option<Date>,
}

/// A service that nobody provides under an agreement from a day on.
struct Gone {
    name: String,
    reference: String,
    partner: String,
    from: Date,
    is_past: bool,
    /// Whether we provide it; otherwise it is ours.
    is_provided: bool,
}

impl Task {
    fn is_pinned(&self) -> bool {
        self.place.is_some_and(|at| at.pinned)
    }

    fn is_hidden(&self) -> bool {
        self.place.is_some_and(|at| at.hidden)
    }
}

/// A task that went past another: in words.
struct Moved {
    week: String,
    name: String,
    place: i32,
    passed: String,
    /// Lately, and a year ago; each with that of the one passed.
    recent: (String, String),
    season: Option<(String, String)>,
}

/// How the forms of one service ended.
struct Ended {
    name: String,
    completed: String,
    median: Option<i64>,
    left: Vec<(String, String)>,
    ended: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "backoffice/services.html")]
struct ServicesPage {
    p: Frame,
    from: String,
    until: String,
    tasks: Vec<Task>,
    gone: Vec<Gone>,
    some_to_come: bool,
    moved: Vec<Moved>,
    ended: Vec<Ended>,
    missed: Vec<(String, String, String)>,
}

/// `GET /staff/services`
pub(super) async fn page(visit: Visit, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let today = billing_date(visit.now);
    let (me, (agreements, places, moves, mut figures, missed)) = visit
        .staff(ROLES, move |tx, _| {
            let (agreements, places, moves) = (agreements::list(tx)?, forms::places(tx)?, forms::moves(tx, SHOWN)?);
            Ok((agreements, places, moves, forms::figures(tx, today, WEEKS)?, forms::missed(tx, SHOWN)?))
        })
        .await?;
    let (t, services, here) = (Texts::default(), services.get(), visit.here.id);
    // What somebody has just changed shows at once, before the servers have read it.
    let listed = services.listed_by(here, |slug| places.get(slug).copied());
    let name = |slug: &str| match services.find(here, slug) {
        Some(service) => service.of(Language::En).name.clone(),
        None => slug.to_owned(),
    };
    let lapses = agreements::lapses(&agreements, today);
    let task = |service: &&Arc<Published>| {
        let d = service.of(Language::En);
        let is_it = |lapse: &&Lapse| {
            lapse.service == d.slug && agreements.get(lapse.at).is_some_and(|agreement| agreement.consumer == here)
        };
        let without = lapses.iter().find(is_it).map(|lapse| lapse.from);
        Task { slug: d.slug.clone(), name: d.name.clone(), place: places.get(&d.slug).copied(), without }
    };
    let directory = visit.site.directory.get();
    let gone = |lapse: &Lapse| {
        let agreement = agreements.get(lapse.at)?;
        let service = services.find(agreement.consumer, &lapse.service);
        Some(Gone {
            name: service.map_or_else(|| lapse.service.clone(), |service| service.of(Language::En).name.clone()),
            reference: agreement.reference.clone(),
            partner: directory.name(agreement.partner_of(here)).to_owned(),
            from: lapse.from,
            is_past: lapse.from <= today,
            is_provided: agreement.provider == here,
        })
    };
    let mut of_all = Vec::new();
    for service in &listed {
        if let Some(figures) = figures.remove(&service.of(Language::En).slug) {
            of_all.push(ended(&t, service.definition(Language::En)?.as_ref(), &figures));
        }
    }
    let until = monday(today);
    let page = ServicesPage {
        p: visit.staff_frame(Area::Casework, &me),
        from: long_date(until - WEEKS.weeks()),
        until: long_date(until - 1.day()),
        tasks: listed.iter().map(task).collect(),
        gone: lapses.iter().filter_map(gone).collect(),
        some_to_come: lapses.iter().any(|lapse| today < lapse.from),
        ended: of_all,
        moved: moves.iter().map(|one| moved(&t, one, name)).collect(),
        missed: missed
            .into_iter()
            .map(|(words, times, on)| (words, shown(&t, Figure::of(times)), long_date(on)))
            .collect(),
    };
    visit.ok(&page)
}

fn shown(t: &Texts, figure: Figure) -> String {
    match figure {
        Figure::Few => t.get("staff-few"),
        Figure::Many(n) => n.to_string(),
    }
}

/// Those weeks overlap with those of the table below, so that no number may be taken from another.
fn about(t: &Texts, n: i64) -> String {
    match Figure::about(n) {
        Figure::Few => t.get("staff-few"),
        Figure::Many(n) => t.one("staff-about", "n", n),
    }
}

fn moved(t: &Texts, one: &Move, name: impl Fn(&str) -> String) -> Moved {
    let both = |ours: i64, theirs: i64| (about(t, ours), about(t, theirs));
    let season = (one.need.season + one.passed_need.season > 0).then(|| both(one.need.season, one.passed_need.season));
    Moved {
        week: long_date(one.week),
        name: name(&one.service),
        place: one.place,
        passed: name(&one.passed),
        recent: both(one.need.recent, one.passed_need.recent),
        season,
    }
}

/// The pages in the order of the form; those that only an earlier version had, last and by their names in addresses.
fn ended(t: &Texts, definition: &Definition, figures: &Figures) -> Ended {
    let title = |page: &str| match (page, definition.page(page), definition.repeat(page)) {
        ("", ..) => t.get("staff-left-first"),
        (_, Some((_, page)), _) => page.title.clone(),
        (_, _, Some(repeat)) => repeat.title.clone(),
        (page, None, None) => page.to_owned(),
    };
    let order = |page: &str| match page {
        "" => 0,
        page => definition.page(page).map_or(usize::MAX, |(n, _)| n + 1),
    };
    let mut left: Vec<(&String, &Figure)> = figures.left.iter().collect();
    left.sort_by_key(|(page, _)| order(page));
    let end = |id: &str| {
        let found = definition.pages.iter().flat_map(|page| &page.ends).find(|end| end.id == id);
        found.map_or_else(|| id.to_owned(), |end| end.title.clone())
    };
    Ended {
        name: definition.name.clone(),
        completed: shown(t, figures.completed),
        median: figures.median,
        left: left.into_iter().map(|(page, n)| (title(page), shown(t, *n))).collect(),
        ended: figures.ended.iter().map(|(id, n)| (end(id), shown(t, *n))).collect(),
    }
}

/// `POST /staff/services/{service}`: pins a task, hides it, or lets it have its place again.
pub(super) async fn change(form: Posted, service: Path<String>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (here, now, service) = (visit.here.clone(), visit.now, service.into_inner());
    let show = Show::parse(form.get("show"));
    visit
        .staff(ROLES, move |tx, me| {
            let show = show.ok_or(Error::Malformed("nothing that can be done with a task"))?;
            forms::show_task(tx, now, &me.actor(&here.name), &service, show)
        })
        .await?;
    visit.see_other("/staff/services")
}
