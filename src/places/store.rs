//! The tables `address` and `council_postcode`.

use std::collections::BTreeSet;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Text, Uuid};
use serde::Deserialize;

use super::file::Address;
use crate::kernel::AuthorityId;
use crate::platform::schema::{address, council_postcode};
use crate::platform::{Beside, Result, Tx};

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

/// What is to be looked up at once: each time costs a journey to the database. Postcodes are in their usual form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether the council at work has addresses at all.
    pub any: bool,
    /// The addresses of these postcodes, and whose they are.
    pub postcodes: BTreeSet<String>,
    /// The addresses with these UPRNs.
    pub uprns: BTreeSet<i64>,
}

impl Wanted {
    /// Whether there is nothing to look up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.any && self.postcodes.is_empty() && self.uprns.is_empty()
    }

    fn covers(&self, other: &Wanted) -> bool {
        (self.any || !other.any) && other.postcodes.is_subset(&self.postcodes) && other.uprns.is_subset(&self.uprns)
    }

    /// Looks it up in another statement, unless it is nothing; [`Found::read`] reads what that brings.
    #[must_use]
    pub fn beside(&self, tx: &Tx<'_>) -> Option<Beside> {
        if self.is_empty() {
            return None;
        }
        let me = tx.actor();
        let postcodes = || self.postcodes.iter().cloned().collect::<Vec<String>>();
        let uprns: Vec<i64> = self.uprns.iter().copied().collect();
        Some(Beside::new(
            sql::<Jsonb>("jsonb_build_object('any', exists (select from address where tenant_id = ")
                .bind::<Uuid, _>(me)
                .sql("), 'mine', exists (select from council_postcode where tenant_id = ")
                .bind::<Uuid, _>(me)
                .sql("), 'whose', (select jsonb_agg(jsonb_build_array(postcode, tenant_id)) from council_postcode where postcode = any(")
                .bind::<Array<Text>, _>(postcodes())
                .sql(")), 'addresses', (select jsonb_agg(to_jsonb(found) - 'tenant_id') from ((select address.* from unnest(")
                .bind::<Array<Text>, _>(postcodes())
                .sql(") wanted cross join lateral (select * from address where tenant_id = ")
                .bind::<Uuid, _>(me)
                .sql(" and postcode = wanted order by n limit ")
                .bind::<BigInt, _>(LIST_MOST)
                .sql(") address) union all (select * from address where tenant_id = ")
                .bind::<Uuid, _>(me)
                .sql(" and uprn = any(")
                .bind::<Array<BigInt>, _>(uprns)
                .sql("))) found))"),
        ))
    }
}

/// What was found, of what was wanted.
#[derive(Clone, Debug, Default)]
pub struct Found {
    wanted: Wanted,
    is: Answer,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Answer {
    any: bool,
    /// Whether the council at work has postcodes to go by.
    mine: bool,
    whose: Option<Vec<(String, AuthorityId)>>,
    addresses: Option<Vec<Row>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Row {
    n: i32,
    #[serde(flatten)]
    address: Address,
}

impl Found {
    /// Reads what [`Wanted::beside`] brought.
    ///
    /// # Errors
    /// If it is not that.
    pub fn read(wanted: Wanted, brought: Option<serde_json::Value>) -> Result<Found> {
        let is = brought.map(serde_json::from_value).transpose().map_err(anyhow::Error::from)?;
        Ok(Found { wanted, is: is.unwrap_or_default() })
    }

    /// Looks up what is wanted, if it was not looked up yet: one statement, or none.
    ///
    /// # Errors
    /// The database's.
    pub fn or_look(self, tx: &mut Tx<'_>, wanted: Wanted) -> Result<Found> {
        if self.wanted.covers(&wanted) {
            return Ok(self);
        }
        let brought = wanted.beside(tx).map(|beside| beside.load(tx.conn)).transpose()?.flatten();
        Found::read(wanted, brought)
    }

    /// Whether the council at work has addresses at all.
    #[must_use]
    pub fn any(&self) -> bool {
        self.is.any
    }

    /// The addresses of a postcode, in order.
    #[must_use]
    pub fn at_postcode(&self, postcode: &str) -> Vec<Address> {
        let of_it = |row: &&Row| row.address.postcode == postcode;
        let mut rows: Vec<&Row> = self.is.addresses.iter().flatten().filter(of_it).collect();
        rows.sort_by_key(|row| (row.n, row.address.uprn));
        rows.dedup_by_key(|row| row.address.uprn);
        rows.into_iter().map(|row| row.address.clone()).collect()
    }

    /// The address with this UPRN, if the council at work has it.
    #[must_use]
    pub fn with_uprn(&self, uprn: i64) -> Option<&Address> {
        self.is.addresses.iter().flatten().map(|row| &row.address).find(|address| address.uprn == uprn)
    }

    /// Whose a postcode is, as the council at work, `me`, sees it.
    #[must_use]
    pub fn whose(&self, me: AuthorityId, postcode: &str) -> Whose {
        let owners = self.is.whose.iter().flatten().filter(|(code, _)| code == postcode);
        let owners: Vec<AuthorityId> = owners.map(|(_, owner)| *owner).collect();
        match owners.as_slice() {
            _ if !self.is.mine => Whose::Unknown,
            [] => Whose::Nobodys,
            owners if owners.contains(&me) => Whose::Ours,
            _ => Whose::Theirs(owners),
        }
    }
}
