//! A resident follows her case and signs in to her account, looking at every page; the officer sees what she did.

use moothall::app;
use moothall::identity::Role;
use moothall::notify::catcher::{self, Catcher};
use moothall::platform::Clock;

use super::driver::{NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::follow::report;
use crate::harness::App;

fn following(window: Window) {
    let mails = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(mails.path(), Clock::real()).unwrap();
    let app = App::start_with(|config| config.mail.smtp_url = catcher.url());
    let (reference, link) = report(&mut app.visitor("marlhaven"));
    app.set_clock("2026-12-01T10:00:00Z");
    browse(&app, "marlhaven", window, async |b| {
        b.open_page(&link).await?;
        b.look("follow-late").await?;
        b.press("Send message").await?;
        b.says("Write your message").await?;
        b.look("follow-message-wrong").await?;
        b.fill_in(&[("said", "It is deeper now.")]).await?;
        b.press("Send message").await?;
        b.says("We have your message").await?;
        b.look("follow-message-sent").await?;
        b.press("Ask why it is late").await?;
        b.says("We will answer by 8 December 2026").await?;
        b.follow("I no longer need this").await?;
        b.look("follow-withdraw").await?;
        b.follow("Go back without sending").await?;
        Ok(b)
    });
    let mut officer = app.signed_in(&app.person("wealdshire", &[Role::Officer]));
    let case = format!("/staff/cases/marlhaven/{reference}");
    browse(&app, "wealdshire", window, async |b| {
        b.come_as(&officer).await?;
        b.open_page("/staff?tab=messages").await?;
        b.says("Chased").await?;
        b.look("staff-queue-messages").await?;
        b.open_page(&case).await?;
        b.says("It is deeper now.").await?;
        b.look("staff-case-message").await?;
        Ok(b)
    });
    officer.get(&format!("{case}/resolve")).is(200);
    officer.submit("/resolve", &[("choice", "Repaired"), ("said", "")]).is(303);
    browse(&app, "marlhaven", window, async |b| {
        b.open_page(&link).await?;
        b.look("follow-resolved").await?;
        b.press("Yes, it is sorted").await?;
        b.says("You can change your answer").await?;
        b.look("follow-sorted").await?;
        b.press("No").await?;
        b.says("What is still wrong").await?;
        b.look("follow-reopen").await?;
        b.fill_in(&[("said", "The tar has sunk.")]).await?;
        b.press("Reopen this case").await?;
        b.says("This case is open again").await?;
        b.look("follow-reopened").await?;
        b.follow("I no longer need this").await?;
        b.press("Withdraw this case").await?;
        b.look("follow-withdrawn").await?;
        b.follow("Your account").await?;
        b.look("account-ask").await?;
        b.press("Send me a link").await?;
        b.look("account-ask-wrong").await?;
        b.fill_in(&[("email", "sam.okafor@example.org")]).await?;
        b.press("Send me a link").await?;
        b.look("account-sent").await?;
        app::settle(&app.site).unwrap();
        let mails = catcher::newest(mails.path(), 100).unwrap();
        let text = mails.iter().map(|m| m.text.clone()).find(|text| text.contains("/account/in/")).unwrap();
        let link = text[text.find("/account/in/").unwrap()..].split_whitespace().next().unwrap().to_owned();
        b.open_page(&link).await?;
        b.look("account-in").await?;
        b.press("Sign in").await?;
        b.says(&reference).await?;
        b.look("account").await?;
        b.follow("Who has looked").await?;
        b.says("Wealdshire County Council").await?;
        b.look("account-looked").await?;
        b.open_page(&link).await?;
        b.look("account-link-gone").await?;
        Ok(b)
    });
}

#[test]
fn following_on_a_desk() {
    following(WIDE);
}

#[test]
fn following_on_a_phone() {
    following(NARROW);
}

#[test]
fn following_without_scripts() {
    following(OLD_PHONE);
}
