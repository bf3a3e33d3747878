//! The only place where a URL is parsed.

use std::borrow::Cow;

pub use url::Url;

use crate::host::without_root_dot;

/// Parses `text`, relative to `base` if given, and keeps it only if it can be fetched over HTTP:
/// scheme `http` or `https` and a host, which for a name has a last label.
///
/// ```
/// let base = model::parse_url("https://example.org/a/b", None).unwrap();
/// assert_eq!(model::parse_url("../c?d#e", Some(&base)).unwrap().as_str(), "https://example.org/c?d#e");
/// assert!(model::parse_url("mailto:a@example.org", Some(&base)).is_none());
/// ```
pub fn parse_url(text: &str, base: Option<&Url>) -> Option<Url> {
    parse_url_encoded(text, base, None)
}

/// Turns the text of a query into bytes.
pub type QueryEncoder<'a> = &'a dyn Fn(&str) -> Cow<'_, [u8]>;

/// The same for an address in a document that is not UTF-8: browsers write its query in the
/// encoding of the document.
pub fn parse_url_encoded(text: &str, base: Option<&Url>, encoder: Option<QueryEncoder<'_>>) -> Option<Url> {
    let parsed = Url::options().base_url(base).encoding_override(encoder).parse(text).ok()?;
    let has_host = parsed.host_str().is_some_and(|host| without_root_dot(host).is_some());
    (has_host && matches!(parsed.scheme(), "http" | "https")).then_some(parsed)
}

/// The form of a URL that is stored and shown: without its fragment, and without a user name and
/// password, which are nobody's address.
pub fn published(mut url: Url) -> Url {
    if url.fragment().is_some() {
        url.set_fragment(None);
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Cannot fail for a URL with a host; if it did, the URL would stay as it is.
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_drops_fragment_and_credentials_only() {
        let url = parse_url("https://user:secret@example.org:8443/a?b=%20c#frag", None).unwrap();
        assert_eq!(published(url).as_str(), "https://example.org:8443/a?b=%20c");
    }

    #[test]
    fn only_http_urls_with_hosts_are_urls() {
        for text in [
            "ftp://example.org/",
            "javascript:void(0)",
            "data:text/html,x",
            "http://",
            "https://exa mple.org/",
            "http://./",
            "http://example.org../",
            "http://127.0.0.1../",
        ] {
            assert!(parse_url(text, None).is_none(), "{text}");
        }
        assert_eq!(parse_url("HTTP://EXAMPLE.org", None).unwrap().as_str(), "http://example.org/");
    }
}
