//! A form from its first question to its receipt. Every page is kept as it is left, right or wrong.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::Throttles;
use super::questions::{Mistake, QuestionView, mistakes, views};
use super::service::partner_name;
use crate::cases::{self, NewCase};
use crate::forms::{self, Definition, Draft, End, Journey, Kind, Question, QuestionType, Raw, Repeat, Services, Step};
use crate::kernel::billing_date;
use crate::kernel::seal::Token;
use crate::kernel::{AuthorityId, Language};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::Current;

/// Where a page was reached from.
#[derive(Deserialize, Default, Clone, Copy)]
pub struct Came {
    /// From "change" on the last page, to which it then returns.
    #[serde(default)]
    change: u8,
    /// Sent back because something on this page is missing or wrong.
    #[serde(default)]
    wrong: u8,
}

#[derive(Template)]
#[template(path = "portal/question.html")]
pub(super) struct QuestionTemplate {
    pub(super) p: Frame,
    pub(super) definition: Arc<Definition>,
    pub(super) title: String,
    /// Of which of several things: `Child 2`.
    pub(super) about: Option<String>,
    pub(super) text: Vec<String>,
    pub(super) back: String,
    pub(super) action: String,
    pub(super) questions: Vec<QuestionView>,
    pub(super) mistakes: Vec<Mistake>,
}

/// The list of a repeat's things.
#[derive(Template)]
#[template(path = "portal/list.html")]
pub(super) struct ListTemplate {
    pub(super) p: Frame,
    pub(super) definition: Arc<Definition>,
    pub(super) title: String,
    pub(super) back: String,
    pub(super) action: String,
    /// Each thing: what it is called, its first answer, its first page, and its number.
    pub(super) things: Vec<(String, String, String, u32)>,
    pub(super) may_add: bool,
    pub(super) add: String,
    pub(super) wrong: Option<String>,
}

/// An end before the last page.
#[derive(Template)]
#[template(path = "portal/end.html")]
pub(super) struct EndTemplate {
    pub(super) p: Frame,
    pub(super) definition: Arc<Definition>,
    pub(super) end: End,
    pub(super) back: String,
}

/// The definition that a draft began on, in one language: nearly always the one in force, which is at hand.
fn definition_of(tx: &mut Tx<'_>, services: &Services, draft: &Draft, language: Language) -> Result<Arc<Definition>> {
    match services.find(tx.actor(), &draft.service) {
        Some(s) if s.version == draft.version => Ok(s.definition(language)?),
        _ => forms::published_definition(tx, tx.actor(), &draft.service, draft.version, language),
    }
}

fn id(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| Error::NotFound)
}

/// A draft of this browser's and its definition.
/// None where there is none and this browser has just left in haste: Back then leads home.
async fn opened(visit: &Visit, draft_id: Uuid, services: Arc<Services>) -> Result<Option<(Draft, Arc<Definition>)>> {
    let (browser, now, secret, language) = (visit.browser().clone(), visit.now, visit.secret().clone(), visit.language);
    let found = visit
        .scoped(move |tx| {
            let draft = forms::find_draft(tx, now, &secret, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &draft, language)?;
            Ok((draft, definition))
        })
        .await;
    match found {
        Err(Error::NotFound) if visit.has_left => Ok(None),
        found => found.map(Some),
    }
}

/// `GET /forms/{draft}/{step}`.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn page(
    visit: Visit,
    path: Path<(String, String)>,
    came: Query<Came>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (draft_id, address) = path.into_inner();
    let Some((draft, definition)) = opened(&visit, id(&draft_id)?, services.get()).await? else {
        return visit.see_other("/");
    };
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    show(&visit, &draft, definition, &address, *came, StatusCode::OK)
}

fn show(
    visit: &Visit,
    draft: &Draft,
    definition: Arc<Definition>,
    address: &str,
    came: Came,
    status: StatusCode,
) -> Result<HttpResponse> {
    let journey = definition.journey(&draft.answers, billing_date(visit.now));
    let Some((n, step)) = journey.at(address) else {
        return off_the_way(visit, draft, &definition, &journey, address);
    };
    let p = Frame { sends_form: true, exit: definition.sensitive, ..visit.frame(Area::Portal) };
    let before = n.checked_sub(1).and_then(|before| journey.steps.get(before));
    let back = match (came.change, before) {
        (1.., _) => format!("/forms/{}/check", draft.id),
        (0, Some(before)) => format!("/forms/{}/{}", draft.id, before.address()),
        (0, None) => format!("/services/{}", definition.slug),
    };
    let action = format!("/forms/{}/{address}{}", draft.id, if came.change > 0 { "?change=1" } else { "" });
    match step {
        Step::Page { page, item, errors } => {
            let shown = if came.wrong > 0 { errors.as_slice() } else { &[] };
            let about = page.repeat.as_deref().zip(*item);
            let page = QuestionTemplate {
                questions: views(p.t, page, &step.prefix(), &draft.answers, shown),
                mistakes: mistakes(p.t, shown),
                title: page.title.clone(),
                about: about.and_then(|(repeat, item)| definition.about(&journey.answers, repeat, item)),
                text: page.text.clone(),
                back,
                action,
                definition: Arc::clone(&definition),
                p,
            };
            visit.html(status, &page)
        }
        Step::List(repeat) => {
            let things = things(&journey, &definition, repeat, draft.id, p.t);
            let page = ListTemplate {
                title: repeat.title.clone(),
                back,
                action,
                may_add: things.len() < usize::try_from(repeat.max).unwrap_or(usize::MAX),
                things,
                add: p.t.one("form-list-add", "item", repeat.item.to_lowercase()),
                wrong: (status != StatusCode::OK).then(|| p.t.get("form-list-choose")),
                definition: Arc::clone(&definition),
                p,
            };
            visit.html(status, &page)
        }
    }
}

fn things(
    journey: &Journey<'_>,
    definition: &Definition,
    repeat: &Repeat,
    draft: Uuid,
    t: Texts,
) -> Vec<(String, String, String, u32)> {
    let words = |key: &str| t.get(key);
    let items = journey.answers.items.get(&repeat.id).cloned().unwrap_or_default();
    let thing = |item: u32| {
        let first = journey.answers.all.iter().find(|a| a.item.as_ref() == Some(&(repeat.id.clone(), item)));
        let shown = first
            .and_then(|a| {
                definition.questions().find(|(_, q)| q.id == a.question).map(|(_, q)| q.show(&a.value, &words))
            })
            .unwrap_or_default();
        let page = journey.steps.iter().find(|s| {
            matches!(s, Step::Page { page, item: Some(of), .. } if page.repeat.as_ref() == Some(&repeat.id) && *of == item)
        });
        let address = page.map_or_else(String::new, |s| format!("/forms/{draft}/{}?change=1", s.address()));
        let about = definition.about(&journey.answers, &repeat.id, item).unwrap_or_default();
        (about, shown.join(", "), address, item)
    };
    items.into_iter().map(thing).collect()
}

/// A page of the form that these answers do not lead to: on to where they do. Any other address is none.
fn off_the_way(
    visit: &Visit,
    draft: &Draft,
    definition: &Definition,
    journey: &Journey<'_>,
    address: &str,
) -> Result<HttpResponse> {
    let page = address.split_once('.').map_or(address, |(page, _)| page);
    if definition.page(page).is_none() && definition.repeat(page).is_none() {
        return Err(Error::NotFound);
    }
    visit.see_other(&format!("/forms/{}/{}", draft.id, onward(journey)))
}

/// Where an unfinished form goes on, or its last page.
fn onward(journey: &Journey<'_>) -> String {
    match (journey.first_wrong(), journey.end) {
        (Some(step), _) => step.address(),
        (None, Some(end)) => format!("end/{}", end.id),
        (None, None) => "check".to_owned(),
    }
}

/// `POST /forms/{draft}/{step}`: keeps what was typed, then goes on, or says what is wrong.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn save(
    posted: Posted,
    path: Path<(String, String)>,
    came: Query<Came>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (draft_id, address) = path.into_inner();
    let draft_id = id(&draft_id)?;
    let visit = &posted.visit;
    let (browser, now, services, secret) = (visit.browser().clone(), visit.now, services.get(), visit.secret().clone());
    let (fields, wanted, language) = (posted.fields().to_vec(), address.clone(), visit.language);
    let (before, draft, definition) = visit
        .scoped(move |tx| {
            let before = forms::lock_draft(tx, now, &secret, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &before, language)?;
            let mut draft = before.clone();
            let journey = definition.journey(&before.answers, billing_date(now));
            if let Some((_, step)) = journey.at(&wanted).filter(|_| before.submitted.is_none()) {
                let typed = typed(step, &before.answers, &fields);
                draft.answers.extend(typed);
                let after = definition.journey(&draft.answers, billing_date(now));
                let ended = after.end.map(|end| end.id.clone());
                forms::save_answers(tx, now, &secret, &definition, &draft, &wanted, ended.as_deref())?;
            }
            Ok((before, draft, definition))
        })
        .await?;
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    if posted.switches {
        let change = if came.change > 0 { "?change=1" } else { "" };
        return visit.see_other(&format!("/forms/{draft_id}/{address}{change}"));
    }
    let today = billing_date(visit.now);
    let (before, after) = (definition.journey(&before.answers, today), definition.journey(&draft.answers, today));
    if before.at(&address).is_none() {
        return off_the_way(visit, &draft, &definition, &after, &address);
    }
    let is_wrong = match after.at(&address) {
        Some((_, Step::Page { errors, .. })) => !errors.is_empty(),
        // Nothing chosen: neither to add another nor to go on.
        Some((_, Step::List(_))) => posted.get("add").is_empty() && posted.get("remove").is_empty(),
        None => false,
    };
    if is_wrong {
        let again = Came { wrong: 1, ..*came };
        return show(visit, &draft, Arc::clone(&definition), &address, again, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let next = next(&before, &after, &address, *came, posted.get("add") == "yes");
    visit.see_other(&format!("/forms/{draft_id}/{next}"))
}

/// What a step's page was left with. A sealed answer is not shown again, so that empty fields mean the one that is there.
fn typed(step: &Step<'_>, had: &Raw, fields: &[(String, String)]) -> Raw {
    let posted = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    match step {
        Step::Page { page, .. } => {
            let prefix = step.prefix();
            let mut typed = forms::fields_of(page, &prefix, fields);
            for question in page.questions.iter().filter(|q| q.kind.is_sealed()) {
                let names: Vec<String> = question.fields().into_iter().map(|f| format!("{prefix}{f}")).collect();
                let is_empty = names.iter().all(|n| typed.get(n).is_none_or(|v| v.iter().all(String::is_empty)));
                if is_empty && names.iter().any(|n| had.contains_key(n)) {
                    for name in &names {
                        typed.remove(name);
                    }
                }
            }
            typed
        }
        Step::List(repeat) => {
            let mut things = forms::items(had, repeat);
            if let Ok(gone) = posted("remove").parse::<u32>() {
                things.retain(|n| *n != gone);
            }
            let may_add = things.len() < usize::try_from(repeat.max).unwrap_or(usize::MAX);
            if posted("add") == "yes" && may_add {
                // A number is used once, so that what was typed of a thing that was removed belongs to no other.
                let next = things.iter().copied().chain(used(had, repeat)).max().unwrap_or(0) + 1;
                things.push(next);
            }
            Raw::from([(repeat.id.clone(), things.iter().map(u32::to_string).collect())])
        }
    }
}

/// The numbers of the things of which anything was ever typed.
fn used<'a>(raw: &'a Raw, repeat: &'a Repeat) -> impl Iterator<Item = u32> {
    raw.keys().filter_map(move |name| {
        name.strip_prefix(repeat.id.as_str())?.strip_prefix('.')?.split('.').next()?.parse().ok()
    })
}

/// Where a page that is right leads: to the end it brings, to the thing that was added, to a page that only now is asked,
/// back to the last page that a change came from, or to the next.
fn next(before: &Journey<'_>, after: &Journey<'_>, address: &str, came: Came, add: bool) -> String {
    if let Some(end) = after.end.filter(|_| after.first_wrong().is_none()) {
        return format!("end/{}", end.id);
    }
    let at = after.at(address).map_or(0, |(n, _)| n);
    let is_new = |step: &&Step<'_>| before.at(&step.address()).is_none();
    if add {
        return after.steps.iter().find(is_new).map_or_else(|| address.to_owned(), Step::address);
    }
    if came.change > 0 {
        let asked_now = after.steps.iter().skip(at + 1).find(is_new);
        let step = asked_now.or_else(|| after.first_wrong());
        return step.map_or_else(|| "check".to_owned(), |step| format!("{}?change=1", step.address()));
    }
    after.steps.get(at + 1).map_or_else(|| onward(after), Step::address)
}

/// `GET /forms/{draft}/end/{end}`: where a journey ends that the service is not for.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's, or an end that its answers do not bring.
pub async fn end(
    visit: Visit,
    path: Path<(String, String)>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (draft_id, end_id) = path.into_inner();
    let Some((draft, definition)) = opened(&visit, id(&draft_id)?, services.get()).await? else {
        return visit.see_other("/");
    };
    let journey = definition.journey(&draft.answers, billing_date(visit.now));
    let Some(end) = journey.end.filter(|end| end.id == end_id && draft.submitted.is_none()).cloned() else {
        return visit.see_other(&format!("/forms/{draft_id}/{}", onward(&journey)));
    };
    let last = journey.steps.last().map(Step::address).unwrap_or_default();
    let back = format!("/forms/{draft_id}/{last}");
    let p = Frame { exit: definition.sensitive, ..visit.frame(Area::Portal) };
    visit.ok(&EndTemplate { p, definition: Arc::clone(&definition), end, back })
}

/// The answers of a page on the last page.
struct CheckedPage {
    title: String,
    change: String,
    rows: Vec<(String, Vec<String>)>,
}

#[derive(Template)]
#[template(path = "portal/check.html")]
struct CheckTemplate {
    p: Frame,
    definition: Arc<Definition>,
    pages: Vec<CheckedPage>,
    /// Pages that were answered and are asked no more.
    left_out: Vec<String>,
    back: String,
    partner: Option<String>,
    draft_id: Uuid,
    trapped: bool,
}

/// `GET /forms/{draft}/check`.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn check(visit: Visit, path: Path<String>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    match checked(&visit, id(&path)?, &services.get(), false).await {
        Err(Error::NotFound) if visit.has_left => visit.see_other("/"),
        page => page,
    }
}

async fn checked(visit: &Visit, draft_id: Uuid, services: &Arc<Services>, trapped: bool) -> Result<HttpResponse> {
    let (browser, now, services, directory) =
        (visit.browser().clone(), visit.now, Arc::clone(services), visit.site.directory.get());
    let (secret, language) = (visit.secret().clone(), visit.language);
    let (draft, definition, partner) = visit
        .scoped(move |tx| {
            let draft = forms::find_draft(tx, now, &secret, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &draft, language)?;
            let answers = definition.journey(&draft.answers, billing_date(now)).answers;
            let partner = definition.destination(&answers, billing_date(now)).partner;
            let partner = partner_name(tx, now, &directory, language, &definition.slug, partner)?;
            Ok((draft, definition, partner))
        })
        .await?;
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    let journey = definition.journey(&draft.answers, billing_date(now));
    if journey.first_wrong().is_some() || journey.end.is_some() {
        let wrong = if journey.first_wrong().is_some() { "?wrong=1" } else { "" };
        return visit.see_other(&format!("/forms/{draft_id}/{}{wrong}", onward(&journey)));
    }
    let p = Frame { exit: definition.sensitive, ..visit.frame(Area::Portal) };
    let words = |key: &str| p.t.get(key);
    let pages = journey.steps.iter().filter_map(|step| {
        let Step::Page { page, item, .. } = step else { return None };
        let about = page.repeat.as_deref().zip(*item).and_then(|(r, item)| definition.about(&journey.answers, r, item));
        let row = |q: &Question| {
            let answer = journey.answers.all.iter().find(|a| {
                a.question == q.id && a.item.as_ref().map(|(_, item)| *item) == page.repeat.as_ref().and(*item)
            });
            let shown = answer.map_or_else(|| vec![p.t.get("check-not-given")], |a| q.show(&a.value, &words));
            (q.label.clone(), shown)
        };
        Some(CheckedPage {
            title: about.map_or_else(|| page.title.clone(), |about| format!("{about}: {}", page.title)),
            change: format!("/forms/{draft_id}/{}?change=1", step.address()),
            rows: page.questions.iter().map(row).collect(),
        })
    });
    let pages: Vec<CheckedPage> = pages.filter(|page| !page.rows.is_empty()).collect();
    let status = if trapped { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = CheckTemplate {
        pages,
        left_out: journey.left_out(&definition, &draft.answers),
        back: journey.steps.last().map_or_else(String::new, |step| format!("/forms/{draft_id}/{}", step.address())),
        p,
        definition: Arc::clone(&definition),
        partner,
        draft_id,
        trapped,
    };
    visit.html(status, &page)
}

/// `POST /forms/{draft}/check`: sends it. A draft that was sent answers with its receipt, however often it is sent.
///
/// # Errors
/// [`Error::TooMany`] where an address, or everybody together, has sent very many of one service.
pub async fn submit(
    posted: Posted,
    path: Path<String>,
    services: Data<Current<Services>>,
    throttles: Data<Throttles>,
) -> Result<HttpResponse> {
    let draft_id = id(&path)?;
    let visit = &posted.visit;
    let services = services.get();
    // People do not see this box; programs fill in every box.
    if !posted.get("website").is_empty() {
        return checked(visit, draft_id, &services, true).await;
    }
    let (browser, now, here, directory) =
        (visit.browser().clone(), visit.now, Arc::clone(&visit.here), visit.site.directory.get());
    let (secret, client, language) = (visit.secret().clone(), visit.client, visit.language);
    let instead = visit
        .scoped(move |tx| {
            let draft = forms::lock_draft(tx, now, &secret, draft_id, &browser)?;
            if draft.submitted.is_some() {
                return Ok(None);
            }
            let definition = definition_of(tx, &services, &draft, language)?;
            let journey = definition.journey(&draft.answers, billing_date(now));
            if journey.first_wrong().is_some() {
                return Ok(Some(format!("{}?wrong=1", onward(&journey))));
            }
            if journey.end.is_some() {
                return Ok(Some(onward(&journey)));
            }
            let answers = journey.answers;
            allow(&throttles, here.id, &definition, client)?;
            let new = NewCase {
                owner: &here,
                definition: &definition,
                version: draft.version,
                answers: &answers,
                language,
                directory: &directory,
                files: &[],
                secret: &secret,
            };
            let opened = cases::open(tx, now, &new)?;
            forms::mark_submitted(tx, now, draft.id, opened.id, &opened.reference)?;
            Ok(None)
        })
        .await?;
    match instead {
        Some(address) => visit.see_other(&format!("/forms/{draft_id}/{address}")),
        None => visit.see_other(&format!("/forms/{draft_id}/receipt")),
    }
}

fn allow(
    throttles: &Throttles,
    here: AuthorityId,
    definition: &Definition,
    client: crate::platform::http::ClientNetwork,
) -> Result<()> {
    throttles.submits.check(&(here, definition.slug.clone(), client))?;
    throttles.service.check(&(here, definition.slug.clone()))
}

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptTemplate {
    p: Frame,
    definition: Arc<Definition>,
    reference: String,
    link: String,
}

/// `GET /forms/{draft}/receipt`.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn receipt(visit: Visit, path: Path<String>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let draft_id = id(&path)?;
    let Some((draft, definition)) = opened(&visit, draft_id, services.get()).await? else {
        return visit.see_other("/");
    };
    let Some((case_id, reference)) = draft.submitted else {
        return visit.see_other(&format!("/forms/{draft_id}/check"));
    };
    let token: Token = cases::track_token(visit.secret(), visit.here.id, case_id);
    let link = format!("/track/{reference}/{}", token.expose());
    let p = Frame { exit: definition.sensitive, ..visit.frame(Area::Portal) };
    visit.ok(&ReceiptTemplate { p, definition, reference, link })
}

/// A sentence that differs between report, pay and request.
fn for_kind(t: Texts, kind: Kind, key: &str) -> String {
    t.get(&format!("{key}-{}", kind.word()))
}

impl QuestionTemplate {
    /// The page's heading is its only question.
    fn is_one_question(&self) -> bool {
        self.questions.iter().any(|q| q.heading)
    }
}

impl CheckTemplate {
    fn for_kind(&self, key: &str) -> String {
        for_kind(self.p.t, self.definition.kind, key)
    }
}

impl ReceiptTemplate {
    fn for_kind(&self, key: &str) -> String {
        for_kind(self.p.t, self.definition.kind, key)
    }
}
