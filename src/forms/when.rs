//! Conditions: a small typed tree over earlier answers, read from definitions and evaluated here, on the server.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::answers::{Answers, Value};
use super::parse::date_rule;

/// Something that holds or does not.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum When {
    /// All of these hold.
    All {
        /// Which.
        all: Vec<When>,
    },
    /// At least one of these holds.
    Any {
        /// Which.
        any: Vec<When>,
    },
    /// This does not hold.
    Not {
        /// What.
        not: Box<When>,
    },
    /// So many things were told of.
    Count(Count),
    /// An answer is such.
    Answer(Test),
}

/// How many things of a repeat there are.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Which repeat.
    pub repeat: String,
    /// Not fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// Not more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
}

/// What an answer has to be. A question that was not asked or not answered fails every test but `answered = false`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// Whose answer.
    pub question: String,
    /// Exactly this option, text, or yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Is>,
    /// One of these options.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is_one_of: Vec<String>,
    /// This option among those chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub includes: Option<String>,
    /// Not less; money in pounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// Not more; money in pounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
    /// Strictly before this day: `today-28` or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Strictly after this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether there is an answer at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
}

/// What an answer is compared with.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Is {
    /// Yes or no.
    Truth(bool),
    /// An option's value or a text.
    Text(String),
}

impl When {
    /// Whether it holds. `item` is the thing of a repeat that is being asked about: a question of that repeat means its
    /// answer, any other question the form's.
    #[must_use]
    pub fn holds(&self, answers: &Answers, item: Option<u32>, today: Date) -> bool {
        match self {
            When::All { all } => all.iter().all(|w| w.holds(answers, item, today)),
            When::Any { any } => any.iter().any(|w| w.holds(answers, item, today)),
            When::Not { not } => !not.holds(answers, item, today),
            When::Count(count) => within(answers.count(&count.repeat), count.at_least, count.at_most),
            When::Answer(test) => test.holds(answers.of(&test.question, item), today),
        }
    }

    /// Every test and count in it.
    pub fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a When)) {
        match self {
            When::All { all: parts } | When::Any { any: parts } => parts.iter().for_each(|w| w.visit(see)),
            When::Not { not } => not.visit(see),
            When::Count(_) | When::Answer(_) => see(self),
        }
    }
}

fn within(number: i64, least: Option<i64>, most: Option<i64>) -> bool {
    least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
}

impl Test {
    /// Whether an answer passes.
    #[must_use]
    pub fn holds(&self, value: Option<&Value>, today: Date) -> bool {
        if let Some(answered) = self.answered {
            return value.is_some() == answered;
        }
        let Some(value) = value else { return false };
        let is = self.is.as_ref().is_none_or(|is| match (is, value) {
            (Is::Truth(wanted), Value::YesNo(given)) => wanted == given,
            (Is::Text(wanted), Value::Text(given)) => wanted == given,
            (Is::Text(wanted), Value::Chosen(options)) => options.iter().any(|(v, _)| v == wanted),
            _ => false,
        });
        let chosen = |wanted: &str| matches!(value, Value::Chosen(options) if options.iter().any(|(v, _)| v == wanted));
        let one_of = self.is_one_of.is_empty() || self.is_one_of.iter().any(|wanted| chosen(wanted));
        let includes = self.includes.as_deref().is_none_or(chosen);
        let number = match value {
            Value::Number(n) => within(*n, self.at_least, self.at_most),
            Value::Money(pence) => within(pence.0, self.at_least.map(|p| p * 100), self.at_most.map(|p| p * 100)),
            _ => self.at_least.is_none() && self.at_most.is_none(),
        };
        let date = |rule: &Option<String>, fits: fn(Date, Date) -> bool| {
            rule.as_deref().is_none_or(|rule| match (value, date_rule(rule, today)) {
                (Value::Date(given), Some(day)) => fits(*given, day),
                _ => false,
            })
        };
        is && one_of && includes && number && date(&self.before, |g, d| g < d) && date(&self.after, |g, d| g > d)
    }
}
