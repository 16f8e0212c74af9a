mod allocations;
mod drive;
mod stacks;
mod workload;

use allocations::{Allocations, Counting};
use drive::Pair;
use opentelemetry::global;
use opentelemetry::propagation::TextMapCompositePropagator;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tower_telemetry::propagate::Propagation;
use tower_telemetry::span::Spans;
use tower_telemetry::{ExtractLayer, InjectLayer};
use workload::Caller;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn pair(name: &str) -> Pair {
    let (case, who) = name.split_once('/').unwrap();
    let caller = if case.ends_with('2') { Caller::Unsampled } else { Caller::Sampled };
    let given = || ExtractLayer::new().with_spans(Spans::server().with_tracer_provider(&workload::provider()));
    match (&case[..1], who) {
        ("C", _) => stacks::client(caller, &InjectLayer::new().with_spans(Spans::client().with_tracer_provider(&workload::provider()))),
        (_, "given") => stacks::tower(caller, &given()),
        (_, "axum") => stacks::axum(caller, |r| r.layer(given())),
        (_, "noop") => stacks::axum(caller, |r| r.layer(tower::layer::util::Identity::new())),
        (_, "global") => { global::set_tracer_provider(workload::provider()); stacks::tower(caller, &ExtractLayer::new()) }
        (_, "foreign") => {
            global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
                Box::new(TraceContextPropagator::new()), Box::new(BaggagePropagator::new())]));
            stacks::tower(caller, &given()) }
        (_, "off") => stacks::tower(caller, &ExtractLayer::new().with_propagation(Propagation::off())),
        (_, "nothing") => stacks::tower(caller, &ExtractLayer::new()),
        _ => panic!("{name}"),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let pair = pair(&args[1]);
    let subject = if args[2] == "bare" { pair.bare } else { pair.with };
    let n: u64 = args[3].parse().unwrap();
    let mut run = subject();
    run(512);
    let before = Allocations::now();
    let t = std::time::Instant::now();
    run(n);
    let e = t.elapsed();
    let a = before.since();
    println!("{} {} {:.1}", a.count as f64 / n as f64, a.bytes as f64 / n as f64, e.as_nanos() as f64 / n as f64);
}
