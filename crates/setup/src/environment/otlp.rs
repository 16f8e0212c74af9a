//! The protocol and the compression of OTLP.

use super::{Read, first};
use crate::Error;
use crate::otlp::{Compression, Protocol};

/// The protocol named for traces, else for all signals, else the default.
pub(crate) fn protocol(read: Read<'_>) -> Result<Protocol, Error> {
    const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    match first(read, &PROTOCOLS) {
        Some((name, value)) => named(name, value),
        None => Ok(Protocol::DEFAULT),
    }
}

impl Protocol {
    const DEFAULT: Self = {
        #[cfg(feature = "otlp-http")]
        let default = Self::Http;
        #[cfg(not(feature = "otlp-http"))]
        let default = Self::Grpc;
        default
    };
}

fn named(name: &'static str, value: String) -> Result<Protocol, Error> {
    const HTTP: &str = "http/protobuf";
    const GRPC: &str = "grpc";
    let allowed = match value.as_str() {
        #[cfg(feature = "otlp-http")]
        HTTP => return Ok(Protocol::Http),
        #[cfg(feature = "otlp-grpc")]
        GRPC => return Ok(Protocol::Grpc),
        #[cfg(not(feature = "otlp-http"))]
        HTTP => "`grpc`, or enable the feature `otlp-http`",
        #[cfg(not(feature = "otlp-grpc"))]
        GRPC => "`http/protobuf`, or enable the feature `otlp-grpc`",
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

/// The compression named for this signal, else for all.
pub(crate) fn compression(
    read: Read<'_>,
    names: &[&'static str],
    protocol: Protocol,
) -> Result<Option<Compression>, Error> {
    let Some((name, value)) = first(read, names) else {
        return Ok(None);
    };
    let (gzip, zstd) = match protocol {
        #[cfg(feature = "otlp-http")]
        Protocol::Http => (cfg!(feature = "gzip"), cfg!(feature = "zstd")),
        #[cfg(feature = "otlp-grpc")]
        Protocol::Grpc => (true, cfg!(feature = "zstd-grpc")),
    };
    let allowed = match value.trim().to_ascii_lowercase().as_str() {
        "none" => return Ok(None),
        "gzip" if gzip => return Ok(Some(Compression::Gzip)),
        "zstd" if zstd => return Ok(Some(Compression::Zstd)),
        "gzip" => "something else, or enable the feature `gzip`",
        "zstd" => "something else, or enable the feature `zstd` (over gRPC `zstd-grpc`)",
        _ => "`none`, `gzip` or `zstd`",
    };
    Err(Error::Setting {
        name,
        value,
        allowed: allowed.into(),
    })
}

#[cfg(all(test, feature = "otlp-http"))]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    #[cfg(all(feature = "otlp-http", feature = "otlp-grpc"))]
    #[test]
    fn the_protocol_for_traces_comes_first() {
        let chosen = |set: &[(&str, &str)]| protocol(&variables(set)).map_err(|error| error.to_string());
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        let http = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf");
        assert_eq!(chosen(&[]), Ok(Protocol::Http));
        assert_eq!(chosen(&[grpc]), Ok(Protocol::Grpc));
        assert_eq!(chosen(&[grpc, http]), Ok(Protocol::Http));
        assert_eq!(
            chosen(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]),
            Err("OTEL_EXPORTER_OTLP_PROTOCOL is `http/json`, but it has to be `http/protobuf` or `grpc`".into())
        );
    }

    #[cfg(all(feature = "otlp-http", not(feature = "otlp-grpc")))]
    #[test]
    fn a_protocol_that_is_not_compiled_in_names_its_feature() {
        let set = [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
        let error = protocol(&variables(&set)).expect_err("not compiled in").to_string();
        assert!(error.starts_with("OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`"), "{error}");
        assert!(error.contains("feature `otlp-grpc`"), "{error}");
    }

    #[cfg(feature = "otlp-http")]
    #[test]
    fn a_compression_is_none_unless_it_is_named_and_there() {
        let named = |value: &str| {
            let set = [("C", value)];
            let named = compression(&variables(&set), &["B", "C"], Protocol::Http);
            named.map_err(|error| error.to_string())
        };
        assert_eq!(compression(&|_| None, &["C"], Protocol::Http).ok(), Some(None));
        assert_eq!(named("none"), Ok(None));
        match cfg!(feature = "gzip") {
            true => assert_eq!(named("GZIP"), Ok(Some(Compression::Gzip))),
            false => assert!(named("gzip").expect_err("not compiled in").contains("feature `gzip`")),
        }
        match cfg!(feature = "zstd") {
            true => assert_eq!(named("zstd"), Ok(Some(Compression::Zstd))),
            false => assert!(named("zstd").expect_err("not compiled in").contains("feature `zstd`")),
        }
        let error = named("lz4").expect_err("unknown");
        assert_eq!(error, "C is `lz4`, but it has to be `none`, `gzip` or `zstd`");
    }
}
