//! Many citizens add files at once: what that adds to the server's memory, on a server that has done nothing else.

use std::io::Read;
use std::thread;
use std::time::Duration;

use reqwest::blocking::Body;

use super::server::{Server, multipart_client};

/// How many, and how large their files are.
pub const CITIZENS: usize = 100;
const FILE: u64 = 20 * 1024 * 1024 - 1024;
/// The most that they may add, in MB.
pub const MOST: f64 = 64.0;

/// A PDF of zeros, made as it is read.
struct Zeros(u64);

impl Read for Zeros {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = into.len().min(usize::try_from(FILE - self.0).unwrap_or(usize::MAX));
        for (at, byte) in (self.0..).zip(&mut into[..n]) {
            *byte = usize::try_from(at).ok().and_then(|at| b"%PDF-1.7\n".get(at)).copied().unwrap_or(b' ');
        }
        self.0 += n as u64;
        Ok(n)
    }
}

/// Has them all send their file to a page at the same time; says how many MB of memory the server had at the most beyond
/// what it had before.
pub fn measure(server: &Server, host: &str, path: &str, cookie: &str, token: &str) -> anyhow::Result<f64> {
    let (before, _) = server.memory()?;
    let url = format!("http://{}{path}", server.address());
    let sent: Vec<anyhow::Result<()>> = thread::scope(|scope| {
        let one = || -> anyhow::Result<()> {
            let field = |name: &str, value: &str| {
                format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let head = field("_token", token)
                + field("location", "Quay Street").as_str()
                + "--x\r\nContent-Disposition: form-data; name=\"evidence\"; filename=\"a.pdf\"\r\n\r\n";
            let tail = "\r\n--x--\r\n";
            let length = head.len() as u64 + FILE + tail.len() as u64;
            let body = std::io::Cursor::new(head.into_bytes()).chain(Zeros(0)).chain(tail.as_bytes());
            let request = multipart_client()?.post(&url).header("host", host).header("cookie", cookie);
            let request = request.header("content-type", "multipart/form-data; boundary=x");
            let answer = request.body(Body::sized(body, length)).send()?;
            anyhow::ensure!(answer.status() == 303, "a file is answered by {}: {}", answer.status(), answer.text()?);
            Ok(())
        };
        let all: Vec<_> = (0..CITIZENS).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap_or_else(|_| anyhow::bail!("a citizen gave up"))).collect()
    });
    sent.into_iter().collect::<anyhow::Result<()>>()?;
    thread::sleep(Duration::from_millis(100));
    Ok(server.memory()?.1 - before)
}
