//! A stranger cannot run up a council's bill: what is counted is a case that was opened with a partner, once, and a stranger
//! opens few of those.

use std::collections::BTreeMap;

use moothall::app;
use moothall::forms;
use moothall::identity::Role;
use moothall::kernel::Language;
use moothall::kernel::seal::Token;

use super::seed::{World, answers, published};
use crate::harness::Visitor;

const BROWSER: &str = "__Host-browser";

/// A robot with a form filled in: only the sending is left.
fn ready(world: &World, service: &str, mut robot: Visitor) -> (Visitor, String) {
    let (version, definition) =
        published(&world.app, "marlhaven").into_iter().find(|(_, d)| d.slug == service).unwrap();
    let browser = Token::random();
    robot.cookies.insert(BROWSER.to_owned(), browser.expose().to_owned());
    let now = world.now();
    let raw = answers(&definition, "A robot", now);
    let id = world.scoped("marlhaven", |tx| {
        let id = forms::start_draft(tx, now, service, version, Language::En, &browser)?;
        let draft = forms::find_draft(tx, now, id, &browser)?;
        forms::save_answers(tx, now, &draft, raw)?;
        Ok(id)
    });
    (robot, format!("/forms/{id}/check"))
}

fn send(robot: &mut Visitor, check: &str) -> u16 {
    robot.get(check).is(200);
    robot.submit("/check", &[]).status
}

/// Cases with a partner, counts, counts taken back.
fn totals(world: &World) -> [i64; 3] {
    let line = world.one(
        "select (select count(*) from cases where handler_id <> tenant_id) || ' ' || \
         (select count(*) from usage_event where reversal_of is null) || ' ' || \
         (select count(*) from usage_event where reversal_of is not null) as line",
    );
    line.split(' ').map(|n| n.parse().unwrap()).collect::<Vec<_>>().try_into().unwrap()
}

fn tally(answers: impl IntoIterator<Item = u16>) -> BTreeMap<u16, usize> {
    let mut tally = BTreeMap::new();
    answers.into_iter().for_each(|status| *tally.entry(status).or_default() += 1);
    tally
}

#[test]
fn robots_are_let_in_slowly_by_address_and_by_service() {
    let world = World::start_with(|config| {
        config.limits.submits_per_hour = 5;
        config.limits.service_submits_per_hour = 12;
    });
    let before = totals(&world);
    // Two hundred forms, filled in and sent: from one address, then from as many.
    let one = world.visitor("marlhaven");
    let from_one = tally((0..100).map(|_| {
        let (mut robot, check) = ready(&world, "pothole", one.clone());
        send(&mut robot, &check)
    }));
    assert_eq!(from_one, BTreeMap::from([(303, 5), (429, 95)]));
    let from_many = tally((0..100).map(|_| {
        let (mut robot, check) = ready(&world, "pothole", world.visitor("marlhaven"));
        send(&mut robot, &check)
    }));
    assert_eq!(from_many, BTreeMap::from([(303, 7), (429, 93)]));
    assert_eq!(totals(&world), [before[0] + 12, before[1] + 12, before[2]], "counted: what was accepted");
    // A neighbour's service, and another council's, go on.
    let (mut robot, check) = ready(&world, "dropped-kerb", world.visitor("marlhaven"));
    assert_eq!(send(&mut robot, &check), 303);
    world.visitor("eastmere").get("/services/pothole").is(200);
    // Somebody who is told to wait is told how long, and loses nothing.
    let (mut robot, check) = ready(&world, "pothole", one);
    robot.get(&check).is(200);
    let wait = robot.submit("/check", &[]).is(429);
    assert!(wait.header("retry-after").parse::<u32>().unwrap() > 0);
    robot.get(&check).is(200).has("A robot");
    world.leave_jobs();
}

#[test]
fn an_address_cannot_be_made_up() {
    let world = World::start_with(|config| {
        config.limits.submits_per_hour = 3;
        config.trusted_proxies.clear();
    });
    // Without a proxy in front, the forwarded address is the robot's own invention.
    let made_up = tally((0..20).map(|_| {
        let (mut robot, check) = ready(&world, "pothole", world.visitor("marlhaven"));
        send(&mut robot, &check)
    }));
    assert_eq!(made_up, BTreeMap::from([(303, 3), (429, 17)]));
    world.leave_jobs();
    // Behind one, what stands before the proxy's own entry is.
    let world = World::start_with(|config| config.limits.submits_per_hour = 3);
    let made_up = tally((0..20).map(|n| {
        let (mut robot, check) = ready(&world, "pothole", world.visitor("marlhaven"));
        robot.address = format!("198.51.100.{n}, 203.0.113.9");
        send(&mut robot, &check)
    }));
    assert_eq!(made_up, BTreeMap::from([(303, 3), (429, 17)]));
    world.leave_jobs();
    // One household's addresses are one.
    let world = World::start_with(|config| config.limits.submits_per_hour = 3);
    let household = tally((0..20).map(|n| {
        let (mut robot, check) = ready(&world, "pothole", world.visitor("marlhaven"));
        robot.address = format!("2001:db8:0:1::{n:x}");
        send(&mut robot, &check)
    }));
    assert_eq!(household, BTreeMap::from([(303, 3), (429, 17)]));
    world.leave_jobs();
}

#[test]
fn a_form_that_fills_every_box_is_not_sent() {
    let world = World::start();
    let before = totals(&world);
    let (mut robot, check) = ready(&world, "pothole", world.visitor("marlhaven"));
    robot.get(&check).is(200).has("name=\"website\"");
    robot.submit("/check", &[("website", "https://buy.example")]).is(422);
    assert_eq!(totals(&world), before);
    robot.submit("/check", &[]).is(303);
    assert_eq!(totals(&world)[1], before[1] + 1);
    world.leave_jobs();
}

#[test]
fn looking_and_sending_again_count_nothing() {
    let world = World::start();
    let before = totals(&world);
    let (mut citizen, check) = ready(&world, "pothole", world.visitor("marlhaven"));
    let id = check.split('/').nth(2).unwrap().to_owned();
    for page in ["where", "contact", "check", "receipt"] {
        citizen.get(&format!("/forms/{id}/{page}"));
    }
    assert_eq!(totals(&world), before, "looking");
    let token = citizen.get(&check).is(200).token().unwrap();
    // Sent, sent again, and sent from ten windows at once.
    let body = [("_token", token.as_str())];
    citizen.post(&check, &body).is(303);
    let receipt = citizen.follow().is(200);
    std::thread::scope(|threads| {
        for _ in 0..10 {
            let (mut again, check, receipt) = (citizen.clone(), check.clone(), &receipt);
            threads.spawn(move || {
                again.post(&check, &body).is(303);
                assert_eq!(again.follow().is(200).text(), receipt.text());
            });
        }
    });
    for page in ["where", "check"] {
        citizen.post(&format!("/forms/{id}/{page}"), &body).is(303);
    }
    assert_eq!(totals(&world), [before[0] + 1, before[1] + 1, before[2]]);
    world.leave_jobs();
}

#[test]
fn what_is_returned_is_not_paid_for() {
    let world = World::start();
    let before = totals(&world);
    let mut officer = world.staff("wealdshire", &[Role::Officer]);
    let net = |world: &World| {
        let sql = "select coalesce(sum(quantity), 0)::text as line from usage_event where tenant_id = ";
        world.one(&format!("{sql}'{}'", world.id("marlhaven"))).parse::<i64>().unwrap()
    };
    let paid = net(&world);
    for n in 0..6 {
        let (mut robot, check) = ready(&world, "pothole", world.visitor("marlhaven"));
        assert_eq!(send(&mut robot, &check), 303);
        let id = check.split('/').nth(2).unwrap();
        let reference = world.one(&format!("select reference as line from draft where id = '{id}'"));
        let act = format!("/staff/cases/marlhaven/{reference}/return");
        officer.get(&act).is(200);
        let choice = if n % 2 == 0 { "duplicate" } else { "not-ours" };
        officer.submit("/return", &[("choice", choice), ("said", "A robot's.")]).is(303);
        // Returned once is returned.
        let token = officer.get("/track").token().unwrap();
        officer.post(&act, &[("_token", &token), ("choice", choice), ("said", "Again.")]);
    }
    assert_eq!(net(&world), paid, "nothing is owed for them");
    assert_eq!(totals(&world)[1..], [before[1] + 6, before[2] + 6]);
    app::settle(&world.app.site).unwrap();
    world.leave_jobs();
    let sums = world
        .one("select (select sum(quantity) from usage_day) || ' ' || (select sum(quantity) from usage_event) as line");
    let (days, events) = sums.split_once(' ').unwrap();
    assert_eq!(days, events, "what is billed is what was counted");
}
