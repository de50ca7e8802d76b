//! One connection, passed from hand to hand: whatever happened to it, the next one finds it clean.

use std::io::Write as _;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use moothall::identity::Role;
use moothall::platform::{Error, Scope, Tx};

use super::ids::bytes;
use super::seed::World;
use crate::harness::Visitor;

#[derive(QueryableByName)]
struct Settings {
    #[diesel(sql_type = Text)]
    tenant: String,
    #[diesel(sql_type = Text)]
    actor: String,
}

/// The scope that the connection is really in.
fn settings(tx: &mut Tx<'_>) -> (String, String) {
    let sql = "select current_setting('app.tenant') as tenant, current_setting('app.actor') as actor";
    let Settings { tenant, actor } = diesel::sql_query(sql).get_result(tx.conn).unwrap();
    (tenant, actor)
}

#[test]
fn a_poisoned_connection_leaks_nothing() {
    let world = World::start_with(|config| {
        config.database.pool_size = 1;
        config.database.pool_wait_ms = 60_000;
    });
    let [here, there] = ["marlhaven", "eastmere"].map(|slug| world.id(slug));
    let db = &world.site.db;
    let queue = |viewer: &mut Visitor| bytes(&viewer.get("/staff").is(200), "");
    let mut viewers = ["marlhaven", "eastmere"].map(|slug| world.staff(slug, &[Role::Officer]));
    for viewer in &mut viewers {
        viewer.get("/track").is(200);
    }
    let right: Vec<String> = viewers.iter_mut().map(queue).collect();
    assert_ne!(right[0], right[1]);

    let poisons: [(&str, Box<dyn Fn()>); 7] = [
        (
            "a panic",
            Box::new(|| {
                let panicked = catch_unwind(AssertUnwindSafe(|| {
                    db.scoped(Scope::own(there), |_| -> Result<(), Error> { panic!("on purpose") })
                }));
                assert!(panicked.is_err());
            }),
        ),
        (
            "a statement that took too long",
            Box::new(|| {
                let slow = db.scoped(Scope::own(there), |tx| {
                    Ok(tx.conn.batch_execute("set local statement_timeout = 1; select pg_sleep(60)")?)
                });
                assert!(matches!(slow, Err(Error::Busy)), "{slow:?}");
            }),
        ),
        (
            "an error after the scope was set by hand",
            Box::new(|| {
                let wrong = db.scoped(Scope::own(there), |tx| {
                    Ok(tx.conn.batch_execute(&format!("set local app.actor = '{here}'; select 1/0"))?)
                });
                assert!(wrong.is_err());
            }),
        ),
        (
            "an error that was swallowed: the commit fails",
            Box::new(|| {
                let _ = db.scoped(Scope::own(there), |tx| {
                    let _ = tx.conn.batch_execute("select 1/0");
                    Ok(())
                });
            }),
        ),
        (
            "a failure while the scope was turned",
            Box::new(|| {
                let failed = db.scoped(Scope::own(there), |tx| tx.turned(here, |_| Err::<(), _>(Error::NotFound)));
                assert!(failed.is_err());
            }),
        ),
        (
            "a session that the server ended",
            Box::new(|| {
                let ended = db.scoped(Scope::own(there), |tx| {
                    world.database.force(
                        "select pg_terminate_backend(pid) from pg_stat_activity \
                         where datname = current_database() and usename = 'moothall_app' and state = 'idle in transaction'",
                    );
                    Ok(tx.conn.batch_execute("select 1")?)
                });
                assert!(matches!(ended, Err(Error::Busy)), "{ended:?}");
            }),
        ),
        (
            "a visitor who hung up",
            Box::new(|| {
                let viewer = world.staff("eastmere", &[Role::Officer]);
                let cookies: Vec<String> = viewer.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
                for _ in 0..20 {
                    let mut stream = TcpStream::connect(world.address()).unwrap();
                    let request = format!(
                        "GET /staff HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
                        viewer.host,
                        cookies.join("; ")
                    );
                    stream.write_all(request.as_bytes()).unwrap();
                }
            }),
        ),
    ];
    for (what, poison) in &poisons {
        poison();
        // The very next ones to hold the connection: either council, either way round.
        for (id, other) in [(here, there), (there, here)] {
            let own = id.to_string();
            assert_eq!(db.scoped(Scope::own(id), |tx| Ok(settings(tx))).unwrap(), (own.clone(), own.clone()), "{what}");
            let turned = db.scoped(Scope::own(id), |tx| tx.turned(other, |tx| Ok(settings(tx)))).unwrap();
            assert_eq!(turned, (other.to_string(), own), "{what}");
        }
        for (viewer, right) in viewers.iter_mut().zip(&right) {
            assert_eq!(&queue(viewer), right, "{what}");
        }
    }

    let answered = AtomicUsize::new(0);
    thread::scope(|threads| {
        for (viewer, right) in viewers.iter().zip(&right).chain(viewers.iter().zip(&right)) {
            let (mut viewer, answered) = (viewer.clone(), &answered);
            threads.spawn(move || {
                for _ in 0..250 {
                    assert_eq!(&queue(&mut viewer), right, "{}", viewer.host);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(answered.load(Ordering::Relaxed), 1000);
}
