//! A council's address file: the exchange format of local gazetteers (DTF 7.3, BS 7666) or a plain list, told apart by the
//! first line. Every mistake is found at once, with its line; of a very wrong file the first hundred.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::dtf::Dtf;
use crate::kernel::contact;
use crate::kernel::document::{Mistake, Place};

/// An address of a council's, as its citizens choose it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Address {
    /// Its unique property reference number.
    pub uprn: i64,
    /// In its usual form.
    pub postcode: String,
    /// Building, or number and street.
    pub line1: String,
    /// The rest, if there is any.
    pub line2: String,
    /// The post town.
    pub town: String,
}

impl Address {
    /// On one line, without the postcode.
    #[must_use]
    pub fn short(&self) -> String {
        let lines = [&self.line1, &self.line2, &self.town].map(String::as_str);
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The same for the same addresses in the same order.
#[must_use]
pub fn digest(addresses: &[Address]) -> String {
    let mut hash = Sha256::new();
    for Address { uprn, postcode, line1, line2, town } in addresses {
        hash.update(format!("{uprn}\n{postcode}\n{line1}\n{line2}\n{town}\n"));
    }
    hex::encode(hash.finalize())
}

/// The longest line, in bytes, and the longest line of an address, in characters.
const LINE_MOST: usize = 4096;
const PART_MOST: usize = 200;
/// The most mistakes that are told one by one.
const MISTAKES_MOST: usize = 100;
/// The most addresses: no council has half as many.
const ADDRESSES_MOST: usize = 2_000_000;
const HEADER: [&str; 5] = ["uprn", "line1", "line2", "town", "postcode"];

/// Reads a file.
///
/// # Errors
/// Its mistakes, by line; after a hundred, how many more there are.
pub fn read(path: &Path) -> Result<Vec<Address>, Vec<Mistake>> {
    let mut faults = Faults { path: path.display().to_string(), line: 1, found: Vec::new(), more: 0 };
    let addresses = match File::open(path) {
        Ok(file) => addresses(BufReader::new(file), &mut faults).unwrap_or_else(|error| {
            faults.add(1, format!("the file cannot be read ({error})"));
            Vec::new()
        }),
        Err(error) => {
            faults.add(1, format!("the file cannot be read ({error})"));
            Vec::new()
        }
    };
    if faults.found.is_empty() { Ok(addresses) } else { Err(faults.into_mistakes()) }
}

fn addresses(mut input: impl BufRead, faults: &mut Faults) -> io::Result<Vec<Address>> {
    let (mut list, mut dtf) = (List::default(), None);
    let mut buffer = Vec::new();
    for number in 1.. {
        faults.line = number;
        buffer.clear();
        if input.by_ref().take(LINE_MOST as u64 + 1).read_until(b'\n', &mut buffer)? == 0 {
            break;
        }
        if buffer.len() > LINE_MOST && !buffer.ends_with(b"\n") {
            faults.add(1, format!("the line has more than {LINE_MOST} bytes, so this is no file of addresses"));
            break;
        }
        let Ok(line) = std::str::from_utf8(&buffer) else {
            faults.add(1, "the line is not text in UTF-8; save the file as UTF-8");
            continue;
        };
        let line = line.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
        let fields = match fields(line) {
            Ok(fields) => fields,
            Err((column, what)) => {
                faults.add(column, what);
                continue;
            }
        };
        if number == 1 && fields[0].text == "10" {
            dtf = Some(Dtf::begin(&fields, faults));
        } else if number == 1 {
            if !fields.iter().map(|field| field.text.to_ascii_lowercase()).eq(HEADER) {
                let what = format!(
                    "the first line is neither the header record of a DTF 7.3 file (it begins with 10) nor {}; write one",
                    HEADER.join(",")
                );
                faults.add(1, what);
                break;
            }
        } else if let Some(dtf) = &mut dtf {
            dtf.take(&fields, faults);
        } else if !line.trim().is_empty() {
            list.take(&fields, faults);
        }
        if list.addresses.len() > ADDRESSES_MOST || dtf.as_ref().is_some_and(|dtf| dtf.len() > ADDRESSES_MOST) {
            faults.add(1, format!("there are more than {ADDRESSES_MOST} addresses, more than any council has"));
            break;
        }
    }
    let addresses = match dtf {
        Some(dtf) => dtf.end(faults),
        None => list.addresses,
    };
    if addresses.is_empty() && faults.found.is_empty() {
        faults.add(1, "there is no address with a postcode in this file");
    }
    Ok(addresses)
}

/// A plain list: the order of its lines is the order in which addresses are offered.
#[derive(Default)]
struct List {
    addresses: Vec<Address>,
    seen: HashMap<i64, u32>,
}

impl List {
    fn take(&mut self, fields: &[Field], faults: &mut Faults) {
        let [uprn, line1, line2, town, postcode] = fields else {
            let what = format!("the line has {} values and not 5; write {}", fields.len(), HEADER.join(","));
            return faults.add(1, what);
        };
        let number = uprn_of(uprn, faults);
        if let Some(first) = number.and_then(|number| self.seen.insert(number, faults.line)) {
            faults.add(uprn.column, format!("UPRN {} is already on line {first}; each must be its own", uprn.text));
        }
        for (field, what) in [(line1, "first line"), (town, "town")] {
            if field.text.is_empty() {
                faults.add(field.column, format!("the {what} is missing; write it"));
            }
        }
        for field in [line1, line2, town] {
            short_enough(field, faults);
        }
        let code = postcode_of(postcode, faults);
        if let (Some(uprn), Some(postcode)) = (number, code) {
            let [line1, line2, town] = [line1, line2, town].map(|field| field.text.clone());
            self.addresses.push(Address { uprn, postcode, line1, line2, town });
        }
    }
}

/// A value of a line.
pub(super) struct Field {
    /// Where it begins, in characters, from 1.
    pub(super) column: u32,
    pub(super) text: String,
}

pub(super) fn uprn_of(field: &Field, faults: &mut Faults) -> Option<i64> {
    let number = field.text.parse().ok().filter(|number| (1..=999_999_999_999).contains(number));
    if number.is_none() {
        faults.add(field.column, format!("{:?} is not a UPRN, which has 1 to 12 digits", shortened(&field.text)));
    }
    number
}

pub(super) fn postcode_of(field: &Field, faults: &mut Faults) -> Option<String> {
    let code = contact::postcode(&field.text);
    if code.is_none() {
        let what = format!("{:?} is not a full UK postcode; write one such as SW1A 1AA", shortened(&field.text));
        faults.add(field.column, what);
    }
    code
}

pub(super) fn short_enough(field: &Field, faults: &mut Faults) {
    if field.text.chars().count() > PART_MOST {
        faults.add(field.column, format!("this has more than {PART_MOST} characters; shorten it"));
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The mistakes so far, and the line that is being read.
pub(super) struct Faults {
    path: String,
    pub(super) line: u32,
    found: Vec<Mistake>,
    more: usize,
}

impl Faults {
    /// Adds one on the line that is being read.
    pub(super) fn add(&mut self, column: u32, what: impl Into<String>) {
        self.add_at(self.line, column, what);
    }

    /// Adds one on a line that was read before.
    pub(super) fn add_at(&mut self, line: u32, column: u32, what: impl Into<String>) {
        if self.found.len() == MISTAKES_MOST {
            self.more += 1;
            return;
        }
        self.found.push(Mistake { path: self.path.clone(), place: Place { line, column }, what: what.into() });
    }

    fn into_mistakes(mut self) -> Vec<Mistake> {
        self.found.sort();
        if self.more > 0 {
            let place = Place { line: self.line, column: 1 };
            self.found.push(Mistake { path: self.path, place, what: format!("there are {} more mistakes", self.more) });
        }
        self.found
    }
}

/// The values of a line, at least one; those that hold commas stand in quotation marks.
fn fields(line: &str) -> Result<Vec<Field>, (u32, &'static str)> {
    let (mut fields, mut rest, mut column) = (Vec::with_capacity(32), line, 1);
    loop {
        let (text, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted).ok_or((column, "a quotation mark is opened and not closed"))?,
            None => {
                let (text, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                (text.to_owned(), after)
            }
        };
        fields.push(Field { column, text: text.trim().to_owned() });
        if after.is_empty() {
            return Ok(fields);
        }
        let next = after.strip_prefix(',').ok_or((column, "after the closing quotation mark comes no comma"))?;
        let taken = rest[..rest.len() - next.len()].chars().count();
        column = column.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
        rest = next;
    }
}

/// What stands before the closing quotation mark, and what after it; a doubled one stands for itself.
fn quoted_text(quoted: &str) -> Option<(String, &str)> {
    let (mut text, mut rest) = (String::new(), quoted);
    loop {
        let (inside, after) = rest.split_once('"')?;
        text.push_str(inside);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None => return Some((text, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_text(text: &[u8]) -> Result<Vec<Address>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path()).map_err(|mistakes| {
            let path = file.path().display().to_string();
            mistakes.iter().map(|m| m.to_string().replace(&path, "f")).collect::<Vec<_>>().join("\n")
        })
    }

    #[test]
    fn a_plain_list_is_read_in_its_order() {
        let read = read_text(
            b"\xef\xbb\xbfUPRN,line1,line2,town,postcode\r\n2,\"Flat 1, Old \"\"Mill\"\"\",9 Weir Road,Eastmere,ej11aa\r\n\r\n1,8 Weir Road,,Eastmere,EJ1 1AA\r\n",
        );
        let read = read.unwrap();
        assert_eq!(read.iter().map(|a| a.uprn).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(read[0].short(), "Flat 1, Old \"Mill\", 9 Weir Road, Eastmere");
        assert_eq!((read[0].postcode.as_str(), read[1].short().as_str()), ("EJ1 1AA", "8 Weir Road, Eastmere"));
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let text = b"uprn,line1,line2,town,postcode\n1,8 Weir Road,,Eastmere,EJ1\nx,,,Eastmere,EJ1 1AA\n1,9,,,EJ1 1AA\n2,3\n3,\"open,,a,b\n4,\"a\"b,,c,d\n5,\xff,,c,EJ1 1AA\n";
        insta::assert_snapshot!(read_text(text).unwrap_err(), @r#"
        f:2:25: "EJ1" is not a full UK postcode; write one such as SW1A 1AA
        f:3:1: "x" is not a UPRN, which has 1 to 12 digits
        f:3:3: the first line is missing; write it
        f:4:1: UPRN 1 is already on line 2; each must be its own
        f:4:6: the town is missing; write it
        f:5:1: the line has 2 values and not 5; write uprn,line1,line2,town,postcode
        f:6:3: a quotation mark is opened and not closed
        f:7:3: after the closing quotation mark comes no comma
        f:8:1: the line is not text in UTF-8; save the file as UTF-8
        "#);
        let many = format!("uprn,line1,line2,town,postcode\n{}", "x,a,,b,EJ1 1AA\n".repeat(250));
        let told = read_text(many.as_bytes()).unwrap_err();
        assert_eq!(told.lines().count(), 101);
        assert!(told.ends_with(": there are 150 more mistakes"), "{told}");
        assert!(read_text(b"a,b\n").unwrap_err().contains("neither the header record"));
        assert!(read_text(b"").unwrap_err().contains("no address"));
        assert!(read_text(&vec![b'x'; 10_000]).unwrap_err().contains("more than 4096 bytes"));
    }

    proptest! {
        #[test]
        fn nothing_in_a_file_makes_it_panic(
            first in prop::sample::select(vec!["uprn,line1,line2,town,postcode\n", "10,\"X\",1,,,,,7.3,F\n", ""]),
            lines in prop::collection::vec(
                (prop::sample::select(vec!["", "1,", "15,I,1,", "21,I,1,", "24,I,1,", "99,"]), "[ -~é\"\n]{0,80}"), 0..20),
        ) {
            let text: String = lines.iter().map(|(kind, rest)| format!("{kind}{rest}\n")).collect();
            let _ = read_text(format!("{first}{text}").as_bytes());
        }

        #[test]
        fn what_is_quoted_is_read_as_it_was(texts in prop::collection::vec("[ -~é]{0,20}", 1..9)) {
            let line = texts.iter().map(|t| format!("\"{}\"", t.replace('"', "\"\""))).collect::<Vec<_>>().join(",");
            let read = fields(&line).map_err(|(_, what)| TestCaseError::fail(what))?;
            let plain: Vec<&str> = texts.iter().map(|t| t.trim()).collect();
            prop_assert_eq!(read.iter().map(|f| f.text.as_str()).collect::<Vec<_>>(), plain);
        }
    }
}
