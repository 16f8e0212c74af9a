//! Losses, told at most once a minute.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tower_telemetry_observe::contain;

use super::queue::Queue;
use super::{Losses, spans};

/// How long nothing more is told after a report.
const INTERVAL: Duration = Duration::from_secs(60);

/// One thread reports for all exporters of the process, and ends with the last of them. It is not the exporting one, which may
/// hang, nor one that ends a span, where a subscriber may hold locks.
static REPORTER: Mutex<Reporter> = Mutex::new(Reporter {
    queues: Vec::new(),
    thread: Thread::None,
});
static WAKE: Condvar = Condvar::new();
/// Whether something was lost that was not told yet.
static LOST: AtomicBool = AtomicBool::new(false);

struct Reporter {
    queues: Vec<Weak<Queue>>,
    thread: Thread,
}

#[derive(PartialEq)]
enum Thread {
    None,
    Running,
}

/// Something was lost.
pub(super) fn attention() {
    if !LOST.swap(true, Ordering::AcqRel) {
        wake();
    }
}

/// A queue is gone.
pub(super) fn gone() {
    wake();
}

fn wake() {
    // With the lock, so that the thread is either asleep or about to look.
    let _reporter = REPORTER.lock().unwrap_or_else(PoisonError::into_inner);
    WAKE.notify_all();
}

/// Reports this queue's losses from now on, while it lives.
pub(super) fn watch(queue: &Arc<Queue>) {
    let mut reporter = REPORTER.lock().unwrap_or_else(PoisonError::into_inner);
    reporter.queues.push(Arc::downgrade(queue));
    if reporter.thread == Thread::None {
        // Without a thread losses are told at the end alone.
        if thread::Builder::new()
            .name("telemetry-losses".into())
            .spawn(run)
            .is_ok()
        {
            reporter.thread = Thread::Running;
        }
    }
}

fn run() {
    let mut reporter = REPORTER.lock().unwrap_or_else(PoisonError::into_inner);
    let mut last: Option<Instant> = None;
    loop {
        reporter.queues.retain(|queue| queue.strong_count() > 0);
        if reporter.queues.is_empty() {
            reporter.thread = Thread::None;
            return;
        }
        let rest = rest(last, Instant::now());
        if rest.is_zero() && LOST.swap(false, Ordering::AcqRel) {
            let queues: Vec<_> = reporter.queues.iter().filter_map(Weak::upgrade).collect();
            drop(reporter);
            // A subscriber that panics is told again after a rest.
            let told = queues
                .iter()
                .filter(|queue| contain(|| report(queue)) != Some(false))
                .count();
            if told > 0 {
                last = Some(Instant::now());
            }
            drop(queues);
            reporter = REPORTER.lock().unwrap_or_else(PoisonError::into_inner);
            continue;
        }
        reporter = match rest {
            Duration::ZERO => WAKE.wait(reporter).unwrap_or_else(PoisonError::into_inner),
            rest => {
                let woken = WAKE.wait_timeout(reporter, rest);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
    }
}

/// How long nothing may be told yet.
fn rest(last: Option<Instant>, now: Instant) -> Duration {
    last.map_or(Duration::ZERO, |last| {
        INTERVAL.saturating_sub(now.saturating_duration_since(last))
    })
}

/// Tells what this queue has lost since the last time. Whether there was anything to tell.
pub(super) fn report(queue: &Queue) -> bool {
    let Some((losses, last_failure)) = queue.unreported() else {
        return false;
    };
    tracing::warn!("{}", told(&queue.name, &losses, &last_failure));
    true
}

fn told(exporter: &str, losses: &Losses, last_failure: &str) -> String {
    let total = losses.total();
    let (were, their) = if total == 1 { ("was", "its") } else { ("were", "their") };
    let lost = format!("{} {were} lost on {their} way to {exporter}: {losses}", spans(total));
    match last_failure {
        "" => lost,
        why => format!("{lost}; last failure: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_span_and_several_are_told_with_their_cause_and_the_last_failure() {
        let losses = |failed| Losses {
            failed,
            ..Losses::default()
        };
        assert_eq!(
            told("Otlp", &losses(1), ""),
            "1 span was lost on its way to Otlp: 1 in batches that failed"
        );
        assert_eq!(
            told("Otlp", &losses(2), "no such luck"),
            "2 spans were lost on their way to Otlp: 2 in batches that failed; last failure: no such luck"
        );
    }

    #[test]
    fn a_minute_passes_between_two_reports() {
        let now = Instant::now();
        assert_eq!(rest(None, now), Duration::ZERO);
        assert_eq!(rest(Some(now), now), INTERVAL);
        assert_eq!(rest(Some(now), now + INTERVAL / 4), INTERVAL * 3 / 4);
        assert_eq!(rest(Some(now), now + INTERVAL), Duration::ZERO);
        assert_eq!(rest(Some(now), now + INTERVAL * 2), Duration::ZERO);
    }
}
