//! Pages out of order, other people's forms, old versions, and everything twice.

use std::sync::Barrier;
use std::thread;

use moothall::forms::{self, Raw};
use moothall::{app, setup};

use super::{Citizen, PDF, english, everything, open, publish};
use crate::attack::{answers, bytes};
use crate::harness::App;

/// Right answers that need no photo.
fn right(app: &App) -> Raw {
    let mut right = answers(&english(&everything()), "Quay", app.now());
    right.insert("things.1.big".to_owned(), vec!["no".to_owned()]);
    right
}

/// Somebody who has only to send it.
fn done(app: &App) -> Citizen {
    let mut citizen = Citizen::begin(app, "marlhaven", "everything");
    citizen.answer(&english(&everything()), &right(app), &["photo"]);
    citizen
}

fn kept(app: &App) -> Vec<String> {
    app.database
        .texts("select id || ' ' || answers::text || ' ' || (submitted_at is null) as text from draft order by id")
}

fn cases(app: &App) -> usize {
    app.database.texts("select id::text as text from cases").len()
}

#[test]
fn a_page_out_of_order_leads_to_where_the_form_is() {
    let app = open(&[everything()]);
    let mut citizen = Citizen::begin(&app, "marlhaven", "everything");
    let before = kept(&app);
    let first = citizen.path("text?wrong=1");
    assert_eq!(citizen.post("check", &[]).is(303).location(), first, "nothing is sent");
    assert_eq!(citizen.get("check").is(303).location(), first);
    for step in ["photo.1", "thing.7", "thing", "thing.x", "photo.4294967296", "end/no-such"] {
        let (get, post) =
            (citizen.get(step), citizen.post_files(step, &[("things.7.what", "x")], &[("photo", "a.pdf", PDF)]));
        assert_eq!(get.is(303).location(), citizen.path("text"), "{step}");
        assert!(matches!(post.status, 303 | 404), "{step}: {}", post.status);
    }
    for step in ["no-such", "no-such.1", "text%2F..%2Fcheck", "..", "things.1"] {
        let page = citizen.post(step, &[("text", "x")]);
        assert!(matches!(page.status, 303 | 404), "{step}: {}", page.status);
    }
    assert_eq!((kept(&app), cases(&app)), (before, 0), "nothing is kept of a page that is not on the way");
    // A later page is: it was shown to whoever went on past a mistake.
    citizen.post("number", &[("number", "12")]).is(303);
    citizen.get("number").is(200).has("value=\"12\"");
    assert_eq!(citizen.post("check", &[]).is(303).location(), first);
}

#[test]
fn somebody_elses_form_is_no_form() {
    let app = open(&[everything()]);
    let mut owner = done(&app);
    owner.post_files("file", &[("stay", "yes")], &[("file", "mine.pdf", PDF)]).is(303);
    owner.post("text", &[("text", "Mine alone"), ("later", "yes")]).is(303);
    let file = app.database.texts("select id::text as text from draft_upload").remove(0);
    let before = kept(&app);
    let nobody = "0190f1a0-0000-7000-8000-000000000000";
    for council in ["marlhaven", "eastmere"] {
        let mut stranger = Citizen::begin(&app, council, "everything");
        let own = stranger.draft.clone();
        let mut ask = |draft: &str, step: &str, fields: Option<&[(&str, &str)]>, files: &[(&str, &str, &[u8])]| {
            stranger.draft = draft.to_owned();
            let page = match fields {
                None => stranger.get(step),
                Some(fields) => stranger.post_files(step, fields, files),
            };
            let said = bytes(&page, draft);
            (page, said)
        };
        for step in ["text", "file", "things", "check", "receipt", "save", "end/x"] {
            let (page, said) = ask(&owner.draft, step, None, &[]);
            assert_eq!((page.status, said), (404, ask(nobody, step, None, &[]).1), "{council}: GET {step}");
        }
        let text: &[(&str, &[(&str, &str)])] = &[
            ("text", &[("text", "Stolen")]),
            ("text", &[("text", "Stolen"), ("later", "yes")]),
            ("file", &[("remove", &file)]),
            ("things", &[("remove", "1")]),
            ("check", &[]),
            ("save", &[("email", "thief@example.org")]),
        ];
        for (step, fields) in text {
            let (page, said) = ask(&owner.draft, step, Some(fields), &[]);
            assert_eq!((page.status, said), (404, ask(nobody, step, Some(fields), &[]).1), "{council}: POST {step}");
        }
        let add: &[(&str, &str, &[u8])] = &[("file", "theirs.pdf", PDF)];
        let (page, said) = ask(&owner.draft, "file", Some(&[]), add);
        assert_eq!((page.status, said), (404, ask(nobody, "file", Some(&[]), add).1), "{council}: a file");
        // Her file, from a form of one's own: like any file that there is none of.
        let first = ask(&own, "text", Some(&[("text", "x")]), &[]).0;
        assert_eq!(first.status, 303);
        let removes = |id| [("remove", id)];
        let theirs = ask(&own, "file", Some(&removes(file.as_str())), &[]).1;
        assert_eq!(theirs, ask(&own, "file", Some(&removes(nobody)), &[]).1, "{council}: her file");
    }
    let after: Vec<String> = kept(&app).into_iter().filter(|line| line.starts_with(&owner.draft)).collect();
    assert_eq!(after, before);
    assert_eq!(app.database.texts("select name as text from draft_upload"), ["mine.pdf"]);
    assert_eq!(app.database.texts("select topic as text from outbox where topic like 'portal%'"), [""; 0]);
    owner.get("file").is(200).has("mine.pdf");
    app.leave_jobs();
}

#[test]
fn a_form_is_finished_on_the_version_that_it_began_on() {
    let app = open(&[everything()]);
    let (mut early, mut slow) = (done(&app), done(&app));
    let mut second = serde_json::to_value(everything()).unwrap();
    second["page"].as_array_mut().unwrap().retain(|page| page["id"] != "number");
    second["page"][0]["question"][0]["label"] = "About something else".into();
    publish(&app, &[forms::Written::new("everything", second)]);
    early.get("text").is(200).has("About text").lacks("something else");
    early.post("number", &[("number", "7")]).is(303);
    let reference = early.send();
    setup::retire_service(&app.site.db, app.now(), &app.authority("marlhaven"), "everything").unwrap();
    app.refresh();
    slow.get("number").is(200);
    let other = slow.send();
    let versions = format!("select version::text as text from cases where reference in ('{reference}', '{other}')");
    assert_eq!(app.database.texts(&versions), ["1", "1"]);
    app.leave_jobs();
}

/// Both at the same moment.
fn at_once<T: Send>(acts: [&mut (dyn FnMut() -> T + Send); 2]) -> Vec<T> {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let begun: Vec<_> = acts
            .into_iter()
            .map(|act| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    act()
                })
            })
            .collect();
        begun.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn sent_twice_it_is_one_case_and_takes_nothing_more() {
    let app = open(&[everything()]);
    let mut citizen = done(&app);
    citizen.post_files("file", &[("stay", "yes")], &[("file", "mine.pdf", PDF)]).is(303);
    let mut again =
        Citizen { browser: citizen.browser.clone(), draft: citizen.draft.clone(), token: citizen.token.clone() };
    let receipt = citizen.path("receipt");
    let sent = at_once([&mut || citizen.post("check", &[]).is(303).location(), &mut || {
        again.post("check", &[]).is(303).location()
    }]);
    assert_eq!((sent, cases(&app)), (vec![receipt.clone(), receipt.clone()], 1));
    // What comes for it afterwards is for nobody: neither words nor files are kept.
    let kept_files =
        || app.database.texts("select name as text from draft_upload union all select name from case_file");
    let before = kept(&app);
    assert_eq!(citizen.post("text", &[("text", "Too late")]).is(303).location(), receipt);
    let late = citizen.post_files("file", &[("stay", "yes")], &[("file", "late.pdf", PDF)]);
    assert_eq!(late.is(303).location(), receipt);
    let file = app.database.texts("select id::text as text from case_file").remove(0);
    assert_eq!(citizen.post("file", &[("remove", &file)]).is(303).location(), receipt);
    assert_eq!(citizen.post("text", &[("text", "x"), ("later", "yes")]).is(303).location(), receipt);
    assert_eq!((kept(&app), kept_files()), (before, vec!["mine.pdf".to_owned()]));
    let stored = walk(&app.database.files());
    assert_eq!(stored, 1, "the bytes of what came too late are gone");
    app.leave_jobs();
}

fn walk(dir: &std::path::Path) -> usize {
    std::fs::read_dir(dir).unwrap().map(|c| std::fs::read_dir(c.unwrap().path()).unwrap().count()).sum()
}

#[test]
fn a_file_that_is_looked_into_while_it_is_sent_is_there_once() {
    let app = open(&[everything()]);
    for _ in 0..4 {
        let mut citizen = done(&app);
        citizen.post_files("file", &[("stay", "yes")], &[("file", "mine.pdf", PDF)]).is(303);
        at_once([
            &mut || {
                citizen.post("check", &[]).is(303);
            },
            &mut || assert!(app::settle(&app.site).is_ok()),
        ]);
    }
    app.set_clock("2026-11-20T11:00:00Z");
    app::settle(&app.site).unwrap();
    let states = app.database.texts("select name || ' ' || state as text from case_file");
    assert_eq!(states, ["mine.pdf unscanned"; 4]);
    assert_eq!(app.database.texts("select name as text from draft_upload"), [""; 0]);
    assert_eq!(walk(&app.database.files()), 4);
    app.leave_jobs();
}

#[test]
fn a_code_that_two_browsers_use_at_once_opens_the_form_in_one() {
    let app = open(&[everything()]);
    let mut owner = done(&app);
    owner.post("text", &[("text", "Typed with care"), ("later", "yes")]).is(303);
    let page = owner.get("save").is(200);
    let at = page.body.find("mh-ref--code\">").unwrap() + "mh-ref--code\">".len();
    let code = page.body[at..at + 19].to_owned();
    let mut browsers = [app.visitor("marlhaven"), app.visitor("marlhaven")];
    for browser in &mut browsers {
        browser.get("/return").is(200);
    }
    let [one, two] = &mut browsers;
    at_once([&mut || one.submit("/return", &[("code", &code)]).is(303).location(), &mut || {
        two.submit("/return", &[("code", &code)]).is(303).location()
    }]);
    let path = owner.path("text");
    let open: Vec<bool> = browsers.iter_mut().map(|browser| browser.get(&path).status == 200).collect();
    assert_eq!(open.iter().filter(|open| **open).count(), 1, "one of them has it");
    owner.get("text").is(404);
    let holder = &mut browsers[usize::from(open[1])];
    holder.get(&path).is(200).has("Typed with care");
}
