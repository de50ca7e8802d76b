//! The only module that knows every room: routes, jobs, subscribers.

mod admin;
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

use crate::platform::config::Config;
use crate::platform::{Clock, Db, Result, installation};
use crate::site::{Site, assets, brand, edge, observe};
use crate::tenancy::{self, Current};
use crate::{backoffice, commercial, operator, portal};

pub use admin::Health;
pub use process::{Part, Process};
pub use work::{Worker, settle, work};

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
pub fn serve(site: &Site, listener: TcpListener) -> anyhow::Result<Server> {
    server(site, &Arc::default(), listener)
}

fn server(site: &Site, health: &Arc<Health>, listener: TcpListener) -> anyhow::Result<Server> {
    let (data, health) = (Data::new(site.clone()), Arc::clone(health));
    let server = HttpServer::new(move || {
        let health = Arc::clone(&health);
        App::new()
            .app_data(data.clone())
            .configure(routes)
            .wrap(from_fn(edge))
            .wrap(from_fn(move |request, next| leave(Arc::clone(&health), request, next)))
            .wrap(from_fn(observe))
    });
    // `Process` handles the signals: it has to say that it is not ready before it stops.
    Ok(server.workers(site.config.workers).disable_signals().shutdown_timeout(20).listen(listener)?.run())
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
