//! Who reads keeps nobody waiting who counts.

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use http::Request;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use prometheus_client::encoding::{EncodeLabel, EncodeLabelSet, LabelSetEncoder};
use tower::Service;
use tower_telemetry_observe::Call;
use tower_telemetry_prometheus::{Bodies, HttpCall, Metrics, Scrape, Server, TimeToHead};
use tower_telemetry_testkit::Step;

use crate::scrapes::scraped;
use crate::server::{Counted, get, script};

/// Nobody waits for long here, unless one waits for the other.
const PATIENCE: Duration = Duration::from_secs(60);

thread_local! {
    /// What this thread does in the middle of a page that it writes.
    static MEANWHILE: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
}

/// A label that gives others a turn whenever it is written.
#[derive(Clone)]
struct GivesWay(&'static str);

impl PartialEq for GivesWay {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for GivesWay {}

impl Hash for GivesWay {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl EncodeLabelSet for GivesWay {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let meanwhile = MEANWHILE.with_borrow(Clone::clone);
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        ("kind", self.0).encode(encoder.encode_label())
    }
}

fn kind(call: &Call<'_, HttpCall<Server>>) -> GivesWay {
    let path = call.request.as_ref().map(|request| request.uri.path().len());
    GivesWay(if path == Some(5) { "known" } else { "new" })
}

#[test]
fn recording_waits_for_no_page_that_is_being_written() {
    let builder = Metrics::server()
        .with_bodies(Bodies::Measured)
        .with_time_to_head(TimeToHead::Kept);
    let Counted { registry, metrics } = Counted::new(builder.with_labels(kind));
    let counted = Counted {
        registry: Default::default(),
        metrics,
    };
    counted.exchange(get("/a"), script([Step::Data(1)]));

    let (tell, told) = mpsc::channel::<mpsc::Sender<()>>();
    let (turns, reader) = (Rc::new(RefCell::new(0)), Scrape::new(registry));
    thread::scope(|scope| {
        scope.spawn(|| {
            let told = told;
            let mut traces = (1_u128..).map(TraceId::from);
            while let (Ok(done), Some(trace)) = (told.recv_timeout(PATIENCE), traces.next()) {
                let flags = TraceFlags::SAMPLED;
                let span = SpanContext::new(trace, SpanId::from(1), flags, false, TraceState::default());
                let _current = Context::new().with_remote_span_context(span).attach();
                // To a series that is there, and to one that is not until the first turn.
                counted.exchange(get("/a"), script([Step::Data(1)]));
                let mut other = get("/b");
                *other.uri_mut() = http::Uri::from_static("/another");
                counted.exchange(other, script([Step::Data(1), Step::Fail]));
                // Unless the page has given up.
                let _ = done.send(());
            }
        });
        let counting = Rc::clone(&turns);
        let meanwhile = Rc::new(move || {
            let (done, is_done) = mpsc::channel();
            tell.send(done).expect("somebody counts");
            let counted = is_done.recv_timeout(PATIENCE);
            counted.expect("who counts does not wait for this page");
            *counting.borrow_mut() += 1;
        });
        MEANWHILE.set(Some(meanwhile));
        for accept in ["text/plain", "application/openmetrics-text"] {
            let request = Request::get("/metrics").header("accept", accept).body(());
            let (_, text) = scraped(reader.clone().call(request.expect("a request")));
            assert!(text.contains("kind=\"known\""), "{text}");
        }
        MEANWHILE.take();
    });
    // For each series and metric, and the new series from the first turn on.
    assert!(*turns.borrow() > 10, "{turns:?}");
}
