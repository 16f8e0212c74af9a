//! Lists of names, and of pairs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::Error;

/// What a variable's value chooses of the two things that have a name: nothing by `none`, else what its list names, each once and in that order.
/// Who wants something else is told what to do.
pub(crate) fn choices<T: Copy>(
    variable: &'static str,
    value: &str,
    named: [(&str, T); 2],
    something_else: &str,
) -> Result<Vec<T>, Error> {
    let choice = |name: &&str| named.iter().find(|(known, _)| known == name).map(|(_, choice)| *choice);
    let names = names(value);
    let chosen = match names[..] {
        [] => None,
        ["none"] => Some(Vec::new()),
        _ => names.iter().map(choice).collect(),
    };
    chosen.ok_or_else(|| {
        let [first, second] = named.map(|(name, _)| name);
        Error::Setting {
            name: variable,
            value: value.to_owned(),
            allowed: format!("`none`, or a list of `{first}` and `{second}`; {something_else}").into(),
        }
    })
}

/// The names in a list such as `otlp,console`, each once.
fn names(list: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in list.split(',').map(str::trim) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
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
    fn blanks_and_empty_and_repeated_entries_mean_nothing() {
        assert_eq!(names(" otlp ,,console,otlp"), ["otlp", "console"]);
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
