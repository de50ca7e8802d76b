//! A bill is read before it is issued, and paid after: what both see at each step, in the pages and in the books.

use moothall::app;
use moothall::billing::{self, NewRemittance, Pair, PayTo, Stage, Standing, Which};
use moothall::identity::Role;
use moothall::kernel::{Pence, billing_date};
use moothall::platform::{Error, Result, Scope};
use uuid::Uuid;

use super::bills::{MARLHAVEN, PASSWORD, agree, breaches, by, commercial};
use super::disputes::billed;
use super::harness::{App, Database};

fn key<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(Error::Conflict(key)) => key,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_advised_is_not_entered_again_by_whoever_is_paid() {
    let (app, id) = billed();
    let pair = Pair { consumer: app.id("marlhaven"), provider: app.id("wealdshire") };
    let all = NewRemittance { amount: Pence(56_466), allocations: None, ..new_of(id, &app, pair) };
    let enter = |council: &str, new: &NewRemittance| {
        app.site.db.scoped(Scope::own(app.id(council)), |tx| billing::enter(tx, app.now(), &by("Someone"), new))
    };
    let advice = enter("marlhaven", &all).unwrap();
    let as_it_came = NewRemittance { reference: "BACS 4417".to_owned(), ..all.clone() };
    assert_eq!(key(enter("wealdshire", &as_it_came)), "error-remittance-advised");
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    ours.get("/commercial/payments/from/marlhaven").is(200).has("says that it paid").has("This is another payment");
    // By a file it is the advice that came.
    let file = "/commercial/payments/file";
    ours.get(file).is(200);
    let rows = "Document,Amount,Paid on,Reference\nWEA-INV-2026-0001,564.66,2026-11-02,BACS 4417";
    ours.submit(file, &[("rows", rows)]).is(200).has("They advised it: it came");
    ours.submit(file, &[("rows", rows), ("act", "enter")]).is(303);
    assert_eq!(app.scoped("marlhaven", |tx| billing::remittance(tx, advice)).stage(), Stage::Received);
    app::settle(&app.site).unwrap();
    assert_eq!(account(&app, "wealdshire", "receivable"), 0);
    // What did not come is open again, and its payer reads why.
    app.scoped("wealdshire", |tx| billing::reverse(tx, app.now(), &by("Ours"), advice, "It bounced"));
    let second = enter("marlhaven", &NewRemittance { reference: "Second".to_owned(), ..all }).unwrap();
    let page = format!("/commercial/payments/{second}");
    ours.get(&page).is(200).has("It did not come");
    ours.submit(&page, &[("act", "refuse"), ("reason", "")]).is(422).has("Say why");
    ours.submit(&page, &[("act", "refuse"), ("reason", "Nothing until today")]).is(303);
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    theirs.get(&page).is(200).has("Did not come").has("Nothing until today").has("It does not count");
    let balance = app.scoped("marlhaven", |tx| billing::balances(tx, Which::Of(&[id]))).pop().unwrap();
    assert_eq!((balance.open(), balance.advised), (Pence(56_466), Pence(0)));
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn what_was_typed_for_a_bill_that_is_paid_meanwhile_goes_nowhere_else() {
    let (app, id) = billed();
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    let form = "/commercial/payments/from/marlhaven";
    ours.get(form).is(200);
    let part = format!("pay-{id}");
    let gone = format!("pay-{}", Uuid::nil());
    let typed = |name: &str, value: &str| {
        [("amount", "20.00"), ("paid_on", "2026-11-02"), ("reference", "A"), (name, value)]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
    };
    let mut send = |name: &str, value: &str| {
        let fields = typed(name, value);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        ours.submit(form, &fields)
    };
    send(&gone, "20.00").is(422).has("is no longer open");
    // A nought is a nought: the payment waits.
    send(&part, "0").is(303);
    let balance = app.scoped("wealdshire", |tx| billing::balances(tx, Which::Of(&[id]))).pop().unwrap();
    assert_eq!(balance.paid, Pence(0));
    ours.get("/commercial/payments").is(200).has("−£20.00").has("£544.66");
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

/// What an account of a council's book holds.
fn account(app: &App, council: &str, account: &str) -> i64 {
    let sql = format!(
        "select coalesce(sum(amount_pence), 0)::text as text from posting where tenant_id = '{}' and account = '{account}'",
        app.id(council)
    );
    app.database.texts(&sql)[0].parse().unwrap()
}

#[test]
fn a_bill_is_read_by_both_before_it_is_issued() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    deal.accept(&app, "pothole", "2026-10-05T09:00:00Z");
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    let page = format!("/commercial/runs/{run}");
    let (us, now) = (Scope::own(app.id("wealdshire")), app.now());
    let issue = |now| billing::issue(&app.site.db, app.id("wealdshire"), run, &by("Approver"), now);

    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    let mut approver = commercial(&app, "wealdshire", "Approver", &[Role::Approver]);
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    theirs.get(&page).is(404);
    approver.get(&page).is(200).has("has to have read it before it can be issued").lacks("Issue this bill");
    assert_eq!(key(issue(now)), "error-bill-not-reviewed");
    ours.get(&page).is(200).has("Send it for review");
    ours.submit(&page, &[("act", "send")]).is(303);
    ours.follow().is(200).has("In review").has("may object until the end of 9 November 2026");
    assert_eq!(key(issue(now)), "error-bill-in-review");

    // Both read the same, and neither the lines nor the page say that it is issued.
    theirs.get("/commercial").is(200).has("Read the October 2026 drafts from Wealdshire").has("9 November 2026");
    theirs.get("/commercial/bills").is(200).has("In review");
    let read = theirs.get(&page).is(200).has("You may object until the end of 9 November").has("£456.85");
    let document = read.link("/commercial/documents/");
    let line = document.trim_end_matches("/lines/1").to_owned();
    theirs.get(&format!("{line}/lines/1")).is(200).has("MAR-0000-00000").lacks("Dispute this line");
    theirs.get(&format!("{line}/lines/1/dispute")).is(404);
    theirs.get(&page).is(200);
    theirs.submit(&page, &[("act", "say"), ("body", "")]).is(422).has("Say why");
    theirs.submit(&page, &[("act", "say"), ("body", "That one was ours to do")]).is(303);
    ours.get(&page).is(200).has("That one was ours to do");
    // A stranger learns nothing, and the one who bills does not agree for the other.
    app.signed_in(&app.person("eastmere", &[Role::Preparer])).get(&page).is(404);
    let prepared = app.site.db.scoped(us, |tx| billing::run(tx, run)).unwrap().prepared_at;
    let own = app.site.db.scoped(us, |tx| billing::agree_to(tx, now, &by("Ours"), run, prepared, ""));
    assert!(matches!(own, Err(Error::NotFound)));

    // Prepared again it is a draft again, what was said stays, and an agreement to the old drafts counts for nothing.
    app.set_clock("2026-11-02T09:05:00Z");
    assert_eq!(deal.prepare(&app, "2026-10").unwrap(), run);
    theirs.get(&page).is(404);
    ours.get(&page).is(200).has("Draft");
    ours.submit(&page, &[("act", "send")]).is(303);
    ours.follow().has("Message, of earlier drafts");
    let stale = prepared.to_string();
    let token = theirs.get(&page).is(200).token().unwrap();
    let agrees = |prepared| [("_token", token.as_str()), ("act", "agree"), ("prepared", prepared)];
    theirs.post(&page, &agrees(&stale)).is(409).has("was prepared again");
    theirs.get(&page).is(200);
    theirs.submit(&page, &[("act", "agree")]).is(303);
    theirs.follow().is(200).has("We agree").lacks("Agree to this draft");
    approver.get(&page).is(200).has("Marlhaven City Council agrees to it");
    approver.submit(&format!("{page}/issue"), &[("password", PASSWORD)]).is(303);
    theirs.get(&page).is(200).has("Issued");
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn when_the_days_to_object_are_over_it_is_issued_without_a_word() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    deal.accept(&app, "pothole", "2026-10-05T09:00:00Z");
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    let us = Scope::own(app.id("wealdshire"));
    app.site.db.scoped(us, |tx| billing::send_for_review(tx, app.now(), &by("Prepa"), run)).unwrap();
    let issue = || billing::issue(&app.site.db, app.id("wealdshire"), run, &by("Approver"), app.now());
    // Five working days after Monday is the next Monday, which is theirs to the end.
    app.set_clock("2026-11-09T23:59:59Z");
    assert_eq!(key(issue()), "error-bill-in-review");
    app.set_clock("2026-11-10T00:00:00Z");
    issue().unwrap();
    let again = app.site.db.scoped(us, |tx| billing::send_for_review(tx, app.now(), &by("Prepa"), run));
    assert_eq!(key(again), "error-bill-in-review-already");
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn a_payment_goes_from_the_advice_to_both_books() {
    // £20.55, £450.00 and VAT on both: £564.66.
    let (app, id) = billed();
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    let (form, new) = ("/commercial/payments/", "/commercial/payments/to/wealdshire");
    theirs.get("/commercial/payments").is(200).has("Owed by us").has("£564.66").lacks("Owed to us");
    ours.get("/commercial/payments").is(200).has("Owed to us").has("Enter a payment");
    theirs.get(new).is(200).has("On 1 bill").has("£564.66");
    let part = format!("pay-{id}");
    let fields = |amount, paid_on, reference, typed| {
        [("amount", amount), ("paid_on", paid_on), ("reference", reference), (part.as_str(), typed)]
    };
    theirs
        .submit(form, &fields("a lot", "31/11/2026", "", "600"))
        .is(422)
        .has("Enter an amount in pounds and pence")
        .has("Enter a day, such as 24/11/2026")
        .has("Enter the reference of the payment")
        .has("£564.66 is open")
        .has("value=\"a lot\"");
    theirs.submit(form, &fields("100", "02/11/26", "MCC 1", "200")).is(422).has("The bills get £200.00 together");
    theirs.submit(form, &fields("£300.00", "2/11/2026", "MCC 1", "")).is(303);
    let payment = theirs.page().location();
    theirs.follow().is(200).has("Advised").has("WEA-INV-2026-0001").has("£300.00");
    theirs.get(new).is(200);
    theirs.submit(form, &fields("300", "2026-11-02", "MCC 1", "")).is(422).has("was entered before");
    app::settle(&app.site).unwrap();
    assert_eq!(account(&app, "wealdshire", "receivable"), 56_466, "an advice is not money");

    ours.get("/commercial").is(200).has("Marlhaven says it paid £300.00");
    ours.get(&payment).is(200);
    ours.submit(&payment, &[("act", "receive")]).is(303);
    ours.follow().is(200).has("Received");
    theirs.get(&payment).is(200).has("Received").lacks("Withdraw it");
    app::settle(&app.site).unwrap();
    let books = || {
        [("wealdshire", "receivable"), ("wealdshire", "bank"), ("marlhaven", "payable"), ("marlhaven", "bank")]
            .map(|(council, name)| account(&app, council, name))
    };
    assert_eq!(books(), [26_466, 30_000, -26_466, -30_000]);
    ours.get(&format!("/commercial/documents/{id}")).is(200).has("Part paid").has("£264.66").has("MCC 1");
    for (who, with) in [(&mut ours, "marlhaven"), (&mut theirs, "wealdshire")] {
        let statement = format!("/commercial/statements/{with}?from=2026-11-01&to=2026-11-30");
        who.get(&statement).is(200).has("MCC 1").has("£264.66");
        who.get(&statement.replace('?', "/statement.csv?"))
            .is(200)
            .has("2026-11-02,\"Payment\",\"MCC 1\",-300.00,264.66");
    }

    // It bounced: everything is as before, and stays in the books.
    let undo = |reason| [("act", "reverse"), ("reason", reason)];
    let token = theirs.get("/track").token();
    theirs.post(&payment, &[("_token", &token.unwrap()), ("act", "reverse"), ("reason", "x")]).is(404);
    ours.get(&payment).is(200);
    ours.submit(&payment, &undo("")).is(422).has("Say why");
    ours.submit(&payment, &undo("The bank sent it back")).is(303);
    app::settle(&app.site).unwrap();
    assert_eq!(books(), [56_466, 0, -56_466, 0]);
    theirs.get(&payment).is(200).has("Reversed").has("The bank sent it back");
    // Whoever is paid enters it at once as received; a second time it is refused, also by many at once.
    app.set_clock("2026-12-10T09:00:00Z");
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    ours.get(&format!("/commercial/documents/{id}")).is(200).has("Overdue").has("8 days");
    ours.get("/commercial").is(200).has("Marlhaven is late with £564.66");
    let from = "/commercial/payments/from/marlhaven";
    ours.get(from).is(200);
    ours.submit(form, &fields("600", "2026-12-11", "MCC 2", "")).is(422).has("cannot be of a day in the future");
    ours.submit(form, &fields("600", "2026-12-09", "MCC 2", "")).is(303);
    ours.follow().is(200).has("Received").has("£35.34");
    app::settle(&app.site).unwrap();
    ours.get("/commercial/payments").is(200).has("37 days").has("0 of 1 within 30 days");
    let balance = app.scoped("marlhaven", |tx| billing::balances(tx, Which::Of(&[id]))).pop().unwrap();
    assert_eq!((balance.owed(), balance.standing(billing_date(app.now()))), (Pence(0), Standing::Settled));
    assert_eq!(breaches(&app), [""; 0]);

    let mut stranger = app.signed_in(&app.person("eastmere", &[Role::Preparer, Role::Approver]));
    let nothing = stranger.get(&format!("/commercial/payments/{}", Uuid::nil())).is(404);
    assert_eq!(stranger.get(&payment).is(404).text(), nothing.text());
    stranger.get("/commercial/payments").is(200).lacks("MCC");
}

#[test]
fn of_a_payment_entered_by_many_at_once_one_counts() {
    let (app, id) = billed();
    let pair = Pair { consumer: app.id("marlhaven"), provider: app.id("wealdshire") };
    let (db, now) = (app.site.db.clone(), app.now());
    let enter = |reference: &str| {
        let all = Pence(56_466);
        let allocations = Some(vec![(id, all)]);
        let (paid_on, reference) = (billing_date(now), reference.to_owned());
        let new = NewRemittance { pair, amount: all, paid_on, reference, allocations, is_another: false };
        db.scoped(Scope::own(pair.provider), |tx| billing::enter(tx, now, &by("Ours"), &new)).is_ok()
    };
    let entered: usize = std::thread::scope(|threads| {
        let enter = &enter;
        // Half of them the same payment, half another one for the same bill.
        let all: Vec<_> = (0..8).map(|n| threads.spawn(move || enter(if n % 2 == 0 { "A" } else { "B" }))).collect();
        all.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
    });
    assert_eq!(entered, 1);
    app::settle(&app.site).unwrap();
    assert_eq!(account(&app, "wealdshire", "receivable"), 0);
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn no_payment_goes_where_nothing_is_owed() {
    let (app, id) = billed();
    let pair = Pair { consumer: app.id("marlhaven"), provider: app.id("wealdshire") };
    let us = Scope::own(pair.provider);
    let enter = |amount: i64, parts: &[i64]| {
        let new = NewRemittance {
            pair,
            amount: Pence(amount),
            paid_on: billing_date(app.now()),
            reference: format!("{amount} {parts:?}"),
            allocations: Some(parts.iter().map(|part| (id, Pence(*part))).collect()),
            is_another: false,
        };
        app.site.db.scoped(us, |tx| billing::enter(tx, app.now(), &by("Ours"), &new))
    };
    for (amount, parts) in
        [(100, vec![101]), (100, vec![-1]), (60_000, vec![56_467]), (100, vec![60, 41]), (10, vec![0])]
    {
        assert_eq!(key(enter(amount, &parts)), "error-remittance-parts", "{amount} {parts:?}");
    }
    assert_eq!(key(enter(1, &[i64::MAX, i64::MAX])), "error-remittance-parts", "sums do not wrap");
    assert_eq!(key(enter(Pence::MOST.0 + 1, &[])), "error-remittance-parts");
    assert_eq!(key(enter(-1, &[-1])), "error-remittance-parts", "nothing is to be paid back");
    // Nobody writes into the book of a council that it has no agreement with, not even without a bill.
    let other = Pair { consumer: app.id("eastmere"), ..pair };
    for allocations in [Some(vec![]), None, Some(vec![(id, Pence(1))])] {
        let new = NewRemittance { pair: other, allocations, ..new_of(id, &app, pair) };
        let theirs = app.site.db.scoped(us, |tx| billing::enter(tx, app.now(), &by("Ours"), &new));
        assert!(matches!(theirs, Err(Error::NotFound)), "{theirs:?}");
    }
    let stranger = app.site.db.scoped(Scope::own(app.id("eastmere")), |tx| {
        billing::enter(tx, app.now(), &by("Strangers"), &new_of(id, &app, pair))
    });
    assert!(matches!(stranger, Err(Error::NotFound)));

    // What is left over waits, and may be used later, by either; a credit note for a paid bill is money to give back.
    let paid = enter(60_000, &[56_466]).unwrap();
    let allocate =
        |part| app.site.db.scoped(us, |tx| billing::allocate(tx, app.now(), &by("Ours"), paid, &[(id, Pence(part))]));
    assert_eq!(key(allocate(1)), "error-remittance-parts", "it is paid");
    let dispute = app.scoped("marlhaven", |tx| {
        let reason = "Twice".to_owned();
        let doubt = billing::Doubt { document_id: id, line: 1, amount: Pence(685), reason, doubted: vec![] };
        billing::raise(tx, app.now(), &by("Theirs"), &doubt)
    });
    app.scoped("wealdshire", |tx| billing::accept(tx, app.now(), &by("Ours"), dispute, Pence(685), "It was"));
    let owed = || app.scoped("wealdshire", |tx| billing::balances(tx, Which::Of(&[id])))[0].owed();
    assert_eq!(owed(), Pence(-822));
    assert_eq!(key(allocate(-823)), "error-remittance-parts");
    assert_eq!(key(enter(0, &[-822])), "error-remittance-parts", "a setting off has two sides");
    // It is paid back, by whoever was paid and by nobody else; or taken into the payment for a later bill.
    let back = NewRemittance {
        amount: Pence(-500),
        reference: "Back".to_owned(),
        allocations: None,
        ..new_of(id, &app, pair)
    };
    let theirs =
        app.site.db.scoped(Scope::own(pair.consumer), |tx| billing::enter(tx, app.now(), &by("Theirs"), &back));
    assert_eq!(key(theirs), "error-remittance-parts");
    app.scoped("wealdshire", |tx| billing::enter(tx, app.now(), &by("Ours"), &back));
    assert_eq!(owed(), Pence(-322));
    allocate(-322).unwrap();
    assert_eq!(owed(), Pence(0));
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

fn new_of(id: Uuid, app: &App, pair: Pair) -> NewRemittance {
    NewRemittance {
        pair,
        amount: Pence(1),
        paid_on: billing_date(app.now()),
        reference: "x".to_owned(),
        allocations: Some(vec![(id, Pence(1))]),
        is_another: false,
    }
}

#[test]
fn a_file_of_payments_is_looked_at_whole() {
    let (app, _) = billed();
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    let file = "/commercial/payments/file";
    ours.get(file).is(200);
    ours.submit(file, &[("rows", "a,b\n1,2")]).is(422).has("Line 1: The first line has to hold the headings");
    ours.submit(file, &[("rows", "Document,Amount,Paid on,Reference")]).is(422).has("There are no rows");
    let wrong = "Document,Amount,Paid on,Reference\nWEA-INV-2026-0001,200,2026-11-02,A\nWEA-INV-2026-9999,1,2026-11-02,A\n\
                 WEA-INV-2026-0001,x,2026-13-02,\nWEA-INV-2026-0001,364.67,2026-11-02,B\nwea-inv-2026-0001,1,2026-11-03,C\n";
    // As browsers send it.
    ours.submit(file, &[("rows", &wrong.replace('\n', "\r\n"))])
        .is(422)
        .has("Nothing was entered")
        .has("Line 3: No bill WEA-INV-2026-9999 is open")
        .has("Line 4: The amount is not in pounds")
        .has("Line 4: Enter a day")
        .has("Line 4: Enter the reference")
        .has("Line 5: On WEA-INV-2026-0001 £564.66 is open")
        .has("Line 6: A payment that came cannot be of a day in the future");
    let right = "reference;x\n";
    ours.submit(file, &[("rows", right)]).is(422);
    let right = "\"Reference\",Document,Amount,\"Paid on\"\nMCC 7,WEA-INV-2026-0001,\"£300.00\",02/11/2026\nMCC 7,WEA-INV-2026-0001,100,02/11/2026\n";
    ours.submit(file, &[("rows", right)]).is(200).has("1 payment").has("£400.00").has("Enter this payment");
    assert_eq!(app.database.texts("select count(*)::text as text from remittance"), ["0"], "looking enters nothing");
    ours.submit(file, &[("rows", right), ("act", "enter")]).is(303);
    ours.follow().is(200).has("MCC 7");
    ours.get(file).is(200);
    ours.submit(file, &[("rows", right), ("act", "enter")]).is(422).has("£164.66 is open");
    ours.get("/commercial/open.csv").is(200).has("\"WEA-INV-2026-0001\"").has("564.66,0.00,400.00,0.00,0.00,164.66");
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn where_bills_are_paid_changes_with_two_people() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let mut one = commercial(&app, "wealdshire", "Preparer", &[Role::Preparer]);
    let mut other = commercial(&app, "wealdshire", "Approver", &[Role::Approver]);
    let page = "/commercial/bank";
    let account = |name, sort, number, password| {
        [
            ("act", "enter"),
            ("account_name", name),
            ("sort_code", sort),
            ("account_number", number),
            ("password", password),
        ]
    };
    one.get(page).is(200).has("No account is confirmed");
    one.submit(page, &account("WCC", "20000", "12345678", PASSWORD)).is(422).has("Enter the sort code, 6 figures");
    one.submit(page, &account("WCC", "200000", "12345678", "no"))
        .is(422)
        .has("That password or code is not right")
        .has("value=\"WCC\"");
    one.submit(page, &account("WCC Collection", "200000", "12345678", PASSWORD)).is(303);
    one.follow().is(200).has("You entered it").has("Not confirmed");
    let id = app.database.texts("select id::text as text from bank_account")[0].clone();
    let confirm = [("act", "confirm"), ("account", id.as_str()), ("password", PASSWORD)];
    let token = one.get(page).token().unwrap();
    one.post(page, &[&[("_token", token.as_str())], &confirm[..]].concat()).is(403);
    let used = || app.scoped("wealdshire", billing::pay_to);
    assert_eq!(used(), None);
    other.get(page).is(200).has("Preparer entered it");
    other.submit(page, &confirm).is(303);
    other.follow().is(200).has("20-00-00").has("Every bill that is issued is printed with this account");
    assert_eq!(used(), Some(PayTo::parse("WCC Collection", "20-00-00", "12345678").unwrap()));
    // Who enters it does not confirm it, whatever their roles; until somebody does, the old one counts.
    other.submit(page, &account("Elsewhere", "300000", "87654321", PASSWORD)).is(303);
    let id = app.database.texts("select id::text as text from bank_account where confirmed_at is null")[0].clone();
    let token = other.get(page).is(200).token().unwrap();
    let confirm = [("_token", token.as_str()), ("act", "confirm"), ("account", &id), ("password", PASSWORD)];
    other.post(page, &confirm).is(409).has("Somebody else has to confirm it");
    assert_eq!(used().unwrap().account_name, "WCC Collection");
    let audit =
        app.database.texts("select subject_label as text from audit_entry where action like 'bank.%' order by id");
    assert!(audit.iter().all(|label| label.starts_with("account ending in ") && label.len() == 22), "{audit:?}");
}
