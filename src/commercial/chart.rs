//! Charts drawn by the server, with axes of round figures: one bar a month, amounts against their budgets, or what a price
//! comes to as a line. The template has the same figures in a table.

use crate::billing::Curve;
use crate::kernel::{Month, Pence, Quantity};

/// The size of the drawing, in its own units.
pub(super) const WIDTH: i64 = 1090;
const LEFT: i64 = 90;
const TOP: i64 = 26;
const BASE: i64 = 250;

/// A chart, ready to be drawn.
pub(super) struct Chart {
    pub(super) bars: Vec<Bar>,
    pub(super) grid: Vec<Grid>,
}

/// One month.
pub(super) struct Bar {
    pub(super) month: Month,
    pub(super) amount: Pence,
    /// Not all of it is billed yet.
    pub(super) is_open: bool,
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Bar {
    /// `Oct`.
    pub(super) fn short(&self) -> String {
        self.month.first().strftime("%b").to_string()
    }

    /// The middle of the bar.
    pub(super) fn middle(&self) -> i64 {
        self.x + self.width / 2
    }

    /// In whole pounds, as written over the bar.
    pub(super) fn label(&self) -> String {
        pounds(self.amount)
    }
}

/// One line of the grid.
pub(super) struct Grid {
    pub(super) y: i64,
    pub(super) label: String,
}

/// Draws amounts by month; those below nothing stand as nothing, and the table says what they are.
pub(super) fn draw(months: &[(Month, Pence, bool)]) -> Chart {
    let highest = months.iter().map(|(_, amount, _)| amount.0).max().unwrap_or(0).max(1);
    let step = step(highest);
    let steps = (highest + step - 1) / step;
    let top = steps * step;
    let y = |amount: i64| BASE - (BASE - TOP) * amount.clamp(0, top) / top;
    let count = i64::try_from(months.len()).unwrap_or(1).max(1);
    let slot = (WIDTH - LEFT - 16) / count;
    let width = slot * 64 / 100;
    let bars = (0..).zip(months).map(|(n, (month, amount, is_open))| Bar {
        month: *month,
        amount: *amount,
        is_open: *is_open,
        x: LEFT + slot * n + (slot - width) / 2,
        y: y(amount.0),
        width,
        height: BASE - y(amount.0),
    });
    let grid = (0..=steps).map(|n| Grid { y: y(n * step), label: pounds(Pence(n * step)) });
    Chart { bars: bars.collect(), grid: grid.collect() }
}

/// Amounts against their budgets.
pub(super) struct Beams {
    pub(super) beams: Vec<Beam>,
    pub(super) height: i64,
}

/// One of them: from the left what is spent, then what is still expected, and a mark where the budget is.
pub(super) struct Beam {
    pub(super) label: String,
    pub(super) figures: (Option<Pence>, Pence, Pence),
    /// Where its label stands; the beam is beneath.
    pub(super) y: i64,
    pub(super) spent: i64,
    pub(super) ahead: i64,
    pub(super) budget: Option<i64>,
}

/// How far apart beams are.
const BEAM: i64 = 66;

/// Draws amounts against their budgets: a label, the budget, what is spent and what is expected by the end. What is below
/// nothing stands as nothing.
pub(super) fn against(rows: &[(String, Option<Pence>, Pence, Pence)]) -> Beams {
    let most = |(_, budget, spent, end): &(String, Option<Pence>, Pence, Pence)| {
        budget.unwrap_or_default().max(*spent).max(*end).0
    };
    let top = i128::from(rows.iter().map(most).max().unwrap_or(0).max(1));
    let x =
        |amount: Pence| i64::try_from(i128::from(WIDTH - 8) * i128::from(amount.0.max(0)) / top).unwrap_or(WIDTH - 8);
    let beam = |(n, (label, budget, spent, end)): (i64, &(String, Option<Pence>, Pence, Pence))| Beam {
        label: label.clone(),
        figures: (*budget, *spent, *end),
        y: BEAM * n + 18,
        spent: x(*spent),
        ahead: (x(*end) - x(*spent)).max(0),
        budget: budget.map(|budget| x(budget) + 2),
    };
    let beams: Vec<Beam> = (0..).zip(rows).map(beam).collect();
    Beams { height: BEAM * i64::try_from(beams.len()).unwrap_or(0), beams }
}

/// What a price comes to, as a line from nothing on, and the other price's beside it.
pub(super) struct Lines {
    /// Points as a polyline has them.
    pub(super) line: String,
    pub(super) beside: Option<String>,
    pub(super) grid: Vec<Grid>,
    /// Where an amount stands, and how it is written.
    pub(super) ticks: Vec<(i64, String)>,
    /// The last point before each cliff and the first after it.
    pub(super) cliffs: Vec<(i64, i64)>,
}

/// Units, or pounds where a price is a share of a value.
pub(super) fn amount(amount: i64, is_of_value: bool) -> String {
    if is_of_value { Pence(amount).to_string() } else { Quantity(amount.saturating_mul(Quantity::ONE.0)).to_string() }
}

/// Draws a curve.
pub(super) fn lines(curve: &Curve) -> Lines {
    let points = &curve.points;
    let highest = points.iter().flat_map(|point| [Some(point.cost), point.beside]).flatten().map(|cost| cost.0).max();
    let highest = highest.unwrap_or(0).max(1);
    let high_step = step(highest);
    let steps = (highest + high_step - 1) / high_step;
    let furthest = points.last().map_or(1, |point| point.amount).max(1);
    let x = |amount: i64| LEFT + (WIDTH - LEFT - 60) * amount / furthest;
    let y = |cost: Pence| BASE - (BASE - TOP) * cost.0.clamp(0, steps * high_step) / (steps * high_step);
    let joined = |of: &dyn Fn(&crate::billing::Point) -> Option<Pence>| {
        let at = points.iter().filter_map(|point| Some(format!("{},{}", x(point.amount), y(of(point)?))));
        at.collect::<Vec<_>>().join(" ")
    };
    let ticks = (0..=furthest / curve.step.max(1)).map(|n| n * curve.step);
    let cliffs = curve.cliffs.iter().flat_map(|cliff| [(cliff.last, cliff.before), (cliff.last + 1, cliff.after)]);
    Lines {
        line: joined(&|point| Some(point.cost)),
        beside: points.iter().any(|point| point.beside.is_some()).then(|| joined(&|point| point.beside)),
        grid: (0..=steps).map(|n| Grid { y: y(Pence(n * high_step)), label: pounds(Pence(n * high_step)) }).collect(),
        ticks: ticks.map(|at| (x(at), axis(at, curve.is_of_value))).collect(),
        cliffs: cliffs.filter(|(at, _)| *at <= furthest).map(|(at, cost)| (x(at), y(cost))).collect(),
    }
}

/// As on an axis, where there is no room for pence.
fn axis(at: i64, is_of_value: bool) -> String {
    if is_of_value { pounds(Pence(at)) } else { amount(at, false) }
}

/// A round figure, in pence, of which the highest bar needs at most five.
fn step(highest: i64) -> i64 {
    let mut unit = 100;
    loop {
        for factor in [1, 2, 5] {
            if unit * factor * 5 >= highest {
                return unit * factor;
            }
        }
        unit *= 10;
    }
}

fn pounds(amount: Pence) -> String {
    let text = Pence((amount.0 + amount.0.signum() * 50) / 100 * 100).to_string();
    text.strip_suffix(".00").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_round_and_the_highest_bar_fits() {
        assert_eq!((step(1), step(500), step(501), step(4_821_248)), (100, 100, 200, 1_000_000));
        let month = Month::parse("2026-10").unwrap();
        let chart = draw(&[(month, Pence(4_821_248), false), (month.next(), Pence(0), true)]);
        assert_eq!(
            chart.grid.iter().map(|g| g.label.as_str()).collect::<Vec<_>>(),
            ["£0", "£10,000", "£20,000", "£30,000", "£40,000", "£50,000"]
        );
        assert!(chart.bars[0].y > TOP && chart.bars[0].y + chart.bars[0].height == BASE);
        assert_eq!((chart.bars[1].height, chart.bars[0].label()), (0, "£48,212".to_owned()));
    }

    #[test]
    fn beams_have_one_scale_and_a_mark_at_the_budget() {
        let rows = [("A", Some(500), 250, 1_000), ("B", None, -5, 0)]
            .map(|(label, budget, spent, end)| (label.to_owned(), budget.map(Pence), Pence(spent), Pence(end)));
        let chart = against(&rows);
        let [a, b] = [&chart.beams[0], &chart.beams[1]];
        assert_eq!((a.spent, a.ahead, a.budget), ((WIDTH - 8) / 4, 1_082 - 270, Some((WIDTH - 8) / 2 + 2)));
        assert_eq!((b.spent, b.ahead, b.budget, chart.height), (0, 0, None, 132));
        assert_eq!(against(&[]).height, 0);
    }

    #[test]
    fn a_line_goes_from_corner_to_corner_and_falls_at_its_cliff() {
        use crate::billing::{Cliff, Point};
        let point = |amount, cost| Point { amount, cost: Pence(cost), beside: None };
        let cliffs = vec![Cliff { last: 50, before: Pence(5_000), after: Pence(2_550) }];
        let points = vec![point(0, 0), point(50, 5_000), point(51, 2_550), point(100, 5_000)];
        let drawn = lines(&Curve { is_of_value: false, points, step: 10, cliffs });
        assert_eq!(drawn.line, "90,250 560,26 569,136 1030,26");
        assert_eq!((drawn.beside, drawn.cliffs), (None, vec![(560, 26), (569, 136)]));
        assert_eq!((drawn.ticks.len(), drawn.ticks[10].clone()), (11, (1_030, "100".to_owned())));
        let nothing = lines(&Curve { is_of_value: true, points: Vec::new(), step: 10, cliffs: Vec::new() });
        assert_eq!((nothing.line.as_str(), nothing.grid.len()), ("", 2));
    }

    #[test]
    fn nothing_at_all_is_still_a_chart() {
        let chart = draw(&[(Month::parse("2026-10").unwrap(), Pence(-500), false)]);
        assert_eq!((chart.bars[0].height, chart.grid.len()), (0, 2));
    }
}
