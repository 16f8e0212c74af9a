//! The lint of debug builds: a span's name with an id or a path in it.

pub(crate) use site::Site;

#[cfg(debug_assertions)]
mod site {
    use std::collections::BTreeSet;
    use std::panic::Location;
    use std::sync::{Mutex, PoisonError};

    use super::flaw;

    /// The place in the code where a span is made.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Site(&'static Location<'static>);

    /// The places that were warned of: no more than the program has.
    static WARNED: Mutex<BTreeSet<(&str, u32, u32)>> = Mutex::new(BTreeSet::new());

    impl Site {
        #[track_caller]
        pub(crate) fn here() -> Self {
            Site(Location::caller())
        }

        /// Warns once of a name that is not one of few.
        pub(crate) fn check(self, name: &str) {
            let Some(flaw) = flaw(name) else { return };
            let Site(at) = self;
            let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
            if warned.insert((at.file(), at.line(), at.column())) {
                drop(warned);
                let name = crate::record::policy().text(name);
                tracing::warn!(
                    name = &*name,
                    at = %at,
                    "a span's name has {flaw} in it, so that there are as many names as values: name the kind of work, and \
                     put the value into an attribute"
                );
            }
        }
    }
}

#[cfg(not(debug_assertions))]
mod site {
    /// The place in the code where a span is made: of no interest in a release.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Site;

    impl Site {
        pub(crate) fn here() -> Self {
            Site
        }

        pub(crate) fn check(self, _: &str) {}
    }
}

/// What is wrong with a name, if anything.
#[cfg(any(debug_assertions, test))]
fn flaw(name: &str) -> Option<&'static str> {
    let mut before = "";
    for word in name.split_whitespace() {
        let route = word.starts_with('/') && is_method(before);
        if word.contains("://") || word.contains('\\') || word.contains('?') || (word.starts_with('/') && !route) {
            return Some("a path");
        }
        let in_path = word.contains('/');
        // A template's placeholders are what a path should have.
        let parts = word.split(['/', '.', ':', ',', '=', '#', '_', '(', ')']);
        if word.contains('@')
            || parts
                .filter(|part| !part.starts_with('{'))
                .any(|part| is_id(part, in_path))
        {
            return Some("an id");
        }
        before = word;
    }
    None
}

#[cfg(any(debug_assertions, test))]
fn is_method(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A number, a UUID, a long hexadecimal number, or a long mixture of letters and digits.
#[cfg(any(debug_assertions, test))]
fn is_id(part: &str, in_path: bool) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let all = |is: fn(&u8) -> bool| part.bytes().all(|byte| is(&byte));
    let number = digits == part.len() && digits >= if in_path { 1 } else { 3 };
    let hexadecimal = part.len() >= 8 && all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    let mixture = part.len() >= 20 && all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    digits > 0 && (number || hexadecimal || mixture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_few_are_fine() {
        for name in [
            "order.payment",
            "HTTP GET /users/{id}",
            "GET /v1/users/{user_id}/orders",
            "SELECT orders",
            "user_service.get_user",
            "shop::orders::process_order",
            "helloworld.Greeter/SayHello",
            "send orders",
            "sha256 of a file",
            "decode base64",
            "step 2",
            "",
        ] {
            assert_eq!(flaw(name), None, "{name}");
        }
    }

    #[test]
    fn ids_are_found() {
        for name in [
            "order 4711",
            "GET /users/7",
            "order.8f14e45f-ceea-467f-9b3a-2f8c1d0c1e4a",
            "job:5d41402abc4b2a76",
            "load 01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "mail to ada@example.com",
        ] {
            assert_eq!(flaw(name), Some("an id"), "{name}");
        }
    }

    #[test]
    fn paths_are_found() {
        for name in [
            "/users/list",
            "read /etc/hosts",
            "GET https://host/",
            r"open C:\temp",
            "GET /search?q=x",
        ] {
            assert_eq!(flaw(name), Some("a path"), "{name}");
        }
    }
}
