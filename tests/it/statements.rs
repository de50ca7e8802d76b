//! How often a request speaks to the database: each time costs a journey there and back, whatever is said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use moothall::forms::{self, Question, Written};
use moothall::identity::{self, CITIZEN_COOKIE, Details, Role};
use moothall::kernel::{Language, billing_date};
use moothall::setup;
use serde_json::Value;

use crate::harness::{App, Database, NOW, Visitor};

/// What was said in the transactions of the tenants that a test listens to, by tenant.
static HEARD: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

/// The texts that connections keep prepared.
static KEPT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Listens to one connection; to what is said between begin and commit, and those two.
#[derive(Default)]
struct Ear {
    begins: bool,
    tenant: Option<String>,
}

impl Instrumentation for Ear {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::BeginTransaction { .. } => self.begins = true,
            InstrumentationEvent::StartQuery { query, .. } if self.begins || self.tenant.is_some() => {
                let said = query.to_string();
                let mut heard = HEARD.lock().unwrap();
                if std::mem::take(&mut self.begins) {
                    let tenant = said.split_once("app.tenant = '").and_then(|(_, rest)| rest.split('\'').next());
                    self.tenant = tenant.filter(|t| heard.contains_key(*t)).map(str::to_owned);
                }
                if let Some(said_by) = self.tenant.as_ref().and_then(|tenant| heard.get_mut(tenant)) {
                    said_by.push(said.lines().next().unwrap_or_default().to_owned());
                }
                if said == "COMMIT" || said == "ROLLBACK" {
                    self.tenant = None;
                }
            }
            InstrumentationEvent::CacheQuery { sql, .. } => {
                KEPT.lock().unwrap().insert(sql.to_owned());
            }
            _ => {}
        }
    }
}

/// What of it was parsed and planned anew, although its text is the same each time.
fn unprepared(said: &[String]) -> Vec<&String> {
    let kept = KEPT.lock().unwrap();
    let control = ["BEGIN", "COMMIT", "SET LOCAL"];
    said.iter()
        .filter(|s| !control.iter().any(|word| s.starts_with(word)) && !kept.iter().any(|k| s.starts_with(k.as_str())))
        .collect()
}

/// A server whose councils have services and agreements, with ids that no other test's councils have.
fn listened_to() -> App {
    set_default_instrumentation(|| Some(Box::new(Ear::default()))).unwrap();
    let database = Database::empty();
    let files = setup::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tenants")).unwrap();
    let options = setup::Options { take: None, now: NOW.parse().unwrap(), demonstration: true };
    setup::apply(&database.db(), &files, options).unwrap();
    let app = App::start_on(database, |_| {});
    app.leave_jobs();
    app
}

/// What a request to a council's pages said.
fn said<T>(app: &App, council: &str, request: impl FnOnce() -> T) -> (T, Vec<String>) {
    let tenant = app.id(council).to_string();
    HEARD.lock().unwrap().insert(tenant.clone(), Vec::new());
    let answer = request();
    let said = HEARD.lock().unwrap().remove(&tenant).unwrap();
    assert!(said.first().is_some_and(|first| first.starts_with("BEGIN; SET LOCAL app.tenant")), "{said:#?}");
    assert_eq!(said.last().map(String::as_str), Some("COMMIT"), "{said:#?}");
    assert_eq!(said.iter().filter(|s| s.starts_with("BEGIN")).count(), 1, "one transaction: {said:#?}");
    (answer, said)
}

/// Fills in a form up to its last page, and stays there.
fn fill_in(app: &App, citizen: &mut Visitor, service: &str) {
    let services = app.services();
    let owner = app.site.directory.get().by_host(&citizen.host).unwrap().id;
    let definition = &*services.find(owner, service).unwrap().definition(Language::En).unwrap();
    citizen.get(&format!("/services/{service}")).is(200);
    citizen.submit("/services/", &[]).is(303);
    citizen.follow().is(200);
    let raw = crate::casework::filled_in(definition, "Quay Street");
    while !citizen.page().path.ends_with("/check") {
        let (_, page) = definition.page(citizen.page().path.rsplit('/').next().unwrap()).unwrap();
        let fields: Vec<(&str, &str)> = page
            .questions
            .iter()
            .flat_map(Question::fields)
            .filter_map(|field| raw.get_key_value(&field))
            .map(|(name, values)| (name.as_str(), values[0].as_str()))
            .collect();
        citizen.submit("/forms/", &fields).is(303);
        citizen.follow().is(200);
    }
}

#[test]
fn requests_speak_to_the_database_as_often_as_they_must() {
    let app = listened_to();
    let mut citizen = app.visitor("marlhaven");
    fill_in(&app, &mut citizen, "pothole");
    let (_, submit) = said(&app, "marlhaven", || citizen.submit("/check", &[]).is(303));
    insta::assert_snapshot!(shown(&submit), @r"
    begin
    select draft for update
    select agreement_service
    insert cases
    insert answer_sheet
    insert case_event
    insert usage_event
    insert usage_pending
    insert outbox
    update draft
    commit
    ");
    assert!(unprepared(&submit).is_empty(), "{:#?}", unprepared(&submit));
    let link = citizen.follow().is(200).link("/track/");
    let reference = link.split('/').nth(2).unwrap().to_owned();

    let (page, by_link) = said(&app, "marlhaven", || app.visitor("marlhaven").get(&link));
    page.is(200);
    assert!(by_link.len() <= 4, "begin, two, commit: {by_link:#?}");
    assert!(unprepared(&by_link).is_empty(), "{:#?}", unprepared(&by_link));
    citizen.get("/track").is(200);
    let typed = [("reference", reference.as_str()), ("contact", "sam.okafor@example.org")];
    let (page, by_contact) = said(&app, "marlhaven", || citizen.submit("/track", &typed));
    page.is(200);
    assert!(by_contact.len() <= 4, "begin, two, commit: {by_contact:#?}");

    let mut officer = app.signed_in(&app.person("wealdshire", &[Role::Officer]));
    let (page, queue) = said(&app, "wealdshire", || officer.get("/staff"));
    page.is(200).has(&reference);
    assert!(queue.len() <= 4, "begin, two, commit: {queue:#?}");
    assert!(unprepared(&queue).is_empty(), "{:#?}", unprepared(&queue));
    let (page, partners) = said(&app, "wealdshire", || officer.get(&format!("/staff/cases/marlhaven/{reference}")));
    page.is(200);
    insta::assert_snapshot!(shown(&partners), @r"
    begin
    select staff_session
    set app.tenant
    select cases
    select answer_sheet
    select case_file
    select case_event
    select own_note
    select case_time
    insert audit_entry
    select audit_entry
    set app.tenant
    commit
    ");

    let mut own = app.signed_in(&app.person("marlhaven", &[Role::Officer]));
    let (page, owners) = said(&app, "marlhaven", || own.get(&format!("/staff/cases/marlhaven/{reference}")));
    page.is(200);
    insta::assert_snapshot!(shown(&owners), @r"
    begin
    select staff_session
    select cases
    select answer_sheet
    select case_file
    select case_event
    select own_note
    select case_time
    insert audit_entry
    select audit_entry
    commit
    ");
}

#[test]
fn what_is_looked_up_for_a_page_takes_no_third_statement() {
    let app = listened_to();
    let mut citizen = app.visitor("eastmere");
    citizen.get("/services/missed-bin").is(200);
    citizen.submit("/services/", &[]).is(303);
    let at = citizen.page().location();
    let (page, asked) = said(&app, "eastmere", || citizen.get(&at));
    page.is(200).has("address-find");
    assert_eq!(shown(&asked), "begin\nselect draft\nselect address\ncommit\n");
    let saved = "begin\nselect draft for update\nupdate draft\ncommit\n";
    // Not found, found, none chosen, by hand and wrong.
    let (page, not_found) = said(&app, "eastmere", || citizen.submit("/forms/", &[("address-find", "ZZ1 1ZZ")]));
    page.is(422);
    assert_eq!(shown(&not_found), saved);
    let (page, found) = said(&app, "eastmere", || citizen.submit("/forms/", &[("address-find", "EJ1 1AA")]));
    page.is(303);
    assert_eq!(shown(&found), saved);
    assert!(unprepared(&found).is_empty(), "{:#?}", unprepared(&found));
    let (page, listed) = said(&app, "eastmere", || citizen.get(&at));
    page.is(200).has("Weir Road");
    assert_eq!(shown(&listed), "begin\nselect draft\nselect address\ncommit\n");
    assert!(unprepared(&listed).is_empty(), "{:#?}", unprepared(&listed));
    let (page, none) = said(&app, "eastmere", || citizen.submit("/forms/", &[("address-uprn", "")]));
    page.is(422).has("Weir Road");
    assert_eq!(shown(&none), saved);
    citizen.submit("/forms/", &[("address-do", "hand")]).is(303);
    citizen.get(&at).is(200);
    let typed = [("address-line1", "1 Weir Road"), ("address-town", ""), ("address-postcode", "EJ1 1AA")];
    let (page, by_hand) = said(&app, "eastmere", || citizen.submit("/forms/", &typed));
    page.is(422);
    assert_eq!(shown(&by_hand), saved);
    citizen.get("/services/pothole").is(200);
    citizen.submit("/services/", &[]).is(303);
    let at = citizen.page().location();
    let (page, asked) = said(&app, "eastmere", || citizen.get(&at));
    page.is(200);
    assert_eq!(shown(&asked), "begin\nselect draft\ncommit\n");
    let place = [("location", "Weir Road"), ("location-postcode", "EJ1 1AA")];
    let (page, told) = said(&app, "eastmere", || citizen.submit("/forms/", &place));
    page.is(303);
    assert_eq!(shown(&told), saved);
    let (_, in_words) = said(&app, "eastmere", || {
        citizen.get(&at).is(200);
        citizen.page().clone()
    });
    assert_eq!(in_words.len(), 3, "{in_words:#?}");
}

#[test]
fn nor_do_her_details_beside_an_address_or_an_older_version() {
    let app = listened_to();
    let began = |citizen: &mut Visitor| {
        citizen.get("/services/missed-bin").is(200);
        citizen.submit("/services/missed-bin", &[]).is(303);
        citizen.page().location()
    };
    let mut early = app.visitor("eastmere");
    let old = began(&mut early);
    // A page that asks for her address and her name.
    app.scoped("eastmere", |tx| {
        let eastmere = app.id("eastmere");
        let mut it = serde_json::to_value(forms::published(tx, eastmere, "missed-bin", 1)?).unwrap();
        let pages = it["page"].as_array_mut().unwrap();
        let asks =
            |page: &Value| page["question"].as_array().is_some_and(|q| q.iter().any(|q| q["contact"].is_string()));
        let contact = pages.remove(pages.iter().position(asks).unwrap());
        let with_address = |page: &&mut Value| page["question"][0]["type"] == "address";
        let page = pages.iter_mut().find(with_address).unwrap();
        page["question"].as_array_mut().unwrap().extend(contact["question"].as_array().unwrap().iter().cloned());
        let changed = Written::new("missed-bin", it);
        forms::publish(tx, app.now(), &changed, billing_date(app.now()), "a test")?;
        let details = Details { email: "kim@example.org".into(), name: Some("Kim Lee".into()), phone: None };
        let session = identity::open_citizen_session(tx, app.now(), &app.site.config.secret, &details)?;
        early.cookies.insert(CITIZEN_COOKIE.to_owned(), session.expose().to_owned());
        Ok(())
    });
    app.refresh();
    let new = began(&mut early);
    early.get(&new).is(200).has("Kim Lee");
    early.submit("/forms/", &[("address-find", "EJ1 1AA"), ("name", "Kim")]).is(303);
    early.get(&new).is(200);
    let (page, wrong) = said(&app, "eastmere", || early.submit("/forms/", &[("address-uprn", ""), ("name", "Kim")]));
    page.is(422).has("Weir Road");
    assert_eq!(shown(&wrong), "begin\nselect draft for update\nupdate draft\ncommit\n");
    let mut signed_in = app.visitor("eastmere");
    signed_in.cookies.clone_from(&early.cookies);
    let new = began(&mut signed_in);
    let (page, both) = said(&app, "eastmere", || signed_in.get(&new));
    page.is(200).has("Kim Lee").has("address-find");
    assert_eq!(shown(&both), "begin\nselect draft\nselect address\ncommit\n");

    // Whoever began on the first version goes on with it; it is read once.
    early.get(&old).is(200).lacks("Kim Lee");
    let (page, again) = said(&app, "eastmere", || early.get(&old));
    page.is(200).lacks("Kim Lee");
    assert_eq!(shown(&again), "begin\nselect draft\nselect address\ncommit\n");
}

#[test]
fn no_page_that_a_citizen_reads_takes_more_than_two() {
    let app = listened_to();
    let mut citizen = app.visitor("marlhaven");
    let details = Details { email: "sam.okafor@example.org".into(), name: None, phone: None };
    let secret = &app.site.config.secret;
    let session = app.scoped("marlhaven", |tx| identity::open_citizen_session(tx, app.now(), secret, &details));
    citizen.cookies.insert(CITIZEN_COOKIE.to_owned(), session.expose().to_owned());
    fill_in(&app, &mut citizen, "pothole");
    let check = citizen.page().path.clone();
    citizen.submit("/check", &[]).is(303);
    let link = citizen.follow().is(200).link("/track/");
    let (receipt, acts) =
        (check.replace("check", "receipt"), ["", "/message", "/withdraw"].map(|a| format!("{link}{a}")));
    let mut paths: Vec<String> = acts.to_vec();
    paths.extend(["/services/pothole", "/account", "/account/looked"].map(str::to_owned));
    citizen.get("/services/pothole").is(200);
    citizen.submit("/services/pothole", &[]).is(303);
    let began = citizen.page().location();
    citizen.get(&began).is(200);
    citizen.submit("/forms/", &[("location", "Quay Street"), ("later", "yes")]).is(303);
    paths.extend([receipt, began, citizen.page().location()]);
    for path in paths {
        let (page, said) = said(&app, "marlhaven", || citizen.get(&path));
        page.is(200);
        assert!(said.len() <= 4, "{path}: begin, two, commit: {}", shown(&said));
        assert!(unprepared(&said).is_empty(), "{path}: {:#?}", unprepared(&said));
    }
}

#[test]
fn the_front_page_and_search_do_not_speak_to_the_database() {
    let app = listened_to();
    let tenant = app.id("marlhaven").to_string();
    HEARD.lock().unwrap().insert(tenant.clone(), Vec::new());
    let mut citizen = app.visitor("marlhaven");
    for path in ["/", "/services", "/search?q=pothole", "/search?q=xyzzy", "/search/suggest?q=bin"] {
        citizen.get(path).is(200);
    }
    assert_eq!(HEARD.lock().unwrap().remove(&tenant).unwrap(), [""; 0]);
    let mut designer = app.signed_in(&app.person("marlhaven", &[Role::Designer]));
    let (page, said) = said(&app, "marlhaven", || designer.get("/staff/services"));
    page.is(200);
    insta::assert_snapshot!(shown(&said), @r"
    begin
    select staff_session
    select agreement
    select agreement_service
    select signature
    select task_place
    select task_move
    select journey_count
    select missed_search
    commit
    ");
}

#[test]
fn what_a_commercial_team_opens_each_morning_asks_as_much_for_many_agreements_as_for_one() {
    let app = listened_to();
    let asked = |council: &str, path: &str| {
        let mut reader = app.signed_in(&app.person(council, &[Role::Preparer, Role::Approver]));
        let (page, said) = said(&app, council, || reader.get(path));
        page.is(200).has("WCC-");
        said
    };
    for (path, most) in [("/commercial", 32), ("/commercial/budget", 20), ("/commercial/forecast", 14)] {
        let (two, one) = (asked("wealdshire", path), asked("marlhaven", path));
        assert_eq!(two.len(), one.len(), "{path}: {}\n{}", shown(&two), shown(&one));
        assert!(two.len() <= most, "{path}: {}: {}", two.len(), shown(&two));
    }
}

/// One line for each: what is done to which table.
fn shown(said: &[String]) -> String {
    said.iter().map(|sql| format!("{}\n", outline(sql))).collect()
}

fn outline(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let after = |word: &str| {
        let at = words.iter().position(|w| w.eq_ignore_ascii_case(word))?;
        Some(words.get(at + 1)?.trim_matches(['(', '"']).to_owned())
    };
    let verb = words.first().map(|w| w.trim_end_matches(';').to_lowercase()).unwrap_or_default();
    let table = match verb.as_str() {
        // What is looked up beside a row stands before where that is from.
        "select" | "delete" => match words.iter().position(|w| *w == "FROM") {
            Some(at) => words.get(at + 1).map(|table| table.trim_matches(['(', '"']).to_owned()),
            None => after("from"),
        },
        "insert" => after("into"),
        "update" => after("update"),
        "set" => after("local"),
        _ => None,
    };
    let locked = if sql.contains("FOR UPDATE") { " for update" } else { "" };
    format!("{verb} {}{locked}", table.unwrap_or_default()).trim_end().to_owned()
}
