//! A trace drawn as a waterfall: one line per span.

use std::fmt::{self, Write as _};

use tower_telemetry_semconv::clean;

use super::duration::human;
use super::paint::{Color, Paint};
use super::row::{Columns, Row};
use super::trace::Trace;
use super::tree::lines;
use crate::batch::spans;

/// Columns of a line when neither anybody nor a terminal says otherwise.
pub(crate) const WIDTH: usize = 120;

impl Trace {
    /// Draws the trace as lines of about `width` columns, 1,000 at most, without colors, each ended by a line feed.
    ///
    /// ```text
    /// trace 4bf92f3577b34da6a3ce929d0e0e4736  182ms  3 spans  gateway, orders
    /// ▶ gateway POST /checkout  ████████████████████████████   182ms  ok     201
    /// └─ → gateway POST          █████████████████████████     160ms  ERROR  503  error.type=503
    ///    └─ ▶ orders POST /pay     ███████████████████         120ms  ERROR  503  error.type=503
    /// ```
    ///
    /// The first line has the trace id, the time from the first start to the last end, the number of spans, and the services.
    /// Then each span has its place in the tree, its kind (`▶` serves a call, `→` makes one, `⇒` sends a message, `⇐` takes one,
    /// `·` is internal), service, name, a bar for when it ran, its duration, `ok` or `ERROR`, the HTTP or gRPC status, and
    /// `error.type`. A span that has not ended is `open`, with a lighter bar. Spans whose parent should be here and is not
    /// stand under `(parent not seen)`. Lines that begin with `!` tell what is missing.
    ///
    /// Control characters and the like in names and values are escaped, so that a line stays one line, and each is cut at 1,024
    /// bytes, as [`clean`] does.
    pub fn render(&self, width: usize) -> String {
        self.paint(width, Paint::Plain)
    }

    pub(crate) fn paint(&self, width: usize, paint: Paint) -> String {
        let services = self.services();
        let rows: Vec<Row<'_>> = lines(self).into_iter().map(Row::new).collect();
        let columns = Columns::fit(&rows, width);
        let mut out = self.header(&services, paint);
        for row in &rows {
            row.draw(&mut out, self, &columns, &services, paint);
        }
        self.notes(&mut out);
        out
    }

    fn header(&self, services: &[&str], paint: Paint) -> String {
        let names: Vec<_> = services.iter().map(|name| clean(name)).collect();
        let names = names.join(", ");
        let spans = spans(self.spans().len() as u64);
        let id = paint.with(Color::Bold, &self.id().to_string());
        format!("trace {id}  {}  {spans}  {names}\n", human(self.duration()))
    }

    fn notes(&self, out: &mut String) {
        let mut note = |text: fmt::Arguments<'_>| {
            let _ = writeln!(out, "! {text}");
        };
        if self.is_continued() {
            note(format_args!(
                "earlier spans of this trace were handed over or left out before"
            ));
        }
        if self.left_out() > 0 {
            note(format_args!(
                "left out: {} more of this trace's spans (it has too many)",
                self.left_out()
            ));
        }
        if self.left_out_elsewhere() > 0 {
            note(format_args!(
                "left out before: {} of other traces' spans (too many traces at once)",
                self.left_out_elsewhere()
            ));
        }
    }
}

/// Draws the trace as [`render`](Trace::render) does, 120 columns wide.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(WIDTH).trim_end_matches('\n'))
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry::trace::{SpanKind, Status, TraceId};
    use opentelemetry_sdk::trace::SpanData;
    use tower_telemetry_semconv::attribute::{ERROR_TYPE, HTTP_RESPONSE_STATUS_CODE};

    use super::*;
    use crate::waterfall::span::tests::{data, span};
    use crate::waterfall::span::{Progress, TraceSpan};
    use crate::waterfall::trace::Losses;

    fn named(mut data: SpanData, name: &'static str, kind: SpanKind) -> SpanData {
        data.name = name.into();
        data.span_kind = kind;
        data
    }

    fn answered(mut data: SpanData, code: i64) -> SpanData {
        data.attributes.push(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, code));
        data
    }

    fn failed(mut data: SpanData, error: &'static str) -> SpanData {
        data.attributes.push(KeyValue::new(ERROR_TYPE, error));
        data.status = Status::error("");
        data
    }

    fn remote(mut data: SpanData) -> SpanData {
        data.parent_span_is_remote = true;
        data
    }

    fn trace(spans: Vec<TraceSpan>, losses: Losses) -> Trace {
        Trace::new(TraceId::from(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736), spans, losses)
    }

    fn checkout() -> Trace {
        use SpanKind::{Client, Internal, Server};
        let spans = vec![
            span(
                "gateway",
                answered(remote(named(data(1, 99, 0..182), "POST /checkout", Server)), 503),
            ),
            span("gateway", named(data(2, 1, 4..20), "check cart", Internal)),
            span(
                "gateway",
                failed(answered(named(data(3, 1, 20..180), "POST", Client), 503), "503"),
            ),
            span(
                "orders",
                failed(
                    answered(remote(named(data(4, 3, 30..170), "POST /orders", Server)), 503),
                    "503",
                ),
            ),
            span("orders", failed(named(data(5, 4, 40..160), "GET", Client), "timeout")),
        ];
        trace(spans, Losses::default())
    }

    #[test]
    fn a_trace_is_a_tree_with_bars() {
        let expected = "\
trace 4bf92f3577b34da6a3ce929d0e0e4736  182ms  5 spans  gateway, orders
▶ gateway POST /checkout     █████████████████████   182ms  ok     503
├─ · gateway check cart      ██                     16.0ms  ok
└─ → gateway POST              ███████████████████   160ms  ERROR  503  error.type=503
   └─ ▶ orders POST /orders     █████████████████    140ms  ERROR  503  error.type=503
      └─ → orders GET             █████████████      120ms  ERROR       error.type=timeout
";
        assert_eq!(checkout().render(90), expected);
    }

    #[test]
    fn display_is_the_same_in_the_default_width_without_the_last_line_feed() {
        let trace = checkout();
        assert_eq!(format!("{trace}\n"), trace.render(WIDTH));
    }

    #[test]
    fn what_is_missing_is_told() {
        let losses = Losses {
            continued: true,
            left_out: 12,
            left_out_elsewhere: 3,
        };
        let open = TraceSpan::new("orders".into(), data(1, 0, 0..0), Progress::Open);
        let orphan = span("orders", data(3, 9, 5..10));
        let expected = "\
trace 4bf92f3577b34da6a3ce929d0e0e4736  10.0ms  2 spans  orders
· orders span 1     ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░       -  open
(parent not seen)
└─ · orders span 3                       █████████████████████  5.00ms  ok
! earlier spans of this trace were handed over or left out before
! left out: 12 more of this trace's spans (it has too many)
! left out before: 3 of other traces' spans (too many traces at once)
";
        assert_eq!(trace(vec![open, orphan], losses).render(80), expected);
    }

    #[test]
    fn no_name_breaks_its_line() {
        let mut evil = failed(data(1, 0, 0..5), "a\nb");
        evil.name = "x\n! forged \x1b[2J\u{202e}".into();
        evil.attributes.push(KeyValue::new("rpc.response.status_code", "\r\n"));
        let text = trace(vec![span("s\n", evil)], Losses::default()).render(200);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(!text.contains(['\x1b', '\r', '\u{202e}']), "{text}");
    }

    #[test]
    fn colors_change_nothing_but_colors() {
        let trace = checkout();
        let colored = trace.paint(90, Paint::Colored);
        let mut plain = String::new();
        for (at, piece) in colored.split('\x1b').enumerate() {
            let text = if at == 0 {
                piece
            } else {
                piece.split_once('m').map_or("", |(_, text)| text)
            };
            plain.push_str(text);
        }
        assert!(colored.contains("\x1b[31mERROR"));
        let trimmed: Vec<_> = plain.lines().map(str::trim_end).collect();
        assert_eq!(trimmed, trace.render(90).lines().collect::<Vec<_>>());
    }

    #[test]
    fn no_line_is_endless() {
        let text = checkout().render(usize::MAX);
        assert!(text.lines().all(|line| line.chars().count() <= 1_000), "{text}");
    }

    #[test]
    fn a_narrow_line_cuts_names_before_bars() {
        let text = checkout().render(40);
        let longest = text.lines().skip(1).map(|line| line.chars().count()).max();
        assert!(text.contains("…"), "{text}");
        assert!(longest < Some(80), "{text}");
    }
}
