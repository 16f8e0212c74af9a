//! A duration as it is written: `200ms`.

use std::time::Duration;

use syn::{Error, LitStr, Result};

const UNITS: [(&str, f64); 5] = [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("min", 6e10)];

/// Reads it.
pub(crate) fn threshold(literal: &LitStr) -> Result<Duration> {
    parse(&literal.value()).ok_or_else(|| {
        let message = "a threshold is a number above zero and a unit: `ns`, `us`, `ms`, `s` or `min`, as in \"200ms\"";
        Error::new(literal.span(), message)
    })
}

fn parse(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let (number, unit) = text.split_at(end);
    let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    let nanos = number.parse::<f64>().ok()? * nanos;
    // Below 2^53, so that it is exact.
    (1.0..9e15).contains(&nanos).then(|| Duration::from_nanos(nanos as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_are_durations() {
        assert_eq!(parse("200ms"), Some(Duration::from_millis(200)));
        assert_eq!(parse("1.5 s"), Some(Duration::from_millis(1500)));
        assert_eq!(parse("2min"), Some(Duration::from_secs(120)));
        assert_eq!(parse("7us"), Some(Duration::from_micros(7)));
    }

    #[test]
    fn anything_else_is_not() {
        for text in [
            "",
            "200",
            "ms",
            "200 parsecs",
            "-1s",
            "0ms",
            "1.2.3s",
            "1e3s",
            "99999999min",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
