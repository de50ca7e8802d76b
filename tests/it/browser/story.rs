//! The story: a resident reports, an officer of the partner works it, two finance teams read the bill, the operator
//! looks on, administrators see who has looked.

use moothall::app;
use moothall::identity::{self, NewStaff, Role};
use moothall::kernel::{Language, Pence};
use moothall::notify::catcher::Catcher;
use moothall::platform::Clock;
use moothall::site::Texts;
use thirtyfour::prelude::*;

use super::driver::{Browser, NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::harness::App;

const PASSWORD: &str = "a bridge over the weir";

const POTHOLE: &[(&str, &str)] = &[
    ("location", "Quay Street, outside the chandlery"),
    ("surface", "road"),
    ("depth", "deep"),
    ("width", "30"),
    ("danger", "swerving"),
    ("first_seen-day", "14"),
    ("first_seen-month", "10"),
    ("first_seen-year", "2026"),
    ("name", "Sam Okafor"),
    ("email", "sam.okafor@example.org"),
    ("phone", "07700 900123"),
];

fn person(app: &App, council: &str, email: &str, roles: &[Role]) {
    let name = email.split('@').next().unwrap();
    let new = NewStaff::new(&app.authority(council), email, name, roles, Pence(0)).unwrap();
    app.scoped(council, |tx| identity::add_demo(tx, app.now(), &new, PASSWORD));
}

async fn sign_in(browser: &Browser, email: &str) -> WebDriverResult<()> {
    browser.open_page("/staff/sign-in").await?;
    browser.fill_in(&[("email", email), ("password", PASSWORD)]).await?;
    browser.press("Sign in").await
}

/// The resident's part in one language, looking at every page; says the reference.
async fn report(b: &Browser, brand: &str, language: Language, answers: &[(&str, &str)]) -> WebDriverResult<String> {
    let t = Texts::of(language);
    // How a sentence begins, up to what is filled in.
    let begins = |key: &str| t.with(key, &[("date", "|")]).split('|').next().unwrap_or_default().to_owned();
    b.open_page(&format!("/?lang={}", language.code())).await?;
    b.look(&format!("{brand}-front")).await?;
    b.type_in_search("pohtole").await?;
    b.press(&t.get("front-search-button")).await?;
    b.look(&format!("{brand}-search")).await?;
    b.open_page("/services/pothole").await?;
    b.look(&format!("{brand}-service")).await?;
    b.press(&t.get("service-start")).await?;
    b.press(&t.get("form-continue")).await?;
    b.says(&t.get("error-summary")).await?;
    b.look(&format!("{brand}-question-wrong")).await?;
    for n in 1..20 {
        if b.driver.current_url().await?.path().ends_with("/check") {
            break;
        }
        b.look(&format!("{brand}-question-{n}")).await?;
        b.fill_in(answers).await?;
        b.press(&t.get("form-continue")).await?;
    }
    b.look(&format!("{brand}-check")).await?;
    b.press(&t.get("check-send-report")).await?;
    b.says(&t.get("receipt-title-report")).await?;
    b.look(&format!("{brand}-receipt")).await?;
    let reference = b.driver.find(By::Css(".mh-ref--big")).await?.text().await?;
    b.follow(&t.get("receipt-track")).await?;
    b.says(&begins("track-promise")).await?;
    b.look(&format!("{brand}-track")).await?;
    b.open_page("/track").await?;
    b.fill_in(&[("reference", &reference), ("contact", "somebody@else.example")]).await?;
    b.press(&t.get("track-button")).await?;
    b.says(&t.get("track-error-neither")).await?;
    b.look(&format!("{brand}-track-wrong")).await?;
    let html = b.driver.find(By::Tag("html")).await?;
    assert_eq!(html.attr("lang").await?.as_deref(), Some(language.code()));
    Ok(reference)
}

fn whole_story(window: Window) {
    let name = format!("moothall-story-{}-{}-{}", std::process::id(), window.width, window.scripts);
    let mailbox = std::env::temp_dir().join(name);
    let catcher = Catcher::start(&mailbox, Clock::real()).unwrap();
    let app = App::start_with(|config| {
        config.mail.smtp_url = catcher.url();
        config.mail_catcher = Some(mailbox.clone());
    });
    app.set_clock("2026-10-20T17:40:00Z");
    person(&app, "wealdshire", "officer@wealdshire.example", &[Role::Officer]);
    person(&app, "wealdshire", "preparer@wealdshire.example", &[Role::Preparer]);
    person(&app, "wealdshire", "approver@wealdshire.example", &[Role::Approver]);
    person(&app, "marlhaven", "payer@marlhaven.example", &[Role::Preparer, Role::Officer]);
    person(&app, "marlhaven", "admin@marlhaven.example", &[Role::Administrator]);
    person(&app, "hartsmoor", "finance@hartsmoor.example", &[Role::Preparer]);
    person(&app, "operator", "operator@operator.example", &[Role::Operator]);

    let mut reference = String::new();
    browse(&app, "marlhaven", window, async |b| {
        reference = report(&b, "marlhaven", Language::En, POTHOLE).await?;
        for page in ["help", "accessibility", "privacy", "cookies"] {
            b.open_page(&format!("/{page}")).await?;
            b.look(&format!("marlhaven-{page}")).await?;
        }
        b.open_page("/no-such-page").await?;
        b.look("marlhaven-not-found").await?;
        Ok(b)
    });
    app::settle(&app.site).unwrap();

    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/staff/sign-in").await?;
        b.press("Sign in").await?;
        b.look("staff-sign-in-wrong").await?;
        sign_in(&b, "officer@wealdshire.example").await?;
        b.says(&reference).await?;
        b.look("staff-queue").await?;
        b.follow(&reference).await?;
        b.look("staff-case").await?;
        b.press("Take this case").await?;
        b.follow("Update the citizen").await?;
        b.press("Send").await?;
        b.look("staff-update-wrong").await?;
        b.fill_in(&[("said", "A crew comes on Friday.")]).await?;
        b.press("Send").await?;
        b.follow("Resolve").await?;
        b.look("staff-resolve").await?;
        b.fill_in(&[("choice", "Repaired"), ("said", "Filled and rolled.")]).await?;
        b.press("Resolve").await?;
        b.says("Repaired").await?;
        b.look("staff-case-resolved").await?;
        b.open_page("/staff/account").await?;
        b.look("staff-account").await?;
        Ok(b)
    });
    app::settle(&app.site).unwrap();

    app.set_clock("2026-11-04T10:00:00Z");
    browse(&app, "wealdshire", window, async |b| {
        sign_in(&b, "preparer@wealdshire.example").await?;
        b.look("commercial-provider").await?;
        b.press("for Marlhaven").await?;
        b.look("commercial-draft").await?;
        b.press("Send for review").await?;
        b.says("In review").await?;
        b.look("commercial-sent").await?;
        b.open_page("/commercial/agreements").await?;
        b.look("commercial-agreements").await?;
        b.follow("WCC-MCC-2026-03").await?;
        b.look("commercial-agreement").await?;
        Ok(b)
    });
    browse(&app, "marlhaven", window, async |b| {
        sign_in(&b, "payer@marlhaven.example").await?;
        b.open_page("/commercial").await?;
        b.look("commercial-to-review").await?;
        b.follow("drafts from Wealdshire").await?;
        b.look("commercial-review").await?;
        b.press("Send").await?;
        b.says("There is a problem").await?;
        b.look("commercial-review-wrong").await?;
        b.fill_in(&[("body", "Is the kerb in it?")]).await?;
        b.press("Send").await?;
        b.says("Is the kerb in it?").await?;
        b.press("Agree to").await?;
        b.says("We agree").await?;
        b.look("commercial-agreed").await?;
        Ok(b)
    });
    browse(&app, "wealdshire", window, async |b| {
        sign_in(&b, "approver@wealdshire.example").await?;
        b.follow("Review and issue").await?;
        b.press("Issue").await?;
        b.look("commercial-issue-wrong").await?;
        b.fill_in(&[("password", PASSWORD)]).await?;
        b.press("Issue").await?;
        Ok(b)
    });
    app::settle(&app.site).unwrap();

    browse(&app, "marlhaven", window, async |b| {
        sign_in(&b, "payer@marlhaven.example").await?;
        b.open_page("/commercial").await?;
        b.look("commercial-consumer").await?;
        b.open_page("/commercial/bills").await?;
        b.look("commercial-bills").await?;
        b.follow("WEA-INV-2026-0001").await?;
        b.says("£548.22").await?;
        b.look("commercial-document").await?;
        let line = b.driver.find(By::Css("main a[href$='/lines/1']")).await?.attr("href").await?.unwrap_or_default();
        b.open_page(&line).await?;
        b.says(&reference).await?;
        b.look("commercial-line").await?;
        b.follow(&reference).await?;
        b.says("Filled and rolled.").await?;
        b.look("staff-case-owner").await?;
        Ok(b)
    });
    browse(&app, "marlhaven", window, async |b| {
        sign_in(&b, "admin@marlhaven.example").await?;
        b.open_page("/staff/people").await?;
        b.look("staff-people").await?;
        b.follow("Change").await?;
        b.look("staff-person").await?;
        b.open_page("/staff/looked").await?;
        b.look("staff-looked").await?;
        Ok(b)
    });
    browse(&app, "hartsmoor", window, async |b| {
        sign_in(&b, "finance@hartsmoor.example").await?;
        b.open_page("/commercial").await?;
        let text = b.text().await?;
        assert!(!text.contains("Wealdshire") && !text.contains("£"), "{text}");
        b.look("commercial-empty").await?;
        Ok(b)
    });
    browse(&app, "operator", window, async |b| {
        sign_in(&b, "operator@operator.example").await?;
        b.open_page("/operator").await?;
        b.says("Marlhaven City Council").await?;
        b.look("operator").await?;
        for page in ["queue", "database", "mail"] {
            b.open_page(&format!("/operator/{page}")).await?;
            b.look(&format!("operator-{page}")).await?;
        }
        Ok(b)
    });
    std::fs::remove_dir_all(&mailbox).unwrap();
}

#[test]
fn the_story_on_a_desk() {
    whole_story(WIDE);
}

#[test]
fn the_story_on_a_phone() {
    whole_story(NARROW);
}

#[test]
fn the_story_without_scripts() {
    whole_story(OLD_PHONE);
}

/// The language changes in the middle of a form: what was typed stays, and Enter still means "continue".
fn another_language(window: Window) {
    let app = App::start();
    app.leave_jobs();
    browse(&app, "hartsmoor", window, async |b| {
        b.open_page("/services/pothole").await?;
        b.press("Start now").await?;
        let first = b.driver.current_url().await?;
        b.fill_in(&[("location", "Heol y Bont")]).await?;
        let switch = b.driver.find(By::Css(".mh-header button[name='_lang']")).await?;
        assert_eq!(switch.text().await?, "Cymraeg");
        switch.click().await?;
        let page = b.driver.query(By::Css("html[lang='cy']")).first().await?;
        assert_eq!(b.driver.current_url().await?, first);
        let typed = b.driver.find(By::Name("location")).await?;
        assert_eq!(typed.value().await?.as_deref(), Some("Heol y Bont"));
        b.look("hartsmoor-switched").await?;
        typed.send_keys(Key::Enter).await?;
        page.wait_until().stale().await?;
        assert_ne!(b.driver.current_url().await?, first);
        b.driver.query(By::Css("html[lang='cy']")).first().await?;
        Ok(b)
    });
}

#[test]
fn another_language_on_a_desk() {
    another_language(WIDE);
}

#[test]
fn another_language_without_scripts() {
    another_language(OLD_PHONE);
}
