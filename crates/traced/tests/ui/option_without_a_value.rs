#![allow(unused)]

use tower_telemetry_traced::traced;

#[traced(threshold)]
fn pay() {}

#[traced(name)]
fn refund() {}

#[traced(args)]
fn cancel() {}

fn main() {}
