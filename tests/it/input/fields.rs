//! Every kind of question, and the other forms of citizens, with what people paste and programs send.

use moothall::forms::QuestionType;
use moothall::identity::Role;
use reqwest::Method;

use super::{Citizen, PDF, english, escaped, everything, open, private};
use crate::attack::answers;
use crate::harness::{Page, encode};

/// What is typed: empty, emoji, right to left, control characters, markup, a formula, a NUL.
const TYPED: [&str; 11] = [
    "",
    " \t ",
    "👩‍👩‍👧 flooded 🕳️",
    "שלום עולם",
    "x\u{202e}drawkcab\u{202c}",
    "bell\u{7}escape\u{1b}[31m mark\u{1}",
    "<script>alert(1)</script>",
    "\"><b id=evil onclick='x'>&amp;",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "a\0b",
    "99999999999999999999999",
];

/// More than any page asks for, and still a form.
const LONG: usize = 100_000;
/// More than a form.
const TOO_LONG: usize = 1_000_000;

/// What is kept of it: nothing that PostgreSQL fails at, and not our own mark.
fn kept(text: &str) -> String {
    text.replace(['\0', '\u{1}'], "")
}

/// It was taken, or refused with a message, and nothing of it is markup.
#[track_caller]
fn is_absorbed(page: &Page, what: &str) {
    assert!(matches!(page.status, 200 | 303 | 422), "{what}: {}: {}", page.status, page.text());
    assert!(page.status != 422 || page.body.contains("govuk-error-summary"), "{what}: refused without a word");
    for markup in ["<script>alert", "<b id=evil", "onclick='x'"] {
        assert!(!page.body.contains(markup), "{what}: {markup} is not escaped");
    }
}

/// What stands in its field when the page is opened again; of a choice nothing that was not offered does, and what is to be
/// sealed comes back only as long as it is wrong.
fn is_shown(kind: QuestionType) -> bool {
    use QuestionType::{Bank, Declaration, File, ManyOf, NationalInsurance, OneOf, SafeContact, Select, YesNo};
    !matches!(kind, Bank | Declaration | File | ManyOf | NationalInsurance | OneOf | SafeContact | Select | YesNo)
}

#[test]
fn whatever_is_typed_is_refused_or_absorbed_and_stays() {
    let services = [everything(), private()];
    let app = open(&services);
    for service in &services {
        let definition = english(service);
        let right = answers(&definition, "Quay", app.now());
        let mut citizen = Citizen::begin(&app, "marlhaven", &definition.slug);
        for page in definition.pages.iter().filter(|page| page.repeat.is_none()) {
            let question = &page.questions[0];
            let fields = question.fields();
            for typed in TYPED {
                let all: Vec<(&str, &str)> = fields.iter().map(|field| (field.as_str(), typed)).collect();
                let what = format!("{} {typed:?}", page.id);
                is_absorbed(&citizen.post(&page.id, &all), &what);
                let again = citizen.get(&page.id).is(200);
                is_absorbed(&again, &what);
                let shown = !is_shown(question.kind) || again.body.contains(&escaped(&kept(typed)));
                assert!(shown, "{what} is lost: {}", again.text());
            }
            // Several values for one field, bytes that are no letters, and far too much.
            let first = fields[0].as_str();
            is_absorbed(&citizen.post(&page.id, &[(first, "a"), (first, "no-such"), (first, "b")]), &page.id);
            let wrong_bytes = format!("_token={}&{first}=%FF%FE%C3%28", citizen.token);
            let path = citizen.path(&page.id);
            is_absorbed(&citizen.browser.ask(Method::POST, &path, &[], Some(&wrong_bytes)), &page.id);
            let long = "x".repeat(LONG);
            is_absorbed(&citizen.post(&page.id, &[(first, &long)]), &page.id);
            let shown = citizen.get(&page.id).is(200).body.contains(&long);
            assert!(shown || !is_shown(question.kind), "{}: what was too long is lost", page.id);
            let words = "Go back and shorten what you typed";
            citizen.post(&page.id, &[(first, &"x".repeat(TOO_LONG))]).is(413).has(words);
            citizen
                .post_files(&page.id, &[(first, &"x".repeat(TOO_LONG))], &[("file", "a.pdf", PDF)])
                .is(413)
                .has(words);
            let still = citizen.get(&page.id).is(200).body.contains(&long);
            assert!(still || !is_shown(question.kind), "{}: what was there before is lost", page.id);
            let good: Vec<(&str, &str)> =
                fields.iter().filter_map(|f| Some((f.as_str(), right.get(f)?[0].as_str()))).collect();
            citizen.post(&page.id, &good).is(303);
        }
    }
    app.leave_jobs();
}

#[test]
fn a_choice_is_one_that_was_offered() {
    let app = open(&[everything()]);
    let mut citizen = Citizen::begin(&app, "marlhaven", "everything");
    let right = answers(&english(&everything()), "Quay", app.now());
    citizen.answer(&english(&everything()), &right, &[]);
    for (step, field, wrong) in [
        ("one-of", "one_of", &["no-such"][..]),
        ("one-of", "one_of", &["a", "b"]),
        ("many-of", "many_of", &["a", "no-such"]),
        ("select", "select", &["a", "b"]),
        ("yes-no", "yes_no", &["yes", "no"]),
        ("declaration", "declaration", &["no"]),
    ] {
        let fields: Vec<(&str, &str)> = wrong.iter().map(|value| (field, *value)).collect();
        citizen.post(step, &fields).is(422).has("govuk-error-summary");
        citizen.get("check").is(303);
        citizen.post(step, &[(field, &right[field][0])]).is(303);
    }
    citizen.get("check").is(200);
}

#[test]
fn a_page_takes_its_own_fields_however_many_come() {
    let app = open(&[everything()]);
    let definition = english(&everything());
    let mut citizen = Citizen::begin(&app, "marlhaven", "everything");
    citizen.answer(&definition, &answers(&definition, "Quay", app.now()), &[]);
    let names: Vec<String> = (1..=1000).map(|n| format!("things.{n}.what")).collect();
    let numbers: Vec<String> = (1..=1000).map(|n| n.to_string()).collect();
    let mut fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "Wardrobe")).collect();
    fields.extend(numbers.iter().map(|number| ("things", number.as_str())));
    fields.extend([("things.1.big", "no"), ("text", "Another"), ("things.4294967295.what", "x"), ("photo-by", "list")]);
    citizen.post("thing.1", &fields).is(303);
    citizen.post("things", &fields).is(422).has("Select yes if you want to add another");
    let page = citizen.get("things").is(200).has("Thing 1").has("Wardrobe");
    assert_eq!(page.body.matches("govuk-summary-list__row").count(), 1, "{}", page.text());
    let typed = app.database.texts("select answers::text as text from draft").concat();
    assert_eq!((typed.matches("Wardrobe").count(), typed.contains("Another")), (1, false), "{typed}");
    // More than there may be are not added, and what is not there is not removed.
    for gone in ["2", "0", "-1", "4294967296", "x", ""] {
        citizen.post("things", &[("remove", gone)]);
        citizen.get("things").is(200).has("Wardrobe");
    }
    for _ in 0..10 {
        citizen.post("things", &[("add", "yes")]).is(303);
    }
    assert_eq!(citizen.get("things").is(200).body.matches("govuk-summary-list__row").count(), 4);
}

#[test]
fn what_was_typed_arrives_as_words() {
    let app = open(&[everything()]);
    let definition = english(&everything());
    let mut right = answers(&definition, "Quay", app.now());
    let (formula, markup) = (TYPED[8], TYPED[6]);
    for (field, text) in [("text", formula), ("location", markup), ("name", TYPED[7]), ("long_text", TYPED[4])] {
        right.insert(field.to_owned(), vec![text.to_owned()]);
    }
    right.insert("things.1.what".to_owned(), vec![TYPED[5].to_owned()]);
    right.insert("things.1.big".to_owned(), vec!["no".to_owned()]);
    let mut citizen = Citizen::begin(&app, "marlhaven", "everything");
    citizen.answer(&definition, &right, &["photo"]);
    is_absorbed(&citizen.get("check").is(200).has(&escaped(markup)), "the last page");
    let reference = citizen.send();
    let mut officer = app.signed_in(&app.person("marlhaven", &[Role::Officer]));
    for path in ["/staff".to_owned(), format!("/staff/cases/marlhaven/{reference}")] {
        let page = officer.get(&path).is(200).has(&escaped(markup));
        is_absorbed(&page, &path);
        // What turns the direction of all that follows, and what a terminal would obey, is gone.
        page.lacks("\u{202e}").lacks("\u{1b}").lacks("\u{7}");
    }
    let page = officer.get(&format!("/staff/cases/marlhaven/{reference}")).has(&escaped(formula)).has("xdrawkcab");
    page.has("bellescape[31m mark");
    app.leave_jobs();
}

#[test]
fn the_other_forms_take_anything_too() {
    let app = open(&[everything()]);
    let definition = english(&everything());
    let mut citizen = Citizen::begin(&app, "marlhaven", "everything");
    citizen.answer(&definition, &answers(&definition, "Quay", app.now()), &["photo"]);
    if citizen.get("check").status == 303 {
        citizen.post("thing.1", &[("things.1.what", "x"), ("things.1.big", "no")]).is(303);
    }
    citizen.send();
    let case = citizen.get("receipt").link("/track/");
    let mut other = Citizen::begin(&app, "marlhaven", "everything");
    other.post("text", &[("text", "x"), ("later", "yes")]).is(303);
    let forms = [
        ("/track".to_owned(), "reference"),
        ("/track".to_owned(), "contact"),
        ("/return".to_owned(), "code"),
        ("/account".to_owned(), "email"),
        (other.path("save"), "email"),
        (format!("{case}/message"), "said"),
    ];
    let token = other.token.clone();
    for (path, field) in &forms {
        for typed in TYPED {
            let page = other.browser.post(path, &[("_token", &token), (field, typed)]);
            is_absorbed(&page, &format!("{path} {field} {typed:?}"));
        }
        is_absorbed(&other.browser.post(path, &[("_token", &token), (field, "a"), (field, "b")]), path);
        is_absorbed(&other.browser.post(path, &[("_token", &token), (field, &"x".repeat(LONG))]), path);
        other
            .browser
            .post(path, &[("_token", &token), (field, &"x".repeat(TOO_LONG))])
            .is(413)
            .has("Go back and shorten");
        let wrong_bytes = format!("_token={token}&{field}=%FF%FE%C3%28");
        is_absorbed(&other.browser.ask(Method::POST, path, &[], Some(&wrong_bytes)), path);
    }
    let long = "y".repeat(5_000);
    let page = other.browser.post(&format!("{case}/message"), &[("_token", &token), ("said", &long)]);
    page.is(422).has(&long);
    is_absorbed(&other.browser.get(&case).is(200).has(&escaped(TYPED[6])), "the case");
    for typed in TYPED.iter().filter(|typed| !typed.contains('\0')) {
        let query = encode(&[("q", typed)]);
        is_absorbed(&other.browser.get(&format!("/search?{query}")), typed);
        assert!(other.browser.get(&format!("/search/suggest?{query}")).status < 500);
    }
    is_absorbed(&other.browser.get("/search?q=%FF%FE"), "wrong bytes");
    app.leave_jobs();
}
