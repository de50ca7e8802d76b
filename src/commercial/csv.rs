//! Comma-separated files for spreadsheets, in which no cell can be a formula, and from them.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};

/// A file being written.
pub(super) struct Csv(String);

impl Csv {
    /// A file with these column headings.
    pub(super) fn new(headings: &[&str]) -> Csv {
        let mut csv = Csv(String::new());
        csv.row(headings.iter().map(|h| Cell::Text((*h).to_owned())));
        csv
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells: Vec<String> = cells.into_iter().map(Cell::written).collect();
        self.0.push_str(&cells.join(","));
        self.0.push_str("\r\n");
    }

    /// The file, to be saved under this name.
    pub(super) fn download(self, name: &str) -> HttpResponse {
        download(name, ("text/csv; charset=utf-8", "csv"), self.0.into_bytes())
    }
}

/// A file of a kind, to be saved under a name of letters, digits and dashes with this ending.
pub(super) fn download(name: &str, (kind, ending): (&str, &str), body: Vec<u8>) -> HttpResponse {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{ending}\"")))
        .body(body)
}

/// What a cell holds.
pub(super) enum Cell {
    /// Words, whoever wrote them.
    Text(String),
    /// A figure of ours, which a spreadsheet may calculate with.
    Figure(String),
}

impl Cell {
    fn written(self) -> String {
        match self {
            Cell::Figure(figure) => figure,
            Cell::Text(text) => {
                // A spreadsheet takes what begins so for a formula; an apostrophe in front makes it words again.
                let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
                let neutral = if formula { format!("'{text}") } else { text };
                format!("\"{}\"", neutral.replace('"', "\"\""))
            }
        }
    }
}

/// Why there is no row where one was looked for.
pub(super) enum NoRow {
    /// The line is none of comma-separated values.
    Unread(u64),
    /// There are more rows than may be; this line is the first too many.
    Long(u64),
}

/// The rows of a file that has these columns, in whatever order and with others beside them: each with its line, and its cells
/// in the columns' order. None if a column is missing.
pub(super) fn rows<const N: usize>(
    text: &str,
    headings: [&str; N],
    most: usize,
) -> Option<impl Iterator<Item = Result<(u64, [String; N]), NoRow>>> {
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let found: Vec<String> = csv.headers().map(|row| row.iter().map(str::to_lowercase).collect()).unwrap_or_default();
    let columns = headings.map(|name| found.iter().position(|heading| heading == name));
    if columns.contains(&None) {
        return None;
    }
    Some(csv.into_records().enumerate().map(move |(n, row)| {
        let row = row.map_err(|error| NoRow::Unread(error.position().map_or(0, csv::Position::line)))?;
        let line = row.position().map_or(0, csv::Position::line);
        if n >= most {
            return Err(NoRow::Long(line));
        }
        Ok((line, columns.map(|at| at.and_then(|at| row.get(at)).unwrap_or_default().to_owned())))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for bad in ["=1+1", "+44", "-2", "@x", "\tx"] {
            assert_eq!(Cell::Text(bad.to_owned()).written(), format!("\"'{bad}\""));
        }
        assert_eq!(Cell::Text("a \"b\", c".to_owned()).written(), "\"a \"\"b\"\", c\"");
        assert_eq!(Cell::Figure("-62.00".to_owned()).written(), "-62.00");
    }
}
