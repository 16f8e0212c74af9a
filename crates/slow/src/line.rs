//! A finding as a line: a `tracing` event.

use std::borrow::Cow;
use std::time::Duration;

use tower_telemetry_observe::contain;
use tower_telemetry_sanitize::Sanitizer;
use tower_telemetry_semconv::Method;
use tracing_core::field::{Field, Value, display};
use tracing_core::{Event, Level, dispatcher};

use crate::callsite::{FIELDS, metadata_of};
use crate::record::{Ended, SlowCall};

/// The ids of the span that a call is part of.
#[cfg_attr(not(feature = "opentelemetry"), allow(dead_code, reason = "nobody knows them"))]
pub(crate) struct Ids {
    pub(crate) trace: u128,
    pub(crate) span: u64,
}

/// Texts, as they may be written down.
struct Written<'a>(&'a Sanitizer);

impl Written<'_> {
    fn value<'t>(&self, key: &str, text: Option<&'t str>) -> Option<Cow<'t, str>> {
        self.0.value(key, text?)
    }
}

/// Milliseconds, to a thousandth.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

/// Writes the line, if somebody wants to read it.
pub(crate) fn write(
    target: &'static str,
    level: Level,
    sanitizer: &Sanitizer,
    call: &SlowCall<'_>,
    suppressed: u64,
    ids: Option<&Ids>,
) {
    let metadata = metadata_of(target, level);
    if !dispatcher::get_default(|dispatch| dispatch.enabled(metadata)) {
        return;
    }
    let fields: Vec<Field> = metadata.fields().iter().collect();
    let Ok(fields) = <[Field; FIELDS.len()]>::try_from(fields) else {
        return;
    };
    let written = Written(sanitizer);
    let method = written.value("http.request.method", call.label.method().map(Method::as_str));
    let route = written.value("http.route", call.label.route());
    let name = written.value("call", call.label.name());
    let phase = written.value("phase", Some(call.phase.as_str()));
    let ended = written.value("end", call.ended.map(Ended::as_str));
    let error_type = written.value("error.type", call.error_type);
    let limit = call.limit.map(millis);
    let times = call.polls.map(|polls| (millis(polls.longest), millis(polls.busy)));
    let trace = ids.map(|ids| format!("{:032x}", ids.trace));
    let span = ids.map(|ids| format!("{:016x}", ids.span));
    // Those that are `None` are left out.
    let values: [&dyn Value; FIELDS.len()] = [
        &display(call.finding.message()),
        &method.as_deref(),
        &route.as_deref(),
        &name.as_deref(),
        &millis(call.elapsed),
        &limit,
        &phase.as_deref(),
        &(call.warned > 0).then_some(call.warned),
        &ended.as_deref(),
        &error_type.as_deref(),
        &times.map(|(longest, _)| longest),
        &times.map(|(_, busy)| busy),
        &(suppressed > 0).then_some(suppressed),
        // Without quotes in a line of text, as loggers write them beside it.
        &trace.map(display),
        &span.map(display),
    ];
    let values: [_; FIELDS.len()] = std::array::from_fn(|at| (&fields[at], Some(values[at])));
    // A subscriber that panics costs its line.
    contain(|| Event::dispatch(metadata, &metadata.fields().value_set(&values)));
}
