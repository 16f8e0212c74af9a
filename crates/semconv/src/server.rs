//! The calls a server answers.

use http::header::{HOST, USER_AGENT};
use http::uri::Authority;
use http::{Extensions, Method, StatusCode, request, response};
use tower_telemetry_observe::Verdict;

use crate::authority::HostPort;
use crate::forwarded::Forwarded;
use crate::peer::{address_text, peer};
use crate::route::{LateRoute, Route, Template};
use crate::scheme::Scheme;
use crate::side::sealed::Side;
use crate::text::{MAX_TEXT, clean_bytes, cut};
use crate::trust::Hops;
use crate::url::{RedactedKeys, redact_path, redact_query};
use crate::{Http, HttpCall, Server, Trust, TrustPolicy, Value, attribute};

/// What is configured on a server.
#[derive(Clone, Debug, Default)]
pub struct ServerSettings {
    pub(crate) trust: Option<TrustPolicy>,
    pub(crate) late_routes: LateRoutes,
}

/// Whether routes are taken during the call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum LateRoutes {
    #[default]
    None,
    Taken,
}

/// How far the caller is believed, and by which policy.
#[derive(Debug)]
pub struct Believed {
    trust: Trust,
    policy: Option<TrustPolicy>,
}

impl Believed {
    fn hops(&self) -> Option<Hops<'_>> {
        match self.trust {
            Trust::Parent => self.policy.as_ref().map(TrustPolicy::hops),
            Trust::Link | Trust::Ignore => None,
        }
    }
}

impl HttpCall<Server> {
    /// How far the caller is believed. [Without a policy](Http::with_trust) it is the parent, though its forwarded headers are not read.
    pub fn trust(&self) -> Trust {
        self.side.trust
    }
}

impl Side for Server {
    type Settings = ServerSettings;
    type Facts = Believed;

    const DROPPED: Verdict = Verdict::Error("cancelled");

    fn is_error(status: StatusCode) -> bool {
        status.as_u16() >= 500
    }

    fn read(http: &Http<Server>, request: &mut request::Parts) -> HttpCall<Server> {
        let policy = http.side.trust.clone();
        let trust = policy
            .as_ref()
            .map_or(Trust::default(), |policy| policy.decide(request));
        let believed = Believed { trust, policy };
        let forwarded_scheme = Forwarded::read(&request.headers, None, believed.hops()).scheme;
        let late = match http.side.late_routes {
            LateRoutes::None => None,
            LateRoutes::Taken => {
                let handle = request.extensions.get_or_insert_default::<LateRoute>();
                Some(handle.clone())
            }
        };
        HttpCall {
            method: http.methods.read(&request.method),
            route: route(&request.extensions),
            late,
            redacted: http.redacted.clone(),
            side: believed,
            status: None,
            scheme: forwarded_scheme.or_else(|| Scheme::of(&request.uri)).or(http.scheme),
            version: Some(request.version),
        }
    }

    fn see(_: &mut HttpCall<Server>, _: &response::Parts) {}

    fn describe_request<'a>(
        call: &'a HttpCall<Server>,
        request: &'a request::Parts,
        say: &mut impl FnMut(&'static str, Value<'a>),
    ) {
        let peer = peer(&request.extensions);
        let address = peer.map(|peer| peer.ip());
        let forwarded = Forwarded::read(&request.headers, address, call.side.hops());
        call.say_method(say);
        say(attribute::URL_PATH, path(request, &call.redacted));
        if let Some(scheme) = call.scheme() {
            say(attribute::URL_SCHEME, Value::Static(scheme));
        }
        call.say_method_original(say);
        if let Some(route) = call.template() {
            say(attribute::HTTP_ROUTE, route.value());
        }
        let query = request.uri.query().filter(|query| !query.is_empty());
        if let Some(query) = query {
            let query = redact_query(cut(query, MAX_TEXT), &call.redacted);
            say(attribute::URL_QUERY, Value::cleaned(query));
        }
        if let Some(server) = forwarded.host.or_else(|| asked(request)) {
            say(attribute::SERVER_ADDRESS, Value::Text(server.host.into()));
            if let Some(port) = server.port {
                say(attribute::SERVER_PORT, Value::Int(port.into()));
            }
        }
        if let Some(client) = forwarded.client {
            say(attribute::CLIENT_ADDRESS, Value::Text(address_text(client).into()));
        }
        if let Some(peer) = peer {
            let address = Value::Text(address_text(peer.ip()).into());
            say(attribute::NETWORK_PEER_ADDRESS, address);
            say(attribute::NETWORK_PEER_PORT, Value::Int(peer.port().into()));
        }
        call.say_version(say);
        let agent = request.headers.get(USER_AGENT);
        if let Some(agent) = agent.filter(|agent| !agent.is_empty()) {
            let agent = Value::Text(clean_bytes(agent.as_bytes()));
            say(attribute::USER_AGENT_ORIGINAL, agent);
        }
    }

    fn describe_response<'a>(_: &'a HttpCall<Server>, _: &mut impl FnMut(&'static str, Value<'a>)) {}
}

/// The route, where the router has run: a [`Route`], else axum's.
fn route(extensions: &Extensions) -> Option<Template> {
    let given = extensions.get::<Route>().cloned();
    let given = given.and_then(|route| route.0.unless_empty());
    #[cfg(feature = "axum")]
    let given = given.or_else(|| {
        let path = extensions.get::<axum::extract::MatchedPath>()?;
        Template::Matched(path.clone()).unless_empty()
    });
    given
}

/// The path as sent, which is never decoded. A `CONNECT` has none.
fn path<'a>(request: &'a request::Parts, redacted: &RedactedKeys) -> Value<'a> {
    match request.uri.path() {
        "" if request.method == Method::CONNECT => Value::Static(""),
        "" => Value::Static("/"),
        path => Value::cleaned(redact_path(cut(path, MAX_TEXT), redacted)),
    }
}

/// The host that was asked: the request target's (`:authority`, in HTTP/2), else that of the one `Host` header.
fn asked(request: &request::Parts) -> Option<HostPort<'_>> {
    if let Some(authority) = request.uri.authority().map(Authority::as_str) {
        return HostPort::of_authority(authority);
    }
    let mut hosts = request.headers.get_all(HOST).into_iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => HostPort::of_host(host.to_str().ok()?),
        _ => None,
    }
}
