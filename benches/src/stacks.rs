//! The stacks that layers are put around.

use std::convert::Infallible;

use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Empty;
use tower::{Layer, Service};

use crate::drive::{Pair, Subject, requests};
use crate::workload::{Answers, Caller, Handler, ROUTE, outgoing};

const HANDLER: Handler = Handler {
    answers: Answers::AtOnce,
};

/// A plain tower server; the router in front of it has told the route.
pub fn tower<L, R>(caller: Caller, layer: &L) -> Pair
where
    L: Layer<Handler>,
    L::Service: Service<Request<Empty<Bytes>>, Response = Response<R>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    R: Body,
{
    let request = caller.routed_request();
    let make = move || request.clone();
    Pair {
        bare: requests(HANDLER, make.clone()),
        with: requests(layer.layer(HANDLER), make),
    }
}

/// A router of axum, with the layer around its route.
pub fn axum(caller: Caller, layer: impl FnOnce(Router) -> Router) -> Pair {
    let request = caller.request();
    let make = move || request.clone();
    let router = Router::new().route("/users/{id}", axum::routing::get(async || "{\"name\":\"Ada\"}"));
    Pair {
        bare: requests(router.clone(), make.clone()),
        with: requests(layer(router), make),
    }
}

/// A client, called in the context of `caller`'s trace.
pub fn client<L, R>(caller: Caller, layer: &L) -> Pair
where
    L: Layer<Handler>,
    L::Service: Service<Request<Empty<Bytes>>, Response = Response<R>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    R: Body,
{
    Pair {
        bare: within(caller, requests(HANDLER, outgoing)),
        with: within(caller, requests(layer.layer(HANDLER), outgoing)),
    }
}

/// Makes the context of `caller`'s trace current around the loops.
pub fn within(caller: Caller, subject: Subject) -> Subject {
    Box::new(move || {
        let mut inner = subject();
        Box::new(move |times| {
            let _current = caller.context().attach();
            inner(times);
        })
    })
}
