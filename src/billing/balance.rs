//! What is owed on issued bills, and since when: what was billed, less what was credited and what was paid.
//!
//! The days to pay do not run while a line is disputed (Procurement Act 2023, section 68): what a dispute kept back and turns
//! out to be owed is due later by as many days as it was in dispute. The rest of the bill is due on its day.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date as SqlDate, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

use super::credit::Credited;
use super::dispute::{Dispute, DisputeAct, disputes_about};
use super::document::{Snapshot, credit_notes, snapshots};
use crate::kernel::{AuthorityId, Month, Pence, billing_date};
use crate::platform::{Result, Tx};

/// A bill and what is owed on it, with VAT.
#[derive(Clone, Debug)]
pub struct Balance {
    /// The bill.
    pub document_id: Uuid,
    /// Who is billed.
    pub consumer: AuthorityId,
    /// Who bills.
    pub provider: AuthorityId,
    /// The bill's number.
    pub number: String,
    /// The month billed.
    pub month: Month,
    /// The day of its issue.
    pub issued_on: Date,
    /// The day by which what is not disputed is to be paid.
    pub due_on: Date,
    /// What it came to; less than nothing where it gives back.
    pub billed: Pence,
    /// What was taken off it.
    pub credited: Pence,
    /// What was received for it.
    pub paid: Pence,
    /// What its consumer says was paid, and its provider has not confirmed yet.
    pub advised: Pence,
    /// What is in dispute.
    pub held: Pence,
    /// What was in dispute and is owed after all, and by when.
    pub later: Vec<(Pence, Date)>,
}

/// How a bill stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is owed, nor too much paid.
    Settled,
    /// Something is owed, and its day has not passed.
    Due,
    /// Part of it was paid, and the day of the rest has not passed.
    PartPaid,
    /// All that is owed is in dispute.
    Held,
    /// So many days late, counted from the part that is latest.
    Overdue(i32),
    /// More was paid or credited than billed, or it gives back.
    InCredit,
}

impl Balance {
    /// What is still owed, in dispute or not.
    #[must_use]
    pub fn owed(&self) -> Pence {
        self.billed - self.credited - self.paid
    }

    /// What may still be put against it: what is owed and not advised, or what it gives back. A credit that comes after an
    /// advice makes nothing to be given back while the money has not come.
    #[must_use]
    pub fn open(&self) -> Pence {
        if self.owed().0 < 0 { self.owed() } else { (self.owed() - self.advised).max(Pence(0)) }
    }

    /// The same without what is in dispute.
    #[must_use]
    pub fn payable(&self) -> Pence {
        if self.open().0 < 0 { self.open() } else { (self.open() - self.held).max(Pence(0)) }
    }

    /// The day by which the next of what is to be paid has to come; none where nothing has a day.
    #[must_use]
    pub fn next_due(&self) -> Option<Date> {
        self.parts().into_iter().filter_map(|(due, _)| due).min()
    }

    /// What is to be paid now or on its day: what is owed, less what is in dispute.
    #[must_use]
    pub fn due(&self) -> Pence {
        if self.owed().0 <= 0 { self.owed() } else { (self.owed() - self.held).max(Pence(0)) }
    }

    /// What is owed by when; what is in dispute has no day. Payments go to what is due first.
    #[must_use]
    pub fn parts(&self) -> Vec<(Option<Date>, Pence)> {
        let mut left = self.owed();
        if left.0 <= 0 {
            return if left.0 == 0 { Vec::new() } else { vec![(Some(self.due_on), left)] };
        }
        let mut parts = Vec::new();
        let mut part = |due: Option<Date>, amount: Pence| {
            let amount = amount.min(left).max(Pence(0));
            left = left - amount;
            if amount.0 > 0 {
                parts.push((due, amount));
            }
        };
        part(None, self.held);
        for (amount, due) in &self.later {
            part(Some(*due), *amount);
        }
        part(Some(self.due_on), Pence(i64::MAX));
        parts
    }

    /// How it stands on a day.
    #[must_use]
    pub fn standing(&self, today: Date) -> Standing {
        let late = |(due, _): &(Option<Date>, Pence)| due.map(|due| (today - due).get_days()).filter(|days| *days > 0);
        match self.parts().iter().filter_map(late).max() {
            _ if self.owed().0 == 0 => Standing::Settled,
            _ if self.owed().0 < 0 => Standing::InCredit,
            Some(days) => Standing::Overdue(days),
            None if self.due().0 == 0 => Standing::Held,
            None if self.paid.0 > 0 => Standing::PartPaid,
            None => Standing::Due,
        }
    }
}

/// How an amount is put against bills when nobody says which: what gives back is used up first, then what is due goes by its
/// day, the oldest first; what is in dispute comes last and is not paid by itself.
#[must_use]
pub fn oldest_first(balances: &[Balance], amount: Pence) -> Vec<(Uuid, Pence)> {
    if amount.0 < 0 {
        return paid_back(balances, -amount);
    }
    let payable = |b: &Balance| b.payable().max(Pence(0));
    let wanted: Pence = balances.iter().map(payable).sum();
    let mut short = (wanted - amount).max(Pence(0));
    let mut left = amount;
    let mut parts = Vec::new();
    for balance in balances.iter().filter(|b| b.open().0 < 0) {
        let back = (-balance.open()).min(short);
        if back.0 > 0 {
            short = short - back;
            left += back;
            parts.push((balance.document_id, -back));
        }
    }
    for balance in balances {
        let part = payable(balance).min(left);
        if part.0 > 0 {
            left = left - part;
            parts.push((balance.document_id, part));
        }
    }
    parts
}

/// What goes back to the consumer is put against what gives back, the oldest first.
fn paid_back(balances: &[Balance], mut left: Pence) -> Vec<(Uuid, Pence)> {
    let mut parts = Vec::new();
    for balance in balances.iter().filter(|balance| balance.open().0 < 0) {
        let part = (-balance.open()).min(left);
        if part.0 > 0 {
            left = left - part;
            parts.push((balance.document_id, -part));
        }
    }
    parts
}

/// How old what is owed is, in the field's usual columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aged {
    /// Not yet due.
    pub current: Pence,
    /// In dispute, and so not due.
    pub disputed: Pence,
    /// 1 to 30, 31 to 60, 61 to 90 and more than 90 days late.
    pub late: [Pence; 4],
    /// What is to be given back, below nothing.
    pub in_credit: Pence,
}

impl Aged {
    /// Of these bills on a day.
    #[must_use]
    pub fn of<'a>(balances: impl IntoIterator<Item = &'a Balance>, today: Date) -> Aged {
        let mut aged = Aged::default();
        for (due, amount) in balances.into_iter().flat_map(Balance::parts) {
            match due.map(|due| (today - due).get_days()) {
                _ if amount.0 < 0 => aged.in_credit += amount,
                None => aged.disputed += amount,
                Some(days) if days <= 0 => aged.current += amount,
                Some(days) => {
                    let column = usize::try_from((days - 1) / 30).unwrap_or(3).min(3);
                    if let Some(sum) = aged.late.get_mut(column) {
                        *sum += amount;
                    }
                }
            }
        }
        aged
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> Pence {
        self.current + self.disputed + self.overdue() + self.in_credit
    }

    /// What is late.
    #[must_use]
    pub fn overdue(&self) -> Pence {
        self.late.iter().copied().sum()
    }
}

/// Which bills to look at.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Those on which something is owed or to be given back, in both directions.
    Open,
    /// The same, between us and one other authority.
    OpenWith(AuthorityId),
    /// These.
    Of(&'a [Uuid]),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: AuthorityId,
    #[diesel(sql_type = SqlUuid)]
    provider_id: AuthorityId,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    number_text: String,
    #[diesel(sql_type = SqlDate)]
    period_start: jiff_diesel::Date,
    #[diesel(sql_type = Timestamptz)]
    issued_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = SqlDate)]
    due_on: jiff_diesel::Date,
    #[diesel(sql_type = BigInt)]
    gross_pence: Pence,
    #[diesel(sql_type = BigInt)]
    credited: Pence,
    #[diesel(sql_type = BigInt)]
    paid: Pence,
    #[diesel(sql_type = BigInt)]
    advised: Pence,
}

const BALANCES: &str = "\
    select * from (select d.tenant_id, d.provider_id, d.id, d.number_text, d.period_start, d.issued_at, d.due_on, d.gross_pence, \
      coalesce((select -sum(n.gross_pence) from document n \
        where n.tenant_id = d.tenant_id and n.corrects_id = d.id), 0)::bigint as credited, \
      coalesce(p.paid, 0)::bigint as paid, coalesce(p.advised, 0)::bigint as advised \
    from document d \
    left join lateral (select sum(a.amount_pence) filter (where e.came and not e.went) as paid, \
        sum(a.amount_pence) filter (where not e.came and not e.went) as advised \
      from allocation a join lateral (select coalesce(bool_or(kind = 'receive'), false) as came, \
          coalesce(bool_or(kind <> 'receive'), false) as went \
        from remittance_entry r where r.tenant_id = a.tenant_id and r.remittance_id = a.remittance_id) e on true \
      where a.tenant_id = d.tenant_id and a.document_id = d.id) p on true \
    where (d.tenant_id = $1 or d.provider_id = $1) and d.issued_at is not null and d.kind = 'bill' \
      and ($2 is null or d.tenant_id = $2 or d.provider_id = $2) and ($3 is null or d.id = any($3))) b \
    where not $4 or gross_pence - credited - paid <> 0 \
    order by due_on, id";

/// What is owed on bills of the acting authority's, as provider or as consumer, by the day they are due.
///
/// # Errors
/// The database's.
pub fn balances(tx: &mut Tx<'_>, which: Which<'_>) -> Result<Vec<Balance>> {
    let (partner, ids, is_open) = match which {
        Which::Open => (None, None, true),
        Which::OpenWith(partner) => (Some(partner), None, true),
        Which::Of(ids) => (None, Some(ids), false),
    };
    let rows: Vec<Row> = diesel::sql_query(BALANCES)
        .bind::<SqlUuid, _>(tx.actor())
        .bind::<Nullable<SqlUuid>, _>(partner)
        .bind::<Nullable<Array<SqlUuid>>, _>(ids)
        .bind::<Bool, _>(is_open)
        .load(tx.conn)?;
    let mut all: Vec<Balance> = rows.into_iter().map(Balance::from).collect();
    let ids: Vec<Uuid> = all.iter().map(|balance| balance.document_id).collect();
    let disputes = disputes_about(tx, &ids)?;
    if disputes.is_empty() {
        return Ok(all);
    }
    let doubted: Vec<Uuid> = ids.into_iter().filter(|id| disputes.iter().any(|d| d.document_id == *id)).collect();
    let (bills, notes) = (snapshots(tx, &doubted)?, credit_notes(tx, &doubted)?);
    for (id, bill) in bills {
        let Some(balance) = all.iter_mut().find(|balance| balance.document_id == id) else { continue };
        let credits = notes.iter().filter(|(of, _)| *of == id).map(|(_, note)| note);
        let about: Vec<Dispute> = disputes.iter().filter(|d| d.document_id == id).cloned().collect();
        (balance.held, balance.later) = disputed(&bill, Credited::by(credits), &about, balance.due_on);
    }
    Ok(all)
}

impl From<Row> for Balance {
    fn from(row: Row) -> Balance {
        Balance {
            document_id: row.id,
            consumer: row.tenant_id,
            provider: row.provider_id,
            number: row.number_text,
            month: Month::of(row.period_start.into()),
            issued_on: billing_date(row.issued_at.into()),
            due_on: row.due_on.into(),
            billed: row.gross_pence,
            credited: row.credited,
            paid: row.paid,
            advised: row.advised,
            held: Pence(0),
            later: Vec::new(),
        }
    }
}

/// What is in dispute of a bill, and what was and is owed after all with the day by which, the latest first: both with VAT.
fn disputed(bill: &Snapshot, mut gone: Credited, disputes: &[Dispute], due_on: Date) -> (Pence, Vec<(Pence, Date)>) {
    let credited = gone.gross;
    gone.hold(bill, disputes);
    let held = gone.gross - credited;
    // By line: what of it is owed after all, with how many days it was in dispute. Doubted again, the same amount waits longer.
    let mut stood: Vec<(i32, Pence, i32)> = Vec::new();
    for dispute in disputes {
        let Some(decision) = dispute.decided() else { continue };
        let stands = match decision.act {
            DisputeAct::Accept(accepted, _) => dispute.amount - accepted,
            _ => dispute.amount,
        };
        let days = (billing_date(decision.at) - billing_date(dispute.at)).get_days();
        let Some(line) = bill.line(dispute.line).filter(|_| stands.0 > 0 && days > 0) else { continue };
        let fresh = stands.min(gone.left_of(bill, line));
        if fresh < stands {
            for (_, _, longer) in stood.iter_mut().filter(|(of, ..)| *of == dispute.line) {
                *longer += days;
            }
        }
        if fresh.0 > 0 {
            let before = gone.gross;
            gone.add(line, fresh);
            stood.push((dispute.line, gone.gross - before, days));
        }
    }
    let mut later: Vec<(Pence, Date)> =
        stood.into_iter().map(|(_, amount, days)| (amount, due_on.saturating_add(days.days()))).collect();
    later.sort_by_key(|(_, due)| std::cmp::Reverse(*due));
    (held, later)
}

/// How quickly an authority pays another: of what it paid in full.
#[derive(Clone, Debug, QueryableByName)]
pub struct DaysToPay {
    /// Who pays.
    #[diesel(sql_type = SqlUuid, column_name = tenant_id)]
    pub consumer: AuthorityId,
    /// Whom.
    #[diesel(sql_type = SqlUuid, column_name = provider_id)]
    pub provider: AuthorityId,
    /// How many bills.
    #[diesel(sql_type = BigInt)]
    pub bills: i64,
    /// How many of them within 30 days of issue.
    #[diesel(sql_type = BigInt)]
    pub in_30: i64,
    /// All their days from issue to the last payment, together.
    #[diesel(sql_type = BigInt)]
    pub days: i64,
}

/// How quickly bills issued since a day were paid in full: by us, and to us. What a payment compliance notice asks for
/// (Procurement Act 2023, section 69).
///
/// # Errors
/// The database's.
pub fn days_to_pay(tx: &mut Tx<'_>, since: Date) -> Result<Vec<DaysToPay>> {
    Ok(diesel::sql_query(
        "select tenant_id, provider_id, count(*) as bills, count(*) filter (where days <= 30) as in_30, \
           sum(days)::bigint as days \
         from (select d.tenant_id, d.provider_id, \
             greatest(max(r.paid_on) filter (where a.amount_pence > 0) \
               - (d.issued_at at time zone 'Europe/London')::date, 0)::bigint as days \
           from document d \
           join allocation a on a.tenant_id = d.tenant_id and a.document_id = d.id \
           join remittance r on r.tenant_id = a.tenant_id and r.id = a.remittance_id \
           where (d.tenant_id = $1 or d.provider_id = $1) and d.kind = 'bill' and d.gross_pence > 0 \
             and d.issued_at >= ($2::date)::timestamp at time zone 'Europe/London' \
             and exists (select from remittance_entry e where e.tenant_id = r.tenant_id and e.remittance_id = r.id \
               and e.kind = 'receive') \
             and not exists (select from remittance_entry e where e.tenant_id = r.tenant_id and e.remittance_id = r.id \
               and e.kind = 'reverse') \
           group by d.tenant_id, d.id, d.provider_id, d.issued_at, d.gross_pence \
           having sum(a.amount_pence) >= d.gross_pence + coalesce((select sum(n.gross_pence) from document n \
             where n.tenant_id = d.tenant_id and n.corrects_id = d.id), 0)) paid \
         group by tenant_id, provider_id order by tenant_id, provider_id",
    )
    .bind::<SqlUuid, _>(tx.actor())
    .bind::<SqlDate, _>(jiff_diesel::ToDiesel::to_diesel(since))
    .load(tx.conn)?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::billing::dispute::DisputeEntry;

    fn balance(n: u128, billed: i64) -> Balance {
        Balance {
            document_id: Uuid::from_u128(n),
            consumer: AuthorityId(Uuid::from_u128(1)),
            provider: AuthorityId(Uuid::from_u128(2)),
            number: format!("A-{n}"),
            month: Month::parse("2026-10").unwrap(),
            issued_on: date(2026, 11, 2),
            due_on: date(2026, 12, 2),
            billed: Pence(billed),
            credited: Pence(0),
            paid: Pence(0),
            advised: Pence(0),
            held: Pence(0),
            later: Vec::new(),
        }
    }

    #[test]
    fn the_clock_stands_still_while_a_line_is_disputed() {
        // £100 of £300 was disputed for 20 days and is owed after all; £50 still is.
        let later = vec![(Pence(10_000), date(2026, 12, 22))];
        let mut bill = Balance { held: Pence(5_000), later, ..balance(1, 30_000) };
        let due = |bill: &Balance, day| bill.standing(date(2026, 12, day));
        assert_eq!((due(&bill, 2), due(&bill, 3)), (Standing::Due, Standing::Overdue(1)));
        // What is not disputed is paid: the rest has its own day.
        bill.paid = Pence(15_000);
        assert_eq!((due(&bill, 22), due(&bill, 24)), (Standing::PartPaid, Standing::Overdue(2)));
        bill.paid = Pence(25_000);
        assert_eq!((bill.due(), due(&bill, 31)), (Pence(0), Standing::Held));
        bill.held = Pence(0);
        bill.credited = Pence(5_000);
        assert_eq!(due(&bill, 31), Standing::Settled);
        bill.credited = Pence(5_001);
        assert_eq!((due(&bill, 31), bill.due()), (Standing::InCredit, Pence(-1)));
    }

    #[test]
    fn doubted_twice_the_same_amount_waits_for_both() {
        let json = serde_json::json!({
            "series": "invoice", "number": null, "issued_on": null, "due_on": null, "pay_to": null, "period_from": "2026-10-01",
            "period_until": "2026-11-01", "prepared_by": "", "approved_by": null, "corrects": null,
            "supplier": party(), "customer": party(), "net": 30_000, "vat_total": 6_000, "gross": 36_000,
            "agreement": { "id": Uuid::nil(), "reference": "", "variation": 1, "title": "", "payment_terms_days": 30, "purchase_order": null },
            "vat": [{ "category": "standard", "basis_points": 2000, "net": 30_000, "vat": 6_000 }],
            "lines": [line(1, 10_000), line(2, 20_000)],
        });
        let bill: Snapshot = serde_json::from_value(json).unwrap();
        let dispute = |from: &str, until: &str| Dispute {
            id: Uuid::nil(),
            consumer: AuthorityId(Uuid::nil()),
            provider: AuthorityId(Uuid::nil()),
            document_id: Uuid::nil(),
            line: 1,
            amount: Pence(10_000),
            reason: String::new(),
            doubted: Vec::new(),
            is_private: false,
            by: String::new(),
            at: format!("{from}T09:00:00Z").parse().unwrap(),
            entries: if until.is_empty() {
                Vec::new()
            } else {
                vec![DisputeEntry {
                    id: Uuid::nil(),
                    act: DisputeAct::Reject,
                    party: AuthorityId(Uuid::nil()),
                    body: String::new(),
                    by_id: None,
                    by: String::new(),
                    proposed_by: None,
                    at: format!("{until}T09:00:00Z").parse().unwrap(),
                }]
            },
        };
        let of = |disputes: &[Dispute]| disputed(&bill, Credited::default(), disputes, date(2026, 12, 2));
        let first = dispute("2026-11-05", "2026-11-25");
        assert_eq!(of(std::slice::from_ref(&first)), (Pence(0), vec![(Pence(12_000), date(2026, 12, 22))]));
        // Rejected after 20 days and after another 10: the same £120.00 waits 30 days, and nothing else does.
        let again = [first.clone(), dispute("2026-11-26", "2026-12-06")];
        assert_eq!(of(&again), (Pence(0), vec![(Pence(12_000), date(2027, 1, 1))]));
        // Rejected and doubted again: it is in dispute, and not due later besides.
        assert_eq!(of(&[first, dispute("2026-11-26", "")]), (Pence(12_000), Vec::new()));
    }

    fn party() -> serde_json::Value {
        serde_json::json!({ "id": Uuid::nil(), "name": "", "address": { "lines": [], "postcode": "" },
            "vat_number": null, "email": "", "phone": "", "endpoint": null })
    }

    fn line(n: i32, net: i64) -> serde_json::Value {
        serde_json::json!({
            "n": n, "charge": { "price": 0, "part": "units", "of": null }, "description": "", "from": "2026-10-01",
            "until": "2026-11-01", "quantity": 1000, "unit_rate": 0, "net": net, "tariff_id": Uuid::nil(), "tariff_version": 1,
            "vat": { "category": "standard", "basis_points": 2000, "reason": "", "approver": "" }, "event_count": 0,
            "event_digest": "",
        })
    }

    #[test]
    fn a_credit_after_an_advice_makes_nothing_to_give_back() {
        let bill = Balance { advised: Pence(100), credited: Pence(20), ..balance(1, 100) };
        assert_eq!((bill.owed(), bill.open(), bill.payable()), (Pence(80), Pence(0), Pence(0)));
        assert_eq!(oldest_first(&[bill, balance(2, 50)], Pence(30)), [(Uuid::from_u128(2), Pence(30))]);
        assert_eq!(oldest_first(&[balance(1, -20), balance(2, 50)], Pence(-30)), [(Uuid::from_u128(1), Pence(-20))]);
    }

    #[test]
    fn what_is_late_stands_in_its_column() {
        let due = |n, due_on| Balance { due_on, ..balance(n, 100) };
        let today = date(2026, 12, 31);
        let late = [(2026, 12, 31), (2026, 12, 30), (2026, 12, 1), (2026, 11, 30), (2026, 10, 2), (2026, 9, 1)];
        let bills: Vec<Balance> = (1..).zip(late).map(|(n, (y, m, d))| due(n, date(y, m, d))).collect();
        let aged = Aged::of(bills.iter().chain([&balance(9, -40)]), today);
        let pence = |n| Pence(n);
        assert_eq!((aged.current, aged.late), (pence(100), [200, 100, 100, 100].map(pence)));
        assert_eq!((aged.in_credit, aged.total(), aged.overdue()), (pence(-40), pence(560), pence(500)));
    }

    #[test]
    fn the_oldest_is_paid_first_and_what_gives_back_is_used() {
        let bills = [balance(1, 500), balance(2, -62), Balance { held: Pence(100), ..balance(3, 300) }];
        let parts = |amount| oldest_first(&bills, Pence(amount)).into_iter().map(|(_, p)| p.0).collect::<Vec<_>>();
        assert_eq!(parts(438), [-62, 500]);
        assert_eq!(parts(100), [-62, 162]);
        assert_eq!(parts(700), [500, 200], "what is in dispute is not paid by itself");
        assert_eq!(parts(680), [-20, 500, 200]);
        assert_eq!(parts(900), [500, 200]);
    }

    proptest! {
        #[test]
        fn an_amount_goes_to_what_is_owed_and_no_further(
            owed in prop::collection::vec((-1_000i64..1_000, 0i64..500), 0..8),
            amount in 0i64..3_000,
        ) {
            let bills: Vec<Balance> =
                (1u128..).zip(&owed).map(|(n, (billed, held))| Balance { held: Pence(*held), ..balance(n, *billed) }).collect();
            let parts = oldest_first(&bills, Pence(amount));
            let sum: i64 = parts.iter().map(|(_, part)| part.0).sum();
            prop_assert!((0..=amount).contains(&sum), "{}", sum);
            for (id, part) in parts {
                let bill = bills.iter().find(|b| b.document_id == id).unwrap();
                prop_assert!(part.0 != 0 && part.0.signum() == bill.open().0.signum() && part.0.abs() <= bill.open().0.abs());
            }
        }

        #[test]
        fn a_balance_is_the_sum_of_its_parts(billed in -900i64..900, paid in 0i64..500, held in 0i64..500, later in 0i64..500) {
            let bill = Balance {
                paid: Pence(paid),
                held: Pence(held),
                later: vec![(Pence(later), date(2027, 1, 1))],
                ..balance(1, billed)
            };
            prop_assert_eq!(bill.parts().iter().map(|(_, p)| *p).sum::<Pence>(), bill.owed());
        }
    }
}
