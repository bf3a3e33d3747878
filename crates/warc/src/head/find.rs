//! Finding the next head in bytes that are something else: after garbage, or inside a block whose
//! length lies.

use super::arc::{self, Strictness};
use super::warc;
use crate::record::Format;

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A head begins here.
    At(usize),
    /// None begins in so many bytes; the rest must be seen with what follows it.
    NotIn(usize),
}

/// Whether a record begins with `bytes`. Of ARC the whole line is needed.
pub(crate) fn is_record_start(bytes: &[u8], format: Option<Format>) -> bool {
    let line = first_line(bytes);
    (format != Some(Format::Arc) && warc::is_version_line(line))
        || (format != Some(Format::Warc) && arc::parse(line, Strictness::Expected).is_some())
}

/// Looks for a head at the start of a line.
///
/// `at_line_start` says whether `bytes` begins a line, `is_whole` that nothing follows `bytes`.
pub(crate) fn find_head(bytes: &[u8], format: Option<Format>, at_line_start: bool, is_whole: bool) -> Found {
    let mut line_start = 0;
    let mut is_start = at_line_start;
    loop {
        let rest = bytes.get(line_start..).unwrap_or_default();
        let line = first_line(rest);
        let is_complete = line.ends_with(b"\n");
        if is_start && (is_complete || is_whole) && is_head_line(line, format) {
            return Found::At(line_start);
        }
        if !is_complete {
            let may_be_head = is_start && line.len() <= arc::MAX_LINE_BYTES && !is_whole;
            return Found::NotIn(if may_be_head { line_start } else { bytes.len() });
        }
        line_start += line.len();
        is_start = true;
    }
}

fn is_head_line(line: &[u8], format: Option<Format>) -> bool {
    (format != Some(Format::Arc) && line.starts_with(warc::MAGIC) && warc::is_version_line(line))
        || (format != Some(Format::Warc) && arc::parse(line, Strictness::Search).is_some())
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARC_LINE: &str = "http://example.org/ 192.0.2.1 20080430204825 text/html 680\n";

    #[test]
    fn heads_are_found_at_line_starts_only() {
        let find = |text: &str| find_head(text.as_bytes(), None, false, true);
        assert_eq!(find("x\nWARC/1.0\r\n"), Found::At(2));
        assert_eq!(find("x WARC/1.0\r\n"), Found::NotIn(12));
        assert_eq!(find(&format!("x\n{ARC_LINE}")), Found::At(2));
        assert_eq!(find_head(b"WARC/1.0\n", None, true, true), Found::At(0));
    }

    #[test]
    fn a_line_that_may_become_a_head_is_left() {
        assert_eq!(find_head(b"x\nWARC/1.", None, false, false), Found::NotIn(2));
        assert_eq!(find_head(b"x\nWARC/1.", None, false, true), Found::NotIn(9));
        assert_eq!(find_head(b"WARC/1.", None, false, false), Found::NotIn(7));
        assert_eq!(find_head(&vec![b'x'; 70_000], None, true, false), Found::NotIn(70_000));
    }

    #[test]
    fn only_heads_of_the_format_count() {
        assert_eq!(find_head(b"WARC/1.0\n", Some(Format::Arc), true, true), Found::NotIn(9));
        assert_eq!(find_head(ARC_LINE.as_bytes(), Some(Format::Warc), true, true), Found::NotIn(ARC_LINE.len()));
    }
}
