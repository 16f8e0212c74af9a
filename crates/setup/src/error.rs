//! What can go wrong, and what to do then.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkError;

/// Why telemetry could not be set up, flushed or shut down.
///
/// `Debug` says the same as `Display`: it is what people read when `main` returns the error.
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
        /// Its value; of a URL without credentials and query.
        value: String,
        /// What would be right.
        allowed: Cow<'static, str>,
    },
    /// Sampling rules that cannot be read.
    SamplingFile {
        /// The file, if they come from one.
        path: Option<PathBuf>,
        /// What is wrong, where, and what would be right.
        reason: String,
    },
    /// Another `tracing` subscriber is the process's own already, so that this crate's logs cannot be.
    LogsTaken,
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
            Self::SamplingFile { path, reason } => {
                let reason = reason.trim_end();
                match path {
                    Some(path) => write!(f, "the sampling rules in {} cannot be used: {reason}", path.display()),
                    None => write!(f, "the sampling rules cannot be used: {reason}"),
                }
            }
            Self::LogsTaken => f.write_str(
                "a tracing subscriber is installed already: install telemetry first, or add `Logs::layer` to that subscriber \
                 and leave `with_logs` out",
            ),
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

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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

impl From<OTelSdkError> for Error {
    fn from(error: OTelSdkError) -> Self {
        match error {
            OTelSdkError::Timeout(after) => Self::Timeout(after),
            error => Self::Export(reason(error)),
        }
    }
}

/// What the SDK's error says, without its introduction.
pub(crate) fn reason(error: OTelSdkError) -> String {
    match error {
        OTelSdkError::InternalFailure(reason) => reason,
        OTelSdkError::Timeout(after) => format!("an exporter did not finish within {after:?}"),
        OTelSdkError::AlreadyShutdown => "the exporter was shut down".into(),
    }
}

pub(crate) fn panicked() -> OTelSdkError {
    OTelSdkError::InternalFailure("an exporter panicked".into())
}

/// A URL for messages: the user information replaced, query and fragment cut off.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (start, rest) = url.split_at(url.find("://").map_or(0, |at| at + "://".len()));
    let authority = match start {
        // Perhaps the scheme was forgotten, or a slash.
        "" => rest,
        _ => rest.split('/').next().unwrap_or_default(),
    };
    match authority.rfind('@') {
        Some(at) => [start, "REDACTED:REDACTED", &rest[at..]].concat(),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_has_no_secrets() {
        for (url, expected) in [
            ("http://a:1/x@y", "http://a:1/x@y"),
            ("http://a:1/x?api-key=secret", "http://a:1/x"),
            ("http://a:1?to=b@c", "http://a:1"),
            ("http://a#secret", "http://a"),
            ("http://secret@a:1", "http://REDACTED:REDACTED@a:1"),
            ("https://user:s@cret@a/x@y?z", "https://REDACTED:REDACTED@a/x@y"),
            ("user:secret@a:1", "REDACTED:REDACTED@a:1"),
            ("http:/user:secret@a", "REDACTED:REDACTED@a"),
            ("", ""),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
    }

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
        assert_eq!(format!("{error:?}"), error.to_string());
    }
}
