//! Right answers, how people read them, and the answer sheet that a case carries.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::model::{ContactRole, Definition, Page, Question, QuestionType};
use super::upload::Attached;
use crate::kernel::time::long_date;
use crate::kernel::{Language, Pence};

/// A right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, long text, location, name; an e-mail or web address; a telephone or registration number.
    Text(String),
    /// A whole number.
    Number(i64),
    /// An amount.
    Money(Pence),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// Yes or no; a declaration that was made.
    YesNo(bool),
    /// The chosen options: their values and labels.
    Chosen(Vec<(String, String)>),
    /// An address.
    Address {
        /// Its lines.
        lines: Vec<String>,
        /// Its unique property reference number, where it was chosen from the council's own.
        uprn: Option<String>,
    },
    /// What is sealed wherever it is kept: each line in full, and as it may be shown.
    Sealed(Vec<(String, String)>),
    /// How she may be reached without danger; sealed too.
    Safe(SafeContact),
    /// What was added, in the order in which it came.
    Files(Vec<Attached>),
}

/// How somebody may be reached without danger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeContact {
    /// By what, or not at all.
    pub way: SafeWay,
    /// The number or address.
    pub to: String,
    /// When, in her words.
    pub hours: String,
    /// Whether a message may be left.
    pub voicemail: bool,
    /// By which she knows that it is us.
    pub code_word: String,
}

/// The ways in which she may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafeWay {
    /// Not at all: she comes back to us.
    Never,
    /// A call.
    Phone,
    /// A text message.
    Text,
    /// An e-mail.
    Email,
}

impl SafeWay {
    /// In the order offered.
    pub const ALL: [SafeWay; 4] = [SafeWay::Phone, SafeWay::Text, SafeWay::Email, SafeWay::Never];

    /// The word in forms and sentence keys.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SafeWay::Never => "never",
            SafeWay::Phone => "phone",
            SafeWay::Text => "text",
            SafeWay::Email => "email",
        }
    }
}

/// A right answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The page that asked.
    pub page: String,
    /// Of a repeat: its name, and which of its things was asked about.
    pub item: Option<(String, u32)>,
    /// The question's id.
    pub question: String,
    /// What it is, with a unit or without.
    pub value: Value,
}

/// The answers of a form, as far as it is filled in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Answers {
    /// In the order asked.
    pub all: Vec<Answer>,
    /// The things told of in each repeat that was come to, in order.
    pub items: BTreeMap<String, Vec<u32>>,
}

impl Answers {
    /// The answer to a question outside any repeat, or the first inside one.
    #[must_use]
    pub fn get(&self, question: &str) -> Option<&Value> {
        self.of(question, None)
    }

    /// The answer to a question: about this thing, if it is a question of a repeat.
    #[must_use]
    pub fn of(&self, question: &str, item: Option<u32>) -> Option<&Value> {
        let about = |a: &&Answer| match (&a.item, item) {
            (Some((_, of)), Some(item)) => *of == item,
            _ => true,
        };
        self.all.iter().filter(|a| a.question == question).find(about).map(|a| &a.value)
    }

    /// The files among them.
    pub fn files(&self) -> impl Iterator<Item = &Attached> {
        self.all.iter().flat_map(|answer| match &answer.value {
            Value::Files(files) => files.as_slice(),
            _ => &[],
        })
    }

    /// How many things were told of in a repeat.
    #[must_use]
    pub fn count(&self, repeat: &str) -> i64 {
        self.items.get(repeat).map_or(0, |items| i64::try_from(items.len()).unwrap_or(i64::MAX))
    }
}

/// The answer sheet that a case carries: questions as asked, answers as given, so that it reads for ever without its
/// definition.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Sheet {
    /// The language used.
    pub language: String,
    /// In the order asked.
    pub rows: Vec<SheetRow>,
}

/// One question as asked and answered.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct SheetRow {
    /// The question's id.
    pub id: String,
    /// Of which of several things: `Child 2`; or on which page, where another page asks the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The question.
    pub question: String,
    /// The answer, one line or several; of a sealed one, what may be shown.
    pub answer: Vec<String>,
    /// The lines in full, sealed to the case by whoever keeps the sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// What is to be sealed before the sheet is kept.
    #[serde(skip)]
    pub in_full: Vec<String>,
}

impl SheetRow {
    /// The question, told apart from others of the same words: `Child 2: Full name`.
    #[must_use]
    pub fn asked(&self) -> String {
        match &self.about {
            Some(page) if page.ends_with('?') => format!("{page} {}", self.question),
            Some(about) => format!("{about}: {}", self.question),
            None => self.question.clone(),
        }
    }
}

/// The words that answers are shown with, which are not in any definition.
pub trait Words {
    /// The sentence of a key in the language of the form.
    fn word(&self, key: &str) -> String;
}

impl<F: Fn(&str) -> String> Words for F {
    fn word(&self, key: &str) -> String {
        self(key)
    }
}

impl Definition {
    /// The answer sheet. How to reach the citizen is not on it: the case keeps that apart, and staff see it only for a
    /// reason that they give.
    #[must_use]
    pub fn sheet(&self, answers: &Answers, language: Language, words: &dyn Words) -> Sheet {
        let rows = answers.all.iter().filter_map(|answer| {
            let (page, question) = self.questions().find(|(_, q)| q.id == answer.question && q.contact.is_none())?;
            let about = match &answer.item {
                Some((repeat, item)) => self.about(answers, repeat, *item),
                None => self.is_asked_elsewhere(page, question).then(|| page.title.clone()),
            };
            let mut shown = question.show(&answer.value, words);
            if let Value::Address { uprn: Some(uprn), .. } = &answer.value {
                shown.push(format!("{} {uprn}", words.word("forms-uprn")));
            }
            Some(SheetRow {
                id: question.id.clone(),
                about,
                question: question.label.clone(),
                answer: shown,
                sealed: None,
                in_full: question.in_full(&answer.value, words),
            })
        });
        Sheet { language: language.code().to_owned(), rows: rows.collect() }
    }

    /// Whether another page, of no repeat, has a question of the same words.
    fn is_asked_elsewhere(&self, page: &Page, question: &Question) -> bool {
        self.questions().any(|(p, q)| p.id != page.id && p.repeat.is_none() && q.label == question.label)
    }

    /// Which of several things: `Child 2`.
    #[must_use]
    pub fn about(&self, answers: &Answers, repeat: &str, item: u32) -> Option<String> {
        let at = answers.items.get(repeat)?.iter().position(|n| *n == item)?;
        Some(format!("{} {}", self.repeat(repeat)?.item, at + 1))
    }

    /// The case's title: `Pothole, Quay Street`. Of a sensitive service, its neutral name alone.
    #[must_use]
    pub fn title(&self, answers: &Answers) -> String {
        if self.sensitive {
            return self.public_name().to_owned();
        }
        let place =
            self.questions().find(|(_, q)| q.summary).and_then(|(_, q)| answers.get(&q.id)).and_then(|v| match v {
                Value::Text(text) => Some(text.clone()),
                Value::Address { lines, .. } => lines.first().cloned(),
                Value::Chosen(options) => options.first().map(|(_, label)| label.clone()),
                _ => None,
            });
        match place {
            Some(place) => format!("{}, {}", self.noun, shortened(&place, 80)),
            None => self.noun.clone(),
        }
    }

    /// The answer that lets the council reach the citizen in one way. Where a service asks for a safe contact, that alone
    /// counts: nothing is sent to any other place.
    #[must_use]
    pub fn contact(&self, answers: &Answers, role: ContactRole) -> Option<String> {
        let safe = answers.all.iter().find_map(|a| match &a.value {
            Value::Safe(safe) => Some(safe),
            _ => None,
        });
        if self.sensitive && role != ContactRole::Name {
            let way = safe.filter(|safe| match role {
                ContactRole::Email => safe.way == SafeWay::Email,
                _ => matches!(safe.way, SafeWay::Phone | SafeWay::Text),
            });
            return way.map(|safe| safe.to.clone());
        }
        let (_, question) = self.questions().find(|(_, q)| q.contact == Some(role))?;
        match answers.get(&question.id)? {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

impl Question {
    /// An answer as people read it, line by line; a sealed one as it may be shown.
    #[must_use]
    pub fn show(&self, value: &Value, words: &dyn Words) -> Vec<String> {
        match value {
            Value::Text(text) => text.lines().map(str::to_owned).collect(),
            Value::Number(n) => vec![self.unit.as_ref().map_or_else(|| n.to_string(), |unit| format!("{n} {unit}"))],
            Value::Money(pence) => vec![pence.to_string()],
            Value::Date(date) => vec![long_date(*date)],
            Value::Time(time) => vec![time.strftime("%-I:%M%P").to_string()],
            Value::YesNo(_) if self.kind == QuestionType::Declaration => vec![words.word("forms-declared")],
            Value::YesNo(yes) => vec![words.word(if *yes { "forms-yes" } else { "forms-no" })],
            Value::Chosen(options) => options.iter().map(|(_, label)| label.clone()).collect(),
            Value::Address { lines, .. } => lines.clone(),
            Value::Sealed(lines) => lines.iter().map(|(_, shown)| shown.clone()).collect(),
            Value::Safe(safe) => vec![words.word(&format!("forms-safe-{}", safe.way.word()))],
            Value::Files(files) => files.iter().map(ToString::to_string).collect(),
        }
    }

    /// The lines of a sealed answer in full; nothing of any other.
    #[must_use]
    pub fn in_full(&self, value: &Value, words: &dyn Words) -> Vec<String> {
        match value {
            Value::Sealed(lines) => lines.iter().map(|(full, _)| full.clone()).collect(),
            Value::Safe(safe) if safe.way == SafeWay::Never => vec![],
            Value::Safe(safe) => {
                let message = if safe.voicemail { "forms-safe-may-leave-message" } else { "forms-safe-no-message" };
                let message = (safe.way == SafeWay::Phone).then(|| words.word(message));
                [Some(safe.to.clone()), Some(safe.hours.clone()), message, Some(safe.code_word.clone())]
                    .into_iter()
                    .flatten()
                    .filter(|line| !line.is_empty())
                    .collect()
            }
            _ => vec![],
        }
    }
}
