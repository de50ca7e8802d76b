//! The only module that knows every room: routes, jobs, subscribers.

mod admin;
mod demo;
mod process;
mod work;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer};
use jiff::Timestamp;
use jiff::civil::Date;
use nix::sys::socket::{setsockopt, sockopt};

use crate::forms::{self, Finder, MissedSearches, Services};
use crate::kernel::billing_date;
use crate::platform::blob::Blobs;
use crate::platform::config::Config;
use crate::platform::http::Throttle;
use crate::platform::{Clock, Db, Result, Turns, installation};
use crate::portal::{FrontPages, Throttles};
use crate::site::{Site, assets, brand, edge, observe};
use crate::tenancy::{self, Current};
use crate::{backoffice, commercial, operator, portal};

pub use admin::Health;
pub use demo::{Demo, demo};
pub use process::{Part, Process, examine, start};
pub use work::{Worker, settle, work};

/// How many requests speak with the store of files at a time, and how long others wait. One that has stopped answering
/// holds up files alone.
const FILES_AT_ONCE: usize = 8;
const FILES_WAIT: Duration = Duration::from_secs(30);

/// How many bytes wait in the kernel on one connection; it doubles the figure. The web server reads all that wait into
/// memory, and a hundred files at once are a hundred times as much. The proxy before it is near, so that more would not
/// be faster.
const RECEIVED: usize = 32 * 1024;

/// Every address of the product.
fn routes(routes: &mut ServiceConfig) {
    routes.route("/assets/{name}", web::get().to(assets::serve));
    routes.route("/brand/{hash}/{file}", web::get().to(brand));
    routes
        .configure(portal::routes)
        .configure(backoffice::routes)
        .configure(commercial::routes)
        .configure(operator::routes)
        .configure(crate::billing::routes);
}

/// Everything the server holds: the site, and what the councils have published, read once at start and again when it
/// changes.
#[derive(Clone)]
pub struct House {
    site: Site,
    services: Data<Current<Services>>,
    fronts: Data<Current<FrontPages>>,
    finder: Data<Current<Finder>>,
    missed: Data<MissedSearches>,
    throttles: Data<Throttles>,
    /// The state of what it has read.
    seen: Seen,
}

impl std::ops::Deref for House {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

/// Opens the house.
///
/// # Errors
/// The database's.
pub fn house(config: Config, clock: Clock) -> Result<House> {
    let db = Db::new(&config.database);
    let today = billing_date(clock.now());
    // Before the rest: what changes meanwhile is then read again.
    let seen = (db.router(tenancy::changed_at)?, today);
    let (directory, services) = db.router(|conn| Ok((tenancy::load(conn)?, forms::load(conn, today)?)))?;
    let demonstration = db.router(installation::is_demonstration)?;
    let fronts = FrontPages::new(&directory, &services)?;
    let blobs = Blobs::new(&config.files.url, &config.secret)?;
    let file_limits = Arc::new(Throttle::new(config.limits.files_per_hour, Duration::from_hours(1)));
    Ok(House {
        finder: Data::new(Current::new(Finder::new(&directory, &services))),
        missed: Data::default(),
        services: Data::new(Current::new(services)),
        fronts: Data::new(Current::new(fronts)),
        throttles: Data::new(Throttles::new(&config.limits)),
        seen,
        site: Site {
            db,
            blobs,
            clock,
            config: Arc::new(config),
            directory: Arc::new(Current::new(directory)),
            sign_in_limits: Arc::default(),
            file_limits,
            file_turns: Turns::new("the store of files", FILES_AT_ONCE, FILES_WAIT),
            demonstration,
        },
    })
}

/// The web server, bound and ready to run.
///
/// # Errors
/// If the address is taken.
pub fn serve(house: &House, listener: TcpListener) -> anyhow::Result<Server> {
    server(house, &Arc::default(), listener)
}

fn server(house: &House, health: &Arc<Health>, listener: TcpListener) -> anyhow::Result<Server> {
    let (held, health, workers) = (house.clone(), Arc::clone(health), house.config.workers);
    let server = HttpServer::new(move || {
        let health = Arc::clone(&health);
        App::new()
            .app_data(Data::new(held.site.clone()))
            .app_data(held.services.clone())
            .app_data(held.fronts.clone())
            .app_data(held.finder.clone())
            .app_data(held.missed.clone())
            .app_data(held.throttles.clone())
            .configure(routes)
            .wrap(from_fn(edge))
            .wrap(from_fn(move |request, next| leave(Arc::clone(&health), request, next)))
            .wrap(from_fn(observe))
    });
    setsockopt(&listener, sockopt::RcvBuf, &RECEIVED)?;
    // As many as may be at work at a time; the others wait without one.
    let server = server.worker_max_blocking_threads(house.config.database.pool_size as usize + FILES_AT_ONCE);
    // `Process` handles the signals: it has to say that it is not ready before it stops.
    Ok(server.workers(workers).disable_signals().shutdown_timeout(20).listen(listener)?.run())
}

/// While the server is about to stop, each answer ends its connection: the client's next request goes to another one.
async fn leave(
    health: Arc<Health>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> std::result::Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    if health.is_draining() {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// What [`refresh`] saw last: the state of what is published, and the London day.
pub type Seen = ((i64, Option<Timestamp>), Date);

/// Reads what is published again when it has changed, or a day has come on which a version comes into force: called every
/// second by a thread of the server's.
///
/// # Errors
/// The database's.
pub fn refresh(house: &House, seen: &mut Option<Seen>) -> Result<()> {
    let today = billing_date(house.clock.now());
    let now = (house.db.router(tenancy::changed_at)?, today);
    if *seen != Some(now) {
        let known = house.services.get();
        let (directory, services) =
            house.db.router(|conn| Ok((tenancy::load(conn)?, forms::renew(conn, today, &known)?)))?;
        house.fronts.set(FrontPages::new(&directory, &services)?);
        house.finder.set(Finder::new(&directory, &services));
        house.services.set(services);
        house.directory.set(directory);
        *seen = Some(now);
    }
    Ok(())
}

/// How often [`refresh`] is called.
pub const REFRESH: Duration = Duration::from_secs(1);
