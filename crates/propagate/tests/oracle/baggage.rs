//! What W3C Baggage demands, and which of its freedoms the library takes.

use std::collections::BTreeMap;

/// Keys, each with its value and properties.
pub(crate) type Entries = BTreeMap<String, (String, String)>;

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

fn is_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

/// The byte that three characters stand for.
fn encoded_byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    (*text.first()? == b'%').then_some(())?;
    u8::try_from(digit(1)? * 16 + digit(2)?).ok()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let byte = encoded_byte(rest);
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &rest[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Encodes what has to be, and leaves what is encoded already when it may be.
fn encode(text: &str, may_be_encoded: bool) -> String {
    let bytes = text.as_bytes();
    let encode = |(at, byte): (usize, &u8)| match byte {
        b'%' if may_be_encoded && encoded_byte(&bytes[at..]).is_some() => "%".to_owned(),
        b'%' => "%25".to_owned(),
        byte if is_octet(*byte) => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().enumerate().map(encode).collect()
}

/// The properties as they are sent, without those that are none.
fn properties(text: &str) -> Vec<String> {
    let property = |text: &str| match text.split_once('=') {
        Some((key, value)) if is_token(trim(key)) => Some(format!("{}={}", trim(key), encode(trim(value), true))),
        None if is_token(trim(text)) => Some(trim(text).to_owned()),
        _ => None,
    };
    text.split(';').filter_map(property).collect()
}

/// A key, its value, its properties, and how wide they were without blanks.
fn member(text: &str) -> Option<(String, (String, String), usize)> {
    let (member, rest) = text
        .split_once(';')
        .map_or((text, None), |(member, rest)| (member, Some(rest)));
    let (key, raw) = member.split_once('=')?;
    let (key, raw) = (trim(key), trim(raw));
    let properties_are_valid = rest.is_none_or(|rest| {
        let plain = |text: &str| text.bytes().all(is_octet);
        let valid = |text: &str| text.split_once('=').is_none_or(|(_, value)| plain(trim(value)));
        properties(rest).len() == rest.split(';').count() && rest.split(';').all(valid)
    });
    let value = decode(raw);
    let control = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    if !is_token(key) || !raw.bytes().all(is_octet) || !properties_are_valid || value.contains(control) {
        return None;
    }
    let properties = rest.map(properties).unwrap_or_default();
    let width = key.len() + 1 + raw.len() + properties.iter().map(|property| property.len() + 1).sum::<usize>();
    Some((key.to_owned(), (value, properties.join(";")), width))
}

/// What a context has after these lines were received.
pub(crate) fn received(lines: &[impl AsRef<[u8]>]) -> Entries {
    let ignored = |line: &[u8]| " ".repeat(line.len());
    let line = |line: &[u8]| {
        String::from_utf8(line.to_vec())
            .ok()
            .filter(|_| line.is_ascii())
            .unwrap_or(ignored(line))
    };
    let list = lines
        .iter()
        .map(|bytes| line(bytes.as_ref()))
        .collect::<Vec<_>>()
        .join(",");

    let mut entries = Entries::new();
    let (mut read, mut members, mut widths) = (0, 0, 0);
    for text in list.split(',') {
        read += text.len();
        if read > 16 * 1024 {
            break;
        }
        read += 1;
        members += usize::from(!trim(text).is_empty());
        if members > 180 {
            break;
        }
        let Some((key, entry, width)) = member(text) else {
            continue;
        };
        let comma = usize::from(widths > 0);
        let has_room = entries.len() < 64 || entries.contains_key(&key);
        if has_room && widths + comma + width <= 8192 {
            widths += comma + width;
            entries.insert(key, entry);
        }
    }
    entries
}

/// The list that is sent when a context has these entries.
pub(crate) fn sent(entries: &Entries) -> Option<String> {
    let mut list = String::new();
    for (key, (value, metadata)) in entries {
        let member = [format!("{key}={}", encode(value, false))];
        let member = member
            .into_iter()
            .chain(properties(metadata))
            .collect::<Vec<_>>()
            .join(";");
        let comma = if list.is_empty() { "" } else { "," };
        if list.len() + comma.len() + member.len() <= 8192 {
            list.push_str(comma);
            list.push_str(&member);
        }
    }
    (!list.is_empty()).then_some(list)
}
