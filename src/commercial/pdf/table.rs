//! The table of a bill's lines, and what they come to.

use std::num::NonZeroU32;

use krilla::tagging::{TableHeaderScope, Tag};

use super::Bill;
use super::font::Twips;
use super::page::{HAIR, Shade, Sheets, Slot, Style, THICK};
use crate::billing::BilledLine;
use crate::kernel::{Pence, Quantity};

/// Around the text of a row.
const PAD: Twips = 60;
/// Between two columns.
const GAP: Twips = 200;
/// The space to the edge of the table.
const EDGE: Twips = 80;
/// The columns that hold figures: events, quantity, unit price, amount.
const FIGURES: usize = 4;

/// A row as printed.
struct Row<'a> {
    number: String,
    what: &'a str,
    vat: String,
    figures: [String; FIGURES],
}

/// What all lines come to, or those of one kind.
struct Sum {
    label: String,
    amount: String,
    style: Style,
}

/// Where the columns are.
struct Columns {
    number: Slot,
    what: Slot,
    figures: [Slot; FIGURES],
}

impl Columns {
    /// As wide as the widest of each; the description has what is left.
    fn of(head: &[String; FIGURES + 2], rows: &[Row<'_>], sums: &[Sum]) -> Columns {
        let [number_title, _, titles @ ..] = head;
        let mut right = Slot::WHOLE.x + Slot::WHOLE.width - EDGE;
        let mut figures = [Slot::WHOLE.ending(); FIGURES];
        for n in (0..FIGURES).rev() {
            let mut width = widest(&titles[n], rows.iter().map(|row| row.figures[n].as_str()));
            if n == FIGURES - 1 {
                width = sums.iter().map(|sum| sum.style.width(&sum.amount)).fold(width, Twips::max);
            }
            figures[n] = Slot { x: right - width, width, ends: true };
            right -= width + GAP;
        }
        let number = Slot {
            x: Slot::WHOLE.x + EDGE,
            width: widest(number_title, rows.iter().map(|row| row.number.as_str())),
            ends: false,
        };
        let x = number.x + number.width + GAP;
        Columns { number, what: Slot { x, width: right - x, ends: false }, figures }
    }

    /// Left of the amounts.
    fn of_labels(&self) -> Slot {
        let [.., amount] = self.figures;
        Slot { x: self.number.x, width: amount.x - GAP - self.number.x, ends: true }
    }
}

/// How wide a column is.
fn widest<'a>(title: &str, cells: impl Iterator<Item = &'a str>) -> Twips {
    cells.map(|text| Style::CELL.width(text)).fold(Style::CELL_STRONG.width(title), Twips::max)
}

/// Lays out the table.
pub(super) fn lay_out(bill: &Bill<'_>, sheets: &mut Sheets) {
    let t = bill.t;
    let head = ["print-line", "print-what", "print-events", "print-quantity", "print-price", "print-amount"]
        .map(|key| t.get(key));
    let rows: Vec<Row<'_>> = bill.snapshot.lines.iter().map(|billed| row(bill, billed)).collect();
    let sums = sums(bill);
    let columns = Columns::of(&head, &rows, &sums);
    let [number, what, titles @ ..] = head;
    let mut titled = vec![(columns.number, number), (columns.what, what)];
    titled.extend(columns.figures.into_iter().zip(titles));
    let tag = Tag::Table.with_summary(Some(t.get("print-lines-summary")));
    sheets.within(tag, |sheets| {
        sheets.begin_table(titled);
        sheets.within(Tag::TBody, |sheets| {
            for row in &rows {
                lay_out_row(sheets, &columns, row, bill.stored());
            }
        });
        sheets.keep(sums.iter().map(|sum| sum.style.leading + 2 * PAD).sum());
        sheets.within(Tag::TFoot, |sheets| {
            for sum in &sums {
                lay_out_sum(sheets, &columns, sum);
            }
        });
    });
    sheets.end_table();
    sheets.rule(THICK, Shade::Ink);
}

fn row<'a>(bill: &Bill<'_>, billed: &'a BilledLine) -> Row<'a> {
    let line = &billed.line;
    // Events are counted whole: so they are written as whole quantities are.
    let events = Quantity(billed.event_count.saturating_mul(Quantity::ONE.0));
    Row {
        number: billed.n.to_string(),
        what: &line.description,
        vat: bill.vat_label(line.vat.category, line.vat.basis_points),
        figures: [events.to_string(), line.quantity.to_string(), line.unit_rate.to_string(), line.net.to_string()],
    }
}

fn lay_out_row(sheets: &mut Sheets, columns: &Columns, row: &Row<'_>, stored: Option<&str>) {
    let lines = |text: &str, style: Style| -> Twips {
        style.wrap(text, columns.what.width).iter().map(|_| style.leading).sum()
    };
    let height = lines(row.what, Style::CELL) + lines(&row.vat, Style::NOTE);
    sheets.keep(height + 2 * PAD + HAIR);
    sheets.keep(PAD + 2 * Style::CELL.leading);
    sheets.skip(PAD);
    let top = sheets.y();
    sheets.within(Tag::TR, |sheets| {
        sheets.cell(Tag::TH(TableHeaderScope::Row), columns.number, top, &row.number, Style::CELL);
        // Beside the first line of the description, which may take the row to the next sheet.
        let figures = sheets.aside(|sheets| {
            for (slot, text) in columns.figures.iter().zip(&row.figures) {
                sheets.cell(Tag::TD, *slot, top, text, Style::CELL);
            }
        });
        sheets.within(Tag::TD, |sheets| {
            sheets.paragraph(columns.what, row.what, Style::CELL, stored);
            sheets.paragraph(columns.what, &row.vat, Style::NOTE, None);
        });
        sheets.adopt(figures);
    });
    sheets.skip(PAD);
    sheets.rule(HAIR, Shade::Rule);
}

/// What the lines come to: before VAT, the VAT of each kind, and with it. Of a demand there is but one sum.
fn sums(bill: &Bill<'_>) -> Vec<Sum> {
    let (snapshot, t) = (bill.snapshot, bill.t);
    let sum = |label: String, amount: Pence, style: Style| Sum { label, amount: amount.to_string(), style };
    let mut sums = Vec::new();
    if snapshot.supplier.vat_number.is_some() || snapshot.vat_total != Pence(0) {
        sums.push(sum(t.get("print-before-vat"), snapshot.net, Style::CELL));
        sums.extend(snapshot.vat.iter().map(|group| {
            let label = bill.vat_label(group.category, group.basis_points);
            let label = t.with("print-vat-on", &[("label", &label), ("net", &group.net.to_string())]);
            sum(label, group.vat, Style::CELL)
        }));
    }
    sums.push(sum(t.get("print-total"), snapshot.gross, Style::STRONG));
    sums
}

fn lay_out_sum(sheets: &mut Sheets, columns: &Columns, sum: &Sum) {
    let [.., amount] = columns.figures;
    sheets.skip(PAD);
    let top = sheets.y();
    // All columns but that of the amount.
    let across = u32::try_from(FIGURES + 1).ok().and_then(NonZeroU32::new);
    sheets.within(Tag::TR, |sheets| {
        let label = Tag::TH(TableHeaderScope::Row).with_col_span(across);
        sheets.cell(label, columns.of_labels(), top, &sum.label, sum.style);
        sheets.cell(Tag::TD, amount, top, &sum.amount, sum.style);
    });
    sheets.skip(sum.style.leading + PAD);
}
