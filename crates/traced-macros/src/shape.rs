//! Which kind of function it is, by what it returns.

use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, Token, Type, TypeParamBound};

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

impl Shape {
    /// Of a function that is not `async`, and returns this.
    pub(crate) fn of(returned: &Type) -> Self {
        match returned {
            Type::ImplTrait(returned) if is_future(&returned.bounds) => Shape::Future,
            Type::Path(returned) => match returned.path.segments.last() {
                Some(last) if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" => Shape::BoxedFuture,
                Some(last) if last.ident == "Pin" && is_boxed_future(&last.arguments) => Shape::BoxedFuture,
                _ => Shape::Sync,
            },
            _ => Shape::Sync,
        }
    }
}

/// What the future gives that is returned as `impl Future<Output = …>`, where that is said.
pub(crate) fn output(returned: &Type) -> Option<&Type> {
    let Type::ImplTrait(returned) = returned else {
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
    use crate::function::Function;

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
}
