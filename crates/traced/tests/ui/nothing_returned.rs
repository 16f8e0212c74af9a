#![allow(unused)]

use tower_telemetry_traced::traced;

#[traced(error_type = |_| "declined")]
fn nothing() {}

#[traced(result)]
async fn nothing_later() {}

fn main() {}
