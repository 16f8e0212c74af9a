#![allow(unused)]

use tower_telemetry_traced::traced;

struct Order;

#[traced(args(order))]
fn argument(order: Order) {}

#[traced(args(%order))]
fn displayed(order: Order) {}

#[traced(result)]
fn returned() -> Order {
    Order
}

#[traced(error)]
fn error() -> Result<(), Order> {
    Ok(())
}

#[traced(args(order.name))]
fn field(order: &Order) {}

fn main() {}
