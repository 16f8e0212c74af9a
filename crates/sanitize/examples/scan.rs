//! Looks for all secrets in so many bytes of hostile text, to count what a byte costs: the same, however many there are.
//!
//! ```sh
//! .ci/scan
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
        "schemes" => "basic.",
        "words" => "AKIAa+/9",
        "urls" => "a://a?a=",
        "encoded" => "%252525",
        "clean" => "a clean text. ",
        _ => return Err("digits, at, jwt, bearer, schemes, words, urls, encoded or clean".into()),
    };
    let text: String = piece.chars().cycle().take(size).collect();
    let policy = Sanitizer::builder()
        .with_secrets(Secret::ALL)
        .with_truncation(Truncation::bytes(usize::MAX))
        .build()?;
    black_box(policy.text(black_box(&text)));
    Ok(())
}
