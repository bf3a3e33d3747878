//! The head of an HTTP answer: a status line and fields, read as tolerantly as browsers do.

use std::borrow::Cow;

use super::{HttpError, Tolerance};
use crate::head::{head_length, parse_fields};
use crate::record::find_header;

/// The fields of a head in their order, Latin-1 decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// From names and values.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The first field with this name; upper and lower case are the same.
    pub fn get(&self, name: &str) -> Option<&str> {
        find_header(&self.0, name)
    }

    /// All fields with this name, in their order.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All fields as pairs of name and value, names as written.
    pub fn as_pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// All fields, names as written; a line without a colon has an empty name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) tolerances: Vec<Tolerance>,
}

/// Where the body begins, if `block` begins with a status line and the head ends.
pub(crate) fn body_start(block: &[u8]) -> Option<usize> {
    parse_status_line(first_line(block))?;
    head_length(block)
}

/// The head, and the body as stored.
pub(super) fn parse(block: &[u8], max_head_bytes: usize) -> Result<(Head, &[u8]), HttpError> {
    let first = first_line(block);
    let (status, has_version) = parse_status_line(first).ok_or(HttpError::NoStatusLine)?;
    let length = head_length(block);
    let (head, body) = block.split_at_checked(length.unwrap_or(block.len())).unwrap_or((block, &[]));
    if head.len() > max_head_bytes {
        return Err(HttpError::HeadTooLong);
    }
    let fields = parse_fields(head.get(first.len()..).unwrap_or_default(), decode_latin1);
    let has_bare_line_feed =
        head.split_inclusive(|&byte| byte == b'\n').any(|line| line.ends_with(b"\n") && !line.ends_with(b"\r\n"));
    let tolerances = [
        (!has_version, Tolerance::NoHttpVersion),
        (length.is_none(), Tolerance::HeadNotEnded),
        (has_bare_line_feed, Tolerance::BareLineFeed),
        (fields.folded, Tolerance::FoldedField),
        (fields.nameless, Tolerance::NamelessField),
    ];
    let tolerances = tolerances.into_iter().filter(|(is_so, _)| *is_so).map(|(_, tolerance)| tolerance).collect();
    Ok((Head { status, headers: Headers(fields.list), tolerances }, body))
}

fn decode_latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.is_ascii() => Cow::Borrowed(text),
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

fn first_line(block: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', block).map_or(block.len(), |at| at + 1);
    block.get(..end).unwrap_or_default()
}

/// The status, and whether a version stands before it. Text after it is not needed.
fn parse_status_line(line: &[u8]) -> Option<(u16, bool)> {
    let mut words = line.trim_ascii().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let first = words.next()?;
    if let Some(status) = parse_status(first) {
        return Some((status, false));
    }
    let is_version = first.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"HTTP")) || first == b"ICY";
    let status = if is_version { parse_status(words.next()?)? } else { return None };
    Some((status, first.contains(&b'/')))
}

fn parse_status(word: &[u8]) -> Option<u16> {
    if word.len() != 3 || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok().filter(|status| *status >= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines_need_only_a_status() {
        for (line, expected) in [
            ("HTTP/1.1 200 OK\r\n", Some((200, true))),
            ("HTTP/1.0 302\r\n", Some((302, true))),
            ("http/2 404 ", Some((404, true))),
            ("HTTP 200 OK", Some((200, false))),
            ("ICY 200 OK", Some((200, false))),
            ("503 Busy\n", Some((503, false))),
            ("HTTP/1.1\r\n", None),
            ("HTTP/1.1 OK 200\r\n", None),
            ("HTTP/1.1 099 x\r\n", None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(parse_status_line(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn fields_are_latin1_and_found_in_any_case() {
        let block = b"HTTP/1.1 200 OK\r\nX-A: caf\xe9\r\nset-cookie: a\r\nSet-Cookie: b\r\n\r\nbody";
        let (head, body) = parse(block, 1024).unwrap();
        assert_eq!(head.headers.get("x-a"), Some("café"));
        assert_eq!(head.headers.get_all("SET-COOKIE").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(body, b"body");
        assert!(head.tolerances.is_empty());
    }

    #[test]
    fn what_is_tolerated_in_a_head_is_told() {
        let (head, body) = parse(b"200 OK\nA: 1\n 2\nnonsense\n\nbody", 1024).unwrap();
        assert_eq!(head.headers.get("A"), Some("1 2"));
        assert_eq!(body, b"body");
        assert_eq!(
            head.tolerances,
            [Tolerance::NoHttpVersion, Tolerance::BareLineFeed, Tolerance::FoldedField, Tolerance::NamelessField]
        );
        let (head, body) = parse(b"HTTP/1.1 304 Not Modified\r\nA: 1", 1024).unwrap();
        assert_eq!((head.headers.get("A"), body), (Some("1"), &b""[..]));
        assert_eq!(head.tolerances, [Tolerance::HeadNotEnded]);
    }

    #[test]
    fn a_head_over_the_limit_is_an_error() {
        let block = [b"HTTP/1.1 200 OK\r\nA: ".as_slice(), &[b'x'; 2000], b"\r\n\r\n"].concat();
        assert_eq!(parse(&block, 1024).err(), Some(HttpError::HeadTooLong));
    }
}
