//! The server's part of the plan.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, TRAILER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::task::yield_now;

use crate::plan::{FRAME, Fault, Plan};

/// Told in the trailers.
pub(crate) const CHECKSUM: HeaderName = HeaderName::from_static("x-checksum");

pub(crate) fn router(plan: Arc<Plan>) -> Router {
    Router::new().route("/calls/{id}", any(handle)).with_state(plan)
}

async fn handle(State(plan): State<Arc<Plan>>, headers: HeaderMap) -> Response {
    let call = plan.find(&headers);
    let length = |bytes: usize| [(CONTENT_LENGTH, HeaderValue::from(bytes))];
    let stream = || body(Arc::clone(&plan), &headers);
    match call.fault {
        Fault::None => FRAME.into_response(),
        Fault::Stream | Fault::Head | Fault::BodyError | Fault::PanicInBody | Fault::GoneInBody => {
            stream().into_response()
        }
        Fault::AnnouncedStream => (length(call.bytes()), stream()).into_response(),
        Fault::ShortBody => (length(call.bytes() + 1), stream()).into_response(),
        Fault::Trailers => ([(TRAILER, HeaderValue::from(CHECKSUM))], stream()).into_response(),
        Fault::NoContent => (StatusCode::NO_CONTENT, stream()).into_response(),
        Fault::NotFound => StatusCode::NOT_FOUND.into_response(),
        Fault::ServerError => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        // Past the panic hook, which would fill the screen.
        Fault::PanicInHandler => resume_unwind(Box::new("in the handler")),
        Fault::GoneBeforeHead => {
            call.reached.notify_one();
            let never: Infallible = pending().await;
            match never {}
        }
    }
}

/// The call's frames, each after a poll that was not ready, and what comes after them.
fn body(plan: Arc<Plan>, headers: &HeaderMap) -> Body {
    let call = plan.find(headers);
    let (id, frames) = (call.id as usize, call.frames);
    let frames = stream::iter(0..frames).then(async |_| {
        yield_now().await;
        Ok(Frame::data(Bytes::from_static(FRAME)))
    });
    let last = stream::once(async move {
        let call = &plan.calls[id];
        match call.fault {
            Fault::BodyError => Some(Err(io::Error::other("the source has gone"))),
            Fault::PanicInBody => resume_unwind(Box::new("in the body")),
            Fault::Trailers => {
                let checksum = (CHECKSUM, HeaderValue::from(call.bytes()));
                Some(Ok(Frame::trailers(HeaderMap::from_iter([checksum]))))
            }
            Fault::GoneInBody => {
                call.reached.notify_one();
                pending().await
            }
            _ => None,
        }
    });
    Body::new(StreamBody::new(frames.chain(last.filter_map(std::future::ready))))
}
