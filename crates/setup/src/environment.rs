//! The standard environment variables that this crate reads itself.

use std::env;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
use std::time::Duration;

use crate::Error;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
use crate::otlp::{Otlp, Protocol};

/// Looks a variable up. Unset and empty are the same, as the specification asks.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// The process's own variables. What is not Unicode is shown as such by the error that follows.
pub(crate) fn process(name: &str) -> Option<String> {
    let value = env::var_os(name)?.to_string_lossy().into_owned();
    (!value.trim().is_empty()).then_some(value)
}

/// `OTEL_SERVICE_NAME`, else `service.name` in `OTEL_RESOURCE_ATTRIBUTES`, else the default.
pub(crate) fn service_name(read: Read<'_>, default: String) -> String {
    let attribute = || {
        let attributes = read("OTEL_RESOURCE_ATTRIBUTES")?;
        let mut pairs = attributes.split(',').filter_map(|pair| pair.split_once('='));
        let (_, name) = pairs.find(|(key, name)| key.trim() == "service.name" && !name.trim().is_empty())?;
        Some(name.trim().to_owned())
    };
    read("OTEL_SERVICE_NAME").or_else(attribute).unwrap_or(default)
}

/// The exporter asked for by an endpoint variable, or `None` when there is none.
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) fn otlp(read: Read<'_>) -> Result<Option<Otlp>, Error> {
    const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    if first(read, &ENDPOINTS).is_none() {
        return Ok(None);
    }
    let protocol = match first(read, &PROTOCOLS) {
        Some((name, value)) => protocol(name, value)?,
        None => Protocol::DEFAULT,
    };
    Ok(Some(Otlp::over(protocol)))
}

/// Without an OTLP feature an endpoint cannot be honored, and saying nothing would be worse.
#[cfg(not(any(feature = "otlp-http", feature = "otlp-grpc")))]
pub(crate) fn no_otlp(read: Read<'_>) -> Result<(), Error> {
    match first(read, &ENDPOINTS) {
        None => Ok(()),
        Some((name, value)) => Err(Error::Setting {
            name,
            value: crate::error::shown(&value),
            allowed: "unset, because this build has no OTLP exporter: \
                      enable the feature `otlp-http` or `otlp-grpc` of tower-telemetry-setup"
                .into(),
        }),
    }
}

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
impl Protocol {
    const DEFAULT: Self = {
        #[cfg(feature = "otlp-http")]
        let default = Self::Http;
        #[cfg(not(feature = "otlp-http"))]
        let default = Self::Grpc;
        default
    };
}

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
fn protocol(name: &'static str, value: String) -> Result<Protocol, Error> {
    const HTTP: &str = "http/protobuf";
    const GRPC: &str = "grpc";
    let allowed = match value.as_str() {
        #[cfg(feature = "otlp-http")]
        HTTP => return Ok(Protocol::Http),
        #[cfg(feature = "otlp-grpc")]
        GRPC => return Ok(Protocol::Grpc),
        #[cfg(not(feature = "otlp-http"))]
        HTTP => "`grpc`, or enable the feature `otlp-http` of tower-telemetry-setup",
        #[cfg(not(feature = "otlp-grpc"))]
        GRPC => "`http/protobuf`, or enable the feature `otlp-grpc` of tower-telemetry-setup",
        _ if cfg!(not(feature = "otlp-grpc")) => "`http/protobuf`",
        _ if cfg!(not(feature = "otlp-http")) => "`grpc`",
        _ => "`http/protobuf` or `grpc`",
    };
    Err(Error::Setting {
        name,
        value,
        allowed: allowed.into(),
    })
}

/// The first of these variables that is set, as a time in milliseconds.
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) fn milliseconds(read: Read<'_>, names: &[&'static str]) -> Result<Option<Duration>, Error> {
    let Some((name, value)) = first(read, names) else {
        return Ok(None);
    };
    match value.trim().parse() {
        Ok(number) => Ok(Some(Duration::from_millis(number))),
        Err(_) => Err(Error::Setting {
            name,
            value,
            allowed: "a whole number of milliseconds".into(),
        }),
    }
}

fn first(read: Read<'_>, names: &[&'static str]) -> Option<(&'static str, String)> {
    names.iter().find_map(|name| Some((*name, read(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            let found = set.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_environment_may_override_a_default_name() {
        let name = |set: &[(&str, &str)]| service_name(&variables(set), "orders".into());
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "a=b, service.name = shipping ,c");
        assert_eq!(name(&[]), "orders");
        assert_eq!(name(&[attributes]), "shipping");
        assert_eq!(name(&[attributes, ("OTEL_SERVICE_NAME", "billing")]), "billing");
        assert_eq!(name(&[("OTEL_RESOURCE_ATTRIBUTES", "service.name=,x=y")]), "orders");
    }

    #[cfg(all(feature = "otlp-http", feature = "otlp-grpc"))]
    #[test]
    fn an_endpoint_asks_for_otlp_and_the_variable_for_traces_comes_first() {
        let chosen = |set: &[(&str, &str)]| {
            let otlp = otlp(&variables(set)).map_err(|error| error.to_string());
            otlp.map(|otlp| otlp.map(|otlp| format!("{otlp:?}")))
        };
        let of = |otlp: Otlp| Ok(Some(format!("{otlp:?}")));
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a");
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        let http = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf");
        assert_eq!(chosen(&[]), Ok(None));
        assert_eq!(chosen(&[grpc]), Ok(None));
        assert_eq!(chosen(&[endpoint]), of(Otlp::http()));
        assert_eq!(chosen(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "x")]), of(Otlp::http()));
        assert_eq!(chosen(&[endpoint, grpc]), of(Otlp::grpc()));
        assert_eq!(chosen(&[endpoint, grpc, http]), of(Otlp::http()));
        assert_eq!(
            chosen(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]),
            Err("OTEL_EXPORTER_OTLP_PROTOCOL is `http/json`, but it has to be `http/protobuf` or `grpc`".into())
        );
    }

    #[cfg(all(feature = "otlp-http", not(feature = "otlp-grpc")))]
    #[test]
    fn a_protocol_that_is_not_compiled_in_names_its_feature() {
        let set = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ];
        let error = otlp(&variables(&set)).expect_err("not compiled in").to_string();
        assert!(error.starts_with("OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`"), "{error}");
        assert!(error.contains("feature `otlp-grpc`"), "{error}");
    }

    #[cfg(not(any(feature = "otlp-http", feature = "otlp-grpc")))]
    #[test]
    fn an_endpoint_without_an_exporter_is_an_error() {
        let set = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@a")];
        let error = no_otlp(&variables(&set)).expect_err("no exporter").to_string();
        assert!(error.contains("`otlp-http`"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    #[test]
    fn times_are_milliseconds() {
        let time = |value| milliseconds(&variables(&[("T", value)]), &["S", "T"]).map_err(|error| error.to_string());
        assert_eq!(time("250"), Ok(Some(Duration::from_millis(250))));
        assert_eq!(
            time("1s"),
            Err("T is `1s`, but it has to be a whole number of milliseconds".into())
        );
    }
}
