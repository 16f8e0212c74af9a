//! One line of a waterfall: the texts of a span, and where they stand.

use std::fmt::Write as _;
use std::time::Duration;

use opentelemetry::trace::SpanKind;
use tower_telemetry_semconv::attribute::ERROR_TYPE;
use tower_telemetry_semconv::clean;

use super::duration::human;
use super::paint::{Color, Paint};
use super::span::TraceSpan;
use super::trace::Trace;
use super::tree::Line;

/// No line is asked to be wider than this.
const WIDEST: usize = 1_000;
/// A bar is never shorter than this, even if the line gets longer than asked for.
const BAR: usize = 10;
/// Nor is the text before the bar cut to less.
const LABEL: usize = 24;
/// Longer status codes and error types are cut: the longest in the standards fit.
const CODE: usize = 20;
const ERROR: usize = 48;
/// Blanks between the columns.
const GAPS: usize = 10;

/// The texts of one line.
pub(crate) struct Row<'a> {
    line: Line<'a>,
    label: String,
    duration: String,
    status: &'static str,
    code: String,
    error: String,
}

impl<'a> Row<'a> {
    pub(crate) fn new(line: Line<'a>) -> Self {
        let mut row = Self {
            line,
            label: String::new(),
            duration: String::new(),
            status: "",
            code: String::new(),
            error: String::new(),
        };
        let Some(span) = row.line.span else {
            row.label.push_str("(parent not seen)");
            return row;
        };
        row.label.push_str(&clean(span.service()));
        row.label.push(' ');
        row.label.push_str(&clean(span.name()));
        row.duration = span.duration().map_or_else(|| "-".into(), human);
        row.status = match span {
            span if !span.is_ended() => "open",
            span if span.is_error() => "ERROR",
            _ => "ok",
        };
        row.code = shorten(&clean(&span.status_code().unwrap_or_default()), CODE);
        if let Some(error) = span.error_type() {
            row.error = shorten(&format!("{ERROR_TYPE}={}", clean(&error)), ERROR);
        }
        row
    }

    /// Columns taken by the tree and the kind.
    fn indent(&self) -> usize {
        columns(&self.line.branch) + if self.line.span.is_some() { 2 } else { 0 }
    }

    pub(crate) fn draw(&self, out: &mut String, trace: &Trace, fit: &Columns, services: &[&str], paint: Paint) {
        let start = out.len();
        out.push_str(&paint.with(Color::Dim, &self.line.branch));
        let room = fit.label.saturating_sub(self.indent());
        let label = shorten(&self.label, room);
        let Some(span) = self.line.span else {
            out.push_str(&paint.with(Color::Dim, &label));
            return out.push('\n');
        };
        let color = Color::of_service(services, span.service());
        let (service, name) = label.split_once(' ').unwrap_or((&label, ""));
        let gap = " ".repeat(room.saturating_sub(columns(&label)));
        let _ = write!(
            out,
            "{} {} {name}{gap}  ",
            arrow(span.kind()),
            paint.with(color, service)
        );
        let (before, bar, after) = bar(trace, span, fit.bar);
        let bar = if span.is_ended() { "█" } else { "░" }.repeat(bar);
        let _ = write!(
            out,
            "{}{}{}",
            " ".repeat(before),
            paint.with(color, &bar),
            " ".repeat(after)
        );
        let status = format!("{:<width$}", self.status, width = fit.status);
        let status = match self.status {
            "ok" => paint.with(Color::Green, &status),
            "ERROR" => paint.with(Color::Red, &status),
            _ => paint.with(Color::Yellow, &status),
        };
        let _ = write!(out, "  {:>width$}  {status}", self.duration, width = fit.duration);
        let _ = write!(
            out,
            "  {:<width$}  {}",
            self.code,
            paint.with(Color::Red, &self.error),
            width = fit.code
        );
        let end = out.trim_end_matches(' ').len();
        out.truncate(end.max(start));
        out.push('\n');
    }
}

/// Widths of the columns, in characters.
pub(crate) struct Columns {
    label: usize,
    bar: usize,
    duration: usize,
    status: usize,
    code: usize,
}

impl Columns {
    pub(crate) fn fit(rows: &[Row<'_>], width: usize) -> Self {
        let widest = |of: &dyn Fn(&Row<'_>) -> usize| rows.iter().map(of).max().unwrap_or(0);
        let duration = widest(&|row| columns(&row.duration));
        let status = widest(&|row| columns(row.status));
        let code = widest(&|row| columns(&row.code));
        let error = widest(&|row| columns(&row.error));
        let wanted = widest(&|row| row.indent() + columns(&row.label));
        let rest = width
            .min(WIDEST)
            .saturating_sub(duration + status + code + error + GAPS);
        let label = wanted.min(rest.saturating_sub(BAR).max(LABEL));
        let bar = rest.saturating_sub(label).max(BAR);
        Self {
            label,
            bar,
            duration,
            status,
            code,
        }
    }
}

/// Cells before the bar, of the bar, and after it.
fn bar(trace: &Trace, span: &TraceSpan, width: usize) -> (usize, usize, usize) {
    let total = trace.duration().as_secs_f64();
    let cells = |time: Duration| match total > 0.0 {
        true => (time.as_secs_f64() / total * width as f64).round() as usize,
        false => 0,
    };
    let start = span.start().duration_since(trace.start()).unwrap_or_default();
    let before = cells(start).min(width - 1);
    let bar = match span.duration() {
        Some(duration) => (cells(start + duration).min(width) - before).max(1),
        None => width - before,
    };
    (before, bar, width - before - bar)
}

fn arrow(kind: &SpanKind) -> char {
    match kind {
        SpanKind::Server => '▶',
        SpanKind::Client => '→',
        SpanKind::Producer => '⇒',
        SpanKind::Consumer => '⇐',
        SpanKind::Internal => '·',
    }
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

fn shorten(text: &str, width: usize) -> String {
    match columns(text) > width {
        true => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceId;

    use super::*;
    use crate::waterfall::span::tests::{data, span};
    use crate::waterfall::trace::Losses;

    #[test]
    fn a_bar_starts_and_ends_with_its_span_and_is_never_empty() {
        let times = [(0, 100), (0, 50), (50, 100), (30, 31), (100, 100), (100, 40)];
        let spans = times.into_iter().enumerate().map(|(id, (start, end))| {
            let time = std::ops::Range { start, end };
            span("a", data(id as u64 + 1, 0, time))
        });
        let trace = Trace::new(TraceId::from(1), spans.collect(), Losses::default());
        let bars = (1..=6).map(|id| bar(&trace, trace.span(id.into()).expect("a span"), 10));
        let expected = [(0, 10, 0), (0, 5, 5), (5, 5, 0), (3, 1, 6), (9, 1, 0), (9, 1, 0)];
        assert_eq!(bars.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_trace_that_took_no_time_has_bars() {
        let trace = Trace::new(TraceId::from(1), vec![span("a", data(1, 0, 5..5))], Losses::default());
        assert_eq!(bar(&trace, &trace.spans()[0], 10), (0, 1, 9));
    }

    #[test]
    fn text_that_is_too_long_is_cut() {
        assert_eq!(shorten("größer", 6), "größer");
        assert_eq!(shorten("größer", 4), "grö…");
    }
}
