//! The tables `authority` and `authority_host`.

use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::{Authority, Directory, Names, TenantFile};
use crate::kernel::{AuthorityId, Language, Words};
use crate::platform::schema::{authority, authority_host};
use crate::platform::{Result, Tx};

#[derive(Queryable, Selectable)]
#[diesel(table_name = authority)]
struct Row {
    tenant_id: AuthorityId,
    slug: String,
    name: serde_json::Value,
    short_name: serde_json::Value,
    type_name: serde_json::Value,
    kind: String,
    gss_code: Option<String>,
    prefix: String,
    languages: serde_json::Value,
    neighbours: serde_json::Value,
    closure_days: serde_json::Value,
    vat_number: Option<String>,
    contact: serde_json::Value,
    address: serde_json::Value,
    brand: serde_json::Value,
    portal: serde_json::Value,
    logo_svg: String,
    hero_svg: Option<String>,
    demonstration: bool,
}

/// Reads the whole directory.
///
/// # Errors
/// The database's, or a row that no version of this program wrote.
pub fn load(conn: &mut PgConnection) -> Result<Directory> {
    let hosts: Vec<(AuthorityId, String)> = authority_host::table
        .order(authority_host::n)
        .select((authority_host::tenant_id, authority_host::host))
        .load(conn)?;
    let rows: Vec<Row> = authority::table.select(Row::as_select()).load(conn)?;
    let authorities = rows
        .into_iter()
        .map(|row| {
            let mine = hosts.iter().filter(|(id, _)| *id == row.tenant_id).map(|(_, host)| host.clone()).collect();
            from_row(row, mine)
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Directory::new(authorities))
}

/// Reads one authority as it is at this moment, for what must hold its name and address for ever.
///
/// # Errors
/// [`crate::platform::Error::NotFound`]; the database's.
pub fn read(conn: &mut PgConnection, id: AuthorityId) -> Result<Authority> {
    let row = authority::table.find(id).select(Row::as_select()).first(conn)?;
    let hosts = authority_host::table
        .filter(authority_host::tenant_id.eq(id))
        .order(authority_host::n)
        .select(authority_host::host)
        .load(conn)?;
    Ok(from_row(row, hosts)?)
}

fn from_row(row: Row, hosts: Vec<String>) -> anyhow::Result<Authority> {
    let file = TenantFile {
        slug: row.slug,
        names: Names {
            name: serde_json::from_value(row.name)?,
            short_name: serde_json::from_value(row.short_name)?,
            type_name: serde_json::from_value(row.type_name)?,
        },
        kind: row.kind,
        gss_code: row.gss_code,
        prefix: row.prefix,
        hosts,
        languages: serde_json::from_value(row.languages)?,
        neighbours: serde_json::from_value(row.neighbours)?,
        closure_days: serde_json::from_value(row.closure_days)?,
        vat_number: row.vat_number,
        contact: serde_json::from_value(row.contact)?,
        address: serde_json::from_value(row.address)?,
        brand: serde_json::from_value(row.brand)?,
        portal: serde_json::from_value(row.portal)?,
    };
    Ok(Authority::from_file(row.tenant_id, file, row.logo_svg, row.hero_svg, row.demonstration))
}

/// When any authority or anything it has published last changed, and how many there are: when this moves, the directory
/// is read again.
///
/// # Errors
/// The database's.
pub fn changed_at(conn: &mut PgConnection) -> Result<(i64, Option<Timestamp>)> {
    let (count, at) = authority::table
        .select((diesel::dsl::count_star(), diesel::dsl::max(authority::changed_at)))
        .first::<(i64, Option<jiff_diesel::Timestamp>)>(conn)?;
    Ok((count, at.map(Into::into)))
}

/// Notes that the authority at work, or something that it publishes, has changed.
///
/// # Errors
/// The database's.
pub fn mark_changed(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    diesel::update(authority::table.find(tx.actor()))
        .set(authority::changed_at.eq(now.to_diesel()))
        .execute(tx.conn)?;
    Ok(())
}

/// The English name of the authority at work, where the directory is not at hand.
///
/// # Errors
/// The database's.
pub fn own_name(tx: &mut Tx<'_>) -> Result<String> {
    let name = authority::table.find(tx.actor()).select(authority::name).first(tx.conn)?;
    let name: Words = serde_json::from_value(name).map_err(anyhow::Error::from)?;
    Ok(name.of(Language::En).to_owned())
}

/// Adds the authority at work to the directory, or renews what it may change of itself. Its slug stays.
///
/// # Errors
/// The database's: a host, prefix or GSS code that another authority has.
pub fn put_authority(
    tx: &mut Tx<'_>,
    file: &TenantFile,
    logo_svg: &str,
    hero_svg: Option<&str>,
    demonstration: bool,
    now: Timestamp,
) -> Result<()> {
    let json = |value: serde_json::Result<serde_json::Value>| value.map_err(anyhow::Error::from);
    let renewed = (
        authority::name.eq(json(serde_json::to_value(&file.names.name))?),
        authority::short_name.eq(json(serde_json::to_value(&file.names.short_name))?),
        authority::type_name.eq(json(serde_json::to_value(&file.names.type_name))?),
        authority::kind.eq(&file.kind),
        authority::gss_code.eq(&file.gss_code),
        authority::prefix.eq(&file.prefix),
        authority::languages.eq(json(serde_json::to_value(&file.languages))?),
        authority::neighbours.eq(json(serde_json::to_value(&file.neighbours))?),
        authority::closure_days.eq(json(serde_json::to_value(&file.closure_days))?),
        authority::vat_number.eq(&file.vat_number),
        authority::contact.eq(json(serde_json::to_value(&file.contact))?),
        authority::address.eq(json(serde_json::to_value(&file.address))?),
        authority::brand.eq(json(serde_json::to_value(&file.brand))?),
        authority::portal.eq(json(serde_json::to_value(&file.portal))?),
        authority::logo_svg.eq(logo_svg),
        authority::hero_svg.eq(hero_svg),
        authority::changed_at.eq(now.to_diesel()),
    );
    let me = tx.actor();
    let known = diesel::update(authority::table.find(me)).set(renewed.clone()).execute(tx.conn)?;
    if known == 0 {
        diesel::insert_into(authority::table)
            .values((
                authority::tenant_id.eq(me),
                authority::slug.eq(&file.slug),
                authority::demonstration.eq(demonstration),
                renewed,
            ))
            .execute(tx.conn)?;
    }
    diesel::delete(authority_host::table.filter(authority_host::tenant_id.eq(me))).execute(tx.conn)?;
    let hosts: Vec<_> = (1_i32..)
        .zip(&file.hosts)
        .map(|(n, host)| (authority_host::tenant_id.eq(me), authority_host::host.eq(host), authority_host::n.eq(n)))
        .collect();
    diesel::insert_into(authority_host::table).values(hosts).execute(tx.conn)?;
    Ok(())
}
