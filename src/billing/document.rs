//! Documents as both parties read them. An issued document's snapshot holds everything that is printed, and its hash is
//! of the snapshot's canonical text, so that neither a later change of address nor of this program alters it.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::model::{Line, Series, VatGroup};
use crate::kernel::seal::sha256_hex;
use crate::kernel::time::start_of;
use crate::kernel::{AuthorityId, Month, Pence};
use crate::platform::schema::{agreement, document};
use crate::platform::{Error, Result, Tx};
use crate::tenancy::{Authority, PostalAddress};

/// Everything that is printed on a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Which series it belongs to.
    pub series: Series,
    /// Its number; none while it is a draft, and likewise the two dates.
    pub number: Option<String>,
    /// The day it was issued: the tax point.
    pub issued_on: Option<Date>,
    /// The day by which it is to be paid.
    pub due_on: Option<Date>,
    /// Who bills.
    pub supplier: Party,
    /// Who is billed.
    pub customer: Party,
    /// Under which agreement.
    pub agreement: AgreementPart,
    /// The first day of the month billed.
    pub period_from: Date,
    /// The first day of the next.
    pub period_until: Date,
    /// The lines.
    pub lines: Vec<BilledLine>,
    /// VAT for each category and rate.
    pub vat: Vec<VatGroup>,
    /// The sum of the lines.
    pub net: Pence,
    /// The sum of the VAT.
    pub vat_total: Pence,
    /// Both.
    pub gross: Pence,
    /// What members share of it, of a cost share: the same on each member's bill.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<SharedCosts>,
    /// What it corrects, of a credit note.
    pub corrects: Option<Corrected>,
    /// Where to pay; none of a draft, and where nothing is to be paid.
    pub pay_to: Option<PayTo>,
    /// Who prepared it.
    pub prepared_by: String,
    /// Who issued it.
    pub approved_by: Option<String>,
}

/// What members spend together in a month, or spent in a year, and what each has of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedCosts {
    /// The financial year that begins in April of this one, of an outturn; none of a month.
    pub year: Option<i16>,
    /// What all of it comes to.
    pub whole: Pence,
    /// Everybody, the lead too.
    pub members: Vec<SharedRow>,
}

/// What one member has of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedRow {
    /// Its slug.
    pub party: String,
    /// Its name.
    pub name: String,
    /// What its share comes from: `24 of 100 parts`.
    pub weight: String,
    /// Its share.
    pub share: Pence,
    /// What it pays for itself.
    pub borne: Pence,
    /// What it was charged month by month before the year was over; none of a month.
    pub charged: Pence,
}

impl SharedRow {
    /// What is left to pay; below nothing, to be paid back.
    #[must_use]
    pub fn to_pay(&self) -> Pence {
        self.share - self.borne - self.charged
    }
}

/// The line that a credit note corrects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// The bill.
    pub document_id: Uuid,
    /// Its number.
    pub number: String,
    /// Which line of it.
    pub line: i32,
    /// Why.
    pub because: String,
}

/// A party as printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Which authority.
    pub id: AuthorityId,
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: PostalAddress,
    /// Its VAT number: never on a demand, which is no tax document (EN 16931, BR-O-02).
    pub vat_number: Option<String>,
    /// Where to ask.
    pub email: String,
    /// Likewise.
    pub phone: String,
    /// Where its electronic invoices go: a scheme and an identifier, `9932:GB123456789`.
    pub endpoint: Option<String>,
}

/// Where to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayTo {
    /// Whose account.
    pub account_name: String,
    /// `12-34-56`.
    pub sort_code: String,
    /// Eight figures.
    pub account_number: String,
}

impl Party {
    pub(super) fn of(authority: &Authority, series: Series) -> Party {
        Party {
            id: authority.id,
            name: authority.name.clone(),
            address: authority.address.clone(),
            vat_number: authority.vat_number.clone().filter(|_| series == Series::Invoice),
            email: authority.contact.email.clone(),
            phone: authority.contact.phone.clone(),
            endpoint: authority.vat_number.as_deref().map(endpoint),
        }
    }
}

/// An authority's electronic address by its VAT number: scheme 9932 of the EAS code list.
fn endpoint(vat_number: &str) -> String {
    let figures: String = vat_number.chars().filter(char::is_ascii_digit).collect();
    format!("9932:GB{figures}")
}

/// What a document says of its agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementPart {
    /// Its id.
    pub id: Uuid,
    /// What both parties call it.
    pub reference: String,
    /// Which variation.
    pub variation: i32,
    /// What it is about.
    pub title: String,
    /// Days from issue until payment is due.
    pub payment_terms_days: i32,
    /// The consumer's order number.
    pub purchase_order: Option<String>,
}

/// A line, with the events that it charges for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledLine {
    /// Its number on the document.
    pub n: i32,
    /// The line.
    #[serde(flatten)]
    pub line: Line,
    /// How many events, reversals among them.
    pub event_count: i64,
    /// SHA-256 of their ids in ascending order, each with a line feed after it.
    pub event_digest: String,
}

/// What a document must say and does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The supplier's name and address.
    SupplierAddress,
    /// The supplier's VAT registration number, on an invoice.
    SupplierVat,
    /// The customer's name and address.
    CustomerAddress,
    /// The customer's order number, where the agreement asks for one.
    OrderNumber,
}

impl Snapshot {
    /// What it may not be issued without: of an invoice, what regulation 14 of the Value Added Tax Regulations 1995 asks for
    /// and the rest of a document does not always have (its number, date, rates and VAT it always has); the order number.
    #[must_use]
    pub fn lacks(&self, order_required: bool) -> Vec<Lack> {
        let has_address = |party: &Party| {
            !party.name.is_empty() && !party.address.lines.is_empty() && !party.address.postcode.is_empty()
        };
        let order = self.agreement.purchase_order.as_deref().unwrap_or_default();
        [
            (!has_address(&self.supplier), Lack::SupplierAddress),
            (self.series == Series::Invoice && self.supplier.vat_number.is_none(), Lack::SupplierVat),
            (!has_address(&self.customer), Lack::CustomerAddress),
            (order_required && order.is_empty(), Lack::OrderNumber),
        ]
        .into_iter()
        .filter_map(|(is_lacking, lack)| is_lacking.then_some(lack))
        .collect()
    }

    /// `Invoice`, `Demand`, or `Credit note` where it comes to less than nothing.
    #[must_use]
    pub fn title(&self) -> &'static str {
        title(self.series, self.gross)
    }

    /// The month billed.
    #[must_use]
    pub fn month(&self) -> Month {
        Month::of(self.period_from)
    }

    /// A line by its number.
    #[must_use]
    pub fn line(&self, n: i32) -> Option<&BilledLine> {
        self.lines.iter().find(|line| line.n == n)
    }
}

/// `Invoice`, `Demand`, or `Credit note` where it comes to less than nothing.
#[must_use]
pub fn title(series: Series, gross: Pence) -> &'static str {
    match series {
        _ if gross < Pence(0) => "Credit note",
        Series::Invoice => "Invoice",
        Series::Demand => "Demand",
    }
}

/// JSON with the keys of every object in order and no spaces: one text for one value.
#[must_use]
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<_> = object.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            let fields: Vec<_> = keys
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        scalar => scalar.to_string(),
    }
}

/// The hash of a snapshot as stored.
#[must_use]
pub fn snapshot_hash(snapshot: &Value) -> String {
    sha256_hex(canonical(snapshot).as_bytes())
}

/// A document, whole.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its id.
    pub id: Uuid,
    /// Who is billed; its tenant.
    pub consumer: AuthorityId,
    /// Who bills.
    pub provider: AuthorityId,
    /// Under which agreement.
    pub agreement_id: Uuid,
    /// The run that made it; none of a credit note.
    pub run_id: Option<Uuid>,
    /// When it was issued; none while it is a draft, which only its provider sees.
    pub issued_at: Option<Timestamp>,
    /// What is printed.
    pub snapshot: Snapshot,
    /// The hash of that, once issued.
    pub sha256: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = document)]
struct Row {
    tenant_id: AuthorityId,
    id: Uuid,
    provider_id: AuthorityId,
    agreement_id: Uuid,
    run_id: Option<Uuid>,
    issued_at: Option<jiff_diesel::Timestamp>,
    snapshot: Value,
    sha256: Option<String>,
}

impl Row {
    fn whole(self) -> Result<Document> {
        Ok(Document {
            id: self.id,
            consumer: self.tenant_id,
            provider: self.provider_id,
            agreement_id: self.agreement_id,
            run_id: self.run_id,
            issued_at: self.issued_at.map(Into::into),
            snapshot: printed_on(self.snapshot)?,
            sha256: self.sha256,
        })
    }
}

/// A document that the acting authority may see.
///
/// # Errors
/// [`Error::NotFound`], also for one between others, and for another's draft.
pub fn document(tx: &mut Tx<'_>, id: Uuid) -> Result<Document> {
    let me = tx.actor();
    document::table
        .filter(document::tenant_id.eq(me).or(document::provider_id.eq(me)))
        .filter(document::id.eq(id))
        .select(Row::as_select())
        .first(tx.conn)?
        .whole()
}

/// The credit notes for a document, oldest first.
///
/// # Errors
/// The database's.
pub fn credits_of(tx: &mut Tx<'_>, document: &Document) -> Result<Vec<Document>> {
    let rows = document::table
        .filter(document::tenant_id.eq(document.consumer))
        .filter(document::corrects_id.eq(document.id))
        .order((document::financial_year, document::number))
        .select(Row::as_select())
        .load(tx.conn)?;
    rows.into_iter().map(Row::whole).collect()
}

/// What is printed on each of these documents.
pub(super) fn snapshots(tx: &mut Tx<'_>, ids: &[Uuid]) -> Result<Vec<(Uuid, Snapshot)>> {
    let me = tx.actor();
    let rows: Vec<(Uuid, Value)> = document::table
        .filter(document::tenant_id.eq(me).or(document::provider_id.eq(me)))
        .filter(document::id.eq_any(ids))
        .select((document::id, document::snapshot))
        .load(tx.conn)?;
    rows.into_iter().map(|(id, printed)| Ok((id, printed_on(printed)?))).collect()
}

/// What is printed on each credit note for these bills, each with its bill, oldest first.
pub(super) fn credit_notes(tx: &mut Tx<'_>, bills: &[Uuid]) -> Result<Vec<(Uuid, Snapshot)>> {
    let me = tx.actor();
    let rows: Vec<(Uuid, Value)> = document::table
        .filter(document::tenant_id.eq(me).or(document::provider_id.eq(me)))
        .filter(document::corrects_id.eq_any(bills.iter().map(|id| Some(*id))))
        .order((document::financial_year, document::number))
        .select((document::corrects_id.assume_not_null(), document::snapshot))
        .load(tx.conn)?;
    rows.into_iter().map(|(bill, printed)| Ok((bill, printed_on(printed)?))).collect()
}

fn printed_on(snapshot: Value) -> Result<Snapshot> {
    Ok(serde_json::from_value(snapshot).map_err(anyhow::Error::from)?)
}

/// The documents of a run that the acting authority may see, the invoice first.
///
/// # Errors
/// The database's.
pub fn documents_of_run(tx: &mut Tx<'_>, run: Uuid) -> Result<Vec<Document>> {
    let me = tx.actor();
    let rows = document::table
        .filter(document::provider_id.eq(me).or(document::tenant_id.eq(me)))
        .filter(document::run_id.eq(run))
        .order(document::series.desc())
        .select(Row::as_select())
        .load(tx.conn)?;
    let mut documents: Vec<Document> = rows.into_iter().map(Row::whole).collect::<Result<_>>()?;
    documents.sort_by_key(|d| d.snapshot.series);
    Ok(documents)
}

/// A document in a list.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Its id.
    pub id: Uuid,
    /// Who is billed.
    pub consumer: AuthorityId,
    /// Who bills.
    pub provider: AuthorityId,
    /// Its series.
    pub series: Series,
    /// Its number, once issued.
    pub number: Option<String>,
    /// The run that made it; none of a credit note.
    pub run_id: Option<Uuid>,
    /// What both parties call the agreement.
    pub agreement: String,
    /// The month billed.
    pub month: Month,
    /// Without VAT.
    pub net: Pence,
    /// With VAT.
    pub gross: Pence,
    /// When it is to be paid, once issued.
    pub due_on: Option<Date>,
    /// Whether both read it: once it is in review.
    pub is_shared: bool,
}

impl Heading {
    /// `Invoice`, `Demand` or `Credit note`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        title(self.series, self.gross)
    }

    /// Where it stands in the list.
    #[must_use]
    pub fn position(&self) -> (Date, Uuid) {
        (self.month.first(), self.id)
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = document)]
struct HeadingRow {
    id: Uuid,
    tenant_id: AuthorityId,
    provider_id: AuthorityId,
    series: String,
    number_text: Option<String>,
    run_id: Option<Uuid>,
    period_start: jiff_diesel::Date,
    net_pence: Pence,
    gross_pence: Pence,
    due_on: Option<jiff_diesel::Date>,
    shared_at: Option<jiff_diesel::Timestamp>,
}

/// Which documents to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct DocumentFilter {
    /// Of one agreement only.
    pub agreement: Option<Uuid>,
    /// After this place in the list.
    pub after: Option<(Date, Uuid)>,
    /// At most this many.
    pub limit: i64,
}

/// The documents that the acting authority may see, in both directions, newest month first.
///
/// # Errors
/// The database's.
pub fn documents(tx: &mut Tx<'_>, filter: DocumentFilter) -> Result<Vec<Heading>> {
    let me = tx.actor();
    let mut query = document::table
        .inner_join(
            agreement::table
                .on(agreement::tenant_id.eq(document::tenant_id).and(agreement::id.eq(document::agreement_id))),
        )
        .filter(document::tenant_id.eq(me).or(document::provider_id.eq(me)))
        .order((document::period_start.desc(), document::id))
        .limit(filter.limit)
        .select((HeadingRow::as_select(), agreement::reference))
        .into_boxed();
    if let Some(id) = filter.agreement {
        query = query.filter(document::agreement_id.eq(id));
    }
    if let Some((month, id)) = filter.after {
        let month = month.to_diesel();
        query = query
            .filter(document::period_start.lt(month).or(document::period_start.eq(month).and(document::id.gt(id))));
    }
    let rows: Vec<(HeadingRow, String)> = query.load(tx.conn)?;
    rows.into_iter()
        .map(|(row, agreement)| {
            Ok(Heading {
                id: row.id,
                consumer: row.tenant_id,
                provider: row.provider_id,
                series: Series::parse(&row.series).ok_or(Error::NotFound)?,
                number: row.number_text,
                run_id: row.run_id,
                agreement,
                month: Month::of(row.period_start.into()),
                net: row.net_pence,
                gross: row.gross_pence,
                due_on: row.due_on.map(Into::into),
                is_shared: row.shared_at.is_some(),
            })
        })
        .collect()
}

/// What is printed on each document that was issued to the acting authority from one day to another, the oldest first.
///
/// # Errors
/// The database's.
pub fn received(tx: &mut Tx<'_>, from: Date, to: Date) -> Result<Vec<Snapshot>> {
    let (from, until) = (start_of(from), start_of(to.tomorrow().unwrap_or(to)));
    let rows: Vec<Value> = document::table
        .filter(document::tenant_id.eq(tx.actor()))
        .filter(document::issued_at.ge(from.to_diesel()))
        .filter(document::issued_at.lt(until.to_diesel()))
        .order((document::issued_at, document::id))
        .select(document::snapshot)
        .load(tx.conn)?;
    rows.into_iter().map(printed_on).collect()
}

/// What was issued for a month under one agreement, without VAT.
#[derive(Clone, Copy, Debug)]
pub struct MonthTotal {
    /// The month billed.
    pub month: Month,
    /// Under which agreement.
    pub agreement_id: Uuid,
    /// Who bills.
    pub provider: AuthorityId,
    /// The sum.
    pub net: Pence,
}

/// The sums of issued documents by month and agreement, from a month on.
///
/// # Errors
/// The database's.
pub fn month_totals(tx: &mut Tx<'_>, from: Month) -> Result<Vec<MonthTotal>> {
    let me = tx.actor();
    // A sum of bigints is a numeric, which the few documents of a year need no help from the database to avoid.
    let rows: Vec<(jiff_diesel::Date, Uuid, AuthorityId, Pence)> = document::table
        .filter(document::tenant_id.eq(me).or(document::provider_id.eq(me)))
        .filter(document::issued_at.is_not_null())
        .filter(document::period_start.ge(from.first().to_diesel()))
        .select((document::period_start, document::agreement_id, document::provider_id, document::net_pence))
        .load(tx.conn)?;
    let mut totals: Vec<MonthTotal> = Vec::new();
    for (month, agreement_id, provider, net) in rows {
        let month = Month::of(month.into());
        match totals.iter_mut().find(|t| t.month == month && t.agreement_id == agreement_id) {
            Some(total) => total.net += net,
            None => totals.push(MonthTotal { month, agreement_id, provider, net }),
        }
    }
    Ok(totals)
}

/// What is in review, with VAT: of bills that the acting authority sends, and of those that it is sent.
///
/// # Errors
/// The database's.
pub fn amounts_in_review(tx: &mut Tx<'_>) -> Result<(Pence, Pence)> {
    let me = tx.actor();
    let rows: Vec<(AuthorityId, Pence)> = document::table
        .filter(document::tenant_id.eq(me).or(document::provider_id.eq(me)))
        .filter(document::shared_at.is_not_null())
        .filter(document::issued_at.is_null())
        .select((document::provider_id, document::gross_pence))
        .load(tx.conn)?;
    let sum = |is_ours: bool| rows.iter().filter(|(of, _)| (*of == me) == is_ours).map(|(_, gross)| *gross).sum();
    Ok((sum(true), sum(false)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_value_has_one_text() {
        let value = json!({"b": [1, {"z": null, "a": "é\"\n"}], "a": true});
        assert_eq!(canonical(&value), r#"{"a":true,"b":[1,{"a":"é\"\n","z":null}]}"#);
        let read: Value = serde_json::from_str(&canonical(&value)).unwrap();
        assert_eq!(snapshot_hash(&read), snapshot_hash(&value));
    }
}
