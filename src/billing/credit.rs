//! Credit notes: what is taken off an issued bill, for good. The bill itself never changes.
//!
//! Invariants: of a line no more is credited than it charged; all credits of a bill's VAT group together carry the VAT of
//! what is credited of it, rounded once, so that crediting everything, in any order, comes to nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::book::book;
use super::document::{BilledLine, Corrected, Document, Snapshot, credits_of};
use super::model::{Line, Series, VatCategory, VatGroup};
use super::run::put_credit;
use crate::kernel::time::financial_year;
use crate::kernel::{Actor, Pence, Quantity, Rate, billing_date, new_id};
use crate::metering::EventDigest;
use crate::platform::{Error, Result, Tx};
use crate::{ledger, tenancy};

/// What was credited of a bill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credited {
    lines: BTreeMap<i32, Pence>,
    groups: BTreeMap<(VatCategory, i32), (Pence, Pence)>,
    /// With VAT.
    pub gross: Pence,
}

impl Credited {
    /// By these credit notes.
    #[must_use]
    pub fn by<'a>(notes: impl IntoIterator<Item = &'a Snapshot>) -> Credited {
        let mut all = Credited::default();
        for note in notes {
            if let Some(corrected) = &note.corrects {
                *all.lines.entry(corrected.line).or_default() += -note.net;
            }
            for group in &note.vat {
                let sums = all.groups.entry((group.category, group.basis_points)).or_default();
                sums.0 += -group.net;
                sums.1 += -group.vat;
            }
            all.gross += -note.gross;
        }
        all
    }

    /// Of a line, without VAT.
    #[must_use]
    pub fn of_line(&self, n: i32) -> Pence {
        self.lines.get(&n).copied().unwrap_or_default()
    }

    /// Of a VAT group, without VAT.
    #[must_use]
    pub fn of_group(&self, group: &VatGroup) -> Pence {
        self.groups.get(&(group.category, group.basis_points)).map_or(Pence(0), |(net, _)| *net)
    }

    /// How much may still be credited of a line, without VAT: no more than it charged, nor than its VAT group comes to with
    /// what is taken off there.
    #[must_use]
    pub fn left_of(&self, bill: &Snapshot, line: &BilledLine) -> Pence {
        let vat = &line.line.vat;
        let group = bill.vat.iter().find(|g| g.category == vat.category && g.basis_points == vat.basis_points);
        let of_group = group.map_or(Pence(0), |group| group.net - self.of_group(group));
        (line.line.net - self.of_line(line.n)).min(of_group).max(Pence(0))
    }

    /// Counts this in, as if it were credited: a line's amount without VAT. Says its VAT.
    pub(super) fn add(&mut self, line: &BilledLine, net: Pence) -> Pence {
        let (category, basis_points) = (line.line.vat.category, line.line.vat.basis_points);
        let vat = self.vat_of(category, basis_points, net);
        *self.lines.entry(line.n).or_default() += net;
        let sums = self.groups.entry((category, basis_points)).or_default();
        sums.0 += net;
        sums.1 += vat;
        self.gross += net + vat;
        vat
    }

    /// The VAT that goes with crediting this much more of a group: that of all that is then credited of it, less what was.
    #[must_use]
    pub fn vat_of(&self, category: VatCategory, basis_points: i32, more: Pence) -> Pence {
        let (net, vat) = self.groups.get(&(category, basis_points)).copied().unwrap_or_default();
        (net + more).basis_points(i64::from(basis_points)) - vat
    }
}

/// What was credited of a document.
///
/// # Errors
/// The database's.
pub fn credited(tx: &mut Tx<'_>, document: &Document) -> Result<Credited> {
    Ok(Credited::by(credits_of(tx, document)?.iter().map(|note| &note.snapshot)))
}

/// What a credit note over an amount, without VAT, of a line prints, but for its number and its dates.
fn printed(document: &Document, line: &BilledLine, amount: Pence, because: &str, credited: &Credited) -> Snapshot {
    let bill = &document.snapshot;
    let number = bill.number.clone().unwrap_or_default();
    let of = &line.line;
    let vat = credited.vat_of(of.vat.category, of.vat.basis_points, amount);
    let credit = Line {
        description: format!("Credit for line {} of {number}: {}", line.n, of.description),
        quantity: -Quantity::ONE,
        unit_rate: Rate::of(amount),
        net: -amount,
        ..of.clone()
    };
    let group = VatGroup { category: of.vat.category, basis_points: of.vat.basis_points, net: -amount, vat: -vat };
    Snapshot {
        number: None,
        issued_on: None,
        due_on: None,
        pay_to: None,
        shared: Vec::new(),
        lines: vec![BilledLine { n: 1, line: credit, event_count: 0, event_digest: EventDigest::NONE.hex() }],
        vat: vec![group],
        net: -amount,
        vat_total: -vat,
        gross: -(amount + vat),
        corrects: Some(Corrected { document_id: document.id, number, line: line.n, because: because.to_owned() }),
        ..bill.clone()
    }
}

/// Issues a credit note, as the provider in the consumer's rows: the document, its number and the provider's book in one
/// transaction; the consumer's book follows through the outbox. Whoever calls holds the agreement's lock. `by` approves it, and
/// is named besides who prepared it.
///
/// # Errors
/// [`Error::Conflict`] if the line charged less than would then be credited; [`Error::NotFound`] for no such line.
pub(super) fn issue_credit(
    tx: &mut Tx<'_>,
    now: Timestamp,
    (by, prepared_by): (&Actor, &str),
    bill: &Document,
    line: i32,
    amount: Pence,
    because: &str,
) -> Result<Uuid> {
    let line = bill.snapshot.line(line).ok_or(Error::NotFound)?;
    let credited = credited(tx, bill)?;
    if amount.0 <= 0 || amount > credited.left_of(&bill.snapshot, line) {
        return Err(Error::Conflict("error-credit-too-much".to_owned()));
    }
    let (id, provider, issued_on) = (new_id(now), tx.actor(), billing_date(now));
    let year = financial_year(issued_on);
    let series = bill.snapshot.series;
    let number = ledger::next_number(tx, &credit_series(series.word()), year)?;
    let prefix = tenancy::read(tx.conn, provider)?.prefix;
    let letters = match series {
        Series::Invoice => "CRN",
        Series::Demand => "CRD",
    };
    let number_text = format!("{prefix}-{letters}-{year}-{number:04}");
    let note = Snapshot {
        number: Some(number_text.clone()),
        issued_on: Some(issued_on),
        due_on: Some(issued_on),
        approved_by: Some(by.name.clone()),
        prepared_by: prepared_by.to_owned(),
        ..printed(bill, line, amount, because, &credited)
    };
    put_credit(tx, now, by, bill, (id, number), &note)?;
    book(tx, now, by, (id, bill.consumer), &note, ("document.credit", "a disputed line was corrected"))?;
    Ok(id)
}

/// The number series of credit notes beside that of the bills they correct.
pub(super) fn credit_series(bills: &str) -> String {
    format!("credit-{bills}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn note(n: i32, net: i64, vat: Pence) -> Snapshot {
        let json = serde_json::json!({
            "series": "invoice", "number": null, "pay_to": null, "issued_on": null, "due_on": null, "period_from": "2026-06-01",
            "period_until": "2026-07-01", "lines": [], "prepared_by": "", "approved_by": null,
            "supplier": party(), "customer": party(), "net": -net, "vat_total": -vat.0, "gross": -net - vat.0,
            "agreement": { "id": Uuid::nil(), "reference": "", "variation": 1, "title": "", "payment_terms_days": 30, "purchase_order": null },
            "vat": [{ "category": "standard", "basis_points": 2000, "net": -net, "vat": -vat.0 }],
            "corrects": { "document_id": Uuid::nil(), "number": "", "line": n, "because": "" },
        });
        serde_json::from_value(json).unwrap()
    }

    fn party() -> serde_json::Value {
        serde_json::json!({ "id": Uuid::nil(), "name": "", "address": { "lines": [], "postcode": "" },
            "vat_number": null, "email": "", "phone": "", "endpoint": null })
    }

    /// The VAT of each of these credits in turn.
    fn vats(nets: &[i64]) -> Vec<i64> {
        let mut notes: Vec<Snapshot> = Vec::new();
        nets.iter()
            .map(|net| {
                let vat = Credited::by(&notes).vat_of(VatCategory::Standard, 2000, Pence(*net));
                notes.push(note(1, *net, vat));
                vat.0
            })
            .collect()
    }

    #[test]
    fn crediting_every_line_comes_to_the_bill_and_not_a_penny_more() {
        // Net 27,916 and VAT 5,583: line by line the VAT would be 5,584.
        assert_eq!(vats(&[6_833, 5_750, 8_500, 6_833]), [1_367, 1_150, 1_700, 1_366]);
        assert_eq!(vats(&[44_138]), [8_828]);
    }

    fn line(n: i32, net: i64) -> BilledLine {
        let json = serde_json::json!({
            "n": n, "charge": { "price": 0, "part": "units", "of": null }, "description": "", "from": "2026-06-01",
            "until": "2026-07-01", "quantity": 1000, "unit_rate": 0, "net": net, "tariff_id": Uuid::nil(), "tariff_version": 1,
            "vat": { "category": "standard", "basis_points": 2000, "reason": "", "approver": "" }, "event_count": 0, "event_digest": "",
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_a_cap_took_off_is_not_credited() {
        let (charged, cap) = (line(1, 1_583_210), line(2, -83_210));
        let group = VatGroup {
            category: VatCategory::Standard,
            basis_points: 2000,
            net: Pence(1_500_000),
            vat: Pence(300_000),
        };
        let bill = Snapshot { lines: vec![charged.clone(), cap], vat: vec![group], ..note(1, 0, Pence(0)) };
        let mut gone = Credited::default();
        assert_eq!(gone.left_of(&bill, &charged), Pence(1_500_000));
        assert_eq!(gone.add(&charged, Pence(1_500_000)), Pence(300_000));
        assert_eq!((gone.left_of(&bill, &charged), gone.gross), (Pence(0), Pence(1_800_000)));
    }

    proptest! {
        #[test]
        fn in_any_order_and_parts_the_vat_is_that_of_the_whole(nets in prop::collection::vec(1i64..99_999, 1..12)) {
            let all = Pence(nets.iter().sum());
            prop_assert_eq!(vats(&nets).iter().sum::<i64>(), all.basis_points(2000).0);
        }
    }
}
