//! URLs without credentials.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::class::Classes;
use crate::limit::cut;
use crate::percent::{self, first_byte};
use crate::text::{MAX_TEXT, clean_owned};
use crate::words::{EACH, any_word};

/// What stands in the place of a secret.
pub const REDACTED: &str = "REDACTED";

/// The keys of query values that are redacted unless others are given, as the semantic conventions list them.
pub const REDACTED_QUERY_KEYS: [&str; 7] = [
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
];

/// The keys whose values are redacted: [`REDACTED_QUERY_KEYS`] by default.
///
/// Keys are case-sensitive, and compared after percent-decoding: `s%69g` and `s%2569g` are `sig`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedactedKeys(Keys);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Keys {
    #[default]
    Standard,
    Given(Arc<[String]>),
    All,
}

/// [`REDACTED_QUERY_KEYS`].
pub(crate) static STANDARD_KEYS: RedactedKeys = RedactedKeys(Keys::Standard);

impl RedactedKeys {
    /// These keys and no others.
    pub fn new(keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        RedactedKeys(Keys::Given(keys.into_iter().map(Into::into).collect()))
    }

    /// Every key. What stands in a query without a key is taken for a value, too.
    pub fn all() -> Self {
        RedactedKeys(Keys::All)
    }

    fn are_all(&self) -> bool {
        self.0 == Keys::All
    }

    /// Whether this, as it is spelled in a URL, is one of the keys.
    fn contain(&self, spelled: &[u8]) -> bool {
        let is = |key: &str| percent::bytes(spelled).eq(key.bytes());
        match &self.0 {
            Keys::Standard => REDACTED_QUERY_KEYS.into_iter().any(is),
            Keys::Given(keys) => keys.iter().any(|key| is(key)),
            Keys::All => true,
        }
    }
}

/// Replaces the values of the listed keys by `REDACTED`. Keys, their spelling and their order stay.
///
/// Pairs end at `&` or at the `#` of a fragment, whose pairs are redacted alike. Within a pair, keys are also looked for behind `;` and `?`,
/// since some servers separate there, and in a link that is percent-encoded as a value; a redacted value goes on to the end of its pair, so
/// that no part of a secret is left.
///
/// ```
/// use tower_telemetry_semconv::url::{RedactedKeys, redact_query};
///
/// let keys = RedactedKeys::default();
/// assert_eq!(redact_query("a=1&sig=c2VjcmV0&b", &keys), "a=1&sig=REDACTED&b");
/// assert_eq!(redact_query("s%69g=c2VjcmV0", &keys), "s%69g=REDACTED");
/// assert_eq!(redact_query("to=%2Fa%3Fsig%3Dc2VjcmV0", &keys), "to=%2Fa%3Fsig%3DREDACTED");
/// ```
pub fn redact_query<'a>(query: &'a str, keys: &RedactedKeys) -> Cow<'a, str> {
    let ends = |byte| matches!(byte, b'&' | b'#');
    match keys.are_all() {
        true => redact(query, ends, before_any_value),
        false => redact_listed(query, ends, keys),
    }
}

/// Replaces the values of the listed keys in the matrix parameters of a path, as in `/a;sig=c2VjcmV0/b`.
pub fn redact_path<'a>(path: &'a str, keys: &RedactedKeys) -> Cow<'a, str> {
    redact_listed(path, |byte| byte == b'/', keys)
}

fn redact_listed<'a>(text: &'a str, ends: impl Fn(u8) -> bool, keys: &RedactedKeys) -> Cow<'a, str> {
    match text.bytes().any(|byte| matches!(byte, b'=' | b'%')) {
        true => redact(text, ends, |pair| before_secret(pair, keys)),
        false => Cow::Borrowed(text),
    }
}

/// Redacts the pairs that end at these bytes, which are ASCII, as are all bytes a text is split at here. Of each pair, so many bytes stay.
fn redact<'a>(
    text: &'a str,
    ends: impl Fn(u8) -> bool,
    before_secret: impl Fn(&[u8]) -> Option<usize>,
) -> Cow<'a, str> {
    let mut redacted = String::new();
    let mut copied = 0;
    let mut at = 0;
    for pair in text.as_bytes().split(|byte| ends(*byte)) {
        if let Some(kept) = before_secret(pair) {
            redacted.push_str(&text[copied..at + kept]);
            redacted.push_str(REDACTED);
            copied = at + pair.len();
        }
        at += pair.len() + 1;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    redacted.push_str(&text[copied..]);
    Cow::Owned(redacted)
}

/// The bytes of a pair up to its value, which is all of it where it has no key.
fn before_any_value(pair: &[u8]) -> Option<usize> {
    match pair.iter().position(|byte| *byte == b'=') {
        Some(equals) => Some(equals + 1),
        None => pair.iter().position(|byte| *byte != b'?'),
    }
}

/// The bytes of a pair up to its value, if that is a secret.
fn before_secret(pair: &[u8], keys: &RedactedKeys) -> Option<usize> {
    let mut listed = false;
    // Where a key begins, until its value does.
    let mut key = Some(0);
    let mut at = 0;
    while let Some((byte, len)) = first_byte(&pair[at..]) {
        if let (Some(start), b'=' | b';' | b'?' | b'&' | b'#') = (key, byte) {
            listed = listed || keys.contain(&pair[start..at]);
        }
        at += len;
        match byte {
            b'=' if listed => return Some(at),
            b'=' => key = None,
            b';' | b'?' | b'&' | b'#' => key = Some(at),
            _ => {}
        }
    }
    None
}

/// Redacts a URL: the user information, which becomes `REDACTED:REDACTED` even if it is a name alone, and the values of the listed keys.
///
/// ```
/// use tower_telemetry_semconv::url::{RedactedKeys, redact_url};
///
/// let keys = RedactedKeys::default();
/// assert_eq!(redact_url("https://user:word@host/?sig=1#top", &keys), "https://REDACTED:REDACTED@host/?sig=REDACTED#top");
/// assert_eq!(redact_url("https://host/@me?to=a@b", &keys), "https://host/@me?to=a@b");
/// ```
pub fn redact_url<'a>(url: &'a str, keys: &RedactedKeys) -> Cow<'a, str> {
    if !may_hold_credentials(url) && !keys.are_all() {
        return Cow::Borrowed(url);
    }
    let (start, rest) = url.split_at(authority_start(url));
    let (authority, rest) = rest.split_at(match start {
        "" => 0,
        _ => rest.find(['/', '?', '#']).unwrap_or(rest.len()),
    });
    let (path, query) = redact_path_and_query(rest, keys);
    let host = authority.rsplit_once('@').map(|(_, host)| host);
    match (host, &path, &query) {
        (None, Cow::Borrowed(_), Cow::Borrowed(_)) => Cow::Borrowed(url),
        (None, ..) => Cow::Owned([start, authority, &path, &query].concat()),
        (Some(host), ..) => Cow::Owned([start, "REDACTED:REDACTED@", host, &path, &query].concat()),
    }
}

/// Whether there may be any reason to redact a URL, a path or a query: a sign that ends user information, one that stands before a value, one
/// that may encode it, or a byte that is no ASCII, which is not told apart from these.
#[inline]
pub fn may_hold_credentials(url: &str) -> bool {
    const EQUALS: u64 = EACH * b'=' as u64;
    const AT: u64 = EACH * b'@' as u64;
    const PERCENT: u64 = EACH * b'%' as u64;
    any_word(url, |word| {
        zeros(word ^ EQUALS) | zeros(word ^ AT) | zeros(word ^ PERCENT)
    })
}

/// The upper bit of some byte is set if a byte is zero. It may be, if one is no ASCII.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(EACH)
}

/// Where the path of a URL, absolute or not, stands: from the end of the authority to the query or the fragment.
///
/// ```
/// use tower_telemetry_semconv::url::path_of;
///
/// assert_eq!(path_of("https://host/a/b?c#d"), 12..16);
/// assert_eq!(path_of("/a?b"), 0..2);
/// ```
pub fn path_of(url: &str) -> Range<usize> {
    let rest = authority_start(url);
    let start = match rest {
        0 => 0,
        _ => url[rest..].find(['/', '?', '#']).map_or(url.len(), |at| rest + at),
    };
    let end = url[start..].find(['?', '#']).map_or(url.len(), |at| start + at);
    start..end
}

/// Where the authority begins: behind the first `//`, if nothing or a scheme stands before it. At 0 there is none.
fn authority_start(url: &str) -> usize {
    match url.split_once("//") {
        Some(("", _)) => 2,
        Some((before, _)) if before.ends_with(':') && !before.contains(['/', '?', '#']) => before.len() + 2,
        _ => 0,
    }
}

/// The value of `url.full`: an absolute URL, redacted as by [`redact_url`], and [clean](crate::clean).
///
/// ```
/// use tower_telemetry_semconv::url::{RedactedKeys, full_url};
///
/// let url = full_url("https", "user:word@host", "/a?b=c", &RedactedKeys::default());
/// assert_eq!(url, "https://REDACTED:REDACTED@host/a?b=c");
/// ```
#[inline]
pub fn full_url(scheme: &str, authority: &str, path_and_query: &str, keys: &RedactedKeys) -> String {
    let rest = cut(path_and_query, MAX_TEXT);
    let start = Classes::of(scheme) | Classes::of(authority);
    if start.contain(Classes::DELIMITER) || !matches!(rest.as_bytes(), [] | [b'/' | b'?' | b'#', ..]) {
        // These are no parts of a URL.
        let url = [scheme, "://", authority, rest].concat();
        return clean_owned(redact_url(&url, keys).into_owned());
    }
    let (user, host) = match start.contain(Classes::AT) {
        true => authority
            .rsplit_once('@')
            .map_or(("", authority), |(_, host)| ("REDACTED:REDACTED@", host)),
        false => ("", authority),
    };
    let classes = Classes::of(rest);
    let (path, query) = match classes.contain(Classes::EQUALS) || keys.are_all() {
        true => redact_path_and_query(rest, keys),
        false => (Cow::Borrowed(rest), Cow::Borrowed("")),
    };
    let len = scheme.len() + "://".len() + user.len() + host.len() + path.len() + query.len();
    let mut url = String::with_capacity(len);
    for piece in [scheme, "://", user, host, &path, &query] {
        url.push_str(piece);
    }
    match (start | classes).contain(Classes::NOT_PLAIN) || len > MAX_TEXT {
        true => clean_owned(url),
        false => url,
    }
}

fn redact_path_and_query<'a>(text: &'a str, keys: &RedactedKeys) -> (Cow<'a, str>, Cow<'a, str>) {
    let (path, query) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    (redact_path(path, keys), redact_query(query, keys))
}
