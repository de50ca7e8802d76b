//! An embedded PostgreSQL for `make demo` and the tests: Debian's server binaries on a directory of our own, reached
//! over a Unix socket. `setpriv` (util-linux) drops to the `postgres` user when we are root, and asks the kernel to
//! stop the server if we die.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Pid, Uid, User, chown};

/// A running PostgreSQL that stops when dropped. The thread that starts it must outlive it: the kernel stops the server
/// when that thread ends.
pub struct Postgres {
    child: Child,
    dir: PathBuf,
}

impl Postgres {
    /// Starts a server on `dir`, making its cluster first if there is none.
    ///
    /// # Errors
    /// If the binaries are missing, the directory cannot be reached by the `postgres` user, or it does not start.
    pub fn start(dir: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Postgres> {
        let bin = binaries()?;
        let (data, sockets) = (dir.join("data"), dir.join("s"));
        fs::create_dir_all(&sockets).with_context(|| format!("cannot make {}", sockets.display()))?;
        let owner = server_user()?;
        if let Some(user) = &owner {
            give_to(dir, user)?;
            give_to(&sockets, user)?;
        }
        if sockets.join(".s.PGSQL.5432").as_os_str().len() > 100 {
            bail!("{} is too long for a Unix socket: choose a shorter directory", sockets.display());
        }
        let command = |program: &str| {
            let mut command = match &owner {
                Some(user) => {
                    let mut c = Command::new("setpriv");
                    c.arg(format!("--reuid={}", user.uid)).arg(format!("--regid={}", user.gid));
                    c.args(["--clear-groups", "--pdeathsig=INT", "--"]).arg(bin.join(program));
                    c
                }
                None => {
                    let mut c = Command::new("setpriv");
                    c.args(["--pdeathsig=INT", "--"]).arg(bin.join(program));
                    c
                }
            };
            command
                .env_clear()
                .env("PATH", "/usr/bin:/bin")
                .env("LC_ALL", "C.UTF-8")
                .current_dir("/")
                .stdin(Stdio::null());
            command
        };
        if !data.join("PG_VERSION").exists() {
            let made = command("initdb")
                .args(["-N", "--no-locale", "-E", "UTF8", "-A", "trust", "-U", "postgres", "-D"])
                .arg(&data)
                .output()
                .context("cannot run initdb")?;
            if !made.status.success() {
                bail!("initdb failed in {}: {}", dir.display(), String::from_utf8_lossy(&made.stderr));
            }
        }
        let log = fs::File::create(dir.join("log")).context("cannot write the server's log")?;
        let mut server = command("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(&sockets).args(["-c", "listen_addresses=", "-c", "port=5432"]);
        for (name, value) in settings {
            server.arg("-c").arg(format!("{name}={value}"));
        }
        // Its own process group: Ctrl-C reaches us alone, and we stop the server after the last request.
        std::os::unix::process::CommandExt::process_group(&mut server, 0);
        let child = server.stdout(Stdio::null()).stderr(log).spawn().context("cannot start postgres")?;
        let mut running = Postgres { child, dir: dir.to_owned() };
        running.wait_until_ready(&bin)?;
        Ok(running)
    }

    fn wait_until_ready(&mut self, bin: &Path) -> anyhow::Result<()> {
        let begun = Instant::now();
        let socket = self.socket_dir();
        while begun.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
                bail!("postgres ended at once ({status}): {log}");
            }
            let ready = UnixStream::connect(socket.join(".s.PGSQL.5432")).is_ok()
                && Command::new(bin.join("pg_isready")).arg("-q").arg("-h").arg(&socket).status()?.success();
            if ready {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("postgres was not ready within 30 seconds; see {}", self.dir.join("log").display())
    }

    /// Where its socket is.
    #[must_use]
    pub fn socket_dir(&self) -> PathBuf {
        self.dir.join("s")
    }

    /// A connection URL for a database, with `{role}` where the role's name goes.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = self.socket_dir().display().to_string().replace('/', "%2F");
        format!("postgres://{{role}}@{socket}/{database}")
    }

    /// Stops it at once, as a power cut would (`SIGQUIT`), for the tests of durability.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub fn crash(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGQUIT)
    }

    fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).context("a process id fits 32 bits")?;
        kill(Pid::from_raw(pid), signal)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // SIGINT is PostgreSQL's fast shutdown: sessions end, data is checkpointed.
            let _ = self.signal(Signal::SIGINT);
        }
    }
}

/// Where the server's binaries are: the newest of Debian's versions 15 to 17, or `PG_BIN`.
///
/// # Errors
/// Says how to install them.
pub fn binaries() -> anyhow::Result<PathBuf> {
    let chosen = std::env::var_os("PG_BIN").map(PathBuf::from).into_iter();
    let debian = [17, 16, 15].into_iter().map(|v| PathBuf::from(format!("/usr/lib/postgresql/{v}/bin")));
    chosen.chain(debian).find(|dir| dir.join("postgres").exists() && dir.join("initdb").exists()).context(
        "no PostgreSQL 15 to 17 server binaries: apt-get install postgresql-15, or name their folder in PG_BIN",
    )
}

/// Root may not run PostgreSQL: the `postgres` user does it. Anyone else runs it as themselves.
fn server_user() -> anyhow::Result<Option<User>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let user = User::from_name("postgres")?.context("there is no user `postgres`: install the postgresql package")?;
    Ok(Some(user))
}

fn give_to(path: &Path, user: &User) -> anyhow::Result<()> {
    chown(path, Some(user.uid), Some(Gid::from_raw(user.gid.as_raw())))
        .with_context(|| format!("cannot give {} to the user postgres", path.display()))
}

/// A directory for the cluster that the server's user can reach: `wanted`, or one below `/var/tmp` if `wanted` lies
/// behind a folder closed to that user.
///
/// # Errors
/// If neither can be made.
pub fn reachable_dir(wanted: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(wanted).with_context(|| format!("cannot make {}", wanted.display()))?;
    let wanted = wanted.canonicalize()?;
    let Some(user) = server_user()? else { return Ok(wanted) };
    let reached = Command::new("setpriv")
        .arg(format!("--reuid={}", user.uid))
        .arg(format!("--regid={}", user.gid))
        .args(["--clear-groups", "--", "test", "-x"])
        .arg(&wanted)
        .current_dir("/")
        .status()?
        .success();
    if reached && wanted.as_os_str().len() < 70 {
        return Ok(wanted);
    }
    let name = crate::kernel::seal::sha256_hex(wanted.as_os_str().as_encoded_bytes());
    let elsewhere = PathBuf::from(format!("/var/tmp/moothall-{}", &name[..12]));
    fs::create_dir_all(&elsewhere)?;
    Ok(elsewhere)
}
