//! What observers ask of a call, whatever its protocol.

use crate::{Client, HttpCall, Server, Trust};

/// The facts of a call that a server answers.
pub trait ServerFacts {
    /// How far the caller is believed.
    fn trust(&self) -> Trust;
}

/// The facts of a call that a client makes.
pub trait ClientFacts {
    /// The host the call is for: a name, or an address without brackets.
    fn server_address(&self) -> Option<&str>;
}

impl ServerFacts for HttpCall<Server> {
    fn trust(&self) -> Trust {
        HttpCall::trust(self)
    }
}

impl ClientFacts for HttpCall<Client> {
    fn server_address(&self) -> Option<&str> {
        HttpCall::server_address(self)
    }
}
