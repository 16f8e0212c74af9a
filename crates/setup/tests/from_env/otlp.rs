//! How spans leave by OTLP.

use std::net::{Ipv4Addr, TcpListener};

use crate::requests::{attribute, names};
use crate::service::run;
use crate::{Outcome, http_receiver};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[test]
fn with_an_endpoint_spans_leave_by_http() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let printed = run(&[(ENDPOINT, &address)])?;
    let request = requests.try_recv()?;
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    let traces = request.traces()?;
    assert_eq!(attribute(&traces, "service.name"), Some("orders"));
    assert_eq!(names(&traces), ["place order"]);
    assert!(!printed.contains("place order"), "{printed}");
    Ok(())
}

#[test]
fn the_endpoint_for_traces_is_taken_as_it_is() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let endpoint = format!("{address}/in");
    run(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint),
        (ENDPOINT, "http://nowhere.invalid"),
    ])?;
    assert_eq!(requests.try_recv()?.line, "POST /in HTTP/1.1");
    Ok(())
}

#[cfg(feature = "otlp-grpc")]
#[test]
fn the_protocol_may_be_grpc() -> Outcome {
    for (own, all) in [("", "grpc"), ("grpc", "http/protobuf")] {
        let (address, requests) = crate::grpc_receiver::start()?;
        run(&[
            (ENDPOINT, &address),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", own),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", all),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", ""),
            ("OTEL_EXPORTER_OTLP_HEADERS", "tenant=shop"),
        ])?;
        let request = requests.try_recv()?;
        assert_eq!(names(&request.body), ["place order"]);
        assert!(request.headers.get("tenant").is_some_and(|tenant| tenant == "shop"));
    }
    Ok(())
}

#[test]
fn headers_for_traces_come_before_those_for_all() -> Outcome {
    for (own, expected) in [(None, "of 100%"), (Some(""), "of 100%"), (Some("tenant=own"), "own")] {
        let (address, requests) = http_receiver::start()?;
        let mut variables = vec![
            (ENDPOINT, address.as_str()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "tenant=of%20100%25"),
        ];
        variables.extend(own.map(|own| ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", own)));
        run(&variables)?;
        let request = requests.try_recv()?;
        assert_eq!(request.headers.get("tenant").map(String::as_str), Some(expected));
    }
    Ok(())
}

#[test]
fn a_time_limit_of_zero_is_none() -> Outcome {
    for name in ["OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_BSP_EXPORT_TIMEOUT"] {
        let (address, requests) = http_receiver::start()?;
        let printed = run(&[(ENDPOINT, &address), (name, "0")])?;
        assert_eq!(names(&requests.try_recv()?.traces()?), ["place order"], "{printed}");
    }
    Ok(())
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
#[test]
fn compression_for_traces_comes_before_the_one_for_all() -> Outcome {
    for (own, all, expected) in [
        ("", "gzip", Some("gzip")),
        ("zstd", "gzip", Some("zstd")),
        ("none", "gzip", None),
    ] {
        let (address, requests) = http_receiver::start()?;
        let printed = run(&[
            (ENDPOINT, &address),
            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", own),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", all),
        ])?;
        let request = requests.try_recv()?;
        assert_eq!(request.headers.get("content-encoding").map(String::as_str), expected);
        let about = match expected {
            Some(expected) => format!("over HTTP, compressed with {expected}, within 10s"),
            None => "over HTTP, within 10s".into(),
        };
        assert!(printed.contains(&about), "{printed}");
        assert_eq!(names(&request.traces()?), ["place order"]);
    }
    Ok(())
}

/// The collector never answers. That is the export's error, where without the variable it would be the end of the time for a flush.
#[test]
fn a_timeout_for_traces_comes_before_the_one_for_all() -> Outcome {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = format!("http://{}", silent.local_addr()?);
    for (own, all) in [("", "20"), ("20", "3600000")] {
        let printed = run(&[
            (ENDPOINT, &address),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", own),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", all),
        ])?;
        assert!(printed.contains("flushed: Err(spans were lost"), "{printed}");
    }
    Ok(())
}
