//! Over real connections of hyper's server and clients, on the loopback interface.

mod bodies;
mod faults;
mod hang_ups;
mod many;
mod peers;
mod shutdown;
mod upgrades;
