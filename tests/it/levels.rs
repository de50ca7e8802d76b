//! Service levels: what is counted of them, what is given back, and what both read of it.

use moothall::app;
use moothall::billing::{self, Part};
use moothall::identity::Role;
use moothall::kernel::{Pence, Quantity};
use moothall::metering;
use uuid::Uuid;

use super::bills::{Deal, MARLHAVEN, agree, breaches, commercial};
use super::follow::report;
use super::harness::{App, Database, Visitor};

/// What was counted of closings, and how often.
fn closings(app: &App) -> Vec<String> {
    app.database.texts(
        "select meter || ' ' || count(*) || ' ' || (sum(quantity) / 1000)::bigint as text from usage_event \
         where meter in ('case.closed', 'case.late') group by meter order by meter",
    )
}

fn resolve(app: &App, reference: &str) {
    let mut officer: Visitor = app.signed_in(&app.person("wealdshire", &[Role::Officer]));
    let address = format!("/staff/cases/marlhaven/{reference}");
    officer.get(&format!("{address}/resolve")).is(200);
    officer.submit("/resolve", &[("choice", "Repaired"), ("said", "")]).is(303);
}

#[test]
fn a_case_closed_after_its_target_is_counted_by_the_closing_itself() {
    let app = App::start_with(|config| config.limits.tracks_per_hour = 10_000);
    app.leave_jobs();
    let mut citizen = app.visitor("marlhaven");
    let (in_time, _) = report(&mut citizen);
    let (late, _) = report(&mut citizen);
    let due = app.database.texts(&format!("select due_on::text as text from cases where reference = '{late}'"));
    app.set_clock(&format!("{}T20:00:00Z", due[0]));
    resolve(&app, &in_time);
    assert_eq!(closings(&app), ["case.closed 1 1"], "the day itself is in time");
    let after = due[0].parse::<jiff::civil::Date>().unwrap().tomorrow().unwrap();
    app.set_clock(&format!("{after}T09:00:00Z"));
    resolve(&app, &late);
    assert_eq!(closings(&app), ["case.closed 2 2", "case.late 1 1"]);
    // Both are of one act, which the timeline has.
    let sources = "select count(distinct source_id)::text as text from usage_event where meter = 'case.late' \
                   and source_id in (select source_id from usage_event where meter = 'case.closed')";
    assert_eq!(app.database.texts(sources), ["1"]);
}

/// Twenty potholes closed in October, three of them late: 85%.
fn missed(app: &App) -> (Deal, Vec<Uuid>) {
    let deal = agree(app, "marlhaven", MARLHAVEN);
    app.set_clock("2026-10-31T12:00:00Z");
    let mut late = Vec::new();
    for n in 1..=20 {
        let at = format!("2026-10-{n:02}T09:00:00Z");
        deal.accept(app, "pothole", &at);
        let case = deal.close(app, "pothole", &at, n > 17);
        late.extend((n > 17).then_some(case));
    }
    metering::fold(&app.site.db, app.id("marlhaven")).unwrap();
    (deal, late)
}

#[test]
fn what_was_missed_is_given_back_and_corrected_by_the_difference() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let (deal, late) = missed(&app);
    app.set_clock("2026-11-02T09:00:00Z");
    let so_far = app.scoped("marlhaven", |tx| {
        let all = moothall::agreements::list(tx)?;
        Ok(billing::so_far(tx, &all, moothall::kernel::Month::parse("2026-10").unwrap())?.remove(0))
    });
    assert_eq!((so_far.counted, so_far.rated.unpriced.len()), (Quantity(20_000), 0), "20 accepted, and nothing else");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    let bill = app.scoped("marlhaven", |tx| Ok(billing::documents_of_run(tx, run)?.remove(0)));
    let credit = bill.snapshot.lines.last().unwrap();
    // 20 × £6.85 = £137.00, of which 5% is £6.85.
    assert_eq!((credit.line.net, credit.line.quantity, credit.event_count), (Pence(-685), Quantity(-1_000), 3));
    assert_eq!(
        credit.line.description,
        "Potholes dealt with by their target: 17 of 20 (85%), below 90%: 5% of £137.00"
    );
    let events = app.scoped("wealdshire", |tx| billing::line_events(tx, &bill, &credit.line, None, 10));
    assert_eq!(events.len(), 3, "the late cases stand at it");
    let xml = billing::ubl(&bill.snapshot).unwrap();
    assert!(xml.contains("<cbc:InvoicedQuantity unitCode=\"C62\">-1</cbc:InvoicedQuantity>"), "{xml}");
    assert_eq!(breaches(&app), [] as [String; 0]);

    // Two of the late ones were not theirs after all: 18 of 18 but one is 94.44%, and 2% of £123.30.
    for case in &late[..2] {
        assert_eq!(deal.give_back(&app, *case, "2026-11-05T10:00:00Z", "not-ours"), 2, "the closing and its lateness");
    }
    app.set_clock("2026-12-01T09:00:00Z");
    let second = deal.prepare(&app, "2026-11").unwrap();
    deal.issue(&app, second).unwrap();
    app::settle(&app.site).unwrap();
    let bill = app.scoped("marlhaven", |tx| Ok(billing::documents_of_run(tx, second)?.remove(0)));
    let late: Vec<(&str, Pence)> = bill
        .snapshot
        .lines
        .iter()
        .filter(|line| line.line.charge.part == Part::ServiceCredit)
        .map(|line| (line.line.description.as_str(), line.line.net))
        .collect();
    let told = "Late: October 2026: Potholes dealt with by their target: 17 of 18 (94.44%), below 95%: 2% of £137.00";
    assert_eq!(late, [(told, Pence(685 - 274))]);
    assert_eq!(breaches(&app), [] as [String; 0]);
}

#[test]
fn both_read_the_level_month_by_month_and_nobody_else_does() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    missed(&app);
    app.set_clock("2026-11-02T09:00:00Z");
    for council in ["marlhaven", "wealdshire"] {
        let mut reader = commercial(&app, council, "Reader", &[Role::Preparer]);
        let page = reader.get("/commercial/agreements").is(200);
        let agreement = page.link("/commercial/agreements/");
        reader.get(&agreement).is(200).has("Service levels").has("at least 95% are closed by their target");
        reader
            .get(&format!("{agreement}/levels/1"))
            .is(200)
            .has("Potholes dealt with by their target")
            .has("85%")
            .has("as it is below 90%")
            .has("Closed after their target in October 2026");
        reader.get(&format!("{agreement}/levels/1?month=2026-11")).is(200).has("None.");
        reader.get(&format!("{agreement}/levels/2")).is(404);
        reader.get(&format!("{agreement}/levels/0")).is(404);
        let mut other = commercial(&app, "hartsmoor", &format!("Of{council}"), &[Role::Preparer]);
        other.get(&format!("{agreement}/levels/1")).is(404);
    }
}
