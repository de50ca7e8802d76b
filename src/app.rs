//! The only module that knows every room: routes, jobs, subscribers.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer};
use jiff::Timestamp;

use crate::platform::config::Config;
use crate::platform::{Clock, Db, Result, installation};
use crate::site::{Site, assets, brand, edge};
use crate::tenancy::{self, Current};
use crate::{backoffice, commercial, operator, portal};

/// Every address of the product.
fn routes(routes: &mut ServiceConfig) {
    routes.route("/assets/{name}", web::get().to(assets::serve));
    routes.route("/brand/{hash}/{file}", web::get().to(brand));
    routes
        .configure(portal::routes)
        .configure(backoffice::routes)
        .configure(commercial::routes)
        .configure(operator::routes);
}

/// Everything the server holds in memory, read once at start and again when something published changes.
///
/// # Errors
/// The database's.
pub fn site(config: Config, clock: Clock) -> Result<Site> {
    let db = Db::new(&config.database);
    let directory = db.router(tenancy::load)?;
    let demonstration = db.router(installation::is_demonstration)?;
    Ok(Site {
        db,
        clock,
        config: Arc::new(config),
        directory: Arc::new(Current::new(directory)),
        sign_in_limits: Arc::default(),
        demonstration,
    })
}

/// The web server, bound and ready to run.
///
/// # Errors
/// If the address is taken.
pub fn serve(site: &Site, listener: std::net::TcpListener) -> anyhow::Result<Server> {
    let data = Data::new(site.clone());
    let workers = site.config.workers;
    let server = HttpServer::new(move || App::new().app_data(data.clone()).wrap(from_fn(edge)).configure(routes))
        .workers(workers)
        .shutdown_timeout(20)
        .listen(listener)?;
    Ok(server.run())
}

/// Reads the directory again when it has changed: called every second by a thread of the server's.
///
/// # Errors
/// The database's.
pub fn refresh(site: &Site, seen: &mut Option<(i64, Option<Timestamp>)>) -> Result<()> {
    let now = site.db.router(tenancy::changed_at)?;
    if *seen != Some(now) {
        site.directory.set(site.db.router(tenancy::load)?);
        *seen = Some(now);
    }
    Ok(())
}

/// How often [`refresh`] is called.
pub const REFRESH: Duration = Duration::from_secs(1);
