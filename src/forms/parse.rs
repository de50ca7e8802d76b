//! From what was typed to answers that cannot be wrong, or to every mistake by field. Pure: today's date is passed in.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::{Date, Time};

use super::answers::{SafeContact, SafeWay, Value};
use super::model::{Page, Question, QuestionType};
use super::upload::{Attached, FileState};
use crate::kernel::time::long_date;
use crate::kernel::{Pence, contact};

/// What was typed: values by field. A date has the fields `id-day`, `id-month`, `id-year`; an address `id-line1`,
/// `id-line2`, `id-town`, `id-postcode` …; a file has an entry ([`Attached`]) that the server made; [`Question::fields`] has them
/// all. Inside a repeat a field's name begins with
/// `repeat.n.`, and the field `repeat` itself holds the numbers of the things told of.
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

pub(super) type Read = Result<Option<Value>, FieldError>;

/// The fields of a page among what was posted, of the thing that `prefix` names: nothing else is kept.
pub(super) fn fields_of(page: &Page, prefix: &str, posted: &[(String, String)]) -> Raw {
    let mut raw = Raw::new();
    // Files come another way, and what is known of them is not for a browser to say.
    for field in page.questions.iter().filter(|q| q.kind != QuestionType::File).flat_map(Question::fields) {
        let field = format!("{prefix}{field}");
        let values: Vec<String> = posted.iter().filter(|(n, _)| *n == field).map(|(_, v)| v.clone()).collect();
        raw.insert(field, values);
    }
    raw
}

impl Question {
    /// The names of its fields in a form.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let parts: &[&str] = match self.kind {
            QuestionType::Date => &["-day", "-month", "-year"],
            QuestionType::Address => {
                &["-find", "-house", "-uprn", "-line1", "-line2", "-town", "-postcode", "-country"]
            }
            QuestionType::Location => &["", "-postcode"],
            QuestionType::Bank => &["-name", "-sort", "-account"],
            QuestionType::SafeContact => &["-way", "-to", "-hours", "-voicemail", "-code"],
            _ => &[""],
        };
        parts.iter().map(|part| format!("{}{part}", self.id)).collect()
    }

    /// Reads its answer; `prefix` names the thing of a repeat that is asked about.
    pub(super) fn read(&self, raw: &Raw, prefix: &str, today: Date) -> Read {
        let reader = Reader { question: self, raw, prefix, today };
        match self.kind {
            QuestionType::Date => reader.date(),
            QuestionType::Address => reader.address(),
            QuestionType::Location => reader.location(),
            QuestionType::Bank => reader.bank(),
            QuestionType::SafeContact => reader.safe_contact(),
            QuestionType::Declaration => reader.declaration(),
            QuestionType::YesNo => reader.yes_no(),
            QuestionType::ManyOf | QuestionType::OneOf | QuestionType::Select => reader.choice(),
            QuestionType::File => reader.files(),
            _ => reader.text(),
        }
    }
}

/// One question, and where its answer is read from.
pub(super) struct Reader<'a> {
    pub(super) question: &'a Question,
    pub(super) raw: &'a Raw,
    prefix: &'a str,
    today: Date,
}

impl Reader<'_> {
    pub(super) fn error(
        &self,
        part: &str,
        key: &'static str,
        mut variables: Vec<(&'static str, String)>,
    ) -> FieldError {
        variables.push(("question", self.question.label.trim_end_matches('?').to_owned()));
        FieldError { question: self.question.id.clone(), field: self.field(part), key, variables }
    }

    pub(super) fn wrong<T>(&self, part: &str, key: &'static str) -> Result<T, FieldError> {
        Err(self.error(part, key, vec![]))
    }

    /// No answer, which is a mistake where one is required.
    pub(super) fn none(&self, part: &str, key: &'static str) -> Read {
        if self.question.required { self.wrong(part, key) } else { Ok(None) }
    }

    pub(super) fn field(&self, part: &str) -> String {
        format!("{}{}{part}", self.prefix, self.question.id)
    }

    pub(super) fn typed(&self, part: &str) -> String {
        let typed = self.raw.get(&self.field(part)).and_then(|v| v.first()).map_or("", String::as_str);
        // Browsers send CRLF; control characters have no business in an answer, nor have those that turn the direction of
        // whatever a reader finds after it.
        let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let stays = |c: char| (!c.is_control() && !turns(c)) || c == '\n';
        if typed.chars().all(stays) {
            return typed.trim().to_owned();
        }
        typed.replace("\r\n", "\n").chars().filter(|c| stays(*c)).collect::<String>().trim().to_owned()
    }

    /// The part, if it is not longer than it may be.
    pub(super) fn at_most(&self, part: &str, most: usize) -> Result<String, FieldError> {
        let typed = self.typed(part);
        match typed.chars().count() {
            length if length > most => {
                let vars = vec![("most", most.to_string()), ("over", (length - most).to_string())];
                Err(self.error(part, "forms-error-too-long", vars))
            }
            _ => Ok(typed),
        }
    }

    fn text(&self) -> Read {
        let typed = self.at_most("", self.question.longest())?;
        if typed.is_empty() {
            return self.none("", "forms-error-empty");
        }
        let value = match self.question.kind {
            QuestionType::Number => self.number(&typed)?,
            QuestionType::Money => self.money(&typed)?,
            QuestionType::Time => match read_time(&typed) {
                Some(time) => Value::Time(time),
                None => return self.wrong("", "forms-error-time"),
            },
            QuestionType::Email if !contact::is_email(&typed) => return self.wrong("", "forms-error-email"),
            QuestionType::Telephone if !contact::is_telephone(&typed) => {
                return self.wrong("", "forms-error-telephone");
            }
            QuestionType::Web => match contact::web_address(&typed) {
                Some(address) => Value::Text(address),
                None => return self.wrong("", "forms-error-web"),
            },
            QuestionType::NationalInsurance => match contact::national_insurance(&typed) {
                Some(number) => {
                    let shown = format!("•• •• •• {}", &number[9..]);
                    Value::Sealed(vec![(number, shown)])
                }
                None => return self.wrong("", "forms-error-national-insurance"),
            },
            QuestionType::Vehicle => match contact::registration(&typed) {
                Some(mark) => Value::Text(mark),
                None => return self.wrong("", "forms-error-vehicle"),
            },
            QuestionType::LongText => Value::Text(typed),
            _ => Value::Text(typed.replace('\n', " ")),
        };
        Ok(Some(value))
    }

    fn number(&self, typed: &str) -> Result<Value, FieldError> {
        let plain: String = typed.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
        let number: i64 = plain.parse().map_err(|_| self.error("", "forms-error-number", vec![]))?;
        if let Some(min) = self.question.min.filter(|min| number < *min) {
            return Err(self.error("", "forms-error-number-small", vec![("least", min.to_string())]));
        }
        if let Some(max) = self.question.max.filter(|max| number > *max) {
            return Err(self.error("", "forms-error-number-large", vec![("most", max.to_string())]));
        }
        Ok(Value::Number(number))
    }

    /// `1,250`, `£12.50`: pounds, or pounds and pence.
    fn money(&self, typed: &str) -> Result<Value, FieldError> {
        let plain: String = typed.chars().filter(|c| !matches!(c, '£' | ',' | ' ')).collect();
        let pence = read_pence(&plain).ok_or_else(|| self.error("", "forms-error-money", vec![]))?;
        let pounds = |pounds: i64| Pence(pounds.saturating_mul(100));
        if let Some(min) = self.question.min.map(pounds).filter(|min| pence < *min) {
            return Err(self.error("", "forms-error-number-small", vec![("least", min.to_string())]));
        }
        if let Some(max) = self.question.max.map(pounds).filter(|max| pence > *max) {
            return Err(self.error("", "forms-error-number-large", vec![("most", max.to_string())]));
        }
        Ok(Value::Money(pence))
    }

    fn chosen(&self, part: &str) -> Vec<&str> {
        self.raw.get(&self.field(part)).into_iter().flatten().map(|v| v.trim()).filter(|v| !v.is_empty()).collect()
    }

    fn yes_no(&self) -> Read {
        match self.chosen("")[..] {
            [] => self.none("", "forms-error-choose"),
            ["yes"] => Ok(Some(Value::YesNo(true))),
            ["no"] => Ok(Some(Value::YesNo(false))),
            _ => self.wrong("", "forms-error-choose"),
        }
    }

    fn declaration(&self) -> Read {
        match self.chosen("")[..] {
            ["yes"] => Ok(Some(Value::YesNo(true))),
            _ => self.none("", "forms-error-declare"),
        }
    }

    fn choice(&self) -> Read {
        let (question, chosen) = (self.question, self.chosen(""));
        let many = question.kind == QuestionType::ManyOf;
        if chosen.is_empty() {
            return self.none("", if many { "forms-error-choose-many" } else { "forms-error-choose" });
        }
        let options: Vec<(String, String)> = question
            .options
            .iter()
            .filter(|o| chosen.contains(&o.value.as_str()))
            .map(|o| (o.value.clone(), o.label.clone()))
            .collect();
        let strange = chosen.iter().any(|c| !question.options.iter().any(|o| o.value == *c));
        if strange || (!many && options.len() != 1) {
            return self.wrong("", "forms-error-choose");
        }
        let alone = question.options.iter().find(|o| o.exclusive && chosen.contains(&o.value.as_str()));
        if let Some(alone) = alone.filter(|_| options.len() > 1) {
            return Err(self.error("", "forms-error-choose-alone", vec![("alone", alone.label.clone())]));
        }
        Ok(Some(Value::Chosen(options)))
    }

    fn date(&self) -> Read {
        let parts = ["-day", "-month", "-year"];
        let [day, month, year] = parts.map(|part| self.typed(part));
        if day.is_empty() && month.is_empty() && year.is_empty() {
            return self.none("-day", "forms-error-date-empty");
        }
        for (typed, part, key) in [
            (&day, "-day", "forms-error-date-day"),
            (&month, "-month", "forms-error-date-month"),
            (&year, "-year", "forms-error-date-year"),
        ] {
            if typed.is_empty() {
                return self.wrong(part, key);
            }
        }
        let date = read_month(&month)
            .and_then(|month| Date::new(year.parse().ok().filter(|y| *y >= 1000)?, month, day.parse().ok()?).ok())
            .ok_or_else(|| self.error("-day", "forms-error-date-real", vec![]))?;
        let today = self.today;
        let rule = |rule: &Option<String>| rule.as_deref().and_then(|rule| date_rule(rule, today));
        if let Some(first) = rule(&self.question.earliest).filter(|first| date < *first) {
            return Err(self.error("-day", "forms-error-date-early", vec![("first", long_date(first))]));
        }
        if let Some(last) = rule(&self.question.latest).filter(|last| date > *last) {
            let key = if last == today { "forms-error-date-future" } else { "forms-error-date-late" };
            return Err(self.error("-day", key, vec![("last", long_date(last))]));
        }
        Ok(Some(Value::Date(date)))
    }

    /// A name, six digits and eight: what a payment needs. Whether the account exists is for the bank.
    fn bank(&self) -> Read {
        let name = self.at_most("-name", 100)?;
        let digits = |part| -> String { self.typed(part).chars().filter(|c| !matches!(c, ' ' | '-')).collect() };
        let (sort, account) = (digits("-sort"), digits("-account"));
        if name.is_empty() && sort.is_empty() && account.is_empty() {
            return self.none("-name", "forms-error-bank-name");
        }
        if name.is_empty() {
            return self.wrong("-name", "forms-error-bank-name");
        }
        let all_digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
            text.chars().all(|c| c.is_ascii_digit()) && lengths.contains(&text.len())
        };
        if !all_digits(&sort, 6..=6) {
            return self.wrong("-sort", "forms-error-bank-sort");
        }
        if !all_digits(&account, 6..=8) {
            return self.wrong("-account", "forms-error-bank-account");
        }
        let sort_code = format!("{}-{}-{}", &sort[..2], &sort[2..4], &sort[4..]);
        let masked = format!("•••••{}", &account[account.len() - 3..]);
        Ok(Some(Value::Sealed(vec![(name.clone(), name), (sort_code, "••-••-••".to_owned()), (account, masked)])))
    }

    /// Files that were looked into since and will not do have to be taken off, so that nobody believes they were sent.
    fn files(&self) -> Read {
        let values = self.raw.get(&self.field("")).into_iter().flatten();
        let files: Vec<Attached> = values.filter_map(|value| Attached::read(value)).collect();
        if let Some(lost) = files.iter().find(|file| file.state.is_lost()) {
            let key = if lost.state == FileState::Infected {
                "forms-error-file-infected"
            } else {
                "forms-error-file-unreadable"
            };
            return Err(self.error("", key, vec![("name", lost.name.clone())]));
        }
        if files.is_empty() { self.none("", "forms-error-file") } else { Ok(Some(Value::Files(files))) }
    }

    fn safe_contact(&self) -> Read {
        let way = match self.chosen("-way")[..] {
            [] => return self.none("-way", "forms-error-safe-way"),
            [word] => SafeWay::ALL.into_iter().find(|way| way.word() == word),
            _ => None,
        };
        let Some(way) = way else { return self.wrong("-way", "forms-error-safe-way") };
        let to = self.at_most("-to", 254)?;
        match way {
            SafeWay::Never => {}
            SafeWay::Email if !contact::is_email(&to) => return self.wrong("-to", "forms-error-email"),
            SafeWay::Phone | SafeWay::Text if !contact::is_telephone(&to) => {
                return self.wrong("-to", "forms-error-telephone");
            }
            _ => {}
        }
        Ok(Some(Value::Safe(SafeContact {
            way,
            to: if way == SafeWay::Never { String::new() } else { to },
            hours: self.at_most("-hours", 200)?,
            voicemail: self.chosen("-voicemail") == ["yes"],
            code_word: self.at_most("-code", 50)?,
        })))
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

/// `9:30am`, `9am`, `14:30`, `noon`.
fn read_time(typed: &str) -> Option<Time> {
    let plain: String = typed.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '.')).collect();
    if plain == "noon" || plain == "midday" {
        return Time::new(12, 0, 0, 0).ok();
    }
    let (clock, half) = match plain.strip_suffix("am") {
        Some(clock) => (clock, Some(0)),
        None => plain.strip_suffix("pm").map_or((plain.as_str(), None), |clock| (clock, Some(12))),
    };
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, if half.is_some() { "0" } else { "" }));
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}

/// Pounds, or pounds and two digits of pence.
fn read_pence(plain: &str) -> Option<Pence> {
    let (pounds, pence) = plain.split_once('.').unwrap_or((plain, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(pounds) || !digits(pence) || pence.len() != 2 {
        return None;
    }
    pounds.parse::<i64>().ok()?.checked_mul(100)?.checked_add(pence.parse().ok()?).map(Pence)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    impl Question {
        fn read_plain(&self, raw: &Raw, today: Date) -> Read {
            self.read(raw, "", today)
        }
    }

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
            q.read_plain(&raw, TODAY).map_err(|e| e.key)
        };
        assert!(choose(&["n"]).is_ok() && choose(&["a"]).is_ok());
        assert_eq!(choose(&["a", "n"]), Err("forms-error-choose-alone"));
    }

    #[test]
    fn dates_say_which_part_is_missing_or_wrong() {
        let q = question("id='seen'\ntype='date'\nlabel='When?'\nearliest='today-90'\nlatest='today'");
        let read = |d: &str, m: &str, y: &str| {
            q.read_plain(&raw(&[("seen-day", d), ("seen-month", m), ("seen-year", y)]), TODAY)
                .map_err(|e| (e.field, e.key))
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
        assert!(q.read_plain(&raw(&[("d", "a")]), TODAY).is_ok());
        assert_eq!(q.read_plain(&raw(&[("d", "c")]), TODAY).unwrap_err().key, "forms-error-choose");
        let both: Raw = [("d".to_owned(), vec!["a".to_owned(), "b".to_owned()])].into();
        assert_eq!(q.read_plain(&both, TODAY).unwrap_err().key, "forms-error-choose");
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(text in any::<String>(), kind in 0usize..11) {
            let kinds = ["text", "long_text", "number", "date", "yes_no", "one_of", "many_of", "email", "telephone", "address", "location"];
            let q = question(&format!("id='q'\ntype='{}'\nlabel='Q'\noptions=[{{value='a',label='A'}}]", kinds[kind]));
            let fields: Raw = q.fields().into_iter().map(|f| (f, vec![text.clone()])).collect();
            let _ = q.read_plain(&fields, TODAY);
        }

        #[test]
        fn texts_round_trip(text in "[ -~£é]{1,200}") {
            let q = question("id='q'\ntype='text'\nlabel='Q'\nrequired=false");
            let read = q.read_plain(&raw(&[("q", &text)]), TODAY).unwrap();
            prop_assert_eq!(read, (!text.trim().is_empty()).then(|| Value::Text(text.trim().to_owned())));
        }
    }
}
