//! What is counted at the desk: minutes booked to a case, and closings by their outcome.

use std::path::Path;

use jiff::civil::date;
use moothall::app;
use moothall::billing;
use moothall::cases::{self, NewCase};
use moothall::identity::Role;
use moothall::kernel::{Language, billing_date};
use moothall::platform::Scope;
use moothall::{metering, setup};

use super::bills::{MARLHAVEN, agree, by};
use super::casework::filled_in;
use super::harness::{App, Database, NOW, Visitor};

/// Marlhaven's agreement, under which minutes and closings with two of three outcomes are charged as well.
fn with_minutes() -> String {
    let services = "\n[[service]]\nslug = \"pothole\"\nmeter = \"staff.minutes\"\nreversed_when = [\"duplicate\"]\n\
                    \n[[service]]\nslug = \"pothole\"\nmeter = \"case.closed.mended\"\noutcomes = [\"Repaired\", \"Made safe\"]\nreversed_when = []\n";
    let price = |meter: &str, what: &str, each: &str| {
        format!(
            "\n[[tariff.price]]\nkind = \"unit\"\nservice = \"pothole\"\nmeter = \"{meter}\"\ndescription = \"{what}\"\n\
             unit_price = \"{each}\"\nvat = \"standard\"\nvat_reason = \"x\"\nvat_approver = \"y\"\n"
        )
    };
    let prices =
        [price("staff.minutes", "Time on site", "0.75"), price("case.closed.mended", "Pothole mended", "20.00")];
    MARLHAVEN.replacen("\n[[tariff]]", &format!("{services}\n[[tariff]]"), 1).replacen(
        "\n[data_protection]",
        &format!("{}\n[data_protection]", prices.concat()),
        1,
    )
}

/// The councils as their files have them, but for Marlhaven's agreement.
pub fn started() -> App {
    let app = App::start_on(Database::empty(), |_| {});
    app.set_clock("2026-09-01T08:00:00Z");
    let mut files = setup::read(Path::new("tenants")).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let theirs = files.agreements.iter_mut().find(|files| files.stem == "wealdshire-marlhaven").unwrap();
    theirs.file = toml::from_str(&with_minutes()).unwrap();
    theirs.tariffs = toml::from_str(&with_minutes()).unwrap();
    let options = setup::Options { take: None, now: app.now(), demonstration: true };
    let plan = setup::apply(&app.site.db, &files, options).unwrap();
    assert!(plan.refused.is_empty(), "{:?}", plan.refused);
    app.refresh();
    app.leave_jobs();
    app
}

/// A pothole of Marlhaven's, with whoever its definition and the agreements say; the address of its page.
pub fn pothole(app: &App) -> String {
    let services = app.services();
    let (owner, service) = (app.authority("marlhaven"), services.find(app.id("marlhaven"), "pothole").unwrap());
    let definition = service.definition(Language::En).unwrap();
    let filled_in = filled_in(&definition, "Quay Street");
    let answers = definition.parse(&filled_in, NOW.parse().map(billing_date).unwrap()).unwrap();
    let opened = app.scoped("marlhaven", |tx| {
        let new = NewCase {
            owner: &owner,
            definition: &definition,
            version: service.version,
            answers: &answers,
            files: &[],
            language: Language::En,
            directory: &app.site.directory.get(),
            secret: &app.site.config.secret,
        };
        cases::open(tx, app.now(), &new)
    });
    format!("/staff/cases/marlhaven/{}", opened.reference)
}

fn officer(app: &App, council: &str) -> Visitor {
    app.signed_in(&app.person(council, &[Role::Officer]))
}

/// The events of a meter: how much, in thousandths, for which day, and why it was taken back.
fn events(app: &App, meter: &str) -> Vec<String> {
    let mut all = app.database.texts(&format!(
        "select quantity || ' ' || billing_date || ' ' || coalesce(reason, '') as text from usage_event where meter = '{meter}'"
    ));
    all.sort();
    all
}

fn breaches(app: &App) -> Vec<String> {
    app::settle(&app.site).unwrap();
    setup::verify(&app.site.db).unwrap().into_iter().flat_map(|check| check.breaches).collect()
}

#[test]
fn minutes_are_booked_once_counted_where_agreed_and_taken_back() {
    let app = started();
    let deal = agree(&app, "marlhaven", &with_minutes());
    app.set_clock("2026-10-19T09:00:00Z");
    let case = pothole(&app);
    app.set_clock("2026-10-20T17:00:00Z");
    let time = format!("{case}/time");
    let mut handler = officer(&app, "wealdshire");
    handler.get(&case).is(200).has("None is booked.").has("Book time");
    handler.get(&time).is(200).has("None yet.").has("20/10/2026");

    // What is wrong is told by field, and loses nothing.
    handler
        .submit("/time", &[("hours", ""), ("minutes", ""), ("day", "soon"), ("work", "")])
        .is(422)
        .has("from 1 minute to 24 hours")
        .has("Enter the day you did it")
        .has("Select what the time went into")
        .has("value=\"soon\"");
    let fields = |hours, minutes, day| [("hours", hours), ("minutes", minutes), ("day", day), ("work", "visit")];
    for (hours, minutes, day, wrong) in [
        ("24", "1", "20/10/2026", "from 1 minute to 24 hours"),
        ("", "-5", "20/10/2026", "from 1 minute to 24 hours"),
        ("", "99999", "20/10/2026", "from 1 minute to 24 hours"),
        ("1", "", "21/10/2026", "cannot be in the future"),
        ("1", "", "18/10/2026", "cannot be before the case"),
    ] {
        handler.submit("/time", &fields(hours, minutes, day)).is(422).has(wrong).has("There is a problem");
    }
    assert_eq!(events(&app, "staff.minutes"), [""; 0]);

    // Booked for the day before; sent twice it is booked once, and another booking under the same sending is none.
    let once = uuid::Uuid::now_v7().to_string();
    let booking = [&fields("1", "25", "2026-10-19")[..], &[("once", once.as_str())]].concat();
    let other = [&fields("1", "26", "2026-10-19")[..], &[("once", once.as_str())]].concat();
    for _ in 0..2 {
        handler.get(&time).is(200);
        handler.post_form(&time, &booking).is(303);
    }
    handler.follow().is(200).has("The time is booked.").has("1 hour 25 minutes").has("counted under the agreement");
    handler.post_form(&time, &other).is(422).has("booked other time already").has("value=\"26\"");
    assert_eq!(events(&app, "staff.minutes"), ["85000 2026-10-19 "]);
    handler.post_form(&time, &fields("", "30", "20/10/2026")).is(303);
    handler.get(&case).is(200).has("1 hour 55 minutes booked.");

    // The owner reads it and books nothing; a third sees no such case.
    let mut owner = officer(&app, "marlhaven");
    owner.get(&time).is(200).has("Wealdshire").has("30 minutes").lacks("Book the time").lacks("Take it back");
    let back = format!("{time}/{once}/back");
    owner.get(&case).is(200).has("See the time booked");
    owner.post_form(&time, &fields("", "30", "20/10/2026")).is(404);
    owner.get(&case).is(200);
    owner.post_form(&back, &[("reason", "twice")]).is(404);
    let mut third = officer(&app, "eastmere");
    third.get(&time).is(404);

    // Taken back for a reason, once, on its own day.
    handler.get(&time).is(200);
    handler.submit(&back, &[("reason", "a long story")]).is(422).has("Select why you take it back");
    for _ in 0..2 {
        handler.get(&time).is(200);
        handler.post_form(&back, &[("reason", "twice")]).is(303);
    }
    handler.follow().is(200).has("The time is taken back.").has("it was booked twice").has("30 minutes in all");
    let counted = ["-85000 2026-10-19 twice", "30000 2026-10-20 ", "85000 2026-10-19 "];
    assert_eq!(events(&app, "staff.minutes"), counted);
    assert_eq!(breaches(&app), [""; 0]);

    // Resolved, it takes time still; returned, it takes none, and what the agreement gives back is not given back twice.
    handler.get(&format!("{case}/resolve")).is(200);
    handler.submit("/resolve", &[("choice", "Made safe"), ("said", "")]).is(303);
    handler.get(&time).is(200);
    handler.post_form(&time, &fields("", "10", "20/10/2026")).is(303);
    let twin = pothole(&app);
    let time = format!("{twin}/time");
    handler.get(&time).is(200);
    let once = uuid::Uuid::now_v7().to_string();
    handler.post_form(&time, &[&fields("", "45", "20/10/2026")[..], &[("once", once.as_str())]].concat()).is(303);
    handler.get(&format!("{twin}/return")).is(200);
    handler.submit("/return", &[("choice", "duplicate"), ("said", "Made safe already")]).is(303);
    handler.get(&time).is(200).lacks("Book the time");
    handler.submit(&format!("{once}/back"), &[("reason", "not-charged")]).is(303);
    handler.get("/staff").is(200);
    handler.post_form(&time, &fields("", "5", "20/10/2026")).is(409);
    assert_eq!(breaches(&app), [""; 0]);

    // The owner's own staff book to it too: no agreement counts that, and the case keeps it.
    let mut owner = officer(&app, "marlhaven");
    owner.get(&time).is(200).lacks("Take it back");
    owner.post_form(&time, &fields("", "20", "20/10/2026")).is(303);
    owner.follow().is(200).has("20 minutes").has("Take it back");
    assert_eq!(events(&app, "staff.minutes").len(), 6);
    assert_eq!(breaches(&app), [""; 0]);

    // The bill: 40 minutes at 75 p, and one pothole made safe at £20.
    metering::fold(&app.site.db, app.id("marlhaven")).unwrap();
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    let drafts = app.scoped("wealdshire", |tx| billing::documents_of_run(tx, run));
    let net = |what: &str| {
        let mut lines = drafts.iter().flat_map(|draft| &draft.snapshot.lines);
        lines.find(|line| line.line.description == what).map(|line| line.line.net.0)
    };
    assert_eq!((net("Time on site"), net("Pothole mended")), (Some(3_000), Some(2_000)));
    deal.issue(&app, run).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn a_closing_counts_by_its_outcome() {
    let app = started();
    let mut handler = officer(&app, "wealdshire");
    for outcome in ["Repaired", "Made safe", "No action needed"] {
        let case = pothole(&app);
        handler.get(&format!("{case}/resolve")).is(200);
        handler.submit("/resolve", &[("choice", outcome), ("said", "")]).is(303);
    }
    assert_eq!(events(&app, "case.closed.mended").len(), 2);
    assert_eq!(events(&app, "case.closed").len(), 3, "the service level goes by every closing");
    assert_eq!(breaches(&app), [""; 0]);
    // Both read which closings count, and what a variation changes of it.
    let newest = || {
        let all = app.scoped("wealdshire", moothall::agreements::list);
        all.into_iter().find(|one| one.consumer == app.id("marlhaven")).unwrap().id
    };
    let old = newest();
    agree(&app, "marlhaven", &with_minutes().replace("\"Repaired\", \"Made safe\"", "\"Repaired\""));
    let new = newest();
    let mut reader = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    let agreement = format!("/commercial/agreements/{old}");
    reader.get(&agreement).is(200).has("Case closed: mended").has("Only as Repaired, Made safe");
    let page = reader.get(&format!("{agreement}/compare/{new}")).is(200).has("Counted when it is closed as");
    assert!(page.text().contains("Made safe"), "{}", page.text());
}

#[test]
fn time_of_a_private_case_tells_its_month_alone() {
    let app = started();
    let case = pothole(&app);
    let reference = case.rsplit('/').next().unwrap();
    app.database.force(&format!("update cases set sensitive = true where reference = '{reference}'"));
    let mut plain = officer(&app, "wealdshire");
    plain.get(&format!("{case}/time")).is(404);
    let (now, owner) = (app.now(), app.id("marlhaven"));
    let new = cases::NewTime {
        once: uuid::Uuid::now_v7(),
        minutes: 5,
        worked_on: billing_date(now),
        work: cases::Work::Talk,
    };
    let done = |new: &cases::NewTime| {
        let scope = Scope::own(app.id("wealdshire"));
        app.site.db.scoped(scope, |tx| cases::book(tx, now, owner, reference, &by("Officer"), new))
    };
    done(&new).unwrap();
    // Nor does the verb take what the page refuses.
    assert!(done(&cases::NewTime { once: uuid::Uuid::now_v7(), minutes: 0, ..new.clone() }).is_err());
    assert!(done(&cases::NewTime { once: uuid::Uuid::now_v7(), worked_on: date(2026, 1, 1), ..new }).is_err());
    let told = "select reference as text from usage_event where meter = 'staff.minutes' and is_private";
    let told = app.database.texts(told);
    assert!(told.len() == 1 && told[0].starts_with("P-"), "{told:?}");
    assert_eq!(breaches(&app), [""; 0]);
}
