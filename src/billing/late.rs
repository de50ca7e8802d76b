//! What a month comes to beyond what was billed of it before: rate(all that is known) − rate(as billed), part by part of each
//! price. So the bills of a month together are exact to the penny, whatever came when.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::model::{Line, Part, VatCategory};
use super::rate::Used;
use crate::kernel::{Pence, Quantity, Rate};

/// What two lines have in common that charge for the same.
type Key = (Uuid, i16, Part, VatCategory, i32);

fn key(line: &Line) -> Key {
    (line.tariff_id, line.charge.price, line.charge.part, line.vat.category, line.vat.basis_points)
}

/// The lines of a month as it is rated now, less those that were billed of it. What was counted since, `fresh`, stands at a
/// line even where it changes no amount.
#[must_use]
pub fn beyond(rated: Vec<Line>, billed: Vec<Line>, fresh: &[Used]) -> Vec<Line> {
    let mut before: BTreeMap<Key, Line> = BTreeMap::new();
    for line in billed {
        match before.get_mut(&key(&line)) {
            Some(sum) => {
                sum.quantity += line.quantity;
                sum.net += line.net;
            }
            None => {
                before.insert(key(&line), line);
            }
        }
    }
    let mut owed: Vec<Line> = Vec::new();
    for line in rated {
        owed.push(match before.remove(&key(&line)) {
            Some(billed) => {
                let (quantity, net) = (line.quantity - billed.quantity, line.net - billed.net);
                of_amount(Line { quantity, net, ..line })
            }
            None => line,
        });
    }
    owed.extend(before.into_values().map(|line| of_amount(Line { quantity: -line.quantity, net: -line.net, ..line })));
    let is_nothing = |line: &Line| line.quantity == Quantity(0) && line.net == Pence(0);
    let is_fresh = |line: &Line| fresh.iter().any(|u| line.counts(u.date, &u.of.service, &u.of.meter));
    let (nothing, mut owed): (Vec<Line>, Vec<Line>) = owed.into_iter().partition(is_nothing);
    for line in nothing.into_iter().filter(is_fresh) {
        if !owed.iter().any(|other| other.tariff_id == line.tariff_id && other.charge.of == line.charge.of) {
            owed.push(line);
        }
    }
    owed
}

/// Where a part is an amount rather than so many at a rate, the difference is one amount, too.
fn of_amount(line: Line) -> Line {
    if line.charge.part.is_counted() && line.quantity != Quantity(0) {
        return line;
    }
    Line { quantity: Quantity(line.net.0.signum() * Quantity::ONE.0), unit_rate: Rate::of(line.net), ..line }
}
