//! One trace under way.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use super::collector::ProviderId;
use super::span::{Progress, TraceSpan};
use super::trace::{Losses, Trace};

/// The spans of one trace until it is finished.
#[derive(Debug)]
pub(crate) struct Held {
    open: HashMap<SpanId, (ProviderId, TraceSpan)>,
    ended: Vec<TraceSpan>,
    /// Spans that were left out and have not ended. Of those beyond the number of spans that may be held, nobody waits for the end.
    open_left_out: HashMap<SpanId, ProviderId>,
    losses: Losses,
    pub(crate) last_change: Instant,
}

impl Held {
    pub(crate) fn new(now: Instant, continued: bool) -> Self {
        Self {
            open: HashMap::new(),
            ended: Vec::new(),
            open_left_out: HashMap::new(),
            losses: Losses {
                continued,
                ..Losses::default()
            },
            last_change: now,
        }
    }

    /// A span has started. There is room for it unless there are `at_most` spans already.
    pub(crate) fn start(&mut self, now: Instant, provider: ProviderId, span: TraceSpan, at_most: usize) {
        self.last_change = now;
        let room = self.open.len() + self.ended.len() < at_most;
        match self.open.entry(span.id()) {
            Entry::Vacant(entry) if room => drop(entry.insert((provider, span))),
            // No room, or a second span with the id of an open one.
            _ => {
                self.losses.left_out += 1;
                if self.open_left_out.len() < at_most {
                    self.open_left_out.insert(span.id(), provider);
                }
            }
        }
    }

    /// A span has ended. One that was left out at its start, here or before this trace found room, is not let in now.
    pub(crate) fn end(&mut self, now: Instant, service: Arc<str>, data: SpanData) {
        self.last_change = now;
        let id = data.span_context.span_id();
        match self.open.remove(&id) {
            Some(_) => self.ended.push(TraceSpan::new(service, data, Progress::Ended)),
            None => drop(self.open_left_out.remove(&id)),
        }
    }

    /// The open spans of this provider will not end.
    pub(crate) fn abandon(&mut self, provider: ProviderId) {
        let spans = std::mem::take(&mut self.open).into_iter();
        let (abandoned, open): (HashMap<_, _>, _) = spans.partition(|(_, (owner, _))| *owner == provider);
        self.open = open;
        self.ended.extend(abandoned.into_values().map(|(_, span)| span));
        self.open_left_out.retain(|_, owner| *owner != provider);
    }

    /// No open span will end.
    pub(crate) fn abandon_all(&mut self) {
        self.ended.extend(self.open.drain().map(|(_, (_, span))| span));
        self.open_left_out.clear();
    }

    /// Whether no span is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_empty() && self.open_left_out.is_empty()
    }

    pub(crate) fn into_trace(self, id: TraceId, left_out_elsewhere: u64) -> Trace {
        Trace::new(
            id,
            self.ended,
            Losses {
                left_out_elsewhere,
                ..self.losses
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waterfall::span::tests::{data, ids, span};

    const GATEWAY: ProviderId = 1;
    const ORDERS: ProviderId = 2;

    fn held(start: &[(ProviderId, u64)], at_most: usize) -> Held {
        let mut held = Held::new(Instant::now(), false);
        for (provider, id) in start {
            held.start(Instant::now(), *provider, span("s", data(*id, 0, 0..0)), at_most);
        }
        held
    }

    fn end(held: &mut Held, ids: &[u64]) {
        for id in ids {
            held.end(Instant::now(), "s".into(), data(*id, 0, 0..1));
        }
    }

    #[test]
    fn spans_beyond_the_limit_are_counted_and_still_keep_the_trace_open() {
        let mut held = held(&[(GATEWAY, 1), (GATEWAY, 2), (GATEWAY, 3), (GATEWAY, 4)], 2);
        end(&mut held, &[1, 2, 3]);
        assert!(!held.is_idle(), "one that was left out is open");
        end(&mut held, &[4]);
        assert!(held.is_idle());
        let trace = held.into_trace(TraceId::from(1), 0);
        assert_eq!((ids(&trace), trace.left_out()), (vec![1, 2], 2));
        assert!(!trace.is_complete());
    }

    #[test]
    fn two_open_spans_with_one_id_are_one_and_a_count() {
        let mut held = held(&[(GATEWAY, 1), (ORDERS, 1)], 10);
        end(&mut held, &[1]);
        assert!(!held.is_idle());
        end(&mut held, &[1]);
        assert!(held.is_idle());
        let trace = held.into_trace(TraceId::from(1), 0);
        assert_eq!((ids(&trace), trace.left_out()), (vec![1], 1));
    }

    #[test]
    fn the_open_spans_of_one_provider_can_be_given_up() {
        let mut held = held(&[(GATEWAY, 1), (ORDERS, 2)], 10);
        held.abandon(GATEWAY);
        assert!(!held.is_idle(), "the other provider's span may still end");
        held.abandon(ORDERS);
        assert!(held.is_idle());
        assert_eq!(ids(&held.into_trace(TraceId::from(1), 0)), [1, 2]);
    }

    #[test]
    fn a_span_from_before_the_trace_found_room_ends_no_other() {
        let mut held = held(&[(GATEWAY, 1), (GATEWAY, 2)], 1);
        end(&mut held, &[1, 7]);
        assert!(!held.is_idle(), "span 2 is open");
        end(&mut held, &[2]);
        assert!(held.is_idle());
    }

    #[test]
    fn what_was_left_out_of_one_provider_is_given_up_with_it() {
        let mut held = held(&[(ORDERS, 1), (GATEWAY, 2)], 1);
        end(&mut held, &[1]);
        held.abandon(ORDERS);
        assert!(!held.is_idle(), "span 2 is open");
        held.abandon(GATEWAY);
        assert!(held.is_idle());
    }

    #[test]
    fn nobody_waits_for_more_spans_than_may_be_held() {
        let mut held = held(&[(GATEWAY, 1), (GATEWAY, 2), (GATEWAY, 3)], 1);
        end(&mut held, &[1, 2]);
        assert!(held.is_idle());
        assert_eq!(held.into_trace(TraceId::from(1), 0).left_out(), 2);
    }

    #[test]
    fn giving_up_everything_gives_up_what_was_left_out() {
        let mut held = held(&[(GATEWAY, 1), (ORDERS, 2)], 1);
        held.abandon_all();
        assert!(held.is_idle());
        let trace = held.into_trace(TraceId::from(1), 0);
        assert_eq!((ids(&trace), trace.left_out()), (vec![1], 1));
    }
}
