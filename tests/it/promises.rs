//! What users of other billing systems complain about, as promises of ours: T1 to T15, each a test of that name. Those of
//! pure rating stand in `src/billing/tests.rs`, those of many at once in `concurrency.rs`, and T12 in `intake.rs`.

use std::cell::Cell;
use std::collections::BTreeSet;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use jiff::Timestamp;
use jiff::civil::date;
use moothall::billing::{self, Document, Doubt, NewRemittance, Pair, Part, RawItem, Taken, Which};
use moothall::identity;
use moothall::kernel::time::financial_year;
use moothall::kernel::{Month, Pence, Quantity, billing_date, new_id};
use moothall::metering::{self, NewUsage};
use moothall::platform::{Error, Scope};
use moothall::{agreements, app};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::attack::World;
use super::bills::{Deal, MARLHAVEN, agree, breaches, by};
use super::concurrency::at_once;
use super::harness::{App, Database, Visitor};
use super::intake::{events, payment, send, statuses, with_payments};

const CALLS: &str = "service = \"calls\"\nmeter = \"unit\"\n";
/// 0–1,000 at 185p, to 5,000 at 162p, above at 137.5p.
const BANDS: &str = "band = [{ up_to = 1000, unit_price = \"1.85\" }, { up_to = 5000, unit_price = \"1.62\" }, { unit_price = \"1.375\" }]";

/// A price, taxed at the standard rate where it is taxed.
fn price(kind: &str, description: &str, keys: &str) -> String {
    let vat = if kind == "cap" { "" } else { "vat = \"standard\"\nvat_reason = \"x\"\nvat_approver = \"y\"\n" };
    format!("[[tariff.price]]\nkind = \"{kind}\"\ndescription = \"{description}\"\n{keys}\n{vat}\n")
}

/// Marlhaven's agreement with these prices, for calls that another system counts.
fn priced(prices: &str) -> String {
    let (head, rest) = MARLHAVEN.split_once("[[service]]").unwrap();
    let (_, foot) = rest.split_once("[data_protection]").unwrap();
    let service = "[[service]]\nslug = \"calls\"\nmeter = \"unit\"\nreversed_when = []\n";
    format!("{head}{service}\n[[tariff]]\nfrom = 2026-04-01\n\n{prices}\n[data_protection]{foot}")
}

fn billing_of(prices: &str, now: &str) -> (App, Deal) {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", &priced(prices));
    app.set_clock(now);
    (app, deal)
}

fn take(app: &App, raw: RawItem) -> Taken {
    take_all(app, vec![raw]).remove(0)
}

fn take_all(app: &App, raw: Vec<RawItem>) -> Vec<Taken> {
    let (consumer, provider) = ("marlhaven".to_owned(), "wealdshire".to_owned());
    let of_both = |raw| RawItem { consumer: consumer.clone(), provider: provider.clone(), ..raw };
    let raw: Vec<RawItem> = raw.into_iter().map(of_both).collect();
    let directory = app.site.directory.get();
    let id = |slug: &str| directory.by_slug(slug).map(|council| council.id);
    let items = billing::read_items(&raw, app.id("wealdshire"), app.now(), id).unwrap();
    let taken = app.scoped("wealdshire", |tx| billing::take_in(tx, app.now(), &by("Calls"), "calls", &items));
    taken.unwrap()
}

/// So many calls at this moment, under this id of the system that counts them.
fn calls(app: &App, id: &str, quantity: &str, at: &str) -> Taken {
    take(app, call(id, quantity, at))
}

fn call(id: &str, quantity: &str, at: &str) -> RawItem {
    RawItem {
        id: id.to_owned(),
        service: "calls".to_owned(),
        meter: "unit".to_owned(),
        quantity: quantity.to_owned(),
        occurred_at: at.to_owned(),
        ..RawItem::default()
    }
}

fn taken_back(app: &App, id: &str) {
    let of = id.to_owned();
    let back =
        RawItem { id: format!("{id} back"), reverses: of, reason: "Counted twice".to_owned(), ..RawItem::default() };
    assert!(matches!(take(app, back), Taken::Counted(_)));
}

/// A month's bill, issued: its documents.
fn bill(app: &App, deal: &Deal, month: &str) -> Vec<Document> {
    let run = deal.prepare(app, month).unwrap();
    deal.issue(app, run).unwrap();
    app::settle(&app.site).unwrap();
    app.scoped("marlhaven", |tx| billing::documents_of_run(tx, run))
}

fn net(documents: &[Document]) -> i64 {
    documents.iter().map(|document| document.snapshot.net.0).sum()
}

/// What a bill charges for days of this month.
fn net_of(documents: &[Document], month: &str) -> i64 {
    let lines = documents.iter().flat_map(|document| &document.snapshot.lines);
    lines.filter(|billed| Month::of(billed.line.from).code() == month).map(|billed| billed.line.net.0).sum()
}

/// A council's entry for a document: account and amount in pence.
fn entry(app: &App, council: &str, document: &Document) -> Vec<String> {
    app.database.texts(&format!(
        "select p.account || ' ' || p.amount_pence as text from journal_entry j join posting p on p.tenant_id = j.tenant_id \
         and p.entry_id = j.id where j.tenant_id = '{}' and j.source_id = '{}' order by p.n",
        app.id(council),
        document.id
    ))
}

#[test]
fn t1_crediting_every_line_in_any_order_nets_to_nothing() {
    // Net 27,916 and VAT 5,583: line by line the VAT would be 5,584.
    let fees = [("a", "68.33"), ("b", "57.50"), ("c", "85.00")];
    let fees: String = fees.iter().map(|(n, fee)| price("standing", n, &format!("monthly = \"{fee}\""))).collect();
    let prices = format!("{fees}{}", price("unit", "d", &format!("{CALLS}unit_price = \"68.33\"")));
    let (app, deal) = billing_of(&prices, "2026-11-02T09:00:00Z");
    let orders = [[1, 2, 3, 4], [4, 3, 2, 1], [3, 1, 4, 2], [2, 4, 1, 3], [1, 4, 2, 3], [3, 2, 1, 4]];
    for (n, order) in orders.into_iter().enumerate() {
        let month = format!("2026-0{}", n + 4);
        calls(&app, &month, "1", &format!("{month}-10T09:00:00Z"));
        let [invoice] = bill(&app, &deal, &month).try_into().unwrap();
        assert_eq!((invoice.snapshot.net, invoice.snapshot.vat_total), (Pence(27_916), Pence(5_583)));
        let mut vats = Vec::new();
        for line in order {
            let whole = invoice.snapshot.line(line).unwrap().line.net;
            // From the third month on in two parts, a penny and the rest.
            let parts = if n < 2 { vec![whole] } else { vec![Pence(1), whole - Pence(1)] };
            for amount in parts {
                let doubt =
                    Doubt { document_id: invoice.id, line, amount, reason: "Ours".to_owned(), doubted: Vec::new() };
                let raised = app.scoped("marlhaven", |tx| billing::raise(tx, app.now(), &by("Theirs"), &doubt));
                let note = app.scoped("wealdshire", |tx| {
                    let id = billing::accept(tx, app.now(), &by("Approver"), raised, amount, "Yours")?;
                    billing::document(tx, id)
                });
                vats.push(-note.snapshot.vat_total.0);
            }
        }
        assert_eq!(vats.iter().sum::<i64>(), 5_583, "{month}");
        if n == 0 {
            assert_eq!(vats, [1_367, 1_150, 1_700, 1_366]);
        }
        app::settle(&app.site).unwrap();
        for council in ["marlhaven", "wealdshire"] {
            assert_eq!(app.scoped(council, |tx| billing::balances(tx, Which::Open)).len(), 0, "{month}");
        }
    }
    let books = "select account || ' ' || sum(amount_pence) as text from posting group by account having sum(amount_pence) <> 0";
    assert_eq!(app.database.texts(books), [""; 0], "each account of both books is back where it was");
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn t2_the_same_event_many_times_at_once_under_other_attributes_is_counted_once() {
    let app = App::start_on(Database::with_strangers(), |config| config.database.pool_wait_ms = 30_000);
    let deal = agree(&app, "marlhaven", &with_payments());
    let key = app.scoped("wealdshire", |tx| identity::make_key(tx, app.now(), &by("Approver"), "tills"));
    // Every other one says another value.
    let body = |n: usize| {
        let value = if n.is_multiple_of(2) { "40.00" } else { "41.00" };
        json!({ "items": [payment("P-1", value, "2026-10-30T09:00:00Z")] })
    };
    let systems: Vec<Visitor> = (0..12).map(|_| app.visitor("wealdshire")).collect();
    let answers = at_once(systems.len(), |n| {
        let headers = [("authorization", format!("Bearer {}", key.expose()))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        systems[n].clone().ask(Method::POST, "/api/usage", &headers, Some(&body(n).to_string()))
    });
    assert_eq!(events(&app), 1);
    let said: Vec<(u16, Option<String>)> =
        answers.iter().map(|page| (page.status, (page.status == 200).then(|| statuses(page).remove(0)))).collect();
    let how_many = |status: &str| said.iter().filter(|(_, said)| said.as_deref() == Some(status)).count();
    assert_eq!((how_many("counted"), how_many("known")), (1, 5), "{said:?}");
    assert_eq!(said.iter().filter(|(code, _)| *code == 422).count(), 6, "{said:?}");

    // An act of a case, told to the meter by many with other quantities and under other cases.
    let (now, source) = (app.now(), new_id(app.now()));
    let bound = app.scoped("marlhaven", |tx| agreements::in_force(tx, "pothole", billing_date(now))).unwrap();
    let (db, scope) = (&app.site.db, Scope::own(app.id("marlhaven")));
    let recorded = at_once(8, |n| {
        let usage = NewUsage {
            provider: bound.provider,
            agreement_id: bound.agreement_id,
            service: if n.is_multiple_of(2) { "pothole" } else { "dropped-kerb" },
            meter: "case.accepted",
            source_id: source,
            subject_id: new_id(now),
            reference: "MAR-0000-00000",
            quantity: Quantity(1_000 + i64::try_from(n).unwrap()),
            value: Pence(0),
            reversed_when: &[],
            is_private: false,
        };
        db.scoped(scope, |tx| metering::record(tx, now, &usage)).is_ok()
    });
    assert_eq!(recorded.iter().filter(|ok| **ok).count(), 1);
    assert_eq!(events(&app), 2);
    app.set_clock("2026-12-01T09:00:00Z");
    let counts: Vec<i64> = ["2026-10", "2026-11"]
        .iter()
        .flat_map(|month| bill(&app, &deal, month))
        .map(|document| document.snapshot.lines.iter().map(|line| line.event_count).sum())
        .collect();
    // October's payment has its share and the unit that it is counted by.
    assert_eq!(counts.iter().sum::<i64>(), 2, "{counts:?}");
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn t3_what_counts_an_act_is_the_act_and_not_the_call() {
    let world = World::start();
    let count = |sql: &str| world.one(&format!("select count(*)::text as line from {sql}")).parse::<usize>().unwrap();
    let of_cases = "usage_event u where u.meter = 'case.accepted' and u.reversal_of is null";
    let keyed = format!(
        "{of_cases} and exists (select from case_event e where e.tenant_id = u.tenant_id and e.id = u.source_id \
         and e.case_id = u.subject_id)"
    );
    let before = count(of_cases);
    assert!(before > 10);
    assert_eq!(count(&keyed), before, "each is keyed by the event of its case");
    // The same act told again, whoever tells it: a new id each time, and another day.
    let source: Uuid = world.one(&format!("select source_id::text as line from {of_cases} limit 1")).parse().unwrap();
    let row = |column: &str| -> Uuid {
        let sql = format!("select {column}::text as line from usage_event where source_id = '{source}'");
        world.one(&sql).parse().unwrap()
    };
    let (tenant, subject) = (moothall::kernel::AuthorityId(row("tenant_id")), row("subject_id"));
    let again = NewUsage {
        provider: moothall::kernel::AuthorityId(row("provider_id")),
        agreement_id: row("agreement_id"),
        service: "pothole",
        meter: "case.accepted",
        source_id: source,
        subject_id: subject,
        reference: "MAR-0000-00000",
        quantity: Quantity::ONE,
        value: Pence(0),
        reversed_when: &[],
        is_private: false,
    };
    for day in ["2026-10-01T09:00:00Z", "2026-11-19T09:00:00Z"] {
        let told = world
            .site
            .db
            .scoped(Scope::own(tenant), |tx| metering::record(tx, day.parse::<Timestamp>().unwrap(), &again));
        assert!(matches!(told, Err(Error::Database(_))), "{told:?}");
    }
    assert_eq!(count(of_cases), before);
    world.leave_jobs();
}

#[test]
fn t4_a_replay_in_a_batch_answers_the_original() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    agree(&app, "marlhaven", &with_payments());
    let key = app.scoped("wealdshire", |tx| identity::make_key(tx, app.now(), &by("Approver"), "tills"));
    let one = |n: usize| payment(&format!("P-{n}"), "10.00", "2026-10-05T09:00:00Z");
    let sent = |items: Vec<serde_json::Value>| -> (Vec<String>, Vec<Uuid>) {
        let page = send(&app, "wealdshire", key.expose(), &json!({ "items": items })).is(200);
        let answer: serde_json::Value = serde_json::from_str(&page.body).unwrap();
        let ids =
            answer["items"].as_array().unwrap().iter().map(|item| item["event"].as_str().unwrap().parse().unwrap());
        (statuses(&page), ids.collect())
    };
    let (_, first) = sent(vec![one(1), one(2)]);
    let (said, ids) = sent(vec![one(3), one(2), one(4), one(1)]);
    assert_eq!(said, ["counted", "known", "counted", "known"]);
    assert_eq!((ids[1], ids[3]), (first[1], first[0]));
    assert_eq!((events(&app), ids.into_iter().collect::<BTreeSet<_>>().len()), (4, 4));
    app.leave_jobs();
}

#[test]
fn t5_months_and_years_turn_at_londons_midnight_whatever_its_clocks_do() {
    for (month, hours, until) in [
        ("2026-03", 743, "2026-03-31T23:00:00Z"),
        ("2026-04", 720, "2026-04-30T23:00:00Z"),
        ("2026-10", 745, "2026-11-01T00:00:00Z"),
        ("2028-02", 696, "2028-03-01T00:00:00Z"),
    ] {
        let (from, end) = Month::parse(month).unwrap().bounds();
        assert_eq!(((end.as_second() - from.as_second()) / 3600, end.to_string().as_str()), (hours, until), "{month}");
    }
    for (at, day, year) in [
        ("2026-03-31T22:59:59Z", date(2026, 3, 31), 2025),
        ("2026-03-31T23:00:00Z", date(2026, 4, 1), 2026),
        ("2026-10-25T00:59:59Z", date(2026, 10, 25), 2026),
        ("2026-10-31T23:59:59Z", date(2026, 10, 31), 2026),
        ("2028-02-29T23:59:59Z", date(2028, 2, 29), 2027),
    ] {
        let on = billing_date(at.parse().unwrap());
        assert_eq!((on, financial_year(on)), (day, year), "{at}");
    }
    // In a bill: the last second and the first, in summer time, where the clocks go back, and in winter.
    let (app, deal) =
        billing_of(&price("unit", "Calls", &format!("{CALLS}unit_price = \"1.00\"")), "2026-12-02T09:00:00Z");
    for (n, at) in ["2026-09-30T22:59:59Z", "2026-09-30T23:00:00Z", "2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z"]
        .into_iter()
        .enumerate()
    {
        calls(&app, &format!("C-{n}"), &(1 << n).to_string(), at);
    }
    let nets: Vec<i64> = ["2026-09", "2026-10", "2026-11"].iter().map(|month| net(&bill(&app, &deal, month))).collect();
    assert_eq!(nets, [100, 200 + 400, 800], "each in one month, and none in two");
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn t8_what_comes_late_is_billed_next_and_never_lost() {
    let graduated = price("graduated", "Calls", &format!("{CALLS}{BANDS}"));
    let (app, deal) = billing_of(&graduated, "2026-09-02T09:00:00Z");
    calls(&app, "C-1", "990", "2026-08-10T09:00:00Z");
    assert_eq!(net(&bill(&app, &deal, "2026-08")), 183_150);
    app.set_clock("2026-10-02T09:00:00Z");
    calls(&app, "C-2", "20", "2026-08-11T09:00:00Z");
    let september = bill(&app, &deal, "2026-09");
    // rate(1,010) − rate(990), neither 20 × £1.85 nor 20 × £1.62.
    assert_eq!((net(&september), net_of(&september, "2026-08")), (3_470, 3_470));
    let printed = &september[0].snapshot.lines[0].line.description;
    assert!(printed.starts_with("Late: August 2026: "), "{printed}");
    // Later still, and across a band that was left open: 7,321 and then 7,351.
    app.set_clock("2026-11-02T09:00:00Z");
    calls(&app, "C-3", "6311", "2026-08-31T22:59:59Z");
    calls(&app, "C-4", "1", "2026-09-30T22:59:59Z");
    let october = bill(&app, &deal, "2026-10");
    assert_eq!((net_of(&october, "2026-08"), net_of(&october, "2026-09")), (1_152_138 - 186_620, 185));
    app.set_clock("2026-12-02T09:00:00Z");
    calls(&app, "C-5", "30", "2026-08-01T09:00:00Z");
    assert_eq!(net_of(&bill(&app, &deal, "2026-11"), "2026-08"), 4_125);
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn t9_a_correction_of_a_bill_that_is_paid_is_the_new_rate_less_the_old() {
    let graduated = price("graduated", "Calls", &format!("{CALLS}{BANDS}"));
    let (app, deal) = billing_of(&graduated, "2026-09-02T09:00:00Z");
    calls(&app, "C-1", "7000", "2026-08-10T09:00:00Z");
    calls(&app, "C-2", "321", "2026-08-11T09:00:00Z");
    let [invoice] = bill(&app, &deal, "2026-08").try_into().unwrap();
    assert_eq!(entry(&app, "wealdshire", &invoice), ["receivable 1382566", "income -1152138", "output-vat -230428"]);
    assert_eq!(entry(&app, "marlhaven", &invoice), ["payable -1382566", "expenditure 1152138", "input-vat 230428"]);
    let payment = NewRemittance {
        pair: Pair { consumer: app.id("marlhaven"), provider: app.id("wealdshire") },
        amount: Pence(1_382_566),
        paid_on: billing_date(app.now()),
        reference: "BACS 1".to_owned(),
        allocations: None,
        is_another: false,
    };
    app.scoped("wealdshire", |tx| billing::enter(tx, app.now(), &by("Ours"), &payment));
    app.set_clock("2026-10-02T09:00:00Z");
    taken_back(&app, "C-2");
    let [note] = bill(&app, &deal, "2026-09").try_into().unwrap();
    assert_eq!((note.snapshot.net, note.snapshot.vat_total), (Pence(-44_138), Pence(-8_828)));
    assert_eq!((note.snapshot.title(), net_of(std::slice::from_ref(&note), "2026-08")), ("Credit note", -44_138));
    let paid = app.scoped("marlhaven", |tx| {
        let balance = billing::balances(tx, Which::Of(&[invoice.id]))?.remove(0);
        Ok((billing::document(tx, invoice.id)?, balance.owed()))
    });
    assert_eq!((&paid.0.snapshot, &paid.0.sha256, paid.1), (&invoice.snapshot, &invoice.sha256, Pence(0)));
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn t11_a_minimum_is_owed_once_a_period_and_nobody_who_used_nothing_is_skipped() {
    let penny = price("unit", "Calls", &format!("{CALLS}unit_price = \"0.01\""));
    let least = price("monthly_minimum", "Least of a month", "amount = \"12000.00\"");
    let year = price("yearly_minimum", "Least of a year", "amount = \"150000.00\"");
    let (app, deal) = billing_of(&format!("{penny}{least}{year}"), "2027-04-02T09:00:00Z");
    let months: Vec<Month> =
        std::iter::successors(Month::parse("2026-04"), |month| Some(month.next())).take(12).collect();
    let mut all = Vec::new();
    for month in &months {
        // As the month's round does it for everybody: once, and once more.
        let round =
            || billing::prepare_all(&app.site.db, app.id("wealdshire"), *month, &by("Prepa"), app.now()).unwrap();
        let (first, again) = (round(), round());
        let drafted = matches!(first[0].outcome, billing::Outcome::Drafted(_));
        assert_eq!((first.len(), drafted, &again[0].outcome), (1, true, &billing::Outcome::Had), "{month}");
        all.extend(bill(&app, &deal, &month.code()));
        if *month == months[4] {
            // £3,000 of August that comes after its bill: the minimum covers it.
            calls(&app, "C-1", "300000", "2026-08-10T09:00:00Z");
        }
    }
    let topped = |part: Part| {
        let lines = all.iter().flat_map(|document| &document.snapshot.lines);
        let of_part = lines.filter(|billed| billed.line.charge.part == part && billed.line.net.0 > 0);
        of_part.map(|billed| (Month::of(billed.line.from).code(), billed.line.net.0)).collect::<Vec<_>>()
    };
    let each: Vec<(String, i64)> = months.iter().map(|month| (month.code(), 1_200_000)).collect();
    assert_eq!(topped(Part::MonthlyMinimum), each);
    assert_eq!(topped(Part::YearlyMinimum), [("2027-03".to_owned(), 600_000)]);
    assert_eq!((net_of(&all, "2026-08"), net(&all)), (1_200_000, 15_000_000));
    // £1,000 more than February's minimum comes after the year was settled: it is in the year's.
    app.set_clock("2027-05-04T09:00:00Z");
    calls(&app, "C-2", "1300000", "2027-02-10T09:00:00Z");
    let april = bill(&app, &deal, "2027-04");
    assert_eq!((net_of(&april, "2027-02"), net_of(&april, "2027-03"), net(&april)), (100_000, -100_000, 1_200_000));
    // The warnings that the agreement's review is overdue wait for a mail server.
    app.leave_jobs();
    assert_eq!(breaches(&app), [""; 0]);
}

thread_local! {
    /// How many statements this thread has sent.
    static STATEMENTS: Cell<usize> = const { Cell::new(0) };
}

/// Counts the statements of connections made from here on, by the thread that sends them.
fn counting() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = event {
            STATEMENTS.set(STATEMENTS.get() + 1);
        }
    }))
}

#[test]
fn t15_a_run_asks_as_much_of_the_database_for_many_events_as_for_few() {
    set_default_instrumentation(counting).unwrap();
    let statements = |many: usize| {
        let unit = price("unit", "Calls", &format!("{CALLS}unit_price = \"1.00\""));
        let (app, deal) = billing_of(&unit, "2026-11-02T09:00:00Z");
        let raw = |n: usize| call(&format!("C-{n}"), "1", &format!("2026-10-{:02}T09:00:00Z", n % 20 + 1));
        take_all(&app, (0..many).map(raw).collect());
        metering::fold(&app.site.db, app.id("marlhaven")).unwrap();
        let before = STATEMENTS.get();
        let run = deal.prepare(&app, "2026-10").unwrap();
        deal.issue(&app, run).unwrap();
        let sent = STATEMENTS.get() - before;
        app::settle(&app.site).unwrap();
        let issued = app.scoped("marlhaven", |tx| billing::documents_of_run(tx, run));
        assert_eq!(net(&issued), i64::try_from(many).unwrap() * 100);
        sent
    };
    let few = statements(20);
    assert!(few > 30, "{few}: what is counted are statements");
    assert_eq!(statements(1_000), few);
}

#[test]
fn nine_billion_pounds_do_not_wrap_and_more_than_ten_are_refused() {
    let billion = |n, keys: &str| price("unit", n, &format!("{CALLS}{keys}")).replace("\"standard\"", "\"zero\"");
    let (app, deal) = billing_of(&billion("Calls", "unit_price = \"9000000000\""), "2026-10-02T09:00:00Z");
    for (n, month) in ["2026-08", "2026-09"].into_iter().enumerate() {
        calls(&app, &format!("C-{n}"), "1", &format!("{month}-10T09:00:00Z"));
        let [invoice] = bill(&app, &deal, month).try_into().unwrap();
        assert_eq!(invoice.snapshot.gross, Pence(900_000_000_000));
        assert_eq!(entry(&app, "marlhaven", &invoice), ["payable -900000000000", "expenditure 900000000000"]);
    }
    let mut theirs = app.signed_in(&app.person("marlhaven", &[identity::Role::Preparer]));
    theirs.get("/commercial/payments").is(200).has("£18,000,000,000.00");
    app.set_clock("2026-11-02T09:00:00Z");
    calls(&app, "C-2", "2", "2026-10-10T09:00:00Z");
    let refused = deal.prepare(&app, "2026-10");
    assert!(matches!(&refused, Err(Error::Conflict(key)) if key == "error-bill-too-much"), "{refused:?}");
    assert_eq!(breaches(&app), [""; 0]);

    // Neither are lines that only together come to more, nor what only VAT lifts above.
    let two =
        ["a", "b"].map(|n| price("standing", n, "monthly = \"5000000000.00\"").replace("\"standard\"", "\"zero\""));
    let taxed = price("standing", "Taxed", "monthly = \"9000000000.00\"");
    for prices in [format!("{}{}{}", two[0], two[1], price("standing", "c", "monthly = \"0.01\"")), taxed] {
        let (app, deal) = billing_of(&prices, "2026-11-02T09:00:00Z");
        let refused = deal.prepare(&app, "2026-10");
        assert!(matches!(&refused, Err(Error::Conflict(key)) if key == "error-bill-too-much"), "{refused:?}");
        assert_eq!(app.database.texts("select count(*)::text as text from bill_run"), ["0"]);
    }
}

#[test]
fn a_clock_that_goes_back_changes_nothing_that_it_should_not() {
    let (app, deal) =
        billing_of(&price("unit", "Calls", &format!("{CALLS}unit_price = \"1.00\"")), "2026-11-02T09:00:00Z");
    calls(&app, "C-1", "5", "2026-10-10T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    let state = || {
        let rows = "select (select count(*) from document) || ' ' || (select count(*) from document where issued_at is not null) \
                    || ' ' || (select count(*) from journal_entry) || ' ' || (select count(*) from usage_event) \
                    || ' ' || (select coalesce(sum(last), 0) from number_series) as text";
        app.database.texts(rows)
    };
    let refused = |result: moothall::platform::Result<()>| match result {
        Err(Error::Conflict(key)) => key,
        other => panic!("{other:?}"),
    };
    let before = state();
    // Back in October: its bill cannot be prepared again, nor issued, nor the month closed.
    app.set_clock("2026-10-31T23:59:59Z");
    assert_eq!(refused(deal.prepare(&app, "2026-10").map(drop)), "error-bill-month-running");
    assert_eq!(refused(deal.issue(&app, run)), "error-bill-month-running");
    let october = Month::parse("2026-10").unwrap();
    let close = app.site.db.scoped(Scope::own(app.id("wealdshire")), |tx| {
        billing::close_month(tx, app.now(), &by("Closer"), october, false)
    });
    assert_eq!(refused(close), "error-book-close");
    // What is sent now is of the future then, and what was counted stays counted.
    assert!(matches!(calls(&app, "C-1", "5", "2026-10-10T09:00:00Z"), Taken::Known(Some(_))));
    assert_eq!(state(), before);
    // An hour back within November costs nothing: the same bill, the same number, and one of each.
    app.set_clock("2026-11-02T08:00:00Z");
    deal.issue(&app, run).unwrap();
    assert_eq!(refused(deal.issue(&app, run)), "error-bill-issued");
    app::settle(&app.site).unwrap();
    app.set_clock("2026-11-01T09:00:00Z");
    assert_eq!(refused(deal.prepare(&app, "2026-10").map(drop)), "error-bill-issued");
    let issued = app.scoped("marlhaven", |tx| billing::documents_of_run(tx, run));
    assert_eq!((issued.len(), net(&issued)), (1, 500));
    assert_eq!(issued[0].snapshot.number.as_deref(), Some("WEA-INV-2026-0001"));
    assert_eq!(breaches(&app), [""; 0]);
}

/// Each promise has its test, so that whoever looks for one finds it.
#[test]
fn every_promise_has_a_test_of_its_name() {
    let files = ["tests/it/promises.rs", "tests/it/concurrency.rs", "tests/it/intake.rs", "src/billing/tests.rs"];
    let all: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let missing: Vec<usize> = (1..=15).filter(|n| !all.contains(&format!("\nfn t{n}_"))).collect();
    assert_eq!(missing, [0; 0]);
}
