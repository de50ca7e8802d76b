//! The edge: which council a request reaches, and that nothing else is reached.

use diesel::prelude::*;
use moothall::identity::{self, Role};
use moothall::platform::schema::staff;
use moothall::platform::{Error, Result};
use reqwest::Method;
use uuid::Uuid;

use crate::harness::App;

#[test]
fn a_host_names_the_council_and_an_unknown_one_names_nobody() {
    let app = App::start();
    let mut citizen = app.visitor("marlhaven");
    citizen.get("/no-such-page").is(404).has("Marlhaven City Council").lacks("Eastmere");
    citizen.host = "elsewhere.example".to_owned();
    citizen.get("/").is(421).lacks("Marlhaven");
    let twice = citizen
        .raw("GET / HTTP/1.1\r\nHost: marlhaven.localhost\r\nHost: eastmere.localhost\r\nConnection: close\r\n\r\n");
    assert!(twice.starts_with("HTTP/1.1 4"), "{twice}");
}

#[test]
fn each_test_has_a_database_of_its_own() {
    let (one, other) = (App::start(), App::start());
    assert_ne!(one.address(), other.address());
    let people = |app: &App| app.scoped("marlhaven", |tx| Ok(staff::table.count().get_result::<i64>(tx.conn)?));
    let person = one.person("marlhaven", &[Role::Officer]);
    assert_eq!((people(&one), people(&other)), (1, 0));
    let me = one.signed_in(&person).claims(&one);
    one.scoped("marlhaven", |tx| {
        assert_eq!(identity::authenticate(tx, me.as_ref(), one.now())?.name, person.name);
        Ok(())
    });
}

#[test]
fn only_a_proxy_that_we_trust_names_a_request() {
    let given = "0197f0e2-7f3c-7c3e-9d54-1f6b2c3d4e5f";
    let named = |app: &App, id: &str| {
        let mut citizen = app.visitor("marlhaven");
        citizen.ask(Method::GET, "/no-such-page", &[("x-request-id", id)], None).header("x-request-id").to_owned()
    };
    let behind_a_proxy = App::start();
    assert_eq!(named(&behind_a_proxy, given), given);
    assert!(named(&behind_a_proxy, "see <b>this</b>").parse::<Uuid>().is_ok(), "one that is no id is replaced");
    let open = App::start_with(|config| config.trusted_proxies.clear());
    assert_ne!(named(&open, given), given);
}

#[test]
fn what_is_refused_in_anothers_rows_leaves_the_scope_as_it_was() {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = diesel::sql_types::Text)]
        tenant: String,
    }
    let app = App::start();
    let refused = app.scoped("wealdshire", |tx| {
        let refused: Result<()> = tx.turned(app.id("marlhaven"), |_| Err(Error::NotFound));
        let now: Setting = diesel::sql_query("select current_setting('app.tenant') as tenant").get_result(tx.conn)?;
        assert_eq!(now.tenant, app.id("wealdshire").to_string());
        Ok(refused)
    });
    assert!(matches!(refused, Err(Error::NotFound)));
}
