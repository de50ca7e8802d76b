//! Billing's invariants, for `moothall verify`. Every authority is looked at in its own scope, so what is compared is what
//! the two parties really read.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::book::{Issued, Remitted};
use super::budget;
use super::build::{Built, build, runs_of, unit};
use super::credit::{Credited, credit_series};
use super::document::{Snapshot, snapshot_hash};
use super::model::VatGroup;
use super::outturn::{last_month, outturns, together};
use super::pool::Outturn;
use crate::agreements::{self, Agreement, Kind};
use crate::kernel::{AuthorityId, Pence, Quantity, Rate};
use crate::metering::Source;
use crate::platform::outbox::Topic;
use crate::platform::schema::{document, document_line, number_series, outbox};
use crate::platform::verify::Check;
use crate::platform::{Db, Error, Result, Scope, Tx};

/// Checks every authority's bills.
///
/// # Errors
/// The database's.
pub fn verify(db: &Db, authorities: &[AuthorityId]) -> Result<Vec<Check>> {
    let mut events = Check::new("every issued document says the events at its cut-off, to the digest");
    let mut totals = Check::new("every document's totals are those of its lines and VAT groups");
    let mut snapshots = Check::new("every issued document has the bytes and the hash that it was issued with");
    let mut numbers = Check::new("the numbers of every series are 1 to the last without a gap");
    let mut credits = Check::new("no more of a line is credited than it charged, with the VAT of the whole");
    let mut budgets = Check::new("every budget is of an agreement, and every alert passed its threshold");
    let mut disputes = Check::new("every dispute is settled by as many as it takes, and credited by what was accepted");
    for authority in authorities {
        db.scoped(Scope::own(*authority), |tx| {
            budget::check(tx, &mut budgets)?;
            check_runs(tx, &mut events)?;
            check_documents(tx, &mut totals, &mut snapshots)?;
            check_numbers(tx, &mut numbers)?;
            check_credits(tx, &mut credits)?;
            check_disputes(tx, &mut disputes)
        })?;
    }
    let mut shared = Check::new("every member of a cost share has the same outturns");
    for authority in authorities {
        db.scoped(Scope::own(*authority), |tx| check_outturns(tx, &mut shared))?;
    }
    let mut views = Check::new("both parties read the same agreements, prices, usage, documents and erased cases");
    check_views(db, authorities, &mut views)?;
    let mut books = Check::new("every issued document is in both parties' books, or on its way");
    check_books(db, authorities, &mut books)?;
    let mut payments =
        Check::new("no payment pays more than it is, and what came is in both parties' books, or on its way");
    check_payments(db, authorities, &mut payments)?;
    Ok(vec![events, totals, snapshots, numbers, credits, disputes, shared, views, books, payments, budgets])
}

/// What a line says, read back from its row, for comparison with what is computed.
#[derive(PartialEq, Queryable)]
struct LineFacts {
    n: i32,
    price: i16,
    part: String,
    service: Option<String>,
    meter: Option<String>,
    description: String,
    quantity: Quantity,
    unit_rate: Rate,
    net: Pence,
    vat_category: String,
    vat_basis_points: i32,
    vat_reason: String,
    vat_approver: String,
    tariff_id: Uuid,
    tariff_version: i32,
    #[diesel(deserialize_as = jiff_diesel::Date)]
    from: Date,
    #[diesel(deserialize_as = jiff_diesel::Date)]
    until: Date,
    event_count: i64,
    event_digest: String,
}

fn check_runs(tx: &mut Tx<'_>, check: &mut Check) -> Result<()> {
    let me = tx.actor();
    for agreement in agreements::list(tx)?.into_iter().filter(|a| a.provider == me) {
        for run in runs_of(tx, agreement.consumer, agreement.id)?.into_iter().filter(|run| run.issued_seq.is_some()) {
            let (built, failed) = match build(tx, &agreement, run.cut(), Source::Events) {
                Ok(built) => (built, None),
                Err(Error::Conflict(why)) => {
                    (Vec::new(), Some(format!("{} {} cannot be computed again: {why}", agreement.reference, run.month)))
                }
                Err(error) => return Err(error),
            };
            let documents: Vec<(Uuid, String, Option<String>)> = document::table
                .filter(document::tenant_id.eq(agreement.consumer))
                .filter(document::run_id.eq(run.id))
                .select((document::id, document::series, document::number_text))
                .load(tx.conn)?;
            let missing =
                built.iter().filter(|part| !documents.iter().any(|(_, series, _)| series == part.series.word()));
            check.breaches.extend(
                missing.map(|part| format!("{} {} has no {}", agreement.reference, run.month, part.series.word())),
            );
            for (id, series, number) in documents {
                let stored = stored_lines(tx, agreement.consumer, id)?;
                let part = built.iter().find(|part| part.series.word() == series);
                let is_same = part.is_some_and(|part| computed_lines(part) == stored);
                let name = number.unwrap_or_else(|| id.to_string());
                check.look(failed.clone().or_else(|| {
                    (!is_same)
                        .then(|| format!("{name} does not say what its events come to at batch {}", run.cut_batch))
                }));
            }
        }
    }
    Ok(())
}

fn computed_lines(part: &Built) -> Vec<LineFacts> {
    let facts = part.lines.iter().map(|billed| {
        let line = &billed.line;
        let counted = unit(line);
        LineFacts {
            n: billed.n,
            price: line.charge.price,
            part: line.charge.part.to_string(),
            service: counted.map(|(service, _)| service.to_owned()),
            meter: counted.map(|(_, meter)| meter.to_owned()),
            description: line.description.clone(),
            quantity: line.quantity,
            unit_rate: line.unit_rate,
            net: line.net,
            vat_category: line.vat.category.word().to_owned(),
            vat_basis_points: line.vat.basis_points,
            vat_reason: line.vat.reason.clone(),
            vat_approver: line.vat.approver.clone(),
            tariff_id: line.tariff_id,
            tariff_version: line.tariff_version,
            from: line.from,
            until: line.until,
            event_count: billed.event_count,
            event_digest: billed.event_digest.clone(),
        }
    });
    facts.collect()
}

fn stored_lines(tx: &mut Tx<'_>, consumer: AuthorityId, document_id: Uuid) -> Result<Vec<LineFacts>> {
    Ok(document_line::table
        .filter(document_line::tenant_id.eq(consumer))
        .filter(document_line::document_id.eq(document_id))
        .order(document_line::n)
        .select((
            document_line::n,
            document_line::price,
            document_line::part,
            document_line::service,
            document_line::meter,
            document_line::description,
            document_line::quantity,
            document_line::unit_rate,
            document_line::net_pence,
            document_line::vat_category,
            document_line::vat_basis_points,
            document_line::vat_reason,
            document_line::vat_approver,
            document_line::tariff_version_id,
            document_line::tariff_version,
            document_line::period_from,
            document_line::period_until,
            document_line::event_count,
            document_line::event_digest,
        ))
        .load(tx.conn)?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = document)]
struct DocumentRow {
    tenant_id: AuthorityId,
    id: Uuid,
    corrects_id: Option<Uuid>,
    number_text: Option<String>,
    net_pence: Pence,
    vat_pence: Pence,
    gross_pence: Pence,
    snapshot: Value,
    sha256: Option<String>,
}

/// As the provider, so that each is looked at once, drafts among them.
fn check_documents(tx: &mut Tx<'_>, totals: &mut Check, snapshots: &mut Check) -> Result<()> {
    let rows = document::table
        .filter(document::provider_id.eq(tx.actor()))
        .order(document::id)
        .select(DocumentRow::as_select())
        .load(tx.conn)?;
    for row in rows {
        let name = row.number_text.clone().unwrap_or_else(|| format!("draft {}", row.id));
        let lines = stored_lines(tx, row.tenant_id, row.id)?;
        let mut groups: BTreeMap<(&str, i32), Pence> = BTreeMap::new();
        for line in &lines {
            *groups.entry((&line.vat_category, line.vat_basis_points)).or_default() += line.net;
        }
        let net: Pence = groups.values().copied().sum();
        // Of a credit note it is the VAT of all credits together, less that of the ones before: looked at with its bill.
        let vat: Pence = match row.corrects_id {
            Some(_) => row.vat_pence,
            None => groups.iter().map(|((_, points), net)| net.basis_points(i64::from(*points))).sum(),
        };
        let stored = (row.net_pence, row.vat_pence, row.gross_pence);
        let series: BTreeSet<bool> = groups.keys().map(|(category, _)| *category == "outside_scope").collect();
        totals.look(if stored != (net, vat, net + vat) {
            Some(format!("{name} says {} + {} = {}; its lines come to {net} + {vat}", stored.0, stored.1, stored.2))
        } else if series.len() > 1 {
            Some(format!("{name} mixes lines within and outside the scope of VAT"))
        } else {
            None
        });
        if let Some(sha256) = &row.sha256 {
            snapshots.look(snapshot_breach(&name, &row, sha256, &lines));
        }
    }
    Ok(())
}

fn snapshot_breach(name: &str, row: &DocumentRow, sha256: &str, lines: &[LineFacts]) -> Option<String> {
    if snapshot_hash(&row.snapshot) != sha256 {
        return Some(format!("{name} is not what it was when it was issued: its hash differs"));
    }
    let Ok(printed) = serde_json::from_value::<Snapshot>(row.snapshot.clone()) else {
        return Some(format!("{name} cannot be read"));
    };
    let part = Built {
        series: printed.series,
        lines: printed.lines,
        vat: printed.vat,
        net: printed.net,
        vat_total: printed.vat_total,
    };
    let says_the_same = printed.number == row.number_text
        && (printed.net, printed.vat_total, printed.gross) == (row.net_pence, row.vat_pence, row.gross_pence)
        && computed_lines(&part) == lines;
    (!says_the_same).then(|| format!("{name} prints something else than its rows hold"))
}

fn check_numbers(tx: &mut Tx<'_>, check: &mut Check) -> Result<()> {
    let me = tx.actor();
    let mut used: BTreeMap<(String, i32), Vec<i32>> = BTreeMap::new();
    let rows: Vec<(String, String, i32, Option<i32>)> = document::table
        .filter(document::provider_id.eq(me))
        .filter(document::issued_at.is_not_null())
        .select((document::series, document::kind, document::financial_year, document::number))
        .load(tx.conn)?;
    for (series, kind, year, number) in rows {
        let series = if kind == "credit" { credit_series(&series) } else { series };
        used.entry((series, year)).or_default().extend(number);
    }
    let series: Vec<(String, i32, i32)> = number_series::table
        .filter(number_series::tenant_id.eq(me))
        .select((number_series::series, number_series::financial_year, number_series::last))
        .load(tx.conn)?;
    let mut last: BTreeMap<(String, i32), i32> = series.into_iter().map(|(s, year, last)| ((s, year), last)).collect();
    for key in used.keys() {
        last.entry(key.clone()).or_default();
    }
    for (key, last) in last {
        let mut numbers = used.remove(&key).unwrap_or_default();
        numbers.sort_unstable();
        check.checked += i64::try_from(numbers.len()).unwrap_or(i64::MAX);
        if !numbers.iter().copied().eq(1..=last) {
            check.breaches.push(format!("{} {} of {me}: {numbers:?} where 1 to {last} should be", key.0, key.1));
        }
    }
    Ok(())
}

/// As the lead: what was entered for one member was entered for all who share with it.
fn check_outturns(tx: &mut Tx<'_>, check: &mut Check) -> Result<()> {
    let mut said: BTreeMap<(String, Timestamp, i32), Vec<(Agreement, Outturn)>> = BTreeMap::new();
    let mine = agreements::list(tx)?.into_iter().filter(|a| a.provider == tx.actor() && a.kind == Kind::CostShare);
    for agreement in mine.collect::<Vec<_>>() {
        for one in outturns(tx, &agreement)? {
            let said = said.entry((agreement.reference.clone(), one.at, one.seq)).or_default();
            said.push((agreement.clone(), one.outturn));
        }
    }
    for ((reference, ..), entered) in said {
        let Some((agreement, first)) = entered.first() else { continue };
        let Some(last) = last_month(agreement, first.year) else { continue };
        let members = together(tx, agreement, last)?.len();
        let is_same = entered.len() == members && entered.iter().all(|(_, outturn)| outturn == first);
        check.look((!is_same).then(|| format!("{reference}: members have different outturns of {}", first.year)));
    }
    Ok(())
}

/// As the provider: of each bill that was credited, its lines and its VAT groups.
fn check_credits(tx: &mut Tx<'_>, check: &mut Check) -> Result<()> {
    let ids: Vec<Uuid> = document::table
        .filter(document::provider_id.eq(tx.actor()))
        .filter(document::corrects_id.is_not_null())
        .select(document::corrects_id.assume_not_null())
        .distinct()
        .load(tx.conn)?;
    for id in ids {
        let bill = super::document::document(tx, id)?;
        let notes = super::document::credits_of(tx, &bill)?;
        let name = bill.snapshot.number.clone().unwrap_or_default();
        let mut before: Vec<&Snapshot> = Vec::new();
        let mut breach = None;
        for note in notes.iter().map(|note| &note.snapshot) {
            let so_far = Credited::by(before.iter().copied());
            let vat = |group: &VatGroup| -so_far.vat_of(group.category, group.basis_points, -group.net);
            if note.vat.iter().any(|group| group.vat != vat(group)) {
                breach = Some(format!("{name} has a credit note whose VAT is not that of the whole"));
            }
            before.push(note);
        }
        let all = Credited::by(before);
        let is_over = |group: &VatGroup| all.of_group(group) > group.net.max(Pence(0));
        if bill.snapshot.lines.iter().any(|line| all.of_line(line.n) > line.line.net.max(Pence(0)))
            || bill.snapshot.vat.iter().any(is_over)
        {
            breach = Some(format!("{name} has a line of which more is credited than it charged"));
        }
        check.look(breach);
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Settled {
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Bool)]
    is_right: bool,
}

/// As the provider: what is private as one proposed and another confirmed, and each credit note over what was accepted.
const SETTLED: &str = "\
    select coalesce(d.number_text, '') as number, \
      (not e.is_private or exists (select from dispute_entry p where p.tenant_id = e.tenant_id and p.dispute_id = e.dispute_id \
        and p.kind = 'propose-' || e.kind and p.by_id = e.proposed_by and p.by_name = e.proposed_name and p.by_id <> e.by_id \
        and p.amount_pence is not distinct from e.amount_pence and p.body = e.body)) \
      and (e.kind = 'reject' or exists (select from document c where c.tenant_id = e.tenant_id and c.id = e.credit_id \
        and c.corrects_id = l.document_id and c.net_pence = -e.amount_pence)) as is_right \
    from dispute_entry e \
    join line_dispute l on l.tenant_id = e.tenant_id and l.id = e.dispute_id \
    join document d on d.tenant_id = l.tenant_id and d.id = l.document_id \
    where e.provider_id = $1 and e.kind in ('accept', 'reject') order by e.id";

fn check_disputes(tx: &mut Tx<'_>, check: &mut Check) -> Result<()> {
    let settled: Vec<Settled> = diesel::sql_query(SETTLED).bind::<SqlUuid, _>(tx.actor()).load(tx.conn)?;
    for Settled { number, is_right } in settled {
        check.look((!is_right).then(|| format!("a dispute about {number} is not settled as it should be")));
    }
    Ok(())
}

#[derive(QueryableByName)]
struct View {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: AuthorityId,
    #[diesel(sql_type = SqlUuid)]
    provider_id: AuthorityId,
    #[diesel(sql_type = Text)]
    digest: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// The bilateral tables, and whether a row of one side's is seen by both only once it is shared.
const BILATERAL: &[(&str, bool)] = &[
    ("agreement", true),
    ("agreement_service", true),
    ("signature", false),
    ("tariff_version", true),
    ("usage_event", false),
    ("usage_fold", false),
    ("usage_day", false),
    ("usage_item", false),
    ("bill_run", true),
    ("document", true),
    ("document_line", true),
    ("line_dispute", false),
    ("dispute_entry", false),
    ("review_entry", false),
    ("remittance", false),
    ("remittance_entry", false),
    ("allocation", false),
    ("usage_intake", false),
    ("outturn", false),
    ("erased_case", false),
];

fn check_views(db: &Db, authorities: &[AuthorityId], check: &mut Check) -> Result<()> {
    for (table, is_drafted) in BILATERAL {
        let shared = if *is_drafted { "shared_at is not null" } else { "true" };
        let sql = format!(
            "select tenant_id, provider_id, count(*) as n, \
               encode(sha256(string_agg(r::text, E'\\n' order by r::text collate \"C\")::bytea), 'hex') as digest \
             from {table} r where {shared} and (tenant_id = $1 or provider_id = $1) group by 1, 2 order by 1, 2"
        );
        let mut seen: BTreeMap<(AuthorityId, AuthorityId), Vec<View>> = BTreeMap::new();
        for authority in authorities {
            let views: Vec<View> = db.scoped(Scope::own(*authority), |tx| {
                Ok(diesel::sql_query(&sql).bind::<SqlUuid, _>(authority).load(tx.conn)?)
            })?;
            for view in views {
                seen.entry((view.tenant_id, view.provider_id)).or_default().push(view);
            }
        }
        for ((consumer, provider), views) in seen {
            check.checked += views.iter().map(|view| view.n).max().unwrap_or(0);
            let is_same = match views.as_slice() {
                [one, other] => one.digest == other.digest,
                // What it did for itself.
                [_] => consumer == provider,
                _ => false,
            };
            if !is_same {
                check.breaches.push(format!("{provider} and {consumer} do not read the same rows of {table}"));
            }
        }
    }
    Ok(())
}

fn check_books(db: &Db, authorities: &[AuthorityId], check: &mut Check) -> Result<()> {
    // The server may be at work: what waited before or waits now is on its way.
    let mut waiting = on_their_way(db)?;
    let mut rows: Vec<BookRow> = Vec::new();
    for authority in authorities {
        rows.extend(db.scoped(Scope::own(*authority), |tx| {
            Ok(diesel::sql_query(BOOKED).bind::<SqlUuid, _>(tx.actor()).load::<BookRow>(tx.conn)?)
        })?);
    }
    waiting.extend(on_their_way(db)?);
    for row in rows {
        let waits = !row.is_provider && !row.is_booked && waiting.contains(&row.id);
        let side = if row.is_provider { "provider" } else { "consumer" };
        let number = row.number_text.as_deref().unwrap_or("a document");
        check.look((!row.is_right && !waits).then(|| format!("{number} is not in its {side}'s book as it was issued")));
    }
    Ok(())
}

fn on_their_way(db: &Db) -> Result<BTreeSet<Uuid>> {
    db.system("billing.verify", |conn| {
        let payloads: Vec<Value> = outbox::table
            .filter(outbox::topic.eq_any([Issued::NAME, Remitted::NAME]))
            .filter(outbox::dead_at.is_null())
            .select(outbox::payload)
            .load(conn)?;
        let id = |payload: Value| {
            let issued = serde_json::from_value::<Issued>(payload.clone()).map(|issued| issued.document_id);
            issued.or_else(|_| serde_json::from_value::<Remitted>(payload).map(|paid| paid.remittance_id)).ok()
        };
        Ok(payloads.into_iter().filter_map(id).collect())
    })
}

fn check_payments(db: &Db, authorities: &[AuthorityId], check: &mut Check) -> Result<()> {
    let mut waiting = on_their_way(db)?;
    let mut rows: Vec<PaymentRow> = Vec::new();
    for authority in authorities {
        rows.extend(db.scoped(Scope::own(*authority), |tx| {
            Ok(diesel::sql_query(PAID).bind::<SqlUuid, _>(tx.actor()).load::<PaymentRow>(tx.conn)?)
        })?);
    }
    waiting.extend(on_their_way(db)?);
    for row in rows {
        let waits = !row.is_provider && waiting.contains(&row.id);
        check.look(match (row.is_within, row.is_booked || waits) {
            (false, _) => Some(format!("{} is put against bills for more than it is", row.reference)),
            (_, false) => Some(format!("{} is not in a book as it was received", row.reference)),
            _ => None,
        });
    }
    Ok(())
}

#[derive(QueryableByName)]
struct PaymentRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = Bool)]
    is_provider: bool,
    #[diesel(sql_type = Bool)]
    is_within: bool,
    #[diesel(sql_type = Bool)]
    is_booked: bool,
}

/// The reader's own entries for each payment: nothing until it came, and nothing left once it went back.
const PAID: &str = "\
    select r.id, r.reference, r.provider_id = $1 as is_provider, \
      (select coalesce(sum(a.amount_pence), 0) between least(0, r.amount_pence) and greatest(0, r.amount_pence) \
        from allocation a \
        where a.tenant_id = r.tenant_id and a.remittance_id = r.id) as is_within, \
      (select coalesce(sum(p.amount_pence), 0) = case when e.came and not e.went \
          then case when r.provider_id = $1 then -r.amount_pence else r.amount_pence end else 0 end \
        from journal_entry j join posting p on p.tenant_id = j.tenant_id and p.entry_id = j.id \
        where j.tenant_id = $1 and j.source_id = r.id and p.account in ('receivable', 'payable')) as is_booked \
    from remittance r cross join lateral (select coalesce(bool_or(kind = 'receive'), false) as came, \
        coalesce(bool_or(kind = 'reverse'), false) as went \
      from remittance_entry x where x.tenant_id = r.tenant_id and x.remittance_id = r.id) e \
    where r.tenant_id = $1 or r.provider_id = $1 order by r.id";

#[derive(QueryableByName)]
struct BookRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
    number_text: Option<String>,
    #[diesel(sql_type = Bool)]
    is_provider: bool,
    #[diesel(sql_type = Bool)]
    is_booked: bool,
    #[diesel(sql_type = Bool)]
    is_right: bool,
}

/// The reader's own entry for each issued document, and whether it has the document's amounts on the right accounts.
const BOOKED: &str = "\
    select d.id, d.number_text, d.provider_id = $1 as is_provider, count(j.id) > 0 as is_booked, \
      count(distinct j.id) = 1 \
      and coalesce(sum(p.amount_pence) filter (where p.account in ('receivable', 'payable')), 0) \
          = case when d.provider_id = $1 then d.gross_pence else -d.gross_pence end \
      and coalesce(sum(p.amount_pence) filter (where p.account in ('income', 'expenditure')), 0) \
          = case when d.provider_id = $1 then -d.net_pence else d.net_pence end \
      and coalesce(sum(p.amount_pence) filter (where p.account in ('output-vat', 'input-vat')), 0) \
          = case when d.provider_id = $1 then -d.vat_pence else d.vat_pence end as is_right \
    from document d \
    left join journal_entry j on j.tenant_id = $1 and j.source_id = d.id and j.purpose = 'issue' \
    left join posting p on p.tenant_id = j.tenant_id and p.entry_id = j.id \
    where (d.tenant_id = $1 or d.provider_id = $1) and d.issued_at is not null \
    group by d.tenant_id, d.id order by d.id";
