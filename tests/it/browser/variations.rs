//! A provider builds the prices of a variation and offers it; both councils sign; the page of differences shows it.

use std::time::Duration;

use moothall::app;
use moothall::identity::Role;
use thirtyfour::prelude::*;

use super::driver::{NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::bills::{EASTMERE, PASSWORD, agree, commercial};
use crate::harness::{App, Database};

fn a_variation(window: Window) {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "eastmere", EASTMERE);
    for day in 10..25 {
        deal.accept(&app, "pothole", &format!("2026-10-{day}T10:00:00Z"));
    }
    app::settle(&app.site).unwrap();
    let ours = commercial(&app, "wealdshire", "Prepa", &[Role::Preparer, Role::Signatory]);
    let theirs = commercial(&app, "eastmere", "Reader", &[Role::Preparer, Role::Signatory]);
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&ours).await?;
        b.open_page("/commercial/agreements").await?;
        b.follow("WCC-EDC-2026-05").await?;
        b.look("agreement-propose").await?;
        b.follow("Propose a variation").await?;
        b.look("variation-terms").await?;
        b.fill_in(&[("payment_terms_days", "soon"), ("review_on", "")]).await?;
        b.press("Save these terms").await?;
        b.says("must be a whole number").await?;
        b.look("variation-terms-wrong").await?;
        b.fill_in(&[("payment_terms_days", "45")]).await?;
        b.press("Save these terms").await?;
        b.look("variation-prices").await?;
        b.driver.find(By::Css("#t0-p0-kind option[value=volume]")).await?.click().await?;
        b.press("Ask for what this kind needs").await?;
        let bands = [("t0-p0-b0-up_to", "10"), ("t0-p0-b0-unit_price", "8.00"), ("t0-p0-b1-unit_price", "6.50")];
        b.fill_in(&bands).await?;
        if window.scripts {
            // At once, without a button.
            let cliff = b.driver.query(By::XPath("//*[@id='outcome'][contains(., '11 cost £8.50 less than 10')]"));
            cliff.wait(Duration::from_secs(20), Duration::from_millis(20)).exists().await?;
        }
        b.press("Work it out").await?;
        b.says("11 cost £8.50 less than 10.").await?;
        b.look("variation-worked").await?;
        b.fill_in(&[("t0-p0-b0-up_to", "none")]).await?;
        b.press("Save these prices").await?;
        b.says("There is a problem").await?;
        b.look("variation-prices-wrong").await?;
        b.fill_in(&[("t0-p0-b0-up_to", "10")]).await?;
        b.press("Save these prices").await?;
        b.says("Within 45 days of issue").await?;
        b.look("variation-draft").await?;
        b.press("Offer variation 2").await?;
        b.says("Offered").await?;
        b.fill_in(&[("office", "Director"), ("password", PASSWORD)]).await?;
        b.press("Sign").await?;
        b.says("Signed here").await?;
        Ok(b)
    });
    browse(&app, "eastmere", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&theirs).await?;
        b.open_page("/commercial").await?;
        b.follow("Agreement WCC-EDC-2026-05 with Wealdshire").await?;
        b.look("variation-offered").await?;
        b.fill_in(&[("office", "Finance Director"), ("password", PASSWORD)]).await?;
        b.press("Sign").await?;
        b.follow("What changes between variations").await?;
        b.says("Within 45 days of issue").await?;
        b.says("1 to 10: £8.00; above 10: £6.50").await?;
        b.look("variation-compared").await?;
        Ok(b)
    });
    app.leave_jobs();
}

#[test]
fn a_variation_on_a_desk() {
    a_variation(WIDE);
}

#[test]
fn a_variation_on_a_phone() {
    a_variation(NARROW);
}

#[test]
fn a_variation_on_a_small_phone() {
    a_variation(Window { width: 320, scripts: true });
}

#[test]
fn a_variation_without_scripts() {
    a_variation(OLD_PHONE);
}
