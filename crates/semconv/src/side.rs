//! The two sides of a call.

use crate::grpc::side::GrpcSide;

/// The side of a call, a type of its own: [`Server`] or [`Client`]. What belongs to one side does not compile with the other.
pub trait Side: sealed::Side + GrpcSide {}

/// The side that answers.
#[derive(Clone, Copy, Debug)]
pub struct Server;

/// The side that asks.
#[derive(Clone, Copy, Debug)]
pub struct Client;

impl Side for Server {}
impl Side for Client {}

pub(crate) mod sealed {
    use std::fmt::Debug;

    use http::{StatusCode, request, response};
    use tower_telemetry_observe::Verdict;

    use crate::{Http, HttpCall, Say};

    /// What the sides do differently.
    pub trait Side: Copy + Debug + Send + Sync + 'static {
        /// What is configured on this side alone.
        type Settings: Clone + Debug + Default + Send + Sync;
        /// What is known of a call on this side alone.
        type Facts: Debug + Send + Sync;

        /// What is thought of a call that was dropped.
        const DROPPED: Verdict;

        fn is_error(status: StatusCode) -> bool;

        fn read(http: &Http<Self>, request: &mut request::Parts) -> HttpCall<Self>
        where
            Self: super::Side;

        fn see(call: &mut HttpCall<Self>, response: &response::Parts)
        where
            Self: super::Side;

        fn describe_request<'a>(call: &'a HttpCall<Self>, request: &'a request::Parts, say: &mut impl Say<'a>)
        where
            Self: super::Side;

        fn describe_response<'a>(call: &'a HttpCall<Self>, say: &mut impl Say<'a>)
        where
            Self: super::Side;
    }
}
