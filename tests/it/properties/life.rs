//! A history as the product lives it, and what the test knows of it by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::{Timestamp, ToSpan};
use moothall::agreements::{self, AgreementFile, ServicePart};
use moothall::billing::{
    self, Document, DocumentFilter, Doubt, Issued, NewRemittance, Pair, RawItem, Remitted, Stage, Taken, Tariff, Which,
};
use moothall::kernel::{AuthorityId, Month, Pence, Quantity, billing_date};
use moothall::platform::outbox::{self, Topic};
use moothall::platform::{Db, Error, Result, Scope, Tx};
use moothall::{ledger, metering};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use uuid::Uuid;

use super::history::{Act, COUNTED, Edge, History, Settling};
use crate::bills::{MARLHAVEN, by};
use crate::harness::Database;

/// An item of usage that was sent.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    pub by_provider: bool,
    pub at: Timestamp,
    pub service: &'static str,
    pub meter: &'static str,
    pub quantity: Quantity,
    pub value: Pence,
    /// What counted it; none while it waits.
    pub event: Option<Uuid>,
    pub is_back: bool,
}

/// Two councils of their own, what happened between them, and a third that has nothing to do with it.
pub struct Life<'a> {
    pub database: &'a Database,
    pub db: Db,
    pub history: &'a History,
    pub provider: AuthorityId,
    pub consumer: AuthorityId,
    pub stranger: AuthorityId,
    pub agreement: Uuid,
    pub tariffs: Vec<Tariff>,
    pub items: Vec<Item>,
    /// Documents as they were issued: what is printed, and its hash.
    pub issued: BTreeMap<Uuid, (billing::Snapshot, Option<String>)>,
    /// Bills that were credited to the last penny.
    pub credited: Vec<Uuid>,
    now: Timestamp,
    runs: Vec<Uuid>,
    disputes: Vec<Uuid>,
    payments: Vec<Uuid>,
    sent: usize,
}

type Done<T = ()> = std::result::Result<T, TestCaseError>;

/// What was done, or that it was refused with a reason for people; anything else is a fault.
fn told<T>(what: &str, result: Result<T>) -> Done<Option<T>> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(Error::Conflict(_)) => Ok(None),
        Err(error) => Err(TestCaseError::fail(format!("{what} fails: {error:?}"))),
    }
}

fn chosen<T: Clone>(all: &[T], n: usize) -> Option<T> {
    (!all.is_empty()).then(|| all[n % all.len()].clone())
}

impl Life<'_> {
    /// Everything of a history, and then all that is still to be billed.
    pub fn lived<'a>(database: &'a Database, db: &Db, history: &'a History) -> Done<Life<'a>> {
        let mut life = Life::begun(database, db.clone(), history);
        for act in &history.acts {
            life.act(act)?;
        }
        life.end()?;
        Ok(life)
    }

    fn begun<'a>(database: &'a Database, db: Db, history: &'a History) -> Life<'a> {
        let now: Timestamp = "2026-02-01T09:00:00Z".parse().unwrap();
        let [provider, consumer, stranger] =
            ["wealdshire", "marlhaven", "eastmere"].map(|like| founded(database, like));
        let mut file: AgreementFile = toml::from_str(MARLHAVEN).unwrap();
        file.term = history.term;
        file.running.bill_review_days = history.review_days;
        let part = |(slug, meter): (&str, &str)| {
            let (slug, meter) = (slug.to_owned(), meter.to_owned());
            ServicePart { slug, meter, reversed_when: Vec::new(), outcomes: Vec::new() }
        };
        file.services = COUNTED.into_iter().map(part).collect();
        let hash = billing::prices_hash(&history.tariffs, file.term).unwrap();
        let offered = db.scoped(Scope::own(provider), |tx| {
            let offer = agreements::put_offer(tx, now, &by("setup"), consumer, &file, &hash)?;
            billing::put_tariffs(tx, now, &by("setup"), consumer, offer.id, file.term, &history.tariffs)?;
            Ok((offer.id, billing::tariffs(tx, Some(offer.id))?))
        });
        let (agreement, tariffs) = offered.unwrap();
        for (party, paper) in [provider, consumer].into_iter().zip(&file.signatures) {
            let sign = |tx: &mut Tx<'_>| agreements::put_signature(tx, now, &by("setup"), consumer, agreement, paper);
            db.scoped(Scope::own(party), sign).unwrap();
        }
        let tariffs = tariffs.into_iter().map(|(_, tariff)| tariff).collect();
        Life {
            database,
            db,
            history,
            provider,
            consumer,
            stranger,
            agreement,
            tariffs,
            now,
            items: Vec::new(),
            issued: BTreeMap::new(),
            credited: Vec::new(),
            runs: Vec::new(),
            disputes: Vec::new(),
            payments: Vec::new(),
            sent: 0,
        }
    }

    /// In one transaction as one of the two.
    pub fn as_party<T>(&self, by_provider: bool, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.db.scoped(Scope::own(if by_provider { self.provider } else { self.consumer }), f)
    }

    fn act(&mut self, act: &Act) -> Done {
        match *act {
            Act::Count { of, hours_ago, edge, thousandths, pence, by_provider } => {
                // The fourth is a service that no agreement counts.
                let (service, meter) = COUNTED.get(of).copied().unwrap_or(("bins", "unit"));
                let about = self.now - hours_ago.hours();
                let first = Month::of(billing_date(about)).bounds().0;
                let at = match edge {
                    Edge::Within => about,
                    Edge::FirstSecond => first,
                    Edge::LastSecondBefore => first - 1.second(),
                };
                self.count(Item {
                    id: format!("I-{}", self.items.len()),
                    by_provider,
                    at,
                    service,
                    meter,
                    quantity: Quantity(thousandths),
                    value: Pence(if meter == "payment.taken" { pence } else { 0 }),
                    event: None,
                    is_back: false,
                })
            }
            Act::Again { item, is_other } => self.send_again(item, is_other),
            Act::Back { item } => self.take_back(item),
            Act::Fold => told("a fold", metering::fold(&self.db, self.consumer)).map(drop),
            Act::Prepare { month } => self.prepare(self.month(month)).map(drop),
            Act::Send { run } => self.send_for_review(run),
            Act::Agree { run } => self.agree(run),
            Act::Issue { run, is_given_up } => match chosen(&self.runs, run) {
                Some(run) => self.issue(run, is_given_up).map(drop),
                None => Ok(()),
            },
            Act::Bill { month } => self.bill(self.month(month)).map(drop),
            Act::Wait { hours } => {
                self.now += hours.hours();
                Ok(())
            }
            Act::Doubt { document, line, permille, has_event } => self.doubt(document, line, permille, has_event),
            Act::Settle { dispute, how, permille } => match chosen(&self.disputes, dispute) {
                Some(dispute) => self.settle(dispute, how, permille),
                None => Ok(()),
            },
            Act::Pay { by_provider, permille } => self.pay(by_provider, permille),
            Act::Allocate { payment } => self.allocate(payment),
            Act::Receive { payment } => self.decide(payment, Stage::Received),
            Act::Withdraw { payment } => self.decide(payment, Stage::Withdrawn),
            Act::Refuse { payment } => self.decide(payment, Stage::Refused),
            Act::Reverse { payment } => self.decide(payment, Stage::Reversed),
            Act::Close { by_provider, is_for_good } => self.close(by_provider, is_for_good),
            Act::Post => self.post(),
        }
    }

    /// One of the months from the term's first to the one after its last.
    fn month(&self, n: usize) -> Month {
        let first = Month::of(self.history.term.from);
        let all = std::iter::successors(Some(first), |month| Some(month.next()));
        let all: Vec<Month> = all.take_while(|month| month.first() < self.history.term.until).collect();
        let n = n % (all.len() + 1);
        all.get(n).copied().unwrap_or_else(|| all[n - 1].next())
    }

    /// What a party's system sends; none where it cannot be read, as of a moment that is still to come.
    fn take_in(&self, by_provider: bool, raw: RawItem) -> Done<Option<std::result::Result<Taken, ()>>> {
        let raw = RawItem { consumer: "consumer".to_owned(), provider: "provider".to_owned(), ..raw };
        let me = if by_provider { self.provider } else { self.consumer };
        let council = |slug: &str| Some(if slug == "provider" { self.provider } else { self.consumer });
        let Ok(items) = billing::read_items(&[raw], me, self.now, council) else { return Ok(None) };
        let taken = self.as_party(by_provider, |tx| billing::take_in(tx, self.now, &by("System"), "system", &items));
        match taken {
            Ok(taken) => Ok(Some(taken.map(|all| all[0]).map_err(drop))),
            Err(error) => Err(TestCaseError::fail(format!("intake fails: {error:?}"))),
        }
    }

    fn count(&mut self, mut item: Item) -> Done {
        let Some(taken) = self.take_in(item.by_provider, raw(&item))? else { return Ok(()) };
        let is_counted = item.service != "bins" && self.history.term.holds(billing_date(item.at));
        item.event = match taken {
            Ok(Taken::Counted(event)) if is_counted => Some(event),
            Ok(Taken::Waits) if !is_counted => None,
            other => prop_assert_fail(&format!("{item:?} becomes {other:?}"))?,
        };
        self.items.push(item);
        Ok(())
    }

    fn send_again(&mut self, item: usize, is_other: bool) -> Done {
        let Some(item) = chosen(&self.items, item) else { return Ok(()) };
        let more = Quantity(i64::from(is_other));
        let again = raw(&Item { quantity: item.quantity + more, ..item.clone() });
        match self.take_in(item.by_provider, again)? {
            Some(Ok(Taken::Known(event))) if !is_other && event == item.event => Ok(()),
            Some(Err(())) if is_other => Ok(()),
            None => Ok(()),
            other => prop_assert_fail(&format!("{item:?} sent again (another: {is_other}) becomes {other:?}")),
        }
    }

    fn take_back(&mut self, item: usize) -> Done {
        let counted: Vec<usize> = (0..self.items.len()).filter(|n| self.items[*n].event.is_some()).collect();
        let Some(n) = chosen(&counted, item) else { return Ok(()) };
        self.sent += 1;
        let item = &self.items[n];
        let back = RawItem {
            id: format!("B-{}", self.sent),
            reverses: item.id.clone(),
            reason: "Counted twice".to_owned(),
            ..RawItem::default()
        };
        match (self.take_in(item.by_provider, back)?, item.is_back) {
            (Some(Ok(Taken::Counted(_))), false) | (Some(Err(())), true) => {}
            (other, is_back) => {
                return prop_assert_fail(&format!("{item:?}, taken back before: {is_back}, becomes {other:?}"));
            }
        }
        self.items[n].is_back = true;
        Ok(())
    }

    /// Prepares a month's drafts, and again: the same ones, to the digest.
    fn prepare(&mut self, month: Month) -> Done<Option<Uuid>> {
        let drafts = |life: &Life<'_>| -> Done<Option<(Uuid, Vec<Document>)>> {
            let run = billing::prepare_run(&life.db, life.provider, life.agreement, month, &by("Preparer"), life.now);
            let Some(run) = told("preparing", run)? else { return Ok(None) };
            Ok(Some((run, life.as_party(true, |tx| billing::documents_of_run(tx, run)).unwrap())))
        };
        let Some((run, first)) = drafts(self)? else { return Ok(None) };
        let second = drafts(self)?.map_or(Vec::new(), |(_, documents)| documents);
        let lines = |all: &[Document]| all.iter().map(|d| d.snapshot.lines.clone()).collect::<Vec<_>>();
        prop_assert_eq!(lines(&first), lines(&second), "invariant 3 (determinism): prepared twice");
        prop_assert!(billing_date(self.now) >= month.until(), "{} is billed before it is over", month);
        if !self.runs.contains(&run) {
            self.runs.push(run);
        }
        Ok(Some(run))
    }

    fn send_for_review(&mut self, run: usize) -> Done {
        let Some(run) = chosen(&self.runs, run) else { return Ok(()) };
        let sent = self.as_party(true, |tx| billing::send_for_review(tx, self.now, &by("Preparer"), run));
        told("sending drafts", sent).map(drop)
    }

    fn agree(&mut self, run: usize) -> Done {
        let Some(run) = chosen(&self.runs, run) else { return Ok(()) };
        let agreed = self.as_party(false, |tx| {
            let prepared = billing::run(tx, run)?.prepared_at;
            billing::agree_to(tx, self.now, &by("Reader"), run, prepared, "")
        });
        // What is not shared is not there.
        match agreed {
            Err(Error::NotFound) => Ok(()),
            other => told("agreeing", other).map(drop),
        }
    }

    fn issue(&mut self, run: Uuid, is_given_up: bool) -> Done<bool> {
        let issued = self.as_party(true, |tx| {
            let reviewed = billing::run(tx, run)?.prepared_at;
            billing::issue_run(tx, self.now, &by("The approver"), run, reviewed)?;
            if is_given_up { Err(Error::Conflict("given up".to_owned())) } else { Ok(()) }
        });
        let is_issued = told("issuing", issued)?.is_some();
        if is_issued {
            self.keep_issued(run);
        }
        Ok(is_issued)
    }

    fn keep_issued(&mut self, run: Uuid) {
        for document in self.as_party(false, |tx| billing::documents_of_run(tx, run)).unwrap() {
            self.issued.insert(document.id, (document.snapshot, document.sha256));
        }
    }

    /// From the drafts to the issue, and whether that was so.
    fn bill(&mut self, month: Month) -> Done<bool> {
        let Some(run) = self.prepare(month)? else { return Ok(false) };
        let at = self.runs.iter().position(|other| *other == run).unwrap_or(0);
        self.send_for_review(at)?;
        self.agree(at)?;
        self.issue(run, false)
    }

    /// The issued bills, by id.
    fn bills(&self) -> Vec<Uuid> {
        self.issued.iter().filter(|(_, (printed, _))| printed.corrects.is_none()).map(|(id, _)| *id).collect()
    }

    fn doubt(&mut self, document: usize, line: usize, permille: i64, has_event: bool) -> Done {
        let Some(document_id) = chosen(&self.bills(), document) else { return Ok(()) };
        let raised = self.as_party(false, |tx| {
            let bill = billing::document(tx, document_id)?;
            let line = chosen(&bill.snapshot.lines, line).expect("a bill has lines");
            let events = billing::line_events(tx, &bill, &line.line, None, 1)?;
            let left = billing::disputable(tx, &bill, line.n)?;
            let doubt = Doubt {
                document_id,
                line: line.n,
                amount: Pence(left.0 * permille / 1_000),
                reason: "Ours".to_owned(),
                doubted: events.iter().filter(|_| has_event).map(|event| event.id).collect(),
            };
            billing::raise(tx, self.now, &by("Theirs"), &doubt).map(|id| (id, doubt.amount <= left))
        });
        if let Some((id, is_within)) = told("doubting", raised)? {
            prop_assert!(is_within, "more is doubted than is left");
            self.disputes.push(id);
        }
        Ok(())
    }

    fn settle(&mut self, id: Uuid, how: Settling, permille: i64) -> Done {
        let settled = match how {
            Settling::Accept => self.as_party(true, |tx| {
                let amount = billing::dispute(tx, id)?.amount;
                let amount = Pence(amount.0 * permille / 1_000);
                let note = billing::accept(tx, self.now, &by("The approver"), id, amount, "Yours")?;
                Ok(Some(billing::document(tx, note)?))
            }),
            Settling::Reject => {
                self.as_party(true, |tx| billing::decide(tx, self.now, &by("Ours"), id, false, "No").map(|()| None))
            }
            Settling::Withdraw => {
                self.as_party(false, |tx| billing::decide(tx, self.now, &by("Theirs"), id, true, "Oh").map(|()| None))
            }
        };
        if let Some(Some(note)) = told("settling", settled)? {
            self.issued.insert(note.id, (note.snapshot, note.sha256));
        }
        Ok(())
    }

    fn pair(&self) -> Pair {
        Pair { consumer: self.consumer, provider: self.provider }
    }

    fn pay(&mut self, by_provider: bool, permille: i64) -> Done {
        self.sent += 1;
        let reference = format!("BACS {}", self.sent);
        let other = if by_provider { self.consumer } else { self.provider };
        let paid = self.as_party(by_provider, |tx| {
            let open: Pence = billing::balances(tx, Which::OpenWith(other))?.iter().map(billing::Balance::open).sum();
            let new = NewRemittance {
                pair: self.pair(),
                amount: Pence(open.0 * permille / 1_000),
                paid_on: billing_date(self.now),
                reference,
                allocations: None,
                is_another: true,
            };
            billing::enter(tx, self.now, &by("Payer"), &new)
        });
        self.payments.extend(told("paying", paid)?);
        Ok(())
    }

    fn allocate(&mut self, payment: usize) -> Done {
        let Some(id) = chosen(&self.payments, payment) else { return Ok(()) };
        let allocated = self.as_party(false, |tx| {
            let rest = billing::remittance(tx, id)?.rest();
            let open = billing::balances(tx, Which::OpenWith(self.provider))?;
            billing::allocate(tx, self.now, &by("Payer"), id, &billing::oldest_first(&open, rest))
        });
        told("allocating", allocated).map(drop)
    }

    fn decide(&mut self, payment: usize, to: Stage) -> Done {
        let Some(id) = chosen(&self.payments, payment) else { return Ok(()) };
        let decided = self.as_party(to != Stage::Withdrawn, |tx| match to {
            Stage::Received => billing::receive(tx, self.now, &by("Ours"), id),
            Stage::Refused => billing::refuse(tx, self.now, &by("Ours"), id, "Nothing came"),
            Stage::Reversed => billing::reverse(tx, self.now, &by("Ours"), id, "It bounced"),
            _ => billing::withdraw(tx, self.now, &by("Theirs"), id, "A mistake"),
        });
        told("deciding a payment", decided).map(drop)
    }

    fn close(&mut self, by_provider: bool, is_for_good: bool) -> Done {
        let closed = self.as_party(by_provider, |tx| {
            let last = ledger::periods(tx)?.first().map(|period| (period.month, period.is_closed));
            let month = match last {
                None => Month::of(self.history.term.from),
                Some((month, false)) if is_for_good => month,
                Some((month, _)) => month.next(),
            };
            billing::close_month(tx, self.now, &by("Closer"), month, is_for_good)
        });
        told("closing a month", closed).map(drop)
    }

    /// Does what waits in the outbox, as the worker does.
    fn post(&mut self) -> Done {
        // Items of before the clock went back are due as well.
        let now = self.now + 72.hours();
        for tenant in [self.consumer, self.provider] {
            loop {
                let items = outbox::claim(&self.db, tenant, now, 50, &[]).unwrap();
                if items.is_empty() {
                    break;
                }
                for item in items {
                    let posted = self.db.scoped(Scope::own(tenant), |tx| match item.topic.as_str() {
                        Issued::NAME => {
                            let issued = serde_json::from_value(item.payload.clone()).unwrap();
                            billing::post_consumer_book(tx, self.now, &issued)
                        }
                        Remitted::NAME => {
                            let remitted = serde_json::from_value(item.payload.clone()).unwrap();
                            billing::post_consumer_remittance(tx, self.now, &remitted)
                        }
                        _ => Ok(()),
                    });
                    told("posting", posted)?;
                    outbox::finish(&self.db, &item).unwrap();
                }
            }
        }
        super::invariants::books_mirror_each_other(self)
    }

    /// Every month of the term is billed, then what came late, and one bill is credited line by line.
    fn end(&mut self) -> Done {
        self.now = self.now.max("2026-07-10T09:00:00Z".parse().unwrap());
        let mut month = Month::of(self.history.term.from);
        while month.until() <= billing_date(self.now) {
            self.bill(month)?;
            month = month.next();
        }
        self.now = moothall::kernel::time::start_of(month.until()) + 9.hours();
        self.bill(month)?;
        let left = self.as_party(true, billing::drafts).unwrap();
        prop_assert!(left.is_empty(), "drafts that cannot be issued: {:?}", left);
        for dispute in self.disputes.clone() {
            self.settle(dispute, Settling::Reject, 0)?;
        }
        for bill in self.bills().into_iter().take(2) {
            self.credit(bill)?;
        }
        self.post()
    }

    /// Credits every line of a bill, the last first where its number is odd.
    fn credit(&mut self, id: Uuid) -> Done {
        let bill = self.as_party(false, |tx| billing::document(tx, id)).unwrap();
        let mut lines: Vec<i32> = bill.snapshot.lines.iter().map(|line| line.n).collect();
        if self.credited.is_empty() {
            lines.reverse();
        }
        for line in lines {
            let raised = self.as_party(false, |tx| {
                let amount = billing::disputable(tx, &bill, line)?;
                let doubt =
                    Doubt { document_id: id, line, amount, reason: "All of it".to_owned(), doubted: Vec::new() };
                if amount.0 > 0 { billing::raise(tx, self.now, &by("Theirs"), &doubt).map(Some) } else { Ok(None) }
            });
            if let Some(dispute) = raised.map_err(|error| TestCaseError::fail(format!("crediting fails: {error:?}")))? {
                self.settle(dispute, Settling::Accept, 1_000)?;
            }
        }
        self.credited.push(id);
        Ok(())
    }

    /// Every document that was issued, as a party reads it.
    pub fn documents(&self, by_provider: bool) -> Vec<Document> {
        let read = self.as_party(by_provider, |tx| {
            let filter = DocumentFilter { limit: 10_000, ..Default::default() };
            let ids: Vec<Uuid> = billing::documents(tx, filter)?.into_iter().map(|heading| heading.id).collect();
            ids.into_iter().map(|id| billing::document(tx, id)).collect()
        });
        read.unwrap()
    }

    /// What counts for days of the term, and was not taken back.
    pub fn live(&self) -> Vec<&Item> {
        self.items.iter().filter(|item| item.event.is_some() && !item.is_back).collect()
    }

    /// The ids that wait, as the test knows them.
    pub fn waiting(&self) -> BTreeSet<&str> {
        self.items.iter().filter(|item| item.event.is_none()).map(|item| item.id.as_str()).collect()
    }
}

fn prop_assert_fail<T>(why: &str) -> Done<T> {
    Err(TestCaseError::fail(why.to_owned()))
}

fn raw(item: &Item) -> RawItem {
    RawItem {
        id: item.id.clone(),
        service: item.service.to_owned(),
        meter: item.meter.to_owned(),
        quantity: item.quantity.plain(),
        value: item.value.plain(),
        occurred_at: item.at.to_string(),
        ..RawItem::default()
    }
}

/// A new authority, in all but its names like one of the four.
fn founded(database: &Database, like: &str) -> AuthorityId {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let letter = |n: u32| char::from(b'A' + u8::try_from(n % 26).unwrap());
    // None of the councils of tenants/ begins so.
    let prefix: String = [letter(16 + n / 676), letter(n / 26), letter(n)].into_iter().collect();
    let id = Uuid::from_u128(0x7000_8000_0000_0000_0000 + u128::from(n));
    database.force(&format!(
        "insert into authority select (jsonb_populate_record(a, jsonb_build_object('tenant_id', '{id}', 'slug', 'new-{n}', \
         'prefix', '{prefix}', 'gss_code', null))).* from authority a where slug = '{like}'"
    ));
    AuthorityId(id)
}
