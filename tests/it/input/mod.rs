//! Bad input: whatever comes in whatever field, in whatever order and from whomever is refused with a message or absorbed,
//! and what was typed before is there.

mod busy;
mod fields;
mod order;
mod walk;

use moothall::forms::{self, Definition, QUESTION_TYPES, Written};
use moothall::kernel::{Language, billing_date};

use crate::harness::{App, Page, Visitor};

/// A file that will do.
const PDF: &[u8] = b"%PDF-1.7\nA letter from the landlord.";

/// What every service says of itself.
const HEAD: &str = "
    kind = 'report'\nname = 'Send anything'\nnoun = 'Anything'\nsummary = 'Send us anything.'\ntarget_working_days = 5
    retention_months = 1\noutcomes = ['Done']\nrouting = { team = 'Everything' }
    privacy = { purpose = 'to see it', legal_basis = 'our task' }\nconfirmation = { next = ['We look at it.'] }
    repeat = [{ id = 'things', title = 'Things', item = 'Thing', max = 4 }]
";

/// Things of which some have a photo.
const THINGS: &str = "
    [[page]]
    id = 'thing'
    title = 'Which thing?'
    repeat = 'things'
    question = [{ id = 'what', type = 'text', label = 'What is it?' }, { id = 'big', type = 'yes_no', label = 'Is it big?' }]
    [[page]]
    id = 'photo'
    title = 'A photo of it'
    repeat = 'things'
    when = { question = 'big', is = true }
    question = [{ id = 'photo', type = 'file', label = 'A photo of it', max_files = 2 }]
";

/// A page with one question, which has the kind's name.
fn page_of(id: &str, kind: &str) -> String {
    let more = match kind {
        "one_of" | "many_of" | "select" => {
            ", options = [{ value = 'a', label = 'Apples' }, { value = 'b', label = 'Pears' }]"
        }
        "name" => ", contact = 'name'",
        "email" => ", contact = 'email'",
        "location" => ", summary = true",
        "file" => ", required = false, max_files = 2",
        _ => "",
    };
    let question = format!("{{ id = '{kind}', type = '{kind}', label = 'About {kind}'{more} }}");
    format!("[[page]]\nid = '{id}'\ntitle = 'About {kind}'\nquestion = [{question}]\n")
}

/// A service that asks everything.
fn everything() -> Written {
    // A safe contact is for sensitive services.
    let kinds = QUESTION_TYPES.iter().filter(|kind| **kind != "safe_contact");
    let pages: String = kinds.map(|kind| page_of(&kind.replace('_', "-"), kind)).collect();
    Written::new("everything", toml::from_str(&format!("{HEAD}{pages}{THINGS}")).unwrap())
}

/// A sensitive one, which asks how to reach her.
fn private() -> Written {
    let head = HEAD.replace("repeat =", "sensitive = true\nneutral_name = 'A private matter'\nrepeat =");
    let head = format!("{head}{}", page_of("step-1", "safe_contact"));
    Written::new("private", toml::from_str(&head).unwrap())
}

/// A server whose councils offer these too, and where nobody is told that they come too often.
fn open(services: &[Written]) -> App {
    let app = App::start_with(|config| {
        config.limits.tracks_per_hour = 100_000;
        config.limits.starts_per_hour = 100_000;
        config.limits.submits_per_hour = 100_000;
    });
    publish(&app, services);
    app
}

fn publish(app: &App, services: &[Written]) {
    let today = billing_date(app.now());
    for council in ["marlhaven", "eastmere"] {
        for service in services {
            app.scoped(council, |tx| forms::publish(tx, app.now(), service, today, "a test"));
        }
    }
    app.refresh();
}

fn english(service: &Written) -> Definition {
    service.read(Language::En).unwrap()
}

/// Somebody with a browser and a form.
struct Citizen {
    browser: Visitor,
    draft: String,
    token: String,
}

impl Citizen {
    fn begin(app: &App, council: &str, service: &str) -> Citizen {
        let mut browser = app.visitor(council);
        let path = format!("/services/{service}");
        let token = browser.get(&path).is(200).token().unwrap();
        let draft = browser.submit(&path, &[]).is(303).location().split('/').nth(2).unwrap().to_owned();
        Citizen { browser, draft, token }
    }

    fn path(&self, step: &str) -> String {
        format!("/forms/{}/{step}", self.draft)
    }

    fn get(&mut self, step: &str) -> Page {
        self.browser.get(&self.path(step))
    }

    fn post(&mut self, step: &str, fields: &[(&str, &str)]) -> Page {
        self.post_files(step, fields, &[])
    }

    /// As a browser sends it: with files in parts, without them encoded.
    fn post_files(&mut self, step: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Page {
        let fields = [&[("_token", self.token.as_str())], fields].concat();
        let path = self.path(step);
        match files {
            [] => self.browser.post(&path, &fields),
            files => self.browser.post_files(&path, &fields, files),
        }
    }

    /// Answers every page that is not in `but` as `right` has it.
    fn answer(&mut self, definition: &Definition, right: &forms::Raw, but: &[&str]) {
        for page in definition.pages.iter().filter(|page| !but.contains(&page.id.as_str())) {
            let (step, prefix) = match &page.repeat {
                Some(repeat) => (format!("{}.1", page.id), format!("{repeat}.1.")),
                None => (page.id.clone(), String::new()),
            };
            let names = page.questions.iter().flat_map(forms::Question::fields).map(|field| format!("{prefix}{field}"));
            let fields: Vec<(&str, &str)> = names
                .filter_map(|name| right.get_key_value(&name))
                .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())))
                .collect();
            self.post(&step, &fields).is(303);
        }
        self.post("things", &[("add", "no")]).is(303);
    }

    /// Sends it; says the reference.
    fn send(&mut self) -> String {
        self.get("check").is(200);
        self.post("check", &[]).is(303);
        let page = self.get("receipt").is(200);
        page.link("/track/").split('/').nth(2).unwrap().to_owned()
    }
}

/// What was typed as it stands in a page.
fn escaped(text: &str) -> String {
    [("&", "&#38;"), ("<", "&#60;"), (">", "&#62;"), ("\"", "&#34;"), ("'", "&#39;")]
        .iter()
        .fold(text.to_owned(), |text, (plain, escaped)| text.replace(plain, escaped))
}
