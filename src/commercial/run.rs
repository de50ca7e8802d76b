//! `/commercial/runs`: preparing a month's bill, looking at the drafts, issuing them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;
use jiff::Timestamp;
use uuid::Uuid;

use super::document::Paper;
use crate::billing::{self, Document, Run, Series};
use crate::identity::{self, Role, Staff};
use crate::kernel::Month;
use crate::kernel::time::{long_date, long_moment};
use crate::metering;
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Posted, Visit};

#[derive(Template)]
#[template(path = "commercial/run.html")]
struct RunPage {
    p: Frame,
    run: Run,
    partner: String,
    prepared: String,
    papers: Vec<Paper>,
    may_prepare: bool,
    may_issue: bool,
    is_mine: bool,
    demonstration: bool,
    /// The key of what is wrong with the proof that was given.
    fault: Option<&'static str>,
}

/// `GET /commercial/runs/{run}`
pub(super) async fn page(visit: Visit, id: Path<Uuid>) -> Result<HttpResponse> {
    let id = *id;
    let (me, (run, documents)) = visit.staff(Role::COMMERCIAL, move |tx, _| read(tx, id)).await?;
    show(&visit, &me, run, documents, None)
}

fn read(tx: &mut Tx<'_>, id: Uuid) -> Result<(Run, Vec<Document>)> {
    Ok((billing::run(tx, id)?, billing::documents_of_run(tx, id)?))
}

fn show(
    visit: &Visit,
    me: &Staff,
    run: Run,
    documents: Vec<Document>,
    fault: Option<&'static str>,
) -> Result<HttpResponse> {
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let is_draft = run.issued_seq.is_none();
    let is_mine = run.prepared_by == Some(me.id);
    let page = RunPage {
        p: visit.staff_frame(Area::Commercial, me),
        partner: visit.site.directory.get().name(run.consumer).to_owned(),
        prepared: long_moment(run.prepared_at),
        papers: documents.into_iter().map(Paper::of).collect(),
        may_prepare: is_draft && me.has(&[Role::Preparer]),
        may_issue: is_draft && !is_mine && me.has(&[Role::Approver]),
        is_mine,
        demonstration: visit.site.demonstration,
        fault,
        run,
    };
    visit.html(status, &page)
}

/// `POST /commercial/runs`: folds what was counted until now, then prepares the drafts.
pub(super) async fn prepare(form: Posted) -> Result<HttpResponse> {
    let visit = &form.visit;
    let agreement: Uuid = form.get("agreement").parse().map_err(|_| Error::Malformed("no agreement"))?;
    let month = Month::parse(form.get("month")).ok_or(Error::Malformed("no month"))?;
    let (_, consumer) =
        visit.staff(&[Role::Preparer], move |tx, _| Ok(billing::provided(tx, agreement)?.consumer)).await?;
    visit.with_db(move |db| metering::fold(db, consumer)).await?;
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
    let (password, code) = (form.get("password").to_owned(), form.get("code").to_owned());
    let (here, secret, now) = (visit.here.clone(), visit.secret().clone(), visit.now);
    let (limits, client) = (visit.site.sign_in_limits.clone(), visit.client);
    let (me, refused) = visit
        .staff(&[Role::Approver], move |tx, me| {
            // Before the proof, so that a wrong address costs no attempt.
            let (run, documents) = read(tx, id)?;
            limits.check(here.id, &me.email, client)?;
            if !identity::confirm(tx, me, &secret, &password, &code, now)? {
                return Ok(Some((run, documents)));
            }
            let reviewed = reviewed.ok_or(Error::Malformed("no draft was reviewed"))?;
            billing::issue_run(tx, now, &me.actor(&here.name), id, reviewed)?;
            Ok(None)
        })
        .await?;
    match refused {
        None => visit.see_other(&format!("/commercial/runs/{id}")),
        Some((run, documents)) => show(visit, &me, run, documents, Some("commercial-wrong-proof")),
    }
}
