//! The whole thread, as the five people live it: reported on one council's portal, done by another, counted once, billed,
//! read by both sides to the penny, and seen by nobody else.

use jiff::Timestamp;
use moothall::identity::{self, NewStaff, Role};
use moothall::kernel::Pence;
use moothall::kernel::time::long_moment;
use moothall::notify::catcher::{self, Catcher};
use moothall::platform::Clock;
use moothall::setup;
use moothall::{agreements, app};
use reqwest::Method;

use super::harness::{App, Form, Page, Visitor};

const PASSWORD: &str = "a bridge over the weir";

/// What a resident types, field by field.
const POTHOLE: &[(&str, &str)] = &[
    ("location", "Quay Street, outside the chandlery"),
    ("surface", "road"),
    ("depth", "deep"),
    ("width", "30"),
    ("danger", "swerving"),
    ("first_seen-day", "14"),
    ("first_seen-month", "10"),
    ("first_seen-year", "2026"),
    ("more", ""),
    ("name", "Sam Okafor"),
    ("email", "sam.okafor@example.org"),
    ("phone", "07700 900123"),
];

/// Fills in a form from its start button to the page before sending.
fn fill_in(citizen: &mut Visitor, service: &str) -> String {
    citizen.get(&format!("/services/{service}")).is(200);
    citizen.submit(service, &[]).is(303);
    loop {
        let at = citizen.page().location();
        let page = citizen.get(&at).is(200);
        if at.ends_with("/check") {
            return at;
        }
        let asked: Vec<_> =
            POTHOLE.iter().filter(|(name, _)| page.body.contains(&format!("name=\"{name}\""))).copied().collect();
        citizen.submit("/forms/", &asked).is(303);
    }
}

fn send(citizen: &mut Visitor) -> (String, String) {
    let check = fill_in(citizen, "pothole");
    citizen.submit("/check", &[("website", "")]).is(303);
    let receipt = citizen.follow().is(200).has("Report sent");
    let reference = receipt.body.split("mh-ref--big\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    // The same draft again answers with the same receipt.
    citizen.get(&check).is(303);
    let link = receipt.link("/track/");
    (reference, link)
}

/// Somebody who signs in with a password, as on the page.
fn with_password(app: &App, council: &str, email: &str, role: Role) -> Visitor {
    let new = NewStaff::new(&app.authority(council), email, email, &[role], Pence(0)).unwrap();
    app.scoped(council, |tx| identity::add_demo(tx, app.now(), &new, PASSWORD));
    let mut visitor = app.visitor(council);
    visitor.get("/staff/sign-in").is(200);
    visitor.submit("/staff/sign-in", &[("email", email), ("password", PASSWORD), ("code", "")]).is(303);
    visitor
}

fn total(page: &Page) -> String {
    let text = page.text();
    text.lines().skip_while(|line| *line != "Total").nth(1).unwrap_or_default().to_owned()
}

#[test]
fn one_whole_thread() {
    let mailbox = std::env::temp_dir().join(format!("moothall-thread-{}", std::process::id()));
    let catcher = Catcher::start(&mailbox, Clock::real()).unwrap();
    let app = App::start_with(|config| config.mail.smtp_url = catcher.url());
    let begun: Timestamp = "2026-10-20T17:40:00Z".parse().unwrap();
    app.set_clock("2026-10-20T17:40:00Z");

    // A resident of Marlhaven reports a pothole; the notice names who will handle it.
    let mut citizen = app.visitor("marlhaven");
    citizen.get("/").is(200).has("Report a pothole");
    citizen.get("/services/pothole").is(200).has("Wealdshire County Council does this work for Marlhaven City Council");
    let (reference, link) = send(&mut citizen);
    assert!(reference.starts_with("MAR-") && reference.len() == 14, "{reference}");
    citizen.get(&link).is(200).has("Quay Street").has("We aim to finish this by 27 October 2026");

    // She is told by mail, in her own council's name, with her private link.
    app::settle(&app.site).unwrap();
    let mail = catcher::newest(&mailbox, 10).unwrap();
    assert_eq!(mail.len(), 1);
    let read = catcher::read(&mailbox, mail[0].id).unwrap().unwrap();
    let text = format!("{read:?}");
    assert!(text.contains(&reference) && text.contains("Marlhaven City Council") && text.contains(&link), "{text}");

    // Wealdshire's officer finds it in the one queue, and works it.
    let mut officer = app.signed_in(&app.person("wealdshire", &[Role::Officer]));
    officer.get("/staff").is(200).has(&reference).has("For Marlhaven");
    let case = format!("/staff/cases/marlhaven/{reference}");
    officer.get(&case).is(200);
    officer.submit("/take", &[]).is(303);
    officer.get(&format!("{case}/update")).is(200);
    officer.submit("/update", &[("said", "A crew comes on Friday.")]).is(303);
    citizen.get(&link).is(200).has("A crew comes on Friday.").lacks("Person");
    officer.get(&format!("{case}/resolve")).is(200);
    officer.submit("/resolve", &[("choice", "Repaired"), ("said", "Filled and rolled.")]).is(303);
    citizen.get(&link).is(200).has("This is finished: Repaired").has("Filled and rolled.");
    citizen.get("/track").is(200);
    citizen
        .submit("/track", &[("reference", &reference.to_lowercase()), ("contact", "+44 7700 900123")])
        .is(200)
        .has("Filled and rolled.");

    // Marlhaven's officer reads the same case and sees who has looked.
    let mut owner = app.signed_in(&app.person("marlhaven", &[Role::Officer]));
    let seen = owner.get(&case).is(200).has("Filled and rolled.").lacks("Take this case");
    assert!(seen.text().contains(&long_moment(begun)), "{}", seen.text());

    // A second report of the same hole goes back, and is not charged.
    let (duplicate, _) = send(&mut app.visitor("marlhaven"));
    officer.get(&format!("/staff/cases/marlhaven/{duplicate}/return")).is(200);
    officer.submit("/return", &[("choice", "duplicate"), ("said", "Already repaired.")]).is(303);
    app::settle(&app.site).unwrap();
    owner.get("/staff").is(200).has(&duplicate).lacks(&reference);
    officer.get(&format!("/staff/cases/marlhaven/{duplicate}")).is(404);

    // The month is over: Wealdshire prepares, somebody else issues, Marlhaven opens the same document.
    app.set_clock("2026-11-04T10:00:00Z");
    let mut preparer = with_password(&app, "wealdshire", "preparer@wealdshire.example", Role::Preparer);
    let mut approver = with_password(&app, "wealdshire", "approver@wealdshire.example", Role::Approver);
    let mut payer = with_password(&app, "marlhaven", "payer@marlhaven.example", Role::Preparer);
    preparer.get("/commercial").is(200).has("Prepare October 2026 for Marlhaven");
    let agreement = app.scoped("marlhaven", agreements::list)[0].id.to_string();
    let mine = |form: &Form| form.hidden.iter().any(|(_, v)| *v == agreement);
    let form = preparer.page().forms().into_iter().find(mine).unwrap();
    let fields: Vec<(&str, &str)> = form.hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    preparer.post("/commercial/runs", &fields).is(303);
    let run = preparer.page().location();
    preparer.follow().is(200).has("Draft");
    payer.get("/commercial/bills").is(200).lacks("WEA-INV");
    payer.get(&run).is(404);
    preparer.get(&run).is(200);
    preparer.submit(&run, &[("act", "send")]).is(303);
    payer.get(&run).is(200).has("You may object until");
    payer.submit(&run, &[("act", "agree")]).is(303);
    approver.get(&run).is(200);
    approver.submit("/issue", &[("password", "wrong"), ("code", "")]).is(422);
    approver.submit("/issue", &[("password", PASSWORD), ("code", "")]).is(303);
    app::settle(&app.site).unwrap();

    let document = approver.follow().is(200).link("/commercial/documents/");
    let theirs = approver.get(&document).is(200);
    let ours = payer.get(&document).is(200).has("WEA-INV-2026-0001");
    assert_eq!(total(&theirs), total(&ours));
    insta::assert_snapshot!(total(&ours), @"£548.22");

    // From the line to its events, and from the event to the case's reference.
    let line = payer.get(&format!("{document}/lines/1")).is(200).has(&reference).has(&duplicate);
    assert!(line.text().contains("Duplicate") || line.text().contains("duplicate"), "{}", line.text());

    // No third council sees any of it.
    let mut third = with_password(&app, "hartsmoor", "finance@hartsmoor.example", Role::Preparer);
    let hidden = third.get(&document).is(404);
    let random = third.get("/commercial/documents/01a10b4a-9680-7089-aef3-c573fc8d994c").is(404);
    assert_eq!(hidden.body, random.body);
    third.get("/commercial").is(200).lacks("Wealdshire").lacks("Marlhaven");

    let checks = setup::verify(&app.site.db).unwrap();
    let breaches: Vec<_> = checks.iter().filter(|c| !c.holds()).collect();
    assert!(breaches.is_empty(), "{breaches:?}");
    std::fs::remove_dir_all(&mailbox).unwrap();
}

#[test]
fn a_form_says_what_is_wrong_and_loses_nothing() {
    let app = App::start();
    let mut citizen = app.visitor("marlhaven");
    citizen.get("/services/pothole").is(200);
    citizen.submit("pothole", &[]).is(303);
    let first = citizen.follow().is(200).path;
    let page = citizen.submit("/forms/", &[("location", "")]).is(422);
    insta::assert_snapshot!(page.text().lines().take(4).collect::<Vec<_>>().join("\n"), @r"
    There is a problem
    Enter an answer to “Road name and nearest landmark”
    Report a pothole
    Where is the pothole?
    ");
    let long = "x".repeat(201);
    citizen.submit("/forms/", &[("location", &long)]).is(422).has(&long).has("must be 200 characters or fewer");
    // What was wrong is there still when she comes back, and another browser does not see it.
    citizen.get(&first).is(200).has(&long);
    app.visitor("marlhaven").get(&first).is(404);
    // The last page leads back to what is missing.
    let check = first.rsplit_once('/').unwrap().0.to_owned() + "/check";
    let wrong = citizen.get(&check).is(303).location();
    assert!(wrong.ends_with("/where?wrong=1"), "{wrong}");
    citizen.get(&wrong).is(200).has("There is a problem");
}

#[test]
fn a_program_is_caught_and_a_person_is_not_stopped() {
    let app = App::start();
    app.leave_jobs();
    let mut citizen = app.visitor("marlhaven");
    fill_in(&mut citizen, "pothole");
    citizen.submit("/check", &[("website", "https://spam.example")]).is(422).has("looks like a program");
    citizen.submit("/check", &[("website", "")]).is(303);
    citizen.follow().is(200).has("Report sent");
}

#[test]
fn whoever_leaves_in_haste_leaves_nothing_behind() {
    let app = App::start();
    let mut she = app.visitor("marlhaven");
    she.get("/").is(200).lacks("abuse").lacks("private-help");
    she.get("/search?q=abuse").is(200).has("/services/private-help");
    let start = she.get("/services/private-help").is(200);
    start.has("<title>Step – ").has("noindex").has("/exit").has("This does not clear your browsing history");
    let first = she.submit("/services/", &[]).is(303).location();
    assert!(!first.contains("abuse"), "{first}");
    she.get(&first).is(200).has("<title>Step – ").has("A private matter").lacks("Your account");
    she.submit("/forms/", &[("now", "no")]).is(303);
    let drafts = || app.database.texts("select count(*)::text as text from draft")[0].clone();
    assert_eq!(drafts(), "1");

    she.ask(Method::GET, "/exit", &[("sec-purpose", "prefetch")], None).is(404);
    assert_eq!(drafts(), "1", "a browser that looks ahead has not left");
    let away = she.get("/exit").is(303);
    assert_eq!(away.location(), "https://www.bbc.co.uk/weather");
    assert_eq!(away.header("clear-site-data"), "\"storage\"");
    assert_eq!(drafts(), "0");
    assert!(!she.cookies.contains_key("__Host-browser"), "{:?}", she.cookies);
    // Back leads home, whichever page of it.
    assert_eq!(she.get(&first).is(303).location(), "/");
    assert_eq!(she.get("/services/private-help").is(303).location(), "/");
    she.get("/services/pothole").is(200);
}
