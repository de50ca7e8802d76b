//! Many at once: whoever comes second waits, is told so, or finds it done; nothing happens twice and nothing is skipped.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use moothall::billing::{self, TariffsFile};
use moothall::cases::{self, Reroute, ReturnReason};
use moothall::kernel::{Actor, Month, Pence, Quantity, billing_date, new_id};
use moothall::metering::{self, NewUsage};
use moothall::platform::config::DatabaseConfig;
use moothall::platform::{Db, Error, Result, Scope, outbox};
use moothall::{agreements, app, setup};
use uuid::Uuid;

use crate::attack::World;
use crate::bills::{is_looked_at, reviewed};
use crate::harness::App;

const ACCEPTED: &str = "case.accepted";

/// Everybody begins at the same moment; what each of them got.
pub fn at_once<T: Send>(many: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (barrier, act) = (Barrier::new(many), &act);
    thread::scope(|scope| {
        let begun = (0..many).map(|n| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                act(n)
            })
        });
        let begun: Vec<_> = begun.collect();
        begun.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn by(name: &str) -> Actor {
    let id = name.bytes().fold(0, |id, byte| id << 8 | u128::from(byte));
    Actor { staff_id: Some(Uuid::from_u128(id)), name: name.to_owned(), authority_name: "A council".to_owned() }
}

/// Pools in which nobody has to wait for a connection.
fn wide(app: &App, size: u32) -> Db {
    Db::new(&DatabaseConfig { pool_size: size, pool_wait_ms: 30_000, ..app.database.config() })
}

/// As a person does who is told that the server is busy.
fn again<T>(mut act: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match act() {
            Err(Error::Busy) => {}
            done => return done,
        }
    }
}

fn conflicts<T: std::fmt::Debug>(results: &[Result<T>]) -> usize {
    let unexpected = results.iter().find(|r| !matches!(r, Ok(_) | Err(Error::Conflict(_))));
    assert!(unexpected.is_none(), "{unexpected:?}");
    results.iter().filter(|r| r.is_err()).count()
}

/// An agreement of its own, with an act of October under it: its bill, prepared.
fn prepared(app: &App, db: &Db, consumer: &str, n: usize) -> Uuid {
    let text = std::fs::read_to_string(format!("tenants/agreements/wealdshire-{consumer}.toml")).unwrap();
    let mut file: agreements::AgreementFile = toml::from_str(&text).unwrap();
    let prices: TariffsFile = toml::from_str(&text).unwrap();
    file.reference = format!("{} {n}", file.reference);
    let (to, provider, now) = (app.id(consumer), app.id("wealdshire"), app.now());
    let hash = billing::prices_hash(&prices.tariffs, file.term).unwrap();
    let offer = app.scoped("wealdshire", |tx| {
        let offer = agreements::put_offer(tx, now, &by("setup"), to, &file, &hash)?;
        billing::put_tariffs(tx, now, &by("setup"), to, offer.id, file.term, &prices.tariffs)?;
        Ok(offer.id)
    });
    for paper in &file.signatures {
        let party = if paper.party == "wealdshire" { "wealdshire" } else { consumer };
        app.scoped(party, |tx| agreements::put_signature(tx, now, &by("setup"), to, offer, paper));
    }
    for service in ["pothole", "dropped-kerb"] {
        let usage = NewUsage {
            provider,
            agreement_id: offer,
            service,
            meter: ACCEPTED,
            source_id: new_id(now),
            subject_id: new_id(now),
            reference: "MAR-0000-00000",
            quantity: Quantity::ONE,
            value: Pence(0),
            reversed_when: &[],
            is_private: false,
        };
        let at = "2026-10-12T09:00:00Z".parse().unwrap();
        app.scoped(consumer, |tx| metering::record(tx, at, &usage));
    }
    let run =
        billing::prepare_run(db, provider, offer, Month::parse("2026-10").unwrap(), &by("Preparer"), now).unwrap();
    reviewed(db, provider, app.id(consumer), run, now);
    run
}

#[test]
fn t13_fifty_bills_issued_at_once_are_numbered_1_to_50() {
    let app = App::start();
    let db = wide(&app, 25);
    let consumers = ["marlhaven", "eastmere"];
    let runs: Vec<Uuid> = (0..50).map(|n| prepared(&app, &db, consumers[n % 2], n)).collect();
    let (provider, now) = (app.id("wealdshire"), app.now());
    let issued = at_once(runs.len(), |n| again(|| billing::issue(&db, provider, runs[n], &by("Approver"), now)));
    assert_eq!(conflicts(&issued), 0);
    for (series, most) in [("INV", 50), ("DEM", 25)] {
        let numbers: Vec<String> = app.scoped("wealdshire", |tx| {
            use diesel::prelude::*;
            use moothall::platform::schema::document;
            let texts = document::table.select(document::number_text).load::<Option<String>>(tx.conn)?;
            Ok(texts.into_iter().flatten().filter(|text| text.contains(series)).collect())
        });
        let wanted: BTreeSet<String> = (1..=most).map(|n| format!("WEA-{series}-2026-{n:04}")).collect();
        assert_eq!((numbers.len(), numbers.into_iter().collect::<BTreeSet<_>>()), (most, wanted));
    }
    app::settle(&app.site).unwrap();
    let breaches: Vec<_> = billing::verify(&db, &[provider, app.id("marlhaven"), app.id("eastmere")]).unwrap();
    assert!(breaches.iter().all(|check| check.holds() && is_looked_at(check)), "{breaches:?}");
}

#[test]
fn t7_a_bill_prepared_and_issued_by_many_at_once_is_one() {
    let world = World::start();
    let db = wide(&world, 10);
    let (provider, month, now) = (world.id("wealdshire"), Month::parse("2026-10").unwrap(), world.now());
    let agreement = world.scoped("wealdshire", agreements::list).into_iter().next().unwrap().id;
    let runs = at_once(8, |n| {
        again(|| billing::prepare_run(&db, provider, agreement, month, &by(&format!("Preparer {n}")), now))
    });
    let runs: BTreeSet<Uuid> = runs.into_iter().map(Result::unwrap).collect();
    assert_eq!(runs.len(), 1, "each prepares the same draft again");
    let run = runs.into_iter().next().unwrap();
    let consumer = world.scoped("wealdshire", |tx| billing::run(tx, run)).consumer;
    reviewed(&db, provider, consumer, run, now);
    let before = world.one("select count(*)::text as line from document where issued_at is not null");
    let issued = at_once(8, |n| again(|| billing::issue(&db, provider, run, &by(&format!("Approver {n}")), now)));
    assert_eq!(conflicts(&issued), 7);
    let of_run =
        format!("select count(*)::text as line from document where run_id = '{run}' and issued_at is not null");
    let after = world.one("select count(*)::text as line from document where issued_at is not null");
    assert_eq!(
        after.parse::<i64>().unwrap() - before.parse::<i64>().unwrap(),
        world.one(&of_run).parse::<i64>().unwrap()
    );
    app::settle(&world.site).unwrap();
    let breaches: Vec<String> = setup::verify(&db).unwrap().into_iter().flat_map(|check| check.breaches).collect();
    assert_eq!(breaches, [""; 0]);
}

#[test]
fn t2_a_form_sent_twenty_times_at_once_is_one_case() {
    let world = World::start_with(|config| config.database.pool_wait_ms = 30_000);
    let count = |table: &str| world.one(&format!("select count(*)::text as line from {table}")).parse::<i64>().unwrap();
    let before = (count("cases"), count("usage_event"), count("outbox"));
    let mut citizen = world.visitor("marlhaven");
    citizen.get("/services/pothole").is(200);
    citizen.submit("/services/pothole", &[]).is(303);
    let draft = citizen.page().location().split('/').nth(2).unwrap().to_owned();
    let (_, definition) =
        crate::attack::published(&world, "marlhaven").into_iter().find(|(_, d)| d.slug == "pothole").unwrap();
    let raw = crate::attack::answers(&definition, "QuayStreet", world.now());
    citizen.get(&format!("/forms/{draft}/{}", definition.pages[0].id)).is(200);
    let token = citizen.page().token().unwrap();
    for page in &definition.pages {
        let mut fields: Vec<(&str, &str)> = vec![("_token", &token)];
        for field in page.questions.iter().flat_map(moothall::forms::Question::fields) {
            let Some((name, values)) = raw.get_key_value(&field) else { continue };
            fields.extend(values.iter().map(|value| (name.as_str(), value.as_str())));
        }
        citizen.post(&format!("/forms/{draft}/{}", page.id), &fields).is(303);
    }
    let path = format!("/forms/{draft}/check");
    let sent = at_once(20, |_| citizen.clone().post(&path, &[("_token", &token)]).is(303).location());
    assert!(sent.iter().all(|to| *to == format!("/forms/{draft}/receipt")), "{sent:?}");
    let receipts = at_once(2, |n| citizen.clone().get(&sent[n]).is(200).text());
    assert_eq!(receipts[0], receipts[1]);
    assert_eq!((count("cases"), count("usage_event"), count("outbox")), (before.0 + 1, before.1 + 1, before.2 + 1));
    world.leave_jobs();
}

#[test]
fn of_two_officers_who_resolve_a_case_at_once_one_is_told() {
    let world = World::start();
    let db = wide(&world, 4);
    let (owner, handler, now) = (world.id("marlhaven"), world.id("wealdshire"), world.now());
    let reference = world.case("marlhaven", "wealdshire", "new");
    let resolved = at_once(2, |n| {
        let by = by(&format!("Officer {n}"));
        db.scoped(Scope::own(handler), |tx| cases::resolve(tx, now, owner, &reference, &by, "Repaired", ""))
    });
    assert_eq!(conflicts(&resolved), 1);
    let of_case = format!(
        "from case_event e join cases c on c.tenant_id = e.tenant_id and c.id = e.case_id where c.reference = '{reference}'"
    );
    assert_eq!(world.one(&format!("select count(*)::text as line {of_case} and e.kind = 'resolved'")), "1");
    assert_eq!(world.one("select count(*)::text as line from outbox"), "1", "the citizen is told once");
    world.leave_jobs();
}

#[test]
fn a_case_that_one_returns_while_another_resolves_it_is_one_or_the_other() {
    let world = World::start();
    let db = wide(&world, 4);
    let (owner, handler, now) = (world.id("marlhaven"), world.id("wealdshire"), world.now());
    let reference = world.case("marlhaven", "wealdshire", "new");
    let ended = at_once(2, |n| {
        let by = by(&format!("Officer {n}"));
        db.scoped(Scope::own(handler), |tx| match n {
            0 => cases::resolve(tx, now, owner, &reference, &by, "Repaired", ""),
            _ => cases::return_case(tx, now, owner, &reference, &by, ReturnReason::Duplicate, "twice"),
        })
    });
    assert_eq!(conflicts(&ended), 1);
    assert!(setup::verify(&db).unwrap().iter().all(moothall::platform::verify::Check::holds));
    world.leave_jobs();
}

#[test]
fn a_returned_case_is_routed_once_however_many_workers_do_it() {
    let world = World::start();
    let db = wide(&world, 8);
    let (owner, now) = (world.authority("marlhaven"), world.now());
    let reference = world.case("marlhaven", "wealdshire", "new");
    db.scoped(Scope::own(world.id("wealdshire")), |tx| {
        cases::return_case(tx, now, owner.id, &reference, &by("Officer"), ReturnReason::NotOurs, "a private road")
    })
    .unwrap();
    let case_id = world.one(&format!("select id::text as line from cases where reference = '{reference}'"));
    let job = Reroute { case_id: case_id.parse().unwrap() };
    at_once(6, |_| db.scoped(Scope::own(owner.id), |tx| cases::reroute(tx, now, &owner, &job)).unwrap());
    let routed =
        format!("select count(*)::text as line from case_event where case_id = '{case_id}' and kind = 'routed'");
    assert_eq!(world.one(&routed), "1");
    world.leave_jobs();
}

#[test]
fn four_folders_at_work_lose_no_event_and_count_none_twice() {
    let app = App::start();
    let db = wide(&app, 8);
    let files = setup::read(Path::new("tenants")).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    setup::apply(&db, &files, setup::Options { take: None, now: app.now(), demonstration: true }).unwrap();
    let (consumer, now) = (app.id("marlhaven"), app.now());
    let bound = app.scoped("marlhaven", |tx| agreements::in_force(tx, "pothole", billing_date(now))).unwrap();
    let (writers, each) = (4, 25);
    let folded = at_once(writers * 2, |n| {
        if n % 2 == 0 {
            for _ in 0..each {
                let usage = NewUsage {
                    provider: bound.provider,
                    agreement_id: bound.agreement_id,
                    service: "pothole",
                    meter: ACCEPTED,
                    source_id: new_id(now),
                    subject_id: new_id(now),
                    reference: "MAR-0000-00000",
                    quantity: Quantity::ONE,
                    value: Pence(0),
                    reversed_when: &[],
                    is_private: false,
                };
                db.scoped(Scope::own(consumer), |tx| metering::record(tx, now, &usage)).unwrap();
            }
            0
        } else {
            (0..each).map(|_| again(|| metering::fold(&db, consumer)).unwrap()).sum()
        }
    });
    let rest = metering::fold(&db, consumer).unwrap();
    let all = i64::try_from(writers * each).unwrap();
    assert_eq!(folded.iter().sum::<i64>() + rest, all, "each event is folded by one of them");
    let checks = metering::verify(&db, &[consumer]).unwrap();
    assert!(checks.iter().all(moothall::platform::verify::Check::holds), "{checks:?}");
    let sum = "select sum(quantity)::text || ' ' || sum(events) as line from usage_day";
    let mut superuser = app.database.connect("postgres");
    assert_eq!(crate::attack::lines(&mut superuser, sum).unwrap(), [format!("{} {all}", all * 1000)]);
}

#[test]
fn no_item_is_claimed_by_two_workers_and_a_late_one_gives_back_nothing() {
    let world = World::start();
    let (db, now, tenant) = (wide(&world, 4), world.now(), world.id("marlhaven"));
    for n in 0..40 {
        world.open("marlhaven", "pothole", &format!("Street-{n}"));
    }
    let claimed = at_once(4, |_| again(|| outbox::claim(&db, tenant, now, 20, &[])).unwrap());
    let ids: Vec<Uuid> = claimed.iter().flatten().map(|item| item.id).collect();
    // Each has a citizen to tell and a file to look into.
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (80, 80));
    // A worker that stood still for longer than its lease, while another has taken over.
    let late = claimed.into_iter().flatten().next().unwrap();
    let after = now + outbox::LEASE;
    let taken: Vec<_> = outbox::claim(&db, tenant, after, 80, &[]).unwrap();
    assert!(taken.iter().any(|item| item.id == late.id));
    outbox::release(&db, std::slice::from_ref(&late)).unwrap();
    outbox::fail(&db, &late, after, "it took too long").unwrap();
    assert!(outbox::claim(&db, tenant, after, 40, &[]).unwrap().is_empty(), "what was taken over stays taken");
    world.leave_jobs();
}
