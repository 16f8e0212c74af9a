//! Real requests through the shop, and a look at the trace of each.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::body::Body;
use http::{HeaderValue, Method, Request};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use tower_telemetry::setup::{Trace, TraceSpan};

use crate::outline::outline;
use crate::page::{columns, paragraph};
use crate::stops::{Reads, Stop, TOUR};

/// A finished trace is there within milliseconds; a machine that is very busy gets this long.
const PATIENCE: Duration = Duration::from_secs(20);
/// Stands in a URL as a signature, and must not be found in any trace.
const SECRET: &str = "c2VjcmV0";

/// Goes through the tour, and tells how many of its traces came out broken.
pub(crate) async fn run(door: SocketAddr, finished: &mut UnboundedReceiver<Trace>) -> anyhow::Result<usize> {
    let mut broken = 0;
    for (number, stop) in (1..).zip(&TOUR) {
        println!(
            "\n{number} of {}. {}: {} {}",
            TOUR.len(),
            stop.title,
            stop.method,
            stop.path.replace(SECRET, "…")
        );
        println!("{}\n", paragraph(stop.see, columns()));
        stop.visit(door)
            .await
            .with_context(|| format!("the request {:?} got no answer", stop.title))?;
        let trace = timeout(PATIENCE, finished.recv()).await;
        let Ok(Some(trace)) = trace else {
            bail!("the trace of {:?} did not come within {PATIENCE:?}", stop.title);
        };
        print!("{}", trace.render(columns()));
        for span in trace.spans() {
            for key in stop.shows {
                if let Some(value) = span.attribute(key) {
                    println!("   {}: {key} = {value}", span.service());
                }
            }
        }
        if let Err(why) = stop.check(&trace) {
            broken += 1;
            eprintln!("BROKEN: {why}");
        }
    }
    Ok(broken)
}

impl Stop {
    /// The customer: a plain client without any telemetry, on a connection of its own.
    async fn visit(&self, door: SocketAddr) -> anyhow::Result<()> {
        let customer = Client::builder(TokioExecutor::new()).build_http::<Body>();
        let mut request = Request::builder()
            .method(Method::from_bytes(self.method.as_bytes())?)
            .uri(format!("http://{door}{}", self.path));
        for (name, value) in self.sends {
            request = request.header(*name, HeaderValue::from_bytes(value.as_bytes())?);
        }
        let request = request.body(Body::empty())?;
        let response = customer.request(request).await?;
        println!("   the customer has the response: {}\n", response.status());
        let mut body = response.into_body();
        match self.reads {
            Reads::ToTheEnd => drop(body.collect().await?),
            Reads::AsFarAsItGoes => anyhow::ensure!(body.collect().await.is_err(), "it did not break off"),
            Reads::HangsUp => drop(body.frame().await),
        }
        Ok(())
    }

    fn check(&self, trace: &Trace) -> Result<(), String> {
        if !trace.is_complete() {
            return Err("the trace is not whole".to_owned());
        }
        let found = outline(trace);
        if found != self.outline {
            return Err(format!("expected\n{}but found\n{found}", self.outline));
        }
        let mut values = trace.spans().iter().flat_map(TraceSpan::attributes);
        match values.find(|attribute| attribute.value.as_str().contains(SECRET)) {
            Some(leak) => Err(format!("{} holds the secret", leak.key)),
            None => Ok(()),
        }
    }
}
