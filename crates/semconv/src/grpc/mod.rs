//! gRPC calls: what their requests and their ends say.

mod call;
mod classifier;
mod client;
mod code;
mod deadline;
mod error;
mod method;
mod methods;
mod server;
pub(crate) mod side;
mod status;
mod status_attribute;
mod wire;

pub use call::GrpcCall;
pub use classifier::Grpc;
pub use code::GrpcCode;
pub use status_attribute::StatusAttribute;
pub(crate) use wire::Wire;
