//! What this process uses.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::registry::Registry;

use crate::RegisterError;
use crate::catalog::{Kind, Metric};
use crate::register::{Collect, register};

/// Registers what this process uses, by the names that Prometheus' client libraries share: `process_cpu_seconds_total`,
/// `process_resident_memory_bytes`, `process_open_fds` and others. It is read from `/proc` at each scrape; where there is none, nothing is told.
///
/// # Errors
///
/// When the registry has metrics of these names already.
pub fn register_process(registry: &mut Registry) -> Result<(), RegisterError> {
    register(registry, Process)
}

#[derive(Debug)]
struct Process;

/// What was read.
#[derive(Debug, Default)]
struct Used {
    cpu: Option<f64>,
    started: Option<f64>,
    resident: Option<f64>,
    virtual_memory: Option<f64>,
    threads: Option<f64>,
    open_files: Option<f64>,
    most_files: Option<f64>,
}

const fn metric(name: &'static str, kind: Kind, help: &'static str) -> Metric {
    Metric {
        name,
        kind,
        help,
        labels: &[],
    }
}

impl Collect for Process {
    fn collect(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let used = Used::now();
        let rows = [
            (
                metric(
                    "process_cpu_seconds",
                    Kind::Counter,
                    "CPU time in user and system mode, in seconds",
                ),
                used.cpu,
            ),
            (
                metric(
                    "process_start_time_seconds",
                    Kind::Gauge,
                    "Start of the process, in seconds since 1970",
                ),
                used.started,
            ),
            (
                metric("process_resident_memory_bytes", Kind::Gauge, "Resident memory"),
                used.resident,
            ),
            (
                metric("process_virtual_memory_bytes", Kind::Gauge, "Virtual memory"),
                used.virtual_memory,
            ),
            (
                metric("process_threads", Kind::Gauge, "Number of threads"),
                used.threads,
            ),
            (
                metric("process_open_fds", Kind::Gauge, "Number of open file descriptors"),
                used.open_files,
            ),
            (
                metric(
                    "process_max_fds",
                    Kind::Gauge,
                    "Number of file descriptors that may be open",
                ),
                used.most_files,
            ),
        ];
        for (metric, value) in rows {
            if let Some(value) = value {
                encode(metric.kind, metric.describe(encoder)?, value)?;
            }
        }
        Ok(())
    }
}

fn encode(kind: Kind, mut encoder: MetricEncoder<'_>, value: f64) -> fmt::Result {
    use prometheus_client::encoding::NoLabelSet;
    use prometheus_client::metrics::exemplar::Exemplar;

    match kind {
        Kind::Counter => encoder.encode_counter(&value, None::<&Exemplar<NoLabelSet, f64>>),
        _ => encoder.encode_gauge(&value),
    }
}

impl Used {
    #[cfg(target_os = "linux")]
    fn now() -> Self {
        use procfs::process::{LimitValue, Process};

        let Ok(process) = Process::myself() else {
            return Used::default();
        };
        let stat = process.stat().ok();
        let ticks = procfs::ticks_per_second() as f64;
        let boot = procfs::boot_time_secs().ok();
        let limit = process.limits().ok().map(|limits| limits.max_open_files.soft_limit);
        Used {
            cpu: stat.as_ref().map(|stat| (stat.utime + stat.stime) as f64 / ticks),
            started: stat
                .as_ref()
                .zip(boot)
                .map(|(stat, boot)| boot as f64 + stat.starttime as f64 / ticks),
            resident: stat.as_ref().map(|stat| stat.rss as f64 * procfs::page_size() as f64),
            virtual_memory: stat.as_ref().map(|stat| stat.vsize as f64),
            threads: stat.as_ref().map(|stat| stat.num_threads as f64),
            open_files: process.fd_count().ok().map(|files| files as f64),
            most_files: limit.and_then(|limit| match limit {
                LimitValue::Value(most) => Some(most as f64),
                LimitValue::Unlimited => None,
            }),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn now() -> Self {
        Used::default()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn the_process_tells_what_it_uses() {
        let mut registry = Registry::default();
        register_process(&mut registry).expect("new names");
        let mut text = String::new();
        encode(&mut text, &registry).expect("text");
        for name in [
            "process_cpu_seconds_total ",
            "process_resident_memory_bytes ",
            "process_open_fds ",
            "process_start_time_seconds ",
        ] {
            let line = text.lines().find(|line| line.starts_with(name));
            let value: f64 = line.and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect(&text);
            assert!(value >= 0.0, "{text}");
        }
    }
}
