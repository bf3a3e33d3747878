//! Looks for the encoding that a document declares about itself, before it is decoded: the "prescan"
//! of the HTML standard, and the XML declaration.

use crate::tag::Tag;
use crate::token::{Token, Tokenizer};

/// How far the prescan looks.
const PRESCAN_BYTES: usize = 1024;

/// The label in the document's first bytes, as written.
pub(crate) fn declared_label(body: &[u8]) -> Option<String> {
    let head = body.get(..PRESCAN_BYTES).unwrap_or(body);
    // One character a byte, so that any bytes can be read as tags.
    let text = encoding_rs::mem::decode_latin1(head);
    let mut tokens = Tokenizer::new(&text);
    while let Some(token) = tokens.next(false) {
        if !matches!(token, Token::Start { tag: Tag::Meta, .. }) {
            continue;
        }
        if let Some(label) = tokens.attributes.get("charset") {
            return Some(label.trim().to_owned());
        }
        let is_pragma =
            tokens.attributes.get("http-equiv").is_some_and(|value| value.eq_ignore_ascii_case("content-type"));
        if let Some(content) = tokens.attributes.get("content").filter(|_| is_pragma)
            && let Some(label) = charset_in(&content)
        {
            return Some(label.to_owned());
        }
    }
    xml_label(&text)
}

/// The charset in a content type: `text/html; charset="utf-8"`.
pub(crate) fn charset_in(content: &str) -> Option<&str> {
    let mut rest = content;
    loop {
        let at = rest.as_bytes().windows(7).position(|word| word.eq_ignore_ascii_case(b"charset"))?;
        rest = rest.get(at + 7..)?;
        if let Some(value) = rest.trim_start().strip_prefix('=') {
            return unquote(value);
        }
    }
}

fn xml_label(text: &str) -> Option<String> {
    let declaration = text.strip_prefix("<?xml")?.split('>').next()?;
    let (_, value) = declaration.split_once("encoding")?;
    unquote(value.trim_start().strip_prefix('=')?).map(str::to_owned)
}

fn unquote(value: &str) -> Option<&str> {
    let value = value.trim_start();
    let label = match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split_once(quote)?.0,
        _ => value.split(|mark: char| mark.is_ascii_whitespace() || mark == ';').next()?,
    };
    let label = label.trim();
    (!label.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_in_comments_and_other_tags_do_not_count() {
        assert_eq!(declared_label(b"<!-- <meta charset=a> --><meta charset='b'>").as_deref(), Some("b"));
        assert_eq!(declared_label(b"<p title='<meta charset=a>'><meta charset=b>").as_deref(), Some("b"));
        assert_eq!(declared_label(b"<meta content='text/html; charset=a'>"), None);
        assert_eq!(declared_label(b"<meta charset"), None);
    }

    #[test]
    fn charset_parameters_are_read_in_any_form() {
        for (content, label) in [
            ("text/html; charset=UTF-8", Some("UTF-8")),
            ("text/html;CHARSET = \"a b\";x", Some("a b")),
            ("charset charset='x'", Some("x")),
            ("text/html; charset=", None),
            ("text/html; charset=\"open", None),
            ("text/html", None),
        ] {
            assert_eq!(charset_in(content), label, "{content}");
        }
    }
}
