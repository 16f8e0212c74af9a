//! Three services on loopback, and a tour of real requests through them, each shown as one trace.

mod catalog;
mod gateway;
mod outline;
mod page;
mod payments;
mod serve;
mod stops;
mod tour;

/// What `proto/payments.proto` says.
#[allow(
    unreachable_pub,
    clippy::doc_markdown,
    clippy::uninlined_format_args,
    reason = "generated"
)]
mod proto {
    tonic::include_proto!("shop");
}

use std::process::ExitCode;

use clap::Parser;
use tokio::sync::mpsc;
use tonic::transport::Endpoint;
use tower_telemetry::setup::{Logs, Otlp, Trace, Waterfall};

/// Starts the shop's three services, sends real requests through them, and prints each as one trace.
#[derive(Parser)]
struct Args {
    /// End after the tour; the exit code is 1 if a trace came out broken.
    #[arg(long)]
    once: bool,
    /// The gateway's port; 0 takes any that is free.
    #[arg(long, default_value_t = 4000)]
    gateway: u16,
    /// The catalog's port.
    #[arg(long, default_value_t = 4001)]
    catalog: u16,
    /// The payments service's port.
    #[arg(long, default_value_t = 4002)]
    payments: u16,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    // Warnings, such as those of slow calls and of spans that were lost, among what the tour prints.
    Logs::text()
        .with_filter("warn")
        .with_writer(std::io::stdout)
        .install()?;

    // One collector for the three providers: only together do they know when a trace is finished.
    let (traces, mut finished) = mpsc::unbounded_channel();
    let waterfall = Waterfall::to(move |trace: &Trace| {
        // Nobody listens any more once the tour has ended with --once.
        let _ = traces.send(trace.clone());
    });

    let catalog = serve::bind("catalog", args.catalog).await?;
    let payments = serve::bind("payments", args.payments).await?;
    let gateway = serve::bind("gateway", args.gateway).await?;
    let upstreams = gateway::Upstreams {
        catalog: catalog.address(),
        // It is on this machine, whatever proxy that has.
        client: reqwest::Client::builder().no_proxy().build()?,
        payments: Endpoint::from_shared(format!("http://{}", payments.address()))?,
    };
    println!("gateway   http://{}", gateway.address());
    println!("catalog   http://{}", catalog.address());
    println!("payments  http://{}", payments.address());
    if Otlp::from_env()?.is_some() {
        println!("spans are also exported, as OTEL_EXPORTER_OTLP_ENDPOINT says");
    }

    let door = gateway.address();
    let _services = [
        catalog.start(&waterfall, |listener, telemetry, mut registry| {
            let router = catalog::router(&mut registry)?;
            serve::http(listener, router, telemetry, registry)
        })?,
        payments.start(&waterfall, payments::serve)?,
        gateway.start(&waterfall, |listener, telemetry, mut registry| {
            let router = gateway::router(telemetry, &mut registry, &upstreams)?;
            serve::http(listener, router, telemetry, registry)
        })?,
    ];

    let broken = tour::run(door, &mut finished).await?;
    if broken > 0 {
        eprintln!("\n{broken} of the tour's traces came out broken");
    }
    if args.once {
        return Ok(ExitCode::from(u8::from(broken > 0)));
    }

    println!("\nThe shop is open until Ctrl-C. Try: curl -X POST http://{door}/orders/lamp");
    println!("What was counted, each service has for itself: curl http://{door}/metrics\n");
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
            Some(trace) = finished.recv() => println!("{}", trace.render(page::columns())),
        }
    }
}
