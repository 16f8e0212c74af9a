//! The ids of the current span, in each line.

use std::fmt;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Adds the trace's and the span's ids to what another formatter writes of an event, when a span is current: `trace_id`, `span_id` and
/// `trace_flags`, as the specification names them for [formats that are not OTLP]. An event outside of a trace is written as it was.
///
/// The layers of this family make a request's span current wherever the service's own code runs for it, so that every event there is
/// written under it, sampled (`trace_flags` 01) or not (00). An event that has a field `trace_id` of its own keeps that one.
///
/// ```
/// use tower_telemetry_setup::TraceIds;
///
/// let format = TraceIds::json(tracing_subscriber::fmt::format().json());
/// let subscriber = tracing_subscriber::fmt().json().event_format(format).finish();
/// # let _ = subscriber;
/// ```
///
/// [formats that are not OTLP]: https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
#[derive(Debug, Clone)]
pub struct TraceIds<F> {
    format: F,
    place: Place,
}

/// Where the ids stand in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After it, like fields.
    End,
    /// In its object.
    Object,
}

impl<F> TraceIds<F> {
    /// For lines of text: ` trace_id=… span_id=… trace_flags=…` at the end of each.
    pub fn text(format: F) -> Self {
        Self {
            format,
            place: Place::End,
        }
    }

    /// For JSON: three more members at the end of each object.
    pub fn json(format: F) -> Self {
        Self {
            format,
            place: Place::Object,
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for TraceIds<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let span = Context::map_current(|cx| {
            let span = cx.span();
            let span = span.span_context();
            span.is_valid().then(|| span.clone())
        });
        let Some(span) = span else {
            return self.format.format_event(ctx, writer, event);
        };
        let mut line = String::new();
        self.format.format_event(ctx, Writer::new(&mut line), event)?;
        let has_own = event.metadata().fields().field("trace_id").is_some();
        match has_own && !self.place.is_beside_fields(&line) {
            true => writer.write_str(&line),
            false => self.place.write(&mut writer, &line, &span),
        }
    }
}

impl Place {
    /// Whether an event's fields stand in an object of their own, so that a field and an id may have the same name.
    fn is_beside_fields(self, line: &str) -> bool {
        self == Self::Object && line.contains("\"fields\":{")
    }

    fn write(self, writer: &mut Writer<'_>, line: &str, span: &SpanContext) -> fmt::Result {
        let (trace_id, span_id, flags) = (span.trace_id(), span.span_id(), span.trace_flags());
        let text = line.trim_end_matches('\n');
        let end = &line[text.len()..];
        match (self, text.strip_suffix('}')) {
            (Self::Object, Some(object)) => {
                let comma = if object.ends_with('{') { "" } else { "," };
                write!(
                    writer,
                    "{object}{comma}\"trace_id\":\"{trace_id}\",\"span_id\":\"{span_id}\",\"trace_flags\":\"{flags:02x}\"}}{end}"
                )
            }
            _ => write!(
                writer,
                "{text} trace_id={trace_id} span_id={span_id} trace_flags={flags:02x}{end}"
            ),
        }
    }
}
