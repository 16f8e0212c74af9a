//! The calls a client makes.

use std::sync::Arc;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{StatusCode, request, response};
use tower_telemetry_observe::Verdict;

use crate::name::Named;
use crate::routed::Routed;
use crate::scheme::Scheme;
use crate::side::sealed::Side;
use crate::url::full_url;
use crate::{Client, Http, HttpCall, Say, Value, attribute, seen};

/// The server a client asks.
#[derive(Debug)]
pub struct Asked {
    address: Arc<str>,
    port: Option<u16>,
}

impl HttpCall<Client> {
    /// The host the request is for: a name, or an address without brackets.
    pub fn server_address(&self) -> Option<&str> {
        let asked = self.side.as_ref()?;
        Some(&asked.address)
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

    #[inline]
    fn read(http: &Http<Client>, request: &mut request::Parts) -> HttpCall<Client> {
        let scheme = Scheme::of(&request.uri).or(http.scheme);
        HttpCall {
            route: Routed::on_client(&request.extensions),
            named: Named::default(),
            method: http.methods.read(&request.method),
            settings: http.settings.clone(),
            side: asked(request, scheme),
            status: None,
            scheme,
            version: None,
        }
    }

    #[inline]
    fn see(call: &mut HttpCall<Client>, response: &response::Parts) {
        call.version = Some(response.version);
    }

    #[inline]
    fn describe_request<'a>(call: &'a HttpCall<Client>, request: &'a request::Parts, say: &mut impl Say<'a>) {
        call.say_method(say);
        if let Some(url) = url(call, request) {
            say.say(attribute::URL_FULL, Value::Text(url.into()));
        }
        if let Some(Asked { address, port }) = &call.side {
            say.say(attribute::SERVER_ADDRESS, Value::Shared(Arc::clone(address)));
            if let Some(port) = port {
                say.say(attribute::SERVER_PORT, Value::Int((*port).into()));
            }
        }
        call.say_method_original(say);
        if let Some(template) = call.route.value(&call.named) {
            say.say(attribute::URL_TEMPLATE, template);
        }
    }

    fn describe_response<'a>(call: &'a HttpCall<Client>, say: &mut impl Say<'a>) {
        call.say_version(say);
    }
}

/// From the request target's authority, else from the `Host` header.
#[inline]
fn asked(request: &request::Parts, scheme: Option<Scheme>) -> Option<Asked> {
    let authority = match request.uri.authority() {
        Some(authority) => authority.as_str(),
        None => host_header(request)?,
    };
    let (address, port) = seen::shared_host(authority)?;
    Some(Asked {
        address,
        port: port.or_else(|| scheme.map(Scheme::port)),
    })
}

/// The `Host` header, if it is an authority.
fn host_header(request: &request::Parts) -> Option<&str> {
    let host = request.headers.get(HOST)?;
    Authority::try_from(host.as_bytes()).ok()?;
    host.to_str().ok()
}

/// The absolute URL, if it is known: a request that is for a proxy or in origin form may not say its scheme.
fn url(call: &HttpCall<Client>, request: &request::Parts) -> Option<String> {
    let scheme = request.uri.scheme_str().or_else(|| call.scheme())?;
    let authority = match request.uri.authority() {
        Some(authority) => authority.as_str(),
        // It names a server, and says nothing of a user.
        None => {
            let host = call.side.as_ref().and(host_header(request))?;
            host.rsplit_once('@').map_or(host, |(_, host)| host)
        }
    };
    let path = request.uri.path_and_query().map_or("", PathAndQuery::as_str);
    // `OPTIONS *` asks about the server: its URL has no path (RFC 9112, section 3.2.4).
    let path = if path == "*" { "" } else { path };
    Some(full_url(scheme, authority, path, call.settings.redacted()))
}
