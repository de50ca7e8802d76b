//! The end of a form: the answers once more, and sending them.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::Throttles;
use super::form::{definition_of, id, onward};
use super::service::partner_name;
use crate::cases::{self, NewCase};
use crate::forms::{self, Definition, Kind, Question, Services, Step};
use crate::kernel::AuthorityId;
use crate::kernel::billing_date;
use crate::platform::http::ClientNetwork;
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::Current;

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
    let pages = journey.steps.iter().map(|step| {
        let change = format!("/forms/{draft_id}/{}?change=1", step.address());
        let (page, item) = match step {
            Step::Page { page, item, .. } => (page, item),
            // Where things are added and removed.
            Step::List(repeat) => {
                let items = journey.answers.items.get(&repeat.id).into_iter().flatten();
                let things = items.filter_map(|n| definition.about(&journey.answers, &repeat.id, *n)).collect();
                return CheckedPage { title: String::new(), change, rows: vec![(repeat.title.clone(), things)] };
            }
        };
        let about = page.repeat.as_deref().zip(*item).and_then(|(r, item)| definition.about(&journey.answers, r, item));
        let row = |q: &Question| {
            let answer = journey.answers.all.iter().find(|a| {
                a.question == q.id && a.item.as_ref().map(|(_, item)| *item) == page.repeat.as_ref().and(*item)
            });
            let shown = answer.map_or_else(|| vec![p.t.get("check-not-given")], |a| q.show(&a.value, &words));
            (q.label.clone(), shown)
        };
        CheckedPage {
            title: about.map_or_else(|| page.title.clone(), |about| format!("{about}: {}", page.title)),
            change,
            rows: page.questions.iter().map(row).collect(),
        }
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
    let (instead, gone) = visit
        .scoped(move |tx| {
            let draft = forms::lock_draft(tx, now, &secret, draft_id, &browser)?;
            if draft.submitted.is_some() {
                return Ok((None, vec![]));
            }
            let definition = definition_of(tx, &services, &draft, language)?;
            let journey = definition.journey(&draft.answers, billing_date(now));
            if journey.first_wrong().is_some() {
                return Ok((Some(format!("{}?wrong=1", onward(&journey))), vec![]));
            }
            if journey.end.is_some() {
                return Ok((Some(onward(&journey)), vec![]));
            }
            let answers = journey.answers;
            allow(&throttles, here.id, &definition, client)?;
            let (files, gone) = forms::take_uploads(tx, &draft, &answers)?;
            let new = NewCase {
                owner: &here,
                definition: &definition,
                version: draft.version,
                answers: &answers,
                language,
                directory: &directory,
                files: &files,
                secret: &secret,
            };
            let opened = cases::open(tx, now, &new)?;
            forms::mark_submitted(tx, now, draft.id, opened.id, &opened.reference)?;
            Ok((None, gone))
        })
        .await?;
    visit.remove_files(gone).await?;
    match instead {
        Some(address) => visit.see_other(&format!("/forms/{draft_id}/{address}")),
        None => visit.see_other(&format!("/forms/{draft_id}/receipt")),
    }
}

fn allow(throttles: &Throttles, here: AuthorityId, definition: &Definition, client: ClientNetwork) -> Result<()> {
    throttles.submits.check(&(here, definition.slug.clone(), client))?;
    throttles.service.check(&(here, definition.slug.clone()))
}

/// A sentence that differs between report, pay and request.
pub(super) fn for_kind(t: Texts, kind: Kind, key: &str) -> String {
    t.get(&format!("{key}-{}", kind.word()))
}

impl CheckTemplate {
    fn for_kind(&self, key: &str) -> String {
        for_kind(self.p.t, self.definition.kind, key)
    }
}
