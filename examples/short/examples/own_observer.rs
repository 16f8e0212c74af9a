//! Your own observer: how many calls each route has had, and how many of them failed, whichever way they ended.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::{Router, routing::get};
use http::{Request, StatusCode};
use tower::ServiceExt;
use tower_telemetry_observe::{Call, Observe, ObserveLayer, Report, Verdict, Watch};
use tower_telemetry_semconv::{Http, HttpCall, Server};

#[derive(Clone, Default)]
struct Tally(Arc<Mutex<BTreeMap<String, (u32, u32)>>>);

impl Observe<HttpCall<Server>> for Tally {
    type Watch = Tally;

    fn watch(&self, _: &mut Call<'_, HttpCall<Server>>) -> Tally {
        self.clone()
    }
}

impl Watch<HttpCall<Server>> for Tally {
    fn end(self, report: &Report<'_, HttpCall<Server>>) {
        let route = report.facts.route().unwrap_or("(no route)").to_owned();
        let mut tally = self.0.lock().expect("nothing panics while it is locked");
        let (calls, failures) = tally.entry(route).or_default();
        *calls += 1;
        *failures += u32::from(report.verdict != Verdict::Ok);
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let tally = Tally::default();
    let app = Router::new()
        .route("/fine/{id}", get(|| async { "fine" }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .layer(ObserveLayer::new(Http::server(), tally.clone()));

    for path in ["/fine/1", "/fine/2", "/broken", "/elsewhere"] {
        let response = app.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
        // Read to its end: a body that is dropped unread is a call that was cut short.
        axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    }
    println!("{:#?}", tally.0.lock().expect("nothing panics while it is locked"));
    Ok(())
}
