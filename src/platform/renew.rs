//! Sealing anew under a new key what a former one has sealed, batch by batch. A batch is one transaction; what is sealed
//! anew is left alone by the next run, so that a run that was cut short is finished by starting it again.

use uuid::Uuid;

use super::{Result, Tx};
use crate::kernel::seal::{Place, Renewed, Secret};

/// How many rows are looked at in one transaction.
pub const BATCH: i64 = 500;

/// What a batch, or a whole run over a table, came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Renewal {
    /// Rows looked at.
    pub seen: usize,
    /// Rows of which something was sealed anew.
    pub renewed: usize,
    /// Rows of which something opens with no key that is known.
    pub lost: usize,
    /// The last row of the batch, after which the next begins; none once there are no more.
    pub last: Option<Uuid>,
}

impl Renewal {
    /// Counts a row by what became of each sealed value in it.
    pub fn count(&mut self, row: Uuid, values: impl IntoIterator<Item = Fate>) {
        let values: Vec<Fate> = values.into_iter().collect();
        self.seen += 1;
        self.renewed += usize::from(values.contains(&Fate::Renewed));
        self.lost += usize::from(values.contains(&Fate::Lost));
        self.last = Some(row);
    }

    /// Adds a batch.
    pub fn add(&mut self, batch: Renewal) {
        self.seen += batch.seen;
        self.renewed += batch.renewed;
        self.lost += batch.lost;
    }
}

/// What became of one sealed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was sealed with the present key.
    Kept,
    /// It was sealed with a former one, and no longer is.
    Renewed,
    /// It opens with no key.
    Lost,
}

impl From<&Renewed> for Fate {
    fn from(renewed: &Renewed) -> Fate {
        match renewed {
            Renewed::Current => Fate::Kept,
            Renewed::Anew(_) => Fate::Renewed,
            Renewed::Lost => Fate::Lost,
        }
    }
}

/// Renews one column of rows of the authority at work, each sealed to its row; `write` puts a new value in its place.
///
/// # Errors
/// What `write` returns.
pub fn renew(
    tx: &mut Tx<'_>,
    secret: &Secret,
    column: &str,
    rows: Vec<(Uuid, Vec<u8>)>,
    mut write: impl FnMut(&mut Tx<'_>, Uuid, &[u8]) -> Result<()>,
) -> Result<Renewal> {
    let mut renewal = Renewal::default();
    for (row, sealed) in rows {
        let renewed = secret.renewed(&Place { tenant: tx.actor(), column, row }, &sealed);
        renewal.count(row, [Fate::from(&renewed)]);
        if let Renewed::Anew(sealed) = renewed {
            write(tx, row, &sealed)?;
        }
    }
    Ok(renewal)
}
