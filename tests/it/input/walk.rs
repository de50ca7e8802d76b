//! A citizen who cannot make up her mind: pages in any order, wrong and right answers, files added and taken off, things added
//! and removed, the form put aside and opened in another browser. After each act everything that she typed is there, and in
//! the end the case has what the last page showed.

use std::collections::{BTreeMap, BTreeSet};

use moothall::forms::Written;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use super::{Citizen, HEAD, PDF, THINGS, escaped, open, page_of};
use crate::harness::{App, Page};

/// Each is another walk.
const SEEDS: std::ops::Range<u64> = 0..4;
/// So many acts before she finishes.
const ACTS: usize = 30;
/// What a form is given up after that is not finished.
const PATIENCE: usize = 60;

/// Repeats, uploads, conditions, an address.
fn service() -> Written {
    let who = "
        [[page]]
        id = 'who'
        title = 'Whose is it?'
        question = [{ id = 'who', type = 'one_of', label = 'Whose is it?', options = [{ value = 'us', label = 'Ours' },
          { value = 'me', label = 'Mine' }, { value = 'other', label = 'Somebody else’s' }] }]
        end = [{ id = 'not-ours', when = { question = 'who', is = 'other' }, title = 'Ask them', text = ['Ask them.'] }]
        [[page]]
        id = 'why'
        title = 'Why?'
        when = { question = 'who', is = 'me' }
        question = [{ id = 'why', type = 'long_text', label = 'Why?', max_length = 60 },
          { id = 'proof', type = 'file', label = 'Proof', required = false, max_files = 2 }]
    ";
    let contact = "
        [[page]]
        id = 'contact'
        title = 'Who are you?'
        question = [{ id = 'name', type = 'name', label = 'Name', contact = 'name' },
          { id = 'email', type = 'email', label = 'Email', contact = 'email' }]
    ";
    let pages = format!("{HEAD}{who}{THINGS}{}{contact}", page_of("where", "address"));
    Written::new("walk", toml::from_str(&pages).unwrap())
}

struct Walker<'a> {
    app: &'a App,
    citizen: Citizen,
    rng: StdRng,
    /// What stands in each field, by step.
    typed: BTreeMap<String, BTreeMap<String, String>>,
    /// The names of the files, by step.
    files: BTreeMap<String, Vec<String>>,
    /// The numbers of the things.
    things: Vec<u32>,
    /// Counts what she makes up, so that nothing is like anything else.
    n: u32,
}

impl Walker<'_> {
    fn make_up(&mut self, what: &str) -> String {
        self.n += 1;
        format!("{what}{}z", self.n)
    }

    fn any(&mut self, of: &[&str]) -> String {
        (*of.choose(&mut self.rng).unwrap()).to_owned()
    }

    fn steps(&self) -> Vec<String> {
        let things = self.things.iter().flat_map(|n| [format!("thing.{n}"), format!("photo.{n}")]);
        ["who", "why", "things", "where", "contact"].into_iter().map(str::to_owned).chain(things).collect()
    }

    /// Something for each field of a step: right, unless it is to be anything.
    fn fields(&mut self, step: &str, right: bool) -> BTreeMap<String, String> {
        let wrong = |walker: &mut Self| !right && walker.rng.random_range(0..3) == 0;
        let mut fields = BTreeMap::new();
        let prefix = step.split_once('.').map_or(String::new(), |(_, n)| format!("things.{n}."));
        let mut put = |name: &str, value: String| drop(fields.insert(format!("{prefix}{name}"), value));
        match step.split('.').next().unwrap() {
            "who" => put("who", self.any(if right { &["us", "me"] } else { &["us", "me", "other"] })),
            "why" => {
                let long = if wrong(self) { "x".repeat(70) } else { String::new() };
                put("why", format!("{}{long}", self.make_up("<why>")));
            }
            "thing" => {
                put("what", if wrong(self) { String::new() } else { self.make_up("what") });
                if !wrong(self) {
                    put("big", self.any(&["yes", "no"]));
                }
            }
            "where" => {
                let code = if wrong(self) { self.make_up("code") } else { "MH1 2AB".to_owned() };
                let line = self.make_up("line");
                let parts =
                    [("line1", line), ("line2", String::new()), ("town", "Marlhaven".to_owned()), ("postcode", code)];
                for (part, value) in parts {
                    put(&format!("address-{part}"), value);
                }
            }
            "contact" => {
                put("name", self.make_up("name"));
                put(
                    "email",
                    if wrong(self) { self.make_up("mail") } else { format!("{}@x.example", self.make_up("mail")) },
                );
            }
            _ => {}
        }
        fields
    }

    /// Leaves a step with these fields; nothing if it is not on the way.
    fn leave(
        &mut self,
        step: &str,
        fields: BTreeMap<String, String>,
        and: &[(&str, &str)],
        file: Option<&str>,
    ) -> Option<Page> {
        if self.citizen.get(step).status != 200 {
            return None;
        }
        let mut sent: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        sent.extend(and);
        let field = step.split_once('.').map_or("proof".to_owned(), |(_, n)| format!("things.{n}.photo"));
        let files: Vec<(&str, &str, &[u8])> = file.iter().map(|name| (field.as_str(), *name, PDF)).collect();
        let page = self.citizen.post_files(step, &sent, &files);
        assert!(matches!(page.status, 303 | 422), "{step} {sent:?}: {}: {}", page.status, page.text());
        self.typed.insert(step.to_owned(), fields);
        Some(page)
    }

    fn same(&self, step: &str) -> BTreeMap<String, String> {
        self.typed.get(step).cloned().unwrap_or_default()
    }

    /// One act by chance.
    fn act(&mut self) {
        let steps = self.steps();
        let step = steps.choose(&mut self.rng).unwrap().clone();
        match self.rng.random_range(0..12) {
            0 => self.put_aside(&step),
            1 => {
                let (language, fields) = (self.any(&["en", "cy"]), self.fields(&step, false));
                self.leave(&step, fields, &[("_lang", &language)], None);
            }
            2 => drop(self.citizen.post("check", &[]).is(303).location().ends_with("/receipt").then(|| panic!("sent"))),
            _ if step == "things" => self.change_things(),
            3..6 if step == "why" || step.starts_with("photo.") => {
                let (name, fields) = (self.make_up("file") + ".pdf", self.same(&step));
                let page = self.leave(&step, fields, &[("stay", "yes")], Some(&name));
                let full = self.files.get(&step).is_some_and(|files| files.len() == 2);
                if let Some(page) = page {
                    assert_eq!(page.status, if full { 422 } else { 303 });
                    if !full {
                        self.files.entry(step).or_default().push(name);
                    }
                }
            }
            6 if self.files.get(&step).is_some_and(|files| !files.is_empty()) => self.take_off(&step),
            _ => {
                let fields = self.fields(&step, false);
                self.leave(&step, fields, &[], None);
            }
        }
    }

    fn take_off(&mut self, step: &str) {
        let page = self.citizen.get(step);
        if page.status != 200 {
            return;
        }
        let id = page.body.split("name=\"remove\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let fields = self.same(step);
        self.leave(step, fields, &[("remove", &id)], None).unwrap().is(303);
        self.files.get_mut(step).unwrap().remove(0);
    }

    fn change_things(&mut self) {
        if self.citizen.get("things").status != 200 {
            return;
        }
        if self.rng.random() && self.things.len() > 1 {
            let gone = *self.things.choose(&mut self.rng).unwrap();
            self.citizen.post("things", &[("remove", &gone.to_string())]).is(303);
            self.things.retain(|n| *n != gone);
            for step in [format!("thing.{gone}"), format!("photo.{gone}")] {
                self.typed.remove(&step);
                self.files.remove(&step);
            }
        } else if self.things.len() < 4 {
            let to = self.citizen.post("things", &[("add", "yes")]).is(303).location();
            let n: u32 = to.rsplit('.').next().unwrap().split('?').next().unwrap().parse().unwrap();
            assert!(!self.things.contains(&n), "{n} is another thing");
            self.things.push(n);
            self.citizen.get(&format!("thing.{n}")).is(200).has("value=\"\"").lacks(" checked");
        }
    }

    /// Puts the form aside and goes on elsewhere.
    fn put_aside(&mut self, step: &str) {
        if step == "things" {
            return;
        }
        let fields = self.fields(step, false);
        if self.leave(step, fields, &[("later", "yes")], None).is_none() {
            return;
        }
        let page = self.citizen.get("save").is(200);
        let at = page.body.find("mh-ref--code\">").unwrap() + "mh-ref--code\">".len();
        let code = page.body[at..at + 19].to_owned();
        let mut elsewhere = self.app.visitor("marlhaven");
        self.citizen.token = elsewhere.get("/return").is(200).token().unwrap();
        elsewhere.submit("/return", &[("code", &code)]).is(303);
        let mut before = std::mem::replace(&mut self.citizen.browser, elsewhere);
        before.get(&self.citizen.path("who")).is(404);
    }

    /// Everything is where she typed it, on each page that is asked, and nothing of it is anywhere else.
    fn nothing_is_lost(&mut self) {
        let all: BTreeSet<String> = self.files.values().flatten().cloned().collect();
        for step in self.steps() {
            let page = self.citizen.get(&step);
            if page.status == 303 || step == "things" {
                continue;
            }
            let page = page.is(200);
            for (field, value) in self.same(&step) {
                let text = format!(">{}</textarea>", escaped(&value));
                let chosen = page.body.contains(&format!("name=\"{field}\" type=\"radio\" value=\"{value}\" checked"));
                let input =
                    page.body.split(&format!("name=\"{field}\"")).nth(1).and_then(|rest| rest.split('>').next());
                let input = input.is_some_and(|input| input.contains(&format!("value=\"{}\"", escaped(&value))));
                assert!(
                    chosen || input || page.body.contains(&text),
                    "{step}: {field} = {value:?} is lost: {}",
                    page.text()
                );
            }
            let own = self.files.get(&step).cloned().unwrap_or_default();
            for name in &all {
                assert_eq!(page.body.contains(name), own.contains(name), "{step}: {name}: {}", page.text());
            }
        }
    }

    /// Puts right whatever is wrong, and sends it.
    fn finish(&mut self) {
        for _ in 0..PATIENCE {
            let page = self.citizen.get("check");
            if page.status == 200 {
                return self.send(&page);
            }
            let to = page.is(303).location();
            let step = to.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
            let (step, right) = match step.as_str() {
                "not-ours" => ("who".to_owned(), self.fields("who", true)),
                step => (step.to_owned(), self.fields(step, true)),
            };
            let full = self.files.get(&step).is_some_and(|files| !files.is_empty());
            let name = (step.starts_with("photo.") && !full).then(|| self.make_up("file") + ".pdf");
            self.leave(&step, right, &[], name.as_deref()).unwrap();
            self.files.entry(step).or_default().extend(name);
        }
        panic!("she never finished");
    }

    fn send(&mut self, page: &Page) {
        let shown = made_up(&page.body);
        assert!(shown.len() > 3, "{}", page.text());
        let reference = self.citizen.send();
        let one = |sql: &str| self.app.database.texts(&sql.replace("{reference}", &reference)).concat();
        let case = "from cases c where c.reference = '{reference}'";
        let files = one(&format!(
            "select coalesce((select string_agg(f.name, ' ') from case_file f where f.case_id = c.id), '') as text {case}"
        ));
        let sheet =
            one(&format!("select (select s.sheet::text from answer_sheet s where s.case_id = c.id) as text {case}"));
        let sent = made_up(&format!("{sheet} {files}"));
        let hers: BTreeSet<String> =
            shown.iter().filter(|word| !word.starts_with("name") && !word.starts_with("mail")).cloned().collect();
        assert_eq!(sent, hers, "{}", page.text());
        let on_sheet: BTreeSet<String> = made_up(&files);
        assert_eq!(on_sheet, shown.iter().filter(|word| word.starts_with("file")).cloned().collect(), "{files}");
    }
}

/// The words in it that she made up.
fn made_up(text: &str) -> BTreeSet<String> {
    let word = regex::Regex::new("(?:why|what|line|code|name|mail|file)[0-9]+z").unwrap();
    word.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

#[test]
fn whatever_she_does_nothing_is_lost() {
    let app = open(&[service()]);
    for seed in SEEDS {
        let citizen = Citizen::begin(&app, "marlhaven", "walk");
        let rng = StdRng::seed_from_u64(seed);
        let (typed, files) = (BTreeMap::new(), BTreeMap::new());
        let mut walker = Walker { app: &app, citizen, rng, typed, files, things: vec![1], n: 0 };
        // Without it nothing else is on the way.
        let who = walker.fields("who", true);
        walker.leave("who", who, &[], None).unwrap().is(303);
        for _ in 0..ACTS {
            walker.act();
            walker.nothing_is_lost();
        }
        walker.finish();
    }
    app.leave_jobs();
}
