//! Secrets stand between two texts, and do not come out.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tower_telemetry_sanitize::{Sanitizer, Secret, Truncation};

static POLICY: LazyLock<Option<Sanitizer>> = LazyLock::new(|| {
    let builder = Sanitizer::builder().with_secrets(Secret::ALL);
    builder.with_truncation(Truncation::bytes(1 << 20)).build().ok()
});

fuzz_target!(|text: &str| {
    let Some(policy) = &*POLICY else {
        return;
    };
    let (before, after) = text.split_at(text.floor_char_boundary(text.len() / 2));
    for secret in ["Bearer c4n4ry7", "eyJc4n4ry7.eyJ9.x", "c4n4ry7@example.com", "https://c4n4ry7@host/", "4111 1111 1111 1111"] {
        let redacted = policy.text(&format!("{before} {secret} {after}")).into_owned();
        let planted = if secret.starts_with('4') { secret } else { "c4n4ry7" };
        assert!(text.contains(planted) || !redacted.contains(planted), "{redacted:?}");
    }
});
