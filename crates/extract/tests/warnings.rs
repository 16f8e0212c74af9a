//! What is told once, in words that say what to do.

use std::convert::Infallible;

use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use opentelemetry::global;
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry_extract::{ExtractLayer, Spans};
use tower_telemetry_semconv::Route;
use tower_telemetry_testkit::Log;
use tower_telemetry_testkit::spans::Recorder;

/// Answers so many requests, with this route and status, and returns what was logged.
fn serve(layer: &ExtractLayer, requests: usize, route: Option<&'static str>, status: StatusCode) -> Vec<String> {
    Log::of(|| answer(layer, requests, route, status))
}

fn answer(layer: &ExtractLayer, requests: usize, route: Option<&'static str>, status: StatusCode) {
    let service = layer.layer(service_fn(move |_: Request<()>| async move {
        let mut response = Response::new(Empty::<&[u8]>::new());
        *response.status_mut() = status;
        Ok::<_, Infallible>(response)
    }));
    for _ in 0..requests {
        let mut request = Request::new(());
        if let Some(route) = route {
            request.extensions_mut().insert(Route::new(route));
        }
        let answered = service.clone().oneshot(request).now_or_never();
        assert!(answered.is_some_and(|answer| answer.is_ok()));
    }
}

#[test]
fn a_missing_provider_is_told_once_and_found_when_it_comes() {
    let layer = ExtractLayer::new();
    // By a subscriber that makes such calls itself.
    let each = || answer(&ExtractLayer::new(), 1, Some("/"), StatusCode::OK);
    let told = Log::of_busy(each, || answer(&layer, 20, Some("/"), StatusCode::OK));
    assert_eq!(told.len(), 1, "{told:?}");
    for part in [
        "no OpenTelemetry tracer provider",
        "set_tracer_provider",
        "with_tracer_provider",
    ] {
        assert!(told[0].contains(part), "{told:?}");
    }

    let recorder = Recorder::new();
    global::set_tracer_provider(recorder.provider.clone());
    // It is asked for again at calls 32, 64, …: the first 11 of these pass untraced, and 9 are left.
    assert!(serve(&layer, 20, Some("/"), StatusCode::OK).is_empty());
    assert_eq!(recorder.spans().len(), 9);
}

#[test]
fn a_server_without_any_routes_is_told_of_once() {
    let recorder = Recorder::new();
    let layer = || ExtractLayer::new().with_spans(Spans::server().with_tracer_provider(&recorder.provider));

    let told = serve(&layer(), 300, None, StatusCode::OK);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("Router::layer") && told[0].contains("LateRoute"),
        "{told:?}"
    );

    assert!(
        serve(&layer(), 300, None, StatusCode::NOT_FOUND).is_empty(),
        "a 404 has no route, as a rule"
    );
    let some_routes = layer();
    assert!(serve(&some_routes, 1, Some("/"), StatusCode::OK).is_empty());
    assert!(
        serve(&some_routes, 300, None, StatusCode::OK).is_empty(),
        "others have one"
    );
}
