#![allow(unused)]

use tower_telemetry_traced::traced;

#[traced]
const fn constant() {}

trait Orders {
    #[traced]
    fn pay(&self);
}

fn main() {}
