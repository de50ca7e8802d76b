//! The host decides whose request it is, and nothing else does; another site's page can have nothing done.

use super::ids::{EVERYTHING, bytes};
use super::seed::{World, no_id};
use crate::matrix::{Verb, routes};

#[test]
fn nothing_but_the_host_header_names_the_council() {
    let world = World::start();
    let mut citizen = world.visitor("marlhaven");
    // The browser is known from its second page on.
    citizen.get("/help").is(200);
    let plain = citizen.get("/help").is(200);
    let there = world.authority("eastmere").hosts[0].clone();
    let forged = [
        ("x-forwarded-host", there.clone()),
        ("x-forwarded-server", there.clone()),
        ("x-original-host", there.clone()),
        ("x-host", there.clone()),
        ("x-original-url", "/staff".to_owned()),
        ("x-rewrite-url", "/staff".to_owned()),
        ("forwarded", format!("for=1.2.3.4;host={there};proto=https")),
        ("x-tenant-id", world.id("eastmere").to_string()),
        ("x-http-method-override", "DELETE".to_owned()),
        ("referer", format!("http://{there}/")),
        ("origin", format!("http://{there}")),
    ];
    for (name, value) in forged {
        let page = citizen.ask(reqwest::Method::GET, "/help", &[(name, &value)], None);
        assert_eq!(bytes(&page, ""), bytes(&plain, ""), "{name}: {value}");
    }
}

#[test]
fn an_unknown_host_reaches_no_council() {
    let world = World::start();
    let visitor = world.visitor("marlhaven");
    let (here, there) = (visitor.host.clone(), world.authority("eastmere").hosts[0].clone());
    let ask = |start: &str, headers: &[String]| {
        let headers: String = headers.iter().map(|h| format!("{h}\r\n")).collect();
        visitor.raw(&format!("{start}\r\n{headers}Connection: close\r\n\r\n"))
    };
    let host = |host: &str| vec![format!("Host: {host}")];
    let names = ["Marlhaven", "Eastmere", "Hartsmoor", "Wealdshire"];
    let misdirected = [
        ("another name", "GET / HTTP/1.1", host("elsewhere.example")),
        ("a trailing dot", "GET / HTTP/1.1", host(&format!("{here}."))),
        ("an address", "GET / HTTP/1.1", host("127.0.0.1")),
        ("no port after the colon", "GET / HTTP/1.1", host(&format!("{here}:"))),
        ("a word for a port", "GET / HTTP/1.1", host(&format!("{here}:http"))),
        ("two ports", "GET / HTTP/1.1", host(&format!("{here}:80:80"))),
        ("two names", "GET / HTTP/1.1", host(&format!("{here}, {there}"))),
        ("somebody at it", "GET / HTTP/1.1", host(&format!("{there}@{here}"))),
        ("a path", "GET / HTTP/1.1", host(&format!("{here}/{there}"))),
        ("a name below it", "GET / HTTP/1.1", host(&format!("www.{here}"))),
        ("nothing", "GET / HTTP/1.1", host("")),
        ("no header", "GET / HTTP/1.0", vec![]),
        ("two headers", "GET / HTTP/1.1", vec![format!("Host: {here}"), format!("Host: {there}")]),
        ("the same twice", "GET / HTTP/1.1", vec![format!("Host: {here}"), format!("Host: {here}")]),
        ("another in the request line", &format!("GET http://{there}/ HTTP/1.1"), host(&here)),
        ("one in the request line only", &format!("GET http://{there}/ HTTP/1.1"), host("elsewhere.example")),
        ("a port in the request line only", &format!("GET http://{here}:81/ HTTP/1.1"), host(&here)),
    ];
    for (what, start, headers) in misdirected {
        let answer = ask(start, &headers);
        let status: u16 = answer.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default();
        assert!(matches!(status, 421 | 400), "{what}: {answer}");
        assert!(names.iter().all(|name| !answer.contains(name)), "{what}: {answer}");
    }
    for (start, headers) in [
        ("GET / HTTP/1.1", host(&here.to_uppercase())),
        ("GET / HTTP/1.1", host(&format!("{here}:8080"))),
        ("GET / HTTP/1.1", host(&format!("{here}:1"))),
        (&format!("GET http://{here}/ HTTP/1.1"), host(&here)),
    ] {
        let answer = ask(start, &headers);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Marlhaven"), "{start} {headers:?}: {answer}");
    }
}

#[test]
fn requests_of_one_connection_are_each_their_own_hosts() {
    let world = World::start();
    let visitor = world.visitor("marlhaven");
    let ask = |slug: &str, more: &str| {
        format!("GET /help HTTP/1.1\r\nHost: {}\r\n{more}\r\n", world.authority(slug).hosts[0])
    };
    let order = ["marlhaven", "eastmere", "marlhaven", "wealdshire", "eastmere"];
    let all: String =
        order.iter().map(|slug| ask(slug, "")).chain([ask("hartsmoor", "Connection: close\r\n")]).collect();
    let answers = visitor.raw(&all);
    let titles: Vec<&str> =
        answers.split("<title>").skip(1).map(|part| part.split("</title>").next().unwrap()).collect();
    let right =
        order.iter().chain(&["hartsmoor"]).map(|slug| format!("Help and contact – {}", world.authority(slug).name));
    assert_eq!(titles, right.collect::<Vec<_>>());
}

#[test]
fn another_sites_page_can_have_nothing_done() {
    let world = World::start();
    let mut staff = world.staff("wealdshire", EVERYTHING);
    let token = staff.get("/track").is(200).token().unwrap();
    let before = world.one("select count(*)::text as line from audit_entry");
    let host = staff.host.clone();
    let stranger = {
        let mut stranger = world.visitor("wealdshire");
        stranger.get("/track").token().unwrap()
    };
    let mut neighbour = world.staff("marlhaven", EVERYTHING);
    let neighbours = neighbour.get("/track").token().unwrap();
    let evil = format!("http://{}", world.authority("eastmere").hosts[0]);
    let (suffix, null, good) = (format!("http://{host}.evil.example"), "null".to_owned(), format!("http://{host}"));
    let mut refused = 0;
    for route in routes().iter().filter(|r| r.method == Verb::Post && !r.pattern.starts_with("/operator")) {
        let path = route.filled(|name| match name {
            "owner" => "marlhaven".to_owned(),
            "service" => "pothole".to_owned(),
            "line" => "1".to_owned(),
            _ => no_id(&world.app),
        });
        let form = |token: &str| format!("_token={token}");
        let attempts: [(&str, &[(&str, &str)], Option<String>); 9] = [
            ("no token", &[], Some(String::new())),
            ("an empty one", &[], Some(form(""))),
            ("another browser's", &[], Some(form(&stranger))),
            ("another council's", &[], Some(form(&neighbours))),
            ("from another origin", &[("origin", &evil)], Some(form(&token))),
            ("from an origin that begins as ours", &[("origin", &suffix)], Some(form(&token))),
            ("from no origin", &[("origin", &null)], Some(form(&token))),
            ("cross-site", &[("sec-fetch-site", "cross-site"), ("origin", &good)], Some(form(&token))),
            ("same-site", &[("sec-fetch-site", "same-site")], Some(form(&token))),
        ];
        for (what, headers, body) in attempts {
            let page = staff.ask(reqwest::Method::POST, &path, headers, body.as_deref());
            // A machine's key is no cookie: nothing that a browser sends by itself opens its address.
            let is_refused = page.status == 403 || path.starts_with("/api/") && page.status == 401;
            assert!(is_refused, "{path}, {what}: {} {}", page.status, page.text());
            refused += 1;
        }
        // A body that no form of ours sends.
        let json = staff.ask(reqwest::Method::POST, &path, &[("content-type", "application/json")], None);
        assert!(matches!(json.status, 400 | 401 | 403), "{path}: {}", json.status);
    }
    assert!(refused > 100, "{refused}");
    assert_eq!(world.one("select count(*)::text as line from audit_entry"), before, "nothing was done");
}
