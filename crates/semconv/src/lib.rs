//! What an HTTP request says of itself, in the words of the OpenTelemetry semantic conventions.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod attribute;
pub mod text;
pub mod url;

mod authority;
mod call;
mod classifier;
mod client;
mod error_type;
mod forwarded;
mod header;
mod method;
mod peer;
mod route;
mod scheme;
mod server;
mod side;
mod status;
mod value;

pub use ipnet::IpNet;

pub use call::HttpCall;
pub use classifier::Http;
pub use forwarded::TrustedProxies;
pub use header::{AllowedHeaders, HeaderNotAllowed};
pub use method::Method;
pub use peer::PeerAddr;
pub use route::{LateRoute, Route, UrlTemplate};
pub use side::{Client, Server, Side};
pub use status::status_word;
pub use text::clean;
pub use value::Value;
