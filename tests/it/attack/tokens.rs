//! Cookies and tokens work where and while they were meant to.

use jiff::ToSpan as _;
use moothall::identity::{Claims, Role, SESSION_COOKIE, issue_token};
use moothall::kernel::new_id;

use super::ids::{EVERYTHING, bytes};
use super::seed::World;
use crate::harness::Visitor;
use crate::matrix::{Verb, routes};

/// The addresses that need somebody signed in and have nothing to fill in.
fn staff_pages() -> Vec<String> {
    let all = routes().into_iter().filter(|r| r.method == Verb::Get && r.parameters().is_empty());
    let staff = ["/staff", "/commercial"];
    all.map(|r| r.pattern).filter(|p| staff.iter().any(|s| p.starts_with(s)) && p != "/staff/sign-in").collect()
}

fn is_nobody(visitor: &mut Visitor) {
    let mut nobody = visitor.clone();
    nobody.cookies.remove(SESSION_COOKIE);
    for path in staff_pages() {
        let (one, other) = (visitor.get(&path), nobody.get(&path));
        assert_eq!(bytes(&one, ""), bytes(&other, ""), "{path}");
        // The box that opens a case leads on to the case's page, which asks who it is.
        assert!(one.location().starts_with("/staff/sign-in") || path == "/staff/cases", "{path}: {}", one.status);
    }
}

#[test]
fn a_session_opens_one_council_only() {
    let world = World::start();
    for (from, to) in [("marlhaven", "wealdshire"), ("wealdshire", "marlhaven"), ("operator", "hartsmoor")] {
        let mut staff = world.staff(from, EVERYTHING);
        staff.get("/staff").is(200);
        staff.host.clone_from(&world.authority(to).hosts[0]);
        is_nobody(&mut staff);
    }
}

#[test]
fn what_is_no_token_of_ours_signs_nobody_in() {
    let world = World::start();
    let mut staff = world.staff("wealdshire", EVERYTHING);
    staff.get("/staff").is(200);
    let good = staff.cookies[SESSION_COOKIE].clone();
    let Claims { sub, sid, .. } = staff.claims(&world.app).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let encode = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    };
    let none = encode(r#"{"typ":"JWT","alg":"none"}"#);
    let hs512 = encode(r#"{"typ":"JWT","alg":"HS512"}"#);
    let keyed = encode(r#"{"typ":"JWT","alg":"HS256","kid":"../../dev/null","jku":"http://evil.example/"}"#);
    let other_secret = moothall::kernel::seal::Secret::new(b"another secret, as long as the tests' own secret is");
    let elsewhere = world.id("marlhaven");
    let secret = &world.site.config.secret;
    let now = world.now();
    let forged = [
        ("no signature", format!("{none}.{}.", parts[1])),
        ("no algorithm", format!("{none}.{}.{}", parts[1], parts[2])),
        ("another algorithm", format!("{hs512}.{}.{}", parts[1], parts[2])),
        ("another key's name", format!("{keyed}.{}.{}", parts[1], parts[2])),
        (
            "a changed payload",
            format!("{}.{}.{}", parts[0], encode(&format!(r#"{{"sub":"{sub}","sid":"{sid}"}}"#)), parts[2]),
        ),
        ("a cut signature", good[..good.len() - 2].to_owned()),
        ("another secret", issue_token(&other_secret, world.id("wealdshire"), sub, sid, now).unwrap()),
        ("another council's", issue_token(secret, elsewhere, sub, sid, now).unwrap()),
        ("another person's session", issue_token(secret, world.id("wealdshire"), new_id(now), sid, now).unwrap()),
        ("no such session", issue_token(secret, world.id("wealdshire"), sub, new_id(now), now).unwrap()),
        ("an old one", issue_token(secret, world.id("wealdshire"), sub, sid, now - 24.hours()).unwrap()),
        ("nothing", String::new()),
        ("noise", "a.b.c".to_owned()),
    ];
    for (what, token) in forged {
        staff.cookies.insert(SESSION_COOKIE.to_owned(), token);
        let page = staff.get("/staff");
        assert_eq!(page.status, 303, "{what}: {}", page.text());
    }
    // The session of a person of A is nobody's at B, even under a token that B would take.
    let mut there = world.staff("marlhaven", EVERYTHING);
    there.cookies.insert(SESSION_COOKIE.to_owned(), issue_token(secret, elsewhere, sub, sid, now).unwrap());
    there.get("/staff").is(303);
}

#[test]
fn a_session_that_has_ended_opens_nothing() {
    let world = World::start();
    // Signed out: the cookie, kept, is worth nothing.
    let mut staff = world.staff("wealdshire", EVERYTHING);
    staff.get("/staff/account").is(200);
    let mut kept = staff.clone();
    staff.submit("/staff/sign-out", &[]).is(303);
    is_nobody(&mut kept);
    // Somebody who has left: at once, and wherever they are.
    let person = world.person("wealdshire", EVERYTHING);
    let mut leaver = world.signed_in(&person);
    leaver.get("/staff").is(200);
    let mut admin = world.staff("wealdshire", &[Role::Administrator]);
    admin.get("/staff/people").is(200);
    admin.submit(&format!("/staff/people/{}/deactivate", person.id), &[]).is(303);
    is_nobody(&mut leaver);
    let token = leaver.get("/track").token().unwrap();
    let before = world.one("select count(*)::text as line from audit_entry");
    for route in routes().iter().filter(|r| r.method == Verb::Post) {
        if !["/staff/", "/commercial"].iter().any(|area| route.pattern.starts_with(area)) {
            continue;
        }
        let path =
            route.filled(|name| if name == "owner" { "marlhaven".to_owned() } else { new_id(world.now()).to_string() });
        if path == "/staff/sign-in" || path.starts_with("/staff/join") {
            continue;
        }
        let agreement = new_id(world.now()).to_string();
        let fields = [
            ("choice", "Repaired"),
            ("said", "x"),
            ("note", "x"),
            ("prepared", "2026-11-03T09:00:00Z"),
            ("agreement", &agreement),
            ("month", "2026-10"),
        ];
        let page = leaver.post(&path, &[&[("_token", token.as_str())], &fields[..]].concat());
        assert!(matches!(page.status, 303 | 404), "{path}: {}", page.status);
        assert!(page.status == 404 || page.location() == "/staff/sign-in", "{path}: {}", page.location());
    }
    assert_eq!(world.one("select count(*)::text as line from audit_entry"), before, "nothing was done");
    // However busy, a session ends.
    let mut late = world.staff("wealdshire", EVERYTHING);
    late.get("/staff").is(200);
    world.site.clock.set(world.now() + 13.hours());
    late.get("/staff").is(303);
}

#[test]
fn a_role_taken_away_is_gone_at_once() {
    let world = World::start();
    let person = world.person("wealdshire", &[Role::Officer]);
    let mut staff = world.signed_in(&person);
    staff.get("/staff").is(200);
    world.database.force(&format!("update staff set roles = '[\"designer\"]' where id = '{}'", person.id));
    staff.get("/staff").is(403);
}

#[test]
fn a_browser_and_its_drafts_belong_to_one_council() {
    let world = World::start();
    let mut citizen = world.visitor("marlhaven");
    citizen.get("/services/pothole").is(200);
    let form = citizen.submit("/services/pothole", &[]).is(303).location();
    let id = form.split('/').nth(2).unwrap().to_owned();
    citizen.get(&form).is(200);
    let pages = [form.clone(), format!("/forms/{id}/check"), format!("/forms/{id}/receipt")];
    let nothing = new_id(world.now()).to_string();
    // The same browser at another council, and another browser at the same: as if there were no such draft.
    let mut elsewhere = citizen.clone();
    elsewhere.host.clone_from(&world.authority("eastmere").hosts[0]);
    let mut other = world.visitor("marlhaven");
    other.get("/track").is(200);
    let mut signed_in = world.staff("marlhaven", EVERYTHING);
    signed_in.get("/track").is(200);
    for visitor in [&mut elsewhere, &mut other, &mut signed_in] {
        let token = visitor.get("/track").token().unwrap();
        for page in &pages {
            let none = page.replace(&id, &nothing);
            let theirs = visitor.get(page).is(404);
            assert_eq!(bytes(&theirs, &id), bytes(&visitor.get(&none), &nothing), "{page}");
            let fields = [("_token", token.as_str()), ("location", "Mine now")];
            let theirs = visitor.post(page, &fields).is(404);
            assert_eq!(bytes(&theirs, &id), bytes(&visitor.post(&none, &fields), &nothing), "{page}");
        }
    }
    // A token of one council's form is none at another, for the same browser.
    let token = citizen.get(&form).token().unwrap();
    elsewhere.post("/services/pothole", &[("_token", &token)]).is(403);
    let kept = world.one(&format!("select answers::text as line from draft where id = '{id}'"));
    assert_eq!(kept, "{}");
}
