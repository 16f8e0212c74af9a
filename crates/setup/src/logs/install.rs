//! A subscriber for a process that has none of its own.

use std::fmt;
use std::io;

use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use super::TraceIds;
use crate::Error;
use crate::waterfall::paint::Paint;

/// How a process's `tracing` events are written: as text or JSON, each with the [ids of its trace](TraceIds), to standard error.
///
/// [`TelemetryBuilder::with_logs`](crate::TelemetryBuilder::with_logs) makes it the process's subscriber; [`layer`](Self::layer) is
/// for a subscriber of your own.
///
/// ```
/// use tower_telemetry_setup::{Logs, Telemetry, Waterfall};
///
/// let telemetry = Telemetry::builder("orders")
///     .with_waterfall(Waterfall::stderr())
///     .with_logs(Logs::json())
///     .install()?;
/// tracing::info!("ready");
/// # telemetry.shutdown()?;
/// # Ok::<(), tower_telemetry_setup::Error>(())
/// ```
#[must_use]
pub struct Logs {
    style: Style,
    filter: Option<String>,
    writer: BoxMakeWriter,
    colors: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Text,
    Json,
}

impl Logs {
    /// A line of text for each event, in color when standard error is a terminal and `NO_COLOR` is not set.
    pub fn text() -> Self {
        Self::of(Style::Text)
    }

    /// A JSON object in a line for each event.
    pub fn json() -> Self {
        Self::of(Style::Json)
    }

    fn of(style: Style) -> Self {
        Self {
            style,
            filter: None,
            writer: BoxMakeWriter::new(io::stderr),
            colors: style == Style::Text && Paint::of(&io::stderr()) == Paint::Colored,
        }
    }

    /// Which events are written, in the words of [`EnvFilter`], such as `info,hyper=warn`. Unless it is set, `RUST_LOG` says so, and
    /// else everything from INFO up is written.
    pub fn with_filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    /// Writes there, without colors.
    pub fn with_writer(mut self, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) -> Self {
        self.writer = BoxMakeWriter::new(writer);
        self.colors = false;
        self
    }

    /// The same as a layer.
    ///
    /// # Errors
    ///
    /// When the filter cannot be understood.
    pub fn layer<S>(self) -> Result<impl Layer<S> + Send + Sync, Error>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let filter = self.env_filter()?;
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(self.colors)
            .with_writer(self.writer);
        let format = tracing_subscriber::fmt::format().with_ansi(self.colors);
        let layer: Box<dyn Layer<S> + Send + Sync> = match self.style {
            Style::Text => Box::new(layer.event_format(TraceIds::text(format))),
            Style::Json => Box::new(layer.json().event_format(TraceIds::json(format.json()))),
        };
        Ok(layer.with_filter(filter))
    }

    fn env_filter(&self) -> Result<EnvFilter, Error> {
        const VARIABLE: &str = "RUST_LOG";
        let given = match &self.filter {
            Some(filter) => Some(("Logs::with_filter", filter.clone())),
            None => crate::environment::process(VARIABLE).map(|value| (VARIABLE, value)),
        };
        let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
        let Some((name, value)) = given else {
            return Ok(filter.parse_lossy(""));
        };
        filter.parse(&value).map_err(|_| Error::Setting {
            name,
            value,
            allowed: "a filter such as `info` or `info,hyper=warn`".into(),
        })
    }

    /// Makes it the process's subscriber, where no [`install`](crate::TelemetryBuilder::install) does: for several services in one process.
    ///
    /// # Errors
    ///
    /// When the filter cannot be understood, or when the process has a subscriber already.
    pub fn install(self) -> Result<(), Error> {
        self.install_with(
            #[cfg(feature = "otlp-logs")]
            None,
        )
    }

    /// The same with the bridge to OTLP, if there is one.
    pub(crate) fn install_with(
        self,
        #[cfg(feature = "otlp-logs")] logger_provider: Option<&opentelemetry_sdk::logs::SdkLoggerProvider>,
    ) -> Result<(), Error> {
        let subscriber = Registry::default().with(self.layer()?);
        #[cfg(feature = "otlp-logs")]
        let subscriber = subscriber.with(logger_provider.map(crate::otlp::logs::bridge));
        tracing::subscriber::set_global_default(subscriber).map_err(|_| Error::LogsTaken)
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs")
            .field("style", &self.style)
            .field("filter", &self.filter)
            .field("colors", &self.colors)
            .finish_non_exhaustive()
    }
}
