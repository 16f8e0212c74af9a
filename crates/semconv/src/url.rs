//! URLs without credentials.

use std::borrow::Cow;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::text::{MAX_TEXT, clean_owned, cut};

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
/// Keys are case-sensitive, and compared after percent-decoding: `s%69g` is `sig`.
#[derive(Clone, Debug, Default)]
pub struct RedactedKeys(Option<Arc<[String]>>);

impl RedactedKeys {
    /// These keys and no others.
    pub fn new(keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        RedactedKeys(Some(keys.into_iter().map(Into::into).collect()))
    }

    fn contain(&self, spelled: &str) -> bool {
        match &self.0 {
            Some(keys) => keys.iter().any(|key| is_key(spelled, key)),
            None => REDACTED_QUERY_KEYS.iter().any(|key| is_key(spelled, key)),
        }
    }
}

fn is_key(spelled: &str, key: &str) -> bool {
    // Percent-decoding does not make a text longer.
    spelled == key || (spelled.len() > key.len() && percent_decode_str(spelled).eq(key.bytes()))
}

/// Replaces the values of the listed keys by `REDACTED`. Keys, their spelling and their order stay.
///
/// Pairs end at `&` or at the `#` of a fragment, whose pairs are redacted alike. Within a pair, keys are also looked for behind `;` and `?`,
/// since some servers separate there; a redacted value goes on to the end of its pair, so that no part of a secret is left.
///
/// ```
/// use tower_telemetry_semconv::url::{RedactedKeys, redact_query};
///
/// let keys = RedactedKeys::default();
/// assert_eq!(redact_query("a=1&sig=c2VjcmV0&b", &keys), "a=1&sig=REDACTED&b");
/// assert_eq!(redact_query("s%69g=c2VjcmV0", &keys), "s%69g=REDACTED");
/// ```
pub fn redact_query<'a>(query: &'a str, keys: &RedactedKeys) -> Cow<'a, str> {
    redact(query, &['&', '#'], keys)
}

/// Replaces the values of the listed keys in the matrix parameters of a path, as in `/a;sig=c2VjcmV0/b`.
pub fn redact_path<'a>(path: &'a str, keys: &RedactedKeys) -> Cow<'a, str> {
    redact(path, &['/'], keys)
}

fn redact<'a>(text: &'a str, pair_ends: &[char], keys: &RedactedKeys) -> Cow<'a, str> {
    if !text.contains('=') {
        return Cow::Borrowed(text);
    }
    let mut redacted = String::new();
    let mut copied = 0;
    let mut at = 0;
    for pair in text.split(pair_ends) {
        if let Some(kept) = before_secret(pair, keys) {
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

/// The bytes of a pair up to its value, if that is a secret.
fn before_secret(pair: &str, keys: &RedactedKeys) -> Option<usize> {
    let mut listed = false;
    let mut at = 0;
    for piece in pair.split([';', '?']) {
        let key = piece.split('=').next().unwrap_or(piece);
        listed = listed || keys.contain(key);
        if listed && key.len() < piece.len() {
            return Some(at + key.len() + 1);
        }
        at += piece.len() + 1;
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
    let (start, rest) = url.split_at(authority_start(url));
    let (authority, rest) = rest.split_at(match start {
        "" => 0,
        _ => rest.find(['/', '?', '#']).unwrap_or(rest.len()),
    });
    let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let (path, query) = (redact_path(path, keys), redact_query(query, keys));
    let host = authority.rsplit_once('@').map(|(_, host)| host);
    match (host, &path, &query) {
        (None, Cow::Borrowed(_), Cow::Borrowed(_)) => Cow::Borrowed(url),
        (None, ..) => Cow::Owned([start, authority, &path, &query].concat()),
        (Some(host), ..) => Cow::Owned([start, "REDACTED:REDACTED@", host, &path, &query].concat()),
    }
}

/// Where the authority begins: behind the first `//`, if nothing or a scheme stands before it. At 0 there is none.
fn authority_start(url: &str) -> usize {
    match url.split_once("//") {
        Some(("", _)) => 2,
        Some((before, _)) if before.ends_with(':') && !before.contains(['/', '?', '#']) => {
            before.len() + 2
        }
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
pub fn full_url(
    scheme: &str,
    authority: &str,
    path_and_query: &str,
    keys: &RedactedKeys,
) -> String {
    let path_and_query = cut(path_and_query, MAX_TEXT);
    let url = [scheme, "://", authority, path_and_query].concat();
    let redacted = match redact_url(&url, keys) {
        Cow::Borrowed(_) => url,
        Cow::Owned(redacted) => redacted,
    };
    clean_owned(redacted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_of_listed_keys_are_redacted() {
        let rows = [
            ("first", "sig=s&a=b", "sig=REDACTED&a=b"),
            ("middle", "a=b&sig=s&c=d", "a=b&sig=REDACTED&c=d"),
            ("last", "a=b&sig=s", "a=b&sig=REDACTED"),
            ("repeated", "sig=s&sig=t", "sig=REDACTED&sig=REDACTED"),
            ("empty", "sig=&a=b", "sig=REDACTED&a=b"),
            ("before a fragment", "a=b&sig=s#top", "a=b&sig=REDACTED#top"),
            ("in a fragment", "a=b#sig=s&c", "a=b#sig=REDACTED&c"),
            ("in a fragment's query", "a#/p?sig=s", "a#/p?sig=REDACTED"),
            ("with = in it", "sig=b=c==&a=b=c", "sig=REDACTED&a=b=c"),
            (
                "encoded key",
                "s%69g=s&%73%69%67=s",
                "s%69g=REDACTED&%73%69%67=REDACTED",
            ),
            ("behind ;", "a=1;sig=s", "a=1;sig=REDACTED"),
            (
                "up to the pair's end",
                "sig=s;t=u?v&a=b",
                "sig=REDACTED&a=b",
            ),
            ("key with a parameter", "sig;x=s&a=b", "sig;x=REDACTED&a=b"),
            ("behind ?", "a?sig=s", "a?sig=REDACTED"),
            ("behind &amp;", "a=b&amp;sig=s", "a=b&amp;sig=REDACTED"),
            ("characters", "ä=ö&sig=ß&é", "ä=ö&sig=REDACTED&é"),
        ];
        for (rule, query, redacted) in rows {
            assert_eq!(
                redact_query(query, &RedactedKeys::default()),
                redacted,
                "{rule}"
            );
        }
        for key in REDACTED_QUERY_KEYS {
            let redacted = redact_query(&format!("{key}=s"), &RedactedKeys::default()).into_owned();
            assert_eq!(redacted, format!("{key}=REDACTED"));
        }
    }

    #[test]
    fn what_is_not_listed_stays_and_is_borrowed() {
        for query in [
            "",
            "&",
            "=",
            "=s",
            "a",
            "a=b&c=d",
            "sig",
            "sig&a=b",
            "SIG=s",
            "Sig=s",
            "sigs=s",
            "si=s",
            "s%69=s",
            "s%6=s",
            "s%2569g=s",
            "a=sig",
            "a%3Dsig=s",
            "%",
            "a=b=c",
            "é=è",
        ] {
            let redacted = redact_query(query, &RedactedKeys::default());
            assert!(
                matches!(redacted, Cow::Borrowed(same) if same == query),
                "{query}"
            );
        }
    }

    #[test]
    fn given_keys_replace_the_standard_ones() {
        let keys = RedactedKeys::new(["token", "ключ", ""]);
        let query = "sig=s&token=t&%D0%BA%D0%BB%D1%8E%D1%87=u&=v";
        let redacted = "sig=s&token=REDACTED&%D0%BA%D0%BB%D1%8E%D1%87=REDACTED&=REDACTED";
        assert_eq!(redact_query(query, &keys), redacted);
    }

    #[test]
    fn urls_are_redacted() {
        let rows = [
            (
                "user and word",
                "https://u:p@h/",
                "https://REDACTED:REDACTED@h/",
            ),
            ("user alone", "https://u@h/", "https://REDACTED:REDACTED@h/"),
            ("@ at the end", "https://u:p@", "https://REDACTED:REDACTED@"),
            (
                "two @",
                "https://u:p@x@h:1",
                "https://REDACTED:REDACTED@h:1",
            ),
            (
                "space before",
                " http://u:p@h",
                " http://REDACTED:REDACTED@h",
            ),
            ("no scheme", "//u:p@h", "//REDACTED:REDACTED@h"),
            (
                "no path",
                "http://u:p@h?sig=s",
                "http://REDACTED:REDACTED@h?sig=REDACTED",
            ),
            ("fragment", "http://h#u@x", "http://h#u@x"),
            ("@ in the path", "https://h/@me/a@b", "https://h/@me/a@b"),
            ("@ in the query", "https://h?to=a@b", "https://h?to=a@b"),
            ("URL in the query", "/p?to=http://a@b/", "/p?to=http://a@b/"),
            (
                "matrix parameter",
                "http://h/a;sig=s;b/c?d",
                "http://h/a;sig=REDACTED/c?d",
            ),
            ("no authority", "mailto:a@b", "mailto:a@b"),
            ("plain", "https://h:1/p?a=b#c", "https://h:1/p?a=b#c"),
            ("nothing", "", ""),
        ];
        for (rule, url, redacted) in rows {
            assert_eq!(
                redact_url(url, &RedactedKeys::default()),
                redacted,
                "{rule}"
            );
            let without = RedactedKeys::new([""; 0]);
            let user = url.contains("u:p@") || url.contains("u@h");
            assert_eq!(
                redact_url(url, &without).contains("REDACTED:REDACTED@"),
                user,
                "{rule}"
            );
        }
    }

    #[test]
    fn a_long_url_is_cut_and_keeps_no_part_of_a_secret() {
        let path = format!(
            "/{}?sig={}",
            "p".repeat(MAX_TEXT - 30),
            "s3cret".repeat(1000)
        );
        let url = full_url("https", "host", &path, &RedactedKeys::default());
        assert!(
            url.len() <= MAX_TEXT && url.ends_with("?sig=REDACTED"),
            "{url}"
        );
    }

    /// Any spelling of a key: each byte as it is, or percent-encoded.
    fn spelled(key: &'static str) -> impl Strategy<Value = String> {
        let encoded = prop::collection::vec(any::<bool>(), key.len());
        encoded.prop_map(|encoded| {
            let spell = |(byte, encoded)| match encoded {
                true => format!("%{byte:02X}"),
                false => char::from(byte).to_string(),
            };
            key.bytes().zip(encoded).map(spell).collect()
        })
    }

    proptest! {
        #[test]
        fn no_secret_is_left_in_a_url(
            user in "(CANARY(:CANARY)?(@)?@)?",
            path in "(/[a-z@%é=]{0,4}(;s%69g=CANARY[a-z;=@]{0,3})?){0,3}",
            before in "([a-z]{0,3}=?[a-zA-Z%=;?@]{0,5}[&;?#]){0,3}",
            key in prop::sample::select(&REDACTED_QUERY_KEYS[..]).prop_flat_map(spelled),
            secret in "[a-z=;?/@%:é]{0,5}CANARY[a-z=;?/@%:é]{0,5}",
            after in "([&#][a-z;?=&#@%]{0,10})?",
        ) {
            let url = format!("https://{user}host{path}?{before}{key}={secret}{after}");
            let redacted = redact_url(&url, &RedactedKeys::default());
            prop_assert!(!redacted.contains("CANARY"), "{} from {}", redacted, url);
            let kept = format!("{key}=REDACTED{after}");
            prop_assert!(redacted.contains(&key) && redacted.ends_with(&after), "{} in {}", kept, redacted);
            prop_assert_eq!(&redact_url(&redacted, &RedactedKeys::default()), &redacted);
        }

        #[test]
        fn any_text_can_be_redacted(text in "\\PC*|[&;?#=/@:sig%69]{0,40}") {
            let redacted = redact_url(&text, &RedactedKeys::default());
            prop_assert_eq!(&redact_url(&redacted, &RedactedKeys::default()), &redacted);
            full_url("http", &text, &text, &RedactedKeys::default());
        }
    }
}
