//! The front page and its search in Chromium: suggestions by keyboard alone, the same without scripts, in every brand, and
//! nothing that the content security policy would not have.

use moothall::identity::Role;
use moothall::kernel::Language;
use serde_json::json;
use thirtyfour::prelude::*;

use super::driver::{Browser, NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::front::{counted, ordered};
use crate::harness::App;

/// Notes from now on what the policy refuses on each page.
async fn listen(b: &Browser) -> WebDriverResult<()> {
    let source = "window.refused = []; addEventListener('securitypolicyviolation', e => refused.push(e.violatedDirective + ' ' + e.blockedURI))";
    b.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await?;
    Ok(())
}

async fn nothing_was_refused(b: &Browser) -> WebDriverResult<()> {
    let refused = b.driver.execute("return window.refused", vec![]).await?;
    assert_eq!(refused.json(), &json!([]));
    Ok(())
}

fn suggestions(window: Window) {
    let app = App::start();
    browse(&app, "eastmere", window, async |b| {
        listen(&b).await?;
        b.open_page("/").await?;
        let loaded =
            "return performance.getEntriesByType('resource').filter(r => r.name.includes('autocomplete')).length";
        assert_eq!(b.driver.execute(loaded, vec![]).await?.json(), &json!(0), "fetched before anybody typed");
        let search = b.type_in_search("blue bad").await?;
        let option = b.driver.query(By::Css(".autocomplete__option")).first().await?;
        let text = option.text().await?;
        assert!(
            text.contains("Apply for a Blue Badge") && text.contains("Wealdshire County Council does this"),
            "{text}"
        );
        let said = search.attr("aria-controls").await?;
        assert!(said.is_some() && search.attr("aria-expanded").await?.as_deref() == Some("true"));
        b.look("eastmere-suggestions").await?;
        nothing_was_refused(&b).await?;
        // Enter with nothing chosen searches for what was typed.
        search.send_keys(Key::Enter).await?;
        b.driver.query(By::Css(".mh-found")).first().await?;
        assert_eq!(b.driver.current_url().await?.query(), Some("q=blue+bad"));
        b.look("eastmere-found").await?;
        // Down and Enter goes there at once.
        b.open_page("/").await?;
        let search = b.type_in_search("my bin wasnt emptied").await?;
        b.driver.query(By::Css(".autocomplete__option")).first().await?;
        search.send_keys(Key::Down).await?;
        let chosen = b.driver.query(By::Css(".autocomplete__option[aria-selected='true']")).first().await?;
        nothing_was_refused(&b).await?;
        chosen.send_keys(Key::Enter).await?;
        b.driver.query(By::Css(".govuk-button--start")).first().await?;
        assert_eq!(b.driver.current_url().await?.path(), "/services/missed-bin");
        nothing_was_refused(&b).await?;
        Ok(b)
    });
}

#[test]
fn suggestions_on_a_desk() {
    suggestions(WIDE);
}

#[test]
fn suggestions_on_a_phone() {
    suggestions(NARROW);
}

#[test]
fn what_was_typed_before_the_suggestions_came_stays() {
    let app = App::start();
    browse(&app, "marlhaven", WIDE, async |b| {
        b.open_page("/search?q=pothole").await?;
        let search = b.type_in_search("s").await?;
        assert_eq!(search.value().await?.as_deref(), Some("potholes"));
        Ok(b)
    });
}

#[test]
fn search_without_scripts() {
    let app = App::start();
    browse(&app, "hartsmoor", OLD_PHONE, async |b| {
        b.open_page("/?lang=cy").await?;
        b.type_in_search("twll yn y ffordd").await?.send_keys(Key::Enter).await?;
        b.driver.query(By::Css(".mh-found")).first().await?;
        b.look("hartsmoor-found").await?;
        b.follow("Rhoi gwybod am dwll yn y ffordd").await?;
        assert_eq!(b.driver.current_url().await?.path(), "/services/pothole");
        Ok(b)
    });
}

#[test]
fn the_front_page_in_every_brand_and_the_page_behind_it() {
    let app = App::start();
    let council_staff = app.person("marlhaven", &[Role::Designer]);
    counted(&app, "marlhaven", "2026-11-02", "pothole", "completed", "", 84);
    counted(&app, "marlhaven", "2026-11-02", "pothole", "minutes", "3", 84);
    counted(&app, "marlhaven", "2026-11-02", "pothole", "left", "where", 12);
    counted(&app, "marlhaven", "2026-11-02", "pothole", "ended", "trunk-road", 3);
    ordered(&app, "2026-11-20T10:30:00Z");
    ordered(&app, "2026-11-25T10:30:00Z");
    for window in [WIDE, NARROW] {
        for council in ["marlhaven", "wealdshire", "eastmere", "hartsmoor"] {
            browse(&app, council, window, async |b| {
                listen(&b).await?;
                for &language in &app.authority(council).languages {
                    let code = if language == Language::Cy { "-cy" } else { "" };
                    b.open_page(&format!("/?lang={}", language.code())).await?;
                    b.look(&format!("front-{council}{code}")).await?;
                    nothing_was_refused(&b).await?;
                    b.open_page("/services").await?;
                    b.look(&format!("services-{council}{code}")).await?;
                    b.open_page("/search?q=xyzzy").await?;
                    b.look(&format!("missed-{council}{code}")).await?;
                }
                Ok(b)
            });
        }
        let designer = app.signed_in(&council_staff);
        browse(&app, "marlhaven", window, async |b| {
            b.come_as(&designer).await?;
            b.open_page("/staff/services").await?;
            b.says("went up to place").await?;
            b.look("staff-services").await?;
            b.press("Hide").await?;
            b.says("Hidden").await?;
            Ok(b)
        });
    }
}
