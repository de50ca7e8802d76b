//! `moothall keys rotate`: everything that a former secret has sealed, or by which something is found, is done anew with the
//! present one; council by council, each in its own scope, batch by batch. `docs/decisions/0011` says what follows from the
//! secret.

use std::io;

use jiff::Timestamp;
use uuid::Uuid;

use crate::cases;
use crate::forms;
use crate::identity;
use crate::kernel::AuthorityId;
use crate::kernel::seal::Secret;
use crate::platform::blob::Blobs;
use crate::platform::{Db, Renewal, Result, Scope, Tx};
use crate::tenancy::Directory;

/// What was renewed: its name for people, and how much of it.
pub type Rotated = (&'static str, Renewal);

type Part = fn(&mut Tx<'_>, &Secret, Uuid) -> Result<Renewal>;

const PARTS: [(&str, Part); 8] = [
    ("one-time-code seeds of staff", identity::renew_staff),
    ("invitations", identity::renew_invites),
    ("sign-in links of citizens", identity::renew_logins),
    ("sessions of citizens", identity::renew_citizen_sessions),
    ("drafts", forms::renew_drafts),
    ("drafts that were put aside", forms::renew_saved),
    ("answer sheets", cases::renew_sheets),
    ("cases, by link and address", cases::renew_cases),
];

/// Renews everything. What a run that was cut short has done, the next one leaves alone.
///
/// # Errors
/// The database's, or that of where files are kept.
pub fn rotate(db: &Db, now: Timestamp, blobs: &Blobs, secret: &Secret, directory: &Directory) -> Result<Vec<Rotated>> {
    let councils: Vec<AuthorityId> = directory.iter().map(|authority| authority.id).collect();
    let mut rotated = Vec::new();
    for (what, part) in PARTS {
        let mut total = Renewal::default();
        for council in &councils {
            let mut after = Some(Uuid::nil());
            while let Some(from) = after {
                let batch = db.scoped(Scope::own(*council), |tx| part(tx, secret, from))?;
                total.add(batch);
                after = batch.last;
            }
        }
        rotated.push((what, total));
    }
    let mut files = Renewal::default();
    for council in &councils {
        for key in blobs.keys(*council).map_err(anyhow::Error::from)? {
            file(blobs, now, *council, key, &mut files)?;
        }
    }
    rotated.push(("files", files));
    Ok(rotated)
}

fn file(blobs: &Blobs, now: Timestamp, council: AuthorityId, key: Uuid, files: &mut Renewal) -> Result<()> {
    let (renewed, lost) = match blobs.renew(council, key, now) {
        Ok(renewed) => (renewed, false),
        // Removed since it was listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => (false, true),
        Err(error) => return Err(anyhow::Error::from(error).into()),
    };
    files.seen += 1;
    files.renewed += usize::from(renewed);
    files.lost += usize::from(lost);
    Ok(())
}
