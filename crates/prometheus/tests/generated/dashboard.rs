//! The Grafana dashboard.

use serde_json::{Value, json};
use tower_telemetry_prometheus::catalog::{
    CALLS, Catalog, HTTP_CLIENT, HTTP_SERVER, Kind, Metric, RPC_CLIENT, RPC_SERVER, SANITIZED_VALUES, SLOW, SPANS,
};

/// What a panel shows: a query, and the legend of its lines.
type Query = (String, String);

pub(crate) fn json() -> String {
    let mut panels = Vec::new();
    let titles = ["HTTP server", "HTTP client", "gRPC server", "gRPC client"];
    for (names, title) in CALLS.iter().zip(titles) {
        panels.push(json!({ "type": "row", "title": title, "collapsed": false }));
        panels.extend(of_calls(names));
    }
    panels.push(json!({ "type": "row", "title": "Telemetry", "collapsed": false }));
    panels.extend(of_telemetry());
    place(&mut panels);
    let dashboard = json!({
        "title": "tower-telemetry",
        "uid": "tower-telemetry",
        "schemaVersion": 39,
        "tags": ["tower-telemetry"],
        "time": { "from": "now-1h", "to": "now" },
        "refresh": "30s",
        "templating": { "list": [
            { "name": "datasource", "type": "datasource", "query": "prometheus" },
            {
                "name": "job",
                "type": "query",
                "datasource": datasource(),
                "query": "label_values(job)",
                "refresh": 2,
                "multi": true,
                "includeAll": true,
            },
        ] },
        "panels": panels,
    });
    serde_json::to_string_pretty(&dashboard).expect("values are text and numbers") + "\n"
}

/// By what calls are told apart.
fn route(names: &Catalog) -> &'static str {
    match *names {
        HTTP_SERVER => "http_route",
        HTTP_CLIENT => "server_address",
        RPC_SERVER | RPC_CLIENT => "rpc_method",
        _ => unreachable!("another kind of calls"),
    }
}

fn status(names: &Catalog) -> &'static str {
    match *names {
        HTTP_SERVER | HTTP_CLIENT => "http_response_status_code",
        _ => "rpc_response_status_code",
    }
}

fn of_calls(names: &Catalog) -> Vec<Value> {
    let (route, status) = (route(names), status(names));
    let duration = names.duration.full_name();
    let by_status = format!("sum by ({status}, error_type) (rate({duration}_count{JOB}[$__rate_interval]))");
    let failed = format!("{duration}_count{{job=~\"$job\",error_type!=\"\"}}");
    let errors = format!(
        "sum by ({route}) (rate({failed}[$__rate_interval])) / sum by ({route}) (rate({duration}_count{JOB}[$__rate_interval]))"
    );
    let active = |metric: Metric| format!("sum by (job) ({}{JOB})", metric.full_name());
    vec![
        panel(
            "Calls by outcome",
            "reqps",
            vec![(
                by_status,
                "{{error_type}} {{http_response_status_code}}{{rpc_response_status_code}}".to_owned(),
            )],
        ),
        panel("Error ratio", "percentunit", vec![(errors, legend(route))]),
        with_exemplars(panel("Duration", "s", quantiles(names.duration))),
        panel(
            "Slowest, 99 % within",
            "s",
            vec![(
                format!(
                    "topk(10, {})",
                    quantile("0.99", names.duration, &format!("le, {route}"))
                ),
                legend(route),
            )],
        ),
        panel(
            "In flight",
            "short",
            vec![
                (active(names.active), "calls of {{job}}".to_owned()),
                (active(names.active_streams), "streams of {{job}}".to_owned()),
            ],
        ),
        panel("Lifetime of streams", "s", quantiles(names.stream_duration)),
        panel("Time to the response head", "s", quantiles(names.to_head)),
        panel(
            "Size of bodies",
            "bytes",
            vec![
                (quantile("0.95", names.request_size, "le"), "requests, 95 %".to_owned()),
                (
                    quantile("0.95", names.response_size, "le"),
                    "responses, 95 %".to_owned(),
                ),
            ],
        ),
    ]
}

fn of_telemetry() -> Vec<Value> {
    let rate = |metric: Metric| format!("sum by (job) (rate({}{JOB}[$__rate_interval]))", metric.full_name());
    let spans = SPANS.into_iter().map(|metric| match metric.kind {
        Kind::Counter => (rate(metric), of_job(metric)),
        _ => (format!("sum by (job) ({}{JOB})", metric.full_name()), of_job(metric)),
    });
    let refused = CALLS.iter().map(|names| (rate(names.refused), of_job(names.refused)));
    let sanitized = format!(
        "sum by (job, change) (rate({}{JOB}[$__rate_interval]))",
        SANITIZED_VALUES.full_name()
    );
    let slow = SLOW.map(|metric| {
        let name = metric.full_name();
        let query = format!("sum by (http_route, call) (increase({name}{JOB}[$__rate_interval]))");
        (query, format!("{} {{{{http_route}}}}{{{{call}}}}", metric.name))
    });
    vec![
        panel("Slow calls", "short", slow.into()),
        panel("Spans", "short", spans.collect()),
        panel("Without a series of their own", "cps", refused.collect()),
        panel(
            "Sanitized values",
            "cps",
            vec![(sanitized, "{{change}} {{job}}".to_owned())],
        ),
    ]
}

/// A metric, of which service: a sum has no name of its own.
fn of_job(metric: Metric) -> String {
    format!("{} {{{{job}}}}", metric.name)
}

const JOB: &str = "{job=~\"$job\"}";

/// The value of this label.
fn legend(label: &str) -> String {
    format!("{{{{{label}}}}}")
}

fn quantiles(metric: Metric) -> Vec<Query> {
    [("0.5", "50 %"), ("0.95", "95 %"), ("0.99", "99 %")]
        .map(|(share, legend)| (quantile(share, metric, "le"), legend.to_owned()))
        .to_vec()
}

fn quantile(share: &str, metric: Metric, by: &str) -> String {
    let name = metric.full_name();
    format!("histogram_quantile({share}, sum by ({by}) (rate({name}_bucket{JOB}[$__rate_interval])))")
}

fn panel(title: &str, unit: &str, queries: Vec<Query>) -> Value {
    let targets = queries.into_iter().zip('A'..).map(|((query, legend), name)| {
        json!({ "refId": name.to_string(), "datasource": datasource(), "expr": query, "legendFormat": legend })
    });
    json!({
        "type": "timeseries",
        "title": title,
        "datasource": datasource(),
        "fieldConfig": { "defaults": { "unit": unit, "min": 0 }, "overrides": [] },
        "targets": targets.collect::<Vec<_>>(),
    })
}

/// Shows the traces that the buckets have as examples.
fn with_exemplars(mut panel: Value) -> Value {
    for target in panel["targets"].as_array_mut().into_iter().flatten() {
        target["exemplar"] = true.into();
    }
    panel
}

fn datasource() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// Four panels side by side; a row's title has a line of its own.
fn place(panels: &mut [Value]) {
    let (mut x, mut y) = (0, 0);
    for (id, panel) in panels.iter_mut().enumerate() {
        let is_row = panel["type"] == "row";
        let (width, height) = if is_row { (24, 1) } else { (6, 8) };
        if x + width > 24 {
            (x, y) = (0, y + 8);
        }
        panel["id"] = (id + 1).into();
        panel["gridPos"] = json!({ "x": x, "y": y, "w": width, "h": height });
        x += width;
        if is_row {
            (x, y) = (0, y + height);
        }
    }
}
