//! A case is erased once it was kept as long as its service says; what was counted for it stays, and says what became of it.

use std::fs;

use jiff::Timestamp;
use moothall::app;
use moothall::billing::{self, Doubt};
use moothall::cases::{self, BackReason, NewCase, NewTime, Work};
use moothall::identity::Role;
use moothall::kernel::{Actor, Language, Pence, billing_date, new_id};
use moothall::notify::catcher::Catcher;
use moothall::platform::{Clock, Scope};
use moothall::setup;
use uuid::Uuid;

use super::attack::answers;
use super::bills::{MARLHAVEN, agree, by};
use super::casework::private_case;
use super::harness::App;
use super::uploads::on_a_case;

fn breaches(app: &App) -> Vec<String> {
    let checks = setup::verify(&app.site.db).unwrap();
    checks.into_iter().flat_map(|check| check.breaches).collect()
}

/// A pothole of Marlhaven's that Wealdshire repaired, with a file, a note on either side and the citizen written to.
fn worked(app: &App, at: &str) -> String {
    let now: Timestamp = at.parse().unwrap();
    app.set_clock(at);
    let (owner, services) = (app.authority("marlhaven"), app.services());
    let service = services.find(owner.id, "pothole").unwrap();
    let definition = service.definition(Language::En).unwrap();
    let sent = definition.parse(&answers(&definition, "Sam", now), billing_date(now)).unwrap();
    let reference = app.scoped("marlhaven", |tx| {
        let new = NewCase {
            owner: &owner,
            definition: &definition,
            version: service.version,
            answers: &sent,
            files: &[],
            language: Language::En,
            directory: &app.site.directory.get(),
            secret: &app.site.config.secret,
        };
        Ok(cases::open(tx, now, &new)?.reference)
    });
    on_a_case(app, "marlhaven", &reference);
    for party in ["marlhaven", "wealdshire"] {
        let who = officer(app, party);
        app.scoped(party, |tx| cases::own_note(tx, now, owner.id, &reference, &who, "She rang"));
    }
    let who = officer(app, "wealdshire");
    app.scoped("wealdshire", |tx| {
        cases::take(tx, now, owner.id, &reference, &who)?;
        let time = NewTime { once: new_id(now), minutes: 20, worked_on: billing_date(now), work: Work::Visit };
        cases::book(tx, now, owner.id, &reference, &who, &time)?;
        cases::take_back(tx, now, owner.id, &reference, &who, time.once, BackReason::Twice)?;
        cases::resolve(tx, now, owner.id, &reference, &who, &definition.outcomes[0], "Done")
    });
    reference
}

fn officer(app: &App, slug: &str) -> Actor {
    Actor {
        staff_id: Some(new_id(app.now())),
        name: "Sam".to_owned(),
        authority_name: app.authority(slug).name.clone(),
    }
}

#[test]
fn what_was_counted_outlives_the_case() {
    let dir = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(dir.path(), Clock::real()).unwrap();
    let app = App::start_with(|config| config.mail.smtp_url = catcher.url());
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    let months = app.services().find(app.id("marlhaven"), "pothole").unwrap().of(Language::En).retention_months;
    let reference = worked(&app, "2026-10-05T09:00:00Z");
    let doubted = worked(&app, "2026-10-05T10:00:00Z");
    let open = {
        app.set_clock("2026-10-05T11:00:00Z");
        private_case(&app)
    };
    app::settle(&app.site).unwrap();
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    let one = |sql: &str| app.database.texts(sql).remove(0);
    let bill: Uuid = one("select id::text as text from document where series = 'invoice'").parse().unwrap();
    let n: i32 = one("select n::text as text from document_line where event_count > 0 and meter = 'case.accepted'")
        .parse()
        .unwrap();
    let line = format!("/commercial/documents/{bill}/lines/{n}");
    let event = |of: &str| one(&format!("select id::text as text from usage_event where reference = '{of}' limit 1"));
    let doubt = Doubt {
        document_id: bill,
        line: n,
        amount: Pence(1),
        reason: "Which was it?".to_owned(),
        doubted: vec![event(&doubted).parse().unwrap()],
    };
    let (now, them) = (app.now(), Scope::own(app.id("marlhaven")));
    let dispute = app.site.db.scoped(them, |tx| billing::raise(tx, now, &by("Theirs"), &doubt)).unwrap();
    let left = |reference: &str| {
        let id =
            one(&format!("select subject_id::text as text from usage_event where reference = '{reference}' limit 1"));
        let tables =
            ["cases where id", "answer_sheet where case_id", "case_event where case_id", "case_file where case_id"];
        let more = ["case_time where case_id", "own_note where case_id", "message where case_id"];
        let counts = tables
            .iter()
            .chain(&more)
            .map(|table| one(&format!("select count(*)::text as text from {table} = '{id}'")));
        counts.map(|n| n.parse().unwrap()).collect::<Vec<i64>>()
    };
    let before = left(&reference);
    assert!(before.iter().all(|n| *n > 0), "{before:?}");
    let files = || fs::read_dir(app.database.files()).into_iter().flatten().count() + walk(&app.database.files());
    let stored = files();
    let address = |of: &str| format!("/staff/cases/marlhaven/{of}");
    let staff = |slug: &str, roles: &[Role]| app.signed_in(&app.person(slug, roles));
    staff("marlhaven", &[Role::Officer]).get(&address(&reference)).is(200);

    // On the last day of its time it is still there, the day after it is gone, as are its notes and mails on both sides.
    let last = billing_date("2026-10-05T10:00:00Z".parse().unwrap())
        .saturating_add(jiff::Span::new().months(i64::from(months)));
    app.set_clock(&format!("{last}T12:00:00Z"));
    app::settle(&app.site).unwrap();
    assert_eq!(left(&reference), before);
    let erased_on = last.tomorrow().unwrap();
    app.set_clock(&format!("{erased_on}T12:00:00Z"));
    // The partner's own notes go in its own scope, by the outbox.
    app::settle(&app.site).unwrap();
    app::settle(&app.site).unwrap();
    assert_eq!(left(&reference), [0; 7]);
    assert!(files() < stored, "its file is gone");
    assert!(left(&doubted).iter().all(|n| *n > 0), "what is doubted is evidence");
    let sentence = format!("{reference} was erased on {}", erased_on.strftime("%-d %B %Y"));
    for slug in ["marlhaven", "wealdshire"] {
        let mut reader = staff(slug, &[Role::Preparer, Role::Officer]);
        let page = reader.get(&line).is(200).has(&reference);
        assert_eq!(page.link(&address(&reference)), address(&reference));
        reader.get(&format!("{line}/events.csv")).is(200).has(&reference);
        reader
            .get(&address(&reference))
            .is(410)
            .has(&sentence)
            .has(&format!("keeps its cases for {months} months after they are closed"))
            .has("It was closed on 5 October 2026");
        reader.get(&address(&doubted)).is(if slug == "marlhaven" { 200 } else { 404 });
        // Nothing is done to what is no more.
        let token = reader.get("/track").token().unwrap();
        reader.post(&format!("{}/note", address(&reference)), &[("_token", &token), ("note", "x")]).is(404);
    }
    let mut stranger = staff("eastmere", &[Role::Officer]);
    let nothing = stranger.get(&address("MAR-0000-00000")).is(404).text();
    assert_eq!(stranger.get(&address(&reference)).is(404).text(), nothing);
    staff("wealdshire", &[Role::Preparer]).get(&address(&reference)).is(403);
    assert_eq!(breaches(&app), [""; 0]);

    // Once it is settled, its case goes too; an open one never does. Done again, nothing more happens.
    app.site.db.scoped(them, |tx| billing::decide(tx, app.now(), &by("Theirs"), dispute, true, "Found it")).unwrap();
    app::settle(&app.site).unwrap();
    app::settle(&app.site).unwrap();
    assert_eq!(left(&doubted), [0; 7]);
    assert_eq!(one(&format!("select count(*)::text as text from cases where reference = '{open}'")), "1");
    assert_eq!(one("select count(*)::text as text from erased_case"), "2");
    assert_eq!(breaches(&app), [""; 0]);
    assert_eq!(
        one("select count(*)::text as text from usage_event where reversal_of is null and meter = 'case.accepted'"),
        "2"
    );

    // And `verify` sees what should have gone.
    app.database.force(&format!(
        "insert into own_note (tenant_id, id, case_id, by_name, body, at) select tenant_id, gen_random_uuid(), case_id, 'x', 'x', '{}' from erased_case",
        app.now()
    ));
    assert!(breaches(&app).iter().any(|breach| breach.contains("something of it is left")));
    app.leave_jobs();
}

/// How many files there are below a folder.
fn walk(dir: &std::path::Path) -> usize {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}

#[test]
fn that_a_private_case_was_is_known_to_whoever_may_know_such_cases() {
    let app = App::start();
    app.set_clock("2026-10-05T11:00:00Z");
    let reference = private_case(&app);
    let months = app.services().find(app.id("marlhaven"), "private-help").unwrap().of(Language::En).retention_months;
    app.database.force(&format!(
        "update cases set state = 'withdrawn', closed = true, closed_at = opened_at where reference = '{reference}'"
    ));
    let gone = billing_date(app.now()).saturating_add(jiff::Span::new().months(i64::from(months)).days(1));
    app.set_clock(&format!("{gone}T12:00:00Z"));
    app::settle(&app.site).unwrap();
    let address = format!("/staff/cases/marlhaven/{reference}");
    let staff = |slug: &str, roles: &[Role]| app.signed_in(&app.person(slug, roles));
    let mut plain = staff("marlhaven", &[Role::Officer]);
    let nothing = plain.get("/staff/cases/marlhaven/MAR-0000-00000").is(404).text();
    assert_eq!(plain.get(&address).is(404).text(), nothing);
    staff("marlhaven", &[Role::Officer, Role::Safeguarding]).get(&address).is(410).has("was erased on");
    staff("wealdshire", &[Role::Officer, Role::Safeguarding]).get(&address).is(404);
    assert_eq!(breaches(&app), [""; 0]);
    app.leave_jobs();
}
