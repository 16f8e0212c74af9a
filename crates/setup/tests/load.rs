//! A service under load whose collector is slow, says no, or is not there: no request waits for it, and no span goes missing uncounted.
#![cfg(all(feature = "otlp-http", feature = "otlp-grpc"))]

mod grpc_receiver;
mod http_receiver;
mod requests;
mod told;

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{Request, Response};
use http_receiver::Answer;
use requests::names;
use told::Told;
use tonic::Status;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_telemetry_extract::{ExtractLayer, Spans};
use tower_telemetry_semconv::Route;
use tower_telemetry_setup::{ExportCounts, Otlp, Telemetry};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What comes in three seconds of 5,000 a second, at once.
const REQUESTS: u64 = 15_000;
/// What waits at most, and what is under way.
const BOUND: u64 = 2_048 + 512;

/// A service that has served them all.
fn loaded(otlp: Otlp) -> Result<Telemetry, Box<dyn std::error::Error>> {
    let telemetry = Telemetry::builder("orders")
        .with_otlp(otlp)
        .with_shutdown_timeout(Duration::from_secs(60))
        .build()?;
    let spans = Spans::server().with_tracer_provider(telemetry.tracer_provider());
    let service = ExtractLayer::new()
        .with_spans(spans)
        .layer(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new(String::new()))
        }));
    // One thread for everything: whoever blocked it would block all.
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        for _ in 0..REQUESTS {
            let mut request = Request::new(());
            request.extensions_mut().insert(Route::new("/orders"));
            service.clone().oneshot(request).await?;
        }
        Ok::<_, Infallible>(())
    })?;
    let counts = telemetry.exports()[0].counts();
    assert_eq!(counts.received, REQUESTS);
    assert!(counts.pending <= BOUND, "{counts:?}");
    assert_adds_up(&counts);
    Ok(telemetry)
}

fn assert_adds_up(counts: &ExportCounts) {
    assert_eq!(
        counts.received,
        counts.exported + counts.pending + counts.lost.total(),
        "{counts:?}"
    );
}

/// Ends it, and compares what was lost with what is told of it.
fn ended(telemetry: Telemetry, told: &Told) -> Result<ExportCounts, Box<dyn std::error::Error>> {
    let exports = telemetry.exports()[0].clone();
    // With losses it is an error, or not, as they fall.
    let _ = telemetry.shutdown();
    let counts = exports.counts();
    assert_eq!(counts.pending, 0);
    assert_adds_up(&counts);
    let lines = told.losses(counts.lost.total())?;
    assert!(lines.len() <= 2, "once in the minute, and once at the end: {lines:#?}");
    let destination = format!(" to {}: ", exports.name());
    assert!(lines.iter().all(|line| line.contains(&destination)), "{lines:#?}");
    assert_eq!(told.all(), Vec::<String>::new());
    Ok(counts)
}

/// All spans are lost, the first batch because its export fails.
fn nothing_arrives(otlp: Otlp, told: &Told) -> Outcome {
    let counts = ended(loaded(otlp)?, told)?;
    assert_eq!((counts.exported, counts.lost.total()), (0, REQUESTS));
    assert!(counts.lost.failed >= 512, "{counts:?}");
    Ok(())
}

fn nobody() -> std::io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(format!("http://{}", listener.local_addr()?))
}

fn arrived(requests: &Receiver<http_receiver::Request>) -> std::io::Result<Vec<u64>> {
    let spans = requests
        .try_iter()
        .map(|request| Ok(names(&request.traces()?).len() as u64));
    spans.collect()
}

/// One test, since all of them look at what the process logs.
#[test]
fn whatever_the_collector_does_no_request_waits_and_every_span_is_counted() -> Outcome {
    let told = told::listen();
    a_slow_one(&told)?;
    one_that_says_no(&told)?;
    one_that_flaps(&told)?;
    one_that_is_not_there(&told)?;
    one_that_says_no_by_grpc(&told)
}

/// It answers no request before all of the service's are served.
fn a_slow_one(told: &Told) -> Outcome {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let (address, requests) = http_receiver::start_answering(move |_| {
        let released = released.lock().unwrap_or_else(PoisonError::into_inner);
        // Until it is dropped.
        let _ = released.recv();
        Answer::ok(Vec::new())
    })?;
    let otlp = Otlp::http()
        .with_endpoint(address)
        .with_timeout(Duration::from_secs(60));
    let telemetry = loaded(otlp)?;
    let counts = telemetry.exports()[0].counts();
    assert_eq!((counts.exported, counts.pending), (0, BOUND));
    assert_eq!(counts.lost.queue_full, REQUESTS - BOUND);
    drop(release);
    let counts = ended(telemetry, told)?;
    assert_eq!((counts.exported, counts.lost.total()), (BOUND, REQUESTS - BOUND));
    assert_eq!(arrived(&requests)?.iter().sum::<u64>(), BOUND);
    Ok(())
}

fn one_that_says_no(told: &Told) -> Outcome {
    for no in [Answer::too_many_requests, Answer::service_unavailable] {
        let (address, _requests) = http_receiver::start_answering(move |_| no())?;
        let otlp = Otlp::http()
            .with_endpoint(address)
            .with_timeout(Duration::from_millis(20));
        nothing_arrives(otlp, told)?;
    }
    Ok(())
}

/// It takes every second batch.
fn one_that_flaps(told: &Told) -> Outcome {
    let (address, requests) = http_receiver::start_answering(|asked| match asked % 2 {
        0 => Answer::ok(Vec::new()),
        // Nobody asks again after this one.
        _ => Answer {
            status: "400 Bad Request",
            body: Vec::new(),
        },
    })?;
    let counts = ended(loaded(Otlp::http().with_endpoint(address))?, told)?;
    let arrived = arrived(&requests)?;
    let (taken, refused): (Vec<_>, Vec<_>) = arrived
        .chunks(2)
        .map(|two| (two[0], two.get(1).copied().unwrap_or(0)))
        .unzip();
    assert!(taken.len() > 1 && refused.iter().sum::<u64>() > 0, "{arrived:?}");
    assert_eq!(counts.exported, taken.iter().sum::<u64>());
    assert_eq!(counts.lost.failed, refused.iter().sum::<u64>());
    Ok(())
}

fn one_that_is_not_there(told: &Told) -> Outcome {
    let unknown = "http://collector.invalid:4318".to_owned();
    for (otlp, address) in [
        (Otlp::http(), nobody()?),
        (Otlp::grpc(), nobody()?),
        (Otlp::http(), unknown.clone()),
        (Otlp::grpc(), unknown),
    ] {
        let otlp = otlp.with_endpoint(address).with_timeout(Duration::from_millis(200));
        nothing_arrives(otlp, told)?;
    }
    Ok(())
}

fn one_that_says_no_by_grpc(told: &Told) -> Outcome {
    for no in [
        (|| Err(Status::unavailable("busy"))) as fn() -> grpc_receiver::Answer,
        || Err(Status::resource_exhausted("busy")),
    ] {
        let (address, _calls) = grpc_receiver::start_answering(no)?;
        let otlp = Otlp::grpc()
            .with_endpoint(address)
            .with_timeout(Duration::from_millis(20));
        nothing_arrives(otlp, told)?;
    }
    Ok(())
}
