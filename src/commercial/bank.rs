//! `/commercial/bank`: where our bills are paid. A change takes two people, each with password and code.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::fields::{Fault, SPEAKERS, fault, fault_of};
use crate::billing::{self, BankAccount, PayTo};
use crate::identity::{Role, Staff};
use crate::kernel::Language;
use crate::kernel::time::long_moment;
use crate::platform::{Error, Result};
use crate::site::{Area, Frame, Posted, Proof, Texts, Visit};

#[derive(Template)]
#[template(path = "commercial/bank.html")]
struct BankPage {
    p: Frame,
    /// What bills are printed with.
    current: Option<PayTo>,
    accounts: Vec<BankAccount>,
    /// The newest, if it waits for somebody.
    waiting: Option<BankAccount>,
    may_change: bool,
    may_confirm: bool,
    is_mine: bool,
    demonstration: bool,
    typed: [String; 3],
    faults: Vec<Fault>,
}

impl BankPage {
    fn fault_of(&self, field: &str) -> Option<&str> {
        fault_of(&self.faults, field)
    }
}

/// `GET /commercial/bank`
pub(super) async fn page(visit: Visit) -> Result<HttpResponse> {
    let (me, accounts) = visit.staff(Role::COMMERCIAL, |tx, _| billing::bank_accounts(tx)).await?;
    show(&visit, &me, accounts, Default::default(), Vec::new())
}

fn show(
    visit: &Visit,
    me: &Staff,
    accounts: Vec<BankAccount>,
    typed: [String; 3],
    faults: Vec<Fault>,
) -> Result<HttpResponse> {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let waiting = accounts.first().filter(|account| account.confirmed.is_none()).cloned();
    let page = BankPage {
        p: visit.staff_frame(Area::Commercial, me),
        current: billing::in_use(&accounts),
        is_mine: waiting.as_ref().is_some_and(|account| account.entered_by == Some(me.id)),
        waiting,
        accounts,
        may_change: me.has(SPEAKERS),
        may_confirm: me.has(&[Role::Approver]),
        demonstration: visit.site.demonstration,
        typed,
        faults,
    };
    visit.html(status, &page)
}

/// `POST /commercial/bank`: enters an account, or confirms the one that another entered.
pub(super) async fn change(form: Posted) -> Result<HttpResponse> {
    let visit = &form.visit;
    let field = |name: &str| form.get(name).to_owned();
    let typed = ["account_name", "sort_code", "account_number"].map(field);
    let (act, account) = (field("act"), field("account"));
    let (here, now, t, proof) = (visit.here.clone(), visit.now, Texts::of(Language::En), Proof::sent(&form));
    let again = typed.clone();
    let (me, refused) = visit
        .staff(if act == "confirm" { &[Role::Approver] } else { SPEAKERS }, move |tx, me| {
            let accounts = billing::bank_accounts(tx)?;
            let [name, sort_code, number] = &typed;
            let entered = match act.as_str() {
                "confirm" => None,
                "enter" => match PayTo::parse(name, sort_code, number) {
                    Ok(pay_to) => Some(pay_to),
                    Err(wrong) => {
                        let key = format!("bank-{}", wrong.replace('_', "-"));
                        return Ok(Some((accounts, vec![fault(wrong, t, &key, &[])])));
                    }
                },
                _ => return Err(Error::Malformed("no such act")),
            };
            if !proof.holds(tx, me)? {
                let field = if entered.is_some() { "password" } else { "confirm-password" };
                return Ok(Some((accounts, vec![fault(field, t, "commercial-wrong-proof", &[])])));
            }
            let by = me.actor(&here.name);
            match entered {
                Some(pay_to) => billing::enter_bank_account(tx, now, &by, &pay_to).map(drop)?,
                None => {
                    let id = account.parse().map_err(|_| Error::Malformed("no account"))?;
                    billing::confirm_bank_account(tx, now, &by, id)?;
                }
            }
            Ok(None)
        })
        .await?;
    match refused {
        None => visit.see_other("/commercial/bank"),
        Some((accounts, faults)) => show(visit, &me, accounts, again, faults),
    }
}
