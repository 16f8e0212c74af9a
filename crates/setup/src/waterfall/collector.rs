//! Decides when a trace is finished. Knows no threads, and is told the time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::SpanData;

use super::held::Held;
use super::left_out::LeftOut;
use super::past::Past;
use super::span::{Progress, TraceSpan};
use super::trace::Trace;

/// Names one provider among those that share a collector.
pub(crate) type ProviderId = u64;

/// How much is held, and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) quiet: Duration,
    pub(crate) traces: usize,
    pub(crate) spans: usize,
}

/// The traces under way, over all providers.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) limits: Limits,
    held: HashMap<TraceId, Held>,
    past: Past,
    left_out: LeftOut,
}

/// What a span means for the thread that hands traces over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attention {
    NotNeeded,
    /// No span of the trace is open now, or a trace found no room.
    Needed,
}

impl Limits {
    /// How many traces are remembered when they are over: an id is small.
    fn past(self) -> usize {
        self.traces.saturating_mul(8)
    }
}

impl Collector {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            held: HashMap::new(),
            past: Past::default(),
            left_out: LeftOut::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// A span has started: it is admitted or left out here, and what is admitted is handed over one day.
    pub(crate) fn start(&mut self, now: Instant, provider: ProviderId, service: Arc<str>, data: SpanData) -> Attention {
        let span = TraceSpan::new(service, data, Progress::Open);
        let id = span.trace_id();
        let full = self.held.len() >= self.limits.traces;
        let held = match self.held.entry(id) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(_) if full => {
                self.past.remember(id, self.limits.past());
                return self.left_out.add();
            }
            Entry::Vacant(room) => room.insert(Held::new(now, self.past.contains(id))),
        };
        held.start(now, provider, span, self.limits.spans);
        Attention::NotNeeded
    }

    /// Whether a trace found no room, for the first time.
    pub(crate) fn hear(&mut self) -> bool {
        self.left_out.hear()
    }

    /// A span has ended. One of a trace that is not held was left out at its start.
    pub(crate) fn end(&mut self, now: Instant, service: Arc<str>, data: SpanData) -> Attention {
        let Some(held) = self.held.get_mut(&data.span_context.trace_id()) else {
            return Attention::NotNeeded;
        };
        held.end(now, service, data);
        match held.is_idle() {
            true => Attention::Needed,
            false => Attention::NotNeeded,
        }
    }

    /// A provider is shut down: its open spans will not end.
    pub(crate) fn abandon(&mut self, provider: ProviderId) {
        self.held.values_mut().for_each(|held| held.abandon(provider));
    }

    /// Nothing will end any more, in any provider.
    pub(crate) fn abandon_all(&mut self) {
        self.held.values_mut().for_each(Held::abandon_all);
    }

    /// When the next trace is finished if nothing more happens to it.
    pub(crate) fn next_finish(&self) -> Option<Instant> {
        let idle = self.held.values().filter(|held| held.is_idle());
        idle.filter_map(|held| held.last_change.checked_add(self.limits.quiet))
            .min()
    }

    /// Takes out the traces without an open span to which nothing happened for so long, in the order they went quiet.
    pub(crate) fn take_finished(&mut self, now: Instant, quiet: Duration) -> Vec<Trace> {
        let quiet = |held: &Held| now.saturating_duration_since(held.last_change) >= quiet;
        let finished = self.held.iter().filter(|(_, held)| held.is_idle() && quiet(held));
        let mut finished: Vec<_> = finished.map(|(id, held)| (held.last_change, *id)).collect();
        finished.sort_by_key(|(last_change, _)| *last_change);
        let traces = finished.into_iter().filter_map(|(_, id)| {
            let held = self.held.remove(&id)?;
            self.past.remember(id, self.limits.past());
            Some(held.into_trace(id, self.left_out.take()))
        });
        traces.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waterfall::span::tests::{data, ids, in_trace};

    const QUIET: Duration = Duration::from_millis(50);
    const GATEWAY: ProviderId = 1;
    const ORDERS: ProviderId = 2;

    /// A collector with a clock that stands still until it is moved.
    struct Test {
        collector: Collector,
        now: Instant,
    }

    impl Test {
        fn new(traces: usize) -> Self {
            let limits = Limits {
                quiet: QUIET,
                traces,
                spans: 10,
            };
            Self {
                collector: Collector::new(limits),
                now: Instant::now(),
            }
        }

        fn start(&mut self, provider: ProviderId, trace: u128, id: u64) -> Attention {
            self.collector.start(self.now, provider, "s".into(), of(trace, id))
        }

        fn end(&mut self, trace: u128, id: u64) -> Attention {
            self.collector.end(self.now, "s".into(), of(trace, id))
        }

        fn span(&mut self, trace: u128, id: u64) {
            self.start(GATEWAY, trace, id);
            self.end(trace, id);
        }

        fn wait(&mut self, time: Duration) -> Vec<Trace> {
            self.now += time;
            self.collector.take_finished(self.now, QUIET)
        }
    }

    /// Span 1 is the root, all others are its children.
    fn of(trace: u128, id: u64) -> SpanData {
        let parent = if id == 1 { 0 } else { 1 };
        in_trace(TraceId::from(trace), data(id, parent, 0..1))
    }

    #[test]
    fn a_trace_is_finished_when_it_was_quiet_for_long_enough() {
        let mut test = Test::new(10);
        test.start(GATEWAY, 7, 1);
        assert!(test.wait(QUIET * 2).is_empty());
        assert_eq!(test.end(7, 1), Attention::Needed);
        assert_eq!(test.collector.next_finish(), Some(test.now + QUIET));
        assert!(test.wait(QUIET / 2).is_empty());
        let traces = test.wait(QUIET / 2);
        assert_eq!(traces.len(), 1);
        assert!(traces[0].is_complete());
        assert!(test.collector.is_empty());
    }

    #[test]
    fn a_span_open_in_another_provider_keeps_the_trace() {
        let mut test = Test::new(10);
        test.start(GATEWAY, 7, 1);
        test.start(ORDERS, 7, 2);
        assert_eq!(test.end(7, 1), Attention::NotNeeded);
        assert!(test.wait(QUIET * 10).is_empty());
        assert_eq!(test.collector.next_finish(), None);
        test.end(7, 2);
        let traces = test.wait(QUIET);
        assert_eq!(ids(&traces[0]), [1, 2]);
    }

    #[test]
    fn a_span_that_starts_within_the_quiet_time_belongs_to_the_trace() {
        let mut test = Test::new(10);
        test.span(7, 1);
        assert!(test.wait(QUIET - Duration::from_millis(1)).is_empty());
        test.start(ORDERS, 7, 2);
        assert!(test.wait(QUIET * 2).is_empty());
        test.end(7, 2);
        assert_eq!(ids(&test.wait(QUIET)[0]), [1, 2]);
    }

    #[test]
    fn late_spans_come_as_a_trace_of_their_own() {
        let mut test = Test::new(10);
        test.span(7, 1);
        assert!(!test.wait(QUIET)[0].is_continued());
        test.span(7, 2);
        let late = test.wait(QUIET);
        assert_eq!(ids(&late[0]), [2]);
        assert!(late[0].is_continued());
        assert!(!late[0].is_complete());
    }

    #[test]
    fn traces_come_in_the_order_they_went_quiet() {
        let mut test = Test::new(10);
        for trace in [3, 1, 2] {
            test.span(trace, 1);
            test.now += Duration::from_millis(1);
        }
        let order: Vec<_> = test.wait(QUIET).iter().map(Trace::id).collect();
        assert_eq!(order, [3, 1, 2].map(TraceId::from));
    }

    #[test]
    fn traces_beyond_the_limit_are_counted_and_never_pass_for_complete() {
        let mut test = Test::new(1);
        assert_eq!(test.start(GATEWAY, 7, 1), Attention::NotNeeded);
        assert_eq!(test.start(GATEWAY, 8, 1), Attention::Needed);
        assert_eq!(test.start(GATEWAY, 8, 2), Attention::NotNeeded);
        assert!(test.collector.hear());
        assert!(!test.collector.hear(), "once is enough");
        test.end(7, 1);
        let traces = test.wait(QUIET);
        assert_eq!(traces[0].left_out_elsewhere(), 2);
        assert!(traces[0].is_complete(), "nothing of its own is missing");

        test.end(8, 1);
        assert!(
            test.collector.is_empty(),
            "what was left out at its start is not let in at its end"
        );
        test.span(8, 1);
        let rest = test.wait(QUIET);
        assert!(rest[0].is_continued());
        assert_eq!(rest[0].left_out_elsewhere(), 0);
    }

    #[test]
    fn an_endless_quiet_time_is_no_overflow() {
        let mut test = Test::new(10);
        test.collector.limits.quiet = Duration::MAX;
        test.span(7, 1);
        assert_eq!(test.collector.next_finish(), None);
    }
}
