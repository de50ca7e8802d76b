//! Versions of a service: from a day, again, retired; and who began on one finishes on it.

use moothall::app;
use moothall::forms::{self, State, Written};
use moothall::kernel::billing_date;
use moothall::setup::{self, Source};
use serde_json::Value;

use super::harness::App;

/// Puts a draft of a council's service in place, changed from its first version.
fn draft(app: &App, council: &str, service: &str, change: impl FnOnce(&mut Value)) {
    app.scoped(council, |tx| {
        let first = forms::published(tx, app.id(council), service, 1)?;
        let mut changed = serde_json::to_value(&first).unwrap();
        change(&mut changed);
        forms::put_draft(tx, app.now(), &Written::new(service, changed))
    });
}

fn publish(app: &App, service: &str, source: Source, from: &str) -> anyhow::Result<i32> {
    let council = app.authority("marlhaven");
    setup::publish_service(&app.site.db, app.now(), &council, service, source, from.parse().unwrap())
}

fn states(app: &App, service: &str) -> Vec<(i32, State)> {
    let versions = app.scoped("marlhaven", forms::versions);
    let on = billing_date(app.now());
    versions.iter().filter(|v| v.slug == service).map(|v| (v.version, v.state(&versions, on))).collect()
}

#[test]
fn a_version_comes_into_force_on_its_london_day_and_who_began_before_finishes_on_the_old_one() {
    let app = App::start();
    // The hour before midnight UTC is the first of the day in London's summer.
    app.set_clock("2027-03-31T22:59:00Z");
    let mut seen = None;
    app::refresh(&app.site, &mut seen).unwrap();
    draft(&app, "marlhaven", "pothole", |new| {
        new["name"] = "Report a hole".into();
        new["page"][0]["title"] = "Where exactly is the hole?".into();
        // So that the heading is shown beside the question.
        new["page"][0]["text"] = serde_json::json!(["Stand well back from the road."]);
    });
    assert_eq!(publish(&app, "pothole", Source::Draft, "2027-04-01").unwrap(), 2);
    app::refresh(&app.site, &mut seen).unwrap();
    assert_eq!(states(&app, "pothole"), [(1, State::InForce), (2, State::Waiting)]);
    let mut early = app.visitor("marlhaven");
    early.get("/services/pothole").is(200).has("Report a pothole");
    early.submit("/services/pothole", &[]).is(303);
    let began = early.page().location();

    app.set_clock("2027-03-31T23:00:00Z");
    app::refresh(&app.site, &mut seen).unwrap();
    assert_eq!(states(&app, "pothole"), [(1, State::Replaced), (2, State::InForce)]);
    app.visitor("marlhaven").get("/").is(200).has("Report a hole");
    early.get(&began).is(200).lacks("Where exactly is the hole?");
    let mut late = app.visitor("marlhaven");
    late.get("/services/pothole").is(200).has("Report a hole");
    late.submit("/services/pothole", &[]).is(303);
    late.follow().is(200).has("Where exactly is the hole?");

    // Back to the first: it is published again, and nothing that was published changes.
    assert_eq!(publish(&app, "pothole", Source::Again(1), "2027-04-01").unwrap(), 3);
    app::refresh(&app.site, &mut seen).unwrap();
    assert_eq!(states(&app, "pothole").last(), Some(&(3, State::InForce)));
    app.visitor("marlhaven").get("/services/pothole").is(200).has("Report a pothole");
    let refused = |source, from| publish(&app, "pothole", source, from).unwrap_err().to_string();
    assert!(refused(Source::Again(9), "2027-04-01").contains("no version 9"));
    assert!(refused(Source::Again(1), "2027-03-31").contains("31 March 2027 has passed"));
}

#[test]
fn what_does_not_hold_does_not_go_live() {
    let app = App::start();
    draft(&app, "marlhaven", "pothole", |new| {
        new["page"][0]["when"] = serde_json::json!({ "question": "no_such", "is": true });
    });
    let refused = publish(&app, "pothole", Source::Draft, "2026-11-20").unwrap_err().to_string();
    assert!(refused.contains("there is no question \"no_such\""), "{refused}");
    assert_eq!(states(&app, "pothole"), [(1, State::InForce)]);

    // A text that nobody answered for is shown by a demonstration alone.
    app.database.force("update authority set demonstration = false where slug = 'hartsmoor'");
    app.refresh();
    let hartsmoor = app.authority("hartsmoor");
    let again = || {
        let (db, today) = (&app.site.db, billing_date(app.now()));
        setup::publish_service(db, app.now(), &hartsmoor, "pothole", Source::Draft, today)
    };
    draft(&app, "hartsmoor", "pothole", |_| ());
    assert!(again().unwrap_err().to_string().contains("reviewed its Welsh"));
    draft(&app, "hartsmoor", "pothole", |new| new["reviewed_by"] = serde_json::json!({ "cy": "Nia Rees" }));
    assert_eq!(again().unwrap(), 2);
}

#[test]
fn a_retired_service_says_so_and_what_was_begun_is_finished() {
    let app = App::start();
    let mut citizen = app.visitor("marlhaven");
    citizen.get("/services/pothole").is(200);
    citizen.submit("/services/pothole", &[]).is(303);
    let began = citizen.page().location();
    let mut slow = app.visitor("marlhaven");
    slow.get("/services/pothole").is(200);
    let council = app.authority("marlhaven");
    setup::retire_service(&app.site.db, app.now(), &council, "pothole").unwrap();
    app.refresh();

    let page = app.visitor("marlhaven").get("/services/pothole").is(410);
    page.has("“Report a pothole” is no longer offered online").has("action=\"/search\"").has(&council.contact.phone);
    slow.submit("/services/pothole", &[]).is(410).has("is no longer offered");
    app.visitor("marlhaven").get("/").is(200).lacks("/services/pothole");
    app.visitor("marlhaven").get("/search?q=pothole").is(200).lacks("/services/pothole");
    citizen.get(&began).is(200);
    citizen.submit("/forms/", &[("location", "Quay Street")]).is(303);
    citizen.follow().is(200);
    app.visitor("marlhaven").get("/services/no-such").is(404);
    let twice = setup::retire_service(&app.site.db, app.now(), &council, "pothole").unwrap_err().to_string();
    assert_eq!(twice, "marlhaven offers no service \"pothole\"");
    assert_eq!(states(&app, "pothole"), [(1, State::Retired)]);

    // Published again it is offered again, as its next version.
    assert_eq!(publish(&app, "pothole", Source::Again(1), "2026-11-20").unwrap(), 2);
    app.refresh();
    app.visitor("marlhaven").get("/services/pothole").is(200);
}
