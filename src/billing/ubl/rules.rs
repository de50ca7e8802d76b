//! Every rule of EN 16931 (its schematron for UBL, 1.3.16) and of Peppol BIS Billing (3.0.19) that a document of ours can
//! touch, under the id that it has there; and the order of the schema's elements, which keeps out all others.
//!
//! They are read from the finished XML, never from what it was made of. Where the official tests allow a pound, as
//! BR-S-08 does, these allow nothing but in the VAT, of which a credit note carries what is left of the whole
//! (BR-CO-17, BR-S-09).

use jiff::civil::Date;
use roxmltree::{Document, Node};

type Rule = (&'static str, fn(Node<'_, '_>) -> bool);

/// The ids of the rules that a document breaks, each with the line of the XML where it does.
pub fn check(xml: &str) -> Vec<String> {
    let document = Document::parse(xml).expect("it is well-formed XML");
    let root = document.root_element();
    let mut broken = Vec::new();
    let mut apply = |rules: &[Rule], node: Node<'_, '_>| {
        for (id, _) in rules.iter().filter(|(_, holds)| !holds(node)) {
            broken.push(format!("{id} at line {}", document.text_pos_at(node.range().start).row));
        }
    };
    apply(ROOT, root);
    for node in document.descendants().filter(Node::is_element) {
        apply(EVERY, node);
        for (names, rules) in OF {
            if names.split(' ').any(|name| node.tag_name().name() == name) {
                apply(rules, node);
            }
        }
    }
    broken
}

/// The ids of all rules.
pub fn ids() -> Vec<&'static str> {
    let of = OF.iter().flat_map(|(_, rules)| rules.iter());
    ROOT.iter().chain(EVERY).chain(of).map(|(id, _)| *id).collect()
}

const ROOT: &[Rule] = &[
    ("BR-01", |d| has(d, "CustomizationID")),
    ("BR-02", |d| has(d, "ID")),
    ("BR-03", |d| has(d, "IssueDate")),
    ("BR-04", |d| has(d, "InvoiceTypeCode") || has(d, "CreditNoteTypeCode")),
    ("BR-05", |d| has(d, "DocumentCurrencyCode")),
    ("BR-06", |d| has(d, "AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName")),
    ("BR-07", |d| has(d, "AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName")),
    ("BR-08", |d| is(d, "AccountingSupplierParty/Party/PostalAddress")),
    ("BR-09", |d| has(d, "AccountingSupplierParty/Party/PostalAddress/Country/IdentificationCode")),
    ("BR-10", |d| is(d, "AccountingCustomerParty/Party/PostalAddress")),
    ("BR-11", |d| has(d, "AccountingCustomerParty/Party/PostalAddress/Country/IdentificationCode")),
    ("BR-16", |d| !lines(d).is_empty()),
    ("BR-29", is_forwards),
    ("BR-CO-19", is_of_days),
    ("BR-62", |d| all(d, "AccountingSupplierParty/Party/EndpointID").iter().all(|id| id.has_attribute("schemeID"))),
    ("BR-63", |d| all(d, "AccountingCustomerParty/Party/EndpointID").iter().all(|id| id.has_attribute("schemeID"))),
    ("BR-CO-15", |d| {
        let sum = |total| Some(num(total, "TaxExclusiveAmount")? + num(d, "TaxTotal/TaxAmount")?);
        all(d, "TaxTotal").len() == 1
            && at(d, "TaxTotal/TaxAmount").is_some_and(is_in_its_currency)
            && at(d, "LegalMonetaryTotal").is_some_and(|total| num(total, "TaxInclusiveAmount") == sum(total))
    }),
    ("BR-CO-18", |d| is(d, "TaxTotal/TaxSubtotal")),
    ("BR-CO-25", |d| {
        num(d, "LegalMonetaryTotal/PayableAmount").is_some_and(|due| due <= 0)
            || has(d, "DueDate")
            || has(d, "PaymentTerms/Note")
    }),
    ("BR-CO-26", |d| {
        let supplier = |path| at(d, "AccountingSupplierParty/Party").is_some_and(|party| has(party, path));
        supplier("PartyTaxScheme/CompanyID") || supplier("PartyIdentification/ID")
    }),
    ("BR-S-01", |d| {
        let standard = |nodes: Vec<Node<'_, '_>>| nodes.iter().any(|tax| text(*tax, "ID") == "S");
        standard(all(d, "TaxTotal/TaxSubtotal/TaxCategory")) == standard(taxes(d))
    }),
    ("BR-Z-01", |d| is_grouped_once(d, "Z")),
    ("BR-E-01", |d| is_grouped_once(d, "E")),
    ("BR-O-01", |d| is_grouped_once(d, "O")),
    ("BR-S-02", |d| has_number_for(d, "S")),
    ("BR-Z-02", |d| has_number_for(d, "Z")),
    ("BR-E-02", |d| has_number_for(d, "E")),
    ("BR-O-02", |d| !sells(d, "O") || !d.descendants().any(|n| n.tag_name().name() == "PartyTaxScheme")),
    ("BR-O-11", |d| {
        let groups = all(d, "TaxTotal/TaxSubtotal/TaxCategory");
        let outside = groups.iter().filter(|tax| text(**tax, "ID") == "O").count();
        outside == 0 || outside == groups.len()
    }),
    ("BR-O-12", |d| {
        let is_outside = all(d, "TaxTotal/TaxSubtotal/TaxCategory").iter().any(|tax| text(*tax, "ID") == "O");
        !is_outside || taxes(d).iter().all(|tax| text(*tax, "ID") == "O")
    }),
    ("BR-CL-04", |d| text(d, "DocumentCurrencyCode") == "GBP"),
    ("PEPPOL-EN16931-R001", |d| is(d, "ProfileID")),
    ("PEPPOL-EN16931-R002", |d| all(d, "Note").len() <= 1),
    ("PEPPOL-EN16931-R003", |d| is(d, "BuyerReference") || is(d, "OrderReference/ID")),
    ("PEPPOL-EN16931-R004", |d| {
        text(d, "CustomizationID")
            .starts_with("urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0")
    }),
    ("PEPPOL-EN16931-R007", |d| text(d, "ProfileID") == "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"),
    ("PEPPOL-EN16931-R010", |d| is(d, "AccountingCustomerParty/Party/EndpointID")),
    ("PEPPOL-EN16931-R020", |d| is(d, "AccountingSupplierParty/Party/EndpointID")),
    ("PEPPOL-EN16931-R053", |d| all(d, "TaxTotal").iter().filter(|total| is(**total, "TaxSubtotal")).count() == 1),
    ("PEPPOL-EN16931-R054", |d| all(d, "TaxTotal").iter().all(|total| is(*total, "TaxSubtotal"))),
];

const EVERY: &[Rule] = &[
    ("PEPPOL-EN16931-R008", |n| n.children().any(|c| c.is_element()) || !said(n).is_empty()),
    ("UBL-2.1", is_in_order),
];

/// By the names of the elements that they are for.
const OF: &[(&str, &[Rule])] = &[
    ("LegalMonetaryTotal", TOTALS),
    (
        "TaxTotal",
        &[
            ("BR-CO-14", |n| num(n, "TaxAmount") == Some(sum(&all(n, "TaxSubtotal"), "TaxAmount"))),
            ("BR-DEC-13", |n| is_pence(n, "TaxAmount")),
        ],
    ),
    ("TaxSubtotal", GROUP),
    ("InvoiceLine CreditNoteLine", LINE),
    (
        "PaymentMeans",
        &[
            ("BR-49", |n| is(n, "PaymentMeansCode")),
            ("BR-50", |n| !is(n, "PayeeFinancialAccount") || has(n, "PayeeFinancialAccount/ID")),
            ("BR-61", |n| text(n, "PaymentMeansCode") != "30" || is(n, "PayeeFinancialAccount/ID")),
            ("BR-CL-16", |n| text(n, "PaymentMeansCode") == "30"),
        ],
    ),
    (
        "BillingReference",
        &[("BR-55", |n| is(n, "InvoiceDocumentReference/ID")), ("UBL-SR-07", |n| is(n, "InvoiceDocumentReference/ID"))],
    ),
    (
        "PartyTaxScheme",
        &[
            ("BR-CO-09", |n| !is(n, "CompanyID") || text(n, "CompanyID").starts_with("GB")),
            ("UBL-SR-53", |n| is(n, "TaxScheme/ID") && is(n, "CompanyID")),
        ],
    ),
    (
        "TaxCategory",
        &[
            ("BR-CL-17", |n| matches!(text(n, "ID"), "S" | "Z" | "E" | "O")),
            ("PEPPOL-EN16931-P0105", |n| text(n, "TaxExemptionReasonCode") != "VATEX-EU-O" || text(n, "ID") == "O"),
        ],
    ),
    ("ClassifiedTaxCategory", &[("BR-CL-18", |n| matches!(text(n, "ID"), "S" | "Z" | "E" | "O"))]),
    ("InvoiceTypeCode", &[("BR-CL-01", |n| said(n) == "380"), ("PEPPOL-EN16931-P0100", |n| said(n) == "380")]),
    ("CreditNoteTypeCode", &[("BR-CL-01", |n| said(n) == "381"), ("PEPPOL-EN16931-P0101", |n| said(n) == "381")]),
    ("IdentificationCode", &[("BR-CL-14", |n| said(n) == "GB")]),
    ("PartyIdentification", &[("BR-CL-10", |n| at(n, "ID").is_some_and(|id| !id.has_attribute("schemeID")))]),
    ("TaxExemptionReasonCode", &[("BR-CL-22", |n| said(n) == "VATEX-EU-O")]),
    ("InvoicedQuantity CreditedQuantity", &[("BR-CL-23", |n| n.attribute("unitCode") == Some("C62"))]),
    ("EndpointID", &[("BR-CL-25", is_of_a_scheme), ("PEPPOL-EN16931-CL008", is_of_a_scheme)]),
    (
        "IssueDate DueDate StartDate EndDate",
        &[("PEPPOL-EN16931-F001", |n| said(n).len() == 10 && said(n).parse::<Date>().is_ok())],
    ),
    (
        "PriceAmount TaxAmount TaxableAmount LineExtensionAmount TaxExclusiveAmount TaxInclusiveAmount PayableAmount",
        &[
            ("BR-CL-03", is_in_pounds),
            ("PEPPOL-EN16931-R051", is_in_its_currency),
            ("PEPPOL-EN16931-CL007", is_in_pounds),
        ],
    ),
    (
        "TaxAmount TaxableAmount LineExtensionAmount TaxExclusiveAmount TaxInclusiveAmount PayableAmount",
        &[("UBL-DT-01", |n| decimals(said(n)) <= 2)],
    ),
];

const TOTALS: &[Rule] = &[
    ("BR-12", |n| is(n, "LineExtensionAmount")),
    ("BR-13", |n| is(n, "TaxExclusiveAmount")),
    ("BR-14", |n| is(n, "TaxInclusiveAmount")),
    ("BR-15", |n| is(n, "PayableAmount")),
    ("BR-CO-10", |n| num(n, "LineExtensionAmount") == Some(sum(&lines(document_of(n)), "LineExtensionAmount"))),
    ("BR-CO-13", |n| num(n, "TaxExclusiveAmount") == num(n, "LineExtensionAmount")),
    ("BR-CO-16", |n| num(n, "PayableAmount") == num(n, "TaxInclusiveAmount")),
    ("BR-DEC-09", |n| is_pence(n, "LineExtensionAmount")),
    ("BR-DEC-12", |n| is_pence(n, "TaxExclusiveAmount")),
    ("BR-DEC-14", |n| is_pence(n, "TaxInclusiveAmount")),
    ("BR-DEC-18", |n| is_pence(n, "PayableAmount")),
];

const GROUP: &[Rule] = &[
    ("BR-45", |n| is(n, "TaxableAmount")),
    ("BR-46", |n| is(n, "TaxAmount")),
    ("BR-47", |n| is(n, "TaxCategory/ID") && text(n, "TaxCategory/TaxScheme/ID") == "VAT"),
    ("BR-48", |n| is(n, "TaxCategory/Percent") || text(n, "TaxCategory/ID") == "O"),
    ("BR-CO-17", |n| is_the_vat(n)),
    ("BR-DEC-19", |n| is_pence(n, "TaxableAmount")),
    ("BR-DEC-20", |n| is_pence(n, "TaxAmount")),
    ("BR-S-08", |n| is_the_sum(n, "S")),
    ("BR-Z-08", |n| is_the_sum(n, "Z")),
    ("BR-E-08", |n| is_the_sum(n, "E")),
    ("BR-O-08", |n| is_the_sum(n, "O")),
    ("BR-S-09", |n| is_the_vat(n) || text(n, "TaxCategory/ID") != "S"),
    ("BR-Z-09", |n| has_no_vat(n, "Z")),
    ("BR-E-09", |n| has_no_vat(n, "E")),
    ("BR-O-09", |n| has_no_vat(n, "O")),
    ("BR-S-10", |n| text(n, "TaxCategory/ID") != "S" || !has_reason(n)),
    ("BR-Z-10", |n| text(n, "TaxCategory/ID") != "Z" || !has_reason(n)),
    ("BR-E-10", |n| text(n, "TaxCategory/ID") != "E" || has_reason(n)),
    ("BR-O-10", |n| text(n, "TaxCategory/ID") != "O" || has_reason(n)),
];

const LINE: &[Rule] = &[
    ("BR-21", |n| has(n, "ID")),
    ("BR-22", |n| quantity(n).is_some()),
    ("BR-23", |n| quantity(n).is_some_and(|quantity| quantity.has_attribute("unitCode"))),
    ("BR-24", |n| is(n, "LineExtensionAmount")),
    ("BR-25", |n| has(n, "Item/Name")),
    ("BR-26", |n| is(n, "Price/PriceAmount")),
    ("BR-27", |n| num(n, "Price/PriceAmount").is_some_and(|price| price >= 0)),
    ("BR-30", is_forwards),
    ("BR-CO-20", is_of_days),
    ("BR-CO-04", |n| has(n, "Item/ClassifiedTaxCategory/ID") && text(n, SCHEME) == "VAT"),
    ("BR-DEC-23", |n| is_pence(n, "LineExtensionAmount")),
    ("BR-S-05", |n| text(n, TAX) != "S" || num(n, PERCENT).is_some_and(|percent| percent > 0)),
    ("BR-Z-05", |n| text(n, TAX) != "Z" || num(n, PERCENT) == Some(0)),
    ("BR-E-05", |n| text(n, TAX) != "E" || num(n, PERCENT) == Some(0)),
    ("BR-O-05", |n| text(n, TAX) != "O" || !is(n, PERCENT)),
    ("UBL-SR-48", |n| all(n, "Item/ClassifiedTaxCategory").len() == 1),
    ("PEPPOL-EN16931-R110", |n| text(n, "InvoicePeriod/StartDate") >= text(document_of(n), "InvoicePeriod/StartDate")),
    ("PEPPOL-EN16931-R111", |n| text(n, "InvoicePeriod/EndDate") <= text(document_of(n), "InvoicePeriod/EndDate")),
    ("PEPPOL-EN16931-R120", |n| {
        let parts = quantity(n).and_then(|quantity| millionths(said(quantity))).zip(num(n, "Price/PriceAmount"));
        let product = parts.map(|(quantity, price)| quantity * price);
        let net = num(n, "LineExtensionAmount").map(|net| net * MILLION);
        product.zip(net).is_some_and(|(product, net)| (product - net).abs() <= MILLION * MILLION / 50)
    }),
];

const TAX: &str = "Item/ClassifiedTaxCategory/ID";
const PERCENT: &str = "Item/ClassifiedTaxCategory/Percent";
const SCHEME: &str = "Item/ClassifiedTaxCategory/TaxScheme/ID";
const MILLION: i128 = 1_000_000;

/// Electronic address schemes.
const SCHEMES: &str = "\
     0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 \
     0188 0190 0191 0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 \
     0212 0213 0215 0216 0217 0218 0221 0225 0230 0235 0240 9910 9913 9914 9915 9918 9919 9920 9922 9923 \
     9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 \
     9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959";

/// What stands in what, in this order: `?` may be missing, `+` may be there again.
const ORDER: &[(&str, &str)] = &[
    (
        "Invoice",
        "CustomizationID ProfileID? ID IssueDate DueDate? InvoiceTypeCode Note? DocumentCurrencyCode BuyerReference \
         InvoicePeriod OrderReference? ContractDocumentReference AccountingSupplierParty AccountingCustomerParty \
         PaymentMeans? PaymentTerms? TaxTotal LegalMonetaryTotal InvoiceLine+",
    ),
    (
        "CreditNote",
        "CustomizationID ProfileID? ID IssueDate CreditNoteTypeCode Note? DocumentCurrencyCode BuyerReference \
         InvoicePeriod OrderReference? BillingReference? ContractDocumentReference AccountingSupplierParty \
         AccountingCustomerParty PaymentTerms? TaxTotal LegalMonetaryTotal CreditNoteLine+",
    ),
    ("InvoicePeriod", "StartDate EndDate"),
    ("OrderReference", "ID"),
    ("BillingReference", "InvoiceDocumentReference"),
    ("InvoiceDocumentReference", "ID"),
    ("ContractDocumentReference", "ID"),
    ("AccountingSupplierParty", "Party"),
    ("AccountingCustomerParty", "Party"),
    ("Party", "EndpointID? PartyIdentification PostalAddress PartyTaxScheme? PartyLegalEntity Contact?"),
    ("PartyIdentification", "ID"),
    ("PostalAddress", "StreetName? AdditionalStreetName? CityName? PostalZone? AddressLine? Country"),
    ("AddressLine", "Line"),
    ("Country", "IdentificationCode"),
    ("PartyTaxScheme", "CompanyID TaxScheme"),
    ("TaxScheme", "ID"),
    ("PartyLegalEntity", "RegistrationName"),
    ("Contact", "Telephone? ElectronicMail?"),
    ("PaymentMeans", "PaymentMeansCode PaymentID PayeeFinancialAccount"),
    ("PayeeFinancialAccount", "ID Name"),
    ("PaymentTerms", "Note"),
    ("TaxTotal", "TaxAmount TaxSubtotal+"),
    ("TaxSubtotal", "TaxableAmount TaxAmount TaxCategory"),
    ("TaxCategory", "ID Percent? TaxExemptionReasonCode? TaxExemptionReason? TaxScheme"),
    ("LegalMonetaryTotal", "LineExtensionAmount TaxExclusiveAmount TaxInclusiveAmount PayableAmount"),
    ("InvoiceLine", "ID InvoicedQuantity LineExtensionAmount InvoicePeriod Item Price"),
    ("CreditNoteLine", "ID CreditedQuantity LineExtensionAmount InvoicePeriod Item Price"),
    ("Item", "Name ClassifiedTaxCategory"),
    ("ClassifiedTaxCategory", "ID Percent? TaxScheme"),
    ("Price", "PriceAmount"),
];

fn is_in_order(node: Node<'_, '_>) -> bool {
    let name = node.tag_name().name();
    let order = ORDER.iter().find(|(parent, _)| *parent == name).map(|(_, order)| *order);
    let namespace = match order {
        _ if node == document_of(node) => format!("{name}-2"),
        Some(_) => "CommonAggregateComponents-2".to_owned(),
        None => "CommonBasicComponents-2".to_owned(),
    };
    let mut children = node.children().filter(Node::is_element).map(|child| child.tag_name().name()).peekable();
    for part in order.unwrap_or_default().split_whitespace() {
        let wanted = part.trim_end_matches(['?', '+']);
        if children.next_if_eq(&wanted).is_none() && !part.ends_with('?') {
            return false;
        }
        while part.ends_with('+') && children.next_if_eq(&wanted).is_some() {}
    }
    let expected = format!("urn:oasis:names:specification:ubl:schema:xsd:{namespace}");
    children.next().is_none() && node.tag_name().namespace() == Some(&expected)
}

fn document_of<'a, 'i>(node: Node<'a, 'i>) -> Node<'a, 'i> {
    node.document().root_element()
}

/// The elements at a path of local names.
fn all<'a, 'i>(node: Node<'a, 'i>, path: &str) -> Vec<Node<'a, 'i>> {
    path.split('/').fold(vec![node], |nodes, name| {
        nodes.iter().flat_map(Node::children).filter(|child| child.tag_name().name() == name).collect()
    })
}

fn at<'a, 'i>(node: Node<'a, 'i>, path: &str) -> Option<Node<'a, 'i>> {
    all(node, path).first().copied()
}

fn is(node: Node<'_, '_>, path: &str) -> bool {
    at(node, path).is_some()
}

fn has(node: Node<'_, '_>, path: &str) -> bool {
    !text(node, path).is_empty()
}

fn said<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

fn text<'a>(node: Node<'a, '_>, path: &str) -> &'a str {
    at(node, path).map(said).unwrap_or_default()
}

fn num(node: Node<'_, '_>, path: &str) -> Option<i128> {
    at(node, path).and_then(|found| millionths(said(found)))
}

fn sum(nodes: &[Node<'_, '_>], path: &str) -> i128 {
    nodes.iter().filter_map(|node| num(*node, path)).sum()
}

fn millionths(text: &str) -> Option<i128> {
    let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
    let (whole, part) = size.split_once('.').unwrap_or((size, ""));
    let is_decimal =
        !whole.is_empty() && part.len() <= 6 && format!("{whole}{part}").bytes().all(|b| b.is_ascii_digit());
    if is_decimal { format!("{whole}{part:0<6}").parse::<i128>().ok().map(|size| sign * size) } else { None }
}

fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, part)| part.len())
}

fn is_pence(node: Node<'_, '_>, path: &str) -> bool {
    decimals(text(node, path)) <= 2
}

fn lines<'a, 'i>(document: Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
    [all(document, "InvoiceLine"), all(document, "CreditNoteLine")].concat()
}

fn quantity<'a, 'i>(line: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    at(line, "InvoicedQuantity").or_else(|| at(line, "CreditedQuantity"))
}

/// The VAT treatments of the lines.
fn taxes<'a, 'i>(document: Node<'a, 'i>) -> Vec<Node<'a, 'i>> {
    lines(document).into_iter().filter_map(|line| at(line, "Item/ClassifiedTaxCategory")).collect()
}

fn sells(document: Node<'_, '_>, code: &str) -> bool {
    taxes(document).iter().any(|tax| text(*tax, "ID") == code)
}

fn is_grouped_once(document: Node<'_, '_>, code: &str) -> bool {
    let groups = all(document, "TaxTotal/TaxSubtotal/TaxCategory");
    let found = groups.iter().filter(|tax| text(**tax, "ID") == code).count();
    found == usize::from(found > 0 || sells(document, code))
}

fn has_number_for(document: Node<'_, '_>, code: &str) -> bool {
    !sells(document, code) || is(document, "AccountingSupplierParty/Party/PartyTaxScheme/CompanyID")
}

/// Whether a group of this code comes to its lines.
fn is_the_sum(group: Node<'_, '_>, code: &str) -> bool {
    let percent = num(group, "TaxCategory/Percent");
    let of_it: Vec<Node<'_, '_>> = lines(document_of(group))
        .into_iter()
        .filter(|line| text(*line, TAX) == code && num(*line, PERCENT) == percent)
        .collect();
    let is_of_it = text(group, "TaxCategory/ID") == code;
    !is_of_it || num(group, "TaxableAmount") == Some(sum(&of_it, "LineExtensionAmount"))
}

/// Whether a group's VAT is its net times its rate, within a pound.
fn is_the_vat(group: Node<'_, '_>) -> bool {
    let percent = num(group, "TaxCategory/Percent").unwrap_or(0);
    let Some((net, vat)) = num(group, "TaxableAmount").zip(num(group, "TaxAmount")) else { return false };
    let off = vat * 100 * MILLION - net * percent;
    if percent == 0 { vat == 0 } else { off.abs() < 100 * MILLION * MILLION }
}

fn has_no_vat(group: Node<'_, '_>, code: &str) -> bool {
    text(group, "TaxCategory/ID") != code || num(group, "TaxAmount") == Some(0)
}

fn has_reason(group: Node<'_, '_>) -> bool {
    is(group, "TaxCategory/TaxExemptionReason") || is(group, "TaxCategory/TaxExemptionReasonCode")
}

fn is_of_days(of: Node<'_, '_>) -> bool {
    is(of, "InvoicePeriod/StartDate") || is(of, "InvoicePeriod/EndDate")
}

fn is_forwards(of: Node<'_, '_>) -> bool {
    let (start, end) = (text(of, "InvoicePeriod/StartDate"), text(of, "InvoicePeriod/EndDate"));
    start.is_empty() || end.is_empty() || start <= end
}

fn is_in_its_currency(amount: Node<'_, '_>) -> bool {
    amount.attribute("currencyID") == Some(text(document_of(amount), "DocumentCurrencyCode"))
}

fn is_in_pounds(amount: Node<'_, '_>) -> bool {
    amount.attribute("currencyID") == Some("GBP")
}

fn is_of_a_scheme(id: Node<'_, '_>) -> bool {
    id.attribute("schemeID").is_some_and(|scheme| SCHEMES.split(' ').any(|known| known == scheme))
}

const NUMBERED: &str = "<cac:PartyTaxScheme><cbc:CompanyID>GB999000201</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID>\
     </cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity>";

/// Which rules are broken by what in which document: each of them somewhere.
pub const BREACHES: &[(&str, &str, &str, &str)] = &[
    ("mixed", "BR-01 PEPPOL-EN16931-R004", "<cbc:CustomizationID>.*?</cbc:CustomizationID>", ""),
    ("mixed", "PEPPOL-EN16931-R001 PEPPOL-EN16931-R007", "<cbc:ProfileID>.*?</cbc:ProfileID>", ""),
    ("mixed", "BR-02", "<cbc:ID>WEA-INV-2026-0007</cbc:ID>", ""),
    ("mixed", "BR-03 UBL-2.1", "<cbc:IssueDate>.*?</cbc:IssueDate>", ""),
    ("mixed", "PEPPOL-EN16931-F001", "<cbc:IssueDate>.*?<", "<cbc:IssueDate>3.07.2026.<"),
    ("mixed", "BR-04", "<cbc:InvoiceTypeCode>.*?</cbc:InvoiceTypeCode>", ""),
    ("mixed", "BR-CL-01 PEPPOL-EN16931-P0100", "TypeCode>380", "TypeCode>381"),
    ("credit", "BR-CL-01 PEPPOL-EN16931-P0101", "TypeCode>381", "TypeCode>380"),
    ("mixed", "BR-05", "<cbc:DocumentCurrencyCode>GBP</cbc:DocumentCurrencyCode>", ""),
    ("mixed", "BR-CL-04 BR-CO-15 PEPPOL-EN16931-R051", "CurrencyCode>GBP", "CurrencyCode>UKP"),
    ("mixed", "BR-CL-03 PEPPOL-EN16931-R051 PEPPOL-EN16931-CL007", "PayableAmount currencyID=\"GBP\"", "PayableAmount"),
    ("credit", "PEPPOL-EN16931-R002", "<cbc:Note>", "<cbc:Note>One.</cbc:Note><cbc:Note>"),
    ("late", "PEPPOL-EN16931-R003", "<cbc:BuyerReference>.*?</cac:InvoicePeriod>.*?</cac:OrderReference>", ""),
    ("mixed", "BR-06 PEPPOL-EN16931-R008", "<cbc:RegistrationName>Weald.*?<", "<cbc:RegistrationName><"),
    ("mixed", "BR-07", "<cbc:RegistrationName>Marl.*?<", "<cbc:RegistrationName><"),
    ("mixed", "BR-08", "<cac:PostalAddress>.*?</cac:PostalAddress>", ""),
    ("mixed", "BR-09", "<cbc:IdentificationCode>GB</cbc:IdentificationCode>", ""),
    ("mixed", "BR-10", "(Customer.*?)<cac:PostalAddress>.*?</cac:PostalAddress>", "$1"),
    ("mixed", "BR-11", "(Customer.*?)<cbc:IdentificationCode>GB</cbc:IdentificationCode>", "$1"),
    ("mixed", "BR-CL-14", "Code>GB<", "Code>UK<"),
    ("mixed", "PEPPOL-EN16931-R020", "<cbc:EndpointID.*?</cbc:EndpointID>", ""),
    ("mixed", "PEPPOL-EN16931-R010", "(Customer.*?)<cbc:EndpointID.*?</cbc:EndpointID>", "$1"),
    ("mixed", "BR-62 BR-CL-25 PEPPOL-EN16931-CL008", " schemeID=\"9932\"", ""),
    ("mixed", "BR-63", "(Customer.*?) schemeID=\"9932\"", "$1"),
    ("mixed", "BR-CL-25 PEPPOL-EN16931-CL008", "schemeID=\"9932\"", "schemeID=\"GB:VAT\""),
    ("mixed", "BR-CL-10", "Identification>(.*?)<cbc:ID>", "Identification>$1<cbc:ID schemeID=\"UUID\">"),
    ("demand", "BR-CO-26", "<cac:PartyIdentification>.*?</cac:PartyIdentification>", ""),
    ("mixed", "BR-CO-09", "CompanyID>GB", "CompanyID>"),
    ("mixed", "UBL-SR-53", "<cbc:CompanyID>.*?</cbc:CompanyID>", ""),
    ("mixed", "BR-S-02 BR-Z-02 BR-E-02", "<cac:PartyTaxScheme>.*?</cac:PartyTaxScheme>", ""),
    ("demand", "BR-O-02", "<cac:PartyLegalEntity>", NUMBERED),
    ("mixed", "BR-CO-25", "<cbc:DueDate>.*?</cbc:DueDate>(.*)<cac:PaymentTerms>.*?</cac:PaymentTerms>", "$1"),
    ("mixed", "BR-49", "<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>", ""),
    ("mixed", "BR-CL-16", "MeansCode>30", "MeansCode>BACS"),
    ("mixed", "BR-50", "<cbc:ID>12345600123456</cbc:ID>", ""),
    ("mixed", "BR-61", "<cac:PayeeFinancialAccount>.*?</cac:PayeeFinancialAccount>", ""),
    ("credit", "BR-55 UBL-SR-07", "<cac:InvoiceDocumentReference>.*?</cac:InvoiceDocumentReference>", ""),
    ("mixed", "BR-29", "StartDate>2026-06-01", "StartDate>2026-07-01"),
    ("mixed", "BR-30", "(Line>.*?StartDate>)2026-06-01", "${1}2026-07-01"),
    ("mixed", "BR-CO-19", "<cbc:StartDate>.*?</cbc:EndDate>", ""),
    ("mixed", "BR-CO-20", "(Line>.*?)<cbc:StartDate>.*?</cbc:EndDate>", "$1"),
    ("late", "PEPPOL-EN16931-R110", "StartDate>2026-05-01", "StartDate>2026-06-01"),
    ("late", "PEPPOL-EN16931-R111", "EndDate>2026-06-30", "EndDate>2026-06-29"),
    ("mixed", "BR-16", "<cac:InvoiceLine>.*</cac:InvoiceLine>", ""),
    ("mixed", "BR-21", "(<cac:InvoiceLine>\\s*)<cbc:ID>1</cbc:ID>", "$1"),
    ("mixed", "BR-22 BR-23", "<cbc:InvoicedQuantity.*?</cbc:InvoicedQuantity>", ""),
    ("mixed", "BR-23", " unitCode=\"C62\"", ""),
    ("mixed", "BR-CL-23", "unitCode=\"C62\"", "unitCode=\"EACH\""),
    ("mixed", "BR-24", "(Quantity>\\s*)<cbc:LineExtensionAmount.*?</cbc:LineExtensionAmount>", "$1"),
    ("mixed", "BR-25", "<cbc:Name>Pothole.*?</cbc:Name>", ""),
    ("mixed", "BR-26 BR-27", "<cbc:PriceAmount.*?</cbc:PriceAmount>", ""),
    ("mixed", "BR-27 PEPPOL-EN16931-R120", "(<cbc:PriceAmount currencyID=\"GBP\">)", "$1-"),
    ("mixed", "PEPPOL-EN16931-R120", "\"C62\">1000<", "\"C62\">1000.02<"),
    ("mixed", "BR-CO-04 UBL-SR-48", "<cac:ClassifiedTaxCategory>.*?</cac:ClassifiedTaxCategory>", ""),
    ("mixed", "BR-CL-18 BR-S-08", "(<cac:ClassifiedTaxCategory>\\s*<cbc:ID>)S", "${1}AA"),
    ("mixed", "BR-DEC-23 UBL-DT-01 BR-CO-10", "1850.00(.*?InvoicePeriod)", "1850.001$1"),
    ("mixed", "BR-12 BR-CO-10 BR-CO-13", "(Total>\\s*)<cbc:LineExtensionAmount.*?</cbc:LineExtensionAmount>", "$1"),
    ("mixed", "BR-13 BR-CO-13", "<cbc:TaxExclusiveAmount.*?</cbc:TaxExclusiveAmount>", ""),
    ("mixed", "BR-14 BR-CO-15 BR-CO-16", "<cbc:TaxInclusiveAmount.*?</cbc:TaxInclusiveAmount>", ""),
    ("mixed", "BR-15 BR-CO-16", "<cbc:PayableAmount.*?</cbc:PayableAmount>", ""),
    ("mixed", "BR-DEC-09", "(Total>\\s*<cbc:LineExtensionAmount.*?)<", "${1}0<"),
    ("mixed", "BR-DEC-12", "(<cbc:TaxExclusiveAmount.*?)<", "${1}0<"),
    ("mixed", "BR-DEC-14", "(<cbc:TaxInclusiveAmount.*?)<", "${1}0<"),
    ("mixed", "BR-DEC-18", "(<cbc:PayableAmount.*?)<", "${1}0<"),
    ("late", "BR-CO-14 BR-CO-15", "(<cac:TaxTotal>\\s*<cbc:TaxAmount currencyID=\"GBP\">)", "${1}1"),
    ("late", "BR-DEC-13", "(<cac:TaxTotal>\\s*<cbc:TaxAmount[^<]*)", "${1}0"),
    ("mixed", "BR-CO-18 PEPPOL-EN16931-R053 PEPPOL-EN16931-R054", "<cac:TaxSubtotal>.*</cac:TaxSubtotal>", ""),
    ("mixed", "BR-45", "<cbc:TaxableAmount.*?</cbc:TaxableAmount>", ""),
    ("mixed", "BR-46", "(</cbc:TaxableAmount>\\s*)<cbc:TaxAmount.*?</cbc:TaxAmount>", "$1"),
    ("mixed", "BR-47", "(<cac:TaxCategory>\\s*)<cbc:ID>S</cbc:ID>", "$1"),
    ("mixed", "BR-48", "(<cac:TaxCategory>\\s*<cbc:ID>S</cbc:ID>\\s*)<cbc:Percent>20</cbc:Percent>", "$1"),
    ("mixed", "BR-DEC-19", "(<cbc:TaxableAmount[^<]*)", "${1}0"),
    ("mixed", "BR-DEC-20", "(TaxableAmount>\\s*<cbc:TaxAmount[^<]*)", "${1}0"),
    ("late", "BR-CL-17 BR-S-01", "(<cac:TaxCategory>\\s*<cbc:ID>)S", "${1}AA"),
    ("late", "BR-S-05 BR-S-08", "(<cac:ClassifiedTaxCategory>\\s*<cbc:ID>S</cbc:ID>\\s*<cbc:Percent>)20", "${1}0"),
    ("late", "BR-S-09 BR-CO-17", "(<cac:TaxCategory>\\s*<cbc:ID>S</cbc:ID>\\s*<cbc:Percent>)20", "${1}30"),
    (
        "late",
        "BR-S-10",
        "(<cac:TaxCategory>.*?</cbc:Percent>)",
        "$1<cbc:TaxExemptionReason>It</cbc:TaxExemptionReason>",
    ),
    ("mixed", "BR-Z-01 BR-E-01 BR-E-08", "(<cac:TaxCategory>\\s*<cbc:ID>)Z", "${1}E"),
    ("mixed", "BR-Z-05", "(<cac:ClassifiedTaxCategory>\\s*<cbc:ID>Z</cbc:ID>\\s*<cbc:Percent>)0", "${1}5"),
    ("mixed", "BR-Z-08", "(<cbc:TaxableAmount currencyID=\"GBP\">)120.00", "${1}120.01"),
    ("mixed", "BR-Z-09 BR-CO-17", "(>120.00</cbc:TaxableAmount>\\s*<cbc:TaxAmount currencyID=\"GBP\">)0", "${1}1"),
    (
        "mixed",
        "BR-Z-10",
        "(<cbc:ID>Z</cbc:ID>\\s*<cbc:Percent>0<.*?>)",
        "$1<cbc:TaxExemptionReason>It</cbc:TaxExemptionReason>",
    ),
    ("mixed", "BR-E-05", "(<cac:ClassifiedTaxCategory>\\s*<cbc:ID>E</cbc:ID>\\s*<cbc:Percent>)0", "${1}5"),
    ("mixed", "BR-E-09 BR-CO-17", "(>640.00</cbc:TaxableAmount>\\s*<cbc:TaxAmount currencyID=\"GBP\">)0", "${1}1"),
    ("mixed", "BR-E-10", "<cbc:TaxExemptionReason>.*?</cbc:TaxExemptionReason>", ""),
    ("demand", "BR-O-01 BR-CL-17 PEPPOL-EN16931-P0105", "(<cac:TaxCategory>\\s*<cbc:ID>)O", "${1}AA"),
    ("demand", "BR-O-05", "(<cac:ClassifiedTaxCategory>\\s*<cbc:ID>O</cbc:ID>)", "$1<cbc:Percent>0</cbc:Percent>"),
    ("demand", "BR-O-08", "(<cbc:TaxableAmount currencyID=\"GBP\">)5000.00", "${1}5000.01"),
    ("demand", "BR-O-09 BR-CO-14", "(TaxableAmount>\\s*<cbc:TaxAmount currencyID=\"GBP\">)0", "${1}1"),
    ("demand", "BR-O-10", "<cbc:TaxExemptionReasonCode>.*</cbc:TaxExemptionReason>", ""),
    ("demand", "BR-O-11", "(<cac:TaxSubtotal>.*)(<cbc:ID>)O(<.*</cac:TaxSubtotal>)", "$1${2}O$3$1${2}Z$3"),
    ("demand", "BR-O-12", "(<cac:ClassifiedTaxCategory>\\s*<cbc:ID>)O", "${1}Z"),
    ("demand", "BR-CL-22", "VATEX-EU-O", "VATEX-GB-O"),
];
