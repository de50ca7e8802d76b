//! What every council has published, in memory: of each service what lists, search and routing need, in each language, and
//! the whole definition packed. A definition is unpacked when a page of its form is asked for; those in use stay at hand.

use std::collections::{BTreeSet, HashMap};
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use quick_cache::sync::Cache;
use serde::Deserialize;

use super::model::{Definition, Kind};
use super::tasks::Place;
use super::written::Written;
use crate::kernel::{AuthorityId, Language, Words};
use crate::platform::Result;

/// How many unpacked definitions are kept at hand, each in one language: some 50 kB apiece.
const AT_HAND: usize = 400;

/// What lists, search and routing know of a service, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its name in addresses.
    pub slug: String,
    /// Report, pay or request.
    pub kind: Kind,
    /// `Report a pothole`.
    pub name: String,
    /// `Pothole`: in lists and queues.
    pub noun: String,
    /// One sentence.
    pub summary: String,
    /// Other words that people look for.
    pub keywords: Vec<String>,
    /// Whether nobody else may learn of it.
    pub sensitive: bool,
    /// What lists, bills and mails call a sensitive service.
    pub neutral_name: Option<String>,
    /// The law that the council relies on, for the privacy notice.
    pub legal_basis: String,
    /// For how many months after closing a case is kept.
    pub retention_months: u16,
}

impl Listing {
    /// What lists, bills and mails may call it.
    #[must_use]
    pub fn public_name(&self) -> &str {
        self.neutral_name.as_deref().unwrap_or(&self.name)
    }
}

/// The part of a definition's JSON that a listing is made from; the rest is passed over.
#[derive(Deserialize)]
struct Head {
    slug: String,
    kind: Kind,
    name: Words,
    noun: Words,
    summary: Words,
    #[serde(default)]
    keywords: Vec<Words>,
    #[serde(default)]
    lgsl: Option<u32>,
    #[serde(default)]
    lgil: Option<u32>,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    neutral_name: Option<Words>,
    retention_months: u16,
    privacy: HeadPrivacy,
    routing: HeadRouting,
}

#[derive(Deserialize)]
struct HeadPrivacy {
    legal_basis: Words,
}

#[derive(Deserialize)]
struct HeadRouting {
    #[serde(default)]
    partner: Option<String>,
    #[serde(default)]
    route: Vec<HeadRoute>,
}

#[derive(Deserialize)]
struct HeadRoute {
    #[serde(default)]
    partner: Option<String>,
}

impl Head {
    fn listing(&self, language: Language) -> Listing {
        let say = |words: &Words| words.of(language).to_owned();
        Listing {
            slug: self.slug.clone(),
            kind: self.kind,
            name: say(&self.name),
            noun: say(&self.noun),
            summary: say(&self.summary),
            keywords: self.keywords.iter().map(say).collect(),
            sensitive: self.sensitive,
            neutral_name: self.neutral_name.as_ref().map(say),
            legal_basis: say(&self.privacy.legal_basis),
            retention_months: self.retention_months,
        }
    }
}

/// A definition that was unpacked: whose, which, in what language.
pub(super) type Key = (AuthorityId, String, i32, Language);
type AtHand = Cache<Key, Arc<Definition>>;

/// A published version of a service.
#[derive(Debug)]
pub struct Published {
    /// Its number, from 1.
    pub version: i32,
    /// The number in the Local Government Services List.
    pub lgsl: Option<u32>,
    /// The number in the Local Government Interactions List.
    pub lgil: Option<u32>,
    owner: AuthorityId,
    english: Listing,
    /// In the other languages in which it reads differently.
    others: Vec<(Language, Listing)>,
    partners: Vec<String>,
    packed: Box<[u8]>,
    at_hand: Arc<AtHand>,
}

impl Published {
    /// Packs a version as the database has it, in JSON.
    fn pack(owner: AuthorityId, version: i32, json: &str, at_hand: &Arc<AtHand>) -> anyhow::Result<Published> {
        let head: Head = serde_json::from_str(json)?;
        let english = head.listing(Language::En);
        let others: Vec<(Language, Listing)> = Language::ALL
            .into_iter()
            .map(|language| (language, head.listing(language)))
            .filter(|(_, listing)| *listing != english)
            .collect();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(json.as_bytes())?;
        let partners = head.routing.partner.into_iter().chain(head.routing.route.into_iter().filter_map(|r| r.partner));
        Ok(Published {
            version,
            lgsl: head.lgsl,
            lgil: head.lgil,
            owner,
            others,
            english,
            partners: partners.collect::<BTreeSet<String>>().into_iter().collect(),
            packed: encoder.finish()?.into_boxed_slice(),
            at_hand: Arc::clone(at_hand),
        })
    }

    /// What lists say of it in a language; in English where it was not written in that one.
    #[must_use]
    pub fn of(&self, language: Language) -> &Listing {
        self.others.iter().find(|(of, _)| *of == language).map_or(&self.english, |(_, listing)| listing)
    }

    /// What is asked, in a language; in English where it was not written in that one.
    ///
    /// # Errors
    /// If this program cannot read it.
    pub fn definition(&self, language: Language) -> anyhow::Result<Arc<Definition>> {
        let key = (self.owner, self.english.slug.clone(), self.version, language);
        self.at_hand.get_or_insert_with(&key, || Ok(Arc::new(self.written()?.read(language)?)))
    }

    fn written(&self) -> anyhow::Result<Written> {
        let mut json = Vec::new();
        DeflateDecoder::new(&*self.packed).read_to_end(&mut json)?;
        Ok(serde_json::from_slice(&json)?)
    }
}

/// The version in force of every service of every council.
#[derive(Debug)]
pub struct Services {
    by_owner: HashMap<AuthorityId, Vec<Arc<Published>>>,
    /// By the slug of a partner: who routes a service to it.
    routed: HashMap<String, Vec<AuthorityId>>,
    /// What councils offered once and no longer do.
    retired: HashMap<AuthorityId, Vec<Arc<Published>>>,
    /// Where services stand on their council's front page.
    places: Places,
    at_hand: Arc<AtHand>,
}

impl Default for Services {
    fn default() -> Services {
        Services {
            by_owner: HashMap::new(),
            routed: HashMap::new(),
            retired: HashMap::new(),
            places: Places::new(),
            at_hand: Arc::new(Cache::new(AT_HAND)),
        }
    }
}

impl Services {
    /// A council's services, by name.
    #[must_use]
    pub fn of(&self, authority: AuthorityId) -> &[Arc<Published>] {
        self.by_owner.get(&authority).map_or(&[], Vec::as_slice)
    }

    /// A council's services as its pages list them: pinned ones first, then by their places, new ones last by name. None
    /// that is sensitive: lists are read over shoulders.
    #[must_use]
    pub fn listed(&self, authority: AuthorityId) -> Vec<&Arc<Published>> {
        self.listed_by(authority, |slug| self.place(authority, slug))
    }

    /// The same by places of another moment.
    #[must_use]
    pub fn listed_by(&self, authority: AuthorityId, place: impl Fn(&str) -> Option<Place>) -> Vec<&Arc<Published>> {
        let mut listed: Vec<&Arc<Published>> = self.of(authority).iter().filter(|s| !s.english.sensitive).collect();
        // The order by name is kept among equals.
        listed.sort_by_key(|s| {
            let place = place(&s.english.slug);
            (!place.is_some_and(|p| p.pinned), place.map_or(i32::MAX, |p| p.place))
        });
        listed
    }

    /// Those of them that its front page shows.
    #[must_use]
    pub fn tasks(&self, authority: AuthorityId) -> Vec<&Arc<Published>> {
        let is_hidden = |s: &&Arc<Published>| self.place(authority, &s.english.slug).is_some_and(|p| p.hidden);
        self.listed(authority).into_iter().filter(|s| !is_hidden(s)).collect()
    }

    fn place(&self, authority: AuthorityId, slug: &str) -> Option<Place> {
        self.places.get(&authority)?.get(slug).copied()
    }

    /// Each service that other councils route to a partner, by their id, with whose it is.
    pub fn routed_to<'a>(&'a self, partner: &'a str) -> impl Iterator<Item = (AuthorityId, &'a Published)> {
        let owners = self.routed.get(partner).map_or(&[][..], Vec::as_slice);
        let of = |owner: &AuthorityId| self.of(*owner).iter().map(|s| (*owner, s.as_ref())).collect::<Vec<_>>();
        owners.iter().flat_map(of).filter(move |(_, s)| s.partners.iter().any(|p| p == partner))
    }

    /// One service of a council.
    #[must_use]
    pub fn find(&self, authority: AuthorityId, slug: &str) -> Option<&Arc<Published>> {
        self.of(authority).iter().find(|s| s.english.slug == slug)
    }

    /// A service that a council offered once and no longer does.
    #[must_use]
    pub fn find_retired(&self, authority: AuthorityId, slug: &str) -> Option<&Arc<Published>> {
        self.retired.get(&authority)?.iter().find(|s| s.english.slug == slug)
    }

    /// A definition that is at hand, or is from here on.
    pub(super) fn kept(&self, key: Key, read: impl FnOnce() -> Result<Arc<Definition>>) -> Result<Arc<Definition>> {
        self.at_hand.get_or_insert_with(&key, read)
    }

    /// The next state: the versions `in_force`, and of each `retired` service the last, out of what is known and what is
    /// `new`.
    pub(super) fn renewed(&self, in_force: &[Standing], retired: &[Standing], new: &New, places: Places) -> Services {
        let mut next = Services { at_hand: Arc::clone(&self.at_hand), places, ..Services::default() };
        let find = |standing: &Standing| self.known(standing).or_else(|| new.get(standing)).map(Arc::clone);
        for (standings, into) in [(in_force, &mut next.by_owner), (retired, &mut next.retired)] {
            for standing in standings {
                into.entry(standing.owner).or_default().extend(find(standing));
            }
        }
        for of_one in next.by_owner.values_mut() {
            of_one.sort_by(|a, b| a.english.name.cmp(&b.english.name));
        }
        for (owner, of_one) in &next.by_owner {
            for partner in of_one.iter().flat_map(|s| &s.partners).collect::<BTreeSet<_>>() {
                next.routed.entry(partner.clone()).or_default().push(*owner);
            }
        }
        next.routed.values_mut().for_each(|owners| owners.sort());
        next
    }

    /// Packs a version that was not known yet.
    pub(super) fn pack(&self, standing: &Standing, json: &str) -> anyhow::Result<Arc<Published>> {
        Published::pack(standing.owner, standing.version, json, &self.at_hand).map(Arc::new)
    }

    pub(super) fn known(&self, standing: &Standing) -> Option<&Arc<Published>> {
        let all = [&self.by_owner, &self.retired].into_iter().filter_map(|all| all.get(&standing.owner)).flatten();
        all.into_iter().find(|s| s.version == standing.version && s.english.slug == standing.slug)
    }
}

/// Where services stand on their council's front page, by their names in addresses.
pub(super) type Places = HashMap<AuthorityId, HashMap<String, Place>>;

/// What was read for the first time.
pub(super) type New = HashMap<Standing, Arc<Published>>;

/// A version by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Standing {
    pub(super) owner: AuthorityId,
    pub(super) slug: String,
    pub(super) version: i32,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn standing(slug: &str, version: i32) -> Standing {
        Standing { owner: AuthorityId(Uuid::from_u128(1)), slug: slug.to_owned(), version }
    }

    fn json(slug: &str, name: &str) -> String {
        serde_json::json!({
            "slug": slug, "kind": "report", "name": { "en": name, "cy": "Biniau" }, "noun": "Bin", "summary": "S",
            "target_working_days": 1, "retention_months": 1, "outcomes": ["Done"],
            "routing": { "team": "T", "partner": "shire", "route": [{ "when": { "question": "q", "is": true }, "team": "U",
                "partner": "town", "because": "b" }] },
            "privacy": { "purpose": "p", "legal_basis": "l" }, "confirmation": { "next": ["n"] }, "page": [],
        })
        .to_string()
    }

    #[test]
    fn what_was_packed_is_listed_unpacked_and_kept_while_its_version_is() {
        let empty = Services::default();
        let pack = |slug: &str, version, name: &str| {
            let standing = standing(slug, version);
            (standing.clone(), empty.pack(&standing, &json(slug, name)).unwrap())
        };
        let new = New::from([pack("bins", 1, "Bins"), pack("art", 1, "Art")]);
        let first = empty.renewed(&[standing("bins", 1), standing("art", 1)], &[], &new, Places::new());
        let owner = AuthorityId(Uuid::from_u128(1));
        let names: Vec<&str> = first.of(owner).iter().map(|s| s.of(Language::En).name.as_str()).collect();
        assert_eq!(names, ["Art", "Bins"]);
        let bins = Arc::clone(first.find(owner, "bins").unwrap());
        assert_eq!((bins.of(Language::Cy).name.as_str(), bins.of(Language::Cy).noun.as_str()), ("Biniau", "Bin"));
        assert_eq!(bins.definition(Language::Cy).unwrap().name, "Biniau");
        let definition = bins.definition(Language::En).unwrap();
        assert!(Arc::ptr_eq(&definition, &bins.definition(Language::En).unwrap()), "it stays at hand");
        for partner in ["shire", "town"] {
            assert_eq!(first.routed_to(partner).count(), 2, "{partner}");
        }
        assert_eq!(first.routed_to("else").count(), 0);

        let second = first.renewed(&[standing("bins", 1)], &[standing("art", 1)], &New::new(), Places::new());
        assert!(Arc::ptr_eq(&bins, second.find(owner, "bins").unwrap()), "a version is packed once");
        assert!(second.find(owner, "art").is_none() && second.find_retired(owner, "art").is_some());
        let new = New::from([pack("bins", 2, "All bins")]);
        let third = second.renewed(&[standing("bins", 2)], &[], &new, Places::new());
        assert_eq!(third.find(owner, "bins").unwrap().definition(Language::En).unwrap().name, "All bins");
    }
}
