//! The metrics of each kind of calls.

use super::{Catalog, Kind, Metric};

macro_rules! catalog {
    ($name:ident, $prefix:literal, $call:literal, $what:literal, active: $active:expr, ended: $ended:expr) => {
        #[doc = concat!("The metrics of ", $what, "s.")]
        pub const $name: Catalog = Catalog {
            duration: Metric {
                name: concat!($prefix, "_", $call, "_duration"),
                kind: Kind::Seconds,
                help: concat!("Duration of ", $what, "s, of streams until their head"),
                labels: $ended,
            },
            active: Metric {
                name: concat!($prefix, "_active_", $call, "s"),
                kind: Kind::Gauge,
                help: concat!("Number of ", $what, "s in flight"),
                labels: $active,
            },
            to_head: Metric {
                name: concat!($prefix, "_time_to_head"),
                kind: Kind::Seconds,
                help: concat!("Time from the beginning of ", $what, "s to their response head"),
                labels: $ended,
            },
            request_size: Metric {
                name: concat!($prefix, "_request_body_size"),
                kind: Kind::Bytes,
                help: concat!(
                    "Size of the request bodies of ",
                    $what,
                    "s, as far as they were read"
                ),
                labels: $ended,
            },
            response_size: Metric {
                name: concat!($prefix, "_response_body_size"),
                kind: Kind::Bytes,
                help: concat!(
                    "Size of the response bodies of ",
                    $what,
                    "s, as far as they were sent"
                ),
                labels: $ended,
            },
            stream_duration: Metric {
                name: concat!($prefix, "_stream_duration"),
                kind: Kind::Seconds,
                help: concat!(
                    "Time from the response head of ",
                    $what,
                    "s that are streams to their end"
                ),
                labels: $ended,
            },
            active_streams: Metric {
                name: concat!($prefix, "_active_streams"),
                kind: Kind::Gauge,
                help: concat!("Number of ", $what, "s that are open streams"),
                labels: $active,
            },
            refused: Metric {
                name: concat!($prefix, "_refused_series"),
                kind: Kind::Counter,
                help: concat!(
                    "Observations of ",
                    $what,
                    "s for which there was no room for a series"
                ),
                labels: &[],
            },
        };
    };
}

catalog!(
    HTTP_SERVER, "http_server", "request", "HTTP server request",
    active: &["http_request_method", "url_scheme"],
    ended: &[
        "http_request_method",
        "url_scheme",
        "http_route",
        "http_response_status_code",
        "error_type",
        "network_protocol_version",
    ]
);

catalog!(
    HTTP_CLIENT, "http_client", "request", "HTTP client request",
    active: &["http_request_method", "server_address", "server_port"],
    ended: &[
        "http_request_method",
        "server_address",
        "server_port",
        "url_template",
        "http_response_status_code",
        "error_type",
        "network_protocol_version",
    ]
);

catalog!(
    RPC_SERVER, "rpc_server", "call", "gRPC server call",
    active: &["rpc_system_name"],
    ended: &["rpc_system_name", "rpc_method", "rpc_response_status_code", "rpc_status_code", "error_type"]
);

catalog!(
    RPC_CLIENT, "rpc_client", "call", "gRPC client call",
    active: &["rpc_system_name", "server_address", "server_port"],
    ended: &[
        "rpc_system_name",
        "server_address",
        "server_port",
        "rpc_method",
        "rpc_response_status_code",
        "rpc_status_code",
        "error_type",
    ]
);
