//! What changes a case and has a page of its own: telling the citizen, resolving, returning.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use super::Faults;
use super::case::{self, May, address_of, definition_of, words_fault};
use super::queue::owner_of;
use crate::cases::{self, Case, ReturnReason};
use crate::forms::{Definition, Services};
use crate::identity::{Role, Staff};
use crate::kernel::Actor;
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Visit};
use crate::tenancy::{Authority, Current};

/// The acts, by their words in the address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Update,
    Resolve,
    Return,
}

impl Act {
    fn read(word: &str) -> Result<Act> {
        match word {
            "update" => Ok(Act::Update),
            "resolve" => Ok(Act::Resolve),
            "return" => Ok(Act::Return),
            _ => Err(Error::NotFound),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Act::Update => "update",
            Act::Resolve => "resolve",
            Act::Return => "return",
        }
    }

    /// An owner reads a case that its partner works, and does not act on it; nobody returns a case to themselves.
    fn must_be_ours(self, case: &Case, here: &Authority) -> Result<()> {
        let ours = case.handler == here.id && (self != Act::Return || case.is_with_partner());
        if ours { Ok(()) } else { Err(Error::NotFound) }
    }

    fn is_allowed(self, may: May) -> bool {
        match self {
            Act::Update | Act::Resolve => may.work,
            Act::Return => may.give_back,
        }
    }
}

/// What was typed.
#[derive(Clone, Default)]
struct Typed {
    words: String,
    /// The outcome, or the reason for returning.
    choice: String,
}

#[derive(Template)]
#[template(path = "backoffice/act.html")]
struct ActPage {
    p: Frame,
    act: Act,
    case: Case,
    owner: Arc<Authority>,
    definition: Arc<Definition>,
    address: String,
    faults: Faults,
    typed: Typed,
}

/// Which case, and which act.
type Which = Path<(String, String, String)>;

/// `GET /staff/cases/{owner}/{reference}/{act}`
pub(super) async fn page(visit: Visit, which: Which, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let (owner, reference, act) = which.into_inner();
    let act = Act::read(&act)?;
    let owner = owner_of(&visit, &owner)?;
    let (theirs, here, services) = (Arc::clone(&owner), Arc::clone(&visit.here), services.get());
    let (me, (case, definition)) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let (case, definition) = find(tx, &theirs, &reference, me, &services)?;
            act.must_be_ours(&case, &here)?;
            if !act.is_allowed(May::of(&case, &here, me)) {
                return Err(Error::Conflict(CHANGED.to_owned()));
            }
            Ok((case, definition))
        })
        .await?;
    show(&visit, &me, act, owner, (case, definition), Faults::default(), Typed::default())
}

/// What is said where the case is no longer open.
const CHANGED: &str = "error-conflict-state";

fn find(
    tx: &mut Tx<'_>,
    owner: &Authority,
    reference: &str,
    me: &Staff,
    services: &Services,
) -> Result<(Case, Arc<Definition>)> {
    let case = case::find(tx, me, owner.id, reference)?;
    let definition = definition_of(tx, services, &case)?;
    Ok((case, definition))
}

fn show(
    visit: &Visit,
    me: &Staff,
    act: Act,
    owner: Arc<Authority>,
    (case, definition): (Case, Arc<Definition>),
    faults: Faults,
    typed: Typed,
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let p = visit.staff_frame(Area::Casework, me);
    let address = address_of(&owner, &case.reference);
    visit.html(status, &ActPage { p, act, case, owner, definition, address, faults, typed })
}

/// `POST /staff/cases/{owner}/{reference}/{act}`
pub(super) async fn act(form: Posted, which: Which, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (owner, reference, act) = which.into_inner();
    let act = Act::read(&act)?;
    let owner = owner_of(visit, &owner)?;
    let typed = Typed { words: form.get("said").to_owned(), choice: form.get("choice").to_owned() };
    let services = services.get();
    let (theirs, here, now) = (Arc::clone(&owner), Arc::clone(&visit.here), visit.now);
    let (given, wanted, known) = (typed.clone(), reference.clone(), Arc::clone(&services));
    let tried = visit
        .staff(&[Role::Officer], move |tx, me| {
            let found = find(tx, &theirs, &wanted, me, &known)?;
            act.must_be_ours(&found.0, &here)?;
            let faults = faults_of(act, &given, &found.1);
            if faults.is_empty() {
                perform(tx, now, act, &theirs, &wanted, &me.actor(&here.name), &given)?;
            }
            Ok((found, faults))
        })
        .await;
    let (me, (found, faults)) = match tried {
        // It was changed meanwhile: what was typed is shown again, with what the case is now.
        Err(Error::Conflict(key)) if key == CHANGED => {
            let (theirs, wanted) = (Arc::clone(&owner), reference.clone());
            let (me, found) =
                visit.staff(&[Role::Officer], move |tx, me| find(tx, &theirs, &wanted, me, &services)).await?;
            (me, (found, Faults::one("said", CHANGED)))
        }
        tried => tried?,
    };
    if !faults.is_empty() {
        return show(visit, &me, act, owner, found, faults, typed);
    }
    // Once returned, the case is soon no longer this council's to read.
    let to = match act {
        Act::Return => "/staff?done=return".to_owned(),
        Act::Update | Act::Resolve => format!("{}?done={}", address_of(&owner, &reference), act.word()),
    };
    visit.see_other(&to)
}

fn faults_of(act: Act, typed: &Typed, definition: &Definition) -> Faults {
    let mut faults = Faults::default();
    match act {
        Act::Update => {}
        Act::Resolve if !definition.outcomes.contains(&typed.choice) => faults.add("choice", "staff-outcome-missing"),
        Act::Return if ReturnReason::read(&typed.choice).is_none() => faults.add("choice", "staff-return-missing"),
        Act::Resolve | Act::Return => {}
    }
    // An outcome may say enough; an update and a return say why.
    let fault = words_fault(&typed.words).filter(|_| act != Act::Resolve || !typed.words.is_empty());
    if let Some(key) = fault {
        faults.add("said", key);
    }
    faults
}

fn perform(
    tx: &mut Tx<'_>,
    now: jiff::Timestamp,
    act: Act,
    owner: &Authority,
    reference: &str,
    by: &Actor,
    typed: &Typed,
) -> Result<()> {
    match act {
        Act::Update => cases::update(tx, now, owner.id, reference, by, &typed.words),
        Act::Resolve => cases::resolve(tx, now, owner.id, reference, by, &typed.choice, &typed.words),
        Act::Return => {
            let reason = ReturnReason::read(&typed.choice).ok_or(Error::Malformed("no such reason"))?;
            cases::return_case(tx, now, owner.id, reference, by, reason, &typed.words)
        }
    }
}
