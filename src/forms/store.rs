//! The tables `service_version` (published, public) and `service_draft` (the council's own).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::model::Definition;
use super::tasks::{self, Place};
use super::written::Written;
use crate::kernel::{AuthorityId, Language};
use crate::platform::schema::{service_draft, service_version};
use crate::platform::{Error, Result, Tx};
use crate::tenancy;

/// A published version of a service.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its number, from 1.
    pub version: i32,
    /// What it is, in English.
    pub definition: Arc<Definition>,
    /// In the other languages that it was written in.
    others: Vec<(Language, Arc<Definition>)>,
}

impl Published {
    fn read(version: i32, written: &Written) -> anyhow::Result<Published> {
        let mut others = Vec::new();
        for language in written.languages().into_iter().filter(|language| *language != Language::En) {
            others.push((language, Arc::new(written.read(language)?)));
        }
        Ok(Published { version, definition: Arc::new(written.read(Language::En)?), others })
    }

    /// What it is, in a language; in English where it was not written in that one.
    #[must_use]
    pub fn of(&self, language: Language) -> &Arc<Definition> {
        self.others.iter().find(|(of, _)| *of == language).map_or(&self.definition, |(_, definition)| definition)
    }
}

/// The version in force of every service of every council.
#[derive(Debug, Default)]
pub struct Services {
    by_owner: HashMap<AuthorityId, Vec<Published>>,
    /// By the slug of a partner: who routes a service to it.
    routed: HashMap<String, Vec<AuthorityId>>,
    /// Where services stand on their council's front page.
    places: HashMap<AuthorityId, HashMap<String, Place>>,
}

impl Services {
    /// A council's services, by name.
    #[must_use]
    pub fn of(&self, authority: AuthorityId) -> &[Published] {
        self.by_owner.get(&authority).map_or(&[], Vec::as_slice)
    }

    /// A council's services as its pages list them: pinned ones first, then by their places, new ones last by name. None
    /// that is sensitive: lists are read over shoulders.
    #[must_use]
    pub fn listed(&self, authority: AuthorityId) -> Vec<&Published> {
        self.listed_by(authority, |slug| self.place(authority, slug))
    }

    /// The same by places of another moment.
    #[must_use]
    pub fn listed_by(&self, authority: AuthorityId, place: impl Fn(&str) -> Option<Place>) -> Vec<&Published> {
        let mut listed: Vec<&Published> = self.of(authority).iter().filter(|s| !s.definition.sensitive).collect();
        // The order by name is kept among equals.
        listed.sort_by_key(|s| {
            let place = place(&s.definition.slug);
            (!place.is_some_and(|p| p.pinned), place.map_or(i32::MAX, |p| p.place))
        });
        listed
    }

    /// Those of them that its front page shows.
    #[must_use]
    pub fn tasks(&self, authority: AuthorityId) -> Vec<&Published> {
        let is_hidden = |s: &&Published| self.place(authority, &s.definition.slug).is_some_and(|p| p.hidden);
        self.listed(authority).into_iter().filter(|s| !is_hidden(s)).collect()
    }

    fn place(&self, authority: AuthorityId, slug: &str) -> Option<Place> {
        self.places.get(&authority)?.get(slug).copied()
    }

    /// Each service that other councils route to a partner, by their id, with whose it is.
    pub fn routed_to<'a>(&'a self, partner: &'a str) -> impl Iterator<Item = (AuthorityId, &'a Published)> {
        let owners = self.routed.get(partner).map_or(&[][..], Vec::as_slice);
        let of = |owner: &AuthorityId| self.of(*owner).iter().map(|s| (*owner, s)).collect::<Vec<_>>();
        owners.iter().flat_map(of).filter(move |(_, s)| s.definition.routing.partners().any(|p| p == partner))
    }

    /// One service of a council.
    #[must_use]
    pub fn find(&self, authority: AuthorityId, slug: &str) -> Option<&Published> {
        self.of(authority).iter().find(|s| s.definition.slug == slug)
    }
}

/// Reads what is published and not retired; the newest version of each service is the one in force.
///
/// # Errors
/// The database's, or a definition that this program cannot read.
pub fn load(conn: &mut PgConnection) -> Result<Services> {
    let mut services = Services { places: tasks::load(conn)?, ..Services::default() };
    let rows = service_version::table
        .filter(service_version::retired_at.is_null())
        .distinct_on((service_version::tenant_id, service_version::slug))
        .order((service_version::tenant_id, service_version::slug, service_version::version.desc()))
        .select((service_version::tenant_id, service_version::version, service_version::definition))
        // One at a time: all of them as JSON weigh several times what is kept.
        .load_iter::<(AuthorityId, i32, serde_json::Value), PgRowByRowLoadingMode>(conn)?;
    for row in rows {
        let (authority, version, definition) = row?;
        let written: Written = serde_json::from_value(definition).map_err(anyhow::Error::from)?;
        let published = Published::read(version, &written)?;
        for partner in published.definition.routing.partners() {
            let owners = services.routed.entry(partner.to_owned()).or_default();
            // Rows come council by council.
            if owners.last() != Some(&authority) {
                owners.push(authority);
            }
        }
        services.by_owner.entry(authority).or_default().push(published);
    }
    for of_one in services.by_owner.values_mut() {
        of_one.sort_by(|a, b| a.definition.name.cmp(&b.definition.name));
    }
    Ok(services)
}

/// The slugs of what the council at work offers now, by name, but for sensitive services.
pub(super) fn offered(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let rows: Vec<(String, serde_json::Value)> = service_version::table
        .filter(service_version::tenant_id.eq(tx.actor()))
        .filter(service_version::retired_at.is_null())
        .distinct_on(service_version::slug)
        .order((service_version::slug, service_version::version.desc()))
        .select((service_version::slug, service_version::definition))
        .load(tx.conn)?;
    let mut offered = Vec::new();
    for (slug, definition) in rows {
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

/// The definition of any version that a council ever published, for the drafts and cases that began on it.
///
/// # Errors
/// [`Error::NotFound`] if there was none.
pub fn published_definition(tx: &mut Tx<'_>, owner: AuthorityId, slug: &str, version: i32) -> Result<Published> {
    let value: serde_json::Value =
        service_version::table.find((owner, slug, version)).select(service_version::definition).first(tx.conn)?;
    let written: Written = serde_json::from_value(value).map_err(anyhow::Error::from)?;
    Ok(Published::read(version, &written)?)
}

/// Publishes a definition as the service's next version, and drops the draft that it was. Says the version.
///
/// # Errors
/// The database's.
pub fn publish(tx: &mut Tx<'_>, now: Timestamp, definition: &Written, by: &str) -> Result<i32> {
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
        ))
        .execute(tx.conn)?;
    drop_draft(tx, definition.slug())?;
    tenancy::mark_changed(tx, now)?;
    Ok(version)
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
