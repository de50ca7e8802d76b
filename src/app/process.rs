//! A running process: what it listens on, its threads, and how it stops. On SIGTERM it first says that it is not ready,
//! waits for load balancers to notice, then ends what is under way and nothing else; on Ctrl-C it does not wait.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::{System, spawn, time::sleep};
use anyhow::{Context, ensure};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use super::admin::{self, Health};
use super::{House, REFRESH, house, refresh, server, work};
use crate::platform::config::Config;
use crate::platform::{Clock, Db, catalogue, installation, migrate};

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Serves the portals: `moothall serve`.
    Web,
    /// Does what the outbox holds: `moothall work`.
    Worker,
    /// Both, as the demonstration does.
    Both,
}

/// What `moothall serve` and `moothall work` do: examine the database, open the house and run until told to stop.
///
/// # Errors
/// If the database is not fit to serve, a port is taken, or the worker ends before its time.
pub fn start(config: Config, part: Part) -> anyhow::Result<()> {
    examine(&Db::new(&config.database), part)?;
    let process = Process::bind(&config, part)?;
    process.run(&house(config, Clock::real())?)
}

/// Refuses a database that this program must not serve.
///
/// # Errors
/// Says why: it is older than the program, does not keep councils apart, or is a demonstration's, whose people sign in
/// without a code.
pub fn examine(db: &Db, part: Part) -> anyhow::Result<()> {
    let pending = db.router(|conn| Ok(migrate::pending(conn)?))?;
    ensure!(pending.is_empty(), "the database lacks {}: run moothall migrate", pending.join(", "));
    catalogue::refuse_unfit(db)?;
    let demonstration = db.router(installation::is_demonstration)?;
    ensure!(part == Part::Both || !demonstration, "this is a demonstration's database: only moothall demo serves it");
    Ok(())
}

/// A process that has its ports and has not begun.
pub struct Process {
    part: Part,
    web: Option<TcpListener>,
    admin: TcpListener,
}

impl Process {
    /// Takes the ports.
    ///
    /// # Errors
    /// If one is taken already.
    pub fn bind(config: &Config, part: Part) -> anyhow::Result<Process> {
        let listen = |address: SocketAddr, name: &str| {
            TcpListener::bind(address).with_context(|| format!("cannot listen on {address} ({name})"))
        };
        let web = (part != Part::Worker).then(|| listen(config.listen, "LISTEN_ADDR")).transpose()?;
        Ok(Process { part, web, admin: listen(config.admin, "ADMIN_ADDR")? })
    }

    /// Where the portals are, if this process serves them.
    #[must_use]
    pub fn web_address(&self) -> Option<SocketAddr> {
        self.web.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Where health and numbers are.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.local_addr().ok()
    }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// # Errors
    /// If it cannot begin, or its worker ends before its time.
    pub fn run(self, house: &House) -> anyhow::Result<()> {
        let (health, stop) = (Arc::new(Health::default()), Arc::new(AtomicBool::new(false)));
        let refresher = refresher(house, &stop)?;
        let (worker, ended) = match self.part {
            Part::Web => (None, None),
            Part::Worker | Part::Both => {
                let (thread, ended) = worker(house, &stop, &health)?;
                (Some(thread), Some(ended))
            }
        };
        let served = System::new().block_on(self.serve(house, &health, &stop, ended));
        stop.store(true, Ordering::SeqCst);
        let worked = worker.map_or(Ok(Ok(())), JoinHandle::join);
        let refreshed = refresher.join();
        served?;
        worked.map_err(|_| anyhow::anyhow!("the worker panicked"))??;
        refreshed.map_err(|_| anyhow::anyhow!("reading the directory panicked"))
    }

    async fn serve(
        self,
        house: &House,
        health: &Arc<Health>,
        stop: &AtomicBool,
        worker_ended: Option<oneshot::Receiver<()>>,
    ) -> anyhow::Result<()> {
        let mut signals = Signals::new()?;
        let (web, admin) = (self.web_address(), self.admin_address());
        tracing::info!(part = ?self.part, ?web, ?admin, "started");
        let admin = admin::serve(house, health, self.admin)?;
        let web = self.web.map(|listener| server(house, health, listener)).transpose()?;
        let (admin_handle, web_handle) = (admin.handle(), web.as_ref().map(actix_web::dev::Server::handle));
        spawn(admin);
        web.map(spawn);
        let told = tokio::select! {
            told = signals.next() => told,
            () = ended(worker_ended) => Told::AtOnce,
        };
        tracing::info!("stopping");
        health.drain();
        stop.store(true, Ordering::SeqCst);
        let leave = async {
            if told == Told::InTime && web_handle.is_some() {
                sleep(Duration::from_secs(house.config.drain_seconds)).await;
            }
            stop_server(web_handle.as_ref(), true).await;
        };
        tokio::select! {
            () = leave => {}
            // Somebody insists.
            _ = signals.next() => stop_server(web_handle.as_ref(), false).await,
        }
        admin_handle.stop(false).await;
        Ok(())
    }
}

async fn stop_server(handle: Option<&ServerHandle>, graceful: bool) {
    if let Some(handle) = handle {
        handle.stop(graceful).await;
    }
}

/// Waits for a worker that there is to end, and for ever where there is none.
async fn ended(worker: Option<oneshot::Receiver<()>>) {
    match worker {
        Some(ended) => drop(ended.await),
        None => std::future::pending().await,
    }
}

/// How soon a process is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// SIGTERM: a machine asks, and others may still be sending visitors.
    InTime,
    /// Ctrl-C: a person waits.
    AtOnce,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::InTime,
            _ = self.interrupt.recv() => Told::AtOnce,
        }
    }
}

/// Reads the directory again when something in it changes, so that what `tenant apply` did shows at once.
fn refresher(house: &House, stop: &Arc<AtomicBool>) -> std::io::Result<JoinHandle<()>> {
    let (house, stop) = (house.clone(), Arc::clone(stop));
    thread::Builder::new().name("directory".to_owned()).spawn(move || {
        // What the house was opened with is not read twice: it would fill the memory twice.
        let mut seen = Some(house.seen);
        while !stop.load(Ordering::SeqCst) {
            if let Err(error) = refresh(&house, &mut seen) {
                tracing::warn!(%error, "the directory could not be read again");
            }
            work::pause(REFRESH, &stop);
        }
    })
}

type Work = JoinHandle<anyhow::Result<()>>;

fn worker(
    house: &House,
    stop: &Arc<AtomicBool>,
    health: &Arc<Health>,
) -> std::io::Result<(Work, oneshot::Receiver<()>)> {
    let (house, stop, health) = (house.clone(), Arc::clone(stop), Arc::clone(health));
    let (sender, ended) = oneshot::channel();
    let thread = thread::Builder::new().name("worker".to_owned()).spawn(move || {
        // Dropped when the thread ends, whether it returns or panics.
        let _ends_with_the_thread: oneshot::Sender<()> = sender;
        work(&house, &stop, move || health.beat())
    })?;
    Ok((thread, ended))
}
