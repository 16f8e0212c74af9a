//! The numbers of payment cards (ISO/IEC 7812).

use std::ops::Range;

use tower_telemetry_semconv::percent::first_byte;

/// How many digits a number has.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// A number begins and ends where a group of digits does; groups have one blank or dash between them, as it is or in a query.
pub(super) fn find(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    let mut behind_digit = false;
    while let Some((byte, len)) = first_byte(&bytes[at..]) {
        if byte.is_ascii_digit() && !behind_digit {
            if let Some(end) = number_end(bytes, at) {
                return Some(at..end);
            }
        }
        behind_digit = byte.is_ascii_digit();
        at += len;
    }
    None
}

/// Where the longest number that begins here ends.
fn number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let digit = |at: usize| first_byte(&bytes[at..]).filter(|(byte, _)| byte.is_ascii_digit());
    let mut found = None;
    let mut luhn = Luhn::default();
    let mut at = start;
    while let Some((byte, len)) = digit(at) {
        luhn.push(byte - b'0');
        if luhn.digits > *DIGITS.end() {
            break;
        }
        at += len;
        if digit(at).is_some() {
            continue;
        }
        if DIGITS.contains(&luhn.digits) && luhn.begins_like_a_card() && luhn.passes() {
            found = Some(at);
        }
        if let Some((b' ' | b'-' | b'+', len)) = first_byte(&bytes[at..]) {
            at += len;
        }
    }
    found
}

/// The check digit's sum, for the digits so far: one for each place that the last digit may have.
#[derive(Default)]
struct Luhn {
    digits: usize,
    /// The first four of them.
    first: u32,
    /// Every second digit counts twice: those at odd places, or those at even ones.
    sums: [u32; 2],
}

impl Luhn {
    fn push(&mut self, digit: u8) {
        let once = u32::from(digit);
        let twice = if once > 4 { once * 2 - 9 } else { once * 2 };
        let place = self.digits % 2;
        self.sums[place] += once;
        self.sums[1 - place] += twice;
        if self.digits < 4 {
            self.first = self.first * 10 + once;
        }
        self.digits += 1;
    }

    /// Whether an issuer's numbers begin like this. None do with what dates and times begin with.
    fn begins_like_a_card(&self) -> bool {
        matches!(self.first, 2221..=2720 | 3000..=9999)
    }

    /// The last digit counts once.
    fn passes(&self) -> bool {
        let last = (self.digits + 1) % 2;
        self.sums[last] % 10 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text.as_bytes(), 0).map(|range| &text[range])
    }

    #[test]
    fn numbers_are_found_with_and_without_blanks() {
        let rows = [
            ("4111111111111111", "4111111111111111"),
            ("card 4111 1111 1111 1111, please", "4111 1111 1111 1111"),
            ("5500-0000-0000-0004", "5500-0000-0000-0004"),
            ("378282246310005", "378282246310005"),
            ("4222222222222", "4222222222222"),
            ("6304000000000000000", "6304000000000000000"),
            ("2223003122003222", "2223003122003222"),
            ("order 12 4111 1111 1111 1111 7", "4111 1111 1111 1111"),
            ("é4111111111111111é", "4111111111111111"),
            ("number=4111111111111111&a=1", "4111111111111111"),
        ];
        for (text, number) in rows {
            assert_eq!(found(text), Some(number), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "",
            "4111111111111112",
            "41111111111111111",
            "411111111111111",
            "4111  1111 1111 1111",
            "0000000000000000",
            "1234567890123452",
            "20240506070809",
            "44111111111111111111",
            "4111/1111/1111/1111",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn one_digit_in_ten_passes() {
        let numbers = (0..10).map(|last| format!("400000000000000{last}"));
        assert_eq!(numbers.filter(|number| found(number).is_some()).count(), 1);
    }
}
