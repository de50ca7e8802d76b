//! Whatever is sent, the answer is a page of ours: no failure of the server's, and not a word of the database's.

use reqwest::Method;

use super::ids::EVERYTHING;
use super::seed::{World, answers, published};
use crate::harness::{Page, Visitor, encode};
use crate::matrix::{Verb, routes};

/// What has broken other people's programs.
fn nasty() -> Vec<String> {
    let long = "9".repeat(400);
    [
        "x",
        "0",
        "-1",
        "'",
        "%27%20or%201=1--",
        "%00",
        "a%00b",
        "%FF%FE",
        "%C0%AE%C0%AE",
        "..%2F..%2Fetc%2Fpasswd",
        "%0D%0ASet-Cookie:%20a=b",
        "99999999999999999999999999",
        "-9223372036854775809",
        "1e999",
        "NaN",
        "00000000-0000-0000-0000-000000000000",
        "%7B00000000-0000-0000-0000-000000000000%7D",
        "%F0%9F%92%A9",
        "%E2%80%AE",
        "2026-13-45_ffffffffffffffffffffffffffffffff",
        "9999-12-31_00000000000000000000000000000000",
        "-262143-01-01_00000000000000000000000000000000",
        "262142-12-31_00000000000000000000000000000000",
        "MAR-0000-00000",
        &long,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[track_caller]
fn is_ours(page: &Page, what: &str) {
    assert!(page.status < 500, "{what}: {}: {}", page.status, page.text());
    let words =
        ["diesel", "postgres", "constraint", "relation \"", "invalid byte", "moothall_app", "panicked", "DETAIL"];
    let told: Vec<_> = words.iter().filter(|word| page.body.contains(**word)).collect();
    assert!(told.is_empty(), "{what}: {told:?}: {}", page.text());
}

#[test]
fn nonsense_in_an_address_is_answered_with_a_page() {
    let world = World::start_with(|config| config.limits.tracks_per_hour = 100_000);
    let mut staff = world.staff("wealdshire", EVERYTHING);
    let token = staff.get("/track").is(200).token().unwrap();
    let mut operator = world.staff("operator", &[moothall::identity::Role::Operator]);
    operator.get("/track").is(200);
    let names = [
        "tab",
        "after",
        "before",
        "service",
        "council",
        "done",
        "reference",
        "q",
        "next",
        "change",
        "wrong",
        "month",
        "from",
        "until",
        "page",
        "limit",
        "sort",
        "order",
        "series",
        "agreement",
        "state",
        "at",
        "cursor",
        "tenant_id",
    ];
    for route in routes() {
        let visitor = if route.pattern.starts_with("/operator") { &mut operator } else { &mut staff };
        for value in nasty() {
            let parameters = route.parameters().len();
            for place in 0..parameters {
                let mut n = 0;
                let path = route.filled(|name| {
                    n += 1;
                    match name {
                        _ if n == place + 1 => value.clone(),
                        "owner" => "marlhaven".to_owned(),
                        "reference" => "MAR-0000-00000".to_owned(),
                        _ => "1".to_owned(),
                    }
                });
                let page = match route.method {
                    Verb::Get => visitor.get(&path),
                    Verb::Post => visitor.post(&path, &[("_token", &token)]),
                };
                is_ours(&page, &format!("{} {path}", route.method()));
                assert!(
                    !page.headers.get_all("set-cookie").iter().any(|c| c.to_str().is_ok_and(|c| c.starts_with("a=")))
                );
            }
            if route.method == Verb::Get && parameters == 0 {
                let all: Vec<String> = names.iter().map(|name| format!("{name}={value}")).collect();
                for query in all.iter().cloned().chain([all.join("&")]) {
                    let path = format!("{}?{query}", route.pattern);
                    is_ours(&visitor.get(&path), &path);
                }
            }
        }
    }
}

#[test]
fn nonsense_in_a_form_is_answered_with_a_page() {
    let world = World::start();
    let mut staff = world.staff("wealdshire", EVERYTHING);
    let token = staff.get("/track").is(200).token().unwrap();
    let reference = world.case("marlhaven", "wealdshire", "new");
    let texts =
        ["a\0b".to_owned(), "\u{202e}".to_owned(), "x".repeat(100_000), "\r\n.\r\n".to_owned(), "9".repeat(400)];
    let names = [
        "email",
        "password",
        "code",
        "next",
        "name",
        "roles",
        "limit",
        "note",
        "for",
        "reason",
        "said",
        "choice",
        "reference",
        "contact",
        "website",
        "location",
        "month",
        "agreement",
        "tenant_id",
        "a\0b",
    ];
    for route in routes().iter().filter(|r| r.method == Verb::Post && !r.pattern.contains("sign-out")) {
        for text in &texts {
            let mut visitor = staff.clone();
            let path = route.filled(|name| match name {
                "owner" => "marlhaven".to_owned(),
                "reference" => reference.clone(),
                "act" => "update".to_owned(),
                "service" => "pothole".to_owned(),
                "draft" | "person" | "agreement" | "run" | "document" => super::seed::no_id(&world.app),
                _ => "1".to_owned(),
            });
            let mut fields: Vec<(&str, &str)> = vec![("_token", &token)];
            fields.extend(names.iter().map(|name| (*name, text.as_str())));
            let one = fields.iter().map(|f| f.1.len()).sum::<usize>();
            if one > 120_000 {
                fields.truncate(2);
                fields.extend([("said", text.as_str())].iter().filter(|_| path.ends_with("update")));
            }
            is_ours(&visitor.post(&path, &fields), &format!("{path} with {} characters", text.len()));
            for (name, text) in names.iter().map(|name| (*name, text.as_str())) {
                is_ours(&visitor.post(&path, &[("_token", &token), (name, text)]), &format!("{path}: {name}"));
            }
        }
        for body in
            ["_token=%FF%FE", "%", "_token", "&&&=&", "_token[]=x", &"a=b&".repeat(30_000), &"x".repeat(3_000_000)]
        {
            let path = route.filled(|_| "1".to_owned());
            let page = staff.ask(Method::POST, &path, &[], Some(body));
            is_ours(&page, &format!("{path}: {}", &body[..body.len().min(20)]));
            assert!(page.status >= 400, "{path}: {}", page.status);
        }
    }
    world.leave_jobs();
}

/// Begins a form and gives its draft's id.
fn begun(visitor: &mut Visitor) -> String {
    visitor.get("/services/pothole").is(200);
    visitor.submit("/services/pothole", &[]).is(303).location().split('/').nth(2).unwrap().to_owned()
}

#[test]
fn nonsense_in_an_answer_is_answered_with_a_page() {
    let world = World::start();
    let mut citizen = world.visitor("marlhaven");
    let id = begun(&mut citizen);
    let (_, definition) = published(&world.app, "marlhaven").into_iter().find(|(_, d)| d.slug == "pothole").unwrap();
    let right = answers(&definition, "Somebody", world.now());
    let texts = [
        "a\0b",
        "\u{202e}\u{0}",
        "99999999999999999999",
        "-1",
        "0",
        "\u{feff}",
        "<script>alert(1)</script>",
        "'; drop table cases --",
    ];
    // Pages that everybody comes to.
    for page in definition.pages.iter().filter(|page| page.when.is_none()) {
        let fields: Vec<(&String, &String)> = right
            .iter()
            .filter(|(field, _)| page.questions.iter().any(|q| q.fields().contains(field)))
            .map(|(field, values)| (field, &values[0]))
            .collect();
        let path = format!("/forms/{id}/{}", page.id);
        let first = citizen.get(&path);
        if first.status == 303 {
            // These answers do not lead to it.
            continue;
        }
        let token = first.is(200).token().unwrap();
        for text in texts.iter().copied().chain([&*"x".repeat(100_000)]) {
            for (field, _) in &fields {
                let answer = citizen.post(&path, &[("_token", &token), (field, text)]);
                is_ours(&answer, &format!("{path}: {field} = {:?}", &text[..text.len().min(30)]));
                is_ours(&citizen.get(&path), &path);
                is_ours(&citizen.get(&format!("/forms/{id}/check")), "check");
                assert!(!answer.body.contains("<script>alert"), "{path}: not escaped");
            }
        }
        let mut good: Vec<(&str, &str)> = vec![("_token", &token)];
        good.extend(fields.iter().map(|(f, v)| (f.as_str(), v.as_str())));
        citizen.ask(Method::POST, &path, &[], Some(&encode(&good))).is(303);
    }
    citizen.get(&format!("/forms/{id}/check")).is(200);
}
