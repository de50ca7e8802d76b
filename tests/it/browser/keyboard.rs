//! A journey with Tab, Enter, Space and the arrows alone: the focus can always be seen, goes down the page, and is where
//! it is needed.

use std::fs;

use moothall::kernel::Language;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::driver::{Browser, NARROW, WIDE, Window, browse};
use crate::casework::filled_in;
use crate::harness::App;
use crate::uploads::photo;

/// What has the focus, whether that can be seen (it looks otherwise without), and whether it comes after what had it before.
const FOCUSED: &str = r"
    const e = document.activeElement, label = e.labels?.[0]
    const outline = (style) => style.outlineStyle === 'none' || /^rgba.*, 0\)$/.test(style.outlineColor) ? 0 : parseFloat(style.outlineWidth)
    const border = (style) => parseFloat(style.borderTopWidth) > 0 && style.borderTopWidth + style.borderTopColor
    const seen = (style) => [outline(style) && style.outlineColor, style.boxShadow, style.backgroundColor, border(style)].join()
    const look = () => [e, label].filter(Boolean).flatMap(x => [seen(getComputedStyle(x)), seen(getComputedStyle(x, '::before'))]).join(';')
    const shown = look(), ring = outline(getComputedStyle(e))
    e.blur()
    const plain = look()
    e.focus()
    const box = e.getBoundingClientRect()
    const last = self.last
    self.last = e
    return {
        tag: e.tagName, type: e.type ?? '', name: e.name ?? '', value: e.value ?? '', id: e.id, checked: !!e.checked,
        words: e.textContent.trim(), href: e.getAttribute('href') ?? '',
        visible: (shown !== plain || ring > 1) && box.width > 1 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
        later: !last?.isConnected || last === e || !!(last.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING),
        main: !!e.closest('main'), button: e.matches('.govuk-button:not(.govuk-button--secondary)'),
    }";

async fn press(b: &Browser, keys: impl Into<TypingData>) -> WebDriverResult<()> {
    b.driver.action_chain().send_keys(keys).perform().await
}

/// What has the focus.
async fn focused(b: &Browser) -> WebDriverResult<Value> {
    Ok(b.driver.execute(FOCUSED, vec![]).await?.json().clone())
}

/// Presses Tab and insists that the focus went on and can be seen.
async fn tab(b: &Browser) -> WebDriverResult<Value> {
    press(b, Key::Tab).await?;
    let mut focus = focused(b).await?;
    if focus["id"] == json!("q") {
        // The search box is another one once its suggestions are there.
        b.driver.query(By::Css("#q.autocomplete__input")).first().await?;
        focus = focused(b).await?;
    }
    let at = b.driver.current_url().await?;
    assert!(focus["visible"] == json!(true), "on {at} the focus cannot be seen: {focus:#}");
    assert!(focus["later"] == json!(true), "on {at} the focus went back: {focus:#}");
    Ok(focus)
}

/// Tabs to what is wanted.
async fn tab_to(b: &Browser, wanted: impl Fn(&Value) -> bool) -> WebDriverResult<Value> {
    for _ in 0..80 {
        let focus = tab(b).await?;
        if wanted(&focus) {
            return Ok(focus);
        }
    }
    panic!("not to be reached on {}", b.driver.current_url().await?)
}

/// Presses Enter and waits for the page that follows.
async fn enter(b: &Browser) -> WebDriverResult<()> {
    let before = b.driver.find(By::Tag("html")).await?;
    press(b, Key::Enter).await?;
    before.wait_until().stale().await
}

/// Answers a page from its first field to its button; each thing of a repeat alike. On a repeat's list `add` says yes or no.
async fn answer(b: &Browser, answers: &[(String, String)]) -> WebDriverResult<()> {
    loop {
        let focus = tab(b).await?;
        let is = |key: &str, value: &str| focus[key] == json!(value);
        if focus["main"] == json!(false) {
            continue;
        }
        if focus["button"] == json!(true) {
            return enter(b).await;
        }
        let name = focus["name"].as_str().and_then(|name| name.rsplit('.').next()).unwrap_or_default();
        let Some((_, typed)) = answers.iter().find(|(of, _)| of == name) else { continue };
        match focus["type"].as_str().unwrap_or_default() {
            "radio" => {
                // Tab enters the group; Space chooses its first, the arrows another.
                press(b, " ").await?;
                for _ in 0..12 {
                    let now = focused(b).await?;
                    if now["value"] == json!(typed) {
                        assert_eq!(now["checked"], json!(true), "{now:#}");
                        break;
                    }
                    press(b, Key::Down).await?;
                }
            }
            "checkbox" if is("value", typed) => press(b, " ").await?,
            "checkbox" => {}
            "select-one" => press(b, Key::Down).await?,
            // As the system's own window hands it over, which Enter opens.
            "file" => b.driver.active_element().await?.send_keys(typed).await?,
            _ => press(b, typed.as_str()).await?,
        }
    }
}

fn a_journey_by_keyboard(window: Window) {
    let app = App::start();
    app.leave_jobs();
    let definition = app.services().find(app.id("eastmere"), "missed-bin").unwrap().definition(Language::En).unwrap();
    let raw = filled_in(&definition, "Weir Road");
    let mut answers: Vec<(String, String)> =
        raw.iter().filter_map(|(name, values)| Some((name.clone(), values.first()?.clone()))).collect();
    let find = ("address-find".to_owned(), "EJ1 1AA".to_owned());
    answers.extend([find, ("address-uprn".to_owned(), String::new())]);
    browse(&app, "eastmere", window, async |b| {
        // The skip link is first, and skips.
        b.open_page("/").await?;
        let first = tab(&b).await?;
        assert_eq!(first["href"], json!("#main-content"));
        press(&b, Key::Enter).await?;
        assert_eq!(focused(&b).await?["id"], json!("main-content"));
        tab_to(&b, |focus| focus["id"] == json!("q")).await?;
        b.driver.query(By::Css("#q.autocomplete__input")).first().await?;
        press(&b, "missed bin").await?;
        b.driver.query(By::Css(".autocomplete__option")).first().await?;
        press(&b, Key::Down).await?;
        let chosen = b.driver.query(By::Css(".autocomplete__option[aria-selected='true']:focus")).first().await?;
        assert!(chosen.text().await?.contains("missed bin"), "{}", chosen.text().await?);
        enter(&b).await?;
        tab_to(&b, |focus| focus["words"] == json!("Start now")).await?;
        enter(&b).await?;

        // Sent with nothing: the summary has the focus, its link leads to the field.
        tab_to(&b, |focus| focus["button"] == json!(true)).await?;
        enter(&b).await?;
        b.says("There is a problem").await?;
        let summary = "return document.activeElement.matches('.govuk-error-summary')";
        assert_eq!(b.driver.execute(summary, vec![]).await?.json(), &json!(true));
        let link = tab(&b).await?;
        assert_eq!(link["href"], json!("#address-find"));
        press(&b, Key::Enter).await?;
        assert_eq!(focused(&b).await?["id"], json!("address-find"));
        press(&b, "EJ1 1AA").await?;
        enter(&b).await?;

        for n in 0.. {
            if b.driver.current_url().await?.path().ends_with("/check") {
                break;
            }
            assert!(n < 20, "{}", b.text().await?);
            answer(&b, &answers).await?;
        }
        tab_to(&b, |focus| focus["id"] == json!("send")).await?;
        enter(&b).await?;
        b.says("Report sent").await?;
        tab_to(&b, |focus| focus["href"].as_str().unwrap_or_default().starts_with("/track/EA")).await?;
        enter(&b).await?;
        assert!(b.driver.current_url().await?.path().starts_with("/track/"));
        Ok(b)
    });
}

/// An address by its postcode, a date, a repeat of two with a file for each.
#[test]
fn a_list_with_files_by_keyboard() {
    let app = App::start();
    app.leave_jobs();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate.jpg");
    fs::write(&path, photo(40, 30)).unwrap();
    let answers = [
        ("task", "claim"),
        ("address-find", "MH1 1AA"),
        ("address-uprn", ""),
        ("main_home", "yes"),
        ("why", "others"),
        ("other_name", "Ada Moss"),
        ("other_reason", ""),
        ("other_proof", path.to_str().unwrap()),
        ("from-day", "1"),
        ("from-month", "11"),
        ("from-year", "2026"),
        ("declare", "yes"),
        ("name", "Kim Lee"),
        ("email", "kim@example.org"),
    ];
    let mut answers: Vec<(String, String)> = answers.map(|(name, typed)| (name.to_owned(), typed.to_owned())).to_vec();
    answers.push(("add".to_owned(), "yes".to_owned()));
    browse(&app, "marlhaven", WIDE, async |b| {
        b.open_page("/services/single-person-discount").await?;
        tab_to(&b, |focus| focus["words"] == json!("Start now")).await?;
        enter(&b).await?;
        let mut lists = 0;
        for n in 0.. {
            let at = b.driver.current_url().await?;
            if at.path().ends_with("/check") {
                break;
            }
            assert!(n < 20, "{at}: {}", b.text().await?);
            if at.path().ends_with("/others") {
                lists += 1;
                b.look(&format!("keyboard-list-{lists}")).await?;
            }
            // The second time there are two, and no more.
            answers.last_mut().unwrap().1 = if lists == 1 { "yes" } else { "no" }.to_owned();
            answer(&b, &answers).await?;
        }
        assert_eq!(lists, 2, "{}", b.text().await?);
        let text = b.text().await?;
        assert_eq!(text.matches("certificate.jpg").count(), 2, "{text}");
        b.look("keyboard-check").await?;
        // One of the two is taken off again, from the list that a change link leads to.
        tab_to(&b, |focus| focus["href"].as_str().unwrap_or_default().contains("/others?change=1")).await?;
        enter(&b).await?;
        tab_to(&b, |focus| focus["words"].as_str().unwrap_or_default().starts_with("Remove")).await?;
        enter(&b).await?;
        answer(&b, &answers).await?;
        b.says("Check your answers").await?;
        let text = b.text().await?;
        assert_eq!(text.matches("certificate.jpg").count(), 1, "{text}");
        tab_to(&b, |focus| focus["id"] == json!("send")).await?;
        enter(&b).await?;
        b.says("Request sent").await?;
        Ok(b)
    });
}

#[test]
fn a_journey_by_keyboard_on_a_desk() {
    a_journey_by_keyboard(WIDE);
}

#[test]
fn a_journey_by_keyboard_on_a_narrow_screen() {
    a_journey_by_keyboard(NARROW);
}
