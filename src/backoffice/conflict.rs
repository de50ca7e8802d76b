//! `/staff/cases/{owner}/{reference}/conflicts`: who of this council must not see a case of a sensitive service, because of who
//! they are to her.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use uuid::Uuid;

use super::Faults;
use super::case::{self, Which, address_of};
use super::queue::owner_of;
use crate::cases::{self, Case, Conflict};
use crate::identity::{self, Person, Role, Staff};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Visit};
use crate::tenancy::Authority;

#[derive(Default)]
struct Typed {
    person: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "backoffice/conflicts.html")]
struct ConflictsPage {
    p: Frame,
    case: Case,
    /// Who is kept from it, by name.
    kept: Vec<(String, Conflict)>,
    /// Who could be.
    people: Vec<Person>,
    address: String,
    faults: Faults,
    typed: Typed,
}

/// A sensitive case that this person may see: of others nobody is kept.
fn find(tx: &mut Tx<'_>, owner: &Authority, reference: &str, me: &Staff) -> Result<Case> {
    let case = case::find(tx, me, owner.id, reference)?;
    if case.sensitive { Ok(case) } else { Err(Error::NotFound) }
}

/// What the page shows besides the case.
fn read(tx: &mut Tx<'_>, case: Case) -> Result<(Case, Vec<Conflict>, Vec<Person>)> {
    let conflicts = cases::conflicts(tx, case.id)?;
    Ok((case, conflicts, identity::people(tx)?))
}

fn show(
    visit: &Visit,
    me: &Staff,
    owner: &Authority,
    (case, conflicts, people): (Case, Vec<Conflict>, Vec<Person>),
    faults: Faults,
    typed: Typed,
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let is_kept = |person: &Person| conflicts.iter().any(|c| c.staff_id == person.id);
    let name = |id: Uuid| people.iter().find(|p| p.id == id).map(|p| p.name.clone()).unwrap_or_default();
    let page = ConflictsPage {
        p: visit.staff_frame(Area::Casework, me),
        address: address_of(owner, &case.reference),
        kept: conflicts.iter().map(|c| (name(c.staff_id), c.clone())).collect(),
        people: people.iter().filter(|p| p.active && !is_kept(p)).cloned().collect(),
        case,
        faults,
        typed,
    };
    visit.html(status, &page)
}

/// Whether somebody may still see the case once one more is kept from it: only who sees it can undo that.
fn somebody_is_left((_, conflicts, people): &(Case, Vec<Conflict>, Vec<Person>), without: Uuid) -> bool {
    people.iter().any(|person| {
        let may = |role| person.roles.contains(&role);
        let is_kept = person.id == without || conflicts.iter().any(|c| c.staff_id == person.id);
        person.active && may(Role::Officer) && may(Role::Safeguarding) && !is_kept
    })
}

/// `GET /staff/cases/{owner}/{reference}/conflicts`
pub(super) async fn page(visit: Visit, which: Which) -> Result<HttpResponse> {
    let (owner, reference) = which.into_inner();
    let owner = owner_of(&visit, &owner)?;
    let theirs = Arc::clone(&owner);
    let (me, found) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let case = find(tx, &theirs, &reference, me)?;
            read(tx, case)
        })
        .await?;
    show(&visit, &me, &owner, found, Faults::default(), Typed::default())
}

/// `POST /staff/cases/{owner}/{reference}/conflicts`: keeps somebody from the case, oneself too.
pub(super) async fn block(form: Posted, which: Which) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (owner, reference) = which.into_inner();
    let owner = owner_of(visit, &owner)?;
    let typed = Typed { person: form.get("person").to_owned(), reason: form.get("reason").to_owned() };
    let person = Uuid::try_parse(&typed.person).ok();
    let mut faults = Faults::default();
    if person.is_none() {
        faults.add("person", "staff-conflict-nobody");
    }
    if typed.reason.is_empty() || typed.reason.chars().count() > 200 {
        faults.add("reason", "staff-conflict-reason");
    }
    let back = format!("{}/conflicts", address_of(&owner, &reference));
    let (theirs, here, now) = (Arc::clone(&owner), Arc::clone(&visit.here), visit.now);
    let (reason, is_wrong) = (typed.reason.clone(), !faults.is_empty());
    let (me, refused) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let case = find(tx, &theirs, &reference, me)?;
            let Some(person) = person.filter(|_| !is_wrong) else { return read(tx, case).map(Some) };
            let person = identity::person(tx, person)?;
            let found = read(tx, case)?;
            if !somebody_is_left(&found, person.id) {
                return Ok(Some(found));
            }
            cases::block(tx, now, &found.0, (person.id, &person.name), &reason, &me.actor(&here.name)).map(|()| None)
        })
        .await?;
    match refused {
        Some(found) => {
            if faults.is_empty() {
                faults.add("person", "staff-conflict-last");
            }
            show(visit, &me, &owner, found, faults, typed)
        }
        // Who has kept herself from it can no longer see the page.
        None if person == Some(me.id) => visit.see_other("/staff"),
        None => visit.see_other(&back),
    }
}

/// `POST /staff/cases/{owner}/{reference}/conflicts/{person}/lift`
pub(super) async fn lift(form: Posted, which: Path<(String, String, Uuid)>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (owner, reference, person) = which.into_inner();
    let owner = owner_of(visit, &owner)?;
    let back = format!("{}/conflicts", address_of(&owner, &reference));
    let (theirs, here, now) = (Arc::clone(&owner), Arc::clone(&visit.here), visit.now);
    visit
        .staff(&[Role::Officer], move |tx, me| {
            let case = find(tx, &theirs, &reference, me)?;
            let person = identity::person(tx, person)?;
            cases::unblock(tx, now, &case, (person.id, &person.name), &me.actor(&here.name))
        })
        .await?;
    visit.see_other(&back)
}
