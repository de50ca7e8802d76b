use std::fs;
use std::path::Path;

use super::read;

fn report(dir: &Path) -> String {
    let mistakes = read(dir).err().unwrap_or_default();
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").replace(&format!("{}/", dir.display()), "")
}

#[test]
fn the_folder_that_comes_with_the_program_is_right() {
    assert_eq!(report(Path::new("tenants")), "");
    let files = read(Path::new("tenants")).unwrap();
    assert_eq!(files.tenants.len(), 5);
    assert_eq!(files.agreements.len(), 4, "two about what is counted, and a partnership of a lead and two members");
}

#[test]
fn what_cannot_be_read_is_a_mistake_too() {
    let dir = tempfile::tempdir().unwrap();
    let wealdshire = dir.path().join("wealdshire");
    fs::create_dir(&wealdshire).unwrap();
    fs::copy("tenants/wealdshire/tenant.toml", wealdshire.join("tenant.toml")).unwrap();
    fs::write(wealdshire.join("logo.svg"), [0xff, 0xfe]).unwrap();
    fs::write(wealdshire.join("hero.svg"), vec![b' '; 70_000]).unwrap();
    insta::assert_snapshot!(report(dir.path()), @r#"
    wealdshire/hero.svg:1:1: the file has 70000 bytes of at most 65536; make it smaller
    wealdshire/logo.svg:1:1: the file is not text in UTF-8; save it as UTF-8
    wealdshire/tenant.toml:4:8: no authority has kind = "operator"; one must run the platform
    wealdshire/tenant.toml:9:15: "neighbours" holds "eastmere", and there is no such folder; what is done by a council elsewhere is written as [[portal.elsewhere]]
    "#);
    insta::assert_snapshot!(report(&dir.path().join("nowhere")).replace(&dir.path().display().to_string(), ""), @"/nowhere:1:1: the folder cannot be read (No such file or directory (os error 2))");
}

/// A folder with every mistake that there is a sentence for.
#[test]
#[allow(clippy::too_many_lines, reason = "the report is as long as the folder is wrong")]
fn every_mistake_is_reported_at_once_with_its_place() {
    insta::assert_snapshot!(report(Path::new("tests/fixtures/broken")), @r##"
    Elm:1:1: the folder is named "Elm", which is not a short name of small letters, digits and dashes; rename it
    Elm/logo.svg:1:1: the file is missing; draw the authority's mark as a square SVG
    Elm/tenant.toml:1:1: the file is missing; tenants/README.md has one to begin with
    agreements/bins.toml:1:1: "data_protection" is missing; write [data_protection] with both roles, purpose, data_subjects, data_categories, sub_processors, breach_contact, breach_notice_hours and end_of_term
    agreements/bins.toml:14:9: "meter" is "case.opened"; did you mean "case.reopened"? It is one of "case.accepted", "case.closed", "case.reopened", "payment.taken", "message.sent", "staff.minutes", "cost.incurred", "unit"
    agreements/bins.toml:15:18: "reversed_when" is "duplicates"; did you mean "duplicate"? It is one of "duplicate", "not-ours", "withdrawn"
    agreements/bins.toml:18:8: "alder" has no service "fly-tipping"; it has graffiti, help, litter, missed-bin, pothole
    agreements/bins.toml:22:1: this tariff has no price for "fly-tipping" (case.accepted); add one, of a kind such as "unit"
    agreements/bins.toml:23:8: the first tariff begins on 2026-05-01, and the term on 2026-04-01; write from = 2026-04-01
    agreements/bins.toml:27:11: the agreement has no service "litter" that counts "case.accepted"; add it or remove this price
    agreements/bins.toml:30:14: "unit_price" is "6,85", which is not an amount in pounds such as "6.85"; write for example "6.85"
    agreements/bins.toml:35:1: "vat" is missing; write for example vat = "standard"
    agreements/bins.toml:35:1: "vat_approver" is missing; write for example vat_approver = "Gareth Pugh-Lowe, VAT Officer"
    agreements/bins.toml:35:1: "vat_reason" is missing; write for example vat_reason = "Any contact centre could do this work."
    agreements/bins.toml:38:11: "monthly" is "450.005", which has more than two decimals; write for example "450.00"
    agreements/bins.toml:41:8: "kind" is "stand"; it is one of "unit", "graduated", "volume", "package", "allowance", "prepaid", "percentage", "standing", "monthly_minimum", "yearly_minimum", "cap", "share"
    agreements/bins.toml:44:8: this tariff begins on 2026-04-15, not after the one above it (2026-05-01); put them in order
    agreements/bins.toml:51:14: "unit_price" is "6.8500001", which has more than six decimals; write for example "6.85"
    agreements/bins.toml:52:7: "vat" is "zero-rated"; it is one of "standard", "reduced", "zero", "exempt", "outside_scope"
    agreements/bins.toml:58:11: "fly-tipping" has a price in this tariff already; write one
    agreements/bins.toml:70:13: "signed_on" is text and must be a real date without quotation marks; write for example signed_on = 2026-03-19
    agreements/bins.toml:74:9: "birch" has signed above; each party signs once
    agreements/bins.toml:78:12: "document" is "", which is empty; write for example "Sealed agreement WCC/2026/131, page 16"
    agreements/bins.toml:81:9: "cedar" is not a party to this agreement; write "birch" or "alder"
    agreements/more-bins.toml:1:13: this reference is agreements/bins.toml's; write another
    agreements/more-bins.toml:13:8: agreements/bins.toml names "missed-bin" of "alder" too, from 2026-04-01 until 2027-04-01, which overlaps this term, from 2027-01-01 until 2028-01-01; write terms that do not overlap
    agreements/more-bins.toml:18:8: the first tariff begins on 2028-01-01, and the term on 2027-01-01; write from = 2027-01-01
    agreements/more-bins.toml:30:1: "breach_contact" is missing; write for example breach_contact = "dpo@marlhaven.example"
    agreements/more-bins.toml:30:1: "end_of_term" is missing; write for example end_of_term = "Wealdshire hands over a full copy and deletes its own within 60 days."
    agreements/more-bins.toml:31:17: "consumer_role" is "owner"; it is one of "controller", "joint controller", "processor"
    agreements/more-bins.toml:36:19: "location" is missing; write for example location = "United Kingdom"
    agreements/more-bins.toml:36:19: "purpose" is missing; write for example purpose = "Runs the servers and keeps the backups"
    agreements/more-bins.toml:37:23: "breach_notice_hours" is 240; write a number from 1 to 72
    agreements/self.toml:3:12: "provider" is "hazel", and there is no such folder; there are Elm, alder, birch, cedar, dogwood, elder
    agreements/self.toml:4:12: "consumer" is "hazel", and there is no such folder; there are Elm, alder, birch, cedar, dogwood, elder
    agreements/self.toml:4:12: "consumer" is "hazel", as is "provider"; an agreement is between two authorities
    agreements/self.toml:7:11: "service" is text and must be a list of tables; write [[service]] with slug, meter and reversed_when
    agreements/self.toml:8:10: "tariff" holds 0 and needs at least 1; write [[tariff]] with from and a [[tariff.price]]
    agreements/self.toml:9:19: "data_protection" is text and must be a table; write [data_protection] with both roles, purpose, data_subjects, data_categories, sub_processors, breach_contact, breach_notice_hours and end_of_term
    agreements/self.toml:13:9: the term's "until" is 2027-01-01, not after its "from", 2027-01-01; write the first day after the term
    alder/hero.svg:1:1: the drawing is not well-formed XML (the root node was opened but never closed)
    alder/logo.svg:1:1: the drawing has no viewBox, so it cannot be sized; add one such as viewBox="0 0 48 48"
    alder/logo.svg:2:3: the drawing holds <script>, which can run or fetch something; draw it with plain shapes
    alder/logo.svg:3:3: the drawing holds the attribute onclick, which runs script; remove it
    alder/servces:1:1: nothing reads this; did you mean services?
    alder/services/graffiti.toml:11:11: "partner" is "cedar", but no file in agreements/ has provider = "cedar", consumer = "alder" and a [[service]] with slug = "graffiti"; write one, or remove the key
    alder/services/help.toml:1:1: a sensitive service needs a "neutral_name"; write for example neutral_name = "A private matter"
    alder/services/help.toml:14:38: "is" cannot be asked of "evidence", whose type is file; write answered
    alder/services/help.toml:29:7: "max" is 1; write a number from 2 to 50
    alder/services/help.toml:32:6: the id "who" stands in addresses, which a browser keeps; write one that says nothing, such as "step-3"
    alder/services/help.toml:39:13: "max_files" is only for the types file, and this one is text; remove it
    alder/services/help.toml:40:15: "photos_only" is only for the types file, and this one is text; remove it
    alder/services/help.toml:46:13: "max_files" is 11; write a number from 1 to 10
    alder/services/help.toml:47:15: "photos_only" is text and must be true or false without quotation marks; write for example photos_only = true
    alder/services/help.toml:48:14: "max_length" is only for the types text and long_text, and this one is file; remove it
    alder/services/help.toml:64:11: "summary" is for a question that is asked once, and this page is repeated; remove it
    alder/services/help.toml:68:8: another question already asks for the safe contact; only one can
    alder/services/help.toml:71:1: a page that is asked for each of several things cannot end the journey; move the end to another
    alder/services/help.toml:72:6: the id "gone" stands in addresses, which a browser keeps; write one that says nothing, such as "step-3"
    alder/services/help.toml:76:33: "url" is "http://there.example", which begins with neither https:// nor tel:; write for example "https://report.nationalhighways.co.uk/"
    alder/services/help.toml:81:10: there is no [[repeat]] with the id "step-9"; add it, or remove the key
    alder/services/help.toml:82:21: there is no question "chidl"; did you mean "child"?
    alder/services/help.toml:88:16: "all" holds no condition; write for example when = { question = "surface", is = "road" }
    alder/services/help.toml:94:21: "more" is asked later; a condition looks back at earlier pages only; move that page forward
    alder/services/help.toml:96:1: a page without questions has nothing to read either; write text = ["…"]
    alder/services/help.toml:99:10: the pages of "step-2" do not stand next to each other; move them together
    alder/services/help.toml:100:19: the repeat "step-2" is not over yet where this is asked; ask it on a later page
    alder/services/help.toml:105:8: a condition is a table, and this is text; write for example when = { question = "surface", is = "road" }
    alder/services/help.toml:111:64: "child" is asked of each of several things, so it has no one answer here; count the things instead
    alder/services/help.toml:111:113: the option label "Red" is already on line 111; each must be its own
    alder/services/help.toml:116:36: there is no option "rde"; did you mean "red"?
    alder/services/help.toml:122:51: "before" cannot be asked of "evidence", whose type is file; write answered
    alder/services/help.toml:122:75: "most" is asked of each of several things, so it has no one answer here; count the things instead
    alder/services/help.toml:122:88: the answer is yes or no; write true or false
    alder/services/help.toml:122:97: says a question and not what its answer has to be; write is, includes, at_least …
    alder/services/help.toml:122:122: a condition has question, repeat, all, any or not, one of them; write for example when = { question = "surface", is = "road" }
    alder/services/help.toml:122:143: "more" is asked of each of several things, so it has no one answer here; count the things instead
    alder/services/help.toml:122:162: "includes" cannot be asked of "more", whose type is number; write at_least, at_most or answered
    alder/services/help.toml:122:177: "all" holds no condition; write for example when = { question = "surface", is = "road" }
    alder/services/litter.toml:11:11: "partner" is "oak", and there is no such folder; there are Elm, birch, cedar, dogwood, elder
    alder/services/missed-bin.toml:7:24: the outcome "Emptied" is already on line 7; each must be its own
    alder/services/notes.txt:1:1: nothing reads this; only files named *.toml are read here
    alder/services/pothole.toml:1:1: no question asks for the citizen's email; write contact = "email" in one of type "email"
    alder/services/pothole.toml:1:8: "kind" is "reprot"; did you mean "report"? It is one of "report", "pay", "request"
    alder/services/pothole.toml:5:1: there is no key "keyword"; did you mean "keywords"?
    alder/services/pothole.toml:6:8: "lgsl" is text and must be a whole number without quotation marks; write for example lgsl = 525
    alder/services/pothole.toml:7:23: "target_working_days" is 0; write a number from 1 to 365
    alder/services/pothole.toml:8:20: "retention_months" is a number with decimals and must be a whole number without quotation marks; write for example retention_months = 24
    alder/services/pothole.toml:9:12: "outcomes" holds 0 and needs at least 1; write for example outcomes = ["Repaired", "No action needed"]
    alder/services/pothole.toml:13:11: "partner" is the council itself; without the key its own team works the case
    alder/services/pothole.toml:15:1: "legal_basis" is missing; write for example legal_basis = "our duty to maintain highways (Highways Act 1980, section 41)"
    alder/services/pothole.toml:19:8: "next" is text and must be a list of texts; write for example next = ["An inspector looks at it within 2 working days."]
    alder/services/pothole.toml:22:6: the page id "check" is the product's own; write another
    alder/services/pothole.toml:26:6: "id" is "Where", which is not a short name of small letters, digits and underscores; write for example "location"
    alder/services/pothole.toml:27:8: "type" is "place"; it is one of "text", "long_text", "number", "money", "date", "time", "yes_no", "one_of", "many_of", "select", "email", "telephone", "web", "name", "national_insurance", "vehicle", "bank", "declaration", "address", "location", "safe_contact", "file"
    alder/services/pothole.toml:34:58: the option value "deep" is already on line 34; each must be its own
    alder/services/pothole.toml:34:87: "label" is missing; write for example label = "The road"
    alder/services/pothole.toml:34:97: "value" is "Not sure", which is not a short name of small letters, digits, underscores and dashes; write for example "road"
    alder/services/pothole.toml:34:121: "exclusive" is only for the options of many_of; remove it
    alder/services/pothole.toml:35:7: "max" is only for the types number and money, and this one is one_of; remove it
    alder/services/pothole.toml:37:1: a choice needs options; write for example options = [{ value = "road", label = "The road" }]
    alder/services/pothole.toml:43:6: the page id "check" is already on line 22; each must be its own
    alder/services/pothole.toml:43:6: the page id "check" is the product's own; write another
    alder/services/pothole.toml:47:6: the question id "depth" is already on line 31; each must be its own
    alder/services/pothole.toml:51:7: "max" is 5 and "min" is 10; write a max of at least 10
    alder/services/pothole.toml:52:12: "required" is text and must be true or false without quotation marks; write for example required = false
    alder/services/pothole.toml:59:10: "latest" is today-7, before "earliest", which is today; no date could be right
    alder/services/pothole.toml:65:12: "earliest" is "2026-02-30", which is neither a real date nor today with days added; write for example "today-90"
    alder/services/pothole.toml:66:10: "latest" is "yesterday", which is neither a real date nor today with days added; write for example "today"
    alder/services/pothole.toml:74:8: a question with contact = "name" must have type = "text", so that the answer can be used
    alder/services/pothole.toml:77:11: how to reach the citizen must not be in the case's title, which every list shows; remove summary
    alder/services/pothole.toml:83:11: another question already asks for the citizen's name; only one can
    alder/services/pothole.toml:84:11: another question already completes the case's title; only one can
    alder/services/pothole.toml:85:11: "options" is only for the types one_of and many_of and select, and this one is text; remove it
    alder/tenant.toml:1:1: "short_name" is missing; write for example short_name = "Marlhaven"
    alder/tenant.toml:2:8: "name" is "Alder  ", which begins or ends with a space; write for example "Marlhaven City Council"
    alder/tenant.toml:3:1: there is no key "short_nam"; did you mean "short_name"?
    alder/tenant.toml:4:13: "type_name" is a whole number and must be text in quotation marks, or a table of texts by language; write for example type_name = "City Council"
    alder/tenant.toml:5:8: "kind" is "distrct"; did you mean "district"? It is one of "county", "district", "borough", "unitary", "operator"
    alder/tenant.toml:6:12: "gss_code" is "E0600099", which is not E or W and eight digits; write for example "E06000998"
    alder/tenant.toml:7:10: "prefix" is "Ald", which is not three capital letters; write for example "MAR"
    alder/tenant.toml:8:10: "hosts" is "https://alder.example", which is not a host name in small letters, without https:// and without a port; write for example ["marlhaven.example"]
    alder/tenant.toml:8:35: "hosts" is "alder.example:80", which is not a host name in small letters, without https:// and without a port; write for example ["marlhaven.example"]
    alder/tenant.toml:8:72: the host "alder.example" is written twice; write it once
    alder/tenant.toml:9:20: "languages" is "de"; it is one of "en", "cy"
    alder/tenant.toml:9:26: "languages" is "fr"; it is one of "en", "cy"
    alder/tenant.toml:9:32: "languages" holds "en" twice; write it once
    alder/tenant.toml:10:14: "vat_number" is "123456789", which is not GB and nine digits; write for example "GB123456789"
    alder/tenant.toml:11:15: "neighbours" names the council itself; write only others
    alder/tenant.toml:11:24: "neighbours" holds "birch", the operator, which is no council; remove it
    alder/tenant.toml:11:33: "neighbours" holds "oak", and there is no such folder; what is done by a council elsewhere is written as [[portal.elsewhere]]
    alder/tenant.toml:11:40: "neighbours" holds "Oak Town", and there is no such folder; what is done by a council elsewhere is written as [[portal.elsewhere]]
    alder/tenant.toml:11:40: "neighbours" is "Oak Town", which is not a short name of small letters, digits and dashes; write for example ["wealdshire"]
    alder/tenant.toml:11:52: "neighbours" holds "oak", and there is no such folder; what is done by a council elsewhere is written as [[portal.elsewhere]]
    alder/tenant.toml:11:52: the neighbour "oak" is written twice; write it once
    alder/tenant.toml:14:9: "phone" is "call us", which is not a telephone number; write for example "01632 960 100"
    alder/tenant.toml:15:9: "email" is "contact at alder.example", which is not an e-mail address; write for example "contact@marlhaven.example"
    alder/tenant.toml:16:11: "website" is "http://www.alder.example", which is not an address that begins with https://; write for example "https://www.marlhaven.example"
    alder/tenant.toml:19:9: "lines" holds 0 and needs at least 1; write for example lines = ["Custom House", "Quay Street", "Marlhaven"]
    alder/tenant.toml:20:12: "postcode" is "al11aa", which is usually written "AL1 1AA"; write for example "MH1 1AA"
    alder/tenant.toml:24:12: "on_brand" on brand has a contrast of 1.24:1 and needs 4.5:1; write a colour further from it
    alder/tenant.toml:24:12: "on_brand" on brand_deep has a contrast of 1.66:1 and needs 4.5:1; write a colour further from it
    alder/tenant.toml:26:10: "accent" is "orange", which is not a colour of six hexadecimal digits; write for example "#ff7d5c"
    alder/tenant.toml:32:10: "button" on surface has a contrast of 1.15:1 and needs 3:1; write a colour further from it
    alder/tenant.toml:32:10: "button" on white has a contrast of 1.28:1 and needs 3:1; write a colour further from it
    alder/tenant.toml:33:15: "button_text" on button has a contrast of 1.28:1 and needs 4.5:1; write a colour further from it
    alder/tenant.toml:36:8: "link" is "#7ab", which is not a colour of six hexadecimal digits; write for example "#00596f"
    alder/tenant.toml:39:10: "radius" is "16px", which is not a whole number of pixels from "0px" to "12px"; write for example "6px"
    alder/tenant.toml:40:16: "heading_font" is "serrif"; did you mean "serif"? It is one of "sans", "serif"
    alder/tenant.toml:42:9: "lanes" is "boxes"; it is one of "cards", "rows", "tiles"
    alder/tenant.toml:45:12: "headline" is "", which is empty; write for example "What do you need to do today?"
    alder/tenant.toml:46:28: "search_examples" is a list of texts, and this is a whole number; write for example search_examples = ["missed bin", "pothole"]
    alder/tenant.toml:48:1: "link_text" is missing; write for example link_text = "Check your new collection day"
    alder/tenant.toml:48:1: "url" is missing; write for example url = "https://www.marlhaven.example/bins"
    alder/tenant.toml:52:8: "lane" is "paying"; it is one of "report", "pay", "request", "information"
    alder/tenant.toml:54:7: "url" is "/pay", which is not an address that begins with https://; write for example "https://www.marlhaven.example/council-tax/pay"
    alder/tenant.toml:58:11: "council" is "", which is empty; write for example "Marl Water"
    alder/tenant.toml:59:7: "url" is "www.water.example", which is not an address that begins with https://; write for example "https://www.marl-water.example/report"
    alder/tenant.toml:60:12: "keywords" holds 0 and needs at least 1; write for example keywords = ["drain", "sewage smell"]
    birch/tenant.toml:5:12: the operator has no "gss_code"; remove it
    birch/tenant.toml:7:10: the host "alder.example" is alder/tenant.toml's; write another
    birch/tenant.toml:10:17: "closure_days" is "2026-02-30", which is not a date such as "2026-12-29"; write for example ["2026-12-29", "2026-12-30"]
    birch/tenant.toml:10:45: the closure day "2026-12-29" is written twice; write it once
    cedar/tenant.toml:1:22: this is not TOML (invalid basic string, expected `"`)
    cedar/tenant.toml:2:14: this is not TOML (string values must be quoted, expected literal string)
    cedar/tenant.toml:4:1: this is not TOML (duplicate key)
    cedar/tenant.toml:5:9: this is not TOML (unclosed table, expected `]`)
    dogwood/hero.svg:1:1: the drawing is not well-formed XML (unknown token at 1:1)
    dogwood/tenant.toml:4:8: birch/tenant.toml is the operator already; there is one, so write another kind
    dogwood/tenant.toml:5:10: the prefix "DUB" is birch/tenant.toml's; write another
    elder/logo.svg:1:1: the drawing is 64 wide and 60 high; draw the mark as a square
    elder/tenant.toml:5:12: the GSS code "E08000998" is birch/tenant.toml's; write another
    stray.toml:1:1: nothing reads this file here; a council's files go in a folder of its own
    "##);
}
