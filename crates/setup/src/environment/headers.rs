//! The headers that go with each export.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::list::pairs;
use super::{Read, first};
use crate::Error;

/// The headers in the first of these variables that is set. Values may be credentials, so none is shown.
pub(crate) fn headers(read: Read<'_>, names: &[&'static str]) -> Result<HeaderMap, Error> {
    let Some((name, value)) = first(read, names) else {
        return Ok(HeaderMap::new());
    };
    let headers = pairs(&value, header).map_err(|wrong| Error::Setting {
        name,
        value: "REDACTED".into(),
        allowed: format!("a list such as `api-key=secret,tenant=shop`, and entry {wrong} of it is no header").into(),
    })?;
    Ok(headers.into_iter().collect())
}

fn header(key: &str, value: Cow<'_, str>) -> Option<(HeaderName, HeaderValue)> {
    let value = Some(value).filter(|value| !value.is_empty())?;
    Some((key.parse().ok()?, value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
    const ALL: &str = "OTEL_EXPORTER_OTLP_HEADERS";

    fn read(set: &[(&str, &str)]) -> Result<HeaderMap, String> {
        headers(&variables(set), &[OWN, ALL]).map_err(|error| error.to_string())
    }

    #[test]
    fn those_of_the_first_variable_count() {
        let set = |list: &[(&str, &str)]| {
            let headers = list.iter().map(|(key, value)| header(key, (*value).into()));
            Ok(headers.flatten().collect::<HeaderMap>())
        };
        assert_eq!(read(&[]), set(&[]));
        assert_eq!(
            read(&[(ALL, "api-key=a%20b, tenant = shop,")]),
            set(&[("api-key", "a b"), ("tenant", "shop")])
        );
        assert_eq!(read(&[(OWN, "a=b"), (ALL, "ignored")]), set(&[("a", "b")]));
    }

    #[test]
    fn what_is_no_header_is_an_error_without_its_value() {
        for wrong in [
            "a=b,Bearer secret",
            "a=b,=secret",
            "a=b,s e=secret",
            "a=b,secret=",
            "a=b,c=sec\nret",
            "a=b,c=sec%0Aret",
            "a=b,c=sec%ff",
        ] {
            for name in [OWN, ALL] {
                let error = read(&[(name, wrong)]).expect_err(wrong);
                assert!(error.starts_with(&format!("{name} is `REDACTED`")), "{error}");
                assert!(error.contains("entry 2"), "{error}");
                assert!(!error.replace("api-key=secret", "").contains("sec"), "{error}");
            }
        }
    }
}
