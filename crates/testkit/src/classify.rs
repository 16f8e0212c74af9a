//! The smallest classifier of HTTP calls.

use bytes::Buf;
use http::{Method, StatusCode, request, response};
use http_body::Body;
use tower_telemetry_observe::{Classify, ClassifyHttp, End, Verdict, plain_verdict};

/// Reads a call's method and status. A 5xx is an error of the kind `5xx`; the rest is [`plain_verdict`].
#[derive(Clone, Copy, Debug, Default)]
pub struct MethodAndStatus;

/// The facts that [`MethodAndStatus`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The request's method.
    pub method: Method,
    /// The response's status, once its head is there.
    pub status: Option<StatusCode>,
}

impl Exchange {
    fn verdict(&self) -> Verdict {
        match self.status {
            Some(status) if status.is_server_error() => Verdict::Error("5xx"),
            _ => Verdict::Ok,
        }
    }
}

impl Classify for MethodAndStatus {
    type Facts = Exchange;

    fn end(&self, facts: &mut Exchange, end: &End<'_>) -> Verdict {
        match end {
            End::Complete { .. } => facts.verdict(),
            _ => plain_verdict(end),
        }
    }
}

impl ClassifyHttp for MethodAndStatus {
    fn read(&self, request: &mut request::Parts) -> Exchange {
        Exchange {
            method: request.method.clone(),
            status: None,
        }
    }

    fn head(&self, facts: &mut Exchange, response: &response::Parts) -> Verdict {
        facts.status = Some(response.status);
        facts.verdict()
    }

    fn remaining<B: Body>(data: &B::Data) -> usize {
        data.remaining()
    }
}
