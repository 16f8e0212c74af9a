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

    fn describe_response<'a>(call: &'a HttpCall<Client>, say: &mut impl FnMut(&'static str, Value<'a>)) {
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
