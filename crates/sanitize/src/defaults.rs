//! The rules that are right for production.

use crate::policy::Action;
use crate::{ErrorTexts, Keys, Rule};

/// What stands before the name of a header in an attribute's key.
const HEADERS: [&str; 6] = [
    "http.request.header.",
    "http.response.header.",
    "rpc.request.metadata.",
    "rpc.response.metadata.",
    "rpc.grpc.request.metadata.",
    "rpc.grpc.response.metadata.",
];

/// How the keys of credentials end.
const CREDENTIALS: [&str; 25] = [
    "*access-key",
    "*access_key",
    "*accesskey",
    "*api-key",
    "*api.key",
    "*api_key",
    "*apikey",
    "*authorization",
    "*connection-string",
    "*connection_string",
    "*connectionstring",
    "*cookie",
    "*credential",
    "*credentials",
    "*passphrase",
    "*passwd",
    "*password",
    "*private-key",
    "*private_key",
    "*privatekey",
    "*secret",
    "*secret-key",
    "*secret_key",
    "*secretkey",
    "*token",
];

/// The keys of URLs, and how other keys of URLs end.
const URLS: [&str; 9] = [
    "url",
    "uri",
    "url.full",
    "url.original",
    "http.target",
    "*.url",
    "*.uri",
    "*_url",
    "*_uri",
];

/// The keys of texts about errors.
const ERROR_TEXTS: [&str; 9] = [
    "error",
    "error.message",
    "error.stack",
    "exception.message",
    "exception.stacktrace",
    "panic.message",
    "panic.payload",
    "*grpc-message",
    "*grpc-status-details-bin",
];

pub(crate) fn credential_headers(more: &[Box<str>]) -> Vec<(Keys, Action)> {
    let redacted = |prefix| (Keys::credentials(prefix, more), Action::Rule(Rule::Redact));
    HEADERS.into_iter().map(redacted).collect()
}

pub(crate) fn credential_names() -> impl Iterator<Item = (Keys, Action)> {
    CREDENTIALS
        .into_iter()
        .map(|keys| (keys.into(), Action::Rule(Rule::Redact)))
}

pub(crate) fn others(texts: ErrorTexts) -> impl Iterator<Item = (Keys, Action)> {
    let errors = match texts {
        ErrorTexts::Dropped => ERROR_TEXTS.as_slice(),
        ErrorTexts::Kept => &[],
    };
    let errors = errors.iter().map(|keys| (Keys::from(*keys), Action::ErrorText));
    let headers = HEADERS
        .iter()
        .map(|prefix| (Keys::prefix(*prefix), Action::Header(prefix.len())));
    let parts = [
        (Keys::exact(""), Action::Rule(Rule::Drop)),
        (Keys::exact("url.path"), Action::Path),
        (Keys::exact("url.query"), Action::Query),
        (Keys::exact("url.fragment"), Action::Query),
    ];
    let urls = URLS.iter().map(|keys| (Keys::from(*keys), Action::Rule(Rule::Url)));
    errors.chain(headers).chain(parts).chain(urls)
}

#[cfg(test)]
mod tests {
    use crate::Sanitizer;

    #[test]
    fn credentials_are_known_by_their_keys_in_any_spelling() {
        let policy = Sanitizer::default();
        let words = [
            "access key",
            "api key",
            "connection string",
            "private key",
            "secret key",
        ];
        let spelled = words
            .iter()
            .flat_map(|key| ["_", "-", ""].map(|between| key.replace(' ', between)));
        let one = [
            "password",
            "passwd",
            "passphrase",
            "secret",
            "token",
            "authorization",
            "cookie",
            "credential",
            "credentials",
        ];
        for key in spelled.chain(one.map(str::to_owned)) {
            for key in [key.to_uppercase(), format!("db.{key}"), key] {
                assert_eq!(policy.value(&key, "c4n4ry").as_deref(), Some("REDACTED"), "{key}");
            }
        }
        for key in ["token.count", "key", "passwords", "cookies"] {
            assert_eq!(policy.value(key, "c4n4ry").as_deref(), Some("c4n4ry"), "{key}");
        }
    }

    #[test]
    fn a_fragment_is_treated_as_a_query() {
        let policy = Sanitizer::default();
        assert_eq!(
            policy.value("url.fragment", "top&sig=s").as_deref(),
            Some("top&sig=REDACTED")
        );
    }
}
