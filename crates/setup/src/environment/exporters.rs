//! `OTEL_TRACES_EXPORTER`, and what goes without it.

use super::Read;
use super::list::choices;
use crate::{Error, Profile};

const VARIABLE: &str = "OTEL_TRACES_EXPORTER";
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// Where spans go when nothing is said in code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) otlp: bool,
    pub(crate) console: Console,
}

/// Where traces are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Console {
    #[default]
    Off,
    /// As the variable asks for.
    Stdout,
    /// As long as nobody asked for anything else.
    Stderr,
}

/// What the variable can name.
#[derive(Clone, Copy)]
enum Named {
    Otlp,
    Console,
}

/// What the variable asks for; without it, OTLP where there is an address or a profile that is not for a desk, else the console.
pub(crate) fn chosen(read: Read<'_>, profile: Option<Profile>) -> Result<Chosen, Error> {
    let Some(value) = read(VARIABLE) else {
        let endpoint = super::first(read, &ENDPOINTS);
        let away = matches!(profile, Some(Profile::Staging | Profile::Production));
        if endpoint.is_some() || away {
            let (name, value) = endpoint.unwrap_or((VARIABLE, "unset".into()));
            return otlp(name, &value);
        }
        return Ok(Chosen {
            otlp: false,
            console: Console::Stderr,
        });
    };
    let named = [("otlp", Named::Otlp), ("console", Named::Console)];
    let mut chosen = Chosen::default();
    for exporter in choices(VARIABLE, &value, named, "give another exporter to `with_exporter`")? {
        match exporter {
            Named::Otlp => chosen.otlp = otlp(VARIABLE, &value)?.otlp,
            Named::Console => chosen.console = Console::Stdout,
        }
    }
    Ok(chosen)
}

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
#[allow(clippy::unnecessary_wraps)]
fn otlp(_: &'static str, _: &str) -> Result<Chosen, Error> {
    Ok(Chosen {
        otlp: true,
        console: Console::Off,
    })
}

/// Without an OTLP feature this cannot be honored, and saying nothing would be worse.
#[cfg(not(any(feature = "otlp-http", feature = "otlp-grpc")))]
fn otlp(name: &'static str, value: &str) -> Result<Chosen, Error> {
    Err(Error::Setting {
        name,
        value: crate::error::shown(value),
        allowed:
            "without `otlp`, because this build has no OTLP exporter: enable the feature `otlp-http` or `otlp-grpc`, \
                  or set OTEL_TRACES_EXPORTER to `console` or `none`"
                .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    fn asked(set: &[(&str, &str)], profile: Option<Profile>) -> Result<Chosen, String> {
        chosen(&variables(set), profile).map_err(|error| error.to_string())
    }

    const STDERR: Chosen = Chosen {
        otlp: false,
        console: Console::Stderr,
    };

    #[test]
    fn without_an_address_traces_are_printed_at_a_desk() {
        assert_eq!(asked(&[], None), Ok(STDERR));
        assert_eq!(asked(&[], Some(Profile::Development)), Ok(STDERR));
        assert_eq!(asked(&[(VARIABLE, "none")], None), Ok(Chosen::default()));
    }

    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    #[test]
    fn otlp_is_asked_for_by_name_by_address_or_by_profile() {
        let otlp = Chosen {
            otlp: true,
            console: Console::Off,
        };
        assert_eq!(asked(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a")], None), Ok(otlp));
        assert_eq!(
            asked(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a")], None),
            Ok(otlp)
        );
        assert_eq!(asked(&[], Some(Profile::Staging)), Ok(otlp));
        assert_eq!(asked(&[], Some(Profile::Production)), Ok(otlp));
        assert_eq!(asked(&[(VARIABLE, "otlp")], None), Ok(otlp));
        let both = Chosen {
            otlp: true,
            console: Console::Stdout,
        };
        assert_eq!(asked(&[(VARIABLE, "console, otlp")], None), Ok(both));
    }

    #[test]
    fn another_exporter_is_an_error() {
        for wrong in ["zipkin", "otlp,none", "jaeger", ","] {
            let error = asked(&[(VARIABLE, wrong)], None).expect_err(wrong);
            assert!(error.starts_with(&format!("{VARIABLE} is `{wrong}`")), "{error}");
        }
    }

    #[cfg(not(any(feature = "otlp-http", feature = "otlp-grpc")))]
    #[test]
    fn an_endpoint_without_an_exporter_is_an_error() {
        let error = asked(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@a")], None).expect_err("no exporter");
        assert!(error.contains("`otlp-http`"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
