//! The options of `#[traced(…)]`.

use std::time::Duration;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, Lit, LitStr, Path, Result, Token, parenthesized, token};

use crate::argument::{Argument, Format};
use crate::threshold::threshold;

const ALLOWED: &str = "`name`, `kind`, `args`, `result`, `error`, `error_type`, `threshold` and `crate`";
const KINDS: [(&str, &str); 5] = [
    ("internal", "Internal"),
    ("client", "Client"),
    ("server", "Server"),
    ("producer", "Producer"),
    ("consumer", "Consumer"),
];

/// What was asked for.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Expr>,
    /// The variant of `SpanKind`.
    pub(crate) kind: Option<Ident>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) result: Option<Choice>,
    pub(crate) error: Option<Choice>,
    pub(crate) error_type: Option<(Span, Expr)>,
    pub(crate) threshold: Option<Duration>,
    pub(crate) home: Option<Path>,
}

/// Something that is recorded by choice.
pub(crate) struct Choice {
    pub(crate) span: Span,
    pub(crate) format: Format,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Options::default();
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let Ok(option) = input.call(Ident::parse_any) else {
                return Err(input.error(format!("expected an option: there are {ALLOWED}")));
            };
            options.read(&option, input)?;
            if seen.contains(&option) {
                return Err(Error::new(option.span(), format!("`{option}` is given twice")));
            }
            seen.push(option);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl Options {
    fn read(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<()> {
        match option.to_string().as_str() {
            "name" => self.name = Some(name(assigned(option, "\"order.payment\"", input)?)?),
            "kind" => self.kind = Some(kind(&assigned(option, "client", input)?)?),
            "args" => self.arguments = arguments(option, input)?,
            "result" => self.result = Some(choice(option, input)?),
            "error" => self.error = Some(choice(option, input)?),
            "error_type" => {
                let closure = assigned(option, "|error| \"declined\"", input)?;
                self.error_type = Some((option.span(), closure));
            }
            "threshold" => self.threshold = Some(threshold(&assigned::<LitStr>(option, "\"200ms\"", input)?)?),
            "crate" => self.home = Some(assigned(option, "my_crate::traced", input)?),
            _ => {
                let message = format!("`{option}` is no option of `#[traced]`: there are {ALLOWED}");
                return Err(Error::new(option.span(), message));
            }
        }
        Ok(())
    }
}

/// What stands behind the `=`.
fn assigned<T: Parse>(option: &Ident, example: &str, input: ParseStream<'_>) -> Result<T> {
    if !input.peek(Token![=]) {
        let message = format!("`{option}` wants a value: `{option} = {example}`");
        return Err(Error::new(option.span(), message));
    }
    input.parse::<Token![=]>()?;
    let at = input.span();
    input
        .parse()
        .map_err(|_| Error::new(at, format!("expected a value as in `{option} = {example}`")))
}

fn name(expression: Expr) -> Result<Expr> {
    if let Expr::Lit(literal) = &expression {
        match &literal.lit {
            Lit::Str(name) if name.value().trim().is_empty() => {
                return Err(Error::new(name.span(), "a span's name is not empty"));
            }
            Lit::Str(_) => {}
            other => {
                return Err(Error::new(
                    other.span(),
                    "a span's name is a text: `name = \"order.payment\"`",
                ));
            }
        }
    }
    Ok(expression)
}

fn kind(given: &Ident) -> Result<Ident> {
    match KINDS.iter().find(|(name, _)| given == name) {
        Some((_, variant)) => Ok(Ident::new(variant, given.span())),
        None => {
            let message = format!(
                "`{given}` is no kind of span: there are `internal`, `client`, `server`, `producer` and `consumer`"
            );
            Err(Error::new(given.span(), message))
        }
    }
}

fn arguments(option: &Ident, input: ParseStream<'_>) -> Result<Vec<Argument>> {
    if !input.peek(token::Paren) {
        let message = "`args` wants a list of arguments: `args(user_id, order.id)`";
        return Err(Error::new(option.span(), message));
    }
    let list;
    parenthesized!(list in input);
    let arguments: Vec<Argument> = Punctuated::<Argument, Token![,]>::parse_terminated(&list)?
        .into_iter()
        .collect();
    for (at, argument) in arguments.iter().enumerate() {
        let key = argument.key.value();
        if arguments[..at].iter().any(|before| before.key.value() == key) {
            return Err(Error::new(argument.key.span(), format!("`{key}` is recorded twice")));
        }
    }
    Ok(arguments)
}

fn choice(option: &Ident, input: ParseStream<'_>) -> Result<Choice> {
    let mut choice = Choice {
        span: option.span(),
        format: Format::Record,
    };
    if input.peek(token::Paren) {
        let format;
        parenthesized!(format in input);
        choice.format = Format::parse(&format)?;
        if choice.format == Format::Record || !format.is_empty() {
            let message = format!("`{option}(%)` records it by `Display`, `{option}(?)` by `Debug`");
            return Err(Error::new(option.span(), message));
        }
    }
    Ok(choice)
}
