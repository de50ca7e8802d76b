//! English and Welsh: how the language is chosen, the whole journey in Welsh, and nothing English left on its pages.

use std::collections::BTreeMap;
use std::fs;

use moothall::app;
use moothall::identity::Role;
use moothall::kernel::Language;
use moothall::notify::catcher::{self, Catcher};
use moothall::platform::Clock;
use moothall::site::Texts;
use reqwest::Method;

use super::casework::filled_in;
use super::harness::{App, Page, Visitor};

const COOKIE: &str = "__Host-lang";

/// Insists that a page is in a language and says no whole sentence of the other's catalogue, in its text or in what is
/// read out.
#[track_caller]
fn is_in(page: &Page, language: Language) {
    let code = language.code();
    assert!(page.body.contains(&format!("<html lang=\"{code}\"")), "{} is not in {code}: {}", page.path, page.text());
    let other = Language::ALL.into_iter().find(|other| *other != language).unwrap();
    let (mine, theirs) = (catalogue(language), catalogue(other));
    // The switch names the other language in that language.
    let said: Vec<&str> = page.body.split(['<', '>']).flat_map(spoken).filter(|text| !text.is_empty()).collect();
    for (key, sentence) in theirs.iter().filter(|(key, text)| mine[*key] != **text && *key != "frame-language-name") {
        let heard = said.iter().any(|text| *text == sentence || text.starts_with(&format!("{sentence} –")));
        // A word may be the same in the other language's other sentence.
        let foreign = heard && !mine.values().any(|own| own == sentence);
        assert!(!foreign, "{} says {key} in {}: {sentence:?}", page.path, other.code());
    }
}

/// A text between tags, or the attributes of a tag that are read out.
fn spoken(part: &str) -> Vec<&str> {
    let labels = part.split("aria-label=\"").skip(1).filter_map(|rest| rest.split('"').next());
    std::iter::once(part.trim()).chain(labels).collect()
}

/// The sentences of a catalogue that stand on one line and have nothing filled in.
fn catalogue(language: Language) -> BTreeMap<String, String> {
    let english = fs::read_to_string("src/site/locales/en.ftl").unwrap();
    let keys =
        english.lines().filter_map(|line| line.split_once(" = ")).filter(|(key, _)| !key.starts_with([' ', '#']));
    keys.filter(|(_, text)| !text.contains('{'))
        .map(|(key, _)| (key.to_owned(), Texts::of(language).get(key)))
        .collect()
}

/// Opens a page and insists on its language.
#[track_caller]
fn welsh(citizen: &mut Visitor, path: &str, status: u16) -> Page {
    let page = citizen.get(path).is(status);
    is_in(&page, Language::Cy);
    page
}

/// Fills in a council's pothole form from the start button to the page before sending; says that page's address.
fn fill_in(app: &App, citizen: &mut Visitor, council: &str) -> String {
    let services = app.services();
    let raw =
        filled_in(&services.find(app.id(council), "pothole").unwrap().definition(Language::En).unwrap(), "Heol y Bont");
    citizen.get("/services/pothole").is(200);
    citizen.submit("/services/pothole", &[]).is(303);
    loop {
        let at = citizen.page().location();
        let page = citizen.get(&at).is(200);
        if at.ends_with("/check") {
            return at;
        }
        let asked: Vec<(&str, &str)> = raw
            .iter()
            .filter(|(name, _)| page.body.contains(&format!("name=\"{name}\"")))
            .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())))
            .collect();
        citizen.submit("/forms/", &asked).is(303);
    }
}

#[test]
fn a_language_is_chosen_by_link_then_remembered_then_by_the_browser() {
    let app = App::start();
    let ask = |citizen: &mut Visitor, path: &str, accepts: &str| {
        citizen.ask(Method::GET, path, &[("accept-language", accepts)], None)
    };
    let mut citizen = app.visitor("hartsmoor");
    for (accepts, language) in [
        ("", Language::En),
        ("fr, de;q=0.5", Language::En),
        ("cy-GB, en;q=0.8", Language::Cy),
        ("en-GB, cy;q=0.8", Language::En),
        ("cy;q=0.1, *;q=0", Language::Cy),
    ] {
        for path in ["/", "/help", "/search?q=bin", "/no-such-page"] {
            is_in(&ask(&mut citizen, path, accepts), language);
        }
    }
    assert!(!citizen.cookies.contains_key(COOKIE), "nobody has chosen yet");
    // The link keeps the page and its query; what it chose goes before what the browser prefers.
    let page = ask(&mut citizen, "/search?q=bin", "en");
    assert_eq!(page.link("?q=bin&lang"), "?q=bin&lang=cy");
    is_in(&ask(&mut citizen, "/search?q=bin&lang=cy", "en"), Language::Cy);
    assert_eq!(citizen.cookies[COOKIE], "cy");
    let page = ask(&mut citizen, "/", "en");
    is_in(&page, Language::Cy);
    assert_eq!(page.header("vary"), "Accept-Encoding, Accept-Language, Cookie");
    is_in(&ask(&mut citizen, "/no-such-page", "en"), Language::Cy);
    is_in(&ask(&mut citizen, "/?lang=fr", "en"), Language::Cy);
    is_in(&ask(&mut citizen, "/?lang=en", "cy"), Language::En);
    is_in(&ask(&mut citizen, "/", "cy"), Language::En);

    // A council with one language has no switch and hears no other.
    let mut citizen = app.visitor("marlhaven");
    let page = ask(&mut citizen, "/?lang=cy", "cy").lacks("Cymraeg").lacks("__Host-lang");
    is_in(&page, Language::En);

    // Staff work in English, and machines are answered in the reader's language.
    let mut officer = app.signed_in(&app.person("hartsmoor", &[Role::Officer]));
    is_in(&ask(&mut officer, "/staff?lang=cy", "cy").lacks("Cymraeg"), Language::En);
    is_in(&ask(&mut officer, "/staff/no-such-page", "cy").is(404).lacks("Cymraeg"), Language::En);
    let problem = officer.ask(Method::GET, "/no", &[("accept-language", "cy"), ("accept", "application/json")], None);
    problem.is(404).has("Ni allwn ddod o hyd");
}

#[test]
fn the_journey_in_welsh() {
    let mailbox = std::env::temp_dir().join(format!("moothall-welsh-{}", std::process::id()));
    let catcher = Catcher::start(&mailbox, Clock::real()).unwrap();
    let app = App::start_with(|config| config.mail.smtp_url = catcher.url());
    app.set_clock("2026-11-23T09:30:00Z");
    let mut citizen = app.visitor("hartsmoor");

    let front = welsh(&mut citizen, "/?lang=cy", 200);
    let front = front.has("<title>Rhoi gwybod, talu neu wneud cais – Cyngor Bwrdeistref Sirol Hartsmoor</title>");
    let front =
        front.has("Sut gallwn ni eich helpu?").has("Talu’ch Treth Gyngor").has("https://www.hartsmoor.example/cy/");
    front.has("Neuadd y Dref, Marchnad y Brethyn").has("nid oes cyfieithydd wedi gwirio’r Gymraeg").lacks("Town Hall");
    welsh(&mut citizen, "/search?q=treth+gyngor", 200).has("Talu’ch Treth Gyngor");
    for page in ["/help", "/accessibility", "/privacy", "/cookies", "/services/pothole"] {
        welsh(&mut citizen, page, 200).has("Cyngor Bwrdeistref Sirol Hartsmoor");
    }

    // A mistake is told in Welsh, in the title too.
    citizen.submit("/services/pothole", &[]).is(303);
    let first = citizen.follow();
    is_in(&first, Language::Cy);
    let wrong = citizen.submit("/forms/", &[("location", "")]).is(422).has("<title>Gwall: ").has("Rhowch ateb i “");
    is_in(&wrong, Language::Cy);

    // Half way she changes over and back: what she typed stays, right or wrong.
    let page = first.path.clone();
    citizen.submit("/forms/", &[("location", "Heol y Bont"), ("_lang", "en")]).is(303);
    assert_eq!(citizen.page().location(), page);
    is_in(&citizen.get(&page).is(200).has("value=\"Heol y Bont\""), Language::En);
    citizen.submit("/forms/", &[("location", ""), ("_lang", "cy")]).is(303);
    welsh(&mut citizen, &page, 200).lacks("Heol y Bont").lacks("govuk-error-summary");

    let check = fill_in(&app, &mut citizen, "hartsmoor");
    welsh(&mut citizen, &check, 200).has("Gwirio’ch atebion").has("Newid").has("Anfon yr adroddiad");
    citizen.submit("/check", &[("website", "")]).is(303);
    let receipt = citizen.follow().is(200).has("Adroddiad wedi’i anfon").has("diwrnod gwaith.");
    is_in(&receipt, Language::Cy);
    let reference = receipt.body.split("mh-ref--big\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let link = receipt.link("/track/");
    let tracked = welsh(&mut citizen, &link, 200).has("Rydych chi yma").has("23 Tachwedd 2026, 9:30am");
    tracked.has("Mae hyn wedi dod i law").lacks("November").lacks("December");

    // By her reference and contact: what is wrong is told in Welsh, and the case can be read in English from there.
    welsh(&mut citizen, "/track", 200);
    let wrong =
        citizen.submit("/track", &[("reference", ""), ("contact", "")]).is(422).has("Rhowch gyfeirnod eich achos");
    is_in(&wrong, Language::Cy);
    let kept = citizen.submit("/track", &[("reference", "HAR-1"), ("contact", "x"), ("_lang", "en")]).is(200);
    is_in(&kept.has("value=\"HAR-1\"").lacks("govuk-error-summary"), Language::En);
    citizen.submit("/track", &[("reference", "HAR-1"), ("contact", "x"), ("_lang", "cy")]).is(200);
    let contact = [("reference", reference.as_str()), ("contact", "sam.okafor@example.org")];
    let found = citizen.submit("/track", &contact).is(200);
    is_in(&found, Language::Cy);
    assert_eq!(found.link("/track/HAR"), format!("{link}?lang=en"));

    // Mail is in the language of the case, whatever the reader's is by then.
    citizen.get("/?lang=en").is(200);
    app::settle(&app.site).unwrap();
    let mail = catcher::newest(&mailbox, 10).unwrap();
    let read = format!("{:?}", catcher::read(&mailbox, mail[0].id).unwrap().unwrap());
    for words in ["Cyngor Bwrdeistref Sirol Hartsmoor", "wedi dod i law", "Eich cyfeirnod: ", "Rhagfyr 2026", &link] {
        assert!(read.contains(words), "{words}: {read}");
    }
    assert!(!read.contains("County Borough"), "{read}");

    // Staff read the case in English, its sheet as it was answered, and are told that the citizen uses Welsh.
    let mut officer = app.signed_in(&app.person("hartsmoor", &[Role::Officer]));
    let case = officer.get(&format!("/staff/cases/hartsmoor/{reference}")).is(200);
    let case = case.has("<html lang=\"en\"").has("What was asked and answered").has("<dt>Language</dt><dd>Welsh</dd>");
    case.has("<dl class=\"govuk-summary-list\" lang=\"cy\">").has("<p lang=\"cy\">Mae hyn wedi dod i law");
    officer.get(&format!("/staff/cases/hartsmoor/{reference}/update")).is(200);
    officer.submit("/update", &[("said", "Byddwn yno ddydd Gwener.")]).is(303);
    app::settle(&app.site).unwrap();
    let mail = catcher::newest(&mailbox, 10).unwrap();
    let read = format!("{:?}", catcher::read(&mailbox, mail[0].id).unwrap().unwrap());
    assert!(read.contains("diweddariad") && read.contains("Byddwn yno ddydd Gwener."), "{read}");
    fs::remove_dir_all(&mailbox).unwrap();
}
