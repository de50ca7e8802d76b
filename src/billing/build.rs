//! What a run bills: computed from the rollup at its cut-off, and computed again, to the same result, when it is issued, and
//! from the events themselves whenever it is verified.
//!
//! A run of a month bills every event of its agreement that was folded by the run's cut, counts for a day of that month or
//! an earlier one, and that no run issued before it covered. So a late event, one folded after its month's run was cut, is
//! billed by the next run, as a line of its own.

use std::collections::BTreeMap;

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::document::{BilledLine, Document};
use super::late::beyond;
use super::model::{Charge, Line, Part, Series, Vat, VatCategory, VatGroup, vat_groups};
use super::outturn::{known, outturns};
use super::price::{Counts, carries, is_by_item};
use super::rate::{Account, Carried, Used, rate};
use super::tariffs::tariffs_of;
use super::used::all_used;
use crate::agreements::Agreement;
use crate::kernel::{AuthorityId, Month, Pence, Quantity, Rate};
use crate::metering::{self, Batches, Counted, EventDigest, EventFilter, Position, Reach, Source, UsageEvent};
use crate::platform::schema::{bill_run, document, document_line};
use crate::platform::{Error, Result, Tx};

/// One run of an agreement.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// Who is billed.
    pub consumer: AuthorityId,
    /// Who bills.
    pub provider: AuthorityId,
    /// Under which agreement.
    pub agreement_id: Uuid,
    /// The month it bills.
    pub month: Month,
    /// The last batch of events that it counts.
    pub cut_batch: i64,
    /// Its place among the agreement's issued runs; none while it is a draft.
    pub issued_seq: Option<i32>,
    /// Who prepared it; none for the command line.
    pub prepared_by: Option<Uuid>,
    /// Their name.
    pub prepared_name: String,
    /// When.
    pub prepared_at: Timestamp,
    /// When its consumer could read it first; none of a draft that only its provider sees.
    pub shared_at: Option<Timestamp>,
    /// The last day on which its consumer may object; none likewise.
    pub review_until: Option<jiff::civil::Date>,
}

impl Run {
    /// Whether both read it and nobody has issued it.
    #[must_use]
    pub fn is_in_review(&self) -> bool {
        self.review_until.is_some() && self.issued_seq.is_none()
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bill_run)]
pub(super) struct RunRow {
    tenant_id: AuthorityId,
    id: Uuid,
    provider_id: AuthorityId,
    agreement_id: Uuid,
    period_start: jiff_diesel::Date,
    issued_seq: Option<i32>,
    cut_batch: i64,
    prepared_by: Option<Uuid>,
    prepared_name: String,
    prepared_at: jiff_diesel::Timestamp,
    shared_at: Option<jiff_diesel::Timestamp>,
    review_until: Option<jiff_diesel::Date>,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Run {
        Run {
            id: row.id,
            consumer: row.tenant_id,
            provider: row.provider_id,
            agreement_id: row.agreement_id,
            month: Month::of(row.period_start.into()),
            cut_batch: row.cut_batch,
            issued_seq: row.issued_seq,
            prepared_by: row.prepared_by,
            prepared_name: row.prepared_name,
            prepared_at: row.prepared_at.into(),
            shared_at: row.shared_at.map(Into::into),
            review_until: row.review_until.map(Into::into),
        }
    }
}

/// Every run of an agreement that the acting authority may see.
pub(super) fn runs_of(tx: &mut Tx<'_>, consumer: AuthorityId, agreement_id: Uuid) -> Result<Vec<Run>> {
    let rows = bill_run::table
        .filter(bill_run::tenant_id.eq(consumer))
        .filter(bill_run::agreement_id.eq(agreement_id))
        .order(bill_run::period_start)
        .select(RunRow::as_select())
        .load(tx.conn)?;
    Ok(rows.into_iter().map(Run::from).collect())
}

/// The batches of a month's events that a run bills: after those that runs issued before it covered, through its cut.
/// `issued_seq` is the run's own, or none for one that would be issued next.
pub(super) fn batches(runs: &[Run], issued_seq: Option<i32>, month: Month, cut_batch: i64) -> Batches {
    let earlier = runs
        .iter()
        .filter(|run| run.issued_seq.is_some_and(|seq| issued_seq.is_none_or(|mine| seq < mine)) && run.month >= month);
    Batches { after: earlier.map(|run| run.cut_batch).max().unwrap_or(0), through: cut_batch }
}

/// What a run comes to, for one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Built {
    pub series: Series,
    pub lines: Vec<BilledLine>,
    pub vat: Vec<VatGroup>,
    pub net: Pence,
    pub vat_total: Pence,
}

/// Which month a run bills, through which batch, of what was known when, and its place among the issued runs; none if it
/// would be issued next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub month: Month,
    pub batch: i64,
    pub as_of: Timestamp,
    pub issued_seq: Option<i32>,
}

impl Run {
    pub(super) fn cut(&self) -> Cut {
        Cut { month: self.month, batch: self.cut_batch, as_of: self.prepared_at, issued_seq: self.issued_seq }
    }
}

/// Computes what a run bills, of what was counted and known at its cut: nothing, an invoice, a demand, or both.
pub(super) fn build(tx: &mut Tx<'_>, agreement: &Agreement, cut: Cut, source: Source) -> Result<Vec<Built>> {
    let Cut { month, batch, as_of, issued_seq } = cut;
    let outturns = known(outturns(tx, agreement)?, as_of);
    let binds = agreement.binds().ok_or_else(|| Error::Conflict("error-bill-unsigned".to_owned()))?;
    let tariffs = tariffs_of(tx, agreement.id)?;
    let runs = runs_of(tx, agreement.consumer, agreement.id)?;
    let events = unbilled(tx, agreement, &runs, cut, source)?;
    // Where a month depends on those before it, all are rated again; else those of which something new is known.
    let earliest = if carries(&tariffs) { Some(Month::of(binds.from)) } else { events.keys().next().copied() };
    let first = earliest.unwrap_or(month).min(month);
    let reach = Reach {
        consumer: agreement.consumer,
        agreement: agreement.id,
        from: first.first(),
        until: month.until(),
        batches: Batches { after: 0, through: batch },
    };
    let mut all: BTreeMap<Month, Vec<Used>> = BTreeMap::new();
    for one in all_used(tx, &reach, is_by_item(&tariffs), source)? {
        all.entry(Month::of(one.date)).or_default().push(one);
    }
    let mut billed = billed_before(tx, agreement, first, issued_seq)?;
    let was_run = |of: Month| {
        runs.iter()
            .any(|run| run.month == of && run.issued_seq.is_some_and(|seq| issued_seq.is_none_or(|mine| seq < mine)))
    };
    let (mut own, mut late, mut carried) = (Vec::new(), Vec::new(), Carried::default());
    for of in std::iter::successors(Some(first), |of| Some(of.next())).take_while(|of| *of <= month) {
        let used = all.get(&of).map(Vec::as_slice).unwrap_or_default();
        let fresh: Vec<Used> = events.get(&of).into_iter().flatten().map(Used::from).collect();
        let account = Account {
            used,
            levels: &agreement.service_levels,
            outturns: &outturns,
            tariffs: &tariffs,
            month: of,
            binds,
        };
        let rated = rate(account, &mut carried)?;
        if !rated.unpriced.is_empty() {
            return Err(Error::Conflict("error-bill-unpriced".to_owned()));
        }
        let mut lines = beyond(rated.lines, billed.remove(&of).unwrap_or_default(), &fresh);
        if of == month {
            own = lines;
            continue;
        }
        // What a month that was never billed here owes whatever was counted, its own run bills.
        lines.retain(|line| {
            was_run(of) || !fresh.is_empty() && (line.charge.of.is_some() || line.charge.part == Part::Cap)
        });
        for line in &mut lines {
            // What a year really was is known when it is over: it is not late.
            if line.charge.part != Part::Outturn {
                line.description = format!("Late: {of}: {}", line.description);
            }
        }
        late.append(&mut lines);
    }
    // The month itself comes first, then what is late, oldest first.
    let lines: Vec<Line> = own.into_iter().chain(late).collect();
    let (mut invoice, mut demand) = (Vec::new(), Vec::new());
    for line in lines {
        let counted = events.get(&Month::of(line.from)).map(Vec::as_slice).unwrap_or_default();
        let of_line: Vec<&Counted> =
            counted.iter().filter(|e| line.counts(e.billing_date, &e.service, &e.meter)).collect();
        let event_digest = of_line.iter().map(|day| day.digest).sum::<EventDigest>().hex();
        let event_count = of_line.iter().map(|day| day.events).sum();
        let into = if line.vat.category.series() == Series::Invoice { &mut invoice } else { &mut demand };
        let n = i32::try_from(into.len()).unwrap_or(i32::MAX) + 1;
        into.push(BilledLine { n, line, event_count, event_digest });
    }
    let parts = [(Series::Invoice, invoice), (Series::Demand, demand)].into_iter();
    parts
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(series, lines)| {
            let plain: Vec<Line> = lines.iter().map(|billed| billed.line.clone()).collect();
            let net = Pence::total(plain.iter().map(|line| line.net))?;
            let vat = vat_groups(&plain);
            let vat_total = Pence::total(vat.iter().map(|group| group.vat))?;
            Pence::total([net, vat_total])?;
            Ok(Built { series, lines, vat, net, vat_total })
        })
        .collect()
}

/// What was counted that a run bills, by the month it counts for. Months that the same runs covered are read at once.
pub(super) fn unbilled(
    tx: &mut Tx<'_>,
    agreement: &Agreement,
    runs: &[Run],
    cut: Cut,
    source: Source,
) -> Result<BTreeMap<Month, Vec<Counted>>> {
    let mut stretches: Vec<(Month, Month, Batches)> = Vec::new();
    let mut of = Month::of(agreement.term.from);
    while of <= cut.month {
        let range = batches(runs, cut.issued_seq, of, cut.batch);
        match stretches.last_mut() {
            Some((_, last, same)) if *same == range => *last = of,
            _ => stretches.push((of, of, range)),
        }
        of = of.next();
    }
    let mut counted: BTreeMap<Month, Vec<Counted>> = BTreeMap::new();
    for (first, last, batches) in stretches.into_iter().filter(|(.., range)| range.after < range.through) {
        let (consumer, agreement) = (agreement.consumer, agreement.id);
        let reach = Reach { consumer, agreement, from: first.first(), until: last.until(), batches };
        for day in metering::counted(tx, &reach, source)? {
            counted.entry(Month::of(day.billing_date)).or_default().push(day);
        }
    }
    Ok(counted)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = document_line)]
struct BilledRow {
    price: i16,
    part: String,
    service: Option<String>,
    meter: Option<String>,
    description: String,
    quantity: Quantity,
    unit_rate: Rate,
    net_pence: Pence,
    vat_category: String,
    vat_basis_points: i32,
    vat_reason: String,
    vat_approver: String,
    tariff_version_id: Uuid,
    tariff_version: i32,
    period_from: jiff_diesel::Date,
    period_until: jiff_diesel::Date,
}

impl BilledRow {
    fn line(self) -> Option<Line> {
        let of = self.service.zip(self.meter).map(|(service, meter)| Counts { service, meter });
        Some(Line {
            charge: Charge { price: self.price, part: Part::try_from(self.part).ok()?, of },
            description: self.description,
            from: self.period_from.into(),
            until: self.period_until.into(),
            quantity: self.quantity,
            unit_rate: self.unit_rate,
            net: self.net_pence,
            vat: Vat {
                category: VatCategory::parse(&self.vat_category)?,
                basis_points: self.vat_basis_points,
                reason: self.vat_reason,
                approver: self.vat_approver,
            },
            tariff_id: self.tariff_version_id,
            tariff_version: self.tariff_version,
        })
    }
}

/// What runs issued before this one billed, of each month from `first` on.
fn billed_before(
    tx: &mut Tx<'_>,
    agreement: &Agreement,
    first: Month,
    issued_seq: Option<i32>,
) -> Result<BTreeMap<Month, Vec<Line>>> {
    let rows: Vec<BilledRow> = bill_run::table
        .inner_join(
            document::table
                .on(document::tenant_id.eq(bill_run::tenant_id).and(document::run_id.eq(bill_run::id.nullable()))),
        )
        .inner_join(
            document_line::table
                .on(document_line::tenant_id.eq(document::tenant_id).and(document_line::document_id.eq(document::id))),
        )
        .filter(bill_run::tenant_id.eq(agreement.consumer))
        .filter(bill_run::agreement_id.eq(agreement.id))
        .filter(bill_run::issued_seq.lt(issued_seq.unwrap_or(i32::MAX)))
        .filter(document_line::period_from.ge(first.first().to_diesel()))
        .order((bill_run::issued_seq, document_line::n))
        .select(BilledRow::as_select())
        .load(tx.conn)?;
    let mut billed: BTreeMap<Month, Vec<Line>> = BTreeMap::new();
    for row in rows {
        let of = Month::of(row.period_from.into());
        let line =
            row.line().ok_or_else(|| anyhow::anyhow!("a line of a bill has a part or a VAT treatment of no kind"))?;
        billed.entry(of).or_default().push(line);
    }
    Ok(billed)
}

/// Which events a line of a document charges for; none where it charges whatever is counted, or was corrected.
fn filter<'a>(tx: &mut Tx<'_>, document: &Document, line: &'a Line) -> Result<Option<EventFilter<'a>>> {
    let (Some((service, meter)), Some(run_id)) = (unit(line), document.run_id) else { return Ok(None) };
    let runs = runs_of(tx, document.consumer, document.agreement_id)?;
    let run = runs.iter().find(|run| run.id == run_id).ok_or(Error::NotFound)?;
    let reach = Reach {
        consumer: document.consumer,
        agreement: document.agreement_id,
        from: line.from,
        until: line.until,
        batches: batches(&runs, run.issued_seq, Month::of(line.from), run.cut_batch),
    };
    Ok(Some(EventFilter { reach, service, meter }))
}

/// A page of the events that a line of a document charges for, by day, after a position; none for a standing charge.
///
/// # Errors
/// The database's.
pub fn line_events(
    tx: &mut Tx<'_>,
    document: &Document,
    line: &Line,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<UsageEvent>> {
    match filter(tx, document, line)? {
        Some(filter) => metering::events(tx, &filter, after, limit),
        None => Ok(Vec::new()),
    }
}

/// Those of a line's events that have one of these references or ids.
///
/// # Errors
/// The database's.
pub fn some_line_events(
    tx: &mut Tx<'_>,
    document: &Document,
    line: &Line,
    references: &[String],
    ids: &[Uuid],
) -> Result<Vec<UsageEvent>> {
    match filter(tx, document, line)? {
        Some(filter) => metering::some_events(tx, &filter, references, ids),
        None => Ok(Vec::new()),
    }
}

/// The service and meter of a line that counts something.
pub(super) fn unit(line: &Line) -> Option<(&str, &str)> {
    line.charge.of.as_ref().map(|of| (of.service.as_str(), of.meter.as_str()))
}
