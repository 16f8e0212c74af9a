//! The stacks that layers are put around.

use std::convert::Infallible;
use std::future::{Ready, ready};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Empty;
use tower::util::ServiceFn;
use tower::{Layer, Service, service_fn};

use crate::drive::{self, Held, Pair, requests};
use crate::workload::{BODY, Caller, Endless, Handler, ROUTE, outgoing};

/// What servers get.
pub(crate) type Incoming = Request<Empty<Bytes>>;

/// A service that takes the workload's requests.
pub(crate) trait Stack<R>:
    Service<Incoming, Response = Response<R>, Error = Infallible> + Clone + Send + Sync + 'static
{
}

impl<S, R> Stack<R> for S where
    S: Service<Incoming, Response = Response<R>, Error = Infallible> + Clone + Send + Sync + 'static
{
}

/// A plain tower server. The router in front of it has told the route.
pub(crate) fn tower<L, R>(caller: Caller, layer: &L) -> Pair
where
    L: Layer<Handler, Service: Stack<R>>,
    R: Body,
{
    instead(caller, layer.layer(Handler::AtOnce))
}

/// The same, with a handler that has to wait once.
pub(crate) fn waits_once<L, R>(caller: Caller, layer: &L) -> Pair
where
    L: Layer<Handler, Service: Stack<R>>,
    R: Body,
{
    beside(caller, Handler::AtSecondPoll, layer.layer(Handler::AtSecondPoll))
}

/// This service, in the place of the [`Handler`].
pub(crate) fn instead<R: Body>(caller: Caller, service: impl Stack<R>) -> Pair {
    beside(caller, Handler::AtOnce, service)
}

fn beside<R: Body>(caller: Caller, bare: Handler, service: impl Stack<R>) -> Pair {
    let request = caller.routed_request();
    let make = move || request.clone();
    Pair {
        bare: requests(bare, make.clone()),
        with: requests(service, make),
    }
}

/// A router of axum, with the layer around its route.
pub(crate) fn axum(caller: Caller, layer: impl FnOnce(Router) -> Router) -> Pair {
    let request = caller.request();
    let make = move || request.clone();
    let router = Router::new().route(ROUTE, get(async || BODY));
    // As a server does: handlers become services once, not at each request.
    let served = |router: Router| router.with_state(());
    Pair {
        bare: requests(served(router.clone()), make.clone()),
        with: requests(served(layer(router)), make),
    }
}

/// A client that is called in the context of `caller`'s trace.
pub(crate) fn client<L, R>(caller: Caller, layer: &L) -> Pair
where
    L: Layer<Handler, Service: Stack<R>>,
    R: Body,
{
    let pair = Pair {
        bare: requests(Handler::AtOnce, outgoing),
        with: requests(layer.layer(Handler::AtOnce), outgoing),
    };
    pair.within(move || caller.context().attach())
}

type Streamer = ServiceFn<fn(Incoming) -> Ready<Result<Response<Endless>, Infallible>>>;

/// One frame after the other of a body that is watched.
pub(crate) fn frames<L, R>(caller: Caller, layer: &L) -> Pair
where
    L: Layer<Streamer, Service: Stack<R>>,
    R: Body + 'static,
{
    let streamer: Streamer = service_fn(|_| ready(Ok(Response::new(Endless))));
    let make = move || caller.routed_request();
    Pair {
        bare: drive::frames(streamer, make),
        with: drive::frames(layer.layer(streamer), make),
    }
}

/// Calls that wait for their answer.
pub(crate) fn waiting<L, R>(caller: Caller, layer: &L) -> Pair<Held>
where
    L: Layer<Handler, Service: Stack<R>>,
{
    let request = caller.routed_request();
    Pair {
        bare: drive::waiting(Handler::Never, || request.clone()),
        with: drive::waiting(layer.layer(Handler::Never), || request.clone()),
    }
}
