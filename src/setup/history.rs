//! What has happened in a demonstration: three whole London months and this one, made through the verbs that the product
//! itself uses, with the clock passed in. The same date gives the same history but for what must be random (references,
//! ids).

mod bills;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::fill::fill;
use super::people::Someone;
use crate::cases::{self, NewCase, NewTime, Opened, ReturnReason, Work};
use crate::forms::{self, ContactRole, Definition, QuestionType, Raw, Services};
use crate::identity::Role;
use crate::kernel::WorkingDays;
use crate::kernel::seal::{Secret, Token};
use crate::kernel::time::{financial_year, start_of};
use crate::kernel::{Actor, AuthorityId, Language, Month, Pence, billing_date, new_id};
use crate::platform::{Clock, Db, Result, Scope};
use crate::tenancy::Directory;

/// How many forms of a service a council gets on a working day, in hundredths.
const RATES: &[(&str, &str, u32)] = &[
    ("marlhaven", "pothole", 150),
    ("marlhaven", "missed-bin", 70),
    ("marlhaven", "dropped-kerb", 30),
    ("marlhaven", "fly-tipping", 50),
    ("marlhaven", "council-tax-move", 40),
    ("eastmere", "pothole", 85),
    ("eastmere", "missed-bin", 40),
    ("eastmere", "dropped-kerb", 20),
    ("eastmere", "council-tax-move", 30),
    ("hartsmoor", "pothole", 60),
    ("hartsmoor", "missed-bin", 35),
    ("hartsmoor", "dropped-kerb", 10),
    ("hartsmoor", "fly-tipping", 25),
    ("wealdshire", "pothole", 60),
    ("wealdshire", "dropped-kerb", 15),
];

/// Of a hundred forms that are begun and sent, so many more are begun and not.
const LEFT: u32 = 45;

/// What people have looked for in vain, five times each time.
const MISSED: &[(&str, &str, usize)] = &[
    ("marlhaven", "allotment waiting list", 4),
    ("marlhaven", "free school meals", 2),
    ("eastmere", "allotment", 1),
    ("hartsmoor", "eisteddfod", 2),
    ("wealdshire", "library fines", 3),
];

const STREETS: &[&str] = &[
    "Quay Street, outside the chandlery",
    "Mill Lane, by the bridge",
    "Church Road, near the school gates",
    "Station Approach, at the taxi rank",
    "High Street, opposite the library",
    "Orchard Close, outside number 9",
    "Long Drove, half way along",
    "Beacon Hill, on the bend",
    "Ropewalk, by the car park entrance",
    "Salt Row, outside the chapel",
    "Park Avenue, at the crossing",
    "Weir Street, near the lock",
];
const FIRST: &[&str] =
    &["Sam", "Priti", "Owen", "Leila", "Carol", "Marek", "Joan", "Tunde", "Ffion", "Harry", "Ada", "Ben"];
const LAST: &[&str] = &["Okafor", "Hughes", "Patel", "Nowak", "Wright", "Ahmed", "Bell", "Carter", "Lewis", "Moss"];
const UPDATES: &[&str] = &[
    "We have looked at it and booked the work.",
    "The crew was delayed by the weather. It is now planned for later this week.",
    "We have marked it and will be back with the right materials.",
];
const DONE: &[&str] =
    &["Thank you for telling us.", "Tell us if it comes back.", "The work passed our check the same day."];

/// Where a history is made.
pub struct Scene<'a> {
    /// The database.
    pub db: &'a Db,
    /// Who is on the platform.
    pub directory: &'a Directory,
    /// What they offer.
    pub services: &'a Services,
    /// The history's clock, which stands at each act in turn.
    pub clock: &'a Clock,
    /// For the private links.
    pub secret: &'a Secret,
    /// Who works.
    pub people: &'a [Someone],
}

/// Something that happens at a moment.
enum Act {
    /// The form in this line of [`RATES`].
    Open(usize),
    /// The same form, begun and left.
    Leave(usize),
    /// The search in this line of [`MISSED`], for the fifth time.
    Miss(usize),
    Take(Job),
    Update(Job),
    Resolve(Job),
    Return(Job, ReturnReason),
    /// The provider's team enters where it is paid, and a second of them confirms it.
    Bank,
    /// Both sides of the provider's agreements say what they expect of the year.
    Budgets,
    Prepare(usize, Month),
    /// Whoever is billed agrees to the drafts, where somebody there reads them.
    Agree(Uuid),
    /// The runs of one agreement or, of what members share, of all of theirs.
    Issue(Vec<Uuid>, Month),
    /// Whoever is billed pays what it does not dispute of a run's bills.
    Pay(Uuid),
    /// The money came.
    Receive(Uuid),
    /// Whoever is billed doubts two of a run's cases; the flag says whether it is settled.
    Doubt(Uuid, bool),
    /// Half of what is doubted is accepted.
    Settle(Uuid, Pence),
    EndOfDay,
}

/// A case being worked.
#[derive(Clone)]
struct Job {
    owner: AuthorityId,
    handler: AuthorityId,
    reference: String,
    definition: Arc<Definition>,
    officer: Option<Someone>,
}

/// The first day of a history that ends on `today`: three whole months before this one.
#[must_use]
pub fn first_day(today: Date) -> Date {
    Month::of(today).previous().previous().previous().first()
}

/// Lives through it. `settle` does what the outbox holds, as the worker would; `progress` is told each day.
///
/// # Errors
/// What a verb refuses, which none should.
pub fn live(
    scene: &Scene<'_>,
    until: Timestamp,
    mut settle: impl FnMut() -> anyhow::Result<()>,
    mut progress: impl FnMut(Date),
) -> anyhow::Result<()> {
    let today = billing_date(until);
    let mut play = Play::new(scene, today);
    while let Some((at, act)) = play.next(until) {
        scene.clock.set(at);
        match act {
            Act::EndOfDay => {
                settle()?;
                progress(billing_date(at));
            }
            act => play.perform(at, act)?,
        }
    }
    scene.clock.set(until);
    settle()
}

struct Play<'a> {
    scene: &'a Scene<'a>,
    rng: StdRng,
    /// Soonest first; the number keeps acts of one moment in the order planned.
    queue: BinaryHeap<Reverse<(Timestamp, usize)>>,
    acts: Vec<Option<Act>>,
    /// The one that is over but not billed yet.
    last_month: Month,
}

impl<'a> Play<'a> {
    fn new(scene: &'a Scene<'a>, today: Date) -> Play<'a> {
        let first = first_day(today);
        let seed = u64::try_from(today.year()).unwrap_or_default() * 10_000
            + u64::try_from(today.month()).unwrap_or_default() * 100
            + u64::try_from(today.day()).unwrap_or_default();
        let mut play = Play {
            scene,
            rng: StdRng::seed_from_u64(seed),
            queue: BinaryHeap::new(),
            acts: Vec::new(),
            last_month: Month::of(today).previous(),
        };
        let mut day = first;
        while day <= today {
            play.plan_day(day);
            day = day.tomorrow().expect("a demonstration is of this era");
        }
        play.plan_bills(first);
        play.plan(start_of(first) + SignedDuration::from_hours(10), Act::Bank);
        // Budgets are of a financial year: of the one that the history ends in.
        let year = Date::constant(financial_year(today), 4, 1);
        play.plan(start_of(first.max(year)) + SignedDuration::from_hours(11), Act::Budgets);
        play.plan_searches(first, today);
        play
    }

    fn plan(&mut self, at: Timestamp, act: Act) {
        self.queue.push(Reverse((at, self.acts.len())));
        self.acts.push(Some(act));
    }

    fn next(&mut self, until: Timestamp) -> Option<(Timestamp, Act)> {
        let Reverse((at, n)) = self.queue.pop().filter(|Reverse((at, _))| *at <= until)?;
        self.acts.get_mut(n).and_then(Option::take).map(|act| (at, act))
    }

    fn plan_day(&mut self, day: Date) {
        for (line, (_, _, rate)) in RATES.iter().enumerate() {
            let rate = if WorkingDays::NATIONAL.include(day) { *rate } else { rate * 2 / 5 };
            for _ in 0..(rate / 100 + u32::from(self.rng.random_range(0..100) < rate % 100)) {
                let at = self.moment(day, 7, 22);
                self.plan(at, Act::Open(line));
                if self.rng.random_range(0..100) < LEFT {
                    let at = self.moment(day, 7, 22);
                    self.plan(at, Act::Leave(line));
                }
            }
        }
        self.plan(start_of(day) + SignedDuration::from_mins(23 * 60 + 30), Act::EndOfDay);
    }

    /// Each month is billed on the third working day of the next; of the last one, the first agreement is still a draft
    /// and the others wait for somebody to prepare them.
    fn plan_bills(&mut self, first: Date) {
        let mut month = Month::of(first);
        while month <= self.last_month {
            let day = WorkingDays::NATIONAL.after(month.last(), 3);
            for agreement in 0..3 {
                if month < self.last_month || agreement == 0 {
                    self.plan(start_of(day) + SignedDuration::from_hours(10), Act::Prepare(agreement, month));
                }
            }
            month = month.next();
        }
    }

    fn plan_searches(&mut self, first: Date, today: Date) {
        let days = (today - first).get_days();
        for (line, (.., times)) in MISSED.iter().enumerate() {
            for _ in 0..*times {
                let day = first + self.rng.random_range(0..days.max(1)).days();
                let at = self.moment(day, 7, 22);
                self.plan(at, Act::Miss(line));
            }
        }
    }

    fn moment(&mut self, day: Date, from: i64, to: i64) -> Timestamp {
        start_of(day) + SignedDuration::from_secs(self.rng.random_range(from * 3600..to * 3600))
    }

    /// Some moment of office hours, `days` working days after.
    fn office(&mut self, after: Timestamp, days: u16) -> Timestamp {
        let day = WorkingDays::NATIONAL.after(billing_date(after), days);
        self.moment(day, 9, 17)
    }

    fn perform(&mut self, at: Timestamp, act: Act) -> anyhow::Result<()> {
        match act {
            Act::Open(line) => self.open(at, line)?,
            Act::Leave(line) => self.leave(at, line)?,
            Act::Miss(line) => self.miss(at, line)?,
            Act::Take(job) => {
                self.work(at, job, |tx, at, job, by| cases::take(tx, at, job.owner, &job.reference, by))?;
            }
            Act::Update(job) => {
                let words = self.pick(UPDATES);
                self.work(at, job, |tx, at, job, by| cases::update(tx, at, job.owner, &job.reference, by, words))?;
            }
            Act::Resolve(job) => {
                let (words, dice) = (self.pick(DONE), self.rng.random_range(0..10));
                let outcomes = &job.definition.outcomes;
                let outcome = outcomes.get(usize::from(dice >= 7)).or(outcomes.first()).cloned().unwrap_or_default();
                // A pothole takes longer the rarer its end.
                let (work, minutes) = if dice >= 7 { (Work::Visit, 45) } else { (Work::Desk, 10 + 5 * dice) };
                self.work(at, job, |tx, at, job, by| {
                    let time = NewTime { once: new_id(at), minutes, worked_on: billing_date(at), work };
                    cases::book(tx, at, job.owner, &job.reference, by, &time)?;
                    cases::resolve(tx, at, job.owner, &job.reference, by, &outcome, words)
                })?;
            }
            Act::Return(job, reason) => {
                let words = match reason {
                    ReturnReason::Duplicate => "Reported last week and already booked.",
                    ReturnReason::NotOurs => "This is a private road.",
                };
                self.work(at, job, |tx, at, job, by| {
                    cases::return_case(tx, at, job.owner, &job.reference, by, reason, words)
                })?;
            }
            Act::Prepare(agreement, month) => self.prepare(at, agreement, month)?,
            Act::Bank => self.bank(at)?,
            Act::Budgets => self.budgets(at)?,
            Act::Agree(run) => self.agree(at, run)?,
            Act::Issue(runs, month) => self.issue(at, &runs, month)?,
            Act::Pay(run) => self.pay(at, run)?,
            Act::Receive(payment) => self.receive(at, payment)?,
            Act::Doubt(run, is_settled) => self.doubt(at, run, is_settled)?,
            Act::Settle(dispute, amount) => self.settle(at, dispute, amount)?,
            Act::EndOfDay => {}
        }
        Ok(())
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.choose(&mut self.rng).copied().unwrap_or_default()
    }

    fn open(&mut self, at: Timestamp, line: usize) -> anyhow::Result<()> {
        let Some((council, service, _)) = RATES.get(line) else { return Ok(()) };
        let Some(owner) = self.scene.directory.by_slug(council) else { return Ok(()) };
        let Some(service) = self.scene.services.find(owner.id, service).cloned() else { return Ok(()) };
        let definition = service.definition(Language::En)?;
        let raw = self.answers(&definition, billing_date(at))?;
        let answers = definition
            .parse(&raw, billing_date(at))
            .map_err(|errors| anyhow::anyhow!("{council}: the history's answers do not fit the form: {errors:?}"))?;
        // In a council that offers Welsh, about a third use it.
        let in_welsh = owner.languages.contains(&Language::Cy) && at.as_second() % 3 == 0;
        let language = if in_welsh { Language::Cy } else { Language::En };
        let (secret, directory) = (self.scene.secret, self.scene.directory);
        let begun = at - SignedDuration::from_secs(self.rng.random_range(80..900));
        let (opened, handler) = self.scene.db.scoped(Scope::own(owner.id), |tx| {
            let browser = Token::random();
            let draft = forms::start_draft(tx, begun, &definition.slug, service.version, language, &browser)?;
            let new = NewCase {
                owner,
                definition: &definition,
                version: service.version,
                answers: &answers,
                language,
                directory,
                files: &[],
                secret,
            };
            let opened: Opened = cases::open(tx, at, &new)?;
            forms::mark_submitted(tx, at, draft, opened.id, &opened.reference)?;
            let handler = cases::find(tx, owner.id, &opened.reference)?.handler;
            Ok((opened, handler))
        })?;
        let job = Job { owner: owner.id, handler, reference: opened.reference, definition, officer: None };
        self.plan_work(at, job);
        Ok(())
    }

    /// Somebody begins a form and does not go on: mostly after an early page, some at one of its early ends.
    fn leave(&mut self, at: Timestamp, line: usize) -> anyhow::Result<()> {
        let Some((council, service, _)) = RATES.get(line) else { return Ok(()) };
        let Some(owner) = self.scene.directory.by_slug(council) else { return Ok(()) };
        let Some(service) = self.scene.services.find(owner.id, service).cloned() else { return Ok(()) };
        let definition = &*service.definition(Language::En)?;
        let pages: Vec<&str> =
            definition.pages.iter().filter(|p| p.repeat.is_none() && p.when.is_none()).map(|p| p.id.as_str()).collect();
        let ends: Vec<(&str, &str)> =
            definition.pages.iter().flat_map(|p| p.ends.iter().map(|end| (p.id.as_str(), end.id.as_str()))).collect();
        let far = self.rng.random_range(0..pages.len().max(1)).min(self.rng.random_range(0..3));
        let ended = ends.choose(&mut self.rng).copied().filter(|_| self.rng.random_range(0..4) == 0);
        let step = ended.map_or_else(|| pages.get(far).copied().unwrap_or_default(), |(page, _)| page);
        Ok(self.scene.db.scoped(Scope::own(owner.id), |tx| {
            let browser = Token::random();
            let id = forms::start_draft(tx, at, &definition.slug, service.version, Language::En, &browser)?;
            let draft = forms::find_draft(tx, at, self.scene.secret, id, &browser)?;
            forms::save_answers(tx, at, self.scene.secret, definition, &draft, step, ended.map(|(_, end)| end))
        })?)
    }

    fn miss(&mut self, at: Timestamp, line: usize) -> anyhow::Result<()> {
        let Some((council, words, _)) = MISSED.get(line) else { return Ok(()) };
        let Some(owner) = self.scene.directory.by_slug(council) else { return Ok(()) };
        Ok(self.scene.db.scoped(Scope::own(owner.id), |tx| forms::keep_missed(tx, words, billing_date(at)))?)
    }

    fn plan_work(&mut self, opened: Timestamp, mut job: Job) {
        job.officer = self.someone(job.handler, Role::Officer);
        let target = job.definition.target_working_days;
        let taken_after = self.rng.random_range(1..=(target / 3).max(1));
        let taken = self.office(opened, taken_after);
        self.plan(taken, Act::Take(job.clone()));
        if job.owner != job.handler && self.rng.random_range(0..100) < 7 {
            let reason = if self.rng.random_range(0..10) < 6 { ReturnReason::Duplicate } else { ReturnReason::NotOurs };
            self.plan(taken + 20.minutes(), Act::Return(job, reason));
            return;
        }
        // Nine in ten are done in time; a few are late, and of those some are still open.
        let days = if self.rng.random_range(0..100) < 90 {
            self.rng.random_range(taken_after + 1..=(target.max(taken_after + 2)))
        } else {
            target + self.rng.random_range(1..=6)
        };
        let done = self.office(opened, days);
        if days > taken_after + 1 && self.rng.random_range(0..100) < 40 {
            let between = self.office(opened, taken_after + 1);
            if between > taken && between < done {
                self.plan(between, Act::Update(job.clone()));
            }
        }
        self.plan(done, Act::Resolve(job));
    }

    fn someone(&mut self, authority: AuthorityId, role: Role) -> Option<Someone> {
        let council = self.scene.directory.by_id(authority)?;
        let all: Vec<&Someone> = self
            .scene
            .people
            .iter()
            .filter(|s| s.person.council == council.slug && s.person.roles.contains(&role))
            .collect();
        all.choose(&mut self.rng).map(|s| (*s).clone())
    }

    /// An officer opens the case's page and does something there.
    fn work(
        &mut self,
        at: Timestamp,
        job: Job,
        verb: impl FnOnce(&mut crate::platform::Tx<'_>, Timestamp, &Job, &Actor) -> Result<()>,
    ) -> anyhow::Result<()> {
        let Some(officer) = &job.officer else { return Ok(()) };
        let by = officer.actor(self.scene.directory.name(job.handler));
        Ok(self.scene.db.scoped(Scope::own(job.handler), |tx| {
            cases::read(tx, at, job.owner, &job.reference, &by)?;
            verb(tx, at, &job, &by)
        })?)
    }

    /// A form as one of the demonstration's citizens fills it in.
    fn answers(&mut self, definition: &Definition, today: Date) -> anyhow::Result<Raw> {
        let (first, last) = (self.pick(FIRST), self.pick(LAST));
        let (street, number) = (self.pick(STREETS), self.rng.random_range(1..90));
        fill(definition, today, &mut self.rng, |question| match question.kind {
            QuestionType::Text | QuestionType::Name if question.contact == Some(ContactRole::Name) => {
                Some(format!("{first} {last}"))
            }
            QuestionType::Email => Some(format!("{}.{}@example.org", first.to_lowercase(), last.to_lowercase())),
            QuestionType::Location => Some(street.to_owned()),
            QuestionType::Address => Some(format!("{number} {}", street.split(',').next().unwrap_or(street))),
            _ => None,
        })
    }
}
