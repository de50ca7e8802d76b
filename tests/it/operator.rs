//! The operator's pages.

use moothall::app;
use moothall::identity::Role;
use moothall::kernel::{Language, new_id};
use moothall::notify::Outgoing;
use moothall::notify::catcher::Catcher;
use moothall::platform::{Clock, outbox};

use super::harness::{App, Visitor};

fn operator(app: &App) -> Visitor {
    app.signed_in(&app.person("operator", &[Role::Operator]))
}

#[test]
fn the_operator_sees_councils_and_counts() {
    let app = App::start();
    let mut operator = operator(&app);
    let page = operator.get("/operator").is(200).has("Marlhaven City Council").has("marlhaven.localhost");
    assert!(page.has("No worker has ever run").text().contains("4\nOn this platform"));
    app::Worker::new(&app.site).unwrap().housekeeping().unwrap();
    operator.get("/operator").is(200).has("jobs on time").lacks("Not so");
    operator.get("/operator/queue").is(200).has("metering.fold").has("Nothing waits");
    operator.get("/operator/database").is(200).has("The database is current");
}

#[test]
fn what_was_set_aside_can_be_tried_again() {
    let app = App::start();
    let now = app.now();
    app.database.force(&format!(
        "insert into outbox (tenant_id, id, topic, payload, created_at, not_before, attempts, dead_at, last_error) \
         values ('{}', '{}', 'notify.message', '{{}}', '{now}', '{now}', 12, '{now}', 'no connection to the mail server')",
        app.id("marlhaven"),
        new_id(now),
    ));
    let mut operator = operator(&app);
    operator.get("/operator").is(200).has("1 set aside");
    operator.get("/operator/queue").is(200).has("no connection to the mail server");
    operator.submit("/operator/queue/revive", &[]).is(303);
    assert_eq!(
        (outbox::health(&app.site.db).unwrap()[0].waiting, outbox::health(&app.site.db).unwrap()[0].dead),
        (1, 0)
    );
    app.leave_jobs();
}

#[test]
fn caught_mail_can_be_read_in_the_demonstration_only() {
    let plain = App::start();
    operator(&plain).get("/operator/mail").is(404);
    operator(&plain).get("/operator").is(200).lacks("/operator/mail");

    let dir = tempfile::tempdir().unwrap();
    let catcher = Catcher::start(dir.path(), Clock::real()).unwrap();
    let app = App::start_with(|config| {
        config.mail.smtp_url = catcher.url();
        config.mail_catcher = Some(dir.path().to_owned());
    });
    let outgoing = Outgoing {
        case_id: None,
        to: "alex@example.org".to_owned(),
        subject: "Your report <MAR-7K3Q-9F2T>".to_owned(),
        body: "Follow it here:\nhttp://marlhaven.localhost/track/abc\n\nGoodbye.".to_owned(),
        language: Language::En,
    };
    app.scoped("marlhaven", |tx| outbox::publish(tx, app.now(), &outgoing));
    app::settle(&app.site).unwrap();
    let mut operator = operator(&app);
    let list = operator.get("/operator/mail").is(200).has("alex@example.org").has("Your report &#60;MAR");
    let mail = operator.get(&list.link("/operator/mail/")).is(200).has("Goodbye.");
    assert_eq!(mail.link("http://marlhaven"), "http://marlhaven.localhost/track/abc");
    operator.get(&format!("/operator/mail/{}", new_id(app.now()))).is(404);
    operator.get("/operator/mail/..%2F..%2Fetc%2Fpasswd").is(404);
}

#[test]
fn there_is_no_such_place_on_a_councils_host() {
    let app = App::start();
    let mut staff = app.signed_in(&app.person("wealdshire", &Role::ALL));
    let nothing = staff.get("/no-such-page").is(404);
    for path in ["/operator", "/operator/queue", "/operator/database", "/operator/mail", "/operator/queue/revive"] {
        assert_eq!(staff.get(path).is(404).body, nothing.body, "{path}");
    }
    assert_eq!(staff.post("/operator/queue/revive", &[("topic", "x")]).is(404).body, nothing.body);
    app.signed_in(&app.person("operator", &[Role::Administrator])).get("/operator").is(403);
}
