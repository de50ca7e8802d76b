//! Writing usage, in the transaction of the act.

use std::collections::HashMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use crate::kernel::{AuthorityId, Pence, Quantity, billing_date, new_id};
use crate::platform::schema::{usage_event, usage_pending};
use crate::platform::{Result, Tx, execute_prepared};

/// An act to be counted.
#[derive(Clone, Debug)]
pub struct NewUsage<'a> {
    /// Who provided.
    pub provider: AuthorityId,
    /// Under which agreement.
    pub agreement_id: Uuid,
    /// Slug of the service.
    pub service: &'a str,
    /// What is counted.
    pub meter: &'a str,
    /// The case event that is the act: with the meter, what makes this usage one of a kind.
    pub source_id: Uuid,
    /// The case.
    pub subject_id: Uuid,
    /// The case's reference.
    pub reference: &'a str,
    /// How much.
    pub quantity: Quantity,
    /// What passed, where a price is a share of it; else nothing.
    pub value: Pence,
    /// Why it may be taken back, as the agreement says now: kept, so that a later variation changes nothing here.
    pub reversed_when: &'a [String],
    /// Of a sensitive service: whoever reads a bill learns the month, how many, and a number that says nothing.
    pub is_private: bool,
}

/// Counts an act of now, for the tenant whose rows are being worked on.
///
/// # Errors
/// The database's: an act that was counted before, a party that has nothing to do with it.
pub fn record(tx: &mut Tx<'_>, now: Timestamp, usage: &NewUsage<'_>) -> Result<()> {
    record_past(tx, now, now, usage).map(drop)
}

/// Counts an act of another moment, for the day on which it happened; says the event's id.
///
/// # Errors
/// As [`record`].
pub fn record_past(tx: &mut Tx<'_>, now: Timestamp, occurred_at: Timestamp, usage: &NewUsage<'_>) -> Result<Uuid> {
    let id = event_id(now, usage.is_private);
    // A number of its own, by which two officers who may know find the case.
    let reference =
        if usage.is_private { format!("P-{}", &id.simple().to_string()[..10]) } else { usage.reference.to_owned() };
    let row = Row {
        tenant_id: tx.tenant(),
        id,
        provider_id: usage.provider,
        agreement_id: usage.agreement_id,
        service: usage.service.to_owned(),
        meter: usage.meter.to_owned(),
        source_id: usage.source_id,
        subject_id: usage.subject_id,
        reference,
        quantity: usage.quantity,
        value_pence: usage.value,
        reversed_when: serde_json::json!(usage.reversed_when),
        occurred_at: occurred_at.into(),
        billing_date: billing_date(occurred_at).into(),
        recorded_at: now.into(),
        reversal_of: None,
        reason: None,
        is_private: usage.is_private,
    };
    insert(tx, &[row])?;
    Ok(id)
}

/// Takes one count back, whatever its agreement says of reasons; `source_id` is the act that does so. Says the reversal's id.
///
/// # Errors
/// [`Error::NotFound`](crate::platform::Error::NotFound) for no such count; the database's if it was taken back before.
pub fn reverse_event(tx: &mut Tx<'_>, now: Timestamp, event: Uuid, source_id: Uuid, reason: &str) -> Result<Uuid> {
    let counted: Row = usage_event::table.find((tx.tenant(), event)).select(Row::as_select()).first(tx.conn)?;
    let id = event_id(now, counted.is_private);
    let reversal = Row {
        id,
        source_id,
        quantity: -counted.quantity,
        value_pence: -counted.value_pence,
        occurred_at: now.to_diesel(),
        recorded_at: now.to_diesel(),
        reversal_of: Some(event),
        reason: Some(reason.to_owned()),
        ..counted
    };
    insert(tx, &[reversal])?;
    Ok(id)
}

/// The events of these acts, as either party: by the act's id, the event and whether it was taken back.
///
/// # Errors
/// The database's.
pub fn events_of(tx: &mut Tx<'_>, sources: &[Uuid]) -> Result<HashMap<Uuid, (Uuid, bool)>> {
    let me = tx.actor();
    let undone = diesel::alias!(usage_event as undone);
    let is_undone = exists(
        undone
            .filter(undone.field(usage_event::tenant_id).eq(usage_event::tenant_id))
            .filter(undone.field(usage_event::reversal_of).eq(usage_event::id.nullable())),
    );
    let rows: Vec<(Uuid, Uuid, bool)> = usage_event::table
        .filter(usage_event::tenant_id.eq(me).or(usage_event::provider_id.eq(me)))
        .filter(usage_event::source_id.eq_any(sources))
        .select((usage_event::source_id, usage_event::id, is_undone))
        .load(tx.conn)?;
    Ok(rows.into_iter().map(|(source, event, is_undone)| (source, (event, is_undone))).collect())
}

/// Takes back what was counted for a case, where the agreement says that this reason does; `source_id` is the case event
/// that returned it. Says how many counts were taken back.
///
/// # Errors
/// The database's.
pub fn reverse(tx: &mut Tx<'_>, now: Timestamp, subject_id: Uuid, source_id: Uuid, reason: &str) -> Result<usize> {
    let undone = diesel::alias!(usage_event as undone);
    let live: Vec<Row> = usage_event::table
        .filter(usage_event::tenant_id.eq(tx.tenant()))
        .filter(usage_event::subject_id.eq(subject_id))
        .filter(usage_event::reversal_of.is_null())
        .filter(not(exists(
            undone
                .filter(undone.field(usage_event::tenant_id).eq(usage_event::tenant_id))
                .filter(undone.field(usage_event::reversal_of).eq(usage_event::id.nullable())),
        )))
        .order(usage_event::id)
        .select(Row::as_select())
        .load(tx.conn)?;
    let reversals: Vec<Row> = live
        .into_iter()
        .filter(|event| event.reversed_when.as_array().is_some_and(|reasons| reasons.iter().any(|r| r == reason)))
        .map(|event| Row {
            id: event_id(now, event.is_private),
            source_id,
            quantity: -event.quantity,
            value_pence: -event.value_pence,
            occurred_at: now.to_diesel(),
            recorded_at: now.to_diesel(),
            reversal_of: Some(event.id),
            reason: Some(reason.to_owned()),
            ..event
        })
        .collect();
    if !reversals.is_empty() {
        insert(tx, &reversals)?;
    }
    Ok(reversals.len())
}

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = usage_event)]
struct Row {
    tenant_id: AuthorityId,
    id: Uuid,
    provider_id: AuthorityId,
    agreement_id: Uuid,
    service: String,
    meter: String,
    source_id: Uuid,
    subject_id: Uuid,
    reference: String,
    quantity: Quantity,
    value_pence: Pence,
    reversed_when: serde_json::Value,
    occurred_at: jiff_diesel::Timestamp,
    billing_date: jiff_diesel::Date,
    recorded_at: jiff_diesel::Timestamp,
    reversal_of: Option<Uuid>,
    reason: Option<String>,
    is_private: bool,
}

/// Ids tell when they were made, but for those that must not.
fn event_id(now: Timestamp, is_private: bool) -> Uuid {
    if is_private { uuid::Builder::from_random_bytes(rand::random()).into_uuid() } else { new_id(now) }
}

fn insert(tx: &mut Tx<'_>, rows: &[Row]) -> Result<()> {
    let events = diesel::insert_into(usage_event::table).values(rows);
    execute_prepared(tx.conn, events)?;
    let pending: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                usage_pending::tenant_id.eq(row.tenant_id),
                usage_pending::event_id.eq(row.id),
                usage_pending::provider_id.eq(row.provider_id),
                usage_pending::agreement_id.eq(row.agreement_id),
                usage_pending::service.eq(&row.service),
                usage_pending::meter.eq(&row.meter),
                usage_pending::quantity.eq(row.quantity),
                usage_pending::value_pence.eq(row.value_pence),
                usage_pending::billing_date.eq(row.billing_date),
            )
        })
        .collect();
    let pending = diesel::insert_into(usage_pending::table).values(pending);
    execute_prepared(tx.conn, pending)?;
    Ok(())
}
