//! A bucket that speaks S3: requests are signed by `rusty-s3`, which does no I/O, and sent by `reqwest`.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::{StatusCode, Url};
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Credentials, S3Action, UrlStyle};

/// For how long a signature holds.
const SIGNED_FOR: Duration = Duration::from_mins(5);

pub(super) struct Bucket {
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    client: Client,
}

impl Bucket {
    pub(super) fn new(url: &str) -> anyhow::Result<Bucket> {
        const EXAMPLE: &str = "for example s3://key:secret@s3.eu-west-2.amazonaws.com/bucket?region=eu-west-2";
        // The address holds a secret: no complaint repeats it.
        let plain = url.strip_prefix("s3://").map(|rest| format!("https://{rest}"));
        let plain = plain.or_else(|| url.strip_prefix("s3+http://").map(|rest| format!("http://{rest}")));
        let plain = plain.with_context(|| format!("FILES_URL begins with neither file:// nor s3://; {EXAMPLE}"))?;
        let mut endpoint =
            Url::parse(&plain).ok().with_context(|| format!("FILES_URL is not an address; {EXAMPLE}"))?;
        let password = endpoint.password().with_context(|| format!("FILES_URL lacks a secret; {EXAMPLE}"))?;
        let credentials = Credentials::new(decoded(endpoint.username()), decoded(password));
        let region = endpoint.query_pairs().find(|(name, _)| name == "region").map(|(_, value)| value.into_owned());
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        let name = endpoint.path().trim_matches('/').to_owned();
        ensure!(!name.is_empty() && !name.contains('/'), "FILES_URL names no bucket; {EXAMPLE}");
        let cleared = endpoint.set_username("").and_then(|()| endpoint.set_password(None));
        ensure!(cleared.is_ok(), "FILES_URL names no host; {EXAMPLE}");
        endpoint.set_path("/");
        endpoint.set_query(None);
        // The bucket in the path: every store understands that, and no certificate has to know the bucket's name.
        let bucket = rusty_s3::Bucket::new(endpoint, UrlStyle::Path, name, region)
            .with_context(|| format!("FILES_URL is not an address of a bucket; {EXAMPLE}"))?;
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_mins(2))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Bucket { bucket, credentials, client })
    }

    pub(super) fn put(&self, name: &str, file: File) -> io::Result<()> {
        let url = self.bucket.put_object(Some(&self.credentials), name).sign(SIGNED_FOR);
        send(self.client.put(url).body(file)).map(drop)
    }

    pub(super) fn get(&self, name: &str) -> io::Result<Response> {
        let url = self.bucket.get_object(Some(&self.credentials), name).sign(SIGNED_FOR);
        send(self.client.get(url))
    }

    pub(super) fn delete(&self, name: &str) -> io::Result<()> {
        let url = self.bucket.delete_object(Some(&self.credentials), name).sign(SIGNED_FOR);
        super::absent_is_fine(send(self.client.delete(url)).map(drop))
    }

    /// What lies below `prefix`, without it.
    pub(super) fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let mut list = self.bucket.list_objects_v2(Some(&self.credentials));
            list.with_prefix(prefix.to_owned());
            if let Some(token) = next.take() {
                list.with_continuation_token(token);
            }
            let mut text = String::new();
            send(self.client.get(list.sign(SIGNED_FOR)))?.read_to_string(&mut text)?;
            let page = ListObjectsV2::parse_response(&text)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the bucket's answer cannot be read"))?;
            names.extend(page.contents.iter().filter_map(|one| Some(one.key.strip_prefix(prefix)?.to_owned())));
            match page.next_continuation_token {
                Some(token) => next = Some(token),
                None => return Ok(names),
            }
        }
    }
}

/// Secrets of S3 hold `/` and `+`, which an address spells `%2F` and `%2B`.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The address is in the library's own errors, and the signature in the address: neither is passed on.
fn send(request: RequestBuilder) -> io::Result<Response> {
    let response = request.send().map_err(|error| {
        let what = if error.is_timeout() { "the bucket did not answer in time" } else { "no connection to the bucket" };
        io::Error::other(what)
    })?;
    match response.status() {
        status if status.is_success() => Ok(response),
        StatusCode::NOT_FOUND => Err(io::ErrorKind::NotFound.into()),
        status => Err(io::Error::other(format!("the bucket answered {}", status.as_u16()))),
    }
}
