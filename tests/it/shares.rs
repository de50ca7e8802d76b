//! Members who share what they spend: a month for all or for none, and a year that comes to what was spent, to the penny.

use moothall::agreements::{self, Agreement, Kind};
use moothall::app;
use moothall::billing::{self, DocumentFilter, NewOutturn, Outturn, PooledCost, SharedCosts};
use moothall::identity::Role;
use moothall::kernel::{Month, Pence};
use moothall::platform::{Error, Result, Scope};
use moothall::setup;
use uuid::Uuid;

use super::bills::by;
use super::harness::{App, Database};

fn partnership() -> App {
    App::start_on(Database::with_partnership(), |_| {})
}

/// What `moothall verify` finds.
fn breaches(app: &App) -> Vec<String> {
    let checks = setup::verify(&app.site.db).unwrap();
    checks.into_iter().flat_map(|check| check.breaches).collect()
}

/// The agreement of a member with the lead.
pub fn of(app: &App, council: &str) -> Agreement {
    let all = app.scoped(council, agreements::list);
    all.into_iter().find(|a| a.kind == Kind::CostShare && a.consumer == app.id(council)).unwrap()
}

fn prepare(app: &App, council: &str, month: &str) -> Result<Uuid> {
    let month = Month::parse(month).unwrap();
    billing::prepare_run(&app.site.db, app.id("wealdshire"), of(app, council).id, month, &by("Prepa"), app.now())
}

/// The drafts and bills of a member's run: net, and what is printed of everybody's share.
fn papers(app: &App, council: &str) -> Vec<(Month, Option<String>, Pence, Vec<SharedCosts>)> {
    app.scoped(council, |tx| {
        let filter = DocumentFilter { limit: 100, ..DocumentFilter::default() };
        let mut papers = Vec::new();
        for heading in billing::documents(tx, filter)? {
            let document = billing::document(tx, heading.id)?;
            papers.push((heading.month, heading.number, heading.net, document.snapshot.shared));
        }
        papers.sort_by_key(|(month, ..)| *month);
        Ok(papers)
    })
}

fn issue(app: &App, run: Uuid) -> Result<()> {
    billing::issue(&app.site.db, app.id("wealdshire"), run, &by("Approver"), app.now())
}

pub fn run_of(app: &App, council: &str, month: &str) -> Uuid {
    let month = Month::parse(month).unwrap().first();
    let texts = app.database.texts(&format!(
        "select id::text as text from bill_run where tenant_id = '{}' and period_start = '{month}'",
        app.id(council)
    ));
    texts[0].parse().unwrap()
}

pub fn agrees(app: &App, council: &str, month: &str) {
    let run = run_of(app, council, month);
    app.scoped(council, |tx| {
        let read = billing::run(tx, run)?.prepared_at;
        billing::agree_to(tx, app.now(), &by("Reader"), run, read, "")
    });
}

#[test]
fn a_month_is_shared_by_all_or_by_none() {
    let app = partnership();
    prepare(&app, "marlhaven", "2026-10").unwrap();
    // A twelfth of £766,550.00 is £63,879.17; Marlhaven bears £9,858.33 of it itself.
    let ours = app.scoped("wealdshire", billing::drafts);
    assert_eq!(ours.len(), 2, "each member but the lead has a run");
    assert_eq!(ours[0].prepared_at, ours[1].prepared_at);
    assert!(papers(&app, "eastmere").is_empty(), "only the lead sees drafts");
    let run = run_of(&app, "marlhaven", "2026-10");
    assert!(matches!(issue(&app, run), Err(Error::Conflict(why)) if why == "error-bill-not-reviewed"));
    app.scoped("wealdshire", |tx| billing::send_for_review(tx, app.now(), &by("Prepa"), run));
    let (eastmere, marlhaven) = (papers(&app, "eastmere"), papers(&app, "marlhaven"));
    assert_eq!((eastmere[0].2, marlhaven[0].2), (Pence(1_341_463), Pence(1_533_099 - 985_833)));
    // Both read the same table: who bears what, the lead too.
    assert_eq!(eastmere[0].3, marlhaven[0].3);
    let month = &eastmere[0].3[0];
    assert_eq!(month.whole, Pence(6_387_917));
    let shares: Vec<_> = month.members.iter().map(|m| (m.party.as_str(), m.share, m.borne)).collect();
    assert_eq!(
        shares,
        [
            ("wealdshire", Pence(3_513_355), Pence(4_886_667 + 515_417)),
            ("marlhaven", Pence(1_533_099), Pence(985_833)),
            ("eastmere", Pence(1_341_463), Pence(0)),
        ]
    );
    assert_eq!(month.members.iter().map(billing::SharedRow::to_pay).sum::<Pence>(), Pence(0));

    // One has not agreed: neither is issued, and no number is used.
    agrees(&app, "marlhaven", "2026-10");
    assert!(matches!(issue(&app, run), Err(Error::Conflict(why)) if why == "error-bill-in-review"));
    assert!(papers(&app, "marlhaven").iter().all(|(_, number, ..)| number.is_none()));
    agrees(&app, "eastmere", "2026-10");
    issue(&app, run).unwrap();
    let mut numbers: Vec<_> =
        ["eastmere", "marlhaven"].iter().flat_map(|c| papers(&app, c)).filter_map(|(_, n, ..)| n).collect();
    numbers.sort();
    assert_eq!(numbers, ["WEA-DEM-2026-0001", "WEA-DEM-2026-0002"]);
    assert!(matches!(issue(&app, run), Err(Error::Conflict(why)) if why == "error-bill-issued"));
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
}

#[test]
fn nothing_is_shared_until_every_member_has_signed_the_same() {
    let app = partnership();
    let unsigned =
        |prepared: Result<Uuid>| matches!(prepared, Err(Error::Conflict(why)) if why == "error-share-unsigned");
    app.database
        .force(&format!("delete from signature where party_id = '{}' and tenant_id = '{0}'", app.id("eastmere")));
    assert!(unsigned(prepare(&app, "marlhaven", "2026-10")));
    assert!(app.scoped("wealdshire", billing::drafts).is_empty());
    let app = partnership();
    app.database.force(&format!(
        "update tariff_version set prices = replace(prices::text, '\"share\": 21', '\"share\": 22')::jsonb where tenant_id = '{}'",
        app.id("eastmere")
    ));
    assert!(unsigned(prepare(&app, "marlhaven", "2026-10")));
}

fn spent(audit: i64, training: i64, auditors: i64) -> Outturn {
    let cost = |(what, by, amount): (&str, &str, i64)| PooledCost {
        description: what.to_owned(),
        borne_by: by.to_owned(),
        amount: Pence(amount),
    };
    let costs =
        [("Staff", "wealdshire", audit), ("Training", "wealdshire", training), ("Auditors", "marlhaven", auditors)];
    Outturn { year: 2026, costs: costs.map(cost).to_vec(), used: std::collections::BTreeMap::new() }
}

fn enter(app: &App, council: &str, outturn: Outturn, because: &str) -> Result<()> {
    let agreement_id = of(app, "eastmere").id;
    let new = NewOutturn { agreement_id, outturn, because: because.to_owned() };
    app.site.db.scoped(Scope::own(app.id(council)), |tx| billing::enter_outturn(tx, app.now(), &by("Lead"), &new))
}

#[test]
fn the_outturn_brings_a_year_to_what_was_spent_and_again_when_it_is_corrected() {
    let app = partnership();
    let bill = |month: Month| {
        app.set_clock(&format!("{}T09:00:00Z", month.until()));
        let code = month.code();
        let run = prepare(&app, "eastmere", &code).unwrap();
        app.scoped("wealdshire", |tx| billing::send_for_review(tx, app.now(), &by("Prepa"), run));
        for council in ["eastmere", "marlhaven"] {
            agrees(&app, council, &code);
        }
        issue(&app, run).unwrap();
    };
    let charged = |council: &str| papers(&app, council).iter().map(|(_, _, net, _)| *net).sum::<Pence>();
    let months: Vec<Month> =
        std::iter::successors(Month::parse("2026-04"), |month| Some(month.next())).take(14).collect();
    months[..12].iter().for_each(|month| bill(*month));
    assert_eq!(charged("eastmere"), Pence(16_097_550), "21% of £766,550.00");
    assert_eq!(charged("marlhaven"), Pence(18_397_200 - 11_830_000));
    assert!(matches!(enter(&app, "eastmere", spent(1, 1, 1), ""), Err(Error::NotFound)), "not a member's to say");

    // £748,019.99 was spent, £121,407.12 of it by Marlhaven.
    let actual = (56_104_287, 6_557_000, 12_140_712);
    enter(&app, "wealdshire", spent(actual.0, actual.1, actual.2), "").unwrap();
    assert!(matches!(enter(&app, "wealdshire", spent(actual.0, actual.1, actual.2), "x"), Err(Error::Conflict(_))));
    bill(months[12]);
    // 21% of 74,801,999p is 15,708,419.79p and 24% of it 17,952,479.76p; the lead's 55% is 41,141,099.45p.
    let april = |council: &str| papers(&app, council).pop().unwrap();
    let (_, _, net, shared) = april("eastmere");
    let own = shared[0].members[2].to_pay();
    assert_eq!(net - own, Pence(15_708_420 - 16_097_550));
    let (_, _, net, shared) = april("marlhaven");
    assert_eq!(net - shared[0].members[1].to_pay(), Pence(17_952_480 - 12_140_712 - 6_567_200));
    assert_eq!(shared[1].year, Some(2026));
    assert_eq!(shared[1].members.iter().map(billing::SharedRow::to_pay).sum::<Pence>(), Pence(0));

    // A late invoice comes to light.
    enter(&app, "wealdshire", spent(actual.0 + 100_000, actual.1, actual.2), "An invoice of March came in May.")
        .unwrap();
    bill(months[13]);
    let all_of = |council: &str, at: usize| {
        let of_months: Pence = papers(&app, council)[12..].iter().map(|paper| paper.3[0].members[at].to_pay()).sum();
        charged(council) - of_months
    };
    assert_eq!(all_of("eastmere", 2), Pence(15_729_420), "21% of £749,019.99");
    assert_eq!(all_of("marlhaven", 1), Pence(17_976_480 - 12_140_712));
    app::settle(&app.site).unwrap();
    assert_eq!(breaches(&app), [""; 0]);
    app.leave_jobs();
}

#[test]
fn every_member_reads_the_shares_and_the_lead_enters_the_outturn() {
    let app = partnership();
    let path = format!("/commercial/shares/{}", of(&app, "eastmere").id);
    let mut member = app.signed_in(&app.person("eastmere", &[Role::Preparer]));
    let mut lead = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    for reader in [&mut member, &mut lead] {
        let page = reader.get(&path).is(200);
        page.has("Shares of 2026/27")
            .has("£160,975.50")
            .has("21 of 100 parts")
            .has("£766,550.00")
            .lacks("Enter the outturn");
    }
    let mut other = app.signed_in(&app.person("hartsmoor", &[Role::Preparer]));
    other.get(&path).is(404);
    let supply = app.scoped("eastmere", agreements::list).into_iter().find(|a| a.kind == Kind::Supply).unwrap();
    member.get(&format!("/commercial/shares/{}", supply.id)).is(404);

    app.set_clock("2027-04-06T09:00:00Z");
    let asked = format!("{path}?year=2026");
    let mut member = app.signed_in(&app.person("eastmere", &[Role::Preparer]));
    let mut lead = app.signed_in(&app.person("wealdshire", &[Role::Preparer]));
    member.get(&asked).is(200).has("has not entered what was really spent").lacks("Work it out");
    let token = member.page().token().unwrap();
    let cost = [("year", "2026"), ("what0", "Staff"), ("by0", "wealdshire"), ("amount0", "748,019.99")];
    let mut sent = vec![("_token", token.as_str()), ("act", "enter")];
    sent.extend(cost);
    member.post(&path, &sent).is(404);
    lead.get(&asked).is(200);
    let wrong = [("act", "enter"), ("what0", ""), ("amount0", "12,3"), ("by1", "hartsmoor")];
    let page = lead.submit(&format!("{path}#outturn"), &wrong).is(422);
    page.has("Say what it was spent on").has("such as 478,316.20").has("Choose the member").has("value=\"12,3\"");
    let page = lead.submit(
        &format!("{path}#outturn"),
        &[&[("act", "try")][..], &cost[1..], &[("amount1", "0"), ("by1", "wealdshire"), ("amount2", "0")]].concat(),
    );
    page.is(200).has("Nothing is entered yet").has("£157,084.20");
    assert!(app.database.texts("select id::text as text from outturn").is_empty());
    let all =
        [&[("act", "enter")][..], &cost[1..], &[("amount1", "0"), ("by1", "wealdshire"), ("amount2", "0")]].concat();
    lead.submit(&format!("{path}#outturn"), &all).is(303);
    lead.follow().is(200).has("It goes on the next bill").has("Entered by");
    member.get(&asked).is(200).has("£157,084.20").has("−£3,891.30");
    // Entered again, it says why.
    let mut again = vec![("act", "enter"), ("what0", "Staff"), ("by0", "wealdshire"), ("amount0", "749,019.99")];
    lead.submit(&format!("{path}#outturn"), &again).is(422).has("Say why it is entered again");
    again.push(("because", "An invoice came late."));
    lead.submit(&format!("{path}#outturn"), &again).is(303);
    member.get(&asked).is(200).has("An invoice came late.").has("Entered again");
    assert_eq!(breaches(&app), [""; 0]);
}
