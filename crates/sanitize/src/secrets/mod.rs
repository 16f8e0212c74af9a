//! Secrets in free text.
//!
//! Each kind is looked for in one pass, which looks at no byte more often than a fixed number of times: what was looked at in vain is passed
//! over. So the time is linear in the length of the text, whatever the text.

mod aws;
mod bearer;
mod card;
mod email;
mod half;
mod jwt;
mod urls;

use std::borrow::Cow;
use std::ops::Range;

use tower_telemetry_semconv::percent::first_byte;
use tower_telemetry_semconv::url::REDACTED;

pub(crate) use self::half::whole_words;
use crate::url::{UrlRules, then};

/// Secrets that can be looked for in all texts. None is by default.
///
/// Each is replaced by `REDACTED`, and the text around it stays. What has no form of its own, such as a password, cannot be found in this
/// way: that is what rules for keys are for.
///
/// ```
/// use tower_telemetry_sanitize::{Sanitizer, Secret};
///
/// let policy = Sanitizer::builder().with_secrets(Secret::ALL).build()?;
/// let text = "ada@example.com paid with 4111 1111 1111 1111";
/// assert_eq!(policy.text(text), "REDACTED paid with REDACTED");
/// # Ok::<(), tower_telemetry_sanitize::InvalidPolicy>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Secret {
    /// User information and the values of redacted query keys, in URLs that stand in a text.
    Url,
    /// What follows `Bearer`, and what follows `Basic` and looks like Base64.
    Bearer,
    /// JSON Web Tokens: `eyJ`, and parts of Base64url with dots between them.
    Jwt,
    /// Keys of AWS: access key ids such as `AKIA…`, and words of 40 characters that look like a secret access key.
    AwsKey,
    /// E-mail addresses, also with `%40`.
    Email,
    /// Card numbers: 13 to 19 digits that begin like one and pass the Luhn check, with blanks or dashes between them or without.
    Card,
}

impl Secret {
    /// All of them.
    pub const ALL: [Secret; 6] = [
        Secret::Url,
        Secret::Bearer,
        Secret::Jwt,
        Secret::AwsKey,
        Secret::Email,
        Secret::Card,
    ];
}

/// A set of secrets, with a bit for each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Secrets(u8);

impl Secrets {
    pub(crate) fn insert(&mut self, secret: Secret) {
        self.0 |= 1 << secret as u8;
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The text without them.
    pub(crate) fn redact<'a>(self, text: &'a str, urls: &UrlRules) -> Cow<'a, str> {
        let mut redacted = self.redact_once(text, urls);
        // What is left beside a secret may look like another one.
        for _ in 0..MORE_ROUNDS {
            match &redacted {
                Cow::Borrowed(_) => break,
                Cow::Owned(text) => match self.redact_once(text, urls) {
                    Cow::Borrowed(_) => break,
                    Cow::Owned(again) => redacted = Cow::Owned(again),
                },
            }
        }
        redacted
    }

    fn redact_once<'a>(self, text: &'a str, urls: &UrlRules) -> Cow<'a, str> {
        let wanted = Secret::ALL
            .into_iter()
            .filter(|secret| self.0 & 1 << *secret as u8 != 0);
        wanted.fold(Cow::Borrowed(text), |text, secret| {
            then(text, |text| match secret {
                Secret::Url => urls::redact(text, urls),
                Secret::Bearer => replace(text, bearer::find),
                Secret::Jwt => replace(text, jwt::find),
                Secret::AwsKey => then(replace(text, aws::find_secret), |text| replace(text, aws::find_id)),
                Secret::Email => replace(text, email::find),
                Secret::Card => replace(text, card::find),
            })
        })
    }
}

/// How often a text in which something was redacted is looked at again, at most.
const MORE_ROUNDS: usize = 3;

/// Replaces what `find` finds: given a text and where to begin, the next secret. It begins and ends beside an ASCII character, or at one.
fn replace(text: &str, find: impl Fn(&[u8], usize) -> Option<Range<usize>>) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut redacted = String::new();
    let mut at = 0;
    while let Some(found) = find(bytes, at) {
        redacted.push_str(&text[at..found.start]);
        redacted.push_str(REDACTED);
        at = found.end;
    }
    match at {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(redacted + &text[at..]),
    }
}

/// Where the bytes that are `part` of something end.
fn end_of(bytes: &[u8], from: usize, part: impl Fn(u8) -> bool) -> usize {
    let end = bytes[from..].iter().position(|byte| !part(*byte));
    end.map_or(bytes.len(), |end| from + end)
}

/// The same, where these bytes may be percent-encoded.
fn spelled_end_of(bytes: &[u8], from: usize, part: impl Fn(u8) -> bool) -> usize {
    let mut at = from;
    while let Some((byte, len)) = first_byte(&bytes[at..]) {
        if !part(byte) {
            break;
        }
        at += len;
    }
    at
}

/// Whether a text ends with a percent-encoded byte.
fn ends_encoded(text: &[u8]) -> bool {
    let Some((mut before, digits)) = text.split_last_chunk::<2>() else {
        return false;
    };
    while let Some(shorter) = before.strip_suffix(b"25") {
        before = shorter;
    }
    digits.iter().all(u8::is_ascii_hexdigit) && before.ends_with(b"%")
}

/// Where these bytes stand next.
fn position(bytes: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let at = bytes
        .get(from..)?
        .windows(wanted.len())
        .position(|window| window == wanted);
    at.map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redact(text: &str) -> Cow<'_, str> {
        let mut secrets = Secrets::default();
        Secret::ALL.into_iter().for_each(|secret| secrets.insert(secret));
        secrets.redact(text, &UrlRules::new(&crate::Query::Spec, Vec::new()))
    }

    #[test]
    fn several_secrets_go_and_the_text_around_them_stays() {
        let text = "é: Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln (ada@example.com, 4111-1111-1111-1111) \
                    AKIAIOSFODNN7EXAMPLE at https://u:p@h/?sig=s";
        let redacted = "é: Authorization: Bearer REDACTED (REDACTED, REDACTED) REDACTED at https://REDACTED:REDACTED@h/?sig=REDACTED";
        assert_eq!(redact(text), redacted);
        assert!(matches!(redact(redacted), Cow::Borrowed(_)));
    }

    #[test]
    fn secrets_are_found_in_a_query_too() {
        let rows = [
            ("q%3DBearer%20abc%20d", "q%3DBearer%20REDACTED%20d"),
            ("q=%2520bearer%253a%2520abc&a", "q=%2520bearer%253a%2520REDACTED&a"),
            ("t%3DeyJhbGci%2EeyJzdWIi%2ec2ln%26a", "t%3DREDACTED%26a"),
            (
                "k%3DwJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY%26a",
                "k%3DREDACTED%26a",
            ),
            ("k%3DAKIAIOSFODNN7EXAMPLE%26a", "k%3DREDACTED%26a"),
            ("m=ada%2540example.com&a", "m=REDACTED&a"),
            ("c=4111+1111+1111+1111&a", "c=REDACTED&a"),
            ("c%3D4111%201111%201111%201111%26a", "c%3DREDACTED%26a"),
            (
                "/?to=https%3A%2F%2Fu%3Ap%40h%2Fa%3Fsig%3Ds&a",
                "/?to=https%3A%2F%2FREDACTED%40h%2Fa%3Fsig%3DREDACTED&a",
            ),
        ];
        for (text, redacted) in rows {
            assert_eq!(redact(text), redacted);
            assert!(matches!(redact(redacted), Cow::Borrowed(_)), "{redacted}");
        }
    }

    #[test]
    fn a_text_without_secrets_is_borrowed() {
        let text = "GET /users/42: 12345678901234567 at 2024-05-06 07:08:09, e@y, eyJ, Bearer, https://h/?a=b 👩";
        assert!(matches!(redact(text), Cow::Borrowed(_)), "{}", redact(text));
    }

    proptest! {
        #[test]
        fn any_text_can_be_redacted_twice(
            text in "(\\PC|eyJ[a-z.]{0,4}|bearer[ :]{0,2}[a-z]|[0-9 -]{0,30}|[a-z.]{0,3}@[a-z.]{0,4}|\
                     AKIA[A-Z0-9]{14,18}|[A-Za-z0-9/+]{38,42}|[a-z]{0,2}://[a-z:@/]{0,6}|[?&;=]|sig=){0,12}",
        ) {
            let redacted = redact(&text);
            let again = redact(&redacted);
            prop_assert_eq!(&again, &redacted);
        }
    }
}
