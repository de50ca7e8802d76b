//! Every kind of page is valid HTML, as the Nu checker reads it. One Java for all of them: it starts slowly.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use moothall::app;
use moothall::identity::Role;
use moothall::kernel::Language;
use moothall::notify::catcher::{self, Catcher};
use moothall::platform::Clock;
use serde::Deserialize;
use tempfile::TempDir;

use super::attack::World;
use super::harness::{App, Page};
use super::journeys::Journey;
use super::matrix::{self, Verb};
use super::uploads::photo;

/// What the checker remarks on and we leave as it is, each with the reason.
const ALLOWED: &[&str] = &[
    // GOV.UK Frontend's date field has it, for a reason of its own: some screen readers say a group's name only so.
    "The “group” role is unnecessary for element “fieldset”",
];

/// Pages put by for the checker.
struct Shelf {
    dir: TempDir,
    pages: Vec<String>,
}

impl Shelf {
    fn new() -> Shelf {
        Shelf { dir: tempfile::tempdir().unwrap(), pages: vec![] }
    }

    fn keep(&mut self, page: &Page) {
        if page.header("content-type").starts_with("text/html") {
            fs::write(self.dir.path().join(format!("{}.html", self.pages.len())), &page.body).unwrap();
            self.pages.push(format!("{} {}", page.status, page.path));
        }
    }

    /// What the checker says of them: each thing once, with a page that has it.
    fn faults(&self) -> Vec<String> {
        #[derive(Deserialize)]
        struct Answer {
            messages: Vec<Message>,
        }
        #[derive(Deserialize)]
        struct Message {
            #[serde(default)]
            url: String,
            message: String,
            #[serde(default)]
            extract: String,
        }
        let jar = "node_modules/vnu-jar/build/dist/vnu.jar";
        let java = Command::new("java")
            .args(["-Xss2m", "-Xmx512m", "-jar", jar, "--format", "json", "--stdout", "--skip-non-html"])
            .arg(self.dir.path())
            .output()
            .expect("Java is installed: run tests/install.sh browser");
        let answer: Answer = serde_json::from_slice(&java.stdout).unwrap_or_else(|error| {
            panic!(
                "vnu-jar is installed: run npm ci --ignore-scripts ({error}): {}",
                String::from_utf8_lossy(&java.stderr)
            )
        });
        let mut faults = BTreeMap::new();
        for Message { url, message, extract } in answer.messages {
            if ALLOWED.iter().any(|allowed| message.contains(allowed)) {
                continue;
            }
            let n = url.rsplit('/').next().and_then(|name| name.strip_suffix(".html")?.parse::<usize>().ok());
            let page = n.and_then(|n| self.pages.get(n)).cloned().unwrap_or(url);
            faults.entry((message, extract)).or_insert(page);
        }
        faults.into_iter().map(|((message, extract), page)| format!("{page}: {message}: {extract}")).collect()
    }

    /// A service from its start to the receipt: each page as asked, sent with nothing, and each way to an address.
    fn journey(&mut self, app: &App, council: &str, service: &str, language: Language) -> Page {
        let mut journey = Journey::to(app, council, service, language);
        self.keep(journey.citizen.page());
        journey.start();
        while !journey.is_at_check() {
            self.keep(journey.citizen.page());
            self.keep(&journey.press(&[]));
            if let Some(address) = journey.address() {
                let (press, find) = (format!("{address}-do"), format!("{address}-find"));
                for postcode in ["nowhere", "MH1 1AA", "HJ1 1AA"] {
                    self.keep(&journey.press(&[(&press, "find"), (&find, postcode)]));
                    self.keep(journey.citizen.page());
                }
                self.keep(&journey.press(&[(&press, "abroad")]));
                self.keep(journey.citizen.page());
                self.keep(&journey.press(&[]));
                journey.press(&[(&press, "change")]);
            }
            if journey.file().is_some() {
                self.keep(&journey.add(&[("lamp.jpg", &photo(40, 30)), ("setup.exe", b"MZ a program")]).is(422));
                self.keep(journey.citizen.page());
            }
            journey.go_on();
        }
        self.keep(journey.citizen.page());
        let receipt = journey.send();
        self.keep(&receipt);
        receipt
    }
}

#[test]
fn every_page_is_valid() {
    let mut shelf = Shelf::new();
    citizens_pages(&mut shelf);
    staff_pages(&mut shelf);
    let faults = shelf.faults();
    assert!(faults.is_empty(), "{} faults in {} pages: {faults:#?}", faults.len(), shelf.pages.len());
    assert!(shelf.pages.len() > 1_000, "{}", shelf.pages.len());
}

/// What citizens see, in each language.
fn citizens_pages(shelf: &mut Shelf) {
    let mails = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(mails.path(), Clock::real()).unwrap();
    let app = App::start_with(|config| {
        config.mail.smtp_url = catcher.url();
        config.limits.starts_per_hour = 10_000;
        config.limits.tracks_per_hour = 10_000;
    });
    for (council, language) in [("marlhaven", Language::En), ("hartsmoor", Language::En), ("hartsmoor", Language::Cy)] {
        let mut citizen = app.visitor(council);
        shelf.keep(&citizen.get(&format!("/?lang={}", language.code())));
        for path in ["/services", "/search?q=bin", "/search?q=xyzzy", "/help", "/accessibility", "/privacy", "/cookies"]
        {
            shelf.keep(&citizen.get(path).is(200));
        }
        shelf.keep(&citizen.get("/no-such-page").is(404));
        for (path, fields) in [
            ("/track", [("reference", ""), ("contact", "")]),
            ("/return", [("code", ""), ("", "")]),
            ("/return", [("code", "K7QM-4T2P-9XHD-2C6R"), ("", "")]),
            ("/account", [("email", ""), ("", "")]),
        ] {
            shelf.keep(&citizen.get(path).is(200));
            shelf.keep(&citizen.submit(path, &fields).is(422));
        }
        shelf.keep(&citizen.post("/track", &[("_token", "forged")]));

        // Put aside, and found again.
        let mut journey = Journey::to(&app, council, "pothole", language);
        journey.start();
        let aside = journey.press(&[("later", "yes")]).is(303).location();
        shelf.keep(&journey.citizen.get(&aside).is(200));
        shelf.keep(&journey.citizen.submit("/save", &[("email", "nobody")]).is(422));
        journey.citizen.submit("/save", &[("email", "ada@example.org")]).is(303);
        shelf.keep(&journey.citizen.follow().is(200));
        shelf.keep(&journey.citizen.get("/services/pothole").is(200));
        // The early end of the form.
        if council == "hartsmoor" {
            let mut journey = Journey::to(&app, council, "pothole", language);
            journey.start();
            assert!(journey.go_on_to("value=\"trunk\""));
            let end = journey.press(&[("road", "trunk")]).is(303).location();
            shelf.keep(&journey.citizen.get(&end).is(200));
        }

        let services: Vec<String> =
            app.services().of(app.id(council)).iter().map(|service| service.of(language).slug.clone()).collect();
        for service in services {
            let receipt = shelf.journey(&app, council, &service, language);
            if service != "pothole" {
                continue;
            }
            let link = receipt.link("/track/");
            shelf.keep(&citizen.get(&link).is(200));
            for act in ["message", "chase", "withdraw", "reopen"] {
                shelf.keep(&citizen.get(&format!("{link}/{act}")));
            }
            for form in citizen.get(&link).forms().iter().filter(|form| form.action.contains("/track/")) {
                citizen.get(&link);
                shelf.keep(&citizen.submit(&form.action, &[]));
            }
            citizen.get("/account").is(200);
            citizen.submit("/account", &[("email", "sam.okafor@example.org")]).is(303);
            shelf.keep(&citizen.follow().is(200));
            app::settle(&app.site).unwrap();
            let texts = catcher::newest(mails.path(), 100).unwrap();
            let mail = texts.iter().find(|mail| mail.text.contains("/account/in/")).unwrap().text.clone();
            let link = mail[mail.find("/account/in/").unwrap()..].split_whitespace().next().unwrap().to_owned();
            shelf.keep(&citizen.get(&link).is(200));
            citizen.submit("/account/in/", &[]).is(303);
            shelf.keep(&citizen.follow().is(200));
            shelf.keep(&citizen.get("/account/looked").is(200));
            shelf.keep(&citizen.get(&link).is(404));
        }
    }
    app.leave_jobs();
}

/// Every address of the program as each kind of staff sees it, and its form sent with nothing.
fn staff_pages(shelf: &mut Shelf) {
    let mails = tempfile::tempdir().unwrap();
    let world = World::start_with(|config| {
        config.limits.starts_per_hour = 10_000;
        config.mail_catcher = Some(mails.path().to_owned());
    });
    for who in ["nobody", "officer", "designer", "preparer", "approver", "signatory", "admin", "operator"] {
        for route in matrix::routes() {
            let mut visitor = matrix::visitor(&world, who);
            let path = route.filled(|name| matrix::value(&world, &mut visitor, name));
            let page = match (route.method, visitor.get("/track").token()) {
                (Verb::Get, _) => visitor.get(&path),
                (Verb::Post, Some(token)) => visitor.post(&path, &[("_token", &token)]),
                (Verb::Post, None) => visitor.post(&path, &[]),
            };
            shelf.keep(&page);
        }
    }
    let mut officer = world.staff("wealdshire", &[Role::Officer]);
    for act in ["update", "resolve", "return", "note"] {
        let case = world.case("marlhaven", "wealdshire", "new");
        shelf.keep(&officer.get(&format!("/staff/cases/marlhaven/{case}/{act}")));
    }
    for tab in ["open", "late", "mine", "messages", "partners"] {
        shelf.keep(&officer.get(&format!("/staff?tab={tab}")).is(200));
    }
    world.leave_jobs();
}
