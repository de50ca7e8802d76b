//! `/commercial/runs`: preparing a month's bill, looking at the drafts, issuing them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use jiff::Timestamp;
use uuid::Uuid;

use super::document::Paper;
use super::fields::{Fault, SPEAKERS, fault, fault_of, words_fault};
use crate::agreements::{self, Agreement, Kind};
use crate::billing::{self, Document, Lack, ReviewEntry, Run, Series};
use crate::identity::{Role, Staff};
use crate::kernel::time::{long_date, long_moment};
use crate::kernel::{Language, Month, billing_date};
use crate::metering;
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Proof, Texts, Visit};

#[derive(Template)]
#[template(path = "commercial/run.html")]
struct RunPage {
    p: Frame,
    run: Run,
    partner: String,
    prepared: String,
    papers: Vec<Paper>,
    /// What was said of the drafts.
    said: Vec<Said>,
    /// The last day on which the consumer may object.
    review_until: Option<String>,
    /// Whether it is over, or the consumer has agreed to these drafts.
    is_reviewed: bool,
    is_agreed: bool,
    /// What it may not be issued without.
    lacks: Vec<Lack>,
    /// Whether we bill.
    is_ours: bool,
    /// Whether members share what is billed.
    is_shared: bool,
    may_send: bool,
    may_say: bool,
    may_agree: bool,
    typed: Typed,
    faults: Vec<Fault>,
    may_prepare: bool,
    may_issue: bool,
    is_mine: bool,
    demonstration: bool,
    /// The key of what is wrong with the proof that was given.
    fault: Option<&'static str>,
}

/// Something that was said, as shown.
struct Said {
    who: String,
    when: String,
    entry: ReviewEntry,
    /// Of drafts that were prepared again since.
    is_old: bool,
}

/// What was typed, shown again where something is wrong with it.
#[derive(Clone, Default)]
struct Typed {
    act: String,
    body: String,
}

impl RunPage {
    fn fault_of(&self, act: &str) -> Option<&str> {
        fault_of(&self.faults, act)
    }

    fn typed_body(&self, act: &str) -> &str {
        if self.typed.act == act { &self.typed.body } else { "" }
    }
}

/// What one transaction reads of a run.
struct Read {
    run: Run,
    documents: Vec<Document>,
    said: Vec<ReviewEntry>,
    agreement: Agreement,
}

/// `GET /commercial/runs/{run}`
pub(super) async fn page(visit: Visit, id: Path<Uuid>) -> Result<HttpResponse> {
    let id = *id;
    let (me, found) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, id)).await?;
    show(&visit, &me, found, None, (Typed::default(), Vec::new()))
}

fn read(tx: &mut Tx<'_>, id: Uuid) -> Result<Read> {
    let run = billing::run(tx, id)?;
    Ok(Read {
        documents: billing::documents_of_run(tx, id)?,
        said: billing::review_of(tx, &run)?,
        agreement: agreements::read(tx, run.agreement_id)?,
        run,
    })
}

fn show(
    visit: &Visit,
    me: &Staff,
    Read { run, documents, said, agreement }: Read,
    fault: Option<&'static str>,
    (typed, faults): (Typed, Vec<Fault>),
) -> Result<HttpResponse> {
    let status = if fault.is_some() || !faults.is_empty() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let is_draft = run.issued_seq.is_none();
    let is_ours = run.provider == visit.here.id;
    let directory = visit.site.directory.get();
    let is_agreed = said.iter().any(|entry| entry.agrees && entry.prepared_at == run.prepared_at);
    let is_over = run.review_until.is_some_and(|until| billing_date(visit.now) > until);
    let mut lacks: Vec<Lack> = Vec::new();
    for lack in documents.iter().flat_map(|document| document.snapshot.lacks(agreement.running.order_required)) {
        if is_draft && !lacks.contains(&lack) {
            lacks.push(lack);
        }
    }
    let needs_review = agreement.running.bill_review_days > 0;
    let is_reviewed = !needs_review || is_agreed || is_over;
    let is_mine = run.prepared_by == Some(me.id);
    let page = RunPage {
        p: visit.staff_frame(Area::Commercial, me),
        partner: directory.name(if is_ours { run.consumer } else { run.provider }).to_owned(),
        prepared: long_moment(run.prepared_at),
        papers: documents.into_iter().map(Paper::of).collect(),
        review_until: run.review_until.map(long_date),
        is_reviewed,
        is_agreed,
        is_ours,
        is_shared: agreement.kind == Kind::CostShare,
        may_send: is_ours && is_draft && needs_review && run.review_until.is_none() && me.has(&[Role::Preparer]),
        may_say: run.is_in_review() && me.has(SPEAKERS),
        may_agree: run.is_in_review() && !is_ours && !is_agreed && me.has(SPEAKERS),
        said: said
            .into_iter()
            .map(|entry| Said {
                who: format!("{}, {}", entry.by, directory.name(entry.party)),
                when: long_moment(entry.at),
                is_old: entry.prepared_at != run.prepared_at,
                entry,
            })
            .collect(),
        typed,
        faults,
        may_prepare: is_ours && is_draft && me.has(&[Role::Preparer]),
        may_issue: is_ours && is_draft && is_reviewed && lacks.is_empty() && !is_mine && me.has(&[Role::Approver]),
        lacks,
        is_mine,
        demonstration: visit.site.demonstration,
        fault,
        run,
    };
    visit.html(status, &page)
}

/// `POST /commercial/runs`: closes what was counted until now, then prepares the drafts.
pub(super) async fn prepare(form: Posted) -> Result<HttpResponse> {
    let visit = &form.visit;
    let agreement: Uuid = form.get("agreement").parse().map_err(|_| Error::Malformed("no agreement"))?;
    let month = Month::parse(form.get("month")).ok_or(Error::Malformed("no month"))?;
    let (_, closing) = visit.staff(&[Role::Preparer], move |tx, _| billing::to_close(tx, agreement, month)).await?;
    visit
        .with_db(move |db| closing.into_iter().try_for_each(|(consumer, one)| metering::close(db, consumer, &[one])))
        .await?;
    let (here, now) = (visit.here.clone(), visit.now);
    let (_, run) = visit
        .staff(&[Role::Preparer], move |tx, me| billing::prepare(tx, now, &me.actor(&here.name), agreement, month))
        .await?;
    visit.see_other(&format!("/commercial/runs/{run}"))
}

/// `POST /commercial/runs/{run}/issue`: with password and code again, by another person than the preparer.
pub(super) async fn issue(form: Posted, id: Path<Uuid>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let id = *id;
    let reviewed: Option<Timestamp> = form.get("prepared").parse().ok();
    let (here, now, proof) = (visit.here.clone(), visit.now, Proof::sent(&form));
    let (me, refused) = visit
        .staff(&[Role::Approver], move |tx, me| {
            // Before the proof, so that a wrong address costs no attempt.
            let found = read(tx, id)?;
            if !proof.holds(tx, me)? {
                return Ok(Some(found));
            }
            let reviewed = reviewed.ok_or(Error::Malformed("no draft was reviewed"))?;
            billing::issue_run(tx, now, &me.actor(&here.name), id, reviewed)?;
            Ok(None)
        })
        .await?;
    match refused {
        None => visit.see_other(&format!("/commercial/runs/{id}")),
        Some(found) => show(visit, &me, found, Some("commercial-wrong-proof"), (Typed::default(), Vec::new())),
    }
}

/// `POST /commercial/runs/{run}`: sends the drafts for review, as who bills; says something of them, as either; agrees to
/// them, as who is billed.
pub(super) async fn review(form: Posted, id: Path<Uuid>) -> Result<HttpResponse> {
    let visit = &form.visit;
    let id = *id;
    let typed = Typed { act: form.get("act").to_owned(), body: form.get("body").to_owned() };
    let read_at: Option<Timestamp> = form.get("prepared").parse().ok();
    let (here, now, t) = (visit.here.clone(), visit.now, Texts::of(Language::En));
    let roles: &'static [Role] = if typed.act == "send" { &[Role::Preparer] } else { SPEAKERS };
    let Typed { act, body } = typed.clone();
    let tried = visit
        .staff(roles, move |tx, me| {
            let (found, by) = (read(tx, id)?, me.actor(&here.name));
            let read_at = read_at.ok_or(Error::Malformed("no draft was read"));
            match act.as_str() {
                "send" => billing::send_for_review(tx, now, &by, id)?,
                "agree" => billing::agree_to(tx, now, &by, id, read_at?, "")?,
                "say" => match words_fault("say", t, &body) {
                    Some(fault) => return Ok(Some((found, vec![fault]))),
                    None => billing::comment(tx, now, &by, id, read_at?, &body)?,
                },
                _ => return Err(Error::Malformed("no such act")),
            }
            Ok(None)
        })
        .await;
    match tried {
        Ok((_, None)) => visit.see_other(&format!("/commercial/runs/{id}")),
        Ok((me, Some((found, faults)))) => show(visit, &me, found, None, (typed, faults)),
        Err(Error::NotFound | Error::Conflict(_)) if typed.act == "say" => unsaid(visit, id, typed).await,
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "commercial/unsaid.html")]
struct UnsaidPage {
    p: Frame,
    body: String,
}

/// The drafts were prepared again, or issued, while somebody wrote about them: the words come back, on the drafts as they are
/// now, or alone where the reader sees none. What never was looks the same as what is not shared at the moment.
async fn unsaid(visit: &Visit, id: Uuid, typed: Typed) -> Result<HttpResponse> {
    let now = visit
        .staff(SPEAKERS, move |tx, _| match read(tx, id) {
            Err(Error::NotFound) => Ok(None),
            found => found.map(Some),
        })
        .await?;
    match now {
        (me, Some(found)) => {
            let key = if found.run.is_in_review() { "review-prepared-again" } else { "error-bill-not-in-review" };
            let faults = vec![fault("say", Texts::of(Language::En), key, &[])];
            show(visit, &me, found, None, (typed, faults))
        }
        (me, None) => {
            let p = visit.staff_frame(Area::Commercial, &me);
            visit.html(StatusCode::NOT_FOUND, &UnsaidPage { p, body: typed.body })
        }
    }
}
