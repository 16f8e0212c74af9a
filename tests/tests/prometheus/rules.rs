//! The alert rules, as promtool judges them.

use std::path::Path;
use std::process::Command;

use crate::tools::{program, said};

fn promtool(arguments: &[&str]) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prometheus");
    let output = Command::new(program("promtool")?)
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("promtool runs");
    assert!(output.status.success(), "{}", said(&output));
    Some(said(&output))
}

#[test]
fn the_alert_rules_are_rules() {
    if let Some(said) = promtool(&["check", "rules", "../../../crates/prometheus/grafana/alerts.yml"]) {
        assert!(said.contains("9 rules found"), "{said}");
    }
}

#[test]
fn each_alert_fires_when_it_should_and_only_then() {
    promtool(&["test", "rules", "alerts_test.yml"]);
}
