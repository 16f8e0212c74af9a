//! When a call's time is up.

use std::time::{Duration, Instant};

use http::HeaderMap;

/// The instants at which a call's time is up, as far as they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline {
    /// For the whole of it, as the caller has said.
    call: Option<Instant>,
    /// For its head, as the server is configured.
    head: Option<Instant>,
}

impl Deadline {
    /// The caller's: on its own side it is exact.
    pub(crate) fn of_own(headers: &HeaderMap) -> Self {
        Deadline {
            call: timeout(headers).and_then(after),
            head: None,
        }
    }

    /// The caller's, seen from the server, and the server's own.
    pub(crate) fn of_caller(headers: &HeaderMap, own: Option<Duration>) -> Self {
        Deadline {
            call: timeout(headers).and_then(|timeout| after(timeout.saturating_sub(ahead(timeout)))),
            head: own.and_then(after),
        }
    }

    /// The head is there.
    pub(crate) fn met_by_head(&mut self) {
        self.head = None;
    }

    pub(crate) fn has_passed(&self) -> bool {
        let earliest = [self.call, self.head].into_iter().flatten().min();
        earliest.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

fn after(timeout: Duration) -> Option<Instant> {
    // What is farther off than any clock goes never comes.
    Instant::now().checked_add(timeout)
}

/// How far the caller's clock may be ahead: it began to run before the request was sent, maybe before there was a connection, and when it
/// stops, the caller resets the stream.
fn ahead(timeout: Duration) -> Duration {
    (timeout / 5).clamp(Duration::from_millis(10), Duration::from_secs(1))
}

/// The `grpc-timeout` header: at most eight digits, and a unit
/// ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md)).
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let (unit, digits) = headers.get("grpc-timeout")?.as_bytes().split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_secs(value * 60 * 60),
        b'M' => Duration::from_secs(value * 60),
        b'S' => Duration::from_secs(value),
        b'm' => Duration::from_millis(value),
        b'u' => Duration::from_micros(value),
        b'n' => Duration::from_nanos(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn sent(value: &'static [u8]) -> HeaderMap {
        let name = http::HeaderName::from_static("grpc-timeout");
        HeaderMap::from_iter([(name, HeaderValue::from_bytes(value).unwrap())])
    }

    #[test]
    fn a_timeout_is_at_most_eight_digits_and_a_unit() {
        let rows: [(&[u8], _); 20] = [
            (b"2H", Some(Duration::from_secs(7200))),
            (b"3M", Some(Duration::from_secs(180))),
            (b"4S", Some(Duration::from_secs(4))),
            (b"100m", Some(Duration::from_millis(100))),
            (b"7u", Some(Duration::from_micros(7))),
            (b"99999999n", Some(Duration::from_nanos(99_999_999))),
            (b"00000001S", Some(Duration::from_secs(1))),
            (b"0S", Some(Duration::ZERO)),
            (b"99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            (b"100000000n", None),
            (b"", None),
            (b"S", None),
            (b"5", None),
            (b"5s", None),
            (b"5 S", None),
            (b"+5S", None),
            (b"-5S", None),
            (b"1.5S", None),
            (b"5SS", None),
            (b"\xff\xff", None),
        ];
        for (value, expected) in rows {
            assert_eq!(
                timeout(&sent(value)),
                expected,
                "{:?}",
                value.escape_ascii().to_string()
            );
        }
        assert_eq!(timeout(&HeaderMap::new()), None);
    }

    #[test]
    fn without_a_timeout_time_is_never_up() {
        assert!(!Deadline::of_caller(&HeaderMap::new(), None).has_passed());
        assert!(!Deadline::of_own(&sent(b"99999999H")).has_passed());
    }

    #[test]
    fn time_is_up_when_the_callers_or_the_servers_is() {
        assert!(Deadline::of_own(&sent(b"0S")).has_passed());
        assert!(Deadline::of_caller(&sent(b"1H"), Some(Duration::ZERO)).has_passed());
        assert!(Deadline::of_caller(&sent(b"0n"), Some(Duration::from_secs(3600))).has_passed());
        assert!(!Deadline::of_caller(&sent(b"1H"), Some(Duration::from_secs(3600))).has_passed());
    }

    #[test]
    fn the_servers_own_time_ends_with_the_head() {
        let mut deadline = Deadline::of_caller(&HeaderMap::new(), Some(Duration::ZERO));
        deadline.met_by_head();
        assert!(!deadline.has_passed());
        let mut deadline = Deadline::of_caller(&sent(b"0S"), Some(Duration::ZERO));
        deadline.met_by_head();
        assert!(deadline.has_passed());
    }

    #[test]
    fn the_callers_clock_may_be_a_little_ahead() {
        let rows = [(5, 10), (50, 10), (1_000, 200), (60_000, 1_000)];
        for (timeout, expected) in rows {
            assert_eq!(ahead(Duration::from_millis(timeout)), Duration::from_millis(expected));
        }
    }
}
