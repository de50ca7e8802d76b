//! Disputes: the consumer doubts a line of an issued bill, both talk about it beside the events, and the provider accepts it
//! in whole or in part, which makes a credit note, or rejects it and says why. The rest of the bill stays due. Of a
//! sensitive service two officers settle it ([`super::propose`]); either party may escalate it ([`super::escalate`]).
//!
//! Invariants: what is doubted and what was credited of a line are together never more than it charged; a dispute is decided
//! once, by whose it is to decide; nothing that was said is changed.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::build::{line_events, some_line_events};
use super::credit::{Credited, credited, issue_credit};
use super::document::{BilledLine, Document, Snapshot, document};
use super::run::lock;
use crate::audit;
use crate::kernel::{Actor, AuthorityId, Pence, new_id};
use crate::metering::{self, UsageEvent};
use crate::platform::schema::{dispute_entry, line_dispute};
use crate::platform::{Error, Result, Tx};

/// A line that is doubted.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// Its id.
    pub id: Uuid,
    /// Who doubts it.
    pub consumer: AuthorityId,
    /// Who billed it.
    pub provider: AuthorityId,
    /// Of which bill.
    pub document_id: Uuid,
    /// Which line.
    pub line: i32,
    /// How much of it, without VAT.
    pub amount: Pence,
    /// Why.
    pub reason: String,
    /// Which of its events; none for the line as a whole.
    pub doubted: Vec<Uuid>,
    /// Whether it is about a sensitive service: two officers who may know settle it.
    pub is_private: bool,
    /// Who raised it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What was said and decided, oldest first.
    pub entries: Vec<DisputeEntry>,
}

/// Something that was said or decided.
#[derive(Clone, Debug)]
pub struct DisputeEntry {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub act: DisputeAct,
    /// Of which party.
    pub party: AuthorityId,
    /// In words.
    pub body: String,
    /// Who: their id within their authority,
    pub by_id: Option<Uuid>,
    /// and their name.
    pub by: String,
    /// Of a decision that a first officer proposed: their name.
    pub proposed_by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeAct {
    /// Says something.
    Message,
    /// The consumer no longer doubts it.
    Withdraw,
    /// The provider stands by its bill.
    Reject,
    /// The provider credits so much, by this credit note.
    Accept(Pence, Uuid),
    /// A first officer of the provider's would stand by the bill; a second decides.
    ProposeReject,
    /// A first officer of the provider's would credit so much; a second decides.
    ProposeAccept(Pence),
    /// A second officer does not confirm what the first proposed in this entry, or the first takes it back.
    SendBack(Uuid),
    /// It goes to the contacts that this variation of the agreement names.
    Escalate(Uuid),
}

impl DisputeAct {
    fn word(self) -> &'static str {
        match self {
            DisputeAct::Message => "message",
            DisputeAct::Withdraw => "withdraw",
            DisputeAct::Reject => "reject",
            DisputeAct::Accept(..) => "accept",
            DisputeAct::ProposeReject => "propose-reject",
            DisputeAct::ProposeAccept(_) => "propose-accept",
            DisputeAct::SendBack(_) => "send-back",
            DisputeAct::Escalate(_) => "escalate",
        }
    }

    fn decides(self) -> bool {
        DECISIONS.contains(&self.word())
    }
}

/// What ends a dispute.
const DECISIONS: &[&str] = &["withdraw", "reject", "accept"];

impl Dispute {
    /// How it was decided; none while it is open.
    #[must_use]
    pub fn decided(&self) -> Option<&DisputeEntry> {
        self.entries.iter().find(|entry| entry.act.decides())
    }

    /// What a first officer has proposed and a second has neither confirmed nor sent back.
    #[must_use]
    pub fn proposal(&self) -> Option<&DisputeEntry> {
        let proposes = |entry: &&DisputeEntry| {
            matches!(entry.act, DisputeAct::ProposeReject | DisputeAct::ProposeAccept(_))
                && !self.entries.iter().any(|other| other.act == DisputeAct::SendBack(entry.id))
        };
        self.entries.iter().find(proposes).filter(|_| self.decided().is_none())
    }

    /// When it went to the agreement's contacts, if it did.
    #[must_use]
    pub fn escalated(&self) -> Option<&DisputeEntry> {
        self.entries.iter().find(|entry| matches!(entry.act, DisputeAct::Escalate(_)))
    }

    /// What it keeps from being due, without VAT.
    #[must_use]
    pub fn held(&self) -> Pence {
        if self.decided().is_none() { self.amount } else { Pence(0) }
    }
}

impl Credited {
    /// Counts what is in dispute in as if it were credited, so that the VAT of the whole is that of the bill.
    pub fn hold(&mut self, bill: &Snapshot, disputes: &[Dispute]) {
        for open in disputes.iter().filter(|dispute| dispute.decided().is_none()) {
            if let Some(doubted) = bill.line(open.line) {
                self.add(doubted, open.amount);
            }
        }
    }
}

/// How much of a line may still be doubted, without VAT: what it charges, less what was credited and what is doubted already,
/// and no more than is left of its VAT group.
///
/// # Errors
/// [`Error::NotFound`] for no such line.
pub fn disputable(tx: &mut Tx<'_>, bill: &Document, line: i32) -> Result<Pence> {
    let line = bill.snapshot.line(line).ok_or(Error::NotFound)?;
    let mut gone = credited(tx, bill)?;
    gone.hold(&bill.snapshot, &disputes_of(tx, bill)?);
    Ok(gone.left_of(&bill.snapshot, line))
}

/// What the consumer doubts.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// Of which bill.
    pub document_id: Uuid,
    /// Which line.
    pub line: i32,
    /// How much of it, without VAT.
    pub amount: Pence,
    /// Why.
    pub reason: String,
    /// Which of its events.
    pub doubted: Vec<Uuid>,
}

/// Raises a dispute, as whoever is billed.
///
/// # Errors
/// [`Error::NotFound`] for another's bill or a draft; [`Error::Conflict`] if no so much of the line may be doubted any more.
pub fn raise(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, doubt: &Doubt) -> Result<Uuid> {
    let bill = document(tx, doubt.document_id)?;
    if bill.consumer != tx.actor() || bill.issued_at.is_none() {
        return Err(Error::NotFound);
    }
    lock(tx, bill.agreement_id)?;
    if doubt.amount.0 <= 0 || doubt.amount > disputable(tx, &bill, doubt.line)? {
        return Err(Error::Conflict("error-dispute-too-much".to_owned()));
    }
    not_taken_back(tx, &bill, doubt.line, &doubt.doubted)?;
    let line = bill.snapshot.line(doubt.line).ok_or(Error::NotFound)?;
    let is_private = is_private(tx, &bill, line)?;
    let id = new_id(now);
    diesel::insert_into(line_dispute::table)
        .values((
            line_dispute::tenant_id.eq(bill.consumer),
            line_dispute::id.eq(id),
            line_dispute::provider_id.eq(bill.provider),
            line_dispute::document_id.eq(bill.id),
            line_dispute::line.eq(doubt.line),
            line_dispute::amount_pence.eq(doubt.amount),
            line_dispute::reason.eq(&doubt.reason),
            line_dispute::doubted.eq(serde_json::json!(doubt.doubted)),
            line_dispute::is_private.eq(is_private),
            line_dispute::by_name.eq(&by.name),
            line_dispute::at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    record(tx, now, by, "dispute.raise", id, &bill)?;
    Ok(id)
}

/// Whether a line charges for a sensitive service.
///
/// # Errors
/// The database's.
pub fn is_private(tx: &mut Tx<'_>, bill: &Document, line: &BilledLine) -> Result<bool> {
    Ok(line_events(tx, bill, &line.line, None, 1)?.iter().any(|event| event.is_private))
}

/// Says something about an open or a decided dispute, as either party.
///
/// # Errors
/// [`Error::NotFound`] for another's.
pub fn say(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, body: &str) -> Result<()> {
    let dispute = dispute(tx, id)?;
    tx.turned(dispute.consumer, |tx| enter(tx, now, by, &dispute, DisputeAct::Message, body, None))
}

/// Decides an open dispute: its consumer withdraws it, its provider rejects it.
///
/// # Errors
/// [`Error::NotFound`] for another's, or where it is not this party's to decide so; [`Error::Conflict`] if it was decided, or
/// two have to reject it.
pub fn decide(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, withdraws: bool, body: &str) -> Result<()> {
    let (act, action) =
        if withdraws { (DisputeAct::Withdraw, "dispute.withdraw") } else { (DisputeAct::Reject, "dispute.reject") };
    let found = dispute(tx, id)?;
    if tx.actor() != if withdraws { found.consumer } else { found.provider } {
        return Err(Error::NotFound);
    }
    let bill = document(tx, found.document_id)?;
    tx.turned(found.consumer, |tx| {
        open(tx, &bill, id)?;
        if !withdraws {
            needs_one(&found)?;
        }
        enter(tx, now, by, &found, act, body, None)?;
        record(tx, now, by, action, id, &bill)
    })
}

/// Accepts an open dispute, in whole or for a part, as the provider; says the credit note's id.
///
/// # Errors
/// [`Error::NotFound`] for another's; [`Error::Conflict`] if it was decided, two have to accept it, or the amount is more than
/// is doubted.
pub fn accept(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid, amount: Pence, body: &str) -> Result<Uuid> {
    let found = dispute(tx, id)?;
    if tx.actor() != found.provider {
        return Err(Error::NotFound);
    }
    let bill = document(tx, found.document_id)?;
    tx.turned(found.consumer, |tx| {
        open(tx, &bill, id)?;
        needs_one(&found)?;
        credit(tx, now, by, (&found, &bill), (amount, body), None)
    })
}

fn needs_one(dispute: &Dispute) -> Result<()> {
    if dispute.is_private { Err(Error::Conflict("error-dispute-needs-two".to_owned())) } else { Ok(()) }
}

/// Issues the credit note of an accepted dispute, whose agreement is locked, and says so in it; `proposal` is what this officer
/// confirms.
pub(super) fn credit(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    (of, bill): (&Dispute, &Document),
    (amount, body): (Pence, &str),
    proposal: Option<&DisputeEntry>,
) -> Result<Uuid> {
    within(of, amount)?;
    not_taken_back(tx, bill, of.line, &of.doubted)?;
    let prepared_by = proposal.map_or(&by.name, |first| &first.by);
    let credit = issue_credit(tx, now, (by, prepared_by), bill, of.line, amount, body)?;
    enter(tx, now, by, of, DisputeAct::Accept(amount, credit), body, proposal)?;
    record(tx, now, by, "dispute.accept", of.id, bill)?;
    Ok(credit)
}

/// No more is credited than is doubted.
pub(super) fn within(dispute: &Dispute, amount: Pence) -> Result<()> {
    if amount.0 <= 0 || amount > dispute.amount {
        return Err(Error::Conflict("error-credit-too-much".to_owned()));
    }
    Ok(())
}

/// What was taken back after it was billed comes off the next bill by itself: a credit note would give it back twice.
fn not_taken_back(tx: &mut Tx<'_>, bill: &Document, line: i32, doubted: &[Uuid]) -> Result<()> {
    let line = bill.snapshot.line(line).ok_or(Error::NotFound)?;
    let events = some_line_events(tx, bill, &line.line, &[], doubted)?;
    if events.iter().any(|event| event.reversed_because.is_some()) {
        return Err(Error::Conflict("error-dispute-taken-back".to_owned()));
    }
    Ok(())
}

/// Locks the agreement's bills, so that a dispute is decided once; says it as it then is.
pub(super) fn open(tx: &mut Tx<'_>, bill: &Document, id: Uuid) -> Result<Dispute> {
    lock(tx, bill.agreement_id)?;
    let dispute = dispute(tx, id)?;
    match dispute.decided() {
        None => Ok(dispute),
        Some(_) => Err(Error::Conflict("error-dispute-decided".to_owned())),
    }
}

/// Adds an entry; `proposal` is what a decision confirms.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    of: &Dispute,
    act: DisputeAct,
    body: &str,
    proposal: Option<&DisputeEntry>,
) -> Result<()> {
    let (mut amount, mut credit, mut sent_back, mut agreement) = (None, None, None, None);
    match act {
        DisputeAct::Accept(of, note) => (amount, credit) = (Some(of), Some(note)),
        DisputeAct::ProposeAccept(of) => amount = Some(of),
        DisputeAct::SendBack(first) => sent_back = Some(first),
        DisputeAct::Escalate(under) => agreement = Some(under),
        DisputeAct::Message | DisputeAct::Withdraw | DisputeAct::Reject | DisputeAct::ProposeReject => {}
    }
    diesel::insert_into(dispute_entry::table)
        .values((
            dispute_entry::tenant_id.eq(of.consumer),
            dispute_entry::id.eq(new_id(now)),
            dispute_entry::dispute_id.eq(of.id),
            dispute_entry::provider_id.eq(of.provider),
            dispute_entry::is_private.eq(of.is_private),
            dispute_entry::kind.eq(act.word()),
            dispute_entry::body.eq(body),
            dispute_entry::amount_pence.eq(amount),
            dispute_entry::credit_id.eq(credit),
            dispute_entry::proposal_id.eq(sent_back),
            dispute_entry::agreement_id.eq(agreement),
            dispute_entry::by_id.eq(by.staff_id),
            dispute_entry::by_name.eq(&by.name),
            dispute_entry::proposed_by.eq(proposal.and_then(|first| first.by_id)),
            dispute_entry::proposed_name.eq(proposal.map(|first| &first.by)),
            dispute_entry::at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn record(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    action: &'static str,
    id: Uuid,
    bill: &Document,
) -> Result<()> {
    let label = bill.snapshot.number.clone().unwrap_or_default();
    let entry = audit::Entry {
        action,
        subject_kind: "dispute",
        subject_id: id,
        subject_label: &label,
        purpose: "a line of a bill is doubted",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = line_dispute)]
struct Row {
    id: Uuid,
    tenant_id: AuthorityId,
    provider_id: AuthorityId,
    document_id: Uuid,
    line: i32,
    amount_pence: Pence,
    reason: String,
    doubted: serde_json::Value,
    is_private: bool,
    by_name: String,
    at: jiff_diesel::Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = dispute_entry)]
struct EntryRow {
    id: Uuid,
    dispute_id: Uuid,
    party_id: AuthorityId,
    kind: String,
    body: String,
    amount_pence: Option<Pence>,
    credit_id: Option<Uuid>,
    proposal_id: Option<Uuid>,
    agreement_id: Option<Uuid>,
    by_id: Option<Uuid>,
    by_name: String,
    proposed_name: Option<String>,
    at: jiff_diesel::Timestamp,
}

impl EntryRow {
    fn entry(self) -> DisputeEntry {
        let other = self.credit_id.or(self.proposal_id).or(self.agreement_id);
        let act = match (self.kind.as_str(), self.amount_pence, other) {
            ("accept", Some(amount), Some(credit)) => DisputeAct::Accept(amount, credit),
            ("propose-accept", Some(amount), _) => DisputeAct::ProposeAccept(amount),
            ("escalate", _, Some(agreement)) => DisputeAct::Escalate(agreement),
            ("propose-reject", ..) => DisputeAct::ProposeReject,
            ("send-back", _, Some(proposal)) => DisputeAct::SendBack(proposal),
            ("reject", ..) => DisputeAct::Reject,
            ("withdraw", ..) => DisputeAct::Withdraw,
            _ => DisputeAct::Message,
        };
        DisputeEntry {
            id: self.id,
            act,
            party: self.party_id,
            body: self.body,
            by_id: self.by_id,
            by: self.by_name,
            proposed_by: self.proposed_name,
            at: self.at.into(),
        }
    }
}

/// A dispute of the acting authority's, on either side.
///
/// # Errors
/// [`Error::NotFound`] for another's.
pub fn dispute(tx: &mut Tx<'_>, id: Uuid) -> Result<Dispute> {
    let me = tx.actor();
    let row: Row = line_dispute::table
        .filter(line_dispute::tenant_id.eq(me).or(line_dispute::provider_id.eq(me)))
        .filter(line_dispute::id.eq(id))
        .select(Row::as_select())
        .first(tx.conn)?;
    with_entries(tx, vec![row])?.pop().ok_or(Error::NotFound)
}

/// The disputes of a bill, oldest first.
///
/// # Errors
/// The database's.
pub fn disputes_of(tx: &mut Tx<'_>, bill: &Document) -> Result<Vec<Dispute>> {
    let rows = line_dispute::table
        .filter(line_dispute::tenant_id.eq(bill.consumer))
        .filter(line_dispute::document_id.eq(bill.id))
        .order(line_dispute::id)
        .select(Row::as_select())
        .load(tx.conn)?;
    with_entries(tx, rows)
}

/// The disputes about these bills of the acting authority's, on either side, oldest first.
///
/// # Errors
/// The database's.
pub(super) fn disputes_about(tx: &mut Tx<'_>, bills: &[Uuid]) -> Result<Vec<Dispute>> {
    let me = tx.actor();
    let rows = line_dispute::table
        .filter(line_dispute::tenant_id.eq(me).or(line_dispute::provider_id.eq(me)))
        .filter(line_dispute::document_id.eq_any(bills))
        .order(line_dispute::id)
        .select(Row::as_select())
        .load(tx.conn)?;
    with_entries(tx, rows)
}

/// The open disputes of the acting authority's, on either side, oldest first.
///
/// # Errors
/// The database's.
pub fn open_disputes(tx: &mut Tx<'_>) -> Result<Vec<Dispute>> {
    let me = tx.actor();
    let decision = diesel::alias!(dispute_entry as decision);
    let decided = decision
        .filter(decision.field(dispute_entry::tenant_id).eq(line_dispute::tenant_id))
        .filter(decision.field(dispute_entry::dispute_id).eq(line_dispute::id))
        .filter(decision.field(dispute_entry::kind).eq_any(DECISIONS));
    let rows = line_dispute::table
        .filter(line_dispute::tenant_id.eq(me).or(line_dispute::provider_id.eq(me)))
        .filter(diesel::dsl::not(diesel::dsl::exists(decided)))
        .order(line_dispute::id)
        .select(Row::as_select())
        .load(tx.conn)?;
    with_entries(tx, rows)
}

/// The cases of which something is in doubt under an open dispute of the acting authority's as the consumer: they are not erased
/// before it is settled.
///
/// # Errors
/// The database's.
pub fn cases_in_doubt(tx: &mut Tx<'_>) -> Result<Vec<Uuid>> {
    let doubted: Vec<Uuid> = open_disputes(tx)?.into_iter().flat_map(|dispute| dispute.doubted).collect();
    metering::subjects_of(tx, &doubted)
}

fn with_entries(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Dispute>> {
    let me = tx.actor();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let entries: Vec<EntryRow> = dispute_entry::table
        .filter(dispute_entry::tenant_id.eq(me).or(dispute_entry::provider_id.eq(me)))
        .filter(dispute_entry::dispute_id.eq_any(&ids))
        .order(dispute_entry::id)
        .select(EntryRow::as_select())
        .load(tx.conn)?;
    let mut disputes = Vec::with_capacity(rows.len());
    for row in rows {
        disputes.push(Dispute {
            id: row.id,
            consumer: row.tenant_id,
            provider: row.provider_id,
            document_id: row.document_id,
            line: row.line,
            amount: row.amount_pence,
            reason: row.reason,
            doubted: serde_json::from_value(row.doubted).map_err(anyhow::Error::from)?,
            is_private: row.is_private,
            by: row.by_name,
            at: row.at.into(),
            entries: Vec::new(),
        });
    }
    for entry in entries {
        if let Some(dispute) = disputes.iter_mut().find(|dispute| dispute.id == entry.dispute_id) {
            dispute.entries.push(entry.entry());
        }
    }
    Ok(disputes)
}

/// The events that are doubted, as both parties read them.
///
/// # Errors
/// The database's.
pub fn doubted_events(tx: &mut Tx<'_>, bill: &Document, dispute: &Dispute) -> Result<Vec<UsageEvent>> {
    let line = bill.snapshot.line(dispute.line).ok_or(Error::NotFound)?;
    some_line_events(tx, bill, &line.line, &[], &dispute.doubted)
}
