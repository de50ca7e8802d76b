//! `/exit`: out of a sensitive service, at once and without a trace that we can help. What it cannot do, the service's first
//! page says: the browser's history, and what others have put on the device, stay.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::forms;
use crate::platform::{Error, Result};
use crate::site::Visit;

/// `GET /exit`: erases what was not sent and leads away; from another site's page it only leads away. It leads away also when the database does not answer; the drafts
/// then end by themselves.
///
/// # Errors
/// [`Error::NotFound`] for a browser that only looks ahead.
pub async fn exit(visit: Visit, request: HttpRequest) -> Result<HttpResponse> {
    let ahead =
        |name: &str| request.headers().get(name).is_some_and(|v| v.to_str().is_ok_and(|v| v.contains("prefetch")));
    if ahead("sec-purpose") || ahead("purpose") {
        return Err(Error::NotFound);
    }
    if request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return visit.see_other(&visit.here.portal.exit_to);
    }
    let browser = visit.browser().clone();
    let erased = visit.scoped(move |tx| forms::discard_drafts(tx, &browser)).await;
    // A file that is left over is removed by the sweep.
    if let Err(error) = async { visit.remove_files(erased?).await }.await {
        tracing::warn!(%error, "something was left behind by an exit");
    }
    let mut response = visit.left(&visit.here.portal.exit_to)?;
    // Cookies by this header would take the one that says where Back leads, and those of the council's other sites.
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"storage\""));
    Ok(response)
}
