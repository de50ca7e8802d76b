//! The rollup says what its events say, however they were folded, and a bill needs nothing else.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use moothall::billing::{self, DocumentFilter};
use moothall::kernel::{Pence, Quantity, new_id};
use moothall::metering::{self, Batches, EventDigest, NewUsage, Reach, Source};
use moothall::platform::{Error, Tx};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::bills::{Deal, MARLHAVEN, agree, breaches};
use super::harness::{App, Database};

/// Marlhaven's agreement, under which each payment for a pothole costs 1.25 %, at least 20p and at most £5.
fn by_item() -> String {
    let service = "\n[[service]]\nslug = \"pothole\"\nmeter = \"payment.taken\"\nreversed_when = []\n";
    let price = "\n[[tariff.price]]\nkind = \"percentage\"\nservice = \"pothole\"\nmeter = \"payment.taken\"\n\
                 description = \"Payments taken\"\npercent = \"1.25\"\nitem_minimum = \"0.20\"\nitem_maximum = \"5.00\"\n\
                 vat = \"exempt\"\nvat_reason = \"x\"\nvat_approver = \"y\"\n";
    MARLHAVEN.replacen("\n[[tariff]]", &format!("{service}\n[[tariff]]"), 1).replacen(
        "\n[data_protection]",
        &format!("{price}\n[data_protection]"),
        1,
    )
}

/// Something that passed on a day: the event's id.
fn took(app: &App, deal: &Deal, service: &str, meter: &str, on: Date, value: i64) -> Uuid {
    let at = on.at(12, 0, 0, 0).in_tz("Europe/London").unwrap().timestamp();
    app.scoped("marlhaven", |tx| {
        let usage = NewUsage {
            provider: app.id("wealdshire"),
            agreement_id: deal.id,
            service,
            meter,
            source_id: new_id(at),
            subject_id: new_id(at),
            reference: "MAR-0000-00000",
            quantity: Quantity::ONE,
            value: Pence(value),
            reversed_when: &[],
            is_private: false,
        };
        metering::record_past(tx, app.now(), at, &usage)
    })
}

fn take_back(app: &App, event: Uuid) -> Uuid {
    app.scoped("marlhaven", |tx| metering::reverse_event(tx, app.now(), event, new_id(app.now()), "Refunded"))
}

/// What is known of a day, service and meter: how much, what passed, how many events and which.
type Sum = (i64, i64, i64, EventDigest);

fn sums(tx: &mut Tx<'_>, reach: &Reach, source: Source) -> Result<BTreeMap<(Date, String, String), Sum>, Error> {
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    for day in metering::counted(tx, reach, source)? {
        let sum = sums.entry((day.billing_date, day.service, day.meter)).or_insert((0, 0, 0, EventDigest::NONE));
        *sum = (sum.0 + day.quantity.0, sum.1 + day.value.0, sum.2 + day.events, sum.3);
        sum.3 += day.digest;
    }
    Ok(sums)
}

#[test]
fn whatever_is_folded_in_any_batching_and_order_agrees_with_a_recount() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", &by_item());
    app.set_clock("2026-12-01T09:00:00Z");
    let (consumer, db) = (app.id("marlhaven"), &app.site.db);
    let reach =
        |batches| Reach { consumer, agreement: deal.id, from: date(2026, 10, 1), until: date(2026, 12, 1), batches };
    for seed in 0..6 {
        let mut rng = StdRng::seed_from_u64(seed);
        // What there was before stays: each seed adds to the history of those before it.
        let mut known = app.scoped("marlhaven", |tx| sums(tx, &reach(Batches::ALL), Source::Events));
        let mut at_cut: Vec<(i64, BTreeMap<_, Sum>)> = Vec::new();
        let mut live: Vec<(Uuid, Date, &str, &str, i64)> = Vec::new();
        let add =
            |known: &mut BTreeMap<_, Sum>, id, (on, service, meter): (Date, &str, &str), sign: i64, value: i64| {
                let sum =
                    known.entry((on, service.to_owned(), meter.to_owned())).or_insert((0, 0, 0, EventDigest::NONE));
                *sum = (sum.0 + sign * 1_000, sum.1 + sign * value, sum.2 + 1, sum.3);
                sum.3 += EventDigest::of(id);
            };
        for _ in 0..60 {
            match rng.random_range(0..10) {
                0 => {
                    metering::fold(db, consumer).unwrap();
                }
                1 => {
                    metering::close(db, consumer, &[deal.id]).unwrap();
                    let cut = app.scoped("marlhaven", |tx| metering::closed_batch(tx, consumer, deal.id));
                    at_cut.push((cut, known.clone()));
                }
                2 if !live.is_empty() => {
                    let (event, on, service, meter, value) = live.swap_remove(rng.random_range(0..live.len()));
                    add(&mut known, take_back(&app, event), (on, service, meter), -1, value);
                }
                _ => {
                    let on = date(2026, 10, 1).saturating_add(rng.random_range(0..61).days());
                    let (service, meter) = [("pothole", "case.accepted"), ("pothole", "payment.taken"), ("bins", "x")]
                        [rng.random_range(0..3)];
                    let value =
                        if meter == "payment.taken" { [1, 400, 6_000, 50_000][rng.random_range(0..4)] } else { 0 };
                    let id = took(&app, &deal, service, meter, on, value);
                    add(&mut known, id, (on, service, meter), 1, value);
                    live.push((id, on, service, meter, value));
                }
            }
        }
        metering::close(db, consumer, &[deal.id]).unwrap();
        let cut = app.scoped("marlhaven", |tx| metering::closed_batch(tx, consumer, deal.id));
        at_cut.push((cut, known));
        let mut after = 0;
        for (through, known) in &at_cut {
            // At every cut, whatever came after it; and between any two.
            for batches in [Batches { after: 0, through: *through }, Batches { after, through: *through }] {
                app.scoped("marlhaven", |tx| {
                    let reach = reach(batches);
                    let [rollup, events] = [Source::Rollup, Source::Events];
                    let counted = metering::counted(tx, &reach, rollup)?;
                    assert_eq!(counted, metering::counted(tx, &reach, events)?, "seed {seed}, {batches:?}");
                    let items = metering::items(tx, &reach, rollup)?;
                    assert_eq!(items, metering::items(tx, &reach, events)?, "seed {seed}, {batches:?}");
                    let passed: i64 = items.iter().map(|one| one.items * one.value.0).sum();
                    assert_eq!(passed, counted.iter().map(|day| day.value.0).sum::<i64>(), "seed {seed}, {batches:?}");
                    if batches.after == 0 {
                        assert_eq!(&sums(tx, &reach, rollup)?, known, "seed {seed}, through {through}");
                    }
                    Ok(())
                });
            }
            after = *through;
        }
    }
    let checks = metering::verify(db, &[consumer]).unwrap();
    assert!(checks.iter().all(moothall::platform::verify::Check::holds), "{checks:?}");
}

#[test]
fn what_has_limits_for_each_item_is_billed_from_the_rollup_also_when_it_comes_late() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", &by_item());
    app.set_clock("2026-11-02T09:00:00Z");
    let on = |day| date(2026, 10, day);
    let pay = |day, value| took(&app, &deal, "pothole", "payment.taken", on(day), value);
    pay(3, 400);
    pay(3, 400);
    let large = pay(3, 50_000);
    pay(4, 6_000);
    let lines = |run| -> Vec<(String, i64, i64)> {
        let documents = app.scoped("wealdshire", |tx| billing::documents_of_run(tx, run));
        let lines = documents.iter().flat_map(|document| &document.snapshot.lines);
        let ours = lines.filter(|line| line.line.description.contains("Payments taken"));
        ours.map(|line| (line.line.description.clone(), line.line.net.0, line.event_count)).collect()
    };
    let october = deal.prepare(&app, "2026-10").unwrap();
    assert_eq!(lines(october), [("Payments taken: 1.25% of £568.00".to_owned(), 20 + 20 + 500 + 75, 4)]);
    // Nobody prepared it again: what is counted now is late.
    take_back(&app, large);
    pay(5, 100);
    deal.issue(&app, october).unwrap();
    app.set_clock("2026-12-01T09:00:00Z");
    let november = deal.prepare(&app, "2026-11").unwrap();
    assert_eq!(lines(november), [("Late: October 2026: Payments taken: 1.25% of £69.00".to_owned(), 20 - 500, 2)]);
    deal.issue(&app, november).unwrap();
    moothall::app::settle(&app.site).unwrap();
    // The page's events are those of the digest, by the recipe that the page gives.
    let bills = app.scoped("marlhaven", |tx| billing::documents(tx, DocumentFilter { limit: 9, ..Default::default() }));
    let mut looked = 0;
    for bill in bills {
        app.scoped("marlhaven", |tx| {
            let document = billing::document(tx, bill.id)?;
            for line in &document.snapshot.lines {
                let events = billing::line_events(tx, &document, &line.line, None, 100)?;
                let digest = events.iter().map(|event| EventDigest::of(event.id)).sum::<EventDigest>().hex();
                assert_eq!(
                    (digest, i64::try_from(events.len()).unwrap()),
                    (line.event_digest.clone(), line.event_count)
                );
                looked += events.len();
            }
            Ok(())
        });
    }
    assert_eq!(looked, 4 + 2);
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn a_bill_is_made_without_reading_an_event() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", &by_item());
    app.set_clock("2026-11-02T09:00:00Z");
    for day in 1..=20 {
        took(&app, &deal, "pothole", "case.accepted", date(2026, 10, day), 0);
        took(&app, &deal, "pothole", "payment.taken", date(2026, 10, day), 400);
    }
    metering::fold(&app.site.db, app.id("marlhaven")).unwrap();
    let events = "select on usage_event, usage_fold";
    app.database.force(&format!("revoke {events} from moothall_app"));
    let october = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, october).unwrap();
    app.database.force(&format!("grant {events} to moothall_app"));
    moothall::app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}
