//! From what was typed to answers that cannot be wrong, or to every mistake by field. Pure: today's date is passed in.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::model::{ContactRole, Definition, Page, Question, QuestionType};
use crate::kernel::contact;
use crate::kernel::time::long_date;

/// What was typed: values by field. A date has the fields `id-day`, `id-month`, `id-year`; an address `id-line1`,
/// `id-line2`, `id-town`, `id-postcode`; every other question the field `id`.
pub type Raw = BTreeMap<String, Vec<String>>;

/// A mistake in one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The question.
    pub question: String,
    /// The field that the summary links to.
    pub field: String,
    /// The sentence's key in the catalogue.
    pub key: &'static str,
    /// Its variables.
    pub variables: Vec<(&'static str, String)>,
}

/// A right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, long text, location; an e-mail address; a telephone number.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A date.
    Date(Date),
    /// Yes or no.
    YesNo(bool),
    /// The chosen options: their values and labels.
    Chosen(Vec<(String, String)>),
    /// Lines of an address.
    Address(Vec<String>),
}

/// A right answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The page that asked.
    pub page: String,
    /// The question's id.
    pub question: String,
    /// What it is, with a unit or without.
    pub value: Value,
}

/// A finished form.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Answers(pub Vec<Answer>);

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
    /// The question.
    pub question: String,
    /// The answer, one line or several.
    pub answer: Vec<String>,
}

impl Definition {
    /// Reads a finished form.
    ///
    /// # Errors
    /// Every mistake, in the order of the questions.
    pub fn parse(&self, raw: &Raw, today: Date) -> Result<Answers, Vec<FieldError>> {
        let (mut answers, mut errors) = (Vec::new(), Vec::new());
        for page in &self.pages {
            match page.parse(raw, today) {
                Ok(found) => answers.extend(found),
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() { Ok(Answers(answers)) } else { Err(errors) }
    }

    /// The fields of a page among what was posted: nothing else is kept.
    #[must_use]
    pub fn fields_of(page: &Page, posted: &[(String, String)]) -> Raw {
        let mut raw = Raw::new();
        for field in page.questions.iter().flat_map(Question::fields) {
            let values: Vec<String> = posted.iter().filter(|(n, _)| *n == field).map(|(_, v)| v.clone()).collect();
            raw.insert(field, values);
        }
        raw
    }

    /// The answer sheet. How to reach the citizen is not on it: the case keeps that apart, and staff see it only for a
    /// reason that they give.
    #[must_use]
    pub fn sheet(&self, answers: &Answers, words: &dyn Fn(bool) -> String) -> Sheet {
        let rows = answers.0.iter().filter_map(|answer| {
            let (_, question) = self.questions().find(|(_, q)| q.id == answer.question && q.contact.is_none())?;
            Some(SheetRow {
                id: question.id.clone(),
                question: question.label.clone(),
                answer: question.show(&answer.value, words),
            })
        });
        Sheet { language: "en".to_owned(), rows: rows.collect() }
    }

    /// The case's title: `Pothole, Quay Street`.
    #[must_use]
    pub fn title(&self, answers: &Answers) -> String {
        let place =
            self.questions().find(|(_, q)| q.summary).and_then(|(_, q)| answers.get(&q.id)).and_then(|v| match v {
                Value::Text(text) => Some(text.clone()),
                Value::Address(lines) => lines.first().cloned(),
                Value::Chosen(options) => options.first().map(|(_, label)| label.clone()),
                Value::Number(_) | Value::Date(_) | Value::YesNo(_) => None,
            });
        match place {
            Some(place) => format!("{}, {}", self.noun, shortened(&place, 80)),
            None => self.noun.clone(),
        }
    }

    /// The answer that lets the council reach the citizen in one way.
    #[must_use]
    pub fn contact(&self, answers: &Answers, role: ContactRole) -> Option<String> {
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

impl Answers {
    /// The answer to a question.
    #[must_use]
    pub fn get(&self, question: &str) -> Option<&Value> {
        self.0.iter().find(|a| a.question == question).map(|a| &a.value)
    }
}

impl Page {
    /// Reads the page's answers.
    ///
    /// # Errors
    /// Every mistake on the page.
    pub fn parse(&self, raw: &Raw, today: Date) -> Result<Vec<Answer>, Vec<FieldError>> {
        let (mut answers, mut errors) = (Vec::new(), Vec::new());
        for question in &self.questions {
            match question.parse(raw, today) {
                Ok(Some(value)) => answers.push(Answer { page: self.id.clone(), question: question.id.clone(), value }),
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(answers) } else { Err(errors) }
    }
}

impl Question {
    /// The names of its fields in a form.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let parts: &[&str] = match self.kind {
            QuestionType::Date => &["-day", "-month", "-year"],
            QuestionType::Address => &["-line1", "-line2", "-town", "-postcode"],
            _ => &[""],
        };
        parts.iter().map(|part| format!("{}{part}", self.id)).collect()
    }

    /// An answer as people read it, line by line.
    #[must_use]
    pub fn show(&self, value: &Value, words: &dyn Fn(bool) -> String) -> Vec<String> {
        match value {
            Value::Text(text) => text.lines().map(str::to_owned).collect(),
            Value::Number(n) => vec![self.unit.as_ref().map_or_else(|| n.to_string(), |unit| format!("{n} {unit}"))],
            Value::Date(date) => vec![long_date(*date)],
            Value::YesNo(yes) => vec![words(*yes)],
            Value::Chosen(options) => options.iter().map(|(_, label)| label.clone()).collect(),
            Value::Address(lines) => lines.clone(),
        }
    }

    fn parse(&self, raw: &Raw, today: Date) -> Result<Option<Value>, FieldError> {
        match self.kind {
            QuestionType::Date => self.parse_date(raw, today),
            QuestionType::Address => self.parse_address(raw),
            QuestionType::ManyOf | QuestionType::OneOf | QuestionType::YesNo => self.parse_choice(raw),
            _ => self.parse_text(raw),
        }
    }

    fn error(&self, part: &str, key: &'static str, mut variables: Vec<(&'static str, String)>) -> FieldError {
        variables.push(("question", self.label.trim_end_matches('?').to_owned()));
        FieldError { question: self.id.clone(), field: format!("{}{part}", self.id), key, variables }
    }

    fn typed(&self, raw: &Raw, part: &str) -> String {
        let typed = raw.get(&format!("{}{part}", self.id)).and_then(|v| v.first()).map_or("", String::as_str);
        // Browsers send CRLF; control characters have no business in an answer.
        typed
            .replace("\r\n", "\n")
            .chars()
            .filter(|c| !c.is_control() || *c == '\n')
            .collect::<String>()
            .trim()
            .to_owned()
    }

    fn parse_text(&self, raw: &Raw) -> Result<Option<Value>, FieldError> {
        let typed = self.typed(raw, "");
        if typed.is_empty() {
            return if self.required { Err(self.error("", "forms-error-empty", vec![])) } else { Ok(None) };
        }
        let length = typed.chars().count();
        if length > self.longest() {
            let over = length - self.longest();
            let vars = vec![("most", self.longest().to_string()), ("over", over.to_string())];
            return Err(self.error("", "forms-error-too-long", vars));
        }
        match self.kind {
            QuestionType::Number => self.parse_number(&typed).map(Some),
            QuestionType::Email if !contact::is_email(&typed) => Err(self.error("", "forms-error-email", vec![])),
            QuestionType::Telephone => {
                let digits = typed.chars().filter(char::is_ascii_digit).count();
                let shape =
                    typed.chars().all(|c| c.is_ascii_digit() || " +()-.".contains(c)) && (9..=15).contains(&digits);
                if shape { Ok(Some(Value::Text(typed))) } else { Err(self.error("", "forms-error-telephone", vec![])) }
            }
            _ => Ok(Some(Value::Text(typed))),
        }
    }

    fn parse_number(&self, typed: &str) -> Result<Value, FieldError> {
        let plain: String = typed.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
        let number: i64 = plain.parse().map_err(|_| self.error("", "forms-error-number", vec![]))?;
        if let Some(min) = self.min.filter(|min| number < *min) {
            return Err(self.error("", "forms-error-number-small", vec![("least", min.to_string())]));
        }
        if let Some(max) = self.max.filter(|max| number > *max) {
            return Err(self.error("", "forms-error-number-large", vec![("most", max.to_string())]));
        }
        Ok(Value::Number(number))
    }

    fn parse_choice(&self, raw: &Raw) -> Result<Option<Value>, FieldError> {
        let chosen: Vec<&str> =
            raw.get(&self.id).into_iter().flatten().map(|v| v.trim()).filter(|v| !v.is_empty()).collect();
        if chosen.is_empty() {
            let key = if self.kind == QuestionType::ManyOf { "forms-error-choose-many" } else { "forms-error-choose" };
            return if self.required { Err(self.error("", key, vec![])) } else { Ok(None) };
        }
        if self.kind == QuestionType::YesNo {
            return match chosen.first() {
                Some(&"yes") => Ok(Some(Value::YesNo(true))),
                Some(&"no") => Ok(Some(Value::YesNo(false))),
                _ => Err(self.error("", "forms-error-choose", vec![])),
            };
        }
        let options: Vec<(String, String)> = self
            .options
            .iter()
            .filter(|o| chosen.contains(&o.value.as_str()))
            .map(|o| (o.value.clone(), o.label.clone()))
            .collect();
        let strange = chosen.iter().any(|c| !self.options.iter().any(|o| o.value == *c));
        if strange || (self.kind == QuestionType::OneOf && options.len() != 1) {
            return Err(self.error("", "forms-error-choose", vec![]));
        }
        let alone = self.options.iter().find(|o| o.exclusive && chosen.contains(&o.value.as_str()));
        if let Some(alone) = alone.filter(|_| options.len() > 1) {
            return Err(self.error("", "forms-error-choose-alone", vec![("alone", alone.label.clone())]));
        }
        Ok(Some(Value::Chosen(options)))
    }

    fn parse_date(&self, raw: &Raw, today: Date) -> Result<Option<Value>, FieldError> {
        let parts = ["-day", "-month", "-year"];
        let [day, month, year] = parts.map(|part| self.typed(raw, part));
        if day.is_empty() && month.is_empty() && year.is_empty() {
            return if self.required { Err(self.error("-day", "forms-error-date-empty", vec![])) } else { Ok(None) };
        }
        for (typed, part, key) in [
            (&day, "-day", "forms-error-date-day"),
            (&month, "-month", "forms-error-date-month"),
            (&year, "-year", "forms-error-date-year"),
        ] {
            if typed.is_empty() {
                return Err(self.error(part, key, vec![]));
            }
        }
        let date = read_month(&month)
            .and_then(|month| Date::new(year.parse().ok().filter(|y| *y >= 1000)?, month, day.parse().ok()?).ok())
            .ok_or_else(|| self.error("-day", "forms-error-date-real", vec![]))?;
        if let Some(first) =
            self.earliest.as_deref().and_then(|rule| date_rule(rule, today)).filter(|first| date < *first)
        {
            return Err(self.error("-day", "forms-error-date-early", vec![("first", long_date(first))]));
        }
        if let Some(last) = self.latest.as_deref().and_then(|rule| date_rule(rule, today)).filter(|last| date > *last) {
            let key = if last == today { "forms-error-date-future" } else { "forms-error-date-late" };
            return Err(self.error("-day", key, vec![("last", long_date(last))]));
        }
        Ok(Some(Value::Date(date)))
    }

    fn parse_address(&self, raw: &Raw) -> Result<Option<Value>, FieldError> {
        let [line1, line2, town, postcode] =
            ["-line1", "-line2", "-town", "-postcode"].map(|part| self.typed(raw, part));
        if [&line1, &line2, &town, &postcode].iter().all(|p| p.is_empty()) && !self.required {
            return Ok(None);
        }
        for (typed, part, key) in [
            (&line1, "-line1", "forms-error-address-line1"),
            (&town, "-town", "forms-error-address-town"),
            (&postcode, "-postcode", "forms-error-address-postcode"),
        ] {
            if typed.is_empty() {
                return Err(self.error(part, key, vec![]));
            }
        }
        if let Some((part, _)) = [("-line1", &line1), ("-line2", &line2), ("-town", &town)]
            .into_iter()
            .find(|(_, t)| t.chars().count() > 200)
        {
            return Err(self.error(
                part,
                "forms-error-too-long",
                vec![("most", "200".to_owned()), ("over", "0".to_owned())],
            ));
        }
        let postcode = contact::postcode(&postcode)
            .ok_or_else(|| self.error("-postcode", "forms-error-address-postcode-real", vec![]))?;
        let lines = [line1, line2, town, postcode].into_iter().filter(|l| !l.is_empty()).collect();
        Ok(Some(Value::Address(lines)))
    }
}

/// `today`, `today-90`, `today+30`, or a date; `None` for anything else.
#[must_use]
pub fn date_rule(rule: &str, today: Date) -> Option<Date> {
    match rule.strip_prefix("today") {
        Some("") => Some(today),
        Some(offset) if offset.starts_with(['+', '-']) => {
            today.checked_add(Span::new().try_days(offset.parse::<i32>().ok()?).ok()?).ok()
        }
        Some(_) => None,
        None => rule.parse().ok(),
    }
}

fn read_month(typed: &str) -> Option<i8> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    if let Ok(number) = typed.parse() {
        return Some(number);
    }
    let lower = typed.to_lowercase();
    let at = NAMES.iter().position(|name| lower.starts_with(name))?;
    i8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn question(toml: &str) -> Question {
        toml::from_str(toml).unwrap()
    }

    fn raw(fields: &[(&str, &str)]) -> Raw {
        fields.iter().map(|(n, v)| ((*n).to_owned(), vec![(*v).to_owned()])).collect()
    }

    const TODAY: Date = date(2026, 11, 20);

    #[test]
    fn none_of_these_is_chosen_alone() {
        let q = question(
            "id='d'\ntype='many_of'\nlabel='What?'\noptions=[{value='a',label='A'},{value='n',label='None',exclusive=true}]",
        );
        let choose = |values: &[&str]| {
            let raw: Raw = [("d".to_owned(), values.iter().map(|v| (*v).to_owned()).collect())].into();
            q.parse(&raw, TODAY).map_err(|e| e.key)
        };
        assert!(choose(&["n"]).is_ok() && choose(&["a"]).is_ok());
        assert_eq!(choose(&["a", "n"]), Err("forms-error-choose-alone"));
    }

    #[test]
    fn dates_say_which_part_is_missing_or_wrong() {
        let q = question("id='seen'\ntype='date'\nlabel='When?'\nearliest='today-90'\nlatest='today'");
        let read = |d: &str, m: &str, y: &str| {
            q.parse(&raw(&[("seen-day", d), ("seen-month", m), ("seen-year", y)]), TODAY).map_err(|e| (e.field, e.key))
        };
        let wrong = |field: &str, key| Err((field.to_owned(), key));
        assert_eq!(read("14", "November", "2026"), Ok(Some(Value::Date(date(2026, 11, 14)))));
        assert_eq!(read("", "", ""), wrong("seen-day", "forms-error-date-empty"));
        assert_eq!(read("14", "", "2026"), wrong("seen-month", "forms-error-date-month"));
        assert_eq!(read("31", "2", "2026"), wrong("seen-day", "forms-error-date-real"));
        assert_eq!(read("1", "1", "26"), wrong("seen-day", "forms-error-date-real"));
        assert_eq!(read("21", "11", "2026"), wrong("seen-day", "forms-error-date-future"));
        assert_eq!(read("1", "1", "2026"), wrong("seen-day", "forms-error-date-early"));
    }

    #[test]
    fn choices_are_only_those_offered() {
        let q =
            question("id='d'\ntype='one_of'\nlabel='How deep?'\noptions=[{value='a',label='A'},{value='b',label='B'}]");
        assert!(q.parse(&raw(&[("d", "a")]), TODAY).is_ok());
        assert_eq!(q.parse(&raw(&[("d", "c")]), TODAY).unwrap_err().key, "forms-error-choose");
        let both: Raw = [("d".to_owned(), vec!["a".to_owned(), "b".to_owned()])].into();
        assert_eq!(q.parse(&both, TODAY).unwrap_err().key, "forms-error-choose");
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(text in any::<String>(), kind in 0usize..11) {
            let kinds = ["text", "long_text", "number", "date", "yes_no", "one_of", "many_of", "email", "telephone", "address", "location"];
            let q = question(&format!("id='q'\ntype='{}'\nlabel='Q'\noptions=[{{value='a',label='A'}}]", kinds[kind]));
            let fields: Raw = q.fields().into_iter().map(|f| (f, vec![text.clone()])).collect();
            let _ = q.parse(&fields, TODAY);
        }

        #[test]
        fn texts_round_trip(text in "[ -~£é]{1,200}") {
            let q = question("id='q'\ntype='text'\nlabel='Q'\nrequired=false");
            let read = q.parse(&raw(&[("q", &text)]), TODAY).unwrap();
            prop_assert_eq!(read, (!text.trim().is_empty()).then(|| Value::Text(text.trim().to_owned())));
        }
    }
}
