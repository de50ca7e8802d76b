//! Waiting without a thread each: a thread that waits is one of hundreds, which take turns from then on, each on a cold
//! cache and with memory of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::error::{Error, Result};

/// So many may go on at a time; the others wait, first come first served.
#[derive(Clone)]
pub struct Turns {
    what: &'static str,
    free: Arc<Semaphore>,
    wait: Duration,
}

impl Turns {
    /// `at_once` may go on at a time, and nobody waits longer than `wait`. `what` they wait for is for the log.
    #[must_use]
    pub fn new(what: &'static str, at_once: usize, wait: Duration) -> Turns {
        Turns { what, free: Arc::new(Semaphore::new(at_once)), wait }
    }

    /// A turn, to be held as long as it is used.
    ///
    /// # Errors
    /// [`Error::Busy`] if none came in time.
    pub async fn next(&self) -> Result<OwnedSemaphorePermit> {
        if let Ok(turn) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(turn);
        }
        match timeout(self.wait, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => {
                tracing::warn!(what = self.what, "no turn came in time");
                Err(Error::Busy)
            }
        }
    }
}
