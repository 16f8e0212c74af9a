//! Work in tasks, threads and channels that stays in the trace of who asked for it.

use tokio::sync::mpsc;
use tower_telemetry_setup::{Telemetry, Waterfall};
use tower_telemetry_traced::{Traced, TracedExt, linked_span, spawn, spawn_blocking, traced};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let telemetry = Telemetry::builder("warehouse")
        .with_waterfall(Waterfall::stdout())
        .install()?;

    // A worker behind a channel: each parcel brings the context of who sent it.
    let (parcels, mut received) = mpsc::channel::<Traced<u32>>(8);
    let worker = tokio::spawn(async move {
        while let Some(parcel) = received.recv().await {
            parcel.then(weigh).await;
        }
    });

    handle_order(parcels).await?;
    worker.await?;
    telemetry.shutdown()?;
    Ok(())
}

#[traced(name = "order.handle")]
async fn handle_order(parcels: mpsc::Sender<Traced<u32>>) -> anyhow::Result<()> {
    parcels.send(Traced::new(17)).await?;
    spawn(reserve().traced("stock.reserve")).await?;
    spawn_blocking(print_label).await?;
    // In a trace of its own, with a link to this one.
    spawn(async {}.traced(linked_span("report.build"))).await?;
    Ok(())
}

async fn reserve() {}

#[traced(name = "label.print")]
fn print_label() {}

#[traced(name = "parcel.weigh", args(parcel))]
async fn weigh(parcel: u32) {
    let _ = parcel;
}
