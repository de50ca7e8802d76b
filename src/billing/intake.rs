//! Usage that was metered elsewhere: a batch from one of the two parties, idempotent by its source and the ids in it. An item
//! that an agreement counts becomes an event of usage on the day it happened; one that none counts waits where both see it,
//! and is tried again when somebody asks. A batch with anything wrong in it changes nothing.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use jiff::{Timestamp, ToSpan};
use jiff_diesel::ToDiesel;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::agreements::{self, Agreement, FED_METERS};
use crate::audit;
use crate::kernel::{Actor, AuthorityId, Pence, Quantity, billing_date, new_id};
use crate::metering::{self, NewUsage};
use crate::platform::schema::usage_intake;
use crate::platform::{Result, Tx};

/// The most items of one batch.
pub const MOST_ITEMS: usize = 1_000;
/// How far back an item may lie, in months.
const BACK_MONTHS: i32 = 24;

/// An item as it was written, whatever it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawItem {
    /// Its id in the system that it comes from.
    pub id: String,
    /// Slug of who is provided for.
    pub consumer: String,
    /// Slug of who provides.
    pub provider: String,
    /// Slug of the service.
    pub service: String,
    /// What is counted.
    pub meter: String,
    /// How much, with at most three decimals.
    pub quantity: String,
    /// What passed, in pounds; empty for nothing.
    pub value: String,
    /// When, as RFC 3339 has it.
    pub occurred_at: String,
    /// For people: a number by which both know it.
    pub reference: String,
    /// The id of the item that this one takes back; of such an item nothing else is read but the parties.
    pub reverses: String,
    /// Why it takes that back.
    pub reason: String,
}

/// What is wrong with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemFault {
    /// Which item, from 0.
    pub item: usize,
    /// Which of its fields.
    pub field: &'static str,
    /// The key of what is wrong.
    pub key: &'static str,
}

/// An item that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    source_ref: String,
    consumer: AuthorityId,
    provider: AuthorityId,
    sent: Sent,
}

/// What an item says, as it is kept: with it, a replay is told from another item of the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// Something to count.
    Count {
        /// Slug of the service.
        service: String,
        /// What is counted.
        meter: String,
        /// How much.
        quantity: Quantity,
        /// What passed.
        value: Pence,
        /// When.
        occurred_at: Timestamp,
        /// For people.
        reference: String,
    },
    /// Takes an item of the same source back.
    Reverse {
        /// Its id there.
        of: String,
        /// Why.
        reason: String,
    },
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is counted, by this event.
    Counted(Uuid),
    /// It came before: the event that counted it then, if one did.
    Known(Option<Uuid>),
    /// No agreement counts it, or what it takes back: it waits.
    Waits,
}

/// Reads the items of a batch that `me` sends, or says everything that is wrong with them.
///
/// # Errors
/// Every fault, by item and field.
pub fn read_items(
    raw: &[RawItem],
    me: AuthorityId,
    now: Timestamp,
    council: impl Fn(&str) -> Option<AuthorityId>,
) -> std::result::Result<Vec<Item>, Vec<ItemFault>> {
    let (mut items, mut faults) = (Vec::with_capacity(raw.len()), Vec::new());
    if raw.is_empty() || raw.len() > MOST_ITEMS {
        return Err(vec![ItemFault { item: 0, field: "items", key: "intake-many" }]);
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (item, raw) in raw.iter().enumerate() {
        let before = faults.len();
        let mut wrong = |field, key| faults.push(ItemFault { item, field, key });
        if !is_short(&raw.id, 100) {
            wrong("id", "intake-id");
        } else if seen.insert(&raw.id, item).is_some() {
            wrong("id", "intake-twice");
        }
        let (consumer, provider) = (council(&raw.consumer), council(&raw.provider));
        for (field, party) in [("consumer", consumer), ("provider", provider)] {
            if party.is_none() {
                wrong(field, "intake-council");
            }
        }
        if consumer.is_some()
            && provider.is_some()
            && (consumer == provider || ![consumer, provider].contains(&Some(me)))
        {
            wrong("consumer", "intake-parties");
        }
        let sent = if raw.reverses.is_empty() { count(raw, now, &mut wrong) } else { reverse(raw, &mut wrong) };
        if let (Some(consumer), Some(provider), Some(sent)) = (consumer, provider, sent)
            && faults.len() == before
        {
            items.push(Item { source_ref: raw.id.clone(), consumer, provider, sent });
        }
    }
    if faults.is_empty() { Ok(items) } else { Err(faults) }
}

fn is_short(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

fn count(raw: &RawItem, now: Timestamp, wrong: &mut impl FnMut(&'static str, &'static str)) -> Option<Sent> {
    if !is_short(&raw.service, 100) {
        wrong("service", "intake-service");
    }
    if !FED_METERS.contains(&raw.meter.as_str()) {
        wrong("meter", "intake-meter");
    }
    let quantity = Quantity::parse(&raw.quantity).ok().filter(|quantity| quantity.0 > 0);
    if quantity.is_none() {
        wrong("quantity", "intake-quantity");
    }
    let value = if raw.value.is_empty() { Some(Pence(0)) } else { Pence::parse(&raw.value).ok().filter(|v| v.0 >= 0) };
    if value.is_none() {
        wrong("value", "intake-value");
    }
    let at: Option<Timestamp> = raw.occurred_at.parse().ok();
    let oldest = billing_date(now).saturating_sub(BACK_MONTHS.months());
    let at = at.filter(|at| *at <= now && billing_date(*at) >= oldest);
    if at.is_none() {
        wrong("occurred_at", "intake-occurred");
    }
    if !raw.reference.is_empty() && !is_short(&raw.reference, 60) {
        wrong("reference", "intake-reference");
    }
    if !raw.reason.is_empty() {
        wrong("reason", "intake-reason-alone");
    }
    Some(Sent::Count {
        service: raw.service.clone(),
        meter: raw.meter.clone(),
        quantity: quantity?,
        value: value?,
        occurred_at: at?,
        reference: if raw.reference.is_empty() { raw.id.clone() } else { raw.reference.clone() },
    })
}

fn reverse(raw: &RawItem, wrong: &mut impl FnMut(&'static str, &'static str)) -> Option<Sent> {
    if !is_short(&raw.reverses, 100) || raw.reverses == raw.id {
        wrong("reverses", "intake-reverses");
    }
    if !is_short(&raw.reason, 200) {
        wrong("reason", "intake-reason");
    }
    for (field, text) in [("quantity", &raw.quantity), ("value", &raw.value), ("occurred_at", &raw.occurred_at)] {
        if !text.is_empty() {
            wrong(field, "intake-reversal-alone");
        }
    }
    Some(Sent::Reverse { of: raw.reverses.clone(), reason: raw.reason.clone() })
}

/// Takes a batch in, as one of the parties to each of its items; says what became of each. The same batch again changes
/// nothing and says the same events.
///
/// # Errors
/// The faults that only what is known already shows: an id with another content, something that is taken back and never
/// came, or came back before. The database's.
pub fn take_in(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    source: &str,
    items: &[Item],
) -> Result<std::result::Result<Vec<Taken>, Vec<ItemFault>>> {
    lock(tx)?;
    let held = held(tx, source, items)?;
    let mut faults = Vec::new();
    let mut partners: BTreeMap<(AuthorityId, AuthorityId), bool> = BTreeMap::new();
    for (n, item) in items.iter().enumerate() {
        let pair = (item.consumer, item.provider);
        let is_known = match partners.get(&pair) {
            Some(known) => *known,
            None => agreements::are_partners(tx, pair.0, pair.1)?,
        };
        partners.insert(pair, is_known);
        if !is_known {
            faults.push(ItemFault { item: n, field: "provider", key: "intake-strangers" });
        }
    }
    let in_batch: HashMap<&str, &Item> = items.iter().map(|item| (item.source_ref.as_str(), item)).collect();
    let mut reversed: Vec<&str> = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let mut wrong = |field, key| faults.push(ItemFault { item: n, field, key });
        match held.get(&item.source_ref) {
            Some(held) if (held.consumer, held.provider, &held.sent) != (item.consumer, item.provider, &item.sent) => {
                wrong("id", "intake-other");
            }
            Some(_) => {}
            None => {
                if let Sent::Reverse { of, .. } = &item.sent {
                    let parties = held.get(of).map(|held| (held.consumer, held.provider, &held.sent));
                    let parties =
                        parties.or_else(|| in_batch.get(of.as_str()).map(|i| (i.consumer, i.provider, &i.sent)));
                    match parties {
                        Some((consumer, provider, Sent::Count { .. }))
                            if (consumer, provider) == (item.consumer, item.provider) => {}
                        _ => wrong("reverses", "intake-reverses"),
                    }
                    let is_gone = held.get(of).is_some_and(|held| held.is_reversed) || reversed.contains(&of.as_str());
                    if is_gone {
                        wrong("reverses", "intake-reversed");
                    }
                    reversed.push(of);
                }
            }
        }
    }
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let fresh: Vec<Waiting> = items
        .iter()
        .filter(|item| !held.contains_key(&item.source_ref))
        .map(|item| Waiting { id: new_id(now), source: source.to_owned(), item: item.clone() })
        .collect();
    let agreements = agreements::list(tx)?;
    put(tx, now, &agreements, &held, &fresh)?;
    let counted = count_all(tx, now, &agreements, &fresh)?;
    if !fresh.is_empty() {
        let entry = audit::Entry {
            action: "usage.take-in",
            subject_kind: "usage",
            subject_id: fresh.first().map_or(Uuid::nil(), |waiting| waiting.id),
            subject_label: &format!("{source}: {}", fresh.len()),
            purpose: "usage that was metered elsewhere",
            handler: None,
        };
        audit::record(tx, now, by, &entry)?;
    }
    let became = |item: &Item| match held.get(&item.source_ref) {
        Some(held) => Taken::Known(held.event),
        None => {
            let waiting = fresh.iter().find(|waiting| waiting.item.source_ref == item.source_ref);
            waiting.and_then(|w| counted.get(&w.id)).map_or(Taken::Waits, |event| Taken::Counted(*event))
        }
    };
    Ok(Ok(items.iter().map(became).collect()))
}

/// An item that came and is not counted yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Of its row.
    pub id: Uuid,
    /// Where it comes from.
    pub source: String,
    item: Item,
}

impl Waiting {
    /// What it says.
    #[must_use]
    pub fn sent(&self) -> &Sent {
        &self.item.sent
    }

    /// Its id where it comes from.
    #[must_use]
    pub fn source_ref(&self) -> &str {
        &self.item.source_ref
    }

    /// Who is provided for, and who provides.
    #[must_use]
    pub fn parties(&self) -> (AuthorityId, AuthorityId) {
        (self.item.consumer, self.item.provider)
    }
}

/// An item that came before.
struct Held {
    consumer: AuthorityId,
    provider: AuthorityId,
    sent: Sent,
    /// Under which it was counted when it came.
    agreement_id: Option<Uuid>,
    event: Option<Uuid>,
    is_reversed: bool,
}

/// What came from a source before: of these ids, and of those that they take back.
fn held(tx: &mut Tx<'_>, source: &str, items: &[Item]) -> Result<HashMap<String, Held>> {
    type Row = (Uuid, AuthorityId, AuthorityId, String, serde_json::Value, Option<Uuid>);
    let taken_back = items.iter().filter_map(|item| match &item.sent {
        Sent::Reverse { of, .. } => Some(of.clone()),
        Sent::Count { .. } => None,
    });
    let refs: Vec<String> = items.iter().map(|item| item.source_ref.clone()).chain(taken_back).collect();
    let me = tx.actor();
    let rows: Vec<Row> = usage_intake::table
        .filter(usage_intake::tenant_id.eq(me).or(usage_intake::provider_id.eq(me)))
        .filter(usage_intake::party_id.eq(me))
        .filter(usage_intake::source.eq(source))
        .filter(usage_intake::source_ref.eq_any(refs))
        .select((
            usage_intake::id,
            usage_intake::tenant_id,
            usage_intake::provider_id,
            usage_intake::source_ref,
            usage_intake::payload,
            usage_intake::agreement_id,
        ))
        .load(tx.conn)?;
    let ids: Vec<Uuid> = rows.iter().map(|(id, ..)| *id).collect();
    let events = metering::events_of(tx, &ids)?;
    let mut held = HashMap::new();
    for (id, consumer, provider, source_ref, payload, agreement_id) in rows {
        let event = events.get(&id).copied();
        let sent = serde_json::from_value(payload).map_err(anyhow::Error::from)?;
        let is_reversed = event.is_some_and(|(_, is_reversed)| is_reversed);
        let event = event.map(|(id, _)| id);
        held.insert(source_ref, Held { consumer, provider, sent, agreement_id, event, is_reversed });
    }
    Ok(held)
}

/// Keeps what came, with the agreement that counts it: for what takes an item back, that item's, if it is counted.
fn put(
    tx: &mut Tx<'_>,
    now: Timestamp,
    agreements: &[Agreement],
    held: &HashMap<String, Held>,
    items: &[Waiting],
) -> Result<()> {
    let in_batch: HashMap<&str, &Item> = items.iter().map(|waiting| (waiting.source_ref(), &waiting.item)).collect();
    let under = |item: &Item| match &item.sent {
        Sent::Count { .. } => counting(agreements, item).map(|agreement| agreement.id),
        Sent::Reverse { of, .. } => match (held.get(of), in_batch.get(of.as_str())) {
            (Some(held), _) => held.agreement_id,
            (None, Some(counted)) => counting(agreements, counted).map(|agreement| agreement.id),
            (None, None) => None,
        },
    };
    let mut by_consumer: BTreeMap<AuthorityId, Vec<&Waiting>> = BTreeMap::new();
    for waiting in items {
        by_consumer.entry(waiting.item.consumer).or_default().push(waiting);
    }
    for (consumer, items) in by_consumer {
        let mut rows = Vec::with_capacity(items.len());
        for waiting in items {
            rows.push((
                usage_intake::tenant_id.eq(consumer),
                usage_intake::id.eq(waiting.id),
                usage_intake::provider_id.eq(waiting.item.provider),
                usage_intake::source.eq(&waiting.source),
                usage_intake::source_ref.eq(&waiting.item.source_ref),
                usage_intake::payload.eq(serde_json::to_value(&waiting.item.sent).map_err(anyhow::Error::from)?),
                usage_intake::agreement_id.eq(under(&waiting.item)),
                usage_intake::received_at.eq(now.to_diesel()),
            ));
        }
        tx.turned(consumer, |tx| {
            diesel::insert_into(usage_intake::table).values(rows).execute(tx.conn)?;
            Ok(())
        })?;
    }
    Ok(())
}

/// The agreement that counts an item: it binds on its day and names its service and meter.
fn counting<'a>(agreements: &'a [Agreement], item: &Item) -> Option<&'a Agreement> {
    let Sent::Count { service, meter, occurred_at, .. } = &item.sent else { return None };
    let day = billing_date(*occurred_at);
    agreements.iter().find(|agreement| {
        (agreement.consumer, agreement.provider) == (item.consumer, item.provider)
            && agreement.binds().is_some_and(|binds| binds.holds(day))
            && agreement.services.iter().any(|part| part.slug == *service && part.meter == *meter)
    })
}

/// Counts what an agreement counts, then takes back what can be; says the events, by the items' rows.
fn count_all(
    tx: &mut Tx<'_>,
    now: Timestamp,
    agreements: &[Agreement],
    items: &[Waiting],
) -> Result<HashMap<Uuid, Uuid>> {
    let mut counted = HashMap::new();
    for waiting in items {
        let Sent::Count { service, meter, quantity, value, occurred_at, reference } = &waiting.item.sent else {
            continue;
        };
        let Some(agreement) = counting(agreements, &waiting.item) else { continue };
        let usage = NewUsage {
            provider: agreement.provider,
            agreement_id: agreement.id,
            service,
            meter,
            source_id: waiting.id,
            subject_id: waiting.id,
            reference,
            quantity: *quantity,
            value: *value,
            reversed_when: &[],
            is_private: false,
        };
        let event = tx.turned(agreement.consumer, |tx| metering::record_past(tx, now, *occurred_at, &usage))?;
        counted.insert(waiting.id, event);
    }
    for waiting in items {
        let Sent::Reverse { of, reason } = &waiting.item.sent else { continue };
        let (me, consumer) = (tx.actor(), waiting.item.consumer);
        let of: Vec<Uuid> = usage_intake::table
            .filter(usage_intake::tenant_id.eq(consumer))
            .filter(usage_intake::provider_id.eq(waiting.item.provider))
            .filter(usage_intake::party_id.eq(me))
            .filter(usage_intake::source.eq(&waiting.source))
            .filter(usage_intake::source_ref.eq(of))
            .select(usage_intake::id)
            .load(tx.conn)?;
        let Some((event, false)) = metering::events_of(tx, &of)?.into_values().next() else { continue };
        let reversal = tx.turned(consumer, |tx| metering::reverse_event(tx, now, event, waiting.id, reason))?;
        counted.insert(waiting.id, reversal);
    }
    Ok(counted)
}

/// What came and no agreement counts, of the acting authority's, on either side, oldest first.
///
/// # Errors
/// The database's.
pub fn waiting(tx: &mut Tx<'_>, most: usize) -> Result<Vec<Waiting>> {
    let mut all = not_counted(tx, false)?;
    all.truncate(most);
    Ok(all)
}

/// Tries again what waits and was sent by the acting authority; says how much is counted now.
///
/// # Errors
/// The database's.
pub fn try_again(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize> {
    lock(tx)?;
    let (agreements, mine) = (agreements::list(tx)?, not_counted(tx, true)?);
    Ok(count_all(tx, now, &agreements, &mine)?.len())
}

/// What had to wait when it came and is not counted yet; of what came from the acting authority alone, or of both sides.
fn not_counted(tx: &mut Tx<'_>, is_mine: bool) -> Result<Vec<Waiting>> {
    let me = tx.actor();
    let mut query = usage_intake::table
        .filter(usage_intake::tenant_id.eq(me).or(usage_intake::provider_id.eq(me)))
        .filter(usage_intake::agreement_id.is_null())
        .order((usage_intake::received_at, usage_intake::id))
        .select((
            usage_intake::id,
            usage_intake::tenant_id,
            usage_intake::provider_id,
            usage_intake::source,
            usage_intake::source_ref,
            usage_intake::payload,
        ))
        .into_boxed();
    if is_mine {
        query = query.filter(usage_intake::party_id.eq(me));
    }
    let rows: Vec<(Uuid, AuthorityId, AuthorityId, String, String, serde_json::Value)> = query.load(tx.conn)?;
    let ids: Vec<Uuid> = rows.iter().map(|(id, ..)| *id).collect();
    let counted = metering::events_of(tx, &ids)?;
    rows.into_iter()
        .filter(|(id, ..)| !counted.contains_key(id))
        .map(|(id, consumer, provider, source, source_ref, payload)| {
            let sent = serde_json::from_value(payload).map_err(anyhow::Error::from)?;
            Ok(Waiting { id, source, item: Item { source_ref, consumer, provider, sent } })
        })
        .collect()
}

/// One party's batches come in one after the other.
fn lock(tx: &mut Tx<'_>) -> Result<()> {
    let me = tx.actor();
    tx.lock("billing.intake", &[me.0])
}
