//! What is kept of calls.

use tower_telemetry_sanitize::Sanitizer;

use crate::series::MAX_SERIES;
use crate::{Buckets, NativeBuckets};

/// The names under which metrics are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Those of OpenTelemetry's semantic conventions, such as `http_server_request_duration_seconds`.
    #[default]
    OpenTelemetry,
    /// `http_requests_total{method,endpoint,status}` and `http_request_duration_seconds{method,endpoint}`, and no others.
    Classic,
    /// Both: for the time in which dashboards move from one to the other. The numbers are kept once.
    Both,
}

/// Whether the bytes of bodies are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bodies {
    /// They are not.
    #[default]
    Uncounted,
    /// As they pass: those of responses by the layer itself, those of requests by a
    /// [`CountRequestBodyLayer`](crate::CountRequestBodyLayer) further in.
    Measured,
}

/// Whether the time to the response head has a metric of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeToHead {
    /// It has not.
    #[default]
    Left,
    /// It has.
    Kept,
}

/// What is done with calls that are streams: server-sent events, upgraded connections and others that last as long as somebody listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Streams {
    /// They count and are timed as calls until their response head; from then on they are streams, with a gauge and a lifetime of their own. So a
    /// long stream is no slow call. In the gauge of calls in flight they stay until they end.
    #[default]
    Apart,
    /// They are calls like others, and last until their end.
    Together,
}

/// Whether the buckets of durations have exemplars: the ids of a trace, by which a slow call can be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exemplars {
    /// Calls in a sampled span are examples.
    #[default]
    Sampled,
    /// No call is.
    None,
}

/// All of it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) names: Names,
    pub(crate) durations: Buckets,
    pub(crate) sizes: Buckets,
    pub(crate) lifetimes: Buckets,
    pub(crate) native: NativeBuckets,
    pub(crate) bodies: Bodies,
    pub(crate) to_head: TimeToHead,
    pub(crate) streams: Streams,
    pub(crate) exemplars: Exemplars,
    pub(crate) max_series: usize,
    pub(crate) sanitizer: Sanitizer,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            names: Names::default(),
            durations: Buckets::durations(),
            sizes: Buckets::sizes(),
            lifetimes: Buckets::lifetimes(),
            native: NativeBuckets::default(),
            bodies: Bodies::default(),
            to_head: TimeToHead::default(),
            streams: Streams::default(),
            exemplars: Exemplars::default(),
            max_series: MAX_SERIES,
            sanitizer: Sanitizer::default(),
        }
    }
}
