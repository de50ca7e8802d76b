//! What may happen between two councils. Everything is small numbers, so that it can be made smaller.

use jiff::ToSpan;
use jiff::civil::Date;
use moothall::agreements::Term;
use moothall::billing::{BandFile, PriceFile, ShapeFile, TariffFile, VatCategory};
use proptest::prelude::*;

/// The months that a term may touch: the clocks change in the second, the financial year in the third.
const FIRST: Date = Date::constant(2026, 2, 1);
const LAST: Date = Date::constant(2026, 6, 1);

/// What the agreement counts: service and meter.
pub const COUNTED: [(&str, &str); 3] = [("calls", "unit"), ("desk", "unit"), ("till", "payment.taken")];

#[derive(Clone, Debug)]
pub struct History {
    pub term: Term,
    pub tariffs: Vec<TariffFile>,
    /// On how many working days drafts are read before they are issued.
    pub review_days: u16,
    pub acts: Vec<Act>,
}

/// Numbers choose among what there is, counted round.
#[derive(Clone, Debug)]
pub enum Act {
    /// Something was done so many hours ago, or at the edge of that month.
    Count {
        of: usize,
        hours_ago: i64,
        edge: Edge,
        thousandths: i64,
        pence: i64,
        by_provider: bool,
    },
    /// An item is sent again, or another under its id.
    Again {
        item: usize,
        is_other: bool,
    },
    /// An item is taken back.
    Back {
        item: usize,
    },
    Fold,
    Prepare {
        month: usize,
    },
    Send {
        run: usize,
    },
    Agree {
        run: usize,
    },
    /// Issued, or not after all: the transaction is given up when all is written.
    Issue {
        run: usize,
        is_given_up: bool,
    },
    /// From its drafts to its issue.
    Bill {
        month: usize,
    },
    /// Days pass, or the clock goes back by hours.
    Wait {
        hours: i64,
    },
    /// So many thousandths of what is left to doubt, of a line or of an event of it.
    Doubt {
        document: usize,
        line: usize,
        permille: i64,
        has_event: bool,
    },
    Settle {
        dispute: usize,
        how: Settling,
        permille: i64,
    },
    /// So many thousandths of what is open.
    Pay {
        by_provider: bool,
        permille: i64,
    },
    Allocate {
        payment: usize,
    },
    Receive {
        payment: usize,
    },
    Withdraw {
        payment: usize,
    },
    Refuse {
        payment: usize,
    },
    Reverse {
        payment: usize,
    },
    /// The next month of a book.
    Close {
        by_provider: bool,
        is_for_good: bool,
    },
    /// What waits in the outbox is done.
    Post,
}

/// When in its month something was done.
#[derive(Clone, Copy, Debug)]
pub enum Edge {
    Within,
    FirstSecond,
    LastSecondBefore,
}

#[derive(Clone, Copy, Debug)]
pub enum Settling {
    Accept,
    Reject,
    Withdraw,
}

pub fn history() -> impl Strategy<Value = History> {
    let days = (0i32..20, 0i32..20, 1i32..110);
    (days, prices(), prices(), prop_oneof![Just(0u16), Just(5)], prop::collection::vec(act(), 4..60)).prop_map(
        |((from, until, change), first, second, review_days, acts)| {
            let term = Term { from: FIRST + from.days(), until: LAST - until.days() };
            let change = term.from + change.days();
            let second = (change < term.until).then_some(TariffFile { from: change, prices: second });
            let first = TariffFile { from: term.from, prices: first };
            History { term, tariffs: std::iter::once(first).chain(second).collect(), review_days, acts }
        },
    )
}

fn rate() -> impl Strategy<Value = String> {
    (0i64..90_000).prop_map(|n| format!("{}.{:04}", n / 10_000, n % 10_000))
}

fn pounds(pence: i64) -> String {
    format!("{}.{:02}", pence / 100, pence % 100)
}

fn amount() -> impl Strategy<Value = String> {
    (0i64..90_000).prop_map(pounds)
}

/// A price of this count, in any shape that counts units.
fn counting((service, meter): (&'static str, &'static str)) -> impl Strategy<Value = ShapeFile> {
    let (service, meter) = (service.to_owned(), meter.to_owned());
    let bands = || {
        (prop::collection::btree_set(1i64..60, 0..3), prop::collection::vec(rate(), 4)).prop_map(|(ends, rates)| {
            let ends = ends.into_iter().map(Some).chain([None]);
            ends.zip(rates).map(|(up_to, unit_price)| BandFile { up_to, unit_price }).collect::<Vec<_>>()
        })
    };
    let whole = (1i64..30, 0i64..30);
    (0u8..6, rate(), bands(), whole, amount()).prop_map(move |(kind, unit_price, band, (size, free), price)| {
        let (service, meter) = (service.clone(), meter.clone());
        match kind {
            0 => ShapeFile::Unit { service, meter, unit_price },
            1 => ShapeFile::Graduated { service, meter, band },
            2 => ShapeFile::Package { service, meter, size, price, free },
            3 => ShapeFile::Allowance { service, meter, monthly: price, included: free, unit_price },
            4 => ShapeFile::Prepaid { service, meter, units: size, price, unit_price },
            _ => ShapeFile::Volume { service, meter, band },
        }
    })
}

/// Least and most, one or neither.
fn limits(most: i64) -> impl Strategy<Value = (Option<String>, Option<String>)> {
    (prop::option::of(0..most), prop::option::of(0..most)).prop_map(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => (Some(pounds(a.min(b))), Some(pounds(a.max(b)))),
        (a, b) => (a.map(pounds), b.map(pounds)),
    })
}

fn share() -> impl Strategy<Value = ShapeFile> {
    (0i64..200_000, limits(900), limits(60_000)).prop_map(|(percent, item, month)| ShapeFile::Percentage {
        service: COUNTED[2].0.to_owned(),
        meter: COUNTED[2].1.to_owned(),
        percent: format!("{}.{:04}", percent / 10_000, percent % 10_000),
        item_minimum: item.0,
        item_maximum: item.1,
        minimum: month.0,
        maximum: month.1,
    })
}

/// All that a tariff charges: each count has a price, its value perhaps a share beside, and there may be fees and bounds.
fn prices() -> impl Strategy<Value = Vec<PriceFile>> {
    let counts = (counting(COUNTED[0]), counting(COUNTED[1]), counting(COUNTED[2]), prop::option::of(share()));
    let fees = prop::collection::vec(amount(), 0..3);
    let bounds = (limits(90_000), prop::option::of(amount()));
    let vat = prop::collection::vec(0usize..VatCategory::ALL.len(), 12);
    (counts, fees, bounds, vat).prop_map(|((a, b, c, value), fees, ((least, most), year), vat)| {
        let shapes = [Some(a), Some(b), Some(c), value].into_iter().flatten();
        let fees = fees.into_iter().map(|monthly| ShapeFile::Standing { monthly });
        let bounds = [
            least.map(|amount| ShapeFile::MonthlyMinimum { amount }),
            most.map(|amount| ShapeFile::Cap { amount }),
            year.map(|amount| ShapeFile::YearlyMinimum { amount }),
        ];
        let all = shapes.chain(fees).chain(bounds.into_iter().flatten());
        all.zip(vat)
            .enumerate()
            .map(|(n, (shape, vat))| {
                let is_taxed = !matches!(shape, ShapeFile::Cap { .. });
                let text = |text: &str| is_taxed.then(|| text.to_owned());
                PriceFile {
                    description: format!("Price {n}"),
                    vat: text(VatCategory::ALL[vat].word()),
                    vat_reason: text("why"),
                    vat_approver: text("who"),
                    shape,
                }
            })
            .collect()
    })
}

fn act() -> impl Strategy<Value = Act> {
    let one = || 0usize..64;
    let permille = || 0i64..1_400;
    let thousandths = prop_oneof![4 => (1i64..60).prop_map(|n| n * 1_000), 1 => 1i64..9_999];
    let edge = prop_oneof![6 => Just(Edge::Within), 1 => Just(Edge::FirstSecond), 1 => Just(Edge::LastSecondBefore)];
    let settling = prop_oneof![2 => Just(Settling::Accept), 1 => Just(Settling::Reject), 1 => Just(Settling::Withdraw)];
    prop_oneof![
        12 => (0usize..4, 0i64..1_500, edge, thousandths, 0i64..90_000, any::<bool>()).prop_map(
            |(of, hours_ago, edge, thousandths, pence, by_provider)| {
                Act::Count { of, hours_ago, edge, thousandths, pence, by_provider }
            }),
        2 => (one(), any::<bool>()).prop_map(|(item, is_other)| Act::Again { item, is_other }),
        4 => one().prop_map(|item| Act::Back { item }),
        2 => Just(Act::Fold),
        2 => one().prop_map(|month| Act::Prepare { month }),
        1 => one().prop_map(|run| Act::Send { run }),
        1 => one().prop_map(|run| Act::Agree { run }),
        2 => (one(), any::<bool>()).prop_map(|(run, is_given_up)| Act::Issue { run, is_given_up }),
        6 => one().prop_map(|month| Act::Bill { month }),
        6 => prop_oneof![8 => 100i64..900, 1 => -48i64..0].prop_map(|hours| Act::Wait { hours }),
        3 => (one(), one(), permille(), any::<bool>()).prop_map(
            |(document, line, permille, has_event)| Act::Doubt { document, line, permille, has_event }),
        3 => (one(), settling, permille()).prop_map(|(dispute, how, permille)| Act::Settle { dispute, how, permille }),
        3 => (any::<bool>(), permille()).prop_map(|(by_provider, permille)| Act::Pay { by_provider, permille }),
        1 => one().prop_map(|payment| Act::Allocate { payment }),
        1 => one().prop_map(|payment| Act::Receive { payment }),
        1 => one().prop_map(|payment| Act::Withdraw { payment }),
        1 => one().prop_map(|payment| Act::Refuse { payment }),
        1 => one().prop_map(|payment| Act::Reverse { payment }),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(by_provider, is_for_good)| Act::Close { by_provider, is_for_good }),
        2 => Just(Act::Post),
    ]
}
