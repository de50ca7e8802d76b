//! What the front page is measured against: the least that the same web server can do, which is to send bytes that it has.

use std::fs;
use std::path::Path;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context;
use serde::{Deserialize, Serialize};

/// A response as it was sent.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// Its headers, but for those that the web server adds to every response.
    pub headers: Vec<(String, String)>,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Serves the page in a file until it is told to stop.
pub fn serve(file: &Path) -> anyhow::Result<()> {
    let kept: Kept = serde_json::from_slice(&fs::read(file)?)?;
    let page = Data::new((kept.headers, Bytes::from(kept.body)));
    let address = std::env::var("LISTEN_ADDR").context("LISTEN_ADDR says where")?;
    let server = move || App::new().app_data(page.clone()).route("/", web::get().to(send));
    // As many threads as the product has by itself.
    actix_web::rt::System::new().block_on(HttpServer::new(server).workers(2).bind(address)?.run())?;
    Ok(())
}

async fn send(page: Data<(Vec<(String, String)>, Bytes)>) -> HttpResponse {
    let (headers, body) = page.get_ref();
    let mut response = HttpResponse::Ok();
    for (name, value) in headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    response.body(body.clone())
}
