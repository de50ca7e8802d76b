//! Nothing that the house makes holds what somebody else owns: no page that a link leads to, no header, no mail, no line of
//! the log; and what others do changes not a byte of what one sees.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use moothall::app;
use moothall::identity::Role;
use regex::Regex;

use super::canary;
use super::ids::{EVERYTHING, bytes};
use super::seed::{COUNCILS, World};
use crate::harness::{Page, Visitor};

/// Follows every link of a visitor's, from these pages on.
fn crawl(visitor: &mut Visitor, from: &[&str], mut seen: impl FnMut(&Page)) -> usize {
    let link = Regex::new(r##"(?:href|src|action)="(/[^"#]*)"##).unwrap();
    let mut known: BTreeSet<String> = from.iter().map(|path| (*path).to_owned()).collect();
    let mut next: VecDeque<String> = known.iter().cloned().collect();
    let mut visited = 0;
    while let Some(path) = next.pop_front() {
        let page = visitor.get(&path);
        visited += 1;
        assert!(page.status < 500 && visited < 2000, "{path}: {}", page.status);
        seen(&page);
        let more = link.captures_iter(&page.body).map(|c| c[1].replace("&amp;", "&").replace("&#38;", "&"));
        let more = more.chain(Some(page.header("location").to_owned()).filter(|to| to.starts_with('/')));
        for to in more.filter(|to| !to.starts_with("/assets/")) {
            if known.insert(to.clone()) {
                next.push_back(to);
            }
        }
    }
    visited
}

/// Who may see each case's reference: its owner, its handler, and who was paid for it.
fn references(world: &World) -> BTreeMap<String, Vec<String>> {
    let sql = "select c.reference || ' ' || c.tenant_id || ' ' || c.handler_id || ' ' || coalesce(min(u.provider_id::text), '') \
               as line from cases c left join usage_event u on u.tenant_id = c.tenant_id and u.subject_id = c.id \
               group by c.reference, c.tenant_id, c.handler_id";
    let rows = world.ask(sql).into_iter().map(|line| {
        let mut words = line.split(' ').map(str::to_owned);
        (words.next().unwrap(), words.collect())
    });
    rows.collect()
}

const STARTS: [&str; 6] = ["/", "/search?q=canary", "/track", "/staff", "/staff/looked", "/commercial"];

#[test]
fn no_page_shows_what_is_anothers() {
    let world = World::start_with(|config| config.limits.tracks_per_hour = 100_000);
    let references = references(&world);
    let reference = Regex::new("(MAR|EAS|HAR|WEA)-[0-9A-Z]{4}-[0-9A-Z]{5}").unwrap();
    for council in COUNCILS {
        let (me, code) = (world.id(council).to_string(), world.code(council));
        let mut staff = world.staff(council, EVERYTHING);
        let (mut own, mut cases, mut files) = (0, 0, 0);
        let visited = crawl(&mut staff, &STARTS, |page| {
            let all = format!("{} {:?} {}", page.path, page.headers, page.body);
            assert_eq!(canary::foreign(&code, &all), [""; 0], "{} at {council}", page.path);
            for found in reference.find_iter(&all) {
                let who = references.get(found.as_str());
                assert!(who.is_none_or(|who| who.contains(&me)), "{} at {council}: {}", page.path, found.as_str());
                cases += 1;
            }
            let is_of_a_bill = page.path.starts_with("/commercial/documents/");
            files += usize::from(is_of_a_bill && page.header("content-type").starts_with("text/csv"));
            own += usize::from(all.to_uppercase().contains(&format!("CANARY-{code}")));
        });
        assert!(visited > 40 && own > 5 && cases > 20, "{council}: {visited} pages, {own} canaries, {cases} cases");
        assert_eq!(files > 2, council != "hartsmoor", "{council}: {files} exported files");
        // And somebody who is signed in nowhere sees nobody's.
        crawl(&mut world.visitor(council), &STARTS, |page| {
            let all = format!("{:?} {}", page.headers, page.body);
            assert!(!all.to_uppercase().contains("CANARY-"), "{} at {council}", page.path);
            assert!(reference.find_iter(&all).all(|r| !references.contains_key(r.as_str())), "{}", page.path);
        });
    }
    // The operator sees counts.
    let mut operator = world.staff("operator", &[Role::Operator, Role::Administrator]);
    let visited = crawl(&mut operator, &["/operator", "/staff/people", "/staff/looked"], |page| {
        assert_eq!(canary::foreign("OPE", &page.body), [""; 0], "{} at the operator's", page.path);
        assert!(reference.find_iter(&page.body).next().is_none(), "{}", page.path);
    });
    assert!(visited > 5);
    let heard = canary::heard();
    assert!(heard.contains("/staff/cases/{owner}/{reference}"), "the log is not kept");
    canary::log_is_clean();
    let numbers = moothall::platform::telemetry::metrics().text().unwrap();
    assert!(!numbers.to_uppercase().contains("CANARY") && reference.find(&numbers).is_none(), "the metrics hold rows");
    assert!(reference.find_iter(&heard).all(|r| !references.contains_key(r.as_str())), "the log names cases");
}

#[test]
fn no_mail_holds_what_is_anothers() {
    let world = World::start();
    let mails = World::mails();
    assert!(mails.len() > 60, "{}", mails.len());
    for mail in mails {
        let council = COUNCILS.into_iter().find(|slug| mail.from.contains(&world.authority(slug).name));
        let council = council.unwrap_or_else(|| panic!("a mail from {}", mail.from));
        assert_eq!(canary::foreign(&world.code(council), &mail.raw), [""; 0], "a mail from {council}");
        // Links lead to the council's own host.
        for other in COUNCILS.into_iter().filter(|slug| *slug != council) {
            let host = &world.authority(other).hosts[0];
            assert!(!mail.raw.contains(&format!("//{host}")), "a mail from {council} links to {host}");
        }
    }
}

#[test]
fn what_others_do_changes_no_byte() {
    let world = World::start();
    let queue = ["/staff", "/staff?tab=open", "/staff?tab=late", "/staff?tab=closed", "/staff?tab=partners"];
    let more = [
        "/",
        "/search?q=pothole",
        "/search?q=canary",
        "/services/pothole",
        "/privacy",
        "/staff/people",
        "/staff/account",
        "/commercial",
    ];
    let mut pages: BTreeSet<String> = queue.iter().chain(&more).map(|p| (*p).to_owned()).collect();
    // For each viewer, who may do what they like.
    let others = [
        ("marlhaven", &["eastmere", "hartsmoor"][..]),
        ("eastmere", &["marlhaven", "hartsmoor"]),
        ("hartsmoor", &["marlhaven", "eastmere", "wealdshire"]),
    ];
    let mut viewers: Vec<_> = others.iter().map(|(me, _)| world.staff(me, EVERYTHING)).collect();
    for viewer in &mut viewers {
        crawl(viewer, &["/commercial"], |page| {
            if page.status == 200 && page.path.starts_with("/commercial") {
                pages.insert(page.path.clone());
            }
        });
    }
    let snapshot = |viewer: &mut Visitor, path: &str| bytes(&viewer.get(path), "");
    for ((me, others), viewer) in others.iter().zip(&mut viewers) {
        let before: Vec<String> = pages.iter().map(|path| snapshot(viewer, path)).collect();
        for other in *others {
            busy(&world, other);
        }
        for (path, before) in pages.iter().zip(before) {
            assert_eq!(snapshot(viewer, path), before, "{path} at {me}");
        }
    }
    world.leave_jobs();
}

/// Everything that can happen at a council happens there.
fn busy(world: &World, council: &str) {
    let code = world.code(council);
    let services = super::seed::published(&world.app, council);
    for (_, definition) in &services {
        for _ in 0..30 {
            world.open(council, &definition.slug, &format!("CANARY-{code}"));
        }
    }
    let person = world.person(council, EVERYTHING);
    let mut staff = world.signed_in(&person);
    staff.get("/staff").is(200);
    let mut citizen = world.visitor(council);
    citizen.get("/services/pothole").is(200);
    citizen.submit("/services/pothole", &[]).is(303);
    let everyone: Vec<_> = COUNCILS.iter().map(|slug| world.id(slug)).collect();
    assert!(everyone.contains(&person.authority));
    moothall::metering::fold(&world.site.db, person.authority).unwrap();
    let at: Timestamp = world.now();
    app::refresh(&world.app.site, &mut None).unwrap();
    assert_eq!(at, world.now());
}

#[test]
fn a_bill_is_its_authors_alone_until_it_is_issued() {
    let world = World::start();
    let wealdshire = world.id("wealdshire");
    let draft = "from document where shared_at is null and tenant_id = ";
    let mut consumers = ["marlhaven", "eastmere"].map(|slug| world.staff(slug, EVERYTHING));
    let look = |viewer: &mut Visitor| {
        let mut pages = BTreeMap::new();
        crawl(viewer, &["/commercial", "/commercial/bills"], |page| {
            if page.path.starts_with("/commercial") {
                pages.insert(page.path.clone(), bytes(page, ""));
            }
        });
        pages
    };
    let mut nothing = Visitor::clone(&consumers[0]);
    let none = bytes(&nothing.get(&format!("/commercial/documents/{}", super::seed::no_id(&world.app))).is(404), "");
    let before: Vec<_> =
        consumers.iter_mut().map(|viewer| (bytes(&viewer.get("/track"), ""), look(viewer)).1).collect();
    for (slug, viewer) in ["marlhaven", "eastmere"].into_iter().zip(&mut consumers) {
        let ids = world.ask(&format!("select id::text || ' ' || run_id as line {draft}'{}'", world.id(slug)));
        assert!(!ids.is_empty(), "{slug} has a draft waiting");
        for id in ids.iter().flat_map(|line| line.split(' ')) {
            for path in [
                "documents/{}",
                "documents/{}/lines.csv",
                "documents/{}/lines/1",
                "documents/{}/lines/1/events.csv",
                "runs/{}",
            ] {
                let page = viewer.get(&format!("/commercial/{}", path.replace("{}", id))).is(404);
                if slug == "marlhaven" {
                    assert_eq!(bytes(&page, ""), none, "{path}");
                }
            }
        }
    }
    // Prepared again and again, or thrown away: the consumers' pages stay as they are.
    world.database.force("delete from document where shared_at is null; delete from bill_run where shared_at is null");
    let after: Vec<_> = consumers.iter_mut().map(look).collect();
    assert!(before == after, "a draft shows on the consumer's pages");
    let mut preparer = world.staff("wealdshire", &[Role::Preparer]);
    let agreements = world.ask(&format!("select id::text as line from agreement where provider_id = '{wealdshire}'"));
    for agreement in &agreements {
        let token = preparer.get("/track").token().unwrap();
        let fields = [("_token", token.as_str()), ("agreement", agreement), ("month", "2026-10")];
        preparer.post("/commercial/runs", &fields).is(303);
    }
    let after: Vec<_> = consumers.iter_mut().map(look).collect();
    assert!(before == after, "a new draft shows on the consumer's pages");
    for (slug, viewer) in ["marlhaven", "eastmere"].into_iter().zip(&mut consumers) {
        let run = world.one(&format!("select run_id::text as line {draft}'{}'", world.id(slug)));
        preparer.get(&format!("/commercial/runs/{run}")).is(200);
        let token = viewer.get("/track").token().unwrap();
        for agreement in &agreements {
            let fields = [("_token", token.as_str()), ("agreement", agreement), ("month", "2026-10")];
            viewer.post("/commercial/runs", &fields).is(404);
        }
        let fields = [
            ("_token", token.as_str()),
            ("prepared", "2026-11-20T10:30:00Z"),
            ("password", "three random words"),
            ("code", ""),
        ];
        viewer.post(&format!("/commercial/runs/{run}/issue"), &fields).is(404);
    }
}
