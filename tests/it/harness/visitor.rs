//! Somebody with a browser: keeps cookies, sends back the form's token, follows nothing by itself.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, multipart};
use reqwest::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;

use super::page::Page;

/// A browser on one host. `*.localhost` is not resolved by the C library: it connects to the server's address and names
/// the host in the header.
#[derive(Debug, Clone)]
pub struct Visitor {
    server: SocketAddr,
    /// The host it asks for.
    pub host: String,
    /// The address it comes from, as the proxy in front says.
    pub address: String,
    /// What the server gave it to keep.
    pub cookies: BTreeMap<String, String>,
    last: Option<Page>,
}

impl Visitor {
    /// Somebody at this address, on this host of that server's.
    pub fn new(server: SocketAddr, host: &str, address: &str) -> Visitor {
        let (host, address) = (host.to_owned(), address.to_owned());
        Visitor { server, host, address, cookies: BTreeMap::new(), last: None }
    }

    /// The last page seen.
    #[track_caller]
    pub fn page(&self) -> &Page {
        self.last.as_ref().expect("the visitor has seen a page")
    }

    /// Opens an address.
    pub fn get(&mut self, path: &str) -> Page {
        self.ask(Method::GET, path, &[], None)
    }

    /// Sends fields with the token of the last page's form.
    pub fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token =
            self.page().token().unwrap_or_else(|| panic!("no form on {}: {}", self.page().path, self.page().text()));
        let mut fields = fields.to_vec();
        fields.push(("_token", &token));
        self.post(path, &fields)
    }

    /// Fills in the form of the last page whose action holds `action`, and sends it with its hidden fields.
    #[track_caller]
    pub fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Page {
        let form = self.page().forms().into_iter().find(|f| f.method == "post" && f.action.contains(action));
        let Some(form) = form else { panic!("{} has no form to {action}: {}", self.page().path, self.page().text()) };
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        all.extend(
            form.hidden
                .iter()
                .filter(|(n, _)| !fields.iter().any(|(f, _)| f == n))
                .map(|(n, v)| (n.as_str(), v.as_str())),
        );
        self.post(&form.action, &all)
    }

    /// Sends exactly these fields.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.ask(Method::POST, path, &[], Some(&encode(fields)))
    }

    /// Sends a form with files, each a field's name, the file's own and its bytes, as a browser does: the token first.
    pub fn post_files(&mut self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Page {
        self.try_to_post_files(path, fields, files).unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// The same, where the server may not answer.
    pub fn try_to_post_files(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> reqwest::Result<Page> {
        let mut form = multipart::Form::new();
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        for (field, name, bytes) in files {
            form = form.part((*field).to_owned(), multipart::Part::bytes(bytes.to_vec()).file_name((*name).to_owned()));
        }
        self.send(Method::POST, path, |request| request.multipart(form))
    }

    /// Goes where the last page sent it, until something else than a redirection comes.
    #[track_caller]
    pub fn follow(&mut self) -> Page {
        for _ in 0..5 {
            let to = self.page().location();
            let page = self.get(&to);
            if !(300..400).contains(&page.status) {
                return page;
            }
        }
        panic!("{} leads round in circles", self.page().path)
    }

    /// Any request, as this visitor.
    pub fn ask(&mut self, method: Method, path: &str, headers: &[(&str, &str)], form: Option<&str>) -> Page {
        self.try_to_ask(method, path, headers, form).unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// The same, where the server may not answer.
    pub fn try_to_ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&str>,
    ) -> reqwest::Result<Page> {
        self.send(method, path, |mut request| {
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            match form {
                Some(form) => request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned()),
                None => request,
            }
        })
    }

    fn send(
        &mut self,
        method: Method,
        path: &str,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> reqwest::Result<Page> {
        static CLIENT: OnceLock<Client> = OnceLock::new();
        // Servers come and go and ports are used again, so that no connection is kept.
        let client = CLIENT.get_or_init(|| {
            Client::builder()
                .redirect(Policy::none())
                .pool_max_idle_per_host(0)
                .timeout(Duration::from_secs(30))
                .build()
                .unwrap()
        });
        let mut request = client.request(method, format!("http://{}{path}", self.server));
        request = request.header(HOST, &self.host).header("x-forwarded-for", &self.address);
        if !self.cookies.is_empty() {
            let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, jar.join("; "));
        }
        let response = fill(request).send()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        self.keep_cookies(&headers);
        let bytes = response.bytes()?.to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let page = Page { path: path.to_owned(), status, headers, body, bytes };
        self.last = Some(page.clone());
        Ok(page)
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let attributes = attributes.to_ascii_lowercase();
            // A browser drops a `__Host-` cookie that is not exactly this.
            if name.starts_with("__Host-") {
                let fit =
                    attributes.contains("secure") && attributes.contains("path=/") && !attributes.contains("domain");
                assert!(fit, "a browser would not keep {cookie}");
            }
            if value.is_empty() || attributes.contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Sends bytes that no client library would, and returns all that comes back.
    pub fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.server).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A server that has answered may reset the connection rather than read what follows.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// `application/x-www-form-urlencoded`.
pub fn encode(fields: &[(&str, &str)]) -> String {
    let plain = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
                byte => out.push_str(&format!("%{byte:02X}")),
            }
            out
        })
    };
    fields.iter().map(|(name, value)| format!("{}={}", plain(name), plain(value))).collect::<Vec<_>>().join("&")
}
