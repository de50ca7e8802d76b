//! The worker: does what the outbox holds, in the scope of the tenant in the row, and the housekeeping.
//!
//! A claimed item is done at least once: it is removed after it succeeded, tried again later if it failed, panicked or
//! the worker died, and set aside for the operator after too many attempts. No item can stop the others.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::billing::{self, Escalated, Issued, Remitted};
use crate::cases::{self, Forget, News, Reroute};
use crate::commercial::{self, Warning};
use crate::forms::{self, Examine};
use crate::kernel::{AuthorityId, billing_date};
use crate::notify::{self, Delivery, Mailer, Outgoing};
use crate::platform::config::Config;
use crate::platform::outbox::{self, Item, LEASE, MAX_ATTEMPTS, Topic};
use crate::platform::telemetry::metrics;
use crate::platform::{Error, Result, Scope, Tx, jobs};
use crate::portal::{DraftLink, LoginLink};
use crate::site::Site;
use crate::tenancy::Authority;
use crate::{identity, metering, portal};

/// How many items of one tenant are claimed at once, so that no tenant keeps the others waiting.
const CLAIM: i32 = 16;
/// What takes long, up to minutes each: it comes after everything else, and few of one tenant's in a row.
const SLOW: &[&str] = &[Examine::NAME];
const MOST_SLOW: usize = 2;
/// How long an idle worker waits before it looks again.
const IDLE: Duration = Duration::from_millis(500);
/// The longest wait while the database is away.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// A panic's own words may quote a row, so only the log's place in the source is kept of it.
const PANICKED: &str = "it panicked; the log says where";

/// Something done every so often, by one worker of however many there are.
struct Chore {
    name: &'static str,
    every: SignedDuration,
    run: fn(&Site, Timestamp) -> Result<()>,
}

const CHORES: &[Chore] = &[
    Chore { name: "metering.fold", every: SignedDuration::from_secs(2), run: |site, _| metering::fold_all(&site.db) },
    Chore {
        name: "forms.expire_drafts",
        every: SignedDuration::from_mins(10),
        run: |site, now| for_each(site, |authority| expire_drafts(site, authority.id, now)),
    },
    Chore {
        // Looks often, and does something once a week.
        name: "forms.order_tasks",
        every: SignedDuration::from_hours(6),
        run: |site, now| in_each_scope(site, |tx| forms::order_tasks(tx, now)),
    },
    Chore {
        name: "cases.sweep_files",
        every: SignedDuration::from_hours(24),
        run: |site, now| for_each(site, |authority| cases::sweep(site, authority.id, now).map(drop)),
    },
    Chore {
        name: "commercial.watch",
        every: SignedDuration::from_hours(6),
        run: |site, now| {
            for_each(site, |council| site.db.scoped(Scope::own(council.id), |tx| commercial::watch(tx, now, council)))
        },
    },
    Chore {
        name: "cases.erase",
        every: SignedDuration::from_hours(24),
        run: |site, now| for_each(site, |authority| erase_cases(site, authority.id, now)),
    },
    Chore {
        name: "portal.warn_of_end",
        every: SignedDuration::from_hours(6),
        run: |site, now| in_each_scope(site, |tx| portal::warn_of_end(tx, now)),
    },
    Chore {
        name: "identity.forget_citizens",
        every: SignedDuration::from_hours(1),
        run: |site, now| in_each_scope(site, |tx| identity::forget_citizens(tx, now).map(drop)),
    },
    Chore {
        name: "cases.end_partner_access",
        every: SignedDuration::from_hours(1),
        run: |site, now| in_each_scope(site, |tx| cases::end_partner_access(tx, now).map(drop)),
    },
];

/// Runs `f` for every authority, also when it fails for one of them; says the first failure.
fn for_each(site: &Site, f: impl Fn(&Authority) -> Result<()>) -> Result<()> {
    let mut first = Ok(());
    for authority in site.directory.get().iter() {
        first = first.and(f(authority));
    }
    first
}

/// Runs `f` for every authority in a transaction of its own in its own scope.
fn in_each_scope(site: &Site, f: impl Fn(&mut Tx<'_>) -> Result<()>) -> Result<()> {
    for_each(site, |authority| site.db.scoped(Scope::own(authority.id), &f))
}

/// The rows first, then the files: a file that is left over is found by the sweep, a row without its file by nobody.
fn expire_drafts(site: &Site, authority: AuthorityId, now: Timestamp) -> Result<()> {
    let blobs = site.db.scoped(Scope::own(authority), |tx| forms::expire_drafts(tx, now))?;
    for blob in blobs {
        site.blobs.remove(authority, blob).map_err(anyhow::Error::from)?;
    }
    Ok(())
}

/// The same, batch by batch. What is doubted on a bill is evidence until that is settled.
fn erase_cases(site: &Site, authority: AuthorityId, now: Timestamp) -> Result<()> {
    loop {
        let erased = site.db.scoped(Scope::own(authority), |tx| {
            let kept = billing::cases_in_doubt(tx)?;
            cases::erase_past(tx, now, &kept)
        })?;
        for blob in erased.blobs {
            site.blobs.remove(authority, blob).map_err(anyhow::Error::from)?;
        }
        if !erased.is_full {
            return Ok(());
        }
    }
}

/// A worker and what it has done since it last said so.
pub struct Worker {
    site: Site,
    mailer: Mailer,
    /// When each chore is next due here; another worker may have taken its turn meanwhile.
    due: Vec<Timestamp>,
    tally: BTreeMap<String, i64>,
    /// Told at every item and every turn that the worker lives.
    beat: Box<dyn Fn() + Send>,
}

impl Worker {
    /// A worker for what `site` serves.
    ///
    /// # Errors
    /// If the mail server's address cannot be read.
    pub fn new(site: &Site) -> anyhow::Result<Worker> {
        let mailer = Mailer::new(&site.config.mail)?;
        let due = vec![Timestamp::MIN; CHORES.len()];
        Ok(Worker { site: site.clone(), mailer, due, tally: BTreeMap::new(), beat: Box::new(|| ()) })
    }

    /// What is done with an item: a line for each topic.
    fn dispatch(&mut self, item: &Item) -> Result<()> {
        match item.topic.as_str() {
            Outgoing::NAME => self.mail(item),
            News::NAME => self.message(item, |tx, _, config, owner, news| cases::compose(tx, config, owner, news)),
            LoginLink::NAME => self.message(item, portal::compose_login),
            DraftLink::NAME => self.message(item, portal::compose_draft_link),
            Warning::NAME => self.message(item, commercial::compose_warning),
            Escalated::NAME => self.message(item, commercial::compose_escalated),
            Reroute::NAME => self.in_scope(item, cases::reroute),
            Forget::NAME => self.in_scope(item, cases::forget),
            Examine::NAME => self.examine(item),
            Issued::NAME => self.in_scope(item, |tx, now, _, issued| billing::post_consumer_book(tx, now, issued)),
            Remitted::NAME => {
                self.in_scope(item, |tx, now, _, remitted| billing::post_consumer_remittance(tx, now, remitted))
            }
            unknown => Err(anyhow::anyhow!("no room subscribes to {unknown:?}").into()),
        }
    }

    fn mail(&mut self, item: &Item) -> Result<()> {
        let delivery = notify::deliver(&self.site, &self.mailer, item)?;
        self.sent(delivery);
        Ok(())
    }

    fn sent(&mut self, delivery: Delivery) {
        let result = match delivery {
            Delivery::Sent => "sent",
            Delivery::Refused => "refused",
        };
        self.count("mail", result);
    }

    /// Puts a message together in its council's scope, and sends it.
    fn message<P: Topic>(
        &mut self,
        item: &Item,
        compose: impl FnOnce(&mut Tx<'_>, Timestamp, &Config, &Authority, &P) -> Result<Option<Outgoing>>,
    ) -> Result<()> {
        let config = Arc::clone(&self.site.config);
        let message = self.in_scope(item, |tx, now, council, asked| compose(tx, now, &config, council, asked))?;
        if let Some(message) = message {
            let delivery = notify::send(&self.site, &self.mailer, item, message)?;
            self.sent(delivery);
        }
        Ok(())
    }

    /// Looks into a file that was added to a form.
    fn examine(&self, item: &Item) -> Result<()> {
        cases::examine(&self.site, item.tenant_id, &payload(item)?)
    }

    /// Reads an item's payload and runs `f` in the scope of the tenant in the item's row.
    fn in_scope<P: Topic, T>(
        &self,
        item: &Item,
        f: impl FnOnce(&mut Tx<'_>, Timestamp, &Authority, &P) -> Result<T>,
    ) -> Result<T> {
        let payload: P = payload(item)?;
        let owner = self.site.directory.get().by_id(item.tenant_id).cloned().ok_or(Error::NotFound)?;
        let now = self.site.clock.now();
        self.site.db.scoped(Scope::own(item.tenant_id), |tx| f(tx, now, &owner, &payload))
    }

    /// Does up to a handful of each tenant's due items, or fewer once it is told to stop; says how many it tried.
    ///
    /// # Errors
    /// The database's; items that fail are not errors here.
    pub fn round(&mut self, stop: &AtomicBool) -> Result<usize> {
        let db = self.site.db.clone();
        let mut tried = 0;
        for tenant in outbox::tenants_with_work(&db, self.site.clock.now())? {
            // Another worker may take what is left of the claim when the lease ends: stop well before.
            let until = Instant::now() + Duration::try_from(LEASE).unwrap_or_default() / 2;
            let mut items = outbox::claim(&db, tenant, self.site.clock.now(), CLAIM, SLOW)?.into_iter();
            let mut slow = 0;
            while let Some(item) = items.next() {
                slow += usize::from(SLOW.contains(&&*item.topic));
                if stop.load(Ordering::SeqCst) || Instant::now() > until || slow > MOST_SLOW {
                    let left: Vec<_> = std::iter::once(item).chain(items).collect();
                    outbox::release(&db, &left)?;
                    break;
                }
                tried += 1;
                self.attempt(&item)?;
            }
            if stop.load(Ordering::SeqCst) {
                break;
            }
        }
        Ok(tried)
    }

    fn attempt(&mut self, item: &Item) -> Result<()> {
        (self.beat)();
        let (db, clock) = (self.site.db.clone(), self.site.clock.clone());
        let done = if item.attempts >= MAX_ATTEMPTS {
            // Claimed so often and never ended: it takes its worker down with it.
            Err("the worker died at every attempt".to_owned())
        } else {
            catch_unwind(AssertUnwindSafe(|| self.dispatch(item)))
                .map_err(|_| PANICKED.to_owned())
                .and_then(|done| done.map_err(|error| reason(&error)))
        };
        match done {
            Ok(()) => {
                self.count(&item.topic, "done");
                outbox::finish(&db, item)
            }
            Err(why) => {
                tracing::warn!(topic = item.topic, item = %item.id, attempt = item.attempts + 1, why, "an item failed");
                self.count(&item.topic, "failed");
                outbox::fail(&db, item, clock.now(), &why)
            }
        }
    }

    /// Does the chores that are due, and writes down what was done since.
    ///
    /// # Errors
    /// The database's; chores that fail are not errors here.
    pub fn housekeeping(&mut self) -> Result<()> {
        let db = self.site.db.clone();
        let now = self.site.clock.now();
        for (chore, due) in CHORES.iter().zip(&mut self.due) {
            if now < *due {
                continue;
            }
            *due = now + chore.every;
            if !jobs::take_turn(&db, chore.name, chore.every, now)? {
                continue;
            }
            let done = catch_unwind(AssertUnwindSafe(|| (chore.run)(&self.site, now)))
                .map_err(|_| PANICKED.to_owned())
                .and_then(|done| done.map_err(|error| reason(&error)));
            metrics().jobs.with_label_values(&[chore.name, if done.is_ok() { "done" } else { "failed" }]).inc();
            if let Err(why) = &done {
                tracing::warn!(job = chore.name, why, "housekeeping failed");
            }
            jobs::ended(&db, chore.name, self.site.clock.now(), done.err().as_deref())?;
        }
        self.flush()
    }

    fn count(&mut self, topic: &str, result: &'static str) {
        metrics().jobs.with_label_values(&[topic, result]).inc();
        *self.tally.entry(format!("{topic} {result}")).or_default() += 1;
    }

    fn flush(&mut self) -> Result<()> {
        if self.tally.is_empty() {
            return Ok(());
        }
        let counts: Vec<_> = self.tally.iter().map(|(what, n)| (what.clone(), *n)).collect();
        jobs::add_to_tally(&self.site.db, billing_date(self.site.clock.now()), &counts)?;
        self.tally.clear();
        Ok(())
    }
}

/// It may hold personal data, and so would the parser's complaint.
fn payload<P: Topic>(item: &Item) -> Result<P> {
    Ok(serde_json::from_value(item.payload.clone()).map_err(|_| anyhow::anyhow!("the payload cannot be read"))?)
}

/// Works until it is told to stop, and then ends after the item in hand. `beat` is called at every item and every turn.
///
/// # Errors
/// If the mail server's address cannot be read.
pub fn work(site: &Site, stop: &AtomicBool, beat: impl Fn() + Send + 'static) -> anyhow::Result<()> {
    let mut worker = Worker { beat: Box::new(beat), ..Worker::new(site)? };
    let mut wait = IDLE;
    while !stop.load(Ordering::SeqCst) {
        (worker.beat)();
        match worker.round(stop).and_then(|tried| worker.housekeeping().map(|()| tried)) {
            Ok(0) => {
                wait = IDLE;
                pause(wait, stop);
            }
            Ok(_) => wait = IDLE,
            Err(error) => {
                tracing::warn!(why = reason(&error), "the worker could not look after the queue");
                pause(wait, stop);
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }
    worker.flush().or_else(|error| {
        tracing::warn!(why = reason(&error), "the last counts were lost");
        Ok(())
    })
}

/// Does everything that is due now, and all housekeeping whether due or not: what the demonstration's history and the tests
/// wait for. Says how many items it tried.
///
/// # Errors
/// The database's, a chore's, or if the mail server's address cannot be read.
pub fn settle(site: &Site) -> anyhow::Result<usize> {
    let mut worker = Worker::new(site)?;
    let mut tried = 0;
    loop {
        let more = worker.round(&AtomicBool::new(false))?;
        if more == 0 {
            break;
        }
        tried += more;
    }
    let now = site.clock.now();
    CHORES.iter().try_for_each(|chore| (chore.run)(site, now))?;
    worker.flush()?;
    Ok(tried)
}

pub(super) fn pause(wait: Duration, stop: &AtomicBool) {
    let until = Instant::now() + wait;
    while Instant::now() < until && !stop.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(50).min(wait));
    }
}

/// An error in words that hold no value of any row: PostgreSQL's own text may quote what was to be written.
fn reason(error: &Error) -> String {
    match error {
        Error::Database(diesel::result::Error::DatabaseError(kind, info)) => match info.constraint_name() {
            Some(constraint) => format!("the database refused: {kind:?}, {constraint}"),
            None => format!("the database refused: {kind:?}"),
        },
        Error::Busy => "no database connection came free in time".to_owned(),
        Error::Database(_) => "the database's answer could not be read".to_owned(),
        other => other.to_string(),
    }
}
