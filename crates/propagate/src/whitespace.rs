//! The optional whitespace that HTTP allows around values and their parts.

/// Without the spaces and tabs around it.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The parts between commas that are more than whitespace, without the whitespace around them.
///
/// A byte at a time: faster than a search for each comma when there is little between them, which is how a hostile
/// header looks.
pub(crate) fn list_members(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b',')
        .map(trim)
        .filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_spaces_and_tabs_are_whitespace() {
        assert_eq!(trim(b"\t  a \t b\t "), b"a \t b");
        assert_eq!(trim(b" \n\x0b\x0c\r\xa0 "), b"\n\x0b\x0c\r\xa0");
        assert_eq!(trim(b" \t "), b"");
    }

    #[test]
    fn a_list_has_no_empty_members() {
        assert_eq!(list_members(b",a ,\t, b c,").collect::<Vec<_>>(), [&b"a"[..], b"b c"]);
        assert_eq!(list_members(b" , ,").count(), 0);
    }
}
