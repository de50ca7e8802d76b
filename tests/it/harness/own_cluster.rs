//! A PostgreSQL of one test's own, which that test may break.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::{fs, process};

use moothall::platform::postgres::Postgres;

use super::cluster::remove_what_earlier_runs_left;

type Settings = &'static [(&'static str, &'static str)];

enum Order {
    /// Stop at once, without a checkpoint.
    Crash,
    /// Start again on what was left.
    Start,
}

/// A server on a directory of its own; it goes when dropped.
pub struct OwnCluster {
    dir: PathBuf,
    url: String,
    /// Dropped to end the thread, and the server with it.
    orders: Option<Sender<(Order, Sender<()>)>>,
    thread: Option<JoinHandle<()>>,
}

impl OwnCluster {
    /// Makes a cluster and starts its server with these settings and otherwise PostgreSQL's own. `name` tells the
    /// clusters of a run apart.
    pub fn start(name: &str, settings: Settings) -> OwnCluster {
        let prefix = format!("moothall-own-{name}-");
        remove_what_earlier_runs_left(&prefix);
        let dir = std::env::temp_dir().join(format!("{prefix}{}", process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (orders, taken) = mpsc::channel();
        let (sender, started) = mpsc::channel();
        let place = dir.clone();
        // The kernel stops the server when the thread that started it ends: one thread starts it each time.
        let thread = thread::spawn(move || {
            let server = Postgres::start(&place, settings).unwrap();
            sender.send(server.url("{database}")).unwrap();
            keep(server, &place, settings, &taken);
        });
        OwnCluster { dir, url: started.recv().unwrap(), orders: Some(orders), thread: Some(thread) }
    }

    /// The URL of one of its databases for a role.
    pub fn url(&self, role: &str, database: &str) -> String {
        self.url.replace("{role}", role).replace("{database}", database)
    }

    /// Where its socket is.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("s")
    }

    /// Its directory, in which a test may keep things of its own.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Stops the server at once, as a power cut would.
    pub fn crash(&self) {
        self.order(Order::Crash);
    }

    /// Starts it again on what was left, and waits until it takes connections.
    pub fn restart(&self) {
        self.order(Order::Start);
    }

    fn order(&self, order: Order) {
        let (done, wait) = mpsc::channel();
        self.orders.as_ref().unwrap().send((order, done)).unwrap();
        wait.recv().unwrap();
    }
}

fn keep(server: Postgres, dir: &Path, settings: Settings, orders: &Receiver<(Order, Sender<()>)>) {
    let mut running = Some(server);
    for (order, done) in orders {
        match order {
            Order::Crash => running.as_mut().unwrap().crash().unwrap(),
            Order::Start => running = Some(Postgres::start(dir, settings).unwrap()),
        }
        done.send(()).unwrap();
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        drop(self.orders.take());
        let ended = self.thread.take().map(JoinHandle::join);
        let _ = fs::remove_dir_all(&self.dir);
        assert!(thread::panicking() || matches!(ended, Some(Ok(()))), "the cluster's thread panicked");
    }
}
