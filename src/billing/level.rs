//! Service credits: what a level that was not kept gives back of its service's charges of the month.

use super::model::{Charge, Line, Part};
use super::price::{Counts, Tariff};
use super::rate::{Account, Off, counted};
use crate::agreements::{ServiceLevel, Term};
use crate::kernel::money::TooMuch;
use crate::kernel::{Pence, Quantity};

/// What the levels of an account give back of these lines, to which caps and minimums belong already. A line counts what
/// missed, so that its events stand at it. `tariff` is the month's last; `days` are those that the month's tariffs price.
pub(super) fn service_credits(
    account: &Account<'_>,
    lines: &[Line],
    tariff: &Tariff,
    days: &[Term],
) -> Result<Vec<Line>, TooMuch> {
    let mut credits = Vec::new();
    for (n, level) in (1_i16..).zip(account.levels) {
        let (all, missed) = level.measure.meters();
        let sum = |meter: &str| -> Quantity {
            let is_of = |of: &Counts| of.service == level.service && of.meter == meter;
            let held = account.used.iter().filter(|u| is_of(&u.of) && days.iter().any(|days| days.holds(u.date)));
            held.map(|u| u.quantity).sum()
        };
        let Some(reached) = level.reached(sum(all), sum(missed)) else { continue };
        let Some(step) = reached.step else { continue };
        let (base, own) = charges(level, lines)?;
        let off = step.percent.of(base)?;
        if off == Pence(0) {
            continue;
        }
        let description = format!(
            "{}: {} of {} ({}), below {}: {} of {base}",
            level.description, reached.kept, reached.all, reached.share, step.below, step.percent
        );
        let of = Some(Counts { service: level.service.clone(), meter: missed.to_owned() });
        let charge = Charge { price: -n, part: Part::ServiceCredit, of };
        credits.extend(Off { charge, description, amount: -off, month: account.month, tariff }.spread(&own)?);
    }
    Ok(credits)
}

/// What a level's service costs, never below nothing, and its lines. Of what a cap takes off all services, or a minimum adds
/// to them, each has its share.
fn charges(level: &ServiceLevel, lines: &[Line]) -> Result<(Pence, Vec<Line>), TooMuch> {
    let is_counted = |line: &&Line| counted(std::slice::from_ref(*line)) != Pence(0);
    let of_services: Vec<&Line> = lines.iter().filter(|line| line.charge.of.is_some()).filter(is_counted).collect();
    let is_own = |line: &&&Line| line.charge.of.as_ref().is_some_and(|of| of.service == level.service);
    let own: Vec<Line> = of_services.iter().filter(is_own).map(|line| (*line).clone()).collect();
    let sum: Pence = of_services.iter().map(|line| line.net).sum();
    let base = match (counted(&own), sum) {
        (mine, all) if mine.0 > 0 && all.0 > 0 => {
            Pence::rounded(i128::from(counted(lines).0) * i128::from(mine.0), i128::from(all.0))?
        }
        _ => Pence(0),
    };
    Ok((base.max(Pence(0)), own))
}
