//! `/staff`: the queue of everything that this authority works, its own cases and its partners'.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::due::{Due, short_date};
use crate::cases::{self, Cursor, QueueFilter, QueueRow, Rated, State, Tab};
use crate::forms::{Listing, Services};
use crate::identity::Role;
use crate::kernel::{AuthorityId, Language, Reference, billing_date};
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Visit};
use crate::tenancy::{Authority, Current, Directory};

const PAGE: usize = 25;

/// What the address says. Words that no page of ours makes are as if they were not there.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    council: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// The tabs, by their words in the address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TabName {
    Open,
    Mine,
    Messages,
    Late,
    Closed,
    Partners,
}

impl TabName {
    const ALL: [TabName; 6] =
        [TabName::Open, TabName::Mine, TabName::Messages, TabName::Late, TabName::Closed, TabName::Partners];

    fn word(self) -> &'static str {
        match self {
            TabName::Open => "open",
            TabName::Mine => "mine",
            TabName::Messages => "messages",
            TabName::Late => "late",
            TabName::Closed => "closed",
            TabName::Partners => "partners",
        }
    }

    fn read(word: &str) -> TabName {
        TabName::ALL.into_iter().find(|t| t.word() == word).unwrap_or(TabName::Open)
    }
}

/// Something to narrow the queue to.
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct RowView {
    address: String,
    reference: String,
    title: String,
    /// The other council: whose citizen it is, or who works it.
    other: Option<String>,
    state: State,
    outcome: Option<String>,
    due_on: String,
    due: Due,
    taken_by: Option<String>,
    closed: bool,
    unread: bool,
    chased: bool,
}

#[derive(Template)]
#[template(path = "backoffice/queue.html")]
struct QueuePage {
    p: Frame,
    tab: TabName,
    services: Vec<Choice>,
    councils: Vec<Choice>,
    chips: Vec<(String, String)>,
    rows: Vec<RowView>,
    /// What citizens said of those that are done, on that tab.
    rated: Option<Rated>,
    is_first: bool,
    /// The addresses of this tab and the others with the filter kept.
    tabs: Vec<(TabName, String)>,
    first: String,
    next: Option<String>,
    /// What was just done, as the key of a sentence.
    done: Option<&'static str>,
}

/// `GET /staff`
pub(super) async fn page(visit: Visit, asked: Query<Asked>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let asked = asked.into_inner();
    let (directory, services) = (visit.site.directory.get(), services.get());
    let tab = TabName::read(&asked.tab);
    let today = billing_date(visit.now);
    let service_choices = service_choices(&visit.here, &services, &asked.service);
    let council_choices = council_choices(&visit.here, &services, &directory, &asked.council);
    let chosen = |choices: &[Choice]| choices.iter().find(|c| c.chosen).map(|c| c.value.clone());
    let service = chosen(&service_choices);
    let council = chosen(&council_choices).and_then(|slug| directory.by_slug(&slug).map(|a| a.id));
    let after = read_cursor(&asked.after);
    let (me, (mut rows, rated)) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let filter = QueueFilter {
                tab: tab_of(tab, me.id, today),
                service,
                owner: council,
                cleared: me.has(&[Role::Safeguarding]).then_some(me.id),
            };
            let rows = cases::queue(tx, &filter, after, i64::try_from(PAGE + 1).unwrap_or(i64::MAX))?;
            let rated = if tab == TabName::Closed { Some(cases::rated(tx)?) } else { None };
            Ok((rows, rated))
        })
        .await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let kept = kept_filter(&service_choices, &council_choices);
    let address = |tab: TabName| format!("/staff?tab={}{kept}", tab.word());
    let next = rows.last().filter(|_| more).map(|row| {
        let Cursor { chased, due_on, id } = row.cursor();
        format!("{}&after={}{due_on}_{}", address(tab), if chased { "!" } else { "" }, id.simple())
    });
    let rows = rows.into_iter().map(|row| view(row, &visit.here, &directory, today)).collect();
    visit.ok(&QueuePage {
        p: visit.staff_frame(Area::Casework, &me),
        tab,
        chips: chips(tab, &service_choices, &council_choices),
        services: service_choices,
        councils: council_choices,
        rows,
        rated,
        is_first: after.is_none(),
        tabs: TabName::ALL.into_iter().map(|t| (t, address(t))).collect(),
        first: address(tab),
        next,
        done: match asked.done.as_str() {
            "lost" => Some("staff-reference-lost"),
            "return" => Some("staff-done-return"),
            _ => None,
        },
    })
}

/// What somebody typed to open one case.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    reference: String,
}

/// `GET /staff/cases?reference=…`: on to the case, whosever it is; the prefix says.
pub(super) async fn open(visit: Visit, wanted: Query<Wanted>) -> Result<HttpResponse> {
    let directory = visit.site.directory.get();
    // Without a prefix it is the visited council's own.
    let found = std::iter::once(&visit.here)
        .chain(directory.iter())
        .find_map(|a| Reference::parse(&a.prefix, &wanted.reference).map(|r| format!("/staff/cases/{}/{r}", a.slug)));
    visit.see_other(&found.unwrap_or_else(|| "/staff?done=lost".to_owned()))
}

fn tab_of(tab: TabName, me: Uuid, today: Date) -> Tab {
    match tab {
        TabName::Open => Tab::Open,
        TabName::Mine => Tab::Mine(me),
        TabName::Messages => Tab::Unread,
        TabName::Late => Tab::Late(today),
        TabName::Closed => Tab::Closed,
        TabName::Partners => Tab::WithPartners,
    }
}

fn view(row: QueueRow, here: &Authority, directory: &Directory, today: Date) -> RowView {
    let owner_slug = directory.by_id(row.owner).map_or_else(String::new, |a| a.slug.clone());
    let other = match (row.owner == here.id, row.handler == here.id) {
        (true, true) => None,
        (true, false) => Some(row.handler),
        (false, _) => Some(row.owner),
    };
    RowView {
        address: format!("/staff/cases/{owner_slug}/{}", row.reference),
        other: other.map(|id| directory.short_name(id).to_owned()),
        due_on: short_date(row.due_on, today),
        due: Due::of(row.due_on, today),
        reference: row.reference,
        title: row.title,
        state: row.state,
        outcome: row.outcome,
        taken_by: row.taken_by_name,
        closed: matches!(row.state, State::Resolved | State::Withdrawn),
        unread: row.unread,
        chased: row.chased,
    }
}

/// The services whose cases come to this authority: its own, and those that other councils route to it.
fn coming_here<'a>(here: &'a Authority, services: &'a Services) -> impl Iterator<Item = (AuthorityId, &'a Listing)> {
    let own = services.of(here.id).iter().map(|s| (here.id, s.as_ref()));
    own.chain(services.routed_to(&here.slug)).map(|(owner, s)| (owner, s.of(Language::En)))
}

fn service_choices(here: &Authority, services: &Services, asked: &str) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for (_, Listing { slug, noun, neutral_name, .. }) in coming_here(here, services) {
        if !choices.iter().any(|c| c.value == *slug) {
            let label = neutral_name.as_ref().unwrap_or(noun).clone();
            choices.push(Choice { value: slug.clone(), label, chosen: slug == asked });
        }
    }
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    choices
}

fn council_choices(here: &Authority, services: &Services, directory: &Directory, asked: &str) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for owner in coming_here(here, services).filter_map(|(owner, _)| directory.by_id(owner)) {
        if !choices.iter().any(|c| c.value == owner.slug) {
            let (value, label) = (owner.slug.clone(), owner.short_name.clone());
            choices.push(Choice { chosen: value == asked, value, label });
        }
    }
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    choices
}

fn kept_filter(services: &[Choice], councils: &[Choice]) -> String {
    let part = |name: &str, choices: &[Choice]| {
        choices.iter().find(|c| c.chosen).map_or_else(String::new, |c| format!("&{name}={}", c.value))
    };
    format!("{}{}", part("service", services), part("council", councils))
}

/// What the queue is narrowed to, each with the address without it.
fn chips(tab: TabName, services: &[Choice], councils: &[Choice]) -> Vec<(String, String)> {
    let label = |choices: &[Choice]| choices.iter().find(|c| c.chosen).map(|c| c.label.clone());
    let without = |kept: String| format!("/staff?tab={}{kept}", tab.word());
    let service = label(services).map(|l| (l, without(kept_filter(&[], councils))));
    let council = label(councils).map(|l| (l, without(kept_filter(services, &[]))));
    service.into_iter().chain(council).collect()
}

/// `2026-11-27_0190…`, with a `!` before it within the cases that citizens have asked about: where a page begins. One that
/// cannot be read begins at the beginning.
fn read_cursor(text: &str) -> Option<Cursor> {
    let (chased, rest) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let (due_on, id) = rest.split_once('_')?;
    Some(Cursor { chased, due_on: due_on.parse().ok()?, id: Uuid::try_parse(id).ok()? })
}

/// The owner that an address names, which only a known council can be.
pub(super) fn owner_of(visit: &Visit, slug: &str) -> Result<Arc<Authority>> {
    visit.site.directory.get().by_slug(slug).cloned().ok_or(Error::NotFound)
}
