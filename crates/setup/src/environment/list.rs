//! Lists of names, and of pairs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The names in a list such as `otlp,console`.
pub(crate) fn names(list: &str) -> Vec<&str> {
    let names = list.split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).collect()
}

/// What `make` makes of each key and value in a list such as `tenant=shop,api-key=a%20b`; or the number of the first entry, from 1, that is no
/// pair or of which it makes nothing.
pub(crate) fn pairs<T>(list: &str, make: impl Fn(&str, Cow<'_, str>) -> Option<T>) -> Result<Vec<T>, usize> {
    let pair = |entry: &str| {
        let (key, value) = entry.split_once('=')?;
        let (key, value) = (key.trim(), percent_decode_str(value.trim()).decode_utf8().ok()?);
        if key.is_empty() { None } else { make(key, value) }
    };
    let entries = list.split(',').enumerate();
    let entries = entries.filter(|(_, entry)| !entry.trim().is_empty());
    entries.map(|(at, entry)| pair(entry).ok_or(at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Result<Vec<(String, String)>, usize> {
        pairs(list, |key, value| Some((key.to_owned(), value.into_owned())))
    }

    #[test]
    fn blanks_and_empty_entries_mean_nothing() {
        assert_eq!(names(" otlp ,,console,"), ["otlp", "console"]);
        assert_eq!(names(","), [""; 0]);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            read("a=b,, c = d=e ,f=,"),
            Ok(vec![pair("a", "b"), pair("c", "d=e"), pair("f", "")])
        );
        assert_eq!(read(","), Ok(Vec::new()));
    }

    #[test]
    fn values_are_percent_encoded() {
        for (value, expected) in [("a%2Cb%20c", "a,b c"), ("100%", "100%")] {
            let read = read(&format!("k={value}"));
            assert_eq!(read, Ok(vec![("k".to_owned(), expected.to_owned())]));
        }
    }

    #[test]
    fn an_entry_that_is_no_pair_is_named() {
        for (wrong, at) in [("a", 1), ("a=b,c", 2), ("a=b,,=c", 3), ("a=%ff", 1)] {
            assert_eq!(read(wrong), Err(at), "{wrong}");
        }
        assert_eq!(pairs("a=b", |_, _| None::<()>), Err(1));
    }
}
