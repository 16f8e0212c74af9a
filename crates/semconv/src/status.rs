//! Status codes as words.

use http::StatusCode;

const FIRST: usize = 100;
const LAST: usize = 599;

const DIGITS: [u8; (LAST - FIRST + 1) * 3] = {
    let mut digits = [b'0'; (LAST - FIRST + 1) * 3];
    let mut code = FIRST;
    while code <= LAST {
        let at = (code - FIRST) * 3;
        digits[at] += (code / 100) as u8;
        digits[at + 1] += (code / 10 % 10) as u8;
        digits[at + 2] += (code % 10) as u8;
        code += 1;
    }
    digits
};

const TEXT: &str = match std::str::from_utf8(&DIGITS) {
    Ok(text) => text,
    Err(_) => "",
};

/// A status as a word of a closed set, for `error.type` and labels: `"100"` to `"599"`, and `"_OTHER"` for codes no class of HTTP has.
///
/// ```
/// use http::StatusCode;
/// use tower_telemetry_semconv::status_word;
///
/// assert_eq!(status_word(StatusCode::SERVICE_UNAVAILABLE), "503");
/// assert_eq!(status_word(StatusCode::from_u16(999)?), "_OTHER");
/// # Ok::<(), http::status::InvalidStatusCode>(())
/// ```
#[inline]
pub fn status_word(status: StatusCode) -> &'static str {
    let code = usize::from(status.as_u16());
    let at = code.checked_sub(FIRST).map(|index| index * 3);
    at.and_then(|at| TEXT.get(at..at + 3)).unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_a_class_is_its_number() {
        for code in 100..=599 {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(status_word(status), code.to_string());
        }
    }

    #[test]
    fn a_status_of_no_class_is_other() {
        for code in 600..=999 {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(status_word(status), "_OTHER");
        }
    }
}
