//! What survives: the real processes on a PostgreSQL with its own settings, broken while citizens send forms and mail goes
//! out. After each fault everything is counted: what a citizen was told is there, once.

mod citizens;
mod machine;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use diesel::connection::SimpleConnection as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use self::citizens::{Form, Ledger, load};
use self::machine::{Machine, eventually};

/// What the citizens do follows from it; when exactly a fault meets them does not.
const SEED: u64 = 20_261_120;
/// Forms sent around each fault.
const FORMS: usize = 12;

/// Something goes wrong.
type Fault = fn(&Machine, &Ledger, u64);

const FAULTS: [(&str, Fault); 7] = [
    ("the server is killed under load", the_server_is_killed),
    ("the worker is killed between sending a mail and knowing it", the_worker_is_killed),
    ("a session of the database is killed", a_session_is_killed),
    ("the database loses its power", the_database_loses_its_power),
    ("the line to the database is cut while it commits", the_line_is_cut),
    ("the pool is exhausted", the_pool_is_exhausted),
    ("the answer is lost", the_answer_is_lost),
];

#[test]
fn nothing_is_lost_and_nothing_happens_twice() {
    let machine = Machine::start();
    let ledger = Ledger::open(&machine.cluster.dir().join("ledger"));
    for (n, (name, fault)) in (0..).zip(FAULTS) {
        let begun = Instant::now();
        fault(&machine, &ledger, SEED + n);
        let found = count(&machine, &ledger, name);
        println!("{name}: {found}; {:.1?}", begun.elapsed());
    }
    machine.nothing_panicked();
    assert!(ledger.entries().attached.len() > FORMS, "files were added");
}

/// The moment when a few more forms have been sent, the last of them just now.
fn amid_sending(ledger: &Ledger) {
    let before = ledger.sent();
    eventually("a form is sent", || (ledger.sent() > before + FORMS / 4).then_some(()));
}

fn the_server_is_killed(machine: &Machine, ledger: &Ledger, seed: u64) {
    load(machine, ledger, seed, FORMS, || {
        for _ in 0..2 {
            amid_sending(ledger);
            machine.kill_server();
            machine.start_server(&[]);
        }
    });
}

fn the_worker_is_killed(machine: &Machine, ledger: &Ledger, seed: u64) {
    let before = machine.mails().len();
    machine.mail_line.hold();
    load(machine, ledger, seed, FORMS, || {
        eventually("a mail is taken", || (machine.mail_line.waiting() > 0).then_some(()));
        machine.kill_worker();
    });
    machine.mail_line.release();
    machine.start_worker();
    machine.let_leases_end();
    eventually("the mails go out", || (machine.waiting() == 0).then_some(()));
    assert_eq!(machine.mails().len() - before, FORMS + 1, "what the worker did not know to be sent went out again");
}

fn a_session_is_killed(machine: &Machine, ledger: &Ledger, seed: u64) {
    load(machine, ledger, seed, FORMS, || {
        for _ in 0..2 {
            amid_sending(ledger);
            let sessions = "select pid::text as line from pg_stat_activity where usename = 'moothall_app' \
                            order by state in ('active', 'idle in transaction')";
            let session = eventually("the server has a session", || machine.ask(sessions).pop());
            // PostgreSQL ends every other session too, and recovers from its log.
            let _ = kill(Pid::from_raw(session.parse().unwrap()), Signal::SIGKILL);
        }
    });
}

fn the_database_loses_its_power(machine: &Machine, ledger: &Ledger, seed: u64) {
    load(machine, ledger, seed, FORMS, || {
        amid_sending(ledger);
        machine.cluster.crash();
        machine.cluster.restart();
    });
}

fn the_line_is_cut(machine: &Machine, ledger: &Ledger, seed: u64) {
    load(machine, ledger, seed, FORMS, || {
        machine.database_line.cut_at_commit(FORMS / 3);
        eventually("commits are cut off", || (machine.database_line.cuts_left() == 0).then_some(()));
    });
}

/// One connection, and its transaction waits for a row: whoever else comes is told to come back, and so is, in the end, the
/// one who waits. Nothing of what they sent is there until they send it again.
fn the_pool_is_exhausted(machine: &Machine, ledger: &Ledger, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let patience = |what: &str| machine.superuser().batch_execute(&format!("alter role moothall_app {what}")).unwrap();
    patience("set lock_timeout = '2s'");
    machine.kill_server();
    machine.start_server(&[("DATABASE_POOL", "1"), ("DATABASE_POOL_WAIT_MS", "200")]);
    let (mut first, mut second) = (Form::filled(machine, ledger, &mut rng), Form::filled(machine, ledger, &mut rng));
    let cases = || machine.count("select count(*) from cases");
    let before = cases();
    let mut holder = machine.superuser();
    holder.batch_execute(&format!("begin; select from draft where id = '{}' for update", first.draft)).unwrap();
    let (sender, answered) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| sender.send(first.send().is_none()).unwrap());
        let waits = "select pid::text as line from pg_stat_activity \
                     where usename = 'moothall_app' and wait_event_type = 'Lock'";
        eventually("the first form waits for its row", || machine.ask(waits).pop());
        assert!(second.send().is_none(), "there was no connection for the second form");
        assert!(answered.recv().unwrap(), "the first form was told to come back");
    });
    assert_eq!(cases(), before, "nothing is there in part");
    holder.batch_execute("rollback").unwrap();
    first.sent();
    second.sent();
    assert_eq!(cases(), before + 2);
    patience("set lock_timeout = '5s'");
    machine.kill_server();
    machine.start_server(&[]);
}

fn the_answer_is_lost(machine: &Machine, ledger: &Ledger, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..FORMS / 4 {
        let mut form = Form::filled(machine, ledger, &mut rng);
        form.send_and_hang_up();
        let told = form.sent();
        assert_eq!(form.sent(), told, "the same receipt for ever");
    }
}

/// Waits for the worker, then counts everything.
fn count(machine: &Machine, ledger: &Ledger, after: &str) -> String {
    machine.let_leases_end();
    eventually("the worker has done what there was", || (machine.waiting() == 0).then_some(()));
    let entries = ledger.entries();
    let opened: BTreeMap<String, String> = pairs(&machine.ask("select id || ' ' || reference as line from cases"));
    let submitted = "select id || ' ' || case_id as line from draft where submitted_at is not null";
    let cases_of_drafts: BTreeMap<String, String> = pairs(&machine.ask(submitted));
    for (draft, reference) in &entries.acknowledged {
        let case = cases_of_drafts.get(draft).unwrap_or_else(|| panic!("{after}: {reference} was shown and is lost"));
        assert_eq!(opened.get(case), Some(reference), "{after}: draft {draft}");
    }
    let files = pairs(&machine.ask(
        "select draft_id || ' ' || count(*) as line from draft_upload group by draft_id \
         union all select d.id || ' ' || count(*) from draft d join case_file f on f.case_id = d.case_id group by d.id",
    ));
    for draft in &entries.attached {
        assert_eq!(files.get(draft).map(String::as_str), Some("1"), "{after}: the file that draft {draft} showed");
    }
    let blobs = "select tenant_id || ' ' || blob as line from (select tenant_id, blob from draft_upload \
                 union all select tenant_id, blob from case_file) f where blob is not null";
    for line in machine.ask(blobs) {
        let (tenant, blob) = line.split_once(' ').unwrap();
        let there = machine.cluster.dir().join("files").join(tenant).join(blob);
        assert!(there.exists(), "{after}: {} is named and is not there", there.display());
    }
    for draft in cases_of_drafts.keys() {
        assert!(entries.sent.contains(draft), "{after}: draft {draft} was never sent");
    }
    let from_drafts: BTreeSet<&String> = cases_of_drafts.values().collect();
    assert_eq!(from_drafts.len(), cases_of_drafts.len(), "{after}: two drafts, one case");
    assert_eq!(opened.len(), cases_of_drafts.len(), "{after}: a draft was opened twice, or a case without one");
    let billable = machine.count(
        "select count(*) from cases c join agreement_service s on s.tenant_id = c.tenant_id \
         and s.agreement_id = c.agreement_id and s.service = c.service and s.meter = 'case.accepted'",
    );
    assert!(billable > 0);
    for counted in ["count(*)", "count(distinct source_id)", "sum(quantity) / 1000"] {
        let used = machine.count(&format!("select {counted} from usage_event"));
        assert_eq!(used, billable, "{after}: usage, {counted}");
    }
    let rolled_up = machine.count("select sum(quantity) / 1000 from usage_day");
    assert_eq!(rolled_up, billable, "{after}: daily sums");
    let mails = machine.mails();
    let mut by_id: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for mail in &mails {
        let same = by_id.insert(&mail.message_id, &mail.raw);
        assert!(same.is_none_or(|first| first == mail.raw), "{after}: {} in other words", mail.message_id);
    }
    for reference in opened.values() {
        let told = mails.iter().filter(|mail| mail.text.contains(reference)).map(|mail| &mail.message_id);
        assert_eq!(told.collect::<BTreeSet<_>>().len(), 1, "{after}: messages about {reference}");
    }
    machine.verify();
    format!(
        "{} drafts sent {} times, {} files, {} receipts, {} cases, {billable} billable, {} mails of which {} again",
        entries.sent.len(),
        ledger.sent(),
        entries.attached.len(),
        entries.acknowledged.len(),
        opened.len(),
        mails.len(),
        mails.len() - by_id.len()
    )
}

/// Lines of two words.
fn pairs(lines: &[String]) -> BTreeMap<String, String> {
    lines.iter().map(|line| line.split_once(' ').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}
