//! What counts one call.

use std::time::Duration;
use std::{fmt, ptr};

use tower_telemetry_observe::{Head, Held, Report, Watch};

use crate::calls::{AppLabels, Calls, Row, Sizes, find_ended};
use crate::exemplar::Trace;
use crate::measured::{Measured, StreamsCount};
use crate::request_body::RequestBytes;
use crate::stream::{OpenStream, UpgradedStream};
use crate::table::At;

/// A response with this in its extensions is not counted or timed: `/metrics` itself has it, and health checks may.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotMeasured;

/// Counts and times one call.
pub struct MetricsWatch<F: Measured, L: AppLabels> {
    pub(crate) in_flight: InFlight<F, L>,
    pub(crate) state: State<F, L>,
    pub(crate) trace: Option<Trace>,
    pub(crate) request_bytes: Option<RequestBytes>,
}

/// What the call is up to now.
pub(crate) enum State<F: Measured, L: AppLabels> {
    Call,
    /// Its stream goes on. In a box, since few calls are streams.
    Stream(Box<Stream<F, L>>),
    /// Counted, or not to be.
    Done,
}

/// A call that is a stream.
pub(crate) struct Stream<F: Measured, L: AppLabels> {
    open: OpenStream<F, L>,
    // Where it was counted at its head, if it was.
    row: Option<Option<At>>,
    to_head: Duration,
}

/// One in the gauge of calls in flight, until it is dropped.
pub(crate) struct InFlight<F: Measured, L: AppLabels> {
    calls: Held<Calls<F, L>>,
    at: Option<At>,
}

impl<F: Measured, L: AppLabels> InFlight<F, L> {
    #[inline]
    pub(crate) fn begin(calls: Held<Calls<F, L>>, at: Option<At>) -> Self {
        let in_flight = InFlight { calls, at };
        in_flight.add(1);
        in_flight
    }

    /// Always in the shard in which it began.
    #[inline]
    fn add(&self, number: i64) {
        let gauge = &self.calls.active.metric(self.at).calls;
        gauge.add_in(self.calls.shard(), number);
    }
}

impl<F: Measured, L: AppLabels> Drop for InFlight<F, L> {
    #[inline]
    fn drop(&mut self) {
        self.add(-1);
    }
}

impl<F: Measured, L: AppLabels> MetricsWatch<F, L> {
    /// Where the calls that end like this one are.
    #[inline]
    fn row(&self, call: &F, error_type: Option<&'static str>) -> Option<At> {
        let InFlight { calls, at } = &self.in_flight;
        find_ended(&calls.ended, *at, call, error_type)
    }

    /// Counts the call, and times it.
    #[inline]
    fn count(&self, row: Option<At>, duration: Duration, to_head: impl FnOnce() -> Option<Duration>) -> &Row {
        let calls = &self.in_flight.calls;
        let row = calls.ended.metric(row);
        row.duration.time(calls.shard(), duration, self.trace);
        if let Some(times) = &row.to_head {
            if let Some(to_head) = to_head() {
                times.time(calls.shard(), to_head, self.trace);
            }
        }
        row
    }

    #[inline]
    fn measure(&self, row: &Row, response_bytes: u64) {
        if let Some(sizes) = &row.sizes {
            self.count_bytes(sizes, response_bytes);
        }
    }

    /// Apart, since few metrics have sizes, and the others are then counted in line.
    #[inline(never)]
    fn count_bytes(&self, sizes: &Sizes, response_bytes: u64) {
        let shard = self.in_flight.calls.shard();
        sizes.response.count(shard, response_bytes, self.trace);
        if let Some(bytes) = self.request_bytes.as_ref().and_then(RequestBytes::counted) {
            sizes.request.count(shard, bytes, self.trace);
        }
    }

    /// The call was a stream, and is over.
    #[cold]
    fn end_stream(&self, stream: &Stream<F, L>, report: &Report<'_, F>) {
        let Stream { open, row, to_head } = stream;
        let error_type = report.verdict.error_type();
        let lifetime = report.elapsed().saturating_sub(*to_head);
        open.ended(report.facts, error_type, lifetime, self.trace);
        let row = match row {
            Some(row) => self.in_flight.calls.ended.metric(*row),
            None => self.count(self.row(report.facts, error_type), *to_head, || Some(*to_head)),
        };
        self.measure(row, report.bytes);
    }

    /// The call is a stream from here on.
    #[cold]
    fn open(&mut self, head: &Head<'_, F>) {
        let row = (head.facts.streams_count() == StreamsCount::AtHead).then(|| {
            let row = self.row(head.facts, head.verdict.error_type());
            self.count(row, head.elapsed(), || Some(head.elapsed()));
            row
        });
        let InFlight { calls, at } = &self.in_flight;
        self.state = match UpgradedStream::of(head.response) {
            Some(upgraded) => {
                let metrics = ptr::from_ref(&**calls).addr();
                upgraded.begin(metrics, || OpenStream::new(calls, *at).until_closed(head.facts));
                State::Done
            }
            // The mechanism's call ends here, and nobody sees what comes.
            None if UpgradedStream::is_switch(head.response) => State::Done,
            None => State::Stream(Box::new(Stream {
                open: OpenStream::new(calls, *at),
                row,
                to_head: head.elapsed(),
            })),
        };
    }
}

impl<F: Measured, L: AppLabels> Watch<F> for MetricsWatch<F, L> {
    #[inline]
    fn in_scope<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        // Within the scope of who made the span.
        if self.trace.is_none() && self.in_flight.calls.wants_exemplars() {
            self.trace = Trace::current();
        }
        poll()
    }

    #[inline]
    fn head(&mut self, head: &mut Head<'_, F>) {
        let extensions = &head.response.extensions;
        if !extensions.is_empty() && extensions.get::<NotMeasured>().is_some() {
            self.state = State::Done;
            return;
        }
        if self.in_flight.calls.is_stream(head.facts, head.response) {
            self.open(head);
        }
    }

    #[inline]
    fn end(self, report: &Report<'_, F>) {
        match &self.state {
            State::Call => {
                let row = self.row(report.facts, report.verdict.error_type());
                let row = self.count(row, report.elapsed(), || report.to_head());
                self.measure(row, report.bytes);
            }
            State::Stream(stream) => self.end_stream(stream, report),
            State::Done => {}
        }
    }
}

impl<F: Measured, L: AppLabels> fmt::Debug for MetricsWatch<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsWatch")
            .field("trace", &self.trace)
            .finish_non_exhaustive()
    }
}
