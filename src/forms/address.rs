//! Address and location questions. A page of either may need the council's address file: whoever handles the page looks
//! there and keeps what was found beside what was typed, in fields that no form can send. Reading stays pure.

use super::answers::Value;
use super::parse::{Raw, Read, Reader};
use crate::kernel::contact;

/// How an address is being given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressBy {
    /// A postcode is asked for.
    Postcode,
    /// The postcode that was typed has no addresses.
    Unknown,
    /// One is chosen from those of the postcode.
    List,
    /// Typed by hand.
    Hand,
    /// Outside the United Kingdom: typed by hand, without a postcode.
    Abroad,
}

impl AddressBy {
    const WORDS: [(AddressBy, &'static str); 5] = [
        (AddressBy::Postcode, "postcode"),
        (AddressBy::Unknown, "unknown"),
        (AddressBy::List, "list"),
        (AddressBy::Hand, "hand"),
        (AddressBy::Abroad, "abroad"),
    ];
}

/// How the address of a question is being given; none where nothing was said, which is by hand. `field` is the question's
/// id, with what its fields' names begin with.
#[must_use]
pub fn address_by(raw: &Raw, field: &str) -> Option<AddressBy> {
    let word = raw.get(&format!("{field}-by"))?.first()?;
    AddressBy::WORDS.into_iter().find(|(_, w)| w == word).map(|(by, _)| by)
}

/// Keeps how it is being given.
pub fn set_address_by(raw: &mut Raw, field: &str, by: Option<AddressBy>) {
    let word = AddressBy::WORDS.into_iter().find(|(b, _)| Some(*b) == by).map(|(_, word)| vec![word.to_owned()]);
    put(raw, format!("{field}-by"), word);
}

/// Keeps the address that was chosen from the list: its UPRN as it was sent, and its lines.
pub fn set_chosen(raw: &mut Raw, field: &str, chosen: Option<(String, Vec<String>)>) {
    put(raw, format!("{field}-chosen"), chosen.map(|(uprn, lines)| std::iter::once(uprn).chain(lines).collect()));
}

/// Keeps that a postcode is in another council's area, by its slug, or in nobody's that is known: not in this one's.
pub fn set_outside(raw: &mut Raw, field: &str, outside: Option<(String, Option<String>)>) {
    let values = outside.map(|(postcode, whose)| vec![postcode, whose.unwrap_or_default()]);
    put(raw, format!("{field}-outside"), values);
}

fn put(raw: &mut Raw, name: String, values: Option<Vec<String>>) {
    match values {
        Some(values) => raw.insert(name, values),
        None => raw.remove(&name),
    };
}

impl Reader<'_> {
    pub(super) fn address(&self) -> Read {
        match address_by(self.raw, &self.field("")) {
            Some(AddressBy::Postcode) => self.postcode_to_find(),
            Some(AddressBy::Unknown) => match contact::postcode(&self.typed("-find")) {
                Some(postcode) => Err(self.error("-find", "forms-error-address-none", vec![("postcode", postcode)])),
                None => self.postcode_to_find(),
            },
            Some(AddressBy::List) => self.address_from_list(),
            Some(AddressBy::Abroad) => self.address_abroad(),
            Some(AddressBy::Hand) | None => self.address_by_hand(),
        }
    }

    /// While a postcode is asked for there is no address yet.
    fn postcode_to_find(&self) -> Read {
        let typed = self.typed("-find");
        if typed.is_empty() {
            return self.none("-find", "forms-error-address-find");
        }
        let is_one = contact::postcode(&typed).is_some();
        self.wrong("-find", if is_one { "forms-error-address-find" } else { "forms-error-address-postcode-real" })
    }

    fn address_from_list(&self) -> Read {
        let uprn = self.typed("-uprn");
        if uprn.is_empty() {
            return self.none("-uprn", "forms-error-address-choose");
        }
        match self.raw.get(&self.field("-chosen")).map(Vec::as_slice) {
            Some([chosen, lines @ ..]) if *chosen == uprn => {
                let lines = lines.iter().filter(|line| !line.is_empty()).cloned().collect();
                Ok(Some(Value::Address { lines, uprn: Some(uprn) }))
            }
            _ => self.wrong("-uprn", "forms-error-address-choose"),
        }
    }

    fn address_by_hand(&self) -> Read {
        let postcode = self.typed("-postcode");
        let Some(lines) = self.lines(&[
            ("-line1", Some("forms-error-address-line1")),
            ("-line2", None),
            ("-town", Some("forms-error-address-town")),
            ("-postcode", Some("forms-error-address-postcode")),
        ])?
        else {
            return Ok(None);
        };
        let postcode = contact::postcode(&postcode)
            .ok_or_else(|| self.error("-postcode", "forms-error-address-postcode-real", vec![]))?;
        let [lines @ .., _] = lines.as_slice() else { return Ok(None) };
        Ok(Some(Value::Address { lines: lines.iter().cloned().chain([postcode]).collect(), uprn: None }))
    }

    fn address_abroad(&self) -> Read {
        let lines = self.lines(&[
            ("-line1", Some("forms-error-address-line1")),
            ("-line2", None),
            ("-town", None),
            ("-country", Some("forms-error-address-country")),
        ])?;
        Ok(lines.map(|lines| Value::Address { lines, uprn: None }))
    }

    /// The lines that were typed, those with a sentence required; none where nothing was typed nor need be.
    fn lines(&self, parts: &[(&str, Option<&'static str>)]) -> Result<Option<Vec<String>>, super::FieldError> {
        let typed: Vec<String> = parts.iter().map(|(part, _)| self.at_most(part, 200)).collect::<Result<_, _>>()?;
        if typed.iter().all(String::is_empty) && !self.question.required {
            return Ok(None);
        }
        for ((part, missing), typed) in parts.iter().zip(&typed) {
            if let Some(missing) = missing.filter(|_| typed.is_empty()) {
                return self.wrong(part, missing);
            }
        }
        Ok(Some(typed.into_iter().filter(|line| !line.is_empty()).collect()))
    }

    /// Words, and a postcode where one is known.
    pub(super) fn location(&self) -> Read {
        let words = self.at_most("", self.question.longest())?.replace('\n', " ");
        let typed = self.typed("-postcode");
        let postcode = match contact::postcode(&typed) {
            None if !typed.is_empty() => return self.wrong("-postcode", "forms-error-address-postcode-real"),
            postcode => postcode,
        };
        if words.is_empty() && (self.question.required || postcode.is_none()) {
            return self.none("", "forms-error-empty");
        }
        let said = contact::postcode_in(&words);
        if let Some([outside, whose]) = self.raw.get(&self.field("-outside")).map(Vec::as_slice) {
            let about = vec![("postcode", outside.clone()), ("council", whose.clone())];
            let own = postcode.as_ref() == Some(outside);
            match (own || said.as_ref() == Some(outside), whose.is_empty()) {
                (true, false) => {
                    return Err(self.error(if own { "-postcode" } else { "" }, "forms-error-location-theirs", about));
                }
                (true, true) if own => return Err(self.error("-postcode", "forms-error-location-outside", about)),
                _ => {}
            }
        }
        let parts = [Some(words), postcode.filter(|code| said.as_ref() != Some(code))];
        let whole: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        Ok(Some(Value::Text(whole.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::forms::Question;

    fn question(kind: &str, required: bool) -> Question {
        toml::from_str(&format!("id='q'\ntype='{kind}'\nlabel='Q'\nrequired={required}")).unwrap()
    }

    fn read(question: &Question, fields: &[(&str, &[&str])]) -> Result<Option<Vec<String>>, (String, &'static str)> {
        let raw: Raw =
            fields.iter().map(|(n, v)| (format!("q{n}"), v.iter().map(|v| (*v).to_owned()).collect())).collect();
        let read = question.read(&raw, "", date(2026, 11, 20)).map_err(|e| (e.field, e.key))?;
        Ok(read.map(|value| question.show(&value, &|key: &str| key.to_owned())))
    }

    #[test]
    fn an_address_is_given_in_one_of_its_ways() {
        let q = question("address", true);
        let wrong = |field: &str, key| Err((field.to_owned(), key));
        assert_eq!(read(&q, &[]), wrong("q-line1", "forms-error-address-line1"));
        assert_eq!(read(&q, &[("-by", &["postcode"])]), wrong("q-find", "forms-error-address-find"));
        let unknown = [("-by", &["unknown"][..]), ("-find", &["ej1 1aa"])];
        assert_eq!(read(&q, &unknown), wrong("q-find", "forms-error-address-none"));
        let chosen = &["7", "1 Weir Road", "", "Eastmere", "EJ1 1AA"][..];
        let listed = [("-by", &["list"][..]), ("-uprn", &["7"]), ("-chosen", chosen)];
        let lines = |lines: &[&str]| Ok(Some(lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>()));
        assert_eq!(read(&q, &listed), lines(&["1 Weir Road", "Eastmere", "EJ1 1AA"]));
        // What was chosen before, or never found, is no answer; nor are lines typed for another way.
        for uprn in ["", "8"] {
            let other = [("-by", &["list"][..]), ("-uprn", &[uprn]), ("-chosen", chosen), ("-line1", &["x"])];
            assert_eq!(read(&q, &other), wrong("q-uprn", "forms-error-address-choose"));
        }
        let hand =
            [("-line1", &["2 Rue"][..]), ("-town", &["Lille"]), ("-postcode", &["59"]), ("-country", &["France"])];
        assert_eq!(read(&q, &hand), wrong("q-postcode", "forms-error-address-postcode-real"));
        let abroad: Vec<_> = hand.into_iter().chain([("-by", &["abroad"][..])]).collect();
        assert_eq!(read(&q, &abroad), lines(&["2 Rue", "Lille", "France"]));
        let optional = question("address", false);
        for by in ["postcode", "list", "hand", "abroad"] {
            assert_eq!(read(&optional, &[("-by", &[by])]), Ok(None), "{by}");
        }
    }

    #[test]
    fn a_place_outside_the_area_is_told_of() {
        let q = question("location", true);
        let wrong = |field: &str, key| Err((field.to_owned(), key));
        assert_eq!(read(&q, &[("", &["Weir Road"])]), Ok(Some(vec!["Weir Road".to_owned()])));
        let both = [("", &["Weir Road"][..]), ("-postcode", &["ej11aa"])];
        assert_eq!(read(&q, &both), Ok(Some(vec!["Weir Road, EJ1 1AA".to_owned()])));
        let outside = |words, code, whose| {
            read(&q, &[("", &[words][..]), ("-postcode", &[code]), ("-outside", &["EJ1 1AA", whose])])
        };
        assert_eq!(outside("x", "EJ1 1AA", "eastmere"), wrong("q-postcode", "forms-error-location-theirs"));
        assert_eq!(outside("at ej1 1aa", "", "eastmere"), wrong("q", "forms-error-location-theirs"));
        assert_eq!(outside("x", "EJ1 1AA", ""), wrong("q-postcode", "forms-error-location-outside"));
        // What looks like a postcode among words may be none.
        assert_eq!(outside("at ej1 1aa", "", ""), Ok(Some(vec!["at ej1 1aa".to_owned()])));
        assert_eq!(outside("x", "MH1 1AA", "eastmere"), Ok(Some(vec!["x, MH1 1AA".to_owned()])));
        assert_eq!(outside("", "MH1 1AA", ""), wrong("q", "forms-error-empty"));
    }

    proptest! {
        #[test]
        fn nothing_kept_makes_it_panic(
            kind in prop::sample::select(vec!["address", "location"]),
            kept in prop::collection::vec(
                ("(|-by|-find|-uprn|-chosen|-line1|-town|-postcode|-country|-outside)", prop::collection::vec(".{0,12}|list|abroad|unknown|MH1 1AA", 0..7)),
                0..9,
            ),
        ) {
            let raw: Raw = kept.into_iter().map(|(part, values)| (format!("q{part}"), values)).collect();
            let _ = question(kind, true).read(&raw, "", date(2026, 11, 20));
        }
    }
}
