//! What is embedded from `assets/`, under names that hold the content's hash.

use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse};

use crate::platform::{Error, Result};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// For what never changes under its name.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// `GET /assets/{name}`.
///
/// # Errors
/// [`Error::NotFound`] for a name that this version does not have.
pub async fn serve(request: HttpRequest) -> Result<HttpResponse> {
    let (_, media_type, plain, gzipped) =
        ALL.iter().find(|(path, ..)| *path == request.path()).ok_or(Error::NotFound)?;
    let accepts =
        request.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("gzip"));
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, *media_type))
        .insert_header((CACHE_CONTROL, IMMUTABLE))
        .insert_header((VARY, "Accept-Encoding"));
    if accepts && !media_type.starts_with("font/") {
        response.insert_header((CONTENT_ENCODING, "gzip"));
        return Ok(response.body(*gzipped));
    }
    Ok(response.body(*plain))
}

/// Gzips a page that is kept in memory.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).and_then(|()| out.finish()).expect("a vector can be written")
}
