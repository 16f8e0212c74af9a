//! What the sides do differently in gRPC.

use std::fmt::Debug;

use http::request;

use super::deadline::Deadline;
use super::method::RpcMethod;
use super::{Grpc, GrpcCall, GrpcCode};
use crate::Say;
use crate::side::{Side, sealed};

pub trait GrpcSide: sealed::Side {
    /// What is configured on this side alone.
    type GrpcSettings: Clone + Debug + Default + Send + Sync;
    /// What is known of a call on this side alone.
    type GrpcFacts: Debug + Send + Sync;

    fn is_grpc_error(code: GrpcCode) -> bool;

    /// What a status that was said comes to on this side.
    fn settled(code: GrpcCode, deadline: &Deadline) -> GrpcCode;

    /// A method that can be learned, and has not been yet.
    fn not_learned(name: &str) -> RpcMethod;

    fn deadline(grpc: &Grpc<Self>, request: &request::Parts) -> Deadline
    where
        Self: Side;

    fn read_grpc(grpc: &Grpc<Self>, request: &request::Parts) -> Self::GrpcFacts
    where
        Self: Side;

    fn describe_grpc<'a>(call: &'a GrpcCall<Self>, request: &'a request::Parts, say: &mut impl Say<'a>)
    where
        Self: Side;
}
