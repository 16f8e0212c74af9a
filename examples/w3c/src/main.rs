//! A service that the test harness of W3C Trace Context can drive: it calls whatever it is told to call.

mod caller;

use std::net::Ipv4Addr;

use clap::Parser;
use tokio::net::TcpListener;
use tower_telemetry::setup::Telemetry;

/// Does what the test harness of W3C Trace Context tells it, on loopback, until Ctrl-C.
#[derive(Parser)]
struct Args {
    /// The port to listen on.
    #[arg(long, default_value_t = 5000)]
    port: u16,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let _telemetry = Telemetry::from_env("w3c-service")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await?;
    println!("POST http://{}/test", listener.local_addr()?);
    let until_interrupted = async {
        // Without a signal handler, it serves until it is killed.
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, caller::router())
        .with_graceful_shutdown(until_interrupted)
        .await?;
    Ok(())
}
