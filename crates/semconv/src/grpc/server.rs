//! The calls a server answers.

use std::time::Duration;

use http::request;

use super::deadline::Deadline;
use super::method::RpcMethod;
use super::side::GrpcSide;
use super::{Grpc, GrpcCall, GrpcCode};
use crate::peer::peer;
use crate::server::asked;
use crate::side::sealed;
use crate::{Say, Server, ServerFacts, Trust, TrustPolicy, Value, attribute, seen};

/// What is configured on a server.
#[derive(Clone, Debug, Default)]
pub struct ServerSettings {
    pub(crate) trust: Option<TrustPolicy>,
    pub(crate) timeout: Option<Duration>,
}

impl GrpcCall<Server> {
    /// How far the caller is believed. [Without a policy](Grpc::with_trust) it is the parent.
    pub fn trust(&self) -> Trust {
        self.side
    }
}

impl ServerFacts for GrpcCall<Server> {
    fn trust(&self) -> Trust {
        GrpcCall::trust(self)
    }
}

impl GrpcSide for Server {
    type GrpcSettings = ServerSettings;
    type GrpcFacts = <Server as sealed::Side>::Facts;

    fn is_grpc_error(code: GrpcCode) -> bool {
        matches!(
            code,
            GrpcCode::Unknown
                | GrpcCode::DeadlineExceeded
                | GrpcCode::Unimplemented
                | GrpcCode::Internal
                | GrpcCode::Unavailable
                | GrpcCode::DataLoss
        )
    }

    fn settled(code: GrpcCode, _: &Deadline) -> GrpcCode {
        code
    }

    fn not_learned(name: &str) -> RpcMethod {
        RpcMethod::Open(name.into())
    }

    fn deadline(grpc: &Grpc<Server>, request: &request::Parts) -> Deadline {
        Deadline::of_caller(&request.headers, grpc.side.timeout)
    }

    fn read_grpc(grpc: &Grpc<Server>, request: &request::Parts) -> Trust {
        let policy = grpc.side.trust.as_ref();
        policy.map(|policy| policy.decide(request)).unwrap_or_default()
    }

    fn describe_grpc<'a>(_: &'a GrpcCall<Server>, request: &'a request::Parts, say: &mut impl Say<'a>) {
        if let Some((address, port)) = asked(request) {
            say.say(attribute::SERVER_ADDRESS, address);
            if let Some(port) = port {
                say.say(attribute::SERVER_PORT, Value::Int(port.into()));
            }
        }
        if let Some(peer) = peer(&request.extensions) {
            say.say(attribute::NETWORK_PEER_ADDRESS, seen::address(peer.ip()));
            say.say(attribute::NETWORK_PEER_PORT, Value::Int(peer.port().into()));
        }
    }
}
