//! The calls a client makes.

use http::request;

use super::deadline::Deadline;
use super::method::{MethodName, RpcMethod};
use super::side::GrpcSide;
use super::{Grpc, GrpcCall, GrpcCode};
use crate::client::{Asked, asked};
use crate::scheme::Scheme;
use crate::{Client, ClientFacts, Say};

/// What is configured on a client.
#[derive(Clone, Debug, Default)]
pub struct ClientSettings {
    pub(crate) target: Option<Asked>,
}

impl GrpcCall<Client> {
    /// The host the call is for, as the [target](Grpc::with_target) or the request says.
    pub fn server_address(&self) -> Option<&str> {
        self.side.as_ref().map(Asked::address)
    }

    /// The port the call is for: if none is said, the scheme's.
    pub fn server_port(&self) -> Option<u16> {
        self.side.as_ref().and_then(Asked::port)
    }
}

impl ClientFacts for GrpcCall<Client> {
    fn server_address(&self) -> Option<&str> {
        GrpcCall::server_address(self)
    }
}

impl GrpcSide for Client {
    type GrpcSettings = ClientSettings;
    type GrpcFacts = Option<Asked>;

    fn is_grpc_error(code: GrpcCode) -> bool {
        code != GrpcCode::Ok
    }

    fn settled(code: GrpcCode, deadline: &Deadline) -> GrpcCode {
        match code {
            GrpcCode::Cancelled if deadline.has_passed() => GrpcCode::DeadlineExceeded,
            code => code,
        }
    }

    /// A client knows what it asks for. It is not kept before there is a reply: a proxy asks for what it is told to.
    fn not_learned(name: &str) -> RpcMethod {
        RpcMethod::Known(MethodName::Shared(name.into()))
    }

    fn deadline(_: &Grpc<Client>, request: &request::Parts) -> Deadline {
        Deadline::of_own(&request.headers)
    }

    fn read_grpc(grpc: &Grpc<Client>, request: &request::Parts) -> Option<Asked> {
        let target = grpc.side.target.clone();
        target.or_else(|| asked(request, Scheme::of(&request.uri)))
    }

    fn describe_grpc<'a>(call: &'a GrpcCall<Client>, _: &'a request::Parts, say: &mut impl Say<'a>) {
        if let Some(asked) = &call.side {
            asked.say(say);
        }
    }
}
