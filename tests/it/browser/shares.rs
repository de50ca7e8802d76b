//! Members who share their costs, as lead and member see it: a month's bills, the shares of a year, and its outturn.

use moothall::app;
use moothall::billing;
use moothall::identity::Role;
use moothall::kernel::Month;

use super::driver::{NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::bills::{by, commercial};
use crate::harness::{App, Database};
use crate::shares::{agrees, of, run_of};

fn a_year(window: Window) {
    let app = App::start_on(Database::with_partnership(), |_| {});
    let deal = of(&app, "marlhaven").id;
    let month = Month::parse("2026-10").unwrap();
    billing::prepare_run(&app.site.db, app.id("wealdshire"), deal, month, &by("Prepa"), app.now()).unwrap();
    let run = run_of(&app, "marlhaven", "2026-10");
    let lead = commercial(&app, "wealdshire", "Preparer", &[Role::Preparer]);
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&lead).await?;
        b.open_page(&format!("/commercial/agreements/{deal}")).await?;
        b.look("share-agreement").await?;
        b.open_page(&format!("/commercial/runs/{run}")).await?;
        b.says("Every member’s bill for this month").await?;
        b.look("share-run").await?;
        b.press("Send for review").await?;
        b.says("In review").await?;
        Ok(b)
    });
    for council in ["eastmere", "marlhaven"] {
        agrees(&app, council, "2026-10");
    }
    billing::issue(&app.site.db, app.id("wealdshire"), run, &by("Approver"), app.now()).unwrap();
    app::settle(&app.site).unwrap();
    let bill = app.database.texts("select id::text as text from document where gross_pence = 547266")[0].clone();
    let member = commercial(&app, "marlhaven", "Reader", &[Role::Preparer]);
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&member).await?;
        b.open_page(&format!("/commercial/documents/{bill}")).await?;
        b.says("is spent together in the month").await?;
        b.look("share-bill").await?;
        b.open_page(&format!("/commercial/shares/{deal}")).await?;
        b.says("Contributions against the agreed share").await?;
        b.look("shares").await?;
        Ok(b)
    });
    app.set_clock("2027-04-06T09:00:00Z");
    let lead = commercial(&app, "wealdshire", "Lead", &[Role::Preparer]);
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&lead).await?;
        b.open_page(&format!("/commercial/shares/{deal}?year=2026")).await?;
        b.look("outturn").await?;
        b.fill_in(&[("amount0", "598,402.17"), ("amount1", "a lot"), ("amount2", "121,407.12")]).await?;
        b.press("Work it out").await?;
        b.says("There is a problem").await?;
        b.look("outturn-wrong").await?;
        b.fill_in(&[("amount1", "60,210.00")]).await?;
        b.press("Work it out").await?;
        b.says("Nothing is entered yet").await?;
        b.look("outturn-tried").await?;
        b.press("Enter the outturn").await?;
        b.says("It goes on the next bill").await?;
        b.look("outturn-entered").await?;
        Ok(b)
    });
    app.leave_jobs();
}

#[test]
fn a_shared_year_on_a_desk() {
    a_year(WIDE);
}

#[test]
fn a_shared_year_on_a_phone() {
    a_year(NARROW);
}

#[test]
fn a_shared_year_without_scripts() {
    a_year(OLD_PHONE);
}
