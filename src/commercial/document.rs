//! `/commercial/documents/{document}`: a bill as it is printed, its lines down to the events, and both as files.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use jiff::civil::Date;
use uuid::Uuid;

use super::bills::After;
use super::csv::{Cell, Csv, download};
use super::{pdf, period, service_name};
use crate::billing::{
    self, Balance, BilledLine, Dispute, DisputeAct, Document, Part, Remittance, Series, Snapshot, Stage, Standing,
    Which,
};
use crate::forms::Services;
use crate::identity::Role;
use crate::kernel::money::decimal;
use crate::kernel::time::{in_london, long_date};
use crate::kernel::{Language, Pence, Quantity, Rate, billing_date};
use crate::metering::{Position, UsageEvent};
use crate::platform::{Error, Result, Tx};
use crate::site::{Area, Frame, Texts, Visit};
use crate::tenancy::Current;

/// Events on a page.
const PAGE: usize = 50;
/// Events read at once for a file.
const BATCH: i64 = 1_000;

/// A document ready to be printed: what `paper.html` shows.
pub(super) struct Paper {
    pub(super) id: Uuid,
    pub(super) snapshot: Snapshot,
    pub(super) sha256: Option<String>,
}

impl Paper {
    pub(super) fn of(document: Document) -> Paper {
        Paper { id: document.id, snapshot: document.snapshot, sha256: document.sha256 }
    }

    /// `1 to 31 October 2026`.
    pub(super) fn period(&self) -> String {
        period(self.snapshot.period_from, self.snapshot.period_until)
    }

    /// `WEA-INV-2026-0001`, or `Draft invoice for October 2026`.
    pub(super) fn name(&self) -> String {
        let snapshot = &self.snapshot;
        snapshot
            .number
            .clone()
            .unwrap_or_else(|| format!("Draft {} for {}", snapshot.title().to_lowercase(), snapshot.month()))
    }
}

#[derive(Template)]
#[template(path = "commercial/document.html")]
struct DocumentPage {
    p: Frame,
    paper: Paper,
    is_ours: bool,
    disputes: Vec<Dispute>,
    credits: Vec<Paper>,
    payments: Vec<Remittance>,
    /// The languages of either council: their codes and names.
    pdfs: Vec<(&'static str, String)>,
    /// Of a bill, what is owed on it and since when.
    balance: Option<Balance>,
    standing: Option<Standing>,
}

impl DocumentPage {
    /// What a payment puts against this bill.
    fn part(&self, payment: &Remittance) -> Pence {
        payment.allocations.iter().filter(|part| part.document_id == self.paper.id).map(|part| part.amount).sum()
    }
}

/// `GET /commercial/documents/{document}`
pub(super) async fn page(visit: Visit, id: Path<Uuid>) -> Result<HttpResponse> {
    let id = *id;
    let (me, (document, credits, disputes, balance, payments)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let document = billing::document(tx, id)?;
            let (credits, disputes) = (billing::credits_of(tx, &document)?, billing::disputes_of(tx, &document)?);
            let balance = billing::balances(tx, Which::Of(&[id]))?.pop();
            Ok((document, credits, disputes, balance, billing::remittances_for(tx, id)?))
        })
        .await?;
    if let (None, Some(run)) = (document.issued_at, document.run_id) {
        return visit.see_other(&format!("/commercial/runs/{run}"));
    }
    let is_ours = document.provider == visit.here.id;
    let directory = visit.site.directory.get();
    let of_either = |language: &Language| {
        let mut parties = [document.provider, document.consumer].into_iter().filter_map(|id| directory.by_id(id));
        *language == Language::En || parties.any(|council| council.languages.contains(language))
    };
    let pdfs = Language::ALL.into_iter().filter(of_either);
    let pdfs = pdfs.map(|language| (language.code(), Texts::of(language).get("frame-language-name"))).collect();
    let paper = Paper::of(document);
    let credits: Vec<Paper> = credits.into_iter().map(Paper::of).collect();
    visit.ok(&DocumentPage {
        p: visit.staff_frame(Area::Commercial, &me),
        paper,
        is_ours,
        disputes,
        credits,
        payments,
        pdfs,
        standing: balance.as_ref().map(|balance| balance.standing(billing_date(visit.now))),
        balance,
    })
}

#[derive(Template)]
#[template(path = "commercial/line.html")]
struct LinePage {
    p: Frame,
    paper: Paper,
    line: BilledLine,
    service: Option<String>,
    period: String,
    events: Vec<Event>,
    is_first: bool,
    next: Option<String>,
    may_open_cases: bool,
    /// Counted here, of cases; otherwise a number of another system's.
    is_of_cases: bool,
    may_dispute: bool,
    /// Of a sensitive service.
    is_private: bool,
    /// Where it is a service credit, the page of its level.
    level_page: Option<String>,
    cases_of: String,
}

impl LinePage {
    /// Each event has a charge of its own.
    fn is_by_unit(&self) -> bool {
        self.line.line.charge.part == Part::Units
    }
}

/// An event of a line, as shown.
struct Event {
    usage: UsageEvent,
    at: String,
    charge: Rate,
}

/// `GET /commercial/documents/{document}/lines/{line}`
pub(super) async fn line(
    visit: Visit,
    which: Path<(Uuid, i32)>,
    asked: Query<After>,
    services: Data<Current<Services>>,
) -> Result<HttpResponse> {
    let (id, n) = *which;
    let after = asked.position().map(|(date, id)| Position { date, id });
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let (me, (document, line, mut events)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let (document, line) = read_line(tx, id, n)?;
            let first = billing::line_events(tx, &document, &line.line, None, 1)?;
            // Of private events all are shown at once: where a page of them ends would tell a day.
            let events = match first.first() {
                Some(event) if event.is_private => all_events(tx, &document, &line)?,
                _ => billing::line_events(tx, &document, &line.line, after, limit)?,
            };
            Ok((document, line, events))
        })
        .await?;
    let is_private = events.first().is_some_and(|event| event.is_private);
    let more = events.len() > PAGE && !is_private;
    if !is_private {
        events.truncate(PAGE);
    }
    let next = events.last().filter(|_| more).map(|last| {
        let Position { date, id: event } = last.position();
        format!("/commercial/documents/{id}/lines/{n}?after={date}.{event}")
    });
    let directory = visit.site.directory.get();
    let of = line.line.charge.of.as_ref();
    let service = of.map(|of| service_name(&services.get(), document.consumer, &of.service));
    let rate = line.line.unit_rate;
    let shown = events.into_iter().map(|event| Event {
        at: in_london(event.occurred_at)
            .strftime(if event.is_private { "%b %Y" } else { "%-d %b %Y, %H:%M:%S" })
            .to_string(),
        charge: charge(event.quantity, rate),
        usage: event,
    });
    visit.ok(&LinePage {
        p: visit.staff_frame(Area::Commercial, &me),
        is_of_cases: of.is_some_and(|of| of.meter.starts_with("case.")),
        may_open_cases: me.has(&[Role::Officer]),
        may_dispute: document.consumer == visit.here.id
            && document.run_id.is_some()
            && document.issued_at.is_some()
            && line.line.net.0 > 0
            && me.has(&[Role::Preparer, Role::Approver]),
        cases_of: directory.by_id(document.consumer).map(|a| a.slug.clone()).unwrap_or_default(),
        period: period(line.line.from, line.line.until),
        level_page: (line.line.charge.part == Part::ServiceCredit).then(|| {
            let level = line.line.charge.price.unsigned_abs();
            format!("/commercial/agreements/{}/levels/{level}", document.agreement_id)
        }),
        events: shown.collect(),
        is_private,
        is_first: after.is_none(),
        next,
        service,
        paper: Paper::of(document),
        line,
    })
}

fn read_line(tx: &mut Tx<'_>, id: Uuid, n: i32) -> Result<(Document, BilledLine)> {
    let document = billing::document(tx, id)?;
    let line = document.snapshot.line(n).cloned().ok_or(Error::NotFound)?;
    Ok((document, line))
}

/// What one event costs, unrounded: the line is rounded once for all.
fn charge(quantity: Quantity, rate: Rate) -> Rate {
    let exact = i128::from(quantity.0) * i128::from(rate.0) / i128::from(Quantity::ONE.0);
    Rate(i64::try_from(exact).unwrap_or(i64::MAX))
}

/// `GET /commercial/documents/{document}/lines.csv`
pub(super) async fn lines_csv(visit: Visit, id: Path<Uuid>) -> Result<HttpResponse> {
    let id = *id;
    let (_, document) = visit.staff(Role::COMMERCIAL, move |tx, _| billing::document(tx, id)).await?;
    let paper = Paper::of(document);
    let snapshot = &paper.snapshot;
    let mut csv = Csv::new(&[
        "Document",
        "Supplier",
        "Customer",
        "Agreement",
        "Order number",
        "Line",
        "Description",
        "From",
        "To",
        "Service",
        "Events",
        "Quantity",
        "Unit price",
        "Net",
        "VAT category",
        "VAT rate",
        "VAT reason",
        "Event digest",
    ]);
    for billed in &snapshot.lines {
        let line = &billed.line;
        let service = line.charge.of.as_ref().map_or("", |of| of.service.as_str());
        let text = |text: &str| Cell::Text(text.to_owned());
        csv.row([
            Cell::Text(paper.name()),
            text(&snapshot.supplier.name),
            text(&snapshot.customer.name),
            text(&snapshot.agreement.reference),
            text(snapshot.agreement.purchase_order.as_deref().unwrap_or_default()),
            Cell::Figure(billed.n.to_string()),
            text(&line.description),
            Cell::Figure(line.from.to_string()),
            Cell::Figure(last_day(line.until).to_string()),
            text(service),
            Cell::Figure(billed.event_count.to_string()),
            Cell::Figure(line.quantity.plain()),
            Cell::Figure(line.unit_rate.plain()),
            Cell::Figure(line.net.plain()),
            text(line.vat.category.word()),
            Cell::Figure(percent(line.vat.basis_points)),
            text(&line.vat.reason),
            text(&billed.event_digest),
        ]);
    }
    Ok(csv.download(&format!("{}-lines", paper.name())))
}

/// `GET /commercial/documents/{document}/invoice.xml`: as an electronic invoice, of an issued document.
pub(super) async fn ubl(visit: Visit, id: Path<Uuid>) -> Result<HttpResponse> {
    let id = *id;
    let (_, document) = visit.staff(Role::COMMERCIAL, move |tx, _| billing::document(tx, id)).await?;
    let xml = billing::ubl(&document.snapshot)?;
    Ok(download(&Paper::of(document).name(), ("application/xml", "xml"), xml.into_bytes()))
}

/// `GET /commercial/documents/{document}/{language}.pdf`: as it is filed and sent, of an issued document, in English or Welsh.
pub(super) async fn pdf(visit: Visit, which: Path<(Uuid, String)>) -> Result<HttpResponse> {
    let (id, language) = which.into_inner();
    let language = Language::parse(&language).ok_or(Error::NotFound)?;
    let (_, document) = visit.staff(Role::COMMERCIAL, move |tx, _| billing::document(tx, id)).await?;
    let paper = Paper::of(document);
    let printed = pdf::pdf(&paper, Texts::of(language))?;
    Ok(download(&paper.name(), ("application/pdf", "pdf"), printed))
}

/// `GET /commercial/documents/{document}/lines/{line}/events.csv`
pub(super) async fn events_csv(visit: Visit, which: Path<(Uuid, i32)>) -> Result<HttpResponse> {
    let (id, n) = *which;
    let (_, (document, line, events)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            let (document, line) = read_line(tx, id, n)?;
            let events = all_events(tx, &document, &line)?;
            Ok((document, line, events))
        })
        .await?;
    let mut csv = Csv::new(&[
        "Event",
        "Case",
        "Happened",
        "Billing date",
        "Quantity",
        "Unit price",
        "Takes back",
        "Why",
        "Taken back later",
    ]);
    for event in &events {
        csv.row([
            Cell::Text(event.id.to_string()),
            Cell::Text(event.reference.clone()),
            Cell::Text(if event.is_private { month(event.billing_date) } else { event.occurred_at.to_string() }),
            Cell::Figure(if event.is_private { month(event.billing_date) } else { event.billing_date.to_string() }),
            Cell::Figure(event.quantity.plain()),
            Cell::Figure(line.line.unit_rate.plain()),
            Cell::Text(event.reversal_of.map(|id| id.to_string()).unwrap_or_default()),
            Cell::Text(event.reason.clone().unwrap_or_default()),
            Cell::Text(event.reversed_because.clone().unwrap_or_default()),
        ]);
    }
    Ok(csv.download(&format!("{}-line-{n}-events", Paper::of(document).name())))
}

/// All events of a line, in batches.
fn all_events(tx: &mut Tx<'_>, document: &Document, line: &BilledLine) -> Result<Vec<UsageEvent>> {
    let mut events: Vec<UsageEvent> = Vec::new();
    loop {
        let after = events.last().map(UsageEvent::position);
        let page = billing::line_events(tx, document, &line.line, after, BATCH)?;
        let is_last = i64::try_from(page.len()).unwrap_or(0) < BATCH;
        events.extend(page);
        if is_last {
            return Ok(events);
        }
    }
}

fn month(date: Date) -> String {
    date.strftime("%Y-%m").to_string()
}

fn last_day(until: Date) -> Date {
    until.yesterday().unwrap_or(until)
}

fn percent(basis_points: i32) -> String {
    decimal(i64::from(basis_points), 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_their_decimal_point() {
        assert_eq!(Quantity(-1_000).plain(), "-1");
        assert_eq!(Quantity(1_250).plain(), "1.25");
        assert_eq!(Rate(6_850_000).plain(), "6.85");
        assert_eq!(Rate(42).plain(), "0.000042");
        assert_eq!((percent(2_000), percent(0)), ("20".to_owned(), "0".to_owned()));
        assert_eq!(charge(Quantity(-1_000), Rate(7_425_000)), Rate(-7_425_000));
    }
}
