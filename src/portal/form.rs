//! A form from its first question to its receipt. Every page is kept as it is left, right or wrong.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::Throttles;
use super::questions::{Mistake, QuestionView, mistakes, views};
use super::service::{named_partner, partner_name};
use crate::cases::{self, NewCase};
use crate::forms::{self, Definition, Draft, Kind, QuestionType, Raw, Services};
use crate::kernel::AuthorityId;
use crate::kernel::billing_date;
use crate::kernel::seal::Token;
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
struct QuestionTemplate {
    p: Frame,
    definition: Arc<Definition>,
    title: String,
    n: usize,
    back: String,
    action: String,
    questions: Vec<QuestionView>,
    mistakes: Vec<Mistake>,
}

/// The definition that a draft began on: nearly always the one in force, which is at hand.
fn definition_of(tx: &mut Tx<'_>, services: &Services, draft: &Draft) -> Result<Arc<Definition>> {
    match services.find(tx.actor(), &draft.service) {
        Some(s) if s.version == draft.version => Ok(Arc::clone(&s.definition)),
        _ => forms::published_definition(tx, tx.actor(), &draft.service, draft.version).map(Arc::new),
    }
}

fn id(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| Error::NotFound)
}

/// `GET /forms/{draft}/{page}`.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn page(
    visit: Visit,
    path: Path<(String, String)>,
    came: Query<Came>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (draft_id, page_id) = path.into_inner();
    let (draft_id, browser, now) = (id(&draft_id)?, visit.browser().clone(), visit.now);
    let services = services.get();
    let (draft, definition) = visit
        .scoped(move |tx| {
            let draft = forms::find_draft(tx, now, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &draft)?;
            Ok((draft, definition))
        })
        .await?;
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    show(&visit, &draft, definition, &page_id, *came, StatusCode::OK)
}

fn show(
    visit: &Visit,
    draft: &Draft,
    definition: Arc<Definition>,
    page_id: &str,
    came: Came,
    status: StatusCode,
) -> Result<HttpResponse> {
    let (n, page) = definition.page(page_id).ok_or(Error::NotFound)?;
    let p = visit.frame(Area::Portal);
    let errors = if came.wrong > 0 {
        page.parse(&draft.answers, billing_date(visit.now)).err().unwrap_or_default()
    } else {
        vec![]
    };
    let before = n.checked_sub(1).and_then(|b| definition.pages.get(b));
    let back = match (came.change, before) {
        (1.., _) => format!("/forms/{}/check", draft.id),
        (0, Some(before)) => format!("/forms/{}/{}", draft.id, before.id),
        (0, None) => format!("/services/{}", definition.slug),
    };
    let action = format!("/forms/{}/{page_id}{}", draft.id, if came.change > 0 { "?change=1" } else { "" });
    visit.html(
        status,
        &QuestionTemplate {
            questions: views(p.t, page, &draft.answers, &errors),
            mistakes: mistakes(p.t, &errors),
            title: page.title.clone(),
            n: n + 1,
            back,
            action,
            definition: Arc::clone(&definition),
            p,
        },
    )
}

/// `POST /forms/{draft}/{page}`: keeps what was typed, then goes on, or says what is wrong.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn save(
    posted: Posted,
    path: Path<(String, String)>,
    came: Query<Came>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (draft_id, page_id) = path.into_inner();
    let draft_id = id(&draft_id)?;
    let (browser, now, services) = (posted.visit.browser().clone(), posted.visit.now, services.get());
    let (fields, wanted) = (posted.fields().to_vec(), page_id.clone());
    let (draft, definition) = posted
        .visit
        .scoped(move |tx| {
            let mut draft = forms::lock_draft(tx, now, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &draft)?;
            if draft.submitted.is_none() {
                let (_, page) = definition.page(&wanted).ok_or(Error::NotFound)?;
                let raw = Definition::fields_of(page, &fields);
                forms::save_answers(tx, now, &draft, raw.clone())?;
                draft.answers.extend(raw);
            }
            Ok((draft, definition))
        })
        .await?;
    let visit = &posted.visit;
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    let (n, page) = definition.page(&page_id).ok_or(Error::NotFound)?;
    if page.parse(&draft.answers, billing_date(visit.now)).is_err() {
        let again = Came { wrong: 1, ..*came };
        return show(visit, &draft, Arc::clone(&definition), &page_id, again, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let next = if came.change > 0 { None } else { definition.pages.get(n + 1) };
    visit.see_other(&format!("/forms/{draft_id}/{}", next.map_or("check", |p| &p.id)))
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
    partner: Option<String>,
    draft_id: Uuid,
    trapped: bool,
}

/// Where to go instead of the last page while something is missing or wrong.
fn first_wrong_page(definition: &Definition, answers: &Raw, now: Timestamp) -> Option<String> {
    let today = billing_date(now);
    definition.pages.iter().find(|p| p.parse(answers, today).is_err()).map(|p| p.id.clone())
}

/// `GET /forms/{draft}/check`.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's.
pub async fn check(visit: Visit, path: Path<String>, services: Data<Current<Services>>) -> Result<HttpResponse> {
    checked(&visit, id(&path)?, &services.get(), false).await
}

async fn checked(visit: &Visit, draft_id: Uuid, services: &Arc<Services>, trapped: bool) -> Result<HttpResponse> {
    let (browser, now, services, directory) =
        (visit.browser().clone(), visit.now, Arc::clone(services), visit.site.directory.get());
    let (draft, definition, partner) = visit
        .scoped(move |tx| {
            let draft = forms::find_draft(tx, now, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &draft)?;
            let partner = partner_name(tx, now, &directory, &definition)?;
            Ok((draft, definition, partner))
        })
        .await?;
    if draft.submitted.is_some() {
        return visit.see_other(&format!("/forms/{draft_id}/receipt"));
    }
    let Ok(answers) = definition.parse(&draft.answers, billing_date(now)) else {
        let wrong = first_wrong_page(&definition, &draft.answers, now).ok_or(Error::NotFound)?;
        return visit.see_other(&format!("/forms/{draft_id}/{wrong}?wrong=1"));
    };
    let p = visit.frame(Area::Portal);
    let words = |yes| p.t.get(if yes { "forms-yes" } else { "forms-no" });
    let pages = definition
        .pages
        .iter()
        .map(|page| CheckedPage {
            title: page.title.clone(),
            change: format!("/forms/{draft_id}/{}?change=1", page.id),
            rows: page
                .questions
                .iter()
                .map(|q| {
                    let shown =
                        answers.get(&q.id).map_or_else(|| vec![p.t.get("check-not-given")], |v| q.show(v, &words));
                    (q.label.clone(), shown)
                })
                .collect(),
        })
        .collect();
    let status = if trapped { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visit.html(status, &CheckTemplate { p, definition, pages, partner, draft_id, trapped })
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
    let (secret, client) = (visit.secret().clone(), visit.client);
    let wrong = visit
        .scoped(move |tx| {
            let draft = forms::lock_draft(tx, now, draft_id, &browser)?;
            if draft.submitted.is_some() {
                return Ok(None);
            }
            let definition = definition_of(tx, &services, &draft)?;
            let Ok(answers) = definition.parse(&draft.answers, billing_date(now)) else {
                return Ok(first_wrong_page(&definition, &draft.answers, now));
            };
            allow(&throttles, here.id, &definition, client)?;
            let partner = named_partner(&directory, &definition);
            let new = NewCase {
                owner: &here,
                definition: &definition,
                version: draft.version,
                answers: &answers,
                files: &[],
                partner,
                secret: &secret,
            };
            let opened = cases::open(tx, now, &new)?;
            forms::mark_submitted(tx, now, draft.id, opened.id, &opened.reference)?;
            Ok(None)
        })
        .await?;
    match wrong {
        Some(page) => visit.see_other(&format!("/forms/{draft_id}/{page}?wrong=1")),
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
    let (draft_id, browser, now, services) = (id(&path)?, visit.browser().clone(), visit.now, services.get());
    let (draft, definition) = visit
        .scoped(move |tx| {
            let draft = forms::find_draft(tx, now, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &draft)?;
            Ok((draft, definition))
        })
        .await?;
    let Some((case_id, reference)) = draft.submitted else {
        return visit.see_other(&format!("/forms/{draft_id}/check"));
    };
    let token: Token = cases::track_token(visit.secret(), visit.here.id, case_id);
    let link = format!("/track/{reference}/{}", token.expose());
    visit.ok(&ReceiptTemplate { p: visit.frame(Area::Portal), definition, reference, link })
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
