//! What the people who run Moothall see of it: logs, and numbers for Prometheus. Neither ever holds a name, an address, a
//! path or anything else about a person; logs name the authority, numbers do not.

use std::io::IsTerminal;
use std::sync::OnceLock;

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder, core::Collector,
};
use tracing_subscriber::EnvFilter;

/// What logs look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One JSON object a line, for machines.
    Json,
    /// A short line without the time, for a person who watches.
    Human,
}

/// Sends logs to standard error, as much of them as `RUST_LOG` asks for (`info` where it says nothing). A panic is logged
/// by its place in the source: its words may quote what somebody typed.
pub fn start_logging(style: Style) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| match style {
        Style::Json => EnvFilter::new("info,actix_server=warn"),
        Style::Human => EnvFilter::new("warn"),
    });
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match style {
        Style::Json => logs.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
        Style::Human => logs.without_time().with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "a thread panicked");
        }));
    }
}

/// The numbers of this process.
pub struct Metrics {
    registry: Registry,
    /// Requests answered, by `route` (its pattern), `method` and `class` of status.
    pub requests: IntCounterVec,
    /// How long they took, by `route`.
    pub seconds: HistogramVec,
    /// Outbox items and housekeeping jobs, by `topic` and `result`.
    pub jobs: IntCounterVec,
    /// Database connections, by `pool` and `state`.
    pub connections: IntGaugeVec,
    /// Items in the outbox, by `topic` and `state`.
    pub outbox: IntGaugeVec,
}

impl Metrics {
    fn new() -> prometheus::Result<Metrics> {
        let registry = Registry::new();
        let counter =
            |name, help, labels: &[&str]| enlist(&registry, IntCounterVec::new(Opts::new(name, help), labels)?);
        let gauge = |name, help, labels: &[&str]| enlist(&registry, IntGaugeVec::new(Opts::new(name, help), labels)?);
        let seconds = HistogramOpts::new("moothall_http_request_seconds", "How long requests took.")
            .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]);
        Ok(Metrics {
            requests: counter("moothall_http_requests_total", "Requests answered.", &["route", "method", "class"])?,
            seconds: enlist(&registry, HistogramVec::new(seconds, &["route"])?)?,
            jobs: counter("moothall_jobs_total", "Outbox items and housekeeping done.", &["topic", "result"])?,
            connections: gauge("moothall_database_connections", "Connections held.", &["pool", "state"])?,
            outbox: gauge("moothall_outbox_items", "Items that wait or were set aside.", &["topic", "state"])?,
            registry,
        })
    }

    /// All of them in Prometheus's text format.
    ///
    /// # Errors
    /// If a number cannot be written, which no number of ours is.
    pub fn text(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

fn enlist<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> prometheus::Result<C> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

/// The numbers of this process.
///
/// # Panics
/// Never: the names above are well formed and each is used once, which a test sees.
#[must_use]
pub fn metrics() -> &'static Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::new().expect("names of metrics are well formed and used once"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_prometheus_reads_them() {
        metrics().jobs.with_label_values(&["notify.message", "done"]).inc();
        let text = metrics().text().unwrap();
        assert!(text.contains("# TYPE moothall_jobs_total counter"), "{text}");
        assert!(text.contains("moothall_jobs_total{result=\"done\",topic=\"notify.message\"} 1"), "{text}");
    }
}
