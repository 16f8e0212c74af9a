//! reqwest, by its middleware and by its service, against real servers.

mod answers;
mod bodies;
mod caller;
mod connections;
mod failures;
mod fused;
mod headers;
mod redirects;
mod retries;
mod secrets;
mod site;
mod switches;
