//! Preferences and small windows: forced colours, reduced motion, and 320 pixels on the pages of staff.

use std::collections::BTreeSet;

use moothall::identity::Role;
use moothall::kernel::Language;
use serde_json::json;
use thirtyfour::prelude::*;

use super::driver::{Browser, WIDE, aside, browse};
use crate::attack::World;
use crate::harness::App;
use crate::journeys::Journey;
use crate::uploads::photo;

/// What can have the focus and looks the same with it as without, colours being the reader's.
const UNSEEN: &str = r"
    const style = (e, part) => { const s = getComputedStyle(e, part); return [s.outlineStyle, s.outlineWidth, s.borderTopWidth, s.borderTopStyle, s.backgroundColor].join() }
    const look = (e) => [e, ...e.labels ?? []].flatMap(x => [style(x), style(x, '::before')]).join(';')
    return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\'0\']')]
        .filter(e => e.checkVisibility() && e.tabIndex >= 0)
        .filter(e => { const plain = look(e); e.focus(); const shown = look(e); e.blur(); return shown === plain })
        .map(e => e.outerHTML.slice(0, 200))";

/// What is said to be current or chosen and looks as its neighbours do.
const ALIKE: &str = r"
    const look = (e) => { const s = getComputedStyle(e); return [s.borderBottomStyle, s.borderBottomWidth, s.borderBottomColor, s.textDecorationLine, s.outlineStyle, s.backgroundColor].join() }
    return [...document.querySelectorAll('a[aria-current]')].filter(e => {
        const other = [...e.closest('ul').querySelectorAll('a:not([aria-current])')][0]
        return other && look(other) === look(e)
    }).map(e => e.outerHTML)";

/// What moves.
const MOVES: &str = r"
    return [...document.querySelectorAll('*')].flatMap(e => [null, '::before', '::after'].map(part => [e, getComputedStyle(e, part)]))
        .filter(([, s]) => s.animationName !== 'none' || s.transitionDuration.split(',').some(d => parseFloat(d) > 0) || s.scrollBehavior === 'smooth')
        .map(([e]) => e.outerHTML.slice(0, 200))";

async fn none(b: &Browser, name: &str, script: &str) -> WebDriverResult<()> {
    let found = b.driver.execute(script, vec![]).await?;
    assert_eq!(found.json(), &json!([]), "{name}");
    Ok(())
}

/// Somebody who asked for both, on a page.
async fn as_preferred(b: &Browser, name: &str) -> WebDriverResult<()> {
    b.prefer("prefers-reduced-motion", "reduce").await?;
    none(b, name, MOVES).await?;
    b.prefer("forced-colors", "active").await?;
    let forced = "return matchMedia('(forced-colors: active)').matches";
    assert_eq!(b.driver.execute(forced, vec![]).await?.json(), &json!(true));
    b.picture(&format!("forced-{name}")).await?;
    none(b, name, UNSEEN).await?;
    none(b, name, ALIKE).await?;
    b.prefer("forced-colors", "none").await
}

#[test]
fn citizens_who_prefer_their_own_colours_and_no_motion() {
    let app = App::start();
    app.leave_jobs();
    for council in ["marlhaven", "wealdshire", "eastmere", "hartsmoor"] {
        browse(&app, council, WIDE, async |b| {
            for (name, path) in
                [("front", "/"), ("services", "/services"), ("search", "/search?q=road"), ("track", "/track")]
            {
                b.open_page(path).await?;
                as_preferred(&b, &format!("{council}-{name}")).await?;
            }
            Ok(b)
        });
    }
    browse(&app, "marlhaven", WIDE, async |b| {
        let mut journey = aside(|| Journey::to(&app, "marlhaven", "pothole", Language::En));
        aside(|| journey.start());
        b.come_as(&journey.citizen).await?;
        while !journey.is_at_check() {
            let at = journey.at();
            b.open_page(&at).await?;
            let name = at.rsplit('/').next().unwrap_or_default().to_owned();
            as_preferred(&b, &name).await?;
            aside(|| journey.go_on());
            // What is chosen is seen to be.
            b.open_page(&at).await?;
            b.prefer("forced-colors", "active").await?;
            let chosen = "return [...document.querySelectorAll('main input:checked')].filter(e => getComputedStyle(e.labels[0], '::after').opacity === '0').length";
            assert_eq!(b.driver.execute(chosen, vec![]).await?.json(), &json!(0), "{name}");
        }
        b.open_page(&journey.at()).await?;
        as_preferred(&b, "check").await?;
        // A list of things, their files, an address from a list.
        let answers = [
            ("task", "claim"),
            ("main_home", "yes"),
            ("why", "others"),
            ("others.1.other_name", "Ada Moss"),
            ("others.1.other_reason", "student"),
            ("from-day", "1"),
            ("from-month", "11"),
            ("from-year", "2026"),
        ];
        let to = || Journey::to(&app, "marlhaven", "single-person-discount", Language::En).answering(&answers);
        let mut journey = aside(to);
        aside(|| journey.start());
        let mut seen = BTreeSet::new();
        while !journey.is_at_check() {
            if let Some(address) = journey.address() {
                aside(|| journey.press(&[(&format!("{address}-find"), "MH1 1AA")]));
            }
            if journey.file().is_some() {
                aside(|| journey.add(&[("proof.jpg", &photo(40, 30))]));
            }
            b.come_as(&journey.citizen).await?;
            let at = journey.at();
            let name = format!("list-{}", at.rsplit('/').next().unwrap_or_default());
            if seen.insert(name.clone()) {
                b.open_page(&at).await?;
                as_preferred(&b, &name).await?;
            }
            aside(|| journey.go_on());
        }
        assert!(["list-home", "list-others"].iter().all(|name| seen.contains(*name)), "{seen:?}");
        // A suggestion that the arrows have reached.
        b.open_page("/").await?;
        b.prefer("forced-colors", "active").await?;
        let search = b.type_in_search("pothole").await?;
        b.driver.query(By::Css(".autocomplete__option")).first().await?;
        search.send_keys(Key::Down).await?;
        b.driver.query(By::Css(".autocomplete__option[aria-selected='true']")).first().await?;
        let look = "return [...document.querySelectorAll('.autocomplete__option')].map(e => getComputedStyle(e)).map(s => s.backgroundColor + s.outlineStyle)";
        let looks = b.driver.execute(look, vec![]).await?;
        assert_ne!(looks.json()[0], looks.json()[1], "{looks:?}", looks = looks.json());
        Ok(b)
    });
}

#[test]
fn staff_with_a_small_window_their_own_colours_and_no_motion() {
    let world = World::start_with(|_| {});
    world.leave_jobs();
    let case = world.case("marlhaven", "wealdshire", "new");
    let case = format!("/staff/cases/marlhaven/{case}");
    let update = format!("{case}/update");
    for (council, role, pages) in [
        ("wealdshire", Role::Officer, vec!["/staff", "/staff/account", &case, &update]),
        ("wealdshire", Role::Preparer, vec!["/commercial", "/commercial/agreements", "/commercial/bills"]),
        ("wealdshire", Role::Administrator, vec!["/staff/people", "/staff/looked", "/staff/services"]),
        ("operator", Role::Operator, vec!["/operator", "/operator/queue", "/operator/database"]),
    ] {
        let visitor = world.staff(council, &[role]);
        browse(&world, council, WIDE, async |b| {
            b.open_page("/help").await?;
            b.come_as(&visitor).await?;
            for (n, page) in pages.iter().enumerate() {
                b.open_page(page).await?;
                let name = format!("{role:?}-{n}");
                as_preferred(&b, &name).await?;
                b.resize(320).await?;
                b.look(&name).await?;
                b.shows_all(&name).await?;
                b.resize(WIDE.width).await?;
            }
            Ok(b)
        });
    }
}
