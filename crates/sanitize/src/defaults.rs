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
const CREDENTIALS: [&str; 19] = [
    "*access_key",
    "*api-key",
    "*api.key",
    "*api_key",
    "*apikey",
    "*authorization",
    "*connection_string",
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
    "*secret_key",
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
    ];
    let urls = URLS.iter().map(|keys| (Keys::from(*keys), Action::Rule(Rule::Url)));
    errors.chain(headers).chain(parts).chain(urls)
}
