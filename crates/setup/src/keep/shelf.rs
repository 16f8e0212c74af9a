//! All traces that wait, within bounds.

use std::collections::{HashMap, VecDeque};
use std::mem;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::held::{Fate, Held, Place};
use super::{Keep, KeepCounts, Reason};

/// Some of the traces that wait: a shelf each, so that calls of different traces seldom meet at one lock.
#[derive(Debug)]
pub(super) struct Shelf {
    traces: HashMap<TraceId, Held>,
    /// By their arrival; may name traces that have left.
    arrivals: VecDeque<TraceId>,
    /// Spans in all of them.
    spans: usize,
    max_spans: usize,
    max_spans_per_trace: usize,
    pub(super) counts: KeepCounts,
}

impl Shelf {
    pub(super) fn new(keep: &Keep, shelves: usize) -> Self {
        Self {
            traces: HashMap::new(),
            arrivals: VecDeque::new(),
            spans: 0,
            max_spans: keep.max_spans.div_ceil(shelves),
            max_spans_per_trace: keep.max_spans_per_trace,
            counts: KeepCounts::default(),
        }
    }

    /// A span has started.
    pub(super) fn start(&mut self, trace: TraceId, span: SpanId, place: Place) {
        let known = self.traces.get(&trace).map(Held::spans);
        let full = known.is_some_and(|spans| spans >= self.max_spans_per_trace);
        // Below a local root that has no room, or is gone: nothing will decide about it.
        if full || known.is_none() && place == Place::Below {
            self.counts.left_out += u64::from(full);
            return;
        }
        if self.spans >= self.max_spans && !self.make_room(trace) {
            self.counts.left_out += 1;
            return;
        }
        if known.is_none() {
            self.forget_arrivals();
            self.arrivals.push_back(trace);
        }
        self.traces.entry(trace).or_default().start(span, place);
        self.spans += 1;
    }

    /// A span has ended, and this is what can be exported now.
    pub(super) fn end(&mut self, span: SpanData, reason: impl Fn(&SpanData) -> Option<Reason>) -> Released {
        let trace = span.span_context.trace_id();
        let Some(held) = self.traces.get_mut(&trace) else {
            return Released::Nothing;
        };
        let Some(place) = held.end(span.span_context.span_id()) else {
            return Released::Nothing;
        };
        let why = match place {
            Place::LocalRoot => reason(&span),
            Place::Below => None,
        };
        if held.fate == Fate::Open && why.is_some() {
            held.fate = Fate::Kept;
            self.counts.traces += 1;
        }
        let released = match held.fate {
            Fate::Kept => {
                let waited = mem::take(&mut held.ended);
                self.spans -= waited.len() + 1;
                self.counts.spans += waited.len() as u64 + 1;
                Released::Spans {
                    waited,
                    last: Box::new(span),
                    why,
                }
            }
            Fate::Open => {
                held.ended.push(span);
                Released::Nothing
            }
        };
        let over = match held.fate {
            Fate::Open => !held.has_local_root(),
            Fate::Kept => !held.has_open(),
        };
        if over {
            self.remove(trace);
        }
        released
    }

    fn remove(&mut self, trace: TraceId) {
        if let Some(held) = self.traces.remove(&trace) {
            self.spans -= held.spans();
        }
        // Who is first is asked for each time that room has to be made.
        while self
            .arrivals
            .front()
            .is_some_and(|first| !self.traces.contains_key(first))
        {
            self.arrivals.pop_front();
        }
    }

    /// Forgets what the trace that came first has waiting, which is not `but`. Whether there is room now.
    fn make_room(&mut self, but: TraceId) -> bool {
        let traces = &self.traces;
        let oldest = self
            .arrivals
            .iter()
            .position(|trace| *trace != but && traces.contains_key(trace));
        let Some(oldest) = oldest.and_then(|at| self.arrivals.remove(at)) else {
            return false;
        };
        self.counts.left_out += self.traces.get(&oldest).map_or(0, |held| held.spans() as u64);
        self.remove(oldest);
        true
    }

    /// Lets go of the names of traces that have left, when they are most.
    fn forget_arrivals(&mut self) {
        if self.arrivals.len() > 2 * self.traces.len() + 64 {
            let traces = &self.traces;
            self.arrivals.retain(|trace| traces.contains_key(trace));
        }
    }
}

/// What the end of a span sets free.
#[derive(Debug)]
pub(super) enum Released {
    Nothing,
    /// The span that ended last, and those that waited for it.
    Spans {
        waited: Vec<SpanData>,
        last: Box<SpanData>,
        why: Option<Reason>,
    },
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::Status;

    use super::*;
    use crate::waterfall::span::tests::{data, in_trace};

    fn shelf(max_spans: usize, per_trace: usize) -> Shelf {
        let keep = Keep::failed()
            .with_max_spans(max_spans)
            .with_max_spans_per_trace(per_trace);
        Shelf::new(&keep, 1)
    }

    fn start(shelf: &mut Shelf, trace: u128, id: u64, place: Place) {
        shelf.start(TraceId::from(trace), SpanId::from(id), place);
    }

    /// Ends a span, and names the spans that this sets free.
    fn end(shelf: &mut Shelf, trace: u128, id: u64, status: Status) -> Vec<u64> {
        let mut span = in_trace(TraceId::from(trace), data(id, 0, 0..1));
        span.status = status;
        let failed = |span: &SpanData| matches!(span.status, Status::Error { .. }).then_some(Reason::Failed);
        match shelf.end(span, failed) {
            Released::Nothing => Vec::new(),
            Released::Spans { waited, last, .. } => {
                let all = waited.iter().chain([&*last]);
                all.map(|span| u64::from_be_bytes(span.span_context.span_id().to_bytes()))
                    .collect()
            }
        }
    }

    const OK: Status = Status::Unset;
    use Place::{Below, LocalRoot};

    #[test]
    fn a_failed_root_brings_its_children_and_those_that_end_late() {
        let mut shelf = shelf(100, 100);
        start(&mut shelf, 7, 1, LocalRoot);
        start(&mut shelf, 7, 2, Below);
        start(&mut shelf, 7, 3, Below);
        assert!(
            end(&mut shelf, 7, 2, Status::error("")).is_empty(),
            "a child does not decide"
        );
        assert_eq!(end(&mut shelf, 7, 1, Status::error("")), [2, 1]);
        assert_eq!(end(&mut shelf, 7, 3, OK), [3]);
        assert_eq!((shelf.spans, shelf.traces.len()), (0, 0));
        assert_eq!((shelf.counts.traces, shelf.counts.spans), (1, 3));
    }

    #[test]
    fn a_good_root_lets_all_be_forgotten() {
        let mut shelf = shelf(100, 100);
        start(&mut shelf, 7, 1, LocalRoot);
        start(&mut shelf, 7, 2, Below);
        start(&mut shelf, 7, 3, Below);
        assert!(end(&mut shelf, 7, 2, OK).is_empty());
        assert!(end(&mut shelf, 7, 1, OK).is_empty());
        assert!(end(&mut shelf, 7, 3, Status::error("")).is_empty());
        start(&mut shelf, 7, 4, Below);
        assert!(end(&mut shelf, 7, 4, Status::error("")).is_empty());
        assert_eq!((shelf.spans, shelf.traces.len()), (0, 0));
        assert_eq!(shelf.counts, KeepCounts::default());
    }

    #[test]
    fn a_second_root_of_the_trace_keeps_both() {
        let mut shelf = shelf(100, 100);
        start(&mut shelf, 7, 1, LocalRoot);
        start(&mut shelf, 7, 2, LocalRoot);
        assert!(end(&mut shelf, 7, 1, OK).is_empty());
        assert_eq!(end(&mut shelf, 7, 2, Status::error("")), [1, 2]);
    }

    #[test]
    fn the_trace_that_waited_longest_makes_room() {
        let mut shelf = shelf(3, 100);
        start(&mut shelf, 1, 1, LocalRoot);
        start(&mut shelf, 1, 2, Below);
        start(&mut shelf, 2, 1, LocalRoot);
        start(&mut shelf, 3, 1, LocalRoot);
        assert_eq!(shelf.counts.left_out, 2);
        assert!(end(&mut shelf, 1, 1, Status::error("")).is_empty());
        assert_eq!(end(&mut shelf, 2, 1, Status::error("")), [1]);
        assert_eq!(end(&mut shelf, 3, 1, Status::error("")), [1]);
        assert_eq!(shelf.spans, 0);
    }

    #[test]
    fn a_trace_alone_does_not_outgrow_the_bounds() {
        for (max_spans, per_trace) in [(3, 100), (100, 3)] {
            let mut shelf = shelf(max_spans, per_trace);
            start(&mut shelf, 7, 1, LocalRoot);
            for id in 2..=10 {
                start(&mut shelf, 7, id, Below);
                end(&mut shelf, 7, id, OK);
            }
            assert_eq!(shelf.spans, 3);
            assert_eq!(shelf.counts.left_out, 7);
            assert_eq!(end(&mut shelf, 7, 1, Status::error("")), [2, 3, 1]);
        }
    }

    #[test]
    fn traces_come_and_go_without_a_trace() {
        let mut shelf = shelf(100, 100);
        start(&mut shelf, 1, 1, LocalRoot);
        for trace in 2..=10_000 {
            start(&mut shelf, trace, 1, LocalRoot);
            end(&mut shelf, trace, 1, OK);
        }
        assert!(shelf.arrivals.len() <= 70, "{}", shelf.arrivals.len());
        end(&mut shelf, 1, 1, OK);
        assert_eq!((shelf.spans, shelf.traces.len(), shelf.arrivals.len()), (0, 0, 0));
    }
}
