//! A service filled in over HTTP, page after page, whatever it asks: how tests that look at pages reach each of them.

use moothall::forms::Raw;
use moothall::kernel::Language;

use super::casework::filled_in;
use super::harness::{App, Page, Visitor};
use super::uploads::photo;

/// Somebody on their way through a service.
pub struct Journey {
    /// Who, with the page they are on.
    pub citizen: Visitor,
    raw: Raw,
}

impl Journey {
    /// Somebody on a service's start page, in a language.
    pub fn to(app: &App, council: &str, service: &str, language: Language) -> Journey {
        let definition = app.services().find(app.id(council), service).unwrap().definition(language).unwrap();
        let mut citizen = app.visitor(council);
        citizen.get(&format!("/services/{service}?lang={}", language.code())).is(200);
        Journey { citizen, raw: filled_in(&definition, "Quay Street") }
    }

    /// With these answers where they are asked for.
    pub fn answering(mut self, answers: &[(&str, &str)]) -> Journey {
        self.raw.extend(answers.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])));
        self
    }

    /// Presses the start button; gives the first page.
    pub fn start(&mut self) -> Page {
        self.citizen.submit("/services/", &[]).is(303);
        self.citizen.follow().is(200)
    }

    /// Where they are.
    pub fn at(&self) -> String {
        self.citizen.page().path.split('#').next().unwrap_or_default().to_owned()
    }

    /// Whether only sending is left.
    pub fn is_at_check(&self) -> bool {
        self.at().ends_with("/check")
    }

    /// Presses a button of the page with what is typed into it, and stays on the page.
    pub fn press(&mut self, fields: &[(&str, &str)]) -> Page {
        let at = self.at();
        let page = self.citizen.submit("/forms/", fields);
        self.citizen.get(&at).is(200);
        page
    }

    /// Where the page asks for an address by its postcode: the question's name.
    pub fn address(&self) -> Option<String> {
        let (before, _) = self.citizen.page().body.split_once("-do\" value=\"hand\"")?;
        Some(before.rsplit('"').next().unwrap_or_default().to_owned())
    }

    /// Where the page takes files: the question's name.
    pub fn file(&self) -> Option<String> {
        let (before, _) = self.citizen.page().body.split_once("\" type=\"file\"")?;
        Some(before.rsplit('"').next().unwrap_or_default().to_owned())
    }

    /// Adds files to the page's question, and stays on the page.
    pub fn add(&mut self, files: &[(&str, &[u8])]) -> Page {
        let (at, question, token) = (self.at(), self.file().unwrap(), self.citizen.page().token().unwrap());
        let files: Vec<_> = files.iter().map(|(name, bytes)| (question.as_str(), *name, *bytes)).collect();
        let page = self.citizen.post_files(&at, &[("_token", &token), ("stay", "yes")], &files);
        self.citizen.get(&at).is(200);
        page
    }

    /// Answers the page and goes on to the next.
    pub fn go_on(&mut self) -> Page {
        if self.file().is_some() {
            self.add(&[("lamp.jpg", &photo(40, 30))]).is(303);
        }
        if let Some(address) = self.address() {
            self.press(&[(&format!("{address}-do"), "hand")]).is(303);
        }
        let page = self.citizen.page();
        // A list of things asks whether there is another.
        let another = ("add".to_owned(), vec!["no".to_owned()]);
        let typed = self.raw.iter().chain([(&another.0, &another.1)]);
        let asked = typed.filter(|(name, _)| page.body.contains(&format!("name=\"{name}\"")));
        let asked: Vec<(String, String)> =
            asked.flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone()))).collect();
        let asked: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.citizen.submit("/forms/", &asked).is(303);
        self.citizen.follow().is(200)
    }

    /// Goes on until a page has something in its HTML; says whether any has.
    pub fn go_on_to(&mut self, mark: &str) -> bool {
        while !self.citizen.page().body.contains(mark) {
            if self.is_at_check() {
                return false;
            }
            self.go_on();
        }
        true
    }

    /// Sends the form; gives the receipt.
    pub fn send(&mut self) -> Page {
        self.citizen.submit("/check", &[("website", "")]).is(303);
        self.citizen.follow().is(200)
    }
}
