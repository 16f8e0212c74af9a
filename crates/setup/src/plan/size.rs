//! How large a span is, and how sizes are written.

use std::fmt;

/// How many bytes a span of this family has as OTLP protobuf, its share of its batch's resource included: measured over the spans of real
/// requests through real servers and clients, by `cargo run -p capacity -- measure`.
pub const BYTES_PER_SPAN: f64 = 400.0;

/// The same after gzip, as it is sent with `OTEL_EXPORTER_OTLP_COMPRESSION=gzip`, in batches of 512.
pub const GZIPPED_BYTES_PER_SPAN: f64 = 41.0;

/// A number of bytes, written for people: `6.68 GiB`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Size(
    /// Bytes.
    pub f64,
);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        let mut size = self.0;
        let mut unit = 0;
        // What would be written as 1000 is written in the next unit.
        while size >= 999.5 && unit + 1 < UNITS.len() {
            size /= 1_024.0;
            unit += 1;
        }
        let digits = match size {
            _ if unit == 0 => 0,
            size if size < 9.995 => 2,
            size if size < 99.95 => 1,
            _ => 0,
        };
        f.pad(&format!("{size:.digits$} {}", UNITS[unit]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        for (bytes, written) in [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1_000.0, "0.98 KiB"),
            (1_024.0, "1.00 KiB"),
            (1_048_576.0, "1.00 MiB"),
            (20_971_520.0, "20.0 MiB"),
            (7_168_000_000.0, "6.68 GiB"),
            (1e15, "909 TiB"),
            (1e20, "88818 PiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), written, "{bytes}");
        }
        assert_eq!(format!("{:>9}", Size(0.0)), "      0 B");
    }
}
