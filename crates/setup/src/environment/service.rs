//! The service's name and its environment.

use super::Read;
use super::list::pairs;
use crate::{Error, Profile};

const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// `OTEL_SERVICE_NAME`, else `service.name` in `OTEL_RESOURCE_ATTRIBUTES`, else the default.
pub(crate) fn name(read: Read<'_>, default: String) -> Result<String, Error> {
    if let Some(name) = read("OTEL_SERVICE_NAME") {
        return Ok(name);
    }
    let attributes = attributes(read)?.into_iter();
    let mut names = attributes.filter(|(key, value)| key == "service.name" && !value.is_empty());
    Ok(names.next_back().map_or(default, |(_, name)| name))
}

/// The entries of `OTEL_RESOURCE_ATTRIBUTES`.
pub(crate) fn attributes(read: Read<'_>) -> Result<Vec<(String, String)>, Error> {
    let Some(value) = read(ATTRIBUTES) else {
        return Ok(Vec::new());
    };
    let attributes = pairs(&value, |key, value| Some((key.to_owned(), value.into_owned())));
    attributes.map_err(|_| Error::Setting {
        name: ATTRIBUTES,
        value,
        allowed: "a list such as `deployment.environment.name=staging,host.name=a`".into(),
    })
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
        let name = |set: &[(&str, &str)]| name(&variables(set), "orders".into()).ok();
        let attributes = (ATTRIBUTES, "a=b, service.name = shipping%20east ,");
        assert_eq!(name(&[]).as_deref(), Some("orders"));
        assert_eq!(name(&[attributes]).as_deref(), Some("shipping east"));
        let both = [attributes, ("OTEL_SERVICE_NAME", "billing")];
        assert_eq!(name(&both).as_deref(), Some("billing"));
        assert_eq!(name(&[(ATTRIBUTES, "service.name=,x=y")]).as_deref(), Some("orders"));
        assert_eq!(name(&[(ATTRIBUTES, "service.name")]), None);
    }

    #[test]
    fn attributes_are_pairs_and_their_values_percent_encoded() {
        let attributes = |value| attributes(&variables(&[(ATTRIBUTES, value)]));
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            attributes("a=b, c = d%2Ce,f=,").ok(),
            Some(vec![pair("a", "b"), pair("c", "d,e"), pair("f", "")])
        );
        for wrong in ["a", "a=b,c", "=b", "a=%ff"] {
            let error = attributes(wrong).expect_err(wrong).to_string();
            assert!(error.starts_with(&format!("{ATTRIBUTES} is `{wrong}`")), "{error}");
        }
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
