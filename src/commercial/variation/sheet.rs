//! What is typed into the pages of a variation: kept as it was typed, and written out as the file of an agreement, which
//! the file's own checks then read.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::super::fields::rows as lines;
use crate::agreements::{Agreement, Term};
use crate::billing::{Band, Limits, Price, Shape, Vat};
use crate::kernel::Quantity;

/// All that is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sheet {
    pub(super) terms: Terms,
    pub(super) tariffs: Vec<TariffRow>,
}

/// Everything but the prices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Terms {
    pub(super) title: String,
    pub(super) legal_basis: String,
    pub(super) payment_terms_days: String,
    pub(super) purchase_order: String,
    pub(super) order_required: bool,
    pub(super) bill_review_days: String,
    pub(super) review_on: String,
    pub(super) notice_days: String,
    pub(super) term_from: String,
    pub(super) term_until: String,
    pub(super) contacts: Vec<ContactRow>,
    pub(super) services: Vec<ServiceRow>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ContactRow {
    pub(super) party: String,
    pub(super) name: String,
    pub(super) office: String,
    pub(super) email: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ServiceRow {
    pub(super) slug: String,
    pub(super) meter: String,
    /// Of closings, one a line.
    pub(super) outcomes: String,
    pub(super) reversed_when: Vec<String>,
}

/// Prices from a day on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TariffRow {
    pub(super) from: String,
    pub(super) prices: Vec<PriceRow>,
}

/// One price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PriceRow {
    pub(super) kind: String,
    /// The service and the meter, with a space between.
    pub(super) of: String,
    pub(super) description: String,
    /// By the file's key; those that the kind has no use for are kept, for when it changes back.
    pub(super) values: BTreeMap<String, String>,
    pub(super) bands: Vec<BandRow>,
    pub(super) vat: String,
    pub(super) vat_reason: String,
    pub(super) vat_approver: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct BandRow {
    pub(super) up_to: String,
    pub(super) unit_price: String,
}

/// What a kind of price asks for besides what it is called and its VAT.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// The word in the file.
    pub(super) word: &'static str,
    /// Whether it charges for a count.
    pub(super) counts: bool,
    pub(super) is_banded: bool,
    pub(super) keys: &'static [Key],
}

/// One of its amounts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) is_money: bool,
    pub(super) is_whole: bool,
    pub(super) is_needed: bool,
}

const fn money(name: &'static str) -> Key {
    Key { name, is_money: true, is_whole: false, is_needed: true }
}

const fn limit(name: &'static str) -> Key {
    Key { is_needed: false, ..money(name) }
}

const fn whole(name: &'static str) -> Key {
    Key { name, is_money: false, is_whole: true, is_needed: true }
}

/// Every kind, in the order offered.
pub(super) static KINDS: [Kind; 11] = [
    Kind { word: "unit", counts: true, is_banded: false, keys: &[money("unit_price")] },
    Kind { word: "graduated", counts: true, is_banded: true, keys: &[] },
    Kind { word: "volume", counts: true, is_banded: true, keys: &[] },
    Kind {
        word: "package",
        counts: true,
        is_banded: false,
        keys: &[whole("size"), money("price"), Key { is_needed: false, ..whole("free") }],
    },
    Kind {
        word: "allowance",
        counts: true,
        is_banded: false,
        keys: &[money("monthly"), whole("included"), money("unit_price")],
    },
    Kind {
        word: "prepaid",
        counts: true,
        is_banded: false,
        keys: &[whole("units"), money("price"), money("unit_price")],
    },
    Kind {
        word: "percentage",
        counts: true,
        is_banded: false,
        keys: &[
            Key { is_money: false, ..money("percent") },
            limit("item_minimum"),
            limit("item_maximum"),
            limit("minimum"),
            limit("maximum"),
        ],
    },
    Kind { word: "standing", counts: false, is_banded: false, keys: &[money("monthly")] },
    Kind { word: "monthly_minimum", counts: false, is_banded: false, keys: &[money("amount")] },
    Kind { word: "yearly_minimum", counts: false, is_banded: false, keys: &[money("amount")] },
    Kind { word: "cap", counts: false, is_banded: false, keys: &[money("amount")] },
];

/// A day as its field holds it.
fn day(date: Date) -> String {
    date.to_string()
}

impl Sheet {
    /// What a variation says.
    pub(super) fn of<'a>(a: &Agreement, tariffs: impl IntoIterator<Item = (Term, &'a [Price])>) -> Sheet {
        let contacts = a.running.contacts.iter().map(|c| ContactRow {
            party: c.party.clone(),
            name: c.name.clone(),
            office: c.office.clone(),
            email: c.email.clone(),
        });
        let services = a.services.iter().map(|s| ServiceRow {
            slug: s.slug.clone(),
            meter: s.meter.clone(),
            outcomes: s.outcomes.join("\n"),
            reversed_when: s.reversed_when.clone(),
        });
        let terms = Terms {
            title: a.title.clone(),
            legal_basis: a.legal_basis.clone(),
            payment_terms_days: a.payment_terms_days.to_string(),
            purchase_order: a.purchase_order.clone().unwrap_or_default(),
            order_required: a.running.order_required,
            bill_review_days: a.running.bill_review_days.to_string(),
            review_on: a.running.review_on.map(day).unwrap_or_default(),
            notice_days: a.running.notice_days.to_string(),
            term_from: day(a.term.from),
            term_until: day(a.term.until),
            contacts: contacts.collect(),
            services: services.collect(),
        };
        Sheet { terms, tariffs: rows(tariffs) }
    }
}

/// Prices as their fields hold them.
pub(super) fn rows<'a>(tariffs: impl IntoIterator<Item = (Term, &'a [Price])>) -> Vec<TariffRow> {
    let row = |(days, prices): (Term, &[Price])| TariffRow {
        from: day(days.from),
        prices: prices.iter().map(PriceRow::of).collect(),
    };
    tariffs.into_iter().map(row).collect()
}

impl Terms {
    /// What a form sent.
    pub(super) fn typed(form: &Form<'_>) -> Terms {
        let contact = |n| {
            let get = |name: &str| form.get(&format!("c{n}-{name}"));
            ContactRow { party: get("party"), name: get("name"), office: get("office"), email: get("email") }
        };
        let service = |n| {
            let get = |name: &str| form.get(&format!("s{n}-{name}"));
            let reversed_when = form.all(&format!("s{n}-reversed_when"));
            let outcomes = lines(&get("outcomes"));
            ServiceRow { slug: get("slug"), meter: get("meter"), outcomes, reversed_when }
        };
        Terms {
            title: form.get("title"),
            legal_basis: form.get("legal_basis"),
            payment_terms_days: form.get("payment_terms_days"),
            purchase_order: form.get("purchase_order"),
            order_required: form.get("order_required") == "true",
            bill_review_days: form.get("bill_review_days"),
            review_on: form.get("review_on"),
            notice_days: form.get("notice_days"),
            term_from: form.get("term_from"),
            term_until: form.get("term_until"),
            contacts: form.each(|n| format!("c{n}-name")).map(contact).collect(),
            services: form.each(|n| format!("s{n}-slug")).map(service).collect(),
        }
    }

    /// Without the rows in which nothing was typed.
    pub(super) fn tidied(mut self) -> Terms {
        self.contacts.retain(|row| [&row.name, &row.office, &row.email].into_iter().any(|typed| !typed.is_empty()));
        self.services.retain(|row| !row.slug.is_empty());
        self
    }
}

/// What a form of prices sent.
pub(super) fn typed_tariffs(form: &Form<'_>) -> Vec<TariffRow> {
    let price = |t: usize, p: usize| {
        let get = |name: &str| form.get(&format!("t{t}-p{p}-{name}"));
        let values = KINDS.iter().flat_map(|kind| kind.keys).map(|key| key.name);
        let band = |b| BandRow { up_to: get(&format!("b{b}-up_to")), unit_price: get(&format!("b{b}-unit_price")) };
        PriceRow {
            kind: get("kind"),
            of: get("of"),
            description: get("description"),
            values: values.map(|name| (name.to_owned(), get(name))).filter(|(_, typed)| !typed.is_empty()).collect(),
            bands: form.each(|b| format!("t{t}-p{p}-b{b}-unit_price")).map(band).collect(),
            vat: get("vat"),
            vat_reason: get("vat_reason"),
            vat_approver: get("vat_approver"),
        }
    };
    let tariff = |t| TariffRow {
        from: form.get(&format!("t{t}-from")),
        prices: form.each(|p| format!("t{t}-p{p}-description")).map(|p| price(t, p)).collect(),
    };
    form.each(|t| format!("t{t}-from")).map(tariff).collect()
}

impl PriceRow {
    /// What its kind asks for; of an unknown kind, nothing.
    pub(super) fn kind(&self) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.word == self.kind)
    }

    pub(super) fn value(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    /// A price of which nothing is known yet but how it is charged.
    pub(super) fn new(kind: &str) -> PriceRow {
        PriceRow { kind: kind.to_owned(), ..PriceRow::default() }.with_bands()
    }

    /// With the bands that its kind begins with.
    pub(super) fn with_bands(mut self) -> PriceRow {
        if self.kind().is_some_and(|kind| kind.is_banded) && self.bands.is_empty() {
            self.bands = vec![BandRow::default(); 2];
        }
        self
    }

    fn of(price: &Price) -> PriceRow {
        let units = |quantity: &Quantity| quantity.plain();
        let mut values = BTreeMap::new();
        let mut put = |key: &str, value: String| values.insert(key.to_owned(), value);
        let mut bands = Vec::new();
        let kind = match &price.shape {
            Shape::Unit { unit_rate, .. } => {
                put("unit_price", unit_rate.plain());
                "unit"
            }
            Shape::Graduated { bands: of, .. } => {
                bands = of.iter().map(BandRow::of).collect();
                "graduated"
            }
            Shape::Volume { bands: of, .. } => {
                bands = of.iter().map(BandRow::of).collect();
                "volume"
            }
            Shape::Package { size, price, free, .. } => {
                put("size", units(size));
                put("price", price.plain());
                put("free", units(free));
                "package"
            }
            Shape::Allowance { monthly, included, unit_rate, .. } => {
                put("monthly", monthly.plain());
                put("included", units(included));
                put("unit_price", unit_rate.plain());
                "allowance"
            }
            Shape::Prepaid { units: bought, price, unit_rate, .. } => {
                put("units", units(bought));
                put("price", price.plain());
                put("unit_price", unit_rate.plain());
                "prepaid"
            }
            Shape::Percentage { percent, item, month, .. } => {
                put("percent", percent.to_string().trim_end_matches('%').to_owned());
                let mut limits = |of: &Limits, least: &str, most: &str| {
                    for (key, amount) in [(least, of.least), (most, of.most)] {
                        if let Some(amount) = amount {
                            put(key, amount.plain());
                        }
                    }
                };
                limits(item, "item_minimum", "item_maximum");
                limits(month, "minimum", "maximum");
                "percentage"
            }
            Shape::Standing { monthly } => {
                put("monthly", monthly.plain());
                "standing"
            }
            Shape::MonthlyMinimum { amount } => {
                put("amount", amount.plain());
                "monthly_minimum"
            }
            Shape::YearlyMinimum { amount } => {
                put("amount", amount.plain());
                "yearly_minimum"
            }
            Shape::Cap { amount } => {
                put("amount", amount.plain());
                "cap"
            }
            // No page writes one: it is varied for all members at once.
            Shape::Share(_) => "share",
        };
        let vat = |of: fn(&Vat) -> String| price.vat.as_ref().map(of).unwrap_or_default();
        PriceRow {
            kind: kind.to_owned(),
            of: price.shape.counts().map(|of| format!("{} {}", of.service, of.meter)).unwrap_or_default(),
            description: price.description.clone(),
            values,
            bands,
            vat: vat(|vat| vat.category.word().to_owned()),
            vat_reason: vat(|vat| vat.reason.clone()),
            vat_approver: vat(|vat| vat.approver.clone()),
        }
    }
}

impl BandRow {
    fn of(band: &Band) -> BandRow {
        let up_to = band.up_to.map(Quantity::plain).unwrap_or_default();
        BandRow { up_to, unit_price: band.unit_rate.plain() }
    }
}

/// The fields of a form.
pub(super) struct Form<'a>(pub(super) &'a [(String, String)]);

/// No form of ours has more rows of a sort than fit into one.
const MOST_ROWS: usize = 200;

impl Form<'_> {
    pub(super) fn get(&self, name: &str) -> String {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned()).unwrap_or_default()
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.trim().to_owned()).collect()
    }

    /// The rows that were sent: those whose field of this name was.
    fn each(&self, name: impl Fn(usize) -> String) -> impl Iterator<Item = usize> {
        let there = |n: &usize| self.0.iter().any(|(field, _)| *field == name(*n));
        (0..MOST_ROWS).take_while(there).collect::<Vec<_>>().into_iter()
    }
}
