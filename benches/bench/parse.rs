//! How quickly answers are read: `Definition::parse`, pure, on one core, of generated definitions as large as any council's.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::civil::{Date, date};
use moothall::forms::{Definition, QuestionType, Raw, Written};
use moothall::kernel::Language;
use moothall::setup;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

const TODAY: Date = date(2026, 11, 23);

/// How quickly one form was read.
pub struct Parsed {
    /// Questions.
    pub questions: usize,
    /// Conditions on pages and questions, and routes.
    pub conditions: usize,
    /// How often in a second.
    pub per_second: f64,
    /// What is demanded.
    pub at_least: f64,
}

impl Parsed {
    /// Whether what is demanded is met.
    pub fn is_met(&self) -> bool {
        self.per_second >= self.at_least
    }
}

/// Reads each form again and again for some seconds.
pub fn measure(seconds: u32) -> anyhow::Result<Vec<Parsed>> {
    // Two milliseconds are 500 in a second.
    [(60, 20, 10_000.0), (400, 100, 500.0)]
        .into_iter()
        .map(|(questions, conditions, at_least)| {
            let definition = definition(questions, conditions)?;
            let raw = filled(&definition)?;
            ensure!(
                definition.parse(&raw, TODAY).is_ok_and(|a| a.all.len() == questions),
                "every question is answered"
            );
            let (begun, lasts) = (Instant::now(), Duration::from_secs(u64::from(seconds)));
            let mut done = 0_u32;
            while begun.elapsed() < lasts {
                for _ in 0..50 {
                    black_box(black_box(&definition).parse(black_box(&raw), TODAY).is_ok());
                }
                done += 50;
            }
            let per_second = f64::from(done) / begun.elapsed().as_secs_f64();
            Ok(Parsed { questions, conditions, per_second, at_least })
        })
        .collect()
}

/// A form of so many questions of all usual types, two a page, with conditions spread over its pages, questions and routes,
/// all of which hold, so that everything is asked.
fn definition(questions: usize, conditions: usize) -> anyhow::Result<Definition> {
    // Of every ten questions the first is one that conditions ask about.
    let asked = |n: usize| json!({ "question": format!("q{}", n - n % 10), "answered": true });
    let question = |n: usize, when: bool| {
        let mut question =
            json!({ "id": format!("q{n}"), "type": TYPES[n % TYPES.len()], "label": format!("Question {n}?") });
        match TYPES[n % TYPES.len()] {
            "one_of" | "many_of" | "select" => {
                question["options"] =
                    (0..8).map(|o| json!({ "value": format!("o{o}"), "label": format!("Option {o}") })).collect();
            }
            "date" => question["latest"] = "today".into(),
            "number" => question["max"] = 1000.into(),
            _ => {}
        }
        if when {
            question["when"] = asked(n);
        }
        question
    };
    let routes = conditions / 4;
    let mut left = conditions - routes;
    let pages: Vec<Value> = (0..questions)
        .step_by(2)
        .map(|n| {
            let mut take = || {
                let takes = n % 10 > 1 && left > 0;
                left -= usize::from(takes);
                takes
            };
            let (of_page, of_question) = (take(), n % 4 == 0 && take());
            let both: Vec<Value> = (n..questions.min(n + 2)).map(|q| question(q, of_question && q == n)).collect();
            let mut page = json!({ "id": format!("p{n}"), "title": format!("Page {n}"), "question": both });
            if of_page {
                page["when"] = asked(n);
            }
            page
        })
        .collect();
    ensure!(left == 0, "{left} conditions found no place");
    let route = |n: usize| json!({ "when": asked(n * 10 % questions), "team": "Streets", "because": "So it is." });
    let definition = json!({
        "kind": "report", "name": "Large", "noun": "Large", "summary": "A large form.", "target_working_days": 5,
        "retention_months": 12, "outcomes": ["Done"],
        "routing": { "team": "Streets", "route": (0..routes).map(route).collect::<Vec<_>>() },
        "privacy": { "purpose": "p", "legal_basis": "l" }, "confirmation": { "next": ["n"] }, "page": pages,
    });
    Written::new("large", definition).read(Language::En)
}

const TYPES: [&str; 10] =
    ["yes_no", "text", "one_of", "date", "number", "many_of", "select", "telephone", "address", "long_text"];

fn filled(definition: &Definition) -> anyhow::Result<Raw> {
    setup::fill(definition, TODAY, &mut StdRng::seed_from_u64(1), |question| {
        let text = matches!(question.kind, QuestionType::Text | QuestionType::LongText);
        text.then(|| "Quay Street, outside the chandlery".to_owned())
    })
}
