//! Which logs are written, and how they leave.

use crate::Outcome;
use crate::service::run_logging;

#[test]
fn rust_log_says_what_is_written() -> Outcome {
    for (value, info, debug) in [("", true, false), ("debug", true, true), ("off", false, false)] {
        let printed = run_logging(&[("RUST_LOG", value), ("NO_COLOR", "1")])?;
        assert_eq!(printed.contains("an order was placed"), info, "{value}: {printed}");
        assert_eq!(printed.contains("by a customer"), debug, "{value}: {printed}");
    }
    let printed = run_logging(&[("RUST_LOG", "info,a=b=c")])?;
    assert!(printed.contains("error: RUST_LOG is `info,a=b=c`"), "{printed}");
    assert!(printed.contains("a filter such as"), "{printed}");
    Ok(())
}

#[cfg(all(feature = "otlp-logs", feature = "gzip"))]
mod otlp {
    use super::*;
    use crate::http_receiver;
    use crate::service::reported;

    fn has(body: &[u8], part: &str) -> bool {
        body.windows(part.len()).any(|window| window == part.as_bytes())
    }

    #[test]
    fn logs_leave_as_the_variables_for_logs_say() -> Outcome {
        let (address, requests) = http_receiver::start()?;
        let own = format!("{address}/in");
        run_logging(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &address)])?;
        let request = requests.try_recv()?;
        assert_eq!(request.line, "POST /v1/logs HTTP/1.1");
        assert_eq!(request.headers.get("content-encoding"), None);
        assert!(has(&request.body, "an order was placed") && has(&request.body, "orders"));

        let printed = run_logging(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://nowhere.invalid"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &own),
            ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "tenant=shop"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "60000"),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", "16"),
            ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "8"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
        ])?;
        let request = requests.try_recv()?;
        assert_eq!(request.line, "POST /in HTTP/1.1");
        assert_eq!(reported(&printed, "logs"), Some(own.as_str()), "{printed}");
        assert!(
            printed.contains("over HTTP, compressed with gzip, within 60s"),
            "{printed}"
        );
        assert_eq!(
            request.headers.get("content-encoding").map(String::as_str),
            Some("gzip")
        );
        assert_eq!(request.headers.get("tenant").map(String::as_str), Some("shop"));
        assert!(has(&request.body, "an order was placed"));
        Ok(())
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() -> Outcome {
        for (name, value, hint) in [
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "localhost:4318", "a URL"),
            ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "lz4", "`gzip`"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "10s", "milliseconds"),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", "many", "a whole number"),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", "0", "at least 1"),
            ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "-1", "a whole number"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "1s", "milliseconds"),
        ] {
            let printed = run_logging(&[(name, value)])?;
            assert!(printed.contains(&format!("error: {name} is `{value}`")), "{printed}");
            assert!(printed.contains(hint), "{printed}");
        }
        let printed = run_logging(&[("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "secret")])?;
        assert!(
            printed.contains("error: OTEL_EXPORTER_OTLP_LOGS_HEADERS is `REDACTED`"),
            "{printed}"
        );
        Ok(())
    }
}
