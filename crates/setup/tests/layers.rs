//! Requests through the layers of the family: which of them are exported.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::{Sampler, SpanData};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_telemetry_extract::{ExtractLayer, SamplingHint, Spans};
use tower_telemetry_semconv::Route;
use tower_telemetry_setup::{InMemory, Keep, RateLimit, Rule, Rules, Telemetry, TelemetryBuilder};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A service, and what it has exported.
struct Service {
    telemetry: Telemetry,
    layer: ExtractLayer,
    memory: InMemory,
}

impl Service {
    fn new(with: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder) -> Result<Self, Box<dyn std::error::Error>> {
        let memory = InMemory::new();
        let telemetry = with(Telemetry::builder("orders").with_exporter(memory.clone())).build()?;
        let layer = ExtractLayer::new()
            .with_spans(Spans::server().with_tracer_provider(telemetry.tracer_provider()))
            .with_sampling_hint(|request| {
                let debug = request.headers.contains_key("x-debug");
                debug.then(|| SamplingHint::new("debug"))
            });
        Ok(Self {
            telemetry,
            layer,
            memory,
        })
    }

    /// Answers with this status.
    async fn serve(&self, mut request: Request<()>, route: Option<&'static str>, status: StatusCode) -> Outcome {
        if let Some(route) = route {
            request.extensions_mut().insert(Route::new(route));
        }
        let service = self.layer.layer(service_fn(async |_: Request<()>| {
            let mut response = Response::new(String::new());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        }));
        assert_eq!(service.oneshot(request).await?.status(), status);
        Ok(())
    }

    /// This attribute of each span that was exported so far.
    fn exported(&self, key: &str) -> Result<Vec<Option<String>>, tower_telemetry_setup::Error> {
        self.telemetry.flush()?;
        Ok(self.memory.take().iter().map(|span| attribute(span, key)).collect())
    }
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key.as_str() == key)?;
    Some(attribute.value.to_string())
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[tokio::test]
async fn rules_see_a_request_s_method_route_and_path_and_the_hint_from_its_headers() -> Outcome {
    let rules = Rules::otherwise(0.0)
        .with_rule(Rule::never().with_path("/healthz*"))
        .with_rule(Rule::always().with_hint("debug"))
        .with_rule(Rule::always().with_route("/carts/{id}"))
        .with_rule(Rule::always().with_kind(SpanKind::Server).with_method("POST"));
    let service = Service::new(|builder| builder.with_sampling_rules(rules))?;
    for (method, path, route, debug) in [
        ("GET", "/orders", None, false),
        ("POST", "/orders", None, false),
        ("POST", "/healthz", None, true),
        ("GET", "/debugged", None, true),
        ("GET", "/carts/7", Some("/carts/{id}"), false),
        ("GET", "/carts", Some("/carts"), false),
    ] {
        let mut request = Request::builder().method(method).uri(path);
        if debug {
            request = request.header("x-debug", "1");
        }
        service.serve(request.body(())?, route, StatusCode::OK).await?;
    }
    assert_eq!(
        service.exported("url.path")?,
        some(&["/orders", "/debugged", "/carts/7"])
    );
    Ok(())
}

#[tokio::test]
async fn so_many_requests_a_second_are_sampled_and_no_more() -> Outcome {
    // One now, and the next in a million seconds.
    let sampler = Sampler::parent_based(RateLimit::new(Sampler::AlwaysOn, 1e-6));
    let service = Service::new(|builder| builder.with_sampler(sampler))?;
    for path in ["/first", "/second", "/third"] {
        let request = Request::get(path).body(())?;
        service.serve(request, None, StatusCode::OK).await?;
    }
    assert_eq!(service.exported("url.path")?, some(&["/first"]));
    Ok(())
}

#[tokio::test]
async fn a_request_that_fails_is_exported_whole_although_its_caller_was_not_sampled() -> Outcome {
    let service = Service::new(|builder| builder.with_keep(Keep::failed()))?;
    for (path, status) in [("/good", StatusCode::OK), ("/bad", StatusCode::INTERNAL_SERVER_ERROR)] {
        let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
        let request = Request::get(path).header("traceparent", caller).body(())?;
        service.serve(request, Some("/{any}"), status).await?;
    }
    service.telemetry.flush()?;
    let spans = service.memory.spans();
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].name, "GET /{any}");
    for (key, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/{any}"),
        ("url.path", "/bad"),
        ("http.response.status_code", "500"),
        ("error.type", "500"),
        ("tower_telemetry.kept", "failed"),
    ] {
        assert_eq!(attribute(&spans[0], key).as_deref(), Some(value), "{key}");
    }
    Ok(())
}

#[tokio::test]
async fn requests_after_the_end_are_served_and_cost_nobody_a_span() -> Outcome {
    let service = Service::new(|builder| builder)?;
    let request = || Request::get("/orders").body(());
    service.serve(request()?, None, StatusCode::OK).await?;
    let Service {
        telemetry,
        layer,
        memory,
    } = service;
    let exports = telemetry.exports()[0].clone();
    telemetry.shutdown()?;
    let layered = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    assert!(layered.oneshot(request()?).await.is_ok());
    assert_eq!(memory.spans().len(), 1);
    assert_eq!((exports.counts().received, exports.counts().exported), (1, 1));
    Ok(())
}
