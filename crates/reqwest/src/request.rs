//! reqwest's requests as `http` has them, for as long as the observers look at them.

use std::mem;
use std::sync::LazyLock;

use http::{Extensions, Method, Uri, request};
use reqwest::{Body, Request, Url};
use tower_telemetry_observe::{self as observe, Observation, Observe, contain};
use tower_telemetry_semconv::{Client, Http, HttpCall};

/// How reqwest's calls are read, and who watches them.
pub(crate) type Shared<O> = observe::Shared<(Http<Client>, O)>;

/// The most of a URL that is looked at, where it is too long for `http`: more than is ever recorded.
const MAX_URL: usize = 8192;

/// Whether nobody would do anything for any call at present.
pub(crate) fn idle<O: Observe<HttpCall<Client>>>(shared: &Shared<O>) -> bool {
    contain(|| shared.get().1.idle()).unwrap_or(false)
}

/// Begins to watch the call that this request makes. Its headers and these extensions are shown to the observers, who may add to them.
pub(crate) fn begin<O: Observe<HttpCall<Client>>>(
    shared: &Shared<O>,
    request: &mut Request,
    extensions: &mut Extensions,
) -> Observation<Http<Client>, O> {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = request.method().clone();
    parts.uri = uri(request.url());
    parts.version = request.version();
    swap(&mut parts, request, extensions);
    let observation = Observation::begin_http(shared.hold(), &mut parts);
    swap(&mut parts, request, extensions);
    observation
}

/// Lent, not copied: whoever has them has all of them.
fn swap(parts: &mut request::Parts, request: &mut Request, extensions: &mut Extensions) {
    mem::swap(&mut parts.headers, request.headers_mut());
    mem::swap(&mut parts.extensions, extensions);
}

/// The URL as `http` has it. reqwest refuses to send what is no URI, such as one that is too long; what can be said of it is said.
fn uri(url: &Url) -> Uri {
    let text = url.as_str();
    let start = || text.get(..MAX_URL)?.parse().ok();
    text.parse().ok().or_else(start).unwrap_or_default()
}

/// A URL without anything in it: a request that has nothing but this one and its extensions is cheap to convert.
static BLANK: LazyLock<Option<Url>> = LazyLock::new(|| Url::parse("http://a/").ok());

/// Takes the request's extensions, which reqwest lends to nobody, by way of an `http::Request`.
pub(crate) fn take_extensions(request: &mut Request) -> Extensions {
    let Some(blank) = BLANK.clone() else {
        return Extensions::new();
    };
    let mut shell = mem::replace(request, Request::new(Method::GET, blank));
    move_all_but_extensions(&mut shell, request);
    let converted = http::Request::<Body>::try_from(shell);
    converted.map_or_else(|_| Extensions::new(), |shell| shell.into_parts().0.extensions)
}

/// Gives them back.
pub(crate) fn set_extensions(request: &mut Request, extensions: Extensions) {
    if extensions.is_empty() {
        return;
    }
    let mut shell = http::Request::new(Body::default());
    *shell.uri_mut() = Uri::from_static("http://a/");
    *shell.extensions_mut() = extensions;
    if let Ok(mut shell) = Request::try_from(shell) {
        move_all_but_extensions(request, &mut shell);
        *request = shell;
    }
}

fn move_all_but_extensions(from: &mut Request, to: &mut Request) {
    mem::swap(from.method_mut(), to.method_mut());
    mem::swap(from.url_mut(), to.url_mut());
    mem::swap(from.headers_mut(), to.headers_mut());
    *to.version_mut() = from.version();
    *to.body_mut() = from.body_mut().take();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderValue, Version};

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("a URL")
    }

    /// Everything a request has, as text.
    fn all(request: &Request) -> String {
        format!(
            "{} {} {:?} {:?} {:?} {:?}",
            request.method(),
            request.url(),
            request.headers(),
            request.version(),
            request.timeout(),
            request.body().map(Body::as_bytes),
        )
    }

    fn full() -> Request {
        let mut request = Request::new(Method::PATCH, url("https://u:p@[::1]:8443/a%20b?c=d#e"));
        request.headers_mut().insert("accept", HeaderValue::from_static("*/*"));
        *request.version_mut() = Version::HTTP_2;
        *request.timeout_mut() = Some(Duration::from_secs(7));
        *request.body_mut() = Some("body".into());
        request
    }

    #[test]
    fn a_request_loses_nothing_when_its_extensions_are_taken_and_given_back() {
        for mut request in [full(), Request::new(Method::GET, url("http://a.b/"))] {
            let before = all(&request);
            let extensions = take_extensions(&mut request);
            set_extensions(&mut request, extensions);
            assert_eq!(all(&request), before);
        }
    }

    #[test]
    fn a_requests_extensions_are_all_of_them() {
        let marked = http::Request::get("http://a.b/").extension("mark").body("");
        let mut request = Request::try_from(marked.expect("a request")).expect("a request");
        for _ in 0..2 {
            let extensions = take_extensions(&mut request);
            assert_eq!(extensions.get(), Some(&"mark"));
            set_extensions(&mut request, extensions);
        }
    }

    #[test]
    fn a_url_that_is_no_uri_is_read_as_far_as_it_goes() {
        let long = format!("http://a.b/{}", "x".repeat(100_000));
        let read = uri(&url(&long));
        assert_eq!(
            (read.host(), read.path().len()),
            (Some("a.b"), MAX_URL - "http://a.b".len())
        );
        assert_eq!(uri(&url("data:text/plain,hello")), Uri::default());
        assert_eq!(uri(&url("http://a.b/c?d#e")), "http://a.b/c?d");
    }
}
