//! What the council offers as answers on a page: its own addresses, whose a postcode is, and the details of a citizen who
//! is signed in. Looked up beside the draft, in its transaction, in one statement; what is typed always stays.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::questions::Elsewhere;
use crate::forms::{
    self, AddressBy, Definition, Draft, FieldError, Page, Question, QuestionType, Raw, Services, Step, address_by,
    set_address_by, set_chosen, set_outside,
};
use crate::identity::{Citizen, Details};
use crate::kernel::{AuthorityId, billing_date, contact};
use crate::places::{Address, Found, Wanted, Whose};
use crate::platform::{Result, Tx};
use crate::site::Visit;
use crate::tenancy::Directory;

/// Where any of these was typed, an address is given by hand.
const BY_HAND: [&str; 3] = ["-line1", "-town", "-postcode"];
/// So many postcodes, and so many UPRNs, are looked up beside a draft; a page with more is looked up by itself.
const MOST_BESIDE: usize = 8;

/// What a page may show besides what was typed.
#[derive(Default)]
pub(super) struct Offer {
    /// Whether the council has addresses to choose from.
    pub has_addresses: bool,
    /// Those of the postcodes typed, by question.
    pub addresses: BTreeMap<String, Vec<Address>>,
    /// Hers, if she is signed in.
    pub details: Option<Details>,
    /// Where to tell it instead, by question.
    pub elsewhere: BTreeMap<String, Elsewhere>,
    /// The only question whose mistakes are told: the rest of the page was not finished yet.
    pub only: Option<String>,
}

impl Offer {
    /// What the page of the draft at this address is offered: of what was found already, or in one more statement. In the
    /// draft as it is held here, an address that nobody has begun is asked for by its postcode, if the council has addresses.
    pub(super) fn on(
        tx: &mut Tx<'_>,
        now: Timestamp,
        definition: &Definition,
        draft: &mut Draft,
        at: &str,
        (found, citizen): (Found, Option<Citizen>),
    ) -> Result<Offer> {
        let mut offer = Offer::default();
        if draft.submitted.is_some() {
            return Ok(offer);
        }
        let journey = definition.journey(&draft.answers, billing_date(now));
        let Some((_, step)) = journey.at(at) else { return Ok(offer) };
        let (Step::Page { page, .. }, prefix) = (step, step.prefix()) else { return Ok(offer) };
        let addresses = fields(page, &prefix, QuestionType::Address);
        let mut wanted = Wanted { any: !addresses.is_empty(), ..Wanted::default() };
        let listed = addresses.iter().filter(|field| address_by(&draft.answers, field) == Some(AddressBy::List));
        wanted.postcodes.extend(listed.filter_map(|field| to_find(&draft.answers, field)));
        let found = found.or_look(tx, wanted)?;
        if !definition.sensitive && asks_of_her(page, &prefix, &draft.answers) {
            offer.details = citizen.map(|citizen| citizen.details);
        }
        offer.has_addresses = found.any();
        for field in addresses {
            offer.address(&found, &mut draft.answers, field);
        }
        Ok(offer)
    }

    fn address(&mut self, found: &Found, raw: &mut Raw, field: String) {
        let by = address_by(raw, &field);
        if by == Some(AddressBy::List) {
            let listed = at(found, raw, &field);
            if !listed.is_empty() {
                self.addresses.insert(field, listed);
                return;
            }
        }
        let is_begun = BY_HAND.iter().any(|part| !first(raw, &format!("{field}{part}")).is_empty());
        match by {
            None if self.has_addresses && !is_begun => set_address_by(raw, &field, Some(AddressBy::Postcode)),
            Some(AddressBy::List) if self.has_addresses => set_address_by(raw, &field, Some(AddressBy::Postcode)),
            Some(AddressBy::List | AddressBy::Postcode | AddressBy::Unknown) if !self.has_addresses => {
                set_address_by(raw, &field, None);
            }
            _ => {}
        }
    }

    /// A page's mistakes as they are told: those of one question where only that was asked about, and councils by name.
    pub(super) fn told(&mut self, visit: &Visit, errors: &[FieldError]) -> Vec<FieldError> {
        let mut errors: Vec<FieldError> =
            errors.iter().filter(|e| self.only.as_ref().is_none_or(|only| e.question == *only)).cloned().collect();
        let directory = visit.site.directory.get();
        for error in errors.iter_mut().filter(|e| e.key == "forms-error-location-theirs") {
            for (_, slug) in error.variables.iter_mut().filter(|(name, _)| *name == "council") {
                let Some(council) = directory.by_slug(slug) else { continue };
                let name = directory.name_in(visit.language, council.id).to_owned();
                let host = council.hosts.first().map_or("localhost", String::as_str);
                let url = visit.site.config.link(host, "/");
                self.elsewhere.insert(error.question.clone(), Elsewhere { name: name.clone(), url });
                *slug = name;
            }
        }
        errors
    }
}

/// A page is shown again although it may be right: its reader has only asked for addresses, or for another way.
pub(super) struct Stays {
    /// The question's own id.
    pub question: String,
    /// The question's fields begin so.
    pub field: String,
    /// Nothing was found.
    pub wrong: bool,
}

/// What was posted to a page, beside its draft.
pub(super) struct Settling<'a> {
    pub page: &'a Page,
    pub prefix: String,
    pub posted: &'a [(String, String)],
    /// What the draft had before.
    pub had: &'a Raw,
    /// Only the language is changed: nothing is looked for.
    pub switches: bool,
    pub directory: &'a Directory,
    /// What every council offers, and which of it this is.
    pub services: &'a Services,
    pub service: &'a str,
}

/// What is done with an address that was posted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    /// A button asked for another way of giving it.
    Turn(AddressBy),
    /// It is typed.
    Type,
    /// One is chosen from the list.
    Choose,
    /// A postcode is to be looked for, whichever button was pressed.
    Find,
    /// There is none yet.
    Ask,
}

/// What a posted page probably needs to be looked up beside its draft, which alone says what page it is.
pub(super) fn probably_wanted(posted: &[(String, String)]) -> Wanted {
    let of_address = |name: &str| ["-find", "-uprn", "-line1"].iter().any(|part| name.ends_with(part));
    let codes = posted.iter().flat_map(|(_, value)| [contact::postcode(value), contact::postcode_in(value)]);
    let uprns = posted.iter().filter(|(name, _)| name.ends_with("-uprn"));
    Wanted {
        any: posted.iter().any(|(name, _)| of_address(name)),
        postcodes: codes.flatten().take(MOST_BESIDE).collect(),
        uprns: uprns.filter_map(|(_, uprn)| uprn.trim().parse().ok()).take(MOST_BESIDE).collect(),
    }
}

impl Settling<'_> {
    /// Looks up what a page's addresses and places need, unless it was found already, and keeps it in `raw`.
    pub(super) fn settle(&self, tx: &mut Tx<'_>, found: Found, raw: &mut Raw) -> Result<(Option<Stays>, Found)> {
        let of_kind = |kind| self.page.questions.iter().filter(move |q| q.kind == kind);
        let field = |question: &Question| format!("{}{}", self.prefix, question.id);
        let mut wanted = Wanted::default();
        for question in of_kind(QuestionType::Address) {
            self.keep_unposted(question, raw);
            wanted.any = true;
            match self.act(raw, &field(question)) {
                Act::Choose => wanted.uprns.extend(chosen_uprn(raw, &field(question))),
                Act::Find => wanted.postcodes.extend(to_find(raw, &field(question))),
                Act::Turn(_) | Act::Type | Act::Ask => {}
            }
        }
        let places = of_kind(QuestionType::Location).map(field).collect::<Vec<_>>();
        wanted.postcodes.extend(places.iter().filter_map(|field| of_place(raw, field)).map(|(postcode, _)| postcode));
        let found = found.or_look(tx, wanted)?;
        let mut stays = None;
        for question in of_kind(QuestionType::Address) {
            if let Some(wrong) = self.address(&found, raw, &field(question)) {
                stays = stays.or(Some(Stays { question: question.id.clone(), field: field(question), wrong }));
            }
        }
        for field in places {
            set_outside(raw, &field, self.outside(&found, tx.actor(), raw, &field));
        }
        Ok((stays, found))
    }

    /// The page showed only some of an address's fields: the others stay as they were.
    fn keep_unposted(&self, question: &Question, raw: &mut Raw) {
        for name in question.fields().into_iter().map(|field| format!("{}{field}", self.prefix)) {
            if !self.posted.iter().any(|(posted, _)| *posted == name) {
                match self.had.get(&name) {
                    Some(values) => raw.insert(name, values.clone()),
                    None => raw.remove(&name),
                };
            }
        }
    }

    fn posted(&self, name: &str) -> &str {
        self.posted.iter().find(|(posted, _)| posted == name).map_or("", |(_, value)| value.trim())
    }

    fn act(&self, raw: &Raw, field: &str) -> Act {
        let is_typed = |part: &&str| !self.posted(&format!("{field}{part}")).is_empty();
        match self.posted(&format!("{field}-do")) {
            "hand" if !self.switches => return Act::Turn(AddressBy::Hand),
            "abroad" if !self.switches => return Act::Turn(AddressBy::Abroad),
            "change" if !self.switches => return Act::Turn(AddressBy::Postcode),
            _ => {}
        }
        match address_by(raw, field) {
            Some(AddressBy::Hand | AddressBy::Abroad) => Act::Type,
            Some(AddressBy::List) => Act::Choose,
            // What was typed by hand is taken as that.
            None | Some(AddressBy::Postcode | AddressBy::Unknown) if BY_HAND.iter().any(is_typed) => Act::Type,
            _ if self.switches || first(raw, &format!("{field}-find")).trim().is_empty() => Act::Ask,
            _ => Act::Find,
        }
    }

    /// Some if the page is shown again: true if because nothing was found.
    fn address(&self, found: &Found, raw: &mut Raw, field: &str) -> Option<bool> {
        match self.act(raw, field) {
            Act::Turn(by) => {
                set_address_by(raw, field, Some(by));
                Some(false)
            }
            Act::Type => {
                let by = address_by(raw, field);
                set_address_by(raw, field, by.filter(|by| matches!(by, AddressBy::Hand | AddressBy::Abroad)));
                None
            }
            Act::Choose => {
                choose(found, raw, field);
                None
            }
            Act::Ask => {
                set_address_by(raw, field, found.any().then_some(AddressBy::Postcode));
                None
            }
            Act::Find => {
                let listed = at(found, raw, field);
                let by = match to_find(raw, field) {
                    None => AddressBy::Postcode,
                    Some(_) if listed.is_empty() => AddressBy::Unknown,
                    Some(_) => AddressBy::List,
                };
                let uprn = chosen_uprn(raw, field);
                if by == AddressBy::List && !listed.iter().any(|address| Some(address.uprn) == uprn) {
                    raw.remove(&format!("{field}-uprn"));
                    set_chosen(raw, field, None);
                }
                set_address_by(raw, field, Some(by));
                Some(by != AddressBy::List)
            }
        }
    }

    /// The postcode of a place that is not in this council's area, and whose it is. In words only another council's counts:
    /// what else looks like a postcode there may be none.
    fn outside(&self, found: &Found, me: AuthorityId, raw: &Raw, field: &str) -> Option<(String, Option<String>)> {
        let (postcode, is_own) = of_place(raw, field)?;
        match found.whose(me, &postcode) {
            // Of two tiers, whichever does the same there; then the district, which is nearer.
            Whose::Theirs(councils) => councils
                .into_iter()
                .filter_map(|council| self.directory.by_id(council))
                .min_by_key(|council| {
                    (
                        self.services.find(council.id, self.service).is_none(),
                        council.kind == "county",
                        council.slug.clone(),
                    )
                })
                .map(|council| (postcode, Some(council.slug.clone()))),
            Whose::Nobodys if is_own => Some((postcode, None)),
            Whose::Nobodys | Whose::Ours | Whose::Unknown => None,
        }
    }
}

/// Keeps the address that was chosen: as the council's file has it, whatever else was sent.
fn choose(found: &Found, raw: &mut Raw, field: &str) {
    let chosen = chosen_uprn(raw, field).and_then(|uprn| found.with_uprn(uprn)).map(|address| {
        let lines = [&address.line1, &address.line2, &address.town, &address.postcode].map(String::clone);
        (first(raw, &format!("{field}-uprn")).trim().to_owned(), lines.to_vec())
    });
    set_chosen(raw, field, chosen);
}

/// The addresses of the postcode that was typed: those of the house that was, if there are any.
fn at(found: &Found, raw: &Raw, field: &str) -> Vec<Address> {
    let mut listed = to_find(raw, field).map_or_else(Vec::new, |postcode| found.at_postcode(&postcode));
    let house = first(raw, &format!("{field}-house")).trim().to_lowercase();
    // A number stands first on a line; a name, or a flat's, anywhere.
    let is_it = |address: &Address| {
        [&address.line1, &address.line2].map(|line| line.to_lowercase()).iter().any(|line| {
            let number = house.starts_with(|c: char| c.is_ascii_digit());
            if number { line.split([' ', ',']).next() == Some(house.as_str()) } else { line.contains(&house) }
        })
    };
    if !house.is_empty() && listed.iter().any(is_it) {
        listed.retain(is_it);
    }
    listed
}

/// The postcode whose addresses are looked for.
fn to_find(raw: &Raw, field: &str) -> Option<String> {
    contact::postcode(&first(raw, &format!("{field}-find")))
}

fn chosen_uprn(raw: &Raw, field: &str) -> Option<i64> {
    first(raw, &format!("{field}-uprn")).trim().parse().ok()
}

/// The postcode of a place, and whether it was given as such; otherwise it stands among its words.
fn of_place(raw: &Raw, field: &str) -> Option<(String, bool)> {
    let own = contact::postcode(&first(raw, &format!("{field}-postcode")));
    let said = || contact::postcode_in(&first(raw, field));
    own.map(|postcode| (postcode, true)).or_else(|| said().map(|postcode| (postcode, false)))
}

fn first(raw: &Raw, name: &str) -> String {
    raw.get(name).and_then(|values| values.first()).cloned().unwrap_or_default()
}

/// What the names of the fields begin with, of a page's questions of one kind.
fn fields(page: &Page, prefix: &str, kind: QuestionType) -> Vec<String> {
    page.questions.iter().filter(|q| q.kind == kind).map(|q| format!("{prefix}{}", q.id)).collect()
}

/// Whether the page asks how to reach her, and she has not come to that yet.
fn asks_of_her(page: &Page, prefix: &str, raw: &Raw) -> bool {
    page.questions.iter().any(|q| q.contact.is_some() && !raw.contains_key(&format!("{prefix}{}", q.id)))
}

impl Offer {
    /// Her own answer to a question that she has not come to yet.
    pub(super) fn hers(&self, question: &Question) -> Option<&str> {
        let details = self.details.as_ref()?;
        match question.contact? {
            forms::ContactRole::Name => details.name.as_deref(),
            forms::ContactRole::Email => Some(&details.email),
            forms::ContactRole::Phone => details.phone.as_deref(),
        }
    }
}
