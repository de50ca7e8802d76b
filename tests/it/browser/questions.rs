//! Questions with help of their own, as people use them: a long drop-down by keyboard, an address by its postcode.

use serde_json::json;
use thirtyfour::prelude::*;

use super::driver::{Browser, NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::harness::App;

/// What the content security policy has kept back on this page.
const BROKEN: &str = "return JSON.stringify(window.broken)";
const WATCH: &str = "window.broken = []; document.addEventListener('securitypolicyviolation', e => window.broken.push(e.blockedURI + e.sourceFile))";

async fn chosen(b: &Browser) -> WebDriverResult<String> {
    let value = b.driver.execute("return document.querySelector('select').value", vec![]).await?;
    Ok(value.json().as_str().unwrap_or_default().to_owned())
}

/// The complaint form up to its long drop-down.
async fn to_the_drop_down(b: &Browser) -> WebDriverResult<()> {
    b.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", json!({"source": WATCH})).await?;
    b.open_page("/services/complaint").await?;
    b.press("Start now").await?;
    for _ in 0..6 {
        if !b.driver.find_all(By::Css("select")).await?.is_empty() {
            return Ok(());
        }
        for first in b.driver.find_all(By::Css("main .govuk-radios__input")).await?.into_iter().take(1) {
            first.click().await?;
        }
        b.press("Continue").await?;
    }
    panic!("no drop-down: {}", b.text().await?)
}

fn a_long_drop_down(window: Window) {
    let app = App::start();
    browse(&app, "marlhaven", window, async |b| {
        to_the_drop_down(&b).await?;
        b.look("drop-down").await?;
        let name = b.driver.find(By::Css("select")).await?.attr("name").await?.unwrap();
        let field = b.driver.find(By::Id(&name)).await?;
        assert_eq!(field.tag_name().await?, "input");
        // Sent without a choice, it says so, and the summary's link leads to the field.
        b.press("Continue").await?;
        b.says("There is a problem").await?;
        b.look("drop-down-wrong").await?;
        let field = b.driver.find(By::Id(&name)).await?;
        assert_eq!(field.attr("aria-invalid").await?.as_deref(), Some("true"));
        assert!(field.attr("aria-describedby").await?.unwrap().contains(&format!("{name}-error")));
        field.send_keys("planning").await?;
        b.driver.query(By::Css(".autocomplete__option")).first().await?.wait_until().displayed().await?;
        b.look("drop-down-open").await?;
        field.send_keys(Key::Down + Key::Enter).await?;
        assert_eq!(chosen(&b).await?, "planning");
        // Cleared again, it is not chosen; what matches nothing says so and chooses nothing.
        field.send_keys(Key::Control + "a").await?;
        field.send_keys("zzzz").await?;
        let none = b.driver.query(By::Css(".autocomplete__option--no-results")).first().await?;
        assert_eq!(none.text().await?, "Nothing in the list matches");
        field.send_keys(Key::Tab).await?;
        assert_eq!(chosen(&b).await?, "");
        let field = b.driver.find(By::Id(&name)).await?;
        field.send_keys(Key::Control + "a").await?;
        field.send_keys("Parking").await?;
        field.send_keys(Key::Down + Key::Enter).await?;
        assert_eq!(chosen(&b).await?, "parking");
        assert_eq!(b.driver.execute(BROKEN, vec![]).await?.json(), &json!("[]"));
        b.press("Continue").await?;
        b.follow("Back").await?;
        let field = b.driver.query(By::Css("input.autocomplete__input")).first().await?;
        assert_eq!(field.value().await?.as_deref(), Some("Parking"));
        Ok(b)
    });
}

fn an_address(window: Window) {
    let app = App::start();
    browse(&app, "marlhaven", window, async |b| {
        b.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", json!({"source": WATCH})).await?;
        b.open_page("/services/missed-bin").await?;
        b.press("Start now").await?;
        b.look("address-find").await?;
        let html = b.driver.find(By::Tag("html")).await?;
        b.driver.find(By::Id("address-find")).await?.send_keys("MH9 9ZZ" + Key::Enter).await?;
        html.wait_until().stale().await?;
        b.says("We cannot find any addresses at MH9 9ZZ").await?;
        b.look("address-none").await?;
        b.fill_in(&[("address-find", "MH1 1AA")]).await?;
        b.press("Find address").await?;
        b.says("13 addresses found").await?;
        b.look("address-list").await?;
        b.press("enter it by hand").await?;
        b.look("address-hand").await?;
        b.press("outside the UK").await?;
        b.look("address-abroad").await?;
        b.press("by its postcode").await?;
        b.press("Find address").await?;
        let select = b.driver.find(By::Id("address-uprn")).await?;
        select.find(By::Css("option[value='111000000003']")).await?.click().await?;
        b.press("Continue").await?;
        b.says("Which bins did we miss").await?;
        b.open_page("/services/pothole").await?;
        b.press("Start now").await?;
        b.fill_in(&[("location", "Weir Road"), ("location-postcode", "EJ1 1AA")]).await?;
        b.press("Continue").await?;
        b.says("Tell Eastmere District Council instead").await?;
        b.look("location-theirs").await?;
        Ok(b)
    });
}

#[test]
fn a_long_drop_down_on_a_desk() {
    a_long_drop_down(WIDE);
}

#[test]
fn a_long_drop_down_on_a_phone() {
    a_long_drop_down(NARROW);
}

#[test]
fn a_long_drop_down_without_scripts() {
    let app = App::start();
    browse(&app, "marlhaven", OLD_PHONE, async |b| {
        to_the_drop_down(&b).await?;
        b.look("drop-down").await?;
        let select = b.driver.find(By::Css("select")).await?;
        assert!(select.is_displayed().await?);
        select.find(By::Css("option[value='parking']")).await?.click().await?;
        let before = b.driver.current_url().await?;
        b.press("Continue").await?;
        assert_ne!(b.driver.current_url().await?, before);
        Ok(b)
    });
}

#[test]
fn an_address_on_a_desk() {
    an_address(WIDE);
}

#[test]
fn an_address_on_a_phone() {
    an_address(NARROW);
}

#[test]
fn an_address_without_scripts() {
    an_address(OLD_PHONE);
}
