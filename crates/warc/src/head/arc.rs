//! The head of an ARC record: one line of five fields (version 1) or ten (version 2), divided by
//! spaces, which URLs hold too. So the fields are found from the date and the address.
//!
//! ```text
//! URL IP-address Archive-date Content-type Archive-length
//! URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length
//! ```

use model::Timestamp;

use super::{Head, Length, decode_text, parse_ip};
use crate::record::{Format, RecordKind};

/// A longer line is no head of a record, in bytes.
pub(crate) const MAX_LINE_BYTES: usize = 64 << 10;

/// Names of the fields after the date, version 1 and 2, but for the length, which is last.
const FIELDS_V1: [&str; 1] = ["Content-type"];
const FIELDS_V2: [&str; 6] = ["Content-type", "Result-code", "Checksum", "Location", "Offset", "Filename"];

/// How sure it must be that a line is a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// A record is expected here: the length may be nonsense.
    Expected,
    /// The line stands in the middle of something: address, date and length must be right.
    Search,
}

/// Parses a line, its end of line or not.
pub(crate) fn parse(line: &[u8], strictness: Strictness) -> Option<Head> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !has_scheme(line) || line.len() > MAX_LINE_BYTES {
        return None;
    }
    let text = decode_text(line);
    let fields: Vec<&str> = text.split(' ').collect();
    let date_at = find_date(&fields)?;
    let (date, address) = (*fields.get(date_at)?, *fields.get(date_at - 1)?);
    let (length, rest) = fields.get(date_at + 1..)?.split_last()?;
    let length_of_line = Length::parse(Some(length));
    if strictness == Strictness::Search {
        // A length of -1 stands for "not known".
        let is_length = matches!(length_of_line, Length::Known(_)) || *length == "-1";
        if !is_length || parse_ip(address).is_none() || rest.is_empty() {
            return None;
        }
    }
    let url = fields.get(..date_at - 1)?.join(" ");
    let mut headers = vec![
        ("URL".to_owned(), url.clone()),
        ("IP-address".to_owned(), address.to_owned()),
        ("Archive-date".to_owned(), date.to_owned()),
    ];
    if rest.len() == FIELDS_V2.len() {
        headers.extend(FIELDS_V2.iter().zip(rest).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    } else {
        headers.extend(FIELDS_V1.map(|name| (name.to_owned(), rest.join(" "))));
    }
    headers.push(("Archive-length".to_owned(), (*length).to_owned()));
    let content_type = if rest.len() == FIELDS_V2.len() { rest.first()?.to_string() } else { rest.join(" ") };
    Some(Head {
        format: Format::Arc,
        kind: kind_of(&url),
        url: Some(url),
        // Longer dates than 14 digits occur; what follows the second is dropped.
        time: Timestamp::parse_compact(date.get(..14).unwrap_or(date)),
        ip: parse_ip(address),
        content_type: Some(content_type).filter(|name| !name.is_empty() && name != "-"),
        length: length_of_line,
        headers,
    })
}

/// Where the date is: after an address, before at least two fields.
fn find_date(fields: &[&str]) -> Option<usize> {
    let is_date = |text: &str| (8..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let dates = || (2..fields.len().saturating_sub(2)).filter(|&at| fields.get(at).is_some_and(|field| is_date(field)));
    let has_address = |&at: &usize| fields.get(at - 1).is_some_and(|field| parse_ip(field).is_some());
    // A date that is none (`null` occurs) still follows an address.
    let place = fields.len().checked_sub(3).filter(|&at| at >= 2);
    dates()
        .rfind(has_address)
        .or_else(|| place.filter(has_address))
        .or_else(|| dates().find(|at| fields.len() - at == 3))
}

fn has_scheme(line: &[u8]) -> bool {
    let Some(colon) = line.iter().take(32).position(|&byte| byte == b':') else { return false };
    let scheme = line.get(..colon).unwrap_or_default();
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn kind_of(url: &str) -> RecordKind {
    match url.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase().as_str() {
        "http" | "https" | "dns" | "whois" => RecordKind::Response,
        "filedesc" => RecordKind::Warcinfo,
        "metadata" => RecordKind::Metadata,
        _ => RecordKind::Resource,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_expected(line: &str) -> Head {
        parse(line.as_bytes(), Strictness::Expected).unwrap()
    }

    #[test]
    fn both_versions_of_the_line_are_read() {
        let head = parse_expected("http://example.org/ 192.0.2.1 20080430204825 text/html 680\n");
        assert_eq!(head.url.as_deref(), Some("http://example.org/"));
        assert_eq!(head.ip, "192.0.2.1".parse().ok());
        assert_eq!(head.time, Timestamp::parse_compact("20080430204825"));
        assert_eq!(head.content_type.as_deref(), Some("text/html"));
        assert_eq!(head.length, Length::Known(680));
        assert_eq!(head.kind, RecordKind::Response);
        let head = parse_expected(
            "http://example.org/ 192.0.2.1 20080430204825 text/html 200 abcdef - 12345678 IA-1.arc 680\r\n",
        );
        assert_eq!(head.content_type.as_deref(), Some("text/html"));
        assert_eq!(head.length, Length::Known(680));
        assert!(head.headers.contains(&("Offset".to_owned(), "12345678".to_owned())));
    }

    #[test]
    fn spaces_in_urls_and_types_are_kept() {
        let head = parse_expected("http://example.org/a b 20010101 192.0.2.1 20080430204825 text/html; charset=x 7");
        assert_eq!(head.url.as_deref(), Some("http://example.org/a b 20010101"));
        assert_eq!(head.content_type.as_deref(), Some("text/html; charset=x"));
    }

    #[test]
    fn a_nonsense_length_is_a_head_only_where_one_is_expected() {
        let line = b"http://example.org/ 192.0.2.1 20080430204825 text/html abc";
        assert_eq!(parse(line, Strictness::Expected).unwrap().length, Length::Bad);
        assert_eq!(parse(line, Strictness::Search), None);
        let line = b"http://example.org/ 192.0.2.1 20080430204825 text/html -1";
        assert_eq!(parse(line, Strictness::Search).unwrap().length, Length::Bad);
    }

    #[test]
    fn a_date_that_is_none_costs_the_time_only() {
        let line = b"http://example.org/ 192.0.2.1 null text/html 680";
        let head = parse(line, Strictness::Search).unwrap();
        assert_eq!((head.time, head.length), (None, Length::Known(680)));
    }

    #[test]
    fn text_and_index_lines_are_no_heads() {
        for line in [
            "",
            "hello world this is text 5",
            "http://example.org/ 192.0.2.1 text/html 680",
            "http://example.org/ 192.0.2.1 20090514142103 text/html 522 a.arc 1836 b7b325de85aabfcdb3ce15bd872fc59e",
        ] {
            assert_eq!(parse(line.as_bytes(), Strictness::Search), None, "{line}");
        }
    }
}
