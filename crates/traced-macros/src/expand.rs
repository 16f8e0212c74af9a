//! The expansion: a few calls of the crate's functions around the body.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{LitStr, Result, Type, parse2};

use crate::argument::Format;
use crate::function::Function;
use crate::options::{Choice, Options};
use crate::shape::{self, Shape};

/// A name that no name of the user's can mean.
pub(crate) fn name(name: &str) -> Ident {
    Ident::new(&format!("__traced_{name}"), Span::mixed_site())
}

/// The function, with its calls in spans; or as it was, with a compiler's error behind it.
pub(crate) fn traced(options: TokenStream, item: &TokenStream, home: &TokenStream) -> TokenStream {
    expand(options, item.clone(), home).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#item #error)
    })
}

fn expand(options: TokenStream, item: TokenStream, home: &TokenStream) -> Result<TokenStream> {
    let function: Function = parse2(item)?;
    let options: Options = parse2(options)?;
    function.check(&options)?;
    let home = match &options.home {
        Some(path) => quote!(#path::__private),
        None => quote!(#home::__private),
    };
    let begin = begin(&function, &options, &home);
    let calls = calls(&function, &options, &home);
    let Function {
        attributes,
        visibility,
        defaultness,
        signature,
        ..
    } = &function;
    Ok(quote! {
        #(#attributes)*
        #visibility #defaultness #signature {
            #begin
            #calls
        }
    })
}

/// Begins the call.
fn begin(item: &Function, options: &Options, home: &TokenStream) -> TokenStream {
    let (function, call) = (name("function"), name("call"));
    let span_name = match &options.name {
        Some(name) => name.to_token_stream(),
        None => {
            let ident = LitStr::new(
                &syn::ext::IdentExt::unraw(&item.signature.ident).to_string(),
                Span::call_site(),
            );
            quote!(::core::concat!(::core::module_path!(), "::", #ident))
        }
    };
    let kind = match &options.kind {
        Some(kind) => kind.clone(),
        None => Ident::new("Internal", Span::call_site()),
    };
    let threshold = match options.threshold.map(|threshold| threshold.as_nanos() as u64) {
        Some(nanos) => quote!(::core::option::Option::Some(::core::time::Duration::from_nanos(#nanos))),
        None => quote!(::core::option::Option::None),
    };
    let count = options.arguments.len();
    let arguments = name("arguments");
    let recorded = &options.arguments;
    let read = match count {
        0 => quote!(|_| {}),
        _ => quote!(|#arguments: &mut #home::Arguments| { #(#recorded)* }),
    };
    quote! {
        let #function = const {
            &#home::Function {
                name: #span_name,
                kind: #home::SpanKind::#kind,
                threshold: #threshold,
                arguments: #count,
            }
        };
        let #call = #home::begin(#function, #read);
    }
}

/// Runs the body in the call.
fn calls(item: &Function, options: &Options, home: &TokenStream) -> TokenStream {
    let (function, call, future) = (name("function"), name("call"), name("future"));
    let judge = match item.returned() {
        // Nothing ever comes out.
        Some(Type::Never(_)) => quote!(|_: &_, _: &#home::SpanRef<'_>| #home::Outcome::Fine),
        _ => judge(options, home),
    };
    let body = &item.body;
    // Types are told wherever they can be named again: a body that never returns leaves them open, and `?` and `into()` in it depend on them.
    let returned = match item.returned() {
        None => Some(quote!(())),
        Some(returned) => nameable(returned),
    };
    let arrow = returned.as_ref().map(|returned| quote!(-> #returned));
    let output = item
        .returned()
        .and_then(shape::output)
        .and_then(nameable)
        .unwrap_or(quote!(_));
    let running = match options.threshold {
        Some(_) => quote!(#call.timed(#function)),
        None => quote!(#call.untimed()),
    };
    match item.shape() {
        Shape::Sync => quote! {
            #[allow(clippy::unused_unit)]
            #call.run_function(#function, move || #arrow { #body }, #judge)
        },
        Shape::Async => {
            let hint = returned.map(|returned| hint(&returned));
            quote!(#running.around(async move { #hint #body }, #judge).await)
        }
        Shape::Future => quote! {
            let mut #call = #running;
            let #future = #home::giving::<#output, _>(#call.run(move || { #body }));
            #call.around(#future, #judge)
        },
        Shape::BoxedFuture => {
            let around = quote!(::std::boxed::Box::pin(#call.around(#future, #judge)));
            let around = match options.threshold {
                Some(_) => around,
                None => quote!(if #call.is_plain() { #future } else { #around }),
            };
            quote! {
                let mut #call = #running;
                let #future = #call.run(move || #arrow { #body });
                #around
            }
        }
    }
}

/// Tells what an `async` block returns.
fn hint(returned: &TokenStream) -> TokenStream {
    let value = name("returned");
    quote! {
        if let ::core::option::Option::Some(#value) = ::core::option::Option::None::<#returned> {
            return #value;
        }
    }
}

/// Looks at what comes out.
fn judge(options: &Options, home: &TokenStream) -> TokenStream {
    let (returned, span) = (name("returned"), name("span"));
    let mut outcome = quote!((&&&#home::Returned(#returned)).outcome());
    if let Some((_, error_type)) = &options.error_type {
        let returned = located(&returned, error_type.span());
        outcome = quote_spanned!(error_type.span()=> #home::outcome_by(#returned, #error_type));
    }
    if let Some(Choice { span, format }) = &options.error {
        let with_error = match format {
            Format::Debug => quote!(with_debug_error),
            Format::Record | Format::Display => quote!(with_error),
        };
        let returned = located(&returned, *span);
        outcome = quote_spanned!(*span=> #home::#with_error(#outcome, #returned));
    }
    let result = options.result.as_ref().map(|choice| {
        let result = match choice.format {
            Format::Record => quote!(result),
            Format::Display => quote!(display_result),
            Format::Debug => quote!(debug_result),
        };
        quote_spanned!(choice.span=> #home::#result(#span, (&&#home::Returned(#returned)).value());)
    });
    quote! {
        |#returned: &_, #span: &#home::SpanRef<'_>| {
            #[allow(unused_imports)]
            use #home::{NoResult as _, PlainValue as _, ResultValue as _, Told as _, Untold as _};
            let _ = #span;
            #result
            #outcome
        }
    }
}

/// The same name, whose errors are reported at another place.
fn located(name: &Ident, at: Span) -> Ident {
    let mut name = name.clone();
    name.set_span(name.span().located_at(at));
    name
}

/// The type as it can be written in a body, too: `impl Trait` and `!` cannot.
fn nameable(written: &Type) -> Option<TokenStream> {
    fn has_impl(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "impl",
            TokenTree::Group(group) => has_impl(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    let tokens = written.to_token_stream();
    (!matches!(written, Type::Never(_)) && !has_impl(tokens.clone())).then_some(tokens)
}
