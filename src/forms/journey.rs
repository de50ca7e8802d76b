//! Which pages a citizen comes to, given what was typed: the one walk that the pages, the last page and the submit share.

use std::borrow::Cow;

use jiff::civil::Date;

use super::answers::{Answer, Answers};
use super::model::{Definition, End, Page, Repeat, Routing};
use super::parse::{FieldError, Raw, fields_of};
use super::when::When;

/// One page on the way.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a form has few steps, and nearly all are pages")]
pub enum Step<'a> {
    /// Questions, or something to read.
    Page {
        /// With the questions and options that are asked here.
        page: Cow<'a, Page>,
        /// Of a repeat: which of its things is asked about.
        item: Option<u32>,
        /// What is wrong or missing on it.
        errors: Vec<FieldError>,
    },
    /// The list of a repeat's things, where another can be added.
    List(&'a Repeat),
}

impl Step<'_> {
    /// The step's part of the form's addresses: `where`, `child.2`, `children`.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Step::Page { page, item: Some(item), .. } => format!("{}.{item}", page.id),
            Step::Page { page, item: None, .. } => page.id.clone(),
            Step::List(repeat) => repeat.id.clone(),
        }
    }

    /// What its fields' names begin with.
    #[must_use]
    pub fn prefix(&self) -> String {
        match self {
            Step::Page { page, item, .. } => prefix(page, *item),
            Step::List(_) => String::new(),
        }
    }

    /// What it was left with, to be put into what was typed before. A sealed answer is not shown again, so that empty fields
    /// mean the one that is there. Of a thing that is removed nothing stays but its number.
    #[must_use]
    pub fn typed(&self, had: &Raw, posted: &[(String, String)]) -> Raw {
        match self {
            Step::Page { page, .. } => {
                let prefix = self.prefix();
                let mut typed = fields_of(page, &prefix, posted);
                for question in page.questions.iter().filter(|q| q.kind.is_sealed()) {
                    let names: Vec<String> = question.fields().into_iter().map(|f| format!("{prefix}{f}")).collect();
                    let is_empty = names.iter().all(|n| typed.get(n).is_none_or(|v| v.iter().all(String::is_empty)));
                    if is_empty && names.iter().any(|n| had.contains_key(n)) {
                        typed.retain(|name, _| !names.contains(name));
                    }
                }
                typed
            }
            Step::List(repeat) => {
                let mut things = items(had, repeat);
                let mut typed = Raw::new();
                if let Some(gone) = self.removes(posted) {
                    things.retain(|n| thing(&repeat.id, *n) != gone);
                    typed.extend(had.keys().filter(|name| name.starts_with(&gone)).map(|name| (name.clone(), vec![])));
                }
                let may_add = things.len() < usize::try_from(repeat.max).unwrap_or(usize::MAX);
                if said(posted, "add") == "yes" && may_add {
                    // A number is used once, so that a page that is still open elsewhere is about no other thing.
                    let next = things.iter().copied().chain(used(had, repeat)).max().unwrap_or(0) + 1;
                    things.push(next);
                }
                typed.insert(repeat.id.clone(), things.iter().map(u32::to_string).collect());
                typed
            }
        }
    }

    /// What the field names of the thing begin with that is removed from this list.
    #[must_use]
    pub fn removes(&self, posted: &[(String, String)]) -> Option<String> {
        let Step::List(repeat) = self else { return None };
        Some(thing(&repeat.id, said(posted, "remove").parse().ok()?))
    }

    fn is_wrong(&self) -> bool {
        matches!(self, Step::Page { errors, .. } if !errors.is_empty())
    }
}

/// Where a case goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination<'a> {
    /// The team that works it, wherever that is.
    pub team: &'a str,
    /// The slug of the authority that works it while an agreement between the two is in force; else in-house.
    pub partner: Option<&'a str>,
    /// Why, in the council's words.
    pub because: Option<&'a str>,
}

/// What the field names of a page about one thing begin with.
fn prefix(page: &Page, item: Option<u32>) -> String {
    match (&page.repeat, item) {
        (Some(repeat), Some(item)) => thing(repeat, item),
        _ => String::new(),
    }
}

fn thing(repeat: &str, item: u32) -> String {
    format!("{repeat}.{item}.")
}

fn said<'a>(posted: &'a [(String, String)], name: &str) -> &'a str {
    posted.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
}

/// The numbers of the things of which anything was ever typed.
fn used<'a>(raw: &'a Raw, repeat: &'a Repeat) -> impl Iterator<Item = u32> {
    raw.keys().filter_map(move |name| {
        name.strip_prefix(repeat.id.as_str())?.strip_prefix('.')?.split('.').next()?.parse().ok()
    })
}

/// A form as far as it is filled in.
#[derive(Clone, Debug, Default)]
pub struct Journey<'a> {
    /// The pages, in order. What comes after a page with mistakes is what would come if it stayed as it is.
    pub steps: Vec<Step<'a>>,
    /// The right answers on them.
    pub answers: Answers,
    /// Where the journey ends before its last page, if it does: nothing comes after the step whose answers end it.
    pub end: Option<&'a End>,
}

impl Journey<'_> {
    /// The first page on which something is wrong or missing.
    #[must_use]
    pub fn first_wrong(&self) -> Option<&Step<'_>> {
        self.steps.iter().find(|s| s.is_wrong())
    }

    /// The titles of pages that something was typed on and that are asked no more: what was typed there is not sent.
    #[must_use]
    pub fn left_out(&self, definition: &Definition, raw: &Raw) -> Vec<String> {
        let asked = |page: &Page| self.steps.iter().any(|s| matches!(s, Step::Page { page: p, .. } if p.id == page.id));
        let typed = |page: &Page| {
            let inside = page.repeat.as_deref().map_or_else(String::new, |repeat| format!("{repeat}."));
            page.questions.iter().flat_map(super::model::Question::fields).any(|field| {
                raw.iter().any(|(name, values)| {
                    name.starts_with(&inside)
                        && name.rsplit('.').next() == Some(&field)
                        && values.iter().any(|v| !v.is_empty())
                })
            })
        };
        definition.pages.iter().filter(|page| !asked(page) && typed(page)).map(|page| page.title.clone()).collect()
    }

    /// The step at an address, and its place.
    #[must_use]
    pub fn at(&self, address: &str) -> Option<(usize, &Step<'_>)> {
        self.steps.iter().enumerate().find(|(_, s)| s.address() == address)
    }
}

/// The numbers of the things told of in a repeat: at least one, once the repeat is come to.
fn items(raw: &Raw, repeat: &Repeat) -> Vec<u32> {
    let mut items: Vec<u32> =
        raw.get(&repeat.id).into_iter().flatten().filter_map(|n| n.parse().ok()).filter(|n| *n > 0).collect();
    items.dedup();
    items.truncate(usize::try_from(repeat.max).unwrap_or(usize::MAX));
    if items.is_empty() { vec![1] } else { items }
}

impl Definition {
    /// Walks the form: pure.
    #[must_use]
    pub fn journey(&self, raw: &Raw, today: Date) -> Journey<'_> {
        let mut journey = Journey::default();
        let mut pages = self.pages.as_slice();
        while let Some(first) = pages.first() {
            // Pages of one repeat stand next to each other.
            let together =
                pages.iter().take_while(|p| first.repeat.is_some() && p.repeat == first.repeat).count().max(1);
            let (group, rest) = pages.split_at(together);
            pages = rest;
            let Some(repeat) = first.repeat.as_deref().and_then(|id| self.repeat(id)) else {
                journey.come_to(first, None, raw, today);
                if journey.end.is_some() {
                    break;
                }
                continue;
            };
            if !first.when.as_ref().is_none_or(|when| when.holds(&journey.answers, None, today)) {
                continue;
            }
            let things = items(raw, repeat);
            journey.answers.items.insert(repeat.id.clone(), things.clone());
            for (item, page) in things.iter().flat_map(|item| group.iter().map(move |page| (*item, page))) {
                journey.come_to(page, Some(item), raw, today);
            }
            journey.steps.push(Step::List(repeat));
        }
        journey
    }

    /// Where a case with these answers goes: the partner and the team, and why.
    #[must_use]
    pub fn destination(&self, answers: &Answers, today: Date) -> Destination<'_> {
        let Routing { team, partner, because, routes } = &self.routing;
        match routes.iter().find(|route| route.when.holds(answers, None, today)) {
            Some(route) => {
                Destination { team: &route.team, partner: route.partner.as_deref(), because: Some(&route.because) }
            }
            None => Destination { team, partner: partner.as_deref(), because: because.as_deref() },
        }
    }

    /// Reads a finished form.
    ///
    /// # Errors
    /// Every mistake, in the order of the questions; none where the journey ends before its last page.
    pub fn parse(&self, raw: &Raw, today: Date) -> Result<Answers, Vec<FieldError>> {
        let journey = self.journey(raw, today);
        let mut errors = Vec::new();
        for step in journey.steps {
            if let Step::Page { errors: found, .. } = step {
                errors.extend(found);
            }
        }
        if errors.is_empty() && journey.end.is_none() { Ok(journey.answers) } else { Err(errors) }
    }
}

impl<'a> Journey<'a> {
    /// Asks a page, if it is asked at all.
    fn come_to(&mut self, page: &'a Page, item: Option<u32>, raw: &Raw, today: Date) {
        if !page.when.as_ref().is_none_or(|when| when.holds(&self.answers, item, today)) {
            return;
        }
        let asked = page.as_asked(&self.answers, item, today);
        let prefix = prefix(page, item);
        let mut errors = Vec::new();
        for question in &asked.questions {
            match question.read(raw, &prefix, today) {
                Ok(Some(value)) => self.answers.all.push(Answer {
                    page: page.id.clone(),
                    item: page.repeat.clone().zip(item),
                    question: question.id.clone(),
                    value,
                }),
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            self.end = page.ends.iter().find(|end| end.when.holds(&self.answers, item, today));
        }
        self.steps.push(Step::Page { page: asked, item, errors });
    }
}

impl Page {
    /// The page with the questions and options that are asked after these answers: nearly always the page as it is.
    fn as_asked(&self, answers: &Answers, item: Option<u32>, today: Date) -> Cow<'_, Page> {
        let holds = |when: &Option<When>| when.as_ref().is_none_or(|when| when.holds(answers, item, today));
        if self.questions.iter().all(|q| holds(&q.when) && q.options.iter().all(|o| holds(&o.when))) {
            return Cow::Borrowed(self);
        }
        let mut page = self.clone();
        page.questions.retain(|q| holds(&q.when));
        for question in &mut page.questions {
            question.options.retain(|o| holds(&o.when));
        }
        Cow::Owned(page)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::forms::{Value, Written, prove};
    use crate::kernel::Language;

    const TODAY: Date = date(2026, 11, 23);

    fn definition(pages: &str) -> Definition {
        let text = format!(
            "kind = 'report'\nname = 'N'\nnoun = 'N'\nsummary = 'S'\ntarget_working_days = 5\nretention_months = 1\n\
             outcomes = ['Done']\nrouting = {{ team = 'Streets', route = [{{ when = {{ question = 'who', is = 'us' }}, \
             team = 'Homes', because = 'You rent from us.' }}] }}\nprivacy = {{ purpose = 'p', legal_basis = 'l' }}\n\
             confirmation = {{ next = ['n'] }}\n{pages}"
        );
        Written::new("x", toml::from_str(&text).unwrap()).read(Language::En).unwrap()
    }

    const MOVE: &str = "
        repeat = [{ id = 'people', title = 'People', item = 'Person', max = 3 }]
        [[page]]
        id = 'who'
        title = 'Who owns it?'
        question = [{ id = 'who', type = 'one_of', label = 'Who owns it?', options = [
          { value = 'us', label = 'The council' }, { value = 'me', label = 'I do' }, { value = 'other', label = 'Somebody' }] }]
        end = [{ id = 'not-ours', when = { question = 'who', is = 'other' }, title = 'Ask them', text = ['Ask them.'] }]
        [[page]]
        id = 'when'
        title = 'When?'
        when = { question = 'who', is = 'me' }
        question = [{ id = 'moved', type = 'date', label = 'When?', latest = 'today' }]
        [[page]]
        id = 'late'
        title = 'Why so late?'
        when = { question = 'moved', before = 'today-28' }
        question = [{ id = 'why', type = 'text', label = 'Why?' }]
        [[page]]
        id = 'person'
        title = 'Who?'
        repeat = 'people'
        question = [{ id = 'person', type = 'name', label = 'Name' }, { id = 'adult', type = 'yes_no', label = 'Over 18?' }]
        [[page]]
        id = 'school'
        title = 'Which school?'
        repeat = 'people'
        when = { question = 'adult', is = false }
        question = [{ id = 'school', type = 'text', label = 'School', required = false }]
        [[page]]
        id = 'crowd'
        title = 'Many people'
        when = { repeat = 'people', at_least = 3 }
        text = ['You need a licence.']
    ";

    fn raw(fields: &[(&str, &[&str])]) -> Raw {
        fields.iter().map(|(n, v)| ((*n).to_owned(), v.iter().map(|v| (*v).to_owned()).collect())).collect()
    }

    fn way(definition: &Definition, raw: &Raw) -> Vec<String> {
        definition.journey(raw, TODAY).steps.iter().map(Step::address).collect()
    }

    #[test]
    fn pages_follow_from_answers() {
        let d = definition(MOVE);
        let mut typed = raw(&[("who", &["us"])]);
        assert_eq!(way(&d, &typed), ["who", "person.1", "people"]);
        typed.extend(raw(&[
            ("who", &["me"]),
            ("moved-day", &["1"]),
            ("moved-month", &["9"]),
            ("moved-year", &["2026"]),
        ]));
        assert_eq!(way(&d, &typed), ["who", "when", "late", "person.1", "people"]);
        typed.extend(raw(&[("people", &["1", "4", "6"]), ("people.4.adult", &["no"]), ("people.1.adult", &["yes"])]));
        let all = ["who", "when", "late", "person.1", "person.4", "school.4", "person.6", "people", "crowd"];
        assert_eq!(way(&d, &typed), all);
        let journey = d.journey(&typed, TODAY);
        assert_eq!(journey.first_wrong().map(Step::address).as_deref(), Some("late"));
        assert_eq!(d.about(&journey.answers, "people", 4).as_deref(), Some("Person 2"));
        assert_eq!(journey.answers.of("adult", Some(4)), Some(&Value::YesNo(false)));
    }

    #[test]
    fn a_journey_may_end_early_and_is_then_no_form_to_send() {
        let d = definition(MOVE);
        let typed = raw(&[("who", &["other"]), ("people.1.person", &["Sam"]), ("people.1.adult", &["yes"])]);
        let journey = d.journey(&typed, TODAY);
        assert_eq!((journey.end.map(|e| e.id.as_str()), journey.steps.len()), (Some("not-ours"), 1));
        assert_eq!(d.parse(&typed, TODAY), Err(vec![]));
        assert_eq!(journey.left_out(&d, &typed), ["Who?"]);
    }

    #[test]
    fn questions_of_the_same_words_are_told_apart_on_the_sheet() {
        let page = |id: &str, title: &str| {
            format!(
                "[[page]]\nid = '{id}'\ntitle = '{title}'\nquestion = [{{ id = '{id}', type = 'text', label = 'Landlord' }}, {{ id = '{id}-on', type = 'text', label = '{id}' }}]\n"
            )
        };
        let d = definition(&format!("{}{}", page("old", "Which home do you leave?"), page("new", "The new home")));
        let typed = raw(&[("old", &["A"]), ("old-on", &["B"]), ("new", &["C"]), ("new-on", &["D"])]);
        let mut answers = d.parse(&typed, TODAY).unwrap_or_else(|e| panic!("{e:?}"));
        let asked = |answers: &Answers| {
            let rows = d.sheet(answers, Language::En, &|key: &str| key.to_owned()).rows;
            rows.iter().map(crate::forms::SheetRow::asked).collect::<Vec<_>>()
        };
        assert_eq!(asked(&answers), ["Which home do you leave? Landlord", "old", "The new home: Landlord", "new"]);
        answers.all.truncate(1);
        assert_eq!(asked(&answers), ["Which home do you leave? Landlord"], "however much of it is asked");
    }

    #[test]
    fn a_route_says_why() {
        let d = definition(MOVE);
        let typed = |who| raw(&[("who", &[who]), ("people.1.person", &["Sam"]), ("people.1.adult", &["yes"])]);
        let answers = d.parse(&typed("us"), TODAY).unwrap();
        let route = d.destination(&answers, TODAY);
        assert_eq!((route.team, route.because), ("Homes", Some("You rent from us.")));
        assert_eq!(d.destination(&Answers::default(), TODAY).team, "Streets");
    }

    #[test]
    fn what_is_never_or_always_so_is_found() {
        assert_eq!(prove(&definition(MOVE)), []);
        let found = |from: &str, to: &str| {
            assert!(MOVE.contains(from), "{from}");
            prove(&definition(&MOVE.replace(from, to))).into_iter().map(|f| (f.page, f.what)).collect::<Vec<_>>()
        };
        let never =
            |page: &str, what: &str| vec![(page.to_owned(), format!("{what} is never come to, whatever is answered"))];
        let contradiction = "when = { all = [{ question = 'who', is = 'me' }, { question = 'who', is = 'us' }] }";
        assert_eq!(
            found("when = { question = 'moved', before = 'today-28' }", contradiction),
            never("late", "the page")
        );
        assert_eq!(found("before = 'today-28'", "after = 'today'"), never("late", "the page"));
        assert_eq!(found("at_least = 3", "at_least = 4"), never("crowd", "the page"));
        // Who answers so has left before.
        assert_eq!(
            found("{ question = 'who', is = 'me' }", "{ question = 'who', is = 'other' }").first(),
            never("when", "the page").first()
        );
        let always = found("at_least = 3", "at_least = 1");
        assert_eq!(always, [("crowd".to_owned(), "this always holds where the page is; remove it".to_owned())]);
        let ends = found(
            "when = { question = 'who', is = 'other' }, title",
            "when = { question = 'who', answered = true }, title",
        );
        assert!(ends.iter().any(|(_, what)| what.contains("each way ends")), "{ends:?}");
    }

    proptest! {
        /// Whatever is typed, changed, added and removed in whatever order: the pages come in the definition's order, the
        /// answers are only those of pages on the way, and nothing panics.
        #[test]
        fn the_way_is_a_path_of_the_form(acts in prop::collection::vec((0usize..12, 0usize..5, "[a-z0-9 ]{0,6}"), 0..40)) {
            let d = definition(MOVE);
            let names = ["who", "moved-day", "moved-month", "moved-year", "why", "people", "people.1.person", "people.1.adult",
                "people.2.person", "people.2.adult", "people.2.school", "people.1.school"];
            let usual = ["me", "us", "yes", "no", "1"];
            let mut typed = Raw::new();
            for (name, value, text) in acts {
                let value = if text.len() > 4 { text } else { usual[value].to_owned() };
                let values = if names[name] == "people" { vec!["1".to_owned(), "2".to_owned()] } else { vec![value] };
                typed.insert(names[name].to_owned(), values);
                let journey = d.journey(&typed, TODAY);
                let order: Vec<usize> = journey.steps.iter().filter_map(|step| match step {
                    Step::Page { page, item: None, .. } => d.page(&page.id).map(|(n, _)| n),
                    _ => None,
                }).collect();
                prop_assert!(order.is_sorted() && order.first() == Some(&0));
                let on_the_way = |a: &Answer| journey.steps.iter().any(|s| matches!(s, Step::Page { page, item, .. }
                    if page.id == a.page && *item == a.item.as_ref().map(|(_, n)| *n)));
                prop_assert!(journey.answers.all.iter().all(on_the_way));
                prop_assert_eq!(d.parse(&typed, TODAY).is_ok(), journey.first_wrong().is_none() && journey.end.is_none());
            }
        }
    }
}
