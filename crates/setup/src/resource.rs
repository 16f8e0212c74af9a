//! Who sends the spans, in the words of the semantic conventions.

use std::env;

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

use crate::Error;
use crate::environment::Read;
use crate::environment::service::attributes;

const ENVIRONMENT: &str = "deployment.environment.name";

/// What is said in code about the service.
#[derive(Debug, Default)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) attributes: Vec<KeyValue>,
}

/// What is found out, over that what the environment says, and over that what is said in code.
///
/// `found_environment` is the environment's name where nothing else says one.
pub(crate) fn resource(
    service: &Service,
    found_environment: Option<String>,
    read: Read<'_>,
) -> Result<Resource, Error> {
    let given = attributes(read)?.into_iter();
    let version = service.version.clone();
    let environment = service.environment.clone();
    Ok(Resource::builder_empty()
        .with_attributes(found())
        .with_attributes(found_environment.map(|name| KeyValue::new(ENVIRONMENT, name)))
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(given.map(|(key, value)| KeyValue::new(key, value)))
        .with_attributes(service.attributes.iter().cloned())
        .with_attributes(version.map(|version| KeyValue::new("service.version", version)))
        .with_attributes(environment.map(|name| KeyValue::new(ENVIRONMENT, name)))
        .with_service_name(service.name.clone())
        .build())
}

/// The host, the process and this run of it.
fn found() -> Vec<KeyValue> {
    let mut found = vec![
        KeyValue::new("service.instance.id", instance_id()),
        KeyValue::new("process.pid", i64::from(std::process::id())),
        KeyValue::new("os.type", os_type()),
        KeyValue::new("host.arch", host_arch()),
    ];
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    if !host.is_empty() {
        found.push(KeyValue::new("host.name", host));
    }
    let executable = env::current_exe().ok();
    if let Some(name) = executable.as_deref().and_then(|path| path.file_name()) {
        found.push(KeyValue::new(
            "process.executable.name",
            name.to_string_lossy().into_owned(),
        ));
    }
    found
}

/// A random UUID, version 4 of RFC 9562.
fn instance_id() -> String {
    let mut bytes = RandomIdGenerator::default().new_trace_id().to_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn os_type() -> &'static str {
    match env::consts::OS {
        "macos" => "darwin",
        "dragonfly" => "dragonflybsd",
        other => other,
    }
}

fn host_arch() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        other => other,
    }
}

/// The text of an attribute, for messages.
pub(crate) fn text(resource: &Resource, key: &'static str) -> Option<String> {
    let value = resource.get_ref(&Key::from_static_str(key))?;
    Some(value.as_str().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(service: &Service, found: Option<&str>) -> Resource {
        resource(service, found.map(Into::into), &|_| None).expect("nothing is wrong")
    }

    #[test]
    fn host_and_process_are_found() {
        let resource = named(&Service::default(), None);
        for key in [
            "service.instance.id",
            "process.pid",
            "process.executable.name",
            "os.type",
            "host.arch",
            "host.name",
            "telemetry.sdk.language",
        ] {
            assert!(text(&resource, key).is_some_and(|value| !value.is_empty()), "{key}");
        }
        assert_eq!(text(&resource, "process.pid"), Some(std::process::id().to_string()));
    }

    #[test]
    fn code_names_service_version_and_environment() {
        let service = Service {
            name: "orders".into(),
            version: Some("1.2.3".into()),
            environment: Some("eu-1".into()),
            attributes: vec![
                KeyValue::new("cloud.region", "eu"),
                KeyValue::new("service.name", "other"),
            ],
        };
        let resource = named(&service, Some("production"));
        assert_eq!(text(&resource, "service.name").as_deref(), Some("orders"));
        assert_eq!(text(&resource, "service.version").as_deref(), Some("1.2.3"));
        assert_eq!(text(&resource, ENVIRONMENT).as_deref(), Some("eu-1"));
        assert_eq!(text(&resource, "cloud.region").as_deref(), Some("eu"));
        let found = named(&Service::default(), Some("production"));
        assert_eq!(text(&found, ENVIRONMENT).as_deref(), Some("production"));
    }

    #[test]
    fn each_run_has_an_id_of_its_own() {
        let (one, other) = (instance_id(), instance_id());
        assert_ne!(one, other);
        let lengths: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(one.as_bytes()[14], b'4');
    }
}
