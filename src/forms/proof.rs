//! What is proved of a definition before it may go live: every page, question, option, end and route can be come to, and no
//! condition always holds.
//!
//! The form is walked once with all answers at a time. A state is one way to have answered the questions that later
//! conditions ask about, and nothing else; states that agree on these are one. A question's answers are told apart only
//! where a condition does: each option, each side of each number and day, an answer and none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::answers::{Answers, Value};
use super::model::{Definition, Page, Question, QuestionType};
use super::parse::date_rule;
use super::when::When;
use super::written::Written;
use crate::kernel::document::{self, Faults, Table};
use crate::kernel::{Language, Pence};

/// More states than a form for people has.
const MOST: usize = 20_000;
/// Every rule that counts from today counts from the same day, so that any will do.
const TODAY: Date = date(2026, 6, 15);

/// Adds what does not hold of a file whose format is right.
pub(super) fn check(file: &Table, faults: &mut Faults<'_>) {
    let json = json(&document::Value::Table(file.clone()));
    let Ok(definition) = Written::new("", json).read(Language::En) else { return };
    for finding in prove(&definition) {
        let page = file.tables("page").find(|page| page.text("id") == Some(finding.page.as_str()));
        let place = match (&finding.inside, page) {
            (Some((kind, id)), Some(page)) => {
                page.tables(kind).find(|t| t.text("id") == Some(id)).map(|t| t.at("when"))
            }
            (None, Some(page)) => Some(page.at("when")),
            (Some((_, n)), None) => file
                .table("routing")
                .and_then(|routing| routing.tables("route").nth(n.parse().ok()?))
                .map(|route| route.at("when")),
            (None, None) => None,
        };
        faults.add(place.unwrap_or(file.place), finding.what);
    }
}

fn json(value: &document::Value) -> serde_json::Value {
    match value {
        document::Value::Text(text) => text.as_str().into(),
        document::Value::Whole(number) => (*number).into(),
        document::Value::Truth(truth) => (*truth).into(),
        document::Value::Date(date) => date.to_string().into(),
        document::Value::List(items) => items.iter().map(|item| json(&item.value)).collect(),
        document::Value::Table(table) => {
            table.entries().map(|(name, _, node)| (name.to_owned(), json(&node.value))).collect()
        }
        document::Value::Other(_) => serde_json::Value::Null,
    }
}

/// Something that does not hold, and where: a page, and a question or an end of it; or a route, by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The page; empty for a route.
    pub page: String,
    /// `question` or `end` and its id; `route` and its number.
    pub inside: Option<(&'static str, String)>,
    /// A sentence.
    pub what: String,
}

/// Everything that does not hold.
#[must_use]
pub fn prove(definition: &Definition) -> Vec<Finding> {
    let mut walk = Walk { definition, states: BTreeSet::from([State::new()]), seen: BTreeMap::new() };
    for (n, page) in definition.pages.iter().enumerate() {
        walk.page(n, page);
        if walk.states.len() > MOST {
            let what = "so many conditions hang together here that nothing can be proved; split the service".to_owned();
            return vec![Finding { page: page.id.clone(), inside: None, what }];
        }
    }
    let mut findings = Vec::new();
    if walk.states.is_empty() {
        let page = definition.pages.last().map(|page| page.id.clone()).unwrap_or_default();
        findings.push(Finding {
            page,
            inside: None,
            what: "no answers lead to the last page: each way ends".to_owned(),
        });
    }
    let states: Vec<State> = walk.states.iter().cloned().collect();
    let mut open = states.len();
    for (n, route) in definition.routing.routes.iter().enumerate() {
        let holds = states.iter().filter(|state| route.when.holds(&answers(state), None, TODAY)).count();
        let inside = Some(("route", n.to_string()));
        if holds == 0 && open > 0 {
            let what = "this never holds, whatever is answered".to_owned();
            findings.push(Finding { page: String::new(), inside, what });
        } else if holds == open && !states.is_empty() {
            let what = "this always holds, so that nothing goes where the rest says".to_owned();
            findings.push(Finding { page: String::new(), inside, what });
            open = 0;
        }
    }
    walk.findings(&mut findings);
    findings
}

/// Answers that later conditions ask about, by question, or by repeat for how many things there are.
type State = BTreeMap<String, Known>;

/// What of an answer conditions can tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Text(String),
    Number(i64),
    Money(i64),
    Day(Date),
    Truth(bool),
    Chosen(Vec<String>),
    Count(i64),
}

/// How often a condition was asked, and how often it held.
#[derive(Default)]
struct Tried {
    asked: usize,
    held: usize,
}

/// Something of a page that has a condition: `question` or `end`, its id, and of a question perhaps an option.
type Inside = (&'static str, String, String);

struct Walk<'a> {
    definition: &'a Definition,
    states: BTreeSet<State>,
    /// By page, and question, option or end of it.
    seen: BTreeMap<(usize, Option<Inside>), Tried>,
}

fn answers(state: &State) -> Answers {
    let mut answers = Answers::default();
    for (name, known) in state {
        let value = match known {
            Known::Text(text) => Value::Text(text.clone()),
            Known::Number(number) => Value::Number(*number),
            Known::Money(pence) => Value::Money(Pence(*pence)),
            Known::Day(day) => Value::Date(*day),
            Known::Truth(truth) => Value::YesNo(*truth),
            Known::Chosen(options) => Value::Chosen(options.iter().map(|o| (o.clone(), String::new())).collect()),
            Known::Count(count) => {
                let items = (1..=u32::try_from(*count).unwrap_or_default()).collect();
                answers.items.insert(name.clone(), items);
                continue;
            }
        };
        let (page, question) = (String::new(), name.clone());
        answers.all.push(super::answers::Answer { page, item: None, question, value });
    }
    answers
}

impl Walk<'_> {
    fn tried(&mut self, page: usize, inside: Option<(&'static str, &str, &str)>, holds: bool) {
        let inside = inside.map(|(kind, id, option)| (kind, id.to_owned(), option.to_owned()));
        let tried = self.seen.entry((page, inside)).or_default();
        tried.asked += 1;
        tried.held += usize::from(holds);
    }

    fn page(&mut self, n: usize, page: &Page) {
        let mut next = BTreeSet::new();
        for state in std::mem::take(&mut self.states) {
            let before = answers(&state);
            let comes = page.when.as_ref().is_none_or(|when| when.holds(&before, None, TODAY));
            self.tried(n, None, comes);
            if !comes {
                next.insert(state);
                continue;
            }
            for after in self.answered(n, page, &state, &before) {
                let known = answers(&after);
                let ends = page.ends.iter().find(|end| {
                    let holds = end.when.holds(&known, None, TODAY);
                    self.tried(n, Some(("end", &end.id, "")), holds);
                    holds
                });
                if ends.is_none() {
                    next.insert(after);
                }
            }
            if next.len() > MOST {
                break;
            }
        }
        self.states = next.into_iter().map(|state| self.still_asked(n, page, state)).collect();
    }

    /// The state with every way to answer the page.
    fn answered(&mut self, n: usize, page: &Page, state: &State, before: &Answers) -> Vec<State> {
        let mut states = vec![state.clone()];
        for question in &page.questions {
            let asked = question.when.as_ref().is_none_or(|when| when.holds(before, None, TODAY));
            if question.when.is_some() {
                self.tried(n, Some(("question", &question.id, "")), asked);
            }
            if !asked {
                continue;
            }
            let mut offered = question.clone();
            offered.options.retain(|option| {
                let holds = option.when.as_ref().is_none_or(|when| when.holds(before, None, TODAY));
                if option.when.is_some() {
                    self.tried(n, Some(("question", &question.id, &option.value)), holds);
                }
                holds
            });
            let ways = self.ways(n, &offered);
            if ways.is_empty() {
                continue;
            }
            states = states
                .iter()
                .flat_map(|state| {
                    ways.iter().map(|way| {
                        let mut state = state.clone();
                        if let Some(known) = way {
                            state.insert(question.id.clone(), known.clone());
                        }
                        state
                    })
                })
                .collect();
        }
        if let Some(repeat) = page.repeat.as_deref().and_then(|id| self.definition.repeat(id)) {
            let counts = self.counts(&repeat.id, i64::from(repeat.max));
            states = states
                .iter()
                .flat_map(|state| {
                    counts.iter().map(|count| {
                        let mut state = state.clone();
                        state.insert(repeat.id.clone(), Known::Count(*count));
                        state
                    })
                })
                .collect();
        }
        states
    }

    /// Each condition that is looked at after page `n`.
    fn after(&self, n: usize) -> impl Iterator<Item = &When> {
        let pages = self.definition.pages.iter().skip(n + 1).flat_map(|page| {
            let inside =
                page.questions.iter().flat_map(|q| q.when.iter().chain(q.options.iter().flat_map(|o| &o.when)));
            page.when.iter().chain(inside).chain(page.ends.iter().map(|end| &end.when))
        });
        pages.chain(self.definition.routing.routes.iter().map(|route| &route.when))
    }

    /// The same, and those that are looked at when page `n` was answered.
    fn later(&self, n: usize) -> impl Iterator<Item = &When> {
        let here = self.definition.pages.get(n).into_iter().flat_map(|page| page.ends.iter().map(|end| &end.when));
        here.chain(self.after(n))
    }

    /// The ways to answer a question that later conditions tell apart; none if no condition asks. No answer is `None`.
    fn ways(&self, n: usize, question: &Question) -> Vec<Option<Known>> {
        let mut tests = Vec::new();
        for when in self.later(n) {
            when.visit(&mut |when| {
                if let When::Answer(test) = when
                    && test.question == question.id
                {
                    tests.push(test);
                }
            });
        }
        if tests.is_empty() {
            return vec![];
        }
        let bounds = || tests.iter().flat_map(|test| [test.at_least, test.at_most]).flatten();
        let sides = |scale: i64| {
            let least = question.min.unwrap_or(i64::MIN / 1000);
            let most = question.max.unwrap_or(i64::MAX / 1000);
            let points = bounds().flat_map(|b| [b - 1, b, b + 1]).chain([least, most]);
            points.filter(|p| (least..=most).contains(p)).map(|p| p * scale).collect::<BTreeSet<i64>>()
        };
        let mut ways: Vec<Option<Known>> = match question.kind {
            QuestionType::YesNo => [true, false].map(|truth| Some(Known::Truth(truth))).to_vec(),
            QuestionType::Declaration => vec![Some(Known::Truth(true))],
            QuestionType::OneOf | QuestionType::Select => {
                question.options.iter().map(|option| Some(Known::Chosen(vec![option.value.clone()]))).collect()
            }
            QuestionType::ManyOf => subsets(question, &tests.iter().filter_map(|t| t.includes.as_deref()).collect()),
            QuestionType::Number => sides(1).into_iter().map(|number| Some(Known::Number(number))).collect(),
            QuestionType::Money => sides(100).into_iter().map(|pence| Some(Known::Money(pence))).collect(),
            QuestionType::Date => days(question, &tests.iter().flat_map(|t| [&t.before, &t.after]).flatten().collect()),
            _ => {
                let texts = tests.iter().filter_map(|test| match &test.is {
                    Some(super::when::Is::Text(text)) => Some(text.clone()),
                    _ => None,
                });
                texts.chain(["…".to_owned()]).map(|text| Some(Known::Text(text))).collect()
            }
        };
        if !question.required {
            ways.push(None);
        }
        ways
    }

    /// The numbers of things that later conditions tell apart.
    fn counts(&self, repeat: &str, most: i64) -> BTreeSet<i64> {
        let mut points = BTreeSet::from([1, most]);
        for when in self.later(0) {
            when.visit(&mut |when| {
                if let When::Count(count) = when
                    && count.repeat == repeat
                {
                    let near = [count.at_least, count.at_most].into_iter().flatten();
                    points.extend(near.flat_map(|b| [b - 1, b, b + 1]).filter(|p| (1..=most).contains(p)));
                }
            });
        }
        points
    }

    /// The state without what no later condition asks about.
    fn still_asked(&self, n: usize, page: &Page, mut state: State) -> State {
        let mut names = BTreeSet::new();
        for when in self.after(n) {
            when.visit(&mut |when| {
                match when {
                    When::Answer(test) => names.insert(test.question.clone()),
                    When::Count(count) => names.insert(count.repeat.clone()),
                    _ => false,
                };
            });
        }
        // Within a repeat each thing has answers of its own, which say nothing about the next.
        let next = self.definition.pages.get(n + 1);
        let leaves = page.repeat.is_some() && next.is_none_or(|next| next.repeat != page.repeat);
        let inside = |name: &str| {
            leaves
                && self
                    .definition
                    .pages
                    .iter()
                    .any(|p| p.repeat == page.repeat && p.questions.iter().any(|question| question.id == name))
        };
        state.retain(|name, _| names.contains(name) && !inside(name));
        state
    }

    fn findings(self, findings: &mut Vec<Finding>) {
        for ((n, inside), tried) in self.seen {
            let Some(page) = self.definition.pages.get(n) else { continue };
            let conditional = inside.is_some() || page.when.is_some();
            let what = match &inside {
                None => "the page".to_owned(),
                Some(("end", id, _)) => format!("the end \"{id}\""),
                Some((_, id, option)) if option.is_empty() => format!("the question \"{id}\""),
                Some((_, id, option)) => format!("the option \"{option}\" of \"{id}\""),
            };
            let wrong = match (tried.held, tried.asked) {
                (0, _) => format!("{what} is never come to, whatever is answered"),
                (held, asked) if held == asked && conditional => {
                    format!("this always holds where {what} is; remove it")
                }
                _ => continue,
            };
            let inside = inside.map(|(kind, id, _)| (kind, id));
            findings.push(Finding { page: page.id.clone(), inside, what: wrong });
        }
    }
}

/// What may be chosen together of the options that conditions ask about.
fn subsets(question: &Question, asked: &BTreeSet<&str>) -> Vec<Option<Known>> {
    let (alone, together): (Vec<_>, Vec<_>) =
        question.options.iter().filter(|o| asked.contains(o.value.as_str())).partition(|o| o.exclusive);
    let mut sets: Vec<Vec<String>> = vec![vec![]];
    for option in together {
        let with: Vec<Vec<String>> =
            sets.iter().map(|set| set.iter().cloned().chain([option.value.clone()]).collect()).collect();
        sets.extend(with);
    }
    sets.extend(alone.into_iter().map(|option| vec![option.value.clone()]));
    // An empty set stands for the options that nobody asks about.
    sets.into_iter().map(|set| Some(Known::Chosen(set))).collect()
}

/// Days on each side of each rule, within what the question allows.
fn days(question: &Question, rules: &BTreeSet<&String>) -> Vec<Option<Known>> {
    let rule = |rule: &Option<String>| rule.as_deref().and_then(|rule| date_rule(rule, TODAY));
    let (first, last) = (rule(&question.earliest), rule(&question.latest));
    let near = rules.iter().filter_map(|rule| date_rule(rule, TODAY)).flat_map(|day| {
        [day.checked_sub(1.day()).ok(), Some(day), day.checked_add(1.day()).ok()].into_iter().flatten()
    });
    let points: BTreeSet<Date> = near
        .chain([first, last].into_iter().flatten())
        .filter(|day| first.is_none_or(|first| *day >= first) && last.is_none_or(|last| *day <= last))
        .collect();
    points.into_iter().map(|day| Some(Known::Day(day))).collect()
}
