//! The tables `service_version` (published, public) and `service_draft` (the council's own).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use diesel::dsl::sql;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_diesel::ToDiesel;

use super::model::Definition;
use super::services::{New, Services, Standing};
use super::tasks;
use super::written::Written;
use crate::kernel::{AuthorityId, Language};
use crate::platform::schema::{service_draft, service_version};
use crate::platform::{Error, Result, Tx};
use crate::tenancy;

/// A version of a service, but for what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Whose.
    pub owner: AuthorityId,
    /// Of which service.
    pub slug: String,
    /// Its number, from 1.
    pub version: i32,
    /// The London day from which it is in force.
    pub from: Date,
    /// Whether the service was retired after it was published.
    pub retired: bool,
}

/// How a version stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its day has not come.
    Waiting,
    /// It is what citizens are offered.
    InForce,
    /// Another came into force after it.
    Replaced,
    /// The service is no longer offered.
    Retired,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Waiting => "from",
            State::InForce => "in force since",
            State::Replaced => "replaced; was in force from",
            State::Retired => "retired; was in force from",
        })
    }
}

impl Version {
    /// Which of two versions that have begun is in force: the one that began later; of two from one day, the newer.
    fn rank(&self) -> (Date, i32) {
        (self.from, self.version)
    }

    /// How it stands on a day among all versions of its service.
    #[must_use]
    pub fn state(&self, all: &[Version], on: Date) -> State {
        let later = |v: &&Version| {
            (v.owner, &v.slug) == (self.owner, &self.slug) && !v.retired && v.from <= on && v.rank() > self.rank()
        };
        match () {
            () if self.retired => State::Retired,
            () if self.from > on => State::Waiting,
            () if all.iter().any(|v| later(&v)) => State::Replaced,
            () => State::InForce,
        }
    }

    fn standing(&self) -> Standing {
        Standing { owner: self.owner, slug: self.slug.clone(), version: self.version }
    }
}

/// The versions in force on a day, and of each service that is retired its last.
fn standing(versions: &[Version], on: Date) -> (Vec<Standing>, Vec<Standing>) {
    let mut services: BTreeMap<(AuthorityId, &str), Vec<&Version>> = BTreeMap::new();
    for version in versions {
        services.entry((version.owner, &version.slug)).or_default().push(version);
    }
    let (mut in_force, mut retired) = (Vec::new(), Vec::new());
    for of_one in services.values() {
        let begun = of_one.iter().filter(|v| !v.retired && v.from <= on).max_by_key(|v| v.rank());
        let gone = of_one.iter().filter(|v| v.retired).max_by_key(|v| v.rank());
        match (begun, gone) {
            (Some(begun), _) => in_force.push(begun.standing()),
            (None, Some(gone)) => retired.push(gone.standing()),
            (None, None) => {}
        }
    }
    (in_force, retired)
}

type VersionColumns = (AuthorityId, String, i32, jiff_diesel::Date, Option<jiff_diesel::Timestamp>);

const VERSION: (
    service_version::tenant_id,
    service_version::slug,
    service_version::version,
    service_version::in_force_from,
    service_version::retired_at,
) = (
    service_version::tenant_id,
    service_version::slug,
    service_version::version,
    service_version::in_force_from,
    service_version::retired_at,
);

fn version_of((owner, slug, version, from, retired_at): VersionColumns) -> Version {
    Version { owner, slug, version, from: from.into(), retired: retired_at.is_some() }
}

/// Reads what is in force on a London day.
///
/// # Errors
/// The database's, or a definition that this program cannot read.
pub fn load(conn: &mut PgConnection, on: Date) -> Result<Services> {
    renew(conn, on, &Services::default())
}

/// The same, given what was read before: a published version never changes, so that only others are read.
///
/// # Errors
/// The database's, or a definition that this program cannot read.
pub fn renew(conn: &mut PgConnection, on: Date, known: &Services) -> Result<Services> {
    let versions: Vec<VersionColumns> = service_version::table.select(VERSION).load(conn)?;
    let versions: Vec<Version> = versions.into_iter().map(version_of).collect();
    let (in_force, retired) = standing(&versions, on);
    let missing: HashSet<&Standing> = in_force.iter().chain(&retired).filter(|s| known.known(s).is_none()).collect();
    let mut new = New::new();
    if !missing.is_empty() {
        let rows = service_version::table
            .filter(service_version::tenant_id.eq_any(missing.iter().map(|s| s.owner).collect::<HashSet<_>>()))
            .filter(service_version::slug.eq_any(missing.iter().map(|s| s.slug.as_str()).collect::<HashSet<_>>()))
            .filter(service_version::version.eq_any(missing.iter().map(|s| s.version).collect::<HashSet<_>>()))
            .select((
                service_version::tenant_id,
                service_version::slug,
                service_version::version,
                sql::<Text>("definition::text"),
            ))
            // One at a time: all of them together weigh many times what is kept.
            .load_iter::<(AuthorityId, String, i32, String), PgRowByRowLoadingMode>(conn)?;
        for row in rows {
            let (owner, slug, version, json) = row?;
            let standing = Standing { owner, slug, version };
            if missing.contains(&standing) {
                let published = known.pack(&standing, &json)?;
                new.insert(standing, published);
            }
        }
    }
    Ok(known.renewed(&in_force, &retired, &new, tasks::load(conn)?))
}

/// Every version that the council at work has published, by service, the newest last.
///
/// # Errors
/// The database's.
pub fn versions(tx: &mut Tx<'_>) -> Result<Vec<Version>> {
    let versions: Vec<VersionColumns> = service_version::table
        .filter(service_version::tenant_id.eq(tx.actor()))
        .order((service_version::slug, service_version::version))
        .select(VERSION)
        .load(tx.conn)?;
    Ok(versions.into_iter().map(version_of).collect())
}

/// The slugs of what the council at work offers on a day, by name, but for sensitive services.
pub(super) fn offered(tx: &mut Tx<'_>, on: Date) -> Result<Vec<String>> {
    let (in_force, _) = standing(&versions(tx)?, on);
    let rows: Vec<(String, i32, serde_json::Value)> = service_version::table
        .filter(service_version::tenant_id.eq(tx.actor()))
        .filter(service_version::slug.eq_any(in_force.iter().map(|s| s.slug.as_str()).collect::<HashSet<_>>()))
        .filter(service_version::version.eq_any(in_force.iter().map(|s| s.version).collect::<HashSet<_>>()))
        .select((service_version::slug, service_version::version, service_version::definition))
        .load(tx.conn)?;
    let mut offered = Vec::new();
    let is_in_force = |slug: &str, version| in_force.iter().any(|s| s.slug == slug && s.version == version);
    for (slug, _, definition) in rows.into_iter().filter(|(slug, version, _)| is_in_force(slug, *version)) {
        let definition = in_english(definition)?;
        if !definition.sensitive {
            offered.push((definition.name, slug));
        }
    }
    offered.sort();
    Ok(offered.into_iter().map(|(_, slug)| slug).collect())
}

/// Those of these services of the council at work that may be counted: no version of them ever was sensitive.
pub(super) fn countable(tx: &mut Tx<'_>, slugs: BTreeSet<&str>) -> Result<HashSet<String>> {
    let rows: Vec<(String, serde_json::Value)> = service_version::table
        .filter(service_version::tenant_id.eq(tx.actor()))
        .filter(service_version::slug.eq_any(slugs))
        .select((service_version::slug, service_version::definition))
        .load(tx.conn)?;
    let (mut known, mut sensitive) = (HashSet::new(), HashSet::new());
    for (slug, definition) in rows {
        if in_english(definition)?.sensitive {
            sensitive.insert(slug.clone());
        }
        known.insert(slug);
    }
    known.retain(|slug| !sensitive.contains(slug));
    Ok(known)
}

fn in_english(definition: serde_json::Value) -> anyhow::Result<Definition> {
    serde_json::from_value::<Written>(definition)?.read(Language::En)
}

/// Any version that a council ever published, as it was written.
///
/// # Errors
/// [`Error::NotFound`] if there was none.
pub fn published(tx: &mut Tx<'_>, owner: AuthorityId, slug: &str, version: i32) -> Result<Written> {
    let value: serde_json::Value =
        service_version::table.find((owner, slug, version)).select(service_version::definition).first(tx.conn)?;
    serde_json::from_value(value).map_err(|error| Error::Other(error.into()))
}

/// A version in one language, for the drafts and cases that began on it: nearly always the one in force. Others are read
/// from the database once, and then stay at hand as long as they are asked for.
///
/// # Errors
/// [`Error::NotFound`] if there was none.
pub fn definition(
    tx: &mut Tx<'_>,
    services: &Services,
    owner: AuthorityId,
    slug: &str,
    version: i32,
    language: Language,
) -> Result<Arc<Definition>> {
    match services.find(owner, slug) {
        Some(s) if s.version == version => Ok(s.definition(language)?),
        _ => services.kept((owner, slug.to_owned(), version, language), || {
            Ok(Arc::new(published(tx, owner, slug, version)?.read(language)?))
        }),
    }
}

/// How long cases of a published version are kept.
#[derive(Debug, QueryableByName)]
pub struct Retention {
    /// Slug of the service.
    #[diesel(sql_type = Text)]
    pub service: String,
    /// The version that they began on.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// For how many months after closing.
    #[diesel(sql_type = Integer)]
    pub months: i32,
}

/// How long cases of each version that the acting authority published are kept.
///
/// # Errors
/// The database's.
pub fn retentions(tx: &mut Tx<'_>) -> Result<Vec<Retention>> {
    let sql = "select slug as service, version, (definition ->> 'retention_months')::integer as months \
               from service_version where tenant_id = $1 order by slug, version";
    Ok(diesel::sql_query(sql).bind::<SqlUuid, _>(tx.actor()).load(tx.conn)?)
}

/// Publishes a definition as the service's next version, in force from a London day. Says the version.
///
/// # Errors
/// The database's.
pub fn publish(tx: &mut Tx<'_>, now: Timestamp, definition: &Written, from: Date, by: &str) -> Result<i32> {
    let newest: Option<i32> = service_version::table
        .filter(service_version::tenant_id.eq(tx.actor()))
        .filter(service_version::slug.eq(definition.slug()))
        .select(diesel::dsl::max(service_version::version))
        .first(tx.conn)?;
    let version = newest.unwrap_or(0) + 1;
    diesel::insert_into(service_version::table)
        .values((
            service_version::tenant_id.eq(tx.actor()),
            service_version::slug.eq(definition.slug()),
            service_version::version.eq(version),
            service_version::definition.eq(serde_json::to_value(definition).map_err(anyhow::Error::from)?),
            service_version::published_at.eq(now.to_diesel()),
            service_version::published_by.eq(by),
            service_version::in_force_from.eq(from.to_diesel()),
        ))
        .execute(tx.conn)?;
    tenancy::mark_changed(tx, now)?;
    Ok(version)
}

/// Retires a service: no version of it is offered any more, nor will be. False if none was.
///
/// # Errors
/// The database's.
pub fn retire(tx: &mut Tx<'_>, now: Timestamp, slug: &str) -> Result<bool> {
    let offered = service_version::table
        .filter(service_version::tenant_id.eq(tx.actor()))
        .filter(service_version::slug.eq(slug))
        .filter(service_version::retired_at.is_null());
    let retired = diesel::update(offered).set(service_version::retired_at.eq(now.to_diesel())).execute(tx.conn)?;
    if retired > 0 {
        tenancy::mark_changed(tx, now)?;
    }
    Ok(retired > 0)
}

/// Keeps a changed definition as the service's draft.
///
/// # Errors
/// The database's.
pub fn put_draft(tx: &mut Tx<'_>, now: Timestamp, definition: &Written) -> Result<()> {
    let value = serde_json::to_value(definition).map_err(anyhow::Error::from)?;
    let renewed = (service_draft::definition.eq(&value), service_draft::changed_at.eq(now.to_diesel()));
    let known =
        diesel::update(service_draft::table.find((tx.actor(), definition.slug()))).set(renewed).execute(tx.conn)?;
    if known == 0 {
        diesel::insert_into(service_draft::table)
            .values((service_draft::tenant_id.eq(tx.actor()), service_draft::slug.eq(definition.slug()), renewed))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The service's draft definition, if there is one.
///
/// # Errors
/// The database's.
pub fn read_draft(tx: &mut Tx<'_>, slug: &str) -> Result<Option<Written>> {
    let value: Option<serde_json::Value> =
        service_draft::table.find((tx.actor(), slug)).select(service_draft::definition).first(tx.conn).optional()?;
    value.map(serde_json::from_value).transpose().map_err(|e| Error::Other(e.into()))
}

/// What the council at work has of one service.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The newest version that was ever published.
    pub published: Option<(i32, Written)>,
    /// The draft of the next.
    pub draft: Option<Written>,
}

impl Known {
    /// What somebody who works on the service would see: the draft, or else what is published.
    #[must_use]
    pub fn latest(&self) -> Option<&Written> {
        self.draft.as_ref().or(self.published.as_ref().map(|(_, definition)| definition))
    }
}

/// Every service of the council at work, by slug.
///
/// # Errors
/// The database's, or a definition that this program cannot read.
pub fn known(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Known>> {
    let published: Vec<(String, i32, serde_json::Value)> = service_version::table
        .filter(service_version::tenant_id.eq(tx.actor()))
        .distinct_on(service_version::slug)
        .order((service_version::slug, service_version::version.desc()))
        .select((service_version::slug, service_version::version, service_version::definition))
        .load(tx.conn)?;
    let drafts: Vec<(String, serde_json::Value)> = service_draft::table
        .filter(service_draft::tenant_id.eq(tx.actor()))
        .select((service_draft::slug, service_draft::definition))
        .load(tx.conn)?;
    let read = |value| serde_json::from_value::<Written>(value).map_err(anyhow::Error::from);
    let mut all: BTreeMap<String, Known> = BTreeMap::new();
    for (slug, version, definition) in published {
        all.entry(slug).or_default().published = Some((version, read(definition)?));
    }
    for (slug, definition) in drafts {
        all.entry(slug).or_default().draft = Some(read(definition)?);
    }
    Ok(all)
}

/// Drops the service's draft, if there is one: what is published stays.
///
/// # Errors
/// The database's.
pub fn drop_draft(tx: &mut Tx<'_>, slug: &str) -> Result<()> {
    diesel::delete(service_draft::table.find((tx.actor(), slug))).execute(tx.conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use State::{InForce, Replaced, Waiting};

    fn version(version: i32, from: Date, retired: bool) -> Version {
        Version { owner: AuthorityId(Uuid::from_u128(1)), slug: "bins".to_owned(), version, from, retired }
    }

    #[test]
    fn the_version_that_began_last_is_in_force() {
        let (may, june, july) = (date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1));
        // Version 3 was an urgent change while version 2 waited for its day.
        let all = [version(1, may, false), version(2, july, false), version(3, june, false), version(4, july, false)];
        let on = |day| {
            let (in_force, retired) = standing(&all, day);
            assert_eq!(retired, []);
            let states: Vec<State> = all.iter().map(|v| v.state(&all, day)).collect();
            assert_eq!(states.iter().filter(|s| **s == InForce).count(), in_force.len());
            (in_force.first().map(|s| s.version), states)
        };
        assert_eq!(on(date(2026, 4, 30)), (None, vec![Waiting; 4]));
        assert_eq!(on(may), (Some(1), vec![InForce, Waiting, Waiting, Waiting]));
        assert_eq!(on(date(2026, 6, 30)), (Some(3), vec![Replaced, Waiting, InForce, Waiting]));
        assert_eq!(on(july), (Some(4), vec![Replaced, Replaced, Replaced, InForce]));
    }

    #[test]
    fn a_retired_service_is_offered_again_once_it_is_published_again() {
        let may = date(2026, 5, 1);
        let all = [version(1, may, true), version(2, may, true), version(3, date(2026, 6, 1), false)];
        let on = |day| {
            let (in_force, retired) = standing(&all, day);
            (in_force.first().map(|s| s.version), retired.first().map(|s| s.version))
        };
        assert_eq!(on(may), (None, Some(2)));
        assert_eq!(on(date(2026, 6, 1)), (Some(3), None));
    }
}
