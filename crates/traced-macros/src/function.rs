//! The function that is traced.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, FnArg, Ident, Pat, Result, ReturnType, Signature, Token, Type, Visibility, braced};

use crate::options::Options;
use crate::shape::Shape;

/// A function with its body as it was written.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) defaultness: Option<Ident>,
    pub(crate) signature: Signature,
    pub(crate) body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let defaultness = match input.fork().call(Ident::parse_any) {
            Ok(first) if first == "default" => Some(input.call(Ident::parse_any)?),
            _ => None,
        };
        let begins = input.peek(Token![fn])
            || input.peek(Token![async])
            || input.peek(Token![const])
            || input.peek(Token![unsafe])
            || input.peek(Token![extern]);
        if !begins {
            return Err(
                input.error("`#[traced]` goes on a function or a method; of an `impl` or a module, on each one in it")
            );
        }
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            let message = "a function without a body runs nothing: `#[traced]` goes on its implementations";
            return Err(Error::new(signature.ident.span(), message));
        }
        let body;
        braced!(body in input);
        attributes.extend(body.call(Attribute::parse_inner)?);
        Ok(Function {
            attributes,
            visibility,
            defaultness,
            signature,
            body: body.parse()?,
        })
    }
}

impl Function {
    pub(crate) fn shape(&self) -> Shape {
        match self.signature.asyncness {
            Some(_) => Shape::Async,
            None => self.returned().map_or(Shape::Sync, Shape::of),
        }
    }

    /// The type that is returned, unless it is `()`.
    pub(crate) fn returned(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, returned) => Some(returned),
        }
    }

    /// Whether the options ask for what this function has.
    pub(crate) fn check(&self, options: &Options) -> Result<()> {
        if let Some(constness) = &self.signature.constness {
            return Err(Error::new(
                constness.span,
                "a `const fn` cannot be traced: it may run in the compiler",
            ));
        }
        let bound = self.bound();
        for argument in &options.arguments {
            let Some(root) = &argument.root else { continue };
            if !bound.iter().any(|name| name == root) {
                let has = match bound.is_empty() {
                    true => "it has none".to_owned(),
                    false => format!("it has {}", list(&bound)),
                };
                return Err(Error::new(
                    root.span(),
                    format!("`{root}` is no argument of this function: {has}"),
                ));
            }
        }
        if self.returned().is_none() {
            let wants_a_value = [
                options.result.as_ref().map(|choice| choice.span),
                options.error.as_ref().map(|choice| choice.span),
                options.error_type.as_ref().map(|(span, _)| *span),
            ];
            if let Some(span) = wants_a_value.into_iter().flatten().next() {
                return Err(Error::new(span, "this function returns nothing to look at"));
            }
        }
        Ok(())
    }

    /// The names that its arguments have.
    fn bound(&self) -> Vec<Ident> {
        let mut names = Vec::new();
        for argument in &self.signature.inputs {
            match argument {
                FnArg::Receiver(receiver) => names.push(Ident::new("self", receiver.self_token.span)),
                FnArg::Typed(typed) => bind(&typed.pat, &mut names),
            }
        }
        names
    }
}

fn bind(pattern: &Pat, names: &mut Vec<Ident>) {
    let mut all = |patterns: &Punctuated<Pat, Token![,]>| patterns.iter().for_each(|pattern| bind(pattern, names));
    match pattern {
        Pat::Ident(name) => {
            names.push(name.ident.clone());
            if let Some((_, inner)) = &name.subpat {
                bind(inner, names);
            }
        }
        Pat::Tuple(tuple) => all(&tuple.elems),
        Pat::TupleStruct(tuple) => all(&tuple.elems),
        Pat::Slice(slice) => all(&slice.elems),
        Pat::Struct(fields) => fields.fields.iter().for_each(|field| bind(&field.pat, names)),
        Pat::Reference(inner) => bind(&inner.pat, names),
        Pat::Paren(inner) => bind(&inner.pat, names),
        _ => {}
    }
}

fn list(names: &[Ident]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn names_are_found_in_patterns() {
        let function: Function = parse_quote!(
            fn f(self: Box<Self>, (a, [b, ..]): A, P { c, d: Q(e) }: P, &(ref g): &u8, h @ _: u8) {}
        );
        let names = function.bound();
        assert_eq!(names, ["self", "a", "b", "c", "e", "g", "h"]);
    }

    #[test]
    fn inner_attributes_are_kept() {
        let function: Function = parse_quote!(
            #[inline]
            default fn f() {
                #![allow(unused)]
                let x = 1;
            }
        );
        assert_eq!(function.attributes.len(), 2);
        assert!(function.defaultness.is_some());
    }
}
