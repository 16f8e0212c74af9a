//! The headers that go with each export.

use http::{HeaderName, HeaderValue};

use super::{Read, first};
use crate::Error;

/// `opentelemetry-otlp` reads them, and leaves out what it does not understand. Values may be credentials, so none is shown.
pub(crate) fn check(read: Read<'_>, names: &[&'static str]) -> Result<(), Error> {
    let Some((name, value)) = first(read, names) else {
        return Ok(());
    };
    let well_formed = |entry: &str| match entry.split_once('=') {
        Some((key, value)) => {
            let (key, value) = (key.trim(), value.trim());
            !value.is_empty() && key.parse::<HeaderName>().is_ok() && value.parse::<HeaderValue>().is_ok()
        }
        None => entry.trim().is_empty(),
    };
    match value.split(',').position(|entry| !well_formed(entry)) {
        None => Ok(()),
        Some(wrong) => Err(Error::Setting {
            name,
            value: "REDACTED".into(),
            allowed: format!(
                "a list such as `api-key=secret,tenant=shop`, and entry {} of it is no header",
                wrong + 1
            )
            .into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
    const ALL: &str = "OTEL_EXPORTER_OTLP_HEADERS";

    #[test]
    fn headers_that_would_be_left_out_are_an_error_without_their_values() {
        let checked = |set: &[(&str, &str)]| check(&variables(set), &[OWN, ALL]).map_err(|error| error.to_string());
        assert_eq!(checked(&[]), Ok(()));
        assert_eq!(checked(&[(ALL, "api-key=a%20b, tenant = shop,")]), Ok(()));
        assert_eq!(checked(&[(OWN, "a=b"), (ALL, "ignored")]), Ok(()));
        for wrong in [
            "a=b,Bearer secret",
            "a=b,=secret",
            "a=b,s e=secret",
            "a=b,secret=",
            "a=b,c=sec\nret",
        ] {
            for name in [OWN, ALL] {
                let error = checked(&[(name, wrong)]).expect_err(wrong);
                assert!(error.starts_with(&format!("{name} is `REDACTED`")), "{error}");
                assert!(error.contains("entry 2"), "{error}");
                assert!(!error.replace("api-key=secret", "").contains("sec"), "{error}");
            }
        }
    }
}
