//! The product's own binary on a free port, and a client that asks it for one page at a time.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;

/// More than anybody sends in an hour.
const NO_LIMIT: &str = "1000000000";
/// How many connections the clients, and so the pool, have.
pub const CONNECTIONS: u32 = 8;

/// A running server.
pub struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts `moothall serve` on a database; says how long it took until it was ready for visitors.
    pub fn start(url: impl Fn(&str) -> String, secret_hex: &str) -> anyhow::Result<(Server, Duration)> {
        let (address, admin) = (free_address()?, free_address()?);
        let begun = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_moothall"));
        command
            .arg("serve")
            .env_clear()
            .env("LISTEN_ADDR", address.to_string())
            .env("ADMIN_ADDR", admin.to_string())
            .env("DATABASE_URL", url("moothall_app"))
            .env("DATABASE_ROUTER_URL", url("moothall_router"))
            .env("DATABASE_SYSTEM_URL", url("moothall_system"))
            .env("DATABASE_POOL", CONNECTIONS.to_string())
            .env("SMTP_URL", "smtp://127.0.0.1:9")
            .env("MAIL_FROM", "no-reply@moothall.example")
            .env("FILES_URL", format!("file://{}", std::env::temp_dir().join("moothall-bench-files").display()))
            .env("PUBLIC_SCHEME", "http")
            .env("SECRET_KEY", secret_hex)
            .env("DRAIN_SECONDS", "0");
        for limit in
            ["STARTS_PER_HOUR", "SUBMITS_PER_HOUR", "SERVICE_SUBMITS_PER_HOUR", "TRACKS_PER_HOUR", "FILES_PER_HOUR"]
        {
            command.env(limit, NO_LIMIT);
        }
        // Its lines are made and written, as in production; where they are kept is not what is measured.
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut server = Server { child, address };
        let client = Client::builder().timeout(Duration::from_secs(5)).build()?;
        while begun.elapsed() < Duration::from_secs(30) {
            if let Some(status) = server.child.try_wait()? {
                bail!("moothall serve ended at once ({status})");
            }
            if client.get(format!("http://{admin}/readyz")).send().is_ok_and(|answer| answer.status().is_success()) {
                return Ok((server, begun.elapsed()));
            }
            sleep(Duration::from_millis(2));
        }
        bail!("moothall serve was not ready within 30 seconds")
    }

    /// The program itself, serving one page from memory.
    pub fn of_memory(page: &Path) -> anyhow::Result<Server> {
        let address = free_address()?;
        let child = Command::new(std::env::current_exe()?)
            .arg("--memory")
            .arg(page)
            .env("LISTEN_ADDR", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let server = Server { child, address };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if std::net::TcpStream::connect(address).is_ok() {
                return Ok(server);
            }
            sleep(Duration::from_millis(5));
        }
        bail!("the page in memory is not served")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its resident memory now and at its highest, in MB.
    pub fn memory(&self) -> anyhow::Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let megabytes = |name: &str| -> anyhow::Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("/proc has no such line")?;
            let kilobytes: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?;
            Ok(kilobytes / 1024.0)
        };
        Ok((megabytes("VmRSS")?, megabytes("VmHWM")?))
    }

    /// Asks for a page of one council's as a browser does, which takes compressed pages; the body comes as it was sent.
    pub fn get(&self, host: &str, path: &str, cookie: &str) -> anyhow::Result<Response> {
        let request = client()?.get(format!("http://{}{path}", self.address)).header("host", host);
        Ok(request.header("accept-encoding", "gzip").header("cookie", cookie).send()?)
    }

    /// Asks for a page and insists on getting it.
    pub fn page(&self, host: &str, path: &str, cookie: &str) -> anyhow::Result<String> {
        let request = client()?.get(format!("http://{}{path}", self.address)).header("host", host);
        let answer = request.header("cookie", cookie).send()?;
        let status = answer.status();
        if status != 200 {
            bail!("{path} answers {status}: {}", answer.text()?);
        }
        Ok(answer.text()?)
    }

    /// Sends a form; says where it leads.
    pub fn post(&self, host: &str, path: &str, cookie: &str, form: &str) -> anyhow::Result<String> {
        let request = client()?.post(format!("http://{}{path}", self.address)).header("host", host);
        let request = request.header("cookie", cookie).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form.to_owned()).send()?;
        let (status, to) = (answer.status(), answer.headers().get("location").and_then(|v| v.to_str().ok()));
        match to {
            Some(to) if status == 303 => Ok(to.to_owned()),
            _ => bail!("{path} answers {status}: {}", answer.text()?),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        }
        let _ = self.child.wait();
    }
}

fn client() -> anyhow::Result<Client> {
    Ok(Client::builder().redirect(Policy::none()).pool_max_idle_per_host(0).timeout(Duration::from_secs(30)).build()?)
}

/// One that waits as long as a large file takes among many.
pub fn multipart_client() -> anyhow::Result<Client> {
    Ok(Client::builder().redirect(Policy::none()).timeout(Duration::from_mins(5)).build()?)
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
