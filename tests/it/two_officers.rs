//! A doubt about a sensitive service: few see which cases it is about, each look is recorded, and two officers settle it.

use diesel::prelude::*;
use moothall::app;
use moothall::billing::{self, DisputeAct, Doubt};
use moothall::identity::Role;
use moothall::kernel::{Actor, Pence, new_id};
use moothall::platform::{Error, Result, Scope, Tx};
use uuid::Uuid;

use super::bills::{MARLHAVEN, PASSWORD, agree, breaches, commercial};
use super::casework::private_case;
use super::harness::App;

/// What may be known of a private bill: its id, the number of one of its counts, and the reference of the case behind it.
pub struct Billed {
    pub app: App,
    pub document: Uuid,
    pub number: String,
    pub reference: String,
}

/// Three cases of a sensitive service that Wealdshire worked and billed to Marlhaven; of one of them the case is there.
pub fn billed() -> Billed {
    let app = App::start();
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    let reference = private_case(&app);
    for day in ["05", "06", "07"] {
        deal.count(&app, "pothole", &format!("2026-10-{day}T09:00:00Z"), true);
    }
    let (wea, case) = (app.id("wealdshire"), format!("(select id from cases where reference = '{reference}')"));
    let children = ["answer_sheet", "case_event", "case_file"];
    let children = children.map(|child| format!("update {child} set handler_id = '{wea}' where case_id = {case};"));
    app.database.force(&format!(
        "update cases set handler_id = '{wea}', agreement_id = (select id from agreement where reference = 'WCC-MCC-2026-03')
           where reference = '{reference}'; {}
         update usage_event set subject_id = {case} where id = (select id from usage_event where is_private order by occurred_at limit 1)",
        children.concat()
    ));
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    let one = |sql: &str| app.database.texts(sql).remove(0);
    let document = one("select id::text as text from document where series = 'invoice'").parse().unwrap();
    let number = one(&format!("select reference as text from usage_event where subject_id = {case}"));
    Billed { app, document, number, reference }
}

#[test]
fn one_proposes_another_confirms_and_both_names_stand() {
    let Billed { app, document, number, reference } = billed();
    let line = format!("/commercial/documents/{document}/lines/1");
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    theirs.get(&line).is(200).has(&number).lacks(&reference);
    let form = format!("{line}/dispute");
    theirs.get(&form).is(200).has("This service is private");
    theirs.submit(&form, &[("amount", "13.70"), ("reason", "One is not ours"), ("references", &number)]).is(303);
    let dispute = theirs.page().location();
    let cases = format!("{dispute}/cases");
    theirs
        .follow()
        .is(200)
        .has("two officers of Wealdshire County Council")
        .has(&number)
        .lacks(&reference)
        .lacks(&cases);

    // Who has the role on either side sees which cases they are, and each look stands with the case.
    let looks = || {
        let sql = "select by_name || ', ' || purpose as text from audit_entry where action = 'case.doubted' order by 1";
        app.database.texts(sql)
    };
    let mut approver = commercial(&app, "wealdshire", "Approver", &[Role::Approver]);
    for outsider in [&mut theirs, &mut approver] {
        outsider.get(&cases).is(404).lacks(&reference);
    }
    assert_eq!(looks(), [""; 0]);
    let may = &[Role::Approver, Role::Safeguarding, Role::Officer];
    let mut lead = commercial(&app, "marlhaven", "Lead", may);
    let mut first = commercial(&app, "wealdshire", "First", &[Role::Preparer, Role::Safeguarding]);
    let mut second = commercial(&app, "wealdshire", "Second", may);
    for insider in [&mut lead, &mut first] {
        insider.get(&dispute).is(200).has("See which cases these are").lacks(&reference);
        insider.get(&cases).is(200).has(&number).has(&reference);
    }
    let number = app.database.texts("select number_text as text from document where series = 'invoice'").remove(0);
    assert_eq!(looks(), ["First", "Lead"].map(|name| format!("{name}, settling a dispute about {number}")));
    lead.get(&format!("/staff/cases/marlhaven/{reference}"))
        .is(200)
        .has("Looked up which case is doubted")
        .has("First");

    // Neither an officer without the role nor the other council settles it.
    approver.get("/commercial").is(200).has("Marlhaven doubts £13.70 of a bill");
    let accept = [("act", "accept"), ("amount", "6.85"), ("body", "One was returned"), ("password", PASSWORD)];
    approver.get(&dispute).is(200).has("who also has the safeguarding role").lacks("Propose to");
    approver.submit(&dispute, &accept).is(403);
    lead.get(&dispute).is(200).lacks("Propose to");
    lead.submit(&dispute, &accept).is(404);
    let wrong = [("act", "accept"), ("amount", "13.71"), ("body", ""), ("password", PASSWORD)];
    first.get(&dispute).is(200).has("Propose to accept it");
    first.submit(&dispute, &wrong).is(422).has("at most £13.70").has("Say why").has("value=\"13.71\"");
    let reject = |password| [("act", "reject"), ("body", "All were ours to do"), ("password", password)];
    first
        .submit(&dispute, &reject("not this"))
        .is(422)
        .has("That password or code is not right")
        .has("All were ours to do");
    first.submit(&dispute, &reject(PASSWORD)).is(303);
    let waiting = || {
        let sql = "select id::text as text from dispute_entry where kind like 'propose-%' and id not in (select proposal_id from dispute_entry where proposal_id is not null)";
        app.database.texts(sql).remove(0)
    };
    let rejection = waiting();
    first.follow().is(200).has("Waits for a second officer").has("You proposed it, so somebody else has to confirm it");
    theirs.get(&dispute).is(200).has("Waits for a second officer").has("First proposes to reject it");
    theirs.get(&format!("/commercial/documents/{document}")).is(200).has("Waits for a second officer");

    // The second thinks otherwise, sends it back and proposes; the first is no approver, so somebody else has to be found.
    second.get("/commercial").is(200).has("Waits for a second officer");
    second.get(&dispute).is(200).has("Confirm that it is rejected").has("Or send it back");
    let back = |body| [("act", "send-back"), ("proposal", rejection.as_str()), ("body", body)];
    second.submit(&dispute, &back("")).is(422).has("Say why");
    second.submit(&dispute, &back("One was returned in time")).is(303);
    second.follow().is(200).has("Sent back").has("Propose to accept it");
    let confirm = |proposal| [("act", "confirm"), ("proposal", proposal), ("password", PASSWORD)];
    second.submit(&dispute, &confirm(rejection.as_str())).is(409).has("has changed since you looked at it");
    second.get(&dispute).is(200);
    second.submit(&dispute, &accept).is(303);
    let acceptance = waiting();
    second.follow().is(200).has("Second proposes to accept £6.85 of it");
    second.submit(&dispute, &confirm(acceptance.as_str())).is(409).has("You proposed this");
    second.get(&dispute).is(200);
    second.submit(&dispute, &accept).is(409).has("has proposed something meanwhile");
    first.get(&dispute).is(200).lacks("Confirm and issue");
    first.submit(&dispute, &confirm(acceptance.as_str())).is(403);
    approver.get(&dispute).is(200);
    approver.submit(&dispute, &confirm(acceptance.as_str())).is(403);
    lead.get(&dispute).is(200);
    lead.submit(&dispute, &confirm(acceptance.as_str())).is(404);

    // Somebody who is kept from one of the cases is kept from settling it.
    let third = app.person("wealdshire", may);
    let mut kept = app.signed_in(&third);
    kept.get(&cases).is(200).has(&reference);
    app.database.force(&format!(
        "insert into case_conflict (tenant_id, case_id, staff_id, reason, by_name, at) values ('{}', \
         (select id from cases where reference = '{reference}'), '{}', 'A neighbour', 'x', '{}')",
        app.id("wealdshire"),
        third.id,
        app.now()
    ));
    kept.get(&cases).is(404).lacks(&reference);
    kept.get(&dispute).is(200).lacks("Confirm and issue");
    kept.submit(&dispute, &confirm(acceptance.as_str())).is(403);
    assert_eq!(app.database.texts("select count(*)::text as text from document where kind = 'credit'"), ["0"]);

    let mut last = commercial(&app, "wealdshire", "Last", may);
    last.get(&dispute).is(200).has("Confirm and issue the credit note");
    let wrong = [("act", "confirm"), ("proposal", acceptance.as_str()), ("password", "not this")];
    last.submit(&dispute, &wrong).is(422).has("That password or code is not right");
    last.submit(&dispute, &confirm(acceptance.as_str())).is(303);
    app::settle(&app.site).unwrap();
    for visitor in [&mut theirs, &mut first] {
        visitor.get(&dispute).is(200).has("Second and Last, Wealdshire County Council").has("WEA-CRN-2026-0001");
    }
    let names = "select (snapshot ->> 'prepared_by') || ', ' || (snapshot ->> 'approved_by') as text from document where kind = 'credit'";
    assert_eq!(app.database.texts(names), ["Second, Last"]);
    let acts =
        "select action || ', ' || by_name as text from audit_entry where subject_kind = 'dispute' order by at, id";
    let did = app.database.texts(acts);
    for act in ["propose, First", "send-back, Second", "propose, Second", "accept, Last"] {
        assert!(did.contains(&format!("dispute.{act}")), "{act}: {did:?}");
    }
    assert_eq!(breaches(&app), [""; 0]);
}

fn officer(app: &App, name: &str) -> Actor {
    Actor { staff_id: Some(new_id(app.now())), name: name.to_owned(), authority_name: "Wealdshire".to_owned() }
}

#[test]
fn no_way_round_the_second_officer() {
    let Billed { app, document, .. } = billed();
    let (now, us, them) = (app.now(), Scope::own(app.id("wealdshire")), Scope::own(app.id("marlhaven")));
    let (first, second) = (officer(&app, "First"), officer(&app, "Second"));
    let db = &app.site.db;
    let raise = |amount| {
        let doubt = Doubt {
            document_id: document,
            line: 1,
            amount: Pence(amount),
            reason: "As a whole".into(),
            doubted: vec![],
        };
        db.scoped(them, |tx| billing::raise(tx, now, &first, &doubt)).unwrap()
    };
    let entry = |id| {
        let read = |tx: &mut Tx<'_>| Ok(billing::dispute(tx, id)?.proposal().map(|proposal| proposal.id));
        db.scoped(us, read).unwrap().unwrap_or_default()
    };
    let key = |done: Result<()>| match done {
        Err(Error::Conflict(key)) => key,
        other => format!("{other:?}"),
    };
    let (one, other) = (raise(1_000), raise(1_055));
    let propose =
        |scope, by: &Actor, id, amount| db.scoped(scope, |tx| billing::propose(tx, now, by, id, amount, "Why"));
    let confirm = |scope, by: &Actor, id, of| db.scoped(scope, |tx| billing::confirm(tx, now, by, id, of));
    // Nobody settles it alone, and nobody does the other party's acts.
    let alone = db.scoped(us, |tx| billing::accept(tx, now, &first, one, Pence(1), "Alone").map(drop));
    assert_eq!(key(alone), "error-dispute-needs-two");
    let alone = db.scoped(us, |tx| billing::decide(tx, now, &first, one, false, "Alone"));
    assert_eq!(key(alone), "error-dispute-needs-two");
    assert!(matches!(propose(them, &first, one, None), Err(Error::NotFound)));
    assert_eq!(key(propose(us, &first, one, Some(Pence(1_001)))), "error-credit-too-much");
    propose(us, &first, one, Some(Pence(1_000))).unwrap();
    assert!(matches!(confirm(them, &second, one, entry(one)), Err(Error::NotFound)));
    assert_eq!(key(confirm(us, &first, one, entry(one))), "error-dispute-same-person");
    let nobody = Actor { staff_id: None, ..second.clone() };
    assert_eq!(key(confirm(us, &nobody, one, entry(one))), "error-dispute-same-person");
    // The database itself refuses what the program would not write.
    for (kind, more) in [
        ("reject", "null, null, null"),
        ("reject", "'{one}', '{one}', 'x'"),
        ("reject", "'{one}', '{two}', null"),
        ("accept", "null, null, null"),
    ] {
        let more = more.replace("{one}", &Uuid::nil().to_string()).replace("{two}", &Uuid::max().to_string());
        for is_private in [true, false] {
            let sql = format!(
                "insert into dispute_entry (tenant_id, id, dispute_id, provider_id, is_private, kind, body, by_name, at, by_id, proposed_by, \
                 proposed_name) values ('{}', gen_random_uuid(), '{other}', '{}', {is_private}, '{kind}', 'x', 'x', '{now}', {more})",
                app.id("marlhaven"),
                app.id("wealdshire")
            );
            let done =
                db.scoped(us, |tx| tx.turned(app.id("marlhaven"), |tx| Ok(diesel::sql_query(&sql).execute(tx.conn)?)));
            let refused = format!("{:?}", done.unwrap_err());
            assert!(
                refused.contains("violates check constraint") || refused.contains("foreign key"),
                "{sql}: {refused}"
            );
        }
    }
    // Of many who confirm at once one does; what its consumer withdraws meanwhile is no longer confirmed.
    let proposal = entry(one);
    let confirmed: usize = std::thread::scope(|threads| {
        let one = |n: usize| {
            let by = officer(&app, &format!("Officer {n}"));
            threads.spawn(move || usize::from(confirm(us, &by, one, proposal).is_ok()))
        };
        let all: Vec<_> = (0..6).map(one).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(confirmed, 1);
    propose(us, &first, other, None).unwrap();
    let proposal = entry(other);
    db.scoped(them, |tx| billing::decide(tx, now, &first, other, true, "Found it")).unwrap();
    assert_eq!(key(confirm(us, &second, other, proposal)), "error-dispute-decided");
    let third = raise(1_055);
    propose(us, &first, third, None).unwrap();
    confirm(us, &second, third, entry(third)).unwrap();
    let decided = db.scoped(them, |tx| Ok(billing::dispute(tx, third)?.decided().cloned())).unwrap().unwrap();
    assert_eq!((decided.act, decided.by.as_str()), (DisputeAct::Reject, "Second"));
    assert_eq!(decided.proposed_by.as_deref(), Some("First"));
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
    // And `verify` sees a decision that nobody proposed.
    app.database.force("update dispute_entry set body = 'Another reason' where kind = 'propose-reject'");
    assert!(breaches(&app).iter().any(|breach| breach.contains("settled")), "{:?}", breaches(&app));
}
