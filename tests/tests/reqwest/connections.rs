//! What happens while reqwest connects, by layers around its connector.

use std::future::{Future, pending};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use opentelemetry::trace::{SpanKind, Status};
use reqwest::Client;
use rustls::client::ClientConnection;
use rustls::{ClientConfig, RootCertStore};
use tower::{BoxError, Layer, Service};
use tower_telemetry::observe::{ObserveLayer, Plain};
use tower_telemetry::span::{SpanObserver, Spans};
use tower_telemetry_testkit::spans::{Recorder, is_parent, text};
use tower_telemetry_tests::{ended, nobody};

use crate::caller::{BOTH_WAYS, SOON, client, in_both_ways, inject};
use crate::failures::unanswered;
use crate::site::Site;

/// A layer around reqwest's connector.
#[derive(Clone, Copy)]
enum Instead {
    /// Shakes hands with this server by TLS, as a connector that knows TLS does, and hands on how that fails.
    Tls(SocketAddr),
    /// Never gets there.
    Nothing,
}

#[derive(Clone)]
struct Connector<S> {
    inner: S,
    instead: Instead,
}

impl<S> Layer<S> for Instead {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Connector<S> {
        Connector { inner, instead: *self }
    }
}

impl<S: Service<R, Error = BoxError>, R> Service<R> for Connector<S>
where
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, _: R) -> Self::Future {
        match self.instead {
            Instead::Tls(address) => Box::pin(async move {
                let handshake = tokio::task::spawn_blocking(move || shake_hands(address));
                Err(handshake.await?.expect_err("no handshake").into())
            }),
            Instead::Nothing => Box::pin(pending()),
        }
    }
}

fn shake_hands(address: SocketAddr) -> io::Result<()> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = "localhost".try_into().expect("a name");
    let mut tls = ClientConnection::new(Arc::new(config), name).expect("a configuration");
    tls.complete_io(&mut TcpStream::connect(address)?)?;
    Ok(())
}

#[tokio::test]
async fn a_failed_handshake_is_of_type_tls() {
    let site = Site::open().await;
    let address = site.server.address;
    let client = || client(|client| client.connector_layer(Instead::Tls(address)));
    let url = site.url("/");
    let (said, _) = in_both_ways(client, || Request::get(&url)).await;
    assert_eq!(said, unanswered(&url, "127.0.0.1", address.port(), "tls"));
}

#[tokio::test]
async fn a_connection_that_is_not_made_in_time_is_of_type_timeout() {
    let client = || client(|client| client.connector_layer(Instead::Nothing).connect_timeout(SOON));
    let (said, _) = in_both_ways(client, || Request::get("http://127.0.0.1/")).await;
    assert_eq!(said, unanswered("http://127.0.0.1/", "127.0.0.1", 80, "timeout"));
}

/// The client, each of whose connections is a span.
fn watched(recorder: &Recorder) -> Client {
    let spans = SpanObserver::new(Spans::plain().with_tracer_provider(&recorder.provider));
    let connecting = ObserveLayer::new(Plain::new("connect"), spans);
    client(|client| client.connector_layer(connecting))
}

#[tokio::test]
async fn a_connection_is_a_span_within_the_call_that_needs_it() {
    let site = Site::open().await;
    for way in BOTH_WAYS {
        let recorder = Recorder::new();
        let client = watched(&recorder);
        for _ in 0..2 {
            let request = Request::get(site.url("/items/7"));
            let answer = way.observed(inject(&recorder), client.clone(), request).await;
            answer.expect("an answer").bytes().await.expect("a body");
        }
        let [connect, first, second] = &ended(&recorder, 3).await[..] else {
            unreachable!()
        };
        assert_eq!(
            (&*connect.name, &connect.span_kind, &connect.status),
            ("connect", &SpanKind::Internal, &Status::Unset)
        );
        assert!(is_parent(first, connect));
        assert_eq!((&*first.name, &*second.name), ("GET", "GET"));
    }
}

#[tokio::test]
async fn a_connection_that_fails_is_an_error_of_both_spans() {
    let nobody = nobody();
    for way in BOTH_WAYS {
        let recorder = Recorder::new();
        let request = Request::get(format!("http://{nobody}/"));
        let answer = way.observed(inject(&recorder), watched(&recorder), request).await;
        answer.expect_err("nobody is there");
        let spans = ended(&recorder, 2).await;
        let errors = spans.iter().map(|span| (&*span.name, text(span, "error.type")));
        let expected = [
            ("connect", Some("service_error".to_owned())),
            ("GET", Some("connect".to_owned())),
        ];
        assert!(errors.eq(expected), "{spans:#?}");
    }
}
