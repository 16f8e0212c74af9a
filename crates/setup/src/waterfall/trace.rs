//! A trace as the waterfall hands it over.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanId, TraceId};

use super::span::TraceSpan;

/// The spans of one trace that this process has seen, from all services that share a [`Waterfall`](crate::Waterfall).
///
/// `Display` draws it as a tree, one line per span, 120 columns wide; [`render`](Self::render) takes another width.
#[derive(Debug, Clone)]
pub struct Trace {
    id: TraceId,
    /// By start.
    spans: Vec<TraceSpan>,
    index: HashMap<SpanId, usize>,
    pub(crate) losses: Losses,
}

/// What keeps a trace from being the whole of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// Spans of this trace were handed over, or left out, before these.
    pub(crate) continued: bool,
    /// Spans of this trace beyond the number kept.
    pub(crate) left_out: u64,
    /// Spans of traces beyond the number kept, since the last trace was handed over.
    pub(crate) left_out_elsewhere: u64,
}

/// How a span hangs in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It has no parent, or one in another process.
    Root,
    /// It has a parent in this trace, at this index of its spans.
    Child(usize),
    /// Its parent is of this process, but not in this trace.
    Orphan,
}

impl Trace {
    pub(crate) fn new(id: TraceId, mut spans: Vec<TraceSpan>, losses: Losses) -> Self {
        spans.sort_by_key(TraceSpan::start);
        let mut index = HashMap::with_capacity(spans.len());
        for (at, span) in spans.iter().enumerate() {
            index.entry(span.id()).or_insert(at);
        }
        Self {
            id,
            spans,
            index,
            losses,
        }
    }

    /// The trace id.
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// All spans, by start time.
    pub fn spans(&self) -> &[TraceSpan] {
        &self.spans
    }

    /// The span with this id.
    pub fn span(&self, id: SpanId) -> Option<&TraceSpan> {
        self.index.get(&id).and_then(|at| self.spans.get(*at))
    }

    /// The one span that has no parent here: it has none at all, or its parent is in another process.
    /// `None` when there is no such span, or more than one.
    pub fn root(&self) -> Option<&TraceSpan> {
        let mut roots = self.spans.iter().filter(|span| self.place(span) == Place::Root);
        roots.next().filter(|_| roots.next().is_none())
    }

    /// The spans whose parent is `span`, by start time.
    pub fn children_of<'a>(&'a self, span: &TraceSpan) -> impl Iterator<Item = &'a TraceSpan> + use<'a> {
        let parent = span.id();
        let children = self.spans.iter();
        children.filter(move |child| child.parent_id() == Some(parent) && child.id() != parent)
    }

    /// The names of the services seen in this trace, by their first start.
    pub fn services(&self) -> Vec<&str> {
        let mut services = Vec::new();
        for span in &self.spans {
            if !services.contains(&span.service()) {
                services.push(span.service());
            }
        }
        services
    }

    /// When the first span started.
    pub fn start(&self) -> SystemTime {
        self.spans.first().map_or(SystemTime::UNIX_EPOCH, TraceSpan::start)
    }

    /// From the start of the first span to the last end of any; spans that have not ended count as ended at their start.
    pub fn duration(&self) -> Duration {
        let ends = self.spans.iter().map(TraceSpan::last_seen);
        let end = ends.max().unwrap_or(SystemTime::UNIX_EPOCH);
        end.duration_since(self.start()).unwrap_or_default()
    }

    /// Whether this is a whole trace: one [`root`](Self::root), the parent of every other span present, every span ended,
    /// nothing left out and nothing handed over before.
    pub fn is_complete(&self) -> bool {
        let whole = !self.losses.continued && self.losses.left_out == 0;
        let places = || self.spans.iter().map(|span| self.place(span));
        whole
            && places().filter(|place| *place == Place::Root).count() == 1
            && !places().any(|place| place == Place::Orphan)
            && self.index.len() == self.spans.len()
            && self.spans.iter().all(TraceSpan::is_ended)
    }

    /// Whether spans of this trace were handed over, or left out, before these came.
    pub fn is_continued(&self) -> bool {
        self.losses.continued
    }

    /// How many spans of this trace were left out because it had too many.
    pub fn left_out(&self) -> u64 {
        self.losses.left_out
    }

    /// How many spans of other traces were left out since the last trace was handed over, because there were too many traces.
    pub fn left_out_elsewhere(&self) -> u64 {
        self.losses.left_out_elsewhere
    }

    pub(crate) fn place(&self, span: &TraceSpan) -> Place {
        let Some(parent) = span.parent_id() else {
            return Place::Root;
        };
        match self.index.get(&parent) {
            Some(at) if parent != span.id() => Place::Child(*at),
            _ if span.parent_is_remote() => Place::Root,
            _ => Place::Orphan,
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::trace::SpanData;

    use super::*;
    use crate::waterfall::span::Progress;
    use crate::waterfall::span::tests::{data, span};

    fn trace(spans: impl IntoIterator<Item = SpanData>) -> Trace {
        let spans = spans.into_iter().map(|data| span("a", data)).collect();
        Trace::new(TraceId::from(1), spans, Losses::default())
    }

    fn remote(mut data: SpanData) -> SpanData {
        data.parent_span_is_remote = true;
        data
    }

    #[test]
    fn a_whole_trace_has_one_root_and_every_parent() {
        let trace = trace([
            data(3, 2, 20..30),
            data(1, 0, 0..50),
            data(2, 1, 10..40),
            data(4, 1, 5..9),
        ]);
        assert!(trace.is_complete());
        let root = trace.root().expect("a root");
        assert_eq!(root.id(), SpanId::from(1));
        let children: Vec<_> = trace.children_of(root).map(TraceSpan::name).collect();
        assert_eq!(children, ["span 4", "span 2"]);
        assert_eq!(trace.duration(), Duration::from_millis(50));
    }

    #[test]
    fn a_caller_in_another_process_makes_a_root() {
        let trace = trace([remote(data(1, 9, 0..5)), remote(data(2, 1, 1..2))]);
        assert_eq!(trace.root().map(TraceSpan::id), Some(SpanId::from(1)));
        assert!(trace.is_complete());
    }

    #[test]
    fn a_missing_parent_or_a_second_root_makes_a_trace_incomplete() {
        assert!(!trace([data(1, 0, 0..5), data(2, 9, 1..2)]).is_complete());
        let two = trace([data(1, 0, 0..5), data(2, 0, 1..2)]);
        assert!(!two.is_complete());
        assert!(two.root().is_none());
    }

    #[test]
    fn parents_in_a_circle_are_no_root() {
        let circle = trace([data(1, 2, 0..5), data(2, 1, 1..2), data(3, 3, 1..2)]);
        assert!(!circle.is_complete());
        assert!(circle.root().is_none());
    }

    #[test]
    fn whatever_is_missing_makes_a_trace_incomplete() {
        let with = |progress, losses| {
            let span = TraceSpan::new("a".into(), data(1, 0, 0..5), progress);
            Trace::new(TraceId::from(1), vec![span], losses).is_complete()
        };
        let none = Losses::default();
        assert!(with(Progress::Ended, none));
        assert!(with(
            Progress::Ended,
            Losses {
                left_out_elsewhere: 1,
                ..none
            }
        ));
        assert!(!with(Progress::Open, none));
        assert!(!with(Progress::Ended, Losses { left_out: 1, ..none }));
        assert!(!with(
            Progress::Ended,
            Losses {
                continued: true,
                ..none
            }
        ));
    }
}
