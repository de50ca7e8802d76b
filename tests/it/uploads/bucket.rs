//! Files in a bucket. The bucket is a server of the test's own that speaks as much of S3 as is needed, keeps what it is
//! given and looks at each request as a real one does: signed for this key, and with a length.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use actix_web::{App as WebApp, HttpRequest, HttpResponse, HttpServer, web};
use moothall::app;
use moothall::forms::FileState;
use moothall::identity::Role;

use super::desk::Desk;
use super::{PDF, photo};
use crate::harness::App;

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

async fn object(request: HttpRequest, body: web::Bytes, objects: web::Data<Objects>) -> HttpResponse {
    let query = request.query_string();
    if !query.contains("X-Amz-Signature=") || !query.contains("X-Amz-Credential=AKEY") || !query.contains("eu-west-2") {
        return HttpResponse::Forbidden().finish();
    }
    let (mut objects, name) = (objects.lock().unwrap(), request.path().trim_start_matches("/files/").to_owned());
    match request.method().as_str() {
        "PUT" if !request.headers().contains_key("content-length") => HttpResponse::LengthRequired().finish(),
        "PUT" => {
            objects.insert(name, body.to_vec());
            HttpResponse::Ok().finish()
        }
        "DELETE" => {
            objects.remove(&name);
            HttpResponse::NoContent().finish()
        }
        _ if query.contains("list-type=2") => {
            // One a page, so that pages are turned.
            let after = query.split('&').find_map(|p| p.strip_prefix("continuation-token="));
            let after = after.map(|token| token.replace("%2F", "/")).unwrap_or_default();
            let prefix = query.split('&').find_map(|p| p.strip_prefix("prefix=")).unwrap().replace("%2F", "/");
            let mut left = objects.keys().filter(|name| name.starts_with(&prefix) && **name > after);
            let one = left.next();
            let contents = one.map(|name| format!("<Contents><Key>{name}</Key></Contents>")).unwrap_or_default();
            let next =
                left.next().and(one).map(|name| format!("<NextContinuationToken>{name}</NextContinuationToken>"));
            let xml = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <Name>files</Name><MaxKeys>1</MaxKeys>{contents}{}</ListBucketResult>",
                next.unwrap_or_default()
            );
            HttpResponse::Ok().content_type("application/xml").body(xml)
        }
        _ => match objects.get(&name) {
            Some(bytes) => HttpResponse::Ok().body(bytes.clone()),
            None => HttpResponse::NotFound().finish(),
        },
    }
}

fn bucket(objects: &Objects) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("s3+http://AKEY:se%2Fcret@{}/files?region=eu-west-2", listener.local_addr().unwrap());
    let (objects, (sender, receiver)) = (web::Data::new(Arc::clone(objects)), mpsc::channel());
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let any = web::to(object);
                WebApp::new().app_data(objects.clone()).app_data(web::PayloadConfig::new(1 << 26)).default_service(any)
            });
            let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
            sender.send(()).unwrap();
            server.await.unwrap();
        });
    });
    receiver.recv().unwrap();
    url
}

#[test]
fn files_live_in_a_bucket_as_they_do_in_a_directory() {
    let objects = Objects::default();
    let url = bucket(&objects);
    let desk = Desk::open(App::start_with(|config| config.files.url.clone_from(&url)));
    let mut citizen = desk.citizen("marlhaven");
    let long = [PDF, &vec![b' '; 300_000]].concat();
    let files: &[(&str, &str, &[u8])] =
        &[("evidence", "letter.pdf", &long), ("evidence", "photo.jpg", &photo(16, 16)), ("evidence", "x.pdf", b"MZ")];
    citizen.add(files).is(422);
    assert_eq!(objects.lock().unwrap().len(), 2);
    assert!(objects.lock().unwrap().values().all(|sealed| !sealed.windows(8).any(|w| w == b"landlord")));
    app::settle(&desk.app.site).unwrap();
    let states: Vec<FileState> = desk.files(&citizen.draft).iter().map(|f| f.state).collect();
    assert_eq!(states, [FileState::Unscanned; 2]);
    assert_eq!(objects.lock().unwrap().len(), 2, "the photo as it was taken is gone");
    let reference = citizen.send();
    let mut officer = desk.app.signed_in(&desk.app.person("marlhaven", &[Role::Officer]));
    let address = format!("/staff/cases/marlhaven/{reference}");
    let link = officer.get(&address).is(200).link(&format!("{address}/files/"));
    assert_eq!(officer.get(&link).is(200).body.as_bytes(), long);
    // A file that nobody wants, and one that no row names.
    let mut other = desk.citizen("marlhaven");
    other.draft = citizen.draft.replace(|c: char| c.is_ascii_digit(), "1");
    other.add(&[("evidence", "letter.pdf", PDF)]).is(404);
    super::file(&desk.app, "marlhaven", "left over.pdf", PDF).stored.keep();
    desk.wait_until(|_| objects.lock().unwrap().len() == 3);
    desk.app.set_clock("2026-11-22T10:30:00Z");
    app::settle(&desk.app.site).unwrap();
    assert_eq!(objects.lock().unwrap().len(), 2);
    desk.app.leave_jobs();
}
