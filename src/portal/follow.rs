//! What a citizen does with her case: each act has its words and its page, by her private link.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::Throttles;
use super::questions::Mistake;
use super::track::{address_of, link_of};
use crate::cases::{self, Case, MayFollow};
use crate::forms::{self, Services};
use crate::kernel::time::date_in;
use crate::kernel::{Language, new_id};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Visit};
use crate::tenancy::Current;

/// Her words are no longer than this.
const LONGEST: usize = 4000;

/// The acts, by their words in the address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Message,
    Withdraw,
    Chase,
    Reopen,
    Rate,
}

impl Act {
    fn read(word: &str) -> Result<Act> {
        [Act::Message, Act::Withdraw, Act::Chase, Act::Reopen, Act::Rate]
            .into_iter()
            .find(|act| act.word() == word)
            .ok_or(Error::NotFound)
    }

    fn word(self) -> &'static str {
        match self {
            Act::Message => "message",
            Act::Withdraw => "withdraw",
            Act::Chase => "chase",
            Act::Reopen => "reopen",
            Act::Rate => "rate",
        }
    }

    /// Whether it is done with words, on a page of its own.
    fn has_page(self) -> bool {
        matches!(self, Act::Message | Act::Withdraw | Act::Reopen)
    }

    fn is_allowed(self, may: &MayFollow) -> bool {
        match self {
            Act::Message => may.write,
            Act::Withdraw => may.withdraw,
            Act::Chase => may.chase,
            Act::Reopen => may.reopen_until.is_some(),
            Act::Rate => may.rate,
        }
    }

    /// What is wrong with her words, as the key of a sentence.
    fn fault(self, words: &str) -> Option<&'static str> {
        match self {
            _ if !self.has_page() => None,
            _ if words.chars().count() > LONGEST => Some("track-error-long"),
            Act::Message if words.is_empty() => Some("track-error-message"),
            Act::Reopen if words.is_empty() => Some("track-error-reopen"),
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "portal/follow.html")]
struct ActTemplate {
    p: Frame,
    act: Act,
    case: Case,
    /// The private link.
    address: String,
    once: Uuid,
    words: String,
    mistakes: Vec<Mistake>,
    /// The last day on which it can be opened again, on that page.
    until: Option<String>,
}

/// Which case, and which act.
type Which = Path<(String, String, String)>;

/// `GET /track/{reference}/{token}/{act}`: what has no place on the case's own page, or cannot be taken back.
///
/// # Errors
/// [`Error::NotFound`] for a link that opens nothing.
pub async fn page(visit: Visit, which: Which, throttles: Data<Throttles>) -> Result<HttpResponse> {
    throttles.tracks.check(&(visit.here.id, visit.client))?;
    let (reference, token, act) = which.into_inner();
    let act = Act::read(&act)?;
    let link = link_of(&visit, &reference, &token)?;
    let case = visit.scoped(move |tx| cases::track_by_link(tx, &link)).await?.case;
    // The case's own page says what can be done now.
    if !act.has_page() || !act.is_allowed(&MayFollow::of(&case, visit.now, visit.here.working_days())) {
        return visit.see_other(&address_of(&visit, case.id, &case.reference));
    }
    show(&visit, act, case, new_id(visit.now), String::new(), None)
}

fn show(
    visit: &Visit,
    act: Act,
    case: Case,
    once: Uuid,
    words: String,
    fault: Option<&'static str>,
) -> Result<HttpResponse> {
    let p = visit.frame(Area::Portal);
    let status = if fault.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mistakes = fault.map(|key| Mistake { field: "said".to_owned(), words: p.t.get(key) }).into_iter().collect();
    let may = MayFollow::of(&case, visit.now, visit.here.working_days());
    let address = address_of(visit, case.id, &case.reference);
    let until = may.reopen_until.filter(|_| act == Act::Reopen).map(|day| date_in(visit.language, day));
    visit.html(status, &ActTemplate { p, act, case, address, once, words, mistakes, until })
}

/// `POST /track/{reference}/{token}/{act}`
///
/// # Errors
/// [`Error::NotFound`] for a link that opens nothing.
pub async fn act(
    posted: Posted,
    which: Which,
    throttles: Data<Throttles>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let visit = &posted.visit;
    throttles.tracks.check(&(visit.here.id, visit.client))?;
    let (reference, token, act) = which.into_inner();
    let act = Act::read(&act)?;
    let link = link_of(visit, &reference, &token)?;
    let words = posted.get("said").to_owned();
    let sorted = posted.get("sorted") == "yes";
    // A form that lost its name is one that was never sent.
    let once = Uuid::try_parse(posted.get("once")).unwrap_or_else(|_| new_id(visit.now));
    let fault = act.fault(&words);
    let (here, now, services) = (Arc::clone(&visit.here), visit.now, services.get());
    let (typed, known) = (words.clone(), link.clone());
    let done = visit
        .scoped(move |tx| match fault {
            Some(key) => Err(Error::Conflict(key.to_owned())),
            None => match act {
                Act::Message => cases::message(tx, now, &here, &known, once, &typed),
                Act::Withdraw => cases::withdraw(tx, now, &here, &known, once, &typed),
                Act::Chase => cases::chase(tx, now, &here, &known),
                Act::Reopen => {
                    cases::reopen(tx, now, &here, &known, once, &typed, |tx, case| target_of(tx, &services, case))
                }
                Act::Rate => cases::rate(tx, now, &here, &known, sorted),
            },
        })
        .await;
    let to = format!("/track/{}/{token}", link.reference);
    match done {
        // Not sorted: the way to say why is offered at once.
        Ok(()) if act == Act::Rate && !sorted => visit.see_other(&format!("{to}/reopen")),
        Ok(()) => visit.see_other(&format!("{to}?done={}", act.word())),
        // What cannot be done now, and was done without words, shows on the case's own page.
        Err(Error::Conflict(_)) if !act.has_page() => visit.see_other(&to),
        Err(Error::Conflict(_)) => {
            let case = visit.scoped(move |tx| cases::track_by_link(tx, &link)).await?.case;
            show(visit, act, case, once, words, fault.or(Some("track-error-changed")))
        }
        Err(error) => Err(error),
    }
}

/// Within how many working days the service that a case is of means to have it done.
fn target_of(tx: &mut Tx<'_>, services: &Services, case: &Case) -> Result<u16> {
    let definition = forms::definition(tx, services, case.owner, &case.service, case.version, Language::En)?;
    Ok(definition.target_working_days)
}

impl ActTemplate {
    /// A sentence of this act's.
    fn say(&self, what: &str) -> String {
        self.p.t.get(&format!("follow-{}-{what}", self.act.word()))
    }
}
