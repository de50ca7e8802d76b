//! A citizen follows her case: what she does with it, who sees that, and that nobody else can.

use moothall::identity::Role;
use moothall::kernel::Reference;
use moothall::metering;

use super::harness::{App, Page, Visitor};

/// What a resident types, field by field.
const POTHOLE: &[(&str, &str)] = &[
    ("location", "Quay Street, outside the chandlery"),
    ("surface", "road"),
    ("depth", "deep"),
    ("width", "30"),
    ("danger", "swerving"),
    ("first_seen-day", "14"),
    ("first_seen-month", "11"),
    ("first_seen-year", "2026"),
    ("more", ""),
    ("name", "Sam Okafor"),
    ("email", "sam.okafor@example.org"),
    ("phone", "07700 900123"),
];

/// Reports a pothole; says its reference and its private link.
pub fn report(citizen: &mut Visitor) -> (String, String) {
    report_as(citizen, "sam.okafor@example.org")
}

/// The same as somebody with another e-mail address.
pub fn report_as(citizen: &mut Visitor, email: &str) -> (String, String) {
    citizen.get("/services/pothole").is(200);
    citizen.submit("pothole", &[]).is(303);
    loop {
        let at = citizen.page().location();
        let page = citizen.get(&at).is(200);
        if at.ends_with("/check") {
            break;
        }
        let typed = POTHOLE.iter().map(|(name, typed)| (*name, if *name == "email" { email } else { typed }));
        let asked: Vec<_> = typed.filter(|(name, _)| page.body.contains(&format!("name=\"{name}\""))).collect();
        citizen.submit("/forms/", &asked).is(303);
    }
    citizen.submit("/check", &[("website", "")]).is(303);
    let link = citizen.follow().is(200).link("/track/");
    (link.split('/').nth(2).unwrap().to_owned(), link)
}

/// A server, a resident of Marlhaven, and her pothole, which Wealdshire mends: its reference and her private link.
fn reported() -> (App, Visitor, String, String) {
    let app = App::start_with(|config| config.limits.tracks_per_hour = 10_000);
    app.leave_jobs();
    let mut citizen = app.visitor("marlhaven");
    let (reference, link) = report(&mut citizen);
    (app, citizen, reference, link)
}

fn officer(app: &App, council: &str) -> Visitor {
    app.signed_in(&app.person(council, &[Role::Officer]))
}

fn staff_page(reference: &str) -> String {
    format!("/staff/cases/marlhaven/{reference}")
}

fn resolve(officer: &mut Visitor, reference: &str) {
    officer.get(&format!("{}/resolve", staff_page(reference))).is(200);
    officer.submit("/resolve", &[("choice", "Repaired"), ("said", "")]).is(303);
}

fn breaches(app: &App) -> Vec<String> {
    let checks = moothall::setup::verify(&app.site.db).unwrap();
    checks.iter().flat_map(|check| check.breaches.clone()).collect()
}

fn times(page: &Page, words: &str) -> usize {
    page.body.matches(words).count()
}

#[test]
fn messages_go_both_ways() {
    let (app, mut citizen, reference, link) = reported();
    let (mut handler, mut owner) = (officer(&app, "wealdshire"), officer(&app, "marlhaven"));
    let page = citizen.get(&link).is(200).has("waiting for somebody in the team");
    let form = page.forms().into_iter().find(|f| f.action.ends_with("/message")).unwrap();
    citizen.submit("/message", &[("said", "")]).is(422).has("Write your message");
    let long = "x".repeat(4001);
    citizen.submit("/message", &[("said", &long)]).is(422).has("4,000 characters or fewer").has(&long);
    citizen.submit("/message", &[("said", "It is <b>deeper</b> now.")]).is(303);
    citizen.follow().is(200).has("We have your message").has("Your message");
    // Sent once, though it was sent again: by the same form, and by going back.
    let fields: Vec<(&str, &str)> = form.hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    for _ in 0..2 {
        citizen.post(&form.action, &[&fields[..], &[("said", "It is <b>deeper</b> now.")]].concat()).is(303);
    }
    let page = citizen.get(&link).is(200).lacks("<b>deeper");
    assert_eq!(times(&page, "deeper"), 1, "{}", page.text());

    // Both councils see it; only the handler's reading counts.
    handler.get("/staff").is(200).has("New message");
    handler.get("/staff?tab=messages").is(200).has(&reference);
    owner.get("/staff?tab=partners").is(200).has("New message");
    owner.get(&staff_page(&reference)).is(200).has("Message from the citizen").has("deeper");
    handler.get("/staff?tab=messages").is(200).has(&reference);
    handler.get(&staff_page(&reference)).is(200).has("Message from the citizen").has("deeper").has("New message");
    handler.get("/staff?tab=messages").is(200).lacks(&reference).has("No citizen is waiting");
    handler.get(&staff_page(&reference)).is(200).lacks("New message");
    officer(&app, "eastmere").get(&staff_page(&reference)).is(404);

    // An answer counts as well as reading, and she reads it.
    let act = format!("{}/update", staff_page(&reference));
    handler.get(&act).is(200);
    citizen.get(&link).is(200);
    citizen.submit("/message", &[("said", "When do you come?")]).is(303);
    handler.get("/staff?tab=messages").is(200).has(&reference);
    handler.get(&act).is(200);
    handler.submit("/update", &[("said", "On Tuesday.")]).is(303);
    handler.get("/staff?tab=messages").is(200).lacks(&reference);
    citizen.get(&link).is(200).has("On Tuesday.").lacks("Person");

    // What was typed when the case was closed meanwhile is there still.
    citizen.get(&format!("{link}/message")).is(200);
    resolve(&mut handler, &reference);
    citizen.submit("/message", &[("said", "One more thing")]).is(422).has("One more thing").has("has changed since");
    citizen.get(&link).is(200).lacks("One more thing").lacks("/message");
}

#[test]
fn by_reference_and_contact_she_can_do_the_same() {
    let (app, _, reference, link) = reported();
    let mut citizen = app.visitor("marlhaven");
    citizen.get("/track").is(200);
    citizen.submit("/track", &[("reference", &reference), ("contact", "sam.okafor@example.org")]).is(200);
    citizen.submit("/message", &[("said", "From the library")]).is(303);
    citizen.follow().is(200).has("From the library");
    citizen.get(&link).is(200).has("From the library");
}

#[test]
fn she_withdraws_it_and_is_charged_as_the_agreement_says() {
    let (app, mut citizen, reference, link) = reported();
    let mut handler = officer(&app, "wealdshire");
    citizen.get(&link).is(200);
    citizen.get(&format!("{link}/withdraw")).is(200).has("I no longer need this").has("You cannot open it again");
    citizen.submit("/withdraw", &[("said", "A neighbour filled it.")]).is(303);
    citizen.follow().is(200).has("This case is withdrawn").has("We have stopped working on it").lacks("Is it sorted?");
    citizen.get(&format!("{link}/withdraw")).is(303);
    citizen.get(&format!("{link}/reopen")).is(303);
    handler.get("/staff").is(200).lacks(&reference);
    handler.get("/staff?tab=closed").is(200).has(&reference).has("Withdrawn");
    handler.get(&staff_page(&reference)).is(200).has("A neighbour filled it.").lacks("Take this case");
    assert_eq!(
        app.database.texts("select count(*)::text as text from usage_event"),
        ["1"],
        "the agreement says nothing"
    );

    // Where the agreement says so, it is not charged.
    app.database.force("update agreement_service set reversed_when = '[\"withdrawn\"]'");
    let (_, second) = report(&mut citizen);
    citizen.get(&format!("{second}/withdraw")).is(200);
    let form = citizen.page().clone();
    citizen.submit("/withdraw", &[("said", "")]).is(303);
    // Sent twice, done once.
    let hidden = form.forms().into_iter().find(|f| f.action.ends_with("/withdraw")).unwrap().hidden;
    let fields: Vec<(&str, &str)> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    citizen.post(&format!("{second}/withdraw"), &fields).is(303);
    assert_eq!(
        app.database.texts("select reason as text from usage_event where reversal_of is not null"),
        ["withdrawn"]
    );
    metering::fold_all(&app.site.db).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
    // One that is still charged, though it was withdrawn, is found.
    app.database.force("update usage_event set reversed_when = '[\"withdrawn\"]'");
    assert_eq!(breaches(&app), [format!("case {reference} was returned or withdrawn and is still charged")]);
}

#[test]
fn she_asks_why_it_is_late_and_it_comes_first() {
    let (app, mut citizen, reference, link) = reported();
    let mut other = app.visitor("marlhaven");
    app.set_clock("2026-11-20T09:00:00Z");
    let (earlier, _) = report(&mut other);
    app.database.force(&format!("update cases set due_on = '2026-11-26' where reference = '{earlier}'"));
    app.set_clock("2026-11-27T12:00:00Z");
    citizen.get(&link).is(200).lacks("/chase").lacks("It is late");
    let token = citizen.page().token().unwrap();
    citizen.post(&format!("{link}/chase"), &[("_token", &token)]).is(303);
    citizen.get(&link).is(200).lacks("You asked why");
    app.set_clock("2026-11-28T12:00:00Z");
    let mut handler = officer(&app, "wealdshire");
    let order = |page: &Page| page.body.find(&reference).unwrap() < page.body.find(&earlier).unwrap();
    assert!(!order(&handler.get("/staff").is(200)));
    citizen.get(&link).is(200).has("It is late");
    citizen.submit("/chase", &[]).is(303);
    // Five working days from the Saturday, the answer is due on the Friday.
    citizen.follow().is(200).has("We will answer by 4 December 2026").lacks("Ask why it is late</button>");
    citizen.post(&format!("{link}/chase"), &[("_token", &token)]).is(303);
    assert_eq!(times(&citizen.get(&link), "<h3>You asked why it is late</h3>"), 1);
    let page = handler.get("/staff").is(200).has("Chased");
    assert!(order(&page), "{}", page.text());
    handler.get("/staff?tab=late").is(200).has("Chased");
    handler.get(&format!("{}/update", staff_page(&reference))).is(200);
    handler.submit("/update", &[("said", "We wait for the gas company.")]).is(303);
    let page = handler.get("/staff").is(200).lacks("Chased");
    assert!(!order(&page));
    citizen.get(&link).is(200).lacks("You asked us why it is late. We will answer").lacks("/chase");
    app.set_clock("2026-12-04T12:00:00Z");
    citizen.get(&link).is(200);
    citizen.submit("/chase", &[]).is(303);
    citizen.follow().is(200).has("We will answer by 11 December 2026");
}

#[test]
fn the_queue_shows_every_case_once_and_those_asked_about_first() {
    let (app, _, reference, _) = reported();
    let columns = app.database.texts(
        "select string_agg(attname::text, ', ') as text from pg_attribute where attrelid = 'cases'::regclass \
         and attnum > 0 and attgenerated = '' and not attisdropped",
    );
    app.database.force(&format!(
        "insert into cases ({columns}) select {columns} from (select (jsonb_populate_record(c, jsonb_build_object( \
         'id', md5(n::text)::uuid, 'reference', 'NO-' || (1000 + n), 'due_on', date '2026-11-01' + (n * 7) % 11, \
         'rank', case when n <= 40 then 0 else 1 end))).* from cases c, generate_series(1, 80) n) r",
        columns = columns[0]
    ));
    let mut handler = officer(&app, "wealdshire");
    let mut seen = Vec::new();
    let mut page = handler.get("/staff").is(200);
    loop {
        seen.extend(page.body.split("/staff/cases/marlhaven/").skip(1).map(|rest| rest[..7].to_owned()));
        if !page.body.contains("rel=\"next\"") {
            break;
        }
        let next = page.link("/staff?tab=open&after=");
        page = handler.get(&next).is(200);
    }
    assert_eq!(seen.len(), 81);
    let number = |seen: &String| seen.strip_prefix("NO-").map_or(9999, |n| n.parse::<usize>().unwrap() - 1000);
    assert!(seen[..40].iter().all(|one| number(one) <= 40), "{seen:?}");
    assert_eq!(seen.last().unwrap(), &reference[..7]);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 81);
}

#[test]
fn what_is_not_sorted_is_opened_again_within_four_weeks() {
    let (app, mut citizen, reference, link) = reported();
    let mut handler = officer(&app, "wealdshire");
    handler.get(&staff_page(&reference)).is(200);
    handler.submit("/take", &[]).is(303);
    resolve(&mut handler, &reference);
    citizen.get(&link).is(200).has("Is it sorted?").has("until 18 December 2026");
    let no = citizen.submit("/rate", &[("sorted", "no")]).is(303).location();
    assert_eq!(no, format!("{link}/reopen"));
    handler.get(&staff_page(&reference)).is(200).has("No, says the citizen");
    handler.get("/staff?tab=closed").is(200).has("0 said yes, 1 said no");
    app.set_clock("2026-12-10T12:00:00Z");
    citizen.get(&no).is(200);
    citizen.submit("/reopen", &[("said", "")]).is(422).has("Tell us what is still wrong");
    let form = citizen.page().forms().into_iter().find(|f| f.action.ends_with("/reopen")).unwrap();
    citizen.submit("/reopen", &[("said", "The tar has sunk.")]).is(303);
    // Its target runs anew: five working days.
    citizen.follow().is(200).has("open again").has("The tar has sunk.").has("by 17 December 2026").has(&reference);
    let fields: Vec<(&str, &str)> = form.hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    citizen.post(&form.action, &[&fields[..], &[("said", "The tar has sunk.")]].concat()).is(303);
    let mut handler = officer(&app, "wealdshire");
    handler.get("/staff?tab=messages").is(200).has(&reference);
    let page = handler.get(&staff_page(&reference)).is(200).has("Reopened by the citizen").has("In progress");
    assert_eq!(times(&page, "The tar has sunk."), 1);
    assert_eq!(
        app.database.texts("select count(*)::text as text from usage_event where meter = 'case.accepted'"),
        ["1"],
        "it is metered once"
    );

    // Resolved again, she is asked again; and after four weeks it stays closed.
    resolve(&mut handler, &reference);
    citizen.get(&link).is(200).lacks("You told us: no.");
    citizen.submit("/rate", &[("sorted", "yes")]).is(303);
    citizen.follow().is(200).has("You told us: yes");
    citizen.submit("/rate", &[("sorted", "no")]).is(303);
    citizen.get(&link).is(200).has("You told us: no.");
    for _ in 0..2 {
        citizen.post_form(&format!("{link}/rate"), &[("sorted", "yes")]).is(303);
        citizen.get(&link).is(200);
    }
    assert_eq!(times(citizen.page(), "You told us that it is sorted"), 2, "{}", citizen.page().text());
    handler.get("/staff?tab=closed").is(200).has("1 said yes, 0 said no");
    citizen.get(&format!("{link}/reopen")).is(200);
    app.set_clock("2027-01-08T12:00:00Z");
    citizen.submit("/reopen", &[("said", "Too late, and kept")]).is(422).has("Too late, and kept");
    citizen.get(&link).is(200).lacks("/reopen");
    metering::fold_all(&app.site.db).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn the_promise_counts_the_days_that_the_council_works() {
    let (app, _, _, _) = reported();
    app.set_clock("2026-12-22T10:00:00Z");
    let promised = || {
        let mut citizen = app.visitor("marlhaven");
        let (_, link) = report(&mut citizen);
        citizen.get(&link).is(200).text()
    };
    // Marlhaven is closed from the 29th to the 31st.
    assert!(promised().contains("finish this by 6 January 2027"), "{}", promised());
    app.database.force("update authority set closure_days = '[]'");
    app.refresh();
    assert!(promised().contains("finish this by 31 December 2026"), "{}", promised());
}

#[test]
fn a_wrong_link_is_answered_like_a_wrong_reference() {
    let (app, mut citizen, reference, link) = reported();
    let page = citizen.get(&link).is(200);
    let (token, secret) = (page.token().unwrap(), link.rsplit_once('/').unwrap().1.to_owned());
    let none = Reference::random("MAR", &mut rand::rng()).to_string();
    let wrong = "A".repeat(secret.len());
    let fields = |once: &'static str| [("said", "Mine now"), ("sorted", "yes"), ("once", once)];
    for act in ["message", "withdraw", "chase", "reopen", "rate"] {
        let mut answers = Vec::new();
        for path in [format!("/track/{reference}/{wrong}/{act}"), format!("/track/{none}/{secret}/{act}")] {
            let mine = [&[("_token", token.as_str())], &fields("01a10b4a-9680-7089-aef3-c573fc8d994c")[..]].concat();
            answers.push((citizen.get(&path).is(404).body, citizen.post(&path, &mine).is(404).body));
        }
        assert_eq!(answers[0], answers[1], "{act}");
        // The right link at another council opens nothing, and so does a form from elsewhere.
        let mut stranger = app.visitor("wealdshire");
        let theirs = stranger.get("/track").token().unwrap();
        let path = format!("{link}/{act}");
        stranger.get(&path).is(404);
        stranger.post(&path, &[("_token", &theirs), ("said", "Mine now")]).is(404);
        citizen.post(&path, &[("said", "Mine now")]).is(403);
    }
    citizen.get(&format!("{link}/nonsense")).is(404);
    citizen.get(&link).is(200).lacks("Mine now").lacks("withdrawn");
}

#[test]
fn acts_are_throttled_as_looking_is() {
    let app = App::start_with(|config| config.limits.tracks_per_hour = 5);
    app.leave_jobs();
    let mut citizen = app.visitor("marlhaven");
    let (_, link) = report(&mut citizen);
    let token = citizen.get(&link).is(200).token().unwrap();
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(citizen.post(&format!("{link}/message"), &[("_token", &token), ("said", "x")]).status);
    }
    assert_eq!(statuses, [303, 303, 303, 303, 429, 429]);
}
