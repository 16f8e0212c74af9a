//! An example for each bucket: the trace of a call that fell into it.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};
use opentelemetry::{Context, trace::SpanContext};

/// An exemplar is replaced after this many milliseconds at the earliest: threads then hardly ever write to the same one.
const REST: u64 = 250;

/// A sampled span. Kept so that an `Option` of it takes 24 bytes, and not 48: every call in flight has room for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    trace_id: [u8; 16],
    span_id: NonZeroU64,
}

impl Trace {
    /// The current span, if it is sampled, whoever has made it.
    #[inline]
    pub(crate) fn current() -> Option<Self> {
        Context::map_current(|cx| {
            if !cx.has_active_span() {
                return None;
            }
            Self::of(cx.span().span_context())
        })
    }

    fn of(span: &SpanContext) -> Option<Self> {
        if !span.is_sampled() || !span.is_valid() {
            return None;
        }
        Some(Trace {
            trace_id: span.trace_id().to_bytes(),
            span_id: NonZeroU64::new(u64::from_be_bytes(span.span_id().to_bytes()))?,
        })
    }

    pub(crate) fn trace_id(self) -> TraceId {
        TraceId::from_bytes(self.trace_id)
    }

    pub(crate) fn span_id(self) -> SpanId {
        SpanId::from(self.span_id.get())
    }
}

/// One observation, and the trace that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exemplar {
    pub(crate) trace: Trace,
    /// In the metric's unit.
    pub(crate) value: f64,
    pub(crate) at: Duration,
}

/// The exemplars of a histogram: the last one of each bucket, if there was one. Nothing is kept until there is a first one.
#[derive(Debug, Default)]
pub(crate) struct Exemplars(OnceLock<Box<[Slot]>>);

#[derive(Debug, Default)]
struct Slot {
    /// In milliseconds since 1970.
    written: AtomicU64,
    last: Mutex<Option<Exemplar>>,
}

impl Exemplars {
    /// Keeps this one, unless the last one is a young one. Never waits.
    #[cold]
    pub(crate) fn offer(&self, buckets: usize, bucket: usize, value: f64, trace: Trace) {
        let slots = self.0.get_or_init(|| (0..buckets).map(|_| Slot::default()).collect());
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        if let Some(slot) = slots.get(bucket) {
            slot.offer(Exemplar { trace, value, at });
        }
    }

    /// What is kept for this bucket.
    pub(crate) fn get(&self, bucket: usize) -> Option<Exemplar> {
        let slot = self.0.get()?.get(bucket)?;
        *slot.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn offer(&self, exemplar: Exemplar) {
        let now = exemplar.at.as_millis() as u64;
        let written = self.written.load(Ordering::Relaxed);
        // A clock that was set back makes it old, too.
        if written != 0 && now.wrapping_sub(written) < REST {
            return;
        }
        // One of several threads writes; a reader that is in the way wins.
        let mine = self
            .written
            .compare_exchange(written, now.max(1), Ordering::Relaxed, Ordering::Relaxed);
        if mine.is_ok() {
            if let Ok(mut last) = self.last.try_lock() {
                *last = Some(exemplar);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{TraceFlags, TraceState};

    use super::*;

    const TRACE: u128 = 7 << 64 | 9;

    fn span(flags: TraceFlags) -> SpanContext {
        SpanContext::new(
            TraceId::from(TRACE),
            SpanId::from(8),
            flags,
            false,
            TraceState::default(),
        )
    }

    fn exemplar(value: f64, millis: u64) -> Exemplar {
        Exemplar {
            trace: Trace::of(&span(TraceFlags::SAMPLED)).expect("sampled"),
            value,
            at: Duration::from_millis(millis),
        }
    }

    #[test]
    fn only_a_sampled_span_is_an_example() {
        assert_eq!(Trace::current(), None);
        let cx = Context::new().with_remote_span_context(span(TraceFlags::default()));
        let current = cx.attach();
        assert_eq!(Trace::current(), None);
        drop(current);
        let cx = Context::new().with_remote_span_context(span(TraceFlags::SAMPLED));
        let _current = cx.attach();
        let ids = Trace::current().map(|trace| (trace.trace_id(), trace.span_id()));
        assert_eq!(ids, Some((TraceId::from(TRACE), SpanId::from(8))));
    }

    #[test]
    fn an_exemplar_stays_for_a_while() {
        let slot = Slot::default();
        for (value, at) in [(1.0, 1_000), (2.0, 1_100), (3.0, 1_250), (4.0, 1_499)] {
            slot.offer(exemplar(value, at));
        }
        assert_eq!(slot.last.lock().expect("whole").map(|last| last.value), Some(3.0));
        slot.offer(exemplar(5.0, 10));
        assert_eq!(slot.last.lock().expect("whole").map(|last| last.value), Some(5.0));
    }

    #[test]
    fn a_reader_is_not_waited_for() {
        let slot = Slot::default();
        let reading = slot.last.lock().expect("whole");
        slot.offer(exemplar(1.0, 1_000));
        drop(reading);
        assert_eq!(*slot.last.lock().expect("whole"), None);
    }
}
