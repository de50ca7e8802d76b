//! Addresses by postcode and places by area, over HTTP without scripts: found, chosen, typed by hand, abroad; and what
//! nobody can make of them.

use std::fs;
use std::path::Path;

use moothall::forms::Question;
use moothall::kernel::Language;
use moothall::places::{self, Found, Wanted, Whose};

use super::casework::filled_in;
use super::harness::{App, Page, Visitor};
use super::tenants::moothall;

/// The form of a service, on its first page.
fn begin(app: &App, council: &str, service: &str) -> Visitor {
    let mut citizen = app.visitor(council);
    citizen.get(&format!("/services/{service}")).is(200);
    citizen.submit("/services/", &[]).is(303);
    citizen.follow().is(200);
    citizen
}

/// Fills in the pages that follow, up to the last but for sending.
fn go_on(app: &App, citizen: &mut Visitor, council: &str, service: &str) -> Page {
    let services = app.services();
    let definition = services.find(app.id(council), service).unwrap().definition(Language::En).unwrap();
    let raw = filled_in(&definition, "Quay Street");
    loop {
        let page = citizen.page().clone();
        if page.path.ends_with("/check") {
            return page;
        }
        let (_, asked) = definition.page(page.path.rsplit('/').next().unwrap()).unwrap();
        let names = asked.questions.iter().flat_map(Question::fields);
        let typed: Vec<_> = names.filter_map(|name| raw.get(&name).map(|v| (name, v[0].clone()))).collect();
        let typed: Vec<_> = typed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        citizen.submit("/forms/", &typed).is(303);
        citizen.follow().is(200);
    }
}

fn press(citizen: &mut Visitor, fields: &[(&str, &str)]) -> Page {
    citizen.submit("/forms/", fields).is(303);
    let page = citizen.follow().is(200);
    Page { path: page.path.split('#').next().unwrap_or_default().to_owned(), ..page }
}

fn sheet(app: &App) -> String {
    app.database.texts("select sheet::text as text from answer_sheet").join("\n")
}

#[test]
fn an_address_is_found_by_its_postcode_and_chosen() {
    let app = App::start();
    app.leave_jobs();
    let mut citizen = begin(&app, "marlhaven", "missed-bin");
    citizen.page().clone().has("name=\"address-find\"").lacks("address-line1").lacks(">Continue</button></form>");
    let wrong = |citizen: &mut Visitor, fields: &[(&str, &str)], words: &str| {
        citizen.submit("/forms/", fields).is(422).has(words).has("Error:")
    };
    wrong(&mut citizen, &[("address-find", ""), ("address-do", "find")], "Enter a postcode and select");
    wrong(&mut citizen, &[("address-find", "MH1"), ("address-do", "find")], "Enter a full UK postcode")
        .has("value=\"MH1\"");
    wrong(&mut citizen, &[("address-find", "mh9 9zz"), ("address-do", "find")], "cannot find any addresses at MH9 9ZZ");
    // Another council's addresses are not there.
    wrong(&mut citizen, &[("address-find", "EJ1 1AA")], "cannot find any addresses at EJ1 1AA").lacks("Weir Road");
    // Enter in the field: no button's name is sent.
    let page = press(&mut citizen, &[("address-find", "mh11aa"), ("address-house", "")]);
    let page = page.has("13 addresses found").has("MH1 1AA").has("Flat 1, Custom House Court").lacks("Ropewalk");
    assert!(page.body.contains("Change postcode") && page.body.contains("not listed"));
    // It is there again when she comes back to the page, and a house number makes the list short.
    citizen.get(&page.path).is(200).has("13 addresses found");
    press(&mut citizen, &[("address-uprn", ""), ("address-do", "change")]).has("value=\"mh11aa\"");
    press(&mut citizen, &[("address-find", "mh11aa"), ("address-house", "2")])
        .has("1 address found")
        .has("2 Quay Street");
    press(&mut citizen, &[("address-do", "change")]);
    press(&mut citizen, &[("address-find", "mh11aa"), ("address-house", "nowhere")]).has("13 addresses found");
    // Nothing chosen, nonsense, another council's, one that is nobody's; and lines that nobody chose.
    for forged in ["", "x", "222000000003", "999999999999", "-1"] {
        let fields = [
            ("address-uprn", forged),
            ("address-line1", "Forged Street"),
            ("address-town", "Forgery"),
            ("address-postcode", "MH1 1AA"),
            ("address-by", "hand"),
            ("address-chosen", forged),
            ("address-chosen", "Forged Street"),
        ];
        wrong(&mut citizen, &fields, "Select the address, or enter it by hand");
    }
    let forged =
        [("address-uprn", "111000000003"), ("address-chosen", "111000000003"), ("address-chosen", "Forged Street")];
    assert!(citizen.submit("/forms/", &forged).is(303).location().ends_with("/bins"));
    citizen.get(&page.path).is(200).has("<option value=\"111000000003\" selected>");
    press(&mut citizen, &[("address-uprn", "111000000003")]);
    go_on(&app, &mut citizen, "marlhaven", "missed-bin").has("2 Quay Street").has("MH1 1AA").lacks("Forge");
    citizen.submit("/check", &[]).is(303);
    let sheet = sheet(&app);
    assert!(
        sheet.contains("2 Quay Street") && sheet.contains("UPRN 111000000003") && !sheet.contains("Forge"),
        "{sheet}"
    );
    assert_eq!(app.database.texts("select title as text from cases"), ["Missed bin, 2 Quay Street"]);
}

#[test]
fn by_hand_and_abroad_nothing_typed_is_lost() {
    let app = App::start();
    app.leave_jobs();
    let mut citizen = begin(&app, "marlhaven", "missed-bin");
    press(&mut citizen, &[("address-find", "half a po"), ("address-do", "hand")]).has("name=\"address-line1\"");
    let abroad =
        press(&mut citizen, &[("address-line1", "1 Far Road"), ("address-postcode", "9"), ("address-do", "abroad")]);
    abroad.has("value=\"1 Far Road\"").has("name=\"address-country\"").lacks("name=\"address-postcode\"");
    citizen
        .submit("/forms/", &[("address-line1", "1 Far Road"), ("address-country", "")])
        .is(422)
        .has("Enter the country");
    press(&mut citizen, &[("address-country", "France"), ("address-do", "change")]).has("value=\"half a po\"");
    press(&mut citizen, &[("address-do", "hand")]).has("value=\"1 Far Road\"").has("value=\"9\"");
    let page = press(&mut citizen, &[("address-do", "abroad")]).has("value=\"France\"");
    citizen.submit("/forms/", &[("address-line1", "1 Far Road"), ("address-country", "France")]).is(303);
    citizen.follow().is(200);
    go_on(&app, &mut citizen, "marlhaven", "missed-bin").has("1 Far Road").has("France");
    // Changed from the last page, and back to it.
    citizen.get(&format!("{}?change=1", page.path)).is(200);
    assert!(press(&mut citizen, &[("address-do", "hand")]).path.ends_with("?change=1"));
    let typed = [("address-line1", "2 Near Road"), ("address-town", "Marlhaven"), ("address-postcode", "mh12ab")];
    assert!(citizen.submit("/forms/", &typed).is(303).location().ends_with("/check"));
    citizen.follow().is(200).has("2 Near Road").has("MH1 2AB").lacks("France");
    citizen.submit("/check", &[]).is(303);
    assert!(!sheet(&app).contains("UPRN"));
}

#[test]
fn a_council_without_addresses_asks_as_before() {
    let app = App::start();
    app.database.force("delete from address; delete from council_postcode");
    let mut citizen = begin(&app, "marlhaven", "missed-bin");
    let page = citizen.page().clone().has("name=\"address-line1\"").lacks("address-find").lacks("by its postcode");
    citizen.get(&format!("{}?wrong=1", page.path)).is(200).has("Enter the first line of the address");
    let typed = [("address-line1", "2 Near Road"), ("address-town", "Marlhaven"), ("address-postcode", "mh12ab")];
    assert!(citizen.submit("/forms/", &typed).is(303).location().ends_with("/bins"));
    // Nor does it say whose a place is.
    let mut citizen = begin(&app, "marlhaven", "pothole");
    citizen.submit("/forms/", &[("location", "Weir Road"), ("location-postcode", "EJ1 1AA")]).is(303);
}

#[test]
fn the_language_changes_and_what_was_typed_stays() {
    let app = App::start();
    let mut citizen = begin(&app, "hartsmoor", "missed-bin");
    let welsh = press(&mut citizen, &[("address-find", "hj1 1aa"), ("_lang", "cy")]);
    welsh.has("lang=\"cy\"").has("value=\"hj1 1aa\"").has("Dod o hyd").lacks("Heol y Bont");
    press(&mut citizen, &[("address-find", "hj1 1aa")]).has("Heol y Bont").has("13 cyfeiriad");
    press(&mut citizen, &[("address-uprn", "333000000003"), ("_lang", "en")]).has("\"333000000003\" selected");
}

#[test]
fn a_place_in_another_councils_area_is_told_of() {
    let app = App::start();
    let mut citizen = begin(&app, "marlhaven", "pothole");
    let theirs = "EJ1 1AA is in the area of Eastmere District Council";
    let page =
        citizen.submit("/forms/", &[("location", "Weir Road"), ("location-postcode", "ej11aa")]).is(422).has(theirs);
    let link = page.has("value=\"Weir Road\"").link("http://eastmere.localhost");
    assert!(link.ends_with(&format!(":{}/", app.address().port())), "{link} carries something");
    citizen.submit("/forms/", &[("location", "Weir Road, EJ1 1AA")]).is(422).has(theirs).has("href=\"#location\"");
    let forged = [("location", "Weir Road, EJ1 1AA"), ("location-outside", ""), ("location-outside", "")];
    citizen.submit("/forms/", &forged).is(422).has(theirs);
    let unknown = [("location", "Weir Road"), ("location-postcode", "ZZ1 1ZZ")];
    citizen.submit("/forms/", &unknown).is(422).has("ZZ1 1ZZ is not in our area").has("leave it empty");
    citizen.submit("/forms/", &[("location", "x"), ("location-postcode", "MH1")]).is(422).has("full UK postcode");
    // What only looks like a postcode keeps nobody.
    citizen.submit("/forms/", &[("location", "on the A27 1st exit"), ("location-postcode", "")]).is(303);
    let at = citizen.page().path.clone();
    citizen.get(&at).is(200);
    citizen.submit("/forms/", &[("location", "Quay Street"), ("location-postcode", "mh1 1aa")]).is(303);
    citizen.follow().is(200);
    go_on(&app, &mut citizen, "marlhaven", "pothole").has("Quay Street, MH1 1AA");
    // The county's area holds the district's.
    let mut citizen = begin(&app, "wealdshire", "pothole");
    citizen.submit("/forms/", &[("location", "Weir Road"), ("location-postcode", "EJ1 1AA")]).is(303);
}

#[test]
fn a_file_replaces_all_addresses_or_none() {
    let app = App::start();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("gazetteer.csv");
    let path = file.to_str().unwrap();
    let import = || moothall(Some(&app.database), &["address", "import", "eastmere", path]);
    let count = || app.scoped("eastmere", |tx| Ok(places::all(tx)?.len()));
    let before = count();
    fs::write(&file, "uprn,line1,line2,town,postcode\n1,1 New Road,,Eastmere,EJ7 7AA\n2,2 New Road,,,EJ7\n").unwrap();
    let (code, said, _) = import();
    assert_eq!(code, Some(1));
    assert!(said.contains("gazetteer.csv:3:15: the town is missing") && said.ends_with("2 mistakes.\n"), "{said}");
    assert_eq!(count(), before);
    let rows: String = (1..=2500).map(|n| format!("{n},{n} New Road,,Eastmere,EJ{}7 7AA\n", n % 7 + 1)).collect();
    fs::write(&file, format!("uprn,line1,line2,town,postcode\n{rows}")).unwrap();
    assert_eq!(import(), (Some(0), "eastmere: 2500 addresses imported.\n".to_owned(), String::new()));
    assert_eq!(count(), 2500);
    let look = |council: &str, wanted: Wanted| app.scoped(council, |tx| Found::default().or_look(tx, wanted));
    let of = |code: &str| Wanted { postcodes: [code.to_owned()].into(), ..Wanted::default() };
    let whose = |council: &str, code: &str| look(council, of(code)).whose(app.id(council), code);
    assert_eq!(whose("marlhaven", "EJ17 7AA"), Whose::Theirs(vec![app.id("eastmere")]));
    assert_eq!(whose("eastmere", "EJ17 7AA"), Whose::Ours);
    assert_eq!(whose("eastmere", "EJ1 1AA"), Whose::Theirs(vec![app.id("wealdshire")]));
    assert_eq!(whose("eastmere", "ZZ1 1ZZ"), Whose::Nobodys);
    assert_eq!(whose("operator", "EJ1 1AA"), Whose::Unknown);
    let all = Wanted { any: true, uprns: [1].into(), ..of("EJ17 7AA") };
    let (own, other) = (look("eastmere", all.clone()), look("marlhaven", all));
    assert!(own.any() && own.with_uprn(1).is_some_and(|a| a.line1 == "1 New Road"));
    // Every seventh of 2,500, in the order of the file; no postcode has more than is listed.
    let listed = own.at_postcode("EJ17 7AA");
    assert_eq!((listed.len(), listed[0].uprn, listed[1].uprn), (357, 7, 14));
    assert!(other.any() && other.at_postcode("EJ17 7AA").is_empty() && other.with_uprn(1).is_none());
    let audited = "select subject_label as text from audit_entry where action = 'address.import' and purpose like '%files' \
                   and subject_label = 'eastmere'";
    assert_eq!(app.database.texts(audited).len(), 2);
    let (code, _, wrong) = moothall(Some(&app.database), &["address", "import", "nowhere", path]);
    assert!(code == Some(1) && wrong.contains("there is no authority \"nowhere\""), "{wrong}");
    // The files of the demonstration are what the database began with.
    assert_eq!(places::read(Path::new("tenants/eastmere/addresses.csv")).unwrap().len(), before);
}
