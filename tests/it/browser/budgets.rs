//! A commercial team sets its budgets, sees what they come to and that a threshold was passed; a designer reads that a service
//! ends.

use moothall::app;
use moothall::identity::Role;

use super::driver::{NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::bills::{MARLHAVEN, agree, commercial};
use crate::harness::{App, Database};

fn a_budget(window: Window) {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let text = MARLHAVEN.replace("until = 2029-04-01", "until = 2027-05-01");
    let deal = agree(&app, "marlhaven", &text.replace("review_on = 2027-04-01", "review_on = 2026-11-01"));
    app.set_clock("2026-10-31T12:00:00Z");
    for service in ["pothole", "pothole", "pothole", "dropped-kerb"] {
        deal.accept(&app, service, "2026-10-05T09:00:00Z");
    }
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    deal.accept(&app, "pothole", "2026-11-02T08:00:00Z");
    app.set_clock("2026-11-03T09:00:00Z");
    app::settle(&app.site).unwrap();
    app.leave_jobs();
    let field = |service: &str| format!("owed.{}.WCC-MCC-2026-03.{service}", app.id("wealdshire"));
    let (pothole, kerb, fees) = (field("pothole"), field("dropped-kerb"), field(""));
    let team = commercial(&app, "marlhaven", "Preparer", &[Role::Preparer]);
    let designer = commercial(&app, "marlhaven", "Designer", &[Role::Designer]);
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&team).await?;
        b.open_page("/commercial/budget").await?;
        b.look("budget-none").await?;
        b.follow("Set budgets").await?;
        b.look("budget-set").await?;
        b.fill_in(&[(&kerb, "60.00"), (&pothole, "2o")]).await?;
        b.press("Save budgets").await?;
        b.says("There is a problem").await?;
        b.look("budget-wrong").await?;
        b.fill_in(&[(&pothole, "22.50"), (&fees, "2,700")]).await?;
        b.press("Save budgets").await?;
        b.says("Over budget").await?;
        app::settle(&app.site).unwrap();
        b.open_page("/commercial/budget").await?;
        b.says("Thresholds passed").await?;
        b.look("budget").await?;
        b.open_page("/commercial").await?;
        b.says("thresholds of budgets were passed").await?;
        b.look("dashboard-budget").await?;
        b.open_page("/commercial/budget").await?;
        b.follow("£20.55").await?;
        b.says("Lines of bills").await?;
        b.look("budget-of").await?;
        b.open_page("/commercial/budget").await?;
        b.press("We have seen this").await?;
        b.says("Seen by").await?;
        b.open_page("/commercial/budget/file").await?;
        b.look("budget-file").await?;
        b.fill_in(&[("rows", "Year,Side,Council,Agreement,Service,Budget\n2026/27,Lent,nowhere,X,,1")]).await?;
        b.press("Look at the rows").await?;
        b.says("Nothing was kept").await?;
        b.look("budget-file-wrong").await?;
        let right = "Year,Side,Council,Agreement,Service,Budget\n2026/27,Owed,wealdshire,WCC-MCC-2026-03,pothole,90";
        b.fill_in(&[("rows", right)]).await?;
        b.press("Look at the rows").await?;
        b.says("1 budget would change").await?;
        b.look("budget-file-seen").await?;
        b.press("Keep these budgets").await?;
        b.says("£90.00").await?;
        b.open_page("/commercial/agreements").await?;
        b.follow("WCC-MCC-2026-03").await?;
        b.says("nobody takes new work under this agreement").await?;
        b.look("agreement-ending").await?;
        Ok(b)
    });
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&designer).await?;
        b.open_page("/staff/services").await?;
        b.says("nobody provides this service").await?;
        b.look("services-ending").await?;
        Ok(b)
    });
}

#[test]
fn a_budget_on_a_desk() {
    a_budget(WIDE);
}

#[test]
fn a_budget_on_a_phone() {
    a_budget(NARROW);
}

#[test]
fn a_budget_on_the_smallest_phone() {
    a_budget(Window { width: 320, scripts: true });
}

#[test]
fn a_budget_without_scripts() {
    a_budget(OLD_PHONE);
}
