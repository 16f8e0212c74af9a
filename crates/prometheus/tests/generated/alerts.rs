//! The alert rules.

use tower_telemetry_prometheus::catalog::{
    BLOCKING_CALLS, HTTP_SERVER, Metric, RPC_SERVER, SLOW_CALLS, SPANS_ENDED, SPANS_FAILED, SPANS_LOST,
};

/// A rule, and what it says when it fires.
struct Alert {
    name: &'static str,
    /// What is true when something is wrong.
    query: String,
    /// For how long it has to be.
    lasting: &'static str,
    severity: &'static str,
    summary: &'static str,
}

pub(crate) fn yaml() -> String {
    let mut text = String::from(
        "# Alert rules for the metrics of tower-telemetry. Made from its table of metrics: change them there, or copy them.\n\
         groups:\n  - name: tower-telemetry\n    rules:\n",
    );
    for alert in alerts() {
        let Alert {
            name,
            query,
            lasting,
            severity,
            summary,
        } = alert;
        text += &format!(
            "      - alert: {name}\n        expr: >-\n          {query}\n        for: {lasting}\n        labels:\n          \
             severity: {severity}\n        annotations:\n          summary: \"{summary}\"\n"
        );
    }
    text
}

fn alerts() -> Vec<Alert> {
    let http = HTTP_SERVER.duration.full_name();
    let rpc = RPC_SERVER.duration.full_name();
    let (active, streams) = (HTTP_SERVER.active.full_name(), HTTP_SERVER.active_streams.full_name());
    let spans = |metric: Metric| format!("sum by (job) (rate({}[5m]))", metric.full_name());
    // Metrics of the application's own have such a counter, too.
    let refused = ".+_refused_series_total";
    let found = |metric: Metric, more_than: u32| {
        let name = metric.full_name();
        format!("sum by (job, http_route, call) (increase({name}[10m])) > {more_than}")
    };
    // Of all requests 99 % within half a second: how much of the rest is used up, over a window.
    let slow = |window: &str| {
        format!(
            "(1 - sum by (job) (rate({http}_bucket{{le=\"0.5\"}}[{window}])) / sum by (job) (rate({http}_count[{window}])))"
        )
    };
    vec![
        Alert {
            name: "HttpErrorRatio",
            query: errors(&http, "http_route"),
            lasting: "5m",
            severity: "page",
            summary: "{{ $labels.job }} fails {{ $value | humanizePercentage }} of the requests for {{ $labels.http_route }}",
        },
        Alert {
            name: "RpcErrorRatio",
            query: errors(&rpc, "rpc_method"),
            lasting: "5m",
            severity: "page",
            summary: "{{ $labels.job }} fails {{ $value | humanizePercentage }} of the calls of {{ $labels.rpc_method }}",
        },
        Alert {
            name: "HttpLatencyBurnRate",
            query: format!("{} > 14.4 * 0.01 and {} > 14.4 * 0.01", slow("1h"), slow("5m")),
            lasting: "2m",
            severity: "page",
            summary: "{{ $labels.job }} will soon have used up its slow requests: {{ $value | humanizePercentage }} take more than 0.5 s",
        },
        Alert {
            name: "HttpSlowRoute",
            query: format!("histogram_quantile(0.99, sum by (job, http_route, le) (rate({http}_bucket[5m]))) > 2.5"),
            lasting: "10m",
            severity: "ticket",
            summary: "one in a hundred requests for {{ $labels.http_route }} takes {{ $value | humanizeDuration }} in {{ $labels.job }}",
        },
        Alert {
            name: "SlowCalls",
            // Of calls that never end no histogram knows.
            query: found(SLOW_CALLS, 10),
            lasting: "0m",
            severity: "ticket",
            summary: "in ten minutes {{ $value | humanize }} calls of {{ $labels.http_route }}{{ $labels.call }} were slow in {{ $labels.job }}",
        },
        Alert {
            name: "BlockingCalls",
            query: found(BLOCKING_CALLS, 0),
            lasting: "0m",
            severity: "ticket",
            summary: "in ten minutes {{ $value | humanize }} calls of {{ $labels.http_route }}{{ $labels.call }} blocked a thread of {{ $labels.job }}",
        },
        Alert {
            name: "HttpSaturation",
            // Streams are meant to stay.
            query: format!("sum by (job) ({active}) - (sum by (job) ({streams}) or sum by (job) ({active}) * 0) > 500"),
            lasting: "5m",
            severity: "page",
            summary: "{{ $labels.job }} has {{ $value }} requests in flight",
        },
        Alert {
            name: "TelemetryLoss",
            // What is lost in a queue no exporter knows of; where there is no queue that tells, the exporter does.
            query: format!(
                "({} or {}) / {} > 0.01",
                spans(SPANS_LOST),
                spans(SPANS_FAILED),
                spans(SPANS_ENDED)
            ),
            lasting: "5m",
            severity: "ticket",
            summary: "{{ $labels.job }} loses {{ $value | humanizePercentage }} of its spans",
        },
        Alert {
            name: "SeriesOverflow",
            query: format!(
                "increase(sum by (job, instance, metric) (label_replace({{__name__=~\"{refused}\"}}, \"metric\", \"$1\", \"__name__\", \"(.+)_refused_series_total\"))[10m:1m]) > 0"
            ),
            lasting: "0m",
            severity: "ticket",
            summary: "{{ $labels.job }} has more series of {{ $labels.metric }} than a metric may have: {{ $value | humanize }} observations have no labels",
        },
    ]
}

/// What failed of all; those whose caller has gone are nobody's fault.
fn errors(duration: &str, by: &str) -> String {
    format!(
        "sum by (job, {by}) (rate({duration}_count{{error_type!~\"|cancelled\"}}[5m])) / sum by (job, {by}) (rate({duration}_count[5m])) > 0.05"
    )
}
