//! What somebody at the command line asks of services: whether they may go live, what they look like, what changed, and
//! the list for GOV.UK.

use std::fs;

use moothall::forms::{self, Written};
use moothall::kernel::billing_date;
use moothall::setup::{self, Source, local_links};

use super::harness::App;
use super::tenants::moothall;

#[test]
fn a_report_says_what_keeps_a_service_from_going_live() {
    let (code, out, _) = moothall(None, &["service", "check", "tenants"]);
    assert!(code == Some(0) && out.ends_with("42 services: nothing keeps them from going live.\n"), "{out}");
    assert_eq!(out.matches("no formula is validated for Welsh").count(), 10, "Hartsmoor's");

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("marlhaven/services/pothole.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::copy("tenants/marlhaven/tenant.toml", dir.path().join("marlhaven/tenant.toml")).unwrap();
    let text = fs::read_to_string("tenants/marlhaven/services/pothole.toml").unwrap();
    let hard =
        "Notwithstanding administrative considerations, prioritisation necessitates characterisation. ".repeat(20);
    let hard = hard.trim_end();
    fs::write(
        &file,
        text.replacen(
            "title = \"Where is the pothole?\"",
            &format!("title = \"Where is it?\"\ntext = [\"{hard}\"]"),
            1,
        ),
    )
    .unwrap();
    let (code, out, _) = moothall(None, &["service", "check", file.to_str().unwrap()]);
    assert!(code == Some(1) && out.contains("DOES NOT GO LIVE"), "{out}");
    assert!(out.contains(":34:") && out.contains("the English is too hard to read"), "by its line: {out}");
    let (code, _, err) = moothall(None, &["service", "check", "docs"]);
    assert!(code == Some(1) && err.contains("there is no service's file in docs"), "{err}");
}

#[test]
fn a_preview_holds_every_page_in_every_language_and_leads_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    let made = |file: &str| moothall(None, &["service", "preview", file, "--out", out]);
    let (code, said, err) = made("tenants/hartsmoor/services/pothole.toml");
    assert_eq!(code, Some(0), "{said}{err}");
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    let page = read("cy-road.html");
    assert!(page.contains("Pa fath o ffordd yw hi?") && page.contains("Traffordd neu gefnffordd"), "{page}");
    assert!(page.contains("action=\"cy-size.html\"") && page.contains("href=\"cy-where.html\""), "{page}");
    assert!(page.contains("href=\"en-road.html\""), "the other language's page: {page}");
    assert!(read("en-end.trunk-road.html").contains("You need Traffic Wales"));
    assert!(read("en-start.html").contains("action=\"en-where.html\""));
    let index = read("index.html");
    assert!(index.contains("when “What kind of road is it?” is “A motorway or a trunk road”"), "{index}");
    // Whatever a page or a sheet fetches lies beside it.
    for entry in fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let text = fs::read_to_string(&entry).unwrap();
        for mark in ["stylesheet\" href=\"", " src=\"", "icon\" href=\""] {
            for rest in text.split(mark).skip(1) {
                let fetched = rest.split('"').next().unwrap();
                assert!(dir.path().join(fetched).is_file(), "{} fetches {fetched}", entry.display());
            }
        }
        for form in text.split("<form ").skip(1).filter(|form| form.contains("id=\"form\"")) {
            let action = form.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(dir.path().join(action).is_file(), "{} leads to {action}", entry.display());
        }
    }
    let sheet = read("brand/tenant.css");
    assert!(!sheet.contains("/brand/") && !sheet.contains("\"/assets/"), "{sheet}");

    // A service that is asked again for each of several things, and a sensitive one.
    assert_eq!(made("tenants/marlhaven/services/council-tax-move.toml").0, Some(0));
    assert!(read("en-adults.html").contains("Adult 1") && read("en-adult.html").contains("adults.1.adult_name"));
    assert_eq!(made("tenants/marlhaven/services/private-help.toml").0, Some(0));
    assert!(read("en-start.html").contains("govuk-exit-this-page"));
}

#[test]
fn what_changed_is_said_from_files_and_from_what_was_published() {
    let app = App::start();
    app.scoped("marlhaven", |tx| {
        let mut new = serde_json::to_value(forms::published(tx, app.id("marlhaven"), "pothole", 1)?).unwrap();
        new["page"][0]["question"][0]["required"] = false.into();
        forms::put_draft(tx, app.now(), &Written::new("pothole", new))
    });
    let diff = |old: &str, new: &str| {
        let (code, out, err) = moothall(Some(&app.database), &["service", "diff", old, new]);
        format!("{}: {out}{err}", code.unwrap_or(-1))
    };
    let said =
        "0: Page “Where is the pothole?”: the question “Road name and nearest landmark” is no longer required.\n";
    assert_eq!(diff("marlhaven/pothole@1", "marlhaven/pothole@draft"), said);
    let file = "tenants/marlhaven/services/pothole.toml";
    assert_eq!(diff(file, "marlhaven/pothole@1"), "0: They say the same.\n");
    assert!(
        diff(file, "marlhaven/pothole@7").ends_with("marlhaven has no marlhaven/pothole@7\n"),
        "{}",
        diff(file, "marlhaven/pothole@7")
    );
    assert!(diff(file, "pothole").starts_with("1: "));
}

#[test]
fn a_councils_services_are_listed_and_go_to_gov_uk() {
    let app = App::start();
    let (code, out, err) = moothall(Some(&app.database), &["service", "export-links", "marlhaven"]);
    assert_eq!(code, Some(0), "{err}");
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("Authority Name,GSS,Description,LGSL,LGIL,URL,Title,Supported by GOV.UK"));
    let gss = app.authority("marlhaven").gss_code.clone().unwrap();
    let row = format!(
        "Marlhaven City Council,{gss},Pothole: Reporting,557,17,https://marlhaven.localhost/services/pothole,Report a pothole,"
    );
    assert!(out.lines().any(|line| line == row), "{row}: {out}");
    assert!(out.contains(",0,https://marlhaven.localhost/services/blue-badge,"), "an application: {out}");
    let numbers: Vec<u32> = lines.filter_map(|line| line.split(',').rev().nth(4)?.parse().ok()).collect();
    assert!(numbers.is_sorted() && numbers.len() > 5, "{numbers:?}");
    assert!(!out.contains("private-help") && err.contains("marlhaven: private-help is sensitive"), "{err}");
    assert!(err.contains("council-tax-move has no number in the services list"), "{err}");

    // What is retired, or not in force yet, is on no list.
    let (db, marlhaven, now) = (&app.site.db, app.authority("marlhaven"), app.now());
    setup::retire_service(db, now, &marlhaven, "pothole").unwrap();
    let links = |at: &str| {
        let on = billing_date(at.parse().unwrap());
        let services = db.router(|conn| forms::load(conn, on)).unwrap();
        local_links(&app.site.directory.get(), &services, Some("marlhaven")).csv
    };
    assert!(!links("2026-11-20T10:30:00Z").contains("pothole"));
    let from = "2026-12-01".parse().unwrap();
    setup::publish_service(db, now, &marlhaven, "pothole", Source::Again(1), from).unwrap();
    assert!(!links("2026-11-30T10:30:00Z").contains("pothole") && links("2026-12-01T00:00:00Z").contains("pothole"));
    let (_, out, _) = moothall(Some(&app.database), &["service", "list", "marlhaven"]);
    let of = |version: &str| {
        out.lines().find(|line| line.starts_with("pothole ") && line.contains(version)).unwrap().to_owned()
    };
    assert!(of("   1  ").contains("retired; was in force from 1 July 2026"), "{out}");
    assert!(of("   2  ").contains("  from 1 December 2026") || of("   2  ").contains("in force since"), "{out}");
}
