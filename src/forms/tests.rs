//! A form under the hands of somebody who cannot make up her mind, without a server: whatever is typed, attached, removed,
//! added and changed in whatever order, the walk stays a path of the form, and what was typed is where it was typed.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use uuid::Uuid;

use super::*;
use crate::kernel::Language;

const TODAY: Date = date(2026, 11, 23);

/// Repeats, uploads, conditions, addresses, sealed answers and an early end, each near the others.
const SERVICE: &str = "
    kind = 'request'\nname = 'N'\nnoun = 'N'\nsummary = 'S'\ntarget_working_days = 5\nretention_months = 1\noutcomes = ['Done']
    routing = { team = 'T' }\nprivacy = { purpose = 'p', legal_basis = 'l' }\nconfirmation = { next = ['n'] }
    repeat = [{ id = 'homes', title = { en = 'Homes', cy = 'Cartrefi' }, item = 'Home', max = 3 },
      { id = 'people', title = 'People', item = 'Person', max = 4 }]
    [[page]]
    id = 'who'
    title = { en = 'Who?', cy = 'Pwy?' }
    question = [{ id = 'who', type = 'one_of', label = { en = 'Who?', cy = 'Pwy?' }, options = [{ value = 'us', label = 'Us' },
      { value = 'me', label = 'Me' }, { value = 'other', label = 'Other' }] }]
    end = [{ id = 'not-ours', when = { question = 'who', is = 'other' }, title = 'Ask them', text = ['Ask them.'] }]
    [[page]]
    id = 'when'
    title = 'When?'
    when = { question = 'who', is = 'me' }
    question = [{ id = 'moved', type = 'date', label = 'When?', latest = 'today' },
      { id = 'late', type = 'text', label = 'Why so late?', required = false, when = { question = 'who', is = 'us' } }]
    [[page]]
    id = 'home'
    title = 'Which home?'
    repeat = 'homes'
    question = [{ id = 'home', type = 'address', label = 'Address' }, { id = 'let', type = 'yes_no', label = 'Let?' }]
    [[page]]
    id = 'lease'
    title = 'Lease'
    repeat = 'homes'
    when = { question = 'let', is = true }
    question = [{ id = 'lease', type = 'file', label = 'Lease', max_files = 2 }, { id = 'rent', type = 'money', label = 'Rent' }]
    [[page]]
    id = 'crowd'
    title = 'Many homes'
    when = { repeat = 'homes', at_least = 2 }
    text = ['You need a licence.']
    [[page]]
    id = 'person'
    title = 'Who lives there?'
    repeat = 'people'
    when = { question = 'who', is_one_of = ['me', 'us'] }
    question = [{ id = 'person', type = 'name', label = 'Name' }, { id = 'ni', type = 'national_insurance', label = 'NI' },
      { id = 'needs', type = 'many_of', label = 'Needs', required = false, options = [{ value = 'a', label = 'A' },
      { value = 'b', label = 'B', when = { question = 'who', is = 'me' } }, { value = 'n', label = 'None', exclusive = true }] }]
    [[page]]
    id = 'letter'
    title = 'Letter'
    repeat = 'people'
    when = { question = 'needs', answered = true }
    question = [{ id = 'letter', type = 'file', label = 'Letter', required = false }]
    [[page]]
    id = 'contact'
    title = 'Contact'
    question = [{ id = 'name', type = 'name', label = 'Name', contact = 'name' },
      { id = 'email', type = 'email', label = 'Email', contact = 'email' }]
";

fn definition(language: Language) -> Definition {
    Written::new("x", toml::from_str(SERVICE).unwrap()).read(language).unwrap()
}

/// What she does next, on whichever step.
#[derive(Clone, Debug)]
enum Act {
    /// Leaves the page with something in each field: which, and her own words.
    Leave(Vec<usize>, String),
    Attach,
    TakeOff,
    AddressBy(usize),
    Add,
    Remove(usize),
    /// Sends fields of pages that she is not on.
    Forge,
    /// Goes on elsewhere.
    Resume,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (prop::collection::vec(0usize..10, 12), ".{0,8}").prop_map(|(which, words)| Act::Leave(which, words)),
        2 => Just(Act::Attach),
        1 => Just(Act::TakeOff),
        1 => (0usize..4).prop_map(Act::AddressBy),
        2 => Just(Act::Add),
        2 => (0usize..4).prop_map(Act::Remove),
        1 => Just(Act::Forge),
        1 => Just(Act::Resume),
    ]
}

/// What may be typed into a field: mostly what is right.
fn values(question: &Question, field: &str, which: usize, words: &str) -> Vec<String> {
    let part = field.strip_prefix(question.id.as_str()).unwrap_or_default();
    let all = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    if which > 7 {
        return if which == 8 { vec![] } else { vec![words.to_owned()] };
    }
    match (question.kind, part) {
        (QuestionType::OneOf, _) => all(&[["us", "me", "me", "other"][which % 4]]),
        (QuestionType::YesNo, _) => all(&[["yes", "no"][which % 2]]),
        (QuestionType::ManyOf, _) => all([&["a"][..], &["a", "b"], &["n"], &["a", "n"]][which % 4]),
        (QuestionType::Date, "-year") => all(&["2026"]),
        (QuestionType::Date, _) => all(&[["1", "2", "9"][which % 3]]),
        (QuestionType::Money, _) => all(&["1,250"]),
        (QuestionType::Email, _) => all(&["ada@example.org"]),
        // Empty fields keep what is there.
        (QuestionType::NationalInsurance, _) => all(&[["AB 12 34 56 C", ""][which % 2]]),
        (QuestionType::Address, "-postcode" | "-find") => all(&["MH1 2AB"]),
        (QuestionType::Address, "-uprn") => all(&["7"]),
        _ => vec![format!("{field} {which}")],
    }
}

/// The form, and beside it what she would say that she typed.
#[derive(Default)]
struct Form {
    raw: Raw,
    typed: BTreeMap<String, Vec<String>>,
    files: u128,
}

impl Form {
    fn act(&mut self, d: &Definition, at: usize, act: Act) -> Result<(), TestCaseError> {
        let journey = d.journey(&self.raw, TODAY);
        let step = &journey.steps[at % journey.steps.len()];
        let prefix = step.prefix();
        match (act, step) {
            (Act::Leave(which, words), Step::Page { page, .. }) => {
                let mut posted = Vec::new();
                for question in &page.questions {
                    for (field, which) in question.fields().iter().zip(&which) {
                        let values = values(question, field, *which, &words);
                        posted.extend(values.into_iter().map(|value| (format!("{prefix}{field}"), value)));
                    }
                }
                self.leave(step, page, &posted);
            }
            (Act::Forge, Step::Page { page, .. }) => {
                let others = d.questions().flat_map(|(_, q)| q.fields()).flat_map(|field| {
                    let things = ["homes", "people"].iter().flat_map(|r| (1..9).map(move |n| format!("{r}.{n}.")));
                    things.chain([String::new()]).map(move |inside| format!("{inside}{field}"))
                });
                let own: Vec<String> =
                    page.questions.iter().flat_map(Question::fields).map(|f| format!("{prefix}{f}")).collect();
                let mut posted: Vec<(String, String)> =
                    others.filter(|name| !own.contains(name)).map(|name| (name, "forged".to_owned())).collect();
                posted.extend(["homes", "people"].map(|name| (name.to_owned(), "9".to_owned())));
                for name in own {
                    posted.extend(self.raw.get(&name).into_iter().flatten().map(|value| (name.clone(), value.clone())));
                }
                self.leave(step, page, &posted);
            }
            (Act::Attach, Step::Page { page, .. }) => {
                for question in page.questions.iter().filter(|q| q.kind == QuestionType::File) {
                    self.files += 1;
                    let (id, name) = (Uuid::from_u128(self.files), format!("a file {}.pdf", self.files));
                    let value = Attached { id, size: 7, state: FileState::Waiting, name }.value();
                    for fields in [&mut self.raw, &mut self.typed] {
                        fields.entry(format!("{prefix}{}", question.id)).or_default().push(value.clone());
                    }
                }
            }
            (Act::TakeOff, Step::Page { page, .. }) => {
                for question in page.questions.iter().filter(|q| q.kind == QuestionType::File) {
                    for fields in [&mut self.raw, &mut self.typed] {
                        fields.get_mut(&format!("{prefix}{}", question.id)).and_then(Vec::pop);
                    }
                }
            }
            (Act::AddressBy(by), Step::Page { page, .. }) => {
                for question in page.questions.iter().filter(|q| q.kind == QuestionType::Address) {
                    let field = format!("{prefix}{}", question.id);
                    let ways = [None, Some(AddressBy::Hand), Some(AddressBy::List), Some(AddressBy::Abroad)];
                    set_address_by(&mut self.raw, &field, ways[by]);
                    set_chosen(&mut self.raw, &field, Some(("7".to_owned(), vec!["7 Weir Road".to_owned()])));
                }
            }
            (Act::Add, Step::List(repeat)) => {
                let before = journey.answers.items[&repeat.id].clone();
                let traces: Vec<String> = self.raw.keys().cloned().collect();
                let typed = step.typed(&self.raw, &[("add".to_owned(), "yes".to_owned())]);
                self.raw.extend(typed);
                let after = d.journey(&self.raw, TODAY).answers.items[&repeat.id].clone();
                let full = before.len() == usize::try_from(repeat.max).unwrap();
                prop_assert_eq!(after.len(), before.len() + usize::from(!full));
                if let Some(new) = after.last().filter(|_| !full) {
                    let inside = format!("{}.{new}.", repeat.id);
                    let old = traces.iter().any(|name| name.starts_with(&inside));
                    prop_assert!(!old, "{} is the number of a thing that was", inside);
                }
            }
            (Act::Remove(which), Step::List(repeat)) => {
                let things = &journey.answers.items[&repeat.id];
                let gone = things[which % things.len()];
                let typed = step.typed(&self.raw, &[("remove".to_owned(), gone.to_string())]);
                self.raw.extend(typed);
                let inside = format!("{}.{gone}.", repeat.id);
                self.typed.retain(|name, _| !name.starts_with(&inside));
                let after = &d.journey(&self.raw, TODAY).answers.items[&repeat.id];
                prop_assert!(!after.contains(&gone) || (things.len() == 1 && after[..] == [1]), "{:?}", after);
            }
            (Act::Resume, _) => {
                let kept = serde_json::to_value(&self.raw).unwrap();
                prop_assert_eq!(&serde_json::from_value::<Raw>(kept).unwrap(), &self.raw);
            }
            _ => {}
        }
        Ok(())
    }

    fn leave(&mut self, step: &Step<'_>, page: &Page, posted: &[(String, String)]) {
        let prefix = step.prefix();
        for question in page.questions.iter().filter(|q| q.kind != QuestionType::File) {
            let names = question.fields().into_iter().map(|field| format!("{prefix}{field}"));
            let of = |name: &str| posted.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone()).collect::<Vec<_>>();
            let is_empty = question.fields().iter().all(|f| of(&format!("{prefix}{f}")).iter().all(String::is_empty));
            if question.kind.is_sealed() && is_empty && self.raw.contains_key(&format!("{prefix}{}", question.id)) {
                continue;
            }
            self.typed.extend(names.map(|name| (name.clone(), of(&name))));
        }
        self.raw.extend(step.typed(&self.raw, posted));
    }
}

/// The page's place in the form: its group's, its thing's among the others, its own.
fn place(d: &Definition, answers: &Answers, step: &Step<'_>) -> (usize, usize, usize) {
    let first = |repeat: &str| d.pages.iter().position(|p| p.repeat.as_deref() == Some(repeat)).unwrap();
    match step {
        Step::List(repeat) => (first(&repeat.id), usize::MAX, 0),
        Step::Page { page, item, .. } => {
            let (own, _) = d.page(&page.id).unwrap();
            match (page.repeat.as_deref(), item) {
                (Some(repeat), Some(item)) => {
                    let thing = answers.items[repeat].iter().position(|n| n == item).unwrap();
                    (first(repeat), thing, own)
                }
                _ => (own, 0, 0),
            }
        }
    }
}

fn check(d: &Definition, welsh: &Definition, form: &Form) -> Result<(), TestCaseError> {
    let journey = d.journey(&form.raw, TODAY);
    let answers = &journey.answers;
    let places: Vec<_> = journey.steps.iter().map(|step| place(d, answers, step)).collect();
    prop_assert!(places.windows(2).all(|two| two[0] < two[1]), "{:?}", places);
    prop_assert_eq!(places.first(), Some(&(0, 0, 0)));
    // A page is on the way exactly when what it waits for holds, up to the end.
    let on_the_way = |id: &str, item: Option<u32>| {
        journey.steps.iter().any(|s| matches!(s, Step::Page { page, item: of, .. } if page.id == id && *of == item))
    };
    for (n, page) in d.pages.iter().enumerate().filter(|_| journey.end.is_none()) {
        let repeat = page.repeat.as_deref();
        let items = match repeat {
            Some(repeat) => answers.items.get(repeat).into_iter().flatten().map(|n| Some(*n)).collect(),
            None => vec![None],
        };
        for item in items {
            let asked = page.when.as_ref().is_none_or(|when| when.holds(answers, item, TODAY));
            prop_assert_eq!(on_the_way(&page.id, item), asked, "page {} of {:?}", n, item);
        }
    }
    for answer in &answers.all {
        let item = answer.item.as_ref().map(|(_, n)| *n);
        prop_assert!(on_the_way(&answer.page, item), "{:?} was not asked", answer);
    }
    // What was typed is where it was typed, and nowhere else.
    for (name, values) in &form.typed {
        let kept = form.raw.get(name).map(Vec::as_slice).unwrap_or_default();
        prop_assert_eq!(kept, values.as_slice(), "{}", name);
    }
    let ours = |name: &str| ["-by", "-chosen"].iter().any(|end| name.ends_with(end)) || d.repeat(name).is_some();
    for (name, values) in form.raw.iter().filter(|(name, _)| !ours(name)) {
        prop_assert!(values.is_empty() || form.typed.contains_key(name), "{} = {:?} was never typed", name, values);
    }
    let addresses = |journey: &Journey<'_>| journey.steps.iter().map(Step::address).collect::<Vec<_>>();
    prop_assert_eq!(addresses(&journey), addresses(&welsh.journey(&form.raw, TODAY)), "the language changes nothing");
    let parsed = d.parse(&form.raw, TODAY);
    prop_assert_eq!(parsed.is_ok(), journey.first_wrong().is_none() && journey.end.is_none());
    let Ok(parsed) = parsed else { return Ok(()) };
    prop_assert_eq!(&parsed, answers);
    let rows = d.sheet(&parsed, Language::En, &|key: &str| key.to_owned()).rows;
    let asked: Vec<(String, Option<String>)> = parsed
        .all
        .iter()
        .filter(|a| d.questions().any(|(_, q)| q.id == a.question && q.contact.is_none()))
        .map(|a| (a.question.clone(), a.item.as_ref().and_then(|(repeat, n)| d.about(&parsed, repeat, *n))))
        .collect();
    prop_assert_eq!(rows.iter().map(|row| (row.id.clone(), row.about.clone())).collect::<Vec<_>>(), asked);
    let shown: Vec<String> = rows.iter().flat_map(|row| row.answer.clone()).collect();
    prop_assert!(parsed.files().all(|file| shown.contains(&file.to_string())), "{:?}", shown);
    prop_assert!(rows.iter().all(|row| !row.answer.is_empty()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, rng_seed: RngSeed::Fixed(20_261_124), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_gets_elsewhere(acts in prop::collection::vec((0usize..40, act()), 1..60)) {
        let (d, welsh) = (definition(Language::En), definition(Language::Cy));
        let mut form = Form::default();
        for (at, act) in acts {
            form.act(&d, at, act)?;
            check(&d, &welsh, &form)?;
        }
    }
}

/// A random walk that never gets to the end would prove little.
#[test]
fn the_walks_come_to_the_end() {
    let d = definition(Language::En);
    let mut form = Form::default();
    for (step, which) in [("who", 1), ("when", 0), ("home.1", 1), ("person.1", 0), ("contact", 0)] {
        let journey = d.journey(&form.raw, TODAY);
        let (at, _) = journey.at(step).unwrap();
        form.act(&d, at, Act::Leave(vec![which; 12], String::new())).unwrap();
    }
    check(&d, &definition(Language::Cy), &form).unwrap();
    let answers = d.parse(&form.raw, TODAY).unwrap();
    assert_eq!(d.sheet(&answers, Language::En, &|key: &str| key.to_owned()).rows.len(), 7);
}
