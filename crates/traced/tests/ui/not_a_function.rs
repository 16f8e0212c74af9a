#![allow(unused)]

use tower_telemetry_traced::traced;

struct Orders;

#[traced]
impl Orders {
    fn pay(&self) {}
}

#[traced]
struct Order;

#[traced]
mod orders {}

fn main() {}
