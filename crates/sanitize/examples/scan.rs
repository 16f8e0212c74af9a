//! Looks for all secrets in so many bytes of hostile text, to count what a byte costs.
//!
//! ```sh
//! cargo build --release -p tower-telemetry-sanitize --example scan
//! for kind in digits at jwt bearer words urls; do for size in 1024 65536 1048576; do
//!     valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/examples/scan $kind $size
//! done; done
//! ```

use std::hint::black_box;

use tower_telemetry_sanitize::{Sanitizer, Secret, Truncation};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().unwrap_or_default();
    let size = arguments.next().ok_or("scan KIND BYTES")?.parse()?;
    let piece = match kind.as_str() {
        "digits" => "4 4 4 4 ",
        "at" => "a@a@a%40.",
        "jwt" => "eyJeyJ",
        "bearer" => "bearer ",
        "words" => "AKIAa+/9",
        "urls" => "a://a?a=",
        _ => "a clean text. ",
    };
    let text: String = piece.chars().cycle().take(size).collect();
    let policy = Sanitizer::builder()
        .with_secrets(Secret::ALL)
        .with_truncation(Truncation::bytes(usize::MAX))
        .build()?;
    black_box(policy.text(black_box(&text)));
    Ok(())
}
