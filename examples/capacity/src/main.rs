//! How much the traces of a service will need to be stored.

mod compare;
mod measure;
mod table;

use clap::{Args, Parser, Subcommand};
use tower_telemetry::setup::plan::{BYTES_PER_SPAN, GZIPPED_BYTES_PER_SPAN, Plan, Size, plan};

/// Plans how much the traces of a service will need to be stored.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print a plan, and compare rates and strategies.
    Plan(Demand),
    /// Measure how many bytes a span of this family has, over real requests.
    Measure,
}

/// What a day brings.
#[derive(Args, Debug, Clone, Copy)]
struct Demand {
    /// Requests a day.
    #[arg(long)]
    daily_requests: u64,
    /// The share of the traces that is sampled, from 0 to 1.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    sampling_rate: f64,
    /// Spans in a trace, over all services.
    #[arg(long, default_value_t = 10.0)]
    spans_per_trace: f64,
    /// For how many days traces are kept.
    #[arg(long, default_value_t = 7)]
    retention_days: u32,
    /// Bytes a span takes where it is stored. The default is what was measured of this family's spans as they are sent.
    #[arg(long, default_value_t = BYTES_PER_SPAN)]
    bytes_per_span: f64,
    /// The share of the requests that matters most, from 0 to 1, for the strategy by importance.
    #[arg(long, default_value_t = 0.02, value_parser = share)]
    important: f64,
    /// The share of the requests that fails, from 0 to 1, for the strategy that keeps errors.
    #[arg(long, default_value_t = 0.001, value_parser = share)]
    failing: f64,
    /// Of the retention, the days on fast storage; the rest is on cheap storage, compressed.
    #[arg(long, default_value_t = 2)]
    hot_days: u32,
}

impl Demand {
    fn plan(self) -> Plan {
        self.at(self.sampling_rate)
    }

    /// The same at another rate.
    fn at(self, sampling_rate: f64) -> Plan {
        plan(
            self.daily_requests,
            sampling_rate,
            self.spans_per_trace,
            self.retention_days,
        )
        .with_bytes_per_span(self.bytes_per_span)
    }

    /// How many times smaller spans are when they are compressed.
    fn compression() -> f64 {
        BYTES_PER_SPAN / GZIPPED_BYTES_PER_SPAN
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share is from 0 to 1".into()),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Plan(demand) => println!("{}", compare::compare(demand)),
        Command::Measure => {
            let measured = measure::measure().await?;
            println!("{} spans of real requests, in one batch:", measured.spans);
            println!("  OTLP protobuf  {:>6.1} bytes a span", measured.bytes_per_span());
            println!(
                "  gzip           {:>6.1} bytes a span",
                measured.gzipped_bytes_per_span()
            );
            println!(
                "  batch          {} and {}",
                Size(measured.bytes as f64),
                Size(measured.gzipped as f64)
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_as_the_docs_have_it() {
        let cli = Cli::try_parse_from(["capacity", "plan", "--daily-requests", "100000000"]);
        assert!(matches!(cli.map(|cli| cli.command), Ok(Command::Plan(demand)) if demand.retention_days == 7));
        assert!(Cli::try_parse_from(["capacity", "plan", "--daily-requests", "1", "--sampling-rate", "2"]).is_err());
    }
}
