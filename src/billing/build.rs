//! What a run bills: computed from the events at its cut-off, and computed again, to the same result, when it is issued and
//! whenever it is verified.
//!
//! A run of a month bills every event of its agreement that was folded by the run's cut, counts for a day of that month or
//! an earlier one, and that no run issued before it covered. So a late event, one folded after its month's run was cut, is
//! billed by the next run, as a line of its own.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date as SqlDate, Integer, Text, Uuid as SqlUuid};
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::document::{BilledLine, Document};
use super::model::{Charge, Line, Series, VatGroup};
use super::rate::{Billed, Used, rate_standing, rate_units, vat_groups};
use super::tariffs::tariffs;
use crate::agreements::Agreement;
use crate::kernel::seal::sha256_hex;
use crate::kernel::{AuthorityId, Month, Pence, Quantity};
use crate::metering::{self, Batches, Counted, EventFilter, Position, UsageEvent};
use crate::platform::schema::bill_run;
use crate::platform::{Error, Result, Tx};

/// One run of an agreement.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id.
    pub id: Uuid,
    /// Who is billed.
    pub consumer: AuthorityId,
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
    pub prepared_at: jiff::Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bill_run)]
pub(super) struct RunRow {
    tenant_id: AuthorityId,
    id: Uuid,
    agreement_id: Uuid,
    period_start: jiff_diesel::Date,
    issued_seq: Option<i32>,
    cut_batch: i64,
    prepared_by: Option<Uuid>,
    prepared_name: String,
    prepared_at: jiff_diesel::Timestamp,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Run {
        Run {
            id: row.id,
            consumer: row.tenant_id,
            agreement_id: row.agreement_id,
            month: Month::of(row.period_start.into()),
            cut_batch: row.cut_batch,
            issued_seq: row.issued_seq,
            prepared_by: row.prepared_by,
            prepared_name: row.prepared_name,
            prepared_at: row.prepared_at.into(),
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

/// Computes what a run bills: nothing, an invoice, a demand, or both.
pub(super) fn build(
    tx: &mut Tx<'_>,
    agreement: &Agreement,
    month: Month,
    cut_batch: i64,
    issued_seq: Option<i32>,
) -> Result<Vec<Built>> {
    let binds = agreement.binds().ok_or_else(|| Error::Conflict("error-bill-unsigned".to_owned()))?;
    let tariffs: Vec<_> = tariffs(tx, Some(agreement.id))?.into_iter().map(|(_, tariff)| tariff).collect();
    let runs = runs_of(tx, agreement.consumer, agreement.id)?;
    let events = unbilled(tx, agreement, &runs, month, cut_batch, issued_seq)?;
    let mut lines: Vec<Line> = Vec::new();
    // The month itself comes first, then what is late, oldest first.
    let late = events.iter().filter(|(of, _)| **of != month);
    for (of, counted) in events.get_key_value(&month).into_iter().chain(late) {
        let used: Vec<Used> = counted.iter().map(used).collect();
        let billed = billed_before(tx, agreement, *of, issued_seq)?;
        let mut rated = rate_units(&used, &billed, &tariffs, *of, binds);
        if !rated.unpriced.is_empty() {
            return Err(Error::Conflict("error-bill-unpriced".to_owned()));
        }
        if *of == month {
            lines.append(&mut rated.lines);
            lines.extend(rate_standing(&tariffs, month, binds));
        } else {
            for line in &mut rated.lines {
                line.description = format!("Late: {of}: {}", line.description);
            }
            lines.append(&mut rated.lines);
        }
    }
    if !events.contains_key(&month) {
        lines.splice(0..0, rate_standing(&tariffs, month, binds));
    }
    let (mut invoice, mut demand) = (Vec::new(), Vec::new());
    for line in lines {
        let counted = events.get(&Month::of(line.from)).map(Vec::as_slice).unwrap_or_default();
        let of_line: Vec<&Counted> =
            counted.iter().filter(|e| line.counts(e.billing_date, &e.service, &e.meter)).collect();
        let event_digest = digest(of_line.iter().map(|e| e.id));
        let event_count = i64::try_from(of_line.len()).unwrap_or(i64::MAX);
        let into = if line.vat.category.series() == Series::Invoice { &mut invoice } else { &mut demand };
        let n = i32::try_from(into.len()).unwrap_or(i32::MAX) + 1;
        into.push(BilledLine { n, line, event_count, event_digest });
    }
    Ok([(Series::Invoice, invoice), (Series::Demand, demand)]
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(series, lines)| {
            let plain: Vec<Line> = lines.iter().map(|billed| billed.line.clone()).collect();
            let vat = vat_groups(&plain);
            let net = plain.iter().map(|line| line.net).sum();
            Built { series, lines, net, vat_total: vat.iter().map(|group| group.vat).sum(), vat }
        })
        .collect())
}

/// SHA-256 of ids in ascending order, each with a line feed after it: `cut`, `sort` and `sha256sum` on the CSV of a line's
/// events give the same.
pub(super) fn digest(ids: impl Iterator<Item = Uuid>) -> String {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    let text: String = ids.iter().map(|id| format!("{id}\n")).collect();
    sha256_hex(text.as_bytes())
}

fn used(event: &Counted) -> Used {
    Used {
        date: event.billing_date,
        service: event.service.clone(),
        meter: event.meter.clone(),
        quantity: event.quantity,
    }
}

/// The events that a run of `month` bills, by the month they count for. Months that the same runs covered are read at once.
pub(super) fn unbilled(
    tx: &mut Tx<'_>,
    agreement: &Agreement,
    runs: &[Run],
    month: Month,
    cut_batch: i64,
    issued_seq: Option<i32>,
) -> Result<BTreeMap<Month, Vec<Counted>>> {
    let mut stretches: Vec<(Month, Month, Batches)> = Vec::new();
    let mut of = Month::of(agreement.term.from);
    while of <= month {
        let range = batches(runs, issued_seq, of, cut_batch);
        match stretches.last_mut() {
            Some((_, last, same)) if *same == range => *last = of,
            _ => stretches.push((of, of, range)),
        }
        of = of.next();
    }
    let mut events: BTreeMap<Month, Vec<Counted>> = BTreeMap::new();
    for (first, last, range) in stretches.into_iter().filter(|(.., range)| range.after < range.through) {
        for event in metering::counted(tx, agreement.consumer, agreement.id, first.first(), last.until(), range)? {
            events.entry(Month::of(event.billing_date)).or_default().push(event);
        }
    }
    Ok(events)
}

#[derive(QueryableByName)]
struct BilledRow {
    #[diesel(sql_type = SqlUuid)]
    tariff_version_id: Uuid,
    #[diesel(sql_type = Text)]
    service: String,
    #[diesel(sql_type = Text)]
    meter: String,
    #[diesel(sql_type = BigInt)]
    quantity: Quantity,
}

/// What runs issued before this one billed of a month.
fn billed_before(tx: &mut Tx<'_>, agreement: &Agreement, month: Month, issued_seq: Option<i32>) -> Result<Billed> {
    let rows: Vec<BilledRow> = diesel::sql_query(
        "select l.tariff_version_id, l.service, l.meter, sum(l.quantity)::bigint as quantity \
         from bill_run r join document d on d.tenant_id = r.tenant_id and d.run_id = r.id \
         join document_line l on l.tenant_id = d.tenant_id and l.document_id = d.id \
         where r.tenant_id = $1 and r.agreement_id = $2 and r.issued_seq < $3 and l.kind = 'unit' \
           and l.period_from >= $4 and l.period_from < $5 group by 1, 2, 3",
    )
    .bind::<SqlUuid, _>(agreement.consumer)
    .bind::<SqlUuid, _>(agreement.id)
    .bind::<Integer, _>(issued_seq.unwrap_or(i32::MAX))
    .bind::<SqlDate, _>(month.first().to_diesel())
    .bind::<SqlDate, _>(month.until().to_diesel())
    .load(tx.conn)?;
    let mut billed = Billed::default();
    for row in rows {
        billed.add(row.tariff_version_id, row.service, row.meter, row.quantity);
    }
    Ok(billed)
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
    let Some((service, meter)) = unit(line) else { return Ok(Vec::new()) };
    let runs = runs_of(tx, document.consumer, document.agreement_id)?;
    let run = runs.iter().find(|r| r.id == document.run_id).ok_or(Error::NotFound)?;
    let filter = EventFilter {
        consumer: document.consumer,
        agreement: document.agreement_id,
        service,
        meter,
        from: line.from,
        until: line.until,
        batches: batches(&runs, run.issued_seq, Month::of(line.from), run.cut_batch),
    };
    metering::events(tx, &filter, after, limit)
}

/// The service and meter of a unit line.
pub(super) fn unit(line: &Line) -> Option<(&str, &str)> {
    match &line.charge {
        Charge::Unit { service, meter } => Some((service, meter)),
        Charge::Standing => None,
    }
}
