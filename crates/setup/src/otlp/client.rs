//! What sends requests over HTTP.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};

/// The client given, with this time for each request; else one without TLS. Chosen outright, because the one that is taken by default depends
/// on what features other crates switch on.
pub(super) fn within(timeout: Duration, client: Option<Arc<dyn HttpClient>>) -> Arc<dyn HttpClient> {
    match client {
        Some(client) => Arc::new(Within { client, timeout }),
        None => Arc::new(HyperClient::with_default_connector(timeout, None)),
    }
}

/// A client that gives up after its time.
#[derive(Debug)]
struct Within {
    client: Arc<dyn HttpClient>,
    timeout: Duration,
}

type Sent<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Within {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Sent<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async {
            let sent = tokio::time::timeout(self.timeout, self.client.send_bytes(request));
            sent.await.map_err(|_| format!("no answer within {:?}", self.timeout))?
        })
    }
}
