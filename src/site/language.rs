//! Which language a page is in. The address says nothing of it: `?lang=cy` on any page changes over and a cookie
//! remembers that; before, the browser's own preference counts, and then the council's first language.

use actix_web::cookie::Cookie;
use actix_web::http::header::{AcceptLanguage, Header};
use actix_web::{HttpMessage, HttpRequest};

use super::visit::host_cookie;
use crate::kernel::Language;
use crate::tenancy::Authority;

/// The cookie that remembers a choice until the browser is closed.
const COOKIE: &str = "__Host-lang";
/// The query's parameter that makes one.
const PARAMETER: &str = "lang";
/// The rooms of people who work in English.
const STAFF: [&str; 3] = ["staff", "commercial", "operator"];

/// A request's language, kept in its extensions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spoken {
    pub language: Language,
    /// Whether this request has chosen it, so that its answer sets the cookie.
    pub chosen: bool,
}

impl Spoken {
    pub(super) fn by(request: &HttpRequest, here: &Authority) -> Spoken {
        let first = here.languages.first().copied().unwrap_or_default();
        if here.languages.len() < 2 {
            return Spoken { language: first, chosen: false };
        }
        if is_for_staff(request) {
            return Spoken::default();
        }
        let offered = |code: &str| Language::parse(code).filter(|language| here.languages.contains(language));
        let parameter = |pair: &str| pair.strip_prefix(PARAMETER)?.strip_prefix('=').and_then(offered);
        if let Some(language) = request.query_string().split('&').find_map(parameter) {
            return Spoken { language, chosen: true };
        }
        let remembered = request.cookie(COOKIE).and_then(|cookie| offered(cookie.value()));
        let preferred = || {
            let ranked = AcceptLanguage::parse(request).ok()?.ranked();
            ranked.iter().find_map(|tag| offered(tag.item()?.primary_language()))
        };
        Spoken { language: remembered.or_else(preferred).unwrap_or(first), chosen: false }
    }

    pub(super) fn cookie(self) -> Cookie<'static> {
        host_cookie(COOKIE, self.language.code()).finish()
    }
}

/// Whether it asks for a page that only staff have.
pub(super) fn is_for_staff(request: &HttpRequest) -> bool {
    request.path().split('/').nth(1).is_some_and(|room| STAFF.contains(&room))
}

/// The language that a request's answer is in.
#[must_use]
pub fn spoken(request: &HttpRequest) -> Language {
    request.extensions().get::<Spoken>().map(|spoken| spoken.language).unwrap_or_default()
}

/// A page's own query, without what chooses a language, to be followed from that page.
pub(super) fn query(request: &HttpRequest) -> String {
    let kept = request.query_string().split('&').filter(|pair| pair.split('=').next() != Some(PARAMETER));
    format!("?{}", kept.collect::<Vec<_>>().join("&"))
}

/// The same page in a language.
pub(super) fn address_in(address: &str, language: Language) -> String {
    let and = match address {
        _ if address.ends_with('?') => "",
        _ if address.contains('?') => "&",
        _ => "?",
    };
    format!("{address}{and}{PARAMETER}={}", language.code())
}
