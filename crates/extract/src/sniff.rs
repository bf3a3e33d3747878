//! Whether a body is an HTML document: by its declared type where that says no, by its first bytes
//! where it says little.

/// How far the search for a start of HTML looks.
const SNIFF_BYTES: usize = 1445;

/// First bytes of documents that are not HTML, whatever the server says.
const BINARY: [&[u8]; 8] =
    [b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"wOF"];

/// What an HTML document may start with, after white space; a space or `>` follows the tags.
const STARTS: [&str; 19] = [
    "<!doctype html",
    "<html",
    "<head",
    "<script",
    "<iframe",
    "<h1",
    "<div",
    "<font",
    "<table",
    "<a",
    "<style",
    "<title",
    "<b",
    "<body",
    "<br",
    "<p",
    "<meta",
    "<link",
    "<base",
];

/// Decides for a media type (lower case, without parameters) and a body.
pub(crate) fn is_html(media_type: Option<&str>, body: &[u8]) -> bool {
    if BINARY.iter().any(|magic| body.starts_with(magic)) {
        return false;
    }
    match media_type.unwrap_or_default() {
        "text/html" | "application/xhtml+xml" | "application/vnd.wap.xhtml+xml" => true,
        "text/xml" | "application/xml" => has_html_root(body),
        ""
        | "text/plain"
        | "application/octet-stream"
        | "unknown/unknown"
        | "application/unknown"
        | "*/*"
        | "text/*"
        | "no-type"
        | "content/unknown" => starts_as_html(body) || (is_xml(body) && has_html_root(body)),
        // A word that is no media type says nothing.
        other => !other.contains('/') && starts_as_html(body),
    }
}

fn start(body: &[u8]) -> &[u8] {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.get(..SNIFF_BYTES).unwrap_or(body).trim_ascii_start()
}

fn starts_as_html(body: &[u8]) -> bool {
    let start = start(body);
    start.starts_with(b"<!--")
        || STARTS.iter().any(|tag| {
            start.get(..tag.len()).is_some_and(|own| own.eq_ignore_ascii_case(tag.as_bytes()))
                && start.get(tag.len()).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'>')
        })
}

fn is_xml(body: &[u8]) -> bool {
    start(body).starts_with(b"<?xml")
}

fn has_html_root(body: &[u8]) -> bool {
    start(body).windows(5).any(|word| word.eq_ignore_ascii_case(b"<html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declared_type_is_trusted_where_it_says_something_else() {
        assert!(is_html(Some("text/html"), b"anything"));
        assert!(is_html(Some("application/xhtml+xml"), b"<?xml?><html>"));
        for other in ["image/png", "application/pdf", "text/css", "application/json", "application/rss+xml"] {
            assert!(!is_html(Some(other), b"<html>"), "{other}");
        }
    }

    #[test]
    fn the_first_bytes_decide_where_the_type_says_little() {
        for media_type in [None, Some("text/plain"), Some("application/octet-stream"), Some("html")] {
            assert!(is_html(media_type, b"\n <!DOCTYPE HTML PUBLIC>"), "{media_type:?}");
            assert!(is_html(media_type, b"<HTML>"), "{media_type:?}");
            assert!(!is_html(media_type, b"<htmlx>"), "{media_type:?}");
            assert!(!is_html(media_type, b"hello <a href=x>"), "{media_type:?}");
        }
        assert!(is_html(Some("text/xml"), b"<?xml version='1.0'?><html xmlns='x'>"));
        assert!(!is_html(Some("text/xml"), b"<?xml version='1.0'?><rss>"));
        assert!(!is_html(Some("text/html"), b"%PDF-1.4"));
    }
}
