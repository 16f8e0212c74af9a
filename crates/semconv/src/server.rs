//! The calls a server answers.

use http::header::{HOST, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, StatusCode, Uri, request, response};
use tower_telemetry_observe::Verdict;

use crate::authority::HostPort;
use crate::class::Classes;
use crate::forwarded::Forwarded;
use crate::limit::cut;
use crate::name::Named;
use crate::peer::peer;
use crate::routed::Routed;
use crate::scheme::Scheme;
use crate::side::sealed::Side;
use crate::text::MAX_TEXT;
use crate::trust::Hops;
use crate::url::{RedactedKeys, redact_path, redact_query};
use crate::{Http, HttpCall, LateRoute, Say, Server, Trust, TrustPolicy, Value, attribute, seen};

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

impl HttpCall<Server> {
    /// How far the caller is believed. [Without a policy](Http::with_trust) it is the parent, though its forwarded headers are not read.
    pub fn trust(&self) -> Trust {
        self.side
    }

    /// Reads what is read by settings alone. Apart, since most servers have none.
    #[inline(never)]
    fn read_by(mut self, settings: &ServerSettings, request: &mut request::Parts) -> Self {
        if let Some(policy) = &settings.trust {
            self.side = policy.decide(request);
        }
        if let Some(hops) = settings.hops(self.side) {
            let forwarded = Forwarded::read(&request.headers, None, hops);
            self.scheme = forwarded.scheme.or(self.scheme);
        }
        if let LateRoutes::Taken = settings.late_routes {
            let late = request.extensions.get_or_insert_default::<LateRoute>();
            if let Routed::Unknown = self.route {
                self.route = Routed::Late(late.clone());
            }
        }
        self
    }

    /// What is believed of forwarded headers.
    #[inline]
    fn hops(&self) -> Option<Hops<'_>> {
        self.settings.side()?.hops(self.side)
    }
}

impl ServerSettings {
    fn hops(&self, trust: Trust) -> Option<Hops<'_>> {
        let policy = self.trust.as_ref().filter(|_| trust == Trust::Parent);
        policy.map(TrustPolicy::hops)
    }
}

impl Side for Server {
    type Settings = ServerSettings;
    type Facts = Trust;

    const DROPPED: Verdict = Verdict::Error("cancelled");

    #[inline]
    fn is_error(status: StatusCode) -> bool {
        status.as_u16() >= 500
    }

    #[inline]
    fn read(http: &Http<Server>, request: &mut request::Parts) -> HttpCall<Server> {
        let call = HttpCall {
            route: Routed::on_server(&request.extensions),
            named: Named::default(),
            method: http.methods.read(&request.method),
            settings: http.settings.clone(),
            side: Trust::default(),
            status: None,
            scheme: Scheme::of(&request.uri).or(http.scheme),
            version: Some(request.version),
        };
        match http.settings.side() {
            None => call,
            Some(settings) => call.read_by(settings, request),
        }
    }

    fn see(_: &mut HttpCall<Server>, _: &response::Parts) {}

    #[inline]
    fn describe_request<'a>(call: &'a HttpCall<Server>, request: &'a request::Parts, say: &mut impl Say<'a>) {
        let peer = peer(&request.extensions);
        let Heads { host, agent } = Heads::of(&request.headers);
        let mut client = peer.map(|peer| peer.ip());
        let mut server = None;
        if let Some(hops) = call.hops() {
            let forwarded = Forwarded::read(&request.headers, client, hops);
            client = forwarded.client;
            server = forwarded.host.map(|read| (Value::Text(read.host.into()), read.port));
        }
        call.say_method(say);
        say.say(attribute::URL_PATH, path(request, call.settings.redacted()));
        if let Some(scheme) = call.scheme() {
            say.say(attribute::URL_SCHEME, Value::Static(scheme));
        }
        call.say_method_original(say);
        if let Some(route) = call.route.value(&call.named) {
            say.say(attribute::HTTP_ROUTE, route);
        }
        let query = request.uri.query().filter(|query| !query.is_empty());
        if let Some(query) = query {
            let query = redact_query(cut(query, MAX_TEXT), call.settings.redacted());
            say.say(attribute::URL_QUERY, Value::cleaned(query));
        }
        if let Some((address, port)) = server.or_else(|| asked_by(&request.uri, host)) {
            say.say(attribute::SERVER_ADDRESS, address);
            if let Some(port) = port {
                say.say(attribute::SERVER_PORT, Value::Int(port.into()));
            }
        }
        let peer = peer.map(|peer| (peer, seen::address(peer.ip())));
        if let Some(client) = client {
            let same = peer.as_ref().filter(|(peer, _)| peer.ip() == client);
            let address = same.map(|(_, address)| address.clone());
            say.say(
                attribute::CLIENT_ADDRESS,
                address.unwrap_or_else(|| seen::address(client)),
            );
        }
        if let Some((peer, address)) = peer {
            say.say(attribute::NETWORK_PEER_ADDRESS, address);
            say.say(attribute::NETWORK_PEER_PORT, Value::Int(peer.port().into()));
        }
        call.say_version(say);
        if let Some(agent) = agent.filter(|agent| !agent.is_empty()) {
            say.say(attribute::USER_AGENT_ORIGINAL, seen::agent(agent.as_bytes()));
        }
    }

    fn describe_response<'a>(_: &'a HttpCall<Server>, _: &mut impl Say<'a>) {}
}

/// The path as sent, which is never decoded. A `CONNECT` has none.
#[inline]
fn path<'a>(request: &'a request::Parts, redacted: &RedactedKeys) -> Value<'a> {
    match request.uri.path() {
        "" if request.method == Method::CONNECT => Value::Static(""),
        "" => Value::Static("/"),
        path if path.len() <= MAX_TEXT && !Classes::of(path).contain(Classes::NOT_PLAIN | Classes::EQUALS) => {
            Value::Text(path.into())
        }
        path => Value::cleaned(redact_path(cut(path, MAX_TEXT), redacted)),
    }
}

/// The headers that are described, found in one pass.
#[derive(Default)]
struct Heads<'a> {
    host: Hosts<'a>,
    agent: Option<&'a HeaderValue>,
}

#[derive(Default)]
enum Hosts<'a> {
    #[default]
    None,
    One(&'a HeaderValue),
    Many,
}

impl<'a> Heads<'a> {
    #[inline]
    fn of(headers: &'a HeaderMap) -> Self {
        let mut heads = Heads::default();
        for (name, value) in headers {
            if name == HOST {
                heads.host = match heads.host {
                    Hosts::None => Hosts::One(value),
                    Hosts::One(_) | Hosts::Many => Hosts::Many,
                };
            } else if name == USER_AGENT {
                heads.agent = heads.agent.or(Some(value));
            }
        }
        heads
    }
}

/// The same of a request of which nothing else is looked for.
pub(crate) fn asked(request: &request::Parts) -> Option<(Value<'_>, Option<u16>)> {
    asked_by(&request.uri, Heads::of(&request.headers).host)
}

/// The host that was asked: the request target's (`:authority`, in HTTP/2), else that of the one `Host` header.
#[inline]
fn asked_by<'a>(target: &'a Uri, host: Hosts<'a>) -> Option<(Value<'a>, Option<u16>)> {
    match (target.authority(), host) {
        (Some(authority), _) => {
            let authority = authority.as_str();
            seen::host(authority.as_bytes(), |_| HostPort::of_authority(authority))
        }
        (None, Hosts::One(host)) => seen::host(host.as_bytes(), |host| {
            HostPort::of_host(std::str::from_utf8(host).ok()?)
        }),
        (None, Hosts::None | Hosts::Many) => None,
    }
}
