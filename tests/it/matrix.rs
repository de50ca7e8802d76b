//! Who gets how far with every address: `matrix.txt` beside this file is the golden copy, a line for each route and a column
//! for each kind of visitor. A route that the program has and the file lacks fails; so does one that answers otherwise.
//! `MATRIX=write cargo test matrix` writes the file anew: read the difference before it is committed.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use moothall::identity::Role;
use regex::Regex;
use reqwest::Method;

use crate::attack::World;
use crate::harness::{Page, Visitor};
use crate::uploads;

/// A route as the program registers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// `/staff/cases/{owner}/{reference}`.
    pub pattern: String,
    /// `GET` or `POST`.
    pub method: Verb,
}

/// The methods that routes of ours have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Reads.
    Get,
    /// Changes something.
    Post,
}

impl Route {
    /// The names in braces.
    pub fn parameters(&self) -> Vec<&str> {
        self.pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }

    /// Its address, each name in braces filled in.
    pub fn filled(&self, mut value: impl FnMut(&str) -> String) -> String {
        let parts =
            self.pattern.split('/').map(|part| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
                Some(name) => value(name),
                None => part.to_owned(),
            });
        parts.collect::<Vec<_>>().join("/")
    }

    /// For a client.
    pub fn method(&self) -> Method {
        match self.method {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
        }
    }
}

/// Every route of the public listener, read from the source: what is registered any other way fails.
pub fn routes() -> Vec<Route> {
    let mut found = BTreeSet::new();
    let route = Regex::new(r#"\.route\(\s*"([^"]+)",\s*([^)]*\))"#).unwrap();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        // The listener for machines is loopback's alone and has tests of its own.
        if file.ends_with("app/admin.rs") {
            continue;
        }
        for other in ["web::resource", "web::scope", "web::head", "web::put", "web::delete", "web::patch", "web::to("] {
            assert!(
                !text.contains(other),
                "{}: {other} is a way to a route that this test cannot read",
                file.display()
            );
        }
        let named = text.matches(".route(").count();
        let read: Vec<_> = route.captures_iter(&text).collect();
        assert_eq!(read.len(), named, "{}: a route that this test cannot read", file.display());
        for one in read {
            let method = match &one[2] {
                how if how.contains("get()") => Verb::Get,
                how if how.contains("post()") => Verb::Post,
                how => panic!("{}: {how} is no method known here", file.display()),
            };
            found.insert(Route { pattern: one[1].to_owned(), method });
        }
    }
    found.into_iter().collect()
}

fn sources(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// How far somebody got.
fn reached(page: &Page) -> String {
    match page.status {
        200..=299 => "ok".to_owned(),
        303 if page.location().starts_with("/staff/sign-in") => "sign-in".to_owned(),
        300..=399 => "on".to_owned(),
        400 | 409 | 422 => "form".to_owned(),
        403 => "denied".to_owned(),
        404 => "none".to_owned(),
        other => other.to_string(),
    }
}

/// The columns: kinds of visitor, each at their own council. The home council provides for Marlhaven, so that every act is
/// somebody's; the case is Marlhaven's and Wealdshire works it, the documents are Wealdshire's for Marlhaven.
const VISITORS: [&str; 11] = [
    "nobody",
    "citizen",
    "officer",
    "designer",
    "preparer",
    "approver",
    "signatory",
    "admin",
    "operator",
    "p-officer",
    "p-preparer",
];

/// Somebody of a kind, at home.
pub fn visitor(world: &World, who: &str) -> Visitor {
    let mut visitor = match who {
        "nobody" => return world.visitor("wealdshire"),
        "citizen" => world.visitor("wealdshire"),
        "operator" => world.staff("operator", &[Role::Operator]),
        "p-officer" => world.staff("marlhaven", &[Role::Officer]),
        "p-preparer" => world.staff("marlhaven", &[Role::Preparer]),
        "admin" => world.staff("wealdshire", &[Role::Administrator]),
        role => world.staff("wealdshire", &[role.parse().unwrap()]),
    };
    // The browser is known from its second page on.
    visitor.get("/track").is(200);
    visitor
}

/// What a name in braces of a route stands for.
pub fn value(world: &World, visitor: &mut Visitor, name: &str) -> String {
    let (home, partner) = (world.id("wealdshire"), world.id("marlhaven"));
    let pair = format!("tenant_id = '{partner}' and provider_id = '{home}'");
    let one = |table: &str, more: &str| {
        world.one(&format!("select id::text as line from {table} where {pair} and {more} order by id limit 1"))
    };
    match name {
        "name" => {
            let front = visitor.get("/").link("/assets/");
            front.trim_start_matches("/assets/").to_owned()
        }
        "hash" => world.authority("wealdshire").brand_hash.clone(),
        "file" => "logo.svg".to_owned(),
        "service" => "pothole".to_owned(),
        "page" => "where".to_owned(),
        "end" => "trunk-road".to_owned(),
        "draft" => {
            if visitor.cookies.is_empty() {
                return moothall::kernel::new_id(world.now()).to_string();
            }
            let page = visitor.get("/services/pothole");
            match page.token() {
                Some(_) => visitor.submit("/services/pothole", &[]).location().split('/').nth(2).unwrap().to_owned(),
                None => moothall::kernel::new_id(world.now()).to_string(),
            }
        }
        "owner" => "marlhaven".to_owned(),
        "reference" => world.case("marlhaven", "wealdshire", "new"),
        "upload" => uploads::on_a_case(&world.app, "marlhaven", &world.case("marlhaven", "wealdshire", "new")),
        "act" => "return".to_owned(),
        "booking" => world.one(&format!(
            "select t.id::text as line from case_time t join cases c on c.tenant_id = t.tenant_id and c.id = t.case_id \
             where c.reference = '{}'",
            world.case("marlhaven", "wealdshire", "new")
        )),
        "token" | "link" | "mail" | "code" => "nothing".to_owned(),
        "person" => world.person("wealdshire", &[Role::Officer]).id.to_string(),
        // One that every page about agreements is for, but that of members' shares.
        "agreement" => one("agreement", "kind = 'supply' and service_levels <> '[]'"),
        "document" => one("document", "issued_at is not null"),
        "run" => one("bill_run", "issued_at is null"),
        "with" => one("agreement", "true"),
        "language" => "en".to_owned(),
        "council" => "marlhaven".to_owned(),
        "way" => "from".to_owned(),
        "remittance" => one("remittance", "true"),
        "event" => one("usage_event", "true"),
        "dispute" => one("line_dispute", "true"),
        "line" | "level" | "n" => "1".to_owned(),
        "month" => "2026-09".to_owned(),
        name => panic!("say in tests/it/matrix.rs what {{{name}}} stands for"),
    }
}

#[test]
fn every_route_answers_every_kind_of_visitor_as_written_down() {
    let mails = tempfile::tempdir().unwrap();
    let world = World::start_with(|config| {
        config.limits.starts_per_hour = 10_000;
        config.mail_catcher = Some(mails.path().to_owned());
    });
    let mut lines = vec![format!("{:61} {}", "", VISITORS.map(|v| format!("{v:10}")).concat().trim_end())];
    for route in routes() {
        let mut cells = String::new();
        for who in VISITORS {
            let mut visitor = visitor(&world, who);
            let path = route.filled(|name| value(&world, &mut visitor, name));
            let page = match route.method {
                Verb::Get => visitor.get(&path),
                Verb::Post if who == "nobody" => visitor.post(&path, &[]),
                Verb::Post => {
                    let token = visitor.get("/track").token().unwrap();
                    // What a handler reads before it knows who asks is right, so that the cell says who may.
                    let agreement = value(&world, &mut visitor, "agreement");
                    visitor.post(&path, &[("_token", &token), ("agreement", &agreement), ("month", "2026-10")])
                }
            };
            cells += &format!("{:10}", reached(&page));
        }
        let method = route.method();
        lines.push(format!("{:61} {}", format!("{method} {}", route.pattern), cells.trim_end()));
    }
    let now = lines.join("\n") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/matrix.txt");
    if env::var("MATRIX").is_ok_and(|v| v == "write") {
        fs::write(&path, &now).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let (known, is): (BTreeSet<&str>, BTreeSet<&str>) = (golden.lines().collect(), now.lines().collect());
    let (gone, new): (Vec<_>, Vec<_>) = (known.difference(&is).collect(), is.difference(&known).collect());
    assert!(gone.is_empty() && new.is_empty(), "tests/it/matrix.txt says {gone:#?} and the server {new:#?}");
    world.leave_jobs();
}
