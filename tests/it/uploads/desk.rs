//! A form of the tests' own, which does with files what a page with a question for files does.

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{HttpResponse, HttpServer};
use moothall::cases::{self, NewCase};
use moothall::forms::{self, Upload};
use moothall::kernel::{Language, billing_date};
use moothall::platform::{self, Error};
use moothall::site::{PostedWithFiles, Site, Visit, edge};
use uuid::Uuid;

use crate::attack::answers;
use crate::harness::{App, Page, Visitor};

/// A server beside the product's own, on the same database and files, with a form that takes three files.
pub struct Desk {
    /// The product's own server.
    pub app: App,
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Desk {
    pub fn open(app: App) -> Desk {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let site: Site = (*app.site).clone();
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let app = actix_web::App::new().app_data(Data::new(site.clone()));
                    app.service(web::resource("/desk/{draft}").post(add).get(list))
                        .service(web::resource("/desk/{draft}/send").post(send))
                        .service(web::resource("/desk/{draft}/{file}").post(remove))
                        .wrap(from_fn(edge))
                });
                let server = server.workers(2).disable_signals().listen(listener).unwrap().run();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Desk { handle: receiver.recv().unwrap(), app, address, thread: Some(thread) }
    }

    /// Somebody who has begun a form.
    pub fn citizen(&self, council: &str) -> Citizen {
        let mut browser = self.app.visitor(council);
        let token = browser.get("/services/pothole").is(200).token().unwrap();
        let draft = browser.submit("/services/pothole", &[]).location().split('/').nth(2).unwrap().to_owned();
        Citizen { desk: self.address, browser: browser.at(self.address), draft, token }
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
    desk: SocketAddr,
    /// The browser, at the desk.
    pub browser: Visitor,
    /// The form's draft.
    pub draft: String,
    /// The form's token.
    pub token: String,
}

impl Citizen {
    pub fn add(&mut self, files: &[(&str, &str, &[u8])]) -> Page {
        let fields = [("_token", self.token.as_str()), ("words", "Typed with care")];
        self.browser.post_files(&format!("/desk/{}", self.draft), &fields, files)
    }

    pub fn post(&mut self, path: &str) -> Page {
        self.browser.post(&format!("/desk/{}{path}", self.draft), &[("_token", &self.token)])
    }

    /// The beginning of a request whose body is sent by hand.
    pub fn connect(&self, length: usize) -> TcpStream {
        let mut stream = TcpStream::connect(self.desk).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let cookies: Vec<String> = self.browser.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let head = format!(
            "POST /desk/{} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nConnection: close\r\n\
             Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n",
            self.draft,
            self.browser.host,
            cookies.join("; ")
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    pub fn list(&mut self) -> Page {
        self.browser.get(&format!("/desk/{}", self.draft))
    }
}

fn id(text: &str) -> platform::Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| Error::NotFound)
}

/// What a page with a question for files does.
async fn add(form: PostedWithFiles, draft: web::Path<String>) -> platform::Result<HttpResponse> {
    let PostedWithFiles { posted, files, mut refused } = form;
    let (draft, now, browser) = (id(&draft)?, posted.visit.now, posted.visit.browser().clone());
    let secret = posted.visit.secret().clone();
    let more = posted
        .visit
        .scoped(move |tx| {
            let draft = forms::lock_draft(tx, now, &secret, draft, &browser)?;
            let (mut had, mut refused) = (forms::uploads_of(tx, draft.id)?, Vec::new());
            for file in files {
                refused.extend(forms::attach(tx, now, draft.id, &mut had, file, 3)?.err());
            }
            Ok(refused)
        })
        .await?;
    refused.extend(more);
    let said: String = refused
        .iter()
        .map(|r| format!("{} {} {}\n", r.field, r.why.key(), r.name))
        .chain([posted.get("words").to_owned()])
        .collect();
    let mut answer = if refused.is_empty() { HttpResponse::Ok() } else { HttpResponse::UnprocessableEntity() };
    Ok(answer.content_type("text/html").body(said))
}

async fn list(visit: Visit, draft: web::Path<String>) -> platform::Result<HttpResponse> {
    let (draft, now, browser, secret) = (id(&draft)?, visit.now, visit.browser().clone(), visit.secret().clone());
    let files = visit
        .scoped(move |tx| {
            let draft = forms::find_draft(tx, now, &secret, draft, &browser)?;
            forms::uploads_of(tx, draft.id)
        })
        .await?;
    let lines: String = files.iter().map(|f| format!("{} ({}) {}\n", f.name, f.shown_size(), f.state.word())).collect();
    Ok(HttpResponse::Ok().content_type("text/html").body(lines))
}

async fn remove(form: PostedWithFiles, path: web::Path<(String, String)>) -> platform::Result<HttpResponse> {
    let visit = form.posted.visit;
    let (draft, file) = (id(&path.0)?, id(&path.1)?);
    let secret = visit.secret().clone();
    let (now, browser, blobs, here) = (visit.now, visit.browser().clone(), visit.site.blobs.clone(), visit.here.id);
    let blob = visit
        .scoped(move |tx| {
            let draft = forms::lock_draft(tx, now, &secret, draft, &browser)?;
            forms::remove_upload(tx, draft.id, file)
        })
        .await?;
    blobs.remove(here, blob.unwrap()).unwrap();
    Ok(HttpResponse::Ok().finish())
}

async fn send(form: PostedWithFiles, draft: web::Path<String>) -> platform::Result<HttpResponse> {
    let visit = form.posted.visit;
    let (draft, now, browser) = (id(&draft)?, visit.now, visit.browser().clone());
    let (here, secret) = (visit.here.clone(), visit.secret().clone());
    let visit_language = visit.language;
    let directory = visit.site.directory.get();
    let services = visit.with_db(move |db| db.router(|conn| forms::load(conn, billing_date(now)))).await?;
    let reference = visit
        .scoped(move |tx| {
            let draft = forms::lock_draft(tx, now, &secret, draft, &browser)?;
            let service = services.find(here.id, &draft.service).unwrap();
            let definition = service.definition(Language::En)?;
            let raw = answers(&definition, "Quay", now);
            let answers = definition.parse(&raw, billing_date(now)).unwrap();
            let files = &forms::take_uploads(tx, draft.id)?;
            let new = NewCase {
                owner: &here,
                definition: &definition,
                version: draft.version,
                answers: &answers,
                files,
                language: visit_language,
                directory: &directory,
                secret: &secret,
            };
            let opened = cases::open(tx, now, &new)?;
            forms::mark_submitted(tx, now, draft.id, opened.id, &opened.reference)?;
            Ok(opened.reference)
        })
        .await?;
    Ok(HttpResponse::Ok().content_type("text/html").body(reference))
}
