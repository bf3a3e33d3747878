//! Addresses as a page writes them, made absolute.

use encoding_rs::{Encoding, UTF_8};
use model::{Url, parse_url, parse_url_encoded};

/// Resolves addresses against the base of a document.
#[derive(Debug)]
pub(crate) struct Resolver {
    base: Url,
    /// How addresses of the base's host begin, without the slash of their path.
    origin: String,
    /// In which queries are written.
    encoding: &'static Encoding,
}

impl Resolver {
    /// `base` is the value of the first `base href` of the document. One that is no HTTP address
    /// does not count.
    pub(crate) fn new(page: &Url, base: Option<&str>, encoding: &'static Encoding) -> Self {
        let base = base.and_then(|href| parse_url(href, Some(page)));
        let base = base.unwrap_or_else(|| page.clone());
        let origin = base.as_str().get(..base.as_str().len() - path_and_rest(&base)).unwrap_or_default().to_owned();
        Self { base, origin, encoding: encoding.output_encoding() }
    }

    /// The absolute form; `None` if it is no HTTP address.
    pub(crate) fn resolve(&self, href: &str) -> Option<Url> {
        // The rest of an address of the same host says the same, and names no host that has to be read once more.
        let path = href.strip_prefix(&self.origin).filter(|rest| is_plain_path(rest.as_bytes()));
        self.parse(path.unwrap_or(href), Some(&self.base))
    }

    /// The same, if `href` is absolute already.
    pub(crate) fn absolute(&self, href: &str) -> Option<Url> {
        self.parse(href, None)
    }

    fn parse(&self, href: &str, base: Option<&Url>) -> Option<Url> {
        if self.encoding == UTF_8 || href.is_ascii() {
            return parse_url(href, base);
        }
        parse_url_encoded(href, base, Some(&|query| self.encoding.encode(query).0))
    }
}

/// Whether text is a path for sure: a slash, and then nothing that may be read as another slash.
pub(crate) fn is_plain_path(text: &[u8]) -> bool {
    matches!(text, [b'/'] | [b'/', b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'?' | b'#' | b'%' | b'_' | b'-', ..])
}

/// Bytes of an address from its path on.
fn path_and_rest(url: &Url) -> usize {
    let part = |part: Option<&str>| part.map_or(0, |part| part.len() + 1);
    url.path().len() + part(url.query()) + part(url.fragment())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn addresses_of_the_own_host_are_read_like_others(
            base in "https?://(u@|u:p@)?(ex\\.org|\\[::1\\]|1\\.2\\.3\\.4)(:8080|:443|:80)?(/a/b|/)?(\\?q)?(#f)?",
            own in any::<bool>(),
            start in "(https?://(u@)?(ex\\.org|\\[::1\\])(:8080|:80)?)?",
            rest in "[/\\\\\t]{0,3}[a.:@?#%é -]{0,4}",
        ) {
            let base = parse_url(&base, None).unwrap();
            let resolver = Resolver::new(&base, None, UTF_8);
            let start = if own { &resolver.origin } else { &start };
            let href = format!("{start}{rest}");
            let expected = parse_url(&href, Some(&base)).map(model::published);
            prop_assert_eq!(resolver.resolve(&href).map(model::published), expected, "{}", href);
        }
    }
}
