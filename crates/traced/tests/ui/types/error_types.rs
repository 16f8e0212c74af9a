#![allow(unused)]

use tower_telemetry_traced::traced;

#[traced(error_type = |_: &u8| "declined")]
fn no_result() -> u8 {
    1
}

#[traced(error_type = |error: &String| error.clone())]
fn no_word() -> Result<(), String> {
    Ok(())
}

fn main() {}
