//! What is recorded of the arguments: `args(user_id, order.id, total = %order.total())`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident, LitStr, Member, Result, Token, token};

/// How a value becomes an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// By the trait `Record`.
    Record,
    /// `%`: by `Display`.
    Display,
    /// `?`: by `Debug`.
    Debug,
}

impl Format {
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![%]) {
            input.parse::<Token![%]>()?;
            return Ok(Format::Display);
        }
        if input.peek(Token![?]) {
            input.parse::<Token![?]>()?;
            return Ok(Format::Debug);
        }
        Ok(Format::Record)
    }
}

/// One attribute.
pub(crate) struct Argument {
    pub(crate) key: LitStr,
    /// What the place begins with, where no expression was given: an argument of the function.
    pub(crate) root: Option<Ident>,
    format: Format,
    value: TokenStream,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitStr) {
            let key: LitStr = input.parse()?;
            if key.value().is_empty() {
                return Err(Error::new(key.span(), "a key is not empty"));
            }
            input.parse::<Token![=]>()?;
            return Self::with_expression(key, input);
        }
        let format = Format::parse(input)?;
        let place: Place = input.parse()?;
        if format == Format::Record && input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            return Self::with_expression(place.key(), input);
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            let message = "expected an argument, a field of one, or a key and any expression: `total = order.total()`";
            return Err(input.error(message));
        }
        Ok(Argument {
            key: place.key(),
            root: Some(place.root.clone()),
            format,
            value: place.to_token_stream(),
        })
    }
}

impl Argument {
    fn with_expression(key: LitStr, input: ParseStream<'_>) -> Result<Self> {
        let format = Format::parse(input)?;
        let value: Expr = input.parse()?;
        Ok(Argument {
            key,
            root: None,
            format,
            value: quote_spanned!(value.span()=> (#value)),
        })
    }
}

impl ToTokens for Argument {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Argument { key, format, value, .. } = self;
        let method = match format {
            Format::Record => quote!(record),
            Format::Display => quote!(display),
            Format::Debug => quote!(debug),
        };
        let arguments = crate::expand::name("arguments");
        tokens.extend(quote_spanned!(value.span()=> #arguments.#method(#key, &#value);));
    }
}

/// An argument, or a field of one.
struct Place {
    root: Ident,
    fields: Vec<Member>,
}

impl Parse for Place {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let root = match input.peek(Token![self]) {
            true => input.call(Ident::parse_any)?,
            false => input.parse()?,
        };
        let mut fields = Vec::new();
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            fields.push(input.parse()?);
        }
        if input.peek(token::Paren) {
            return Err(input.error("a call needs a key: `total = order.total()`"));
        }
        Ok(Place { root, fields })
    }
}

impl Place {
    /// The key of its attribute: the place as it is written, without `self`.
    fn key(&self) -> LitStr {
        let mut parts: Vec<String> = Vec::new();
        if self.root != "self" || self.fields.is_empty() {
            parts.push(self.root.unraw().to_string());
        }
        parts.extend(self.fields.iter().map(|field| match field {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        }));
        LitStr::new(&parts.join("."), self.root.span())
    }
}

impl ToTokens for Place {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Place { root, fields } = self;
        tokens.extend(quote!(#root #(.#fields)*));
    }
}
