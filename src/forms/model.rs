//! A service definition, as data, its texts in one language. Later kinds of page (a fee, a slot, a map) are further
//! variants here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::when::When;

/// What a citizen does with a service.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Tells the council of something.
    Report,
    /// Pays.
    Pay,
    /// Asks for something.
    Request,
}

impl Kind {
    /// The three lanes, in the order shown.
    pub const ALL: [Kind; 3] = [Kind::Report, Kind::Pay, Kind::Request];

    /// The word in addresses and in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Report => "report",
            Kind::Pay => "pay",
            Kind::Request => "request",
        }
    }
}

/// One version of a service: what is asked, where it goes, by when, and why the council may ask.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Definition {
    /// Its name in addresses: the file's stem.
    #[serde(default)]
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
    #[serde(default)]
    pub keywords: Vec<String>,
    /// The number in the Local Government Services List.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lgsl: Option<u32>,
    /// The number in the Local Government Interactions List, where it is not the usual one of its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lgil: Option<u32>,
    /// Within how many working days the council means to have done it.
    pub target_working_days: u16,
    /// For how many months after closing the case is kept.
    pub retention_months: u16,
    /// What an officer may resolve it with.
    pub outcomes: Vec<String>,
    /// Where it goes.
    pub routing: Routing,
    /// What the privacy notice says.
    pub privacy: Privacy,
    /// What the citizen reads afterwards.
    pub confirmation: Confirmation,
    /// Whether nobody else may learn of it: the exit on each page, neutral wording, safe contact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// What lists, bills and mails call a sensitive service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neutral_name: Option<String>,
    /// Who answered for the texts in a language, by its code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reviewed_by: BTreeMap<String, String>,
    /// The groups of pages that are asked again for each of several things.
    #[serde(default, rename = "repeat", skip_serializing_if = "Vec::is_empty")]
    pub repeats: Vec<Repeat>,
    /// The questions, one topic a page.
    #[serde(rename = "page")]
    pub pages: Vec<Page>,
}

/// Where a case goes.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Routing {
    /// The team that works it.
    pub team: String,
    /// The slug of the authority that works it while an agreement between the two is in force; else in-house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// Why it goes there, kept with the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Where it goes instead when something holds: the first that does.
    #[serde(default, rename = "route", skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
}

impl Routing {
    /// Every authority that a case may go to.
    pub fn partners(&self) -> impl Iterator<Item = &str> {
        self.partner.iter().chain(self.routes.iter().filter_map(|route| route.partner.as_ref())).map(String::as_str)
    }
}

/// Where a case goes when something holds.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Route {
    /// What has to hold.
    pub when: When,
    /// The team that works it.
    pub team: String,
    /// The slug of the authority that works it while an agreement between the two is in force; else in-house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// Why it goes there, kept with the case.
    pub because: String,
}

/// A group of neighbouring pages that is asked again for each of several things.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Repeat {
    /// Its name in addresses: the page that lists the things.
    pub id: String,
    /// That page's heading: `Children`.
    pub title: String,
    /// One of them: `Child`.
    pub item: String,
    /// The most there may be.
    pub max: u32,
}

/// The service's part of the privacy notice.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Privacy {
    /// `We use what you tell us …`: continues the sentence.
    pub purpose: String,
    /// The law that the council relies on.
    pub legal_basis: String,
}

/// The service's part of the confirmation.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Confirmation {
    /// What happens next, in order.
    pub next: Vec<String>,
}

/// One page: questions, or something to read.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Page {
    /// Its name in addresses.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Paragraphs above the questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// The group that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<String>,
    /// Asked only when this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// What is asked; nothing on a page to read.
    #[serde(default, rename = "question", skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// How the journey may end after this page.
    #[serde(default, rename = "end", skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<End>,
}

/// An end before the last page: the service is not what this citizen needs.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct End {
    /// Its name in addresses and counts.
    pub id: String,
    /// What has to hold.
    pub when: When,
    /// The heading.
    pub title: String,
    /// What to do instead.
    pub text: Vec<String>,
    /// Where to do it. The address carries nothing that was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// Where to go next.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Link {
    /// Its words.
    pub label: String,
    /// `https://` or `tel:`.
    pub url: String,
}

/// One question.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Question {
    /// Its name in the form, unique in the service.
    pub id: String,
    /// What kind of answer it takes.
    #[serde(rename = "type")]
    pub kind: QuestionType,
    /// The question.
    pub label: String,
    /// Help below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Asked only when this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Whether an answer must be given.
    #[serde(default = "yes")]
    pub required: bool,
    /// Whether the answer completes the case's title: `Pothole, Quay Street`.
    #[serde(default)]
    pub summary: bool,
    /// Whether the answer is how to reach the citizen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactRole>,
    /// What can be chosen, for one of and many of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<QuestionOption>,
    /// The smallest number; for money in pounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// What the number counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The most characters of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// The first date allowed: `today`, `today-90`, `today+30` or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<String>,
    /// The last date allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
    /// The most files; one where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_files: Option<u32>,
    /// Whether only pictures will do, and no documents.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub photos_only: bool,
}

fn yes() -> bool {
    true
}

/// The kinds of answer.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is what its name says")]
pub enum QuestionType {
    Text,
    LongText,
    Number,
    Money,
    Date,
    Time,
    YesNo,
    OneOf,
    ManyOf,
    Select,
    Email,
    Telephone,
    Web,
    Name,
    NationalInsurance,
    Vehicle,
    Bank,
    Declaration,
    Address,
    Location,
    SafeContact,
    File,
}

impl QuestionType {
    /// Whether the answer is sealed wherever it is kept, and shown to staff only for a reason.
    #[must_use]
    pub fn is_sealed(self) -> bool {
        matches!(self, QuestionType::NationalInsurance | QuestionType::Bank | QuestionType::SafeContact)
    }
}

/// How an answer lets the council reach the citizen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ContactRole {
    /// Their name.
    Name,
    /// Where mail goes.
    Email,
    /// Where calls go.
    Phone,
}

/// Something that can be chosen.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct QuestionOption {
    /// What is kept.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// Help below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether it is chosen alone, such as "None of these".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
    /// Offered only when this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
}

impl Definition {
    /// The page with this id, and its place.
    #[must_use]
    pub fn page(&self, id: &str) -> Option<(usize, &Page)> {
        self.pages.iter().enumerate().find(|(_, p)| p.id == id)
    }

    /// The group with this id.
    #[must_use]
    pub fn repeat(&self, id: &str) -> Option<&Repeat> {
        self.repeats.iter().find(|r| r.id == id)
    }

    /// What lists, bills and mails may call it.
    #[must_use]
    pub fn public_name(&self) -> &str {
        self.neutral_name.as_deref().unwrap_or(&self.name)
    }

    /// Every question, with its page.
    pub fn questions(&self) -> impl Iterator<Item = (&Page, &Question)> {
        self.pages.iter().flat_map(|p| p.questions.iter().map(move |q| (p, q)))
    }
}

impl Question {
    /// The most characters a text answer may have.
    #[must_use]
    pub fn longest(&self) -> usize {
        let usual = match self.kind {
            QuestionType::LongText => 2000,
            _ => 200,
        };
        self.max_length.map_or(usual, |n| usize::try_from(n).unwrap_or(usual))
    }

    /// The most files that may be added.
    #[must_use]
    pub fn most_files(&self) -> usize {
        self.max_files.map_or(1, |n| usize::try_from(n).unwrap_or(1))
    }
}
