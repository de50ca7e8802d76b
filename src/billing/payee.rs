//! Where an authority is paid, as printed on its bills. A changed account number is how money is stolen: one person enters
//! it, and it counts once another has confirmed it.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::document::PayTo;
use crate::audit;
use crate::kernel::{Actor, new_id};
use crate::platform::schema::bank_account;
use crate::platform::{Error, Result, Tx};

/// An account as it was entered.
#[derive(Clone, Debug)]
pub struct BankAccount {
    /// Its id.
    pub id: Uuid,
    /// What is printed.
    pub pay_to: PayTo,
    /// Who entered it, as staff; none where no person of the staff did.
    pub entered_by: Option<Uuid>,
    /// Their name.
    pub entered_name: String,
    /// When.
    pub entered_at: Timestamp,
    /// Who confirmed it, and when.
    pub confirmed: Option<(String, Timestamp)>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bank_account)]
struct Row {
    id: Uuid,
    account_name: String,
    sort_code: String,
    account_number: String,
    entered_by: Option<Uuid>,
    entered_name: String,
    entered_at: jiff_diesel::Timestamp,
    confirmed_name: Option<String>,
    confirmed_at: Option<jiff_diesel::Timestamp>,
}

impl From<Row> for BankAccount {
    fn from(row: Row) -> BankAccount {
        BankAccount {
            id: row.id,
            pay_to: PayTo {
                account_name: row.account_name,
                sort_code: row.sort_code,
                account_number: row.account_number,
            },
            entered_by: row.entered_by,
            entered_name: row.entered_name,
            entered_at: row.entered_at.into(),
            confirmed: row.confirmed_name.zip(row.confirmed_at).map(|(name, at)| (name, at.into())),
        }
    }
}

impl PayTo {
    /// An account from what people type: six figures and eight, with hyphens and spaces or without.
    ///
    /// # Errors
    /// The field that is wrong: `account_name`, `sort_code` or `account_number`.
    pub fn parse(
        account_name: &str,
        sort_code: &str,
        account_number: &str,
    ) -> std::result::Result<PayTo, &'static str> {
        let figures = |text: &str, many: usize| {
            let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
            (plain.len() == many && plain.bytes().all(|b| b.is_ascii_digit())).then_some(plain)
        };
        let name = account_name.trim();
        // A payer's bank checks it against the account, so that it is kept whole; no bank has longer ones.
        if name.is_empty() || name.chars().count() > 40 {
            return Err("account_name");
        }
        let sort_code = figures(sort_code, 6).ok_or("sort_code")?;
        let (first, rest) = sort_code.split_at(2);
        let (second, third) = rest.split_at(2);
        Ok(PayTo {
            account_name: name.to_owned(),
            sort_code: format!("{first}-{second}-{third}"),
            account_number: figures(account_number, 8).ok_or("account_number")?,
        })
    }
}

/// Enters an account; it counts once somebody else confirms it. Says its id.
///
/// # Errors
/// The database's.
pub fn enter_bank_account(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, pay_to: &PayTo) -> Result<Uuid> {
    let id = new_id(now);
    diesel::insert_into(bank_account::table)
        .values((
            bank_account::tenant_id.eq(tx.actor()),
            bank_account::id.eq(id),
            bank_account::account_name.eq(&pay_to.account_name),
            bank_account::sort_code.eq(&pay_to.sort_code),
            bank_account::account_number.eq(&pay_to.account_number),
            bank_account::entered_by.eq(by.staff_id),
            bank_account::entered_name.eq(&by.name),
            bank_account::entered_at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    record(tx, now, by, "bank.enter", id, pay_to)?;
    Ok(id)
}

/// Confirms an account that somebody else entered.
///
/// # Errors
/// [`Error::NotFound`] for none of ours; [`Error::Conflict`] if the same person entered it, or a newer one was confirmed.
pub fn confirm_bank_account(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, id: Uuid) -> Result<()> {
    let all = bank_accounts(tx)?;
    let found = all.iter().find(|account| account.id == id).ok_or(Error::NotFound)?;
    if found.entered_by.is_some() && found.entered_by == by.staff_id {
        return Err(Error::Conflict("error-bank-same-person".to_owned()));
    }
    let is_newest = all.iter().all(|other| other.entered_at <= found.entered_at);
    if found.confirmed.is_some() || !is_newest {
        return Err(Error::Conflict("error-conflict-state".to_owned()));
    }
    let confirmed = diesel::update(bank_account::table.find((tx.actor(), id)))
        .filter(bank_account::confirmed_at.is_null())
        .set((
            bank_account::confirmed_by.eq(by.staff_id),
            bank_account::confirmed_name.eq(&by.name),
            bank_account::confirmed_at.eq(now.to_diesel()),
        ))
        .execute(tx.conn)?;
    if confirmed == 0 {
        return Err(Error::Conflict("error-conflict-state".to_owned()));
    }
    record(tx, now, by, "bank.confirm", id, &found.pay_to)
}

/// The number itself stands in no record of who did what.
fn record(tx: &mut Tx<'_>, now: Timestamp, by: &Actor, action: &'static str, id: Uuid, pay_to: &PayTo) -> Result<()> {
    let end = pay_to.account_number.get(4..).unwrap_or_default();
    let entry = audit::Entry {
        action,
        subject_kind: "bank",
        subject_id: id,
        subject_label: &format!("account ending in {end}"),
        purpose: "where our bills are paid",
        handler: None,
    };
    audit::record(tx, now, by, &entry)
}

/// The acting authority's accounts, the one entered last first.
///
/// # Errors
/// The database's.
pub fn bank_accounts(tx: &mut Tx<'_>) -> Result<Vec<BankAccount>> {
    let rows = bank_account::table
        .filter(bank_account::tenant_id.eq(tx.actor()))
        .order((bank_account::entered_at.desc(), bank_account::id.desc()))
        .select(Row::as_select())
        .load(tx.conn)?;
    Ok(rows.into_iter().map(BankAccount::from).collect())
}

/// Where the acting authority is paid now; nowhere until an account is confirmed.
///
/// # Errors
/// The database's.
pub fn pay_to(tx: &mut Tx<'_>) -> Result<Option<PayTo>> {
    Ok(in_use(&bank_accounts(tx)?))
}

/// Of these accounts, the one that was confirmed last.
#[must_use]
pub fn in_use(accounts: &[BankAccount]) -> Option<PayTo> {
    let confirmed = accounts.iter().filter_map(|account| Some((account.confirmed.as_ref()?.1, account)));
    confirmed.max_by_key(|(at, _)| *at).map(|(_, account)| account.pay_to.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_as_people_type_it() {
        let read = |sort, number| PayTo::parse(" Wealdshire County Council ", sort, number);
        let right = read("200000", "1234 5678").unwrap();
        assert_eq!((right.sort_code.as_str(), right.account_number.as_str()), ("20-00-00", "12345678"));
        assert_eq!(right, read("20-00-00", "12345678").unwrap());
        assert_eq!(read("2000000", "12345678").unwrap_err(), "sort_code");
        assert_eq!(read("200000", "1234567").unwrap_err(), "account_number");
        assert_eq!(PayTo::parse(" ", "200000", "12345678").unwrap_err(), "account_name");
    }
}
