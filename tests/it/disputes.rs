//! A line is doubted, talked about and settled; what is credited is in both books, and nothing is credited twice.

use moothall::app;
use moothall::billing::{self, DisputeAct, Doubt};
use moothall::identity::Role;
use moothall::kernel::{AuthorityId, Pence};
use moothall::platform::Scope;
use uuid::Uuid;

use super::bills::{MARLHAVEN, PASSWORD, agree, breaches, by, commercial};
use super::harness::{App, Database};

/// A bill of three potholes and what stands beside them, issued to Marlhaven: the server and the invoice.
pub fn billed() -> (App, Uuid) {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    for at in ["2026-10-05T09:00:00Z", "2026-10-06T09:00:00Z", "2026-10-07T09:00:00Z"] {
        deal.accept(&app, "pothole", at);
    }
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    let id = app.database.texts("select id::text as text from document where series = 'invoice'")[0].parse().unwrap();
    (app, id)
}

fn doubt(document_id: Uuid, amount: i64) -> Doubt {
    let reason = "Two of these were ours to do".to_owned();
    Doubt { document_id, line: 1, amount: Pence(amount), reason, doubted: vec![] }
}

fn own(app: &App, council: &str) -> Scope {
    Scope::own(app.id(council))
}

#[test]
fn a_dispute_goes_from_the_line_to_the_credit_note_on_both_sides() {
    let (app, id) = billed();
    let line = format!("/commercial/documents/{id}/lines/1");
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    let page = theirs.get(&line).is(200).has("Dispute this line");
    assert!(page.body.contains("MAR-0000-00000"));
    let form = format!("{line}/dispute");
    theirs.get(&form).is(200).has("At most £20.55");
    // What is wrong is told by field, and what was typed stays.
    let wrong = [("amount", "20.56"), ("reason", ""), ("references", "MAR-0000-00000 MAR-9999-99999")];
    theirs
        .submit(&form, &wrong)
        .is(422)
        .has("Enter an amount in pounds and pence, above nothing and at most £20.55")
        .has("Say why")
        .has("This line does not charge for MAR-9999-99999.")
        .has("value=\"20.56\"");
    let right = [("amount", "£ 13.70"), ("reason", "Two of these are duplicates"), ("references", "mar-0000-00000")];
    theirs.submit(&form, &right).is(303);
    let dispute = theirs.page().location();
    theirs.follow().is(200).has("Dispute over £13.70").has("Open").has("Two of these are duplicates");
    theirs.get(&form).is(200).has("At most £6.85");

    let mut officer = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    officer.get(&dispute).is(200).has("An approver of Wealdshire County Council accepts or rejects it");
    officer.submit(&dispute, &[("act", "say"), ("body", "Which two?")]).is(303);
    theirs.get(&dispute).is(200).has("Which two?");
    let token = officer.get(&dispute).token().unwrap();
    officer.post(&dispute, &[("_token", &token), ("act", "reject"), ("body", "No")]).is(403);

    let mut ours = commercial(&app, "wealdshire", "Approver", &[Role::Approver]);
    ours.get("/commercial").is(200).has("doubts £13.70 of a bill");
    let token = ours.get(&dispute).is(200).has("Accept and issue the credit note").token().unwrap();
    let settle = |amount, body, password| {
        [("_token", token.as_str()), ("act", "accept"), ("amount", amount), ("body", body), ("password", password)]
    };
    ours.post(&dispute, &settle("13.71", "", PASSWORD)).is(422).has("at most £13.70").has("Say why").has("13.71");
    ours.post(&dispute, &settle("6.85", "One was a duplicate", "wrong"))
        .is(422)
        .has("That password or code is not right");
    ours.post(&dispute, &settle("6.85", "One was a duplicate", PASSWORD)).is(303);
    let credit = ours.follow().is(200).has("Accepted").has("£6.85 of it").link("/commercial/documents/");
    app::settle(&app.site).unwrap();
    for visitor in [&mut ours, &mut theirs] {
        visitor.get(&dispute).is(200).has("WEA-CRN-2026-0001");
        visitor
            .get(&format!("/commercial/documents/{id}"))
            .is(200)
            .has("Credited")
            .has("£8.22")
            .has("WEA-CRN-2026-0001");
    }
    let note = app.database.texts("select id::text as text from document where kind = 'credit'");
    let note = theirs
        .get(&format!("/commercial/documents/{}", note[0]))
        .is(200)
        .has("Credit note")
        .has("−£6.85")
        .has("−£8.22");
    assert!(note.body.contains("One was a duplicate") && !credit.is_empty());
    // What is settled is settled: once, and for one credit note.
    ours.post(&dispute, &settle("6.85", "Again", PASSWORD)).is(409).has("was settled meanwhile");
    let books = "select account || ' ' || sum(amount_pence) as text from posting p join journal_entry j on j.id = p.entry_id \
                 where j.description = 'WEA-CRN-2026-0001' group by account order by 1";
    assert_eq!(
        app.database.texts(books),
        ["expenditure -685", "income 685", "input-vat -137", "output-vat 137", "payable 822", "receivable -822"]
    );
    assert_eq!(breaches(&app), [""; 0]);

    // Nobody else's business, and not the other party's acts.
    let mut stranger = app.signed_in(&app.person("eastmere", &[Role::Preparer, Role::Approver]));
    let nothing = stranger.get(&format!("/commercial/disputes/{}", Uuid::nil())).is(404);
    assert_eq!(stranger.get(&dispute).is(404).text(), nothing.text());
    stranger.get(&form).is(404);
    app.signed_in(&app.person("wealdshire", &[Role::Preparer])).get(&form).is(404);
}

#[test]
fn no_more_is_doubted_or_credited_than_was_charged() {
    let (app, id) = billed();
    let now = app.now();
    let (them, us) = (own(&app, "marlhaven"), own(&app, "wealdshire"));
    let raise = |amount| app.site.db.scoped(them, |tx| billing::raise(tx, now, &by("Theirs"), &doubt(id, amount)));
    let accept = |dispute, amount| {
        app.site.db.scoped(us, |tx| billing::accept(tx, now, &by("Ours"), dispute, Pence(amount), "It was twice"))
    };
    let decide = |scope, dispute, withdraws| {
        app.site.db.scoped(scope, |tx| billing::decide(tx, now, &by("Someone"), dispute, withdraws, "Because"))
    };
    assert!(raise(0).is_err() && raise(-1).is_err() && raise(2_056).is_err());
    let (first, second) = (raise(1_000).unwrap(), raise(1_055).unwrap());
    assert!(raise(1).is_err(), "all of it is in dispute");
    // Neither party does the other's acts.
    assert!(decide(them, first, false).is_err() && decide(us, first, true).is_err());
    assert!(app.site.db.scoped(them, |tx| billing::accept(tx, now, &by("x"), first, Pence(1), "x")).is_err());
    assert!(accept(first, 1_001).is_err());
    decide(them, second, true).unwrap();
    assert!(accept(second, 1).is_err() && decide(us, second, false).is_err(), "it was withdrawn");
    let third = raise(1_055).unwrap();
    accept(first, 1_000).unwrap();
    accept(third, 1_055).unwrap();
    assert!(raise(1).is_err(), "all of it is credited");
    app::settle(&app.site).unwrap();
    // The line and its VAT are gone to the penny.
    let sums = app
        .database
        .texts("select sum(net_pence) || ' ' || sum(vat_pence) as text from document where kind = 'credit'");
    assert_eq!(sums, ["-2055 -411"]);
    assert_eq!(breaches(&app), [""; 0]);
    let disputes = app.site.db.scoped(them, |tx| {
        let bill = billing::document(tx, id)?;
        billing::disputes_of(tx, &bill)
    });
    let decided: Vec<(Pence, DisputeAct)> =
        disputes.unwrap().iter().map(|d| (d.amount, d.decided().unwrap().act)).collect();
    let accepted =
        |of| decided.iter().any(|(amount, act)| matches!(act, DisputeAct::Accept(a, _) if a == amount && *a == of));
    assert!(accepted(Pence(1_000)) && accepted(Pence(1_055)), "{decided:?}");
    assert!(decided.contains(&(Pence(1_055), DisputeAct::Withdraw)));
}

#[test]
fn what_comes_off_the_next_bill_by_itself_is_not_credited_besides() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    let case = deal.accept(&app, "pothole", "2026-10-05T09:00:00Z");
    deal.accept(&app, "pothole", "2026-10-06T09:00:00Z");
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    let text = |sql: &str| app.database.texts(sql)[0].parse::<Uuid>().unwrap();
    let id = text("select id::text as text from document where series = 'invoice'");
    let event = text(&format!("select id::text as text from usage_event where subject_id = '{case}'"));
    let doubt = Doubt { doubted: vec![event], ..doubt(id, 685) };
    let (now, them) = (app.now(), own(&app, "marlhaven"));
    let raise = || app.site.db.scoped(them, |tx| billing::raise(tx, now, &by("Theirs"), &doubt));
    let raised = raise().unwrap();
    assert_eq!(deal.give_back(&app, case, "2026-11-03T09:00:00Z", "duplicate"), 1);
    let accepted = app
        .site
        .db
        .scoped(own(&app, "wealdshire"), |tx| billing::accept(tx, now, &by("Ours"), raised, Pence(685), "Twice"));
    for refused in [accepted, raise()] {
        assert!(refused.unwrap_err().to_string().contains("error-dispute-taken-back"));
    }
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn of_two_who_settle_at_once_one_is_told() {
    let (app, id) = billed();
    let now = app.now();
    let dispute = app
        .site
        .db
        .scoped(own(&app, "marlhaven"), |tx| billing::raise(tx, now, &by("Theirs"), &doubt(id, 2_055)))
        .unwrap();
    let us: AuthorityId = app.id("wealdshire");
    let accepted: Vec<bool> = std::thread::scope(|threads| {
        let one = |_| {
            threads.spawn(|| {
                let accept = |tx: &mut moothall::platform::Tx<'_>| {
                    billing::accept(tx, now, &by("Ours"), dispute, Pence(2_055), "Twice")
                };
                app.site.db.scoped(Scope::own(us), accept).is_ok()
            })
        };
        let all: Vec<_> = (0..8).map(one).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(accepted.iter().filter(|ok| **ok).count(), 1);
    assert_eq!(app.database.texts("select count(*)::text as text from document where kind = 'credit'"), ["1"]);
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}
