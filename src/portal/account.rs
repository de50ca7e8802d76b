//! `/account`: all that a citizen has with this council, for whoever wants it. No password: a link by mail, used once.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Throttles;
use super::questions::Mistake;
use super::track::address_of;
use crate::audit::Seen;
use crate::cases::{self, OwnCase};
use crate::identity::{self, Details, email_key, email_keys};
use crate::kernel::contact::is_email;
use crate::kernel::seal::Token;
use crate::kernel::time::{date_in, moment_in};
use crate::kernel::{Language, billing_date};
use crate::notify::Outgoing;
use crate::platform::config::Config;
use crate::platform::outbox::{self, Topic};
use crate::platform::{Result, Tx};
use crate::site::{Area, Frame, Posted, Texts, Visit};
use crate::tenancy::Authority;

/// How many cases, or lookings, a page shows.
const PAGE: usize = 25;

/// Asks for a link to be sent. The outbox names only the link; where it goes is read when it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct LoginLink {
    login_id: Uuid,
}

impl Topic for LoginLink {
    const NAME: &'static str = "portal.login_link";
}

/// Puts the message with a link together; none if the link can no longer be used.
///
/// # Errors
/// The database's.
pub fn compose_login(
    tx: &mut Tx<'_>,
    now: Timestamp,
    config: &Config,
    council: &Authority,
    asked: &LoginLink,
) -> Result<Option<Outgoing>> {
    let Some((to, token)) = identity::link_to_send(tx, now, &config.secret, asked.login_id)? else { return Ok(None) };
    let host = council.hosts.first().map_or("localhost", String::as_str);
    let link = config.link(host, &format!("/account/in/{}", token.expose()));
    let variables = [("council", council.name.as_str()), ("link", &link), ("phone", &council.contact.phone)];
    Ok(Some(Outgoing {
        case_id: None,
        to,
        subject: Texts::default().with("mail-account-subject", &variables),
        body: Texts::default().with("mail-account-body", &variables),
        language: Language::En,
    }))
}

#[derive(Template)]
#[template(path = "portal/account_ask.html")]
struct AskTemplate {
    p: Frame,
    email: String,
    mistakes: Vec<Mistake>,
    /// What has just happened, as the key of a sentence.
    news: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "portal/account.html")]
struct AccountTemplate {
    p: Frame,
    details: Details,
    cases: Vec<Line>,
    is_first: bool,
    next: Option<Uuid>,
}

/// A case in her list.
struct Line {
    case: OwnCase,
    address: String,
    opened: String,
    due: String,
}

#[derive(Template)]
#[template(path = "portal/account_in.html")]
struct InTemplate {
    p: Frame,
    /// The link, where it may be used.
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "portal/account_looked.html")]
struct LookedTemplate {
    p: Frame,
    entries: Vec<Seen>,
    is_first: bool,
    next: Option<Uuid>,
}

/// What an address may say.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    news: String,
    before: Option<Uuid>,
}

/// `GET /account`: her cases, or the form that asks her address.
///
/// # Errors
/// The database's.
pub async fn page(visit: Visit, asked: Query<Asked>) -> Result<HttpResponse> {
    let Asked { news, before } = asked.into_inner();
    let found = signed_in(&visit, move |tx, key| {
        cases::of_citizen(tx, key, before, i64::try_from(PAGE + 1).unwrap_or(i64::MAX))
    });
    let Some((details, mut found)) = found.await? else {
        let news = match news.as_str() {
            "sent" => Some("account-sent"),
            "out" => Some("account-out"),
            _ => None,
        };
        return ask_again(&visit, StatusCode::OK, String::new(), vec![], news);
    };
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let next = found.last().filter(|_| more).map(|c| c.id);
    let language = visit.language;
    let cases = found
        .into_iter()
        .map(|case| Line {
            address: address_of(&visit, case.id, &case.reference),
            opened: date_in(language, billing_date(case.opened_at)),
            due: date_in(language, case.due_on),
            case,
        })
        .collect();
    let p = visit.frame(Area::Portal);
    visit.ok(&AccountTemplate { p, details, cases, is_first: before.is_none(), next })
}

/// Runs `f` for the citizen who is signed in, with the keys of her address; none if nobody is.
async fn signed_in<T: Send + 'static>(
    visit: &Visit,
    f: impl FnOnce(&mut Tx<'_>, &[String]) -> Result<T> + Send + 'static,
) -> Result<Option<(Details, T)>> {
    if visit.citizen.is_none() {
        return Ok(None);
    }
    let (cookie, secret, now) = (visit.citizen.clone(), visit.secret().clone(), visit.now);
    visit
        .scoped(move |tx| {
            let Some(who) = identity::citizen(tx, now, &secret, cookie.as_ref())? else { return Ok(None) };
            let keys = email_keys(&secret, tx.tenant(), &who.details.email);
            let done = f(tx, &keys)?;
            Ok(Some((who.details, done)))
        })
        .await
}

fn ask_again(
    visit: &Visit,
    status: StatusCode,
    email: String,
    mistakes: Vec<Mistake>,
    news: Option<&'static str>,
) -> Result<HttpResponse> {
    visit.html(status, &AskTemplate { p: visit.frame(Area::Portal), email, mistakes, news })
}

/// `POST /account`: a link goes to whatever address it is, and the answer is always the same: nobody learns here who has
/// told the council something.
///
/// # Errors
/// [`crate::platform::Error::TooMany`] for somebody who asks very often.
pub async fn ask(posted: Posted, throttles: Data<Throttles>) -> Result<HttpResponse> {
    let visit = &posted.visit;
    let email = posted.get("email").to_owned();
    if !is_email(&email) {
        let words = Texts::of(visit.language).get("account-error-email");
        let mistakes = vec![Mistake { field: "email".to_owned(), words }];
        return ask_again(visit, StatusCode::UNPROCESSABLE_ENTITY, email, mistakes, None);
    }
    throttles.tracks.check(&(visit.here.id, visit.client))?;
    // Not by address alone: that would let anybody keep another person out.
    let key = email_key(visit.secret(), visit.here.id, &email);
    throttles.logins.check(&(visit.here.id, key, visit.client))?;
    let (secret, now) = (visit.secret().clone(), visit.now);
    visit
        .scoped(move |tx| {
            let login_id = identity::ask_in(tx, now, &secret, &email)?;
            outbox::publish(tx, now, &LoginLink { login_id })
        })
        .await?;
    visit.see_other("/account?news=sent")
}

/// `GET /account/in/{link}`: a button. What only looks at links, as scanners of mail do, uses nothing up.
///
/// # Errors
/// The database's.
pub async fn link(visit: Visit, link: Path<String>, throttles: Data<Throttles>) -> Result<HttpResponse> {
    throttles.tracks.check(&(visit.here.id, visit.client))?;
    let (given, now) = (Token::presented(&link), visit.now);
    let may = visit.scoped(move |tx| identity::may_come_in(tx, now, &given)).await?;
    show_link(&visit, may.then(|| link.into_inner()))
}

/// Whatever is wrong with a link, the page is the same.
fn show_link(visit: &Visit, link: Option<String>) -> Result<HttpResponse> {
    let status = if link.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut p = visit.frame(Area::Portal);
    if link.is_none() {
        // Without a form the page has no use for a token, and every such page has the same bytes.
        p.csrf.clear();
    }
    visit.html(status, &InTemplate { p, link })
}

/// `POST /account/in/{link}`: uses the link up. The session that the browser had before ends.
///
/// # Errors
/// The database's.
pub async fn come_in(posted: Posted, link: Path<String>, throttles: Data<Throttles>) -> Result<HttpResponse> {
    let visit = &posted.visit;
    throttles.tracks.check(&(visit.here.id, visit.client))?;
    let (given, before) = (Token::presented(&link), visit.citizen.clone());
    let (here, secret, now) = (Arc::clone(&visit.here), visit.secret().clone(), visit.now);
    let session = visit
        .scoped(move |tx| {
            let Some(email) = identity::use_link(tx, now, &secret, &given)? else { return Ok(None) };
            if let Some(previous) = identity::citizen(tx, now, &secret, before.as_ref())? {
                identity::leave(tx, now, &previous)?;
            }
            let (name, phone) = cases::last_contact(tx, &email_keys(&secret, here.id, &email))?;
            identity::open_citizen_session(tx, now, &secret, &Details { email, name, phone }).map(Some)
        })
        .await?;
    match session {
        Some(session) => visit.citizen_signed_in(&session, "/account"),
        None => show_link(visit, None),
    }
}

/// `POST /account/sign-out`
///
/// # Errors
/// The database's.
pub async fn sign_out(posted: Posted) -> Result<HttpResponse> {
    let visit = &posted.visit;
    let (cookie, secret, now) = (visit.citizen.clone(), visit.secret().clone(), visit.now);
    visit
        .scoped(move |tx| match identity::citizen(tx, now, &secret, cookie.as_ref())? {
            Some(who) => identity::leave(tx, now, &who),
            None => Ok(()),
        })
        .await?;
    visit.citizen_signed_out("/account?news=out")
}

/// `GET /account/looked`: which authority has looked at her cases, when and why. Who of its staff it was is not hers to
/// know from here.
///
/// # Errors
/// The database's.
pub async fn looked(visit: Visit, asked: Query<Asked>) -> Result<HttpResponse> {
    let before = asked.before;
    let found = signed_in(&visit, move |tx, key| {
        cases::looked_at(tx, key, before, i64::try_from(PAGE + 1).unwrap_or(i64::MAX))
    });
    let Some((_, mut entries)) = found.await? else { return visit.see_other("/account") };
    let more = entries.len() > PAGE;
    entries.truncate(PAGE);
    let next = entries.last().filter(|_| more).map(|e| e.id);
    visit.ok(&LookedTemplate { p: visit.frame(Area::Portal), entries, is_first: before.is_none(), next })
}

impl AccountTemplate {
    fn state(&self, case: &OwnCase) -> String {
        self.p.t.get(&format!("account-state-{}", case.state.word().replace('_', "-")))
    }
}

impl LookedTemplate {
    /// What was looked at.
    fn what(&self, seen: &Seen) -> String {
        self.p.t.get(&format!("account-looked-{}", seen.action.replace('.', "-")))
    }

    fn when(&self, seen: &Seen) -> String {
        moment_in(self.p.t.language(), seen.at)
    }
}
