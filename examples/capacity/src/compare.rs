//! A plan beside others.

use std::fmt::Write as _;

use tower_telemetry::setup::plan::{Plan, Retention, Share, Size};

use crate::Demand;
use crate::table::Table;

/// The plan asked for, then other rates, then other strategies.
pub(crate) fn compare(demand: Demand) -> String {
    let mut text = String::new();
    let percent = demand.sampling_rate * 100.0;
    let _ = writeln!(
        text,
        "{} requests a day, {percent} % of them traced, {} spans a trace, {:.0} bytes a span ({:.0} compressed), {} days\n",
        demand.daily_requests,
        demand.spans_per_trace,
        demand.bytes_per_span,
        demand.bytes_per_span / Demand::compression(),
        demand.retention_days
    );
    let mut rates = plans("rate");
    rates.row(row("as asked for", &demand.plan()));
    for rate in [1.0, 0.1, 0.01, 0.001] {
        rates.row(row(&format!("{} %", rate * 100.0), &demand.at(rate)));
    }
    let _ = writeln!(text, "{rates}");
    let _ = write!(text, "{}", strategies(demand));
    text
}

/// A table of plans, each named in the first column.
fn plans(what: &'static str) -> Table<5> {
    Table::new([what, "traces a day", "spans a day", "stored a day", "stored in all"])
}

fn row(name: &str, plan: &Plan) -> [String; 5] {
    [
        name.to_owned(),
        format!("{:.0}", plan.daily_traces()),
        format!("{:.0}", plan.daily_spans()),
        Size(plan.daily_bytes()).to_string(),
        Size(plan.total_bytes()).to_string(),
    ]
}

fn strategies(demand: Demand) -> Table<5> {
    let important = Share {
        of_requests: demand.important,
        sampling_rate: 1.0,
    };
    let by_importance = demand.at(Share::overall(&[important], demand.sampling_rate));
    // A service keeps its own part of a trace: a server span and what is below, of several services say two spans.
    let keep = demand.plan().with_kept_failures(demand.failing, 2.0);
    let compressed = demand
        .plan()
        .with_bytes_per_span(demand.bytes_per_span / Demand::compression());
    let retention = Retention {
        hot_days: demand.hot_days.min(demand.retention_days),
        cold_days: demand.retention_days.saturating_sub(demand.hot_days),
        cold_compression: Demand::compression(),
    };
    let (hot, cold) = demand.plan().tiered(retention);

    let mut table = plans("strategy");
    table.row(row("one rate for all", &demand.plan()));
    table.row(row(
        &format!("by importance: {} % in full", demand.important * 100.0),
        &by_importance,
    ));
    table.row(row(&format!("keep errors: {} % fail", demand.failing * 100.0), &keep));
    table.row(row("compressed (gzip)", &compressed));
    let mut tiers = row(
        &format!("{} days hot, {} cold", retention.hot_days, retention.cold_days),
        &demand.plan(),
    );
    tiers[4] = format!("{} + {}", Size(hot), Size(cold));
    table.row(tiers);
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cli, Command};
    use clap::Parser as _;

    #[test]
    fn ten_million_requests_a_day_at_a_kibibyte_a_span() -> anyhow::Result<()> {
        let arguments = [
            "capacity",
            "plan",
            "--daily-requests",
            "10000000",
            "--bytes-per-span",
            "1024",
        ];
        let Command::Plan(demand) = Cli::try_parse_from(arguments)?.command else {
            anyhow::bail!("it is a plan");
        };
        let text = compare(demand);
        let asked = text
            .lines()
            .find(|line| line.starts_with("as asked for"))
            .unwrap_or_default();
        let cells: Vec<_> = asked
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        assert_eq!(
            cells,
            ["as asked for", "100000", "1000000", "977 MiB", "6.68 GiB"],
            "{text}"
        );
        assert!(text.contains("1024 bytes a span (105 compressed)"), "{text}");
        for strategy in [
            "one rate for all",
            "by importance",
            "keep errors",
            "compressed",
            "2 days hot, 5 cold",
        ] {
            assert!(text.contains(strategy), "{text}");
        }
        Ok(())
    }
}
