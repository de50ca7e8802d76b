//! The second listener, for machines that look after this one: whether the process lives, whether it should be sent
//! visitors, and its numbers. Loopback unless told otherwise; never behind the proxy that serves the public.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};

use crate::platform::telemetry::metrics;
use crate::platform::{Error, migrate, outbox};
use crate::site::Site;

/// A worker that has not turned for so long is stuck: no item takes a tenth of it.
const STUCK: Duration = Duration::from_mins(5);

/// How this process is.
#[derive(Debug, Default)]
pub struct Health {
    draining: AtomicBool,
    beat: Mutex<Option<Instant>>,
}

impl Health {
    /// It is about to stop: no more visitors, thank you.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether it is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// The worker has turned.
    ///
    /// # Panics
    /// Never: nothing panics while it holds the lock.
    pub fn beat(&self) {
        *self.beat.lock().expect("nothing panics while it holds this lock") = Some(Instant::now());
    }

    fn is_stuck(&self) -> bool {
        let beat = self.beat.lock().expect("nothing panics while it holds this lock");
        beat.is_some_and(|last| last.elapsed() > STUCK)
    }
}

/// The listener's server.
///
/// # Errors
/// If it cannot listen.
pub fn serve(site: &Site, health: &Arc<Health>, listener: TcpListener) -> anyhow::Result<Server> {
    let (site, health) = (Data::new(site.clone()), Data::from(Arc::clone(health)));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(site.clone())
            .app_data(health.clone())
            .route("/healthz", web::get().to(healthz))
            .route("/readyz", web::get().to(readyz))
            .route("/metrics", web::get().to(numbers))
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(listener)?.run())
}

/// `GET /healthz`: restart this process if it says no. Says nothing of the database, which a restart does not mend.
async fn healthz(health: Data<Health>) -> HttpResponse {
    if health.is_stuck() { no("the worker is stuck") } else { HttpResponse::Ok().body("ok\n") }
}

/// `GET /readyz`: send visitors here if it says yes. The catalogue was examined before the process listened at all.
async fn readyz(site: Data<Site>, health: Data<Health>) -> HttpResponse {
    if health.is_draining() {
        return no("stopping");
    }
    let db = site.db.clone();
    let looked = web::block(move || {
        db.ping()?;
        db.router(|conn| Ok(migrate::pending(conn)?))
    });
    match looked.await {
        Ok(Ok(pending)) if pending.is_empty() => HttpResponse::Ok().body("ok\n"),
        Ok(Ok(_)) => no("the database is older than this program: run moothall migrate"),
        Ok(Err(Error::Busy)) => no("the database cannot be reached"),
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready");
            no("the database does not answer as it should")
        }
        Err(_) => no("stopping"),
    }
}

/// `GET /metrics`. No label names a tenant.
async fn numbers(site: Data<Site>) -> HttpResponse {
    let db = site.db.clone();
    for pool in db.pools() {
        let set = |state: &str, n: u32| metrics().connections.with_label_values(&[pool.role, state]).set(n.into());
        set("in_use", pool.in_use);
        set("idle", pool.open - pool.in_use);
        set("max", pool.max);
    }
    // Without the database there are still the process's own numbers; the queue's are left out rather than guessed.
    metrics().outbox.reset();
    if let Ok(Ok(queue)) = web::block(move || outbox::health(&db)).await {
        for one in queue {
            let add = |state: &str, n: i64| metrics().outbox.with_label_values(&[one.topic.as_str(), state]).add(n);
            add("waiting", one.waiting);
            add("retrying", one.retrying);
            add("dead", one.dead);
        }
    }
    match metrics().text() {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text),
        Err(error) => {
            tracing::error!(%error, "the numbers cannot be written");
            no("the numbers cannot be written")
        }
    }
}

fn no(why: &str) -> HttpResponse {
    HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE).body(format!("{why}\n"))
}
