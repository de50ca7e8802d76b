//! `moothall verify` against a database in which one thing was spoilt past every wall: it names what no longer holds, and
//! nothing else.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use moothall::setup;

use crate::attack::World;

const COUNTED: &str = "every case accepted for work is counted once, and nothing else is";
const RETURNED: &str = "a returned case is not charged, where its agreement says so, and every other is";
const HANDLERS: &str = "a case's handler stands on all its children";
const WHOLE: &str = "every case has its answer sheet and its beginning";
const SHOWN: &str = "every reference that was shown is a case";
const SUMS: &str = "daily sums equal a full recount of their events";
const BATCHES: &str = "every usage event is in a batch or waits for one";
const REVERSALS: &str = "every reversal takes back one event exactly";
const EVENTS: &str = "every issued document says the events at its cut-off, to the digest";
const TOTALS: &str = "every document's totals are those of its lines and VAT groups";
const SNAPSHOTS: &str = "every issued document has the bytes and the hash that it was issued with";
const NUMBERS: &str = "the numbers of every series are 1 to the last without a gap";
const VIEWS: &str = "both parties read the same agreements, prices, usage and documents";
const BOOKS: &str = "every issued document is in both parties' books, or on its way";
const BALANCES: &str = "every journal entry balances";

/// What was spoilt, how, and what no longer holds.
struct Breach {
    what: &'static str,
    sql: &'static str,
    names: &'static [&'static str],
}

/// `spare`: an event that no document charges for. `took`: it is taken out of its batch and its day, as if never folded.
const HELPERS: &str = "
    -- Past the keys that stand in the way, as a database mended by hand or restored in parts might be.
    set session_replication_role = replica;
    create temporary view spare as select * from usage_event e where billing_date >= '2026-11-01' and reversal_of is null
      order by tenant_id, id limit 1;
    create function pg_temp.unfold(event uuid) returns void language sql as $$
      update usage_day d set quantity = d.quantity - e.quantity, events = d.events - 1 from usage_event e where e.id = event
        and (d.tenant_id, d.agreement_id, d.billing_date, d.service, d.meter)
          = (e.tenant_id, e.agreement_id, e.billing_date, e.service, e.meter);
      delete from usage_fold where event_id = event;
    $$;
    create function pg_temp.wait(event uuid) returns void language sql as $$
      insert into usage_pending select tenant_id, id, provider_id, agreement_id, service, meter, quantity, billing_date
        from usage_event where id = event;
    $$;
    create temporary view issued as select * from document where shared_at is not null order by number_text;
    create temporary view shared as select c.* from cases c where handler_id <> tenant_id and state = 'new'
      order by tenant_id, id limit 1;
";

const BREACHES: &[Breach] = &[
    Breach {
        what: "a usage event is lost",
        sql: "create temporary table gone as select id from spare;
              select pg_temp.unfold(id) from gone; delete from usage_event where id in (select id from gone);",
        names: &[COUNTED],
    },
    Breach {
        what: "an act is counted twice",
        sql: "create temporary table twin as select * from spare;
              update twin set id = gen_random_uuid(), source_id = gen_random_uuid();
              insert into usage_event select * from twin; select pg_temp.wait(id) from twin;",
        names: &[COUNTED],
    },
    Breach {
        what: "a returned case is charged",
        sql: "insert into case_event select c.tenant_id, gen_random_uuid(), c.id, c.handler_id, 'returned.duplicate', 'staff',
                c.handler_id, '', null, '', e.occurred_at
              from spare e join cases c on c.tenant_id = e.tenant_id and c.id = e.subject_id;",
        names: &[RETURNED],
    },
    Breach {
        what: "a case is not charged that was never returned",
        sql: "create temporary table undone as select * from spare;
              update undone set reversal_of = id, id = gen_random_uuid(), source_id = gen_random_uuid(), quantity = -quantity;
              insert into usage_event select * from undone; select pg_temp.wait(id) from undone;",
        names: &[RETURNED],
    },
    Breach {
        what: "half of an event is taken back",
        sql: "insert into case_event select c.tenant_id, gen_random_uuid(), c.id, c.handler_id, 'returned.duplicate', 'staff',
                c.handler_id, '', null, '', e.occurred_at
              from spare e join cases c on c.tenant_id = e.tenant_id and c.id = e.subject_id;
              create temporary table undone as select * from spare;
              update undone set reversal_of = id, id = gen_random_uuid(), source_id = gen_random_uuid(), quantity = -500;
              insert into usage_event select * from undone; select pg_temp.wait(id) from undone;",
        names: &[REVERSALS],
    },
    Breach {
        what: "an event of the timeline has another handler than its case",
        sql: "update case_event set handler_id = tenant_id where case_id = (select id from shared);",
        names: &[HANDLERS],
    },
    Breach {
        what: "an answer sheet has another handler than its case",
        sql: "update answer_sheet set handler_id = tenant_id where case_id = (select id from shared);",
        names: &[HANDLERS],
    },
    Breach {
        what: "an answer sheet is lost",
        sql: "delete from answer_sheet where case_id = (select id from shared);",
        names: &[WHOLE],
    },
    Breach {
        what: "a draft shows a reference that is no case's",
        sql: "insert into draft select tenant_id, gen_random_uuid(), service, version, '', 'en', '{}', opened_at, 'infinity',
                opened_at, id, 'MAR-0000-00000' from shared;",
        names: &[SHOWN],
    },
    Breach {
        what: "a daily sum is off by one",
        sql: "update usage_day d set quantity = d.quantity + 1 from spare e where d.agreement_id = e.agreement_id
                and (d.billing_date, d.service, d.meter) = (e.billing_date, e.service, e.meter);",
        names: &[SUMS],
    },
    Breach {
        what: "an event never came into a batch",
        sql: "select pg_temp.unfold(id) from spare;",
        names: &[BATCHES],
    },
    Breach {
        what: "an event waits that is in a batch already",
        sql: "select pg_temp.wait(id) from spare;",
        names: &[BATCHES],
    },
    Breach {
        what: "a billed event is lost",
        sql: "create temporary table gone as select e.id from usage_event e where e.billing_date < '2026-10-01'
                and not exists (select from usage_event r where e.id = r.reversal_of or r.id = e.id and r.reversal_of is not null)
                limit 1;
              select pg_temp.unfold(id) from gone; delete from usage_event where id in (select id from gone);",
        names: &[COUNTED, EVENTS],
    },
    Breach {
        what: "an event is slipped into a batch that was billed",
        sql: "update usage_event e set billing_date = '2026-09-30' from spare s where e.id = s.id;
              create temporary table moved as select * from usage_event where billing_date = '2026-09-30';
              update usage_day d set quantity = d.quantity - m.quantity, events = d.events - 1 from moved m
                where d.agreement_id = m.agreement_id and d.service = m.service and d.meter = m.meter
                and d.billing_date = m.occurred_at::date;
              insert into usage_day select tenant_id, agreement_id, provider_id, billing_date, service, meter, quantity, 1 from moved;
              update usage_fold f set batch = 1 from moved m where f.event_id = m.id;",
        names: &[EVENTS],
    },
    Breach {
        what: "an amount of an issued line is changed",
        sql: "update document_line set net_pence = net_pence + 1 where document_id = (select id from issued limit 1) and n = 1;",
        names: &[EVENTS, TOTALS, SNAPSHOTS],
    },
    Breach {
        what: "the words of an issued line are changed",
        sql: "update document_line set description = 'Sundries' where document_id = (select id from issued limit 1) and n = 1;",
        names: &[EVENTS, SNAPSHOTS],
    },
    Breach {
        what: "a line of an issued document is lost",
        sql: "delete from document_line where document_id = (select id from issued limit 1) and n = 1;",
        names: &[EVENTS, TOTALS, SNAPSHOTS],
    },
    Breach {
        what: "a draft's total is not its lines'",
        sql: "update document set net_pence = net_pence + 1, gross_pence = gross_pence + 1
              where id = (select id from document where shared_at is null order by id limit 1);",
        names: &[TOTALS],
    },
    Breach {
        what: "an issued document prints something else",
        sql: "update document set snapshot = jsonb_set(snapshot, '{agreement,title}', '\"Another\"')
              where id = (select id from issued limit 1);",
        names: &[SNAPSHOTS],
    },
    Breach {
        what: "an issued document has another hash",
        sql: "update document set sha256 = repeat('0', 64) where id = (select id from issued limit 1);",
        names: &[SNAPSHOTS],
    },
    Breach {
        what: "a number is left out",
        sql: "update number_series set last = last + 1;",
        names: &[NUMBERS],
    },
    Breach {
        what: "two documents change places",
        sql: "update document set number = number + 7 where id = (select id from issued limit 1);",
        names: &[NUMBERS],
    },
    Breach {
        what: "the consumer does not see a line that it was billed",
        sql: "update document_line set shared_at = null where document_id = (select id from issued limit 1) and n = 1;",
        names: &[VIEWS],
    },
    Breach {
        what: "the consumer's book lacks a document",
        sql: "create temporary table gone as select j.tenant_id, j.id from journal_entry j join document d
                on d.id = j.source_id and d.tenant_id = j.tenant_id limit 1;
              delete from posting where (tenant_id, entry_id) in (select tenant_id, id from gone);
              delete from journal_entry where (tenant_id, id) in (select tenant_id, id from gone);",
        names: &[BOOKS],
    },
    Breach {
        what: "a document is posted with another amount",
        sql: "update posting set amount_pence = amount_pence * 2;",
        names: &[BOOKS],
    },
    Breach {
        what: "an entry does not balance",
        sql: "create temporary table odd as select * from journal_entry limit 1;
              update odd set id = gen_random_uuid(), source_id = gen_random_uuid(), purpose = 'adjust';
              insert into journal_entry select * from odd;
              insert into posting select tenant_id, id, 1, 'income', 1 from odd;",
        names: &[BALANCES],
    },
    Breach {
        what: "an entry has no postings",
        sql: "create temporary table odd as select * from journal_entry limit 1;
              update odd set id = gen_random_uuid(), source_id = gen_random_uuid(), purpose = 'adjust';
              insert into journal_entry select * from odd;",
        names: &[BALANCES],
    },
];

#[test]
fn every_kind_of_breach_is_named() {
    let mut names = BTreeSet::new();
    for Breach { what, sql, names: expected } in BREACHES {
        let world = World::start();
        world.leave_jobs();
        world.database.force(&format!("{HELPERS}{sql}"));
        let checks = setup::verify(&world.site.db).unwrap();
        let found: BTreeSet<&str> = checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect();
        let breaches: Vec<&String> = checks.iter().flat_map(|check| &check.breaches).collect();
        assert_eq!(found, expected.iter().copied().collect(), "{what}: {breaches:#?}");
        assert!(breaches.len() <= 2 * expected.len() || expected.len() == 1, "{what}: {breaches:#?}");
        names.extend(found);
    }
    let world = World::start();
    for check in setup::verify(&world.site.db).unwrap() {
        assert!(names.contains(check.name), "no breach of this was tried: {}", check.name);
        assert!(check.holds() && check.checked > 0, "{check:?}");
    }
}

fn moothall_verify(world: &World) -> Output {
    Command::new(env!("CARGO_BIN_EXE_moothall"))
        .arg("verify")
        .env_clear()
        .env("DATABASE_URL", world.database.url("moothall_app"))
        .env("DATABASE_ROUTER_URL", world.database.url("moothall_router"))
        .env("DATABASE_SYSTEM_URL", world.database.url("moothall_system"))
        .output()
        .unwrap()
}

#[test]
fn the_command_counts_what_it_looked_at_and_fails_on_a_breach() {
    let world = World::start();
    let told = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let output = moothall_verify(&world);
    let clean = told(&output);
    assert!(output.status.success(), "{clean}");
    let cases = world.one("select count(*)::text as line from cases");
    assert!(clean.lines().any(|line| line == format!("holds  {cases:>9}  {HANDLERS}")), "{clean}");
    assert!(clean.ends_with("15 invariants, 0 breaches.\n"), "{clean}");

    world.database.force("update number_series set last = last + 1 where series = 'invoice'");
    let output = moothall_verify(&world);
    let spoilt = told(&output);
    assert_eq!(output.status.code(), Some(1), "{spoilt}");
    let breach = spoilt.lines().position(|line| line.starts_with("BREACH") && line.ends_with(NUMBERS)).unwrap();
    assert!(spoilt.lines().nth(breach + 1).unwrap().contains("invoice 2026"), "{spoilt}");
    assert!(spoilt.ends_with("15 invariants, 1 breach.\n"), "{spoilt}");
}

/// Verifying takes a while, and the councils go on working meanwhile: what it compares is of one moment.
#[test]
fn what_happens_meanwhile_is_no_breach() {
    let world = World::start();
    world.leave_jobs();
    let db = &world.site.db;
    let before = setup::verify(db).unwrap();
    let during = db
        .frozen(|frozen| {
            world.open("marlhaven", "pothole", "meanwhile");
            world.database.force("update number_series set last = last + 1");
            setup::verify(frozen)
        })
        .unwrap();
    let counts = |checks: &[moothall::platform::verify::Check]| {
        checks.iter().map(|c| (c.checked, c.holds())).collect::<Vec<_>>()
    };
    assert_eq!(counts(&before), counts(&during));
    assert!(!setup::verify(db).unwrap().iter().all(|check| check.holds()));
}
