//! `moothall verify`: the demonstration's three months hold every invariant, and each kind of breach is found and named.

use std::process::Command;

use moothall::forms::Figure;
use moothall::kernel::billing_date;
use moothall::platform::Db;
use moothall::platform::verify::Check;
use moothall::setup::{self, Scene};
use moothall::{app, forms};

use super::harness::{App, Database};

/// A breach, and the invariants that it breaks.
struct Plant {
    sql: &'static str,
    breaks: &'static [&'static str],
}

const COUNTED: &str = "every case accepted for work is counted once, and nothing else is";
const RETURNED: &str = "a returned or withdrawn case is not charged, where its agreement says so, and every other is";
const HANDLER: &str = "a case's handler stands on all its children";
const TIME: &str =
    "time booked to a case is counted once where its agreement counts it, and what is taken back is not charged";
const WHOLE: &str = "every case has its answer sheet and its beginning";
const SHOWN: &str = "every reference that was shown is a case";
const SUMS: &str = "daily sums equal a full recount of their events";
const BATCHES: &str = "every usage event is in a batch or waits for one";
const REVERSALS: &str = "every reversal takes back one event exactly";
const EVENTS: &str = "every issued document says the events at its cut-off, to the digest";
const TOTALS: &str = "every document's totals are those of its lines and VAT groups";
const BYTES: &str = "every issued document has the bytes and the hash that it was issued with";
const NUMBERS: &str = "the numbers of every series are 1 to the last without a gap";
const CREDITS: &str = "no more of a line is credited than it charged, with the VAT of the whole";
const VIEWS: &str = "both parties read the same agreements, prices, usage, documents and erased cases";
const BOOKS: &str = "every issued document is in both parties' books, or on its way";
const PAYMENTS: &str = "no payment pays more than it is, and what came is in both parties' books, or on its way";
const CLOSED: &str = "nothing is dated into a closed month, and what is accrued comes back";
const BUDGETS: &str = "every budget is of an agreement, and every alert passed its threshold";
const BALANCE: &str = "every journal entry balances";

const PLANTS: [Plant; 27] = [
    // An act that nobody will pay for, and a charge without an act.
    Plant {
        sql: "delete from usage_event where id = (select id from usage_event e where reversal_of is null and not exists \
              (select from usage_event r where r.reversal_of = e.id) order by occurred_at desc limit 1)",
        breaks: &[COUNTED, SUMS],
    },
    Plant {
        sql: "insert into usage_event select (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), \
              'source_id', gen_random_uuid(), 'subject_id', gen_random_uuid()))).* from usage_event e \
              where reversal_of is null order by occurred_at desc limit 1",
        breaks: &[COUNTED, BATCHES],
    },
    Plant {
        sql: "delete from usage_event where id = (select id from usage_event where reversal_of is not null \
              order by recorded_at desc limit 1)",
        breaks: &[RETURNED, SUMS],
    },
    Plant {
        // Past the foreign key that stands in the way, as a restored or mended database might be.
        sql: "set session_replication_role = replica; update case_event set handler_id = tenant_id where id = (select e.id from case_event e join cases c \
              on c.id = e.case_id where c.handler_id <> c.tenant_id limit 1)",
        breaks: &[HANDLER],
    },
    Plant {
        sql: "update case_time set agreement_id = gen_random_uuid() where id = (select id from case_time limit 1)",
        breaks: &[TIME],
    },
    Plant {
        sql: "insert into case_time select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'minutes', -1, \
              'takes_back', id, 'reason', 'twice'))).* from case_time t where minutes > 1 limit 1",
        breaks: &[TIME],
    },
    Plant {
        sql: "delete from answer_sheet where case_id = (select case_id from answer_sheet limit 1)",
        breaks: &[WHOLE],
    },
    Plant {
        sql: "delete from case_event where id = (select e.id from case_event e join cases c on c.id = e.case_id \
              where e.kind = 'opened' and c.agreement_id is null limit 1)",
        breaks: &[WHOLE],
    },
    Plant {
        sql: "insert into draft select tenant_id, gen_random_uuid(), service, 1, '', 'en', '{}', opened_at, opened_at, \
              opened_at, id, 'MAR-0000-00000' from cases limit 1",
        breaks: &[SHOWN],
    },
    Plant {
        sql: "update usage_day set quantity = quantity + 1000 where ctid = (select ctid from usage_day \
              order by billing_date desc limit 1)",
        breaks: &[SUMS],
    },
    Plant {
        sql: "update usage_day set digest = decode(repeat('ab', 256), 'hex') where ctid = (select ctid from usage_day \
              order by billing_date limit 1)",
        breaks: &[SUMS],
    },
    Plant {
        sql: "insert into usage_item select tenant_id, agreement_id, provider_id, billing_date, service, meter, batch, 100, 1 \
              from usage_day limit 1",
        breaks: &[SUMS],
    },
    Plant {
        sql: "delete from usage_fold where event_id = (select event_id from usage_fold f join usage_event e \
              on e.id = f.event_id order by occurred_at desc limit 1)",
        breaks: &[SUMS, BATCHES],
    },
    Plant {
        sql: "update usage_event set quantity = quantity / 2 where id = (select id from usage_event \
              where reversal_of is not null order by recorded_at desc limit 1)",
        breaks: &[SUMS, REVERSALS],
    },
    Plant {
        sql: "update document_line set event_digest = 'x' where id = (select l.id from document_line l \
              where shared_at is not null and part = 'units' order by id limit 1)",
        breaks: &[EVENTS, BYTES],
    },
    Plant {
        sql: "update document set net_pence = net_pence + 1, gross_pence = gross_pence + 1 where id = (select id \
              from document where shared_at is not null order by id limit 1)",
        breaks: &[TOTALS, BYTES, BOOKS],
    },
    Plant {
        sql: "update document set snapshot = snapshot || '{\"prepared_by\": \"Somebody else\"}' where id = (select id \
              from document where shared_at is not null order by id offset 1 limit 1)",
        breaks: &[BYTES],
    },
    Plant {
        sql: "update document set snapshot = jsonb_set(snapshot, '{vat,0,vat}', '-1') where kind = 'credit'",
        breaks: &[BYTES, CREDITS],
    },
    Plant { sql: "update number_series set last = last + 1", breaks: &[NUMBERS] },
    Plant {
        sql: "update usage_fold set provider_id = gen_random_uuid() where event_id = (select event_id from usage_fold limit 1)",
        breaks: &[EVENTS, VIEWS],
    },
    Plant {
        sql: "update document set issued_at = null, number = null where id = (select id from document \
              where issued_at is not null order by id limit 1)",
        breaks: &[NUMBERS],
    },
    Plant {
        sql: "with gone as (select tenant_id, id from journal_entry where tenant_id = (select tenant_id from authority \
              where slug = 'eastmere') and purpose = 'issue' limit 1), postings as (delete from posting p using gone where p.entry_id = gone.id) \
              delete from journal_entry j using gone where j.id = gone.id",
        breaks: &[BOOKS],
    },
    Plant {
        sql: "update allocation set amount_pence = amount_pence * 2 where id = (select id from allocation order by id limit 1)",
        breaks: &[PAYMENTS],
    },
    Plant {
        sql: "with gone as (select tenant_id, id from journal_entry where purpose = 'receive' limit 1), \
              postings as (delete from posting p using gone where p.entry_id = gone.id) \
              delete from journal_entry j using gone where j.id = gone.id",
        breaks: &[PAYMENTS],
    },
    Plant {
        sql: "insert into book_period (tenant_id, period_start, n, state, by_name, at) select tenant_id, \
              date_trunc('month', effective_on)::date, 1, 'soft', 'x', recorded_at - interval '1 day' from journal_entry limit 1",
        breaks: &[CLOSED],
    },
    Plant { sql: "update budget set reference = 'another' where service = ''", breaks: &[BUDGETS] },
    Plant {
        sql: "update posting set amount_pence = amount_pence + 1 where ctid = (select ctid from posting limit 1)",
        breaks: &[BOOKS, BALANCE],
    },
];

/// The demonstration as it stands on the day of the tests, three months and twenty days on.
fn demonstration() -> App {
    let app = App::start();
    let (db, clock, until) = (&app.site.db, &app.site.clock, app.now());
    app.set_clock("2026-07-31T20:00:00Z");
    let people = setup::add_people(db, &app.site.directory.get(), app.now()).unwrap();
    let scene = Scene {
        db,
        directory: &app.site.directory.get(),
        services: &db.router(|conn| forms::load(conn, billing_date(app.now()))).unwrap(),
        clock,
        secret: &app.site.config.secret,
        people: &people,
    };
    setup::live(&scene, until, || app::settle(&app.site).map(drop), |_| ()).unwrap();
    app.leave_jobs();
    app
}

fn broken(db: &Db) -> Vec<&'static str> {
    setup::verify(db).unwrap().iter().filter(|check| !check.holds()).map(|check| check.name).collect()
}

/// `moothall verify` on a database: its exit status and what it prints.
fn moothall_verify(database: &Database) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_moothall"))
        .arg("verify")
        .env_clear()
        .env("DATABASE_URL", database.url("moothall_app"))
        .env("DATABASE_ROUTER_URL", database.url("moothall_router"))
        .env("DATABASE_SYSTEM_URL", database.url("moothall_system"))
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// What three months have nothing of: a case so old that it is erased, a year that is over.
const NOT_YET: [&str; 3] =
    [SHOWN, "of an erased case nothing is left but that it was", "every member of a cost share has the same outturns"];

#[test]
fn three_months_hold_every_invariant_and_each_breach_is_found() {
    let app = demonstration();
    for check in setup::verify(&app.site.db).unwrap() {
        assert_eq!(check.breaches, [""; 0], "{}", check.name);
        assert!(check.checked > 0 || NOT_YET.contains(&check.name), "nothing to look at: {}", check.name);
    }
    the_council_learns_from_it(&app);
    each_breach_is_found(&app);
    the_command_counts_and_fails_on_a_breach(&app);
    what_happens_meanwhile_is_no_breach(&app);
}

/// The page of services is not empty: forms were sent and left, tasks have moved, searches were missed.
fn the_council_learns_from_it(app: &App) {
    let today = billing_date(app.now());
    let (moves, figures, missed) = app
        .scoped("marlhaven", |tx| Ok((forms::moves(tx, 50)?, forms::figures(tx, today, 12)?, forms::missed(tx, 10)?)));
    let pothole = &figures["pothole"];
    println!("{} moves; {pothole:?}; {missed:?}", moves.len());
    assert!(matches!(pothole.completed, Figure::Many(50..)) && pothole.median.is_some_and(|m| (2..13).contains(&m)));
    assert!(pothole.left.values().any(|n| matches!(n, Figure::Many(_))), "{pothole:?}");
    assert!(moves.len() >= 5 && moves.iter().any(|one| one.service == "pothole"), "{moves:?}");
    assert_eq!(missed[0].0, "allotment waiting list");
}

fn each_breach_is_found(app: &App) {
    let mut wrong = Vec::new();
    for Plant { sql, breaks } in PLANTS {
        let database = app.database.copy();
        database.force(sql);
        let found = broken(&database.db());
        if found != breaks {
            wrong.push(format!("{sql}\n  should break {breaks:?}\n  and breaks {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn the_command_counts_and_fails_on_a_breach(app: &App) {
    let database = app.database.copy();
    let (code, clean) = moothall_verify(&database);
    assert_eq!(code, Some(0), "{clean}");
    let cases = &database.texts("select count(*)::text as text from cases")[0];
    assert!(clean.lines().any(|line| line == format!("holds  {cases:>9}  {HANDLER}")), "{clean}");
    assert!(clean.ends_with("23 invariants, 0 breaches.\n"), "{clean}");

    database.force("update number_series set last = last + 1 where series = 'invoice'");
    let (code, spoilt) = moothall_verify(&database);
    assert_eq!(code, Some(1), "{spoilt}");
    let breach = spoilt.lines().position(|line| line.starts_with("BREACH") && line.ends_with(NUMBERS)).unwrap();
    assert!(spoilt.lines().nth(breach + 1).unwrap().contains("invoice 2026"), "{spoilt}");
    assert!(spoilt.ends_with("23 invariants, 1 breach.\n"), "{spoilt}");
}

/// Verifying takes a while, and the councils go on working meanwhile: what it compares is of one moment.
fn what_happens_meanwhile_is_no_breach(app: &App) {
    let database = app.database.copy();
    let during = database.db().frozen(|frozen| {
        database.force("update number_series set last = last + 1");
        setup::verify(frozen)
    });
    assert!(during.unwrap().iter().all(Check::holds));
    assert_eq!(broken(&database.db()), [NUMBERS]);
}
