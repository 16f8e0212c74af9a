//! Times for people.

use std::time::Duration;

/// Three digits and a unit: `750ns`, `1.25µs`, `12.5ms`, `125s`.
pub(crate) fn human(time: Duration) -> String {
    let nanoseconds = time.as_nanos();
    let (unit, name) = match nanoseconds {
        0..1_000 => return format!("{nanoseconds}ns"),
        1_000..1_000_000 => (1e3, "µs"),
        1_000_000..1_000_000_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let value = nanoseconds as f64 / unit;
    let digits = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        for (nanoseconds, text) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_000, "1.00µs"),
            (12_340, "12.3µs"),
            (123_400_000, "123ms"),
            (1_500_000_000, "1.50s"),
            (90_000_000_000, "90.0s"),
            (3_600_000_000_000, "3600s"),
        ] {
            assert_eq!(human(Duration::from_nanos(nanoseconds)), text);
        }
    }
}
