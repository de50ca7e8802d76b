//! An issued document as an e-invoice: UBL 2.1 by EN 16931 and Peppol BIS Billing 3.0, from what is printed and nothing
//! else.
//!
//! What comes to less than nothing is a credit note there, of which every amount and quantity has the other sign: it says
//! what is given back. A party without an address on the network makes it an invoice by EN 16931 alone.

#[cfg(test)]
mod rules;

use askama::Template;
use jiff::civil::Date;

use super::document::{BilledLine, Party, Snapshot};
use super::model::{Series, VatCategory, VatGroup};
use crate::kernel::money::decimal;
use crate::kernel::time::long_date;
use crate::kernel::{AuthorityId, Language, Pence, Quantity};
use crate::platform::{Error, Result};

/// A document as UBL: an `Invoice`, or a `CreditNote` where it comes to less than nothing.
///
/// # Errors
/// [`Error::NotFound`] for a draft, which is no document yet.
pub fn ubl(snapshot: &Snapshot) -> Result<String> {
    let (Some(number), Some(issued_on)) = (snapshot.number.as_deref(), snapshot.issued_on) else {
        return Err(Error::NotFound);
    };
    let is_credit = snapshot.gross < Pence(0);
    let lines = snapshot.lines.iter().map(|billed| &billed.line);
    // A late line is of an earlier month: the document's period holds those of all lines (Peppol R110 and R111).
    let first = lines.clone().map(|line| line.from).fold(snapshot.period_from, Date::min);
    let until = lines.map(|line| line.until).fold(snapshot.period_until, Date::max);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    // Nothing is to be paid on a credit note.
    let pay_to = snapshot.pay_to.as_ref().filter(|_| !is_credit);
    let document = Ubl {
        snapshot,
        number,
        issued_on,
        is_credit,
        first,
        last: day_before(&until),
        order: snapshot.agreement.purchase_order.as_deref().and_then(some),
        parties: [
            Side::of("Supplier", &snapshot.supplier, snapshot.series),
            Side::of("Customer", &snapshot.customer, snapshot.series),
        ],
        pay_to: pay_to.map(|to| (digits(&to.sort_code) + &digits(&to.account_number), one_line(&to.account_name))),
        groups: snapshot.vat.iter().map(|group| Group::of(group, &snapshot.lines)).collect(),
        lines: &snapshot.lines,
    };
    Ok(document.render().map_err(anyhow::Error::from)?)
}

#[derive(Template)]
#[template(path = "billing/ubl.xml")]
struct Ubl<'a> {
    snapshot: &'a Snapshot,
    number: &'a str,
    issued_on: Date,
    is_credit: bool,
    /// The first and the last day that it covers.
    first: Date,
    last: Date,
    order: Option<String>,
    parties: [Side; 2],
    /// Sort code and account number in one, and whose account it is.
    pay_to: Option<(String, String)>,
    groups: Vec<Group>,
    lines: &'a [BilledLine],
}

impl Ubl<'_> {
    fn root(&self) -> &'static str {
        if self.is_credit { "CreditNote" } else { "Invoice" }
    }

    /// Whether it can go through the network, which knows both parties by their endpoints (Peppol R010 and R020).
    fn is_peppol(&self) -> bool {
        self.parties.iter().all(|party| party.endpoint.is_some())
    }

    fn amount(&self, amount: &Pence) -> String {
        if self.is_credit { -*amount } else { *amount }.plain()
    }

    fn quantity(&self, quantity: &Quantity) -> String {
        if self.is_credit { -*quantity } else { *quantity }.plain()
    }
}

/// A party. What it has no words for is left out: no element is empty (Peppol R008).
struct Side {
    role: &'static str,
    /// The scheme of its address on the network, and the address.
    endpoint: Option<(String, String)>,
    /// By which a demand says who sends it, for a demand holds no VAT number (EN 16931, BR-CO-26 and BR-O-02).
    id: AuthorityId,
    name: String,
    street: Option<String>,
    more_street: Option<String>,
    town: Option<String>,
    postcode: Option<String>,
    /// What an address has besides.
    rest: Option<String>,
    vat_number: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

impl Side {
    fn of(role: &'static str, party: &Party, series: Series) -> Side {
        let mut lines: Vec<String> =
            party.address.lines.iter().filter_map(|line| some(line.of(Language::En))).collect();
        // The town stands last, unless there is but one line.
        let town = if lines.len() > 1 { lines.pop() } else { None };
        let mut lines = lines.into_iter();
        Side {
            role,
            endpoint: party.endpoint.as_deref().and_then(endpoint),
            id: party.id,
            name: one_line(&party.name),
            street: lines.next(),
            more_street: lines.next(),
            town,
            postcode: some(&party.address.postcode),
            rest: some(&lines.collect::<Vec<_>>().join(", ")),
            vat_number: party.vat_number.clone().filter(|_| series == Series::Invoice),
            phone: some(&party.phone),
            email: some(&party.email),
        }
    }
}

/// `9932:GB123456789`: the scheme of an address on the network, and the address.
fn endpoint(text: &str) -> Option<(String, String)> {
    let (scheme, id) = text.split_once(':')?;
    some(scheme).zip(some(id))
}

/// A VAT treatment in the letters of UNCL 5305.
struct Tax {
    code: &'static str,
    /// None of what is outside the scope of VAT.
    percent: Option<String>,
}

impl Tax {
    fn of(category: &VatCategory, basis_points: &i32) -> Tax {
        let code = match category {
            VatCategory::Standard | VatCategory::Reduced => "S",
            VatCategory::Zero => "Z",
            VatCategory::Exempt => "E",
            VatCategory::OutsideScope => return Tax { code: "O", percent: None },
        };
        Tax { code, percent: Some(decimal(i64::from(*basis_points), 2)) }
    }
}

/// The VAT of one treatment.
struct Group {
    tax: Tax,
    net: Pence,
    vat: Pence,
    /// Why there is none on what is exempt or outside the scope: each reason of its lines once.
    reasons: Option<String>,
}

impl Group {
    fn of(group: &VatGroup, lines: &[BilledLine]) -> Group {
        let mut reasons: Vec<String> = Vec::new();
        if matches!(group.category, VatCategory::Exempt | VatCategory::OutsideScope) {
            for vat in lines.iter().map(|billed| &billed.line.vat).filter(|vat| vat.category == group.category) {
                reasons.extend(some(&vat.reason).filter(|reason| !reasons.contains(reason)));
            }
            if reasons.is_empty() {
                reasons.push(group.label());
            }
        }
        let tax = Tax::of(&group.category, &group.basis_points);
        Group { tax, net: group.net, vat: group.vat, reasons: some(&reasons.join(" ")) }
    }
}

/// Free text in one line, without the characters that XML cannot hold.
fn one_line(text: &str) -> String {
    let held = |c: char| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c };
    text.chars().map(held).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn some(text: &str) -> Option<String> {
    Some(one_line(text)).filter(|text| !text.is_empty())
}

fn day_before(until: &Date) -> Date {
    until.yesterday().unwrap_or(*until)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use regex::Regex;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::super::model::Line;
    use super::super::model::vat_groups;
    use super::rules::{BREACHES, check, ids};
    use super::*;
    use crate::kernel::Rate;

    fn line(description: &str, quantity: &str, rate: &str, category: VatCategory) -> Line {
        let (quantity, unit_rate) = (Quantity::parse(quantity).unwrap(), Rate::parse(rate).unwrap());
        let json = json!({
            "charge": { "price": 0, "part": "units", "of": null }, "description": description, "quantity": quantity,
            "from": "2026-06-01", "until": "2026-07-01", "unit_rate": unit_rate, "net": quantity.at(unit_rate).unwrap(),
            "vat": { "category": category, "basis_points": category.basis_points(), "approver": "P. Grey",
                "reason": "The transferor decides on it by statute (Highways Act 1980, section 184)." },
            "tariff_id": Uuid::nil(), "tariff_version": 1,
        });
        serde_json::from_value(json).unwrap()
    }

    fn party(name: &str, number: &str, series: Series) -> Value {
        json!({
            "id": Uuid::from_u128(7), "name": name, "email": "income@weald.example", "phone": "01632 960 200",
            "address": { "lines": ["County Hall", "Castle Street", "Weald"], "postcode": "WE1 1AA" },
            "vat_number": (series == Series::Invoice).then_some(number), "endpoint": format!("9932:{number}"),
        })
    }

    fn document(series: Series, lines: Vec<Line>) -> Snapshot {
        let (vat, net): (Vec<VatGroup>, Pence) = (vat_groups(&lines), lines.iter().map(|line| line.net).sum());
        let vat_total: Pence = vat.iter().map(|group| group.vat).sum();
        let billed = |(line, n): (&Line, i32)| {
            let mut value = serde_json::to_value(line).unwrap();
            value["n"] = n.into();
            value["event_count"] = 0.into();
            value["event_digest"] = "".into();
            value
        };
        let json = json!({
            "series": series, "number": format!("WEA-{}-2026-0007", series.letters()), "issued_on": "2026-07-03",
            "due_on": "2026-08-02", "period_from": "2026-06-01", "period_until": "2026-07-01", "corrects": null,
            "supplier": party("Wealdshire County Council", "GB999000201", series),
            "customer": party("Marlhaven City Council", "GB999000103", series),
            "agreement": { "id": Uuid::nil(), "reference": "WCC-MCC-2026-03", "variation": 1, "title": "Reports",
                "payment_terms_days": 30, "purchase_order": "MCC-PO-88120" },
            "pay_to": { "account_name": "Wealdshire CC", "sort_code": "12-34-56", "account_number": "00123456" },
            "lines": lines.iter().zip(1..).map(billed).collect::<Vec<_>>(), "vat": vat, "net": net,
            "vat_total": vat_total, "gross": net + vat_total, "prepared_by": "A. Preparer", "approved_by": "An Approver",
        });
        serde_json::from_value(json).unwrap()
    }

    /// Every treatment that an invoice may hold; bands, a top-up, and a cap.
    fn mixed() -> Snapshot {
        let lines = vec![
            line("Pothole report: first 1,000", "1000", "1.85", VatCategory::Standard),
            line("Pothole report: 1,001 to 5,000", "4000", "1.62", VatCategory::Standard),
            line("Pothole report: above 5,000", "2321", "1.375", VatCategory::Standard),
            line("Energy advice", "12.125", "0.042137", VatCategory::Reduced),
            line("Leaflets", "1", "120", VatCategory::Zero),
            line("Teaching staff", "8", "80", VatCategory::Exempt),
            line("What the month falls short of its minimum", "1", "2123.46", VatCategory::Standard),
            line("Above the cap", "-1", "832.10", VatCategory::Standard),
        ];
        document(Series::Invoice, lines)
    }

    fn demand() -> Snapshot {
        document(Series::Demand, vec![line("Dropped kerb decided", "40", "125", VatCategory::OutsideScope)])
    }

    /// For a line of another document.
    fn credit(series: Series, category: VatCategory) -> Snapshot {
        let taken = line("Credit for line 1 of WEA-INV-2026-0003: Pothole report", "-1", "441.38", category);
        let because = "321 were counted twice";
        let json = json!({ "document_id": Uuid::nil(), "number": "WEA-INV-2026-0003", "line": 1, "because": because });
        Snapshot { corrects: serde_json::from_value(json).unwrap(), ..document(series, vec![taken]) }
    }

    /// A month that came to less than nothing, for more was taken back of earlier ones.
    fn negative() -> Snapshot {
        let of_april = |line: Line| Line { from: date(2026, 4, 13), until: date(2026, 5, 1), ..line };
        let lines = vec![
            line("Pothole report", "3", "7.425", VatCategory::Standard),
            of_april(line("Late: April 2026: Pothole report", "-40", "7.425", VatCategory::Standard)),
            of_april(line("Late: April 2026: Teaching staff", "-0.5", "80", VatCategory::Exempt)),
        ];
        document(Series::Invoice, lines)
    }

    /// What the network need not hear of is missing.
    fn bare() -> Snapshot {
        let mut bare = demand();
        bare.customer.endpoint = None;
        bare.supplier.phone = String::new();
        bare.supplier.address.lines.truncate(1);
        (bare.customer.phone, bare.customer.email) = (" ".to_owned(), String::new());
        bare.customer.address.lines.push("Wealdshire".into());
        (bare.pay_to, bare.agreement.purchase_order) = (None, None);
        bare
    }

    fn nothing() -> Snapshot {
        document(Series::Invoice, vec![line("Pothole report", "0", "7.425", VatCategory::Standard)])
    }

    fn late() -> Snapshot {
        let of_may = line("Late: May 2026: Pothole report", "20", "1.735", VatCategory::Standard);
        let of_june = line("Pothole report", "300", "1.85", VatCategory::Standard);
        document(Series::Invoice, vec![of_june, Line { from: date(2026, 5, 1), until: date(2026, 6, 1), ..of_may }])
    }

    fn has(xml: &str, part: &str) -> bool {
        xml.contains(part)
    }

    #[test]
    fn no_document_breaks_a_rule() {
        let credits = [
            (Series::Invoice, VatCategory::Standard),
            (Series::Invoice, VatCategory::Exempt),
            (Series::Demand, VatCategory::OutsideScope),
        ];
        let credits = credits.map(|(series, category)| credit(series, category));
        for snapshot in [mixed(), demand(), negative(), nothing(), late()].iter().chain(&credits) {
            let xml = ubl(snapshot).unwrap();
            assert_eq!(check(&xml), [""; 0], "{xml}");
        }
    }

    #[test]
    fn without_an_endpoint_it_is_an_invoice_by_en_16931_alone() {
        let xml = ubl(&bare()).unwrap();
        let broken: Vec<String> = check(&xml).into_iter().map(|fault| fault[..19].to_owned()).collect();
        let network = ["R001", "R004", "R007", "R010"].map(|rule| format!("PEPPOL-EN16931-{rule}"));
        assert_eq!(broken, network, "{xml}");
        assert!(has(&xml, "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>"), "{xml}");
        assert!(
            has(&xml, "<cbc:Line>Weald</cbc:Line>") && has(&xml, "<cbc:CityName>Wealdshire</cbc:CityName>"),
            "{xml}"
        );
    }

    #[test]
    fn a_draft_is_none_yet() {
        assert!(matches!(ubl(&Snapshot { number: None, ..mixed() }), Err(Error::NotFound)));
        assert!(matches!(ubl(&Snapshot { issued_on: None, ..mixed() }), Err(Error::NotFound)));
    }

    #[test]
    fn what_is_less_than_nothing_is_a_credit_note_with_its_signs_turned() {
        let xml = ubl(&credit(Series::Invoice, VatCategory::Standard)).unwrap();
        for part in [
            "<cbc:CreditNoteTypeCode>381<",
            "<cbc:CreditedQuantity unitCode=\"C62\">1<",
            "<cbc:PayableAmount currencyID=\"GBP\">529.66<",
            "<cbc:PriceAmount currencyID=\"GBP\">441.38<",
            "<cac:InvoiceDocumentReference>\n      <cbc:ID>WEA-INV-2026-0003<",
            "<cbc:Note>It corrects line 1 of WEA-INV-2026-0003: 321 were counted twice<",
            "<cbc:Note>Credited on 2 August 2026<",
        ] {
            assert!(has(&xml, part), "{part} is not in {xml}");
        }
        assert!(!has(&xml, "PaymentMeans") && !has(&xml, "DueDate"), "{xml}");
        let xml = ubl(&negative()).unwrap();
        for part in [
            "<cbc:CreditedQuantity unitCode=\"C62\">-3<",
            "<cbc:CreditedQuantity unitCode=\"C62\">40<",
            "<cbc:LineExtensionAmount currencyID=\"GBP\">-22.28<",
            "<cbc:StartDate>2026-04-13</cbc:StartDate>\n    <cbc:EndDate>2026-06-30<",
            "<cbc:Note>Settled by 2 August 2026<",
        ] {
            assert!(has(&xml, part), "{part} is not in {xml}");
        }
        assert!(!has(&xml, "BillingReference"), "{xml}");
    }

    #[test]
    fn figures_are_those_that_are_printed() {
        let xml = ubl(&mixed()).unwrap();
        for part in [
            "<cbc:PriceAmount currencyID=\"GBP\">0.042137<",
            "<cbc:InvoicedQuantity unitCode=\"C62\">12.125<",
            "<cbc:InvoicedQuantity unitCode=\"C62\">-1<",
            "<cbc:LineExtensionAmount currencyID=\"GBP\">-832.10<",
            "<cbc:PaymentID>WEA-INV-2026-0007<",
            "<cbc:ID>12345600123456</cbc:ID>\n      <cbc:Name>Wealdshire CC<",
            "<cbc:EndpointID schemeID=\"9932\">GB999000201<",
            "<cbc:CompanyID>GB999000103<",
            "<cbc:Note>Pay by 2 August 2026<",
        ] {
            assert!(has(&xml, part), "{part} is not in {xml}");
        }
        let xml = ubl(&demand()).unwrap();
        assert!(has(&xml, "<cbc:EndpointID schemeID=\"9932\">GB999000201<") && !has(&xml, "PartyTaxScheme"), "{xml}");
    }

    #[test]
    fn what_people_wrote_is_escaped() {
        let written = "<Bins> & \"drains\", O'Neill's\n]]>\u{1}\u{ffff} £5";
        let mut snapshot = mixed();
        for text in [&mut snapshot.supplier.name, &mut snapshot.lines[5].line.vat.reason, &mut snapshot.customer.email]
        {
            written.clone_into(text);
        }
        written.clone_into(&mut snapshot.lines[0].line.description);
        snapshot.agreement.purchase_order = Some(written.to_owned());
        let xml = ubl(&snapshot).unwrap();
        assert_eq!(check(&xml), [""; 0], "{xml}");
        let read = roxmltree::Document::parse(&xml).unwrap();
        let found =
            read.descendants().filter(|n| n.is_text() && n.text() == Some("<Bins> & \"drains\", O'Neill's ]]> £5"));
        assert_eq!(found.count(), 5, "{xml}");
    }

    #[test]
    fn each_rule_finds_its_breach() {
        let credited = || credit(Series::Invoice, VatCategory::Standard);
        let bases: [(&str, String); 4] = [
            ("mixed", ubl(&mixed())),
            ("demand", ubl(&demand())),
            ("credit", ubl(&credited())),
            ("late", ubl(&late())),
        ]
        .map(|(name, xml)| (name, xml.unwrap()));
        let mut missed = ids();
        for (base, rules, pattern, damage) in BREACHES {
            let whole = &bases.iter().find(|(name, _)| name == base).unwrap().1;
            let damaged = Regex::new(&format!("(?s){pattern}")).unwrap().replace(whole, *damage);
            assert_ne!(damaged, *whole, "{rules}: nothing matches {pattern}");
            let found = check(&damaged);
            for rule in rules.split(' ') {
                let id = |fault: &String| fault.split(' ').next() == Some(rule);
                assert!(found.iter().any(id), "{rule} is not among {found:?} after {pattern}");
                missed.retain(|id| *id != rule);
            }
        }
        assert_eq!(missed, [""; 0], "nothing shows that these find anything");
    }

    proptest! {
        #[test]
        fn whatever_is_billed_breaks_no_rule(
            parts in prop::collection::vec((-9_999_999i64..9_999_999, 0i64..9_999_999_999, 0usize..4), 1..9),
        ) {
            let of = |(quantity, rate, category): (i64, i64, usize)| {
                line("It", &Quantity(quantity).plain(), &Rate(rate).plain(), VatCategory::ALL[category])
            };
            let xml = ubl(&document(Series::Invoice, parts.into_iter().map(of).collect())).unwrap();
            prop_assert_eq!(check(&xml), [""; 0], "{}", xml);
        }
    }
}
