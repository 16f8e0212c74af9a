//! The calls a client makes.

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{StatusCode, request, response};
use tower_telemetry_observe::Verdict;

use crate::authority::HostPort;
use crate::scheme::Scheme;
use crate::side::sealed::Side;
use crate::url::full_url;
use crate::{Client, Http, HttpCall, UrlTemplate, Value, attribute};

/// The server a client asks.
#[derive(Debug)]
pub struct Asked {
    authority: Authority,
    port: Option<u16>,
}

impl HttpCall<Client> {
    /// The host the request is for: a name, or an address without brackets.
    pub fn server_address(&self) -> Option<&str> {
        let asked = self.side.as_ref()?;
        Some(HostPort::of_authority(asked.authority.as_str())?.host)
    }

    /// The port the request is for: if the URL has none, its scheme's.
    pub fn server_port(&self) -> Option<u16> {
        self.side.as_ref()?.port
    }
}

impl Side for Client {
    type Settings = ();
    type Facts = Option<Asked>;

    const DROPPED: Verdict = Verdict::Ok;

    fn is_error(status: StatusCode) -> bool {
        status.as_u16() >= 400
    }

    fn read(http: &Http<Client>, request: &mut request::Parts) -> HttpCall<Client> {
        let scheme = Scheme::of(&request.uri).or(http.scheme);
        let template = request.extensions.get::<UrlTemplate>().cloned();
        HttpCall {
            method: http.methods.read(&request.method),
            route: template.and_then(|template| template.0.unless_empty()),
            late: None,
            redacted: http.redacted.clone(),
            side: asked(request, scheme),
            status: None,
            scheme,
            version: None,
        }
    }

    fn see(call: &mut HttpCall<Client>, response: &response::Parts) {
        call.version = Some(response.version);
    }

    fn describe_request<'a>(
        call: &'a HttpCall<Client>,
        request: &'a request::Parts,
        say: &mut impl FnMut(&'static str, Value<'a>),
    ) {
        call.say_method(say);
        if let Some(url) = url(call, request) {
            say(attribute::URL_FULL, Value::Text(url.into()));
        }
        if let Some(address) = call.server_address() {
            say(attribute::SERVER_ADDRESS, Value::Text(address.into()));
        }
        if let Some(port) = call.server_port() {
            say(attribute::SERVER_PORT, Value::Int(port.into()));
        }
        call.say_method_original(say);
        if let Some(template) = &call.route {
            say(attribute::URL_TEMPLATE, template.value());
        }
    }

    fn describe_response<'a>(
        call: &'a HttpCall<Client>,
        say: &mut impl FnMut(&'static str, Value<'a>),
    ) {
        call.say_version(say);
    }
}

/// The request target's authority, else the `Host` header's.
fn asked(request: &request::Parts, scheme: Option<Scheme>) -> Option<Asked> {
    let authority = match request.uri.authority() {
        Some(authority) => authority.clone(),
        None => Authority::try_from(request.headers.get(HOST)?.as_bytes()).ok()?,
    };
    let authority = without_user(authority)?;
    let port = HostPort::of_authority(authority.as_str())?.port;
    Some(Asked {
        port: port.or_else(|| scheme.map(Scheme::port)),
        authority,
    })
}

/// What is kept holds no credentials.
fn without_user(authority: Authority) -> Option<Authority> {
    match authority.as_str().rsplit_once('@') {
        Some((_, host)) => host.parse().ok(),
        None => Some(authority),
    }
}

/// The absolute URL, if it is known: a request that is for a proxy or in origin form may not say its scheme.
fn url(call: &HttpCall<Client>, request: &request::Parts) -> Option<String> {
    let scheme = request.uri.scheme_str().or_else(|| call.scheme())?;
    let asked = call.side.as_ref().map(|asked| &asked.authority);
    let authority = request.uri.authority().or(asked)?.as_str();
    let path = request.uri.path_and_query().map(PathAndQuery::as_str);
    // `OPTIONS *` asks about the server: its URL has no path (RFC 9112, section 3.2.4).
    let path = path.filter(|path| *path != "*").unwrap_or_default();
    Some(full_url(scheme, authority, path, &call.redacted))
}

#[cfg(test)]
mod tests {
    use http::{Request, Response, Uri, Version};
    use tower_telemetry_observe::ClassifyHttp;

    use super::*;

    fn said(http: &Http<Client>, request: Request<()>) -> Vec<String> {
        let (mut request, ()) = request.into_parts();
        let call = http.read(&mut request);
        let mut said = Vec::new();
        call.describe_request(&request, |key, value| {
            said.push(match value {
                Value::Static(text) => format!("{key}={text}"),
                Value::Text(text) => format!("{key}={text}"),
                Value::Int(number) => format!("{key}:{number}"),
            });
        });
        said
    }

    #[test]
    fn what_is_required_is_always_said_and_first() {
        let request = Request::get("https://u:p@shop.example/users/42?a=b&sig=s")
            .extension(UrlTemplate::new("/users/{id}"));
        let expected = [
            "http.request.method=GET",
            "url.full=https://REDACTED:REDACTED@shop.example/users/42?a=b&sig=REDACTED",
            "server.address=shop.example",
            "server.port:443",
            "url.template=/users/{id}",
        ];
        assert_eq!(said(&Http::client(), request.body(()).unwrap()), expected);
    }

    #[test]
    fn each_form_of_target_is_read() {
        let https = || Http::client().with_scheme(http::uri::Scheme::HTTPS);
        let rows: &[(&str, Http<Client>, &str, &[&str])] = &[
            (
                "port of http",
                Http::client(),
                "GET http://a/",
                &["url.full=http://a/", "server.address=a", "server.port:80"],
            ),
            (
                "given port",
                Http::client(),
                "GET https://a:8443/",
                &[
                    "url.full=https://a:8443/",
                    "server.address=a",
                    "server.port:8443",
                ],
            ),
            (
                "IPv6",
                Http::client(),
                "GET http://[::1]:81/",
                &[
                    "url.full=http://[::1]:81/",
                    "server.address=::1",
                    "server.port:81",
                ],
            ),
            (
                "origin form",
                Http::client(),
                "GET /p?q",
                &["server.address=host", "server.port:8080"],
            ),
            (
                "origin form and scheme",
                https(),
                "GET /p?q",
                &[
                    "url.full=https://host:8080/p?q",
                    "server.address=host",
                    "server.port:8080",
                ],
            ),
            (
                "asterisk form and scheme",
                https(),
                "OPTIONS *",
                &[
                    "url.full=https://host:8080",
                    "server.address=host",
                    "server.port:8080",
                ],
            ),
            (
                "authority form",
                Http::client(),
                "CONNECT a.b:443",
                &["server.address=a.b", "server.port:443"],
            ),
            (
                "foreign scheme",
                Http::client(),
                "GET ws://a/",
                &["url.full=ws://a/", "server.address=a"],
            ),
            (
                "unknown method",
                Http::client(),
                "get http://a/",
                &[
                    "url.full=http://a/",
                    "server.address=a",
                    "server.port:80",
                    "http.request.method_original=get",
                ],
            ),
        ];
        for (rule, http, line, expected) in rows {
            let (method, target) = line.split_once(' ').unwrap();
            let request = Request::builder()
                .method(method)
                .uri(target)
                .header("host", "host:8080");
            let said = said(http, request.body(()).unwrap());
            assert!(said[1..].iter().eq(expected.iter()), "{rule}: {said:?}");
        }
    }

    #[test]
    fn given_keys_are_redacted_and_user_information_always() {
        let http = Http::client().with_redacted_query_keys([""; 0]);
        let request = Request::get("http://u@a/?sig=s").body(()).unwrap();
        assert_eq!(
            said(&http, request)[1],
            "url.full=http://REDACTED:REDACTED@a/?sig=s"
        );
        let http = Http::client().with_redacted_query_keys(["token"]);
        let request = Request::get("http://a/?sig=s&token=t").body(()).unwrap();
        assert_eq!(
            said(&http, request)[1],
            "url.full=http://a/?sig=s&token=REDACTED"
        );
    }

    #[test]
    fn a_call_keeps_its_server_and_no_credentials() {
        let request = Request::get("https://user:word@shop.example/?sig=s3cret");
        let (mut request, ()) = request.body(()).unwrap().into_parts();
        let call = Http::client().read(&mut request);
        assert_eq!(call.server_address(), Some("shop.example"));
        assert_eq!(call.server_port(), Some(443));
        let text = format!("{call:?}");
        assert!(!text.contains("word") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn a_request_without_a_server_has_none() {
        for host in [None, Some(""), Some("a b"), Some("::1")] {
            let request = host
                .into_iter()
                .fold(Request::get(Uri::from_static("/")), |request, host| {
                    request.header("host", host)
                });
            let (mut request, ()) = request.body(()).unwrap().into_parts();
            let call = Http::client().read(&mut request);
            assert_eq!(
                (call.server_address(), call.server_port()),
                (None, None),
                "{host:?}"
            );
        }
    }

    #[test]
    fn the_version_and_the_status_are_the_responses() {
        let http = Http::client();
        let (mut request, ()) = Request::get("http://a/").body(()).unwrap().into_parts();
        let mut call = http.read(&mut request);
        assert_eq!((call.version(), call.status()), (None, None));
        let response = Response::builder().status(204).version(Version::HTTP_2);
        let (response, ()) = response.body(()).unwrap().into_parts();
        http.head(&mut call, &response);
        let mut said = Vec::new();
        call.describe_response(|key, value| said.push((key, value)));
        let expected = [
            ("http.response.status_code", Value::Int(204)),
            ("network.protocol.version", Value::Static("2")),
        ];
        assert_eq!(said, expected);
    }
}
