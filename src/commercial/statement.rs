//! `/commercial/statements/{council}`: what our own book holds between us and one other council over some days, with what was owed
//! before and after. The other's book says the same with the signs turned.

use actix_web::HttpResponse;
use actix_web::web::{Path, Query};
use askama::Template;
use jiff::civil::Date;
use uuid::Uuid;

use super::csv::{Cell, Csv};
use super::fields::Days;
use crate::identity::{Role, Staff};
use crate::kernel::time::long_date;
use crate::kernel::{Pence, billing_date};
use crate::ledger::{self, Account, Entered};
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Visit};

#[derive(Template)]
#[template(path = "commercial/statement.html")]
struct StatementPage {
    p: Frame,
    partner: String,
    slug: String,
    from: Date,
    to: Date,
    sides: Vec<Side>,
}

/// One control account: what they owe us, or what we owe them.
struct Side {
    is_income: bool,
    before: Pence,
    rows: Vec<Row>,
    after: Pence,
}

/// An entry, signed as what is owed grows.
struct Row {
    on: Date,
    what: &'static str,
    description: String,
    link: String,
    amount: Pence,
    balance: Pence,
}

struct Statement {
    partner: String,
    slug: String,
    from: Date,
    to: Date,
    sides: Vec<Side>,
}

async fn read(visit: &Visit, council: &str, days: &Days) -> Result<(Staff, Statement)> {
    let today = billing_date(visit.now);
    let directory = visit.site.directory.get();
    let partner = directory.by_slug(council).filter(|a| a.id != visit.here.id).ok_or(Error::NotFound)?;
    let (from, to) = days.of(today);
    let (with, until) = (partner.id, to.tomorrow().unwrap_or(to));
    let (me, (before, entered)) = visit
        .staff(Role::COMMERCIAL, move |tx, _| {
            Ok((ledger::sums(tx, Some(with), from)?, ledger::entries(tx, Some(with), from, until)?))
        })
        .await?;
    let sides = [(true, Account::Receivable, 1), (false, Account::Payable, -1)].map(|(is_income, account, sign)| {
        let before = Pence(sign * before.get(account.word()).copied().unwrap_or_default().0);
        side(before, &entered, is_income, (account, sign))
    });
    let statement = Statement {
        partner: partner.name.clone(),
        slug: partner.slug.clone(),
        from,
        to,
        sides: sides.into_iter().filter(|side| !side.rows.is_empty() || side.before.0 != 0).collect(),
    };
    Ok((me, statement))
}

fn side(before: Pence, entered: &[Entered], is_income: bool, (account, sign): (Account, i64)) -> Side {
    let mut new: Vec<&Entered> = entered.iter().filter(|entry| entry.account == account.word()).collect();
    // Both read a day's bills before its payments, in whatever order either book got them.
    new.sort_by_key(|entry| (entry.effective_on, entry.purpose != "issue", entry.description.as_str()));
    let mut balance = before;
    let rows = new.into_iter().map(|entry| {
        let amount = Pence(sign * entry.amount.0);
        balance += amount;
        let (what, place) = match entry.purpose.as_str() {
            "receive" => ("Payment", "payments"),
            "reverse" => ("Payment reversed", "payments"),
            _ if amount.0 < 0 => ("Credit", "documents"),
            _ => ("Bill", "documents"),
        };
        let link = |id: Uuid| format!("/commercial/{place}/{id}");
        Row {
            on: entry.effective_on,
            what,
            description: entry.description.clone(),
            link: link(entry.source_id),
            amount,
            balance,
        }
    });
    let rows: Vec<Row> = rows.collect();
    Side { is_income, before, after: rows.last().map_or(before, |row| row.balance), rows }
}

/// `GET /commercial/statements/{council}`
pub(super) async fn page(visit: Visit, council: Path<String>, days: Query<Days>) -> Result<HttpResponse> {
    let (me, Statement { partner, slug, from, to, sides }) = read(&visit, &council, &days).await?;
    visit.ok(&StatementPage { p: visit.staff_frame(Area::Commercial, &me), partner, slug, from, to, sides })
}

/// `GET /commercial/statements/{council}/statement.csv`
pub(super) async fn csv(visit: Visit, council: Path<String>, days: Query<Days>) -> Result<HttpResponse> {
    let (_, statement) = read(&visit, &council, &days).await?;
    let mut csv = Csv::new(&["Account", "Day", "What", "Reference", "Amount", "Owed after"]);
    for side in &statement.sides {
        let account = if side.is_income { "Owed to us" } else { "Owed by us" };
        let mut row = |on: Date, what: &str, description: &str, amount: String, balance: Pence| {
            csv.row([
                Cell::Text(account.to_owned()),
                Cell::Figure(on.to_string()),
                Cell::Text(what.to_owned()),
                Cell::Text(description.to_owned()),
                Cell::Figure(amount),
                Cell::Figure(balance.plain()),
            ]);
        };
        row(statement.from, "Before", "", String::new(), side.before);
        for one in &side.rows {
            row(one.on, one.what, &one.description, one.amount.plain(), one.balance);
        }
    }
    Ok(csv.download(&format!("statement-{}-{}-{}", statement.slug, statement.from, statement.to)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::kernel::AuthorityId;

    #[test]
    fn a_statement_begins_with_what_was_owed_and_ends_with_what_is() {
        let entry = |day, purpose: &str, amount| Entered {
            source_id: Uuid::nil(),
            purpose: purpose.to_owned(),
            description: String::new(),
            counterparty: AuthorityId(Uuid::nil()),
            effective_on: date(2026, 11, day),
            account: "payable".to_owned(),
            amount: Pence(amount),
        };
        let all = [entry(10, "issue", -300), entry(12, "issue", 40), entry(20, "receive", 500)];
        let side = side(Pence(500), &all, false, (Account::Payable, -1));
        let rows: Vec<_> = side.rows.iter().map(|row| (row.what, row.amount.0, row.balance.0)).collect();
        assert_eq!(rows, [("Bill", 300, 800), ("Credit", -40, 760), ("Payment", -500, 260)]);
        assert_eq!((side.before, side.after), (Pence(500), Pence(260)));
    }
}
