//! Outside everything else: each request gets an id, is timed, and leaves one line in the log. The line names the route's
//! pattern and never the path, which may hold a case's private link.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use tracing::Instrument;
use uuid::Uuid;

use super::visit::Site;
use crate::kernel::new_id;
use crate::platform::telemetry::metrics;
use crate::tenancy::Authority;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware.
///
/// # Errors
/// What the handlers fail at.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let begun = Instant::now();
    let id = request_id(&request);
    let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    // Anything may stand in a method's place: only those we know become labels.
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let span = tracing::info_span!("request", %id);
    let mut answer = next.call(request).instrument(span.clone()).await;
    let (status, authority) = match &mut answer {
        Ok(response) => {
            if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
                response.headers_mut().insert(REQUEST_ID, value);
            }
            let slug = response.request().extensions().get::<Arc<Authority>>().map(|a| a.slug.clone());
            (response.status(), slug.unwrap_or_default())
        }
        Err(error) => (error.as_response_error().status_code(), String::new()),
    };
    let took = begun.elapsed();
    metrics().requests.with_label_values(&[route.as_str(), method.as_str(), class(status)]).inc();
    metrics().seconds.with_label_values(&[route.as_str()]).observe(took.as_secs_f64());
    span.in_scope(|| {
        let ms = (took.as_secs_f64() * 10_000.0).round() / 10.0;
        tracing::info!(method, route, status = status.as_u16(), ms, authority, "request");
    });
    answer
}

/// A proxy that we trust may have named the request; nobody else writes into our logs.
fn request_id(request: &ServiceRequest) -> Uuid {
    let site = request.app_data::<web::Data<Site>>();
    let trusted = request.peer_addr().zip(site).is_some_and(|(peer, s)| s.config.trusted_proxies.contains(&peer.ip()));
    let given = request.headers().get(REQUEST_ID).filter(|_| trusted).and_then(|v| v.to_str().ok()?.parse().ok());
    given.unwrap_or_else(|| new_id(site.map(|s| s.clock.now()).unwrap_or_default()))
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
