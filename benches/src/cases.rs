//! The table of cases. A new layer adds a case here, and its targets in `targets.rs`.

use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use fastrace_axum::FastraceLayer;
use fastrace_tower::{FastraceClientLayer, FastraceServerLayer};
use tower::layer::util::Identity;
use tower_http::trace::TraceLayer;
use tower_otel::trace::HttpLayer;
use tracing::Level;

use crate::case::Case;
use crate::counted::Counted;
use crate::drive::Pair;
use crate::peers::bridge::Extras;
use crate::peers::{bridge, contrib, fast, metrics, reqwest};
use crate::stacks::{self, axum, tower};
use crate::timed::Timed;
use crate::to_the_end::{NoWork, Reads, ToTheEnd};
use crate::workload::Caller::{Sampled, Unsampled};
use crate::{chains, floors, functions, ours, sanitizing};

/// All cases, in the order of the table.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("bare", Sampled, "no telemetry")
            .peer("the handler", |caller| tower(caller, &Identity::new()))
            .peer("a router (axum)", |caller| axum(caller, |router| router))
            .peer("a router and a layer that does nothing (axum)", |caller| {
                axum(caller, |router| router.layer(Identity::new()))
            })
            .peer("a layer by hand that hears of the end, and does nothing", |caller| {
                tower(caller, &ToTheEnd(NoWork))
            })
            .peer("the same, reading what our facts are", |caller| {
                tower(caller, &ToTheEnd(Reads::new()))
            })
            .peer("a layer that watches, and does nothing", |caller| {
                tower(caller, &ours::watching())
            }),
        server_spans(Case::new("S1", Sampled, "server span, the caller samples")).ours(ours::FOREIGN, |caller| {
            ours::install_foreign_propagator();
            tower(caller, &ours::server())
        }),
        server_spans(Case::new("S2", Unsampled, "server span, the caller does not sample")),
        Case::new("S3", Sampled, "server, no provider, propagation off")
            .floor("by hand, nothing installed", |caller| {
                stacks::instead(caller, floors::Server::untold())
            })
            .ours(ours::OFF, |caller| tower(caller, &ours::server_off()))
            .ours(ours::OFF_AXUM, |caller| {
                axum(caller, |router| router.layer(ours::server_off()))
            })
            .peer("tower-http, no subscriber", |caller| {
                tower(caller, &TraceLayer::new_for_http())
            }),
        Case::new(
            "S3p",
            Sampled,
            "server, nothing installed, the caller's context is passed on",
        )
        .floor("by hand, nothing installed", |caller| {
            stacks::instead(caller, floors::Server::untold())
        })
        .ours(ours::UNTOLD, |caller| tower(caller, &ours::server_untold()))
        .ours(ours::UNTOLD_AXUM, |caller| {
            axum(caller, |router| router.layer(ours::server_untold()))
        })
        .peer("opentelemetry-instrumentation-tower", |caller| {
            tower(caller, &contrib::tower())
        })
        .peer("tower-otel", |caller| tower(caller, &HttpLayer::server(Level::INFO)))
        .peer("axum-tracing-opentelemetry (axum)", |caller| {
            axum(caller, |router| router.layer(OtelAxumLayer::default()))
        }),
        client_spans(Case::new("C1", Sampled, "client span and injection, sampled")),
        client_spans(Case::new("C2", Unsampled, "client span and injection, not sampled")),
        Case::new("M1", Sampled, "metrics: a counter, a duration, a gauge")
            .floor("prometheus-client by hand, found beforehand", |caller| {
                stacks::instead(caller, Counted::new())
            })
            .floor("the same in a layer, to the body's end", |caller| {
                tower(caller, &ToTheEnd(Counted::new()))
            })
            .floor("the same, reading what our facts are", |caller| {
                tower(caller, &ToTheEnd((Reads::new(), Counted::new())))
            })
            .ours(ours::METRICS, |caller| tower(caller, &ours::metrics()))
            .ours(ours::METRICS_AXUM, |caller| {
                axum(caller, |router| router.layer(ours::metrics()))
            })
            .peer("axum-prometheus (axum)", |caller| {
                axum(caller, |router| router.layer(metrics::axum_prometheus()))
            })
            .peer("axum-otel-metrics (3 histograms) (axum)", |caller| {
                axum(caller, |router| router.layer(metrics::axum_otel()))
            }),
        Case::new("SAN", Sampled, "a span of twelve clean attributes is sanitized")
            .ours(ours::EXPORTED, |_| sanitizing::exported())
            .ours(ours::SET, |_| sanitizing::set()),
        Case::new("SL", Sampled, "slow calls are told, ready at once")
            .floor("by hand, after the fact", |caller| stacks::instead(caller, Timed))
            .floor("the same in a layer, to the body's end", |caller| {
                tower(caller, &ToTheEnd(Timed))
            })
            .floor("the same, reading what our facts are", |caller| {
                tower(caller, &ToTheEnd((Reads::new(), Timed)))
            })
            .ours(ours::SLOW, |caller| tower(caller, &ours::slow()))
            .ours(ours::SLOW_PLAIN, |caller| tower(caller, &ours::slow_plain()))
            .peer("tower-http, no subscriber", |caller| {
                tower(caller, &TraceLayer::new_for_http())
            }),
        Case::new("SLp", Sampled, "slow calls are told, ready at the second poll")
            .ours(ours::SLOW, |caller| stacks::waits_once(caller, &ours::slow()))
            .ours(ours::SLOW_PLAIN, |caller| {
                stacks::waits_once(caller, &ours::slow_plain())
            })
            .peer("tower-http, no subscriber", |caller| {
                stacks::waits_once(caller, &TraceLayer::new_for_http())
            }),
        Case::new(
            "ALL",
            Sampled,
            "spans, metrics and slow calls, sanitized, the caller samples",
        )
        .ours(ours::FUSED, |caller| tower(caller, &ours::all()))
        .ours(ours::STACKED, |caller| tower(caller, &ours::stacked()))
        .ours(ours::FUSED_AXUM, |caller| {
            axum(caller, |router| router.layer(ours::all()))
        })
        .ours(ours::STACKED_AXUM, |caller| {
            axum(caller, |router| router.layer(ours::stacked()))
        })
        .peer(
            "opentelemetry-instrumentation-tower, spans and metrics (axum)",
            |caller| axum(caller, |router| router.layer(contrib::with_metrics())),
        ),
        Case::new("frame", Sampled, "one frame of a watched body")
            .ours(ours::FRAME, |caller| stacks::frames(caller, &ours::server())),
        Case::new("frame2", Unsampled, "one frame of a watched body, not sampled")
            .ours(ours::FRAME, |caller| stacks::frames(caller, &ours::server())),
        Case::new("held", Sampled, "a server's call in flight")
            .ours_waiting(ours::GIVEN, |caller| stacks::waiting(caller, &ours::server())),
        Case::new("held2", Unsampled, "a server's call in flight, not sampled")
            .ours_waiting(ours::GIVEN, |caller| stacks::waiting(caller, &ours::server())),
        Case::new(
            "heldALL",
            Sampled,
            "a call in flight with spans, metrics and slow calls",
        )
        .ours_waiting(ours::FUSED, |caller| stacks::waiting(caller, &ours::all())),
        Case::new("held2ALL", Unsampled, "the same, not sampled")
            .ours_waiting(ours::FUSED, |caller| stacks::waiting(caller, &ours::all())),
        Case::new(
            "heldSL",
            Sampled,
            "a call in flight that may become slow, beside watching it",
        )
        .ours_waiting(ours::SLOW, |caller| Pair {
            bare: stacks::waiting(caller, &ours::watching()).with,
            with: stacks::waiting(caller, &ours::slow()).with,
        }),
        functions(Case::new(
            "F1",
            Sampled,
            "a function in a span, with two arguments and its error",
        )),
        async_functions(Case::new("F1a", Sampled, "the same with an async function")),
        functions(Case::new("F2", Unsampled, "a function in a span, not sampled")),
        async_functions(Case::new("F2a", Unsampled, "the same with an async function")),
        Case::new(
            "F3",
            Unsampled,
            "a function in a span, nobody but the caller has decided",
        )
        .ours(ours::FUNCTION, |caller| {
            ours::install_provider();
            functions::undecided(caller, functions::traced)
        }),
    ]
}

fn functions(case: Case) -> Case {
    case.floor("by hand in the function", |caller| {
        ours::install_provider();
        functions::pair(caller, functions::by_hand)
    })
    .floor("by hand, sanitized, with a monotonic end", |caller| {
        ours::install_provider();
        functions::pair(caller, functions::by_hand_and_rules)
    })
    .ours(ours::FUNCTION, |caller| {
        ours::install_provider();
        functions::pair(caller, functions::traced)
    })
    .ours(ours::BUSINESS_SPAN, |caller| {
        ours::install_provider();
        functions::pair(caller, functions::business_span)
    })
}

fn async_functions(case: Case) -> Case {
    case.floor("by hand in the function", |caller| {
        ours::install_provider();
        functions::pair_of_futures(caller, functions::by_hand_future)
    })
    .ours(ours::ASYNC_FUNCTION, |caller| {
        ours::install_provider();
        functions::pair_of_futures(caller, functions::traced_future)
    })
}

fn server_spans(case: Case) -> Case {
    case.floor("by hand in the handler", |caller| {
        stacks::instead(caller, floors::Server::stock())
    })
    .ours(ours::GIVEN, |caller| tower(caller, &ours::server()))
    .ours(ours::GLOBAL, |caller| {
        ours::install_provider();
        tower(caller, &ours::server_untold())
    })
    .ours(ours::GIVEN_AXUM, |caller| {
        axum(caller, |router| router.layer(ours::server()))
    })
    .peer("opentelemetry-instrumentation-tower", |caller| {
        contrib::install();
        tower(caller, &contrib::tower())
    })
    .peer("opentelemetry-instrumentation-tower (axum)", |caller| {
        contrib::install();
        axum(caller, |router| router.layer(contrib::axum()))
    })
    .peer("tower-otel", |caller| {
        bridge::install(Extras::Default);
        tower(caller, &HttpLayer::server(Level::INFO))
    })
    .peer("axum-tracing-opentelemetry (axum)", |caller| {
        bridge::install(Extras::Default);
        axum(caller, |router| router.layer(OtelAxumLayer::default()))
    })
    .peer("axum-tracing-opentelemetry, lean bridge (axum)", |caller| {
        bridge::install(Extras::None);
        axum(caller, |router| router.layer(OtelAxumLayer::default()))
    })
    .peer("tower-http and bridge, no remote parent", |caller| {
        bridge::install(Extras::Default);
        tower(caller, &TraceLayer::new_for_http())
    })
    .peer("tower-http, usual make_span_with, bridge", |caller| {
        bridge::install(Extras::Default);
        tower(caller, &bridge::trace_layer())
    })
    .peer("fastrace-tower (a name, no attributes)", |caller| {
        fast::install();
        tower(caller, &FastraceServerLayer::default())
    })
    .peer("fastrace-axum (4 attributes) (axum)", |caller| {
        fast::install();
        axum(caller, |router| router.layer(FastraceLayer::default()))
    })
}

fn client_spans(case: Case) -> Case {
    case.floor("by hand around the call", |caller| {
        stacks::client(caller, &floors::Client::stock())
    })
    .ours(ours::GIVEN, |caller| stacks::client(caller, &ours::client()))
    .ours(ours::REQWEST, |caller| {
        chains::pair(ours::middleware()).within(move || caller.context().attach())
    })
    .peer("reqwest-tracing (its chain subtracted)", |caller| {
        reqwest::install();
        reqwest::client(caller)
    })
    .peer("tower-otel", |caller| {
        bridge::install(Extras::Default);
        stacks::client(caller, &HttpLayer::client(Level::INFO))
    })
    .peer("fastrace-tower (injection, no span)", |caller| {
        fast::install();
        stacks::client(caller, &FastraceClientLayer).within(move || fast::enter(caller))
    })
}
