//! Ways in which a page sends its visitor on.

/// A refresh slower than this is a link, not a redirect: the visitor gets to read the page.
pub(crate) const MAX_REFRESH_SECONDS: u32 = 10;

/// A `Refresh` header or meta refresh that leads to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refresh {
    /// How long the page is shown.
    pub(crate) seconds: u32,
    /// The address, as written.
    pub(crate) to: String,
}

/// Whether a status makes `Location` a redirect.
pub(crate) const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Reads `5; url=/next`, as the HTML standard says ("shared declarative refresh steps"). `None` if it
/// is malformed, or has no address and so reloads the page itself.
pub(crate) fn parse_refresh(content: &str) -> Option<Refresh> {
    let content = content.trim_start();
    let digits = content.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 && !content.starts_with('.') {
        return None;
    }
    let (number, rest) = content.split_at_checked(digits)?;
    let seconds = if digits == 0 { 0 } else { number.parse().unwrap_or(u32::MAX) };
    let rest = rest.trim_start_matches(|mark: char| mark.is_ascii_digit() || mark == '.');
    let after_time = rest.trim_start();
    let had_space = after_time.len() < rest.len();
    let rest = match after_time.strip_prefix([';', ',']) {
        Some(rest) => rest.trim_start(),
        None if had_space => after_time,
        None => return None,
    };
    let address = rest
        .get(..3)
        .filter(|word| word.eq_ignore_ascii_case("url"))
        .and_then(|_| rest.get(3..)?.trim_start().strip_prefix('='))
        .map_or(rest, str::trim_start);
    let address = match address.chars().next() {
        Some(quote @ ('"' | '\'')) => address.get(1..)?.split(quote).next()?,
        _ => address,
    };
    let address = address.trim();
    (!address.is_empty()).then(|| Refresh { seconds, to: address.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refresh_is_read_as_browsers_read_it() {
        let refresh = |seconds, to: &str| Some(Refresh { seconds, to: to.to_owned() });
        for (content, expected) in [
            ("0; url=/next", refresh(0, "/next")),
            (" 5;URL='a b'c", refresh(5, "a b")),
            ("3,url = \"x\"", refresh(3, "x")),
            ("1.5 http://example.org/", refresh(1, "http://example.org/")),
            ("0;/path", refresh(0, "/path")),
            ("0;urlish", refresh(0, "urlish")),
            (".5;url=x", refresh(0, "x")),
            ("99999999999;url=x", refresh(u32::MAX, "x")),
            ("300", None),
            ("5;", None),
            ("url=/next", None),
            ("5x;url=/next", None),
            ("", None),
        ] {
            assert_eq!(parse_refresh(content), expected, "{content}");
        }
    }
}
