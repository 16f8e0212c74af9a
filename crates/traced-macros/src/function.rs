//! The function that is traced.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, FnArg, GenericArgument, Ident, Pat, PathArguments, Result, ReturnType, Signature, Token, Type,
    TypeParamBound, Visibility, braced,
};

use crate::options::Options;

/// A function with its body as it was written.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) defaultness: Option<Ident>,
    pub(crate) signature: Signature,
    pub(crate) body: TokenStream,
}

/// What a call of the function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Its value.
    Sync,
    /// A future, by `async fn`.
    Async,
    /// A future, by `-> impl Future`.
    Future,
    /// A future on the heap, such as a method of an `#[async_trait]`.
    BoxedFuture,
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
        match self.returned() {
            _ if self.signature.asyncness.is_some() => Shape::Async,
            Some(Type::ImplTrait(returned)) if is_future(&returned.bounds) => Shape::Future,
            Some(Type::Path(returned)) => match returned.path.segments.last() {
                Some(last) if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" => Shape::BoxedFuture,
                Some(last) if last.ident == "Pin" && is_boxed_future(&last.arguments) => Shape::BoxedFuture,
                _ => Shape::Sync,
            },
            _ => Shape::Sync,
        }
    }

    /// The type that is returned, unless it is `()`.
    pub(crate) fn returned(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, returned) => Some(returned),
        }
    }

    /// What the future gives that is returned as `impl Future<Output = …>`, where that is said.
    pub(crate) fn output(&self) -> Option<&Type> {
        let Some(Type::ImplTrait(returned)) = self.returned() else {
            return None;
        };
        let mut bounds = returned.bounds.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last(),
            _ => None,
        });
        let future = bounds.find(|last| last.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &future.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        })
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

fn is_future(bounds: &Punctuated<TypeParamBound, Token![+]>) -> bool {
    bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| last.ident == "Future"),
        _ => false,
    })
}

/// Whether these are the arguments of a `Pin<Box<dyn Future>>`.
fn is_boxed_future(arguments: &PathArguments) -> bool {
    let Some(Type::Path(inner)) = first_type(arguments) else {
        return false;
    };
    match inner.path.segments.last() {
        Some(last) if last.ident == "Box" => {
            matches!(first_type(&last.arguments), Some(Type::TraitObject(object)) if is_future(&object.bounds))
        }
        _ => false,
    }
}

fn first_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn shape(function: &Function) -> Shape {
        function.shape()
    }

    #[test]
    fn the_shape_is_read_from_the_signature() {
        assert_eq!(
            shape(&parse_quote!(
                fn f() -> u8 {
                    1
                }
            )),
            Shape::Sync
        );
        assert_eq!(
            shape(&parse_quote!(
                pub async unsafe fn f() {}
            )),
            Shape::Async
        );
        assert_eq!(
            shape(&parse_quote!(
                fn f() -> impl Send + std::future::Future<Output = u8> {
                    g()
                }
            )),
            Shape::Future
        );
        assert_eq!(
            shape(&parse_quote!(
                fn f<'a>() -> BoxFuture<'a, u8> {
                    g()
                }
            )),
            Shape::BoxedFuture
        );
        let boxed = parse_quote!(
            fn f() -> std::pin::Pin<Box<dyn Future<Output = u8> + Send>> {
                g()
            }
        );
        assert_eq!(shape(&boxed), Shape::BoxedFuture);
        assert_eq!(
            shape(&parse_quote!(
                fn f() -> Pin<Box<u8>> {
                    g()
                }
            )),
            Shape::Sync
        );
        assert_eq!(
            shape(&parse_quote!(
                fn f() -> impl Iterator<Item = u8> {
                    g()
                }
            )),
            Shape::Sync
        );
    }

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
