//! What can be done about it.

/// A part of the requests that is sampled by a rate of its own: see [`Rules`](crate::Rules).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// How many of all requests, from 0 to 1.
    pub of_requests: f64,
    /// How many of these are traced, from 0 to 1.
    pub sampling_rate: f64,
}

impl Share {
    /// The rate over all requests: each part by its own rate, and what is in none by `otherwise`.
    pub fn overall(parts: &[Self], otherwise: f64) -> f64 {
        let of_parts: f64 = parts.iter().map(|part| part.of_requests).sum();
        let sampled: f64 = parts.iter().map(|part| part.of_requests * part.sampling_rate).sum();
        sampled + (1.0 - of_parts).max(0.0) * otherwise
    }
}

/// Some days on fast storage, and then some on cheap storage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retention {
    /// Days on fast storage.
    pub hot_days: u32,
    /// Days on cheap storage, after these.
    pub cold_days: u32,
    /// How many times smaller it is there.
    pub cold_compression: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_weighed_by_their_shares() {
        let parts = [
            Share {
                of_requests: 0.02,
                sampling_rate: 1.0,
            },
            Share {
                of_requests: 0.5,
                sampling_rate: 0.0,
            },
        ];
        let overall = Share::overall(&parts, 0.01);
        assert!((overall - 0.0248).abs() < 1e-12, "{overall}");
        assert_eq!(Share::overall(&[], 0.5), 0.5);
    }
}
