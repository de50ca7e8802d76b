//! A sheet written out as the file of an agreement, a key on a line of its own, so that a mistake that the file's checks
//! find there is a mistake of the field that the line came from.

use serde::Serialize;

use super::super::fields::{Fault, date, plain};
use super::sheet::{KINDS, PriceRow, Sheet, TariffRow, Terms};
use crate::agreements::{self, Agreement, AgreementFile, DataProtection, ServiceLevel};
use crate::billing::{self, TariffsFile};
use crate::kernel::Percent;
use crate::kernel::document::{self, Faults};
use crate::site::Texts;

/// The text of a file, and of each line the field that it came from and its key.
#[derive(Default)]
pub(super) struct Written {
    pub(super) text: String,
    lines: Vec<(String, &'static str)>,
}

/// What of an agreement no page of ours changes.
#[derive(Serialize)]
struct Kept<'a> {
    data_protection: &'a DataProtection,
}

impl Written {
    /// The file of the next variation.
    pub(super) fn whole(sheet: &Sheet, of: &Agreement, [provider, consumer]: [&str; 2]) -> anyhow::Result<Written> {
        let Terms { contacts, services, .. } = &sheet.terms;
        let terms = &sheet.terms;
        let mut file = Written::default();
        file.text("reference", &of.reference, "title");
        file.text("title", &terms.title, "title");
        file.text("kind", of.kind.word(), "title");
        file.text("provider", provider, "title");
        file.text("consumer", consumer, "title");
        file.text("legal_basis", &terms.legal_basis, "legal_basis");
        file.whole_number("payment_terms_days", &terms.payment_terms_days, "payment_terms_days");
        if !terms.purchase_order.is_empty() {
            file.text("purchase_order", &terms.purchase_order, "purchase_order");
        }
        file.head("[running]", "bill_review_days");
        file.whole_number("bill_review_days", &terms.bill_review_days, "bill_review_days");
        file.line("order_required", &terms.order_required.to_string(), "order_required");
        if !terms.review_on.is_empty() {
            file.day("review_on", &terms.review_on, "review_on");
        }
        file.whole_number("notice_days", &terms.notice_days, "notice_days");
        for (n, contact) in contacts.iter().enumerate() {
            file.head("[[running.contact]]", &format!("c{n}-name"));
            file.text("party", &contact.party, &format!("c{n}-party"));
            file.text("name", &contact.name, &format!("c{n}-name"));
            file.text("office", &contact.office, &format!("c{n}-office"));
            file.text("email", &contact.email, &format!("c{n}-email"));
        }
        file.head("[term]", "term_from");
        file.day("from", &terms.term_from, "term_from");
        file.day("until", &terms.term_until, "term_until");
        for (n, service) in services.iter().enumerate() {
            file.head("[[service]]", &format!("s{n}-slug"));
            file.text("slug", &service.slug, &format!("s{n}-slug"));
            file.text("meter", &service.meter, &format!("s{n}-meter"));
            let outcomes: Vec<String> =
                service.outcomes.lines().map(str::trim).filter(|line| !line.is_empty()).map(quoted).collect();
            if !outcomes.is_empty() {
                file.line("outcomes", &format!("[{}]", outcomes.join(", ")), &format!("s{n}-outcomes"));
            }
            let reasons: Vec<String> = service.reversed_when.iter().map(|reason| quoted(reason)).collect();
            file.line("reversed_when", &format!("[{}]", reasons.join(", ")), &format!("s{n}-reversed_when"));
        }
        file.tariffs(&sheet.tariffs);
        for level in &of.service_levels {
            file.level(level)?;
        }
        file.text.push_str(&toml::to_string(&Kept { data_protection: &of.data_protection })?);
        Ok(file)
    }

    /// What is promised stays as it is.
    fn level(&mut self, level: &ServiceLevel) -> anyhow::Result<()> {
        let percent = |percent: Percent| quoted(percent.to_string().trim_end_matches('%'));
        self.head("[[service_level]]", "services");
        self.text("service", &level.service, "services");
        self.line("measure", &serde_json::to_string(&level.measure)?, "services");
        self.text("description", &level.description, "services");
        self.line("at_least", &percent(level.at_least), "services");
        for step in &level.credits {
            self.head("[[service_level.credit]]", "services");
            self.line("below", &percent(step.below), "services");
            self.line("percent", &percent(step.percent), "services");
        }
        Ok(())
    }

    /// The prices alone, as a file of their own or a part of an agreement's.
    pub(super) fn prices(tariffs: &[TariffRow]) -> Written {
        let mut file = Written::default();
        file.tariffs(tariffs);
        file
    }

    fn tariffs(&mut self, tariffs: &[TariffRow]) {
        for (t, tariff) in tariffs.iter().enumerate() {
            self.head("[[tariff]]", &format!("t{t}-from"));
            self.day("from", &tariff.from, &format!("t{t}-from"));
            for (p, price) in tariff.prices.iter().enumerate() {
                self.price(price, &format!("t{t}-p{p}"));
            }
        }
    }

    fn price(&mut self, price: &PriceRow, id: &str) {
        let field = |key: &str| format!("{id}-{key}");
        self.head("[[tariff.price]]", &field("description"));
        self.text("kind", &price.kind, &field("kind"));
        self.text("description", &price.description, &field("description"));
        let Some(kind) = price.kind() else { return };
        if kind.counts {
            let (service, meter) = price.of.split_once(' ').unwrap_or_default();
            self.text("service", service, &field("of"));
            self.text("meter", meter, &field("of"));
        }
        for key in kind.keys {
            match price.value(key.name) {
                "" if !key.is_needed => {}
                typed if key.is_whole => self.whole_number(key.name, typed, &field(key.name)),
                typed => self.line(key.name, &quoted(&plain(typed.trim_end_matches('%'))), &field(key.name)),
            }
        }
        if kind.word != "cap" {
            self.text("vat", &price.vat, &field("vat"));
            self.text("vat_reason", &price.vat_reason, &field("vat_reason"));
            self.text("vat_approver", &price.vat_approver, &field("vat_approver"));
        }
        if kind.is_banded {
            for (b, band) in price.bands.iter().enumerate() {
                self.head("[[tariff.price.band]]", &field(&format!("b{b}-up_to")));
                if !band.up_to.is_empty() {
                    self.whole_number("up_to", &band.up_to, &field(&format!("b{b}-up_to")));
                }
                let rate = quoted(&plain(&band.unit_price));
                self.line("unit_price", &rate, &field(&format!("b{b}-unit_price")));
            }
        }
    }

    fn head(&mut self, header: &str, field: &str) {
        if !self.text.is_empty() {
            self.push("", field, "");
        }
        self.push(header, field, "");
    }

    fn line(&mut self, key: &'static str, value: &str, field: &str) {
        self.push(&format!("{key} = {value}"), field, key);
    }

    fn text(&mut self, key: &'static str, value: &str, field: &str) {
        self.line(key, &quoted(value), field);
    }

    fn whole_number(&mut self, key: &'static str, typed: &str, field: &str) {
        let number: Option<i64> = plain(typed).parse().ok();
        self.line(key, &number.map_or_else(|| quoted(typed), |number| number.to_string()), field);
    }

    fn day(&mut self, key: &'static str, typed: &str, field: &str) {
        self.line(key, &date(typed).map_or_else(|| quoted(typed), |day| day.to_string()), field);
    }

    fn push(&mut self, line: &str, field: &str, key: &'static str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.lines.push((field.to_owned(), key));
    }

    /// What the file says, if all of it is right; otherwise one mistake for each field that has any.
    pub(super) fn checked(&self, t: Texts) -> Result<(AgreementFile, TariffsFile), Vec<Fault>> {
        let mut faults = Faults::of("");
        if let Some(root) = document::read(&self.text, &mut faults) {
            agreements::check(&root, &mut faults);
            billing::check(&root, &mut faults);
            billing::check_variation(&root, &mut faults);
        }
        let mut mistakes = faults.into_mistakes();
        mistakes.sort_by_key(|mistake| mistake.place);
        let mut told: Vec<Fault> = Vec::new();
        for mistake in mistakes {
            let line = usize::try_from(mistake.place.line).unwrap_or_default().saturating_sub(1);
            let field = self.lines.get(line).map_or("title", |(field, _)| field.as_str());
            if !told.iter().any(|fault| fault.field == field) {
                told.push(Fault { field: field.to_owned(), words: in_words(&mistake.what, t) });
            }
        }
        if !told.is_empty() {
            return Err(told);
        }
        let read = || -> Result<(AgreementFile, TariffsFile), String> {
            let file: AgreementFile = toml::from_str(&self.text).map_err(|error| error.message().to_owned())?;
            let tariffs: TariffsFile = toml::from_str(&self.text).map_err(|error| error.message().to_owned())?;
            billing::parse_tariffs(&tariffs.tariffs, file.term)?;
            Ok((file, tariffs))
        };
        // What fails here is a hole in the checks.
        read().map_err(|words| vec![Fault { field: "title".to_owned(), words }])
    }
}

/// A text on one line.
fn quoted(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    serde_json::Value::String(visible).to_string()
}

/// A file's mistake as a page says it: by the name of the field, without the marks that a file needs.
fn in_words(what: &str, t: Texts) -> String {
    let keys = KINDS.iter().flat_map(|kind| kind.keys).map(|key| key.name);
    let others = [
        "title",
        "legal_basis",
        "payment_terms_days",
        "purchase_order",
        "bill_review_days",
        "review_on",
        "notice_days",
        "party",
        "name",
        "office",
        "email",
        "from",
        "until",
        "slug",
        "meter",
        "service",
        "reversed_when",
        "outcomes",
        "kind",
        "description",
        "up_to",
        "band",
        "vat",
        "vat_reason",
        "vat_approver",
        "tariff",
    ];
    let mut words = what.replace(" without quotation marks", "").replace(" in quotation marks", "");
    words = words.replace(" is \"\", which is empty", " is empty").replace(" is \"\"", " is empty");
    for key in keys.chain(others) {
        let label = t.get(&format!("variation-key-{}", key.replace('_', "-")));
        words = words.replace(&format!("\"{key}\""), &format!("“{label}”"));
        words = words.replace(&format!("for example {key} = "), "for example ");
    }
    words
}
