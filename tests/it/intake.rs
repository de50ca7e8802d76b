//! Usage that is metered elsewhere: over the API and by a file, once however often it is sent, and never dropped.

use moothall::billing;
use moothall::identity::{self, Role};
use moothall::kernel::Month;
use moothall::{app, metering};
use reqwest::Method;
use serde_json::{Value, json};

use super::bills::{MARLHAVEN, PASSWORD, agree, breaches, by, commercial};
use super::harness::{App, Database, Page};

/// Marlhaven's agreement, under which payments for potholes are charged at 1.25 % as well.
pub fn with_payments() -> String {
    let service = "\n[[service]]\nslug = \"pothole\"\nmeter = \"payment.taken\"\nreversed_when = []\n";
    let price = "\n[[tariff.price]]\nkind = \"percentage\"\nservice = \"pothole\"\nmeter = \"payment.taken\"\n\
                 description = \"Payments taken\"\npercent = \"1.25\"\nvat = \"exempt\"\nvat_reason = \"x\"\nvat_approver = \"y\"\n";
    MARLHAVEN.replacen("\n[[tariff]]", &format!("{service}\n[[tariff]]"), 1).replacen(
        "\n[data_protection]",
        &format!("{price}\n[data_protection]"),
        1,
    )
}

pub fn send(app: &App, at: &str, key: &str, body: &Value) -> Page {
    let headers = [("authorization", format!("Bearer {key}")), ("content-type", "application/json".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    app.visitor(at).ask(Method::POST, "/api/usage", &headers, Some(&body.to_string()))
}

pub fn payment(id: &str, value: &str, at: &str) -> Value {
    json!({ "id": id, "consumer": "marlhaven", "provider": "wealdshire", "service": "pothole", "meter": "payment.taken",
        "quantity": 1, "value": value, "occurred_at": at })
}

pub fn statuses(page: &Page) -> Vec<String> {
    let answer: Value = serde_json::from_str(&page.body).unwrap();
    answer["items"].as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap().to_owned()).collect()
}

pub fn events(app: &App) -> i64 {
    app.database.texts("select count(*)::text as text from usage_event")[0].parse().unwrap()
}

#[test]
fn a_batch_is_counted_once_however_often_it_is_sent() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", &with_payments());
    app.set_clock("2026-10-31T12:00:00Z");
    let key = app.scoped("wealdshire", |tx| identity::make_key(tx, app.now(), &by("Approver"), "tills"));
    let key = key.expose();
    let batch = json!({ "items": [
        payment("P-1", "100.00", "2026-10-05T09:00:00Z"),
        payment("P-2", "60.00", "2026-10-31T11:59:00Z"),
        { "id": "P-3", "consumer": "marlhaven", "provider": "wealdshire", "reverses": "P-1", "reason": "Refunded" },
    ] });
    let first = send(&app, "wealdshire", key, &batch).is(200);
    assert_eq!(statuses(&first), ["counted", "counted", "counted"]);
    let again = send(&app, "wealdshire", key, &batch).is(200);
    assert_eq!(statuses(&again), ["known", "known", "known"]);
    let ids = |page: &Page| -> Vec<Value> {
        let answer: Value = serde_json::from_str(&page.body).unwrap();
        answer["items"].as_array().unwrap().iter().map(|item| item["event"].clone()).collect()
    };
    assert_eq!(ids(&first), ids(&again), "a replay says the original events");
    assert_eq!(events(&app), 3);
    // Neither what is counted nor what takes it back stands among what waits.
    let waits = "select count(*)::text as text from usage_intake where agreement_id is null";
    assert_eq!(app.database.texts(waits), ["0"]);
    assert_eq!(app.scoped("wealdshire", |tx| billing::waiting(tx, 10)).len(), 0);
    let more = json!({ "items": [payment("P-4", "40.00", "2026-10-30T09:00:00Z")] });
    assert_eq!(statuses(&send(&app, "wealdshire", key, &more).is(200)), ["counted"]);
    assert_eq!(events(&app), 4);

    // What is wrong refuses the whole batch, named by item and field, and changes nothing.
    let wrong = json!({ "items": [
        payment("P-5", "1.00", "2026-10-30T09:00:00Z"),
        { "id": "", "consumer": "nowhere", "provider": "wealdshire", "meter": "case.accepted", "service": "", "quantity": "-1",
          "value": "1.234", "occurred_at": "2026-11-30T00:00:00Z" },
        payment("P-5", "1.00", "2026-10-30T09:00:00Z"),
        { "id": "P-6", "consumer": "marlhaven", "provider": "eastmere", "reverses": "P-9", "quantity": 1 },
    ] });
    let refused = send(&app, "wealdshire", key, &wrong).is(422);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let problem: Value = serde_json::from_str(&refused.body).unwrap();
    let named: Vec<String> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| format!("{} {}", e["item"], e["field"].as_str().unwrap()))
        .collect();
    assert_eq!(
        named,
        [
            "1 id",
            "1 consumer",
            "1 service",
            "1 meter",
            "1 quantity",
            "1 value",
            "1 occurred_at",
            "2 id",
            "3 consumer",
            "3 reason",
            "3 quantity"
        ]
    );
    let other = json!({ "items": [payment("P-2", "61.00", "2026-10-31T11:59:00Z")] });
    send(&app, "wealdshire", key, &other).is(422).has("came before with other content");
    let twice = json!({ "items": [
        { "id": "P-7", "consumer": "marlhaven", "provider": "wealdshire", "reverses": "P-1", "reason": "Again" }] });
    send(&app, "wealdshire", key, &twice).is(422).has("was taken back before");
    let unknown = json!({ "items": [
        { "id": "P-8", "consumer": "marlhaven", "provider": "wealdshire", "reverses": "P-99", "reason": "Never was" }] });
    send(&app, "wealdshire", key, &unknown).is(422).has("has to name another item");
    send(&app, "wealdshire", key, &json!({ "items": [], "more": 1 })).is(400).has("is not JSON of the form");
    assert_eq!(events(&app), 4);

    // A key opens its own council's host alone, and nothing once it is taken back.
    send(&app, "marlhaven", key, &batch).is(401);
    send(&app, "wealdshire", "nonsense", &batch).is(401);
    app.visitor("wealdshire").ask(Method::POST, "/api/usage", &[], Some("{}")).is(401);
    let id = app.scoped("wealdshire", identity::keys)[0].id;
    app.scoped("wealdshire", |tx| identity::revoke_key(tx, app.now(), &by("Approver"), id));
    send(&app, "wealdshire", key, &batch).is(401);

    // It is billed: 1.25 % of £100.00 taken and refunded, £60.00 and £40.00.
    app::settle(&app.site).unwrap();
    metering::fold(&app.site.db, app.id("marlhaven")).unwrap();
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    let drafts = app.scoped("wealdshire", |tx| billing::documents_of_run(tx, run));
    let lines: Vec<_> = drafts[0].snapshot.lines.iter().map(|line| line.line.description.as_str()).collect();
    let line = drafts[0].snapshot.lines.iter().find(|line| line.line.description.starts_with("Payments taken"));
    let line = line.unwrap_or_else(|| panic!("{lines:?}"));
    assert_eq!((line.line.net.0, line.event_count), (125, 4));
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn t12_what_no_agreement_counts_waits_where_both_see_it() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-11-02T09:00:00Z");
    let mut ours = commercial(&app, "wealdshire", "Approver", &[Role::Approver]);
    let page = "/commercial/usage";
    ours.get(page).is(200).has("Nothing waits");
    let head = "Id,Consumer,Provider,Service,Meter,Quantity,Value,Occurred at,Reference,Reverses,Reason\n";
    let rows = format!(
        "{head}P-1,marlhaven,wealdshire,pothole,payment.taken,1,12.50,2026-11-01T09:00:00Z,R 1,,\nP-2,marlhaven,wealdshire,,,,,,,P-1,Refunded\n"
    );
    ours.submit(page, &[("rows", "Name\nx")]).is(422).has("Line 1: The first line has to hold headings");
    let wrong = format!("{head}P-1,marlhaven,hartsmoor,pothole,payment.taken,0,12.50,2026-11-01,R 1,,\n");
    ours.submit(page, &[("rows", &wrong.replace('\n', "\r\n")), ("act", "look")])
        .is(422)
        .has("Line 2: One of the two councils has to be the one that sends")
        .has("Line 2: Write how much above nothing")
        .has("Line 2: Write when it happened")
        .has("Nothing was taken in");
    ours.submit(page, &[("rows", &rows), ("act", "look")]).is(200).has("0 would be counted, 2 would wait");
    assert_eq!(
        app.database.texts("select count(*)::text as text from usage_intake"),
        ["0"],
        "looking takes nothing in"
    );
    ours.submit(page, &[("rows", &rows), ("act", "enter")]).is(303);
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    for reader in [&mut ours, &mut theirs] {
        reader.get(page).is(200).has("P-1").has("Payment taken").has("Refunded");
    }
    app.signed_in(&app.person("eastmere", &[Role::Preparer])).get(page).is(200).lacks("P-1");

    // A variation that names it is signed and binds from December: November still waits, December is counted.
    agree(&app, "marlhaven", &with_payments().replace("2026-03-1", "2026-11-1"));
    app.set_clock("2026-12-02T09:00:00Z");
    let mut ours = commercial(&app, "wealdshire", "Other", &[Role::Approver]);
    let rows = format!("{head}P-3,marlhaven,wealdshire,pothole,payment.taken,1,8.00,2026-12-01T09:00:00Z,R 3,,\n");
    ours.get(page).is(200);
    ours.submit(page, &[("rows", &rows), ("act", "enter")]).is(303);
    ours.get(page).is(200).has("P-1").lacks("P-3");
    assert_eq!(events(&app), 1);
    assert_eq!(app.scoped("wealdshire", |tx| billing::try_again(tx, app.now())), 0);
    let counted = app.scoped("marlhaven", |tx| {
        let all = moothall::agreements::list(tx)?;
        billing::so_far(tx, &all, Month::parse("2026-12").unwrap())
    });
    assert!(counted.len() == 1, "{counted:?}");

    // A key is made with password and code, and shown once.
    ours.get(page).is(200);
    ours.submit(page, &[("act", "make"), ("name", "tills"), ("password", "no")]).is(422).has("That password or code");
    ours.submit(page, &[("act", "make"), ("name", "tills"), ("password", PASSWORD)]).is(200).has("never shown again");
    let key = ours.page().body.split("mh-hash\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(!ours.get(page).is(200).has("tills").body.contains(&key));
    let stored = app.database.texts("select hash as text from api_key");
    assert!(stored.iter().all(|hash| !hash.contains(&key)));
    let batch = json!({ "items": [payment("P-4", "1.00", "2026-12-02T08:00:00Z")] });
    assert_eq!(statuses(&send(&app, "wealdshire", &key, &batch).is(200)), ["counted"]);
    let id = app.scoped("wealdshire", identity::keys)[0].id.to_string();
    ours.submit(page, &[("act", "revoke"), ("key", &id)]).is(303);
    send(&app, "wealdshire", &key, &batch).is(401);
    app.leave_jobs();
}
