//! The table `tariff_version`.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use uuid::Uuid;

use super::TariffFile;
use super::price::{Price, Tariff, parse_tariffs};
use crate::agreements::Term;
use crate::audit;
use crate::kernel::seal::sha256_hex;
use crate::kernel::{Actor, AuthorityId, new_id};
use crate::platform::schema::tariff_version;
use crate::platform::{Result, Tx};

/// Adds the prices of a newly offered agreement, as its provider.
///
/// # Errors
/// If a price does not parse, which checking the file has found before; the database's.
pub fn put_tariffs(
    tx: &mut Tx<'_>,
    now: Timestamp,
    by: &Actor,
    consumer: AuthorityId,
    agreement_id: Uuid,
    term: Term,
    files: &[TariffFile],
) -> Result<()> {
    let provider = tx.actor();
    let tariffs = parse_tariffs(files, term).map_err(|why| anyhow::anyhow!(why))?;
    tx.turned(consumer, |tx| {
        for (version, (days, prices)) in (1_i32..).zip(tariffs) {
            let prices = serde_json::to_value(&prices).map_err(anyhow::Error::from)?;
            let id = new_id(now);
            diesel::insert_into(tariff_version::table)
                .values((
                    tariff_version::tenant_id.eq(consumer),
                    tariff_version::id.eq(id),
                    tariff_version::provider_id.eq(provider),
                    tariff_version::agreement_id.eq(agreement_id),
                    tariff_version::author_id.eq(provider),
                    tariff_version::shared_at.eq(now.to_diesel()),
                    tariff_version::version.eq(version),
                    tariff_version::effective_from.eq(days.from.to_diesel()),
                    tariff_version::effective_until.eq(days.until.to_diesel()),
                    tariff_version::content_hash.eq(sha256_hex(prices.to_string().as_bytes())),
                    tariff_version::prices.eq(prices),
                    tariff_version::created_at.eq(now.to_diesel()),
                ))
                .execute(tx.conn)?;
            let entry = audit::Entry {
                action: "tariff.offer",
                subject_kind: "agreement",
                subject_id: agreement_id,
                subject_label: &format!("prices {version}"),
                purpose: "put forward for signature",
                handler: None,
            };
            audit::record(tx, now, by, &entry)?;
        }
        Ok(())
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tariff_version)]
struct Row {
    id: Uuid,
    agreement_id: Uuid,
    version: i32,
    effective_from: jiff_diesel::Date,
    effective_until: jiff_diesel::Date,
    prices: serde_json::Value,
}

/// The prices of one agreement, by day.
///
/// # Errors
/// The database's.
pub fn tariffs_of(tx: &mut Tx<'_>, agreement: Uuid) -> Result<Vec<Tariff>> {
    Ok(tariffs(tx, Some(agreement))?.into_iter().map(|(_, tariff)| tariff).collect())
}

/// The prices of one agreement, or of every one that the acting authority is party to, with the agreement's id, by day.
///
/// # Errors
/// The database's.
pub fn tariffs(tx: &mut Tx<'_>, agreement: Option<Uuid>) -> Result<Vec<(Uuid, Tariff)>> {
    let me = tx.actor();
    let mut query = tariff_version::table
        .filter(tariff_version::tenant_id.eq(me).or(tariff_version::provider_id.eq(me)))
        .order((tariff_version::agreement_id, tariff_version::effective_from))
        .select(Row::as_select())
        .into_boxed();
    if let Some(id) = agreement {
        query = query.filter(tariff_version::agreement_id.eq(id));
    }
    let rows = query.load(tx.conn)?;
    rows.into_iter()
        .map(|row| {
            let prices: Vec<Price> = serde_json::from_value(row.prices).map_err(anyhow::Error::from)?;
            let days = Term { from: row.effective_from.into(), until: row.effective_until.into() };
            Ok((row.agreement_id, Tariff { id: row.id, version: row.version, days, prices }))
        })
        .collect()
}
