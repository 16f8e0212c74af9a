//! What failed or was slow is exported although it was not sampled.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, Key};
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SpanData};
use tower_telemetry_setup::{Batch, Error, InMemory, Keep, Telemetry};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const KEPT: Key = Key::from_static_str("tower_telemetry.kept");

fn keeping(keep: Keep, sampler: Sampler) -> Result<(Telemetry, SdkTracer, InMemory), Error> {
    let memory = InMemory::new();
    let telemetry = Telemetry::builder("orders")
        .with_sampler(sampler)
        .with_keep(keep)
        .with_batch(Batch::new().with_max_queue_size(100_000))
        .with_exporter(memory.clone())
        .build()?;
    let tracer = telemetry.tracer_provider().tracer("test");
    Ok((telemetry, tracer, memory))
}

/// A request with a child, which ends as told.
fn request(tracer: &SdkTracer, parent: &Context, status: Status) -> Context {
    let cx = parent.with_span(tracer.start_with_context("request", parent));
    assert!(
        !cx.span().span_context().is_sampled(),
        "others are told that it is not sampled"
    );
    tracer.start_with_context("query", &cx).end();
    cx.span().set_status(status);
    cx.span().end();
    cx
}

fn names(spans: &[SpanData]) -> Vec<&str> {
    spans.iter().map(|span| &*span.name).collect()
}

fn kept(span: &SpanData) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == KEPT)?;
    Some(attribute.value.to_string())
}

#[test]
fn a_failed_request_is_exported_whole_and_others_are_not() -> Outcome {
    let (telemetry, tracer, memory) = keeping(Keep::failed(), Sampler::AlwaysOff)?;
    request(&tracer, &Context::new(), Status::Unset);
    let failed = request(&tracer, &Context::new(), Status::error(""));
    telemetry.flush()?;
    let spans = memory.spans();
    assert_eq!(names(&spans), ["query", "request"]);
    for span in &spans {
        assert!(span.span_context.is_sampled());
        assert_eq!(span.span_context.trace_id(), failed.span().span_context().trace_id());
    }
    assert_eq!((kept(&spans[0]), kept(&spans[1]).as_deref()), (None, Some("failed")));
    let counts = telemetry.kept().ok_or("it keeps")?;
    assert_eq!((counts.traces, counts.spans, counts.left_out), (1, 2, 0));
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn a_slow_request_is_exported_by_its_own_times() -> Outcome {
    let keep = Keep::failed().with_slow(Duration::from_secs(1));
    let (telemetry, tracer, memory) = keeping(keep, Sampler::AlwaysOff)?;
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
    for milliseconds in [999, 1_000] {
        let mut span = tracer
            .span_builder(format!("{milliseconds} ms"))
            .with_start_time(start)
            .start_with_context(&tracer, &Context::new());
        span.end_with_timestamp(start + Duration::from_millis(milliseconds));
    }
    telemetry.flush()?;
    let spans = memory.spans();
    assert_eq!(names(&spans), ["1000 ms"]);
    assert_eq!(kept(&spans[0]).as_deref(), Some("slow"));
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn below_a_caller_that_is_not_sampled_the_local_root_decides() -> Outcome {
    let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
    let (telemetry, tracer, memory) = keeping(Keep::failed(), sampler)?;
    let caller = SpanContext::new(
        TraceId::from(7),
        SpanId::from(8),
        TraceFlags::default(),
        true,
        TraceState::NONE,
    );
    let parent = Context::new().with_remote_span_context(caller);
    request(&tracer, &parent, Status::error(""));
    request(&tracer, &parent, Status::Unset);
    telemetry.flush()?;
    let spans = memory.spans();
    assert_eq!(names(&spans), ["query", "request"]);
    assert_eq!(spans[1].parent_span_id, SpanId::from(8));
    assert!(
        spans
            .iter()
            .all(|span| span.span_context.trace_id() == TraceId::from(7))
    );
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn children_that_end_late_follow_their_root() -> Outcome {
    let (telemetry, tracer, memory) = keeping(Keep::failed(), Sampler::AlwaysOff)?;
    for status in [Status::Unset, Status::error("")] {
        let cx = Context::new().with_span(tracer.start_with_context("request", &Context::new()));
        let mut late = tracer.start_with_context("late", &cx);
        cx.span().set_status(status);
        cx.span().end();
        late.end();
        tracer.start_with_context("started when all had ended", &cx).end();
    }
    telemetry.flush()?;
    assert_eq!(names(&memory.spans()), ["request", "late"]);
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn what_is_sampled_passes_at_once_and_unmarked() -> Outcome {
    let (telemetry, tracer, memory) = keeping(Keep::failed(), Sampler::AlwaysOn)?;
    let mut span = tracer.start("sampled");
    span.set_status(Status::error(""));
    span.end();
    telemetry.flush()?;
    assert_eq!(kept(&memory.spans()[0]), None);
    assert_eq!(telemetry.kept().map(|counts| counts.spans), Some(0));
    telemetry.shutdown()?;
    Ok(())
}

#[test]
fn head_sampling_loses_no_error_of_a_hundred_thousand_requests_from_many_threads() -> Outcome {
    const REQUESTS: usize = 25_000;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.01)));
    let (telemetry, tracer, memory) = keeping(Keep::failed(), sampler)?;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for at in 0..REQUESTS {
                    let cx = Context::new().with_span(tracer.start_with_context("request", &Context::new()));
                    if at % 100 == 0 {
                        cx.span().set_status(Status::error(""));
                    }
                    cx.span().end();
                }
            });
        }
    });
    telemetry.shutdown()?;
    let failed = memory
        .take()
        .into_iter()
        .filter(|span| matches!(span.status, Status::Error { .. }));
    assert_eq!(failed.count(), 4 * REQUESTS / 100);
    Ok(())
}

#[test]
fn traces_that_never_end_leave_room_for_others() -> Outcome {
    let keep = Keep::failed().with_max_spans(100);
    let (telemetry, tracer, memory) = keeping(keep, Sampler::AlwaysOff)?;
    let endless: Vec<_> = (0..1_000)
        .map(|_| tracer.start_with_context("endless", &Context::new()))
        .collect();
    request(&tracer, &Context::new(), Status::error(""));
    telemetry.flush()?;
    assert_eq!(names(&memory.spans()), ["query", "request"]);
    let left_out = telemetry.kept().map(|counts| counts.left_out);
    assert_eq!(left_out, Some(1_000 + 2 - 100));
    drop(endless);
    telemetry.shutdown()?;
    Ok(())
}
