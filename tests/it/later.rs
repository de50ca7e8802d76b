//! Save and return: a form that was put aside opens elsewhere, by a code or a link, and is erased when it was not wanted.

use moothall::app;
use moothall::notify::catcher::{self, Catcher};
use moothall::platform::Clock;

use super::harness::{App, Visitor};

/// Begins a report of a missed bin, types something that is wrong, and puts it aside; says the draft and the code.
fn put_aside(citizen: &mut Visitor) -> (String, String) {
    citizen.get("/services/pothole").is(200);
    let first = citizen.submit("/services/pothole", &[]).is(303).location();
    let draft = first.split('/').nth(2).unwrap().to_owned();
    citizen.get(&first).is(200).has("Save and come back later");
    // Too long to be right, and kept all the same.
    let typed = format!("Quay Street {}", "x".repeat(400));
    citizen.submit("/forms/", &[("location", &typed), ("later", "yes")]).is(303);
    let page = citizen.follow().is(200).has("Your answers are saved").has("Come back by 18 December 2026");
    let at = page.body.find("mh-ref--code\">").unwrap() + "mh-ref--code\">".len();
    (draft, page.body[at..at + 19].to_owned())
}

#[test]
fn a_code_opens_the_form_on_another_device_with_all_that_was_typed() {
    let app = App::start();
    let (mut at_home, mut elsewhere) = (app.visitor("marlhaven"), app.visitor("marlhaven"));
    let (draft, code) = put_aside(&mut at_home);
    // The same code again: it may have been written down.
    at_home.get(&format!("/forms/{draft}/save")).is(200).has(&code);
    // Its code opens it, and not the next one at a shared device who looks at the service.
    at_home.get("/services/pothole").is(200).lacks("Go on with the form").has("Come back to a form that you saved");
    elsewhere.get("/return").is(200);
    elsewhere.submit("/return", &[("code", "")]).is(422).has("Enter the code that you wrote down");
    elsewhere.submit("/return", &[("code", "K7QM-4T2P-9XHD-2C6R")]).is(422).has("We have no form under this code");
    let written = code.to_lowercase().replace('-', " ").replace('0', "o");
    elsewhere.submit("/return", &[("code", &written)]).is(303);
    let page = elsewhere.follow().is(200).has("Quay Street xxx");
    assert!(page.path.starts_with(&format!("/forms/{draft}/")), "{}", page.path);
    // It has moved: where it was before, it is closed.
    at_home.get(&page.path).is(404);
    at_home.get(&format!("/forms/{draft}/save")).is(404);
    // Closed on a device that others use, it opens by its code alone; another device cannot close it.
    at_home.get("/return").is(200);
    at_home.post_form(&format!("/forms/{draft}/leave"), &[]).is(404);
    elsewhere.get(&format!("/forms/{draft}/save")).is(200);
    elsewhere.submit("/leave", &[]).is(303);
    elsewhere.get(&page.path).is(404);
    elsewhere.get("/return").is(200);
    elsewhere.submit("/return", &[("code", &written)]).is(303);
    elsewhere.follow().is(200).has("Quay Street xxx");
    // Another council has nothing under the code.
    let mut neighbour = app.visitor("eastmere");
    neighbour.get("/return").is(200);
    neighbour.submit("/return", &[("code", &code)]).is(422).has("We have no form under this code");
    // Typing on does not bring its end nearer.
    elsewhere.get(&page.path);
    elsewhere.submit("/forms/", &[("location", "Quay Street")]).is(303);
    elsewhere.get(&format!("/forms/{draft}/save")).is(200).has("18 December 2026");
    app.set_clock("2026-12-17T10:30:00Z");
    app::settle(&app.site).unwrap();
    elsewhere.get(&format!("/forms/{draft}/save")).is(200);
    app.set_clock("2026-12-18T10:31:00Z");
    app::settle(&app.site).unwrap();
    elsewhere.get(&page.path).is(404);
    assert_eq!(app.database.texts("select draft_id::text as text from saved_draft"), [""; 0]);
    assert_eq!(app.database.texts("select id::text as text from draft"), [""; 0]);
}

#[test]
fn a_link_by_mail_opens_it_and_one_reminder_comes_before_its_end() {
    let mails = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(mails.path(), Clock::real()).unwrap();
    let app = App::start_with(|config| config.mail.smtp_url = catcher.url());
    let sent = || -> Vec<(String, String)> {
        let all = catcher::newest(mails.path(), 100).unwrap();
        let to_her = all.iter().filter(|m| m.to.contains("ada@example.org"));
        let read = to_her.map(|m| {
            let text = catcher::read(mails.path(), m.id).unwrap().unwrap().text;
            let link = text[text.find("/return/").unwrap()..].split_whitespace().next().unwrap();
            (m.subject.clone(), link.to_owned())
        });
        read.collect()
    };
    let (mut at_home, mut elsewhere) = (app.visitor("hartsmoor"), app.visitor("hartsmoor"));
    let (draft, code) = put_aside(&mut at_home);
    at_home.submit("/save", &[("email", "not an address")]).is(422).has("not an address").has(&code);
    at_home.submit("/save", &[("email", "ada@example.org")]).is(303);
    at_home.follow().is(200).has("We have sent the link to ada@example.org");
    app::settle(&app.site).unwrap();
    let [(subject, link)] = &sent()[..] else { panic!("{:?}", sent()) };
    assert_eq!(subject, "Your form: Report a pothole");
    assert_eq!(*link, format!("/return/{}", code.replace('-', "")));
    // Nothing of it lies in the queue or can be read in the table.
    let kept = app.database.texts("select encode(sealed, 'escape') as text from saved_draft").concat();
    assert!(!kept.contains("ada@") && !kept.contains(&code.replace('-', "")));
    // A scanner that opens the link takes the form away from nobody.
    let mut scanner = app.visitor("hartsmoor");
    scanner.get(link).is(200);
    at_home.get(&format!("/forms/{draft}/save")).is(200);
    elsewhere.get(link).is(200).lacks("16 letters");
    elsewhere.submit("/return", &[]).is(303);
    elsewhere.follow().is(200).has("Quay Street xxx");
    for (at, mails) in [("2026-12-14T10:00:00Z", 1), ("2026-12-15T18:00:00Z", 2), ("2026-12-16T18:00:00Z", 2)] {
        app.set_clock(at);
        // The first finds whom to warn, the second tells them.
        app::settle(&app.site).unwrap();
        app::settle(&app.site).unwrap();
        assert_eq!(sent().len(), mails, "{at}");
    }
    assert!(sent().iter().any(|(subject, _)| subject == "Your form ends soon: Report a pothole"));
}

#[test]
fn a_sensitive_service_is_never_put_aside_and_an_exit_leaves_what_was() {
    let app = App::start();
    let mut citizen = app.visitor("marlhaven");
    let (_, code) = put_aside(&mut citizen);
    citizen.get("/services/private-help").is(200);
    let first = citizen.submit("/services/private-help", &[]).is(303).location();
    let page = citizen.get(&first).is(200).lacks("come back later");
    let token = page.token().unwrap();
    let to = citizen.post(&first, &[("_token", &token), ("later", "yes")]);
    assert_ne!(to.status, 500);
    let draft = first.split('/').nth(2).unwrap();
    citizen.get(&format!("/forms/{draft}/save")).is(404);
    citizen.get("/exit").is(303);
    let left = app.database.texts("select service as text from draft");
    assert_eq!(left, ["pothole"], "what was put aside is not lost with the browser's traces");
    let mut elsewhere = app.visitor("marlhaven");
    elsewhere.get("/return").is(200);
    elsewhere.submit("/return", &[("code", &code)]).is(303);
    elsewhere.follow().is(200).has("Quay Street xxx");
}
