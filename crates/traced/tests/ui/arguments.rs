#![allow(unused)]

use tower_telemetry_traced::traced;

struct Order {
    id: u8,
}

impl Order {
    fn total(&self) -> u8 {
        self.id
    }

    #[traced(args(order.id))]
    fn method(&self) {}
}

#[traced(args(usr_id))]
fn unknown(user_id: u8, order: &Order) {}

#[traced(args(user_id))]
fn none() {}

#[traced(args(order.total()))]
fn call(order: &Order) {}

#[traced(args(order.id, order.id))]
fn twice(order: &Order) {}

#[traced(args(order[0]))]
fn index(order: &[u8]) {}

fn main() {}
