//! What a document is in the two parties' books.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::document::Snapshot;
use super::remittance::{Remittance, Stage, remittance};
use crate::audit;
use crate::kernel::{Actor, AuthorityId, Pence, billing_date};
use crate::ledger::{self, Account};
use crate::platform::outbox::{self, Topic};
use crate::platform::schema::document;
use crate::platform::{Error, Result, Tx};

/// A document was issued to the tenant in whose scope this is done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Issued {
    /// Which.
    pub document_id: Uuid,
}

impl Topic for Issued {
    const NAME: &'static str = "billing.issued";
}

/// Writes a document, as it is issued at this moment, into the provider's book and its consumer's audit, and sends word of it
/// to the consumer's book.
///
/// # Errors
/// The database's.
pub(super) fn book(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    (id, consumer): (Uuid, AuthorityId),
    printed: &Snapshot,
    (action, purpose): (&'static str, &'static str),
) -> Result<()> {
    let number = printed.number.as_deref().unwrap_or_default();
    let entry = ledger::Entry {
        source_id: id,
        purpose: "issue",
        description: number,
        counterparty: consumer,
        effective_on: billing_date(now),
        postings: &provider_postings(printed.net, printed.vat_total, printed.gross),
    };
    ledger::post(tx, now, &entry)?;
    outbox::publish(tx, now, &Issued { document_id: id })?;
    let entry = audit::Entry {
        action,
        subject_kind: "document",
        subject_id: id,
        subject_label: number,
        purpose,
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

/// Writes an issued document into the book of the authority that is billed; again, nothing.
///
/// # Errors
/// [`Error::NotFound`] if it was not issued to this authority; the database's.
pub fn post_consumer_book(tx: &mut Tx<'_>, now: Timestamp, issued: &Issued) -> Result<()> {
    let (provider, number, net, vat, gross, issued_at): (
        AuthorityId,
        Option<String>,
        Pence,
        Pence,
        Pence,
        Option<jiff_diesel::Timestamp>,
    ) = document::table
        .find((tx.tenant(), issued.document_id))
        .filter(document::issued_at.is_not_null())
        .select((
            document::provider_id,
            document::number_text,
            document::net_pence,
            document::vat_pence,
            document::gross_pence,
            document::issued_at,
        ))
        .first(tx.conn)?;
    let (number, issued_at) = number.zip(issued_at).ok_or(Error::NotFound)?;
    let effective_on: Date = billing_date(issued_at.into());
    let entry = ledger::Entry {
        source_id: issued.document_id,
        purpose: "issue",
        description: &number,
        counterparty: provider,
        effective_on,
        postings: &consumer_postings(net, vat, gross),
    };
    ledger::post(tx, now, &entry)?;
    Ok(())
}

/// Money came for the tenant in whose scope this is done, or went back.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Remitted {
    /// Which payment.
    pub remittance_id: Uuid,
    /// Whether it went back.
    pub is_reversed: bool,
}

impl Topic for Remitted {
    const NAME: &'static str = "billing.remitted";
}

/// Writes a payment, or its reversal, into the provider's book, and sends word of it to its consumer's.
///
/// # Errors
/// The database's.
pub(super) fn book_remittance(tx: &mut Tx<'_>, now: Timestamp, paid: &Remittance, is_reversed: bool) -> Result<()> {
    let mine = (Account::Bank, Account::Receivable);
    post_remittance(tx, now, paid, (paid.pair.consumer, mine, paid.amount), is_reversed.then(|| billing_date(now)))?;
    outbox::publish(tx, now, &Remitted { remittance_id: paid.id, is_reversed })
}

/// Writes a payment, or its reversal, into the book of whoever paid; again, nothing.
///
/// # Errors
/// [`Error::NotFound`] if it is not of this authority's; the database's.
pub fn post_consumer_remittance(tx: &mut Tx<'_>, now: Timestamp, remitted: &Remitted) -> Result<()> {
    let paid = remittance(tx, remitted.remittance_id)?;
    let mine = (Account::Payable, Account::Bank);
    let entry = paid.entries.iter().find(|entry| entry.stage == Stage::Reversed).filter(|_| remitted.is_reversed);
    post_remittance(tx, now, &paid, (paid.pair.provider, mine, paid.amount), entry.map(|e| billing_date(e.at)))
}

/// Dr the one account, Cr the other, on the day of the payment; the other way round on the day of its reversal.
fn post_remittance(
    tx: &mut Tx<'_>,
    now: Timestamp,
    paid: &Remittance,
    (counterparty, (debit, credit), amount): (AuthorityId, (Account, Account), Pence),
    reversed_on: Option<Date>,
) -> Result<()> {
    // A setting off moves no money.
    if amount.0 == 0 {
        return Ok(());
    }
    let amount = if reversed_on.is_some() { -amount } else { amount };
    let entry = ledger::Entry {
        source_id: paid.id,
        purpose: if reversed_on.is_some() { "reverse" } else { "receive" },
        description: &paid.reference,
        counterparty,
        effective_on: reversed_on.unwrap_or(paid.paid_on),
        postings: &[(debit, amount), (credit, -amount)],
    };
    ledger::post(tx, now, &entry)?;
    Ok(())
}

/// Dr receivable, Cr income and output VAT.
fn provider_postings(net: Pence, vat: Pence, gross: Pence) -> Vec<(Account, Pence)> {
    postings((Account::Receivable, gross), (Account::Income, -net), (Account::OutputVat, -vat))
}

/// Dr expenditure and input VAT, Cr payable.
fn consumer_postings(net: Pence, vat: Pence, gross: Pence) -> Vec<(Account, Pence)> {
    postings((Account::Payable, -gross), (Account::Expenditure, net), (Account::InputVat, vat))
}

fn postings(total: (Account, Pence), net: (Account, Pence), vat: (Account, Pence)) -> Vec<(Account, Pence)> {
    let mut all = vec![total, net];
    if vat.1 != Pence(0) {
        all.push(vat);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_book_balances_alone_and_the_two_mirror_each_other() {
        let (net, vat, gross) = (Pence(1_152_138), Pence(230_428), Pence(1_382_566));
        let amounts =
            |postings: Vec<(Account, Pence)>| postings.into_iter().map(|(_, amount)| amount).collect::<Vec<_>>();
        let provider = amounts(provider_postings(net, vat, gross));
        assert_eq!(provider, [Pence(1_382_566), Pence(-1_152_138), Pence(-230_428)]);
        assert_eq!(provider.iter().copied().sum::<Pence>(), Pence(0));
        assert_eq!(amounts(consumer_postings(net, vat, gross)), provider.iter().map(|p| -*p).collect::<Vec<_>>());
        assert_eq!(provider_postings(net, Pence(0), net).len(), 2, "a demand has no VAT to post");
    }
}
