//! What somebody at the command line does with a council's services: publishing, from a day; going back to an earlier
//! version, which is publishing it again; retiring.

use anyhow::{bail, ensure};
use jiff::Timestamp;
use jiff::civil::Date;

use super::apply::record;
use crate::forms::{self, Written};
use crate::kernel::time::long_date;
use crate::kernel::{Language, billing_date};
use crate::platform::{Db, Error, Scope};
use crate::tenancy::Authority;

/// What is published as the next version.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The service's draft.
    Draft,
    /// An earlier version, once more.
    Again(i32),
}

/// Publishes a service's next version, in force from a day; says its number. It is proved again: what a file or an older
/// program let through does not go live.
///
/// # Errors
/// A sentence for people if there is nothing to publish, or it has mistakes; the database's.
pub fn publish_service(
    db: &Db,
    now: Timestamp,
    council: &Authority,
    service: &str,
    source: Source,
    from: Date,
) -> anyhow::Result<i32> {
    let today = billing_date(now);
    ensure!(from >= today, "{} has passed: publish from today or a later day", long_date(from));
    let found = db.scoped(Scope::own(council.id), |tx| match source {
        Source::Draft => forms::read_draft(tx, service),
        Source::Again(version) => match forms::published(tx, council.id, service, version) {
            Err(Error::NotFound) => Ok(None),
            found => found.map(Some),
        },
    })?;
    let Some(definition) = found else {
        match source {
            Source::Draft => {
                bail!("{} has no draft of a service {service:?}, so nothing is published", council.slug)
            }
            Source::Again(version) => {
                bail!("{} has no version {version} of a service {service:?}, so nothing is published", council.slug)
            }
        }
    };
    prove(council, &definition)?;
    let version = db.scoped(Scope::own(council.id), |tx| {
        let version = forms::publish(tx, now, &definition, from, "command line")?;
        if matches!(source, Source::Draft) {
            forms::drop_draft(tx, service)?;
        }
        record(tx, now, &council.name, ("service.publish", "service", service))?;
        Ok(version)
    })?;
    Ok(version)
}

fn prove(council: &Authority, definition: &Written) -> anyhow::Result<()> {
    let mistakes = definition.mistakes(council.languages.iter().copied())?;
    let said: Vec<&str> = mistakes.iter().map(|mistake| mistake.what.as_str()).collect();
    ensure!(said.is_empty(), "{} does not go live:\n{}", definition.slug(), said.join("\n"));
    if let Some(wrong) = unreviewed(definition, council.demonstration) {
        bail!("{}: {wrong}", definition.slug());
    }
    Ok(())
}

/// Why a definition may not go live for its translation: only a demonstration shows a text that nobody answered for.
pub(super) fn unreviewed(definition: &Written, demonstration: bool) -> Option<&'static str> {
    let claims = definition.languages().contains(&Language::Cy);
    let wanting = claims && !demonstration && !definition.is_reviewed(Language::Cy);
    wanting.then_some(
        "nobody is named who reviewed its Welsh; write reviewed_by = { cy = \"…\" }. Only a demonstration goes without",
    )
}

/// Retires a service: it is no longer offered, and forms that were begun are finished.
///
/// # Errors
/// A sentence for people if there is no such service; the database's.
pub fn retire_service(db: &Db, now: Timestamp, council: &Authority, service: &str) -> anyhow::Result<()> {
    let retired = db.scoped(Scope::own(council.id), |tx| {
        let retired = forms::retire(tx, now, service)?;
        if retired {
            record(tx, now, &council.name, ("service.retire", "service", service))?;
        }
        Ok(retired)
    })?;
    ensure!(retired, "{} offers no service {service:?}", council.slug);
    Ok(())
}
