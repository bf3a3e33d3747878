//! Bytes to text: BOM, then HTTP, then the document's own declaration in its first 1,024 bytes, then
//! detection, as browsers do.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::prescan;

/// Detection looks at this many bytes.
const DETECTION_BYTES: usize = 64 * 1024;

/// A body as text.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    /// The label that HTTP, else the document, declares, in lower case.
    pub(crate) declared: Option<String>,
    /// What the bytes were read as.
    pub(crate) encoding: &'static Encoding,
}

/// Decodes `body`. `http_label` is the charset of `Content-Type`, `tld` the last label of the host,
/// which is a hint for detection.
pub(crate) fn decode<'a>(body: &'a [u8], http_label: Option<&str>, tld: Option<&str>) -> Decoded<'a> {
    let in_document = prescan::declared_label(body);
    let declared = http_label.or(in_document.as_deref()).map(|label| label.trim().to_ascii_lowercase());
    let declared = declared.filter(|label| !label.is_empty());
    let (encoding, bom_length) = Encoding::for_bom(body).unwrap_or_else(|| {
        let by_http = http_label.and_then(|label| Encoding::for_label(label.as_bytes()));
        let by_document = || in_document.as_deref().and_then(document_encoding);
        (by_http.or_else(by_document).unwrap_or_else(|| detect(body, tld)), 0)
    });
    let bytes = body.get(bom_length..).unwrap_or_default();
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded { text, declared, encoding }
}

/// The encoding for a label inside a document: the document could be read so far, so it is not
/// UTF-16.
fn document_encoding(label: &str) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return Some(UTF_8);
    }
    if encoding == encoding_rs::X_USER_DEFINED {
        return Some(WINDOWS_1252);
    }
    Some(encoding)
}

/// Guesses: UTF-8 if all of it is and it is not plain ASCII, else what the letters look like, else
/// windows-1252.
fn detect(body: &[u8], tld: Option<&str>) -> &'static Encoding {
    if body.is_ascii() {
        return WINDOWS_1252;
    }
    if Encoding::utf8_valid_up_to(body) == body.len() {
        return UTF_8;
    }
    let tld = tld.filter(|tld| {
        // The detector takes labels in lower case without dots and refuses others by panic.
        tld.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    });
    let iso_2022_jp = if tld == Some("jp") { Iso2022JpDetection::Allow } else { Iso2022JpDetection::Deny };
    let mut detector = EncodingDetector::new(iso_2022_jp);
    // The first letters that are not ASCII may come late.
    let first = body.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let start = if first < DETECTION_BYTES { 0 } else { first };
    let sample = body.get(start..body.len().min(start + DETECTION_BYTES)).unwrap_or_default();
    detector.feed(sample, start + sample.len() == body.len());
    detector.guess(tld.map(str::as_bytes), Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding_of(body: &[u8], http_label: Option<&str>, tld: Option<&str>) -> &'static str {
        decode(body, http_label, tld).encoding.name()
    }

    #[test]
    fn a_bom_wins_over_http_and_the_document() {
        let utf8 = b"\xef\xbb\xbf<meta charset=gb2312>\xc3\xa4";
        let decoded = decode(utf8, Some("windows-1251"), None);
        assert_eq!((decoded.encoding.name(), decoded.declared.as_deref()), ("UTF-8", Some("windows-1251")));
        assert!(decoded.text.ends_with('ä') && decoded.text.starts_with('<'));
        assert_eq!(decode(b"\xff\xfea\0b\0", None, None).text, "ab");
        assert_eq!(decode(b"\xfe\xff\0a\0b", Some("utf-8"), None).text, "ab");
    }

    #[test]
    fn http_wins_over_the_document_unless_its_label_means_nothing() {
        let body = "<meta charset=windows-1251>".as_bytes();
        assert_eq!(encoding_of(body, Some("ISO-8859-2"), None), "ISO-8859-2");
        let decoded = decode(body, Some("iso-8559-1"), None);
        assert_eq!((decoded.encoding.name(), decoded.declared.as_deref()), ("windows-1251", Some("iso-8559-1")));
    }

    #[test]
    fn every_form_of_declaration_decodes_its_text() {
        for (label, name, text) in [
            ("gb2312", "GBK", "中文网站的标题"),
            ("windows-1251", "windows-1251", "Русский текст"),
            ("shift_jis", "Shift_JIS", "日本語の文章"),
            ("euc-kr", "EUC-KR", "한국어 문장"),
            ("iso-8859-1", "windows-1252", "déjà vu – “so”"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let (bytes, _, had_errors) = encoding.encode(text);
            assert!(!had_errors);
            let with = |before: &str| [before.as_bytes(), &bytes].concat();
            for document in [
                with(&format!("<meta charset=\"{label}\">")),
                with(&format!("<META content='text/html; charset={label}' http-equiv=Content-Type>")),
                with(&format!("<?xml version=\"1.0\" encoding=\"{label}\"?>")),
            ] {
                let decoded = decode(&document, None, None);
                assert_eq!(decoded.encoding.name(), name);
                assert_eq!(decoded.declared.as_deref(), Some(label));
                assert!(decoded.text.ends_with(text), "{}", decoded.text);
            }
            assert!(decode(&bytes, Some(label), None).text.ends_with(text));
        }
    }

    #[test]
    fn undeclared_text_is_detected() {
        let russian = encoding_rs::WINDOWS_1251.encode("Простой русский текст без объявления кодировки").0;
        assert_eq!(encoding_of(&russian, None, Some("ru")), "windows-1251");
        let japanese = encoding_rs::SHIFT_JIS.encode("これは日本語の文章です。ひらがなとカタカナ。").0;
        assert_eq!(encoding_of(&japanese, None, Some("jp")), "Shift_JIS");
        assert_eq!(encoding_of("größer".as_bytes(), None, None), "UTF-8");
        assert_eq!(encoding_of(b"plain", None, Some("jp")), "windows-1252");
        assert_eq!(encoding_of(b"\xff", None, Some("EVIL.tld\n")), "windows-1252");
        let late = ["a".repeat(100_000).as_bytes(), &russian].concat();
        assert_eq!(encoding_of(&late, None, Some("ru")), "windows-1251");
    }

    #[test]
    fn utf_16_inside_a_document_means_utf_8() {
        assert_eq!(encoding_of(b"<meta charset=utf-16>\xc3\xa4", None, None), "UTF-8");
    }

    #[test]
    fn a_declaration_after_1024_bytes_does_not_count() {
        let late = format!("{}<meta charset=windows-1251>ä", " ".repeat(1024));
        assert_eq!(decode(late.as_bytes(), None, None).declared, None);
        assert_eq!(encoding_of(late.as_bytes(), None, None), "UTF-8");
    }
}
