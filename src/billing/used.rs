//! What was counted, as rating takes it: as many rows as there were days, however many events.

use std::collections::BTreeMap;

use super::price::Counts;
use super::rate::Used;
use crate::kernel::{Pence, Quantity};
use crate::metering::{self, Counted, Day, Items, Reach, Source};
use crate::platform::{Result, Tx};

/// Everything that was counted: with what passed in single items, if a price needs to know.
///
/// # Errors
/// The database's.
pub(super) fn all_used(tx: &mut Tx<'_>, reach: &Reach, by_item: bool, source: Source) -> Result<Vec<Used>> {
    let days = metering::counted(tx, reach, source)?;
    if !by_item {
        return Ok(days.iter().map(Used::from).collect());
    }
    // What passed stands at the items.
    let days = days.iter().map(|day| Used { value: Pence(0), ..Used::from(day) });
    Ok(days.chain(metering::items(tx, reach, source)?.into_iter().map(Used::from)).collect())
}

impl From<&Counted> for Used {
    fn from(day: &Counted) -> Used {
        Used {
            date: day.billing_date,
            of: Counts { service: day.service.clone(), meter: day.meter.clone() },
            quantity: day.quantity,
            value: day.value,
            items: 1,
        }
    }
}

impl From<Day> for Used {
    fn from(day: Day) -> Used {
        let of = Counts { service: day.service, meter: day.meter };
        Used { date: day.billing_date, of, quantity: day.quantity, value: day.value, items: 1 }
    }
}

impl From<Items> for Used {
    fn from(of_value: Items) -> Used {
        let of = Counts { service: of_value.service, meter: of_value.meter };
        Used { date: of_value.billing_date, of, quantity: Quantity(0), value: of_value.value, items: of_value.items }
    }
}

/// The values of items, the smallest first, each with how many are of it or less.
pub(super) struct Values(Vec<(Pence, i64)>);

impl Values {
    pub(super) fn of(counted: &[&Used]) -> Values {
        let mut of_value: BTreeMap<Pence, i64> = BTreeMap::new();
        for one in counted.iter().filter(|one| one.value.0 != 0) {
            *of_value.entry(Pence(one.value.0.abs())).or_default() += one.items * one.value.0.signum();
        }
        let mut reached = 0;
        let up_to = of_value.into_iter().filter(|(_, items)| *items > 0).map(|(value, items)| {
            reached += items;
            (value, reached)
        });
        Values(up_to.collect())
    }

    pub(super) fn len(&self) -> i64 {
        self.0.last().map_or(0, |(_, reached)| *reached)
    }

    /// The item at a place, the smallest being at 0.
    pub(super) fn at(&self, place: i64) -> Option<Pence> {
        self.0.get(self.0.partition_point(|(_, reached)| *reached <= place)).map(|(value, _)| *value)
    }
}
