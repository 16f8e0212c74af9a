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
        match (hex(&known[..2])?, value.get(55)) {
            (0xff, _) => return None,
            (_, None) => {}
            (1.., Some(b'-')) if value.is_ascii() => {}
            (_, Some(_)) => return None,
        }
        let high = u128::from(hex(&known[3..19])?);
        let low = u128::from(hex(&known[19..35])?);
        let parent = Self {
            trace_id: TraceId::from(high << 64 | low),
            parent_id: SpanId::from(hex(&known[36..52])?),
            flags: TraceFlags::new(u8::try_from(hex(&known[53..])?).ok()?) & DEFINED,
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

/// At most 16 lower-case hexadecimal digits, as a number.
#[inline(always)]
fn hex(digits: &[u8]) -> Option<u64> {
    let mut text = [b'0'; 16];
    text[16 - digits.len()..].copy_from_slice(digits);
    let (high, low) = text.split_at(8);
    Some(eight(high.try_into().ok()?)? << 32 | eight(low.try_into().ok()?)?)
}

/// Eight digits at once: each byte of the word is a digit on its way to its value.
#[inline(always)]
fn eight(digits: [u8; 8]) -> Option<u64> {
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
    if misplaced | too_large | too_small != 0 {
        return None;
    }
    let values = low + letter * 9;
    let bytes = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    Some((pairs | pairs >> 16) & 0xffff_ffff)
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
    fn only_sixteen_bytes_are_digits() {
        for byte in 0..=u8::MAX {
            let expected = char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
            assert_eq!(hex(&[byte]), expected.map(u64::from), "byte {byte:#04x}");
            assert_eq!(
                hex(&[b'f', byte]).is_some(),
                expected.is_some(),
                "byte {byte:#04x} after a digit"
            );
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
