//! The names of the attributes, as the semantic conventions spell them.

/// `client.address`: the address of the client, behind trusted proxies the one they tell.
pub const CLIENT_ADDRESS: &str = "client.address";
/// `error.type`: a word from a short list; absent on success.
pub const ERROR_TYPE: &str = "error.type";
/// `http.request.method`: a known method, or `_OTHER`.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// `http.request.method_original`: the method as sent, where it is not a known one.
pub const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
/// `http.request.resend_count`: how often the request had been sent before; absent on the first attempt.
pub const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
/// `http.response.status_code`: the status, as an integer.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// `http.route`: the pattern of the router that matched, never the path.
pub const HTTP_ROUTE: &str = "http.route";
/// `network.peer.address`: the address at the other end of the connection.
pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
/// `network.peer.port`: the port at the other end of the connection.
pub const NETWORK_PEER_PORT: &str = "network.peer.port";
/// `network.protocol.version`: `1.0`, `1.1`, `2` or `3`.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// `rpc.method`: the method as `pkg.Service/Method`, or `_OTHER`.
pub const RPC_METHOD: &str = "rpc.method";
/// `rpc.method_original`: what was sent in the place of a known method.
pub const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";
/// `rpc.response.status_code`: the status of a gRPC call by its name, in the released conventions.
pub const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
/// `rpc.status_code`: the same in the coming ones.
pub const RPC_STATUS_CODE: &str = "rpc.status_code";
/// `rpc.system.name`: `grpc`.
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// `server.address`: the host that was asked.
pub const SERVER_ADDRESS: &str = "server.address";
/// `server.port`: the port that was asked.
pub const SERVER_PORT: &str = "server.port";
/// `url.full`: the absolute URL, without credentials.
pub const URL_FULL: &str = "url.full";
/// `url.path`: the path, as sent.
pub const URL_PATH: &str = "url.path";
/// `url.query`: the query, without credentials.
pub const URL_QUERY: &str = "url.query";
/// `url.scheme`: `http` or `https`.
pub const URL_SCHEME: &str = "url.scheme";
/// `url.template`: the pattern a client made its URL from.
pub const URL_TEMPLATE: &str = "url.template";
/// `user_agent.original`: the `User-Agent` header.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
/// `http.request.header.`: what stands before the lower-case name of a captured request header.
pub const HTTP_REQUEST_HEADER_PREFIX: &str = "http.request.header.";
/// `rpc.request.metadata.`: what stands before the name of captured request metadata.
pub const RPC_REQUEST_METADATA_PREFIX: &str = "rpc.request.metadata.";
/// `rpc.response.metadata.`: what stands before the name of captured response metadata.
pub const RPC_RESPONSE_METADATA_PREFIX: &str = "rpc.response.metadata.";
/// `http.response.header.`: what stands before the lower-case name of a captured response header.
pub const HTTP_RESPONSE_HEADER_PREFIX: &str = "http.response.header.";

/// What every name of this crate's attributes begins with.
pub const NAMESPACES: [&str; 8] = [
    "client.",
    "error.",
    "http.",
    "network.",
    "rpc.",
    "server.",
    "url.",
    "user_agent.",
];
