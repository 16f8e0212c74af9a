//! Secrets that were cut in two before anyone looked for them.

use tower_telemetry_semconv::text::{Limit, MAX_TEXT};

/// A text that is as long as semconv's limit may have been cut there, in the middle of a secret that is none any more for those who look for one.
pub(crate) fn whole_words(text: &str) -> &str {
    /// No character that did not fit is longer, and no escape.
    const LONGEST: usize = 10;
    const HALF: usize = 64;
    if !(MAX_TEXT - LONGEST + 1..=MAX_TEXT).contains(&text.len()) {
        return text;
    }
    // Shorter than that, so that it is left alone from now on.
    let bytes = &text.as_bytes()[..MAX_TEXT - LONGEST];
    let ends_word = |at: &usize| match bytes[*at] {
        // Cards have blanks between their digits.
        b' ' | b'+' => !(bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_none_or(u8::is_ascii_digit)),
        byte => byte.is_ascii_control() || matches!(byte, b'&' | b'?' | b',' | b';' | b'"' | b'<' | b'>' | b'='),
    };
    let end = (bytes.len() - HALF..bytes.len()).rev().find(ends_word);
    Limit::Bytes(end.unwrap_or(bytes.len() - HALF)).cut(text)
}

#[cfg(test)]
mod tests {
    use crate::{Sanitizer, Secret, Truncation};

    #[test]
    fn a_text_that_came_cut_does_not_end_with_half_a_secret() {
        let builder = || Sanitizer::builder().with_secrets(Secret::ALL);
        let policies = [builder(), builder().with_truncation(Truncation::bytes(4096))].map(|it| it.build().unwrap());
        let secrets = [
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "4111 1111 1111 1111",
            "ada.lovelace@example.com",
        ];
        for secret in secrets {
            for kept in 1..secret.len() {
                for length in [1015, 1020, 1024] {
                    let text = format!("{}é {}", "x".repeat(length - 3 - kept), &secret[..kept]);
                    assert_eq!(text.len(), length);
                    for policy in &policies {
                        let written = policy.text(&text);
                        let left = written.trim_end_matches("REDACTED").trim_end();
                        assert!(
                            left.len() > 900 && left.trim_matches(['x', 'é']).is_empty(),
                            "{written}"
                        );
                        assert_eq!(policy.text(&written), written);
                    }
                }
            }
        }
    }

    #[test]
    fn other_texts_are_whole() {
        let policy = Sanitizer::builder().with_secrets(Secret::ALL).build().unwrap();
        for length in [10, 1000, 1014] {
            let text = "x ".repeat(length / 2);
            assert_eq!(policy.text(&text), text);
        }
        let text = "x ".repeat(512);
        assert_eq!(Sanitizer::default().text(&text), text, "no secrets are looked for");
    }
}
