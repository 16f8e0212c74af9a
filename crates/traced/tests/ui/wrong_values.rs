#![allow(unused)]

use tower_telemetry_traced::traced;

#[traced(name = 7)]
fn number() {}

#[traced(name = "")]
fn empty() {}

#[traced(kind = clients)]
fn kind() {}

#[traced(threshold = "200")]
fn no_unit() {}

#[traced(threshold = "200 parsecs")]
fn wrong_unit() {}

#[traced(threshold = 200)]
fn no_text() {}

#[traced(result(display))]
fn format() -> u8 {
    1
}

fn main() {}
