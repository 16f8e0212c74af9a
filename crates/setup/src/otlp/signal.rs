//! What is exported, and the variables that are for it alone.

/// One of the signals. A variable for it comes before the one for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Over HTTP.
    #[cfg(feature = "otlp-http")]
    pub(super) path: &'static str,
    pub(super) endpoint: &'static str,
    pub(super) timeout: [&'static str; 2],
    pub(super) compression: [&'static str; 2],
    pub(super) headers: [&'static str; 2],
}

impl Signal {
    pub(super) const TRACES: Self = Self {
        #[cfg(feature = "otlp-http")]
        path: "/v1/traces",
        endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        timeout: ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
        compression: [
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_COMPRESSION",
        ],
        headers: ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
    };

    #[cfg(feature = "otlp-logs")]
    pub(super) const LOGS: Self = Self {
        path: "/v1/logs",
        endpoint: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        timeout: ["OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"],
        compression: ["OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"],
        headers: ["OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"],
    };
}
