//! A function, and the same in a span.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context as TaskContext, Waker};
use std::time::{Instant, SystemTime};

use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{FutureExt, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use tower_telemetry::traced::{self, Sanitizer, traced};

use crate::drive::{Loop, Pair, Subject, until_ready};
use crate::workload::Caller;

/// The job: a few instructions, and now and then an error.
#[inline(never)]
pub(crate) fn plain(order: u64, owner: &str) -> Result<u64, Declined> {
    match order % 64 {
        0 => Err(Declined),
        _ => Ok(order + owner.len() as u64),
    }
}

#[inline(never)]
async fn plain_future(order: u64, owner: &str) -> Result<u64, Declined> {
    plain(order, owner)
}

/// The job in a span.
#[traced(name = "order.process", args(order, owner), error_type = |_| "declined")]
#[inline(never)]
pub(crate) fn traced(order: u64, owner: &str) -> Result<u64, Declined> {
    plain(order, owner)
}

/// The job as a future in a span.
#[traced(name = "order.process", args(order, owner), error_type = |_| "declined")]
#[inline(never)]
pub(crate) async fn traced_future(order: u64, owner: &str) -> Result<u64, Declined> {
    plain(order, owner)
}

/// The job in a span that is built.
#[inline(never)]
pub(crate) fn business_span(order: u64, owner: &str) -> Result<u64, Declined> {
    traced::business_span("order.process")
        .attr("order", order)
        .attr("owner", owner)
        .with_error_type(|_| "declined")
        .in_scope(|_| plain(order, owner))
}

/// The job in a span made by hand.
#[inline(never)]
pub(crate) fn by_hand(order: u64, owner: &str) -> Result<u64, Declined> {
    let cx = begun_by_hand(order, owner);
    let returned = {
        let _current = cx.clone().attach();
        plain(order, owner)
    };
    ended_by_hand(&cx, &returned);
    returned
}

/// The job as a future in a span made by hand.
#[inline(never)]
pub(crate) async fn by_hand_future(order: u64, owner: &str) -> Result<u64, Declined> {
    let cx = begun_by_hand(order, owner);
    let returned = plain_future(order, owner).with_context(cx.clone()).await;
    ended_by_hand(&cx, &returned);
    returned
}

#[inline(always)]
fn begun_by_hand(order: u64, owner: &str) -> Context {
    thread_local! {
        static TRACER: BoxedTracer = global::tracer("by hand");
    }
    let parent = Context::current();
    let span = TRACER.with(|tracer| {
        let attributes = [
            KeyValue::new("order", i64::try_from(order).unwrap_or(i64::MAX)),
            KeyValue::new("owner", owner.to_owned()),
        ];
        let builder = tracer
            .span_builder("order.process")
            .with_kind(SpanKind::Internal)
            .with_start_time(SystemTime::now())
            .with_attributes(attributes);
        tracer.build_with_context(builder, &parent)
    });
    parent.with_span(span)
}

#[inline(always)]
fn ended_by_hand(cx: &Context, returned: &Result<u64, Declined>) {
    if returned.is_err() {
        cx.span().set_attribute(KeyValue::new("error.type", "declined"));
        cx.span().set_status(Status::error(""));
    }
    cx.span().end();
}

/// The same by the rules of this family: what is recorded goes through the policy, and the end is the start plus the time that passed.
#[inline(never)]
pub(crate) fn by_hand_and_rules(order: u64, owner: &str) -> Result<u64, Declined> {
    thread_local! {
        static TRACER: BoxedTracer = global::tracer("by hand");
        static POLICY: Sanitizer = Sanitizer::default();
    }
    let parent = Context::current();
    let (started, clock) = (SystemTime::now(), Instant::now());
    let span = TRACER.with(|tracer| {
        let mut attributes = vec![
            KeyValue::new("order", i64::try_from(order).unwrap_or(i64::MAX)),
            KeyValue::new("owner", owner.to_owned()),
        ];
        POLICY.with(|policy| policy.attributes(&mut attributes));
        let builder = tracer
            .span_builder("order.process")
            .with_kind(SpanKind::Internal)
            .with_start_time(started)
            .with_attributes(attributes);
        tracer.build_with_context(builder, &parent)
    });
    let cx = parent.with_span(span);
    let returned = {
        let _current = cx.clone().attach();
        plain(order, owner)
    };
    if returned.is_err() {
        cx.span().set_attribute(KeyValue::new("error.type", "declined"));
        cx.span().set_status(Status::error(""));
    }
    cx.span().end_with_timestamp(started + clock.elapsed());
    returned
}

/// The job was not done.
#[derive(Debug)]
pub(crate) struct Declined;

/// The plain function, and this one.
pub(crate) fn pair(caller: Caller, with: fn(u64, &str) -> Result<u64, Declined>) -> Pair {
    both(with).within(move || decided(caller).attach())
}

/// The context of the caller's trace, on which a layer of this process has decided.
fn decided(caller: Caller) -> Context {
    let cx = caller.context();
    let ids = cx.span().span_context().clone();
    let local = SpanContext::new(
        ids.trace_id(),
        ids.span_id(),
        ids.trace_flags(),
        false,
        ids.trace_state().clone(),
    );
    cx.with_remote_span_context(local)
}

/// The plain function, and this one, in a trace on which nobody in this process has decided.
pub(crate) fn undecided(caller: Caller, with: fn(u64, &str) -> Result<u64, Declined>) -> Pair {
    both(with).within(move || caller.context().attach())
}

fn both(with: fn(u64, &str) -> Result<u64, Declined>) -> Pair {
    Pair {
        bare: calls(plain),
        with: calls(with),
    }
}

fn calls(function: fn(u64, &str) -> Result<u64, Declined>) -> Subject {
    Box::new(move || {
        Box::new(move |times| {
            let owner = black_box("ada");
            for order in 0..times {
                let _ = black_box(function(black_box(order), owner));
            }
        })
    })
}

/// The plain function as a future, and this one.
pub(crate) fn pair_of_futures<M, F>(caller: Caller, with: M) -> Pair
where
    M: Fn(u64, &'static str) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<u64, Declined>>,
{
    let pair: Pair = Pair {
        bare: Box::new(|| futures(plain_future)),
        with: Box::new(move || futures(with)),
    };
    pair.within(move || decided(caller).attach())
}

fn futures<F>(make: impl Fn(u64, &'static str) -> F + 'static) -> Loop
where
    F: Future<Output = Result<u64, Declined>>,
{
    Box::new(move |times| {
        let mut cx = TaskContext::from_waker(Waker::noop());
        let owner = black_box("ada");
        for order in 0..times {
            let mut future = pin!(make(black_box(order), owner));
            let _ = black_box(until_ready(|| future.as_mut().poll(&mut cx)));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ours;
    use crate::provider::ENDED;
    use crate::workload::Caller::{Sampled, Unsampled};

    #[test]
    fn each_way_makes_the_same_span() {
        ours::install_provider();
        let said = |pair: fn(Caller) -> Pair, caller| {
            (pair(caller).with)()(2);
            let spans = ENDED.take().into_iter();
            spans
                .map(|span| {
                    format!(
                        "{:?} {} {:?} {:?}",
                        span.span_kind, span.name, span.attributes, span.status
                    )
                })
                .collect::<Vec<_>>()
        };
        let pairs: [fn(Caller) -> Pair; 3] = [
            |caller| pair(caller, traced),
            |caller| pair(caller, business_span),
            |caller| pair_of_futures(caller, traced_future),
        ];
        let by_hand = said(|caller| pair(caller, by_hand), Sampled);
        assert_eq!(by_hand.len(), 2);
        for pair in pairs {
            assert_eq!(said(pair, Sampled), by_hand);
            assert!(said(pair, Unsampled).is_empty());
        }
    }
}
