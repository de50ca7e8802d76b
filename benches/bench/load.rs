//! The two loads, both over eight connections: wrk on the server, pgbench on the database.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use moothall::platform::postgres;

use super::capture::Script;
use super::seed::Cluster;
use super::server::CONNECTIONS;

/// What one run did.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Requests or transactions in a second.
    pub per_second: f64,
    /// How many in all.
    pub done: u64,
    /// How long half of them took at most, as the tool says it.
    pub median: String,
    /// And 99 of 100.
    pub slowest: String,
}

/// One request of a load.
pub struct Ask {
    /// Its path.
    pub path: String,
    /// Who asks.
    pub cookie: String,
}

/// Which requests wrk sends.
pub enum Load<'a> {
    /// These in turn.
    Get(&'a [Ask]),
    /// One page's form of a run's drafts, from this number on, each once.
    Submit {
        /// Of the first draft.
        first: u64,
        /// The page's part of the address.
        page: &'a str,
        /// Whose drafts they are.
        cookie: &'a str,
        /// The form's fields.
        form: &'a str,
    },
}

/// Runs wrk on a server for some seconds. Any answer but the one that is wanted fails.
pub fn wrk(dir: &Path, server: SocketAddr, host: &str, load: &Load<'_>, seconds: u32) -> anyhow::Result<Sample> {
    let lua = dir.join("wrk.lua");
    fs::write(&lua, script(load))?;
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &CONNECTIONS.to_string(), "--latency"])
        .args(["--duration", &format!("{seconds}s"), "--header", &format!("Host: {host}")])
        .args(["--header", "Accept-Encoding: gzip", "--script"])
        .arg(&lua)
        .arg(format!("http://{server}/"))
        .output()
        .context("cannot run wrk: tests/install.sh installs it")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr));
    ensure!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "some requests failed: {text}");
    let value = |name: &str| -> anyhow::Result<&str> {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(str::trim).with_context(|| format!("wrk does not say {name}: {text}"))
    };
    let done = text.lines().find_map(|line| line.trim().split_once(" requests in ")).context("wrk counts requests")?;
    Ok(Sample {
        per_second: value("Requests/sec:")?.parse()?,
        done: done.0.parse()?,
        median: value("50%")?.to_owned(),
        slowest: value("99%")?.to_owned(),
    })
}

fn script(load: &Load<'_>) -> String {
    match load {
        Load::Get(asks) => {
            let line = |ask: &Ask| format!("  {{{:?}, {:?}}},\n", ask.path, ask.cookie);
            let asks: String = asks.iter().map(line).collect();
            format!(
                "local asks = {{\n{asks}}}\nlocal made, at = {{}}, 0\n\
                 function init(args)\n  for i, ask in ipairs(asks) do\n    \
                 local headers = {{}}\n    for name, value in pairs(wrk.headers) do headers[name] = value end\n    \
                 if ask[2] ~= '' then headers['Cookie'] = ask[2] end\n    \
                 made[i] = wrk.format('GET', ask[1], headers)\n  end\nend\n\
                 function request()\n  at = at % #made + 1\n  return made[at]\nend\n"
            )
        }
        Load::Submit { first, page, cookie, form } => format!(
            "local n = {first} - 1\n\
             function init(args)\n  wrk.headers['Cookie'] = {cookie:?}\n  \
             wrk.headers['Content-Type'] = 'application/x-www-form-urlencoded'\nend\n\
             function request()\n  n = n + 1\n  \
             return wrk.format('POST', string.format('/forms/00000000-0000-7000-8000-%012x/{page}', n), nil, {form:?})\nend\n"
        ),
    }
}

/// Runs pgbench as the application's role for some seconds. `first` is the number of the first new row.
pub fn pgbench(cluster: &Cluster, script: &Script, first: u64, seconds: u32) -> anyhow::Result<Sample> {
    let (text, variables) = script.for_pgbench(CONNECTIONS);
    let file = cluster.dir.join("pgbench.sql");
    fs::write(&file, text)?;
    let (socket, database) = cluster.address();
    let mut command = Command::new(program("pgbench")?);
    command.args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2", "--client", &CONNECTIONS.to_string()]);
    command.args(["--time", &seconds.to_string(), "--report-per-command", "--username", "moothall_app", "--host"]);
    command.arg(socket).arg("--file").arg(&file);
    for (name, value) in &variables {
        command.arg("--define").arg(format!("{name}={value}"));
    }
    command.arg("--define").arg(format!("first={first}")).arg("--define").arg("i=0").arg(database);
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("pgbench failed: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
    let value = |name: &str| -> anyhow::Result<&str> {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next())
            .with_context(|| format!("pgbench does not say {name}: {text}"))
    };
    Ok(Sample {
        per_second: value("tps = ")?.parse()?,
        done: value("number of transactions actually processed: ")?.parse()?,
        median: format!("{} ms on average", value("latency average = ")?),
        slowest: String::new(),
    })
}

/// One of PostgreSQL's programs.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    Ok(postgres::binaries()?.join(name))
}
