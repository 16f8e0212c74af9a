//! Clients of reqwest-middleware, with a middleware that answers in the place of the network.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use http::{Extensions, Method};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};

use crate::drive::{Pair, Subject, until_ready};
use crate::workload::{Handler, URL, outgoing};

struct Answer;

#[async_trait::async_trait]
impl Middleware for Answer {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> reqwest_middleware::Result<Response> {
        Ok(Response::from(Handler::answer().map(reqwest::Body::wrap)))
    }
}

/// A chain with and without this middleware.
pub(crate) fn pair(middleware: impl Middleware) -> Pair {
    let builder = || ClientBuilder::new(reqwest::Client::new());
    Pair {
        bare: requests(builder().with(Answer).build()),
        with: requests(builder().with(middleware).with(Answer).build()),
    }
}

fn requests(client: ClientWithMiddleware) -> Subject {
    Box::new(move || {
        let client = client.clone();
        let url = reqwest::Url::parse(URL).expect("a URL");
        Box::new(move |times| {
            let mut cx = Context::from_waker(Waker::noop());
            for _ in 0..times {
                let mut request = Request::new(Method::GET, url.clone());
                *request.headers_mut() = outgoing().into_parts().0.headers;
                let mut call = pin!(async {
                    let mut response = client.execute(request).await?;
                    while response.chunk().await?.is_some() {}
                    Ok::<_, reqwest_middleware::Error>(())
                });
                until_ready(|| call.as_mut().poll(&mut cx)).expect("the answer");
            }
        })
    })
}
