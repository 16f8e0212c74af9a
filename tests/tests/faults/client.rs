//! The client's part of the plan.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use futures_util::future::join_all;
use http::header::TE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected};
use hyper::body::{Bytes, Incoming};
use tokio::time::timeout;
use tower_telemetry_tests::{Connection, PATIENCE, Protocol, traceparent};

use crate::plan::{CALL, Call, FRAME, Fault, Plan};
use crate::server::CHECKSUM;

/// The calls that one HTTP/2 connection serves, several at a time. Short, since peers close a connection on which too many streams failed.
const PER_CONNECTION: usize = 256;
const AT_A_TIME: usize = 8;

/// One of several clients that share the plan's calls.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) plan: Arc<Plan>,
    pub(crate) server: SocketAddr,
    /// The calls that all of them have made.
    pub(crate) made: Arc<AtomicUsize>,
}

impl Client {
    /// Makes every so many-th call of this protocol, beginning with this one.
    pub(crate) async fn run(self, protocol: Protocol, first: usize, step: usize) {
        let calls = self.plan.calls.iter().filter(|call| call.protocol == protocol);
        let calls: Vec<_> = calls.skip(first).step_by(step).collect();
        match protocol {
            Protocol::Http1 => self.run_http1(&calls).await,
            Protocol::Http2 => self.run_http2(&calls).await,
        }
    }

    /// One after the other, over one connection as long as it holds.
    async fn run_http1(&self, calls: &[&Call]) {
        let mut kept = None;
        for call in calls {
            let connection = match kept.take() {
                Some(connection) => connection,
                None => Connection::open(call.protocol, self.server, call.goodbye).await,
            };
            self.make(call, &connection).await;
            if !breaks_off(call.fault) {
                kept = Some(connection);
            }
        }
    }

    async fn run_http2(&self, calls: &[&Call]) {
        for calls in calls.chunks(PER_CONNECTION) {
            let opener = calls[0];
            let connection = Connection::open(opener.protocol, self.server, opener.goodbye).await;
            join_all((0..AT_A_TIME).map(|first| self.run_stream(calls, first, &connection))).await;
        }
    }

    async fn run_stream(&self, calls: &[&Call], first: usize, connection: &Connection) {
        for call in calls.iter().skip(first).step_by(AT_A_TIME) {
            self.make(call, connection).await;
        }
    }

    async fn make(&self, call: &Call, connection: &Connection) {
        let making = timeout(PATIENCE, make(call, connection)).await;
        assert!(making.is_ok(), "{call} got no answer");
        let made = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        if made.is_multiple_of(10_000) {
            use std::io::Write;
            // Written to the stream itself, which is shown while the test runs.
            let _ = writeln!(std::io::stderr(), "{made} of {} requests", self.plan.calls.len());
        }
    }
}

/// Whether an HTTP/1 connection is lost with the call.
fn breaks_off(fault: Fault) -> bool {
    use Fault::{BodyError, GoneBeforeHead, GoneInBody, PanicInBody, PanicInHandler, ShortBody};
    matches!(
        fault,
        BodyError | ShortBody | PanicInHandler | PanicInBody | GoneBeforeHead | GoneInBody
    )
}

/// Makes one call, and goes where that is the plan. What the client sees of it must be planned, too.
async fn make(call: &Call, connection: &Connection) {
    let answer = connection.send(request(call));
    match call.fault {
        Fault::GoneBeforeHead => tokio::select! {
            answer = answer => panic!("{call} was answered: {answer:?}"),
            () = call.reached.notified() => {}
        },
        Fault::GoneInBody => {
            let answer = answer.await.unwrap_or_else(|error| panic!("{call}: {error:?}"));
            let mut body = answer.into_body();
            let mut bytes = 0;
            while bytes < call.bytes() {
                let frame = body
                    .frame()
                    .await
                    .and_then(Result::ok)
                    .and_then(|frame| frame.into_data().ok());
                bytes += frame
                    .unwrap_or_else(|| panic!("{call} ended after {bytes} bytes"))
                    .len();
            }
            call.reached.notified().await;
        }
        fault if breaks_off(fault) => {
            let broken = async { answer.await?.into_body().collect().await };
            assert!(broken.await.is_err(), "{call} did not break off");
        }
        Fault::NoContent => {
            let answer = answer.await.unwrap_or_else(|error| panic!("{call}: {error:?}"));
            assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{call}");
            // Over HTTP/2 the server sends the body nevertheless.
            let _ = answer.into_body().collect().await;
        }
        fault => {
            let answer = answer.await.unwrap_or_else(|error| panic!("{call}: {error:?}"));
            let (status, body) = collected(answer)
                .await
                .unwrap_or_else(|error| panic!("{call}: {error:?}"));
            let checksum = body.trailers().and_then(|trailers| trailers.get(CHECKSUM)).cloned();
            let (expected_status, bytes, expected_checksum) = match fault {
                Fault::None => (StatusCode::OK, FRAME.len(), None),
                Fault::NotFound => (StatusCode::NOT_FOUND, 0, None),
                Fault::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, 0, None),
                Fault::Head => (StatusCode::OK, 0, None),
                Fault::Trailers => (StatusCode::OK, call.bytes(), Some(HeaderValue::from(call.bytes()))),
                _ => (StatusCode::OK, call.bytes(), None),
            };
            let seen = (status, body.to_bytes().len(), checksum);
            assert_eq!(seen, (expected_status, bytes, expected_checksum), "{call}");
        }
    }
}

async fn collected(answer: Response<Incoming>) -> hyper::Result<(StatusCode, Collected<Bytes>)> {
    Ok((answer.status(), answer.into_body().collect().await?))
}

/// Of the caller whose number is the call's, and one.
fn request(call: &Call) -> Request<Body> {
    let Call { id, fault, .. } = call;
    let request = Request::builder()
        .method(if *fault == Fault::Head {
            Method::HEAD
        } else {
            Method::GET
        })
        .uri(call.protocol.target(&format!("/calls/{id}")))
        .header(CALL, *id)
        .header("traceparent", traceparent(id + 1))
        .header(TE, "trailers");
    request.body(Body::empty()).expect("a request")
}
