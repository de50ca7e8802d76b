//! A form sets what it asks for, and nothing else, whatever is sent with it.

use moothall::identity::Role;

use super::seed::{World, answers, published};
use crate::harness::Visitor;

/// What somebody might add to any form, or to its address.
fn extras(world: &World) -> Vec<(&'static str, String)> {
    let them = world.id("eastmere").to_string();
    let ids = [
        "tenant_id",
        "tenant",
        "owner",
        "owner_id",
        "handler_id",
        "handler",
        "provider_id",
        "author_id",
        "party_id",
        "agreement_id",
        "authority",
    ];
    let mut extras: Vec<_> = ids.into_iter().map(|name| (name, them.clone())).collect();
    let set = [
        ("id", "0190f1a0-0000-7000-8000-000000000000"),
        ("case_id", "0190f1a0-0000-7000-8000-000000000000"),
        ("staff_id", "0190f1a0-0000-7000-8000-000000000000"),
        ("reference", "EVL-7K3Q-9F2TX"),
        ("state", "resolved"),
        ("closed", "true"),
        ("version", "99"),
        ("service", "dropped-kerb"),
        ("title", "EVIL title"),
        ("team", "EVIL team"),
        ("outcome", "EVIL outcome"),
        ("taken_by_name", "EVIL"),
        ("seen_by", "citizen"),
        ("actor_name", "EVIL"),
        ("by_name", "EVIL"),
        ("opened_at", "2001-01-01"),
        ("due_on", "2001-01-01"),
        ("submitted_at", "2001-01-01"),
        ("expires_at", "2101-01-01"),
        ("track_hash", "EVIL"),
        ("token_hash", "EVIL"),
        ("password_hash", "EVIL"),
        ("totp_sealed", "EVIL"),
        ("active", "false"),
        ("sign_limit_pence", "99999999"),
        ("quantity", "99"),
        ("evil", "EVIL"),
    ];
    extras.extend(set.into_iter().map(|(name, value)| (name, value.to_owned())));
    extras
}

fn send(visitor: &mut Visitor, path: &str, fields: &[(&str, &str)], extras: &[(&str, String)]) -> u16 {
    let token = visitor.get("/track").token().unwrap();
    let query: Vec<String> = extras.iter().map(|(n, v)| format!("{n}={}", v.replace(' ', "+"))).collect();
    let mut all: Vec<(&str, &str)> = vec![("_token", &token)];
    all.extend(fields);
    all.extend(extras.iter().map(|(n, v)| (*n, v.as_str())));
    visitor.post(&format!("{path}?{}", query.join("&")), &all).status
}

#[test]
fn a_citizens_form_sets_only_its_answers() {
    let world = World::start();
    let extras = extras(&world);
    let (_, definition) = published(&world.app, "marlhaven").into_iter().find(|(_, d)| d.slug == "pothole").unwrap();
    let right = answers(&definition, "Right answer", world.now());
    let mut citizen = world.visitor("marlhaven");
    assert_eq!(send(&mut citizen, "/services/pothole", &[], &extras), 303);
    let id = citizen.page().location().split('/').nth(2).unwrap().to_owned();
    for page in &definition.pages {
        let mine = |field: &String| page.questions.iter().any(|q| q.fields().contains(field));
        let fields: Vec<(&str, &str)> =
            right.iter().filter(|(f, _)| mine(f)).map(|(f, v)| (f.as_str(), v[0].as_str())).collect();
        assert_eq!(send(&mut citizen, &format!("/forms/{id}/{}", page.id), &fields, &extras), 303, "{}", page.id);
    }
    let draft = world.one(&format!("select d::text as line from draft d where id = '{id}'"));
    assert!(!draft.contains("EVIL") && !draft.contains(&world.id("eastmere").to_string()), "{draft}");
    assert_eq!(send(&mut citizen, &format!("/forms/{id}/check"), &[], &extras), 303);
    citizen.follow().is(200);
    let (owner, handler) = (world.id("marlhaven"), world.id("wealdshire"));
    let case =
        format!("from draft d join cases c on c.tenant_id = d.tenant_id and c.id = d.case_id where d.id = '{id}'");
    let facts = "c.tenant_id || ' ' || handler_id || ' ' || left(c.reference, 3) || ' ' || state || ' ' || c.version || ' ' \
                 || c.service || ' ' || (c.due_on > c.opened_at::date) || ' ' || d.version";
    let row = world.one(&format!("select {facts} as line {case}"));
    assert_eq!(row, format!("{owner} {handler} MAR new 1 pothole true 1"));
    for child in ["answer_sheet", "case_event", "usage_event", "outbox", "audit_entry", "draft", "cases"] {
        let evil = world.ask(&format!("select r::text as line from {child} r where r::text ~ 'EVIL|EVL-'"));
        assert_eq!(evil, [""; 0], "{child}");
    }
    world.leave_jobs();
}

#[test]
fn a_staff_form_sets_only_its_fields() {
    let world = World::start();
    let extras = extras(&world);
    let mut admin = world.staff("wealdshire", &[Role::Administrator]);
    let fields = [("email", "new@wealdshire.example"), ("name", "New Person"), ("roles", "officer")];
    assert_eq!(send(&mut admin, "/staff/people", &fields, &extras), 200);
    let facts =
        "tenant_id || ' ' || roles || ' ' || sign_limit_pence || ' ' || active || ' ' || (password_hash is null)";
    let row = world.one(&format!("select {facts} as line from staff where email = 'new@wealdshire.example'"));
    assert_eq!(row, format!("{} [\"officer\"] 0 true true", world.id("wealdshire")));
    // The platform's own role is given at the operator's authority only.
    let fields = [("email", "op@wealdshire.example"), ("name", "Op"), ("roles", "officer"), ("roles", "operator")];
    send(&mut admin, "/staff/people", &fields, &[]);
    let made = world.ask("select roles::text as line from staff where email = 'op@wealdshire.example'");
    assert!(made.iter().all(|roles| !roles.contains("operator")), "{made:?}");

    let reference = world.case("marlhaven", "wealdshire", "new");
    let path = format!("/staff/cases/marlhaven/{reference}");
    let facts = "tenant_id || ' ' || handler_id || ' ' || coalesce(taken_by_name, '') || ' ' || state || ' ' || team || ' ' || title";
    let row = || world.one(&format!("select {facts} as line from cases where reference = '{reference}'"));
    let (mut officer, before) = (world.staff("wealdshire", &[Role::Officer]), row());
    assert_eq!(send(&mut officer, &format!("{path}/take"), &[], &extras), 303);
    let name = officer.get("/staff/account").is(200);
    let taken = row();
    let taken_by = world.one(&format!("select taken_by_name as line from cases where reference = '{reference}'"));
    assert!(name.body.contains(&taken_by) && !taken_by.contains("EVIL"), "{taken_by}");
    assert_eq!(taken.replace(&taken_by, "").replace("in_progress", "new"), before);
    assert_eq!(send(&mut officer, &format!("{path}/note"), &[("note", "Seen.")], &extras), 303);
    assert_eq!(send(&mut officer, &format!("{path}/update"), &[("said", "Soon.")], &extras), 303);
    assert_eq!(row(), taken);
    let evil = world.ask(
        "select r::text as line from case_event r where r::text ~ 'EVIL' or body = 'Seen.' and seen_by <> 'staff'",
    );
    assert_eq!(evil, [""; 0]);
    // An outcome is one of the service's.
    let fields = [("choice", "EVIL outcome"), ("said", "Done.")];
    assert_eq!(send(&mut officer, &format!("{path}/resolve"), &fields, &extras), 422);
    assert_eq!(row(), taken);
    world.leave_jobs();
}

#[test]
fn what_is_taken_at_one_council_is_free_at_another() {
    let world = World::start();
    // The same e-mail address.
    for council in ["wealdshire", "marlhaven"] {
        let mut admin = world.staff(council, &[Role::Administrator]);
        let fields = [("email", "same@example.org"), ("name", "Same Person"), ("roles", "officer")];
        assert_eq!(send(&mut admin, "/staff/people", &fields, &[]), 200, "{council}");
        assert_eq!(send(&mut admin, "/staff/people", &fields, &[]), 422, "{council}: once each");
    }
    // The same service's name: all four have one, and each shows its own.
    for council in super::seed::COUNCILS {
        world.visitor(council).get("/services/pothole").is(200);
    }
}
