//! What the council offers as answers on a page: its own addresses, whose a postcode is, and the details of a citizen who
//! is signed in. Looked up beside the draft, in its transaction; what is typed always stays.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::questions::Elsewhere;
use crate::forms::{
    self, AddressBy, Definition, Draft, FieldError, Page, Question, QuestionType, Raw, Services, Step, address_by,
    set_address_by, set_chosen, set_outside,
};
use crate::identity::{self, Details};
use crate::kernel::contact;
use crate::kernel::seal::{Secret, Token};
use crate::places::{self, Address, Whose};
use crate::platform::{Result, Tx};
use crate::site::Visit;
use crate::tenancy::Directory;

/// Where any of these was typed, an address is given by hand.
const BY_HAND: [&str; 3] = ["-line1", "-town", "-postcode"];

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

/// Who looks: the citizen's cookie is read only where a page asks how to reach her.
#[derive(Clone)]
pub(super) struct Looker {
    now: Timestamp,
    secret: Secret,
    citizen: Option<Token>,
}

impl Looker {
    pub(super) fn of(visit: &Visit) -> Looker {
        Looker { now: visit.now, secret: visit.secret().clone(), citizen: visit.citizen.clone() }
    }

    /// What a page of the draft's is offered. In the draft as it is held here, an address that nobody has begun is asked
    /// for by its postcode, if the council has addresses.
    pub(super) fn look(&self, tx: &mut Tx<'_>, definition: &Definition, draft: &mut Draft, at: &str) -> Result<Offer> {
        let mut offer = Offer::default();
        if draft.submitted.is_some() {
            return Ok(offer);
        }
        let journey = definition.journey(&draft.answers, crate::kernel::billing_date(self.now));
        let Some((_, step)) = journey.at(at) else { return Ok(offer) };
        let (Step::Page { page, .. }, prefix) = (step, step.prefix()) else { return Ok(offer) };
        for field in fields(page, &prefix, QuestionType::Address) {
            offer.look_up(tx, &mut draft.answers, field)?;
        }
        if self.citizen.is_some() && !definition.sensitive && asks_of_her(page, &prefix, &draft.answers) {
            let who = identity::citizen(tx, self.now, &self.secret, self.citizen.as_ref())?;
            offer.details = who.map(|who| who.details);
        }
        Ok(offer)
    }
}

impl Offer {
    fn look_up(&mut self, tx: &mut Tx<'_>, raw: &mut Raw, field: String) -> Result<()> {
        let by = address_by(raw, &field);
        if by == Some(AddressBy::List) {
            let found = at(tx, raw, &field)?;
            if !found.is_empty() {
                self.has_addresses = true;
                self.addresses.insert(field, found);
                return Ok(());
            }
        }
        self.has_addresses = self.has_addresses || places::any(tx)?;
        let is_begun = BY_HAND.iter().any(|part| !first(raw, &format!("{field}{part}")).is_empty());
        match by {
            None if self.has_addresses && !is_begun => set_address_by(raw, &field, Some(AddressBy::Postcode)),
            Some(AddressBy::List) if self.has_addresses => set_address_by(raw, &field, Some(AddressBy::Postcode)),
            Some(AddressBy::List | AddressBy::Postcode | AddressBy::Unknown) if !self.has_addresses => {
                set_address_by(raw, &field, None);
            }
            _ => {}
        }
        Ok(())
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

impl Settling<'_> {
    /// Looks up what a page's addresses and places need, and keeps what was found in `raw`.
    pub(super) fn settle(&self, tx: &mut Tx<'_>, raw: &mut Raw) -> Result<Option<Stays>> {
        let mut stays = None;
        for question in &self.page.questions {
            let field = format!("{}{}", self.prefix, question.id);
            match question.kind {
                QuestionType::Address => {
                    self.keep_unposted(question, raw);
                    if let Some(wrong) = self.address(tx, raw, &field)? {
                        stays = stays.or(Some(Stays { question: question.id.clone(), field, wrong }));
                    }
                }
                QuestionType::Location => {
                    let outside = self.outside(tx, raw, &field)?;
                    set_outside(raw, &field, outside);
                }
                _ => {}
            }
        }
        Ok(stays)
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

    /// Some if the page is shown again: true if because nothing was found.
    fn address(&self, tx: &mut Tx<'_>, raw: &mut Raw, field: &str) -> Result<Option<bool>> {
        let by = address_by(raw, field);
        let asked = match self.posted(&format!("{field}-do")) {
            "hand" => Some(AddressBy::Hand),
            "abroad" => Some(AddressBy::Abroad),
            "change" => Some(AddressBy::Postcode),
            _ => None,
        };
        if let Some(asked) = asked.filter(|_| !self.switches) {
            set_address_by(raw, field, Some(asked));
            return Ok(Some(false));
        }
        match by {
            Some(AddressBy::Hand | AddressBy::Abroad) => Ok(None),
            Some(AddressBy::List) => {
                choose(tx, raw, field)?;
                Ok(None)
            }
            None | Some(AddressBy::Postcode | AddressBy::Unknown) => self.by_postcode(tx, raw, field),
        }
    }

    /// The way in: a postcode finds, whichever button was pressed; what was typed by hand is taken as that.
    fn by_postcode(&self, tx: &mut Tx<'_>, raw: &mut Raw, field: &str) -> Result<Option<bool>> {
        let is_typed = |part: &&str| !self.posted(&format!("{field}{part}")).is_empty();
        if BY_HAND.iter().any(is_typed) {
            set_address_by(raw, field, None);
            return Ok(None);
        }
        let find = first(raw, &format!("{field}-find"));
        if self.switches || find.trim().is_empty() {
            let has = places::any(tx)?;
            set_address_by(raw, field, has.then_some(AddressBy::Postcode));
            return Ok(None);
        }
        let found = at(tx, raw, field)?;
        let by = match contact::postcode(&find) {
            None => AddressBy::Postcode,
            Some(_) if found.is_empty() => AddressBy::Unknown,
            Some(_) => AddressBy::List,
        };
        let uprn = first(raw, &format!("{field}-uprn"));
        if by == AddressBy::List && !found.iter().any(|a| a.uprn.to_string() == uprn) {
            raw.remove(&format!("{field}-uprn"));
            set_chosen(raw, field, None);
        }
        set_address_by(raw, field, Some(by));
        Ok(Some(by != AddressBy::List))
    }

    /// The postcode of a place that is not in this council's area, and whose it is. In words only another council's counts:
    /// what else looks like a postcode there may be none.
    fn outside(&self, tx: &mut Tx<'_>, raw: &Raw, field: &str) -> Result<Option<(String, Option<String>)>> {
        let own = contact::postcode(&first(raw, &format!("{field}-postcode")));
        let is_own = own.is_some();
        let Some(postcode) = own.or_else(|| contact::postcode_in(&first(raw, field))) else { return Ok(None) };
        Ok(match places::whose(tx, &postcode)? {
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
        })
    }
}

/// Keeps the address that was chosen: as the council's file has it, whatever else was sent.
fn choose(tx: &mut Tx<'_>, raw: &mut Raw, field: &str) -> Result<()> {
    let uprn = first(raw, &format!("{field}-uprn"));
    let chosen = match uprn.trim().parse() {
        Ok(number) => places::find(tx, number)?,
        Err(_) => None,
    };
    let chosen = chosen.map(|Address { line1, line2, town, postcode, .. }| {
        (uprn.trim().to_owned(), vec![line1, line2, town, postcode])
    });
    set_chosen(raw, field, chosen);
    Ok(())
}

/// The addresses of the postcode that was typed: those of the house that was, if there are any.
fn at(tx: &mut Tx<'_>, raw: &Raw, field: &str) -> Result<Vec<Address>> {
    let Some(postcode) = contact::postcode(&first(raw, &format!("{field}-find"))) else { return Ok(vec![]) };
    let mut found = places::at_postcode(tx, &postcode)?;
    let house = first(raw, &format!("{field}-house")).trim().to_lowercase();
    // A number stands first on a line; a name, or a flat's, anywhere.
    let is_it = |address: &Address| {
        [&address.line1, &address.line2].map(|line| line.to_lowercase()).iter().any(|line| {
            let number = house.starts_with(|c: char| c.is_ascii_digit());
            if number { line.split([' ', ',']).next() == Some(house.as_str()) } else { line.contains(&house) }
        })
    };
    if !house.is_empty() && found.iter().any(is_it) {
        found.retain(is_it);
    }
    Ok(found)
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
