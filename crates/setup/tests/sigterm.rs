//! A service that is told to stop in the middle of its work loses nothing.
#![cfg(all(feature = "otlp-http", unix))]

mod http_receiver;
mod requests;

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::global;
use opentelemetry::trace::Tracer as _;
use requests::names;
use tower_telemetry_setup::Telemetry;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
#[ignore = "a service that the other test runs and stops"]
async fn service() -> Outcome {
    let telemetry = Telemetry::from_env("orders")?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let work = std::thread::spawn(move || {
        let tracer = global::tracer("test");
        let mut spans = 0_u64;
        while !stopped.load(Ordering::Acquire) {
            tracer.in_span("place order", |_| ());
            spans += 1;
            if spans == 1_000 {
                println!("under way");
            }
        }
        spans
    });
    terminate.recv().await;
    stop.store(true, Ordering::Release);
    let spans = work.join().map_err(|_| "the work panicked")?;
    let exports = telemetry.exports()[0].clone();
    drop(telemetry);
    println!("ended {spans} exported {}", exports.counts().exported);
    Ok(())
}

#[test]
fn what_ended_before_the_end_is_exported_after_sigterm() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let mut service = Command::new(env::current_exe()?)
        .args(["--ignored", "--exact", "service", "--nocapture"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &address)
        // A loop without anything else to do is faster than any collector.
        .env("OTEL_BSP_MAX_QUEUE_SIZE", "100000000")
        .env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8192")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(service.stdout.take().ok_or("no output")?).lines();
    let mut next = |start: &str| -> Result<String, Box<dyn std::error::Error>> {
        loop {
            let line = lines.next().ok_or("the service ended")??;
            if let Some(at) = line.find(start) {
                return Ok(line[at..].to_owned());
            }
        }
    };
    next("under way")?;
    Command::new("kill")
        .args(["-TERM", &service.id().to_string()])
        .status()?;
    let told = next("ended ")?;
    assert!(service.wait()?.success());
    let mut arrived = 0;
    for request in requests.try_iter() {
        arrived += names(&request.traces()?).len();
    }
    assert_eq!(told, format!("ended {arrived} exported {arrived}"));
    Ok(())
}
