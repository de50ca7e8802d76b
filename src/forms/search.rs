//! Finding what people can do by what they type. Everything is in memory and prepared when the services are loaded: a
//! search reads nothing and writes nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::services::{Published, Services};
use super::terms::{self, Wanted};
use crate::kernel::{AuthorityId, Language, Words};
use crate::tenancy::{Authority, Directory, Elsewhere, LaneLink};

/// The most that a search finds.
const MOST: usize = 10;

/// What can be found.
#[derive(Clone, Debug)]
pub enum Thing {
    /// A service, which is begun here or on a neighbour's pages.
    Service(Arc<Published>),
    /// A page of the council's own site.
    Link(LaneLink),
    /// What another body does.
    Elsewhere(Elsewhere),
}

/// Something found, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// What.
    pub thing: &'a Thing,
    /// Who offers it: the council that was asked, or a neighbour.
    pub owner: AuthorityId,
}

/// What search knows of every council.
#[derive(Debug, Default)]
pub struct Finder(HashMap<AuthorityId, Index>);

impl Finder {
    /// Prepares it.
    #[must_use]
    pub fn new(directory: &Directory, services: &Services) -> Finder {
        Finder(directory.iter().map(|here| (here.id, Index::new(here, directory, services.of(here.id)))).collect())
    }

    /// What fits best, best first: what the council offers, and what its neighbours do besides.
    #[must_use]
    pub fn find(&self, authority: AuthorityId, typed: &str) -> Vec<Found<'_>> {
        let Some(index) = self.0.get(&authority) else { return Vec::new() };
        let wanted = terms::wanted(&index.languages, typed);
        let mut found: Vec<(u32, Found<'_>)> = Vec::new();
        for (score, thing) in index.find(&wanted) {
            found.push((score, Found { thing, owner: authority }));
        }
        for (owner, theirs) in index.neighbours.iter().filter_map(|id| Some((*id, self.0.get(id)?))) {
            for (score, thing) in theirs.find(&wanted).into_iter().filter(|(_, thing)| index.lacks(thing)) {
                // What is at hand goes before what is as near but next door.
                found.push((score * 3 / 4, Found { thing, owner }));
            }
        }
        let best = found.iter().map(|(score, _)| *score).max().unwrap_or_default();
        found.retain(|(score, _)| score * 3 >= best);
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.truncate(MOST);
        found.into_iter().map(|(_, found)| found).collect()
    }
}

/// What search knows of one council: its things, and for each term where it stands and how much it says there.
#[derive(Debug)]
struct Index {
    languages: Vec<Language>,
    neighbours: Vec<AuthorityId>,
    things: Vec<Thing>,
    terms: Terms,
}

/// Terms in their order, each with the things where it stands and how much it says about each: many councils have
/// thousands of them, so that none is an object of its own.
#[derive(Debug)]
struct Terms {
    /// One after the other.
    text: Box<str>,
    places: Box<[(u16, u8)]>,
    /// Where each term begins in `text`, and its places in `places`; then where the last one ends.
    starts: Box<[(u32, u32)]>,
}

impl Terms {
    fn new(terms: &BTreeMap<String, Vec<(u16, u8)>>) -> Terms {
        let (mut text, mut places, mut starts) = (String::new(), Vec::new(), vec![(0, 0)]);
        for (term, stands) in terms {
            text.push_str(term);
            places.extend_from_slice(stands);
            let end = |length: usize| u32::try_from(length).expect("a council's search words are not four gigabytes");
            starts.push((end(text.len()), end(places.len())));
        }
        Terms { text: text.into(), places: places.into(), starts: starts.into() }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn term(&self, at: usize) -> &str {
        &self.text[self.starts[at].0 as usize..self.starts[at + 1].0 as usize]
    }

    fn places(&self, at: usize) -> &[(u16, u8)] {
        &self.places[self.starts[at].1 as usize..self.starts[at + 1].1 as usize]
    }

    /// The first term that is not before `term`.
    fn from(&self, term: &str) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            if self.term(middle) < term { from = middle + 1 } else { to = middle }
        }
        from
    }
}

/// How much a term says about a thing, by where it stands.
const NAME: u8 = 8;
const KEYWORD: u8 = 6;
const SUMMARY: u8 = 2;
/// Of [`terms::WHOLE`]: a term that begins like what was typed, and one that is a slip away.
const BEGINNING: u32 = 5;
/// One that begins like a word that was found as it stands, which may yet be typed to its end.
const FURTHER: u32 = 2;
const SLIP: u32 = 4;

impl Index {
    fn new(here: &Authority, directory: &Directory, services: &[Arc<Published>]) -> Index {
        let offered = services.iter().cloned().map(Thing::Service);
        let links = here.portal.links.iter().cloned().map(Thing::Link);
        let elsewhere = here.portal.elsewhere.iter().cloned().map(Thing::Elsewhere);
        let things: Vec<Thing> = offered.chain(links).chain(elsewhere).collect();
        let mut terms: BTreeMap<String, Vec<(u16, u8)>> = BTreeMap::new();
        for (n, thing) in (0..u16::MAX).zip(&things) {
            let mut said: BTreeMap<String, u8> = BTreeMap::new();
            for &language in &here.languages {
                thing.say(language, &mut |text, weight| {
                    for term in terms::terms(language, text) {
                        let most = said.entry(term).or_default();
                        *most = weight.max(*most);
                    }
                });
            }
            for (term, weight) in said {
                terms.entry(term).or_default().push((n, weight));
            }
        }
        Index {
            languages: here.languages.clone(),
            neighbours: here.neighbours.iter().filter_map(|slug| Some(directory.by_slug(slug)?.id)).collect(),
            things,
            terms: Terms::new(&terms),
        }
    }

    /// Whether a neighbour's thing is a service that may be shown here and that this council does not offer itself.
    fn lacks(&self, theirs: &Thing) -> bool {
        let Thing::Service(theirs) = theirs else { return false };
        let listing = theirs.of(Language::En);
        let same = |ours: &Published| {
            ours.of(Language::En).slug == listing.slug || ours.lgsl.is_some() && ours.lgsl == theirs.lgsl
        };
        !listing.sensitive && !self.things.iter().any(|thing| matches!(thing, Thing::Service(ours) if same(ours)))
    }

    fn find(&self, wanted: &[Wanted]) -> Vec<(u32, &Thing)> {
        let mut scores: Vec<(u32, bool)> = vec![(0, false); self.things.len()];
        // Where nothing that was typed is telling, what stands everywhere has to do.
        let any_telling = wanted.iter().any(|w| w.is_telling);
        for one in wanted {
            let near = self.near(one);
            let rarity = self.rarity(near.len());
            for (place, weight) in near {
                let (score, tells) = &mut scores[usize::from(place)];
                *score += weight * rarity;
                *tells |= one.is_telling || !any_telling;
            }
        }
        let mut found: Vec<(u32, &Thing)> = scores
            .into_iter()
            .zip(&self.things)
            .filter(|((score, tells), _)| *score > 0 && *tells)
            .map(|((score, _), thing)| (score, thing))
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found
    }

    /// Where what is wanted stands, with how much it says there.
    fn near(&self, wanted: &Wanted) -> BTreeMap<u16, u32> {
        let mut near = BTreeMap::new();
        for (term, quality) in &wanted.terms {
            let at = self.terms.from(term);
            if at < self.terms.len() && self.terms.term(at) == term {
                self.add(at, *quality, &mut near);
            }
        }
        if !wanted.is_typed {
            return near;
        }
        let quality = if near.is_empty() { BEGINNING } else { FURTHER };
        let shortest = if wanted.is_last { 3 } else { 4 };
        for (term, _) in wanted.terms.iter().filter(|(term, _)| term.len() >= shortest) {
            let alike =
                (self.terms.from(term)..self.terms.len()).take_while(|at| self.terms.term(*at).starts_with(term));
            alike.for_each(|at| self.add(at, quality, &mut near));
        }
        if near.is_empty() {
            for (term, _) in &wanted.terms {
                let slips = (0..self.terms.len()).filter(|at| terms::is_slip(term, self.terms.term(*at)));
                slips.for_each(|at| self.add(at, SLIP, &mut near));
            }
        }
        near
    }

    fn add(&self, term: usize, quality: u32, near: &mut BTreeMap<u16, u32>) {
        for (place, weight) in self.terms.places(term) {
            let most = near.entry(*place).or_default();
            *most = (*most).max(quality * u32::from(*weight));
        }
    }

    /// What stands at few of many things says more.
    fn rarity(&self, places: usize) -> u32 {
        (self.things.len() / places.max(1)).max(1).ilog2() + 1
    }
}

impl Thing {
    /// Every text in a language by which it can be found, with how much it says. A sensitive service has search words of
    /// its own, and is found by nothing else.
    fn say(&self, language: Language, say: &mut impl FnMut(&str, u8)) {
        match self {
            Thing::Service(service) => {
                let d = service.of(language);
                say(&d.noun, NAME);
                say(&d.name, NAME);
                d.keywords.iter().for_each(|keyword| say(keyword, KEYWORD));
                if !d.sensitive {
                    say(&d.summary, SUMMARY);
                }
            }
            Thing::Link(link) => say(link.label.of(language), NAME),
            Thing::Elsewhere(there) => {
                let keywords = there.keywords.iter().map(|keyword: &Words| (keyword.of(language), KEYWORD));
                say(there.label.of(language), NAME);
                say(there.council.of(language), SUMMARY);
                keywords.for_each(|(keyword, weight)| say(keyword, weight));
            }
        }
    }
}
