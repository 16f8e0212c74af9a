//! One policy for everything that telemetry writes down.
//!
//! Values are cut where someone remembers to cut them, and an `Authorization` header ends up in a trace where nobody did. Here one
//! [`Sanitizer`] says what may be written down, and every sink asks it: spans, metrics, logs, outgoing baggage, and the exporter behind them
//! all.
//!
//! ```
//! use tower_telemetry_sanitize::{HashKey, Rule, Sanitizer, Secret};
//!
//! let policy = Sanitizer::builder()
//!     .with_hash_key(HashKey::new("a key of at least 16 bytes")?) // or HashKey::from_env("HASH_KEY")
//!     .with_rule("user.id", Rule::Hash)
//!     .with_rule("internal.*", Rule::Drop)
//!     .with_secrets([Secret::Email])
//!     .build()?;
//!
//! assert_eq!(policy.value("user.id", "42").unwrap().len(), 32);
//! assert_eq!(policy.value("internal.note", "anything"), None);
//! assert_eq!(policy.value("note", "from ada@example.com").as_deref(), Some("from REDACTED"));
//! assert_eq!(policy.value("url.full", "https://h/?sig=c2ln").as_deref(), Some("https://h/?sig=REDACTED"));
//! # Ok::<(), tower_telemetry_sanitize::InvalidPolicy>(())
//! ```
//!
//! # The defaults
//!
//! They are right for production, and hold wherever nothing is configured:
//!
//! - Texts are cut at 1,024 bytes, and what breaks a line or steers a terminal (control characters, U+2028, U+2029, bidi controls) is escaped.
//!   The escapes cannot be switched off.
//! - Credentials are `REDACTED`: headers that carry some, and values whose key ends in `password`, `passwd`, `passphrase`, `secret`, `token`,
//!   `authorization`, `cookie`, `credential`, `credentials`, `api.key`, or in `access_key`, `api_key`, `connection_string`, `private_key` or
//!   `secret_key` with `_`, `-` or nothing between its words, in any case.
//! - In URLs (`url.full`, `url.path`, `url.query`, `url.fragment`, and keys whose last word is `url` or `uri`) user information is redacted, and the
//!   values of the query keys that the [semantic conventions](https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/) list, however
//!   they are spelled, also in a link that is a value in another one.
//! - Error texts, stack traces, panic payloads and gRPC messages are left out, since they may hold anything.
//! - A span has at most 128 attributes, and so has each of its events and links, and 64 KiB of them in all. Each key stands once. Required
//!   attributes come first.
//!
//! # Where it applies
//!
//! | sink | how |
//! |---|---|
//! | spans of this family | by default; another policy by `Spans::with_sanitizer`, or from the request |
//! | spans of anyone | [`SanitizingExporter`] around the exporter |
//! | your own attributes | [`SanitizedSpan`], or [`Sanitizer::attribute`] |
//! | labels of metrics | yours by default, another policy by `Metrics`' and `Family`'s `with_sanitizer`; anywhere else [`Sanitizer::label`] |
//! | log fields | [`Sanitizer::value`], [`Sanitizer::error_text`] |
//! | lines about slow calls | by default; another policy by `Slow::with_sanitizer`, or from the request |
//! | outgoing baggage | `Propagation::with_sanitizer` |
//! | a route of its own | [`SanitizeLayer`] puts a policy into the request, for the layers and handlers below |
//!
//! A value may come by several of them: what was cut, redacted or escaped once is left as it is by the same policy, and what was hashed, grouped
//! or mapped as an attribute is known by its key and is not hashed again, neither by the exporter.
//!
//! # When the hooks run
//!
//! A [`Sanitizer`] is asked where something is written down, by who writes it, and holds nothing back for later. Rules of your own
//! ([`Rule::map`]) run then, on that thread. [`SanitizeLayer`] runs in `Service::call`, before the inner service, where it marks credential headers as
//! sensitive and puts the policy into the extensions, and when the response is there, whose headers it marks.
//!
//! # What it costs
//!
//! Nothing is allocated where nothing has to change. To look at a dozen clean attributes takes about 800 instructions where they are set, and 1,000 for the
//! whole span before an exporter, which also counts its bytes and looks for repeated keys; it takes nothing where semconv said them. One look at its
//! last four bytes tells a key without rules, and texts are looked at eight bytes at a time. Looking for all secrets takes a fixed number of
//! instructions for each byte, 250 to 1,200 by the kind of text, up to a MiB of hostile text and beyond (`examples/scan.rs` counts them); what
//! was changed is looked at once more. [`Sanitizer::counts`] has the number of values that were changed.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `opentelemetry`: attributes, events, status and baggage of OpenTelemetry.
//! - `opentelemetry_sdk`: the exporter.
#![cfg_attr(
    not(feature = "opentelemetry"),
    doc = "\n\n[`SanitizedSpan`]: #features\n[`Sanitizer::attribute`]: #features"
)]
#![cfg_attr(not(feature = "opentelemetry_sdk"), doc = "\n\n[`SanitizingExporter`]: #features")]

mod assemble;
mod builder;
mod counts;
mod defaults;
mod error;
mod hash;
mod keys;
mod layer;
#[cfg(feature = "opentelemetry")]
mod otel;
mod path;
mod policy;
mod rule;
mod sanitizer;
mod secrets;
mod table;
mod truncation;
mod url;

pub use builder::{ErrorTexts, Ids, SanitizerBuilder};
pub use counts::{Change, Counts};
pub use error::InvalidPolicy;
pub use hash::HashKey;
pub use keys::Keys;
pub use layer::{Sanitize, SanitizeFuture, SanitizeLayer};
#[cfg(feature = "opentelemetry")]
pub use otel::SanitizedSpan;
#[cfg(feature = "opentelemetry_sdk")]
pub use otel::SanitizingExporter;
pub use rule::{Map, Rule};
pub use sanitizer::Sanitizer;
pub use secrets::Secret;
pub use tower_telemetry_semconv::AllowedHeaders;
pub use truncation::Truncation;
pub use url::Query;
