//! The `traceparent` header: 55 bytes at fixed places.

use opentelemetry::trace::{SpanId, TraceFlags, TraceId};

use crate::whitespace::trim;

/// The second lowest flag: the trace id is random enough to sample by.
pub(crate) const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// The flags that Level 2 defines; every other bit is sent as zero.
const DEFINED: TraceFlags = TraceFlags::new(0x03);

/// A one in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

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
    #[inline]
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        if value.len() > LONGEST {
            return None;
        }
        let value = trim(value);
        let known: &[u8; 55] = value.first_chunk()?;
        if known[2] != b'-' || known[35] != b'-' || known[52] != b'-' {
            return None;
        }
        let (trace, parent) = (known[3..35].first_chunk::<32>()?, known[36..52].first_chunk::<16>()?);
        if !(are_digits(trace) & are_digits(parent)) {
            return None;
        }
        let (version, flags) = (byte(known[0], known[1])?, byte(known[53], known[54])?);
        match (version, value.get(55)) {
            (0xff, _) => return None,
            (_, None) => {}
            (1.., Some(b'-')) if value.is_ascii() => {}
            (_, Some(_)) => return None,
        }
        let parent = Self {
            trace_id: TraceId::from(u128::from(sixteen(trace, 0)) << 64 | u128::from(sixteen(trace, 16))),
            parent_id: SpanId::from(sixteen(parent, 0)),
            flags: TraceFlags::new(flags) & DEFINED,
        };
        (parent.trace_id != TraceId::INVALID && parent.parent_id != SpanId::INVALID).then_some(parent)
    }

    /// The header value, always of version `00`.
    #[inline]
    pub(crate) fn to_bytes(self) -> [u8; 55] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let trace_id = u128::from_be_bytes(self.trace_id.to_bytes());
        text[3..19].copy_from_slice(&digits((trace_id >> 64) as u64));
        text[19..35].copy_from_slice(&digits(trace_id as u64));
        text[36..52].copy_from_slice(&digits(u64::from_be_bytes(self.parent_id.to_bytes())));
        // Of the flags, there are never more than two.
        text[54] += (self.flags & DEFINED).to_u8();
        text
    }
}

/// Whether all of them are lower-case hexadecimal digits. Without a branch, the compiler looks at many at once.
#[inline(always)]
fn are_digits<const N: usize>(text: &[u8; N]) -> bool {
    let wrong = |byte: u8| (byte.wrapping_sub(b'0') > 9) & (byte.wrapping_sub(b'a') > 5);
    !text.iter().fold(false, |any, byte| any | wrong(*byte))
}

/// The value of two digits.
#[inline(always)]
fn byte(high: u8, low: u8) -> Option<u8> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    Some(value(high)? << 4 | value(low)?)
}

/// The value of the sixteen digits from there on.
#[inline(always)]
fn sixteen<const N: usize>(text: &[u8; N], at: usize) -> u64 {
    let half = |at: usize| u64::from(eight(text[at..].first_chunk().copied().unwrap_or_default()));
    half(at) << 32 | half(at + 8)
}

/// The value of eight digits: each byte of the word is a digit on its way to its value.
#[inline(always)]
fn eight(digits: [u8; 8]) -> u32 {
    let word = u64::from_be_bytes(digits);
    // Letters, from 0x61, and none of the decimal digits, from 0x30, have this bit.
    let letters = word >> 6 & EACH;
    let values = (word & (EACH * 0x0f)) + letters * 9;
    let bytes = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    (pairs | pairs >> 16) as u32
}

/// The sixteen digits of a number.
#[inline(always)]
fn digits(number: u64) -> [u8; 16] {
    let mut text = [0; 16];
    text[..8].copy_from_slice(&eight_digits((number >> 32) as u32).to_be_bytes());
    text[8..].copy_from_slice(&eight_digits(number as u32).to_be_bytes());
    text
}

/// The way back of [`eight`].
#[inline(always)]
fn eight_digits(number: u32) -> u64 {
    let number = u64::from(number);
    let pairs = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (pairs | pairs << 8) & 0x00ff_00ff_00ff_00ff;
    let values = (bytes | bytes << 4) & (EACH * 0x0f);
    // 1 for values from 10 on, which are letters.
    let letters = (values + EACH * 6) >> 4 & EACH;
    values + EACH * 0x30 + letters * 0x27
}

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
                    assert_eq!(are_digits(&text), expected.is_some(), "{byte:#04x} at {at}");
                    if let Some(expected) = expected {
                        assert_eq!(eight(text) >> (28 - 4 * at) & 0xf, expected, "{byte:#04x} at {at}");
                        assert_eq!(eight_digits(eight(text)).to_be_bytes(), text);
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
