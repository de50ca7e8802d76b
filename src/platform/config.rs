//! Configuration: environment variables, read once at start. `docs/running.md` has the same table for people.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::kernel::seal::Secret;

/// How to reach the database, one URL for each of the server's roles.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// Role `moothall_app`.
    pub app_url: String,
    /// Role `moothall_router`.
    pub router_url: String,
    /// Role `moothall_system`.
    pub system_url: String,
    /// Connections of the application's pool.
    pub pool_size: u32,
    /// How long a request waits for a connection before 503, in milliseconds.
    pub pool_wait_ms: u64,
}

impl DatabaseConfig {
    /// Reads the environment: what the commands need that neither serve nor send.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong, and what it should be.
    pub fn from_env() -> anyhow::Result<DatabaseConfig> {
        Ok(DatabaseConfig {
            app_url: required("DATABASE_URL", "postgres://moothall_app:…@host/moothall")?,
            router_url: required("DATABASE_ROUTER_URL", "postgres://moothall_router:…@host/moothall")?,
            system_url: required("DATABASE_SYSTEM_URL", "postgres://moothall_system:…@host/moothall")?,
            pool_size: parsed("DATABASE_POOL", "8")?,
            pool_wait_ms: parsed("DATABASE_POOL_WAIT_MS", "2000")?,
        })
    }

    /// The address of the database for `moothall migrate` and nothing else: a role that may act as `moothall_owner`.
    ///
    /// # Errors
    /// If it is not set.
    pub fn migrate_url_from_env() -> anyhow::Result<String> {
        required("DATABASE_MIGRATE_URL", "postgres://moothall_migrate:…@host/moothall")
    }

    /// The three roles on one server, given a URL with `{role}` where the role's name goes, or without a user.
    #[must_use]
    pub fn from_template(template: &str, pool_size: u32) -> DatabaseConfig {
        let url = |role: &str| template.replace("{role}", role);
        DatabaseConfig {
            app_url: url("moothall_app"),
            router_url: url("moothall_router"),
            system_url: url("moothall_system"),
            pool_size,
            pool_wait_ms: 2000,
        }
    }
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// `smtp://host:port`, or `smtps://user:password@host` with TLS.
    pub smtp_url: String,
    /// The address that messages come from; the council's name is shown before it.
    pub from: String,
}

/// Where files are kept and who looks into them.
#[derive(Clone, Debug)]
pub struct FilesConfig {
    /// `FILES_URL`: `file:///var/lib/moothall/files`, or `s3://key:secret@host/bucket?region=eu-west-2`.
    pub url: String,
    /// `CLAMD_ADDR`: where ClamAV's daemon listens, `host:port` or the path of a socket; none, and no file is scanned.
    pub clamd: Option<String>,
}

/// How often one address, or everybody together, may do what costs somebody something, in an hour.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `STARTS_PER_HOUR`: forms started from one address.
    pub starts_per_hour: u32,
    /// `SUBMITS_PER_HOUR`: forms of one service sent from one address.
    pub submits_per_hour: u32,
    /// `SERVICE_SUBMITS_PER_HOUR`: forms of one service of one council sent by everybody.
    pub service_submits_per_hour: u32,
    /// `TRACKS_PER_HOUR`: cases looked up from one address.
    pub tracks_per_hour: u32,
    /// `FILES_PER_HOUR`: files added to forms from one address.
    pub files_per_hour: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            starts_per_hour: 120,
            submits_per_hour: 30,
            service_submits_per_hour: 600,
            tracks_per_hour: 60,
            files_per_hour: 300,
        }
    }
}

/// Everything the server is told from outside.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LISTEN_ADDR`: where the portals are served.
    pub listen: SocketAddr,
    /// `ADMIN_ADDR`: health and metrics, loopback by default.
    pub admin: SocketAddr,
    /// `DATABASE_*`.
    pub database: DatabaseConfig,
    /// `SMTP_URL`, `MAIL_FROM`.
    pub mail: MailConfig,
    /// `FILES_URL`, `CLAMD_ADDR`.
    pub files: FilesConfig,
    /// `SECRET_KEY`, `SECRET_KEY_PREVIOUS`.
    pub secret: Secret,
    /// `TRUSTED_PROXIES`: addresses whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// `PUBLIC_SCHEME`: `https` behind a proxy, `http` on a developer's machine; used in links in mail.
    pub public_scheme: String,
    /// `PUBLIC_PORT`: the port in links, where it is not the scheme's own.
    pub public_port: Option<u16>,
    /// What strangers may do.
    pub limits: Limits,
    /// `HTTP_WORKERS`: threads that accept requests.
    pub workers: usize,
    /// `DRAIN_SECONDS`: how long, after SIGTERM, `/readyz` says no before the server stops taking connections, so that
    /// a load balancer can look away first.
    pub drain_seconds: u64,
    /// Where the demonstration's mail catcher keeps what it caught; none outside `make demo`.
    pub mail_catcher: Option<PathBuf>,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong, and what it should be.
    pub fn from_env() -> anyhow::Result<Config> {
        let port: Option<u16> =
            optional("PUBLIC_PORT").map(|p| p.parse()).transpose().context("PUBLIC_PORT is not a port number")?;
        Ok(Config {
            listen: parsed("LISTEN_ADDR", "127.0.0.1:8080")?,
            admin: parsed("ADMIN_ADDR", "127.0.0.1:9080")?,
            database: DatabaseConfig::from_env()?,
            mail: MailConfig {
                smtp_url: required("SMTP_URL", "smtps://user:password@mail.example.gov.uk")?,
                from: required("MAIL_FROM", "no-reply@example.gov.uk")?,
            },
            files: FilesConfig {
                url: required("FILES_URL", "file:///var/lib/moothall/files")?,
                clamd: optional("CLAMD_ADDR"),
            },
            secret: secrets_from_env()?,
            trusted_proxies: optional("TRUSTED_PROXIES")
                .unwrap_or_default()
                .split(',')
                .filter(|a| !a.trim().is_empty())
                .map(|a| a.trim().parse().with_context(|| format!("TRUSTED_PROXIES: {a:?} is not an IP address")))
                .collect::<anyhow::Result<_>>()?,
            public_scheme: optional("PUBLIC_SCHEME").unwrap_or_else(|| "https".to_owned()),
            public_port: port,
            limits: Limits {
                starts_per_hour: parsed("STARTS_PER_HOUR", "120")?,
                submits_per_hour: parsed("SUBMITS_PER_HOUR", "30")?,
                service_submits_per_hour: parsed("SERVICE_SUBMITS_PER_HOUR", "600")?,
                tracks_per_hour: parsed("TRACKS_PER_HOUR", "60")?,
                files_per_hour: parsed("FILES_PER_HOUR", "300")?,
            },
            workers: parsed("HTTP_WORKERS", "2")?,
            drain_seconds: parsed("DRAIN_SECONDS", "5")?,
            mail_catcher: None,
        })
    }
}

impl Config {
    /// The address of a page on a host, for mail.
    #[must_use]
    pub fn link(&self, host: &str, path: &str) -> String {
        let port = self.public_port.map(|p| format!(":{p}")).unwrap_or_default();
        format!("{}://{host}{port}{path}", self.public_scheme)
    }
}

/// `SECRET_KEY`, and those of `SECRET_KEY_PREVIOUS`, whose work is recognised until it has been done anew.
fn secrets_from_env() -> anyhow::Result<Secret> {
    let mut found = secret(&required("SECRET_KEY", "the output of: openssl rand -hex 32")?)?;
    let former = optional("SECRET_KEY_PREVIOUS").unwrap_or_default();
    for one in former.split(',').filter(|one| !one.trim().is_empty()) {
        found = found.after(&material("SECRET_KEY_PREVIOUS", one)?);
    }
    Ok(found)
}

/// Reads a secret of at least 32 bytes from hexadecimal.
///
/// # Errors
/// If it is not hexadecimal, or too short.
pub fn secret(text: &str) -> anyhow::Result<Secret> {
    Ok(Secret::new(&material("SECRET_KEY", text)?))
}

fn material(name: &str, text: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = hex::decode(text.trim())
        .with_context(|| format!("{name} is not hexadecimal; make one with: openssl rand -hex 32"))?;
    if bytes.len() < 32 {
        bail!("{name} has {} bytes and needs at least 32; make one with: openssl rand -hex 32", bytes.len());
    }
    Ok(bytes)
}

fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.trim().is_empty())
}

fn required(name: &str, example: &str) -> anyhow::Result<String> {
    optional(name).with_context(|| format!("{name} is not set; for example {example}"))
}

fn parsed<T: std::str::FromStr>(name: &str, default: &str) -> anyhow::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = optional(name).unwrap_or_else(|| default.to_owned());
    text.parse().with_context(|| format!("{name} is {text:?}; for example {default}"))
}
