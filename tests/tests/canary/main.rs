//! Planted secrets come out nowhere: not in spans, not on `/metrics`, not in lines about slow calls, not in outgoing baggage.
//!
//! The full run takes some minutes: `CANARIES=1000000 cargo test --release -p tower-telemetry-tests --test canary`.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Debug;
use std::time::Duration;

use futures_util::FutureExt;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Empty;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tower::{Layer, ServiceExt, service_fn};
use tower_telemetry::prometheus::prometheus_client::encoding::text::encode;
use tower_telemetry::prometheus::prometheus_client::registry::Registry;
use tower_telemetry::prometheus::{Family, Http, Metrics, Route, SlowCounts, register_sanitizer};
use tower_telemetry::propagate::{Propagation, W3c, W3cBaggage};
use tower_telemetry::sanitize::{SanitizedSpan, SanitizingExporter, Secret};
use tower_telemetry::semconv::AllowedHeaders;
use tower_telemetry::slow::Warnings;
use tower_telemetry::span::Spans;
use tower_telemetry::{ExtractLayer, InjectLayer, SanitizeLayer, Sanitizer, Slow, SlowLayer, WarnIfSlow};
use tower_telemetry_testkit::Log;

const CANARY: &str = "c4n4ry";
const DEFAULT: u64 = 2_000;

/// Random numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn word(&mut self) -> String {
        let len = self.below(6);
        let letters = b"abcxyz019-_.~";
        (0..len).map(|_| char::from(self.pick(letters))).collect()
    }

    /// A key of the conventions' list, in any spelling.
    fn listed_key(&mut self) -> String {
        let key = self.pick(&[
            "sig",
            "Signature",
            "X-Amz-Signature",
            "AWSAccessKeyId",
            "X-Goog-Signature",
        ]);
        let spell = |(byte, encoded): (u8, bool)| match encoded {
            true => format!("%{byte:02x}"),
            false => char::from(byte).to_string(),
        };
        let encoded: Vec<_> = key.bytes().map(|byte| (byte, self.below(4) == 0)).collect();
        encoded.into_iter().map(spell).collect()
    }

    fn query(&mut self) -> String {
        let mut pairs: Vec<_> = (0..self.below(3))
            .map(|_| format!("{}={}", self.word(), self.word()))
            .collect();
        let separator = self.pick(&["", "a;", "a?", "a=b;"]);
        let planted = format!(
            "{separator}{}={}{CANARY}{}",
            self.listed_key(),
            self.word(),
            self.word()
        );
        pairs.insert(self.below(pairs.len() + 1), planted);
        pairs.join("&")
    }

    fn path(&mut self) -> String {
        match self.below(3) {
            0 => format!("/{}/reset/{CANARY}{}", self.word(), self.word()),
            1 => format!("/{};{}={CANARY}/{}", self.word(), self.listed_key(), self.word()),
            _ => format!("/{}", self.word()),
        }
    }

    fn url(&mut self) -> String {
        let user = self.pick(&["", "c4n4ry@", "u:c4n4ry@", "c4n4ry:@", "a@c4n4ry@"]);
        format!(
            "https://{user}{}host{}?{}",
            self.word().replace(['_', '~'], ""),
            self.path(),
            self.query()
        )
    }

    /// A text in which a secret with a form of its own stands.
    fn error(&mut self) -> String {
        let secret = match self.below(4) {
            0 => format!("Bearer {CANARY}{}", self.word()),
            1 => format!("eyJ{CANARY}.eyJ9{}.x", self.word()),
            2 => format!("{CANARY}{}@example.com", self.word()),
            _ => self.url(),
        };
        let before = self.pick(&["", "no user", "é\n\u{1b}[31m", "x=(", "a\tb"]);
        format!("{} {before} {secret} {}", self.word(), self.word())
    }

    fn credential_key(&mut self) -> &'static str {
        self.pick(&[
            "db.password",
            "session.token",
            "client_secret",
            "x-api-key",
            "http.request.header.cookie",
            "Authorization",
        ])
    }
}

fn policy() -> Sanitizer {
    let builder = Sanitizer::builder()
        .with_secrets(Secret::ALL)
        .with_redacted_path("reset/{token}");
    builder.build().expect("a policy")
}

/// One call through a server and a client layer, with canaries wherever a secret may stand; and all that was written down of it.
async fn call(random: &mut Random) -> Vec<String> {
    let policy = policy();
    let exporter = InMemorySpanExporter::default();
    let guarded = SanitizingExporter::new(exporter.clone(), policy.clone());
    let provider = SdkTracerProvider::builder().with_simple_exporter(guarded).build();
    let propagation = || {
        let both = TextMapCompositePropagator::new(vec![Box::new(W3c), Box::new(W3cBaggage)]);
        Propagation::new(both).with_sanitizer(policy.clone())
    };
    let captured = || AllowedHeaders::new(["referer", "x-tenant"]).expect("no credentials");

    let (sent, mut received) = tokio::sync::mpsc::unbounded_channel::<HeaderMap>();
    let backend = service_fn(move |request: Request<()>| {
        let _ = sent.send(request.headers().clone());
        async { Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new())) }
    });
    let client = InjectLayer::new()
        .with_spans(
            Spans::client()
                .with_tracer_provider(&provider)
                .with_sanitizer(policy.clone()),
        )
        .with_propagation(propagation())
        .layer(backend);

    let [outgoing, note, own] = [random.url(), random.error(), random.error()];
    let key = random.credential_key();
    let handler = service_fn(|request: Request<()>| {
        let (client, outgoing, note) = (client.clone(), outgoing.clone(), note.clone());
        async move {
            let policy = request.extensions().get::<Sanitizer>().expect("the layer's").clone();
            let cx = Context::current();
            // By someone who remembers the policy, and by someone who does not.
            cx.span()
                .set_attribute_sanitized(&policy, KeyValue::new("note", note.clone()));
            cx.span().set_attribute(KeyValue::new(key, CANARY));
            cx.span().set_attribute(KeyValue::new("text", note.clone()));
            cx.span()
                .add_event("exception", vec![KeyValue::new("exception.message", note.clone())]);
            cx.span().set_status(Status::error(note));
            let request = Request::get(outgoing.replace(['é', '\n'], "")).body(());
            if let Ok(request) = request {
                let _ = client.oneshot(request).await;
            }
            Response::builder()
                .status(StatusCode::OK)
                .header("set-cookie", CANARY)
                .body(Empty::<&[u8]>::new())
        }
    });
    let spans = Spans::server()
        .with_tracer_provider(&provider)
        .with_request_headers(captured())
        .with_response_headers(captured())
        .with_request_attributes({
            let own = own.clone();
            move |_, _, attributes| attributes.push(KeyValue::new("mine", own.clone()))
        })
        .with_end_attributes(move |_, _, attributes| attributes.push(KeyValue::new(key, CANARY)));
    let extract = ExtractLayer::new().with_spans(spans).with_propagation(propagation());
    let server = SanitizeLayer::new(policy.clone()).layer(extract.layer(handler));

    let request = Request::get(format!("{}?{}", random.path(), random.query()))
        .header("host", "shop.test")
        .header("authorization", format!("Bearer {CANARY}"))
        .header("cookie", format!("a={CANARY}"))
        .header("referer", random.url())
        .header("x-tenant", format!("{CANARY}{}@example.com", random.word()))
        .header("user-agent", format!("agent Bearer {CANARY}"))
        .header(
            "baggage",
            format!(
                "{}={CANARY},session.token={CANARY},shop=7",
                random.pick(&["password", "a.secret"])
            ),
        )
        .body(())
        .expect("a request");
    drop(server.oneshot(request).await);

    let mut written: Vec<String> = exporter
        .get_finished_spans()
        .expect("spans")
        .iter()
        .map(debug)
        .collect();
    assert!(!written.is_empty());
    written.extend(received.try_recv().iter().map(debug));
    written.extend(page(&policy, random).await);
    written.extend(fields(&policy, random));
    written
}

/// What `/metrics` shows after a call with labels of its own, and of a family with the same ones.
async fn page(policy: &Sanitizer, random: &mut Random) -> Vec<String> {
    let mine = [
        ("text", random.error()),
        ("session_token", format!("{CANARY}{}", random.word())),
        ("link_url", random.url()),
    ];
    let mut registry = Registry::default();
    register_sanitizer(&mut registry, policy).expect("a new name");
    let family = Family::counters("mine", "Mine").with_sanitizer(policy.clone());
    family.register(&mut registry).expect("a new name");
    family.get(&mine).add(1);
    let metrics = Metrics::server()
        .with_labels(move |_| mine.clone())
        .with_sanitizer(policy.clone())
        .register(&mut registry)
        .expect("new names");
    let handler = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new())));
    let request = Request::get(format!("{}?{}", random.path(), random.query())).body(());
    let service = metrics.layer(Http::server()).layer(handler);
    drop(service.oneshot(request.expect("a request")).await);
    let mut page = String::new();
    encode(&mut page, &registry).expect("text");
    assert!(
        page.contains("mine_total{") && page.contains("http_server_request_duration_seconds_count{"),
        "{page}"
    );
    assert!(page.contains("session_token=\"REDACTED\""), "{page}");
    vec![page]
}

/// The lines about slow calls, and what else would be logged.
fn fields(policy: &Sanitizer, random: &mut Random) -> Vec<String> {
    let [name, url, error] = [random.error(), random.url(), random.error()];
    let key = random.credential_key();
    let (counts, mut registry) = (SlowCounts::new().with_sanitizer(policy.clone()), Registry::default());
    counts.register(&mut registry).expect("new names");
    let slow = Slow::from(Duration::ZERO)
        .with_warnings(Warnings::AtEnd)
        .with_slow_counts(&counts)
        .with_sanitizer(policy.clone());
    let lines = Log::of(|| {
        let route = Route::new(name.clone());
        let handler = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new())));
        let request = Request::get("/").extension(route).body(()).expect("a request");
        drop(
            SlowLayer::server(slow.clone())
                .layer(handler)
                .oneshot(request)
                .now_or_never(),
        );
        let job = std::future::ready(()).warn_if_slow_by(&slow, name, Duration::ZERO);
        assert_eq!(job.now_or_never(), Some(()));
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    let mut written = lines;
    let mut page = String::new();
    encode(&mut page, &registry).expect("text");
    assert!(page.contains("slow_calls_total{call="), "{page}");
    written.push(page);
    written.extend(policy.value("url.full", &url).map(Cow::into_owned));
    written.extend(policy.value(key, CANARY).map(Cow::into_owned));
    written.extend(policy.value("error.message", &error).map(Cow::into_owned));
    written
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?}")
}

#[tokio::test]
async fn no_canary_comes_out() {
    let canaries = std::env::var("CANARIES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(DEFAULT);
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    // A call has about fifteen of them.
    for _ in 0..canaries.div_ceil(15) {
        for written in call(&mut random).await {
            assert!(!written.contains(CANARY), "{written}");
        }
    }
}

#[tokio::test]
async fn without_a_policy_they_would_all_be_there() {
    let cx = Context::new().with_baggage([KeyValue::new("session.token", CANARY)]);
    let mut headers = HeaderMap::new();
    Propagation::new(W3cBaggage).inject(&cx, &mut headers);
    assert!(debug(&headers).contains(CANARY));
}
