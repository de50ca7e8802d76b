//! A PostgreSQL of one test's own, beside the one that the run shares.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::{fs, process};

use moothall::platform::postgres::Postgres;

use super::cluster::remove_what_earlier_runs_left;

type Settings = &'static [(&'static str, &'static str)];

/// A server on a directory of its own; it goes when dropped.
pub struct OwnCluster {
    dir: PathBuf,
    url: String,
    /// Dropped to end the thread, and the server with it.
    kept: Option<Sender<()>>,
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
        let (kept, wait) = mpsc::channel::<()>();
        let (sender, started) = mpsc::channel();
        let place = dir.clone();
        // The kernel stops the server when the thread that started it ends, so that thread waits.
        let thread = thread::spawn(move || {
            let server = Postgres::start(&place, settings).unwrap();
            sender.send(server.url("{database}")).unwrap();
            let _ = wait.recv();
        });
        OwnCluster { dir, url: started.recv().unwrap(), kept: Some(kept), thread: Some(thread) }
    }

    /// The URL of one of its databases for a role.
    pub fn url(&self, role: &str, database: &str) -> String {
        self.url.replace("{role}", role).replace("{database}", database)
    }

    /// Its directory, in which a test may keep things of its own.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        drop(self.kept.take());
        let ended = self.thread.take().map(JoinHandle::join);
        let _ = fs::remove_dir_all(&self.dir);
        assert!(thread::panicking() || matches!(ended, Some(Ok(()))), "the cluster's thread panicked");
    }
}
