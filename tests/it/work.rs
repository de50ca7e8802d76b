//! The worker and the mail that it sends.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use jiff::ToSpan as _;
use moothall::app::{self, Worker};
use moothall::kernel::{Language, new_id};
use moothall::notify::Outgoing;
use moothall::notify::catcher::{Catcher, newest};
use moothall::platform::outbox::{self, MAX_ATTEMPTS};
use moothall::platform::schema::message;
use moothall::platform::{Clock, jobs};

use super::harness::App;

fn app_with_mail(dir: &Path) -> (App, Catcher) {
    let catcher = Catcher::start(dir, Clock::real()).unwrap();
    let url = catcher.url();
    (App::start_with(|config| config.mail.smtp_url = url), catcher)
}

fn ask_for_mail(app: &App, slug: &str, subject: &str) {
    let outgoing = Outgoing {
        case_id: None,
        to: "alex@example.org".to_owned(),
        subject: subject.to_owned(),
        body: "We have your report.\n".to_owned(),
        language: Language::En,
    };
    app.scoped(slug, |tx| outbox::publish(tx, app.now(), &outgoing));
}

#[derive(QueryableByName, Debug, PartialEq)]
struct Kept {
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
}

fn kept(app: &App) -> Vec<Kept> {
    let sql = "select attempts, last_error from outbox order by id";
    diesel::sql_query(sql).load(&mut app.database.connect("postgres")).unwrap()
}

#[test]
fn a_message_is_written_down_sent_and_never_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let (app, _catcher) = app_with_mail(dir.path());
    ask_for_mail(&app, "marlhaven", "Your report");
    // What a worker that died between sending and finishing leaves behind: the same item, due again.
    app.database.force("create table again as select * from outbox");
    assert_eq!(app::settle(&app.site).unwrap(), 1);
    app.database.force("insert into outbox select * from again; drop table again");
    assert_eq!(app::settle(&app.site).unwrap(), 1);
    let mails = newest(dir.path(), 10).unwrap();
    assert_eq!(mails.len(), 1, "sent once");
    assert_eq!(mails[0].from, "Marlhaven City Council");
    let sent = app
        .scoped("marlhaven", |tx| Ok(message::table.select(message::sent_at.is_not_null()).load::<bool>(tx.conn)?));
    assert_eq!(sent, [true]);
    let theirs = app.scoped("wealdshire", |tx| Ok(message::table.count().get_result::<i64>(tx.conn)?));
    assert_eq!(theirs, 0, "nobody else reads it");
    let counts = jobs::tally_since(&app.site.db, "2026-11-01".parse().unwrap()).unwrap();
    assert!(counts.iter().any(|(_, what, n)| what == "mail sent" && *n == 2), "{counts:?}");
}

#[test]
fn what_fails_is_tried_again_later_and_at_last_set_aside() {
    let app = App::start();
    ask_for_mail(&app, "marlhaven", "Your report");
    let failed = |attempts| Kept { attempts, last_error: Some("no connection to the mail server".to_owned()) };
    let mut at = app.now();
    for attempt in 1..=MAX_ATTEMPTS {
        assert_eq!(app::settle(&app.site).unwrap(), 1, "attempt {attempt}");
        assert_eq!(kept(&app), [failed(attempt)]);
        assert_eq!(app::settle(&app.site).unwrap(), 0, "not at once");
        at += 61.minutes();
        app.set_clock(&at.to_string());
    }
    assert_eq!(app::settle(&app.site).unwrap(), 0, "set aside");
    let health = outbox::health(&app.site.db).unwrap();
    assert_eq!((health[0].waiting, health[0].dead), (0, 1));
    let dir = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(dir.path(), Clock::real()).unwrap();
    assert_eq!(outbox::revive(&app.site.db, "notify.message", app.now()).unwrap(), 1);
    let mut mended = (*app.site).clone();
    let mut config = (*mended.config).clone();
    config.mail.smtp_url = catcher.url();
    mended.config = config.into();
    assert_eq!(app::settle(&mended).unwrap(), 1);
    assert_eq!(newest(dir.path(), 10).unwrap().len(), 1);
}

#[test]
fn one_bad_item_stops_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let (app, _catcher) = app_with_mail(dir.path());
    let tenant = app.id("marlhaven");
    for (topic, payload) in [("no.such", "{}"), ("notify.message", r#"{"to": "secret@example.org"}"#)] {
        app.database.force(&format!(
            "insert into outbox (tenant_id, id, topic, payload, created_at, not_before) \
             values ('{tenant}', '{}', '{topic}', '{payload}', '{now}', '{now}')",
            new_id(app.now()),
            now = app.now()
        ));
    }
    ask_for_mail(&app, "marlhaven", "Your report");
    assert_eq!(app::settle(&app.site).unwrap(), 3);
    assert_eq!(newest(dir.path(), 10).unwrap().len(), 1);
    let why: Vec<_> = kept(&app).into_iter().filter_map(|kept| kept.last_error).collect();
    assert_eq!(why.len(), 2);
    assert!(why.contains(&"no room subscribes to \"no.such\"".to_owned()), "{why:?}");
    assert!(why.contains(&"the payload is not a message".to_owned()), "no payload in an error: {why:?}");
    app.leave_jobs();
}

#[test]
fn a_worker_told_to_stop_gives_back_what_it_has_not_begun() {
    let dir = tempfile::tempdir().unwrap();
    let (app, _catcher) = app_with_mail(dir.path());
    for _ in 0..3 {
        ask_for_mail(&app, "marlhaven", "Your report");
    }
    let mut worker = Worker::new(&app.site).unwrap();
    assert_eq!(worker.round(&AtomicBool::new(true)).unwrap(), 0);
    assert_eq!(kept(&app), [0, 0, 0].map(|attempts| Kept { attempts, last_error: None }));
    assert_eq!(app::settle(&app.site).unwrap(), 3, "at once, without waiting for a lease");
}
