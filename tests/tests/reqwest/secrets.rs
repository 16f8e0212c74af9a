//! reqwest's errors print the URL they are about. No span, no line of a log and no label of a metric does.

use std::sync::{Arc, Mutex};

use http::Request;
use reqwest::Client;
use tower_telemetry::observe::{Report, on_end};
use tower_telemetry::semconv::{Client as ClientSide, HttpCall};
use tower_telemetry::span::SpanEnd;
use tower_telemetry::{Inject, observe};
use tower_telemetry_testkit::spans::Recorder;
use tower_telemetry_tests::{HALF, SECRET, ended, hanging_up, logged, nobody, resetting};

use crate::caller::{BOTH_WAYS, SOON, Way, client, plain, spans};
use crate::site::Site;

type Labels = Arc<Mutex<Vec<String>>>;

/// All that a metric could take from a call.
fn metric(labels: &Labels) -> impl observe::Observe<HttpCall<ClientSide>, Watch: Send + Sync> + Send + Sync + use<> {
    let labels = Arc::clone(labels);
    on_end(move |report: &Report<'_, HttpCall<ClientSide>>| {
        let label = format!("{report:?}");
        labels.lock().expect("not poisoned").push(label);
    })
}

/// Makes a call that fails, with a secret in its URL, observed for spans and metrics.
async fn fails(way: Way, url: String, client: Client) {
    let (recorder, labels) = (Recorder::new(), Labels::default());
    let inject = Inject::new().with_spans(spans(&recorder).with_end(SpanEnd::Body));
    let observers = (inject, metric(&labels));
    let shown = match way.observed(observers, client, Request::get(&url)).await {
        Err(error) => format!("{error:?}"),
        Ok(answer) => format!("{:?}", answer.bytes().await.expect_err("it fails")),
    };
    assert!(shown.contains(SECRET), "the caller's own error does: {shown}");
    ended(&recorder, 1).await;
    let labels = labels.lock().expect("not poisoned");
    assert!(
        !labels.is_empty() && !labels.iter().any(|label| label.contains(SECRET)),
        "{labels:?}"
    );
}

#[test]
fn no_text_of_an_error_is_written_down() {
    let lines = logged(async {
        let site = Site::open().await;
        let secret = format!("?sig={SECRET}");
        let limited = || client(|client| client.timeout(SOON));
        for way in BOTH_WAYS {
            let refused = format!("http://{}/{secret}", nobody());
            fails(way, refused, plain()).await;
            let reset = format!("http://{}/{secret}", resetting().await);
            fails(way, reset, plain()).await;
            fails(way, site.url(&format!("/round{secret}")), plain()).await;
            fails(way, site.url(&format!("/silent{secret}")), limited()).await;
            let cut = format!("http://{}/{secret}", hanging_up(HALF).await);
            fails(way, cut, plain()).await;
            fails(way, site.url(&format!("/stalling{secret}")), limited()).await;
            fails(way, format!("ftp://files.test/{secret}"), plain()).await;
        }
    });
    assert!(!lines.iter().any(|line| line.contains(SECRET)), "{lines:?}");
}
