//! The names that a registry's metrics have.

use prometheus_client::encoding::text::encode_registry;
use prometheus_client::registry::Registry;
use tower_telemetry_observe::contain;

/// A metric's name, with its prefix and its unit, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) name: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Histogram,
    Info,
    /// Its samples have its own name.
    Plain,
    /// Nothing is shown of it yet.
    Unknown,
}

impl Name {
    /// The names that no other metric can have beside it: its own, and those of its samples.
    pub(crate) fn takes(&self) -> impl Iterator<Item = String> {
        let suffixes: &[&str] = match self.kind {
            Kind::Counter => &["", "_total", "_created"],
            Kind::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
            Kind::Info => &["", "_info"],
            Kind::Plain => &[""],
            // It may be a counter.
            Kind::Unknown => &["", "_total"],
        };
        suffixes.iter().map(|suffix| format!("{}{suffix}", self.name))
    }

    /// Whether a metric can have this name at all.
    pub(crate) fn is_valid(&self) -> bool {
        let mut bytes = self.name.bytes();
        let starts = bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || b"_:".contains(&byte));
        starts && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
    }
}

/// The names that are shown.
pub(crate) fn shown(registry: &Registry) -> Vec<Name> {
    let mut text = String::new();
    // What cannot be encoded has no names.
    let _ = encode_registry(&mut text, registry);
    let described = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names = described.filter_map(|line| line.rsplit_once(' '));
    names
        .map(|(name, kind)| Name {
            name: name.to_owned(),
            kind: match kind {
                "counter" => Kind::Counter,
                "histogram" => Kind::Histogram,
                "info" => Kind::Info,
                _ => Kind::Plain,
            },
        })
        .collect()
}

/// The names of prometheus-client's own metrics, of families that have no series yet, too: these are not shown.
///
/// A registry tells them nowhere but in its `Debug` form, of which so much is read: the prefix, and the descriptors.
pub(crate) fn registered(registry: &Registry) -> Vec<Name> {
    let debug = contain(|| format!("{registry:?}")).unwrap_or_default();
    let mut rest = debug.as_str();
    let (mut names, mut prefix) = (Vec::new(), None);
    while let Some((before, text, behind)) = next_text(rest) {
        if let Some((_, of_registry)) = before.rsplit_once("Registry { prefix: ") {
            prefix = of_registry.ends_with("Some(Prefix(").then_some(text);
        }
        rest = behind;
        if before.ends_with("Descriptor { name: ") {
            let Some((_, _help, behind)) = next_text(behind) else {
                break;
            };
            rest = behind;
            let parts = [prefix.map(str::to_owned), Some(text.to_owned()), unit(behind)];
            names.push(Name {
                name: parts.into_iter().flatten().collect::<Vec<_>>().join("_"),
                kind: Kind::Unknown,
            });
        }
    }
    names
}

/// The unit, if this begins with one, as it becomes part of a name.
fn unit(debug: &str) -> Option<String> {
    let unit = debug.strip_prefix(", unit: Some(")?;
    let other = unit.strip_prefix("Other(").and_then(next_text);
    match other {
        Some((_, other, _)) => Some(other.to_owned()),
        None => Some(unit.split_once(')')?.0.to_lowercase()),
    }
}

/// What stands before the next quoted text, that text as it is written, and what stands behind it.
fn next_text(debug: &str) -> Option<(&str, &str, &str)> {
    let (before, quoted) = debug.split_once('"')?;
    let mut escaped = false;
    let end = quoted.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some((before, &quoted[..end], &quoted[end + 1..]))
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;
    use prometheus_client::metrics::family::Family;
    use prometheus_client::metrics::gauge::Gauge;
    use prometheus_client::metrics::info::Info;
    use prometheus_client::registry::Unit;

    use super::*;

    type Empty = Family<[(&'static str, String); 1], Counter>;

    fn names(names: &[Name]) -> Vec<&str> {
        names.iter().map(|name| &*name.name).collect()
    }

    #[test]
    fn families_without_series_have_names_too() {
        let hostile = "Help with \"quotes\" \\ and Descriptor { name: \"forged\"";
        let mut registry = Registry::with_prefix("app");
        registry.register("plain", hostile, Gauge::<i64>::default());
        registry.register("build", "Build", Info::new([("forged", "Descriptor { name: \"no\"")]));
        registry.register_with_unit("wait", "Waits", Unit::Seconds, Empty::default());
        registry.register_with_unit("mass", "Mass", Unit::Other("grains".into()), Empty::default());
        let admin = registry.sub_registry_with_prefix("admin");
        admin.register("jobs", "Jobs", Empty::default());
        registry
            .sub_registry_with_label(("a".into(), "b".into()))
            .register("more", "More", Empty::default());
        let all = [
            "app_plain",
            "app_build",
            "app_wait_seconds",
            "app_mass_grains",
            "app_admin_jobs",
            "app_more",
        ];
        assert_eq!(names(&registered(&registry)), all);
        assert_eq!(names(&shown(&registry)), ["app_plain", "app_build"]);
        let mut without = Registry::default();
        without.register("jobs", "Jobs", Empty::default());
        assert_eq!(names(&registered(&without)), ["jobs"]);
    }

    #[test]
    fn a_metric_takes_the_names_of_its_samples() {
        let takes = |kind| {
            let name = "a".to_owned();
            Name { name, kind }.takes().collect::<Vec<_>>()
        };
        assert_eq!(takes(Kind::Plain), ["a"]);
        assert_eq!(takes(Kind::Counter), ["a", "a_total", "a_created"]);
        assert_eq!(
            takes(Kind::Histogram),
            ["a", "a_bucket", "a_count", "a_sum", "a_created"]
        );
    }
}
