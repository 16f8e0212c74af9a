//! Text from elsewhere, made fit for one line of a terminal.

/// Appends `text` with everything escaped that could break the line, move the cursor, or turn the direction of writing:
/// control characters, the line and paragraph separators, and the bidirectional controls of Unicode's annex 9.
pub(crate) fn push(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            character if character.is_control() => line.extend(character.escape_default()),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                line.extend(character.escape_unicode());
            }
            character => line.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut line = String::new();
        push(&mut line, text);
        line
    }

    #[test]
    fn what_breaks_or_turns_a_line_is_escaped() {
        assert_eq!(escaped("a\r\nb\t"), r"a\r\nb\t");
        assert_eq!(escaped("\x1b[31mred\x07\x7f\u{9b}"), r"\u{1b}[31mred\u{7}\u{7f}\u{9b}");
        assert_eq!(escaped("\u{2028}\u{2029}"), r"\u{2028}\u{2029}");
        assert_eq!(escaped("\u{202e}evil\u{2066}\u{200f}"), r"\u{202e}evil\u{2066}\u{200f}");
    }

    #[test]
    fn other_text_stays() {
        let text = r"GET /größe/{id} “日本” c:\temp";
        assert_eq!(escaped(text), text);
    }
}
