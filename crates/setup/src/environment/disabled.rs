//! `OTEL_SDK_DISABLED`.

use super::Read;
use crate::Error;

const VARIABLE: &str = "OTEL_SDK_DISABLED";

/// Whether no spans are to be made at all. Propagators are not concerned.
pub(crate) fn sdk(read: Read<'_>) -> Result<bool, Error> {
    let Some(value) = read(VARIABLE) else {
        return Ok(false);
    };
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::Setting {
            name: VARIABLE,
            value,
            allowed: "`true` or `false`".into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    #[test]
    fn only_true_disables() {
        let disabled = |value| sdk(&variables(&[(VARIABLE, value)])).ok();
        assert_eq!(sdk(&|_| None).ok(), Some(false));
        assert_eq!(disabled("true"), Some(true));
        assert_eq!(disabled("TRUE"), Some(true));
        assert_eq!(disabled("false"), Some(false));
        assert_eq!(disabled("1"), None);
    }
}
