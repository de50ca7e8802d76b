//! Both commercial teams settle a dispute about a line, alone or two of them; and what becomes of words and of cases meanwhile.

use jiff::SignedDuration;
use moothall::identity::Role;
use moothall::platform::{Scope, Tx};
use moothall::{app, billing};

use super::driver::{NARROW, OLD_PHONE, WIDE, Window, browse};
use crate::bills::{MARLHAVEN, PASSWORD, agree, by, commercial};
use crate::disputes::billed;
use crate::harness::{App, Database};
use crate::two_officers::{self, Billed};

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

fn two_officers(window: Window) {
    let Billed { app, document, number, reference } = two_officers::billed();
    let lead = commercial(&app, "marlhaven", "Lead", &[Role::Preparer, Role::Safeguarding, Role::Officer]);
    let may = &[Role::Approver, Role::Safeguarding, Role::Officer];
    let (first, second) = (commercial(&app, "wealdshire", "First", may), commercial(&app, "wealdshire", "Second", may));
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&lead).await?;
        b.open_page(&format!("/commercial/documents/{document}/lines/1/dispute")).await?;
        b.says("This service is private").await?;
        b.look("doubt-private").await?;
        b.fill_in(&[("amount", "6.85"), ("reason", "We had closed it ourselves."), ("references", &number)]).await?;
        b.press("Raise the dispute").await?;
        b.says("Dispute over £6.85").await?;
        b.follow("See which cases these are").await?;
        b.says(&reference).await?;
        b.look("doubted-cases").await?;
        b.follow("Dispute over £6.85").await?;
        b.press("Escalate the dispute").await?;
        b.says("There is a problem").await?;
        b.look("escalate-wrong").await?;
        b.fill_in(&[("body", "We have asked twice.")]).await?;
        b.press("Escalate the dispute").await?;
        b.says("Grace Okafor (Marlhaven City Council)").await?;
        b.look("escalated").await?;
        b.open_page("/commercial").await?;
        b.says("Escalated on").await?;
        b.look("dashboard-escalated").await?;
        Ok(b)
    });
    for (person, name) in [(&first, "first"), (&second, "second")] {
        browse(&app, "wealdshire", window, async |b| {
            b.open_page("/help").await?;
            b.come_as(person).await?;
            b.open_page("/commercial").await?;
            b.follow("Marlhaven doubts £6.85 of a bill").await?;
            b.look(&format!("private-{name}")).await?;
            if name == "first" {
                b.fill_in(&[("body", "It was closed in time."), ("password", PASSWORD)]).await?;
                b.press("Propose to accept it").await?;
                b.says("You proposed it, so somebody else has to confirm it").await?;
                b.look("private-waits").await?;
            } else {
                b.press("Confirm and issue the credit note").await?;
                b.says("That password or code is not right").await?;
                b.look("private-confirm-wrong").await?;
                b.fill_in(&[("password", PASSWORD)]).await?;
                b.press("Confirm and issue the credit note").await?;
                b.says("First and Second, Wealdshire County Council").await?;
                b.look("private-settled").await?;
                b.open_page(&format!("/commercial/documents/{document}")).await?;
                b.look("private-credited-bill").await?;
            }
            Ok(b)
        });
    }
    app::settle(&app.site).unwrap();
    app.leave_jobs();
}

#[test]
fn two_officers_on_a_desk() {
    two_officers(WIDE);
}

#[test]
fn two_officers_on_a_phone() {
    two_officers(NARROW);
}

#[test]
fn two_officers_without_scripts() {
    two_officers(OLD_PHONE);
}

fn words_come_back(window: Window) {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    deal.accept(&app, "pothole", "2026-10-05T09:00:00Z");
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    let send = || {
        let sent = |tx: &mut Tx<'_>| billing::send_for_review(tx, app.now(), &by("Prepa"), run);
        app.site.db.scoped(Scope::own(app.id("wealdshire")), sent).unwrap();
    };
    let again = || {
        app.set_clock(&(app.now() + SignedDuration::from_mins(1)).to_string());
        deal.prepare(&app, "2026-10").unwrap();
    };
    send();
    let reader = commercial(&app, "marlhaven", "Reader", &[Role::Preparer]);
    let page = format!("/commercial/runs/{run}");
    browse(&app, "marlhaven", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&reader).await?;
        b.open_page(&page).await?;
        b.fill_in(&[("body", "Line 1 is one too many.")]).await?;
        again();
        send();
        b.press("Send").await?;
        b.says("These drafts were prepared again since you read them").await?;
        b.look("review-prepared-again").await?;
        again();
        b.press("Send").await?;
        b.says("What you wrote was not sent").await?;
        b.look("review-unsaid").await?;
        Ok(b)
    });
    assert_eq!(app.database.texts("select body as text from review_entry where kind = 'message'"), [""; 0]);
}

#[test]
fn words_come_back_on_a_desk() {
    words_come_back(WIDE);
}

#[test]
fn words_come_back_on_a_phone() {
    words_come_back(NARROW);
}

#[test]
fn words_come_back_without_scripts() {
    words_come_back(OLD_PHONE);
}

fn an_erased_case(window: Window) {
    let app = App::start();
    let (mar, version) = (app.id("marlhaven"), app.services().find(app.id("marlhaven"), "pothole").unwrap().version);
    app.database.force(&format!(
        "insert into erased_case (tenant_id, case_id, provider_id, party_id, reference, sensitive, service, version, retention_months, \
         closed_on, erased_on) values ('{mar}', gen_random_uuid(), '{}', '{mar}', 'MAR-7K3Q-9F2TX', false, 'pothole', {version}, 24, \
         '2024-10-05', '2026-10-06')",
        app.id("wealdshire")
    ));
    let officer = app.signed_in(&app.person("wealdshire", &[Role::Officer]));
    browse(&app, "wealdshire", window, async |b| {
        b.open_page("/help").await?;
        b.come_as(&officer).await?;
        b.open_page("/staff/cases/marlhaven/MAR-7K3Q-9F2TX").await?;
        b.says("MAR-7K3Q-9F2TX was erased on 6 October 2026").await?;
        b.look("erased-case").await?;
        Ok(b)
    });
}

#[test]
fn an_erased_case_on_a_desk() {
    an_erased_case(WIDE);
}

#[test]
fn an_erased_case_on_a_phone() {
    an_erased_case(NARROW);
}
