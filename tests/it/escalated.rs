//! Either party escalates a dispute: the agreement's contacts on both sides are written to, and learn no more than where to look.

use moothall::app;
use moothall::billing;
use moothall::identity::Role;
use moothall::notify::catcher::{Catcher, newest};
use moothall::platform::{Clock, Error, Scope};

use super::bills::{MARLHAVEN, agree, breaches, by};
use super::harness::{App, Database};

fn billed(smtp: &str) -> (App, String) {
    let app = App::start_on(Database::with_strangers(), |config| smtp.clone_into(&mut config.mail.smtp_url));
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    deal.accept(&app, "pothole", "2026-10-05T09:00:00Z");
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    let id = app.database.texts("select id::text as text from document where series = 'invoice'").remove(0);
    let form = format!("/commercial/documents/{id}/lines/1/dispute");
    theirs.get(&form).is(200);
    theirs.submit(&form, &[("amount", "6.85"), ("reason", "Quay Street was ours to do")]).is(303);
    let dispute = theirs.page().location();
    (app, dispute)
}

#[test]
fn the_contacts_of_both_councils_are_told_where_to_look() {
    let dir = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(dir.path(), Clock::real()).unwrap();
    let (app, dispute) = billed(&catcher.url());
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    ours.get("/commercial").is(200).lacks("Escalated on");
    ours.get(&dispute)
        .is(200)
        .has("Martin Achebe, Head of Commercial Services, Wealdshire County Council")
        .has("Grace Okafor, Commercial Finance Manager, Marlhaven City Council");
    ours.submit(&dispute, &[("act", "escalate"), ("body", "")]).is(422).has("Say why");
    ours.submit(&dispute, &[("act", "escalate"), ("body", "Quay Street again")]).is(303);
    let to = "Martin Achebe (Wealdshire County Council) and Grace Okafor (Marlhaven City Council) on 2 November 2026";
    for visitor in [&mut ours, &mut theirs] {
        visitor.get(&dispute).is(200).has(to).has("Quay Street again").has("Open").lacks("If you cannot agree");
        visitor.get("/commercial").is(200).has("Escalated on 2 November 2026").has("£6.85 in dispute with");
    }
    let document = app.database.texts("select '/commercial/documents/' || document_id as text from line_dispute");
    theirs.get(&document[0]).is(200).has("Escalated on 2 November 2026");
    let mut approver = app.signed_in(&app.person("wealdshire", &[Role::Approver]));
    approver.get("/commercial").is(200).has("Waits for our decision").has("Escalated on 2 November 2026");
    approver.get(&dispute).is(200).has("Accept and issue the credit note");
    // Once.
    theirs.get(&dispute).is(200);
    theirs.submit(&dispute, &[("act", "escalate"), ("body", "We too")]).is(409).has("was escalated before");

    // What waits to be sent names nobody; what is sent says nothing of the case.
    let waits = app.database.texts("select payload::text as text from outbox where topic = 'billing.escalated'");
    assert!(waits.len() == 2 && waits.iter().all(|payload| !payload.contains('@')), "{waits:?}");
    app::settle(&app.site).unwrap();
    let mut mails = newest(dir.path(), 10).unwrap();
    mails.sort_by(|a, b| a.to.cmp(&b.to));
    let heads: Vec<_> = mails.iter().map(|mail| (mail.from.as_str(), mail.to.as_str())).collect();
    assert_eq!(
        heads,
        [
            ("Marlhaven City Council", "grace.okafor@marlhaven.example"),
            ("Wealdshire County Council", "martin.achebe@wealdshire.example")
        ]
    );
    for (mail, slug) in mails.iter().zip(["marlhaven", "wealdshire"]) {
        assert_eq!(mail.subject, "A dispute about WEA-INV-2026-0001 was escalated to you");
        assert!(mail.text.contains("£6.85 before VAT of WEA-INV-2026-0001"), "{}", mail.text);
        let link = app.site.config.link(&app.authority(slug).hosts[0], &dispute);
        assert!(mail.text.contains(&link), "{link}: {}", mail.text);
        assert!(!mail.text.contains("Quay") && !mail.text.contains("MAR-"), "{}", mail.text);
    }
    // Each council has its own mail, and no other.
    let kept = "select tenant_id::text || ' ' || recipient as text from message order by recipient";
    let own = |slug, to: &str| format!("{} {to}", app.id(slug));
    assert_eq!(
        app.database.texts(kept),
        [own("marlhaven", "grace.okafor@marlhaven.example"), own("wealdshire", "martin.achebe@wealdshire.example")]
    );
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn where_nobody_is_named_the_page_says_so_and_strangers_escalate_nothing() {
    let (app, dispute) = billed("smtp://127.0.0.1:9");
    app.database.force(
        "update agreement set running = jsonb_set(running, '{contact}', jsonb_build_array(running -> 'contact' -> 0))",
    );
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    let missing = "The agreement names no contact for Marlhaven City Council";
    theirs
        .get(&dispute)
        .is(200)
        .has(missing)
        .has("name somebody in the agreement’s next variation")
        .has("Martin Achebe");
    for (who, roles, answer) in
        [("eastmere", [Role::Preparer, Role::Approver], 404), ("marlhaven", [Role::Signatory, Role::Officer], 403)]
    {
        let mut other = app.signed_in(&app.person(who, &roles));
        let token = other.get("/track").token().unwrap();
        other.post(&dispute, &[("_token", &token), ("act", "escalate"), ("body", "x")]).is(answer);
    }
    theirs.submit(&dispute, &[("act", "escalate"), ("body", "We cannot agree")]).is(303);
    theirs.follow().is(200).has(missing).has("To Martin Achebe (Wealdshire County Council) on 2 November 2026");
    assert_eq!(
        app.database.texts("select count(*)::text as text from outbox where topic = 'billing.escalated'"),
        ["1"]
    );
    // What was settled is not escalated.
    let id = dispute.rsplit('/').next().unwrap().parse().unwrap();
    let now = app.now();
    let them = Scope::own(app.id("marlhaven"));
    app.site.db.scoped(them, |tx| billing::decide(tx, now, &by("Theirs"), id, true, "Found it")).unwrap();
    let again = app.site.db.scoped(them, |tx| billing::escalate(tx, now, &by("Theirs"), id, "Again"));
    assert!(matches!(again, Err(Error::Conflict(key)) if key == "error-dispute-decided"));
    app.leave_jobs();
}
