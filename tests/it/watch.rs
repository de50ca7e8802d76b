//! What commercial teams and designers are told without asking: budgets whose thresholds are passed, agreements that end.

use jiff::civil::Date;
use moothall::agreements;
use moothall::app;
use moothall::identity::Role;
use moothall::kernel::new_id;
use moothall::notify::catcher::{Catcher, newest, read};
use moothall::platform::Clock;
use tempfile::TempDir;

use super::bills::{MARLHAVEN, agree, breaches};
use super::harness::{App, Database};

/// A server whose mails are caught.
fn with_mail() -> (App, TempDir, Catcher) {
    let dir = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(dir.path(), Clock::real()).unwrap();
    let url = catcher.url();
    (App::start_on(Database::with_strangers(), move |config| config.mail.smtp_url = url), dir, catcher)
}

/// Whom mails were sent to whose subject holds some words, each with its text.
fn mails(dir: &TempDir, subject: &str) -> Vec<(String, String)> {
    let all = newest(dir.path(), 1_000).unwrap().into_iter().map(|m| read(dir.path(), m.id).unwrap().unwrap());
    let mut of: Vec<_> = all.filter(|m| m.subject.contains(subject)).map(|m| (m.to, m.text)).collect();
    of.sort();
    of
}

/// Looks what there is to tell, and sends the mails.
fn watch(app: &App) {
    app::settle(&app.site).unwrap();
    app::settle(&app.site).unwrap();
}

#[test]
fn a_budget_is_set_compared_and_watched_and_no_partner_sees_it() {
    let (app, dir, _catcher) = with_mail();
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    for _ in 0..3 {
        deal.accept(&app, "pothole", "2026-10-05T09:00:00Z");
    }
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app.set_clock("2026-11-24T09:00:00Z");
    for _ in 0..2 {
        deal.accept(&app, "pothole", "2026-11-10T09:00:00Z");
    }
    watch(&app);
    assert_eq!(mails(&dir, "threshold"), [], "nothing is budgeted");
    let preparer = app.person("marlhaven", &[Role::Preparer]);
    let (signatory, other) = (app.person("marlhaven", &[Role::Signatory]), app.person("marlhaven", &[Role::Officer]));
    let mut theirs = app.signed_in(&preparer);
    theirs.get("/commercial").is(200).has("None set");

    // By hand: what is wrong is said at its field, loses nothing and keeps nothing.
    let set = "/commercial/budget/set";
    let field = |service: &str| format!("owed.{}.WCC-MCC-2026-03.{service}", app.id("wealdshire"));
    let (pothole, kerb, fees) = (field("pothole"), field("dropped-kerb"), field(""));
    theirs.get(set).is(200).has("Fees, minimums and caps");
    let typed = [(pothole.as_str(), "4o"), (kerb.as_str(), "-5"), (fees.as_str(), "2,700")];
    theirs.submit(set, &typed).is(422).has("Enter the budget in pounds and pence").has("2,700").has("4o");
    theirs.get("/commercial/budget").is(200).has("None set");
    theirs.get(set).is(200);
    theirs.submit(set, &[(&pothole, "40"), (&kerb, ""), (&fees, "2,700")]).is(303);
    // 3 × £6.85 is billed and 2 are not; of the fee October's is billed, and November's whole one is not.
    let page = theirs.follow().is(200);
    let page = page.has("£20.55").has("£13.70").has("£40.00").has("£2,700.00").has("Over budget");
    let of = page.link("/commercial/budget/of/");
    theirs.get(&of).is(200);
    let agreement = of.split(['/', '?']).nth(4).unwrap().to_owned();
    theirs
        .get(&format!("/commercial/budget/of/{agreement}?service=pothole"))
        .is(200)
        .has("WEA-INV-2026-0001")
        .has("Pothole report accepted for work")
        .has("£20.55");
    theirs.get(&format!("/commercial/budget/of/{agreement}?service=nothing")).is(404);
    theirs.get("/commercial/budget.csv").is(200).has(
        "2026/27,\"Owed\",\"Wealdshire County Council\",\"WCC-MCC-2026-03\",\"Fees, minimums and caps\",2700.00,450.00,450.00,2700.00,0.00",
    );

    // Once for each threshold, to whoever has a commercial role.
    watch(&app);
    let sent = mails(&dir, "threshold");
    let to: Vec<&str> = sent.iter().map(|(to, _)| to.as_str()).collect();
    let mut team = [preparer.email.as_str(), signatory.email.as_str()];
    team.sort_unstable();
    assert_eq!(to, team, "and not {}", other.email);
    let words = "WCC-MCC-2026-03, pothole: 80% of the budget of £40.00 is spent, £34.25 so far";
    assert!(sent[0].1.contains(words) && sent[0].1.contains("by the end of the year"), "{}", sent[0].1);
    watch(&app);
    assert_eq!(mails(&dir, "threshold").len(), 2, "once");
    theirs.get("/commercial").is(200).has("2 thresholds of budgets were passed").has("Of £2,740.00");
    theirs.get("/commercial/budget").is(200).has("Thresholds passed").has("80% of the budget of £40.00");
    theirs.submit("/commercial/budget", &[("act", "seen")]).is(303);
    theirs.follow().is(200).lacks("Thresholds passed").has(&format!("Seen by {}", preparer.name));
    theirs.get("/commercial").is(200).lacks("thresholds of budgets");

    // A budget that is changed is watched anew, at the thresholds that are wanted.
    let token = theirs.get("/commercial/budget").token().unwrap();
    let wanted = |percents: &'static str| [("_token", token.as_str()), ("act", "thresholds"), ("percents", percents)];
    let page = "/commercial/budget";
    theirs.post(page, &wanted("80, 1o0")).is(422).has("Enter up to five whole numbers").has("1o0");
    theirs.post(page, &wanted("50")).is(303);
    theirs.get(set).is(200);
    theirs.submit(set, &[(&pothole, "50"), (&fees, "")]).is(303);
    watch(&app);
    let again = mails(&dir, "threshold");
    assert_eq!(again.len(), 4);
    assert!(again.iter().any(|(_, text)| text.contains("50% of the budget of £50.00 is spent")), "{again:?}");

    // The partner, and a stranger, see nothing of it.
    for council in ["wealdshire", "eastmere"] {
        let mut partner = app.signed_in(&app.person(council, &[Role::Preparer, Role::Approver]));
        partner.get("/commercial/budget").is(200).lacks("£50.00").lacks("Thresholds passed");
        partner.get("/commercial/budget.csv").is(200).lacks(",50.00,");
        partner.get("/commercial").is(200).lacks("thresholds of budgets").lacks("threshold of a budget");
    }
    let mut signs = app.signed_in(&signatory);
    signs.get("/commercial/budget").is(200).lacks("Save when to tell us");
    signs.get(set).is(403);
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn a_file_of_budgets_is_looked_at_whole_before_anything_is_kept() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    agree(&app, "marlhaven", MARLHAVEN);
    let mut theirs = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    let file = "/commercial/budget/file";
    theirs.get(file).is(200);
    theirs.submit(file, &[("rows", "Year,Side\n2026,Owed")]).is(422).has("Line 1: The first line has to hold");
    let head = "Year,Side,Council,Agreement,Service,Budget,Billed";
    let bad = format!(
        "{head}\n2025/26,Owed,wealdshire,WCC-MCC-2026-03,pothole,1.00,9\n2026/27,Lent,nowhere,X,,\n\
         2026/27,Earned,wealdshire,WCC-MCC-2026-03,pothole,1.00,\n2026/27,Owed,wealdshire,WCC-MCC-2026-03,bins,1.00,\n\
         2026/27,Owed,wealdshire,WCC-MCC-2026-03,pothole,1.00,\n2026,owed,Wealdshire County Council,wcc-mcc-2026-03,pothole,minus,"
    );
    theirs
        .submit(file, &[("rows", &bad), ("act", "keep")])
        .is(422)
        .has("Nothing was kept")
        .has("Line 2: The year has to be 2026/27 or 2027/28")
        .has("Line 3: The side has to be")
        .has("Line 3: No council is called that here")
        .has("Line 4: You have no agreement WCC-MCC-2026-03")
        .has("Line 5: That agreement has no service")
        .has("Line 7: The budget is not in pounds")
        .has("Line 7: This service stands in the file twice, first in line 6");
    theirs.get("/commercial/budget").is(200).has("None set");
    let good = format!(
        "{head}\n2026/27,Owed,wealdshire,WCC-MCC-2026-03,pothole,1200,9\n\
         2027/28,Owed,Wealdshire,WCC-MCC-2026-03,\"Fees, minimums and caps\",\"5,400.00\","
    );
    theirs.get(file).is(200);
    theirs.submit(file, &[("rows", &good)]).is(200).has("2 budgets would change").has("£5,400.00").has("None");
    theirs.get("/commercial/budget").is(200).lacks("£1,200.00");
    theirs.get(file).is(200);
    theirs.submit(file, &[("rows", &good), ("act", "keep")]).is(303);
    theirs.follow().is(200).has("£1,200.00");
    theirs.get("/commercial/budget/set?year=2027").is(200).has("5400.00");
    // What is downloaded comes in again and changes nothing.
    let csv = theirs.get("/commercial/budget.csv").is(200).body;
    theirs.get(file).is(200);
    theirs.submit(file, &[("rows", &csv)]).is(200).has("Nothing would change");
    theirs.submit(file, &[("rows", &csv.replace("1200.00", ""))]).is(200).has("1 budget would change");
    app.leave_jobs();
}

#[test]
fn an_agreement_that_ends_is_told_to_both_in_time_and_takes_no_new_work() {
    let (app, dir, _catcher) = with_mail();
    let text = MARLHAVEN.replace("until = 2029-04-01", "until = 2027-07-01");
    let text = text.replace("review_on = 2027-04-01", "review_on = 2026-12-10");
    agree(&app, "marlhaven", &text);
    let team = [app.person("marlhaven", &[Role::Approver]).email, app.person("wealdshire", &[Role::Preparer]).email];
    // 210 days before 1 July 2027 is 3 December.
    app.set_clock("2026-12-02T09:00:00Z");
    watch(&app);
    assert_eq!((mails(&dir, "ends after"), mails(&dir, "to be reviewed")), (vec![], vec![]));
    app.set_clock("2026-12-03T09:00:00Z");
    watch(&app);
    let to = |subject: &str| mails(&dir, subject).into_iter().map(|(to, _)| to).collect::<Vec<_>>();
    assert_eq!(to("ends after 1 July 2027"), team);
    let words = &mails(&dir, "ends after")[0].1;
    assert!(words.contains("The last day for notice is 2 January 2027"), "{words}");
    let designer = |council| app.signed_in(&app.person(council, &[Role::Designer]));
    designer("marlhaven")
        .get("/staff/services")
        .is(200)
        .has("from 1 July 2027 nobody provides this service under WCC-MCC-2026-03")
        .has("Wealdshire County Council takes no new work, and new cases go to our own team");
    designer("wealdshire")
        .get("/staff/services")
        .is(200)
        .has("from 1 July 2027 we take no new work for Marlhaven City Council under WCC-MCC-2026-03");
    designer("eastmere").get("/staff/services").is(200).lacks("another council stops providing");

    // The contacts of each side are told of a review that is past, once and in that side's name.
    app.set_clock("2026-12-11T09:00:00Z");
    watch(&app);
    watch(&app);
    assert_eq!(
        to("to be reviewed by 10 December 2026"),
        ["grace.okafor@marlhaven.example", "martin.achebe@wealdshire.example"]
    );
    for council in ["marlhaven", "wealdshire"] {
        let mut reader = app.signed_in(&app.person(council, &[Role::Preparer]));
        let page = reader.get("/commercial").is(200);
        let page = page.has("Look again at agreement WCC-MCC-2026-03").has("takes no new work from 1 July 2027");
        let agreement = page.link("/commercial/agreements/");
        reader.get(&agreement).is(200).has("Both were to look at this agreement again by 10 December 2026");
    }
    app.signed_in(&app.person("eastmere", &[Role::Preparer])).get("/commercial").is(200).lacks("WCC-MCC");
    assert_eq!(to("ends after").len(), 2, "once until the last days");
    app.set_clock("2027-06-01T09:00:00Z");
    watch(&app);
    assert_eq!(to("ends after").len(), 6, "the two of before, and with those who came since");
    app.signed_in(&app.person("marlhaven", &[Role::Preparer]))
        .get("/commercial")
        .is(200)
        .has("Its term is nearly over");

    let in_force = |on: &str| {
        let on: Date = on.parse().unwrap();
        app.scoped("marlhaven", |tx| agreements::in_force(tx, "pothole", on)).is_some()
    };
    assert!(in_force("2027-06-30") && !in_force("2027-07-01"));
    app.set_clock("2027-07-01T09:00:00Z");
    designer("marlhaven").get("/staff/services").is(200).has("since 1 July 2027 nobody provides this service");
    let mut reader = app.signed_in(&app.person("marlhaven", &[Role::Preparer]));
    reader.get("/commercial").is(200).lacks("takes no new work");
    let agreement = reader.get("/commercial/agreements").is(200).link("/commercial/agreements/");
    reader.get(&agreement).is(200).has("Its term is over").has("nobody takes new work under it");
    app.set_clock("2027-10-02T09:00:00Z");
    designer("marlhaven").get("/staff/services").is(200).lacks("another council stops providing");
    app.leave_jobs();
}

/// The agreement with another text, which both sign on another page of paper.
fn vary(app: &App, change: impl FnOnce(&str) -> String) {
    agree(app, "marlhaven", &change(&MARLHAVEN.replace("page 14", "page 15")));
}

#[test]
fn what_a_variation_ends_or_leaves_out_is_not_taken_under_the_one_before() {
    let pothole =
        "[[service]]\nslug = \"pothole\"\nmeter = \"case.accepted\"\nreversed_when = [\"duplicate\", \"not-ours\"]\n";
    let changes: [&dyn Fn(&str) -> String; 2] =
        [&|text| text.replace(pothole, ""), &|text| text.replace("until = 2029-04-01", "until = 2026-12-01")];
    for (n, change) in changes.into_iter().enumerate() {
        let app = App::start_on(Database::with_strangers(), |_| {});
        agree(&app, "marlhaven", MARLHAVEN);
        app.set_clock("2026-10-20T09:00:00Z");
        vary(&app, change);
        let provides = |service: &str, on: &str| {
            let on: Date = on.parse().unwrap();
            app.scoped("marlhaven", |tx| agreements::in_force(tx, service, on)).is_some()
        };
        // It binds from November.
        assert!(provides("pothole", "2026-10-31"));
        let gone = if n == 0 { "2026-11-01" } else { "2026-12-01" };
        assert!(!provides("pothole", gone) && !provides("pothole", "2027-06-01"), "{n}");
        assert_eq!(provides("dropped-kerb", "2027-06-01"), n == 0);
        // Designers are told of just that.
        let (agreements, today) = (app.scoped("marlhaven", agreements::list), "2026-10-20".parse().unwrap());
        let told: Vec<String> =
            agreements::lapses(&agreements, today).into_iter().map(|l| format!("{} {}", l.service, l.from)).collect();
        let expected: &[&str] =
            if n == 0 { &["pothole 2026-11-01"] } else { &["dropped-kerb 2026-12-01", "pothole 2026-12-01"] };
        assert_eq!(told, expected);
    }
}

#[test]
fn a_notice_is_a_partys_own() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let id = new_id(app.now());
    let tell =
        |council: &str| app.scoped(council, |tx| agreements::tell(tx, app.now(), id, agreements::Notice::Review));
    assert!(tell("marlhaven") && tell("wealdshire"));
    assert!(!tell("marlhaven"));
}
