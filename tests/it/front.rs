//! The front page, what stands on it and why; search, and what it does not find.

use std::fmt::Write as _;

use moothall::app;
use moothall::forms;
use moothall::identity::Role;
use moothall::kernel::{Language, seal::Token};
use reqwest::Method;

use super::harness::{App, Page};

/// Adds to the counts of a week, as expired drafts would.
pub fn counted(app: &App, council: &str, week: &str, service: &str, what: &str, key: &str, n: i64) {
    let tenant = app.id(council);
    app.database.force(&format!(
        "insert into journey_count values ('{tenant}', '{week}', '{service}', '{what}', '{key}', {n})"
    ));
}

/// Does the housekeeping at a moment, and serves what comes of it.
pub fn ordered(app: &App, at: &str) {
    app.set_clock(at);
    app::settle(&app.site).unwrap();
    app.refresh();
}

/// The addresses found, in order.
fn found(page: &Page) -> Vec<String> {
    let list = page.body.split("class=\"mh-found\"").nth(1).unwrap_or_default().split("</ul>").next().unwrap();
    list.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn search(app: &App, council: &str, language: Language, words: &str) -> Page {
    let query = super::harness::encode(&[("q", words), ("lang", language.code())]);
    app.visitor(council).get(&format!("/search?{query}")).is(200)
}

/// The slugs of the numbered tasks on a council's front page.
fn top(app: &App, council: &str) -> Vec<String> {
    let page = app.visitor(council).get("/").is(200);
    let list = page.body.split("class=\"mh-pop\"").nth(1).unwrap().split("</ol>").next().unwrap().to_owned();
    list.split("href=\"/services/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn search_knows_what_people_call_things() {
    let app = App::start();
    let mut wrong = String::new();
    for (council, language, words, first) in [
        ("marlhaven", Language::En, "my bin wasn't emptied", "/services/missed-bin"),
        ("marlhaven", Language::En, "they forgot my bin", "/services/missed-bin"),
        ("marlhaven", Language::En, "wardrobe collection", "bulky"),
        ("marlhaven", Language::En, "hole in road", "/services/pothole"),
        ("marlhaven", Language::En, "pot hole", "/services/pothole"),
        ("marlhaven", Language::En, "potholes", "/services/pothole"),
        ("marlhaven", Language::En, "pohtole", "/services/pothole"),
        ("marlhaven", Language::En, "street lamp out", "/services/street-light"),
        ("marlhaven", Language::En, "streetlight", "/services/street-light"),
        ("marlhaven", Language::En, "fly tipped matress", "/services/fly-tipping"),
        ("marlhaven", Language::En, "flytipping", "/services/fly-tipping"),
        ("marlhaven", Language::En, "abandonned vehical", "/services/abandoned-vehicle"),
        ("marlhaven", Language::En, "i live alone council tax", "/services/single-person-discount"),
        ("marlhaven", Language::En, "noisy neighbours party", "/services/noise"),
        ("marlhaven", Language::En, "moving house", "/services/council-tax-move"),
        ("marlhaven", Language::En, "pay council tax", "https://www.marlhaven.example/council-tax/pay"),
        ("marlhaven", Language::En, "burst pipe", "https://www.marl-water.example/report"),
        ("marlhaven", Language::En, "my husband hits me", "/services/private-help"),
        ("hartsmoor", Language::Cy, "twll yn y ffordd", "/services/pothole"),
        ("hartsmoor", Language::Cy, "pothol", "/services/pothole"),
        ("hartsmoor", Language::Cy, "fy min heb ei gasglu", "/services/missed-bin"),
        ("hartsmoor", Language::Cy, "bin heb ei wagio", "/services/missed-bin"),
        ("hartsmoor", Language::Cy, "lamp stryd ddim yn gweithio", "/services/street-light"),
        ("hartsmoor", Language::Cy, "swn", "/services/noise"),
        ("hartsmoor", Language::Cy, "soffa", "https://www.hartsmoor.example/cy/bulky-waste/book"),
        ("hartsmoor", Language::Cy, "fathodyn glas", "/services/blue-badge"),
        ("hartsmoor", Language::Cy, "dw i'n byw ar fy mhen fy hun", "/services/single-person-discount"),
        // Whatever the page is in, people type what they have in mind.
        ("hartsmoor", Language::Cy, "pothole", "/services/pothole"),
        ("hartsmoor", Language::En, "sbwriel", "/services/missed-bin"),
    ] {
        let found = found(&search(&app, council, language, words));
        if !found.first().is_some_and(|address| address.contains(first)) {
            writeln!(wrong, "{council}: {words:?} finds {found:?}, not first {first}").unwrap();
        }
    }
    assert_eq!(wrong, "");
    for words in ["xyzzy", "", "the and of", "<script>", "%"] {
        assert_eq!(found(&search(&app, "marlhaven", Language::En, words)), [""; 0], "{words}");
    }
}

#[test]
fn a_result_says_what_it_lets_you_do_and_whose_it_is() {
    let app = App::start();
    let here = search(&app, "marlhaven", Language::En, "pothole");
    let here = here.has("<span class=\"mh-does\">Report</span>").lacks("does this");
    assert_eq!(found(&here)[0], "/services/pothole");
    search(&app, "marlhaven", Language::En, "council tax").has("Pay, on another site");
    search(&app, "marlhaven", Language::En, "sewage smell").has("Marl Water does this").has("On another site");

    // Eastmere's county does what Eastmere does not; what both do is Eastmere's.
    let county = search(&app, "eastmere", Language::En, "blue badge").has("Wealdshire County Council does this");
    let port = app.address().port();
    assert_eq!(found(&county), [format!("http://wealdshire.localhost:{port}/services/blue-badge")]);
    county.has("Request, on another site");
    let both = found(&search(&app, "eastmere", Language::En, "pothole"));
    assert!(
        both.contains(&"/services/pothole".to_owned()) && !both.iter().any(|a| a.contains("//wealdshire")),
        "{both:?}"
    );
    // And the other way round; nobody else's neighbours are asked.
    let district = found(&search(&app, "wealdshire", Language::En, "missed bin"));
    assert!(district.contains(&format!("http://eastmere.localhost:{port}/services/missed-bin")), "{district:?}");
    assert!(district.iter().any(|a| a == "https://www.northmere.example/bins/missed"), "{district:?}");
    assert_eq!(found(&search(&app, "hartsmoor", Language::En, "bus pass")), [""; 0]);
}

#[test]
fn what_is_private_is_found_and_not_named() {
    let app = App::start();
    let page = search(&app, "marlhaven", Language::En, "domestic abuse");
    assert_eq!(found(&page)[0], "/services/private-help");
    page.has(">A private matter</a>").lacks("Get help with domestic abuse").lacks("“domestic abuse”");
    search(&app, "hartsmoor", Language::Cy, "cam-drin domestig").has(">Mater preifat</a>");
    let json = app.visitor("marlhaven").get("/search/suggest?q=domestic+abuse").is(200);
    let json = json.has("A private matter").lacks("domestic");
    assert_eq!(json.header("cache-control"), "no-store");
    // Lists are read over shoulders.
    for path in ["/", "/services"] {
        app.visitor("marlhaven").get(path).is(200).lacks("private").lacks("Domestic");
    }
    // A neighbour's is not found at all.
    app.database.force(&format!(
        "insert into service_version select '{}', slug, version, definition, published_at, published_by, retired_at, in_force_from \
         from service_version where slug = 'private-help' and tenant_id = '{}'",
        app.id("wealdshire"),
        app.id("marlhaven")
    ));
    app.refresh();
    assert_eq!(found(&search(&app, "wealdshire", Language::En, "domestic abuse"))[0], "/services/private-help");
    assert!(!found(&search(&app, "eastmere", Language::En, "domestic abuse")).iter().any(|a| a.contains("private")));
}

#[test]
fn suggestions_are_the_same_in_short() {
    let app = App::start();
    let mut citizen = app.visitor("hartsmoor");
    let page = citizen.ask(Method::GET, "/search/suggest?q=dwll", &[("accept-language", "cy")], None).is(200);
    assert_eq!(page.header("content-type"), "application/json");
    let found: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(
        found[0],
        serde_json::json!({
            "label": "Rhoi gwybod am dwll yn y ffordd", "address": "/services/pothole", "does": "Rhoi gwybod",
        })
    );
    assert!(found.as_array().unwrap().len() <= 6);
    assert_eq!(citizen.get("/search/suggest?q=xyzzy").is(200).body, "[]");
    assert_eq!(citizen.get("/search/suggest").is(200).body, "[]");
}

#[test]
fn a_missed_search_is_kept_after_five_days_and_five_browsers() {
    let app = App::start();
    let kept =
        |council: &str| app.scoped(council, |tx| forms::missed(tx, 10)).into_iter().map(|m| m.0).collect::<Vec<_>>();
    let mut one = app.visitor("marlhaven");
    for day in 10..18 {
        app.set_clock(&format!("2026-11-{day}T10:00:00Z"));
        one.get("/search?q=Allotments").is(200).has("We did not find");
        app.visitor("marlhaven").get("/search?q=pothole").is(200);
        app.visitor("marlhaven").get("/search/suggest?q=beehives").is(200);
    }
    for _ in 0..6 {
        app.visitor("marlhaven").get("/search?q=allotments!").is(200);
    }
    assert_eq!(kept("marlhaven"), [""; 0], "one browser on many days, many browsers on one");
    for day in 18..21 {
        app.set_clock(&format!("2026-11-{day}T23:30:00Z"));
        assert_eq!(kept("marlhaven"), [""; 0]);
        app.visitor("marlhaven").get("/search?q=ALLOTMENTS").is(200);
        app.visitor("eastmere").get("/search?q=allotments").is(200);
    }
    assert_eq!(kept("marlhaven"), ["allotments"]);
    assert_eq!((kept("eastmere"), kept("wealdshire")), (vec![], vec![]));
    let mut designer = app.signed_in(&app.person("marlhaven", &[Role::Designer]));
    designer.get("/staff/services").is(200).has("allotments").has("fewer than 10");
    let mut other = app.signed_in(&app.person("eastmere", &[Role::Designer]));
    other.get("/staff/services").is(200).lacks("allotments");
}

/// The counts of a council: what, key and number.
fn counts(app: &App, council: &str) -> Vec<String> {
    app.database.texts(&format!(
        "select week || ' ' || service || ' ' || what || ' ' || key || ' ' || n as text from journey_count \
         where tenant_id = '{}' order by 1",
        app.id(council)
    ))
}

#[test]
fn how_forms_end_is_counted_when_they_are_erased() {
    let app = App::start();
    app.leave_jobs();
    let secret = &app.site.config.secret;
    let services = app.services();
    let owner = app.id("marlhaven");
    let begin = |slug: &str, browser: &Token, step: Option<(&str, Option<&str>)>| {
        let service = services.find(owner, slug).unwrap();
        let definition = service.definition(Language::En).unwrap();
        app.scoped("marlhaven", |tx| {
            let id = forms::start_draft(tx, app.now(), slug, service.version, Language::En, browser)?;
            let draft = forms::find_draft(tx, app.now(), secret, id, browser)?;
            if let Some((step, ended)) = step {
                forms::save_answers(tx, app.now(), secret, &definition, &draft, step, ended)?;
            }
            Ok(id)
        })
    };
    let browser = Token::random();
    // A Sunday night in London that is still Sunday in UTC.
    app.set_clock("2026-11-22T23:50:00Z");
    begin("pothole", &browser, None);
    begin("pothole", &browser, Some(("where", None)));
    begin("pothole", &browser, Some(("where", None)));
    begin("council-tax-move", &browser, Some(("person.2", None)));
    begin("pothole", &browser, Some(("where", Some("trunk-road"))));
    begin("private-help", &browser, Some(("safety", None)));
    let sent = begin("pothole", &browser, Some(("where", None)));
    // What is discarded in haste is not counted either.
    let hasty = Token::random();
    begin("pothole", &hasty, Some(("where", None)));
    app.scoped("marlhaven", |tx| forms::discard_drafts(tx, &hasty));
    app.set_clock("2026-11-22T23:57:30Z");
    app.scoped("marlhaven", |tx| forms::mark_submitted(tx, app.now(), sent, sent, "MAR-0000-00000"));
    app.scoped("marlhaven", |tx| forms::expire_drafts(tx, app.now()));
    assert_eq!(counts(&app, "marlhaven"), [""; 0], "nothing has expired");
    app.set_clock("2026-11-23T23:58:00Z");
    for _ in 0..2 {
        app.scoped("marlhaven", |tx| forms::expire_drafts(tx, app.now()));
    }
    assert_eq!(
        counts(&app, "marlhaven"),
        [
            "2026-11-16 council-tax-move left person 1",
            "2026-11-16 pothole completed  1",
            "2026-11-16 pothole ended trunk-road 1",
            "2026-11-16 pothole left  1",
            "2026-11-16 pothole left where 2",
            "2026-11-16 pothole minutes 7 1",
        ]
    );
    let left = app.database.texts("select count(*)::text as text from draft");
    assert_eq!(left, ["0"]);
    // They add up.
    begin("pothole", &browser, Some(("where", None)));
    app.set_clock("2026-11-25T00:00:00Z");
    app.scoped("marlhaven", |tx| forms::expire_drafts(tx, app.now()));
    assert!(counts(&app, "marlhaven").contains(&"2026-11-23 pothole left where 1".to_owned()));
}

#[test]
fn the_order_follows_what_people_complete_one_place_a_week() {
    let app = App::start();
    ordered(&app, "2026-11-03T12:00:00Z");
    let (before, others) = (top(&app, "marlhaven"), top(&app, "eastmere"));
    let whole = app.visitor("marlhaven").get("/services").is(200).body;
    let last = app.database.texts(&format!(
        "select service as text from task_place where tenant_id = '{}' order by place",
        app.id("marlhaven")
    ));
    assert_eq!(last[..6], before);
    assert!(!last.contains(&"private-help".to_owned()));
    let riser = &last[3];
    counted(&app, "marlhaven", "2026-10-26", riser, "completed", "", 40);
    counted(&app, "marlhaven", "2025-11-10", riser, "completed", "", 25);
    ordered(&app, "2026-11-05T12:00:00Z");
    assert_eq!(top(&app, "marlhaven"), before, "once a week");
    for (at, place) in [("2026-11-10T12:00:00Z", 2), ("2026-11-17T12:00:00Z", 1)] {
        ordered(&app, at);
        ordered(&app, at);
        assert_eq!(top(&app, "marlhaven").iter().position(|task| task == riser), Some(place), "{at}");
    }
    // The running server renewed its page, and another council's page is as it was.
    assert_ne!(app.visitor("marlhaven").get("/services").is(200).body, whole);
    assert_eq!(top(&app, "eastmere"), others);
    let moves = app.scoped("marlhaven", |tx| forms::moves(tx, 10));
    assert_eq!((moves.len(), &moves[0].service, moves[0].place, moves[0].need.recent), (2, riser, 2, 40));
    assert_eq!(app.scoped("eastmere", |tx| forms::moves(tx, 10)).len(), 0);
    let mut designer = app.signed_in(&app.person("marlhaven", &[Role::Designer]));
    let page = designer.get("/staff/services").is(200);
    page.has("went up to place 2").has("people completed it about 40 times").has("fewer than 10 times");
}

#[test]
fn officers_pin_and_hide_but_never_what_is_private() {
    let app = App::start();
    ordered(&app, "2026-11-20T10:30:00Z");
    let mut designer = app.signed_in(&app.person("marlhaven", &[Role::Designer]));
    let change = |visitor: &mut super::harness::Visitor, slug: &str, show: &str| {
        visitor.get("/staff/services");
        let token = visitor.page().token().unwrap();
        let page = visitor.post(&format!("/staff/services/{slug}"), &[("_token", &token), ("show", show)]);
        app.refresh();
        page
    };
    let before = top(&app, "marlhaven");
    change(&mut designer, "street-light", "pin").is(303);
    assert_eq!(top(&app, "marlhaven")[..2], ["street-light".to_owned(), before[0].clone()]);
    change(&mut designer, &before[0], "hide").is(303);
    assert_eq!(top(&app, "marlhaven")[..2], ["street-light".to_owned(), before[1].clone()]);
    // What is hidden is still in the list of everything and in search.
    let everything = app.visitor("marlhaven").get("/services").is(200);
    everything.has(&format!("/services/{}", before[0]));
    change(&mut designer, &before[0], "show").is(303);
    change(&mut designer, "street-light", "unpin").is(303);
    assert_eq!(top(&app, "marlhaven"), before);
    for (slug, show, status) in
        [("private-help", "pin", 404), ("no-such", "pin", 404), ("pothole", "delete", 400), ("pothole", "", 400)]
    {
        change(&mut designer, slug, show).is(status);
    }
    let mut officer = app.signed_in(&app.person("marlhaven", &[Role::Officer]));
    officer.get("/staff/services").is(403);
    let mut auditor = app.signed_in(&app.person("marlhaven", &[Role::Administrator]));
    auditor.get("/staff/looked").is(200).has("Pinned a task to the front page").has("Took a task off the front page");
    let mut other = app.signed_in(&app.person("eastmere", &[Role::Administrator]));
    other.get("/staff/looked").is(200).lacks("Pinned a task");
}

#[test]
fn small_numbers_are_not_on_the_page() {
    let app = App::start();
    for (what, key, n) in [
        ("completed", "", 23),
        ("minutes", "4", 13),
        ("minutes", "44", 10),
        ("left", "where", 9),
        ("left", "size", 17),
        ("ended", "trunk-road", 7),
    ] {
        counted(&app, "marlhaven", "2026-11-02", "pothole", what, key, n);
        counted(&app, "eastmere", "2026-11-02", "noise", what, key, 77);
    }
    // Of this week and of long ago nothing is said.
    counted(&app, "marlhaven", "2026-11-16", "noise", "completed", "", 555);
    counted(&app, "marlhaven", "2026-01-05", "noise", "completed", "", 555);
    let mut designer = app.signed_in(&app.person("marlhaven", &[Role::Designer]));
    let page = designer.get("/staff/services").is(200);
    let table =
        page.body.split("How the forms of each service ended").nth(1).unwrap().split("</table>").next().unwrap();
    let text = table.replace("</li>", "|").replace("</td>", "|");
    let cells: String = regex::Regex::new("<[^>]*>").unwrap().replace_all(&text, "").into_owned();
    assert!(cells.contains("Report a pothole23|4 minutes|"), "{cells}");
    assert!(cells.contains(": fewer than 10|") && cells.contains(": 17|"), "{cells}");
    for told in [": 9|", ": 7|", "77", "555", "49", "33"] {
        assert!(!cells.contains(told), "{told}: {cells}");
    }
}

#[test]
fn a_page_weighs_little() {
    let app = App::start();
    for council in ["marlhaven", "wealdshire", "eastmere", "hartsmoor"] {
        for path in ["/", "/search?q=bin", "/services"] {
            let mut citizen = app.visitor(council);
            let page = citizen.get(path).is(200);
            let mut weight = moothall::site::gzip(page.body.as_bytes()).len();
            let mut wanted: Vec<String> = ["href=\"", "src=\""]
                .iter()
                .flat_map(|attribute| page.body.split(attribute).skip(1))
                .map(|rest| rest.split('"').next().unwrap().to_owned())
                .filter(|address| address.starts_with("/assets/") || address.starts_with("/brand/"))
                .collect();
            wanted.sort();
            wanted.dedup();
            // What the style sheet and the modules fetch besides; the suggestions come with the first key.
            let sheet = wanted.iter().find(|address| address.ends_with("tenant.css")).unwrap().clone();
            let sheet = citizen.get(&sheet).is(200).body;
            wanted.extend(
                sheet
                    .split("url(")
                    .skip(1)
                    .map(|rest| rest.split(')').next().unwrap().trim_matches(['"', '\'']).to_owned()),
            );
            wanted.extend(
                moothall::site::assets::ALL
                    .iter()
                    .map(|(name, ..)| (*name).to_owned())
                    .filter(|n| n.contains("govuk-frontend")),
            );
            for address in &wanted {
                weight += moothall::site::gzip(citizen.get(address).is(200).body.as_bytes()).len();
            }
            println!("{council}{path}: {weight} bytes");
            assert!(weight <= 60 * 1024, "{council}{path} weighs {weight}");
        }
    }
}
