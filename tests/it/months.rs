//! A whole month is prepared for every agreement: what cannot be is parked, what was broken off is taken up, and nothing is done twice.

use jiff::civil::date;
use moothall::billing::{self, Outcome, Prepared};
use moothall::identity::Role;
use moothall::kernel::{Month, Pence, Quantity, new_id};
use moothall::metering::{self, NewUsage};
use moothall::platform::Error;

use super::bills::{Deal, EASTMERE, MARLHAVEN, agree, breaches, by, commercial};
use super::harness::{App, Database};

fn prepare(app: &App, month: &str) -> Result<Vec<Prepared>, Error> {
    let month = Month::parse(month).unwrap();
    billing::prepare_all(&app.site.db, app.id("wealdshire"), month, &by("Nightly"), app.now())
}

fn outcomes(app: &App, month: &str) -> Vec<(String, Outcome)> {
    let mut all: Vec<_> = prepare(app, month).unwrap().into_iter().map(|one| (one.reference, one.outcome)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Everything that a run writes.
fn rows(app: &App) -> Vec<String> {
    ["bill_run", "document", "document_line", "parked_run", "usage_cursor", "audit_entry"]
        .iter()
        .flat_map(|table| app.database.texts(&format!("select r::text as text from {table} r order by 1")))
        .collect()
}

/// Counts what nobody put a price on.
fn unpriced(app: &App, deal: &Deal) {
    let at = date(2026, 10, 5).at(9, 0, 0, 0).in_tz("Europe/London").unwrap().timestamp();
    app.scoped("marlhaven", |tx| {
        let usage = NewUsage {
            provider: app.id("wealdshire"),
            agreement_id: deal.id,
            service: "pothole",
            meter: "drone.flown",
            source_id: new_id(at),
            subject_id: new_id(at),
            reference: "MAR-0000-00000",
            quantity: Quantity::ONE,
            value: Pence(0),
            reversed_when: &[],
            is_private: false,
        };
        metering::record_past(tx, app.now(), at, &usage)
    });
}

#[test]
fn what_cannot_be_prepared_is_parked_with_its_reason_while_the_others_finish() {
    let app = App::start();
    let (eastmere, marlhaven) = (agree(&app, "eastmere", EASTMERE), agree(&app, "marlhaven", MARLHAVEN));
    eastmere.accept(&app, "pothole", "2026-09-10T10:00:00Z");
    marlhaven.accept(&app, "pothole", "2026-10-12T10:00:00Z");
    unpriced(&app, &marlhaven);
    app.set_clock("2026-10-31T09:00:00Z");
    assert!(matches!(prepare(&app, "2026-10"), Err(Error::Conflict(key)) if key == "error-bill-month-running"));

    app.set_clock("2026-11-02T09:00:00Z");
    // One of them was prepared before the run was broken off, and one waits for an earlier draft.
    let september = eastmere.prepare(&app, "2026-09").unwrap();
    let parked = |key: &str| Outcome::Parked(key.to_owned());
    let [of_eastmere, of_marlhaven] = ["WCC-EDC-2026-05", "WCC-MCC-2026-03"].map(str::to_owned);
    let first = outcomes(&app, "2026-10");
    assert_eq!(
        first,
        [
            (of_eastmere.clone(), parked("error-bill-earlier-draft")),
            (of_marlhaven.clone(), parked("error-bill-unpriced"))
        ]
    );
    let mut preparer = commercial(&app, "wealdshire", "Owen", &[Role::Preparer, Role::Approver]);
    preparer
        .get("/commercial/bills")
        .is(200)
        .has("Could not be prepared")
        .has("An earlier month of this agreement is still a draft.")
        .has("Something was counted that the agreement has no price for.")
        .has("by Nightly")
        .has("WCC-EDC-2026-05");
    // Whose business it is not sees nothing of it.
    commercial(&app, "eastmere", "Olive", &[Role::Preparer]).get("/commercial/bills").is(200).lacks("Could not be");

    eastmere.issue(&app, september).unwrap();
    let second = outcomes(&app, "2026-10");
    assert!(matches!(second[0].1, Outcome::Drafted(_)), "{second:?}");
    assert_eq!(second[1].1, parked("error-bill-unpriced"));
    preparer
        .get("/commercial/bills")
        .is(200)
        .lacks("An earlier month of this agreement is still a draft.")
        .has("Something was counted that the agreement has no price for.");

    // What is counted meanwhile changes no draft, and a run of the same month nothing at all.
    eastmere.accept(&app, "pothole", "2026-10-20T10:00:00Z");
    metering::fold(&app.site.db, app.id("eastmere")).unwrap();
    let before = rows(&app);
    assert_eq!(outcomes(&app, "2026-10"), [(of_eastmere, Outcome::Had), (of_marlhaven, parked("error-bill-unpriced"))]);
    assert_eq!(rows(&app), before);
    moothall::app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn runs_of_one_month_at_once_prepare_each_agreement_once() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    for deal in [agree(&app, "eastmere", EASTMERE), agree(&app, "marlhaven", MARLHAVEN)] {
        deal.accept(&app, "pothole", "2026-10-10T10:00:00Z");
    }
    app.set_clock("2026-11-02T09:00:00Z");
    let (db, provider, month) = (&app.site.db, app.id("wealdshire"), Month::parse("2026-10").unwrap());
    let (who, now) = (by("Nightly"), app.now());
    let all: Vec<Outcome> = std::thread::scope(|scope| {
        let run = || billing::prepare_all(db, provider, month, &who, now).unwrap();
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).map(|one| one.outcome).collect()
    });
    let drafted = all.iter().filter(|outcome| matches!(outcome, Outcome::Drafted(_))).count();
    let had = all.iter().filter(|outcome| **outcome == Outcome::Had).count();
    assert_eq!((drafted, had), (2, 4), "{all:?}");
    assert_eq!(app.database.texts("select count(*)::text as text from bill_run"), ["2"]);
}
