//! A finding as a line: a `tracing` event.

use std::borrow::Cow;
use std::time::Duration;

use tower_telemetry_observe::contain;
use tower_telemetry_semconv::{Method, clean};
use tracing_core::field::{Field, Value};
use tracing_core::{Event, Level, dispatcher};

use crate::callsite::{FIELDS, metadata_of};
use crate::record::{Ended, SlowCall};

/// The ids of the span that a call is part of.
#[cfg_attr(not(feature = "opentelemetry"), allow(dead_code, reason = "nobody knows them"))]
pub(crate) struct Ids {
    pub(crate) trace: u128,
    pub(crate) span: u64,
}

/// What may be written down of a text: routes and names, the only ones there are. A policy for them goes here.
pub(crate) fn written(text: &str) -> Cow<'_, str> {
    clean(text)
}

/// Milliseconds, to a thousandth.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

/// Writes the line, if somebody wants to read it.
pub(crate) fn write(target: &'static str, level: Level, call: &SlowCall<'_>, suppressed: u64, ids: Option<&Ids>) {
    let metadata = metadata_of(target, level);
    if !dispatcher::get_default(|dispatch| dispatch.enabled(metadata)) {
        return;
    }
    let fields: Vec<Field> = metadata.fields().iter().collect();
    let Ok(fields) = <[Field; FIELDS.len()]>::try_from(fields) else {
        return;
    };
    let route = call.label.route().map(written);
    let name = call.label.name().map(written);
    let limit = call.limit.map(millis);
    let times = call.polls.map(|polls| (millis(polls.longest), millis(polls.busy)));
    let trace = ids.map(|ids| format!("{:032x}", ids.trace));
    let span = ids.map(|ids| format!("{:016x}", ids.span));
    // Those that are `None` are left out.
    let values: [&dyn Value; FIELDS.len()] = [
        &format_args!("{}", call.finding.message()),
        &call.label.method().map(Method::as_str),
        &route.as_deref(),
        &name.as_deref(),
        &millis(call.elapsed),
        &limit,
        &call.phase.as_str(),
        &(call.warned > 0).then_some(call.warned),
        &call.ended.map(Ended::as_str),
        &call.error_type,
        &times.map(|(longest, _)| longest),
        &times.map(|(_, busy)| busy),
        &(suppressed > 0).then_some(suppressed),
        &trace.as_deref(),
        &span.as_deref(),
    ];
    let values: [_; FIELDS.len()] = std::array::from_fn(|at| (&fields[at], Some(values[at])));
    // A subscriber that panics costs its line.
    contain(|| Event::dispatch(metadata, &metadata.fields().value_set(&values)));
}
