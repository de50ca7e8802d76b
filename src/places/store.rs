//! The tables `address` and `council_postcode`.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::file::Address;
use crate::kernel::AuthorityId;
use crate::platform::schema::{address, council_postcode};
use crate::platform::{Result, Tx};

/// So many rows go in one statement; each has seven values of at most 65,535.
const BATCH: usize = 1_000;
/// No postcode has so many addresses; a list for choosing should not be longer.
const LIST_MOST: i64 = 500;

/// Whose a postcode is, as the council at work sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The council at work has no addresses to go by.
    Unknown,
    /// Its own.
    Ours,
    /// Another council's on the platform, or two others' where there are two tiers, and not its own.
    Theirs(Vec<AuthorityId>),
    /// Nobody's here.
    Nobodys,
}

type Columns = (i64, String, String, String, String);
const COLUMNS: (address::uprn, address::postcode, address::line1, address::line2, address::town) =
    (address::uprn, address::postcode, address::line1, address::line2, address::town);

fn from_columns((uprn, postcode, line1, line2, town): Columns) -> Address {
    Address { uprn, postcode, line1, line2, town }
}

/// Replaces all addresses of the council at work, and its postcodes.
///
/// # Errors
/// The database's.
pub fn replace(tx: &mut Tx<'_>, addresses: &[Address]) -> Result<()> {
    let me = tx.actor();
    diesel::delete(address::table.filter(address::tenant_id.eq(me))).execute(tx.conn)?;
    diesel::delete(council_postcode::table.filter(council_postcode::tenant_id.eq(me))).execute(tx.conn)?;
    let mut n = 0;
    for batch in addresses.chunks(BATCH) {
        let mut rows = Vec::with_capacity(batch.len());
        for one in batch {
            n += 1;
            rows.push((
                address::tenant_id.eq(me),
                address::uprn.eq(one.uprn),
                address::postcode.eq(&one.postcode),
                address::line1.eq(&one.line1),
                address::line2.eq(&one.line2),
                address::town.eq(&one.town),
                address::n.eq(n),
            ));
        }
        diesel::insert_into(address::table).values(rows).execute(tx.conn)?;
    }
    let postcodes: Vec<&str> =
        addresses.iter().map(|one| one.postcode.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    for batch in postcodes.chunks(BATCH) {
        let row =
            |code: &&'_ str| (council_postcode::tenant_id.eq(me), council_postcode::postcode.eq((*code).to_owned()));
        let rows: Vec<_> = batch.iter().map(row).collect();
        diesel::insert_into(council_postcode::table).values(rows).execute(tx.conn)?;
    }
    Ok(())
}

/// All addresses of the council at work, in order.
///
/// # Errors
/// The database's.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Address>> {
    let mine = address::table.filter(address::tenant_id.eq(tx.actor()));
    let rows: Vec<Columns> = mine.order(address::n).select(COLUMNS).load(tx.conn)?;
    Ok(rows.into_iter().map(from_columns).collect())
}

/// Whether the council at work has addresses at all.
///
/// # Errors
/// The database's.
pub fn any(tx: &mut Tx<'_>) -> Result<bool> {
    let mine = address::table.filter(address::tenant_id.eq(tx.actor()));
    Ok(mine.select(address::uprn).first::<i64>(tx.conn).optional()?.is_some())
}

/// The addresses of a postcode, in order.
///
/// # Errors
/// The database's.
pub fn at_postcode(tx: &mut Tx<'_>, postcode: &str) -> Result<Vec<Address>> {
    let mine = address::table.filter(address::tenant_id.eq(tx.actor())).filter(address::postcode.eq(postcode));
    let rows: Vec<Columns> = mine.order(address::n).limit(LIST_MOST).select(COLUMNS).load(tx.conn)?;
    Ok(rows.into_iter().map(from_columns).collect())
}

/// The address with this UPRN, if the council at work has it.
///
/// # Errors
/// The database's.
pub fn find(tx: &mut Tx<'_>, uprn: i64) -> Result<Option<Address>> {
    let row: Option<Columns> = address::table.find((tx.actor(), uprn)).select(COLUMNS).first(tx.conn).optional()?;
    Ok(row.map(from_columns))
}

/// Whose a postcode is: one statement.
///
/// # Errors
/// The database's.
pub fn whose(tx: &mut Tx<'_>, postcode: &str) -> Result<Whose> {
    let me = tx.actor();
    let columns = (council_postcode::tenant_id, council_postcode::postcode);
    let it = council_postcode::table.filter(council_postcode::postcode.eq(postcode)).select(columns);
    let one_of_mine = council_postcode::table.filter(council_postcode::tenant_id.eq(me)).select(columns).limit(1);
    let rows: Vec<(AuthorityId, String)> = it.union_all(one_of_mine).load(tx.conn)?;
    let owners: Vec<_> = rows.iter().filter(|(_, code)| code == postcode).map(|(owner, _)| *owner).collect();
    Ok(match owners.as_slice() {
        _ if !rows.iter().any(|(owner, _)| *owner == me) => Whose::Unknown,
        [] => Whose::Nobodys,
        owners if owners.contains(&me) => Whose::Ours,
        _ => Whose::Theirs(owners),
    })
}
