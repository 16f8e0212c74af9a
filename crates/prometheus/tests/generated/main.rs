//! The dashboard and the alert rules are made from the table of metrics that the code registers, and those in the repository are current.
//!
//! `UPDATE=1 cargo test -p tower-telemetry-prometheus --test generated` writes them anew.

mod alerts;
mod dashboard;

use std::path::Path;
use std::{env, fs};

use tower_telemetry_prometheus::catalog::{CALLS, Catalog, SANITIZED_VALUES, SLOW, SPANS};

/// Compares a file of the repository with what it should be, or writes it.
fn assert_current(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grafana").join(file);
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, expected).expect("the file can be written");
    }
    let current = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == expected,
        "{} is not what the catalog says: run this test with UPDATE=1",
        path.display()
    );
}

#[test]
fn the_dashboard_is_current() {
    assert_current("dashboard.json", &dashboard::json());
}

#[test]
fn the_alert_rules_are_current() {
    assert_current("alerts.yml", &alerts::yaml());
}

#[test]
fn each_counter_of_refused_series_is_one_that_the_alert_looks_for() {
    for names in CALLS {
        let name = names.refused.full_name();
        assert!(name.ends_with("_refused_series_total"), "{name}");
    }
}

#[test]
fn the_dashboard_shows_every_metric() {
    let json = dashboard::json();
    let calls = CALLS.iter().flat_map(Catalog::metrics);
    for metric in calls.chain(SPANS).chain(SLOW).chain([SANITIZED_VALUES]) {
        let name = metric.full_name();
        assert!(json.contains(&name), "{name} is on no panel");
    }
}
