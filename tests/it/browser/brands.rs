//! Every kind of citizens' page in every brand and language; and, when asked with `AXE=all` (`make axe-all`), every page of
//! every service in each state and width.

use std::env;

use moothall::kernel::Language;
use moothall::site::Texts;
use thirtyfour::prelude::*;

use super::driver::{Browser, WIDE, aside, browse};
use crate::harness::App;
use crate::journeys::Journey;

/// A page of each layout that questions have, by what its HTML holds.
const LAYOUTS: [(&str, &str); 5] = [
    ("radios", "class=\"govuk-radios\""),
    ("date", "class=\"govuk-date-input\""),
    ("address", "-do\" value=\"hand\""),
    ("file", "type=\"file\""),
    ("select", "<select class=\"govuk-select"),
];

/// Somebody on a page with this in its HTML, whichever service has it.
fn on_a_page_with(app: &App, council: &str, language: Language, mark: &str) -> Journey {
    let found = services(app, council).iter().find_map(|service| {
        let mut journey = Journey::to(app, council, service, language);
        journey.start();
        journey.go_on_to(mark).then_some(journey)
    });
    found.unwrap_or_else(|| panic!("{council} has no page with {mark}"))
}

fn services(app: &App, council: &str) -> Vec<String> {
    let services = app.services();
    services.of(app.id(council)).iter().map(|service| service.of(Language::En).slug.clone()).collect()
}

/// Presses the page's main button, and waits for what comes.
async fn press_main(b: &Browser) -> WebDriverResult<()> {
    let before = b.driver.find(By::Tag("html")).await?;
    b.driver.find(By::Css("main .govuk-button:not([name=stay])")).await?.click().await?;
    before.wait_until().stale().await
}

/// A page at 1280 pixels as axe sees it, and whether all of it can be read at 320.
async fn look(b: &Browser, name: &str) -> WebDriverResult<()> {
    b.look(name).await?;
    b.resize(320).await?;
    b.picture(name).await?;
    b.shows_all(name).await?;
    b.resize(WIDE.width).await
}

async fn look_at_each_kind(b: &Browser, app: &App, council: &str, language: Language) -> WebDriverResult<()> {
    let t = Texts::of(language);
    let name = |page: &str| format!("{council}-{}-{page}", language.code());
    b.open_page(&format!("/?lang={}", language.code())).await?;
    look(b, &name("front")).await?;
    for (page, path) in [
        ("services", "/services"),
        ("search", "/search?q=road"),
        ("track-ask", "/track"),
        ("accessibility", "/accessibility"),
        ("not-found", "/no-such-page"),
        ("sign-in", "/staff/sign-in"),
    ] {
        b.open_page(path).await?;
        look(b, &name(page)).await?;
    }
    for (layout, mark) in LAYOUTS {
        let journey = aside(|| on_a_page_with(app, council, language, mark));
        b.come_as(&journey.citizen).await?;
        b.open_page(&journey.at()).await?;
        look(b, &name(layout)).await?;
        if layout == "address" {
            press_main(b).await?;
            b.says(&t.get("error-summary")).await?;
            look(b, &name("error")).await?;
        }
    }
    let mut journey = aside(|| Journey::to(app, council, "pothole", language));
    b.come_as(&journey.citizen).await?;
    b.open_page("/services/pothole").await?;
    look(b, &name("start")).await?;
    let saved = aside(|| {
        journey.start();
        journey.press(&[("later", "yes")]).location()
    });
    b.come_as(&journey.citizen).await?;
    b.open_page(&saved).await?;
    look(b, &name("saved")).await?;
    aside(|| {
        while !journey.is_at_check() {
            journey.go_on();
        }
    });
    b.come_as(&journey.citizen).await?;
    b.open_page(&journey.at()).await?;
    look(b, &name("check")).await?;
    let receipt = aside(|| journey.send());
    b.open_page(&receipt.path).await?;
    look(b, &name("receipt")).await?;
    b.open_page(&receipt.link("/track/")).await?;
    look(b, &name("track")).await?;
    let html = b.driver.find(By::Tag("html")).await?;
    assert_eq!(html.attr("lang").await?.as_deref(), Some(language.code()));
    Ok(())
}

fn each_kind_in_each_language(council: &str) {
    let app = App::start_with(|config| config.limits.starts_per_hour = 10_000);
    app.leave_jobs();
    browse(&app, council, WIDE, async |b| {
        for &language in &app.authority(council).languages {
            look_at_each_kind(&b, &app, council, language).await?;
        }
        Ok(b)
    });
}

#[test]
fn each_kind_of_page_in_marlhaven() {
    each_kind_in_each_language("marlhaven");
}

#[test]
fn each_kind_of_page_in_wealdshire() {
    each_kind_in_each_language("wealdshire");
}

#[test]
fn each_kind_of_page_in_eastmere() {
    each_kind_in_each_language("eastmere");
}

#[test]
fn each_kind_of_page_in_hartsmoor_in_english_and_welsh() {
    each_kind_in_each_language("hartsmoor");
}

/// What a walk through everything has seen.
#[derive(Default)]
struct Seen {
    pages: usize,
    states: usize,
    violations: Vec<String>,
}

impl Seen {
    /// A state of a page at each width.
    async fn see(&mut self, b: &Browser, name: &str) -> WebDriverResult<()> {
        for width in [320, 390, 1280] {
            b.resize(width).await?;
            b.fits(name).await?;
            self.states += 1;
            let found = b.axe().await?;
            self.violations.extend(found.into_iter().map(|found| format!("{name} at {width}: {found}")));
        }
        Ok(())
    }

    /// A service from its start page to the page that follows the case: each page empty, wrong and filled in.
    async fn walk(
        &mut self,
        b: &Browser,
        app: &App,
        council: &str,
        service: &str,
        lang: Language,
    ) -> WebDriverResult<()> {
        let mut journey = aside(|| Journey::to(app, council, service, lang));
        b.come_as(&journey.citizen).await?;
        b.open_page(&format!("/services/{service}")).await?;
        self.see(b, &format!("{council} {service} {}", lang.code())).await?;
        self.pages += 1;
        aside(|| journey.start());
        b.come_as(&journey.citizen).await?;
        while !journey.is_at_check() {
            let at = journey.at();
            let name = format!("{council} {service} {} {}", lang.code(), at.rsplit('/').next().unwrap_or_default());
            b.open_page(&at).await?;
            self.see(b, &format!("{name} empty")).await?;
            press_main(b).await?;
            self.see(b, &format!("{name} wrong")).await?;
            aside(|| {
                journey.citizen.get(&at).is(200);
                journey.go_on();
            });
            b.open_page(&at).await?;
            self.see(b, &format!("{name} filled in")).await?;
            self.pages += 1;
        }
        b.open_page(&journey.at()).await?;
        self.see(b, &format!("{council} {service} {} check", lang.code())).await?;
        let receipt = aside(|| journey.send());
        b.open_page(&receipt.path).await?;
        self.see(b, &format!("{council} {service} {} receipt", lang.code())).await?;
        self.pages += 2;
        Ok(())
    }
}

/// It takes half an hour or more, so that it is not in the gate. `AXE=all` walks every council, `AXE=eastmere,hartsmoor` these.
#[test]
fn every_page_of_every_service_when_asked() {
    let Ok(wanted) = env::var("AXE") else { return };
    let councils = if wanted == "all" { "marlhaven,wealdshire,eastmere,hartsmoor" } else { &wanted };
    let app = App::start_with(|config| config.limits.starts_per_hour = 100_000);
    app.leave_jobs();
    let mut seen = Seen::default();
    for council in councils.split(',') {
        let before = (seen.pages, seen.states, seen.violations.len());
        for &language in &app.authority(council).languages {
            for service in services(&app, council) {
                browse(&app, council, WIDE, async |b| {
                    seen.walk(&b, &app, council, &service, language).await?;
                    Ok(b)
                });
            }
        }
        let (pages, states) = (seen.pages - before.0, seen.states - before.1);
        println!("{council}: {pages} pages, {states} runs of axe, {} violations", seen.violations.len() - before.2);
    }
    assert!(seen.violations.is_empty(), "{} violations: {:#?}", seen.violations.len(), seen.violations);
}
