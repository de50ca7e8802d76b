//! A service definition, as data. Later kinds of page (a fee, a slot, a map) are further variants here.

use serde::{Deserialize, Serialize};

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

/// One page of questions.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Page {
    /// Its name in addresses.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What is asked.
    #[serde(rename = "question")]
    pub questions: Vec<Question>,
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
    /// The smallest number.
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
    Date,
    YesNo,
    OneOf,
    ManyOf,
    Email,
    Telephone,
    Address,
    Location,
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
}

impl Definition {
    /// The page with this id, and its place.
    #[must_use]
    pub fn page(&self, id: &str) -> Option<(usize, &Page)> {
        self.pages.iter().enumerate().find(|(_, p)| p.id == id)
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
}
