//! Pages that few people see, and nobody on a good day.

use std::sync::mpsc::channel;
use std::thread;

use moothall::identity::Role;
use moothall::platform::Scope;
use thirtyfour::prelude::*;

use super::driver::{NARROW, WIDE, Window, aside, browse};
use crate::casework::{open_for_business, private_case};
use crate::harness::App;

/// Who must not see a sensitive case.
fn conflicts(window: Window) {
    let app = open_for_business();
    let page = format!("/staff/cases/marlhaven/{}/conflicts", private_case(&app));
    let roles = [Role::Officer, Role::Safeguarding];
    let (lead, neighbour) = (app.person("marlhaven", &roles), app.person("marlhaven", &roles));
    let hers = app.signed_in(&lead);
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&hers).await?;
        b.open_page(&page).await?;
        b.look("conflicts-none").await?;
        b.fill_in(&[("reason", "Lives next door")]).await?;
        b.press("Keep them from this case").await?;
        b.says("There is a problem").await?;
        b.look("conflicts-wrong").await?;
        let option = format!("#person option[value='{}']", neighbour.id);
        b.driver.find(By::Css(option)).await?.click().await?;
        b.press("Keep them from this case").await?;
        b.says("Lives next door").await?;
        b.look("conflicts").await?;
        Ok(b)
    });
    app.leave_jobs();
}

/// What was typed while the server was not up to it.
fn busy(window: Window) {
    let app = App::start_with(|config| {
        config.database.pool_size = 1;
        config.database.pool_wait_ms = 1_000;
    });
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/services/pothole").await?;
        b.press("Start now").await?;
        b.fill_in(&[("location", "Quay Street, by the pump")]).await?;
        let (db, here) = (&app.site.db, Scope::own(app.id("marlhaven")));
        let (held, is_held) = channel();
        let (release, released) = channel();
        thread::scope(|threads| {
            // Whoever holds the only connection keeps everybody else waiting.
            threads.spawn(move || {
                let hold = db.scoped(here, |_| {
                    held.send(()).unwrap();
                    released.recv().unwrap();
                    Ok(())
                });
                hold.unwrap();
            });
            aside(|| is_held.recv().unwrap());
            let pressed = aside(|| {
                tokio::runtime::Handle::current().block_on(async {
                    b.press("Continue").await?;
                    b.says("Send it again").await?;
                    b.look("busy").await
                })
            });
            release.send(()).unwrap();
            pressed
        })?;
        b.press("Send it again").await?;
        b.open_page("/").await?;
        Ok(b)
    });
}

#[test]
fn conflicts_on_a_desk() {
    conflicts(WIDE);
}

#[test]
fn conflicts_on_a_phone() {
    conflicts(NARROW);
}

#[test]
fn busy_on_a_desk() {
    busy(WIDE);
}

#[test]
fn busy_on_a_phone() {
    busy(NARROW);
}
