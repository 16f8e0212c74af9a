//! What has passed a policy once passes it unchanged, whatever it does, and stays within its limit.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tower_telemetry_sanitize::{Query, Sanitizer, Secret, Truncation};

/// Texts with secrets, or with what may become one where it is cut, at any place.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z ]{0,12}",
        "\\PC{0,4}",
        Just("\u{1b}[31m".to_owned()),
        Just("\u{202e}é👩\n".to_owned()),
        "Bearer [a-z0-9.]{1,20}",
        "eyJ[a-zA-Z0-9]{0,12}\\.eyJ[a-zA-Z0-9]{0,12}\\.[a-zA-Z0-9_-]{0,12}",
        "AKIA[A-Z0-9]{16}",
        "[A-Za-z0-9/+]{38,42}",
        "[a-z]{1,6}(@|%40)[a-z]{1,6}\\.[a-z]{2,3}",
        "4[0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}",
        "https://[a-z]{0,4}:?[a-z]{0,4}@?h/[a-z;=]{0,6}\\?(sig|s%69g|a)=[a-z]{0,8}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn truncations() -> impl Strategy<Value = (Truncation, usize)> {
    (4_usize..80, 0..4).prop_map(|(max, kind)| match kind {
        0 => (Truncation::bytes(max), max),
        1 => (Truncation::bytes(max).with_marker("..."), max),
        2 => (Truncation::chars(max), 4 * max),
        _ => (Truncation::chars(max).with_marker_after("…"), 4 * max + 3),
    })
}

proptest! {
    #[test]
    fn secrets_and_cuts_together_are_stable(
        text in texts(),
        (truncation, most) in truncations(),
        all_values: bool,
    ) {
        let query = if all_values { Query::AllValues } else { Query::Spec };
        let policy = Sanitizer::builder()
            .with_secrets(Secret::ALL)
            .with_truncation(truncation)
            .with_query(query)
            .with_redacted_path("reset/{token}")
            .build()
            .unwrap();
        for key in ["note", "url.full", "url.path", "url.query", "http.request.header.referer", "db.password"] {
            let Some(once) = policy.value(key, &text) else { continue };
            prop_assert!(once.len() <= most.max("REDACTED".len()), "{} of {:?}: {:?}", key, text, once);
            prop_assert!(!once.contains(char::is_control), "{:?}", once);
            let twice = policy.value(key, &once);
            prop_assert_eq!(twice.as_deref(), Some(&*once), "{} of {:?}", key, text);
        }
    }
}
