//! A form filled in by chance, whatever it asks: for the demonstration's history and for tests.

use jiff::ToSpan;
use jiff::civil::Date;
use rand::Rng;
use rand::seq::IndexedRandom;

use uuid::Uuid;

use crate::forms::{self, Attached, Definition, FileState, Question, QuestionType, Raw, SafeWay};

/// So many ways are tried before it is said that a form cannot be finished; some lead to its early ends.
const ATTEMPTS: usize = 2_000;

/// What was typed into a form that can be sent as it is. `text` gives the words of a question that takes any text, and
/// may give those of others.
///
/// # Errors
/// A sentence if no way of filling it in was found.
pub fn fill(
    definition: &Definition,
    today: Date,
    rng: &mut impl Rng,
    mut text: impl FnMut(&Question) -> Option<String>,
) -> anyhow::Result<Raw> {
    for _ in 0..ATTEMPTS {
        let mut raw = Raw::new();
        for (page, question) in definition.questions() {
            let prefix = page.repeat.as_ref().map_or_else(String::new, |repeat| format!("{repeat}.1."));
            for (field, values) in answer(question, today, rng, text(question)) {
                raw.insert(format!("{prefix}{}{field}", question.id), values);
            }
        }
        if definition.parse(&raw, today).is_ok() {
            return Ok(raw);
        }
    }
    anyhow::bail!("the form {} was not finished in {ATTEMPTS} attempts", definition.slug)
}

fn answer(
    question: &Question,
    today: Date,
    rng: &mut impl Rng,
    text: Option<String>,
) -> Vec<(&'static str, Vec<String>)> {
    let one = |value: &str| vec![("", vec![value.to_owned()])];
    match question.kind {
        QuestionType::Email => one(text.as_deref().unwrap_or("sam.okafor@example.org")),
        QuestionType::Telephone => one(&format!("07700 900{:03}", rng.random_range(0..1000))),
        QuestionType::Number | QuestionType::Money => {
            let least = question.min.unwrap_or(1);
            one(&rng.random_range(least..=question.max.unwrap_or(60).max(least).min(least + 60)).to_string())
        }
        QuestionType::YesNo => one(["yes", "no"].choose(rng).copied().unwrap_or("no")),
        QuestionType::Declaration => one("yes"),
        QuestionType::OneOf | QuestionType::ManyOf | QuestionType::Select => {
            one(question.options.choose(rng).map_or("", |o| o.value.as_str()))
        }
        QuestionType::Date => {
            let limit = |rule: &Option<String>| rule.as_deref().and_then(|rule| forms::date_rule(rule, today));
            let latest = limit(&question.latest).or(limit(&question.earliest)).unwrap_or(today);
            let wanted = latest - rng.random_range(0_i32..6).days();
            let date = limit(&question.earliest).map_or(wanted, |earliest| wanted.max(earliest));
            let parts = [i16::from(date.day()), i16::from(date.month()), date.year()].map(|n| vec![n.to_string()]);
            ["-day", "-month", "-year"].into_iter().zip(parts).collect()
        }
        QuestionType::Address => {
            let line = text.unwrap_or_else(|| format!("{} Quay Street", rng.random_range(1..90)));
            let parts = [line, String::new(), "Marlhaven".to_owned(), "MH1 2AB".to_owned()].map(|part| vec![part]);
            ["-line1", "-line2", "-town", "-postcode"].into_iter().zip(parts).collect()
        }
        QuestionType::Time => one("9:30am"),
        QuestionType::Web => one("https://www.example.org"),
        QuestionType::NationalInsurance => one("AB 12 34 56 C"),
        QuestionType::Vehicle => one("AB12 CDE"),
        QuestionType::Bank => {
            let parts = ["Sam Okafor", "30 94 30", "00733445"].map(|part| vec![part.to_owned()]);
            ["-name", "-sort", "-account"].into_iter().zip(parts).collect()
        }
        // What was said to be added; its bytes are nobody's.
        QuestionType::File if question.required => {
            let (id, state) = (Uuid::from_u128(rng.random()), FileState::Unscanned);
            one(&Attached { id, size: 120_000, state, name: "photo.jpg".to_owned() }.value())
        }
        QuestionType::File => vec![],
        QuestionType::SafeContact => vec![("-way", vec![SafeWay::Never.word().to_owned()])],
        QuestionType::Text | QuestionType::LongText | QuestionType::Name | QuestionType::Location => {
            one(text.as_deref().unwrap_or("It has been like this for a few days."))
        }
    }
}
