//! What the two sides of HTTP calls label differently.

use tower_telemetry_semconv::{Client, HttpCall, Server, Side};

use crate::catalog::{Catalog, HTTP_CLIENT, HTTP_SERVER};

/// What the sides of HTTP calls label differently.
pub trait HttpSide: Side {
    #[doc(hidden)]
    const CATALOG: &'static Catalog;
    #[doc(hidden)]
    const ROUTE: &'static str;

    #[doc(hidden)]
    fn scheme(call: &HttpCall<Self>) -> Option<&'static str>;

    #[doc(hidden)]
    fn asked(call: &HttpCall<Self>) -> Option<(&str, Option<u16>)>;
}

impl HttpSide for Server {
    const CATALOG: &'static Catalog = &HTTP_SERVER;
    const ROUTE: &'static str = "http_route";

    #[inline]
    fn scheme(call: &HttpCall<Self>) -> Option<&'static str> {
        call.scheme()
    }

    #[inline]
    fn asked(_: &HttpCall<Self>) -> Option<(&str, Option<u16>)> {
        None
    }
}

impl HttpSide for Client {
    const CATALOG: &'static Catalog = &HTTP_CLIENT;
    const ROUTE: &'static str = "url_template";

    #[inline]
    fn scheme(_: &HttpCall<Self>) -> Option<&'static str> {
        None
    }

    #[inline]
    fn asked(call: &HttpCall<Self>) -> Option<(&str, Option<u16>)> {
        Some((call.server_address()?, call.server_port()))
    }
}
