//! A form from its first question to its receipt. Every page is kept as it is left, right or wrong.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::questions::{Mistake, QuestionView, mistakes, views};
use crate::forms::{
    self, Attached, Definition, Draft, End, FieldError, Journey, Page, QuestionType, Raw, Repeat, Services, Step,
};
use crate::kernel::{Language, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, File, Frame, PostedWithFiles, Refused, Texts, Visit};
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
struct QuestionTemplate {
    p: Frame,
    definition: Arc<Definition>,
    title: String,
    /// Of which of several things: `Child 2`.
    about: Option<String>,
    text: Vec<String>,
    back: String,
    action: String,
    questions: Vec<QuestionView>,
    mistakes: Vec<Mistake>,
}

/// The list of a repeat's things.
#[derive(Template)]
#[template(path = "portal/list.html")]
struct ListTemplate {
    p: Frame,
    definition: Arc<Definition>,
    title: String,
    back: String,
    action: String,
    /// Each thing: what it is called, its first answer, its first page, and its number.
    things: Vec<(String, String, String, u32)>,
    may_add: bool,
    add: String,
    wrong: Option<String>,
}

/// An end before the last page.
#[derive(Template)]
#[template(path = "portal/end.html")]
struct EndTemplate {
    p: Frame,
    definition: Arc<Definition>,
    end: End,
    back: String,
}

/// The definition that a draft began on, in one language: nearly always the one in force, which is at hand.
pub(super) fn definition_of(
    tx: &mut Tx<'_>,
    services: &Services,
    draft: &Draft,
    language: Language,
) -> Result<Arc<Definition>> {
    match services.find(tx.actor(), &draft.service) {
        Some(s) if s.version == draft.version => Ok(Arc::clone(s.of(language))),
        _ => forms::published_definition(tx, tx.actor(), &draft.service, draft.version)
            .map(|s| Arc::clone(s.of(language))),
    }
}

pub(super) fn id(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| Error::NotFound)
}

/// A draft of this browser's and its definition.
/// None where there is none and this browser has just left in haste: Back then leads home.
pub(super) async fn opened(
    visit: &Visit,
    draft_id: Uuid,
    services: Arc<Services>,
) -> Result<Option<(Draft, Arc<Definition>)>> {
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
    show(&visit, &draft, definition, &address, *came, None)
}

/// Shows a step. `refused`: it was just left and is wrong, and these files that came with it were not taken.
fn show(
    visit: &Visit,
    draft: &Draft,
    definition: Arc<Definition>,
    address: &str,
    came: Came,
    refused: Option<&[Refused]>,
) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
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
            let errors = if came.wrong > 0 || refused.is_some() { errors.as_slice() } else { &[] };
            let shown = &with_refused(page, &step.prefix(), errors, refused.unwrap_or_default());
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
                wrong: refused.map(|_| p.t.get("form-list-choose")),
                definition: Arc::clone(&definition),
                p,
            };
            visit.html(status, &page)
        }
    }
}

/// What is wrong on a page: what is said of a file that was not taken stands for "choose a file".
fn with_refused(page: &Page, prefix: &str, errors: &[FieldError], refused: &[Refused]) -> Vec<FieldError> {
    let of = |field: &str| refused.iter().any(|r| r.field == field);
    let question = |field: &str| page.questions.iter().find(|q| field.strip_prefix(prefix) == Some(&q.id));
    let files = refused.iter().filter_map(|r| {
        let question = question(&r.field)?.id.clone();
        Some(FieldError {
            question,
            field: r.field.clone(),
            key: r.why.key(),
            variables: vec![("name", r.name.clone())],
        })
    });
    errors.iter().filter(|e| !of(&e.field)).cloned().chain(files).collect()
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
pub(super) fn onward(journey: &Journey<'_>) -> String {
    match (journey.first_wrong(), journey.end) {
        (Some(step), _) => step.address(),
        (None, Some(end)) => format!("end/{}", end.id),
        (None, None) => "check".to_owned(),
    }
}

/// `POST /forms/{draft}/{step}`: keeps what was typed and the files, then goes on, or says what is wrong.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn save(
    form: PostedWithFiles,
    path: Path<(String, String)>,
    came: Query<Came>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (draft_id, address) = path.into_inner();
    let draft_id = id(&draft_id)?;
    let PostedWithFiles { posted, files, mut refused } = form;
    let visit = &posted.visit;
    let (browser, now, services, secret) = (visit.browser().clone(), visit.now, services.get(), visit.secret().clone());
    let (fields, wanted, language) = (posted.fields().to_vec(), address.clone(), visit.language);
    let later = posted.get("later") == "yes";
    let taken_off = Uuid::try_parse(posted.get("remove")).ok();
    let (before, draft, definition, changed) = visit
        .scoped(move |tx| {
            let before = forms::lock_draft(tx, now, &secret, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &before, language)?;
            let (mut draft, mut changed) = (before.clone(), Changed::default());
            let journey = definition.journey(&before.answers, billing_date(now));
            if let Some((_, step)) = journey.at(&wanted).filter(|_| before.submitted.is_none()) {
                let typed = typed(step, &before.answers, &fields);
                draft.answers.extend(typed);
                if let Step::Page { page, .. } = step {
                    changed = change_files(tx, now, &mut draft, page, &step.prefix(), files, taken_off)?;
                }
                let after = definition.journey(&draft.answers, billing_date(now));
                let ended = after.end.map(|end| end.id.clone());
                forms::save_answers(tx, now, &secret, &definition, &draft, &wanted, ended.as_deref())?;
                if later && !definition.sensitive {
                    forms::save_for_later(tx, now, &secret, &draft)?;
                }
            }
            Ok((before, draft, definition, changed))
        })
        .await?;
    visit.remove_files(changed.gone.into_iter().collect()).await?;
    refused.extend(changed.refused);
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    let today = billing_date(visit.now);
    let (before, after) = (definition.journey(&before.answers, today), definition.journey(&draft.answers, today));
    if before.at(&address).is_none() {
        return off_the_way(visit, &draft, &definition, &after, &address);
    }
    if later && !definition.sensitive {
        return visit.see_other(&format!("/forms/{draft_id}/save"));
    }
    let stays = posted.switches || changed.taken_off || posted.get("stay") == "yes";
    if stays && refused.is_empty() {
        let change = if came.change > 0 { "?change=1" } else { "" };
        return visit.see_other(&format!("/forms/{draft_id}/{address}{change}"));
    }
    let is_wrong = match after.at(&address) {
        Some((_, Step::Page { errors, .. })) => !errors.is_empty() || !refused.is_empty(),
        // Nothing chosen: neither to add another nor to go on.
        Some((_, Step::List(_))) => posted.get("add").is_empty() && posted.get("remove").is_empty(),
        None => false,
    };
    if is_wrong {
        return show(visit, &draft, Arc::clone(&definition), &address, *came, Some(&refused));
    }
    let next = next(&before, &after, &address, *came, posted.get("add") == "yes");
    visit.see_other(&format!("/forms/{draft_id}/{next}"))
}

/// What became of a page's files.
#[derive(Default)]
struct Changed {
    /// Those that were not taken.
    refused: Vec<Refused>,
    /// Whether one was taken off.
    taken_off: bool,
    /// Its bytes, to be removed once that is committed.
    gone: Option<Uuid>,
}

/// Takes the page's files, and takes one off if it is the page's. Files of no question of the page go again by themselves.
fn change_files(
    tx: &mut Tx<'_>,
    now: Timestamp,
    draft: &mut Draft,
    page: &Page,
    prefix: &str,
    files: Vec<File>,
    taken_off: Option<Uuid>,
) -> Result<Changed> {
    let mut changed = Changed::default();
    let questions = || page.questions.iter().filter(|q| q.kind == QuestionType::File);
    let question = |field: &str| questions().find(|q| field.strip_prefix(prefix) == Some(&q.id));
    if let Some(file) = taken_off {
        let field = questions().map(|q| format!("{prefix}{}", q.id)).find(|field| {
            draft.answers.get(field).into_iter().flatten().any(|v| Attached::read(v).is_some_and(|a| a.id == file))
        });
        if let Some(field) = field {
            changed.gone = forms::remove_upload(tx, draft, &field, file)?;
            changed.taken_off = true;
        }
    }
    if files.iter().any(|file| question(&file.field).is_some()) {
        let mut had = forms::uploads_of(tx, draft.id)?;
        for file in files {
            if let Some(question) = question(&file.field) {
                changed.refused.extend(forms::attach(tx, now, draft, question, &mut had, file)?.err());
            }
        }
    }
    Ok(changed)
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

impl QuestionTemplate {
    /// The page's heading is its only question.
    fn is_one_question(&self) -> bool {
        self.questions.iter().any(|q| q.heading)
    }

    /// It may bring files.
    fn takes_files(&self) -> bool {
        self.questions.iter().any(|q| q.kind == QuestionType::File)
    }
}
