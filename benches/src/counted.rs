//! The same metrics counted by hand in the handler, with prometheus-client's own types found beforehand.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Instant;

use http::{Request, StatusCode, request};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tower::Service;

use crate::to_the_end::Work;
use crate::workload::Handler;

/// A handler that counts and times its own answers, which takes no looking for labels: all have the same.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    requests: Counter,
    durations: Histogram,
    active: Gauge,
}

impl Work for Counted {
    type Facts = ();

    fn begin(&self, _: &mut request::Parts) {
        self.active.inc();
    }

    fn end(&self, (): &(), begun: Instant, _: Option<StatusCode>) {
        self.requests.inc();
        self.durations.observe(begun.elapsed().as_secs_f64());
        self.active.dec();
    }
}

impl Counted {
    pub(crate) fn new() -> Self {
        let bounds = [
            0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
        ];
        Counted {
            requests: Counter::default(),
            durations: Histogram::new(bounds),
            active: Gauge::default(),
        }
    }
}

impl<B> Service<Request<B>> for Counted {
    type Response = <Handler as Service<Request<B>>>::Response;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        self.active.inc();
        let started = Instant::now();
        let answer = Handler::answer();
        self.requests.inc();
        self.durations.observe(started.elapsed().as_secs_f64());
        self.active.dec();
        ready(Ok(answer))
    }
}
