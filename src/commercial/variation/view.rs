//! The fields of a variation's pages, labelled, with what is wrong beside each.

use askama::Template;

use super::super::fields::{Fault, fault_of};
use super::sheet::{ContactRow, KINDS, Key, PriceRow, ServiceRow, TariffRow, Terms};
use crate::agreements::METERS;
use crate::billing::VatCategory;
use crate::site::Texts;

/// One field of a page.
pub(super) struct Field {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) value: String,
    pub(super) form: Input,
    pub(super) words: Option<String>,
}

/// What somebody types or chooses it with.
pub(super) enum Input {
    /// So many characters wide.
    Line(u8),
    Money,
    Percent,
    Area,
    /// Values and what they are called.
    Choice(Vec<(String, String)>),
}

/// The name of a meter, as every page has it.
#[derive(Template)]
#[template(path = "commercial/meter.html")]
struct Meter<'a> {
    meter: &'a str,
}

/// Likewise the reason for which a count is taken back.
#[derive(Template)]
#[template(path = "commercial/reason.html")]
struct Reason<'a> {
    reason: &'a str,
}

const REASONS: [&str; 3] = ["duplicate", "not-ours", "withdrawn"];

/// What the fields of a page are made with.
pub(super) struct Fields<'a> {
    pub(super) t: Texts,
    pub(super) faults: &'a [Fault],
    /// The consumer's services: slugs and names.
    pub(super) services: &'a [(String, String)],
    /// The parties: slugs and names.
    pub(super) parties: &'a [(String, String)],
}

/// A contact's fields.
pub(super) struct ContactView {
    pub(super) number: usize,
    pub(super) act: String,
    pub(super) fields: Vec<Field>,
}

/// A service's.
pub(super) struct ServiceView {
    pub(super) number: usize,
    pub(super) act: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    /// Value, name, and whether it is chosen.
    pub(super) reasons: Vec<(&'static str, String, bool)>,
    pub(super) words: Option<String>,
}

/// Prices from a day on.
pub(super) struct TariffView {
    pub(super) id: String,
    pub(super) from: Field,
    pub(super) prices: Vec<PriceView>,
    /// The kinds of a price to add.
    pub(super) new: Field,
}

/// A price's fields.
pub(super) struct PriceView {
    pub(super) id: String,
    /// What it is called, or what kind it is.
    pub(super) name: String,
    pub(super) kind: Field,
    pub(super) fields: Vec<Field>,
    pub(super) bands: Vec<BandView>,
    pub(super) vat: Vec<Field>,
}

/// A band's.
pub(super) struct BandView {
    pub(super) number: usize,
    pub(super) id: String,
    pub(super) fields: Vec<Field>,
}

impl Fields<'_> {
    fn field(&self, id: &str, key: &str, value: &str, form: Input) -> Field {
        let label = self.t.get(&format!("variation-key-{}", key.replace('_', "-")));
        Field {
            id: id.to_owned(),
            label,
            hint: String::new(),
            value: value.to_owned(),
            form,
            words: fault_of(self.faults, id).map(str::to_owned),
        }
    }

    fn hinted(&self, field: Field, key: &str) -> Field {
        Field { hint: self.t.get(key), ..field }
    }

    fn plain(&self, key: &str, value: &str, form: Input) -> Field {
        self.field(key, key, value, form)
    }

    /// What the agreement says of itself, its money, and its days.
    pub(super) fn terms(&self, terms: &Terms) -> [Vec<Field>; 3] {
        let number = || Input::Line(3);
        [
            vec![
                self.plain("title", &terms.title, Input::Line(30)),
                self.plain("legal_basis", &terms.legal_basis, Input::Area),
            ],
            vec![
                self.plain("payment_terms_days", &terms.payment_terms_days, number()),
                self.plain("purchase_order", &terms.purchase_order, Input::Line(20)),
                self.hinted(
                    self.plain("bill_review_days", &terms.bill_review_days, number()),
                    "variation-hint-review-days",
                ),
            ],
            vec![
                self.hinted(self.plain("review_on", &terms.review_on, Input::Line(10)), "variation-hint-day"),
                self.plain("notice_days", &terms.notice_days, number()),
                self.hinted(self.field("term_from", "from", &terms.term_from, Input::Line(10)), "variation-hint-day"),
                self.hinted(
                    self.field("term_until", "until", &terms.term_until, Input::Line(10)),
                    "variation-hint-until",
                ),
            ],
        ]
    }

    pub(super) fn contact(&self, (n, row): (usize, &ContactRow)) -> ContactView {
        let id = |key: &str| format!("c{n}-{key}");
        let parties = Input::Choice(known(self.parties.to_vec(), &row.party));
        let fields = vec![
            self.field(&id("party"), "party", &row.party, parties),
            self.field(&id("name"), "name", &row.name, Input::Line(20)),
            self.field(&id("office"), "office", &row.office, Input::Line(20)),
            self.field(&id("email"), "email", &row.email, Input::Line(30)),
        ];
        ContactView { number: n + 1, act: format!("remove:c{n}"), fields }
    }

    pub(super) fn service(&self, (n, row): (usize, &ServiceRow)) -> ServiceView {
        let id = |key: &str| format!("s{n}-{key}");
        let meters = METERS.iter().map(|meter| ((*meter).to_owned(), meter_name(meter))).collect();
        let services = known(self.services.to_vec(), &row.slug);
        let name =
            services.iter().find(|(slug, _)| *slug == row.slug).map(|(_, name)| name.clone()).unwrap_or_default();
        let fields = vec![
            self.field(&id("slug"), "slug", &row.slug, Input::Choice(services)),
            self.field(&id("meter"), "meter", &row.meter, Input::Choice(known(meters, &row.meter))),
            self.hinted(self.field(&id("outcomes"), "outcomes", &row.outcomes, Input::Area), "variation-hint-outcomes"),
        ];
        let reasons = REASONS.map(|reason| {
            let name = Reason { reason }.render().unwrap_or_default();
            (reason, name, row.reversed_when.iter().any(|one| one == reason))
        });
        let words = fault_of(self.faults, &id("reversed_when")).map(str::to_owned);
        let act = format!("remove:s{n}");
        ServiceView { number: n + 1, act, id: format!("s{n}"), name, fields, reasons: reasons.into(), words }
    }

    /// What prices may charge for, by what the agreement counts.
    fn counts(&self, terms: &Terms) -> Vec<(String, String)> {
        let count = |row: &ServiceRow| {
            let named = self.services.iter().find(|(slug, _)| *slug == row.slug);
            let name = named.map_or(&row.slug, |(_, name)| name);
            (format!("{} {}", row.slug, row.meter), format!("{name}: {}", meter_name(&row.meter)))
        };
        terms.services.iter().map(count).collect()
    }

    fn kinds(&self) -> Vec<(String, String)> {
        let kind = |word: &str| (word.to_owned(), self.t.get(&format!("variation-kind-{}", word.replace('_', "-"))));
        KINDS.iter().map(|one| kind(one.word)).collect()
    }

    pub(super) fn tariff(&self, (n, row): (usize, &TariffRow), terms: &Terms) -> TariffView {
        let id = format!("t{n}");
        let from = self.field(&format!("{id}-from"), "from", &row.from, Input::Line(10));
        let kinds = Input::Choice(self.kinds());
        TariffView {
            from: self.hinted(from, "variation-hint-day"),
            prices: row
                .prices
                .iter()
                .enumerate()
                .map(|(p, row)| self.price(format!("{id}-p{p}"), row, terms))
                .collect(),
            new: Field { words: None, ..self.field(&format!("{id}-new"), "new", "unit", kinds) },
            id,
        }
    }

    fn price(&self, id: String, row: &PriceRow, terms: &Terms) -> PriceView {
        let at = |key: &str| format!("{id}-{key}");
        let kind = row.kind();
        let mut fields = vec![self.field(&at("description"), "description", &row.description, Input::Line(30))];
        if kind.is_some_and(|kind| kind.counts) {
            let counts = Input::Choice(known(self.counts(terms), &row.of));
            fields.push(self.field(&at("of"), "service", &row.of, counts));
        }
        for key in kind.map(|kind| kind.keys).unwrap_or_default() {
            fields.push(self.amount(&at(key.name), key, row.value(key.name)));
        }
        let categories = VatCategory::ALL.map(|one| {
            let word = one.word();
            (word.to_owned(), self.t.get(&format!("variation-vat-{}", word.replace('_', "-"))))
        });
        let vat = if row.kind == "cap" {
            Vec::new()
        } else {
            vec![
                self.field(&at("vat"), "vat", &row.vat, Input::Choice(known(categories.into(), &row.vat))),
                self.field(&at("vat_reason"), "vat_reason", &row.vat_reason, Input::Area),
                self.field(&at("vat_approver"), "vat_approver", &row.vat_approver, Input::Line(30)),
            ]
        };
        let band = |(b, band): (usize, &super::sheet::BandRow)| BandView {
            number: b + 1,
            fields: vec![
                self.field(&at(&format!("b{b}-up_to")), "up_to", &band.up_to, Input::Line(10)),
                self.field(&at(&format!("b{b}-unit_price")), "unit_price", &band.unit_price, Input::Money),
            ],
            id: at(&format!("b{b}")),
        };
        let is_banded = kind.is_some_and(|kind| kind.is_banded);
        let kinds = self.kinds();
        let called = kinds.iter().find(|(word, _)| *word == row.kind).map(|(_, name)| name.clone()).unwrap_or_default();
        PriceView {
            name: if row.description.is_empty() { called } else { row.description.clone() },
            kind: self.field(&at("kind"), "kind", &row.kind, Input::Choice(known(kinds, &row.kind))),
            fields,
            bands: if is_banded { row.bands.iter().enumerate().map(band).collect() } else { Vec::new() },
            vat,
            id,
        }
    }

    fn amount(&self, id: &str, key: &Key, value: &str) -> Field {
        let form = match key {
            Key { is_money: true, .. } => Input::Money,
            Key { is_whole: true, .. } => Input::Line(10),
            Key { .. } => Input::Percent,
        };
        let field = self.field(id, key.name, value, form);
        if key.is_needed { field } else { self.hinted(field, "variation-hint-optional") }
    }
}

fn meter_name(meter: &str) -> String {
    Meter { meter }.render().unwrap_or_default()
}

/// Choices, with what is chosen among them, whatever it is.
fn known(mut choices: Vec<(String, String)>, chosen: &str) -> Vec<(String, String)> {
    if !choices.iter().any(|(value, _)| value == chosen) {
        choices.insert(0, (chosen.to_owned(), chosen.to_owned()));
    }
    choices
}
