//! Calls of all kinds, and what is told of them.

mod bodies;
mod bounds;
mod ends;
mod exemplars;
mod grpc;
mod load;
mod names;
mod readers;
mod scrapes;
mod server;
mod streams;
