#![allow(unused)]

use tower_telemetry_traced::traced;

#[traced(result, kind = client, result)]
fn pay() -> u8 {
    1
}

fn main() {}
