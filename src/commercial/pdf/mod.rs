//! An issued bill as a file to keep and to send on: A4, in English or Welsh, readable aloud (PDF/UA-1). It holds what the
//! snapshot holds and nothing else, so that the same snapshot has the same bytes at any time.

mod font;
mod page;
mod table;

use jiff::civil::Date;
use krilla::tagging::Tag;

use self::font::Twips;
use self::page::{About, Shade, Sheets, Slot, Style, THICK};
use super::document::Paper;
use crate::billing::{Party, Series, Snapshot, Vat, VatCategory, year_label};
use crate::kernel::money::decimal;
use crate::kernel::time::date_in;
use crate::kernel::{Language, Pence};
use crate::platform::{Error, Result};
use crate::site::Texts;

/// Where the sum at the top begins.
const SUM: Slot = Slot { x: 6_200, width: 4_572, ends: true };

/// How high the part is that says how to pay, which stays together.
const PAYMENT: Twips = 1_900;

/// A bill as PDF.
///
/// # Errors
/// [`Error::NotFound`] for a draft, which nobody files.
pub(super) fn pdf(paper: &Paper, t: Texts) -> Result<Vec<u8>> {
    let bill = Bill::of(paper, t)?;
    let foot =
        |sheet: usize, of: usize| t.with("print-page", &[("page", &sheet.to_string()), ("pages", &of.to_string())]);
    bill.lay_out().write_pdf(&bill.about(), foot)
}

/// A bill being printed.
struct Bill<'a> {
    snapshot: &'a Snapshot,
    number: &'a str,
    issued_on: Date,
    due_on: Date,
    sha256: &'a str,
    id: String,
    t: Texts,
}

impl<'a> Bill<'a> {
    fn of(paper: &'a Paper, t: Texts) -> Result<Bill<'a>> {
        let snapshot = &paper.snapshot;
        match (&snapshot.number, snapshot.issued_on, snapshot.due_on, &paper.sha256) {
            (Some(number), Some(issued_on), Some(due_on), Some(sha256)) => {
                Ok(Bill { snapshot, number, issued_on, due_on, sha256, id: paper.id.to_string(), t })
            }
            _ => Err(Error::NotFound),
        }
    }

    fn about(&self) -> About {
        About {
            title: format!("{} {}", self.kind(), self.number),
            language: self.t.language().code(),
            author: self.snapshot.supplier.name.clone(),
            on: self.issued_on,
            id: format!("{}/{}", self.id, self.t.language().code()),
        }
    }

    /// `Invoice`, `Demand`, or `Credit note` where it comes to less than nothing.
    fn kind(&self) -> String {
        self.t.get(match self.snapshot.series {
            _ if self.snapshot.gross < Pence(0) => "print-credit-note",
            Series::Invoice => "print-invoice",
            Series::Demand => "print-demand",
        })
    }

    fn date(&self, date: Date) -> String {
        date_in(self.t.language(), date)
    }

    /// `1 to 31 October 2026`.
    fn period(&self) -> String {
        let (from, until) = (self.snapshot.period_from, self.snapshot.period_until);
        let last = until.yesterday().unwrap_or(until);
        let first = match () {
            () if from == last => return self.date(last),
            () if (from.year(), from.month()) == (last.year(), last.month()) => from.day().to_string(),
            () => self.date(from),
        };
        self.t.with("print-period-days", &[("from", &first), ("last", &self.date(last))])
    }

    /// `VAT at 20%`, `Exempt from VAT`.
    fn vat_label(&self, category: VatCategory, basis_points: i32) -> String {
        match category {
            VatCategory::Standard | VatCategory::Reduced | VatCategory::Zero => {
                self.t.one("print-vat-rate", "rate", decimal(i64::from(basis_points), 2))
            }
            VatCategory::Exempt => self.t.get("print-vat-exempt"),
            VatCategory::OutsideScope => self.t.get("print-vat-outside"),
        }
    }

    /// The language of what is printed as it was stored, where that is not the document's: tariffs and reasons are English.
    fn stored(&self) -> Option<&'static str> {
        (self.t.language() != Language::En).then_some(Language::En.code())
    }

    fn lay_out(&self) -> Sheets {
        let mut sheets = Sheets::new();
        self.lay_out_title(&mut sheets);
        sheets.beside(Slot::columns::<3>(), |sheets, n, slot| match n {
            0 => self.lay_out_party(sheets, slot, "print-supplier", &self.snapshot.supplier),
            1 => self.lay_out_party(sheets, slot, "print-customer", &self.snapshot.customer),
            _ => self.lay_out_facts(sheets, slot),
        });
        self.lay_out_correction(&mut sheets);
        sheets.section(&self.t.get("print-lines"));
        table::lay_out(self, &mut sheets);
        self.lay_out_shared(&mut sheets);
        if self.snapshot.series == Series::Demand {
            sheets.skip(120);
            sheets.paragraph(Slot::WHOLE, &self.t.get("print-demand-note"), Style::TEXT, None);
        }
        self.lay_out_payment(&mut sheets);
        self.lay_out_treatments(&mut sheets);
        self.lay_out_record(&mut sheets);
        sheets
    }

    /// What it is, and what it comes to.
    fn lay_out_title(&self, sheets: &mut Sheets) {
        let kind = self.kind();
        let left = Slot { width: SUM.x - Slot::WHOLE.x - 200, ..Slot::WHOLE };
        sheets.beside([left, SUM], |sheets, n, slot| {
            if n == 0 {
                sheets.heading(1, slot, &[(&kind, Style::TITLE), (self.number, Style::NUMBER)]);
                return;
            }
            let by = match () {
                () if self.snapshot.corrects.is_some() => "print-credited",
                () if self.snapshot.gross < Pence(0) => "print-settled",
                () => "print-to-pay",
            };
            sheets.skip(110);
            sheets.paragraph(slot, &self.t.one(by, "date", self.date(self.due_on)), Style::TEXT, None);
            sheets.paragraph(slot, &self.snapshot.gross.to_string(), Style::SUM, None);
        });
        sheets.skip(160);
        sheets.rule(THICK, Shade::Ink);
        sheets.skip(220);
    }

    fn lay_out_party(&self, sheets: &mut Sheets, slot: Slot, key: &str, party: &Party) {
        sheets.heading(2, slot, &[(&self.t.get(key), Style::HEADING)]);
        sheets.skip(40);
        sheets.paragraph(slot, &party.name, Style::STRONG, None);
        let address = party.address.lines.iter().map(|line| line.of(self.t.language()));
        let mut lines: Vec<&str> = address.chain([party.address.postcode.as_str()]).collect();
        lines.retain(|line| !line.trim().is_empty());
        sheets.within(Tag::P, |sheets| sheets.write_lines(slot, &lines, Style::TEXT));
        if let Some(vat) = &party.vat_number {
            sheets.skip(80);
            sheets.paragraph(slot, &self.t.one("print-vat-number", "number", vat), Style::TEXT, None);
        }
        sheets.skip(80);
        sheets.within(Tag::P, |sheets| {
            sheets.write_lines(slot, &[party.email.as_str(), party.phone.as_str()], Style::LABEL);
        });
    }

    fn lay_out_facts(&self, sheets: &mut Sheets, slot: Slot) {
        let t = self.t;
        sheets.heading(2, slot, &[(&t.get("print-facts"), Style::HEADING)]);
        sheets.skip(40);
        // A demand is no tax document, and has no tax point.
        let is_taxed = self.snapshot.supplier.vat_number.is_some();
        let issued = t.get(if is_taxed { "print-tax-point" } else { "print-issued-on" });
        sheets.fact(slot, &issued, &self.date(self.issued_on), None);
        sheets.fact(slot, &t.get("print-period"), &self.period(), None);
        let agreement = &self.snapshot.agreement;
        let reference = match agreement.variation {
            ..=1 => agreement.reference.clone(),
            n => t.with("print-variation", &[("reference", &agreement.reference), ("number", &n.to_string())]),
        };
        sheets.fact(slot, &t.get("print-agreement"), &reference, None);
        sheets.fact(slot, &t.get("print-about"), &agreement.title, self.stored());
        if let Some(order) = &agreement.purchase_order {
            sheets.fact(slot, &t.get("print-order"), order, None);
        }
    }

    /// Which line of which bill a credit note takes back, and why.
    fn lay_out_correction(&self, sheets: &mut Sheets) {
        let Some(corrected) = &self.snapshot.corrects else {
            return;
        };
        let t = self.t;
        sheets.section(&t.get("print-corrects"));
        let what = t.with("print-corrects-line", &[("line", &corrected.line.to_string()), ("bill", &corrected.number)]);
        sheets.paragraph(Slot::WHOLE, &what, Style::TEXT, None);
        sheets.skip(60);
        sheets.fact(Slot::WHOLE, &t.get("print-because"), &corrected.because, self.stored());
    }

    /// What members share, and what each has of it: the same on everybody's bill.
    fn lay_out_shared(&self, sheets: &mut Sheets) {
        let t = self.t;
        for part in &self.snapshot.shared {
            let whole = part.whole.to_string();
            sheets.section(&match part.year {
                None => t.one("print-shared-month", "amount", &whole),
                Some(year) => t.with("print-shared-year", &[("year", &year_label(year)), ("amount", &whole)]),
            });
            for row in &part.members {
                let mut facts = vec![("print-share", row.share), ("print-borne", row.borne)];
                facts.extend(part.year.map(|_| ("print-charged", row.charged)));
                facts.push(("print-left", row.to_pay()));
                sheets.keep(4 * Style::TEXT.leading);
                sheets.paragraph(Slot::WHOLE, &row.name, Style::STRONG, None);
                sheets.paragraph(Slot::WHOLE, &row.weight, Style::LABEL, self.stored());
                sheets.skip(40);
                sheets.beside(Slot::columns::<4>(), |sheets, n, slot| {
                    if let Some((key, amount)) = facts.get(n) {
                        sheets.fact(slot, &t.get(key), &amount.to_string(), None);
                    }
                });
                sheets.skip(100);
            }
        }
    }

    /// Where to pay, and what to quote; nothing where nothing is to be paid.
    fn lay_out_payment(&self, sheets: &mut Sheets) {
        let Some(pay_to) = self.snapshot.pay_to.as_ref().filter(|_| self.snapshot.gross > Pence(0)) else {
            return;
        };
        let t = self.t;
        sheets.keep(PAYMENT);
        sheets.section(&t.get("print-pay"));
        let amount = self.snapshot.gross.to_string();
        let words = t.with(
            "print-pay-words",
            &[("amount", &amount), ("date", &self.date(self.due_on)), ("number", self.number)],
        );
        sheets.paragraph(Slot::WHOLE, &words, Style::TEXT, None);
        sheets.skip(100);
        let facts = [
            ("print-pay-name", pay_to.account_name.as_str()),
            ("print-pay-sort", pay_to.sort_code.as_str()),
            ("print-pay-account", pay_to.account_number.as_str()),
            ("print-pay-quote", self.number),
        ];
        sheets.beside(Slot::columns::<4>(), |sheets, n, slot| {
            if let Some((key, value)) = facts.get(n) {
                sheets.fact(slot, &t.get(key), value, None);
            }
        });
    }

    /// Why VAT treats the lines as it does, each treatment once.
    fn lay_out_treatments(&self, sheets: &mut Sheets) {
        let mut treatments: Vec<(&Vat, Vec<i32>)> = Vec::new();
        for billed in &self.snapshot.lines {
            match treatments.iter_mut().find(|(vat, _)| *vat == &billed.line.vat) {
                Some((_, lines)) => lines.push(billed.n),
                None => treatments.push((&billed.line.vat, vec![billed.n])),
            }
        }
        if treatments.is_empty() {
            return;
        }
        let t = self.t;
        sheets.section(&t.get("print-treatment"));
        for (vat, lines) in treatments {
            let key = if lines.len() == 1 { "print-treated-line" } else { "print-treated-lines" };
            let label = self.vat_label(vat.category, vat.basis_points);
            let what = t.with(key, &[("label", &label), ("lines", &ranges(&lines))]);
            sheets.keep(3 * Style::TEXT.leading);
            sheets.paragraph(Slot::WHOLE, &what, Style::STRONG, None);
            sheets.paragraph(Slot::WHOLE, &vat.reason, Style::TEXT, self.stored());
            sheets.paragraph(Slot::WHOLE, &t.one("print-decided", "name", &vat.approver), Style::LABEL, None);
            sheets.skip(100);
        }
    }

    /// Who made it, and by what its record is known.
    fn lay_out_record(&self, sheets: &mut Sheets) {
        let (snapshot, t) = (self.snapshot, self.t);
        sheets.section(&t.get("print-record"));
        let mut by = vec![t.one("print-prepared", "name", &snapshot.prepared_by)];
        by.extend(snapshot.approved_by.as_ref().map(|name| t.one("print-issued", "name", name)));
        sheets.paragraph(Slot::WHOLE, &by.join(" "), Style::TEXT, None);
        sheets.skip(60);
        sheets.fact(Slot::WHOLE, &t.get("print-fingerprint"), self.sha256, None);
    }
}

/// `1–4, 7`.
fn ranges(numbers: &[i32]) -> String {
    let mut ranges: Vec<(i32, i32)> = Vec::new();
    for n in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*n) => *last = *n,
            _ => ranges.push((*n, *n)),
        }
    }
    let said = ranges.into_iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn line(n: i32, category: &str, basis_points: i32) -> Value {
        json!({
            "n": n, "charge": { "price": 0, "part": "units", "of": null },
            "description": "Pothole report accepted for work, the fee for each as agreed for roads of the first class",
            "from": "2026-10-01", "until": "2026-11-01", "quantity": 1_234_000, "unit_rate": 6_850_000, "net": 845_290,
            "vat": { "category": category, "basis_points": basis_points, "reason": "A supply of services", "approver": "J. Rees" },
            "tariff_id": Uuid::nil(), "tariff_version": 1, "event_count": 1_234, "event_digest": "",
        })
    }

    fn party(name: &str, vat: Option<&str>) -> Value {
        json!({
            "id": Uuid::nil(), "name": name, "vat_number": vat, "email": "finance@council.example", "phone": "01632 960000",
            "address": { "lines": ["Town Hall", { "en": "High Street", "cy": "Stryd Fawr" }], "postcode": "ZZ1 1ZZ" },
            "endpoint": null,
        })
    }

    /// An invoice of so many lines; what differs is laid over it.
    fn paper(lines: i32, over: Value) -> Paper {
        let mut snapshot = json!({
            "series": "invoice", "number": "WEA-INV-2026-0001", "issued_on": "2026-11-02", "due_on": "2026-12-02",
            "supplier": party("Wealdham Borough Council", Some("GB123456789")), "customer": party("Cyngor Bryn Ŵyl", None),
            "agreement": {
                "id": Uuid::nil(), "reference": "WEA-BRY-2026", "variation": 2, "title": "Potholes on shared roads",
                "payment_terms_days": 30, "purchase_order": "PO 4711",
            },
            "period_from": "2026-10-01", "period_until": "2026-11-01",
            "lines": (1..=lines).map(|n| line(n, "standard", 2_000)).collect::<Vec<_>>(),
            "vat": [{ "category": "standard", "basis_points": 2_000, "net": 845_290, "vat": 169_058 }],
            "net": 845_290, "vat_total": 169_058, "gross": 1_014_348, "corrects": null,
            "pay_to": { "account_name": "Wealdham Council", "sort_code": "12-34-56", "account_number": "12345678" },
            "prepared_by": "A. Preparer", "approved_by": "B. Approver",
        });
        for (key, value) in over.as_object().unwrap() {
            snapshot[key] = value.clone();
        }
        Paper { id: Uuid::nil(), snapshot: serde_json::from_value(snapshot).unwrap(), sha256: Some("5a".repeat(32)) }
    }

    fn sheets(paper: &Paper) -> usize {
        Bill::of(paper, Texts::default()).unwrap().lay_out().count()
    }

    #[test]
    fn the_same_snapshot_has_the_same_bytes() {
        let paper = paper(3, json!({}));
        for language in Language::ALL {
            let first = pdf(&paper, Texts::of(language)).unwrap();
            assert!(first.starts_with(b"%PDF-1.7"));
            assert_eq!(first, pdf(&paper, Texts::of(language)).unwrap());
            let text = String::from_utf8_lossy(&first);
            assert!(text.contains("pdfuaid:part"), "it is said to be PDF/UA");
            assert!(text.contains("2026-11-02T"), "it is as old as the bill");
        }
        assert_ne!(pdf(&paper, Texts::of(Language::En)).unwrap(), pdf(&paper, Texts::of(Language::Cy)).unwrap());
    }

    #[test]
    fn a_long_bill_goes_over_several_sheets() {
        let long = paper(200, json!({}));
        assert_eq!((sheets(&paper(3, json!({}))), sheets(&long) > 5), (1, true));
        let pdf = pdf(&long, Texts::default()).unwrap();
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.contains(&format!("/Count {}", sheets(&long))), "the file has as many pages as were laid out");
    }

    #[test]
    fn every_kind_of_bill_is_printed() {
        let corrects = json!({ "document_id": Uuid::nil(), "number": "WEA-INV-2026-0001", "line": 3, "because": "long ".repeat(900) });
        let credit = json!({ "corrects": corrects, "net": -100, "vat_total": -20, "gross": -120, "pay_to": null });
        let outside = json!([{ "category": "outside_scope", "basis_points": 0, "net": 845_290, "vat": 0 }]);
        let demand = json!({
            "series": "demand", "number": "WEA-DEM-2026-0001", "vat": outside, "vat_total": 0, "gross": 845_290,
            "supplier": party("Wealdham", None), "lines": [line(1, "outside_scope", 0), line(2, "exempt", 0)],
        });
        let endless = json!({ "prepared_by": "Ж😀\u{feff}", "agreement": {
            "id": Uuid::nil(), "reference": "x".repeat(300), "variation": 1, "title": "y ".repeat(9_000), "payment_terms_days": 1,
            "purchase_order": null,
        } });
        for over in [credit, demand, endless] {
            for language in Language::ALL {
                assert!(pdf(&paper(2, over.clone()), Texts::of(language)).unwrap().starts_with(b"%PDF"));
            }
        }
        let mut tall = line(1, "standard", 2_000);
        tall["description"] = Value::from("tall ".repeat(2_000));
        assert!(sheets(&paper(1, json!({ "lines": [tall] }))) > 2);
    }

    #[test]
    fn what_is_not_issued_or_not_accessible_is_no_file() {
        assert!(matches!(pdf(&paper(1, json!({ "number": null })), Texts::default()), Err(Error::NotFound)));
        let paper = paper(1, json!({}));
        let bill = Bill::of(&paper, Texts::default()).unwrap();
        let untitled = About { title: String::new(), ..bill.about() };
        let wrong = bill.lay_out().write_pdf(&untitled, |_, _| String::new()).unwrap_err();
        assert!(wrong.to_string().contains("NoDocumentTitle"), "{wrong}");
    }

    #[test]
    fn both_languages_say_what_is_printed() {
        let paper = paper(1, json!({}));
        let said = |language| {
            let bill = Bill::of(&paper, Texts::of(language)).unwrap();
            (bill.about().title, bill.period(), bill.vat_label(VatCategory::Reduced, 1_750))
        };
        let (title, period, vat) = said(Language::En);
        assert_eq!(
            (title.as_str(), period.as_str(), vat.as_str()),
            ("Invoice WEA-INV-2026-0001", "1 to 31 October 2026", "VAT at 17.5%")
        );
        let (title, period, vat) = said(Language::Cy);
        assert_eq!(
            (title.as_str(), period.as_str(), vat.as_str()),
            ("Anfoneb WEA-INV-2026-0001", "1 i 31 Hydref 2026", "TAW ar 17.5%")
        );
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1–3, 5, 7, 8");
    }
}
