//! A trace in short: what the tour expects, and compares.

use std::fmt::Write;

use tower_telemetry::opentelemetry::trace::SpanKind;
use tower_telemetry::setup::{Trace, TraceSpan};

/// One line per span, indented under its parent: service, `>` for a client's span, name, status, `error.type`.
pub(crate) fn outline(trace: &Trace) -> String {
    let mut lines = String::new();
    if let Some(root) = trace.root() {
        add(trace, root, 0, &mut lines);
    }
    lines
}

fn add(trace: &Trace, span: &TraceSpan, depth: usize, lines: &mut String) {
    let arrow = if *span.kind() == SpanKind::Client { ">" } else { "" };
    let _ = write!(lines, "{:depth$}{}{arrow} {}", "", span.service(), span.name());
    for key in ["http.response.status_code", "rpc.response.status_code", "error.type"] {
        if let Some(value) = span.attribute(key) {
            let _ = write!(lines, " {value}");
        }
    }
    lines.push('\n');
    for child in trace.children_of(span) {
        add(trace, child, depth + 1, lines);
    }
}
