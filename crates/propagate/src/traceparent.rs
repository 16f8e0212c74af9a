//! The `traceparent` header: 55 bytes at fixed places.

use opentelemetry::trace::{SpanId, TraceFlags, TraceId};

use crate::whitespace::trim;

/// The second lowest flag: the trace id is random enough to sample by.
pub(crate) const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// The flags that Level 2 defines; every other bit is sent as zero.
const DEFINED: TraceFlags = TraceFlags::new(0x03);

/// Longer values are not looked at. The specification sets no limit for future versions and
/// allows to refuse what is "prohibitively large".
const LONGEST: usize = 8 * 1024;

/// A valid `traceparent` of whatever version, as far as version `00` knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traceparent {
    pub(crate) trace_id: TraceId,
    pub(crate) parent_id: SpanId,
    pub(crate) flags: TraceFlags,
}

impl Traceparent {
    /// Reads a header value, without blanks around it; `None` when the trace is to be restarted.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        if value.len() > LONGEST {
            return None;
        }
        let value = trim(value);
        let known: &[u8; 55] = value.first_chunk()?;
        if known[2] != b'-' || known[35] != b'-' || known[52] != b'-' {
            return None;
        }
        let mut digits = Digits::default();
        let version_and_flags = digits.eight([b'0', b'0', b'0', b'0', known[0], known[1], known[53], known[54]]);
        let high = digits.sixteen(known[3..19].try_into().ok()?);
        let low = digits.sixteen(known[19..35].try_into().ok()?);
        let parent_id = digits.sixteen(known[36..52].try_into().ok()?);
        if digits.wrong != 0 {
            return None;
        }
        let [version, flags] = [version_and_flags >> 8, version_and_flags & 0xff];
        match (version, value.get(55)) {
            (0xff, _) => return None,
            (_, None) => {}
            (1.., Some(b'-')) if value.is_ascii() => {}
            (_, Some(_)) => return None,
        }
        let parent = Self {
            trace_id: TraceId::from(u128::from(high) << 64 | u128::from(low)),
            parent_id: SpanId::from(parent_id),
            flags: TraceFlags::new(u8::try_from(flags).ok()?) & DEFINED,
        };
        (parent.trace_id != TraceId::INVALID && parent.parent_id != SpanId::INVALID).then_some(parent)
    }

    /// The header value, always of version `00`.
    pub(crate) fn to_bytes(self) -> [u8; 55] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        write_hex(&mut text[3..35], &self.trace_id.to_bytes());
        write_hex(&mut text[36..52], &self.parent_id.to_bytes());
        write_hex(&mut text[53..], &[(self.flags & DEFINED).to_u8()]);
        text
    }
}

/// Reads lower-case hexadecimal digits, eight at once, and remembers whether all of them were.
#[derive(Default)]
struct Digits {
    wrong: u64,
}

impl Digits {
    #[inline(always)]
    fn sixteen(&mut self, digits: [u8; 16]) -> u64 {
        let [high, low] = [0, 8].map(|at| std::array::from_fn(|digit| digits[at + digit]));
        self.eight(high) << 32 | self.eight(low)
    }

    /// Each byte of the word is a digit on its way to its value.
    #[inline(always)]
    fn eight(&mut self, digits: [u8; 8]) -> u64 {
        const EACH: u64 = 0x0101_0101_0101_0101;
        let word = u64::from_be_bytes(digits);
        // 1 for `a` to `f`, which are 0x61 to 0x66; 0 for `0` to `9`, which are 0x30 to 0x39.
        let letter = word >> 6 & EACH;
        let low = word & (EACH * 0x0f);
        let misplaced = (word & (EACH * 0xf0)) ^ (EACH * 0x30 + letter * 0x30);
        // The low half of a digit is at most 9, of a letter 1 to 6: whatever is more overflows into the high half when 6, or 9, is added.
        let too_large = (low + EACH * 6 + letter * 3) & (EACH * 0x10);
        // And of a letter it is not 0: only then does 15 more not overflow.
        let too_small = (letter * 0x10) & !(low + letter * 0x0f);
        self.wrong |= misplaced | too_large | too_small;
        let values = low + letter * 9;
        let bytes = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
        let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
        (pairs | pairs >> 16) & 0xffff_ffff
    }
}

fn write_hex(text: &mut [u8], bytes: &[u8]) {
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0x0f)];
    }
}

const DIGITS: [u8; 16] = *b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLED: &[u8; 55] = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn every_field_is_read() {
        let parent = Traceparent::parse(SAMPLED).expect("valid");
        assert_eq!(
            parent,
            Traceparent {
                trace_id: TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c),
                parent_id: SpanId::from(0xb7ad_6b71_6920_3331),
                flags: TraceFlags::SAMPLED,
            }
        );
    }

    #[test]
    fn what_is_read_is_written() {
        let parent = Traceparent::parse(SAMPLED).expect("valid");
        assert_eq!(&parent.to_bytes(), SAMPLED);
    }

    #[test]
    fn only_sixteen_bytes_are_digits_wherever_they_stand() {
        for at in 0..8 {
            for byte in 0..=u8::MAX {
                let expected = char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
                for around in [*b"00000000", *b"ffffffff", *b"9a9a9a9a"] {
                    let mut text = around;
                    text[at] = byte;
                    let mut digits = Digits::default();
                    let value = digits.eight(text);
                    assert_eq!(digits.wrong == 0, expected.is_some(), "{byte:#04x} at {at}");
                    if let Some(expected) = expected {
                        assert_eq!(value >> (28 - 4 * at) & 0xf, u64::from(expected), "{byte:#04x} at {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn undefined_flags_are_never_written() {
        let parent = Traceparent {
            trace_id: TraceId::from(1),
            parent_id: SpanId::from(1),
            flags: TraceFlags::new(0xff),
        };
        assert_eq!(&parent.to_bytes()[52..], b"-03");
    }

    #[test]
    fn a_prohibitively_large_value_is_not_looked_at() {
        let mut value = [b"01", &SAMPLED[2..], b"-"].concat();
        value.resize(LONGEST, b'x');
        assert!(Traceparent::parse(&value).is_some());
        value.push(b'x');
        assert!(Traceparent::parse(&value).is_none());
    }
}
