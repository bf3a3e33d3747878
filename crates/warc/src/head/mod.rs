//! Heads of records, and how to find one: where a record should begin, and in bytes that hold
//! something else.

pub(crate) mod arc;
pub(crate) mod find;
pub(crate) mod warc;

use std::borrow::Cow;
use std::net::IpAddr;

use model::Timestamp;

use crate::record::{Format, RecordKind};

/// The head of a record, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) format: Format,
    pub(crate) kind: RecordKind,
    pub(crate) url: Option<String>,
    pub(crate) time: Option<Timestamp>,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) content_type: Option<String>,
    pub(crate) length: Length,
    pub(crate) headers: Vec<(String, String)>,
}

/// The declared length of a block in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Known(u64),
    Missing,
    Bad,
}

impl Length {
    pub(crate) fn parse(text: Option<&str>) -> Self {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Self::Missing };
        // `u64` alone would take a plus sign.
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Bad;
        }
        text.parse().map_or(Self::Bad, Self::Known)
    }
}

/// UTF-8 where it is, else Latin-1: no byte is lost either way.
pub(crate) fn decode_text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect(), Cow::Borrowed)
}

/// An address, with or without brackets.
pub(crate) fn parse_ip(text: &str) -> Option<IpAddr> {
    text.trim().trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The length of a head that ends with an empty line, with that line; `None` if it goes on.
pub(crate) fn head_length(bytes: &[u8]) -> Option<usize> {
    let mut line_start = 0;
    for at in memchr::memchr_iter(b'\n', bytes) {
        // Files that went through a text mode have two carriage returns.
        if bytes.get(line_start..at).is_some_and(|line| line.iter().all(|&byte| byte == b'\r')) {
            return Some(at + 1);
        }
        line_start = at + 1;
    }
    None
}

/// Room for the fields of most heads.
const USUAL_FIELDS: usize = 16;

/// Named fields, one a line, folded lines joined by a space. `bytes` may end with the empty line.
pub(crate) fn parse_fields(bytes: &[u8], decode: impl Fn(&[u8]) -> Cow<'_, str>) -> Fields {
    let mut fields = Fields { list: Vec::with_capacity(USUAL_FIELDS), ..Fields::default() };
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after;
        let text = decode(line.trim_ascii_end());
        if text.is_empty() {
            continue;
        }
        let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
        if let Some((_, value)) = fields.list.last_mut().filter(|_| is_folded) {
            fields.folded = true;
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(text.trim());
            continue;
        }
        let colon = memchr::memchr(b':', text.as_bytes());
        if let Some((name, value)) = colon.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
            fields.list.push((name.trim().to_owned(), value.trim().to_owned()));
        } else {
            fields.nameless = true;
            fields.list.push((String::new(), text.trim().to_owned()));
        }
    }
    fields
}

#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) list: Vec<(String, String)>,
    /// Whether a line was folded.
    pub(crate) folded: bool,
    /// Whether a line had no colon.
    pub(crate) nameless: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_numbers_are_lengths() {
        assert_eq!(Length::parse(Some(" 12 ")), Length::Known(12));
        assert_eq!(Length::parse(Some("")), Length::Missing);
        assert_eq!(Length::parse(None), Length::Missing);
        for text in ["-1", "+1", "abc", "1 2", "0x10", "99999999999999999999999"] {
            assert_eq!(Length::parse(Some(text)), Length::Bad, "{text}");
        }
    }

    #[test]
    fn a_head_ends_with_the_first_empty_line() {
        assert_eq!(head_length(b"a: b\r\n\r\nbody\n\n"), Some(8));
        assert_eq!(head_length(b"a: b\n\nbody"), Some(6));
        assert_eq!(head_length(b"a: b\r\n\nbody"), Some(7));
        assert_eq!(head_length(b"a: b\r\n"), None);
    }

    #[test]
    fn folded_and_nameless_lines_are_kept() {
        let fields = parse_fields(b"A: 1\r\n  2\r\n\t3\r\nnonsense\r\nB:\r\n x\r\n\r\n", decode_text);
        let expected = [("A", "1 2 3"), ("", "nonsense"), ("B", "x")];
        assert_eq!(fields.list, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(fields.folded && fields.nameless);
    }
}
