#![allow(unused)]

use tower_telemetry_traced::traced;

#[traced(nam = "order.payment")]
fn pay() {}

fn main() {}
