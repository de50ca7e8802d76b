//! The format of `tenants/<slug>/tenant.toml`, and what its values owe to each other.

use super::brand::contrast_faults;
use crate::kernel::Language;
use crate::kernel::document::{Faults, Table};
use crate::kernel::format::{Form, Format, email, https, line, may, must, postcode, sentence, slug, telephone};

use Form::{Tables, Text, Texts, Word, Wording, Wordings, Words};

static TENANT: Format = Format(&[
    must("name", Wording(line), "\"Marlhaven City Council\""),
    must("short_name", Wording(line), "\"Marlhaven\""),
    must("type_name", Wording(line), "\"City Council\""),
    must("kind", Word(&["county", "district", "borough", "unitary", "operator"]), "\"unitary\""),
    may("gss_code", Text(gss_code), "\"E06000998\""),
    must("prefix", Text(prefix), "\"MAR\""),
    must("hosts", Texts(host, 1), "[\"marlhaven.example\"]"),
    must("languages", Words(&["en", "cy"], 1), "[\"en\"]"),
    may("neighbours", Texts(slug, 0), "[\"wealdshire\"]"),
    may("closure_days", Texts(date, 0), "[\"2026-12-29\", \"2026-12-30\"]"),
    may("vat_number", Text(vat_number), "\"GB123456789\""),
    must("contact", Form::Table(&CONTACT), "[contact] with phone, email and website"),
    must("address", Form::Table(&ADDRESS), "[address] with lines and postcode"),
    must("brand", Form::Table(&BRAND), "[brand] with its colours, radius, heading_font, hero and lanes"),
    must("portal", Form::Table(&PORTAL), "[portal] with headline"),
]);

static CONTACT: Format = Format(&[
    must("phone", Text(telephone), "\"01632 960 100\""),
    must("email", Text(email), "\"contact@marlhaven.example\""),
    must("website", Wording(https), "\"https://www.marlhaven.example\""),
]);

static ADDRESS: Format = Format(&[
    must("lines", Wordings(line, 1), "[\"Custom House\", \"Quay Street\", \"Marlhaven\"]"),
    must("postcode", Text(postcode), "\"MH1 1AA\""),
]);

static BRAND: Format = Format(&[
    must("brand", Text(colour), "\"#0a3d4f\""),
    must("on_brand", Text(colour), "\"#ffffff\""),
    must("brand_deep", Text(colour), "\"#062733\""),
    must("accent", Text(colour), "\"#ff7d5c\""),
    must("header_bg", Text(colour), "\"#0a3d4f\""),
    must("header_text", Text(colour), "\"#ffffff\""),
    must("surface", Text(colour), "\"#eef4f5\""),
    must("rule", Text(colour), "\"#cbd9dc\""),
    must("surface_border", Text(colour), "\"#7d9aa3\""),
    must("button", Text(colour), "\"#00695f\""),
    must("button_text", Text(colour), "\"#ffffff\""),
    must("button_hover", Text(colour), "\"#004f48\""),
    must("button_shadow", Text(colour), "\"#00332e\""),
    must("link", Text(colour), "\"#00596f\""),
    must("link_hover", Text(colour), "\"#00303d\""),
    must("link_visited", Text(colour), "\"#5a2d82\""),
    must("radius", Text(radius), "\"6px\""),
    must("heading_font", Word(&["sans", "serif"]), "\"sans\""),
    must("hero", Word(&["solid", "pale", "split"]), "\"solid\""),
    must("lanes", Word(&["cards", "rows", "tiles"]), "\"cards\""),
]);

static PORTAL: Format = Format(&[
    must("headline", Wording(line), "\"What do you need to do today?\""),
    may("exit_to", Text(https), "\"https://www.bbc.co.uk/weather\""),
    may("search_examples", Wordings(line, 0), "[\"missed bin\", \"pothole\"]"),
    may("notice", Form::Table(&NOTICE), "[portal.notice] with text, link_text and url"),
    may("link", Tables(&LINK), "[[portal.link]] with lane, label and url"),
    may("elsewhere", Tables(&ELSEWHERE), "[[portal.elsewhere]] with label, council, url and keywords"),
]);

static NOTICE: Format = Format(&[
    must("text", Wording(sentence), "\"Bin collections move a day later after 25 December.\""),
    must("link_text", Wording(line), "\"Check your new collection day\""),
    must("url", Wording(https), "\"https://www.marlhaven.example/bins\""),
]);

static LINK: Format = Format(&[
    must("lane", Word(&["report", "pay", "request", "information"]), "\"pay\""),
    must("label", Wording(line), "\"Pay your Council Tax\""),
    must("url", Wording(https), "\"https://www.marlhaven.example/council-tax/pay\""),
]);

static ELSEWHERE: Format = Format(&[
    must("label", Wording(line), "\"Report a flooded sewer\""),
    must("council", Wording(line), "\"Marl Water\""),
    must("url", Wording(https), "\"https://www.marl-water.example/report\""),
    must("keywords", Wordings(line, 1), "[\"drain\", \"sewage smell\"]"),
]);

/// Adds every mistake of a `tenant.toml` that shows without looking at other files.
pub fn check(file: &Table, faults: &mut Faults<'_>) {
    let offered = languages(file);
    // What Welsh lacks is read in English, so that there has to be some.
    if !offered.is_empty() && !offered.contains(&Language::En) {
        faults.add(file.at("languages"), "English (\"en\") is always offered; write languages = [\"cy\", \"en\"]");
    }
    faults.claim(offered);
    TENANT.check(file, faults);
    if let Some(brand) = file.table("brand") {
        for fault in contrast_faults(|token| brand.text(token)) {
            faults.add(
                brand.at(fault.token),
                format!(
                    "\"{}\" on {} has a contrast of {} and needs {}:1; write a colour further from it",
                    fault.token,
                    fault.against,
                    ratio(fault.ratio),
                    fault.needed
                ),
            );
        }
    }
    for (key, what) in [("hosts", "host"), ("neighbours", "neighbour"), ("closure_days", "closure day")] {
        let all: Vec<_> = file.texts(key).collect();
        for (n, (text, place)) in all.iter().enumerate() {
            if all.iter().take(n).any(|(before, _)| before == text) {
                faults.add(*place, format!("the {what} \"{text}\" is written twice; write it once"));
            }
        }
    }
    match (file.text("kind"), file.get("gss_code")) {
        (Some("operator"), Some(code)) => {
            faults.add(code.place, "the operator has no \"gss_code\"; remove it");
        }
        (Some("county" | "district" | "borough" | "unitary"), None) => {
            faults.add(file.place, "\"gss_code\" is missing; write for example gss_code = \"E06000998\"");
        }
        _ => {}
    }
}

/// The languages that a `tenant.toml` claims, in which its services have to be there too.
#[must_use]
pub fn languages(file: &Table) -> Vec<Language> {
    file.texts("languages").filter_map(|(code, _)| Language::parse(code)).collect()
}

/// Two decimals, rounded down: what is refused is never shown as the ratio it needs.
fn ratio(measured: f64) -> String {
    format!("{:.2}:1", (measured * 100.0).floor() / 100.0)
}

fn colour(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    let fits = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    (!fits).then(|| "which is not a colour of six hexadecimal digits".to_owned())
}

fn radius(text: &str) -> Option<String> {
    let pixels = text.strip_suffix("px").and_then(|digits| digits.parse::<u8>().ok());
    let fits = pixels.is_some_and(|pixels| pixels <= 12 && text == format!("{pixels}px"));
    (!fits).then(|| "which is not a whole number of pixels from \"0px\" to \"12px\"".to_owned())
}

fn prefix(text: &str) -> Option<String> {
    let fits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    (!fits).then(|| "which is not three capital letters".to_owned())
}

fn gss_code(text: &str) -> Option<String> {
    let digits = text.strip_prefix(['E', 'W']).unwrap_or_default();
    let fits = digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit());
    (!fits).then(|| "which is not E or W and eight digits".to_owned())
}

fn date(text: &str) -> Option<String> {
    let fits = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    (!fits).then(|| "which is not a date such as \"2026-12-29\"".to_owned())
}

fn vat_number(text: &str) -> Option<String> {
    let digits = text.strip_prefix("GB").unwrap_or_default();
    let fits = digits.len() == 9 && digits.bytes().all(|b| b.is_ascii_digit());
    (!fits).then(|| "which is not GB and nine digits".to_owned())
}

fn host(text: &str) -> Option<String> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let fits = text.len() <= 253 && text.contains('.') && text.split('.').all(label);
    (!fits).then(|| "which is not a host name in small letters, without https:// and without a port".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_take_what_is_right_and_refuse_the_rest() {
        let all = |rule: fn(&str) -> Option<String>, right: &[&str], wrong: &[&str]| {
            assert!(right.iter().all(|t| rule(t).is_none()), "{right:?}");
            assert!(wrong.iter().all(|t| rule(t).is_some()), "{wrong:?}");
        };
        all(colour, &["#0a3d4f", "#0A3D4F"], &["#fff", "0a3d4f", "#0a3d4g", "#0a3d4f;}", "red"]);
        all(radius, &["0px", "12px"], &["0", "13px", "012px", "-1px", "+1px", "1.5px", "6 px", "6em"]);
        all(prefix, &["MAR"], &["Mar", "MA", "MARL", "MÄR", "M4R"]);
        all(gss_code, &["E06000998", "W06000015"], &["S12000033", "E0600099", "E060009988", "E0600099x"]);
        all(date, &["2026-12-29"], &["29/12/2026", "2026-02-30", "2026-12-9", "20261229", "2026-12-29T00:00"]);
        all(vat_number, &["GB123456789"], &["123456789", "GB12345678", "GB 123456789"]);
        all(
            host,
            &["a.localhost", "www.a-b.example"],
            &["localhost", "A.example", "a.example:80", "-a.example", "a..b"],
        );
    }

    #[test]
    fn a_council_is_written_in_the_languages_that_it_claims() {
        let hartsmoor = &std::fs::read_to_string("tenants/hartsmoor/tenant.toml").unwrap();
        let found = |text: &str| {
            let mut faults = Faults::of("tenant.toml");
            let file = crate::kernel::document::read(text, &mut faults).unwrap();
            check(&file, &mut faults);
            faults.into_mistakes().into_iter().map(|mistake| mistake.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found(hartsmoor), [""; 0]);
        let plain = hartsmoor.replace("{ en = \"Hartsmoor\", cy = \"Hartsmoor\" }\ntype", "\"Hartsmoor\"\ntype");
        let missing = "\"short_name\" is not there in \"cy\"; write short_name = { en = \"…\", cy = \"…\" }";
        assert_eq!(found(&plain), [format!("tenant.toml:3:14: {missing}")]);
        assert_eq!(found(&plain.replace("[\"en\", \"cy\"]", "[\"en\"]")), [""; 0]);
        let welsh_only = hartsmoor.replace("[\"en\", \"cy\"]", "[\"cy\"]");
        assert!(matches!(&found(&welsh_only)[..], [only] if only.contains("English (\"en\") is always offered")));
    }
}
