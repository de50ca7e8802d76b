//! Which pages a citizen comes to, given what was typed: the one walk that the pages, the last page and the submit share.

use std::borrow::Cow;

use jiff::civil::Date;

use super::answers::{Answer, Answers};
use super::model::{Definition, End, Page, Repeat, Routing};
use super::parse::{FieldError, Raw};

/// One page on the way.
#[derive(Clone, Debug)]
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
        (Some(repeat), Some(item)) => format!("{repeat}.{item}."),
        _ => String::new(),
    }
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
#[must_use]
pub fn items(raw: &Raw, repeat: &Repeat) -> Vec<u32> {
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
    pub fn route(&self, answers: &Answers, today: Date) -> Destination<'_> {
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
    /// The page with the questions and options that are asked after these answers.
    fn as_asked(&self, answers: &Answers, item: Option<u32>, today: Date) -> Cow<'_, Page> {
        let conditional = self.questions.iter().any(|q| q.when.is_some() || q.options.iter().any(|o| o.when.is_some()));
        if !conditional {
            return Cow::Borrowed(self);
        }
        let mut page = self.clone();
        page.questions.retain(|q| q.when.as_ref().is_none_or(|when| when.holds(answers, item, today)));
        for question in &mut page.questions {
            question.options.retain(|o| o.when.as_ref().is_none_or(|when| when.holds(answers, item, today)));
        }
        Cow::Owned(page)
    }
}
