//! A citizen's account: a link by mail, used once, shows what she has with one council, and nobody else's.

use std::collections::BTreeSet;

use moothall::app;
use moothall::identity::{self, CITIZEN_COOKIE, Role};
use moothall::kernel::Language;
use moothall::kernel::seal::Token;
use moothall::notify::catcher::{self, Catcher};
use moothall::platform::Clock;
use tempfile::TempDir;

use super::casework::filled_in;
use super::follow::report;
use super::harness::{App, Page, Visitor};

/// A server whose mail is caught.
struct Post {
    app: App,
    mails: TempDir,
    _catcher: Catcher,
}

impl Post {
    fn start() -> Post {
        let mails = tempfile::tempdir().unwrap();
        let catcher = Catcher::start(mails.path(), Clock::real()).unwrap();
        let app = App::start_with(|config| {
            config.mail.smtp_url = catcher.url();
            config.limits.tracks_per_hour = 10_000;
        });
        Post { app, mails, _catcher: catcher }
    }

    /// The links that were sent to an address.
    fn links(&self, email: &str) -> BTreeSet<String> {
        let mails = catcher::newest(self.mails.path(), 100).unwrap();
        let links = mails.iter().filter(|m| m.to.contains(email)).filter_map(|m| {
            let text = catcher::read(self.mails.path(), m.id).unwrap().unwrap().text;
            let at = text.find("/account/in/")?;
            Some(text[at..].split_whitespace().next().unwrap().to_owned())
        });
        links.collect()
    }

    /// Asks for a link and finds it in the mail to that address.
    fn ask(&self, citizen: &mut Visitor, email: &str) -> String {
        let before = self.links(email);
        citizen.get("/account").is(200);
        citizen.submit("/account", &[("email", email)]).is(303);
        citizen.follow().is(200).has("We have sent an email to that address");
        app::settle(&self.app.site).unwrap();
        self.links(email).difference(&before).next().expect("a mail with a link").clone()
    }

    fn sign_in(&self, citizen: &mut Visitor, email: &str) {
        let link = self.ask(citizen, email);
        citizen.get(&link).is(200);
        citizen.submit("/account/in/", &[]).is(303);
        citizen.follow().is(200).has(email);
    }
}

#[test]
fn a_link_by_mail_shows_what_is_hers() {
    let post = Post::start();
    let app = &post.app;
    let mut citizen = app.visitor("marlhaven");
    let (reference, tracked) = report(&mut citizen);
    let mut other = app.visitor("marlhaven");
    let (others, _) = super::follow::report_as(&mut other, "alex@example.org");
    let (private, _) = report(&mut citizen);
    app.database.force(&format!("update cases set sensitive = true where reference = '{private}'"));
    let mut at_home = app.visitor("marlhaven");
    let link = post.ask(&mut at_home, "Sam.Okafor@example.org");
    // A scanner looks at the link, and again: it uses nothing up.
    let mut scanner = app.visitor("marlhaven");
    scanner.get(&link).is(200);
    scanner.get(&link).is(200);
    at_home.get(&link).is(200).has("Sign in");
    at_home.submit("/account/in/", &[]).is(303);
    assert!(at_home.page().header("set-cookie").to_lowercase().contains("httponly"));
    let page = at_home.follow().is(200).has(&reference).has("Quay Street").lacks(&others).lacks(&private);
    at_home.get(&page.link("/track/")).is(200).has("Quay Street");
    assert_eq!(page.link("/track/"), tracked);
    // Once.
    scanner.get(&link).is(404);
    let token = scanner.get("/account").token().unwrap();
    scanner.post(&link, &[("_token", &token)]).is(404).lacks("set-cookie");
    scanner.get("/account").is(200).lacks(&reference);

    // Her own words are there for a form to offer, for as long as she is signed in.
    let cookie = Token::presented(&at_home.cookies[CITIZEN_COOKIE]);
    let details = |council: &str| {
        let known = app.scoped(council, |tx| identity::citizen(tx, app.now(), &app.site.config.secret, Some(&cookie)));
        known.map(|c| (c.details.email, c.details.name.unwrap(), c.details.phone.unwrap()))
    };
    let (_, name, phone) = details("marlhaven").unwrap();
    assert_eq!((name.as_str(), phone.as_str()), ("Sam Okafor", "07700 900123"));
    assert!(details("eastmere").is_none());

    // Another council knows her not; signed out, nor does this one, however the cookie is kept.
    let mut elsewhere = at_home.clone();
    elsewhere.host.clone_from(&app.authority("eastmere").hosts[0]);
    elsewhere.get("/account").is(200).lacks(&reference).has("Send me a link");
    let kept = at_home.clone();
    at_home.get("/account").is(200);
    at_home.submit("/account/sign-out", &[]).is(303);
    assert!(!at_home.cookies.contains_key(CITIZEN_COOKIE));
    at_home.follow().is(200).has("You are signed out").lacks(&reference);
    kept.clone().get("/account").is(200).lacks(&reference);
    assert!(details("marlhaven").is_none());
    kept.clone().get("/account/looked").is(303);

    // And what was sealed goes.
    app::settle(&app.site).unwrap();
    assert_eq!(app.database.texts("select count(*)::text as text from citizen_session"), ["0"]);
    assert_eq!(app.database.texts("select count(*)::text as text from citizen_login"), ["0"]);
}

#[test]
fn a_session_ends_after_thirty_days_and_a_new_one_ends_the_old() {
    let post = Post::start();
    let app = &post.app;
    let mut citizen = app.visitor("marlhaven");
    let (reference, _) = report(&mut citizen);
    post.sign_in(&mut citizen, "sam.okafor@example.org");
    let old = citizen.clone();
    post.sign_in(&mut app.visitor("marlhaven"), "sam.okafor@example.org");
    old.clone().get("/account").is(200).has(&reference);
    let link = post.ask(&mut app.visitor("marlhaven"), "sam.okafor@example.org");
    citizen.get(&link).is(200);
    citizen.submit("/account/in/", &[]).is(303);
    old.clone().get("/account").is(200).lacks(&reference);
    app.set_clock("2026-12-20T10:00:00Z");
    citizen.get("/account").is(200).has(&reference);
    app.set_clock("2026-12-20T10:31:00Z");
    citizen.get("/account").is(200).lacks(&reference);
}

#[test]
fn links_that_open_nothing_look_alike() {
    let post = Post::start();
    let app = &post.app;
    let mut citizen = app.visitor("marlhaven");
    let link = post.ask(&mut citizen, "sam@example.org");
    // Nobody has this address, and the answer was the same as to somebody who has.
    let (used, nothing) = (post.ask(&mut citizen, "kim@example.org"), format!("/account/in/{}", "A".repeat(27)));
    citizen.get(&used).is(200);
    citizen.submit("/account/in/", &[]).is(303);
    citizen.follow().is(200).has("You have nothing with us");
    let mut elsewhere = app.visitor("eastmere");
    let theirs = elsewhere.get("/account").token().unwrap();
    assert_eq!(elsewhere.get(&link).is(404).body, elsewhere.get(&nothing).is(404).body);
    elsewhere.post(&link, &[("_token", &theirs)]).is(404);
    let token = citizen.get("/account/in/x").is(404).token();
    assert_eq!(token, None);
    let token = citizen.get("/track").token().unwrap();
    citizen.post(&link, &[]).is(403);
    app.set_clock("2026-11-20T10:45:00Z");
    for gone in [&link, &used, &"/account/in/x".to_owned()] {
        assert_eq!(citizen.get(gone).is(404).has("no longer works").body, citizen.get(&nothing).is(404).body);
        assert_eq!(
            citizen.post(gone, &[("_token", &token)]).is(404).body,
            citizen.post(&nothing, &[("_token", &token)]).body
        );
    }
}

#[test]
fn asking_says_nothing_and_is_slow() {
    let app = App::start();
    app.leave_jobs();
    let mut citizen = app.visitor("marlhaven");
    report(&mut citizen);
    citizen.get("/account").is(200);
    citizen.submit("/account", &[("email", "sam at home")]).is(422).has("sam at home").has("in the right form");
    let mut answers = Vec::new();
    for email in ["sam.okafor@example.org", "nobody@example.org"] {
        citizen.get("/account").is(200);
        let asked = citizen.submit("/account", &[("email", email)]).is(303);
        answers.push((asked.location(), citizen.follow().body));
    }
    assert_eq!(answers[0], answers[1]);
    let waiting = app.database.texts("select payload::text as text from outbox where topic = 'portal.login_link'");
    assert!(waiting.len() == 2 && waiting.iter().all(|w| !w.contains('@')), "{waiting:?}");
    let statuses: Vec<u16> = (0..5)
        .map(|_| {
            citizen.get("/account").is(200);
            citizen.submit("/account", &[("email", "sam.okafor@example.org")]).status
        })
        .collect();
    assert_eq!(statuses, [303, 303, 303, 303, 429]);
    // Nobody is kept out by somebody else's asking.
    let mut herself = app.visitor("marlhaven");
    herself.get("/account").is(200);
    herself.submit("/account", &[("email", "sam.okafor@example.org")]).is(303);
}

#[test]
fn she_reads_who_has_looked_and_why() {
    let post = Post::start();
    let app = &post.app;
    let mut citizen = app.visitor("marlhaven");
    let (reference, _) = report(&mut citizen);
    let (others, _) = super::follow::report_as(&mut app.visitor("marlhaven"), "alex@example.org");
    post.sign_in(&mut citizen, "sam.okafor@example.org");
    citizen.get("/account/looked").is(200).has("Nobody has looked yet");
    let mut officer = app.signed_in(&app.person("wealdshire", &[Role::Officer]));
    officer.get(&format!("/staff/cases/marlhaven/{others}")).is(200);
    officer.get(&format!("/staff/cases/marlhaven/{reference}")).is(200);
    officer.submit("/contact", &[("reason", "To ask which lane")]).is(200);
    let mut owner = app.signed_in(&app.person("marlhaven", &[Role::Officer]));
    owner.get(&format!("/staff/cases/marlhaven/{reference}")).is(200);
    let page = citizen.get("/account/looked").is(200).has("Wealdshire County Council").has("To ask which lane");
    page.has("Marlhaven City Council").has("working the case").lacks("Person ").lacks(&others);
    app.database.force("update cases set sensitive = true");
    citizen.get("/account/looked").is(200).has("Nobody has looked yet");
    // Many lookings are read page by page.
    app.database.force("update cases set sensitive = false");
    app.set_clock("2026-11-20T10:31:00Z");
    for _ in 0..30 {
        owner.get(&format!("/staff/cases/marlhaven/{reference}")).is(200);
    }
    let next = citizen.get("/account/looked").is(200).link("/account/looked?before=");
    citizen.get(&next).is(200).has("To ask which lane").lacks("rel=\"next\"");
}

/// Fills in a form until a page asks for a field; none if no page does. Nothing on the way may say `never`.
fn come_to(app: &App, citizen: &mut Visitor, service: &str, field: &str, never: &str) -> Option<Page> {
    let services = app.services();
    let definition = services.find(app.id("marlhaven"), service).unwrap().definition(Language::En).unwrap();
    let raw = filled_in(&definition, "Quay Street");
    citizen.get(&format!("/services/{service}")).is(200);
    citizen.submit("/services/", &[]).is(303);
    loop {
        let page = citizen.follow().is(200);
        if page.body.contains(&format!("name=\"{field}\"")) {
            return Some(page);
        }
        if page.path.ends_with("/check") {
            return None;
        }
        let page = page.lacks(never);
        let named = raw.iter().filter(|(name, _)| page.body.contains(&format!("name=\"{name}\"")));
        let typed: Vec<_> = named.map(|(name, values)| (name.as_str(), values[0].as_str())).collect();
        citizen.submit("/forms/", &typed).is(303);
    }
}

#[test]
fn her_details_are_offered_as_answers_but_never_by_a_private_service() {
    let post = Post::start();
    let app = &post.app;
    let mut citizen = app.visitor("marlhaven");
    report(&mut citizen);
    let stranger = app.visitor("marlhaven");
    post.sign_in(&mut citizen, "sam.okafor@example.org");
    let page = come_to(app, &mut citizen, "pothole", "email", "sam.okafor@example.org").unwrap();
    let page = page.has("details of your account, sam.okafor@example.org").has("value=\"Sam Okafor\"");
    let page = page.has("value=\"sam.okafor@example.org\"").has("value=\"07700 900123\"");
    // They are offered, not kept: until she goes on, the draft has none of it; and what she takes out stays out.
    let kept = "select answers::text as text from draft where submitted_at is null";
    assert!(app.database.texts(kept).iter().all(|answers| !answers.contains("Okafor")));
    citizen.submit("/forms/", &[("name", "Kim Reed"), ("email", ""), ("phone", "")]).is(422).lacks("your account,");
    let again = citizen.get(&page.path).is(200).has("value=\"Kim Reed\"").lacks("Sam Okafor");
    again.lacks("sam.okafor@example.org").lacks("07700 900123");
    come_to(app, &mut citizen, "private-help", "no_such_field", "Sam Okafor");
    let page = come_to(app, &mut stranger.clone(), "pothole", "email", "Sam Okafor").unwrap();
    page.lacks("your account,").lacks("Sam Okafor");
    let mut elsewhere = citizen.clone();
    elsewhere.host.clone_from(&app.authority("eastmere").hosts[0]);
    elsewhere.get("/services/pothole").is(200).lacks("Sam Okafor");
    app::settle(&app.site).unwrap();
}
