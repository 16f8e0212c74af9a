//! Rules as TOML.

use opentelemetry::trace::SpanKind;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::ratio::Ratio;
use super::rules::Table;
use super::{Rule, Rules};
use crate::Error;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    otherwise: Share,
    #[serde(default, rename = "rule")]
    rules: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    ratio: Share,
    name: Option<String>,
    kind: Option<Kind>,
    route: Option<String>,
    method: Option<String>,
    path: Option<String>,
    hint: Option<String>,
    per_second: Option<Rate>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Server,
    Client,
    Producer,
    Consumer,
    Internal,
}

/// From 0 to 1.
#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "f64")]
struct Share(f64);

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(ratio: f64) -> Result<Self, Self::Error> {
        match (0.0..=1.0).contains(&ratio) {
            true => Ok(Self(ratio)),
            false => Err("a ratio is from 0 to 1"),
        }
    }
}

/// Above 0.
#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "f64")]
struct Rate(f64);

impl TryFrom<f64> for Rate {
    type Error = &'static str;

    fn try_from(rate: f64) -> Result<Self, Self::Error> {
        match rate > 0.0 {
            true => Ok(Self(rate)),
            false => Err("`per_second` is above 0"),
        }
    }
}

impl Rules {
    /// Rules written as TOML: what to do otherwise, and a `rule` for each, in their order.
    ///
    /// ```
    /// use tower_telemetry_setup::Rules;
    ///
    /// let rules = Rules::from_toml(r#"
    ///     otherwise = 0.01
    ///
    ///     [[rule]]
    ///     ratio = 0.0
    ///     path = "/healthz*"
    ///
    ///     [[rule]]
    ///     ratio = 1.0
    ///     hint = "debug"
    ///     per_second = 5
    ///
    ///     [[rule]]
    ///     ratio = 1.0
    ///     kind = "server"
    ///     method = "POST"
    ///     route = "/checkout"
    ///     attributes = { "server.address" = "shop.example" }
    /// "#)?;
    /// assert!(rules.to_string().ends_with("1 % of all others"));
    /// # Ok::<(), tower_telemetry_setup::Error>(())
    /// ```
    ///
    /// Besides these there is `name`. All conditions are optional, and what they mean is said at [`Rule`].
    ///
    /// # Errors
    ///
    /// [`Error::SamplingFile`], which names the line and what is allowed there.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        match toml::from_str::<File>(text) {
            Ok(file) => Ok(Self::of(file.into())),
            Err(error) => Err(Error::SamplingFile {
                path: None,
                reason: error.to_string(),
            }),
        }
    }
}

impl From<File> for Table {
    fn from(file: File) -> Self {
        Self {
            rules: file.rules.into_iter().map(Rule::from).collect(),
            otherwise: Ratio::new(file.otherwise.0),
        }
    }
}

impl From<Written> for Rule {
    fn from(written: Written) -> Self {
        let given = |rule: Rule, text: Option<String>, with: fn(Rule, String) -> Rule| match text {
            Some(text) => with(rule, text),
            None => rule,
        };
        let mut rule = Rule::sample(written.ratio.0);
        rule = given(rule, written.name, Rule::with_name);
        rule = given(rule, written.route, Rule::with_route);
        rule = given(rule, written.method, Rule::with_method);
        rule = given(rule, written.path, Rule::with_path);
        rule = given(rule, written.hint, Rule::with_hint);
        if let Some(kind) = written.kind {
            rule = rule.with_kind(match kind {
                Kind::Server => SpanKind::Server,
                Kind::Client => SpanKind::Client,
                Kind::Producer => SpanKind::Producer,
                Kind::Consumer => SpanKind::Consumer,
                Kind::Internal => SpanKind::Internal,
            });
        }
        if let Some(rate) = written.per_second {
            rule = rule.with_rate_limit(rate.0);
        }
        let attributes = written.attributes.into_iter();
        attributes.fold(rule, |rule, (key, value)| rule.with_attribute(key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_can_be_written() {
        let rules = Rules::from_toml(
            r#"
            otherwise = 0
            [[rule]]
            ratio = 1
            name = "a*"
            kind = "client"
            route = "/r"
            method = "GET"
            path = "/p"
            hint = "h"
            per_second = 0.5
            [rule.attributes]
            "k" = "v"
            "#,
        );
        let rules = rules.expect("valid").to_string();
        assert_eq!(
            rules,
            "100 %, at most 0.5 a second, of spans named a* of kind Client with http.route /r with \
             http.request.method GET with url.path /p with k v with the hint h\n0 % of all others"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, hint) in [
            ("", "otherwise"),
            ("otherwise = 2.0", "from 0 to 1"),
            ("otherwise = 0.1\n[[rule]]\nratio = nan", "from 0 to 1"),
            ("otherwise = 0.1\n[[rule]]\nname = \"a\"", "ratio"),
            ("otherwise = 0.1\n[[rule]]\nratio = 1\nper_second = 0", "above 0"),
            ("otherwise = 0.1\n[[rule]]\nratio = 1\nkind = \"tea\"", "server"),
            ("otherwise = 0.1\n[[rules]]\nratio = 1", "rules"),
            ("otherwise = ", "line 1"),
        ] {
            let error = Rules::from_toml(text).expect_err(text).to_string();
            assert!(error.contains(hint), "{error}");
        }
    }
}
