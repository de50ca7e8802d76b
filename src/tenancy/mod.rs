//! Which authority a host belongs to, and what everybody may know of an authority: its name, addresses and brand.
//!
//! Invariant: a request without a known host reaches no room. The directory is small and public; it is held in memory
//! and renewed when [`changed_at`] moves, so that what `tenant apply` changes shows in a running server.

mod brand;
mod files;
mod format;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use brand::{Brand, HeadingFont, HeroStyle, LaneStyle};
pub use files::{TenantFile, check_svg};
pub use format::{check, languages};
pub use store::{changed_at, load, mark_changed, own_name, put_authority, read};

use crate::kernel::{AuthorityId, Language, Words, WorkingDays};

/// A council on the platform, or its operator.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its id, and its tenant's.
    pub id: AuthorityId,
    /// The folder of its files, `marlhaven`.
    pub slug: String,
    /// Its name in English, for staff and on documents: `Marlhaven City Council`.
    pub name: String,
    /// Likewise `Marlhaven`.
    pub short_name: String,
    /// Its names as citizens read them.
    pub names: Names,
    /// `county`, `district`, `borough`, `unitary` or `operator`.
    pub kind: String,
    /// The Office for National Statistics' code.
    pub gss_code: Option<String>,
    /// Of its case references.
    pub prefix: String,
    /// The names it is reached by; the first is the one in links.
    pub hosts: Vec<String>,
    /// Of its portal, the one it begins with first.
    pub languages: Vec<Language>,
    /// The slugs of the councils on the platform that do here what it does not: its county, its districts.
    pub neighbours: Vec<String>,
    /// When it does no work, besides weekends and bank holidays.
    pub closure_days: Vec<Date>,
    /// Its VAT registration number.
    pub vat_number: Option<String>,
    /// How to reach it.
    pub contact: Contact,
    /// Where it is.
    pub address: PostalAddress,
    /// What its pages look like.
    pub brand: Brand,
    /// The words of its front page.
    pub portal: PortalWords,
    /// Its mark, a checked SVG.
    pub logo_svg: Arc<str>,
    /// The art of its front page, a checked SVG.
    pub hero_svg: Option<Arc<str>>,
    /// Whether it came with the demonstration.
    pub demonstration: bool,
    /// Its style sheet, made from the brand.
    pub sheet: Arc<str>,
    /// Of the sheet and the pictures, for immutable addresses.
    pub brand_hash: String,
}

impl Authority {
    /// Whether this is the operator of the platform rather than a council.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.kind == "operator"
    }

    /// The days on which it works, by which its promises are counted.
    #[must_use]
    pub fn working_days(&self) -> WorkingDays<'_> {
        WorkingDays(&self.closure_days)
    }
}

/// What a council is called, in the languages of its portal.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Names {
    /// `Marlhaven City Council`.
    pub name: Words,
    /// `Marlhaven`.
    pub short_name: Words,
    /// `City Council`.
    pub type_name: Words,
}

/// How citizens reach a council.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Contact {
    /// Telephone, as people write it.
    pub phone: String,
    /// Of its contact centre.
    pub email: String,
    /// Its website.
    pub website: Words,
}

/// A postal address.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct PostalAddress {
    /// Building, street, town.
    pub lines: Vec<Words>,
    /// Postcode.
    pub postcode: String,
}

/// The council's own words on its front page.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct PortalWords {
    /// The question above the search bar.
    pub headline: Words,
    /// What people often search for.
    #[serde(default)]
    pub search_examples: Vec<Words>,
    /// Something everybody should know today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// Entries that link to the council's present pages.
    #[serde(default, rename = "link")]
    pub links: Vec<LaneLink>,
    /// What somebody else does, who is not on the platform.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// Where the way out of a sensitive service leads: a page that anybody might be reading.
    #[serde(default = "weather", skip_serializing_if = "is_weather")]
    pub exit_to: String,
}

fn weather() -> String {
    "https://www.bbc.co.uk/weather".to_owned()
}

fn is_weather(address: &String) -> bool {
    *address == weather()
}

/// A notice on the front page.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Notice {
    /// One sentence.
    pub text: Words,
    /// The words of the link.
    pub link_text: Words,
    /// Where it leads.
    pub url: Words,
}

/// An entry of a lane that leads to another page of the council's.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct LaneLink {
    /// `report`, `pay`, `request` or `information`.
    pub lane: String,
    /// Its words.
    pub label: Words,
    /// Where it leads.
    pub url: Words,
}

/// Something that search knows, and that another body does on a site of its own.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Elsewhere {
    /// What is to be done: `Report a sewer flood`.
    pub label: Words,
    /// Who does it: `Marl Water`.
    pub council: Words,
    /// Where.
    pub url: Words,
    /// Other words that people look for.
    pub keywords: Vec<Words>,
}

/// All authorities, by host and id.
#[derive(Debug, Default)]
pub struct Directory {
    all: Vec<Arc<Authority>>,
    by_host: HashMap<String, Arc<Authority>>,
    by_id: HashMap<AuthorityId, Arc<Authority>>,
}

impl Directory {
    /// Puts the authorities in order: the operator last, councils by name.
    #[must_use]
    pub fn new(mut authorities: Vec<Authority>) -> Directory {
        authorities.sort_by(|a, b| (a.is_operator(), &a.name).cmp(&(b.is_operator(), &b.name)));
        let all: Vec<Arc<Authority>> = authorities.into_iter().map(Arc::new).collect();
        Directory {
            by_host: all.iter().flat_map(|a| a.hosts.iter().map(|h| (h.clone(), Arc::clone(a)))).collect(),
            by_id: all.iter().map(|a| (a.id, Arc::clone(a))).collect(),
            all,
        }
    }

    /// The authority that a `Host` header names, with or without a port; exactly, but for case.
    #[must_use]
    pub fn by_host(&self, header: &str) -> Option<&Arc<Authority>> {
        let host = match header.rsplit_once(':') {
            Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
            Some(_) => return None,
            None => header,
        };
        self.by_host.get(&host.to_ascii_lowercase())
    }

    /// The authority with this id.
    #[must_use]
    pub fn by_id(&self, id: AuthorityId) -> Option<&Arc<Authority>> {
        self.by_id.get(&id)
    }

    /// The authority with this slug.
    #[must_use]
    pub fn by_slug(&self, slug: &str) -> Option<&Arc<Authority>> {
        self.all.iter().find(|a| a.slug == slug)
    }

    /// The full name in English, or a word for an authority that is no longer listed.
    #[must_use]
    pub fn name(&self, id: AuthorityId) -> &str {
        self.by_id.get(&id).map_or("a former authority", |a| &a.name)
    }

    /// The full name as citizens read it in a language, likewise.
    #[must_use]
    pub fn name_in(&self, language: Language, id: AuthorityId) -> &str {
        self.by_id.get(&id).map_or("a former authority", |a| a.names.name.of(language))
    }

    /// The short name in English, likewise.
    #[must_use]
    pub fn short_name(&self, id: AuthorityId) -> &str {
        self.by_id.get(&id).map_or("a former authority", |a| &a.short_name)
    }

    /// Everyone.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Authority>> {
        self.all.iter()
    }
}

/// Something held in memory that can be replaced while it is read.
#[derive(Debug, Default)]
pub struct Current<T>(RwLock<Arc<T>>);

impl<T> Current<T> {
    /// Holds a first value.
    pub fn new(value: T) -> Current<T> {
        Current(RwLock::new(Arc::new(value)))
    }

    /// The present value.
    ///
    /// # Panics
    /// Never: nothing panics while it holds the lock.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().expect("nothing panics while it holds this lock"))
    }

    /// Replaces it.
    ///
    /// # Panics
    /// Never: nothing panics while it holds the lock.
    pub fn set(&self, value: T) {
        *self.0.write().expect("nothing panics while it holds this lock") = Arc::new(value);
    }
}
