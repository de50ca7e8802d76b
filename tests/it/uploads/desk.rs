//! A service of the tests' own that takes three files, and citizens who fill it in.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use moothall::forms::{self, Upload, Written};
use moothall::kernel::billing_date;

use crate::harness::{App, Page, Visitor};

const EVIDENCE: &str = "
    kind = 'report'\nname = 'Send evidence'\nnoun = 'Evidence'\nsummary = 'Send us evidence.'\ntarget_working_days = 5
    retention_months = 1\noutcomes = ['Done']\nrouting = { team = 'Evidence' }
    privacy = { purpose = 'to see it', legal_basis = 'our task' }\nconfirmation = { next = ['We look at it.'] }
    repeat = [{ id = 'rooms', title = 'Rooms', item = 'Room', max = 3 }]
    [[page]]
    id = 'evidence'
    title = 'What do you have?'
    question = [
      { id = 'words', type = 'text', label = 'What is it?' },
      { id = 'evidence', type = 'file', label = 'Letters or photos', max_files = 3, required = false },
      { id = 'rooms_too', type = 'yes_no', label = 'Is it about rooms?', required = false },
    ]
    [[page]]
    id = 'room'
    title = 'Which room?'
    repeat = 'rooms'
    when = { question = 'rooms_too', is = true }
    question = [
      { id = 'room', type = 'text', label = 'Which room?' },
      { id = 'photo', type = 'file', label = 'A photo of it', photos_only = true },
    ]
    [[page]]
    id = 'contact'
    title = 'How can we reach you?'
    question = [
      { id = 'name', type = 'name', label = 'Your name', contact = 'name' },
      { id = 'email', type = 'email', label = 'Your email address', contact = 'email' },
    ]
";

/// A server whose councils all offer it.
pub struct Desk {
    pub app: App,
}

impl Desk {
    pub fn open(app: App) -> Desk {
        let definition = Written::new("evidence", toml::from_str(EVIDENCE).unwrap());
        for council in ["marlhaven", "eastmere"] {
            let today = billing_date(app.now());
            app.scoped(council, |tx| forms::publish(tx, app.now(), &definition, today, "a test"));
        }
        app.refresh();
        Desk { app }
    }

    /// Somebody who has begun the form.
    pub fn citizen(&self, council: &str) -> Citizen {
        let mut browser = self.app.visitor(council);
        let token = browser.get("/services/evidence").is(200).token().unwrap();
        let draft = browser.submit("/services/evidence", &[]).location().split('/').nth(2).unwrap().to_owned();
        Citizen { server: self.app.address(), browser, draft, token }
    }

    /// Every file that is kept, of whichever council.
    pub fn kept(&self) -> usize {
        let Ok(councils) = fs::read_dir(self.app.database.files()) else { return 0 };
        councils.map(|council| fs::read_dir(council.unwrap().path()).unwrap().count()).sum()
    }

    /// How many bytes that is.
    pub fn size(&self) -> u64 {
        let councils = fs::read_dir(self.app.database.files()).unwrap();
        let files = councils.flat_map(|council| fs::read_dir(council.unwrap().path()).unwrap());
        // What is renamed meanwhile counts when it is looked at again.
        files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum()
    }

    pub fn wait_until(&self, done: impl Fn(&Desk) -> bool) {
        let given_up = Instant::now() + Duration::from_secs(20);
        while !done(self) {
            assert!(Instant::now() < given_up, "it did not come to pass");
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn files(&self, draft: &str) -> Vec<Upload> {
        let draft = draft.parse().unwrap();
        self.app.scoped("marlhaven", |tx| forms::uploads_of(tx, draft))
    }
}

/// Somebody with a browser and a form.
pub struct Citizen {
    server: SocketAddr,
    /// The browser.
    pub browser: Visitor,
    /// The form's draft.
    pub draft: String,
    /// The form's token.
    pub token: String,
}

impl Citizen {
    /// The form's page for files.
    pub fn path(&self) -> String {
        format!("/forms/{}/evidence", self.draft)
    }

    /// Adds files with the page's own button: the page comes again, whether they were taken or not.
    pub fn add(&mut self, files: &[(&str, &str, &[u8])]) -> Page {
        let fields = [("_token", self.token.as_str()), ("words", "Typed with care"), ("stay", "yes")];
        let page = self.browser.post_files(&self.path(), &fields, files);
        if page.status == 303 { self.browser.get(&page.location()) } else { page }
    }

    /// Takes a file off again.
    pub fn take_off(&mut self, file: &str) -> Page {
        let fields = [("_token", self.token.as_str()), ("words", "Typed with care"), ("remove", file)];
        self.browser.post_files(&self.path(), &fields, &[])
    }

    pub fn list(&mut self) -> Page {
        self.browser.get(&self.path())
    }

    /// Finishes the form and sends it; says the case's reference.
    pub fn send(&mut self) -> String {
        let (token, form) = (self.token.clone(), format!("/forms/{}", self.draft));
        self.browser.post_files(&self.path(), &[("_token", &token), ("words", "Typed with care")], &[]).is(303);
        let contact = [("_token", token.as_str()), ("name", "Ada Moss"), ("email", "ada@example.org")];
        let to = self.browser.post(&format!("{form}/contact"), &contact).is(303).location();
        assert_eq!(to, format!("{form}/check"));
        self.browser.get(&to).is(200);
        self.browser.submit("/check", &[]).is(303);
        let page = self.browser.follow().is(200);
        page.link("/track/").split('/').nth(2).unwrap().to_owned()
    }

    /// The beginning of a request whose body is sent by hand.
    pub fn connect(&self, length: usize) -> TcpStream {
        let mut stream = TcpStream::connect(self.server).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let cookies: Vec<String> = self.browser.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nConnection: close\r\n\
             Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n",
            self.path(),
            self.browser.host,
            cookies.join("; ")
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }
}
