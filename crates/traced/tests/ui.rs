//! The compiler's messages: at the token that is wrong, with what is allowed.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// The compiler whose own words stand in `ui/types`.
const KNOWN: &str = "rustc 1.95.";

#[test]
fn mistakes_are_pointed_at() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    let rustc = Command::new("rustc").arg("--version").output().unwrap();
    match rustc.stdout.starts_with(KNOWN.as_bytes()) {
        true => cases.compile_fail("tests/ui/types/*.rs"),
        false => eprintln!("what the compiler itself says of types is compared with {KNOWN}x alone"),
    }
}
