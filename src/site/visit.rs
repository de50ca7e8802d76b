//! One request, as a handler sees it.

use std::cell::Cell;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::language::{self, Spoken};
use super::texts::Texts;
use super::threads::{block, with_files};
use crate::identity::{
    self, CITIZEN_COOKIE, CITIZEN_SESSION_LIFE, Claims, Role, SESSION_COOKIE, SignInLimits, SignedIn, Staff,
};
use crate::kernel::seal::{Secret, Token};
use crate::kernel::{AuthorityId, Language, Words};
use crate::platform::blob::Blobs;
use crate::platform::config::Config;
use crate::platform::http::{ClientNetwork, Throttle, TrustedProxies};
use crate::platform::{Clock, Db, Error, Result, Scope, Turns, Tx};
use crate::tenancy::{Authority, Current, Directory};

/// The cookie that knows a browser again: its token opens its drafts and is part of every form's own token.
const BROWSER_COOKIE: &str = "__Host-browser";
/// Kept for a quarter of an hour by a browser that has left in haste: Back leads home, not to where it was.
const LEFT_COOKIE: &str = "__Host-left";
/// Where a form carries its token.
pub(super) const CSRF_FIELD: &str = "_token";
/// What a form sends along when the reader changes the language while she fills it in.
const LANGUAGE_FIELD: &str = "_lang";
/// No form of ours is larger.
pub(super) const FORM_LIMIT: usize = 128 * 1024;
/// A form that is too large is read this far and thrown away, so that the browser gets to see the page that says so.
const READ_LIMIT: usize = 16 * 1024 * 1024;

/// What the server has at hand for every request.
#[derive(Clone)]
pub struct Site {
    /// The way to the database.
    pub db: Db,
    /// Where files are.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// What it was told from outside.
    pub config: Arc<Config>,
    /// Who is on the platform.
    pub directory: Arc<Current<Directory>>,
    /// How often somebody may try to sign in.
    pub sign_in_limits: Arc<SignInLimits>,
    /// Whose turn it is to speak with the store of files.
    pub file_turns: Turns,
    /// How many files one network may bring.
    pub file_limits: Arc<Throttle<(AuthorityId, ClientNetwork)>>,
    /// Whether `make demo` made the database, read once at start: pages say so. What may be left out in a demonstration
    /// is decided where it matters, from the database.
    pub demonstration: bool,
}

/// Which part of the product a page belongs to: it decides the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// The citizens' pages.
    Portal,
    /// `/staff`.
    Casework,
    /// `/commercial`.
    Commercial,
    /// The operator's.
    Operator,
}

/// A request by a reader.
pub struct Visit {
    /// What the server has.
    pub site: Site,
    /// The council visited.
    pub here: Arc<Authority>,
    /// The moment of the request: one for all that it does.
    pub now: Timestamp,
    /// Where it comes from.
    pub client: ClientNetwork,
    /// Who the session cookie says is signed in; their session is read in the transaction.
    pub claims: Option<Claims>,
    /// The language of its pages.
    pub language: Language,
    /// What the citizen's cookie holds; her session is read in the transaction.
    pub citizen: Option<Token>,
    /// The path, for the frame.
    pub path: String,
    query: String,
    browser: Token,
    /// Whether this browser has just left a sensitive service in haste.
    pub has_left: bool,
    /// Whether this browser has no cookie of ours yet.
    pub browser_is_new: bool,
    browser_used: Cell<bool>,
}

/// What a form's token is derived for.
const FORM: &str = "form";

impl Visit {
    pub(super) fn of(request: &HttpRequest) -> Result<Visit> {
        let site = request
            .app_data::<web::Data<Site>>()
            .ok_or_else(|| anyhow::anyhow!("the site is not set up"))?
            .get_ref()
            .clone();
        let here = request.extensions().get::<Arc<Authority>>().cloned().ok_or(Error::NotFound)?;
        let now = site.clock.now();
        let trusted = TrustedProxies(site.config.trusted_proxies.clone());
        let claims = request
            .cookie(SESSION_COOKIE)
            .and_then(|c| identity::read_token(&site.config.secret, here.id, c.value(), now));
        let known =
            request.cookie(BROWSER_COOKIE).map(|c| c.value().to_owned()).filter(|v| (20..=64).contains(&v.len()));
        Ok(Visit {
            client: ClientNetwork::of(request, &trusted),
            has_left: request.cookie(LEFT_COOKIE).is_some(),
            browser_is_new: known.is_none(),
            browser: known.map_or_else(Token::random, |t| Token::presented(&t)),
            browser_used: Cell::new(false),
            language: language::spoken(request),
            path: request.path().to_owned(),
            query: language::query(request),
            citizen: request.cookie(CITIZEN_COOKIE).map(|c| Token::presented(c.value())),
            site,
            here,
            now,
            claims,
        })
    }

    /// The deployment's secret.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.site.config.secret
    }

    /// The browser's token, whose hash a draft keeps.
    #[must_use]
    pub fn browser(&self) -> &Token {
        self.browser_used.set(true);
        &self.browser
    }

    /// The hidden field's value for a form on this page: bound to council, browser and session.
    #[must_use]
    pub fn csrf(&self) -> String {
        self.secret().derived_token(FORM, self.here.id, &self.form_of()).expose().to_owned()
    }

    /// Who may send this page's form: the browser, and the session if there is one.
    fn form_of(&self) -> String {
        let session = self.claims.as_ref().map(|c| c.sid.to_string()).unwrap_or_default();
        format!("{}\n{session}", self.browser().expose())
    }

    /// Refuses a form's token that is not [`Visit::csrf`].
    pub(super) fn is_ours(&self, token: &str) -> Result<()> {
        // A page that was open while the secret was changed can still be sent.
        let about = self.form_of();
        let mut known = self.secret().derived_tokens(FORM, self.here.id, &about);
        let right = known.any(|known| bool::from(known.expose().as_bytes().ct_eq(token.as_bytes())));
        if self.browser_is_new || !right { Err(Error::Forged) } else { Ok(()) }
    }

    /// The frame of a page in an area.
    #[must_use]
    pub fn frame(&self, area: Area) -> Frame {
        Frame {
            area,
            csrf: self.csrf(),
            path: self.path.clone(),
            ..Frame::bare(Arc::clone(&self.here), self.language, self.query.clone())
        }
    }

    /// The frame of a page for somebody signed in.
    #[must_use]
    pub fn staff_frame(&self, area: Area, me: &Staff) -> Frame {
        Frame { staff: Some(me.clone()), ..self.frame(area) }
    }

    /// Runs `f` in one transaction as the visited council, off the request threads.
    ///
    /// # Errors
    /// What `f` returns.
    pub async fn scoped<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let scope = Scope::own(self.here.id);
        self.with_db(move |db| db.scoped(scope, f)).await
    }

    /// Runs `f` in one transaction for a signed-in member of staff who holds one of `roles`.
    ///
    /// # Errors
    /// [`Error::SignedOut`], [`Error::Denied`], or what `f` returns.
    pub async fn staff<T: Send + 'static>(
        &self,
        roles: &'static [Role],
        f: impl FnOnce(&mut Tx<'_>, &Staff) -> Result<T> + Send + 'static,
    ) -> Result<(Staff, T)> {
        let (claims, now) = (self.claims.clone(), self.now);
        self.scoped(move |tx| {
            let me = identity::authenticate(tx, claims.as_ref(), now)?;
            me.require(roles)?;
            let done = f(tx, &me)?;
            Ok((me, done))
        })
        .await
    }

    /// Removes files whose rows are gone, which is committed by now.
    ///
    /// # Errors
    /// The disk's, or the bucket's.
    pub async fn remove_files(&self, blobs: Vec<uuid::Uuid>) -> Result<()> {
        if blobs.is_empty() {
            return Ok(());
        }
        let (store, owner) = (self.site.blobs.clone(), self.here.id);
        self.with_files(move || blobs.into_iter().try_for_each(|blob| store.remove(owner, blob))).await
    }

    /// Speaks with the store of files, which may be far away, off the request threads.
    ///
    /// # Errors
    /// What `f` returns; [`Error::Busy`] if the store of files is.
    pub async fn with_files<T: Send + 'static>(
        &self,
        f: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        with_files(&self.site.file_turns, f).await
    }

    /// Runs a verb that makes its own transactions, off the request threads.
    ///
    /// # Errors
    /// What `f` returns.
    pub async fn with_db<T: Send + 'static>(&self, f: impl FnOnce(&Db) -> Result<T> + Send + 'static) -> Result<T> {
        let (db, turn) = (self.site.db.clone(), self.site.db.turn().await?);
        block(move || {
            let _turn = turn;
            f(&db)
        })
        .await
    }

    /// On to a page as somebody who has just signed in: from here on the browser holds their new session.
    ///
    /// # Errors
    /// If the session's token cannot be signed.
    pub fn signed_in(mut self, who: &SignedIn, to: &str) -> Result<HttpResponse> {
        self.claims = None;
        let token = identity::issue_token(self.secret(), self.here.id, who.staff_id, who.session_id, self.now)?;
        let mut response = self.see_other(to)?;
        response.add_cookie(&host_cookie(SESSION_COOKIE, &token).finish()).map_err(anyhow::Error::from)?;
        Ok(response)
    }

    /// On to a page as nobody: the browser forgets its session, which has ended.
    ///
    /// # Errors
    /// If the cookie cannot be written.
    pub fn signed_out(mut self, to: &str) -> Result<HttpResponse> {
        self.claims = None;
        let mut response = self.see_other(to)?;
        response.add_removal_cookie(&host_cookie(SESSION_COOKIE, "").finish()).map_err(anyhow::Error::from)?;
        Ok(response)
    }

    /// On to a page as a citizen who has proved her address: the browser keeps her session for as long as it lasts.
    ///
    /// # Errors
    /// If the cookie cannot be written.
    pub fn citizen_signed_in(&self, session: &Token, to: &str) -> Result<HttpResponse> {
        let mut response = self.see_other(to)?;
        let cookie = host_cookie(CITIZEN_COOKIE, session.expose());
        let cookie = cookie.max_age(CookieDuration::seconds(CITIZEN_SESSION_LIFE.as_secs())).finish();
        response.add_cookie(&cookie).map_err(anyhow::Error::from)?;
        Ok(response)
    }

    /// On to a page as a citizen no longer signed in.
    ///
    /// # Errors
    /// If the cookie cannot be written.
    pub fn citizen_signed_out(&self, to: &str) -> Result<HttpResponse> {
        let mut response = self.see_other(to)?;
        response.add_removal_cookie(&host_cookie(CITIZEN_COOKIE, "").finish()).map_err(anyhow::Error::from)?;
        Ok(response)
    }

    /// A page, never cached: it was made for this visitor.
    ///
    /// # Errors
    /// If the template fails.
    pub fn html(&self, status: StatusCode, page: &impl Template) -> Result<HttpResponse> {
        let body = page.render().map_err(anyhow::Error::from)?;
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).insert_header((CACHE_CONTROL, "no-store"));
        self.add_cookies(&mut response)?;
        Ok(response.body(body))
    }

    /// A page with status 200.
    ///
    /// # Errors
    /// If the template fails.
    pub fn ok(&self, page: &impl Template) -> Result<HttpResponse> {
        self.html(StatusCode::OK, page)
    }

    /// On to another page of this host, as after a form (303).
    ///
    /// # Errors
    /// If the session's token cannot be signed.
    pub fn see_other(&self, to: &str) -> Result<HttpResponse> {
        let mut response = HttpResponse::SeeOther();
        response.insert_header((LOCATION, to)).insert_header((CACHE_CONTROL, "no-store"));
        self.add_cookies(&mut response)?;
        Ok(response.finish())
    }

    /// Away to another site, with nothing left on the device but where Back leads.
    ///
    /// # Errors
    /// If a cookie cannot be written.
    pub fn left(&self, to: &str) -> Result<HttpResponse> {
        let mut response = HttpResponse::SeeOther();
        response.insert_header((LOCATION, to)).insert_header((CACHE_CONTROL, "no-store"));
        let mut response = response.finish();
        response.add_removal_cookie(&host_cookie(BROWSER_COOKIE, "").finish()).map_err(anyhow::Error::from)?;
        let left = host_cookie(LEFT_COOKIE, "1").max_age(CookieDuration::minutes(15)).finish();
        response.add_cookie(&left).map_err(anyhow::Error::from)?;
        Ok(response)
    }

    fn add_cookies(&self, response: &mut actix_web::HttpResponseBuilder) -> Result<()> {
        if self.browser_is_new && self.browser_used.get() {
            response.cookie(host_cookie(BROWSER_COOKIE, self.browser.expose()).finish());
        }
        // A token in use is renewed, so that its life is the idle limit; the session's own end stays.
        if let Some(claims) = self.claims.as_ref().filter(|c| self.now.as_second() - c.iat > 300) {
            let token = identity::issue_token(self.secret(), self.here.id, claims.sub, claims.sid, self.now)?;
            response.cookie(host_cookie(SESSION_COOKIE, &token).finish());
        }
        Ok(())
    }

    /// A link to a page of the visited council, for mail.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        self.site.config.link(self.here.hosts.first().map_or("localhost", String::as_str), path)
    }
}

/// A cookie that only this exact host gets back, and no script reads.
pub(crate) fn host_cookie<'c>(name: &'c str, value: &'c str) -> actix_web::cookie::CookieBuilder<'c> {
    Cookie::build(name, value).path("/").secure(true).http_only(true).same_site(SameSite::Lax)
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Ready<Result<Visit>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Visit::of(request))
    }
}

/// A form that came from our own page: there is no other way for a handler to get its fields.
pub struct Posted {
    /// Who sent it.
    pub visit: Visit,
    /// Whether it was sent to change the language: what was typed is kept, and the same page comes again.
    pub switches: bool,
    fields: Arc<Vec<(String, String)>>,
}

impl Posted {
    /// The first value of a field, trimmed; empty where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }

    /// Every field in order, without the form's token.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// A form whose token was right, without it: the language that it asks for is the visit's from here on.
    pub(super) fn of(mut visit: Visit, request: &HttpRequest, mut fields: Vec<(String, String)>) -> Posted {
        let switched = take(&mut fields, LANGUAGE_FIELD)
            .and_then(|code| Language::parse(&code))
            .filter(|language| visit.here.languages.contains(language));
        if let Some(language) = switched {
            visit.language = language;
            request.extensions_mut().insert(Spoken { language, chosen: true });
        }
        let fields = Arc::new(fields);
        // Staff's forms hold passwords; those of citizens are offered again where we were not up to them.
        if !language::is_for_staff(request) {
            request.extensions_mut().insert(Sent(Arc::clone(&fields)));
        }
        Posted { visit, switches: switched.is_some(), fields }
    }
}

/// What a citizen has sent, with the right token, for the page that says that it could not be taken just now.
#[derive(Clone)]
pub(super) struct Sent(pub(super) Arc<Vec<(String, String)>>);

fn take(fields: &mut Vec<(String, String)>, name: &str) -> Option<String> {
    fields.iter().position(|(n, _)| n == name).map(|at| fields.remove(at).1)
}

impl FromRequest for Posted {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Posted>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = Visit::of(request);
        let (request, payload) = (request.clone(), payload.take());
        let urlencoded = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        Box::pin(async move {
            let visit = visit?;
            let body = body_of(payload).await?;
            if !urlencoded {
                return Err(Error::Malformed("not a form of ours"));
            }
            let mut fields = web::Query::<Vec<(String, String)>>::from_query(&String::from_utf8_lossy(&body))
                .map_err(|_| Error::Malformed("not a form"))?
                .into_inner();
            if fields.iter().any(|(name, _)| name.contains('\0')) {
                return Err(Error::Malformed("a NUL in a field's name"));
            }
            for (_, value) in &mut fields {
                without_nul(value);
            }
            let given = take(&mut fields, CSRF_FIELD).unwrap_or_default();
            visit.is_ours(&given)?;
            Ok(Posted::of(visit, &request, fields))
        })
    }
}

/// A form's body, which is not longer than [`FORM_LIMIT`].
async fn body_of(mut payload: Payload) -> Result<Vec<u8>> {
    let (mut body, mut length) = (Vec::new(), 0);
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(|_| Error::Malformed("the body could not be read"))?;
        length += bytes.len();
        if length > READ_LIMIT {
            break;
        }
        if length > FORM_LIMIT {
            body = Vec::new();
        } else {
            body.extend_from_slice(&bytes);
        }
    }
    if length > FORM_LIMIT { Err(Error::TooLarge) } else { Ok(body) }
}

/// A NUL comes with what is pasted, never on purpose, and PostgreSQL fails at it.
pub(super) fn without_nul(value: &mut String) {
    value.retain(|c| c != '\0');
}

/// What every template's frame shows.
pub struct Frame {
    /// The council.
    pub here: Arc<Authority>,
    /// The part of the product.
    pub area: Area,
    /// The sentences.
    pub t: Texts,
    /// For the forms on the page.
    pub csrf: String,
    /// Who is signed in, on staff pages.
    pub staff: Option<Staff>,
    /// The page's path.
    pub path: String,
    /// The page's address for itself, to which the choice of a language is added: mostly just its query.
    pub address: String,
    /// Whether the page's form, which has the id `form`, is sent when the language is changed, so that what was typed
    /// stays.
    pub sends_form: bool,
    /// Whether the page is of a sensitive service: neutral title, the way out, nothing else to click.
    pub exit: bool,
}

impl Frame {
    /// The frame of a citizens' page that has no form.
    #[must_use]
    pub fn bare(here: Arc<Authority>, language: Language, address: String) -> Frame {
        let (area, t, path) = (Area::Portal, Texts::of(language), String::new());
        Frame { here, area, t, csrf: String::new(), staff: None, path, address, sends_form: false, exit: false }
    }

    /// The council's name, as its citizens read it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.say(&self.here.names.name)
    }

    /// A text in the language of the page.
    #[must_use]
    pub fn say<'a>(&self, words: &'a Words) -> &'a str {
        words.of(self.t.language())
    }

    /// The languages of the council, where it has several: each with its own name, and the address of this page in it
    /// unless the page is in it.
    #[must_use]
    pub fn languages(&self) -> Vec<(Language, String, Option<String>)> {
        let offered = if self.area == Area::Portal && self.here.languages.len() > 1 {
            self.here.languages.as_slice()
        } else {
            &[]
        };
        offered
            .iter()
            .map(|&language| {
                let there = (language != self.t.language()).then(|| language::address_in(&self.address, language));
                (language, Texts::of(language).get("frame-language-name"), there)
            })
            .collect()
    }

    /// Whether the page is in Welsh that no translator may have read.
    #[must_use]
    pub fn is_unreviewed(&self) -> bool {
        self.here.demonstration && self.t.language() == Language::Cy
    }

    /// The address of the council's own sheet.
    #[must_use]
    pub fn sheet(&self) -> String {
        format!("/brand/{}/tenant.css", self.here.brand_hash)
    }

    /// The address of its mark.
    #[must_use]
    pub fn logo(&self) -> String {
        format!("/brand/{}/logo.svg", self.here.brand_hash)
    }

    /// Whether the person signed in holds a role, by its word: for links in the frame.
    #[must_use]
    pub fn may(&self, role: &str) -> bool {
        self.staff.as_ref().is_some_and(|s| s.roles.iter().any(|r| r.word() == role))
    }

    /// Whether they hold any commercial role.
    #[must_use]
    pub fn may_commercial(&self) -> bool {
        self.staff.as_ref().is_some_and(|s| s.has(Role::COMMERCIAL))
    }

    /// `page` if the path lies below `prefix`, for `aria-current`.
    #[must_use]
    pub fn is_below(&self, prefix: &str) -> bool {
        self.path == prefix || self.path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
    }
}
