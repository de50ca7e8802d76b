//! An officer books time to a case and takes it back.

use moothall::identity::Role;

use super::driver::{NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::time::{pothole, started};

fn time(window: Window) {
    let app = started();
    let case = pothole(&app);
    let officer = app.signed_in(&app.person("wealdshire", &[Role::Officer]));
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&officer).await?;
        b.open_page(&case).await?;
        b.look("case-without-time").await?;
        b.follow("Book time").await?;
        b.look("time-none").await?;
        b.press("Book the time").await?;
        b.says("There is a problem").await?;
        b.look("time-wrong").await?;
        b.fill_in(&[("hours", "1"), ("minutes", "25"), ("work", "visit")]).await?;
        b.press("Book the time").await?;
        b.says("The time is booked").await?;
        b.look("time-booked").await?;
        b.open_page(&case).await?;
        b.says("1 hour 25 minutes booked").await?;
        Ok(b)
    });
}

#[test]
fn time_on_a_desk() {
    time(WIDE);
}

#[test]
fn time_on_a_phone() {
    time(NARROW);
}

#[test]
fn time_without_scripts() {
    time(OLD_PHONE);
}
