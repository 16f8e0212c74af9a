//! The calls a client makes.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{StatusCode, Uri, request, response};
use tower_telemetry_observe::Verdict;

use crate::name::Named;
use crate::peer::peer_of_client;
use crate::routed::Routed;
use crate::scheme::Scheme;
use crate::side::sealed::Side;
use crate::url::full_url;
use crate::{Client, Http, HttpCall, ResendCount, Say, Value, attribute, seen};

/// What is known of a client's call: whom it asks, how often the request was sent before, and who answered.
#[derive(Debug)]
pub struct Outgoing {
    asked: Option<Asked>,
    resends: u32,
    peer: Option<(IpAddr, u16)>,
}

/// The server a client asks.
#[derive(Clone, Debug)]
pub struct Asked {
    address: Arc<str>,
    port: Option<u16>,
}

impl Asked {
    /// The server in this URI.
    pub(crate) fn of(target: &Uri) -> Option<Self> {
        Self::by(target.authority()?.as_str(), Scheme::of(target))
    }

    #[inline]
    fn by(authority: &str, scheme: Option<Scheme>) -> Option<Self> {
        let (address, port) = seen::shared_host(authority)?;
        let port = port.or_else(|| scheme.map(Scheme::port));
        Some(Asked { address, port })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    pub(crate) fn say<'a>(&self, say: &mut impl Say<'a>) {
        say.say(attribute::SERVER_ADDRESS, Value::Shared(Arc::clone(&self.address)));
        if let Some(port) = self.port {
            say.say(attribute::SERVER_PORT, Value::Int(port.into()));
        }
    }
}

impl HttpCall<Client> {
    /// The host the request is for: a name, or an address without brackets.
    pub fn server_address(&self) -> Option<&str> {
        self.side.asked.as_ref().map(Asked::address)
    }

    /// The port the request is for: if the URL has none, its scheme's.
    pub fn server_port(&self) -> Option<u16> {
        self.side.asked.as_ref().and_then(Asked::port)
    }

    /// How often the request had been sent before this call, as its [`ResendCount`] says: 0 for a first attempt.
    pub fn resend_count(&self) -> u32 {
        self.side.resends
    }
}

impl Side for Client {
    type Settings = ();
    type Facts = Outgoing;

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
            side: Outgoing {
                asked: asked(request, scheme),
                resends: ResendCount::attempt(&request.extensions),
                peer: None,
            },
            status: None,
            scheme,
            version: None,
        }
    }

    #[inline]
    fn see(call: &mut HttpCall<Client>, response: &response::Parts) {
        call.version = Some(response.version);
        call.side.peer = peer_of_client(&response.extensions).map(|peer| (peer.ip(), peer.port()));
    }

    #[inline]
    fn describe_request<'a>(call: &'a HttpCall<Client>, request: &'a request::Parts, say: &mut impl Say<'a>) {
        call.say_method(say);
        if let Some(url) = url(call, request) {
            say.say(attribute::URL_FULL, Value::Text(url.into()));
        }
        if let Some(asked) = &call.side.asked {
            asked.say(say);
        }
        call.say_method_original(say);
        if let Some(template) = call.route.value(&call.named) {
            say.say(attribute::URL_TEMPLATE, template);
        }
        if call.side.resends > 0 {
            let resends = Value::Int(call.side.resends.into());
            say.say(attribute::HTTP_REQUEST_RESEND_COUNT, resends);
        }
    }

    fn describe_response<'a>(call: &'a HttpCall<Client>, say: &mut impl Say<'a>) {
        call.say_version(say);
        if let Some((address, port)) = call.side.peer {
            say.say(attribute::NETWORK_PEER_ADDRESS, seen::address(address));
            say.say(attribute::NETWORK_PEER_PORT, Value::Int(port.into()));
        }
    }
}

/// From the request target's authority, else from the `Host` header.
#[inline]
pub(crate) fn asked(request: &request::Parts, scheme: Option<Scheme>) -> Option<Asked> {
    let authority = match request.uri.authority() {
        Some(authority) => authority.as_str(),
        None => host_header(request)?,
    };
    Asked::by(authority, scheme)
}

/// The `Host` header, if it is an authority.
#[inline]
fn host_header(request: &request::Parts) -> Option<&str> {
    let host = request.headers.get(HOST)?;
    Authority::try_from(host.as_bytes()).ok()?;
    host.to_str().ok()
}

/// The absolute URL, if it is known: a request that is for a proxy or in origin form may not say its scheme.
#[inline]
fn url(call: &HttpCall<Client>, request: &request::Parts) -> Option<String> {
    let scheme = request.uri.scheme_str().or_else(|| call.scheme())?;
    let authority = match request.uri.authority() {
        Some(authority) => authority.as_str(),
        // It names a server, and says nothing of a user.
        None => {
            let host = call.side.asked.as_ref().and(host_header(request))?;
            host.rsplit_once('@').map_or(host, |(_, host)| host)
        }
    };
    let path = request.uri.path_and_query().map_or("", PathAndQuery::as_str);
    // `OPTIONS *` asks about the server: its URL has no path (RFC 9112, section 3.2.4).
    let path = if path == "*" { "" } else { path };
    Some(full_url(scheme, authority, path, call.settings.redacted()))
}
