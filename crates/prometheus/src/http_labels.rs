//! The labels of HTTP calls.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use tower_telemetry_semconv::{HttpCall, Method, status_word};

use crate::HttpSide;
use crate::catalog::Catalog;
use crate::classic::Classic;
use crate::label::{label, maybe, same, same_server, same_text};
use crate::measured::{CallLabels, Measured};
use crate::table::{hash_text, mix};
use crate::text::Text;

impl<S: HttpSide> Measured for HttpCall<S> {
    type Started = HttpStarted;
    type Ended = HttpEnded;

    const CATALOGS: &'static [&'static Catalog] = &[S::CATALOG];

    fn classic<'a>(started: &'a HttpStarted, ended: &'a HttpEnded) -> Option<Classic<'a>> {
        Some(Classic {
            method: &started.method,
            endpoint: ended.route.as_ref().map_or("unknown", |(_, route)| route.as_str()),
            status: match ended.status {
                Some(status) => status_word(status),
                None => ended.error_type.unwrap_or("unknown"),
            },
        })
    }
}

/// The labels of an HTTP call in flight: method and scheme, or on a client method, server and port.
#[derive(Debug)]
pub struct HttpStarted {
    method: Cow<'static, str>,
    scheme: Option<&'static str>,
    server: Option<(Text, Option<u16>)>,
}

/// The further labels of an HTTP call that has ended: route or template, status, `error.type` and protocol version.
#[derive(Debug)]
pub struct HttpEnded {
    route: Option<(&'static str, Text)>,
    status: Option<StatusCode>,
    version: Option<&'static str>,
    error_type: Option<&'static str>,
}

/// What the labels of a call in flight are made of.
#[derive(Clone, Copy, Debug)]
pub struct ReadStarted<'a> {
    method: &'a Method,
    scheme: Option<&'static str>,
    server: Option<(&'a str, Option<u16>)>,
}

/// What the labels of a call that has ended are made of.
#[derive(Clone, Copy, Debug)]
pub struct ReadEnded<'a> {
    label: &'static str,
    route: Option<&'a str>,
    status: Option<StatusCode>,
    version: Option<&'static str>,
    error_type: Option<&'static str>,
}

impl<S: HttpSide> CallLabels<HttpCall<S>> for HttpStarted {
    type Read<'a> = ReadStarted<'a>;

    #[inline(always)]
    fn read<'a>(call: &'a HttpCall<S>, _: Option<&'static str>) -> ReadStarted<'a> {
        ReadStarted {
            method: call.method(),
            scheme: S::scheme(call),
            server: S::asked(call),
        }
    }

    fn of(read: ReadStarted<'_>) -> Self {
        let method = read.method;
        HttpStarted {
            method: method
                .as_static()
                .map_or_else(|| method.as_str().to_owned().into(), Cow::Borrowed),
            scheme: read.scheme,
            server: read.server.map(|(address, port)| (address.into(), port)),
        }
    }

    #[inline(always)]
    fn are_of(&self, read: ReadStarted<'_>) -> bool {
        same_text(&self.method, read.method.as_str())
            && same(self.scheme, read.scheme)
            && same_server(self.server.as_ref(), read.server)
    }

    #[inline(always)]
    fn hash_of(read: ReadStarted<'_>) -> u64 {
        let hash = hash_word(read.method.as_str());
        match read.server {
            Some((address, port)) => mix(mix(hash, hash_text(address)), port.unwrap_or(0).into()),
            None => mix(hash, read.scheme.map_or(0, str::len) as u64),
        }
    }
}

impl<S: HttpSide> CallLabels<HttpCall<S>> for HttpEnded {
    type Read<'a> = ReadEnded<'a>;

    #[inline(always)]
    fn read<'a>(call: &'a HttpCall<S>, error_type: Option<&'static str>) -> ReadEnded<'a> {
        ReadEnded {
            label: S::ROUTE,
            route: call.route(),
            status: call.status().map(labeled),
            version: call.version(),
            error_type,
        }
    }

    fn of(read: ReadEnded<'_>) -> Self {
        HttpEnded {
            route: read.route.map(|route| (read.label, route.into())),
            status: read.status,
            version: read.version,
            error_type: read.error_type,
        }
    }

    #[inline(always)]
    fn are_of(&self, read: ReadEnded<'_>) -> bool {
        self.status == read.status
            && same(self.error_type, read.error_type)
            && same(self.version, read.version)
            && match (&self.route, read.route) {
                (None, None) => true,
                (Some((_, route)), Some(other)) => route.is(other),
                _ => false,
            }
    }

    #[inline(always)]
    fn hash_of(read: ReadEnded<'_>) -> u64 {
        let status = read.status.map_or(0, |status| status.as_u16());
        let hash = mix(read.route.map_or(0, hash_text), status.into());
        match read.error_type {
            Some(error_type) => mix(hash, hash_text(error_type)),
            None => hash,
        }
    }
}

/// A status as far as its label tells it: codes of no class share theirs, and so a series.
#[inline(always)]
fn labeled(status: StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16().min(600)).unwrap_or(status)
}

/// Methods differ in length or first letter.
#[inline(always)]
fn hash_word(word: &str) -> u64 {
    let first = word.as_bytes().first().copied();
    (word.len() as u64) << 8 | u64::from(first.unwrap_or(0))
}

impl EncodeLabelSet for HttpStarted {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        label(encoder, "http_request_method", &&*self.method)?;
        maybe(encoder, "url_scheme", self.scheme.as_ref())?;
        let Some((address, port)) = &self.server else {
            return Ok(());
        };
        label(encoder, "server_address", &address.as_str())?;
        maybe(encoder, "server_port", port.map(u64::from).as_ref())
    }
}

impl EncodeLabelSet for HttpEnded {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        if let Some((name, route)) = &self.route {
            label(encoder, name, &route.as_str())?;
        }
        maybe(
            encoder,
            "http_response_status_code",
            self.status.map(status_word).as_ref(),
        )?;
        maybe(encoder, "error_type", self.error_type.as_ref())?;
        maybe(encoder, "network_protocol_version", self.version.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use tower_telemetry_observe::ClassifyHttp;
    use tower_telemetry_semconv::{Http, Route, Server};

    use super::*;

    fn call(method: &str, route: &'static str, status: Option<u16>) -> HttpCall<Server> {
        let request = Request::builder().method(method).extension(Route::new(route));
        let (mut request, ()) = request.body(()).expect("a request").into_parts();
        let http = Http::server();
        let mut call = http.read(&mut request);
        if let Some(status) = status {
            let response = http::Response::builder().status(status).body(()).expect("a response");
            http.head(&mut call, &response.into_parts().0);
        }
        call
    }

    /// Which of these are taken for which, by their hashes and compared.
    fn assert_told_apart<L: CallLabels<HttpCall<Server>>>(rows: &[(HttpCall<Server>, Option<&'static str>)]) {
        for (place, (one, error)) in rows.iter().enumerate() {
            let one = L::read(one, *error);
            for (other_place, (other, error)) in rows.iter().enumerate() {
                let other = L::read(other, *error);
                assert_eq!(
                    L::of(one).are_of(other),
                    place == other_place,
                    "{place} and {other_place}"
                );
                assert_eq!(
                    L::hash_of(one) == L::hash_of(other),
                    place == other_place,
                    "{place} and {other_place}"
                );
            }
        }
    }

    #[test]
    fn labels_are_those_of_the_same_calls_alone() {
        assert_told_apart::<HttpEnded>(&[
            (call("GET", "/a", Some(200)), None),
            (call("GET", "/a", Some(200)), Some("body_error")),
            (call("GET", "/a", Some(201)), None),
            (call("GET", "/b", Some(200)), None),
            (call("GET", "", Some(200)), None),
            (call("GET", "/a", None), None),
            (call("GET", "/a", None), Some("cancelled")),
            (call("GET", "/a", None), Some("panic")),
        ]);
    }

    #[test]
    fn known_methods_are_told_apart_and_unknown_ones_are_not() {
        let methods = [
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY", "BREW",
        ];
        assert_told_apart::<HttpStarted>(&methods.map(|method| (call(method, "/a", None), None)));
        let [brew, steep] = ["BREW", "STEEP"].map(|method| call(method, "/a", None));
        type Labels = HttpStarted;
        let read = |call| <Labels as CallLabels<HttpCall<Server>>>::read(call, None);
        let labels = <Labels as CallLabels<HttpCall<Server>>>::of(read(&brew));
        assert!(CallLabels::<HttpCall<Server>>::are_of(&labels, read(&steep)));
    }
}
