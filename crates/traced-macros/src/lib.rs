//! The attribute `#[traced]`, to be used through [`tower-telemetry-traced`](https://docs.rs/tower-telemetry-traced), whose functions its
//! expansion calls.

mod argument;
mod expand;
mod function;
mod options;
mod shape;
mod threshold;

use proc_macro::TokenStream;
use quote::quote;

/// Puts each call of a function into a span. The crate `tower-telemetry-traced` has the options and examples.
#[proc_macro_attribute]
pub fn traced(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::traced(options.into(), &function.into(), &quote!(::tower_telemetry_traced)).into()
}

/// The same for who reaches that crate through the facade `tower-telemetry`, which gives it its name.
#[proc_macro_attribute]
pub fn traced_in_facade(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::traced(options.into(), &function.into(), &quote!(::tower_telemetry::traced)).into()
}
