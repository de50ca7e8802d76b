//! Citizens with patience: they fill in forms over HTTP, send them again until they see a receipt, and write down what they
//! sent and what they were told, in a file that survives anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use moothall::forms::{Definition, Question, QuestionType, Raw};
use moothall::kernel::Language;
use moothall::platform::Clock;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use reqwest::Method;

use super::machine::{Machine, eventually};
use crate::attack::answers;
use crate::harness::{Page, Visitor, encode};

/// How many are at it at once.
const CITIZENS: usize = 4;

/// Handled by a partner, by the council itself, and provided by the other's partner.
const FORMS: [(&str, &str); 4] =
    [("marlhaven", "pothole"), ("eastmere", "pothole"), ("marlhaven", "dropped-kerb"), ("hartsmoor", "missed-bin")];

/// What she adds where a form takes files.
const FILE: &str = "letter.pdf";
const LETTER: &[u8] = b"%PDF-1.7\nA letter.";

/// What citizens know: every draft that they sent, and every reference that they saw.
pub struct Ledger {
    path: PathBuf,
    file: Mutex<File>,
    sent: AtomicUsize,
}

/// What stands in it.
#[derive(Default)]
pub struct Entries {
    /// Drafts that were sent, answered or not.
    pub sent: BTreeSet<String>,
    /// The reference that a citizen saw for a draft.
    pub acknowledged: BTreeMap<String, String>,
    /// Drafts whose page said that the file was added.
    pub attached: BTreeSet<String>,
}

impl Ledger {
    /// An empty one.
    pub fn open(path: &Path) -> Ledger {
        Ledger { path: path.to_owned(), file: Mutex::new(File::create_new(path).unwrap()), sent: AtomicUsize::new(0) }
    }

    fn write(&self, line: &str) {
        let mut file = self.file.lock().unwrap();
        writeln!(file, "{line}").unwrap();
        file.sync_data().unwrap();
    }

    fn sends(&self, draft: &str) {
        self.write(&format!("sent {draft}"));
        self.sent.fetch_add(1, Ordering::SeqCst);
    }

    /// How often a form was sent, repetitions included.
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    /// Reads it back. No draft was ever answered with two references.
    pub fn entries(&self) -> Entries {
        let mut entries = Entries::default();
        for line in fs::read_to_string(&self.path).unwrap().lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["sent", draft] => {
                    entries.sent.insert(draft.to_owned());
                }
                ["attached", draft] => {
                    entries.attached.insert(draft.to_owned());
                }
                ["acknowledged", draft, reference] => {
                    let before = entries.acknowledged.insert(draft.to_owned(), reference.to_owned());
                    assert!(before.is_none_or(|before| before == reference), "{draft}: another receipt, {reference}");
                }
                _ => panic!("{line}"),
            }
        }
        entries
    }
}

/// A form under somebody's hands.
pub struct Form<'a> {
    machine: &'a Machine,
    ledger: &'a Ledger,
    visitor: Visitor,
    token: String,
    /// In its addresses.
    pub draft: String,
}

impl<'a> Form<'a> {
    /// Starts a form and fills in its pages.
    pub fn filled(machine: &'a Machine, ledger: &'a Ledger, rng: &mut StdRng) -> Form<'a> {
        let (council, service) = *FORMS.choose(rng).unwrap();
        let council = machine.directory.by_slug(council).unwrap();
        let definition = &*machine.services.find(council.id, service).unwrap().definition(Language::En).unwrap();
        let address = format!("10.{}.{}.{}", rng.random::<u8>(), rng.random::<u8>(), rng.random::<u8>());
        let visitor = Visitor::new(machine.web, &council.hosts[0], &address);
        let (token, draft) = (String::new(), String::new());
        let mut form = Form { machine, ledger, visitor, token, draft };
        let door = format!("/services/{service}");
        form.token = form.insist(Method::GET, &door, &[]).token().unwrap();
        // Where the answer is lost, the citizen starts another one.
        let first = form.insist(Method::POST, &door, &[]).location();
        form.draft.push_str(first.split('/').nth(2).unwrap());
        let mut raw = answers(definition, "QuayStreet", Clock::real().now());
        // This leads to the page that takes photos.
        let leads = |q: &Question| q.id == "danger" && q.options.iter().any(|o| o.value == "fall");
        if definition.questions().any(|(_, q)| leads(q)) {
            raw.insert("danger".to_owned(), vec!["fall".to_owned()]);
        }
        for page in &definition.pages {
            let fields: Vec<(&str, &str)> = page
                .questions
                .iter()
                .flat_map(Question::fields)
                .filter_map(|field| raw.get_key_value(&field))
                .flat_map(|(field, values)| values.iter().map(|value| (field.as_str(), value.as_str())))
                .collect();
            let path = format!("/forms/{}/{}", form.draft, page.id);
            let next = form.insist(Method::POST, &path, &fields);
            assert_eq!(next.status, 303, "{path}: {}", next.text());
            if let Some(question) = page.questions.iter().find(|q| q.kind == QuestionType::File) {
                form.attach(&path, &question.id, &fields);
            }
        }
        if rng.random_range(0..3) == 0 {
            form.put_aside(definition, &raw);
        }
        form
    }

    /// Adds a file and looks whether it is there: where the answer was lost it may be.
    fn attach(&mut self, path: &str, field: &str, fields: &[(&str, &str)]) {
        let is_there = eventually("the file is added", || {
            let page = self.ask(Method::GET, path, &[])?;
            let is_there = page.body.contains(FILE);
            // These answers may not lead to the page.
            if is_there || page.status == 303 {
                return Some(is_there);
            }
            let token = [("_token", self.token.as_str()), ("stay", "yes")];
            let all = [&token, fields].concat();
            let page = self.visitor.try_to_post_files(path, &all, &[(field, FILE, LETTER)]).ok()?;
            assert!(matches!(page.status, 303 | 503), "{path}: {} {}", page.status, page.text());
            None
        });
        if is_there {
            self.ledger.write(&format!("attached {}", self.draft));
        }
    }

    /// Puts the form aside, and opens it in another browser by the code that the page showed: everything is there.
    fn put_aside(&mut self, definition: &Definition, raw: &Raw) {
        let contact = definition.pages.last().unwrap();
        let names: Vec<String> = contact.questions.iter().flat_map(Question::fields).collect();
        let fields: Vec<(&str, &str)> = names
            .iter()
            .filter_map(|n| Some((n.as_str(), raw.get(n)?[0].as_str())))
            .chain([("later", "yes")])
            .collect();
        let to = self.insist(Method::POST, &format!("/forms/{}/{}", self.draft, contact.id), &fields).location();
        let page = self.insist(Method::GET, &to, &[]);
        let (_, rest) = page.body.split_once("mh-ref--code\">").unwrap_or_else(|| panic!("{to}: {}", page.text()));
        let code = rest.split('<').next().unwrap();
        self.visitor.cookies.clear();
        self.token = self.insist(Method::GET, "/return", &[]).token().unwrap();
        let to = self.insist(Method::POST, "/return", &[("code", code)]).location();
        assert_eq!(to, self.check(), "something of it is lost");
    }

    /// Sends it once: what came back, if anything did.
    pub fn send(&mut self) -> Option<Page> {
        self.ledger.sends(&self.draft);
        let path = self.check();
        self.ask(Method::POST, &path, &[])
    }

    /// Sends it, and is gone before the answer comes.
    pub fn send_and_hang_up(&mut self) {
        self.ledger.sends(&self.draft);
        let cookies: Vec<String> = self.visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let body = encode(&[("_token", &self.token)]);
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.check(),
            self.visitor.host,
            cookies.join("; "),
            body.len()
        );
        TcpStream::connect(self.machine.web).unwrap().write_all(request.as_bytes()).unwrap();
    }

    /// Sends it until it is taken, and reads the receipt: the reference.
    pub fn sent(&mut self) -> String {
        let to = eventually("the form is taken", || self.send()).location();
        assert!(to.ends_with("/receipt"), "sent back to {to}");
        let receipt = self.insist(Method::GET, &to, &[]);
        let (_, rest) = receipt.body.split_once("mh-ref--big\">").unwrap_or_else(|| panic!("{}", receipt.text()));
        let reference = rest.split('<').next().unwrap().to_owned();
        self.ledger.write(&format!("acknowledged {} {reference}", self.draft));
        reference
    }

    fn check(&self) -> String {
        format!("/forms/{}/check", self.draft)
    }

    fn insist(&mut self, method: Method, path: &str, fields: &[(&str, &str)]) -> Page {
        eventually(path, || self.ask(method.clone(), path, fields))
    }

    /// The server's answer. It may be away, or too busy, which it says; nothing else may go wrong.
    fn ask(&mut self, method: Method, path: &str, fields: &[(&str, &str)]) -> Option<Page> {
        let token = [("_token", self.token.as_str())];
        let body = (method == Method::POST).then(|| encode(&[fields, &token].concat()));
        let page = self.visitor.try_to_ask(method, path, &[], body.as_deref()).ok()?;
        if page.status == 503 {
            assert!(!page.header("retry-after").is_empty(), "{path}: try again, but when?");
            return None;
        }
        assert!(matches!(page.status, 200 | 303), "{path}: {} {}", page.status, page.text());
        Some(page)
    }
}

/// So many forms from start to receipt, while `fault` happens. One citizen in five has no patience: if the answer to what
/// she sent does not come, she gives up and will never know.
pub fn load(machine: &Machine, ledger: &Ledger, seed: u64, forms: usize, fault: impl FnOnce()) {
    thread::scope(|scope| {
        for n in 0..CITIZENS {
            let mut rng = StdRng::seed_from_u64(seed * 1_000 + u64::try_from(n).unwrap());
            scope.spawn(move || {
                for _ in 0..forms / CITIZENS {
                    let impatient = rng.random_range(0..5) == 0;
                    let mut form = Form::filled(machine, ledger, &mut rng);
                    if !impatient || form.send().is_some() {
                        form.sent();
                    }
                }
            });
        }
        fault();
    });
}
