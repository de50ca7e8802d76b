//! Signing in, joining by a one-time link, and who may do what with people.

use diesel::prelude::*;
use jiff::ToSpan;
use moothall::identity::{self, INVITE_LIFE, NewStaff, Role, SESSION_COOKIE, Seed};
use moothall::kernel::Pence;
use moothall::platform::schema::audit_entry;

use crate::harness::{App, Database, Page, Visitor};

const PASSWORD: &str = "three random words";

/// A server whose database is no demonstration.
fn in_earnest() -> App {
    let database = Database::with_councils();
    database.force("update installation set demonstration = false");
    App::start_on(database, |_| {})
}

/// What the join page's app would hold: the key as it is shown.
fn seed_on(page: &Page) -> Seed {
    let secret = page.body.split("secret=").nth(1).unwrap();
    let secret = secret.split(['&', '"']).next().unwrap().to_owned();
    Seed::of(totp_rs::Secret::Encoded(secret).to_bytes().unwrap()).unwrap()
}

fn actions(app: &App, slug: &str) -> Vec<(String, String, String)> {
    app.scoped(slug, |tx| {
        Ok(audit_entry::table
            .order(audit_entry::id)
            .select((audit_entry::action, audit_entry::by_name, audit_entry::subject_label))
            .load(tx.conn)?)
    })
}

/// Adds somebody as an administrator does, and gives the link's path.
fn invited(admin: &mut Visitor, email: &str, name: &str, role: &str) -> String {
    admin.get("/staff/people").is(200);
    let page = admin.post_form("/staff/people", &[("email", email), ("name", name), ("roles", role)]).is(200);
    let at = page.body.find("/staff/join/").unwrap();
    page.body[at..].split('<').next().unwrap().to_owned()
}

#[test]
fn somebody_new_joins_signs_in_and_leaves_no_session_behind() {
    let app = in_earnest();
    let mut admin = app.signed_in(&app.person("wealdshire", &[Role::Administrator]));
    let link = invited(&mut admin, "P.Iqbal@wealdshire.example", "Priya Iqbal", "officer");

    let mut priya = app.visitor("wealdshire");
    let page = priya.get(&link).is(200).has("Priya Iqbal").has("p.iqbal@wealdshire.example");
    let seed = seed_on(&page);
    let code = seed.code_at(app.now());
    priya
        .post_form(&link, &[("password", "short"), ("code", &code)])
        .is(422)
        .has("12 characters or more")
        .lacks("6-digit code your app shows now</a>");
    priya
        .post_form(&link, &[("password", "priya iqbal!"), ("code", "")])
        .is(422)
        .has("must not be your name")
        .has("Enter the 6-digit code");
    priya.post_form(&link, &[("password", PASSWORD), ("code", &code)]).is(303);
    assert_eq!(priya.page().location(), "/staff");
    priya.get("/staff/account").is(200).has("Priya Iqbal").has("Officer").lacks("May sign");

    let mut late = app.visitor("wealdshire");
    let used = late.get(&link).is(404).has("This link does not work");
    let unknown = late.get("/staff/join/0190f1a0000070008000000000000000.AAAAAAAAAAAAAAAAAAAAAAAAAAA").is(404);
    assert_eq!(used.body, unknown.body);
    assert!(!app.visitor("marlhaven").get(&link).is(404).body.contains("Priya"));

    // The code of that step is used up; the next one is not, once.
    let mut again = app.visitor("wealdshire");
    again.get("/staff/sign-in?next=/staff/account").is(200);
    let give = |code: &str| {
        [
            ("email", "p.iqbal@wealdshire.example".to_owned()),
            ("password", PASSWORD.to_owned()),
            ("code", code.to_owned()),
        ]
    };
    let try_with = |visitor: &mut Visitor, code: &str| {
        let fields = give(code);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        visitor.submit("/staff/sign-in", &fields)
    };
    try_with(&mut again, &code).is(422).has("One of them is not right");
    try_with(&mut again, "").is(422);
    app.site.clock.set(app.now() + 30.seconds());
    let next = seed.code_at(app.now());
    try_with(&mut again, &next).is(303);
    assert_eq!(again.page().location(), "/staff/account");
    let mut replay = app.visitor("wealdshire");
    replay.get("/staff/sign-in").is(200);
    try_with(&mut replay, &next).is(422);

    // Signing in anew ends the session that the browser held; signing out everywhere ends the rest.
    let before = again.clone();
    app.site.clock.set(app.now() + 30.seconds());
    again.get("/staff/sign-in").is(200);
    try_with(&mut again, &seed.code_at(app.now())).is(303);
    assert_eq!(before.clone().get("/staff/account").is(303).location(), "/staff/sign-in?next=%2Fstaff%2Faccount");
    again.get("/staff/account").is(200);
    again.submit("/staff/sign-out-everywhere", &[]).is(303);
    assert!(!again.cookies.contains_key(SESSION_COOKIE));
    priya.get("/staff/account").is(303);

    let mut seen: Vec<String> = actions(&app, "wealdshire")
        .into_iter()
        .map(|(action, ..)| action)
        .filter(|a| a.starts_with("staff."))
        .collect();
    seen.sort_unstable();
    let failed = "staff.sign-in-failed";
    let all = [
        "staff.add",
        "staff.join",
        "staff.sign-in",
        "staff.sign-in",
        failed,
        failed,
        failed,
        "staff.sign-out-everywhere",
    ];
    assert_eq!(seen, all);
    assert!(actions(&app, "wealdshire").iter().all(|(_, by, label)| !by.contains('@') && !label.contains('@')));
}

#[test]
fn an_unknown_address_a_wrong_password_and_somebody_elses_council_look_the_same() {
    let app = App::start();
    let add = |slug: &str, email: &str| {
        let at = app.authority(slug);
        let new = NewStaff::new(&at, email, "A. Rees", &[Role::Officer], Pence(0)).unwrap();
        app.scoped(slug, |tx| identity::add_demo(tx, app.now(), &new, PASSWORD))
    };
    add("wealdshire", "a.rees@wealdshire.example");
    let bodies = [
        ("a.rees@wealdshire.example", "not the password", "wealdshire"),
        ("a.rees@wealdshire.example", PASSWORD, "marlhaven"),
    ]
    .map(|(email, password, at)| {
        let mut visitor = app.visitor(at);
        visitor.get("/staff/sign-in").is(200).has("leave it empty");
        visitor.submit("/staff/sign-in", &[("email", email), ("password", password)]).is(422).text()
    });
    assert_eq!(bodies[0].replace("Wealdshire County", "Marlhaven City"), bodies[1]);
    let mut visitor = app.visitor("wealdshire");
    visitor.get("/staff/sign-in").is(200);
    visitor.submit("/staff/sign-in", &[("email", "A.Rees@Wealdshire.example"), ("password", PASSWORD)]).is(303);
    assert_eq!(visitor.page().location(), "/staff");
}

#[test]
fn guessing_is_stopped_where_it_comes_from_and_nobody_is_locked_out() {
    let app = App::start();
    let at = app.authority("wealdshire");
    let new = NewStaff::new(&at, "a.rees@wealdshire.example", "A. Rees", &[Role::Officer], Pence(0)).unwrap();
    app.scoped("wealdshire", |tx| identity::add_demo(tx, app.now(), &new, PASSWORD));
    let mut attacker = app.visitor("wealdshire");
    let mut tries = 0;
    loop {
        attacker.get("/staff/sign-in").is(200);
        let answer =
            attacker.submit("/staff/sign-in", &[("email", "a.rees@wealdshire.example"), ("password", "a guess")]);
        if answer.status == 429 {
            assert!(!answer.header("retry-after").is_empty());
            break;
        }
        tries += 1;
        assert!(tries <= 10);
    }
    let mut herself = app.visitor("wealdshire");
    herself.get("/staff/sign-in").is(200);
    herself.submit("/staff/sign-in", &[("email", "a.rees@wealdshire.example"), ("password", PASSWORD)]).is(303);
}

#[test]
fn only_an_administrator_of_the_same_council_manages_people() {
    let app = App::start();
    let officer = app.person("wealdshire", &[Role::Officer]);
    let administrator = app.person("wealdshire", &[Role::Administrator]);
    let admin_id = administrator.id;
    let mut admin = app.signed_in(&administrator);
    let mut foreign = app.signed_in(&app.person("marlhaven", &[Role::Administrator]));
    let mut working = app.signed_in(&officer);

    working.get("/staff/people").is(403);
    working.get("/staff/looked").is(403);
    working.get("/staff/account").is(200);
    working.post_form("/staff/people", &[("email", "x@y.example"), ("name", "X"), ("roles", "administrator")]).is(403);

    foreign.get("/staff/people").is(200).lacks(&officer.email);
    let unknown = foreign.post_form(&format!("/staff/people/{}/deactivate", uuid::Uuid::from_u128(7)), &[]).is(404);
    foreign.get("/staff/people").is(200);
    let theirs = foreign.post_form(&format!("/staff/people/{}/deactivate", officer.id), &[]).is(404);
    assert_eq!(unknown.body, theirs.body);

    admin.get("/staff/people").is(200).has(&officer.email).lacks("Platform operator");
    admin
        .post_form("/staff/people", &[("email", &officer.email), ("name", "Twin"), ("roles", "officer")])
        .is(422)
        .has("already");
    let wrong = [("email", "nowhere"), ("name", ""), ("roles", "operator"), ("limit", "many")];
    admin
        .post_form("/staff/people", &wrong)
        .is(422)
        .has("Enter an email address")
        .has("Enter their name")
        .has("value=\"many\"");

    let (theirs, mine) = (format!("/staff/people/{}", officer.id), admin_id.to_string());
    foreign.get(&theirs).is(404);
    working.get("/commercial").is(403);
    admin.get(&theirs).is(200).has(&officer.email);
    admin
        .submit(&theirs, &[("name", "Ada Vane"), ("roles", "signatory"), ("limit", "")])
        .is(422)
        .has("Ada Vane")
        .has("Enter the most they may sign for");
    admin.submit(&theirs, &[("name", "Ada Vane"), ("roles", "preparer"), ("email", "taken@over.example")]).is(303);
    admin.get("/staff/people").is(200).has("Ada Vane").has(&officer.email).lacks("taken@over.example");
    working.get("/commercial").is(200);
    working.get("/staff").is(403);
    admin.get(&theirs).is(200);
    let own = [("name", "Me"), ("roles", "officer")];
    admin.post_form(&format!("/staff/people/{mine}"), &own).is(409).has("Ask another administrator");

    admin.get("/staff/people").is(200);
    admin.submit(&format!("{}/deactivate", officer.id), &[]).is(303);
    working.get("/staff/account").is(303);
    admin.get("/staff/people").is(200).has("Let back in");
    let link = admin.submit(&format!("{}/link", officer.id), &[]).is(200);
    let path = link.body[link.body.find("/staff/join/").unwrap()..].split('<').next().unwrap().to_owned();
    app.visitor("wealdshire").get(&path).is(200);
    app.site.clock.set(app.now() + INVITE_LIFE);
    app.visitor("wealdshire").get(&path).is(404);

    let mut other = app.signed_in(&app.person("wealdshire", &[Role::Administrator]));
    other
        .get("/staff/looked")
        .is(200)
        .has("Removed a person")
        .has("Made a new link for a person")
        .has("Changed a person");
}
