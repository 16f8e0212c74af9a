//! What is recorded, in whose name, and where it goes.

use crate::requests::{attribute, names};
use crate::service::{reported, run};
use crate::{Outcome, http_receiver};

#[test]
fn without_an_endpoint_traces_are_printed() -> Outcome {
    let printed = run(&[])?;
    assert!(
        printed.contains("1 span  orders\n· orders place order  ██"),
        "{printed}"
    );
    assert!(!printed.contains('\x1b'), "a pipe is not a terminal: {printed}");
    Ok(())
}

#[test]
fn the_environment_may_name_the_service() -> Outcome {
    let printed = run(&[
        ("OTEL_SERVICE_NAME", "billing"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other"),
    ])?;
    assert!(printed.contains("· billing place order"), "{printed}");
    Ok(())
}

#[test]
fn a_disabled_sdk_makes_no_spans() -> Outcome {
    let printed = run(&[
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1"),
    ])?;
    assert_eq!(
        reported(&printed, "tracing"),
        Some("disabled by OTEL_SDK_DISABLED"),
        "{printed}"
    );
    assert!(!printed.contains("place order"), "{printed}");
    assert!(!printed.contains("error"), "{printed}");
    Ok(())
}

#[test]
fn propagators_are_those_named() -> Outcome {
    for (value, expected) in [
        (None, "traceparent, tracestate"),
        (Some("tracecontext,baggage"), "traceparent, tracestate, baggage"),
        (Some("baggage"), "baggage"),
        (Some("none"), "(none)"),
    ] {
        let variable = value.map(|value| ("OTEL_PROPAGATORS", value));
        let printed = run(variable.as_slice())?;
        let mut fields: Vec<_> = reported(&printed, "propagated")
            .ok_or(printed.clone())?
            .split(", ")
            .collect();
        fields.sort_unstable();
        let mut expected: Vec<_> = expected.split(", ").collect();
        expected.sort_unstable();
        assert_eq!(fields, expected, "{printed}");
        assert!(!printed.contains("attention"), "{printed}");
    }
    Ok(())
}

#[test]
fn exporters_are_those_named() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str());
    let printed = run(&[("OTEL_TRACES_EXPORTER", "none"), endpoint])?;
    assert_eq!(reported(&printed, "exporter"), Some("none"), "{printed}");
    let printed = run(&[("OTEL_TRACES_EXPORTER", "console"), endpoint])?;
    assert_eq!(reported(&printed, "exporter"), Some("waterfall"), "{printed}");
    assert!(requests.try_recv().is_err());
    run(&[("OTEL_TRACES_EXPORTER", "console,otlp"), endpoint])?;
    assert_eq!(names(&requests.try_recv()?.traces()?), ["place order"]);
    Ok(())
}

#[test]
fn the_environment_s_name_chooses_a_profile_and_variables_override_it() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str());
    let printed = run(&[("ENVIRONMENT", "prod"), endpoint])?;
    assert_eq!(reported(&printed, "profile"), Some("production"), "{printed}");
    assert_eq!(reported(&printed, "environment"), Some("prod"), "{printed}");
    assert!(printed.contains("1 % of the traces that begin here"), "{printed}");
    assert!(
        printed.contains("queue 2048, batch 512, delay 5s, export timeout 30s"),
        "{printed}"
    );
    while requests.try_recv().is_ok() {}

    let printed = run(&[
        ("DEPLOYMENT_ENVIRONMENT", "staging"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "256"),
        endpoint,
    ])?;
    assert!(printed.contains("every span (OTEL_TRACES_SAMPLER)"), "{printed}");
    assert!(printed.contains("queue 256, batch 256, delay 100ms"), "{printed}");
    let request = requests.try_recv()?.traces()?;
    assert_eq!(attribute(&request, "deployment.environment.name"), Some("staging"));
    Ok(())
}

#[test]
fn production_exports_near_by_unless_told_otherwise() -> Outcome {
    let printed = run(&[("ENVIRONMENT", "production")])?;
    assert_eq!(
        reported(&printed, "exporter"),
        Some("http://localhost:4318/v1/traces"),
        "{printed}"
    );
    Ok(())
}

#[test]
fn a_sampler_that_samples_nothing_and_a_collector_that_is_not_there_are_found() -> Outcome {
    let printed = run(&[
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
    ])?;
    assert!(
        printed.contains("attention    the sampler records no trace"),
        "{printed}"
    );
    assert!(
        printed.contains("attention    nobody can be reached at http://127.0.0.1:1/v1/traces"),
        "{printed}"
    );
    Ok(())
}

#[test]
fn resource_attributes_are_added_to_what_is_found_out() -> Outcome {
    let (address, requests) = http_receiver::start()?;
    run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &address),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=shop%2C%20east,service.version=7"),
    ])?;
    let request = requests.try_recv()?.traces()?;
    for (key, value) in [
        ("team", "shop, east"),
        ("service.version", "7"),
        ("service.name", "orders"),
    ] {
        assert_eq!(attribute(&request, key), Some(value), "{key}");
    }
    assert!(attribute(&request, "host.name").is_some_and(|host| !host.is_empty()));
    Ok(())
}

#[test]
fn at_a_desk_everything_is_sampled_and_printed_at_once() -> Outcome {
    for name in ["development", "dev", "local", "test"] {
        let printed = run(&[("ENVIRONMENT", name)])?;
        assert_eq!(reported(&printed, "profile"), Some("development"), "{printed}");
        assert!(printed.contains("every span (profile development)"), "{printed}");
        assert!(printed.contains("· orders place order"), "{printed}");
    }
    let (address, _requests) = http_receiver::start()?;
    let printed = run(&[("ENVIRONMENT", "dev"), ("OTEL_EXPORTER_OTLP_ENDPOINT", &address)])?;
    assert!(printed.contains("queue 2048, batch 512, delay 0ns"), "{printed}");
    Ok(())
}

#[test]
fn in_staging_one_in_ten_traces_is_sampled() -> Outcome {
    for name in ["staging", "stage"] {
        let printed = run(&[("DEPLOYMENT_ENVIRONMENT", name)])?;
        assert_eq!(reported(&printed, "profile"), Some("staging"), "{printed}");
        assert!(printed.contains("10 % of the traces that begin here"), "{printed}");
        assert!(printed.contains("queue 2048, batch 512, delay 5s"), "{printed}");
    }
    Ok(())
}

#[test]
fn a_sampler_has_an_argument() -> Outcome {
    let printed = run(&[
        ("ENVIRONMENT", "production"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
    ])?;
    assert!(printed.contains("25 % of the traces that begin here"), "{printed}");
    Ok(())
}

#[test]
fn batches_are_as_the_variables_have_them() -> Outcome {
    let (address, _requests) = http_receiver::start()?;
    let printed = run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &address),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "300"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "30"),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "40000"),
    ])?;
    assert!(
        printed.contains("queue 300, batch 30, delay 20ms, export timeout 40s"),
        "{printed}"
    );
    Ok(())
}

/// A terminal is made by `script`, of util-linux.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_colors_unless_no_color_is_set() -> Outcome {
    use std::process::Command;

    let service = format!(
        "{} --ignored --exact service::traced --nocapture",
        std::env::current_exe()?.display()
    );
    for (no_color, colored) in [("", true), ("1", false)] {
        let output = Command::new("script")
            .args(["--quiet", "--return", "--command", &service, "/dev/null"])
            .env("NO_COLOR", no_color)
            .output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(printed.contains("place order"), "{printed}");
        let waterfall = printed
            .lines()
            .find(|line| line.contains("place order") && line.contains('█'));
        assert_eq!(waterfall.map(|line| line.contains('\x1b')), Some(colored), "{printed}");
    }
    Ok(())
}
