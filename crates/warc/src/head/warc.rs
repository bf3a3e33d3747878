//! The head of a WARC record: a version line and named fields (ISO 28500, and the drafts 0.17 and
//! 0.18 before it).

use model::Timestamp;

use super::{Head, Length, decode_text, parse_fields, parse_ip};
use crate::record::{Format, RecordKind, find_header};

/// What every record begins with.
pub(crate) const MAGIC: &[u8] = b"WARC/";

/// Whether `line` is a version line, `WARC/1.0` and its end of line or not.
pub(crate) fn is_version_line(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_end();
    let Some(version) = line.strip_prefix(MAGIC) else { return false };
    let mut parts = version.split(|&byte| byte == b'.');
    let is_number = |part: Option<&[u8]>| {
        part.is_some_and(|part| (1..=2).contains(&part.len()) && part.iter().all(u8::is_ascii_digit))
    };
    is_number(parts.next()) && is_number(parts.next()) && parts.next().is_none()
}

/// Parses a head from the version line to the empty line; `None` if the version line is none, or no
/// field follows it.
pub(crate) fn parse(bytes: &[u8]) -> Option<Head> {
    let line_end = memchr::memchr(b'\n', bytes)?;
    if !is_version_line(bytes.get(..line_end)?) {
        return None;
    }
    let headers = parse_fields(bytes.get(line_end + 1..)?, decode_text).list;
    if headers.iter().all(|(name, _)| name.is_empty()) {
        return None;
    }
    let field = |name: &str| find_header(&headers, name).map(str::trim).filter(|value| !value.is_empty());
    Some(Head {
        format: Format::Warc,
        kind: RecordKind::from_warc_type(field("WARC-Type").unwrap_or_default()),
        url: field("WARC-Target-URI").map(|url| without_brackets(url).to_owned()),
        time: field("WARC-Date").and_then(Timestamp::parse_iso).or_else(|| {
            // Some early writers used the date form of ARC.
            field("WARC-Date").and_then(Timestamp::parse_compact)
        }),
        ip: field("WARC-IP-Address").and_then(parse_ip),
        content_type: field("Content-Type").map(str::to_owned),
        length: Length::parse(field("Content-Length")),
        headers,
    })
}

/// Wget writes `<http://example.org/>`, following the grammar of the standard to the letter.
fn without_brackets(url: &str) -> &str {
    url.strip_prefix('<').and_then(|url| url.strip_suffix('>')).unwrap_or(url).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_lines_are_told_from_text() {
        for line in ["WARC/1.0\r\n", "WARC/0.17", "WARC/1.1 \n", "WARC/0.18\n"] {
            assert!(is_version_line(line.as_bytes()), "{line}");
        }
        for line in ["WARC/", "WARC/1", "WARC/1.0.1", "WARC/x.y", "WARC/1.0 is a format", "warc/1.0", "WARC/1.123"] {
            assert!(!is_version_line(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_brackets_are_dropped() {
        let head = parse(
            b"WARC/1.0\nwarc-type: Response\nWARC-TARGET-URI: <http://example.org/a b>\nwarc-date: 2008-04\n\
              WARC-IP-Address: [::1]\ncontent-length: 5\n\n",
        )
        .unwrap();
        assert_eq!(head.kind, RecordKind::Response);
        assert_eq!(head.url.as_deref(), Some("http://example.org/a b"));
        assert_eq!(head.time, Timestamp::parse_iso("2008-04-01"));
        assert_eq!(head.ip, "::1".parse().ok());
        assert_eq!(head.length, Length::Known(5));
    }

    #[test]
    fn a_version_line_alone_is_no_head() {
        assert_eq!(parse(b"WARC/1.0\r\n\r\n"), None);
        assert_eq!(parse(b"WARC/one\r\nWARC-Type: response\r\n\r\n"), None);
    }
}
