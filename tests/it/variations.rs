//! A variation is written on a page, offered, and signed by both.

use moothall::billing::{self, DocumentFilter};
use moothall::identity::Role;
use regex::Regex;

use super::bills::{EASTMERE, PASSWORD, agree, commercial};
use super::harness::{App, Database, Page, Visitor};

/// Every field of the page's first form that holds `act`, as a browser would send it.
pub fn typed(page: &Page, act: &str) -> Vec<(String, String)> {
    // A script presses what no button says.
    let button = if act == "look" { "work" } else { act };
    let form = page.body.split("<form").find(|form| form.contains(&format!("value=\"{button}\""))).expect("a form");
    let form = form.split("</form>").next().unwrap();
    let unescape = |text: &str| {
        text.replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&")
    };
    let attribute = |tag: &str, name: &str| {
        Regex::new(&format!(" {name}=\"([^\"]*)\"")).unwrap().captures(tag).map(|found| unescape(&found[1]))
    };
    let field =
        Regex::new(r"(?s)<input ([^>]*)>|<textarea ([^>]*)>(.*?)</textarea>|<select ([^>]*)>(.*?)</select>").unwrap();
    let mut fields = Vec::new();
    for found in field.captures_iter(form) {
        let group = |n: usize| found.get(n).map(|m| format!(" {}", m.as_str()));
        let (tag, value) = match (group(1), group(2), group(4)) {
            (Some(tag), ..) => {
                let is_box = tag.contains("type=\"checkbox\"");
                if is_box && !tag.ends_with(" checked") {
                    continue;
                }
                let value = attribute(&tag, "value").unwrap_or_default();
                (tag, value)
            }
            (_, Some(tag), _) => (tag, unescape(&found[3])),
            (_, _, Some(tag)) => {
                let options = found[5].split("<option").skip(1).map(|option| format!(" {option}")).collect::<Vec<_>>();
                let chosen = options.iter().find(|option| option.contains(" selected>")).or(options.first());
                (tag, chosen.and_then(|option| attribute(option, "value")).unwrap_or_default())
            }
            _ => continue,
        };
        if let Some(name) = attribute(&tag, "name") {
            fields.push((name, value));
        }
    }
    fields
}

/// Presses a button of the last page, with some fields changed.
pub fn press(visitor: &mut Visitor, act: &str, changes: &[(&str, &str)]) -> Page {
    let page = visitor.page();
    let (path, mut fields) = (page.path.clone(), typed(page, act));
    for (name, value) in changes {
        fields.retain(|(field, _)| field != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields.push(("act".to_owned(), act.to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    visitor.post(&path, &fields)
}

#[test]
fn a_variation_is_drafted_offered_and_signed_and_then_binds() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    // What no page changes stays as it was.
    let level = "[[service_level]]\nservice = \"pothole\"\nmeasure = \"closed_by_target\"\ndescription = \"In time\"\n\
                 at_least = \"97.5\"\ncredit = [{ below = \"97.5\", percent = \"2\" }]\n\n[data_protection]";
    let deal = agree(&app, "eastmere", &EASTMERE.replace("[data_protection]", level));
    for day in 10..20 {
        deal.accept(&app, "pothole", &format!("2026-10-{day}T10:00:00Z"));
    }
    moothall::app::settle(&app.site).unwrap();
    let mut ours = commercial(&app, "wealdshire", "Prepa", &[Role::Preparer]);
    let mut signs = commercial(&app, "wealdshire", "Signer", &[Role::Signatory]);
    let mut theirs = commercial(&app, "eastmere", "Reader", &[Role::Preparer, Role::Signatory]);
    ours.get("/commercial/agreements").is(200);
    let agreement = ours.page().link("/commercial/agreements/");
    let home = format!("{agreement}/variation");
    ours.get(&agreement).is(200).has("Propose a variation").has(&home);

    // What is in force stands in the fields; nothing is kept until it is saved.
    ours.get(&home).is(200).has("Highways agency and customer services for Eastmere").has("Not saved yet");
    let before = ours.page().clone();
    let drafts = || app.database.texts("select count(*)::text as text from variation_draft")[0].clone();
    assert_eq!(drafts(), "0");

    // Mistakes are told by field, and everything typed is kept, the wrong too.
    let wrong =
        [("payment_terms_days", "soon"), ("title", "Highways and more"), ("review_on", "31/2/2027"), ("c0-name", "")];
    let page = press(&mut ours, "save", &wrong).is(422);
    let page = page.has("href=\"#payment_terms_days\"").has("href=\"#review_on\"").has("href=\"#c0-name\"");
    let page =
        page.has("“Days from issue until a bill is due” is text and must be a whole number; write for example 30");
    page.has("value=\"soon\"").has("value=\"31/2/2027\"").has("Highways and more").lacks("quotation marks");
    ours.get(&home).is(200).has("value=\"soon\"").has("Saved by Prepa");
    ours.get(&format!("{home}/draft")).is(422).has(&format!("{home}#payment_terms_days"));

    // A row more, a row less.
    ours.get(&home).is(200);
    press(&mut ours, "add-contact", &[]).is(303);
    ours.follow().is(200).has("Contact 3");
    press(&mut ours, "remove:c2", &[]).is(303);
    ours.follow().is(200).lacks("Contact 3");
    let right = [("payment_terms_days", "45"), ("review_on", "1/4/2028"), ("c0-name", "Martin Achebe")];
    press(&mut ours, "save", &right).is(303);
    assert!(ours.page().location().ends_with("/prices"));

    // Prices: wrong bands are refused with the reason and kept; another price is added, and a kind changed.
    ours.follow().is(200).has("Pothole report accepted for work").has("value=\"7.425\"");
    press(&mut ours, "change:t0-p0", &[("t0-p0-kind", "volume")]).is(303);
    ours.follow().is(200).has("Band 2").lacks("Band 3");
    press(&mut ours, "add-band:t0-p0", &[]).is(303);
    ours.follow().is(200).has("Band 3");
    let bands = [
        ("t0-p0-b0-up_to", "10"),
        ("t0-p0-b0-unit_price", "£8.00"),
        ("t0-p0-b1-up_to", "10"),
        ("t0-p0-b1-unit_price", "7"),
    ];
    let page = press(&mut ours, "save", &bands).is(422);
    page.has("this band ends at 10, and the one before it at 10")
        .has("href=\"#t0-p0-b1-up_to\"")
        .has("value=\"£8.00\"");
    press(&mut ours, "remove:t0-p0-b1", &[]).is(303);
    ours.follow().is(200);
    press(&mut ours, "add-price:t0", &[("t0-p0-b1-unit_price", "6.50"), ("t0-new", "monthly_minimum")]).is(303);
    ours.follow().is(200).has("Minimum for a month");
    let least = [("t0-p4-description", "Least"), ("t0-p4-amount", "1,000.00"), ("t0-p4-vat", "standard")];
    press(&mut ours, "save", &least).is(422).has("“Who decided the VAT” is empty");
    let vat = [("t0-p4-vat_reason", "As the rest."), ("t0-p4-vat_approver", "Gareth Pugh-Lowe, VAT Officer")];
    press(&mut ours, "save", &vat).is(303);
    ours.follow()
        .is(200)
        .has("Within 45 days of issue")
        .has("£8.00")
        .has("at least £1,000.00 a month")
        .has("Offer variation 2");

    // Nobody else has anything of it.
    let nothing = theirs.get(&agreement).is(200).has("proposes variations").lacks("Highways and more");
    assert!(!nothing.body.contains(&home));
    for path in ["", "/prices", "/draft"] {
        theirs.get(&format!("{home}{path}")).is(404);
    }
    let token = theirs.get(&agreement).token().unwrap();
    for (path, act) in [("", "save"), ("/prices", "save"), ("/draft", "offer"), ("/draft", "discard")] {
        theirs.post(&format!("{home}{path}"), &[("_token", &token), ("act", act)]).is(404);
    }
    signs.get(&format!("{home}/draft")).is(200).lacks("Offer variation 2");
    let token = signs.get(&agreement).is(200).has("See what it changes").token().unwrap();
    signs.post(&format!("{home}/draft"), &[("_token", &token), ("act", "offer")]).is(403);

    // A page that was opened before a colleague saved changes nothing, and says so.
    let mut stale = typed(&before, "save");
    stale.extend([("act".to_owned(), "save".to_owned()), ("title".to_owned(), "Stale".to_owned())]);
    stale.retain(|(name, value)| name != "title" || value == "Stale");
    let stale: Vec<(&str, &str)> = stale.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    ours.post(&home, &stale).is(409).has("Prepa has saved this draft since").has("value=\"Stale\"");
    ours.get(&home).is(200).has("Highways and more").lacks("Stale");

    // Offered, both read it, nobody changes it, both sign, and it binds from next month.
    ours.get(&format!("{home}/draft")).is(200);
    ours.submit("/variation/draft", &[("act", "offer")]).is(303);
    let offered = ours.page().location();
    assert_ne!(offered, agreement);
    assert_eq!(drafts(), "0");
    let kept = "select distinct concat(service_levels, data_protection) as text from agreement";
    assert_eq!(app.database.texts(kept).len(), 1);
    ours.get(&offered).is(200).has("variation 2").has("Highways and more").has("Offered").has("Propose a variation");
    theirs.get("/commercial").is(200).has("Agreement WCC-EDC-2026-05 with Wealdshire");
    for visitor in [&mut theirs, &mut signs] {
        visitor.get(&offered).is(200).has("45 days").has("at least £1,000.00 a month");
        visitor.submit(&format!("{offered}/sign"), &[("office", "Director"), ("password", PASSWORD)]).is(303);
    }
    theirs.get(&offered).is(200).has("Signed here");
    let compared = theirs.page().link(&format!("{offered}/compare/"));
    theirs.get(&compared).is(200).has("Within 45 days of issue").has("1 to 10: £8.00; above 10: £6.50");
    app.set_clock("2026-12-01T09:00:00Z");
    let in_force = app.scoped("eastmere", |tx| {
        moothall::agreements::in_force(tx, "pothole", moothall::kernel::billing_date(app.now()))
    });
    assert!(offered.ends_with(&in_force.unwrap().agreement_id.to_string()));
    let bills = app.scoped("eastmere", |tx| billing::documents(tx, DocumentFilter { limit: 9, ..Default::default() }));
    assert!(bills.is_empty());
    app.leave_jobs();
}

#[test]
fn a_draft_is_discarded_and_what_says_nothing_new_is_not_offered() {
    let app = App::start_on(Database::with_strangers(), |_| {});
    agree(&app, "eastmere", EASTMERE);
    let mut ours = commercial(&app, "wealdshire", "Prepa", &[Role::Preparer]);
    ours.get("/commercial/agreements").is(200);
    let home = format!("{}/variation", ours.page().link("/commercial/agreements/"));
    let draft = format!("{home}/draft");
    ours.get(&draft).is(200).has("Nothing is saved yet").lacks("Offer variation");
    ours.get(&home).is(200);
    press(&mut ours, "save", &[]).is(303);
    ours.get(&draft).is(200).has("both say the same");
    ours.submit("/variation/draft", &[("act", "offer")]).is(422).has("This says what variation 1 says");
    ours.get(&home).is(200).has("Saved by Prepa");
    // What a variation would count from nothing is not for one.
    ours.get(&format!("{home}/prices")).is(200);
    press(&mut ours, "add-price:t0", &[("t0-new", "prepaid")]).is(303);
    ours.follow().is(200);
    press(&mut ours, "save", &[]).is(422).has("which a variation would begin anew");
    // Prices as a file: what is wrong is told by its line and changes nothing; what is right takes the place of the rest.
    let paste = |visitor: &mut Visitor, text: &str| {
        visitor.get(&format!("{home}/prices")).is(200).has("[[tariff.price]]");
        press(visitor, "paste", &[("text", text)])
    };
    paste(&mut ours, "[[tariff]]\nfrom = 2026-04-01\n").is(422).has("Line 1: &#34;price&#34; is missing");
    ours.get(&format!("{home}/prices")).is(200).has("Units paid for in advance");
    let volume = include_str!("../../docs/tariffs/volume/tariff.toml");
    paste(&mut ours, volume).is(303);
    let page = ours.follow().is(200).lacks("Printed large-type leaflets");
    assert!(page.body.contains("137.5") || page.body.contains("1.375"), "{}", page.text());
    // A service that the consumer has not, and one without a price.
    // What they come to: a cliff is pointed out, also while it is typed, and then nothing is kept.
    let kept = || app.database.texts("select content::text as text from variation_draft")[0].clone();
    let before = kept();
    ours.get(&format!("{home}/prices")).is(200).has("have to be mended before these prices");
    let ours_counts = [("t0-p0-of", "pothole case.accepted"), ("t0-p0-b0-up_to", "10"), ("t0-p0-b1-up_to", "20")];
    let page = press(&mut ours, "look", &ours_counts).is(200).has("has to be mended").lacks("<html");
    assert_eq!(kept(), before, "{}", page.body);
    ours.get(&format!("{home}/prices")).is(200);
    press(&mut ours, "add-price:t0", &ours_counts).is(303);
    ours.follow().is(200);
    let kerb = [
        ("t0-p1-of", "dropped-kerb case.accepted"),
        ("t0-p1-description", "Kerbs"),
        ("t0-p1-unit_price", "60"),
        ("t0-p1-vat", "outside_scope"),
        ("t0-p1-vat_reason", "A duty."),
        ("t0-p1-vat_approver", "The VAT officer"),
    ];
    press(&mut ours, "work", &kerb).is(303);
    let page = ours.get(&format!("{home}/prices")).is(200).has("At present prices").has("Nothing was counted");
    assert!(page.text().contains("11 cost £0.68 less than 10."), "{}", page.text());
    page.has("<polyline class=\"line\" points=\"90,250 ").has("<polyline class=\"was\"");

    ours.get(&home).is(200);
    press(&mut ours, "save", &[("s1-slug", "moon-landing")]).is(422).has("has no service moon-landing");
    ours.get(&home).is(200);
    ours.get(&draft).is(422);
    ours.submit("/variation/draft", &[("act", "discard")]).is(303);
    assert_eq!(app.database.texts("select count(*)::text as text from variation_draft")[0], "0");
    ours.get(&home).is(200).has("Not saved yet").lacks("moon-landing");
    app.leave_jobs();
}
