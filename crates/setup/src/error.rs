//! What can go wrong, and what to do then.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::Duration;

/// Why telemetry could not be set up, flushed or shut down.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The builder was given nothing to hand spans to.
    NoExporter,
    /// A guard returned by `install` is still alive in this process.
    AlreadyInstalled,
    /// An environment variable or an option holds a value that does not work.
    Setting {
        /// The variable or the method.
        name: &'static str,
        /// Its value; credentials in a URL are left out.
        value: String,
        /// What would be right.
        allowed: Cow<'static, str>,
    },
    /// The OTLP exporter could not be built from settings that were each valid.
    Exporter(String),
    /// The operating system did not start a thread.
    Thread(io::Error),
    /// Not everything was flushed in time. The rest goes on in the background while the process lives.
    Timeout(Duration),
    /// Spans could not be handed over: some are lost.
    Export(String),
    /// An exporter or a processor panicked while it was flushed.
    Panicked,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoExporter => {
                f.write_str("spans would go nowhere: give the builder `with_waterfall`, `with_otlp` or `with_exporter`")
            }
            Self::AlreadyInstalled => f.write_str(
                "telemetry is already installed in this process: keep one guard from `install` at a time, \
                 and use `build` for further services",
            ),
            Self::Setting { name, value, allowed } => {
                write!(f, "{name} is `{}`, but it has to be {allowed}", value.escape_debug())
            }
            Self::Exporter(reason) => write!(f, "the OTLP exporter could not be built: {reason}"),
            Self::Thread(error) => write!(
                f,
                "a thread for telemetry could not be started: {error}; check the process's thread limit"
            ),
            Self::Timeout(after) => write!(
                f,
                "not all spans were flushed within {after:?}: check that the collector answers, \
                 or allow more with `with_shutdown_timeout`"
            ),
            Self::Export(reason) => write!(f, "spans were lost: {reason}"),
            Self::Panicked => f.write_str(
                "an exporter panicked while it was flushed and spans were lost: its panic message names the place",
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_setting_is_named_with_its_value_on_one_line() {
        let error = Error::Setting {
            name: "OTEL_EXPORTER_OTLP_PROTOCOL",
            value: "smoke\nsignals".into(),
            allowed: "`grpc`".into(),
        };
        assert_eq!(
            error.to_string(),
            r"OTEL_EXPORTER_OTLP_PROTOCOL is `smoke\nsignals`, but it has to be `grpc`"
        );
    }
}
