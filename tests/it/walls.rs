//! The edge: which council a request reaches, and that nothing else is reached.

use diesel::prelude::*;
use moothall::identity::{self, Role};
use moothall::platform::schema::staff;

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
