//! What somebody else has looks like what nobody has: on every route and method, by every byte.

use moothall::cases;
use moothall::identity::Role;
use moothall::kernel::Reference;

use super::seed::{COUNCILS, World, no_id};
use crate::harness::{Page, Visitor};
use crate::matrix::{Route, Verb, routes};

/// Everything that an authority's staff may be, but for the operator's.
pub const EVERYTHING: &[Role] =
    &[Role::Officer, Role::Designer, Role::Preparer, Role::Approver, Role::Signatory, Role::Administrator];

/// What an answer is apart from what must differ: its status, its headers, its body with the id taken out.
pub fn bytes(page: &Page, id: &str) -> String {
    let mut headers: Vec<String> = page
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort();
    let all = format!("{}\n{}\n\n{}", page.status, headers.join("\n"), page.body);
    if id.is_empty() { all } else { all.replace(id, "{id}") }
}

/// Sends what a form of any kind might hold.
pub fn ask(visitor: &mut Visitor, route: &Route, path: &str, token: &str) -> Page {
    match route.method {
        Verb::Get => visitor.get(path),
        Verb::Post => {
            let fields = [
                ("_token", token),
                ("words", "Done."),
                ("said", "Done."),
                ("choice", "Repaired"),
                ("note", "Seen."),
                ("reason", "To call back."),
                ("prepared", "2026-11-03T09:00:00Z"),
                ("office", "Director"),
                ("content", "x"),
                ("password", "three random words"),
                ("code", ""),
            ];
            visitor.post(path, &fields)
        }
    }
}

/// An id of each kind of row that an authority has no part in: the table and the id.
fn hidden(world: &World, from: &str) -> Vec<(String, String)> {
    let me = world.id(from);
    let parties = "array['tenant_id', 'provider_id', 'handler_id', 'actor_id']";
    let sql = format!(
        "select c.relname || '|' || string_agg(quote_ident(a.attname) || ' <> ''{me}''', ' and ') as line \
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = any({parties}) \
         where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and obj_description(c.oid) <> 'public' \
         and exists (select from pg_attribute i where i.attrelid = c.oid and i.attname = 'id') group by 1, c.relname"
    );
    let mut found = Vec::new();
    for line in world.ask(&sql.replace("group by 1, c.relname", "group by c.relname")) {
        let (table, condition) = line.split_once('|').unwrap();
        let ids =
            world.ask(&format!("select id::text as line from {table} where {condition} order by id desc limit 2"));
        found.extend(ids.into_iter().map(|id| (table.to_owned(), id)));
    }
    found
}

#[test]
fn anothers_id_is_answered_like_an_id_of_nothing() {
    let world = World::start_with(|config| config.limits.tracks_per_hour = 100_000);
    let routes: Vec<Route> = routes();
    let mut asked = 0;
    for me in COUNCILS {
        let mut staff = world.staff(me, EVERYTHING);
        let token = staff.get("/track").is(200).token().unwrap();
        let hidden = hidden(&world, me);
        let kinds: std::collections::BTreeSet<&str> = hidden.iter().map(|(table, _)| table.as_str()).collect();
        assert!(kinds.len() > 7, "{kinds:?}");
        let one_id = |r: &&Route| {
            let p = r.parameters();
            !p.is_empty()
                && !p.iter().any(|n| matches!(*n, "owner" | "reference" | "name" | "hash" | "service" | "code"))
        };
        for route in routes.iter().filter(one_id).filter(|r| !r.pattern.starts_with("/operator")) {
            // From one network a hundred links may be tried.
            let many = if route.parameters().contains(&"link") { 20 } else { hidden.len() };
            for (table, id) in hidden.iter().take(many) {
                let fill = |id: &str| {
                    // The first name is the thing's; what follows lies within it.
                    let mut first = true;
                    route.filled(|name| match name {
                        _ if std::mem::take(&mut first) => id.to_owned(),
                        "page" => "where".to_owned(),
                        _ => "1".to_owned(),
                    })
                };
                let nothing = no_id(&world.app);
                let theirs = ask(&mut staff, route, &fill(id), &token);
                let none = ask(&mut staff, route, &fill(&nothing), &token);
                assert_eq!(theirs.status, 404, "{me}: {route:?} with an id of {table}: {}", theirs.text());
                assert_eq!(bytes(&theirs, id), bytes(&none, &nothing), "{me}: {route:?} with an id of {table}");
                asked += 2;
            }
        }
    }
    assert!(asked > 500, "{asked}");
    world.leave_jobs();
}

#[test]
fn anothers_case_is_answered_like_no_case() {
    let world = World::start_with(|config| config.limits.tracks_per_hour = 100_000);
    let routes = routes();
    let routes: Vec<_> = routes.iter().filter(|r| r.parameters().starts_with(&["owner", "reference"])).collect();
    assert!(routes.len() > 5);
    let mut asked = 0;
    for me in COUNCILS {
        let mut staff = world.staff(me, EVERYTHING);
        let token = staff.get("/track").is(200).token().unwrap();
        // In-house cases, another partner's cases, cases returned long ago: whatever is neither mine nor worked by me.
        let sql = format!(
            "select distinct on (c.tenant_id, handler_id, state) a.slug || ' ' || reference as line from cases c \
             join authority a using (tenant_id) where tenant_id <> '{me}' and handler_id <> '{me}'",
            me = world.id(me)
        );
        let theirs = world.ask(&sql);
        assert!(theirs.len() > 4, "{theirs:?}");
        for case in &theirs {
            let (owner, reference) = case.split_once(' ').unwrap();
            let none = Reference::random(&world.code(owner), &mut rand::rng()).to_string();
            for route in &routes {
                for act in ["update", "resolve", "return"] {
                    // Under its owner, and as if it were mine.
                    for owner in [owner, me] {
                        let fill = |reference: &str| {
                            route.filled(|name| match name {
                                "owner" => owner.to_owned(),
                                "reference" => reference.to_owned(),
                                _ => act.to_owned(),
                            })
                        };
                        let shown = ask(&mut staff, route, &fill(reference), &token);
                        let nothing = ask(&mut staff, route, &fill(&none), &token);
                        assert_eq!(shown.status, 404, "{me}: {route:?} of {case}: {}", shown.text());
                        assert_eq!(bytes(&shown, reference), bytes(&nothing, &none), "{me}: {route:?} of {case}");
                        asked += 2;
                    }
                    if !route.parameters().contains(&"act") {
                        break;
                    }
                }
            }
        }
        // The box that opens a case by its reference.
        let all = world.ask("select reference as line from cases where state = 'new'");
        for reference in all.iter().filter(|r| !theirs.iter().all(|t| !t.ends_with(r.as_str()))).take(3) {
            let none = Reference::random(&reference[..3], &mut rand::rng()).to_string();
            let shown = staff.get(&format!("/staff/cases?reference={reference}"));
            let nothing = staff.get(&format!("/staff/cases?reference={none}"));
            assert_eq!(bytes(&shown, reference), bytes(&nothing, &none), "{me}: {reference}");
        }
    }
    assert!(asked > 200, "{asked}");
}

#[test]
fn a_private_link_works_on_its_own_council_alone() {
    let world = World::start_with(|config| config.limits.tracks_per_hour = 100_000);
    let (reference, owner) = (world.case("eastmere", "eastmere", "new"), world.id("eastmere"));
    let id = world.one(&format!("select id::text as line from cases where reference = '{reference}'"));
    let token = cases::track_token(&world.site.config.secret, owner, id.parse().unwrap());
    let link = format!("/track/{reference}/{}", token.expose());
    world.visitor("eastmere").get(&link).is(200);
    for host in ["marlhaven", "wealdshire", "hartsmoor", "operator"] {
        let mut stranger = world.visitor(host);
        stranger.get("/track").is(200);
        let theirs = stranger.get(&link).is(404);
        let none = Reference::random("EAS", &mut rand::rng()).to_string();
        let nothing = stranger.get(&format!("/track/{none}/{}", token.expose()));
        assert_eq!(bytes(&theirs, &reference), bytes(&nothing, &none), "{host}");
        // By contact, as well: what the page says is only what was typed.
        let form = stranger.get("/track").token().unwrap();
        let mut by_contact = |reference: &str| {
            let fields = [("_token", form.as_str()), ("reference", reference), ("contact", "canary-eas@example.org")];
            bytes(&stranger.post("/track", &fields).is(422), reference)
        };
        assert_eq!(by_contact(&reference), by_contact(&none), "{host}");
    }
    // On its own council a wrong contact looks like a wrong reference.
    let mut guesser = world.visitor("eastmere");
    let form = guesser.get("/track").token().unwrap();
    let mut by_contact = |reference: &str, contact: &str| {
        let fields = [("_token", form.as_str()), ("reference", reference), ("contact", contact)];
        guesser.post("/track", &fields)
    };
    let none = Reference::random("EAS", &mut rand::rng()).to_string();
    let wrong = by_contact(&reference, "somebody@example.org").is(422);
    assert_eq!(bytes(&wrong, &reference), bytes(&by_contact(&none, "somebody@example.org"), &none));
    by_contact(&reference, "canary-eas@example.org").is(200);
    let wrong = guesser.get(&format!("/track/{reference}/{}", "A".repeat(43))).is(404);
    assert_eq!(bytes(&wrong, &reference), bytes(&guesser.get(&format!("/track/{none}/{}", "A".repeat(43))), &none));
}

#[test]
fn guessing_references_is_slow() {
    let world = World::start_with(|config| config.limits.tracks_per_hour = 5);
    let mut guesser = world.visitor("eastmere");
    let form = guesser.get("/track").token().unwrap();
    let mut guess = |n: usize| {
        let reference = Reference::random("EAS", &mut rand::rng()).to_string();
        match n % 2 {
            0 => guesser.get(&format!("/track/{reference}/{}", "A".repeat(43))),
            _ => guesser.post("/track", &[("_token", &form), ("reference", &reference), ("contact", "x@example.org")]),
        }
    };
    let answers: Vec<u16> = (0..9).map(|n| guess(n).status).collect();
    assert_eq!(&answers[..5], [404, 422, 404, 422, 404]);
    assert_eq!(&answers[5..], [429; 4]);
}
