//! The data transfer format of local land and property gazetteers, version 7.3 (BS 7666), as far as an address needs it:
//! 15 names a street, 21 is a property (BLPU), 24 gives it an address (LPI); every other record is passed over. The same
//! records of `AddressBase` Premium differ in where the postcode stands, and are read as well.

use std::collections::HashMap;

use super::file::{Address, Faults, Field, postcode_of, short_enough, uprn_of};

/// The places of values within a record, from 0.
const FILE_TYPE: usize = 8;
const CHANGE: usize = 1;
const KEY: usize = 3;
mod street {
    pub(super) const NAME: usize = 4;
    pub(super) const LOCALITY: usize = 5;
    pub(super) const TOWN: usize = 6;
    pub(super) const LANGUAGE: usize = 8;
}
mod blpu {
    pub(super) const STATUS: usize = 4;
    /// `AddressBase` Premium's postcode locator; a custodian's number in DTF 7.3.
    pub(super) const POSTCODE: usize = 20;
}
mod lpi {
    pub(super) const LANGUAGE: usize = 5;
    pub(super) const STATUS: usize = 6;
    pub(super) const SAO: usize = 11;
    pub(super) const PAO: usize = 16;
    pub(super) const USRN: usize = 21;
    pub(super) const POSTCODE: usize = 24;
    pub(super) const TOWN: usize = 25;
    /// How many values a record of DTF 7.3 has; `AddressBase` Premium's has fewer, and no postcode.
    pub(super) const LENGTH: usize = 30;
}
/// The logical status of what is approved; the rest is provisional, historical, rejected or another name of the same.
const APPROVED: &str = "1";

/// A gazetteer as far as it is read.
#[derive(Default)]
pub(super) struct Dtf {
    streets: HashMap<String, Street>,
    /// Whether a property is approved, and its postcode where the record has it.
    properties: HashMap<i64, (bool, Option<String>)>,
    named: Vec<Named>,
    ended: bool,
}

struct Street {
    name: String,
    locality: String,
    town: String,
    is_english: bool,
}

/// An approved address of a property.
struct Named {
    line: u32,
    uprn: i64,
    usrn: String,
    is_english: bool,
    secondary: Part,
    primary: Part,
    postcode: Option<String>,
    town: String,
}

/// A secondary or primary addressable object: `Flat`, `2A-4`.
struct Part {
    text: String,
    number: String,
    first: u32,
}

impl Part {
    /// From the five values that begin at `at`: number and suffix, number and suffix at the end of a range, text.
    fn of(fields: &[Field], at: usize) -> Part {
        let value = |n| text(fields, at + n);
        let first = format!("{}{}", value(0), value(1));
        let last = format!("{}{}", value(2), value(3));
        let number = if last.is_empty() { first } else { format!("{first}-{last}") };
        Part { text: eased(value(4)), number, first: value(0).parse().unwrap_or_default() }
    }
}

fn text(fields: &[Field], at: usize) -> &str {
    fields.get(at).map_or("", |field| field.text.as_str())
}

impl Dtf {
    /// From the header record.
    pub(super) fn begin(header: &[Field], faults: &mut Faults) -> Dtf {
        if let Some(kind) = header.get(FILE_TYPE).filter(|kind| kind.text.eq_ignore_ascii_case("C")) {
            faults.add(kind.column, "this is a file of changes; export the whole gazetteer (file type F)");
        }
        Dtf::default()
    }

    /// How many addresses were read.
    pub(super) fn len(&self) -> usize {
        self.named.len()
    }

    /// Another record.
    pub(super) fn take(&mut self, fields: &[Field], faults: &mut Faults) {
        if self.ended || text(fields, CHANGE) == "D" {
            return;
        }
        match text(fields, 0) {
            "15" => self.street(fields, faults),
            "21" => self.property(fields, faults),
            "24" => self.address(fields, faults),
            "99" => self.ended = true,
            "" if fields.len() == 1 => {}
            kind if kind.len() == 2 && kind.bytes().all(|b| b.is_ascii_digit()) => {}
            _ => faults.add(1, "the line does not begin with the two digits of a record of DTF 7.3"),
        }
    }

    fn street(&mut self, fields: &[Field], faults: &mut Faults) {
        if fields.len() <= street::LANGUAGE {
            return too_few(fields, street::LANGUAGE + 1, "a street's name (15)", faults);
        }
        for at in [street::NAME, street::LOCALITY, street::TOWN] {
            short_enough(&fields[at], faults);
        }
        let is_english = text(fields, street::LANGUAGE) != "CYM";
        let known = self.streets.get(text(fields, KEY));
        if is_english || known.is_none_or(|street| !street.is_english) {
            let [name, locality, town] =
                [street::NAME, street::LOCALITY, street::TOWN].map(|at| eased(text(fields, at)));
            self.streets.insert(text(fields, KEY).to_owned(), Street { name, locality, town, is_english });
        }
    }

    fn property(&mut self, fields: &[Field], faults: &mut Faults) {
        if fields.len() <= blpu::STATUS {
            return too_few(fields, blpu::STATUS + 1, "a property (21)", faults);
        }
        let Some(uprn) = uprn_of(&fields[KEY], faults) else { return };
        let postcode = crate::kernel::contact::postcode(text(fields, blpu::POSTCODE));
        self.properties.insert(uprn, (text(fields, blpu::STATUS) == APPROVED, postcode));
    }

    fn address(&mut self, fields: &[Field], faults: &mut Faults) {
        if fields.len() <= lpi::USRN {
            return too_few(fields, lpi::LENGTH, "an address (24)", faults);
        }
        if text(fields, lpi::STATUS) != APPROVED {
            return;
        }
        let Some(uprn) = uprn_of(&fields[KEY], faults) else { return };
        let has_postcode = fields.len() >= lpi::LENGTH;
        let postcode = match fields.get(lpi::POSTCODE).filter(|field| has_postcode && !field.text.is_empty()) {
            Some(field) => match postcode_of(field, faults) {
                Some(code) => Some(code),
                None => return,
            },
            None => None,
        };
        for at in [lpi::SAO + 4, lpi::PAO + 4] {
            short_enough(&fields[at], faults);
        }
        self.named.push(Named {
            line: faults.line,
            uprn,
            usrn: text(fields, lpi::USRN).to_owned(),
            is_english: text(fields, lpi::LANGUAGE) != "CYM",
            secondary: Part::of(fields, lpi::SAO),
            primary: Part::of(fields, lpi::PAO),
            postcode,
            town: if has_postcode { eased(text(fields, lpi::TOWN)) } else { String::new() },
        });
    }

    /// The addresses with a postcode, in the order in which people look for theirs.
    pub(super) fn end(mut self, faults: &mut Faults) -> Vec<Address> {
        if !self.ended {
            faults.add(1, "the file ends without its trailer record (99), so a part is missing; export it again");
        }
        // A property has one address here: the English one where it has two.
        self.named.sort_by_key(|named| (named.uprn, !named.is_english, named.line));
        self.named.dedup_by_key(|named| named.uprn);
        let mut addresses: Vec<_> = self.named.iter().filter_map(|named| self.whole(named, faults)).collect();
        addresses.sort_by(|(a, _), (b, _)| a.cmp(b));
        addresses.into_iter().map(|(_, address)| address).collect()
    }

    /// An address with what it is ordered by; none for a property that is not approved or has no postcode.
    #[allow(clippy::type_complexity, reason = "what an address is ordered by, in order, and nothing else")]
    fn whole<'a>(
        &'a self,
        named: &'a Named,
        faults: &mut Faults,
    ) -> Option<((String, &'a str, [u32; 2], [&'a str; 4]), Address)> {
        let Named { line, uprn, usrn, secondary, primary, .. } = named;
        let Some((is_approved, postcode)) = self.properties.get(uprn) else {
            faults.add_at(
                *line,
                1,
                format!("there is no property (21) with UPRN {uprn}; export it together with this"),
            );
            return None;
        };
        let postcode = named.postcode.clone().or_else(|| postcode.clone()).filter(|_| *is_approved)?;
        let Some(street) = self.streets.get(usrn) else {
            faults.add_at(*line, 1, format!("no street (15) has USRN {usrn:?}; export it together with this"));
            return None;
        };
        let town = if named.town.is_empty() { &street.town } else { &named.town };
        if town.is_empty() {
            faults.add_at(*line, 1, format!("UPRN {uprn} has no post town, and its street no town; write one of them"));
            return None;
        }
        // A number without a name of its own stands before what comes next: `2 Custom House`, `1, 4 Quay Street`.
        let inner = joined(&[&secondary.text, &secondary.number], " ");
        let building = match (secondary.text.is_empty(), primary.text.is_empty()) {
            (true, false) => joined(&[&secondary.number, &primary.text], " "),
            _ => joined(&[&inner, &primary.text], ", "),
        };
        let road = joined(&[&primary.number, &street.name], " ");
        let (line1, line2) = if building.is_empty() {
            (road, street.locality.clone())
        } else {
            (building, joined(&[&road, &street.locality], ", "))
        };
        let order = (
            postcode.clone(),
            street.name.as_str(),
            [primary.first, secondary.first],
            [&primary.number, &primary.text, &secondary.text, &secondary.number].map(String::as_str),
        );
        Some((order, Address { uprn: *uprn, postcode, line1, line2, town: town.clone() }))
    }
}

fn too_few(fields: &[Field], wanted: usize, what: &str, faults: &mut Faults) {
    faults.add(1, format!("{what} has {} values and needs {wanted}; export the file again", fields.len()));
}

fn joined(parts: &[&str], between: &str) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(between)
}

/// Gazetteers are mostly written in capitals; people are not shouted at: `ST JOHN'S ROAD` is read as `St John's Road`.
fn eased(text: &str) -> String {
    if text.chars().any(char::is_lowercase) {
        return text.to_owned();
    }
    let eased = |(n, word): (usize, &str)| {
        if word.chars().any(|c| c.is_ascii_digit()) {
            return word.to_owned();
        }
        let lower = word.to_lowercase();
        if n > 0 && ["and", "of", "the", "on", "upon", "in", "y", "yr"].contains(&lower.as_str()) {
            return lower;
        }
        let mut starts = true;
        let capital = |c: char| {
            let shown = if starts { c.to_uppercase().next().unwrap_or(c) } else { c };
            starts = matches!(c, '-' | '(' | '/' | '.');
            shown
        };
        lower.chars().map(capital).collect()
    };
    text.split(' ').enumerate().map(eased).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::eased;
    use crate::places::{Address, read};

    fn read_text(text: &str) -> Result<Vec<Address>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path()).map_err(|mistakes| {
            let path = file.path().display().to_string();
            mistakes.iter().map(|m| m.to_string().replace(&path, "f")).collect::<Vec<_>>().join("\n")
        })
    }

    fn lpi(uprn: u32, language: &str, status: u8, sao: &str, pao: &str, rest: &str) -> String {
        format!(
            "24,\"I\",1,{uprn},\"9999L1\",\"{language}\",{status},2001-01-01,,2001-01-01,2001-01-01,{sao},{pao},{rest}\n"
        )
    }

    const STREETS: &str = "10,\"Eastmere Borough Council\",9999,2026-11-01,1,2026-11-01,10:00:00,\"7.3\",\"F\"\n\
        11,\"I\",1,22100001,1,9999,2,2001-01-01,1,8,0,2001-01-01,2001-01-01,2001-01-01,,1.00,1.00,2.00,2.00,10\n\
        15,\"I\",1,22100001,\"WEIR ROAD\",\"MILLEND\",\"EASTMERE\",\"EASTMERE\",\"ENG\"\n\
        15,\"I\",1,22100001,\"HEOL Y GORED\",\"\",\"EASTMERE\",\"EASTMERE\",\"CYM\"\n";
    const NONE: &str = ",\"\",,\"\",\"\"";
    const REST: &str = "22100001,\"\",\"Y\",\"EJ1 1AA\",\"EASTMERE\",\"Y\",9999,9999,\"\"";

    fn blpu(uprn: u32, status: u8) -> String {
        format!(
            "21,\"I\",1,{uprn},{status},2,2001-01-01,\"RD\",,1.00,1.00,2,9999,2001-01-01,,2001-01-01,2001-01-01,\"\",\"\",\"\",9999,9999,\"\"\n"
        )
    }

    #[test]
    fn a_gazetteer_gives_approved_addresses_in_order() {
        let number = |n: u32| format!("{n},\"\",,\"\",\"\"");
        let text = [
            STREETS.to_owned(),
            [(10, 1), (9, 1), (8, 8), (7, 1), (6, 1), (5, 1)].map(|(uprn, status)| blpu(uprn, status)).concat(),
            lpi(10, "ENG", 1, NONE, &number(10), REST),
            lpi(9, "CYM", 1, NONE, &number(9), REST),
            lpi(9, "ENG", 1, NONE, "9,\"A\",11,\"\",\"\"", REST),
            lpi(9, "ENG", 3, NONE, ",\"\",,\"\",\"THE OLD NAME\"", REST),
            lpi(8, "ENG", 1, NONE, &number(8), REST),
            lpi(7, "ENG", 1, "2,\"\",,\"\",\"FLAT\"", "10,\"\",,\"\",\"ST JOHN'S HOUSE\"", REST),
            lpi(6, "ENG", 1, "3,\"\",,\"\",\"\"", ",\"\",,\"\",\"THE MILL\"", REST),
            // Without a postcode: nobody finds it by one.
            lpi(5, "ENG", 1, NONE, &number(5), "22100001,\"\",\"N\",\"\",\"\",\"N\",9999,9999,\"\""),
            "99,0,20,2026-11-01,10:00:00\n".to_owned(),
        ]
        .concat();
        let read = read_text(&text).unwrap();
        let shown: Vec<_> = read.iter().map(|a| format!("{} {}", a.uprn, a.short())).collect();
        assert_eq!(
            shown,
            [
                "6 3 The Mill, Weir Road, Millend, Eastmere",
                "9 9A-11 Weir Road, Millend, Eastmere",
                "10 10 Weir Road, Millend, Eastmere",
                "7 Flat 2, St John's House, 10 Weir Road, Millend, Eastmere",
            ]
        );
        assert!(read.iter().all(|a| a.postcode == "EJ1 1AA"));
    }

    #[test]
    fn the_records_of_addressbase_premium_have_the_postcode_elsewhere() {
        let blpu = "21,\"I\",1,10,1,2,2001-01-01,,1.00,1.00,51.0,-1.0,2,9999,\"E\",2001-01-01,,2001-01-01,2001-01-01,\"D\",\"EJ1 1AA\",0\n";
        let lpi = lpi(10, "ENG", 1, NONE, "10,\"\",,\"\",\"\"", "22100001,\"1\",\"\",\"\",\"Y\"");
        let read = read_text(&format!("{STREETS}{blpu}{lpi}99,0,1,,\n")).unwrap();
        assert_eq!(
            (read[0].short().as_str(), read[0].postcode.as_str()),
            ("10 Weir Road, Millend, Eastmere", "EJ1 1AA")
        );
    }

    #[test]
    fn every_mistake_of_a_gazetteer_is_told() {
        let text = [
            STREETS.replace("\"F\"", "\"C\""),
            blpu(10, 1),
            "24,\"I\",1\n15,\"I\",1\n21,\"I\"\n".to_owned(),
            lpi(11, "ENG", 1, NONE, NONE, REST),
            lpi(10, "ENG", 1, NONE, NONE, &REST.replace("22100001", "5")),
            lpi(10, "ENG", 1, NONE, NONE, &REST.replace("EJ1 1AA", "EJ1")),
            "hello\n".to_owned(),
        ]
        .concat();
        insta::assert_snapshot!(read_text(&text).unwrap_err(), @r#"
        f:1:75: this is a file of changes; export the whole gazetteer (file type F)
        f:6:1: an address (24) has 3 values and needs 30; export the file again
        f:7:1: a street's name (15) has 3 values and needs 9; export the file again
        f:8:1: a property (21) has 2 values and needs 5; export the file again
        f:9:1: there is no property (21) with UPRN 11; export it together with this
        f:10:1: no street (15) has USRN "5"; export it together with this
        f:11:102: "EJ1" is not a full UK postcode; write one such as SW1A 1AA
        f:12:1: the line does not begin with the two digits of a record of DTF 7.3
        f:13:1: the file ends without its trailer record (99), so a part is missing; export it again
        "#);
    }

    #[test]
    fn capitals_are_eased() {
        assert_eq!(eased("ST JOHN'S ROAD"), "St John's Road");
        assert_eq!(eased("STOKE-ON-THE-WOLD 12A"), "Stoke-On-The-Wold 12A");
        assert_eq!(eased("KING OF THE HILL"), "King of the Hill");
        assert_eq!(eased("Heol y Bont"), "Heol y Bont");
    }
}
