//! Where finished traces go.

use std::fmt;
use std::io::{self, Write};

use terminal_size::{Height, Width, terminal_size_of};

use super::paint::Paint;
use super::render::WIDTH;
use super::trace::Trace;

pub(crate) enum Sink {
    Stdout(Paint),
    Stderr(Paint),
    Closure(Box<dyn Fn(&Trace) + Send + Sync>),
}

impl Sink {
    pub(crate) fn stdout() -> Self {
        Self::Stdout(Paint::of(&io::stdout()))
    }

    pub(crate) fn stderr() -> Self {
        Self::Stderr(Paint::of(&io::stderr()))
    }

    /// Shows a trace in so many columns, or in as many as the terminal has now.
    pub(crate) fn show(&self, trace: &Trace, width: Option<usize>) {
        // Nobody could be told of an output that is closed, and a service goes on without it.
        let _ = match self {
            Self::Stdout(paint) => {
                let columns = columns(width, || terminal_size_of(io::stdout()));
                write(io::stdout(), trace, columns, *paint)
            }
            Self::Stderr(paint) => {
                let columns = columns(width, || terminal_size_of(io::stderr()));
                write(io::stderr(), trace, columns, *paint)
            }
            Self::Closure(closure) => {
                closure(trace);
                Ok(())
            }
        };
    }
}

/// The columns of a line: those that were set, else the terminal's. A file and a pipe have none of their own.
fn columns(set: Option<usize>, terminal: impl FnOnce() -> Option<(Width, Height)>) -> usize {
    let terminal = || terminal().map(|(Width(columns), _)| columns.into());
    set.or_else(terminal).unwrap_or(WIDTH)
}

/// Writes the trace and an empty line in one piece, so that what other threads write does not come in between.
fn write(mut output: impl Write, trace: &Trace, width: usize, paint: Paint) -> io::Result<()> {
    let mut text = trace.paint(width, paint);
    text.push('\n');
    output.write_all(text.as_bytes())?;
    output.flush()
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout(_) => "Stdout",
            Self::Stderr(_) => "Stderr",
            Self::Closure(_) => "Closure",
        })
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceId;

    use super::*;
    use crate::waterfall::span::tests::{data, span};
    use crate::waterfall::trace::Losses;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_trace_is_written_with_an_empty_line_after_it() -> io::Result<()> {
        let trace = Trace::new(TraceId::from(1), vec![span("a", data(1, 0, 0..5))], Losses::default());
        let mut out = Vec::new();
        write(&mut out, &trace, 80, Paint::Plain)?;
        assert_eq!(
            String::from_utf8_lossy(&out),
            format!("{trace}\n\n", trace = trace.render(80).trim_end())
        );
        Ok(())
    }

    #[test]
    fn a_line_is_as_wide_as_was_said_or_as_the_terminal() -> io::Result<()> {
        let terminal = Some((Width(80), Height(24)));
        assert_eq!(columns(Some(200), || terminal), 200);
        assert_eq!(columns(None, || terminal), 80);
        let file = std::fs::File::open(env!("CARGO_MANIFEST_PATH"))?;
        assert_eq!(columns(None, || terminal_size_of(file)), WIDTH);
        Ok(())
    }

    #[test]
    fn a_closed_output_is_an_error_and_no_panic() {
        let trace = Trace::new(TraceId::from(1), vec![span("a", data(1, 0, 0..5))], Losses::default());
        let error = write(Closed, &trace, 80, Paint::Plain).expect_err("closed");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
