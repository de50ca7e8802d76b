//! The commercial teams' part of the history: bills prepared, read, issued, doubted and paid.

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Act, Play};
use crate::agreements;
use crate::billing::{
    self, BilledLine, BudgetKey, DocumentFilter, Doubt, NewRemittance, Pair, Part, PayTo, Series, Which,
};
use crate::identity::Role;
use crate::kernel::time::financial_year;
use crate::kernel::{Actor, AuthorityId, Month, Pence, Quantity, billing_date};
use crate::metering::UsageEvent;
use crate::platform::{Error, Scope};
use crate::setup::people::Someone;
use crate::tenancy::Authority;

/// What each side expects of a service in a financial year, in pounds; last, of fees.
const BUDGETS: &[(&str, i64)] = &[("pothole", 1_800), ("dropped-kerb", 4_200), ("", 3_600)];

impl<'a> Play<'a> {
    /// The provider of the demonstration's agreements, and somebody there who holds a role.
    pub(super) fn provider(&mut self, role: Role) -> anyhow::Result<(&'a Authority, Someone)> {
        let provider = self.scene.directory.by_slug("wealdshire").context("the demonstration has no provider")?;
        let someone = self.someone(provider.id, role).with_context(|| format!("nobody there is {}", role.word()))?;
        Ok((provider, someone))
    }

    /// The commercial person of a council, or in another's name where it has none here.
    pub(super) fn payer(&mut self, council: AuthorityId) -> anyhow::Result<(&'a Authority, Actor)> {
        let council = self.scene.directory.by_id(council).context("a council that is billed is here")?;
        let by = self.someone(council.id, Role::Preparer).map_or_else(
            || Actor { staff_id: None, name: "Accounts payable".to_owned(), authority_name: council.name.clone() },
            |someone| someone.actor(&council.name),
        );
        Ok((council, by))
    }

    pub(super) fn bank(&mut self, at: Timestamp) -> anyhow::Result<()> {
        let (provider, preparer) = self.provider(Role::Preparer)?;
        let (_, approver) = self.provider(Role::Approver)?;
        let account = PayTo::parse(&format!("{} Collection", provider.short_name), "20-00-00", "43917726")
            .map_err(|field| anyhow::anyhow!("the demonstration's {field} is wrong"))?;
        Ok(self.scene.db.scoped(Scope::own(provider.id), |tx| {
            let id = billing::enter_bank_account(tx, at, &preparer.actor(&provider.name), &account)?;
            let later = at + SignedDuration::from_mins(40);
            billing::confirm_bank_account(tx, later, &approver.actor(&provider.name), id)
        })?)
    }

    /// The provider and whoever has a commercial team budget for each service: some a little less than it comes to.
    pub(super) fn budgets(&mut self, at: Timestamp) -> anyhow::Result<()> {
        let (provider, _) = self.provider(Role::Preparer)?;
        let year = financial_year(billing_date(at));
        let agreements = self.scene.db.scoped(Scope::own(provider.id), agreements::list)?;
        for agreement in &agreements {
            for council in [agreement.provider, agreement.consumer] {
                let (council, by) = self.payer(council)?;
                let budget = |(service, pounds): &(&str, i64)| {
                    let is_there = service.is_empty() || agreement.services.iter().any(|s| s.slug == *service);
                    let key = BudgetKey::of(agreement, council.id, service);
                    is_there.then_some((key, Some(Pence(pounds * 100))))
                };
                let wanted: Vec<_> = BUDGETS.iter().filter_map(budget).collect();
                self.scene.db.scoped(Scope::own(council.id), |tx| billing::set_budgets(tx, at, &by, year, &wanted))?;
            }
        }
        Ok(())
    }

    /// Prepares a month's bill under one of the provider's agreements and sends it for review; unless it is the last month,
    /// somebody else issues it when that is over.
    pub(super) fn prepare(&mut self, at: Timestamp, agreement: usize, month: Month) -> anyhow::Result<()> {
        let (provider, preparer) = self.provider(Role::Preparer)?;
        let agreements = self.scene.db.scoped(Scope::own(provider.id), agreements::list)?;
        let Some(agreement) = agreements.get(agreement) else { return Ok(()) };
        let by = preparer.actor(&provider.name);
        let shared: Vec<Uuid> =
            agreements.iter().filter(|other| other.reference == agreement.reference).map(|other| other.id).collect();
        let run = billing::prepare_run(self.scene.db, provider.id, agreement.id, month, &by, at)?;
        let sent = at + SignedDuration::from_hours(3);
        self.scene.db.scoped(Scope::own(provider.id), |tx| billing::send_for_review(tx, sent, &by, run))?;
        if month < self.last_month {
            let drafts = self.scene.db.scoped(Scope::own(provider.id), billing::drafts)?;
            // What members share is prepared for all of them, whose agreements have one reference.
            let is_together = |draft: &&billing::Run| draft.month == month && shared.contains(&draft.agreement_id);
            let runs: Vec<Uuid> = drafts.iter().filter(is_together).map(|draft| draft.id).collect();
            for run in &runs {
                let agreed = self.office(at, 2);
                self.plan(agreed, Act::Agree(*run));
            }
            let issued = self.office(at, 6);
            self.plan(issued, Act::Issue(runs, month));
        }
        Ok(())
    }

    pub(super) fn agree(&mut self, at: Timestamp, run: Uuid) -> anyhow::Result<()> {
        let (provider, _) = self.provider(Role::Approver)?;
        let run = self.scene.db.scoped(Scope::own(provider.id), |tx| billing::run(tx, run))?;
        let (council, by) = self.payer(run.consumer)?;
        Ok(self.scene.db.scoped(Scope::own(council.id), |tx| {
            billing::agree_to(tx, at, &by, run.id, run.prepared_at, "Checked against our own count of cases.")
        })?)
    }

    /// The invoice and the demand of a run in one payment, but for what is in dispute.
    pub(super) fn pay(&mut self, at: Timestamp, run: Uuid) -> anyhow::Result<()> {
        let (provider, _) = self.provider(Role::Approver)?;
        let run = self.scene.db.scoped(Scope::own(provider.id), |tx| billing::run(tx, run))?;
        let (council, by) = self.payer(run.consumer)?;
        let paid = self.scene.db.scoped(Scope::own(council.id), |tx| {
            let ids: Vec<Uuid> = billing::documents_of_run(tx, run.id)?.into_iter().map(|bill| bill.id).collect();
            let parts: Vec<(Uuid, Pence)> =
                billing::balances(tx, Which::Of(&ids))?.iter().map(|bill| (bill.document_id, bill.due())).collect();
            let allocations: Vec<(Uuid, Pence)> = parts.into_iter().filter(|(_, part)| part.0 > 0).collect();
            let payment = NewRemittance {
                pair: Pair { consumer: council.id, provider: provider.id },
                amount: allocations.iter().map(|(_, part)| *part).sum(),
                paid_on: billing_date(at),
                reference: format!("{} BACS {}", council.prefix, run.month.code()),
                allocations: Some(allocations),
                is_another: false,
            };
            if payment.amount.0 == 0 { Ok(None) } else { billing::enter(tx, at, &by, &payment).map(Some) }
        })?;
        if let Some(payment) = paid {
            let came = self.office(at, 2);
            self.plan(came, Act::Receive(payment));
        }
        Ok(())
    }

    pub(super) fn receive(&mut self, at: Timestamp, payment: Uuid) -> anyhow::Result<()> {
        let (provider, preparer) = self.provider(Role::Preparer)?;
        let by = preparer.actor(&provider.name);
        Ok(self.scene.db.scoped(Scope::own(provider.id), |tx| billing::receive(tx, at, &by, payment))?)
    }

    pub(super) fn issue(&mut self, at: Timestamp, runs: &[Uuid], month: Month) -> anyhow::Result<()> {
        let (provider, approver) = self.provider(Role::Approver)?;
        let Some(first) = runs.first() else { return Ok(()) };
        billing::issue(self.scene.db, provider.id, *first, &approver.actor(&provider.name), at)?;
        for run in runs {
            let doubted = self.office(at, 2);
            self.plan(doubted, Act::Doubt(*run, month.next() < self.last_month));
            // Of the newest bills those of one council are not paid in time.
            let of = self.scene.db.scoped(Scope::own(provider.id), |tx| billing::run(tx, *run))?;
            let is_prompt = self.scene.directory.by_slug("marlhaven").is_some_and(|council| council.id == of.consumer);
            if is_prompt || month.next() < self.last_month {
                let paid = self.office(at, if is_prompt { 14 } else { 24 });
                self.plan(paid, Act::Pay(*run));
            }
        }
        Ok(())
    }

    /// A council with a commercial team of its own doubts two cases of its invoice.
    pub(super) fn doubt(&mut self, at: Timestamp, run: Uuid, is_settled: bool) -> anyhow::Result<()> {
        let Some((council, by)) = self.scene.people.iter().find_map(|someone| {
            let council = self.scene.directory.by_slug(someone.person.council)?;
            let is_billed = someone.person.council == "marlhaven" && someone.person.roles.contains(&Role::Preparer);
            is_billed.then(|| (council, someone.actor(&council.name)))
        }) else {
            return Ok(());
        };
        let raised = self.scene.db.scoped(Scope::own(council.id), |tx| {
            let filter = DocumentFilter { limit: 100, ..DocumentFilter::default() };
            let bills = billing::documents(tx, filter)?;
            let of_run = bills.iter().find(|bill| bill.run_id == Some(run) && bill.series == Series::Invoice);
            let Some(bill) = of_run.map(|bill| billing::document(tx, bill.id)).transpose()? else { return Ok(None) };
            let counted = |line: &&BilledLine| line.line.charge.part == Part::Units && line.event_count > 2;
            let Some(line) = bill.snapshot.lines.iter().find(counted) else { return Ok(None) };
            let events = billing::line_events(tx, &bill, &line.line, None, 50)?;
            let stands = |event: &&UsageEvent| event.reversal_of.is_none() && event.reversed_because.is_none();
            let doubt = Doubt {
                document_id: bill.id,
                line: line.n,
                amount: Quantity(2_000).at(line.line.unit_rate)?,
                reason: "Our own crew mended these two before you took them on.".to_owned(),
                doubted: events.iter().filter(stands).take(2).map(|event| event.id).collect(),
            };
            Ok(Some((billing::raise(tx, at, &by, &doubt)?, Quantity::ONE.at(line.line.unit_rate)?)))
        })?;
        if let Some((dispute, half)) = raised.filter(|_| is_settled) {
            let settled = self.office(at, 2);
            self.plan(settled, Act::Settle(dispute, half));
        }
        Ok(())
    }

    pub(super) fn settle(&mut self, at: Timestamp, dispute: Uuid, amount: Pence) -> anyhow::Result<()> {
        let (provider, approver) = self.provider(Role::Approver)?;
        let by = approver.actor(&provider.name);
        let words = "One of the two was mended by your crew. The other is a second hole in the same street.";
        Ok(self.scene.db.scoped(Scope::own(provider.id), |tx| {
            match billing::accept(tx, at, &by, dispute, amount, words) {
                // One of them was returned meanwhile, which takes it off the next bill.
                Err(Error::Conflict(_)) => {
                    let words = "We have taken back what was counted twice: it comes off your next bill.";
                    billing::decide(tx, at, &by, dispute, false, words)
                }
                accepted => accepted.map(drop),
            }
        })?)
    }
}
