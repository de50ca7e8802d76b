//! Each authority's own book: closing a month, what is accrued, and what leaves it as files.

use moothall::billing::{self, NewRemittance, Pair};
use moothall::identity::Role;
use moothall::kernel::{Month, Pence};
use moothall::platform::{Error, Scope};
use moothall::{app, ledger, metering};

use super::bills::{MARLHAVEN, PASSWORD, agree, breaches, by, commercial};
use super::harness::{App, Database};

fn entries(app: &App, council: &str, purpose: &str) -> Vec<String> {
    app.database.texts(&format!(
        "select j.effective_on || ' ' || p.account || ' ' || p.amount_pence as text from journal_entry j \
         join posting p on p.tenant_id = j.tenant_id and p.entry_id = j.id \
         where j.tenant_id = '{}' and j.purpose = '{purpose}' order by j.effective_on, p.n",
        app.id(council)
    ))
}

#[test]
fn what_is_not_billed_when_a_month_closes_is_accrued_and_comes_back() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    for service in ["pothole", "pothole", "pothole", "dropped-kerb"] {
        deal.accept(&app, service, "2026-10-05T09:00:00Z");
    }
    metering::fold(&app.site.db, app.id("marlhaven")).unwrap();
    let october = Month::parse("2026-10").unwrap();
    let close = |council: &str, month: Month, for_good| {
        let scope = Scope::own(app.id(council));
        app.site.db.scoped(scope, |tx| billing::close_month(tx, app.now(), &by("Closer"), month, for_good))
    };
    assert!(matches!(close("wealdshire", october, false), Err(Error::Conflict(_))), "it is not over");
    app.set_clock("2026-11-02T09:00:00Z");
    assert!(matches!(close("wealdshire", october, true), Err(Error::Conflict(_))), "softly first");
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer, Role::Approver]));
    // 3 × £6.85, £48.50 and £450.00 before VAT: £519.05.
    let page = "/commercial/book";
    ours.get(page).is(200).has("October 2026, if it is closed now").has("£519.05").has("We earn it");
    ours.submit(page, &[("act", "soft"), ("month", "2026-10")]).is(303);
    ours.follow().is(200).has("Closed softly");
    theirs.get(page).is(200).has("£519.05").has("We owe it");
    theirs.submit(page, &[("act", "soft"), ("month", "2026-10")]).is(303);
    assert_eq!(entries(&app, "wealdshire", "accrue"), ["2026-10-31 accrued-income 51905", "2026-10-31 income -51905"]);
    assert_eq!(
        entries(&app, "wealdshire", "accrue-back"),
        ["2026-11-01 accrued-income -51905", "2026-11-01 income 51905"]
    );
    assert_eq!(
        entries(&app, "marlhaven", "accrue"),
        ["2026-10-31 expenditure 51905", "2026-10-31 accrued-expenditure -51905"]
    );
    assert!(matches!(close("wealdshire", october, false), Err(Error::Conflict(_))), "once");
    assert!(matches!(close("wealdshire", october.next(), false), Err(Error::Conflict(_))), "November is not over");

    // Billed in November, income of October stands in October and nothing is left accrued.
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    ours.get("/commercial/book?month=2026-10").is(200).has("−£519.05");
    ours.get("/commercial/book?month=2026-11").is(200).has("£0.00");
    let accrued = |council: &str, month: &str| {
        app.scoped(council, |tx| billing::accruals(tx, Month::parse(month).unwrap())).len()
    };
    assert_eq!((accrued("wealdshire", "2026-10"), accrued("marlhaven", "2026-10")), (0, 0), "it is billed");

    // What is dated into a closed month counts for the first day of the next.
    let payment = NewRemittance {
        pair: Pair { consumer: app.id("marlhaven"), provider: app.id("wealdshire") },
        amount: Pence(100),
        paid_on: "2026-10-30".parse().unwrap(),
        reference: "Early".to_owned(),
        allocations: Some(Vec::new()),
        is_another: false,
    };
    app.scoped("wealdshire", |tx| billing::enter(tx, app.now(), &by("Ours"), &payment));
    app::settle(&app.site).unwrap();
    assert_eq!(entries(&app, "wealdshire", "receive"), ["2026-11-01 bank 100", "2026-11-01 receivable -100"]);
    assert_eq!(entries(&app, "marlhaven", "receive"), ["2026-11-01 payable 100", "2026-11-01 bank -100"]);
    let token = ours.get(page).token().unwrap();
    ours.post(page, &[("_token", &token), ("act", "close"), ("month", "2026-10")]).is(403);
    close("wealdshire", october, true).unwrap();
    assert!(app.scoped("wealdshire", ledger::periods).iter().all(|period| period.is_closed));
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn a_month_that_is_closed_softly_opens_again_for_a_reason() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    deal.accept(&app, "pothole", "2026-10-05T09:00:00Z");
    metering::fold(&app.site.db, app.id("marlhaven")).unwrap();
    app.set_clock("2026-11-02T09:00:00Z");
    let (page, again) = ("/commercial/book", [("act", "reopen"), ("month", "2026-10")]);
    let mut approver = commercial(&app, "wealdshire", "Approver", &[Role::Approver]);
    let mut preparer = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    approver.get(page).is(200).lacks("Open October 2026 again");
    approver.submit(page, &[("act", "soft"), ("month", "2026-10")]).is(303);
    let accrued = ["2026-10-31 accrued-income 45685", "2026-10-31 income -45685"];
    assert_eq!(entries(&app, "wealdshire", "accrue"), accrued);

    // Who prepares does not; nor does anybody without a reason, the password and the code.
    let token = preparer.get(page).lacks("Open October 2026 again").token().unwrap();
    preparer.post(page, &[&[("_token", token.as_str())], &again[..]].concat()).is(403);
    let tries = [("", PASSWORD, "Say why it is opened again"), ("Wrong rate", "no", "That password or code")];
    for (reason, password, wrong) in tries {
        approver.get(page).is(200).has("Open October 2026 again");
        let fields = [&again[..], &[("reason", reason), ("password", password)]].concat();
        approver.post_form(page, &fields).is(422).has(wrong).has(reason);
    }
    assert_eq!(entries(&app, "wealdshire", "accrue-undone"), [""; 0]);
    let reopen = [&again[..], &[("reason", "Wrong rate"), ("password", PASSWORD)]].concat();
    approver.get(page).is(200);
    approver.post_form(page, &reopen).is(303);
    approver.follow().is(200).has("October 2026 is open again").has("Wrong rate").lacks("Closed softly");
    let undone = ["2026-10-31 accrued-income -45685", "2026-10-31 income 45685"];
    assert_eq!(entries(&app, "wealdshire", "accrue-undone"), undone);
    let undone = ["2026-11-01 accrued-income 45685", "2026-11-01 income -45685"];
    assert_eq!(entries(&app, "wealdshire", "accrue-back-undone"), undone);
    let logged = app.database.texts("select purpose as text from audit_entry where action = 'book.reopen'");
    assert_eq!(logged, ["Wrong rate"]);
    approver.get(page).is(200);
    approver.post_form(page, &reopen).is(409);

    // It takes what is dated into it, and closes again with what is accrued then; undone twice is undone once each.
    deal.accept(&app, "pothole", "2026-10-06T09:00:00Z");
    metering::fold(&app.site.db, app.id("marlhaven")).unwrap();
    approver.get(page).is(200);
    approver.post_form(page, &[("act", "soft"), ("month", "2026-10")]).is(303);
    approver.get(page).is(200);
    approver.post_form(page, &reopen).is(303);
    approver.get(page).is(200);
    approver.post_form(page, &[("act", "soft"), ("month", "2026-10")]).is(303);
    approver.get("/commercial/book?month=2026-10").is(200).has("£463.70");
    let of = |purpose| entries(&app, "wealdshire", purpose).len();
    assert_eq!((of("accrue"), of("accrue-undone"), of("accrue-back"), of("accrue-back-undone")), (6, 4, 6, 4));

    // Only the newest opens again, and what is closed for good stays closed.
    app.set_clock("2026-12-02T09:00:00Z");
    let mut approver = commercial(&app, "wealdshire", "Another", &[Role::Approver]);
    approver.get(page).is(200);
    approver.post_form(page, &[("act", "soft"), ("month", "2026-11")]).is(303);
    approver.get(page).is(200).has("Open November 2026 again");
    approver.post_form(page, &reopen).is(409);
    for month in ["2026-10", "2026-11"] {
        approver.get(page).is(200);
        approver.post_form(page, &[("act", "close"), ("month", month)]).is(303);
    }
    approver.get(page).is(200).lacks("again</span>");
    let reopen = [("act", "reopen"), ("month", "2026-11"), ("reason", "Late"), ("password", PASSWORD)];
    approver.post_form(page, &reopen).is(409);
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn a_book_leaves_as_files_in_the_councils_own_codes() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    deal.accept(&app, "dropped-kerb", "2026-10-05T09:00:00Z");
    deal.accept(&app, "pothole", "2026-10-05T09:00:00Z");
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    theirs.get("/commercial/book").is(200);
    theirs.submit("/commercial/book", &[("act", "codes"), ("expenditure", "R4100"), ("payable", "=B2200")]).is(303);
    theirs.follow().is(200).has("R4100");
    theirs
        .get("/commercial/journal.csv?from=2026-11-01&to=2026-11-30")
        .is(200)
        .has("2026-11-02,\"issue\",\"WEA-INV-2026-0001\",\"Wealdshire County Council\",\"payable\",\"'=B2200\",,606.42")
        .has("\"expenditure\",\"R4100\",505.35,");
    // Net £505.35 is published; what is billed to others is not theirs to publish.
    theirs
        .get("/commercial/transparency.csv?from=2026-10-01&to=2026-12-31")
        .is(200)
        .has("\"Marlhaven City Council\",2026-11-02,\"WEA-INV-2026-0001\",\"Wealdshire County Council\"")
        .has(",505.35,0.00,");
    theirs.get("/commercial/transparency.csv?from=2026-07-01&to=2026-09-30").is(200).lacks("WEA-INV");
    let mut ours = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    ours.get("/commercial/transparency.csv?from=2026-10-01&to=2026-12-31").is(200).lacks("WEA-INV");
    ours.get("/commercial/journal.csv?from=2026-11-01&to=2026-11-30")
        .is(200)
        .lacks("R4100")
        .has("\"receivable\",\"\",606.42,");
    let mut stranger = app.signed_in(&app.person("eastmere", &[Role::Preparer]));
    stranger.get("/commercial/journal.csv").is(200).lacks("WEA-INV");
}

#[test]
fn a_bill_is_not_issued_without_what_the_law_and_the_agreement_ask_for() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let text = MARLHAVEN.replace("purchase_order = \"MCC-PO-88120\"\n", "");
    let text = text.replacen("[running]\n", "[running]\norder_required = true\n", 1);
    let deal = agree(&app, "marlhaven", &text);
    app.set_clock("2026-11-02T09:00:00Z");
    app.database.force(&format!("update authority set vat_number = null where tenant_id = '{}'", app.id("wealdshire")));
    let run = deal.prepare(&app, "2026-10").unwrap();
    let refused = deal.issue(&app, run);
    assert!(matches!(&refused, Err(Error::Conflict(key)) if key == "error-bill-lacks"), "{refused:?}");
    app.signed_in(&app.person("wealdshire", &[Role::Approver]))
        .get(&format!("/commercial/runs/{run}"))
        .is(200)
        .has("It cannot be issued without")
        .has("our VAT number")
        .has("the order number of Marlhaven City Council")
        .lacks("Issue this bill");
}
