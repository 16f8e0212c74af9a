//! The `error.type` of reqwest's errors.

use std::error::Error;

use tower_telemetry_semconv::{Client, Http, causes, error_word, status_word};

/// The word for an error that is none of the others.
const OTHER: &str = "_OTHER";

type Boxed = Box<dyn Error + Send + Sync>;

/// Names reqwest's errors, after those that are named already.
pub(crate) fn with_error_types(http: Http<Client>) -> Http<Client> {
    http.with_error_type(|error: &reqwest::Error| Some(of_reqwest(error)))
        .with_error_type(|error: &reqwest_middleware::Error| Some(error_type(error)))
        .with_error_type(|error: &Boxed| Some(error_type(&**error)))
}

/// The `error.type` of an error of reqwest, or of something around it: one of [these words](crate#errortype).
///
/// ```
/// use tower_telemetry_reqwest::error_type;
///
/// let error = reqwest::Client::new().get("not a URL").build().unwrap_err();
/// assert_eq!(error_type(&error), "_OTHER");
/// ```
pub fn error_type(error: &(dyn Error + 'static)) -> &'static str {
    let word = within(error).or_else(|| error_word(error));
    word.unwrap_or(OTHER)
}

/// The word for the first of an error's causes that is reqwest's.
fn within(error: &(dyn Error + 'static)) -> Option<&'static str> {
    causes(error).find_map(|cause| {
        if let Some(error) = cause.downcast_ref() {
            return Some(of_reqwest(error));
        }
        // They show the causes of what is in them, and not what is in them.
        match cause.downcast_ref()? {
            reqwest_middleware::Error::Reqwest(error) => Some(of_reqwest(error)),
            reqwest_middleware::Error::Middleware(error) => Some(error_type(&**error)),
        }
    })
}

fn of_reqwest(error: &reqwest::Error) -> &'static str {
    if let Some(status) = error.status() {
        status_word(status)
    } else if error.is_timeout() {
        "timeout"
    } else if error.is_dns() {
        "dns"
    } else if is_tls(error) {
        "tls"
    } else if error.is_connect() {
        "connect"
    } else if error.is_redirect() {
        "redirect"
    } else if causes(error).any(is_body) {
        "body_error"
    } else {
        OTHER
    }
}

/// Also an error of the request's body, which stands among the causes of one of the request.
fn is_body(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<reqwest::Error>();
    error.is_some_and(|error| error.is_body() || error.is_decode())
}

#[cfg(feature = "rustls")]
fn is_tls(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn Error>::is::<rustls::Error>)
}

#[cfg(not(feature = "rustls"))]
fn is_tls(_: &reqwest::Error) -> bool {
    false
}
