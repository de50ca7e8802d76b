//! Somebody is in the room: the way out of a sensitive service, tried as she would. What a browser keeps is looked at from
//! outside: its history, cookies and storage, what Back shows, what the next site learns.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::driver::{Browser, NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::harness::App;

/// The page elsewhere, and what it was told of where its reader came from: a line for each request, its `Referer` or none.
struct Weather {
    address: String,
    told: Arc<Mutex<Vec<String>>>,
}

impl Weather {
    fn open() -> Weather {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("http://{}/weather", listener.local_addr().unwrap());
        let told = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&told);
        // It ends with the tests.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let asked = lines.next().unwrap_or_default();
                let headers = lines.take_while(|line| !line.is_empty());
                let from = headers.filter(|line| line.to_lowercase().starts_with("referer:")).collect::<String>();
                if asked.contains("/weather") {
                    heard.lock().unwrap().push(from);
                }
                let page = "<!doctype html><title>Weather</title><p>Rain later";
                let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n", page.len());
                let _ = write!(stream, "{head}Connection: close\r\n\r\n{page}");
            }
        });
        Weather { address, told }
    }
}

/// She has come as far as a page with something typed on it.
async fn half_way(b: &Browser) -> WebDriverResult<()> {
    b.open_page("/").await?;
    b.open_page("/services/private-help").await?;
    b.look("exit-start").await?;
    b.press("Start now").await?;
    b.fill_first(&[("now", "no")]).await?;
    b.press("Continue").await?;
    b.look("exit-half-way").await
}

/// The addresses and titles of the browser's own history of this window, oldest first.
async fn history(b: &Browser) -> WebDriverResult<Vec<(String, String)>> {
    let kept = b.driver.cdp().send_raw("Page.getNavigationHistory", json!({})).await?;
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let entries = kept["entries"].as_array().cloned().unwrap_or_default();
    Ok(entries.iter().map(|entry| (text(entry, "url"), text(entry, "title"))).collect())
}

async fn is_away(b: &Browser) -> WebDriverResult<bool> {
    Ok(b.driver.current_url().await?.path() == "/weather")
}

async fn wait_until_away(b: &Browser) -> WebDriverResult<Duration> {
    let begun = Instant::now();
    while !is_away(b).await? {
        assert!(begun.elapsed() < Duration::from_secs(10), "still at {}", b.driver.current_url().await?);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(begun.elapsed())
}

/// What nobody may find afterwards.
async fn leaves_nothing(b: &Browser, weather: &Weather, scripts: bool) -> WebDriverResult<()> {
    assert!(weather.told.lock().unwrap().iter().all(String::is_empty), "{:?}", weather.told.lock().unwrap());
    let kept = history(b).await?;
    for (address, title) in &kept {
        let (address, title) = (address.to_lowercase(), title.to_lowercase());
        for word in ["abuse", "domestic", "violence", "danger", "safe", "reach", "now"] {
            assert!(!address.contains(word) && !title.contains(word), "{kept:?}");
        }
    }
    if scripts {
        let (last, before) = (&kept[kept.len() - 1].0, &kept[kept.len() - 2].0);
        assert!(last.ends_with("/weather") && !before.ends_with("/weather"), "the page left is replaced: {kept:?}");
    }
    let cookies = b.driver.cdp().send_raw("Network.getAllCookies", json!({})).await?;
    let names: Vec<&str> =
        cookies["cookies"].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["__Host-left"], "nothing on the device but what leads Back home");
    // Back, as often as there is anything: never a page of the service.
    for _ in 0..kept.len() {
        b.driver.back().await?;
        let text = b.driver.find(By::Tag("body")).await?.text().await?;
        let address = b.driver.current_url().await?;
        for word in ["Step", "Are you in danger", "A private matter", "Leave this site"] {
            assert!(!text.contains(word), "Back shows {address}: {text}");
        }
        if address.as_str() != "about:blank" && address.as_str() != "data:," {
            let stored = "return localStorage.length + sessionStorage.length + document.cookie.length";
            assert_eq!(b.driver.execute(stored, vec![]).await?.json(), &json!(0));
            let caches = "const done = arguments[arguments.length - 1]; \
                          ('caches' in window ? caches.keys() : Promise.resolve([])).then(k => done(k.length))";
            assert_eq!(b.driver.execute_async(caches, vec![]).await?.json(), &json!(0));
        }
    }
    // Nor by its address, nor by the start page, for a quarter of an hour.
    for (address, _) in kept.iter().filter(|(address, _)| address.contains("/forms/") || address.contains("private")) {
        b.driver.goto(address).await?;
        assert_eq!(b.driver.current_url().await?.path(), "/", "{address}");
    }
    Ok(())
}

fn leaves(window: Window, how: impl AsyncFn(&Browser) -> WebDriverResult<()>) {
    let weather = Weather::open();
    let app = App::start();
    app.database.force(&format!(
        "update authority set portal = portal || jsonb_build_object('exit_to', '{}') where slug = 'marlhaven'",
        weather.address
    ));
    app.refresh();
    browse(&app, "marlhaven", window, async |b| {
        half_way(&b).await?;
        how(&b).await?;
        wait_until_away(&b).await?;
        leaves_nothing(&b, &weather, window.scripts).await?;
        assert_eq!(app.database.texts("select id::text as text from draft"), [""; 0], "what was typed is erased");
        Ok(b)
    });
}

async fn press_exit(b: &Browser) -> WebDriverResult<()> {
    b.driver.find(By::Css(".govuk-js-exit-this-page-button")).await?.click().await
}

#[test]
fn by_the_button() {
    leaves(WIDE, press_exit);
}

#[test]
fn by_the_button_on_a_telephone() {
    leaves(NARROW, press_exit);
}

#[test]
fn by_the_button_without_scripts() {
    leaves(OLD_PHONE, press_exit);
}

#[test]
fn by_the_keyboard() {
    leaves(WIDE, async |b| {
        for kind in ["rawKeyDown", "keyUp"].repeat(3) {
            let press = json!({"type": kind, "key": "Shift", "code": "ShiftLeft", "windowsVirtualKeyCode": 16});
            b.driver.cdp().send_raw("Input.dispatchKeyEvent", press).await?;
        }
        Ok(())
    });
}

/// The server does not answer, as it may be when all is lost anyway: she is away within two seconds all the same.
#[test]
fn while_the_server_stalls() {
    let weather = Weather::open();
    let app = App::start();
    app.database.force(&format!(
        "update authority set portal = portal || jsonb_build_object('exit_to', '{}') where slug = 'marlhaven'",
        weather.address
    ));
    app.refresh();
    browse(&app, "marlhaven", WIDE, async |b| {
        half_way(&b).await?;
        // The draft is locked by somebody who does not let go.
        let mut other = app.database.connect("postgres");
        diesel::connection::SimpleConnection::batch_execute(&mut other, "begin; lock table draft").unwrap();
        // The driver would wait for the page: the press is given to the page to make.
        let press = "setTimeout(() => document.querySelector('.govuk-js-exit-this-page-button').click(), 0)";
        b.driver.execute(press, vec![]).await?;
        let took = wait_until_away(&b).await?;
        assert!(took < Duration::from_secs(5), "{took:?}");
        drop(other);
        Ok(b)
    });
}
