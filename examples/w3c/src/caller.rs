//! `POST /test` with a list of calls to make, each with the context of the request that asked for it.

use anyhow::Context as _;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use tower::{Layer, ServiceExt};
use tower_telemetry::{InjectLayer, client, server};

type Caller = <InjectLayer as Layer<Client<HttpConnector, Body>>>::Service;

/// A call to make: a `POST` of the arguments.
#[derive(Deserialize)]
struct Call {
    url: String,
    arguments: Vec<Value>,
}

pub(crate) fn router() -> Router {
    let caller = client().layer(Client::builder(TokioExecutor::new()).build_http());
    Router::new()
        .route("/test", post(call_all))
        .layer(server())
        .with_state(caller)
}

/// Makes the calls one after the other. The client's layer takes the context from the task, where the server's has put it.
async fn call_all(State(caller): State<Caller>, Json(calls): Json<Vec<Call>>) -> Response {
    for call in calls {
        if let Err(error) = call.make(caller.clone()).await {
            return (StatusCode::BAD_GATEWAY, format!("{error:#}\n")).into_response();
        }
    }
    StatusCode::OK.into_response()
}

impl Call {
    async fn make(&self, caller: Caller) -> anyhow::Result<()> {
        let request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(serde_json::to_vec(&self.arguments)?))?;
        let response = caller
            .oneshot(request)
            .await
            .with_context(|| format!("{} cannot be called", self.url))?;
        let status = response.status();
        anyhow::ensure!(status.is_success(), "{} answered {status}", self.url);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::Request;
    use http::HeaderMap;
    use serde_json::json;
    use std::net::Ipv4Addr;
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;
    use tower_telemetry::setup::{InMemory, Telemetry};

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    async fn serve(router: Router) -> anyhow::Result<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(format!("http://{address}/test"))
    }

    #[tokio::test]
    async fn each_call_carries_the_context_and_its_arguments() -> anyhow::Result<()> {
        let _telemetry = Telemetry::builder("w3c-service")
            .with_exporter(InMemory::new())
            .install()?;
        let (called, mut calls) = mpsc::unbounded_channel();
        let harness = serve(Router::new().fallback(async move |headers: HeaderMap, body: String| {
            let _ = called.send((headers, body));
        }))
        .await?;
        let service = serve(router()).await?;

        let inner = json!([{ "url": harness, "arguments": [] }]);
        let plan = json!([{ "url": harness, "arguments": [1] }, { "url": service, "arguments": inner }]);
        let request = Request::post(&service)
            .header("content-type", "application/json")
            .header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-03"))
            .header("tracestate", "foo@@bar=1")
            .header("tracestate", "congo=2")
            .body(Body::from(plan.to_string()))?;
        let response = Client::builder(TokioExecutor::new())
            .build_http()
            .request(request)
            .await?;
        assert_eq!(response.status(), StatusCode::OK);

        let mut parents = Vec::new();
        for expected in ["[1]", "[]"] {
            let (headers, body) = calls.recv().await.context("a call")?;
            assert_eq!(body, expected);
            assert_eq!(headers["tracestate"], "foo@@bar=1,congo=2");
            let parent = headers["traceparent"].to_str()?.to_owned();
            assert!(
                parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-03"),
                "{parent}"
            );
            parents.push(parent);
        }
        assert_ne!(parents[0], parents[1], "each call is a span of its own");
        Ok(())
    }

    #[tokio::test]
    async fn a_call_that_fails_is_answered_with_502() -> anyhow::Result<()> {
        let plan = json!([{ "url": "http://127.0.0.1:1/nobody", "arguments": [] }]);
        let request = Request::post("/test")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(plan.to_string()))?;
        assert_eq!(router().oneshot(request).await?.status(), StatusCode::BAD_GATEWAY);
        Ok(())
    }
}
