//! The pages of a service as files: what a citizen would see, before anything is published.

use std::sync::Arc;

use askama::Template;

use super::end::EndTemplate;
use super::form::{ListTemplate, QuestionTemplate};
use super::offer::Offer;
use super::questions::views;
use super::service::{SafeTemplate, ServiceTemplate};
use crate::forms::{Definition, Page, Raw, Written};
use crate::kernel::Language;
use crate::platform::Result;
use crate::site::Frame;
use crate::tenancy::Authority;

/// One page as a citizen would see it, with every question and option that may be asked on it.
#[derive(Debug)]
pub struct Preview {
    /// In which language.
    pub language: Language,
    /// Its part of the address: `where`, `end.not-ours`, and `start` for the service's first page.
    pub address: String,
    /// It whole.
    pub html: String,
}

/// Every page of a service in each of the languages of its council.
///
/// # Errors
/// If this program cannot read the definition.
pub fn preview(here: &Arc<Authority>, written: &Written) -> Result<Vec<Preview>> {
    let mut pages = Vec::new();
    for &language in &here.languages {
        let definition = Arc::new(written.read(language)?);
        let book = Book { here, language, definition };
        book.fill(&mut pages)?;
    }
    Ok(pages)
}

/// The pages in one language.
struct Book<'a> {
    here: &'a Arc<Authority>,
    language: Language,
    definition: Arc<Definition>,
}

impl Book<'_> {
    fn fill(&self, pages: &mut Vec<Preview>) -> Result<()> {
        let definition = &self.definition;
        let mut add = |address: &str, html: askama::Result<String>| -> Result<()> {
            let html = html.map_err(anyhow::Error::from)?;
            pages.push(Preview { language: self.language, address: address.to_owned(), html });
            Ok(())
        };
        let (p, d, partner) = (self.frame("start"), Arc::clone(definition), None);
        let start = if definition.sensitive {
            SafeTemplate { p, definition: d, partner }.render()
        } else {
            ServiceTemplate { p, definition: d, partner, begun: None }.render()
        };
        add("start", start)?;
        for (n, page) in definition.pages.iter().enumerate() {
            let back = n.checked_sub(1).and_then(|n| definition.pages.get(n)).map_or("start", |page| &page.id);
            let after = definition.pages.get(n + 1);
            let leaves =
                page.repeat.as_ref().filter(|repeat| after.is_none_or(|next| next.repeat.as_ref() != Some(*repeat)));
            let next = leaves.map_or_else(|| after.map_or("start", |next| &next.id), String::as_str);
            add(&page.id, self.question(page, back, next).render())?;
            if let Some(repeat) = leaves.and_then(|id| definition.repeat(id)) {
                let p = self.frame(&repeat.id);
                let list = ListTemplate {
                    title: repeat.title.clone(),
                    back: page.id.clone(),
                    action: after.map_or("start", |next| &next.id).to_owned(),
                    things: vec![(format!("{} 1", repeat.item), String::new(), page.id.clone(), 1)],
                    may_add: true,
                    add: p.t.one("form-list-add", "item", repeat.item.to_lowercase()),
                    wrong: None,
                    definition: Arc::clone(definition),
                    p,
                };
                add(&repeat.id, list.render())?;
            }
            for end in &page.ends {
                let address = format!("end.{}", end.id);
                let (p, back) = (self.frame(&address), page.id.clone());
                add(&address, EndTemplate { p, definition: Arc::clone(definition), end: end.clone(), back }.render())?;
            }
        }
        Ok(())
    }

    fn question(&self, page: &Page, back: &str, next: &str) -> QuestionTemplate {
        let p = self.frame(&page.id);
        let prefix = page.repeat.as_ref().map_or_else(String::new, |repeat| format!("{repeat}.1."));
        let repeat = page.repeat.as_deref().and_then(|id| self.definition.repeat(id));
        QuestionTemplate {
            questions: views(p.t, page, &prefix, &Raw::new(), &[], &Offer::default()),
            mistakes: Vec::new(),
            title: page.title.clone(),
            about: repeat.map(|repeat| format!("{} 1", repeat.item)),
            text: page.text.clone(),
            from_account: None,
            back: back.to_owned(),
            action: next.to_owned(),
            definition: Arc::clone(&self.definition),
            p,
        }
    }

    fn frame(&self, address: &str) -> Frame {
        Frame {
            exit: self.definition.sensitive,
            ..Frame::bare(Arc::clone(self.here), self.language, address.to_owned())
        }
    }
}
