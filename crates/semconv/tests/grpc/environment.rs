//! What the environment says, in a process that has it.

use std::process::Command;

use tower_telemetry_semconv::{Grpc, StatusAttribute};

use crate::call::{COMPLETE, ended, line, request, statuses};

const OPT_IN: &str = "OTEL_SEMCONV_STABILITY_OPT_IN";
const EXPECTED: &str = "EXPECTED_ATTRIBUTES";

/// The names under which the status is recorded, with commas.
fn names(grpc: &Grpc<tower_telemetry_semconv::Server>) -> String {
    let (call, _) = ended(grpc, request(&[]), Some((200, statuses(&["0"]))), &COMPLETE);
    let mut said = Vec::new();
    call.describe_response(|key, value| said.push(line(key, &value)));
    let names = said.iter().filter_map(|said| said.strip_suffix("=OK"));
    names.collect::<Vec<_>>().join(",")
}

#[test]
fn the_environment_opts_in_to_the_coming_name_and_a_setting_wins() {
    let grpc = Grpc::server();
    if let Ok(expected) = std::env::var(EXPECTED) {
        assert_eq!(names(&grpc), expected);
        let set = grpc.with_status_attribute(StatusAttribute::ResponseStatusCode);
        assert_eq!(names(&set), "rpc.response.status_code");
        return;
    }
    for (opt_in, expected) in [
        ("", "rpc.response.status_code"),
        ("http,rpc", "rpc.status_code"),
        ("rpc/dup", "rpc.response.status_code,rpc.status_code"),
    ] {
        let test = "environment::the_environment_opts_in_to_the_coming_name_and_a_setting_wins";
        let ran = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .env(OPT_IN, opt_in)
            .env(EXPECTED, expected)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && said.contains("1 passed"), "{opt_in}: {said}");
    }
}
