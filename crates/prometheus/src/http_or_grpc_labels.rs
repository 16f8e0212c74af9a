//! The labels of calls that are either HTTP or gRPC.

use std::fmt;

use http::response;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use tower_telemetry_semconv::{Client, HttpOrGrpcCall, Server};

use crate::catalog::{Catalog, HTTP_CLIENT, HTTP_SERVER, RPC_CLIENT, RPC_SERVER};
use crate::measured::{CallLabels, Measured, StreamsCount};
use crate::table::mix;
use crate::{GrpcEnded, GrpcSide, GrpcStarted, HttpEnded, HttpSide, HttpStarted};

/// What belongs to an HTTP call, or to a gRPC call.
#[derive(Clone, Copy, Debug)]
pub enum Either<H, G> {
    /// To an HTTP call.
    Http(H),
    /// To a gRPC call.
    Grpc(G),
}

impl<H: EncodeLabelSet, G: EncodeLabelSet> EncodeLabelSet for Either<H, G> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        match self {
            Either::Http(labels) => labels.encode(encoder),
            Either::Grpc(labels) => labels.encode(encoder),
        }
    }
}

/// A side on which calls of both kinds are measured.
trait Sides: HttpSide + GrpcSide {
    const CATALOGS: &'static [&'static Catalog];
}

impl Sides for Server {
    const CATALOGS: &'static [&'static Catalog] = &[&HTTP_SERVER, &RPC_SERVER];
}

impl Sides for Client {
    const CATALOGS: &'static [&'static Catalog] = &[&HTTP_CLIENT, &RPC_CLIENT];
}

impl<S: Sides> Measured for HttpOrGrpcCall<S> {
    type Started = Either<HttpStarted, GrpcStarted>;
    type Ended = Either<HttpEnded, GrpcEnded>;

    const CATALOGS: &'static [&'static Catalog] = S::CATALOGS;

    fn kind(started: &Self::Started) -> usize {
        match started {
            Either::Http(_) => 0,
            Either::Grpc(_) => 1,
        }
    }

    fn streams_count(&self) -> StreamsCount {
        match self {
            HttpOrGrpcCall::Http(call) => call.streams_count(),
            HttpOrGrpcCall::Grpc(call) => call.streams_count(),
        }
    }

    fn is_stream(&self, head: &response::Parts) -> bool {
        match self {
            HttpOrGrpcCall::Http(call) => call.is_stream(head),
            HttpOrGrpcCall::Grpc(call) => call.is_stream(head),
        }
    }
}

impl<S, H, G> CallLabels<HttpOrGrpcCall<S>> for Either<H, G>
where
    S: Sides,
    H: CallLabels<tower_telemetry_semconv::HttpCall<S>>,
    G: CallLabels<tower_telemetry_semconv::GrpcCall<S>>,
{
    type Read<'a> = Either<H::Read<'a>, G::Read<'a>>;

    #[inline]
    fn read<'a>(call: &'a HttpOrGrpcCall<S>, error_type: Option<&'static str>) -> Self::Read<'a> {
        match call {
            HttpOrGrpcCall::Http(call) => Either::Http(H::read(call, error_type)),
            HttpOrGrpcCall::Grpc(call) => Either::Grpc(G::read(call, error_type)),
        }
    }

    fn of(read: Self::Read<'_>) -> Self {
        match read {
            Either::Http(read) => Either::Http(H::of(read)),
            Either::Grpc(read) => Either::Grpc(G::of(read)),
        }
    }

    #[inline]
    fn are_of(&self, read: Self::Read<'_>) -> bool {
        match (self, read) {
            (Either::Http(labels), Either::Http(read)) => labels.are_of(read),
            (Either::Grpc(labels), Either::Grpc(read)) => labels.are_of(read),
            _ => false,
        }
    }

    #[inline]
    fn hash_of(read: Self::Read<'_>) -> u64 {
        match read {
            Either::Http(read) => H::hash_of(read),
            Either::Grpc(read) => mix(G::hash_of(read), 1),
        }
    }
}
