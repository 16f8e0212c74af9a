#![allow(unused)]

use tower_telemetry_traced::span;

struct Declined;

fn main() {
    let _ = span("order.payment").with_errors().in_scope(|_| Err::<(), _>(Declined));
}
