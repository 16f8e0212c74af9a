//! The service's name and its environment.

use super::Read;
use crate::{Error, Profile};

/// `OTEL_SERVICE_NAME`, else `service.name` in `OTEL_RESOURCE_ATTRIBUTES`, else the default.
pub(crate) fn name(read: Read<'_>, default: String) -> String {
    read("OTEL_SERVICE_NAME")
        .or_else(|| attribute(read, "service.name"))
        .unwrap_or(default)
}

/// An entry of `OTEL_RESOURCE_ATTRIBUTES`.
fn attribute(read: Read<'_>, wanted: &str) -> Option<String> {
    let attributes = read("OTEL_RESOURCE_ATTRIBUTES")?;
    let mut pairs = attributes.split(',').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, value)| key.trim() == wanted && !value.trim().is_empty())?;
    Some(value.trim().to_owned())
}

const ENVIRONMENTS: [&str; 2] = ["ENVIRONMENT", "DEPLOYMENT_ENVIRONMENT"];

/// What the environment is called.
pub(crate) fn environment(read: Read<'_>) -> Option<String> {
    let (_, value) = super::first(read, &ENVIRONMENTS)?;
    Some(value.trim().to_owned())
}

/// The profile that the environment is called by.
pub(crate) fn profile(read: Read<'_>) -> Result<Option<Profile>, Error> {
    let Some((name, value)) = super::first(read, &ENVIRONMENTS) else {
        return Ok(None);
    };
    match Profile::named(value.trim()) {
        Some(profile) => Ok(Some(profile)),
        None => Err(Error::Setting {
            name,
            value,
            allowed: "`development`, `staging` or `production` (or `dev`, `local`, `test`, `stage`, `prod`), \
                      unless the profile is set in code"
                .into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::tests::variables;

    #[test]
    fn the_environment_may_override_a_default_name() {
        let name = |set: &[(&str, &str)]| name(&variables(set), "orders".into());
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "a=b, service.name = shipping ,c");
        assert_eq!(name(&[]), "orders");
        assert_eq!(name(&[attributes]), "shipping");
        assert_eq!(name(&[attributes, ("OTEL_SERVICE_NAME", "billing")]), "billing");
        assert_eq!(name(&[("OTEL_RESOURCE_ATTRIBUTES", "service.name=,x=y")]), "orders");
    }

    #[test]
    fn the_environment_s_name_chooses_the_profile() {
        let profile = |set: &[(&str, &str)]| profile(&variables(set)).map_err(|error| error.to_string());
        let of = |profile| Ok(Some(profile));
        assert_eq!(profile(&[]), Ok(None));
        assert_eq!(profile(&[("ENVIRONMENT", "Production")]), of(Profile::Production));
        let both = [("DEPLOYMENT_ENVIRONMENT", "staging"), ("ENVIRONMENT", "dev")];
        assert_eq!(profile(&both), of(Profile::Development));
        assert_eq!(environment(&variables(&both)).as_deref(), Some("dev"));
        assert_eq!(profile(&both[..1]), of(Profile::Staging));
        let error = profile(&[("DEPLOYMENT_ENVIRONMENT", "moon")]).expect_err("no such profile");
        assert!(error.starts_with("DEPLOYMENT_ENVIRONMENT is `moon`"), "{error}");
        assert!(error.contains("`staging`"), "{error}");
    }
}
