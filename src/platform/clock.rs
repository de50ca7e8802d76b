//! The clock is a value: the server has the real one, the demo's history and the tests have their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Where the present moment comes from.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn real() -> Clock {
        Clock(None)
    }

    /// A clock that stands at `at` until it is set.
    #[must_use]
    pub fn standing(at: Timestamp) -> Clock {
        Clock(Some(Arc::new(AtomicI64::new(at.as_microsecond()))))
    }

    /// Moves a standing clock; the real one cannot be moved.
    pub fn set(&self, at: Timestamp) {
        if let Some(standing) = &self.0 {
            standing.store(at.as_microsecond(), Ordering::SeqCst);
        }
    }

    /// The present moment, to the microsecond, which is what PostgreSQL keeps.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let micros = match &self.0 {
            Some(standing) => standing.load(Ordering::SeqCst),
            #[expect(clippy::disallowed_methods, reason = "this is where the present moment comes from")]
            None => Timestamp::now().as_microsecond(),
        };
        Timestamp::from_microsecond(micros).expect("a clock shows a moment of this era")
    }
}
