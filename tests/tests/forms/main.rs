//! The forms that HTTP takes on the wire, as spans have them. No client library would send most of these.

mod connections;
mod hosts;
mod methods;
mod routes;
mod secrets;
mod site;
mod switches;
mod targets;
