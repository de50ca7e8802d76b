//! Both commercial teams settle a dispute about a line.

use moothall::app;
use moothall::identity::Role;

use super::driver::{NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::bills::{PASSWORD, commercial};
use crate::disputes::billed;

fn a_dispute(window: Window) {
    let (app, id) = billed();
    let theirs = commercial(&app, "marlhaven", "Preparer", &[Role::Preparer]);
    let ours = commercial(&app, "wealdshire", "Approver", &[Role::Approver]);
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&theirs).await?;
        b.open_page(&format!("/commercial/documents/{id}/lines/1")).await?;
        b.look("disputed-line").await?;
        b.follow("Dispute this line").await?;
        b.look("doubt").await?;
        b.press("Raise the dispute").await?;
        b.says("There is a problem").await?;
        b.look("doubt-wrong").await?;
        b.fill_in(&[
            ("amount", "13.70"),
            ("reason", "Two of these three were reported twice.\nThe second and third are one hole."),
            ("references", "MAR-0000-00000"),
        ])
        .await?;
        b.press("Raise the dispute").await?;
        b.says("Dispute over £13.70").await?;
        b.look("dispute-theirs").await?;
        Ok(b)
    });
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&ours).await?;
        b.open_page("/commercial").await?;
        b.look("dashboard-dispute").await?;
        b.follow("Marlhaven doubts £13.70 of a bill").await?;
        b.look("dispute-ours").await?;
        b.fill_in(&[("amount", "6.85"), ("body", "One was counted twice."), ("password", "not this one")]).await?;
        b.press("Accept and issue the credit note").await?;
        b.says("That password or code is not right").await?;
        b.look("dispute-wrong").await?;
        b.fill_in(&[("password", PASSWORD)]).await?;
        b.press("Accept and issue the credit note").await?;
        b.says("Accepted").await?;
        b.look("dispute-settled").await?;
        b.follow("WEA-CRN-2026-0001").await?;
        b.look("credit-note").await?;
        b.open_page(&format!("/commercial/documents/{id}")).await?;
        b.says("Credited").await?;
        b.look("credited-bill").await?;
        Ok(b)
    });
    app::settle(&app.site).unwrap();
    app.leave_jobs();
}

#[test]
fn a_dispute_on_a_desk() {
    a_dispute(WIDE);
}

#[test]
fn a_dispute_on_a_phone() {
    a_dispute(NARROW);
}

#[test]
fn a_dispute_without_scripts() {
    a_dispute(OLD_PHONE);
}
