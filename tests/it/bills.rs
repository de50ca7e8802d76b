//! From a counted act to the same bill on both sides.

use jiff::Timestamp;
use jiff::civil::date;
use moothall::agreements::{self, AgreementFile, State};
use moothall::app;
use moothall::billing::{self, DocumentFilter, Part, Series, TariffsFile};
use moothall::identity::{self, NewStaff, Role};
use moothall::kernel::{Actor, AuthorityId, Month, Pence, Quantity, billing_date, new_id};
use moothall::metering::{self, NewUsage};
use moothall::platform::{Db, Error, Result, Scope, Tx};
use moothall::{ledger, platform};
use uuid::Uuid;

use crate::harness::{App, Database, Visitor};

pub const MARLHAVEN: &str = include_str!("../../tenants/agreements/wealdshire-marlhaven.toml");
pub const EASTMERE: &str = include_str!("../../tenants/agreements/wealdshire-eastmere.toml");

/// A council with an agreement, and the way to have it billed.
pub struct Deal {
    consumer: &'static str,
    pub id: Uuid,
}

pub fn by(name: &str) -> Actor {
    Actor {
        staff_id: Some(Uuid::from_u128(name.len() as u128)),
        name: name.to_owned(),
        authority_name: "A council".to_owned(),
    }
}

pub fn agree(app: &App, consumer: &'static str, text: &str) -> Deal {
    let file: AgreementFile = toml::from_str(text).unwrap();
    let prices: TariffsFile = toml::from_str(text).unwrap();
    let (to, now) = (app.id(consumer), app.now());
    let hash = billing::prices_hash(&prices.tariffs, file.term).unwrap();
    let offer = app.scoped("wealdshire", |tx| {
        let offer = agreements::put_offer(tx, now, &by("setup"), to, &file, &hash)?;
        if offer.is_new {
            billing::put_tariffs(tx, now, &by("setup"), to, offer.id, file.term, &prices.tariffs)?;
        }
        assert!(!agreements::put_offer(tx, now, &by("setup"), to, &file, &hash)?.is_new);
        Ok(offer)
    });
    for paper in &file.signatures {
        let party = if paper.party == "wealdshire" { "wealdshire" } else { consumer };
        app.scoped(party, |tx| {
            agreements::put_signature(tx, now, &by("setup"), to, offer.id, paper)?;
            assert!(!agreements::put_signature(tx, now, &by("setup"), to, offer.id, paper)?);
            Ok(())
        });
    }
    Deal { consumer, id: offer.id }
}

impl Deal {
    /// A case of this service accepted at this moment: its id.
    pub fn accept(&self, app: &App, service: &str, at: &str) -> Uuid {
        self.count(app, service, at, false)
    }

    /// A case of this service closed at this moment, in time or late: its id.
    pub fn close(&self, app: &App, service: &str, at: &str, is_late: bool) -> Uuid {
        let at: Timestamp = at.parse().unwrap();
        let (case, act) = (new_id(at), new_id(at));
        app.scoped(self.consumer, |tx| {
            let bound = agreements::in_force(tx, service, billing_date(at))?.expect("an agreement in force");
            let counted = if is_late { &["case.closed", "case.late"][..] } else { &["case.closed"] };
            for rule in bound.meters.iter().filter(|rule| counted.contains(&rule.meter.as_str())) {
                let usage = NewUsage {
                    provider: bound.provider,
                    agreement_id: self.id,
                    service,
                    meter: &rule.meter,
                    source_id: act,
                    subject_id: case,
                    reference: "MAR-0000-00000",
                    quantity: Quantity::ONE,
                    value: Pence(0),
                    reversed_when: &rule.reversed_when,
                    is_private: false,
                };
                metering::record(tx, at, &usage)?;
            }
            Ok(())
        });
        case
    }

    pub fn count(&self, app: &App, service: &str, at: &str, is_private: bool) -> Uuid {
        let at: Timestamp = at.parse().unwrap();
        let case = new_id(at);
        app.scoped(self.consumer, |tx| {
            let bound = agreements::in_force(tx, service, billing_date(at))?.expect("an agreement in force");
            assert_eq!(bound.agreement_id, self.id);
            let rule = &bound.meters[0];
            let usage = NewUsage {
                provider: bound.provider,
                agreement_id: self.id,
                service,
                meter: &rule.meter,
                source_id: new_id(at),
                subject_id: case,
                reference: "MAR-0000-00000",
                quantity: Quantity::ONE,
                value: Pence(0),
                reversed_when: &rule.reversed_when,
                is_private,
            };
            metering::record(tx, at, &usage)
        });
        case
    }

    pub fn give_back(&self, app: &App, case: Uuid, at: &str, reason: &str) -> usize {
        let at: Timestamp = at.parse().unwrap();
        app.scoped(self.consumer, |tx| metering::reverse(tx, at, case, new_id(at), reason))
    }

    pub fn prepare(&self, app: &App, month: &str) -> Result<Uuid> {
        let month = Month::parse(month).unwrap();
        billing::prepare_run(&app.site.db, app.id("wealdshire"), self.id, month, &by("Prepa"), app.now())
    }

    /// Sends the drafts for review, if they are not there yet, and has them agreed to; then issues them.
    pub fn issue(&self, app: &App, run: Uuid) -> Result<()> {
        reviewed(&app.site.db, app.id("wealdshire"), app.id(self.consumer), run, app.now());
        billing::issue(&app.site.db, app.id("wealdshire"), run, &by("Approver"), app.now())
    }
}

/// Drafts that were sent for review and agreed to, unless they were before.
pub fn reviewed(db: &Db, provider: AuthorityId, consumer: AuthorityId, run: Uuid, now: Timestamp) {
    // What members share was sent with the first of them.
    let _ = db.scoped(Scope::own(provider), |tx| billing::send_for_review(tx, now, &by("Prepa"), run));
    let agree = |tx: &mut Tx<'_>| {
        let found = billing::run(tx, run)?;
        let is_agreed = billing::review_of(tx, &found)?.iter().any(|e| e.agrees && e.prepared_at == found.prepared_at);
        if !found.is_in_review() || is_agreed {
            return Ok(());
        }
        billing::agree_to(tx, now, &by("Reader"), run, found.prepared_at, "")
    };
    db.scoped(Scope::own(consumer), agree).unwrap();
}

#[test]
fn a_bill_tells_of_a_private_service_the_month_and_how_many_and_nothing_else() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "eastmere", EASTMERE);
    app.set_clock("2026-10-31T12:00:00Z");
    for day in 11..=19 {
        deal.count(&app, "pothole", &format!("2026-10-{day}T10:17:00Z"), true);
    }
    let back = deal.count(&app, "pothole", "2026-10-20T10:17:00Z", true);
    assert_eq!(deal.give_back(&app, back, "2026-10-21T11:17:00Z", "duplicate"), 1);
    app.set_clock("2026-11-02T09:00:00Z");
    let run = deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, run).unwrap();
    app::settle(&app.site).unwrap();
    let documents =
        app.scoped("eastmere", |tx| billing::documents(tx, DocumentFilter { limit: 10, ..Default::default() }));
    let mut reader = app.signed_in(&app.person("eastmere", &[Role::Preparer, Role::Officer]));
    let mut seen = 0;
    for (document, n) in documents.iter().flat_map(|d| (1..=3).map(move |n| (d.id, n))) {
        let line = format!("/commercial/documents/{document}/lines/{n}");
        for address in [line.clone(), format!("{line}?after=2026-10-15.{}", Uuid::nil()), format!("{line}/events.csv")]
        {
            let page = reader.get(&address);
            if page.status != 200 || !page.body.contains("P-") {
                continue;
            }
            seen += 1;
            // Eleven events, whatever day is asked about, and nothing that dates one of them within its month.
            let numbers = page.body.matches("P-").count();
            assert_eq!(numbers, 11, "{address}: {}", page.body);
            page.has(if address.ends_with("csv") { "2026-10" } else { "Oct 2026" })
                .lacks("10:17")
                .lacks("11:17")
                .lacks("2026-10-1")
                .lacks("2026-10-2")
                .lacks("MAR-0000-00000")
                .lacks("/staff/cases/");
        }
    }
    assert_eq!(seen, 3);
    let ids = app.database.texts("select id::text as text from usage_event where is_private");
    assert!(ids.iter().all(|id| &id[14..15] == "4"), "no id tells when it was made: {ids:?}");
    assert_eq!(breaches(&app), [""; 0]);
}

/// What every bill gives reason to look at. Not every one has something taken back, is credited, paid, or shared.
const OF_EVERY_BILL: [&str; 6] = [
    "every issued document says the events",
    "every document's totals",
    "every issued document has the bytes",
    "the numbers of every series",
    "both parties read the same",
    "every issued document is in both parties' books",
];

pub fn is_looked_at(check: &platform::verify::Check) -> bool {
    check.checked > 0 || !OF_EVERY_BILL.iter().any(|name| check.name.starts_with(name))
}

pub fn breaches(app: &App) -> Vec<String> {
    let everyone: Vec<_> = app.site.directory.get().iter().map(|a| a.id).collect();
    let db = &app.site.db;
    let mut checks: Vec<platform::verify::Check> = metering::verify(db, &everyone).unwrap();
    checks.extend(ledger::verify(db, &everyone).unwrap());
    checks.extend(billing::verify(db, &everyone).unwrap());
    assert!(checks.iter().all(is_looked_at), "nothing to check: {checks:?}");
    checks.into_iter().flat_map(|c| c.breaches.into_iter().map(move |b| format!("{}: {b}", c.name))).collect()
}

fn conflict(result: Result<impl std::fmt::Debug>) -> String {
    match result {
        Err(Error::Conflict(key)) => key,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_month_is_billed_once_and_both_sides_read_the_same() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "eastmere", EASTMERE);
    app.set_clock("2026-10-31T12:00:00Z");
    for day in 1..=7 {
        deal.accept(&app, "pothole", &format!("2026-10-0{day}T10:00:00Z"));
    }
    let mistaken = deal.accept(&app, "pothole", "2026-10-08T10:00:00Z");
    assert_eq!(deal.give_back(&app, mistaken, "2026-10-09T10:00:00Z", "no-such-reason"), 0);
    assert_eq!(deal.give_back(&app, mistaken, "2026-10-09T10:00:00Z", "duplicate"), 1);
    assert_eq!(deal.give_back(&app, mistaken, "2026-10-09T11:00:00Z", "duplicate"), 0);
    // 23:30Z on 31 October is still October in London, where clocks went back.
    let kerb = deal.accept(&app, "dropped-kerb", "2026-10-31T23:30:00Z");

    assert_eq!(conflict(deal.prepare(&app, "2026-10")), "error-bill-month-running");
    app.set_clock("2026-11-02T09:00:00Z");
    let first = deal.prepare(&app, "2026-10").unwrap();
    assert_eq!(deal.prepare(&app, "2026-10").unwrap(), first, "a draft is prepared again, not twice");
    let list =
        |who: &str| app.scoped(who, |tx| billing::documents(tx, DocumentFilter { limit: 10, ..Default::default() }));
    assert_eq!((list("wealdshire").len(), list("eastmere").len()), (2, 0), "drafts are their author's alone");
    let same = billing::issue(&app.site.db, app.id("wealdshire"), first, &by("Prepa"), app.now());
    assert_eq!(conflict(same), "error-bill-same-person");
    deal.issue(&app, first).unwrap();
    assert_eq!(conflict(deal.issue(&app, first)), "error-bill-issued");
    assert_eq!(conflict(deal.prepare(&app, "2026-10")), "error-bill-issued");
    app::settle(&app.site).unwrap();

    let read = |who: &str, id: Uuid| app.scoped(who, |tx| billing::document(tx, id));
    let mut issued = list("eastmere");
    issued.sort_by_key(|h| h.series);
    let [invoice, demand] = issued.as_slice() else { panic!("{issued:?}") };
    let (mine, theirs) = (read("eastmere", invoice.id), read("wealdshire", invoice.id));
    assert_eq!((&mine.snapshot, &mine.sha256), (&theirs.snapshot, &theirs.sha256));
    assert_eq!(mine.snapshot.number.as_deref(), Some("WEA-INV-2026-0001"));
    assert_eq!((mine.snapshot.issued_on, mine.snapshot.due_on), (Some(date(2026, 11, 2)), Some(date(2026, 12, 2))));
    // 7 × £7.425 = £51.975; £275.00; £38.50 at nothing. VAT on £326.98.
    let nets: Vec<_> = mine.snapshot.lines.iter().map(|l| (l.line.net, l.event_count)).collect();
    assert_eq!(nets, [(Pence(5_198), 9), (Pence(27_500), 0), (Pence(3_850), 0)]);
    assert_eq!((mine.snapshot.net, mine.snapshot.vat_total), (Pence(36_548), Pence(6_540)));
    let demand = read("eastmere", demand.id);
    assert_eq!(demand.snapshot.number.as_deref(), Some("WEA-DEM-2026-0001"));
    assert_eq!((demand.snapshot.series, demand.snapshot.gross), (Series::Demand, Pence(6_200)));
    assert_eq!(demand.snapshot.supplier.vat_number, None);

    let events = app.scoped("eastmere", |tx| {
        let line = &mine.snapshot.lines[0].line;
        let first = billing::line_events(tx, &mine, line, None, 5)?;
        let rest = billing::line_events(tx, &mine, line, first.last().map(metering::UsageEvent::position), 100)?;
        Ok([first, rest].concat())
    });
    assert_eq!(events.len(), 9);
    assert_eq!(events.iter().map(|e| e.quantity).sum::<Quantity>(), Quantity(7_000));
    assert_eq!(events.iter().filter(|e| e.reversed_because.as_deref() == Some("duplicate")).count(), 1);
    assert_eq!(breaches(&app), [] as [String; 0]);

    // After the cut: one more pothole of October, and the kerb goes back. November has one of its own.
    deal.accept(&app, "pothole", "2026-10-30T10:00:00Z");
    deal.give_back(&app, kerb, "2026-11-05T10:00:00Z", "not-ours");
    deal.accept(&app, "pothole", "2026-11-06T10:00:00Z");
    metering::fold(&app.site.db, app.id("eastmere")).unwrap();
    app.set_clock("2026-12-01T09:00:00Z");
    let owed = app.scoped("wealdshire", |tx| {
        let all = agreements::list(tx)?;
        Ok((billing::unprepared(tx, &all, billing_date(app.now()))?, billing::late_events(tx, &all[0])?))
    });
    assert_eq!(owed, (vec![(0, Month::parse("2026-11").unwrap())], 2));
    let second = deal.prepare(&app, "2026-11").unwrap();
    let drafts = app.scoped("wealdshire", |tx| billing::documents_of_run(tx, second));
    let lines: Vec<_> = drafts[0].snapshot.lines.iter().map(|l| (l.line.description.as_str(), l.line.net)).collect();
    assert_eq!(
        lines,
        [
            ("Pothole report accepted for work", Pence(743)),
            ("Contact centre standing charge", Pence(27_500)),
            ("Printed large-type leaflets for village halls", Pence(3_850)),
            // 8 × £7.425 = £59.40, of which £51.98 was billed.
            ("Late: October 2026: Pothole report accepted for work", Pence(742)),
        ]
    );
    assert_eq!((drafts[1].snapshot.title(), drafts[1].snapshot.gross), ("Credit note", Pence(-6_200)));
    assert_eq!(drafts[1].snapshot.lines[0].line.charge.part, Part::Units);

    // Something else is folded before it is issued: what was reviewed stands.
    deal.accept(&app, "pothole", "2026-11-30T10:00:00Z");
    metering::fold(&app.site.db, app.id("eastmere")).unwrap();
    deal.issue(&app, second).unwrap();
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [] as [String; 0]);
    assert_eq!(list("marlhaven").len(), 0);
}

#[test]
fn a_draft_that_no_longer_says_what_would_be_billed_is_not_issued() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    let deal = agree(&app, "marlhaven", MARLHAVEN);
    deal.accept(&app, "pothole", "2026-09-10T10:00:00Z");
    deal.accept(&app, "pothole", "2026-10-10T10:00:00Z");
    let october = deal.prepare(&app, "2026-10").unwrap();
    let september = deal.prepare(&app, "2026-09").unwrap();
    assert_eq!(conflict(deal.prepare(&app, "2026-10")), "error-bill-earlier-draft");
    assert_eq!(conflict(deal.issue(&app, october)), "error-bill-earlier-draft");
    deal.issue(&app, september).unwrap();
    assert_eq!(conflict(deal.issue(&app, october)), "error-bill-stale");
    deal.prepare(&app, "2026-10").unwrap();
    deal.issue(&app, october).unwrap();
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [] as [String; 0]);
    let hartsmoor = |id| app.site.db.scoped(Scope::own(app.id("hartsmoor")), |tx| agreements::read(tx, id));
    assert!(matches!(hartsmoor(deal.id), Err(Error::NotFound)));
    assert_eq!(app.scoped("marlhaven", agreements::list)[0].state(date(2026, 11, 20)), State::InForce);
}

pub const PASSWORD: &str = "three random words";

/// Somebody of a council's commercial team, signed in through the page.
pub fn commercial(app: &App, slug: &str, name: &str, roles: &[Role]) -> Visitor {
    let here = app.authority(slug);
    let email = format!("{}@{slug}.example", name.to_lowercase());
    let limit = if roles.contains(&Role::Signatory) { Pence(5_000_000) } else { Pence(0) };
    app.scoped(slug, |tx| {
        let new = NewStaff::new(&here, &email, name, roles, limit).expect("a good form");
        identity::add_demo(tx, app.now(), &new, PASSWORD)
    });
    let mut visitor = app.visitor(slug);
    visitor.get("/staff/sign-in").is(200);
    visitor.post_form("/staff/sign-in", &[("email", &email), ("password", PASSWORD)]).is(303);
    visitor
}

#[test]
fn a_bill_goes_from_the_dashboard_to_the_event_on_both_sides() {
    let app = App::start();
    let deal = agree(&app, "eastmere", EASTMERE);
    for day in 10..20 {
        deal.accept(&app, "pothole", &format!("2026-10-{day}T10:00:00Z"));
        deal.accept(&app, "pothole", &format!("2026-11-{day}T10:00:00Z"));
    }
    let twice = deal.accept(&app, "dropped-kerb", "2026-10-20T10:00:00Z");
    deal.accept(&app, "dropped-kerb", "2026-10-21T10:00:00Z");
    deal.give_back(&app, twice, "2026-10-22T10:00:00Z", "duplicate");
    metering::fold(&app.site.db, app.id("eastmere")).unwrap();

    let mut preparer = commercial(&app, "wealdshire", "Owen", &[Role::Preparer, Role::Approver]);
    preparer
        .get("/commercial")
        .is(200)
        .has("November 2026 so far")
        .has("£74.25")
        .has("Prepare October 2026 for Eastmere");
    preparer.get("/commercial?month=2026-10").is(200).has("£62.00");
    preparer.get("/commercial").is(200);
    preparer.submit("/commercial/runs", &[]).is(303);
    let run = preparer.page().location();
    preparer.follow().is(200).has("Draft").has("has to have read it").has("Outside the scope of VAT");
    preparer.get("/commercial/bills").is(200).has("Not issued");

    let mut consumer = commercial(&app, "eastmere", "Ines", &[Role::Signatory, Role::Officer]);
    let bills = consumer.get("/commercial/bills").is(200).has("No bills yet");
    assert_eq!(consumer.get(&run).is(404).body, consumer.get(&format!("/commercial/runs/{}", Uuid::nil())).body);
    drop(bills);

    let mut approver = commercial(&app, "wealdshire", "Hanna", &[Role::Approver]);
    approver.get("/commercial").is(200).has("Review and issue the October 2026 bill for Eastmere");
    let id: Uuid = run.rsplit('/').next().unwrap().parse().unwrap();
    reviewed(&app.site.db, app.id("wealdshire"), app.id("eastmere"), id, app.now());
    preparer.get(&run).is(200).has("agrees to it").has("so somebody else has to issue it");
    approver.get(&run).is(200);
    let issue = format!("{run}/issue");
    approver.submit(&issue, &[("password", "not this one")]).is(422).has("That password or code is not right");
    approver.submit(&issue, &[("password", PASSWORD)]).is(303);
    approver.follow().is(200).has("WEA-INV-2026-0001").has("WEA-DEM-2026-0001");
    app::settle(&app.site).unwrap();

    let page = consumer.get("/commercial/bills").is(200).has("They bill us");
    let numbered = |number: &str| {
        let mut links = page.body.split("href=\"").filter_map(|link| link.split_once("\">"));
        links.find(|(_, words)| words.starts_with(number)).expect("a link to the bill").0.to_owned()
    };
    let (invoice, demand) = (numbered("WEA-INV-2026-0001"), numbered("WEA-DEM-2026-0001"));
    let ours = consumer.get(&invoice).is(200).has("WEA-INV-2026-0001").has("EDC-26-00417");
    let theirs = approver.get(&invoice).is(200);
    let fingerprint = |page: &str| page.split("mh-hash\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(fingerprint(&ours.body), fingerprint(&theirs.body));
    consumer.get(&demand).is(200).has("It is not a VAT invoice").lacks("GB999000201");
    consumer
        .get(&format!("{demand}/lines/1"))
        .is(200)
        .has("Taken back later")
        .has("/staff/cases/eastmere/MAR-0000-00000");
    approver.get(&format!("{demand}/lines/1")).is(200).lacks("/staff/cases/eastmere");
    consumer.get(&format!("{demand}/lines/2")).is(404);
    let csv = consumer.get(&format!("{demand}/lines/1/events.csv")).is(200);
    assert_eq!((csv.header("content-type"), csv.body.lines().count()), ("text/csv; charset=utf-8", 4));
    consumer.get(&format!("{invoice}/lines.csv")).is(200).has("\"EDC-26-00417\",1,\"Pothole report accepted for work\",2026-10-01,2026-10-31,\"pothole\",10,10,7.425,74.25,\"standard\",20,");
    consumer.get("/commercial").is(200).has("Owed to other councils").has("Pay WEA-INV-2026-0001 to Wealdshire");
    consumer.get("/commercial/agreements").is(200);
    let agreement = consumer.page().link("/commercial/agreements/");
    consumer.get(&agreement).is(200).has("Judith Fenwick").has("dpo@eastmere.example").has("In force");

    // A changed file is another offer; signatures of the earlier text are not for this one.
    let varied = agree(&app, "eastmere", &EASTMERE.replace("payment_terms_days = 30", "payment_terms_days = 45"));
    let page = format!("/commercial/agreements/{}", varied.id);
    let sign = format!("{page}/sign");
    consumer.get("/commercial").is(200).has("Agreement WCC-EDC-2026-05 with Wealdshire");
    consumer.get(&page).is(200).has("variation 2").has("Not signed yet").has("£11,286.00").has("45 days");
    consumer.submit(&sign, &[("password", PASSWORD)]).is(422).has("Enter your office");
    consumer.submit(&sign, &[("office", "Finance Director"), ("password", "not this one")]).is(422);
    consumer.submit(&sign, &[("office", "Finance Director"), ("password", PASSWORD)]).is(303);
    let signed = consumer.page().location();
    consumer
        .get(signed.split('#').next().unwrap())
        .is(200)
        .has("Signed here")
        .has("Offered")
        .lacks("Sign for Eastmere");
    approver.get(&page).is(200).has("Finance Director").has("has to sign it").lacks(&sign);
    deal.accept(&app, "pothole", "2026-11-20T10:00:00Z");
    metering::fold(&app.site.db, app.id("eastmere")).unwrap();

    let compared = format!("{agreement}/compare/{}", varied.id);
    consumer
        .get(&compared)
        .is(200)
        .has("Within 30 days of issue")
        .has("Within 45 days of issue")
        .has("No price changes")
        .has("would pay the same");
    let mut stranger = commercial(&app, "hartsmoor", "Rhys", &[Role::Preparer, Role::Approver]);
    stranger.get(&compared).is(404);
    stranger.get("/commercial").is(200).has("has no agreement");
    let nothing = stranger.get(&format!("/commercial/documents/{}", Uuid::nil())).is(404).body;
    for path in [
        invoice.clone(),
        demand.clone(),
        agreement.clone(),
        run.clone(),
        format!("{demand}/lines/1"),
        format!("{invoice}/lines.csv"),
    ] {
        assert_eq!(stranger.get(&path).is(404).body, nothing, "{path}");
    }
    let mut officer = app.signed_in(&app.person("eastmere", &[Role::Officer]));
    officer.get("/commercial").is(403);
}
