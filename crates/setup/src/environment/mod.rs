//! The standard environment variables that this crate reads itself.

use std::env;
use std::str::FromStr;
use std::time::Duration;

use crate::Error;

pub(crate) mod disabled;
pub(crate) mod exporters;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) mod headers;
pub(crate) mod limits;
pub(crate) mod list;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) mod otlp;
pub(crate) mod propagators;
pub(crate) mod sampler;
pub(crate) mod service;

/// Looks a variable up. Unset and empty are the same, as the specification asks.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Forty-nine days, which the specification allows for no limit.
const NO_LIMIT: Duration = Duration::from_millis(u32::MAX as u64);

/// The process's own variables. What is not Unicode is shown as such by the error that follows.
pub(crate) fn process(name: &str) -> Option<String> {
    let value = env::var_os(name)?.to_string_lossy().into_owned();
    (!value.trim().is_empty()).then_some(value)
}

/// The first of these variables that is set.
pub(crate) fn first(read: Read<'_>, names: &[&'static str]) -> Option<(&'static str, String)> {
    names.iter().find_map(|name| Some((*name, read(name)?)))
}

/// The first of these variables that is set, as a time in milliseconds.
pub(crate) fn milliseconds(read: Read<'_>, names: &[&'static str]) -> Result<Option<Duration>, Error> {
    match first(read, names) {
        Some((name, value)) => parsed(name, value, "a whole number of milliseconds")
            .map(Duration::from_millis)
            .map(Some),
        None => Ok(None),
    }
}

/// The first of these variables that is set, as a time limit in milliseconds, of which the specification has 0 mean none.
pub(crate) fn time_limit(read: Read<'_>, names: &[&'static str]) -> Result<Option<Duration>, Error> {
    let limit = milliseconds(read, names)?;
    Ok(limit.map(|limit| if limit.is_zero() { NO_LIMIT } else { limit }))
}

/// The first of these variables that is set, as a number of something.
pub(crate) fn count<N: FromStr>(read: Read<'_>, names: &[&'static str]) -> Result<Option<N>, Error> {
    first(read, names)
        .map(|(name, value)| parsed(name, value, "a whole number"))
        .transpose()
}

/// The value of a variable, or the error that says what is allowed.
pub(crate) fn parsed<N: FromStr>(name: &'static str, value: String, allowed: &'static str) -> Result<N, Error> {
    match value.trim().parse() {
        Ok(number) => Ok(number),
        Err(_) => Err(Error::Setting {
            name,
            value,
            allowed: allowed.into(),
        }),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn variables<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            let found = set.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn times_are_milliseconds() {
        let time = |value| milliseconds(&variables(&[("T", value)]), &["S", "T"]).map_err(|error| error.to_string());
        assert_eq!(time("250"), Ok(Some(Duration::from_millis(250))));
        assert_eq!(
            time("1s"),
            Err("T is `1s`, but it has to be a whole number of milliseconds".into())
        );
    }

    #[test]
    fn a_time_limit_of_zero_is_none() {
        let limit = |value| time_limit(&variables(&[("T", value)]), &["T"]).ok().flatten();
        assert_eq!(limit("250"), Some(Duration::from_millis(250)));
        assert_eq!(limit("0"), Some(NO_LIMIT));
        assert_eq!(time_limit(&|_| None, &["T"]).ok(), Some(None));
    }
}
