//! Conditions as people say them, for whoever writes and signs off a definition.

use super::model::{Definition, Question, QuestionType};
use super::parse::date_rule;
use super::when::{Count, Is, Test, When};
use crate::kernel::time::long_date;

impl When {
    /// The condition in words, to continue "when": questions and options by what citizens read.
    #[must_use]
    pub fn in_words(&self, definition: &Definition) -> String {
        match self {
            When::All { all } => joined(all, " and ", definition),
            When::Any { any } => joined(any, " or ", definition),
            When::Not { not } => format!("it is not so that {}", not.in_words(definition)),
            When::Count(count) => count.in_words(definition),
            When::Answer(test) => test.in_words(definition),
        }
    }
}

/// A group within a group stands in brackets, so that no reader has to know what binds more closely.
fn joined(parts: &[When], by: &str, definition: &Definition) -> String {
    let words = |part: &When| match part {
        When::All { .. } | When::Any { .. } => format!("({})", part.in_words(definition)),
        _ => part.in_words(definition),
    };
    parts.iter().map(words).collect::<Vec<_>>().join(by)
}

fn bounds(least: Option<String>, most: Option<String>) -> Option<String> {
    match (least, most) {
        (Some(least), Some(most)) if least == most => Some(least),
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    }
}

impl Count {
    fn in_words(&self, definition: &Definition) -> String {
        let title = definition.repeat(&self.repeat).map_or(self.repeat.as_str(), |repeat| &repeat.title);
        let number = |n: Option<i64>| n.map(|n| n.to_string());
        let how_many = bounds(number(self.at_least), number(self.at_most)).unwrap_or_else(|| "any number".to_owned());
        format!("the list “{title}” has {how_many}")
    }
}

impl Test {
    fn in_words(&self, definition: &Definition) -> String {
        let question = definition.questions().map(|(_, q)| q).find(|q| q.id == self.question);
        let label = question.map_or(self.question.as_str(), |q| &q.label);
        let option = |value: &str| {
            let known = question.and_then(|q| q.options.iter().find(|o| o.value == value));
            format!("“{}”", known.map_or(value, |o| &o.label))
        };
        let mut parts = Vec::new();
        match &self.is {
            Some(Is::Truth(true)) => parts.push("is yes".to_owned()),
            Some(Is::Truth(false)) => parts.push("is no".to_owned()),
            Some(Is::Text(text)) => parts.push(format!("is {}", option(text))),
            None => {}
        }
        if !self.is_one_of.is_empty() {
            let options: Vec<String> = self.is_one_of.iter().map(|value| option(value)).collect();
            parts.push(format!("is {}", options.join(" or ")));
        }
        parts.extend(self.includes.as_deref().map(|value| format!("includes {}", option(value))));
        let amount = |n: Option<i64>| n.map(|n| amount(question, n));
        parts.extend(bounds(amount(self.at_least), amount(self.at_most)).map(|range| format!("is {range}")));
        parts.extend(self.before.as_deref().map(|rule| format!("is before {}", day(rule))));
        parts.extend(self.after.as_deref().map(|rule| format!("is after {}", day(rule))));
        parts
            .extend(self.answered.map(|yes| if yes { "is answered".to_owned() } else { "is not answered".to_owned() }));
        format!("“{label}” {}", parts.join(" and "))
    }
}

fn amount(question: Option<&Question>, n: i64) -> String {
    match question {
        Some(Question { kind: QuestionType::Money, .. }) => format!("£{n}"),
        Some(Question { unit: Some(unit), .. }) => format!("{n} {unit}"),
        _ => n.to_string(),
    }
}

/// `today`, `28 days before today`, `1 April 2026`.
pub(super) fn day(rule: &str) -> String {
    let days = |offset: &str| match offset.trim_start_matches('0') {
        "1" => "1 day".to_owned(),
        offset => format!("{offset} days"),
    };
    match rule.strip_prefix("today").and_then(|offset| offset.split_at_checked(1)) {
        Some(("-", offset)) => format!("{} before today", days(offset)),
        Some(("+", offset)) => format!("{} after today", days(offset)),
        // A date does not depend on the day it is read on.
        _ => date_rule(rule, jiff::civil::Date::MIN)
            .filter(|_| rule != "today")
            .map_or_else(|| rule.to_owned(), long_date),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::Written;
    use crate::kernel::Language;

    fn definition() -> Definition {
        let text = "
            kind = 'report'\nname = 'N'\nnoun = 'N'\nsummary = 'S'\ntarget_working_days = 5\nretention_months = 1
            outcomes = ['Done']\nrouting = { team = 'T' }\nprivacy = { purpose = 'p', legal_basis = 'l' }
            confirmation = { next = ['n'] }\nrepeat = [{ id = 'people', title = 'People', item = 'Person', max = 5 }]
            [[page]]\nid = 'p'\ntitle = 'P'\nquestion = [
            { id = 'who', type = 'one_of', label = 'Who owns it?', options = [{ value = 'us', label = 'The council' }, { value = 'me', label = 'I do' }] },
            { id = 'wide', type = 'number', label = 'How wide?', unit = 'cm' },
            { id = 'pay', type = 'money', label = 'How much?' },
            { id = 'moved', type = 'date', label = 'When?' },
            { id = 'sold', type = 'yes_no', label = 'Sold?' } ]";
        Written::new("x", toml::from_str(text).unwrap()).read(Language::En).unwrap()
    }

    #[test]
    fn conditions_read_as_people_say_them() {
        let d = definition();
        let words = |json: &str| serde_json::from_str::<When>(json).unwrap().in_words(&d);
        for (condition, said) in [
            (r#"{"question":"who","is":"us"}"#, "“Who owns it?” is “The council”"),
            (r#"{"question":"who","is_one_of":["us","me"]}"#, "“Who owns it?” is “The council” or “I do”"),
            (r#"{"question":"who","includes":"gone"}"#, "“Who owns it?” includes “gone”"),
            (r#"{"question":"wide","at_least":30}"#, "“How wide?” is at least 30 cm"),
            (r#"{"question":"pay","at_least":5,"at_most":9}"#, "“How much?” is £5 to £9"),
            (r#"{"question":"moved","before":"today-28"}"#, "“When?” is before 28 days before today"),
            (r#"{"question":"moved","after":"today"}"#, "“When?” is after today"),
            (r#"{"question":"moved","after":"2026-04-01"}"#, "“When?” is after 1 April 2026"),
            (r#"{"question":"sold","answered":false}"#, "“Sold?” is not answered"),
            (r#"{"not":{"question":"sold","is":true}}"#, "it is not so that “Sold?” is yes"),
            (r#"{"repeat":"people","at_least":2}"#, "the list “People” has at least 2"),
            (
                r#"{"all":[{"question":"sold","is":false},{"any":[{"question":"who","is":"me"},{"repeat":"people","at_most":1}]}]}"#,
                "“Sold?” is no and (“Who owns it?” is “I do” or the list “People” has at most 1)",
            ),
        ] {
            assert_eq!(words(condition), said);
        }
    }
}
