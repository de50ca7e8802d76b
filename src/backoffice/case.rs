//! `/staff/cases/{owner}/{reference}`: everything about a case, and what is done on the page itself.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::due::{Due, short_date};
use super::queue::owner_of;
use super::{Faults, action_words};
use crate::audit::Seen;
use crate::cases::{self, Case, CaseFile, Erased, State};
use crate::forms::{self, Definition, Services};
use crate::identity::{Role, Staff};
use crate::kernel::time::{long_date, long_moment};
use crate::kernel::{AuthorityId, Language, billing_date};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Visit, download};
use crate::tenancy::{Authority, Current};

/// The words of a note or an update are no longer than this.
const LONGEST: usize = 4000;

/// What this reader may do with the case now. The verbs refuse the rest anyway.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct May {
    /// Take, tell, resolve: the handler, while it is open.
    pub work: bool,
    /// Return: a partner, while it is open.
    pub give_back: bool,
    /// Take: anybody who may work it and has not taken it.
    pub take: bool,
    /// Book time: the handler, also once it is resolved.
    pub book: bool,
}

impl May {
    pub(super) fn of(case: &Case, here: &Authority, me: &Staff) -> May {
        let work = case.handler == here.id && matches!(case.state, State::New | State::InProgress);
        let book = case.handler == here.id && cases::takes_time(case);
        May { work, give_back: work && case.is_with_partner(), take: work && case.taken_by != Some(me.id), book }
    }
}

/// What was typed on the page and is shown again.
#[derive(Default)]
struct Typed {
    note: String,
    only_ours: bool,
    reason: String,
}

/// Who wants to be reached, once a reason was given.
struct Contact {
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    /// The sealed answers in full: question and lines.
    sealed: Vec<(String, Vec<String>)>,
}

#[derive(Template)]
#[template(path = "backoffice/case.html")]
struct CasePage {
    p: Frame,
    file: CaseFile,
    looked: Vec<(Seen, usize)>,
    owner: Arc<Authority>,
    handler_name: String,
    definition: Arc<Definition>,
    address: String,
    may: May,
    due: Due,
    today: Date,
    contact: Option<Contact>,
    faults: Faults,
    typed: Typed,
    done: String,
}

/// What was just done, for the banner.
#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

/// Which case: the owner's slug and the reference.
pub(super) type Which = Path<(String, String)>;

/// Reads what the page shows: session, case, and nothing else.
struct Opened {
    file: CaseFile,
    definition: Arc<Definition>,
}

fn open(
    tx: &mut Tx<'_>,
    now: jiff::Timestamp,
    owner: &Authority,
    reference: &str,
    me: &Staff,
    here: &Authority,
    services: &Services,
) -> Result<Opened> {
    let file = cases::read(tx, now, owner.id, reference, &me.actor(&here.name))?;
    may_see(tx, me, &file.case)?;
    let definition = definition_of(tx, services, &file.case)?;
    Ok(Opened { file, definition })
}

/// Refuses a case of a sensitive service to whoever lacks the role or is kept from it, as if there were none; what was written
/// of the look is undone with it.
fn may_see(tx: &mut Tx<'_>, me: &Staff, case: &Case) -> Result<()> {
    if case.sensitive && (!me.has(&[Role::Safeguarding]) || cases::is_blocked(tx, &[case.id], me.id)?) {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// A case that this person may see.
pub(super) fn find(tx: &mut Tx<'_>, me: &Staff, owner: AuthorityId, reference: &str) -> Result<Case> {
    let case = cases::find(tx, owner, reference)?;
    may_see(tx, me, &case)?;
    Ok(case)
}

/// The definition that a case began on.
pub(super) fn definition_of(tx: &mut Tx<'_>, services: &Services, case: &Case) -> Result<Arc<Definition>> {
    forms::definition(tx, services, case.owner, &case.service, case.version, Language::En)
}

/// `GET /staff/cases/{owner}/{reference}`
pub(super) async fn page(
    visit: Visit,
    which: Which,
    done: Query<Done>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (owner, reference) = which.into_inner();
    let owner = owner_of(&visit, &owner)?;
    let (theirs, here, now, services) = (Arc::clone(&owner), Arc::clone(&visit.here), visit.now, services.get());
    let (asked, known) = (reference.clone(), Arc::clone(&services));
    let read = visit.staff(&[Role::Officer], move |tx, me| open(tx, now, &theirs, &asked, me, &here, &known)).await;
    match read {
        Err(Error::NotFound) => gone(&visit, owner, reference, services).await,
        read => {
            let (me, opened) = read?;
            show(&visit, &me, owner, opened, None, Faults::default(), Typed::default(), done.into_inner().done)
        }
    }
}

#[derive(Template)]
#[template(path = "backoffice/erased.html")]
struct ErasedPage {
    p: Frame,
    owner: Arc<Authority>,
    service: String,
    erased: Erased,
}

/// Says when a case was erased and under which rule, to whoever could have seen it.
async fn gone(
    visit: &Visit,
    owner: Arc<Authority>,
    reference: String,
    services: Arc<Services>,
) -> Result<HttpResponse> {
    let theirs = owner.id;
    let (me, (erased, service)) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let erased = cases::erased(tx, theirs, &reference)?;
            if erased.sensitive && !me.has(&[Role::Safeguarding]) {
                return Err(Error::NotFound);
            }
            let began_on = forms::definition(tx, &services, theirs, &erased.service, erased.version, Language::En)?;
            Ok((erased, began_on.name.clone()))
        })
        .await?;
    let p = visit.staff_frame(Area::Casework, &me);
    visit.html(StatusCode::GONE, &ErasedPage { p, owner, service, erased })
}

#[allow(clippy::too_many_arguments, reason = "one call for each state of one page")]
fn show(
    visit: &Visit,
    me: &Staff,
    owner: Arc<Authority>,
    opened: Opened,
    contact: Option<Contact>,
    faults: Faults,
    typed: Typed,
    done: String,
) -> Result<HttpResponse> {
    let Opened { file, definition } = opened;
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let today = billing_date(visit.now);
    visit.html(
        status,
        &CasePage {
            p: visit.staff_frame(Area::Casework, me),
            handler_name: visit.site.directory.get().name(file.case.handler).to_owned(),
            address: address_of(&owner, &file.case.reference),
            may: May::of(&file.case, &visit.here, me),
            due: Due::of(file.case.due_on, today),
            today,
            looked: looked(&file.looked),
            file,
            owner,
            definition,
            contact,
            faults,
            typed,
            done,
        },
    )
}

/// Who has read the case or the contact details, newest first; looking again and again is one line. What people did is
/// on the timeline.
fn looked(entries: &[Seen]) -> Vec<(Seen, usize)> {
    let mut lines: Vec<(Seen, usize)> = Vec::new();
    for seen in entries
        .iter()
        .filter(|s| matches!(s.action.as_str(), "case.read" | "case.contact" | "case.file" | "case.doubted"))
    {
        let same = |(line, _): &&mut (Seen, usize)| {
            (&line.actor_name, &line.by_name, &line.action, &line.purpose)
                == (&seen.actor_name, &seen.by_name, &seen.action, &seen.purpose)
        };
        match lines.iter_mut().find(same) {
            Some((_, times)) => *times += 1,
            None => lines.push((seen.clone(), 1)),
        }
    }
    lines
}

/// The address of a case's page.
pub(super) fn address_of(owner: &Authority, reference: &str) -> String {
    format!("/staff/cases/{}/{reference}", owner.slug)
}

/// The sentence about what was just done, if the word is one of ours.
fn banner(done: &str) -> Option<&'static str> {
    match done {
        "take" => Some("staff-done-take"),
        "note" => Some("staff-done-note"),
        "update" => Some("staff-done-update"),
        "resolve" => Some("staff-done-resolve"),
        _ => None,
    }
}

/// What is wrong with words that somebody typed, if anything is.
pub(super) fn words_fault(words: &str) -> Option<&'static str> {
    match () {
        () if words.is_empty() => Some("staff-words-missing"),
        () if words.chars().count() > LONGEST => Some("staff-words-long"),
        () => None,
    }
}

/// `GET /staff/cases/{owner}/{reference}/files/{upload}`: a file that came with the form, to be saved and not shown.
pub(super) async fn file(visit: Visit, which: Path<(String, String, String)>) -> Result<HttpResponse> {
    let (owner, reference, upload) = which.into_inner();
    let id = Uuid::try_parse(&upload).map_err(|_| Error::NotFound);
    let owner = owner_of(&visit, &owner)?;
    let (theirs, here, now) = (owner.id, Arc::clone(&visit.here), visit.now);
    let (_, (blob, file)) = visit
        .staff(&[Role::Officer], move |tx, me| {
            find(tx, me, theirs, &reference)?;
            cases::file(tx, now, theirs, &reference, id?, &me.actor(&here.name))
        })
        .await?;
    download(&visit, owner.id, blob, &file.name, file.kind, file.size).await
}

/// `POST /staff/cases/{owner}/{reference}/take`
pub(super) async fn take(form: Posted, which: Which) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (owner, reference) = which.into_inner();
    let owner = owner_of(visit, &owner)?;
    let back = format!("{}?done=take", address_of(&owner, &reference));
    let (here, now) = (Arc::clone(&visit.here), visit.now);
    visit
        .staff(&[Role::Officer], move |tx, me| {
            find(tx, me, owner.id, &reference)?;
            cases::take(tx, now, owner.id, &reference, &me.actor(&here.name))
        })
        .await?;
    visit.see_other(&back)
}

/// `POST /staff/cases/{owner}/{reference}/note`
pub(super) async fn note(form: Posted, which: Which, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (owner, reference) = which.into_inner();
    let owner = owner_of(visit, &owner)?;
    let back = format!("{}?done=note#activity", address_of(&owner, &reference));
    let typed = Typed { note: form.get("note").to_owned(), only_ours: form.get("for") == "ours", ..Typed::default() };
    let fault = words_fault(&typed.note);
    let (theirs, here, now, services) = (Arc::clone(&owner), Arc::clone(&visit.here), visit.now, services.get());
    let (words, only_ours) = (typed.note.clone(), typed.only_ours);
    let (me, refused) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let by = me.actor(&here.name);
            find(tx, me, theirs.id, &reference)?;
            match fault {
                Some(_) => open(tx, now, &theirs, &reference, me, &here, &services).map(Some),
                None if only_ours => cases::own_note(tx, now, theirs.id, &reference, &by, &words).map(|()| None),
                None => cases::note(tx, now, theirs.id, &reference, &by, &words).map(|()| None),
            }
        })
        .await?;
    match (refused, fault) {
        (Some(opened), Some(key)) => {
            show(visit, &me, owner, opened, None, Faults::one("note", key), typed, String::new())
        }
        _ => visit.see_other(&back),
    }
}

/// `POST /staff/cases/{owner}/{reference}/contact`: shown once, in the answer, for a reason that the audit keeps.
pub(super) async fn contact(form: Posted, which: Which, services: Data<Current<Services>>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let (owner, reference) = which.into_inner();
    let owner = owner_of(visit, &owner)?;
    let typed = Typed { reason: form.get("reason").to_owned(), ..Typed::default() };
    let fault = match () {
        () if typed.reason.is_empty() => Some("staff-reason-missing"),
        () if typed.reason.chars().count() > 200 => Some("staff-reason-long"),
        () => None,
    };
    let (theirs, here, now, services) = (Arc::clone(&owner), Arc::clone(&visit.here), visit.now, services.get());
    let reason = typed.reason.clone();
    let (me, (opened, contact)) = visit
        .staff(&[Role::Officer], move |tx, me| {
            let by = me.actor(&here.name);
            let contact = match fault {
                Some(_) => None,
                None => Some(cases::contact(tx, now, theirs.id, &reference, &by, &reason)?),
            };
            Ok((open(tx, now, &theirs, &reference, me, &here, &services)?, contact))
        })
        .await?;
    let contact = contact.map(|[name, email, phone]| {
        let sealed = cases::unsealed(&opened.file.sheet, visit.secret(), owner.id, opened.file.case.id);
        Contact { name, email, phone, sealed }
    });
    let faults = fault.map_or_else(Faults::default, |key| Faults::one("reason", key));
    show(visit, &me, owner, opened, contact, faults, typed, String::new())
}
