//! The pages of a form. Every page is kept as it is left, right or wrong (`save.rs`).

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::offer::Offer;
use super::questions::{Mistake, QuestionView, mistakes, views};
use crate::forms::{
    self, AddressBy, Definition, Draft, FieldError, Journey, Page, QuestionType, Repeat, Services, Step,
};
use crate::identity;
use crate::kernel::{Language, billing_date};
use crate::places::Found;
use crate::platform::{Beside, Error, Result, Tx};
use crate::site::{Area, Frame, Refused, Texts, Visit};
use crate::tenancy::Current;

/// Where a page was reached from.
#[derive(Deserialize, Default, Clone, Copy)]
pub struct Came {
    /// From "change" on the last page, to which it then returns.
    #[serde(default)]
    pub(super) change: u8,
    /// Sent back because something on this page is missing or wrong.
    #[serde(default)]
    pub(super) wrong: u8,
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
    /// Whose details some of them are filled in with.
    pub(super) from_account: Option<String>,
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

/// The definition that a draft began on, in one language.
pub(super) fn definition_of(
    tx: &mut Tx<'_>,
    services: &Services,
    draft: &Draft,
    language: Language,
) -> Result<Arc<Definition>> {
    forms::definition(tx, services, tx.actor(), &draft.service, draft.version, language)
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
    let found = opened_to(visit, draft_id, services, |_| None, |_, _, _, _| Ok(())).await?;
    Ok(found.map(|(draft, definition, ())| (draft, definition)))
}

/// The same, with what is looked up beside it, and what `look` makes of that and finds in the same transaction.
pub(super) async fn opened_to<T: Send + 'static>(
    visit: &Visit,
    draft_id: Uuid,
    services: Arc<Services>,
    beside: impl FnOnce(&Tx<'_>) -> Option<Beside> + Send + 'static,
    look: impl FnOnce(&mut Tx<'_>, &Definition, &mut Draft, Option<Value>) -> Result<T> + Send + 'static,
) -> Result<Option<(Draft, Arc<Definition>, T)>> {
    let (browser, now, secret, language) = (visit.browser().clone(), visit.now, visit.secret().clone(), visit.language);
    let found = visit
        .scoped(move |tx| {
            let beside = beside(tx);
            let (mut draft, brought) = forms::find_draft_beside(tx, now, &secret, draft_id, &browser, beside)?;
            let definition = definition_of(tx, &services, &draft, language)?;
            let found = look(tx, &definition, &mut draft, brought)?;
            Ok((draft, definition, found))
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
    let (at, now, cookie, secret) = (address.clone(), visit.now, visit.citizen.clone(), visit.secret().clone());
    let beside = move |tx: &Tx<'_>| identity::citizen_beside(tx, now, cookie.as_ref());
    let look = move |tx: &mut Tx<'_>, definition: &Definition, draft: &mut Draft, brought| {
        let citizen = identity::citizen_brought(tx, &secret, brought);
        Offer::on(tx, now, definition, draft, &at, (Found::default(), citizen))
    };
    let opened = opened_to(&visit, id(&draft_id)?, services.get(), beside, look).await?;
    let Some((draft, definition, offer)) = opened else {
        return visit.see_other("/");
    };
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    show(&visit, (&draft, offer), definition, &address, *came, None)
}

/// Shows a step. `refused`: it was just left and is wrong, and these files that came with it were not taken.
pub(super) fn show(
    visit: &Visit,
    (draft, mut offer): (&Draft, Offer),
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
            let errors = if came.wrong > 0 || refused.is_some() { offer.told(visit, errors) } else { vec![] };
            let shown = with_refused(page, &step.prefix(), &errors, refused.unwrap_or_default());
            let about = page.repeat.as_deref().zip(*item);
            let page = QuestionTemplate {
                questions: views(p.t, page, &step.prefix(), &draft.answers, &shown, &offer),
                mistakes: mistakes(p.t, &shown),
                from_account: offer.details.map(|details| details.email),
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
pub(super) fn off_the_way(
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

impl QuestionTemplate {
    /// The page's heading is its only question.
    fn is_one_question(&self) -> bool {
        self.questions.iter().any(|q| q.heading)
    }

    /// Whether a button of its own comes before the last: Enter in a field must not press it.
    fn has_buttons(&self) -> bool {
        self.takes_files() || self.questions.iter().any(|q| q.by.is_some())
    }

    /// Whether it may bring files.
    fn takes_files(&self) -> bool {
        self.questions.iter().any(|q| q.kind == QuestionType::File)
    }

    /// Whether the page only looks for an address, so that nothing is to be continued yet.
    fn only_finds(&self) -> bool {
        self.questions.iter().all(QuestionView::finds) && !self.questions.is_empty()
    }
}
