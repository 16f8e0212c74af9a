//! The calls a server answers.

use http::header::{HOST, USER_AGENT};
use http::uri::Authority;
use http::{Extensions, Method, StatusCode, request, response};
use tower_telemetry_observe::Verdict;

use crate::authority::HostPort;
use crate::forwarded::Forwarded;
use crate::peer::peer;
use crate::route::{LateRoute, Route, Template};
use crate::scheme::Scheme;
use crate::side::sealed::Side;
use crate::text::{MAX_TEXT, clean_bytes, cut};
use crate::url::{RedactedKeys, redact_path, redact_query};
use crate::{Http, HttpCall, Server, TrustedProxies, Value, attribute};

/// What is configured on a server.
#[derive(Clone, Debug, Default)]
pub struct ServerSettings {
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) late_routes: LateRoutes,
}

/// Whether routes are taken during the call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum LateRoutes {
    #[default]
    None,
    Taken,
}

impl Side for Server {
    type Settings = ServerSettings;
    /// The proxies that were trusted.
    type Facts = Option<TrustedProxies>;

    const DROPPED: Verdict = Verdict::Error("cancelled");

    fn is_error(status: StatusCode) -> bool {
        status.as_u16() >= 500
    }

    fn read(http: &Http<Server>, request: &mut request::Parts) -> HttpCall<Server> {
        let forwarded_scheme = http.side.proxies.as_ref().and_then(|proxies| {
            let peer = peer(&request.extensions);
            Forwarded::read(&request.headers, peer, Some(proxies)).scheme
        });
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
            side: http.side.proxies.clone(),
            status: None,
            scheme: forwarded_scheme
                .or_else(|| Scheme::of(&request.uri))
                .or(http.scheme),
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
        let forwarded = Forwarded::read(&request.headers, peer, call.side.as_ref());
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
            let client = Value::Text(client.to_string().into());
            say(attribute::CLIENT_ADDRESS, client);
        }
        if let Some(peer) = peer {
            let address = Value::Text(peer.ip().to_string().into());
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

    fn describe_response<'a>(_: &'a HttpCall<Server>, _: &mut impl FnMut(&'static str, Value<'a>)) {
    }
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::uri::Scheme;
    use http::{HeaderValue, Request, Uri};
    use proptest::prelude::*;
    use tower_telemetry_observe::ClassifyHttp;

    use super::*;
    use crate::{IpNet, PeerAddr};

    fn said(http: &Http<Server>, request: Request<()>) -> Vec<String> {
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
    fn everything_there_is_to_say_is_said_required_things_first() {
        let request = Request::get("/users/42?a=b&sig=s")
            .header("host", "shop.example:8080")
            .header("user-agent", "curl/8.5")
            .extension(Route::new("/users/{id}"))
            .extension(PeerAddr("192.0.2.1:4711".parse().unwrap()));
        let http = Http::server().with_scheme(Scheme::HTTPS);
        let expected = [
            "http.request.method=GET",
            "url.path=/users/42",
            "url.scheme=https",
            "http.route=/users/{id}",
            "url.query=a=b&sig=REDACTED",
            "server.address=shop.example",
            "server.port:8080",
            "client.address=192.0.2.1",
            "network.peer.address=192.0.2.1",
            "network.peer.port:4711",
            "network.protocol.version=1.1",
            "user_agent.original=curl/8.5",
        ];
        assert_eq!(said(&http, request.body(()).unwrap()), expected);
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        let bare = Request::get("/?")
            .header("user-agent", "")
            .header("host", "")
            .extension(Route::new(""));
        let expected = [
            "http.request.method=GET",
            "url.path=/",
            "network.protocol.version=1.1",
        ];
        assert_eq!(said(&Http::server(), bare.body(()).unwrap()), expected);
        let foreign = Http::server().with_scheme("gopher".parse().unwrap());
        let request = Request::new(());
        assert_eq!(said(&foreign, request), expected);
    }

    #[test]
    fn each_form_of_target_is_read() {
        let rows: &[(&str, &str, &[&str])] = &[
            (
                "absolute form wins over Host",
                "GET http://other.example:81/full?x=1",
                &[
                    "url.path=/full",
                    "url.scheme=http",
                    "url.query=x=1",
                    "server.address=other.example",
                    "server.port:81",
                ],
            ),
            (
                "credentials",
                "GET http://u:p@other.example/full",
                &[
                    "url.path=/full",
                    "url.scheme=http",
                    "server.address=other.example",
                ],
            ),
            (
                "no path",
                "GET http://other.example",
                &[
                    "url.path=/",
                    "url.scheme=http",
                    "server.address=other.example",
                ],
            ),
            (
                "authority form",
                "CONNECT a.b:443",
                &["url.path=", "server.address=a.b", "server.port:443"],
            ),
            (
                "extended CONNECT",
                "CONNECT https://a.b/chat",
                &["url.path=/chat", "url.scheme=https", "server.address=a.b"],
            ),
            (
                "asterisk form",
                "OPTIONS *",
                &["url.path=*", "server.address=host"],
            ),
            (
                "foreign scheme",
                "GET gopher://other.example/",
                &["url.path=/", "server.address=other.example"],
            ),
            (
                "IPv6",
                "GET http://[::1]:8080/",
                &[
                    "url.path=/",
                    "url.scheme=http",
                    "server.address=::1",
                    "server.port:8080",
                ],
            ),
            (
                "never decoded",
                "GET /a%2e%2e/%00%0d%0a",
                &["url.path=/a%2e%2e/%00%0d%0a", "server.address=host"],
            ),
            (
                "odd bytes",
                "GET /é\"\\|",
                &["url.path=/é\"\\|", "server.address=host"],
            ),
            (
                "escaped",
                "GET /\u{9b}\u{2028}?\u{202e}",
                &[
                    r"url.path=/\u{9b}\u{2028}",
                    r"url.query=\u{202e}",
                    "server.address=host",
                ],
            ),
            (
                "matrix parameter",
                "GET /a;sig=s/b",
                &["url.path=/a;sig=REDACTED/b", "server.address=host"],
            ),
            (
                "unknown method",
                "get /",
                &[
                    "url.path=/",
                    "http.request.method_original=get",
                    "server.address=host",
                ],
            ),
        ];
        for (rule, line, expected) in rows {
            let (method, target) = line.split_once(' ').unwrap();
            let request = Request::builder()
                .method(method)
                .uri(target)
                .header("host", "host");
            let mut said = said(&Http::server(), request.body(()).unwrap());
            said.retain(|said| {
                !said.starts_with("http.request.method=") && !said.starts_with("network.")
            });
            assert_eq!(said, *expected, "{rule}");
        }
    }

    #[test]
    fn one_host_header_names_the_server() {
        let rows: &[(&str, &[&str], &[&str])] = &[
            ("none", &[], &[]),
            ("two", &["a", "b"], &[]),
            ("the same twice", &["a", "a"], &[]),
            ("malformed", &[r#"a b"<>:99999"#], &[]),
            ("name", &["a"], &["server.address=a"]),
            ("port", &["a:80"], &["server.address=a", "server.port:80"]),
            ("bad port", &["a:99999"], &["server.address=a"]),
        ];
        for (rule, hosts, expected) in rows {
            let mut request = Request::new(());
            for host in *hosts {
                request
                    .headers_mut()
                    .append(HOST, HeaderValue::from_str(host).unwrap());
            }
            let said = said(&Http::server(), request);
            let said = said.iter().filter(|said| said.starts_with("server."));
            assert!(said.eq(expected.iter()), "{rule}");
        }
    }

    #[test]
    fn the_version_is_the_requests() {
        let rows = [
            (http::Version::HTTP_09, "0.9"),
            (http::Version::HTTP_10, "1.0"),
            (http::Version::HTTP_11, "1.1"),
            (http::Version::HTTP_2, "2"),
            (http::Version::HTTP_3, "3"),
        ];
        for (version, expected) in rows {
            let request = Request::builder().version(version).body(()).unwrap();
            let expected = format!("network.protocol.version={expected}");
            assert!(said(&Http::server(), request).contains(&expected));
        }
    }

    #[test]
    fn forwarded_words_are_for_those_who_trust_them() {
        let request = || {
            let request = Request::get("/")
                .header("host", "inner:81")
                .header("forwarded", "for=192.0.2.9;host=shop.example;proto=https")
                .extension(PeerAddr("10.0.0.1:1".parse().unwrap()));
            request.body(()).unwrap()
        };
        let http = Http::server().with_scheme(Scheme::HTTP);
        let expected = [
            "url.scheme=http",
            "server.address=inner",
            "server.port:81",
            "client.address=10.0.0.1",
        ];
        let said_by_default = said(&http, request());
        assert!(
            expected
                .iter()
                .all(|said| said_by_default.iter().any(|all| all == said))
        );

        let net: IpNet = "10.0.0.0/8".parse().unwrap();
        let said = said(
            &http.with_trusted_proxies(TrustedProxies::new([net])),
            request(),
        );
        let expected = [
            "url.scheme=https",
            "server.address=shop.example",
            "client.address=192.0.2.9",
            "network.peer.address=10.0.0.1",
        ];
        assert!(
            expected
                .iter()
                .all(|expected| said.iter().any(|said| said == expected)),
            "{said:?}"
        );
        assert!(!said.iter().any(|said| said.starts_with("server.port")));
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "é".repeat(30_000);
        let request = Request::get(format!("/{long}?{long}"))
            .method(&*"A".repeat(100_000))
            .header("user-agent", "x".repeat(100_000));
        let said = said(&Http::server(), request.body(()).unwrap());
        let lengths: Vec<_> = said
            .iter()
            .map(|said| said.split_once('=').unwrap().1.len())
            .collect();
        assert_eq!(lengths, [6, 1023, 64, 1024, 3, 1024]);
    }

    #[test]
    fn a_handler_can_tell_the_route() {
        let http = Http::server().with_late_route();
        let (mut request, ()) = Request::get("/users/42").body(()).unwrap().into_parts();
        let call = http.read(&mut request);
        assert_eq!((call.route(), &*call.span_name()), (None, "GET"));
        request
            .extensions
            .get::<LateRoute>()
            .unwrap()
            .set("/users/{id}");
        assert_eq!(call.route(), Some("/users/{id}"));
        assert_eq!(call.span_name(), "GET /users/{id}");

        let again = http.read(&mut request);
        assert_eq!(
            again.route(),
            Some("/users/{id}"),
            "calls within calls share the handle"
        );

        request.extensions.insert(Route::new("/known"));
        assert_eq!(http.read(&mut request).route(), Some("/known"));

        let (mut request, ()) = Request::new(()).into_parts();
        Http::server().read(&mut request);
        assert!(request.extensions.is_empty());
    }

    #[test]
    fn a_call_keeps_no_buffer_of_its_request() {
        let buffer = Bytes::from(b"http://shop.example/users/42?a=b".to_vec());
        let uri = Uri::from_maybe_shared(buffer.clone()).unwrap();
        let header = HeaderValue::from_maybe_shared(buffer.clone()).unwrap();
        let request = Request::builder().uri(uri).header("host", header);
        let (mut request, ()) = request.body(()).unwrap().into_parts();
        let call = Http::server().with_late_route().read(&mut request);
        assert!(!buffer.is_unique());
        drop(request);
        assert!(buffer.is_unique());
        assert_eq!(call.scheme(), Some("http"));
    }

    proptest! {
        #[test]
        fn whatever_a_peer_sends_is_described_cleanly(
            target in "(/|http://|\\*)?\\PC{0,40}",
            headers in prop::collection::vec((0..3usize, prop::collection::vec(prop_oneof![32u8..127, 128u8..], 0..40)), 0..4),
        ) {
            let mut request = Request::new(());
            if let Ok(uri) = target.parse() {
                *request.uri_mut() = uri;
            }
            for (name, value) in headers {
                let name = [HOST, USER_AGENT, http::header::FORWARDED][name].clone();
                request.headers_mut().append(name, HeaderValue::from_bytes(&value).unwrap());
            }
            let http = Http::server().with_trusted_proxies(TrustedProxies::any());
            for said in said(&http, request) {
                let (_, text) = said.split_once(['=', ':']).unwrap();
                prop_assert!(!text.is_empty() && text.len() <= MAX_TEXT);
                prop_assert_eq!(crate::clean(text), text);
            }
        }
    }
}
