//! Preparing one run's drafts, and issuing them.

use diesel::prelude::*;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::book::book;
use super::build::{Built, Cut, Run, RunRow, build, runs_of, unit};
use super::document::{AgreementPart, BilledLine, Document, Party, Snapshot, documents_of_run, snapshot_hash};
use super::month::unpark;
use super::outturn::{shared_costs, together};
use super::payee::pay_to;
use super::review::is_agreed;
use crate::agreements::{self, Agreement};
use crate::kernel::time::financial_year;
use crate::kernel::{Actor, AuthorityId, Month, Pence, WorkingDays, billing_date, new_id};
use crate::metering::Source;
use crate::platform::schema::{bill_run, document, document_line};
use crate::platform::{Db, Error, Result, Scope, Tx};
use crate::{audit, ledger, metering, tenancy};

/// Issues a prepared run, as it stands.
///
/// # Errors
/// As [`issue_run`].
pub fn issue(db: &Db, provider: AuthorityId, run_id: Uuid, by: &Actor, now: Timestamp) -> Result<()> {
    db.scoped(Scope::own(provider), |tx| {
        let reviewed = run(tx, run_id)?.prepared_at;
        issue_run(tx, now, by, run_id, reviewed)
    })
}

/// An agreement under which the acting authority provides.
///
/// # Errors
/// [`Error::NotFound`] for any other.
pub fn provided(tx: &mut Tx<'_>, agreement_id: Uuid) -> Result<Agreement> {
    let agreement = agreements::read(tx, agreement_id)?;
    if agreement.provider == tx.actor() { Ok(agreement) } else { Err(Error::NotFound) }
}

/// Prepares the drafts of a month's bill for the first time: as [`prepare`], but a month that has a run is left as it is.
///
/// # Errors
/// As [`prepare`]; [`Error::Conflict`] also if the month has a run.
pub(super) fn prepare_new(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    agreement: &Agreement,
    month: Month,
) -> Result<Uuid> {
    draft(tx, now, by, agreement, month, false)
}

/// Prepares the drafts of a month's bill from every batch that is closed, or prepares them again. What was counted until
/// now must have been closed before: [`prepare_run`](super::prepare_run) does so.
///
/// # Errors
/// [`Error::Conflict`] if the month is not over, was issued, waits for an earlier draft, has nothing to bill or something
/// without a price; [`Error::NotFound`] if the acting authority does not provide under this agreement.
pub fn prepare(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, agreement_id: Uuid, month: Month) -> Result<Uuid> {
    let agreement = provided(tx, agreement_id)?;
    draft(tx, now, by, &agreement, month, true)
}

fn draft(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    agreement: &Agreement,
    month: Month,
    also_again: bool,
) -> Result<Uuid> {
    if billing_date(now) < month.until() {
        return Err(conflict("error-bill-month-running"));
    }
    let all = together(tx, agreement, month)?;
    let mut found = Err(conflict("error-bill-nothing"));
    for one in &all {
        match prepare_one(tx, now, by, one, month, also_again) {
            // A member who owes nothing this month has no bill; the others have.
            Err(Error::Conflict(why)) if why == "error-bill-nothing" => {}
            Err(error) => return Err(error),
            Ok(run_id) if one.id == agreement.id || found.is_err() => found = Ok(run_id),
            Ok(_) => {}
        }
    }
    if found.is_ok() {
        all.iter().try_for_each(|one| unpark(tx, one.id, month))?;
    }
    found
}

fn prepare_one(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    agreement: &Agreement,
    month: Month,
    also_again: bool,
) -> Result<Uuid> {
    let agreement_id = agreement.id;
    let run_id = tx.turned(agreement.consumer, |tx| {
        lock(tx, agreement_id)?;
        let runs = runs_of(tx, agreement.consumer, agreement_id)?;
        if !also_again && runs.iter().any(|run| run.month == month) {
            return Err(conflict(HAS_RUN));
        }
        if runs.iter().any(|run| run.issued_seq.is_none() && run.month < month) {
            return Err(conflict("error-bill-earlier-draft"));
        }
        let before = runs.iter().find(|run| run.month == month);
        if before.is_some_and(|run| run.issued_seq.is_some()) {
            return Err(conflict("error-bill-issued"));
        }
        let cut_batch = metering::closed_batch(tx, agreement.consumer, agreement_id)?;
        let cut = Cut { month, batch: cut_batch, as_of: now, issued_seq: None };
        let built = build(tx, agreement, cut, Source::Rollup)?;
        if built.is_empty() {
            return Err(conflict("error-bill-nothing"));
        }
        let run = Run {
            id: before.map_or_else(|| new_id(now), |run| run.id),
            consumer: agreement.consumer,
            provider: agreement.provider,
            agreement_id,
            month,
            cut_batch,
            issued_seq: None,
            prepared_by: by.staff_id,
            prepared_name: by.name.clone(),
            prepared_at: now,
            shared_at: None,
            review_until: None,
        };
        put_run(tx, &run, before.is_some())?;
        for part in &built {
            put_draft(tx, now, agreement, &run, part)?;
        }
        Ok(run.id)
    })?;
    // In the provider's own records: until it is issued, a bill is nobody else's business.
    let entry = audit::Entry {
        action: "bill.prepare",
        subject_kind: "bill",
        subject_id: run_id,
        subject_label: &format!("{} {}", agreement.reference, month.code()),
        purpose: "the month's bill",
        handler: None,
    };
    audit::record(tx, now, by, &entry)?;
    Ok(run_id)
}

/// Lets the consumer read a run's drafts, and object, for as many working days as they agreed; preparing them again takes
/// them back.
///
/// # Errors
/// [`Error::Conflict`] if it was issued or is in review; [`Error::NotFound`] for another authority's run.
pub fn send_for_review(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, run_id: Uuid) -> Result<()> {
    for (agreement, run_id) in runs_together(tx, run_id)? {
        send_one(tx, now, by, &agreement, run_id)?;
    }
    Ok(())
}

fn send_one(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, agreement: &Agreement, run_id: Uuid) -> Result<()> {
    tx.turned(agreement.consumer, |tx| {
        lock(tx, agreement.id)?;
        let found = run(tx, run_id)?;
        if found.review_until.is_some() || found.issued_seq.is_some() {
            return Err(conflict("error-bill-in-review-already"));
        }
        let days = agreement.running.bill_review_days;
        let until = WorkingDays::NATIONAL.after(billing_date(now), days);
        let documents: Vec<Uuid> = documents_of_run(tx, run_id)?.into_iter().map(|document| document.id).collect();
        let shared = now.to_diesel();
        diesel::update(document_line::table)
            .filter(document_line::tenant_id.eq(found.consumer))
            .filter(document_line::document_id.eq_any(&documents))
            .set(document_line::shared_at.eq(shared))
            .execute(tx.conn)?;
        diesel::update(document::table)
            .filter(document::tenant_id.eq(found.consumer))
            .filter(document::run_id.eq(run_id))
            .set(document::shared_at.eq(shared))
            .execute(tx.conn)?;
        diesel::update(bill_run::table.find((found.consumer, run_id)))
            .set((bill_run::shared_at.eq(shared), bill_run::review_until.eq(until.to_diesel())))
            .execute(tx.conn)?;
        let entry = audit::Entry {
            action: "bill.review",
            subject_kind: "bill",
            subject_id: run_id,
            subject_label: &format!("{} {}", agreement.reference, found.month.code()),
            purpose: "drafts sent to the council that is billed",
            handler: None,
        };
        audit::record(tx, now, by, &entry)
    })
}

/// Whether a run has been read for as long as was agreed, or its consumer has agreed to it.
fn was_reviewed(tx: &mut Tx<'_>, now: Timestamp, agreement: &Agreement, run: &Run) -> Result<()> {
    match run.review_until {
        _ if agreement.running.bill_review_days == 0 => Ok(()),
        None => Err(conflict("error-bill-not-reviewed")),
        Some(until) if billing_date(now) > until || is_agreed(tx, run)? => Ok(()),
        Some(_) => Err(conflict("error-bill-in-review")),
    }
}

/// Issues a run: another person than its preparer, what was reviewed and nothing else. `reviewed` is when the drafts that
/// the approver read were prepared. Documents, numbers and the provider's book are one transaction; the consumer's book
/// follows through the outbox.
///
/// # Errors
/// [`Error::Conflict`] if it was issued, the same person prepared it, it was prepared again meanwhile, or what it would bill
/// has changed since; [`Error::NotFound`] for another authority's run.
pub fn issue_run(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, run_id: Uuid, reviewed: Timestamp) -> Result<()> {
    for (agreement, run_id) in runs_together(tx, run_id)? {
        issue_one(tx, now, by, &agreement, (run_id, reviewed))?;
    }
    Ok(())
}

fn issue_one(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    agreement: &Agreement,
    (run_id, reviewed): (Uuid, Timestamp),
) -> Result<()> {
    let approver = by.staff_id.ok_or(Error::Denied("approver"))?;
    tx.turned(agreement.consumer, |tx| {
        lock(tx, agreement.id)?;
        let runs = runs_of(tx, agreement.consumer, agreement.id)?;
        let run = runs.iter().find(|r| r.id == run_id).ok_or(Error::NotFound)?;
        if run.issued_seq.is_some() {
            return Err(conflict("error-bill-issued"));
        }
        // What an earlier draft bills, this run would take from it, and leave a draft of nothing.
        if runs.iter().any(|earlier| earlier.issued_seq.is_none() && earlier.month < run.month) {
            return Err(conflict("error-bill-earlier-draft"));
        }
        // Prepared when it was over, and the clock has gone back since.
        if billing_date(now) < run.month.until() {
            return Err(conflict("error-bill-month-running"));
        }
        if run.prepared_by == Some(approver) {
            return Err(conflict("error-bill-same-person"));
        }
        if run.prepared_at != reviewed {
            return Err(conflict("error-bill-stale"));
        }
        was_reviewed(tx, now, agreement, run)?;
        let drafts = documents_of_run(tx, run_id)?;
        let built = build(tx, agreement, run.cut(), Source::Rollup)?;
        let order_required = agreement.running.order_required;
        if drafts.iter().any(|document| !document.snapshot.lacks(order_required).is_empty()) {
            return Err(conflict("error-bill-lacks"));
        }
        let is_same = |(document, part): (&Document, &Built)| {
            document.snapshot.series == part.series && document.snapshot.lines == part.lines
        };
        if drafts.len() != built.len() || !drafts.iter().zip(&built).all(is_same) {
            return Err(conflict("error-bill-stale"));
        }
        for (document, part) in drafts.iter().zip(&built) {
            issue_document(tx, now, by, agreement, run, document.id, part)?;
        }
        let issued_seq = runs.iter().filter_map(|r| r.issued_seq).max().unwrap_or(0) + 1;
        diesel::update(bill_run::table.find((run.consumer, run_id)))
            .set((
                bill_run::shared_at.eq(run.shared_at.unwrap_or(now).to_diesel()),
                bill_run::review_until.eq(run.review_until.unwrap_or(billing_date(now)).to_diesel()),
                bill_run::issued_at.eq(now.to_diesel()),
                bill_run::issued_seq.eq(issued_seq),
            ))
            .execute(tx.conn)?;
        Ok(())
    })
}

/// The runs that go with a run, itself among them, each with its agreement: of a cost share those of all members for the
/// month, which are sent and issued together or not at all.
fn runs_together(tx: &mut Tx<'_>, run_id: Uuid) -> Result<Vec<(Agreement, Uuid)>> {
    let found = run(tx, run_id)?;
    let agreement = provided(tx, found.agreement_id)?;
    let mut all = Vec::new();
    for one in together(tx, &agreement, found.month)? {
        let runs = runs_of(tx, one.consumer, one.id)?;
        all.extend(runs.iter().find(|run| run.month == found.month).map(|run| (one, run.id)));
    }
    Ok(all)
}

/// Runs of one agreement are prepared and issued one after the other, whoever asks.
pub(super) fn lock(tx: &mut Tx<'_>, agreement_id: Uuid) -> Result<()> {
    tx.lock("billing.run", &[agreement_id])
}

/// What a month that has a run is refused with, where only one without is to be prepared.
pub(super) const HAS_RUN: &str = "error-bill-has-run";

fn conflict(key: &str) -> Error {
    Error::Conflict(key.to_owned())
}

fn put_run(tx: &mut Tx<'_>, run: &Run, again: bool) -> Result<()> {
    let of_now = (
        bill_run::cut_batch.eq(run.cut_batch),
        bill_run::prepared_by.eq(run.prepared_by),
        bill_run::prepared_name.eq(&run.prepared_name),
        bill_run::prepared_at.eq(run.prepared_at.to_diesel()),
        bill_run::shared_at.eq(run.shared_at.map(ToDiesel::to_diesel)),
        bill_run::review_until.eq(run.review_until.map(ToDiesel::to_diesel)),
    );
    if again {
        diesel::update(bill_run::table.find((run.consumer, run.id))).set(of_now).execute(tx.conn)?;
        // Lines go with their documents.
        diesel::delete(
            document::table.filter(document::tenant_id.eq(run.consumer)).filter(document::run_id.eq(run.id)),
        )
        .execute(tx.conn)?;
        return Ok(());
    }
    diesel::insert_into(bill_run::table)
        .values((
            bill_run::tenant_id.eq(run.consumer),
            bill_run::id.eq(run.id),
            bill_run::provider_id.eq(tx.actor()),
            bill_run::author_id.eq(tx.actor()),
            bill_run::agreement_id.eq(run.agreement_id),
            bill_run::period_start.eq(run.month.first().to_diesel()),
            bill_run::kind.eq("main"),
            bill_run::seq.eq(1),
            of_now,
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn snapshot(tx: &mut Tx<'_>, agreement: &Agreement, run: &Run, part: &Built) -> Result<Snapshot> {
    let supplier = tenancy::read(tx.conn, agreement.provider)?;
    let customer = tenancy::read(tx.conn, agreement.consumer)?;
    Ok(Snapshot {
        series: part.series,
        number: None,
        issued_on: None,
        due_on: None,
        supplier: Party::of(&supplier, part.series),
        customer: Party::of(&customer, part.series),
        agreement: AgreementPart {
            id: agreement.id,
            reference: agreement.reference.clone(),
            variation: agreement.variation,
            title: agreement.title.clone(),
            payment_terms_days: agreement.payment_terms_days,
            purchase_order: agreement.purchase_order.clone(),
        },
        period_from: run.month.first(),
        period_until: run.month.until(),
        lines: part.lines.clone(),
        vat: part.vat.clone(),
        net: part.net,
        vat_total: part.vat_total,
        gross: part.net + part.vat_total,
        shared: shared_costs(tx, agreement, (run.month, run.prepared_at), &part.lines)?,
        corrects: None,
        pay_to: None,
        prepared_by: run.prepared_name.clone(),
        approved_by: None,
    })
}

fn put_draft(tx: &mut Tx<'_>, now: Timestamp, agreement: &Agreement, run: &Run, part: &Built) -> Result<()> {
    let (id, provider) = (new_id(now), tx.actor());
    let snapshot = serde_json::to_value(snapshot(tx, agreement, run, part)?).map_err(anyhow::Error::from)?;
    diesel::insert_into(document::table)
        .values((
            document::tenant_id.eq(run.consumer),
            document::id.eq(id),
            document::provider_id.eq(provider),
            document::author_id.eq(provider),
            document::agreement_id.eq(agreement.id),
            document::kind.eq("bill"),
            document::run_id.eq(run.id),
            document::series.eq(part.series.word()),
            document::financial_year.eq(i32::from(financial_year(billing_date(now)))),
            document::period_start.eq(run.month.first().to_diesel()),
            document::period_until.eq(run.month.until().to_diesel()),
            document::net_pence.eq(part.net),
            document::vat_pence.eq(part.vat_total),
            document::gross_pence.eq(part.net + part.vat_total),
            document::prepared_name.eq(&run.prepared_name),
            document::snapshot.eq(snapshot),
        ))
        .execute(tx.conn)?;
    put_lines(tx, now, run.consumer, id, &part.lines, None)
}

/// Writes the lines of a document, issued and so shared at this moment or not yet.
fn put_lines(
    tx: &mut Tx<'_>,
    now: Timestamp,
    consumer: AuthorityId,
    document: Uuid,
    lines: &[BilledLine],
    issued_at: Option<Timestamp>,
) -> Result<()> {
    let provider = tx.actor();
    let rows: Vec<_> = lines
        .iter()
        .map(|billed| {
            let line = &billed.line;
            let counted = unit(line);
            (
                document_line::tenant_id.eq(consumer),
                document_line::id.eq(new_id(now)),
                document_line::document_id.eq(document),
                document_line::provider_id.eq(provider),
                document_line::author_id.eq(provider),
                document_line::shared_at.eq(issued_at.map(ToDiesel::to_diesel)),
                document_line::issued_at.eq(issued_at.map(ToDiesel::to_diesel)),
                document_line::n.eq(billed.n),
                document_line::price.eq(line.charge.price),
                document_line::part.eq(line.charge.part.to_string()),
                document_line::service.eq(counted.map(|(service, _)| service)),
                document_line::meter.eq(counted.map(|(_, meter)| meter)),
                document_line::description.eq(&line.description),
                document_line::quantity.eq(line.quantity),
                document_line::unit_rate.eq(line.unit_rate),
                document_line::net_pence.eq(line.net),
                document_line::vat_category.eq(line.vat.category.word()),
                document_line::vat_basis_points.eq(line.vat.basis_points),
                document_line::vat_reason.eq(&line.vat.reason),
                document_line::vat_approver.eq(&line.vat.approver),
                document_line::tariff_version_id.eq(line.tariff_id),
                document_line::tariff_version.eq(line.tariff_version),
                document_line::period_from.eq(line.from.to_diesel()),
                document_line::period_until.eq(line.until.to_diesel()),
                document_line::event_count.eq(billed.event_count),
                document_line::event_digest.eq(&billed.event_digest),
            )
        })
        .collect();
    diesel::insert_into(document_line::table).values(rows).execute(tx.conn)?;
    Ok(())
}

/// Writes a credit note for a bill, with its number, as it is issued at this moment.
pub(super) fn put_credit(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    bill: &Document,
    (id, number): (Uuid, i32),
    note: &Snapshot,
) -> Result<()> {
    let (provider, issued_on) = (tx.actor(), billing_date(now));
    let stored = serde_json::to_value(note).map_err(anyhow::Error::from)?;
    diesel::insert_into(document::table)
        .values((
            document::tenant_id.eq(bill.consumer),
            document::id.eq(id),
            document::provider_id.eq(provider),
            document::author_id.eq(provider),
            document::shared_at.eq(now.to_diesel()),
            document::agreement_id.eq(bill.agreement_id),
            document::kind.eq("credit"),
            document::corrects_id.eq(bill.id),
            document::series.eq(note.series.word()),
            document::financial_year.eq(i32::from(financial_year(issued_on))),
            document::number.eq(number),
            document::number_text.eq(&note.number),
            document::period_start.eq(note.period_from.to_diesel()),
            document::period_until.eq(note.period_until.to_diesel()),
            document::net_pence.eq(note.net),
            document::vat_pence.eq(note.vat_total),
            document::gross_pence.eq(note.gross),
            document::prepared_name.eq(&by.name),
            document::approved_by.eq(by.staff_id),
            document::approved_name.eq(&by.name),
            document::issued_at.eq(now.to_diesel()),
            document::due_on.eq(issued_on.to_diesel()),
            document::sha256.eq(snapshot_hash(&stored)),
            document::snapshot.eq(stored),
        ))
        .execute(tx.conn)?;
    put_lines(tx, now, bill.consumer, id, &note.lines, Some(now))
}

fn issue_document(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    agreement: &Agreement,
    run: &Run,
    id: Uuid,
    part: &Built,
) -> Result<()> {
    let issued_on = billing_date(now);
    let due_on = due_date(issued_on, agreement.payment_terms_days);
    let year = financial_year(issued_on);
    let number = ledger::next_number(tx, part.series.word(), year)?;
    let prefix = tenancy::read(tx.conn, tx.actor())?.prefix;
    let number_text = format!("{prefix}-{}-{year}-{number:04}", part.series.letters());
    let printed = Snapshot {
        number: Some(number_text.clone()),
        issued_on: Some(issued_on),
        due_on: Some(due_on),
        approved_by: Some(by.name.clone()),
        pay_to: if part.net + part.vat_total > Pence(0) { pay_to(tx)? } else { None },
        ..snapshot(tx, agreement, run, part)?
    };
    let stored = serde_json::to_value(&printed).map_err(anyhow::Error::from)?;
    let shared = run.shared_at.unwrap_or(now).to_diesel();
    diesel::update(document_line::table)
        .filter(document_line::tenant_id.eq(run.consumer))
        .filter(document_line::document_id.eq(id))
        .set((document_line::shared_at.eq(shared), document_line::issued_at.eq(now.to_diesel())))
        .execute(tx.conn)?;
    diesel::update(document::table.find((run.consumer, id)))
        .set((
            document::shared_at.eq(shared),
            document::financial_year.eq(i32::from(year)),
            document::number.eq(number),
            document::number_text.eq(&number_text),
            document::approved_by.eq(by.staff_id),
            document::approved_name.eq(&by.name),
            document::issued_at.eq(now.to_diesel()),
            document::due_on.eq(due_on.to_diesel()),
            document::sha256.eq(snapshot_hash(&stored)),
            document::snapshot.eq(stored),
        ))
        .execute(tx.conn)?;
    book(tx, now, by, (id, agreement.consumer), &printed, ("document.issue", "the month's bill"))
}

fn due_date(issued_on: Date, terms_days: i32) -> Date {
    issued_on.saturating_add(terms_days.days())
}

/// A run of the acting authority's as provider, or as consumer one that is in review or issued.
///
/// # Errors
/// [`Error::NotFound`], also for another's.
pub fn run(tx: &mut Tx<'_>, id: Uuid) -> Result<Run> {
    let me = tx.actor();
    let row = bill_run::table
        .filter(bill_run::provider_id.eq(me).or(bill_run::tenant_id.eq(me)))
        .filter(bill_run::id.eq(id))
        .select(RunRow::as_select())
        .first(tx.conn)?;
    Ok(row.into())
}

/// The drafts of the acting authority that nobody has issued yet, oldest month first.
///
/// # Errors
/// The database's.
pub fn drafts(tx: &mut Tx<'_>) -> Result<Vec<Run>> {
    let rows = bill_run::table
        .filter(bill_run::provider_id.eq(tx.actor()))
        .filter(bill_run::issued_at.is_null())
        .order((bill_run::period_start, bill_run::id))
        .select(RunRow::as_select())
        .load(tx.conn)?;
    Ok(rows.into_iter().map(Run::from).collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::due_date;

    #[test]
    fn a_bill_is_due_by_calendar_days() {
        assert_eq!(due_date(date(2026, 5, 11), 30), date(2026, 6, 10));
        assert_eq!(due_date(date(2026, 12, 31), 30), date(2027, 1, 30));
    }
}
