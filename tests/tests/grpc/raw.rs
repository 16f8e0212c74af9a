//! Servers that answer what tonic's would not, and clients that ask so.

use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body::Frame;
use http_body_util::StreamBody;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use tonic::client::Grpc;
use tonic_prost::ProstCodec;
use tower_telemetry_testkit::spans::{Recorder, is_parent};
use tower_telemetry_tests::{Server, ended};

use crate::proto::{Item, Order};
use crate::site::{Traced, endpoint, layer, traced};

/// An empty message, as gRPC frames it.
pub(crate) const MESSAGE: &[u8] = &[0, 0, 0, 0, 0];

/// A message, as gRPC frames it.
pub(crate) fn framed(message: &impl Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    [&[0][..], &length, &message].concat()
}

/// An answer, part by part.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: Vec<&'static str>,
    pub(crate) frames: Vec<Part>,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Data(&'static [u8]),
    /// The values of `grpc-status` in the trailers.
    Trailers(Vec<&'static str>),
    Error,
}

impl Answer {
    fn response(self) -> Response {
        let frames = self.frames.into_iter().map(|part| match part {
            Part::Data(data) => Ok(Frame::data(Bytes::from_static(data))),
            Part::Trailers(values) => Ok(Frame::trailers(statuses(&values))),
            Part::Error => Err(io::Error::other("broken")),
        });
        let body = match frames.len() {
            0 => Body::empty(),
            _ => Body::new(StreamBody::new(stream::iter(frames))),
        };
        let mut response = Response::builder().status(self.status).body(body).expect("a response");
        response.headers_mut().extend(statuses(&self.head));
        response
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("application/grpc"));
        response
    }
}

fn statuses(values: &[&'static str]) -> HeaderMap {
    let name = HeaderName::from_static("grpc-status");
    values
        .iter()
        .map(|value| (name.clone(), HeaderValue::from_static(value)))
        .collect()
}

/// A traced server that always answers this, and what a traced client's call comes to: its status, its span and the server's.
pub(crate) async fn answered(answer: Answer) -> (tonic::Code, SpanData, SpanData) {
    let (served, called) = (Recorder::new(), Recorder::new());
    let handler = async move || answer.clone().response();
    let server = Server::start(Router::new().fallback(handler).layer(layer(&served))).await;
    let mut client = Grpc::new(traced(&called, &endpoint(server.address)));
    let code = unary(&mut client, "/tests.v1.Raw/Call").await;
    let called = ended(&called, 1).await.remove(0);
    let served = ended(&served, 1).await.remove(0);
    assert!(is_parent(&called, &served));
    (code, called, served)
}

/// Calls whatever method, and returns what the application sees.
pub(crate) async fn unary(client: &mut Grpc<Traced>, path: &str) -> tonic::Code {
    client.ready().await.expect("a connection");
    let path = PathAndQuery::try_from(path).expect("a path");
    let request = tonic::Request::new(Order::items(1));
    let called = client
        .unary::<Order, Item, _>(request, path, ProstCodec::default())
        .await;
    called.map_or_else(|status| status.code(), |_| tonic::Code::Ok)
}

/// A request that no gRPC library stands behind, with one message.
pub(crate) fn request(path: &str, headers: &[(&'static str, &'static [u8])], order: &Order) -> Request<Body> {
    let mut request = Request::post(format!("http://h{path}"))
        .header("content-type", "application/grpc")
        .body(Body::from(framed(order)))
        .expect("a request");
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value).expect("a value");
        request.headers_mut().insert(*name, value);
    }
    request
}
