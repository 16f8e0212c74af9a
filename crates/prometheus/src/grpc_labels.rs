//! The labels of gRPC calls.

use std::fmt;

use http::response;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use tower_telemetry_semconv::{Client, GrpcCall, GrpcCode, Server, Side, StatusAttribute};

use crate::catalog::{Catalog, RPC_CLIENT, RPC_SERVER};
use crate::label::{label, maybe, same, same_server};
use crate::measured::{CallLabels, Measured, StreamsCount};
use crate::table::{hash_text, mix};
use crate::text::Text;

/// What the sides of gRPC calls label differently.
pub trait GrpcSide: Side {
    #[doc(hidden)]
    const CATALOG: &'static Catalog;

    #[doc(hidden)]
    fn asked(call: &GrpcCall<Self>) -> Option<(&str, Option<u16>)>;
}

impl GrpcSide for Server {
    const CATALOG: &'static Catalog = &RPC_SERVER;

    #[inline]
    fn asked(_: &GrpcCall<Self>) -> Option<(&str, Option<u16>)> {
        None
    }
}

impl GrpcSide for Client {
    const CATALOG: &'static Catalog = &RPC_CLIENT;

    #[inline]
    fn asked(call: &GrpcCall<Self>) -> Option<(&str, Option<u16>)> {
        Some((call.server_address()?, call.server_port()))
    }
}

impl<S: GrpcSide> Measured for GrpcCall<S> {
    type Started = GrpcStarted;
    type Ended = GrpcEnded;

    const CATALOGS: &'static [&'static Catalog] = &[S::CATALOG];

    fn streams_count(&self) -> StreamsCount {
        StreamsCount::AtEnd
    }

    /// A call does not tell whether its method streams.
    fn is_stream(&self, _: &response::Parts) -> bool {
        false
    }
}

/// The labels of a gRPC call in flight: the system, and on a client server and port.
#[derive(Debug)]
pub struct GrpcStarted {
    server: Option<(Text, Option<u16>)>,
}

/// The further labels of a gRPC call that has ended: method, status and `error.type`.
#[derive(Debug)]
pub struct GrpcEnded {
    method: Text,
    code: Option<GrpcCode>,
    attribute: StatusAttribute,
    error_type: Option<&'static str>,
}

/// What the labels of a gRPC call in flight are made of.
#[derive(Clone, Copy, Debug)]
pub struct ReadGrpcStarted<'a> {
    server: Option<(&'a str, Option<u16>)>,
}

/// What the labels of a gRPC call that has ended are made of.
#[derive(Clone, Copy, Debug)]
pub struct ReadGrpcEnded<'a> {
    method: &'a str,
    code: Option<GrpcCode>,
    attribute: StatusAttribute,
    error_type: Option<&'static str>,
}

impl<S: GrpcSide> CallLabels<GrpcCall<S>> for GrpcStarted {
    type Read<'a> = ReadGrpcStarted<'a>;

    #[inline]
    fn read<'a>(call: &'a GrpcCall<S>, _: Option<&'static str>) -> ReadGrpcStarted<'a> {
        ReadGrpcStarted { server: S::asked(call) }
    }

    fn of(read: ReadGrpcStarted<'_>) -> Self {
        GrpcStarted {
            server: read.server.map(|(address, port)| (address.into(), port)),
        }
    }

    #[inline]
    fn are_of(&self, read: ReadGrpcStarted<'_>) -> bool {
        same_server(self.server.as_ref(), read.server)
    }

    #[inline]
    fn hash_of(read: ReadGrpcStarted<'_>) -> u64 {
        let hash = |(address, port): (&str, Option<u16>)| mix(hash_text(address), port.unwrap_or(0).into());
        read.server.map_or(0, hash)
    }
}

impl<S: GrpcSide> CallLabels<GrpcCall<S>> for GrpcEnded {
    type Read<'a> = ReadGrpcEnded<'a>;

    #[inline]
    fn read<'a>(call: &'a GrpcCall<S>, error_type: Option<&'static str>) -> ReadGrpcEnded<'a> {
        ReadGrpcEnded {
            method: call.method(),
            code: call.code(),
            attribute: call.status_attribute(),
            error_type,
        }
    }

    fn of(read: ReadGrpcEnded<'_>) -> Self {
        GrpcEnded {
            method: read.method.into(),
            code: read.code,
            attribute: read.attribute,
            error_type: read.error_type,
        }
    }

    #[inline]
    fn are_of(&self, read: ReadGrpcEnded<'_>) -> bool {
        self.code == read.code && same(self.error_type, read.error_type) && self.method.is(read.method)
    }

    #[inline]
    fn hash_of(read: ReadGrpcEnded<'_>) -> u64 {
        let hash = mix(hash_text(read.method), read.code.map_or(u64::MAX, |code| code as u64));
        match read.error_type {
            Some(error_type) => mix(hash, hash_text(error_type)),
            None => hash,
        }
    }
}

impl EncodeLabelSet for GrpcStarted {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        label(encoder, "rpc_system_name", &"grpc")?;
        let Some((address, port)) = &self.server else {
            return Ok(());
        };
        label(encoder, "server_address", &address.as_str())?;
        maybe(encoder, "server_port", port.map(u64::from).as_ref())
    }
}

impl EncodeLabelSet for GrpcEnded {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        label(encoder, "rpc_method", &self.method.as_str())?;
        let code = self.code.map(GrpcCode::as_str);
        if self.attribute != StatusAttribute::StatusCode {
            maybe(encoder, "rpc_response_status_code", code.as_ref())?;
        }
        if self.attribute != StatusAttribute::ResponseStatusCode {
            maybe(encoder, "rpc_status_code", code.as_ref())?;
        }
        maybe(encoder, "error_type", self.error_type.as_ref())
    }
}
