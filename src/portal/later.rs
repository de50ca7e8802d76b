//! Save and return: a form is put aside, and gone on with later or on another device, by a link in a mail or by a code that was
//! written down. Never for a sensitive service, of which nothing may lie about.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Throttles;
use super::form::{definition_of, id, onward};
use super::questions::Mistake;
use crate::forms::{self, Definition, Saved, Services};
use crate::kernel::contact::is_email;
use crate::kernel::time::date_in;
use crate::kernel::{ResumeCode, billing_date};
use crate::notify::Outgoing;
use crate::platform::config::Config;
use crate::platform::outbox::{self, Topic};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::{Authority, Current};

/// Asks for the link to a draft to be sent. The outbox names only the draft; where it goes is read when it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct DraftLink {
    draft_id: Uuid,
    /// Because it ends soon, not because she has just asked.
    is_warning: bool,
}

impl Topic for DraftLink {
    const NAME: &'static str = "portal.draft_link";
}

/// Asks for those to be warned whose drafts end soon.
///
/// # Errors
/// The database's.
pub fn warn_of_end(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    for draft_id in forms::about_to_end(tx, now)? {
        outbox::publish(tx, now, &DraftLink { draft_id, is_warning: true })?;
    }
    Ok(())
}

/// Puts the message with a draft's link together; none if the draft is gone or was sent.
///
/// # Errors
/// The database's.
pub fn compose_draft_link(
    tx: &mut Tx<'_>,
    now: Timestamp,
    config: &Config,
    council: &Authority,
    asked: &DraftLink,
) -> Result<Option<Outgoing>> {
    let saved = match forms::saved(tx, now, &config.secret, asked.draft_id) {
        Err(Error::NotFound) => return Ok(None),
        saved => saved?,
    };
    let Some(to) = saved.email else { return Ok(None) };
    let (service, version, language) = forms::service_of_draft(tx, asked.draft_id)?;
    let definition = forms::published(tx, tx.actor(), &service, version)?.read(language)?;
    let host = council.hosts.first().map_or("localhost", String::as_str);
    let link = config.link(host, &format!("/return/{}", saved.code.plain()));
    let until = date_in(language, billing_date(saved.until));
    let variables = [
        ("service", definition.name.as_str()),
        ("council", council.names.name.of(language)),
        ("phone", &council.contact.phone),
        ("until", &until),
        ("link", &link),
    ];
    let t = Texts::of(language);
    let (subject, body) = if asked.is_warning {
        ("mail-draft-ends-subject", "mail-draft-ends-body")
    } else {
        ("mail-draft-subject", "mail-draft-body")
    };
    Ok(Some(Outgoing {
        case_id: None,
        to,
        subject: t.with(subject, &variables),
        body: t.with(body, &variables),
        language,
    }))
}

/// What was just done, for the banner.
#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    sent: u8,
}

#[derive(Template)]
#[template(path = "portal/later.html")]
struct LaterTemplate {
    p: Frame,
    definition: Arc<Definition>,
    saved: Saved,
    until: String,
    /// Where the form goes on.
    onward: String,
    action: String,
    leave: String,
    email: String,
    mistakes: Vec<Mistake>,
    sent: bool,
}

/// `GET /forms/{draft}/save`: the code, and how to come back.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's, or was not put aside.
pub async fn page(
    visit: Visit,
    path: Path<String>,
    done: Query<Done>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    show(&visit, id(&path)?, services.get(), None, done.sent > 0).await
}

async fn show(
    visit: &Visit,
    draft_id: Uuid,
    services: Arc<Services>,
    wrong: Option<String>,
    sent: bool,
) -> Result<HttpResponse> {
    let (browser, now, secret, language) = (visit.browser().clone(), visit.now, visit.secret().clone(), visit.language);
    let (draft, definition, saved) = visit
        .scoped(move |tx| {
            let draft = forms::find_draft(tx, now, &secret, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &draft, language)?;
            let saved = forms::saved(tx, now, &secret, draft_id)?;
            Ok((draft, definition, saved))
        })
        .await?;
    let p = visit.frame(Area::Portal);
    let mistake = |_: &String| Mistake { field: "email".to_owned(), words: p.t.get("account-error-email") };
    let page = LaterTemplate {
        mistakes: wrong.iter().map(mistake).collect(),
        until: date_in(language, billing_date(saved.until)),
        onward: format!("/forms/{draft_id}/{}", onward(&definition.journey(&draft.answers, billing_date(now)))),
        action: format!("/forms/{draft_id}/save"),
        leave: format!("/forms/{draft_id}/leave"),
        email: wrong.unwrap_or_default(),
        definition: Arc::clone(&definition),
        sent,
        saved,
        p,
    };
    let status = if page.mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.html(status, &page)
}

/// `POST /forms/{draft}/save`: sends the link.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's, or was not put aside; [`Error::TooMany`] for somebody who asks
/// very often.
pub async fn send(
    posted: Posted,
    path: Path<String>,
    services: Data<Current<Services>>,
    throttles: Data<Throttles>,
) -> Result<HttpResponse> {
    let visit = &posted.visit;
    let (draft_id, email) = (id(&path)?, posted.get("email").to_owned());
    if !is_email(&email) {
        return show(visit, draft_id, services.get(), Some(email), false).await;
    }
    throttles.draft_links.check(&(visit.here.id, visit.client))?;
    let (browser, now, secret) = (visit.browser().clone(), visit.now, visit.secret().clone());
    visit
        .scoped(move |tx| {
            forms::lock_draft(tx, now, &secret, draft_id, &browser)?;
            forms::send_to(tx, now, &secret, draft_id, &email)?;
            outbox::publish(tx, now, &DraftLink { draft_id, is_warning: false })
        })
        .await?;
    visit.see_other(&format!("/forms/{draft_id}/save?sent=1"))
}

impl LaterTemplate {
    /// Where the code is asked for, as somebody would write it down.
    fn where_to(&self) -> String {
        format!("{}/return", self.p.here.hosts.first().map_or("", String::as_str))
    }
}

/// `POST /forms/{draft}/leave`: closes a form that was put aside on a device that others use; its code opens it again.
///
/// # Errors
/// [`Error::NotFound`] for a draft that is not this browser's, or was not put aside.
pub async fn leave(posted: Posted, path: Path<String>) -> Result<HttpResponse> {
    let visit = &posted.visit;
    let (draft_id, browser, now, secret) = (id(&path)?, visit.browser().clone(), visit.now, visit.secret().clone());
    visit
        .scoped(move |tx| {
            forms::lock_draft(tx, now, &secret, draft_id, &browser)?;
            forms::close_here(tx, now, &secret, draft_id)
        })
        .await?;
    visit.see_other("/")
}

#[derive(Template)]
#[template(path = "portal/return.html")]
struct ReturnTemplate {
    p: Frame,
    /// The code that the address brought: a button is enough.
    code: Option<ResumeCode>,
    typed: String,
    mistakes: Vec<Mistake>,
}

/// `GET /return`: asks for the code.
///
/// # Errors
/// If the template fails.
pub async fn ask(visit: Visit) -> Result<HttpResponse> {
    visit.ok(&ReturnTemplate { p: visit.frame(Area::Portal), code: None, typed: String::new(), mistakes: vec![] })
}

/// `GET /return/{code}`: a button. What only looks at links, as scanners of mail do, takes no form away from anybody.
///
/// # Errors
/// If the template fails.
pub async fn link(visit: Visit, code: Path<String>) -> Result<HttpResponse> {
    let code = ResumeCode::parse(&code);
    visit.ok(&ReturnTemplate { p: visit.frame(Area::Portal), code, typed: String::new(), mistakes: vec![] })
}

/// `POST /return`: opens the form here, where it goes on.
///
/// # Errors
/// [`Error::TooMany`] for somebody who tries very often.
pub async fn resume(
    posted: Posted,
    services: Data<Current<Services>>,
    throttles: Data<Throttles>,
) -> Result<HttpResponse> {
    let visit = &posted.visit;
    throttles.tracks.check(&(visit.here.id, visit.client))?;
    let (typed, services) = (posted.get("code").to_owned(), services.get());
    let (browser, now, secret, language) = (visit.browser().clone(), visit.now, visit.secret().clone(), visit.language);
    let code = ResumeCode::parse(&typed);
    let opened = visit
        .scoped(move |tx| {
            let Some(code) = code else { return Ok(None) };
            let Some(draft_id) = forms::resume(tx, now, &code, &browser)? else { return Ok(None) };
            let draft = forms::find_draft(tx, now, &secret, draft_id, &browser)?;
            let definition = definition_of(tx, &services, &draft, language)?;
            let onward = onward(&definition.journey(&draft.answers, billing_date(now)));
            Ok(Some(format!("/forms/{draft_id}/{onward}")))
        })
        .await?;
    if let Some(address) = opened {
        return visit.see_other(&address);
    }
    let p = visit.frame(Area::Portal);
    let key = if typed.is_empty() { "return-error-empty" } else { "return-error-unknown" };
    let mistakes = vec![Mistake { field: "code".to_owned(), words: p.t.get(key) }];
    let typed = typed.chars().take(40).collect();
    visit.html(StatusCode::UNPROCESSABLE_ENTITY, &ReturnTemplate { p, code: None, typed, mistakes })
}
