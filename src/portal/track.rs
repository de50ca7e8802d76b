//! Following a case: by its reference and a contact, or by the private link. What was wrong is never said more exactly
//! than "these two do not go together", and guessing is slow.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::Throttles;
use super::questions::Mistake;
use crate::cases::{self, Link, MayFollow, State, Tracked};
use crate::kernel::seal::Token;
use crate::kernel::time::{date_in, moment_in};
use crate::kernel::{Reference, billing_date, new_id};
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Posted, Visit};

/// What the front page's box sends.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    reference: String,
}

#[derive(Template)]
#[template(path = "portal/track_ask.html")]
struct AskTemplate {
    p: Frame,
    reference: String,
    contact: String,
    mistakes: Vec<Mistake>,
}

#[derive(Template)]
#[template(path = "portal/track.html")]
struct TrackTemplate {
    p: Frame,
    tracked: Tracked,
    late: bool,
    may: MayFollow,
    /// The private link.
    address: String,
    /// Names the sending of a message, so that it arrives once.
    once: Uuid,
    /// What she has just done, as the key of a sentence.
    done: Option<&'static str>,
}

/// What was just done, for the banner.
#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /track`.
///
/// # Errors
/// If the template fails.
pub async fn ask(visit: Visit, asked: Query<Asked>) -> Result<HttpResponse> {
    let reference = asked.into_inner().reference.chars().take(40).collect();
    visit.ok(&AskTemplate { p: asking(&visit), reference, contact: String::new(), mistakes: vec![] })
}

/// `POST /track`.
///
/// # Errors
/// [`Error::TooMany`] for an address that tries very often.
pub async fn by_contact(posted: Posted, throttles: Data<Throttles>) -> Result<HttpResponse> {
    let visit = &posted.visit;
    throttles.tracks.check(&(visit.here.id, visit.client))?;
    let (typed, contact) = (posted.get("reference").to_owned(), posted.get("contact").to_owned());
    let p = asking(visit);
    if posted.switches {
        return visit.ok(&AskTemplate { p, reference: typed, contact, mistakes: vec![] });
    }
    let mut mistakes = Vec::new();
    let mut mistake = |field: &str, key: &str| mistakes.push(Mistake { field: field.to_owned(), words: p.t.get(key) });
    let reference = Reference::parse(&visit.here.prefix, &typed);
    if typed.is_empty() {
        mistake("reference", "track-error-reference");
    } else if reference.is_none() {
        mistake("reference", "track-error-reference-form");
    }
    if contact.is_empty() {
        mistake("contact", "track-error-contact");
    }
    if let (Some(reference), true) = (reference, mistakes.is_empty()) {
        let given = contact.clone();
        match visit.scoped(move |tx| cases::track_by_contact(tx, reference.as_str(), &given)).await {
            Ok(tracked) => return show(visit, tracked, ""),
            Err(Error::NotFound) => {
                mistakes.push(Mistake { field: "reference".to_owned(), words: p.t.get("track-error-neither") });
            }
            Err(error) => return Err(error),
        }
    }
    visit.html(StatusCode::UNPROCESSABLE_ENTITY, &AskTemplate { p, reference: typed, contact, mistakes })
}

/// `GET /track/{reference}/{token}`.
///
/// # Errors
/// [`Error::NotFound`] for a link that opens nothing.
pub async fn by_link(
    visit: Visit,
    path: Path<(String, String)>,
    done: Query<Done>,
    throttles: Data<Throttles>,
) -> Result<HttpResponse> {
    throttles.tracks.check(&(visit.here.id, visit.client))?;
    let (reference, token) = path.into_inner();
    let link = link_of(&visit, &reference, &token)?;
    let tracked = visit.scoped(move |tx| cases::track_by_link(tx, &link)).await?;
    show(&visit, tracked, &done.done)
}

/// The frame of the page that asks for a reference and a contact.
fn asking(visit: &Visit) -> Frame {
    Frame { sends_form: true, ..visit.frame(Area::Portal) }
}

/// The private link that an address presents.
pub(super) fn link_of(visit: &Visit, reference: &str, token: &str) -> Result<Link> {
    let reference = Reference::parse(&visit.here.prefix, reference).ok_or(Error::NotFound)?;
    Ok(Link { reference: reference.to_string(), token: Token::presented(token) })
}

/// The address of a case's private link.
pub(super) fn address_of(visit: &Visit, case_id: Uuid, reference: &str) -> String {
    format!("/track/{reference}/{}", cases::track_token(visit.secret(), visit.here.id, case_id).expose())
}

fn show(visit: &Visit, tracked: Tracked, done: &str) -> Result<HttpResponse> {
    let case = &tracked.case;
    // Where it came by a form, its private link is what opens it again in another language.
    let address = address_of(visit, case.id, &case.reference);
    visit.ok(&TrackTemplate {
        p: Frame { address: address.clone(), ..visit.frame(Area::Portal) },
        late: !case.is_closed() && case.due_on < billing_date(visit.now),
        may: MayFollow::of(case, visit.now, visit.here.working_days()),
        address,
        once: new_id(visit.now),
        done: match done {
            "message" => Some("track-done-message"),
            "withdraw" => Some("track-done-withdraw"),
            "chase" => Some("track-done-chase"),
            "reopen" => Some("track-done-reopen"),
            "rate" => Some("track-done-rate"),
            _ => None,
        },
        tracked,
    })
}

impl TrackTemplate {
    fn date(&self, moment: &Timestamp) -> String {
        date_in(self.p.t.language(), billing_date(*moment))
    }

    fn due(&self) -> String {
        date_in(self.p.t.language(), self.tracked.case.due_on)
    }

    fn moment(&self, moment: &Timestamp) -> String {
        moment_in(self.p.t.language(), *moment)
    }

    fn heading(&self, kind: &str) -> String {
        self.p.t.get(&format!("track-event-{}", kind.replace('.', "-")))
    }

    /// What happens next, while it is open.
    fn next(&self) -> String {
        self.p.t.get(&format!("track-next-{}", self.tracked.case.state.word().replace('_', "-")))
    }

    fn day(&self, date: &Date) -> String {
        date_in(self.p.t.language(), *date)
    }
}

impl AskTemplate {
    /// The two boxes: name, what was typed, label, hint, what is wrong.
    fn boxes(&self) -> [(&'static str, &str, String, String, Option<&str>); 2] {
        let t = self.p.t;
        let wrong = |field: &str| self.mistakes.iter().find(|m| m.field == field).map(|m| m.words.as_str());
        let hint = t.one("track-reference-hint", "prefix", &self.p.here.prefix);
        [
            ("reference", &self.reference, t.get("track-reference"), hint, wrong("reference")),
            ("contact", &self.contact, t.get("track-contact"), t.get("track-contact-hint"), wrong("contact")),
        ]
    }
}
