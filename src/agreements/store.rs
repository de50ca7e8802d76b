//! The tables `agreement`, `agreement_service` and `signature`.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Date as SqlDate, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::meters::{CLOSED, CLOSED_AS};
use super::model::takes_effect;
use super::{Agreement, AgreementFile, Kind, ServiceLevel, ServicePart, Signature, SignaturePart, Term};
use crate::audit;
use crate::kernel::seal::sha256_hex;
use crate::kernel::{Actor, AuthorityId, billing_date, new_id};
use crate::platform::schema::{agreement, agreement_service, signature};
use crate::platform::{Error, Result, Tx, load_prepared};

/// An agreement put forward.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// The id of its newest variation.
    pub id: Uuid,
    /// Which variation that is.
    pub variation: i32,
    /// Whether it was made just now; otherwise the newest already says the same.
    pub is_new: bool,
}

/// Puts a file's agreement forward, as its provider: a new variation unless the newest says the same. `prices_hash`
/// stands for the prices, which are signed with the rest.
///
/// # Errors
/// The database's.
pub fn put_offer(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    consumer: AuthorityId,
    file: &AgreementFile,
    prices_hash: &str,
) -> Result<Offer> {
    let provider = tx.actor();
    let data_protection = serde_json::to_value(&file.data_protection).map_err(anyhow::Error::from)?;
    let running = serde_json::to_value(&file.running).map_err(anyhow::Error::from)?;
    let service_levels = serde_json::to_value(&file.service_levels).map_err(anyhow::Error::from)?;
    // In whatever order they are written, they say the same.
    let mut services = file.services.clone();
    services.sort_by(|a, b| (&a.slug, &a.meter).cmp(&(&b.slug, &b.meter)));
    let content = serde_json::json!([
        provider,
        consumer,
        file.reference,
        file.kind,
        file.title,
        file.legal_basis,
        file.payment_terms_days,
        file.purchase_order,
        file.running,
        file.term.from,
        file.term.until,
        services,
        file.service_levels,
        file.data_protection,
        prices_hash,
    ]);
    let content_hash = sha256_hex(content.to_string().as_bytes());
    tx.turned(consumer, |tx| {
        let newest: Option<(Uuid, i32, String)> = agreement::table
            .filter(agreement::tenant_id.eq(consumer))
            .filter(agreement::provider_id.eq(provider))
            .filter(agreement::reference.eq(&file.reference))
            .order(agreement::variation.desc())
            .select((agreement::id, agreement::variation, agreement::content_hash))
            .first(tx.conn)
            .optional()?;
        if let Some((id, variation, _)) = newest.as_ref().filter(|(.., hash)| *hash == content_hash) {
            return Ok(Offer { id: *id, variation: *variation, is_new: false });
        }
        let (id, variation) = (new_id(now), newest.map_or(1, |(_, last, _)| last + 1));
        diesel::insert_into(agreement::table)
            .values((
                agreement::tenant_id.eq(consumer),
                agreement::id.eq(id),
                agreement::provider_id.eq(provider),
                agreement::author_id.eq(provider),
                agreement::shared_at.eq(now.to_diesel()),
                agreement::reference.eq(&file.reference),
                agreement::variation.eq(variation),
                agreement::kind.eq(file.kind.word()),
                agreement::title.eq(&file.title),
                agreement::legal_basis.eq(&file.legal_basis),
                agreement::payment_terms_days.eq(i32::from(file.payment_terms_days)),
                agreement::purchase_order.eq(&file.purchase_order),
                agreement::running.eq(running),
                agreement::service_levels.eq(service_levels),
                agreement::term_from.eq(file.term.from.to_diesel()),
                agreement::term_until.eq(file.term.until.to_diesel()),
                agreement::data_protection.eq(data_protection),
                agreement::content_hash.eq(content_hash),
                agreement::created_at.eq(now.to_diesel()),
            ))
            .execute(tx.conn)?;
        let services: Vec<_> = file
            .services
            .iter()
            .map(|service| {
                (
                    agreement_service::tenant_id.eq(consumer),
                    agreement_service::agreement_id.eq(id),
                    agreement_service::provider_id.eq(provider),
                    agreement_service::service.eq(&service.slug),
                    agreement_service::meter.eq(&service.meter),
                    agreement_service::outcomes.eq(serde_json::json!(service.outcomes)),
                    agreement_service::reversed_when.eq(serde_json::json!(service.reversed_when)),
                    agreement_service::author_id.eq(provider),
                    agreement_service::shared_at.eq(now.to_diesel()),
                )
            })
            .collect();
        diesel::insert_into(agreement_service::table).values(services).execute(tx.conn)?;
        record(tx, now, by, "agreement.offer", id, &file.reference, "put forward for signature")?;
        Ok(Offer { id, variation, is_new: true })
    })
}

/// Records a signature given on paper, as the party that gave it; says whether it is a new one. A signature already
/// recorded for an earlier variation was given for that text and is not taken for this one.
///
/// # Errors
/// [`Error::NotFound`] if the acting authority is no party to the agreement.
pub fn put_signature(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    consumer: AuthorityId,
    agreement_id: Uuid,
    paper: &SignaturePart,
) -> Result<bool> {
    let party = tx.actor();
    tx.turned(consumer, |tx| {
        let (provider, reference, content_hash): (AuthorityId, String, String) = agreement::table
            .find((consumer, agreement_id))
            .select((agreement::provider_id, agreement::reference, agreement::content_hash))
            .first(tx.conn)?;
        let known: bool = diesel::select(diesel::dsl::exists(
            signature::table
                .inner_join(
                    agreement::table.on(agreement::tenant_id
                        .eq(signature::tenant_id)
                        .and(agreement::id.eq(signature::agreement_id))),
                )
                .filter(signature::tenant_id.eq(consumer))
                .filter(signature::party_id.eq(party))
                .filter(agreement::provider_id.eq(provider))
                .filter(agreement::reference.eq(&reference))
                .filter(
                    signature::name
                        .eq(&paper.name)
                        .and(signature::signed_on.eq(paper.signed_on.to_diesel()))
                        .and(signature::document.eq(&paper.document))
                        .or(signature::agreement_id.eq(agreement_id).and(signature::content_hash.eq(&content_hash))),
                ),
        ))
        .get_result(tx.conn)?;
        if known {
            return Ok(false);
        }
        diesel::insert_into(signature::table)
            .values((
                signature::tenant_id.eq(consumer),
                signature::id.eq(new_id(now)),
                signature::agreement_id.eq(agreement_id),
                signature::provider_id.eq(provider),
                signature::party_id.eq(party),
                signature::kind.eq("paper"),
                signature::name.eq(&paper.name),
                signature::office.eq(&paper.office),
                signature::signed_on.eq(paper.signed_on.to_diesel()),
                signature::document.eq(&paper.document),
                signature::content_hash.eq(content_hash),
                signature::recorded_at.eq(now.to_diesel()),
            ))
            .execute(tx.conn)?;
        record(tx, now, by, "agreement.sign", agreement_id, &reference, "a signature given on paper")?;
        Ok(true)
    })
}

/// Signs an agreement here, as one of its parties, for exactly the content that was shown. Who may sign, and proving that
/// it is them, is the caller's business.
///
/// # Errors
/// [`Error::NotFound`] if the acting authority is no party to it; [`Error::Conflict`] if it was signed before, its term is
/// over, or the content is not the one that was shown.
pub fn sign(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, office: &str, content_hash: &str) -> Result<()> {
    let party = tx.actor();
    let agreement = read(tx, id)?;
    let today = billing_date(now);
    if agreement.signed_by(party).is_some() || today >= agreement.term.until || agreement.content_hash != content_hash {
        return Err(Error::Conflict("error-conflict-state".to_owned()));
    }
    tx.turned(agreement.consumer, |tx| {
        diesel::insert_into(signature::table)
            .values((
                signature::tenant_id.eq(agreement.consumer),
                signature::id.eq(new_id(now)),
                signature::agreement_id.eq(id),
                signature::provider_id.eq(agreement.provider),
                signature::party_id.eq(party),
                signature::kind.eq("electronic"),
                signature::name.eq(&by.name),
                signature::office.eq(office),
                signature::signed_on.eq(today.to_diesel()),
                signature::content_hash.eq(content_hash),
                signature::recorded_at.eq(now.to_diesel()),
            ))
            .execute(tx.conn)?;
        record(tx, now, by, "agreement.sign", id, &agreement.reference, "signed here, with password and code")
    })
}

fn record(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    action: &'static str,
    id: Uuid,
    label: &str,
    purpose: &str,
) -> Result<()> {
    let entry = audit::Entry {
        action,
        subject_kind: "agreement",
        subject_id: id,
        subject_label: label,
        purpose,
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

/// An agreement that binds on a day, for one service.
#[derive(Clone, Debug)]
pub struct InForce {
    /// Its id.
    pub agreement_id: Uuid,
    /// Who provides the service.
    pub provider: AuthorityId,
    /// What both parties call it.
    pub reference: String,
    /// What is counted.
    pub meters: Vec<MeterRule>,
}

/// What an agreement counts of a service.
#[derive(Clone, Debug)]
pub struct MeterRule {
    /// Which event.
    pub meter: String,
    /// Of closings, those with one of these outcomes; all of them if there are none.
    pub outcomes: Vec<String>,
    /// Why a count is taken back.
    pub reversed_when: Vec<String>,
}

impl MeterRule {
    /// Whether it counts an act of a kind, one of [`METERS`](super::METERS), and of an outcome if it has one.
    #[must_use]
    pub fn counts(&self, act: &str, outcome: Option<&str>) -> bool {
        let is_of_kind = self.meter == act || act == CLOSED && self.meter.starts_with(CLOSED_AS);
        is_of_kind && (self.outcomes.is_empty() || outcome.is_some_and(|o| self.outcomes.iter().any(|of| of == o)))
    }
}

#[derive(QueryableByName)]
struct SignedRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    provider_id: AuthorityId,
    #[diesel(sql_type = Text)]
    reference: String,
    #[diesel(sql_type = Integer)]
    variation: i32,
    #[diesel(sql_type = SqlDate)]
    term_from: jiff_diesel::Date,
    #[diesel(sql_type = SqlDate)]
    term_until: jiff_diesel::Date,
    #[diesel(sql_type = Timestamptz)]
    last_recorded: jiff_diesel::Timestamp,
    /// None where this variation leaves the service out.
    #[diesel(sql_type = Nullable<Text>)]
    meter: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    outcomes: Option<serde_json::Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    reversed_when: Option<serde_json::Value>,
    #[diesel(sql_type = Jsonb)]
    service_levels: serde_json::Value,
}

/// The agreement under which somebody else provides a service for the acting authority on a day: signed by both, its
/// term holds the day, and no later variation binds yet, whatever that one's term or services are. One statement.
///
/// # Errors
/// The database's.
pub fn in_force(tx: &mut Tx<'_>, service: &str, on: Date) -> Result<Option<InForce>> {
    let signed = diesel::sql_query(
        "select distinct a.id, a.provider_id, a.reference, a.variation, a.term_from, a.term_until, g.last_recorded, \
           s.meter, s.outcomes, s.reversed_when, a.service_levels \
         from agreement_service p \
         join agreement o on o.tenant_id = p.tenant_id and o.id = p.agreement_id \
         join agreement a on a.tenant_id = o.tenant_id and a.provider_id = o.provider_id and a.reference = o.reference \
         join lateral (select max(recorded_at) as last_recorded from signature \
           where tenant_id = a.tenant_id and agreement_id = a.id and content_hash = a.content_hash \
           having count(distinct party_id) = 2) g on true \
         left join agreement_service s on s.tenant_id = a.tenant_id and s.agreement_id = a.id and s.service = p.service \
         where p.tenant_id = $1 and p.service = $2 and a.term_from <= $3 \
         order by a.reference, a.provider_id, a.variation desc, s.meter",
    )
    .bind::<SqlUuid, _>(tx.tenant())
    .bind::<Text, _>(service)
    .bind::<SqlDate, _>(on.to_diesel());
    let mut rows: Vec<SignedRow> = load_prepared(tx.conn, signed)?;
    rows.retain(|row| takes_effect(row.variation, row.term_from.into(), row.last_recorded.into()) <= on);
    // The newest variation speaks for its agreement, also where its term is over or it leaves the service out.
    let is_newest = |row: &SignedRow| {
        let family = |other: &&SignedRow| (other.provider_id, &other.reference) == (row.provider_id, &row.reference);
        rows.iter().find(family).is_some_and(|newest| newest.id == row.id)
    };
    let provides = |row: &&SignedRow| row.meter.is_some() && on < Date::from(row.term_until) && is_newest(row);
    let Some(id) = rows.iter().find(provides).map(|row| row.id) else { return Ok(None) };
    let mut found: Option<InForce> = None;
    let mut levels: Vec<ServiceLevel> = Vec::new();
    for row in rows.into_iter().filter(|row| row.id == id) {
        levels = serde_json::from_value(row.service_levels).map_err(anyhow::Error::from)?;
        let (Some(meter), Some(outcomes), Some(reasons)) = (row.meter, row.outcomes, row.reversed_when) else {
            continue;
        };
        let rule = MeterRule { meter, outcomes: strings(outcomes)?, reversed_when: strings(reasons)? };
        found
            .get_or_insert_with(|| InForce {
                agreement_id: row.id,
                provider: row.provider_id,
                reference: row.reference,
                meters: Vec::new(),
            })
            .meters
            .push(rule);
    }
    if let Some(found) = &mut found {
        for level in levels.iter().filter(|level| level.service == service) {
            measure(&mut found.meters, level);
        }
    }
    Ok(found)
}

/// What a level measures is counted beside what is charged, and taken back for the same reasons.
fn measure(meters: &mut Vec<MeterRule>, level: &ServiceLevel) {
    let (all, missed) = level.measure.meters();
    for meter in [all, missed] {
        if meters.iter().any(|rule| rule.meter == meter) {
            continue;
        }
        let like = meters.iter().find(|rule| rule.meter == all).or(meters.first());
        let reversed_when = like.map(|rule| rule.reversed_when.clone()).unwrap_or_default();
        meters.push(MeterRule { meter: meter.to_owned(), outcomes: Vec::new(), reversed_when });
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = agreement)]
struct Row {
    tenant_id: AuthorityId,
    id: Uuid,
    provider_id: AuthorityId,
    reference: String,
    variation: i32,
    kind: String,
    title: String,
    legal_basis: String,
    payment_terms_days: i32,
    purchase_order: Option<String>,
    running: serde_json::Value,
    service_levels: serde_json::Value,
    term_from: jiff_diesel::Date,
    term_until: jiff_diesel::Date,
    data_protection: serde_json::Value,
    content_hash: String,
}

/// Every agreement that the acting authority is party to, newest variation first.
///
/// # Errors
/// The database's.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Agreement>> {
    let me = tx.actor();
    let rows = agreement::table
        .filter(agreement::tenant_id.eq(me).or(agreement::provider_id.eq(me)))
        .order((agreement::reference, agreement::provider_id, agreement::tenant_id, agreement::variation.desc()))
        .select(Row::as_select())
        .load(tx.conn)?;
    complete(tx, rows)
}

/// Whether the acting authority and another ever had an agreement in these parts: what else they have to do with each other
/// begins with one.
///
/// # Errors
/// The database's.
pub fn are_partners(tx: &mut Tx<'_>, consumer: AuthorityId, provider: AuthorityId) -> Result<bool> {
    let between = agreement::table
        .filter(agreement::tenant_id.eq(consumer))
        .filter(agreement::provider_id.eq(provider))
        .filter(agreement::shared_at.is_not_null());
    Ok(diesel::select(diesel::dsl::exists(between)).get_result(tx.conn)?)
}

/// One agreement that the acting authority is party to.
///
/// # Errors
/// [`Error::NotFound`], also for one between others.
pub fn read(tx: &mut Tx<'_>, id: Uuid) -> Result<Agreement> {
    let me = tx.actor();
    let (consumer, provider, reference): (AuthorityId, AuthorityId, String) = agreement::table
        .filter(agreement::tenant_id.eq(me).or(agreement::provider_id.eq(me)))
        .filter(agreement::id.eq(id))
        .select((agreement::tenant_id, agreement::provider_id, agreement::reference))
        .first(tx.conn)?;
    let rows = agreement::table
        .filter(agreement::tenant_id.eq(consumer))
        .filter(agreement::provider_id.eq(provider))
        .filter(agreement::reference.eq(reference))
        .order(agreement::variation.desc())
        .select(Row::as_select())
        .load(tx.conn)?;
    complete(tx, rows)?.into_iter().find(|a| a.id == id).ok_or(Error::NotFound)
}

/// A service that an agreement names: of which agreement, the slug, the meter, outcomes and reasons.
type Part = (Uuid, String, String, serde_json::Value, serde_json::Value);

/// Adds services and signatures to rows that come newest variation first, and says which variation replaces which.
fn complete(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Agreement>> {
    let me = tx.actor();
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let mut services: Vec<Part> = agreement_service::table
        .filter(agreement_service::tenant_id.eq(me).or(agreement_service::provider_id.eq(me)))
        .filter(agreement_service::agreement_id.eq_any(&ids))
        .order((agreement_service::service, agreement_service::meter))
        .select((
            agreement_service::agreement_id,
            agreement_service::service,
            agreement_service::meter,
            agreement_service::outcomes,
            agreement_service::reversed_when,
        ))
        .load(tx.conn)?;
    let mut signatures: Vec<SignatureRow> = signature::table
        .filter(signature::tenant_id.eq(me).or(signature::provider_id.eq(me)))
        .filter(signature::agreement_id.eq_any(&ids))
        .order((signature::recorded_at, signature::id))
        .select(SignatureRow::as_select())
        .load(tx.conn)?;
    let mut agreements: Vec<Agreement> = Vec::with_capacity(rows.len());
    for row in rows {
        let (mine, rest) = services.into_iter().partition(|(of, ..)| *of == row.id);
        services = rest;
        let (signed, rest) = signatures.into_iter().partition(|s| s.agreement_id == row.id);
        signatures = rest;
        let mut read = from_row(row, mine, signed)?;
        read.replaced_from = agreements
            .iter()
            .filter(|later| {
                (later.consumer, later.provider, &later.reference) == (read.consumer, read.provider, &read.reference)
            })
            .filter_map(Agreement::takes_effect)
            .min();
        agreements.push(read);
    }
    Ok(agreements)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = signature)]
struct SignatureRow {
    agreement_id: Uuid,
    party_id: AuthorityId,
    name: String,
    office: String,
    signed_on: jiff_diesel::Date,
    document: Option<String>,
    content_hash: String,
    recorded_at: jiff_diesel::Timestamp,
}

fn from_row(row: Row, services: Vec<Part>, signatures: Vec<SignatureRow>) -> Result<Agreement> {
    let services = services
        .into_iter()
        .map(|(_, slug, meter, outcomes, reasons)| {
            Ok(ServicePart { slug, meter, reversed_when: strings(reasons)?, outcomes: strings(outcomes)? })
        })
        .collect::<Result<_>>()?;
    let signatures = signatures
        .into_iter()
        .filter(|s| s.content_hash == row.content_hash)
        .map(|s| Signature {
            party: s.party_id,
            name: s.name,
            office: s.office,
            signed_on: s.signed_on.into(),
            document: s.document,
            recorded_at: s.recorded_at.into(),
        })
        .collect();
    Ok(Agreement {
        id: row.id,
        consumer: row.tenant_id,
        provider: row.provider_id,
        reference: row.reference,
        variation: row.variation,
        kind: Kind::parse(&row.kind).ok_or_else(|| anyhow::anyhow!("{} is no kind of agreement", row.kind))?,
        title: row.title,
        legal_basis: row.legal_basis,
        payment_terms_days: row.payment_terms_days,
        running: serde_json::from_value(row.running).map_err(anyhow::Error::from)?,
        purchase_order: row.purchase_order,
        term: Term { from: row.term_from.into(), until: row.term_until.into() },
        data_protection: serde_json::from_value(row.data_protection).map_err(anyhow::Error::from)?,
        content_hash: row.content_hash,
        services,
        service_levels: serde_json::from_value(row.service_levels).map_err(anyhow::Error::from)?,
        signatures,
        replaced_from: None,
    })
}

fn strings(value: serde_json::Value) -> Result<Vec<String>> {
    Ok(serde_json::from_value(value).map_err(anyhow::Error::from)?)
}

/// Who provides under each of these agreements of the tenant's whose rows are being worked on.
///
/// # Errors
/// The database's.
pub fn providers(tx: &mut Tx<'_>, agreements: &[Uuid]) -> Result<HashMap<Uuid, AuthorityId>> {
    let some = agreement::table.filter(agreement::tenant_id.eq(tx.tenant())).filter(agreement::id.eq_any(agreements));
    Ok(some.select((agreement::id, agreement::provider_id)).load(tx.conn)?.into_iter().collect())
}

/// The agreements under which somebody else provided for the acting authority and whose term ended before a day.
///
/// # Errors
/// The database's.
pub fn ended_before(tx: &mut Tx<'_>, day: Date) -> Result<Vec<Uuid>> {
    Ok(agreement::table
        .filter(agreement::tenant_id.eq(tx.tenant()))
        .filter(agreement::term_until.lt(day.to_diesel()))
        .select(agreement::id)
        .load(tx.conn)?)
}
